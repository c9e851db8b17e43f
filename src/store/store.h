/*
 * store - the only module that speaks SQL to a database: SQLite (WAL, FULL) or PostgreSQL.
 *
 * Callers name a statement; they cannot pass SQL text.  Reads run at once on a reading connection.
 * Writes are functions: store_write queues one, the single writer thread collects what is
 * queued, runs each inside a SAVEPOINT, and makes the whole group durable with one commit;
 * store_write returns when its own change is on disk (RC_OK) or undone (anything else).  So a
 * write may read, check and write without any race, and a thousand callers share one fsync.
 *
 * Waiting goes through a hook, so that a coroutine yields and a thread blocks, and this module knows
 * neither.  While the disk is full writes fail at once with RC_FULL, but for one in 100 ms that tries again;
 * reads go on.  One process writes to a store; a second one is refused when it opens.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/stmt.h"

struct store;
struct tx;
struct row;

/* How a caller waits.  All zero: block the thread. */
struct store_wait {
    void *ctx;
    void (*suspend)(void *ctx); /* return when resume was called, once for each suspend */
    void (*resume)(void *ctx);  /* from any thread; may come before suspend */
    /* Wait until fd is readable (1) or writable (2), or time is over: false. */
    bool (*wait_fd)(void *ctx, int fd, int events, int timeout_ms);
};

/* A caller's way in: the store and how this caller waits.  By value; one per task or thread. */
struct db {
    struct store *store;
    struct store_wait wait;
};

struct store_config {
    const char *where; /* "/data/city.db", or "postgres:host=… port=… dbname=…" (libpq) */
    int readers;       /* connections for reading, at least one for each loop thread */
    size_t queue_max;  /* writes waiting; more is RC_BUSY */
    int busy_ms;       /* longest wait for a reading connection */
    struct log *log;   /* may be NULL */
    /* Only look, beside a running node: no migrations, no writer (store_write: RC_DENIED). */
    bool reading_only;
    /* Tables other than the program's own, for islands and tests; both NULL: stmt_table, migration_table. */
    const struct stmt *const *stmts;
    uint16_t stmt_count;
    const struct migration *migrations;
    int migration_count;
};

/*
 * Opens, runs missing migrations (each in a transaction), prepares every statement, starts the writer.
 * RC_CONFLICT: another process writes to it, or a migration is unknown here or was changed after it ran;
 * RC_INVALID: a statement does not fit the schema (its name is in the text), or PostgreSQL does not sort as
 * bytes (the database must be LOCALE 'C').
 */
MUST_USE enum rc store_open(const struct store_config *config, struct store **out, struct err *err);
void store_close(struct store *s); /* finishes what is queued; accepts NULL */
bool store_is_postgres(const struct store *s);

/* Called on the writer thread after each durable group, before its callers wake.  Must be quick; set once. */
void store_on_commit(struct store *s, void (*fn)(void *ctx, int writes), void *ctx);

struct store_figures {
    uint64_t writes; /* durable */
    uint64_t groups;
    uint64_t undone; /* writes that did not come to be */
    size_t queued;
    bool full;  /* the last write found the disk full */
    bool alive; /* the last group reached its database */
};
struct store_figures store_look(struct store *s); /* any thread */
/* The room that the database takes. */
MUST_USE enum rc store_bytes(const struct db *db, int64_t *out, struct err *err);

enum param_kind { PARAM_NULL, PARAM_INT, PARAM_TEXT, PARAM_BLOB };
struct param {
    enum param_kind kind;
    int64_t integer;
    struct str bytes;
};
#define V_NULL ((struct param){.kind = PARAM_NULL})
#define V_INT(i) ((struct param){.kind = PARAM_INT, .integer = (i)})
#define V_TEXT(s) ((struct param){.kind = PARAM_TEXT, .bytes = (s)})
#define V_BLOB(s) ((struct param){.kind = PARAM_BLOB, .bytes = (s)})

struct values {
    const struct param *v;
    size_t count;
};
/* VALUES(V_TEXT(no), V_INT(3)) */
#define VALUES(...)                                                                          \
    ((struct values){(const struct param[]){__VA_ARGS__},                                    \
                     sizeof((const struct param[]){__VA_ARGS__}) / sizeof(struct param)})
#define NO_VALUES ((struct values){NULL, 0})

/*
 * Called for each row; what row_* return lives until it returns.  Anything but RC_OK ends the query.
 * It may read further, the same statement too, but must not wait for anything (it holds a connection):
 * gather on the arena, and answer afterwards.  row_int of a text and row_text of a number are bugs (CHECK).
 */
typedef enum rc (*row_fn)(const struct row *row, void *ctx, struct err *err);
int64_t row_int(const struct row *row, int column); /* NULL gives 0 */
struct str row_text(const struct row *row, int column); /* NULL gives "" */
struct str row_blob(const struct row *row, int column);
bool row_is_null(const struct row *row, int column);
MUST_USE enum rc row_copy_text(const struct row *row, int column, struct arena *a, struct str *out, struct err *err);

/*
 * Run a statement that only reads, one consistent view of what is durable.  rows may be NULL.
 * RC_IO, RC_BUSY (no connection in time), RC_INVALID (a text with NUL), RC_DENIED (it writes), or what
 * rows returned.  On PostgreSQL the whole result is held in memory: page by cursor.
 */
MUST_USE enum rc store_read(const struct db *db, const struct stmt *stmt, struct values values,
                            row_fn rows, void *ctx, struct err *err);
/* The same for exactly one row of columns into *out, ends with NULL: RC_NOT_FOUND if there is none. */
MUST_USE enum rc store_read_int(const struct db *db, const struct stmt *stmt, struct values values, int64_t *out, struct err *err);

/*
 * A change.  fn runs on the writer thread, inside its own savepoint, while the caller waits; it may touch
 * the caller's memory and arena, and must not wait.  If fn returns anything but RC_OK its change is undone and
 * that is the answer.  RC_FULL: disk full; RC_BUSY: queue full; RC_IO: the commit failed, undone.
 * fn may run a second time if the group had to be repeated, so it must set, not add to, its outputs.
 */
typedef enum rc (*tx_fn)(struct tx *tx, void *ctx, struct err *err);
MUST_USE enum rc store_write(const struct db *db, tx_fn fn, void *ctx, struct err *err);

/*
 * Inside fn.  RC_CONFLICT: a UNIQUE, CHECK, NOT NULL or FOREIGN KEY rule; anything may be RC_IO, RC_FULL.
 * After a statement has failed the write is lost: later ones answer the same, and RC_OK from fn becomes
 * that failure.  To ask instead of fail: INSERT … ON CONFLICT DO NOTHING, then tx_changes.
 */
MUST_USE enum rc tx_run(struct tx *tx, const struct stmt *stmt, struct values values, row_fn rows, void *ctx, struct err *err);
/*
 * A writing statement of which nothing is asked: PostgreSQL gets it with the next one, so it costs no round trip.  Its failure
 * may be told by a later one, or be the answer to fn's RC_OK; tx_changes knows nothing of it.
 */
MUST_USE enum rc tx_post(struct tx *tx, const struct stmt *stmt, struct values values, struct err *err);
/* First column of the only row; RC_NOT_FOUND. */
MUST_USE enum rc tx_int(struct tx *tx, const struct stmt *stmt, struct values values, int64_t *out, struct err *err);
int64_t tx_changes(const struct tx *tx); /* rows touched by the last writing statement */
/* Something to undo in memory if this fn, or its group, does not come to be.  Newest first. */
void tx_on_undo(struct tx *tx, void (*fn)(void *ctx), void *ctx);

#endif
