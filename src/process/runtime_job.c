/* Leases of jobs: given, extended, ended by failure, and the wait until the next try. */
#include "process/runtime_job.h"

#include <string.h>

#include "process/gov.h"
#include "process/runtime_int.h"
#include "process/runtime_sql.h"

static const int64_t second_us = 1000000;

/* --- giving -------------------------------------------------------------------------------------------------- */

struct leasing {
    struct runtime *r;
    struct arena *a;
    const struct runtime_wish *wish;
    struct runtime_job *job;
    struct str *data; /* of each, sealed */
    size_t count;
};

static enum rc
ripe_row(const struct row *row, void *ctx, struct err *err)
{
    struct leasing *l = ctx;
    struct runtime_job *j = &l->job[l->count];
    enum rc rc;

    *j = (struct runtime_job){.instance = row_int(row, 0), .token = row_int(row, 1), .attempt = row_int(row, 2), .tries = row_int(row, 3)};
    if ((rc = row_copy_text(row, 4, l->a, &j->element, err)) != RC_OK ||
        (rc = str_copy(l->a, row_blob(row, 5), &l->data[l->count], err)) != RC_OK ||
        (rc = row_copy_text(row, 6, l->a, &j->business_key, err)) != RC_OK ||
        (rc = row_copy_text(row, 7, l->a, &j->process, err)) != RC_OK) {
        return rc;
    }
    l->count++;
    return RC_OK;
}

static enum rc
lease_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct leasing *l = ctx;
    const struct runtime_wish *w = l->wish;
    enum rc rc;

    l->count = 0;
    rc = tx_run(tx, &PROCESS_JOBS_RIPE, VALUES(V_TEXT(w->type), V_INT(w->now_us), V_INT((int64_t)w->most)), ripe_row, l, err);
    for (size_t n = 0; rc == RC_OK && n < l->count; n++) {
        struct runtime_job *j = &l->job[n];
        rc = tx_run(tx, &PROCESS_JOB_LEASE,
                    VALUES(V_INT(j->instance), V_INT(j->token), V_INT(j->attempt), V_INT(w->now_us + w->lease_us), V_TEXT(w->owner)), NULL,
                    NULL, err);
        CHECK(rc != RC_OK || tx_changes(tx) == 1); /* it was read in this transaction */
        j->attempt++;
    }
    return rc;
}

enum rc
runtime_job_lease(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_wish *wish, struct runtime_job **out,
                  size_t *count, struct err *err)
{
    struct leasing l = {.r = r, .a = a, .wish = wish};
    enum rc rc;

    if (wish->owner.len == 0 || wish->most == 0 || wish->most > RUNTIME_JOBS_MAX || wish->lease_us <= 0 ||
        wish->lease_us > r->config.lease_max_us) {
        return err_set(err, RC_INVALID, "a lease has an owner, an end that is not too far, and 1 to %d jobs", RUNTIME_JOBS_MAX);
    }
    l.job = arena_alloc(a, wish->most, sizeof(*l.job));
    l.data = arena_alloc(a, wish->most, sizeof(*l.data));
    if (l.job == NULL || l.data == NULL) {
        return err_set(err, RC_LIMIT, "no room for jobs");
    }
    rc = store_write(db, lease_tx, &l, err);
    for (size_t n = 0; rc == RC_OK && n < l.count; n++) {
        struct runtime_job *j = &l.job[n];
        struct json *data = NULL;
        if (l.data[n].len > 0) {
            rc = runtime_unseal(r, a, runtime_place(a, "process_token.data", j->instance, j->token), l.data[n], &data, err);
        }
        j->data = data;
    }
    if (rc == RC_OK) {
        *out = l.job;
        *count = l.count;
        runtime_nudge(r, l.count > 0 ? wish->now_us + wish->lease_us : INT64_MAX);
    }
    return rc;
}

/* --- extending ------------------------------------------------------------------------------------------------ */

static enum rc
lease_lost(const struct runtime_job *j, struct err *err)
{
    return err_problem(err, RC_CONFLICT, "lease-lost", "job %lld of process %lld is not held under attempt %lld", (long long)j->token,
                       (long long)j->instance, (long long)j->attempt);
}

struct extending {
    const struct runtime_job *job;
    struct str owner;
    int64_t until_us;
};

static enum rc
extend_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct extending *e = ctx;
    const struct runtime_job *j = e->job;
    enum rc rc = tx_run(tx, &PROCESS_JOB_HEARTBEAT,
                        VALUES(V_INT(j->instance), V_INT(j->token), V_INT(j->attempt), V_TEXT(e->owner), V_INT(e->until_us)), NULL, NULL,
                        err);

    return rc == RC_OK && tx_changes(tx) == 0 ? lease_lost(j, err) : rc;
}

enum rc
runtime_job_extend(struct runtime *r, const struct db *db, const struct runtime_job *job, struct str owner, int64_t until_us,
                   int64_t now_us, struct err *err)
{
    struct extending e = {job, owner, until_us};

    if (until_us <= now_us || until_us - now_us > r->config.lease_max_us) {
        return err_set(err, RC_INVALID, "a lease ends later than now, and not too far from it");
    }
    return store_write(db, extend_tx, &e, err);
}

