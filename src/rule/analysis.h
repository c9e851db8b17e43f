/*
 * analysis - what is wrong with a decision table, found without running it: gaps, overlaps, rules that can never match or never count,
 * entries of the wrong type, outputs left empty; and names that nothing knows.  Each finding names its rules and shows an input.
 *
 * Entries that are constants and ranges are boxes in the space of the inputs, and are decided exactly; a rule with an entry that is
 * more than that is said to be undecided and left out: where it may match is no gap, and it overlaps and hides nothing for certain.
 */
#ifndef RULE_ANALYSIS_H
#define RULE_ANALYSIS_H

#include "rule/dmn.h"

enum finding_kind {
    FINDING_GAP,         /* no rule matches this input; not with a default output, nor where an empty list or a count is the answer */
    FINDING_OVERLAP,     /* unique: rules match the same input; any: and say different things, or perhaps do */
    FINDING_UNREACHABLE, /* never matches, or is hidden by earlier rules (first), or by the same or better ones (priority): then
                            its number is followed by theirs */
    FINDING_TYPE,        /* an entry that cannot be of the column's type, or is not among its allowed values */
    FINDING_NO_OUTPUT,   /* an output entry is empty and has no default */
    FINDING_UNDECIDED,   /* an entry is more than constants and ranges */
    FINDING_CUT,         /* the table is too large to be looked through wholly */
    FINDING_NAME,        /* a text, not only of tables, has a name that nothing knows */
    FINDINGS
};
struct finding {
    enum finding_kind kind;
    bool is_error; /* the table must not be published so.  A gap may be what law has; a hidden rule does no harm. */
    struct str table;
    size_t rules;
    const uint32_t *rule;  /* from 1 */
    uint32_t column;       /* from 1, inputs first and outputs after; 0: none */
    struct context sample; /* an input that shows it, by the labels of the columns; may be empty */
    struct str zh, en;     /* one sentence each, without a full stop */
};
enum { FINDINGS_MAX = 200 };
/* Of all tables of the model itself, in its order.  The run has begun.  RC_LIMIT past the arena's limit, or the run's. */
MUST_USE enum rc analysis_of(struct arena *a, struct run *r, const struct dmn *m, const struct finding **out, size_t *count,
                             struct err *err);
/* [{"kind":"gap","error":true,"table","rules":[1],"column":0,"sample":{},"zh","en"}] */
MUST_USE enum rc analysis_json(struct arena *a, const struct finding *f, size_t count, struct buf *out, struct err *err);

#endif
