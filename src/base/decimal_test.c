#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"

#define NINES_33 "999999999999999999999999999999999"
#define NINES NINES_33 "9" /* all the digits that there are */
#define TEN_34 "10000000000000000000000000000000000"

static struct decimal
number(const char *text)
{
    struct decimal d = {{0, 0}};

    if (!decimal_parse(str_of(text), &d)) {
        fail_msg("not read: %s", text);
    }
    return d;
}

static void
expect_text(struct decimal d, const char *expected, const char *what)
{
    struct arena *arena = arena_new(DECIMAL_TEXT_MAX);
    struct str text = decimal_text(arena, d);

    if (!str_eq(text, str_of(expected))) {
        fail_msg("%s: %.*s, not %s", what, STR_ARG(text), expected);
    }
    arena_free(arena);
}

/* The number that an operation gives, or NULL where it gives none; and then the result is untouched. */
static void
expect(bool gave, struct decimal got, const char *expected, const char *what)
{
    if (gave != (expected != NULL)) {
        fail_msg("%s: %s", what, gave ? "gave a number" : "gave none");
    }
    expect_text(got, expected == NULL ? "4711" : expected, what);
}

struct two {
    const char *a, *b, *expected;
};

static void
expect_all(bool (*work)(struct decimal a, struct decimal b, struct decimal *out), const struct two *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct decimal got = decimal_of(4711);
        bool gave = work(number(cases[i].a), number(cases[i].b), &got);
        expect(gave, got, cases[i].expected, cases[i].a);
    }
}
#define EXPECT_ALL(work, cases) expect_all((work), (cases), sizeof(cases) / sizeof((cases)[0]))

static void
numbers_are_written_in_their_shortest_form(void **state)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.000", "0"},
        {"-0.0e7", "0"},
        {"1.0", "1"},
        {"1.50", "1.5"},
        {"-1.50", "-1.5"},
        {".5", "0.5"},
        {"-.5", "-0.5"},
        {"007", "7"},
        {"2e3", "2000"},
        {"-1.2E+06", "-1200000"},
        {"1.23e-4", "0.000123"},
        {"123.01", "123.01"},
        {"1200e-2", "12"},
        {"123456789012345678901234567890.1234", "123456789012345678901234567890.1234"},
        {NINES "e-34", "0." NINES},
        {NINES "e-35", "0.0" NINES},
        {NINES "e-33", "9.999999999999999999999999999999999"},
        {"9223372036854775808", "9223372036854775808"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_text(number(cases[i].text), cases[i].written, cases[i].text);
    }
}

static void
what_is_no_number_is_not_read(void **state)
{
    static const char *const cases[] = {
        "", "-", "+1", "1.", "1.e5", ".", "-.", "e5", ".e5", "1e", "1e+", "1e-", "1e5.5", "--1", "1 ", " 1", "1,5", "0x10",
        "inf", "Infinity", "NaN", "-inf", "1e6145", "1e999999999999999999999", "1.5.2", "1_000", "１",
    };
    struct decimal d = decimal_of(7);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (decimal_parse(str_of(cases[i]), &d)) {
            fail_msg("read: %s", cases[i]);
        }
    }
    assert_int_equal(decimal_compare(d, decimal_of(7)), 0);
    assert_true(decimal_parse((struct str){"12345", 3}, &d)); /* no farther than its length */
    assert_int_equal(decimal_compare(d, decimal_of(123)), 0);
}

