#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/template.h"

enum { ARENA_BYTES = 1 << 20 };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int
setup(void **state)
{
    *state = arena_new(ARENA_BYTES);
    return 0;
}

static int
teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static const struct json *
parsed(struct arena *a, const char *text)
{
    struct json *j = NULL;
    struct err err;

    assert_int_equal(json_parse(a, str_of(text), JSON_ANY, &j, &err), RC_OK);
    return j;
}

static enum rc
compile(struct arena *a, const char *text, unsigned flags, struct template_set **set,
        struct err *err)
{
    struct template_source source[] = {{STR("main"), str_of(text)}, {STR("_p"), STR("x\ny\n")}};

    return template_set_new(a, source, COUNT(source), flags, NULL, set, err);
}

static struct str
rendered(struct arena *a, const char *text, const char *data)
{
    const struct json *frame = parsed(a, data);
    struct template_set *set = NULL;
    struct err err = {0};
    struct str out = STR("");
    struct buf b;

    buf_init(&b, a, 1 << 16);
    assert_int_equal(compile(a, text, TEMPLATE_PLAIN, &set, &err), RC_OK);
    assert_int_equal(template_render(set, STR("main"), &frame, 1, &b, &err), RC_OK);
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    return out;
}

static void
assert_text(struct str got, const char *expected)
{
    if (!str_eq(got, str_of(expected))) {
        fail_msg("got \"%.*s\", expected \"%s\"", STR_ARG(got), expected);
    }
}

