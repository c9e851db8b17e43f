/*
 * The arithmetic of clocks: against the vectors that were worked out by hand, and against an oracle that walks day by day and knows
 * nothing of prefix sums, runs or anchors.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "process/stopwatch.h"

/* --- help -------------------------------------------------------------------------------------------------------------- */

static struct calendar *
china(struct arena *a)
{
    struct calendar *c = NULL;
    struct json *rows;
    struct err err;

    assert_int_equal(asset_json(a, "demo/calendar/cn.json", &rows, &err), RC_OK);
    assert_int_equal(calendar_load(a, rows, &c, &err), RC_OK);
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

static struct stopwatch
started(const struct calendar *c, enum timelimit_unit unit, int64_t value, int64_t moment)
{
    struct stopwatch w;

    stopwatch_start(&w, &(struct stopwatch_terms){.unit = unit, .value = value}, c, moment);
    return w;
}

/* --- vectors ------------------------------------------------------------------------------------------------------------- */

static void
due_days_are_those_that_were_worked_out_by_hand(void **state)
{
    static const struct {
        const char *start;
        enum timelimit_unit unit;
        int value;
        const char *due;
        bool provisional;
    } cases[] = {
        {"2025-09-30", UNIT_WORKING_DAY, 1, "2025-10-09", false},  {"2025-09-30", UNIT_WORKING_DAY, 5, "2025-10-14", false},
        {"2025-12-31", UNIT_WORKING_DAY, 1, "2026-01-04", false},  {"2025-12-31", UNIT_WORKING_DAY, 2, "2026-01-05", false},
        {"2026-01-01", UNIT_WORKING_DAY, 1, "2026-01-04", false},  {"2026-01-01", UNIT_WORKING_DAY, 3, "2026-01-06", false},
        {"2026-02-13", UNIT_WORKING_DAY, 1, "2026-02-14", false},  {"2026-02-13", UNIT_WORKING_DAY, 2, "2026-02-24", false},
        {"2026-02-13", UNIT_WORKING_DAY, 5, "2026-02-27", false},  {"2026-02-13", UNIT_WORKING_DAY, 10, "2026-03-05", false},
        {"2026-04-30", UNIT_WORKING_DAY, 1, "2026-05-06", false},  {"2026-04-30", UNIT_WORKING_DAY, 5, "2026-05-11", false},
        {"2026-09-18", UNIT_WORKING_DAY, 1, "2026-09-20", false},  {"2026-09-18", UNIT_WORKING_DAY, 5, "2026-09-24", false},
        {"2026-09-18", UNIT_WORKING_DAY, 10, "2026-10-09", false}, {"2026-09-24", UNIT_WORKING_DAY, 1, "2026-09-28", false},
        {"2026-09-24", UNIT_WORKING_DAY, 5, "2026-10-09", false},  {"2026-09-24", UNIT_WORKING_DAY, 20, "2026-10-29", false},
        {"2026-09-30", UNIT_WORKING_DAY, 1, "2026-10-08", false},  {"2026-09-30", UNIT_WORKING_DAY, 10, "2026-10-20", false},
        {"2026-12-30", UNIT_WORKING_DAY, 2, "2027-01-01", true},
        {"2026-03-02", UNIT_WORKING_DAY, 0, "2026-03-02", false},  {"2026-02-28", UNIT_WORKING_DAY, 0, "2026-02-28", false},
        {"2026-03-01", UNIT_WORKING_DAY, 0, "2026-03-02", false}, /* at once, asked on a Sunday */
        {"2026-03-02", UNIT_NATURAL_DAY, 15, "2026-03-17", false}, {"2026-03-06", UNIT_NATURAL_DAY, 15, "2026-03-23", false},
        {"2026-09-16", UNIT_NATURAL_DAY, 15, "2026-10-08", false}, /* 1 October: after the holidays */
        {"2026-12-20", UNIT_NATURAL_DAY, 11, "2026-12-31", false}, {"2026-12-20", UNIT_NATURAL_DAY, 12, "2027-01-01", true},
        {"2026-01-31", UNIT_MONTH, 1, "2026-02-28", false},        {"2026-01-30", UNIT_MONTH, 1, "2026-02-28", false},
        {"2026-03-31", UNIT_MONTH, 6, "2026-09-30", false},        {"2026-04-01", UNIT_MONTH, 6, "2026-10-08", false},
        {"2025-11-30", UNIT_MONTH, 3, "2026-02-28", false}, /* a Saturday that is worked */
        {"2025-12-15", UNIT_MONTH, 1, "2026-01-15", false},        {"2026-01-15", UNIT_MONTH, 12, "2027-01-15", true},
        {"9999-12-01", UNIT_MONTH, 1, "9999-12-31", true},         {"9999-12-01", UNIT_NATURAL_DAY, 60, "9999-12-31", true},
    };
    struct arena *a = arena_new(1 << 20);
    const struct calendar *c = china(a);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stopwatch w = started(c, cases[i].unit, cases[i].value, day_of(cases[i].start));
        struct str due = day_text(a, (int32_t)w.due);
        if (!str_eq(due, str_of(cases[i].due)) || w.provisional != cases[i].provisional) {
            fail_msg("%s + %d: %.*s%s", cases[i].start, cases[i].value, STR_ARG(due), w.provisional ? ", provisional" : "");
        }
        assert_false(stopwatch_is_over(&w, w.due));
        assert_true(stopwatch_is_over(&w, w.due + 1));
    }
    arena_free(a);
}

