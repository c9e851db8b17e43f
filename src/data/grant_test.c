#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/mem.h"
#include "data/grant.h"
#include "evidence/act.h"
#include "store/fixture.h"

static enum fixture_kind kind;

enum { CHINA = CLOCK_OFFSET_CHINA_MINUTES };

/* 2026-11-23T12:00:00+08:00 */
static const int64_t noon_us = (int64_t)1795406400 * 1000000;
static const int64_t hour_us = (int64_t)3600 * 1000000;

static const char resource_text[] =
    "{\"code\":\"yl/person\",\"title_zh\":\"人口\",\"title_en\":\"Persons\",\"owner\":"
    "\"11990000MB0000001A\",\"owner_zh\":\"公安厅\",\"owner_en\":\"Police\",\"node\":\"prov\","
    "\"sharing\":%d,\"basis\":\"户口登记条例\",\"key_kind\":\"person\",\"subject_kind\":\"person\","
    "\"connector\":{\"kind\":\"registry\"},\"limits\":%s,\"elements\":["
    "{\"name\":\"name\",\"title_zh\":\"姓名\",\"title_en\":\"Name\",\"type\":\"text\",\"grade\":2},"
    "{\"name\":\"id\",\"title_zh\":\"号码\",\"title_en\":\"Id\",\"type\":\"id\",\"grade\":3},"
    "{\"name\":\"born\",\"title_zh\":\"出生日期\",\"title_en\":\"Born\",\"type\":\"date\",\"grade\":2},"
    "{\"name\":\"address\",\"title_zh\":\"住址\",\"title_en\":\"Address\",\"type\":\"text\","
    "\"grade\":3},"
    "{\"name\":\"phone\",\"title_zh\":\"电话\",\"title_en\":\"Phone\",\"type\":\"text\",\"grade\":3}]}";

struct house {
    struct fixture fixture;
    struct arena *arena;
};

struct put {
    struct arena *arena;
    struct str text;
    bool is_grant;
};

static enum rc
put_fn(struct tx *tx, void *ctx, struct err *err)
{
    const struct put *p = ctx;
    struct json *j;
    enum rc rc = json_parse(p->arena, p->text, JSON_UNIQUE, &j, err);

    if (rc != RC_OK) {
        return rc;
    }
    return p->is_grant ? grant_put(tx, p->arena, j, noon_us, err)
                       : catalogue_put(tx, p->arena, j, noon_us, err);
}

static enum rc
put(struct house *h, bool is_grant, struct str text, struct err *err)
{
    struct put p = {h->arena, text, is_grant};

    assert_non_null(text.ptr);
    return store_write(&h->fixture.db, put_fn, &p, err);
}

static void
put_resource(struct house *h, int sharing, const char *limits)
{
    struct err err;
    struct buf b;
    struct str text, rest = str_of(resource_text);

    /* Two places to fill in. */
    size_t at = str_find(rest, STR("%d"));
    buf_init(&b, h->arena, 8192);
    buf_put(&b, str_sub(rest, 0, at));
    buf_put_int(&b, sharing);
    rest = str_from(rest, at + 2);
    at = str_find(rest, STR("%s"));
    buf_put(&b, str_sub(rest, 0, at));
    buf_put(&b, str_of(limits));
    buf_put(&b, str_from(rest, at + 2));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    assert_int_equal(put(h, false, text, &err), RC_OK);
}

static struct str
grant_text(struct house *h, const char *id, const char *item, const char *fields, int per_day,
           const char *state)
{
    return str_fmt(h->arena,
                   "{\"id\":\"%s\",\"resource\":\"yl/person\",\"consumer\":\"yunxi\",\"item\":\"%s\","
                   "\"basis\":\"食品安全法 35\",\"fields\":%s,\"per_day\":%d,\"from\":"
                   "\"2026-01-01T00:00:00+08:00\",\"until\":\"2027-01-01T00:00:00+08:00\",\"state\":"
                   "\"%s\",\"by\":\"officer:o-1\"}",
                   id, item, fields, per_day, state);
}

static void
put_grant(struct house *h, const char *id, const char *item, const char *fields, int per_day,
          const char *state)
{
    struct err err;

    assert_int_equal(put(h, true, grant_text(h, id, item, fields, per_day, state), &err), RC_OK);
}

