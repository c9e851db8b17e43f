#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "web/input.h"

enum { ARENA_BYTES = 1 << 22 };

static struct str
as_json(struct arena *a, const struct json *j)
{
    struct str text;
    struct err err;

    assert_int_equal(json_print(a, j, &text, &err), RC_OK);
    return text;
}

static void
a_form_becomes_an_object(void **state)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "{}"},
        {"&&", "{}"},
        {"a=1", "{\"a\":\"1\"}"},
        {"a=1&b=2&", "{\"a\":\"1\",\"b\":\"2\"}"},
        {"a", "{\"a\":\"\"}"},
        {"=1", "{\"\":\"1\"}"},
        {"a=", "{\"a\":\"\"}"},
        {"a=b=c", "{\"a\":\"b=c\"}"},
        {"a=1&a=2&a=3", "{\"a\":[\"1\",\"2\",\"3\"]}"},
        {"a=1&b=x&a=2", "{\"a\":[\"1\",\"2\"],\"b\":\"x\"}"},
        {"q=%E9%A4%90+%e9%a5%ae", "{\"q\":\"餐 饮\"}"},
        {"a%3Db=%26%2B", "{\"a=b\":\"&+\"}"},
        {"a=%0D%0AX:+1", "{\"a\":\"\\r\\nX: 1\"}"},
        {"a=<script>%22", "{\"a\":\"<script>\\\"\"}"},
    };
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *form;
        struct err err;
        if (input_form(a, str_of(cases[i].text), &form, &err) != RC_OK ||
            !str_eq(as_json(a, form), str_of(cases[i].json))) {
            fail_msg("%s", cases[i].text);
        }
    }
    arena_free(a);
}

static void
a_form_that_is_none_is_refused(void **state)
{
    static const char *const texts[] = {"a=%",   "a=%4",    "a=%zz",     "%=1",       "a=%00",
                                        "a=%ff", "%fe=1",   "a=%c0%af",  "a=%ed%a0%80", "a=\xff",
                                        "a=1&b=%E9%A4", "ok=1&\xE4=2"};
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct json *form = NULL;
        struct err err;
        if (input_form(a, str_of(texts[i]), &form, &err) != RC_INVALID || form != NULL) {
            fail_msg("%s", texts[i]);
        }
    }
    arena_free(a);
}

static void
a_form_has_a_bounded_number_of_fields(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct buf text;
    struct str whole;
    struct json *form;
    struct err err;

    (void)state;
    buf_init(&text, a, 1 << 20);
    for (int i = 0; i < INPUT_FIELDS_MAX; i++) {
        buf_put(&text, STR("a=1&"));
    }
    assert_int_equal(buf_finish(&text, &whole, &err), RC_OK);
    assert_int_equal(input_form(a, whole, &form, &err), RC_OK);
    assert_int_equal(json_get(form, "a")->count, INPUT_FIELDS_MAX);
    buf_put(&text, STR("b=1"));
    assert_int_equal(buf_finish(&text, &whole, &err), RC_OK);
    assert_int_equal(input_form(a, whole, &form, &err), RC_LIMIT);
    arena_free(a);
}

