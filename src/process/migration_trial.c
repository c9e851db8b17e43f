/* A plan tried on every open case of its source version: nothing is changed, and what would be refused is counted by reason and element. */
#include <stdlib.h>
#include <string.h>

#include "process/history_int.h"
#include "process/migration_moving_int.h"
#include "process/migration_sql.h"
#include "process/runtime_sql.h"

enum { WORK_ARENA = 64 << 20, READ_TRIES = 5, GROUPS_MAX = 2000 };
#define TRIAL_KEEP_US (INT64_C(7) * 24 * 3600 * 1000000)

/* --- pages of numbers ------------------------------------------------------------------------------------------------- */

enum rc
migration_number_row(const struct row *row, void *ctx, struct err *err)
{
    struct migration_numbers *n = ctx;

    (void)err;
    n->id[n->count++] = row_int(row, 0);
    return RC_OK;
}

enum rc
migration_open_cases(const struct db *db, const struct migration_plan *p, int64_t after, int most, struct migration_numbers *out, struct err *err)
{
    out->count = 0;
    CHECK(most > 0 && most <= MIGRATION_PAGE_MAX);
    return store_read(db, &MIGRATE_OPEN_CASES, VALUES(V_TEXT(p->key), V_INT(p->source), V_INT(after), V_INT(most)), migration_number_row, out, err);
}

/* --- one case --------------------------------------------------------------------------------------------------------- */

struct leases {
    struct arena *arena;
    int64_t *id;
    size_t count, room;
    bool is_full;
};

static enum rc
lease_row(const struct row *row, void *ctx, struct err *err)
{
    struct leases *l = ctx;

    if (l->count == l->room) {
        size_t room = l->room > 0 ? 2 * l->room : 16;
        int64_t *more = arena_grow(l->arena, l->id, l->room * sizeof(*more), room * sizeof(*more));
        if (more == NULL) {
            return err_set(err, RC_LIMIT, "no room for the work of a process");
        }
        l->id = more;
        l->room = room;
    }
    l->id[l->count++] = row_int(row, 0);
    return RC_OK;
}

static size_t
models_count(struct arena *a, struct str models)
{
    struct json *list;
    struct err err;

    return json_parse(a, models, JSON_ANY, &list, &err) == RC_OK ? list->count : 0;
}

/* --- when it came where ------------------------------------------------------------------------------------------- */

enum { LINES_AT_ONCE = 200 };

struct moments {
    struct arena *arena;
    struct migration_moment *row;
    size_t count, room;
    int64_t order; /* of what happened last */
};

/* NULL: no room. */
static struct migration_moment *
moment_of(struct moments *m, struct str element)
{
    for (size_t n = 0; n < m->count; n++) {
        if (str_eq(m->row[n].element, element)) {
            return &m->row[n];
        }
    }
    if (m->count == m->room) {
        size_t room = m->room > 0 ? 2 * m->room : 32;
        void *more = arena_grow(m->arena, m->row, m->room * sizeof(*m->row), room * sizeof(*m->row));
        if (more == NULL) {
            return NULL;
        }
        m->row = more;
        m->room = room;
    }
    m->row[m->count] = (struct migration_moment){.element = element};
    return &m->row[m->count++];
}

/* What it is called since the case was moved has the moments of what it was called before. */
static bool
take_name(struct moments *m, struct str now, struct str before)
{
    struct migration_moment *was = moment_of(m, before);
    struct migration_moment copy = was != NULL ? *was : (struct migration_moment){.element = now};
    struct migration_moment *is = was != NULL ? moment_of(m, now) : NULL;

    if (is != NULL) {
        *is = copy;
        is->element = now;
    }
    return is != NULL;
}

/* What is repeated is entered and left as a whole, and so is each of its instances, in a scope of its own: those do not count (move_moment). */
static bool
take_moment(struct moments *m, struct str element, int64_t scope, enum gov_at at, int64_t at_us)
{
    struct migration_moment *one = moment_of(m, element);

    if (one == NULL || (one->scope != 0 && one->scope != scope)) {
        return one != NULL;
    }
    one->at_us[at] = at_us;
    one->order[at] = ++m->order;
    if (at == GOV_ENTER) {
        one->scope = scope;
    } else if (at == GOV_LEAVE || at == GOV_CANCEL) {
        one->scope = 0;
    }
    return true;
}

