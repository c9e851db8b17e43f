/*
 * What the parts of a case come to when its process ends, or begins again: small processes beside the city's, on an office of two departments.
 */
#include "process/runtime_view.h"
#include "process/test_bpmn.h"
#include "service/casework_int.h"
#include "service/test_office.h"

/* --- processes ------------------------------------------------------------------------------------------------- */

#define DECIDES "<gov:outcome code='grant' zh='批' en='y' act='decide'/><gov:outcome code='refuse' zh='不批' en='n' act='decide' reason='required'/>"
#define LEAD "<gov:assignment org='=lead_org' role='officer' power='=parts[1].power'/>"
#define SECOND "<gov:assignment org='=parts[2].org' role='officer' power='=parts[2].power'/>"
#define TASK(id, who, inside) \
    "<userTask id='" id "' name='" id "' gov:result='decision'><extensionElements>" who inside "</extensionElements></userTask>"
#define SAYS(id, result, feel) "<scriptTask id='" id "' scriptFormat='feel' gov:result='" result "'><script>=" feel "</script></scriptTask>"

/* One office decides, for all of it; no part has a milestone of its own. */
static const char by_the_lead[] = MODEL(START FLOW("f1", "s", "a") TASK("a", LEAD, DECIDES "<gov:outcome code='reject' zh='不受理' en='r' act='decide' reason='required'/>"
                                        "<gov:outcome code='elsewhere' zh='别处' en='x' act='refer'/>")
                                        FLOW("f2", "a", "e") END);
/* The second part has a result of its own before the first is decided. */
static const char one_part_first[] =
    MODEL(START FLOW("f1", "s", "b") "<userTask id='b' name='b' gov:result='said'><extensionElements>" SECOND DECIDES "</extensionElements></userTask>"
          FLOW("f2", "b", "call") "<callActivity id='call' calledElement='p-told'><extensionElements>"
          "<gov:input name='part' value='=parts[2]'/></extensionElements></callActivity>"
          FLOW("f3", "call", "a") TASK("a", LEAD, DECIDES) FLOW("f4", "a", "e") END);
static const char told_refused[] =
    OPEN "<process id='p-told' isExecutable='true'><startEvent id='s'/>" FLOW("f1", "s", "e")
    "<endEvent id='e'><extensionElements><gov:state at='enter' value='refused' zh='没有批准' en='Refused'/></extensionElements></endEvent></process>" CLOSE;
static const char fails[] = MODEL(START FLOW("f1", "s", "a") TASK("a", LEAD, DECIDES)
                                  FLOW("f2", "a", "x") "<endEvent id='x'><errorEventDefinition errorRef='E'/></endEvent>");

static struct str
begin(struct office *o, const char *bpmn)
{
    office_model(o, "p", bpmn);
    office_goes_by(o, "p");
    return office_case(o, 300);
}

static void
takes(struct office *o, struct str case_no, const char *part, const char *on, const struct identity *who)
{
    struct case_move move = office_move(o, case_no, part, on);
    struct err err = {.text = ""};

    if (office_step(o, &move, who, &err) != RC_OK) {
        fail_msg("%s of %s: %s %s", on, part, err.type, err.text);
    }
}

static void
expect(struct office *o, struct str case_no, const char *first, const char *second)
{
    const char *const states[] = {first, second}, *const parts[] = {"1", "2"};

    for (size_t i = 0; i < 2; i++) {
        struct str got = json_str(office_sub(o, case_no, parts[i], &o->supervisor), "state");
        if (!str_eq(got, str_of(states[i]))) {
            fail_msg("part %s is %.*s, not %s", parts[i], STR_ARG(got), states[i]);
        }
    }
}

static const struct json *
decision_of(struct office *o, struct str case_no, const char *part)
{
    return json_get(office_sub(o, case_no, part, &o->applicant), "decision");
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

static void
what_a_process_decided_is_the_result_of_parts_that_have_none(void **state)
{
    static const struct {
        const char *on, *state;
    } cases[] = {{"grant", "granted"}, {"refuse", "refused"}, {"reject", "rejected"}, {"elsewhere", "ended"}};
    struct office *o = *state;

    office_model(o, "p", by_the_lead);
    office_goes_by(o, "p");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str case_no = office_case(o, 300);
        takes(o, case_no, "1", cases[i].on, &o->market);
        expect(o, case_no, cases[i].state, cases[i].state);
    }
}

static void
a_rejection_of_the_whole_is_told_to_each_part_with_its_reason_and_its_act(void **state)
{
    struct office *o = *state;
    struct str case_no = begin(o, by_the_lead);

    takes(o, case_no, "1", "reject", &o->market);
    const struct json *first = decision_of(o, case_no, "1"), *second = decision_of(o, case_no, "2");
    static const char *const same[] = {"result", "reason", "by", "at"};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_true(json_str(first, same[i]).len > 0);
        assert_true(str_eq(json_str(first, same[i]), json_str(second, same[i])));
    }
    assert_int_equal(json_int_or(first, "act", -1), json_int_or(second, "act", -2));
    assert_int_equal(fixture_int(&o->fixture, "SELECT SUM(decided) FROM sub_case_tally WHERE org = '" OFFICE_MARKET "'"), 1); /* it was one decision */
}

static void
a_grant_is_nobodys_but_the_part_that_was_granted(void **state)
{
    struct office *o = *state;
    struct str case_no = begin(o, by_the_lead);

    takes(o, case_no, "1", "grant", &o->market);
    assert_non_null(decision_of(o, case_no, "1"));
    assert_null(decision_of(o, case_no, "2")); /* its state says what came of the case, and no decision of its own is made up */
}

