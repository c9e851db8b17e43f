/*
 * explain - an evaluation in sentences: which rules of which tables matched, with which inputs, from which source.
 */
#ifndef RULE_EXPLAIN_H
#define RULE_EXPLAIN_H

#include "rule/dmn.h"

enum { EXPLANATION_BYTES_MAX = 16384 };

/*
 * Where an input came from, in the reader's words: "人口库", "what you wrote in the form".  By the name of input data, or of a decision.
 * Found none: not said.
 *
 * An explanation is kept with the act it explains.  What should not be kept there is hidden: of the input, or of the result of the decision,
 * it is then said that it was checked, and no value is written.  What was calculated from it is not hidden by itself.
 */
struct explain_source {
    struct str input;
    struct str zh, en; /* "": not said */
    bool is_hidden;
};
/*
 * A sentence or two a step, the last decision last: 因为“年龄”是 82（来自人口库），“户籍”是“云城”（来自人口库），第 3 条规则适用，所以“高龄津贴”为 100。依据：…
 * Plain text, at most EXPLANATION_BYTES_MAX bytes each: of a longer one the first steps are left out.  RC_LIMIT past the arena's limit.
 */
struct explanation {
    struct str zh, en;
};
MUST_USE enum rc explain(struct arena *a, const struct dmn *m, const struct dmn_trace *trace, const struct explain_source *source,
                         size_t sources, struct explanation *out, struct err *err);
/*
 * The same as JSON to be kept with an act:
 *
 *     {"model","namespace","steps":[{"decision","table","inputs":[{"name","value","source":{"zh","en"}}],
 *      "rules":[{"rule":3,"id","annotation":[{"name","text"}]}],"result"}],"zh","en"}
 *
 * "table", "inputs" and "rules" stand only where there is a table; the rules are those that matched.  "hidden":true stands in the place of a hidden
 * "value" or "result".
 */
MUST_USE enum rc explain_json(struct arena *a, const struct dmn *m, const struct dmn_trace *trace,
                              const struct explain_source *source, size_t sources, struct buf *out, struct err *err);

#endif
