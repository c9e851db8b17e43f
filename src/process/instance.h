/*
 * instance - one running process in memory: its scopes with their variables, and its tokens.
 *
 * Everything here is a row by value: whoever stores instances reads the rows, lets the engine make a step (process/engine.h), and
 * writes those whose change says so.  Elements are named by their BPMN id in rows and by index here.  Ids count up within the
 * instance, so that the same commands give the same rows again.  All of it lies on one arena.
 */
#ifndef PROCESS_INSTANCE_H
#define PROCESS_INSTANCE_H

#include "process/bpmn.h"

enum row_change { ROW_KEPT, ROW_NEW, ROW_CHANGED, ROW_GONE /* was stored, is to be deleted */, ROW_NEVER /* came and went within the step */ };

#define INSTANCE_STATE_TABLE(X)                                                      \
    X(RUNNING, "running") X(SUSPENDED, "suspended") X(COMPLETED, "completed")         \
    X(FAILED, "failed") /* by an error that nothing caught */                         \
    X(CANCELLED, "cancelled")
enum instance_state {
#define X(name, word) INSTANCE_##name,
    INSTANCE_STATE_TABLE(X)
#undef X
    INSTANCE_STATES
};

#define SCOPE_KIND_TABLE(X)                                              \
    X(PROCESS, "process") X(SUB, "sub") X(EVENT_SUB, "event_sub")         \
    X(CALL, "call")         /* a called process: sees its own variables only */ \
    X(MULTI, "multi")       /* around the instances of an activity that runs more than once */ \
    X(INSTANCE, "instance") /* one of them */
enum scope_kind {
#define X(name, word) SCOPE_##name,
    SCOPE_KIND_TABLE(X)
#undef X
    SCOPE_KINDS
};

struct scope {
    int64_t id;      /* 1: the process */
    int64_t parent;  /* 0: none */
    int64_t token;   /* the INNER token that waits for it, or what compensates; 0: none (process, event sub-process) */
    enum scope_kind kind;
    uint32_t binding; /* whose model its elements are of */
    uint32_t place;   /* index of the scope in the model (bpmn_scope); of MULTI and INSTANCE: of their activity */
    uint32_t element; /* sub-process, call or repeated activity; BPMN_NONE of a process */
    int64_t total, active, done, next; /* of MULTI: instances altogether, under way, completed; the next of a sequence */
    int64_t counter;  /* of INSTANCE: loopCounter, from 1 */
    bool ended;       /* it is over, and stays for what may have to be compensated in it */
    struct json *variables; /* object; never NULL once the instance was loaded or started */
    enum row_change change;
};

#define TOKEN_KIND_TABLE(X)                                                             \
    X(MOVING, "moving")       /* only within a step */                                   \
    X(TASK, "task")           /* a person has to act */                                  \
    X(JOB, "job")             /* work outside; name: its type */                         \
    X(MESSAGE, "message") X(SIGNAL, "signal") X(TIMER, "timer")                          \
    X(CLOCK, "clock")         /* of the case; name: which, key: "warn", "over" */        \
    X(CONDITION, "condition")                                                            \
    X(EVENTS, "events")       /* at an event gateway: its alternatives listen */         \
    X(JOIN, "join")           /* at a parallel or inclusive gateway that is not complete, or an activity that needs more tokens */ \
    X(INNER, "inner")         /* a scope runs inside */                                  \
    X(COMPENSATION, "compensation") /* waits for what compensates */                     \
    X(INCIDENT, "incident")   /* cannot go on; a person resolves it */                   \
    X(CATCHER, "catcher")     /* listens to an error, an escalation, a compensation: nothing to be looked up */ \
    X(COMPENSABLE, "compensable") /* an activity that was completed and may be undone */
enum token_kind {
#define X(name, word) TOKEN_##name,
    TOKEN_KIND_TABLE(X)
#undef X
    TOKEN_KINDS
};

