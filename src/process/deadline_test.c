#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/mem.h"
#include "process/deadline.h"

struct desk {
    struct arena *arena;
    struct calendar *calendar;
};

/* The rows that the demo city runs with. */
static int
open_desk(void **state)
{
    struct desk *desk = mem_new(1, sizeof(*desk));
    struct json *rows;
    struct err err;

    desk->arena = arena_new(1 << 20);
    assert_int_equal(json_parse(desk->arena, asset_text(asset_find(STR("demo/calendar/cn.json"))),
                                JSON_UNIQUE, &rows, &err),
                     RC_OK);
    assert_int_equal(calendar_load(desk->arena, rows, &desk->calendar, &err), RC_OK);
    *state = desk;
    return 0;
}

static int
close_desk(void **state)
{
    struct desk *desk = *state;

    arena_free(desk->arena);
    mem_free(desk);
    return 0;
}

static int32_t
day(const char *text)
{
    int32_t out = 0;
    struct err err;

    assert_int_equal(day_parse(str_of(text), &out, &err), RC_OK);
    return out;
}

static void
assert_day(const struct desk *desk, int32_t got, const char *want)
{
    struct str text = day_text(desk->arena, got);

    if (!str_eq(text, str_of(want))) {
        fail_msg("%.*s, not %s", STR_ARG(text), want);
    }
}

static int32_t
due(const struct desk *desk, const struct deadline *d, const char *today)
{
    bool provisional = true;
    int32_t got = deadline_due(d, desk->calendar, day(today), false, &provisional);

    assert_false(provisional);
    return got;
}

/* --- without a pause ----------------------------------------------------------------------------- */

static void
the_last_day_is_that_many_working_days_after_acceptance(void **state)
{
    static const struct {
        const char *start;
        int days;
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
    const struct desk *desk = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct deadline d;
        int32_t end = day(cases[i].due);
        deadline_start(&d, day(cases[i].start), cases[i].days, cases[i].days + 3);
        assert_day(desk, due(desk, &d, cases[i].start), cases[i].due);
        assert_int_equal(deadline_used(&d, desk->calendar, day(cases[i].start)), 0);
        assert_int_equal(deadline_left(&d, desk->calendar, end), 0);
        assert_int_equal(deadline_colour(&d, desk->calendar, end, 0), DEADLINE_YELLOW);
        /* The first working day after it is one too many. */
        int32_t late = calendar_add(desk->calendar, end, 1, NULL);
        assert_int_equal(deadline_left(&d, desk->calendar, late), -1);
        assert_int_equal(deadline_colour(&d, desk->calendar, late, 0), DEADLINE_RED);
        assert_int_equal(deadline_colour(&d, desk->calendar, late - 1, 0), DEADLINE_YELLOW);
        /* And the date does not move because it has passed. */
        assert_int_equal(deadline_due(&d, desk->calendar, late, false, &(bool){false}), end);
        assert_int_equal(deadline_due(&d, desk->calendar, late, true, &(bool){false}),
                         calendar_add(desk->calendar, day(cases[i].start), cases[i].days + 3, NULL));
    }
}

static void
a_light_is_green_then_yellow_then_red(void **state)
{
    static const struct {
        const char *today;
        int left;
        enum deadline_colour colour;
    } cases[] = {
        {"2026-03-02", 5, DEADLINE_GREEN},  {"2026-03-04", 3, DEADLINE_GREEN},
        {"2026-03-05", 2, DEADLINE_YELLOW}, {"2026-03-06", 1, DEADLINE_YELLOW},
        {"2026-03-07", 1, DEADLINE_YELLOW}, {"2026-03-08", 1, DEADLINE_YELLOW},
        {"2026-03-09", 0, DEADLINE_YELLOW}, {"2026-03-10", -1, DEADLINE_RED},
        {"2026-03-16", -5, DEADLINE_RED},
    };
    const struct desk *desk = *state;
    struct deadline d;

    deadline_start(&d, day("2026-03-02"), 5, 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t today = day(cases[i].today);
        assert_int_equal(deadline_left(&d, desk->calendar, today), cases[i].left);
        assert_int_equal(deadline_used(&d, desk->calendar, today), 5 - cases[i].left);
        assert_int_equal(deadline_colour(&d, desk->calendar, today, 2), cases[i].colour);
    }
}

static void
a_promise_of_no_days_ends_on_the_day_it_is_given(void **state)
{
    const struct desk *desk = *state;
    struct deadline d;

    deadline_start(&d, day("2026-03-06"), 0, 0);
    assert_day(desk, due(desk, &d, "2026-03-06"), "2026-03-06");
    assert_int_equal(deadline_colour(&d, desk->calendar, day("2026-03-06"), 0), DEADLINE_YELLOW);
    assert_int_equal(deadline_colour(&d, desk->calendar, day("2026-03-08"), 0), DEADLINE_YELLOW);
    assert_int_equal(deadline_colour(&d, desk->calendar, day("2026-03-09"), 0), DEADLINE_RED);
    assert_day(desk, due(desk, &d, "2026-03-20"), "2026-03-06");
    deadline_stop(&d, desk->calendar, day("2026-03-10"));
    assert_day(desk, due(desk, &d, "2026-03-20"), "2026-03-06");
}

