/*
 * store_bench - what the store costs beside the database alone, in the same run and on the same disk.
 *
 *     writes, 64 coroutines   store_write of one 300-byte row by 64 coroutines of one thread, against one thread that does
 *                             nothing but insert such rows, in transactions of the same average size
 *     writes, 64 threads      the same callers as threads: the difference is what waking threads costs
 *     writes, alone           one caller, so one commit each, against raw commits of one row
 *     reads                   store_read of one row by key out of 200,000, against a prepared statement
 *
 * and the same on PostgreSQL where ZT_POSTGRES names one (raw: libpq, prepared, binary, a round trip a row).  The two
 * halves of a pair take turns, ROUNDS times; medians.  Prints a JSON list.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bench.h"
#include "base/mem.h"
#include "store/bench_fibers.h"
#include "store/fixture.h"

enum { CALLERS = 64, ROUNDS = 5, ROUND_MS = 700, ROWS = 200000, STACK_BYTES = 65536, BODY = 280 };

enum { ROW_ADD, ROW_GET, ROW_FILL };

static const struct stmt stmts[] = {
    [ROW_ADD] = {"ROW_ADD", "INSERT INTO entry (id, body) VALUES (?1, ?2)",
                 "INSERT INTO entry (id, body) VALUES ($1, $2)", ROW_ADD, 2, true},
    [ROW_GET] = {"ROW_GET", "SELECT body FROM entry WHERE id = ?1",
                 "SELECT body FROM entry WHERE id = $1", ROW_GET, 1, false},
    [ROW_FILL] = {"ROW_FILL",
                  "INSERT INTO entry (id, body) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 "
                  "FROM n WHERE i + 1 < ?1) SELECT i, ?2 FROM n",
                  "INSERT INTO entry (id, body) SELECT i, $2 FROM generate_series(0, $1::bigint - 1) AS i",
                  ROW_FILL, 2, true},
};
static const struct stmt *const table[] = {&stmts[ROW_ADD], &stmts[ROW_GET], &stmts[ROW_FILL]};
static const struct migration migrations[] = {
    {1, "0001-entry.sql",
     "CREATE TABLE entry (id INTEGER PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;",
     "CREATE TABLE entry (id BIGINT PRIMARY KEY NOT NULL, body TEXT NOT NULL);"},
};

static char body[BODY + 1];

static double
now_s(void)
{
    return (double)clock_monotonic_us(&clock_system) / 1e6;
}

static void
must(bool condition, const char *what)
{
    if (!condition) {
        (void)fprintf(stderr, "store_bench: %s\n", what);
        exit(1);
    }
}

static void
print(const char *name, const char *unit, const char *peer, double *ours, double *raw)
{
    double value = bench_median(ours, ROUNDS), peer_value = bench_median(raw, ROUNDS);

    bench_row(name, value, unit, peer, peer_value, value / peer_value);
}

/* --- callers --------------------------------------------------------------------------------- */

struct crowd {
    struct fixture *f;
    atomic_bool ending;
    atomic_int_fast64_t next_id;
    atomic_int_fast64_t written;
};

struct add {
    int64_t id;
};

static enum rc
add_row(struct tx *tx, void *ctx, struct err *err)
{
    const struct add *a = ctx;

    return tx_run(tx, &stmts[ROW_ADD], VALUES(V_INT(a->id), V_TEXT(((struct str){body, BODY}))), NULL,
                  NULL, err);
}

static void
write_until_end(struct crowd *c, const struct db *db)
{
    struct err err;

    while (!atomic_load_explicit(&c->ending, memory_order_relaxed)) {
        struct add a = {atomic_fetch_add(&c->next_id, 1)};
        if (store_write(db, add_row, &a, &err) != RC_OK) {
            must(false, err.text);
        }
        (void)atomic_fetch_add_explicit(&c->written, 1, memory_order_relaxed);
    }
}

static void
run_fiber(void *ctx, int which, const struct db *db)
{
    (void)which;
    write_until_end(ctx, db);
}

static void *
run_fibers(void *ctx)
{
    struct crowd *c = ctx;

    fibers_run(c->f->db.store, CALLERS, STACK_BYTES, run_fiber, c);
    return NULL;
}

static void *
run_thread(void *ctx)
{
    struct crowd *c = ctx;

    write_until_end(c, &c->f->db);
    return NULL;
}

