/*
 * Clocks of cases as they are stored: moved inside a transaction, told once, logged for ever, and counted anew under another calendar.
 */
#include "process/test_clocks.h"
#include "process/timekeeper_view.h"

#define CASE "99010220260924000001"
#define ORG "11990100000000027A"

/* The year 2027 is published, with 1 January off and the Saturday after it worked. */
#define CN_2027                                                                                                        \
    "{\"version\":\"cn-2027.1\",\"source\":\"通知\",\"years\":["                                                       \
    "{\"year\":2025,\"holidays\":[],\"workdays\":[]},{\"year\":2026,\"holidays\":[\"2026-10-01\"],\"workdays\":[]},"    \
    "{\"year\":2027,\"holidays\":[\"2027-01-01\",\"2027-01-04\"],\"workdays\":[\"2027-01-09\"]}]}"

/* --- help -------------------------------------------------------------------------------------------------------------- */

static struct watch
start(struct clocks *c, const char *rule, const char *name, const char *region, const char *day)
{
    struct clocks_move m = {.did = WATCH_START, .now_us = clocks_noon(day),
                            .start = {.case_no = STR(CASE), .name = str_of(name), .org = STR(ORG), .region = str_of(region),
                                      .rule = str_of(rule), .kind = GOV_STATUTORY, .actor = STR("officer:1")}};
    struct err err;

    if (clocks_move(c, &m, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return m.change.watch;
}

static struct watch_change
moved(struct clocks *c, struct clocks_move m)
{
    struct err err;

    if (clocks_move(c, &m, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return m.change;
}

static struct watch_change
pause_for(struct clocks *c, int64_t id, const char *reason, const char *day)
{
    return moved(c, (struct clocks_move){.did = WATCH_PAUSE, .id = id, .now_us = clocks_noon(day),
                                         .cause = {.reason = str_of(reason), .document = STR("notice:1"), .actor = STR("officer:1")}});
}

static struct watch_change
resume_for(struct clocks *c, int64_t id, const char *reason, const char *day)
{
    return moved(c, (struct clocks_move){.did = WATCH_RESUME, .id = id, .now_us = clocks_noon(day),
                                         .cause = {.reason = str_of(reason), .document = STR(""), .actor = STR("officer:1")}});
}

static struct watch_extension
by_the_head(int64_t by)
{
    return (struct watch_extension){by, STR("agency_head"), STR("案情复杂"), STR("notice:2"), STR("officer:9")};
}

static struct watch_change
extend(struct clocks *c, int64_t id, int64_t by, const char *day)
{
    return moved(c, (struct clocks_move){.did = WATCH_EXTEND, .id = id, .now_us = clocks_noon(day), .extension = by_the_head(by)});
}

static struct watch_change
stop(struct clocks *c, int64_t id, const char *day)
{
    return moved(c, (struct clocks_move){.did = WATCH_STOP, .id = id, .now_us = clocks_noon(day)});
}

/* What is told at an instant, with commas. */
static const char *
tell_at(struct clocks *c, int64_t id, int64_t now_us, struct watch *w)
{
    struct clocks_move m = {.id = id, .now_us = now_us};
    struct str all = STR("");
    struct err err;

    if (clocks_move(c, &m, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < m.told.count; i++) {
        all = str_fmt(c->house.arena, "%.*s%s%.*s", STR_ARG(all), i > 0 ? "," : "", STR_ARG(m.told.key[i]));
    }
    assert_true(m.told.is_over == str_ends(all, STR("over")));
    *w = m.told.watch;
    return str_c(c->house.arena, all);
}

/* Ids that something has to be told to. */
static size_t
waiting(struct clocks *c, int64_t now_us)
{
    const struct watch_next *row;
    size_t count;
    struct err err;

    assert_int_equal(timekeeper_next(&c->house.fixture.db, c->house.arena, now_us, (struct watch_next){0, 0}, 100, &row, &count, &err), RC_OK);
    return count;
}

static const char *
due_of(struct clocks *c, const struct watch *w)
{
    return str_c(c->house.arena, day_text(c->house.arena, instant_day(w->due_us - 1, CLOCKS_OFFSET)));
}

static const struct json *
view(struct clocks *c, const char *day, size_t index)
{
    struct json *list;
    struct err err;

    if (timekeeper_view(&c->house.fixture.db, c->house.arena, &c->keeper, STR(CASE), clocks_noon(day), &list, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    const struct json *d = list->first;
    for (; index > 0; index--) {
        d = d->next;
    }
    assert_non_null(d);
    return d;
}

#define assert_text(d, name, wanted)                                                                       \
    do {                                                                                                   \
        struct str said_ = json_str(d, name);                                                              \
        if (!str_eq(said_, STR(wanted))) {                                                                 \
            fail_msg("%s: %.*s, not %s", name, STR_ARG(said_), wanted);                                    \
        }                                                                                                  \
    } while (false)

#define assert_refused(call, code, problem)                                                       \
    do {                                                                                          \
        struct err refused_;                                                                      \
        enum rc rc_ = (call);                                                                     \
        if (rc_ != (code) || !str_eq(str_of(refused_.type), STR(problem))) {                      \
            fail_msg("%s, not %s", rc_ == RC_OK ? "done" : refused_.type, problem);               \
        }                                                                                         \
    } while (false)

/* --- moving --------------------------------------------------------------------------------------------------------------- */

static void
a_clock_that_starts_knows_its_last_day(void **state)
{
    static const struct {
        const char *rule, *day, *due;
    } cases[] = {
        {"permit.decide", "2026-09-24", "2026-10-29"},
        {"permit.supplement-notice", "2026-09-24", "2026-10-09"},
        {"residence-permit.make", "2026-09-16", "2026-10-08"}, /* natural days that end within the holidays */
        {"birth.register", "2026-01-31", "2026-02-28"},
    };
    struct clocks *c = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct watch w = start(c, cases[i].rule, cases[i].rule, "990100", cases[i].day);
        assert_string_equal(due_of(c, &w), cases[i].due);
        assert_true(w.next_us > clocks_noon(cases[i].day) && w.next_us < w.due_us && w.entries == 1);
        assert_true(str_eq(w.calendar, STR("cn-2026.1")));
    }
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log WHERE did = 'start'"), 4);
}

static void
what_is_so_already_changes_nothing(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");

    assert_int_equal(start(c, "permit.decide", "law", "990100", "2026-03-05").id, w.id);
    assert_int_equal(resume_for(c, w.id, "", "2026-03-05").did, WATCH_NOTHING);
    assert_int_equal(pause_for(c, w.id, "hearing", "2026-03-05").did, WATCH_PAUSE);
    assert_int_equal(pause_for(c, w.id, "hearing", "2026-03-06").did, WATCH_NOTHING);
    assert_int_equal(resume_for(c, w.id, "supplement", "2026-03-07").did, WATCH_NOTHING);
    assert_int_equal(stop(c, w.id, "2026-03-09").did, WATCH_STOP);
    assert_int_equal(stop(c, w.id, "2026-03-10").did, WATCH_NOTHING);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log"), 3);
    assert_true(start(c, "permit.decide", "law", "990100", "2026-03-11").id > w.id); /* opened again after an appeal */
}

static void
it_stands_as_long_as_one_reason_is_left(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");
    struct watch_change change = pause_for(c, w.id, "hearing", "2026-03-04"); /* two days are used */

    assert_true(change.watch.time.used == 2 && change.watch.next_us == 0);
    assert_true(str_eq(change.basis, STR("行政许可法 45")) && str_eq(change.document, STR("notice:1")));
    change = pause_for(c, w.id, "行政许可法 32", "2026-03-05");
    assert_true(change.did == WATCH_PAUSE && str_eq(change.watch.reasons, STR("hearing,supplement")));
    change = resume_for(c, w.id, "hearing", "2026-03-09");
    assert_true(change.watch.time.state == STOPWATCH_PAUSED && str_eq(change.watch.reasons, STR("supplement")));
    change = resume_for(c, w.id, "", "2026-03-16");
    assert_true(change.watch.time.state == STOPWATCH_RUNNING && change.watch.reasons.len == 0 && change.watch.time.used == 2);
    assert_string_equal(due_of(c, &change.watch), "2026-04-10"); /* 18 days; 6 April is a holiday */
}

static void
what_the_law_does_not_allow_is_refused(void **state)
{
    struct clocks *c = *state;
    const int64_t now_us = clocks_noon("2026-03-02");
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");
    struct watch deliver = start(c, "permit.deliver", "deliver", "990100", "2026-03-02");
    struct watch_extension x = by_the_head(11);
    struct clocks_move m = {.did = WATCH_PAUSE, .id = w.id, .now_us = now_us,
                            .cause = {.reason = STR("hearing"), .document = STR(""), .actor = STR("officer:1")}};
    struct clocks_move s = {.did = WATCH_START, .now_us = now_us,
                            .start = {.case_no = STR(CASE), .name = STR("other"), .org = STR(ORG), .region = STR("990100"),
                                      .rule = STR("permit.decide"), .is_promise = true, .value = 21, .unit = UNIT_WORKING_DAY,
                                      .actor = STR("")}};
    struct err e;

    assert_refused(clocks_move(c, &m, &refused_), RC_INVALID, "not-told");
    m.cause.document = STR("notice:1");
    m.cause.reason = STR("third_party_opinion");
    assert_refused(clocks_move(c, &m, &refused_), RC_DENIED, "no-pause");
    m.cause.reason = STR("行政许可法 45"); /* which of eight? */
    assert_refused(clocks_move(c, &m, &refused_), RC_DENIED, "no-pause");
    m.id = 999;
    assert_refused(clocks_move(c, &m, &refused_), RC_NOT_FOUND, "no-such-clock");
    assert_refused(clocks_move(c, &s, &refused_), RC_INVALID, "promise-longer");
    s.start.rule = STR("log.keep"); /* a time that has to pass */
    assert_refused(clocks_move(c, &s, &refused_), RC_NOT_FOUND, "no-such-limit");
    s.start.rule = STR("renewal.apply");
    s.start.is_promise = false;
    assert_refused(clocks_move(c, &s, &refused_), RC_INVALID, "day-missing");

    m = (struct clocks_move){.did = WATCH_EXTEND, .id = w.id, .now_us = now_us, .extension = x};
    assert_refused(clocks_move(c, &m, &refused_), RC_INVALID, "extension-longer");
    m.extension = by_the_head(0);
    m.extension.approver = STR("government_head");
    assert_refused(clocks_move(c, &m, &refused_), RC_DENIED, "not-approved");
    m.extension = by_the_head(0);
    m.extension.words = STR("");
    assert_refused(clocks_move(c, &m, &refused_), RC_INVALID, "reason-missing");
    m.extension = by_the_head(0);
    m.extension.document = STR("");
    assert_refused(clocks_move(c, &m, &refused_), RC_INVALID, "not-told");
    m.extension = by_the_head(0);
    m.id = deliver.id;
    assert_refused(clocks_move(c, &m, &refused_), RC_DENIED, "no-extension");
    m.id = w.id;
    m.now_us = clocks_noon("2026-03-31"); /* the day after the last */
    assert_refused(clocks_move(c, &m, &refused_), RC_CONFLICT, "clock-over");
    m.now_us = clocks_noon("2026-03-30");
    assert_int_equal(clocks_move(c, &m, &e), RC_OK);
    assert_refused(clocks_move(c, &m, &refused_), RC_CONFLICT, "only-once");
    (void)stop(c, w.id, "2026-04-01");
    assert_refused(clocks_move(c, &m, &refused_), RC_CONFLICT, "clock-stopped");
    m.did = WATCH_PAUSE;
    m.cause = (struct watch_cause){.reason = STR("hearing"), .document = STR("n"), .actor = STR("")};
    assert_refused(clocks_move(c, &m, &refused_), RC_CONFLICT, "clock-stopped");
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log"), 4);
}

static void
a_promise_is_kept_beside_the_law_in_its_own_unit(void **state)
{
    struct clocks *c = *state;
    struct clocks_move m = {.did = WATCH_START, .now_us = clocks_noon("2026-03-02"),
                            .start = {.case_no = STR(CASE), .name = STR("promised"), .org = STR(ORG), .region = STR("990100"),
                                      .rule = STR("permit.decide"), .kind = GOV_PROMISED, .is_promise = true, .value = 5,
                                      .unit = UNIT_WORKING_DAY, .at_us = clocks_noon("2026-02-27"), .actor = STR("officer:1")}};
    struct watch promised = moved(c, m).watch;

    assert_string_equal(due_of(c, &promised), "2026-03-05"); /* from the day of receipt: 28 February is worked */
    m.start.name = STR("fast");
    m.start.unit = UNIT_HOUR;
    m.start.at_us = 0;
    promised = moved(c, m).watch;
    assert_true(promised.due_us == m.now_us + INT64_C(5) * 3600 * 1000000);
}

static void
two_departments_have_a_clock_each_and_a_process_finds_its_own(void **state)
{
    struct clocks *c = *state;
    struct clocks_move m = {.did = WATCH_START, .now_us = clocks_noon("2026-03-02"),
                            .start = {.case_no = STR(CASE), .instance = 7, .name = STR("department"), .org = STR("A"),
                                      .region = STR("990100"), .rule = STR("permit.review"), .kind = GOV_DEPARTMENT,
                                      .actor = STR("system")}};
    int64_t first = moved(c, m).watch.id, second;

    m.start.org = STR("B");
    second = moved(c, m).watch.id;
    assert_true(second > first);
    m.start.instance = 8;
    assert_true(moved(c, m).watch.id > second);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock WHERE kind = 'department'"), 3);
}

struct opening {
    struct clocks *clocks;
    int64_t instance;
    const char *name, *org;
    int64_t ids[WATCH_OPEN_MAX];
    size_t count;
};

static enum rc
opening_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct opening *o = ctx;
    const struct watch_which which = {STR(CASE), o->instance, 0, str_of(o->name), str_of(o->org)};

    return timekeeper_open(tx, &which, o->ids, &o->count, err);
}

static void
open_clocks_are_found_by_instance_case_name_and_organisation(void **state)
{
    static const struct {
        int64_t instance;
        const char *name, *org;
        size_t count;
    } cases[] = {{0, "", "", 3}, {0, "law", "", 1}, {0, "", ORG, 2}, {7, "", "", 1}, {7, "law", "", 0}, {8, "", "", 0}, {0, "law", "X", 0}};
    struct clocks *c = *state;
    struct clocks_move m = {.did = WATCH_START, .now_us = clocks_noon("2026-03-02"),
                            .start = {.case_no = STR(CASE), .instance = 7, .name = STR("department"), .org = STR("A"),
                                      .region = STR("990100"), .rule = STR("permit.review"), .actor = STR("system")}};

    (void)moved(c, m);
    (void)start(c, "permit.decide", "law", "990100", "2026-03-02");
    (void)start(c, "permit.deliver", "deliver", "990100", "2026-03-02");
    (void)stop(c, start(c, "hearing.hold", "hearing", "990100", "2026-03-02").id, "2026-03-03");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct opening o = {.clocks = c, .instance = cases[i].instance, .name = cases[i].name, .org = cases[i].org};
        struct err err;
        assert_int_equal(store_write(&c->house.fixture.db, opening_tx, &o, &err), RC_OK);
        assert_int_equal(o.count, cases[i].count);
    }
}

/* --- telling ---------------------------------------------------------------------------------------------------------------- */

static void
each_warning_is_told_once_and_the_end_too(void **state)
{
    static const struct {
        const char *day;
        const char *told;
    } cases[] = {
        {"2026-03-02", ""},     {"2026-03-13", ""},          {"2026-03-16", "half"}, {"2026-03-17", ""},
        {"2026-03-24", "warn"}, {"2026-03-27", ""},          {"2026-03-30", "last"}, {"2026-03-30", ""},
        {"2026-03-31", "over"}, {"2026-04-01", ""},          {"2027-01-01", ""},
    };
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t now_us = clocks_noon(cases[i].day);
        assert_int_equal(waiting(c, now_us), cases[i].told[0] != '\0' ? 1 : 0);
        assert_string_equal(tell_at(c, w.id, now_us, &w), cases[i].told);
        assert_int_equal(waiting(c, now_us), 0);
    }
    assert_true(w.over_us == clocks_noon("2026-03-31") && w.next_us == 0);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log"), 5);
}

static void
a_node_that_was_away_tells_all_of_it_at_once(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.supplement-notice", "acceptance", "990100", "2026-03-02");
    struct watch later = start(c, "permit.decide", "law", "990100", "2026-03-02");

    assert_int_equal(waiting(c, clocks_noon("2026-03-10")), 1);
    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-03-10"), &w), "half,warn,last,over");
    assert_int_equal(w.silence, SILENCE_DEEMED_ACCEPTED);
    assert_string_equal(tell_at(c, later.id, clocks_noon("2026-03-10"), &w), "");
}

static void
what_was_over_before_it_stood_still_is_told_all_the_same(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");

    w = pause_for(c, w.id, "hearing", "2026-04-02").watch;
    assert_int_equal(waiting(c, clocks_noon("2026-04-02")), 1);
    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-04-03"), &w), "half,warn,last,over");
    assert_true(w.time.over && w.next_us == 0);
    w = resume_for(c, w.id, "", "2026-04-10").watch;
    assert_true(w.next_us == 0);
    assert_string_equal(due_of(c, &w), "2026-03-30");
}

static void
an_extension_moves_the_end_and_the_warnings_that_lie_ahead(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");
    struct watch_change change;

    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-03-24"), &w), "half,warn");
    change = extend(c, w.id, 0, "2026-03-25");
    assert_int_equal(change.amount, 10);
    assert_string_equal(due_of(c, &change.watch), "2026-04-14"); /* 30 days; 6 April is a holiday */
    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-03-30"), &w), "");
    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-04-03"), &w), "warn"); /* 24 of 30 */
    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-04-15"), &w), "last,over");
}

static void
hours_are_told_to_the_second_and_what_counts_back_to_its_day(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "hotline.return", "return", "990100", "2026-03-06"); /* Friday noon */
    struct clocks_move m = {.did = WATCH_START, .now_us = clocks_noon("2026-03-02"),
                            .start = {.case_no = STR(CASE), .name = STR("renewal"), .org = STR(ORG), .region = STR("990100"),
                                      .rule = STR("renewal.decide"), .kind = GOV_STATUTORY, .actor = STR("officer:1")}};
    struct err err;

    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-03-07") - 1, &w), "half,warn,last");
    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-03-07"), &w), "over");
    assert_int_equal(day_parse(STR("2026-03-21"), &m.start.before_day, &err), RC_OK); /* the permit ends on a Saturday */
    w = moved(c, m).watch;
    assert_string_equal(due_of(c, &w), "2026-03-21");
    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-03-22"), &w), "half,warn,last,over");
    assert_int_equal(w.silence, SILENCE_DEEMED_RENEWED);
}

static void
pages_of_what_is_to_be_told_follow_one_another(void **state)
{
    struct clocks *c = *state;
    struct watch_next after = {0, 0};
    size_t seen = 0;

    for (int i = 0; i < 25; i++) {
        (void)start(c, i % 2 == 0 ? "permit.decide" : "hearing.request",
                    str_c(c->house.arena, str_fmt(c->house.arena, "clock-%d", i)), "990100", "2026-03-02");
    }
    for (size_t count = 1; count > 0;) {
        const struct watch_next *row;
        struct err err;
        assert_int_equal(timekeeper_next(&c->house.fixture.db, c->house.arena, clocks_noon("2026-05-01"), after, 10, &row, &count, &err),
                         RC_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(row[i].next_us > after.next_us || (row[i].next_us == after.next_us && row[i].id > after.id));
            after = row[i];
        }
        seen += count;
    }
    assert_int_equal(seen, 25);
}

/* --- another calendar ----------------------------------------------------------------------------------------------------------- */

static int
recompute(struct clocks *c, const char *day)
{
    struct watch_round round = {.edition = 0};
    bool more = true;
    int batches = 0;

    while (more) {
        struct err err;
        assert_int_equal(timekeeper_recompute(&c->house.fixture.db, c->house.arena, &c->keeper, clocks_noon(day), &round, &more, &err), RC_OK);
        batches++;
    }
    assert_int_equal(round.edition, almanac_edition(c->almanac));
    return batches;
}

static void
what_hung_on_an_unpublished_year_is_counted_anew_once_it_is_published(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-12-21"), paused;
    struct watch stopped = start(c, "permit.joint", "joint", "990100", "2026-12-21");
    const struct json *d = view(c, "2026-12-22", 0);

    (void)stop(c, stopped.id, "2026-12-22");
    paused = start(c, "permit.review", "review", "990100", "2026-12-21");
    (void)pause_for(c, paused.id, "hearing", "2027-01-05"); /* eleven days, two of them in a year that nobody knows */
    assert_true(w.time.provisional && json_true(d, "provisional"));
    assert_string_equal(due_of(c, &w), "2027-01-18");
    assert_int_equal(recompute(c, "2026-12-23"), 1); /* nothing has changed */
    clocks_put(c, CN_2027);
    assert_int_equal(recompute(c, "2026-12-23"), 1);
    d = view(c, "2026-12-23", 0);
    assert_false(json_true(d, "provisional"));
    assert_text(d, "due", "2027-01-19"); /* two days off, one Saturday worked */
    assert_text(d, "calendar", "cn-2027.1");
    assert_text(view(c, "2026-12-23", 1), "calendar", "cn-2026.1");
    assert_int_equal(json_int_or(view(c, "2027-01-06", 2), "used", 0), 9);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log WHERE did = 'recompute'"), 2);
    assert_int_equal(recompute(c, "2026-12-23"), 1);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log"), 4 + 3); /* three starts, a stop, a pause */
}

static void
what_stood_for_two_reasons_is_counted_anew_as_one_pause(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-12-21");

    (void)pause_for(c, w.id, "hearing", "2026-12-23");
    (void)pause_for(c, w.id, "supplement", "2026-12-24");
    (void)resume_for(c, w.id, "hearing", "2026-12-28");
    (void)resume_for(c, w.id, "supplement", "2026-12-30");
    clocks_put(c, CN_2027);
    assert_int_equal(recompute(c, "2026-12-31"), 1);
    assert_text(view(c, "2026-12-31", 0), "due", "2027-01-26"); /* eighteen days from 30 December */
    assert_int_equal(json_int_or(view(c, "2026-12-31", 0), "used", 0), 3);
}

static void
a_log_that_contradicts_itself_is_said_to_be_corrupt_and_holds_nobody_up(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-12-21");
    struct clocks_move m = {.did = WATCH_STOP, .id = w.id, .now_us = clocks_noon("2026-12-23")};
    struct err err;

    fixture_sql(&c->house.fixture,
                str_c(c->house.arena, str_fmt(c->house.arena, "INSERT INTO clock_log SELECT clock, 7, 'resume', at_us, moment, 1, reason, basis, "
                                                              "document, told_us, actor, words, used, due_us, provisional, calendar FROM clock_log")));
    fixture_sql(&c->house.fixture, "UPDATE clock SET entries = 7");
    clocks_put(c, CN_2027);
    assert_int_equal(clocks_move(c, &m, &err), RC_CORRUPT);
    (void)start(c, "permit.decide", "other", "990100", "2026-12-21");
    fixture_sql(&c->house.fixture, "UPDATE clock SET edition = 1");
    struct watch_round round = {.edition = 0};
    bool more = true;
    assert_int_equal(timekeeper_recompute(&c->house.fixture.db, c->house.arena, &c->keeper, m.now_us, &round, &more, &err), RC_CORRUPT);
    assert_false(more);
    assert_text(view(c, "2026-12-23", 0), "due", "2027-01-18"); /* as it was */
    assert_text(view(c, "2026-12-23", 1), "due", "2027-01-19");
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock WHERE edition = 2"), 2);
}

static void
a_region_that_gets_days_of_its_own_changes_its_clocks_alone(void **state)
{
    struct clocks *c = *state;

    (void)start(c, "permit.deliver", "here", "990100", "2026-03-02");
    (void)start(c, "permit.deliver", "there", "990200", "2026-03-02");
    (void)start(c, "permit.deliver", "land", "", "2026-03-02");
    clocks_put(c, "{\"region\":\"990100\",\"version\":\"yx-1\",\"source\":\"通知\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-03-05\"],"
                  "\"workdays\":[]}]}");
    assert_int_equal(recompute(c, "2026-03-03"), 1);
    assert_text(view(c, "2026-03-03", 0), "due", "2026-03-17");
    assert_text(view(c, "2026-03-03", 0), "calendar", "cn-2026.1+yx-1");
    assert_text(view(c, "2026-03-03", 1), "due", "2026-03-16");
    assert_text(view(c, "2026-03-03", 2), "due", "2026-03-16");
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log WHERE did = 'recompute'"), 1);
}

static void
many_clocks_are_counted_anew_in_batches_and_a_move_does_not_wait_for_them(void **state)
{
    struct clocks *c = *state;
    struct watch w;

    for (int i = 0; i < TIMEKEEPER_BATCH + 50; i++) {
        w = start(c, "permit.decide", str_c(c->house.arena, str_fmt(c->house.arena, "clock-%d", i)), i < 100 ? "990100" : "990200",
                  "2026-12-21");
    }
    clocks_put(c, CN_2027);
    /* not counted anew yet, and told all the same what holds now */
    assert_string_equal(tell_at(c, w.id, clocks_noon("2027-01-19"), &w), "half,warn,last");
    assert_true(w.edition == almanac_edition(c->almanac) && !w.time.provisional);
    assert_int_equal(recompute(c, "2026-12-23"), 2);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock WHERE provisional = 1"), 0);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log WHERE did = 'recompute'"), TIMEKEEPER_BATCH + 50);
}

