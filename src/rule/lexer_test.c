#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "rule/builtin.h"
#include "rule/lexer.h"

static void
a_name_begins_with_a_letter_and_goes_on_with_digits_and_marks(void **state)
{
    static const struct {
        uint32_t c;
        bool start, part;
    } cases[] = {
        {'a', true, true}, {'Z', true, true}, {'_', true, true}, {'?', true, true},
        {'0', false, true}, {'-', false, false}, {' ', false, false}, {'(', false, false},
        {0xB7, false, true}, {0xC0, true, true}, {0xD7, false, false}, {0xF7, false, false},
        {0x301, false, true}, {0x37E, false, false}, {0x1680, false, false}, {0x180E, false, false},
        {0x200B, false, false}, {0x200C, true, true}, {0x203F, false, true}, {0x2040, false, true},
        {0x2041, false, false}, {0x3000, false, false}, {0x3001, true, true}, {0x5E74, true, true},
        {0xD7FF, true, true}, {0xE000, false, false}, {0xFEFF, false, false}, {0xFFFD, true, true},
        {0x10000, true, true}, {0xEFFFF, true, true}, {0xF0000, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (lexer_name_start(cases[i].c) != cases[i].start || lexer_name_part(cases[i].c) != cases[i].part) {
            fail_msg("U+%04X", cases[i].c);
        }
    }
}

static void
a_known_name_is_found_however_its_blanks_are_written(void **state)
{
    static const struct {
        const char *name, *text;
        size_t len;
    } cases[] = {
        {"a", "a", 1}, {"a", "ab", 0}, {"a", "a b", 1}, {"a b", "a  \n b c", 6}, {"a b", "ab", 0},
        {"a b", "a/* x */b", 9}, {"a-b", "a - b", 5}, {"a - b", "a-b", 3}, {"a-b", "a-bc", 0},
        {"a/b", "a//b", 0}, {"a b ", "a b", 3}, {"ab", "a", 0}, {"a'", "a's", 2}, {"x", "", 0},
        {"年 龄", "年　龄", 9}, {"a(b", "a(b", 3}, {"a．", "a．", 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t got = scope_match(str_of(cases[i].name), str_of(cases[i].text));
        if (got != cases[i].len) {
            fail_msg("%s in %s: %zu", cases[i].name, cases[i].text, got);
        }
    }
}

static void
what_a_word_is_depends_on_what_is_waited_for(void **state)
{
    static const struct {
        const char *text;
        enum lex_mode mode;
        enum token_kind kind;
        size_t at, end;
    } cases[] = {
        {" in x", LEX_OPERATOR, TOKEN_IN, 1, 3},
        {"in", LEX_OPERAND, TOKEN_IN, 0, 2},
        {"index", LEX_OPERAND, TOKEN_NAME, 0, 5},
        {"index of(", LEX_OPERAND, TOKEN_NAME, 0, 8},
        {"index", LEX_OPERATOR, TOKEN_OTHER, 0, 5},
        {"null", LEX_OPERAND, TOKEN_NULL, 0, 4},
        {"null", LEX_OPERATOR, TOKEN_OTHER, 0, 4},
        {".5.6", LEX_OPERAND, TOKEN_NUMBER, 0, 2},
        {"1..5", LEX_OPERAND, TOKEN_NUMBER, 0, 1},
        {"1.e5", LEX_OPERAND, TOKEN_NUMBER, 0, 1},
        {"1.5e+5e", LEX_OPERAND, TOKEN_NUMBER, 0, 6},
        {"1e", LEX_OPERAND, TOKEN_NUMBER, 0, 1},
        {"..5", LEX_OPERATOR, TOKEN_DOTS, 0, 2},
        {"**", LEX_OPERATOR, TOKEN_POWER, 0, 2},
        {"!x", LEX_OPERATOR, TOKEN_OTHER, 0, 1},
        {"@\"x\"", LEX_OPERAND, TOKEN_AT, 0, 4},
        {"@x", LEX_OPERAND, TOKEN_OTHER, 0, 1},
        {"\"a\\\"b\"c", LEX_OPERAND, TOKEN_STRING, 0, 6},
        {"/* a */ // b\n +", LEX_OPERATOR, TOKEN_PLUS, 14, 15},
        {"// /* no comment", LEX_OPERATOR, TOKEN_END, 16, 16},
        {"\xEF\xBB\xBF\xE3\x80\x80", LEX_OPERAND, TOKEN_END, 6, 6},
    };
    struct arena *a = arena_new(1 << 16);
    struct scope scope = {.frame = NULL};
    struct token token;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lexer lx = {.arena = a, .text = str_of(cases[i].text)};
        assert_int_equal(lexer_next(&lx, 0, cases[i].mode, &scope, &token, &err), RC_OK);
        if (token.kind != cases[i].kind || token.at != cases[i].at || token.end != cases[i].end) {
            fail_msg("%s: kind %d from %zu to %zu", cases[i].text, token.kind, token.at, token.end);
        }
    }
    arena_free(a);
}

static void
a_new_name_is_made_normal(void **state)
{
    static const struct {
        const char *text;
        bool until_in;
        const char *name; /* NULL: none begins */
    } cases[] = {
        {"a  b\tc:", false, "a b c"}, {"a + b :", false, "a+b"}, {"a in b", true, "a"},
        {"a in b:", false, "a in b"}, {"in in b", true, "in"}, {"a's /* x */ b)", false, "a's b"},
        {"a/ *b", false, "a/ *b"}, {"1a", false, NULL}, {"", false, NULL}, {"\"a\"", false, NULL},
        {"年 龄：", false, "年 龄：" /* the wide colon is a letter to the standard */},
    };
    struct arena *a = arena_new(1 << 16);
    struct token token;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lexer lx = {.arena = a, .text = str_of(cases[i].text)};
        assert_int_equal(lexer_new_name(&lx, 0, cases[i].until_in, &token, &err), RC_OK);
        if (cases[i].name == NULL) {
            assert_int_equal(token.kind, TOKEN_OTHER);
        } else {
            assert_string_equal(str_c(a, token.text), cases[i].name);
            assert_true(lexer_is_name(token.text));
        }
    }
    assert_false(lexer_is_name(STR("a  b")));
    assert_false(lexer_is_name(STR("a//b")));
    assert_false(lexer_is_name(STR("a - b")));
    assert_false(lexer_is_name(STR("a ")));
    arena_free(a);
}

static void
every_function_of_feel_is_found_by_its_name(void **state)
{
    struct scope scope = {.frame = NULL};
    struct scope_found found;

    (void)state;
    for (size_t i = 0; i < BUILTINS; i++) {
        struct str name = builtin_name((enum builtin)i);
        scope_longest(&scope, name, &found);
        assert_int_equal(found.kind, SCOPE_BUILTIN);
        assert_int_equal(found.slot, i);
        assert_int_equal(found.len, name.len);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_begins_with_a_letter_and_goes_on_with_digits_and_marks),
        cmocka_unit_test(a_known_name_is_found_however_its_blanks_are_written),
        cmocka_unit_test(what_a_word_is_depends_on_what_is_waited_for),
        cmocka_unit_test(a_new_name_is_made_normal),
        cmocka_unit_test(every_function_of_feel_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