static void
reading_rounds_once_to_34_digits(void **state)
{
    static const struct {
        const char *text, *same;
    } cases[] = {
        {NINES "49", NINES "00"},
        {NINES "50", "1e36"}, /* a tie goes to the even digit */
        {NINES "4999999999999999999999999", NINES "0000000000000000000000000"},
        {"10000000000000000000000000000000005", TEN_34},
        {"10000000000000000000000000000000015", "10000000000000000000000000000000020"},
        {"100000000000000000000000000000000050", "100000000000000000000000000000000000"},
        {"1000000000000000000000000000000000500000000000001", "1000000000000000000000000000000001e15"},
        {"1.0000000000000000000000000000000005000000000000000000000001", "1.000000000000000000000000000000001"},
        {"0.00010000000000000000000000000000000005000000000000000001", "0.0001000000000000000000000000000000001"},
        {"1e-6176", "0.1e-6175"},
        {"5e-6177", "0"},
        {"5.0000000000000000000000000000000000000000000001e-6177", "1e-6176"},
        {"1e-99999999999999999999", "0"},
        {"0e99999999999999999999", "0"},
        {"0.1e6145", "1e6144"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (decimal_compare(number(cases[i].text), number(cases[i].same)) != 0 ||
            decimal_hash(number(cases[i].text)) != decimal_hash(number(cases[i].same))) {
            fail_msg("%s", cases[i].text);
        }
    }
    assert_int_equal(decimal_compare(number("1e-6176"), decimal_of(0)), 1);
}

static void
many_digits_with_a_large_exponent_are_one_number(void **state)
{
    enum { ZEROS = 20000 };
    char *text = malloc(ZEROS + 32);
    struct decimal d;

    (void)state;
    assert_non_null(text);
    memset(text, '0', ZEROS);
    memcpy(text, "0.", 2);
    memcpy(text + ZEROS, "42e19998", 8);
    assert_true(decimal_parse((struct str){text, ZEROS + 8}, &d));
    assert_int_equal(decimal_compare(d, number("0.42")), 0);
    text[0] = '4';
    text[1] = '2';
    memcpy(text + ZEROS, "e-19998", 7);
    assert_true(decimal_parse((struct str){text, ZEROS + 7}, &d));
    assert_int_equal(decimal_compare(d, decimal_of(42)), 0);
    free(text);
}

static void
the_smallest_and_the_largest_are_written_out(void **state)
{
    struct arena *arena = arena_new(2 * DECIMAL_TEXT_MAX);
    struct str text;

    (void)state;
    text = decimal_text(arena, number("-1e-6176"));
    assert_int_equal(text.len, 6179);
    assert_true(str_starts(text, STR("-0.000")));
    assert_true(str_ends(text, STR("0001")));
    text = decimal_text(arena, number("-" NINES "e6111"));
    assert_int_equal(text.len, 6146);
    assert_true(str_starts(text, STR("-" NINES "000")));
    arena_free(arena);
}

static void
text_past_the_limit_of_the_arena_is_null(void **state)
{
    static const char *const cases[] = {"0", "1.5", "-20", "0.001"};
    struct arena *arena = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t failed = 0;
        for (;; failed++) {
            arena_fail_at(arena, failed + 1);
            struct str text = decimal_text(arena, number(cases[i]));
            arena_fail_at(arena, 0);
            if (text.ptr != NULL) {
                assert_true(str_eq(text, str_of(cases[i])));
                break;
            }
        }
        assert_int_equal(failed, 1);
    }
    arena_free(arena);
}

static void
integers_pass_both_ways_up_to_their_borders(void **state)
{
    static const int64_t cases[] = {0, 1, -1, 42, INT64_MAX, INT64_MIN, INT64_MAX - 1, INT64_MIN + 1};
    static const char *const none[] = {"9223372036854775808", "-9223372036854775809", "0.5", "-1.000001", "1e6144",
                                       "1e-6176", "9223372036854775806.5"};
    int64_t n = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(decimal_as_int(decimal_of(cases[i]), &n));
        assert_true(n == cases[i]);
        assert_true(decimal_is_integer(decimal_of(cases[i])));
    }
    n = 7;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_false(decimal_as_int(number(none[i]), &n));
    }
    assert_int_equal(n, 7);
    assert_true(decimal_as_int(number("12.50e1"), &n));
    assert_int_equal(n, 125);
    assert_true(decimal_is_integer(number("1e6144")));
    assert_true(decimal_is_integer(number("3.000")));
    assert_false(decimal_is_integer(number("3.001")));
    assert_false(decimal_is_integer(number("1e-6176")));
    assert_true(decimal_is_integer((struct decimal){{0, 0}}));
}

