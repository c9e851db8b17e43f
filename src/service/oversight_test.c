/*
 * Tallies are what a recount of the rows gives, after any steps and none that was undone; what is open, due soon and late is told by the
 * calendar that the clocks follow.
 */
#include "service/test_office.h"
#include "service/oversight.h"

enum { CASES_MAX = 60, STEPS = 400 };

/* --- help ------------------------------------------------------------------------------------------ */

static void
takes(struct office *o, struct str case_no, const char *part, const char *on,
      const struct identity *who)
{
    struct case_move move = office_move(o, case_no, part, on);
    struct err err = {.text = ""};

    if (office_step(o, &move, who, &err) != RC_OK) {
        fail_msg("%s: %s", on, err.text);
    }
}

static int32_t
today(const struct office *o)
{
    return instant_day(o->now_us, CLOCK_OFFSET_CHINA_MINUTES);
}

static struct tally
sum(struct office *o, const char *org, int32_t from, int32_t until)
{
    struct tally t;
    struct err err;

    assert_int_equal(oversight_sum(&o->fixture.db, str_of(org), from, until, &t, &err), RC_OK);
    return t;
}

static void
expect_tally(struct tally got, struct tally want)
{
    assert_int_equal(got.decided, want.decided);
    assert_int_equal(got.timed, want.timed);
    assert_int_equal(got.late, want.late);
    assert_int_equal(got.used_days, want.used_days);
    assert_int_equal(got.deemed, want.deemed);
}

static const struct json *
overview(struct office *o)
{
    struct json *d;
    struct err err;

    office_turn(o);
    assert_int_equal(oversight_document(&o->work, &o->fixture.db, o->arena, o->now_us, STR("zh"),
                                        &d, &err),
                     RC_OK);
    return d;
}

static const struct json *
of_org(const struct json *document, const char *org)
{
    for (const struct json *o = json_get(document, "orgs")->first; o != NULL; o = o->next) {
        if (str_eq(json_str(o, "org"), str_of(org))) {
            return o;
        }
    }
    return NULL;
}

static void
expect_open(const struct json *d, int open, int waiting, int soon, int overdue)
{
    assert_int_equal(json_int_or(d, "open", -1), open);
    assert_int_equal(json_int_or(d, "waiting", -1), waiting);
    assert_int_equal(json_int_or(d, "soon", -1), soon);
    assert_int_equal(json_int_or(d, "overdue", -1), overdue);
}

static const struct json *
late(struct office *o, struct str after, int limit)
{
    struct json *d;
    struct err err;

    office_turn(o); /* that it is over is told once it is */
    assert_int_equal(oversight_late(&o->work, &o->fixture.db, o->arena, after, limit, true, o->now_us, STR("zh"), &d, &err), RC_OK);
    return d;
}

/*
 * The rows are counted once more, from the decisions and the clocks that parts went by; both counts must have the same rows.  The table is left
 * as it was.
 */
static void
expect_recount(struct office *o)
{
    static const char recount[] =
        "CREATE TABLE tally_again AS SELECT org, day, SUM(decided) AS decided, SUM(timed) AS timed, SUM(late) AS late, SUM(used_days) AS used_days, "
        "SUM(deemed) AS deemed FROM (SELECT s.org, (s.decided_us / 1000000 + 28800) / 86400 AS day, 1 AS decided, "
        "CASE WHEN c.kind = 'promised' THEN 1 ELSE 0 END AS timed, CASE WHEN c.kind = 'promised' THEN c.over ELSE 0 END AS late, "
        "CASE WHEN c.kind = 'promised' THEN c.used ELSE 0 END AS used_days, 0 AS deemed "
        "FROM sub_case s LEFT JOIN clock c ON c.id = s.clock WHERE s.decided_us > 0 UNION ALL "
        "SELECT org, (at_us / 1000000 + 28800) / 86400, 0, 0, 0, 0, 1 FROM act WHERE kind = 19 AND org IS NOT NULL) counted GROUP BY org, day";
    static const char all[] = "INSERT INTO tally_again SELECT '', day, SUM(decided), SUM(timed), SUM(late), SUM(used_days), SUM(deemed) "
                              "FROM tally_again GROUP BY day";
    static const char differing[] = "SELECT COUNT(*) FROM (SELECT * FROM (SELECT * FROM sub_case_tally EXCEPT SELECT * FROM tally_again) x "
                                    "UNION ALL SELECT * FROM (SELECT * FROM tally_again EXCEPT SELECT * FROM sub_case_tally) y) z";

    fixture_sql(&o->fixture, recount);
    fixture_sql(&o->fixture, all);
    assert_int_equal(fixture_int(&o->fixture, differing), 0);
    fixture_sql(&o->fixture, "DROP TABLE tally_again");
}

