/*
 * Running an expression against SQLite, which runs the same one as a prepared statement with bound parameters: one run, rounds in
 * turn, processor time, medians.  Then the cells of a decision table of 50 rules, beside the same comparisons written in C.
 */
#include <sqlite3.h>

#include "base/bench.h"
#include "rule/parser.h"
#include "rule/program.h"

enum { ROUNDS = 21, TIMES = 20000, RULES = 50, TABLES = 400 };

static const struct feel_name names[] = {{STR_INIT("age"), NULL}, {STR_INIT("income"), NULL}, {STR_INIT("region"), NULL},
                                         {STR_INIT("rate"), NULL}, {STR_INIT("person"), NULL}};
static const struct feel_scope scope = {.count = 5, .name = names};

static const struct {
    const char *name, *feel, *sql; /* sql NULL: nothing there to compare it with */
} rows[] = {
    {"a comparison", "age >= 18", "SELECT ?1 >= 18"},
    {"sums and products", "income * rate + 12.5 - age", "SELECT ?2 * ?4 + 12.5 - ?1"},
    {"an eligibility of five conditions",
     "age >= 60 and income < 2000.00 and region = \"330327\" and rate between 0.01 and 0.2 and age + 5 < 120",
     "SELECT ?1 >= 60 AND ?2 < 2000.00 AND ?3 = '330327' AND ?4 BETWEEN 0.01 AND 0.2 AND ?1 + 5 < 120"},
    {"if, then, else", "if age < 14 then \"child\" else if age < 60 then \"adult\" else \"elder\"",
     "SELECT CASE WHEN ?1 < 14 THEN 'child' WHEN ?1 < 60 THEN 'adult' ELSE 'elder' END"},
    {"one of a list", "region in (\"330301\", \"330302\", \"330327\")", "SELECT ?3 IN ('330301', '330302', '330327')"},
    {"a member of a context", "person.income > 1000", NULL},
    {"a context of three", "{a: age + 1, b: a * 2, c: b > 100}", NULL},
    {"a loop over 100", "for i in 1..100 return i * rate", NULL},
    {"a filter of 100", "(for i in 1..100 return i)[item > 50]", NULL},
    {"a call by position", "(function(a, b) a + b)(age, income)", NULL},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

struct bench {
    struct arena *arena;
    struct run *run;
    sqlite3 *db;
    struct entry entry[3];
    struct context context;
    struct value slot[5];
    struct frame frame;
    const struct program *program[ROWS], *cell[RULES][3];
    sqlite3_stmt *stmt[ROWS];
    struct decimal low[RULES], high[RULES];
    struct str text[RULES];
    volatile unsigned sink;
};

static void
work_ours(struct bench *b, size_t row)
{
    struct value v;
    struct err err;

    run_begin(b->run, 0, 0);
    bench_need(program_run(b->run, b->program[row], &b->frame, &v, &err), &err);
    b->sink += (unsigned)v.kind;
}

static void
work_peer(struct bench *b, size_t row)
{
    sqlite3_stmt *s = b->stmt[row];

    CHECK(sqlite3_bind_int(s, 1, 61) == SQLITE_OK || row == 4);
    if (sqlite3_bind_parameter_count(s) > 1) {
        CHECK(sqlite3_bind_double(s, 2, 1350.50) == SQLITE_OK);
    }
    if (sqlite3_bind_parameter_count(s) > 2) {
        CHECK(sqlite3_bind_text(s, 3, "330327", 6, SQLITE_STATIC) == SQLITE_OK);
    }
    if (sqlite3_bind_parameter_count(s) > 3) {
        CHECK(sqlite3_bind_double(s, 4, 0.045) == SQLITE_OK);
    }
    CHECK(sqlite3_step(s) == SQLITE_ROW);
    b->sink += (unsigned)sqlite3_column_int(s, 0);
    CHECK(sqlite3_reset(s) == SQLITE_OK);
}

/* First hit of 50 rules with three inputs; it is the last. */
static void
table_ours(struct bench *b, size_t unused)
{
    const struct value *input[] = {&b->slot[0], &b->slot[1], &b->slot[2]};
    struct err err;

    (void)unused;
    run_begin(b->run, 0, 0);
    for (unsigned rule = 0; rule < RULES; rule++) {
        bool passes = true;
        for (int i = 0; passes && i < 3; i++) {
            bench_need(program_test(b->run, b->cell[rule][i], &b->frame, *input[i], &passes, &err), &err);
        }
        if (passes) {
            b->sink += rule;
            return;
        }
    }
}

static void
table_in_c(struct bench *b, size_t unused)
{
    (void)unused;
    for (unsigned rule = 0; rule < RULES; rule++) {
        if (decimal_compare(b->slot[0].as.number, b->low[rule]) >= 0 &&
            decimal_compare(b->slot[1].as.number, b->high[rule]) < 0 &&
            str_eq(b->slot[2].as.text, b->text[rule])) {
            b->sink += rule;
            return;
        }
    }
}

/* Nanoseconds of one. */
static double
one_round(struct bench *b, void (*work)(struct bench *b, size_t row), size_t row, int times)
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < times; i++) {
        work(b, row);
    }
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / times;
}