struct token {
    int64_t id;
    int64_t scope;
    int64_t host;     /* of one that listens: the token of its activity or event gateway; 0 */
    bool listens;     /* it keeps no scope alive: a boundary event, the start of an event sub-process, an alternative, COMPENSABLE */
    enum token_kind kind;
    uint32_t element;
    uint32_t flow;    /* that it came by, or BPMN_NONE */
    uint32_t event;   /* which trigger of the element it listens to, an index of the model's events; BPMN_NONE */
    struct str name;  /* message, signal, clock, type of a job; code of an incident */
    struct str key;   /* correlation of a message */
    int64_t due_us;   /* of a timer; of a job: not before */
    int64_t anchor_us; /* of a cycle: what its turns are counted from */
    int64_t turns;    /* of a cycle: how many are left; -1: for ever */
    int64_t attempt;  /* goes up whenever the row is armed or leased anew: what comes for an older one is refused (fencing) */
    const struct json *data; /* inputs of a job, supplement of a task, cause of an incident, last value of a condition; or NULL */
    enum row_change change;
};

/* Which model a process key means in this instance: bound when it starts, and kept.  START adds what is called within a model. */
struct binding {
    struct str key;     /* id of the process, or what a call names */
    int64_t version;    /* of the definition; 0: nobody keeps it */
    const struct bpmn *model;
    uint32_t process;   /* index in the model */
};

struct gov_clock;

struct instance {
    int64_t id;
    struct str business_key; /* case number, or "" */
    enum instance_state state;
    int64_t revision;        /* one more with each command */
    int64_t next;            /* id of the next token or scope */
    int64_t started_us, ended_us;
    struct str failed_code;  /* of the error that nothing caught */
    size_t bindings, scopes, tokens; /* gone rows stay in the arrays until the end of the step */
    struct binding *binding; /* the first: of the process itself */
    struct scope *scope;
    struct token *token;
    size_t scope_room, token_room;
    struct instance_index *index; /* how the rows hang together, made by the engine when it needs it */
    struct arena *arena;
};

const char *instance_state_name(enum instance_state state);
const char *scope_kind_name(enum scope_kind kind);
const char *token_kind_name(enum token_kind kind);
bool instance_state_by_name(struct str name, enum instance_state *out);
bool scope_kind_by_name(struct str name, enum scope_kind *out);
bool token_kind_by_name(struct str name, enum token_kind *out);

/* NULL: there is none, or it is gone.  Valid until a row is added. */
struct scope *instance_scope(const struct instance *i, int64_t id);
struct token *instance_token(const struct instance *i, int64_t id);
/* A new row, ROW_NEW, its id given; everything else zero (element, flow, event BPMN_NONE).  NULL past the arena's limit. */
struct scope *instance_add_scope(struct instance *i);
struct token *instance_add_token(struct instance *i);
/* For whoever loads rows: as they are, ROW_KEPT, at the place of their id (so those in order cost least).  RC_LIMIT. */
MUST_USE enum rc instance_load_scope(struct instance *i, const struct scope *row, struct err *err);
MUST_USE enum rc instance_load_token(struct instance *i, const struct token *row, struct err *err);
/* After what was changed has been stored: gone rows are dropped, all others are ROW_KEPT. */
void instance_settle(struct instance *i);
/*
 * The scope that a clock belongs to, as seen from a scope of it that is there or was there in this step: the process or sub-process that
 * declares it.  Two departments under way in one case each have their own; with that scope it ends.  0: the clock is not of here.
 */
int64_t instance_clock_scope(const struct instance *i, int64_t scope, const struct gov_clock *clock);
struct str instance_element(const struct instance *i, const struct token *t); /* id of the element that it stands at; "" */
/* The value of a variable as seen from a scope, or NULL. */
const struct json *instance_variable(const struct instance *i, int64_t scope, struct str name);
/* All of it as canonical JSON, rows in the order of their ids: for tests that compare, for replay, for people.  NULL past the limit. */
struct json *instance_json(struct arena *a, const struct instance *i);

#endif
