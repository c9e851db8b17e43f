/*
 * fixture - a store of one test's own, on SQLite or PostgreSQL.  For tests and benches only.
 *
 * PostgreSQL is where ZT_POSTGRES says ("postgres:host=… port=… user=… dbname=…"); each fixture makes a database
 * of its own there and drops it.  Files lie in ZT_SCRATCH, else in /tmp: tools/run-tests names a folder in memory, because what a
 * dying process wrote survives there too, and quickly.  A mistake here ends the process: without its store a test means nothing.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "store/store.h"

enum fixture_kind { FIXTURE_SQLITE, FIXTURE_POSTGRES };

struct fixture {
    struct store_config config; /* as it was or will be opened */
    struct db db;               /* a blocking caller */
    char folder[64];            /* the test's own, emptied at the end */
    char where[512];
    char database[64];
};

/* False, with one line on standard output, where there is none; then with CI=true the process ends in failure. */
bool fixture_has_postgres(void);

/*
 * A new store with the program's own tables, open, empty and the test's alone.  It is a copy: the migrations run once for each
 * program of tests, on PostgreSQL once for each server, into an original that no test opens.
 */
void fixture_new(struct fixture *f, enum fixture_kind kind);
/* A new place with nothing in it, not opened yet: for tables of a test's own, or what is to fill it.  Other fields of f->config can be set before fixture_open. */
void fixture_make(struct fixture *f, enum fixture_kind kind);
void fixture_open(struct fixture *f);  /* store_open of f->config, or the process ends */
void fixture_close(struct fixture *f); /* store_close; accepts a closed one */
void fixture_remove(struct fixture *f);

/* For setting up: both end the process when they fail.  SQL text, outside the store's own connections. */
void fixture_sql(const struct fixture *f, const char *sql);
int64_t fixture_int(const struct fixture *f, const char *sql);
/* Whether a constraint or trigger of the database forbids it. */
bool fixture_refuses(const struct fixture *f, const char *sql);

#endif