struct ending {
    struct str owner;
    int64_t now_us;
};

static enum rc
end_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct ending *e = ctx;

    return tx_run(tx, &PROCESS_LEASES_END, VALUES(V_TEXT(e->owner), V_INT(e->now_us)), NULL, NULL, err);
}

enum rc
runtime_job_end_leases(struct runtime *r, const struct db *db, struct str owner, int64_t now_us, struct err *err)
{
    struct ending e = {owner, now_us};
    enum rc rc = store_write(db, end_tx, &e, err);

    if (rc == RC_OK) {
        runtime_nudge(r, now_us);
    }
    return rc;
}

/* --- looking ------------------------------------------------------------------------------------------------ */

static enum rc
any_row(const struct row *row, void *ctx, struct err *err)
{
    (void)row, (void)err;
    *(bool *)ctx = true;
    return RC_OK;
}

enum rc
runtime_job_any(const struct db *db, struct str type, int64_t now_us, bool *out, struct err *err)
{
    *out = false;
    return store_read(db, &PROCESS_JOB_ANY, VALUES(V_TEXT(type), V_INT(now_us)), any_row, out, err);
}

struct looking {
    struct arena *a;
    struct runtime_held held;
};

static enum rc
held_row(const struct row *row, void *ctx, struct err *err)
{
    struct looking *l = ctx;
    enum rc rc;

    l->held.is_there = true;
    l->held.is_job = str_eq(row_text(row, 0), STR("job"));
    l->held.attempt = row_int(row, 2);
    l->held.is_leased = row_int(row, 3) > 0;
    rc = row_copy_text(row, 1, l->a, &l->held.type, err);
    return rc != RC_OK ? rc : row_copy_text(row, 4, l->a, &l->held.owner, err);
}

enum rc
runtime_job_held(const struct db *db, struct arena *a, int64_t instance, int64_t token, struct runtime_held *out, struct err *err)
{
    struct looking l = {.a = a};
    enum rc rc = store_read(db, &PROCESS_JOB_HELD, VALUES(V_INT(instance), V_INT(token)), held_row, &l, err);

    if (rc == RC_OK) {
        *out = l.held;
    }
    return rc;
}

/* --- parking ------------------------------------------------------------------------------------------------ */

enum rc
runtime_job_park(struct tx *tx, int64_t instance, int64_t token, struct err *err)
{
    return tx_run(tx, &PROCESS_JOB_PARK, VALUES(V_INT(instance), V_INT(token), V_INT(INT64_MAX)), NULL, NULL, err);
}

/* --- how often, and when again ----------------------------------------------------------------------------- */

enum rc
runtime_backoff_read(const struct json *j, struct runtime_backoff *out, struct err *err)
{
    static const int64_t longest_s = INT64_C(365) * 86400;
    int64_t tries, first_s, most_s, factor, jitter;

    if (!json_as_int(json_get(j, "tries"), &tries) || !json_as_int(json_get(j, "first_seconds"), &first_s) ||
        !json_as_int(json_get(j, "most_seconds"), &most_s) || !json_as_int(json_get(j, "factor"), &factor) ||
        !json_as_int(json_get(j, "jitter_percent"), &jitter)) {
        return err_set(err, RC_INVALID, "what is said of tries is not whole");
    }
    if (tries < 1 || first_s < 1 || most_s < first_s || most_s > longest_s || factor < 1 || jitter < 0 || jitter > 100) {
        return err_set(err, RC_INVALID, "what is said of tries makes no sense");
    }
    *out = (struct runtime_backoff){tries, first_s * second_us, most_s * second_us, factor, jitter};
    return RC_OK;
}

struct runtime_backoff
runtime_backoff_of(const struct bpmn *model, uint32_t element, const struct runtime_backoff *usual)
{
    struct runtime_backoff b = *usual;
    int64_t retries = gov_element(model, element)->retries;

    b.tries = retries >= 0 ? retries + 1 : b.tries;
    return b;
}

/* --- failing ---------------------------------------------------------------------------------------------------- */

/* As far from the middle as the job's own numbers say, so that jobs which failed together are not tried together again. */
static int64_t
with_jitter(const struct runtime_backoff *b, const struct runtime_job *j, int64_t wait_us)
{
    const int64_t numbers[] = {j->instance, j->token, j->attempt};
    struct hash h = hash_sha256((struct str){(const char *)numbers, sizeof(numbers)});
    int64_t spread_us = wait_us / 100 * b->jitter_percent;
    uint32_t chance;

    memcpy(&chance, h.bytes, sizeof(chance));
    return spread_us <= 0 ? wait_us : wait_us - spread_us + (int64_t)((double)chance / UINT32_MAX * 2 * (double)spread_us);
}

