/* gov_int - what is shared by gov.c, which answers, gov_read.c, which reads, gov_check.c and gov_clock.c, which follow ways, and gov_asked.c. */
#ifndef PROCESS_GOV_INT_H
#define PROCESS_GOV_INT_H

#include "process/bpmn_read_int.h"
#include "process/gov.h"

struct gov {
    uint32_t clocks;
    const struct gov_clock *clock;
    const struct gov_element *const *element; /* of each element of the model */
};

extern const char *const gov_at_names[], *const gov_do_names[], *const gov_clock_kinds[]; /* NULL ends each */

/* --- gov_check.c: ways on --- */
typedef void gov_visit(void *ctx, uint32_t element);
/* Where a scope begins when it is entered. */
bool gov_begins(const struct bpmn *m, uint32_t element);
bool gov_is_last(const struct bpmn *m, uint32_t element); /* nothing leads on from it within its scope */
void gov_each_begin(const struct bpmn *m, uint32_t scope, gov_visit *visit, void *ctx);
/* Flows and links; out of a scope that it ends, what follows that. */
void gov_each_next(const struct bpmn *m, uint32_t element, gov_visit *visit, void *ctx);
/* The same, and from an activity into it and to what stands on its boundary. */
void gov_each_way(const struct bpmn *m, uint32_t element, gov_visit *visit, void *ctx);
/* Whether a task may send its case back to that element, as far as scopes and kinds say. */
bool gov_goes_back(const struct bpmn *m, uint32_t from, uint32_t to);

/* --- gov_asked.c: which outcomes of a task a text asks for --- */
struct gov_asked {
    struct str variable, list; /* list: that gathers the variable of many instances; "" */
    bool all; /* something asks for the variable in a way that any code may be meant */
    size_t outcomes;
    const struct gov_outcome *outcome;
    bool *code;
};
void gov_ask(struct gov_asked *to, const struct program *program); /* of a text that names it */

#endif