static void
a_form_past_the_arena_is_refused_whole(void **state)
{
    enum rc rc = RC_LIMIT;
    size_t n;

    (void)state;
    for (n = 1; rc != RC_OK && n < 60; n++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct json *form = NULL;
        struct err err;
        arena_fail_at(a, n);
        rc = input_form(a, STR("a=1&a=2&b=%41&a=3"), &form, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        if (rc == RC_OK) {
            assert_int_equal(json_get(form, "a")->count, 3);
        } else {
            assert_null(form);
        }
        arena_free(a);
    }
    assert_true(n > 5);
    assert_int_equal(rc, RC_OK);
}

static void
a_cookie_is_found_by_its_whole_name(void **state)
{
    static const struct {
        const char *cookies, *value;
    } cases[] = {
        {"zt=abc", "abc"},
        {"lang=en; zt=abc; theme=elder", "abc"},
        {"lang=en;zt=abc", "abc"},
        {" zt=abc ", "abc"},
        {"zt=a=b", "a=b"},
        {"zt=", ""},
        {"zt", ""},
        {"ZT=abc", ""},
        {"xzt=abc", ""},
        {"zt2=abc", ""},
        {"__Host-zt=abc", ""},
        {"=zt; zt=abc", "abc"},
        {"zt=first; zt=second", "first"},
        {";;;= ;zt=abc;;", "abc"},
        {"a=\"zt=planted; zt=\"abc", "\"abc"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_fields f = {.count = 0};
        assert_true(http_add(&f, STR("Host"), STR("zt=host")));
        assert_true(http_add(&f, STR("cOOkie"), str_of(cases[i].cookies)));
        if (!str_eq(input_cookie(&f, STR("zt")), str_of(cases[i].value))) {
            fail_msg("%s", cases[i].cookies);
        }
    }
}

static void
cookies_may_come_in_several_fields(void **state)
{
    struct http_fields f = {.count = 0};

    (void)state;
    assert_true(http_add(&f, STR("Cookie"), STR("lang=en")));
    assert_true(http_add(&f, STR("Cookie"), STR("zt=abc")));
    assert_true(str_eq(input_cookie(&f, STR("zt")), STR("abc")));
    assert_true(str_eq(input_cookie(&f, STR("none")), STR("")));
}

static void
programs_get_json_and_browsers_html(void **state)
{
    static const struct {
        const char *accept;
        bool json;
    } cases[] = {
        {"", false},
        {"*/*", false},
        {"application/json", true},
        {"APPLICATION/JSON", true},
        {"application/problem+json", true},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
        {"application/json, text/html", false},
        {"application/json, text/html;q=0.9", true},
        {"application/json;q=0.5, text/html;q=0.4", true},
        {"application/json;q=0.4, text/html;q=0.5", false},
        {"application/json, */*;q=0.1", true},
        {"application/json, */*", false},
        {"application/json;q=0", false},
        {"application/json; charset=utf-8; q=0.8, text/html; q=0.7", true},
        {"application/json;q=2, text/html", false},
        {"application/json;q=x", false},
        {"application/json;q=-1", false},
        {"text/plain", false},
        {";q=1,,, application/json", true},
        {"application/jsonp", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (input_wants_json(str_of(cases[i].accept)) != cases[i].json) {
            fail_msg("%s", cases[i].accept);
        }
    }
}

static void
a_media_type_is_read_without_its_parameters(void **state)
{
    static const struct {
        const char *field, *type;
    } cases[] = {
        {"application/json", "application/json"},
        {"Application/JSON; charset=utf-8", "application/json"},
        {" multipart/form-data ;boundary=x", "multipart/form-data"},
        {";application/json", ""},
        {"", ""},
        {"text/plain; x=application/json", "text/plain"},
        {"application/json, text/plain", "application/json, text/plain"},
    };
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!str_eq(input_media_type(a, str_of(cases[i].field)), str_of(cases[i].type))) {
            fail_msg("%s", cases[i].field);
        }
    }
    char *huge = arena_alloc(a, 1000, 1);
    assert_non_null(huge);
    for (int i = 0; i < 1000; i++) {
        huge[i] = 'A';
    }
    assert_int_equal(input_media_type(a, (struct str){huge, 1000}).len, 0);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_becomes_an_object),
        cmocka_unit_test(a_form_that_is_none_is_refused),
        cmocka_unit_test(a_form_has_a_bounded_number_of_fields),
        cmocka_unit_test(a_form_past_the_arena_is_refused_whole),
        cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
        cmocka_unit_test(cookies_may_come_in_several_fields),
        cmocka_unit_test(programs_get_json_and_browsers_html),
        cmocka_unit_test(a_media_type_is_read_without_its_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
