#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

static void
the_least_and_the_greatest_are_of_one_kind(void **state)
{
    static const struct trial cases[] = {
        {"min([2, 1, 3])", "1", NULL},
        {"min(2, 1, 3)", "1", NULL},
        {"max(2, 1, 3)", "3", NULL},
        {"max(list: [2, 1])", "2", NULL},
        {"min(5)", "5", NULL},
        {"max([\"a\", \"政\", \"b\"])", "\"政\"", NULL},
        {"min([@\"2026-11-28\", @\"2026-02-01\"])", "@\"2026-02-01\"", NULL},
        {"max(@\"P1D\", @\"PT25H\")", "@\"P1DT1H\"", NULL},
        {"max([1.0, 1])", "1", NULL},
        {"min(@\"2026-01-01T08:00:00+08:00\", @\"2026-01-01T00:00:00Z\")", "@\"2026-01-01T08:00:00+08:00\"", NULL},
        {"max(@\"2026-01-01T08:00:00+08:00\", @\"2026-01-01T00:00:00Z\")", "@\"2026-01-01T08:00:00+08:00\"", NULL},
        {"min([])", "null", "min: null"},
        {"max(null)", "null", "max: null"},
        {"max([1, null])", "null", "max: null"},
        {"max([1, \"a\"])", "null", "max: \"a\""},
        {"max([true, false])", "null", "max: true"},
        {"max([@\"P1D\", @\"P1Y\"])", "null", "max: @\"P1Y\""},
        {"min()", "null", NULL},
        {"min(l: [1])", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
figures_of_numbers_are_exact(void **state)
{
    static const struct trial cases[] = {
        {"sum([1, 2, 3])", "6", NULL},
        {"sum(0.1, 0.2)", "0.3", NULL},
        {"sum(1)", "1", NULL},
        {"sum([])", "null", "sum: list"},
        {"sum([1, null])", "null", "sum: null"},
        {"sum([9e6144, 9e6144])", "null", "the result of sum is too large"},
        {"sum(list: [1, 2])", "3", NULL},
        {"mean([1, 2, 3, 5])", "2.75", NULL},
        {"mean(1, 2)", "1.5", NULL},
        {"mean([])", "null", NULL},
        {"mean([1, \"2\"])", "null", "mean: \"2\""},
        {"mean([9e6144, 9e6144])", "null", "the result of mean is too large"},
        {"product([6, 3, 9, 6, 6])", "5832", NULL},
        {"product(2, 3, 4)", "24", NULL},
        {"product([2.5, 1, 2.5, 3])", "18.75", NULL},
        {"product(6)", "6", NULL},
        {"product([])", "null", NULL},
        {"product([1, 2, null, 4])", "null", NULL},
        {"product([1e6000, 1e6000])", "null", "the result of product is too large"},
        {"stddev(2, 4, 7, 5)", "2.081665999466132735282297706979931", NULL},
        {"stddev([5, 5])", "0", NULL},
        {"stddev([47])", "null", NULL},
        {"stddev(47)", "null", NULL},
        {"stddev([])", "null", NULL},
        {"stddev([1e4000, 1])", "null", "the result of stddev is too large"},
        {"stddev([1, \"a\"])", "null", "stddev: \"a\""},
    };

    (void)state;
    TRIAL(cases);
}

static void
the_median_and_the_mode_are_of_sorted_numbers(void **state)
{
    static const struct trial cases[] = {
        {"median(8, 2, 5, 3, 4)", "4", NULL},
        {"median([6, 1, 2, 3])", "2.5", NULL},
        {"median(4)", "4", NULL},
        {"median([])", "null", "median: list"},
        {"median()", "null", NULL},
        {"median(null)", "null", "median: null"},
        {"median([1, 2, \"foo\", 4])", "null", "median: \"foo\""},
        {"median(list: [8, 2, 5, 7])", "6", NULL},
        {"median(l: [1])", "null", NULL},
        {"median([9e6144, 9e6144])", "null", "the result of median is too large"},
        {"mode([6, 3, 9, 6, 6])", "[6]", NULL},
        {"mode([3, 6, 1, 9, 6, 1, 3])", "[1, 3, 6]", NULL},
        {"mode([2.5, 1, 2.50, 3])", "[2.5]", NULL},
        {"mode(6, 3, 9, 6, 6)", "[6]", NULL},
        {"mode(6)", "[6]", NULL},
        {"mode([])", "[]", NULL},
        {"mode(null)", "null", "mode: null"},
        {"mode([1, null])", "null", "mode: null"},
        {"median(for i in 1..20000 return modulo(i * 7919, 20011))", "10006.5", NULL},
        {"count(mode(for i in 1..20000 return modulo(i * 7919, 20011)))", "20000", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
memory_that_ends_at_any_moment_is_a_clean_limit(void **state)
{
    static const struct trial cases[] = {
        {"for i in 1..1 return median([3, i, 2])", "[2]", NULL},
        {"for i in 1..1 return mode([3, i, 3])", "[[3]]", NULL},
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
        cmocka_unit_test(the_least_and_the_greatest_are_of_one_kind),
        cmocka_unit_test(figures_of_numbers_are_exact),
        cmocka_unit_test(the_median_and_the_mode_are_of_sorted_numbers),
        cmocka_unit_test(memory_that_ends_at_any_moment_is_a_clean_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
