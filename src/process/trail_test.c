/*
 * The way of one case: what is marked as done, where it stands, and after it has ended.
 */
#include "process/test_runtime.h"
#include "process/trail.h"

static struct trail
followed(struct works *w, int64_t id)
{
    struct trail t = {.marks = 0};
    struct err err;

    if (trail_of(w->r, &w->house.fixture.db, w->house.arena, id, &t, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return t;
}

/* The strongest mark of an element. */
static enum bpmn_mark_kind
mark_of(const struct trail *t, const char *id)
{
    enum bpmn_mark_kind kind = BPMN_MARK_NONE;

    for (size_t i = 0; i < t->marks; i++) {
        if (str_eq(t->mark[i].id, str_of(id)) && t->mark[i].kind > kind) {
            kind = t->mark[i].kind;
        }
    }
    return kind;
}

static void
what_is_done_and_where_it_stands_is_marked(void **state)
{
    struct works *w = *state;
    struct trail t;
    int64_t id;

    works_add(w, "approval", 1, WORKS_APPROVAL);
    id = works_start(w, "approval", "{'command':'start','variables':{'approved':true}}");
    t = followed(w, id);
    assert_true(t.version == 1 && str_eq(t.key, STR("approval")) && t.state == INSTANCE_RUNNING && !t.is_cut);
    assert_true(mark_of(&t, "s") == BPMN_MARK_DONE && mark_of(&t, "f1") == BPMN_MARK_DONE && mark_of(&t, "accept") == BPMN_MARK_ACTIVE);
    assert_int_equal(mark_of(&t, "deptA"), BPMN_MARK_NONE);
    (void)works_complete(w, id, "accept");
    (void)works_complete(w, id, "deptA");
    t = followed(w, id);
    assert_true(mark_of(&t, "accept") == BPMN_MARK_DONE && mark_of(&t, "deptA") == BPMN_MARK_DONE);
    assert_true(mark_of(&t, "deptB") == BPMN_MARK_ACTIVE && mark_of(&t, "join") == BPMN_MARK_ACTIVE); /* one of two has come */
    (void)works_complete(w, id, "deptB");
    (void)works_complete(w, id, "issue");
    t = followed(w, id);
    assert_true(t.state == INSTANCE_COMPLETED && t.ended_us == WORKS_NOW_US);
    assert_true(mark_of(&t, "deptB") == BPMN_MARK_DONE && mark_of(&t, "join") == BPMN_MARK_DONE && mark_of(&t, "e") == BPMN_MARK_DONE);
    assert_int_equal(mark_of(&t, "no"), BPMN_MARK_NONE); /* the way that was not taken */
}

static void
steps_are_told_in_order_with_their_time(void **state)
{
    struct works *w = *state;
    struct trail t;
    const struct json *last;
    int64_t id;

    works_add(w, "approval", 1, WORKS_APPROVAL);
    id = works_start(w, "approval", "{'command':'start'}");
    w->now_us += SECOND_US;
    (void)works_complete(w, id, "accept");
    t = followed(w, id);
    last = t.steps->last;
    assert_true(str_eq(json_str(t.steps->first, "element"), STR("s")) && str_eq(json_str(t.steps->first, "what"), STR("entered")));
    assert_true(str_eq(json_str(last, "element"), STR("deptB")) && str_eq(json_str(last, "what"), STR("entered")));
    assert_true(json_int_or(last, "at_us", 0) == WORKS_NOW_US + SECOND_US);
}

static void
what_was_cancelled_or_has_stopped_is_marked_so(void **state)
{
    struct works *w = *state;
    struct trail t;
    int64_t id;

    works_add(w, "loose", 1, MODEL(START FLOW("f1", "s", "split") "<parallelGateway id='split'/>" FLOW("f2", "split", "a") FLOW("f3", "split", "b")
                                   "<userTask id='a'/><userTask id='b'/>" FLOW("f4", "a", "x") "<exclusiveGateway id='x'/>"
                                   WHEN("yes", "x", "stop", "never") "<endEvent id='stop'><terminateEventDefinition/></endEvent>" FLOW("f5", "b", "e") END));
    id = works_start(w, "loose", "{'command':'start'}");
    (void)works_complete(w, id, "a"); /* no condition holds */
    t = followed(w, id);
    assert_int_equal(mark_of(&t, "x"), BPMN_MARK_FAILED);
    (void)works_do(w, id, "{'command':'cancel','reason':'r'}");
    t = followed(w, id);
    assert_true(t.state == INSTANCE_CANCELLED && mark_of(&t, "b") == BPMN_MARK_CANCELLED);
}

static void
a_case_that_is_not_there_is_refused(void **state)
{
    struct works *w = *state;
    struct trail t;
    struct err err;

    assert_int_equal(trail_of(w->r, &w->house.fixture.db, w->house.arena, 99, &t, &err), RC_NOT_FOUND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(what_is_done_and_where_it_stands_is_marked),
        WORKS_TEST(steps_are_told_in_order_with_their_time),
        WORKS_TEST(what_was_cancelled_or_has_stopped_is_marked_so),
        WORKS_TEST(a_case_that_is_not_there_is_refused),
    };

    return HOUSE_RUN(tests, "trail");
}
