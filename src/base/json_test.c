#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_int.h"

static struct json *
parsed(struct arena *a, struct str text)
{
    struct json *tree = NULL;
    struct err err;

    if (json_parse(a, text, JSON_ANY, &tree, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(text), err.text);
    }
    return tree;
}

static void
assert_printed(struct arena *a, const struct json *j, const char *want)
{
    struct str got;
    struct err err;

    assert_int_equal(json_print(a, j, &got, &err), RC_OK);
    if (!str_eq(got, str_of(want))) {
        fail_msg("got  %.*s\nwant %s", STR_ARG(got), want);
    }
}

static void
a_document_is_read_and_written_as_it_was(void **state)
{
    static const struct {
        struct str in;
        const char *out; /* NULL: the same */
    } cases[] = {
        {STR_INIT("null"), NULL},
        {STR_INIT(" \n\r\ttrue \n"), "true"},
        {STR_INIT("false"), NULL},
        {STR_INIT("\"\""), NULL},
        {STR_INIT("[]"), NULL},
        {STR_INIT("{}"), NULL},
        {STR_INIT("[ ]"), "[]"},
        {STR_INIT("{ }"), "{}"},
        {STR_INIT("-0"), NULL},
        {STR_INIT("12345678901234567890123.4500e-0007"), NULL},
        {STR_INIT("{\"a\" : [1 , {\"b\":null}, [ ]] , \"\" : \"x\"}"),
         "{\"a\":[1,{\"b\":null},[]],\"\":\"x\"}"},
        {STR_INIT("\"中文 \xF0\x9F\x98\x80 \x7F\""), NULL},
        {STR_INIT("\"\\u4e2d\\uD83D\\ude00\\/\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001F\\u2028\""),
         "\"中\xF0\x9F\x98\x80/\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\xE2\x80\xA8\""},
        {STR_INIT("\"a long text of more than eight bytes \\n and then some more of it\""), NULL},
        {STR_INIT("\"\\uD800\\uDC00\\uDBFF\\uDFFF\\ud7ff\\ue000\\uffff\""),
         "\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\""},
        {STR_INIT("{\"a long name with \\\"quotes\\\" in it\":1}"), NULL},
        {STR_INIT("{\"a\":1,\"a\":2}"), NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 16);
        const struct json *tree = parsed(a, cases[i].in);
        assert_printed(a, tree, cases[i].out == NULL ? cases[i].in.ptr : cases[i].out);
        arena_free(a);
    }
}

