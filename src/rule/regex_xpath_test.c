#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/regex.h"

struct found {
    struct str pattern, flags, text;
    bool found;
};

#define YES(pattern, flags, text) {STR_INIT(pattern), STR_INIT(flags), STR_INIT(text), true}
#define NO(pattern, flags, text) {STR_INIT(pattern), STR_INIT(flags), STR_INIT(text), false}

static void
find_all(const struct found *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct found *c = &cases[i];
        struct arena *a = arena_new(1 << 20);
        const struct regex *re;
        struct err err = {.text = ""};
        bool found = false;
        if (regex_compile_flags(a, REGEX_XPATH, c->pattern, c->flags, &re, &err) != RC_OK ||
            regex_find(re, c->text, &found, &err) != RC_OK) {
            fail_msg("%.*s: %s", STR_ARG(c->pattern), err.text);
        }
        if (found != c->found) {
            fail_msg("%.*s (%.*s) on %.*s: not %d", STR_ARG(c->pattern), STR_ARG(c->flags), STR_ARG(c->text), c->found);
        }
        arena_free(a);
    }
}
#define FIND(cases) find_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void
sets_are_those_of_unicode_and_xml(void **state)
{
    static const struct found cases[] = {
        YES("^\\d$", "", "٥"),      NO("^\\D$", "", "٥"),       YES("^[\\D]$", "", "a"),
        YES("^\\s+$", "", " \t\n\r"), NO("\\s", "", "　"),       YES("^\\S$", "", "　"),
        NO("^[\\S]$", "", " "),      YES("^\\w+$", "", "aé5政+"), NO("\\w", "", "_ -"), /* a low line is punctuation */
        YES("^\\W+$", "", "_ -"),    NO("^[\\W]$", "", "a"),     YES("^[\\w-]+$", "", "a-b"),
        YES("^\\i\\c*$", "", "政a-1.b"), NO("^\\i", "", "1a"),     YES("^\\i$", "", ":"),
        YES("^[\\i\\d]+$", "", "1a"), YES("^\\I$", "", "1"),     NO("^[\\C]$", "", "-"),
        YES("^\\C$", "", " "),       YES("^\\I$", "", "\xf3\xb0\x80\x80"), /* U+F0000 */
        YES("^\\p{Lu}\\P{Lu}$", "", "Aa"), YES("^[\\p{Nd}\\p{Sc}]+$", "", "5$"), NO("^[^\\P{L}]$", "", "5"),
        YES("^\\p{IsBasicLatin}+$", "", "az~"), NO("\\p{IsBasicLatin}", "", "é"), YES("^\\P{IsBasicLatin}$", "", "é"),
        YES("^\\p{IsCJKUnifiedIdeographs}$", "", "政"), YES("^[^\\p{IsLatin-1Supplement}]$", "", "a"),
        NO("[\\P{IsCJKUnifiedIdeographs}]", "", "政"), YES("^\\p{IsGreek}\\p{IsGreekandCoptic}$", "", "αβ"),
        YES("^\\p{IsPrivateUse}$", "", "\xee\x80\x80"), YES("^\\p{IsCombiningMarksforSymbols}$", "", "\xe2\x83\x90"),
    };

    (void)state;
    FIND(cases);
}

static void
classes_may_take_out_others(void **state)
{
    static const struct found cases[] = {
        YES("^[a-z-[aeiou]]+$", "", "xyz"), NO("^[a-z-[aeiou]]+$", "", "xaz"), YES("^[a-z-[aeiou]]{3}$", "", "xyz"),
        YES("^[a-z-[b-y-[m]]]+$", "", "amz"), NO("[a-z-[b-y-[m]]]", "", "bny"), YES("^[^a-z-[0-9]]$", "", "A"),
        NO("[^a-z-[0-9]]", "", "a5"), YES("^[\\w-[\\d_]]+$", "", "aé"), YES("^[-a]+$", "", "a-"), YES("^[a-]+$", "", "a-"),
        YES("^[a\\-z]+$", "", "-az"), YES("^[.$|()*+?{}^]+$", "", ".$|()*+?{}^"), YES("^[^^]$", "", "a"),
        YES("^[\\n\\]\\[\\\\]+$", "", "\n][\\"), YES("^[&&a]+$", "", "&a"),
        YES("^[A-Z-[OI]]$", "i", "x"), NO("^[A-Z-[OI]]$", "i", "o"), NO("[^Q]", "i", "q"), YES("^([a-z-[x]]\\d)+$", "", "a1b2"),
    };

    (void)state;
    FIND(cases);
}

