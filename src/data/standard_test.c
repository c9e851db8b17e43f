#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/standard.h"
#include "store/fixture.h"

enum { DAY_SECONDS = 86400 };
static enum fixture_kind kind;

#define STANDARD                                                                                       \
    "{\"type\":\"object\",\"required\":[\"name\",\"code\"],\"properties\":{"                            \
    "\"name\":{\"type\":\"string\",\"minLength\":2},\"born\":{\"type\":\"string\",\"format\":\"date\"}," \
    "\"code\":{\"type\":\"string\",\"minLength\":1,\"pattern\":\"^(DZ[0-9]{8})?$\"},"                    \
    "\"parts\":{\"items\":{\"type\":\"string\"}}}}"

static const struct resource *
resource_with(struct arena *a, const char *standard)
{
    static const char *const names[] = {"name", "born", "code", "parts"};
    struct resource *r = arena_alloc(a, 1, sizeof(*r));
    struct json *j;
    struct err err;

    assert_non_null(r);
    assert_int_equal(json_parse(a, str_of(standard), JSON_UNIQUE, &j, &err), RC_OK);
    r->code = STR("sj/shop");
    r->standard = j;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        r->elements[r->element_count++].name = str_of(names[i]);
    }
    return r;
}

static const struct schema *
schema_of(struct arena *a)
{
    const struct schema *s;
    struct err err;

    assert_int_equal(standard_read(a, resource_with(a, STANDARD), &s, &err), RC_OK);
    assert_non_null(s);
    return s;
}

static void
check(struct arena *a, const char *record, struct deviations *d)
{
    struct json *j;
    struct err err;

    assert_int_equal(json_parse(a, str_of(record), JSON_UNIQUE, &j, &err), RC_OK);
    assert_int_equal(standard_check(schema_of(a), a, j, 20000, d, &err), RC_OK);
}

static void
what_deviates_is_named_by_element_and_keyword_and_only_once(void **state)
{
    static const struct {
        const char *record, *found;
    } cases[] = {
        {"{\"name\":\"面馆\",\"code\":\"DZ00000001\",\"born\":\"2026-11-28\"}", ""},
        {"{\"name\":\"面馆\",\"code\":\"\"}", "code minLength;"},
        {"{\"name\":\"面馆\",\"code\":\"DZ1\"}", "code pattern;"},
        {"{\"name\":\"面馆\"}", "code required;"},
        {"{\"name\":\"面\",\"code\":\"DZ00000001\",\"born\":\"2026-02-30\"}", "name minLength;born format;"},
        {"{\"name\":5,\"code\":\"DZ00000001\"}", "name type;"},
        {"{\"name\":\"面馆\",\"code\":\"DZ00000001\",\"parts\":[1,2,3]}", "parts type;"},
        {"[]", " type;"},
    };
    struct arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct deviations d;
        struct buf b;
        struct str found;
        struct err err;
        check(a, cases[i].record, &d);
        buf_init(&b, a, 1000);
        for (size_t n = 0; n < d.count; n++) {
            buf_put_fmt(&b, "%.*s %.*s;", STR_ARG(d.deviation[n].element), STR_ARG(d.deviation[n].keyword));
        }
        assert_int_equal(buf_finish(&b, &found, &err), RC_OK);
        if (!str_eq(found, str_of(cases[i].found))) {
            fail_msg("%s: %.*s", cases[i].record, STR_ARG(found));
        }
        arena_reset(a);
    }
    arena_free(a);
}

static void
a_resource_without_a_standard_never_deviates(void **state)
{
    struct arena *a = arena_new(1 << 20);
    const struct schema *s;
    struct resource r = {.code = STR("x")};
    struct deviations d = {.count = 7};
    struct err err;

    (void)state;
    assert_int_equal(standard_read(a, &r, &s, &err), RC_OK);
    assert_null(s);
    assert_int_equal(standard_check(s, a, json_object(a), 0, &d, &err), RC_OK);
    assert_int_equal(d.count, 0);
    arena_free(a);
}

struct counting {
    const struct deviations *deviations;
    int64_t now_us;
};

static enum rc
count_fn(struct tx *tx, void *ctx, struct err *err)
{
    const struct counting *c = ctx;

    return standard_count(tx, STR("sj/shop"), c->deviations, c->now_us, err);
}

static void
deviations_are_counted_by_day_and_the_most_frequent_is_named_first(void **state)
{
    struct arena *a = arena_new(1 << 20);
    int64_t day_us = (int64_t)DAY_SECONDS * 1000000;
    struct deviations none, code, both;
    struct fixture f;
    struct json *list;
    struct err err;

    (void)state;
    check(a, "{\"name\":\"面馆\",\"code\":\"DZ00000001\"}", &none);
    check(a, "{\"name\":\"面馆\",\"code\":\"\"}", &code);
    check(a, "{\"name\":\"面\",\"code\":\"\"}", &both);
    const struct counting questions[] = {{&both, 100 * day_us}, {&code, 101 * day_us}, {&none, 101 * day_us},
                                         {&both, 102 * day_us}, {&code, 102 * day_us + 5}};
    fixture_new(&f, kind);
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        struct counting c = questions[i];
        assert_int_equal(store_write(&f.db, count_fn, &c, &err), RC_OK);
    }
    assert_int_equal(standard_totals(&f.db, a, 101, &list, &err), RC_OK);
    assert_int_equal(list->count, 2);
    assert_true(str_eq(json_str(list->first, "element"), STR("code")));
    assert_true(str_eq(json_str(list->first, "keyword"), STR("minLength")));
    assert_int_equal(json_int_or(list->first, "times", 0), 3);
    assert_int_equal(json_int_or(list->first, "last", 0), 102 * day_us + 5);
    assert_true(str_eq(json_str(list->last, "element"), STR("name")));
    assert_int_equal(json_int_or(list->last, "times", 0), 1);
    assert_int_equal(standard_totals(&f.db, a, 103, &list, &err), RC_OK);
    assert_int_equal(list->count, 0);
    fixture_remove(&f);
    arena_free(a);
}

static void
any_memory_limit_gives_a_limit_and_nothing_else(void **state)
{
    struct arena *kept = arena_new(1 << 20);
    const struct resource *r = resource_with(kept, STANDARD);
    struct json *record;
    struct err err;
    enum rc rc = RC_LIMIT;

    (void)state;
    assert_int_equal(json_parse(kept, STR("{\"name\":\"面\",\"code\":\"\"}"), JSON_UNIQUE, &record, &err), RC_OK);
    for (size_t n = 1; rc == RC_LIMIT && n < 10000; n++) {
        struct arena *a = arena_new(1 << 20);
        struct deviations d = {.count = 77};
        const struct schema *s;
        arena_fail_at(a, n);
        if ((rc = standard_read(a, r, &s, &err)) == RC_OK) {
            rc = standard_check(s, a, record, 20000, &d, &err);
        }
        assert_true(rc == RC_LIMIT ? d.count == 77 : rc == RC_OK && d.count == 2);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    arena_free(kept);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_deviates_is_named_by_element_and_keyword_and_only_once),
        cmocka_unit_test(a_resource_without_a_standard_never_deviates),
        cmocka_unit_test(deviations_are_counted_by_day_and_the_most_frequent_is_named_first),
        cmocka_unit_test(any_memory_limit_gives_a_limit_and_nothing_else),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "standard on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "standard on PostgreSQL");
    }
    return failed;
}
