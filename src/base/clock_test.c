#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"

static void
known_dates_are_known_days(void **state)
{
    static const struct {
        struct date date;
        int32_t day;
        int weekday;
    } cases[] = {
        {{1970, 1, 1}, 0, 4},        {{1969, 12, 31}, -1, 3},   {{2000, 2, 29}, 11016, 2},
        {{2000, 3, 1}, 11017, 3},    {{2026, 11, 23}, 20780, 1}, {{1900, 3, 1}, -25508, 4},
        {{1, 1, 1}, -719162, 1},     {{9999, 12, 31}, 2932896, 5}, {{2100, 2, 28}, 47540, 0},
        {{2100, 3, 1}, 47541, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct date back = day_to_date(cases[i].day);
        assert_int_equal(date_to_day(cases[i].date), cases[i].day);
        assert_int_equal(back.year, cases[i].date.year);
        assert_int_equal(back.month, cases[i].date.month);
        assert_int_equal(back.day, cases[i].date.day);
        assert_int_equal(day_weekday(cases[i].day), cases[i].weekday);
    }
}

static void
every_day_of_ten_thousand_years_comes_back(void **state)
{
    struct date before = {0, 12, 31};
    int weekday = 0;

    (void)state;
    for (int32_t day = -719162; day <= 2932896; day++) {
        struct date d = day_to_date(day);
        bool next_day = d.year == before.year && d.month == before.month && d.day == before.day + 1;
        bool next_month = d.day == 1 && (d.month == before.month % 12 + 1) &&
                          d.year == before.year + (before.month == 12 ? 1 : 0);
        weekday = (weekday + 1) % 7;
        if ((!next_day && !next_month) || !date_is_valid(d) || date_to_day(d) != day ||
            day_weekday(day) != weekday) {
            fail_msg("day %d", (int)day);
        }
        before = d;
    }
}

static void
dates_that_do_not_exist_are_not_valid(void **state)
{
    static const struct date cases[] = {
        {2026, 2, 29}, {1900, 2, 29}, {2026, 4, 31},  {2026, 13, 1}, {2026, 0, 1},
        {2026, 1, 0},  {2026, 1, 32}, {0, 1, 1},      {10000, 1, 1}, {-4, 2, 1},
        {2026, 6, 31}, {2026, 1, -1}, {2026, -1, 10}, {2023, 2, 30},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_false(date_is_valid(cases[i]));
    }
    assert_true(date_is_valid((struct date){2024, 2, 29}));
    assert_true(date_is_valid((struct date){2000, 2, 29}));
}

static void
a_day_begins_at_midnight_of_its_offset(void **state)
{
    /* 2026-11-22T16:00:00Z is midnight of the 23rd in China. */
    int64_t midnight_us = INT64_C(1795363200) * 1000000;

    (void)state;
    assert_int_equal(instant_day(midnight_us, CLOCK_OFFSET_CHINA_MINUTES), 20780);
    assert_int_equal(instant_day(midnight_us - 1, CLOCK_OFFSET_CHINA_MINUTES), 20779);
    assert_int_equal(instant_day(midnight_us, 0), 20779);
    assert_int_equal(instant_minute_of_day(midnight_us, CLOCK_OFFSET_CHINA_MINUTES), 0);
    assert_int_equal(instant_minute_of_day(midnight_us - 1, CLOCK_OFFSET_CHINA_MINUTES), 1439);
    assert_int_equal(instant_minute_of_day(midnight_us, 0), 960);
    assert_true(day_start_us(20780, CLOCK_OFFSET_CHINA_MINUTES) == midnight_us);
    assert_int_equal(instant_day(-1, 0), -1);
    assert_int_equal(instant_minute_of_day(-1, 0), 1439);
    assert_int_equal(instant_minute_of_day(0, -300), 1140);
    assert_int_equal(instant_day(0, -300), -1);
}

static void
instants_are_written_with_their_offset(void **state)
{
    static const struct {
        int64_t us;
        int offset_minutes;
        const char *text;
    } cases[] = {
        {0, 0, "1970-01-01T00:00:00+00:00"},
        {0, 480, "1970-01-01T08:00:00+08:00"},
        {0, -210, "1969-12-31T20:30:00-03:30"},
        {-1, 0, "1969-12-31T23:59:59+00:00"},
        {INT64_C(1795398000999999), 480, "2026-11-23T09:40:00+08:00"},
        {INT64_C(253402300799000000), 0, "9999-12-31T23:59:59+00:00"},
    };
    struct arena *arena = arena_new(4096);
    struct buf buf;
    struct str text;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text = instant_text(arena, cases[i].us, cases[i].offset_minutes);
        assert_int_equal(text.len, strlen(cases[i].text));
        assert_memory_equal(text.ptr, cases[i].text, text.len);
        buf_init(&buf, arena, 35);
        buf_put_instant(&buf, cases[i].us, cases[i].offset_minutes);
        assert_int_equal(buf_finish(&buf, &text, &err), RC_OK);
        assert_true(str_eq(text, (struct str){cases[i].text, strlen(cases[i].text)}));
    }
    arena_free(arena);
}

