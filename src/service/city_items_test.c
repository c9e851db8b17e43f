/*
 * The demo city's twenty-four services (each a number of the list in its norms): each has an item that can be applied for, a procedure it
 * goes by, parts with an office, a power and a limit of the table, and officers who hold that power.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "process/timelimit.h"
#include "service/form.h"

enum { ROOM = 32 << 20, SERVICES = 24 };

/* Number in the list, code of the item, procedure. */
static const struct service {
    int number;
    const char *code, *process;
} services[] = {
    {1, "000620002001", "newborn"},
    {2, "000131001001", "business-start"},
    {3, "000131002003", "restaurant"},
    {4, "000131002002", "food-licence"},
    {5, "000508005001", "after-life"},
    {6, "000515001001", "home-transfer"},
    {7, "000803001001", "care-away"},
    {8, "000801001001", "residence-permit"},
    {9, "000805001001", "self-employed-insurance"},
    {10, "000508002001", "disability-subsidies"},
    {10, "000508003001", "disability-subsidies"},
    {10, "000508004001", "disability-subsidies"},
    {11, "000508001001", "elder-allowance"},
    {12, "000620003001", "childcare-subsidy"},
    {13, "000804001001", "social-card"},
    {14, "000807001001", "school"},
    {15, "000517001001", "public-rental"},
    {16, "000802001001", "fund-rent"},
    {17, "000930001001", "charging-pile"},
    {18, "000810001001", "maternity-benefit"},
    {19, "000805002001", "insurance-subsidy"},
    {20, "000131003001", "business-close"},
    {21, "000818001001", "road-freight"},
    {22, "000508006001", "elder-card"},
    {23, "000806001001", "proofs"},
    {24, "000110001001", "hotline"},
    {24, "000110002001", "disclosure"},
};

static int
open_room(void **state)
{
    *state = arena_new(ROOM);
    return 0;
}

static int
close_room(void **state)
{
    arena_free(*state);
    return 0;
}

static const struct json *
document(struct arena *a, const char *path)
{
    struct json *j = NULL;
    struct err err = {.text = ""};

    if (asset_json(a, path, &j, &err) != RC_OK) {
        fail_msg("%s: %s", path, err.text);
    }
    return j;
}

static const struct json *
item_of(struct arena *a, const char *code)
{
    for (size_t i = 0; i < asset_table_count; i++) {
        if (str_starts(str_of(asset_table[i].path), STR("demo/items/"))) {
            const struct json *d = document(a, asset_table[i].path);
            if (str_eq(json_str(d, "code"), str_of(code))) {
                return d;
            }
        }
    }
    fail_msg("there is no item %s", code);
    return NULL;
}

static const struct json *
with(const struct json *list, const char *member, struct str value)
{
    for (const struct json *one = list->first; one != NULL; one = one->next) {
        if (str_eq(json_str(one, member), value)) {
            return one;
        }
    }
    return NULL;
}

static void
every_number_of_the_list_is_an_item_with_a_form_and_a_procedure(void **state)
{
    bool seen[SERVICES + 1] = {false};

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        const struct json *d = item_of(*state, services[i].code);
        seen[services[i].number] = true;
        if (json_path(d, "form.sections") == NULL || !str_eq(json_str(json_get(d, "process"), "key"), str_of(services[i].process))) {
            fail_msg("%s has no form, or goes by another procedure", services[i].code);
        }
        assert_non_null(asset_find(str_fmt(*state, "demo/processes/%s.bpmn", services[i].process)));
    }
    for (int n = 1; n <= SERVICES; n++) {
        if (!seen[n]) {
            fail_msg("number %d is missing", n);
        }
    }
}

/* Only answers that the procedure asks for go into a case's variables: "process":{"key","variables":{name:"field.<id>"}}. */
static void
only_answers_of_the_form_go_into_a_procedure(void **state)
{
    size_t told = 0;

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        const struct json *d = item_of(*state, services[i].code), *variables = json_path(d, "process.variables");
        struct form *form = NULL;
        struct err err;
        assert_int_equal(form_load(*state, json_get(d, "form"), &form, &err), RC_OK);
        for (const struct json *v = variables != NULL ? variables->first : NULL; v != NULL; v = v->next) {
            if (json_is(v, JSON_NULL)) { /* it is told of that name that there is nothing */
                continue;
            }
            if (!str_starts(v->text, STR("field.")) || form_field(form, str_from(v->text, 6)) == NULL) {
                fail_msg("%s: %.*s is not asked", services[i].code, STR_ARG(v->text));
            }
            struct str xml = asset_text(asset_find(str_fmt(*state, "demo/processes/%s.bpmn", services[i].process)));
            assert_true(str_has(xml, v->key)); /* and the procedure looks at it */
            told++;
        }
    }
    assert_true(told > 10);
}

