#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/idcode.h"
#include "crypto/hash.h"
#include "main/demo_city.h"
#include "main/demo_people.h"
#include "main/demo_setup.h"

enum { CITY_BYTES = 16 << 20, RECORD_BYTES = 1 << 20, KEY = 18, TODAY = 20780 /* 2026-11-23 */ };

/* SHA-256 over every record of the city of demo_seed, on whatever machine. */
static const char city_hash[] =
    "b5a2027a31c618454ea49affc8c7fb4abd3cb1ebef706775fe54a74b3ce13713";

typedef struct json *(*record_fn)(const struct demo_city *c, struct arena *a, int index,
                                  struct str *key);

struct town {
    struct arena *arena;
    struct arena *records;
    struct demo_city *city;
};

static struct town
make_town(uint64_t seed)
{
    struct town t = {.arena = arena_new(CITY_BYTES), .records = arena_new(RECORD_BYTES)};
    struct err err;

    assert_int_equal(demo_city_new(t.arena, seed, &t.city, &err), RC_OK);
    return t;
}

static void
free_town(struct town *t)
{
    arena_free(t->records);
    arena_free(t->arena);
}

static int
compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, KEY);
}

/* Every key once: what the registry would overwrite otherwise. */
static void
assert_all_differ(char (*keys)[KEY], size_t count)
{
    qsort(keys, count, KEY, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (memcmp(keys[i - 1], keys[i], KEY) == 0) {
            fail_msg("%.*s stands twice", KEY, keys[i]);
        }
    }
}

static void
sixty_thousand_people_have_true_identifiers_that_belong_to_no_place(void **state)
{
    struct town t = make_town(demo_seed);
    char (*keys)[KEY] = calloc(DEMO_PEOPLE, KEY);
    struct idcode_person parts;
    struct str key;

    (void)state;
    for (int i = 0; i < DEMO_PEOPLE; i++) {
        struct json *r = demo_person(t.city, t.records, i, &key);
        assert_int_equal(idcode_person(key, TODAY, &parts), IDCODE_VALID);
        assert_true(str_starts(key, STR("990")) || str_starts(key, STR("980")));
        assert_true(str_eq(json_str(r, "id_number"), key));
        assert_true(str_eq(json_str(r, "birth_date"), day_text(t.records, parts.birth_day)));
        assert_true(str_eq(json_str(r, "sex"), parts.female ? STR("2") : STR("1")));
        assert_in_range(json_str(r, "name").len, 6, 12); /* two to four characters */
        memcpy(keys[i], key.ptr, KEY);
        arena_reset(t.records);
    }
    assert_all_differ(keys, DEMO_PEOPLE);
    free(keys);
    free_town(&t);
}

static void
eight_thousand_companies_have_true_codes_and_an_owner_each_of_working_age(void **state)
{
    struct town t = make_town(demo_seed);
    char (*keys)[KEY] = calloc(DEMO_COMPANIES, KEY);
    char (*owners)[KEY] = calloc(DEMO_COMPANIES, KEY);
    struct str key, owner;

    (void)state;
    for (int i = 0; i < DEMO_COMPANIES; i++) {
        struct idcode_person parts;
        struct json *licence = demo_company(t.city, t.records, i, &key);
        struct json *found = demo_company_of_person(t.city, t.records, i, &owner);
        assert_int_equal(idcode_company(key), IDCODE_VALID);
        assert_true(str_starts(str_from(key, 2), STR("990")));
        assert_true(str_eq(json_str(licence, "uscc"), key));
        assert_true(str_eq(json_str(found, "uscc"), key));
        assert_true(str_eq(json_str(found, "name"), json_str(licence, "name")));
        assert_int_equal(idcode_person(owner, TODAY, &parts), IDCODE_VALID);
        assert_in_range(demo_census_day - parts.birth_day, 20 * 365, 68 * 366);
        memcpy(keys[i], key.ptr, KEY);
        memcpy(owners[i], owner.ptr, KEY);
        arena_reset(t.records);
    }
    assert_all_differ(keys, DEMO_COMPANIES);
    assert_all_differ(owners, DEMO_COMPANIES);
    free(keys);
    free(owners);
    free_town(&t);
}

