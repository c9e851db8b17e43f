/*
 * The process desk over a socket: who may come in, what runs scripts, that what a model says is escaped, and what a trial is told.
 */
#include "base/asset.h"
#include "process/runtime.h"
#include "process/test_rules.h"
#include "rule/zone.h"
#include "web/rules_int.h"
#include "web/test_desk.h"

const struct route route_table[] = {
    {"GET", "/processes", ROLE_PUBLIC, NULL, 0, 0, rules_list, "processes", ""},
    {"GET", "/processes/{key}", ROLE_PUBLIC, NULL, 0, 0, rules_rule, "process", ""},
    {"GET", "/processes/{key}/compare", ROLE_PUBLIC, NULL, 0, 0, processes_compare, "process-compare", ""},
    {"GET", "/processes/{key}/versions/{number}/file", ROLE_PUBLIC, NULL, 0, 0, rules_file, NULL, ""},
    {"GET", "/processes/{key}/edit", ROLE_OFFICER, NULL, 0, 0, rules_edit, "process-edit", ""},
    {"POST", "/processes/{key}/edit", ROLE_OFFICER, NULL, ROUTE_STREAM, 65536, rules_save, "process-edit", ""},
    {"POST", "/processes/{key}/propose", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, rules_propose, "process-propose", ""},
    {"GET", "/processes/{key}/simulate", ROLE_OFFICER, NULL, 0, 0, processes_trial_page, "process-simulate", ""},
    {"POST", "/processes/{key}/simulate", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, processes_trial, "process-simulate", ""},
    {"GET", "/processes/{key}/live", ROLE_OFFICER, NULL, 0, 0, processes_live, "process-live", ""},
    {"GET", "/processes/{key}/history.xes", ROLE_OFFICER, NULL, 0, 0, processes_history, NULL, ""},
    {"GET", "/cases/{case_no}/path", ROLE_PUBLIC, NULL, 0, 0, processes_path, "case-path", ""},
    {"POST", "/api/processes/check", ROLE_OFFICER, NULL, ROUTE_STREAM, 65536, processes_door_check, NULL, ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define KEY "permit"
#define EDIT "/processes/" KEY "/edit"
#define TRY "/processes/" KEY "/simulate"
#define FLOW(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define PERMIT                                                                                                                        \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:gov='" BPMN_GOV "' id='m'><process id='p' isExecutable='true'>" \
    "<startEvent id='s'/>" FLOW("f1", "s", "r") "<userTask id='r' name='审查&lt;b&gt;'><extensionElements><gov:assignment role='officer'/>"  \
    "<gov:outcome code='grant' zh='批准' en='Grant'/><gov:outcome code='refuse' zh='不批准' en='Refuse'/></extensionElements></userTask>"     \
    FLOW("f2", "r", "x") "<exclusiveGateway id='x' default='no'/><sequenceFlow id='yes' sourceRef='x' targetRef='e'>"                     \
    "<conditionExpression>outcome = \"grant\"</conditionExpression></sequenceFlow>" FLOW("no", "x", "refused")                             \
    "<endEvent id='refused'/><endEvent id='e'/></process></definitions>"
static const char given[] = "{\"kind\":\"bpmn\",\"key\":\"" KEY "\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"许可\",\"name_en\":\"Permit\","
                            "\"basis\":\"条例第一条\",\"holds_from\":\"2024-01-01\"}";

/* --- help ------------------------------------------------------------------------------------------ */

static enum rc
powers_tx(struct tx *tx, void *ctx, struct err *err)
{
    return org_put(tx, house_json(ctx, rules_land), err);
}

static enum rc
process_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct desk *d = ctx;
    struct rules_laying l = {&d->house, given, PERMIT, "", clock_now_us(&clock_system)};
    struct str officer = str_fmt(d->house.arena, "{\"id\":\"o-%d\",\"org\":\"" DESK_ORG "\",\"name\":\"n\",\"roles\":[\"officer\"],\"powers\":[\"P1\"]}",
                                 OFFICER);
    enum rc rc = officer_put(tx, d->orgs, house_json(&d->house, str_c(d->house.arena, officer)), err);

    return rc != RC_OK ? rc : rules_install_tx(tx, &l, err);
}

/* A desk whose officer lays down the process. */
static struct desk *
with_process(void **state)
{
    struct desk *d = *state;
    const struct rulings_config config = {.vault = d->house.vault, .zones_folder = ZONE_FOLDER, .threads = 1};
    struct err err;

    rules_clear(&d->house);
    if (house_kind == FIXTURE_POSTGRES) { /* which is shared by all of these tests */
        fixture_sql(&d->house.fixture, "SET client_min_messages = warning; TRUNCATE process_instance, process_scope, process_token, process_history");
    }
    assert_int_equal(store_write(&d->db, powers_tx, &d->house, &err), RC_OK);
    org_table_free(d->orgs);
    assert_int_equal(org_load(&d->db, &d->orgs, &err), RC_OK);
    d->web.orgs = d->orgs;
    if (store_write(&d->db, process_tx, d, &err) != RC_OK || rulings_new(&config, &d->web.rulings, &err) != RC_OK ||
        modelbook_open(d->web.rulings, &d->web.modelbook, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return d;
}

static int
close_desk(void **state)
{
    struct desk *d = *state;
    struct rulings *rulings = d->web.rulings;
    struct modelbook *book = d->web.modelbook;
    int rc;

    rules_clear(&d->house);
    rc = desk_close(state); /* nobody asks any more */
    modelbook_close(book);
    rulings_free(rulings);
    return rc;
}

static struct json *
told(struct desk *d, struct reply r)
{
    return house_json(&d->house, str_c(d->house.arena, r.body));
}

static struct reply
post(struct desk *d, const char *what, enum who who, const char *body)
{
    struct str more = str_fmt(d->house.arena, "Content-Type: application/json\r\nX-CSRF-Token: %.*s\r\n%.*s", STR_ARG(d->csrf[who]),
                              STR_ARG(as(d, who)));

    return desk_ask(d, what, more, str_of(body));
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void
everybody_sees_the_picture_and_its_names_are_escaped(void **state)
{
    struct desk *d = with_process(state);
    struct reply r = desk_ask(d, "GET /processes/" KEY, STR("Accept: text/html\r\n"), STR(""));

    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("<svg class=\"bp\"")) && str_has(r.body, STR("审查&lt;b&gt;")));
    assert_false(str_has(r.body, STR("审查<b>")) || str_has(r.head, STR("script-src")) || str_has(r.body, STR("<script")));
    r = desk_ask(d, "GET /processes", STR("Accept: application/json\r\n"), STR(""));
    assert_true(str_eq(json_str(json_get(told(d, r), "processes")->first, "url"), STR("/processes/" KEY)));
    r = desk_ask(d, "GET /processes/restaurant-fee", STR("Accept: application/json\r\n"), STR(""));
    assert_int_equal(r.status, 404); /* a rule is no process */
}

static void
a_model_comes_back_byte_for_byte(void **state)
{
    struct desk *d = with_process(state);
    struct reply r = desk_ask(d, "GET /processes/" KEY "/versions/1/file", STR(""), STR(""));

    assert_true(str_eq(r.body, STR(PERMIT)));
    assert_true(str_has(r.head, STR("filename=\"" KEY "-1.bpmn\"")) && str_has(r.head, STR("sandbox")));
}

static void
only_those_who_lay_it_down_come_to_the_desk(void **state)
{
    static const char *const asks[] = {"GET " EDIT, "GET " TRY};
    struct desk *d = with_process(state);

    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        assert_int_equal(desk_ask(d, asks[i], as(d, OFFICER), STR("")).status, 200);
        assert_int_equal(desk_ask(d, asks[i], as(d, CITIZEN), STR("")).status, 403);
        assert_int_equal(desk_ask(d, asks[i], STR("Accept: application/json\r\n"), STR("")).status, 401);
    }
    assert_int_equal(post(d, "POST " TRY, CITIZEN, "{}").status, 403);
    assert_int_equal(post(d, "POST /api/processes/check", CITIZEN, "{\"model\":\"<a/>\"}").status, 403);
}

static void
what_has_errors_is_found_and_cannot_be_proposed(void **state)
{
    struct desk *d = with_process(state);
    struct str page = str_fmt(d->house.arena, "Accept: text/html\r\nCookie: zt=%.*s\r\n", STR_ARG(d->token[OFFICER]));
    bool has_designer = asset_find(STR("npm/node_modules/bpmn-js/dist/bpmn-modeler.production.min.js")) != NULL;
    struct reply r = post(d, "POST " EDIT, OFFICER, "{\"revision\":0,\"base\":1,\"xml\":\"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' "
                                                    "id='m'><process id='p' isExecutable='true'><startEvent id='s'/></process></definitions>\"}");
    struct json *found = told(d, r);

    assert_int_equal(r.status, 200);
    assert_true(json_int_or(found, "errors_found", 0) > 0 && json_str(json_get(found, "findings")->first, "text").len > 0);
    assert_true(json_int_or(json_get(found, "compared"), "count", 0) > 0);
    r = post(d, "POST /processes/" KEY "/propose", OFFICER, "{\"revision\":1,\"basis\":\"b\",\"reason\":\"r\",\"holds_from\":\"2040-01-01\"}");
    assert_true(r.status == 422 || r.status == 400);
    assert_true(str_has(r.body, STR("rule-unfit")));
    r = desk_ask(d, "GET " EDIT, page, STR(""));
    assert_int_equal(str_has(r.head, STR("script-src 'self'; ")), has_designer);
    assert_false(str_has(r.head, STR("unsafe")));
    assert_true(str_has(r.body, STR("BPMNPlane"))); /* what had no drawing is given one */
}

static void
a_check_says_what_differs_and_keeps_nothing(void **state)
{
    struct desk *d = with_process(state);
    struct str xml = STR(PERMIT), body;
    struct json *input = json_object(d->house.arena);
    struct err err;

    json_set_text(d->house.arena, input, "model", xml);
    json_set_text(d->house.arena, input, "base", xml);
    assert_int_equal(json_print(d->house.arena, input, &body, &err), RC_OK);
    struct json *found = told(d, post(d, "POST /api/processes/check", OFFICER, str_c(d->house.arena, body)));
    assert_true(json_true(found, "is_readable") && json_int_or(json_get(found, "compared"), "count", -1) == 0);
    found = told(d, desk_ask(d, "GET " EDIT, as(d, OFFICER), STR("")));
    assert_int_equal(json_int_or(found, "revision", -1), 0);
}

static void
a_trial_goes_the_way_that_was_chosen(void **state)
{
    static const struct {
        const char *body, *end;
    } cases[] = {
        {"{}", "e"},
        {"{\"outcome.r\":\"refuse\",\"after.r\":\"2\"}", "refused"},
        {"{\"script\":[{\"element\":\"r\",\"outcome\":\"refuse\"}]}", "refused"},
    };
    struct desk *d = with_process(state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *trial = json_get(told(d, post(d, "POST " TRY, OFFICER, cases[i].body)), "trial");
        bool arrived = false;
        for (const struct json *l = json_get(trial, "lines")->first; l != NULL; l = l->next) {
            arrived = arrived || (str_eq(json_str(l, "element"), str_of(cases[i].end)) && str_eq(json_str(l, "what"), STR("entered")));
        }
        assert_true(json_true(trial, "is_whole"));
        if (!arrived) {
            fail_msg("%s", cases[i].body);
        }
    }
}

static void
what_is_wrong_with_a_trial_is_said_at_its_field(void **state)
{
    static const struct {
        const char *body, *field;
    } cases[] = {
        {"{\"variables\":\"{\"}", "variables"},
        {"{\"variables\":\"[]\"}", "variables"},
        {"{\"script\":\"{}\"}", "script"},
    };
    struct desk *d = with_process(state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply r = post(d, "POST " TRY, OFFICER, cases[i].body);
        const struct json *first = json_path(told(d, r), "errors.list.0");
        if (r.status != 422 || !str_eq(json_str(first, "field"), str_of(cases[i].field))) {
            fail_msg("%s: %.*s", cases[i].body, STR_ARG(r.body));
        }
    }
}

/* Rows as the runtime writes them: two open cases, of which one has waited longer. */
static void
put_cases(struct desk *d)
{
    const char *empty = house_kind == FIXTURE_POSTGRES ? "''" : "x''";
    int64_t now_us = clock_now_us(&clock_system);

    for (int i = 1; i <= 2; i++) {
        char sql[600];
        (void)snprintf(sql, sizeof(sql),
                       "INSERT INTO process_instance (id, month, model, version, models, business_key, state, revision, next_id, started_us, scopes, "
                       "variables, hash) VALUES (%d, 202611, '" KEY "', 1, '[]', 'c-%d', 'running', 1, 9, 0, 0, %s, %s)", i, i, empty, empty);
        fixture_sql(&d->house.fixture, sql);
        (void)snprintf(sql, sizeof(sql),
                       "INSERT INTO process_token (instance, id, scope, host, listens, kind, element, flow, event, name, key, due_us, anchor_us, turns, "
                       "attempt, since_us, asleep, ripe_us) VALUES (%d, 2, 1, 0, 0, 'task', 'r', '', -1, '', '', 0, 0, 0, 0, %lld, 0, 0)", i,
                       (long long)(now_us - (int64_t)i * 86400 * 1000000));
        fixture_sql(&d->house.fixture, sql);
    }
}

static void
where_open_cases_wait_is_counted_and_shown_to_officers(void **state)
{
    struct desk *d = with_process(state);
    const struct json *live, *row;

    put_cases(d);
    live = told(d, desk_ask(d, "GET /processes/" KEY "/live", as(d, OFFICER), STR("")));
    row = json_get(live, "waiting")->first;
    assert_true(json_int_or(live, "open", -1) == 2 && json_get(live, "waiting")->count == 1);
    assert_true(json_int_or(row, "count", -1) == 2 && str_eq(json_str(row, "mark"), STR("crowded")));
    assert_true(str_has(json_str(row, "oldest_text"), STR("2 ")));
    assert_int_equal(desk_ask(d, "GET /processes/" KEY "/live?version=9", as(d, OFFICER), STR("")).status, 404);
    assert_int_equal(desk_ask(d, "GET /processes/" KEY "/live", as(d, CITIZEN), STR("")).status, 403);
}

/* --- what runs ------------------------------------------------------------------------------------------- */

static const struct bpmn *
find_model(void *ctx, struct str key, int64_t version)
{
    return modelbook_find(((struct desk *)ctx)->web.modelbook, key, version);
}

static enum rc
load_model(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    return modelbook_load(((struct desk *)ctx)->web.modelbook, db, key, version, err);
}

static struct runtime_backoff
no_backoff(void *ctx, const struct bpmn *model, uint32_t element, struct str type)
{
    (void)ctx, (void)model, (void)element, (void)type;
    return (struct runtime_backoff){.tries = 1, .factor = 1};
}

static void
histories_are_sent_to_those_who_lay_the_process_down_and_that_is_an_act(void **state)
{
    static max_align_t nothing; /* no FEEL is asked here */
    struct desk *d = with_process(state);
    const struct runtime_config config = {.vault = d->house.vault, .engine = {.run = (struct run *)(void *)&nothing, .offset_seconds = 8 * 3600}, .ctx = d, .find = find_model,
                                          .load = load_model, .backoff = no_backoff, .command_keep_us = 1, .message_keep_us = 1,
                                          .message_ttl_us = 1, .lease_max_us = 1};
    const struct modelbook_bound bound = {STR(KEY), 1, STR("p")};
    const struct command start = {.kind = COMMAND_START, .attempt = -1};
    const struct runtime_request q = {.business_key = STR("case-1"), .bound = &bound, .bounds = 1, .command = &start, .actor = STR("person:p-1"),
                                      .now_us = clock_now_us(&clock_system)};
    struct runtime_result result;
    struct reply r;
    struct err err;

    r = desk_ask(d, "GET /processes/" KEY "/history.xes", as(d, OFFICER), STR(""));
    assert_int_equal(r.status, 404); /* where nothing runs there is no history */
    assert_int_equal(runtime_open(&config, &d->web.runtime, &err), RC_OK);
    if (runtime_do(d->web.runtime, &d->db, d->house.arena, &q, &result, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    int64_t acts = fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM act");
    r = desk_ask(d, "GET /processes/" KEY "/history.xes", as(d, OFFICER), STR(""));
    assert_true(r.status == 200 && str_has(r.head, STR("filename=\"" KEY ".xes\"")) && str_has(r.head, STR("chunked")));
    assert_true(str_has(r.body, STR("<trace>")) && str_has(r.body, STR("</log>")) && str_has(r.body, STR("审查&lt;b&gt;")));
    assert_false(str_has(r.body, STR("case-1")) || str_has(r.body, STR("p-1")));
    assert_int_equal(fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM act"), acts + 1);
    r = desk_ask(d, "GET /processes/" KEY "/history.xes?until=2020-01-01", as(d, OFFICER), STR(""));
    assert_true(r.status == 200 && !str_has(r.body, STR("<trace>")));
    r = desk_ask(d, "GET /processes/" KEY "/history.xes?from=x", as(d, OFFICER), STR(""));
    assert_true(r.status == 400 || r.status == 422);
    assert_int_equal(desk_ask(d, "GET /processes/" KEY "/history.xes", as(d, CITIZEN), STR("")).status, 403);
    runtime_close(d->web.runtime);
    d->web.runtime = NULL;
}

#define PROCESS_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, close_desk)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PROCESS_TEST(everybody_sees_the_picture_and_its_names_are_escaped),
        PROCESS_TEST(a_model_comes_back_byte_for_byte),
        PROCESS_TEST(only_those_who_lay_it_down_come_to_the_desk),
        PROCESS_TEST(what_has_errors_is_found_and_cannot_be_proposed),
        PROCESS_TEST(a_check_says_what_differs_and_keeps_nothing),
        PROCESS_TEST(a_trial_goes_the_way_that_was_chosen),
        PROCESS_TEST(where_open_cases_wait_is_counted_and_shown_to_officers),
        PROCESS_TEST(histories_are_sent_to_those_who_lay_the_process_down_and_that_is_an_act),
        PROCESS_TEST(what_is_wrong_with_a_trial_is_said_at_its_field),
    };

    return HOUSE_RUN(tests, "processes");
}