static void
a_broken_document_is_refused_with_its_place(void **state)
{
    static const struct {
        struct str in;
        const char *where;
    } cases[] = {
        {STR_INIT(""), "no value at byte 0"},
        {{NULL, 0}, "no value at byte 0"},
        {STR_INIT("  "), "no value at byte 2"},
        {STR_INIT("nul"), "no value at byte 0"},
        {STR_INIT("nulL"), "no value at byte 0"},
        {STR_INIT("tru"), "no value at byte 0"},
        {STR_INIT("truE"), "no value at byte 0"},
        {STR_INIT("falsy"), "no value at byte 0"},
        {STR_INIT("True"), "no value at byte 0"},
        {STR_INIT("1 2"), "more than one document at byte 2"},
        {STR_INIT("01"), "bad number at byte 0"},
        {STR_INIT("-"), "bad number at byte 0"},
        {STR_INIT("1."), "bad number at byte 0"},
        {STR_INIT("1.e1"), "bad number at byte 0"},
        {STR_INIT("1e"), "bad number at byte 0"},
        {STR_INIT("1e+"), "bad number at byte 0"},
        {STR_INIT("1E-x"), "bad number at byte 0"},
        {STR_INIT("+1"), "no value at byte 0"},
        {STR_INIT(".5"), "no value at byte 0"},
        {STR_INIT("[1,]"), "no value at byte 3"},
        {STR_INIT("[,1]"), "no value at byte 1"},
        {STR_INIT("[1 1]"), "neither a comma nor the end of what is open at byte 3"},
        {STR_INIT("[1"), "neither a comma nor the end of what is open at byte 2"},
        {STR_INIT("[1}"), "neither a comma nor the end of what is open at byte 2"},
        {STR_INIT("[}"), "neither a comma nor the end of what is open at byte 1"},
        {STR_INIT("{]"), "neither a comma nor the end of what is open at byte 1"},
        {STR_INIT("]"), "no value at byte 0"},
        {STR_INIT("{\"a\":1]"), "neither a comma nor the end of what is open at byte 6"},
        {STR_INIT("{a:1}"), "no name of a member at byte 1"},
        {STR_INIT("{\"a\" 1}"), "no colon after a name at byte 5"},
        {STR_INIT("{\"a\":}"), "no value at byte 5"},
        {STR_INIT("{\"a\":1,}"), "no name of a member at byte 7"},
        {STR_INIT("{\"a"), "string without end at byte 3"},
        {STR_INIT("\"abcdefgh"), "string without end at byte 9"},
        {STR_INIT("\"abc\\"), "string without end at byte 4"},
        {STR_INIT("\"abc\\\""), "string without end at byte 6"},
        {STR_INIT("\"abcdefg\nh\""), "raw control character at byte 8"},
        {STR_INIT("\"a\0b\""), "raw control character at byte 2"},
        {STR_INIT("\"\\x\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"abc\\u12\""), "bad escape or lone surrogate at byte 4"},
        {STR_INIT("\"\\u12g4\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\u 123\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\ud800\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\ud800a\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\ud800abcdefgh\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\ud800\\n12345\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\ud800\\ud800\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\ud800\\ue000\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\ud800\\u0041\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\\udc00\\ud800\""), "bad escape or lone surrogate at byte 1"},
        {STR_INIT("\"\xFF\""), "bytes that are no UTF-8 in the string at byte 0"},
        {STR_INIT("\"12345678\xC3\""), "bytes that are no UTF-8 in the string at byte 0"},
        {STR_INIT("\"\xC3\\n\xA4\""), "bytes that are no UTF-8 in the string at byte 0"},
        {STR_INIT("\xEF\xBB\xBF{}"), "no value at byte 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 16);
        struct json *tree = NULL;
        struct err err;
        assert_int_equal(json_parse(a, cases[i].in, JSON_ANY, &tree, &err), RC_INVALID);
        assert_null(tree);
        if (!str_eq(str_from(str_of(err.text), 6), str_of(cases[i].where))) {
            fail_msg("%.*s: \"%s\", want \"%s\"", STR_ARG(cases[i].in), err.text, cases[i].where);
        }
        arena_free(a);
    }
}

/* The scan looks at eight bytes at once: each byte of each alignment must be seen for what it is. */
static void
every_byte_at_every_place_of_a_string_counts(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 20; len++) {
        for (size_t at = 0; at < len; at++) {
            for (int c = 0; c < 256; c++) {
                char text[24];
                uint64_t bits = 0;
                memset(text, at % 2 == 0 ? 0x20 : 0xFF, sizeof(text));
                text[at] = (char)c;
                size_t span = json_plain_span(text, len, &bits);
                bool special = c < 0x20 || c == '"' || c == '\\';
                assert_int_equal(span, special ? at : len);
                if (span == len) { /* else the bits may come from behind */
                    assert_int_equal((bits & JSON_HIGH_BITS) != 0, c >= 0x80 || (at % 2 && len > 1));
                }
            }
        }
    }
}

static void
a_plain_string_points_into_the_text_that_was_parsed(void **state)
{
    struct arena *a = arena_new(4096);
    const char *text = "[\"plain\",\"with\\nescape\",17]";

    (void)state;
    const struct json *tree = parsed(a, str_of(text));
    assert_ptr_equal(tree->first->text.ptr, text + 2);
    assert_true(str_eq(tree->first->next->text, STR("with\nescape")));
    assert_ptr_equal(tree->last->text.ptr, text + 24);
    arena_free(a);
}

