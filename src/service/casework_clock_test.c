/*
 * Clocks in the words of pages, and whose the time is while a part has no result.
 */
#include "service/casework_clock_int.h"
#include "service/test_office.h"
#include "service/oversight.h"

/* --- help ------------------------------------------------------------------------------------------ */

static void
takes(struct office *o, struct str case_no, const char *part, const char *on, const struct identity *who)
{
    struct case_move move = office_move(o, case_no, part, on);
    struct err err;

    assert_int_equal(office_step(o, &move, who, &err), RC_OK);
}

static void
expect_text(const struct json *d, const char *path, const char *text)
{
    const struct json *got = json_path(d, path);
    struct str said = got == NULL ? STR("(nothing)") : got->text;

    if (!str_eq(said, str_of(text))) {
        fail_msg("%s is \"%.*s\", not \"%s\"", path, STR_ARG(said), text);
    }
}

static const struct json *
part_of(struct office *o, struct str case_no)
{
    return office_sub(o, case_no, "1", &o->applicant);
}

static const struct json *
progress_of(struct office *o, struct str case_no)
{
    struct json *d;
    struct err err;

    assert_int_equal(case_document(&o->work, &o->fixture.db, o->arena, case_no, &o->applicant, o->now_us, STR("zh"), &d, &err), RC_OK);
    assert_int_equal(case_progress(&o->work, &o->fixture.db, o->arena, json_str(d, "query_code"), o->now_us, STR("zh"), &d, &err), RC_OK);
    return d;
}

/* --- whose the time is -------------------------------------------------------------------------------- */

static void
while_an_officer_has_something_to_do_the_time_is_the_office_s(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    expect_text(part_of(o, no), "whose", "office");
    takes(o, no, "1", "accept", &o->market);
    expect_text(part_of(o, no), "whose", "office");
    assert_null(json_get(part_of(o, no), "time_text"));
    takes(o, no, "1", "refuse", &o->market);
    assert_null(json_get(part_of(o, no), "whose")); /* it has its result */
}

static void
what_was_asked_of_the_applicant_is_the_applicant_s_time(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    takes(o, no, "1", "accept", &o->market);
    takes(o, no, "1", "ask_supplement", &o->market);
    expect_text(part_of(o, no), "whose", "applicant");
    expect_text(part_of(o, no), "time_text", "现在的时间是申请人的，部门的时钟停着。");
    expect_text(progress_of(o, no), "sub_cases.0.time_text", "现在的时间是申请人的，部门的时钟停着。");
    takes(o, no, "1", "supply", &o->applicant);
    expect_text(part_of(o, no), "whose", "office");
}

static void
a_step_of_the_applicant_in_the_middle_is_waited_for(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    takes(o, no, "1", "accept", &o->market);
    fixture_sql(&o->fixture, "UPDATE worklist SET role = 'citizen', org = ''");
    expect_text(part_of(o, no), "whose", "applicant");
    expect_text(part_of(o, no), "time_text", "现在等申请人。"); /* and the clock runs */
    expect_text(progress_of(o, no), "next.who", "申请人");
    fixture_sql(&o->fixture, "UPDATE worklist SET part = ''"); /* of the whole case: of each part */
    expect_text(part_of(o, no), "whose", "applicant");
}

static void
what_was_handed_over_is_the_time_of_the_other_place(void **state)
{
    static const char *const none = "DELETE FROM worklist";
    struct office *o = *state;
    struct str no = office_case(o, 80);
    const struct str row = str_fmt(o->arena,
                                   "INSERT INTO handover (id, side, name, peer, agreement, process, item, basis, case_no, peer_case, instance, token, state, "
                                   "whose, whose_us, given, heard, opened_us, closed_us, next_us, tries, content) VALUES (1, 'sent', 'yunxi:1:1:0', 'haichuan', 'a', "
                                   "'care-notice', '*', '', '%.*s', '', 1, 1, 'received', 'theirs', 0, 0, 0, 0, 0, 0, 0, CAST('x' AS %s))",
                                   STR_ARG(no), office_kind == FIXTURE_POSTGRES ? "BYTEA" : "BLOB");

    takes(o, no, "1", "accept", &o->market);
    fixture_sql(&o->fixture, str_c(o->arena, row));
    expect_text(part_of(o, no), "whose", "office"); /* who has a task here has the time here */
    fixture_sql(&o->fixture, none);
    expect_text(part_of(o, no), "whose", "elsewhere");
    expect_text(part_of(o, no), "time_text", "这一步交给了另一地办，现在的时间是那边的。");
    expect_text(progress_of(o, no), "next.who", "另一地的部门");
    fixture_sql(&o->fixture, "UPDATE handover SET whose = 'ours'");
    expect_text(part_of(o, no), "whose", "office");
}

static void
what_stands_for_a_hearing_is_a_third_party_s_time(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    takes(o, no, "1", "accept", &o->market);
    fixture_sql(&o->fixture, "UPDATE clock SET state = 'paused', reasons = 'hearing'");
    expect_text(part_of(o, no), "whose", "third_party");
    expect_text(part_of(o, no), "time_text", "部门的时钟停着，现在的时间是第三方的。");
    expect_text(part_of(o, no), "clock.colour", "paused");
}

/* --- a clock of the whole case --------------------------------------------------------------------------------- */

static enum rc
put_item_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct office *o = ctx;
    struct json *d = json_copy(o->arena, office_item(o)->document);

    json_set(o->arena, d, "process", office_json(o, "{\"key\":\"elder-card\"}"));
    return item_put(tx, o->arena, d, o->now_us, err);
}

