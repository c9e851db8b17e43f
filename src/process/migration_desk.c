#include "process/migration_desk.h"

#include "process/modelbook_int.h"

struct asking {
    const struct migration_desk *desk;
    struct arena *arena;
    const struct json *plan;
    struct str models;
    int32_t day;
    int64_t now_us, after;
    bool is_proposed; /* now */
    struct json *report;
    const struct rule_model *model;
    const struct identity *who;
    struct migration_proposal *proposal;
    struct migration_page *page;
    enum migration_deed deed;
    struct str key;
    int64_t source, target;
    enum rc rc;
    struct err *err;
};

static enum rc
bind_models(void *ctx, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day, const struct modelbook_bound **out,
            size_t *count, struct err *err)
{
    return modelbook_bind_version(ctx, db, a, key, version, day, out, count, err);
}

static struct migration_office
office_of(const struct asking *g, const struct runner *w)
{
    return (struct migration_office){.runtime = g->desk->runtime, .run = w->run, .zones = w->zones, .ctx = g->desk->book, .bind = bind_models};
}

static void
try_job(struct runner *w, void *ctx)
{
    struct asking *g = ctx;
    const struct migration_office office = office_of(g, w);
    struct migration_ready ready;
    struct migration_piece piece = {.ready = &ready, .after = g->after, .now_us = g->now_us, .most = MIGRATION_TRIAL_AT_ONCE};

    if ((g->rc = migration_prepare(&office, &w->db, g->arena, g->plan, g->models, g->day, &ready, g->err)) != RC_OK) {
        return;
    }
    piece.model = rule_id(g->arena, RULE_BPMN, ready.plan.key);
    g->rc = g->is_proposed ? migration_trial_kept(&office, &w->db, g->arena, &piece, g->err)
                           : migration_trial_piece(&office, &w->db, g->arena, &piece, g->err);
    g->report = piece.report;
}

/* The map follows from the plan and its versions, and may be long. */
static struct json *
without_map(struct arena *a, const struct json *report)
{
    struct json *d = json_object(a);

    for (const struct json *m = report->first; m != NULL; m = m->next) {
        if (!str_eq(m->key, STR("map"))) {
            json_set_key(a, d, m->key, json_copy(a, m));
        }
    }
    return d;
}

static void
propose_job(struct runner *w, void *ctx)
{
    struct asking *g = ctx;
    const struct migration_office office = office_of(g, w);

    if ((g->rc = rule_admits(g->model, g->who, g->err)) != RC_OK) {
        return;
    }
    try_job(w, ctx);
    if (g->rc == RC_OK) {
        g->proposal->report = without_map(g->arena, g->report);
        g->rc = migration_propose(&office, &w->db, g->arena, g->model, g->who, g->proposal, g->err);
    }
}

static void
faults_job(struct runner *w, void *ctx)
{
    struct asking *g = ctx;

    g->rc = migration_plan_faults(g->arena, g->plan, w->zones, &g->report, g->err);
}

static void
clocks_job(struct runner *w, void *ctx)
{
    struct asking *g = ctx;
    const struct migration_office office = office_of(g, w);

    g->rc = migration_book_clocks(&office, &w->db, g->arena, g->key, g->source, g->target, &g->report, g->err);
}

static void
page_job(struct runner *w, void *ctx)
{
    struct asking *g = ctx;
    const struct migration_office office = office_of(g, w);

    g->rc = g->deed == MIGRATION_DO_MOVE   ? migration_move(&office, &w->db, g->arena, g->page, g->err)
            : g->deed == MIGRATION_DO_BACK ? migration_back(&office, &w->db, g->arena, g->page, g->err)
                                           : migration_back_one(&office, &w->db, g->arena, g->page, g->err);
}

static enum rc
ask(struct asking *g, const struct db *db, ruling_job *job)
{
    enum rc rc = ruling_do(modelbook_rulings(g->desk->book), db, job, g, g->err);

    return rc != RC_OK ? rc : g->rc;
}

enum rc
migration_desk_try(const struct migration_desk *d, const struct db *db, struct arena *a, const struct migration_wish *w, struct json **out,
                   struct err *err)
{
    struct asking g = {.desk = d, .arena = a, .plan = w->plan, .models = w->models, .day = w->day, .now_us = w->now_us, .after = w->after, .err = err};
    enum rc rc = ask(&g, db, try_job);

    *out = rc == RC_OK ? g.report : *out;
    return rc;
}

enum rc
migration_desk_faults(const struct migration_desk *d, const struct db *db, struct arena *a, const struct json *variables, struct json **out,
                      struct err *err)
{
    struct asking g = {.desk = d, .arena = a, .plan = variables, .err = err};
    enum rc rc = ask(&g, db, faults_job);

    *out = rc == RC_OK ? g.report : *out;
    return rc;
}

enum rc
migration_desk_clocks(const struct migration_desk *d, const struct db *db, struct arena *a, struct str key, int64_t source, int64_t target,
                      struct json **out, struct err *err)
{
    struct asking g = {.desk = d, .arena = a, .key = key, .source = source, .target = target, .err = err};
    enum rc rc = ask(&g, db, clocks_job);

    *out = rc == RC_OK ? g.report : *out;
    return rc;
}

enum rc
migration_desk_propose(const struct migration_desk *d, const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
                       struct migration_proposal *p, struct err *err)
{
    struct asking g = {.desk = d, .arena = a, .plan = p->plan, .day = p->day, .now_us = p->now_us, .model = m, .who = who, .proposal = p, .is_proposed = true,
                        .err = err};

    return ask(&g, db, propose_job);
}

enum rc
migration_desk_page(const struct migration_desk *d, const struct db *db, struct arena *a, struct migration_page *p, enum migration_deed deed,
                    struct err *err)
{
    struct asking g = {.desk = d, .arena = a, .page = p, .deed = deed, .err = err};

    return ask(&g, db, page_job);
}
