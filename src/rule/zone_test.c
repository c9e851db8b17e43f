#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "rule/civil.h"
#include "rule/zone.h"

static int64_t
at(int year, int month, int day, int hour, int minute)
{
    return civil_day((struct civil){year, month, day}) * 86400 + hour * 3600 + minute * 60;
}

static const struct zone *
zone_of(struct zones *zones, const char *name)
{
    const struct zone *zone = zones_find(zones, str_of(name));

    if (zone == NULL) {
        fail_msg("no zone %s", name);
    }
    return zone;
}

static void
each_moment_has_the_offset_of_its_place(void **state)
{
    static const struct {
        const char *name;
        int year, month, day, hour, minute;
        int32_t offset;
    } cases[] = {
        {"Asia/Shanghai", 2026, 11, 23, 0, 0, 28800},
        {"Asia/Shanghai", 1800, 1, 1, 0, 0, 29143}, /* before the table: the sun's own time */
        {"Asia/Shanghai", 1988, 7, 1, 0, 0, 32400}, /* China had summer time then */
        {"Asia/Shanghai", 9999, 7, 1, 0, 0, 28800},
        {"Etc/UTC", 2026, 11, 23, 0, 0, 0},
        {"Europe/Paris", 2018, 2, 8, 0, 0, 3600},
        {"Europe/Paris", 2018, 10, 8, 0, 0, 7200},
        {"Europe/Paris", 2018, 3, 25, 0, 59, 3600},
        {"Europe/Paris", 2018, 3, 25, 1, 0, 7200},
        {"Europe/Paris", 2018, 10, 28, 0, 59, 7200},
        {"Europe/Paris", 2018, 10, 28, 1, 0, 3600},
        {"Europe/Paris", 3000, 3, 30, 0, 59, 3600}, /* by the rule after the table */
        {"Europe/Paris", 3000, 3, 30, 1, 0, 7200},
        {"Europe/Paris", 3000, 10, 26, 0, 59, 7200},
        {"Europe/Paris", 3000, 10, 26, 1, 0, 3600},
        {"Australia/Melbourne", 2050, 1, 15, 0, 0, 39600}, /* summer time across the new year */
        {"Australia/Melbourne", 2050, 7, 15, 0, 0, 36000},
        {"Europe/Dublin", 2050, 1, 15, 0, 0, 0}, /* whose summer is in its law the standard */
        {"Europe/Dublin", 2050, 7, 15, 0, 0, 3600},
        {"America/New_York", 2100, 1, 1, 0, 0, -18000},
        {"America/New_York", 2100, 7, 1, 0, 0, -14400},
        {"Asia/Kolkata", 2026, 1, 1, 0, 0, 19800},
        {"Asia/Dhaka", 999999999, 1, 1, 0, 0, 21600},
        {"Europe/Paris", -999999999, 1, 1, 0, 0, 561},
    };
    struct zones *zones = zones_new(ZONE_FOLDER);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t moment = at(cases[i].year, cases[i].month, cases[i].day, cases[i].hour, cases[i].minute);
        int32_t offset = zone_offset(zone_of(zones, cases[i].name), moment);
        if (offset != cases[i].offset) {
            fail_msg("row %zu, %s: %d", i, cases[i].name, (int)offset);
        }
    }
    zones_free(zones);
}

static void
an_hour_on_the_wall_that_comes_twice_or_never_has_the_offset_before(void **state)
{
    static const struct {
        const char *name;
        int year, month, day, hour, minute;
        int32_t offset;
    } cases[] = {
        {"Europe/Paris", 2018, 3, 25, 1, 59, 3600},  {"Europe/Paris", 2018, 3, 25, 2, 30, 3600},
        {"Europe/Paris", 2018, 3, 25, 3, 0, 7200},   {"Europe/Paris", 2018, 10, 28, 1, 59, 7200},
        {"Europe/Paris", 2018, 10, 28, 2, 30, 7200}, {"Europe/Paris", 2018, 10, 28, 3, 0, 3600},
        {"Europe/Paris", 2018, 3, 26, 0, 0, 7200},   {"Asia/Shanghai", 2026, 11, 23, 12, 0, 28800},
        {"America/New_York", 2050, 11, 6, 1, 30, -14400}, {"America/New_York", 2050, 11, 6, 2, 0, -18000},
    };
    struct zones *zones = zones_new(ZONE_FOLDER);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t wall = at(cases[i].year, cases[i].month, cases[i].day, cases[i].hour, cases[i].minute);
        int32_t offset = zone_offset_of_wall(zone_of(zones, cases[i].name), wall);
        if (offset != cases[i].offset) {
            fail_msg("row %zu: %d", i, (int)offset);
        }
    }
    zones_free(zones);
}

