/*
 * What time asks for: the runtime's own turn, cases that begin by themselves, clocks, supplements that have not come, and a look at how much there is once a minute.
 *
 * A supplement that has not come in time has the outcome that the model says.  Of a task that was done meanwhile there is no row any more, so it is told once.
 */
#include "process/conduct_deed_int.h"
#include "process/conduct_sql.h"

enum { EXPIRED_AT_ONCE = 25, FIGURES_S = 60 };
static const int64_t second_us = 1000000;

/* --- supplements that have not come -------------------------------------------------------------------------------------------------------- */

struct late {
    int64_t instance, token;
};
struct lates {
    struct late row[EXPIRED_AT_ONCE];
    size_t count;
};

static enum rc
late_row(const struct row *row, void *ctx, struct err *err)
{
    struct lates *l = ctx;

    (void)err;
    CHECK(l->count < EXPIRED_AT_ONCE);
    l->row[l->count++] = (struct late){row_int(row, 0), row_int(row, 1)};
    return RC_OK;
}

struct expiring {
    struct conduct *c;
    struct arena *a;
    const struct late *late;
    int64_t now_us;
    struct conduct_result out;
};

/* Without an outcome for it nothing follows but that it is open again for whoever asked. */
static enum rc
reopen_row(struct tx *tx, const struct work *w, struct err *err)
{
    return tx_run(tx, &WORK_STATE, VALUES(V_INT(w->instance), V_INT(w->token), V_TEXT(STR("open"))), NULL, NULL, err);
}

static enum rc
expire_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct expiring *x = ctx;
    static const struct identity nobody = {.role = ROLE_SYSTEM, .actor = STR_INIT("system")};
    const struct conduct_models *m = &x->c->config.models;
    struct conduct_deed deed = {.kind = DEED_COMPLETE, .instance = x->late->instance, .token = x->late->token, .reason = STR(""),
                                .absent = STR(""), .who = &nobody, .now_us = x->now_us};
    struct doing_deed d = {.c = x->c, .tx = tx, .a = x->a, .deed = &deed, .out = &x->out};
    enum rc rc;

    conduct_begin(x->c, x->a);
    x->out.due_us = INT64_MAX;
    if ((rc = work_get(x->c, tx, x->a, deed.instance, deed.token, 0, &d.work, err)) != RC_OK) {
        return rc == RC_CONFLICT ? RC_OK : rc; /* done meanwhile */
    }
    if (!str_eq(d.work.state, STR("asked")) || d.work.expires_us == 0 || d.work.expires_us > x->now_us) {
        return RC_OK;
    }
    if ((d.model = m->find(m->ctx, d.work.model, d.work.version)) == NULL) {
        return err_problem(err, RC_BUSY, "model-cold", "the model of the task is not in memory");
    }
    d.gov = gov_element_by_id(d.model, d.work.element);
    d.outcome = d.gov != NULL && d.gov->supplement != NULL ? gov_find_outcome(d.gov, d.gov->supplement->expired) : NULL;
    if (d.outcome == NULL) {
        return reopen_row(tx, &d.work, err);
    }
    d.case_no = d.work.case_no;
    d.subject = d.work.subject;
    d.power = d.work.power;
    const struct command k = {.kind = COMMAND_COMPLETE, .token = deed.token, .outcome = d.outcome->code};
    return deed_command(&d, &k, deed_completed, NULL, err);
}

static enum rc
expire_one(struct expiring *x, const struct db *db, struct err *err)
{
    const struct command k = {.kind = COMMAND_COMPLETE};
    const struct runtime_request q = {.instance = x->late->instance, .command = &k};
    enum rc rc = store_write(db, expire_tx, x, err);

    for (int n = 0; n < CONDUCT_COLD_TRIES && rc == RC_BUSY && str_eq(str_of(err->type), STR("model-cold")); n++) {
        if ((rc = runtime_warm(x->c->runtime, db, x->a, &q, err)) == RC_OK) {
            rc = store_write(db, expire_tx, x, err);
        }
    }
    if (rc == RC_OK) {
        conduct_nudge(x->c, x->out.due_us);
    }
    return rc;
}

