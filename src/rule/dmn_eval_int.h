/*
 * dmn_eval_int - how a model is evaluated: shared by dmn_decide.c, dmn_eval.c, dmn_eval_table.c and dmn_columns.c, and by the
 * reader, which says what FEEL is to call.
 *
 * False is always: a limit of the run is passed.
 */
#ifndef RULE_DMN_EVAL_INT_H
#define RULE_DMN_EVAL_INT_H

#include "rule/dmn_int.h"

/* A boxed function in the frames around the place where it stands. */
struct dmn_closure {
    const struct dmn_expression *expression;
    const struct frame *frame;
};

/* What FEEL calls: ctx is an item, of the last a closure. */
function_host dmn_call_knowledge, dmn_call_service, dmn_call_written;

MUST_USE bool dmn_eval(struct run *r, const struct dmn_expression *e, const struct frame *frame, struct value *out);
/* Adds a step to the trace of the run, if there is one. */
MUST_USE bool dmn_eval_table(struct run *r, const struct dmn_table *t, const struct frame *frame, struct value *out);
/* The step of what has been evaluated: its table's, if it is one, or else a new one. */
MUST_USE bool dmn_trace_done(struct run *r, struct str name, const struct dmn_expression *e, struct value result);
MUST_USE bool dmn_trace_add(struct run *r, const struct dmn_step *step);

/* dmn_columns.c: makes the columns of a table whose rules are there.  False: the arena is full. */
MUST_USE bool dmn_columns_make(struct arena *a, struct dmn_table *t);
/* A bit for each of the rules from first on (DMN_BLOCK of them, or count) that takes v.  False: v is none that is asked this way. */
MUST_USE bool dmn_column_takes(const struct dmn_column *c, size_t first, size_t count, const struct value *v, uint64_t *takes);

#endif
