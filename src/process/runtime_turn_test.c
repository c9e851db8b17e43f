/*
 * What time does to stored processes: timers, whatever the clock says, and what nobody needs any more.
 */
#include "process/test_runtime.h"

static const char *const wait_xml =
    AROUND("<intermediateCatchEvent id='a'><timerEventDefinition><timeDuration>PT10S</timeDuration></timerEventDefinition>"
           "</intermediateCatchEvent>");
static const char *const remind_xml =
    MODEL(START FLOW("f1", "s", "a") "<userTask id='a'/>"
          "<boundaryEvent id='remind' attachedToRef='a' cancelActivity='false'><timerEventDefinition><timeCycle>R/PT10S</timeCycle>"
          "</timerEventDefinition></boundaryEvent>" FLOW("f2", "a", "e") FLOW("f3", "remind", "n") "<endEvent id='n'/>" END);

static int64_t
with_timer(struct works *w)
{
    if (w->count == 0) {
        works_add(w, "wait", 1, wait_xml);
    }
    return works_start(w, "wait", "{'command':'start'}");
}

static int64_t
closed(struct works *w)
{
    return works_int(w, "SELECT COUNT(*) FROM process_closed");
}

static const struct json *
first_incident(struct works *w)
{
    struct json *list = NULL;
    struct err err;

    if (runtime_incidents(w->r, &w->house.fixture.db, w->house.arena, 0, 0, 10, &list, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(list->count, 1);
    return list->first;
}

static void
a_timer_fires_when_it_is_due_and_once(void **state)
{
    struct works *w = *state;
    int64_t id = with_timer(w), due_us = w->now_us + 10 * SECOND_US;

    assert_int_equal(works_turn(w), due_us);
    assert_true(str_eq(works_state(w, id), STR("running")));
    w->now_us = due_us;
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("completed")));
    works_turns(w);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_history"), 2);
    works_check_history(w, id);
}

static void
whoever_waits_for_time_is_woken_by_an_earlier_timer(void **state)
{
    struct works *w = *state;
    int wakes;

    (void)with_timer(w);
    assert_int_equal(w->wakes, 1); /* no turn has been yet */
    works_turns(w);
    wakes = w->wakes;
    w->now_us += SECOND_US;
    (void)with_timer(w); /* later than the one that is waited for */
    assert_int_equal(w->wakes, wakes);
    w->now_us -= 2 * SECOND_US;
    (void)with_timer(w);
    assert_int_equal(w->wakes, wakes + 1);
}

static void
a_crowd_of_timers_is_fired_a_batch_a_turn(void **state)
{
    struct works *w = *state;

    for (int n = 0; n < 230; n++) {
        (void)with_timer(w);
        arena_reset(w->house.arena);
    }
    w->now_us += 10 * SECOND_US;
    assert_int_equal(works_turn(w), w->now_us);
    assert_int_equal(closed(w), 100);
    assert_int_equal(works_turn(w), w->now_us);
    assert_int_equal(closed(w), 200);
    works_turns(w);
    assert_int_equal(closed(w), 230);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_history"), 460);
}

/* The middle one's rows are not what its model says. */
static void
one_bad_timer_is_an_incident_of_its_own_instance_and_holds_up_no_other(void **state)
{
    struct works *w = *state;
    int64_t id = with_timer(w);

    (void)with_timer(w);
    (void)with_timer(w);
    works_sql(w, "UPDATE process_token SET flow = 'nowhere' WHERE instance = %lld", id + 1);
    w->now_us += 10 * SECOND_US;
    works_turns(w);
    assert_int_equal(closed(w), 2);
    assert_true(str_eq(json_str(first_incident(w), "code"), STR("timer-failed")));
    assert_int_equal(json_int_or(first_incident(w), "instance", 0), id + 1);
    assert_true(json_str(json_get(first_incident(w), "data"), "reason").len > 0);
    works_check_history(w, id + 1);

    fixture_sql(&w->house.fixture, "UPDATE process_token SET flow = 'f1'");
    struct str retry = str_fmt(w->house.arena, "{'command':'retry','token':%lld,'attempt':-1}",
                               (long long)json_int_or(first_incident(w), "token", 0));
    (void)works_do(w, id + 1, retry.ptr);
    w->now_us += 10 * SECOND_US;
    works_turns(w);
    assert_int_equal(closed(w), 3);
}

/* What is written with it is refused: then its rows were written by half, and all that shared its transaction is undone and done again. */
static void
a_timer_whose_act_is_refused_spoils_none_of_its_batch(void **state)
{
    struct works *w = *state;

    (void)with_timer(w);
    int64_t bad = with_timer(w);
    (void)with_timer(w);
    w->refused = bad;
    w->now_us += 10 * SECOND_US;
    works_turns(w);
    assert_int_equal(closed(w), 2);
    assert_int_equal(json_int_or(first_incident(w), "instance", 0), bad);
    assert_true(str_has(json_str(json_get(first_incident(w), "data"), "reason"), STR("no such power")));
    works_check_history(w, bad);
}