static int
open_house(void **state)
{
    struct house *h = mem_new(1, sizeof(*h));

    fixture_new(&h->fixture, kind);
    h->arena = arena_new(1 << 24);
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

static const struct purpose restaurant = {.case_no = STR_INIT("draft:d-1"),
                                          .item = STR_INIT("restaurant"),
                                          .basis = STR_INIT("食品安全法 35"),
                                          .actor = STR_INIT("system")};

static struct json *
names(struct house *h, const char *text)
{
    struct json *j = NULL;
    struct err err;

    assert_int_equal(json_parse(h->arena, str_of(text), JSON_ANY, &j, &err), RC_OK);
    return j;
}

static struct resource *
resource(struct house *h)
{
    struct resource *r = NULL;
    struct err err;

    assert_int_equal(catalogue_get(&h->fixture.db, h->arena, STR("yl/person"), &r, &err), RC_OK);
    return r;
}

static enum rc
check(struct house *h, const struct purpose *p, const char *fields, int64_t now_us,
      const struct grant **out, struct err *err)
{
    return grant_check(&h->fixture.db, h->arena, resource(h), STR("yunxi"), p, names(h, fields),
                       now_us, CHINA, out, err);
}

struct use {
    const struct resource *resource;
    const struct grant *grant;
    int64_t now_us;
};

static enum rc
use_fn(struct tx *tx, void *ctx, struct err *err)
{
    const struct use *u = ctx;

    return grant_count(tx, u->resource, u->grant, u->now_us, CHINA, err);
}

static enum rc
count_one(struct house *h, const struct grant *g, int64_t now_us, struct err *err)
{
    struct use u = {resource(h), g, now_us};

    return store_write(&h->fixture.db, use_fn, &u, err);
}

static void
every_reason_to_refuse_has_its_own_type(void **state)
{
    struct house *h = *state;
    struct purpose p;
    const struct grant *g;
    struct err err;
    const int64_t after_us = noon_us + 60 * 24 * hour_us, before_us = noon_us - 400 * 24 * hour_us;

    put_resource(h, SHARING_CONDITIONAL, "null");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "grant-missing");
    put_grant(h, "g-1", "restaurant", "[\"name\",\"id\"]", 5, "in-use");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_OK);
    assert_true(str_eq(g->id, STR("g-1")));
    p = restaurant;
    p.item = STR("other");
    assert_int_equal(check(h, &p, "[\"name\"]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "purpose-not-covered");
    p = restaurant;
    p.basis = STR("别的依据");
    assert_int_equal(check(h, &p, "[\"name\"]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "purpose-not-covered");
    assert_int_equal(check(h, &restaurant, "[\"name\",\"phone\"]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "field-not-granted");
    assert_int_equal(check(h, &restaurant, "[\"name\",5]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "field-not-granted");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", after_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "grant-expired");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", before_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "grant-expired");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "suspended");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "grant-suspended");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "terminated");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "grant-expired");
    put_resource(h, SHARING_NONE, "null");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "not-shared");
}

static void
the_first_grant_that_allows_all_is_taken(void **state)
{
    struct house *h = *state;
    const struct grant *g;
    struct err err;

    put_resource(h, SHARING_OPEN, "null");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "suspended");
    put_grant(h, "g-2", "shop", "[\"name\"]", 5, "in-use");
    put_grant(h, "g-3", "restaurant", "[\"id\"]", 5, "in-use");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_DENIED);
    assert_string_equal(err.type, "field-not-granted");
    put_grant(h, "g-4", "*", "[\"id\",\"name\"]", 5, "in-use");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_OK);
    assert_true(str_eq(g->id, STR("g-4")));
    assert_int_equal(check(h, &restaurant, "[\"id\"]", noon_us, &g, &err), RC_OK);
    assert_true(str_eq(g->id, STR("g-3")));
}

static void
a_source_is_closed_at_night_but_for_what_is_urgent(void **state)
{
    static const struct {
        const char *limits;
        int hours; /* from noon */
        bool urgent;
        enum rc rc;
    } rows[] = {
        {"{\"open\":\"07:00\",\"close\":\"23:00\",\"urgent\":true}", 0, false, RC_OK},
        {"{\"open\":\"07:00\",\"close\":\"23:00\",\"urgent\":true}", 11, false, RC_BUSY},
        {"{\"open\":\"07:00\",\"close\":\"23:00\",\"urgent\":true}", 10, false, RC_OK},
        {"{\"open\":\"07:00\",\"close\":\"23:00\",\"urgent\":true}", -5, false, RC_OK},
        {"{\"open\":\"07:00\",\"close\":\"23:00\",\"urgent\":true}", -6, false, RC_BUSY},
        {"{\"open\":\"07:00\",\"close\":\"23:00\",\"urgent\":true}", 11, true, RC_OK},
        {"{\"open\":\"07:00\",\"close\":\"23:00\",\"urgent\":false}", 11, true, RC_BUSY},
        {"{\"open\":\"22:00\",\"close\":\"06:00\"}", 0, false, RC_BUSY},
        {"{\"open\":\"22:00\",\"close\":\"06:00\"}", 11, false, RC_OK},
        {"{\"open\":\"22:00\",\"close\":\"06:00\"}", 17, false, RC_OK},
        {"{\"open\":\"22:00\",\"close\":\"06:00\"}", 18, false, RC_BUSY},
        {"{\"open\":\"00:00\",\"close\":\"24:00\"}", 12, false, RC_OK},
    };
    struct house *h = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct purpose p = restaurant;
        const struct grant *g;
        struct err err;
        p.urgent = rows[i].urgent;
        put_resource(h, SHARING_CONDITIONAL, rows[i].limits);
        put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "in-use");
        enum rc rc = check(h, &p, "[\"name\"]", noon_us + rows[i].hours * hour_us, &g, &err);
        if (rc != rows[i].rc) {
            fail_msg("row %zu gave %s", i, rc_name(rc));
        }
        if (rc == RC_BUSY) {
            assert_string_equal(err.type, "outside-hours");
        }
    }
}

