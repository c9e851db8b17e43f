/*
 * The table of clocks that the city comes with says what the law says, and a table that is wrong in any row is refused by its name.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "process/timelimit.h"

enum { TODAY = 20600 }; /* 2026-05-27 */

static struct timelimits *
city(struct arena *a)
{
    struct timelimits *t = NULL;
    struct json *document;
    struct err err;

    assert_int_equal(asset_json(a, "demo/clocks.json", &document, &err), RC_OK);
    if (timelimits_load(a, document, &t, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return t;
}

static void
the_citys_table_says_what_the_law_says(void **state)
{
    static const struct {
        const char *key;
        int64_t value;
        enum timelimit_unit unit;
        int64_t extend_by;
        enum timelimit_silence silence;
        const char *evidence;
    } cases[] = {
        {"permit.supplement-notice", 5, UNIT_WORKING_DAY, 0, SILENCE_DEEMED_ACCEPTED, "law"},
        {"permit.decide", 20, UNIT_WORKING_DAY, 10, SILENCE_RED, "law"},
        {"permit.joint", 45, UNIT_WORKING_DAY, 15, SILENCE_RED, "law"},
        {"permit.deliver", 10, UNIT_WORKING_DAY, 0, SILENCE_RED, "law"},
        {"hearing.request", 5, UNIT_WORKING_DAY, 0, SILENCE_LAPSED, "law"},
        {"renewal.apply", 30, UNIT_NATURAL_DAY, 0, SILENCE_LAPSED, "law"},
        {"renewal.decide", 0, UNIT_NATURAL_DAY, 0, SILENCE_DEEMED_RENEWED, "law"},
        {"penalty.decide", 90, UNIT_NATURAL_DAY, 0, SILENCE_RED, "law"},
        {"disclosure.reply", 20, UNIT_WORKING_DAY, 20, SILENCE_RED, "law"},
        {"petition.decide", 60, UNIT_NATURAL_DAY, 30, SILENCE_RED, "law"},
        {"hotline.return", 24, UNIT_HOUR, 0, SILENCE_RED, "local"},
        {"residence-permit.make", 15, UNIT_NATURAL_DAY, 0, SILENCE_RED, "law"},
        {"birth.register", 1, UNIT_MONTH, 0, SILENCE_NOTHING, "law"},
        {"disability-subsidy.push", 3, UNIT_WORKING_DAY, 0, SILENCE_RED, "local"},
        {"disability-subsidy.decide", 10, UNIT_WORKING_DAY, 0, SILENCE_RED, "local"},
        {"disability-subsidy.across", 16, UNIT_WORKING_DAY, 0, SILENCE_RED, "local"},
        {"disability-subsidy.tell", 3, UNIT_WORKING_DAY, 0, SILENCE_RED, "local"},
        {"share.conditional", 10, UNIT_WORKING_DAY, 10, SILENCE_RED, "unverified"},
    };
    struct arena *a = arena_new(4 << 20);
    const struct timelimits *t = city(a);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct timelimit *l = timelimit_find(t, str_of(cases[i].key), TODAY);
        assert_non_null(l);
        assert_int_equal(l->value, cases[i].value);
        assert_int_equal(l->unit, cases[i].unit);
        assert_int_equal(l->extend_by, cases[i].extend_by);
        assert_int_equal(l->silence, cases[i].silence);
        assert_true(str_eq(l->evidence, str_of(cases[i].evidence)));
    }
    assert_true(timelimit_find(t, STR("renewal.apply"), TODAY)->counts_before);
    assert_true(timelimit_find(t, STR("log.keep"), TODAY)->is_at_least);
    assert_null(timelimit_find(t, STR("permit.decide"), 0)); /* 1970 */
    assert_true(timelimit_is_known(t, STR("permit.decide")) && !timelimit_is_known(t, STR("permit")));
    assert_true(str_eq(timelimit_word(t, "evidence", STR("unverified"), STR("zh")), STR("待核")));
    assert_true(str_eq(timelimit_word(t, "owners", STR("nobody"), STR("en")), STR("nobody")));
    arena_free(a);
}

static void
every_row_of_the_city_can_be_named_and_has_its_source(void **state)
{
    struct arena *a = arena_new(4 << 20);
    const struct timelimits *t = city(a);

    (void)state;
    assert_true(timelimit_count(t) > 80);
    for (size_t i = 0; i < timelimit_count(t); i++) {
        const struct timelimit *l = timelimit_at(t, i);
        assert_ptr_equal(timelimit_find(t, l->key, TODAY), l);
        assert_true(l->source.len > 0 && l->warnings == 3);
    }
    arena_free(a);
}

static void
a_pause_needs_a_reason_that_the_law_knows(void **state)
{
    struct arena *a = arena_new(4 << 20);
    const struct timelimits *t = city(a);
    const struct timelimit *decide = timelimit_find(t, STR("permit.decide"), TODAY);
    const struct timelimit_reason *r = timelimit_reason_of(decide, STR("hearing"));

    (void)state;
    assert_true(r != NULL && r->in_writing && str_eq(r->basis, STR("行政许可法 45")) && str_eq(r->owner, STR("third_party")));
    r = timelimit_reason_of(decide, STR("行政许可法 32"));
    assert_true(r != NULL && str_eq(r->key, STR("supplement")));
    assert_null(timelimit_reason_of(decide, STR("行政许可法 45"))); /* eight reasons: which one is meant? */
    assert_null(timelimit_reason_of(decide, STR("third_party_opinion")));
    assert_null(timelimit_reason_of(timelimit_find(t, STR("permit.deliver"), TODAY), STR("hearing")));
    arena_free(a);
}

static void
a_promise_is_never_longer_than_the_law(void **state)
{
    static const struct {
        const char *key;
        int64_t value;
        enum timelimit_unit unit;
        bool may;
    } cases[] = {
        {"permit.decide", 20, UNIT_WORKING_DAY, true},  {"permit.decide", 21, UNIT_WORKING_DAY, false},
        {"permit.decide", 0, UNIT_WORKING_DAY, true},   {"permit.decide", -1, UNIT_WORKING_DAY, false},
        {"permit.decide", 20, UNIT_NATURAL_DAY, true},  {"permit.decide", 21, UNIT_NATURAL_DAY, false},
        {"permit.decide", 480, UNIT_HOUR, true},        {"permit.decide", 481, UNIT_HOUR, false},
        {"permit.decide", 1, UNIT_MONTH, false},        {"residence-permit.make", 10, UNIT_WORKING_DAY, false},
        {"birth.register", 28, UNIT_NATURAL_DAY, true}, {"birth.register", 29, UNIT_NATURAL_DAY, false},
        {"hotline.return", 24, UNIT_HOUR, true},        {"hotline.return", 25, UNIT_HOUR, false},
        {"hotline.return", 1, UNIT_NATURAL_DAY, true},  {"hotline.return", 1, UNIT_WORKING_DAY, false},
    };
    struct arena *a = arena_new(4 << 20);
    const struct timelimits *t = city(a);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err;
        enum rc rc = timelimit_check_promise(timelimit_find(t, str_of(cases[i].key), TODAY), cases[i].value, cases[i].unit, &err);
        assert_int_equal(rc, cases[i].may ? RC_OK : RC_INVALID);
        assert_true(rc == RC_OK || str_eq(str_of(err.type), STR("promise-longer")));
    }
    arena_free(a);
}

