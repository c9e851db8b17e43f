/*
 * The rulebook on a store of its own: how a draft becomes law, who may not make it one, and that what was laid down stays.
 */
#include "process/test_rules.h"

#define OTHER_ORG "119901000000000355"

enum { TODAY = 20000 };
static const int64_t NOW_US = (int64_t)TODAY * 86400 * 1000000;

/* --- help ------------------------------------------------------------------------------------------ */

static enum rc
install(struct house *h, const char *given, const char *xml, struct err *err)
{
    struct rules_laying l = {h, given, xml, "cases one", NOW_US};

    return store_write(&h->fixture.db, rules_install_tx, &l, err);
}

static struct rule_model
model_of(struct house *h)
{
    struct rule_model m = {.id = STR("")};
    struct err err;

    assert_int_equal(rule_model_get(&h->fixture.db, h->arena, RULE_DMN, STR(RULES_KEY), &m, &err), RC_OK);
    return m;
}

/* A house with one rule, published as version 1. */
static struct rule_model
with_rule(struct house *h)
{
    struct err err;

    rules_clear(h);
    assert_int_equal(store_write(&h->fixture.db, rules_land_tx, h, &err), RC_OK);
    if (install(h, rules_given, "<one/>", &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return model_of(h);
}

/* Saves a draft with this text and proposes it. */
static enum rc
propose(struct house *h, const struct identity *who, const char *xml, int32_t holds_from, int64_t *number, struct err *err)
{
    const struct rule_model m = model_of(h);
    struct rule_draft d;
    struct rule_proposal p = {.basis = STR("条例第二条"), .reason = STR("每桌减五元"), .holds_from = holds_from,
                              .today = TODAY, .now_us = NOW_US, .found = json_object(h->arena),
                              .report = house_json(h, "{\"findings\":[\"gap\"]}")};
    enum rc rc = rule_draft_get(&h->fixture.db, h->arena, &m, who, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    d.xml = str_of(xml);
    if ((rc = rule_draft_save(&h->fixture.db, &m, who, NOW_US, &d, err)) != RC_OK) {
        return rc;
    }
    p.revision = d.revision;
    rc = rule_propose(&h->fixture.db, h->arena, &m, who, &p, err);
    *number = p.number;
    return rc;
}

static int64_t
proposed(struct house *h, const struct identity *who, const char *xml, int32_t holds_from)
{
    int64_t number = 0;
    struct err err;

    if (propose(h, who, xml, holds_from, &number, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return number;
}

static struct rule_version
version_of(struct house *h, int64_t number)
{
    struct rule_version v = {.number = 0};
    struct err err;

    assert_int_equal(rule_version_get(&h->fixture.db, h->arena, STR(RULES_KEY), number, &v, &err), RC_OK);
    return v;
}

static enum rc
settle(struct house *h, const struct identity *who, int64_t number, enum rule_state verdict, int32_t today,
       struct err *err)
{
    const struct rule_model m = model_of(h);
    struct rule_settling s = {.number = number, .verdict = verdict, .sha256 = version_of(h, number).sha256,
                              .reason = STR("依据不足"), .today = today, .now_us = NOW_US + 1};

    return rule_settle(&h->fixture.db, h->arena, &m, who, &s, err);
}

static int64_t
in_force(struct house *h, int32_t day)
{
    struct rule_held held = {.number = 0};
    struct err err;
    enum rc rc = rule_in_force(&h->fixture.db, h->arena, STR(RULES_KEY), day, &held, &err);

    assert_true(rc == RC_OK || (rc == RC_NOT_FOUND && str_eq(str_of(err.type), STR("no-rule-in-force"))));
    return held.number;
}

static const struct json *
last_act(struct house *h)
{
    struct json *acts = NULL;
    struct err err;

    assert_int_equal(act_latest(&h->fixture.db, h->arena, -1, 1, &acts, &err), RC_OK);
    return acts->first;
}

#define assert_refused(call, code, problem)                                                       \
    do {                                                                                          \
        struct err refused_;                                                                      \
        enum rc rc_ = (call);                                                                     \
        if (rc_ != (code) || !str_eq(str_of(refused_.type), STR(problem))) {                      \
            fail_msg("%s, not %s", rc_ == RC_OK ? "done" : refused_.type, problem);               \
        }                                                                                         \
    } while (false)

/* --- tests ------------------------------------------------------------------------------------------- */

static void
what_a_node_comes_with_is_in_force_from_its_day(void **state)
{
    struct house *h = *state;
    const struct rule_model m = with_rule(h);
    struct rule_cases cases;
    struct json *list = NULL;
    struct err err;

    assert_true(str_eq(m.name_zh, STR("餐饮费用")) && str_eq(m.power, STR("P1")));
    assert_int_equal(in_force(h, 19722), 0); /* 2023-12-31 */
    assert_int_equal(in_force(h, 19723), 1);
    assert_true(str_eq(version_of(h, 1).xml, STR("<one/>")));
    assert_int_equal(rule_cases_get(&h->fixture.db, h->arena, m.id, &cases, &err), RC_OK);
    assert_true(cases.number == 1 && str_eq(cases.document, STR("cases one")));
    assert_true(str_eq(json_str(last_act(h), "kind"), STR("publish")));
    assert_true(str_eq(json_str(last_act(h), "resource"), STR("rule:" RULES_KEY)));
    /* a second time changes nothing */
    assert_int_equal(install(h, rules_given, "<other/>", &err), RC_OK);
    assert_true(str_eq(version_of(h, 1).xml, STR("<one/>")));
    assert_int_equal(rule_models(&h->fixture.db, h->arena, RULE_DMN, TODAY, STR(""), 10, &list, &err), RC_OK);
    assert_int_equal(list->count, 1);
    assert_int_equal(json_int_or(list->first, "in_force", -1), 1);
    assert_int_equal(json_int_or(list->first, "proposed", -1), 0);
}

static void
a_rule_that_lacks_something_is_not_installed(void **state)
{
    static const char *const wrong[] = {
        "{\"key\":\"A b\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"费\",\"name_en\":\"F\",\"basis\":\"b\",\"holds_from\":\"2024-01-01\"}",
        "{\"key\":\"-a\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"费\",\"name_en\":\"F\",\"basis\":\"b\",\"holds_from\":\"2024-01-01\"}",
        "{\"key\":\"a\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"费\",\"name_en\":\"F\",\"holds_from\":\"2024-01-01\"}",
        "{\"key\":\"a\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"\",\"name_en\":\"F\",\"basis\":\"b\",\"holds_from\":\"2024-01-01\"}",
        "{\"key\":\"a\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"费\",\"name_en\":\"F\",\"basis\":\"b\",\"holds_from\":\"2024-13-01\"}",
        "{\"key\":\"a\",\"owner\":\"" RULES_ORG "\",\"power\":\"P9\",\"name_zh\":\"费\",\"name_en\":\"F\",\"basis\":\"b\",\"holds_from\":\"2024-01-01\"}",
    };
    struct house *h = *state;
    struct err err;

    (void)with_rule(h);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        enum rc rc = install(h, wrong[i], "<x/>", &err);
        if (rc != RC_INVALID && rc != RC_CONFLICT) {
            fail_msg("%s", wrong[i]);
        }
    }
}

static void
a_draft_is_kept_with_its_revision_and_belongs_to_one_officer(void **state)
{
    struct house *h = *state;
    const struct rule_model m = with_rule(h);
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), ben = rules_officer("ben", RULES_ORG, "P1");
    struct rule_draft d, tab, of_ben;
    struct err err;

    assert_int_equal(rule_draft_get(&h->fixture.db, h->arena, &m, &ann, &d, &err), RC_OK);
    assert_true(d.revision == 0 && d.base == 1 && str_eq(d.xml, STR("<one/>")));
    tab = d;
    d.xml = STR("<two/>");
    assert_int_equal(rule_draft_save(&h->fixture.db, &m, &ann, NOW_US, &d, &err), RC_OK);
    assert_int_equal(d.revision, 1);
    assert_refused(rule_draft_save(&h->fixture.db, &m, &ann, NOW_US, &tab, &refused_), RC_CONFLICT, "other-tab");
    tab.revision = 7;
    assert_refused(rule_draft_save(&h->fixture.db, &m, &ann, NOW_US, &tab, &refused_), RC_CONFLICT, "other-tab");
    d.xml = STR("<three/>");
    assert_int_equal(rule_draft_save(&h->fixture.db, &m, &ann, NOW_US, &d, &err), RC_OK);
    assert_int_equal(rule_draft_get(&h->fixture.db, h->arena, &m, &ann, &tab, &err), RC_OK);
    assert_true(tab.revision == 2 && str_eq(tab.xml, STR("<three/>")));
    assert_int_equal(rule_draft_get(&h->fixture.db, h->arena, &m, &ben, &of_ben, &err), RC_OK);
    assert_true(of_ben.revision == 0 && str_eq(of_ben.xml, STR("<one/>")));
    assert_int_equal(rule_draft_drop(&h->fixture.db, &m, &ann, &err), RC_OK);
    assert_int_equal(rule_draft_get(&h->fixture.db, h->arena, &m, &ann, &tab, &err), RC_OK);
    assert_int_equal(tab.revision, 0);
}

static void
from_its_day_on_a_version_with_a_second_persons_consent_holds(void **state)
{
    struct house *h = *state;
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), ben = rules_officer("ben", RULES_ORG, "P1");
    struct err err;
    int64_t number;

    (void)with_rule(h);
    number = proposed(h, &ann, "<two/>", TODAY + 3);
    assert_int_equal(number, 2);
    assert_true(str_eq(json_str(last_act(h), "kind"), STR("propose")));
    assert_true(str_eq(json_str(json_get(last_act(h), "detail"), "power"), STR("P1")));
    assert_int_equal(in_force(h, TODAY + 9), 1); /* proposed is not published */
    assert_int_equal(settle(h, &ben, number, RULE_PUBLISHED, TODAY, &err), RC_OK);
    assert_true(str_eq(json_str(last_act(h), "kind"), STR("publish")));
    assert_true(str_eq(json_str(json_get(last_act(h), "detail"), "sha256"), version_of(h, 2).sha256));
    assert_int_equal(in_force(h, TODAY + 2), 1);
    assert_int_equal(in_force(h, TODAY + 3), 2);
    assert_true(str_eq(version_of(h, 2).found, STR("{\"findings\":[\"gap\"]}"))); /* what the second person was told stays */
    assert_true(version_of(h, 2).state == RULE_PUBLISHED && str_eq(version_of(h, 2).settled_by, STR("ben")));
    assert_true(str_eq(version_of(h, 1).xml, STR("<one/>")));
}

static void
whoever_may_not_lay_down_rules_is_refused(void **state)
{
    static const struct {
        const char *id, *org, *power;
        const char *problem;
    } cases[] = {
        {"ben", OTHER_ORG, "P1", "rule-of-others"},
        {"ben", RULES_ORG, "P2", "power-missing"},
        {"", RULES_ORG, "P1", "rule-of-others"}, /* not an officer at all */
    };
    struct house *h = *state;
    const struct rule_model m = with_rule(h);
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1");
    int64_t number = proposed(h, &ann, "<two/>", TODAY), other;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct identity who = rules_officer(cases[i].id, cases[i].org, cases[i].power);
        struct err err;
        bool told = settle(h, &who, number, RULE_PUBLISHED, TODAY, &err) == RC_DENIED &&
                    str_eq(str_of(err.type), str_of(cases[i].problem)) &&
                    propose(h, &who, "<x/>", TODAY, &other, &err) == RC_DENIED &&
                    rule_cases_put(&h->fixture.db, &m, &who, STR("none"), 1, NOW_US, &err) == RC_DENIED;
        if (!told) {
            fail_msg("%s was not refused", cases[i].problem);
        }
    }
    assert_refused(settle(h, &ann, number, RULE_PUBLISHED, TODAY, &refused_), RC_DENIED, "same-person");
    assert_refused(settle(h, &ann, number, RULE_REJECTED, TODAY, &refused_), RC_DENIED, "same-person");
    assert_int_equal(in_force(h, TODAY), 1);
    assert_int_equal(version_of(h, number).state, RULE_PROPOSED);
}

static void
one_proposal_at_a_time_has_one_verdict(void **state)
{
    struct house *h = *state;
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), ben = rules_officer("ben", RULES_ORG, "P1");
    struct err err;
    int64_t number, other;

    (void)with_rule(h);
    number = proposed(h, &ann, "<two/>", TODAY);
    assert_refused(propose(h, &ben, "<x/>", TODAY, &other, &refused_), RC_CONFLICT, "rule-waits");
    assert_refused(settle(h, &ben, number, RULE_WITHDRAWN, TODAY, &refused_), RC_DENIED, "other-person");
    assert_int_equal(settle(h, &ben, number, RULE_REJECTED, TODAY, &err), RC_OK);
    assert_true(str_eq(json_str(last_act(h), "kind"), STR("reject")));
    assert_refused(settle(h, &ben, number, RULE_PUBLISHED, TODAY, &refused_), RC_CONFLICT, "rule-settled");
    assert_int_equal(version_of(h, number).state, RULE_REJECTED);
    number = proposed(h, &ann, "<three/>", TODAY);
    assert_int_equal(number, 3);
    assert_int_equal(settle(h, &ann, number, RULE_WITHDRAWN, TODAY, &err), RC_OK);
    assert_int_equal(version_of(h, number).state, RULE_WITHDRAWN);
    assert_int_equal(in_force(h, TODAY + 9), 1);
    assert_refused(settle(h, &ben, 1, RULE_PUBLISHED, TODAY, &refused_), RC_CONFLICT, "rule-settled");
}

