#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

/* --- a small world of types ---------------------------------------------------------------------- */

static const struct type any = {.kind = TYPE_ANY}, null = {.kind = TYPE_NULL}, boolean = {.kind = TYPE_BOOLEAN},
                         number = {.kind = TYPE_NUMBER}, string = {.kind = TYPE_STRING}, date = {.kind = TYPE_DATE},
                         time = {.kind = TYPE_TIME}, date_time = {.kind = TYPE_DATE_TIME},
                         days = {.kind = TYPE_DAYS_DURATION}, months = {.kind = TYPE_MONTHS_DURATION};
static const struct type every_list = {.kind = TYPE_LIST}, every_context = {.kind = TYPE_CONTEXT},
                         every_range = {.kind = TYPE_RANGE}, every_function = {.kind = TYPE_FUNCTION};
static const struct type numbers = {.kind = TYPE_LIST, .element = &number}, dates = {.kind = TYPE_LIST, .element = &date},
                         anything = {.kind = TYPE_LIST, .element = &any}, span = {.kind = TYPE_RANGE, .element = &number};
static const struct type_member takes_number[] = {{STR_INIT(""), &number}};
static const struct type to_any = {.kind = TYPE_FUNCTION, .element = &any},
                         of_number = {.kind = TYPE_FUNCTION, .count = 1, .member = takes_number, .element = &any},
                         to_string = {.kind = TYPE_FUNCTION, .count = 1, .member = takes_number, .element = &string};

/* tNode { next: tNode }, tTree: list<tTree> */
static const struct type node, tree = {.kind = TYPE_LIST, .name = STR_INIT("tTree"), .element = &tree};
static const struct type_member node_members[] = {{STR_INIT("next"), &node}};
static const struct type node = {.kind = TYPE_CONTEXT, .name = STR_INIT("tNode"), .count = 1, .member = node_members};

/* With allowed values, read when the tests begin. */
static struct type age = {.kind = TYPE_NUMBER, .name = STR_INIT("tAge"), .allowed_text = STR_INIT("[0..150]")};
static struct type level = {.kind = TYPE_STRING, .name = STR_INIT("tLevel"), .allowed_text = STR_INIT("\"city\", \"county\"")};
static struct type levels = {.kind = TYPE_LIST, .element = &string, .allowed_text = STR_INIT("\"city\", \"county\""), .is_each_allowed = true};
static struct type pair = {.kind = TYPE_LIST, .element = &number, .allowed_text = STR_INIT("count(?) = 2")};
static const struct type ages = {.kind = TYPE_LIST, .element = &age};
static const struct type_member old_members[] = {{STR_INIT("age"), &age}, {STR_INIT("born"), &date}};
static const struct type old = {.kind = TYPE_CONTEXT, .name = STR_INIT("tOld"), .count = 2, .member = old_members};
static const struct type_member person_members[] = {{STR_INIT("name"), &string}, {STR_INIT("age"), &age}, {STR_INIT("born"), &date}};
static const struct type person = {.kind = TYPE_CONTEXT, .name = STR_INIT("tPerson"), .count = 3, .member = person_members};
static const struct type persons = {.kind = TYPE_LIST, .element = &person};

static int
read_allowed(void **state)
{
    struct type *const types[] = {&age, &level, &levels, &pair};
    struct arena *a = arena_new(1 << 20);
    struct err err;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct feel_tree tests;
        if (feel_parse_tests(a, types[i]->allowed_text, NULL, NULL, &tests, NULL, &err) != RC_OK ||
            program_compile(a, &tests, NULL, NULL, &types[i]->allowed, &err) != RC_OK) {
            return 1;
        }
    }
    *state = a;
    return 0;
}

static int
forget_allowed(void **state)
{
    arena_free(*state);
    return 0;
}

/* --- is ------------------------------------------------------------------------------------------ */

