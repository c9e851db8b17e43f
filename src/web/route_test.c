#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "web/handlers.h"
#include "web/route.h"

enum { ARENA_BYTES = 1 << 22 };

/* A small table with everything that a pattern may hold; handlers are not called here. */
static const struct route table[] = {
    {.method = "GET", .path = "/", .says = "home"},
    {.method = "GET", .path = "/cases", .says = "all", .role = ROLE_CITIZEN},
    {.method = "POST", .path = "/cases", .says = "make", .role = ROLE_CITIZEN, .power = "own-case"},
    {.method = "GET", .path = "/cases/new", .says = "fixed before variable"},
    {.method = "GET", .path = "/cases/{case_no}", .says = "one", .template_name = "case"},
    {.method = "GET", .path = "/cases/{case_no}/files/{name}", .says = "two"},
    {.method = "GET", .path = "/log/{path*}", .says = "rest"},
    {.method = "PUT", .path = "/log/{path*}", .says = "rest"},
};
enum { COUNT = sizeof(table) / sizeof(table[0]) };

static enum rc
find(struct arena *a, const char *method, struct str path, const struct route **r,
     struct str param[PAGE_PARAMS_MAX], struct str *allow)
{
    struct err err;

    return route_find(table, COUNT, a, str_of(method), path, r, param, allow, &err);
}

static void
a_path_finds_its_row_and_what_its_names_stand_for(void **state)
{
    static const struct {
        const char *method, *path, *says, *first, *second;
    } cases[] = {
        {"GET", "/", "home", "", ""},
        {"HEAD", "/", "home", "", ""},
        {"GET", "/cases", "all", "", ""},
        {"POST", "/cases", "make", "", ""},
        {"GET", "/cases/new", "fixed before variable", "", ""},
        {"GET", "/cases/new/files/a", "two", "new", "a"},
        {"GET", "/cases/12", "one", "12", ""},
        {"HEAD", "/cases/12", "one", "12", ""},
        {"GET", "/cases/%E4%BA%8C", "one", "二", ""},
        {"GET", "/cases/a%2Fb", "one", "a/b", ""},
        {"GET", "/cases/a+b", "one", "a+b", ""},
        {"GET", "/cases/%2e%2e", "one", "..", ""},
        {"GET", "/cases/12/files/plan.png", "two", "12", "plan.png"},
        {"GET", "/log/tile/0/001", "rest", "tile/0/001", ""},
        {"GET", "/log/..%2f..%2fetc", "rest", "../../etc", ""},
    };
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str param[PAGE_PARAMS_MAX] = {{NULL, 0}}, allow;
        const struct route *r = NULL;
        if (find(a, cases[i].method, str_of(cases[i].path), &r, param, &allow) != RC_OK ||
            !str_eq(str_of(r->says), str_of(cases[i].says)) || allow.len != 0 ||
            !str_eq(param[0], str_of(cases[i].first)) ||
            !str_eq(param[1], str_of(cases[i].second))) {
            fail_msg("%s %s", cases[i].method, cases[i].path);
        }
    }
    arena_free(a);
}

static void
what_no_row_means_is_not_found(void **state)
{
    static const struct str paths[] = {
        STR_INIT(""), STR_INIT("*"), STR_INIT("//"), STR_INIT("/case"), STR_INIT("/cases/"),
        STR_INIT("/cases/1/"), STR_INIT("/cases/1/files"), STR_INIT("/cases/1/files/"),
        STR_INIT("/cases/1/files/a/b"), STR_INIT("/log"), STR_INIT("/log/"), STR_INIT("/Cases"),
        STR_INIT("/cases/%"), STR_INIT("/cases/%4"), STR_INIT("/cases/%zz"),
        /*
         * what decodes to bytes that are no text, or to controls and turners of the reading order
         */
        STR_INIT("/cases/%00"), STR_INIT("/cases/%0d"), STR_INIT("/cases/%e4"),
        STR_INIT("/cases/%e4%ba"), STR_INIT("/cases/%ff"), STR_INIT("/cases/%c0%af"),
        STR_INIT("/cases/%E2%80%AE1"), STR_INIT("/log/a/%fe"), STR_INIT("/cases/\xE4"),
    };
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct str param[PAGE_PARAMS_MAX], allow;
        const struct route *r;
        if (find(a, "GET", paths[i], &r, param, &allow) != RC_NOT_FOUND) {
            fail_msg("%.*s", STR_ARG(paths[i]));
        }
    }
    arena_free(a);
}

