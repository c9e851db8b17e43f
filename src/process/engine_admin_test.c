/* What people do to a case beside its way, what is refused, and that a refusal or a lack of memory changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/test_story.h"

#define TELL(stories) trial_stories(stories, sizeof(stories) / sizeof((stories)[0]))
#define USER(id) "<userTask id='" id "'/>"
#define TASK(id) "<task id='" id "'/>"
#define AND(id) "<parallelGateway id='" id "'/>"
#define BACK(id, to) "<userTask id='" id "'><extensionElements><gov:return to='" to "'/></extensionElements></userTask>"
#define SUB(id, inside) "<subProcess id='" id "'>" inside "</subProcess>"
#define SIGNAL_BESIDE(id) "<boundaryEvent id='" id "x' attachedToRef='" id "'><signalEventDefinition signalRef='S'/></boundaryEvent>"
/* a, then b and c side by side, then d */
#define FORK(b, c) \
    MODEL(START FLOW("f1", "s", "a") USER("a") FLOW("f2", "a", "g") AND("g") FLOW("f3", "g", "b") FLOW("f4", "g", "c") b c FLOW("f5", "b", "h") \
          FLOW("f6", "c", "h") AND("h") FLOW("f7", "h", "d") USER("d") FLOW("f8", "d", "e") END)
#define JOBS "<serviceTask id='a'/>" SIGNAL_BESIDE("a") FLOW("h1", "ax", "c") USER("c") FLOW("h2", "c", "e")

