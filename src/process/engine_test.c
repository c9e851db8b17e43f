/* Tokens go where BPMN says: tasks, gateways, sub-processes, calls, data, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/test_story.h"

#define USER(id) "<userTask id='" id "'/>"
#define TASK(id) "<task id='" id "'/>"
#define AND(id) "<parallelGateway id='" id "'/>"
#define XOR(id, more) "<exclusiveGateway id='" id "' " more "/>"
#define OR(id, more) "<inclusiveGateway id='" id "' " more "/>"
#define SCRIPT(id, result, feel) "<scriptTask id='" id "' gov:result='" result "'><script>" feel "</script></scriptTask>"
#define TELL(stories) trial_stories(stories, sizeof(stories) / sizeof((stories)[0]))
/* s → g → (a | b) → h → e */
#define DIAMOND(split, ways, join) \
    MODEL(START FLOW("f", "s", "g") split ways USER("a") USER("b") FLOW("u", "a", "h") FLOW("v", "b", "h") join FLOW("w", "h", "e") END)
#define BOTH FLOW("x", "g", "a") FLOW("y", "g", "b")
#define EITHER WHEN("x", "g", "a", "k = 1") WHEN("y", "g", "b", "l = 1")

static void
each_kind_of_task_waits_for_whom_it_should(void **state)
{
    static const struct story stories[] = {
        {AROUND(TASK("a")), "start => completed", NULL},
        {AROUND("<manualTask id='a'/>"), "start => completed", NULL},
        {AROUND(USER("a")), "start => a\n done a {\"x\":1} => completed | x=1", NULL},
        {AROUND("<userTask id='a' gov:result='said'/>"), "start => a\n done a grant => completed | said=\"grant\"", NULL},
        {AROUND("<serviceTask id='a'/>"), "start => a/job\n done a => completed", NULL},
        {AROUND("<businessRuleTask id='a'/>"), "start => a/job\n done a {\"days\":15} => completed | days=15", NULL},
        {AROUND("<sendTask id='a' messageRef='M'/>"), "start => completed", "message/order/990-1 "},
        {AROUND("<receiveTask id='a' messageRef='M'/>"), "start => a/message\n message a {\"x\":1} => completed | x=1", ""},
        {AROUND(SCRIPT("a", "x", "k + 1")), "start {\"k\":4} => completed | x=5", NULL},
        {AROUND("<scriptTask id='a'><script>{x: k + 1, y: \"z\"}</script></scriptTask>"), "start {\"k\":4} => completed | x=5 y=\"z\"", NULL},
        {AROUND("<sendTask id='a' messageRef='M'><extensionElements><gov:job type='post'/></extensionElements></sendTask>"),
         "start => a/job\n done a => completed", ""},
    };

    (void)state;
    TELL(stories);
}

