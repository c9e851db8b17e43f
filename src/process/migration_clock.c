/*
 * Clocks that only one of the two models declares.  What the target does not know is stopped, as nothing would ever stop it there.  What only the target knows would run
 * by now for a case that stands behind its start: the plan says from which instant, or that it does not; a plan that forgets one is refused.
 */
#include "process/gov.h"
#include "process/migration_int.h"

static bool
has_clock(const struct bpmn *m, const struct gov_clock *clock)
{
    for (size_t n = 0; n < gov_clocks(m); n++) {
        const struct gov_clock *c = gov_clock(m, n);
        if (str_eq(c->id, clock->id) && str_eq(c->rule, clock->rule) && c->kind == clock->kind) {
            return true;
        }
    }
    return false;
}

/* --- by the plan ------------------------------------------------------------------------------------------------ */

static enum rc
find_gone(struct arena *a, struct migration *m, struct err *err)
{
    m->clock_gone = arena_alloc(a, gov_clocks(m->from) + 1, sizeof(*m->clock_gone));
    if (m->clock_gone == NULL) {
        return err_set(err, RC_LIMIT, "no room for the clocks of a process");
    }
    for (size_t n = 0; n < gov_clocks(m->from); n++) {
        if (!has_clock(m->to, gov_clock(m->from, n))) {
            m->clock_gone[m->clocks_gone++] = gov_clock(m->from, n)->id;
        }
    }
    if (m->clocks_gone > 0 && !m->plan->stops_clocks) {
        return err_problem(err, RC_INVALID, "plan-clock", "version %lld does not declare the clock %.*s, or counts it against another limit",
                           (long long)m->plan->target, STR_ARG(m->clock_gone[0]));
    }
    return RC_OK;
}

/* A case stands nowhere else for longer than a command. */
static bool
can_stand(enum bpmn_kind kind)
{
    return kind != BPMN_START && kind != BPMN_END && kind != BPMN_BOUNDARY && kind != BPMN_EXCLUSIVE;
}

/* The first element with a counterpart where it may run; BPMN_NONE. */
static uint32_t
may_miss(const struct bpmn *m, const bool *runs, const uint32_t *origin)
{
    for (uint32_t y = 0; y < m->elements; y++) {
        if (runs[y] && origin[y] != BPMN_NONE && can_stand(m->element[y].kind)) {
            return y;
        }
    }
    return BPMN_NONE;
}

static const struct migration_start *
planned(const struct migration_plan *p, struct str clock)
{
    for (size_t n = 0; n < p->starts; n++) {
        if (str_eq(p->start[n].clock, clock)) {
            return &p->start[n];
        }
    }
    return NULL;
}

static enum rc
find_new(struct arena *a, struct migration *m, struct err *err)
{
    m->clock_new = arena_alloc(a, gov_clocks(m->to) + 1, sizeof(*m->clock_new));
    if (m->clock_new == NULL) {
        return err_set(err, RC_LIMIT, "no room for the clocks of a process");
    }
    for (uint32_t n = 0; n < gov_clocks(m->to); n++) {
        const struct gov_clock *clock = gov_clock(m->to, n);
        if (has_clock(m->from, clock)) {
            continue;
        }
        struct clock_new *c = &m->clock_new[m->clocks_new++];
        *c = (struct clock_new){.clock = n, .runs = gov_clock_runs(a, m->to, n), .start = planned(m->plan, clock->id)};
        if (c->runs == NULL) {
            return err_set(err, RC_LIMIT, "no room for the clocks of a process");
        }
        uint32_t y = c->start == NULL ? may_miss(m->to, c->runs, m->origin) : BPMN_NONE;
        if (y != BPMN_NONE) {
            return err_problem(err, RC_INVALID, "plan-start", "version %lld lets the clock %.*s run at %.*s; the plan does not say from when", (long long)m->plan->target,
                               STR_ARG(clock->id), STR_ARG(m->to->element[y].id));
        }
    }
    return RC_OK;
}

static enum rc
check_starts(const struct migration *m, struct err *err)
{
    for (size_t n = 0; n < m->plan->starts; n++) {
        const struct migration_start *s = &m->plan->start[n];
        bool is_new = false;
        for (size_t k = 0; k < m->clocks_new; k++) {
            is_new = is_new || m->clock_new[k].start == s;
        }
        if (!is_new) {
            return err_problem(err, RC_INVALID, "plan-start", "the clock %.*s is none that only version %lld declares", STR_ARG(str_sub(s->clock, 0, 60)),
                               (long long)m->plan->target);
        }
        if (s->element.len > 0 && bpmn_find_element(m->from, s->element) == BPMN_NONE) {
            return err_problem(err, RC_INVALID, "plan-element", "version %lld has no element %.*s", (long long)m->plan->source,
                               STR_ARG(str_sub(s->element, 0, 60)));
        }
    }
    return RC_OK;
}

