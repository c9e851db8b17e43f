/*
 * test_runtime - for tests: a runtime on a store of its own, with a few small models, each in memory once it was asked for, and a clock that stands.
 */
#ifndef PROCESS_TEST_RUNTIME_H
#define PROCESS_TEST_RUNTIME_H

#include <stdio.h>

#include "identity/test_house.h"
#include "process/runtime_int.h"
#include "process/runtime_view.h"
#include "process/test_bpmn.h"

enum { WORKS_MODELS = 48 };
static const int64_t WORKS_NOW_US = INT64_C(1795000000) * 1000000; /* in November 2026 */
static const int64_t SECOND_US = 1000000;

struct works_model {
    const char *key;
    int64_t version;
    const char *xml;
    const struct bpmn *model; /* NULL: not in memory */
};

struct works {
    struct house house;
    struct runtime *r;
    struct run *run;
    struct arena *models;
    struct works_model model[WORKS_MODELS];
    size_t count;
    int loads;       /* how often a model was read */
    enum rc loading; /* what reading one comes to */
    int wakes;
    struct runtime_backoff backoff;
    const char *business_key; /* of what is started */
    int64_t refused;          /* the instance whose acts are refused; 0: none */
    int64_t now_us;
};

static inline const struct bpmn *
works_find(void *ctx, struct str key, int64_t version)
{
    struct works *w = ctx;

    for (size_t i = 0; i < w->count; i++) {
        if (str_eq(key, str_of(w->model[i].key)) && version == w->model[i].version) {
            return w->model[i].model;
        }
    }
    return NULL;
}

static inline enum rc
works_load(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    struct works *w = ctx;
    struct bpmn_report report;

    (void)db;
    for (size_t i = 0; i < w->count; i++) {
        struct works_model *m = &w->model[i];
        if (str_eq(key, str_of(m->key)) && version == m->version && w->loading == RC_OK) {
            w->loads++;
            return bpmn_read(w->models, str_of(m->xml), NULL, &m->model, &report, err);
        }
    }
    return err_set(err, w->loading != RC_OK ? w->loading : RC_NOT_FOUND, "no model %.*s", STR_ARG(key));
}

static inline struct runtime_backoff
works_backoff(void *ctx, const struct bpmn *model, uint32_t element, struct str type)
{
    (void)model, (void)element, (void)type;
    return ((struct works *)ctx)->backoff;
}

static inline void
works_wake(void *ctx)
{
    ((struct works *)ctx)->wakes++;
}

static inline enum rc
works_act(struct tx *tx, struct arena *a, const struct runtime_event *e, void *ctx, struct err *err)
{
    (void)tx, (void)a;
    return e->instance->id == ((struct works *)ctx)->refused ? err_set(err, RC_DENIED, "there is no such power") : RC_OK;
}

static inline struct runtime_config
works_config(struct works *w)
{
    return (struct runtime_config){.vault = w->house.vault,
                                   .engine = {.run = w->run, .offset_seconds = 8 * 3600},
                                   .ctx = w,
                                   .find = works_find,
                                   .load = works_load,
                                   .backoff = works_backoff,
                                   .hook = works_act,
                                   .wake = works_wake,
                                   .command_keep_us = INT64_C(30) * 86400 * SECOND_US,
                                   .message_keep_us = INT64_C(30) * 86400 * SECOND_US,
                                   .message_ttl_us = 3600 * SECOND_US,
                                   .lease_max_us = 600 * SECOND_US};
}

static inline void
works_add(struct works *w, const char *key, int64_t version, const char *xml)
{
    assert_in_range(w->count, 0, WORKS_MODELS - 1);
    w->model[w->count++] = (struct works_model){key, version, xml, NULL};
}

static inline int
works_open(void **state)
{
    struct works *w = mem_new(1, sizeof(*w));
    struct runtime_config config;
    struct err err;

    house_build(&w->house);
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&w->house.fixture, "SET client_min_messages = warning; TRUNCATE process_instance, process_scope, process_token, process_history, "
                                       "process_closed, process_command, process_message, process_outbox");
    }
    w->run = run_new(&RUN_LIMITS_USUAL, NULL);
    w->models = arena_new(16 << 20);
    w->now_us = WORKS_NOW_US;
    w->business_key = "case-7";
    w->backoff = (struct runtime_backoff){.tries = 3, .first_us = 60 * SECOND_US, .most_us = 3600 * SECOND_US, .factor = 4};
    config = works_config(w);
    assert_int_equal(runtime_open(&config, &w->r, &err), RC_OK);
    *state = w;
    return 0;
}

static inline int
works_close(void **state)
{
    struct works *w = *state;

    runtime_close(w->r);
    run_free(w->run);
    arena_free(w->models);
    house_take_down(&w->house);
    mem_free(w);
    return 0;
}

#define WORKS_TEST(name) cmocka_unit_test_setup_teardown(name, works_open, works_close)