static void
numbers_are_ordered_by_their_value(void **state)
{
    static const char *const rising[] = {"-1e6144", "-2", "-1.5", "-1e-6176", "0", "1e-6176", "0.1", "1", "1.5", "2",
                                         "9223372036854775807", "1e40", "1e6144"};
    enum { COUNT = sizeof(rising) / sizeof(rising[0]) };

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            assert_int_equal(decimal_compare(number(rising[i]), number(rising[j])), (i > j) - (i < j));
        }
    }
    assert_int_equal(decimal_compare(number("1.00"), decimal_of(1)), 0);
    assert_int_equal(decimal_compare(number("-0"), (struct decimal){{0, 0}}), 0);
}

static void
sums_and_differences_are_those_of_paper(void **state)
{
    static const struct two sums[] = {
        {"0.1", "0.2", "0.3"},
        {"1", "-1", "0"},
        {"-1.5", "1.25", "-0.25"},
        {NINES, "1", TEN_34},
        {TEN_34, "1", TEN_34},
        {"9e6144", "9e6144", NULL},
        {"380.13", "0.87", "381"},
    };
    static const struct two differences[] = {
        {"0.3", "0.1", "0.2"}, {"1", "1", "0"}, {"-1", "1", "-2"}, {"-9e6144", "9e6144", NULL}, {"0", "0.000", "0"},
    };

    (void)state;
    EXPECT_ALL(decimal_add, sums);
    EXPECT_ALL(decimal_subtract, differences);
}

static void
products_and_quotients_have_34_digits(void **state)
{
    static const struct two products[] = {
        {"1.1", "1.1", "1.21"},
        {"-3", "0", "0"},
        {"99999999999999999", "99999999999999999", "9999999999999999800000000000000001"},
        {"1e4000", "1e4000", NULL},
        {"1e-4000", "1e-4000", "0"},
    };
    static const struct two quotients[] = {
        {"1", "3", "0.3333333333333333333333333333333333"},
        {"2", "3", "0.6666666666666666666666666666666667"},
        {"-1", "7", "-0.1428571428571428571428571428571429"},
        {"10", "4", "2.5"},
        {"0", "-5", "0"},
        {"1", "0", NULL},
        {"0", "0", NULL},
        {"1e6144", "0.1", NULL},
        {"0.0375", "12", "0.003125"},
    };

    (void)state;
    EXPECT_ALL(decimal_multiply, products);
    EXPECT_ALL(decimal_divide, quotients);
}

static void
modulo_has_the_sign_of_the_divisor(void **state)
{
    static const struct two cases[] = {
        {"10", "4", "2"},     {"10", "-4", "-2"},   {"-10", "4", "2"},        {"0", "4", "0"},
        {"10", "0", NULL},    {"12", "5", "2"},     {"-12", "5", "3"},        {"12", "-5", "-3"},
        {"-12", "-5", "-2"},  {"10.1", "4.5", "1.1"}, {"-10.1", "4.5", "3.4"},  {"10.1", "-4.5", "-3.4"},
        {"-10.1", "-4.5", "-1.1"}, {"-8", "4", "0"}, {"1e6144", "7", "1"}, {"1e34", "1e-6176", "0"},
    };

    (void)state;
    EXPECT_ALL(decimal_modulo, cases);
}

static void
powers_are_exact_where_they_can_be(void **state)
{
    static const struct two cases[] = {
        {"2", "100", "1267650600228229401496703205376"},
        {"3", "70", "2503155504993241601315571986085849"},
        {"1.1", "10", "2.5937424601"},
        {"10", "-3", "0.001"},
        {"-2", "3", "-8"},
        {"4", "0.5", "2"},
        {"0", "0", "1"},
        {"0", "-1", NULL},
        {"-8", "0.5", NULL},
        {"10", "6145", NULL},
        {"10", "-7000", "0"},
    };

    (void)state;
    EXPECT_ALL(decimal_power, cases);
}