static void
what_was_said_to_be_over_is_taken_back_if_those_days_were_not_worked(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "hearing.request", "ask", "990100", "2026-12-30");

    assert_string_equal(due_of(c, &w), "2027-01-06");
    assert_string_equal(tell_at(c, w.id, clocks_noon("2027-01-07"), &w), "half,warn,last,over");
    clocks_put(c, CN_2027);
    assert_int_equal(recompute(c, "2027-01-07"), 1);
    assert_text(view(c, "2027-01-07", 0), "due", "2027-01-08");
    assert_text(view(c, "2027-01-07", 0), "colour", "yellow");
    assert_string_equal(tell_at(c, w.id, clocks_noon("2027-01-08"), &w), "");
    assert_string_equal(tell_at(c, w.id, clocks_noon("2027-01-09"), &w), "over");
}

/* --- what is kept, what is shown ------------------------------------------------------------------------------------------------- */

static void
the_log_of_a_clock_is_never_edited(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");
    struct json *log = NULL;
    struct err err;

    (void)pause_for(c, w.id, "hearing", "2026-03-04");
    (void)resume_for(c, w.id, "", "2026-03-06");
    (void)extend(c, w.id, 5, "2026-03-10");
    (void)stop(c, w.id, "2026-03-20");
    assert_true(fixture_refuses(&c->house.fixture, "UPDATE clock_log SET used = 0"));
    assert_true(fixture_refuses(&c->house.fixture, "DELETE FROM clock_log"));
    assert_int_equal(timekeeper_log(&c->house.fixture.db, c->house.arena, &c->keeper, w.id, &log, &err), RC_OK);
    const char *const did[] = {"start", "pause", "resume", "extend", "stop"};
    const struct json *e = log->first;
    for (size_t i = 0; i < 5; i++, e = e->next) {
        assert_true(str_eq(json_str(e, "did"), str_of(did[i])));
    }
    assert_null(e);
    e = log->first->next;
    assert_text(e, "reason_zh", "听证");
    assert_text(e, "basis", "行政许可法 45");
    assert_text(e, "told_at", "2026-03-04T12:00:00+08:00");
    assert_text(e->next->next, "words", "案情复杂");
}