static void
past_the_known_years_a_date_is_provisional(void **state)
{
    const struct desk *desk = *state;
    struct deadline d;
    bool provisional = false;

    deadline_start(&d, day("2026-12-25"), 10, 20);
    (void)deadline_due(&d, desk->calendar, day("2026-12-25"), false, &provisional);
    assert_true(provisional);
}

/* --- pauses -------------------------------------------------------------------------------------- */

static void
days_do_not_count_while_the_clock_stands(void **state)
{
    const struct desk *desk = *state;
    const struct calendar *c = desk->calendar;
    struct deadline d;

    deadline_start(&d, day("2026-03-02"), 5, 20);
    deadline_pause(&d, c, day("2026-03-04"));
    assert_int_equal(deadline_used(&d, c, day("2026-03-04")), 2);
    assert_int_equal(deadline_used(&d, c, day("2026-04-30")), 2);
    assert_int_equal(deadline_left(&d, c, day("2026-04-30")), 3);
    assert_int_equal(deadline_colour(&d, c, day("2026-04-30"), 9), DEADLINE_PAUSED);
    /* Were it to go on today, three days would be left. */
    assert_day(desk, due(desk, &d, "2026-03-04"), "2026-03-09");
    assert_day(desk, due(desk, &d, "2026-03-11"), "2026-03-16");
    deadline_resume(&d, day("2026-03-11"));
    assert_int_equal(deadline_used(&d, c, day("2026-03-11")), 2);
    assert_int_equal(deadline_used(&d, c, day("2026-03-12")), 3);
    assert_day(desk, due(desk, &d, "2026-03-12"), "2026-03-16");
    assert_int_equal(deadline_colour(&d, c, day("2026-03-12"), 1), DEADLINE_GREEN);
    deadline_pause(&d, c, day("2026-03-13"));
    deadline_resume(&d, day("2026-03-13")); /* answered on the same day */
    assert_day(desk, due(desk, &d, "2026-03-13"), "2026-03-16");
    assert_int_equal(deadline_used(&d, c, day("2026-03-17")), 6);
}

static void
over_is_over_also_when_it_is_paused_afterwards(void **state)
{
    const struct desk *desk = *state;
    const struct calendar *c = desk->calendar;
    struct deadline d;

    /* Thursday; one day: Friday.  Noticed on Tuesday, two working days late. */
    deadline_start(&d, day("2026-03-05"), 1, 1);
    deadline_pause(&d, c, day("2026-03-10"));
    assert_int_equal(deadline_left(&d, c, day("2026-03-10")), -2);
    assert_day(desk, due(desk, &d, "2026-03-10"), "2026-03-06");
    assert_day(desk, due(desk, &d, "2026-03-31"), "2026-03-06");
    deadline_stop(&d, c, day("2026-03-31"));
    assert_int_equal(deadline_left(&d, c, day("2026-04-01")), -2);
    assert_day(desk, due(desk, &d, "2026-04-01"), "2026-03-06");
}

static void
a_decided_clock_stands_for_ever(void **state)
{
    const struct desk *desk = *state;
    const struct calendar *c = desk->calendar;
    struct deadline d, late;

    deadline_start(&d, day("2026-03-02"), 5, 20);
    late = d;
    deadline_stop(&d, c, day("2026-03-05"));
    assert_int_equal(deadline_used(&d, c, day("2026-09-01")), 3);
    assert_int_equal(deadline_left(&d, c, day("2026-09-01")), 2);
    assert_int_equal(deadline_colour(&d, c, day("2026-09-01"), 5), DEADLINE_DONE);
    assert_day(desk, due(desk, &d, "2026-09-01"), "2026-03-09");
    deadline_stop(&late, c, day("2026-03-11"));
    assert_int_equal(deadline_left(&late, c, day("2026-09-01")), -2);
    assert_int_equal(deadline_colour(&late, c, day("2026-09-01"), 5), DEADLINE_RED);
    assert_day(desk, due(desk, &late, "2026-09-01"), "2026-03-09");
}

static void
a_decision_in_a_pause_ends_it_without_counting_it(void **state)
{
    const struct desk *desk = *state;
    const struct calendar *c = desk->calendar;
    struct deadline d;

    deadline_start(&d, day("2026-03-02"), 5, 20);
    deadline_pause(&d, c, day("2026-03-04"));
    deadline_stop(&d, c, day("2026-03-18"));
    assert_int_equal(deadline_used(&d, c, day("2026-03-30")), 2);
    assert_int_equal(deadline_colour(&d, c, day("2026-03-30"), 5), DEADLINE_DONE);
    assert_day(desk, due(desk, &d, "2026-03-30"), "2026-03-23");
}