static void
roots_exponents_and_logarithms_have_34_digits(void **state)
{
    static const struct {
        bool (*work)(struct decimal a, struct decimal *out);
        const char *a, *expected;
    } cases[] = {
        {decimal_sqrt, "16", "4"},
        {decimal_sqrt, "2", "1.414213562373095048801688724209698"},
        {decimal_sqrt, "0", "0"},
        {decimal_sqrt, "-1", NULL},
        {decimal_sqrt, "0.0001", "0.01"},
        {decimal_exp, "0", "1"},
        {decimal_exp, "1", "2.718281828459045235360287471352662"},
        {decimal_exp, "4", "54.59815003314423907811026120286088"},
        {decimal_exp, "-1", "0.3678794411714423215955237701614609"},
        {decimal_exp, "20000", NULL},
        {decimal_exp, "-20000", "0"},
        {decimal_log, "1", "0"},
        {decimal_log, "4", "1.386294361119890618834464242916353"},
        {decimal_log, "10", "2.302585092994045684017991454684364"},
        {decimal_log, "0", NULL},
        {decimal_log, "-1", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct decimal got = decimal_of(4711);
        bool gave = cases[i].work(number(cases[i].a), &got);
        expect(gave, got, cases[i].expected, cases[i].a);
    }
}

/* xorshift; the seed never changes, so every run tries the same numbers. */
static uint64_t
next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

__extension__ typedef __int128 wide;

/* units of 10^-decimals, as paper has it. */
static struct decimal
number_of_units(wide units, int decimals)
{
    char text[64];
    size_t at = sizeof(text) - 1;
    wide rest = units < 0 ? -units : units;

    text[at] = '\0';
    for (int i = 0; i <= decimals || rest > 0; i++, rest /= 10) {
        if (i == decimals && decimals > 0) {
            text[--at] = '.';
        }
        text[--at] = (char)('0' + (int)(rest % 10));
    }
    if (units < 0) {
        text[--at] = '-';
    }
    return number(text + at);
}

static wide
ten_to(int n)
{
    wide value = 1;

    while (n-- > 0) {
        value *= 10;
    }
    return value;
}

/* Short and long numbers, with and without as many decimals: what is done in place gives what the rest gives. */
static void
numbers_of_every_length_are_added_multiplied_and_ordered_as_on_paper(void **state)
{
    static const uint64_t most[] = {9, 1000, UINT64_C(4000000000), UINT64_C(9000000000000000)};
    uint64_t seed = 20261128;
    struct decimal out;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        int p = (int)(next_random(&seed) % 5), q = (int)(next_random(&seed) % 5), decimals = p > q ? p : q;
        wide m = (wide)(next_random(&seed) % most[next_random(&seed) % 4]) * (next_random(&seed) % 2 == 0 ? 1 : -1);
        wide n = (wide)(next_random(&seed) % most[next_random(&seed) % 4]) * (next_random(&seed) % 2 == 0 ? 1 : -1);
        n = next_random(&seed) % 8 == 0 ? m : n;
        wide x = m * ten_to(decimals - p), y = n * ten_to(decimals - q);
        struct decimal a = number_of_units(m, p), b = number_of_units(n, q);
        assert_int_equal(decimal_compare(a, b), (x > y) - (x < y));
        assert_true(decimal_add(a, b, &out));
        assert_int_equal(decimal_compare(out, number_of_units(x + y, decimals)), 0);
        assert_true(decimal_subtract(a, b, &out));
        assert_int_equal(decimal_compare(out, number_of_units(x - y, decimals)), 0);
        assert_true(decimal_multiply(a, b, &out));
        assert_int_equal(decimal_compare(out, number_of_units(m * n, p + q)), 0);
    }
}

