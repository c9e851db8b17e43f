/* Plans of migration over a socket: who may, what is refused, and one from its trial run to its cases and back. */
#include "base/asset.h"
#include "process/migration_book.h"
#include "process/runtime.h"
#include "process/test_rules.h"
#include "rule/run.h"
#include "rule/zone.h"
#include "web/rules_int.h"
#include "web/test_desk.h"

const struct route route_table[] = {
    {"GET", "/api/processes/{key}/migrations", ROLE_OFFICER, NULL, 0, 0, migrations_list, NULL, ""},
    {"POST", "/api/processes/{key}/migrations", ROLE_OFFICER, NULL, ROUTE_STREAM, 65536, migrations_propose, NULL, ""},
    {"POST", "/api/processes/{key}/migrations/try", ROLE_OFFICER, NULL, ROUTE_STREAM, 65536, migrations_try, NULL, ""},
    {"GET", "/api/processes/{key}/migrations/{number}", ROLE_OFFICER, NULL, 0, 0, migrations_show, NULL, ""},
    {"POST", "/api/processes/{key}/migrations/{number}/verdict", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, migrations_settle, NULL, ""},
    {"POST", "/api/processes/{key}/migrations/{number}/run", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, migrations_run, NULL, ""},
    {"POST", "/api/processes/{key}/migrations/{number}/back", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, migrations_back, NULL, ""},
    {"GET", "/api/processes/{key}/migrations/{number}/cases", ROLE_OFFICER, NULL, 0, 0, migrations_cases, NULL, ""},
    {"GET", "/processes/{key}/moves", ROLE_OFFICER, NULL, 0, 0, moves_list, "process-moves", ""},
    {"POST", "/processes/{key}/moves", ROLE_OFFICER, NULL, ROUTE_FORM, 65536, moves_propose, "process-move-make", ""},
    {"GET", "/processes/{key}/moves/make", ROLE_OFFICER, NULL, 0, 0, moves_make, "process-move-make", ""},
    {"POST", "/processes/{key}/moves/try", ROLE_OFFICER, NULL, ROUTE_FORM, 65536, moves_try, "process-move-make", ""},
    {"GET", "/processes/{key}/moves/{number}", ROLE_OFFICER, NULL, 0, 0, moves_show, "process-move", ""},
    {"POST", "/processes/{key}/moves/{number}/try", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, moves_try_again, "process-move", ""},
    {"POST", "/processes/{key}/moves/{number}/verdict", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, moves_settle, "process-move", ""},
    {"POST", "/processes/{key}/moves/{number}/run", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, moves_run, "process-move", ""},
    {"POST", "/processes/{key}/moves/{number}/back", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, moves_back, "process-move", ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define KEY "permit"
#define PLANS "/api/processes/" KEY "/migrations"
#define PAGES "/processes/" KEY "/moves"
#define PERMIT(task)                                                                                                          \
    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" id=\"m\"><process id=\"p\" isExecutable=\"true\">"     \
    "<startEvent id=\"s\"/><sequenceFlow id=\"f1\" sourceRef=\"s\" targetRef=\"" task "\"/><userTask id=\"" task "\"/>"        \
    "<sequenceFlow id=\"f2\" sourceRef=\"" task "\" targetRef=\"e\"/><endEvent id=\"e\"/></process></definitions>"
#define PLAN(members) "{\"plan\":{\"source\":{\"key\":\"" KEY "\",\"version\":1},\"target\":2,\"basis\":\"法\"" members "},\"reason\":\"新法\"}"
#define GOOD PLAN(",\"elements\":{\"a\":\"b\"}")
static const char given[] = "{\"kind\":\"bpmn\",\"key\":\"" KEY "\",\"owner\":\"" RULES_ORG "\",\"power\":\"P1\",\"name_zh\":\"许可\",\"name_en\":\"Permit\","
                            "\"basis\":\"条例第一条\",\"holds_from\":\"2024-01-01\"}";
static struct run *run;

/* --- help -------------------------------------------------------------------------------------------------- */

static enum rc
powers_tx(struct tx *tx, void *ctx, struct err *err)
{
    return org_put(tx, house_json(ctx, rules_land), err);
}

static enum rc
process_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct desk *d = ctx;
    struct rules_laying l = {&d->house, given, PERMIT("a"), "", clock_now_us(&clock_system)};
    struct str officer = str_fmt(d->house.arena, "{\"id\":\"o-%d\",\"org\":\"" DESK_ORG "\",\"name\":\"n\",\"roles\":[\"officer\"],\"powers\":[\"P1\"]}",
                                 OFFICER);
    enum rc rc = officer_put(tx, d->orgs, house_json(&d->house, str_c(d->house.arena, officer)), err);

    return rc != RC_OK ? rc : rules_install_tx(tx, &l, err);
}

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
put_second_version(struct desk *d)
{
    fixture_sql(&d->house.fixture, "INSERT INTO rule_version (model, number, base, xml, sha256, author, basis, reason, holds_from, proposed_us, act, found) "
                                   "SELECT model, 2, 1, '" PERMIT("b") "', sha256, '', basis, '', holds_from, proposed_us, act, '' FROM rule_version");
    fixture_sql(&d->house.fixture, "INSERT INTO rule_verdict (model, number, verdict, officer, reason, at_us, act) SELECT model, 2, verdict, '', '', at_us, act "
                                   "FROM rule_verdict");
}

static void
start_case(struct desk *d)
{
    const struct modelbook_bound bound = {STR(KEY), 1, STR("p")};
    const struct command start = {.kind = COMMAND_START, .attempt = -1};
    const struct runtime_request q = {.business_key = STR("case-1"), .bound = &bound, .bounds = 1, .command = &start, .actor = STR("person:p-1"),
                                      .now_us = clock_now_us(&clock_system)};
    struct runtime_result result;
    struct err err;

    if (runtime_do(d->web.runtime, &d->db, d->house.arena, &q, &result, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
}

/* A desk whose officer lays down the process, of which there are two versions and one case. */
static struct desk *
with_case(void **state)
{
    struct desk *d = *state;
    const struct rulings_config config = {.vault = d->house.vault, .zones_folder = ZONE_FOLDER, .threads = 1};
    struct err err;

    rules_clear(&d->house);
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&d->house.fixture, "SET client_min_messages = warning; TRUNCATE process_instance, process_scope, process_token, process_history, "
                                       "migration_kept, migration_kept_scope, migration_kept_token");
    }
    assert_int_equal(store_write(&d->db, powers_tx, &d->house, &err), RC_OK);
    org_table_free(d->orgs);
    assert_int_equal(org_load(&d->db, &d->orgs, &err), RC_OK);
    d->web.orgs = d->orgs;
    if (store_write(&d->db, process_tx, d, &err) != RC_OK || rulings_new(&config, &d->web.rulings, &err) != RC_OK ||
        modelbook_open(d->web.rulings, &d->web.modelbook, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    put_second_version(d);
    run = run_new(&RUN_LIMITS_USUAL, NULL);
    const struct runtime_config runtime = {.vault = d->house.vault, .engine = {.run = run, .offset_seconds = 8 * 3600}, .ctx = d, .find = find_model,
                                           .load = load_model, .backoff = no_backoff, .command_keep_us = 1, .message_keep_us = 1, .message_ttl_us = 1,
                                           .lease_max_us = 1};
    assert_int_equal(runtime_open(&runtime, &d->web.runtime, &err), RC_OK);
    start_case(d);
    return d;
}

static int
close_desk(void **state)
{
    struct desk *d = *state;
    struct rulings *rulings = d->web.rulings;
    struct modelbook *book = d->web.modelbook;
    struct runtime *runtime = d->web.runtime;
    int rc;

    rules_clear(&d->house);
    rc = desk_close(state); /* nobody asks any more */
    runtime_close(runtime);
    run_free(run);
    modelbook_close(book);
    rulings_free(rulings);
    return rc;
}

static struct reply
post_to(struct desk *d, const char *path, const char *where, const char *body)
{
    struct str more = str_fmt(d->house.arena, "Content-Type: application/json\r\nX-CSRF-Token: %.*s\r\n%.*s", STR_ARG(d->csrf[OFFICER]),
                              STR_ARG(as(d, OFFICER)));

    return desk_ask(d, str_fmt(d->house.arena, "POST %s%s", path, where).ptr, more, str_of(body));
}

static struct reply
post(struct desk *d, const char *where, const char *body)
{
    return post_to(d, PLANS, where, body);
}

/* As a browser sends it and shows what comes. */
static struct reply
press(struct desk *d, const char *where, const char *form)
{
    struct str more = str_fmt(d->house.arena, "Content-Type: application/x-www-form-urlencoded\r\nCookie: zt=%.*s\r\nOrigin: http://desk\r\n",
                              STR_ARG(d->token[OFFICER]));

    return desk_ask(d, str_fmt(d->house.arena, "POST " PAGES "%s", where).ptr, more,
                    str_fmt(d->house.arena, "csrf=%.*s&%s", STR_ARG(d->csrf[OFFICER]), form));
}

static struct json *
told(struct desk *d, struct reply r)
{
    if (r.status != 200 && r.status != 201) {
        fail_msg("%d %.*s", r.status, STR_ARG(r.body));
    }
    return house_json(&d->house, str_c(d->house.arena, r.body));
}

/* The second person is another one than the desk's officer. */
static void
consent(struct desk *d, int64_t number)
{
    struct identity ben = rules_officer("o-ben", RULES_ORG, "P1");
    struct migration_settling s = {.number = number, .verdict = MIGRATION_CONSENTED, .reason = STR(""), .now_us = clock_now_us(&clock_system)};
    struct migration_row row;
    struct rule_model m;
    struct err err;

    assert_int_equal(rule_model_get(&d->db, d->house.arena, RULE_BPMN, STR(KEY), &m, &err), RC_OK);
    assert_int_equal(migration_get(&d->db, d->house.arena, m.id, number, &row, &err), RC_OK);
    s.sha256 = row.sha256;
    assert_int_equal(migration_settle(&d->db, d->house.arena, &m, &ben, &s, &err), RC_OK);
}

/* --- tests ---------------------------------------------------------------------------------------------------- */

static void
a_plan_is_tried_proposed_done_and_taken_back(void **state)
{
    struct desk *d = with_case(state);
    struct json *j = told(d, post(d, "/try", GOOD));
    char where[80];

    assert_true(json_int_or(j, "can", -1) == 1 && json_get(j, "map") != NULL);
    j = told(d, post(d, "/try", PLAN("")));
    assert_true(json_int_or(j, "cannot", -1) == 1 && str_eq(json_str(json_get(j, "reasons")->first, "element"), STR("a")));
    j = told(d, post(d, "", GOOD));
    int64_t number = json_int_or(j, "number", 0);
    assert_true(number > 0 && json_int_or(json_get(j, "report"), "can", 0) == 1 && json_path(j, "report.map") == NULL);
    (void)snprintf(where, sizeof(where), "/%lld/run", (long long)number);
    assert_int_equal(post(d, where, "{}").status, 409);
    consent(d, number);
    j = told(d, post(d, where, "{\"after\":0}"));
    assert_true(json_int_or(j, "moved", 0) == 1 && !json_true(j, "more"));
    assert_int_equal(fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM process_token WHERE element = 'b'"), 1);
    (void)snprintf(where, sizeof(where), "/%lld/back", (long long)number);
    j = told(d, post(d, where, "{}"));
    assert_int_equal(json_int_or(j, "back", 0), 1);
    assert_int_equal(fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM process_token WHERE element = 'a'"), 1);
    assert_int_equal(post(d, where, "{\"instance\":99}").status, 404);
    (void)snprintf(where, sizeof(where), "GET " PLANS "/%lld", (long long)number);
    j = told(d, desk_ask(d, where, as(d, OFFICER), STR("")));
    assert_true(str_eq(json_str(j, "state"), STR("consented")) && json_path(j, "plan.elements.a") != NULL);
    (void)snprintf(where, sizeof(where), "GET " PLANS "/%lld/cases", (long long)number);
    j = told(d, desk_ask(d, where, as(d, OFFICER), STR("")));
    assert_true(json_int_or(j, "back", 0) == 1 && json_get(j, "cases")->count == 1);
    j = told(d, desk_ask(d, "GET " PLANS, as(d, OFFICER), STR("")));
    assert_int_equal(json_get(j, "migrations")->count, 1);
}

static void
who_proposed_a_plan_does_not_decide_on_it(void **state)
{
    struct desk *d = with_case(state);
    int64_t number = json_int_or(told(d, post(d, "", GOOD)), "number", 0);
    struct json *row;
    char where[80];

    (void)snprintf(where, sizeof(where), "GET " PLANS "/%lld", (long long)number);
    row = told(d, desk_ask(d, where, as(d, OFFICER), STR("")));
    struct str sha256 = json_str(row, "sha256");
    (void)snprintf(where, sizeof(where), "/%lld/verdict", (long long)number);
    struct reply r = post(d, where, str_fmt(d->house.arena, "{\"verdict\":\"consent\",\"sha256\":\"%.*s\"}", STR_ARG(sha256)).ptr);
    assert_true(r.status == 403 && str_eq(r.type, STR("same-person")));
    assert_int_equal(post(d, where, "{\"verdict\":\"perhaps\"}").status, 400);
    (void)told(d, post(d, where, str_fmt(d->house.arena, "{\"verdict\":\"withdraw\",\"sha256\":\"%.*s\"}", STR_ARG(sha256)).ptr));
}

static void
what_is_asked_wrongly_is_refused(void **state)
{
    static const struct {
        const char *where, *body, *type;
        int status;
    } asks[] = {
        {"/try", "{}", "", 0},
        {"/try", "{\"plan\":{\"source\":{\"key\":\"other\",\"version\":1},\"target\":2,\"basis\":\"x\"}}", "plan-other", 0},
        {"/99/run", "{}", "no-such-migration", 404},
        {"/x/run", "{}", "no-such-migration", 404},
        {"/99/back", "{}", "no-such-migration", 404},
    };
    struct desk *d = with_case(state);

    for (size_t n = 0; n < sizeof(asks) / sizeof(asks[0]); n++) {
        struct reply r = post(d, asks[n].where, asks[n].body);
        bool is_refused = asks[n].status > 0 ? r.status == asks[n].status : r.status >= 400 && r.status < 500;
        if (!is_refused || (asks[n].type[0] != '\0' && !str_eq(r.type, str_of(asks[n].type)))) {
            fail_msg("%s %s: %d %.*s", asks[n].where, asks[n].body, r.status, STR_ARG(r.body));
        }
    }
    assert_int_equal(desk_ask(d, "GET " PLANS, as(d, CITIZEN), STR("")).status, 403);
    assert_int_equal(desk_ask(d, "GET " PLANS, as(d, SUPERVISOR), STR("")).status, 403);
    assert_int_equal(desk_ask(d, "GET /api/processes/other/migrations", as(d, OFFICER), STR("")).status, 404);
}

static void
what_is_wrong_with_a_plan_is_said_at_its_field(void **state)
{
    static const struct {
        const char *where, *body, *says;
    } asks[] = {
        {"/try", PLAN(",\"elements\":{\"zz\":\"b\"}"), "方案里的环节不存在: version 1 has no element zz"},
        {"", PLAN(",\"elements\":{\"a\":\"e\"}"), "两个环节种类不同: a is of kind userTask and e of kind endEvent"},
        {"", PLAN(",\"colour\":1"), "方案的写法不对: a plan of migration: nobody knows colour"},
    };
    struct desk *d = with_case(state);

    for (size_t n = 0; n < sizeof(asks) / sizeof(asks[0]); n++) {
        struct reply r = post(d, asks[n].where, asks[n].body);
        const struct json *first = json_path(house_json(&d->house, str_c(d->house.arena, r.body)), "errors.list.0");
        if (r.status != 422 || !str_eq(json_str(first, "field"), STR("plan")) || !str_eq(json_str(first, "message"), str_of(asks[n].says))) {
            fail_msg("%d %.*s", r.status, STR_ARG(r.body));
        }
    }
    assert_int_equal(fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM migration"), 0);
}

static void
where_nothing_runs_there_is_nothing_to_be_moved(void **state)
{
    struct desk *d = with_case(state);
    struct runtime *runtime = d->web.runtime;

    d->web.runtime = NULL;
    assert_int_equal(desk_ask(d, "GET " PLANS, as(d, OFFICER), STR("")).status, 404);
    d->web.runtime = runtime;
}

/* --- pages -------------------------------------------------------------------------------------------------------- */

static const struct json *
with_member(const struct json *list, const char *member, const char *value)
{
    for (const struct json *j = list != NULL ? list->first : NULL; j != NULL; j = j->next) {
        if (str_eq(json_str(j, member), str_of(value))) {
            return j;
        }
    }
    return NULL;
}

static struct json *
page_of(struct desk *d, const char *where)
{
    return told(d, desk_ask(d, str_fmt(d->house.arena, "GET " PAGES "%s", where).ptr, as(d, OFFICER), STR("")));
}

static void
a_page_offers_what_is_obvious_and_says_where_cases_wait(void **state)
{
    struct desk *d = with_case(state);
    struct json *j = page_of(d, "/make?from=1&to=2");
    const struct json *row = with_member(json_get(j, "waiting"), "id", "a");

    assert_true(row != NULL && json_true(row, "is_gone") && str_eq(json_str(row, "count_text"), STR("1")));
    assert_non_null(with_member(json_get(row, "choices"), "value", "b"));
    assert_int_equal(json_int_or(j, "same", 0), 2); /* start and end are what they were */
    assert_true(json_path(j, "before.picture.items") != NULL && json_path(j, "after.compared") != NULL);
    j = page_of(d, "");
    assert_true(json_true(j, "may_make") && json_get(j, "versions")->count == 2 && !json_true(j, "has_plans"));
    assert_int_equal(desk_ask(d, "GET " PAGES "/make?from=1&to=1", as(d, OFFICER), STR("")).status, 400);
    assert_int_equal(desk_ask(d, "GET " PAGES "/make?from=1&to=9", as(d, OFFICER), STR("")).status, 404);
    assert_int_equal(desk_ask(d, "GET " PAGES, as(d, SUPERVISOR), STR("")).status, 403);
    assert_int_equal(desk_ask(d, "GET " PAGES "/99", as(d, OFFICER), STR("")).status, 404);
}

static void
a_form_becomes_the_plan_that_programs_send(void **state)
{
    struct desk *d = with_case(state);
    struct json *j = told(d, post_to(d, PAGES, "/try", "{\"from\":1,\"to\":2,\"basis\":\"法\",\"to.a\":\"b\"}"));

    assert_int_equal(json_int_or(json_get(j, "trial"), "can", -1), 1);
    j = told(d, post_to(d, PAGES, "/try", "{\"from\":1,\"to\":2,\"basis\":\"法\",\"to.a\":\"\"}"));
    assert_int_equal(json_int_or(json_get(j, "trial"), "cannot", -1), 1);
    assert_true(str_eq(json_str(json_path(j, "trial.reasons.0.samples.0"), "url"), STR("/cases/case-1/path")));
    j = told(d, post_to(d, PAGES, "",
                        "{\"from\":1,\"to\":2,\"basis\":\"法\",\"reason\":\"新法\",\"to.a\":\"b\",\"to.s\":\"s\",\"variable.4.name\":\"x\",\"variable.4.feel\":\"1\","
                        "\"variable.6.name\":\"y\",\"variable.6.remove\":\"1\"}"));
    struct json *row = told(d, desk_ask(d, str_fmt(d->house.arena, "GET " PLANS "/%lld", (long long)json_int_or(j, "number", 0)).ptr, as(d, OFFICER), STR("")));
    const struct json *plan = json_get(row, "plan");
    assert_true(json_equal(plan, house_json(&d->house, "{\"source\":{\"key\":\"" KEY "\",\"version\":1},\"target\":2,\"elements\":{\"a\":\"b\"},"
                                                       "\"variables\":[{\"name\":\"x\",\"feel\":\"1\"},{\"name\":\"y\",\"remove\":true}],\"basis\":\"法\"}")));
}

static void
what_is_wrong_in_the_form_is_said_at_its_field_and_nothing_is_lost(void **state)
{
    static const struct {
        const char *form, *field;
    } forms[] = {
        {"to.a=b&reason=r", "basis"},
        {"to.a=b&basis=x", "reason"},
        {"to.a=b&basis=x&reason=r&variable.0.name=fee&variable.0.feel=1&variable.1.name=old&variable.1.feel=(1+%2B", "variable-1"},
        {"to.a=b&basis=x&reason=r&variable.2.feel=1", "variable-2"},
        {"to.a=b&basis=x&reason=r&variable.0.name=fee", "variable-0"},
        {"to.a=b&basis=x&reason=r&variable.0.name=fee&variable.0.feel=1&variable.0.remove=1", "variable-0"},
        {"to.a=zz&basis=x&reason=r", "elements"},
        {"to.a=e&basis=x&reason=r", "elements"},
    };
    struct desk *d = with_case(state);

    for (size_t n = 0; n < sizeof(forms) / sizeof(forms[0]); n++) {
        struct reply r = press(d, "", str_fmt(d->house.arena, "from=1&to=2&%s", forms[n].form).ptr);
        struct str link = str_fmt(d->house.arena, "<li><a href=\"#%s\">", forms[n].field);
        if (r.status != 422 || !str_has(r.body, link) || !str_has(r.body, STR("name=\"to.a\""))) {
            fail_msg("%s: %d", forms[n].form, r.status);
        }
    }
    assert_int_equal(fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM migration"), 0);
}

static void
a_plan_goes_its_way_by_pages_alone(void **state)
{
    struct desk *d = with_case(state);
    struct reply r = press(d, "", "from=1&to=2&to.a=b&basis=x&reason=r");
    char where[80];

    assert_int_equal(r.status, 303);
    int64_t number = fixture_int(&d->house.fixture, "SELECT MAX(id) FROM migration");
    (void)snprintf(where, sizeof(where), "/%lld", (long long)number);
    struct json *j = page_of(d, where);
    assert_true(json_true(j, "is_author") && !json_true(j, "may_decide") && !json_true(j, "may_run"));
    assert_true(str_eq(json_str(json_path(j, "elements.0"), "to"), STR("b")) && json_int_or(json_get(j, "trial"), "can", 0) == 1);
    (void)snprintf(where, sizeof(where), "/%lld/verdict", (long long)number);
    r = press(d, where, "verdict=perhaps");
    assert_true(r.status == 422 && str_has(r.body, STR("请选一个决定")));
    (void)snprintf(where, sizeof(where), "/%lld/run", (long long)number);
    assert_int_equal(press(d, where, "after=0").status, 409);
    consent(d, number);
    assert_int_equal(press(d, where, "after=0").status, 303);
    assert_int_equal(fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM process_token WHERE element = 'b'"), 1);
    (void)snprintf(where, sizeof(where), "/%lld", (long long)number);
    j = page_of(d, where);
    const struct json *one = json_path(j, "cases.0");
    assert_true(json_int_or(j, "moved_cases", 0) == 1 && json_true(one, "may_back") && str_eq(json_str(one, "case_no"), STR("case-1")));
    (void)snprintf(where, sizeof(where), "/%lld/back", (long long)number);
    assert_int_equal(press(d, where, str_fmt(d->house.arena, "instance=%lld", (long long)json_int_or(one, "instance", 0)).ptr).status, 303);
    assert_int_equal(fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM process_token WHERE element = 'a'"), 1);
    assert_int_equal(json_get(page_of(d, ""), "plans")->count, 1);
    (void)snprintf(where, sizeof(where), "/%lld/try", (long long)number);
    r = press(d, where, "");
    assert_true(r.status == 200 && str_has(r.body, STR("按现在的情况再试")));
}

static void
one_that_cannot_go_back_is_told_with_its_reason(void **state)
{
    struct desk *d = with_case(state);
    int64_t number = json_int_or(told(d, post(d, "", GOOD)), "number", 0);
    char where[80];

    consent(d, number);
    (void)snprintf(where, sizeof(where), "/%lld/run", (long long)number);
    (void)told(d, post(d, where, "{}"));
    fixture_sql(&d->house.fixture, "UPDATE process_instance SET revision = revision + 1");
    (void)snprintf(where, sizeof(where), "/%lld/back", (long long)number);
    struct reply r = press(d, where, str_fmt(d->house.arena, "instance=%lld", (long long)fixture_int(&d->house.fixture, "SELECT MAX(id) FROM process_instance")).ptr);
    assert_true(r.status == 409 && str_has(r.body, STR("移动以后已经有人办过")));
    r = press(d, where, "after=0");
    assert_true(r.status == 303 && reply_has(&r, "stay=1"));
}

#define MOVE_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, close_desk)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        MOVE_TEST(a_plan_is_tried_proposed_done_and_taken_back),
        MOVE_TEST(who_proposed_a_plan_does_not_decide_on_it),
        MOVE_TEST(what_is_asked_wrongly_is_refused),
        MOVE_TEST(what_is_wrong_with_a_plan_is_said_at_its_field),
        MOVE_TEST(a_page_offers_what_is_obvious_and_says_where_cases_wait),
        MOVE_TEST(a_form_becomes_the_plan_that_programs_send),
        MOVE_TEST(what_is_wrong_in_the_form_is_said_at_its_field_and_nothing_is_lost),
        MOVE_TEST(a_plan_goes_its_way_by_pages_alone),
        MOVE_TEST(one_that_cannot_go_back_is_told_with_its_reason),
        MOVE_TEST(where_nothing_runs_there_is_nothing_to_be_moved),
    };

    return HOUSE_RUN(tests, "moving processes");
}
