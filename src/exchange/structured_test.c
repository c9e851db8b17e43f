#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exchange/structured.h"

enum { ITEM, LIST, DICTIONARY };

/* Parse as what, write again: the text expected, or NULL where the RFC's algorithm fails. */
static const struct {
    int what;
    const char *text;
    const char *canonical;
} cases[] = {
    {ITEM, "5", "5"},
    {ITEM, "  -0  ", "0"},
    {ITEM, "999999999999999", "999999999999999"},
    {ITEM, "1000000000000000", NULL},
    {ITEM, "-", NULL},
    {ITEM, "+1", NULL},
    {ITEM, "1.5", "1.5"},
    {ITEM, "-1.500", "-1.5"},
    {ITEM, "1.0", "1.0"},
    {ITEM, "0.001", "0.001"},
    {ITEM, "1.", NULL},
    {ITEM, "1.2345", NULL},
    {ITEM, "1234567890123.1", NULL},
    {ITEM, "\"a \\\"b\\\" \\\\\"", "\"a \\\"b\\\" \\\\\""},
    {ITEM, "\"a\\n\"", NULL},
    {ITEM, "\"open", NULL},
    {ITEM, "\"tab\there\"", NULL},
    {ITEM, "foo123/456", "foo123/456"},
    {ITEM, "*x:y", "*x:y"},
    {ITEM, ":cHJldGVuZA==:", ":cHJldGVuZA==:"},
    {ITEM, "::", "::"},
    {ITEM, ":cHJl!GVuZA==:", NULL},
    {ITEM, ":cHJldGVuZA==", NULL},
    {ITEM, "?1", "?1"},
    {ITEM, "?0;a", "?0;a"},
    {ITEM, "?2", NULL},
    {ITEM, "@1659578233", "@1659578233"},
    {ITEM, "@1.5", NULL},
    {ITEM, "%\"This is %e4%b8%ad\"", "%\"This is %e4%b8%ad\""},
    {ITEM, "%\"%E4%B8%AD\"", NULL},
    {ITEM, "%\"%c3%28\"", NULL},
    {ITEM, "%\"%c", NULL},
    {ITEM, "%x", NULL},
    {ITEM, "5; foo=bar;  q", "5;foo=bar;q"},
    {ITEM, "5;a=1;b=2;a=3", "5;a=3;b=2"},
    {ITEM, "5;A=1", NULL},
    {ITEM, "5 6", NULL},
    {ITEM, "", NULL},
    {ITEM, "(1 2)", NULL},
    {LIST, "", ""},
    {LIST, "sugar ,\ttea, rum", "sugar, tea, rum"},
    {LIST, "(\"foo\" \"bar\"), (\"baz\"), ()", "(\"foo\" \"bar\"), (\"baz\"), ()"},
    {LIST, "( a   b );lvl=5, c", "(a b);lvl=5, c"},
    {LIST, "a,", NULL},
    {LIST, ",a", NULL},
    {LIST, "a b", NULL},
    {LIST, "(a b", NULL},
    {LIST, "(a,b)", NULL},
    {LIST, "((a))", NULL},
    {DICTIONARY, "", ""},
    {DICTIONARY, "en=\"Applepie\", da=:w4ZibGV0w6ZydGU=:", "en=\"Applepie\", da=:w4ZibGV0w6ZydGU=:"},
    {DICTIONARY, "a=?0, b, c; foo=bar", "a=?0, b, c;foo=bar"},
    {DICTIONARY, "rating=1.5, feelings=(joy sadness)", "rating=1.5, feelings=(joy sadness)"},
    {DICTIONARY, "a=1,b=2;x=1;y=2,a=?1", "a, b=2;x=1;y=2"},
    {DICTIONARY, "a=1,", NULL},
    {DICTIONARY, "a= 1", NULL},
    {DICTIONARY, "A=1", NULL},
    {DICTIONARY, "a==1", NULL},
    {DICTIONARY, "1=1", NULL},
};

