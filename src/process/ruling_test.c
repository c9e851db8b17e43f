/*
 * Rules asked, on a store of their own: by whom they are run, which version answers, what is kept of it, and what a look says before a text is law.
 */
#include "process/ruling.h"

#include <pthread.h>
#include <stdio.h>

#include "process/test_rules.h"
#include "rule/zone.h"

enum { TODAY = 20000 };
static const int64_t NOW_US = (int64_t)TODAY * 86400 * 1000000;

/* --- help ------------------------------------------------------------------------------------------ */

struct court {
    struct house house; /* first: teardown of the house */
    struct rulings *rulings;
    struct rule_model model;
};

static int
open_court(void **state)
{
    struct court *c = mem_new(1, sizeof(*c));
    struct rulings_config config = {.zones_folder = ZONE_FOLDER, .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES, .threads = 2};
    struct rules_laying l = {&c->house, rules_given, RULES_MODEL("10"), RULES_CASES, NOW_US};
    struct err err;

    house_build(&c->house);
    rules_clear(&c->house);
    config.vault = c->house.vault;
    assert_int_equal(rulings_new(&config, &c->rulings, &err), RC_OK);
    assert_int_equal(store_write(&c->house.fixture.db, rules_land_tx, &c->house, &err), RC_OK);
    if (store_write(&c->house.fixture.db, rules_install_tx, &l, &err) != RC_OK ||
        rule_model_get(&c->house.fixture.db, c->house.arena, RULE_DMN, STR(RULES_KEY), &c->model, &err) != RC_OK) {
        fail_msg("%s", err.text);
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

/* Another text becomes law from that day on. */
static void
publish(struct court *c, const char *xml, int32_t holds_from)
{
    const struct identity ann = rules_officer("ann", RULES_ORG, "P1"), ben = rules_officer("ben", RULES_ORG, "P1");
    const struct db *db = &c->house.fixture.db;
    struct rule_proposal p = {.basis = STR("b"), .reason = STR("r"), .holds_from = holds_from, .today = TODAY, .now_us = NOW_US};
    struct rule_settling s = {.verdict = RULE_PUBLISHED, .today = TODAY, .now_us = NOW_US};
    struct rule_draft d;
    struct rule_version v;
    struct err err;

    assert_int_equal(rule_draft_get(db, c->house.arena, &c->model, &ann, &d, &err), RC_OK);
    d.xml = str_of(xml);
    assert_int_equal(rule_draft_save(db, &c->model, &ann, NOW_US, &d, &err), RC_OK);
    p.revision = d.revision;
    assert_int_equal(rule_propose(db, c->house.arena, &c->model, &ann, &p, &err), RC_OK);
    assert_int_equal(rule_version_get(db, c->house.arena, c->model.id, p.number, &v, &err), RC_OK);
    s.number = p.number;
    s.sha256 = v.sha256;
    assert_int_equal(rule_settle(db, c->house.arena, &c->model, &ben, &s, &err), RC_OK);
}

static enum rc
ask(struct court *c, const char *rule, const char *decision, const char *inputs, int32_t day, struct counsel_answer *out,
    struct err *err)
{
    const struct counsel *counsel = rulings_counsel(c->rulings);
    const struct counsel_question q = {.rule = str_of(rule), .decision = str_of(decision), .day = day, .now_us = NOW_US,
                                       .inputs = house_json(&c->house, inputs),
                                       .sources = house_json(&c->house, "{\"桌数\":{\"zh\":\"申请表\",\"en\":\"the form\"}}")};

    return counsel->ask(counsel, &c->house.fixture.db, c->house.arena, &q, out, err);
}

static struct counsel_answer
answer(struct court *c, const char *inputs, int32_t day)
{
    struct counsel_answer out = {.version = 0};
    struct err err;

    if (ask(c, RULES_KEY, "费用", inputs, day, &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

static int64_t
fee(const struct counsel_answer *a)
{
    int64_t n = -1;

    return json_as_int(a->result, &n) ? n : -1;
}

struct keeping {
    struct court *court;
    const struct counsel_answer *answer;
    const char *case_no;
    int64_t at_us;
};

static enum rc
keep_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct keeping *k = ctx;

    return counsel_keep(rulings_counsel(k->court->rulings), tx, k->court->house.arena, k->answer, str_of(k->case_no),
                        STR("p-1"), 7, k->at_us, err);
}

static void
keep(struct court *c, const struct counsel_answer *a, const char *case_no, int64_t at_us)
{
    struct keeping k = {c, a, case_no, at_us};
    struct err err;

    if (store_write(&c->house.fixture.db, keep_tx, &k, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
}

/* A text that is no version, with what holds today. */
static struct ruling_text
text_of(const char *xml)
{
    return (struct ruling_text){.xml = str_of(xml), .day = TODAY};
}

static struct json *
compared(struct court *c, const char *xml, int64_t since_us)
{
    const struct ruling_text text = text_of(xml);
    struct json *out = NULL;
    struct err err;

    if (ruling_compare(c->rulings, &c->house.fixture.db, c->house.arena, c->model.id, &text, since_us, &out, &err) !=
        RC_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

static struct json *
looked(struct court *c, const char *xml, const char *base)
{
    const struct ruling_wish wish = {.text = text_of(xml), .base = text_of(base), .wants_findings = true};
    struct json *out = NULL;
    struct err err;

    if (ruling_look(c->rulings, &c->house.fixture.db, c->house.arena, &wish, &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

/* A caller that is suspended and resumed, as a coroutine is, by two semaphores of a thread. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t turn;
    int resumed, suspended;
};

static void
gate_suspend(void *ctx)
{
    struct gate *g = ctx;

    assert_int_equal(pthread_mutex_lock(&g->lock), 0);
    while (g->resumed == g->suspended) {
        assert_int_equal(pthread_cond_wait(&g->turn, &g->lock), 0);
    }
    g->suspended++;
    assert_int_equal(pthread_mutex_unlock(&g->lock), 0);
}

static void
gate_resume(void *ctx)
{
    struct gate *g = ctx;

    (void)pthread_mutex_lock(&g->lock);
    g->resumed++;
    (void)pthread_cond_signal(&g->turn);
    (void)pthread_mutex_unlock(&g->lock);
}

/* --- asking ----------------------------------------------------------------------------------------- */

static void
the_version_that_holds_on_the_day_answers(void **state)
{
    struct court *c = *state;
    struct counsel_answer small = answer(c, "{\"桌数\":10}", TODAY), large = answer(c, "{\"桌数\":11}", TODAY);

    assert_int_equal(fee(&small), 100);
    assert_int_equal(fee(&large), 200);
    publish(c, RULES_MODEL("12"), TODAY + 2);
    small = answer(c, "{\"桌数\":11}", TODAY + 1);
    assert_true(fee(&small) == 200 && small.version == 1);
    small = answer(c, "{\"桌数\":11}", TODAY + 2);
    assert_true(fee(&small) == 100 && small.version == 2);
}

static void
an_answer_says_its_reasons_and_where_they_came_from(void **state)
{
    struct court *c = *state;
    const struct counsel_answer a = answer(c, "{\"桌数\":11}", TODAY);
    struct str zh = json_str(a.reasons, "zh");

    assert_true(str_has(zh, STR("11")) && str_has(zh, STR("申请表")) && str_has(zh, STR("200")));
    assert_int_equal(json_int_or(json_path(a.reasons, "steps.0.rules.0"), "rule", -1), 2);
    assert_int_equal(json_int_or(a.inputs, "桌数", -1), 11);
}

static void
what_is_not_there_is_told_and_gives_no_answer(void **state)
{
    static const struct {
        const char *rule, *decision;
        int32_t day;
        enum rc rc;
    } cases[] = {
        {"no-such", "费用", TODAY, RC_NOT_FOUND},
        {RULES_KEY, "费用", 19000, RC_NOT_FOUND}, /* before the first version */
        {RULES_KEY, "别的", TODAY, RC_NOT_FOUND},
    };
    struct court *c = *state;
    struct counsel_answer a = {.version = 77};
    struct err err;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(ask(c, cases[i].rule, cases[i].decision, "{}", cases[i].day, &a, &err), cases[i].rc);
        assert_int_equal(a.version, 77);
    }
    a = answer(c, "{}", TODAY); /* what is missing is null, of which this rule says nothing */
    assert_true(json_is(a.result, JSON_NULL));
}

static void
whoever_can_be_suspended_is_answered_by_another_thread(void **state)
{
    struct court *c = *state;
    struct gate gate = {.resumed = 0};
    struct db waiting = c->house.fixture.db;
    struct json *out = NULL;
    struct err err;

    assert_int_equal(pthread_mutex_init(&gate.lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&gate.turn, NULL), 0);
    waiting.wait = (struct store_wait){.ctx = &gate, .suspend = gate_suspend, .resume = gate_resume};
    for (int i = 0; i < 20; i++) {
        assert_int_equal(ruling_feel(c->rulings, &waiting, c->house.arena, STR("1 + 2"), NULL, NOW_US, &out, &err), RC_OK);
        assert_int_equal(json_int_or(out, "value", -1), 3);
    }
    assert_int_equal(gate.suspended, 20);
}

struct crowd {
    struct court *court;
    int wrong;
};

static void *
ask_often(void *ctx)
{
    struct crowd *w = ctx;
    struct house own = w->court->house; /* but for the arena */
    struct court mine = *w->court;

    own.arena = arena_new(HOUSE_ARENA);
    mine.house = own;
    for (int i = 0; i < 50; i++) {
        struct counsel_answer a = {.version = 0};
        struct err err;
        char inputs[40];
        (void)snprintf(inputs, sizeof(inputs), "{\"桌数\":%d}", i);
        bool right = ask(&mine, RULES_KEY, "费用", inputs, TODAY, &a, &err) == RC_OK && fee(&a) == (i <= 10 ? 100 : 200);
        w->wrong += right ? 0 : 1;
    }
    arena_free(own.arena);
    return NULL;
}

static void
many_threads_ask_one_model_at_once(void **state)
{
    enum { THREADS = 4 };
    struct crowd crowd[THREADS];
    pthread_t thread[THREADS];

    for (int i = 0; i < THREADS; i++) {
        crowd[i] = (struct crowd){*state, 0};
        assert_int_equal(pthread_create(&thread[i], NULL, ask_often, &crowd[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(crowd[i].wrong, 0);
    }
}

/* --- keeping ---------------------------------------------------------------------------------------- */

static void
what_was_decided_is_kept_sealed_with_its_act_until_its_time_is_over(void **state)
{
    struct court *c = *state;
    const struct counsel_answer a = answer(c, "{\"桌数\":11,\"店名\":\"沈记面馆\"}", TODAY);
    struct json *uses = NULL;
    struct err err;

    keep(c, &a, "case-1", NOW_US);
    assert_int_equal(ruling_of_case(c->rulings, &c->house.fixture.db, c->house.arena, STR("case-1"), &uses, &err), RC_OK);
    assert_int_equal(uses->count, 1);
    assert_int_equal(json_int_or(uses->first, "act", -1), 7);
    assert_int_equal(json_int_or(uses->first, "version", -1), 1);
    assert_int_equal(json_int_or(uses->first, "result", -1), 200);
    assert_true(str_eq(json_str(json_get(uses->first, "inputs"), "店名"), STR("沈记面馆")));
    assert_true(json_str(json_get(uses->first, "reasons"), "zh").len > 0);
    assert_int_equal(fixture_int(&c->house.fixture, house_kind == FIXTURE_POSTGRES
                                                        ? "SELECT COUNT(*) FROM rule_use WHERE position('\\xe6b288'::bytea in content) > 0"
                                                        : "SELECT COUNT(*) FROM rule_use WHERE instr(content, x'e6b288') > 0"),
                     0); /* 沈 */
    assert_int_equal(ruling_expire(&c->house.fixture.db, NOW_US, &err), RC_OK);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM rule_use"), 1);
    assert_int_equal(ruling_expire(&c->house.fixture.db, NOW_US + 1, &err), RC_OK);
    assert_int_equal(fixture_int(&c->house.fixture, "SELECT COUNT(*) FROM rule_use"), 0);
}

static void
a_changed_threshold_is_compared_with_what_was_decided(void **state)
{
    struct court *c = *state;
    const struct json *rows, *change;
    struct json *out;

    for (int i = 8; i <= 13; i++) {
        char inputs[40], case_no[20];
        (void)snprintf(inputs, sizeof(inputs), "{\"桌数\":%d}", i);
        (void)snprintf(case_no, sizeof(case_no), "case-%d", i);
        const struct counsel_answer a = answer(c, inputs, TODAY);
        keep(c, &a, case_no, NOW_US + i);
    }
    out = compared(c, RULES_MODEL("10"), 0);
    assert_true(json_int_or(out, "count", -1) == 6 && json_int_or(out, "changed", -1) == 0);
    out = compared(c, RULES_MODEL("12"), 0);
    assert_true(json_int_or(out, "count", -1) == 6 && json_int_or(out, "changed", -1) == 2);
    rows = json_get(out, "rows");
    assert_int_equal(rows->count, 2);
    assert_true(str_eq(json_str(rows->first, "case_no"), STR("case-12"))); /* the latest first */
    change = json_get(rows->first, "changes")->first;
    assert_true(str_eq(json_str(change, "old"), STR("200")) && str_eq(json_str(change, "new"), STR("100")));
    out = compared(c, RULES_MODEL("12"), NOW_US + 12); /* only those since */
    assert_true(json_int_or(out, "count", -1) == 2 && json_int_or(out, "changed", -1) == 1);
}

static void
another_key_opens_nothing_that_was_kept(void **state)
{
    struct court *c = *state;
    const struct counsel_answer a = answer(c, "{\"桌数\":11}", TODAY);
    struct json *out = NULL;
    struct err err;

    const struct ruling_text nine = text_of(RULES_MODEL("9"));

    keep(c, &a, "case-1", NOW_US);
    fixture_sql(&c->house.fixture, "UPDATE rule_use SET id = 'u-moved'");
    assert_int_equal(ruling_of_case(c->rulings, &c->house.fixture.db, c->house.arena, STR("case-1"), &out, &err), RC_CORRUPT);
    assert_int_equal(ruling_compare(c->rulings, &c->house.fixture.db, c->house.arena, c->model.id, &nine, 0,
                                    &out, &err),
                     RC_CORRUPT);
}

/* --- looking ---------------------------------------------------------------------------------------- */

static void
a_look_names_gaps_and_overlaps_and_what_differs_from_the_base(void **state)
{
    struct court *c = *state;
    struct json *d = looked(c, RULES_MODEL("10"), RULES_MODEL("10"));
    const struct json *cell;

    assert_true(json_true(d, "readable") && json_int_or(d, "errors", -1) == 0 && json_int_or(d, "changes", -1) == 0);
    d = looked(c, RULES_MODEL("12"), RULES_MODEL("10"));
    assert_int_equal(json_int_or(d, "changes", -1), 2);
    cell = json_path(d, "model.decisions.0.table.rules.0.cells.0");
    assert_true(json_true(cell, "is_changed") && str_eq(json_str(cell, "was"), STR("<= 10")) &&
                str_eq(json_str(cell, "text"), STR("<= 12")));
    d = looked(c, RULES_GAP, "");
    assert_true(json_int_or(d, "errors", -1) == 0 && json_int_or(d, "warnings", -1) == 1);
    assert_true(str_eq(json_str(json_get(d, "findings")->first, "kind"), STR("gap")));
    assert_null(json_get(d, "changes"));
    d = looked(c, RULES_OVERLAP, "");
    assert_int_equal(json_int_or(d, "errors", -1), 1);
    assert_true(str_eq(json_str(json_get(d, "findings")->first, "kind"), STR("overlap")));
}

/* A table of so many rows, one value each; of the one row `other` the answer is another one. */
static const char *
long_table(struct court *c, int rows, int other)
{
    struct str text;
    struct buf b;
    struct err err;

    buf_init(&b, c->house.arena, 1 << 21);
    buf_put(&b, STR("<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" id=\"d\" name=\"长\" namespace=\"urn:long\">"
                    "<inputData id=\"i\" name=\"数\"><variable name=\"数\" typeRef=\"number\"/></inputData>"
                    "<decision id=\"x\" name=\"长\"><variable name=\"长\" typeRef=\"number\"/>"
                    "<informationRequirement id=\"n\"><requiredInput href=\"#i\"/></informationRequirement>"
                    "<decisionTable id=\"t\" hitPolicy=\"FIRST\"><input id=\"c\"><inputExpression typeRef=\"number\"><text>数</text>"
                    "</inputExpression></input><output id=\"o\" name=\"长\" typeRef=\"number\"/>"));
    for (int i = 1; i <= rows; i++) {
        buf_put_fmt(&b, "<rule id=\"r%d\"><inputEntry id=\"e%d\"><text>%d</text></inputEntry><outputEntry id=\"p%d\"><text>%d</text>"
                        "</outputEntry></rule>", i, i, i, i, i == other ? 0 : i);
    }
    buf_put(&b, STR("</decisionTable></decision></definitions>"));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return str_c(c->house.arena, text);
}

static void
a_table_too_long_to_be_shown_says_how_many_rules_it_leaves_out(void **state)
{
    enum { ROWS = 3000 };
    struct court *c = *state;
    const char *old = long_table(c, ROWS, 0);
    const struct json *table = json_path(looked(c, old, ""), "model.decisions.0.table");
    int64_t shown = (int64_t)json_get(table, "rules")->count;
    struct json *d;

    assert_int_equal(json_int_or(table, "rule_count", -1), ROWS);
    assert_true(shown > 1000 && shown * 3 <= RULING_CELLS_SHOWN && json_int_or(table, "left_out", -1) == ROWS - shown);
    d = looked(c, long_table(c, ROWS, ROWS - 1), old); /* of a change those that it touches */
    table = json_path(d, "model.decisions.0.table");
    assert_int_equal(json_int_or(d, "changes", -1), 1);
    assert_int_equal(json_get(table, "rules")->count, 1);
    assert_int_equal(json_int_or(json_get(table, "rules")->first, "number", -1), ROWS - 1);
    assert_int_equal(json_int_or(table, "left_out", -1), ROWS - 1);
    table = json_path(looked(c, long_table(c, 100, 0), ""), "model.decisions.0.table");
    assert_true(json_get(table, "rules")->count == 100 && json_get(table, "left_out") == NULL);
}

static void
findings_too_long_to_be_told_are_counted(void **state)
{
    struct court *c = *state;
    struct str gap = STR(RULES_GAP), label = STR("label=\"桌数\"");
    size_t at = str_find(gap, label);
    struct str text;
    struct json *d;
    struct buf b;
    struct err err;

    buf_init(&b, c->house.arena, 1 << 20);
    buf_put(&b, str_sub(gap, 0, at + label.len - 1));
    for (int i = 0; i < 300000; i++) { /* a finding shows an input by its label */
        buf_put_char(&b, 'x');
    }
    buf_put(&b, str_from(gap, at + label.len - 1));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    d = looked(c, str_c(c->house.arena, text), "");
    assert_true(json_int_or(d, "warnings", -1) == 1 && json_int_or(d, "findings_left_out", -1) == 1);
    assert_int_equal(json_get(d, "findings")->count, 0);
    d = looked(c, RULES_GAP, "");
    assert_true(json_int_or(d, "findings_left_out", -1) == 0 && json_get(d, "findings")->count == 1);
}

static void
a_text_that_cannot_be_read_says_where(void **state)
{
    static const char *const wrong[] = {"", "no xml", "<a/>", "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\""};
    struct court *c = *state;
    struct json *d;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        d = looked(c, wrong[i], "");
        if (json_true(d, "readable") || json_str(json_get(d, "fault"), "zh").len == 0 ||
            json_str(json_get(d, "fault"), "en").len == 0) {
            fail_msg("%s", wrong[i]);
        }
        d = compared(c, wrong[i], 0);
        assert_int_equal(json_int_or(d, "changed", -1), 0);
    }
}

static void
stored_cases_tell_which_answers_change(void **state)
{
    struct court *c = *state;
    struct json *d = NULL;
    struct err err;

    assert_int_equal(ruling_test(c->rulings, &c->house.fixture.db, c->house.arena, &(const struct ruling_text){.xml = STR(RULES_MODEL("10")), .day = TODAY}, STR(RULES_CASES),
                                 NOW_US, &d, &err),
                     RC_OK);
    assert_true(json_int_or(d, "count", -1) == 2 && json_int_or(d, "failed", -1) == 0);
    assert_int_equal(ruling_test(c->rulings, &c->house.fixture.db, c->house.arena, &(const struct ruling_text){.xml = STR(RULES_MODEL("12")), .day = TODAY}, STR(RULES_CASES),
                                 NOW_US, &d, &err),
                     RC_OK);
    const struct json *first = json_get(d, "rows")->first;
    assert_true(json_int_or(d, "failed", -1) == 1 && str_eq(json_str(first, "id"), STR("large")) && !json_true(first, "passed") &&
                str_eq(json_str(first, "expected"), STR("200")) && str_eq(json_str(first, "got"), STR("100")));
    assert_int_equal(ruling_test(c->rulings, &c->house.fixture.db, c->house.arena, &(const struct ruling_text){.xml = STR(RULES_MODEL("12")), .day = TODAY}, STR("<x/>"), NOW_US, &d,
                                 &err),
                     RC_OK);
    assert_true(json_str(d, "unreadable").len > 0);
}

/* Each answer for itself is within the limits of a run, or is not; all of them together would keep a thread for minutes. */
#define ENDLESS_TO(end)                                                                                                \
    "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" id=\"d\" name=\"费用\" namespace=\"urn:fee\">" \
    "<inputData id=\"i\" name=\"桌数\"><variable name=\"桌数\" typeRef=\"number\"/></inputData>"                        \
    "<decision id=\"fee\" name=\"费用\"><variable name=\"费用\" typeRef=\"number\"/>"                                  \
    "<informationRequirement id=\"n\"><requiredInput href=\"#i\"/></informationRequirement>"                           \
    "<literalExpression><text>count(for a in 1.." end ", b in 1..1000 return a + 桌数)</text></literalExpression>"      \
    "</decision></definitions>"

static void
cases_that_take_too_long_together_fail_and_say_so(void **state)
{
    enum { CASES = 400 };
    struct court *c = *state;
    struct json *d = NULL;
    struct str cases;
    struct err err;
    struct buf b;

    buf_init(&b, c->house.arena, 1 << 20);
    buf_put(&b, STR("<testCases xmlns=\"http://www.omg.org/spec/DMN/20160719/testcase\" "
                    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">"));
    for (int i = 0; i < CASES; i++) {
        buf_put(&b, STR(RULES_CASE("small", "10", "100000")));
    }
    buf_put(&b, STR("</testCases>"));
    assert_int_equal(buf_finish(&b, &cases, &err), RC_OK);
    assert_int_equal(ruling_test(c->rulings, &c->house.fixture.db, c->house.arena, &(const struct ruling_text){.xml = STR(ENDLESS_TO("100")), .day = TODAY}, cases, NOW_US, &d, &err),
                     RC_OK);
    assert_int_equal(json_int_or(d, "count", -1), CASES);
    assert_true(json_int_or(d, "passed", -1) > 0 && json_int_or(d, "failed", -1) > 0);
    assert_true(str_has(json_str(json_get(d, "rows")->first, "error"), STR("together")));
}

static void
a_text_that_never_answers_changes_what_was_decided_and_can_still_be_looked_at(void **state)
{
    struct court *c = *state;
    struct json *out;

    for (int i = 0; i < 20; i++) {
        const struct counsel_answer a = answer(c, "{\"桌数\":9}", TODAY);
        keep(c, &a, "case-1", NOW_US + i);
    }
    out = compared(c, ENDLESS_TO("100000"), 0);
    assert_true(json_int_or(out, "changed", -1) > 0 && json_int_or(out, "changed", -1) == json_int_or(out, "count", -1));
    assert_true(json_int_or(out, "count", -1) < 20 && json_int_or(out, "total", -1) == 20);
    assert_int_equal(json_int_or(compared(c, RULES_MODEL("10"), 0), "count", -1), 20); /* the next job has all of its time again */
}

/* --- the doors --------------------------------------------------------------------------------------- */

static void
an_expression_is_answered_or_says_what_is_wrong_with_it(void **state)
{
    struct court *c = *state;
    const struct db *db = &c->house.fixture.db;
    struct arena *a = c->house.arena;
    struct json *d = NULL;
    struct err err;

    assert_int_equal(ruling_feel(c->rulings, db, a, STR("月 收入 * 12"), house_json(&c->house, "{\"月 收入\":0.1}"), NOW_US, &d, &err),
                     RC_OK);
    assert_true(str_eq(json_get(d, "value")->text, STR("1.2")) && str_eq(json_str(d, "kind"), STR("number")));
    assert_int_equal(ruling_feel(c->rulings, db, a, STR("nothing + 1"), NULL, NOW_US, &d, &err), RC_OK);
    assert_true(json_is(json_get(d, "value"), JSON_NULL) && json_get(d, "notes")->count > 0 &&
                json_str(json_get(d, "notes")->first, "zh").len > 0);
    assert_int_equal(ruling_feel(c->rulings, db, a, STR("1 +"), NULL, NOW_US, &d, &err), RC_OK);
    assert_true(json_str(json_get(d, "fault"), "en").len > 0 && json_get(d, "value") == NULL);
    assert_int_equal(ruling_feel(c->rulings, db, a, STR("count(for a in 1..1000, b in 1..1000, c in 1..1000 return 1)"), NULL, NOW_US,
                                 &d, &err),
                     RC_LIMIT);
}

static void
a_decision_is_answered_by_name_and_without_one_by_the_last(void **state)
{
    struct court *c = *state;
    const struct db *db = &c->house.fixture.db;
    struct ruling_question q = {.text = text_of(RULES_MODEL("10")), .inputs = house_json(&c->house, "{\"桌数\":11}"), .now_us = NOW_US,
                                .decision = STR("")};
    struct json *d = NULL;
    struct err err;

    assert_int_equal(ruling_decide(c->rulings, db, c->house.arena, &q, &d, &err), RC_OK);
    assert_true(json_int_or(d, "value", -1) == 200 && str_eq(json_str(d, "decision"), STR("费用")) && json_get(d, "reasons") == NULL);
    q.wants_reasons = true;
    assert_int_equal(ruling_decide(c->rulings, db, c->house.arena, &q, &d, &err), RC_OK);
    assert_true(json_str(json_get(d, "reasons"), "zh").len > 0);
    q.decision = STR("别的");
    assert_int_equal(ruling_decide(c->rulings, db, c->house.arena, &q, &d, &err), RC_NOT_FOUND);
    q.text = text_of("<x/>");
    assert_int_equal(ruling_decide(c->rulings, db, c->house.arena, &q, &d, &err), RC_OK);
    assert_non_null(json_get(d, "fault"));
}

static void
a_document_is_checked_against_a_schema(void **state)
{
    struct court *c = *state;
    const struct json *schema = house_json(&c->house, "{\"type\":\"object\",\"required\":[\"name\"]}");
    struct json *d = NULL;
    struct err err;

    assert_int_equal(ruling_schema(c->rulings, &c->house.fixture.db, c->house.arena, schema, house_json(&c->house, "{\"name\":1}"),
                                   TODAY, &d, &err),
                     RC_OK);
    assert_true(json_true(d, "valid"));
    assert_int_equal(ruling_schema(c->rulings, &c->house.fixture.db, c->house.arena, schema, house_json(&c->house, "{}"), TODAY, &d,
                                   &err),
                     RC_OK);
    assert_true(!json_true(d, "valid") && json_str(json_get(d, "errors")->first, "zh").len > 0);
    assert_int_equal(ruling_schema(c->rulings, &c->house.fixture.db, c->house.arena, house_json(&c->house, "{\"type\":7}"), schema,
                                   TODAY, &d, &err),
                     RC_INVALID);
}

/* Every limit from little memory up ends in RC_LIMIT or in the answer. */
static void
a_full_arena_is_only_ever_a_limit(void **state)
{
    struct court *c = *state;
    const struct counsel *counsel = rulings_counsel(c->rulings);
    const struct counsel_question q = {.rule = STR(RULES_KEY), .decision = STR("费用"), .day = TODAY, .now_us = NOW_US,
                                       .inputs = house_json(&c->house, "{\"桌数\":11}")};
    enum rc rc = RC_LIMIT;

    for (size_t limit = 16; rc != RC_OK; limit += 16) {
        struct arena *small = arena_new(limit);
        struct counsel_answer a;
        struct err err;
        rc = counsel->ask(counsel, &c->house.fixture.db, small, &q, &a, &err);
        if (rc != RC_OK && rc != RC_LIMIT) {
            fail_msg("%zu bytes: %s", limit, err.text);
        }
        assert_true(limit < 1 << 20);
        arena_free(small);
    }
}

#define COURT_TEST(name) cmocka_unit_test_setup_teardown(name, open_court, close_court)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        COURT_TEST(the_version_that_holds_on_the_day_answers),
        COURT_TEST(an_answer_says_its_reasons_and_where_they_came_from),
        COURT_TEST(what_is_not_there_is_told_and_gives_no_answer),
        COURT_TEST(whoever_can_be_suspended_is_answered_by_another_thread),
        COURT_TEST(many_threads_ask_one_model_at_once),
        COURT_TEST(what_was_decided_is_kept_sealed_with_its_act_until_its_time_is_over),
        COURT_TEST(a_changed_threshold_is_compared_with_what_was_decided),
        COURT_TEST(another_key_opens_nothing_that_was_kept),
        COURT_TEST(a_look_names_gaps_and_overlaps_and_what_differs_from_the_base),
        COURT_TEST(a_table_too_long_to_be_shown_says_how_many_rules_it_leaves_out),
        COURT_TEST(findings_too_long_to_be_told_are_counted),
        COURT_TEST(a_text_that_cannot_be_read_says_where),
        COURT_TEST(stored_cases_tell_which_answers_change),
        COURT_TEST(cases_that_take_too_long_together_fail_and_say_so),
        COURT_TEST(a_text_that_never_answers_changes_what_was_decided_and_can_still_be_looked_at),
        COURT_TEST(an_expression_is_answered_or_says_what_is_wrong_with_it),
        COURT_TEST(a_decision_is_answered_by_name_and_without_one_by_the_last),
        COURT_TEST(a_document_is_checked_against_a_schema),
        COURT_TEST(a_full_arena_is_only_ever_a_limit),
    };

    return HOUSE_RUN(tests, "ruling");
}
