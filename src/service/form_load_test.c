#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/asset.h"
#include "service/form_int.h"

enum { ROOM = 4 << 20 };

static const char small[] =
    "{\"sections\":[{\"id\":\"shop\",\"title_zh\":\"店\",\"fields\":["
    "{\"id\":\"name\",\"type\":\"text\",\"title_zh\":\"店名\",\"title_en\":\"Name\",\"max_length\":20},"
    "{\"id\":\"area\",\"type\":\"number\",\"title_zh\":\"面积\",\"min\":5,\"max\":20000},"
    "{\"id\":\"fire\",\"type\":\"choice\",\"title_zh\":\"火\",\"choices\":["
    "{\"value\":\"gas\",\"title_zh\":\"燃气\"},{\"value\":\"bottle\",\"title_zh\":\"气瓶\"}]}]},"
    "{\"id\":\"papers\",\"title_zh\":\"材料\",\"fields\":["
    "{\"id\":\"room\",\"type\":\"check\",\"title_zh\":\"气瓶间\",\"when\":{\"field\":\"fire\",\"is\":\"bottle\"}},"
    "{\"id\":\"plan\",\"type\":\"upload\",\"title_zh\":\"图\",\"upload\":{\"types\":[\"image/png\"],"
    "\"most_bytes\":1000,\"most_files\":2}},"
    "{\"id\":\"person\",\"type\":\"prefill\",\"title_zh\":\"经营者\",\"prefill\":{\"resource\":\"yl/person\","
    "\"key_from\":\"subject.identifier\",\"member\":\"name\"}}]}]}";

static enum rc
load(struct arena *a, struct str text, struct form **out, struct err *err)
{
    struct json *document = NULL;

    assert_int_equal(json_parse(a, text, JSON_ANY, &document, err), RC_OK);
    return form_load(a, document, out, err);
}

static enum rc
load_changed(struct arena *a, const char *from, const char *to, struct form **out, struct err *err)
{
    struct str whole = str_of(small);
    size_t at = str_find(whole, str_of(from));

    if (at == whole.len) {
        fail_msg("%s is not in the form", from);
    }
    return load(a, str_fmt(a, "%.*s%s%s", (int)at, small, to, small + at + str_of(from).len), out,
                err);
}

