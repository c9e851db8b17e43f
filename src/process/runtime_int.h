/* runtime_int - what the parts of the runtime share: an instance as it was loaded, how its rows are written, and one command. */
#ifndef PROCESS_RUNTIME_INT_H
#define PROCESS_RUNTIME_INT_H

#include <stdatomic.h>

#include "crypto/hash.h"
#include "process/bpmn_int.h"
#include "process/runtime_job.h"

enum { RUNTIME_COMMANDS_MAX = 1 << 24 /* of one instance: place of history */, RUNTIME_COLD_TRIES = 8 };

struct runtime {
    struct runtime_config config;
    int64_t serial, serial_end;        /* numbers left of the block; the writer thread's */
    atomic_int_fast64_t promised_us;   /* when the last turn said that it comes again */
    int64_t forget_us;                 /* when old rows are looked at next; the turn's thread's */
    struct arena *scratch;             /* of each command in a turn */
    struct openings *openings;         /* NULL: no case begins by itself */
};

struct source { /* where rows are read: inside a transaction, or what is durable */
    struct tx *tx; /* or NULL */
    const struct db *db;
};
MUST_USE enum rc source_run(const struct source *s, const struct stmt *stmt, struct values values, row_fn rows, void *ctx,
                            struct err *err);

/* An instance with what the engine need not know. */
struct loaded {
    struct instance i;
    bool is_found, is_closed; /* is_closed: its row lies with those that have ended */
    int64_t month, revision;  /* as stored */
    enum instance_state state;
    int64_t scopes;           /* rows of process_scope */
    struct str models;        /* the column */
    struct hash hash;         /* of its last command */
    struct str request, answer; /* of the key, as stored; "" if it was not used */
};

/* --- rows (runtime_row.c) --- */

/*
 * The instance of that id, open or closed, and what was answered to the actor's key.  is_found says whether there is one.
 * RC_BUSY "model-cold"; RC_CORRUPT: the rows do not fit the models.
 */
MUST_USE enum rc rows_load(const struct runtime *r, const struct source *s, struct arena *a, int64_t id, struct str actor,
                           struct str key, struct loaded *out, struct err *err);
/* A new instance, not stored yet; its models must be in memory. */
MUST_USE enum rc rows_new(const struct runtime *r, struct arena *a, int64_t id, const struct runtime_request *q, struct loaded *out,
                          struct err *err);
/* What the step has changed of scopes and tokens. */
MUST_USE enum rc rows_store(const struct runtime *r, struct tx *tx, struct arena *a, struct loaded *l, int64_t now_us,
                            struct err *err);
/* The row of the instance itself, with revision and hash as they are now in l->i and l->hash. */
MUST_USE enum rc rows_store_instance(const struct runtime *r, struct tx *tx, struct arena *a, struct loaded *l, struct err *err);

struct str runtime_place(struct arena *a, const char *column, int64_t instance, int64_t row);
MUST_USE enum rc runtime_seal(const struct runtime *r, struct arena *a, struct str place, const struct json *j, struct param *out,
                              struct err *err);
MUST_USE enum rc runtime_unseal(const struct runtime *r, struct arena *a, struct str place, struct str sealed, struct json **out,
                                struct err *err);

/* --- one command (runtime.c) --- */

struct doing {
    struct runtime *r;
    struct tx *tx;
    struct arena *a;
    const struct runtime_request *q;
    struct loaded l;
    struct outcome o;
    struct json *answer;
    int64_t due_us; /* the earliest moment at which something will have to be done */
};

/* runtime_do_tx, which also says whether it has failed before anything was written, so that others in the transaction may go on. */
MUST_USE enum rc command_tx(struct runtime *r, struct tx *tx, struct arena *a, const struct runtime_request *q,
                            struct runtime_result *out, bool *is_clean, struct err *err);
/*
 * One line of history, chained to the one before; l->i.revision is its number.  command is JSON.  moves may be NULL: then `failed` says
 * why nothing came of it.
 */
MUST_USE enum rc history_add(struct runtime *r, struct tx *tx, struct arena *a, struct loaded *l, int64_t now_us, struct str actor,
                             struct str command, const struct outcome *moves, struct str failed, struct err *err);
static inline void
due_at(int64_t *due_us, int64_t at_us)
{
    *due_us = at_us < *due_us ? at_us : *due_us;
}
bool runtime_is_cold(enum rc rc, const struct err *err);
/* Loads the models of an instance, open or closed. */
MUST_USE enum rc runtime_warm_instance(struct runtime *r, const struct db *db, struct arena *a, int64_t instance, struct err *err);

/* --- others (runtime_message.c) --- */

/* What was thrown at others, and messages that have waited for what listens now, into the outbox. */
MUST_USE enum rc tell_others(struct doing *d, struct err *err);
/* Up to so many rows of the outbox that are due; *more: there may be others. */
MUST_USE enum rc outbox_turn(struct runtime *r, const struct db *db, struct arena *a, int64_t now_us, bool *more, struct err *err);

/* --- many at once (runtime_batch.c) --- */

/* One token that is to be told something, and what has come of it. */
struct target {
    int64_t instance, token, attempt;
    bool is_cold;     /* its model is not in memory */
    bool is_hopeless; /* why: it becomes an incident instead */
    char why[ERR_TEXT_MAX];
};
struct batch {
    struct runtime *r;
    enum command_kind kind;   /* TIMER, SIGNAL, MESSAGE, INCIDENT */
    struct str name;
    const struct json *variables;
    struct str actor;
    int64_t now_us;
    struct target *target;
    size_t count;
    /* In the same transaction, after all of them; may be NULL. */
    enum rc (*then)(struct tx *tx, const struct batch *b, struct err *err);
    const void *ctx;
};
enum { BATCH_AT_ONCE = 25 /* commands in one transaction: others wait for no more than these */ };
/*
 * A command for each target, up to BATCH_AT_ONCE.  One for which that cannot be done becomes an incident of its own instance, and holds
 * up no other; what is not there any more is passed over.  RC_IO and its like: nothing has come of it, try later.
 */
MUST_USE enum rc batch_run(const struct db *db, struct batch *b, struct err *err);
/* The batch is hopeless for this one: the error says why. */
void target_give_up(struct target *t, const struct err *err);
/* Makes the token, if it is still there, an incident, without looking at the instance, whose rows may be what is wrong. */
MUST_USE enum rc target_spoil(struct tx *tx, struct arena *a, const struct batch *b, const struct target *t, struct err *err);
/* RC_IO, RC_FULL, RC_TIMEOUT, RC_BUSY: not the fault of what was to be done. */
bool rc_is_passing(enum rc rc);

/* --- jobs (runtime_job.c) --- */

struct job_failing {
    struct runtime *r;
    struct arena *a;
    const struct runtime_job *job;
    const struct runtime_failure *failure;
    bool is_incident;
    int64_t due_us;
    struct str case_no;
};
enum rc job_failed_tx(struct tx *tx, void *ctx, struct err *err);

#endif