enum rc
migration_make_clocks(struct arena *a, struct migration *m, struct err *err)
{
    enum rc rc;

    if ((rc = find_gone(a, m, err)) != RC_OK || (rc = find_new(a, m, err)) != RC_OK) {
        return rc;
    }
    return check_starts(m, err);
}

const struct str *
migration_clocks_gone(const struct migration *m, size_t *count)
{
    *count = m->clocks_gone;
    return m->clock_gone;
}

bool
migration_looks_back(const struct migration *m)
{
    for (size_t n = 0; n < m->plan->starts; n++) {
        if (m->plan->start[n].at != MIGRATION_AT_NEVER) {
            return true;
        }
    }
    return false;
}

/* --- for people ------------------------------------------------------------------------------------------------------ */

static struct json *
clock_json(struct arena *a, const struct gov_clock *clock)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "id", clock->id);
    json_set_text(a, d, "rule", clock->rule);
    json_set_text(a, d, "kind", str_of(gov_clock_kind_name(clock->kind)));
    return d;
}

/* Elements belong together by id here, as no plan says otherwise yet. */
static enum rc
put_missing(struct arena *a, const struct bpmn *from, const struct bpmn *to, uint32_t clock, struct json *d, struct err *err)
{
    uint32_t *origin = arena_alloc(a, (size_t)to->elements + 1, sizeof(*origin));
    const bool *runs = gov_clock_runs(a, to, clock);

    if (origin == NULL || runs == NULL) {
        return err_set(err, RC_LIMIT, "no room for the clocks of a process");
    }
    for (uint32_t y = 0; y < to->elements; y++) {
        origin[y] = bpmn_find_element(from, to->element[y].id);
    }
    json_set_bool(a, d, "missing", may_miss(to, runs, origin) != BPMN_NONE);
    return RC_OK;
}

