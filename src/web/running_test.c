/*
 * The door for programs and the pages of what stands still, over a socket: who may do what, what is refused, and that nothing counts twice.
 */
#include "process/incidents.h"
#include "process/test_rules.h"
#include "rule/run.h"
#include "rule/zone.h"
#include "web/running_int.h"
#include "web/test_desk.h"

enum { LARGE = 1 << 20 };
#define DOOR(path, bytes, handler) {"POST", path, ROLE_SYSTEM, NULL, ROUTE_FORM | ROUTE_CREATES | ROUTE_OFFICERS, bytes, handler, NULL, ""}
#define LOOK(path, handler) {"GET", path, ROLE_SYSTEM, NULL, ROUTE_OFFICERS, 0, handler, NULL, ""}

const struct route route_table[] = {
    DOOR("/api/jobs/lease", 16384, work_lease),
    DOOR("/api/jobs/heartbeat", 16384, work_heartbeat),
    DOOR("/api/jobs/complete", LARGE, work_complete),
    DOOR("/api/jobs/fail", LARGE, work_fail),
    DOOR("/api/messages", LARGE, work_message),
    DOOR("/api/signals", LARGE, work_signal),
    LOOK("/api/instances/{instance}", work_instance),
    LOOK("/api/instances/{instance}/history", work_history),
    {"GET", "/incidents", ROLE_OPERATOR, NULL, 0, 0, incidents_list, "incidents", ""},
    {"POST", "/incidents", ROLE_OPERATOR, NULL, ROUTE_FORM | ROUTE_CREATES, 16384, incidents_many, "incidents", ""},
    {"GET", "/incidents/messages", ROLE_OPERATOR, NULL, 0, 0, incidents_messages, "incident-messages", ""},
    {"POST", "/incidents/messages", ROLE_OPERATOR, NULL, ROUTE_FORM | ROUTE_CREATES, 16384, incidents_settle, "incident-messages", ""},
    {"GET", "/incidents/{instance}/{token}", ROLE_OPERATOR, NULL, 0, 0, incidents_show, "incident", ""},
    {"POST", "/incidents/{instance}/{token}", ROLE_OPERATOR, NULL, ROUTE_FORM | ROUTE_CREATES, 65536, incidents_do, "incident", ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define KEY "test"
#define FLOW(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
/* Stands still until x is 1; then the laboratory works, and says e1 or goes on to wait for a letter. */
#define TEST                                                                                                                          \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:gov='" BPMN_GOV "' id='m'><message id='M' name='letter'/>"    \
    "<error id='E' name='bad' errorCode='e1'/><process id='p' isExecutable='true'><startEvent id='s'/>" FLOW("f1", "s", "fork")          \
    "<exclusiveGateway id='fork' name='要不要化验&lt;b&gt;'/><sequenceFlow id='yes' sourceRef='fork' targetRef='work'><conditionExpression>x = 1"  \
    "</conditionExpression></sequenceFlow><sequenceFlow id='no' sourceRef='fork' targetRef='letter'><conditionExpression>x = 2"         \
    "</conditionExpression></sequenceFlow><serviceTask id='work'><extensionElements><gov:job type='lab.blood'/></extensionElements>"    \
    "</serviceTask><boundaryEvent id='b' attachedToRef='work'><errorEventDefinition errorRef='E'/></boundaryEvent>" FLOW("f2", "b", "bad") \
    "<endEvent id='bad'/>" FLOW("f3", "work", "letter") "<intermediateCatchEvent id='letter'><messageEventDefinition messageRef='M'/>"   \
    "</intermediateCatchEvent>" FLOW("f4", "letter", "e") "<endEvent id='e'/></process></definitions>"
static const char given[] = "{\"kind\":\"bpmn\",\"key\":\"" KEY "\",\"owner\":\"" DESK_ORG "\",\"power\":\"R\",\"name_zh\":\"检验\",\"name_en\":\"Test\","
                            "\"basis\":\"条例第一条\",\"holds_from\":\"2024-01-01\"}";
/* Each of these stands for a power of the operator; the system and the officer have those for programs. */
static const char *const kinds[] = {"job", "message", "signal", "look", "variables", "retry", "cancel", "move", "settle"};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* --- help ------------------------------------------------------------------------------------------ */

static struct run *engine_run;
static int64_t now_us;

static enum rc
land_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct house *h = ctx;
    struct buf b;
    struct str text;

    buf_init(&b, h->arena, 8192);
    buf_put(&b, STR("{\"powers\":[{\"code\":\"R\",\"org\":\"" DESK_ORG "\",\"name_zh\":\"定\",\"name_en\":\"R\",\"basis\":\"法\"}"));
    for (size_t i = 0; i < KINDS; i++) {
        buf_put_fmt(&b, ",{\"code\":\"P-%s\",\"org\":\"" DESK_ORG "\",\"name_zh\":\"权\",\"name_en\":\"p\",\"basis\":\"法\"}", kinds[i]);
    }
    buf_put(&b, STR("]}"));
    enum rc rc = buf_finish(&b, &text, err);
    return rc != RC_OK ? rc : org_put(tx, house_json(h, str_c(h->arena, text)), err);
}

/* An officer of that number with these powers, "P-job","P-look". */
static enum rc
give(struct tx *tx, struct desk *d, enum who who, const char *role, const char *given_powers, struct err *err)
{
    struct str text = str_fmt(d->house.arena, "{\"id\":\"o-%d\",\"org\":\"" DESK_ORG "\",\"name\":\"欧阳<云舒>\",\"roles\":[\"%s\"],\"powers\":[%s]}", who,
                              role, given_powers);

    return officer_put(tx, d->orgs, house_json(&d->house, str_c(d->house.arena, text)), err);
}

static enum rc
people_tx(struct tx *tx, void *ctx, struct err *err)
{
    static const char work[] = "\"P-job\",\"P-message\",\"P-signal\"";
    static const char all[] = "\"P-look\",\"P-variables\",\"P-retry\",\"P-cancel\",\"P-move\",\"P-settle\"";
    struct desk *d = ctx;
    struct rules_laying l = {&d->house, given, TEST, "", now_us};
    enum rc rc;

    if ((rc = give(tx, d, SYSTEM, "system", work, err)) != RC_OK || (rc = give(tx, d, OFFICER, "officer", work, err)) != RC_OK ||
        (rc = give(tx, d, OPERATOR, "operator", all, err)) != RC_OK || (rc = give(tx, d, STEWARD, "operator", all, err)) != RC_OK) {
        return rc;
    }
    return rules_install_tx(tx, &l, err);
}

/* What the city says, without one kind; NULL: all. */
static void
say_mandates(struct desk *d, const char *without)
{
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, d->house.arena, 8192);
    buf_put(&b, STR("{\"mandates\":[{}"));
    for (size_t i = 0; i < KINDS; i++) {
        if (without == NULL || strcmp(without, kinds[i]) != 0) {
            buf_put_fmt(&b, ",{\"to\":[\"%s\"],\"of\":[\"%s\"],\"power\":\"P-%s\"}", kinds[i], i == 0 ? "lab.*" : "*", kinds[i]);
        }
    }
    buf_put(&b, STR("]}"));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    d->web.city = house_json(&d->house, str_c(d->house.arena, text));
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
twice(void *ctx, const struct bpmn *model, uint32_t element, struct str type)
{
    (void)ctx, (void)model, (void)element, (void)type;
    return (struct runtime_backoff){.tries = 2, .first_us = 1, .most_us = 1, .factor = 1};
}

static struct desk *
at_work(void **state)
{
    struct desk *d = *state;
    const struct rulings_config config = {.vault = d->house.vault, .zones_folder = ZONE_FOLDER, .threads = 1};
    struct runtime_config running = {.vault = d->house.vault, .ctx = d, .find = find_model, .load = load_model, .backoff = twice,
                                     .command_keep_us = 1000000000, .message_keep_us = 1000000000, .message_ttl_us = 1000000,
                                     .lease_max_us = 600 * INT64_C(1000000)};
    struct err err;

    now_us = clock_now_us(&clock_system);
    if (house_kind == FIXTURE_POSTGRES) { /* a group of tests shares its database */
        fixture_sql(&d->house.fixture, "SET client_min_messages = warning; TRUNCATE process_instance, process_scope, process_token, process_history, "
                                       "process_closed, process_command, process_message, process_outbox, process_repair, idempotency");
    }
    rules_clear(&d->house);
    assert_int_equal(store_write(&d->db, land_tx, &d->house, &err), RC_OK);
    org_table_free(d->orgs);
    assert_int_equal(org_load(&d->db, &d->orgs, &err), RC_OK);
    d->web.orgs = d->orgs;
    if (store_write(&d->db, people_tx, d, &err) != RC_OK || rulings_new(&config, &d->web.rulings, &err) != RC_OK ||
        modelbook_open(d->web.rulings, &d->web.modelbook, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    engine_run = run_new(&RUN_LIMITS_USUAL, NULL);
    running.engine = (struct engine){.run = engine_run, .offset_seconds = 8 * 3600};
    assert_int_equal(runtime_open(&running, &d->web.runtime, &err), RC_OK);
    say_mandates(d, NULL);
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
    rc = desk_close(state);
    runtime_close(runtime);
    run_free(engine_run);
    modelbook_close(book);
    rulings_free(rulings);
    return rc;
}

/* A case with these variables, its number. */
static int64_t
start(struct desk *d, const char *variables)
{
    const struct modelbook_bound bound = {STR(KEY), 1, STR("p")};
    const struct command c = {.kind = COMMAND_START, .attempt = -1, .variables = house_json(&d->house, variables)};
    const struct runtime_request q = {.business_key = STR("case-1"), .bound = &bound, .bounds = 1, .command = &c, .actor = STR("person:p-1"),
                                      .now_us = now_us};
    struct runtime_result out;
    struct err err;

    if (runtime_do(d->web.runtime, &d->db, d->house.arena, &q, &out, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return out.instance;
}

static struct reply
by_program(struct desk *d, enum who who, const char *what, struct str body, const char *more)
{
    struct str token = who == NOBODY ? STR("") : str_fmt(d->house.arena, "Authorization: Bearer %.*s\r\n", STR_ARG(d->token[who]));
    struct str fields = str_fmt(d->house.arena, "Accept: application/json\r\nContent-Type: application/json\r\n%.*s%s", STR_ARG(token), more);

    return desk_ask(d, what, fields, body);
}

static struct json *
must(struct desk *d, struct reply r, int status)
{
    if (r.status != status) {
        fail_msg("%d, not %d: %.*s", r.status, status, STR_ARG(r.body));
    }
    return house_json(&d->house, str_c(d->house.arena, r.body));
}

static void
refused(struct reply r, int status, const char *type)
{
    if (r.status != status || !str_eq(r.type, str_of(type))) {
        fail_msg("%d %.*s, not %d %s: %.*s", r.status, STR_ARG(r.type), status, type, STR_ARG(r.body));
    }
}

static const struct json *
lease(struct desk *d, enum who who)
{
    const struct json *jobs = json_get(must(d, by_program(d, who, "POST /api/jobs/lease", STR("{\"type\":\"lab.blood\"}"), ""), 200), "jobs");

    assert_int_equal(jobs->count, 1);
    return jobs->first;
}

/* {"instance",…,"attempt",more} of a job. */
static struct str
about(struct desk *d, const struct json *job, const char *more)
{
    return str_fmt(d->house.arena, "{\"instance\":%lld,\"token\":%lld,\"attempt\":%lld%s}", (long long)json_int_or(job, "instance", 0),
                   (long long)json_int_or(job, "token", 0), (long long)json_int_or(job, "attempt", 0), more);
}

static struct str
state_of(struct desk *d, int64_t id)
{
    struct instance i;
    struct err err;

    assert_int_equal(runtime_instance(d->web.runtime, &d->db, d->house.arena, id, &i, &err), RC_OK);
    return str_of(instance_state_name(i.state));
}

static int64_t
count_of(struct desk *d, const char *sql)
{
    return fixture_int(&d->house.fixture, sql);
}

/* The address of what stands still in a case. */
static const char *
place(struct desk *d, const char *method, int64_t id)
{
    struct str sql = str_fmt(d->house.arena, "SELECT COALESCE(MAX(id), 0) FROM process_token WHERE kind = 'incident' AND instance = %lld", (long long)id);

    return str_c(d->house.arena, str_fmt(d->house.arena, "%s /incidents/%lld/%lld", method, (long long)id,
                                         (long long)count_of(d, str_c(d->house.arena, sql))));
}

/* --- the door ---------------------------------------------------------------------------------------- */

static void
work_is_taken_done_and_counts_once(void **state)
{
    struct desk *d = at_work(state);
    int64_t id = start(d, "{\"x\":1}"), acts = count_of(d, "SELECT COUNT(*) FROM act");
    const struct json *job = lease(d, SYSTEM);
    struct str done = about(d, job, ",\"variables\":{\"blood\":\"A\"}");
    struct json *first;

    assert_true(str_eq(json_str(job, "case_no"), STR("case-1")) && str_eq(json_str(job, "process"), STR(KEY)));
    assert_int_equal(json_get(must(d, by_program(d, SYSTEM, "POST /api/jobs/lease", STR("{\"type\":\"lab.blood\"}"), ""), 200), "jobs")->count, 0);
    (void)must(d, by_program(d, SYSTEM, "POST /api/jobs/heartbeat", about(d, job, ",\"lease_s\":90"), ""), 200);
    first = must(d, by_program(d, SYSTEM, "POST /api/jobs/complete", done, "Idempotency-Key: k1\r\n"), 200);
    assert_true(str_eq(json_str(first, "state"), STR("running")));
    (void)must(d, by_program(d, SYSTEM, "POST /api/jobs/complete", done, "Idempotency-Key: k1\r\n"), 200);
    refused(by_program(d, SYSTEM, "POST /api/jobs/complete", about(d, job, ""), "Idempotency-Key: k1\r\n"), 409, "idempotency-other-content");
    refused(by_program(d, SYSTEM, "POST /api/jobs/complete", done, ""), 409, "lease-lost");
    refused(by_program(d, SYSTEM, "POST /api/jobs/heartbeat", about(d, job, ""), ""), 409, "lease-lost");
    assert_int_equal(count_of(d, "SELECT COUNT(*) FROM act"), acts + 1);
    assert_true(str_eq(state_of(d, id), STR("running")));
}

/* The node died before the answer was kept with the key: the command's own key answers. */
static void
a_repeat_is_answered_when_the_kept_answer_is_lost(void **state)
{
    struct desk *d = at_work(state);
    (void)start(d, "{\"x\":1}");
    struct str done = about(d, lease(d, SYSTEM), "");

    assert_false(json_true(must(d, by_program(d, SYSTEM, "POST /api/jobs/complete", done, "Idempotency-Key: k1\r\n"), 200), "is_repeated"));
    fixture_sql(&d->house.fixture, "DELETE FROM idempotency");
    assert_true(json_true(must(d, by_program(d, SYSTEM, "POST /api/jobs/complete", done, "Idempotency-Key: k1\r\n"), 200), "is_repeated"));
}

static void
work_that_somebody_else_has_is_theirs(void **state)
{
    static const char *const doors[] = {"POST /api/jobs/heartbeat", "POST /api/jobs/complete", "POST /api/jobs/fail"};
    static const char again[] = ",\"how\":\"retry\",\"reason\":\"r\"";
    struct desk *d = at_work(state);
    int64_t id = start(d, "{\"x\":1}");
    struct str old = about(d, lease(d, SYSTEM), again);
    const struct json *job;

    (void)must(d, by_program(d, SYSTEM, "POST /api/jobs/fail", old, ""), 200);
    job = lease(d, SYSTEM);
    for (size_t i = 0; i < 3; i++) {
        refused(by_program(d, SYSTEM, doors[i], old, ""), 409, "lease-lost"); /* an older attempt */
        refused(by_program(d, OFFICER, doors[i], about(d, job, again), ""), 409, "lease-lost"); /* somebody else's */
    }
    assert_true(str_eq(state_of(d, id), STR("running")));
    (void)must(d, by_program(d, SYSTEM, "POST /api/jobs/complete", about(d, job, ""), ""), 200);
}

/* What stands somewhere as a message, or cannot go on, is no job, whatever number is sent. */
static void
what_is_no_job_is_not_done_at_this_door(void **state)
{
    struct desk *d = at_work(state);
    int64_t id[2] = {start(d, "{\"x\":2}"), start(d, "{}")};

    for (size_t i = 0; i < 2; i++) {
        for (int token = 1; token < 8; token++) {
            for (int attempt = 1; attempt < 3; attempt++) {
                struct str body = str_fmt(d->house.arena, "{\"instance\":%lld,\"token\":%d,\"attempt\":%d}", (long long)id[i], token, attempt);
                refused(by_program(d, SYSTEM, "POST /api/jobs/complete", body, ""), 409, "lease-lost");
            }
        }
        assert_true(str_eq(state_of(d, id[i]), STR("running")));
    }
}

static void
work_fails_in_three_ways(void **state)
{
    struct desk *d = at_work(state);
    int64_t id = start(d, "{\"x\":1}");
    const struct json *job = lease(d, SYSTEM);

    refused(by_program(d, SYSTEM, "POST /api/jobs/fail", about(d, job, ",\"how\":\"error\",\"code\":\"nobody-knows\""), ""), 409, "error-not-caught");
    refused(by_program(d, SYSTEM, "POST /api/jobs/fail", about(d, job, ",\"how\":\"retry\""), ""), 400, "reason-missing");
    refused(by_program(d, SYSTEM, "POST /api/jobs/fail", about(d, job, ",\"how\":\"perhaps\",\"reason\":\"r\""), ""), 400, "invalid");
    assert_false(json_true(must(d, by_program(d, SYSTEM, "POST /api/jobs/fail", about(d, job, ",\"how\":\"retry\",\"reason\":\"r\""), ""), 200), "is_incident"));
    job = lease(d, SYSTEM);
    assert_int_equal(json_int_or(job, "tries", 0), 1);
    (void)must(d, by_program(d, SYSTEM, "POST /api/jobs/fail", about(d, job, ",\"how\":\"error\",\"code\":\"e1\""), ""), 200);
    assert_true(str_eq(state_of(d, id), STR("completed"))); /* by the way of the error */
    id = start(d, "{\"x\":1}");
    job = lease(d, SYSTEM);
    assert_true(json_true(must(d, by_program(d, SYSTEM, "POST /api/jobs/fail", about(d, job, ",\"how\":\"permanent\",\"reason\":\"r\""), ""), 200), "is_incident"));
    assert_true(str_eq(state_of(d, id), STR("running")));
}

static void
a_message_is_taken_once_whatever_comes_first(void **state)
{
    static const char letter[] = "{\"id\":\"m-1\",\"name\":\"letter\",\"key\":\"case-1\",\"ttl_s\":60}";
    struct desk *d = at_work(state);
    int64_t id = start(d, "{\"x\":2}");
    struct json *answer = must(d, by_program(d, SYSTEM, "POST /api/messages", str_of(letter), ""), 200);

    assert_true(json_true(answer, "is_taken") && !json_true(answer, "is_repeated"));
    assert_true(str_eq(state_of(d, id), STR("completed")));
    id = start(d, "{\"x\":2}");
    assert_true(json_true(must(d, by_program(d, SYSTEM, "POST /api/messages", str_of(letter), ""), 200), "is_repeated"));
    assert_true(str_eq(state_of(d, id), STR("running")));
    refused(by_program(d, SYSTEM, "POST /api/messages", STR("{\"id\":\"m-1\",\"name\":\"letter\",\"key\":\"other\"}"), ""), 409, "key-used");
    assert_false(json_true(must(d, by_program(d, SYSTEM, "POST /api/signals", STR("{\"id\":\"s-1\",\"name\":\"stop\"}"), ""), 200), "is_repeated"));
    assert_true(json_true(must(d, by_program(d, SYSTEM, "POST /api/signals", STR("{\"id\":\"s-1\",\"name\":\"stop\"}"), ""), 200), "is_repeated"));
}

/* Said once or twice, it leaves one act: by whom, under which power, to which case, and `detail` of it. */
static void
leaves_one_act(struct desk *d, const char *door, struct str body, const char *case_no, const char *power, const char *detail)
{
    int64_t acts = count_of(d, "SELECT COUNT(*) FROM act");
    struct json *latest;
    struct str told;
    struct err err;

    for (int n = 0; n < 2; n++) {
        (void)by_program(d, SYSTEM, door, body, "");
        assert_int_equal(count_of(d, "SELECT COUNT(*) FROM act"), acts + 1);
    }
    assert_int_equal(act_latest(&d->db, d->house.arena, -1, 1, &latest, &err), RC_OK);
    assert_int_equal(json_print(d->house.arena, json_get(latest->first, "detail"), &told, &err), RC_OK);
    if (!str_eq(json_str(latest->first, "case_no"), str_of(case_no)) || !str_eq(json_str(latest->first, "resource"), str_of(power)) ||
        !str_eq(told, str_of(detail))) {
        fail_msg("%s of %.*s left %.*s, not %s", door, STR_ARG(body), STR_ARG(told), detail);
    }
    assert_true(str_eq(json_str(latest->first, "kind"), STR("step")) && str_eq(json_str(latest->first, "actor"), STR("officer:o-7")));
}

static void
what_is_said_at_the_door_leaves_one_act(void **state)
{
    struct desk *d = at_work(state);
    int64_t id = start(d, "{\"x\":1}");
    struct arena *a = d->house.arena;
    const struct {
        const char *how, *act, *more;
    } failures[] = {{"retry", "retry", ""}, {"permanent", "give_up", "\"is_incident\":true,"}};

    leaves_one_act(d, "POST /api/messages", STR("{\"id\":\"m-1\",\"name\":\"letter\",\"key\":\"case-1\",\"ttl_s\":60}"), "case-1", "P-message",
                   "{\"do\":\"message\",\"id\":\"m-1\",\"name\":\"letter\"}"); /* it waits, and is about that case */
    leaves_one_act(d, "POST /api/messages", STR("{\"id\":\"m-2\",\"name\":\"letter\",\"key\":\"no case\",\"ttl_s\":60}"), "", "P-message",
                   "{\"do\":\"message\",\"id\":\"m-2\",\"name\":\"letter\"}");
    leaves_one_act(d, "POST /api/signals", STR("{\"id\":\"s-1\",\"name\":\"stop\"}"), "", "P-signal",
                   "{\"do\":\"signal\",\"id\":\"s-1\",\"name\":\"stop\"}");
    for (size_t i = 0; i < 2; i++) {
        struct str more = str_fmt(a, ",\"how\":\"%s\",\"reason\":\"r\"", failures[i].how);
        struct str detail = str_fmt(a, "{\"do\":\"%s\",\"instance\":%lld,%s\"job\":\"lab.blood\"}", failures[i].act, (long long)id, failures[i].more);
        leaves_one_act(d, "POST /api/jobs/fail", about(d, lease(d, SYSTEM), str_c(a, more)), "case-1", "P-job", str_c(a, detail));
    }
    fixture_sql(&d->house.fixture, "DELETE FROM process_message");
    id = start(d, "{\"x\":2}");
    leaves_one_act(d, "POST /api/messages", STR("{\"id\":\"m-3\",\"name\":\"letter\",\"key\":\"case-1\"}"), "case-1", "P-message",
                   str_c(a, str_fmt(a, "{\"do\":\"message\",\"id\":\"m-3\",\"instance\":%lld,\"name\":\"letter\"}", (long long)id)));
}

static void
ten_megabytes_are_refused_at_once(void **state)
{
    static const char *const doors[] = {"POST /api/jobs/complete", "POST /api/jobs/fail", "POST /api/messages", "POST /api/signals"};
    struct desk *d = at_work(state);

    for (size_t i = 0; i < 4; i++) {
        struct str head = str_fmt(d->house.arena,
                                  "%s HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
                                  "Authorization: Bearer %.*s\r\nContent-Length: 10485760\r\n\r\n{\"variables\":",
                                  doors[i], STR_ARG(d->token[SYSTEM]));
        size_t len = ask(d->host.port, head, d->answer, sizeof(d->answer));
        assert_true(str_starts((struct str){d->answer, len}, STR("HTTP/1.1 413 ")));
    }
}

static void
a_long_wait_ends_when_work_comes_or_the_time_is_over(void **state)
{
    struct desk *d = at_work(state);
    struct json *answer = must(d, by_program(d, SYSTEM, "POST /api/jobs/lease", STR("{\"type\":\"lab.blood\",\"wait_s\":1}"), ""), 200);

    assert_int_equal(json_get(answer, "jobs")->count, 0);
    (void)start(d, "{\"x\":1}");
    answer = must(d, by_program(d, SYSTEM, "POST /api/jobs/lease", STR("{\"type\":\"lab.blood\",\"wait_s\":20}"), ""), 200);
    assert_int_equal(json_get(answer, "jobs")->count, 1);
    refused(by_program(d, SYSTEM, "POST /api/jobs/lease", STR("{\"type\":\"lab.blood\",\"wait_s\":21}"), ""), 400, "invalid");
    refused(by_program(d, SYSTEM, "POST /api/jobs/lease", STR("{\"type\":\"lab.blood\",\"lease_s\":9999}"), ""), 400, "invalid");
}

/* --- who may -------------------------------------------------------------------------------------------- */

static void
nobody_comes_in_without_a_role_and_nothing_happens_without_its_power(void **state)
{
    static const struct {
        const char *door, *body, *kind;
    } cases[] = {{"POST /api/jobs/lease", "{\"type\":\"lab.blood\"}", "job"},
                 {"POST /api/jobs/heartbeat", "{\"instance\":1,\"token\":2,\"attempt\":1}", "job"},
                 {"POST /api/jobs/complete", "{\"instance\":1,\"token\":2,\"attempt\":1}", "job"},
                 {"POST /api/jobs/fail", "{\"instance\":1,\"token\":2,\"attempt\":1,\"how\":\"permanent\",\"reason\":\"r\"}", "job"},
                 {"POST /api/messages", "{\"id\":\"m\",\"name\":\"letter\",\"key\":\"case-1\"}", "message"},
                 {"POST /api/signals", "{\"id\":\"m\",\"name\":\"stop\"}", "signal"},
                 {"GET /api/instances/1", "", "look"},
                 {"GET /api/instances/1/history", "", "look"}};
    struct desk *d = at_work(state);
    int64_t rows;

    (void)start(d, "{\"x\":1}");
    (void)start(d, "{\"x\":2}");
    rows = count_of(d, "SELECT COUNT(*) FROM process_history");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refused(by_program(d, NOBODY, cases[i].door, str_of(cases[i].body), ""), 401, "sign-in");
        refused(by_program(d, CITIZEN, cases[i].door, str_of(cases[i].body), ""), 403, "other-role");
        say_mandates(d, cases[i].kind);
        refused(by_program(d, SYSTEM, cases[i].door, str_of(cases[i].body), ""), 403, "power-missing");
        refused(by_program(d, OPERATOR, cases[i].door, str_of(cases[i].body), ""), 403, "power-missing");
        say_mandates(d, NULL);
        refused(by_program(d, SUPERVISOR, cases[i].door, str_of(cases[i].body), ""), 403, "power-missing"); /* has none */
    }
    refused(by_program(d, SYSTEM, "POST /api/jobs/lease", STR("{\"type\":\"police\"}"), ""), 403, "power-missing");
    refused(by_program(d, SUPERVISOR, "POST /api/messages", STR("{}"), ""), 403, "power-missing"); /* before what was sent is looked at */
    assert_int_equal(count_of(d, "SELECT COUNT(*) FROM process_history"), rows);
    assert_int_equal(count_of(d, "SELECT COUNT(*) FROM process_message"), 0);
    assert_int_equal(count_of(d, "SELECT COUNT(*) FROM process_token WHERE lease_us > 0"), 0);
}

static void
each_power_of_the_operator_covers_its_own_and_nothing_else(void **state)
{
    static const struct {
        const char *body, *kind;
    } cases[] = {{"{\"do\":\"retry\",\"variables\":{\"x\":1}}", "retry"}, {"{\"do\":\"cancel\",\"reason\":\"r\"}", "cancel"},
                 {"{\"do\":\"propose\",\"element\":\"letter\",\"reason\":\"r\"}", "move"}, {"{\"do\":\"move\"}", "move"},
                 {"{\"do\":\"decline\",\"reason\":\"r\"}", "move"}, {"{\"do\":\"retry\"}", "look"}};
    struct desk *d = at_work(state);
    int64_t id = start(d, "{}"), rows = count_of(d, "SELECT COUNT(*) FROM process_history"), denied = count_of(d, "SELECT COUNT(*) FROM act");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        say_mandates(d, cases[i].kind);
        refused(by_program(d, OPERATOR, place(d, "POST", id), str_of(cases[i].body), ""), 403, "power-missing");
        say_mandates(d, NULL);
        refused(by_program(d, OFFICER, place(d, "POST", id), str_of(cases[i].body), ""), 403, "other-role");
        refused(by_program(d, SYSTEM, place(d, "POST", id), str_of(cases[i].body), ""), 403, "other-role");
    }
    say_mandates(d, "look");
    refused(by_program(d, OPERATOR, "GET /incidents", STR(""), ""), 403, "power-missing");
    refused(by_program(d, OPERATOR, "GET /incidents/messages", STR(""), ""), 403, "power-missing");
    refused(by_program(d, OPERATOR, place(d, "GET", id), STR(""), ""), 403, "power-missing");
    say_mandates(d, "settle");
    refused(by_program(d, OPERATOR, "POST /incidents/messages", STR("{\"id\":\"m\",\"do\":\"forget\",\"reason\":\"r\"}"), ""), 403, "power-missing");
    say_mandates(d, "cancel");
    refused(by_program(d, OPERATOR, "POST /incidents", STR("{\"at\":[],\"do\":\"cancel\",\"reason\":\"r\"}"), ""), 403, "power-missing");
    assert_int_equal(count_of(d, "SELECT COUNT(*) FROM process_history"), rows);
    assert_int_equal(count_of(d, "SELECT COUNT(*) FROM process_repair"), 0);
    assert_true(count_of(d, "SELECT COUNT(*) FROM act") > denied); /* each attempt is an act */
}

/* --- looking ------------------------------------------------------------------------------------------------- */

static void
what_a_case_says_of_people_needs_a_power_and_looking_is_an_act(void **state)
{
    struct desk *d = at_work(state);
    int64_t id = start(d, "{\"secret\":\"沈知遥\",\"applicant\":{\"id\":\"s-1\"}}"), acts = count_of(d, "SELECT COUNT(*) FROM act");
    const char *one = str_c(d->house.arena, str_fmt(d->house.arena, "GET /api/instances/%lld", (long long)id));
    const char *past = str_c(d->house.arena, str_fmt(d->house.arena, "%s/history", one));
    const char *const asks[] = {one, past, place(d, "GET", id)};

    for (size_t i = 0; i < 3; i++) {
        struct reply r = by_program(d, OPERATOR, asks[i], STR(""), "");
        (void)must(d, r, 200);
        assert_true(str_has(r.body, STR("沈知遥")));
        assert_int_equal(count_of(d, "SELECT COUNT(*) FROM act"), ++acts);
    }
    say_mandates(d, "variables");
    for (size_t i = 0; i < 3; i++) {
        struct reply r = by_program(d, OPERATOR, asks[i], STR(""), "");
        (void)must(d, r, 200);
        assert_false(str_has(r.body, STR("沈知遥")));
        assert_true(i == 1 || str_has(r.body, STR("secret"))); /* that there is one is no secret */
    }
    refused(by_program(d, OPERATOR, "GET /api/instances/999", STR(""), ""), 404, "no-such-instance");
    refused(by_program(d, OPERATOR, "GET /api/instances/x", STR(""), ""), 404, "not-found");
}

/* --- the pages ----------------------------------------------------------------------------------------------- */

static struct str
browser(struct desk *d, enum who who, const char *more)
{
    return str_fmt(d->house.arena, "Accept: text/html\r\nCookie: zt=%.*s\r\n%s", STR_ARG(d->token[who]), more);
}

static struct reply
form(struct desk *d, enum who who, const char *what, const char *body)
{
    struct str fields = browser(d, who, "Content-Type: application/x-www-form-urlencoded\r\n");

    return desk_ask(d, what, fields, str_fmt(d->house.arena, "csrf=%.*s&%s", STR_ARG(d->csrf[who]), body));
}

static void
an_incident_is_told_in_plain_words_with_its_place_on_the_picture(void **state)
{
    struct desk *d = at_work(state);
    int64_t id = start(d, "{}");
    struct reply r = desk_ask(d, place(d, "GET", id), browser(d, OPERATOR, ""), STR(""));

    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("不知道往哪走")) && str_has(r.body, STR("bp-failed")));
    assert_true(str_has(r.body, STR("要不要化验&lt;b&gt;")) && !str_has(r.body, STR("化验<b>")) && !str_has(r.head, STR("script-src")));
    r = desk_ask(d, "GET /incidents", browser(d, OPERATOR, "Cookie: lang=en\r\n"), STR(""));
    assert_true(r.status == 200 && str_has(r.body, STR("case-1")));
    r = desk_ask(d, "GET /incidents?process=other", browser(d, OPERATOR, ""), STR(""));
    assert_true(r.status == 200 && !str_has(r.body, STR("case-1")));
    refused(by_program(d, OPERATOR, "GET /incidents?after=x", STR(""), ""), 400, "invalid");
    refused(by_program(d, OPERATOR, "GET /incidents/1/999", STR(""), ""), 404, "no-such-incident");
}

static void
by_form_it_is_mended_moved_by_two_and_ended(void **state)
{
    struct desk *d = at_work(state);
    int64_t id = start(d, "{}");
    const char *at = place(d, "POST", id);
    struct reply r = form(d, OPERATOR, at, "do=retry&variables=%5B1%5D");

    assert_true(r.status == 422 && str_has(r.body, STR("id=\"errors\""))); /* a list is no object */
    assert_int_equal(form(d, OPERATOR, at, "do=cancel&reason=").status, 422);
    r = desk_ask(d, at, browser(d, OPERATOR, "Content-Type: application/x-www-form-urlencoded\r\n"), STR("do=cancel&reason=r"));
    assert_int_equal(r.status, 403); /* no token */
    assert_int_equal(form(d, OPERATOR, at, "do=propose&element=letter&reason=r").status, 303);
    assert_int_equal(form(d, OPERATOR, at, "do=move").status, 403);
    assert_true(str_has(desk_ask(d, place(d, "GET", id), browser(d, OPERATOR, ""), STR("")).body, STR("要由另一位")));
    assert_int_equal(form(d, STEWARD, at, "do=move").status, 303);
    assert_int_equal(count_of(d, "SELECT COUNT(*) FROM process_token WHERE kind = 'incident'"), 0);
    refused(by_program(d, OPERATOR, at, STR("{\"do\":\"retry\"}"), ""), 404, "no-such-incident");
    id = start(d, "{}");
    assert_int_equal(form(d, OPERATOR, place(d, "POST", id), "do=retry&variables=%7B%22x%22%3A2%7D").status, 303);
    assert_int_equal(count_of(d, "SELECT COUNT(*) FROM process_token WHERE kind = 'incident'"), 0);
    id = start(d, "{}");
    assert_int_equal(form(d, OPERATOR, place(d, "POST", id), "do=cancel&reason=r").status, 303);
    assert_true(str_eq(state_of(d, id), STR("cancelled")));
}

static void
of_several_each_has_its_own_result(void **state)
{
    struct desk *d = at_work(state);
    int64_t id[2] = {start(d, "{}"), start(d, "{}")};
    const char *a = strrchr(place(d, "GET", id[0]), '/'), *b = strrchr(place(d, "GET", id[1]), '/');
    const struct json *results;
    struct str body = str_fmt(d->house.arena, "{\"at\":[\"%lld.%s\",\"%lld.%s\",\"7.99\",\"x\"],\"do\":\"cancel\",\"reason\":\"r\"}", (long long)id[0], a + 1,
                   (long long)id[1], b + 1);
    results = json_get(must(d, by_program(d, OPERATOR, "POST /incidents", body, ""), 200), "results");
    assert_int_equal(results->count, 4);
    int n = 0;
    for (const struct json *r = results->first; r != NULL; r = r->next, n++) {
        assert_int_equal(json_true(r, "is_done"), n < 2);
    }
    assert_true(str_eq(state_of(d, id[0]), STR("cancelled")) && str_eq(state_of(d, id[1]), STR("cancelled")));
}

static void
a_message_that_nobody_took_is_delivered_or_forgotten(void **state)
{
    struct desk *d = at_work(state);
    int64_t id = start(d, "{\"x\":2}");
    struct reply r;

    (void)must(d, by_program(d, SYSTEM, "POST /api/messages", STR("{\"id\":\"m-1\",\"name\":\"letter\",\"key\":\"wrong<b>\",\"variables\":{\"a\":\"秘密\"}}"), ""), 200);
    (void)must(d, by_program(d, SYSTEM, "POST /api/messages", STR("{\"id\":\"m-2\",\"name\":\"letter\",\"key\":\"gone\"}"), ""), 200);
    r = desk_ask(d, "GET /incidents/messages", browser(d, OPERATOR, ""), STR(""));
    assert_true(r.status == 200 && str_has(r.body, STR("wrong&lt;b&gt;")) && !str_has(r.body, STR("秘密")));
    assert_int_equal(form(d, OPERATOR, "POST /incidents/messages", "do=forget&id=m-2&reason=").status, 422);
    assert_int_equal(form(d, OPERATOR, "POST /incidents/messages", "do=forget&id=m-2&reason=r").status, 303);
    assert_int_equal(form(d, OPERATOR, "POST /incidents/messages", "do=deliver&id=m-1&key=case-1").status, 303);
    assert_true(str_eq(state_of(d, id), STR("completed")));
    assert_int_equal(form(d, OPERATOR, "POST /incidents/messages", "do=deliver&id=m-1").status, 404);
    assert_true(json_true(must(d, by_program(d, SYSTEM, "POST /api/messages", STR("{\"id\":\"m-2\",\"name\":\"letter\",\"key\":\"gone\"}"), ""), 200), "is_forgotten"));
}

#define RUNNING_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, close_desk)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RUNNING_TEST(work_is_taken_done_and_counts_once),
        RUNNING_TEST(a_repeat_is_answered_when_the_kept_answer_is_lost),
        RUNNING_TEST(work_that_somebody_else_has_is_theirs),
        RUNNING_TEST(what_is_no_job_is_not_done_at_this_door),
        RUNNING_TEST(work_fails_in_three_ways),
        RUNNING_TEST(a_message_is_taken_once_whatever_comes_first),
        RUNNING_TEST(what_is_said_at_the_door_leaves_one_act),
        RUNNING_TEST(ten_megabytes_are_refused_at_once),
        RUNNING_TEST(a_long_wait_ends_when_work_comes_or_the_time_is_over),
        RUNNING_TEST(nobody_comes_in_without_a_role_and_nothing_happens_without_its_power),
        RUNNING_TEST(each_power_of_the_operator_covers_its_own_and_nothing_else),
        RUNNING_TEST(what_a_case_says_of_people_needs_a_power_and_looking_is_an_act),
        RUNNING_TEST(an_incident_is_told_in_plain_words_with_its_place_on_the_picture),
        RUNNING_TEST(by_form_it_is_mended_moved_by_two_and_ended),
        RUNNING_TEST(of_several_each_has_its_own_result),
        RUNNING_TEST(a_message_that_nobody_took_is_delivered_or_forgotten),
    };

    return HOUSE_RUN(tests, "work of processes at the door");
}
