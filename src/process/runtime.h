/*
 * runtime - processes that outlive the program: rows in the store, one command one transaction.
 *
 * A command loads the rows of its instance, lets the engine make the step (process/engine.h), and writes what changed, its history, what
 * is to be told to others, and its answer, all or nothing (docs/why/0005).  Nothing in memory is authoritative: after a crash the rows
 * say all.  History is one row for each command, chained by SHA-256.  What names persons is sealed (docs/why/0008).
 *
 * Time does nothing by itself: whoever owns a thread calls runtime_turn, which fires timers, delivers messages and signals, takes back
 * leases, and says when to come again.  Jobs are handed to workers for a while (process/runtime_job.h).
 *
 * Of one that is suspended nothing is looked for: its timers and messages wait for it, a signal passes it by.
 *
 * One runtime for a store.  Models are found in memory; inside a transaction nothing is read from anywhere but the store.
 */
#ifndef PROCESS_RUNTIME_H
#define PROCESS_RUNTIME_H

#include "crypto/vault.h"
#include "process/engine.h"
#include "process/modelbook.h"
#include "store/store.h"

struct runtime;

enum { RUNTIME_KEY_MAX = 200 /* bytes of a key or of the id of a message */, RUNTIME_TURN_BATCH = 100 };

/* How often a job is tried and how long after each failure, as data says it.  After `tries` failures it is an incident. */
struct runtime_backoff {
    int64_t tries;
    int64_t first_us, most_us; /* after the first failure; never longer */
    int64_t factor;            /* each wait so many times the one before */
    int64_t jitter_percent;    /* of the wait, up or down */
};

/* What a command has done, for whoever writes acts and lists of its own in the same transaction.  Rows say by `change` what became of them. */
struct runtime_event {
    const struct instance *instance;
    const struct command *command;
    const struct outcome *outcome;
    struct str actor;
    int64_t now_us;
    struct json *answer; /* members may be added: they are answered again to the same key */
};
/* Runs on the writer thread inside the transaction, once more if the group is repeated.  Anything but RC_OK undoes the command. */
typedef enum rc (*runtime_hook)(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err);

struct runtime_config {
    const struct vault *vault;
    struct engine engine; /* only the writer thread uses it */
    void *ctx;            /* of all that follows */
    /* As modelbook_find: the model of a version, or NULL if it is not in memory.  Any thread, at once; what it gives lives as long as the runtime. */
    const struct bpmn *(*find)(void *ctx, struct str key, int64_t version);
    /* As modelbook_load: reads it, so that find knows it.  Never called inside a transaction.  RC_NOT_FOUND, RC_INVALID: it never will. */
    enum rc (*load)(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err);
    /* On the writer thread, at once. */
    struct runtime_backoff (*backoff)(void *ctx, const struct bpmn *model, uint32_t element, struct str type);
    runtime_hook hook;        /* after every command, before that of the request; may be NULL */
    void (*wake)(void *ctx);  /* something is to be done earlier than the last turn said, or a job came; any thread; may be NULL */
    int64_t command_keep_us;  /* how long answers are kept for their keys */
    int64_t message_keep_us;  /* how long ids of messages are known at least */
    int64_t message_ttl_us;   /* how long a message that a process throws waits for its listener */
    int64_t lease_max_us;     /* the longest lease; one that ends later was given by a wrong clock */
};

/* The config is copied.  RC_* of the store. */
MUST_USE enum rc runtime_open(const struct runtime_config *config, struct runtime **out, struct err *err);
void runtime_close(struct runtime *r); /* accepts NULL; nothing may be at work */
/* Who knows what begins by a message that nobody waits for, or by a signal (process/opening.h); NULL: nothing does.  Before anything is at work. */
struct openings;
void runtime_open_by(struct runtime *r, struct openings *openings);

struct runtime_request {
    int64_t instance;        /* 0 with START */
    struct str business_key; /* of START */
    const struct modelbook_bound *bound; /* of START: what process keys mean in this instance, the process itself first; kept from then on */
    size_t bounds;
    const struct command *command;
    struct str actor; /* who, as acts say it */
    struct str key;   /* the actor's own, for this command only; "": none */
    int64_t now_us;
    runtime_hook hook; /* may be NULL */
    void *hook_ctx;
};
struct runtime_result {
    bool is_repeated; /* the key was answered before: nothing was done now */
    int64_t instance, revision;
    int64_t due_us;    /* when something has to be done for it, for runtime_nudge */
    struct json *answer; /* {"instance","revision","state","tasks":[{"token","element"}],…} */
};

/*
 * Carries out one command.  What engine_step refuses is refused; further RC_NOT_FOUND "no-such-instance"; RC_CONFLICT "key-used":
 * the key belongs to another request; RC_INVALID: it is too long, or START is for an instance, or another command for none.
 */
MUST_USE enum rc runtime_do(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_request *request,
                            struct runtime_result *out, struct err *err);
/*
 * The same inside a caller's transaction, which calls runtime_warm before it, and runtime_nudge with due_us when it is durable.
 * RC_BUSY "model-cold": a model is not in memory; runtime_warm and once more.
 */
MUST_USE enum rc runtime_do_tx(struct runtime *r, struct tx *tx, struct arena *a, const struct runtime_request *request,
                               struct runtime_result *out, struct err *err);
/* Loads the models that the request will need.  RC_NOT_FOUND "no-such-instance". */
MUST_USE enum rc runtime_warm(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_request *request,
                              struct err *err);
void runtime_nudge(struct runtime *r, int64_t due_us);

/* What came of what was said to a process from outside, for whoever writes an act of it in the same transaction. */
struct runtime_told {
    struct str case_no;   /* business key of the process; "": of none */
    int64_t instance;     /* that took it; 0: none yet */
    bool is_incident;     /* of a job that failed */
};
/* Runs as a hook does, but not for a repeat.  Anything but RC_OK undoes what was said. */
typedef enum rc (*runtime_witness)(struct tx *tx, struct arena *a, const struct runtime_told *told, void *ctx, struct err *err);

/* A message for whichever instance waits for it: once, whoever comes first. */
struct runtime_message {
    struct str id; /* the sender's, unique for all senders */
    struct str name, key;
    const struct json *variables; /* or NULL */
    int64_t ttl_us; /* how long it waits for a listener; 0: not at all */
    struct str actor;
    int64_t now_us;
    runtime_witness witness; /* may be NULL */
    void *witness_ctx;
};
enum { RUNTIME_NOBODY = -1 };
struct runtime_delivery {
    bool is_repeated;
    int64_t instance; /* that took it; 0: none yet; RUNTIME_NOBODY: it is for nobody any more */
};
/* RC_CONFLICT "key-used": the id belongs to another message; RC_INVALID: its variables fit no case. */
MUST_USE enum rc runtime_message(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_message *message,
                                 struct runtime_delivery *out, struct err *err);
/* A signal for all who listen when it comes in, told to them by runtime_turn; key and ttl_us are not of it. */
MUST_USE enum rc runtime_signal(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_message *signal,
                                struct runtime_delivery *out, struct err *err);

/*
 * What time asks for, a batch of each: at most RUNTIME_TURN_BATCH timers, each a command of its own, so that others' writes come between.
 * *next_us: when to come again, now_us if there is more.  One thread at a time; it resets the arena.
 */
MUST_USE enum rc runtime_turn(struct runtime *r, const struct db *db, struct arena *a, int64_t now_us, int64_t *next_us,
                              struct err *err);

#endif
