#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rule/regex_int.h"

struct found {
    struct str pattern, text;
    bool found;
};

static bool
finds(struct str pattern, struct str text)
{
    struct arena *a = arena_new(1 << 20);
    const struct regex *re;
    struct err err = {.text = ""};
    bool found = false;

    if (regex_compile(a, REGEX_ECMA, pattern, &re, &err) != RC_OK ||
        regex_find(re, text, &found, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(pattern), err.text);
    }
    arena_free(a);
    return found;
}

static void
patterns_mean_what_ecma_says(void **state)
{
    static const struct found cases[] = {
        {STR_INIT("^a+$"), STR_INIT("aaa"), true},
        {STR_INIT("b"), STR_INIT("abc"), true},
        {STR_INIT("^$"), STR_INIT(""), true},
        {STR_INIT("^a$"), STR_INIT("a\n"), false}, /* $ is the end, not before a last line feed */
        {STR_INIT("^a$"), STR_INIT("b\na\nb"), false},
        {STR_INIT("^.$"), STR_INIT("政"), true},
        {STR_INIT("^.$"), STR_INIT("😀"), true},
        {STR_INIT("^.$"), STR_INIT("\r"), false},
        {STR_INIT("^.$"), STR_INIT("\xe2\x80\xa8"), false}, /* U+2028 ends a line */
        {STR_INIT("^\\d$"), STR_INIT("5"), true},
        {STR_INIT("^\\d$"), STR_INIT("٥"), false}, /* digits are ASCII */
        {STR_INIT("^\\w$"), STR_INIT("é"), false},
        {STR_INIT("^\\W$"), STR_INIT("é"), true},
        {STR_INIT("^\\s$"), STR_INIT("　"), true}, /* blanks are those of Unicode */
        {STR_INIT("^\\s$"), STR_INIT("\xef\xbb\xbf"), true},
        {STR_INIT("^\\S$"), STR_INIT("　"), false},
        {STR_INIT("^[\\S]$"), STR_INIT("　"), false},
        {STR_INIT("^[^\\s]$"), STR_INIT("a"), true},
        {STR_INIT("^\\p{Letter}+$"), STR_INIT("π政"), true},
        {STR_INIT("^\\P{L}$"), STR_INIT("1"), true},
        {STR_INIT("^\\p{Script=Han}+$"), STR_INIT("政通"), true},
        {STR_INIT("^\\p{sc=Han}$"), STR_INIT("a"), false},
        {STR_INIT("^\\p{gc=Decimal_Number}$"), STR_INIT("٥"), true},
        {STR_INIT("^[\\p{Lu}\\d]+$"), STR_INIT("A1"), true},
        {STR_INIT("^\\u{1F600}$"), STR_INIT("😀"), true},
        {STR_INIT("^\\ud83d\\ude00$"), STR_INIT("😀"), true},
        {STR_INIT("^\\u653f\\x41\\cJ\\0$"), STR_INIT("政A\n\0"), true},
        {STR_INIT("^[a-c\\]-]+$"), STR_INIT("ab]-"), true},
        {STR_INIT("^[[:alpha:]$"), STR_INIT("b"), false}, /* a bracket and letters, no POSIX class */
        {STR_INIT("[]"), STR_INIT("a"), false},
        {STR_INIT("^(?:a[]*)$"), STR_INIT("a"), true}, /* nothing, no times */
        {STR_INIT("^(?:a[]{1,2})$"), STR_INIT("a"), false},
        {STR_INIT("^(?:a[^]*)$"), STR_INIT("a\n"), true},
        {STR_INIT("^[^]$"), STR_INIT("\n"), true},
        {STR_INIT("^(a)(?:b)\\1$"), STR_INIT("aba"), true},
        {STR_INIT("^(?<y>\\d{2})-\\k<y>$"), STR_INIT("26-26"), true},
        {STR_INIT("^(?:(a)|b)\\1$"), STR_INIT("b"), true}, /* a group that took no part is empty */
        {STR_INIT("^a{2,3}?$"), STR_INIT("aaaa"), false},
        {STR_INIT("(?<=\\$)\\d"), STR_INIT("$5"), true},
        {STR_INIT("^(?!0)\\d+$"), STR_INIT("05"), false},
        {STR_INIT("^\\/\\.\\*$"), STR_INIT("/.*"), true},
        {STR_INIT("^#x y$"), STR_INIT("#x y"), true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct found *c = &cases[i];
        if (finds(c->pattern, c->text) != c->found) {
            fail_msg("%.*s on %.*s: not %d", STR_ARG(c->pattern), STR_ARG(c->text), c->found);
        }
    }
}

/* Calls with every text of up to four characters of these; the last is the first byte of no character. */
static void
each_text(const struct regex_plain *plain, const struct regex *whole, struct str pattern)
{
    static const char characters[] = "aB7-_\xe9\n";
    enum { KINDS = sizeof(characters) - 1, LONGEST = 4 };
    char text[LONGEST];

    for (size_t len = 0, texts = 1; len <= LONGEST; len++, texts *= KINDS) {
        for (size_t n = 0; n < texts; n++) {
            struct err err;
            bool found = false;
            for (size_t i = 0, rest = n; i < len; i++, rest /= KINDS) {
                text[i] = characters[rest % KINDS];
            }
            enum rc rc = regex_find(whole, (struct str){text, len}, &found, &err);
            if (regex_plain_matches(plain, (struct str){text, len}) != (rc == RC_OK && found)) {
                fail_msg("%.*s on %.*s", STR_ARG(pattern), (int)len, text);
            }
        }
    }
}

static void
a_plain_pattern_matches_what_pcre2_matches(void **state)
{
    static const struct str patterns[] = {
        STR_INIT("^$"),          STR_INIT("^a$"),          STR_INIT("^[aB]{2,3}$"),  STR_INIT("^a*B?7+$"),
        STR_INIT("^\\d{2,}$"), STR_INIT("^\\w+-?$"),   STR_INIT("^[\\w-]+$"),  STR_INIT("^[-a]?7{0}$"),
        STR_INIT("^a?B{1,2}$"),  STR_INIT("^[a-z0-9_]*$"), STR_INIT("^[\\d_]a*$"), STR_INIT("^[^a]?[]$")};
    struct arena *a = arena_new(1 << 20);
    size_t plain_ones = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        const struct regex_plain *plain = regex_plain_of(a, patterns[i]);
        struct str in_group = str_fmt(a, "(?:%.*s)", STR_ARG(patterns[i]));
        const struct regex *re;
        struct err err;
        assert_int_equal(regex_compile(a, REGEX_ECMA, in_group, &re, &err), RC_OK);
        if (plain != NULL) {
            each_text(plain, re, patterns[i]);
            plain_ones++;
        }
    }
    assert_int_equal(plain_ones, sizeof(patterns) / sizeof(patterns[0]) - 1); /* not the last */
    arena_free(a);
}