static void
anchors_groups_and_references_are_as_in_xpath(void **state)
{
    static const struct found cases[] = {
        YES("^a$", "", "a"), NO("^a$", "", "a\n"), NO("^b", "", "a\nb"), YES("^b$", "m", "a\nb\nc"), YES("^$", "m", "a\n\nb"),
        NO("^$", "m", "a\nb\n "), NO("^b", "m", "a\rb"), NO("a.b", "", "a\nb"), NO("a.b", "", "a\rb"), YES("a.b", "s", "a\nb"),
        YES("^.$", "", "😀"), YES("^*a$*", "", "ba"), YES("(^)?a", "", "ba"), YES("^(a)(?:b)\\1$", "", "aba"),
        YES("^(?:(a)|b)\\1$", "", "b"), YES("^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10$", "", "abcdefghijj"),
        YES("^(a)\\10$", "", "aa0"), YES("^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)\\11$", "", "abcdefghijkk"), YES("^((a)\\2)$", "", "aa"), YES("^a{2,3}?$", "", "aaa"), YES("^(|a)b$", "", "b"),
        YES("", "", "anything"), YES("^\\^\\$\\.\\-\\|$", "", "^$.-|"), YES("^a#b c$", "", "a#b c"), YES("^/-,~$", "", "/-,~"),
        YES("k", "i", "\xe2\x84\xaa"), /* the sign of the kelvin */
        YES("(a)\\1", "i", "aA"), NO("a", "", "A"), YES("ß", "i", "ẞ"),
    };

    (void)state;
    FIND(cases);
}

static void
blanks_and_signs_mean_what_the_flags_say(void **state)
{
    static const struct found cases[] = {
        YES("hello\\ sworld", "x", "hello world"), YES(" h e\nl\tlo[ ]w", "x", "hello w"), NO("hello world", "x", "hello world"),
        YES("\\p{ I s B a s i c L a t i n }", "x", "a"), YES("a[b\\] ]c d", "x", "a cd"), YES("[a-z-[b ]] x", "x", "cx"),
        NO("[a-z -[b ]] x", "x", " -x"), YES("\\ [a", "x", "[a"), YES("a.b*[", "q", "xa.b*["), NO("a.b", "q", "axb"),
        YES("A b", "qix", "a B"), YES("^", "qm", "^"), YES("\\", "q", "\\"), YES("a.B", "smi", "A\nb"), YES("a", "ii", "A"),
    };

    (void)state;
    FIND(cases);
}

