/*
 * test_approval - for benches: a process of approval with nine nodes, and many clients who go through it on one thread.
 *
 * Start, acceptance, a split, two departments, a join, a choice by FEEL, a certificate made by a worker, end.  Each command has a key of its own, and
 * what an officer fills in is held to a JSON Schema before it is handed in.
 */
#ifndef PROCESS_TEST_APPROVAL_H
#define PROCESS_TEST_APPROVAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bench.h"
#include "base/mem.h"
#include "crypto/vault.h"
#include "process/bpmn.h"
#include "process/runtime_job.h"
#include "rule/run.h"
#include "rule/schema.h"
#include "store/bench_fibers.h"
#include "store/fixture.h"

enum { CLIENTS = 64, LEASE_MOST = 2, STACK_BYTES = 256 << 10 };

#define FLOW(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
/* On one line, as the peer wants it; what differs between the two is how they write the condition and the worker's task. */
#define APPROVAL(condition, job)                                                                                                        \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "            \
    "xmlns:gov='" BPMN_GOV "' id='approval' targetNamespace='approval'><process id='p' isExecutable='true'><startEvent id='s'/>"         \
    FLOW("f1", "s", "accept") "<userTask id='accept'/>" FLOW("f2", "accept", "split") "<parallelGateway id='split'/>"                    \
    FLOW("f3", "split", "deptA") FLOW("f4", "split", "deptB") "<userTask id='deptA'/><userTask id='deptB'/>"                             \
    FLOW("f5", "deptA", "join") FLOW("f6", "deptB", "join") "<parallelGateway id='join'/>" FLOW("f7", "join", "ok")                      \
    "<exclusiveGateway id='ok' default='no'/><sequenceFlow id='yes' sourceRef='ok' targetRef='issue'>"                                   \
    "<conditionExpression xsi:type='tFormalExpression'>" condition "</conditionExpression></sequenceFlow>" FLOW("no", "ok", "e")         \
    "<serviceTask id='issue'" job FLOW("f8", "issue", "e") "<endEvent id='e'/></process></definitions>"
#define APPROVAL_XML APPROVAL("approved", "><extensionElements><gov:job type='issue'/></extensionElements></serviceTask>")

#define REMINDER(n)                                                                                                                       \
    "<boundaryEvent id='t" n "' attachedToRef='wait' cancelActivity='false'><timerEventDefinition><timeDuration>P" n "D</timeDuration>"   \
    "</timerEventDefinition></boundaryEvent>" FLOW("g" n, "t" n, "m" n) "<manualTask id='m" n "'/>" FLOW("h" n, "m" n, "e")
/* A case that waits for somebody, with ten reminders ahead of it. */
#define WAITING_XML                                                                                                                       \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' id='waiting' targetNamespace='waiting'><process id='p' "            \
    "isExecutable='true'><startEvent id='s'/>" FLOW("f1", "s", "wait") "<userTask id='wait'/>" FLOW("f2", "wait", "e") REMINDER("1")       \
    REMINDER("2") REMINDER("3") REMINDER("4") REMINDER("5") REMINDER("6") REMINDER("7") REMINDER("8") REMINDER("9") REMINDER("10")         \
    "<endEvent id='e'/></process></definitions>"

/* What the department's officer fills in. */
static const char form_text[] = "{\"type\":\"object\",\"required\":[\"approved\",\"opinion\",\"checked_on\",\"officer\"],\"properties\":{"
                                "\"approved\":{\"type\":\"boolean\"},\"opinion\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":500},"
                                "\"checked_on\":{\"type\":\"string\",\"format\":\"date\"},\"officer\":{\"type\":\"string\",\"pattern\":\"^[0-9]{6}$\"},"
                                "\"area\":{\"type\":\"number\",\"minimum\":0}},\"unevaluatedProperties\":false}";
static const char filled_text[] = "{\"approved\":true,\"opinion\":\"材料齐全，现场符合要求，建议批准。\",\"checked_on\":\"2026-11-27\","
                                  "\"officer\":\"990327\",\"area\":86.5}";

static void
must(bool condition, const char *what)
{
    if (!condition) {
        (void)fprintf(stderr, "bench: %s\n", what);
        exit(1);
    }
}

/* --- clients ---------------------------------------------------------------------------------------------- */

