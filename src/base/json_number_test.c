#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json_int.h"

static double
double_of_bits(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* RFC 8785, Appendix B, without its two values that are no numbers. */
static void
doubles_are_written_as_in_rfc_8785_appendix_b(void **state)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } cases[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[JSON_DOUBLE_TEXT];
        size_t len = json_double_text(text, double_of_bits(cases[i].bits));
        if (!str_eq((struct str){text, len}, str_of(cases[i].text))) {
            fail_msg("%.*s, want %s", (int)len, text, cases[i].text);
        }
    }
}

/* Whether text, less its last digit and rounded either way, is still read as value. */
static bool
could_be_shorter(struct str text, double value)
{
    struct json_decimal d = json_decimal_of(text);
    unsigned long long digits = 0;
    const char *at = d.first;

    for (size_t i = 0; i + 1 < d.count; i++, at++) {
        at += *at == '.';
        digits = digits * 10 + (unsigned)(*at - '0');
    }
    for (int up = 0; up < 2 && d.count > 1; up++) {
        char shorter[64];
        (void)snprintf(shorter, sizeof(shorter), "%s%llue%lld", d.negative ? "-" : "",
                       digits + (unsigned)up, (long long)d.power - (long long)d.count + 2);
        if (strtod(shorter, NULL) == value) {
            return true;
        }
    }
    return false;
}

/* Powers of two have uneven neighbours; others come from a fixed sequence of bits. */
static void
the_text_of_any_double_is_the_shortest_that_reads_as_it(void **state)
{
    uint64_t bits = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        double value = i < 2046 ? double_of_bits((uint64_t)(i + 1) << 52) : 0;
        if (i >= 2046) {
            bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            value = double_of_bits(i % 50 == 0 ? bits >> 20 : bits & ~(UINT64_C(1) << 62));
        }
        if (i == 2045 || !(value <= DBL_MAX && value >= -DBL_MAX)) {
            continue; /* no number */
        }
        char text[JSON_DOUBLE_TEXT + 1];
        size_t len = json_double_text(text, value);
        text[len] = '\0';
        if (strtod(text, NULL) != value || json_number_len((struct str){text, len}) != len) {
            fail_msg("%s is not %a", text, value);
        }
        if (could_be_shorter((struct str){text, len}, value)) {
            fail_msg("%s is too long for %a", text, value);
        }
    }
}

static void
a_number_is_canonical_or_refused(void **state)
{
    static const struct {
        const char *in;
        const char *out; /* NULL: refused */
    } cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.0e7", "0"},
        {"0.000", "0"},
        {"7", "7"},
        {"-7", "-7"},
        {"999999999999999", "999999999999999"},
        {"-99999999999999", "-99999999999999"},
        {"9007199254740991", "9007199254740991"},
        {"9007199254740992", "9007199254740992"},
        {"9007199254740993", NULL},
        {"9007199254740993.0", NULL},
        {"9007199254740994", "9007199254740994"},
        {"-9007199254740992", "-9007199254740992"},
        {"-9007199254740993", NULL},
        {"1764300000000120", "1764300000000120"},
        {"-1764300000000000", "-1764300000000000"},
        {"-9223372036854775808", NULL},
        {"9223372036854775807", NULL},
        {"12345678901234567890", NULL},
        {"1234567890123456800", "1234567890123456800"},
        {"100000000000000000000", "100000000000000000000"},
        {"1000000000000000000000", "1e+21"},
        {"1E30", "1e+30"},
        {"1e+030", "1e+30"},
        {"1.5e300", "1.5e+300"},
        {"4.50", "4.5"},
        {"2e-3", "0.002"},
        {"0.000001", "0.000001"},
        {"0.0000001", "1e-7"},
        {"0.000000000000000000000000001", "1e-27"},
        {"-1.25e-20", "-1.25e-20"},
        {"333333333.33333329", "333333333.3333333"},
        {"0.1", "0.1"},
        {"0.10000000000000001", "0.1"},
        {"0.100000000000000001", NULL},
        {"123456.789", "123456.789"},
        {"1e308", "1e+308"},
        {"1e309", NULL},
        {"-1e309", NULL},
        {"1e-323", "1e-323"},
        {"1e-400", NULL},
        {"1e99999999999999999999", NULL},
        {"1e-99999999999999999999", NULL},
        {"0e99999999999999999999", "0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(4096);
        struct buf b;
        struct err err;
        buf_init(&b, a, 1024);
        enum rc rc = json_canonical_number(&b, str_of(cases[i].in), &err);
        assert_int_equal(rc, cases[i].out == NULL ? RC_INVALID : RC_OK);
        if (rc == RC_OK && !str_eq((struct str){b.ptr, b.len}, str_of(cases[i].out))) {
            fail_msg("%s gave %.*s, want %s", cases[i].in, (int)b.len, b.ptr, cases[i].out);
        }
        arena_free(a);
    }
}

