/*
 * Services: kept by version, found by what people call them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "service/item.h"
#include "service/office.h"

#define LEAD OFFICE_MARKET
#define GOOD_PART(id) "{\"id\":\"" id "\",\"org\":\"x\",\"power\":\"p\",\"statutory_days\":9}"

static enum fixture_kind kind;

struct house {
    struct fixture fixture;
    struct arena *arena;
    struct item_table *table;
    int64_t now_us;
};

static int
open_house(void **state)
{
    struct house *h = mem_new(1, sizeof(*h));

    fixture_new(&h->fixture, kind);
    h->arena = arena_new(64 << 20);
    h->now_us = 1000;
    *state = h;
    return 0;
}

static int
close_house(void **state)
{
    struct house *h = *state;

    if (h->table != NULL) {
        item_table_free(h->table);
    }
    fixture_remove(&h->fixture);
    arena_free(h->arena);
    mem_free(h);
    return 0;
}

/* --- help ---------------------------------------------------------------------------------------- */

static struct json *
parse(struct house *h, const char *text)
{
    struct json *j;
    struct err err;

    assert_int_equal(json_parse(h->arena, str_of(text), JSON_UNIQUE, &j, &err), RC_OK);
    return j;
}

/* An item of that number, with `more` as further members. */
static struct json *
document(struct house *h, int number, const char *name, const char *more)
{
    const char *own_kind = strstr(more, "\"kind\"") != NULL ? "" : "\"kind\":\"item\",";
    struct str text = str_fmt(h->arena,
                              "{\"code\":\"%012d\",\"implementation_code\":\"" LEAD "3%012d\","
                              "%s\"name_zh\":\"%s\",\"lead_org\":\"" LEAD "\"%s%s}",
                              number, number, own_kind, name, more[0] != '\0' ? "," : "", more);

    return parse(h, str_c(h->arena, text));
}

struct put {
    struct house *house;
    struct arena *arena;
    const struct json *document;
};

static enum rc
put_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct put *p = ctx;

    return item_put(tx, p->arena, p->document, p->house->now_us++, err);
}

static enum rc
put(struct house *h, const struct json *d, struct err *err)
{
    struct put p = {h, h->arena, d};

    return store_write(&h->fixture.db, put_tx, &p, err);
}

static void
must_put(struct house *h, const struct json *d)
{
    struct err err;

    assert_int_equal(put(h, d, &err), RC_OK);
}

static void
load(struct house *h)
{
    struct err err;

    if (h->table != NULL) {
        item_table_free(h->table);
    }
    assert_int_equal(item_load(&h->fixture.db, &h->table, &err), RC_OK);
}

static struct json *
search(struct house *h, const char *query, int limit)
{
    struct json *d = NULL;
    struct err err;

    assert_int_equal(item_search(h->table, h->arena, str_of(query), STR("zh"), limit, &d, &err),
                     RC_OK);
    return d;
}

/* The numbers of what was found, best first: "3 1 ". */
static const char *
found(struct house *h, const char *query)
{
    const struct json *r = json_get(search(h, query, 20), "results")->first;
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, h->arena, 1000);
    for (; r != NULL; r = r->next) {
        int64_t number = 0;
        assert_true(str_to_int(json_str(r, "code"), &number));
        buf_put_fmt(&b, "%d ", (int)number);
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return str_c(h->arena, text);
}

/* --- versions ---------------------------------------------------------------------------------------- */