static void
depth_ends_at_its_limit(void **state)
{
    char text[4 * JSON_DEPTH_MAX + 16];

    (void)state;
    for (int depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        struct arena *a = arena_new(1 << 16);
        struct json *tree = NULL;
        struct str out;
        struct err err;
        size_t len = 0;
        for (int i = 0; i < depth; i++) {
            text[len++] = '[';
        }
        text[len++] = '0';
        for (int i = 0; i < depth; i++) {
            text[len++] = ']';
        }
        struct str whole = {text, len};
        enum rc want = depth > JSON_DEPTH_MAX ? RC_LIMIT : RC_OK;
        assert_int_equal(json_parse(a, whole, JSON_ANY, &tree, &err), want);

        /* The same tree by hand: what cannot be read is not written either. */
        struct json *built = json_int(a, 0);
        for (int i = 0; i < depth; i++) {
            struct json *outer = json_array(a);
            json_push(outer, built);
            built = outer;
        }
        assert_int_equal(json_print(a, built, &out, &err), want);
        assert_int_equal(json_canonical(a, built, &out, &err), want);
        assert_int_equal(json_whole(built, &err), want);
        assert_int_equal(json_copy(a, built) == NULL, want != RC_OK);
        struct json *nested = json_int(a, 0);
        for (int i = 0; i < depth; i++) {
            struct json *outer = json_object(a);
            json_set(a, outer, "a", nested);
            nested = outer;
        }
        assert_int_equal(json_canonical(a, nested, &out, &err), want);
        assert_int_equal(json_print(a, nested, &out, &err), want);
        if (want == RC_OK) {
            assert_int_equal(json_parse(a, out, JSON_UNIQUE, &nested, &err), RC_OK);
            assert_int_equal(json_print(a, built, &out, &err), RC_OK);
            assert_true(str_eq(out, whole));
            assert_true(json_equal(tree, built));
            assert_true(json_equal(json_copy(a, tree), built));
        } else {
            assert_false(json_equal(built->first, json_copy(a, built->first->first)));
        }
        arena_free(a);
    }
}

static void
a_text_past_four_gigabytes_is_not_even_looked_at(void **state)
{
    struct arena *a = arena_new(4096);
    struct json *tree = NULL;
    struct str text = {"", (size_t)UINT32_MAX + 1};
    struct err err;

    (void)state;
    assert_int_equal(json_parse(a, text, JSON_ANY, &tree, &err), RC_LIMIT);
    assert_null(tree);
    arena_free(a);
}

static void
a_deep_difference_is_not_overlooked(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct json *one = json_int(a, 1);
    struct json *same = json_int(a, 1);

    (void)state;
    for (int i = 0; i <= JSON_DEPTH_MAX; i++) {
        struct json *outer = json_array(a), *outer_same = json_array(a);
        json_push(outer, one);
        json_push(outer_same, same);
        one = outer;
        same = outer_same;
    }
    assert_false(json_equal(one, same)); /* past the depth nothing is claimed */
    arena_free(a);
}

static void
a_name_twice_is_refused_where_asked(void **state)
{
    (void)state;
    for (int members = 2; members < 40; members++) {
        for (int twin = 0; twin < members; twin++) {
            struct arena *a = arena_new(1 << 16);
            struct json *tree = NULL;
            struct str text;
            struct err err;
            struct buf b;
            buf_init(&b, a, 4096);
            buf_put(&b, STR("[{"));
            for (int i = 0; i < members; i++) {
                /* Member 0 is written with an escape: names are compared decoded. */
                buf_put_fmt(&b, "%s\"%s%d\":{}", i == 0 ? "" : ",", i == 0 ? "\\u006e" : "n",
                            i == members - 1 ? twin : i);
            }
            buf_put(&b, STR("}]"));
            assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
            enum rc want = twin == members - 1 ? RC_OK : RC_INVALID;
            assert_int_equal(json_parse(a, text, JSON_UNIQUE, &tree, &err), want);
            assert_int_equal(json_parse(a, text, JSON_ANY, &tree, &err), RC_OK);
            assert_int_equal(json_canonical(a, tree, &text, &err), want);
            arena_free(a);
        }
    }
}

