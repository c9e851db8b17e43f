#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/function.h"

/* --- setting ----------------------------------------------------------------------------------- */

static const struct feel_name names[] = {
    {STR_INIT("n"), NULL}, {STR_INIT("s"), NULL}, {STR_INIT("t"), NULL}, {STR_INIT("nothing"), NULL},
    {STR_INIT("list"), NULL}, {STR_INIT("申请人 年龄"), NULL},
};
static const struct feel_scope scope = {.count = sizeof(names) / sizeof(names[0]), .name = names};

struct setting {
    struct arena *arena;
    struct zones *zones;
    struct run *run;
    struct value slot[6];
    struct value item[3];
    struct list list;
    struct frame frame;
};

static void
begin_with(struct setting *s, const struct run_limits *limits)
{
    s->arena = arena_new(1 << 24);
    s->zones = zones_new(ZONE_FOLDER);
    s->run = run_new(limits, s->zones);
    for (int i = 0; i < 3; i++) {
        s->item[i] = value_of_int(10 * (i + 1));
    }
    s->list = (struct list){3, s->item};
    s->slot[0] = value_of_int(5);
    s->slot[1] = value_of_str(STR("five"));
    s->slot[2] = value_of_bool(true);
    s->slot[3] = value_null();
    s->slot[4] = (struct value){.kind = VALUE_LIST, .as.list = &s->list};
    s->slot[5] = value_of_int(61);
    s->frame = (struct frame){NULL, s->slot};
}

static void
begin(struct setting *s)
{
    begin_with(s, &RUN_LIMITS_USUAL);
}

static void
end(struct setting *s)
{
    run_free(s->run);
    zones_free(s->zones);
    arena_free(s->arena);
}

