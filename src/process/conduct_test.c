/*
 * A case on its way through the hands of people: what each may do and may not, what it leaves, and what is undone when something fails.
 */
#include "process/test_conduct.h"

#define OUTCOME(text) .outcome = STR(text)
#define REASON .reason = STR("理由")

static void
accept_and_examine(struct city *t)
{
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
    CITY_DO(t, "m1", "examine", COMPLETE, OUTCOME("support"));
}

static void
a_case_goes_through_the_hands_of_its_office_and_each_deed_is_an_act(void **state)
{
    struct city *t = *state;
    const struct work *row;

    int64_t id = city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    row = city_row(t, "accept");
    assert_non_null(row);
    assert_true(str_eq(row->org, STR(MARKET)) && str_eq(row->power, STR("XK-0131")) && str_eq(row->part, STR("1")));
    assert_true(str_eq(row->name_zh, STR("受理")) && str_eq(row->name_en, STR("Accept")) && str_eq(row->subject, STR("p-1")));
    /* Eight days were promised, and the law's twenty are later. */
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE value = 8 AND kind = 'promised' AND region = '990100'"), 1);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist w JOIN clock c ON c.due_us = w.due_us WHERE c.name = 'promise'"), 1);
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
    assert_int_equal(json_int_or(t->last.acts->first, "index", -1), city_int(t, "SELECT MAX(leaf_index) FROM act"));
    CITY_DO(t, "m1", "examine", COMPLETE, OUTCOME("support"));
    CITY_DO(t, "m2", "decide", COMPLETE, OUTCOME("grant"));
    assert_int_equal(city_acts(t, ACT_ACCEPT), 1);
    assert_int_equal(city_acts(t, ACT_STEP), 1);
    assert_int_equal(city_acts(t, ACT_DECIDE), 1);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM act WHERE resource = 'XK-0131' AND case_no = 'case-7' AND subject = 'p-1'"), 3);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist"), 0);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state <> 'stopped'"), 0);
    assert_string_equal(t->told, "mark:1:submitted decided:1:grant ended:1:completed ");
    assert_true(id > 0);
}

