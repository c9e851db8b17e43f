#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/catalogue.h"
#include "evidence/act.h"
#include "store/fixture.h"

static enum fixture_kind kind;

/* %s: code, version of the title, then members to add. */
#define DOCUMENT(code, title, more)                                                                \
    "{\"code\":\"" code "\",\"title_zh\":\"" title "\",\"title_en\":\"Persons\",\"owner\":"        \
    "\"11990000MB0000001A\",\"owner_zh\":\"公安厅\",\"owner_en\":\"Police\",\"node\":\"prov\","      \
    "\"sharing\":2,\"basis\":\"户口登记条例\",\"key_kind\":\"person\",\"subject_kind\":\"person\"," \
    "\"elements\":[{\"name\":\"name\",\"title_zh\":\"姓名\",\"title_en\":\"Name\",\"type\":"        \
    "\"text\",\"grade\":2}]" more "}"

struct put {
    struct arena *arena;
    const char *text;
    int64_t now_us;
};

static enum rc
put_fn(struct tx *tx, void *ctx, struct err *err)
{
    const struct put *p = ctx;
    struct json *j;
    enum rc rc = json_parse(p->arena, str_of(p->text), JSON_UNIQUE, &j, err);

    return rc != RC_OK ? rc : catalogue_put(tx, p->arena, j, p->now_us, err);
}

struct house {
    struct fixture fixture;
    struct arena *arena;
};

static enum rc
put(struct house *h, const char *text, int64_t now_us, struct err *err)
{
    struct put p = {h->arena, text, now_us};

    return store_write(&h->fixture.db, put_fn, &p, err);
}

static int64_t
acts(struct house *h)
{
    struct err err;
    int64_t count = -1;

    assert_int_equal(act_count(&h->fixture.db, &count, &err), RC_OK);
    return count;
}

static int
open_house(void **state)
{
    struct house *h = mem_new(1, sizeof(*h));

    fixture_new(&h->fixture, kind);
    h->arena = arena_new(1 << 22);
    *state = h;
    return 0;
}

static int
close_house(void **state)
{
    struct house *h = *state;

    fixture_remove(&h->fixture);
    arena_free(h->arena);
    mem_free(h);
    return 0;
}

static void
a_resource_comes_back_as_it_was_put(void **state)
{
    struct house *h = *state;
    struct resource *r;
    struct err err;

    assert_int_equal(put(h,
                         DOCUMENT("yl/person", "人口",
                                  ",\"connector\":{\"kind\":\"http\",\"url\":\"http://127.0.0.1:9/"
                                  "p/{key}\"},\"limits\":{\"per_day\":5,\"open\":\"07:00\","
                                  "\"close\":\"23:00\",\"urgent\":true}"),
                         77, &err),
                     RC_OK);
    assert_int_equal(catalogue_get(&h->fixture.db, h->arena, STR("yl/person"), &r, &err), RC_OK);
    assert_true(str_eq(r->title_zh, STR("人口")) && str_eq(r->node, STR("prov")));
    assert_int_equal(r->sharing, SHARING_CONDITIONAL);
    assert_int_equal(r->version, 1);
    assert_int_equal(r->updated_us, 77);
    assert_int_equal(r->element_count, 1);
    assert_int_equal(r->elements[0].grade, 2);
    assert_non_null(catalogue_element(r, STR("name")));
    assert_null(catalogue_element(r, STR("nam")));
    assert_int_equal(json_int_or(r->limits, "per_day", 0), 5);
    struct json *document = catalogue_document(h->arena, r);
    assert_null(json_get(document, "connector"));
    assert_true(str_eq(json_str(document, "updated"), STR("1970-01-01T00:00:00Z")) ||
                str_starts(json_str(document, "updated"), STR("1970-01-01T00:00:00")));
    assert_int_equal(catalogue_get(&h->fixture.db, h->arena, STR("yl/nobody"), &r, &err),
                     RC_NOT_FOUND);
}

