/*
 * Calendars that come as files: those of the binary at the start, and a newer one that somebody puts into the data folder of a running node.
 */
#include <string.h>

#include "base/file.h"
#include "main/timekeeping.h"
#include "process/test_clocks.h"

#define CN_NEXT                                                                                                      \
    "{\"version\":\"cn-next\",\"source\":\"通知\",\"years\":[{\"year\":2025,\"holidays\":[],\"workdays\":[]},"          \
    "{\"year\":2026,\"holidays\":[],\"workdays\":[]},{\"year\":2027,\"holidays\":[\"2027-01-01\"],\"workdays\":[]}]}"

/* One for each test: on PostgreSQL they share a fixture. */
static const char *data;

static int
open_clocks(void **state)
{
    static int count;

    (void)clocks_open(state);
    struct clocks *c = *state;
    data = str_c(c->house.arena, str_fmt(c->house.arena, "%s/data-%d", c->house.fixture.folder, count++));
    return 0;
}

static struct timekeeping_config
config_of(const struct clocks *c)
{
    return (struct timekeeping_config){.data = data, .regions = c->regions, .offset_minutes = CLOCKS_OFFSET};
}

static struct timekeeping *
open_node(struct clocks *c)
{
    const struct timekeeping_config config = config_of(c);
    struct timekeeping *t = NULL;
    struct err err;

    if (timekeeping_open(&config, &c->house.fixture.db, 1000, &t, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return t;
}

static void
put_file(struct clocks *c, const char *name, const char *text)
{
    struct arena *a = c->house.arena;
    const char *folder = str_c(a, str_fmt(a, "%s/calendar", data));
    const char *path = str_c(a, str_fmt(a, "%s/calendar/%s", data, name));
    struct err err;

    assert_int_equal(file_make_folder(folder, &err), RC_OK);
    assert_int_equal(file_replace(path, str_of(text), 0600, &err), RC_OK);
}

static struct str
version_at(struct timekeeping *t, const char *region)
{
    struct almanac_page page;
    struct err err;

    assert_int_equal(almanac_at(timekeeping_keeper(t)->almanac, str_of(region), &page, &err), RC_OK);
    return calendar_version(page.calendar);
}

static enum rc
turn(struct timekeeping *t, struct clocks *c, bool *more, struct err *err)
{
    return timekeeping_turn(t, &c->house.fixture.db, c->house.arena, 2000, more, err);
}

static void
a_node_starts_with_the_calendars_and_limits_of_its_binary(void **state)
{
    struct clocks *c = *state;
    struct timekeeping *t = open_node(c);
    struct err err;
    bool more = true;

    assert_true(str_eq(version_at(t, "990100"), STR("cn-2026.1")));
    assert_true(timelimit_is_known(timekeeping_keeper(t)->limits, STR("permit.decide")));
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM calendar WHERE region = '990181'"), 1);
    assert_int_equal(turn(t, c, &more, &err), RC_OK);
    assert_false(more);
    timekeeping_close(t);
}

static void
a_newer_file_is_taken_up_while_the_node_runs_and_its_clocks_are_counted_anew(void **state)
{
    struct clocks *c = *state;
    struct timekeeping *t = open_node(c);
    struct clocks_move m = {.did = WATCH_START, .now_us = clocks_noon("2026-12-28"),
                            .start = {.case_no = STR("1"), .name = STR("law"), .org = STR("A"), .region = STR("990100"),
                                      .rule = STR("permit.decide"), .actor = STR("officer:1")}};
    struct err err;
    bool more = true;

    assert_int_equal(clocks_move(c, &m, &err), RC_OK);
    assert_true(m.change.watch.time.provisional);
    put_file(c, "cn-next.json", CN_NEXT);
    assert_int_equal(turn(t, c, &more, &err), RC_OK);
    assert_false(more);
    assert_true(str_eq(version_at(t, "990100"), STR("cn-next")));
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock WHERE provisional = 0 AND calendar = 'cn-next'"), 1);
    timekeeping_close(t);
    t = open_node(c); /* and again after a start, though the binary still brings the older one */
    assert_true(str_eq(version_at(t, "990100"), STR("cn-next")));
    timekeeping_close(t);
}

static void
a_file_that_is_wrong_leaves_what_holds_and_stops_only_a_start(void **state)
{
    struct clocks *c = *state;
    struct timekeeping *t = open_node(c), *again = NULL;
    const struct timekeeping_config config = config_of(c);
    struct err err;
    bool more = true;

    put_file(c, "broken.json", "{\"version\":\"broken\",\"source\":\"x\",\"years\":[{\"year\":2026}]}");
    assert_int_equal(turn(t, c, &more, &err), RC_OK);
    assert_true(str_eq(version_at(t, "990100"), STR("cn-2026.1")));
    assert_int_equal(timekeeping_open(&config, &c->house.fixture.db, 1000, &again, &err), RC_INVALID);
    assert_non_null(strstr(err.text, "broken.json"));
    put_file(c, "broken.json", "{\"version\":\"cn-2026.1\",\"source\":\"x\",\"years\":[{\"year\":2026,\"holidays\":[],\"workdays\":[]}]}");
    assert_int_equal(timekeeping_open(&config, &c->house.fixture.db, 1000, &again, &err), RC_OK); /* the store keeps its days */
    assert_true(str_eq(version_at(again, ""), STR("cn-2026.1")));
    timekeeping_close(again);
    timekeeping_close(t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_clocks, clocks_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_node_starts_with_the_calendars_and_limits_of_its_binary),
        TEST(a_newer_file_is_taken_up_while_the_node_runs_and_its_clocks_are_counted_anew),
        TEST(a_file_that_is_wrong_leaves_what_holds_and_stops_only_a_start),
    };

    return HOUSE_RUN(tests, "timekeeping");
}
