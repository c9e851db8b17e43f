/*
 * Rows of instances that are made by hand: what is stored is what is read again, on either database.
 */
#include "process/test_runtime.h"

#include <sqlite3.h>
#include <stdio.h>

#include "process/runtime_sql.h"

/* A task with a timer on it, a sub-process with a message start, and a task done for each of a list. */
static const char *const house_xml = MODEL(
    START FLOW("f1", "s", "a") "<userTask id='a'/>"
    "<boundaryEvent id='late' attachedToRef='a'><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>"
    FLOW("f2", "a", "sub") FLOW("f3", "late", "e")
    "<subProcess id='sub'><startEvent id='ss'/>" FLOW("g1", "ss", "st") "<receiveTask id='st' messageRef='M'/>" FLOW("g2", "st", "se")
    "<endEvent id='se'/></subProcess>" FLOW("f4", "sub", "each")
    "<userTask id='each'><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
    FLOW("f5", "each", "called") "<callActivity id='called' calledElement='other'/>" FLOW("f6", "called", "e") END);
static const char *const other_xml = OPEN "<process id='o' isExecutable='true'><startEvent id='s2'/>" FLOW("h1", "s2", "u")
    "<userTask id='u'/>" FLOW("h2", "u", "e2") "<endEvent id='e2'/></process>" CLOSE;

struct change {
    struct works *w;
    struct loaded *l;
};

static enum rc
store_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct change *c = ctx;
    const struct works *w = c->w;
    enum rc rc = rows_store(w->r, tx, w->house.arena, c->l, w->now_us, err);

    return rc != RC_OK ? rc : rows_store_instance(w->r, tx, w->house.arena, c->l, err);
}