#define GOV(inside) "<extensionElements>" inside "</extensionElements>"
/* Two departments at once, then a certificate by a worker, unless one of them refuses (process.md 6.2). */
#define WORKS_APPROVAL                                                                                                          \
    MODEL(START FLOW("f1", "s", "accept") "<userTask id='accept'/>" FLOW("f2", "accept", "split") "<parallelGateway id='split'/>"  \
          FLOW("f3", "split", "deptA") FLOW("f4", "split", "deptB") "<userTask id='deptA'/><userTask id='deptB'/>"                \
          FLOW("f5", "deptA", "join") FLOW("f6", "deptB", "join") "<parallelGateway id='join'/>" FLOW("f7", "join", "ok")          \
          "<exclusiveGateway id='ok' default='no'/>" WHEN("yes", "ok", "issue", "approved") FLOW("no", "ok", "e")                  \
          "<serviceTask id='issue'>" GOV("<gov:job type='issue'/>") "</serviceTask>" FLOW("f8", "issue", "e") END)

static inline int64_t
works_int(const struct works *w, const char *sql)
{
    return fixture_int(&w->house.fixture, sql);
}

/* A statement about one instance, its only %lld. */
static inline void
works_sql(const struct works *w, const char *format, int64_t instance)
{
    const char *mark = strstr(format, "%lld");
    char sql[400];

    CHECK(mark != NULL);
    (void)snprintf(sql, sizeof(sql), "%.*s%lld%s", (int)(mark - format), format, (long long)instance, mark + 4);
    fixture_sql(&w->house.fixture, sql);
}

/* A command as JSON with ' for ". */
static inline struct command
works_command(struct works *w, const char *text)
{
    struct str copy = str_fmt(w->house.arena, "%s", text);
    struct command c;
    struct err err;

    for (size_t i = 0; i < copy.len; i++) {
        ((char *)(uintptr_t)copy.ptr)[i] = copy.ptr[i] == '\'' ? '"' : copy.ptr[i];
    }
    if (command_read(w->house.arena, house_json(&w->house, str_c(w->house.arena, copy)), &c, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return c;
}

static inline enum rc
works_try(struct works *w, int64_t instance, const char *text, const char *key, struct runtime_result *out, struct err *err)
{
    const struct command c = works_command(w, text);
    const struct runtime_request q = {.instance = instance, .command = &c, .actor = STR("officer:a"), .key = str_of(key),
                                      .now_us = w->now_us};

    return runtime_do(w->r, &w->house.fixture.db, w->house.arena, &q, out, err);
}

/* It must go well. */
static inline struct runtime_result
works_do(struct works *w, int64_t instance, const char *text)
{
    struct runtime_result out;
    struct err err;

    if (works_try(w, instance, text, "", &out, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return out;
}

static inline enum rc
works_try_start(struct works *w, const char *model, const char *text, const char *key, struct runtime_result *out, struct err *err)
{
    const struct command c = works_command(w, text);
    const struct modelbook_bound bound = {str_of(model), 1, STR("p")};
    const struct runtime_request q = {.business_key = str_of(w->business_key), .bound = &bound, .bounds = 1, .command = &c,
                                      .actor = STR("citizen:a"), .key = str_of(key), .now_us = w->now_us};

    return runtime_do(w->r, &w->house.fixture.db, w->house.arena, &q, out, err);
}

/* Its number. */
static inline int64_t
works_start(struct works *w, const char *model, const char *text)
{
    struct runtime_result out;
    struct err err;

    if (works_try_start(w, model, text, "", &out, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return out.instance;
}

/* The token that stands at an element; 0: none does. */
static inline struct token
works_token(struct works *w, int64_t instance, const char *element)
{
    struct instance i;
    struct token found = {.id = 0};
    struct err err;

    if (runtime_instance(w->r, &w->house.fixture.db, w->house.arena, instance, &i, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    for (size_t n = 0; n < i.tokens; n++) {
        const struct bpmn *m = i.binding[instance_scope(&i, i.token[n].scope)->binding].model;
        if (str_eq(m->element[i.token[n].element].id, str_of(element))) {
            found = i.token[n];
        }
    }
    return found;
}

static inline struct runtime_result
works_complete(struct works *w, int64_t instance, const char *element)
{
    struct str text = str_fmt(w->house.arena, "{'command':'complete','token':%lld,'attempt':-1}",
                              (long long)works_token(w, instance, element).id);

    return works_do(w, instance, text.ptr);
}

static inline struct str
works_state(struct works *w, int64_t instance)
{
    struct instance i;
    struct err err;

    assert_int_equal(runtime_instance(w->r, &w->house.fixture.db, w->house.arena, instance, &i, &err), RC_OK);
    return str_of(instance_state_name(i.state));
}

static inline void
works_check_history(struct works *w, int64_t instance)
{
    struct err err;

    if (runtime_history_check(&w->house.fixture.db, w->house.arena, instance, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
}

/* The turn; when it wants to come again. */
static inline int64_t
works_turn(struct works *w)
{
    struct arena *a = arena_new(8 << 20);
    int64_t next_us = 0;
    struct err err;

    if (runtime_turn(w->r, &w->house.fixture.db, a, w->now_us, &next_us, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    arena_free(a);
    return next_us;
}

/* Turns until there is nothing more to do at this moment. */
static inline void
works_turns(struct works *w)
{
    for (int n = 0; works_turn(w) <= w->now_us; n++) {
        assert_true(n < 1000);
    }
}

#define assert_refused(call, code, problem)                                                       \
    do {                                                                                          \
        struct err refused_;                                                                      \
        enum rc rc_ = (call);                                                                     \
        if (rc_ != (code) || !str_eq(str_of(refused_.type), STR(problem))) {                      \
            fail_msg("%s, not %s", rc_ == RC_OK ? "done" : refused_.type, problem);               \
        }                                                                                         \
    } while (false)

#endif
