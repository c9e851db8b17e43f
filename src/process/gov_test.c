/* What the elements of our own say is read into shapes; what is wrong with them is found, with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "process/gov.h"
#include "process/test_bpmn.h"

#define EXT(inside) "<extensionElements>" inside "</extensionElements>"
#define WHO "<gov:assignment org='=part.org'/>"
#define USER(id, inside) "<userTask id='" id "'>" EXT(WHO inside) "</userTask>"
#define OUTCOME(code) "<gov:outcome code='" code "' zh='结果' en='Outcome'/>"
#define CLOCK "<gov:clock id='c' rule='permit.decide' kind='promised'/>"
#define ON(at, what) "<gov:on at='" at "' clock='c' do='" what "'/>"
#define TASK(id, inside) "<task id='" id "'>" EXT(inside) "</task>"

static const struct bpmn *
read_it(struct arena *a, const char *xml, struct bpmn_report *report)
{
    const struct bpmn *m;

    if (bpmn_try(a, xml, &m, report) != RC_OK) {
        fail_msg("%s: line %u: %.*s", xml, report->finding[0].line, STR_ARG(report->finding[0].en));
    }
    return m;
}

static bool
says(const struct bpmn *m, struct gov_value v, const char *feel)
{
    return v.text != BPMN_NONE && str_eq(m->text[v.text].text, str_of(feel));
}

/* --- shapes ------------------------------------------------------------------------------------------ */

static const char *const whole = MODEL(
    EXT("<gov:clock id='c' rule='permit.decide' kind='statutory' org='=case.org'/>")
    "<startEvent id='s'>" EXT(ON("leave", "start") "<gov:state at='leave' value='accepted' zh='正在办' en='Being worked on'/>") "</startEvent>"
    FLOW("f1", "s", "a")
    "<userTask id='a' gov:result='say'>"
    EXT("<gov:assignment org='=part.org' role='officer' region='330100' power='=part.power'/><gov:form key='review'/>"
        "<gov:outcome code='grant' zh='批准' en='Grant' act='decide' reason='none'/>"
        "<gov:outcome code='refuse' zh='不批准' en='Refuse' act='decide' reason='required' form='none' power='LAW-9'/>"
        "<gov:supplement fields='*' within='P15D' expired='refuse' basis='行政许可法 32'/>")
    "</userTask><boundaryEvent id='b' attachedToRef='a' cancelActivity='false'><timerEventDefinition gov:clock='c' gov:when='warn'/>"
    "</boundaryEvent>" FLOW("f2", "b", "n")
    "<sendTask id='n' messageRef='M'>" EXT("<gov:job type='remind' retries='3'/><gov:input name='x' value='=say'/><gov:message key='=case_no'/>")
    "</sendTask>" FLOW("f3", "n", "e2") "<endEvent id='e2'/>" FLOW("f4", "a", "u")
    "<userTask id='u'>" EXT(WHO OUTCOME("yes") "<gov:return to='a'/><gov:second-person after='a'/><gov:countersign rule='one-veto' pass='yes'/>")
    "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
    FLOW("f5", "u", "x") "<exclusiveGateway id='x' default='f7'/>" WHEN("f6", "x", "r", "say = \"grant\"")
    "<businessRuleTask id='r' gov:result='days'>" EXT("<gov:rule key='deadlines' decision='期限'/><gov:input name='y' value='2'/>")
    "</businessRuleTask>" FLOW("f8", "r", "k")
    "<callActivity id='k' name='外省' gov:en='Elsewhere' calledElement='other'>"
    EXT("<gov:handover node='=node' process='other'/><gov:input name='part' value='=part'/><gov:output name='there' value='=decision'/>")
    "</callActivity>"
    FLOW("f9", "k", "e") FLOW("f7", "x", "e")
    "<endEvent id='e'>" EXT("<gov:on at='enter' clock='c' do='stop' basis='法 44'/><gov:act kind='decide' zh='决定' en='Decided'/>") "</endEvent>");