/* Each passes all that is asked before it. */
static void
whoever_may_not_is_refused_by_what_is_missing(void **state)
{
    const struct {
        const char *who;
        enum deed_kind kind;
        struct conduct_deed set;
        enum rc rc;
        const char *type;
    } tries[] = {
        {"p-1", DEED_COMPLETE, {OUTCOME("accept")}, RC_DENIED, "role-missing"},
        {"steward", DEED_COMPLETE, {OUTCOME("accept")}, RC_DENIED, "role-missing"},
        {"f1", DEED_COMPLETE, {OUTCOME("accept")}, RC_DENIED, "other-organisation"},
        {"weak", DEED_COMPLETE, {OUTCOME("accept")}, RC_DENIED, "power-missing"},
        {"m1", DEED_COMPLETE, {OUTCOME("grant")}, RC_INVALID, "no-such-outcome"},
        {"m1", DEED_COMPLETE, {OUTCOME("")}, RC_INVALID, "no-such-outcome"},
        {"m1", DEED_COMPLETE, {OUTCOME("reject")}, RC_INVALID, "reason-missing"},
        {"m1", DEED_COMPLETE, {OUTCOME("reject"), .reason = STR("  ")}, RC_INVALID, "reason-missing"},
        {"m1", DEED_COMPLETE, {OUTCOME("lapse"), REASON}, RC_INVALID, "reason-unwanted"},
        {"weak", DEED_SUPPLEMENT, {REASON}, RC_DENIED, "power-missing"},
        {"m1", DEED_SUPPLEMENT, {REASON}, RC_INVALID, "fields-missing"},
        {"m1", DEED_SUPPLY, {REASON}, RC_DENIED, "not-yours"},
        {"p-2", DEED_SUPPLY, {REASON}, RC_DENIED, "not-yours"},
        {"p-1", DEED_SUPPLY, {REASON}, RC_CONFLICT, "step-not-possible"},
        {"f1", DEED_RETURN, {.element = STR("examine"), REASON}, RC_DENIED, "other-organisation"},
        {"m1", DEED_RETURN, {.element = STR("examine")}, RC_INVALID, "reason-missing"},
        {"m1", DEED_RETURN, {.element = STR("examine"), REASON}, RC_CONFLICT, "step-not-possible"},
        {"weak", DEED_CLAIM, {.serial = 0}, RC_DENIED, "power-missing"},
        {"f1", DEED_ASSIGN, {.to = STR("m2")}, RC_DENIED, "other-organisation"},
        {"m1", DEED_ASSIGN, {.to = STR("f1")}, RC_DENIED, "other-organisation"},
        {"m1", DEED_ASSIGN, {.to = STR("weak")}, RC_DENIED, "power-missing"},
        {"m1", DEED_ASSIGN, {.to = STR("steward")}, RC_DENIED, "other-organisation"},
        {"weak", DEED_TRANSFER, {.to = STR(FIRE), .power = STR("XK-0307"), REASON}, RC_DENIED, "power-missing"},
        {"m1", DEED_TRANSFER, {.to = STR(FIRE), .power = STR("XK-0131"), REASON}, RC_INVALID, "no-such-organisation"},
        {"m1", DEED_TRANSFER, {.to = STR("nobody"), .power = STR("XK-0307"), REASON}, RC_INVALID, "no-such-organisation"},
        {"m1", DEED_TRANSFER, {.to = STR(FIRE), .power = STR("XK-0307")}, RC_INVALID, "reason-missing"},
        {"m1", DEED_CONSULT, {.to = STR(MARKET), REASON}, RC_INVALID, "no-such-organisation"},
        {"f1", DEED_CONSULT, {.to = STR(MARKET), REASON}, RC_DENIED, "other-organisation"},
        {"weak", DEED_SUSPEND, {.basis = STR("supplement"), REASON}, RC_DENIED, "power-missing"},
        {"m1", DEED_SUSPEND, {REASON}, RC_INVALID, "basis-missing"},
        {"m1", DEED_RESUME, {REASON}, RC_CONFLICT, "step-not-possible"},
        {"m1", DEED_ADD_SIGNER, {REASON}, RC_CONFLICT, "step-not-possible"},
        {"weak", DEED_ADD_SIGNER, {REASON}, RC_DENIED, "power-missing"},
        {"m1", DEED_DROP_SIGNER, {REASON}, RC_CONFLICT, "step-not-possible"},
        {"weak", DEED_EXTEND, {.clock = 1, REASON}, RC_DENIED, "power-missing"},
        {"m1", DEED_EXTEND, {.clock = 99, REASON}, RC_NOT_FOUND, "no-such-clock"},
        {"m1", DEED_APPROVE, {REASON}, RC_CONFLICT, "step-not-possible"},
        {"m1", DEED_OPINION, {REASON}, RC_CONFLICT, "step-not-possible"},
        {"m1", DEED_COMPLETE, {OUTCOME("accept"), .absent = STR("m2")}, RC_DENIED, "not-away"},
        {"m1", DEED_COMPLETE, {OUTCOME("accept"), .absent = STR("f1")}, RC_DENIED, "other-organisation"},
        {"m1", DEED_COMPLETE, {OUTCOME("accept"), .absent = STR("who")}, RC_DENIED, "not-away"},
    };
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    int64_t acts = city_int(t, "SELECT COUNT(*) FROM act");
    for (size_t n = 0; n < sizeof(tries) / sizeof(tries[0]); n++) {
        struct err err = {.type = "", .text = ""};
        enum rc rc = city_try(t, tries[n].who, "accept", tries[n].kind, &tries[n].set, &err);
        if (rc != tries[n].rc || !str_eq(str_of(err.type), str_of(tries[n].type))) {
            fail_msg("%zu: %s by %s: %s (%s), not %s", n, deed_name(tries[n].kind), tries[n].who, rc == RC_OK ? "done" : err.type, err.text,
                     tries[n].type);
        }
    }
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM act"), acts);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM process_history"), 1);
    assert_non_null(city_row(t, "accept"));
}

static void
data_of_a_form_never_say_who_may_act_or_what_was_decided(void **state)
{
    static const char *const names[] = {"part", "parts", "applicant", "lead_org", "decision", "examined", "outcome", "supplements", "region"};
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        struct str text = str_fmt(t->house.arena, "{'note':'x','%s':{'org':'" MARKET "','power':'XK-0132'}}", names[n]);
        assert_refused(CITY_TRY(t, "m1", "accept", COMPLETE, OUTCOME("accept"), .data = city_json(t, text.ptr)), RC_INVALID,
                       "field-not-allowed");
    }
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"), .data = city_json(t, "{'note':'齐'}"));
}