static void
store(struct works *w, struct loaded *l)
{
    struct change c = {w, l};
    struct err err;

    l->i.revision++;
    if (store_write(&w->house.fixture.db, store_tx, &c, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
}

static struct loaded
load(struct works *w, int64_t id)
{
    const struct source from = {.db = &w->house.fixture.db};
    struct loaded l;
    struct err err;

    if (rows_load(w->r, &from, w->house.arena, id, STR(""), STR(""), &l, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return l;
}

static struct str
text_of(struct works *w, const struct instance *i)
{
    struct str text;
    struct err err;

    assert_int_equal(json_print(w->house.arena, instance_json(w->house.arena, i), &text, &err), RC_OK);
    return text;
}

/* What is read again is what was there when it was stored. */
static struct loaded
stored_and_read(struct works *w, struct loaded *l)
{
    store(w, l);
    struct str was = text_of(w, &l->i);
    struct loaded again = load(w, l->i.id);
    struct str is = text_of(w, &again.i);

    if (!str_eq(was, is)) {
        fail_msg("stored %.*s\nread   %.*s", STR_ARG(was), STR_ARG(is));
    }
    return again;
}

static uint32_t
flow_named(const struct bpmn *m, const char *id)
{
    uint32_t n = 0;

    while (n < m->flows && !str_eq(m->flow[n].id, str_of(id))) {
        n++;
    }
    CHECK(n < m->flows);
    return n;
}

static struct token *
add_token(struct instance *i, int64_t scope, enum token_kind kind, const char *element)
{
    struct token *t = instance_add_token(i);

    t->scope = scope;
    t->kind = kind;
    t->element = bpmn_find_element(i->binding[instance_scope(i, scope)->binding].model, str_of(element));
    CHECK(t->element != BPMN_NONE);
    return t;
}

static struct scope *
add_scope(struct instance *i, int64_t parent, int64_t token, enum scope_kind kind, const char *element)
{
    struct scope *s = instance_add_scope(i);

    s->parent = parent;
    s->token = token;
    s->kind = kind;
    s->element = bpmn_find_element(i->binding[0].model, str_of(element));
    CHECK(s->element != BPMN_NONE);
    return s;
}

/* An instance with its outermost scope and one variable, at its task. */
static struct loaded
make(struct works *w)
{
    static const struct modelbook_bound models[] = {{STR_INIT("house"), 3, STR_INIT("p")}, {STR_INIT("other"), 1, STR_INIT("o")}};
    const struct runtime_request q = {.business_key = STR("case-7"), .bound = models, .bounds = 2, .now_us = w->now_us};
    struct loaded l;
    struct err err;

    works_add(w, "house", 3, house_xml);
    works_add(w, "other", 1, other_xml);
    if (runtime_warm(w->r, &w->house.fixture.db, w->house.arena, &q, &err) != RC_OK ||
        rows_new(w->r, w->house.arena, 5, &q, &l, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    l.i.state = INSTANCE_RUNNING;
    l.i.started_us = w->now_us;
    struct scope *s = instance_add_scope(&l.i);
    s->place = l.i.binding[0].model->process[0].scope;
    json_set_text(w->house.arena, s->variables, "owner", STR("张三"));
    struct token *t = add_token(&l.i, 1, TOKEN_TASK, "a");
    t->flow = flow_named(l.i.binding[0].model, "f1");
    return l;
}

static void
rows_of_every_kind_are_read_as_they_were_stored(void **state)
{
    struct works *w = *state;
    struct loaded l = make(w);
    struct instance *i = &l.i;
    struct arena *a = w->house.arena;
    const struct bpmn *m = i->binding[0].model;

    struct token *late = add_token(i, 1, TOKEN_TIMER, "late");
    *late = (struct token){.id = late->id, .scope = 1, .host = 2, .listens = true, .kind = TOKEN_TIMER, .element = late->element,
                           .flow = BPMN_NONE, .event = bpmn_named(m, "late")->events.first, .due_us = w->now_us + 5, .anchor_us = w->now_us,
                           .turns = -1, .attempt = 4, .name = STR(""), .key = STR(""), .change = ROW_NEW};
    int64_t sub = add_token(i, 1, TOKEN_INNER, "sub")->id;
    int64_t inside = add_scope(i, 1, sub, SCOPE_SUB, "sub")->id;
    instance_scope(i, inside)->place = bpmn_named(m, "sub")->inside;
    struct token *message = add_token(i, inside, TOKEN_MESSAGE, "st");
    message->name = STR("order");
    message->key = STR("case-7");
    int64_t each = add_token(i, 1, TOKEN_INNER, "each")->id;
    struct scope *multi = add_scope(i, 1, each, SCOPE_MULTI, "each");
    multi->total = 2;
    multi->active = 1;
    multi->done = 1;
    multi->next = 2;
    multi->place = bpmn_named(m, "each")->scope;
    int64_t multi_id = multi->id;
    struct scope *one = add_scope(i, multi_id, 0, SCOPE_INSTANCE, "each");
    one->counter = 2;
    one->ended = true;
    one->place = bpmn_named(m, "each")->scope;
    json_set_int(a, one->variables, "item", 8);
    int64_t called = add_token(i, 1, TOKEN_INNER, "called")->id;
    struct scope *call = add_scope(i, 1, called, SCOPE_CALL, "called");
    call->binding = 1;
    call->place = i->binding[1].model->process[0].scope;
    int64_t call_id = call->id;
    struct token *job = add_token(i, call_id, TOKEN_JOB, "u");
    job->name = STR("print");
    struct json *data = json_object(a);
    json_set_text(a, data, "what", STR("证"));
    job->data = data;
    job->flow = flow_named(i->binding[1].model, "h1");

    struct loaded again = stored_and_read(w, &l);
    assert_int_equal(again.scopes, 4);
    for (size_t n = 0; n < i->scopes; n++) {
        assert_int_equal(again.i.scope[n].place, i->scope[n].place);
    }
}

static void
what_a_step_changes_is_stored_and_nothing_else(void **state)
{
    struct works *w = *state;
    struct loaded l = make(w), again;

    add_token(&l.i, 1, TOKEN_JOIN, "e");
    int64_t timer = add_token(&l.i, 1, TOKEN_TIMER, "late")->id;
    again = stored_and_read(w, &l);
    instance_token(&again.i, 2)->change = ROW_GONE;
    struct token *t = instance_token(&again.i, timer);
    t->kind = TOKEN_INCIDENT;
    t->name = STR("late");
    t->attempt++;
    t->change = ROW_CHANGED;
    int64_t never = add_token(&again.i, 1, TOKEN_TASK, "a")->id;
    instance_token(&again.i, never)->change = ROW_NEVER;
    int64_t scope = add_scope(&again.i, 1, 3, SCOPE_SUB, "sub")->id;
    instance_scope(&again.i, scope)->place = bpmn_named(again.i.binding[0].model, "sub")->inside;
    again = stored_and_read(w, &again);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_token"), 2);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_incident"), 1);

    instance_scope(&again.i, scope)->ended = true;
    instance_scope(&again.i, scope)->change = ROW_CHANGED;
    json_set_int(w->house.arena, instance_scope(&again.i, 1)->variables, "fee", 200);
    instance_scope(&again.i, 1)->change = ROW_CHANGED;
    again = stored_and_read(w, &again);
    instance_scope(&again.i, scope)->change = ROW_GONE;
    again = stored_and_read(w, &again);
    assert_int_equal(again.scopes, 0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_scope"), 0);
}

static void
who_is_suspended_is_found_by_nobody(void **state)
{
    static const char due[] = "SELECT COUNT(*) FROM process_token WHERE kind = 'timer' AND asleep = 0";
    struct works *w = *state;
    struct loaded l = make(w), again;

    add_token(&l.i, 1, TOKEN_TIMER, "late");
    again = stored_and_read(w, &l);
    assert_int_equal(works_int(w, due), 1);
    again.i.state = INSTANCE_SUSPENDED;
    again = stored_and_read(w, &again);
    assert_int_equal(works_int(w, due), 0);
    again.i.state = INSTANCE_RUNNING;
    (void)stored_and_read(w, &again);
    assert_int_equal(works_int(w, due), 1);
}

static void
what_has_ended_leaves_the_open_table_and_may_come_back(void **state)
{
    struct works *w = *state;
    struct loaded l = make(w), again;

    again = stored_and_read(w, &l);
    instance_token(&again.i, 2)->change = ROW_GONE;
    again.i.state = INSTANCE_FAILED;
    again.i.failed_code = STR("e1");
    again.i.ended_us = w->now_us + 1;
    instance_scope(&again.i, 1)->ended = true;
    again = stored_and_read(w, &again);
    assert_true(again.is_closed);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_instance"), 0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_closed WHERE month = 202611"), 1);

    again.i.state = INSTANCE_RUNNING;
    again.i.failed_code = STR("");
    again.i.ended_us = 0;
    instance_scope(&again.i, 1)->ended = false;
    add_token(&again.i, 1, TOKEN_TASK, "a");
    again = stored_and_read(w, &again);
    assert_false(again.is_closed);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_closed"), 0);
}

static void
what_names_persons_is_not_readable_in_the_tables(void **state)
{
    struct works *w = *state;
    struct loaded l = make(w);

    store(w, &l);
    assert_int_equal(works_int(w, house_kind == FIXTURE_SQLITE
                                      ? "SELECT COUNT(*) FROM process_instance WHERE instr(variables, CAST('张三' AS BLOB)) > 0"
                                      : "SELECT COUNT(*) FROM process_instance WHERE position('张三'::bytea IN variables) > 0"),
                     0);
    assert_int_equal(works_int(w, "SELECT COUNT(*) FROM process_instance"), 1);
}

/* A row that another version, or somebody's hand, has left. */
static void
rows_that_do_not_fit_their_model_are_refused(void **state)
{
    static const char *const wrong[] = {
        "UPDATE process_token SET element = 'nowhere'",
        "UPDATE process_token SET flow = 'nowhere'",
        "UPDATE process_token SET event = 3",
        "UPDATE process_token SET kind = 'none'",
        "UPDATE process_token SET scope = 9",
        "UPDATE process_scope SET element = 'nowhere'",
        "UPDATE process_scope SET binding = 7",
        "UPDATE process_scope SET binding = 1",
        "UPDATE process_scope SET element = 'a'",
        "UPDATE process_scope SET variables = (SELECT variables FROM process_instance)",
        "UPDATE process_instance SET models = '[[\"house\",3,\"gone\"]]'",
        "UPDATE process_instance SET models = '[]'",
        "UPDATE process_instance SET models = '[3]'",
        "UPDATE process_instance SET state = 'none'",
        "UPDATE process_instance SET hash = variables",
    };
    struct works *w = *state;
    struct loaded l = make(w);
    const struct source from = {.db = &w->house.fixture.db};
    struct err err;

    struct scope *s = add_scope(&l.i, 1, 2, SCOPE_SUB, "sub");
    s->place = bpmn_named(l.i.binding[0].model, "sub")->inside;
    store(w, &l);
    for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        fixture_sql(&w->house.fixture, "CREATE TABLE kept_i AS SELECT * FROM process_instance; CREATE TABLE kept_s AS SELECT * FROM process_scope; "
                                       "CREATE TABLE kept_t AS SELECT * FROM process_token;");
        fixture_sql(&w->house.fixture, wrong[n]);
        if (rows_load(w->r, &from, w->house.arena, 5, STR(""), STR(""), &l, &err) != RC_CORRUPT) {
            fail_msg("taken: %s", wrong[n]);
        }
        fixture_sql(&w->house.fixture, "DELETE FROM process_instance; DELETE FROM process_scope; DELETE FROM process_token; "
                                       "INSERT INTO process_instance SELECT * FROM kept_i; INSERT INTO process_scope SELECT * FROM kept_s; "
                                       "INSERT INTO process_token SELECT * FROM kept_t; DROP TABLE kept_i; DROP TABLE kept_s; DROP TABLE kept_t;");
    }
    (void)load(w, 5);
}

static void
a_model_that_is_not_in_memory_is_said_to_be_cold(void **state)
{
    struct works *w = *state;
    struct loaded l = make(w);
    const struct source from = {.db = &w->house.fixture.db};
    struct err err;

    store(w, &l);
    w->model[1].model = NULL;
    enum rc rc = rows_load(w->r, &from, w->house.arena, 5, STR(""), STR(""), &l, &err);
    assert_true(runtime_is_cold(rc, &err));
    assert_int_equal(runtime_warm_instance(w->r, &w->house.fixture.db, w->house.arena, 5, &err), RC_OK);
    assert_int_equal(w->loads, 3);
    (void)load(w, 5);
}

static void
with_little_memory_an_instance_is_refused_and_never_read_by_half(void **state)
{
    struct works *w = *state;
    struct loaded l = make(w);
    const struct source from = {.db = &w->house.fixture.db};
    struct err err;
    size_t limit = 1;

    add_token(&l.i, 1, TOKEN_TIMER, "late");
    store(w, &l);
    for (enum rc rc = RC_LIMIT; rc != RC_OK; limit += 16) {
        struct arena *a = arena_new(limit);
        rc = rows_load(w->r, &from, a, 5, STR(""), STR(""), &l, &err);
        if (rc != RC_OK && rc != RC_LIMIT) {
            fail_msg("%s: %s", rc_name(rc), err.text);
        }
        assert_true(rc != RC_OK || l.i.tokens == 2);
        arena_free(a);
    }
    assert_in_range(limit, 500, 100000);
}

/* SQLite's plan of a statement, its lines after one another. */
static void
plan_of(sqlite3 *db, const struct stmt *stmt, char out[1000])
{
    char sql[4000];
    sqlite3_stmt *plan;

    (void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", stmt->sqlite);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
    out[0] = '\0';
    while (sqlite3_step(plan) == SQLITE_ROW) {
        size_t used = strlen(out);
        (void)snprintf(out + used, 1000 - used, "%s; ", (const char *)sqlite3_column_text(plan, 3));
    }
    (void)sqlite3_finalize(plan);
}

/* Whatever is asked often goes straight to its rows: nothing is scanned from end to end, nothing is sorted. */
static void
what_is_asked_often_is_found_among_ten_millions(void **state)
{
    static const struct {
        const struct stmt *stmt;
        const char *index;
    } often[] = {
        {&PROCESS_LOAD, "process_command_by_key"},
        {&PROCESS_TOKENS, "PRIMARY KEY"},
        {&PROCESS_SCOPES, "PRIMARY KEY"},
        {&PROCESS_TIMERS_DUE, "process_timer_due"},
        {&PROCESS_JOBS_RIPE, "process_job_ripe"},
        {&PROCESS_LEASES_OVER, "process_job_leased"},
        {&PROCESS_LISTENERS, "process_waits_for_message"},
        {&PROCESS_SIGNAL_LISTENERS, "process_waits_for_signal"},
        {&PROCESS_MESSAGES_WAITING, "process_message_untaken"},
        {&PROCESS_MESSAGES_UNTAKEN, "process_message_untaken"},
        {&PROCESS_MESSAGES_FORGET, "process_message_kept"},
        {&PROCESS_OUTBOX_NEXT, "process_outbox_next"},
        {&PROCESS_INCIDENTS, "process_incident_of"},
        {&PROCESS_OF_KEY, "process_closed_by_key"},
    };
    struct works *w = *state;
    sqlite3 *db;
    char plan[1000];

    if (house_kind == FIXTURE_POSTGRES) {
        return; /* its plans go by what is in the tables */
    }
    assert_int_equal(sqlite3_open(w->house.fixture.where, &db), SQLITE_OK);
    for (size_t n = 0; n < sizeof(often) / sizeof(often[0]); n++) {
        plan_of(db, often[n].stmt, plan);
        if (strstr(plan, often[n].index) == NULL || strstr(plan, "SCAN process") != NULL) {
            fail_msg("%s: %s", often[n].stmt->name, plan);
        }
    }
    (void)sqlite3_close(db);
}

static void
a_process_called_in_the_same_model_is_known_when_its_case_is_loaded(void **state)
{
    struct works *w = *state;
    int64_t id;

    works_add(w, "caller", 1,
              OPEN PROCESS(START FLOW("f1", "s", "a") "<callActivity id='a' calledElement='q'/>" FLOW("f2", "a", "e") END)
              "<process id='q'><startEvent id='qs'/>" FLOW("q1", "qs", "qa") "<userTask id='qa'/>" FLOW("q2", "qa", "qe")
              "<endEvent id='qe'/></process>" CLOSE);
    id = works_start(w, "caller", "{'command':'start'}");
    (void)works_complete(w, id, "qa");
    assert_true(str_eq(works_state(w, id), STR("completed")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(rows_of_every_kind_are_read_as_they_were_stored),
        WORKS_TEST(what_a_step_changes_is_stored_and_nothing_else),
        WORKS_TEST(who_is_suspended_is_found_by_nobody),
        WORKS_TEST(what_has_ended_leaves_the_open_table_and_may_come_back),
        WORKS_TEST(what_names_persons_is_not_readable_in_the_tables),
        WORKS_TEST(rows_that_do_not_fit_their_model_are_refused),
        WORKS_TEST(a_model_that_is_not_in_memory_is_said_to_be_cold),
        WORKS_TEST(a_process_called_in_the_same_model_is_known_when_its_case_is_loaded),
        WORKS_TEST(what_is_asked_often_is_found_among_ten_millions),
        WORKS_TEST(with_little_memory_an_instance_is_refused_and_never_read_by_half),
    };

    return HOUSE_RUN(tests, "rows of processes");
}
