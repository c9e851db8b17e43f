/*
 * driver - what a database must be able to do for the store.  Private to src/store/.
 *
 * A conn is one connection with all its statements prepared.  It is used by one thread at a time; the pool and
 * the writer see to that.  A database whose results arrive whole says so, and its connection is
 * given back before the rows are looked at.
 */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "store/store.h"

struct conn;

/* A statement that runs, and its current row. */
struct row {
    const struct driver *driver;
    void *result; /* sqlite3_stmt or PGresult */
    int number;   /* of the row in a PGresult */
    bool copied;  /* a second sqlite3_stmt, because the first is in use further out */
};

enum control {
    CONTROL_BEGIN,
    CONTROL_SAVEPOINT,
    CONTROL_RELEASE,
    CONTROL_UNDO, /* back to the savepoint, and drop it */
    CONTROL_COMMIT,
    CONTROL_ROLLBACK
};

struct driver {
    bool postgres; /* its SQL */
    bool whole_results;
    /* A failed statement outside a savepoint spoils the whole transaction, even one that reads. */
    bool guard_reads;
    int group_max; /* writes in one transaction */

    /* The writer is opened first, and prepared after the migrations. */
    enum rc (*open)(const struct store_config *config, bool writer, struct conn **out,
                    struct err *err);
    enum rc (*prepare)(struct conn *c, struct err *err);
    void (*close)(struct conn *c); /* accepts NULL */
    bool (*alive)(struct conn *c);
    /* After alive said no: a new connection, prepared.  Blocks; only the writer thread calls it. */
    enum rc (*repair)(struct conn *c, struct err *err);

    /* On RC_OK the caller must finish.  wait may be NULL: block. */
    enum rc (*start)(struct conn *c, const struct stmt *stmt, struct values values,
                     const struct store_wait *wait, struct row *out, struct err *err);
    /*
     * The writer's: a writing statement of which nothing is asked, sent with the next one; its failure is that one's, or that of flush,
     * which waits for all.  NULL: nothing would be won.
     */
    enum rc (*post)(struct conn *c, const struct stmt *stmt, struct values values, struct err *err);
    enum rc (*flush)(struct conn *c, struct err *err);
    enum rc (*step)(struct row *row, bool *more, struct err *err);
    void (*finish)(struct row *row);
    int64_t (*changes)(const struct conn *c);
    int64_t (*column_int)(const struct row *row, int column);
    struct str (*column_bytes)(const struct row *row, int column, bool text);
    bool (*column_is_null)(const struct row *row, int column);

    enum rc (*control)(struct conn *c, enum control what, struct err *err);
    bool (*in_transaction)(struct conn *c);
    /*
     * A commit failed.  Make sure that the group is not there, even after a crash: RC_OK and *kept false; or find out
     * that it is there after all: RC_OK and *kept true.  Anything else: nobody can know.
     */
    enum rc (*settle)(struct conn *c, bool *kept, struct err *err);
    /* After a group; idle: nobody is waiting.  For checkpoints. */
    void (*rest)(struct conn *c, bool idle);

    /* SQL of this module itself: one or more statements without results; one statement with values. */
    enum rc (*script)(struct conn *c, const char *sql, struct err *err);
    enum rc (*query)(struct conn *c, const char *sql, struct values values, row_fn rows, void *ctx,
                     struct err *err);
};

extern const struct driver driver_sqlite;
extern const struct driver driver_postgres;

/* By the prefix of where. */
const struct driver *driver_of(const char *where);

/* As it was opened, with the tables filled in; where is the store's own copy. */
const struct store_config *store_config_of(const struct store *s);
/* NULL tables in a config mean the program's own. */
void store_config_complete(struct store_config *config);

/* A row_fn for the first column of the only row; RC_CORRUPT for a second one. */
struct one_int {
    int64_t value;
    bool found;
};
enum rc one_int_take(const struct row *row, void *ctx, struct err *err);

/* RC_INVALID for a text with NUL in it, which PostgreSQL could not hold. */
MUST_USE enum rc values_check(const struct stmt *stmt, struct values values, struct err *err);

/* The store's own tables, before any migration. */
const char *migrate_own_tables(bool postgres);
/* RC_CONFLICT if this row of store_migration (number, name, checksum) is not what config has; else its place. */
MUST_USE enum rc migrate_known(const struct store_config *config, int64_t number, struct str name,
                               int64_t checksum, int *place, struct err *err);
/*
 * migrate.c: create or check store_migration, run what is missing.  If only reading, c is a reading connection, and
 * something missing is RC_CONFLICT.
 */
MUST_USE enum rc migrate(const struct driver *d, struct conn *c, const struct store_config *config,
                         struct err *err);

#endif