static void
who_examined_does_not_decide(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    accept_and_examine(t);
    assert_refused(CITY_TRY(t, "m1", "decide", COMPLETE, OUTCOME("grant")), RC_DENIED, "second-person");
    assert_refused(CITY_TRY(t, "m1", "decide", CLAIM, .serial = 0), RC_DENIED, "second-person");
    assert_refused(CITY_TRY(t, "m2", "decide", COMPLETE, OUTCOME("grant"), REASON), RC_INVALID, "reason-unwanted");
    CITY_DO(t, "m2", "decide", RETURN, .element = STR("examine"), REASON);
    assert_int_equal(city_acts(t, ACT_RETURN), 1);
    CITY_DO(t, "m2", "examine", COMPLETE, OUTCOME("support"));
    assert_refused(CITY_TRY(t, "m2", "decide", COMPLETE, OUTCOME("grant")), RC_DENIED, "second-person");
}

static void
an_outcome_may_ask_for_a_power_of_its_own(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
    CITY_DO(t, "m2", "examine", COMPLETE, OUTCOME("support"));
    assert_refused(CITY_TRY(t, "m1", "decide", COMPLETE, OUTCOME("special")), RC_DENIED, "power-missing");
    CITY_DO(t, "weak", "decide", COMPLETE, OUTCOME("special"));
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM act WHERE resource = 'XK-0132'"), 1);
}

/* --- supplements ------------------------------------------------------------------------------------------------------------------- */

static const char asks[] = "[{'field':'address','what':'门牌'},{'field':'licence','what':'副本'}]";

static void
what_is_missing_is_asked_once_and_supplied_whole(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    assert_refused(CITY_TRY(t, "m1", "accept", SUPPLEMENT, REASON, .fields = city_json(t, "[{'field':'salary','what':'x'}]")), RC_INVALID,
                   "field-not-allowed");
    CITY_DO(t, "m1", "accept", SUPPLEMENT, REASON, .fields = city_json(t, asks));
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE name = 'law' AND state = 'paused'"), 1);
    assert_int_equal(city_acts(t, ACT_SUPPLEMENT), 1);
    assert_int_equal(city_acts(t, ACT_CLOCK), 2);
    assert_true(city_row(t, "accept")->due_us == WORK_NEVER); /* it is the applicant's time */
    assert_true(str_eq(city_row(t, "accept")->state, STR("asked")));
    assert_refused(CITY_TRY(t, "m1", "accept", COMPLETE, OUTCOME("accept")), RC_CONFLICT, "step-not-possible");
    assert_refused(CITY_TRY(t, "p-1", "accept", SUPPLY, .data = city_json(t, "{'address':'1'}")), RC_INVALID, "fields-missing");
    assert_refused(CITY_TRY(t, "p-1", "accept", SUPPLY, .data = city_json(t, "{'address':'1','licence':'2','part':'3'}")), RC_INVALID,
                   "field-not-allowed");
    assert_refused(CITY_TRY(t, "p-2", "accept", SUPPLY, .data = city_json(t, "{'address':'1','licence':'2'}")), RC_DENIED, "not-yours");
    city_days(t, 10);
    CITY_DO(t, "p-1", "accept", SUPPLY, .data = city_json(t, "{'address':'1','licence':'2'}"));
    assert_int_equal(city_acts(t, ACT_SUPPLIED), 1);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE name = 'law' AND state = 'running' AND used = 0"), 1);
    assert_int_equal(city_row(t, "accept")->due_us, city_int(t, "SELECT due_us FROM clock WHERE name = 'promise'"));
    assert_refused(CITY_TRY(t, "m1", "accept", SUPPLEMENT, REASON, .fields = city_json(t, asks)), RC_CONFLICT, "only-once");
    city_days(t, 20);
    assert_int_equal(city_turn(t), 0);
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
}

static void
what_does_not_come_in_time_lapses_once(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    CITY_DO(t, "m1", "accept", SUPPLEMENT, REASON, .fields = city_json(t, asks));
    city_days(t, 15);
    assert_int_equal(city_turn(t), 0);
    assert_non_null(city_row(t, "accept")); /* the last day */
    t->model[0].model = NULL;
    city_days(t, 1);
    assert_int_equal(city_turn(t), 0);
    assert_null(city_row(t, "accept"));
    assert_int_equal(city_acts(t, ACT_CLOSE), 1);
    assert_int_equal(city_turn(t), 0);
    assert_int_equal(city_acts(t, ACT_CLOSE), 1);
    assert_string_equal(t->told, "mark:1:submitted mark:1:rejected ended:1:completed ");
}

