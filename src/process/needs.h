/*
 * needs - what a process reads and nothing in it writes: the variables that whoever starts it has to give.
 *
 * Written counts what its tasks, scripts, rules and calls give back, data that a form asks for, and what a job says it leaves
 * (an input "as").  What messages and other jobs bring is not known from the model.  Names that are members of what a filter goes
 * through ("parts[id = 1]") count as read: FEEL knows them only when it runs.
 */
#ifndef PROCESS_NEEDS_H
#define PROCESS_NEEDS_H

#include "process/bpmn.h"
#include "process/taskform.h"

enum { NEEDS_MAX = 200 };

struct need {
    struct str name;
    struct str text; /* an expression that reads it, */
    uint32_t line;   /* and where it stands */
};
/* Of all that is in a model; forms may be NULL. */
MUST_USE enum rc needs_of(const struct bpmn *m, const struct task_forms *forms, struct need out[static NEEDS_MAX], size_t *count, struct err *err);

#endif
