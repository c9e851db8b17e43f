/*
 * Jobs: leased, done outside of any transaction, and told in one with what the worker writes.
 *
 * A worker that dies leaves its lease, which ends; one that comes too late is refused by the attempt of its lease, and so is what it would have written.
 */
#include "process/conduct_int.h"
#include "process/conduct_sql.h"
#include "process/runtime_view.h"

enum { AT_ONCE = 10, LEASE_S = 300, NAMES_MAX = 8 << 20 };
static const int64_t second_us = 1000000;

static enum rc
add_worker(struct conduct *c, struct conduct_type type, struct err *err)
{
    size_t at = 0;

    while (at < c->types && !str_eq(c->type[at].type, type.type)) {
        at++;
    }
    if (at == CONDUCT_WORKERS_MAX) {
        return err_set(err, RC_LIMIT, "more than %d types of jobs", CONDUCT_WORKERS_MAX);
    }
    c->type[at] = type;
    c->types += at == c->types ? 1 : 0;
    return RC_OK;
}

enum rc
conduct_add_worker(struct conduct *c, struct str type, conduct_worker worker, void *ctx, struct err *err)
{
    return add_worker(c, (struct conduct_type){type, worker, ctx, false}, err);
}

enum rc
conduct_add_slow_worker(struct conduct *c, struct str type, conduct_worker worker, void *ctx, struct err *err)
{
    return add_worker(c, (struct conduct_type){type, worker, ctx, true}, err);
}

void
conduct_leave(struct conduct *c, bool (*is_left)(void *ctx, struct str type), void *ctx)
{
    c->is_left = is_left;
    c->left_ctx = ctx;
}

/* --- rules ------------------------------------------------------------------------------------------------------------------------------ */

struct asking {
    struct conduct *c;
    struct counsel_answer answer;
};

/* The explanation, with the case; no act used it yet. */
static enum rc
keep_answer(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    const struct asking *k = ctx;
    const struct instance *i = event->instance;

    return counsel_keep(k->c->config.counsel, tx, a, &k->answer, i->business_key,
                        json_str(conduct_variable(i, 1, STR("applicant")), "id"), -1, event->now_us, err);
}

static enum rc
which_rule(struct conduct *c, const struct instance *i, const struct conduct_work *work, struct arena *a, struct str *rule,
           const struct gov_element **g, struct str *result, struct err *err)
{
    const struct token *t = instance_token(i, work->job.token);
    const struct scope *s = t != NULL ? instance_scope(i, t->scope) : NULL;

    if (s == NULL) {
        return err_problem(err, RC_NOT_FOUND, "token-gone", "the job is not there any more");
    }
    const struct bpmn *m = i->binding[s->binding].model;
    const struct conduct_seeing see = {.run = c->jobs, .arena = a, .i = i, .model = m, .scope = t->scope, .now_us = work->now_us,
                                       .offset_seconds = c->config.offset_minutes * 60};
    *g = gov_element(m, t->element);
    *result = (*g)->result.len > 0 ? (*g)->result : m->element[t->element].result;
    return conduct_text(&see, (*g)->rule, rule, err);
}

static enum rc
ask_rule(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    struct conduct *c = ctx;
    struct asking *k = arena_alloc(a, 1, sizeof(*k));
    struct json *variables = json_object(a);
    const struct gov_element *g = NULL;
    struct instance i;
    struct str rule, result;
    enum rc rc;

    if (k == NULL || c->config.counsel == NULL) {
        return k == NULL ? err_set(err, RC_LIMIT, "no room for a question")
                         : err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "nobody answers questions about rules here");
    }
    *k = (struct asking){.c = c};
    if ((rc = runtime_instance(c->runtime, db, a, work->job.instance, &i, err)) != RC_OK ||
        (rc = which_rule(c, &i, work, a, &rule, &g, &result, err)) != RC_OK) {
        return rc;
    }
    const struct counsel_question q = {.rule = rule, .decision = g->decision, .inputs = work->job.data, .now_us = work->now_us,
                                       .day = instant_day(work->now_us, c->config.offset_minutes)};
    if ((rc = c->config.counsel->ask(c->config.counsel, db, a, &q, &k->answer, err)) != RC_OK) {
        return rc;
    }
    json_set_key(a, variables, result.len > 0 ? result : g->decision, json_copy(a, k->answer.result));
    work->variables = variables;
    work->finish = keep_answer;
    work->finish_ctx = k;
    return json_whole(variables, err);
}

/* --- one job ------------------------------------------------------------------------------------------------------------------------------ */

static bool
is_for_later(enum rc rc)
{
    return rc == RC_IO || rc == RC_FULL || rc == RC_BUSY || rc == RC_TIMEOUT || rc == RC_PEER;
}

static enum rc
say_failed(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_work *w, enum rc rc, const struct err *why,
           struct err *err)
{
    const struct runtime_failure f = {.reason = str_of(why->text), .is_permanent = !is_for_later(rc), .actor = STR("system"),
                                      .now_us = w->now_us};
    bool is_incident;

    return runtime_job_failed(c->runtime, db, a, &w->job, &f, &is_incident, err);
}

static enum rc
say_done(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_work *w, struct err *err)
{
    const struct command k = {.kind = w->fails_with.len > 0 ? COMMAND_FAIL : COMMAND_COMPLETE, .token = w->job.token,
                              .attempt = w->job.attempt, .outcome = w->fails_with.len > 0 ? w->fails_with : STR(""), .variables = w->variables,
                              .element = STR(""), .name = STR(""), .key = STR(""), .reason = STR("")};
    const struct runtime_request q = {.instance = w->job.instance, .command = &k, .actor = STR("system"), .key = STR(""),
                                      .now_us = w->now_us, .hook = w->finish, .hook_ctx = w->finish_ctx};
    struct runtime_result out;

    return runtime_do(c->runtime, db, a, &q, &out, err);
}

