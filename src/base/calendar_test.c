#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/calendar.h"
#include "base/clock.h"

/* The rows that the demo city runs with: what they say about real days is tested, not a copy. */
static struct calendar *
china(struct arena *arena)
{
    struct calendar *c = NULL;
    struct json *rows;
    struct err err;

    assert_int_equal(json_parse(arena, asset_text(asset_find(STR("demo/calendar/cn.json"))),
                                JSON_UNIQUE, &rows, &err), RC_OK);
    assert_int_equal(calendar_load(arena, rows, &c, &err), RC_OK);
    return c;
}

static int32_t
day_of(const char *text)
{
    struct err err;
    int32_t day = 0;

    assert_int_equal(day_parse(str_of(text), &day, &err), RC_OK);
    return day;
}

static void
due_dates_of_two_years_are_right(void **state)
{
    static const struct {
        const char *start;
        int count;
        const char *due;
    } cases[] = {
        {"2025-09-30", 1, "2025-10-09"},  {"2025-09-30", 5, "2025-10-14"},
        {"2025-12-31", 1, "2026-01-04"},  {"2025-12-31", 2, "2026-01-05"},
        {"2026-01-01", 1, "2026-01-04"},  {"2026-01-01", 3, "2026-01-06"},
        {"2026-02-13", 1, "2026-02-14"},  {"2026-02-13", 2, "2026-02-24"},
        {"2026-02-13", 5, "2026-02-27"},  {"2026-02-13", 10, "2026-03-05"},
        {"2026-04-30", 1, "2026-05-06"},  {"2026-04-30", 5, "2026-05-11"},
        {"2026-09-18", 1, "2026-09-20"},  {"2026-09-18", 5, "2026-09-24"},
        {"2026-09-18", 10, "2026-10-09"}, {"2026-09-24", 1, "2026-09-28"},
        {"2026-09-24", 5, "2026-10-09"},  {"2026-09-24", 20, "2026-10-29"},
        {"2026-09-30", 1, "2026-10-08"},  {"2026-09-30", 10, "2026-10-20"},
    };
    struct arena *arena = arena_new(1 << 20);
    struct calendar *c = china(arena);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t start = day_of(cases[i].start);
        bool provisional = true;
        int32_t due = calendar_add(c, start, cases[i].count, &provisional);
        assert_true(str_eq(day_text(arena, due), str_of(cases[i].due)));
        assert_false(provisional);
        assert_int_equal(calendar_between(c, start, due), cases[i].count);
        assert_true(calendar_is_working(c, due));
    }
    assert_true(str_eq(calendar_version(c), STR("cn-2026.1")));
    arena_free(arena);
}

static void
both_years_have_248_working_days(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct calendar *c = china(arena);

    (void)state;
    assert_int_equal(calendar_between(c, day_of("2024-12-31"), day_of("2025-12-31")), 248);
    assert_int_equal(calendar_between(c, day_of("2025-12-31"), day_of("2026-12-31")), 248);
    assert_int_equal(calendar_between(c, day_of("2026-12-31"), day_of("2025-12-31")), -248);
    assert_int_equal(calendar_between(c, day_of("2026-05-01"), day_of("2026-05-01")), 0);
    arena_free(arena);
}

static void
make_up_days_are_worked_and_holidays_are_not(void **state)
{
    static const struct {
        const char *day;
        bool working;
    } cases[] = {
        {"2026-01-04", true},  {"2026-02-14", true},  {"2026-10-10", true},  {"2025-10-11", true},
        {"2026-01-01", false}, {"2026-06-19", false}, {"2026-10-07", false}, {"2026-11-23", true},
        {"2026-11-22", false}, {"2026-11-21", false}, {"2027-01-01", true},  {"2027-01-02", false},
        {"2024-12-31", true},  {"2024-12-29", false},
    };
    struct arena *arena = arena_new(1 << 20);
    struct calendar *c = china(arena);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(calendar_is_working(c, day_of(cases[i].day)), cases[i].working);
    }
    arena_free(arena);
}

