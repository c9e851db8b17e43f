/* Wherever memory ends within a step, the step says so, and never half of it is taken for the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/test_story.h"

#define USER(id) "<userTask id='" id "'/>"
#define SUB(id, more, inside) "<subProcess id='" id "' " more ">" inside "</subProcess>"
#define UNDO(on, by) \
    "<boundaryEvent id='" on "x' attachedToRef='" on "'><compensateEventDefinition/></boundaryEvent><userTask id='" by "' isForCompensation='true'/>" \
    "<association id='" on "y' associationDirection='One' sourceRef='" on "x' targetRef='" by "'/>"
#define BESIDE_IT(a, cancels, what) \
    MODEL(START FLOW("f", "s", "a") a "<boundaryEvent id='x' attachedToRef='a' cancelActivity='" cancels "'>" what "</boundaryEvent>" \
          FLOW("g", "a", "e") END FLOW("h", "x", "c") USER("c") FLOW("n", "c", "d") "<endEvent id='d'/>")

struct short_story {
    const char *xml;
    const char *steps[6]; /* JSON; tokens by their ids, which never differ */
};

static const struct short_story stories[] = {
    {MODEL(START FLOW("f", "s", "g") "<parallelGateway id='g'/>" FLOW("x", "g", "a") FLOW("y", "g", "b") USER("a") USER("b") FLOW("u", "a", "h")
           FLOW("v", "b", "h") "<inclusiveGateway id='h'/>" FLOW("w", "h", "k") "<scriptTask id='k' gov:result='z'><script>{q: [x, \"t\"]}</script></scriptTask>"
           FLOW("z", "k", "e") END),
     {"{\"command\":\"start\",\"variables\":{\"x\":1}}", "{\"command\":\"complete\",\"token\":2,\"outcome\":\"o\",\"variables\":{\"n\":{\"m\":2}}}",
      "{\"command\":\"complete\",\"token\":3}"}},
    {BESIDE_IT(SUB("a", "", USER("b")), "false", "<timerEventDefinition><timeCycle>=c</timeCycle></timerEventDefinition>"),
     {"{\"command\":\"start\",\"variables\":{\"c\":\"R3/PT1H\"}}", "{\"command\":\"timer\",\"token\":4}", "{\"command\":\"complete\",\"token\":5}",
      "{\"command\":\"suspend\",\"reason\":\"r\"}", "{\"command\":\"resume\"}", "{\"command\":\"cancel\",\"reason\":\"gone\"}"}},
    {BESIDE_IT("<receiveTask id='a' messageRef='M'/>", "true", "<conditionalEventDefinition><condition>k = 1</condition></conditionalEventDefinition>"),
     {"{\"command\":\"start\"}", "{\"command\":\"set\",\"variables\":{\"k\":1}}", "{\"command\":\"move\",\"token\":4,\"element\":\"a\",\"reason\":\"r\"}"}},
    {BESIDE_IT("<serviceTask id='a'><extensionElements><gov:job type='j'/><gov:input name='i' value='=k'/></extensionElements></serviceTask>", "true",
               "<errorEventDefinition/>"),
     {"{\"command\":\"start\",\"variables\":{\"k\":1}}", "{\"command\":\"incident\",\"token\":2,\"reason\":\"broken\"}", "{\"command\":\"retry\",\"token\":2,\"variables\":{\"k\":2}}",
      "{\"command\":\"fail\",\"token\":2,\"outcome\":\"e9\",\"variables\":{\"why\":\"so\"}}"}},
    {MODEL("<dataObject id='L1' name='all'/><dataObject id='L2' name='given'/>" START FLOW("f1", "s", "a") "<userTask id='a'><extensionElements>"
           "<gov:outcome code='yes' zh='同意' en='Yes'/><gov:countersign rule='all' pass='yes'/></extensionElements><multiInstanceLoopCharacteristics>"
           "<loopDataInputRef>L1</loopDataInputRef><loopDataOutputRef>L2</loopDataOutputRef><inputDataItem name='one'/><outputDataItem name='got'/>"
           "</multiInstanceLoopCharacteristics></userTask>" FLOW("f2", "a", "e") END),
     {"{\"command\":\"start\",\"variables\":{\"all\":[1,2]}}", "{\"command\":\"complete\",\"token\":7,\"outcome\":\"yes\",\"variables\":{\"got\":5}}",
      "{\"command\":\"add_signer\",\"token\":5,\"variables\":{\"one\":3}}", "{\"command\":\"drop_signer\",\"token\":9}",
      "{\"command\":\"complete\",\"token\":5,\"outcome\":\"yes\",\"variables\":{\"got\":4}}"}},
    {MODEL(START FLOW("f1", "s", "p1") SUB("p1", "", "<startEvent id='i'/>" FLOW("k1", "i", "a") USER("a") UNDO("a", "ua") FLOW("k2", "a", "o") "<endEvent id='o'/>")
           FLOW("f2", "p1", "t") "<intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>" FLOW("f4", "t", "z")
           "<intermediateThrowEvent id='z'><messageEventDefinition messageRef='M'/><signalEventDefinition signalRef='S'/></intermediateThrowEvent>"
           FLOW("f5", "z", "e") END),
     {"{\"command\":\"start\"}", "{\"command\":\"complete\",\"token\":4}", "{\"command\":\"complete\",\"token\":9}"}},
    {OPEN PROCESS(START FLOW("f1", "s", "a") "<callActivity id='a' calledElement='q'><extensionElements><gov:input name='y' value='=x'/>"
                  "<gov:output name='z' value='=y'/></extensionElements></callActivity>" FLOW("f2", "a", "g") "<eventBasedGateway id='g'/>" FLOW("f3", "g", "u")
                  FLOW("f4", "g", "v") "<intermediateCatchEvent id='u'><signalEventDefinition signalRef='S'/></intermediateCatchEvent>"
                  "<intermediateCatchEvent id='v'><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></intermediateCatchEvent>"
                  FLOW("f5", "u", "e") FLOW("f6", "v", "e") END)
     "<process id='q'>" USER("qa") "</process>" CLOSE,
     {"{\"command\":\"start\",\"variables\":{\"x\":1}}", "{\"command\":\"complete\",\"token\":4}", "{\"command\":\"signal\",\"name\":\"stop\",\"variables\":{\"n\":1}}",
      "{\"command\":\"reopen\",\"element\":\"a\"}"}},
    {MODEL(START FLOW("f1", "s", "b") USER("b") FLOW("f2", "b", "a") "<userTask id='a'><extensionElements><gov:supplement fields='*' within='P15D'/><gov:return to='b'/></extensionElements></userTask>" FLOW("f3", "a", "e") END),
     {"{\"command\":\"start\"}", "{\"command\":\"complete\",\"token\":2}", "{\"command\":\"supplement\",\"token\":3,\"reason\":\"r\",\"variables\":{\"f\":1}}",
      "{\"command\":\"supply\",\"token\":3,\"variables\":{\"x\":1}}", "{\"command\":\"return\",\"token\":3,\"element\":\"b\",\"reason\":\"r\"}"}},
};