static void
another_method_is_told_which_ones_there_are(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct str param[PAGE_PARAMS_MAX], allow;
    const struct route *r;

    (void)state;
    assert_int_equal(find(a, "DELETE", STR("/cases"), &r, param, &allow), RC_METHOD);
    assert_true(str_eq(allow, STR("GET, POST")));
    assert_int_equal(find(a, "POST", STR("/log/x"), &r, param, &allow), RC_METHOD);
    assert_true(str_eq(allow, STR("GET, PUT")));
    assert_int_equal(find(a, "get", STR("/"), &r, param, &allow), RC_METHOD);
    arena_free(a);
}

static void
a_full_arena_finds_nothing_rather_than_something_else(void **state)
{
    int failures = 0;

    (void)state;
    for (size_t n = 1; n < 8; n++) {
        struct arena *a = arena_new(ARENA_BYTES);
        struct str param[PAGE_PARAMS_MAX] = {{NULL, 0}}, allow;
        const struct route *r = NULL;
        arena_fail_at(a, n);
        if (find(a, "GET", STR("/cases/1%32/files/%61"), &r, param, &allow) == RC_OK) {
            assert_true(str_eq(str_of(r->says), STR("two")));
            assert_true(str_eq(param[0], STR("12")) && str_eq(param[1], STR("a")));
        } else {
            failures++;
            assert_null(r);
        }
        arena_free(a);
    }
    assert_true(failures >= 2 && failures < 6);
}

static void
the_description_has_each_row_once_with_its_role(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct json *d = route_openapi(a, table, COUNT, STR("云溪市"));
    const struct json *paths = json_get(d, "paths"), *one;
    struct err err;

    (void)state;
    assert_int_equal(json_whole(d, &err), RC_OK);
    assert_true(str_eq(json_str(d, "openapi"), STR("3.1.0")));
    assert_true(str_eq(json_str(json_get(d, "info"), "title"), STR("云溪市")));
    assert_int_equal(paths->count, 6);
    one = json_get(json_get(paths, "/cases"), "post");
    assert_true(str_eq(json_str(one, "x-role"), STR("citizen")));
    assert_true(str_eq(json_str(one, "x-power"), STR("own-case")));
    assert_true(str_eq(json_str(one, "summary"), STR("make")));
    one = json_get(json_get(paths, "/cases/{case_no}/files/{name}"), "get");
    assert_int_equal(json_get(one, "parameters")->count, 2);
    assert_true(str_eq(json_str(json_get(one, "parameters")->last, "name"), STR("name")));
    one = json_get(json_get(paths, "/log/{path}"), "put");
    assert_true(str_eq(json_str(json_get(one, "parameters")->first, "name"), STR("path")));
    arena_free(a);
}

/* What the house's own table promises, so that a new row cannot forget it. */
static void
no_route_of_the_house_forgets_its_protection(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_table_count; i++) {
        const struct route *r = &route_table[i];
        bool is_change = !str_eq(str_of(r->method), STR("GET"));
        bool reads = (r->flags & (ROUTE_FORM | ROUTE_STREAM)) != 0;
        const char *wrong =
            r->handler == NULL || r->says == NULL || r->path[0] != '/' ? "is not whole"
            : is_change != reads                       ? "changes without a body, or reads one in a GET"
            : reads && r->body_bytes == 0              ? "has no limit"
            : (r->flags & ROUTE_FORM) != 0 && (r->flags & ROUTE_STREAM) != 0 ? "reads twice"
            : (r->flags & ROUTE_CREATES) != 0 && r->role == ROLE_PUBLIC ? "keeps answers of nobody"
            : (r->flags & ROUTE_NO_CSRF) != 0 && r->role != ROLE_PUBLIC ? "lets forged forms in"
                                                                       : NULL;
        if (wrong != NULL) {
            fail_msg("%s %s %s", r->method, r->path, wrong);
        }
        for (size_t k = 0; k < i; k++) {
            if (str_eq(str_of(route_table[k].path), str_of(r->path)) &&
                str_eq(str_of(route_table[k].method), str_of(r->method))) {
                fail_msg("%s %s stands twice", r->method, r->path);
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_row_and_what_its_names_stand_for),
        cmocka_unit_test(what_no_row_means_is_not_found),
        cmocka_unit_test(another_method_is_told_which_ones_there_are),
        cmocka_unit_test(a_full_arena_finds_nothing_rather_than_something_else),
        cmocka_unit_test(the_description_has_each_row_once_with_its_role),
        cmocka_unit_test(no_route_of_the_house_forgets_its_protection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