/* --- tallies ----------------------------------------------------------------------------------------- */

static void
a_decision_counts_on_its_day_for_its_organisation_and_for_all(void **state)
{
    struct office *o = *state;
    struct str prompt = office_case(o, 300), slow = office_case(o, 80);
    struct str last = office_case(o, 80);
    int32_t monday = today(o);

    takes(o, prompt, "1", "accept", &o->market);
    takes(o, prompt, "2", "accept", &o->fire);
    takes(o, slow, "1", "accept", &o->market);
    takes(o, last, "1", "accept", &o->market);
    expect_tally(sum(o, "", monday, monday), (struct tally){0}); /* to accept is not to decide */
    office_days(o, 2);
    takes(o, prompt, "1", "grant", &o->market);
    takes(o, prompt, "2", "refuse", &o->fire);
    office_days(o, 5); /* Monday 8 June: the fifth working day of five */
    takes(o, last, "1", "refuse", &o->market);
    office_days(o, 1);
    takes(o, slow, "1", "grant_with_terms", &o->market);
    expect_tally(sum(o, OFFICE_MARKET, monday, monday + 8),
                 (struct tally){.decided = 3, .timed = 3, .late = 1, .used_days = 13});
    expect_tally(sum(o, OFFICE_MARKET, monday + 3, monday + 8),
                 (struct tally){.decided = 2, .timed = 2, .late = 1, .used_days = 11});
    expect_tally(sum(o, OFFICE_MARKET, monday, monday + 6),
                 (struct tally){.decided = 1, .timed = 1, .used_days = 2});
    expect_tally(sum(o, OFFICE_FIRE, monday + 2, monday + 2),
                 (struct tally){.decided = 1, .timed = 1, .used_days = 2});
    expect_tally(sum(o, "", monday, monday + 8),
                 (struct tally){.decided = 4, .timed = 4, .late = 1, .used_days = 15});
    expect_recount(o);
}

static void
what_never_had_a_clock_is_decided_but_neither_in_time_nor_late(void **state)
{
    struct office *o = *state;
    struct str refused = office_case(o, 80), withdrawn = office_case(o, 80);

    office_days(o, 3);
    takes(o, refused, "1", "reject", &o->market);
    takes(o, withdrawn, "1", "withdraw", &o->applicant);
    struct tally t = sum(o, OFFICE_MARKET, today(o), today(o));
    expect_tally(t, (struct tally){.decided = 1});
    assert_int_equal(oversight_on_time(&t), -1);
    const struct json *year = json_get(of_org(overview(o), OFFICE_MARKET), "year");
    assert_null(json_get(year, "on_time"));
    assert_null(json_get(year, "mean_days"));
    expect_recount(o);
}

static void
silence_is_counted_where_it_was(void **state)
{
    struct office *o = *state;

    (void)office_case(o, 300);
    office_days(o, 8);
    office_turn(o);
    expect_tally(sum(o, OFFICE_FIRE, today(o), today(o)), (struct tally){.deemed = 1});
    expect_tally(sum(o, "", today(o), today(o)), (struct tally){.deemed = 2});
    expect_recount(o);
}

static void
a_step_that_was_undone_counts_for_nothing(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 80);
    struct case_move move;
    struct err err;

    takes(o, case_no, "1", "accept", &o->market);
    move = office_move(o, case_no, "1", "refuse");
    move.reason = STR("");
    assert_int_equal(office_step(o, &move, &o->market, &err), RC_INVALID);
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM sub_case_tally"), 0);
    for (size_t n = 1;; n++) {
        struct arena *a = arena_new(8 << 20);
        move = office_move(o, case_no, "1", "grant");
        arena_fail_at(a, n);
        enum rc rc = case_step(&o->work, &o->fixture.db, a, &move, &o->market, o->now_us,
                               json_array(o->arena), &err);
        assert_int_equal(sum(o, OFFICE_MARKET, today(o), today(o)).decided, rc == RC_OK);
        arena_free(a);
        if (rc == RC_OK) {
            break;
        }
    }
    expect_recount(o);
}