/* --- others ------------------------------------------------------------------------------------------------------------------------- */

static void
of_two_at_once_one_does_it_and_the_other_is_told(void **state)
{
    struct city *t = *state;
    const struct work *row;
    struct err err;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    CITY_DO(t, "m1", "accept", CLAIM, .serial = 0);
    assert_refused(CITY_TRY(t, "m2", "accept", COMPLETE, OUTCOME("accept")), RC_CONFLICT, "claimed-by-other");
    assert_refused(CITY_TRY(t, "m2", "accept", CLAIM, .serial = 0), RC_CONFLICT, "claimed-by-other");
    assert_refused(CITY_TRY(t, "m1", "accept", CLAIM, .serial = 0), RC_CONFLICT, "only-once");
    CITY_DO(t, "m1", "accept", RELEASE, .serial = 0);
    row = city_row(t, "accept");
    const struct conduct_deed both = {.kind = DEED_COMPLETE, .instance = row->instance, .token = row->token, OUTCOME("accept"),
                                      .reason = STR(""), .absent = STR(""), .who = city_who(t, "m2"), .now_us = t->now_us};
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
    assert_int_equal(conduct_do(t->c, &t->house.fixture.db, t->house.arena, &both, &t->last, &err), RC_CONFLICT);
    assert_string_equal(err.type, "done-meanwhile");
    assert_int_equal(city_acts(t, ACT_ACCEPT), 1);
}

static void
work_goes_to_who_has_least_of_it_and_is_there(void **state)
{
    struct city *t = *state;
    struct json *load;
    struct err err;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    CITY_DO(t, "m1", "accept", ASSIGN, .to = STR(""));
    assert_true(str_eq(city_row(t, "accept")->assignee, STR("m1"))); /* both have nothing */
    CITY_DO(t, "m2", "accept", ASSIGN, .to = STR(""));
    assert_true(str_eq(city_row(t, "accept")->assignee, STR("m2")));
    assert_int_equal(work_load(t->c, &t->house.fixture.db, t->house.arena, STR(MARKET), STR("XK-0131"),
                               instant_day(t->now_us, CITY_OFFSET), &load, &err), RC_OK);
    assert_int_equal(load->count, 2);
    assert_true(str_eq(json_str(load->last, "officer"), STR("m2")) && json_int_or(load->last, "open", 0) == 1);
    assert_int_equal(city_acts(t, ACT_ASSIGN), 2);
}

struct away {
    struct city *city;
    const char *officer, *stand_in, *who;
    int from, until; /* days from today */
};

static enum rc
away_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct away *x = ctx;
    int32_t today = instant_day(x->city->now_us, CITY_OFFSET);
    const struct conduct_absence absence = {str_of(x->officer), str_of(x->stand_in), today + x->from, today + x->until,
                                            city_who(x->city, x->who), x->city->now_us};
    int64_t act;

    return conduct_absence(x->city->c, tx, x->city->house.arena, &absence, &act, err);
}

static enum rc
away(struct city *t, const char *officer, const char *stand_in, const char *who, int from, int until, struct err *err)
{
    struct away x = {t, officer, stand_in, who, from, until};

    return store_write(&t->house.fixture.db, away_tx, &x, err);
}