static void
what_is_no_pattern_is_refused_with_its_place(void **state)
{
    static const struct {
        struct str pattern, flags;
        const char *says;
    } cases[] = {
        {STR_INIT("ab(c"), STR_INIT(""), "pattern: a group that is not closed, at byte 2"},
        {STR_INIT("ab)"), STR_INIT(""), "pattern: closes a group that is not open, at byte 2"},
        {STR_INIT("a[b"), STR_INIT(""), "pattern: a class that does not end, at byte 1"},
        {STR_INIT("a[b-"), STR_INIT(""), "pattern: a class that does not end, at byte 1"},
        {STR_INIT("[a-z-[b]"), STR_INIT(""), "pattern: a class taken out of one comes last in it, at byte 4"},
        {STR_INIT("[a-z-[b]c]"), STR_INIT(""), "pattern: a class taken out of one comes last in it, at byte 4"},
        {STR_INIT("[a-z-[]]"), STR_INIT(""), "pattern: a class without members, at byte 5"},
        {STR_INIT("[]a]"), STR_INIT(""), "pattern: a class without members, at byte 0"},
        {STR_INIT("[^]"), STR_INIT(""), "pattern: a class without members, at byte 0"},
        {STR_INIT("[a[b]"), STR_INIT(""), "pattern: a bracket in a class is written with a backslash, at byte 2"},
        {STR_INIT("[a-c-e]"), STR_INIT(""), "pattern: a hyphen stands first or last in a class, at byte 4"},
        {STR_INIT("[b-a]"), STR_INIT(""), "pattern: a range wants two characters in order, at byte 1"},
        {STR_INIT("[\\d-a]"), STR_INIT(""), "pattern: a range wants two characters in order, at byte 1"},
        {STR_INIT("*a"), STR_INIT(""), "pattern: nothing to repeat, at byte 0"},
        {STR_INIT("a|+"), STR_INIT(""), "pattern: nothing to repeat, at byte 2"},
        {STR_INIT("a++"), STR_INIT(""), "pattern: nothing to repeat, at byte 2"},
        {STR_INIT("(*UTF)a"), STR_INIT(""), "pattern: nothing to repeat, at byte 1"},
        {STR_INIT("(?=a)"), STR_INIT(""), "pattern: no such group, at byte 0"},
        {STR_INIT("(?i)a"), STR_INIT(""), "pattern: no such group, at byte 0"},
        {STR_INIT("a{2,1}"), STR_INIT(""), "pattern: {\xe2\x80\xa6} wants one count, or two in order, at byte 1"},
        {STR_INIT("a{,1}"), STR_INIT(""), "pattern: {\xe2\x80\xa6} wants one count, or two in order, at byte 1"},
        {STR_INIT("a}"), STR_INIT(""), "pattern: a bracket alone is written with a backslash, at byte 1"},
        {STR_INIT("\\b"), STR_INIT(""), "pattern: no such escape, at byte 0"},
        {STR_INIT("\\0"), STR_INIT(""), "pattern: no such escape, at byte 0"},
        {STR_INIT("[a\\1]"), STR_INIT(""), "pattern: no such escape, at byte 2"},
        {STR_INIT("a\\"), STR_INIT(""), "pattern: a backslash at the end, at byte 1"},
        {STR_INIT("(.)\\2"), STR_INIT(""), "pattern: no group of that number has been closed, at byte 3"},
        {STR_INIT("(a\\1)"), STR_INIT(""), "pattern: no group of that number has been closed, at byte 2"},
        {STR_INIT("\\1(a)"), STR_INIT(""), "pattern: no group of that number has been closed, at byte 0"},
        {STR_INIT("\\p"), STR_INIT(""), "pattern: \\p wants {a property}, at byte 0"},
        {STR_INIT("\\pL}"), STR_INIT(""), "pattern: \\p wants {a property}, at byte 0"},
        {STR_INIT("\\p{Lu"), STR_INIT(""), "pattern: \\p wants {a property}, at byte 0"},
        {STR_INIT("\\p{IsBasicLati}"), STR_INIT(""), "pattern: no property of that name, at byte 0"},
        {STR_INIT("\\p{Han}"), STR_INIT(""), "pattern: no property of that name, at byte 0"}, /* PCRE2 knows it */
        {STR_INIT("\\p{}"), STR_INIT(""), "pattern: no property of that name, at byte 0"},
        {STR_INIT("\\p{IsKlingon}"), STR_INIT(""), "pattern: no property of that name, at byte 0"},
        {STR_INIT("\\p{IsHighSurrogates}"), STR_INIT(""), "pattern: no property of that name, at byte 0"},
        {STR_INIT("\\p{ IsBasicLatin}"), STR_INIT(""), "pattern: no property of that name, at byte 0"},
        {STR_INIT("\xff"), STR_INIT(""), "pattern: not UTF-8"},
        {STR_INIT("a"), STR_INIT("g"), "pattern: flags are of s, m, i, x and q"},
        {STR_INIT("a"), STR_INIT(" "), "pattern: flags are of s, m, i, x and q"},
    };
    struct arena *a = arena_new(1 << 20);
    const struct regex *re;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (regex_compile_flags(a, REGEX_XPATH, cases[i].pattern, cases[i].flags, &re, &err) != RC_INVALID) {
            fail_msg("%.*s is taken", STR_ARG(cases[i].pattern));
        }
        assert_string_equal(err.text, cases[i].says);
    }
    assert_int_equal(regex_compile_flags(a, REGEX_ECMA, STR("a"), STR("i"), &re, &err), RC_INVALID);
    arena_free(a);
}

