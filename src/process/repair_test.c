/* What persons do about processes that cannot go on, on a store of its own. */
#include "evidence/act.h"
#include "process/incidents.h"
#include "process/mandate.h"
#include "process/repair.h"
#include "process/test_runtime.h"

/* Stands at "a" as long as x is not set: no condition of the gateway before it holds. */
#define STUCK                                                                                                                   \
    MODEL(START FLOW("f1", "s", "x") "<exclusiveGateway id='x'/>" WHEN("yes", "x", "a", "x = 1") WHEN("other", "x", "b", "x = 2")  \
          "<userTask id='a'/><userTask id='b'/>" FLOW("f2", "a", "e") FLOW("f3", "b", "e") END)
#define LABORATORY AROUND("<serviceTask id='a'>" GOV("<gov:job type='lab'/>") "</serviceTask>")
#define CATCHES AROUND("<intermediateCatchEvent id='a'><extensionElements><gov:message key='=\"k2\"'/></extensionElements>" \
                       "<messageEventDefinition messageRef='M'/></intermediateCatchEvent>")

static struct identity ann, ben;

static struct works *
at_work(void **state)
{
    struct works *w = *state;

    ann = (struct identity){.account = STR("a"), .actor = STR("officer:o-ann"), .role = ROLE_OPERATOR,
                            .officer = {.id = STR("o-ann"), .org = STR("11990100000000019F")}};
    ben = ann;
    ben.actor = STR("officer:o-ben");
    ben.officer.id = STR("o-ben");
    works_add(w, "stuck", 1, STUCK);
    works_add(w, "lab", 1, LABORATORY);
    works_add(w, "catches", 1, CATCHES);
    return w;
}

static struct repair
wish(struct works *w, enum repair_kind kind, int64_t instance, const char *at)
{
    return (struct repair){.kind = kind, .instance = instance, .token = at == NULL ? 0 : works_token(w, instance, at).id,
                           .message = STR(""), .key = STR(""), .element = STR(""), .reason = STR("核对过"), .who = &ann,
                           .power = STR("P-9"), .now_us = w->now_us};
}

static enum rc
try_it(struct works *w, const struct repair *what, struct repair_done *out, struct err *err)
{
    return repair_do(w->r, &w->house.fixture.db, w->house.arena, what, out, err);
}

static struct repair_done
do_it(struct works *w, const struct repair *what)
{
    struct repair_done out = {0};
    struct err err;

    if (try_it(w, what, &out, &err) != RC_OK) {
        fail_msg("%s: %s", repair_name(what->kind), err.text);
    }
    return out;
}

static struct json *
act_of(struct works *w, int64_t index)
{
    struct json *act;
    struct err err;

    assert_int_equal(act_by_index(&w->house.fixture.db, w->house.arena, index, &act, &err), RC_OK);
    return act;
}

/* --- tests --------------------------------------------------------------------------------------------------------- */

static void
with_its_variables_mended_it_goes_on_and_one_act_says_so(void **state)
{
    struct works *w = at_work(state);
    int64_t id = works_start(w, "stuck", "{'command':'start'}");
    struct repair what = wish(w, REPAIR_RETRY, id, "x");
    struct repair_done done = do_it(w, &what);

    assert_true(done.is_stuck); /* nothing was mended */
    what = wish(w, REPAIR_RETRY, id, "x");
    what.variables = house_json(&w->house, "{\"x\":1}");
    done = do_it(w, &what);
    assert_false(done.is_stuck);
    assert_true(works_token(w, id, "a").kind == TOKEN_TASK);
    struct json *act = act_of(w, done.act);
    assert_true(str_eq(json_str(act, "kind"), STR("repair")) && str_eq(json_str(act, "resource"), STR("P-9")));
    assert_true(str_eq(json_str(act, "case_no"), STR("case-7")) && str_eq(json_str(act, "actor"), STR("officer:o-ann")));
    assert_true(str_eq(json_str(json_get(act, "detail"), "cause"), STR("no-way")));
    assert_true(str_has(json_str(act, "body"), STR("\"variables\":[\"x\"]"))); /* names, not values */
    works_check_history(w, id);
}

static void
a_case_is_ended_with_a_reason_only(void **state)
{
    struct works *w = at_work(state);
    int64_t id = works_start(w, "stuck", "{'command':'start'}");
    struct repair what = wish(w, REPAIR_CANCEL, id, "x");
    struct repair_done done;

    what.reason = STR("");
    assert_refused(repair_do(w->r, &w->house.fixture.db, w->house.arena, &what, &done, &refused_), RC_INVALID, "reason-missing");
    what.reason = STR("重复的申请");
    (void)do_it(w, &what);
    assert_true(str_eq(works_state(w, id), STR("cancelled")));
}