static void
a_number_is_used_up_and_new_on_the_next_day_of_the_node(void **state)
{
    struct house *h = *state;
    const int64_t last_us = noon_us + 12 * hour_us - 1; /* 23:59:59 in China, 15:59:59 UTC */
    const struct grant *g;
    struct json *list;
    struct err err;

    put_resource(h, SHARING_CONDITIONAL, "null");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 2, "in-use");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_OK);
    assert_int_equal(count_one(h, g, noon_us, &err), RC_OK);
    assert_int_equal(count_one(h, g, last_us, &err), RC_OK);
    assert_int_equal(count_one(h, g, last_us, &err), RC_BUSY);
    assert_string_equal(err.type, "quota-exhausted");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", last_us, &g, &err), RC_BUSY);
    assert_string_equal(err.type, "quota-exhausted");
    fixture_close(&h->fixture);
    fixture_open(&h->fixture);
    assert_int_equal(check(h, &restaurant, "[\"name\"]", last_us, &g, &err), RC_BUSY);
    assert_int_equal(grant_list(&h->fixture.db, h->arena, STR("yl/person"),
                                instant_day(noon_us, CHINA), &list, &err),
                     RC_OK);
    assert_int_equal(json_int_or(list->first, "used_today", -1), 2);
    assert_int_equal(check(h, &restaurant, "[\"name\"]", last_us + 1, &g, &err), RC_OK);
    assert_int_equal(count_one(h, g, last_us + 1, &err), RC_OK);
}

static void
a_limit_of_the_source_holds_for_all_consumers_together(void **state)
{
    struct house *h = *state;
    const struct grant *g, *other;
    struct err err;

    put_resource(h, SHARING_CONDITIONAL, "{\"per_day\":3}");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 100, "in-use");
    put_grant(h, "g-2", "restaurant", "[\"id\"]", 100, "in-use");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_OK);
    assert_int_equal(check(h, &restaurant, "[\"id\"]", noon_us, &other, &err), RC_OK);
    assert_int_equal(count_one(h, g, noon_us, &err), RC_OK);
    assert_int_equal(count_one(h, other, noon_us, &err), RC_OK);
    assert_int_equal(count_one(h, g, noon_us, &err), RC_OK);
    assert_int_equal(count_one(h, other, noon_us, &err), RC_BUSY);
    assert_string_equal(err.type, "quota-exhausted");
    /* What the source refused is not counted for the grant either. */
    assert_int_equal(
        fixture_int(&h->fixture, "SELECT used FROM data_use WHERE name = 'grant:g-2'"), 1);
}

