/* What a drawing says is found again in the arrays; what cannot be read says so; memory may end anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "process/test_bpmn.h"

static const struct bpmn *
read_it(struct arena *a, const char *xml)
{
    struct bpmn_report report;
    const struct bpmn *m;

    if (bpmn_try(a, xml, &m, &report) != RC_OK) {
        fail_msg("%s: line %u: %.*s", xml, report.finding[0].line, STR_ARG(report.finding[0].en));
    }
    return m;
}

static void
elements_lie_scope_by_scope(void **state)
{
    struct arena *a = arena_new(1 << 22);
    const struct bpmn *m = read_it(a, AROUND("<subProcess id='a' name='审查'><startEvent id='t'/><userTask id='u'/><endEvent id='v'/>"
                                             FLOW("g", "t", "u") FLOW("h", "u", "v") "</subProcess>"));
    const struct bpmn_element *sub = bpmn_named(m, "a"), *user = bpmn_named(m, "u");

    (void)state;
    assert_int_equal(m->scopes, 2);
    assert_int_equal(m->scope[0].elements.first, 0);
    assert_int_equal(m->scope[0].elements.count, 3);
    assert_int_equal(m->scope[1].elements.first, 3);
    assert_int_equal(m->scope[1].elements.count, 3);
    assert_int_equal(m->scope[1].parent, 0);
    assert_ptr_equal(&m->element[m->scope[1].element], sub);
    assert_int_equal(sub->inside, 1);
    assert_true(str_eq(sub->name, STR("审查")));
    assert_int_equal(user->kind, BPMN_USER);
    assert_true(str_eq(m->flow[m->in[user->in.first]].id, STR("g")) && str_eq(m->flow[m->out[user->out.first]].id, STR("h")));
    assert_int_equal(bpmn_processes(m), 1);
    assert_int_equal(bpmn_process(m, 0).elements, 6);
    assert_true(bpmn_process(m, 0).is_executable);
    arena_free(a);
}

static void
every_kind_of_task_is_read(void **state)
{
    static const struct {
        const char *xml;
        enum bpmn_kind kind;
    } cases[] = {
        {"<task id='a'/>", BPMN_TASK},
        {"<userTask id='a'/>", BPMN_USER},
        {"<serviceTask id='a'/>", BPMN_SERVICE},
        {"<manualTask id='a'/>", BPMN_MANUAL},
        {"<businessRuleTask id='a'/>", BPMN_RULE},
        {"<sendTask id='a' messageRef='M'/>", BPMN_SEND},
        {"<receiveTask id='a' messageRef='M'/>", BPMN_RECEIVE},
        {"<scriptTask id='a' scriptFormat='feel'><script>{x: 1}</script></scriptTask>", BPMN_SCRIPT},
        {"<callActivity id='a' calledElement='p'/>", BPMN_CALL},
        {"<callActivity id='a' calledElement='tns:other'/>", BPMN_CALL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 22);
        char xml[2000];
        (void)snprintf(xml, sizeof(xml), AROUND("%s"), cases[i].xml);
        const struct bpmn *m = read_it(a, xml);
        const struct bpmn_element *e = bpmn_named(m, "a");
        assert_int_equal(e->kind, cases[i].kind);
        assert_true((e->kind == BPMN_SEND || e->kind == BPMN_RECEIVE) == (e->global != BPMN_NONE));
        assert_true((e->kind == BPMN_SCRIPT) == (e->script != BPMN_NONE));
        assert_true((i == 8) == (e->called_process == 0));
        assert_true(i != 9 || str_eq(e->called, STR("other")));
        arena_free(a);
    }
}

static void
a_text_knows_the_names_it_asks_for(void **state)
{
    struct arena *a = arena_new(1 << 22);
    const struct bpmn *m = read_it(a, MODEL("<dataObject id='o' name='Monthly Income'/>" START FLOW("f", "s", "g")
                                            "<exclusiveGateway id='g' default='d'/>" FLOW("d", "g", "e")
                                            WHEN("w", "g", "e", "= Monthly Income > limit and some x in list satisfies x > limit") END));
    const struct bpmn_text *t = &m->text[m->flow[2].condition];
    static const char *const names[] = {"Monthly Income", "limit", "list"};

    (void)state;
    assert_int_equal(t->names.count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(str_eq(m->variable[m->use[t->names.first + i]], str_of(names[i])));
    }
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
    struct value slot[] = {value_of_int(9), value_of_int(3), value_null()}, out;
    struct frame frame = {.slot = slot};
    struct err err;
    run_begin(r, 0, 0);
    assert_int_equal(program_run(r, t->program, &frame, &out, &err), RC_OK);
    assert_int_equal(out.kind, VALUE_NULL); /* true and null */
    slot[1] = value_of_int(10);
    assert_int_equal(program_run(r, t->program, &frame, &out, &err), RC_OK);
    assert_true(out.kind == VALUE_BOOLEAN && !out.as.truth);
    run_free(r);
    arena_free(a);
}