enum rc
migration_clocks_json(struct arena *a, const struct bpmn *from, const struct bpmn *to, struct json **out, struct err *err)
{
    struct json *d = json_object(a), *gone = json_array(a), *added = json_array(a);
    enum rc rc = RC_OK;

    for (size_t n = 0; n < gov_clocks(from); n++) {
        if (!has_clock(to, gov_clock(from, n))) {
            json_push(gone, clock_json(a, gov_clock(from, n)));
        }
    }
    for (uint32_t n = 0; n < gov_clocks(to) && rc == RC_OK; n++) {
        if (!has_clock(from, gov_clock(to, n))) {
            struct json *one = clock_json(a, gov_clock(to, n));
            rc = put_missing(a, from, to, n, one, err);
            json_push(added, one);
        }
    }
    json_set(a, d, "gone", gone);
    json_set(a, d, "new", added);
    if (rc == RC_OK && (rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

struct json *
migration_map_clocks(struct arena *a, const struct migration *m)
{
    struct json *d = json_object(a), *stopped = json_array(a), *started = json_array(a), *not_started = json_array(a);

    for (size_t n = 0; n < m->clocks_gone; n++) {
        json_push(stopped, json_text(a, m->clock_gone[n]));
    }
    for (size_t n = 0; n < m->clocks_new; n++) {
        const struct migration_start *s = m->clock_new[n].start;
        bool is_started = s != NULL && s->at != MIGRATION_AT_NEVER;
        json_push(is_started ? started : not_started, json_text(a, gov_clock(m->to, m->clock_new[n].clock)->id));
    }
    json_set(a, d, "stopped", stopped);
    json_set(a, d, "started", started);
    json_set(a, d, "not_started", not_started);
    return d;
}

/* --- by the case ------------------------------------------------------------------------------------------------------- */

/* The scope is one that declares it. */
static bool
declares(const struct migrating *g, uint32_t scope, const struct gov_clock *clock)
{
    const struct scope *row = scope_at(&g->s, scope);
    const struct fate *f = &g->scope[scope];

    if (!f->is_of || row->ended) {
        return false;
    }
    if (clock->element != BPMN_NONE) {
        return (row->kind == SCOPE_SUB || row->kind == SCOPE_EVENT_SUB) && f->element == clock->element;
    }
    return (row->kind == SCOPE_PROCESS || row->kind == SCOPE_CALL) && g->binding[f->binding].model == g->m->to &&
           g->binding[f->binding].process == clock->process;
}

/* In it, or in what is inside of it; nobody sees through a call. */
static bool
is_within(const struct migrating *g, uint32_t inner, uint32_t scope)
{
    for (uint32_t at = inner; at != BPMN_NONE; at = g->s.x->up[at]) {
        enum scope_kind kind = scope_at(&g->s, at)->kind;
        if (at == scope) {
            return true;
        }
        if (kind == SCOPE_PROCESS || kind == SCOPE_CALL) {
            return false;
        }
    }
    return false;
}

static const struct migration_moment *
moment_at(const struct migrating *g, struct str element)
{
    for (size_t n = 0; n < g->c->moments; n++) {
        if (str_eq(g->c->moment[n].element, element)) {
            return &g->c->moment[n];
        }
    }
    return NULL;
}

/*
 * What has happened in the case, taken by the new version's words: whether a start came last.  *is_all: every element that starts the clock has been there before, so that
 * nothing else could have.
 */
static bool
has_started(const struct migrating *g, const struct clock_new *c, bool *is_all)
{
    const struct migration *m = g->m;
    int64_t last = 0;
    bool runs = false;

    *is_all = true;
    for (uint32_t y = 0; y < m->to->elements; y++) {
        const struct gov_element *e = gov_element(m->to, y);
        for (size_t k = 0; k < e->ons; k++) {
            const struct gov_on *on = &e->on[k];
            bool is_it = on->clock == c->clock && (on->what == GOV_START || on->what == GOV_STOP);
            const struct migration_moment *at = is_it && m->origin[y] != BPMN_NONE ? moment_at(g, m->from->element[m->origin[y]].id) : NULL;
            *is_all = *is_all && (!is_it || on->what == GOV_STOP || m->origin[y] != BPMN_NONE);
            if (at != NULL && at->order[on->at] > last) {
                last = at->order[on->at];
                runs = on->what == GOV_START;
            }
        }
    }
    return runs;
}

/* Somebody stands in the scope where the clock may run.  What holds others inside is not where the case stands. */
static bool
stands_where_it_runs(const struct migrating *g, const struct clock_new *c, uint32_t scope)
{
    for (uint32_t n = 0; n < g->s.i->tokens; n++) {
        const struct fate *f = &g->token[n];
        bool stands = f->is_of && !token_is_gone(&g->s, n) && !token_at(&g->s, n)->listens;
        if (stands && g->m->to->element[f->element].inside == BPMN_NONE && c->runs[f->element] && is_within(g, g->s.x->in[n], scope)) {
            return true;
        }
    }
    return false;
}

/* Sub-processes come and go, and their history does not say of which it is: there only where the case stands counts. */
static bool
would_run(const struct migrating *g, const struct clock_new *c, uint32_t scope)
{
    bool is_all = false, knows = g->c->moment != NULL && gov_clock(g->m->to, c->clock)->element == BPMN_NONE;

    if (knows && has_started(g, c, &is_all)) {
        return true;
    }
    return !is_all && stands_where_it_runs(g, c, scope);
}

/* 0: the case never came to it. */
static int64_t
instant_of(const struct migrating *g, const struct migration_start *s)
{
    switch (s->at) {
    case MIGRATION_AT_MOVE: return g->s.now_us;
    case MIGRATION_AT_BEGIN: return g->s.i->started_us;
    case MIGRATION_AT_ENTERED:
    case MIGRATION_AT_LEFT: {
        const struct migration_moment *m = moment_at(g, s->element);
        return m != NULL ? m->at_us[s->at == MIGRATION_AT_ENTERED ? GOV_ENTER : GOV_LEAVE] : 0;
    }
    case MIGRATION_AT_NEVER:
    case MIGRATION_INSTANTS: break;
    }
    return 0;
}

static void
start_one(struct migrating *g, const struct clock_new *c, uint32_t scope)
{
    int64_t at_us = instant_of(g, c->start);

    if (at_us == 0) {
        migration_refuse(g, MIGRATION_START, BPMN_NONE, scope, BPMN_NONE, BPMN_NONE);
        return;
    }
    g->start[g->starts++] = (struct migration_started){gov_clock(g->m->to, c->clock)->id, scope_at(&g->s, scope)->id, at_us};
}

void
migration_start_clocks(struct migrating *g)
{
    const struct migration *m = g->m;

    g->start = arena_alloc(g->s.i->arena, m->clocks_new * g->s.i->scopes + 1, sizeof(*g->start));
    if (g->start == NULL) {
        (void)engine_full(&g->s);
        return;
    }
    for (size_t n = 0; n < m->clocks_new; n++) {
        const struct clock_new *c = &m->clock_new[n];
        for (uint32_t scope = 0; scope < g->s.i->scopes && c->start != NULL && c->start->at != MIGRATION_AT_NEVER; scope++) {
            if (declares(g, scope, gov_clock(m->to, c->clock)) && would_run(g, c, scope)) {
                start_one(g, c, scope);
            }
        }
    }
}
