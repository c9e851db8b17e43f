/*
 * runtime_bench - a process of approval, durable at every wait, beside bpmn-engine and beside the rows alone.
 *
 * Nine nodes: start, acceptance, a split, two departments, a join, a choice by FEEL, a certificate made by a worker, end.  Five commands
 * an instance (the worker's too), each a transaction with its key, its history and its rows, by CLIENTS callers; what an officer
 * fills in is held to a JSON Schema before it is handed in.  In turns with it, in the same run and on the same disk:
 *
 *     the rows     the same rows of the same sizes, by one thread that does nothing else, in transactions of the same average size
 *     bpmn-engine  of npm, its state in SQLite (WAL, FULL) at every wait (tests/peers/bpmn-engine.mjs)
 *
 * and once more on PostgreSQL where ZT_POSTGRES names one.  Prints a JSON list; ratios are ours by the peer's.
 */
#include <sqlite3.h>

#include "process/test_approval.h"
#include "process/runtime_sql.h"

enum { ROUNDS = 5, ROUND_MS = 1500, PEER_TIMES = 8 };

/* --- the rows alone ------------------------------------------------------------------------------------------------ */

/* What the commands of an instance write, as one instance of this very bench was seen to: the instance's number is left out, texts and blobs stand with
 * their bytes.  What is read, and the savepoint of each command, is not done. */
struct row_written {
    const struct stmt *stmt;
    const char *values; /* i: the instance; h: its line of history; n: NULL; 7: that number; a text; #386: so many bytes */
};
static const struct row_written rows[] = {
    {&PROCESS_TOKEN_ADD, "i 2 1 0 0 'task 'accept 'f1 -1 ' ' 0 0 0 0 n 1795862131950638 0 0"},
    {&PROCESS_HISTORY_ADD, "h 202611 1795862131950638 #386 #32"},
    {&PROCESS_INSTANCE_ADD, "i 202611 'approval 1 'approval.1.p.0.0.0 '11990100000000027A3000131002003202611280001 'running 1 3 1795862131950638 0 #141 #32"},
    {&PROCESS_COMMAND_ADD, "'officer:990327 k #32 #131 1795862131950638"},
    {NULL, ""},
    {&PROCESS_TOKEN_DROP, "i 2"},
    {&PROCESS_TOKEN_ADD, "i 3 1 0 0 'task 'deptA 'f3 -1 ' ' 0 0 0 0 n 1795862131958638 0 0"},
    {&PROCESS_TOKEN_ADD, "i 4 1 0 0 'task 'deptB 'f4 -1 ' ' 0 0 0 0 n 1795862131958638 0 0"},
    {&PROCESS_HISTORY_ADD, "h 202611 1795862131958638 #522 #32"},
    {&PROCESS_INSTANCE_STEP_SET, "i 'running 2 5 0 #32 1 #261"},
    {&PROCESS_COMMAND_ADD, "'officer:990327 k #32 #160 1795862131958638"},
    {NULL, ""},
    {&PROCESS_TOKEN_DROP, "i 3"},
    {&PROCESS_TOKEN_ADD, "i 5 1 0 0 'join 'join 'f5 -1 ' ' 0 0 0 0 n 1795862131962580 0 0"},
    {&PROCESS_HISTORY_ADD, "h 202611 1795862131962580 #367 #32"},
    {&PROCESS_INSTANCE_STEP_SET, "i 'running 3 6 0 #32 2 #261"},
    {&PROCESS_COMMAND_ADD, "'officer:990327 k #32 #101 1795862131962580"},
    {NULL, ""},
    {&PROCESS_TOKEN_DROP, "i 4"},
    {&PROCESS_TOKEN_DROP, "i 5"},
    {&PROCESS_TOKEN_ADD, "i 6 1 0 0 'job 'issue 'yes -1 'issue ' 0 0 0 0 n 1795862131963002 0 1795862131963002"},
    {&PROCESS_HISTORY_ADD, "h 202611 1795862131963002 #521 #32"},
    {&PROCESS_INSTANCE_STEP_SET, "i 'running 4 7 0 #32 3 #261"},
    {&PROCESS_COMMAND_ADD, "'officer:990327 k #32 #101 1795862131963002"},
    {NULL, ""},
    {&PROCESS_JOB_LEASE, "i 6 0 1795862191965082 'worker"},
    {&PROCESS_TOKEN_DROP, "i 6"},
    {&PROCESS_HISTORY_ADD, "h 202611 1795862131970620 #261 #32"},
    {&PROCESS_INSTANCE_DROP, "i"},
    {&PROCESS_CLOSED_ADD, "i 202611 'approval 1 'approval.1.p.0.0.0 '11990100000000027A3000131002003202611280001 'completed 5 8 1795862131950638 0 #261 #32 "
                          "1795862131970620 '"},
    {&PROCESS_COMMAND_ADD, "'officer:990327 k #32 #103 1795862131970620"},
    {NULL, ""},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), COMMANDS_EACH = 5 };