static void
an_owner_is_called_as_the_document_says(void **state)
{
    struct house *h = *state;
    struct resource *r;
    struct owner owner;
    struct err err;

    assert_int_equal(put(h, DOCUMENT("yl/person", "人口", ""), 1, &err), RC_OK);
    assert_int_equal(catalogue_get(&h->fixture.db, h->arena, STR("yl/person"), &r, &err), RC_OK);
    assert_int_equal(catalogue_owner(&h->fixture.db, h->arena, STR("yl/person"), &owner, &err), RC_OK);
    assert_true(owner.name_zh.len > 0 && str_eq(owner.name_zh, r->owner_zh));
    assert_true(owner.name_en.len > 0 && str_eq(owner.name_en, r->owner_en));
    assert_int_equal(catalogue_owner(&h->fixture.db, h->arena, STR("yl/nobody"), &owner, &err),
                     RC_NOT_FOUND);
}

static void
a_new_version_is_an_act_and_the_same_document_is_not(void **state)
{
    struct house *h = *state;
    struct resource *r;
    struct err err;

    assert_int_equal(put(h, DOCUMENT("yl/person", "人口", ""), 1, &err), RC_OK);
    assert_int_equal(put(h, DOCUMENT("yl/person", "人口", ""), 2, &err), RC_OK);
    assert_int_equal(acts(h), 1);
    assert_int_equal(put(h, DOCUMENT("yl/person", "人口信息", ""), 3, &err), RC_OK);
    assert_int_equal(acts(h), 2);
    assert_int_equal(catalogue_get(&h->fixture.db, h->arena, STR("yl/person"), &r, &err), RC_OK);
    assert_int_equal(r->version, 2);
    assert_true(str_eq(r->title_zh, STR("人口信息")));
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM resource_version"), 2);
}

static void
a_list_goes_on_after_a_code(void **state)
{
    struct house *h = *state;
    struct json *list;
    struct err err;

    assert_int_equal(put(h, DOCUMENT("b", "乙", ""), 1, &err), RC_OK);
    assert_int_equal(put(h, DOCUMENT("c", "丙", ""), 1, &err), RC_OK);
    assert_int_equal(put(h, DOCUMENT("a", "甲", ""), 1, &err), RC_OK);
    assert_int_equal(catalogue_list(&h->fixture.db, h->arena, STR(""), 2, &list, &err), RC_OK);
    assert_int_equal(list->count, 2);
    assert_true(str_eq(json_str(list->last, "code"), STR("b")));
    assert_int_equal(catalogue_list(&h->fixture.db, h->arena, STR("b"), 2, &list, &err), RC_OK);
    assert_int_equal(list->count, 1);
    assert_true(str_eq(json_str(list->first, "code"), STR("c")));
}

#define CONNECTOR(c) DOCUMENT("r", "人口", ",\"connector\":" c)
#define LIMITS(l) DOCUMENT("r", "人口", ",\"limits\":" l)
#define STANDARD(s) DOCUMENT("r", "人口", ",\"standard\":" s)