static void
a_zone_is_read_once_and_a_name_stays_in_its_folder(void **state)
{
    static const char *const none[] = {
        "", "/", "Asia", "Asia/", "/Asia/Shanghai", "Asia//Shanghai", "asia/shanghai", "xyz/abc", "../passwd", "Asia/../Asia/Shanghai",
        "Asia/Shanghai ", "posix/Asia/Shanghai", "zone.tab", "Asia/Nowhere", "Asia/Shanghai/x",
        "A23456789012345678901234567890123456789012345678901234567890123456",
    };
    struct zones *zones = zones_new(ZONE_FOLDER), *empty = zones_new("/nowhere at all");
    const struct zone *zone = zone_of(zones, "Asia/Shanghai");

    (void)state;
    assert_ptr_equal(zone_of(zones, "Asia/Shanghai"), zone);
    assert_ptr_not_equal(zone_of(zones, "Europe/Paris"), zone);
    assert_true(str_eq(zone_name(zone), STR("Asia/Shanghai")));
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        if (zones_find(zones, str_of(none[i])) != NULL) {
            fail_msg("%s", none[i]);
        }
    }
    assert_null(zones_find(empty, STR("Asia/Shanghai")));
    assert_null(zones_find(NULL, STR("Asia/Shanghai")));
    zones_free(zones);
    zones_free(empty);
    zones_free(NULL);
}

/* A file of one change, from offset 0 to 3600 at second 1000; each test spoils a copy of it. */
enum { FIRST = 44 + 6 + 4, SECOND = FIRST + 44, FOOTER = SECOND + 9 + 12 + 4 };
static size_t
sound_file(char bytes[256], const char *footer)
{
    memset(bytes, 0, 256);
    memcpy(bytes, "TZif2", 5);
    bytes[39] = 1; /* a first block with one type and a name of four bytes */
    bytes[43] = 4;
    memcpy(bytes + FIRST, "TZif2", 5);
    bytes[FIRST + 35] = 1;
    bytes[FIRST + 39] = 2;
    bytes[FIRST + 43] = 4;
    memcpy(bytes + SECOND + 6, "\x03\xe8\x01", 3);
    memcpy(bytes + SECOND + 9 + 6, "\0\0\x0e\x10\x01\0", 6);
    memcpy(bytes + FOOTER, footer, strlen(footer));
    return FOOTER + strlen(footer);
}

static enum rc
parse(struct arena *arena, const char *bytes, size_t len, const struct zone **zone)
{
    struct err err;

    return zone_parse(arena, STR("Test/Zone"), (struct str){bytes, len}, zone, &err);
}

static void
a_spoiled_file_is_no_zone(void **state)
{
    static const struct {
        size_t at;
        char value;
    } spoiled[] = {
        {0, 'X'}, {4, '1'}, {4, 0}, {39, 2}, {FIRST, 'X'}, {FIRST + 4, '3'}, {FIRST + 20, 1}, {FIRST + 23, 1}, {FIRST + 31, 1},
        {FIRST + 35, 2}, {FIRST + 39, 0}, {FIRST + 43, 0}, {FIRST + 36, (char)0xff}, {SECOND + 8, 2}, {SECOND + 9, 1},
        {SECOND + 9 + 4, 2}, {SECOND + 9 + 5, 4}, {FOOTER, ' '}, {FOOTER + 6, 'x'},
    };
    struct arena *arena = arena_new(1 << 16);
    char bytes[256];
    const struct zone *zone = NULL;

    (void)state;
    size_t len = sound_file(bytes, "\nCST-8\n");
    assert_int_equal(parse(arena, bytes, len, &zone), RC_OK);
    assert_int_equal(zone_offset(zone, 999), 0);
    assert_int_equal(zone_offset(zone, 1000), 28800);
    zone = NULL;
    for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
        len = sound_file(bytes, "\nCST-8\n");
        bytes[spoiled[i].at] = spoiled[i].value;
        if (parse(arena, bytes, len, &zone) != RC_INVALID) {
            fail_msg("spoiled at %zu", spoiled[i].at);
        }
    }
    len = sound_file(bytes, "\nCST-8\n");
    for (size_t short_len = 0; short_len < len; short_len++) {
        assert_int_equal(parse(arena, bytes, short_len, &zone), RC_INVALID);
    }
    assert_null(zone);
    arena_free(arena);
}

