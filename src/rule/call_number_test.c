#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

static void
numbers_are_rounded_to_a_scale(void **state)
{
    static const struct trial cases[] = {
        {"decimal(1/3, 2)", "0.33", NULL},
        {"decimal(0.515, 2)", "0.52", NULL},
        {"decimal(2.5, 0)", "2", NULL},
        {"decimal(1/3, 2.5)", "0.33", NULL},
        {"decimal(1250, -2)", "1200", NULL},
        {"decimal(n: 1.15, scale: 1)", "1.2", NULL},
        {"floor(1.5)", "1", NULL},
        {"floor(-1.56, 1)", "-1.6", NULL},
        {"floor(scale: 1, n: 1.56)", "1.5", NULL},
        {"ceiling(1.2)", "2", NULL},
        {"ceiling(-1.56, 1)", "-1.5", NULL},
        {"round up(5.5)", "6", NULL},
        {"round up(-1.126, 2)", "-1.13", NULL},
        {"round down(-5.5, 0)", "-5", NULL},
        {"round down(1.129, 2)", "1.12", NULL},
        {"round half up(5.5, 0)", "6", NULL},
        {"round half up(-1.125, 2)", "-1.13", NULL},
        {"round half up(1.4)", "1", NULL},
        {"round half down(5.5, 0)", "5", NULL},
        {"round half down(-1.126, 2)", "-1.13", NULL},
        {"floor(1.5)+ceiling(1.2)+round up(1.2)+round down(1.2)+round half up(1.2)+round half down(1.2)", "8", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_scale_that_is_none_is_named(void **state)
{
    static const struct trial cases[] = {
        {"round up(5.5, 6176)", "5.5", ""},
        {"round up(5.5, 6177)", "null", "round up: 6177"},
        {"decimal(1, -6112)", "null", "decimal: -6112"},
        {"floor(1, 1e30)", "null", "floor: 1000000000000000000000000000000"},
        {"floor(1.56, null)", "null", NULL},
        {"floor(null, 1)", "null", NULL},
        {"floor(\"1.5\")", "null", NULL},
        {"floor(1.5, 1, 2)", "null", NULL},
        {"floor(n: 1.5, scal: 1)", "null", NULL},
        {"round half up()", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
arithmetic_by_name_has_its_results(void **state)
{
    static const struct trial cases[] = {
        {"abs(-10)", "10", NULL},
        {"abs(n: 10.5)", "10.5", NULL},
        {"abs(@\"-P1DT1H0.5S\")", "@\"P1DT1H0.5S\"", NULL},
        {"abs(@\"PT5H\")", "@\"PT5H\"", NULL},
        {"abs(@\"-P5M\")", "@\"P5M\"", NULL},
        {"abs(@\"P1Y\")", "@\"P1Y\"", NULL},
        {"abs(@\"2026-01-01\")", "null", NULL},
        {"[modulo(12, 5), modulo(-12, 5), modulo(12, -5), modulo(-12, -5)]", "[2, 3, -3, -2]", NULL},
        {"[modulo(10.1, 4.5), modulo(-10.1, 4.5), modulo(10.1, -4.5)]", "[1.1, 3.4, -3.4]", NULL},
        {"modulo(divisor: 4, dividend: 10)", "2", NULL},
        {"modulo(10, 0)", "null", "division by zero"},
        {"sqrt(16)", "4", NULL},
        {"sqrt(number: 2.25)", "1.5", NULL},
        {"sqrt(-1)", "null", "sqrt: -1"},
        {"decimal(log(4), 8)", "1.38629436", NULL},
        {"log(0)", "null", "log: 0"},
        {"decimal(exp(4), 8)", "54.59815003", NULL},
        {"exp(number: 0)", "1", NULL},
        {"exp(100000)", "null", "the result of exp is too large"},
        {"[odd(5), odd(2), odd(-1), odd(0), odd(1.5)]", "[true, false, true, false, false]", NULL},
        {"[even(5), even(2), even(-2), even(0), even(1.5)]", "[false, true, true, true, false]", NULL},
        {"odd(1e34)", "false", NULL},
        {"even(true)", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
a_number_is_read_with_its_separators(void **state)
{
    static const struct trial cases[] = {
        {"number(\"1.000.000,01\", \".\", \",\")", "1000000.01", ""},
        {"number(\"1,000,000.01\", \",\", \".\")", "1000000.01", ""},
        {"number(\"1 000 000.01\", \" \", \".\")", "1000000.01", ""},
        {"number(\"1000000.01\", null, \".\")", "1000000.01", ""},
        {"number(\"1,000,000.5\", \",\", null)", "1000000.5", ""},
        {"number(\"-1.50\")", "-1.5", ""},
        {"number(\"1,5\", null, \",\")", "1.5", ""},
        {"number(from: \"1.000,5\", decimal separator: \",\", grouping separator: \".\")", "1000.5", ""},
        {"number(\"1.5\", null, \",\")", "null", "number: \"1.5\""},
        {"number(\"1,000.5\", \" \", \".\")", "null", "number: \"1,000.5\""},
        {"number(\"1,000\", \":\", \".\")", "null", "number: \":\""},
        {"number(\"1,000\", \",\", \":\")", "null", "number: \":\""},
        {"number(\"1\", \"\", \".\")", "null", "number: \"\""},
        {"number(\"1,000\", \",\", \",\")", "null", "number: \",\""},
        {"number(\"1,000\", \", \", \".\")", "null", "number: \", \""},
        {"number(\"1\\u00002\")", "null", NULL},
        {"number(\"foo\")", "null", "number: \"foo\""},
        {"number(\"\")", "null", "number: \"\""},
        {"number(\"1 \")", "null", "number: \"1 \""},
        {"number(123)", "null", NULL},
        {"number(null, \".\", \",\")", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

/* A hundred times a text of a million bytes: what is said of it takes none of the sixteen megabytes. */
static void
a_note_about_a_long_text_is_short(void **state)
{
    static const struct trial cases[] = {
        {"{long: string join(for i in 1..100000 return \"年月日\"), n: count(for i in 1..100 return number(long))}.n", "100",
         "number: \"年月日年月日年月日年月日年月日年月日年月"},
    };

    (void)state;
    TRIAL(cases);
}

static void
every_allocation_may_fail(void **state)
{
    static const struct trial number = {"for n in [\"1 234,5\"] return number(n, \" \", \",\")", "[1234.5]", NULL};
    static const struct trial refused = {"for n in [-1, 0] return log(n)", "[null, null]", NULL};

    (void)state;
    trial_memory(&number, 2);
    trial_memory(&refused, 2);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_rounded_to_a_scale),
        cmocka_unit_test(a_scale_that_is_none_is_named),
        cmocka_unit_test(arithmetic_by_name_has_its_results),
        cmocka_unit_test(a_number_is_read_with_its_separators),
        cmocka_unit_test(a_note_about_a_long_text_is_short),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