static void
a_change_of_what_is_no_longer_the_last_version_is_refused(void **state)
{
    struct house *h = *state;
    const struct rule_model m = with_rule(h);
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), ben = rules_officer("ben", RULES_ORG, "P1");
    struct rule_draft stale;
    struct rule_proposal p = {.basis = STR("b"), .reason = STR("r"), .holds_from = TODAY, .today = TODAY,
                              .now_us = NOW_US};
    struct err err;

    assert_int_equal(rule_draft_get(&h->fixture.db, h->arena, &m, &ben, &stale, &err), RC_OK);
    stale.xml = STR("<of-ben/>");
    assert_int_equal(rule_draft_save(&h->fixture.db, &m, &ben, NOW_US, &stale, &err), RC_OK);
    assert_int_equal(settle(h, &ben, proposed(h, &ann, "<two/>", TODAY + 5), RULE_PUBLISHED, TODAY, &err), RC_OK);
    p.revision = stale.revision;
    assert_refused(rule_propose(&h->fixture.db, h->arena, &m, &ben, &p, &refused_), RC_CONFLICT, "rule-moved-on");
    stale.base = 2; /* looked at it again */
    assert_int_equal(rule_draft_save(&h->fixture.db, &m, &ben, NOW_US, &stale, &err), RC_OK);
    p.revision = stale.revision;
    assert_refused(rule_propose(&h->fixture.db, h->arena, &m, &ben, &p, &refused_), RC_INVALID, "day-wrong");
    p.holds_from = TODAY + 5; /* of the same day the later number counts */
    assert_int_equal(rule_propose(&h->fixture.db, h->arena, &m, &ben, &p, &err), RC_OK);
    assert_int_equal(settle(h, &ann, p.number, RULE_PUBLISHED, TODAY, &err), RC_OK);
    assert_int_equal(in_force(h, TODAY + 5), 3);
    assert_int_equal(in_force(h, TODAY + 4), 1);
}

