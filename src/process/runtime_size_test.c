/* What is too large for a case is refused before anything is stored; what is as large as it may be is stored, goes on and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "process/test_runtime.h"

enum { TEN_MEGABYTES = 10 << 20, ROOM = 256 << 20 };

/* On an arena of its own, as whoever takes a request from outside has it. */
static enum rc
try_with(struct works *w, int64_t instance, const char *text, const struct json *variables, struct runtime_result *out, struct err *err)
{
    struct arena *a = arena_new(ROOM);
    const struct modelbook_bound bound = {STR("m"), 1, STR("p")};
    struct command c = works_command(w, text);
    const struct runtime_request q = {.instance = instance, .business_key = STR("case-7"), .bound = &bound, .bounds = instance == 0, .command = &c,
                                      .actor = STR("officer:a"), .key = str_of(text), .now_us = w->now_us};

    c.variables = variables;
    enum rc rc = runtime_do(w->r, &w->house.fixture.db, a, &q, out, err);
    arena_free(a);
    return rc;
}

static const struct json *
large(struct arena *a)
{
    struct json *o = json_object(a);
    char *text = arena_alloc(a, TEN_MEGABYTES, 1);

    memset(text, 'x', TEN_MEGABYTES);
    json_set_text(a, o, "v", (struct str){text, TEN_MEGABYTES});
    return o;
}

/* Lists in one another, as deep as they may be. */
static const struct json *
deep(struct arena *a)
{
    struct json *o = json_object(a), *inner = json_array(a);

    for (int n = 0; n < ENGINE_NESTED_MAX; n++) {
        struct json *around = json_array(a);
        json_push(around, inner);
        inner = around;
    }
    json_set(a, o, "v", inner);
    return o;
}

static void
ten_megabytes_are_refused_and_nothing_is_stored(void **state)
{
    struct works *w = *state;
    struct arena *a = arena_new(ROOM);
    const struct json *variables = large(a);
    struct runtime_result out;
    struct err err;

    works_add(w, "m", 1, MODEL(START FLOW("f", "s", "a") "<userTask id='a'/>" FLOW("g", "a", "e") END));
    assert_int_equal(try_with(w, 0, "{'command':'start'}", variables, &out, &err), RC_INVALID);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_instance"), 0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_history"), 0);
    assert_int_equal(try_with(w, 0, "{'command':'start'}", NULL, &out, &err), RC_OK); /* its key was not used */
    int64_t id = out.instance;
    assert_int_equal(try_with(w, id, "{'command':'complete','token':2}", variables, &out, &err), RC_INVALID);
    assert_int_equal(try_with(w, id, "{'command':'set'}", variables, &out, &err), RC_INVALID);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_history"), 1);
    (void)works_complete(w, id, "a");
    assert_true(str_eq(works_state(w, id), STR("completed")));
    arena_free(a);
}

/* A message is kept until somebody waits for it, so it is weighed when it comes. */
static void
a_message_of_ten_megabytes_reaches_nobody(void **state)
{
    struct works *w = *state;
    struct arena *a = arena_new(ROOM);
    struct runtime_message message = {.id = STR("m1"), .name = STR("order"), .key = STR("case-7"), .variables = large(a), .ttl_us = 3600 * SECOND_US,
                                      .actor = STR("node:b"), .now_us = w->now_us};
    struct runtime_delivery out = {.instance = -1};
    struct err err;

    works_add(w, "m", 1, MODEL(START FLOW("f", "s", "a") "<receiveTask id='a' messageRef='M'/>" FLOW("g", "a", "e") END));
    int64_t id = works_start(w, "m", "{'command':'start'}");
    assert_int_equal(runtime_message(w->r, &w->house.fixture.db, a, &message, &out, &err), RC_INVALID);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_message"), 0);
    message.key = STR("case-8"); /* for which nobody waits yet */
    assert_int_equal(runtime_message(w->r, &w->house.fixture.db, a, &message, &out, &err), RC_INVALID);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_message"), 0);
    works_turns(w);
    assert_true(works_token(w, id, "a").kind == TOKEN_MESSAGE);
    arena_free(a);
}