static void
somebody_stands_in_for_who_is_away_under_their_power_and_the_act_names_both(void **state)
{
    struct city *t = *state;
    struct json *list, *acts;
    struct err err;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    assert_refused(away(t, "m1", "weak", "weak", 0, 3, &refused_), RC_DENIED, "power-missing");
    assert_refused(away(t, "m2", "weak", "m1", 0, 3, &refused_), RC_DENIED, "power-missing");
    assert_refused(away(t, "m1", "f1", "m1", 0, 3, &refused_), RC_DENIED, "other-organisation");
    assert_refused(away(t, "m1", "weak", "p-1", 0, 3, &refused_), RC_DENIED, "role-missing");
    assert_int_equal(away(t, "m1", "weak", "m1", 1, 3, &err), RC_OK);
    assert_refused(CITY_TRY(t, "weak", "accept", COMPLETE, OUTCOME("accept"), .absent = STR("m1")), RC_DENIED, "not-away");
    city_days(t, 1);
    CITY_DO(t, "weak", "accept", COMPLETE, OUTCOME("accept"), .absent = STR("m1"));
    CITY_DO(t, "weak", "examine", COMPLETE, OUTCOME("support"), .absent = STR("m1"));
    /* Neither of the two is a second person. */
    assert_refused(CITY_TRY(t, "m1", "decide", COMPLETE, OUTCOME("grant")), RC_DENIED, "second-person");
    assert_refused(CITY_TRY(t, "weak", "decide", COMPLETE, OUTCOME("special")), RC_DENIED, "second-person");
    assert_int_equal(act_of_case(&t->house.fixture.db, t->house.arena, STR("case-7"), -1, 1, &acts, &err), RC_OK);
    assert_true(str_eq(json_str(acts->first, "actor"), STR("officer:weak")));
    assert_true(str_eq(json_str(json_get(acts->first, "detail"), "for"), STR("m1")));
    assert_int_equal(conduct_absences(&t->house.fixture.db, t->house.arena, STR("m1"), instant_day(t->now_us, CITY_OFFSET), &list, &err),
                     RC_OK);
    assert_int_equal(list->count, 1);
    city_days(t, 3);
    assert_refused(CITY_TRY(t, "weak", "decide", COMPLETE, OUTCOME("grant"), .absent = STR("m1")), RC_DENIED, "not-away");
}

static void
a_part_goes_to_another_organisation_with_its_clocks(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
    CITY_DO(t, "m1", "examine", CLAIM, .serial = 0);
    CITY_DO(t, "m1", "examine", TRANSFER, .to = STR(FIRE), .power = STR("XK-0307"), REASON);
    assert_true(str_eq(city_row(t, "examine")->org, STR(FIRE)) && city_row(t, "examine")->assignee.len == 0);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE org = '" FIRE "'"), 2);
    assert_refused(CITY_TRY(t, "m1", "examine", COMPLETE, OUTCOME("support")), RC_DENIED, "other-organisation");
    CITY_DO(t, "f1", "examine", COMPLETE, OUTCOME("support"));
    assert_true(str_eq(city_row(t, "decide")->org, STR(FIRE)) && str_eq(city_row(t, "decide")->power, STR("XK-0307")));
    assert_int_equal(city_acts(t, ACT_TRANSFER), 1);
}

static void
an_opinion_is_asked_beside_the_task_and_stays_with_the_case(void **state)
{
    struct city *t = *state;
    struct instance i;
    struct err err;

    int64_t id = city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    CITY_DO(t, "m1", "accept", CONSULT, .to = STR(FIRE), REASON);
    struct str name = str_fmt(t->house.arena, "opinion_%lld_1", (long long)city_row(t, "accept")->token);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist WHERE org = '" FIRE "' AND kind = 'consult'"), 1);
    assert_refused(CITY_TRY(t, "m1", "accept", OPINION, .serial = 1, .reason = STR("可以")), RC_DENIED, "other-organisation");
    assert_refused(CITY_TRY(t, "f1", "accept", COMPLETE, .serial = 1, OUTCOME("accept")), RC_CONFLICT, "step-not-possible");
    CITY_DO(t, "f1", "accept", OPINION, .serial = 1, .reason = STR("可以"));
    assert_int_equal(runtime_instance(conduct_runtime(t->c), &t->house.fixture.db, t->house.arena, id, &i, &err), RC_OK);
    assert_true(str_eq(json_str(conduct_variable(&i, 1, name), "answer"), STR("可以")));
    assert_int_equal(city_acts(t, ACT_CONSULT) + city_acts(t, ACT_OPINION), 2);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist"), 1);
}

/* --- the whole ------------------------------------------------------------------------------------------------------------------------ */