static void
a_changed_document_is_a_new_version_and_the_old_one_stays(void **state)
{
    struct house *h = *state;
    struct item old;
    struct err err;

    must_put(h, document(h, 1, "旧名", ""));
    must_put(h, document(h, 1, "旧名", "")); /* nothing new */
    must_put(h, document(h, 1, "新名", "\"fee_cents\":100"));
    load(h);
    const struct item *now = item_by_code(h->table, STR("000000000001"));
    assert_int_equal(now->version, 2);
    assert_true(str_eq(json_str(now->document, "name_zh"), STR("新名")));
    assert_null(now->form);
    assert_int_equal(item_by_version(&h->fixture.db, h->arena, STR("000000000001"), 1, &old, &err),
                     RC_OK);
    assert_true(str_eq(json_str(old.document, "name_zh"), STR("旧名")));
    old.version = 77;
    for (int64_t version = 0; version < 5; version += 3) {
        assert_int_equal(item_by_version(&h->fixture.db, h->arena, STR("000000000001"), version,
                                         &old, &err),
                         RC_NOT_FOUND);
    }
    assert_int_equal(old.version, 77);
    assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM item"), 2);
    must_put(h, document(h, 1, "旧名", "")); /* back again is a version of its own */
    assert_int_equal(fixture_int(&h->fixture, "SELECT MAX(version) FROM item"), 3);
}

static void
items_are_found_by_code_among_many(void **state)
{
    struct house *h = *state;

    for (int i = 1; i < 60; i += 2) {
        must_put(h, document(h, i * 7919 % 1000, "事项", ""));
    }
    load(h);
    for (int i = 0; i < 1000; i++) {
        struct str code = str_fmt(h->arena, "%012d", i);
        const struct item *item = item_by_code(h->table, code);
        bool is_there = false;
        for (int k = 1; k < 60; k += 2) {
            is_there = is_there || k * 7919 % 1000 == i;
        }
        assert_int_equal(item != NULL, is_there);
        assert_true(item == NULL || str_eq(item->code, code));
    }
    assert_null(item_by_code(h->table, STR("")));
}

static void
a_document_that_would_trip_somebody_is_refused(void **state)
{
    static const char *const parts[] = {
        "{\"id\":\"1\",\"org\":\"x\",\"power\":\"p\",\"promised_days\":5,\"statutory_days\":4}",
        "{\"id\":\"1\",\"org\":\"x\",\"promised_days\":5,\"statutory_days\":20}",
        "{\"id\":\"1\",\"power\":\"p\",\"statutory_days\":20}",
        "{\"org\":\"x\",\"power\":\"p\",\"statutory_days\":20}",
        "{\"id\":\"1\",\"org\":\"x\",\"power\":\"p\"}",
        GOOD_PART("1") "," GOOD_PART("1"),
        GOOD_PART("1-1"),
        GOOD_PART("A"),
        GOOD_PART("一"),
        GOOD_PART("12345678901234567"),
        "{\"id\":\"1\",\"org\":\"x\",\"power\":\"p\",\"statutory_days\":9,\"applies_when\":{\"field\":"
        "\"area\",\"at_least\":300}}",
        "{\"id\":\"1\",\"org\":\"x\",\"power\":\"p\",\"statutory_days\":9,\"certificate\":{\"fields\":"
        "[\"shop_name\"]}}"};
    static const char *const needed[] = {"code", "implementation_code", "kind", "name_zh", "lead_org"};
    struct house *h = *state;
    struct err err;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct json *d = document(h, 1, "事项",
                                  str_c(h->arena, str_fmt(h->arena, "\"parts\":[%s]", parts[i])));
        assert_int_equal(put(h, d, &err), RC_INVALID);
    }
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        struct json *d = document(h, 1, "事项", "");
        json_set_text(h->arena, d, needed[i], STR(""));
        assert_int_equal(put(h, d, &err), RC_INVALID);
        json_set_text(h->arena, d, needed[i], STR("00000000000"));
        assert_int_equal(put(h, d, &err), i < 2 ? RC_INVALID : RC_OK);
    }
    assert_int_equal(put(h, document(h, 1, "事项", "\"form\":{\"sections\":[]}"), &err), RC_INVALID);
    assert_int_equal(put(h, document(h, 1, "事项",
                                     "\"form\":{\"sections\":[{\"id\":\"a\",\"title_zh\":\"a\","
                                     "\"fields\":[{\"id\":\"x\",\"type\":\"no such\"}]}]}"),
                         &err),
                     RC_INVALID);
    assert_int_equal(put(h, parse(h, "{}"), &err), RC_INVALID);
}

