/* Each rule has a drawing that breaks it, and the place is named; what keeps them all has nothing to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/test_bpmn.h"

struct broken {
    enum bpmn_rule rule;
    uint32_t line;
    const char *id; /* of the element that is blamed */
    const char *xml;
};

static void
try_broken(const struct broken *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *a = arena_new(1 << 22);
        struct bpmn_report report;
        const struct bpmn *m;
        enum rc rc = bpmn_try(a, cases[i].xml, &m, &report);
        const struct bpmn_finding *f = bpmn_find(&report, cases[i].rule);
        if (f == NULL || f->line != cases[i].line || !str_eq(f->id, str_of(cases[i].id)) || f->en.len == 0 || f->zh.len == 0) {
            fail_msg("%s: %s found at line %u, %.*s; first: %.*s", cases[i].xml, f == NULL ? "not" : bpmn_rule_name(f->rule),
                     f != NULL ? f->line : 0, f != NULL ? (int)f->id.len : 0, f != NULL ? f->id.ptr : "",
                     report.count > 0 ? (int)report.finding[0].en.len : 0, report.count > 0 ? report.finding[0].en.ptr : "");
        }
        assert_int_equal(rc, report.errors > 0 ? RC_INVALID : RC_OK);
        assert_true(f->severity != BPMN_ERROR || rc == RC_INVALID);
        arena_free(a);
    }
}
#define TRY_BROKEN(cases) try_broken(cases, sizeof(cases) / sizeof((cases)[0]))

#define TASK(id) "<task id='" id "'/>"
#define SUB(id, inside) "<subProcess id='" id "'>" inside "</subProcess>"
#define EVENT_SUB(id, inside) "<subProcess id='" id "' triggeredByEvent='true'>" inside "</subProcess>"
#define SMALL AROUND(TASK("a"))
#define BESIDE_A(more) MODEL(START FLOW("f1", "s", "a") TASK("a") FLOW("f2", "a", "e") END "\n" more)

static void
flows_begin_and_end_where_they_may(void **state)
{
    static const struct broken cases[] = {
        {BPMN_RULE_CROSSING, 3, "x", MODEL(START FLOW("f", "s", "a") SUB("a", TASK("b")) FLOW("g", "a", "e") END FLOW("x", "s", "b"))},
        {BPMN_RULE_LISTED, 3, "s", MODEL("<startEvent id='s'><outgoing>g</outgoing></startEvent>" FLOW("f", "s", "a") TASK("a")
                                         FLOW("g", "a", "e") END)},
        {BPMN_RULE_START_INCOMING, 3, "s", MODEL(START FLOW("f", "s", "a") TASK("a") FLOW("g", "a", "e") END FLOW("h", "a", "s"))},
        {BPMN_RULE_END_OUTGOING, 3, "e", MODEL(START FLOW("f", "s", "a") TASK("a") FLOW("g", "a", "e") END FLOW("h", "e", "a"))},
        {BPMN_RULE_NO_INCOMING, 4, "b", BESIDE_A(TASK("b") FLOW("g", "b", "e"))},
        {BPMN_RULE_NO_OUTGOING, 4, "b", BESIDE_A(TASK("b") FLOW("g", "a", "b"))},
        {BPMN_RULE_START_AND_END, 2, "p", MODEL(START FLOW("f", "s", "a") TASK("a"))},
        {BPMN_RULE_DEFAULT, 4, "a", AROUND("<task id='a' default='f1'/>")},
        {BPMN_RULE_CONDITION_SOURCE, 3, "f", MODEL(START WHEN("f", "s", "a", "true") TASK("a") FLOW("g", "a", "e") END)},
        {BPMN_RULE_BOUNDARY_INCOMING, 4, "b", BESIDE_A("<boundaryEvent id='b' attachedToRef='a'><signalEventDefinition signalRef='S'/>"
                                                       "</boundaryEvent>" FLOW("g", "b", "e") FLOW("h", "a", "b"))},
        {BPMN_RULE_MESSAGE_FLOW, 4, "mf", OPEN PROCESS(START FLOW("f", "s", "e") END) "<collaboration id='c'>"
                                          "<participant id='q' processRef='p'/><messageFlow id='mf' sourceRef='s' targetRef='e'/>"
                                          "</collaboration>" CLOSE},
    };

    (void)state;
    TRY_BROKEN(cases);
}

#define CATCH(id, inside) "<intermediateCatchEvent id='" id "'>" inside "</intermediateCatchEvent>"
#define THROW(id, inside) "<intermediateThrowEvent id='" id "'>" inside "</intermediateThrowEvent>"
#define SIGNAL "<signalEventDefinition signalRef='S'/>"
#define ERROR "<errorEventDefinition errorRef='E'/>"
#define COMPENSATE "<compensateEventDefinition/>"
#define LINK(name) "<linkEventDefinition name='" name "'/>"