static void
a_page_shows_what_is_left_whose_time_it_is_and_why_it_stands(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");
    const struct json *d = view(c, "2026-03-06", 0);

    assert_text(d, "text_zh", "还剩 16 个工作日");
    assert_text(d, "text_en", "16 working days left");
    assert_text(d, "colour", "green");
    assert_text(d, "due", "2026-03-30");
    assert_text(d, "due_at", "2026-03-31T00:00:00+08:00");
    assert_text(d, "owner", "agency");
    assert_text(d, "source", "行政许可法 42");
    assert_text(d, "evidence_zh", "法律条文");
    assert_text(d, "kind_zh", "法定时限");
    assert_text(view(c, "2026-03-24", 0), "colour", "yellow");
    assert_text(view(c, "2026-03-30", 0), "text_zh", "今天到期");
    d = view(c, "2026-04-01", 0);
    assert_text(d, "colour", "red");
    assert_text(d, "text_en", "2 working days over");
    assert_true(json_true(d, "public"));

    (void)pause_for(c, w.id, "supplement", "2026-03-12");
    d = view(c, "2026-03-16", 0);
    assert_text(d, "colour", "paused");
    assert_text(d, "owner_zh", "申请人");
    assert_text(d, "text_zh", "时钟已停：等待补正；还剩 12 个工作日");
    assert_text(d, "due", "2026-04-01"); /* if it went on today */
    const struct json *paused = json_get(d, "paused");
    assert_int_equal(paused->count, 1);
    assert_text(paused->first, "document", "notice:1");
    assert_text(paused->first, "evidence_zh", "待核");
    (void)resume_for(c, w.id, "", "2026-03-16");
    (void)extend(c, w.id, 0, "2026-03-17");
    assert_true(json_is(json_get(view(c, "2026-03-18", 0), "extended"), JSON_OBJECT));
    (void)stop(c, w.id, "2026-03-19");
    assert_text(view(c, "2026-05-01", 0), "text_en", "Done in time");
    assert_text(view(c, "2026-05-01", 0), "colour", "done");
}

