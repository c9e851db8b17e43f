/* migration_int - what the parts of a migration share: the map of two models, and one case on its way. */
#ifndef PROCESS_MIGRATION_INT_H
#define PROCESS_MIGRATION_INT_H

#include "process/engine_int.h"
#include "process/migration.h"

/* A clock that only the target declares. */
struct clock_new {
    uint32_t clock; /* of the target */
    const bool *runs; /* by elements of the target: it may run there */
    const struct migration_start *start; /* NULL: the plan need not say anything */
};

struct migration {
    const struct migration_plan *plan;
    const struct bpmn *from, *to;
    const struct binding *bound;
    size_t bounds;
    struct zones *zones;
    uint32_t *element, *flow;       /* of the source, where it is in the target; BPMN_NONE */
    uint32_t *origin, *flow_origin; /* the other way round */
    bool *is_planned;               /* by elements of the source: the plan names it */
    struct str *clock_gone;
    struct clock_new *clock_new;
    size_t clocks_gone, clocks_new;
};

/* A value that the plan gives to one scope of the case; NULL: it is taken away. */
struct given {
    uint32_t scope;
    struct str name;
    struct json *value;
};

/* What becomes of one row, found before anything is changed. */
struct fate {
    bool is_of;    /* a row of the source model; others stay as they are */
    bool is_gone;  /* a listener without a counterpart */
    bool is_named; /* what it names is called otherwise */
    bool is_armed_anew;
    uint32_t element, flow, event, place, binding; /* flow, event: of tokens; place, binding: of scopes */
    struct str name;         /* of a token */
    const struct json *data; /* of a token */
};

struct migrating {
    struct stepping s;
    const struct migration *m;
    const struct migration_case *c;
    struct binding *binding; /* as they will be */
    size_t bindings, bound;
    struct fate *scope, *token; /* by row */
    struct given *given;
    size_t givens;
    struct migration_refusal *refusal;
    struct migration_started *start;
    size_t refusals, starts;
};

/* --- migration_alike.c: whether two things of two models say the same --- */
bool alike_text(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y);
bool alike_timer(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y);
/* The same in every respect; and, less: whoever waits for the one could wait for the other. */
bool alike_event(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y);
bool alike_wait(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y);
bool alike_key(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y); /* of messages, of two elements */
/* A repeated activity with all that is in it; or both are not repeated. */
bool alike_repeated(const struct migration *m, uint32_t x, uint32_t y);
/* Which event of y is what event k of x was; BPMN_NONE. */
uint32_t alike_event_of(const struct migration *m, uint32_t x, uint32_t k, uint32_t y);

/* --- migration_fit.c: what becomes of each row; refusals are gathered --- */
void migration_refuse(struct migrating *g, enum migration_reason reason, uint32_t token, uint32_t scope, uint32_t from, uint32_t to);
void migration_fit(struct migrating *g);
/* --- migration_join.c --- */
void migration_fit_joins(struct migrating *g);
/* --- migration_clock.c: clocks that only one of the two models declares --- */
MUST_USE enum rc migration_make_clocks(struct arena *a, struct migration *m, struct err *err);
struct json *migration_map_clocks(struct arena *a, const struct migration *m);
void migration_start_clocks(struct migrating *g); /* which, and from when: before anything is changed */
/* --- migration_value.c: the plan's variables, calculated before anything is changed; then set --- */
void migration_calculate(struct migrating *g);
void migration_set(struct migrating *g);
/* --- migration_listen.c: what listens in the new model and did not in the old one --- */
void migration_listen(struct migrating *g);

#endif
