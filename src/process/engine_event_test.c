/* Events: what waits is woken, what is interrupted ends, errors and escalations go outwards, timers keep their turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/test_story.h"

#define TELL(stories) trial_stories(stories, sizeof(stories) / sizeof((stories)[0]))
#define USER(id) "<userTask id='" id "'/>"
#define AND(id) "<parallelGateway id='" id "'/>"
#define MESSAGE "<messageEventDefinition messageRef='M'/>"
#define SIGNAL "<signalEventDefinition signalRef='S'/>"
#define ERROR "<errorEventDefinition errorRef='E'/>"
#define LATE "<escalationEventDefinition escalationRef='L'/>"
#define TIMER(kind, text) "<timerEventDefinition><" kind ">" text "</" kind "></timerEventDefinition>"
#define IF(feel) "<conditionalEventDefinition><condition>" feel "</condition></conditionalEventDefinition>"
#define CATCH(what) "<intermediateCatchEvent id='a'>" what "</intermediateCatchEvent>"
#define THROW(id, what) "<intermediateThrowEvent id='" id "'>" what "</intermediateThrowEvent>"
#define SUB(id, more, inside) "<subProcess id='" id "' " more ">" inside "</subProcess>"
/* a with x on its boundary, which leads to c. */
#define BESIDE_IT(a, cancels, what) \
    MODEL(START FLOW("f", "s", "a") a "<boundaryEvent id='x' attachedToRef='a' cancelActivity='" cancels "'>" what "</boundaryEvent>" \
          FLOW("g", "a", "e") END FLOW("h", "x", "c") USER("c") FLOW("n", "c", "d") "<endEvent id='d'/>")
/* An event sub-process v, in which c is done, beside a. */
#define WITH_START(a, interrupts, what) \
    MODEL(START FLOW("f", "s", "a") a FLOW("g", "a", "e") END SUB("v", "triggeredByEvent='true'", "<startEvent id='x' isInterrupting='" \
          interrupts "'>" what "</startEvent>" FLOW("h", "x", "c") USER("c") FLOW("n", "c", "d") "<endEvent id='d'/>"))

