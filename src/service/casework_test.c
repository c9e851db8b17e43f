/*
 * Changes to cases: submitted once, moved by whom the law lets, each at most as often as it lets, every change with its act.
 */
#include "evidence/act.h"
#include "service/casework_int.h"
#include "service/test_office.h"

/* --- help ------------------------------------------------------------------------------------------ */

/* Of cases; all but those of clocks, which stand and run again with what was done. */
static int64_t
acts(struct office *o)
{
    return fixture_int(&o->fixture, str_c(o->arena, str_fmt(o->arena, "SELECT COUNT(*) FROM act WHERE kind <> %d AND case_no IS NOT NULL", ACT_CLOCK)));
}

static int64_t
acts_of(struct office *o, enum act_kind what)
{
    return fixture_int(&o->fixture, str_c(o->arena, str_fmt(o->arena, "SELECT COUNT(*) FROM act WHERE kind = %d", what)));
}

/* The step is taken, and there is one act more. */
static void
takes(struct office *o, struct str case_no, const char *part, const char *on,
      const struct identity *who)
{
    struct case_move move = office_move(o, case_no, part, on);
    int64_t before = acts(o);
    struct err err = {.text = ""};
    enum rc rc = office_step(o, &move, who, &err);

    if (rc != RC_OK) {
        print_message("%s: %s %s\n", on, rc_name(rc), err.text);
    }
    assert_int_equal(rc, RC_OK);
    assert_int_equal(acts(o) - before, 1);
}

/* The move is refused with that type and leaves neither an act nor another state. */
static void
refuses(struct office *o, const struct case_move *move, const struct identity *who, enum rc rc,
        const char *type)
{
    int64_t before = acts(o);
    struct err err = {.type = ""};
    enum rc got = office_step(o, move, who, &err);

    if (got != rc || strcmp(err.type, type) != 0) {
        print_message("%.*s: %s %s %s\n", STR_ARG(move->on), rc_name(got), err.type, err.text);
    }
    assert_int_equal(got, rc);
    assert_string_equal(err.type, type);
    assert_int_equal(acts(o), before);
}

static void
expect_state(struct office *o, struct str case_no, const char *part, const char *state)
{
    struct str got = json_str(office_sub(o, case_no, part, &o->supervisor), "state");

    if (!str_eq(got, str_of(state))) {
        print_message("part %s is %.*s, not %s\n", part, STR_ARG(got), state);
    }
    assert_true(str_eq(got, str_of(state)));
}

static const struct json *
clock_of(struct office *o, struct str case_no, const char *part)
{
    return json_get(office_sub(o, case_no, part, &o->supervisor), "clock");
}

static enum rc
submit(struct office *o, const struct draft *d, struct str *case_no, struct err *err)
{
    return case_submit(&o->work, &o->fixture.db, o->arena, d, &o->applicant, o->now_us, case_no,
                       json_array(o->arena), err);
}

/* --- submitting ------------------------------------------------------------------------------------- */

static void
a_case_number_counts_within_item_and_day(void **state)
{
    struct office *o = *state;
    const struct str day = STR(OFFICE_MARKET "3" OFFICE_ITEM "20260601");
    struct str first = office_case(o, 80), second = office_case(o, 80);

    assert_true(str_starts(first, day) && str_ends(first, STR("0001")));
    assert_true(str_starts(second, day) && str_ends(second, STR("0002")));
    assert_int_equal(first.len, 43);
    office_days(o, 1);
    assert_true(str_ends(office_case(o, 80), STR("202606020001")));
    fixture_sql(&o->fixture, "UPDATE case_serial SET last = 9999");
    struct draft d = office_draft(o, &o->applicant, "{}");
    struct str none = STR("untouched");
    struct err err;
    assert_int_equal(submit(o, &d, &none, &err), RC_BUSY);
    assert_string_equal(err.type, "day-full");
    assert_true(str_eq(none, STR("untouched")));
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM case_file"), 3);
}

