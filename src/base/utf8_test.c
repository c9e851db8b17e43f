#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void
only_well_formed_sequences_are_valid(void **state)
{
    static const struct {
        struct str s;
        bool valid;
    } cases[] = {
        {STR_INIT(""), true},
        {{NULL, 0}, true},
        {STR_INIT("plain text\0\x7F"), true},
        {STR_INIT("\xC2\x80\xDF\xBF"), true},
        {STR_INIT("\xE0\xA0\x80\xE1\x80\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"), true},
        {STR_INIT("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), true},
        {STR_INIT("中文政通，一网通办"), true},
        {STR_INIT("\x80"), false},
        {STR_INIT("\xBF"), false},
        {STR_INIT("\xC0\x80"), false}, /* overlong */
        {STR_INIT("\xC1\xBF"), false},
        {STR_INIT("\xE0\x9F\xBF"), false},
        {STR_INIT("\xF0\x8F\xBF\xBF"), false},
        {STR_INIT("\xED\xA0\x80"), false}, /* surrogates */
        {STR_INIT("\xED\xBF\xBF"), false},
        {STR_INIT("\xF4\x90\x80\x80"), false}, /* past U+10FFFF */
        {STR_INIT("\xF5\x80\x80\x80"), false},
        {STR_INIT("\xFE"), false},
        {STR_INIT("\xFF"), false},
        {STR_INIT("\xC2"), false}, /* cut short */
        {STR_INIT("\xE4\xB8"), false},
        {STR_INIT("\xE0\xA0"), false},
        {STR_INIT("\xF0\x9F\x98"), false},
        {STR_INIT("\xC2\x41"), false}, /* a tail that is none */
        {STR_INIT("\xE4\x41\xAD"), false},
        {STR_INIT("\xE4\xB8\x41"), false},
        {STR_INIT("\xE0\xA0\x41"), false},
        {STR_INIT("\xE0\xC0\x80"), false},
        {STR_INIT("\xF0\x9F\x98\x41"), false},
        {STR_INIT("\xF0\x9F\x41\x80"), false},
        {STR_INIT("\xF0\xC0\x80\x80"), false},
        {STR_INIT("twelve bytes\xC2 and more"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (utf8_is_valid(cases[i].s) != cases[i].valid) {
            fail_msg("case %zu", i);
        }
    }
}

/* Every code point there is: written, valid, read back, one of them counted. */
static void
every_code_point_is_written_and_read_as_itself(void **state)
{
    struct arena *a = arena_new(4096);

    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c += c == 0xD7FF ? 0x801 : 1) {
        char bytes[4];
        struct str s = {bytes, utf8_write(bytes, c)};
        if (!utf8_is_valid(s) || utf8_count(s) != 1 || utf8_next(&s) != c || s.len != 0) {
            fail_msg("U+%04X", c);
        }
    }
    struct buf b;
    struct str out;
    struct err err;
    buf_init(&b, a, 100);
    buf_put_utf8(&b, 'a');
    buf_put_utf8(&b, 0x4E2D);
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    assert_true(str_eq(out, STR("a中")));
    assert_int_equal(utf8_count(STR("a中\xF0\x9F\x98\x80")), 3);
    assert_int_equal(utf8_count(STR("")), 0);
    arena_free(a);
}

static void
a_broken_text_is_repaired_byte_by_byte(void **state)
{
    static const struct {
        struct str in;
        const char *out;
    } cases[] = {
        {STR_INIT(""), ""},
        {STR_INIT("good 中"), "good 中"},
        {STR_INIT("a\xFFz"), "a\xEF\xBF\xBDz"},
        {STR_INIT("\xE4\xB8"), "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {STR_INIT("\xED\xA0\x80!"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD!"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(4096);
        struct buf b;
        struct str out;
        struct err err;
        buf_init(&b, a, 100);
        buf_put_repaired(&b, cases[i].in);
        assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
        assert_true(str_eq(out, str_of(cases[i].out)));
        assert_true(utf8_is_valid(out));
        arena_free(a);
    }
}

static void
controls_and_what_turns_the_reading_order_are_not_plain(void **state)
{
    static const struct {
        uint32_t from, to;
    } refused[] = {
        {0x00, 0x08},     {0x0B, 0x1F},     {0x7F, 0x9F},
        {0x202A, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
    };

    (void)state;
    for (uint32_t c = 0; c < 0x11000; c += c == 0xD7FF ? 0x801 : 1) {
        char bytes[6] = {'a'};
        size_t len = 1 + utf8_write(bytes + 1, c);
        bool want = true;
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
            want = want && (c < refused[i].from || c > refused[i].to);
        }
        bytes[len++] = 'z';
        if (utf8_is_plain((struct str){bytes, len}) != want) {
            fail_msg("U+%04X", c);
        }
    }
    assert_true(utf8_is_plain(STR("")));
    /* What is no text at all is not plain either, also where it ends in the middle of a character. */
    static const struct str broken[] = {STR_INIT("\xE4"), STR_INIT("\xFF"), STR_INIT("a\xE4\xB8"),
                                        STR_INIT("\x80"), STR_INIT("\xC0\x80"),
                                        STR_INIT("\xF0\x9F\x98")};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assert_false(utf8_is_plain(broken[i]));
    }
}

static void
forgiving_input_is_folded(void **state)
{
    static const struct {
        const char *in;
        bool upper, tight;
        const char *out;
    } cases[] = {
        {"", true, true, ""},
        {"１１０１０１", false, false, "110101"},
        {"ａＺ！～　x", false, false, "aZ!~ x"},
        {"ａz", true, false, "AZ"},
        {"1\xE2\x80\x8B" "1\xE2\x80\x8C\xE2\x80\x8D\xE2\x81\xA0\xEF\xBB\xBF" "0", false, false, "110"},
        {"1 1-0\t1", false, false, "1 1-0\t1"},
        {"1 1-0\t1　2－3–4—5−6\xC2\xA0", false, true, "110123456"},
        {"中文 ａ·é", true, false, "中文 A·é"},
        {"\xF0\x9F\x98\x80", true, true, "\xF0\x9F\x98\x80"},
        {"`az{@[", true, false, "`AZ{@["},
        {"\xEF\xBC\x80\xEF\xBD\x9F", false, false, "\xEF\xBC\x80\xEF\xBD\x9F"}, /* just outside */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(4096);
        struct str out = STR("untouched");
        struct err err;
        struct str in = str_of(cases[i].in);
        assert_int_equal(utf8_fold(a, in, cases[i].upper, cases[i].tight, &out, &err), RC_OK);
        if (!str_eq(out, str_of(cases[i].out))) {
            fail_msg("\"%s\" became \"%.*s\"", cases[i].in, STR_ARG(out));
        }
        arena_fail_at(a, 1);
        out = STR("untouched");
        assert_int_equal(utf8_fold(a, in, false, false, &out, &err), RC_LIMIT);
        assert_true(str_eq(out, STR("untouched")));
        arena_free(a);
    }
}

static void
upper_and_lower_case_are_those_of_unicode(void **state)
{
    static const struct {
        const char *in, *upper, *lower;
    } cases[] = {
        {"", "", ""},
        {"aBc 1?", "ABC 1?", "abc 1?"},
        {"政通", "政通", "政通"},
        {"straße", "STRASSE", "straße"},
        {"ÄÖé", "ÄÖÉ", "äöé"},
        {"ΟΔΟΣ", "ΟΔΟΣ", "οδος"}, /* the last sigma of a word has its own shape */
        {"ﬃ", "FFI", "ﬃ"},
        {"\xce\x90", "\xce\x99\xcc\x88\xcc\x81", "\xce\x90"},
        {"İi", "İI", "i̇i"}, /* no language is assumed, not even by the environment */
        {"𐐨", "𐐀", "𐐨"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(4096);
        struct str upper = STR("untouched"), lower;
        struct err err;
        struct str in = str_of(cases[i].in);
        arena_fail_at(a, 1);
        assert_int_equal(utf8_upper(a, in, &upper, &err), in.len == 0 ? RC_OK : RC_LIMIT);
        assert_true(in.len == 0 || str_eq(upper, STR("untouched")));
        arena_fail_at(a, 0);
        assert_int_equal(utf8_upper(a, in, &upper, &err), RC_OK);
        assert_int_equal(utf8_lower(a, in, &lower, &err), RC_OK);
        if (!str_eq(upper, str_of(cases[i].upper)) || !str_eq(lower, str_of(cases[i].lower))) {
            fail_msg("\"%s\" became \"%.*s\" and \"%.*s\"", cases[i].in, STR_ARG(upper), STR_ARG(lower));
        }
        arena_free(a);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_well_formed_sequences_are_valid),
        cmocka_unit_test(every_code_point_is_written_and_read_as_itself),
        cmocka_unit_test(a_broken_text_is_repaired_byte_by_byte),
        cmocka_unit_test(controls_and_what_turns_the_reading_order_are_not_plain),
        cmocka_unit_test(forgiving_input_is_folded),
        cmocka_unit_test(upper_and_lower_case_are_those_of_unicode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
