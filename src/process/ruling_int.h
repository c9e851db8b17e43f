/* ruling_int - what is shared by asking, looking and comparing: who runs it, and models as they are kept. */
#ifndef PROCESS_RULING_INT_H
#define PROCESS_RULING_INT_H

#include "process/ruling.h"
#include "rule/dmn.h"

enum {
    RULING_RESULT_MAX = 1 << 18, /* of one answer as JSON */
    RULING_REASONS_MAX = 1 << 18,
    RULING_MODEL_ARENA = 64 << 20,
    RULING_STEPS = 20000000 /* of all evaluations of one job, about a second at the most */
};

/* Whoever runs something: one thread at a time. */
struct runner {
    struct runner *next;
    struct zones *zones;
    struct run *run;
    struct rulings *rulings;
    struct db db; /* of whoever asks; it waits as a thread */
};
typedef void ruling_job(struct runner *w, void *ctx);

/* fn(…, ctx) where there is room for it, and back.  RC_BUSY: too many are waiting. */
MUST_USE enum rc ruling_do(struct rulings *r, const struct db *db, ruling_job *fn, void *ctx, struct err *err);

/* A compiled model; shared, and freed when nobody has it any more. */
struct ruling_model {
    struct arena *arena;
    struct str name; /* under which it is kept; "" of what is not */
    struct pins *pins; /* what it imports */
    const struct dmn *dmn;
    int holders;
    uint64_t used; /* when last, in turns */
};
/* On a runner.  fault may be NULL. */
MUST_USE enum rc ruling_read(struct runner *w, const struct ruling_text *text, struct ruling_model **out, struct dmn_fault *fault, struct err *err);
/* NULL: not kept. */
struct ruling_model *ruling_find(struct rulings *r, struct str name);
void ruling_keep(struct rulings *r, struct ruling_model *m, struct str name);
void ruling_let_go(struct rulings *r, struct ruling_model *m); /* accepts NULL */

/* One decision by JSON.  Texts on a; reasons may be NULL. */
struct ruling_asked {
    const struct dmn *dmn;
    struct str decision;
    const struct json *inputs, *sources;
    int64_t now_us;
    struct json *result;
    struct json *reasons; /* if wanted */
    bool wants_reasons;
};
MUST_USE enum rc ruling_answer(struct runner *w, struct arena *a, struct ruling_asked *q, struct err *err);
/* Into "imports" of d. */
MUST_USE enum rc ruling_put_imports(struct runner *w, struct arena *a, const struct ruling_model *m, int32_t day, struct json *d,
                                    struct err *err);
/* {"line","column","element","zh","en"} */
struct json *ruling_fault(struct arena *a, const struct dmn_fault *f);
/* [{"zh","en"}] of the run. */
struct json *ruling_notes(struct arena *a, const struct runner *w);

/* Where the content of a row of rule_use is sealed for. */
struct str ruling_place(struct arena *a, struct str id);
const struct rulings_config *rulings_config_of(const struct rulings *r);

#endif