static bool
take_line(struct moments *m, const struct json *line)
{
    static const char *const names[MIGRATION_MOMENTS] = {
        [GOV_ENTER] = "entered", [GOV_LEAVE] = "left", [GOV_CANCEL] = "cancelled", [GOV_SUPPLEMENT] = "supplement", [GOV_SUPPLY] = "supplied"};
    const struct json *moves = json_get(line, "moves");
    int64_t at_us = json_int_or(line, "at_us", 0);

    if (str_eq(json_str(json_get(line, "command"), "command"), STR("reopen"))) { /* it had ended, and its clocks with it */
        for (size_t n = 0; n < m->count; n++) {
            memset(m->row[n].order, 0, sizeof(m->row[n].order));
        }
    }
    for (const struct json *j = moves != NULL ? moves->first : NULL; j != NULL; j = j->next) {
        struct str what = history_text(j, MOVE_KIND), id = history_text(j, MOVE_ELEMENT);
        int64_t scope = 0;
        int at = GOV_ENTER;
        (void)json_as_int(history_part(j, MOVE_SCOPE), &scope);
        while (at < MIGRATION_MOMENTS && !str_eq(what, str_of(names[at]))) {
            at++;
        }
        if (at < MIGRATION_MOMENTS ? !take_moment(m, id, scope, (enum gov_at)at, at_us)
                                   : str_eq(what, STR("migrated")) && !take_name(m, id, history_text(j, MOVE_DETAIL))) {
            return false;
        }
    }
    return true;
}

static enum rc
look_back(const struct runtime *r, const struct source *from, struct arena *a, int64_t id, struct migration_case *out, struct err *err)
{
    struct moments m = {.arena = a};
    struct json *lines = NULL;
    int64_t after = 0;
    enum rc rc = RC_OK;

    do {
        if ((rc = history_read(r, from, a, id, after, LINES_AT_ONCE, &lines, err)) != RC_OK) {
            return rc;
        }
        for (const struct json *l = lines->first; l != NULL; l = l->next) {
            after = json_int_or(l, "n", after + 1);
            if (!take_line(&m, l)) {
                return err_set(err, RC_LIMIT, "no room for the history of process %lld", (long long)id);
            }
        }
    } while (lines->count == LINES_AT_ONCE);
    out->moment = m.row;
    out->moments = m.count;
    return RC_OK;
}

enum rc
migration_case_load(const struct runtime *r, const struct source *from, struct arena *a, int64_t id, bool looks_back, struct loaded *l,
                    struct migration_case *out, struct err *err)
{
    struct leases leases = {.arena = a};
    enum rc rc = rows_load(r, from, a, id, STR(""), STR(""), l, err);

    if (rc != RC_OK || !l->is_found || l->is_closed ||
        (rc = source_run(from, &MIGRATE_LEASED, VALUES(V_INT(id)), lease_row, &leases, err)) != RC_OK) {
        return rc;
    }
    *out = (struct migration_case){.i = &l->i, .bound = models_count(a, l->models), .leased = leases.id, .leases = leases.count};
    return looks_back ? look_back(r, from, a, id, out, err) : RC_OK;
}

/* Its rows are read one table after another; if a command came between they are read again. */
static enum rc
load_whole(const struct migration_office *o, const struct db *db, struct arena *work, int64_t id, bool looks_back, struct loaded *l,
           struct migration_case *c, bool *is_busy, struct err *err)
{
    const struct source from = {.db = db};
    enum rc rc = RC_OK;

    for (int n = 0; n < READ_TRIES; n++) {
        int64_t revision = 0;
        struct err passing;
        arena_reset(work);
        enum rc read = migration_case_load(o->runtime, &from, work, id, looks_back, l, c, &passing);
        if (runtime_is_cold(read, &passing)) {
            if ((rc = runtime_warm_instance(o->runtime, db, work, id, err)) != RC_OK) {
                return rc;
            }
            continue;
        }
        rc = store_read_int(db, &MIGRATE_REVISION, VALUES(V_INT(id)), &revision, err);
        if (rc == RC_NOT_FOUND) { /* it has ended meanwhile */
            l->is_found = false;
            return RC_OK;
        }
        if (rc != RC_OK || (read != RC_OK && rc_is_passing(read))) {
            *err = rc != RC_OK ? *err : passing;
            return rc != RC_OK ? rc : read;
        }
        if (read == RC_OK && l->is_found && l->revision == revision) {
            return RC_OK;
        }
    }
    *is_busy = true;
    return RC_OK;
}

/* --- counting --------------------------------------------------------------------------------------------------------- */

struct group {
    enum migration_reason reason;
    struct str element;
    int64_t count, sample[MIGRATION_SAMPLES];
};
struct trial {
    const struct migration_office *o;
    const struct migration_ready *ready;
    struct arena *arena, *work;
    struct run *run;
    int64_t now_us, open, can, cannot, busy;
    struct group *group;
    size_t groups;
};

