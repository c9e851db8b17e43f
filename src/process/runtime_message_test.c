/*
 * Messages and signals between stored processes: in either order, once, and to all who listened.
 */
#include "process/test_runtime.h"

#define CATCH_MESSAGE "<intermediateCatchEvent id='a'><messageEventDefinition messageRef='M'/></intermediateCatchEvent>"
#define THROW_MESSAGE "<intermediateThrowEvent id='a'><messageEventDefinition messageRef='M'/></intermediateThrowEvent>"
#define CATCH_SIGNAL "<intermediateCatchEvent id='a'><signalEventDefinition signalRef='S'/></intermediateCatchEvent>"
#define THROW_SIGNAL "<intermediateThrowEvent id='a'><signalEventDefinition signalRef='S'/></intermediateThrowEvent>"

static void
with_models(struct works *w)
{
    works_add(w, "catch", 1, AROUND(CATCH_MESSAGE));
    works_add(w, "throw", 1, AROUND(THROW_MESSAGE));
    works_add(w, "listen", 1, AROUND(CATCH_SIGNAL));
    works_add(w, "call", 1, AROUND(THROW_SIGNAL));
    works_add(w, "later", 1, MODEL(START FLOW("f1", "s", "t") "<userTask id='t'/>" FLOW("f2", "t", "a") CATCH_MESSAGE FLOW("f3", "a", "e") END));
}

static int64_t
begin(struct works *w, const char *model)
{
    return works_start(w, model, "{'command':'start'}");
}

static enum rc
try_send(struct works *w, const char *id, const char *key, const char *variables, int64_t ttl_us, struct runtime_delivery *out,
         struct err *err)
{
    const struct runtime_message m = {.id = str_of(id), .name = STR("order"), .key = str_of(key),
                                      .variables = house_json(&w->house, variables), .ttl_us = ttl_us, .actor = STR("peer"),
                                      .now_us = w->now_us};

    return runtime_message(w->r, &w->house.fixture.db, w->house.arena, &m, out, err);
}

/* Who took it, 0: nobody yet. */
static int64_t
sent(struct works *w, const char *id, const char *key)
{
    struct runtime_delivery out = {.instance = -1};
    struct err err;

    if (try_send(w, id, key, "{\"paid\":true}", 60 * SECOND_US, &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out.instance;
}

static int64_t
closed(struct works *w)
{
    return works_int(w, "SELECT COUNT(*) FROM process_closed");
}

static size_t
untaken(struct works *w)
{
    const struct runtime_untaken from = {STR(""), STR(""), STR(""), 0};
    struct json *list = NULL;
    struct err err;

    assert_int_equal(runtime_messages(w->r, &w->house.fixture.db, w->house.arena, &from, 10, &list, &err), RC_OK);
    return list->count;
}

static void
a_message_reaches_who_waits_for_it_with_what_it_says(void **state)
{
    struct works *w = *state;
    struct instance i;
    struct err err;

    with_models(w);
    int64_t id = begin(w, "catch");
    assert_int_equal(sent(w, "m1", "another case"), 0);
    assert_int_equal(sent(w, "m2", "case-7"), id);
    assert_true(str_eq(works_state(w, id), STR("completed")));
    assert_int_equal(runtime_instance(w->r, &w->house.fixture.db, w->house.arena, id, &i, &err), RC_OK);
    assert_true(json_true(i.scope[0].variables, "paid"));
    assert_int_equal(untaken(w), 1);
    works_check_history(w, id);
}

static void
a_message_that_comes_first_waits_for_its_listener(void **state)
{
    struct works *w = *state;

    with_models(w);
    assert_int_equal(sent(w, "m1", "case-7"), 0);
    works_turns(w);
    int64_t id = begin(w, "catch");
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("completed")));
    assert_int_equal(untaken(w), 0);
    int64_t second = begin(w, "catch");
    works_turns(w);
    assert_true(str_eq(works_state(w, second), STR("running"))); /* it was taken once */
}