static void
hours_run_through_the_night_and_end_to_the_second(void **state)
{
    enum { OFFSET = 480 };
    const int64_t hour = INT64_C(3600) * 1000000;
    struct arena *a = arena_new(1 << 20);
    const struct calendar *c = china(a);
    int64_t begin = day_start_us(day_of("2026-10-01"), OFFSET) + 17 * hour;
    struct stopwatch w = started(c, UNIT_HOUR, 24, stopwatch_moment(UNIT_HOUR, begin, OFFSET));

    (void)state;
    assert_true(w.due == begin + 24 * hour && !w.provisional);
    assert_false(stopwatch_is_over(&w, begin + 24 * hour - 1));
    assert_true(stopwatch_is_over(&w, begin + 24 * hour));
    assert_true(stopwatch_threshold(&w, &(struct timelimit_warning){.percent = 80}) == 24 * hour * 8 / 10);
    assert_true(stopwatch_threshold(&w, &(struct timelimit_warning){.last = 1}) == 23 * hour);
    stopwatch_pause(&w, c, begin + 10 * hour);
    stopwatch_resume(&w, c, begin + 30 * hour);
    assert_true(w.due == begin + 44 * hour && stopwatch_left(&w, c, begin + 40 * hour) == 4 * hour);
    assert_true(stopwatch_end_us(UNIT_HOUR, w.due, OFFSET) == w.due);
    assert_true(stopwatch_end_us(UNIT_WORKING_DAY, 20000, OFFSET) == day_start_us(20001, OFFSET));
    arena_free(a);
}

static void
what_is_counted_back_is_not_moved_to_a_working_day(void **state)
{
    static const struct {
        const char *start, *end;
        int value;
        const char *due;
    } cases[] = {
        {"2026-01-05", "2026-06-30", 30, "2026-05-31"}, /* a Sunday */
        {"2026-06-10", "2026-06-30", 30, "2026-05-31"}, /* it is too late already */
        {"2026-06-10", "2026-07-04", 0, "2026-07-04"},  /* a Saturday: the permit ends then all the same */
    };
    struct arena *a = arena_new(1 << 20);
    const struct calendar *c = china(a);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stopwatch w;
        int32_t start = day_of(cases[i].start);
        stopwatch_start(&w, &(struct stopwatch_terms){UNIT_NATURAL_DAY, cases[i].value, true, day_of(cases[i].end)}, c, start);
        assert_int_equal(w.due, day_of(cases[i].due));
        assert_int_equal(stopwatch_is_over(&w, start), start > w.due);
        assert_int_equal(stopwatch_left(&w, c, start), w.due - start);
    }
    arena_free(a);
}

static void
warnings_come_when_half_four_fifths_and_the_last_day_begin(void **state)
{
    static const struct timelimit_warning half = {.percent = 50}, most = {.percent = 80}, last = {.last = 1};
    static const struct {
        int value;
        const struct timelimit_warning *warning;
        int threshold;
        const char *day;
    } cases[] = {
        {20, &half, 10, "2026-03-16"}, {20, &most, 16, "2026-03-24"}, {20, &last, 20, "2026-03-30"},
        {5, &half, 3, "2026-03-05"},   {5, &most, 4, "2026-03-06"},   {5, &last, 5, "2026-03-09"},
        {1, &half, 1, "2026-03-03"},   {1, &last, 1, "2026-03-03"},   {0, &most, 0, "2026-03-02"}, {0, &last, 0, "2026-03-02"},
    };
    struct arena *a = arena_new(1 << 20);
    const struct calendar *c = china(a);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stopwatch w = started(c, UNIT_WORKING_DAY, cases[i].value, day_of("2026-03-02"));
        int64_t k = stopwatch_threshold(&w, cases[i].warning);
        assert_int_equal(k, cases[i].threshold);
        assert_int_equal(stopwatch_reach(&w, c, k), day_of(cases[i].day));
    }
    arena_free(a);
}