static void
answers_outside_the_rows_are_provisional(void **state)
{
    static const struct {
        const char *start;
        int count;
        const char *due;
        bool provisional;
    } cases[] = {
        {"2026-12-30", 1, "2026-12-31", false}, {"2026-12-31", 1, "2027-01-01", true},
        {"2026-12-31", 5, "2027-01-07", true},  {"2026-12-31", 0, "2026-12-31", false},
        {"2027-03-01", 0, "2027-03-01", false}, {"2027-03-01", 10, "2027-03-15", true},
        {"2024-12-31", 1, "2025-01-02", false}, {"2024-12-30", 1, "2024-12-31", true},
        {"2024-12-30", 2, "2025-01-02", true},
    };
    struct arena *arena = arena_new(1 << 20);
    struct calendar *c = china(arena);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool provisional = !cases[i].provisional;
        int32_t due = calendar_add(c, day_of(cases[i].start), cases[i].count, &provisional);
        assert_true(str_eq(day_text(arena, due), str_of(cases[i].due)));
        assert_int_equal(provisional, cases[i].provisional);
        assert_int_equal(calendar_add(c, day_of(cases[i].start), cases[i].count, NULL), due);
    }
    arena_free(arena);
}

/* The same answers as walking day by day, from before the rows to after them. */
static void
counting_agrees_with_walking(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct calendar *c = china(arena);
    int32_t start = day_of("2024-11-30");

    (void)state;
    for (; start < day_of("2027-02-01"); start += 13) {
        int32_t day = start;
        for (int count = 1; count < 60; count++) {
            do {
                day++;
            } while (!calendar_is_working(c, day));
            assert_int_equal(calendar_add(c, start, count, NULL), day);
            assert_int_equal(calendar_between(c, start, day), count);
        }
    }
    arena_free(arena);
}

static void
no_count_passes_the_end_of_time(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct calendar *c = china(arena);
    bool provisional = false;

    (void)state;
    assert_int_equal(calendar_add(c, day_of("2026-01-01"), INT32_MAX, &provisional),
                     day_of("9999-12-31"));
    assert_true(provisional);
    arena_free(arena);
}

static void
wrong_rows_are_refused_by_name(void **state)
{
    static const struct {
        const char *rows;
        const char *says;
    } cases[] = {
        {"{}", "version"},
        {"[]", "version"},
        {"{\"version\":\"v\"}", "years"},
        {"{\"version\":\"v\",\"years\":[]}", "years"},
        {"{\"version\":\"v\",\"years\":[{\"holidays\":[],\"workdays\":[]}]}", "year 0"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2025,\"holidays\":[],\"workdays\":[]},"
         "{\"year\":2027,\"holidays\":[],\"workdays\":[]}]}", "2027"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"workdays\":[]}]}", "holidays"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[]}]}", "workdays"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[1],\"workdays\":[]}]}", "holidays"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-02-30\"],\"workdays\":[]}]}",
         "holidays"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[\"2025-01-01\"],\"workdays\":[]}]}",
         "2025-01-01"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-01-03\"],\"workdays\":[]}]}",
         "2026-01-03"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[],\"workdays\":[\"2026-01-05\"]}]}",
         "2026-01-05"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-01-01\",\"2026-01-01\"],"
         "\"workdays\":[]}]}", "twice"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[],"
         "\"workdays\":[\"2026-01-04\",\"2026-01-04\"]}]}", "twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct calendar *c = NULL;
        struct json *rows;
        struct err err;
        assert_int_equal(json_parse(arena, str_of(cases[i].rows), JSON_ANY, &rows, &err), RC_OK);
        assert_int_equal(calendar_load(arena, rows, &c, &err), RC_INVALID);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_null(c);
        arena_free(arena);
    }
}

/* One day off that only this city has, one that the land has off and the city works, one of a year that the land does not know yet. */
static const char *const city_rows =
    "{\"version\":\"yx-1\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-04-20\",\"2026-09-20\"],"
    "\"workdays\":[\"2026-06-19\",\"2026-04-25\"]},{\"year\":2027,\"holidays\":[\"2027-04-20\"],\"workdays\":[]}]}";

static enum rc
derive(struct arena *arena, const struct calendar *above, const char *text, struct calendar **out, struct err *err)
{
    struct json *rows;

    assert_int_equal(json_parse(arena, str_of(text), JSON_ANY, &rows, err), RC_OK);
    return calendar_derive(arena, above, rows, out, err);
}