static void
gateways_choose_and_join(void **state)
{
    static const struct story stories[] = {
        {DIAMOND(XOR("g", "default='y'"), WHEN("x", "g", "a", "k = 1") FLOW("y", "g", "b"), XOR("h", "")),
         "start {\"k\":1} => a\n done a => completed", NULL},
        {DIAMOND(XOR("g", "default='y'"), WHEN("x", "g", "a", "k = 1") FLOW("y", "g", "b"), XOR("h", "")), "start => b", NULL},
        {DIAMOND(XOR("g", ""), EITHER, XOR("h", "")), "start {\"k\":1,\"l\":1} => a", NULL}, /* the first one written */
        {DIAMOND(XOR("g", ""), EITHER, XOR("h", "")), "start {\"k\":2} => g/incident\n retry g {\"l\":1} => b\n done b => completed", NULL},
        {DIAMOND(AND("g"), BOTH, AND("h")), "start => a b\n done b => a h/join\n done a => completed", NULL},
        {DIAMOND(AND("g"), BOTH, XOR("h", "")), "start => a b\n done a => b\n done b => completed", NULL},
        {DIAMOND(OR("g", ""), EITHER, OR("h", "")), "start {\"k\":1,\"l\":1} => a b\n done b => a h/join\n done a => completed", NULL},
        {DIAMOND(OR("g", ""), EITHER, OR("h", "")), "start {\"l\":1} => b\n done b => completed", NULL},
        {DIAMOND(OR("g", ""), EITHER, OR("h", "")), "start => g/incident", NULL},
        {DIAMOND(OR("g", "default='y'"), WHEN("x", "g", "a", "k = 1") FLOW("y", "g", "b"), OR("h", "")), "start => b", NULL},
        {DIAMOND(XOR("g", ""), EITHER, OR("h", "")), "start {\"k\":1} => a\n done a => completed", NULL},
        {DIAMOND(AND("g"), BOTH, OR("h", "")), "start => a b\n done a => b h/join\n done b => completed", NULL},
        /* An activity with several ways: each that holds, the default for the others. */
        {DIAMOND(TASK("g"), BOTH, AND("h")), "start => a b", NULL},
        {DIAMOND("<task id='g' default='y'/>", WHEN("x", "g", "a", "k = 1") FLOW("y", "g", "b"), XOR("h", "")), "start {\"k\":1} => a", NULL},
        {DIAMOND("<task id='g' default='y'/>", WHEN("x", "g", "a", "k = 1") FLOW("y", "g", "b"), XOR("h", "")), "start => b", NULL},
        {DIAMOND(TASK("g"), EITHER, XOR("h", "")), "start => g/incident\n retry g {\"k\":1} => a", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
tokens_of_one_flow_take_turns_at_a_join(void **state)
{
    static const struct story stories[] = {
        /* Two tokens come through m by x, one by y: the second of x waits for the next turn. */
        {MODEL(START FLOW("f", "s", "g") AND("g") FLOW("m1", "g", "m") FLOW("m2", "g", "m") FLOW("m3", "g", "b") XOR("m", "") FLOW("x", "m", "j")
               USER("b") FLOW("y", "b", "j") AND("j") FLOW("z", "j", "c") USER("c") FLOW("w", "c", "e") END),
         "start => j/join j/join b\n done b => j/join c\n done c => j/join", NULL},
        /* An inclusive join takes one of each flow, and waits for what can still come from a loop. */
        {MODEL(START FLOW("f", "s", "g") AND("g") FLOW("m1", "g", "a") FLOW("m2", "g", "b") USER("a") USER("b") FLOW("x", "a", "j")
               FLOW("y", "b", "m") XOR("m", "default='n'") FLOW("n", "m", "j") WHEN("o", "m", "b", "again") OR("j", "") FLOW("z", "j", "e") END),
         "start => a b\n done a => b j/join\n done b {\"again\":true} => j/join b\n done b {\"again\":false} => completed", NULL},
    };

    (void)state;
    TELL(stories);
}

/* Behind a join one goes away, or one more comes, in the step in which another join is asked: it knows who is there now. */
static void
a_join_sees_what_another_join_has_just_set_free(void **state)
{
#define TWO_JOINS(between)                                                                                                                         \
    MODEL(START FLOW("f", "s", "g") AND("g") FLOW("m1", "g", "a") FLOW("m2", "g", "b") FLOW("m3", "g", "c") USER("a") USER("b") USER("c")             \
          FLOW("n1", "a", "i") FLOW("n2", "b", "i") OR("i", "") between FLOW("n3", "c", "j") OR("j", "") FLOW("o", "j", "z") USER("z") FLOW("q", "z", "e") END)
    static const struct story stories[] = {
        {TWO_JOINS(FLOW("k1", "i", "x") XOR("x", "default='k2'") FLOW("k2", "x", "h") "<endEvent id='h'/>" WHEN("k3", "x", "j", "again")),
         "start => a b c\n done c => a b j/join\n done a => b j/join i/join\n done b => z", NULL},
        {TWO_JOINS(FLOW("k1", "i", "x") AND("x") FLOW("k2", "x", "h") "<endEvent id='h'/>" FLOW("k3", "x", "u") USER("u") FLOW("k4", "u", "j")),
         "start => a b c\n done c => a b j/join\n done a => b j/join i/join\n done b => j/join u\n done u => z", NULL},
        {TWO_JOINS(FLOW("k1", "i", "x") AND("x") FLOW("k2", "x", "h") "<endEvent id='h'/>" FLOW("k3", "x", "y") XOR("y", "default='k4'") FLOW("k4", "y", "h")
                   WHEN("k5", "y", "j", "again")),
         "start => a b c\n done c => a b j/join\n done a => b j/join i/join\n done b => z", NULL},
    };

    (void)state;
    TELL(stories);
}

#define SUB(id, more, inside) "<subProcess id='" id "' " more ">" inside "</subProcess>"
#define INNER(a) "<startEvent id='i'/>" FLOW("k1", "i", "b") a FLOW("k2", "b", "o") "<endEvent id='o'/>"

static void
scopes_end_when_nothing_keeps_them(void **state)
{
    static const struct story stories[] = {
        {AROUND(SUB("a", "", INNER(USER("b")))), "start => a/inner b\n done b => completed", NULL},
        {AROUND(SUB("a", "", USER("b") USER("c"))), "start => a/inner b c\n done b => a/inner c\n done c => completed", NULL},
        {AROUND(SUB("a", "", INNER(TASK("b")))), "start => completed", NULL},
        /* Data of the inner scope hides that of the outer one of the same name. */
        {AROUND(SUB("a", "", "<dataObject id='x'/>" INNER(SCRIPT("b", "x", "7")))), "start {\"x\":1} => completed | x=1", NULL},
        {AROUND(SUB("a", "", INNER(SCRIPT("b", "x", "x + 6")))), "start {\"x\":1} => completed | x=7", NULL},
        {AROUND(SUB("a", "", INNER(SCRIPT("b", "y", "7")))), "start {\"x\":1} => completed | y=nothing", NULL},
        {MODEL(USER("a") USER("b") FLOW("u", "a", "j") FLOW("v", "b", "j") AND("j")), "start => a b\n done a => b j/join\n done b => completed", NULL},
        {MODEL(START FLOW("f", "s", "g") AND("g") FLOW("x", "g", "a") FLOW("y", "g", "b") USER("a") USER("b") FLOW("u", "a", "e")
               "<endEvent id='e'><terminateEventDefinition/></endEvent>" FLOW("v", "b", "h") "<endEvent id='h'/>"),
         "start => a b\n done a => completed", NULL},
        {MODEL(START FLOW("f", "s", "a") SUB("a", "", "<startEvent id='i'/>" FLOW("k", "i", "g") AND("g") FLOW("x", "g", "b") FLOW("y", "g", "c")
               USER("b") USER("c") FLOW("u", "b", "o") "<endEvent id='o'><terminateEventDefinition/></endEvent>" FLOW("v", "c", "q")
               "<endEvent id='q'/>") FLOW("h", "a", "d") USER("d") FLOW("w", "d", "e") END),
         "start => a/inner b c\n done b => d", NULL},
    };

    (void)state;
    TELL(stories);
}

#define IO(inner) "<ioSpecification>" inner "<inputSet/><outputSet/></ioSpecification>"
#define OUT(from, to) "<dataOutputAssociation><sourceRef>" from "</sourceRef><targetRef>" to "</targetRef></dataOutputAssociation>"
#define IN(from, to) "<dataInputAssociation><sourceRef>" from "</sourceRef><targetRef>" to "</targetRef></dataInputAssociation>"

static void
data_goes_where_associations_lead(void **state)
{
    static const struct story stories[] = {
        {MODEL("<dataObject id='D1' name='kept'/>" START FLOW("f1", "s", "a") "<userTask id='a'>" IO("<dataOutput id='O1' name='said'/>") OUT("O1", "D1") "</userTask>"
               FLOW("f2", "a", "e") END), "start => a | kept=null\n done a {\"said\":7,\"other\":8} => completed | kept=7 said=nothing other=8", NULL},
        {MODEL("<dataObject id='D1' name='kept'/>" START FLOW("f1", "s", "a") "<scriptTask id='a' gov:result='r'>" IO("<dataInput id='I1' name='given'/>") IN("D1", "I1")
               "<script>given * 2</script></scriptTask>" FLOW("f2", "a", "e") END), "start {\"kept\":4} => completed | r=8 given=nothing", NULL},
        {MODEL("<dataObject id='D1' name='kept'/><startEvent id='s'><dataOutput id='O1' name='said'/>" OUT("O1", "D1") "<messageEventDefinition messageRef='M'/></startEvent>"
               FLOW("f2", "s", "e") END), "start s {\"said\":7} => completed | kept=7", NULL},
    };

    (void)state;
    TELL(stories);
}

#define CALLED "<process id='q'><startEvent id='qs'/>" FLOW("q1", "qs", "qa") USER("qa") FLOW("q2", "qa", "qe") "<endEvent id='qe'/></process>"

static void
a_called_process_sees_only_what_it_is_given(void **state)
{
    static const struct story stories[] = {
        {OPEN PROCESS(START FLOW("f1", "s", "a") "<callActivity id='a' calledElement='q'/>" FLOW("f2", "a", "e") END) CALLED CLOSE,
         "start {\"x\":1} => a/inner qa\n done qa {\"x\":2} => completed | x=1", NULL},
        {OPEN PROCESS(START FLOW("f1", "s", "a")
                      "<callActivity id='a' calledElement='q'><extensionElements><gov:input name='y' value='=x + 1'/>"
                      "<gov:output name='z' value='=y + 1'/></extensionElements></callActivity>" FLOW("f2", "a", "e") END) CALLED CLOSE,
         "start {\"x\":1} => a/inner qa\n done qa => completed | z=3 y=nothing", NULL},
        {AROUND("<callActivity id='a' calledElement='nobody'/>"), "start => a/incident\n retry a => a/incident", NULL},
        /* It calls itself until it is too deep. */
        {MODEL(START FLOW("f1", "s", "a") "<callActivity id='a' calledElement='p'/>" FLOW("f2", "a", "e") END), "start => ", NULL},
    };

    (void)state;
    trial_stories(stories, 3);
    struct trial t;
    trial_open(&t, stories[3].xml);
    struct command c = {.kind = COMMAND_START};
    struct err err;
    assert_int_equal(trial_step(&t, &c, &err), RC_OK);
    assert_true(str_ends(trial_stands(&t), STR("a/inner a/incident")));
    trial_close(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_task_waits_for_whom_it_should),
        cmocka_unit_test(gateways_choose_and_join),
        cmocka_unit_test(tokens_of_one_flow_take_turns_at_a_join),
        cmocka_unit_test(a_join_sees_what_another_join_has_just_set_free),
        cmocka_unit_test(scopes_end_when_nothing_keeps_them),
        cmocka_unit_test(data_goes_where_associations_lead),
        cmocka_unit_test(a_called_process_sees_only_what_it_is_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