static void
members_of_a_household_live_at_one_address_and_no_other_household_does(void **state)
{
    struct town t = make_town(demo_seed);
    struct str key, household = STR(""), address = STR("");
    char kept[2][512];
    int households = 0;

    (void)state;
    for (int i = 0; i < DEMO_PEOPLE; i++) {
        struct json *r = demo_person(t.city, t.records, i, &key);
        if (str_eq(json_str(r, "household"), household)) {
            assert_true(str_eq(json_str(r, "address"), address));
        } else {
            assert_false(str_eq(json_str(r, "address"), address));
            households++;
            (void)snprintf(kept[0], sizeof(kept[0]), "%.*s", STR_ARG(json_str(r, "household")));
            (void)snprintf(kept[1], sizeof(kept[1]), "%.*s", STR_ARG(json_str(r, "address")));
            household = str_of(kept[0]);
            address = str_of(kept[1]);
        }
        arena_reset(t.records);
    }
    assert_in_range(households, DEMO_PEOPLE / 4, DEMO_PEOPLE / 2);
    free_town(&t);
}

/* The register of persons by identifier, to look the owner of a licence up in. */
struct named {
    char key[KEY];
    char name[16];
};

static struct named *
register_of_persons(struct town *t)
{
    struct named *all = calloc(DEMO_PEOPLE, sizeof(*all));
    struct str key;

    for (int i = 0; i < DEMO_PEOPLE; i++) {
        struct json *r = demo_person(t->city, t->records, i, &key);
        struct str name = json_str(r, "name");
        memcpy(all[i].key, key.ptr, KEY);
        assert_true(name.len < sizeof(all[i].name));
        memcpy(all[i].name, name.ptr, name.len);
        arena_reset(t->records);
    }
    qsort(all, DEMO_PEOPLE, sizeof(*all), compare_keys);
    return all;
}

static void
one_licence_in_a_hundred_misspells_its_owner_by_one_character(void **state)
{
    struct town t = make_town(demo_seed);
    struct named *persons = register_of_persons(&t);
    struct str key, owner;
    int wrong = 0;

    (void)state;
    for (int i = 0; i < DEMO_COMPANIES; i++) {
        struct json *licence = demo_company(t.city, t.records, i, &key);
        (void)demo_company_of_person(t.city, t.records, i, &owner);
        const struct named *found =
            bsearch(owner.ptr, persons, DEMO_PEOPLE, sizeof(*persons), compare_keys);
        assert_non_null(found);
        struct str name = str_of(found->name), licensed = json_str(licence, "person_name");
        if (!str_eq(name, licensed)) {
            assert_int_equal(name.len, licensed.len);
            assert_memory_equal(name.ptr, licensed.ptr, name.len - 3);
            wrong++;
        }
        arena_reset(t.records);
    }
    assert_int_equal(wrong, 83);
    free(persons);
    free_town(&t);
}

static void
one_shop_in_ninety_has_no_address_code_and_all_other_codes_are_known_to_the_old_system(void **state)
{
    struct town t = make_town(demo_seed);
    struct str key;
    int without = 0;

    (void)state;
    for (int i = 0; i < DEMO_COMPANIES; i++) {
        struct json *licence = demo_company(t.city, t.records, i, &key);
        struct str code = json_str(licence, "address_code");
        if (code.len == 0) {
            without++;
        } else {
            const struct json *found = json_path(demo_address(t.city, t.records, code), "data.0");
            assert_true(str_eq(json_str(found, "dzqc"), json_str(licence, "address")));
            assert_true(str_eq(json_str(found, "xzqh"), str_sub(key, 2, 6)));
        }
        arena_reset(t.records);
    }
    assert_int_equal(without, 90);
    static const char *const strange[] = {"",           "DZ",          "DZ0000001",  "DZ00040000",
                                          "DZ99999999", "DZ-0000001",  "dz00000001", "DZ000000001",
                                          "DZ0000000x", "XX00000001"};
    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        assert_null(demo_address(t.city, t.records, str_of(strange[i])));
    }
    free_town(&t);
}