static void
parts_that_apply_wait_and_the_others_are_waived(void **state)
{
    struct office *o = *state;
    struct str small = office_case(o, 299), large = office_case(o, 300);

    expect_state(o, small, "1", "submitted");
    expect_state(o, small, "2", "waived");
    expect_state(o, large, "1", "submitted");
    expect_state(o, large, "2", "submitted");
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM sub_case WHERE view = 'open'"),
                     3);
    struct case_move accept = office_move(o, small, "2", "accept");
    refuses(o, &accept, &o->fire, RC_CONFLICT, "step-not-possible");
}

static void
submitting_again_gives_the_same_number(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}"), fresh;
    struct str first, again, later;
    struct err err;
    int64_t before = acts(o);

    assert_int_equal(submit(o, &d, &first, &err), RC_OK);
    assert_int_equal(submit(o, &d, &again, &err), RC_OK); /* a second tab: it knows of no case yet */
    assert_int_equal(draft_get(&o->fixture.db, o->vault, o->arena, d.id, d.subject, &fresh, &err),
                     RC_OK);
    assert_int_equal(submit(o, &fresh, &later, &err), RC_OK);
    assert_true(str_eq(first, again));
    assert_true(str_eq(first, later));
    assert_int_equal(acts(o), before + 1);
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM case_file"), 1);
}

static void
what_another_tab_saved_since_is_not_submitted_unseen(void **state)
{
    struct office *o = *state;
    struct draft seen = office_draft(o, &o->applicant, "{}"), other;
    struct str case_no = STR("untouched");
    struct err err;

    assert_int_equal(draft_get(&o->fixture.db, o->vault, o->arena, seen.id, seen.subject, &other,
                               &err),
                     RC_OK);
    assert_int_equal(draft_save(&o->fixture.db, o->vault, o->arena, &other, o->now_us, &err),
                     RC_OK);
    assert_int_equal(submit(o, &seen, &case_no, &err), RC_CONFLICT);
    assert_string_equal(err.type, "other-tab");
    assert_true(str_eq(case_no, STR("untouched")));
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM case_file"), 0);
    assert_int_equal(acts(o), 0);
    assert_int_equal(submit(o, &other, &case_no, &err), RC_OK);
}

static void
an_incomplete_form_makes_no_case(void **state)
{
    static const char *const wrong[] = {"{\"shop_name\":\"\"}", "{\"area\":\"many\"}",
                                        "{\"kinds\":[]}", "{\"kinds\":[\"soup\"]}"};
    struct office *o = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct draft d = office_draft(o, &o->applicant, wrong[i]);
        struct str case_no;
        struct err err;
        assert_int_equal(submit(o, &d, &case_no, &err), RC_INVALID);
        assert_string_equal(err.type, "form-incomplete");
    }
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM case_file"), 0);
    assert_int_equal(acts(o), 0);
}

static void
the_act_of_a_submission_names_what_was_handed_in_by_its_digest(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{}");
    struct json *pushed = json_array(o->arena), *act;
    struct str case_no;
    struct err err;

    assert_int_equal(case_submit(&o->work, &o->fixture.db, o->arena, &d, &o->applicant, o->now_us,
                                 &case_no, pushed, &err),
                     RC_OK);
    assert_int_equal(pushed->count, 1);
    assert_true(str_eq(json_str(pushed->first, "kind"), STR("submit")));
    assert_int_equal(act_by_index(&o->fixture.db, o->arena, json_int_or(pushed->first, "index", -1),
                                  &act, &err),
                     RC_OK);
    assert_true(str_eq(json_str(act, "case_no"), case_no));
    assert_true(str_eq(json_str(act, "subject"), o->applicant.subject));
    assert_int_equal(json_str(json_get(act, "detail"), "content_sha256").len, 64);
    assert_int_equal(json_int_or(json_get(act, "detail"), "item_version", 0), 1);
    assert_false(str_has(json_str(act, "body"), STR("半亩方塘")));
}