static void
a_value_is_of_a_type_by_its_shape(void **state)
{
    static const struct {
        const struct type *type;
        const char *text;
        bool is;
    } cases[] = {
        {&any, "1", true}, {NULL, "1", true}, {&any, "null", false}, {NULL, "null", false}, {&null, "null", true}, {&null, "1", false},
        {&boolean, "true", true}, {&boolean, "1", false}, {&number, "1", true}, {&number, "\"1\"", false}, {&string, "\"\"", true},
        {&date, "@\"2026-01-01\"", true}, {&date, "@\"2026-01-01T00:00:00\"", false}, {&date_time, "@\"2026-01-01\"", false},
        {&date_time, "@\"2026-01-01T00:00:00\"", true}, {&time, "@\"10:00:00\"", true}, {&days, "@\"P1D\"", true}, {&days, "@\"P1M\"", false},
        {&months, "@\"P1M\"", true}, {&number, "null", false}, {&every_list, "null", false},
        /* allowed values do not count */
        {&age, "1000", true}, {&age, "\"a\"", false},
        {&numbers, "[1, 2]", true}, {&numbers, "[]", true}, {&numbers, "[1, null]", true}, {&numbers, "[1, \"2\"]", false},
        {&numbers, "1", false}, {&number, "[1]", false}, {&anything, "[1, \"2\", null]", true}, {&every_list, "[1, \"2\"]", true},
        {&every_context, "{}", true}, {&every_context, "{a: 1}", true}, {&every_context, "[]", false},
        {&person, "{name: \"a\", age: 1, born: @\"2026-01-01\"}", true}, {&person, "{born: null, age: null, name: null, more: 1}", true},
        {&person, "{name: \"a\", age: 1}", false}, {&person, "{name: \"a\", age: \"1\", born: null}", false},
        {&persons, "[{name: null, age: null, born: null}, null]", true}, {&persons, "[{name: null}]", false},
        {&span, "[1..2]", true}, {&span, "(<5)", true}, {&span, "(>\"a\")", false}, {&span, "[\"a\"..\"b\"]", false}, {&every_range, "[\"a\"..\"b\"]", true}, {&span, "1", false},
        {&every_function, "function() 1", true}, {&every_function, "sum", true}, {&to_any, "function() 1", true}, {&to_any, "sum", false},
        {&to_any, "function(a) a", false}, {&of_number, "function(a: number) a", true}, {&of_number, "function(a) a", true},
        {&of_number, "function(a: string) a", false}, {&to_string, "function(a: number) \"a\"", false}, {&every_function, "1", false},
        {&node, "{next: {next: {next: null}}}", true}, {&node, "{next: {next: {next: 1}}}", false}, {&tree, "[[], [[], []]]", true},
        {&tree, "[[], [[], [1]]]", false},
    };
    struct trial_room t = trial_begin();
    struct value v;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is = !cases[i].is;
        assert_int_equal(trial_run(&t, cases[i].text, 0, &v), RC_OK);
        assert_true(type_is(t.run, cases[i].type, v, &is));
        if (is != cases[i].is || type_holds(cases[i].type, v) != is) {
            fail_msg("case %zu: %s", i, cases[i].text);
        }
    }
    trial_end(&t);
}

/* 2 to the power of 40 ways down, and 40000 floors. */
static void
a_walk_into_a_circle_of_types_has_an_end(void **state)
{
    static const char wide[] = "(for i in 1..40 return if i = 1 then [] else [partial[-1], partial[-1]])[-1]";
    static const char deep[] = "(for i in 1..40000 return if i = 1 then {next: null} else {next: partial[-1]})[-1]";
    struct trial_room t = trial_begin();
    struct value v;
    bool is = true;

    (void)state;
    assert_int_equal(trial_run(&t, wide, 0, &v), RC_OK);
    assert_false(type_holds(&tree, v));
    assert_false(type_is(t.run, &tree, v, &is));
    assert_int_equal(trial_run(&t, deep, 0, &v), RC_OK);
    assert_false(type_holds(&node, v));
    assert_false(type_is(t.run, &node, v, &is));
    assert_true(is);
    trial_end(&t);
}

/* --- coerce -------------------------------------------------------------------------------------- */

struct coercion {
    const struct type *type;
    const char *text; /* FEEL, or JSON */
    const char *value, *note;
};

static void
expect_coerced(struct trial_room *t, const struct coercion *c, struct value v)
{
    struct trial said = {c->text, c->value, c->note};
    struct str got = value_text(t->arena, v, true);

    if (!str_eq(got, str_of(c->value))) {
        fail_msg("%s\ngot    %.*s\nwanted %s", c->text, STR_ARG(got), c->value);
    }
    trial_expect_note(t, &said);
}

