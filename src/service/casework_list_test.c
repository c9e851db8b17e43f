/*
 * Queues of an organisation: its tasks by when they are due, what waits for the applicant, what has its result.
 */
#include "base/asset.h"
#include "service/test_office.h"

/* --- help ------------------------------------------------------------------------------------------ */

static void
takes(struct office *o, struct str case_no, const char *part, const char *on, const struct identity *who)
{
    struct case_move move = office_move(o, case_no, part, on);
    struct err err;

    assert_int_equal(office_step(o, &move, who, &err), RC_OK);
}

static struct json *
queue_of(struct office *o, const char *org, const char *view, struct str after, int limit)
{
    struct json *d = NULL;
    struct err err;

    assert_int_equal(case_queue(&o->work, &o->fixture.db, o->arena, str_of(org), str_of(view), after, limit, o->now_us, STR("zh"), &d, &err),
                     RC_OK);
    return d;
}

static const struct json *
rows_of(struct office *o, const char *org, const char *view)
{
    return json_get(queue_of(o, org, view, STR(""), 9), "rows");
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

static void
expect_counts(struct office *o, const char *org, int open, int waiting, int done)
{
    const struct json *counts = json_get(queue_of(o, org, "open", STR(""), 9), "counts");

    assert_int_equal(json_int_or(counts, "open", -1), open);
    assert_int_equal(json_int_or(counts, "waiting", -1), waiting);
    assert_int_equal(json_int_or(counts, "done", -1), done);
}

/* --- what is to be done ------------------------------------------------------------------------------- */

static void
a_queue_goes_by_due_date_within_one_organisation(void **state)
{
    struct office *o = *state;
    struct str first = office_case(o, 80), second = office_case(o, 300), third, after = STR("");
    int count = 0;

    office_days(o, 1);
    third = office_case(o, 80);
    takes(o, second, "1", "accept", &o->market); /* on Tuesday: due a day later than Monday's silence */
    const struct str order[] = {first, second, third};
    do {
        const struct json *d = queue_of(o, OFFICE_MARKET, "open", after, 1);
        for (const struct json *r = json_get(d, "rows")->first; r != NULL; r = r->next) {
            assert_true(count < 3);
            assert_true(str_eq(json_str(r, "case_no"), order[count]));
            assert_true(str_eq(json_str(r, "tail"), str_from(order[count], 39)));
            expect_text(r, "applicant", "半亩方塘");
            expect_text(r, "item_name", "开办餐饮店");
            count++;
        }
        after = json_str(d, "next");
    } while (after.len > 0);
    assert_int_equal(count, 3);
    expect_counts(o, OFFICE_MARKET, 3, 0, 0);
    assert_int_equal(rows_of(o, OFFICE_FIRE, "open")->count, 1);
    assert_int_equal(rows_of(o, "nobody", "open")->count, 0);
}

static void
a_row_names_the_task_its_part_and_the_clock_that_it_goes_by(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 300);
    const struct json *row = rows_of(o, OFFICE_MARKET, "open")->first;

    expect_text(row, "id", str_c(o->arena, str_fmt(o->arena, "%.*s-1", STR_ARG(no))));
    expect_text(row, "task_name", "受理审查");
    expect_text(row, "part_name", "食品经营许可");
    expect_text(row, "state_text", "等受理");
    expect_text(row, "assignee", "");
    expect_text(row, "clock.title", "告知补正");
    expect_text(row, "clock.text", "剩 5 天");
    expect_text(row, "due", "2026-06-08");
    struct str url = str_fmt(o->arena, "/desk/%.*s-1?task=%.*s", STR_ARG(no), STR_ARG(json_str(row, "task")));
    assert_true(str_eq(json_str(row, "url"), url) && json_str(row, "task").len > 2);
    takes(o, no, "1", "accept", &o->market);
    office_days(o, 5);
    row = rows_of(o, OFFICE_MARKET, "open")->first;
    expect_text(row, "task_name", "决定");
    expect_text(row, "clock.title", "作出许可决定");
    expect_text(row, "clock.colour", "yellow"); /* four of five */
    expect_text(row, "clock.text", "剩 1 天");
    fixture_sql(&o->fixture, "UPDATE worklist SET assignee = 'o-ouyang' WHERE part = '1'");
    expect_text(rows_of(o, OFFICE_MARKET, "open")->first, "assignee", "欧阳云舒");
}