static void
a_case_stays_with_the_version_it_began_with(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{\"area\":\"300\"}");
    struct str case_no;
    struct err err;

    /* The law of today has no second part any more. */
    fixture_sql(&o->fixture,
                "INSERT INTO item (code, version, since_us, document) SELECT code, 2, since_us, "
                "replace(document, '\"id\":\"2\"', '\"id\":\"9\"') FROM item WHERE code = '" OFFICE_ITEM
                "'");
    office_reload(o);
    assert_int_equal(draft_get(&o->fixture.db, o->vault, o->arena, d.id, o->applicant.subject, &d,
                               &err),
                     RC_OK);
    assert_int_equal(submit(o, &d, &case_no, &err), RC_OK);
    takes(o, case_no, "2", "accept", &o->fire);
    expect_state(o, case_no, "2", "accepted");
    assert_true(str_eq(json_str(office_sub(o, case_no, "2", &o->fire), "name"),
                       STR("消防安全检查")));
}

/* --- who may ------------------------------------------------------------------------------------------ */

static void
only_the_own_organisation_moves_a_sub_case(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);
    struct case_move accept = office_move(o, case_no, "1", "accept");
    struct case_move withdraw = office_move(o, case_no, "1", "withdraw");

    refuses(o, &accept, &o->fire, RC_DENIED, "other-organisation");
    refuses(o, &accept, &o->applicant, RC_DENIED, "not-permitted");
    refuses(o, &accept, &o->neighbour, RC_NOT_FOUND, "not-found");
    refuses(o, &withdraw, &o->neighbour, RC_NOT_FOUND, "not-found");
    refuses(o, &withdraw, &o->market, RC_DENIED, "not-permitted");
    expect_state(o, case_no, "1", "submitted");
    takes(o, case_no, "1", "accept", &o->junior); /* accepting needs no power */
    expect_state(o, case_no, "1", "accepted");
}

static void
what_is_not_there_cannot_be_moved(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 80);
    const struct str ids[] = {STR(""), STR("-"), STR("1"), str_fmt(o->arena, "%.*s", STR_ARG(case_no)),
                              str_fmt(o->arena, "%.*s-", STR_ARG(case_no)),
                              str_fmt(o->arena, "%.*s-3", STR_ARG(case_no)),
                              str_fmt(o->arena, "%.*s-1-1", STR_ARG(case_no))};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct case_move accept = office_move(o, case_no, "1", "accept");
        struct err err;
        accept.sub_case = ids[i];
        assert_int_equal(office_step(o, &accept, &o->market, &err), RC_NOT_FOUND);
    }
    struct case_move nonsense = office_move(o, case_no, "1", "accept");
    nonsense.on = STR("bless");
    refuses(o, &nonsense, &o->market, RC_CONFLICT, "step-not-possible");
}

static void
a_decision_needs_the_power_of_the_part(void **state)
{
    static const char *const decisions[] = {"grant", "grant_with_terms", "refuse"};
    struct office *o = *state;
    struct str case_no = office_case(o, 300);

    takes(o, case_no, "1", "accept", &o->market);
    for (size_t i = 0; i < 3; i++) {
        struct case_move move = office_move(o, case_no, "1", decisions[i]);
        refuses(o, &move, &o->junior, RC_DENIED, "power-missing");
        move.power = STR(OFFICE_FIRE_POWER);
        refuses(o, &move, &o->market, RC_DENIED, "power-missing");
        move.power = STR("");
        refuses(o, &move, &o->market, RC_DENIED, "power-missing");
    }
    expect_state(o, case_no, "1", "accepted");
    struct case_move reject = office_move(o, case_no, "2", "reject");
    refuses(o, &reject, &o->junior, RC_DENIED, "other-organisation");
    takes(o, case_no, "1", "grant", &o->market);
    expect_state(o, case_no, "1", "granted");
}

/* --- what must be said --------------------------------------------------------------------------------- */