static void
what_a_form_is_for_must_be_in_it(void **state)
{
    static const char form[] = "\"form\":{\"sections\":[{\"id\":\"s\",\"title_zh\":\"店\",\"fields\":[{"
                               "\"id\":\"area\",\"title_zh\":\"面积\",\"type\":\"number\"}]}]}";
    static const struct {
        const char *more;
        enum rc rc;
    } cases[] = {
        {"\"parts\":[]", RC_INVALID}, /* nobody would decide it */
        {"\"parts\":[" GOOD_PART("1") "]", RC_OK},
        {"\"parts\":[" GOOD_PART("1") "],\"title_field\":\"area\",\"holder_field\":\"area\"", RC_OK},
        {"\"parts\":[" GOOD_PART("1") "],\"title_field\":\"name\"", RC_INVALID},
        {"\"parts\":[" GOOD_PART("1") "],\"holder_field\":\"name\"", RC_INVALID},
        {"\"parts\":[{\"id\":\"1\",\"org\":\"x\",\"power\":\"p\",\"statutory_days\":9,\"applies_when\":"
         "{\"field\":\"area\",\"at_least\":300}}]",
         RC_OK},
        {"\"parts\":[{\"id\":\"1\",\"org\":\"x\",\"power\":\"p\",\"statutory_days\":9,\"applies_when\":"
         "{\"field\":\"size\",\"at_least\":300}}]",
         RC_INVALID},
        {"\"parts\":[{\"id\":\"1\",\"org\":\"x\",\"power\":\"p\",\"statutory_days\":9,\"certificate\":"
         "{\"fields\":[\"area\",\"size\"]}}]",
         RC_INVALID},
    };
    struct house *h = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *more = str_c(h->arena, str_fmt(h->arena, "%s,%s", form, cases[i].more));
        struct err err;
        assert_int_equal(put(h, document(h, (int)i + 1, "事项", more), &err), cases[i].rc);
    }
}

static void
there_are_no_more_parts_than_a_case_can_have(void **state)
{
    struct house *h = *state;
    struct json *d = document(h, 1, "事项", ""), *parts = json_array(h->arena);
    struct err err;

    for (int i = 1; i <= ITEM_PARTS_MAX + 1; i++) {
        struct json *p = parse(h, GOOD_PART("x"));
        json_set_text(h->arena, p, "id", str_fmt(h->arena, "%d", i));
        json_push(parts, p);
        if (i == ITEM_PARTS_MAX) {
            json_set(h->arena, d, "parts", json_copy(h->arena, parts));
            assert_int_equal(put(h, d, &err), RC_OK);
        }
    }
    json_set(h->arena, d, "parts", parts);
    assert_int_equal(put(h, d, &err), RC_INVALID);
}

/* --- searching ------------------------------------------------------------------------------------------ */

static void
fill(struct house *h)
{
    must_put(h, document(h, 1, "开办餐饮店",
                         "\"kind\":\"bundle\",\"name_en\":\"Open a restaurant\",\"words\":[\"开饭馆\","
                         "\"面馆\",\"restaurant\"],\"summary_zh\":\"许可证、店招、消防一次办齐\","
                         "\"promised_days\":5,\"is_online\":true,\"popular\":true,\"rank\":2"));
    must_put(h, document(h, 2, "食品经营许可",
                         "\"name_en\":\"Food licence\",\"words\":[\"开饭馆\",\"卫生证\"],\"summary_zh\":"
                         "\"经营食品前要办\""));
    must_put(h, document(h, 3, "户外招牌设置",
                         "\"name_en\":\"Shop sign\",\"words\":[\"门头\"],\"summary_zh\":"
                         "\"要在门外挂招牌，饭馆、商店都用\",\"popular\":true,\"rank\":1"));
    must_put(h, document(h, 4, "新生儿出生",
                         "\"name_en\":\"Newborn\",\"words\":[\"生孩子\",\"上户口\",\"baby\"],"
                         "\"summary_zh\":\"出生证、户口、社保\",\"fee_cents\":500,\"visits\":1"));
    load(h);
}