static void
each_element_of_the_vocabulary_has_a_shape(void **state)
{
    struct arena *a = arena_new(1 << 22);
    struct bpmn_report report;
    const struct bpmn *m = read_it(a, whole, &report);
    const struct gov_element *g = gov_element_by_id(m, STR("a"));

    (void)state;
    assert_int_equal(report.count, 0);
    assert_int_equal(gov_clocks(m), 1);
    assert_true(gov_clock(m, 0)->kind == GOV_STATUTORY && str_eq(gov_clock(m, 0)->rule, STR("permit.decide")));
    assert_true(says(m, gov_clock(m, 0)->org, "case.org") && gov_clock(m, 0)->element == BPMN_NONE);
    assert_true(str_eq(g->result, STR("say")) && str_eq(g->form, STR("review")) && g->outcomes == 2);
    assert_true(says(m, g->assignment->power, "part.power") && g->assignment->region.text == BPMN_NONE);
    assert_true(g->outcome[1].without_form && !g->outcome[0].without_form);
    assert_true(g->outcome[1].reason == GOV_REASON_REQUIRED && str_eq(g->outcome[1].power.written, STR("LAW-9")));
    assert_true(gov_find_outcome(g, STR("grant")) == &g->outcome[0] && gov_find_outcome(g, STR("gran")) == NULL);
    assert_true(str_eq(g->supplement->within.written, STR("P15D")) && str_eq(g->supplement->expired, STR("refuse")));
    g = gov_element_by_id(m, STR("s"));
    assert_true(g->ons == 1 && g->on[0].at == GOV_LEAVE && g->on[0].what == GOV_START && g->on[0].clock == 0);
    assert_true(g->states == 1 && str_eq(g->state[0].value, STR("accepted")));
    g = gov_element_by_id(m, STR("u"));
    assert_true(g->returns == 1 && str_eq(m->element[g->returns_to[0]].id, STR("a")) && g->second_person == g->returns_to[0]);
    assert_true(g->countersign->rule == GOV_SIGN_ONE_VETO && str_eq(g->countersign->pass, STR("yes")));
    assert_true(str_eq(g->result, STR("outcome")));
    g = gov_element_by_id(m, STR("n"));
    assert_true(str_eq(g->job, STR("remind")) && g->retries == 3 && says(m, g->input[0].value, "say") && says(m, g->message_key, "case_no"));
    g = gov_element_by_id(m, STR("r"));
    assert_true(str_eq(g->rule.written, STR("deadlines")) && str_eq(g->decision, STR("期限")) && str_eq(g->result, STR("days")));
    assert_true(g->inputs == 1 && g->input[0].value.text == BPMN_NONE && g->retries == -1);
    g = gov_element_by_id(m, STR("k"));
    assert_true(says(m, g->handover->node, "node") && g->inputs == 1 && says(m, g->input[0].value, "part"));
    assert_true(g->outputs == 1 && str_eq(g->output[0].name, STR("there")) && says(m, g->output[0].value, "decision"));
    assert_true(str_eq(gov_element_by_id(m, STR("e"))->act->kind, STR("decide")));
    assert_true(gov_element_by_id(m, STR("x"))->ons == 0 && gov_element_by_id(m, STR("nowhere")) == NULL);
    const struct bpmn_event *e = &m->event[bpmn_named(m, "b")->events.first];
    assert_true(str_eq(e->clock, STR("c")) && str_eq(e->when, STR("warn")) && e->timer == BPMN_NONE);
    arena_free(a);
}

/* --- what is refused, and what is unsound --------------------------------------------------------------- */

struct broken {
    enum bpmn_rule rule;
    uint32_t line;
    const char *id, *en;
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
        if (f == NULL || f->line != cases[i].line || !str_eq(f->id, str_of(cases[i].id)) || !str_eq(f->en, str_of(cases[i].en))) {
            f = f == NULL && report.count > 0 ? &report.finding[0] : f;
            fail_msg("%s: %s is not found so; but: line %u %.*s %s: %.*s", cases[i].xml, bpmn_rule_name(cases[i].rule), f != NULL ? f->line : 0,
                     f != NULL ? (int)f->id.len : 0, f != NULL ? f->id.ptr : "", f != NULL ? bpmn_rule_name(f->rule) : "nothing",
                     f != NULL ? (int)f->en.len : 0, f != NULL ? f->en.ptr : "");
        }
        assert_int_equal(rc, report.errors > 0 ? RC_INVALID : RC_OK);
        assert_true(report.errors + report.unsound > 0 && f->zh.len > 0);
        arena_free(a);
    }
}
#define TRY_BROKEN(cases) try_broken(cases, sizeof(cases) / sizeof((cases)[0]))