static struct group *
find_group(struct trial *t, const struct migration_refusal *r, struct err *err)
{
    for (size_t n = 0; n < t->groups; n++) {
        if (t->group[n].reason == r->reason && str_eq(t->group[n].element, r->element)) {
            return &t->group[n];
        }
    }
    if (t->groups == GROUPS_MAX) {
        return NULL;
    }
    struct group *g = &t->group[t->groups];
    g->reason = r->reason;
    if (str_copy(t->arena, r->element, &g->element, err) != RC_OK) {
        return NULL;
    }
    t->groups++;
    return g;
}

/* A case counts once for each reason and element, however many of its tokens stand there. */
static bool
is_first(const struct migration_result *r, size_t at)
{
    for (size_t n = 0; n < at; n++) {
        if (r->refusal[n].reason == r->refusal[at].reason && str_eq(r->refusal[n].element, r->refusal[at].element)) {
            return false;
        }
    }
    return true;
}

static void
count_refusals(struct trial *t, int64_t id, const struct migration_result *r)
{
    struct err err;

    for (size_t n = 0; n < r->refusals; n++) {
        struct group *g = is_first(r, n) ? find_group(t, &r->refusal[n], &err) : NULL;
        if (g != NULL) {
            if (g->count < MIGRATION_SAMPLES) {
                g->sample[g->count] = id;
            }
            g->count++;
        }
    }
}

static enum rc
try_one(struct trial *t, const struct db *db, int64_t id, struct err *err)
{
    struct engine engine = t->o->runtime->config.engine;
    struct migration_result r = {.refusals = 0};
    struct migration_case c;
    struct loaded l;
    bool is_busy = false;
    enum rc rc = load_whole(t->o, db, t->work, id, migration_looks_back(t->ready->migration), &l, &c, &is_busy, err);

    if (rc != RC_OK || is_busy || !l.is_found || l.is_closed) {
        t->busy += is_busy;
        t->open += is_busy;
        return rc;
    }
    engine.run = t->o->run;
    engine.zones = t->o->zones;
    if ((rc = migration_apply(&engine, t->ready->migration, &c, t->now_us, &r, err)) != RC_OK) {
        return rc;
    }
    t->open++;
    t->can += r.refusals == 0;
    t->cannot += r.refusals > 0;
    count_refusals(t, id, &r);
    return RC_OK;
}

/* --- the report ---------------------------------------------------------------------------------------------------------- */

static int
by_count(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    return x->count > y->count ? -1 : x->count < y->count ? 1 : (int)x->reason - (int)y->reason;
}

static struct json *
group_json(struct arena *a, const struct group *g)
{
    struct json *d = json_object(a), *samples = json_array(a);

    json_set_text(a, d, "reason", str_of(migration_reason_name(g->reason)));
    json_set_text(a, d, "zh", str_of(migration_reason_text(g->reason, false)));
    json_set_text(a, d, "en", str_of(migration_reason_text(g->reason, true)));
    json_set_text(a, d, "element", g->element);
    json_set_int(a, d, "count", g->count);
    for (int64_t n = 0; n < g->count && n < MIGRATION_SAMPLES; n++) {
        json_push(samples, json_int(a, g->sample[n]));
    }
    json_set(a, d, "samples", samples);
    return d;
}

static struct json *
report_json(struct trial *t, bool with_map)
{
    struct arena *a = t->arena;
    const struct migration_plan *p = &t->ready->plan;
    struct json *d = json_object(a), *reasons = json_array(a);

    qsort(t->group, t->groups, sizeof(*t->group), by_count);
    json_set_text(a, d, "key", p->key);
    json_set_int(a, d, "source", p->source);
    json_set_int(a, d, "target", p->target);
    json_set_text(a, d, "sha256", t->ready->sha256);
    json_set_int(a, d, "open", t->open);
    json_set_int(a, d, "can", t->can);
    json_set_int(a, d, "cannot", t->cannot);
    json_set_int(a, d, "busy", t->busy);
    for (size_t n = 0; n < t->groups; n++) {
        json_push(reasons, group_json(a, &t->group[n]));
    }
    json_set(a, d, "reasons", reasons);
    if (with_map) {
        json_set(a, d, "map", migration_json(a, t->ready->migration));
    }
    return d;
}