static void
hours_are_shown_with_their_minutes_and_lateness_stays_visible(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "hotline.return", "return", "990100", "2026-03-06");
    struct json *list = NULL;
    struct err err;

    assert_int_equal(timekeeper_view(&c->house.fixture.db, c->house.arena, &c->keeper, STR(CASE),
                                     clocks_noon("2026-03-06") + INT64_C(220) * 60 * 1000000, &list, &err), RC_OK);
    assert_text(list->first, "text_zh", "还剩 20 小时 20 分");
    assert_text(list->first, "text_en", "20 hours 20 minutes left");
    (void)stop(c, w.id, "2026-03-09");
    assert_text(view(c, "2026-03-20", 0), "text_zh", "办结时超期 48 小时");
    assert_text(view(c, "2026-03-20", 0), "colour", "red");
}

static void
what_is_due_comes_in_pages_of_one_organisation_or_of_all(void **state)
{
    static const struct {
        const char *org, *until;
        size_t count;
    } cases[] = {{"", "2026-03-10", 2}, {"", "2026-12-31", 3}, {ORG, "2026-12-31", 3}, {"X", "2026-12-31", 0}, {"", "2026-03-02", 0}};
    struct clocks *c = *state;
    struct json *list = NULL;
    struct watch_after after = {0, 0};
    struct err err;

    (void)start(c, "permit.decide", "law", "990100", "2026-03-02");
    (void)start(c, "hearing.request", "hearing", "990100", "2026-03-02");
    (void)start(c, "permit.supplement-notice", "notice", "990100", "2026-03-02");
    (void)stop(c, start(c, "permit.deliver", "done", "990100", "2026-03-02").id, "2026-03-03");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(timekeeper_due(&c->house.fixture.db, c->house.arena, &c->keeper, str_of(cases[i].org), clocks_noon(cases[i].until),
                                        after, 50, clocks_noon("2026-03-03"), &list, &err), RC_OK);
        assert_int_equal(list->count, cases[i].count);
    }
    for (size_t seen = 0; seen < 3; seen++) {
        assert_int_equal(timekeeper_due(&c->house.fixture.db, c->house.arena, &c->keeper, STR(ORG), clocks_noon("2026-12-31"), after, 1,
                                        clocks_noon("2026-03-03"), &list, &err), RC_OK);
        assert_int_equal(list->count, 1);
        after = (struct watch_after){json_int_or(list->first, "due_us", 0), json_int_or(list->first, "id", 0)};
    }
    assert_text(list->first, "name", "law");
}