static int64_t
wait_us(const struct runtime_backoff *b, const struct runtime_job *j, int64_t failures)
{
    int64_t us = b->first_us;

    for (int64_t n = 1; n < failures && us < b->most_us; n++) {
        us = b->factor > 0 && us > b->most_us / b->factor ? b->most_us : us * b->factor;
    }
    return with_jitter(b, j, us < b->most_us ? us : b->most_us);
}

struct tries_found {
    bool is_held;
    int64_t attempt, tries;
};

static enum rc
tries_row(const struct row *row, void *ctx, struct err *err)
{
    struct tries_found *f = ctx;

    (void)err;
    *f = (struct tries_found){true, row_int(row, 0), row_int(row, 1)};
    return RC_OK;
}

static enum rc
give_back(struct tx *tx, struct job_failing *f, const struct runtime_backoff *b, int64_t failures, struct err *err)
{
    const struct runtime_job *j = f->job;
    const struct runtime_failure *why = f->failure;
    struct json *trouble = json_object(f->a);
    int64_t again_us = why->now_us + wait_us(b, j, failures);
    struct param sealed;
    enum rc rc;

    json_set_text(f->a, trouble, "reason", why->reason);
    json_set_text(f->a, trouble, "by", why->actor);
    json_set_int(f->a, trouble, "at_us", why->now_us);
    if ((rc = runtime_seal(f->r, f->a, runtime_place(f->a, "process_token.trouble", j->instance, j->token), trouble, &sealed, err)) !=
        RC_OK) {
        return rc;
    }
    f->due_us = again_us;
    return tx_run(tx, &PROCESS_JOB_RETURN, VALUES(V_INT(j->instance), V_INT(j->token), V_INT(j->attempt), V_INT(again_us), sealed), NULL,
                  NULL, err);
}

/* What the model says of tries, for a job that its process still waits for. */
static enum rc
policy(struct tx *tx, struct job_failing *f, struct runtime_backoff *out, struct err *err)
{
    const struct runtime_config *c = &f->r->config;
    const struct source in = {.tx = tx};
    struct loaded l;
    enum rc rc = rows_load(f->r, &in, f->a, f->job->instance, STR(""), STR(""), &l, err);
    const struct token *t = rc == RC_OK && l.is_found ? instance_token(&l.i, f->job->token) : NULL;

    if (rc != RC_OK || t == NULL) {
        return rc != RC_OK ? rc : lease_lost(f->job, err);
    }
    *out = c->backoff(c->ctx, l.i.binding[instance_scope(&l.i, t->scope)->binding].model, t->element, t->name);
    f->case_no = l.i.business_key;
    return RC_OK;
}

static enum rc
give_up_or_back(struct tx *tx, struct job_failing *f, struct err *err)
{
    const struct runtime_job *j = f->job;
    struct json *said = json_object(f->a);
    const struct command c = {.kind = COMMAND_INCIDENT, .token = j->token, .attempt = j->attempt, .reason = f->failure->reason,
                              .variables = said};
    const struct runtime_request q = {.instance = j->instance, .command = &c, .actor = f->failure->actor, .now_us = f->failure->now_us};
    struct tries_found found = {.is_held = false};
    struct runtime_result done = {.due_us = INT64_MAX};
    struct runtime_backoff b = {.tries = 0};
    enum rc rc = tx_run(tx, &PROCESS_JOB, VALUES(V_INT(j->instance), V_INT(j->token)), tries_row, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (!found.is_held || found.attempt != j->attempt) {
        return lease_lost(j, err);
    }
    if ((rc = policy(tx, f, &b, err)) != RC_OK) {
        return rc;
    }
    f->is_incident = f->failure->is_permanent || found.tries + 1 >= b.tries;
    if (!f->is_incident) {
        return give_back(tx, f, &b, found.tries + 1, err);
    }
    json_set_int(f->a, said, "tries", found.tries + 1);
    rc = runtime_do_tx(f->r, tx, f->a, &q, &done, err);
    f->due_us = done.due_us;
    return rc;
}

enum rc
job_failed_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct job_failing *f = ctx;
    const struct runtime_failure *why = f->failure;
    enum rc rc = give_up_or_back(tx, f, err);
    const struct runtime_told told = {f->case_no, f->job->instance, f->is_incident};

    return rc == RC_OK && why->witness != NULL ? why->witness(tx, f->a, &told, why->witness_ctx, err) : rc;
}

enum rc
runtime_job_failed(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_job *job,
                   const struct runtime_failure *failure, bool *is_incident, struct err *err)
{
    struct job_failing f = {.r = r, .a = a, .job = job, .failure = failure};
    enum rc rc = store_write(db, job_failed_tx, &f, err);

    if (runtime_is_cold(rc, err) && (rc = runtime_warm_instance(r, db, a, job->instance, err)) == RC_OK) {
        rc = store_write(db, job_failed_tx, &f, err);
    }
    if (rc == RC_OK) {
        *is_incident = f.is_incident;
        runtime_nudge(r, f.due_us);
    }
    return rc;
}