static const struct program *
cell(struct bench *b, struct str text)
{
    const struct program *p = NULL;
    struct feel_tree tree;
    struct err err;

    bench_need(feel_parse_tests(b->arena, text, &scope, NULL, &tree, NULL, &err), &err);
    bench_need(program_compile(b->arena, &tree, NULL, NULL, &p, &err), &err);
    return p;
}

static void
begin(struct bench *b)
{
    struct decimal income, rate;
    struct err err;

    b->arena = arena_new(1 << 22);
    b->run = run_new(&RUN_LIMITS_USUAL, NULL);
    CHECK(decimal_parse(STR("1350.50"), &income) && decimal_parse(STR("0.045"), &rate));
    b->entry[0] = (struct entry){STR("name"), value_of_str(STR("Wang"))};
    b->entry[1] = (struct entry){STR("age"), value_of_int(61)};
    b->entry[2] = (struct entry){STR("income"), value_of_number(income)};
    b->context = (struct context){3, b->entry};
    b->slot[0] = value_of_int(61);
    b->slot[1] = value_of_number(income);
    b->slot[2] = value_of_str(STR("330327"));
    b->slot[3] = value_of_number(rate);
    b->slot[4] = (struct value){.kind = VALUE_CONTEXT, .as.context = &b->context};
    b->frame = (struct frame){NULL, b->slot};
    CHECK(sqlite3_open(":memory:", &b->db) == SQLITE_OK);
    for (size_t i = 0; i < ROWS; i++) {
        bench_need(program_read(b->arena, str_of(rows[i].feel), &scope, NULL, NULL, &b->program[i], NULL, &err), &err);
        if (rows[i].sql != NULL) {
            CHECK(sqlite3_prepare_v2(b->db, rows[i].sql, -1, &b->stmt[i], NULL) == SQLITE_OK);
        }
    }
    for (int i = 0; i < RULES; i++) {
        b->low[i] = decimal_of(i + 12);
        b->high[i] = decimal_of(4000);
        b->text[i] = i == RULES - 1 ? STR("330327") : STR("330328");
        b->cell[i][0] = cell(b, str_fmt(b->arena, ">= %d", i + 12));
        b->cell[i][1] = cell(b, STR("< 4000"));
        b->cell[i][2] = cell(b, str_fmt(b->arena, "\"%.*s\"", STR_ARG(b->text[i])));
    }
}

int
main(void)
{
    static struct bench b;
    static double ours[ROWS + 1][ROUNDS], peers[ROWS + 1][ROUNDS];

    begin(&b);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < ROWS; i++) {
            ours[i][round] = one_round(&b, work_ours, i, rows[i].sql != NULL ? TIMES : TIMES / 10);
            peers[i][round] = rows[i].sql != NULL ? one_round(&b, work_peer, i, TIMES) : 0;
        }
        ours[ROWS][round] = one_round(&b, table_ours, 0, TABLES);
        peers[ROWS][round] = one_round(&b, table_in_c, 0, TABLES);
    }
    double simple_ns = bench_median(ours[0], ROUNDS);
    for (size_t i = 0; i < ROWS; i++) {
        double ns = bench_median(ours[i], ROUNDS), peer_ns = bench_median(peers[i], ROUNDS);
        if (rows[i].sql != NULL) {
            bench_row(rows[i].name, ns, "ns", "sqlite, the same prepared", peer_ns, peer_ns / ns);
        } else {
            bench_row(rows[i].name, ns, "ns", "a comparison", simple_ns, simple_ns / ns);
        }
    }
    double table_ns = bench_median(ours[ROWS], ROUNDS), in_c_ns = bench_median(peers[ROWS], ROUNDS);
    bench_row("cells of a table of 50 rules", table_ns, "ns", "the same comparisons in C", in_c_ns, in_c_ns / table_ns);
    bench_end();
    for (size_t i = 0; i < ROWS; i++) {
        (void)sqlite3_finalize(b.stmt[i]);
    }
    (void)sqlite3_close(b.db);
    run_free(b.run);
    arena_free(b.arena);
    return 0;
}
