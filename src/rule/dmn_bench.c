/*
 * Decision models beside what else would calculate the same: a table of 50 rules beside SQLite's CASE with 50 conditions, prepared once, and
 * a model of ten decisions beside ten FEEL programs run by hand.  In turns, processor time, medians.
 *
 * A unique table looks at all of its rules, CASE stops at the first that holds.  "of JSON" is the whole way of a request:
 * text read, inputs made of their types, decided, the answer written.
 */
#include <sqlite3.h>
#include <string.h>

#include "base/bench.h"
#include "rule/dmn.h"
#include "rule/zone.h"

enum { ROUNDS = 15, TIMES = 20000, ASKS = 64, BANDS = 10, KINDS = 5, DECISIONS = 10, TEXT_MAX = 1 << 20 };

#define MODEL_HEAD "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"bench\" namespace=\"urn:bench\">"
#define NEEDS_INPUT(id) "<informationRequirement><requiredInput href=\"#" id "\"/></informationRequirement>"

struct asked {
    int64_t age;
    const char *kind;
    struct value slot[3];
    struct str json;
    const struct context *context;
};

struct bench {
    struct arena *keep, *work;
    struct run *run;
    struct zones *zones;
    struct asked ask[ASKS];
    sqlite3 *db;
    sqlite3_stmt *cases;
    const struct dmn *table, *chain;
    const struct dmn_decision *in_table, *in_chain;
    const struct program *programs[DECISIONS];
    struct err err;
};

static const char *const kinds[KINDS] = {"new", "changed", "renewed", "moved", "ended"};

/* --- the table ------------------------------------------------------------------------------------- */

static struct str
table_xml(struct bench *b)
{
    struct str xml;
    struct buf x;

    buf_init(&x, b->keep, TEXT_MAX);
    buf_put(&x, STR(MODEL_HEAD "<inputData id=\"age\" name=\"age\"><variable name=\"age\" typeRef=\"number\"/></inputData>"
                               "<inputData id=\"kind\" name=\"kind\"><variable name=\"kind\" typeRef=\"string\"/></inputData>"
                               "<inputData id=\"here\" name=\"here\"><variable name=\"here\" typeRef=\"boolean\"/></inputData>"
                               "<decision id=\"amount\" name=\"amount\"><variable name=\"amount\" typeRef=\"number\"/>"
                               NEEDS_INPUT("age") NEEDS_INPUT("kind") NEEDS_INPUT("here")
                               "<decisionTable hitPolicy=\"UNIQUE\">"));
    buf_put(&x, STR("<input><inputExpression typeRef=\"number\"><text>age</text></inputExpression></input>"
                    "<input><inputExpression typeRef=\"string\"><text>kind</text></inputExpression></input>"
                    "<input><inputExpression typeRef=\"boolean\"><text>here</text></inputExpression></input><output/>"));
    for (int i = 0; i < BANDS * KINDS; i++) {
        buf_put_fmt(&x,
                    "<rule><inputEntry><text>[%d..%d]</text></inputEntry><inputEntry><text>\"%s\"</text></inputEntry>"
                    "<inputEntry><text>true</text></inputEntry><outputEntry><text>%d</text></outputEntry></rule>",
                    i / KINDS * 10, i / KINDS * 10 + 9, kinds[i % KINDS], i * 10);
    }
    buf_put(&x, STR("</decisionTable></decision></definitions>"));
    bench_need(buf_finish(&x, &xml, &b->err), &b->err);
    return xml;
}