static void
a_clock_that_was_set_back_neither_gives_nor_takes_days(void **state)
{
    const struct desk *desk = *state;
    const struct calendar *c = desk->calendar;
    struct deadline d;

    deadline_start(&d, day("2026-03-10"), 5, 20);
    assert_int_equal(deadline_used(&d, c, day("2026-03-02")), 0);
    deadline_pause(&d, c, day("2026-03-12"));
    deadline_resume(&d, day("2026-03-05"));
    assert_int_equal(deadline_used(&d, c, day("2026-03-05")), 2);
    assert_int_equal(deadline_used(&d, c, day("2026-03-12")), 2);
    assert_int_equal(deadline_used(&d, c, day("2026-03-13")), 3);
    deadline_pause(&d, c, day("2026-03-03"));
    deadline_resume(&d, day("2026-03-03"));
    assert_int_equal(deadline_used(&d, c, day("2026-03-12")), 2);
    assert_int_equal(deadline_used(&d, c, day("2026-03-13")), 3);
    deadline_stop(&d, c, day("2026-03-02"));
    assert_int_equal(deadline_used(&d, c, day("2026-03-30")), 2);
}

/* --- properties ---------------------------------------------------------------------------------- */

/* xorshift: the same walk each time. */
static uint32_t
next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* One life of a clock, told beside it day by day: what it counts is the working days on which it ran. */
static void
live(const struct desk *desk, uint32_t seed)
{
    const struct calendar *c = desk->calendar;
    int promised = (int)(next(&seed) % 30), counted = 0;
    int32_t today = day("2025-01-01") + (int32_t)(next(&seed) % 500);
    struct deadline d;
    int32_t stored = 0;

    deadline_start(&d, today, promised, promised + (int)(next(&seed) % 10));
    for (int i = 0; i < 60; i++) {
        int32_t then = today + (int32_t)(next(&seed) % 6);
        counted += d.paused || d.stopped_day != 0 ? 0 : calendar_between(c, today, then);
        today = then;
        assert_int_equal(deadline_used(&d, c, today), counted);
        assert_int_equal(deadline_used(&d, c, today) + deadline_left(&d, c, today), promised);
        if (counted <= promised) {
            stored = deadline_due(&d, c, today, false, &(bool){false});
            assert_int_equal(counted + calendar_between(c, d.stopped_day != 0 ? d.stopped_day : today,
                                                        stored),
                             promised);
        } else if (d.paused || d.used_days <= promised) {
            /* It ran out in this run, or in the one just ended: the date stays what it was. */
            assert_true(deadline_due(&d, c, today, false, &(bool){false}) <= today);
        }
        switch (next(&seed) % 8) {
        case 0:
            if (d.stopped_day == 0 && !d.paused) {
                deadline_pause(&d, c, today);
            }
            break;
        case 1:
        case 2:
            if (d.stopped_day == 0 && d.paused) {
                deadline_resume(&d, today);
            }
            break;
        case 3:
            if (d.stopped_day == 0 && i > 40) {
                deadline_stop(&d, c, today);
            }
            break;
        default: break;
        }
    }
}

static void
used_and_left_are_always_what_was_promised(void **state)
{
    for (uint32_t seed = 1; seed <= 500; seed++) {
        live(*state, seed * 2654435761u);
    }
}

static void
every_colour_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(deadline_colour_name(DEADLINE_GREEN), "green");
    assert_string_equal(deadline_colour_name(DEADLINE_YELLOW), "yellow");
    assert_string_equal(deadline_colour_name(DEADLINE_RED), "red");
    assert_string_equal(deadline_colour_name(DEADLINE_PAUSED), "paused");
    assert_string_equal(deadline_colour_name(DEADLINE_DONE), "done");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(the_last_day_is_that_many_working_days_after_acceptance),
        TEST(a_light_is_green_then_yellow_then_red),
        TEST(a_promise_of_no_days_ends_on_the_day_it_is_given),
        TEST(past_the_known_years_a_date_is_provisional),
        TEST(days_do_not_count_while_the_clock_stands),
        TEST(over_is_over_also_when_it_is_paused_afterwards),
        TEST(a_decided_clock_stands_for_ever),
        TEST(a_decision_in_a_pause_ends_it_without_counting_it),
        TEST(a_clock_that_was_set_back_neither_gives_nor_takes_days),
        TEST(used_and_left_are_always_what_was_promised),
        cmocka_unit_test(every_colour_has_a_name),
    };
#undef TEST

    return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