struct raw {
    struct fixture fixture;
    sqlite3 *db;
    sqlite3_stmt *stmt[ROWS];
    int64_t next, keys;
    int in_group;
    unsigned char bytes[1024];
};

static void
raw_run(struct raw *r, const char *sql)
{
    must(sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(r->db));
}

static struct raw *
raw_new(void)
{
    struct raw *r = mem_new(1, sizeof(*r));

    fixture_new(&r->fixture, FIXTURE_SQLITE);
    fixture_close(&r->fixture);
    must(sqlite3_open(r->fixture.where, &r->db) == SQLITE_OK, "raw store");
    raw_run(r, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000");
    for (int i = 0; i < ROWS; i++) {
        must(rows[i].stmt == NULL || sqlite3_prepare_v2(r->db, rows[i].stmt->sqlite, -1, &r->stmt[i], NULL) == SQLITE_OK, sqlite3_errmsg(r->db));
    }
    r->next = 1;
    return r;
}

static void
raw_free(struct raw *r)
{
    for (int i = 0; i < ROWS; i++) {
        (void)sqlite3_finalize(r->stmt[i]);
    }
    (void)sqlite3_close(r->db);
    fixture_remove(&r->fixture);
    mem_free(r);
}

static void
raw_bind(struct raw *r, sqlite3_stmt *s, int place, struct str word, int64_t instance, int command)
{
    int64_t number;

    if (word.ptr[0] == 'i') {
        (void)sqlite3_bind_int64(s, place, instance);
    } else if (word.ptr[0] == 'h') {
        (void)sqlite3_bind_int64(s, place, instance << 24 | (command + 1));
    } else if (word.ptr[0] == 'n') {
        (void)sqlite3_bind_null(s, place);
    } else if (word.ptr[0] == 'k') {
        char key[24];
        (void)snprintf(key, sizeof(key), "k%lld", (long long)r->keys++);
        (void)sqlite3_bind_text(s, place, key, -1, SQLITE_TRANSIENT);
    } else if (word.ptr[0] == '\'') {
        (void)sqlite3_bind_text(s, place, word.ptr + 1, (int)word.len - 1, SQLITE_STATIC);
    } else if (word.ptr[0] == '#') {
        must(str_to_int(str_from(word, 1), &number) && number <= (int64_t)sizeof(r->bytes), "bytes");
        r->bytes[0]++; /* no two alike */
        (void)sqlite3_bind_blob(s, place, r->bytes, (int)number, SQLITE_TRANSIENT);
    } else {
        must(str_to_int(word, &number), "number");
        (void)sqlite3_bind_int64(s, place, number);
    }
}

/* The rows of one command; answers where those of the next begin. */
static int
raw_command(struct raw *r, int64_t instance, int command, int at, int group)
{
    if (r->in_group == 0) {
        raw_run(r, "BEGIN IMMEDIATE");
    }
    for (; rows[at].stmt != NULL; at++) {
        struct str rest = str_of(rows[at].values), word;
        for (int place = 1; str_next(&rest, ' ', &word); place++) {
            raw_bind(r, r->stmt[at], place, word, instance, command);
        }
        must(sqlite3_step(r->stmt[at]) == SQLITE_DONE, sqlite3_errmsg(r->db));
        must(sqlite3_changes(r->db) == 1, "a row that is not there");
        (void)sqlite3_reset(r->stmt[at]);
    }
    if (++r->in_group >= group) {
        raw_run(r, "COMMIT");
        r->in_group = 0;
    }
    return at + 1;
}

/* Instances a second, CLIENTS of them under way at a time. */
static double
raw_round(struct raw *r, int group)
{
    int64_t began = bench_clock_ns(CLOCK_MONOTONIC), ends = began + (int64_t)ROUND_MS * 1000000, count = 0;

    while (bench_clock_ns(CLOCK_MONOTONIC) < ends) {
        int at = 0, next = 0;
        for (int command = 0; command < COMMANDS_EACH; command++, at = next) {
            for (int64_t i = 0; i < CLIENTS; i++) {
                next = raw_command(r, r->next + i, command, at, group);
            }
        }
        r->next += CLIENTS;
        count += CLIENTS;
    }
    if (r->in_group > 0) {
        raw_run(r, "COMMIT");
        r->in_group = 0;
    }
    return (double)count / ((double)(bench_clock_ns(CLOCK_MONOTONIC) - began) / 1e9);
}

static struct crowd *
crowd_new(struct fixture *f, enum fixture_kind kind)
{
    struct arena *a = arena_new(1 << 16);
    struct crowd *c;

    fixture_new(f, kind);
    c = crowd_on(f, vault_new_keys(a));
    arena_free(a);
    return c;
}

/* --- all of it -------------------------------------------------------------------------------------------------------- */

static struct bench_peer *
peer_new(const struct fixture *f)
{
    struct bench_peer *p = bench_peer_start("bpmn-engine");

    must(bench_peer_ask(p, "database %s/peer.db", f->folder) == 0, "the peer's store");
    must(bench_peer_ask(p, "tasks accept deptA deptB") == 0, "the peer's tasks");
    must(bench_peer_ask(p, "model %s", APPROVAL("${environment.variables.approved}", " implementation='${environment.services.issue}'/>")) == 0,
         "the peer's model");
    return p;
}

static void
print(const char *name, double *ours, const char *unit, const char *peer, double *theirs, bool more_is_better)
{
    double value = bench_median(ours, ROUNDS), peer_value = bench_median(theirs, ROUNDS);

    bench_row(name, value, unit, peer, peer_value, more_is_better ? value / peer_value : peer_value / value);
}

static void
on_sqlite(void)
{
    struct fixture f;
    struct crowd *c = crowd_new(&f, FIXTURE_SQLITE);
    struct raw *raw = raw_new();
    struct bench_peer *peer = peer_new(&f);
    double ours[ROUNDS], ours_processor[ROUNDS], alone[ROUNDS], peer_second[ROUNDS], peer_processor[ROUNDS], seconds[ROUNDS];

    for (int r = 0; r < ROUNDS; r++) {
        struct crowd_round round = crowd_run(c, ROUND_MS);
        alone[r] = raw_round(raw, (int)(round.group + 0.5));
        peer_second[r] = 1e6 / bench_peer_ask(peer, "wall %d", PEER_TIMES);
        peer_processor[r] = bench_peer_ask(peer, "processor %d", PEER_TIMES);
        ours[r] = seconds[r] = round.per_second;
        ours_processor[r] = round.processor_us;
    }
    print("approval of nine nodes, durable, 64 clients (SQLite)", ours, "instances/s", "the same rows alone", alone, true);
    print("the same", seconds, "instances/s", "bpmn-engine", peer_second, true);
    print("processor time, FEEL and schema checks included", ours_processor, "us an instance", "bpmn-engine", peer_processor, false);
    bench_peer_end(peer);
    raw_free(raw);
    crowd_free(c);
    fixture_remove(&f);
}

static void
on_postgres(void)
{
    struct fixture f, g;
    struct crowd *c = crowd_new(&f, FIXTURE_POSTGRES), *beside = crowd_new(&g, FIXTURE_SQLITE);
    double ours[ROUNDS], theirs[ROUNDS];

    for (int r = 0; r < ROUNDS; r++) {
        ours[r] = crowd_run(c, ROUND_MS).per_second;
        theirs[r] = crowd_run(beside, ROUND_MS).per_second;
    }
    print("approval of nine nodes, durable, 64 clients (PostgreSQL)", ours, "instances/s", "SQLite in the same run", theirs, true);
    crowd_free(beside);
    crowd_free(c);
    fixture_remove(&g);
    fixture_remove(&f);
}

int
main(void)
{
    on_sqlite();
    if (fixture_has_postgres()) {
        on_postgres();
    }
    bench_end();
    return 0;
}
