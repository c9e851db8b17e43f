/*
 * Cases that begin by themselves: by a message that nobody waits for, by a signal, by the time; each once, by the version that holds, in the house alone.
 */
#include "process/test_opening.h"

#include <pthread.h>

static enum rc
send(struct hall *h, const char *id, const char *name, const char *key, struct runtime_delivery *out, struct err *err)
{
    const struct runtime_message m = hall_message(h, id, name, key);

    return runtime_message(h->r, &h->house.fixture.db, h->house.arena, &m, out, err);
}

/* The case that takes it; 0: none yet. */
static int64_t
sent(struct hall *h, const char *id, const char *name, const char *key)
{
    struct runtime_delivery out;
    struct err err;

    if (send(h, id, name, key, &out, &err) != RC_OK) {
        fail_msg("%s: %s", id, err.text);
    }
    return out.instance;
}

static void
signalled(struct hall *h, const char *id, const char *name)
{
    const struct runtime_message m = hall_message(h, id, name, "");
    struct runtime_delivery out;
    struct err err;

    assert_int_equal(runtime_signal(h->r, &h->house.fixture.db, h->house.arena, &m, &out, &err), RC_OK);
}

static struct instance
case_of(struct hall *h, int64_t id)
{
    struct instance i;
    struct err err;

    if (runtime_instance(h->r, &h->house.fixture.db, h->house.arena, id, &i, &err) != RC_OK) {
        fail_msg("%lld: %s", (long long)id, err.text);
    }
    return i;
}

/* Completes the task that waits in it. */
static void
complete(struct hall *h, int64_t id)
{
    struct instance i = case_of(h, id);
    struct command c = {.kind = COMMAND_COMPLETE, .attempt = -1};
    struct runtime_result out;
    struct err err;

    for (size_t n = 0; n < i.tokens; n++) {
        c.token = i.token[n].kind == TOKEN_TASK ? i.token[n].id : c.token;
    }
    const struct runtime_request q = {.instance = id, .command = &c, .actor = STR("officer:a"), .now_us = h->now_us};
    assert_int_equal(runtime_do(h->r, &h->house.fixture.db, h->house.arena, &q, &out, &err), RC_OK);
}

/* The days for which cases were begun, from today, 0, on: "0 1 4 ". */
static struct str
days(struct hall *h)
{
    int64_t last = hall_count(h, "SELECT COALESCE(MAX(id), 0) FROM process_instance");
    struct str text = STR("");

    for (int64_t id = hall_count(h, "SELECT COALESCE(MIN(id), 1) FROM process_instance"); id <= last; id++) {
        struct str sql = str_fmt(h->house.arena, "SELECT COUNT(*) FROM process_instance WHERE id = %lld", (long long)id);
        if (hall_count(h, str_c(h->house.arena, sql)) == 1) { /* what was undone leaves a gap */
            struct instance i = case_of(h, id);
            text = str_fmt(h->house.arena, "%.*s%lld ", STR_ARG(text), (long long)json_int_or(i.scope[0].variables, "for_day", -99));
        }
    }
    return text;
}

static void
check_days(struct hall *h, const char *expected)
{
    struct str found = days(h);

    if (!str_eq(found, str_of(expected))) {
        fail_msg("%.*s, not %s", STR_ARG(found), expected);
    }
}

/* What is said of a model by one more version of it: the first one's text with something put in its place. */
static void
publish(struct hall *h, const char *key, const char *from, const char *to, int day, bool is_published)
{
    struct arena *a = h->house.arena;
    struct str number = str_fmt(a, "(SELECT MAX(number) FROM rule_version WHERE model = 'process.%s')", key);
    struct str add = str_fmt(a, "INSERT INTO rule_version (model, number, base, xml, sha256, author, basis, reason, holds_from, proposed_us, act, found) SELECT model, "
                                "%.*s + 1, 1, REPLACE(xml, '%s', '%s'), sha256, author, basis, reason, %d, proposed_us, act, found FROM rule_version "
                                "WHERE model = 'process.%s' AND number = 1", STR_ARG(number), from, to, day, key);
    struct str settle = str_fmt(a, "INSERT INTO rule_verdict (model, number, verdict, officer, reason, at_us, act) SELECT 'process.%s', %.*s, 'published', '', '', "
                                   "%lld, 0", key, STR_ARG(number), (long long)h->now_us);

    fixture_sql(&h->house.fixture, str_c(a, add));
    if (is_published) {
        fixture_sql(&h->house.fixture, str_c(a, settle));
    }
}