static void
a_case_is_suspended_on_a_basis_and_gone_on_with(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    CITY_DO(t, "m1", "accept", SUSPEND, .basis = STR("hearing"), REASON);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state = 'paused' AND reasons = 'hearing'"), 2);
    assert_true(str_eq(city_row(t, "accept")->state, STR("suspended")));
    assert_refused(CITY_TRY(t, "m1", "accept", COMPLETE, OUTCOME("accept")), RC_CONFLICT, "step-not-possible");
    assert_refused(CITY_TRY(t, "weak", "accept", RESUME, REASON), RC_DENIED, "power-missing");
    city_days(t, 30);
    assert_int_equal(city_turn(t), 0);
    CITY_DO(t, "m1", "accept", RESUME, REASON);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state = 'running' AND used = 0"), 2);
    assert_true(str_eq(city_row(t, "accept")->state, STR("open")));
    assert_int_equal(city_acts(t, ACT_SUSPEND) + city_acts(t, ACT_RESUME), 2);
    assert_int_equal(city_acts(t, ACT_CLOCK), 4);
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
}

static void
only_the_applicant_withdraws_and_no_clock_runs_on(void **state)
{
    struct city *t = *state;

    int64_t id = city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    assert_refused(CITY_TRY(t, "p-2", "", WITHDRAW, .instance = id), RC_DENIED, "not-yours");
    assert_refused(CITY_TRY(t, "m1", "", WITHDRAW, .instance = id), RC_DENIED, "not-yours");
    CITY_DO(t, "p-1", "", WITHDRAW, .instance = id);
    assert_int_equal(city_acts(t, ACT_WITHDRAW), 1);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist"), 0);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state <> 'stopped'"), 0);
    assert_refused(CITY_TRY(t, "p-1", "", WITHDRAW, .instance = id), RC_CONFLICT, "done-meanwhile");
    assert_true(str_ends(str_of(t->told), STR("ended:1:cancelled ")));
}

static void
a_case_begins_again_after_an_appeal_by_who_may_do_what_comes_then(void **state)
{
    struct city *t = *state;

    int64_t id = city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("reject"), REASON);
    const struct conduct_deed again = {.instance = id, .element = STR("examine"), .basis = STR("复议决字〔2026〕7号"), REASON};
    struct conduct_deed less = again;
    less.basis = STR("");
    assert_refused(city_try(t, "m1", "", DEED_REOPEN, &less, &refused_), RC_INVALID, "basis-missing");
    assert_refused(city_try(t, "f1", "", DEED_REOPEN, &again, &refused_), RC_DENIED, "other-organisation");
    assert_refused(city_try(t, "weak", "", DEED_REOPEN, &again, &refused_), RC_DENIED, "power-missing");
    assert_refused(city_try(t, "p-1", "", DEED_REOPEN, &again, &refused_), RC_DENIED, "role-missing");
    less = again;
    less.element = STR("e");
    assert_refused(city_try(t, "m1", "", DEED_REOPEN, &less, &refused_), RC_CONFLICT, "step-not-possible");
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist"), 0);
    city_do(t, "m1", "", DEED_REOPEN, &again);
    assert_int_equal(city_acts(t, ACT_REOPEN), 1);
    CITY_DO(t, "m1", "examine", COMPLETE, OUTCOME("support"));
}

static void
more_time_is_given_once_by_another_than_who_asks(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    int64_t clock = city_int(t, "SELECT id FROM clock WHERE name = 'law'");
    CITY_DO(t, "m1", "accept", EXTEND, .clock = clock, REASON);
    assert_refused(CITY_TRY(t, "m1", "accept", APPROVE, .serial = 1), RC_DENIED, "second-person");
    assert_refused(CITY_TRY(t, "weak", "accept", APPROVE, .serial = 1), RC_DENIED, "power-missing");
    assert_refused(CITY_TRY(t, "m2", "accept", DECLINE, .serial = 1), RC_INVALID, "reason-missing");
    int moved = t->moved;
    CITY_DO(t, "m2", "accept", APPROVE, .serial = 1);
    assert_int_equal(t->moved, moved + 1);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE extra = 10"), 1);
    assert_int_equal(city_acts(t, ACT_EXTEND), 2);
    assert_refused(CITY_TRY(t, "m1", "accept", EXTEND, .clock = clock, REASON), RC_CONFLICT, "only-once");
    assert_refused(CITY_TRY(t, "m2", "accept", APPROVE, .serial = 1), RC_CONFLICT, "done-meanwhile");
    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    clock = city_int(t, "SELECT MAX(id) FROM clock WHERE name = 'law'"); /* of another process */
    assert_refused(CITY_TRY(t, "m1", "accept", EXTEND, .clock = clock, REASON), RC_DENIED, "other-organisation");
}

