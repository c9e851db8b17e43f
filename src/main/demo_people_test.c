#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "main/demo_people.h"

enum { PEOPLE = 20000, ARENA_BYTES = 32 << 20, YEAR = 365, MEMBERS_MAX = 8 };

struct town {
    struct arena *arena;
    struct demo_resident *people;
    int households;
};

static int32_t
everywhere_the_same(const void *ctx, int household)
{
    (void)ctx;
    (void)household;
    return 990102;
}

static struct town
make_town(uint64_t seed)
{
    struct town t = {.arena = arena_new(ARENA_BYTES)};
    struct demo_people_plan plan = {
        .seed = seed, .count = PEOPLE, .region_of_household = everywhere_the_same};
    struct json *names;
    struct err err;

    assert_int_equal(json_parse(t.arena, asset_text(asset_find(STR("demo/names.json"))), JSON_UNIQUE,
                                &names, &err),
                     RC_OK);
    plan.names = names;
    assert_int_equal(demo_people_make(t.arena, &plan, &t.people, &t.households, &err), RC_OK);
    return t;
}

/* Members of the household that begins at `from`. */
static int
household_size(const struct town *t, int from)
{
    int n = 1;

    while (from + n < PEOPLE && t->people[from + n].household == t->people[from].household) {
        n++;
    }
    return n;
}

static int32_t
age_days(const struct demo_resident *r)
{
    return demo_census_day - r->birth_day;
}

static bool
is_woman(const struct demo_resident *r)
{
    return r->sequence % 2 == 0;
}

static void
every_household_has_one_grown_head_and_members_of_possible_ages(void **state)
{
    struct town t = make_town(7);

    (void)state;
    for (int from = 0, n; from < PEOPLE; from += n) {
        const struct demo_resident *head = &t.people[from];
        n = household_size(&t, from);
        assert_in_range(n, 1, MEMBERS_MAX);
        assert_int_equal(head->role, DEMO_HEAD);
        assert_true(age_days(head) >= 19 * YEAR);
        for (int i = 1; i < n; i++) {
            const struct demo_resident *r = &t.people[from + i];
            int32_t gap = r->birth_day - head->birth_day; /* above 0: younger than the head */
            switch (r->role) {
            case DEMO_HEAD: fail_msg("two heads in household %d", head->household); break;
            case DEMO_SPOUSE:
                assert_true(is_woman(r) != is_woman(head));
                assert_in_range(gap + 10 * YEAR, 0, 20 * YEAR);
                assert_true(age_days(r) >= 19 * YEAR);
                break;
            case DEMO_CHILD: assert_in_range(gap, 20 * YEAR, 60 * YEAR); break;
            case DEMO_PARENT: assert_in_range(-gap, 18 * YEAR, 45 * YEAR); break;
            }
        }
    }
    arena_free(t.arena);
}

static void
a_mother_is_of_an_age_to_have_each_of_her_children_and_they_are_months_apart(void **state)
{
    struct town t = make_town(7);
    int seen = 0;

    (void)state;
    for (int from = 0, n; from < PEOPLE; from += n) {
        const struct demo_resident *mother = NULL, *before = NULL;
        n = household_size(&t, from);
        for (int i = 0; i < n; i++) {
            const struct demo_resident *r = &t.people[from + i];
            if (r->role < DEMO_CHILD && is_woman(r)) {
                mother = r;
            } else if (r->role == DEMO_CHILD && mother != NULL) {
                assert_in_range(r->birth_day - mother->birth_day, 21 * YEAR, 50 * YEAR);
                assert_true(before == NULL || r->birth_day - before->birth_day >= 280);
                before = r;
                seen++;
            }
        }
    }
    assert_in_range(seen, PEOPLE / 5, PEOPLE / 2);
    arena_free(t.arena);
}