/* xorshift: the same steps each time. */
static unsigned
next(unsigned *seed, unsigned below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed % below;
}

static void
after_any_steps_the_tallies_are_what_the_rows_say(void **state)
{
    static const char *const steps[] = {"accept", "accept", "ask_supplement", "supply", "grant",
                                        "grant_with_terms", "refuse", "reject", "withdraw"};
    struct office *o = *state;
    struct str cases[CASES_MAX];
    unsigned count = 0, seed = 20260601;
    int64_t taken = 0, deemed = 0;
    struct err err;

    for (int i = 0; i < STEPS; i++) {
        if (count < CASES_MAX && next(&seed, 4) == 0) {
            cases[count++] = office_case(o, next(&seed, 2) == 0 ? 80 : 300);
        }
        if (next(&seed, 8) == 0) {
            office_days(o, 1 + (int)next(&seed, 4));
            office_turn(o);
            deemed = sum(o, "", 0, today(o)).deemed;
        }
        if (count > 0) {
            const char *on = steps[next(&seed, sizeof(steps) / sizeof(steps[0]))];
            bool is_first = next(&seed, 2) == 0;
            struct case_move move =
                office_move(o, cases[next(&seed, count)], is_first ? "1" : "2", on);
            const struct identity *who = strcmp(on, "supply") == 0 || strcmp(on, "withdraw") == 0
                                             ? &o->applicant
                                         : is_first ? &o->market
                                                    : &o->fire;
            taken += office_step(o, &move, who, &err) == RC_OK;
        }
    }
    struct tally all = sum(o, "", 0, today(o));
    assert_true(taken > 60 && all.decided > 20 && all.late > 3 && all.timed < all.decided);
    assert_int_equal(all.deemed, deemed);
    assert_true(deemed > 3);
    struct tally market = sum(o, OFFICE_MARKET, 0, today(o)), fire = sum(o, OFFICE_FIRE, 0, today(o));
    expect_tally(all, (struct tally){market.decided + fire.decided, market.timed + fire.timed,
                                     market.late + fire.late, market.used_days + fire.used_days,
                                     market.deemed + fire.deemed});
    expect_recount(o);
}

static void
a_share_is_never_rounded_up(void **state)
{
    static const struct {
        int64_t timed, late;
        int tenths;
    } cases[] = {{0, 0, -1}, {1, 0, 1000}, {1, 1, 0}, {3, 1, 666}, {11204, 157, 985}, {1000000, 1, 999}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tally t = {.timed = cases[i].timed, .late = cases[i].late};
        assert_int_equal(oversight_on_time(&t), cases[i].tenths);
    }
}

/* --- what is open -------------------------------------------------------------------------------------- */

static void
what_is_open_is_told_by_organisation_and_for_all(void **state)
{
    struct office *o = *state;
    struct str running = office_case(o, 300), waiting = office_case(o, 80);

    assert_int_equal(json_get(overview(o), "orgs")->count, 2);
    takes(o, running, "1", "accept", &o->market); /* until Monday 8 June */
    takes(o, running, "2", "accept", &o->fire);   /* until Thursday 4 June */
    takes(o, waiting, "1", "ask_supplement", &o->market);
    expect_open(of_org(overview(o), OFFICE_MARKET), 1, 1, 0, 0);
    expect_open(of_org(overview(o), OFFICE_FIRE), 1, 0, 0, 0);
    office_days(o, 1);
    expect_open(of_org(overview(o), OFFICE_FIRE), 1, 0, 1, 0);
    office_days(o, 3); /* Friday 5 June */
    expect_open(of_org(overview(o), OFFICE_MARKET), 1, 1, 1, 0);
    expect_open(of_org(overview(o), OFFICE_FIRE), 1, 0, 0, 1);
    expect_open(json_get(overview(o), "all"), 2, 1, 1, 1);
    assert_true(str_eq(json_str(of_org(overview(o), OFFICE_FIRE), "name"), STR("消防救援支队")));
    takes(o, running, "2", "refuse", &o->fire);
    expect_open(json_get(overview(o), "all"), 1, 1, 1, 0);
}

