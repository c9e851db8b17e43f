#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void
assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want))) {
        fail_msg("got \"%.*s\", want \"%s\"", STR_ARG(got), want);
    }
}

static void
texts_compare_by_bytes_and_by_ascii_letters(void **state)
{
    static const struct {
        struct str a, b;
        int order; /* of str_cmp */
        bool same_fold;
    } cases[] = {
        {STR_INIT(""), {NULL, 0}, 0, true},
        {STR_INIT("abc"), STR_INIT("abc"), 0, true},
        {STR_INIT("abc"), STR_INIT("abd"), -1, false},
        {STR_INIT("abc"), STR_INIT("ab"), 1, false},
        {STR_INIT("ab"), STR_INIT("abc"), -1, false},
        {STR_INIT("Content-TYPE"), STR_INIT("content-type"), -1, true},
        {STR_INIT("[z"), STR_INIT("{z"), -1, false},
        {STR_INIT("\xC3\x84"), STR_INIT("\xC3\xA4"), -1, false},
        {STR_INIT("a\0b"), STR_INIT("a\0c"), -1, false},
        {STR_INIT("\x7F"), STR_INIT("\x80"), -1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int order = str_cmp(cases[i].a, cases[i].b);
        assert_int_equal((order > 0) - (order < 0), cases[i].order);
        order = str_cmp(cases[i].b, cases[i].a);
        assert_int_equal((order > 0) - (order < 0), -cases[i].order);
        assert_int_equal(str_eq(cases[i].a, cases[i].b), cases[i].order == 0);
        assert_int_equal(str_eq_fold(cases[i].a, cases[i].b), cases[i].same_fold);
    }
}

static void
parts_are_found_at_both_ends_and_inside(void **state)
{
    static const struct {
        struct str s, part;
        size_t at;
        bool starts, ends, has;
    } cases[] = {
        {STR_INIT(""), STR_INIT(""), 0, true, true, true},
        {{NULL, 0}, STR_INIT("a"), 0, false, false, false},
        {STR_INIT("abc"), {NULL, 0}, 0, true, true, true},
        {STR_INIT("abc"), STR_INIT("abc"), 0, true, true, true},
        {STR_INIT("abc"), STR_INIT("abcd"), 3, false, false, false},
        {STR_INIT("aab"), STR_INIT("ab"), 1, false, true, true},
        {STR_INIT("abcab"), STR_INIT("ab"), 0, true, true, true},
        {STR_INIT("xaby"), STR_INIT("ab"), 1, false, false, true},
        {STR_INIT("a\0b"), STR_INIT("\0b"), 1, false, true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(str_find(cases[i].s, cases[i].part), cases[i].at);
        assert_int_equal(str_starts(cases[i].s, cases[i].part), cases[i].starts);
        assert_int_equal(str_ends(cases[i].s, cases[i].part), cases[i].ends);
        assert_int_equal(str_has(cases[i].s, cases[i].part), cases[i].has);
    }
    assert_int_equal(str_find_byte(STR("abc"), 'c'), 2);
    assert_int_equal(str_find_byte(STR("abc"), 'd'), 3);
    assert_int_equal(str_find_byte((struct str){NULL, 0}, 'd'), 0);
}

static void
a_cut_never_passes_the_end(void **state)
{
    struct str nothing = {NULL, 0};

    (void)state;
    assert_str(str_of(NULL), "");
    assert_str(str_from(STR("abc"), 0), "abc");
    assert_str(str_from(STR("abc"), 2), "c");
    assert_str(str_from(STR("abc"), 3), "");
    assert_str(str_from(STR("abc"), SIZE_MAX), "");
    assert_str(str_from(nothing, 0), "");
    assert_str(str_sub(STR("abcd"), 1, 2), "bc");
    assert_str(str_sub(STR("abcd"), 1, SIZE_MAX), "bcd");
    assert_str(str_sub(STR("abcd"), 9, 1), "");
    assert_str(str_sub(nothing, 0, 0), "");
    assert_str(str_trim(STR(" \t\r\n a b \n")), "a b");
    assert_str(str_trim(STR("  ")), "");
    assert_str(str_trim(nothing), "");
}

static void
a_word_is_found_in_a_table(void **state)
{
    static const char *const words[] = {"start", "stop", ""};
    size_t which = 9;

    (void)state;
    assert_true(str_among(STR("stop"), words, 3, &which) && which == 1);
    assert_true(str_among(STR(""), words, 3, &which) && which == 2);
    which = 9;
    assert_false(str_among(STR("sto"), words, 3, &which) || str_among(STR("stop"), words, 1, &which) || str_among(STR("stop"), NULL, 0, &which));
    assert_int_equal(which, 9);
}

static void
a_list_is_walked_part_by_part(void **state)
{
    static const struct {
        const char *list;
        const char *parts[4];
    } cases[] = {
        {"", {NULL}},
        {"a", {"a"}},
        {"a,,b,", {"a", "", "b"}},
        {",", {""}},
        {",a", {"", "a"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str rest = str_of(cases[i].list);
        struct str part = STR("untouched");
        for (size_t k = 0; cases[i].parts[k] != NULL; k++) {
            assert_true(str_next(&rest, ',', &part));
            assert_str(part, cases[i].parts[k]);
        }
        part = STR("untouched");
        assert_false(str_next(&rest, ',', &part));
        assert_str(part, "untouched");
    }
}

static void
an_integer_is_whole_and_in_range(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"-12", true, -12},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"92233720368547758080", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"--1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"1:", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 42;
        assert_int_equal(str_to_int(str_of(cases[i].text), &value), cases[i].good);
        assert_int_equal(value, cases[i].good ? cases[i].value : 42);
    }
}

static void
a_copy_is_apart_and_ends_in_nul(void **state)
{
    struct arena *a = arena_new(64);
    struct str copy = {NULL, 0};
    struct err err;
    char text[] = "abc";

    (void)state;
    assert_int_equal(str_copy(a, str_of(text), &copy, &err), RC_OK);
    text[0] = 'x';
    assert_str(copy, "abc");
    assert_int_equal(copy.ptr[3], 0);
    assert_int_equal(str_copy(a, (struct str){NULL, 0}, &copy, &err), RC_OK);
    assert_str(copy, "");
    assert_string_equal(str_c(a, STR("abc")), "abc");
    assert_null(str_c(a, STR("a\0c")));
    arena_fail_at(a, 1);
    assert_null(str_c(a, STR("abc")));
    copy = STR("untouched");
    assert_int_equal(str_copy(a, (struct str){text, SIZE_MAX}, &copy, &err), RC_LIMIT);
    arena_fail_at(a, 1);
    assert_int_equal(str_copy(a, STR("abc"), &copy, &err), RC_LIMIT);
    assert_str(copy, "untouched");
    arena_free(a);
}

static void
formatted_text_of_any_length_fits_or_is_null(void **state)
{
    struct arena *a = arena_new(4096);
    char long_text[1001];

    (void)state;
    memset(long_text, 'x', 1000);
    long_text[1000] = '\0';
    assert_str(str_fmt(a, "%s", ""), "");
    assert_str(str_fmt(a, "%d-%s", 7, "a"), "7-a");
    for (size_t len = 250; len < 260; len++) {
        struct str s = str_fmt(a, "%.*s", (int)len, long_text);
        assert_int_equal(s.len, len);
        assert_memory_equal(s.ptr, long_text, len);
        arena_reset(a);
    }
    assert_str(str_fmt(a, "%s", long_text), long_text);
    assert_null(str_fmt(a, "%s%s%s%s", long_text, long_text, long_text, long_text).ptr);
    arena_fail_at(a, 1);
    assert_null(str_fmt(a, "x").ptr);
    arena_free(a);
}

static void
a_buffer_takes_what_it_is_given(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct buf b;
    struct str out;
    struct err err;

    (void)state;
    buf_init(&b, a, 1 << 16);
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    assert_non_null(out.ptr);
    assert_int_equal(out.len, 0);
    buf_put(&b, STR("a"));
    buf_put(&b, (struct str){NULL, 0});
    buf_put_char(&b, '\0');
    buf_put_int(&b, INT64_MIN);
    buf_put_int(&b, 0);
    buf_put_int(&b, INT64_MAX);
    buf_put_fmt(&b, "<%s>", "f");
    buf_put_html(&b, STR("<a href=\"x\">'&'</a> 中"));
    buf_put_html(&b, STR(""));
    buf_put_url(&b, STR("a/b c~\xE4\xB8\xAD"));
    memcpy(buf_room(&b, 2), "!!", 2);
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    static const char want[] = "a\0-922337203685477580809223372036854775807<f>"
                               "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt; 中"
                               "a%2Fb%20c~%E4%B8%AD!!";
    assert_int_equal(out.len, sizeof(want) - 1);
    assert_memory_equal(out.ptr, want, out.len);
    arena_free(a);
}

/* RFC 3986 §2.3: only unreserved characters stand for themselves. */
static void
every_byte_of_a_url_part_is_plain_or_escaped(void **state)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    (void)state;
    for (int c = 0; c < 256; c++) {
        struct arena *a = arena_new(512);
        const char byte = (char)c;
        char want[8];
        struct buf b;
        buf_init(&b, a, 16);
        buf_put_url(&b, (struct str){&byte, 1});
        bool stands = c != 0 && strchr(plain, c) != NULL;
        if (stands) {
            (void)snprintf(want, sizeof(want), "%c", c);
        } else {
            (void)snprintf(want, sizeof(want), "%%%02X", (unsigned)c);
        }
        assert_str((struct str){b.ptr, b.len}, want);
        arena_free(a);
    }
}

static void
a_formatted_piece_may_be_of_any_length(void **state)
{
    (void)state;
    for (int len = 250; len < 262; len++) {
        struct arena *a = arena_new(4096);
        struct buf b;
        struct str out;
        struct err err;
        buf_init(&b, a, 1024);
        buf_put_fmt(&b, "<%0*d>", len, 7);
        buf_put_fmt(&b, "%0*d", len, 5); /* by now there is room */
        buf_put_fmt(&b, "%c", '!');
        assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
        assert_int_equal(out.len, 2 * len + 3);
        assert_true(str_starts(out, STR("<0000")));
        assert_true(str_has(out, STR("0007>000")));
        assert_true(str_ends(out, STR("00005!")));
        arena_free(a);
    }
}

/* Whatever is appended in whatever pieces, all of it is there or buf_finish says RC_LIMIT. */
static void
a_buffer_grows_up_to_its_limit_and_the_arenas(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 3000; limit += 61) {
        struct arena *a = arena_new(2000);
        struct buf b;
        struct str out = STR("untouched");
        struct err err;
        buf_init(&b, a, limit);
        size_t put = 0;
        for (size_t piece = 1; put + piece <= 2400; piece += 7) {
            for (size_t i = 0; i < piece; i++) {
                buf_put_char(&b, (char)('a' + put++ % 26));
            }
            buf_put_fmt(&b, "%s", "");
        }
        if (buf_finish(&b, &out, &err) == RC_OK) {
            fail_msg("%zu bytes fitted into an arena of 2000", put);
        }
        assert_str(out, "untouched");
        assert_true(b.failed);
        assert_true(b.len <= limit);
        for (size_t i = 0; i < b.len; i++) {
            assert_int_equal(b.ptr[i], 'a' + i % 26);
        }
        assert_null(buf_room(&b, 1));
        buf_put(&b, STR("x"));
        buf_put_fmt(&b, "%0300d", 1);
        buf_put_html(&b, STR("<"));
        assert_true(b.failed);
        arena_free(a);
    }
}