static void
a_clock_that_is_wrong_counts_no_day_twice_and_gives_none_back(void **state)
{
    struct arena *a = arena_new(1 << 20);
    const struct calendar *c = china(a);
    int32_t monday = day_of("2026-03-02");
    struct stopwatch w = started(c, UNIT_WORKING_DAY, 10, monday);

    (void)state;
    assert_int_equal(stopwatch_used(&w, c, monday - 5), 0);
    stopwatch_pause(&w, c, monday + 3);
    assert_int_equal(w.used, 3);
    stopwatch_resume(&w, c, monday + 1); /* the clock went back */
    stopwatch_pause(&w, c, monday + 2);
    assert_int_equal(w.used, 3);
    stopwatch_resume(&w, c, monday + 4);
    stopwatch_stop(&w, c, monday + 1);
    assert_true(w.used == 3 && w.stopped == monday + 4 && !w.over);
    arena_free(a);
}

static void
once_over_it_stays_over_until_it_is_extended(void **state)
{
    struct arena *a = arena_new(1 << 20);
    const struct calendar *c = china(a);
    int32_t monday = day_of("2026-03-02");
    struct stopwatch w = started(c, UNIT_WORKING_DAY, 3, monday);
    bool provisional;

    (void)state;
    stopwatch_pause(&w, c, monday + 7);
    assert_true(w.over && w.due == monday + 3 && stopwatch_left(&w, c, monday + 7) == -2);
    assert_int_equal(stopwatch_due_from(&w, c, monday + 9, &provisional), monday + 3);
    stopwatch_resume(&w, c, monday + 8);
    assert_true(stopwatch_is_over(&w, monday + 8) && w.due == monday + 3);
    stopwatch_extend(&w, c, 5);
    assert_int_equal(w.due, monday + 11); /* five were used, three are left from the ninth day on: a weekend not among them */
    stopwatch_stop(&w, c, monday + 11);
    assert_false(w.over);
    arena_free(a);
}

/* --- the oracle ------------------------------------------------------------------------------------------------------------ */

enum { DAYS = 1096, FIRST_YEAR = 2023, AFTER = 800 }; /* three years that the calendar covers, and what comes after */

struct world {
    uint64_t seed;
    struct calendar *calendar;
    int32_t first;
    bool is_worked[DAYS + AFTER];
};

static uint32_t
chance(uint64_t *seed, uint32_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % below;
}

/* A random calendar twice: as rows for the program, and as a list of days for the oracle. */
static void
make_world(struct world *w, struct arena *a, uint64_t seed)
{
    struct json *rows = json_object(a), *years = json_array(a), *lists[2] = {NULL, NULL};
    struct err err;
    int year = 0;

    *w = (struct world){.seed = seed, .first = date_to_day((struct date){FIRST_YEAR, 1, 1})};
    json_set_text(a, rows, "version", STR("random"));
    json_set(a, rows, "years", years);
    for (int i = 0; i < DAYS + AFTER; i++) {
        int32_t day = w->first + i;
        bool is_weekday = day_weekday(day) != 0 && day_weekday(day) != 6;
        bool differs = i < DAYS && chance(&w->seed, 8) == 0;
        if (i < DAYS && day_to_date(day).year != year) {
            struct json *entry = json_object(a);
            year = day_to_date(day).year;
            json_set_int(a, entry, "year", year);
            json_set(a, entry, "holidays", lists[0] = json_array(a));
            json_set(a, entry, "workdays", lists[1] = json_array(a));
            json_push(years, entry);
        }
        if (differs) {
            json_push(lists[is_weekday ? 0 : 1], json_text(a, day_text(a, day)));
        }
        w->is_worked[i] = is_weekday != differs;
    }
    assert_int_equal(calendar_load(a, rows, &w->calendar, &err), RC_OK);
}

struct oracle {
    enum timelimit_unit unit;
    int64_t value, total, used;
    int32_t start, due; /* due: 0 as long as it is not over */
    bool is_running;
};

static bool
is_worked(const struct world *w, int32_t day)
{
    return w->is_worked[day - w->first];
}