struct crowd {
    struct house *house;
    const struct resource *resource;
    const struct grant *grant;
    pthread_t thread;
    int counted;
    int refused;
    int other;
};

enum { CROWD = 8, TRIES = 25, QUOTA = 70 };

static void *
use_many(void *ctx)
{
    struct crowd *c = ctx;
    struct use u = {c->resource, c->grant, noon_us};

    for (int i = 0; i < TRIES; i++) {
        struct err err;
        enum rc rc = store_write(&c->house->fixture.db, use_fn, &u, &err);
        c->counted += rc == RC_OK;
        c->refused += rc == RC_BUSY;
        c->other += rc != RC_OK && rc != RC_BUSY;
    }
    return NULL;
}

static void
many_at_once_never_pass_the_number(void **state)
{
    struct house *h = *state;
    struct crowd crowd[CROWD] = {{.counted = 0}};
    const struct grant *g;
    struct err err;
    int counted = 0, refused = 0;

    put_resource(h, SHARING_CONDITIONAL, "null");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", QUOTA, "in-use");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_OK);
    const struct resource *r = resource(h);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = (struct crowd){.house = h, .resource = r, .grant = g};
        assert_int_equal(pthread_create(&crowd[i].thread, NULL, use_many, &crowd[i]), 0);
    }
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(pthread_join(crowd[i].thread, NULL), 0);
        assert_int_equal(crowd[i].other, 0);
        counted += crowd[i].counted;
        refused += crowd[i].refused;
    }
    assert_int_equal(counted, QUOTA);
    assert_int_equal(refused, CROWD * TRIES - QUOTA);
}

static void
a_grant_that_changed_under_the_question_is_not_used(void **state)
{
    struct house *h = *state;
    const struct grant *g;
    struct err err;

    put_resource(h, SHARING_CONDITIONAL, "null");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "in-use");
    struct use u = {resource(h), NULL, noon_us};
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_OK);
    u.grant = g;
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "suspended");
    assert_int_equal(store_write(&h->fixture.db, use_fn, &u, &err), RC_CONFLICT);
    assert_string_equal(err.type, "grant-changed");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "in-use");
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_OK);
    u.grant = g;
    assert_int_equal(store_write(&h->fixture.db, use_fn, &u, &err), RC_OK);
    put_resource(h, SHARING_NONE, "null");
    assert_int_equal(store_write(&h->fixture.db, use_fn, &u, &err), RC_CONFLICT);
    assert_int_equal(fixture_int(&h->fixture, "SELECT SUM(used) FROM data_use"), 1);
}

static void
a_grant_is_an_act_and_the_same_document_is_not(void **state)
{
    struct house *h = *state;
    int64_t before = 0, after = 0;
    struct json *act;
    struct err err;

    put_resource(h, SHARING_CONDITIONAL, "null");
    assert_int_equal(act_count(&h->fixture.db, &before, &err), RC_OK);
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "in-use");
    put_grant(h, "g-1", "restaurant", "[\"name\"]", 5, "in-use");
    assert_int_equal(act_count(&h->fixture.db, &after, &err), RC_OK);
    assert_int_equal(after, before + 1);
    assert_int_equal(act_by_index(&h->fixture.db, h->arena, before, &act, &err), RC_OK);
    assert_true(str_eq(json_str(act, "kind"), STR("grant")));
    assert_true(str_eq(json_str(act, "actor"), STR("officer:o-1")));
    assert_true(str_eq(json_str(json_get(act, "detail"), "consumer"), STR("yunxi")));
}