struct crowd {
    struct fixture *fixture;
    struct runtime *runtime;
    struct vault *vault;
    struct run *run;
    struct arena *keep;
    const struct bpmn *model, *other; /* other: of key "waiting", or NULL */
    const struct schema *form;
    const struct json *filled, *opening;
    atomic_bool ending;
    atomic_int_fast64_t completed, next_key;
};

struct client {
    struct crowd *crowd;
    const struct db *db;
    struct arena *arena;
    struct schema_result *checked;
};

static void
do_command(struct client *c, struct runtime_request *q, struct runtime_result *out)
{
    struct err err;
    char key[32];

    (void)snprintf(key, sizeof(key), "k%lld", (long long)atomic_fetch_add(&c->crowd->next_key, 1));
    q->key = str_of(key);
    q->actor = STR("officer:990327");
    q->now_us = clock_now_us(&clock_system);
    bench_need(runtime_do(c->crowd->runtime, c->db, c->arena, q, out, &err), &err);
}

static void
complete(struct client *c, int64_t instance, int64_t token)
{
    struct command command = {.kind = COMMAND_COMPLETE, .token = token, .attempt = -1, .variables = c->crowd->filled};
    struct runtime_request q = {.instance = instance, .command = &command};
    struct runtime_result out;
    struct err err;

    bench_need(schema_check(c->crowd->form, c->arena, c->crowd->filled, 20784, c->checked, &err), &err);
    must(c->checked->is_valid, "the form does not hold");
    do_command(c, &q, &out);
}

static int64_t
task_of(const struct json *answer, const char *element)
{
    const struct json *tasks = json_get(answer, "tasks");

    for (const struct json *t = tasks != NULL ? tasks->first : NULL; t != NULL; t = t->next) {
        if (str_eq(json_str(t, "element"), str_of(element))) {
            return json_int_or(t, "token", 0);
        }
    }
    must(false, "a task is missing");
    return 0;
}

/* One instance up to where the worker has its turn. */
static void
run_instance(struct client *c)
{
    struct command start = {.kind = COMMAND_START, .variables = c->crowd->opening};
    struct modelbook_bound bound = {STR("approval"), 1, STR("p")};
    struct runtime_request q = {.business_key = STR("11990100000000027A3000131002003202611280001"), .bound = &bound, .bounds = 1, .command = &start};
    struct command accept = {.kind = COMMAND_COMPLETE, .attempt = -1, .variables = c->crowd->filled};
    struct runtime_result out;
    struct err err;
    int64_t a, b;

    do_command(c, &q, &out);
    accept.token = task_of(out.answer, "accept");
    q = (struct runtime_request){.instance = out.instance, .command = &accept};
    bench_need(schema_check(c->crowd->form, c->arena, c->crowd->filled, 20784, c->checked, &err), &err);
    do_command(c, &q, &out);
    a = task_of(out.answer, "deptA");
    b = task_of(out.answer, "deptB");
    complete(c, q.instance, a);
    complete(c, q.instance, b);
    arena_reset(c->arena);
}

