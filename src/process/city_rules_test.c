/*
 * The demo city's law: each model of demo/rules is read, its cases come out as they say, each rule of each table is met by one of them,
 * and its manifest says whose it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/mem.h"
#include "rule/cases.h"

#define NOW_US INT64_C(1795824000000000) /* 2026-11-28T00:00:00Z */

enum { ROOM = 64 << 20, MODELS_LEAST = 12, RULES_MAX = 64, TABLES_MAX = 16 };

struct bench {
    struct arena *arena;
    struct run *run;
    struct json *manifest;
};

static int
open_bench(void **state)
{
    struct bench *b = mem_new(1, sizeof(*b));
    struct err err = {.text = ""};

    b->arena = arena_new(ROOM);
    b->run = run_new(&RUN_LIMITS_USUAL, NULL);
    if (asset_json(b->arena, "demo/rules/rules.json", &b->manifest, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    *state = b;
    return 0;
}

static int
close_bench(void **state)
{
    struct bench *b = *state;

    run_free(b->run);
    arena_free(b->arena);
    mem_free(b);
    return 0;
}

static struct str
text_of(struct bench *b, const struct json *entry, const char *member)
{
    const struct asset *found = asset_find(str_fmt(b->arena, "demo/rules/%.*s", STR_ARG(json_str(entry, member))));

    assert_non_null(found);
    return asset_text(found);
}

static const struct dmn *
model_of(struct bench *b, const struct json *entry)
{
    struct dmn_fault fault = {.line = 0};
    const struct dmn *m = NULL;
    struct err err = {.text = ""};

    if (dmn_read(b->arena, text_of(b, entry, "file"), NULL, NULL, NULL, &m, &fault, &err) != RC_OK) {
        fail_msg("%.*s:%u:%u: %s %s", STR_ARG(json_str(entry, "file")), fault.line, fault.column, fault.en, err.text);
    }
    return m;
}

static const struct cases *
cases_of(struct bench *b, const struct json *entry)
{
    const struct cases *c = NULL;
    struct err err = {.text = ""};

    if (cases_read(b->arena, text_of(b, entry, "cases"), NULL, &c, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(json_str(entry, "cases")), err.text);
    }
    return c;
}

static void
every_model_answers_its_cases_as_they_say(void **state)
{
    struct bench *b = *state;
    size_t wrong = 0;

    for (const struct json *e = b->manifest->first; e != NULL; e = e->next) {
        const struct dmn *m = model_of(b, e);
        const struct cases *cases = cases_of(b, e);
        assert_true(cases_count(cases) > 0 && str_eq(cases_model(cases), json_str(e, "file")));
        for (size_t i = 0; i < cases_count(cases); i++) {
            const struct case_result *r = NULL;
            struct err err;
            assert_int_equal(cases_run(b->arena, b->run, m, cases, i, NOW_US, CLOCK_OFFSET_CHINA_MINUTES * 60, &r, &err), RC_OK);
            for (size_t k = 0; k < cases_at(cases, i).results; k++) {
                if (!r[k].is_passed) {
                    wrong++;
                    print_message("%.*s %.*s %.*s: expected %.*s, got %.*s %.*s\n", STR_ARG(json_str(e, "key")),
                                  STR_ARG(cases_at(cases, i).id), STR_ARG(r[k].node), STR_ARG(r[k].expected),
                                  STR_ARG(r[k].got), STR_ARG(r[k].error));
                }
            }
        }
    }
    assert_int_equal(wrong, 0);
}

static void
the_manifest_says_whose_each_model_is_and_from_when(void **state)
{
    static const char *const members[] = {"key", "file", "cases", "name_zh", "name_en", "owner", "basis", "holds_from"};
    struct bench *b = *state;

    assert_true(json_is(b->manifest, JSON_ARRAY) && b->manifest->count >= MODELS_LEAST);
    for (const struct json *e = b->manifest->first; e != NULL; e = e->next) {
        int32_t day;
        struct err err;
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
            if (json_str(e, members[i]).len == 0) {
                fail_msg("%.*s has no %s", STR_ARG(json_str(e, "key")), members[i]);
            }
        }
        assert_int_equal(day_parse(json_str(e, "holds_from"), &day, &err), RC_OK);
        assert_true(str_eq(dmn_name(model_of(b, e)), json_str(e, "name_zh")));
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        TEST(every_model_answers_its_cases_as_they_say),
        TEST(the_manifest_says_whose_each_model_is_and_from_when),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