static void
only_granted_fields_leave_and_masked_ones_masked(void **state)
{
    struct house *h = *state;
    const struct json *record =
        names(h, "{\"name\":\"王小明\",\"id\":\"990102199001010011\",\"born\":\"1990-01-01\","
                 "\"address\":\"云溪市清河区滨河路12号\",\"phone\":\"13800001234\"}");
    const struct grant *g;
    struct err err;
    const struct str text = str_fmt(
        h->arena, "{\"id\":\"g-1\",\"resource\":\"yl/person\",\"consumer\":\"yunxi\",\"item\":\"*\","
                  "\"basis\":\"食品安全法 35\",\"fields\":[\"name\",\"id\",\"born\",\"address\"],"
                  "\"masks\":{\"id\":\"middle\",\"born\":\"year\",\"address\":\"district\"},"
                  "\"rules\":{\"middle\":{\"keep_head\":6,\"keep_tail\":4},\"year\":{\"keep_head\":4,"
                  "\"cut\":true},\"district\":{\"up_to\":[\"区\",\"县\"]}},\"per_day\":5,\"from\":"
                  "\"2026-01-01T00:00:00+08:00\",\"until\":\"2027-01-01T00:00:00+08:00\",\"state\":"
                  "\"in-use\"}");

    put_resource(h, SHARING_CONDITIONAL, "null");
    assert_int_equal(put(h, true, text, &err), RC_OK);
    assert_int_equal(check(h, &restaurant, "[\"name\"]", noon_us, &g, &err), RC_OK);
    struct json *all = grant_apply(
        h->arena, g, names(h, "[\"id\",\"phone\",\"born\",\"address\",\"name\"]"), record);
    assert_true(json_equal(
        all, names(h, "{\"id\":\"990102********0011\",\"born\":\"1990\",\"address\":"
                      "\"云溪市清河区\",\"name\":\"王小明\"}")));
    struct json *one = grant_apply(h->arena, g, names(h, "[\"name\",\"born\"]"), names(h, "{}"));
    assert_true(json_equal(one, names(h, "{\"name\":null,\"born\":null}")));
}

static void
a_wrong_grant_is_refused_and_stores_nothing(void **state)
{
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"\"yl/person\"", "\"yl/nobody\""},
        {"\"yunxi\"", "\"\""},
        {"\"restaurant\"", "5"},
        {"[\"name\"]", "[]"},
        {"[\"name\"]", "\"name\""},
        {"[\"name\"]", "[5]"},
        {"[\"name\"]", "[\"unheard\"]"},
        {"\"per_day\":5", "\"per_day\":0"},
        {"\"per_day\":5", "\"per_day\":1.5"},
        {"\"2027-01-01T00:00:00+08:00\"", "\"2025-01-01T00:00:00+08:00\""},
        {"\"2027-01-01T00:00:00+08:00\"", "\"2027\""},
        {"\"in-use\"", "\"used\""},
        {"\"per_day\":5", "\"per_day\":5,\"masks\":{\"name\":\"none\"}"},
        {"\"per_day\":5", "\"per_day\":5,\"masks\":{\"id\":\"r\"},\"rules\":{\"r\":{\"hide\":true}}"},
        {"\"per_day\":5", "\"per_day\":5,\"rules\":{\"r\":{\"hide\":false}}"},
        {"\"per_day\":5", "\"per_day\":5,\"masks\":[]"},
    };
    struct house *h = *state;
    struct str good = grant_text(h, "g-1", "restaurant", "[\"name\"]", 5, "in-use");
    struct err err;

    put_resource(h, SHARING_CONDITIONAL, "null");
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        size_t at = str_find(good, str_of(changes[i].from));
        assert_true(at < good.len);
        struct str text =
            str_fmt(h->arena, "%.*s%s%.*s", (int)at, good.ptr, changes[i].to,
                    STR_ARG(str_from(good, at + str_of(changes[i].from).len)));
        enum rc rc = put(h, true, text, &err);
        if (rc != RC_INVALID) {
            fail_msg("%s gave %s", changes[i].to, rc_name(rc));
        }
    }
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM data_grant"), 0);
    put_resource(h, SHARING_NONE, "null");
    assert_int_equal(put(h, true, good, &err), RC_INVALID);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_house, close_house)
    const struct CMUnitTest tests[] = {
        TEST(every_reason_to_refuse_has_its_own_type),
        TEST(the_first_grant_that_allows_all_is_taken),
        TEST(a_source_is_closed_at_night_but_for_what_is_urgent),
        TEST(a_number_is_used_up_and_new_on_the_next_day_of_the_node),
        TEST(a_limit_of_the_source_holds_for_all_consumers_together),
        TEST(many_at_once_never_pass_the_number),
        TEST(a_grant_that_changed_under_the_question_is_not_used),
        TEST(a_grant_is_an_act_and_the_same_document_is_not),
        TEST(only_granted_fields_leave_and_masked_ones_masked),
        TEST(a_wrong_grant_is_refused_and_stores_nothing),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "grant on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "grant on PostgreSQL");
    }
    return failed;
}