static void
what_could_have_to_go_back_is_left_to_pcre2(void **state)
{
    static const struct str patterns[] = {
        STR_INIT("a$"),         STR_INIT("^a"),        STR_INIT("^a+ab$"),    STR_INIT("^a?b?a$"),  STR_INIT("^a|b$"),
        STR_INIT("^(a)$"),      STR_INIT("^.$"),       STR_INIT("^\\s$"),   STR_INIT("^[^a]$"),   STR_INIT("^政$"),
        STR_INIT("^[\\D]$"),  STR_INIT("^a{2}?$"),   STR_INIT("^\\u0041$"), STR_INIT("^a\\$"), STR_INIT("^\\x41$"),
        STR_INIT("^[0-9]*5$"), STR_INIT("^[a-\\d]$"), STR_INIT("^")};
    struct arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        if (regex_plain_of(a, patterns[i]) != NULL) {
            fail_msg("%.*s", STR_ARG(patterns[i]));
        }
    }
    assert_false(finds(STR("^a+ab$"), STR("aa")));
    assert_true(finds(STR("^a+ab$"), STR("aaab")));
    arena_free(a);
}

static void
what_is_no_pattern_is_refused_with_its_place(void **state)
{
    static const struct {
        struct str pattern;
        const char *says;
    } cases[] = {
        {STR_INIT("ab(c"), "pattern: a group that is not closed, at byte 2"},
        {STR_INIT("ab)"), "pattern: closes a group that is not open, at byte 2"},
        {STR_INIT("a[b"), "pattern: a class that does not end, at byte 1"},
        {STR_INIT("*a"), "pattern: nothing to repeat, at byte 0"},
        {STR_INIT("a++"), "pattern: nothing to repeat, at byte 2"}, /* possessive is PCRE2's */
        {STR_INIT("(*UTF)a"), "pattern: nothing to repeat, at byte 1"},
        {STR_INIT("(?i)a"), "pattern: no such group, at byte 0"},
        {STR_INIT("(?>a)"), "pattern: no such group, at byte 0"},
        {STR_INIT("a\\Z"), "pattern: no such escape, at byte 1"},
        {STR_INIT("\\-"), "pattern: no such escape, at byte 0"},
        {STR_INIT("[\\B]"), "pattern: no such escape in a class, at byte 1"},
        {STR_INIT("a\\"), "pattern: a backslash at the end, at byte 1"},
        {STR_INIT("\\01"), "pattern: octal escapes are not taken, at byte 0"},
        {STR_INIT("\\u12"), "pattern: \\u wants four hex digits, at byte 0"},
        {STR_INIT("\\u{110000}"), "pattern: \\u{\xe2\x80\xa6} wants a code point in hex, at byte 0"},
        {STR_INIT("\\ud83d"), "pattern: half of a surrogate pair is no character, at byte 0"},
        {STR_INIT("(a)\\2"), "pattern: no group of that number, at byte 3"},
        {STR_INIT("[b-a]"), "pattern: a range wants two characters in order, at byte 1"},
        {STR_INIT("[\\d-a]"), "pattern: a range wants two characters in order, at byte 1"},
        {STR_INIT("a{2,1}"), "pattern: {\xe2\x80\xa6} wants one count, or two in order, at byte 1"},
        {STR_INIT("a}"), "pattern: a bracket alone is written with a backslash, at byte 1"},
        {STR_INIT("\\p{x=y}"), "pattern: no property of that kind, at byte 0"},
        {STR_INIT("\xff"), "pattern: not UTF-8"},
        {STR_INIT("ab\\p{Lx}c"), "pattern: unknown property after \\P or \\p, at byte 2"},
        {STR_INIT("政(?<=a+)b"), "pattern: lookbehind assertion is not fixed length, at byte 3"},
    };
    struct arena *a = arena_new(1 << 20);
    const struct regex *re;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(regex_compile(a, REGEX_ECMA, cases[i].pattern, &re, &err), RC_INVALID);
        assert_string_equal(err.text, cases[i].says);
    }
    arena_free(a);
}