static void
any_instant_can_be_written(void **state)
{
    static const int64_t cases[] = {INT64_MIN, INT64_MAX};
    struct arena *arena = arena_new(4096);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_non_null(instant_text(arena, cases[i], 1439).ptr);
        assert_non_null(instant_text(arena, cases[i], -1439).ptr);
    }
    assert_true(str_eq(day_text(arena, 20780), STR("2026-11-23")));
    assert_non_null(day_text(arena, INT32_MIN).ptr);
    assert_non_null(day_text(arena, INT32_MAX).ptr);
    arena_free(arena);
}

static void
text_past_the_arena_is_null(void **state)
{
    struct arena *arena = arena_new(9);

    (void)state;
    assert_null(day_text(arena, 0).ptr);
    assert_null(instant_text(arena, 0, 0).ptr);
    arena_free(arena);
}

static void
times_are_read_as_rfc_3339_writes_them(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T08:00:00+08:00", 0},
        {"1969-12-31T20:30:00-03:30", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T00:00:00.5Z", 500000},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.123456789Z", 123456},
        {"1985-04-12T23:20:50.52Z", INT64_C(482196050520000)},
        {"1996-12-19T16:39:57-08:00", INT64_C(851042397000000)},
        {"2026-11-23T09:40:00+08:00", INT64_C(1795398000000000)},
        {"9999-12-31T23:59:59.999999999Z", INT64_C(253402300799999999)},
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t us = -7;
        assert_int_equal(instant_parse((struct str){cases[i].text, strlen(cases[i].text)}, &us, &err),
                         RC_OK);
        assert_true(us == cases[i].us);
    }
}

static void
anything_else_is_no_time(void **state)
{
    static const char *const cases[] = {
        "", "2026", "2026-11-23", "2026-11-23T", "2026-11-23T09:40Z", "2026-11-23 09:40:00Z",
        "2026-11-23t09:40:00z", "2026-11-23T09:40:00", "2026-11-23T09:40:00.Z",
        "2026-11-23T09:40:00.1234567890Z", "2026-11-23T09:40:60Z", "2026-11-23T24:00:00Z",
        "2026-11-23T09:60:00Z", "2026-11-23T09:40:00+24:00", "2026-11-23T09:40:00+08:60",
        "2026-11-23T09:40:00+0800", "2026-11-23T09:40:00+08", "2026-02-30T09:40:00Z",
        "2026-11-23T09:40:00Z ", " 2026-11-23T09:40:00Z", "2026-11-23T9:40:00Z",
        "0000-01-01T00:00:00Z", "+2026-11-23T09:40:00Z", "2026-11-23T09:40:00,5Z",
        "2026-1a-23T09:40:00Z", "12026-11-23T09:40:00Z",
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t us = -7;
        assert_int_equal(instant_parse((struct str){cases[i], strlen(cases[i])}, &us, &err),
                         RC_INVALID);
        assert_true(us == -7);
    }
}

static void
only_ten_characters_are_a_day(void **state)
{
    static const char *const wrong[] = {"", "2026-11-2", "2026-11-230", "20261123", "2026/11/23",
                                        "2026-02-29", "2026-11-23T", "0000-01-01", "-026-11-23"};
    struct err err;
    int32_t day = -7;

    (void)state;
    assert_int_equal(day_parse(STR("2026-11-23"), &day, &err), RC_OK);
    assert_int_equal(day, 20780);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(day_parse((struct str){wrong[i], strlen(wrong[i])}, &day, &err),
                         RC_INVALID);
        assert_int_equal(day, 20780);
    }
}

static void
a_standing_clock_moves_only_by_hand(void **state)
{
    int64_t now_us = 42;
    struct clock clock = clock_standing(&now_us);

    (void)state;
    assert_true(clock_now_us(&clock) == 42);
    now_us = 50;
    assert_true(clock_now_us(&clock) == 50);
    assert_true(clock_monotonic_us(&clock) == 50);
}

static void
a_shifted_clock_is_wrong_by_its_shift_alone(void **state)
{
    int64_t shift_us = INT64_C(-30) * 86400 * 1000000;
    struct clock clock = clock_shifted(&shift_us);
    int64_t before_us = clock_now_us(&clock_system);
    int64_t shifted_us = clock_now_us(&clock);
    int64_t after_us = clock_now_us(&clock_system);
    int64_t first_us = clock_monotonic_us(&clock_system);

    (void)state;
    assert_true(shifted_us - shift_us >= before_us && shifted_us - shift_us <= after_us);
    assert_true(clock_monotonic_us(&clock) >= first_us);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_dates_are_known_days),
        cmocka_unit_test(every_day_of_ten_thousand_years_comes_back),
        cmocka_unit_test(dates_that_do_not_exist_are_not_valid),
        cmocka_unit_test(a_day_begins_at_midnight_of_its_offset),
        cmocka_unit_test(instants_are_written_with_their_offset),
        cmocka_unit_test(any_instant_can_be_written),
        cmocka_unit_test(text_past_the_arena_is_null),
        cmocka_unit_test(times_are_read_as_rfc_3339_writes_them),
        cmocka_unit_test(anything_else_is_no_time),
        cmocka_unit_test(only_ten_characters_are_a_day),
        cmocka_unit_test(a_standing_clock_moves_only_by_hand),
        cmocka_unit_test(a_shifted_clock_is_wrong_by_its_shift_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