static void
a_part_of_the_land_differs_by_the_days_that_it_names(void **state)
{
    static const struct {
        const char *day;
        bool working;
    } cases[] = {{"2026-04-20", false}, {"2026-09-20", false}, {"2026-06-19", true}, {"2026-04-25", true},
                 {"2026-04-21", true},  {"2026-10-10", true},  {"2026-10-01", false}, {"2027-04-20", true}};
    struct arena *arena = arena_new(1 << 20);
    const struct calendar *above = china(arena);
    struct calendar *c = NULL, *third = NULL;
    int32_t first = 0, end = 0;
    bool provisional = false;
    struct err err;

    (void)state;
    assert_int_equal(derive(arena, above, city_rows, &c, &err), RC_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(calendar_is_working(c, day_of(cases[i].day)), cases[i].working);
    }
    assert_true(str_eq(calendar_version(c), STR("cn-2026.1+yx-1")));
    calendar_span(c, &first, &end);
    assert_true(first == day_of("2025-01-01") && end == day_of("2027-01-01"));
    assert_int_equal(calendar_add(c, day_of("2026-04-17"), 1, &provisional), day_of("2026-04-21"));
    assert_false(provisional);
    /* what lies inside takes over what it does not name itself */
    assert_int_equal(derive(arena, c, "{\"version\":\"d\",\"years\":[{\"year\":2026,\"holidays\":[],"
                                      "\"workdays\":[\"2026-09-20\"]}]}", &third, &err), RC_OK);
    assert_true(calendar_is_working(third, day_of("2026-09-20")));
    assert_false(calendar_is_working(third, day_of("2026-04-20")));
    assert_true(str_eq(calendar_version(third), STR("cn-2026.1+yx-1+d")));
    arena_free(arena);
}

static void
wrong_differences_are_refused(void **state)
{
    static const struct {
        const char *rows, *says;
    } cases[] = {
        {"{\"years\":[{\"year\":2026,\"holidays\":[],\"workdays\":[]}]}", "version"},
        {"{\"version\":\"v\"}", "years"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"workdays\":[]}]}", "holidays"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[]}]}", "workdays"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[\"2025-04-20\"],\"workdays\":[]}]}", "its days"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-04-20\"],\"workdays\":[\"2026-04-20\"]}]}",
         "twice"},
        {"{\"version\":\"v\",\"years\":[{\"year\":2031,\"holidays\":[\"2031-04-20\",\"2031-04-20\"],\"workdays\":[]}]}", "twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct calendar *c = NULL;
        struct err err;
        assert_int_equal(derive(arena, china(arena), cases[i].rows, &c, &err), RC_INVALID);
        assert_non_null(strstr(err.text, cases[i].says));
        assert_null(c);
        arena_free(arena);
    }
}

static void
a_last_day_on_a_holiday_moves_to_the_next_working_day(void **state)
{
    static const struct {
        const char *day, *moved;
        bool provisional;
    } cases[] = {{"2026-10-01", "2026-10-08", false}, {"2026-09-30", "2026-09-30", false}, {"2026-09-19", "2026-09-20", false},
                 {"2026-12-31", "2026-12-31", false}, {"2027-01-02", "2027-01-04", true},  {"2027-01-04", "2027-01-04", true}};
    struct arena *arena = arena_new(1 << 20);
    struct calendar *c = china(arena);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool provisional = !cases[i].provisional;
        assert_int_equal(calendar_from(c, day_of(cases[i].day), &provisional), day_of(cases[i].moved));
        assert_int_equal(provisional, cases[i].provisional);
    }
    arena_free(arena);
}

static void
a_small_arena_is_a_limit_and_nothing_worse(void **state)
{
    struct arena *home = arena_new(1 << 20);
    struct json *rows;
    struct err err;
    enum rc rc = RC_LIMIT;
    size_t limit_bytes = 1;

    (void)state;
    assert_int_equal(json_parse(home, STR("{\"version\":\"v\",\"years\":[{\"year\":2026,\"holidays\":[],"
                                          "\"workdays\":[]}]}"), JSON_ANY, &rows, &err), RC_OK);
    for (; rc == RC_LIMIT && limit_bytes < 8000; limit_bytes += 7) {
        struct arena *arena = arena_new(limit_bytes);
        struct calendar *c = NULL;
        rc = calendar_load(arena, rows, &c, &err);
        assert_true(rc == RC_OK ? c != NULL : rc == RC_LIMIT && c == NULL);
        arena_free(arena);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(limit_bytes > 1460);
    arena_free(home);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due_dates_of_two_years_are_right),
        cmocka_unit_test(both_years_have_248_working_days),
        cmocka_unit_test(make_up_days_are_worked_and_holidays_are_not),
        cmocka_unit_test(answers_outside_the_rows_are_provisional),
        cmocka_unit_test(counting_agrees_with_walking),
        cmocka_unit_test(no_count_passes_the_end_of_time),
        cmocka_unit_test(wrong_rows_are_refused_by_name),
        cmocka_unit_test(a_part_of_the_land_differs_by_the_days_that_it_names),
        cmocka_unit_test(wrong_differences_are_refused),
        cmocka_unit_test(a_last_day_on_a_holiday_moves_to_the_next_working_day),
        cmocka_unit_test(a_small_arena_is_a_limit_and_nothing_worse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