static void
a_catastrophic_pattern_ends_with_an_error(void **state)
{
    static const struct str patterns[] = {STR_INIT("^(a+)+$"), STR_INIT("^(a|a)*$"),
                                          STR_INIT("^(?:a|aa)+$")};
    struct arena *a = arena_new(1 << 20);
    const struct regex *re;
    struct err err;
    bool found;

    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        assert_int_equal(regex_compile(a, REGEX_ECMA, patterns[i], &re, &err), RC_OK);
        assert_int_equal(
            regex_find(re, STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), &found, &err),
            RC_LIMIT);
        assert_true(str_has(str_of(err.text), STR("too many steps")));
    }
    arena_free(a);
}

static void
a_long_text_is_searched_where_that_takes_no_square_of_it(void **state)
{
    static const struct {
        struct str pattern;
        enum rc longer; /* for one byte more than the limit */
    } cases[] = {{STR_INIT("[a-z]{3,}[0-9]{2}"), RC_LIMIT}, {STR_INIT("a+b"), RC_LIMIT}, {STR_INIT("(?=a*b)c"), RC_LIMIT},
                 {STR_INIT("^[a-z]{3,}[0-9]{2}"), RC_OK},   {STR_INIT("[,;]"), RC_OK},   {STR_INIT("ab|ac"), RC_OK}};
    struct arena *a = arena_new(1 << 20);
    char *many = arena_alloc(a, 1, REGEX_RESCAN_MAX + 1);
    const struct regex *re;
    struct err err;
    bool found;

    (void)state;
    assert_non_null(many);
    memset(many, 'a', REGEX_RESCAN_MAX + 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(regex_compile(a, REGEX_ECMA, cases[i].pattern, &re, &err), RC_OK);
        assert_int_equal(regex_find(re, (struct str){many, REGEX_RESCAN_MAX}, &found, &err), RC_OK);
        assert_false(found);
        assert_int_equal(regex_find(re, (struct str){many, REGEX_RESCAN_MAX + 1}, &found, &err), cases[i].longer);
    }
    arena_free(a);
}