static void
what_people_call_it_finds_it_best_first(void **state)
{
    static const struct {
        const char *query;
        const char *found;
    } cases[] = {
        {"开饭馆", "1 2 3 "},    /* a synonym of two: the bundle first; the third only mentions it */
        {"卫生证", "2 4 "},      /* its own word, then what has two of the characters */
        {"食品经营许可", "2 1 "}, /* a whole name before the bundle that shares two characters */
        {"招牌", "3 "},
        {"门头", "3 "},
        {"户口", "4 "},
        {"我要上户口", "4 "},
        {"孩", "4 "},
        {"Restaurant", "1 "},
        {"RESTAURANT", "1 "},
        {"open a restaurant", "1 "},
        {"  baby ", "4 "},
        {"food", "2 "},
        {"rest", "1 "},
        {"staurant", ""}, /* a word begins somewhere */
        {"I want a baby!", "4 "},
        {"开饭馆，上户口。", "1 4 2 3 "},
        {"ｂａｂｙ", "4 "}, /* full width */
        {"饭。", "1 2 3 "},
        {"宇宙飞船", ""},
        {"zzz", ""},
        {"", ""},
        {"   ", ""},
        {"，。！", ""},
    };
    struct house *h = *state;
    int wrong = 0;

    fill(h);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *got = found(h, cases[i].query);
        if (strcmp(got, cases[i].found) != 0) {
            print_message("\"%s\" finds %s, not %s\n", cases[i].query, got, cases[i].found);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void
a_result_says_what_one_wants_to_know_first(void **state)
{
    struct house *h = *state;
    struct json *d, *en = NULL;
    struct err err;

    fill(h);
    d = search(h, "开饭馆", 1);
    assert_int_equal(json_int_or(d, "count", -1), 3);
    assert_int_equal(json_get(d, "results")->count, 1);
    const struct json *r = json_get(d, "results")->first;
    assert_true(str_eq(json_str(r, "name"), STR("开办餐饮店")));
    assert_true(str_eq(json_str(r, "url"), STR("/items/000000000001")));
    assert_int_equal(json_int_or(r, "days", -1), 5);
    assert_true(json_true(r, "is_bundle") && json_true(r, "is_online") && json_true(r, "is_free") &&
                json_true(r, "no_visit"));
    assert_false(json_true(r, "is_instant") || json_true(r, "can_apply"));
    r = json_get(search(h, "生孩子", 5), "results")->first;
    assert_false(json_true(r, "is_free") || json_true(r, "no_visit") || json_true(r, "is_bundle"));
    assert_true(json_true(r, "is_instant"));
    assert_int_equal(item_search(h->table, h->arena, STR("baby"), STR("en"), 5, &en, &err), RC_OK);
    assert_true(str_eq(json_str(json_get(en, "results")->first, "name"), STR("Newborn")));
}

static void
a_query_of_any_length_is_looked_at(void **state)
{
    struct house *h = *state;
    struct buf b;
    struct str text;
    struct err err;
    struct json *d;

    fill(h);
    buf_init(&b, h->arena, 1 << 20);
    for (int i = 0; i < 20000; i++) {
        buf_put(&b, i % 3 == 0 ? STR("开饭馆") : i % 3 == 1 ? STR(" baby ") : STR("\n\t。"));
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    assert_int_equal(item_search(h->table, h->arena, text, STR("zh"), 9, &d, &err), RC_OK);
    assert_true(json_get(d, "results")->count >= 3);
}

static void
the_best_two_hundred_of_many_are_kept(void **state)
{
    struct house *h = *state;
    struct json *d;

    for (int i = 1; i <= 300; i++) {
        must_put(h, document(h, i, i == 299 ? "养老金领取" : "别的", "\"summary_zh\":\"养老\""));
    }
    load(h);
    d = search(h, "养老", 500);
    assert_int_equal(json_get(d, "results")->count, 200);
    assert_true(str_eq(json_str(json_get(d, "results")->first, "code"), STR("000000000299")));
    assert_true(str_eq(json_str(json_get(d, "results")->first->next, "code"), STR("000000000001")));
}

static void
the_common_ones_stand_in_their_order(void **state)
{
    struct house *h = *state;
    const struct json *list;

    fill(h);
    list = item_popular(h->table, h->arena, STR("en"));
    assert_int_equal(list->count, 2);
    assert_true(str_eq(json_str(list->first, "name"), STR("Shop sign")));
    assert_true(str_eq(json_str(list->last, "name"), STR("Open a restaurant")));
}

static void
a_word_that_one_language_lacks_is_given_in_chinese(void **state)
{
    struct house *h = *state;
    const struct json *d = parse(h, "{\"name_zh\":\"名\",\"name_en\":\"Name\",\"note_zh\":\"只有中文\"}");

    assert_true(str_eq(item_word(d, "name", STR("en")), STR("Name")));
    assert_true(str_eq(item_word(d, "name", STR("zh")), STR("名")));
    assert_true(str_eq(item_word(d, "note", STR("en")), STR("只有中文")));
    assert_int_equal(item_word(d, "none", STR("en")).len, 0);
    assert_int_equal(item_word(NULL, "name", STR("en")).len, 0);
}

/* --- faults --------------------------------------------------------------------------------------------- */

static void
running_out_of_room_stores_and_tells_no_half(void **state)
{
    struct house *h = *state;
    bool reached = true;
    struct err err;

    fill(h);
    for (size_t n = 1; reached; n++) {
        struct put p = {h, arena_new(1 << 20), document(h, 50 + (int)n, "事项", "\"words\":[\"a\"]")};
        int64_t before = fixture_int(&h->fixture, "SELECT COUNT(*) FROM item");
        arena_fail_at(p.arena, n);
        enum rc rc = store_write(&h->fixture.db, put_tx, &p, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(fixture_int(&h->fixture, "SELECT COUNT(*) FROM item"), before + (rc == RC_OK));
        reached = office_reached(p.arena, n);
        assert_true(reached || rc == RC_OK);
        arena_free(p.arena);
    }
    reached = true;
    for (size_t n = 1; reached; n++) {
        struct arena *a = arena_new(1 << 20);
        struct item item;
        arena_fail_at(a, n);
        enum rc rc = item_by_version(&h->fixture.db, a, STR("000000000001"), 1, &item, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        reached = office_reached(a, n);
        assert_true(reached || rc == RC_OK);
        arena_free(a);
    }
    reached = true;
    for (size_t n = 1; reached; n++) {
        struct arena *a = arena_new(1 << 20);
        struct json *d = NULL;
        arena_fail_at(a, n);
        enum rc rc = item_search(h->table, a, STR("BABY"), STR("zh"), 5, &d, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(d != NULL, rc == RC_OK);
        assert_true(rc != RC_OK || json_int_or(d, "count", -1) == 1);
        reached = office_reached(a, n);
        assert_true(reached || rc == RC_OK);
        arena_free(a);
    }
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_house, close_house)
    const struct CMUnitTest tests[] = {
        TEST(a_changed_document_is_a_new_version_and_the_old_one_stays),
        TEST(items_are_found_by_code_among_many),
        TEST(a_document_that_would_trip_somebody_is_refused),
        TEST(what_a_form_is_for_must_be_in_it),
        TEST(there_are_no_more_parts_than_a_case_can_have),
        TEST(what_people_call_it_finds_it_best_first),
        TEST(a_result_says_what_one_wants_to_know_first),
        TEST(a_query_of_any_length_is_looked_at),
        TEST(the_best_two_hundred_of_many_are_kept),
        TEST(the_common_ones_stand_in_their_order),
        TEST(a_word_that_one_language_lacks_is_given_in_chinese),
        TEST(running_out_of_room_stores_and_tells_no_half),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "items on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "items on PostgreSQL");
    }
    return failed;
}
