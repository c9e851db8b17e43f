/*
 * copy - the tables of a backup file, and how they go to and from PostgreSQL.  Private to src/store/.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/sqlite.h"

/* One ordinary table of a SQLite file: not virtual ones and what belongs to them, not SQLite's own, not the manifest. */
struct copy_table {
    const char *name;
    const char *columns; /* "a", "b", quoted, as both databases take it */
    const char *places;  /* ?1, ?2 */
    const char *kinds;   /* a letter each: I, T or B for INTEGER, TEXT, BLOB */
    int count;
};

struct copy_tables {
    struct copy_table *table;
    int count;
};

/* In the order of their names, on the arena.  RC_INVALID: a column of another type. */
MUST_USE enum rc copy_list(sqlite3 *file, struct arena *a, struct copy_tables *out,
                           struct err *err);
/* Runs SQL text of ours; RC_CORRUPT and so on as sqlite_failure says. */
MUST_USE enum rc copy_exec(sqlite3 *file, const char *sql, struct err *err);
/* The first column of the first row; 0 if there is none. */
MUST_USE enum rc copy_int(sqlite3 *file, const char *sql, int64_t *out, struct err *err);

/* One snapshot of the whole database into an empty SQLite file: schema by migrations, then rows. */
MUST_USE enum rc copy_from_postgres(const struct store_config *config, sqlite3 *file,
                                    struct arena *a, struct err *err);
/* A checked backup into an empty database, in one transaction.  RC_CONFLICT: it is not empty, or a node writes to it. */
MUST_USE enum rc copy_to_postgres(const struct store_config *config, sqlite3 *file,
                                  struct arena *a, struct err *err);

#endif
