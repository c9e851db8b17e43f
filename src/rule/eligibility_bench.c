/*
 * Who is entitled, of 10,000,000 invented persons: rows are streamed from an SQLite file and each is decided by a model of two decisions,
 * beside a bare scan that reads the same columns and decides nothing.
 *
 * Both go over the whole file in turns, which is larger than any cache of SQLite.  SQL counts what is due by conditions of its
 * own, and the model has to agree.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/bench.h"
#include "rule/dmn.h"
#include "rule/zone.h"

enum { PERSONS = 10000000, ROUNDS = 3, DAYS = 36525, DATE_LEN = 10 };

static const char store[] = "build/bench/persons.db";

static const char model[] =
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"entitled\" namespace=\"urn:entitled\">"
    "<inputData id=\"born\" name=\"born\"><variable name=\"born\" typeRef=\"date\"/></inputData>"
    "<inputData id=\"region\" name=\"region\"><variable name=\"region\" typeRef=\"string\"/></inputData>"
    "<inputData id=\"income\" name=\"income\"><variable name=\"income\" typeRef=\"number\"/></inputData>"
    "<inputData id=\"paid\" name=\"paid\"><variable name=\"paid\" typeRef=\"boolean\"/></inputData>"
    "<decision id=\"age\" name=\"age\"><variable name=\"age\" typeRef=\"number\"/><informationRequirement><requiredInput "
    "href=\"#born\"/></informationRequirement><literalExpression><text>years and months duration(born, date(\"2026-11-30\"))"
    ".years</text></literalExpression></decision>"
    "<decision id=\"amount\" name=\"amount\"><variable name=\"amount\" typeRef=\"number\"/>"
    "<informationRequirement><requiredDecision href=\"#age\"/></informationRequirement>"
    "<informationRequirement><requiredInput href=\"#region\"/></informationRequirement>"
    "<informationRequirement><requiredInput href=\"#income\"/></informationRequirement>"
    "<informationRequirement><requiredInput href=\"#paid\"/></informationRequirement>"
    "<decisionTable hitPolicy=\"UNIQUE\"><input><inputExpression typeRef=\"number\"><text>age</text></inputExpression></input>"
    "<input><inputExpression typeRef=\"boolean\"><text>starts with(region, \"9901\")</text></inputExpression></input>"
    "<input><inputExpression typeRef=\"number\"><text>income</text></inputExpression></input>"
    "<input><inputExpression typeRef=\"boolean\"><text>paid</text></inputExpression></input>"
    "<output><defaultOutputEntry><text>0</text></defaultOutputEntry></output>"
#define RULE(age, income, amount)                                                                                          \
    "<rule><inputEntry><text>" age "</text></inputEntry><inputEntry><text>true</text></inputEntry><inputEntry><text>" income \
    "</text></inputEntry><inputEntry><text>false</text></inputEntry><outputEntry><text>" amount "</text></outputEntry></rule>"
    RULE("&gt;= 100", "-", "300") RULE("[80..99]", "-", "100") RULE("[70..79]", "&lt; 300000", "50")
    RULE("[60..69]", "&lt; 200000", "50")
    "</decisionTable></decision></definitions>";

struct bench {
    struct arena *keep;
    struct run *run;
    struct zones *zones;
    sqlite3 *db;
    sqlite3_stmt *rows;
    const struct dmn_decision *decision;
    size_t slot[4]; /* where the decision wants birth, region, income and whether it is paid */
    int64_t amount; /* what all of them get */
    uint64_t bytes; /* what was read, so that reading is not left out */
    struct err err;
};

