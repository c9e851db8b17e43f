#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "exchange/traffic.h"
#include "store/fixture.h"

enum { ROOM = 16 << 20, BEFORE_TRAFFIC = 71 };

static const int64_t day_us = INT64_C(86400000000);
/* Ten in the morning of 2026-11-23 in China. */
static const int64_t morning_us = INT64_C(1795399200000000);

static enum fixture_kind kind;

static int
open_store(void **state)
{
    struct fixture *f = mem_new(1, sizeof(*f));

    fixture_new(f, kind);
    *state = f;
    return 0;
}

static int
remove_store(void **state)
{
    fixture_remove(*state);
    mem_free(*state);
    return 0;
}

struct happening {
    struct arena *arena;
    const char *resource;
    enum traffic_way way;
    const char *outcome;
    int64_t at_us;
    int64_t times;
    enum rc then; /* what the write answers after the act */
    int64_t index;
};

static enum rc
happen_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct happening *h = ctx;
    struct act act = {.kind = h->way == TRAFFIC_ASKED ? ACT_ASK : ACT_READ,
                      .at_us = h->at_us,
                      .resource = str_of(h->resource)};
    struct act_ref ref;
    enum rc rc = traffic_add(tx, h->arena, &act, h->way, str_of(h->outcome), h->times, &ref, err);

    h->index = ref.index;
    return rc != RC_OK || h->then == RC_OK ? rc : err_set(err, h->then, "changed its mind");
}