/* The same with one more change, at that second, back to offset 0. */
static size_t
file_of_two_changes(char bytes[256], char second)
{
    size_t len = sound_file(bytes, "\nCST-8\n");

    bytes[FIRST + 35] = 2;
    memmove(bytes + SECOND + 18, bytes + SECOND + 9, len - SECOND - 9);
    memset(bytes + SECOND + 8, 0, 10);
    bytes[SECOND + 14] = 3;
    bytes[SECOND + 15] = second;
    bytes[SECOND + 16] = 1;
    return len + 9;
}

static void
changes_come_in_the_order_of_time(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    const struct zone *zone = NULL;
    char bytes[256];

    (void)state;
    size_t len = file_of_two_changes(bytes, (char)0xe9);
    assert_int_equal(parse(arena, bytes, len, &zone), RC_OK);
    assert_int_equal(zone_offset(zone, 999), 0);
    assert_int_equal(zone_offset(zone, 1000), 3600);
    assert_int_equal(zone_offset(zone, 1001), 28800);
    len = file_of_two_changes(bytes, (char)0xe8);
    assert_int_equal(parse(arena, bytes, len, &zone), RC_INVALID);
    len = file_of_two_changes(bytes, (char)0xe7);
    assert_int_equal(parse(arena, bytes, len, &zone), RC_INVALID);
    arena_free(arena);
}

/* Otherwise sound: the twelve bytes of a leap second stand where they belong. */
static void
a_file_with_leap_seconds_is_no_zone(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    const struct zone *zone = NULL;
    char bytes[256];
    size_t len = sound_file(bytes, "\nCST-8\n");

    (void)state;
    bytes[FIRST + 31] = 1;
    memmove(bytes + FOOTER + 12, bytes + FOOTER, len - FOOTER);
    memset(bytes + FOOTER, 0, 12);
    assert_int_equal(parse(arena, bytes, len + 12, &zone), RC_INVALID);
    arena_free(arena);
}

