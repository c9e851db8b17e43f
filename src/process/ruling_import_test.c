/*
 * Rules that import others: what a draft finds on a day, what a version keeps for ever, and what may not be laid down.
 */
#include "process/ruling.h"
#include "process/test_rules.h"
#include "rule/zone.h"

enum { TODAY = 20000 };
static const int64_t NOW_US = (int64_t)TODAY * 86400 * 1000000;

/* --- models ---------------------------------------------------------------------------------------------- */

#define DMN "https://www.omg.org/spec/DMN/20230324/MODEL/"
/* A model with one decision of its own name, which imports those before. */
#define MODEL(name, imports, needs, text)                                                                              \
    "<definitions xmlns=\"" DMN "\" id=\"d\" name=\"" name "\" namespace=\"urn:" name "\">" imports                    \
    "<inputData id=\"in\" name=\"n\"><variable name=\"n\" typeRef=\"number\"/></inputData><decision id=\"it\" name=\"" name "\">" \
    "<variable name=\"" name "\" typeRef=\"number\"/><informationRequirement id=\"r0\"><requiredInput href=\"#in\"/>"  \
    "</informationRequirement>" needs "<literalExpression><text>" text "</text></literalExpression></decision></definitions>"
#define IMPORT_AT(name, as, where)                                                                                     \
    "<import name=\"" as "\" namespace=\"urn:" name "\" locationURI=\"" where "\" importType=\"" DMN "\"/>"
#define IMPORT(name, as) IMPORT_AT(name, as, "")
#define NEEDS(name) "<informationRequirement id=\"r" name "\"><requiredDecision href=\"urn:" name "#it\"/></informationRequirement>"

#define BASE(value) MODEL("base", "", "", value)
#define MIDDLE(factor) MODEL("middle", IMPORT("base", "b"), NEEDS("base"), "b.base * " factor " + n")
#define TWICE MODEL("middle", IMPORT("base", "b"), NEEDS("base"), "b.base * 2")
#define PLAIN(name) MODEL(name, "", "", "0")
#define TOP MODEL("top", IMPORT("base", "b") IMPORT("middle", "m"), NEEDS("base") NEEDS("middle"), "m.middle + b.base")

/* --- help --------------------------------------------------------------------------------------------------- */

struct court {
    struct house house; /* first: teardown of the house */
    struct rulings *rulings;
};

static const char *const keys[] = {"base", "middle", "top"};
static const char *const firsts[] = {BASE("10"), PLAIN("middle"), PLAIN("top")};