static void
one_proposes_to_move_it_and_another_does_it(void **state)
{
    struct works *w = at_work(state);
    int64_t id = works_start(w, "stuck", "{'command':'start'}"), acts = works_int(w, "SELECT COUNT(*) FROM act");
    struct repair what = wish(w, REPAIR_PROPOSE, id, "x"), move = wish(w, REPAIR_MOVE, id, "x");
    struct incident seen;
    struct repair_done done;
    struct err err;

    assert_refused(repair_do(w->r, &w->house.fixture.db, w->house.arena, &move, &done, &refused_), RC_NOT_FOUND, "nothing-proposed");
    what.element = STR("b");
    (void)do_it(w, &what);
    assert_refused(repair_do(w->r, &w->house.fixture.db, w->house.arena, &what, &done, &refused_), RC_CONFLICT, "proposed-already");
    assert_refused(repair_do(w->r, &w->house.fixture.db, w->house.arena, &move, &done, &refused_), RC_DENIED, "second-person");
    assert_int_equal(incident_get(w->r, &w->house.fixture.db, w->house.arena, id, what.token, &seen, &err), RC_OK);
    assert_true(str_eq(seen.to, STR("b")) && str_eq(seen.proposer, STR("o-ann")) && str_eq(seen.reason, what.reason));
    assert_true(works_token(w, id, "x").kind == TOKEN_INCIDENT);
    move.who = &ben;
    done = do_it(w, &move);
    assert_true(works_token(w, id, "b").kind == TOKEN_TASK && works_token(w, id, "x").id == 0);
    assert_true(str_eq(json_str(json_get(act_of(w, done.act), "detail"), "proposed_by"), STR("o-ann")));
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_repair"), 0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM act"), acts + 2); /* what was refused left none here */
}

static void
a_proposal_is_declined_by_anybody_and_forgotten_with_its_incident(void **state)
{
    struct works *w = at_work(state);
    int64_t id = works_start(w, "stuck", "{'command':'start'}");
    struct repair what = wish(w, REPAIR_PROPOSE, id, "x"), no = wish(w, REPAIR_DECLINE, id, "x"), retry = wish(w, REPAIR_RETRY, id, "x");

    what.element = STR("b");
    (void)do_it(w, &what);
    (void)do_it(w, &no);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_repair"), 0);
    (void)do_it(w, &what);
    retry.variables = house_json(&w->house, "{\"x\":2}");
    (void)do_it(w, &retry);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_repair"), 0);
    assert_refused(repair_do(w->r, &w->house.fixture.db, w->house.arena, &no, &(struct repair_done){0}, &refused_), RC_NOT_FOUND,
                   "no-such-incident");
}

static void
an_incident_says_what_happened_and_where_it_could_go(void **state)
{
    struct works *w = at_work(state);
    int64_t id = works_start(w, "stuck", "{'command':'start','variables':{'who':'p-1'}}");
    struct repair again = wish(w, REPAIR_RETRY, id, "x");
    struct incident n;
    struct str goals;
    struct err err;

    (void)do_it(w, &again);
    assert_int_equal(incident_get(w->r, &w->house.fixture.db, w->house.arena, id, works_token(w, id, "x").id, &n, &err), RC_OK);
    assert_true(str_eq(n.code, STR("no-way")) && n.why.len > 0 && str_eq(n.process, STR("stuck")) && str_eq(n.model, STR("stuck")));
    assert_true(n.version == 1 && n.model_version == 1 && n.resolved == 1 && n.tries == 0 && n.to.len == 0);
    assert_true(str_eq(json_str(n.visible, "who"), STR("p-1")));
    assert_int_equal(json_print(w->house.arena, n.goals, &goals, &err), RC_OK);
    assert_true(str_eq(goals, STR("[\"x\",\"a\",\"b\",\"e\"]"))); /* not the start */
    assert_refused(incident_get(w->r, &w->house.fixture.db, w->house.arena, id, 999, &n, &refused_), RC_NOT_FOUND, "no-such-incident");
}

static struct runtime_job *
lease(struct works *w, size_t *count)
{
    const struct runtime_wish q = {STR("lab"), STR("w1"), 60 * SECOND_US, 1, w->now_us};
    struct runtime_job *job;
    struct err err;

    assert_int_equal(runtime_job_lease(w->r, &w->house.fixture.db, w->house.arena, &q, &job, count, &err), RC_OK);
    return job;
}