static void
the_rule_at_the_end_is_read_strictly(void **state)
{
    static const struct {
        const char *rule;
        int year, month, day, hour; /* of UTC */
        int32_t offset;
    } sound[] = {
        {"\n\n", 2026, 1, 1, 0, 3600}, /* none: the last offset of the table goes on */
        {"\n<+05>-5:30:15\n", 2026, 1, 1, 0, 19815},
        {"\nAAA0BBB,J60/0,J61/0\n", 2024, 3, 1, 0, 3600}, /* J60 is 1 March in every year */
        {"\nAAA0BBB,J60/0,J61/0\n", 2023, 3, 1, 0, 3600},
        {"\nAAA0BBB,J60/0,J61/0\n", 2024, 2, 29, 23, 0},
        {"\nAAA0BBB,59/0,60/0\n", 2024, 2, 29, 12, 3600}, /* day 59 is 29 February in a leap year */
        {"\nAAA0BBB,59/0,60/0\n", 2023, 3, 1, 12, 3600},
        {"\nAAA0BBB-2,M2.5.0,M3.1.1/-1\n", 2026, 2, 22, 2, 7200}, /* the fifth is the last */
        {"\nAAA0BBB-2,M2.5.0,M3.1.1/-1\n", 2026, 2, 22, 1, 0},
        {"\nAAA0BBB-2,M2.5.0,M3.1.1/-1\n", 2026, 3, 1, 20, 7200}, /* an hour before Monday on the wall */
        {"\nAAA0BBB-2,M2.5.0,M3.1.1/-1\n", 2026, 3, 1, 21, 0},
    };
    static const char *const wrong[] = {
        "\n", "", "\nCST\n", "\nCS-8\n", "\nCST-25\n", "\nCST-8:60\n", "\nCST-8x\n", "\n<+08-8\n", "\nAAA0BBB\n", "\nAAA0BBB,J0,J1\n",
        "\nAAA0BBB,J366,J1\n", "\nAAA0BBB,366,1\n", "\nAAA0BBB,M13.1.0,M1.1.0\n", "\nAAA0BBB,M0.1.0,M1.1.0\n", "\nAAA0BBB,M1.6.0,M1.1.0\n",
        "\nAAA0BBB,M1.0.0,M1.1.0\n", "\nAAA0BBB,M1.1.7,M1.1.0\n", "\nAAA0BBB,M1.1.0\n", "\nAAA0BBB,M1.1.0,M2.1.0,\n", "\nAAA0BBB,M1.1.0/168,M2.1.0\n",
        "\nCST-8\n\n", "\nCST-8",
    };
    struct arena *arena = arena_new(1 << 16);
    const struct zone *zone = NULL;
    char bytes[256];

    (void)state;
    for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
        size_t len = sound_file(bytes, sound[i].rule);
        assert_int_equal(parse(arena, bytes, len, &zone), RC_OK);
        int32_t offset = zone_offset(zone, at(sound[i].year, sound[i].month, sound[i].day, sound[i].hour, 0));
        if (offset != sound[i].offset) {
            fail_msg("row %zu: %d", i, (int)offset);
        }
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        size_t len = sound_file(bytes, wrong[i]);
        if (parse(arena, bytes, len, &zone) != RC_INVALID) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
    arena_free(arena);
}

static void
want_of_room_is_told_apart(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    const struct zone *zone = NULL;
    char bytes[256];
    size_t len = sound_file(bytes, "\nCST-8\n"), failed = 0;
    enum rc rc;

    (void)state;
    do {
        arena_fail_at(arena, ++failed);
        rc = parse(arena, bytes, len, &zone);
        arena_fail_at(arena, 0);
        assert_true(rc == RC_LIMIT || rc == RC_OK);
        assert_true((zone != NULL) == (rc == RC_OK));
    } while (rc != RC_OK);
    assert_int_equal(failed, 5);
    arena_free(arena);
}

static void
days_of_two_thousand_million_years_come_back(void **state)
{
    static const int64_t around[] = {0, -719468, 2932896, INT64_C(-365243219162), INT64_C(365241780471 - 400)};
    struct civil date, again;

    (void)state;
    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
        for (int64_t day = around[i]; day < around[i] + 400; day++) {
            assert_true(civil_of_day(day, &date));
            assert_true(civil_is_valid(date.year, date.month, date.day));
            assert_true(civil_day(date) == day);
            assert_true(!civil_of_day(day + 1, &again) || again.day == date.day + 1 || again.day == 1);
        }
    }
    assert_true(civil_of_day(INT64_C(365241780471), &date));
    assert_true(date.year == CIVIL_YEAR_MOST && date.month == 12 && date.day == 31);
    assert_false(civil_of_day(INT64_C(365241780472), &date));
    assert_false(civil_of_day(INT64_MAX, &date));
    assert_false(civil_of_day(INT64_MIN, &date));
    assert_int_equal(civil_weekday(0), 4);
    assert_int_equal(civil_weekday(-4), 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_moment_has_the_offset_of_its_place),
        cmocka_unit_test(an_hour_on_the_wall_that_comes_twice_or_never_has_the_offset_before),
        cmocka_unit_test(a_zone_is_read_once_and_a_name_stays_in_its_folder),
        cmocka_unit_test(a_spoiled_file_is_no_zone),
        cmocka_unit_test(changes_come_in_the_order_of_time),
        cmocka_unit_test(a_file_with_leap_seconds_is_no_zone),
        cmocka_unit_test(the_rule_at_the_end_is_read_strictly),
        cmocka_unit_test(want_of_room_is_told_apart),
        cmocka_unit_test(days_of_two_thousand_million_years_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