static int64_t
happen(struct fixture *f, struct arena *a, const char *resource, enum traffic_way way,
       const char *outcome, int64_t at_us)
{
    struct happening h = {a, resource, way, outcome, at_us, 1, RC_OK, -1};
    struct err err;

    if (store_write(&f->db, happen_tx, &h, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return h.index;
}

static void
every_outcome_is_an_answer_a_refusal_a_failure_or_silence(void **state)
{
    static const struct {
        const char *outcome;
        enum traffic_result result;
    } cases[] = {{"answered", TRAFFIC_ANSWERED},          {"record-missing", TRAFFIC_ANSWERED},
                 {"grant-missing", TRAFFIC_REFUSED},      {"quota-exhausted", TRAFFIC_REFUSED},
                 {"outside-hours", TRAFFIC_REFUSED},      {"unknown-node", TRAFFIC_REFUSED},
                 {"signature-invalid", TRAFFIC_REFUSED},  {"upstream-silent", TRAFFIC_FAILED},
                 {"answer-invalid", TRAFFIC_FAILED},      {"source-wrong", TRAFFIC_FAILED},
                 {"source-silent", TRAFFIC_SILENT},       {"source-down", TRAFFIC_SILENT},
                 {"a-type-of-tomorrow", TRAFFIC_REFUSED}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(traffic_result_of(str_of(cases[i].outcome)), cases[i].result);
    }
    for (int i = 0; i < TRAFFIC_RESULTS; i++) {
        enum traffic_result result;
        assert_true(traffic_result_by_name(str_of(traffic_result_name((enum traffic_result)i)),
                                           &result));
        assert_int_equal(result, i);
    }
}

static void
totals_are_those_of_the_acts_since_a_day(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    int32_t today = instant_day(morning_us, CLOCK_OFFSET_CHINA_MINUTES);
    struct traffic_total *first = NULL;
    struct err err;

    happen(f, a, "yl/person", TRAFFIC_ASKED, "answered", morning_us - 30 * day_us);
    happen(f, a, "yl/person", TRAFFIC_ASKED, "answered", morning_us - 29 * day_us);
    happen(f, a, "yl/person", TRAFFIC_ASKED, "answered", morning_us);
    happen(f, a, "yl/person", TRAFFIC_ASKED, "record-missing", morning_us + 1);
    happen(f, a, "yl/person", TRAFFIC_GAVE, "answered", morning_us);
    happen(f, a, "zr/address", TRAFFIC_ASKED, "source-silent", morning_us);
    assert_int_equal(traffic_totals(&f->db, a, today - 29, &first, &err), RC_OK);
    assert_true(str_eq(first->resource, STR("yl/person")));
    assert_int_equal(first->times[TRAFFIC_ASKED][TRAFFIC_ANSWERED], 3);
    assert_int_equal(first->last_us[TRAFFIC_ASKED][TRAFFIC_ANSWERED], morning_us + 1);
    assert_int_equal(first->times[TRAFFIC_GAVE][TRAFFIC_ANSWERED], 1);
    assert_int_equal(first->times[TRAFFIC_GAVE][TRAFFIC_REFUSED], 0);
    assert_true(str_eq(first->next->resource, STR("zr/address")));
    assert_int_equal(first->next->times[TRAFFIC_ASKED][TRAFFIC_SILENT], 1);
    assert_null(first->next->next);
    assert_int_equal(traffic_totals(&f->db, a, today + 1, &first, &err), RC_OK);
    assert_null(first);
    arena_free(a);
}

static void
one_act_may_stand_for_many_questions_and_one_undone_for_none(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);
    struct happening h = {a, "", TRAFFIC_GAVE, "unknown-node", morning_us, 250, RC_OK, -1};
    struct traffic_total *first = NULL;
    struct err err;

    assert_int_equal(store_write(&f->db, happen_tx, &h, &err), RC_OK);
    h.then = RC_DENIED;
    assert_int_equal(store_write(&f->db, happen_tx, &h, &err), RC_DENIED);
    assert_int_equal(traffic_totals(&f->db, a, 0, &first, &err), RC_OK);
    assert_true(str_eq(first->resource, STR("")));
    assert_int_equal(first->times[TRAFFIC_GAVE][TRAFFIC_REFUSED], 250);
    assert_null(first->next);
    arena_free(a);
}

/* The indexes of the acts that fit, as "7 5 2". */
static void
expect_latest(struct fixture *f, struct arena *a, struct traffic_wish wish, const char *indexes)
{
    struct str text = STR("");
    struct json *acts;
    struct err err;
    struct buf b;

    if (traffic_latest(&f->db, a, &wish, &acts, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    buf_init(&b, a, 1024);
    for (const struct json *act = acts->first; act != NULL; act = act->next) {
        buf_put_fmt(&b, act == acts->first ? "%lld" : " %lld",
                    (long long)json_int_or(act, "index", -1));
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    assert_string_equal(str_c(a, text), indexes);
}

static void
the_latest_come_in_the_order_of_the_log_whatever_is_wished(void **state)
{
    static const struct {
        const char *resource;
        enum traffic_way way;
        const char *outcome;
    } acts[] = {{"yl/person", TRAFFIC_ASKED, "answered"},      /* 0 */
                {"zr/address", TRAFFIC_ASKED, "source-down"},  /* 1 */
                {"yl/person", TRAFFIC_GAVE, "answered"},       /* 2 */
                {"yl/person", TRAFFIC_ASKED, "grant-missing"}, /* 3 */
                {"yl/person", TRAFFIC_ASKED, "answered"},      /* 4 */
                {"zr/address", TRAFFIC_GAVE, "not-shared"},    /* 5 */
                {"zr/address", TRAFFIC_ASKED, "answered"}};    /* 6 */
    struct fixture *f = *state;
    struct arena *a = arena_new(ROOM);

    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        assert_int_equal(
            happen(f, a, acts[i].resource, acts[i].way, acts[i].outcome, morning_us), i);
    }
    struct traffic_wish all = {.before = -1, .limit = 10}, some = all;
    expect_latest(f, a, all, "6 5 4 3 2 1 0");
    some.limit = 3;
    expect_latest(f, a, some, "6 5 4");
    some.before = 4;
    expect_latest(f, a, some, "3 2 1");
    some = all;
    some.resource = STR("yl/person");
    expect_latest(f, a, some, "4 3 2 0");
    some.has_result = true;
    some.result = TRAFFIC_ANSWERED;
    expect_latest(f, a, some, "4 2 0");
    some.has_way = true;
    some.way = TRAFFIC_ASKED;
    expect_latest(f, a, some, "4 0");
    some.resource = STR("");
    expect_latest(f, a, some, "6 4 0");
    some.result = TRAFFIC_FAILED;
    expect_latest(f, a, some, "");
    arena_free(a);
}

/* A store of the program as it was before acts had an outcome. */
static void
open_older(struct fixture *f)
{
    int count = 0;

    while (count < migration_table_count && migration_table[count].number < BEFORE_TRAFFIC) {
        count++;
    }
    fixture_make(f, kind);
    f->config.stmts = stmt_table;
    f->config.stmt_count = 0;
    f->config.migrations = migration_table;
    f->config.migration_count = count;
    fixture_open(f);
    fixture_close(f);
    f->config.stmt_count = stmt_table_count;
    f->config.migration_count = migration_table_count;
}

static void
put_old_act(struct fixture *f, struct arena *a, int index, int act_kind, const char *body)
{
    bool pg = kind == FIXTURE_POSTGRES;
    static const char forty[] = "40404040404040404040404040404040404040404040404040404040404040404040404"
                                "040404040";
    struct str sql =
        str_fmt(a,
                "INSERT INTO act (leaf_index, kind, at_us, resource, body, opening, leaf) VALUES "
                "(%d, %d, %lld, 'yl/person', '%s', %s%.32s', %s%s')",
                index, act_kind, (long long)morning_us, body, pg ? "'\\x" : "x'", forty,
                pg ? "'\\x" : "x'", forty);

    fixture_sql(f, str_c(a, sql));
}

static void
acts_from_before_there_was_a_tally_are_in_it(void **state)
{
    static const struct {
        int kind;
        const char *body;
        enum traffic_way way;
        enum traffic_result result;
    } old[] = {
        {ACT_ASK, "{\"detail\":{\"outcome\":\"answered\"}}", TRAFFIC_ASKED, TRAFFIC_ANSWERED},
        {ACT_ASK, "{\"detail\":{\"outcome\":\"record-missing\"}}", TRAFFIC_ASKED, TRAFFIC_ANSWERED},
        {ACT_ASK, "{\"detail\":{\"outcome\":\"source-down\"}}", TRAFFIC_ASKED, TRAFFIC_SILENT},
        {ACT_ASK, "{\"detail\":{\"outcome\":\"upstream-silent\"}}", TRAFFIC_ASKED, TRAFFIC_FAILED},
        {ACT_ASK, "{\"detail\":{\"outcome\":\"grant-expired\"}}", TRAFFIC_ASKED, TRAFFIC_REFUSED},
        {ACT_READ, "{\"detail\":{\"count\":1}}", TRAFFIC_GAVE, TRAFFIC_ANSWERED},
        {ACT_REFUSE, "{\"detail\":{\"type\":\"upstream-down\"}}", TRAFFIC_GAVE, TRAFFIC_FAILED},
        {ACT_REFUSE, "{\"detail\":{\"type\":\"replayed\"}}", TRAFFIC_GAVE, TRAFFIC_REFUSED},
        {ACT_VIEW, "{\"detail\":{\"outcome\":\"answered\"}}", TRAFFIC_WAYS, TRAFFIC_RESULTS},
    };
    int64_t wanted[TRAFFIC_WAYS][TRAFFIC_RESULTS] = {{0}};
    struct arena *a = arena_new(ROOM);
    struct traffic_total *first = NULL;
    struct fixture f;
    struct err err;

    (void)state;
    open_older(&f);
    for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
        put_old_act(&f, a, (int)i, old[i].kind, old[i].body);
        if (old[i].way < TRAFFIC_WAYS) {
            wanted[old[i].way][old[i].result]++;
        }
    }
    fixture_open(&f);
    assert_int_equal(traffic_totals(&f.db, a, instant_day(morning_us, CLOCK_OFFSET_CHINA_MINUTES),
                                    &first, &err),
                     RC_OK);
    assert_memory_equal(first->times, wanted, sizeof(wanted));
    assert_int_equal(first->last_us[TRAFFIC_ASKED][TRAFFIC_SILENT], morning_us);
    assert_null(first->next);
    expect_latest(&f, a, (struct traffic_wish){.before = -1, .limit = 20}, "7 6 5 4 3 2 1 0");
    fixture_remove(&f);
    arena_free(a);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, remove_store)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_is_an_answer_a_refusal_a_failure_or_silence),
        TEST(totals_are_those_of_the_acts_since_a_day),
        TEST(one_act_may_stand_for_many_questions_and_one_undone_for_none),
        TEST(the_latest_come_in_the_order_of_the_log_whatever_is_wished),
        cmocka_unit_test(acts_from_before_there_was_a_tally_are_in_it),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "traffic on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "traffic on PostgreSQL");
    }
    return failed;
}