/* Given to another meanwhile, or of a process that has gone on without it: nothing has come of it, and nothing is wrong. */
static bool
is_too_late(enum rc rc, const struct err *err)
{
    static const char *const types[] = {"attempt-old", "token-gone", "token-other", "instance-over", "lease-lost", "no-such-instance"};

    for (size_t n = 0; n < sizeof(types) / sizeof(types[0]); n++) {
        if ((rc == RC_CONFLICT || rc == RC_NOT_FOUND) && str_eq(str_of(err->type), str_of(types[n]))) {
            return true;
        }
    }
    return false;
}

static enum rc
do_job(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_type *t, const struct runtime_job *job, int64_t now_us,
       struct err *err)
{
    struct conduct_work w = {.job = *job, .now_us = now_us, .fails_with = STR("")};
    struct err why;
    enum rc rc = t->worker(&w, db, a, t->ctx, &why);

    if (rc == RC_OK) {
        rc = say_done(c, db, a, &w, &why);
    }
    if (rc == RC_OK || is_too_late(rc, &why)) {
        return RC_OK;
    }
    *err = why;
    struct err told;
    enum rc said = say_failed(c, db, a, &w, rc, &why, &told);
    if (said != RC_OK && !is_too_late(said, &told)) {
        *err = told; /* its lease ends by itself */
    }
    return rc;
}

/* --- all of them ---------------------------------------------------------------------------------------------------------------------------- */

static enum rc
nobody_does(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    const struct conduct_type *t = ctx;

    (void)work, (void)db, (void)a;
    return err_problem(err, RC_NOT_FOUND, "no-worker", "nothing here does jobs of type %.*s", STR_ARG(t->type));
}

static struct conduct_type
find_type(struct conduct *c, struct conduct_type *unknown)
{
    for (size_t n = 0; n < c->types; n++) {
        if (str_eq(c->type[n].type, unknown->type)) {
            return c->type[n];
        }
    }
    return str_eq(unknown->type, STR("rule")) ? (struct conduct_type){unknown->type, ask_rule, c, false}
                                              : (struct conduct_type){unknown->type, nobody_does, unknown, false};
}

static enum rc
do_type(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_type *t, struct str owner, int64_t now_us, bool *more,
        int *failed, struct err *err)
{
    const size_t most = t->is_slow ? 1 : AT_ONCE;
    const struct runtime_wish wish = {.type = t->type, .owner = owner, .lease_us = LEASE_S * second_us, .most = most, .now_us = now_us};
    struct runtime_job *job;
    size_t count = 0;
    enum rc rc = runtime_job_lease(c->runtime, db, a, &wish, &job, &count, err);

    for (size_t n = 0; n < count && rc == RC_OK; n++) {
        *failed += do_job(c, db, a, t, &job[n], now_us, err) != RC_OK ? 1 : 0;
    }
    *more = *more || count == most;
    return rc;
}

struct next_type {
    struct arena *a;
    struct str name;
    bool is_there;
};

static enum rc
type_row(const struct row *row, void *ctx, struct err *err)
{
    struct next_type *t = ctx;

    t->is_there = true;
    return row_copy_text(row, 0, t->a, &t->name, err);
}

/* Types are asked for one after the other along the index of those that are waited for, so that none waits behind another's thousands. */
enum rc
conduct_work(struct conduct *c, const struct db *db, struct arena *a, struct str owner, int64_t now_us, bool *more, int *failed,
             struct err *err)
{
    struct next_type next = {arena_new(NAMES_MAX), STR(""), true};
    enum rc rc = RC_OK;

    *more = false;
    *failed = 0;
    while (rc == RC_OK && next.is_there) {
        arena_reset(a);
        next.is_there = false;
        rc = store_read(db, &CONDUCT_JOB_TYPE, VALUES(V_TEXT(next.name)), type_row, &next, err);
        if (rc == RC_OK && next.is_there) {
            struct conduct_type unknown = {.type = next.name};
            const struct conduct_type t = find_type(c, &unknown);
            bool is_left = t.worker == nobody_does && c->is_left != NULL && c->is_left(c->left_ctx, next.name);
            rc = is_left || t.is_slow ? RC_OK : do_type(c, db, a, &t, owner, now_us, more, failed, err);
        }
    }
    arena_free(next.a);
    return rc;
}

/* --- those that wait for others ------------------------------------------------------------------------------------------------------------- */

enum rc
conduct_slow_any(struct conduct *c, const struct db *db, int64_t now_us, bool *out, struct err *err)
{
    enum rc rc = RC_OK;

    *out = false;
    for (size_t n = 0; n < c->types && rc == RC_OK && !*out; n++) {
        rc = c->type[n].is_slow ? runtime_job_any(db, c->type[n].type, now_us, out, err) : RC_OK;
    }
    return rc;
}

enum rc
conduct_work_slow(struct conduct *c, const struct db *db, struct arena *a, struct str owner, int64_t now_us, bool *more, int *failed,
                  struct err *err)
{
    enum rc rc = RC_OK;

    *more = false;
    *failed = 0;
    for (size_t n = 0; n < c->types && rc == RC_OK; n++) {
        arena_reset(a);
        rc = c->type[n].is_slow ? do_type(c, db, a, &c->type[n], owner, now_us, more, failed, err) : RC_OK;
    }
    return rc;
}