static void
a_proposal_says_why_and_begins_neither_in_the_past_nor_too_far_away(void **state)
{
    static const struct {
        const char *basis, *reason;
        int32_t days;
        const char *problem;
    } cases[] = {
        {"", "r", 0, "basis-missing"},
        {"b", "", 0, "reason-missing"},
        {"b", "r", -1, "day-wrong"},
        {"b", "r", RULE_DAYS_AHEAD_MAX + 1, "day-wrong"},
    };
    struct house *h = *state;
    const struct rule_model m = with_rule(h);
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), ben = rules_officer("ben", RULES_ORG, "P1");
    struct rule_draft d;
    struct err err;

    assert_int_equal(rule_draft_get(&h->fixture.db, h->arena, &m, &ann, &d, &err), RC_OK);
    assert_int_equal(rule_draft_save(&h->fixture.db, &m, &ann, NOW_US, &d, &err), RC_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rule_proposal p = {.revision = d.revision, .basis = str_of(cases[i].basis), .now_us = NOW_US,
                                  .reason = str_of(cases[i].reason), .holds_from = TODAY + cases[i].days,
                                  .today = TODAY};
        if (rule_propose(&h->fixture.db, h->arena, &m, &ann, &p, &err) != RC_INVALID ||
            !str_eq(str_of(err.type), str_of(cases[i].problem))) {
            fail_msg("%s", cases[i].problem);
        }
    }
    int64_t number = proposed(h, &ann, "<two/>", TODAY + 1);
    assert_refused(settle(h, &ben, number, RULE_PUBLISHED, TODAY + 2, &refused_), RC_CONFLICT, "day-passed");
}