/* And certificates for those whose turn it is; answers how many. */
static size_t
make_certificates(struct client *c)
{
    struct runtime_wish wish = {.type = STR("issue"), .owner = STR("worker"), .lease_us = 60 * 1000000, .most = LEASE_MOST,
                                .now_us = clock_now_us(&clock_system)};
    struct runtime_job *job;
    struct err err;
    size_t count;

    bench_need(runtime_job_lease(c->crowd->runtime, c->db, c->arena, &wish, &job, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        struct command done = {.kind = COMMAND_COMPLETE, .token = job[i].token, .attempt = job[i].attempt};
        struct runtime_request q = {.instance = job[i].instance, .command = &done};
        struct runtime_result out;
        do_command(c, &q, &out);
        must(str_eq(json_str(out.answer, "state"), STR("completed")), "an instance did not end");
        (void)atomic_fetch_add_explicit(&c->crowd->completed, 1, memory_order_relaxed);
    }
    arena_reset(c->arena);
    return count;
}

static void
run_client(void *ctx, int which, const struct db *db)
{
    struct client c = {.crowd = ctx, .db = db, .arena = arena_new(8 << 20), .checked = mem_new(1, sizeof(struct schema_result))};

    (void)which;
    while (!atomic_load_explicit(&c.crowd->ending, memory_order_relaxed)) {
        run_instance(&c);
        (void)make_certificates(&c);
    }
    while (make_certificates(&c) > 0) {
    }
    mem_free(c.checked);
    arena_free(c.arena);
}

static void *
run_clients(void *ctx)
{
    struct crowd *c = ctx;

    fibers_run(c->fixture->db.store, CLIENTS, STACK_BYTES, run_client, c);
    return NULL;
}

/* --- a round ------------------------------------------------------------------------------------------------- */

static const struct bpmn *
find_model(void *ctx, struct str key, int64_t version)
{
    (void)version;
    return str_eq(key, STR("approval")) ? ((struct crowd *)ctx)->model : str_eq(key, STR("waiting")) ? ((struct crowd *)ctx)->other : NULL;
}

static enum rc
load_model(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    (void)ctx, (void)db, (void)version;
    return err_set(err, RC_NOT_FOUND, "no model %.*s", STR_ARG(key));
}

static struct runtime_backoff
backoff(void *ctx, const struct bpmn *model, uint32_t element, struct str type)
{
    (void)ctx, (void)model, (void)element, (void)type;
    return (struct runtime_backoff){.tries = 3, .first_us = 60000000, .most_us = 3600000000, .factor = 4};
}

static const struct json *
json_of(struct arena *a, const char *text)
{
    struct json *out;
    struct err err;

    bench_need(json_parse(a, str_of(text), JSON_ANY, &out, &err), &err);
    return out;
}

/* The fixture is open already; keys: of the vault. */
static struct crowd *
crowd_on(struct fixture *fixture, const struct json *keys)
{
    static const int64_t day_us = INT64_C(86400) * 1000000;
    struct crowd *c = mem_new(1, sizeof(*c));
    struct bpmn_report report;
    struct runtime_config config = {.ctx = c, .find = find_model, .load = load_model, .backoff = backoff, .command_keep_us = 30 * day_us,
                                    .message_keep_us = 30 * day_us, .message_ttl_us = day_us, .lease_max_us = day_us};
    struct err err;

    c->fixture = fixture;
    c->next_key = clock_now_us(&clock_system); /* others were used in this store before */
    c->keep = arena_new(16 << 20);
    c->run = run_new(&RUN_LIMITS_USUAL, NULL);
    bench_need(vault_open_keys(keys, &c->vault, &err), &err);
    bench_need(bpmn_read(c->keep, STR(APPROVAL_XML), NULL, &c->model, &report, &err), &err);
    bench_need(bpmn_read(c->keep, STR(WAITING_XML), NULL, &c->other, &report, &err), &err);
    bench_need(schema_compile(c->keep, STR(""), json_of(c->keep, form_text), NULL, &c->form, &err), &err);
    c->filled = json_of(c->keep, filled_text);
    c->opening = json_of(c->keep, "{\"case_no\":\"11990100000000027A3000131002003202611280001\",\"approved\":false,\"item\":\"000131002003\"}");
    config.vault = c->vault;
    config.engine = (struct engine){.run = c->run, .offset_seconds = 8 * 3600};
    bench_need(runtime_open(&config, &c->runtime, &err), &err);
    return c;
}

static void
crowd_free(struct crowd *c)
{
    runtime_close(c->runtime);
    vault_free(c->vault);
    run_free(c->run);
    arena_free(c->keep);
    mem_free(c);
}

/* What CLIENTS callers do in a while. */
struct crowd_round {
    double per_second, processor_us, group; /* instances; of one; writes in a commit */
};
static inline struct crowd_round
crowd_run(struct crowd *c, int ms)
{
    pthread_t clients;
    struct store_figures before = store_look(c->fixture->db.store), after;
    int64_t began = bench_clock_ns(CLOCK_MONOTONIC), used = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    atomic_store(&c->ending, false);
    atomic_store(&c->completed, 0);
    must(pthread_create(&clients, NULL, run_clients, c) == 0, "no thread");
    (void)usleep((useconds_t)ms * 1000);
    atomic_store(&c->ending, true);
    (void)pthread_join(clients, NULL);
    double count = (double)atomic_load(&c->completed);
    after = store_look(c->fixture->db.store);
    return (struct crowd_round){count / ((double)(bench_clock_ns(CLOCK_MONOTONIC) - began) / 1e9),
                                (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - used) / 1e3 / count,
                                (double)(after.writes - before.writes) / (double)(after.groups - before.groups)};
}

#endif