static void
prepare_case(struct bench *b)
{
    struct str sql;
    struct buf s;

    buf_init(&s, b->keep, TEXT_MAX);
    buf_put(&s, STR("SELECT CASE"));
    for (int i = 0; i < BANDS * KINDS; i++) {
        buf_put_fmt(&s, " WHEN ?1 BETWEEN %d AND %d AND ?2 = '%s' AND ?3 THEN %d", i / KINDS * 10, i / KINDS * 10 + 9,
                    kinds[i % KINDS], i * 10);
    }
    buf_put(&s, STR(" END"));
    bench_need(buf_finish(&s, &sql, &b->err), &b->err);
    CHECK(sqlite3_open(":memory:", &b->db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(b->db, sql.ptr, (int)sql.len, &b->cases, NULL) == SQLITE_OK);
}

static int64_t
amount_of(int i)
{
    return (i * 7 % 100 / 10 * KINDS + i % KINDS) * 10;
}

static void
decide_table(struct bench *b, int i)
{
    struct value v;

    run_begin(b->run, 0, 0);
    bench_need(dmn_decide_slots(b->run, b->in_table, b->ask[i].slot, NULL, &v, &b->err), &b->err);
    CHECK(value_same(v, value_of_int(amount_of(i))));
}

static void
decide_json(struct bench *b, int i)
{
    const struct context *inputs;
    struct json *tree;
    struct value v;
    struct str text;
    struct buf answer;

    run_begin(b->run, 0, 0);
    bench_need(json_parse(b->work, b->ask[i].json, JSON_UNIQUE, &tree, &b->err), &b->err);
    bench_need(dmn_inputs_of_json(b->run, b->table, tree, &inputs, &b->err), &b->err);
    bench_need(dmn_decide(b->run, b->table, STR("amount"), inputs, NULL, &v, &b->err), &b->err);
    buf_init(&answer, b->work, TEXT_MAX);
    value_put_json(&answer, v);
    bench_need(buf_finish(&answer, &text, &b->err), &b->err);
    CHECK(text.len > 0);
    arena_reset(b->work);
}

static void
ask_sqlite(struct bench *b, int i)
{
    CHECK(sqlite3_bind_int64(b->cases, 1, b->ask[i].age) == SQLITE_OK &&
          sqlite3_bind_text(b->cases, 2, b->ask[i].kind, -1, SQLITE_STATIC) == SQLITE_OK &&
          sqlite3_bind_int(b->cases, 3, 1) == SQLITE_OK);
    CHECK(sqlite3_step(b->cases) == SQLITE_ROW && sqlite3_column_int64(b->cases, 0) == amount_of(i));
    (void)sqlite3_reset(b->cases);
}

/* --- ten decisions ----------------------------------------------------------------------------------- */

/* Each sees the input and those before it; every third is a table of five rules in the model and the same in FEEL by hand. */
static struct str
step_text(struct bench *b, int i)
{
    if (i % 3 == 2) {
        return str_fmt(b->keep, "if d%d < 100 then 1 else if d%d < 200 then 2 else if d%d < 300 then 3 else if d%d < 400 then 4 else 5",
                       i - 1, i - 1, i - 1, i - 1);
    }
    return i == 0       ? STR("age * 1.5 + 20")
           : i % 3 == 0 ? str_fmt(b->keep, "d%d * 90 + age", i - 1)
                        : str_fmt(b->keep, "if d%d > 50 and age >= 18 then d%d + 100 else d%d * 2", i - 1, i - 1, i - 1);
}

static struct str
escaped(struct bench *b, struct str text)
{
    struct str out;
    struct buf x;

    buf_init(&x, b->keep, TEXT_MAX);
    buf_put_html(&x, text);
    bench_need(buf_finish(&x, &out, &b->err), &b->err);
    return out;
}

static struct str
chain_xml(struct bench *b)
{
    struct str xml;
    struct buf x;

    buf_init(&x, b->keep, TEXT_MAX);
    buf_put(&x, STR(MODEL_HEAD "<inputData id=\"age\" name=\"age\"><variable name=\"age\" typeRef=\"number\"/></inputData>"));
    for (int i = 0; i < DECISIONS; i++) {
        buf_put_fmt(&x, "<decision id=\"d%d\" name=\"d%d\"><variable name=\"d%d\" typeRef=\"number\"/>" NEEDS_INPUT("age"), i, i, i);
        if (i > 0) {
            buf_put_fmt(&x, "<informationRequirement><requiredDecision href=\"#d%d\"/></informationRequirement>", i - 1);
        }
        if (i % 3 != 2) {
            struct str text = escaped(b, step_text(b, i));
            buf_put_fmt(&x, "<literalExpression><text>%.*s</text></literalExpression></decision>", STR_ARG(text));
            continue;
        }
        buf_put_fmt(&x, "<decisionTable hitPolicy=\"UNIQUE\"><input><inputExpression typeRef=\"number\"><text>d%d</text>"
                        "</inputExpression></input><output/>", i - 1);
        for (int k = 0; k < 5; k++) {
            struct str range = k == 0   ? STR("&lt; 100")
                               : k == 4 ? STR("&gt;= 400")
                                        : str_fmt(b->keep, "[%d..%d)", k * 100, k * 100 + 100);
            buf_put_fmt(&x, "<rule><inputEntry><text>%.*s</text></inputEntry><outputEntry><text>%d</text></outputEntry></rule>",
                        STR_ARG(range), k + 1);
        }
        buf_put(&x, STR("</decisionTable></decision>"));
    }
    buf_put(&x, STR("</definitions>"));
    bench_need(buf_finish(&x, &xml, &b->err), &b->err);
    return xml;
}

static void
read_programs(struct bench *b)
{
    struct feel_name *names = arena_alloc(b->keep, DECISIONS + 1, sizeof(*names));
    struct feel_scope scope = {.count = DECISIONS + 1, .name = names};

    CHECK(names != NULL);
    names[0].name = STR("age");
    for (int i = 0; i < DECISIONS; i++) {
        names[i + 1].name = str_fmt(b->keep, "d%d", i);
    }
    for (int i = 0; i < DECISIONS; i++) {
        bench_need(program_read(b->keep, step_text(b, i), &scope, NULL, b->zones, &b->programs[i], NULL, &b->err), &b->err);
    }
}

static struct value
by_hand(struct bench *b, int i)
{
    struct value slots[DECISIONS + 1];
    struct frame frame = {.slot = slots};

    memset(slots, 0, sizeof(slots));
    slots[0] = b->ask[i].slot[0];
    run_begin(b->run, 0, 0);
    for (int k = 0; k < DECISIONS; k++) {
        bench_need(program_run(b->run, b->programs[k], &frame, &slots[k + 1], &b->err), &b->err);
    }
    return slots[DECISIONS];
}

static struct value
decided(struct bench *b, int i)
{
    struct value v;

    run_begin(b->run, 0, 0);
    bench_need(dmn_decide_slots(b->run, b->in_chain, b->ask[i].slot, NULL, &v, &b->err), &b->err);
    return v;
}

static void
run_by_hand(struct bench *b, int i)
{
    CHECK(by_hand(b, i).kind == VALUE_NUMBER);
}

static void
run_decided(struct bench *b, int i)
{
    CHECK(decided(b, i).kind == VALUE_NUMBER);
}

/* --- rounds ---------------------------------------------------------------------------------------- */

/* Microseconds of one. */
static double
one_round(struct bench *b, void (*work)(struct bench *b, int i))
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < TIMES; i++) {
        work(b, i % ASKS);
    }
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e3 / TIMES;
}

