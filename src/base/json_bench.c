/*
 * JSON against SQLite's json(), which also parses a text and writes it again: one document, one
 * run, rounds in turn, processor time, medians.  Ours also checks UTF-8, surrogates and repeated
 * names, and leaves a tree behind; json() keeps only an array of offsets.
 */
#include <sqlite3.h>

#include "base/bench.h"
#include "base/json.h"

enum { ROUNDS = 31, TIMES = 400 };

static const char document[] =
    "{\"case_no\":\"33032720261123000000000000000000000000000001\",\"item\":{\"code\":"
    "\"33010900200\",\"name\":\"食品经营许可（新办）\",\"basis\":[\"食品安全法\","
    "\"食品经营许可和备案管理办法\"]},\"applicant\":{\"name\":\"云溪市好味来餐饮有限公司\","
    "\"uscc\":\"91330327MA0000000X\",\"address\":{\"region\":\"330327\",\"text\":"
    "\"云溪市河滨街道春风路 18 号 1 层\",\"area_m2\":126.50},\"phone\":\"13800000000\"},"
    "\"prefilled\":[{\"field\":\"licence\",\"source\":\"market\",\"act\":1044},{\"field\":"
    "\"premises\",\"source\":\"resources\",\"act\":1045},{\"field\":\"identity\",\"source\":"
    "\"province\",\"act\":1046}],\"fee_cents\":0,\"urgent\":false,\"supplement\":null,"
    "\"clocks\":[{\"kind\":\"statutory\",\"days\":20,\"due\":\"2026-12-21\"},{\"kind\":"
    "\"promised\",\"days\":5,\"due\":\"2026-11-30\"}],\"received_at\":"
    "\"2026-11-23T09:40:00+08:00\",\"note\":\"申请人说：\\\"请尽快\\\"\\n谢谢\"}";

struct bench {
    struct arena *arena;
    sqlite3 *db;
    sqlite3_stmt *stmt;
};

static void
parse_and_print(struct bench *b)
{
    struct json *tree;
    struct str out;
    struct err err;

    CHECK(json_parse(b->arena, str_of(document), JSON_UNIQUE, &tree, &err) == RC_OK);
    CHECK(json_print(b->arena, tree, &out, &err) == RC_OK);
    CHECK(out.len == sizeof(document) - 1);
    arena_reset(b->arena);
}

static void
parse_only(struct bench *b)
{
    struct json *tree;
    struct err err;

    CHECK(json_parse(b->arena, str_of(document), JSON_UNIQUE, &tree, &err) == RC_OK);
    arena_reset(b->arena);
}

static void
canonical(struct bench *b)
{
    struct json *tree;
    struct str out;
    struct err err;

    CHECK(json_parse(b->arena, str_of(document), JSON_UNIQUE, &tree, &err) == RC_OK);
    CHECK(json_canonical(b->arena, tree, &out, &err) == RC_OK);
    arena_reset(b->arena);
}

static void
peer_json(struct bench *b)
{
    const int len = sizeof(document) - 1;

    CHECK(sqlite3_bind_text(b->stmt, 1, document, len, SQLITE_STATIC) == SQLITE_OK);
    CHECK(sqlite3_step(b->stmt) == SQLITE_ROW);
    CHECK(sqlite3_column_bytes(b->stmt, 0) == len);
    CHECK(sqlite3_reset(b->stmt) == SQLITE_OK);
}

/* Microseconds of one. */
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
        {"json parse and write, 1 KiB", parse_and_print},
        {"json parse, 1 KiB", parse_only},
        {"json parse and canonical form, 1 KiB", canonical},
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    double samples[ROWS + 1][ROUNDS];
    struct bench b = {.arena = arena_new(1 << 20)};

    CHECK(sqlite3_open(":memory:", &b.db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(b.db, "SELECT json(?1)", -1, &b.stmt, NULL) == SQLITE_OK);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ROWS; i++) {
            samples[i][round] = one_round(&b, rows[i].work);
        }
        samples[ROWS][round] = one_round(&b, peer_json);
    }

    double peer_us = bench_median(samples[ROWS], ROUNDS);
    for (int i = 0; i < ROWS; i++) {
        double us = bench_median(samples[i], ROUNDS);
        bench_row(rows[i].name, us, "us", "sqlite json(), parse and write", peer_us, peer_us / us);
    }
    bench_end();
    (void)sqlite3_finalize(b.stmt);
    (void)sqlite3_close(b.db);
    arena_free(b.arena);
    return 0;
}