/* --- messages -------------------------------------------------------------------------------------------------- */

static void
a_message_that_nobody_waits_for_begins_one_case(void **state)
{
    struct hall *h = *state;
    struct json *act;
    struct err err;

    hall_lay_down(h, "orders", MODEL(ORDERED STAYS));
    int64_t id = sent(h, "m1", "order", "k1");
    assert_true(id > 0);
    assert_int_equal(sent(h, "m1", "order", "k1"), id);
    assert_int_equal(hall_cases(h), 1);
    assert_true(str_eq(case_of(h, id).business_key, STR("k1")));
    assert_int_equal(act_latest(&h->house.fixture.db, h->house.arena, -1, 1, &act, &err), RC_OK);
    assert_true(str_eq(json_str(act->first, "kind"), STR("open")) && str_eq(json_str(act->first, "case_no"), STR("k1")) &&
                str_eq(json_str(act->first, "org"), STR(RULES_ORG)) && str_eq(json_str(act->first, "resource"), STR("P1")));
    assert_true(sent(h, "m2", "order", "") != sent(h, "m3", "order", "")); /* without a key each is a matter of its own */
    assert_int_equal(hall_cases(h), 3);
    assert_int_equal(sent(h, "m4", "another", "k9"), 0);
    hall_turns(h);
    assert_int_equal(hall_cases(h), 3);
}

/* It begins by an order, waits for a second one, is at work, and waits for a third one. */
static void
while_a_case_of_its_key_is_open_a_message_is_for_that_one(void **state)
{
#define CATCH(id) "<intermediateCatchEvent id='" id "'><messageEventDefinition messageRef='M'/></intermediateCatchEvent>"
    struct hall *h = *state;

    hall_lay_down(h, "orders", MODEL(ORDERED FLOW("f1", "s", "c1") CATCH("c1") FLOW("f2", "c1", "a") "<userTask id='a'/>" FLOW("f3", "a", "c2") CATCH("c2")
                                     FLOW("f4", "c2", "e") END));
    int64_t id = sent(h, "m1", "order", "k1");
    assert_int_equal(sent(h, "m2", "order", "k1"), id);
    assert_int_equal(sent(h, "m3", "order", "k1"), 0); /* it is at work, and will wait */
    assert_int_equal(hall_cases(h), 1);
    complete(h, id);
    hall_turns(h);
    assert_int_equal(hall_count(h, "SELECT COUNT(*) FROM process_message WHERE instance = 0"), 0);
    assert_int_equal(case_of(h, id).state, INSTANCE_COMPLETED);
    assert_true(sent(h, "m4", "order", "k1") > id); /* over: another one begins */
    assert_int_equal(hall_cases(h), 2);
}

/* The house gives another number; the key still says which matter it is. */
static enum rc
number_of_its_own(struct tx *tx, struct arena *a, const struct opening *o, struct opening_case *out, void *ctx, struct err *err)
{
    (void)tx, (void)ctx, (void)err;
    *out = (struct opening_case){str_fmt(a, "own-%.*s", STR_ARG(o->id)), o->variables};
    return RC_OK;
}

static void
a_key_is_remembered_as_long_as_its_case_is_open_whatever_its_number(void **state)
{
    struct hall *h = *state;

    hall_unequip(h);
    hall_equip(h, number_of_its_own);
    hall_lay_down(h, "orders", MODEL(ORDERED STAYS));
    int64_t id = sent(h, "m1", "order", "k1");
    assert_true(str_eq(case_of(h, id).business_key, STR("own-m1")));
    assert_int_equal(sent(h, "m2", "order", "k1"), 0);
    assert_true(sent(h, "m3", "order", "k2") > 0);
    complete(h, id);
    assert_true(sent(h, "m4", "order", "k1") > 0);
    h->now_us += 40 * HALL_DAY_US;
    hall_turns(h);
    assert_int_equal(hall_count(h, "SELECT COUNT(*) FROM process_begun"), 2); /* what is open is not forgotten */
}

