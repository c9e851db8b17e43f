/* simulate_int - between simulate.c, which lets time pass, simulate_script.c, which reads what is to come, and simulate_deliver.c. */
#ifndef PROCESS_SIMULATE_INT_H
#define PROCESS_SIMULATE_INT_H

#include "base/clock.h"
#include "process/bpmn_int.h"
#include "process/simulate.h"

struct script_work { /* how work at an element is done */
    struct str element;
    int64_t nth;      /* 0: each time */
    int64_t after_us; /* below zero: never */
    struct simulate_deed deed;
};
struct script_event { /* what comes from outside */
    int64_t at_us;
    enum effect_kind effect; /* if command.kind is COMMANDS */
    struct str name, key, task;
    struct command command;
    bool is_over;
};
struct script {
    size_t works, events;
    struct script_work *work;
    struct script_event *event;
};
/* start_us: where durations are counted from. */
MUST_USE enum rc simulate_read_script(struct arena *a, const struct json *j, struct zones *zones, int64_t start_us, struct script *out,
                                      struct err *err);

struct plan { /* work under way */
    uint32_t instance;
    int64_t token, attempt;
    int64_t due_us; /* INT64_MAX: never */
    const struct script_work *how;
};
struct count {
    struct str element;
    int64_t times;
};
struct pending { /* a message, until somebody takes it */
    struct effect effect;
    uint32_t from; /* instance; 0: outside */
    bool is_over;
};
struct growing {
    void *item;
    size_t count, room;
};
#define SIM_AT(list, type, index) (&((struct type *)(list).item)[index])

struct simulation {
    struct simulate_config config;
    struct script script;
    struct arena *arena;
    int64_t now_us;
    uint32_t steps;
    bool is_cut;
    struct growing instances; /* struct instance * */
    struct growing plans, counts, messages;
    struct buf trace;
};

static inline struct instance *sim_instance(const struct simulation *s, size_t number) { return ((struct instance **)s->instances.item)[number - 1]; }

/* --- simulate.c --- */
void *sim_add(struct simulation *s, struct growing *list, size_t size); /* NULL: no memory */
void sim_say(struct simulation *s, uint32_t instance, struct str element, const char *what, struct str detail);
/* One command and what follows from it.  What the engine refuses is a line of the trace. */
MUST_USE enum rc sim_step(struct simulation *s, uint32_t instance, const struct command *c, struct err *err);
/* At the start event of that id; "": the plain one. */
MUST_USE enum rc sim_begin(struct simulation *s, const struct bpmn *m, uint32_t process, struct str element, struct str key,
                           const struct json *variables, struct err *err);

/* --- simulate_deliver.c --- */
MUST_USE enum rc sim_post(struct simulation *s, uint32_t from, const struct effect *e, struct err *err);
/* Of the messages that wait, the first that somebody would take.  *did: whether there was one. */
MUST_USE enum rc sim_deliver(struct simulation *s, bool *did, struct err *err);

#endif
