/*
 * What rules say in a case, told by a stand-in that answers as it is set: each decision has a text of JSON, or a refusal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "service/casework_int.h"
#include "service/office.h"

static enum fixture_kind kind;

enum { SAYINGS_MAX = 8 };

struct sage {
    struct counsel counsel;
    struct {
        const char *decision, *says; /* JSON; NULL: the refusal */
        enum rc rc;
    } saying[SAYINGS_MAX];
    size_t sayings;
    struct counsel_question heard; /* the last one */
    struct {
        struct str decision;
        int64_t act;
        bool has_case, has_subject;
    } kept[SAYINGS_MAX];
    size_t kept_count;
};

static struct sage *
sage_of(const struct counsel *c)
{
    return (struct sage *)(uintptr_t)c;
}

static enum rc
sage_ask(const struct counsel *c, const struct db *db, struct arena *a, const struct counsel_question *q,
         struct counsel_answer *out, struct err *err)
{
    struct sage *s = sage_of(c);
    struct json *result;

    (void)db;
    s->heard = *q;
    for (size_t i = 0; i < s->sayings; i++) {
        if (str_eq(q->decision, str_of(s->saying[i].decision))) {
            if (s->saying[i].says == NULL) {
                return err_set(err, s->saying[i].rc, "the stand-in refuses");
            }
            assert_int_equal(json_parse(a, str_of(s->saying[i].says), JSON_UNIQUE, &result, err), RC_OK);
            *out = (struct counsel_answer){.rule = q->rule, .decision = q->decision, .version = 7, .result = result};
            return RC_OK;
        }
    }
    return err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "the stand-in has no such rule");
}

static enum rc
sage_keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer, struct str case_no,
          struct str subject, int64_t act, int64_t now_us, struct err *err)
{
    struct sage *s = sage_of(c);

    (void)tx, (void)a, (void)now_us, (void)err;
    assert_true(s->kept_count < SAYINGS_MAX);
    s->kept[s->kept_count].decision = answer->decision;
    s->kept[s->kept_count].act = act;
    s->kept[s->kept_count].has_case = case_no.len > 0;
    s->kept[s->kept_count++].has_subject = subject.len > 0;
    return RC_OK;
}

struct town {
    struct office office;
    struct sage sage;
};

static const char bindings[] =
    "{\"limits\":{\"key\":\"deadlines\",\"decision\":\"期限\",\"inputs\":{\"事项\":\"part.item\",\"面积\":\"field.area\",\"受理日\":\"day\"},"
    "\"outputs\":{\"promised_days\":\"承诺天数\",\"statutory_days\":\"法定天数\"}},"
    "\"routing\":{\"key\":\"restaurant\",\"decision\":\"分办\",\"inputs\":{\"部分\":\"part.id\",\"面积\":\"field.area\"},"
    "\"outputs\":{\"handled\":\"办理\"}},"
    "\"fee\":{\"key\":\"fees\",\"decision\":\"收费\",\"inputs\":{\"事项\":\"item.code\"}}}";

static enum rc
put_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct town *t = ctx;
    struct office *o = &t->office;
    struct json *d = json_copy(o->arena, office_item(o)->document);
    const struct json *more = office_json(o, bindings);

    for (const struct json *m = more->first; m != NULL; m = m->next) {
        json_set_key(o->arena, d, m->key, json_copy(o->arena, m));
    }
    return item_put(tx, o->arena, d, o->now_us, err);
}