static void
the_applicant_is_told_why(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);
    char longer[1001 * 3 + 1];
    struct case_move move;

    move = office_move(o, case_no, "1", "ask_supplement");
    move.reason = STR("");
    refuses(o, &move, &o->market, RC_INVALID, "reason-missing");
    move = office_move(o, case_no, "1", "reject");
    move.reason = STR("");
    refuses(o, &move, &o->market, RC_INVALID, "reason-missing");
    takes(o, case_no, "1", "accept", &o->market);
    move = office_move(o, case_no, "1", "refuse");
    move.reason = STR("");
    refuses(o, &move, &o->market, RC_INVALID, "reason-missing");
    move.reason = STR("a\x01\x02");
    refuses(o, &move, &o->market, RC_INVALID, "reason-missing");
    for (size_t i = 0; i < sizeof(longer) - 1; i++) {
        longer[i] = "因"[i % 3];
    }
    move.reason = (struct str){longer, sizeof(longer) - 1};
    refuses(o, &move, &o->market, RC_INVALID, "reason-missing");
    move = office_move(o, case_no, "1", "grant_with_terms");
    move.terms = STR("");
    refuses(o, &move, &o->market, RC_INVALID, "reason-missing");
    move = office_move(o, case_no, "1", "refuse");
    move.reason = (struct str){longer, sizeof(longer) - 4};
    struct err err;
    assert_int_equal(office_step(o, &move, &o->market, &err), RC_OK); /* a thousand characters are allowed */
}

static void
a_supplement_names_exact_fields(void **state)
{
    static const char *const wrong[] = {
        "{}", "[]", "[{\"field\":\"shop_name\"}]", "[{\"field\":\"shop_name\",\"what\":\"\"}]",
        "[{\"field\":\"no_such\",\"what\":\"x\"}]", "[{\"what\":\"x\"}]",
        "[{\"field\":\"area\",\"what\":\"x\"},{\"field\":\"\",\"what\":\"y\"}]", "[1]"};
    struct office *o = *state;
    struct str case_no = office_case(o, 80);
    struct case_move ask = office_move(o, case_no, "1", "ask_supplement");

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ask.fields = office_json(o, wrong[i]);
        refuses(o, &ask, &o->market, RC_INVALID, "fields-missing");
    }
    ask.fields = NULL;
    refuses(o, &ask, &o->market, RC_INVALID, "fields-missing");
}

static void
an_answer_brings_all_that_was_asked_and_nothing_else(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"shop_name\":\"x\"}",
        "{\"shop_name\":\"x\",\"area\":\"\"}",
        "{\"shop_name\":\"x\",\"plan\":[]}",
        "{\"shop_name\":\"x\",\"area\":\"90\",\"kinds\":[\"hot\"]}",
        "{\"shop_name\":\"x\",\"kinds\":[\"hot\"]}",
        "[]"};
    struct office *o = *state;
    struct str case_no = office_case(o, 80);
    struct case_move ask = office_move(o, case_no, "1", "ask_supplement");
    struct case_move supply = office_move(o, case_no, "1", "supply");
    struct err err;

    ask.fields = office_json(o, "[{\"field\":\"shop_name\",\"what\":\"店名\"},"
                                "{\"field\":\"area\",\"what\":\"面积\"}]");
    assert_int_equal(office_step(o, &ask, &o->market, &err), RC_OK);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        supply.fields = office_json(o, wrong[i]);
        refuses(o, &supply, &o->applicant, RC_INVALID, "fields-missing");
    }
    supply.fields = NULL;
    refuses(o, &supply, &o->applicant, RC_INVALID, "fields-missing");
    supply.fields = office_json(o, "{\"shop_name\":\"x\",\"area\":\"90\"}");
    refuses(o, &supply, &o->market, RC_DENIED, "not-permitted");
    assert_int_equal(office_step(o, &supply, &o->applicant, &err), RC_OK);
    const struct json *s = json_get(office_sub(o, case_no, "1", &o->market), "supplement");
    assert_true(str_eq(json_str(json_get(s, "answers"), "area"), STR("90")));
    assert_int_equal(json_int_or(s, "count", 0), 2);
    assert_false(json_true(s, "is_open"));
}