static void
work_that_failed_is_an_incident_until_it_is_tried_again(void **state)
{
    static const struct story stories[] = {
        {AROUND(JOBS), "start => a/job ~ax/signal\n incident a => a/incident ~ax/signal\n retry a => a/job ~ax/signal\n done a => completed", NULL},
        {AROUND(JOBS), "start => a/job ~ax/signal\n incident a => a/incident ~ax/signal\n signal stop => c", NULL}, /* it may still be ended */
        {AROUND(JOBS), "start => a/job ~ax/signal\n incident a => a/incident ~ax/signal\n done a => !token-gone", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
a_job_that_is_tried_again_has_its_type_and_inputs(void **state)
{
    struct trial t;

    (void)state;
    trial_open(&t, AROUND("<serviceTask id='a'><extensionElements><gov:job type='issue'/><gov:input name='n' value='=k + 1'/><gov:input name='w' value='x'/>"
                          "</extensionElements></serviceTask>"));
    trial_tell(&t, "start {\"k\":1} => a/job\n incident a => a/incident\n retry a => a/job");
    const struct token *row = instance_token(&t.i, trial_token(&t, COMMAND_COMPLETE, STR("a")));
    assert_true(str_eq(row->name, STR("issue")));
    assert_int_equal(row->attempt, 1);
    assert_int_equal(json_int_or(row->data, "n", 0), 2);
    assert_true(str_eq(json_str(row->data, "w"), STR("x")));
    trial_tell(&t, "incident a => a/incident\n retry a {\"k\":6} => a/job"); /* mended: it is given what was mended */
    row = instance_token(&t.i, trial_token(&t, COMMAND_COMPLETE, STR("a")));
    assert_int_equal(json_int_or(row->data, "n", 0), 7);
    trial_close(&t);
}

static void
a_task_goes_back_to_where_its_model_allows(void **state)
{
    static const struct story stories[] = {
        {FORK(BACK("b", "a"), USER("c")), "start => a\n done a => b c\n return b a => a\n done a => b c\n done b => c h/join\n done c => d", NULL},
        /* What waits at the join came out of what is done again. */
        {FORK(BACK("b", "a"), USER("c")), "start => a\n done a => b c\n done c => b h/join\n return b a => a\n done a => b c", NULL},
        {FORK(BACK("b", "a"), USER("c")), "start => a\n done a => b c\n return c a => !return-not-allowed\n return b z => !element-gone", NULL},
        {FORK(BACK("b", "a"), USER("c")), "start => a\n done a => b c\n return b d => !return-not-allowed", NULL},
        /* Out of a sub-process, with all that is in it. */
        {MODEL(START FLOW("f1", "s", "a") USER("a") FLOW("f2", "a", "p1") SUB("p1", "<startEvent id='i'/>" FLOW("k1", "i", "g") AND("g") FLOW("k2", "g", "b")
               FLOW("k3", "g", "c") BACK("b", "a") USER("c") FLOW("k4", "b", "o") FLOW("k5", "c", "o") "<endEvent id='o'/>") FLOW("f3", "p1", "e") END),
         "start => a\n done a => p1/inner b c\n return b a => a\n done a => p1/inner b c", NULL},
        /* Out of several instances: all of them end. */
        {MODEL(START FLOW("f1", "s", "a") USER("a") FLOW("f2", "a", "b") "<userTask id='b'><extensionElements><gov:return to='a'/></extensionElements>"
               "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>" FLOW("f3", "b", "e") END),
         "start => a\n done a => b/inner b b b\n done b => b/inner b b\n return b#2 a => a", NULL},
    };

    (void)state;
    TELL(stories);
}

static void
a_token_is_moved_alone(void **state)
{
    static const struct story stories[] = {
        {FORK(USER("b"), USER("c")), "start => a\n done a => b c\n move b d => c d\n move c h => d d", NULL},
        {FORK(USER("b"), USER("c")), "start => a\n done a => b c\n move b s => !element-gone\n move b nowhere => !element-gone", NULL},
        {AROUND(JOBS), "start => a/job ~ax/signal\n move a c => c\n signal stop => c", NULL},
        {AROUND(JOBS), "start => a/job ~ax/signal\n move ax c => !token-other", NULL},
    };

    (void)state;
    TELL(stories);
}

#define ASKS "<userTask id='a'><extensionElements><gov:supplement fields='*' within='P15D'/></extensionElements></userTask>"

static void
a_supplement_is_asked_once_and_answered(void **state)
{
    static const struct story stories[] = {
        {AROUND(ASKS), "start => a\n supply a => !token-other\n supplement a {\"fields\":[\"x\"]} => a | supplements={\"a\":true}\n"
         "supplement a => !only-once\n supply a {\"x\":7} => a | x=7\n supply a => !token-other\n supplement a => !only-once\n done a => completed", NULL},
        {AROUND(USER("a")), "start => a\n supplement a => !supplement-not-allowed", NULL},
        /* What somebody else wrote where the engine keeps its own is no such thing. */
        {AROUND(ASKS), "start => a\n set {\"supplements\":7} => a\n supplement a => a | supplements={\"a\":true}", NULL},
        {MODEL("<dataObject id='D' name='k'/>" START FLOW("f", "s", "a") "<userTask id='a'><ioSpecification><dataInput id='I' name='supplement'/><inputSet/><outputSet/>"
               "</ioSpecification><dataInputAssociation><sourceRef>D</sourceRef><targetRef>I</targetRef></dataInputAssociation></userTask>" FLOW("g", "a", "e") END),
         "start {\"k\":7} => a\n supply a => !token-other", NULL},
        {MODEL(START FLOW("f1", "s", "m") "<exclusiveGateway id='m'/>" FLOW("f2", "m", "a") ASKS FLOW("f3", "a", "x") "<exclusiveGateway id='x' default='y'/>"
               WHEN("z", "x", "m", "outcome = \"again\"") FLOW("y", "x", "e") END),
         "start => a\n supplement a => a\n done a again => a\n supplement a => !only-once", NULL},
    };
    struct trial t;

    (void)state;
    TELL(stories);
    trial_open(&t, AROUND(ASKS));
    trial_tell(&t, "start => a\n supplement a {\"fields\":[\"x\"]} => a\n supply a {\"x\":7} => a");
    const struct json *data = instance_token(&t.i, trial_token(&t, COMMAND_COMPLETE, STR("a")))->data;
    assert_true(str_eq(json_path(data, "supplement.asked.fields.0")->text, STR("x")));
    assert_true(str_eq(json_path(data, "supplement.answer.x")->text, STR("7")));
    trial_close(&t);
}

static void
a_case_is_suspended_ended_and_begun_again(void **state)
{
    static const struct story stories[] = {
        {AROUND(USER("a")), "start => a\n suspend => suspended a\n done a => !instance-suspended\n suspend => !instance-suspended\n resume => a\n"
         "resume => !token-other\n done a => completed\n done a => !instance-over\n cancel => !instance-over\n resume => !instance-over", NULL},
        {AROUND(JOBS), "start => a/job ~ax/signal\n cancel => cancelled\n reopen a {\"k\":1} => a/job ~ax/signal | k=1\n done a => completed\n reopen c => c", NULL},
        {AROUND(USER("a")), "start => a\n suspend => suspended a\n cancel => cancelled", NULL},
        {AROUND(USER("a")), "start => a\n reopen a => !token-other\n start => !only-once\n done a => completed\n reopen s => !element-gone\n start => !only-once", NULL},
        {AROUND(USER("a")), "done a => !instance-over\n start a => !element-gone\n start => a", NULL},
        {AROUND("<serviceTask id='a'/>"), "start => a/job\n fail a e1 => failed:e1\n reopen a => a/job\n done a => completed", NULL},
    };

    (void)state;
    TELL(stories);
}

/* --- refusals ----------------------------------------------------------------------------------------- */

static struct str
shown(const struct trial *t, struct arena *a)
{
    struct str text = STR("");
    struct err err;

    assert_int_equal(json_canonical(a, instance_json(a, &t->i), &text, &err), RC_OK);
    return text;
}

static void
what_is_refused_changes_nothing(void **state)
{
    static const struct {
        const char *command; /* as JSON; token 2 is the task at a, token 3 the timer on its boundary */
        enum rc rc;
        const char *type;
    } cases[] = {
        {"{\"command\":\"complete\",\"token\":99}", RC_NOT_FOUND, "token-gone"},
        {"{\"command\":\"complete\",\"token\":0}", RC_NOT_FOUND, "token-gone"},
        {"{\"command\":\"complete\",\"token\":3}", RC_CONFLICT, "token-other"},
        {"{\"command\":\"complete\",\"token\":2,\"attempt\":1}", RC_CONFLICT, "attempt-old"},
        {"{\"command\":\"timer\",\"token\":3,\"attempt\":7}", RC_CONFLICT, "attempt-old"},
        {"{\"command\":\"timer\",\"token\":2}", RC_CONFLICT, "token-other"},
        {"{\"command\":\"message\",\"token\":2}", RC_CONFLICT, "token-other"},
        {"{\"command\":\"retry\",\"token\":2}", RC_CONFLICT, "token-other"},
        {"{\"command\":\"incident\",\"token\":2}", RC_CONFLICT, "token-other"},
        {"{\"command\":\"set\",\"scope\":77}", RC_NOT_FOUND, "token-gone"},
        {"{\"command\":\"set\",\"variables\":{\"\":1}}", RC_INVALID, "invalid"},
        {"{\"command\":\"complete\",\"token\":2,\"variables\":{\"supplements\":{}}}", RC_INVALID, "invalid"},
        {"{\"command\":\"start\"}", RC_CONFLICT, "only-once"},
        {"{\"command\":\"resume\"}", RC_CONFLICT, "token-other"},
        {"{\"command\":\"move\",\"token\":2,\"element\":\"x\"}", RC_NOT_FOUND, "element-gone"},
        {"{\"command\":\"drop_signer\",\"token\":2}", RC_CONFLICT, "token-other"},
    };
    struct trial t;

    (void)state;
    trial_open(&t, MODEL(START FLOW("f", "s", "a") USER("a") FLOW("g", "a", "e") END "<boundaryEvent id='x' attachedToRef='a'><timerEventDefinition>"
                         "<timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>" FLOW("h", "x", "e")));
    trial_tell(&t, "start {\"k\":1} => a ~x/timer");
    struct str before = shown(&t, t.a);
    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        struct command c;
        struct err err = {.type = ""};
        assert_int_equal(command_read(t.a, trial_json(&t, str_of(cases[n].command)), &c, &err), RC_OK);
        if (trial_step(&t, &c, &err) != cases[n].rc || !str_eq(str_of(err.type), str_of(cases[n].type))) {
            fail_msg("%s: %s", cases[n].command, err.type);
        }
        assert_true(str_eq(shown(&t, t.a), before));
    }
    struct command big = {.kind = COMMAND_SET, .variables = json_object(t.a)};
    struct err err;
    char *text = arena_alloc(t.a, ENGINE_VARIABLES_MAX, 1);
    memset(text, 'x', ENGINE_VARIABLES_MAX);
    json_set_text(t.a, (struct json *)(uintptr_t)big.variables, "v", (struct str){text, ENGINE_VARIABLES_MAX});
    assert_int_equal(trial_step(&t, &big, &err), RC_INVALID);
    big.variables = json_array(t.a);
    assert_int_equal(trial_step(&t, &big, &err), RC_INVALID);
    assert_true(str_eq(shown(&t, t.a), before));
    trial_close(&t);
}

#define ROUND(a) \
    MODEL(START FLOW("f", "s", "m") "<exclusiveGateway id='m'/>" FLOW("x", "m", "a") a FLOW("y", "a", "n") "<exclusiveGateway id='n' default='k'/>" \
          FLOW("k", "n", "m") WHEN("z", "n", "e", "stop") END)

static void
what_goes_round_for_ever_or_grows_too_large_is_an_incident(void **state)
{
    static const struct story stories[] = {
        {ROUND(TASK("a")), "start => m/incident\n retry m => a/incident\n retry a {\"stop\":true} => completed", NULL},
        {ROUND("<scriptTask id='a' gov:result='v'><script>if v = null then \"x\" else v + v</script></scriptTask>"), "start => a/incident", NULL},
    };
    struct trial t;
    struct command c = {.kind = COMMAND_START};
    struct err err;

    (void)state;
    TELL(stories);
    trial_open(&t, MODEL(START FLOW("f", "s", "m") "<exclusiveGateway id='m'/>" FLOW("x", "m", "g") AND("g") FLOW("y", "g", "m") FLOW("z", "g", "b") USER("b")
                         FLOW("w", "b", "e") END));
    t.e.moves_max = 100;
    assert_int_equal(trial_step(&t, &c, &err), RC_OK);
    assert_int_equal(t.i.tokens, 34); /* 100 elements entered: the start, 49 times m or g, 33 tasks */
    trial_close(&t);
}

static void
rows_that_lost_one_another_are_not_walked(void **state)
{
    struct command c = {.kind = COMMAND_SIGNAL, .name = STR("stop")};
    struct err err;

    (void)state;
    for (int lost = 0; lost < 4; lost++) {
        struct trial t;
        trial_open(&t, AROUND(SUB("a", "<userTask id='b'><multiInstanceLoopCharacteristics><loopCardinality>1</loopCardinality>"
                                       "</multiInstanceLoopCharacteristics></userTask>")));
        trial_tell(&t, "start => a/inner b/inner b");
        assert_int_equal(trial_step(&t, &c, &err), RC_OK);
        if (lost < 2) { /* the token that waits for the sub-process, for the instances */
            t.i.token[lost].change = ROW_GONE;
        } else { /* the scope of the instances, of the one instance */
            t.i.scope[lost].change = ROW_GONE;
        }
        assert_int_equal(trial_step(&t, &c, &err), RC_CORRUPT);
        trial_close(&t);
    }
}

static void
thousands_of_tokens_are_too_many_at_last(void **state)
{
    struct trial t;
    struct command c = {.kind = COMMAND_START};
    struct err err;
    size_t incidents = 0;

    (void)state;
    trial_open(&t, AROUND("<subProcess id='a'><multiInstanceLoopCharacteristics><loopCardinality>150</loopCardinality></multiInstanceLoopCharacteristics>"
                          "<userTask id='b'><multiInstanceLoopCharacteristics><loopCardinality>150</loopCardinality></multiInstanceLoopCharacteristics>"
                          "</userTask></subProcess>"));
    assert_int_equal(trial_step(&t, &c, &err), RC_OK);
    assert_true(t.i.tokens > 19000 && t.i.tokens <= ENGINE_TOKENS_MAX + 150);
    for (size_t n = 0; n < t.i.tokens; n++) {
        incidents += t.i.token[n].kind == TOKEN_INCIDENT && str_eq(t.i.token[n].name, STR("too-many"));
    }
    assert_true(incidents > 0 && incidents < 150);
    c = (struct command){.kind = COMMAND_CANCEL};
    assert_int_equal(trial_step(&t, &c, &err), RC_OK);
    assert_int_equal(t.i.tokens, 0);
    trial_close(&t);
}

/* --- commands as JSON ---------------------------------------------------------------------------------- */

static void
a_command_is_the_same_after_it_was_written(void **state)
{
    static const char *const cases[] = {
        "{\"command\":\"complete\",\"token\":7,\"attempt\":0,\"outcome\":\"grant\",\"variables\":{\"a\":[1]}}",
        "{\"command\":\"signal\",\"name\":\"n\",\"key\":\"k\"}", "{\"command\":\"return\",\"token\":1,\"element\":\"e\",\"reason\":\"r\"}",
        "{\"command\":\"set\",\"scope\":4,\"variables\":{}}", "{\"command\":\"cancel\"}",
    };
    static const char *const wrong[] = {
        "[]", "{}", "{\"command\":\"fly\"}", "{\"command\":1}", "{\"command\":\"set\",\"colour\":1}", "{\"command\":\"set\",\"token\":\"1\"}",
        "{\"command\":\"set\",\"name\":1}", "{\"command\":\"set\",\"variables\":[]}", "null",
    };
    struct arena *a = arena_new(1 << 20);
    struct json *j = NULL;
    struct command c;
    struct err err;

    (void)state;
    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        assert_int_equal(json_parse(a, str_of(cases[n]), JSON_UNIQUE, &j, &err), RC_OK);
        assert_int_equal(command_read(a, j, &c, &err), RC_OK);
        assert_true(json_equal(j, command_json(a, &c)));
    }
    for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        assert_int_equal(json_parse(a, str_of(wrong[n]), JSON_UNIQUE, &j, &err), RC_OK);
        assert_int_equal(command_read(a, j, &c, &err), RC_INVALID);
    }
    for (int n = 0; n < COMMANDS; n++) {
        enum command_kind back = COMMANDS;
        assert_true(command_by_name(str_of(command_name((enum command_kind)n)), &back) && (int)back == n);
    }
    for (int n = 0; n < MOVES; n++) {
        assert_true(strlen(move_name((enum move_kind)n)) > 0);
    }
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_that_failed_is_an_incident_until_it_is_tried_again),
        cmocka_unit_test(a_job_that_is_tried_again_has_its_type_and_inputs),
        cmocka_unit_test(a_task_goes_back_to_where_its_model_allows),
        cmocka_unit_test(a_token_is_moved_alone),
        cmocka_unit_test(a_supplement_is_asked_once_and_answered),
        cmocka_unit_test(a_case_is_suspended_ended_and_begun_again),
        cmocka_unit_test(what_is_refused_changes_nothing),
        cmocka_unit_test(what_goes_round_for_ever_or_grows_too_large_is_an_incident),
        cmocka_unit_test(rows_that_lost_one_another_are_not_walked),
        cmocka_unit_test(thousands_of_tokens_are_too_many_at_last),
        cmocka_unit_test(a_command_is_the_same_after_it_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