static void
what_the_vocabulary_does_not_have_is_refused(void **state)
{
    static const struct broken cases[] = {
        {BPMN_RULE_GOV_UNKNOWN, 5, "a", "gov: has no colour here", AROUND("<task id='a'><extensionElements>\n<gov:colour/>"
                                                                         "</extensionElements></task>")},
        {BPMN_RULE_GOV_UNKNOWN, 4, "a", "gov: has no form here", AROUND("<task id='a'>" EXT("<gov:form key='f'/>") "</task>")},
        {BPMN_RULE_GOV_UNKNOWN, 4, "a", "gov: has no colour here", AROUND(USER("a", "<gov:form key='f' colour='red'/>"))},
        {BPMN_RULE_GOV_UNKNOWN, 4, "a", "gov: has no key here", AROUND(USER("a", "<gov:form key='f' gov:key='g'/>"))},
        {BPMN_RULE_GOV_UNKNOWN, 4, "a", "gov: has no power here", AROUND("<userTask id='a' gov:power='P'>" EXT(WHO) "</userTask>")},
        {BPMN_RULE_GOV_UNKNOWN, 4, "a", "gov: has no state here",
         AROUND(USER("a", "<gov:form key='f'><gov:state at='enter' value='v' zh='v' en='v'/></gov:form>"))},
        {BPMN_RULE_GOV_UNKNOWN, 3, "f", "gov: has no act here",
         MODEL(START "<sequenceFlow id='f' sourceRef='s' targetRef='e'>" EXT("<gov:act kind='k' zh='k' en='k'/>") "</sequenceFlow>" END)},
        {BPMN_RULE_GOV_UNKNOWN, 4, "a", "gov: has no form here",
         AROUND("<userTask id='a'>" EXT(WHO) EXT("<gov:form key='f'/>") "</userTask>")},
        {BPMN_RULE_GOV_UNKNOWN, 3, "s", "gov: has no message here",
         MODEL("<startEvent id='s'>" EXT("<gov:message key='k'/>") "</startEvent>" FLOW("f", "s", "e") END)},
        {BPMN_RULE_GOV_UNKNOWN, 4, "a", "gov: has no en here", AROUND("<task id='a' gov:en='A name beside none'/>")},
        {BPMN_RULE_GOV_UNKNOWN, 4, "a", "gov: has no output here",
         AROUND("<serviceTask id='a'>" EXT("<gov:job type='t'/><gov:output name='x' value='=y'/>") "</serviceTask>")},
        {BPMN_RULE_GOV_TWICE, 4, "a", "x stands here twice",
         AROUND("<callActivity id='a' calledElement='q'>" EXT("<gov:output name='x' value='=y'/><gov:output name='x' value='=z'/>")
                "</callActivity>")},
        {BPMN_RULE_GOV_TWICE, 4, "a", "form stands here twice", AROUND(USER("a", "<gov:form key='f'/><gov:form key='g'/>"))},
        {BPMN_RULE_GOV_TWICE, 4, "a", "yes stands here twice", AROUND(USER("a", OUTCOME("yes") OUTCOME("yes")))},
        {BPMN_RULE_GOV_TWICE, 4, "a", "x stands here twice",
         AROUND("<serviceTask id='a'>" EXT("<gov:job type='t'/><gov:input name='x' value='1'/><gov:input name='x' value='2'/>")
                "</serviceTask>")},
        {BPMN_RULE_GOV_TWICE, 3, "p", "c stands here twice", MODEL(EXT(CLOCK CLOCK) START FLOW("f", "s", "e") END)},
        {BPMN_RULE_GOV_VALUE, 4, "a", "do cannot be begin", MODEL(EXT(CLOCK) START FLOW("f1", "s", "a") "\n" TASK("a", ON("enter", "begin"))
                                                              FLOW("f2", "a", "e") END)},
        {BPMN_RULE_GOV_VALUE, 4, "a", "at cannot be cancel",
         AROUND("<task id='a'>" EXT("<gov:state at='cancel' value='v' zh='v' en='v'/>") "</task>")},
        {BPMN_RULE_GOV_VALUE, 4, "a", "at cannot be supply",
         AROUND(USER("a", "<gov:state at='supply' value='v' zh='v' en='v'/>"))},
        {BPMN_RULE_GOV_VALUE, 4, "a", "key cannot be =f", AROUND(USER("a", "<gov:form key='=f'/>"))},
        {BPMN_RULE_GOV_VALUE, 4, "a", "within cannot be 15", AROUND(USER("a", "<gov:supplement fields='*' within='15'/>"))},
        {BPMN_RULE_GOV_VALUE, 4, "a", "retries cannot be many", AROUND("<serviceTask id='a'>" EXT("<gov:job type='t' retries='many'/>")
                                                                       "</serviceTask>")},
        {BPMN_RULE_VALUE, 4, "a", "word cannot stand here", AROUND(USER("a", "<gov:form key='f'>word</gov:form>"))},
        {BPMN_RULE_REFERENCE_MISSING, 4, "a", "key is missing", AROUND(USER("a", "<gov:form/>"))},
        {BPMN_RULE_FEEL, 4, "a", "FEEL: line 1, character 4: expected a value, found the end", AROUND("<userTask id='a'>" EXT("<gov:assignment org='=1 +'/>")
                                                                                             "</userTask>")},
        {BPMN_RULE_NO_EXPRESSION, 4, "a", "an expression is missing", AROUND("<userTask id='a'>" EXT("<gov:assignment org='='/>")
                                                                            "</userTask>")},
        {BPMN_RULE_REFERENCE, 4, "a", "there is no no of the kind that is asked for here",
         AROUND(USER("a", OUTCOME("yes") "<gov:supplement fields='*' within='P1D' expired='no'/>"))},
        {BPMN_RULE_REFERENCE, 4, "a", "there is no s of the kind that is asked for here",
         AROUND(USER("a", "<gov:second-person after='s'/>"))},
        {BPMN_RULE_GOV_COUNTERSIGN, 4, "a", "signing together needs a user task with parallel instances",
         AROUND(USER("a", OUTCOME("yes") "<gov:countersign rule='all' pass='yes'/>"))},
    };

    (void)state;
    TRY_BROKEN(cases);
}