static void
a_catching_event_waits_for_its_event(void **state)
{
    static const struct story stories[] = {
        {AROUND(CATCH(MESSAGE)), "start => a/message\n message a {\"x\":1} => completed | x=1", NULL},
        {AROUND(CATCH(SIGNAL)), "start => a/signal\n signal go => a/signal\n signal stop {\"x\":1} => completed | x=1", NULL},
        {AROUND(CATCH(IF("x > 1"))), "start => a/condition\n set {\"x\":1} => a/condition\n set {\"x\":2} => completed", NULL},
        {AROUND(CATCH(IF("x > 1"))), "start {\"x\":2} => completed", NULL},
        {AROUND(CATCH(TIMER("timeDuration", "PT1H"))), "start => a/timer\n due => completed", NULL},
        {AROUND(CATCH(TIMER("timeDate", "2026-01-01T00:00:00Z"))), "start => a/timer\n due => completed", NULL},
        {AROUND(CATCH(TIMER("timeDuration", "=duration(d)"))), "start {\"d\":\"P1M\"} => a/timer\n due => completed", NULL},
        {AROUND(CATCH(TIMER("timeDuration", "=d"))), "start => a/incident\n retry a {\"d\":\"P1D\"} => a/timer\n due => completed", NULL},
        /* One of several, and all of them. */
        {AROUND(CATCH(MESSAGE SIGNAL)), "start => a/events ~a/message ~a/signal\n signal stop => completed", NULL},
        {AROUND("<intermediateCatchEvent id='a' parallelMultiple='true'>" MESSAGE SIGNAL "</intermediateCatchEvent>"),
         "start => a/events ~a/message ~a/signal\n signal stop => a/events ~a/message\n signal stop => a/events ~a/message\n"
         "message a => completed", NULL},
        {AROUND("<receiveTask id='a' messageRef='M'><extensionElements><gov:message key='=no'/></extensionElements></receiveTask>"),
         "start {\"no\":\"7\"} => a/message\n message a => completed", NULL},
        {AROUND("<receiveTask id='a' messageRef='M'><extensionElements><gov:message key='=no'/></extensionElements></receiveTask>"),
         "start => a/incident\n retry a {\"no\":\"7\"} => a/message", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
what_is_thrown_reaches_all_that_listen(void **state)
{
    static const struct story stories[] = {
        {AROUND(THROW("a", MESSAGE)), "start => completed", "message/order/990-1 "},
        {AROUND("<intermediateThrowEvent id='a'><extensionElements><gov:message key='=no'/></extensionElements>" SIGNAL MESSAGE "</intermediateThrowEvent>"),
         "start => a/incident\n retry a {\"no\":\"7\"} => completed", "signal/stop/ message/order/7 "},
        {AROUND("<intermediateThrowEvent id='a'>" MESSAGE SIGNAL "</intermediateThrowEvent>"), "start => completed",
         "message/order/990-1 signal/stop/ "},
        {MODEL(START FLOW("f", "s", "a") USER("a") FLOW("g", "a", "e") "<endEvent id='e'>" MESSAGE "</endEvent>"),
         "start => a\n done a => completed", "message/order/990-1 "},
        {MODEL(START FLOW("f", "s", "g") AND("g") FLOW("x", "g", "a") FLOW("y", "g", "b") FLOW("z", "g", "c") CATCH(SIGNAL)
               "<intermediateCatchEvent id='b'>" SIGNAL "</intermediateCatchEvent>" USER("c") FLOW("u", "c", "t") THROW("t", SIGNAL)
               FLOW("v", "a", "e") FLOW("w", "b", "e") FLOW("k", "t", "e") END),
         "start => a/signal b/signal c\n done c => completed", "signal/stop/ "},
        /* A signal is thrown when what moves beside it has come to where it listens. */
        {MODEL(START FLOW("f", "s", "g") AND("g") FLOW("x", "g", "t") FLOW("y", "g", "b") THROW("t", SIGNAL) "<task id='b'/>" FLOW("z", "b", "a")
               CATCH(SIGNAL) FLOW("v", "a", "e") FLOW("k", "t", "e") END), "start => completed", "signal/stop/ "},
        {MODEL(START FLOW("f", "s", "t") THROW("t", "<linkEventDefinition name='n'/>")
               "<intermediateCatchEvent id='l'><linkEventDefinition name='n'/></intermediateCatchEvent>" FLOW("g", "l", "a") USER("a")
               FLOW("h", "a", "e") END), "start => a\n done a => completed", ""},
    };

    (void)state;
    TELL(stories);
}

static void
at_an_event_gateway_the_first_event_wins(void **state)
{
    static const struct story stories[] = {
        {MODEL(START FLOW("f", "s", "g") "<eventBasedGateway id='g'/>" FLOW("x", "g", "a") FLOW("y", "g", "b") CATCH(SIGNAL)
               "<intermediateCatchEvent id='b'>" TIMER("timeDuration", "P1D") "</intermediateCatchEvent>" FLOW("u", "a", "c") USER("c")
               FLOW("v", "b", "d") USER("d") FLOW("w", "c", "e") FLOW("z", "d", "e") END),
         "start => g/events ~a/signal ~b/timer\n due => d\n signal stop => d\n done d => completed", NULL},
        {MODEL(START FLOW("f", "s", "g") "<eventBasedGateway id='g'/>" FLOW("x", "g", "a") FLOW("y", "g", "b") CATCH(SIGNAL)
               "<receiveTask id='b' messageRef='M'/>" FLOW("u", "a", "e") FLOW("v", "b", "d") USER("d") FLOW("z", "d", "e") END),
         "start => g/events ~a/signal ~b/message\n message b {\"x\":3} => d | x=3", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
a_boundary_event_interrupts_or_goes_beside(void **state)
{
    static const struct story stories[] = {
        {BESIDE_IT(USER("a"), "true", SIGNAL), "start => a ~x/signal\n signal stop => c\n done c => completed", NULL},
        {BESIDE_IT(USER("a"), "true", SIGNAL), "start => a ~x/signal\n done a => completed", NULL},
        {BESIDE_IT(USER("a"), "false", SIGNAL), "start => a ~x/signal\n signal stop => a ~x/signal c\n signal stop => a ~x/signal c c\n"
         "done a => c c\n done c => c\n done c => completed", NULL},
        {BESIDE_IT(USER("a"), "false", MESSAGE), "start => a ~x/message\n message x {\"k\":1} => a ~x/message c | k=1\n done c => a ~x/message", NULL},
        {BESIDE_IT(USER("a"), "false", TIMER("timeDuration", "P1D")), "start => a ~x/timer\n due => a c", NULL},
        {BESIDE_IT(USER("a"), "false", TIMER("timeCycle", "R2/P1D")), "start => a ~x/timer\n due => a ~x/timer c\n due => a c c", NULL},
        {BESIDE_IT(USER("a"), "true", TIMER("timeCycle", "R2/P1D")), "start => a ~x/timer\n due => c", NULL},
        {BESIDE_IT(USER("a"), "false", IF("k = 1")), "start => a ~x/condition\n set {\"k\":1} => a ~x/condition c\n set {\"k\":1} => a ~x/condition c\n"
         "set {\"k\":2} => a ~x/condition c\n set {\"k\":1} => a ~x/condition c c", NULL},
        {BESIDE_IT(USER("a"), "true", IF("k = 1")), "start {\"k\":1} => c", NULL},
        {BESIDE_IT(SUB("a", "", USER("b")), "true", SIGNAL), "start => a/inner ~x/signal b\n signal stop => c", NULL},
        {BESIDE_IT(SUB("a", "", USER("b")), "false", SIGNAL), "start => a/inner ~x/signal b\n signal stop => a/inner ~x/signal b c\n done b => c", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
an_error_goes_outwards_until_it_is_caught(void **state)
{
    static const struct story stories[] = {
        {BESIDE_IT("<serviceTask id='a'/>", "true", ERROR), "start => a/job ~x/catcher\n fail a e1 => c", NULL},
        {BESIDE_IT("<serviceTask id='a'/>", "true", ERROR), "start => a/job ~x/catcher\n fail a e2 => failed:e2", NULL},
        {BESIDE_IT("<serviceTask id='a'/>", "true", "<errorEventDefinition/>"), "start => a/job ~x/catcher\n fail a e2 {\"k\":1} => c | k=1", NULL},
        {BESIDE_IT(SUB("a", "", "<startEvent id='i'/>" FLOW("k1", "i", "b") USER("b") FLOW("k2", "b", "o") "<endEvent id='o'>" ERROR "</endEvent>"),
                   "true", ERROR), "start => a/inner ~x/catcher b\n done b => c", NULL},
        {WITH_START(USER("a"), "true", ERROR), "start => ~x/catcher a\n fail a e1 => c\n done c => completed", NULL},
        /* What names the code goes before what takes any. */
        {MODEL(START FLOW("f", "s", "a") USER("a") FLOW("g", "a", "e") END "<boundaryEvent id='x' attachedToRef='a'><errorEventDefinition/></boundaryEvent>"
               "<boundaryEvent id='y' attachedToRef='a'>" ERROR "</boundaryEvent>" FLOW("h", "x", "c") FLOW("i", "y", "d") USER("c") USER("d")
               FLOW("j", "c", "e") FLOW("k", "d", "e")), "start => a ~x/catcher ~y/catcher\n fail a e1 => d", NULL},
        /* Out of a process that is called. */
        {OPEN PROCESS(START FLOW("f", "s", "a") "<callActivity id='a' calledElement='q'/>" FLOW("g", "a", "e") END
                      "<boundaryEvent id='x' attachedToRef='a'>" ERROR "</boundaryEvent>" FLOW("h", "x", "c") USER("c") FLOW("j", "c", "e"))
         "<process id='q'><startEvent id='qs'/>" FLOW("q1", "qs", "qe") "<endEvent id='qe'>" ERROR "</endEvent></process>" CLOSE,
         "start => c", NULL},
        {MODEL(START FLOW("f", "s", "a") USER("a") FLOW("g", "a", "e") "<endEvent id='e'>" ERROR "</endEvent>"),
         "start => a\n done a => failed:e1", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
an_escalation_nobody_catches_stops_nothing(void **state)
{
    static const struct story stories[] = {
        {AROUND(THROW("a", LATE)), "start => completed", ""},
        {BESIDE_IT(SUB("a", "", "<startEvent id='i'/>" FLOW("k1", "i", "b") THROW("b", LATE) FLOW("k2", "b", "o2") USER("o2") FLOW("k3", "o2", "o") "<endEvent id='o'/>"), "false", LATE),
         "start => a/inner ~x/catcher o2 c\n done o2 => c", NULL},
        {BESIDE_IT(SUB("a", "", "<startEvent id='i'/>" FLOW("k1", "i", "b") THROW("b", LATE) FLOW("k2", "b", "o2") USER("o2") FLOW("k3", "o2", "o") "<endEvent id='o'/>"), "true", LATE),
         "start => c", NULL},
        {WITH_START(THROW("a", LATE), "false", LATE), "start => ~x/catcher c\n done c => completed", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
an_event_sub_process_begins_beside_or_instead(void **state)
{
    static const struct story stories[] = {
        {WITH_START(USER("a"), "true", SIGNAL), "start => ~x/signal a\n signal stop => c\n signal stop => c\n done c => completed", NULL},
        {WITH_START(USER("a"), "false", SIGNAL), "start => ~x/signal a\n signal stop => ~x/signal a c\n done a => ~x/signal c\n"
         "signal stop => ~x/signal c c\n done c => ~x/signal c\n done c => completed", NULL},
        {WITH_START(USER("a"), "false", MESSAGE), "start => ~x/message a\n message x {\"k\":1} => ~x/message a c | k=nothing", NULL},
        {WITH_START(USER("a"), "false", TIMER("timeCycle", "R3/PT1H")), "start => ~x/timer a\n due => ~x/timer a c\n due => ~x/timer a c c\n due => a c c c", NULL},
        {WITH_START(USER("a"), "true", IF("k = 1")), "start => ~x/condition a\n set {\"k\":1} => c", NULL},
        {WITH_START("<scriptTask id='a' gov:result='k'><script>1</script></scriptTask>", "true", IF("k = 1")), "start => c", NULL},
        {WITH_START(SUB("a", "", USER("b")), "true", SIGNAL), "start => ~x/signal a/inner b\n signal stop => c", NULL},
    };

    (void)state;
    TELL(stories);
}

/* --- timers ---------------------------------------------------------------------------------------- */

static int64_t
due_after_start(const struct trial *t)
{
    return trial_next_timer(t)->due_us / 1000000 - TEST_TIME;
}

static void
turns_of_a_cycle_are_counted_from_its_anchor(void **state)
{
    static const struct {
        const char *cycle;
        int64_t late, due[3]; /* seconds after the start; each turn is late by so much */
    } cases[] = {
        {"R/PT1H", 0, {3600, 7200, 10800}},
        {"R/PT1H", 60, {3600, 7200, 10800}},
        {"R/PT1H", 5000, {3600, 10800, 18000}},  /* turns that were missed are left out */
        {"R9/PT1H", 5000, {3600, 7200, 10800}},  /* but where they are numbered, each comes */
        {"R/P1M", 0, {2678400, 5270400, 7948800}}, /* 28 June, 28 July, 28 August */
        {"R/2026-05-28T21:00:00Z/PT2H", 0, {2000, 9200, 16400}},
    };

    (void)state;
    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        struct trial t;
        trial_open(&t, BESIDE_IT(USER("a"), "false", TIMER("timeCycle", "=c")));
        struct str start = str_fmt(t.a, "start {\"c\":\"%s\"} => a ~x/timer", cases[n].cycle);
        trial_line(&t, start);
        for (int turn = 0; turn < 3; turn++) {
            if (due_after_start(&t) != cases[n].due[turn]) {
                fail_msg("%s, turn %d: due after %lld", cases[n].cycle, turn, (long long)due_after_start(&t));
            }
            struct command c = {.kind = COMMAND_TIMER, .token = trial_next_timer(&t)->id, .attempt = turn};
            struct err err;
            t.now_us = trial_next_timer(&t)->due_us + cases[n].late * 1000000;
            assert_int_equal(trial_step(&t, &c, &err), RC_OK);
            assert_int_equal(trial_step(&t, &c, &err), RC_CONFLICT); /* the turn that was is over */
            assert_string_equal(err.type, "attempt-old");
        }
        trial_close(&t);
    }
}

static void
a_time_without_a_place_is_that_of_the_node(void **state)
{
    struct trial t;

    (void)state;
    trial_open(&t, AROUND(CATCH(TIMER("timeDate", "2026-05-29T08:00:00"))));
    t.e.offset_seconds = 8 * 3600;
    trial_tell(&t, "start => a/timer");
    assert_int_equal(trial_next_timer(&t)->due_us / 1000000, 1780012800); /* 2026-05-29T00:00:00Z */
    trial_close(&t);
}

static void
a_clock_of_the_case_wakes_what_waits_for_it(void **state)
{
    struct trial t;

    (void)state;
    trial_open(&t, OPEN BESIDE "<process id='p' isExecutable='true'><extensionElements><gov:clock id='promised' rule='r' kind='promised'/>"
               "</extensionElements>" START FLOW("f", "s", "a") USER("a") "<boundaryEvent id='x' attachedToRef='a' cancelActivity='false'>"
               "<timerEventDefinition gov:clock='promised' gov:when='warn'/></boundaryEvent>" FLOW("g", "a", "e") END FLOW("h", "x", "c")
               USER("c") FLOW("i", "c", "e") "</process>" CLOSE);
    trial_tell(&t, "start => a ~x/clock\n clock promised over => a ~x/clock\n clock promised warn => a c");
    trial_close(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catching_event_waits_for_its_event),
        cmocka_unit_test(what_is_thrown_reaches_all_that_listen),
        cmocka_unit_test(at_an_event_gateway_the_first_event_wins),
        cmocka_unit_test(a_boundary_event_interrupts_or_goes_beside),
        cmocka_unit_test(an_error_goes_outwards_until_it_is_caught),
        cmocka_unit_test(an_escalation_nobody_catches_stops_nothing),
        cmocka_unit_test(an_event_sub_process_begins_beside_or_instead),
        cmocka_unit_test(turns_of_a_cycle_are_counted_from_its_anchor),
        cmocka_unit_test(a_time_without_a_place_is_that_of_the_node),
        cmocka_unit_test(a_clock_of_the_case_wakes_what_waits_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