static void
a_supplement_is_asked_once_at_each_task(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);
    struct case_move again = office_move(o, case_no, "1", "ask_supplement");

    takes(o, case_no, "1", "ask_supplement", &o->market);
    refuses(o, &again, &o->market, RC_CONFLICT, "step-not-possible");
    takes(o, case_no, "1", "supply", &o->applicant);
    refuses(o, &again, &o->market, RC_CONFLICT, "only-once");
    takes(o, case_no, "1", "accept", &o->market);
    takes(o, case_no, "1", "ask_supplement", &o->market); /* where its model lets it be asked again: a task of its own */
    expect_state(o, case_no, "1", "paused");
    struct case_move supply = office_move(o, case_no, "1", "supply");
    supply.fields = office_json(o, "{\"shop_name\":\"半亩方塘酒楼\"}");
    struct err err;
    assert_int_equal(office_step(o, &supply, &o->applicant, &err), RC_OK);
    refuses(o, &again, &o->market, RC_CONFLICT, "only-once");
    const struct json *s = json_get(office_sub(o, case_no, "1", &o->market), "supplement");
    assert_true(str_eq(json_str(json_get(s, "answers"), "shop_name"), STR("半亩方塘酒楼")));
    takes(o, case_no, "2", "ask_supplement", &o->fire); /* the other part has its own */
    expect_state(o, case_no, "2", "waiting");
}

/* --- clocks ------------------------------------------------------------------------------------------------ */

static void
the_clock_starts_pauses_and_goes_on(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 80); /* Monday 1 June */

    assert_null(clock_of(o, case_no, "1"));
    takes(o, case_no, "1", "accept", &o->market);
    assert_true(str_eq(json_str(clock_of(o, case_no, "1"), "due"), STR("2026-06-08")));
    assert_int_equal(json_int_or(clock_of(o, case_no, "1"), "left_days", -9), 5);
    office_days(o, 2); /* Wednesday */
    assert_int_equal(json_int_or(clock_of(o, case_no, "1"), "used_days", -9), 2);
    takes(o, case_no, "1", "ask_supplement", &o->market);
    expect_state(o, case_no, "1", "paused");
    office_days(o, 7);
    assert_true(json_true(clock_of(o, case_no, "1"), "is_paused"));
    assert_int_equal(json_int_or(clock_of(o, case_no, "1"), "left_days", -9), 3);
    struct case_move grant = office_move(o, case_no, "1", "grant");
    refuses(o, &grant, &o->market, RC_CONFLICT, "step-not-possible");
    takes(o, case_no, "1", "supply", &o->applicant); /* Wednesday 10 June: three days are left */
    expect_state(o, case_no, "1", "accepted");
    assert_true(str_eq(json_str(clock_of(o, case_no, "1"), "due"), STR("2026-06-15")));
    assert_false(json_true(clock_of(o, case_no, "1"), "is_paused"));
    office_days(o, 2);
    assert_int_equal(json_int_or(clock_of(o, case_no, "1"), "left_days", -9), 1);
    takes(o, case_no, "1", "grant", &o->market);
    assert_true(str_eq(json_str(clock_of(o, case_no, "1"), "colour"), STR("done")));
    office_days(o, 30);
    assert_int_equal(json_int_or(clock_of(o, case_no, "1"), "left_days", -9), 1);
}

static void
silence_becomes_acceptance_after_the_fifth_working_day(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300), asked = office_case(o, 80);
    int64_t before;

    takes(o, asked, "1", "ask_supplement", &o->market);
    before = acts(o);
    office_days(o, 7); /* Monday 8 June: the fifth working day is not over */
    office_turn(o);
    assert_int_equal(acts(o), before);
    office_days(o, 1);
    office_turn(o);
    assert_int_equal(acts_of(o, ACT_DEEMED), 2);
    assert_int_equal(acts(o), before + 2);
    expect_state(o, case_no, "1", "accepted");
    expect_state(o, case_no, "2", "accepted");
    expect_state(o, asked, "1", "waiting"); /* told in time: it waits for the applicant */
    /* It counts from the day of receipt: five days, and today is the sixth. */
    assert_true(str_eq(json_str(clock_of(o, case_no, "1"), "due"), STR("2026-06-08")));
    assert_true(str_eq(json_str(clock_of(o, case_no, "1"), "colour"), STR("red")));
    office_turn(o);
    assert_int_equal(acts_of(o, ACT_DEEMED), 2);
    assert_int_equal(acts_of(o, ACT_OVERDUE), 2); /* the promise of each is over, and everybody is told so */
    takes(o, case_no, "1", "refuse", &o->market); /* what silence accepted is still decided on */
}