static void
events_have_the_triggers_that_they_may_have(void **state)
{
    static const struct broken cases[] = {
        {BPMN_RULE_TRIGGER, 4, "a", AROUND(CATCH("a", "<terminateEventDefinition/>"))},
        {BPMN_RULE_TRIGGER, 4, "a", AROUND(CATCH("a", ERROR))},
        {BPMN_RULE_TRIGGER, 4, "a", AROUND(THROW("a", ERROR))},
        {BPMN_RULE_TRIGGER, 3, "s", MODEL("<startEvent id='s'>" ERROR "</startEvent>" FLOW("f", "s", "e") END)},
        {BPMN_RULE_TRIGGER, 3, "e", MODEL(START FLOW("f", "s", "e") "<endEvent id='e'><timerEventDefinition><timeDuration>PT1S"
                                          "</timeDuration></timerEventDefinition></endEvent>")},
        {BPMN_RULE_NO_TRIGGER, 4, "a", AROUND(CATCH("a", ""))},
        {BPMN_RULE_NO_TRIGGER, 4, "b", BESIDE_A("<boundaryEvent id='b' attachedToRef='a'/>" FLOW("g", "b", "e"))},
        {BPMN_RULE_NESTED_START, 4, "t", AROUND(SUB("a", "<startEvent id='t'>" SIGNAL "</startEvent>" FLOW("g", "t", "u")
                                                         "<endEvent id='u'/>"))},
        {BPMN_RULE_EVENT_START, 4, "x", BESIDE_A(EVENT_SUB("x", TASK("b")))},
        {BPMN_RULE_EVENT_FLOW, 4, "a", AROUND(EVENT_SUB("a", "<startEvent id='t'>" SIGNAL "</startEvent>"))},
        {BPMN_RULE_NO_TRIGGER, 4, "t", BESIDE_A(EVENT_SUB("x", "<startEvent id='t'/>"))},
        {BPMN_RULE_INTERRUPTING, 4, "b", BESIDE_A("<boundaryEvent id='b' attachedToRef='a' cancelActivity='false'>" ERROR
                                                  "</boundaryEvent>" FLOW("g", "b", "e"))},
        {BPMN_RULE_ATTACHED, 4, "b", BESIDE_A("<boundaryEvent id='b' attachedToRef='s'>" SIGNAL "</boundaryEvent>" FLOW("g", "b", "e"))},
        {BPMN_RULE_ATTACHED, 4, "b", BESIDE_A("<boundaryEvent id='b' attachedToRef=' '>" SIGNAL "</boundaryEvent>" FLOW("g", "b", "e"))},
        {BPMN_RULE_HANDLER, 4, "b", BESIDE_A("<boundaryEvent id='b' attachedToRef='a'>" COMPENSATE "</boundaryEvent>")},
        {BPMN_RULE_HANDLER_FLOW, 4, "b", BESIDE_A("<task id='b' isForCompensation='true'/>" FLOW("g", "b", "e"))},
        {BPMN_RULE_LINK, 4, "a", MODEL(START FLOW("f", "s", "a") "\n" THROW("a", LINK("x")) END FLOW("g", "s", "e"))},
        {BPMN_RULE_LINK_FLOW, 4, "a", AROUND(THROW("a", LINK("x")) CATCH("c", LINK("x")) FLOW("h", "c", "e"))},
        {BPMN_RULE_CODE, 4, "a", AROUND(THROW("a", "<escalationEventDefinition/>"))},
    };

    (void)state;
    TRY_BROKEN(cases);
}

#define EXCLUSIVE(id, more) "<exclusiveGateway id='" id "' " more "/>"