static void
what_is_too_large_is_told(void **state)
{
    struct arena *a = arena_new(1 << 20);
    char *many = arena_alloc(a, 1, REGEX_PATTERN_MAX + 1);
    const struct regex *re;
    struct err err;
    bool found;

    (void)state;
    assert_non_null(many);
    memset(many, 'a', REGEX_PATTERN_MAX + 1);
    struct str text = {many, REGEX_PATTERN_MAX + 1};
    assert_int_equal(regex_compile(a, REGEX_ECMA, text, &re, &err), RC_LIMIT);
    assert_int_equal(regex_compile(a, REGEX_ECMA, STR("a{70000}"), &re, &err), RC_LIMIT);
    assert_int_equal(regex_compile(a, REGEX_ECMA, STR("((a{900}){900}){900}"), &re, &err), RC_LIMIT);
    memset(many, '(', 60);
    assert_int_equal(regex_compile(a, REGEX_ECMA, str_sub(text, 0, 60), &re, &err), RC_LIMIT);
    assert_int_equal(regex_compile(a, REGEX_ECMA, STR("a"), &re, &err), RC_OK);
    assert_int_equal(regex_find(re, STR("\xff"), &found, &err), RC_INVALID);
    arena_free(a);
}

static void
an_arena_that_is_full_at_any_moment_is_a_clean_error(void **state)
{
    enum rc rc = RC_LIMIT;
    size_t n = 0;

    (void)state;
    while (rc != RC_OK) {
        struct arena *a = arena_new(1 << 20);
        const struct regex *re;
        struct err err;
        arena_fail_at(a, ++n);
        rc = regex_compile(a, REGEX_ECMA, STR("^(?<a>[a-z]{2,})\\k<a>$"), &re, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
        assert_true(n < 1000);
    }
    assert_true(n > 4);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_mean_what_ecma_says),
        cmocka_unit_test(a_plain_pattern_matches_what_pcre2_matches),
        cmocka_unit_test(what_could_have_to_go_back_is_left_to_pcre2),
        cmocka_unit_test(what_is_no_pattern_is_refused_with_its_place),
        cmocka_unit_test(a_catastrophic_pattern_ends_with_an_error),
        cmocka_unit_test(a_long_text_is_searched_where_that_takes_no_square_of_it),
        cmocka_unit_test(what_is_too_large_is_told),
        cmocka_unit_test(an_arena_that_is_full_at_any_moment_is_a_clean_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