static int
open_town(void **state)
{
    struct town *t = mem_new(1, sizeof(*t));
    struct err err = {.text = ""};

    office_open(&t->office, kind);
    t->sage.counsel = (struct counsel){.ask = sage_ask, .keep = sage_keep};
    if (store_write(&t->office.fixture.db, put_tx, t, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    office_reload(&t->office);
    t->office.work.counsel = &t->sage.counsel;
    *state = t;
    return 0;
}

static int
close_town(void **state)
{
    struct town *t = *state;

    office_close(&t->office);
    mem_free(t);
    return 0;
}

static void
says(struct town *t, const char *decision, const char *text)
{
    assert_true(t->sage.sayings < SAYINGS_MAX);
    t->sage.saying[t->sage.sayings].decision = decision;
    t->sage.saying[t->sage.sayings++].says = text;
}

static void
refuses(struct town *t, const char *decision, enum rc rc)
{
    says(t, decision, NULL);
    t->sage.saying[t->sage.sayings - 1].rc = rc;
}

static enum rc
accept(struct town *t, struct str case_no, struct err *err)
{
    struct case_move move = office_move(&t->office, case_no, "1", "accept");

    return office_step(&t->office, &move, &t->office.market, err);
}

static int64_t
clock_of(struct town *t, struct str case_no, const char *member)
{
    const struct json *clock = json_get(office_sub(&t->office, case_no, "1", &t->office.market), "clock");

    return json_int_or(clock, member, -1);
}

static struct str
state_of(struct town *t, struct str case_no, const char *part)
{
    return json_str(office_sub(&t->office, case_no, part, &t->office.applicant), "state");
}

/* --- deadlines ------------------------------------------------------------------------------------- */

static void
the_days_of_the_rule_count_from_acceptance_and_are_kept_with_its_act(void **state)
{
    struct town *t = *state;
    struct err err = {.text = ""};

    says(t, "期限", "{\"承诺天数\":3,\"法定天数\":12}");
    struct str case_no = office_case(&t->office, 86);
    assert_int_equal(t->sage.kept_count, 0);
    assert_int_equal(accept(t, case_no, &err), RC_OK);
    assert_int_equal(clock_of(t, case_no, "promised_days"), 3);
    assert_int_equal(clock_of(t, case_no, "statutory_days"), 12);
    assert_int_equal(t->sage.kept_count, 1);
    assert_true(t->sage.kept[0].act > 0 && t->sage.kept[0].has_case && t->sage.kept[0].has_subject);
    assert_true(json_equal(t->sage.heard.inputs,
                           office_json(&t->office, "{\"事项\":\"000131002001\",\"面积\":86,\"受理日\":\"2026-06-01\"}")));
}

static void
silence_is_judged_by_the_law_of_the_day_of_receipt(void **state)
{
    struct town *t = *state;
    struct office *o = &t->office;
    int32_t received = instant_day(o->now_us, o->work.offset_minutes);

    says(t, "期限", "{\"承诺天数\":4,\"法定天数\":12}");
    struct str case_no = office_case(o, 86);
    office_days(o, 10);
    office_turn(o);
    assert_true(str_eq(state_of(t, case_no, "1"), STR("accepted")));
    assert_int_equal(clock_of(t, case_no, "promised_days"), 4);
    assert_int_equal(t->sage.heard.day, received);
}

static void
where_the_rule_gives_no_days_those_of_the_item_count_and_nothing_is_kept(void **state)
{
    static const char *const nothing[] = {
        NULL, "null", "{}", "{\"承诺天数\":3}", "{\"承诺天数\":13,\"法定天数\":12}", "{\"承诺天数\":-1,\"法定天数\":12}",
        "{\"承诺天数\":1.5,\"法定天数\":12}", "{\"承诺天数\":1,\"法定天数\":100000}", "[3,12]",
    };
    struct town *t = *state;

    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        struct err err = {.text = ""};
        t->sage.sayings = 0;
        if (nothing[i] != NULL) {
            says(t, "期限", nothing[i]);
        }
        struct str case_no = office_case(&t->office, 86);
        assert_int_equal(accept(t, case_no, &err), RC_OK);
        assert_int_equal(clock_of(t, case_no, "promised_days"), 5);
        assert_int_equal(clock_of(t, case_no, "statutory_days"), 20);
        assert_int_equal(t->sage.kept_count, 0);
    }
}

static void
a_rule_that_cannot_be_calculated_now_stops_the_step(void **state)
{
    struct town *t = *state;
    struct str case_no = office_case(&t->office, 86);
    struct err err;

    refuses(t, "期限", RC_BUSY);
    assert_int_equal(accept(t, case_no, &err), RC_BUSY);
    assert_int_equal(clock_of(t, case_no, "promised_days"), -1);
    t->sage.sayings = 0;
    assert_int_equal(accept(t, case_no, &err), RC_OK);
}

/* --- departments ---------------------------------------------------------------------------------------- */

static void
the_rule_says_which_departments_take_part(void **state)
{
    static const struct {
        const char *says;
        int area;
        const char *first, *second;
        size_t kept;
    } cases[] = {
        {"{\"办理\":true}", 80, "submitted", "submitted", 2},
        {"{\"办理\":false}", 400, "waived", "waived", 2},
        {"null", 80, "submitted", "waived", 0}, /* by the item's own condition */
        {"null", 300, "submitted", "submitted", 0},
        {"{\"办理\":\"yes\"}", 80, "submitted", "waived", 0},
    };
    struct town *t = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t->sage.sayings = t->sage.kept_count = 0;
        says(t, "分办", cases[i].says);
        struct str case_no = office_case(&t->office, cases[i].area);
        assert_true(str_eq(state_of(t, case_no, "1"), str_of(cases[i].first)));
        assert_true(str_eq(state_of(t, case_no, "2"), str_of(cases[i].second)));
        assert_int_equal(t->sage.kept_count, cases[i].kept);
    }
}

/* --- money --------------------------------------------------------------------------------------------- */