static void
gateways_join_and_split_as_they_say(void **state)
{
    static const struct broken cases[] = {
        {BPMN_RULE_DIRECTION, 4, "a", AROUND(EXCLUSIVE("a", "gatewayDirection='Mixed'"))},
        {BPMN_RULE_DIRECTION, 4, "a", AROUND(EXCLUSIVE("a", "gatewayDirection='Converging'") WHEN("g", "a", "e", "true"))},
        {BPMN_RULE_DIRECTION, 4, "a", AROUND(EXCLUSIVE("a", "gatewayDirection='Diverging'") FLOW("g", "s", "a"))},
        {BPMN_RULE_EVENT_GATEWAY, 4, "a", MODEL(START FLOW("f", "s", "a") "\n<eventBasedGateway id='a'/>" FLOW("g", "a", "c")
                                               CATCH("c", SIGNAL) FLOW("h", "c", "e") END)},
        {BPMN_RULE_EVENT_TARGET, 4, "b", MODEL(START FLOW("f", "s", "a") "<eventBasedGateway id='a'/>" FLOW("g", "a", "c")
                                              CATCH("c", SIGNAL) FLOW("h", "c", "e") FLOW("k", "a", "b") "\n" TASK("b")
                                              FLOW("l", "b", "e") END)},
        {BPMN_RULE_EVENT_MIXED, 3, "a", MODEL(START FLOW("f", "s", "a") "<eventBasedGateway id='a'/>" FLOW("g", "a", "c")
                                             CATCH("c", "<messageEventDefinition messageRef='M'/>") FLOW("h", "c", "e")
                                             FLOW("k", "a", "b") "<receiveTask id='b' messageRef='M'/>" FLOW("l", "b", "e") END)},
        {BPMN_RULE_NO_DEFAULT, 3, "a", MODEL(START FLOW("f", "s", "a") EXCLUSIVE("a", "") WHEN("g", "a", "e", "x")
                                             WHEN("h", "a", "e", "y") END)},
        {BPMN_RULE_BEGINS_NEVER, 3, "s", MODEL("<startEvent id='s'><timerEventDefinition><timeDate>=day</timeDate></timerEventDefinition></startEvent>"
                                               FLOW("f", "s", "e") END)},
        {BPMN_RULE_NO_CONDITION, 4, "g", MODEL(START FLOW("f", "s", "a") EXCLUSIVE("a", "") "\n" FLOW("g", "a", "e")
                                               WHEN("h", "a", "e", "y") END)},
        {BPMN_RULE_CONDITION_IGNORED, 4, "g", AROUND("<parallelGateway id='a'/>" WHEN("g", "a", "e", "x"))},
    };

    (void)state;
    TRY_BROKEN(cases);
}

static void
an_outcome_inside_that_nobody_catches_is_told(void **state)
{
#define THROWING SUB("a", "<startEvent id='t'/>" FLOW("g", "t", "u") "<endEvent id='u'>" ERROR "</endEvent>")
    struct arena *a = arena_new(1 << 22);
    struct bpmn_report report;
    const struct bpmn *m;

    (void)state;
    assert_int_equal(bpmn_try(a, AROUND(THROWING), &m, &report), RC_OK);
    assert_true(str_eq(bpmn_find(&report, BPMN_RULE_UNHANDLED)->id, STR("u")));
    assert_int_equal(bpmn_try(a, AROUND(THROWING "<boundaryEvent id='b' attachedToRef='a'>" ERROR "</boundaryEvent>"
                                        FLOW("h", "b", "e")), &m, &report), RC_OK);
    assert_null(bpmn_find(&report, BPMN_RULE_UNHANDLED));
    assert_int_equal(bpmn_try(a, AROUND(THROWING EVENT_SUB("x", "<startEvent id='y'>" ERROR "</startEvent>" FLOW("h", "y", "z")
                                                           "<endEvent id='z'/>")), &m, &report), RC_OK);
    assert_int_equal(report.count, 0);
    arena_free(a);
}

static void
all_that_is_wrong_is_said_at_once_in_the_order_of_lines(void **state)
{
    struct arena *a = arena_new(1 << 22);
    struct bpmn_report report;
    const struct bpmn *m;

    (void)state;
    assert_int_equal(bpmn_try(a, MODEL("<complexGateway id='c'/>\n<transaction id='t'/>\n" START FLOW("f", "s", "nowhere")), &m, &report),
                     RC_INVALID);
    assert_int_equal(report.count, 3);
    assert_int_equal(report.errors, 3);
    assert_int_equal(report.finding[0].line, 3);
    assert_int_equal(report.finding[1].line, 4);
    assert_int_equal(report.finding[2].rule, BPMN_RULE_REFERENCE);
    struct json *j = bpmn_report_json(a, &report);
    assert_true(str_eq(json_str(json_path(j, "findings.1"), "rule"), STR("unsupported")));
    assert_true(str_eq(json_str(json_path(j, "findings.0"), "zh"), STR("不支持 complexGateway")));
    assert_true(str_eq(json_str(json_path(j, "findings.0"), "severity"), STR("error")));
    assert_int_equal(bpmn_try(a, SMALL, &m, &report), RC_OK);
    assert_int_equal(report.count, 0);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_begin_and_end_where_they_may),
        cmocka_unit_test(events_have_the_triggers_that_they_may_have),
        cmocka_unit_test(gateways_join_and_split_as_they_say),
        cmocka_unit_test(an_outcome_inside_that_nobody_catches_is_told),
        cmocka_unit_test(all_that_is_wrong_is_said_at_once_in_the_order_of_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
