/* When timers are due: dates, durations and cycles as models write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "process/bpmn_int.h"
#include "process/recurrence.h"

enum { OFFSET = 8 * 3600 };

static struct recurrence
timer(struct bpmn_timer *out, const char *kind, const char *text, int64_t from_us)
{
    enum bpmn_timer_kind k = strcmp(kind, "date") == 0 ? BPMN_DATE : strcmp(kind, "duration") == 0 ? BPMN_DURATION : BPMN_CYCLE;

    *out = (struct bpmn_timer){.kind = k, .text = BPMN_NONE};
    if (!bpmn_timer_parse(NULL, str_of(text), k, out)) {
        fail_msg("%s", text);
    }
    return (struct recurrence){out, from_us, OFFSET};
}

/* "2026-02-28T08:00:00+08:00" of the nth; "" there is none. */
static void
check_nth(const struct recurrence *r, int64_t n, const char *expected)
{
    struct arena *a = arena_new(1 << 16);
    int64_t at_us;
    struct str text = recurrence_nth(r, n, &at_us) ? instant_text(a, at_us, OFFSET / 60) : STR("");

    if (!str_eq(text, str_of(expected))) {
        fail_msg("%lld: %.*s, not %s", (long long)n, STR_ARG(text), expected);
    }
    arena_free(a);
}

static void
each_time_is_counted_from_the_beginning(void **state)
{
    static const struct {
        const char *kind, *text;
        int64_t n;
        const char *expected;
    } cases[] = {
        {"date", "2026-10-01T08:00:00", 1, "2026-10-01T08:00:00+08:00"}, {"date", "2026-10-01T08:00:00", 2, ""},
        {"date", "2026-10-01", 1, "2026-10-01T00:00:00+08:00"},          {"duration", "P1D", 1, "2026-02-01T00:00:00+08:00"},
        {"duration", "P1M", 1, "2026-02-28T00:00:00+08:00"},             {"cycle", "R/P1D", 1, "2026-02-01T00:00:00+08:00"},
        {"cycle", "R/P1D", 365, "2027-01-31T00:00:00+08:00"},            {"cycle", "R2/P1D", 2, "2026-02-02T00:00:00+08:00"},
        {"cycle", "R2/P1D", 3, ""},                                      {"cycle", "R/P1M", 1, "2026-02-28T00:00:00+08:00"},
        {"cycle", "R/P1M", 2, "2026-03-31T00:00:00+08:00"},              {"cycle", "R/2026-10-01T08:00:00/P1Y", 1, "2026-10-01T08:00:00+08:00"},
        {"cycle", "R/2026-10-01T08:00:00/P1Y", 3, "2028-10-01T08:00:00+08:00"}, {"cycle", "R/P1D", 0, ""},
    };
    const int64_t from_us = INT64_C(1769788800) * 1000000; /* 2026-01-31T00:00+08:00 */

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bpmn_timer t;
        const struct recurrence r = timer(&t, cases[i].kind, cases[i].text, from_us);
        check_nth(&r, cases[i].n, cases[i].expected);
    }
}

/* Counted one by one, however far away it lies. */
static void
how_many_have_come_is_what_counting_them_gives(void **state)
{
    static const char *const cycles[] = {"R/P1D", "R/PT1S", "R/P1M", "R7/P1D", "R/2026-10-01T08:00:00/P1Y", "R1/PT1H"};

    (void)state;
    for (size_t i = 0; i < sizeof(cycles) / sizeof(cycles[0]); i++) {
        struct bpmn_timer t;
        const struct recurrence r = timer(&t, "cycle", cycles[i], 0);
        for (int64_t n = 1; n < 1000; n += n < 10 ? 1 : 97) {
            int64_t at_us;
            if (recurrence_nth(&r, n, &at_us)) {
                assert_int_equal(recurrence_by(&r, at_us), n);
                assert_int_equal(recurrence_by(&r, at_us - 1), n - 1);
            }
        }
        assert_true(recurrence_by(&r, INT64_MAX / 4) >= (t.repeats == BPMN_NONE ? 1000 : (int64_t)t.repeats));
        assert_int_equal(recurrence_by(&r, -1), 0);
    }
}

static void
a_cycle_that_does_not_move_on_has_no_time(void **state)
{
    struct bpmn_timer t = {.kind = BPMN_CYCLE, .text = BPMN_NONE, .repeats = BPMN_NONE};
    const struct recurrence r = {&t, 0, OFFSET};
    int64_t at_us;

    (void)state;
    assert_false(recurrence_nth(&r, 1, &at_us));
    assert_int_equal(recurrence_by(&r, INT64_MAX), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_time_is_counted_from_the_beginning),
        cmocka_unit_test(how_many_have_come_is_what_counting_them_gives),
        cmocka_unit_test(a_cycle_that_does_not_move_on_has_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