static void
a_promise_is_broken_once_its_last_day_has_ended(void **state)
{
    struct office *o = *state;
    struct str case_no;

    office_days(o, -3); /* Friday 29 May */
    case_no = office_case(o, 80);
    takes(o, case_no, "1", "accept", &o->market);
    office_days(o, 7);
    expect_open(json_get(overview(o), "all"), 1, 0, 1, 0);
    assert_int_equal(json_get(late(o, STR(""), 5), "rows")->count, 0);
    office_days(o, 1); /* Saturday: no day to work on, but Friday is over */
    expect_open(json_get(overview(o), "all"), 1, 0, 0, 1);
    const struct json *row = json_get(late(o, STR(""), 5), "rows")->first;
    assert_non_null(row);
    assert_true(str_eq(json_str(json_get(row, "clock"), "colour"), STR("red")));
}

static void
an_organisation_that_has_nothing_is_left_out(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 80);

    /* The fire office's part is waived. */
    assert_null(of_org(overview(o), OFFICE_FIRE));
    takes(o, case_no, "1", "reject", &o->market);
    assert_non_null(of_org(overview(o), OFFICE_MARKET));
    office_days(o, OVERSIGHT_YEAR_DAYS - 1);
    assert_int_equal(json_int_or(json_get(of_org(overview(o), OFFICE_MARKET), "year"), "decided", -1), 1);
    assert_int_equal(json_int_or(json_get(of_org(overview(o), OFFICE_MARKET), "month"), "decided", -1), 0);
    office_days(o, 1);
    assert_int_equal(json_get(overview(o), "orgs")->count, 0);
}

static void
what_is_late_comes_oldest_first_page_by_page_and_without_what_was_handed_in(void **state)
{
    struct office *o = *state;
    struct str cases[5];
    struct str after = STR("");

    for (int i = 0; i < 5; i++) {
        cases[i] = office_case(o, 300);
        takes(o, cases[i], "1", "reject", &o->market);
        takes(o, cases[i], "2", "accept", &o->fire);
        office_days(o, 1);
    }
    office_days(o, 14);
    for (int page = 0; page < 3; page++) {
        const struct json *d = late(o, after, 2);
        const struct json *row = json_get(d, "rows")->first;
        for (int i = page * 2; i < page * 2 + 2 && i < 5; i++, row = row->next) {
            assert_non_null(row);
            assert_true(str_eq(json_str(row, "case_no"), cases[i]));
            assert_true(str_eq(json_str(row, "url"), str_fmt(o->arena, "/cases/%.*s", STR_ARG(cases[i]))));
            assert_true(str_eq(json_str(row, "officer"), STR("上官凌霄")));
            assert_true(str_eq(json_str(json_get(row, "clock"), "colour"), STR("red")));
        }
        assert_null(row);
        after = json_str(d, "next");
        assert_int_equal(after.len > 0, page < 2);
        struct str text;
        struct err err;
        assert_int_equal(json_print(o->arena, d, &text, &err), RC_OK);
        assert_false(str_has(text, STR("半亩方塘")) || str_has(text, STR("沈知遥")));
    }
    takes(o, cases[0], "2", "refuse", &o->fire);
    assert_true(str_eq(json_str(json_get(late(o, STR("nonsense"), 1), "rows")->first, "case_no"), cases[1]));
}

struct whole {
    struct office *office;
    struct watch_start start;
};

static enum rc
start_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct whole *w = ctx;
    struct watch_change change;

    return timekeeper_start(tx, w->office->arena, conduct_keeper(w->office->conduct), &w->start, w->office->now_us, &change, err);
}

/* A clock of a case as a whole, as models of joint procedures start it. */
static void
starts_for_all(struct office *o, struct str case_no, enum gov_clock_kind of_kind, const char *org)
{
    struct whole w = {o, {.case_no = case_no, .name = STR("joint"), .org = str_of(org), .region = STR(""), .rule = STR("permit.joint"),
                          .kind = of_kind, .is_promise = true, .value = 1, .unit = UNIT_WORKING_DAY, .actor = STR("system")}};
    struct err err;

    assert_int_equal(store_write(&o->fixture.db, start_tx, &w, &err), RC_OK);
}

static void
expect_text(const struct json *d, const char *name, const char *text)
{
    if (!str_eq(json_str(d, name), str_of(text))) {
        fail_msg("%s is \"%.*s\", not \"%s\"", name, STR_ARG(json_str(d, name)), text);
    }
}

