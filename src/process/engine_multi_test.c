/* Activities that run more than once, what they gather, who signs together, and what is undone afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/test_story.h"

#define TELL(stories) trial_stories(stories, sizeof(stories) / sizeof((stories)[0]))
#define USER(id) "<userTask id='" id "'/>"
#define TASK(id) "<task id='" id "'/>"
#define SUB(id, more, inside) "<subProcess id='" id "' " more ">" inside "</subProcess>"
#define MULTI(more, inside) "<multiInstanceLoopCharacteristics " more ">" inside "</multiInstanceLoopCharacteristics>"
#define TIMES(n) "<loopCardinality>" n "</loopCardinality>"
#define UNTIL(feel) "<completionCondition>" feel "</completionCondition>"
#define LIST "<loopDataInputRef>L1</loopDataInputRef><inputDataItem name='one'/>"
#define GATHER "<loopDataOutputRef>L2</loopDataOutputRef><outputDataItem name='got'/>"
#define LISTS "<dataObject id='L1' name='all' isCollection='true'/><dataObject id='L2' name='given' isCollection='true'/>"
#define EACH(id, what) "<userTask id='" id "'>" what "</userTask>"
#define LISTED(a) MODEL(LISTS START FLOW("f1", "s", "a") a FLOW("f2", "a", "e") END)
#define SIGN(rule) \
    LISTED("<userTask id='a'><extensionElements><gov:outcome code='yes' zh='同意' en='Yes'/><gov:outcome code='no' zh='不同意' en='No'/>" \
           "<gov:countersign rule='" rule "' pass='yes'/></extensionElements>" MULTI("", LIST) "</userTask>")
#define THREE "start {\"all\":[1,2,3]} => a/inner a a a\n"

static void
instances_run_side_by_side_or_one_after_another(void **state)
{
    static const struct story stories[] = {
        {AROUND(EACH("a", MULTI("", TIMES("2")))), "start => a/inner a a\n done a => a/inner a\n done a => completed", NULL},
        {AROUND(EACH("a", MULTI("isSequential='true'", TIMES("k")))), "start {\"k\":2} => a/inner a\n done a => a/inner a\n done a => completed", NULL},
        {AROUND(EACH("a", MULTI("", TIMES("0")))), "start => completed", NULL},
        /* What is written into the lists that gather is no list, or is one of another's. */
        {SIGN("all"), THREE "done a yes {\"outcomes\":7} => a/inner a a\n done a yes {\"outcomes\":{}} => a/inner a\n done a yes => completed", NULL},
        {LISTED(EACH("a", MULTI("", LIST GATHER))), THREE "done a {\"given\":7} => a/inner a a\n done a {\"given\":\"x\"} => a/inner a\n done a => completed", NULL},
        {AROUND("<scriptTask id='a'><script>{\"\": 7}</script>" MULTI("isSequential='true'", TIMES("2")) "</scriptTask>"), "start => a/inner a/incident", NULL},
        {AROUND(EACH("a", MULTI("", TIMES("k")))), "start {\"k\":-1} => a/incident\n retry a {\"k\":1} => a/inner a", NULL},
        {AROUND(EACH("a", MULTI("", TIMES("k")))), "start {\"k\":10001} => a/incident\n retry a {\"k\":1.5} => a/incident", NULL},
        {AROUND(EACH("a", MULTI("", TIMES("3") UNTIL("nrOfCompletedInstances = 2")))),
         "start => a/inner a a a\n done a => a/inner a a\n done a => completed", NULL},
        {AROUND(EACH("a", MULTI("isSequential='true'", TIMES("3") UNTIL("loopCounter = 2")))),
         "start => a/inner a\n done a => a/inner a\n done a => completed", NULL},
        {AROUND("<scriptTask id='a' gov:result='n'><script>n + nrOfInstances * loopCounter</script>" MULTI("", TIMES("3")) "</scriptTask>"),
         "start {\"n\":0} => completed | n=18", NULL},
        {AROUND(SUB("a", "", MULTI("", TIMES("2")) "<startEvent id='i'/>" FLOW("k1", "i", "b") USER("b") FLOW("k2", "b", "o") "<endEvent id='o'/>")),
         "start => a/inner a/inner a/inner b b\n done b => a/inner a/inner b\n done b => completed", NULL},
        /* Inside of one another. */
        {AROUND(SUB("a", "", MULTI("", TIMES("2")) EACH("b", MULTI("", TIMES("loopCounter"))))),
         "start => a/inner a/inner a/inner b/inner b/inner b b b\n done b => a/inner a/inner b/inner b b\n done b => a/inner a/inner b/inner b\n"
         "done b => completed", NULL},
        {MODEL(START FLOW("f1", "s", "a") EACH("a", MULTI("", TIMES("2"))) FLOW("f2", "a", "e") END "<boundaryEvent id='x' attachedToRef='a'>"
               "<signalEventDefinition signalRef='S'/></boundaryEvent>" FLOW("g", "x", "c") USER("c") FLOW("h", "c", "e")),
         "start => a/inner ~x/signal a a\n done a => a/inner ~x/signal a\n signal stop => c", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
each_instance_has_its_item_and_gives_its_own(void **state)
{
    static const struct story stories[] = {
        {LISTED("<scriptTask id='a' gov:result='got'><script>one * 10</script>" MULTI("", LIST GATHER) "</scriptTask>"),
         "start {\"all\":[1,2,3]} => completed | given=[10,20,30] got=nothing one=nothing", NULL},
        {LISTED("<scriptTask id='a' gov:result='got'><script>one * 10</script>" MULTI("isSequential='true'", LIST GATHER) "</scriptTask>"),
         "start {\"all\":[1,2,3]} => completed | given=[10,20,30]", NULL},
        {LISTED(EACH("a", MULTI("", LIST GATHER))),
         THREE "done a#3 {\"got\":\"c\"} => a/inner a a\n done a#2 {\"got\":\"b\"} => a/inner a\n done a {\"got\":\"a\"} => completed | given=[\"a\",\"b\",\"c\"]", NULL},
        {LISTED(EACH("a", MULTI("", LIST GATHER))), "start {\"all\":[]} => completed | given=[]", NULL},
        {LISTED(EACH("a", MULTI("", LIST GATHER))), "start {\"all\":7} => a/incident\n retry a {\"all\":[1]} => a/inner a", NULL},
        {LISTED(EACH("a", MULTI("", LIST GATHER UNTIL("count(given) = 1")))),
         THREE "done a {\"got\":5} => completed | given=[5]", NULL},
        {LISTED(EACH("a", MULTI("", LIST UNTIL("list contains(outcomes, \"no\")")))),
         THREE "done a yes => a/inner a a\n done a no => completed | outcomes=[\"yes\",\"no\"] outcome=nothing", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
those_who_sign_together_decide_by_their_rule(void **state)
{
    static const struct story stories[] = {
        {SIGN("all"), THREE "done a yes => a/inner a a\n done a yes => a/inner a\n done a yes => completed | outcome=\"yes\"", NULL},
        {SIGN("all"), THREE "done a no => a/inner a a\n done a yes => a/inner a\n done a yes => completed | outcome=\"no\"", NULL},
        {SIGN("one-veto"), THREE "done a yes => a/inner a a\n done a no => completed | outcome=\"no\"", NULL},
        {SIGN("one-veto"), THREE "done a yes => a/inner a a\n done a yes => a/inner a\n done a yes => completed | outcome=\"yes\"", NULL},
        {SIGN("majority"), THREE "done a yes => a/inner a a\n done a yes => completed | outcome=\"yes\"", NULL},
        {SIGN("majority"), THREE "done a no => a/inner a a\n done a no => completed | outcome=\"no\"", NULL},
        {SIGN("majority"), THREE "done a no => a/inner a a\n done a yes => a/inner a\n done a yes => completed | outcome=\"yes\"", NULL},
        /* Signers come and go. */
        {SIGN("all"), THREE "add_signer a {\"one\":9} => a/inner a a a a\n done a yes => a/inner a a a\n drop_signer a => a/inner a a\n"
         "done a yes => a/inner a\n drop_signer a => completed | outcome=\"yes\"", NULL},
        {SIGN("majority"), "start {\"all\":[1,2]} => a/inner a a\n add_signer a => a/inner a a a\n done a yes => a/inner a a\n done a yes => completed", NULL},
        {SIGN("majority"), "start {\"all\":[1,2,3,4]} => a/inner a a a a\n done a yes => a/inner a a a\n done a yes => a/inner a a\n"
         "drop_signer a => completed | outcome=\"yes\"", NULL},
        {AROUND(USER("a")), "start => a\n add_signer a => !token-other\n drop_signer a => !token-other", NULL},
        {AROUND(EACH("a", MULTI("isSequential='true'", TIMES("2")))), "start => a/inner a\n add_signer a => !token-other", NULL},
    };

    (void)state;
    TELL(stories);
}

#define LOOP(more, condition) "<standardLoopCharacteristics " more ">" condition "</standardLoopCharacteristics>"
#define WHILE(feel) "<loopCondition>" feel "</loopCondition>"
#define COUNT(loop) "<scriptTask id='a' gov:result='n'><script>n + 1</script>" loop "</scriptTask>"

static void
a_loop_goes_on_as_long_as_it_is_told(void **state)
{
    static const struct story stories[] = {
        {AROUND(COUNT(LOOP("", WHILE("n &lt; 3")))), "start {\"n\":0} => completed | n=3", NULL},
        {AROUND(COUNT(LOOP("", WHILE("n &lt; 3")))), "start {\"n\":7} => completed | n=8", NULL},
        {AROUND(COUNT(LOOP("testBefore='true'", WHILE("n &lt; 3")))), "start {\"n\":7} => completed | n=7", NULL},
        {AROUND(COUNT(LOOP("testBefore='true'", WHILE("n &lt; 3")))), "start {\"n\":1} => completed | n=3", NULL},
        {AROUND(COUNT(LOOP("loopMaximum='2'", WHILE("true")))), "start {\"n\":0} => completed | n=2", NULL},
        {AROUND(COUNT(LOOP("loopMaximum='2'", ""))), "start {\"n\":0} => completed | n=2", NULL},
        {AROUND(COUNT(LOOP("loopMaximum='0'", ""))), "start {\"n\":0} => completed | n=0", NULL},
        {AROUND(EACH("a", LOOP("", WHILE("outcome = \"again\"")))),
         "start => a/inner a\n done a again => a/inner a\n done a good => completed | outcome=\"good\"", NULL},
        {AROUND(COUNT(LOOP("", WHILE("true")))), "start {\"n\":0} => a/inner a/incident | n=20000", NULL},
    };

    (void)state;
    TELL(stories);
}

#define AROUND_SIGNAL(behaviour) \
    OPEN "<signalEventDefinition id='SD' signalRef='S'/>" PROCESS(START FLOW("f1", "s", "a") \
        "<userTask id='a'>" MULTI(behaviour, TIMES("3")) "</userTask>" FLOW("f2", "a", "e") END \
        "<boundaryEvent id='x' attachedToRef='a'><signalEventDefinition signalRef='S'/></boundaryEvent>" \
        FLOW("g", "x", "c") USER("c") FLOW("h", "c", "e")) CLOSE

static void
instances_throw_as_their_behaviour_says(void **state)
{
    static const struct story stories[] = {
        {AROUND_SIGNAL("behavior='All'"), "start => a/inner ~x/signal a a a\n done a => a/inner ~x/signal a a\n done a => a/inner ~x/signal a\n done a => completed", ""},
        {AROUND_SIGNAL("behavior='One' oneBehaviorEventRef='SD'"),
         "start => a/inner ~x/signal a a a\n done a => a/inner ~x/signal a a c\n done a => a/inner ~x/signal a c\n done a => c", "signal/stop/ "},
        {AROUND_SIGNAL("behavior='None' noneBehaviorEventRef='SD'"),
         "start => a/inner ~x/signal a a a\n done a => a/inner ~x/signal a a c\n done a => a/inner ~x/signal a c c\n done a => c c c",
         "signal/stop/ signal/stop/ signal/stop/ "},
    };

    (void)state;
    TELL(stories);
}

static void
quantities_of_tokens_are_gathered_and_given(void **state)
{
    static const struct story stories[] = {
        {MODEL(START FLOW("f", "s", "g") TASK("g") FLOW("x", "g", "a") FLOW("y", "g", "b") USER("a") USER("b") FLOW("u", "a", "c") FLOW("v", "b", "c")
               "<userTask id='c' startQuantity='2'/>" FLOW("w", "c", "e") END),
         "start => a b\n done a => b c/join\n done b => c\n done c => completed", NULL},
        {MODEL(START FLOW("f", "s", "a") "<userTask id='a' completionQuantity='2'/>" FLOW("x", "a", "b") USER("b") FLOW("w", "b", "e") END),
         "start => a\n done a => b b\n done b => b\n done b => completed", NULL},
    };

    (void)state;
    TELL(stories);
}

/* --- compensation ---------------------------------------------------------------------------------- */

#define UNDO(on, by) \
    "<boundaryEvent id='" on "x' attachedToRef='" on "'><compensateEventDefinition/></boundaryEvent><userTask id='" by "' isForCompensation='true'/>" \
    "<association id='" on "y' associationDirection='One' sourceRef='" on "x' targetRef='" by "'/>"
#define THROW_UNDO(id, more) "<intermediateThrowEvent id='" id "'><compensateEventDefinition " more "/></intermediateThrowEvent>"
/* a, b, then t undoes, then d */
#define TWO(more) \
    MODEL(START FLOW("f1", "s", "a") USER("a") UNDO("a", "ua") FLOW("f2", "a", "b") USER("b") UNDO("b", "ub") FLOW("f3", "b", "t") \
          THROW_UNDO("t", more) FLOW("f4", "t", "d") USER("d") FLOW("f5", "d", "e") END)

static void
what_was_completed_is_undone_backwards(void **state)
{
    static const struct story stories[] = {
        {TWO(""), "start => a\n done a => ~a/compensable b\n done b => ~a/compensable t/compensation ub\n done ub => t/compensation ua\n"
         "done ua => d\n done d => completed", NULL},
        {TWO("activityRef='a'"), "start => a\n done a => ~a/compensable b\n done b => ~b/compensable t/compensation ua\n done ua => ~b/compensable d", NULL},
        {TWO("waitForCompletion='false'"), "start => a\n done a => ~a/compensable b\n done b => ~a/compensable d t/compensation ub\n"
         "done d => ~a/compensable t/compensation ub\n done ub => t/compensation ua\n done ua => completed", NULL},
        /* What was not completed is not undone. */
        {MODEL(START FLOW("f1", "s", "t") THROW_UNDO("t", "") FLOW("f2", "t", "a") USER("a") UNDO("a", "ua") FLOW("f3", "a", "e") END),
         "start => a\n done a => completed", NULL},
        /* An end event undoes, too. */
        {MODEL(START FLOW("f1", "s", "a") USER("a") UNDO("a", "ua") FLOW("f2", "a", "e") "<endEvent id='e'><compensateEventDefinition/></endEvent>"),
         "start => a\n done a => e/compensation ua\n done ua => completed", NULL},
        /* A sub-process that ended is undone from inside. */
        {MODEL(START FLOW("f1", "s", "p1") SUB("p1", "", "<startEvent id='i'/>" FLOW("k1", "i", "a") USER("a") UNDO("a", "ua") FLOW("k2", "a", "b") USER("b")
               UNDO("b", "ub") FLOW("k3", "b", "o") "<endEvent id='o'/>") FLOW("f2", "p1", "t") THROW_UNDO("t", "") FLOW("f4", "t", "e") END),
         "start => p1/inner a\n done a => p1/inner ~a/compensable b\n done b => ~a/compensable p1/compensation t/compensation ub\n"
         "done ub => p1/compensation t/compensation ua\n done ua => completed", NULL},
        /* An event sub-process that undoes stands for all that is inside. */
        {MODEL(START FLOW("f1", "s", "p1") SUB("p1", "", "<startEvent id='i'/>" FLOW("k1", "i", "a") USER("a") FLOW("k3", "a", "o") "<endEvent id='o'/>"
               SUB("v", "triggeredByEvent='true'", "<startEvent id='vs'><compensateEventDefinition/></startEvent>" FLOW("v1", "vs", "c") USER("c")
               FLOW("v2", "c", "ve") "<endEvent id='ve'/>")) FLOW("f2", "p1", "t") THROW_UNDO("t", "") FLOW("f4", "t", "e") END),
         "start => p1/inner a\n done a => p1/compensation t/compensation c\n done c => completed", NULL},
        /* Each instance of what was repeated. */
        {MODEL(START FLOW("f1", "s", "a") EACH("a", MULTI("", TIMES("2"))) UNDO("a", "ua") FLOW("f2", "a", "t") THROW_UNDO("t", "") FLOW("f3", "t", "e") END),
         "start => a/inner a a\n done a => a/inner a ~a/compensable\n done a => ~a/compensable a/compensation t/compensation ua\n"
         "done ua => a/compensation t/compensation ua\n done ua => completed", NULL},
    };

    (void)state;
    TELL(stories);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instances_run_side_by_side_or_one_after_another),
        cmocka_unit_test(each_instance_has_its_item_and_gives_its_own),
        cmocka_unit_test(those_who_sign_together_decide_by_their_rule),
        cmocka_unit_test(a_loop_goes_on_as_long_as_it_is_told),
        cmocka_unit_test(instances_throw_as_their_behaviour_says),
        cmocka_unit_test(quantities_of_tokens_are_gathered_and_given),
        cmocka_unit_test(what_was_completed_is_undone_backwards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