static void
a_part_that_was_refused_stays_so_while_the_case_is_granted(void **state)
{
    struct office *o = *state;
    struct str case_no;

    office_model(o, "p-told", told_refused);
    case_no = begin(o, one_part_first);
    takes(o, case_no, "2", "refuse", &o->fire);
    expect(o, case_no, "submitted", "refused");
    takes(o, case_no, "1", "grant", &o->market);
    expect(o, case_no, "granted", "refused");
}

static void
a_part_that_takes_no_part_stays_waived(void **state)
{
    struct office *o = *state;
    struct str case_no;

    office_model(o, "p", by_the_lead);
    office_goes_by(o, "p");
    case_no = office_case(o, 80);
    takes(o, case_no, "1", "reject", &o->market);
    expect(o, case_no, "rejected", "waived");
    assert_null(decision_of(o, case_no, "2"));
}

static void
a_process_that_fails_has_decided_nothing(void **state)
{
    struct office *o = *state;
    struct str case_no = begin(o, fails);

    takes(o, case_no, "1", "grant", &o->market);
    expect(o, case_no, "ended", "ended");
}

/* --- again ---------------------------------------------------------------------------------------------------------- */

static enum rc
reopen(struct office *o, struct str case_no, const struct identity *who)
{
    int64_t instance = 0;
    size_t count;
    struct err err = {.text = ""};

    assert_int_equal(runtime_of_key(&o->fixture.db, case_no, &instance, 1, &count, &err), RC_OK);
    const struct conduct_deed deed = {.kind = DEED_REOPEN, .instance = instance, .element = STR("a"), .basis = STR("云府复〔2026〕7号"), .reason = STR("复议决定撤销"),
                                      .power = STR(OFFICE_MARKET_POWER), .outcome = STR(""), .to = STR(""), .absent = STR(""), .who = who,
                                      .now_us = o->now_us};
    struct conduct_result out;
    enum rc rc = conduct_do(o->conduct, &o->fixture.db, o->arena, &deed, &out, &err);

    if (rc != RC_OK) {
        print_message("%s %s\n", err.type, err.text);
    }
    return rc;
}

static void
a_case_opened_again_has_its_part_decided_anew(void **state)
{
    struct office *o = *state;
    struct str case_no = begin(o, by_the_lead);

    takes(o, case_no, "1", "refuse", &o->market);
    assert_int_equal(reopen(o, case_no, &o->market), RC_OK);
    expect(o, case_no, "reopened", "refused"); /* the task is the first part's */
    takes(o, case_no, "1", "grant", &o->market);
    expect(o, case_no, "granted", "refused");
    assert_true(str_eq(json_str(decision_of(o, case_no, "1"), "result"), STR("granted")));
    assert_int_equal(fixture_int(&o->fixture, "SELECT SUM(decided) FROM sub_case_tally WHERE org = '" OFFICE_MARKET "'"), 1);
}

/* --- the table -------------------------------------------------------------------------------------------------------- */

static void
a_table_of_states_that_says_too_little_is_refused(void **state)
{
    static const char *const tables[] = {
        "{}",
        "{'states':{}}",
        "{'states':{'a':{'view':'table','zh':'一'}}}",
        "{'states':{'a':{'view':'done'}}}",
        "{'states':{'a':{'view':'done','zh':'一'}}}",
        "{'states':{'a':{'view':'done','zh':'一'}},'decisions':{'grant':'b'},'asked':'a','ended':'a','reopened':'a'}",
        "{'states':{'a':{'view':'done','zh':'一'}},'decisions':{},'asked':'a','ended':'a','reopened':'a'}",
        "{'states':{'a':{'view':'done','zh':'一'},'w':{'view':'waiting','zh':'二'}},'decisions':{},'asked':'w','ended':'w','reopened':'w'}",
        "{'states':{'a':{'view':'done','zh':'一'},'w':{'view':'waiting','zh':'二'}},'decisions':{'g':'w'},'asked':'w','ended':'a','reopened':'w'}",
    };
    static const char good[] = "{'states':{'a':{'view':'done','zh':'一'},'w':{'view':'waiting','zh':'二'},'o':{'view':'open','zh':'三'}},"
                               "'decisions':{'g':'a'},'asked':'w','ended':'a','reopened':'o'}";
    struct office *o = *state;
    struct case_states *t;
    struct err err;

    for (size_t i = 0; i <= sizeof(tables) / sizeof(tables[0]); i++) {
        bool is_good = i == sizeof(tables) / sizeof(tables[0]);
        const char *text = is_good ? good : tables[i];
        char *copy = mem_new(strlen(text) + 1, 1);
        for (size_t n = 0; text[n] != '\0'; n++) {
            copy[n] = text[n] == '\'' ? '"' : text[n];
        }
        assert_int_equal(case_states_load(o->arena, office_json(o, copy), &t, &err), is_good ? RC_OK : RC_INVALID);
        mem_free(copy);
    }
    assert_true(str_eq(case_state_ended(t, STR("g")), STR("a")) && str_eq(case_state_decided(t, STR("h")), STR("")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        OFFICE_TEST(what_a_process_decided_is_the_result_of_parts_that_have_none),
        OFFICE_TEST(a_rejection_of_the_whole_is_told_to_each_part_with_its_reason_and_its_act),
        OFFICE_TEST(a_grant_is_nobodys_but_the_part_that_was_granted),
        OFFICE_TEST(a_part_that_was_refused_stays_so_while_the_case_is_granted),
        OFFICE_TEST(a_part_that_takes_no_part_stays_waived),
        OFFICE_TEST(a_process_that_fails_has_decided_nothing),
        OFFICE_TEST(a_case_opened_again_has_its_part_decided_anew),
        OFFICE_TEST(a_table_of_states_that_says_too_little_is_refused),
    };

    return OFFICE_RUN(tests, "ends of cases");
}