/* What clocks have to tell is told; who would do the jobs of the process is not here. */
static void
time_passes(struct office *o)
{
    struct arena *a = arena_new(64 << 20);
    int64_t next_us = o->now_us;
    int failed = 0;
    struct err err;

    while (next_us <= o->now_us && failed == 0) {
        assert_int_equal(conduct_turn(o->conduct, &o->fixture.db, a, o->now_us, &next_us, &failed, &err), RC_OK);
    }
    assert_int_equal(failed, 0);
    arena_free(a);
}

static void
a_clock_of_the_whole_case_is_its_leading_office_s_and_every_part_goes_by_it(void **state)
{
    struct office *o = *state;
    struct json *d;
    struct err err;

    assert_int_equal(store_write(&o->fixture.db, put_item_tx, o, &err), RC_OK);
    office_reload(o);
    struct str no = office_case(o, 300);
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM clock"), 1);
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM clock WHERE part = '' AND org = '" OFFICE_MARKET "' AND name = 'promised'"), 1);
    for (const char *part = "1"; part != NULL; part = part[0] == '1' ? "2" : NULL) {
        expect_text(office_sub(o, no, part, &o->applicant), "clock.title", "老年人优待证");
    }
    office_days(o, 60);
    time_passes(o);
    assert_int_equal(oversight_late(&o->work, &o->fixture.db, o->arena, STR(""), 9, true, o->now_us, STR("zh"), &d, &err), RC_OK);
    assert_int_equal(json_get(d, "rows")->count, 1);
    expect_text(d, "rows.0.org_name", "市场监管局");
    assert_true(json_true(json_get(d, "rows")->first, "is_whole"));
}

/* --- a clock in words ---------------------------------------------------------------------------------------- */

static void
hours_are_hours_and_days_are_days(void **state)
{
    static const struct {
        enum timelimit_unit unit;
        int64_t value, later_us;
        const char *zh, *en, *colour, *used_zh, *used_en;
    } cases[] = {
        {UNIT_HOUR, 48, INT64_C(3600) * 1000000, "剩 47 小时", "47 hours left", "green", "已用 1 小时，共 48 小时", "Used 1 of 48 hours"},
        {UNIT_HOUR, 48, INT64_C(3600) * 47 * 1000000, "剩 1 小时", "1 hour left", "yellow", "已用 47 小时，共 48 小时", "Used 47 of 48 hours"},
        {UNIT_HOUR, 48, INT64_C(3600) * 50 * 1000000, "超 2 小时", "2 hours over", "red", "已用 50 小时，共 48 小时", "Used 50 of 48 hours"},
        {UNIT_NATURAL_DAY, 10, INT64_C(86400) * 6 * 1000000, "剩 4 天", "4 days left", "green", "已用 6 天，共 10 天", "Used 6 of 10 days"},
    };
    struct office *o = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct watch w = {.case_no = STR("c"), .name = STR("promised"), .kind = GOV_PROMISED, .org = STR(""), .region = STR(""), .part = STR(""),
                          .rule = STR("permit.decide"), .rule_day = instant_day(o->now_us, o->work.offset_minutes), .silence = SILENCE_RED,
                          .reasons = STR(""), .calendar = STR("v")};
        const struct stopwatch_terms terms = {.unit = cases[i].unit, .value = cases[i].value};
        struct case_view v = {.work = &o->work, .arena = o->arena, .now_us = o->now_us + cases[i].later_us};
        struct almanac_page page;
        struct json *d;
        struct err err;
        assert_int_equal(almanac_at(o->almanac, STR(""), &page, &err), RC_OK);
        stopwatch_start(&w.time, &terms, page.calendar, stopwatch_moment(terms.unit, o->now_us, o->work.offset_minutes));
        assert_int_equal(case_watch_document(&v, &w, &d, &err), RC_OK);
        expect_text(d, "text", cases[i].zh);
        expect_text(d, "colour", cases[i].colour);
        expect_text(d, "used_text", cases[i].used_zh);
        v.en = true;
        assert_int_equal(case_watch_document(&v, &w, &d, &err), RC_OK);
        expect_text(d, "text", cases[i].en);
        expect_text(d, "used_text", cases[i].used_en);
    }
}

/* A promise for the whole case goes on when a part has its result. */
static void
a_clock_that_runs_on_says_nothing_of_a_part_that_is_done(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    takes(o, no, "1", "accept", &o->market);
    takes(o, no, "1", "refuse", &o->market);
    expect_text(part_of(o, no), "clock.colour", "done");
    fixture_sql(&o->fixture, "UPDATE clock SET state = 'running'");
    assert_null(json_get(part_of(o, no), "clock"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(while_an_officer_has_something_to_do_the_time_is_the_office_s),
        OFFICE_TEST(what_was_asked_of_the_applicant_is_the_applicant_s_time),
        OFFICE_TEST(a_step_of_the_applicant_in_the_middle_is_waited_for),
        OFFICE_TEST(what_was_handed_over_is_the_time_of_the_other_place),
        OFFICE_TEST(what_stands_for_a_hearing_is_a_third_party_s_time),
        OFFICE_TEST(a_clock_of_the_whole_case_is_its_leading_office_s_and_every_part_goes_by_it),
        OFFICE_TEST(hours_are_hours_and_days_are_days),
        OFFICE_TEST(a_clock_that_runs_on_says_nothing_of_a_part_that_is_done),
    };

    return OFFICE_RUN(tests, "clocks on pages");
}