static void
a_value_becomes_one_of_the_type_or_null(void **state)
{
    static const struct coercion cases[] = {
        {NULL, "[1]", "[1]", ""},
        {&any, "[1]", "[1]", ""},
        {&number, "1", "1", ""},
        {&number, "null", "null", ""},
        /* one item for a list, a list of one for its item, a date for its midnight */
        {&numbers, "1", "[1]", ""},
        {&number, "[1]", "1", ""},
        {&every_list, "1", "[1]", ""},
        {&every_context, "[{a: 1}]", "{a: 1}", ""},
        {&date_time, "@\"2026-01-01\"", "@\"2026-01-01T00:00:00Z\"", ""},
        {&number, "[1, 2]", "null", "list is not of type number"},
        {&number, "[[1]]", "null", "list is not of type number"},
        {&number, "[\"1\"]", "null", "list is not of type number"},
        {&number, "[]", "null", "list is not of type number"},
        {&number, "\"1\"", "null", "\"1\" is not of type number"},
        {&string, "1", "null", "1 is not of type string"},
        {&numbers, "\"1\"", "null", "\"1\" is not of type list<number>"},
        {&numbers, "[1, \"1\"]", "null", "list is not of type list<number>"},
        {&date_time, "1", "null", "1 is not of type date and time"},
        {&number, "@\"2026-01-01\"", "null", "@\"2026-01-01\" is not of type number"},
        {&number, "{a: 1}", "null", "context is not of type number"},
        {&number, "function() 1", "null", "function is not of type number"},
        {&date, "@\"2026-01-01T00:00:00\"", "null", "@\"2026-01-01T00:00:00\" is not of type date"},
        /* contexts: more is let through, and what is missing is named */
        {&person, "{name: \"a\", age: 1, born: null, more: 2}", "{name: \"a\", age: 1, born: null, more: 2}", ""},
        {&person, "{name: \"a\", age: 1}", "null", "there is no born in it"},
        {&person, "{name: \"a\", age: \"1\", born: null}", "null", "\"1\" is not of type tAge"},
        {&person, "{age: 1, born: null}", "null", "there is no name in it"},
        {&person, "1", "null", "1 is not of type tPerson"},
        /* allowed values, at every depth */
        {&age, "150", "150", ""},
        {&age, "[151]", "null", "151 is not among the allowed values [0..150]"},
        {&level, "\"city\"", "\"city\"", ""},
        {&level, "\"town\"", "null", "\"town\" is not among the allowed values \"city\", \"county\""},
        {&level, "null", "null", ""},
        {&levels, "[\"city\", \"county\", null]", "[\"city\", \"county\", null]", ""},
        {&levels, "[\"city\", \"town\"]", "null", "\"town\" is not among the allowed values \"city\", \"county\""},
        {&levels, "\"town\"", "null", "\"town\" is not among the allowed values \"city\", \"county\""},
        {&pair, "[1, 2]", "[1, 2]", ""},
        {&pair, "[1, 2, 3]", "null", "list is not among the allowed values count(?) = 2"},
        {&ages, "[1, 200]", "null", "200 is not among the allowed values [0..150]"},
        {&old, "{born: null, age: 200}", "null", "200 is not among the allowed values [0..150]"},
        {&persons, "{name: \"a\", age: 200, born: null}", "null", "200 is not among the allowed values [0..150]"},
    };
    struct trial_room t = trial_begin();
    struct value v;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(trial_run(&t, cases[i].text, 0, &v), RC_OK);
        assert_true(type_coerce(t.run, cases[i].type, v, &v));
        expect_coerced(&t, &cases[i], v);
    }
    trial_end(&t);
}

static struct json *
json_of(struct trial_room *t, const char *text)
{
    struct json *j = NULL;
    struct err err;

    assert_int_equal(json_parse(t->arena, str_of(text), JSON_ANY, &j, &err), RC_OK);
    return j;
}