static void
a_wrong_document_is_refused_and_stores_nothing(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "[]",
        DOCUMENT("", "人口", ""),
        DOCUMENT("/r", "人口", ""),
        DOCUMENT("r/", "人口", ""),
        DOCUMENT("r//s", "人口", ""),
        DOCUMENT("R", "人口", ""),
        DOCUMENT("r%2f", "人口", ""),
        DOCUMENT("r", "", ""),
        DOCUMENT("r", "\\u0000", ""),
        "{\"code\":\"r\",\"title_zh\":\"t\",\"title_en\":\"t\",\"owner\":\"o\",\"owner_zh\":\"o\","
        "\"owner_en\":\"o\",\"node\":\"n\",\"sharing\":3,\"key_kind\":\"k\",\"elements\":[{\"name\":"
        "\"a\",\"title_zh\":\"a\",\"title_en\":\"a\",\"type\":\"text\",\"grade\":1}]}",
        "{\"code\":\"r\",\"title_zh\":\"t\",\"title_en\":\"t\",\"owner\":\"o\",\"owner_zh\":\"o\","
        "\"owner_en\":\"o\",\"node\":\"n\",\"sharing\":1,\"key_kind\":\"k\",\"elements\":[]}",
        "{\"code\":\"r\",\"title_zh\":\"t\",\"title_en\":\"t\",\"owner\":\"o\",\"owner_zh\":\"o\","
        "\"owner_en\":\"o\",\"node\":\"n\",\"sharing\":1,\"key_kind\":\"k\",\"elements\":[{\"name\":"
        "\"a\",\"title_zh\":\"a\",\"title_en\":\"a\",\"type\":\"blob\",\"grade\":1}]}",
        "{\"code\":\"r\",\"title_zh\":\"t\",\"title_en\":\"t\",\"owner\":\"o\",\"owner_zh\":\"o\","
        "\"owner_en\":\"o\",\"node\":\"n\",\"sharing\":1,\"key_kind\":\"k\",\"elements\":[{\"name\":"
        "\"a\",\"title_zh\":\"a\",\"title_en\":\"a\",\"type\":\"text\",\"grade\":5}]}",
        CONNECTOR("5"),
        CONNECTOR("{\"kind\":\"ftp\"}"),
        CONNECTOR("{\"kind\":\"http\"}"),
        CONNECTOR("{\"kind\":\"http\",\"url\":\"https://a/{key}\"}"),
        CONNECTOR("{\"kind\":\"http\",\"url\":\"http://a/\"}"),
        CONNECTOR("{\"kind\":\"http\",\"url\":\"http://{key}/\"}"),
        CONNECTOR("{\"kind\":\"http\",\"url\":\"http://a/ {key}\"}"),
        CONNECTOR("{\"kind\":\"http\",\"url\":\"http://a/{key}\",\"members\":{\"none\":\"x\"}}"),
        LIMITS("{\"per_day\":0}"),
        LIMITS("{\"per_day\":\"5\"}"),
        LIMITS("{\"open\":\"07:00\"}"),
        LIMITS("{\"open\":\"7:00\",\"close\":\"23:00\"}"),
        LIMITS("{\"open\":\"07:60\",\"close\":\"23:00\"}"),
        LIMITS("{\"open\":\"07:00\",\"close\":\"24:01\"}"),
        LIMITS("{\"urgent\":\"yes\"}"),
        STANDARD("[]"),
        STANDARD("{\"type\":\"word\"}"),
        STANDARD("{\"properties\":{\"nam\":{}}}"),
        STANDARD("{\"required\":[\"nam\"]}"),
        STANDARD("{\"required\":[5]}"),
        STANDARD("{\"$ref\":\"https://elsewhere.example/person\"}"),
        STANDARD("{\"properties\":{\"name\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{\"not\":{}}}}}}}}}"),
    };
    struct house *h = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct err err;
        enum rc rc = put(h, wrong[i], 1, &err);
        if (rc != RC_INVALID) {
            fail_msg("%s gave %s", wrong[i], rc_name(rc));
        }
    }
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM resource"), 0);
    assert_int_equal(acts(h), 0);
}

static void
any_memory_limit_gives_a_limit_and_nothing_else(void **state)
{
    struct house *h = *state;
    struct resource *r;
    struct err err;
    enum rc rc = RC_LIMIT;

    assert_int_equal(put(h, DOCUMENT("r", "人口", ""), 1, &err), RC_OK);
    for (size_t n = 1; rc == RC_LIMIT && n < 1000; n++) {
        struct arena *a = arena_new(1 << 20);
        arena_fail_at(a, n);
        rc = catalogue_get(&h->fixture.db, a, STR("r"), &r, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_house, close_house)
    const struct CMUnitTest tests[] = {
        TEST(a_resource_comes_back_as_it_was_put),
        TEST(an_owner_is_called_as_the_document_says),
        TEST(a_new_version_is_an_act_and_the_same_document_is_not),
        TEST(a_list_goes_on_after_a_code),
        TEST(a_wrong_document_is_refused_and_stores_nothing),
        TEST(any_memory_limit_gives_a_limit_and_nothing_else),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "catalogue on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "catalogue on PostgreSQL");
    }
    return failed;
}