static void
what_is_red_and_public_is_found_whether_it_runs_or_stands(void **state)
{
    static const char *const names[] = {"stands", "runs", "own-time", "in-time", "done"};
    static const char *const rules[] = {"food.decide", "permit.deliver", "hearing.request", "permit.joint", "permit.deliver"};
    struct clocks *c = *state;
    struct watch_red after = {0, 0};
    struct json *list = NULL;
    struct err err;
    struct watch w;

    for (size_t i = 0; i < 5; i++) {
        w = start(c, rules[i], names[i], "990100", "2026-03-02");
        (void)tell_at(c, w.id, clocks_noon("2026-03-20"), &w);
    }
    (void)stop(c, w.id, "2026-03-21");
    (void)pause_for(c, 1, "supplement", "2026-03-21");
    for (size_t seen = 0; seen < 2; seen++) {
        assert_int_equal(timekeeper_red(&c->house.fixture.db, c->house.arena, &c->keeper, after, 1, clocks_noon("2026-03-23"), &list, &err), RC_OK);
        assert_int_equal(list->count, 1);
        assert_true(str_eq(json_str(list->first, "name"), str_of(names[seen])));
        assert_text(list->first, "colour", "red");
        assert_true(json_true(list->first, "public"));
        after = (struct watch_red){json_int_or(list->first, "over_us", 0), json_int_or(list->first, "id", 0)};
    }
    assert_int_equal(timekeeper_red(&c->house.fixture.db, c->house.arena, &c->keeper, after, 10, clocks_noon("2026-03-23"), &list, &err), RC_OK);
    assert_int_equal(list->count, 0);
}

