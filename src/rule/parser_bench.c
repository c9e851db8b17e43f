/*
 * Reading an expression against SQLite, which reads the same one inside a SELECT and compiles it besides: one run, rounds in
 * turn, processor time, medians.  Scopes of five names and of a thousand, since names are looked for one by one.
 */
#include <sqlite3.h>

#include "base/bench.h"
#include "rule/parser.h"
#include "rule/print.h"

enum { ROUNDS = 31, TIMES = 400, MANY = 1000 };

#define EXPRESSION                                                                           \
    "(amount * rate / 12) / (1 - (1 + rate / 12) * term) + fees > 1250.50 and rate < 0.08 "  \
    "and (term = 36 or term = 60) and amount between 1000 and 50000 - fees"

static const struct feel_name five[] = {{STR_INIT("amount"), NULL}, {STR_INIT("rate"), NULL},
                                        {STR_INIT("term"), NULL}, {STR_INIT("fees"), NULL},
                                        {STR_INIT("area"), NULL}};
static const struct feel_scope small = {.count = 5, .name = five};

struct bench {
    struct arena *arena;
    struct feel_scope large;
    sqlite3 *db;
};

static void
read_in(struct bench *b, const struct feel_scope *scope)
{
    struct feel_tree tree;
    struct err err;

    bench_need(feel_parse(b->arena, STR(EXPRESSION), scope, &tree, NULL, &err), &err);
    CHECK(tree.unknown == 0);
    arena_reset(b->arena);
}

static void
read_small(struct bench *b)
{
    read_in(b, &small);
}

static void
read_large(struct bench *b)
{
    read_in(b, &b->large);
}

static void
read_and_print(struct bench *b)
{
    struct feel_tree tree;
    struct str text;
    struct err err;

    bench_need(feel_parse(b->arena, STR(EXPRESSION), &small, &tree, NULL, &err), &err);
    bench_need(feel_print(b->arena, &tree, &text, &err), &err);
    CHECK(text.len > 100);
    arena_reset(b->arena);
}

static void
peer(struct bench *b)
{
    sqlite3_stmt *stmt;

    CHECK(sqlite3_prepare_v2(b->db, "SELECT " EXPRESSION " FROM t", -1, &stmt, NULL) == SQLITE_OK);
    CHECK(sqlite3_finalize(stmt) == SQLITE_OK);
}

static double
one_round(struct bench *b, void (*work)(struct bench *b))
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < TIMES; i++) {
        work(b);
    }
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e3 / TIMES;
}

int
main(void)
{
    static const struct {
        const char *name;
        void (*work)(struct bench *b);
    } rows[] = {
        {"feel read, 150 bytes, 5 names", read_small},
        {"feel read, 150 bytes, 1000 names", read_large},
        {"feel read and print, 150 bytes", read_and_print},
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    double samples[ROWS + 1][ROUNDS];
    struct bench b = {.arena = arena_new(1 << 20)};
    struct arena *names = arena_new(1 << 20);
    struct feel_name *many = arena_alloc(names, MANY, sizeof(*many));

    CHECK(many != NULL);
    for (int i = 0; i < MANY; i++) {
        many[i].name = i < 5 ? five[i].name : str_fmt(names, "%c name of number %d", 'a' + i % 26, i);
    }
    b.large = (struct feel_scope){.count = MANY, .name = many};
    CHECK(sqlite3_open(":memory:", &b.db) == SQLITE_OK);
    CHECK(sqlite3_exec(b.db, "CREATE TABLE t(amount, rate, term, fees, area)", NULL, NULL, NULL) == SQLITE_OK);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ROWS; i++) {
            samples[i][round] = one_round(&b, rows[i].work);
        }
        samples[ROWS][round] = one_round(&b, peer);
    }
    double peer_us = bench_median(samples[ROWS], ROUNDS);
    for (int i = 0; i < ROWS; i++) {
        double us = bench_median(samples[i], ROUNDS);
        bench_row(rows[i].name, us, "us", "sqlite prepare of the same, compiled", peer_us, peer_us / us);
    }
    bench_end();
    (void)sqlite3_close(b.db);
    arena_free(names);
    arena_free(b.arena);
    return 0;
}