/* --- wrong tables --------------------------------------------------------------------------------------------------------- */

#define GROUPS                                                                                                          \
    "\"version\":\"v\",\"evidence\":{\"law\":{\"zh\":\"法\",\"en\":\"law\"}},\"owners\":{\"agency\":{\"zh\":\"部\",\"en\":\"o\"}},"    \
    "\"approvers\":{\"head\":{\"zh\":\"长\",\"en\":\"head\"}},"
#define REASONS                                                                                                         \
    "\"reasons\":{\"hearing\":{\"zh\":\"听\",\"en\":\"h\",\"basis\":\"b\",\"evidence\":\"law\",\"owner\":\"agency\",\"in_writing\":true}},"
#define WARNINGS "\"warnings\":[{\"key\":\"warn\",\"percent\":80,\"colour\":\"yellow\"}],"
#define ROW(more) "{\"zh\":\"期\",\"en\":\"limit\",\"source\":\"s\",\"evidence\":\"law\",\"owner\":\"agency\"," more "}"
#define USUAL "\"value\":5,\"unit\":\"working_day\",\"silence\":\"red\",\"valid_from\":\"2020-01-01\""
#define BEGIN_AND(rest) "{" GROUPS REASONS WARNINGS "\"limits\":[" rest "]}"

static enum rc
load(struct arena *a, const char *text, struct timelimits **t, struct err *err)
{
    struct json *document;

    if (json_parse(a, str_of(text), JSON_UNIQUE, &document, err) != RC_OK) {
        fail_msg("%s", text);
    }
    return timelimits_load(a, document, t, err);
}