/* Most decimals never become a double on their way; the result must be as if they had. */
static void
a_decimal_of_15_digits_is_what_its_double_would_be(void **state)
{
    uint64_t bits = 7;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct arena *a = arena_new(512);
        char number[64], text[JSON_DOUBLE_TEXT];
        struct buf b;
        struct err err;
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t digits = (bits >> 8) % UINT64_C(1000000000000000);
        for (uint64_t cut = bits % 15; cut > 0; cut--) {
            digits /= 10;
        }
        int power = i % 3 == 0 ? (int)(bits >> 40) % 620 - 310 : (int)(bits >> 40) % 40 - 25;
        (void)snprintf(number, sizeof(number), "%llue%d", (unsigned long long)digits, power);
        double value = strtod(number, NULL);
        if (!(value <= DBL_MAX) || (value < DBL_MIN && digits != 0)) {
            arena_free(a);
            continue; /* subnormals are less exact than 15 digits */
        }
        size_t len = json_double_text(text, value);
        buf_init(&b, a, 100);
        assert_int_equal(json_canonical_number(&b, str_of(number), &err), RC_OK);
        if (!str_eq((struct str){b.ptr, b.len}, (struct str){text, len})) {
            fail_msg("%s became %.*s, its double %.*s", number, (int)b.len, b.ptr, (int)len, text);
        }
        arena_free(a);
    }
}