#define TIMED(attributes) MODEL(EXT(CLOCK) START FLOW("f1", "s", "a") "\n<intermediateCatchEvent id='a'><timerEventDefinition " attributes \
                                "/></intermediateCatchEvent>" FLOW("f2", "a", "e") END)

static void
clocks_are_declared_where_they_are_named(void **state)
{
    static const struct broken cases[] = {
        {BPMN_RULE_GOV_CLOCK, 4, "a", "no clock c is declared in this process", AROUND(TASK("a", ON("enter", "start")))},
        {BPMN_RULE_GOV_CLOCK, 4, "a", "no clock d is declared in this process", TIMED("gov:clock='d' gov:when='over'")},
        {BPMN_RULE_GOV_VALUE, 4, "a", "gov:when cannot be late", TIMED("gov:clock='c' gov:when='late'")},
        {BPMN_RULE_REFERENCE_MISSING, 4, "a", "gov:when is missing", TIMED("gov:clock='c'")},
        {BPMN_RULE_REFERENCE_MISSING, 4, "a", "gov:clock is missing", TIMED("gov:when='over'")},
        {BPMN_RULE_TIMER_ONE, 4, "a", "a timer needs one of timeDate, timeDuration, timeCycle, or a clock of the case",
         MODEL(EXT(CLOCK) START FLOW("f1", "s", "a") "\n<intermediateCatchEvent id='a'><timerEventDefinition gov:clock='c' gov:when='over'>"
               "<timeDuration>P1D</timeDuration></timerEventDefinition></intermediateCatchEvent>" FLOW("f2", "a", "e") END)},
        {BPMN_RULE_GOV_UNKNOWN, 3, "s", "gov: has no clock here",
         MODEL(EXT(CLOCK) "<startEvent id='s'><timerEventDefinition gov:clock='c' gov:when='over'/></startEvent>" FLOW("f", "s", "e") END)},
    };

    (void)state;
    TRY_BROKEN(cases);
}

static void
a_task_says_who_and_a_service_what(void **state)
{
    static const struct broken cases[] = {
        {BPMN_RULE_NO_ASSIGNMENT, 4, "a", "it does not say who may do it (gov:assignment)", AROUND("<userTask id='a'/>")},
        {BPMN_RULE_NO_JOB, 4, "a", "it does not say what work it is (gov:job)", AROUND("<serviceTask id='a'/>")},
        {BPMN_RULE_NO_RULE, 4, "a", "it does not say which rule is asked (gov:rule)", AROUND("<businessRuleTask id='a'/>")},
        {BPMN_RULE_OUTCOME_POWER, 4, "a", "the outcome grant decides, and no power is named",
         AROUND(USER("a", "<gov:outcome code='grant' zh='批准' en='Grant' act='decide'/>"))},
        {BPMN_RULE_RETURN_TARGET, 4, "a", "this task cannot be sent back to e", AROUND(USER("a", "<gov:return to='e'/>"))},
        {BPMN_RULE_RETURN_TARGET, 4, "a", "this task cannot be sent back to a", AROUND(USER("a", "<gov:return to='a'/>"))},
        {BPMN_RULE_RETURN_TARGET, 4, "a", "this task cannot be sent back to s", AROUND(USER("a", "<gov:return to='s'/>"))},
        {BPMN_RULE_RETURN_TARGET, 5, "b", "this task cannot be sent back to t",
         AROUND("<subProcess id='a'><task id='t'/></subProcess>" FLOW("f3", "a", "b") "\n" USER("b", "<gov:return to='t'/>")
                FLOW("f4", "b", "e"))},
    };

    (void)state;
    TRY_BROKEN(cases);
}

/* --- outcomes --------------------------------------------------------------------------------------------- */

