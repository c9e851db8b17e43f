#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

static void
a_part_of_a_string_is_found_by_its_place(void **state)
{
    static const struct trial cases[] = {
        {"substring(\"foobar\", 3)", "\"obar\"", NULL},
        {"substring(\"foobar\", 3, 3)", "\"oba\"", NULL},
        {"substring(\"foobar\", 3, 3.8)", "\"oba\"", NULL},
        {"substring(\"foobar\", -2, 1)", "\"a\"", NULL},
        {"substring(\"foobar\", -6, 6)", "\"foobar\"", NULL},
        {"substring(\"foobar\", 5, 100)", "\"ar\"", NULL},
        {"substring(\"foobar\", 6, 0)", "\"\"", NULL},
        {"substring(\"foobar\", 7)", "\"\"", NULL},
        {"substring(\"foobar\", 3, null)", "\"obar\"", NULL},
        {"substring(start position: 3, string: \"foobar\")", "\"obar\"", NULL},
        {"substring(\"政务服务\", 2, 2)", "\"务服\"", NULL},
        {"substring(\"😀政b\", -2)", "\"政b\"", NULL},
        {"substring(\"\\U01F40Efoo\", 2)", "\"foo\"", NULL},
        {"substring([\"foobar\"], 6)", "\"r\"", NULL},
        {"substring(\"foobar\", 0)", "null", "substring: 0"},
        {"substring(\"foobar\", -7)", "null", "substring: -7"},
        {"substring(\"foobar\", 1e30)", "null", "substring: 1000000000000000000000000000000"},
        {"substring(\"foobar\", 3, -1)", "null", "substring: -1"},
        {"substring(null, 1)", "null", "substring: string = null"},
        {"substring(\"foobar\", \"1\")", "null", "substring: start position = string"},
        {"substring(\"foobar\")", "null", NULL},
        {"substring before(\"foobar\", \"bar\")", "\"foo\"", NULL},
        {"substring before(\"foobar\", \"o\")", "\"f\"", NULL},
        {"substring before(\"foobar\", \"x\")", "\"\"", NULL},
        {"substring before(\"foobar\", \"\")", "\"\"", NULL},
        {"substring before(match: \"b\", string: \"foobar\")", "\"foo\"", NULL},
        {"substring after(\"foobar\", \"ob\")", "\"ar\"", NULL},
        {"substring after(\"foobar\", \"x\")", "\"\"", NULL},
        {"substring after(\"foobar\", \"\")", "\"foobar\"", NULL},
        {"substring after(\"\", \"\")", "\"\"", NULL},
        {"substring after(\"\", \"a\")", "\"\"", NULL},
        {"substring after(\"abc\", \"c\")", "\"\"", NULL},
        {"substring after(\"abc\", null)", "null", "substring after: match = null"},
    };

    (void)state;
    TRIAL(cases);
}

static void
strings_are_measured_compared_and_put_in_another_case(void **state)
{
    static const struct trial cases[] = {
        {"string length(\"\")", "0", NULL},
        {"string length(\"政通\")", "2", NULL},
        {"string length(\"\\uD83D\\uDCA9\")", "1", NULL},
        {"string length(string: \"aaaaa dddd \")", "11", NULL},
        {"string length(5)", "null", "string length: string = number"},
        {"upper case(\"aBc4\")", "\"ABC4\"", NULL},
        {"upper case(\"straße é\")", "\"STRASSE É\"", NULL},
        {"upper case(\"\")", "\"\"", NULL},
        {"lower case(\"aBcÉ政\")", "\"abcé政\"", NULL},
        {"lower case([\"A\"])", "\"a\"", NULL},
        {"lower case(null)", "null", NULL},
        {"contains(\"foobar\", \"of\")", "false", NULL},
        {"contains(\"foobar\", \"oba\")", "true", NULL},
        {"contains(\"\", \"\")", "true", NULL},
        {"contains(\"\\ud83d\\udc0e\\uD83D\\uDE00\", \"😀\")", "true", NULL},
        {"contains(\"a\", null)", "null", NULL},
        {"starts with(\"foobar\", \"fo\")", "true", NULL},
        {"starts with(\"foobar\", \"o\")", "false", NULL},
        {"starts with(\"\", \"\")", "true", NULL},
        {"ends with(\"foobar\", \"r\")", "true", NULL},
        {"ends with(string: \"foobar\", match: \"foobarx\")", "false", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
strings_are_joined_without_those_that_are_null(void **state)
{
    static const struct trial cases[] = {
        {"string join([\"a\", \"b\", \"c\"])", "\"abc\"", NULL},
        {"string join([\"a\", \"b\", \"c\"], \" and \")", "\"a and b and c\"", NULL},
        {"string join([\"a\", \"b\"], null)", "\"ab\"", NULL},
        {"string join([\"a\", null, \"c\"], \"X\")", "\"aXc\"", NULL},
        {"string join([null, \"\", \"c\"], \"X\")", "\"Xc\"", NULL},
        {"string join([null])", "\"\"", NULL},
        {"string join([])", "\"\"", NULL},
        {"string join(\"a\", \"X\")", "\"a\"", NULL},
        {"string join(delimiter: \"X\", list: [\"a\", \"c\"])", "\"aXc\"", NULL},
        {"string join([1, 2], \"X\")", "null", "string join: 1"},
        {"string join([[\"a\"], \"b\"])", "null", "string join: list"},
        {"string join()", "null", NULL},
        {"string join(null)", "null", NULL},
        {"string join([\"a\"], \"X\", \"foo\")", "null", NULL},
        {"string join(lst: [\"a\"])", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

/* A string that doubles with each round would not fit into any memory. */
static void
strings_that_grow_end_at_a_limit(void **state)
{
    struct trial_room t = trial_begin();
    struct value v;

    (void)state;
    assert_int_equal(
        trial_run(&t, "for i in 1..60 return if i = 1 then \"a\" else string join([partial[-1], partial[-1]])", 0, &v), RC_LIMIT);
    assert_int_equal(
        trial_run(&t, "for i in 1..60 return if i = 1 then \"a\" else upper case(partial[-1] + partial[-1])", 0, &v), RC_LIMIT);
    trial_end(&t);
}

static void
memory_that_ends_at_any_moment_is_a_clean_limit(void **state)
{
    static const struct trial cases[] = {
        {"for i in 1..2 return upper case(\"a\" + string(i))", "[\"A1\", \"A2\"]", NULL},
        {"for i in 1..2 return lower case(\"A\" + string(i))", "[\"a1\", \"a2\"]", NULL},
        {"for i in 1..2 return string join([string(i), \"b\", \"c\"], \"-\")", "[\"1-b-c\", \"2-b-c\"]", NULL},
        {"for i in 1..1 return substring(\"abc\", i - 1)", "[null]", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        trial_memory(&cases[i], 2);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_a_string_is_found_by_its_place),
        cmocka_unit_test(strings_are_measured_compared_and_put_in_another_case),
        cmocka_unit_test(strings_are_joined_without_those_that_are_null),
        cmocka_unit_test(strings_that_grow_end_at_a_limit),
        cmocka_unit_test(memory_that_ends_at_any_moment_is_a_clean_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