static void
a_match_and_its_groups_have_their_places(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct str text = STR("a1 政2 b3");
    struct regex_span span[4];
    const struct regex *re;
    struct err err;
    bool found;

    (void)state;
    assert_int_equal(regex_compile_flags(a, REGEX_XPATH, STR("(\\w)((\\d)|x)"), STR(""), &re, &err), RC_OK);
    assert_int_equal(regex_groups(re), 3);
    assert_int_equal(regex_find_from(re, text, 1, span, 4, &found, &err), RC_OK);
    assert_true(found && span[0].start == 3 && span[0].end == 7 && span[1].start == 3 && span[1].end == 6);
    assert_true(span[3].start == 6 && span[3].end == 7);
    assert_int_equal(regex_find_from(re, text, span[0].end, span, 1, &found, &err), RC_OK); /* room for the whole only */
    assert_true(found && span[0].start == 8 && span[0].end == 10);
    assert_int_equal(regex_find_from(re, text, text.len, span, 4, &found, &err), RC_OK);
    assert_false(found);
    assert_int_equal(regex_find_from(re, STR("ax"), 0, span, 4, &found, &err), RC_OK);
    assert_true(found && span[3].start > span[3].end); /* took no part */
    assert_int_equal(regex_compile_flags(a, REGEX_XPATH, STR("^b|c"), STR(""), &re, &err), RC_OK);
    assert_int_equal(regex_find_from(re, STR("abc"), 1, span, 1, &found, &err), RC_OK);
    assert_true(found && span[0].start == 2); /* from is not the start of the text */
    arena_free(a);
}

static void
what_is_too_large_or_too_deep_is_told(void **state)
{
    struct arena *a = arena_new(1 << 22);
    const struct regex *re;
    struct err err;
    struct buf b;

    (void)state;
    buf_init(&b, a, 1 << 20);
    for (int i = 0; i < 30; i++) {
        buf_put(&b, STR("[a-z-"));
    }
    assert_int_equal(regex_compile_flags(a, REGEX_XPATH, (struct str){b.ptr, b.len}, STR(""), &re, &err), RC_LIMIT);
    assert_int_equal(regex_compile_flags(a, REGEX_XPATH, STR("a{70000}"), STR(""), &re, &err), RC_LIMIT);
    b.len = 0;
    for (int i = 0; i < 60; i++) {
        buf_put_char(&b, '(');
    }
    assert_int_equal(regex_compile_flags(a, REGEX_XPATH, (struct str){b.ptr, b.len}, STR(""), &re, &err), RC_LIMIT);
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
        rc = regex_compile_flags(a, REGEX_XPATH, STR("^ ([a-z-[x]]{2,}) \\1\\p{Lu}\\p{IsBasicLatin}$"), STR("xi"), &re, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
        assert_true(n < 1000);
    }
    assert_true(n > 5);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_those_of_unicode_and_xml),
        cmocka_unit_test(classes_may_take_out_others),
        cmocka_unit_test(anchors_groups_and_references_are_as_in_xpath),
        cmocka_unit_test(blanks_and_signs_mean_what_the_flags_say),
        cmocka_unit_test(what_is_no_pattern_is_refused_with_its_place),
        cmocka_unit_test(a_match_and_its_groups_have_their_places),
        cmocka_unit_test(what_is_too_large_or_too_deep_is_told),
        cmocka_unit_test(an_arena_that_is_full_at_any_moment_is_a_clean_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
