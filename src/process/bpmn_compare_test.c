/*
 * Two versions of a model side by side: what counts as a change, and what does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/bpmn_compare.h"
#include "process/test_bpmn.h"

#define STEPS START FLOW("f1", "s", "a") "<userTask id='a' name='受理'><incoming>f1</incoming></userTask>" FLOW("f2", "a", "e") END
#define AT(x) "<x:BPMNDiagram xmlns:x='http://www.omg.org/spec/BPMN/20100524/DI' xmlns:c='http://www.omg.org/spec/DD/20100524/DC'><x:BPMNPlane>" \
              "<x:BPMNShape bpmnElement='a'><c:Bounds x='" x "' y='0' width='100' height='80'/></x:BPMNShape></x:BPMNPlane></x:BPMNDiagram>"
#define GOV(inside) START FLOW("f1", "s", "a") "<userTask id='a' name='受理'><extensionElements>" inside "</extensionElements></userTask>" FLOW("f2", "a", "e") END

static struct json *
compared(struct arena *a, const char *before, const char *after)
{
    struct json *out = NULL;
    struct err err;

    if (bpmn_compare(a, str_of(before), str_of(after), &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

/* "added:x changed:a(name 受理→办理)" */
static struct str
in_short(struct arena *a, const struct json *d)
{
    static const char *const lists[] = {"added", "removed", "changed", "moved"};
    struct str out = STR("");
    struct err err;
    struct buf b;

    buf_init(&b, a, 4096);
    for (size_t i = 0; i < 4; i++) {
        for (const struct json *e = json_get(d, lists[i])->first; e != NULL; e = e->next) {
            buf_put_fmt(&b, "%s%s:%.*s", b.len > 0 ? " " : "", lists[i], STR_ARG(json_str(e, "id")));
            const struct json *changes = json_get(e, "changes");
            for (const struct json *c = changes != NULL ? changes->first : NULL; c != NULL; c = c->next) {
                buf_put_fmt(&b, "(%.*s %.*s→%.*s)", STR_ARG(json_str(c, "what")), STR_ARG(json_str(c, "was")), STR_ARG(json_str(c, "is")));
            }
        }
    }
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    return out;
}