/* Writes a second, and the average group on the way. */
static double
our_writes(struct crowd *c, void *(*run)(void *ctx), int threads, double *group)
{
    pthread_t thread[CALLERS];
    struct store_figures before = store_look(c->f->db.store), after;
    double began = now_s();
    struct timespec round = {0, ROUND_MS * 1000000L};
    double rate;

    atomic_store(&c->ending, false);
    atomic_store(&c->written, 0);
    for (int i = 0; i < threads; i++) {
        must(pthread_create(&thread[i], NULL, run, c) == 0, "pthread_create");
    }
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &round, NULL);
    atomic_store(&c->ending, true);
    for (int i = 0; i < threads; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    rate = (double)atomic_load(&c->written) / (now_s() - began);
    after = store_look(c->f->db.store);
    *group = (double)(after.writes - before.writes) / (double)(after.groups - before.groups);
    return rate;
}

/* --- the raw databases ----------------------------------------------------------------------- */

struct raw {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *add, *get;
    PGconn *pg;
    int64_t next_id;
};

static sqlite3_stmt *
prepared(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    must(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) == SQLITE_OK, sql);
    return stmt;
}

static void
open_raw_sqlite(struct raw *r, const struct fixture *f)
{
    char path[600];

    (void)snprintf(path, sizeof(path), "%s/raw.db", f->folder);
    must(sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                         NULL) == SQLITE_OK,
         path);
    must(sqlite3_exec(r->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                             "PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY;",
                      NULL, NULL, NULL) == SQLITE_OK,
         "raw pragmas");
    must(sqlite3_exec(r->db, migrations[0].sqlite, NULL, NULL, NULL) == SQLITE_OK, "raw schema");
    r->begin = prepared(r->db, "BEGIN IMMEDIATE");
    r->commit = prepared(r->db, "COMMIT");
    r->add = prepared(r->db, stmts[ROW_ADD].sqlite);
    r->get = prepared(r->db, stmts[ROW_GET].sqlite);
}

static void
close_raw(struct raw *r)
{
    (void)sqlite3_finalize(r->begin);
    (void)sqlite3_finalize(r->commit);
    (void)sqlite3_finalize(r->add);
    (void)sqlite3_finalize(r->get);
    (void)sqlite3_close(r->db);
    PQfinish(r->pg);
}

static void
step_done(sqlite3_stmt *stmt)
{
    must(sqlite3_step(stmt) == SQLITE_DONE && sqlite3_reset(stmt) == SQLITE_OK, "raw step");
}

static void
number_bytes(int64_t number, char out[8])
{
    for (int i = 0; i < 8; i++) {
        out[i] = (char)((uint64_t)number >> (56 - 8 * i));
    }
}

static void
raw_pg(struct raw *r, const char *name, bool with_body)
{
    char number[8];
    const char *const values[] = {number, body};
    const int lengths[] = {8, BODY}, formats[] = {1, 1};
    PGresult *result;

    number_bytes(r->next_id, number);
    result = PQexecPrepared(r->pg, name, with_body ? 2 : 1, values, lengths, formats, 1);
    must(PQresultStatus(result) == PGRES_COMMAND_OK || PQntuples(result) == 1, PQerrorMessage(r->pg));
    PQclear(result);
}

static void
raw_group(struct raw *r, int size)
{
    if (r->pg != NULL) {
        PQclear(PQexec(r->pg, "BEGIN"));
        for (int i = 0; i < size; i++, r->next_id++) {
            raw_pg(r, "add", true);
        }
        PQclear(PQexec(r->pg, "COMMIT"));
        return;
    }
    step_done(r->begin);
    for (int i = 0; i < size; i++) {
        (void)sqlite3_bind_int64(r->add, 1, r->next_id++);
        (void)sqlite3_bind_text(r->add, 2, body, BODY, SQLITE_STATIC);
        step_done(r->add);
    }
    step_done(r->commit);
}

static double
raw_writes(struct raw *r, double group)
{
    int size = group < 1 ? 1 : (int)(group + 0.5);
    int64_t from = r->next_id;
    double began = now_s();

    while (now_s() < began + ROUND_MS / 1e3) {
        raw_group(r, size);
    }
    return (double)(r->next_id - from) / (now_s() - began);
}

/* --- reads ----------------------------------------------------------------------------------- */

static uint64_t
next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static enum rc
see_body(const struct row *row, void *ctx, struct err *err)
{
    (void)err;
    *(size_t *)ctx += row_text(row, 0).len;
    return RC_OK;
}

static double
our_reads(const struct db *db)
{
    uint64_t state = 1;
    size_t seen = 0;
    int64_t count = 0;
    double began = now_s();
    struct err err;

    while (now_s() < began + ROUND_MS / 2e3) {
        for (int i = 0; i < 100; i++, count++) {
            struct param id = V_INT((int64_t)(next_random(&state) % ROWS));
            must(store_read(db, &stmts[ROW_GET], (struct values){&id, 1}, see_body, &seen, &err) == RC_OK,
                 "read");
        }
    }
    must(seen == (size_t)count * BODY, "rows");
    return (double)count / (now_s() - began);
}