static void
a_fee_is_what_the_rule_says_to_the_cent(void **state)
{
    static const struct {
        const char *says;
        int64_t cents;
        bool by_rule;
    } cases[] = {
        {"20", 2000, true},  {"7.50", 750, true}, {"0", 0, true},       {"0.01", 1, true},
        {"0.005", 0, false}, {"-5", 0, false},    {"null", 0, false},   {"\"20\"", 0, false},
    };
    struct town *t = *state;
    struct office *o = &t->office;
    const struct case_ruling r = {.work = &o->work, .db = &o->fixture.db, .item = office_item(o)};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct case_fee fee;
        struct err err = {.text = ""};
        t->sage.sayings = 0;
        says(t, "收费", cases[i].says);
        assert_int_equal(case_fee(&r, o->arena, json_get(office_item(o)->document, "fee"), &fee, &err), RC_OK);
        if (fee.cents != cases[i].cents || (fee.answer.version == 7) != cases[i].by_rule) {
            fail_msg("%s: %lld", cases[i].says, (long long)fee.cents);
        }
    }
}

static void
what_a_case_costs_is_kept_with_its_submission(void **state)
{
    struct town *t = *state;

    says(t, "收费", "20");
    (void)office_case(&t->office, 86);
    assert_int_equal(t->sage.kept_count, 1);
    assert_true(str_eq(t->sage.kept[0].decision, STR("收费")) && t->sage.kept[0].has_case);
}

/* --- items ------------------------------------------------------------------------------------------------ */

struct trial {
    struct office *office;
    const char *member, *binding;
    bool in_part;
};

static enum rc
trial_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct trial *t = ctx;
    struct office *o = t->office;
    struct json *d = json_copy(o->arena, office_item(o)->document);
    struct json *where = t->in_part ? (struct json *)(uintptr_t)json_get(d, "parts")->first : d;

    json_set(o->arena, where, t->member, office_json(o, t->binding));
    return item_put(tx, o->arena, d, o->now_us, err);
}

static void
an_item_that_asks_a_rule_or_tells_a_process_wrongly_is_refused(void **state)
{
    static const struct trial trials[] = {
        {NULL, "limits", "{\"key\":\"deadlines\"}", false},
        {NULL, "routing", "{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":\"field.nothing\"}}", false},
        {NULL, "fee", "{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":\"\"}}", false},
        {NULL, "limits", "{\"key\":\"k\",\"decision\":\"d\",\"inputs\":{\"a\":\"field.nothing\"}}", true},
        {NULL, "process", "{}", false},
        {NULL, "process", "{\"key\":\"p\",\"variables\":[]}", false},
        {NULL, "process", "{\"key\":\"p\",\"variables\":{\"a\":\"field.nothing\"}}", false},
        {NULL, "process", "{\"key\":\"p\",\"variables\":{\"a\":\"field.shop_name\"}}", false},
        {NULL, "process", "{\"key\":\"p\",\"variables\":{\"a\":\"field.plan\"}}", false},
        {NULL, "process", "{\"key\":\"p\",\"variables\":{\"a\":5}}", false},
    };
    struct town *t = *state;

    for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
        struct trial trial = trials[i];
        struct err err;
        trial.office = &t->office;
        assert_int_equal(store_write(&t->office.fixture.db, trial_tx, &trial, &err), RC_INVALID);
    }
    struct trial right = {&t->office, "process", "{\"key\":\"p\",\"variables\":{\"a\":\"field.area\",\"b\":\"field.kinds\"}}", false};
    struct err err;
    assert_int_equal(store_write(&t->office.fixture.db, trial_tx, &right, &err), RC_OK);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_town, close_town)
    const struct CMUnitTest tests[] = {
        TEST(the_days_of_the_rule_count_from_acceptance_and_are_kept_with_its_act),
        TEST(silence_is_judged_by_the_law_of_the_day_of_receipt),
        TEST(where_the_rule_gives_no_days_those_of_the_item_count_and_nothing_is_kept),
        TEST(a_rule_that_cannot_be_calculated_now_stops_the_step),
        TEST(the_rule_says_which_departments_take_part),
        TEST(a_fee_is_what_the_rule_says_to_the_cent),
        TEST(what_a_case_costs_is_kept_with_its_submission),
        TEST(an_item_that_asks_a_rule_or_tells_a_process_wrongly_is_refused),
    };
    kind = FIXTURE_SQLITE;
    int failed = cmocka_run_group_tests_name("on SQLite", tests, NULL, NULL);
    kind = FIXTURE_POSTGRES;
    return fixture_has_postgres() ? failed + cmocka_run_group_tests_name("on PostgreSQL", tests, NULL, NULL) : failed;
}