static void
where_no_house_is_and_where_it_refuses_nothing_begins(void **state)
{
    struct hall *h = *state;
    struct runtime_delivery out;
    struct err err;

    hall_lay_down(h, "orders", MODEL(ORDERED STAYS));
    h->refused = "s";
    assert_int_equal(send(h, "m1", "order", "k1", &out, &err), RC_DENIED);
    assert_true(str_eq(str_of(err.type), STR("no-such-case")));
    hall_unequip(h);
    hall_equip(h, NULL);
    assert_int_equal(send(h, "m1", "order", "k1", &out, &err), RC_DENIED);
    assert_true(str_eq(str_of(err.type), STR("nobody-opens")));
    assert_int_equal(hall_cases(h), 0);
    h->refused = NULL;
    hall_unequip(h);
    hall_equip(h, hall_open_case);
    assert_true(sent(h, "m1", "order", "k1") > 0); /* what was refused has not used its id */
}

/* One process throws what begins another; what is refused then waits for a person. */
static void
a_message_that_a_process_throws_begins_a_case_or_waits(void **state)
{
    struct hall *h = *state;

    hall_lay_down(h, "orders", MODEL("<startEvent id='o'><messageEventDefinition messageRef='M'/></startEvent>" FLOW("f1", "o", "a") "<userTask id='a'/>" FLOW("f2", "a", "e") END));
    hall_lay_down(h, "warned", MODEL(WARNED FLOW("f1", "s", "t") "<intermediateThrowEvent id='t'><messageEventDefinition messageRef='M'/></intermediateThrowEvent>"
                                     FLOW("f2", "t", "e") END));
    signalled(h, "s1", "stop");
    assert_int_equal(hall_turns(h), 0);
    assert_int_equal(hall_cases(h), 2);
    h->refused = "o";
    h->now_us += SECOND_US; /* the house numbers by the second */
    signalled(h, "s2", "stop");
    hall_turns(h);
    assert_int_equal(hall_cases(h), 3);
    assert_int_equal(hall_count(h, "SELECT COUNT(*) FROM process_message WHERE instance = 0"), 1);
    assert_int_equal(hall_count(h, "SELECT COUNT(*) FROM process_outbox"), 0);
}

/* --- versions ----------------------------------------------------------------------------------------------------- */

static void
a_version_hands_over_at_midnight_and_a_draft_begins_nothing(void **state)
{
    static const int64_t midnight_us = HALL_NOON_US + HALL_DAY_US / 2;
    struct hall *h = *state;

    hall_lay_down(h, "orders", MODEL(ORDERED STAYS));
    assert_true(sent(h, "m1", "order", "") > 0);
    publish(h, "orders", "name=''order''", "name=''later''", HALL_DAY + 1, false);
    assert_int_equal(sent(h, "m2", "later", ""), 0);
    publish(h, "orders", "name=''order''", "name=''later''", HALL_DAY + 1, true);
    h->now_us = midnight_us - 1;
    assert_true(sent(h, "m3", "order", "") > 0);
    assert_int_equal(sent(h, "m4", "later", ""), 0);
    h->now_us = midnight_us;
    assert_int_equal(sent(h, "m5", "order", ""), 0);
    int64_t id = sent(h, "m6", "later", "");
    assert_true(id > 0);
    assert_int_equal(case_of(h, id).binding[0].version, 3);
    h->now_us = midnight_us - 1; /* the clock goes back */
    assert_true(sent(h, "m7", "order", "") > 0);
}

/* The same of times: those before midnight are the old version's, also when the node sleeps over it. */
static void
times_of_each_version_are_its_own(void **state)
{
    struct hall *h = *state;

    hall_lay_down(h, "daily", MODEL(TIMED(" gov:missed='9'" DAILY) STAYS));
    publish(h, "daily", "R/P1D", "R/2020-01-01T06:00:00/P1D", HALL_DAY + 3, true);
    hall_turns(h);
    h->now_us += 5 * HALL_DAY_US;
    hall_turns(h);
    check_days(h, "1 3 2 4 5 "); /* one goes on beside the other */
    assert_int_equal(hall_count(h, "SELECT COUNT(*) FROM process_instance WHERE version = 1"), 2);
}

/* --- signals ---------------------------------------------------------------------------------------------------------- */

