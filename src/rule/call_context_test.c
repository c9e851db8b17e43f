#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

static void
a_context_is_asked_by_key(void **state)
{
    static const struct trial cases[] = {
        {"get value({a: 1, b c: 2}, \"b c\")", "2", ""},
        {"get value(key: \"a\", m: {a: 1})", "1", ""},
        {"get value({a: null}, \"a\")", "null", ""},
        {"get value({a: 1}, \"b\")", "null", "there is no b in it"},
        {"get value({a: 1}, null)", "null", NULL},
        {"get value(null, \"a\")", "null", NULL},
        {"get entries({a: \"foo\", b: [1]})", "[{key: \"a\", value: \"foo\"}, {key: \"b\", value: [1]}]", ""},
        {"get entries(m: {})", "[]", ""},
        {"get entries(map: {a: 1})", "null", NULL},
        {"get entries([1, 2])", "null", NULL},
        {"get entries({a: 1}, {b: 1})", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_context_is_made_of_entries(void **state)
{
    static const struct trial cases[] = {
        {"context([{key: \"a\", value: 1}, {key: \"b\", value: 2, ignored: 3}])", "{a: 1, b: 2}", ""},
        {"context([])", "{}", ""},
        {"context({key: \"a\", value: null})", "{a: null}", ""},
        {"context(entries: [{key: \"\", value: 1}])", "{\"\": 1}", ""},
        {"context(get entries({x: {y: 1}}))", "{x: {y: 1}}", ""},
        {"context([{key: \"a\", value: 1}, {key: \"a\", value: 2}])", "null", "context: \"a\""},
        {"context([{key: \"a\"}])", "null", "context: context"},
        {"context([{value: 1}])", "null", NULL},
        {"context([{key: 1, value: 1}])", "null", NULL},
        {"context([{key: null, value: 1}])", "null", NULL},
        {"context([{key: \"a\", value: 1}, null])", "null", "context: null"},
        {"context(\"foo\")", "null", NULL},
        {"context(null)", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_value_is_put_into_a_copy(void **state)
{
    static const struct trial cases[] = {
        {"context put({}, \"a\", 1)", "{a: 1}", ""},
        {"context put({a: 1, b: 2, c: 3}, \"b\", 4)", "{a: 1, b: 4, c: 3}", ""},
        {"context put({a: 1}, \"b\", null)", "{a: 1, b: null}", ""},
        {"context put(value: 1, key: \"a\", context: {})", "{a: 1}", ""},
        {"{old: {a: 1}, new: context put(old, \"a\", 2)}", "{old: {a: 1}, new: {a: 2}}", ""},
        {"context put({x: 1, y: {a: 0}}, [\"y\", \"a\"], 2)", "{x: 1, y: {a: 2}}", ""},
        {"context put(context: {x: 1, y: {a: 0}}, keys: [\"y\", \"b\"], value: 2).y", "{a: 0, b: 2}", ""},
        {"context put({x: 1, y: {a: 0}}, [\"y\", \"b\"], 2)", "{x: 1, y: {a: 0, b: 2}}", ""},
        {"context put({a: {b: {c: {d: 1}}}}, [\"a\", \"b\", \"c\", \"d\"], 2)", "{a: {b: {c: {d: 2}}}}", ""},
        {"context put({a: 1}, [\"b\"], 2)", "{a: 1, b: 2}", ""},
        {"context put({x: 1, y: {a: 0}}, [\"y\", \"a\", \"b\", \"c\"], 2)", "null", "context put: \"b\""},
        {"context put({x: 1}, [\"y\", \"a\"], 2)", "null", "context put: \"a\""},
        {"context put({x: 1}, [\"y\", null], 2)", "null", "context put: null"},
        {"context put({x: 1}, [], 2)", "null", "context put: list"},
        {"context put({x: 1}, [null], 2)", "null", NULL},
        {"context put(context: {x: {a: 0}}, key: [\"x\", \"a\"], value: 2)", "null", NULL},
        {"context put({}, null, 1)", "null", NULL},
        {"context put({}, \"a\")", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
contexts_are_merged_and_the_last_one_counts(void **state)
{
    static const struct trial cases[] = {
        {"context merge([{a: 1, b: 2}, {b: 3, c: 4}, {a: 5}])", "{a: 5, b: 3, c: 4}", ""},
        {"context merge(contexts: [{a: {b: 1}}, {a: {c: 1}}])", "{a: {c: 1}}", ""},
        {"context merge({a: 1})", "{a: 1}", ""},
        {"context merge([])", "{}", ""},
        {"context merge([{a: 1}, null])", "null", "context merge: null"},
        {"context merge(1)", "null", "context merge: 1"},
        {"context merge(null)", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
names_are_walked_within_the_limits_of_the_run(void **state)
{
    static const char *const texts[] = {
        "context(for i in 1..60000 return {key: string(i), value: i})",
        "context merge(for i in 1..60000 return context put({}, string(i), i))",
    };
    struct trial_room t = trial_begin();
    struct value v;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(trial_run(&t, texts[i], 0, &v), RC_LIMIT);
    }
    trial_end(&t);
}

static void
every_allocation_may_fail(void **state)
{
    static const struct trial cases[] = {
        {"for k in [\"a\"] return get entries({a: k})", "[[{key: \"a\", value: \"a\"}]]", NULL},
        {"for k in [\"a\"] return context({key: k, value: 1})", "[{a: 1}]", NULL},
        {"for k in [\"a\"] return context put({a: {a: k}}, [k, k], 1)", "[{a: {a: 1}}]", NULL},
        {"for k in [\"a\"] return context merge([{b: 1}, {a: k}, {a: 2}])", "[{b: 1, a: 2}]", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        trial_memory(&cases[i], 3);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_context_is_asked_by_key),
        cmocka_unit_test(a_context_is_made_of_entries),
        cmocka_unit_test(a_value_is_put_into_a_copy),
        cmocka_unit_test(contexts_are_merged_and_the_last_one_counts),
        cmocka_unit_test(names_are_walked_within_the_limits_of_the_run),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