static void
a_buffer_may_fill_its_limit_to_the_last_byte(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 600; limit++) {
        struct arena *a = arena_new(640);
        struct buf b;
        struct str out;
        struct err err;
        buf_init(&b, a, limit);
        for (size_t i = 0; i < limit; i++) {
            buf_put_char(&b, 'x');
        }
        assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
        assert_int_equal(out.len, limit);
        buf_put_char(&b, 'x');
        assert_int_equal(buf_finish(&b, &out, &err), RC_LIMIT);
        arena_free(a);
    }
}

/* Doubling would pass the arena's limit, but what is needed fits. */
static void
a_buffer_uses_the_last_of_its_arena(void **state)
{
    struct arena *a = arena_new(400);
    struct buf b;

    (void)state;
    buf_init(&b, a, 4096);
    for (int i = 0; i < 400; i++) {
        buf_put_char(&b, 'x');
    }
    assert_false(b.failed);
    buf_put_char(&b, 'x');
    assert_true(b.failed);
    arena_free(a);
}

/* However near to the arena's end: what is moved each time it grows must not grow by a byte at a time. */
static void
a_buffer_that_fills_its_arena_grows_seldom(void **state)
{
    enum { ARENA = 1 << 20 };
    struct arena *a = arena_new(ARENA);
    struct buf b;
    size_t cap = 0, growths = 0;

    (void)state;
    buf_init(&b, a, SIZE_MAX / 2);
    while (!b.failed) {
        buf_put_char(&b, 'x');
        growths += b.cap != cap;
        cap = b.cap;
    }
    assert_true(b.len > ARENA / 2);
    assert_true(growths < 100);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_compare_by_bytes_and_by_ascii_letters),
        cmocka_unit_test(parts_are_found_at_both_ends_and_inside),
        cmocka_unit_test(a_cut_never_passes_the_end),
        cmocka_unit_test(a_word_is_found_in_a_table),
        cmocka_unit_test(a_list_is_walked_part_by_part),
        cmocka_unit_test(an_integer_is_whole_and_in_range),
        cmocka_unit_test(a_copy_is_apart_and_ends_in_nul),
        cmocka_unit_test(formatted_text_of_any_length_fits_or_is_null),
        cmocka_unit_test(a_buffer_takes_what_it_is_given),
        cmocka_unit_test(every_byte_of_a_url_part_is_plain_or_escaped),
        cmocka_unit_test(a_formatted_piece_may_be_of_any_length),
        cmocka_unit_test(a_buffer_grows_up_to_its_limit_and_the_arenas),
        cmocka_unit_test(a_buffer_may_fill_its_limit_to_the_last_byte),
        cmocka_unit_test(a_buffer_uses_the_last_of_its_arena),
        cmocka_unit_test(a_buffer_that_fills_its_arena_grows_seldom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