/* Zeros behind the point change nothing but how many digits have to be looked at. */
static void
short_numbers_are_read_and_written_as_long_ones(void **state)
{
    static const char *const texts[] = {"0", "7", "-7", "0.5", "1234567890123456789", "9999999999999999999",
                                        "18446744073709551615", "18446744073709551616",
                                        "-0.000000000000000001", "1e6111", "-1e-6176", "12e6110"};
    uint64_t seed = 4711;
    char text[120];

    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        size_t fixed = sizeof(texts) / sizeof(texts[0]);
        wide units = (wide)(next_random(&seed) >> next_random(&seed) % 64);
        struct decimal d = i < fixed ? number(texts[i]) : number_of_units(units, (int)(next_random(&seed) % 25));
        struct arena *arena = arena_new(1 << 16);
        struct str written = decimal_text(arena, d);
        if (written.len < 60) {
            bool has_point = str_has(written, STR("."));
            (void)snprintf(text, sizeof(text), "%.*s%s%040d", STR_ARG(written), has_point ? "" : ".", 0);
            assert_int_equal(decimal_compare(number(text), d), 0);
            expect_text(number(text), str_c(arena, written), text);
        }
        assert_int_equal(decimal_compare(number(str_c(arena, written)), d), 0);
        arena_free(arena);
    }
}

static void
sums_and_products_pass_the_64th_bit(void **state)
{
    static const struct two sums[] = {
        {"18446744073709551615", "1", "18446744073709551616"}, {"-18446744073709551615", "-1", "-18446744073709551616"},
        {"9223372036854775807", "0.1", "9223372036854775807.1"}, {"-9223372036854775808", "-1", "-9223372036854775809"},
        {"18446744073709551616", "-18446744073709551616", "0"}, {"922337203685477580.7", "1", "922337203685477581.7"},
    };
    static const struct two products[] = {
        {"4294967296", "4294967296", "18446744073709551616"}, {"-4294967296", "4294967295", "-18446744069414584320"},
        {"1e-6000", "1e-177", "0"}, {"0.1", "-0", "0"}, {"1e6111", "1e34", NULL},
    };
    struct decimal out;

    (void)state;
    EXPECT_ALL(decimal_add, sums);
    EXPECT_ALL(decimal_multiply, products);
    assert_true(decimal_multiply(number("9e6000"), number("9e111"), &out));
    assert_int_equal(decimal_compare(out, number("81e6111")), 0);
    assert_true(decimal_multiply(number("1e-6000"), number("1e-176"), &out));
    assert_int_equal(decimal_compare(out, number("1e-6176")), 0);
    assert_int_equal(decimal_compare(number("18446744073709551616"), number("18446744073709551615")), 1);
    assert_int_equal(decimal_compare(number("-18446744073709551616"), number("-18446744073709551615")), -1);
}

static void
there_is_one_zero(void **state)
{
    const struct decimal zero = decimal_of(0);
    struct decimal d;

    (void)state;
    d = decimal_negate(zero);
    assert_memory_equal(&d, &zero, sizeof(d));
    d = number("-0.00e5");
    assert_memory_equal(&d, &zero, sizeof(d));
    assert_true(decimal_multiply(number("-1.5"), zero, &d));
    assert_memory_equal(&d, &zero, sizeof(d));
    assert_true(decimal_round(number("-0.4"), 0, DECIMAL_HALF_UP, &d));
    assert_memory_equal(&d, &zero, sizeof(d));
}

static void
the_sign_can_be_turned_and_taken_away(void **state)
{
    (void)state;
    expect_text(decimal_negate(number("1.5")), "-1.5", "negate");
    expect_text(decimal_negate(number("-2")), "2", "negate");
    expect_text(decimal_negate(decimal_of(0)), "0", "negate");
    expect_text(decimal_abs(number("-1.5")), "1.5", "abs");
    expect_text(decimal_abs(number("1.5")), "1.5", "abs");
    expect_text(decimal_negate((struct decimal){{0, 0}}), "0", "negate");
}