static void
each_difference_is_told_at_its_element(void **state)
{
    static const struct {
        const char *before, *after, *told;
    } cases[] = {
        {MODEL(STEPS), MODEL(STEPS), ""},
        {MODEL(STEPS), MODEL(START FLOW("f1", "s", "a") "<userTask id='a' name='办理'/>" FLOW("f2", "a", "e") END), "changed:a(name 受理→办理)"},
        {MODEL(STEPS), MODEL(START FLOW("f1", "s", "a") "<userTask id='a'/>" FLOW("f2", "a", "e") END), "changed:a(name 受理→)"},
        {MODEL(STEPS), MODEL(START FLOW("f1", "s", "a") "<manualTask id='a' name='受理'/>" FLOW("f2", "a", "e") END), "changed:a(type userTask→manualTask)"},
        {MODEL(STEPS), MODEL(STEPS "<task id='b'/>"), "added:b"},
        {MODEL(STEPS "<task id='b'/>"), MODEL(STEPS), "removed:b"},
        {MODEL(STEPS "<task id='b'/>" FLOW("f3", "a", "b")), MODEL(STEPS "<task id='b'/>" FLOW("f3", "s", "b")), "changed:f3(sourceRef a→s)"},
        {MODEL(GOV("")), MODEL(GOV("<gov:assignment role='officer'/>")), "changed:a(assignment →assignment role=\"officer\")"},
        {MODEL(GOV("<gov:outcome code='y'/><gov:outcome code='n'/>")), MODEL(GOV("<gov:outcome code='y'/>")),
         "changed:a(outcome outcome code=\"y\"; outcome code=\"n\"→outcome code=\"y\")"},
        {MODEL(STEPS "<subProcess id='u'><task id='t'/></subProcess>"), MODEL(STEPS "<subProcess id='u'/><task id='t'/>"), "changed:t(in u→p)"},
        {MODEL(STEPS "<intermediateCatchEvent id='c'><timerEventDefinition id='T1'><timeDuration>P5D</timeDuration></timerEventDefinition></intermediateCatchEvent>"),
         MODEL(STEPS "<intermediateCatchEvent id='c'><timerEventDefinition id='T2'><timeDuration> P6D </timeDuration></timerEventDefinition></intermediateCatchEvent>"),
         "changed:c(timerEventDefinition timerEventDefinition (timeDuration: P5D)→timerEventDefinition (timeDuration: P6D))"},
        {MODEL("<task id='b'/><task id='b' name='2'/>"), MODEL("<task id='b'/><task id='b' name='2'/>"), ""}, /* two of one id are a mistake, and no difference */
        {MODEL("<task id='b'/><task id='b' name='2'/>"), MODEL("<task id='b'/>"), "removed:b"},
        {OPEN PROCESS(STEPS) AT("10") CLOSE, OPEN PROCESS(STEPS) AT("20") CLOSE, "moved:a"},
        {OPEN PROCESS(STEPS) AT("10") CLOSE, OPEN PROCESS(STEPS "<task id='b'/>") AT("20") CLOSE, "added:b moved:a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(4 << 20);
        struct str told = in_short(a, compared(a, cases[i].before, cases[i].after));
        if (!str_eq(told, str_of(cases[i].told))) {
            fail_msg("%zu: %.*s, not %s", i, STR_ARG(told), cases[i].told);
        }
        arena_free(a);
    }
}

static void
how_it_is_written_is_no_difference(void **state)
{
    static const char other[] = "<b:definitions xmlns:b='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:z='" BPMN_GOV "' name='m' id='model'>"
                                "<b:process isExecutable='true' id='p'><b:startEvent id='s'><b:outgoing>f1</b:outgoing></b:startEvent>"
                                "<b:userTask name='受理' id='a'><b:extensionElements><z:assignment org='o' role='officer'/></b:extensionElements></b:userTask>"
                                "<b:endEvent id='e'/><b:sequenceFlow targetRef='a' id='f1' sourceRef='s'/><b:sequenceFlow id='f2' sourceRef='a' targetRef='e'/>"
                                "</b:process>" "</b:definitions>";
    struct arena *a = arena_new(4 << 20);
    struct json *d = compared(a, OPEN "<process id='p' isExecutable='true'>" GOV("<gov:assignment role='officer' org='o'/>") "</process>" CLOSE, other);

    (void)state;
    assert_true(str_eq(in_short(a, d), STR("")));
    assert_int_equal(json_int_or(d, "count", -1), 0);
    arena_free(a);
}

static void
marks_of_a_comparison_are_for_the_picture_of_the_later_one(void **state)
{
    struct arena *a = arena_new(4 << 20);
    struct json *d = compared(a, MODEL(STEPS "<task id='gone'/>"), MODEL(START FLOW("f1", "s", "a") "<userTask id='a'/>" FLOW("f2", "a", "e") END "<task id='b'/>"));
    struct bpmn_mark *mark = NULL;
    size_t count = 0;
    struct err err;

    (void)state;
    assert_int_equal(json_int_or(d, "count", -1), 3);
    assert_int_equal(bpmn_compare_marks(a, d, &mark, &count, &err), RC_OK);
    assert_int_equal(count, 2);
    assert_true(str_eq(mark[0].id, STR("b")) && mark[0].kind == BPMN_MARK_ADDED);
    assert_true(str_eq(mark[1].id, STR("a")) && mark[1].kind == BPMN_MARK_CHANGED);
    arena_free(a);
}

/* An element with so many contents, each of another name. */
static struct str
crowded(struct arena *a, int contents)
{
    struct str xml = STR("");
    struct err err;
    struct buf b;

    buf_init(&b, a, 4 << 20);
    buf_put(&b, STR(OPEN "<process id='p'><userTask id='a'><extensionElements>"));
    for (int i = 0; i < contents; i++) {
        buf_put_fmt(&b, "<gov:x%d/>", i);
    }
    buf_put(&b, STR("</extensionElements></userTask></process>" CLOSE));
    assert_int_equal(buf_finish(&b, &xml, &err), RC_OK);
    return xml;
}

static void
what_would_take_too_long_is_not_compared(void **state)
{
    struct arena *a = arena_new(64 << 20);
    struct json *out = NULL;
    struct err err;

    (void)state;
    assert_int_equal(bpmn_compare(a, crowded(a, 300), crowded(a, 301), &out, &err), RC_OK);
    assert_int_equal(json_int_or(out, "count", -1), 1);
    assert_int_equal(bpmn_compare(a, crowded(a, 20000), crowded(a, 20000), &out, &err), RC_LIMIT);
    arena_free(a);
}

static void
many_differences_are_told_in_part(void **state)
{
    struct arena *a = arena_new(64 << 20);
    struct str xml = STR("");
    struct json *d = NULL;
    struct err err;
    struct buf b;

    (void)state;
    buf_init(&b, a, 4 << 20);
    buf_put(&b, STR(OPEN "<process id='p'>"));
    for (int i = 0; i < BPMN_SHOWN_MAX + 7; i++) {
        buf_put_fmt(&b, "<task id='t%d'/>", i);
    }
    buf_put(&b, STR("</process>" CLOSE));
    assert_int_equal(buf_finish(&b, &xml, &err), RC_OK);
    assert_int_equal(bpmn_compare(a, STR(OPEN "<process id='p'/>" CLOSE), xml, &d, &err), RC_OK);
    assert_true(json_get(d, "added")->count == BPMN_SHOWN_MAX && json_int_or(d, "left_out", -1) == 7);
    arena_free(a);
}

static void
what_is_no_model_is_refused(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct json *out = NULL;
    struct err err;

    (void)state;
    assert_int_equal(bpmn_compare(a, STR("<x/>"), STR(MODEL(STEPS)), &out, &err), RC_INVALID);
    assert_int_equal(bpmn_compare(a, STR(MODEL(STEPS)), STR(""), &out, &err), RC_INVALID);
    arena_free(a);
}

static void
a_full_arena_is_only_ever_a_limit(void **state)
{
    enum rc rc = RC_LIMIT;

    (void)state;
    for (size_t limit = 16; rc != RC_OK; limit += 16) {
        struct arena *small = arena_new(limit);
        struct json *out = NULL;
        struct err err;
        rc = bpmn_compare(small, STR(MODEL(STEPS)), STR(MODEL(GOV("<gov:outcome code='y'/>"))), &out, &err);
        if (rc != RC_OK && rc != RC_LIMIT) {
            fail_msg("%zu bytes: %s", limit, err.text);
        }
        assert_true(limit < 1 << 20);
        arena_free(small);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_difference_is_told_at_its_element),
        cmocka_unit_test(how_it_is_written_is_no_difference),
        cmocka_unit_test(marks_of_a_comparison_are_for_the_picture_of_the_later_one),
        cmocka_unit_test(what_would_take_too_long_is_not_compared),
        cmocka_unit_test(many_differences_are_told_in_part),
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(a_full_arena_is_only_ever_a_limit),
    };

    return cmocka_run_group_tests_name("bpmn_compare", tests, NULL, NULL);
}