static void
who_begins_to_listen_wakes_whoever_delivers(void **state)
{
    struct works *w = *state;

    with_models(w);
    assert_int_equal(sent(w, "m1", "case-7"), 0);
    int64_t id = begin(w, "later");
    works_turns(w);
    int wakes = w->wakes;
    (void)works_complete(w, id, "t");
    assert_int_equal(w->wakes, wakes + 1);
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("completed")));
}

static void
a_message_sent_twice_is_one(void **state)
{
    struct works *w = *state;
    struct runtime_delivery out;
    struct err err;

    with_models(w);
    int64_t id = begin(w, "catch");
    (void)begin(w, "catch");
    assert_int_equal(sent(w, "m1", "case-7"), id);
    assert_int_equal(try_send(w, "m1", "case-7", "{\"paid\":true}", 60 * SECOND_US, &out, &err), RC_OK);
    assert_true(out.is_repeated);
    assert_int_equal(out.instance, id);
    assert_int_equal(closed(w), 1);
    assert_refused(try_send(w, "m1", "case-7", "{\"paid\":false}", 0, &out, &refused_), RC_CONFLICT, "key-used");
    assert_int_equal(try_send(w, "", "case-7", "{}", 0, &out, &err), RC_INVALID);
}

static void
each_message_goes_to_one_of_those_who_wait(void **state)
{
    struct works *w = *state;

    with_models(w);
    assert_int_equal(sent(w, "m1", "case-7"), 0);
    assert_int_equal(sent(w, "m2", "case-7"), 0);
    for (int n = 0; n < 3; n++) {
        (void)begin(w, "catch");
    }
    works_turns(w);
    assert_int_equal(closed(w), 2);
    assert_int_equal(sent(w, "m3", "case-7") > 0, 1);
    assert_int_equal(closed(w), 3);
}

static void
a_message_waits_no_longer_than_it_may_and_is_listed(void **state)
{
    struct works *w = *state;

    with_models(w);
    assert_int_equal(sent(w, "m1", "case-7"), 0);
    w->now_us += 60 * SECOND_US;
    int64_t id = begin(w, "catch");
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("running")));
    assert_int_equal(untaken(w), 1);
    w->now_us += INT64_C(31) * 86400 * SECOND_US;
    works_turns(w);
    assert_int_equal(untaken(w), 0);
}

static void
a_message_waits_for_who_is_suspended(void **state)
{
    struct works *w = *state;

    with_models(w);
    int64_t id = begin(w, "catch");
    (void)works_do(w, id, "{'command':'suspend'}");
    assert_int_equal(sent(w, "m1", "case-7"), 0);
    works_turns(w);
    (void)works_do(w, id, "{'command':'resume'}");
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("completed")));
}

static void
one_process_sends_to_another_in_either_order(void **state)
{
    struct works *w = *state;

    with_models(w);
    int64_t id = begin(w, "catch");
    (void)begin(w, "throw");
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("completed")));
    (void)begin(w, "throw");
    works_turns(w);
    id = begin(w, "catch");
    works_turns(w);
    assert_true(str_eq(works_state(w, id), STR("completed")));
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_outbox"), 0);
    works_check_history(w, id);
}

static void
a_listener_whose_model_is_not_in_memory_gets_its_message(void **state)
{
    struct works *w = *state;

    with_models(w);
    int64_t id = begin(w, "catch");
    w->model[0].model = NULL;
    assert_int_equal(sent(w, "m1", "case-7"), id);
}

/* The first is refused its act, the second has rows that do not fit, the model of the third is nowhere. */
static void
listeners_with_whom_something_is_wrong_are_incidents_and_the_next_takes_the_message(void **state)
{
    struct works *w = *state;
    int64_t id[4];

    with_models(w);
    for (int n = 0; n < 4; n++) {
        id[n] = begin(w, "catch");
    }
    w->refused = id[0];
    works_sql(w, "UPDATE process_token SET flow = 'nowhere' WHERE instance = %lld", id[1]);
    works_sql(w, "UPDATE process_instance SET models = '[[\"nowhere\",1,\"p\"]]' WHERE id = %lld", id[2]);
    (void)begin(w, "throw");
    works_turns(w);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_incident WHERE code = 'message-failed'"), 3);
    assert_true(str_eq(works_state(w, id[3]), STR("completed")));
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_outbox"), 0);
    for (int n = 0; n < 4; n++) {
        works_check_history(w, id[n]);
    }
}