/* Each allocation in turn fails: the error is RC_LIMIT, *out is untouched, and the last try is right. */
static void
parsing_without_memory_is_a_limit(void **state)
{
    static const char text[] = "{\"a\":[1,true,null,\"x\\ny\"],\"\\u0062\":{\"c\":\"中\"},\"1\":1,\"2\":1,"
                               "\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,"
                               "\"9\":1,\"10\":1,\"11\":1,\"12\":1,\"13\":1,\"14\":1,\"15\":1}";
    enum rc rc = RC_LIMIT;
    size_t n = 0;

    (void)state;
    while (rc != RC_OK) {
        struct arena *a = arena_new(1 << 16);
        struct json *tree = NULL;
        struct err err;
        arena_fail_at(a, ++n);
        rc = json_parse(a, str_of(text), JSON_UNIQUE, &tree, &err);
        assert_true(rc == RC_OK || (rc == RC_LIMIT && tree == NULL));
        if (rc == RC_OK) {
            assert_int_equal(json_get(tree, "a")->count, 4);
        }
        arena_free(a);
    }
    assert_true(n > 15);
}

/* Everything that builds, in one go. */
static struct json *
build(struct arena *a)
{
    struct json *root = json_object(a);
    struct json *list = json_array(a);
    struct json *inner = json_object(a);

    json_set(a, root, "list", list); /* before it is filled: what is lost below must still be found */
    json_push(list, json_null(a));
    json_push(list, json_number(a, STR("12.50")));
    json_push(list, json_text(a, STR("a\"b")));
    json_push(list, inner);
    json_set_bool(a, inner, "yes", true);
    json_set_bool(a, inner, "no", false);
    json_set_int(a, root, "least", INT64_MIN);
    json_set_text(a, root, "文", STR("字"));
    json_set_key(a, root, STR("k\0y"), json_array(a));
    json_set(a, root, "broken", json_text(a, STR("a\xFFz")));
    return root;
}

static const char built_text[] =
    "{\"list\":[null,12.50,\"a\\\"b\",{\"yes\":true,\"no\":false}],\"least\":-9223372036854775808,"
    "\"文\":\"字\",\"k\\u0000y\":[],\"broken\":\"a\xEF\xBF\xBDz\"}";

static void
a_tree_is_built_and_written(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct json *tree = build(a);
    struct buf b;
    struct str text;
    struct err err;

    (void)state;
    assert_int_equal(json_whole(tree, &err), RC_OK);
    assert_printed(a, tree, built_text);
    assert_printed(a, json_copy(a, tree), built_text);
    assert_null(json_copy(a, tree->first)->key.ptr);
    assert_true(json_equal(parsed(a, str_of(built_text)), tree));
    buf_init(&b, a, 4096);
    json_write_pretty(&b, parsed(a, STR("{\"a\":[1,{}],\"b\":[],\"c\":{\"d\":null}}")));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    static const char pretty[] = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": {\n"
                                 "    \"d\": null\n  }\n}";
    assert_true(str_eq(text, str_of(pretty)));
    arena_free(a);
}

/* Whichever allocation fails while building, nothing that is incomplete can be printed. */
static void
a_tree_that_lost_a_part_is_never_written(void **state)
{
    bool complete = false;
    size_t n = 0;

    (void)state;
    while (!complete) {
        struct arena *a = arena_new(1 << 16);
        struct str text = STR("untouched");
        struct err err;
        arena_fail_at(a, ++n);
        struct json *tree = build(a);
        arena_fail_at(a, 0);
        complete = tree != NULL && tree->count == 5 && !tree->lost &&
                   json_get(tree, "list")->count == 4 && !json_get(tree, "list")->lost &&
                   !json_path(tree, "list.3")->lost;
        enum rc want = complete ? RC_OK : RC_LIMIT;
        assert_int_equal(json_whole(tree, &err), want);
        assert_int_equal(json_print(a, tree, &text, &err), want);
        /* INT64_MIN has no canonical form, so this must fail for one reason or the other. */
        assert_int_not_equal(json_canonical(a, json_copy(a, tree), &text, &err), RC_OK);
        if (!complete) {
            assert_true(str_eq(text, STR("untouched")));
        }
        arena_free(a);
    }
    assert_true(n > 20);
}