static void
nobody_but_time_can_say_that_silence_accepted(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 80);
    struct case_move deem = office_move(o, case_no, "1", "deem");

    refuses(o, &deem, &o->market, RC_CONFLICT, "step-not-possible");
    refuses(o, &deem, &o->applicant, RC_CONFLICT, "step-not-possible");
}

/* --- the end of it ------------------------------------------------------------------------------------------ */

static void
a_refused_part_does_not_stop_the_others(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);

    takes(o, case_no, "2", "accept", &o->fire);
    takes(o, case_no, "2", "refuse", &o->fire);
    takes(o, case_no, "1", "accept", &o->market);
    takes(o, case_no, "1", "grant", &o->market);
    expect_state(o, case_no, "1", "granted");
    expect_state(o, case_no, "2", "refused");
    const struct json *d = json_get(office_sub(o, case_no, "2", &o->applicant), "decision");
    assert_true(str_eq(json_str(d, "result"), STR("refused")));
    assert_true(str_eq(json_str(d, "reason"), STR("请看《食品安全法》第三十五条")));
    assert_true(str_eq(json_str(d, "by"), STR("上官凌霄")));
    assert_true(str_eq(json_str(d, "power_name"), STR("营业前消防安全检查")));
}

static void
nothing_follows_a_decision(void **state)
{
    static const char *const all[] = {"accept", "ask_supplement", "reject", "grant",
                                      "grant_with_terms", "refuse"};
    struct office *o = *state;
    struct str case_no = office_case(o, 80);
    struct case_move move;

    takes(o, case_no, "1", "accept", &o->market);
    takes(o, case_no, "1", "refuse", &o->market);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        move = office_move(o, case_no, "1", all[i]);
        refuses(o, &move, &o->market, RC_CONFLICT, "step-not-possible");
    }
    move = office_move(o, case_no, "1", "withdraw");
    refuses(o, &move, &o->applicant, RC_CONFLICT, "step-not-possible");
    move = office_move(o, case_no, "1", "supply");
    refuses(o, &move, &o->applicant, RC_CONFLICT, "step-not-possible");
    expect_state(o, case_no, "1", "refused");
}

static void
what_was_not_begun_can_be_withdrawn(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);
    struct case_move late;

    takes(o, case_no, "1", "withdraw", &o->applicant);
    expect_state(o, case_no, "1", "withdrawn");
    takes(o, case_no, "2", "accept", &o->fire);
    late = office_move(o, case_no, "2", "withdraw");
    refuses(o, &late, &o->applicant, RC_CONFLICT, "step-not-possible");
}

static int64_t
certificates(struct office *o)
{
    return fixture_int(&o->fixture, "SELECT COUNT(*) FROM certificate");
}

static void
a_granted_part_has_its_certificate_from_a_job_of_its_process(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 300);

    takes(o, case_no, "1", "accept", &o->market);
    takes(o, case_no, "1", "grant", &o->market);
    expect_state(o, case_no, "1", "granted"); /* the decision waits for no job */
    assert_int_equal(certificates(o), 0);
    office_turn(o);
    assert_int_equal(certificates(o), 1);
    assert_int_equal(acts_of(o, ACT_ISSUE), 1);
    takes(o, case_no, "2", "accept", &o->fire);
    takes(o, case_no, "2", "grant", &o->fire); /* that part has none */
    office_turn(o);
    assert_int_equal(certificates(o), 1);
    assert_int_equal(json_str(office_sub(o, case_no, "2", &o->applicant), "certificate").len, 0);
    assert_true(json_str(office_sub(o, case_no, "1", &o->applicant), "certificate").len > 60);
}

struct issuing {
    struct office *office;
    struct str sub_case;
    struct json *certificate, *acts;
};