static void
a_message_from_outside_passes_over_who_cannot_be_read(void **state)
{
    struct works *w = *state;

    with_models(w);
    int64_t id = begin(w, "catch"), next = begin(w, "catch");
    works_sql(w, "UPDATE process_token SET flow = 'nowhere' WHERE instance = %lld", id);
    assert_int_equal(sent(w, "m1", "case-7"), next);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_incident WHERE code = 'message-failed'"), 1);
}

static void
a_signal_reaches_all_who_listened_when_it_was_thrown(void **state)
{
    struct works *w = *state;
    int64_t last = 0;

    with_models(w);
    for (int n = 0; n < 60; n++) {
        last = begin(w, "listen");
        arena_reset(w->house.arena);
    }
    (void)works_do(w, last, "{'command':'suspend'}");
    (void)begin(w, "call");
    w->now_us += 1;
    int64_t late = begin(w, "listen");
    works_turns(w);
    assert_int_equal(closed(w), 60); /* 59 who heard it and the one who threw it */
    assert_true(str_eq(works_state(w, late), STR("running")));
    assert_true(str_eq(works_state(w, last), STR("suspended")));
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_outbox"), 0);
}

/* Who hears it and goes on listening is not told again when the next few are. */
static void
whoever_goes_on_listening_hears_a_signal_once(void **state)
{
    struct works *w = *state;

    with_models(w);
    works_add(w, "bell", 1,
              MODEL(START FLOW("f1", "s", "a") "<userTask id='a'/><boundaryEvent id='b' attachedToRef='a' cancelActivity='false'>"
                    "<signalEventDefinition signalRef='S'/></boundaryEvent>" FLOW("f2", "a", "e") FLOW("f3", "b", "n") "<endEvent id='n'/>" END));
    for (int n = 0; n < 60; n++) {
        (void)begin(w, "bell");
        arena_reset(w->house.arena);
    }
    (void)begin(w, "call");
    works_turns(w);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token WHERE kind = 'signal'"), 60);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_history"), 60 + 60 + 1);
}

static void
one_who_cannot_hear_a_signal_is_an_incident_and_the_others_hear_it(void **state)
{
    struct works *w = *state;

    with_models(w);
    int64_t id = begin(w, "listen");
    (void)begin(w, "listen");
    works_sql(w, "UPDATE process_token SET flow = 'nowhere' WHERE instance = %lld", id);
    (void)begin(w, "call");
    works_turns(w);
    assert_int_equal(closed(w), 2);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_incident WHERE code = 'signal-failed'"), 1);
    works_check_history(w, id);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(a_message_reaches_who_waits_for_it_with_what_it_says),
        WORKS_TEST(a_message_that_comes_first_waits_for_its_listener),
        WORKS_TEST(who_begins_to_listen_wakes_whoever_delivers),
        WORKS_TEST(a_message_sent_twice_is_one),
        WORKS_TEST(each_message_goes_to_one_of_those_who_wait),
        WORKS_TEST(a_message_waits_no_longer_than_it_may_and_is_listed),
        WORKS_TEST(a_message_waits_for_who_is_suspended),
        WORKS_TEST(one_process_sends_to_another_in_either_order),
        WORKS_TEST(a_listener_whose_model_is_not_in_memory_gets_its_message),
        WORKS_TEST(listeners_with_whom_something_is_wrong_are_incidents_and_the_next_takes_the_message),
        WORKS_TEST(a_message_from_outside_passes_over_who_cannot_be_read),
        WORKS_TEST(a_signal_reaches_all_who_listened_when_it_was_thrown),
        WORKS_TEST(whoever_goes_on_listening_hears_a_signal_once),
        WORKS_TEST(one_who_cannot_hear_a_signal_is_an_incident_and_the_others_hear_it),
    };

    return HOUSE_RUN(tests, "messages and signals");
}