/* --- when something fails ---------------------------------------------------------------------------------------------------------------- */

static enum rc
fails(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)event, (void)ctx;
    return err_set(err, RC_FULL, "the house cannot write");
}

/* What stands in all that a deed writes. */
static int64_t
rows_of_all(struct city *t)
{
    return city_int(t, "SELECT (SELECT COUNT(*) FROM act) * 1000000 + (SELECT COUNT(*) FROM process_history) * 10000 + "
                       "(SELECT COUNT(*) FROM clock_log) * 100 + (SELECT COUNT(*) FROM worklist) + (SELECT COUNT(*) FROM process_signed)");
}

static void
a_deed_is_done_with_all_that_follows_or_not_at_all(void **state)
{
    const struct {
        enum deed_kind kind;
        struct conduct_deed set;
    } deeds[] = {{DEED_CONSULT, {.to = STR(FIRE), REASON}},
                 {DEED_CLAIM, {.serial = 0}},
                 {DEED_ASSIGN, {.to = STR("m2")}},
                 {DEED_EXTEND, {.clock = 1, REASON}},
                 {DEED_SUSPEND, {.basis = STR("hearing"), REASON}},
                 {DEED_TRANSFER, {.to = STR(FIRE), .power = STR("XK-0307"), REASON}},
                 {DEED_COMPLETE, {OUTCOME("accept")}}};
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    int64_t before = rows_of_all(t);
    for (size_t n = 0; n < sizeof(deeds) / sizeof(deeds[0]); n++) {
        struct conduct_deed set = deeds[n].set;
        struct err err;
        set.then = fails;
        assert_int_equal(city_try(t, "m1", "accept", deeds[n].kind, &set, &err), RC_FULL);
        assert_int_equal(rows_of_all(t), before);
    }
    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
}

static void
with_little_memory_a_deed_is_refused_whole(void **state)
{
    struct city *t = *state;
    size_t room = 20000;
    enum rc rc = RC_LIMIT;
    struct err err;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    int64_t before = rows_of_all(t);
    const struct work *row = city_row(t, "accept");
    const struct conduct_deed deed = {.kind = DEED_COMPLETE, .instance = row->instance, .token = row->token, OUTCOME("accept"),
                                      .reason = STR(""), .absent = STR(""), .who = city_who(t, "m1"), .now_us = t->now_us};
    for (; rc != RC_OK && room < (1u << 20); room += 1009) {
        struct arena *a = arena_new(room);
        rc = conduct_do(t->c, &t->house.fixture.db, a, &deed, &t->last, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_true(rc == RC_OK || rows_of_all(t) == before);
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_int_equal(city_acts(t, ACT_ACCEPT), 1);
    assert_non_null(city_row(t, "examine"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(a_case_goes_through_the_hands_of_its_office_and_each_deed_is_an_act),
        CITY_TEST(whoever_may_not_is_refused_by_what_is_missing),
        CITY_TEST(data_of_a_form_never_say_who_may_act_or_what_was_decided),
        CITY_TEST(who_examined_does_not_decide),
        CITY_TEST(an_outcome_may_ask_for_a_power_of_its_own),
        CITY_TEST(what_is_missing_is_asked_once_and_supplied_whole),
        CITY_TEST(what_does_not_come_in_time_lapses_once),
        CITY_TEST(of_two_at_once_one_does_it_and_the_other_is_told),
        CITY_TEST(work_goes_to_who_has_least_of_it_and_is_there),
        CITY_TEST(somebody_stands_in_for_who_is_away_under_their_power_and_the_act_names_both),
        CITY_TEST(a_part_goes_to_another_organisation_with_its_clocks),
        CITY_TEST(an_opinion_is_asked_beside_the_task_and_stays_with_the_case),
        CITY_TEST(a_case_is_suspended_on_a_basis_and_gone_on_with),
        CITY_TEST(only_the_applicant_withdraws_and_no_clock_runs_on),
        CITY_TEST(a_case_begins_again_after_an_appeal_by_who_may_do_what_comes_then),
        CITY_TEST(more_time_is_given_once_by_another_than_who_asks),
        CITY_TEST(a_deed_is_done_with_all_that_follows_or_not_at_all),
        CITY_TEST(with_little_memory_a_deed_is_refused_whole),
    };

    return HOUSE_RUN(tests, "conduct");
}