static void
a_signal_begins_one_case_for_each_process_and_who_is_refused_holds_up_nobody(void **state)
{
    struct hall *h = *state;
    struct json *troubles;
    struct err err;

    hall_lay_down(h, "a", MODEL(WARNED STAYS));
    hall_lay_down(h, "b", MODEL("<startEvent id='no'><signalEventDefinition signalRef='S'/></startEvent>" FLOW("f1", "no", "a") "<userTask id='a'/>"
                                FLOW("f2", "a", "e") END));
    hall_lay_down(h, "c", MODEL(WARNED STAYS));
    h->refused = "no";
    signalled(h, "s1", "stop");
    signalled(h, "s1", "stop");
    hall_turns(h);
    assert_int_equal(hall_cases(h), 2);
    assert_int_equal(openings_troubles(&h->house.fixture.db, h->house.arena, &troubles, &err), RC_OK);
    assert_int_equal(troubles->count, 1);
    assert_true(str_eq(json_str(troubles->first, "process"), STR("b")) && str_has(json_str(troubles->first, "why"), STR("such a case")));
    h->refused = NULL;
    signalled(h, "s2", "stop");
    hall_turns(h);
    assert_int_equal(hall_cases(h), 5);
    signalled(h, "s3", "go");
    hall_turns(h);
    assert_int_equal(hall_cases(h), 5);
    h->now_us += 40 * HALL_DAY_US;
    hall_turns(h);
    assert_int_equal(hall_count(h, "SELECT COUNT(*) FROM process_begun"), 0);
}

/* --- times ------------------------------------------------------------------------------------------------------------ */

static void
a_timer_begins_a_case_at_each_of_its_times(void **state)
{
    static const struct {
        const char *xml, *days;
    } cases[] = {
        {MODEL(TIMED(DAILY) STAYS), "1 2 3 4 "},
        {MODEL(TIMED("><timeCycle>R/2024-10-05T00:00:00/P1D</timeCycle>") STAYS), "1 2 3 4 "},
        {MODEL(TIMED("><timeCycle>R/2020-10-06T06:00:00/P1Y</timeCycle>") STAYS), "2 "}, /* a date of years before */
        {MODEL(TIMED("><timeDate>2024-10-07T00:00:00</timeDate>") STAYS), "3 "},
        {MODEL(TIMED("><timeDate>2024-01-07T00:00:00</timeDate>") STAYS), ""}, /* it was past before anybody knew of it */
        {MODEL(TIMED("><timeDuration>P9M2D</timeDuration>") STAYS), ""},
        {MODEL(TIMED("><timeDate>=when</timeDate>") STAYS), ""}, /* nothing to calculate it from */
    };

    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        (void)hall_close(state);
        (void)hall_open(state);
        struct hall *h = *state;
        hall_lay_down(h, "timed", cases[n].xml);
        for (int day = 0; day < 5; day++) {
            hall_turns(h);
            hall_turns(h);
            h->now_us += HALL_DAY_US;
        }
        check_days(h, cases[n].days);
    }
}

/* A process whose first day is tomorrow: what lasts so long is counted from then. */
static void
a_duration_is_counted_from_the_day_from_which_the_version_holds(void **state)
{
    struct hall *h = *state;

    hall_lay_down(h, "timed", MODEL(TIMED("><timeDuration>P2D</timeDuration>") STAYS));
    publish(h, "timed", "P2D", "P3D", HALL_DAY + 1, true);
    for (int day = 0; day < 7; day++) {
        hall_turns(h);
        h->now_us += HALL_DAY_US;
    }
    check_days(h, "4 ");
}

static void
what_was_missed_is_caught_up_as_the_model_says_and_else_once(void **state)
{
    static const struct {
        const char *missed, *days;
    } cases[] = {{"", "1 5 6 "}, {" gov:missed='1'", "1 5 6 "}, {" gov:missed='3'", "1 3 4 5 6 "}, {" gov:missed='100'", "1 2 3 4 5 6 "}};

    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        (void)hall_close(state);
        (void)hall_open(state);
        struct hall *h = *state;
        hall_lay_down(h, "daily", str_c(h->house.arena, str_fmt(h->house.arena, MODEL(TIMED("%s" DAILY) STAYS), cases[n].missed)));
        hall_turns(h);
        h->now_us += HALL_DAY_US;
        hall_turns(h);
        hall_unequip(h); /* the node is down */
        h->now_us += 4 * HALL_DAY_US;
        hall_equip(h, hall_open_case);
        hall_turns(h);
        h->now_us += HALL_DAY_US;
        hall_turns(h);
        check_days(h, cases[n].days);
    }
}

static void
a_clock_that_jumps_begins_nothing_twice(void **state)
{
    struct hall *h = *state;

    hall_lay_down(h, "daily", MODEL(TIMED(DAILY) STAYS));
    hall_turns(h);
    h->now_us += 3 * HALL_DAY_US;
    hall_turns(h);
    h->now_us -= 2 * HALL_DAY_US; /* and those days once more */
    for (int day = 0; day < 4; day++) {
        hall_turns(h);
        h->now_us += HALL_DAY_US;
    }
    check_days(h, "3 4 ");
}