static enum rc
issue_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct issuing *i = ctx;
    const struct case_issue issue = {.sub_case = i->sub_case, .certificate = i->certificate, .signature = STR("a signature"),
                                     .key_id = STR("k1"), .actor = STR("system"), .now_us = i->office->now_us};

    return case_issue_tx(&i->office->work, tx, i->office->arena, &issue, i->acts, err);
}

static void
a_certificate_is_issued_once_and_only_to_its_own_case(void **state)
{
    struct office *o = *state;
    struct str case_no = office_case(o, 80), other = office_case(o, 80);
    struct issuing i = {.office = o, .sub_case = str_fmt(o->arena, "%.*s-1", STR_ARG(other)), .acts = json_array(o->arena)};
    struct err err;

    assert_int_equal(case_certificate(&o->work, &o->fixture.db, o->arena, str_fmt(o->arena, "%.*s-1", STR_ARG(case_no)), o->now_us,
                                      &i.certificate, &err), RC_OK);
    assert_int_equal(store_write(&o->fixture.db, issue_tx, &i, &err), RC_INVALID);
    i.sub_case = str_fmt(o->arena, "%.*s-7", STR_ARG(case_no));
    assert_int_equal(store_write(&o->fixture.db, issue_tx, &i, &err), RC_NOT_FOUND);
    assert_int_equal(certificates(o), 0);
    i.sub_case = str_fmt(o->arena, "%.*s-1", STR_ARG(case_no));
    for (int n = 0; n < 2; n++) { /* a job that is done again after a crash */
        assert_int_equal(store_write(&o->fixture.db, issue_tx, &i, &err), RC_OK);
        assert_int_equal(certificates(o), 1);
        assert_int_equal(i.acts->count, 1);
    }
}

/* --- faults --------------------------------------------------------------------------------------------------- */

static struct str
digest_of(struct office *o, int64_t index)
{
    struct json *act;
    struct err err;

    assert_int_equal(act_by_index(&o->fixture.db, o->arena, index, &act, &err), RC_OK);
    return json_str(json_get(act, "detail"), "content_sha256");
}

/* The nth allocation fails: the case is not there, or it is whole. */
static void
a_case_is_stored_whole_or_not_at_all(void **state)
{
    struct office *o = *state;
    struct draft d = office_draft(o, &o->applicant, "{\"area\":\"300\"}");
    int64_t cases = 0;
    bool reached = true;

    for (size_t n = 1; reached; n++) {
        struct arena *a = arena_new(8 << 20);
        struct str case_no;
        struct err err;
        arena_fail_at(a, n);
        enum rc rc = case_submit(&o->work, &o->fixture.db, a, &d, &o->applicant, o->now_us, &case_no,
                                 json_array(o->arena), &err);
        if (rc != RC_OK && rc != RC_LIMIT) {
            print_message("allocation %zu: %s %s\n", n, rc_name(rc), err.text);
        }
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        cases += rc == RC_OK;
        assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM case_file"), cases);
        assert_int_equal(acts(o), cases);
        if (rc == RC_OK) {
            assert_int_equal(case_no.len, 43);
            assert_true(str_eq(json_str(office_sub(o, case_no, "2", &o->applicant), "state"),
                               STR("submitted")));
            assert_int_equal(digest_of(o, cases).len, 64); /* the first act is the calendar's */
            d = office_draft(o, &o->applicant, "{\"area\":\"300\"}");
        }
        reached = office_reached(a, n);
        assert_true(reached || rc == RC_OK);
        arena_free(a);
    }
    assert_int_equal(fixture_int(&o->fixture, "SELECT COUNT(*) FROM sub_case WHERE length(id) = 45"),
                     2 * cases);
}

/* A case in the state in which that step is taken. */
static struct str
case_before(struct office *o, const char *const *steps, size_t count)
{
    struct str case_no = office_case(o, 80);

    for (size_t i = 0; i < count; i++) {
        takes(o, case_no, "1", steps[i], strcmp(steps[i], "supply") == 0 ? &o->applicant : &o->market);
    }
    return case_no;
}