static void
consent_is_to_the_text_that_was_read(void **state)
{
    struct house *h = *state;
    const struct rule_model m = with_rule(h);
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), ben = rules_officer("ben", RULES_ORG, "P1");
    struct rule_settling s = {.number = proposed(h, &ann, "<two/>", TODAY), .verdict = RULE_PUBLISHED,
                              .sha256 = version_of(h, 1).sha256, .today = TODAY, .now_us = NOW_US};

    assert_refused(rule_settle(&h->fixture.db, h->arena, &m, &ben, &s, &refused_), RC_CONFLICT, "rule-settled");
    assert_int_equal(in_force(h, TODAY), 1);
}

static void
the_database_itself_refuses_to_edit_what_was_laid_down(void **state)
{
    static const char *const tries[] = {
        "UPDATE rule_version SET xml = 'forged'", "DELETE FROM rule_version", "UPDATE rule_verdict SET officer = 'x'",
        "DELETE FROM rule_verdict",               "DELETE FROM rule_cases",   "UPDATE rule_cases SET document = ''",
    };
    struct house *h = *state;

    (void)with_rule(h);
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        if (!fixture_refuses(&h->fixture, tries[i])) {
            fail_msg("%s", tries[i]);
        }
    }
    assert_true(str_eq(version_of(h, 1).xml, STR("<one/>")));
}