#define TWO USER("a", OUTCOME("yes") OUTCOME("no"))
#define CHOICE(fallback) "<exclusiveGateway id='x' " fallback "/>" FLOW("f3", "a", "x")
#define ASKED(gateway) MODEL(START FLOW("f1", "s", "a") "\n" TWO gateway END)
#define ASKED_IF(feel) ASKED(CHOICE("") WHEN("f4", "x", "e", feel) WHEN("f5", "x", "e", "amount = 3"))
#define AFTER FLOW("f2", "a", "e")

#define GATHERED(feel) \
    MODEL("<dataObject id='all' isCollection='true'/>" START FLOW("f1", "s", "a") "<userTask id='a'>" EXT(WHO OUTCOME("yes") OUTCOME("no")) \
          "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality><loopDataOutputRef>all</loopDataOutputRef>" \
          "<outputDataItem id='o' name='outcome'/></multiInstanceLoopCharacteristics></userTask>" CHOICE("") \
          WHEN("f4", "x", "e", feel) WHEN("f5", "x", "e", "amount > 3") END)

/* The codes that nothing after the task handles, in the order of the report. */
static void
expect_unhandled(const char *xml, const char *codes)
{
    struct arena *a = arena_new(1 << 22);
    struct bpmn_report report;
    char found[64] = "";
    size_t len = 0;

    (void)read_it(a, xml, &report);
    for (size_t i = 0; i < report.count; i++) {
        if (report.finding[i].rule == BPMN_RULE_OUTCOME_UNHANDLED) {
            struct str en = report.finding[i].en, before = STR("nothing after it handles the outcome ");
            assert_true(str_starts(en, before) && str_eq(report.finding[i].id, STR("a")));
            len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%.*s", len > 0 ? " " : "", STR_ARG(str_from(en, before.len)));
        }
    }
    if (strcmp(found, codes) != 0) {
        fail_msg("%s: not \"%s\" but \"%s\" is left", xml, codes, found);
    }
    arena_free(a);
}