static void
text_of_json_becomes_what_the_type_asks(void **state)
{
    static const struct coercion cases[] = {
        {NULL, "{\"a\": [1, \"2026-01-01\"]}", "{a: [1, \"2026-01-01\"]}", ""},
        {&number, "12345678901234567890.5", "12345678901234567890.5", ""},
        {&number, "\"5\"", "null", "\"5\" is not of type number"},
        {&boolean, "\"true\"", "null", "\"true\" is not of type boolean"},
        {&string, "\"2026-01-01\"", "\"2026-01-01\"", ""},
        {&date, "\"2026-01-01\"", "@\"2026-01-01\"", ""},
        {&date, "\"2026-01-32\"", "null", "\"2026-01-32\" is not of type date"},
        {&date, "null", "null", ""},
        {&time, "\"10:00:00@Asia/Shanghai\"", "@\"10:00:00@Asia/Shanghai\"", ""},
        {&date_time, "\"2026-01-01T10:00:00Z\"", "@\"2026-01-01T10:00:00Z\"", ""},
        {&date_time, "\"2026-01-01\"", "@\"2026-01-01T00:00:00\"", ""},
        {&days, "\"P1D\"", "@\"P1D\"", ""},
        {&months, "\"P14M\"", "@\"P1Y2M\"", ""},
        {&span, "\"[1..2)\"", "[1..2)", ""},
        {&span, "\"[a..2)\"", "null", "\"[a..2)\" is not of type range<number>"},
        {&dates, "[\"2026-01-01\", null]", "[@\"2026-01-01\", null]", ""},
        {&dates, "\"2026-01-01\"", "[@\"2026-01-01\"]", ""},
        {&date, "[\"2026-01-01\"]", "@\"2026-01-01\"", ""},
        {&dates, "[\"2026-01-01\", \"x\"]", "null", "list is not of type list<date>"},
        {&persons, "[{\"name\": \"a\", \"age\": 1, \"born\": \"2025-01-01\", \"more\": \"P1D\"}]",
         "[{name: \"a\", age: 1, born: @\"2025-01-01\", more: \"P1D\"}]", ""},
        {&old, "{\"born\": \"2025-01-01\", \"age\": 1}", "{born: @\"2025-01-01\", age: 1}", ""},
        {&person, "{\"name\": \"a\", \"age\": 1, \"born\": \"soon\"}", "null", "\"soon\" is not of type date"},
        {&person, "{\"name\": \"a\", \"age\": 151, \"born\": null}", "null", "151 is not among the allowed values [0..150]"},
        {&persons, "{\"name\": \"a\", \"age\": 1, \"born\": \"2025-01-01\"}", "[{name: \"a\", age: 1, born: @\"2025-01-01\"}]", ""},
        {&tree, "\"x\"", "null", "\"x\" is not of type tTree"},
        {&tree, "[[], [[]]]", "[[], [[]]]", ""},
        {&node, "{\"next\": {\"next\": null}}", "{next: {next: null}}", ""},
    };
    struct trial_room t = trial_begin();
    struct value v;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_begin(t.run, 0, 0);
        assert_true(type_of_json(t.run, cases[i].type, json_of(&t, cases[i].text), &v));
        expect_coerced(&t, &cases[i], v);
    }
    trial_end(&t);
}

static void
every_allocation_may_fail(void **state)
{
    static const struct coercion cases[] = {
        {&persons, "{\"name\": \"a\", \"age\": 1, \"born\": \"2026-01-01\"}", "[{name: \"a\", age: 1, born: @\"2026-01-01\"}]", ""},
        {&date_time, "[\"2026-01-01\"]", "@\"2026-01-01T00:00:00\"", ""},
        {&span, "\"[1..2]\"", "[1..2]", ""},
    };
    struct trial_room t = trial_begin();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *j = json_of(&t, cases[i].text);
        bool is_done = false;
        struct value v;
        size_t n = 0;
        for (; !is_done; n++) {
            struct err err;
            assert_true(n < 100);
            run_begin(t.run, 0, 0);
            arena_fail_at(run_arena(t.run), n + 1);
            is_done = type_of_json(t.run, cases[i].type, j, &v);
            assert_int_equal(run_rc(t.run, &err), is_done ? RC_OK : RC_LIMIT);
        }
        arena_fail_at(run_arena(t.run), 0);
        assert_true(n > 1);
        expect_coerced(&t, &cases[i], v);
    }
    trial_end(&t);
}

static void
every_limit_of_steps_ends_cleanly(void **state)
{
    static const char text[] = "[{\"name\": \"a\", \"age\": 1, \"born\": \"2026-01-01\"}, {\"name\": \"b\", \"age\": [2], \"born\": null}]";
    struct trial_room t = trial_begin();
    struct json *j = json_of(&t, text);
    bool is_done = false;
    uint64_t steps = 0;

    (void)state;
    for (; !is_done; steps++) {
        struct run_limits limits = RUN_LIMITS_USUAL;
        limits.steps = steps;
        struct run *r = run_new(&limits, t.zones);
        struct value v;
        struct err err;
        assert_true(steps < 1000);
        is_done = type_of_json(r, &persons, j, &v);
        assert_int_equal(run_rc(r, &err), is_done ? RC_OK : RC_LIMIT);
        run_free(r);
    }
    assert_true(steps > 10);
    trial_end(&t);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_of_a_type_by_its_shape),
        cmocka_unit_test(a_walk_into_a_circle_of_types_has_an_end),
        cmocka_unit_test(a_value_becomes_one_of_the_type_or_null),
        cmocka_unit_test(text_of_json_becomes_what_the_type_asks),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_limit_of_steps_ends_cleanly),
    };

    return cmocka_run_group_tests(tests, read_allowed, forget_allowed);
}