static void
the_act_of_a_change_says_what_it_came_to(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");
    struct watch_change change = pause_for(c, w.id, "hearing", "2026-03-04");
    const struct json *d = watch_change_json(c->house.arena, &c->keeper, &change, clocks_noon("2026-03-04"));

    assert_text(d, "did", "pause");
    assert_text(d, "reason", "hearing");
    assert_text(d, "basis", "行政许可法 45");
    assert_text(d, "document", "notice:1");
    assert_int_equal(json_int_or(d, "left", 0), 18);
    change = extend(c, w.id, 4, "2026-03-05");
    d = watch_change_json(c->house.arena, &c->keeper, &change, clocks_noon("2026-03-05"));
    assert_int_equal(json_int_or(d, "amount", 0), 4);
    assert_true(json_int_or(d, "left", 0) == 22 && !json_true(d, "late"));
}

/* A row may leave the table of limits; the clocks that ran by it go on. */
static void
a_clock_whose_row_the_table_does_not_know_any_more_goes_on(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");
    struct json *document;
    struct err err;

    assert_int_equal(asset_json(c->house.arena, "demo/clocks.json", &document, &err), RC_OK);
    struct json *limits = document->first;
    while (!str_eq(limits->key, STR("limits"))) {
        limits = limits->next;
    }
    limits->first = limits->last; /* all but one */
    limits->count = 1;
    assert_int_equal(timelimits_load(c->house.arena, document, &c->limits, &err), RC_OK);
    c->keeper.limits = c->limits;
    assert_string_equal(tell_at(c, w.id, clocks_noon("2026-03-24"), &w), "half,warn");
    assert_text(view(c, "2026-03-24", 0), "title_zh", "permit.decide");
    assert_text(view(c, "2026-03-24", 0), "colour", "yellow");
    struct clocks_move m = {.did = WATCH_PAUSE, .id = w.id, .now_us = clocks_noon("2026-03-24"),
                            .cause = {.reason = STR("hearing"), .document = STR("n"), .actor = STR("")}};
    assert_refused(clocks_move(c, &m, &refused_), RC_DENIED, "no-pause");
    assert_int_equal(stop(c, w.id, "2026-03-25").did, WATCH_STOP);
}