static void
what_waits_for_the_applicant_shows_the_clock_that_stands(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    takes(o, no, "1", "accept", &o->market);
    office_days(o, 1);
    takes(o, no, "1", "ask_supplement", &o->market);
    expect_counts(o, OFFICE_MARKET, 0, 1, 0);
    assert_int_equal(rows_of(o, OFFICE_MARKET, "open")->count, 0);
    const struct json *row = rows_of(o, OFFICE_MARKET, "waiting")->first;
    expect_text(row, "clock.colour", "paused");
    expect_text(row, "clock.text", "暂停 · 剩 4 天");
    expect_text(row, "clock.owner", "applicant");
    expect_text(row, "clock.owner_text", "申请人");
    assert_true(json_true(row, "is_waiting"));
}

static void
a_task_of_the_whole_case_is_done_at_part_0(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    fixture_sql(&o->fixture, "UPDATE worklist SET part = ''");
    const struct json *row = rows_of(o, OFFICE_MARKET, "open")->first;
    expect_text(row, "id", str_c(o->arena, str_fmt(o->arena, "%.*s-0", STR_ARG(no))));
    assert_true(str_starts(json_str(row, "url"), str_fmt(o->arena, "/desk/%.*s-0?task=", STR_ARG(no))));
    expect_text(row, "part_name", "");
    expect_text(row, "item_name", "开办餐饮店");
    assert_null(json_get(row, "state"));
}

/* The desk shows the clock that the queue has put a task there by. */
static void
a_task_of_a_case_has_the_clock_that_its_row_has(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);
    struct json *d;
    struct err err;

    assert_int_equal(case_choices(&o->work, &o->fixture.db, o->arena, str_fmt(o->arena, "%.*s-1", STR_ARG(no)), &o->market, o->now_us, STR("zh"), &d, &err),
                     RC_OK);
    expect_text(d, "tasks.0.clock.title", "告知补正");
    expect_text(d, "tasks.0.clock.text", "剩 5 天");
    expect_text(d, "tasks.0.due", "2026-06-08");
    assert_true(str_eq(json_path(d, "tasks.0.task")->text, json_str(rows_of(o, OFFICE_MARKET, "open")->first, "task")));
}

/* From another node a process may come of which there is no file here. */
static void
a_task_whose_case_is_kept_elsewhere_is_listed_by_its_number(void **state)
{
    struct office *o = *state;

    (void)office_case(o, 80);
    fixture_sql(&o->fixture, "UPDATE worklist SET case_no = 'elsewhere', part = ''");
    const struct json *row = rows_of(o, OFFICE_MARKET, "open")->first;
    expect_text(row, "case_no", "elsewhere");
    expect_text(row, "tail", "here");
    expect_text(row, "task_name", "受理审查");
    assert_null(json_get(row, "item_name"));
}

static void
what_is_no_cursor_begins_at_the_start(void **state)
{
    static const char *const junk[] = {"junk", ".", "1.2", "1.2.3.x", "99999999999999999999.1.1.0", "1.2.3.4.5", "1 OR 1=1"};
    struct office *o = *state;

    (void)office_case(o, 80);
    (void)office_case(o, 80);
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        assert_int_equal(json_get(queue_of(o, OFFICE_MARKET, "open", str_of(junk[i]), 9), "rows")->count, 2);
    }
}

/* --- a calendar that comes into force ----------------------------------------------------------------------- */

static enum rc
put_calendar_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct office *o = ctx;
    struct json *document;
    bool is_new = false;
    enum rc rc = asset_json(o->arena, "demo/calendar/cn.json", &document, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(o->arena, document, "version", STR("cn-2026.later"));
    for (const struct json *y = json_get(document, "years")->first; y != NULL; y = y->next) {
        if (json_int_or(y, "year", 0) == 2026) {
            json_push((struct json *)(uintptr_t)json_get(y, "holidays"), json_text(o->arena, STR("2026-06-04")));
        }
    }
    rc = almanac_put(tx, o->arena, document, o->now_us, &is_new, err);
    assert_true(rc != RC_OK || is_new);
    return rc;
}