static void
a_wrong_table_is_refused_by_name(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{}", "version"},
        {"[]", "no object"},
        {"{\"version\":\"v\"}", "evidence"},
        {"{" GROUPS "\"limits\":[]}", "reasons"},
        {"{" GROUPS REASONS "\"limits\":[]}", "warnings"},
        {"{" GROUPS REASONS WARNINGS "\"limits\":[]}", "no limits"},
        {"{" GROUPS REASONS "\"warnings\":[{\"key\":\"over\",\"percent\":80,\"colour\":\"yellow\"}],\"limits\":[]}", "warning"},
        {"{" GROUPS REASONS "\"warnings\":[{\"key\":\"w\",\"percent\":80,\"last\":1,\"colour\":\"yellow\"}],\"limits\":[]}", "warning"},
        {"{" GROUPS REASONS "\"warnings\":[{\"key\":\"w\",\"percent\":80,\"colour\":\"red\"}],\"limits\":[]}", "warning"},
        {"{" GROUPS REASONS "\"warnings\":[{\"key\":\"w\",\"percent\":101,\"colour\":\"green\"}],\"limits\":[]}", "warning"},
        {"{" GROUPS "\"reasons\":{\"x\":{\"zh\":\"听\",\"en\":\"h\",\"basis\":\"\",\"evidence\":\"law\",\"owner\":\"agency\",\"in_writing\":true}},"
         WARNINGS "\"limits\":[]}", "reason x"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"value\":-1,\"unit\":\"working_day\",\"silence\":\"red\",\"valid_from\":\"2020-01-01\"")), "k: value"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"value\":5,\"unit\":\"day\",\"silence\":\"red\",\"valid_from\":\"2020-01-01\"")), "k: value"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"value\":5,\"unit\":\"hour\",\"silence\":\"yes\",\"valid_from\":\"2020-01-01\"")), "k: value"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"value\":5,\"unit\":\"hour\",\"silence\":\"red\",\"valid_from\":\"2020-02-30\"")), "k: value"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"valid_to\":\"2019-12-31\"," USUAL)), "k: value"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"counts\":\"before\"," USUAL)), "k: value"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"counts\":\"back\"," USUAL)), "k: value"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"extends\":{}," USUAL)), "extends"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"extend\":{\"by\":5,\"approver\":\"nobody\",\"basis\":\"b\",\"in_writing\":true}," USUAL)), "extension"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"extend\":{\"by\":0,\"approver\":\"head\",\"basis\":\"b\",\"in_writing\":true}," USUAL)), "extension"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"extend\":{\"by\":5,\"approver\":\"head\",\"basis\":\"b\"}," USUAL)), "extension"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"pauses\":[\"rain\"]," USUAL)), "pauses"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"pauses\":\"hearing\"," USUAL)), "pauses"},
        {BEGIN_AND("{\"key\":\"k\",\"zh\":\"期\",\"source\":\"s\",\"evidence\":\"law\",\"owner\":\"agency\"," USUAL "}"), "both languages"},
        {BEGIN_AND("{\"key\":\"k\",\"zh\":\"期\",\"en\":\"l\",\"source\":\"s\",\"evidence\":\"rumour\",\"owner\":\"agency\"," USUAL "}"), "k: value"},
        {BEGIN_AND(ROW("\"key\":\"k\",\"valid_to\":\"2021-01-01\"," USUAL) "," ROW("\"key\":\"k\","
         "\"value\":5,\"unit\":\"hour\",\"silence\":\"red\",\"valid_from\":\"2021-01-01\"")), "same day"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 20);
        struct timelimits *t = NULL;
        struct err err;
        assert_int_equal(load(a, cases[i].text, &t, &err), RC_INVALID);
        if (strstr(err.text, cases[i].says) == NULL || t != NULL) {
            fail_msg("%s, not %s", err.text, cases[i].says);
        }
        arena_free(a);
    }
}