/* One row: what each of the seven makes of a number, in the order of the enum. */
static void
each_way_of_rounding_does_what_its_name_says(void **state)
{
    static const struct {
        const char *number;
        int scale;
        const char *expected[7];
    } rows[] = {
        {"5.5", 0, {"6", "6", "5", "6", "5", "5", "6"}},
        {"2.5", 0, {"2", "3", "2", "3", "2", "2", "3"}},
        {"1.6", 0, {"2", "2", "2", "2", "1", "1", "2"}},
        {"1.1", 0, {"1", "1", "1", "2", "1", "1", "2"}},
        {"1", 0, {"1", "1", "1", "1", "1", "1", "1"}},
        {"-1.1", 0, {"-1", "-1", "-1", "-2", "-1", "-2", "-1"}},
        {"-1.6", 0, {"-2", "-2", "-2", "-2", "-1", "-2", "-1"}},
        {"-2.5", 0, {"-2", "-3", "-2", "-3", "-2", "-3", "-2"}},
        {"-5.5", 0, {"-6", "-6", "-5", "-6", "-5", "-6", "-5"}},
        {"1.125", 2, {"1.12", "1.13", "1.12", "1.13", "1.12", "1.12", "1.13"}},
        {"0.515", 2, {"0.52", "0.52", "0.51", "0.52", "0.51", "0.51", "0.52"}},
        {"2.5000000000000000000000000000000001", 0, {"2", "3", "2", "3", "2", "2", "3"}}, /* read as 2.5 */
        {"2.500000000000000000000000000000001", 0, {"3", "3", "3", "3", "2", "2", "3"}},
        {"1250", -2, {"1200", "1300", "1200", "1300", "1200", "1200", "1300"}},
        {"-1350", -2, {"-1400", "-1400", "-1300", "-1400", "-1300", "-1400", "-1300"}},
        {"49", -2, {"0", "0", "0", "100", "0", "0", "100"}},
        {"-50", -2, {"0", "-100", "0", "-100", "0", "-100", "0"}},
        {"0.33", 40, {"0.33", "0.33", "0.33", "0.33", "0.33", "0.33", "0.33"}},
        {"5.5", DECIMAL_SCALE_MOST, {"5.5", "5.5", "5.5", "5.5", "5.5", "5.5", "5.5"}},
        {"5.5", DECIMAL_SCALE_MOST + 1, {NULL, NULL, NULL, NULL, NULL, NULL, NULL}},
        {"5.5", DECIMAL_SCALE_LEAST - 1, {NULL, NULL, NULL, NULL, NULL, NULL, NULL}},
        {NINES, -1, {TEN_34, TEN_34, TEN_34, TEN_34, NINES_33 "0", NINES_33 "0", TEN_34}},
        {"0", 2, {"0", "0", "0", "0", "0", "0", "0"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int how = DECIMAL_HALF_EVEN; how <= DECIMAL_CEILING; how++) {
            const char *expected = rows[i].expected[how];
            struct decimal got = decimal_of(4711);
            bool gave = decimal_round(number(rows[i].number), rows[i].scale, (enum decimal_rounding)how, &got);
            expect(gave, got, expected, rows[i].number);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_in_their_shortest_form),
        cmocka_unit_test(what_is_no_number_is_not_read),
        cmocka_unit_test(reading_rounds_once_to_34_digits),
        cmocka_unit_test(many_digits_with_a_large_exponent_are_one_number),
        cmocka_unit_test(the_smallest_and_the_largest_are_written_out),
        cmocka_unit_test(text_past_the_limit_of_the_arena_is_null),
        cmocka_unit_test(integers_pass_both_ways_up_to_their_borders),
        cmocka_unit_test(numbers_are_ordered_by_their_value),
        cmocka_unit_test(sums_and_differences_are_those_of_paper),
        cmocka_unit_test(products_and_quotients_have_34_digits),
        cmocka_unit_test(modulo_has_the_sign_of_the_divisor),
        cmocka_unit_test(powers_are_exact_where_they_can_be),
        cmocka_unit_test(roots_exponents_and_logarithms_have_34_digits),
        cmocka_unit_test(numbers_of_every_length_are_added_multiplied_and_ordered_as_on_paper),
        cmocka_unit_test(short_numbers_are_read_and_written_as_long_ones),
        cmocka_unit_test(sums_and_products_pass_the_64th_bit),
        cmocka_unit_test(there_is_one_zero),
        cmocka_unit_test(the_sign_can_be_turned_and_taken_away),
        cmocka_unit_test(each_way_of_rounding_does_what_its_name_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