static void
of_work_that_failed_it_is_known_how_often_it_was_tried(void **state)
{
    struct works *w = at_work(state);
    int64_t id = works_start(w, "lab", "{'command':'start'}");
    struct runtime_failure f = {.reason = STR("no answer"), .actor = STR("system:w1")};
    struct runtime_job *job = NULL;
    struct runtime_held held;
    struct incident n;
    bool is_incident = false, any;
    size_t count;
    struct err err;

    for (int i = 0; i < 3; i++, w->now_us += 86400 * SECOND_US) {
        assert_false(is_incident);
        assert_int_equal(runtime_job_any(&w->house.fixture.db, STR("lab"), w->now_us, &any, &err), RC_OK);
        assert_true(any);
        job = lease(w, &count);
        assert_int_equal(count, 1);
        assert_int_equal(runtime_job_held(&w->house.fixture.db, w->house.arena, id, job->token, &held, &err), RC_OK);
        assert_true(held.is_there && held.is_job && held.is_leased && held.attempt == job->attempt && str_eq(held.owner, STR("w1")));
        f.now_us = w->now_us;
        assert_int_equal(runtime_job_failed(w->r, &w->house.fixture.db, w->house.arena, job, &f, &is_incident, &err), RC_OK);
    }
    assert_true(is_incident);
    assert_int_equal(incident_get(w->r, &w->house.fixture.db, w->house.arena, id, job->token, &n, &err), RC_OK);
    assert_true(n.tries == 3 && str_eq(n.job, STR("lab")) && str_eq(n.why, STR("no answer")));
    assert_int_equal(runtime_job_any(&w->house.fixture.db, STR("lab"), w->now_us, &any, &err), RC_OK);
    assert_false(any);
}

static void
incidents_are_listed_by_cursor_and_found_by_process_and_cause(void **state)
{
    static const struct {
        const char *process, *code;
        int count;
    } cases[] = {{"", "", 3}, {"stuck", "", 3}, {"stuck", "no-way", 3}, {"stuck", "job-failed", 0}, {"lab", "", 0}};
    struct works *w = at_work(state);
    struct incidents_figures figures;
    struct json *list;
    struct err err;

    for (int i = 0; i < 3; i++) {
        (void)works_start(w, "stuck", "{'command':'start'}");
    }
    (void)works_start(w, "lab", "{'command':'start'}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct incidents_wish q = {.process = str_of(cases[i].process), .code = str_of(cases[i].code), .most = 2};
        int seen = 0;
        do {
            assert_int_equal(incidents_page(w->r, &w->house.fixture.db, w->house.arena, &q, &list, &err), RC_OK);
            seen += (int)list->count;
            q.instance = json_int_or(list->last, "instance", 0);
            q.token = json_int_or(list->last, "token", 0);
        } while (list->count == 2);
        assert_int_equal(seen, cases[i].count);
    }
    assert_int_equal(incidents_count(&w->house.fixture.db, w->house.arena, w->now_us + 1, &figures, &err), RC_OK);
    assert_true(figures.incidents == 3 && figures.jobs == 1 && figures.timers == 0 && figures.untaken == 0);
    assert_true(str_eq(json_str(figures.causes->first, "code"), STR("no-way")) && json_int_or(figures.causes->first, "count", 0) == 3);
    assert_true(str_eq(json_str(figures.types->first, "type"), STR("lab")) && figures.oldest_job_us == w->now_us);
}

static struct runtime_delivery
send(struct works *w, const char *id)
{
    const struct runtime_message m = {.id = str_of(id), .name = STR("order"), .key = STR("k1"), .ttl_us = 60 * SECOND_US, .actor = STR("system:x"), .now_us = w->now_us};
    struct runtime_delivery out;
    struct err err;

    assert_int_equal(runtime_message(w->r, &w->house.fixture.db, w->house.arena, &m, &out, &err), RC_OK);
    return out;
}

static void
a_message_under_a_wrong_key_is_delivered_or_forgotten_and_never_comes_again(void **state)
{
    struct works *w = at_work(state);
    int64_t id = works_start(w, "catches", "{'command':'start'}");
    struct repair what = wish(w, REPAIR_DELIVER, 0, NULL), forget = wish(w, REPAIR_FORGET, 0, NULL);
    struct repair_done done;

    assert_int_equal(send(w, "m1").instance, 0);
    assert_int_equal(send(w, "m2").instance, 0);
    what.message = STR("m1");
    assert_int_equal(do_it(w, &what).taken, 0); /* under its own key nobody wants it */
    what.key = STR("k2");
    done = do_it(w, &what);
    assert_int_equal(done.taken, id);
    assert_true(str_eq(works_state(w, id), STR("completed")));
    assert_true(str_eq(json_str(json_get(act_of(w, done.act), "detail"), "message_id"), STR("m1")));
    assert_refused(repair_do(w->r, &w->house.fixture.db, w->house.arena, &what, &done, &refused_), RC_NOT_FOUND, "no-such-message");
    forget.message = STR("m2");
    (void)do_it(w, &forget);
    assert_true(send(w, "m2").is_repeated && send(w, "m2").instance == RUNTIME_NOBODY);
    assert_refused(repair_do(w->r, &w->house.fixture.db, w->house.arena, &forget, &done, &refused_), RC_NOT_FOUND, "no-such-message");
}