static void
the_form_of_the_restaurant_loads(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct json *item = NULL;
    struct form *f = NULL;
    struct err err = {.text = ""};

    (void)state;
    assert_int_equal(json_parse(a, asset_text(asset_find(STR("demo/items/restaurant.json"))),
                                JSON_UNIQUE, &item, &err),
                     RC_OK);
    if (form_load(a, json_get(item, "form"), &f, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(form_sections(f), 5);
    assert_true(str_eq(form_section_id(f, 0), STR("shop")));
    assert_int_equal(form_section_by_id(f, STR("papers")), 4);
    assert_int_equal(form_section_by_id(f, STR("paper")), 5);
    assert_int_equal(form_section_by_id(f, STR("")), 5);
    assert_true(str_eq(json_str(form_field(f, STR("area")), "unit_zh"), STR("平方米")));
    assert_null(form_field(f, STR("nothing")));
    assert_null(form_field(f, STR("")));
    arena_free(a);
}

static void
every_form_of_the_demo_city_loads(void **state)
{
    int forms = 0;

    (void)state;
    for (size_t i = 0; i < asset_table_count; i++) {
        struct arena *a = arena_new(ROOM);
        struct json *item = NULL;
        struct form *f = NULL;
        struct err err = {.text = ""};
        if (str_starts(str_of(asset_table[i].path), STR("demo/items/"))) {
            assert_int_equal(json_parse(a, asset_text(&asset_table[i]), JSON_UNIQUE, &item, &err),
                             RC_OK);
            if (json_get(item, "form") != NULL) {
                if (form_load(a, json_get(item, "form"), &f, &err) != RC_OK) {
                    fail_msg("%s: %s", asset_table[i].path, err.text);
                }
                forms++;
            }
        }
        arena_free(a);
    }
    assert_true(forms > 0);
}

static void
a_wrong_form_is_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *why;
    } cases[] = {
        {"{\"sections\":[", "{\"sections\":[],\"others\":[", "no section"},
        {"{\"sections\":[", "{\"sections\":{},\"others\":[", "sections in no list"},
        {"{\"sections\":[", "{\"others\":[", "nothing"},
        {"{\"sections\":[", "{\"sections\":[7,", "a section that is a number"},
        {"\"id\":\"shop\"", "\"id\":\"\"", "a section without id"},
        {"\"id\":\"papers\"", "\"id\":\"shop\"", "two sections of one id"},
        {"\"title_zh\":\"店\"", "\"title_en\":\"Shop\"", "a section without Chinese title"},
        {"\"title_zh\":\"店\",\"fields\":[", "\"title_zh\":\"店\",\"fields\":[],\"x\":[", "no field"},
        {"\"id\":\"area\"", "\"id\":\"\"", "no id"},
        {"\"id\":\"area\"", "\"id\":7", "an id that is a number"},
        {"\"id\":\"area\"", "\"id\":\"name\"", "a doubled id"},
        {"\"id\":\"room\"", "\"id\":\"name\"", "an id doubled over sections"},
        {"\"id\":\"area\"", "\"id\":\"Area\"", "a capital"},
        {"\"id\":\"area\"", "\"id\":\"9area\"", "a digit first"},
        {"\"id\":\"area\"", "\"id\":\"area.year\"", "a dot, as in the boxes of dates"},
        {"\"id\":\"area\"", "\"id\":\"面积\"", "an id that is no ASCII"},
        {"\"id\":\"area\"", "\"id\":\"a2345678901234567890123456789012345678901\"", "too long an id"},
        {"\"type\":\"text\"", "\"type\":\"essay\"", "an unknown type"},
        {"\"type\":\"text\"", "\"type\":\"persons\"", "a type that is not there"},
        {"\"type\":\"text\"", "\"type\":null", "no type"},
        {"\"title_zh\":\"店名\"", "\"x\":1", "a field without title"},
        {"\"max_length\":20", "\"required\":\"yes\"", "required is no word"},
        {"\"max_length\":20", "\"max_length\":0", "no room to write"},
        {"\"max_length\":20", "\"max_length\":-1", "less than no room"},
        {"\"max_length\":20", "\"max_length\":\"20\"", "a length that is a text"},
        {"\"max_length\":20", "\"max_length\":20001", "more than a draft takes"},
        {"\"min\":5", "\"min\":\"5\"", "a least that is a text"},
        {"\"min\":5", "\"min\":-5", "a least that cannot be typed"},
        {"\"min\":5", "\"min\":1e2", "a least in powers of ten"},
        {"\"max\":20000", "\"max\":4.99", "a most below the least"},
        {"\"max\":20000", "\"max\":1234567890123456789", "a most of too many digits"},
        {"\"choices\":[{\"value\":\"gas\",\"title_zh\":\"燃气\"},", "\"choices\":[{\"value\":\"gas\"},",
         "a choice without title"},
        {"\"value\":\"gas\",", "", "a choice without value"},
        {"\"value\":\"gas\"", "\"value\":\"bottle\"", "two choices of one value"},
        {"\"choices\":[", "\"choices\":[],\"x\":[", "no choices"},
        {"\"choices\":[", "\"choices\":{},\"x\":[", "choices in no list"},
        {"\"types\":[\"image/png\"]", "\"types\":[]", "an upload that takes nothing"},
        {"\"types\":[\"image/png\"]", "\"types\":[7]", "a type that is a number"},
        {"\"types\":[\"image/png\"]", "\"types\":\"image/png\"", "types in no list"},
        {"\"most_bytes\":1000,", "", "an upload without limit"},
        {"\"most_files\":2", "\"most_files\":0", "no files"},
        {"\"upload\":", "\"uploads\":", "an upload that says nothing"},
        {"\"resource\":\"yl/person\",", "", "no resource"},
        {",\"member\":\"name\"", "", "no member"},
        {"\"key_from\":\"subject.identifier\",", "", "no key"},
        {"\"key_from\":\"subject.identifier\"", "\"key_from\":\"subject.name\"", "an unknown key"},
        {"\"key_from\":\"subject.identifier\"", "\"key_from\":\"field.person\"", "its own key"},
        {"\"key_from\":\"subject.identifier\"", "\"key_from\":\"field.later\"", "a key from nowhere"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(ROOM);
        struct form *f = NULL;
        struct err err;
        enum rc rc = load_changed(a, cases[i].from, cases[i].to, &f, &err);
        if (rc != RC_INVALID || f != NULL) {
            fail_msg("%s gave %s", cases[i].why, rc_name(rc));
        }
        arena_free(a);
    }
}

static void
a_wrong_condition_is_refused_and_a_right_one_is_not(void **state)
{
    static const struct {
        const char *condition;
        enum rc rc;
    } cases[] = {
        {"{\"field\":\"fire\",\"is\":\"gas\"}", RC_OK},
        {"{\"field\":\"fire\",\"has\":\"gas\"}", RC_OK},
        {"{\"field\":\"name\",\"is\":\"anything\"}", RC_OK},
        {"{\"field\":\"area\",\"at_least\":300}", RC_OK},
        {"{\"field\":\"area\",\"less_than\":300.5}", RC_OK},
        {"{\"all\":[{\"field\":\"fire\",\"is\":\"gas\"},{\"field\":\"area\",\"at_least\":3}]}", RC_OK},
        {"{\"any\":[{\"not\":{\"field\":\"fire\",\"is\":\"gas\"}}]}", RC_OK},
        {"{\"field\":\"room\",\"is\":\"yes\"}", RC_INVALID},   /* itself */
        {"{\"field\":\"plan\",\"is\":\"yes\"}", RC_INVALID},   /* asked later */
        {"{\"field\":\"none\",\"is\":\"yes\"}", RC_INVALID},   /* nowhere */
        {"{\"field\":\"fire\",\"is\":\"wood\"}", RC_INVALID},  /* never chosen */
        {"{\"field\":\"fire\",\"is\":\"\"}", RC_INVALID},
        {"{\"field\":\"fire\",\"is\":true}", RC_INVALID},
        {"{\"field\":\"fire\",\"at_least\":3}", RC_INVALID},   /* no number */
        {"{\"field\":\"area\",\"at_least\":\"300\"}", RC_INVALID},
        {"{\"field\":\"area\",\"at_least\":-1}", RC_INVALID},
        {"{\"field\":\"area\",\"at_least\":3e2}", RC_INVALID},
        {"{\"field\":\"area\",\"at_least\":1,\"less_than\":2}", RC_INVALID}, /* two at once */
        {"{\"field\":\"area\",\"more_than\":1}", RC_INVALID},
        {"{\"field\":\"area\"}", RC_INVALID},
        {"{\"is\":\"gas\"}", RC_INVALID},
        {"{}", RC_INVALID},
        {"[]", RC_INVALID},
        {"\"fire\"", RC_INVALID},
        {"null", RC_INVALID},
        {"{\"all\":[]}", RC_INVALID},
        {"{\"any\":{\"field\":\"fire\",\"is\":\"gas\"}}", RC_INVALID},
        {"{\"all\":[{\"field\":\"fire\",\"is\":\"gas\"}],\"field\":\"area\"}", RC_INVALID},
        {"{\"all\":[{\"field\":\"fire\"}]}", RC_INVALID},
        {"{\"not\":[]}", RC_INVALID},
        {"{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":"
         "{\"field\":\"fire\",\"is\":\"gas\"}}}}}}}}}}",
         RC_INVALID}, /* too deep */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(ROOM);
        struct form *f = NULL;
        struct err err;
        enum rc rc = load_changed(a, "{\"field\":\"fire\",\"is\":\"bottle\"}", cases[i].condition,
                                  &f, &err);
        if (rc != cases[i].rc) {
            fail_msg("%s gave %s", cases[i].condition, rc_name(rc));
        }
        arena_free(a);
    }
}

static void
a_condition_from_outside_is_checked_the_same(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct form *f = NULL;
    struct json *good = NULL, *bad = NULL;
    struct err err;

    (void)state;
    assert_int_equal(load(a, str_of(small), &f, &err), RC_OK);
    assert_int_equal(json_parse(a, STR("{\"field\":\"area\",\"at_least\":300}"), JSON_ANY, &good,
                                &err),
                     RC_OK);
    assert_int_equal(json_parse(a, STR("{\"field\":\"area\",\"at_least\":null}"), JSON_ANY, &bad,
                                &err),
                     RC_OK);
    assert_int_equal(form_condition_check(f, NULL, &err), RC_OK);
    assert_int_equal(form_condition_check(f, good, &err), RC_OK);
    assert_int_equal(form_condition_check(f, bad, &err), RC_INVALID);
    arena_free(a);
}

/* Field n asks field n-1 twice: without a bound the last would take 2^n comparisons. */
static struct str
chain(struct arena *a, int length)
{
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, a, 1 << 16);
    buf_put(&b, STR("{\"sections\":[{\"id\":\"s\",\"title_zh\":\"节\",\"fields\":["
                    "{\"id\":\"f0\",\"type\":\"check\",\"title_zh\":\"甲\"}"));
    for (int i = 1; i < length; i++) {
        buf_put_fmt(&b,
                    ",{\"id\":\"f%d\",\"type\":\"check\",\"title_zh\":\"甲\",\"when\":{\"any\":["
                    "{\"field\":\"f%d\",\"is\":\"yes\"},{\"field\":\"f%d\",\"is\":\"no\"}]}}",
                    i, i - 1, i - 1);
    }
    buf_put(&b, STR("]}]}"));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

static void
conditions_on_conditions_have_a_bound(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct form *f = NULL;
    struct err err;

    (void)state;
    assert_int_equal(load(a, chain(a, 8), &f, &err), RC_OK);
    assert_int_equal(load(a, chain(a, 40), &f, &err), RC_INVALID);
    arena_free(a);
}

static struct str
many(struct arena *a, int sections, int fields, const char *field)
{
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, a, 1 << 20);
    buf_put(&b, STR("{\"sections\":["));
    for (int s = 0; s < sections; s++) {
        buf_put_fmt(&b, "%s{\"id\":\"s%d\",\"title_zh\":\"节\",\"fields\":[", s > 0 ? "," : "", s);
        for (int i = 0; i < fields; i++) {
            buf_put_fmt(&b, "%s{\"id\":\"f%d_%d\",\"title_zh\":\"甲\",%s}", i > 0 ? "," : "", s, i,
                        field);
        }
        buf_put(&b, STR("]}"));
    }
    buf_put(&b, STR("]}"));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

static void
a_form_has_limits(void **state)
{
    static const char text[] = "\"type\":\"text\"";
    static const char fetched[] = "\"type\":\"prefill\",\"prefill\":{\"resource\":\"a/b\","
                                  "\"key_from\":\"subject.identifier\",\"member\":\"m\"}";
    struct arena *a = arena_new(ROOM);
    struct form *f = NULL;
    struct err err;

    (void)state;
    assert_int_equal(load(a, many(a, 50, 6, text), &f, &err), RC_OK);
    assert_int_equal(load(a, many(a, 51, 1, text), &f, &err), RC_INVALID);
    assert_int_equal(load(a, many(a, 1, 301, text), &f, &err), RC_INVALID);
    /* One page waits for its sources together: as many as a round takes, and in each section anew. */
    assert_int_equal(load(a, many(a, 2, FORM_PREFILLS_MAX, fetched), &f, &err), RC_OK);
    assert_int_equal(load(a, many(a, 1, FORM_PREFILLS_MAX + 1, fetched), &f, &err), RC_INVALID);
    arena_free(a);
}

static void
a_word_is_said_in_chinese_where_the_language_has_none(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct json *words = NULL;
    struct err err;

    (void)state;
    assert_int_equal(json_parse(a, STR("{\"title_zh\":\"店名\",\"title_en\":\"Name\",\"hint_zh\":"
                                       "\"招牌上的\",\"hint_en\":\"\",\"unit_en\":7}"),
                                JSON_ANY, &words, &err),
                     RC_OK);
    assert_true(str_eq(form_word(words, "title", STR("en")), STR("Name")));
    assert_true(str_eq(form_word(words, "title", STR("zh")), STR("店名")));
    assert_true(str_eq(form_word(words, "title", STR("fr")), STR("店名")));
    assert_true(str_eq(form_word(words, "title", STR("")), STR("店名")));
    assert_true(str_eq(form_word(words, "hint", STR("en")), STR("招牌上的")));
    assert_int_equal(form_word(words, "unit", STR("en")).len, 0);
    assert_int_equal(form_word(words, "tit", STR("zh")).len, 0);
    assert_int_equal(form_word(NULL, "title", STR("zh")).len, 0);
    arena_free(a);
}

static void
numbers_are_compared_as_they_are_written(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        int order;
    } cases[] = {
        {"1", "1", 0},      {"1", "2", -1},       {"10", "9", 1},        {"300", "299.999", 1},
        {"300", "300.0", 0}, {"300.0", "300", 0}, {"300.01", "300", 1},  {"0.1", "0.10", 0},
        {"0.09", "0.1", -1}, {"5", "20000", -1},  {"999999999999999999", "1000000", 1},
        {"123456789.123456", "123456789.123457", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str a = str_of(cases[i].a), b = str_of(cases[i].b);
        int order = form_number_compare(a, b), back = form_number_compare(b, a);
        if ((order > 0) - (order < 0) != cases[i].order || (back > 0) - (back < 0) != -cases[i].order) {
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        }
    }
    assert_false(form_number_is_plain(STR("")));
    assert_false(form_number_is_plain(STR("-1")));
    assert_false(form_number_is_plain(STR("1e3")));
    assert_false(form_number_is_plain(STR(".5")));
    assert_false(form_number_is_plain(STR("5.")));
    assert_false(form_number_is_plain(STR("1.2.3")));
    assert_false(form_number_is_plain(STR("1234567890123456789")));
    assert_true(form_number_is_plain(STR("123456789012345678")));
    assert_true(form_number_is_plain(STR("0.5")));
}

static void
a_form_that_does_not_fit_in_memory_is_a_limit(void **state)
{
    struct arena *text = arena_new(ROOM);
    struct json *document = NULL;
    struct err err;
    enum rc rc = RC_LIMIT;
    size_t n = 1;

    (void)state;
    assert_int_equal(json_parse(text, str_of(small), JSON_ANY, &document, &err), RC_OK);
    for (; rc != RC_OK && n < 100; n++) {
        struct arena *a = arena_new(ROOM);
        struct form *f = NULL;
        arena_fail_at(a, n);
        rc = form_load(a, document, &f, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(f != NULL, rc == RC_OK);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(n > 3);
    arena_free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_of_the_restaurant_loads),
        cmocka_unit_test(every_form_of_the_demo_city_loads),
        cmocka_unit_test(a_wrong_form_is_refused),
        cmocka_unit_test(a_wrong_condition_is_refused_and_a_right_one_is_not),
        cmocka_unit_test(a_condition_from_outside_is_checked_the_same),
        cmocka_unit_test(conditions_on_conditions_have_a_bound),
        cmocka_unit_test(a_form_has_limits),
        cmocka_unit_test(a_word_is_said_in_chinese_where_the_language_has_none),
        cmocka_unit_test(numbers_are_compared_as_they_are_written),
        cmocka_unit_test(a_form_that_does_not_fit_in_memory_is_a_limit),
    };

    return cmocka_run_group_tests_name("form_load", tests, NULL, NULL);
}