static double
raw_reads(struct raw *r)
{
    uint64_t state = 1;
    int64_t count = 0;
    size_t seen = 0;
    double began = now_s();

    while (now_s() < began + ROUND_MS / 2e3) {
        for (int i = 0; i < 100; i++, count++) {
            int64_t id = (int64_t)(next_random(&state) % ROWS);
            if (r->pg != NULL) {
                r->next_id = id;
                raw_pg(r, "get", false);
                continue;
            }
            (void)sqlite3_bind_int64(r->get, 1, id);
            must(sqlite3_step(r->get) == SQLITE_ROW, "raw read");
            seen += strlen((const char *)sqlite3_column_text(r->get, 0));
            (void)sqlite3_reset(r->get);
        }
    }
    must(r->pg != NULL || seen == (size_t)count * BODY, "raw rows");
    return (double)count / (now_s() - began);
}

/* --- pairs ----------------------------------------------------------------------------------- */

static void
bench_writes(struct crowd *c, struct raw *r, const char *name, void *(*run)(void *ctx), int threads,
             const char *peer)
{
    double ours[ROUNDS], raw[ROUNDS], group;

    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = our_writes(c, run, threads, &group);
        raw[i] = raw_writes(r, group);
    }
    (void)fprintf(stderr, "%s: %.1f writes in a group\n", name, group);
    print(name, "writes/s", peer, ours, raw);
}

static enum rc
fill_rows(struct tx *tx, void *ctx, struct err *err)
{
    (void)ctx;
    return tx_run(tx, &stmts[ROW_FILL], VALUES(V_INT(ROWS), V_TEXT(((struct str){body, BODY}))), NULL, NULL,
                  err);
}

static void
bench_reads(struct fixture *f, struct raw *r, const char *name, const char *peer)
{
    double ours[ROUNDS], raw[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = our_reads(&f->db);
        raw[i] = raw_reads(r);
    }
    print(name, "reads/s", peer, ours, raw);
}

static void
open_fixture(struct fixture *f, enum fixture_kind kind)
{
    struct err err;

    fixture_make(f, kind);
    f->config.stmts = table;
    f->config.stmt_count = 3;
    f->config.migrations = migrations;
    f->config.migration_count = 1;
    fixture_open(f);
    must(store_write(&f->db, fill_rows, NULL, &err) == RC_OK, err.text);
}

static void
bench_sqlite(void)
{
    struct fixture f;
    struct raw raw = {.next_id = ROWS};
    struct crowd c = {.f = &f, .next_id = ROWS};

    open_fixture(&f, FIXTURE_SQLITE);
    open_raw_sqlite(&raw, &f);
    for (int64_t id = 0; id < ROWS; id += 1000) {
        raw.next_id = id;
        raw_group(&raw, 1000);
    }
    bench_reads(&f, &raw, "SQLite: point reads", "sqlite3, prepared");
    bench_writes(&c, &raw, "SQLite: durable writes, 64 coroutines", run_fibers, 1,
                 "sqlite3, transactions of the same size");
    bench_writes(&c, &raw, "SQLite: durable writes, 64 threads", run_thread, CALLERS,
                 "sqlite3, transactions of the same size");
    bench_writes(&c, &raw, "SQLite: durable writes, alone", run_thread, 1, "sqlite3, a commit each");
    close_raw(&raw);
    fixture_remove(&f);
}

static void
bench_postgres(void)
{
    struct fixture f;
    struct raw raw = {.next_id = INT64_C(1) << 40};
    struct crowd c = {.f = &f, .next_id = ROWS};

    open_fixture(&f, FIXTURE_POSTGRES);
    raw.pg = PQconnectdb(f.where + strlen("postgres:"));
    must(PQstatus(raw.pg) == CONNECTION_OK, PQerrorMessage(raw.pg));
    PQclear(PQprepare(raw.pg, "add", stmts[ROW_ADD].postgres, 0, NULL));
    PQclear(PQprepare(raw.pg, "get", stmts[ROW_GET].postgres, 0, NULL));
    bench_writes(&c, &raw, "PostgreSQL: durable writes, 64 coroutines", run_fibers, 1,
                 "libpq, transactions of the same size");
    bench_writes(&c, &raw, "PostgreSQL: durable writes, alone", run_thread, 1,
                 "libpq, begin, insert, commit");
    bench_reads(&f, &raw, "PostgreSQL: point reads", "libpq, prepared");
    close_raw(&raw);
    fixture_remove(&f);
}

int
main(void)
{
    memset(body, 'x', BODY);
    bench_sqlite();
    if (getenv("ZT_POSTGRES") != NULL) {
        bench_postgres();
    }
    bench_end();
    return 0;
}