static void
an_integer_is_taken_only_if_it_is_exact(void **state)
{
    static const struct {
        const char *text;
        bool exact;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-0.00e-5", true, 0},
        {"0e99999999999999999999", true, 0},
        {"42", true, 42},
        {"42.0", true, 42},
        {"4.2e1", true, 42},
        {"4200E-2", true, 42},
        {"-0.5e1", true, -5},
        {"1e18", true, 1000000000000000000},
        {"1e19", false, 0},
        {"0.1e1", true, 1},
        {"4.25e1", false, 0},
        {"0.5", false, 0},
        {"1e-1", false, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775807.0", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"9223372036854775808.0", false, 0},
        {"9.3e18", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775808.0", true, INT64_MIN},
        {"-9223372036854775809.0", false, 0},
        {"1e99999999999999999999", false, 0},
        {"1e-99999999999999999999", false, 0},
        {"\"1\"", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(4096);
        struct json *j;
        struct err err;
        int64_t value = 17;
        assert_int_equal(json_parse(a, str_of(cases[i].text), JSON_ANY, &j, &err), RC_OK);
        if (json_as_int(j, &value) != cases[i].exact ||
            value != (cases[i].exact ? cases[i].value : 17)) {
            fail_msg("%s gave %lld", cases[i].text, (long long)value);
        }
        arena_free(a);
    }
    assert_false(json_as_int(NULL, &(int64_t){0}));
}

/* The sample of RFC 8785 §3.2.2 and the sorting sample of §3.2.3. */
static void
documents_become_canonical_as_in_rfc_8785(void **state)
{
    static const struct {
        const char *in;
        const char *out; /* NULL: RC_INVALID */
    } cases[] = {
        {"{\n  \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n"
         "  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
         "  \"literals\": [null, true, false]\n}",
         "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
         "\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"},
        {"{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet "
         "With Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":"
         "\"Control\",\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
         "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\",\"\xC3\xB6\":\"Latin "
         "Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\",\"\xF0\x9F\x98\x80\":"
         "\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}"},
        {"[56,{\"d\":true,\"10\":null,\"1\":[]}]", "[56,{\"1\":[],\"10\":null,\"d\":true}]"},
        {"{\"peach\":\"This sorting order\",\"p\xC3\xA9"
         "che\":\"is wrong according to French\",\"p\xC3\xAA"
         "che\":\"but canonicalization MUST\",\"sin\":\"ignore locale\"}",
         "{\"peach\":\"This sorting order\",\"p\xC3\xA9"
         "che\":\"is wrong according to French\",\"p\xC3\xAA"
         "che\":\"but canonicalization MUST\",\"sin\":\"ignore locale\"}"},
        {"{\"\":\"empty\",\"1\":{\"f\":{\"f\":\"hi\",\"F\":5},\"\\n\":56.0},\"10\":{},\"111\":"
         "[{\"e\":\"yes\",\"E\":\"no\"}],\"A\":{},\"a\":{}}",
         "{\"\":\"empty\",\"1\":{\"\\n\":56,\"f\":{\"F\":5,\"f\":\"hi\"}},\"10\":{},\"111\":"
         "[{\"E\":\"no\",\"e\":\"yes\"}],\"A\":{},\"a\":{}}"},
        {"\"x\"", "\"x\""},
        {" null ", "null"},
        {"{\"a\":1,\"a\":1}", NULL},
        {"[{\"b\":{\"a\":1,\"\\u0061\":1}}]", NULL},
        {"[1,9007199254740993]", NULL},
        {"{\"a\":[1e999]}", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 16);
        struct json *j;
        struct str out = STR("untouched");
        struct err err;
        assert_int_equal(json_parse(a, str_of(cases[i].in), JSON_ANY, &j, &err), RC_OK);
        enum rc rc = json_canonical(a, j, &out, &err);
        assert_int_equal(rc, cases[i].out == NULL ? RC_INVALID : RC_OK);
        if (!str_eq(out, str_of(cases[i].out == NULL ? "untouched" : cases[i].out))) {
            fail_msg("got  %.*s\nwant %s", STR_ARG(out), cases[i].out);
        }
        arena_free(a);
    }
}

/* Code points in the order of their UTF-16 code units. */
static void
names_are_ordered_as_utf_16(void **state)
{
    static const char *const ascending[] = {
        "", "\x01", "1", "10", "a", "aa", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
        "\xED\x9F\xBF", "\xF0\x90\x80\x80", "\xF0\x90\x80\x81", "\xF4\x8F\xBF\xBF",
        "\xEE\x80\x80", "\xEE\x80\x81", "\xEF\xBF\xBF",
    };
    enum { COUNT = sizeof(ascending) / sizeof(ascending[0]) };

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < COUNT; k++) {
            int order = json_name_cmp(str_of(ascending[i]), str_of(ascending[k]));
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_are_written_as_in_rfc_8785_appendix_b),
        cmocka_unit_test(the_text_of_any_double_is_the_shortest_that_reads_as_it),
        cmocka_unit_test(a_number_is_canonical_or_refused),
        cmocka_unit_test(a_decimal_of_15_digits_is_what_its_double_would_be),
        cmocka_unit_test(an_integer_is_taken_only_if_it_is_exact),
        cmocka_unit_test(documents_become_canonical_as_in_rfc_8785),
        cmocka_unit_test(names_are_ordered_as_utf_16),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
