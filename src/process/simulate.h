/*
 * simulate - process models run in memory, in a time that jumps to whatever is due next.  The same input gives the same bytes.
 *
 * Nothing waits and nothing is stored: user and service tasks complete by themselves as soon as they are there, unless a script says
 * how.  What happens is a trace of lines, each with the time, the element and a word:
 *
 *     2026-01-05T09:00:00+08:00 Review waits task
 *
 * A script is a list of objects.  With "element" it says how work there is done: "after" a duration ("P2D", or "never"), with an
 * "outcome" and "variables", or "fail" with the code of an error, or "incident" with a reason; "nth" is the nth time only.  With "at"
 * (a date and time, or a duration from the beginning) something comes from outside: a "message" with its "key" and "variables", a
 * "signal", or a "command" of process/engine.h, whose "task" is the element of the token that it is for.
 */
#ifndef PROCESS_SIMULATE_H
#define PROCESS_SIMULATE_H

#include "process/engine.h"
#include "process/gov.h"

enum { SIMULATE_STEPS_MAX = 100000, SIMULATE_INSTANCES_MAX = 1000, SIMULATE_TRACE_MAX = 64 << 20 };

/* Work that is to be done: a task or a job. */
struct simulate_work {
    uint32_t instance; /* from 1, in the order of their beginning */
    const struct instance *i;
    const struct token *token;
    const struct bpmn *m;
    uint32_t element;
    int64_t now_us;
};
enum simulate_how { SIMULATE_DONE, SIMULATE_FAILS, SIMULATE_INCIDENT };
struct simulate_deed {
    enum simulate_how how;
    struct str outcome; /* of what is done; code of what fails; reason of an incident */
    const struct json *variables; /* or NULL */
};
struct simulate_tick { /* a clock of a case that is due */
    int64_t due_us;
    uint32_t instance;
    int64_t scope;         /* whose it is: instance_clock_scope */
    struct str clock, key; /* key: "warn", "over" */
};
/* Each may be NULL. */
struct simulate_hooks {
    void *ctx;
    /* In place of the script: how long it takes; below zero: for ever.  And how it is done. */
    int64_t (*takes)(void *ctx, const struct simulate_work *w);
    void (*work)(void *ctx, const struct simulate_work *w, struct simulate_deed *out);
    /* Answers a rule task on that arena.  Without it, and with any error, it becomes an incident. */
    enum rc (*rule)(void *ctx, struct arena *a, struct str key, struct str decision, const struct json *inputs, int64_t now_us,
                    const struct json **out, struct err *err);
    /* A clock of the case is started, paused, resumed, stopped.  Without it clocks are only told of (process/simulate_clock.h). */
    void *clock_ctx;
    enum rc (*clock)(void *ctx, uint32_t instance, int64_t scope, const struct gov_clock *c, enum gov_do what, struct str basis,
                     int64_t now_us, struct err *err);
    void (*clocks_over)(void *ctx, uint32_t instance, int64_t scope, int64_t now_us); /* a scope has ended, and its clocks with it */
    bool (*next_tick)(void *ctx, struct simulate_tick *out); /* the earliest */
    void (*tick_told)(void *ctx, const struct simulate_tick *tick);
};
struct simulate_config {
    struct engine *engine;
    struct arena *arena;
    size_t models; /* the process to start is in the first; calls and messages find the others, too */
    const struct bpmn *const *model;
    const struct json *script; /* or NULL */
    const struct simulate_hooks *hooks;
    int64_t start_us;
    uint32_t steps_max; /* commands; 0: SIMULATE_STEPS_MAX */
};

struct simulation;

/* RC_INVALID: the script, with its entry and what is wrong. */
MUST_USE enum rc simulate_new(const struct simulate_config *config, struct simulation **out, struct err *err);
/* process "": the first that is executable, or the first.  variables may be NULL.  RC_NOT_FOUND: there is no such process, or no start. */
MUST_USE enum rc simulate_start(struct simulation *s, struct str process, struct str key, const struct json *variables, struct err *err);
/* Until nothing is due (INT64_MAX: ever), or the number of steps is over.  RC_LIMIT: memory. */
MUST_USE enum rc simulate_run(struct simulation *s, int64_t until_us, struct err *err);

struct simulate_state {
    int64_t now_us;
    uint32_t steps;
    bool is_cut;    /* by the number of steps */
    bool is_whole;  /* all instances came to their end, without an incident */
    size_t instances;
    size_t messages; /* that nobody took */
};
struct simulate_state simulate_state(const struct simulation *s);
const struct instance *simulate_instance(const struct simulation *s, size_t index); /* in the order of their beginning */
struct str simulate_trace(const struct simulation *s); /* lines, valid until the next step */
/* Where cases stand that did not come to their end: [{"instance":1,"element":"Review","kind":"task","name":""}].  NULL past the limit. */
struct json *simulate_standing(struct arena *a, const struct simulation *s);
/* A process that is called and stands in none of the models, by its id; "": there is none, or no such one after the first skip. */
struct str simulate_called(const struct bpmn *const *model, size_t models, size_t skip);

#endif