static void
an_outcome_that_nobody_handles_is_found(void **state)
{
    static const struct {
        const char *left, *xml;
    } cases[] = {
        {"yes no", ASKED(AFTER)},
        {"", AROUND(USER("a", OUTCOME("yes")))}, /* one that is the only one needs nobody to tell it apart */
        {"no", ASKED(CHOICE("") WHEN("f4", "x", "e", "outcome = \"yes\"") WHEN("f5", "x", "e", "outcome = \"perhaps\""))},
        {"yes no", ASKED(CHOICE("") WHEN("f4", "x", "e", "other = \"yes\"") WHEN("f5", "x", "e", "other = \"no\""))},
        {"", ASKED(CHOICE("default='f5'") WHEN("f4", "x", "e", "outcome = \"yes\"") FLOW("f5", "x", "e"))},
        {"yes no", ASKED(CHOICE("default='f5'") WHEN("f4", "x", "e", "other = \"yes\"") FLOW("f5", "x", "e"))},
        {"", ASKED(CHOICE("") WHEN("f4", "x", "e", "outcome != \"yes\"") WHEN("f5", "x", "e", "amount > 3"))},
        {"", ASKED(CHOICE("") WHEN("f4", "x", "e", "outcome = wanted") WHEN("f5", "x", "e", "amount > 3"))},
        {"", ASKED("<scriptTask id='b'><script>outcome</script></scriptTask>" FLOW("f3", "a", "b") FLOW("f4", "b", "e"))},
        /* in words of FEEL: what stands there, and not beside it */
        {"", ASKED_IF("outcome in (\"yes\", \"no\")")},
        {"no", ASKED_IF("outcome in (\"yes\", \"perhaps\")")},
        {"", ASKED_IF("outcome in [\"yes\", \"no\"]")},
        {"no", ASKED_IF("outcome in \"yes\"")},
        {"no", ASKED_IF("outcome in (= \"yes\", null)")},
        {"", ASKED_IF("outcome in (!= \"yes\", \"yes\")")},
        {"", ASKED_IF("outcome in wanted")},
        {"", ASKED_IF("list contains([\"yes\", \"no\"], outcome)")},
        {"yes", ASKED_IF("list contains(element: outcome, list: [\"no\"])")},
        {"", ASKED_IF("list contains(wanted, outcome)")},
        {"yes", ASKED_IF("is(outcome, \"no\")")},
        {"no", ASKED_IF("\"yes\" = outcome and note = \"no\"")},
        {"no", ASKED_IF("outcome = \"yes\" and not(note = \"no\")")},
        {"", ASKED_IF("not(outcome = \"yes\")")},
        {"", ASKED_IF("starts with(outcome, \"y\")")},
        {"", ASKED_IF("if outcome = \"yes\" then k else j")},
        {"", ASKED_IF("outcome in (starts with(?, \"y\"), \"no\")")},
        {"no", ASKED_IF("outcome in (? = \"yes\")")},
        /* of the task itself, and behind a sub-process that it stands in */
        {"no", ASKED(WHEN("f3", "a", "e", "outcome = \"yes\"") WHEN("f4", "a", "e", "amount > 3"))},
        {"", MODEL(START FLOW("f1", "s", "i") "<subProcess id='i'>" TWO "</subProcess>" "<exclusiveGateway id='x' default='f5'/>"
                   FLOW("f3", "i", "x") WHEN("f4", "x", "e", "outcome = \"yes\"") FLOW("f5", "x", "e") END)},
        /* written anew before anything asks */
        {"yes no", ASKED("<userTask id='b'>" EXT(WHO) "</userTask>" FLOW("f3", "a", "b") FLOW("f6", "b", "x")
                         "<exclusiveGateway id='x' default='f5'/>" WHEN("f4", "x", "e", "outcome = \"yes\"") FLOW("f5", "x", "e"))},
        /* gathered of many instances */
        {"no", GATHERED("count(all[item = \"yes\"]) = 2")},
        {"no", GATHERED("some one in all satisfies one = \"yes\"")},
        {"", GATHERED("every one in all satisfies one in (\"yes\", \"no\")")},
        {"yes", GATHERED("list contains(all, \"no\")")},
        {"yes", GATHERED("\"no\" in all")},
        {"no", GATHERED("all[1] = \"yes\"")},
        {"", GATHERED("count(all) = 2")},
        {"", GATHERED("count(all[item = \"yes\"]) != 2")},
        {"", GATHERED("count(all[amount = 2]) = 2")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_unhandled(cases[i].xml, cases[i].left);
    }
}

/* --- clocks ----------------------------------------------------------------------------------------------- */

#define TIMES(inside) MODEL(EXT(CLOCK) inside)
#define STARTED "<startEvent id='s'>" EXT(ON("leave", "start")) "</startEvent>"
#define STOP(id) TASK(id, ON("leave", "stop"))
#define SPLIT "<parallelGateway id='g'/>" FLOW("fg", "s", "g")
#define SIGNAL "<signalEventDefinition signalRef='S'/>"

#define BESIDE_B(back) \
    "<parallelGateway id='g'/>" FLOW("k", "g", "a") STOP("a") FLOW("h", "a", "j") FLOW("l", "g", "n") "<task id='n'/>" FLOW("o", "n", "b") \
        USER("b", "<gov:return to='" back "'/>") FLOW("q", "b", "j") "<parallelGateway id='j'/>" FLOW("r", "j", "e") END

/* "clock-never-stops e, clock-never-runs a" */
static void
expect_clocks(const char *xml, const char *expected)
{
    struct arena *a = arena_new(1 << 22);
    struct bpmn_report report;
    char found[200] = "";
    size_t len = 0;

    (void)read_it(a, xml, &report);
    for (size_t i = 0; i < report.count; i++) {
        const struct bpmn_finding *f = &report.finding[i];
        if (f->rule == BPMN_RULE_CLOCK_NEVER_RUNS || f->rule == BPMN_RULE_CLOCK_NEVER_STOPS) {
            len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%s %.*s", len > 0 ? ", " : "", bpmn_rule_name(f->rule) + 12,
                                    STR_ARG(f->id));
        }
    }
    if (strcmp(found, expected) != 0) {
        fail_msg("%s: not \"%s\" but \"%s\"", xml, expected, found);
    }
    arena_free(a);
}