static void
memory_may_end_anywhere_and_nothing_is_changed_by_half(void **state)
{
    struct clocks *c = *state;
    struct watch w = start(c, "permit.decide", "law", "990100", "2026-03-02");
    struct arena *a = arena_new(1 << 20), *whole = c->house.arena;
    struct clocks_move m = {.did = WATCH_PAUSE, .id = w.id, .now_us = clocks_noon("2026-03-04"),
                            .cause = {.reason = STR("hearing"), .document = STR("notice:1"), .actor = STR("officer:1")}};
    enum rc rc = RC_LIMIT;
    struct json *list;
    struct err err;

    c->house.arena = a;
    for (size_t n = 1; rc == RC_LIMIT; n++) {
        arena_reset(a);
        arena_fail_at(a, n);
        rc = clocks_move(c, &m, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM clock_log WHERE did = 'pause'"), rc == RC_OK ? 1 : 0);
    }
    struct str wanted, said;
    assert_int_equal(timekeeper_view(&c->house.fixture.db, whole, &c->keeper, STR(CASE), m.now_us, &list, &err), RC_OK);
    assert_int_equal(json_print(whole, list, &wanted, &err), RC_OK);
    rc = RC_LIMIT;
    for (size_t n = 1; rc == RC_LIMIT; n++) {
        arena_reset(a);
        arena_fail_at(a, n);
        rc = timekeeper_view(&c->house.fixture.db, a, &c->keeper, STR(CASE), m.now_us, &list, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
    }
    arena_fail_at(a, 0);
    assert_int_equal(json_print(a, list, &said, &err), RC_OK);
    if (!str_eq(said, wanted)) {
        fail_msg("%.*s\n%.*s", STR_ARG(said), STR_ARG(wanted)); /* whole, or not at all */
    }
    c->house.arena = whole;
    arena_free(a);
}

/* --- the row is what its log comes to ---------------------------------------------------------------------------------------------- */

/* A random life as moves of a stored clock and of a stopwatch in memory, which then goes through the same under another calendar. */
static void
lives_of_stored_clocks_agree_with_stopwatches(void **state)
{
    struct clocks *c = *state;
    struct stopwatch_event event[30][80];
    struct watch w[30];
    size_t events[30] = {0};
    uint64_t seed = 20260924;
    struct almanac_page page;
    struct err err;

    for (int i = 0; i < 30; i++) {
        w[i] = start(c, "permit.decide", str_c(c->house.arena, str_fmt(c->house.arena, "clock-%d", i)), "990100", "2026-11-30");
    }
    for (int32_t day = (int32_t)w[0].time.start; day < (int32_t)w[0].time.start + 45; day++) {
        for (int i = 0; i < 30; i++) {
            struct stopwatch *t = &w[i].time;
            const char *text = str_c(c->house.arena, day_text(c->house.arena, day));
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            switch (seed >> 60) {
            case 0:
                if (t->extra == 0 && !stopwatch_is_over(t, day)) {
                    event[i][events[i]++] = (struct stopwatch_event){STOPWATCH_EXTEND, day, 4};
                    w[i] = extend(c, w[i].id, 4, text).watch;
                }
                break;
            case 1:
            case 2: {
                bool is_running = t->state == STOPWATCH_RUNNING;
                event[i][events[i]++] = (struct stopwatch_event){is_running ? STOPWATCH_PAUSE : STOPWATCH_RESUME, day, 0};
                w[i] = is_running ? pause_for(c, w[i].id, "hearing", text).watch : resume_for(c, w[i].id, "", text).watch;
                break;
            }
            default: break;
            }
        }
    }
    clocks_put(c, CN_2027);
    (void)recompute(c, "2027-01-13");
    assert_int_equal(almanac_at(c->almanac, STR("990100"), &page, &err), RC_OK);
    for (int i = 0; i < 30; i++) {
        struct stopwatch t;
        struct watch now;
        stopwatch_replay(&t, &w[i].time.terms, page.calendar, w[i].time.start, event[i], events[i]);
        (void)tell_at(c, w[i].id, 1, &now);
        assert_memory_equal(&t, &now.time, sizeof(t));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CLOCKS_TEST(a_clock_that_starts_knows_its_last_day),
        CLOCKS_TEST(what_is_so_already_changes_nothing),
        CLOCKS_TEST(it_stands_as_long_as_one_reason_is_left),
        CLOCKS_TEST(what_the_law_does_not_allow_is_refused),
        CLOCKS_TEST(a_promise_is_kept_beside_the_law_in_its_own_unit),
        CLOCKS_TEST(two_departments_have_a_clock_each_and_a_process_finds_its_own),
        CLOCKS_TEST(open_clocks_are_found_by_instance_case_name_and_organisation),
        CLOCKS_TEST(each_warning_is_told_once_and_the_end_too),
        CLOCKS_TEST(a_node_that_was_away_tells_all_of_it_at_once),
        CLOCKS_TEST(what_was_over_before_it_stood_still_is_told_all_the_same),
        CLOCKS_TEST(an_extension_moves_the_end_and_the_warnings_that_lie_ahead),
        CLOCKS_TEST(hours_are_told_to_the_second_and_what_counts_back_to_its_day),
        CLOCKS_TEST(pages_of_what_is_to_be_told_follow_one_another),
        CLOCKS_TEST(what_hung_on_an_unpublished_year_is_counted_anew_once_it_is_published),
        CLOCKS_TEST(what_stood_for_two_reasons_is_counted_anew_as_one_pause),
        CLOCKS_TEST(a_log_that_contradicts_itself_is_said_to_be_corrupt_and_holds_nobody_up),
        CLOCKS_TEST(a_region_that_gets_days_of_its_own_changes_its_clocks_alone),
        CLOCKS_TEST(many_clocks_are_counted_anew_in_batches_and_a_move_does_not_wait_for_them),
        CLOCKS_TEST(what_was_said_to_be_over_is_taken_back_if_those_days_were_not_worked),
        CLOCKS_TEST(the_log_of_a_clock_is_never_edited),
        CLOCKS_TEST(a_page_shows_what_is_left_whose_time_it_is_and_why_it_stands),
        CLOCKS_TEST(hours_are_shown_with_their_minutes_and_lateness_stays_visible),
        CLOCKS_TEST(what_is_due_comes_in_pages_of_one_organisation_or_of_all),
        CLOCKS_TEST(what_is_red_and_public_is_found_whether_it_runs_or_stands),
        CLOCKS_TEST(the_act_of_a_change_says_what_it_came_to),
        CLOCKS_TEST(a_clock_whose_row_the_table_does_not_know_any_more_goes_on),
        CLOCKS_TEST(memory_may_end_anywhere_and_nothing_is_changed_by_half),
        CLOCKS_TEST(lives_of_stored_clocks_agree_with_stopwatches),
    };

    return HOUSE_RUN(tests, "timekeeper");
}