static int
open_court(void **state)
{
    struct court *c = mem_new(1, sizeof(*c));
    struct rulings_config config = {.zones_folder = ZONE_FOLDER, .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES, .threads = 1};
    const struct db *db = &c->house.fixture.db;
    struct err err;

    house_build(&c->house);
    rules_clear(&c->house);
    config.vault = c->house.vault;
    assert_int_equal(rulings_new(&config, &c->rulings, &err), RC_OK);
    assert_int_equal(store_write(db, rules_land_tx, &c->house, &err), RC_OK);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct str given = str_fmt(c->house.arena,
                                   "{\"key\":\"%s\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"规则\",\"name_en\":\"R\","
                                   "\"basis\":\"条例\",\"holds_from\":\"2024-01-01\"}", keys[i]);
        struct rules_laying l = {&c->house, str_c(c->house.arena, given), firsts[i], "", NOW_US};
        if (store_write(db, rules_install_tx, &l, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
    }
    *state = c;
    return 0;
}

static int
close_court(void **state)
{
    struct court *c = *state;

    rulings_free(c->rulings);
    house_take_down(&c->house);
    mem_free(c);
    return 0;
}

static struct ruling_text
text_on(const char *xml, int32_t day)
{
    return (struct ruling_text){.xml = str_of(xml), .day = day};
}

/* Saves a draft and proposes it from that day on, with what holds then.  The last failure. */
static enum rc
propose(struct court *c, const char *key, const char *xml, int32_t holds_from, int64_t *number, struct err *err)
{
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1");
    const struct db *db = &c->house.fixture.db;
    const struct ruling_text text = text_on(xml, holds_from);
    struct rule_proposal p = {.basis = STR("b"), .reason = STR("r"), .holds_from = holds_from, .today = TODAY, .now_us = NOW_US};
    struct rule_model m;
    struct rule_draft d;
    struct pins pins;
    enum rc rc;

    assert_int_equal(rule_model_get(db, c->house.arena, RULE_DMN, str_of(key), &m, err), RC_OK);
    assert_int_equal(rule_draft_get(db, c->house.arena, &m, &ann, &d, err), RC_OK);
    d.xml = str_of(xml);
    assert_int_equal(rule_draft_save(db, &m, &ann, NOW_US, &d, err), RC_OK);
    if ((rc = ruling_pins(c->rulings, db, c->house.arena, &text, &pins, err)) != RC_OK) {
        return rc;
    }
    p.revision = d.revision;
    p.pins = &pins;
    if ((rc = rule_propose(db, c->house.arena, &m, &ann, &p, err)) == RC_OK) {
        *number = p.number;
    }
    return rc;
}

static enum rc
settle(struct court *c, const char *key, int64_t number, enum rule_state verdict, struct err *err)
{
    const struct identity ben = rules_officer("ben", RULES_ORG, "P1");
    const struct db *db = &c->house.fixture.db;
    struct rule_settling s = {.number = number, .verdict = verdict, .reason = STR("r"), .today = TODAY, .now_us = NOW_US};
    struct rule_model m;
    struct rule_version v;

    assert_int_equal(rule_model_get(db, c->house.arena, RULE_DMN, str_of(key), &m, err), RC_OK);
    assert_int_equal(rule_version_get(db, c->house.arena, m.id, number, &v, err), RC_OK);
    s.sha256 = v.sha256;
    return rule_settle(db, c->house.arena, &m, &ben, &s, err);
}

static void
publish(struct court *c, const char *key, const char *xml, int32_t holds_from)
{
    int64_t number;
    struct err err;

    if (propose(c, key, xml, holds_from, &number, &err) != RC_OK || settle(c, key, number, RULE_PUBLISHED, &err) != RC_OK) {
        fail_msg("%s: %s", key, err.text);
    }
}

static enum rc
ask(struct court *c, struct rulings *r, const char *rule, int32_t day, struct counsel_answer *out, struct err *err)
{
    const struct counsel *counsel = rulings_counsel(r);
    const struct counsel_question q = {.rule = str_of(rule), .decision = str_of(rule), .day = day, .now_us = NOW_US,
                                       .inputs = house_json(&c->house, "{\"n\":1}")};

    return counsel->ask(counsel, &c->house.fixture.db, c->house.arena, &q, out, err);
}

/* What the version in force on the day says of n = 1. */
static int64_t
said(struct court *c, const char *rule, int32_t day)
{
    struct counsel_answer a;
    struct err err;
    int64_t n = -1;

    if (ask(c, c->rulings, rule, day, &a, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return json_as_int(a.result, &n) ? n : -1;
}

static struct json *
looked(struct court *c, const struct ruling_text *text)
{
    const struct ruling_wish wish = {.text = *text, .base = {.xml = STR("")}, .wants_findings = true};
    struct json *out = NULL;
    struct err err;

    if (ruling_look(c->rulings, &c->house.fixture.db, c->house.arena, &wish, &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

static bool
is_fault(const struct json *look, const char *words)
{
    return str_has(json_str(json_get(look, "fault"), "en"), str_of(words)) && json_str(json_get(look, "fault"), "zh").len > 0;
}

/* --- drafts -------------------------------------------------------------------------------------------------- */

static void
a_text_is_read_with_what_holds_on_the_day(void **state)
{
    struct court *c = *state;

    publish(c, "base", BASE("100"), TODAY + 2);
    for (int later = 0; later < 2; later++) {
        const struct ruling_text text = text_on(MIDDLE("2"), TODAY + 2 * later);
        struct ruling_question q = {.text = text, .decision = STR("middle"), .inputs = house_json(&c->house, "{\"n\":1}"),
                                    .now_us = NOW_US};
        const struct json *import;
        struct json *d = NULL;
        struct err err;
        assert_int_equal(ruling_decide(c->rulings, &c->house.fixture.db, c->house.arena, &q, &d, &err), RC_OK);
        assert_int_equal(json_int_or(d, "value", -1), later == 0 ? 21 : 201);
        d = looked(c, &text);
        import = json_get(d, "imports")->first;
        assert_true(json_true(d, "readable") && json_int_or(d, "errors", -1) == 0 && json_get(d, "imports")->count == 1);
        assert_true(str_eq(json_str(import, "key"), STR("base")) && json_int_or(import, "version", -1) == 1 + later);
    }
}

static void
what_is_not_found_or_goes_in_a_circle_is_said(void **state)
{
    static const struct {
        const char *xml, *words; /* "": it is read */
    } cases[] = {
        {MODEL("x", IMPORT("nobody", "i"), "", "1"), "not at hand"},
        {MODEL("x", IMPORT_AT("nobody", "i", "base.dmn"), "", "1"), "not at hand"}, /* of another namespace */
        {MODEL("x", IMPORT("x", "i"), "", "1"), "circle"},
        {BASE("1") "<!-- -->", ""},
        {MODEL("x", IMPORT_AT("base", "i", "../rules/base.dmn"), "", "1"), ""},
        {MODEL("x", IMPORT_AT("base", "i", "no-such-rule.dmn"), "", "1"), ""}, /* the only one of that namespace */
        {MODEL("base", IMPORT("middle", "i"), "", "1"), "circle"},             /* it imports base */
    };
    struct court *c = *state;

    publish(c, "middle", MIDDLE("2"), TODAY);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ruling_text text = text_on(cases[i].xml, TODAY);
        struct json *d = looked(c, &text);
        if (cases[i].words[0] == '\0' ? !json_true(d, "readable") : !is_fault(d, cases[i].words)) {
            fail_msg("%zu: %.*s", i, STR_ARG(json_str(json_get(d, "fault"), "en")));
        }
    }
}

static void
of_two_rules_with_one_namespace_the_location_says_which(void **state)
{
    struct court *c = *state;
    const struct ruling_text silent = text_on(MIDDLE("1"), TODAY);
    const struct ruling_text named = text_on(MODEL("x", IMPORT_AT("base", "i", "top.dmn"), "", "1"), TODAY);
    struct json *d;

    publish(c, "top", BASE("7"), TODAY);
    d = looked(c, &silent);
    assert_true(is_fault(d, "not at hand"));
    d = looked(c, &named);
    assert_true(json_true(d, "readable") && str_eq(json_str(json_get(d, "imports")->first, "key"), STR("top")));
}

static void
cases_and_comparison_reach_what_is_imported(void **state)
{
#define CASES(expected)                                                                                                \
    "<testCases xmlns=\"http://www.omg.org/spec/DMN/20160719/testcase\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" " \
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><modelName>m.dmn</modelName><testCase id=\"1\"><inputNode name=\"n\">"  \
    "<value xsi:type=\"xsd:decimal\">1</value></inputNode><resultNode name=\"middle\" type=\"decision\"><expected>"     \
    "<value xsi:type=\"xsd:decimal\">" expected "</value></expected></resultNode></testCase></testCases>"
    static const char *const documents[] = {CASES("21"), CASES("22")};
    struct court *c = *state;
    const struct ruling_text text = text_on(MIDDLE("2"), TODAY);
    struct json *d = NULL;
    struct err err;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(ruling_test(c->rulings, &c->house.fixture.db, c->house.arena, &text, str_of(documents[i]), NOW_US, &d, &err),
                         RC_OK);
        assert_true(json_int_or(d, "passed", -1) == 1 - i && json_int_or(d, "failed", -1) == i);
    }
    assert_int_equal(ruling_compare(c->rulings, &c->house.fixture.db, c->house.arena, STR("middle"), &text, 0, &d, &err), RC_OK);
    assert_true(json_true(d, "readable") && json_int_or(d, "count", -1) == 0);
}

/* --- versions ------------------------------------------------------------------------------------------------- */

static void
a_version_keeps_what_it_was_laid_down_with(void **state)
{
    struct court *c = *state;
    struct pins pins;
    struct err err;

    publish(c, "middle", MIDDLE("2"), TODAY);
    assert_int_equal(said(c, "middle", TODAY), 21);
    publish(c, "base", BASE("100"), TODAY + 1);
    assert_int_equal(said(c, "base", TODAY + 1), 100);
    assert_int_equal(said(c, "middle", TODAY + 1), 21); /* nobody consented to anything else */
    assert_int_equal(pins_of(&c->house.fixture.db, c->house.arena, STR("middle"), 2, &pins, &err), RC_OK);
    assert_true(pins.count == 1 && pins.row[0].number == 1 && str_eq(pins.row[0].model, STR("base")) &&
                str_eq(pins.row[0].name_space, STR("urn:base")) && pins.row[0].sha256.len == 64);
    publish(c, "middle", MIDDLE("2"), TODAY + 1); /* the same text, laid down anew */
    assert_int_equal(said(c, "middle", TODAY + 1), 201);
    assert_int_equal(said(c, "middle", TODAY), 21);
}

static void
the_desk_is_told_when_another_version_of_what_it_imports_holds(void **state)
{
    struct court *c = *state;
    struct ruling_text text = {.xml = STR(MIDDLE("2")), .model = STR("middle"), .number = 2, .day = TODAY};
    const struct json *import;

    publish(c, "middle", MIDDLE("2"), TODAY);
    publish(c, "base", BASE("100"), TODAY + 1);
    for (int later = 0; later < 2; later++) {
        text.day = TODAY + later;
        import = json_get(looked(c, &text), "imports")->first;
        assert_int_equal(json_int_or(import, "version", -1), 1);
        assert_int_equal(json_int_or(import, "in_force", -1), 1 + later);
    }
}

static void
what_moved_on_between_draft_proposal_and_verdict_stops_it(void **state)
{
    struct court *c = *state;
    int64_t number = 0;
    struct err err;

    assert_int_equal(propose(c, "middle", MIDDLE("2"), TODAY + 5, &number, &err), RC_OK);
    publish(c, "base", BASE("100"), TODAY + 5);
    assert_int_equal(settle(c, "middle", number, RULE_PUBLISHED, &err), RC_CONFLICT);
    assert_string_equal(err.type, "import-moved-on");
    assert_int_equal(settle(c, "middle", number, RULE_REJECTED, &err), RC_OK); /* it can be sent back */
    publish(c, "middle", MIDDLE("2"), TODAY + 4); /* the day before, the old one holds */
    assert_int_equal(said(c, "middle", TODAY + 5), 21);
}

static void
an_imported_rule_has_to_mean_the_same_in_here_as_by_itself(void **state)
{
    struct court *c = *state;
    int64_t number;
    struct err err;

    publish(c, "middle", TWICE, TODAY);
    publish(c, "top", TOP, TODAY);
    assert_int_equal(said(c, "top", TODAY), 30);
    publish(c, "base", BASE("100"), TODAY + 1);
    assert_int_equal(said(c, "top", TODAY + 1), 30);
    assert_int_equal(propose(c, "top", TOP, TODAY + 1, &number, &err), RC_CONFLICT);
    assert_string_equal(err.type, "import-outdated"); /* middle still says 20 */
    publish(c, "middle", TWICE, TODAY + 1);
    publish(c, "top", TOP, TODAY + 1);
    assert_int_equal(said(c, "top", TODAY + 1), 300);
    assert_int_equal(said(c, "top", TODAY), 30);
}

static void
what_cannot_be_read_on_its_first_day_is_not_proposed(void **state)
{
    struct court *c = *state;
    int64_t number;
    struct err err;

    publish(c, "base", MODEL("renamed", "", "", "1"), TODAY + 3);
    assert_int_equal(propose(c, "middle", MIDDLE("2"), TODAY + 3, &number, &err), RC_INVALID);
    assert_string_equal(err.type, "rule-unfit");
    publish(c, "middle", MIDDLE("2"), TODAY + 2);
}

/* Whoever changes the store behind the program's back. */
struct forging {
    const char *sha256;
};

static enum rc
forge_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct forging *f = ctx;
    const struct pins pins = {.count = 1, .row = {{STR("urn:base"), STR("base"), 1, str_of(f->sha256)}}};

    return pins_add(tx, STR("top"), 2, &pins, err);
}

static void
another_text_than_the_pinned_one_answers_nothing(void **state)
{
    struct forging forging = {"0000000000000000000000000000000000000000000000000000000000000000"};
    struct court *c = *state;
    struct counsel_answer a;
    int64_t number = 0;
    struct err err;

    publish(c, "top", PLAIN("top"), TODAY); /* imports nothing, so it has no pins yet */
    assert_int_equal(store_write(&c->house.fixture.db, forge_tx, &forging, &err), RC_OK);
    assert_int_equal(said(c, "top", TODAY), 0);
    const struct ruling_text text = {.xml = STR(MODEL("top", IMPORT("base", "b"), "", "1")), .model = STR("top"), .number = 2,
                                     .day = TODAY};
    const struct ruling_wish wish = {.text = text, .base = {.xml = STR("")}};
    struct json *d = NULL;
    assert_int_equal(ruling_look(c->rulings, &c->house.fixture.db, c->house.arena, &wish, &d, &err), RC_CORRUPT);
    assert_int_equal(ask(c, c->rulings, "base", TODAY, &a, &err), RC_OK); /* by itself it is what it was */
    assert_int_equal(propose(c, "middle", MIDDLE("2"), TODAY, &number, &err), RC_OK);
}

#define COURT_TEST(name) cmocka_unit_test_setup_teardown(name, open_court, close_court)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        COURT_TEST(a_text_is_read_with_what_holds_on_the_day),
        COURT_TEST(what_is_not_found_or_goes_in_a_circle_is_said),
        COURT_TEST(of_two_rules_with_one_namespace_the_location_says_which),
        COURT_TEST(cases_and_comparison_reach_what_is_imported),
        COURT_TEST(a_version_keeps_what_it_was_laid_down_with),
        COURT_TEST(the_desk_is_told_when_another_version_of_what_it_imports_holds),
        COURT_TEST(what_moved_on_between_draft_proposal_and_verdict_stops_it),
        COURT_TEST(an_imported_rule_has_to_mean_the_same_in_here_as_by_itself),
        COURT_TEST(what_cannot_be_read_on_its_first_day_is_not_proposed),
        COURT_TEST(another_text_than_the_pinned_one_answers_nothing),
    };

    return HOUSE_RUN(tests, "ruling_import");
}