/* Thursday 4 June becomes a holiday; clocks and queues are gone over, as the sweeper does it. */
static void
a_holiday_comes(struct office *o)
{
    struct watch_round round = {.edition = 0};
    bool changed = false, more = true;
    int64_t after = 0;
    struct err err = {.text = ""};

    if (store_write(&o->fixture.db, put_calendar_tx, o, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(almanac_refresh(o->almanac, &o->fixture.db, &changed, &err), RC_OK);
    assert_true(changed);
    while (more) {
        assert_int_equal(timekeeper_recompute(&o->fixture.db, o->arena, conduct_keeper(o->conduct), o->now_us, &round, &more, &err), RC_OK);
    }
    for (more = true; more;) {
        assert_int_equal(conduct_sort(&o->fixture.db, o->arena, &after, &more, &err), RC_OK);
    }
}

static void
a_calendar_that_is_counted_anew_moves_what_is_due_in_the_queue_and_on_pages(void **state)
{
    struct office *o = *state;
    struct str accepted = office_case(o, 80), fresh = office_case(o, 80);
    struct json *d;
    struct err err;

    takes(o, accepted, "1", "accept", &o->market);
    expect_text(rows_of(o, OFFICE_MARKET, "open")->first, "due", "2026-06-08");
    a_holiday_comes(o);
    const struct json *rows = rows_of(o, OFFICE_MARKET, "open");
    expect_text(rows->first, "due", "2026-06-09");
    expect_text(rows->first->next, "due", "2026-06-09");
    expect_text(office_sub(o, accepted, "1", &o->applicant), "clock.due", "2026-06-09");
    expect_text(office_sub(o, accepted, "1", &o->applicant), "clock.calendar", "cn-2026.later");
    expect_text(office_sub(o, fresh, "1", &o->applicant), "hear_by", "2026-06-09");
    assert_int_equal(case_document(&o->work, &o->fixture.db, o->arena, accepted, &o->applicant, o->now_us, STR("zh"), &d, &err), RC_OK);
    assert_int_equal(case_progress(&o->work, &o->fixture.db, o->arena, json_str(d, "query_code"), o->now_us, STR("zh"), &d, &err), RC_OK);
    expect_text(d, "sub_cases.0.clock.due", "2026-06-09");
    assert_int_equal(json_int_or(d, "left_days", -1), 5);
    office_days(o, 7); /* Monday 8 June: once the last day */
    expect_text(rows_of(o, OFFICE_MARKET, "open")->first, "clock.text", "剩 1 天");
}

/* --- what has its result --------------------------------------------------------------------------------- */

static void
a_part_with_a_result_is_done(void **state)
{
    struct office *o = *state;
    struct str no = office_case(o, 80);

    takes(o, no, "1", "accept", &o->market);
    takes(o, no, "1", "refuse", &o->market);
    expect_counts(o, OFFICE_MARKET, 0, 0, 1);
    const struct json *row = rows_of(o, OFFICE_MARKET, "done")->first;
    expect_text(row, "state", "refused");
    expect_text(row, "url", str_c(o->arena, str_fmt(o->arena, "/desk/%.*s-1", STR_ARG(no))));
    expect_text(row, "part_name", "食品经营许可");
}

static void
results_come_latest_first_page_by_page_and_what_was_never_to_be_done_does_not(void **state)
{
    struct office *o = *state;
    struct str no[5], after = STR("");
    int count = 0;

    for (int i = 0; i < 5; i++) {
        no[i] = office_case(o, 80); /* the fire office's part is waived */
        takes(o, no[i], "1", "reject", &o->market);
        o->now_us += i == 2 ? 0 : 1000000; /* two of them in one instant */
    }
    do {
        const struct json *d = queue_of(o, OFFICE_MARKET, "done", after, 2);
        for (const struct json *r = json_get(d, "rows")->first; r != NULL; r = r->next, count++) {
            assert_true(count < 5 && str_eq(json_str(r, "case_no"), no[4 - count]));
        }
        after = json_str(d, "next");
    } while (after.len > 0);
    assert_int_equal(count, 5);
    expect_counts(o, OFFICE_FIRE, 0, 0, 0);
    assert_int_equal(json_get(queue_of(o, OFFICE_MARKET, "done", STR("junk"), 9), "rows")->count, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_queue_goes_by_due_date_within_one_organisation),
        OFFICE_TEST(a_row_names_the_task_its_part_and_the_clock_that_it_goes_by),
        OFFICE_TEST(what_waits_for_the_applicant_shows_the_clock_that_stands),
        OFFICE_TEST(a_task_of_the_whole_case_is_done_at_part_0),
        OFFICE_TEST(a_task_of_a_case_has_the_clock_that_its_row_has),
        OFFICE_TEST(a_task_whose_case_is_kept_elsewhere_is_listed_by_its_number),
        OFFICE_TEST(what_is_no_cursor_begins_at_the_start),
        OFFICE_TEST(a_calendar_that_is_counted_anew_moves_what_is_due_in_the_queue_and_on_pages),
        OFFICE_TEST(a_part_with_a_result_is_done),
        OFFICE_TEST(results_come_latest_first_page_by_page_and_what_was_never_to_be_done_does_not),
    };

    return OFFICE_RUN(tests, "queues");
}
