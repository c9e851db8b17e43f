/* Clocks in memory: counted in working days, told once, standing still on a legal basis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "process/simulate_clock.h"

enum { OFFSET = 480 };

static const char *const table =
    "{\"version\":\"t-1\",\"evidence\":{\"law\":{\"zh\":\"法\",\"en\":\"law\"}},\"owners\":{\"agency\":{\"zh\":\"部门\",\"en\":\"office\"}},"
    "\"approvers\":{},\"reasons\":{\"hearing\":{\"zh\":\"听证\",\"en\":\"Hearing\",\"basis\":\"法 45\",\"evidence\":\"law\",\"owner\":\"agency\","
    "\"in_writing\":true}},\"warnings\":[{\"key\":\"half\",\"percent\":50,\"colour\":\"green\"},{\"key\":\"last\",\"last\":1,\"colour\":\"yellow\"}],"
    "\"limits\":[{\"key\":\"decide\",\"zh\":\"决定\",\"en\":\"Decide\",\"value\":4,\"unit\":\"working_day\",\"owner\":\"agency\",\"silence\":\"red\","
    "\"pauses\":[\"hearing\"],\"source\":\"法\",\"evidence\":\"law\",\"valid_from\":\"2020-01-01\"}]}";
static const char *const days = "{\"version\":\"t-1\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-01-07\"],\"workdays\":[]}]}";

struct desk {
    struct arena *arena;
    struct simulate_hooks hooks;
    struct gov_clock clock;
};

static int
open_desk(void **state)
{
    struct arena *a = arena_new(4 << 20);
    struct desk *d = arena_alloc(a, 1, sizeof(*d));
    struct timelimits *limits;
    struct calendar *calendar;
    struct json *rows, *dates;
    struct err err;

    assert_int_equal(json_parse(a, str_of(table), JSON_UNIQUE, &rows, &err), RC_OK);
    assert_int_equal(json_parse(a, str_of(days), JSON_UNIQUE, &dates, &err), RC_OK);
    if (timelimits_load(a, rows, &limits, &err) != RC_OK || calendar_load(a, dates, &calendar, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    *d = (struct desk){.arena = a, .clock = {.id = STR("c"), .rule = STR("decide")}};
    simulate_clocks_hook(simulate_clocks_new(a, limits, calendar, OFFSET), &d->hooks);
    *state = d;
    return 0;
}

static int
close_desk(void **state)
{
    arena_free(((struct desk *)*state)->arena);
    return 0;
}

static int64_t
at(const char *text)
{
    int64_t out = 0;
    struct err err;

    assert_int_equal(instant_parse(str_of(text), &out, &err), RC_OK);
    return out;
}

static enum rc
move(const struct desk *d, enum gov_do what, const char *basis, const char *when)
{
    struct err err;
    enum rc rc = d->hooks.clock(d->hooks.clock_ctx, 1, 1, &d->clock, what, str_of(basis), at(when), &err);

    assert_true(rc == RC_OK || err.text[0] != '\0');
    return rc;
}

/* The next that is due, which is told of. */
static void
expect_tick(const struct desk *d, const char *when, const char *key)
{
    struct simulate_tick tick;

    assert_true(d->hooks.next_tick(d->hooks.clock_ctx, &tick));
    assert_true(str_eq(tick.clock, STR("c")) && tick.instance == 1);
    if (tick.due_us != at(when) || !str_eq(tick.key, str_of(key))) {
        struct str due = instant_text(d->arena, tick.due_us, OFFSET);
        fail_msg("%.*s at %.*s, not %s at %s", STR_ARG(tick.key), STR_ARG(due), key, when);
    }
    d->hooks.tick_told(d->hooks.clock_ctx, &tick);
}

static bool
is_quiet(const struct desk *d)
{
    struct simulate_tick tick;

    return !d->hooks.next_tick(d->hooks.clock_ctx, &tick);
}

#define NINE(day) "2026-01-" day "T09:00:00+08:00"
#define MIDNIGHT(day) "2026-01-" day "T00:00:00+08:00"

static void
warnings_and_the_end_are_told_once_each(void **state)
{
    const struct desk *d = *state;

    assert_true(is_quiet(d));
    assert_int_equal(move(d, GOV_START, "", NINE("05")), RC_OK); /* Monday; Wednesday is a holiday */
    assert_int_equal(move(d, GOV_START, "", NINE("06")), RC_OK); /* it runs already */
    expect_tick(d, MIDNIGHT("08"), "half");
    expect_tick(d, MIDNIGHT("12"), "last");
    expect_tick(d, MIDNIGHT("13"), "over");
    assert_true(is_quiet(d));
}

static void
clocks_of_one_name_are_counted_by_the_scope_that_they_belong_to(void **state)
{
    const struct desk *d = *state;
    struct simulate_tick tick;
    struct err err;

    assert_int_equal(move(d, GOV_START, "", NINE("05")), RC_OK);
    assert_int_equal(d->hooks.clock(d->hooks.clock_ctx, 1, 7, &d->clock, GOV_START, STR(""), at(NINE("06")), &err), RC_OK);
    d->hooks.clocks_over(d->hooks.clock_ctx, 1, 1, at(NINE("06")));
    assert_true(d->hooks.next_tick(d->hooks.clock_ctx, &tick));
    assert_int_equal(tick.scope, 7);
    d->hooks.clocks_over(d->hooks.clock_ctx, 1, 7, at(NINE("06")));
    assert_true(is_quiet(d));
}

static void
a_clock_stands_still_on_a_basis_that_its_limit_knows(void **state)
{
    const struct desk *d = *state;

    assert_int_equal(move(d, GOV_START, "", NINE("05")), RC_OK);
    assert_int_equal(move(d, GOV_PAUSE, "法 99", NINE("06")), RC_DENIED);
    assert_int_equal(move(d, GOV_PAUSE, "法 45", NINE("06")), RC_OK);
    assert_true(is_quiet(d)); /* as long as it stands */
    assert_int_equal(move(d, GOV_RESUME, "", NINE("12")), RC_OK);
    expect_tick(d, MIDNIGHT("13"), "half");
    assert_int_equal(move(d, GOV_STOP, "", NINE("14")), RC_OK);
    assert_true(is_quiet(d));
    assert_int_equal(move(d, GOV_RESUME, "", NINE("14")), RC_OK); /* what is stopped stays so */
    assert_true(is_quiet(d));
    assert_int_equal(move(d, GOV_START, "", NINE("19")), RC_OK); /* but may be started again */
    expect_tick(d, MIDNIGHT("21"), "half");
}

static void
a_rule_that_the_table_does_not_have_is_told(void **state)
{
    struct desk *d = *state;

    d->clock.rule = STR("nowhere");
    assert_int_equal(move(d, GOV_START, "", NINE("05")), RC_NOT_FOUND);
    d->clock.rule = STR("decide");
    assert_int_equal(move(d, GOV_START, "", "2019-12-31T09:00:00+08:00"), RC_NOT_FOUND); /* nor on that day */
    assert_true(is_quiet(d));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(warnings_and_the_end_are_told_once_each, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(clocks_of_one_name_are_counted_by_the_scope_that_they_belong_to, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_clock_stands_still_on_a_basis_that_its_limit_knows, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_rule_that_the_table_does_not_have_is_told, open_desk, close_desk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