static void
a_row_holds_from_its_first_day_to_its_last(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct timelimits *t = NULL;
    struct err err;
    int32_t day = 0;

    (void)state;
    assert_int_equal(load(a, BEGIN_AND(ROW("\"key\":\"k\",\"valid_to\":\"2020-12-31\"," USUAL) "," ROW("\"key\":\"k\",\"warnings\":[],"
                                       "\"value\":7,\"unit\":\"hour\",\"silence\":\"red\",\"valid_from\":\"2021-01-01\"")), &t, &err), RC_OK);
    assert_int_equal(day_parse(STR("2020-01-01"), &day, &err), RC_OK);
    assert_null(timelimit_find(t, STR("k"), day - 1));
    assert_int_equal(timelimit_find(t, STR("k"), day)->value, 5);
    assert_int_equal(timelimit_find(t, STR("k"), day + 365)->value, 5); /* 2020 has 366 days */
    assert_int_equal(timelimit_find(t, STR("k"), day + 366)->value, 7);
    assert_int_equal(timelimit_find(t, STR("k"), day + 366)->warnings, 0);
    arena_free(a);
}

static void
a_small_arena_is_a_limit_and_nothing_worse(void **state)
{
    struct arena *home = arena_new(1 << 20);
    struct json *document;
    struct err err;
    enum rc rc = RC_LIMIT;
    size_t limit_bytes = 1;

    (void)state;
    assert_int_equal(json_parse(home, STR(BEGIN_AND(ROW("\"key\":\"k\",\"pauses\":[\"hearing\"],\"warnings\":[]," USUAL))), JSON_UNIQUE,
                                &document, &err), RC_OK);
    for (; rc == RC_LIMIT && limit_bytes < 60000; limit_bytes += 16) {
        struct arena *a = arena_new(limit_bytes);
        struct timelimits *t = NULL;
        rc = timelimits_load(a, document, &t, &err);
        assert_true(rc == RC_OK ? t != NULL : rc == RC_LIMIT && t == NULL);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    arena_free(home);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_citys_table_says_what_the_law_says),
        cmocka_unit_test(every_row_of_the_city_can_be_named_and_has_its_source),
        cmocka_unit_test(a_pause_needs_a_reason_that_the_law_knows),
        cmocka_unit_test(a_promise_is_never_longer_than_the_law),
        cmocka_unit_test(a_wrong_table_is_refused_by_name),
        cmocka_unit_test(a_row_holds_from_its_first_day_to_its_last),
        cmocka_unit_test(a_small_arena_is_a_limit_and_nothing_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