static void
oracle_begin(struct oracle *o, const struct world *w, int32_t day)
{
    bool counts = o->unit != UNIT_WORKING_DAY || is_worked(w, day);

    if (day > o->start && o->is_running && counts) {
        o->used++;
    }
}

static void
oracle_end(struct oracle *o, const struct world *w, int32_t day)
{
    if (o->is_running && o->due == 0 && o->used >= o->total && is_worked(w, day)) {
        o->due = day;
    }
}

/* Months by walking to the next first of a month, so many times, and then to the day of the same number. */
static int64_t
oracle_months(int32_t start, int64_t months)
{
    int wanted = day_to_date(start).day;
    int32_t day = start - (wanted - 1);

    for (int64_t i = 0; i < months; i++) {
        do {
            day++;
        } while (day_to_date(day).day != 1);
    }
    while (day_to_date(day).day < wanted && day_to_date(day + 1).day != 1) {
        day++;
    }
    return day - start;
}

/* The last day if nothing happens any more, by walking on from the end of the day. */
static int32_t
oracle_due(struct oracle o, const struct world *w, int32_t day, bool *provisional)
{
    *provisional = false;
    while (o.due == 0) {
        day++;
        oracle_begin(&o, w, day);
        oracle_end(&o, w, day);
        *provisional = *provisional || (day >= w->first + DAYS && (o.unit == UNIT_WORKING_DAY || o.used >= o.total));
    }
    return o.due;
}

/* The day on which so much is used up, if nothing happens any more. */
static int32_t
oracle_reach(struct oracle o, const struct world *w, int32_t day, int64_t threshold)
{
    while (o.used < threshold) {
        day++;
        oracle_begin(&o, w, day);
    }
    return day;
}

static void
compare_warnings(const struct stopwatch *w, const struct oracle *o, const struct world *world, int32_t day)
{
    static const struct timelimit_warning warnings[] = {{.percent = 50}, {.percent = 80}, {.last = 3}};

    for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
        int64_t k = stopwatch_threshold(w, &warnings[i]);
        int64_t wanted = warnings[i].percent > 0 ? (o->total * warnings[i].percent + 99) / 100 : o->total - 2;
        assert_int_equal(k, wanted > 0 ? wanted : 0);
        if (k > o->used && k < o->total) {
            assert_int_equal(stopwatch_reach(w, world->calendar, k), oracle_reach(*o, world, day, k));
        }
    }
}

static void
compare(const struct stopwatch *w, const struct oracle *o, const struct world *world, int32_t day)
{
    const struct calendar *c = world->calendar;

    assert_int_equal(stopwatch_used(w, c, day), o->used);
    assert_int_equal(stopwatch_total(w), o->total);
    assert_int_equal(stopwatch_is_over(w, day), o->due != 0 && day > o->due);
    if (o->due != 0 && (day > o->due || o->is_running)) {
        assert_int_equal(w->due, o->due);
    } else if (o->is_running) {
        bool provisional;
        assert_int_equal(w->due, oracle_due(*o, world, day, &provisional));
        assert_int_equal(w->provisional, provisional);
        assert_int_equal(stopwatch_left(w, c, day) >= 0, true);
        compare_warnings(w, o, world, day);
    }
}

/* One clock's life: each day something may happen, and every day both say the same. */
static void
live(struct world *world, struct stopwatch_event *event, size_t *events)
{
    static const enum timelimit_unit units[] = {UNIT_WORKING_DAY, UNIT_NATURAL_DAY, UNIT_MONTH};
    const struct calendar *c = world->calendar;
    enum timelimit_unit unit = units[chance(&world->seed, 3)];
    int32_t start = world->first + (int32_t)chance(&world->seed, DAYS);
    struct oracle o = {.unit = unit, .value = chance(&world->seed, unit == UNIT_MONTH ? 5 : 60), .start = start, .is_running = true};
    struct stopwatch w = started(c, unit, o.value, start), again;
    bool was_extended = false;

    o.total = unit == UNIT_MONTH ? oracle_months(start, o.value) : o.value;
    for (int32_t day = start; day < start + 120; day++) {
        oracle_begin(&o, world, day);
        while (chance(&world->seed, 12) == 0) {
            if (!was_extended && o.due == 0 && !stopwatch_is_over(&w, day) && chance(&world->seed, 3) == 0) {
                int64_t by = 1 + chance(&world->seed, unit == UNIT_MONTH ? 2 : 20);
                stopwatch_extend(&w, c, by);
                event[(*events)++] = (struct stopwatch_event){STOPWATCH_EXTEND, day, by};
                o.value += by;
                o.total = unit == UNIT_MONTH ? oracle_months(start, o.value) : o.value;
                was_extended = true;
            } else if (o.is_running) {
                stopwatch_pause(&w, c, day);
                event[(*events)++] = (struct stopwatch_event){STOPWATCH_PAUSE, day, 0};
                o.is_running = false;
            } else {
                stopwatch_resume(&w, c, day);
                event[(*events)++] = (struct stopwatch_event){STOPWATCH_RESUME, day, 0};
                o.is_running = true;
            }
        }
        oracle_end(&o, world, day);
        compare(&w, &o, world, day);
    }
    stopwatch_replay(&again, &w.terms, c, start, event, *events);
    assert_memory_equal(&again, &w, sizeof(w));
}