static void
a_joint_clock_that_is_over_is_red_once_and_its_leading_office_s(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);

    starts_for_all(o, case_no, GOV_JOINT, OFFICE_MARKET);
    starts_for_all(o, case_no, GOV_PROMISED, ""); /* before clocks had an office of their own */
    office_days(o, 2);
    const struct json *rows = json_get(late(o, STR(""), 9), "rows");
    assert_int_equal(rows->count, 2);
    expect_text(rows->first, "limit", "统一、联合、集中办理");
    expect_text(rows->first, "kind", "联合办理时限");
    expect_text(rows->first, "name", "");
    for (const struct json *r = rows->first; r != NULL; r = r->next) {
        expect_text(r, "org", OFFICE_MARKET);
        expect_text(r, "org_name", "市场监管局");
        expect_text(r, "item_name", "开办餐饮店");
    }
    assert_int_equal(json_int_or(of_org(overview(o), OFFICE_MARKET), "overdue", -1), 1);
    assert_int_equal(json_int_or(of_org(overview(o), OFFICE_FIRE), "overdue", -1), 0);
}

static void
what_everybody_sees_of_what_is_red_names_no_case_and_nobody(void **state)
{
    static const char *const inside[] = {"case_no", "tail", "url", "officer"};
    struct office *o = *state;
    struct str case_no = office_case(o, 300);
    struct json *d, *named;
    struct err err;

    takes(o, case_no, "2", "accept", &o->fire);
    office_days(o, 14);
    office_turn(o);
    assert_int_equal(oversight_late(&o->work, &o->fixture.db, o->arena, STR(""), 9, false, o->now_us, STR("zh"), &d, &err), RC_OK);
    assert_int_equal(oversight_late(&o->work, &o->fixture.db, o->arena, STR(""), 9, true, o->now_us, STR("zh"), &named, &err), RC_OK);
    const struct json *row = json_get(d, "rows")->first, *same = json_get(named, "rows")->first;
    expect_text(row, "org", OFFICE_FIRE);
    expect_text(row, "name", "消防安全检查");
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        assert_null(json_get(row, inside[i]));
        assert_non_null(json_get(same, inside[i]));
    }
    struct str text;
    assert_int_equal(json_print(o->arena, d, &text, &err), RC_OK);
    assert_false(str_has(text, case_no) || str_has(text, STR("上官凌霄")));
}

static void
for_want_of_room_nothing_is_told_by_halves(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);
    bool reached = true;

    takes(o, case_no, "2", "accept", &o->fire);
    takes(o, case_no, "1", "reject", &o->market);
    office_days(o, 14);
    office_turn(o);
    for (size_t n = 1; reached; n++) {
        struct arena *a = arena_new(8 << 20);
        struct json *d = NULL, *l = NULL;
        struct err err;
        arena_fail_at(a, n);
        enum rc rc = oversight_document(&o->work, &o->fixture.db, a, o->now_us, STR("en"), &d, &err);
        assert_true(rc == RC_LIMIT || (rc == RC_OK && json_get(d, "orgs")->count == 2));
        enum rc list_rc = rc != RC_OK ? rc
                                      : oversight_late(&o->work, &o->fixture.db, a, STR(""), 1, true, o->now_us, STR("en"), &l, &err);
        assert_true(list_rc == RC_LIMIT || (list_rc == RC_OK && json_get(l, "rows")->count == 1));
        reached = office_reached(a, n);
        assert_true(reached || list_rc == RC_OK);
        arena_free(a);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_decision_counts_on_its_day_for_its_organisation_and_for_all),
        OFFICE_TEST(what_never_had_a_clock_is_decided_but_neither_in_time_nor_late),
        OFFICE_TEST(silence_is_counted_where_it_was),
        OFFICE_TEST(a_step_that_was_undone_counts_for_nothing),
        OFFICE_TEST(after_any_steps_the_tallies_are_what_the_rows_say),
        OFFICE_TEST(a_share_is_never_rounded_up),
        OFFICE_TEST(what_is_open_is_told_by_organisation_and_for_all),
        OFFICE_TEST(a_promise_is_broken_once_its_last_day_has_ended),
        OFFICE_TEST(an_organisation_that_has_nothing_is_left_out),
        OFFICE_TEST(what_is_late_comes_oldest_first_page_by_page_and_without_what_was_handed_in),
        OFFICE_TEST(a_joint_clock_that_is_over_is_red_once_and_its_leading_office_s),
        OFFICE_TEST(what_everybody_sees_of_what_is_red_names_no_case_and_nobody),
        OFFICE_TEST(for_want_of_room_nothing_is_told_by_halves),
    };

    return OFFICE_RUN(tests, "oversight");
}