static void
a_time_that_is_refused_is_over_and_the_next_one_counts(void **state)
{
    struct hall *h = *state;
    struct json *troubles;
    struct err err;

    hall_lay_down(h, "daily", MODEL(TIMED(DAILY) STAYS));
    hall_turns(h);
    h->refused = "s";
    h->now_us += HALL_DAY_US;
    assert_int_equal(hall_turns(h), 1);
    assert_int_equal(openings_troubles(&h->house.fixture.db, h->house.arena, &troubles, &err), RC_OK);
    assert_int_equal(troubles->count, 1);
    h->refused = NULL;
    h->now_us += HALL_DAY_US;
    assert_int_equal(hall_turns(h), 0);
    check_days(h, "2 ");
    assert_int_equal(openings_troubles(&h->house.fixture.db, h->house.arena, &troubles, &err), RC_OK);
    assert_int_equal(troubles->count, 0);
}

/* --- at once -------------------------------------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 20 };
struct caller {
    struct hall *h;
    pthread_t thread;
};

/* All do the same: the same messages, the same signals, the same times. */
static void *
call(void *ctx)
{
    struct hall *h = ((struct caller *)ctx)->h;
    struct arena *a = arena_new(16 << 20);

    for (int n = 0; n < ROUNDS; n++) {
        struct runtime_message m = hall_message(h, str_c(a, str_fmt(a, "m%d", n)), "order", str_c(a, str_fmt(a, "k%d", n / 2)));
        struct runtime_delivery out;
        int64_t next_us = INT64_MAX;
        bool more = true;
        int failed = 0;
        struct err err;
        CHECK(runtime_message(h->r, &h->house.fixture.db, a, &m, &out, &err) == RC_OK);
        while (more) {
            more = false;
            CHECK(openings_turn(h->o, &h->house.fixture.db, a, h->now_us, &next_us, &more, &failed, &err) == RC_OK && failed == 0);
        }
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

static void
threads_at_once_begin_each_case_once(void **state)
{
    struct hall *h = *state;
    struct caller callers[THREADS];

    hall_lay_down(h, "orders", MODEL(ORDERED STAYS));
    hall_lay_down(h, "daily", MODEL(TIMED(" gov:missed='50'" DAILY) STAYS));
    hall_turns(h);
    h->now_us += 30 * HALL_DAY_US;
    for (int n = 0; n < THREADS; n++) {
        callers[n].h = h;
        assert_int_equal(pthread_create(&callers[n].thread, NULL, call, &callers[n]), 0);
    }
    for (int n = 0; n < THREADS; n++) {
        (void)pthread_join(callers[n].thread, NULL);
    }
    assert_int_equal(hall_cases(h), 30 + ROUNDS / 2); /* of two messages of a key one begins, and the other waits */
    assert_int_equal(hall_count(h, "SELECT COUNT(*) FROM process_message WHERE instance = 0"), ROUNDS / 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HALL_TEST(a_message_that_nobody_waits_for_begins_one_case),
        HALL_TEST(while_a_case_of_its_key_is_open_a_message_is_for_that_one),
        HALL_TEST(a_key_is_remembered_as_long_as_its_case_is_open_whatever_its_number),
        HALL_TEST(where_no_house_is_and_where_it_refuses_nothing_begins),
        HALL_TEST(a_message_that_a_process_throws_begins_a_case_or_waits),
        HALL_TEST(a_version_hands_over_at_midnight_and_a_draft_begins_nothing),
        HALL_TEST(times_of_each_version_are_its_own),
        HALL_TEST(a_signal_begins_one_case_for_each_process_and_who_is_refused_holds_up_nobody),
        HALL_TEST(a_timer_begins_a_case_at_each_of_its_times),
        HALL_TEST(a_duration_is_counted_from_the_day_from_which_the_version_holds),
        HALL_TEST(what_was_missed_is_caught_up_as_the_model_says_and_else_once),
        HALL_TEST(a_clock_that_jumps_begins_nothing_twice),
        HALL_TEST(a_time_that_is_refused_is_over_and_the_next_one_counts),
        HALL_TEST(threads_at_once_begin_each_case_once),
    };

    return HOUSE_RUN(tests, "cases that begin by themselves");
}