static enum rc
rewrite(struct arena *a, int what, struct str text, struct str *out, struct err *err)
{
    struct structured *v;
    struct buf b;
    enum rc rc = RC_INVALID;

    buf_init(&b, a, 4096);
    if (what == ITEM && (rc = structured_item(a, text, &v, err)) == RC_OK) {
        structured_put(&b, v);
    } else if (what == LIST && (rc = structured_list(a, text, &v, err)) == RC_OK) {
        structured_put_list(&b, v);
    } else if (what == DICTIONARY &&
               (rc = structured_dictionary(a, text, false, &v, err)) == RC_OK) {
        structured_put_dictionary(&b, v);
    }
    return rc != RC_OK ? rc : buf_finish(&b, out, err);
}

static void
every_kind_of_value_is_read_and_written_in_its_canonical_form(void **state)
{
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str got = {NULL, 0};
        struct err err;
        enum rc rc = rewrite(a, cases[i].what, str_of(cases[i].text), &got, &err);
        bool right = cases[i].canonical == NULL
                         ? rc == RC_INVALID
                         : rc == RC_OK && str_eq(got, str_of(cases[i].canonical));
        if (!right) {
            fail_msg("%s gave %s %.*s", cases[i].text, rc_name(rc), STR_ARG(got));
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void
a_key_that_stands_twice_is_refused_where_it_must_be_unique(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct structured *v;
    struct err err;

    (void)state;
    assert_int_equal(structured_dictionary(a, STR("a=1, b=2"), true, &v, &err), RC_OK);
    assert_int_equal(structured_dictionary(a, STR("a=1, a=1"), true, &v, &err), RC_INVALID);
    assert_int_equal(structured_dictionary(a, STR("a=1;x;x"), true, &v, &err), RC_INVALID);
    arena_free(a);
}

static void
a_text_beyond_ascii_becomes_a_display_string_and_comes_back(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct structured *v;
    struct err err;
    struct str out;
    struct buf b;

    (void)state;
    buf_init(&b, a, 4096);
    structured_put_text(&b, STR("食品安全法 35 \"条\" 100%"));
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    assert_true(str_starts(out, STR("%\"%e9%a3%9f")));
    assert_int_equal(structured_item(a, out, &v, &err), RC_OK);
    assert_int_equal(v->kind, STRUCTURED_DISPLAY);
    assert_true(str_eq(v->text, STR("食品安全法 35 \"条\" 100%")));
    arena_free(a);
}

static void
too_many_values_are_a_limit_and_not_a_long_wait(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct structured *v;
    struct err err;
    struct str text;
    struct buf b;

    (void)state;
    buf_init(&b, a, 1 << 16);
    for (int i = 0; i < 3000; i++) {
        buf_put_fmt(&b, "%sk%d", i > 0 ? "," : "", i);
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    assert_int_equal(structured_dictionary(a, text, true, &v, &err), RC_LIMIT);
    arena_free(a);
}

static void
any_memory_limit_gives_a_limit_and_nothing_else(void **state)
{
    const struct str text = STR("a=\"x\\\\y\";p=:YWJj:, b=(1 2.5 %\"%e4%b8%ad\");q, c=@5");
    enum rc rc = RC_LIMIT;
    size_t limit_bytes;

    (void)state;
    for (limit_bytes = 1; rc == RC_LIMIT && limit_bytes < 65536; limit_bytes += 16) {
        struct arena *a = arena_new(limit_bytes);
        struct str out;
        struct err err;
        rc = rewrite(a, DICTIONARY, text, &out, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(limit_bytes > text.len);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_read_and_written_in_its_canonical_form),
        cmocka_unit_test(a_key_that_stands_twice_is_refused_where_it_must_be_unique),
        cmocka_unit_test(a_text_beyond_ascii_becomes_a_display_string_and_comes_back),
        cmocka_unit_test(too_many_values_are_a_limit_and_not_a_long_wait),
        cmocka_unit_test(any_memory_limit_gives_a_limit_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