static void
what_is_as_deep_as_it_may_be_is_stored_and_read(void **state)
{
    struct works *w = *state;
    struct arena *a = arena_new(ROOM);
    struct runtime_result out;
    struct err err;

    works_add(w, "m", 1, MODEL(START FLOW("f", "s", "a") "<serviceTask id='a'>" GOV("<gov:job type='j'/><gov:input name='i' value='=v'/>") "</serviceTask>" FLOW("g", "a", "b")
                               "<userTask id='b'/>" FLOW("h", "b", "e") END));
    assert_int_equal(try_with(w, 0, "{'command':'start'}", deep(a), &out, &err), RC_OK);
    int64_t id = out.instance;
    struct str line = str_fmt(w->house.arena, "{'command':'complete','token':%lld}", (long long)works_token(w, id, "a").id);
    assert_int_equal(try_with(w, id, line.ptr, deep(a), &out, &err), RC_OK);
    (void)works_complete(w, id, "b");
    works_check_history(w, id);
    arena_free(a);
}

static void
what_goes_round_for_ever_is_an_incident_in_the_store_until_it_is_ended(void **state)
{
    struct works *w = *state;

    works_add(w, "m", 1, MODEL(START FLOW("f", "s", "m") "<exclusiveGateway id='m'/>" FLOW("x", "m", "a") "<task id='a'/>" FLOW("y", "a", "n")
                               "<exclusiveGateway id='n' default='k'/>" FLOW("k", "n", "m") WHEN("z", "n", "e", "stop") END));
    int64_t id = works_start(w, "m", "{'command':'start'}"), other = works_start(w, "m", "{'command':'start'}");
    struct token stuck = works_token(w, id, "m");
    assert_true(stuck.kind == TOKEN_INCIDENT && str_eq(stuck.name, STR("too-long")));
    struct str again = str_fmt(w->house.arena, "{'command':'retry','token':%lld}", (long long)stuck.id);
    assert_true(str_eq(json_str(works_do(w, id, again.ptr).answer, "state"), STR("running"))); /* as before: nothing was mended */
    (void)works_do(w, id, "{'command':'cancel','reason':'it goes round'}");
    again = str_fmt(w->house.arena, "{'command':'retry','token':%lld,'variables':{'stop':true}}", (long long)works_token(w, other, "m").id);
    (void)works_do(w, other, again.ptr);
    assert_true(str_eq(works_state(w, id), STR("cancelled")) && str_eq(works_state(w, other), STR("completed")));
    works_check_history(w, id);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token"), 0);
}

static void
thousands_of_tokens_come_and_go(void **state)
{
    struct works *w = *state;

    works_add(w, "m", 1, MODEL(START FLOW("f", "s", "a") "<userTask id='a'><multiInstanceLoopCharacteristics><loopCardinality>9900</loopCardinality>"
                               "</multiInstanceLoopCharacteristics></userTask>" FLOW("g", "a", "e") END));
    struct arena *a = arena_new(ROOM);
    struct runtime_result out;
    struct err err;

    assert_int_equal(try_with(w, 0, "{'command':'start'}", NULL, &out, &err), RC_OK);
    int64_t id = out.instance;
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token"), 9901);
    int64_t task = works_int(w, "SELECT MAX(id) FROM process_token");
    struct str line = str_fmt(a, "{'command':'complete','token':%lld}", (long long)task);
    assert_int_equal(try_with(w, id, line.ptr, NULL, &out, &err), RC_OK);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token"), 9900);
    assert_int_equal(try_with(w, id, "{'command':'cancel','reason':'too many'}", NULL, &out, &err), RC_OK);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token"), 0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_scope"), 0);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(ten_megabytes_are_refused_and_nothing_is_stored),
        WORKS_TEST(a_message_of_ten_megabytes_reaches_nobody),
        WORKS_TEST(what_is_as_deep_as_it_may_be_is_stored_and_read),
        WORKS_TEST(what_goes_round_for_ever_is_an_incident_in_the_store_until_it_is_ended),
        WORKS_TEST(thousands_of_tokens_come_and_go),
    };

    return HOUSE_RUN(tests, "processes of any size");
}