static void
children_have_the_surname_of_a_parent_who_lives_with_them(void **state)
{
    struct town t = make_town(7);
    int children = 0, fathers = 0;

    (void)state;
    for (int from = 0, n; from < PEOPLE; from += n) {
        const struct demo_resident *head = &t.people[from];
        n = household_size(&t, from);
        bool has_two = n > 1 && head[1].role == DEMO_SPOUSE;
        for (int i = 1; i < n && has_two; i++) {
            const struct demo_resident *r = &t.people[from + i];
            if (r->role == DEMO_CHILD) {
                assert_true(r->surname == head->surname || r->surname == head[1].surname);
                fathers += r->surname == head->surname;
                children++;
            }
        }
    }
    assert_in_range(fathers * 100 / children, 88, 99);
    arena_free(t.arena);
}

static void
the_ages_and_sizes_are_those_of_a_city(void **state)
{
    struct town t = make_town(7);
    int minors = 0, old = 0, women = 0, sizes[MEMBERS_MAX + 1] = {0};

    (void)state;
    for (int i = 0; i < PEOPLE; i++) {
        assert_in_range(age_days(&t.people[i]), 1, 110 * YEAR);
        minors += age_days(&t.people[i]) < 18 * YEAR;
        old += age_days(&t.people[i]) >= 65 * YEAR;
        women += is_woman(&t.people[i]);
    }
    for (int from = 0, n; from < PEOPLE; from += n) {
        n = household_size(&t, from);
        sizes[n]++;
    }
    assert_in_range(minors * 100 / PEOPLE, 12, 30);
    assert_in_range(old * 100 / PEOPLE, 8, 25);
    assert_in_range(women * 100 / PEOPLE, 45, 55);
    assert_in_range(PEOPLE * 10 / t.households, 22, 32); /* 2.2 to 3.2 to a household */
    for (int n = 1; n <= 5; n++) {
        assert_true(sizes[n] > t.households / 100);
    }
    arena_free(t.arena);
}

static void
the_same_seed_makes_the_same_people_and_another_seed_makes_others(void **state)
{
    struct town one = make_town(7), again = make_town(7), other = make_town(8);
    int same = 0;

    (void)state;
    assert_int_equal(one.households, again.households);
    for (int i = 0; i < PEOPLE; i++) {
        const struct demo_resident *a = &one.people[i], *b = &again.people[i];
        assert_true(a->birth_day == b->birth_day && a->sequence == b->sequence &&
                    a->region == b->region && a->surname == b->surname && a->given == b->given &&
                    a->second == b->second && a->household == b->household && a->role == b->role);
        same += a->birth_day == other.people[i].birth_day;
    }
    assert_true(same < PEOPLE / 100);
    arena_free(one.arena);
    arena_free(again.arena);
    arena_free(other.arena);
}

static void
two_known_people_with_one_identifier_are_refused(void **state)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct json *names, *person;
    struct demo_resident *people;
    struct err err;
    int households;

    (void)state;
    assert_int_equal(json_parse(a, asset_text(asset_find(STR("demo/names.json"))), JSON_UNIQUE, &names,
                                &err),
                     RC_OK);
    static const struct {
        const char *text;
        enum rc rc;
    } rows[] = {{"{\"id17\":\"99010219900307001\"}", RC_CONFLICT},
                {"{\"id17\":\"99010219900231001\"}", RC_INVALID},
                {"{\"id17\":\"9901021990030700\"}", RC_INVALID}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(json_parse(a, str_of(rows[i].text), JSON_UNIQUE, &person, &err), RC_OK);
        const struct json *known[] = {person, person};
        const struct demo_people_plan plan = {.seed = 1,
                                              .count = 10,
                                              .names = names,
                                              .known = known,
                                              .known_count = 2,
                                              .region_of_household = everywhere_the_same};
        assert_int_equal(demo_people_make(a, &plan, &people, &households, &err), rows[i].rc);
    }
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_household_has_one_grown_head_and_members_of_possible_ages),
        cmocka_unit_test(a_mother_is_of_an_age_to_have_each_of_her_children_and_they_are_months_apart),
        cmocka_unit_test(children_have_the_surname_of_a_parent_who_lives_with_them),
        cmocka_unit_test(the_ages_and_sizes_are_those_of_a_city),
        cmocka_unit_test(the_same_seed_makes_the_same_people_and_another_seed_makes_others),
        cmocka_unit_test(two_known_people_with_one_identifier_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
