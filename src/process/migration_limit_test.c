/* Wherever memory ends while a plan is read, laid over its models or done to a case, that is said, and a plan or a move that is there is whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/migration.h"
#include "process/test_story.h"

#define USER(id) "<userTask id='" id "'/>"
#define AFTER(time) "<timerEventDefinition><timeDuration>" time "</timeDuration></timerEventDefinition>"
#define BOTH(sub, task, receive, wait, more)                                                                                                     \
    OPEN PROCESS(START FLOW("f1", "s", "g") "<parallelGateway id='g'/>" FLOW("f2", "g", sub) FLOW("f3", "g", receive) FLOW("f4", "g", "m")           \
                 "<subProcess id='" sub "'><startEvent id='i'/>" FLOW("k1", "i", task) USER(task) FLOW("k2", task, "o") "<endEvent id='o'/></subProcess>" \
                 more "<receiveTask id='" receive "' messageRef='M'/><intermediateCatchEvent id='m'>" wait "</intermediateCatchEvent>"             \
                 FLOW("f5", sub, "j") FLOW("f6", receive, "j") FLOW("f7", "m", "j") "<parallelGateway id='j'/>" FLOW("f8", "j", "c")                \
                 "<callActivity id='c' calledElement='q'/>" FLOW("f9", "c", "e") END)                                                              \
    "<process id='q'>" USER("qa") "</process>" CLOSE
static const char from[] = BOTH("a", "u", "r", AFTER("PT1H"), "");
static const char to[] = BOTH("b", "v", "w", AFTER("PT2H"),
                              "<boundaryEvent id='x' attachedToRef='b' cancelActivity='false'><signalEventDefinition signalRef='S'/></boundaryEvent>" FLOW("x1", "x", "x2")
                              USER("x2") FLOW("x3", "x2", "e"));
static const char plan_text[] = "{\"source\":{\"key\":\"p\",\"version\":1},\"target\":2,\"basis\":\"law\",\"elements\":{\"a\":\"b\",\"u\":\"v\",\"r\":\"w\"},\"flows\":{\"f6\":\"f6\"},"
                                "\"variables\":[{\"name\":\"n\",\"feel\":\"{k: k, list: [1, n]}\"},{\"name\":\"k\",\"remove\":true},{\"scope\":\"a\",\"name\":\"z\",\"feel\":\"\\\"t\\\"\"}]}";

struct both {
    struct arena *kept;
    const struct bpmn *from, *to;
    struct run *feel;
};

static const struct bpmn *
model_of_text(struct arena *a, const char *xml)
{
    struct bpmn_report report;
    const struct bpmn *m = NULL;
    struct err err;

    if (bpmn_read(a, str_of(xml), NULL, &m, &report, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return m;
}

/* On an arena whose nth allocation fails; 0: none does. */
static enum rc
make(const struct both *b, struct arena *a, size_t n, const struct migration **out, struct err *err)
{
    struct migration_plan *plan = arena_alloc(b->kept, 1, sizeof(*plan));
    struct binding *bound = arena_alloc(b->kept, 1, sizeof(*bound));
    struct json *j;

    *bound = (struct binding){.key = STR("p"), .version = 2, .model = b->to};
    assert_int_equal(json_parse(b->kept, str_of(plan_text), JSON_UNIQUE, &j, err), RC_OK);
    arena_fail_at(a, n);
    enum rc rc = migration_plan_read(a, j, plan, err);
    rc = rc == RC_OK ? migration_make(a, plan, b->from, bound, 1, NULL, out, err) : rc;
    arena_fail_at(a, 0);
    return rc;
}

static enum rc
move(const struct both *b, const struct migration *m, size_t n, struct str *text)
{
    struct trial t = {.a = arena_new(8 << 20), .e = {.run = b->feel}};
    struct migration_result r;
    struct err err;

    trial_begin(&t, b->from);
    trial_tell(&t, "start {\"k\":1,\"n\":2} => a/inner r/message m/timer u");
    const struct migration_case c = {.i = &t.i, .bound = 1};
    arena_fail_at(t.a, n);
    enum rc rc = migration_apply(&t.e, m, &c, t.now_us, &r, &err);
    arena_fail_at(t.a, 0);
    if (rc == RC_OK) {
        assert_int_equal(r.refusals, 0);
        instance_settle(&t.i);
        assert_int_equal(json_canonical(b->kept, instance_json(b->kept, &t.i), text, &err), RC_OK);
    }
    arena_free(t.a);
    return rc;
}

static void
without_memory_nothing_is_moved_by_half(void **state)
{
    const struct run_limits limits = RUN_LIMITS_USUAL;
    struct both b = {.kept = arena_new(64 << 20), .feel = run_new(&limits, NULL)};
    struct arena *a = arena_new(8 << 20);
    struct str whole = STR(""), text = STR("");
    const struct migration *m = NULL;
    size_t failures = 0, at = 0;
    struct err err;
    enum rc rc;

    (void)state;
    b.from = model_of_text(b.kept, from);
    b.to = model_of_text(b.kept, to);
    assert_int_equal(make(&b, a, 0, &m, &err), RC_OK);
    assert_int_equal(move(&b, m, 0, &whole), RC_OK);
    while ((rc = move(&b, m, ++at, &text)) == RC_LIMIT) {
        failures++;
    }
    assert_true(rc == RC_OK && str_eq(text, whole) && failures > 30);
    for (at = 0, failures = 0; (rc = make(&b, a, ++at, &m, &err)) == RC_LIMIT; failures++) {
    }
    assert_true(rc == RC_OK && failures > 10);
    assert_int_equal(move(&b, m, 0, &text), RC_OK);
    assert_true(str_eq(text, whole));
    run_free(b.feel);
    arena_free(a);
    arena_free(b.kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_nothing_is_moved_by_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