/* What the step leaves to be read. */
static void
expect_told(const struct json *sub, const char *on)
{
    static const struct {
        const char *on;
        const char *path;
    } told[] = {{"ask_supplement", "supplement.reason"},
                {"ask_supplement", "supplement.at"},
                {"ask_supplement", "supplement.asked.0.what"},
                {"supply", "supplement.answered_at"},
                {"supply", "supplement.answers.shop_name"},
                {"grant_with_terms", "decision.at"},
                {"grant_with_terms", "decision.terms"},
                {"grant_with_terms", "decision.power"}};

    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        const struct json *text = json_path(sub, told[i].path);
        assert_true(strcmp(told[i].on, on) != 0 || (text != NULL && text->text.len > 0));
    }
}

static void
a_step_is_taken_whole_or_not_at_all(void **state)
{
    static const char *const steps[] = {"ask_supplement", "supply", "accept", "grant_with_terms"};
    static const char *const states[] = {"submitted", "waiting", "supplied", "accepted",
                                         "granted_with_terms"};
    struct office *o = *state;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        const struct identity *who =
            strcmp(steps[i], "supply") == 0 ? &o->applicant : &o->market;
        struct str case_no = case_before(o, steps, i);
        bool reached = true;
        for (size_t n = 1; reached; n++) {
            struct arena *a = arena_new(8 << 20);
            struct case_move move = office_move(o, case_no, "1", steps[i]);
            int64_t before = acts(o);
            struct err err;
            arena_fail_at(a, n);
            enum rc rc = case_step(&o->work, &o->fixture.db, a, &move, who, o->now_us,
                                   json_array(o->arena), &err);
            if (rc != RC_OK && rc != RC_LIMIT) {
                print_message("%s, allocation %zu: %s %s\n", steps[i], n, rc_name(rc), err.text);
            }
            assert_true(rc == RC_OK || rc == RC_LIMIT);
            assert_int_equal(acts(o) > before, rc == RC_OK);
            expect_state(o, case_no, "1", states[i + (rc == RC_OK)]);
            if (rc == RC_OK) {
                expect_told(office_sub(o, case_no, "1", &o->applicant), steps[i]);
                case_no = case_before(o, steps, i);
            }
            reached = office_reached(a, n);
            assert_true(reached || rc == RC_OK);
            arena_free(a);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(a_case_number_counts_within_item_and_day),
        OFFICE_TEST(parts_that_apply_wait_and_the_others_are_waived),
        OFFICE_TEST(submitting_again_gives_the_same_number),
        OFFICE_TEST(what_another_tab_saved_since_is_not_submitted_unseen),
        OFFICE_TEST(an_incomplete_form_makes_no_case),
        OFFICE_TEST(the_act_of_a_submission_names_what_was_handed_in_by_its_digest),
        OFFICE_TEST(a_case_stays_with_the_version_it_began_with),
        OFFICE_TEST(only_the_own_organisation_moves_a_sub_case),
        OFFICE_TEST(what_is_not_there_cannot_be_moved),
        OFFICE_TEST(a_decision_needs_the_power_of_the_part),
        OFFICE_TEST(the_applicant_is_told_why),
        OFFICE_TEST(a_supplement_names_exact_fields),
        OFFICE_TEST(an_answer_brings_all_that_was_asked_and_nothing_else),
        OFFICE_TEST(a_supplement_is_asked_once_at_each_task),
        OFFICE_TEST(the_clock_starts_pauses_and_goes_on),
        OFFICE_TEST(silence_becomes_acceptance_after_the_fifth_working_day),
        OFFICE_TEST(nobody_but_time_can_say_that_silence_accepted),
        OFFICE_TEST(a_refused_part_does_not_stop_the_others),
        OFFICE_TEST(nothing_follows_a_decision),
        OFFICE_TEST(what_was_not_begun_can_be_withdrawn),
        OFFICE_TEST(a_granted_part_has_its_certificate_from_a_job_of_its_process),
        OFFICE_TEST(a_certificate_is_issued_once_and_only_to_its_own_case),
        OFFICE_TEST(a_case_is_stored_whole_or_not_at_all),
        OFFICE_TEST(a_step_is_taken_whole_or_not_at_all),
    };

    return OFFICE_RUN(tests, "cases");
}