static void
cases_are_added_as_a_whole_and_two_cannot_do_it_at_once(void **state)
{
    struct house *h = *state;
    const struct rule_model m = with_rule(h);
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1");
    struct rule_cases cases;
    struct err err;

    assert_int_equal(rule_cases_put(&h->fixture.db, &m, &ann, STR("cases two"), 1, NOW_US, &err), RC_OK);
    assert_refused(rule_cases_put(&h->fixture.db, &m, &ann, STR("x"), 1, NOW_US, &refused_), RC_CONFLICT, "other-tab");
    assert_int_equal(rule_cases_get(&h->fixture.db, h->arena, m.id, &cases, &err), RC_OK);
    assert_true(cases.number == 2 && str_eq(cases.document, STR("cases two")) && str_eq(cases.author, STR("ann")));
}

static void
versions_are_listed_newest_first_page_by_page(void **state)
{
    struct house *h = *state;
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), ben = rules_officer("ben", RULES_ORG, "P1");
    const struct rule_version *v = NULL;
    size_t count = 0;
    struct err err;

    (void)with_rule(h);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(settle(h, &ben, proposed(h, &ann, "<n/>", TODAY), RULE_PUBLISHED, TODAY, &err), RC_OK);
    }
    assert_int_equal(rule_versions(&h->fixture.db, h->arena, STR(RULES_KEY), 0, 3, &v, &count, &err), RC_OK);
    assert_true(count == 3 && v[0].number == 4 && v[2].number == 2 && v[0].xml.len == 0);
    assert_int_equal(rule_versions(&h->fixture.db, h->arena, STR(RULES_KEY), v[2].number, 3, &v, &count, &err), RC_OK);
    assert_true(count == 1 && v[0].number == 1);
}

static void
the_desk_is_for_those_whose_power_lays_down_rules(void **state)
{
    struct house *h = *state;
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), bo = rules_officer("bo", RULES_ORG, "P2");
    bool is_desk = false;
    struct err err;

    (void)with_rule(h);
    assert_int_equal(rule_is_desk(&h->fixture.db, &ann, RULE_DMN, &is_desk, &err), RC_OK);
    assert_true(is_desk);
    assert_int_equal(rule_is_desk(&h->fixture.db, &bo, RULE_DMN, &is_desk, &err), RC_OK);
    assert_false(is_desk);
    assert_int_equal(rule_is_desk(&h->fixture.db, &ann, RULE_BPMN, &is_desk, &err), RC_OK);
    assert_false(is_desk); /* of processes there are none */
}