static struct str
canonical(struct arena *a, const struct instance *i)
{
    struct str text = STR("");
    struct err err;

    CHECK(json_canonical(a, instance_json(a, i), &text, &err) == RC_OK);
    return text;
}

/* All steps up to that one, in which the nth allocation fails.  The step's rc; what came out in *text. */
static enum rc
run(const struct short_story *s, const struct bpmn *m, struct run *feel, size_t last, size_t n, struct arena *kept, struct str *text)
{
    struct trial t = {.a = arena_new(8 << 20), .e = {.run = feel}};
    enum rc rc = RC_OK;
    struct err err;

    trial_begin(&t, m);
    for (size_t k = 0; k <= last; k++) {
        struct command c;
        struct json *j = NULL;
        CHECK(json_parse(kept, str_of(s->steps[k]), JSON_UNIQUE, &j, &err) == RC_OK && command_read(kept, j, &c, &err) == RC_OK);
        t.now_us += 1000000;
        arena_fail_at(t.a, k == last ? n : 0);
        rc = engine_step(&t.e, &t.i, &c, t.now_us, &t.out, &err);
        arena_fail_at(t.a, 0);
        if (k < last && rc != RC_OK) {
            fail_msg("%s: %s", s->steps[k], err.text);
        }
        if (rc == RC_OK) {
            instance_settle(&t.i);
        }
    }
    if (rc == RC_OK) {
        *text = canonical(kept, &t.i);
    }
    arena_free(t.a);
    return rc;
}

static void
a_step_without_memory_is_no_step(void **state)
{
    const struct run_limits limits = RUN_LIMITS_USUAL;
    struct run *feel = run_new(&limits, NULL);
    size_t failures = 0;

    (void)state;
    for (size_t n = 0; n < sizeof(stories) / sizeof(stories[0]); n++) {
        struct arena *kept = arena_new(64 << 20);
        const struct bpmn *m = NULL;
        struct bpmn_report report;
        struct err err;
        if (bpmn_read(kept, str_of(stories[n].xml), NULL, &m, &report, &err) != RC_OK) {
            fail_msg("%zu: %s", n, err.text);
        }
        for (size_t k = 0; k < 6 && stories[n].steps[k] != NULL; k++) {
            struct str whole = STR(""), text = STR("");
            size_t at = 0;
            enum rc rc = run(&stories[n], m, feel, k, 0, kept, &whole);
            if (rc != RC_OK) {
                fail_msg("%zu: %s is refused", n, stories[n].steps[k]);
            }
            while ((rc = run(&stories[n], m, feel, k, ++at, kept, &text)) == RC_LIMIT) {
                failures++;
            }
            if (rc != RC_OK || !str_eq(text, whole)) {
                fail_msg("%s, allocation %zu: %.*s\nwhole: %.*s", stories[n].steps[k], at, STR_ARG(text), STR_ARG(whole));
            }
        }
        arena_free(kept);
    }
    assert_true(failures > 300);
    run_free(feel);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_without_memory_is_no_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