static enum rc
expire(struct conduct *c, const struct db *db, struct arena *a, int64_t now_us, bool *more, int *failed, struct err *err)
{
    struct lates late = {.count = 0};
    enum rc rc = store_read(db, &WORK_EXPIRED, VALUES(V_INT(now_us), V_INT(EXPIRED_AT_ONCE)), late_row, &late, err);
    int wrong = 0;

    for (size_t n = 0; n < late.count && rc == RC_OK; n++) {
        struct expiring x = {.c = c, .a = a, .late = &late.row[n], .now_us = now_us};
        wrong += expire_one(&x, db, err) != RC_OK ? 1 : 0;
        arena_reset(a);
    }
    *failed += wrong;
    *more = *more || (late.count == EXPIRED_AT_ONCE && wrong == 0);
    return rc;
}

/* --- how much there is ------------------------------------------------------------------------------------------------------------------------ */

static enum rc
figures_row(const struct row *row, void *ctx, struct err *err)
{
    struct conduct_figures *f = ctx;

    (void)err;
    *f = (struct conduct_figures){.open = row_int(row, 0), .incidents = row_int(row, 1), .tasks = row_int(row, 2), .jobs = row_int(row, 3),
                                  .oldest_job_us = row_int(row, 4)};
    return RC_OK;
}

static enum rc
look(struct conduct *c, const struct db *db, int64_t now_us, struct err *err)
{
    struct conduct_figures f = {0};
    enum rc rc;

    if (c->figures_us != 0 && now_us >= c->figures_us && now_us < c->figures_us + FIGURES_S * second_us) {
        return RC_OK;
    }
    if ((rc = store_read(db, &CONDUCT_FIGURES, VALUES(V_INT(now_us)), figures_row, &f, err)) == RC_OK) {
        c->figures_us = now_us;
        (void)pthread_mutex_lock(&c->lock);
        c->figures = f;
        (void)pthread_mutex_unlock(&c->lock);
    }
    return rc;
}

struct conduct_figures
conduct_figures(struct conduct *c)
{
    struct conduct_figures f;

    (void)pthread_mutex_lock(&c->lock);
    f = c->figures;
    (void)pthread_mutex_unlock(&c->lock);
    return f;
}

/* --- the turn ----------------------------------------------------------------------------------------------------------------------------------- */

static enum rc
next_row(const struct row *row, void *ctx, struct err *err)
{
    int64_t *next_us = ctx;

    (void)err;
    *next_us = row_int(row, 0) < *next_us ? row_int(row, 0) : *next_us;
    return RC_OK;
}

/* Clocks and supplements are looked for once a minute at least: runtime_turn wants to come again by then. */
enum rc
conduct_turn(struct conduct *c, const struct db *db, struct arena *a, int64_t now_us, int64_t *next_us, int *failed, struct err *err)
{
    bool more = false, clocks = false;
    enum rc rc;

    *failed = 0;
    if ((rc = runtime_turn(c->runtime, db, a, now_us, next_us, err)) != RC_OK) {
        return rc;
    }
    arena_reset(a);
    if ((c->openings != NULL && (rc = openings_turn(c->openings, db, a, now_us, next_us, &more, failed, err)) != RC_OK) ||
        (rc = casetime_turn(&c->casetime, c->runtime, db, now_us, &c->after, &clocks, failed, err)) != RC_OK) {
        return rc;
    }
    if (!clocks) {
        c->after = (struct watch_next){0, 0};
    }
    arena_reset(a);
    if ((rc = expire(c, db, a, now_us, &more, failed, err)) != RC_OK || (rc = look(c, db, now_us, err)) != RC_OK ||
        (rc = store_read(db, &WORK_NEXT_EXPIRES, VALUES(V_INT(*next_us)), next_row, next_us, err)) != RC_OK) {
        return rc;
    }
    if (more || clocks) {
        *next_us = now_us;
    } else if (*next_us < now_us + second_us && *failed > 0) {
        *next_us = now_us + second_us; /* what went wrong is not tried without a pause */
    }
    return RC_OK;
}
