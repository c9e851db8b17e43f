#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/trial_int.h"

static void
items_are_found_and_counted(void **state)
{
    static const struct trial cases[] = {
        {"list contains([1, 2, 3], 2)", "true", NULL},
        {"list contains([1, 2, 3], \"2\")", "false", NULL},
        {"list contains([1, null], null)", "true", NULL},
        {"list contains([], null)", "false", NULL},
        {"list contains([[1], {a: 1}], {a: 1.0})", "true", NULL},
        {"list contains(1, 1)", "true", NULL},
        {"list contains(element: 3, list: [3])", "true", NULL},
        {"list contains(null, 1)", "null", "list contains: list = null"},
        {"count([1, 2, 3])", "3", NULL},
        {"count([])", "0", NULL},
        {"count([1, [2, 3]])", "2", NULL},
        {"count(\"a\")", "1", NULL},
        {"count(null)", "null", NULL},
        {"count(list: [null])", "1", NULL},
        {"index of([1, 2, 3, 2], 2)", "[2, 4]", NULL},
        {"index of([1, null, null], null)", "[2, 3]", NULL},
        {"index of([1, 2], 3)", "[]", NULL},
        {"index of(match: [1], list: [[1], 1])", "[1]", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
lists_are_cut_and_changed_by_position(void **state)
{
    static const struct trial cases[] = {
        {"sublist([1, 2, 3], 2)", "[2, 3]", NULL},
        {"sublist([1, 2, 3], 1, 2)", "[1, 2]", NULL},
        {"sublist([1, 2, 3], -1)", "[3]", NULL},
        {"sublist([1, 2, 3], -2, 1)", "[2]", NULL},
        {"sublist([1, 2, 3], 2.9, 1.9)", "[2]", NULL},
        {"sublist([1, 2, 3], 2, 9)", "[2, 3]", NULL},
        {"sublist([1, 2, 3], 2, 0)", "[]", NULL},
        {"sublist(start position: 3, length: 1, list: [1, 2, 3])", "[3]", NULL},
        {"sublist([1, 2, 3], 0)", "null", "sublist: 0"},
        {"sublist([1, 2, 3], 4)", "null", "sublist: 4"},
        {"sublist([1, 2, 3], -4)", "null", "sublist: -4"},
        {"sublist([1, 2, 3], 1, -1)", "null", "sublist: -1"},
        {"sublist([1, 2, 3], -9223372036854775808)", "null", "sublist: -9223372036854775808"},
        {"insert before([1, 3], 1, 2)", "[2, 1, 3]", NULL},
        {"insert before([1, 3], -1, 2)", "[1, 2, 3]", NULL},
        {"insert before([1, 3], 2, [2])", "[1, [2], 3]", NULL},
        {"insert before(newItem: null, position: 1, list: [1])", "[null, 1]", NULL},
        {"insert before([1, 3], 3, 2)", "null", "insert before: 3"},
        {"insert before([], 1, 2)", "null", "insert before: 1"},
        {"remove([1, 2, 3], 2)", "[1, 3]", NULL},
        {"remove([1, 2, 3], -3)", "[2, 3]", NULL},
        {"remove([1], 1)", "[]", NULL},
        {"remove([1], 2)", "null", "remove: 2"},
        {"remove(position: 1, list: [1, 2])", "[2]", NULL},
        {"list replace([2, 4, 7, 8], 3, 6)", "[2, 4, 6, 8]", NULL},
        {"list replace([2, 4], -1, null)", "[2, null]", NULL},
        {"list replace([2, 4], 3, 6)", "null", "list replace: 3"},
        {"list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5)", "[5, 5, 7, 8]", NULL},
        {"list replace(match: function(item, newItem) item = 2, list: [2, 4], newItem: 5)", "[5, 4]", NULL},
        {"list replace(position: 1, list: [2, 4], newItem: 5)", "[5, 4]", NULL},
        {"list replace([2, 4], function(item, newItem) item + newItem, 5)", "null", "list replace: 7"},
        {"list replace([2, 4], function(item) true, 5)", "null", NULL},
        {"reverse([1, [2, 3], null])", "[null, [2, 3], 1]", NULL},
        {"reverse([])", "[]", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
several_lists_become_one(void **state)
{
    static const struct trial cases[] = {
        {"append([1], 2, 3)", "[1, 2, 3]", NULL},
        {"append([1], 2)", "[1, 2]", NULL},
        {"append([1])", "[1]", NULL},
        {"append([], null)", "[null]", NULL},
        {"append([1], [2, 3])", "[1, [2, 3]]", NULL},
        {"append(1, 2)", "[1, 2]", NULL},
        {"append(item: 2, list: [1])", "[1, 2]", NULL},
        {"append(null, 1)", "null", "append: null"},
        {"append()", "null", NULL},
        {"concatenate([1, 2], [3], [])", "[1, 2, 3]", NULL},
        {"concatenate([[1]], [[2]])", "[[1], [2]]", NULL},
        {"concatenate([1], 2)", "[1, 2]", NULL},
        {"concatenate([1], null)", "null", "concatenate: null"},
        {"union([1, 2], [2, 3])", "[1, 2, 3]", NULL},
        {"union([1, 1.0, \"1\"], [null], [null])", "[1, \"1\", null]", NULL},
        {"union([1], null)", "null", "union: null"},
        {"distinct values([1, 2, 3, 2, 1])", "[1, 2, 3]", NULL},
        {"distinct values([null, null, false, null])", "[null, false]", NULL},
        {"distinct values([1, 1.00, [1], [1.0], {a: 1, b: 2}, {b: 2, a: 1}, \"1\"])", "[1, [1], {a: 1, b: 2}, \"1\"]", NULL},
        {"distinct values([@\"P1Y\", @\"P12M\", @\"P365D\", @\"PT24H\", @\"P1D\"])", "[@\"P1Y\", @\"P365D\", @\"P1D\"]", NULL},
        {"distinct values([@\"2026-01-01T08:00:00+08:00\", @\"2026-01-01T00:00:00Z\"])", "[@\"2026-01-01T08:00:00+08:00\"]", NULL},
        {"distinct values([])", "[]", NULL},
        {"count(distinct values(for i in [1, 2, 1] return string join(for j in 1..900 return if j = 450 then string(i) else \"x\")))",
         "2", NULL},
        {"count(distinct values(for i in [1, 2, 1] return for j in 1..900 return if j = 450 then i else 0))", "2", NULL},
        {"flatten([[1, 2], [[3]], 4])", "[1, 2, 3, 4]", NULL},
        {"flatten([[], [[]]])", "[]", NULL},
        {"flatten([null, [{a: [1]}]])", "[null, {a: [1]}]", NULL},
        {"flatten(1)", "[1]", NULL},
        {"flatten([1], [2])", "null", NULL},
    };

    (void)state;
    TRIAL(cases);
}

static void
lists_are_sorted_by_a_function_and_equals_keep_their_order(void **state)
{
    static const struct trial cases[] = {
        {"sort([3, 1, 4, 5, 2], function(x, y) x < y)", "[1, 2, 3, 4, 5]", NULL},
        {"sort([3, 1, 4, 5, 2], function(x, y) x > y)", "[5, 4, 3, 2, 1]", NULL},
        {"sort(precedes: function(x, y) x < y, list: [\"10\", \"9\", \"a\", \"A\"])", "[\"10\", \"9\", \"A\", \"a\"]", NULL},
        {"sort([], function(x, y) x < y)", "[]", NULL},
        {"sort([1], function(x, y) null)", "[1]", NULL},
        {"sort([{k: 2, n: 1}, {k: 1, n: 2}, {k: 2, n: 3}, {k: 1, n: 4}, {k: 0, n: 5}], function(x, y) x.k < y.k).n",
         "[5, 2, 4, 1, 3]", NULL},
        {"sort([1, \"a\"], function(x, y) x < y)", "null", "< cannot be done with string, number"},
        {"sort([1, 2], function(x, y) 5)", "null", "sort: 5"},
        {"sort([1, 2], function(x) true)", "null", NULL},
        {"sort([1, 2])", "null", NULL},
        {"sort(null, function(x, y) x < y)", "null", NULL},
        {"sort(for i in 1..1000 return modulo(i * 7919, 1009), function(x, y) x < y) = "
         "sort(for i in -1000..-1 return modulo(-i * 7919, 1009), function(x, y) not(x >= y))", "true", NULL},
    };

    (void)state;
    TRIAL(cases);
}

/* Within the steps of one evaluation: nothing here may take a number of steps that grows with the square. */
static void
large_lists_stay_within_the_limits(void **state)
{
    static const struct trial cases[] = {
        {"count(distinct values(for i in 1..20000 return modulo(i * 7919, 10007)))", "10007", NULL},
        {"count(distinct values(for i in 1..10000 return {name: string(i), at: i}))", "10000", NULL},
        {"count(distinct values(for i in 1..3000 return [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, i]))", "3000", NULL},
        {"count(distinct values(for i in 1..3000 return {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: {j: [[i]]}}))", "3000", NULL},
        {"count(distinct values(for i in 1..30 return concatenate(for j in 1..2000 return 0, [i])))", "30", NULL},
        {"count(distinct values(for i in 1..30 return concatenate([i], for j in 1..2000 return 0)))", "30", NULL},
        {"count(union(for i in 1..20000 return string(i), for i in 10001..30000 return string(i)))", "30000", NULL},
        {"sort(for i in 1..10000 return modulo(i * 7919, 10007), function(x, y) x < y)[9999]", "10005", NULL},
        {"count(flatten(for i in 1..20000 return [i, [i]]))", "40000", NULL},
        {"count(index of(for i in 1..50000 return modulo(i, 2), 1))", "25000", NULL},
    };

    (void)state;
    TRIAL(cases);
}

/* [x, x] of [y, y] of ..., and lists that are nested more deeply than any stack: a limit, or the answer. */
static void
lists_that_hold_one_another_many_times_end_at_a_limit(void **state)
{
    static const char towers[] = "for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]]";
    static const char *const uses[] = {"flatten((%s)[-1])", "list contains(%s, (%s)[-1])", "distinct values(concatenate(%s, %s))"};
    struct trial_room t = trial_begin();
    struct value v;

    (void)state;
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        struct buf b;
        buf_init(&b, t.arena, 4000);
        for (struct str rest = str_of(uses[i]), part; str_next(&rest, '%', &part);) {
            buf_put(&b, b.len == 0 ? part : str_from(part, 1));
            buf_put(&b, rest.len > 0 ? str_of(towers) : STR(""));
        }
        buf_put_char(&b, '\0');
        enum rc rc = trial_run(&t, b.ptr, 0, &v);
        assert_true(rc == RC_LIMIT || (i > 0 && rc == RC_OK));
    }
    assert_int_equal(trial_run(&t, "flatten(for i in 1..9000 return if i = 1 then [1] else [partial[-1]])[-1]", 0, &v), RC_LIMIT);
    assert_int_equal(trial_run(&t, "flatten((for i in 1..9000 return if i = 1 then [1] else [partial[-1]])[-1])", 0, &v), RC_OK);
    assert_int_equal(v.as.list->count, 1);
    trial_end(&t);
}

static void
memory_that_ends_at_any_moment_is_a_clean_limit(void **state)
{
    static const struct trial cases[] = {
        {"for i in 1..1 return append([i], i)", "[[1, 1]]", NULL},
        {"for i in 1..1 return union([i], [i, 2])", "[[1, 2]]", NULL},
        {"for i in 1..1 return flatten([i, [[i], 3]])", "[[1, 1, 3]]", NULL},
        {"for i in 1..1 return sort([2, i], function(x, y) x < y)", "[[1, 2]]", NULL},
        {"for i in 1..1 return index of([2, i], 2)", "[[1]]", NULL},
        {"for i in 1..1 return list replace([2, i], function(x, y) x = 2, 3)", "[[3, 1]]", NULL},
        {"for i in 1..1 return insert before([2, i], i, 3)", "[[3, 2, 1]]", NULL},
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
        cmocka_unit_test(items_are_found_and_counted),
        cmocka_unit_test(lists_are_cut_and_changed_by_position),
        cmocka_unit_test(several_lists_become_one),
        cmocka_unit_test(lists_are_sorted_by_a_function_and_equals_keep_their_order),
        cmocka_unit_test(large_lists_stay_within_the_limits),
        cmocka_unit_test(lists_that_hold_one_another_many_times_end_at_a_limit),
        cmocka_unit_test(memory_that_ends_at_any_moment_is_a_clean_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
