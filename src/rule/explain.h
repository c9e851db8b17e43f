/*
 * explain - an evaluation in sentences: which rules of which tables matched, with which inputs, from which source.
 */
#ifndef RULE_EXPLAIN_H
#define RULE_EXPLAIN_H

#include "rule/dmn.h"

/* Where an input came from, in the reader's words: "人口库", "what you wrote in the form".  By input data's name; found none: not said. */
struct explain_source {
    struct str input;
    struct str zh, en;
};
/*
 * One sentence a step, the last decision last: 因为“年龄”是 82（来自人口库），“户籍”是“云城”（来自人口库），第 3 条规则适用，所以“高龄津贴”为 100。
 * HTML-free; at most limit bytes in each.  RC_LIMIT past the arena's limit.
 */
struct explanation {
    struct str zh, en;
};
MUST_USE enum rc explain(struct arena *a, const struct dmn *m, const struct dmn_trace *trace, const struct explain_source *source,
                         size_t sources, struct explanation *out, struct err *err);
/*
 * The same as JSON to be kept with an act: {"model","namespace","steps":[{"decision","table","inputs":[{"name","value","source"}],
 * "rules":[{"rule":3,"id","annotation":[]}],"result"}],"zh","en"}.
 */
MUST_USE enum rc explain_json(struct arena *a, const struct dmn *m, const struct dmn_trace *trace,
                              const struct explain_source *source, size_t sources, struct buf *out, struct err *err);

#endif