static void
a_signal_from_outside_reaches_all_who_listen_once(void **state)
{
    struct works *w = at_work(state);
    struct runtime_message m = {.id = STR("s1"), .name = STR("stop"), .actor = STR("system:x"), .now_us = w->now_us};
    int64_t id[2];
    struct runtime_delivery out;
    struct err err;

    works_add(w, "listens", 1, AROUND("<intermediateCatchEvent id='a'><signalEventDefinition signalRef='S'/></intermediateCatchEvent>"));
    id[0] = works_start(w, "listens", "{'command':'start'}");
    id[1] = works_start(w, "listens", "{'command':'start'}");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(runtime_signal(w->r, &w->house.fixture.db, w->house.arena, &m, &out, &err), RC_OK);
        assert_int_equal(out.is_repeated, i == 1);
    }
    works_turns(w);
    assert_true(str_eq(works_state(w, id[0]), STR("completed")) && str_eq(works_state(w, id[1]), STR("completed")));
    id[0] = works_start(w, "listens", "{'command':'start'}");
    assert_int_equal(runtime_signal(w->r, &w->house.fixture.db, w->house.arena, &m, &out, &err), RC_OK);
    works_turns(w);
    assert_true(str_eq(works_state(w, id[0]), STR("running"))); /* the same one does not come again */
    m.name = STR("go");
    assert_refused(runtime_signal(w->r, &w->house.fixture.db, w->house.arena, &m, &out, &refused_), RC_CONFLICT, "key-used");
}

static void
a_power_covers_what_the_city_says_and_nothing_else(void **state)
{
    static const struct {
        enum mandate_kind kind;
        const char *of, *power;
    } cases[] = {{MANDATE_JOB, "lab", "A"},      {MANDATE_JOB, "lab.blood", "A"}, {MANDATE_JOB, "labour", ""}, {MANDATE_JOB, "other", ""},
                 {MANDATE_JOB, "", "A"},         {MANDATE_MESSAGE, "lab", ""},    {MANDATE_RETRY, "any", "B"}, {MANDATE_MOVE, "any", ""},
                 {MANDATE_CANCEL, "permit", ""}, {MANDATE_CANCEL, "other", ""}};
    struct works *w = *state;
    struct json *table = house_json(&w->house, "[{\"to\":[\"job\"],\"of\":[\"lab\",\"lab.*\"],\"power\":\"A\"},"
                                               "{\"to\":[\"retry\"],\"of\":[\"*\"],\"power\":\"B\"},"
                                               "{\"to\":[\"cancel\"],\"of\":[\"permit\"],\"power\":\"C\"},{\"to\":[\"move\"],\"of\":[\"*\"]}]");
    struct officer who = {.power = {STR("A"), STR("B")}, .power_count = 2};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str power = mandate_power(table, cases[i].kind, str_of(cases[i].of), &who);
        if (!str_eq(power, str_of(cases[i].power))) {
            fail_msg("%s of %s: %.*s", mandate_name(cases[i].kind), cases[i].of, STR_ARG(power));
        }
    }
    assert_int_equal(mandate_power(NULL, MANDATE_RETRY, STR("any"), &who).len, 0);
    assert_true(mandate_is_given(table, MANDATE_CANCEL, STR("permit")) && !mandate_is_given(table, MANDATE_MOVE, STR("permit")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(with_its_variables_mended_it_goes_on_and_one_act_says_so),
        WORKS_TEST(a_case_is_ended_with_a_reason_only),
        WORKS_TEST(one_proposes_to_move_it_and_another_does_it),
        WORKS_TEST(a_proposal_is_declined_by_anybody_and_forgotten_with_its_incident),
        WORKS_TEST(an_incident_says_what_happened_and_where_it_could_go),
        WORKS_TEST(of_work_that_failed_it_is_known_how_often_it_was_tried),
        WORKS_TEST(incidents_are_listed_by_cursor_and_found_by_process_and_cause),
        WORKS_TEST(a_message_under_a_wrong_key_is_delivered_or_forgotten_and_never_comes_again),
        WORKS_TEST(a_signal_from_outside_reaches_all_who_listen_once),
        WORKS_TEST(a_power_covers_what_the_city_says_and_nothing_else),
    };

    return HOUSE_RUN(tests, "repair of processes");
}