static void
a_clock_that_runs_is_stopped_on_every_way(void **state)
{
    static const struct {
        const char *found, *xml;
    } cases[] = {
        {"stops e", TIMES(STARTED FLOW("f", "s", "e") END)},
        {"", TIMES(STARTED FLOW("f", "s", "a") STOP("a") FLOW("g", "a", "e") END)},
        {"stops e", TIMES(STARTED FLOW("f", "s", "a") TASK("a", ON("enter", "pause")) FLOW("g", "a", "e") END)},
        {"runs a", TIMES(START FLOW("f", "s", "a") STOP("a") FLOW("g", "a", "e") END)},
        {"runs b", TIMES(STARTED FLOW("f", "s", "a") STOP("a") FLOW("g", "a", "b") TASK("b", ON("enter", "resume")) FLOW("h", "b", "e") END)},
        /* one of two ways */
        {"stops e", TIMES(STARTED FLOW("f", "s", "x") "<exclusiveGateway id='x' default='k'/>" WHEN("g", "x", "a", "n") STOP("a")
                          FLOW("h", "a", "e") FLOW("k", "x", "e") END)},
        {"", TIMES(STARTED FLOW("f", "s", "x") "<exclusiveGateway id='x' default='k'/>" WHEN("g", "x", "a", "n") STOP("a")
                   FLOW("h", "a", "e") FLOW("k", "x", "b") STOP("b") FLOW("l", "b", "e") END)},
        /* side by side: one answers for all, joined or not */
        {"", TIMES(STARTED SPLIT FLOW("f", "g", "a") STOP("a") FLOW("h", "a", "j") FLOW("k", "g", "j") "<parallelGateway id='j'/>"
                   FLOW("l", "j", "e") END)},
        {"", TIMES(STARTED SPLIT FLOW("f", "g", "a") STOP("a") FLOW("h", "a", "e") FLOW("k", "g", "d") "<endEvent id='d'/>" END)},
        {"stops d", TIMES(STARTED SPLIT FLOW("f", "g", "a") STOP("a") FLOW("h", "a", "e") FLOW("k", "g", "d")
                          "<endEvent id='d'><terminateEventDefinition/></endEvent>" END)},
        {"stops e", TIMES(STARTED FLOW("f", "s", "g") "<inclusiveGateway id='g' default='m'/>" WHEN("h", "g", "a", "n") STOP("a")
                          FLOW("k", "a", "j") FLOW("m", "g", "j") "<inclusiveGateway id='j'/>" FLOW("l", "j", "e") END)},
        /* a loop comes by again */
        {"", TIMES(STARTED FLOW("f", "s", "x") "<exclusiveGateway id='x'/>" FLOW("g", "x", "a") TASK("a", ON("enter", "pause") ON("leave", "resume"))
                   FLOW("h", "a", "y") "<exclusiveGateway id='y' default='k'/>" FLOW("k", "y", "x") WHEN("l", "y", "b", "n") STOP("b")
                   FLOW("m", "b", "e") END)},
        /* broken off: by a boundary event, and by an event sub-process */
        {"stops t", TIMES(STARTED FLOW("f", "s", "a") STOP("a") FLOW("g", "a", "e") END "<boundaryEvent id='b' attachedToRef='a'>" SIGNAL
                          "</boundaryEvent>" FLOW("h", "b", "t") "<endEvent id='t'/>")},
        {"", TIMES(STARTED FLOW("f", "s", "a") TASK("a", ON("leave", "stop") ON("cancel", "stop")) FLOW("g", "a", "e") END
                   "<boundaryEvent id='b' attachedToRef='a'>" SIGNAL "</boundaryEvent>" FLOW("h", "b", "t") "<endEvent id='t'/>")},
        {"", TIMES(STARTED FLOW("f", "s", "a") STOP("a") FLOW("g", "a", "e") END "<boundaryEvent id='b' attachedToRef='a' cancelActivity='false'>"
                   SIGNAL "</boundaryEvent>" FLOW("h", "b", "t") "<endEvent id='t'/>")},
        {"stops u", TIMES(STARTED FLOW("f", "s", "a") STOP("a") FLOW("g", "a", "e") END "<subProcess id='w' triggeredByEvent='true'>"
                          "<startEvent id='t'>" SIGNAL "</startEvent>" FLOW("h", "t", "u") "<endEvent id='u'/></subProcess>")},
        {"", TIMES(STARTED FLOW("f", "s", "a") STOP("a") FLOW("g", "a", "e") END "<subProcess id='w' triggeredByEvent='true'>"
                   "<startEvent id='t' isInterrupting='false'>" SIGNAL "</startEvent>" FLOW("h", "t", "u") "<endEvent id='u'/></subProcess>")},
        /* a way that no case takes says nothing: the sub-process only ends by its error */
        {"", TIMES(STARTED FLOW("f", "s", "i") "<subProcess id='i'><startEvent id='t'/>" FLOW("g", "t", "u")
                   "<endEvent id='u'><errorEventDefinition errorRef='E'/></endEvent></subProcess>" FLOW("h", "i", "j") FLOW("k", "i", "j")
                   "<inclusiveGateway id='j'/>" FLOW("l", "j", "a") STOP("a") FLOW("m", "a", "e") END
                   "<boundaryEvent id='b' attachedToRef='i'><errorEventDefinition errorRef='E'/></boundaryEvent>" FLOW("n", "b", "z") STOP("z")
                   FLOW("o", "z", "e"))},
        {"stops t", TIMES(START FLOW("f", "s", "a") "<subProcess id='a'><startEvent id='i'>" EXT(ON("leave", "start")) "</startEvent>"
                          FLOW("g", "i", "k") STOP("k") FLOW("h", "k", "l") "<endEvent id='l'/></subProcess>" FLOW("m", "a", "e") END
                          "<boundaryEvent id='b' attachedToRef='a'>" SIGNAL "</boundaryEvent>" FLOW("n", "b", "t") "<endEvent id='t'/>")},
        /* through a sub-process, whose own clock it is */
        {"", MODEL(START FLOW("f", "s", "a") "<subProcess id='a'>" EXT(CLOCK ON("enter", "start") ON("leave", "stop") ON("cancel", "stop"))
                   "<startEvent id='t'/>" FLOW("h", "t", "u") "<endEvent id='u'/></subProcess>" FLOW("g", "a", "e") END
                   "<boundaryEvent id='b' attachedToRef='a'>" SIGNAL "</boundaryEvent>" FLOW("k", "b", "e"))},
        {"stops e", MODEL(START FLOW("f", "s", "a") "<subProcess id='a'>" EXT(CLOCK) "<startEvent id='t'>" EXT(ON("leave", "start"))
                          "</startEvent>" FLOW("h", "t", "u") "<endEvent id='u'/></subProcess>" FLOW("g", "a", "e") END)},
        {"", TIMES(STARTED FLOW("f", "s", "l") "<intermediateThrowEvent id='l'><linkEventDefinition name='n'/></intermediateThrowEvent>"
                   "<intermediateCatchEvent id='m'><linkEventDefinition name='n'/></intermediateCatchEvent>" FLOW("g", "m", "a") STOP("a")
                   FLOW("h", "a", "e") END)},
        /* sent back: what was stopped is stopped once more, what was cancelled is not left */
        {"", TIMES(START FLOW("f", "s", "a") TASK("a", "") FLOW("g", "a", "b") USER("b", ON("enter", "start") ON("cancel", "stop") ON("leave", "stop") "<gov:return to='a'/>")
                   FLOW("h", "b", "e") END)},
        {"stops e", TIMES(START FLOW("f", "s", "m") "<exclusiveGateway id='m'/>" FLOW("fp", "m", "x") "<exclusiveGateway id='x' default='k'/>" FLOW("k", "x", "e") WHEN("l", "x", "b", "n")
                          USER("b", ON("enter", "start") ON("leave", "stop") "<gov:return to='m'/>") FLOW("h", "b", "e") END)},
        /* out of a sub-process, which is taken down */
        {"stops e", TIMES(START FLOW("f", "s", "m") "<exclusiveGateway id='m'/>" FLOW("fp", "m", "x") "<exclusiveGateway id='x' default='k'/>" FLOW("k", "x", "e") WHEN("l", "x", "i", "n")
                          "<subProcess id='i'>" EXT(ON("enter", "start") ON("leave", "stop")) USER("b", "<gov:return to='m'/>") "</subProcess>" FLOW("h", "i", "e") END)},
        {"", TIMES(START FLOW("f", "s", "m") "<exclusiveGateway id='m'/>" FLOW("fp", "m", "x") "<exclusiveGateway id='x' default='k'/>" FLOW("k", "x", "e") WHEN("l", "x", "i", "n")
                   "<subProcess id='i'>" EXT(ON("enter", "start") ON("cancel", "stop") ON("leave", "stop")) USER("b", "<gov:return to='m'/>") "</subProcess>" FLOW("h", "i", "e") END)},
        /* within its own way another still stops it; to before they parted, that one is taken down */
        {"", TIMES(STARTED FLOW("f", "s", "m") "<task id='m'/>" FLOW("fp", "m", "g") BESIDE_B("n"))},
        {"", TIMES(STARTED FLOW("f", "s", "m") "<task id='m'/>" FLOW("fp", "m", "g") BESIDE_B("m"))},
        {"stops e", TIMES(START FLOW("f", "s", "m") "<exclusiveGateway id='m' default='fp'/>" WHEN("fx", "m", "e", "n") FLOW("fp", "m", "t") TASK("t", ON("leave", "start"))
                          FLOW("ft", "t", "g") BESIDE_B("m"))},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_clocks(cases[i].xml, cases[i].found);
    }
}

static void
memory_may_end_anywhere(void **state)
{
    enum rc rc = RC_LIMIT;

    (void)state;
    for (size_t n = 1; rc != RC_OK; n++) {
        struct arena *a = arena_new(1 << 22);
        struct bpmn_report report;
        const struct bpmn *m;
        arena_fail_at(a, n);
        rc = bpmn_try(a, whole, &m, &report);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_element_of_the_vocabulary_has_a_shape),
        cmocka_unit_test(what_the_vocabulary_does_not_have_is_refused),
        cmocka_unit_test(clocks_are_declared_where_they_are_named),
        cmocka_unit_test(a_task_says_who_and_a_service_what),
        cmocka_unit_test(an_outcome_that_nobody_handles_is_found),
        cmocka_unit_test(a_clock_that_runs_is_stopped_on_every_way),
        cmocka_unit_test(memory_may_end_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
