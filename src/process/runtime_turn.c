/*
 * What time asks for.  Each turn takes a batch of each kind, so that an hour's backlog cannot hold up what was written meanwhile, and says when
 * it wants to come again.
 *
 * Clocks are sometimes wrong.  A timer is due when the wall clock says so: set back, it waits until that moment comes again, and
 * fires once all the same; set forward, it fires early, and what has fired has fired.  A lease cannot end later than leases go, so one
 * that does was given before the clock was set back, and is over.
 */
#include "process/opening.h"
#include "process/runtime_int.h"
#include "process/runtime_sql.h"

enum { LEASES_AT_ONCE = 100, FORGET_AT_ONCE = 500 };
static const int64_t minute_us = 60000000;

struct turn {
    struct runtime *r;
    const struct db *db;
    struct arena *a;
    int64_t now_us;
    bool more;
};

struct targets {
    size_t count;
    struct target target[RUNTIME_TURN_BATCH];
};

static enum rc
target_row(const struct row *row, void *ctx, struct err *err)
{
    struct targets *all = ctx;

    (void)err;
    CHECK(all->count < RUNTIME_TURN_BATCH);
    all->target[all->count++] = (struct target){.instance = row_int(row, 0), .token = row_int(row, 1), .attempt = row_int(row, 2)};
    return RC_OK;
}

static struct targets *
find_targets(struct turn *t, const struct stmt *stmt, struct values values, enum rc *rc, struct err *err)
{
    struct targets *all = arena_alloc(t->a, 1, sizeof(*all));

    *rc = all == NULL ? err_set(err, RC_LIMIT, "no room for what is due") : store_read(t->db, stmt, values, target_row, all, err);
    return all;
}

static enum rc
fire_timers(struct turn *t, struct err *err)
{
    enum rc rc;
    struct targets *due =
        find_targets(t, &PROCESS_TIMERS_DUE, VALUES(V_INT(t->now_us), V_INT(RUNTIME_TURN_BATCH)), &rc, err);

    for (size_t n = 0; rc == RC_OK && n < due->count; n += BATCH_AT_ONCE) {
        struct batch b = {.r = t->r, .kind = COMMAND_TIMER, .actor = STR("system"), .now_us = t->now_us, .target = &due->target[n],
                          .count = due->count - n < BATCH_AT_ONCE ? due->count - n : BATCH_AT_ONCE};
        rc = batch_run(t->db, &b, err);
    }
    t->more = t->more || (rc == RC_OK && due->count > 0);
    return rc;
}

/* --- leases ------------------------------------------------------------------------------------------------------ */

/* If nothing can be made of the instance, the job is an incident without it. */
static enum rc
end_lease(struct turn *t, const struct target *at, struct err *err)
{
    const struct runtime_job job = {.instance = at->instance, .token = at->token, .attempt = at->attempt};
    const struct runtime_failure why = {.reason = STR("nothing was heard of whoever had it"), .actor = STR("system"), .now_us = t->now_us};
    struct target hopeless = *at;
    struct batch b = {.r = t->r, .kind = COMMAND_INCIDENT, .actor = why.actor, .now_us = t->now_us, .target = &hopeless, .count = 1};
    bool is_incident;
    enum rc rc = runtime_job_failed(t->r, t->db, t->a, &job, &why, &is_incident, err);

    if (rc == RC_OK || rc_is_passing(rc) || (rc == RC_CONFLICT && str_eq(str_of(err->type), STR("lease-lost")))) {
        return rc == RC_CONFLICT ? RC_OK : rc;
    }
    target_give_up(&hopeless, err);
    return batch_run(t->db, &b, err);
}

static enum rc
end_leases(struct turn *t, struct err *err)
{
    enum rc rc;
    struct targets *over =
        find_targets(t, &PROCESS_LEASES_OVER,
                     VALUES(V_INT(t->now_us), V_INT(t->now_us + t->r->config.lease_max_us), V_INT(LEASES_AT_ONCE)), &rc, err);

    for (size_t n = 0; rc == RC_OK && n < over->count; n++) {
        rc = end_lease(t, &over->target[n], err);
    }
    t->more = t->more || (rc == RC_OK && over->count > 0);
    return rc;
}

/* --- what nobody needs any more -------------------------------------------------------------------------------- */

struct forgetting {
    const struct turn *t;
    int64_t forgotten;
};

static enum rc
forget_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct forgetting *f = ctx;
    const struct turn *t = f->t;
    int64_t keep_us = t->r->config.command_keep_us;
    enum rc rc = tx_run(tx, &PROCESS_COMMANDS_FORGET,
                        VALUES(V_INT(t->now_us - keep_us), V_INT(t->now_us + keep_us), V_INT(FORGET_AT_ONCE)), NULL, NULL, err);

    f->forgotten = tx_changes(tx);
    if (rc == RC_OK) {
        rc = tx_run(tx, &PROCESS_MESSAGES_FORGET, VALUES(V_INT(t->now_us), V_INT(FORGET_AT_ONCE)), NULL, NULL, err);
        f->forgotten += tx_changes(tx);
    }
    return rc != RC_OK ? rc : opening_forget_tx(tx, t->now_us - t->r->config.message_keep_us, FORGET_AT_ONCE, err);
}

/* Once a minute, and on while there is much of it.  A clock that went back must not stop it. */
static enum rc
forget(struct turn *t, struct err *err)
{
    struct forgetting f = {t, 0};
    int64_t *next_us = &t->r->forget_us;
    enum rc rc;

    if (t->now_us < *next_us && *next_us <= t->now_us + minute_us) {
        return RC_OK;
    }
    if ((rc = store_write(t->db, forget_tx, &f, err)) == RC_OK && f.forgotten < FORGET_AT_ONCE) {
        *next_us = t->now_us + minute_us;
    }
    t->more = t->more || (rc == RC_OK && f.forgotten >= FORGET_AT_ONCE);
    return rc;
}

/* --- the turn ------------------------------------------------------------------------------------------------------ */

static enum rc
next_row(const struct row *row, void *ctx, struct err *err)
{
    int64_t *next_us = ctx;

    (void)err;
    for (int n = 0; n < 3; n++) {
        *next_us = row_int(row, n) < *next_us ? row_int(row, n) : *next_us;
    }
    return RC_OK;
}

enum rc
runtime_turn(struct runtime *r, const struct db *db, struct arena *a, int64_t now_us, int64_t *next_us, struct err *err)
{
    struct turn t = {.r = r, .db = db, .a = a, .now_us = now_us};
    int64_t next = now_us + minute_us;
    bool more = false;
    enum rc rc;

    /* Whatever comes up from here on wakes us: it may be missed below. */
    atomic_store(&r->promised_us, INT64_MAX);
    arena_reset(a);
    if ((rc = fire_timers(&t, err)) != RC_OK || (rc = outbox_turn(r, db, a, now_us, &more, err)) != RC_OK ||
        (rc = end_leases(&t, err)) != RC_OK || (rc = forget(&t, err)) != RC_OK ||
        (rc = store_read(db, &PROCESS_NEXT_TURN, VALUES(V_INT(next)), next_row, &next, err)) != RC_OK) {
        return rc;
    }
    next = t.more || more || next < now_us ? now_us : next;
    atomic_store(&r->promised_us, next);
    *next_us = next;
    return RC_OK;
}