/* Goes on counting where a report ended. */
static enum rc
take_report(struct trial *t, const struct json *report, struct err *err)
{
    const struct json *reasons = json_get(report, "reasons");
    enum rc rc = RC_OK;

    t->open = json_int_or(report, "open", 0);
    t->can = json_int_or(report, "can", 0);
    t->cannot = json_int_or(report, "cannot", 0);
    t->busy = json_int_or(report, "busy", 0);
    for (const struct json *r = reasons != NULL ? reasons->first : NULL; r != NULL && t->groups < GROUPS_MAX && rc == RC_OK; r = r->next) {
        struct group *g = &t->group[t->groups];
        const struct json *samples = json_get(r, "samples");
        size_t n = 0;
        g->reason = migration_reason_find(json_str(r, "reason"));
        if (g->reason == MIGRATION_REASONS) {
            continue; /* of an older program */
        }
        g->count = json_int_or(r, "count", 0);
        for (const struct json *s = samples != NULL ? samples->first : NULL; s != NULL && n < MIGRATION_SAMPLES; s = s->next) {
            n += json_as_int(s, &g->sample[n]);
        }
        t->groups++;
        rc = str_copy(t->arena, json_str(r, "element"), &g->element, err);
    }
    return rc;
}

/* *after: where to begin; and where to go on, 0: there are no more. */
static enum rc
try_cases(struct trial *t, const struct db *db, int64_t *after, int64_t most, struct err *err)
{
    struct migration_numbers page = {.count = 0};
    int64_t at = *after, rest = most;
    int wanted;
    enum rc rc;

    do {
        wanted = (int)(rest < MIGRATION_PAGE_MAX ? rest : MIGRATION_PAGE_MAX);
        rc = migration_open_cases(db, &t->ready->plan, at, wanted, &page, err);
        for (size_t n = 0; n < page.count && rc == RC_OK; n++) {
            rc = try_one(t, db, page.id[n], err);
            at = page.id[n];
        }
        rest -= wanted;
    } while (rc == RC_OK && page.count == (size_t)wanted && rest > 0);
    if (rc == RC_OK) {
        *after = page.count == (size_t)wanted ? at : 0;
    }
    return rc;
}