static void
make_asks(struct bench *b)
{
    for (int i = 0; i < ASKS; i++) {
        struct asked *a = &b->ask[i];
        a->age = i * 7 % 100;
        a->kind = kinds[i % KINDS];
        a->slot[0] = value_of_int(a->age);
        a->slot[1] = value_of_str(str_of(a->kind));
        a->slot[2] = value_of_bool(true);
        a->json = str_fmt(b->keep, "{\"age\":%d,\"kind\":\"%s\",\"here\":true}", (int)a->age, a->kind);
    }
}

static void
read_models(struct bench *b)
{
    const struct str *names;
    size_t count;

    bench_need(dmn_read(b->keep, table_xml(b), NULL, NULL, b->zones, &b->table, NULL, &b->err), &b->err);
    bench_need(dmn_read(b->keep, chain_xml(b), NULL, NULL, b->zones, &b->chain, NULL, &b->err), &b->err);
    bench_need(dmn_inputs(b->keep, b->table, STR("amount"), &names, &count, &b->err), &b->err);
    CHECK(count == 3 && str_eq(names[0], STR("age")) && str_eq(names[1], STR("kind")));
    b->in_table = dmn_find_decision(b->table, STR("amount"));
    b->in_chain = dmn_find_decision(b->chain, STR("d9"));
    CHECK(b->in_table != NULL && b->in_chain != NULL);
}

int
main(void)
{
    static struct bench b;
    static void (*const works[])(struct bench *b, int i) = {decide_table, decide_json, ask_sqlite, run_decided, run_by_hand};
    enum { WORKS = sizeof(works) / sizeof(works[0]) };
    double rounds[WORKS][ROUNDS], us[WORKS];

    b.keep = arena_new(1 << 24);
    b.work = arena_new(1 << 24);
    b.zones = zones_new(ZONE_FOLDER);
    b.run = run_new(&RUN_LIMITS_USUAL, b.zones);
    make_asks(&b);
    read_models(&b);
    read_programs(&b);
    prepare_case(&b);
    for (int i = 0; i < ASKS; i++) {
        struct value other = by_hand(&b, i); /* a number, which does not lie in the run */
        CHECK(value_same(decided(&b, i), other));
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int w = 0; w < WORKS; w++) {
            rounds[w][round] = one_round(&b, works[w]);
        }
    }
    for (int w = 0; w < WORKS; w++) {
        us[w] = bench_median(rounds[w], ROUNDS);
    }
    bench_row("dmn: a table of 50 rules", 1e6 / us[0], "1/s and core", "sqlite CASE of 50", 1e6 / us[2], us[2] / us[0]);
    bench_row("dmn: a table of 50 rules, of JSON", 1e6 / us[1], "1/s and core", "sqlite CASE of 50", 1e6 / us[2], us[2] / us[1]);
    bench_row("dmn: ten decisions", 1e6 / us[3], "1/s and core", "ten FEEL programs", 1e6 / us[4], us[4] / us[3]);
    bench_end();
    (void)sqlite3_finalize(b.cases);
    (void)sqlite3_close(b.db);
    run_free(b.run);
    zones_free(b.zones);
    arena_free(b.work);
    arena_free(b.keep);
    return 0;
}