static void
the_people_of_the_sign_in_page_have_the_cases_that_it_says(void **state)
{
    struct town t = make_town(demo_seed);
    static const struct {
        const char *login, *name, *licensed, *shop;
        bool has_code;
    } rows[] = {{"shen", "沈知遥", "沈知遥", "云溪市东湖区半亩方塘面馆", true},
                {"lu", "陆小满", "陆小满", "云溪市东湖区小满茶饮", false},
                {"gu", "顾长安", NULL, "云溪市清河区山月小馆", true},
                {"he", "何晚晴", "何晚晴", "云溪市云岭县归雁米线店", true},
                {"fang", "方夜白", "方夜白", "云溪市龙汐市潮声夜宵店", true}};
    struct str key;

    (void)state;
    for (int i = 0; i < (int)(sizeof(rows) / sizeof(rows[0])); i++) {
        struct json *person = demo_person(t.city, t.records, i, &key);
        assert_true(str_eq(demo_identifier(t.city, t.records, str_of(rows[i].login)), key));
        assert_true(str_eq(json_str(person, "name"), str_of(rows[i].name)));
        struct json *licence = demo_company(t.city, t.records, i, &key);
        struct str licensed = json_str(licence, "person_name");
        assert_true(rows[i].licensed == NULL ? !str_eq(licensed, str_of(rows[i].name))
                                             : str_eq(licensed, str_of(rows[i].licensed)));
        assert_true(str_eq(json_str(licence, "name"), str_of(rows[i].shop)));
        assert_int_equal(json_str(licence, "address_code").len > 0, rows[i].has_code);
    }
    assert_int_equal(demo_identifier(t.city, t.records, STR("ouyang")).len, 0);
    free_town(&t);
}

/* --- the same everywhere ------------------------------------------------------------------------------------ */

static void
add_records(struct hash_stream *h, struct town *t, record_fn record, int count)
{
    struct str key, text;
    struct err err;

    for (int i = 0; i < count; i++) {
        assert_int_equal(json_print(t->records, record(t->city, t->records, i, &key), &text, &err),
                         RC_OK);
        hash_add(h, key);
        hash_add(h, text);
        arena_reset(t->records);
    }
}

static struct str
hash_of_city(struct town *t)
{
    struct hash_stream *h = hash_open_sha256();
    struct hash sum;

    add_records(h, t, demo_person, DEMO_PEOPLE);
    add_records(h, t, demo_company, DEMO_COMPANIES);
    add_records(h, t, demo_company_of_person, DEMO_COMPANIES);
    sum = hash_close(h);
    return hex_of(t->arena, hash_str(&sum));
}

static void
the_whole_city_is_the_same_on_every_machine(void **state)
{
    struct town t = make_town(demo_seed), other = make_town(demo_seed + 1);
    struct str hash = hash_of_city(&t);

    (void)state;
    assert_string_equal(str_c(t.arena, hash), city_hash);
    assert_false(str_eq(hash_of_city(&other), hash));
    free_town(&t);
    free_town(&other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_thousand_people_have_true_identifiers_that_belong_to_no_place),
        cmocka_unit_test(eight_thousand_companies_have_true_codes_and_an_owner_each_of_working_age),
        cmocka_unit_test(members_of_a_household_live_at_one_address_and_no_other_household_does),
        cmocka_unit_test(one_licence_in_a_hundred_misspells_its_owner_by_one_character),
        cmocka_unit_test(
            one_shop_in_ninety_has_no_address_code_and_all_other_codes_are_known_to_the_old_system),
        cmocka_unit_test(the_people_of_the_sign_in_page_have_the_cases_that_it_says),
        cmocka_unit_test(the_whole_city_is_the_same_on_every_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