static void
values_print_as_the_header_says(void **state)
{
    static const struct {
        const char *text, *data, *expected;
    } cases[] = {
        {"{{a}}", "{\"a\":1.10}", "1.10"},
        {"{{a}}", "{\"a\":9007199254740993}", "9007199254740993"},
        {"{{a}}", "{\"a\":1e400}", "1e400"},
        {"{{a}}", "{\"a\":true}", "true"},
        {"{{a}}", "{\"a\":[1,2]}", ""},
        {"{{a}}", "{\"a\":{\"b\":1}}", ""},
        {"{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":\"\"}", "y"},
        {"{{#a}}{{#.}}x{{/.}}{{^.}}y{{/.}}{{/a}}", "{\"a\":[0,-0,0.0,0e5,0.1,10,-1E2]}", "yyyyxxx"},
        {"{{#a}}x{{/a}}{{^a}}y{{/a}}", "{\"a\":{}}", "x"},
        {"{{#a}}{{#.}}{{.}},{{/.}};{{/a}}", "{\"a\":[[1,2],[],[3]]}", "1,2,;;3,;"},
        {"{{a}}", "{\"a\":\"<b>&'\\\"\"}", "&lt;b&gt;&amp;&#39;&quot;"},
        {"{{=| |=}}|a|{{b}}", "{\"a\":1,\"b\":2}", "1{{b}}"},
        {"{{=<% %>=}}<%{a}%> <%& a%>", "{\"a\":\"<\"}", "< <"},
        {"{{#a}}{{b}}{{c}}{{/a}}", "{\"a\":{\"b\":null},\"b\":1,\"c\":2}", "2"},
        {"政通{{a}}", "{\"a\":\"云溪\"}", "政通云溪"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_text(rendered(*state, cases[i].text, cases[i].data), cases[i].expected);
    }
}

static void
a_partial_alone_on_its_line_indents_source_lines_only(void **state)
{
    static const struct template_source source[] = {
        {STR_INIT("main"), STR_INIT("  {{> a}}\n  {{> b}}end\n")},
        {STR_INIT("a"), STR_INIT("1\n\n {{> b}}\n{{#on}}\n{{v}}\n{{/on}}\nz")},
        {STR_INIT("b"), STR_INIT("{{v}}!\nw\n")},
    };
    struct arena *a = *state;
    const struct json *frame = parsed(a, "{\"on\":true,\"v\":\"p\\nq\"}");
    struct template_set *set;
    struct err err;
    struct str out;
    struct buf b;

    buf_init(&b, a, 1 << 12);
    assert_int_equal(template_set_new(a, source, COUNT(source), 0, NULL, &set, &err), RC_OK);
    assert_int_equal(template_render(set, STR("main"), &frame, 1, &b, &err), RC_OK);
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    assert_text(out, "  1\n  \n   p\nq!\n   w\n  p\nq\n  z  p\nq!\nw\nend\n");
}

static void
the_page_is_asked_before_what_pages_share(void **state)
{
    struct arena *a = *state;
    const struct json *frames[] = {parsed(a, "{\"a\":\"page\",\"o\":{}}"), NULL,
                                   parsed(a, "{\"a\":\"outer\",\"b\":\"shared\",\"o\":{\"x\":1}}")};
    struct template_set *set;
    struct err err;
    struct str out;
    struct buf b;

    buf_init(&b, a, 1 << 12);
    assert_int_equal(compile(a, "{{a}} {{b}} [{{o.x}}]", 0, &set, &err), RC_OK);
    assert_int_equal(template_render(set, STR("main"), frames, 3, &b, &err), RC_OK);
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    assert_text(out, "page shared []");
}

static void
words_are_filled_in_once_and_escaped(void **state)
{
    struct arena *a = *state;
    const struct json *words = parsed(a, "{\"w\":{\"hello\":\"您<好>\",\"n\":{\"x\":2}}}");
    const struct json *frame = parsed(a, "{\"w\":{\"hello\":\"no\"},\"name\":\"沈\"}");
    struct template_source source[] = {{STR("main"), STR("{{w.hello}}，{{name}}{{w.n.x}}")}};
    struct template_set *set;
    struct err err;
    struct str out;
    struct buf b;

    buf_init(&b, a, 1 << 12);
    assert_int_equal(template_set_new(a, source, 1, TEMPLATE_PAGES, words, &set, &err), RC_OK);
    assert_int_equal(template_render(set, STR("main"), &frame, 1, &b, &err), RC_OK);
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    assert_text(out, "您&lt;好&gt;，沈2");

    source[0].text = STR("\n{{w.gone}}");
    assert_int_equal(template_set_new(a, source, 1, TEMPLATE_PAGES, words, &set, &err), RC_INVALID);
    assert_string_equal(err.text, "main:2: no such word: w.gone");
}

static void
a_word_may_hold_names_of_the_page(void **state)
{
    struct arena *a = *state;
    const struct json *words = parsed(a, "{\"w\":{\"step\":\"<{{n}}> of {{ o.m }}!\",\"n\":\"no\","
                                         "\"bad\":\"{{n\",\"worse\":\"{{}}\"}}");
    const struct json *frame = parsed(a, "{\"n\":\"&\",\"o\":{\"m\":6}}");
    struct template_source source[] = {{STR("main"), STR("{{w.step}} {{n}}")}};
    struct template_set *set;
    struct err err;
    struct str out;
    struct buf b;

    buf_init(&b, a, 1 << 12);
    assert_int_equal(template_set_new(a, source, 1, TEMPLATE_PAGES, words, &set, &err), RC_OK);
    assert_int_equal(template_render(set, STR("main"), &frame, 1, &b, &err), RC_OK);
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    assert_text(out, "&lt;&amp;&gt; of 6! &amp;");

    source[0].text = STR("{{w.bad}}");
    assert_int_equal(template_set_new(a, source, 1, TEMPLATE_PAGES, words, &set, &err), RC_INVALID);
    assert_string_equal(err.text, "main:1: a name in a word is not closed: w.bad");
    source[0].text = STR("{{w.worse}}");
    assert_int_equal(template_set_new(a, source, 1, TEMPLATE_PAGES, words, &set, &err), RC_INVALID);
}

static void
mistakes_are_refused_with_name_and_line(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a\n{{b", "main:2: a tag is not closed"},
        {"{{{b}}", "main:1: a tag is not closed"},
        {"{{=a b}}", "main:1: a tag is not closed"},
        {"{{#a}}\n{{/b}}", "main:2: another section is open: a"},
        {"\n\n{{/a}}", "main:3: an end without a section: a"},
        {"{{#a}}\n", "main:2: a section is not closed: a"},
        {"{{}}", "main:1: a tag needs one name"},
        {"{{a b}}", "main:1: a tag needs one name: a b"},
        {"{{a..b}}", "main:1: a name with an empty part or too many: a..b"},
        {"{{.a}}", "main:1: a name with an empty part or too many: .a"},
        {"{{1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7}}",
         "main:1: a name with an empty part or too many: 1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7"},
        {"{{=a=}}", "main:1: delimiters are two words without =: a"},
        {"{{=a b c=}}", "main:1: delimiters are two words without =: a b c"},
        {"{{==b c=}}", "main:1: delimiters are two words without =: =b c"},
        {"x\n{{{a}}}", "main:2: unescaped values are not allowed here: a"},
        {"{{&a}}", "main:1: unescaped values are not allowed here: a"},
        {"{{>gone}}", "main:1: no such partial: gone"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct template_set *set = NULL;
        struct err err = {0};

        assert_int_equal(compile(*state, cases[i].text, TEMPLATE_PAGES, &set, &err), RC_INVALID);
        assert_string_equal(err.text, cases[i].message);
        assert_null(set);
    }
}

static void
a_name_twice_in_a_set_is_refused(void **state)
{
    static const struct template_source source[] = {{STR_INIT("a"), STR_INIT("")},
                                                    {STR_INIT("a"), STR_INIT("")}};
    struct template_set *set = NULL;
    struct err err;

    assert_int_equal(template_set_new(*state, source, 2, 0, NULL, &set, &err), RC_INVALID);
    assert_int_equal(template_set_new(*state, source, 1, 0, NULL, &set, &err), RC_OK);
    assert_true(template_set_has(set, STR("a")));
    assert_false(template_set_has(set, STR("b")));
}

static enum rc
render_rc(struct arena *a, const char *text, const char *data, unsigned flags, struct err *err)
{
    const struct json *frame = parsed(a, data);
    struct template_source source[] = {{STR("main"), str_of(text)},
                                       {STR("deep"), STR("{{> deep}}")},
                                       {STR("twice"), STR("{{#a}}{{> twice}}{{> twice}}{{/a}}")}};
    struct template_set *set;
    struct buf b;

    buf_init(&b, a, 1 << 12);
    assert_int_equal(template_set_new(a, source, COUNT(source), flags, NULL, &set, err), RC_OK);
    return template_render(set, STR("main"), &frame, 1, &b, err);
}

static void
recursion_and_work_have_limits(void **state)
{
    struct template_source deep = {.name = STR("main")};
    struct template_set *set;
    struct buf text;
    struct err err;

    assert_int_equal(render_rc(*state, "{{> deep}}", "{}", 0, &err), RC_LIMIT);
    assert_int_equal(render_rc(*state, "{{> twice}}", "{\"a\":{}}", 0, &err), RC_LIMIT);
    /* 40^5 rounds that print nothing: the output limit would never stop them. */
    assert_int_equal(render_rc(*state,
                               "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{/a}}{{/a}}{{/a}}{{/a}}{{/a}}",
                               "{\"a\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
                               "0,0,0,0,0,0,0,0,0,0,0]}",
                               0, &err),
                     RC_LIMIT);

    buf_init(&text, *state, 1 << 12);
    for (size_t i = 0; i < TEMPLATE_DEPTH_MAX + 1; i++) {
        buf_put(&text, STR("{{#a}}"));
    }
    assert_int_equal(buf_finish(&text, &deep.text, &err), RC_OK);
    assert_int_equal(template_set_new(*state, &deep, 1, 0, NULL, &set, &err), RC_INVALID);
    assert_string_equal(err.text, "main:1: sections nested too deep: a");
}

static void
a_name_that_no_frame_has_shows_when_asked_for(void **state)
{
    struct err err = {0};

    assert_int_equal(render_rc(*state, "{{a}}{{b.c}}", "{\"a\":1,\"b\":{}}", 0, &err), RC_OK);
    assert_int_equal(
        render_rc(*state, "{{a}}{{b.c}}", "{\"a\":1,\"b\":{}}", TEMPLATE_NAMES_EXIST, &err),
        RC_INVALID);
    assert_string_equal(err.text, "no value for b.c");
    assert_int_equal(render_rc(*state, "{{a}}{{#b}}{{c}}{{/b}}", "{\"a\":null,\"b\":[]}",
                               TEMPLATE_NAMES_EXIST, &err),
                     RC_OK);
}

static void
an_unknown_template_is_not_found(void **state)
{
    const struct json *frame = parsed(*state, "{}");
    struct template_set *set;
    struct err err;
    struct buf b;

    buf_init(&b, *state, 100);
    assert_int_equal(compile(*state, "", 0, &set, &err), RC_OK);
    assert_int_equal(template_render(set, STR("gone"), &frame, 1, &b, &err), RC_NOT_FOUND);
}

static void
output_stops_at_the_limit_of_the_buf(void **state)
{
    const struct json *frame = parsed(*state, "{\"a\":[1,2,3,4,5,6,7,8,9]}");
    struct template_set *set;
    struct err err;
    struct str out;

    assert_int_equal(compile(*state, "{{#a}}{{.}}234567{{/a}}", 0, &set, &err), RC_OK);
    for (size_t limit = 0; limit < 70; limit++) {
        struct buf b;
        buf_init(&b, *state, limit);
        assert_int_equal(template_render(set, STR("main"), &frame, 1, &b, &err), RC_OK);
        assert_int_equal(buf_finish(&b, &out, &err), limit < 63 ? RC_LIMIT : RC_OK);
    }
    assert_int_equal(out.len, 63);
}

/* Fail the nth allocation, n = 1, 2, …: each failure is RC_LIMIT and leaves the output alone. */
static void
compiling_survives_a_full_arena_at_every_allocation(void **state)
{
    struct arena *words_arena = *state;
    const struct json *words = parsed(words_arena, "{\"w\":{\"a\":\"<1>\"}}");
    struct template_source source[] = {
        {STR("main"), STR("{{w.a}}{{#a}}{{b.c}}{{> p}}{{/a}}{{^a}}{{d}}{{/a}}")},
        {STR("p"), STR("text {{w.a}}")},
    };
    enum rc rc = RC_LIMIT;
    size_t n;

    for (n = 1; rc != RC_OK; n++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct template_set *set = NULL;
        struct err err;

        arena_fail_at(a, n);
        rc = template_set_new(a, source, COUNT(source), TEMPLATE_PAGES, words, &set, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_true((rc == RC_OK) == (set != NULL));
        arena_free(a);
        assert_true(n < 100);
    }
    assert_true(n > 5);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(values_print_as_the_header_says),
        CASE(a_partial_alone_on_its_line_indents_source_lines_only),
        CASE(the_page_is_asked_before_what_pages_share),
        CASE(words_are_filled_in_once_and_escaped),
        CASE(a_word_may_hold_names_of_the_page),
        CASE(mistakes_are_refused_with_name_and_line),
        CASE(a_name_twice_in_a_set_is_refused),
        CASE(recursion_and_work_have_limits),
        CASE(a_name_that_no_frame_has_shows_when_asked_for),
        CASE(an_unknown_template_is_not_found),
        CASE(output_stops_at_the_limit_of_the_buf),
        CASE(compiling_survives_a_full_arena_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