/* What the guide shows is there, in both languages. */
static void
every_item_of_the_list_tells_how_where_and_by_which_law(void **state)
{
    static const char *const texts[] = {"name", "summary", "declaration", "remedy"}, *const lists[] = {"how", "places", "basis", "words", "parts"};

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        const struct json *d = item_of(*state, services[i].code);
        for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
            assert_true(json_str(d, str_c(*state, str_fmt(*state, "%s_zh", texts[k]))).len > 0);
            assert_true(json_str(d, str_c(*state, str_fmt(*state, "%s_en", texts[k]))).len > 0);
        }
        for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
            const struct json *list = json_get(d, lists[k]);
            if (list == NULL || list->count == 0) {
                fail_msg("%s says nothing of \"%s\"", services[i].code, lists[k]);
            }
        }
        for (const struct json *b = json_get(d, "basis")->first; b != NULL; b = b->next) {
            assert_true(json_str(b, "source").len > 0);
        }
    }
}

/* One of the officers holds the power today, and is of the office that the part belongs to. */
static size_t
holders(const struct json *officers, const struct json *part)
{
    size_t count = 0;

    for (const struct json *o = officers->first; o != NULL; o = o->next) {
        const struct json *powers = json_get(o, "powers");
        for (const struct json *p = powers->first; p != NULL; p = p->next) {
            bool is_power = json_is(p, JSON_STRING) && str_eq(p->text, json_str(part, "power")); /* one that ended is an object */
            count += is_power && str_eq(json_str(o, "org"), json_str(part, "org"));
        }
    }
    return count;
}

static void
every_part_belongs_to_an_office_whose_power_an_officer_holds(void **state)
{
    const struct json *orgs = document(*state, "demo/orgs.json"), *officers = json_get(document(*state, "demo/officers.json"), "officers");
    size_t parts = 0;

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        for (const struct json *p = json_get(item_of(*state, services[i].code), "parts")->first; p != NULL; p = p->next) {
            const struct json *power = with(json_get(orgs, "powers"), "code", json_str(p, "power"));
            if (with(json_get(orgs, "orgs"), "uscc", json_str(p, "org")) == NULL || power == NULL ||
                !str_eq(json_str(power, "org"), json_str(p, "org")) || holders(officers, p) == 0) {
                fail_msg("%s, part %.*s: nobody holds %.*s", services[i].code, STR_ARG(json_str(p, "id")), STR_ARG(json_str(p, "power")));
            }
            parts++;
        }
    }
    assert_true(parts > 45);
}

/* "limit" names the row of the table of clocks that the days of a part come from. */
static void
days_of_a_part_are_those_of_its_row_and_what_is_promised_is_no_longer(void **state)
{
    struct timelimits *t = NULL;
    struct err err = {.text = ""};
    int32_t day = 0;
    size_t rows = 0;

    assert_int_equal(day_parse(STR("2026-11-28"), &day, &err), RC_OK);
    assert_int_equal(timelimits_load(*state, document(*state, "demo/clocks.json"), &t, &err), RC_OK);
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        const struct json *d = item_of(*state, services[i].code);
        for (const struct json *p = json_get(d, "parts")->first; p != NULL; p = p->next) {
            const struct timelimit *row = json_get(p, "limit") != NULL ? timelimit_find(t, json_str(p, "limit"), day) : NULL;
            assert_true(row != NULL || json_get(d, "limits") != NULL); /* or a rule says it */
            if (row != NULL && row->value != json_int_or(p, "statutory_days", -1)) {
                fail_msg("%s, part %.*s: %lld days in %.*s", services[i].code, STR_ARG(json_str(p, "id")), (long long)row->value, STR_ARG(row->key));
            }
            assert_true(json_int_or(p, "promised_days", 0) <= json_int_or(p, "statutory_days", -1));
            rows += row != NULL;
        }
    }
    assert_true(rows > 40);
}

/* A part that waits for another names one that is there, and none waits for itself by a round. */
static void
a_part_waits_only_for_parts_that_do_not_wait_for_it(void **state)
{
    size_t waits = 0;

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        const struct json *parts = json_get(item_of(*state, services[i].code), "parts");
        for (const struct json *p = parts->first; p != NULL; p = p->next) {
            const struct json *after = json_get(p, "after");
            for (const struct json *a = after != NULL ? after->first : NULL; a != NULL; a = a->next) {
                const struct json *other = with(parts, "id", a->text), *back = other != NULL ? json_get(other, "after") : NULL;
                assert_non_null(other);
                for (const struct json *b = back != NULL ? back->first : NULL; b != NULL; b = b->next) {
                    assert_false(str_eq(b->text, json_str(p, "id")));
                }
                waits++;
            }
        }
    }
    assert_true(waits > 15);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        TEST(every_number_of_the_list_is_an_item_with_a_form_and_a_procedure),
        TEST(only_answers_of_the_form_go_into_a_procedure),
        TEST(every_item_of_the_list_tells_how_where_and_by_which_law),
        TEST(every_part_belongs_to_an_office_whose_power_an_officer_holds),
        TEST(days_of_a_part_are_those_of_its_row_and_what_is_promised_is_no_longer),
        TEST(a_part_waits_only_for_parts_that_do_not_wait_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