static void
random_lives_of_clocks_agree_with_walking_day_by_day(void **state)
{
    struct arena *a = arena_new(4 << 20);

    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world world;
        make_world(&world, a, seed);
        for (int i = 0; i < 60; i++) {
            struct stopwatch_event event[400];
            size_t events = 0;
            live(&world, event, &events);
        }
        arena_reset(a);
    }
    arena_free(a);
}

/* Hours are microseconds of running, whatever the day; here the oracle is a sum. */
static void
random_lives_in_hours_agree_with_a_sum(void **state)
{
    struct arena *a = arena_new(1 << 20);
    const struct calendar *c = china(a);
    uint64_t seed = 3;

    (void)state;
    for (int i = 0; i < 500; i++) {
        int64_t now = INT64_C(1790000000000000), ran = 0, total = (int64_t)(1 + chance(&seed, 72)) * 3600 * 1000000;
        struct stopwatch w = started(c, UNIT_HOUR, total / 3600 / 1000000, now);
        bool is_running = true;
        while (ran < total) {
            int64_t step = 1 + (int64_t)chance(&seed, 1 << 30) * 20;
            assert_true(stopwatch_used(&w, c, now) == ran && !stopwatch_is_over(&w, now));
            assert_true(stopwatch_left(&w, c, now) == total - ran);
            assert_true(!is_running || w.due == now + total - ran);
            now += step;
            ran += is_running ? step : 0;
            if (ran < total && chance(&seed, 2) == 0) {
                is_running ? stopwatch_pause(&w, c, now) : stopwatch_resume(&w, c, now);
                is_running = !is_running;
            }
        }
        assert_true(stopwatch_is_over(&w, now));
    }
    arena_free(a);
}

static void
under_another_calendar_the_same_life_is_counted_anew(void **state)
{
    static const struct stopwatch_event event[] = {{STOPWATCH_PAUSE, 20514, 0}, {STOPWATCH_RESUME, 20517, 0}};
    struct arena *a = arena_new(1 << 20);
    const struct calendar *c = china(a);
    struct calendar *other = NULL;
    struct json *rows;
    struct stopwatch w;
    struct err err;

    (void)state;
    assert_int_equal(day_of("2026-03-02"), 20514);
    assert_int_equal(json_parse(a, STR("{\"version\":\"x\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-02-27\",\"2026-03-06\"],"
                                       "\"workdays\":[]}]}"), JSON_UNIQUE, &rows, &err), RC_OK);
    assert_int_equal(calendar_derive(a, c, rows, &other, &err), RC_OK);
    stopwatch_replay(&w, &(struct stopwatch_terms){.unit = UNIT_WORKING_DAY, .value = 6}, c, day_of("2026-02-26"), event, 2);
    assert_int_equal(w.used, 3); /* 27 and 28 February, 2 March */
    assert_int_equal(w.due, day_of("2026-03-10"));
    stopwatch_replay(&w, &w.terms, other, day_of("2026-02-26"), event, 2);
    assert_int_equal(w.used, 2);
    assert_int_equal(w.due, day_of("2026-03-12"));
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due_days_are_those_that_were_worked_out_by_hand),
        cmocka_unit_test(hours_run_through_the_night_and_end_to_the_second),
        cmocka_unit_test(what_is_counted_back_is_not_moved_to_a_working_day),
        cmocka_unit_test(warnings_come_when_half_four_fifths_and_the_last_day_begin),
        cmocka_unit_test(a_clock_that_is_wrong_counts_no_day_twice_and_gives_none_back),
        cmocka_unit_test(once_over_it_stays_over_until_it_is_extended),
        cmocka_unit_test(random_lives_of_clocks_agree_with_walking_day_by_day),
        cmocka_unit_test(random_lives_in_hours_agree_with_a_sum),
        cmocka_unit_test(under_another_calendar_the_same_life_is_counted_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