static void
a_process_and_a_rule_of_the_same_key_are_two_models(void **state)
{
    static const char given[] = "{\"kind\":\"bpmn\",\"key\":\"" RULES_KEY "\",\"owner\":\"" RULES_ORG "\",\"power\":\"P2\",\"name_zh\":\"办理\","
                                "\"name_en\":\"Way\",\"basis\":\"条例\",\"holds_from\":\"2024-01-01\",\"found\":{\"errors\":0}}";
    struct house *h = *state;
    struct rule_model rule = with_rule(h), process;
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), bo = rules_officer("bo", RULES_ORG, "P2");
    struct json *list = NULL;
    struct rule_version v;
    bool is_desk = false;
    struct err err;

    assert_int_equal(install(h, given, "<process/>", &err), RC_OK);
    assert_true(str_eq(json_str(last_act(h), "resource"), STR("process:" RULES_KEY)));
    assert_int_equal(rule_model_get(&h->fixture.db, h->arena, RULE_BPMN, STR(RULES_KEY), &process, &err), RC_OK);
    assert_true(process.kind == RULE_BPMN && str_eq(process.power, STR("P2")) && str_eq(rule_key(process.id), STR(RULES_KEY)));
    assert_true(rule.kind == RULE_DMN && !str_eq(rule.id, process.id));
    assert_int_equal(rule_version_get(&h->fixture.db, h->arena, process.id, 1, &v, &err), RC_OK);
    assert_true(str_eq(v.xml, STR("<process/>")) && str_eq(v.found, STR("{\"errors\":0}")));
    assert_true(str_eq(version_of(h, 1).xml, STR("<one/>")));
    for (int kind = RULE_DMN; kind <= RULE_BPMN; kind++) {
        assert_int_equal(rule_models(&h->fixture.db, h->arena, (enum rule_kind)kind, TODAY, STR(""), 10, &list, &err), RC_OK);
        assert_true(list->count == 1 && str_eq(json_str(list->first, "key"), STR(RULES_KEY)));
        assert_true(str_eq(json_str(list->first, "name_en"), kind == RULE_DMN ? STR("Fees") : STR("Way")));
        assert_int_equal(rule_models(&h->fixture.db, h->arena, (enum rule_kind)kind, TODAY, STR(RULES_KEY), 10, &list, &err), RC_OK);
        assert_int_equal(list->count, 0);
    }
    /* The id of a process is no key of a rule. */
    assert_refused(rule_model_get(&h->fixture.db, h->arena, RULE_DMN, process.id, &rule, &refused_), RC_NOT_FOUND, "no-such-rule");
    assert_int_equal(rule_is_desk(&h->fixture.db, &bo, RULE_BPMN, &is_desk, &err), RC_OK);
    assert_true(is_desk);
    assert_int_equal(rule_is_desk(&h->fixture.db, &ann, RULE_BPMN, &is_desk, &err), RC_OK);
    assert_false(is_desk);
    assert_int_equal(install(h, "{\"kind\":\"cmmn\",\"key\":\"a\"}", "<x/>", &err), RC_INVALID);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(what_a_node_comes_with_is_in_force_from_its_day),
        HOUSE_TEST(a_rule_that_lacks_something_is_not_installed),
        HOUSE_TEST(a_draft_is_kept_with_its_revision_and_belongs_to_one_officer),
        HOUSE_TEST(from_its_day_on_a_version_with_a_second_persons_consent_holds),
        HOUSE_TEST(whoever_may_not_lay_down_rules_is_refused),
        HOUSE_TEST(one_proposal_at_a_time_has_one_verdict),
        HOUSE_TEST(a_change_of_what_is_no_longer_the_last_version_is_refused),
        HOUSE_TEST(a_proposal_says_why_and_begins_neither_in_the_past_nor_too_far_away),
        HOUSE_TEST(consent_is_to_the_text_that_was_read),
        HOUSE_TEST(the_database_itself_refuses_to_edit_what_was_laid_down),
        HOUSE_TEST(cases_are_added_as_a_whole_and_two_cannot_do_it_at_once),
        HOUSE_TEST(versions_are_listed_newest_first_page_by_page),
        HOUSE_TEST(a_process_and_a_rule_of_the_same_key_are_two_models),
        HOUSE_TEST(the_desk_is_for_those_whose_power_lays_down_rules),
    };

    return HOUSE_RUN(tests, "rulebook");
}