static void
a_model_that_cannot_be_read_now_is_read_later_and_one_that_never_can_is_an_incident(void **state)
{
    struct works *w = *state;
    struct arena *a = w->house.arena;
    int64_t next_us;
    struct err err;

    (void)with_timer(w);
    w->model[0].model = NULL;
    w->loading = RC_IO;
    w->now_us += 10 * SECOND_US;
    assert_int_equal(runtime_turn(w->r, &w->house.fixture.db, a, w->now_us, &next_us, &err), RC_IO);
    w->loading = RC_OK;
    works_turns(w);
    assert_int_equal(closed(w), 1);

    int64_t id = with_timer(w);
    w->model[0].model = NULL;
    w->loading = RC_INVALID;
    w->now_us += 10 * SECOND_US;
    works_turns(w);
    w->loading = RC_OK;
    assert_int_equal(json_int_or(first_incident(w), "instance", 0), id);
    works_check_history(w, id);
}

static void
the_timer_of_who_is_suspended_waits_for_him(void **state)
{
    struct works *w = *state;
    int64_t id = with_timer(w);

    (void)works_do(w, id, "{'command':'suspend'}");
    w->now_us += 20 * SECOND_US;
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("suspended")));
    works_turns(w); /* promised, not now */
    int wakes = w->wakes;
    (void)works_do(w, id, "{'command':'resume'}");
    assert_int_equal(w->wakes, wakes + 1);
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("completed")));
}

/* However late each turn comes, the reminders stay on the seconds they were set for. */
static void
a_cycle_keeps_to_its_anchor(void **state)
{
    struct works *w = *state;
    int64_t from_us = w->now_us;

    works_add(w, "remind", 1, remind_xml);
    int64_t id = works_start(w, "remind", "{'command':'start'}");
    for (int n = 1; n <= 5; n++) {
        w->now_us += 13 * SECOND_US;
        works_turns(w);
        int64_t due_us = works_token(w, id, "remind").due_us;
        assert_int_equal((due_us - from_us) % (10 * SECOND_US), 0);
        assert_true(due_us > w->now_us);
    }
    works_check_history(w, id);
}

static void
a_clock_that_jumps_fires_nothing_twice_and_loses_nothing(void **state)
{
    struct works *w = *state;
    int64_t first = with_timer(w);

    w->now_us += INT64_C(86400) * SECOND_US; /* forward */
    works_turns(w);
    assert_int_equal(closed(w), 1);
    w->now_us -= INT64_C(2) * 86400 * SECOND_US; /* and back, to before all of it */
    works_turns(w);
    int64_t second = with_timer(w);
    w->now_us += 10 * SECOND_US;
    works_turns(w);
    assert_int_equal(closed(w), 2);
    works_check_history(w, first);
    works_check_history(w, second);
}

static void
answers_are_forgotten_after_their_time_and_not_before(void **state)
{
    struct works *w = *state;
    struct runtime_result out;
    struct err err;

    works_add(w, "wait", 1, wait_xml);
    assert_int_equal(works_try_start(w, "wait", "{'command':'start'}", "k1", &out, &err), RC_OK);
    w->now_us += INT64_C(20) * 86400 * SECOND_US;
    assert_int_equal(works_try_start(w, "wait", "{'command':'start'}", "k2", &out, &err), RC_OK);
    works_turns(w);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_command"), 2);
    w->now_us += INT64_C(11) * 86400 * SECOND_US;
    works_turns(w);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_command"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(a_timer_fires_when_it_is_due_and_once),
        WORKS_TEST(whoever_waits_for_time_is_woken_by_an_earlier_timer),
        WORKS_TEST(a_crowd_of_timers_is_fired_a_batch_a_turn),
        WORKS_TEST(one_bad_timer_is_an_incident_of_its_own_instance_and_holds_up_no_other),
        WORKS_TEST(a_timer_whose_act_is_refused_spoils_none_of_its_batch),
        WORKS_TEST(a_model_that_cannot_be_read_now_is_read_later_and_one_that_never_can_is_an_incident),
        WORKS_TEST(the_timer_of_who_is_suspended_waits_for_him),
        WORKS_TEST(a_cycle_keeps_to_its_anchor),
        WORKS_TEST(a_clock_that_jumps_fires_nothing_twice_and_loses_nothing),
        WORKS_TEST(answers_are_forgotten_after_their_time_and_not_before),
    };

    return HOUSE_RUN(tests, "what time does to processes");
}