static const struct program *
compiled(struct setting *s, const char *text)
{
    const struct program *p = NULL;
    struct err err;

    if (program_read(s->arena, str_of(text), &scope, NULL, s->zones, &p, NULL, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return p;
}

static struct value
value_of(struct setting *s, const char *text)
{
    struct value v = value_null();
    struct err err;

    run_begin(s->run, INT64_C(1764288000000000), 8 * 3600);
    if (program_run(s->run, compiled(s, text), &s->frame, &v, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return v;
}

struct example {
    const char *text, *value;
};

static void
try_all(const struct example *cases, size_t count)
{
    struct setting s;

    begin(&s);
    for (size_t i = 0; i < count; i++) {
        struct str got = value_text(s.arena, value_of(&s, cases[i].text), true);
        if (!str_eq(got, str_of(cases[i].value))) {
            fail_msg("%s\ngot  %.*s\nwant %s", cases[i].text, STR_ARG(got), cases[i].value);
        }
    }
    end(&s);
}

#define TRY(cases) try_all(cases, sizeof(cases) / sizeof((cases)[0]))

/* --- literals and logic ------------------------------------------------------------------------ */

static void
literals_and_names_are_their_values(void **state)
{
    static const struct example cases[] = {
        {"null", "null"}, {"true", "true"}, {"1.50", "1.5"}, {"\"a\"", "\"a\""}, {"n", "5"}, {"申请人 年龄", "61"},
        {"nothing", "null"}, {"unheard of", "null"}, {"list", "[10, 20, 30]"}, {"@\"2026-11-28\"", "@\"2026-11-28\""},
        {"@\"P1D\"", "@\"P1D\""}, {"@\"P2M\"", "@\"P2M\""}, {"@\"10:00:00\"", "@\"10:00:00\""},
        {"@\"2026-11-28T10:00:00@Asia/Shanghai\"", "@\"2026-11-28T10:00:00@Asia/Shanghai\""}, {"@\"tomorrow\"", "null"},
    };

    (void)state;
    TRY(cases);
}

static void
logic_has_three_values(void **state)
{
    static const struct example cases[] = {
        {"t and true", "true"}, {"t and false", "false"}, {"t and nothing", "null"}, {"false and nothing", "false"},
        {"nothing and false", "false"}, {"nothing and t", "null"}, {"123 and false", "false"}, {"n and t", "null"},
        {"t or nothing", "true"}, {"nothing or t", "true"}, {"false or nothing", "null"}, {"nothing or false", "null"},
        {"false or false", "false"}, {"s or true", "true"}, {"not(t)", "false"}, {"not(nothing)", "null"},
        {"not(n)", "null"},
    };

    (void)state;
    TRY(cases);
}

static void
what_is_equal_is_of_one_kind(void **state)
{
    static const struct example cases[] = {
        {"null = null", "true"}, {"n = 5", "true"}, {"n != 5.00", "false"}, {"n = null", "false"},
        {"nothing != 0", "true"}, {"100 = \"100\"", "null"}, {"[1, 2] = [1, 2]", "true"}, {"[1, 2] = [2, 1]", "false"},
        {"{a: 1, b: n} = {b: 5, a: 1}", "true"}, {"{a: 1} = {a: 1, b: 2}", "false"}, {"[] = 0", "null"},
        {"(1..10] = ]1..10]", "true"}, {"(< 10) = (null..10)", "false"}, {"(= 10) = [10..10]", "false"},
        {"(= 10) = (= 10)", "true"}, {"(!= 10) = (!= 10)", "true"}, {"(!= 10) = (= 10)", "false"}, {"(= n)", "= 5"},
        {"[(!= n), (< n)]", "[!= 5, < 5]"},
        {"@\"P1Y\" = @\"P365D\"", "null"},
    };

    (void)state;
    TRY(cases);
}

static void
what_has_an_order_is_compared(void **state)
{
    static const struct example cases[] = {
        {"n < 6", "true"}, {"n <= 5", "true"}, {"n > 5", "false"}, {"n >= 5.1", "false"}, {"\"a\" < \"b\"", "true"},
        {"s < 5", "null"}, {"nothing < 5", "null"}, {"t < false", "null"},
        {"@\"2026-11-28\" > @\"2026-11-27\"", "true"}, {"n between 1 and 5", "true"}, {"n between 6 and nothing", "false"},
        {"n between 1 and nothing", "null"}, {"\"b\" between \"a\" and \"c\"", "true"}, {"n between \"a\" and 9", "null"},
    };

    (void)state;
    TRY(cases);
}

/* --- arithmetic -------------------------------------------------------------------------------- */

static void
numbers_are_calculated_exactly(void **state)
{
    static const struct example cases[] = {
        {"10 + 20 / -n - 3", "3"}, {"0.1 + 0.2", "0.3"}, {"n * 1.05 - 0.25", "5"},
        {"1 / 3 * 3", "0.9999999999999999999999999999999999"},
        {"n / 0", "null"}, {"-2 ** 2", "4"}, {"2 ** 3 ** 2", "64"}, {"-n", "-5"}, {"--n", "5"}, {"n + nothing", "null"},
        {"n + \"1\"", "null"}, {"\"a\" + s", "\"afive\""}, {"\"\" + s + \"\"", "\"five\""}, {"s - \"f\"", "null"},
        {"-s", "null"},
        {"10 ** 6144 * 10", "null"}, {"[1] + 2", "null"},
    };

    (void)state;
    TRY(cases);
}

static void
dates_and_durations_are_calculated(void **state)
{
    static const struct example cases[] = {
        {"@\"2026-01-31\" + @\"P1M\"", "@\"2026-02-28\""}, {"@\"P1M\" + @\"2026-01-31\"", "@\"2026-02-28\""},
        {"@\"2026-03-01\" - @\"P1D\"", "@\"2026-02-28\""}, {"@\"2026-03-01\" - @\"2026-02-01\"", "@\"P28D\""},
        {"@\"2026-03-01T10:00:00\" - @\"2026-03-01T09:30:00\"", "@\"PT30M\""}, {"@\"23:30:00\" + @\"PT1H\"", "@\"00:30:00\""},
        {"@\"10:00:00\" + @\"P1M\"", "null"}, {"@\"2026-03-01\" + @\"2026-02-01\"", "null"},
        {"@\"P1D\" - @\"2026-02-01\"", "null"},
        {"@\"P1D\" + @\"PT12H\"", "@\"P1DT12H\""}, {"@\"P1D\" - @\"P2D\"", "@\"-P1D\""}, {"@\"P1D\" * n", "@\"P5D\""},
        {"n * @\"P1M\"", "@\"P5M\""}, {"@\"P10D\" / 4", "@\"P2DT12H\""}, {"@\"P1D\" / @\"PT6H\"", "4"},
        {"@\"P1Y\" / @\"P5M\"", "2.4"}, {"@\"P1Y\" + @\"P1M\"", "@\"P1Y1M\""}, {"@\"P1Y\" - @\"P1M\"", "@\"P11M\""},
        {"@\"P1Y\" + @\"P1D\"", "null"}, {"@\"P1D\" / 0", "null"}, {"@\"P1D\" / @\"P0D\"", "null"},
        {"@\"P1M\" / @\"P0M\"", "null"},
        {"n / @\"P1D\"", "null"}, {"-@\"P1D\"", "@\"-P1D\""}, {"-@\"P1Y\"", "@\"-P1Y\""}, {"-@\"2026-01-01\"", "null"},
        {"@\"P1Y\" * @\"P1Y\"", "null"}, {"@\"999999999-12-31\" + @\"P1D\"", "null"},
    };

    (void)state;
    TRY(cases);
}

/* --- tests ------------------------------------------------------------------------------------- */

static void
in_takes_values_ranges_lists_and_signs(void **state)
{
    static const struct example cases[] = {
        {"n in 5", "true"}, {"n in [2, 3, 5]", "true"}, {"n in [[2..4], [4..5]]", "true"}, {"n in [[2..4], (5..6]]", "false"},
        {"n in < 10", "true"}, {"n in (1, < 5, >= 10)", "false"}, {"10 in (1, < n, >= 10)", "true"}, {"n in (n, 1)", "true"},
        {"n in (4..n)", "false"}, {"n in (4..n]", "true"}, {"n in != 5", "false"}, {"n in (!= n)", "false"},
        {"n in = n", "true"},
        {"[1, 2] in [[1], [1, 2]]", "true"}, {"[1, 2] in = [1, 2]", "true"}, {"[1, 2] in [1, 2]", "true"},
        {"[1] in ([[2]], [[3]])", "false"},
        {"{a: 1} in ({a: 2}, {a: 1})", "true"}, {"t in [false, 2, true]", "true"}, {"t in [false, 2]", "false"},
        {"t in = false", "false"},
        {"null in [1..10]", "null"}, {"5 in (null..10]", "null"}, {"5 in [null..10]", "null"}, {"5 in [1..null)", "null"},
        {"n in (? > 3)", "true"}, {"n in (? > 3 and ? < 5)", "false"}, {"n in (> 3 and < 6)", "true"},
        {"n in (< 3 or > 4)", "true"},
        {"[1..5] in [1..5]", "true"}, {"n in function(x) x > 4", "true"}, {"n in \"a\"", "null"}, {"false in false", "true"},
        {"\"b\" in [\"a\"..\"c\"]", "true"}, {"n in [(n in 5), 5]", "true"}, {"s in (\"four\", s)", "true"},
        {"null in (null, 1)", "true"},
    };

    (void)state;
    TRY(cases);
}

static void
unary_tests_let_the_input_pass_or_not(void **state)
{
    static const struct {
        const char *tests;
        int number, text, truth, nothing; /* whether 5, "five", true, null pass */
    } cases[] = {
        {"-", 1, 1, 1, 1}, {"5", 1, 0, 0, 0}, {"5, \"five\"", 1, 1, 0, 0}, {"not(5)", 0, 0, 0, 1}, {"> 4", 1, 0, 0, 0},
        {"[1..5)", 0, 0, 0, 0}, {"[1..5]", 1, 0, 0, 0}, {"]4..6[, \"five\"", 1, 1, 0, 0}, {"not(< 3, > 7)", 1, 0, 0, 0},
        {"null", 0, 0, 0, 1}, {"not(null)", 1, 1, 1, 0}, {"true", 0, 0, 1, 0}, {"n", 1, 0, 0, 0}, {"< n + 1", 1, 0, 0, 0},
        {"[1, 5]", 1, 0, 0, 0}, {"? = 5 or ? = \"five\"", 1, 1, 0, 0}, {"list[1] = 10", 1, 1, 1, 0}, {"n > 7", 0, 0, 0, 0},
        {"? > 4 and ? < 6", 1, 0, 0, 0}, {"!= 5", 0, 0, 0, 1}, {"not(!= 5)", 1, 0, 0, 0}, {"? in [5, \"five\"]", 1, 1, 0, 0},
        {"function(x) x = true", 0, 0, 1, 0}, {"nothing", 0, 0, 0, 1}, {"not(\"a\", \"five\")", 0, 0, 0, 1},
        {"? = null", 0, 0, 0, 1}, {"n in (? > 3)", 1, 1, 1, 0}, {"not(> s, < n)", 0, 0, 0, 0},
        {"some x in list satisfies x = ? * 2", 1, 0, 0, 0},
    };
    struct setting s;
    struct feel_tree tree;
    const struct program *p;
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value inputs[] = {value_of_int(5), value_of_str(STR("five")), value_of_bool(true), value_null()};
        int wanted[] = {cases[i].number, cases[i].text, cases[i].truth, cases[i].nothing};
        assert_int_equal(feel_parse_tests(s.arena, str_of(cases[i].tests), &scope, NULL, &tree, NULL, &err), RC_OK);
        assert_int_equal(program_compile(s.arena, &tree, NULL, s.zones, &p, &err), RC_OK);
        for (int j = 0; j < 4; j++) {
            bool passes = false;
            run_begin(s.run, 0, 0);
            assert_int_equal(program_test(s.run, p, &s.frame, inputs[j], &passes, &err), RC_OK);
            if (passes != (wanted[j] == 1)) {
                fail_msg("%s of input %d: got %d", cases[i].tests, j, passes);
            }
        }
    }
    end(&s);
}

static void
tests_of_constants_are_told_to_whoever_analyses_them(void **state)
{
    static const struct {
        const char *tests, *constants; /* NULL: they are more than constants */
        bool is_negated;
    } cases[] = {
        {"-", "[]", true}, {"5", "[5]", false}, {"1, \"a\", true, null", "[1, \"a\", true, null]", false},
        {"not(1, 2)", "[1, 2]", true}, {"< 5, [7..9)", "[< 5, [7..9)]", false}, {"= 5", "[5]", false}, {"!= 5", "[5]", true},
        {"not(!= 5)", "[5]", false}, {"!= 5, 6", NULL, false}, {"[1, 2], 3", "[1, 2, 3]", false},
        {"[[1..2], -3]", "[[1..2], -3]", false},
        {"1 + 2", "[3]", false}, {"date(\"2026-11-28\")", "[@\"2026-11-28\"]", false}, {"n", NULL, false}, {"< n", NULL, false},
        {"? > 5", NULL, false}, {"1, n", NULL, false}, {"> 5 and < 7", NULL, false},
    };
    struct setting s;
    struct feel_tree tree;
    const struct program *p;
    const struct list *list;
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool is_negated = false;
        assert_int_equal(feel_parse_tests(s.arena, str_of(cases[i].tests), &scope, NULL, &tree, NULL, &err), RC_OK);
        assert_int_equal(program_compile(s.arena, &tree, NULL, s.zones, &p, &err), RC_OK);
        assert_ptr_equal(program_tree(p)->text.ptr, cases[i].tests);
        if (!program_constants(s.arena, p, &is_negated, &list)) {
            assert_null(cases[i].constants);
            continue;
        }
        struct str got = value_text(s.arena, (struct value){.kind = VALUE_LIST, .as.list = list}, true);
        if (cases[i].constants == NULL || !str_eq(got, str_of(cases[i].constants)) || is_negated != cases[i].is_negated) {
            fail_msg("%s\ngot  %.*s %d\nwant %s", cases[i].tests, STR_ARG(got), is_negated, cases[i].constants);
        }
    }
    end(&s);
}

/* --- paths and properties ---------------------------------------------------------------------- */

static void
members_and_properties_are_found(void **state)
{
    static const struct example cases[] = {
        {"{a: 1, b: a + n}.b", "6"}, {"{a: {b: 2}}.a.b", "2"}, {"{a: 1}.b", "null"}, {"nothing.b", "null"},
        {"{foo+bar: 1}.foo + n", "null"},
        {"[{b: [1]}, {b: n}, {}, 7].b", "[[1], 5, null, null]"}, {"[[{b: 1}], {b: 2}].b", "[[1], 2]"}, {"{a: 1, a: 2}", "null"},
        {"@\"2018-12-10\".year", "2018"}, {"@\"2018-12-10\".weekday", "1"}, {"@\"2018-12-10\".hour", "null"},
        {"@\"2018-12-10T10:30:01\".hour", "10"}, {"@\"2018-12-10T10:30:01\".month", "12"}, {"@\"10:30:01\".second", "1"},
        {"@\"10:30:01+05:00\".time offset", "@\"PT5H\""}, {"@\"10:30:01\".time offset", "null"}, {"@\"10:30:01\".day", "null"},
        {"@\"2018-12-10T10:30:01@Etc/UTC\".timezone", "\"Etc/UTC\""}, {"@\"P1Y2M\".years", "1"}, {"@\"P1Y2M\".months", "2"},
        {"@\"P1DT2H\".hours", "2"}, {"@\"P1DT2H\".days", "1"}, {"@\"PT90M\".minutes", "30"}, {"@\"PT90S\".seconds", "30"},
        {"@\"P1D\".years", "null"}, {"[1..n).start", "1"}, {"[1..n).end", "5"}, {"[1..n).start included", "true"},
        {"[1..n).end included", "false"}, {"(< 10).start", "null"}, {"(< 10).start included", "false"},
        {"(<= 10).end included", "true"},
        {"(= 10).start included", "true"}, {"(= n).end", "5"}, {"[@\"2018-12-10\"].year", "[2018]"},
    };

    (void)state;
    TRY(cases);
}

/* --- lists ------------------------------------------------------------------------------------- */

static void
filters_take_an_index_or_a_condition(void **state)
{
    static const struct example cases[] = {
        {"list[1]", "10"}, {"list[-1]", "30"}, {"list[0]", "null"}, {"list[4]", "null"}, {"list[-4]", "null"},
        {"list[1.5]", "null"},
        {"list[n - 3]", "20"}, {"list[true]", "[10, 20, 30]"}, {"list[false]", "[]"}, {"list[item > 10]", "[20, 30]"},
        {"list[nothing]", "[]"}, {"[][1]", "null"}, {"[][item > 1]", "[]"}, {"[][n]", "null"}, {"[][t]", "[]"}, {"n[1]", "5"},
        {"n[true]", "[5]"}, {"n[item = 6]", "[]"},
        {"nothing[true]", "[]"}, {"nothing[1]", "null"}, {"[{a: 1}, {a: 2}][a > 1]", "[{a: 2}]"},
        {"[{a: 1}, {b: 2}][a > 0]", "[{a: 1}]"},
        {"[{item: 1}, {item: 2}][item >= 2]", "[{item: 2}]"}, {"[{x: 1}, {x: 2}][item.x = 2]", "[{x: 2}]"},
        {"[{n: 4}, {n: 5}, {}][n = 5]", "[{n: 5}, {}]"}, {"[{a: [1, 2]}, {a: [3]}][a[item > 2] = [3]]", "[{a: [3]}]"},
        {"[{a: [{b: 1}]}, {a: [{b: 2}], c: 2}][a[b = c] != []].c", "[2]"}, {"list[item > 10][1]", "20"},
        {"[3, 1, 2][item]", "2"}, {"[[1], [2, 3]][count(item) = 2]", "[[2, 3]]"},
        {"[{count: function(x) 2, a: 1}, {a: 2}][count(a) = 2].a", "[1]"},
        {"{f: function(x) x > 15}.f(list[2])", "true"},
    };

    (void)state;
    TRY(cases);
}

static void
loops_go_through_lists_and_ranges(void **state)
{
    static const struct example cases[] = {
        {"for i in list return i + n", "[15, 25, 35]"}, {"for i in 1..3 return i", "[1, 2, 3]"},
        {"for i in 3..1 return i", "[3, 2, 1]"},
        {"for i in [1..3] return i", "[1, 2, 3]"}, {"for i in (1..4) return i", "[2, 3]"}, {"for i in (1..2) return i", "[]"},
        {"for i in [3..1) return i", "[3, 2]"}, {"for i in 1..1 return i", "[1]"}, {"for i in [] return i", "[]"},
        {"for i in n return i", "[5]"},
        {"for i in nothing return i", "null"}, {"for i in 1.5..3 return i", "null"}, {"for i in \"a\"..\"b\" return i", "null"},
        {"for i in 1..2, j in i..3 return i * 10 + j", "[11, 12, 13, 22, 23]"},
        {"for i in 0..4 return if i = 0 then 1 else i * partial[-1]", "[1, 1, 2, 6, 24]"},
        {"for i in 1..3 return count of(partial)", "[null, null, null]"},
        {"for i in 1..3 return partial", "[[], [[]], [[], [[]]]]"},
        {"for d in @\"2026-02-27\"..@\"2026-03-01\" return d.day", "[27, 28, 1]"},
        {"for d in @\"2026-03-01\"..@\"2026-02-28\" return d.day", "[1, 28]"},
        {"some i in list satisfies i > 25", "true"}, {"some i in list satisfies i > 35", "false"},
        {"every i in list satisfies i > 5", "true"},
        {"every i in list satisfies i > 15", "false"}, {"some i in [] satisfies true", "false"},
        {"every i in [] satisfies false", "true"},
        {"some i in [1, null] satisfies i > 2", "null"}, {"some i in [null, 1] satisfies i > 2", "null"},
        {"some i in [null, 3] satisfies i > 2", "true"}, {"every i in [3, null] satisfies i > 2", "null"},
        {"every i in [null, 1] satisfies i > 2", "false"}, {"some i in nothing satisfies true", "null"},
        {"some i in list, j in [2, 3] satisfies i * j = 90", "true"}, {"every i in 1..3, j in i..3 satisfies j >= i", "true"},
    };

    (void)state;
    TRY(cases);
}

static void
a_condition_that_is_not_true_takes_the_other_way(void **state)
{
    static const struct example cases[] = {
        {"if t then 1 else 2", "1"}, {"if n > 9 then 1 else 2", "2"}, {"if nothing then 1 else 2", "2"},
        {"if s then 1 else 2", "2"},
        {"if n > 1 then if n > 4 then \"a\" else \"b\" else \"c\"", "\"a\""},
    };

    (void)state;
    TRY(cases);
}

/* --- functions --------------------------------------------------------------------------------- */

static void
functions_are_called_by_position_and_by_name(void **state)
{
    static const struct example cases[] = {
        {"(function(a, b) a - b)(n, 1)", "4"}, {"(function(a, b) a - b)(b: n, a: 1)", "-4"}, {"(function(a) a)(1, 2)", "null"},
        {"(function(a) a)(b: 1)", "null"}, {"(function(a, b) a)(a: 1, a: 2)", "null"}, {"n(1)", "null"},
        {"(function() n)()", "5"},
        {"(function(a: number) a + 1)(2)", "3"}, {"(function(a: number) 7)(\"x\")", "null"},
        {"(function(a: number) 7)(null)", "7"},
        {"(function(a: number) a)([4])", "4"}, {"(function(x) external {java: {class: \"a\"}})(1)", "null"},
        {"{f: function(g, k) if k = 0 then 1 else k * g(g, k - 1), r: f(f, 20)}.r", "2432902008176640000"},
        {"for f in (for i in 1..3 return function(x) x * i) return f(10)", "[10, 20, 30]"},
        {"{add: function(a) function(b) a + b, x: add(2)(3)}.x", "5"}, {"{a: 1, f: function() a + n, b: f()}.b", "6"},
        {"{fs: (for i in 1..2, j in 1..2 return function() i * 10 + j), r: (for f in fs return f())}.r", "[11, 12, 21, 22]"},
        {"[1, 2][(function() item)() = 2]", "[2]"}, {"for f in [[1, 2][(function() item)() = 2]] return f", "[[2]]"},
        {"{a: [3, 4], r: for i in a return function() i + a[(function() item)() = 4][1], x: r[1]()}.x", "7"},
        {"some i in 1..3, f in [function() i] satisfies f() = 3", "true"}, {"(n in (function(x) function() x)(5)())", "true"},
        {"any([false, true])", "true"}, {"any(false, false)", "false"}, {"any(t)", "true"}, {"any([])", "false"},
        {"all([])", "true"},
        {"any(null, false)", "null"}, {"all(true, false, null)", "false"}, {"all([true, null])", "null"},
        {"any(list: [true])", "true"},
        {"any(l: [true])", "null"}, {"any()", "null"}, {"any(123)", "null"}, {"all(list: null)", "null"}, {"is(n, 5)", "true"},
        {"is(value1: 1)", "false"}, {"is(value1: 1, value2: 1, value3: 1)", "null"}, {"not(negand: false)", "true"},
        {"not(negand: true, negand: false)", "null"}, {"not([true])", "false"},
        {"{f: not, r: f(false)}.r", "true"}, {"abs(-n)", "5"}, {"date(\"2026-11-28\") = @\"2026-11-28\"", "true"},
        {"date(year: 2026, month: 11, day: n)", "@\"2026-11-05\""}, {"date([\"2026-11-28\"]).day", "28"},
        {"before(1, [2..3])", "true"}, {"{f: any, r: f(list: [false])}.r", "false"},
    };

    (void)state;
    TRY(cases);
}

static void
instance_of_asks_for_a_type(void **state)
{
    static const struct example cases[] = {
        {"n instance of number", "true"}, {"n instance of string", "false"}, {"null instance of Any", "false"},
        {"n instance of Any", "true"},
        {"list instance of list<number>", "true"}, {"list instance of list<string>", "false"},
        {"{a: 1} instance of context<a: number>", "true"},
        {"{a: 1} instance of context<a: string>", "false"}, {"[1..2] instance of range<number>", "true"},
        {"(function(a) a) instance of function<Any> -> Any", "true"}, {"[1] instance of number", "false"},
        {"@\"2026-11-28\" instance of date", "true"}, {"@\"P1D\" instance of days and time duration", "true"},
    };

    (void)state;
    TRY(cases);
}

static void
types_of_a_model_are_known_by_name(void **state)
{
    static const struct type number = {.kind = TYPE_NUMBER};
    static const struct type_member member[] = {{STR_INIT("amount"), &number}};
    static const struct type loan = {.kind = TYPE_CONTEXT, .name = STR_INIT("tLoan"), .count = 1, .member = member};
    static const struct type *const known[] = {&loan};
    static const struct type_scope types = {1, known};
    static const struct {
        const char *text, *value; /* NULL: nobody knows the type */
    } cases[] = {
        {"{amount: 1} instance of tLoan", "true"}, {"{amount: \"1\"} instance of tLoan", "false"},
        {"[{amount: n}] instance of list<tLoan>", "true"}, {"(function(l: tLoan) l.amount)({amount: n})", "5"},
        {"(function(l: tLoan) 1)(n)", "null"}, {"(function(l: list<tLoan>) l[1].amount)({amount: n})", "5"},
        {"n instance of tHouse", NULL}, {"(function(a: list<tHouse>) a)(1)", NULL}, {"n instance of function<tHouse> -> Any", NULL},
    };
    struct setting s;
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct program *p = NULL;
        struct value v;
        enum rc rc = program_read(s.arena, str_of(cases[i].text), &scope, &types, s.zones, &p, NULL, &err);
        if (cases[i].value == NULL) {
            assert_int_equal(rc, RC_INVALID);
            assert_string_equal(err.text, "no type is called tHouse");
            assert_null(p);
            continue;
        }
        assert_int_equal(rc, RC_OK);
        run_begin(s.run, 0, 0);
        assert_int_equal(program_run(s.run, p, &s.frame, &v, &err), RC_OK);
        struct str got = value_text(s.arena, v, true);
        if (!str_eq(got, str_of(cases[i].value))) {
            fail_msg("%s\ngot  %.*s\nwant %s", cases[i].text, STR_ARG(got), cases[i].value);
        }
    }
    end(&s);
}

/* What a model brings: knowledge that is no FEEL text. */
static bool
difference(struct run *r, const void *ctx, const struct value *argument, struct value *out)
{
    struct decimal d;
    const bool *is_full = ctx;

    if (*is_full) {
        return run_full(r);
    }
    if (argument[0].kind == VALUE_NUMBER && argument[1].kind == VALUE_NUMBER &&
        decimal_subtract(argument[0].as.number, argument[1].as.number, &d)) {
        *out = value_of_number(d);
    }
    return true;
}

static void
a_host_is_called_with_arguments_of_its_types(void **state)
{
    static const struct type number = {.kind = TYPE_NUMBER}, string = {.kind = TYPE_STRING};
    static const struct type_member parameter[] = {{STR_INIT("from"), &number}, {STR_INIT("take"), &number}};
    static const struct example cases[] = {
        {"s(n, 2)", "3"}, {"s([7], 2)", "5"}, {"s(take: 1, from: n)", "4"}, {"s(n, \"2\")", "null"}, {"s(n, null)", "null"},
        {"s(n)", "null"}, {"s(from: 1, to: 2)", "null"}, {"s instance of function<number, number> -> Any", "true"},
        {"for i in list return s(i, n)", "[5, 15, 25]"}, {"t(n, 2)", "null"},
    };
    bool is_full = false;
    struct function host = {.kind = FUNCTION_HOST, .name = STR("difference"), .count = 2, .parameter = parameter,
                            .host = difference, .ctx = &is_full};
    struct function wrong = host;
    struct setting s;
    struct value v;
    struct err err;

    (void)state;
    begin(&s);
    wrong.result = &string;
    s.slot[1] = (struct value){.kind = VALUE_FUNCTION, .as.function = &host};
    s.slot[2] = (struct value){.kind = VALUE_FUNCTION, .as.function = &wrong};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str got = value_text(s.arena, value_of(&s, cases[i].text), true);
        if (!str_eq(got, str_of(cases[i].value))) {
            fail_msg("%s\ngot  %.*s\nwant %s", cases[i].text, STR_ARG(got), cases[i].value);
        }
    }
    is_full = true;
    run_begin(s.run, 0, 0);
    assert_int_equal(program_run(s.run, compiled(&s, "[s(n, 2)]"), &s.frame, &v, &err), RC_LIMIT);
    end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_and_names_are_their_values),
        cmocka_unit_test(logic_has_three_values),
        cmocka_unit_test(what_is_equal_is_of_one_kind),
        cmocka_unit_test(what_has_an_order_is_compared),
        cmocka_unit_test(numbers_are_calculated_exactly),
        cmocka_unit_test(dates_and_durations_are_calculated),
        cmocka_unit_test(in_takes_values_ranges_lists_and_signs),
        cmocka_unit_test(unary_tests_let_the_input_pass_or_not),
        cmocka_unit_test(tests_of_constants_are_told_to_whoever_analyses_them),
        cmocka_unit_test(members_and_properties_are_found),
        cmocka_unit_test(filters_take_an_index_or_a_condition),
        cmocka_unit_test(loops_go_through_lists_and_ranges),
        cmocka_unit_test(a_condition_that_is_not_true_takes_the_other_way),
        cmocka_unit_test(functions_are_called_by_position_and_by_name),
        cmocka_unit_test(instance_of_asks_for_a_type),
        cmocka_unit_test(types_of_a_model_are_known_by_name),
        cmocka_unit_test(a_host_is_called_with_arguments_of_its_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