static void
sql(struct bench *b, const char *text)
{
    CHECK(sqlite3_exec(b->db, text, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *
prepare(struct bench *b, const char *text)
{
    sqlite3_stmt *stmt;

    CHECK(sqlite3_prepare_v2(b->db, text, -1, &stmt, NULL) == SQLITE_OK);
    return stmt;
}

/* --- persons --------------------------------------------------------------------------------------- */

/* The days of a century up to the end of 2026 as text. */
static const char *
all_days(struct bench *b)
{
    char *days = arena_alloc(b->keep, DAYS, DATE_LEN + 1);
    struct temporal first, day;

    CHECK(days != NULL && temporal_of_date(1927, 1, 1, &first));
    for (int i = 0; i < DAYS - 1; i++) {
        CHECK(temporal_add(&first, (struct duration){.second = (int64_t)i * 86400}, &day));
        (void)snprintf(days + (size_t)i * (DATE_LEN + 1), DATE_LEN + 1, "%04d-%02d-%02d", (int)day.date.year, day.date.month,
                       day.date.day);
    }
    return days;
}

static void
make_persons(struct bench *b)
{
    const char *days = all_days(b);
    uint64_t seed = 88172645463325252;

    (void)unlink(store);
    CHECK(sqlite3_open(store, &b->db) == SQLITE_OK);
    sql(b, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;"
           "CREATE TABLE person(id INTEGER PRIMARY KEY, born TEXT, region TEXT, income INTEGER, paid INTEGER); BEGIN");
    sqlite3_stmt *insert = prepare(b, "INSERT INTO person VALUES(?1, ?2, ?3, ?4, ?5)");
    for (int i = 0; i < PERSONS; i++) {
        char region[8];
        seed ^= seed << 13; /* Marsaglia's xorshift */
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (void)snprintf(region, sizeof(region), "99%02d%02d", (int)(seed >> 8 & 3), (int)(seed >> 16 & 7));
        CHECK(sqlite3_bind_int(insert, 1, i + 1) == SQLITE_OK &&
              sqlite3_bind_text(insert, 2, days + (seed >> 20) % (DAYS - 1) * (DATE_LEN + 1), DATE_LEN, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_bind_text(insert, 3, region, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
              sqlite3_bind_int(insert, 4, (int)(seed >> 40 & 0x7ffff)) == SQLITE_OK &&
              sqlite3_bind_int(insert, 5, (seed >> 60 & 3) == 0) == SQLITE_OK);
        CHECK(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK);
    }
    (void)sqlite3_finalize(insert);
    sql(b, "COMMIT");
}

/* What all of them should get, by conditions of SQL. */
static int64_t
amount_by_sql(struct bench *b)
{
    sqlite3_stmt *sum = prepare(b, "SELECT sum(CASE WHEN born <= '1926-11-30' THEN 300 WHEN born <= '1946-11-30' THEN 100"
                                   " WHEN born <= '1956-11-30' THEN CASE WHEN income < 300000 THEN 50 ELSE 0 END"
                                   " WHEN born <= '1966-11-30' AND income < 200000 THEN 50 ELSE 0 END)"
                                   " FROM person WHERE region LIKE '9901%' AND paid = 0");

    CHECK(sqlite3_step(sum) == SQLITE_ROW);
    int64_t amount = sqlite3_column_int64(sum, 0);
    (void)sqlite3_finalize(sum);
    return amount;
}

/* --- the two ways ---------------------------------------------------------------------------------- */

struct person {
    struct str born, region;
    int64_t income;
    bool paid;
};

static struct str
text_of(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    return (struct str){text, (size_t)sqlite3_column_bytes(row, column)};
}

static void
pass_by(struct bench *b, const struct person *p)
{
    b->bytes += p->born.len + p->region.len + (uint64_t)p->income + p->paid;
}

static void
decide(struct bench *b, const struct person *p)
{
    struct temporal born;
    struct value slot[4], amount;
    int64_t given;

    pass_by(b, p);
    CHECK(temporal_parse_date(p->born, &born));
    run_begin(b->run, 0, 0);
    slot[b->slot[0]] = (struct value){.kind = VALUE_DATE, .as.temporal = &born};
    slot[b->slot[1]] = value_of_str(p->region);
    slot[b->slot[2]] = value_of_int(p->income);
    slot[b->slot[3]] = value_of_bool(p->paid);
    bench_need(dmn_decide_slots(b->run, b->decision, slot, NULL, &amount, &b->err), &b->err);
    CHECK(amount.kind == VALUE_NUMBER && decimal_as_int(amount.as.number, &given));
    b->amount += given;
}

/* Microseconds a person. */
static double
one_round(struct bench *b, void (*each)(struct bench *b, const struct person *p))
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    int count = 0;

    while (sqlite3_step(b->rows) == SQLITE_ROW) {
        struct person p = {text_of(b->rows, 0), text_of(b->rows, 1), sqlite3_column_int64(b->rows, 2),
                           sqlite3_column_int(b->rows, 3) != 0};
        each(b, &p);
        count++;
    }
    (void)sqlite3_reset(b->rows);
    CHECK(count == PERSONS);
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e3 / PERSONS;
}

static void
read_model(struct bench *b)
{
    static const char *const wanted[] = {"born", "region", "income", "paid"};
    const struct dmn *m;
    const struct str *names;
    size_t count;

    bench_need(dmn_read(b->keep, str_of(model), NULL, NULL, b->zones, &m, NULL, &b->err), &b->err);
    bench_need(dmn_inputs(b->keep, m, STR("amount"), &names, &count, &b->err), &b->err);
    CHECK(count == 4);
    for (size_t i = 0; i < count; i++) {
        while (b->slot[i] < count && !str_eq(names[b->slot[i]], str_of(wanted[i]))) {
            b->slot[i]++;
        }
        CHECK(b->slot[i] < count);
    }
    b->decision = dmn_find_decision(m, STR("amount"));
    CHECK(b->decision != NULL);
}

int
main(void)
{
    double scans[ROUNDS], decisions[ROUNDS];
    struct bench b = {.keep = arena_new(1 << 24), .zones = zones_new(ZONE_FOLDER)};

    b.run = run_new(&RUN_LIMITS_USUAL, b.zones);
    read_model(&b);
    make_persons(&b);
    b.rows = prepare(&b, "SELECT born, region, income, paid FROM person");
    for (int round = 0; round < ROUNDS; round++) {
        b.amount = 0;
        scans[round] = one_round(&b, pass_by);
        decisions[round] = one_round(&b, decide);
    }
    CHECK(b.amount == amount_by_sql(&b) && b.bytes > 0);
    double scan_us = bench_median(scans, ROUNDS), decision_us = bench_median(decisions, ROUNDS);
    bench_row("dmn: 10,000,000 persons of SQLite, read and decided", 1e6 / decision_us, "1/s and core", "bare scan",
              1e6 / scan_us, scan_us / decision_us);
    bench_end();
    (void)sqlite3_finalize(b.rows);
    (void)sqlite3_close(b.db);
    (void)unlink(store);
    run_free(b.run);
    zones_free(b.zones);
    arena_free(b.keep);
    return 0;
}