static void
copying_printing_and_sorting_without_memory_is_a_limit(void **state)
{
    struct arena *a = arena_new(1 << 16);
    const struct json *tree = parsed(a, STR("{\"b\":[1,\"x\\n\"],\"a\":{\"c\":2}}"));
    enum rc rc = RC_LIMIT;
    struct json *copy = NULL;
    size_t n = 0;

    (void)state;
    while (copy == NULL || rc != RC_OK) {
        struct arena *small = arena_new(1 << 16);
        struct str text = STR("untouched");
        struct err err;
        arena_fail_at(small, ++n);
        copy = json_copy(small, tree);
        arena_fail_at(small, n);
        rc = json_canonical(small, tree, &text, &err);
        assert_true(rc == RC_OK || (rc == RC_LIMIT && str_eq(text, STR("untouched"))));
        arena_free(small);
    }
    assert_true(n > 10);
    arena_free(a);
}

static void
nothing_is_added_to_nothing(void **state)
{
    struct arena *a = arena_new(4096);
    struct str text;
    struct err err;

    (void)state;
    json_push(NULL, json_null(a));
    json_push(NULL, NULL);
    json_set(a, NULL, "a", json_null(a));
    assert_int_equal(json_whole(NULL, &err), RC_LIMIT);
    assert_int_equal(json_print(a, NULL, &text, &err), RC_LIMIT);
    assert_int_equal(json_canonical(a, NULL, &text, &err), RC_LIMIT);
    assert_null(json_copy(a, NULL));
    assert_true(json_equal(NULL, NULL));
    assert_false(json_equal(json_null(a), NULL));
    assert_false(json_equal(NULL, json_null(a)));
    arena_free(a);
}

static void
setting_a_name_again_replaces_its_member(void **state)
{
    static const struct {
        const char *key;
        const char *want;
    } cases[] = {
        {"a", "{\"a\":9,\"b\":2,\"c\":3}"},
        {"b", "{\"a\":1,\"b\":9,\"c\":3}"},
        {"c", "{\"a\":1,\"b\":2,\"c\":9}"},
        {"d", "{\"a\":1,\"b\":2,\"c\":3,\"d\":9}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 14);
        struct json *tree = parsed(a, STR("{\"a\":1,\"b\":2,\"c\":3}"));
        json_set_int(a, tree, cases[i].key, 9);
        assert_printed(a, tree, cases[i].want);
        json_set_int(a, tree, "e", 5); /* the end of the list is still its end */
        assert_true(json_is(json_get(tree, "e"), JSON_NUMBER));
        assert_ptr_equal(json_get(tree, "e"), tree->last);
        arena_free(a);
    }
}

static void
looking_finds_what_is_there(void **state)
{
    struct arena *a = arena_new(1 << 14);
    const struct json *t =
        parsed(a, STR("{\"s\":\"x\",\"n\":7,\"f\":1.5,\"t\":true,\"u\":false,\"z\":null,\"\":3,"
                      "\"l\":[{\"k\":\"v\"},[1,2]],\"twice\":1,\"twice\":2}"));

    (void)state;
    assert_true(str_eq(json_str(t, "s"), STR("x")));
    assert_true(str_eq(json_str(t, "n"), STR("")));
    assert_true(str_eq(json_str(t, "absent"), STR("")));
    assert_true(str_eq(json_str(NULL, "s"), STR("")));
    assert_int_equal(json_int_or(t, "n", -1), 7);
    assert_int_equal(json_int_or(t, "f", -1), -1);
    assert_int_equal(json_int_or(t, "s", -1), -1);
    assert_int_equal(json_int_or(t, "absent", -1), -1);
    assert_int_equal(json_int_or(t, "twice", -1), 2);
    assert_true(json_true(t, "t"));
    assert_false(json_true(t, "u"));
    assert_false(json_true(t, "s"));
    assert_false(json_true(t, "absent"));
    assert_true(json_is(json_get(t, "z"), JSON_NULL));
    assert_false(json_is(NULL, JSON_NULL));
    assert_null(json_get(json_get(t, "l"), "k"));
    assert_true(str_eq(json_path(t, "l.0.k")->text, STR("v")));
    assert_true(str_eq(json_path(t, "l.1.1")->text, STR("2")));
    assert_null(json_path(t, "l.2"));
    assert_null(json_path(t, "l.-1"));
    assert_null(json_path(t, "l.x"));
    assert_null(json_path(t, "s.x"));
    assert_null(json_path(NULL, "s"));
    assert_ptr_equal(json_path(t, ""), t);
    assert_int_equal(json_int_or(t, "", -1), 3);
    arena_free(a);
}

static void
equality_is_of_values(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"null", "null", true},
        {"null", "false", false},
        {"true", "true", true},
        {"true", "false", false},
        {"\"a\"", "\"\\u0061\"", true},
        {"\"a\"", "\"b\"", false},
        {"1", "\"1\"", false},
        {"1", "1.0", true},
        {"100", "1e2", true},
        {"0.00120", "12E-4", true},
        {"-0", "0.0e5", true},
        {"0", "1", false},
        {"1", "-1", false},
        {"1", "10", false},
        {"12", "13", false},
        {"12", "123", false},
        {"9007199254740993", "9007199254740992", false},
        {"1e400", "10e399", true},
        {"1e99999999999999999999", "1e99999999999999999999", true},
        {"1e99999999999999999999", "1e99999999999999999998", false},
        {"1e-99999999999999999999", "1e1", false},
        {"1", "1e99999999999999999999", false},
        {"[1,2]", "[1,2]", true},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1]", false},
        {"{\"a\":1,\"b\":[]}", "{\"b\":[],\"a\":1}", true},
        {"{\"a\":1,\"b\":[]}", "{\"b\":[0],\"a\":1}", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"c\":1}", false},
        {"{\"a\":1,\"b\":1,\"a\":1}", "{\"b\":1,\"a\":1,\"c\":5}", false},
        {"{\"b\":1,\"a\":1,\"c\":5}", "{\"a\":1,\"b\":1,\"a\":1}", false},
        {"{\"a\":1}", "[1]", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 14);
        struct json *one = parsed(a, str_of(cases[i].a));
        struct json *other = parsed(a, str_of(cases[i].b));
        if (json_equal(one, other) != cases[i].equal || json_equal(other, one) != cases[i].equal) {
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        }
        arena_free(a);
    }
}