static enum rc
begin_trial(struct trial *t, struct err *err)
{
    if ((t->group = arena_alloc(t->arena, GROUPS_MAX, sizeof(*t->group))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for the report of a migration");
    }
    t->work = arena_new(WORK_ARENA);
    return RC_OK;
}

enum rc
migration_trial(const struct migration_office *o, const struct db *db, struct arena *a, const struct migration_ready *ready, int64_t now_us,
                struct json **out, struct err *err)
{
    struct trial t = {.o = o, .ready = ready, .arena = a, .now_us = now_us};
    int64_t after = 0;
    enum rc rc = begin_trial(&t, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = try_cases(&t, db, &after, INT64_MAX, err);
    arena_free(t.work);
    if (rc == RC_OK) {
        *out = report_json(&t, true);
        rc = json_whole(*out, err);
    }
    return rc;
}

/* --- piece by piece ------------------------------------------------------------------------------------------------------ */

struct kept_trial {
    struct arena *arena;
    bool is_there;
    struct str models, report;
    int64_t after;
};

static enum rc
trial_row(const struct row *row, void *ctx, struct err *err)
{
    struct kept_trial *k = ctx;
    enum rc rc;

    k->is_there = true;
    k->after = row_int(row, 1);
    if ((rc = row_copy_text(row, 0, k->arena, &k->models, err)) != RC_OK) {
        return rc;
    }
    return row_copy_text(row, 2, k->arena, &k->report, err);
}

/* One of other models that are called is none of this plan any more. */
static enum rc
get_trial(const struct db *db, struct arena *a, const struct migration_piece *p, struct kept_trial *out, struct json **report, struct err *err)
{
    enum rc rc;

    *out = (struct kept_trial){.arena = a};
    if ((rc = store_read(db, &MIGRATE_TRIAL_GET, VALUES(V_TEXT(p->model), V_TEXT(p->ready->sha256)), trial_row, out, err)) != RC_OK) {
        return rc;
    }
    out->is_there = out->is_there && str_eq(out->models, p->ready->models);
    return out->is_there ? json_parse(a, out->report, JSON_ANY, report, err) : RC_OK;
}

struct keeping {
    const struct migration_piece *p;
    int64_t from, to;
    struct str report;
};

static enum rc
keep_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct keeping *k = ctx;
    const struct migration_piece *p = k->p;
    enum rc rc;

    if (k->from != 0) {
        return tx_run(tx, &MIGRATE_TRIAL_GO_ON,
                      VALUES(V_TEXT(p->model), V_TEXT(p->ready->sha256), V_INT(k->from), V_INT(k->to), V_TEXT(k->report), V_INT(p->now_us)), NULL, NULL, err);
    }
    if ((rc = tx_run(tx, &MIGRATE_TRIAL_FORGET, VALUES(V_INT(p->now_us - TRIAL_KEEP_US)), NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &MIGRATE_TRIAL_BEGIN,
                  VALUES(V_TEXT(p->model), V_TEXT(p->ready->sha256), V_TEXT(p->ready->models), V_INT(k->to), V_TEXT(k->report), V_INT(p->now_us)), NULL, NULL,
                  err);
}

static enum rc
answer(struct arena *a, struct migration_piece *p, struct json *report, int64_t after, struct err *err)
{
    json_set(a, report, "map", migration_json(a, p->ready->migration));
    json_set_int(a, report, "after", after);
    json_set_bool(a, report, "more", after > 0);
    p->report = report;
    return json_whole(report, err);
}

static enum rc
try_piece(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_piece *p, const struct json *before, int64_t from,
          struct err *err)
{
    struct trial t = {.o = o, .ready = p->ready, .arena = a, .now_us = p->now_us};
    struct keeping k = {.p = p, .from = from, .to = from};
    enum rc rc;

    if ((rc = begin_trial(&t, err)) != RC_OK) {
        return rc;
    }
    rc = before != NULL ? take_report(&t, before, err) : RC_OK;
    rc = rc == RC_OK ? try_cases(&t, db, &k.to, p->most, err) : rc;
    arena_free(t.work);
    if (rc != RC_OK) {
        return rc;
    }
    struct json *report = report_json(&t, false);
    if ((rc = json_print(a, report, &k.report, err)) != RC_OK || (rc = store_write(db, keep_tx, &k, err)) != RC_OK) {
        return rc;
    }
    return answer(a, p, report, k.to, err);
}

enum rc
migration_trial_piece(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_piece *p, struct err *err)
{
    struct json *report = NULL;
    struct kept_trial kept = {.is_there = false};
    enum rc rc = p->after > 0 ? get_trial(db, a, p, &kept, &report, err) : RC_OK;

    if (rc != RC_OK || (kept.is_there && kept.after != p->after)) {
        return rc != RC_OK ? rc : answer(a, p, report, kept.after, err);
    }
    return try_piece(o, db, a, p, report, kept.is_there ? p->after : 0, err);
}

enum rc
migration_trial_kept(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_piece *p, struct err *err)
{
    struct json *report = NULL;
    struct kept_trial kept;
    enum rc rc = get_trial(db, a, p, &kept, &report, err);

    if (rc == RC_OK && kept.is_there && json_int_or(report, "open", 0) > p->most) {
        return answer(a, p, report, kept.after, err);
    }
    p->after = 0;
    return rc != RC_OK ? rc : try_piece(o, db, a, p, NULL, 0, err);
}

/* --- what is kept no longer -------------------------------------------------------------------------------------------- */

enum { FORGET_AT_ONCE = 50 };

struct copies {
    int64_t migration[FORGET_AT_ONCE], instance[FORGET_AT_ONCE];
    size_t count;
};

static enum rc
copy_row(const struct row *row, void *ctx, struct err *err)
{
    struct copies *c = ctx;

    (void)err;
    c->migration[c->count] = row_int(row, 0);
    c->instance[c->count++] = row_int(row, 1);
    return RC_OK;
}

/* Nothing brings such a case back to where its copy would count again, so it need not be asked once more here. */
static enum rc
forget_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct copies *c = ctx;
    static const struct stmt *const all[] = {&MIGRATE_FORGET, &MIGRATE_FORGET_SCOPES, &MIGRATE_FORGET_TOKENS};
    enum rc rc = RC_OK;

    for (size_t n = 0; n < c->count && rc == RC_OK; n++) {
        for (size_t k = 0; k < sizeof(all) / sizeof(all[0]) && rc == RC_OK; k++) {
            rc = tx_run(tx, all[k], VALUES(V_INT(c->migration[n]), V_INT(c->instance[n])), NULL, NULL, err);
        }
    }
    return rc;
}

enum rc
migration_expire(const struct db *db, struct err *err)
{
    struct copies page = {.count = FORGET_AT_ONCE};
    int64_t migration = 0, instance = 0;
    enum rc rc = RC_OK;

    while (rc == RC_OK && page.count == FORGET_AT_ONCE) {
        page.count = 0;
        rc = store_read(db, &MIGRATE_KEPT_IN_VAIN, VALUES(V_INT(migration), V_INT(instance), V_INT(FORGET_AT_ONCE)), copy_row, &page, err);
        if (rc == RC_OK && page.count > 0) {
            migration = page.migration[page.count - 1];
            instance = page.instance[page.count - 1];
            rc = store_write(db, forget_tx, &page, err);
        }
    }
    return rc;
}