#define TIMER(kind, text) "<intermediateCatchEvent id='a'><timerEventDefinition><" kind ">" text "</" kind "></timerEventDefinition></intermediateCatchEvent>"

static void
timers_are_written_or_calculated(void **state)
{
    struct arena *a = arena_new(1 << 22);
    static const struct {
        const char *xml;
        enum bpmn_timer_kind kind;
        bool is_written, is_months, has_date;
        uint32_t repeats;
        int64_t seconds, months;
    } cases[] = {
        {AROUND(TIMER("timeDuration", " P1DT1S ")), BPMN_DURATION, true, false, false, 0, 86401, 0},
        {AROUND(TIMER("timeDuration", "P1Y2M")), BPMN_DURATION, true, true, false, 0, 0, 14},
        {AROUND(TIMER("timeDuration", "promised days * duration(\"P1D\")")), BPMN_DURATION, false, false, false, 0, 0, 0},
        {AROUND(TIMER("timeDate", "2026-10-01T08:00:00+08:00")), BPMN_DATE, true, false, true, 0, 0, 0},
        {AROUND(TIMER("timeCycle", "R4/PT10S")), BPMN_CYCLE, true, false, false, 4, 10, 0},
        {AROUND(TIMER("timeCycle", "R/2026-10-01T08:00:00Z/P1M")), BPMN_CYCLE, true, true, true, BPMN_NONE, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str data = STR("<dataObject id='o' name='promised days'/></process>"), xml = str_of(cases[i].xml);
        size_t at = str_find(xml, STR("</process>"));
        struct str with = str_fmt(a, "%.*s%.*s%s", (int)at, xml.ptr, STR_ARG(data), xml.ptr + at + strlen("</process>"));
        const struct bpmn *m = read_it(a, str_c(a, with));
        const struct bpmn_timer *t = &m->timer[0];
        assert_int_equal(t->kind, cases[i].kind);
        assert_true((t->text == BPMN_NONE) == cases[i].is_written);
        assert_true(t->is_months == cases[i].is_months && t->has_date == cases[i].has_date);
        assert_int_equal(t->repeats, cases[i].repeats);
        assert_int_equal(t->duration.second, cases[i].seconds);
        assert_int_equal(t->months, cases[i].months);
    }
    arena_free(a);
}

static void
loops_say_how_often(void **state)
{
    struct arena *a = arena_new(1 << 22);
    const struct bpmn *m = read_it(a, MODEL(
        START FLOW("f", "s", "a") "<task id='a'><standardLoopCharacteristics testBefore='true' loopMaximum='3'><loopCondition>n &lt; 3"
        "</loopCondition></standardLoopCharacteristics></task>" FLOW("g", "a", "b") "<dataObject id='d' name='部门' isCollection='true'/>"
        "<userTask id='b'><multiInstanceLoopCharacteristics isSequential='true'><loopDataInputRef>d</loopDataInputRef>"
        "<inputDataItem id='i' name='部门之一'/><completionCondition>nrOfCompletedInstances &gt; 2</completionCondition>"
        "</multiInstanceLoopCharacteristics></userTask>" FLOW("h", "b", "e") END));
    const struct bpmn_loop *loop = &m->loop[bpmn_named(m, "a")->loop], *multi = &m->loop[bpmn_named(m, "b")->loop];

    (void)state;
    assert_true(loop->kind == BPMN_LOOP && loop->tests_before && loop->maximum == 3 && loop->condition != BPMN_NONE);
    assert_true(multi->kind == BPMN_MULTI_SEQUENTIAL && multi->maximum == BPMN_NONE && multi->cardinality == BPMN_NONE);
    assert_true(str_eq(multi->item, STR("部门之一")));
    assert_true(str_eq(m->text[multi->collection].text, STR("部门")));
    assert_true(str_eq(m->variable[m->use[m->text[multi->condition].names.first]], STR("nrOfCompletedInstances")));
    arena_free(a);
}

static void
elements_of_our_own_are_kept_in_order(void **state)
{
    struct arena *a = arena_new(1 << 22);
    const struct bpmn *m = read_it(a, AROUND("<userTask id='a' gov:result='say'><extensionElements><gov:assignment org='= part.org' "
                                             "power='P1'/><gov:form key='f'/></extensionElements></userTask>"));
    const struct bpmn_run *run = &bpmn_named(m, "a")->extensions;
    const struct bpmn_extension *x = &m->extension[run->first];

    (void)state;
    assert_int_equal(run->count, 3);
    assert_true(x[0].name.len == 0 && str_eq(m->attribute[x[0].attributes.first].value, STR("say")));
    assert_true(str_eq(x[1].name, STR("assignment")) && x[1].attributes.count == 2 && x[1].parent == BPMN_NONE);
    const struct bpmn_attribute *org = &m->attribute[x[1].attributes.first];
    assert_true(str_eq(org[0].name, STR("org")) && str_eq(m->text[org[0].text].text, STR(" part.org")));
    assert_true(str_eq(org[1].value, STR("P1")) && org[1].text == BPMN_NONE);
    assert_true(str_eq(x[2].name, STR("form")) && x[2].parent == BPMN_NONE);
    arena_free(a);
}

static void
lanes_pools_and_compensation_are_tied(void **state)
{
    struct arena *a = arena_new(1 << 22);
    const struct bpmn *m = read_it(a, OPEN PROCESS(
        "<laneSet id='ls'><lane id='l1' name='窗口'><flowNodeRef>a</flowNodeRef><childLaneSet id='c'><lane id='l2'><flowNodeRef>a</flowNodeRef>"
        "</lane></childLaneSet></lane><lane id='l3'><flowNodeRef>e</flowNodeRef></lane></laneSet>"
        START FLOW("f", "s", "a") "<task id='a'/>" FLOW("g", "a", "e") END
        "<boundaryEvent id='b' attachedToRef='a'><compensateEventDefinition/></boundaryEvent><task id='u' isForCompensation='true'/>"
        "<association id='as' sourceRef='b' targetRef='u'/>")
        "<collaboration id='co'><participant id='q' name='市场局' processRef='p'/><participant id='r'/>"
        "<messageFlow id='mf' sourceRef='a' targetRef='r'/></collaboration>" CLOSE);

    (void)state;
    assert_int_equal(m->lanes, 3);
    assert_true(str_eq(m->lane[bpmn_named(m, "a")->lane].id, STR("l2")) && m->lane[1].parent == 0);
    assert_true(str_eq(m->lane[bpmn_named(m, "e")->lane].id, STR("l3")) && m->lane[2].parent == BPMN_NONE);
    assert_ptr_equal(&m->element[bpmn_named(m, "b")->handler], bpmn_named(m, "u"));
    assert_int_equal(m->pools, 2);
    assert_true(m->pool[0].process == 0 && m->pool[1].process == BPMN_NONE);
    assert_true(m->message_flows == 1 && m->message_flow[0].to == BPMN_NONE);
    arena_free(a);
}

/* --- what cannot be read --------------------------------------------------------------------------- */

static void
what_cannot_be_read_says_where(void **state)
{
    static const struct {
        const char *xml;
        enum bpmn_rule rule;
        uint32_t line;
        const char *en;
    } cases[] = {
        {"", BPMN_RULE_XML, 1, "the XML is not well formed"},
        {"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><a/>", BPMN_RULE_XML, 1, "a document type (DOCTYPE) is not taken"},
        {"<definitions/>", BPMN_RULE_NO_BPMN, 1, "this is not a process model (BPMN 2.0)"},
        {OPEN CLOSE, BPMN_RULE_NO_PROCESS, 1, "there is no process in it"},
        {OPEN "<choreography id='c'/>" CLOSE, BPMN_RULE_UNSUPPORTED, 2, "choreography is not supported"},
        {OPEN "<process id='p'/>" CLOSE, BPMN_RULE_EMPTY, 2, "there is nothing in it"},
        {AROUND("<task/>"), BPMN_RULE_NO_ID, 4, "it has no id"},
        {AROUND("<task id='a'/><task id='a'/>"), BPMN_RULE_TWICE, 4, "two elements have the id a"},
        {AROUND("<complexGateway id='a'/>"), BPMN_RULE_UNSUPPORTED, 4, "complexGateway is not supported"},
        {AROUND("<adHocSubProcess id='a'/>"), BPMN_RULE_UNSUPPORTED, 4, "adHocSubProcess is not supported"},
        {AROUND("<userTask id='a'>\n<potentialOwner/></userTask>"), BPMN_RULE_UNSUPPORTED, 5, "potentialOwner is not supported"},
        {AROUND("<eventBasedGateway id='a' instantiate='true'/>"), BPMN_RULE_UNSUPPORTED, 4, "instantiate is not supported"},
        {AROUND("<receiveTask id='a'/>"), BPMN_RULE_REFERENCE_MISSING, 4, "messageRef is missing"},
        {AROUND("<receiveTask id='a' messageRef='S'/>"), BPMN_RULE_REFERENCE, 4, "there is no S of the kind that is asked for here"},
        {AROUND("<task id='a' startQuantity='0'/>"), BPMN_RULE_VALUE, 4, "0 cannot stand here"},
        {AROUND("<task id='a' isForCompensation='perhaps'/>"), BPMN_RULE_VALUE, 4, "perhaps cannot stand here"},
        {AROUND("<scriptTask id='a'/>"), BPMN_RULE_NO_EXPRESSION, 4, "an expression is missing"},
        {AROUND("<scriptTask id='a' scriptFormat='javascript'><script>1</script></scriptTask>"), BPMN_RULE_LANGUAGE, 4,
         "the expression is written in javascript, not in FEEL"},
        {AROUND("<scriptTask id='a'><script>\n1 +</script></scriptTask>"), BPMN_RULE_FEEL, 5, "FEEL: line 2, character 4: expected a value, found the end"},
        {AROUND("<scriptTask id='a'><script>function() external {}</script></scriptTask>"), BPMN_RULE_UNSUPPORTED, 4,
         "external is not supported"},
        {AROUND(TIMER("timeDuration", "P1X")), BPMN_RULE_TIMER, 4,
         "P1X is no date and time, duration or cycle as ISO 8601 writes it"},
        {AROUND(TIMER("timeDuration", "-P1D")), BPMN_RULE_TIMER, 4,
         "-P1D is no date and time, duration or cycle as ISO 8601 writes it"},
        {AROUND("<intermediateCatchEvent id='a'><timerEventDefinition/></intermediateCatchEvent>"), BPMN_RULE_TIMER_ONE, 4,
         "a timer needs one of timeDate, timeDuration, timeCycle, or a clock of the case"},
        {AROUND("<task id='a'><multiInstanceLoopCharacteristics/></task>"), BPMN_RULE_MULTI, 4,
         "a multi-instance needs one of loopCardinality and loopDataInputRef"},
        {AROUND("<task id='a'><standardLoopCharacteristics/></task>"), BPMN_RULE_LOOP, 4, "a loop needs a condition or a maximum"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 22);
        struct bpmn_report report;
        const struct bpmn *m;
        assert_int_equal(bpmn_try(a, cases[i].xml, &m, &report), RC_INVALID);
        const struct bpmn_finding *f = bpmn_find(&report, cases[i].rule);
        if (f == NULL || f->line != cases[i].line || !str_eq(f->en, str_of(cases[i].en)) || f->zh.len == 0) {
            f = f != NULL ? f : &report.finding[0];
            fail_msg("%s: line %u: %s %.*s", cases[i].xml, f->line, bpmn_rule_name(f->rule), STR_ARG(f->en));
        }
        arena_free(a);
    }
}

static const char *const rich =
    MODEL("<dataObject id='o' name='n'/><laneSet id='ls'><lane id='l'><flowNodeRef>a</flowNodeRef></lane></laneSet>" START FLOW("f", "s", "a")
          "<subProcess id='a'><extensionElements><gov:clock id='c' rule='r' kind='joint'/><gov:on at='enter' clock='c' do='start'/>"
          "<gov:on at='leave' clock='c' do='stop'/><gov:on at='cancel' clock='c' do='stop'/></extensionElements><task id='t'><standardLoopCharacteristics><loopCondition>k &lt; 3</loopCondition>"
          "</standardLoopCharacteristics></task></subProcess><boundaryEvent id='b' attachedToRef='a'><timerEventDefinition>"
          "<timeCycle>R3/PT1S</timeCycle></timerEventDefinition></boundaryEvent>" FLOW("h", "b", "e") WHEN("w", "a", "e", "n > 1")
          FLOW("g", "a", "e") END);

static void
memory_may_end_anywhere(void **state)
{
    enum rc rc = RC_LIMIT;

    (void)state;
    for (size_t n = 1; rc != RC_OK; n++) {
        struct arena *a = arena_new(1 << 22);
        struct bpmn_report report;
        const struct bpmn *m = NULL;
        arena_fail_at(a, n);
        rc = bpmn_try(a, rich, &m, &report);
        assert_true(rc == RC_OK || (rc == RC_LIMIT && m == NULL && report.errors > 0));
        assert_true(n < 2000);
        arena_free(a);
    }
    for (size_t limit = 1; limit < 60000; limit += 997) {
        struct arena *a = arena_new(limit);
        struct bpmn_report report;
        const struct bpmn *m = NULL;
        rc = bpmn_try(a, rich, &m, &report);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
}

/* Something as often as wanted, each with the next number after the first of its two halves, between two texts. */
static struct str
often(struct arena *a, const char *before, const char *const each[2], size_t count, const char *behind)
{
    struct str out;
    struct err err;
    struct buf b;

    buf_init(&b, a, 8 << 20);
    buf_put(&b, str_of(before));
    for (size_t i = 0; i < count; i++) {
        buf_put_fmt(&b, "%s%zu%s", each[0], i, each[1]);
    }
    buf_put(&b, str_of(behind));
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    return out;
}

static void
what_is_too_much_is_refused(void **state)
{
    static const struct {
        const char *before, *each[2], *behind;
        size_t count;
    } cases[] = {
        {OPEN "<process id='p'>", {"<task id='t", "'/>"}, "</process>" CLOSE, BPMN_ELEMENTS_MAX + 1},
        {OPEN "<process id='p'><task id='t'/>", {"<sequenceFlow id='f", "' sourceRef='t' targetRef='t'/>"}, "</process>" CLOSE,
         BPMN_FLOWS_MAX + 1},
        {OPEN "<process id='p'><task id='t'/>", {"<dataObject id='d", "'/>"}, "</process>" CLOSE, BPMN_NAMES_MAX + 1},
        {OPEN, {"<process id='p", "'>"}, "", BPMN_DEPTH_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(64 << 20);
        struct bpmn_report report;
        const struct bpmn *m;
        struct err err;
        struct str xml = often(a, cases[i].before, cases[i].each, cases[i].count, cases[i].behind);
        assert_int_equal(bpmn_read(a, xml, NULL, &m, &report, &err), RC_LIMIT);
        assert_int_equal(report.finding[report.count - 1].rule, BPMN_RULE_LIMIT);
        arena_free(a);
    }
}

static void
findings_are_counted_past_those_that_are_kept(void **state)
{
    struct arena *a = arena_new(64 << 20);
    struct bpmn_report report;
    const struct bpmn *m;
    struct err err;
    static const char *const each[] = {"<complexGateway id='c", "'/>"};
    struct str many = often(a, OPEN "<process id='p'>", each, BPMN_FINDINGS_MAX + 100, "</process>" CLOSE);

    (void)state;
    assert_int_equal(bpmn_read(a, many, NULL, &m, &report, &err), RC_INVALID);
    assert_int_equal(report.count, BPMN_FINDINGS_MAX);
    assert_int_equal(report.errors, BPMN_FINDINGS_MAX + 101); /* and that the process is empty */
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_lie_scope_by_scope),
        cmocka_unit_test(every_kind_of_task_is_read),
        cmocka_unit_test(a_text_knows_the_names_it_asks_for),
        cmocka_unit_test(timers_are_written_or_calculated),
        cmocka_unit_test(loops_say_how_often),
        cmocka_unit_test(elements_of_our_own_are_kept_in_order),
        cmocka_unit_test(lanes_pools_and_compensation_are_tied),
        cmocka_unit_test(what_cannot_be_read_says_where),
        cmocka_unit_test(memory_may_end_anywhere),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(findings_are_counted_past_those_that_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