/* The cost must not double with each level, whatever the order of the members. */
static void
deep_objects_in_another_order_are_compared_in_time(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct json *one = json_int(a, 1);
    struct json *other = json_int(a, 1);

    (void)state;
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        struct json *outer = json_object(a), *turned = json_object(a);
        json_set(a, outer, "a", one);
        json_set_int(a, outer, "b", 1);
        json_set_int(a, outer, "c", 1);
        json_set(a, turned, "a", other);
        json_set_int(a, turned, "c", 1);
        json_set_int(a, turned, "b", 1);
        one = outer;
        other = turned;
    }
    assert_true(json_equal(one, other));
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read_and_written_as_it_was),
        cmocka_unit_test(a_broken_document_is_refused_with_its_place),
        cmocka_unit_test(every_byte_at_every_place_of_a_string_counts),
        cmocka_unit_test(a_plain_string_points_into_the_text_that_was_parsed),
        cmocka_unit_test(depth_ends_at_its_limit),
        cmocka_unit_test(a_text_past_four_gigabytes_is_not_even_looked_at),
        cmocka_unit_test(a_deep_difference_is_not_overlooked),
        cmocka_unit_test(a_name_twice_is_refused_where_asked),
        cmocka_unit_test(parsing_without_memory_is_a_limit),
        cmocka_unit_test(a_tree_is_built_and_written),
        cmocka_unit_test(a_tree_that_lost_a_part_is_never_written),
        cmocka_unit_test(copying_printing_and_sorting_without_memory_is_a_limit),
        cmocka_unit_test(nothing_is_added_to_nothing),
        cmocka_unit_test(setting_a_name_again_replaces_its_member),
        cmocka_unit_test(looking_finds_what_is_there),
        cmocka_unit_test(equality_is_of_values),
        cmocka_unit_test(deep_objects_in_another_order_are_compared_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
