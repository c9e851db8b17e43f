/* What becomes of each row of a case: found before anything is changed, so that one that cannot be moved stays whole. */
#include "process/gov.h"
#include "process/migration_int.h"

void
migration_refuse(struct migrating *g, enum migration_reason reason, uint32_t token, uint32_t scope, uint32_t from, uint32_t to)
{
    const struct migration *m = g->m;

    if (g->refusals < MIGRATION_REFUSALS_MAX) {
        g->refusal[g->refusals++] = (struct migration_refusal){
            .reason = reason,
            .token = token != BPMN_NONE ? token_at(&g->s, token)->id : 0,
            .scope = scope != BPMN_NONE ? scope_at(&g->s, scope)->id : 0,
            .element = from != BPMN_NONE ? m->from->element[from].id : STR(""),
            .target = to != BPMN_NONE ? m->to->element[to].id : STR(""),
        };
    }
}

/* --- scopes --------------------------------------------------------------------------------------------------- */

/* Where its binding is in the list to come; BPMN_NONE: the target has no such process. */
static uint32_t
rebound(const struct migrating *g, uint32_t binding)
{
    const struct binding *was = &g->s.i->binding[binding];
    const struct bpmn *m = was->model == g->m->from ? g->m->to : was->model;
    struct str process = was->model->process[was->process].info.id;

    if (binding < g->c->bound) {
        return binding;
    }
    for (uint32_t n = 0; n < g->bindings; n++) {
        if (g->binding[n].model == m && str_eq(m->process[g->binding[n].process].info.id, process)) {
            return n;
        }
    }
    return BPMN_NONE;
}

static bool
calls_the_same(const struct migration *m, uint32_t x, uint32_t y)
{
    const struct bpmn_element *e = &m->from->element[x], *f = &m->to->element[y];

    return str_eq(e->called, f->called) && (e->called_process == BPMN_NONE) == (f->called_process == BPMN_NONE);
}

/* Of one that stands in another: its element, which is of the model of the scope around it. */
static void
fit_inner(struct migrating *g, uint32_t scope, uint32_t up)
{
    const struct migration *m = g->m;
    const struct scope *row = scope_at(&g->s, scope);
    struct fate *f = &g->scope[scope];
    uint32_t to = m->element[row->element];

    if (to == BPMN_NONE) {
        migration_refuse(g, MIGRATION_UNMAPPED, BPMN_NONE, scope, row->element, BPMN_NONE);
        return;
    }
    f->element = to;
    f->is_named = true;
    bool is_elsewhere = g->scope[up].place != BPMN_NONE && m->to->element[to].scope != g->scope[up].place;
    if (is_elsewhere || (row->kind == SCOPE_EVENT_SUB && !m->to->element[to].is_event_sub)) {
        migration_refuse(g, MIGRATION_NESTING, BPMN_NONE, scope, row->element, to);
    }
    if (row->kind == SCOPE_CALL && !calls_the_same(m, row->element, to)) {
        migration_refuse(g, MIGRATION_CALL, BPMN_NONE, scope, row->element, to);
    }
}

static uint32_t
new_place(const struct migrating *g, uint32_t scope)
{
    const struct fate *f = &g->scope[scope];

    switch (scope_at(&g->s, scope)->kind) {
    case SCOPE_SUB:
    case SCOPE_EVENT_SUB:
        return f->element != BPMN_NONE ? g->m->to->element[f->element].inside : BPMN_NONE;
    case SCOPE_MULTI:
    case SCOPE_INSTANCE:
        return f->element != BPMN_NONE ? g->m->to->element[f->element].scope : BPMN_NONE;
    case SCOPE_PROCESS:
    case SCOPE_CALL:
    case SCOPE_KINDS:
    default:
        return f->binding != BPMN_NONE ? g->m->to->process[g->binding[f->binding].process].scope : BPMN_NONE;
    }
}

/* Rows of scopes come in the order of their ids, the ones around first. */
static void
fit_scope(struct migrating *g, uint32_t scope)
{
    const struct scope *row = scope_at(&g->s, scope);
    struct fate *f = &g->scope[scope];
    uint32_t up = g->s.x->up[scope];

    *f = (struct fate){.is_of = model_in(&g->s, scope) == g->m->from, .element = row->element, .place = row->place,
                       .binding = rebound(g, row->binding)};
    if (up != BPMN_NONE && g->scope[up].is_of) {
        f->element = BPMN_NONE;
        fit_inner(g, scope, up);
    }
    if (f->binding == BPMN_NONE) {
        migration_refuse(g, MIGRATION_PROCESS, BPMN_NONE, scope, BPMN_NONE, BPMN_NONE);
    }
    f->is_named = f->is_named || f->binding != row->binding;
    if (f->is_of) {
        f->place = new_place(g, scope);
    }
}

/* --- tokens that stand somewhere -------------------------------------------------------------------------------- */

static struct str
job_type(const struct bpmn *m, uint32_t element)
{
    const struct bpmn_element *e = &m->element[element];
    const struct gov_element *g = gov_element(m, element);

    return g->job.len > 0                                      ? g->job
           : e->kind == BPMN_RULE                              ? STR("rule")
           : e->kind == BPMN_CALL && g->handover != NULL       ? STR("handover")
           : e->kind == BPMN_SERVICE                           ? e->id
                                                               : STR("");
}

/* Work that is called as its element is, because the model says nothing, is called as the new one is. */
static bool
fit_job(const struct migration *m, uint32_t x, uint32_t y, struct str *name)
{
    struct str type = job_type(m->to, y);
    bool is_unsaid = str_eq(*name, m->from->element[x].id) && str_eq(type, m->to->element[y].id);

    if (is_unsaid) {
        *name = type;
    }
    return str_eq(type, *name);
}

/* Work that nobody could do keeps its type in the incident. */
static bool
fit_incident(struct migrating *g, const struct token *t, struct fate *f)
{
    struct str kind = json_str(t->data, "kind"), name = json_str(t->data, "name"), was = name;

    if (!str_eq(json_str(t->data, "at"), STR("wait")) || !str_eq(kind, STR("job"))) {
        return true;
    }
    if (!fit_job(g->m, t->element, f->element, &name)) {
        return false;
    }
    if (!str_eq(name, was)) {
        struct json *data = json_copy(g->s.i->arena, t->data);
        json_set_text(g->s.i->arena, data, "name", name);
        f->data = data;
        f->is_armed_anew = true; /* more than a name changes in its row */
    }
    return true;
}

static struct str
message_of(const struct bpmn *m, uint32_t element)
{
    uint32_t global = m->element[element].global;

    return global != BPMN_NONE ? m->global[global].name : STR("");
}

/* One that waits for an event by itself: at a catching event, or to receive. */
static bool
fit_wait(struct migrating *g, const struct token *t, struct fate *f)
{
    const struct migration *m = g->m;
    bool is_key = t->kind == TOKEN_MESSAGE && !alike_key(m->from, t->element, m->to, f->element);

    if (m->from->element[t->element].kind == BPMN_RECEIVE) {
        f->is_armed_anew = is_key;
        return str_eq(message_of(m->from, t->element), message_of(m->to, f->element));
    }
    if (t->event == BPMN_NONE || f->event == BPMN_NONE || m->to->element[f->element].events.count != 1 ||
        !alike_wait(m->from, t->event, m->to, f->event)) {
        return false;
    }
    f->is_armed_anew = is_key || !alike_event(m->from, t->event, m->to, f->event);
    return true;
}

static bool
has_handler(const struct bpmn *m, uint32_t element)
{
    const struct bpmn_run *run = &m->element[element].boundaries;
    bool found = false;

    for (uint32_t k = run->first; k < run->first + run->count; k++) {
        found = found || m->element[m->boundary[k]].handler != BPMN_NONE;
    }
    return found;
}

static bool
fit_kind(struct migrating *g, uint32_t token, struct fate *f)
{
    const struct token *t = token_at(&g->s, token);
    const struct bpmn_element *to = &g->m->to->element[f->element];

    switch (t->kind) {
    case TOKEN_JOB:
        return fit_job(g->m, t->element, f->element, &f->name);
    case TOKEN_INCIDENT:
        return fit_incident(g, t, f);
    case TOKEN_MESSAGE:
    case TOKEN_SIGNAL:
    case TOKEN_TIMER:
    case TOKEN_CLOCK:
    case TOKEN_CONDITION:
        return fit_wait(g, t, f);
    case TOKEN_EVENTS:
        return to->kind == BPMN_EVENT_BASED || to->events.count > 1;
    case TOKEN_COMPENSABLE:
        return g->s.x->inner[token] != BPMN_NONE || has_handler(g->m->to, f->element);
    case TOKEN_MOVING:
    case TOKEN_TASK:
    case TOKEN_JOIN:
    case TOKEN_INNER:
    case TOKEN_COMPENSATION:
    case TOKEN_CATCHER:
    case TOKEN_KINDS:
        break;
    }
    return true;
}

static enum migration_reason
reason_of(enum token_kind kind)
{
    return kind == TOKEN_JOB || kind == TOKEN_INCIDENT ? MIGRATION_JOB : kind == TOKEN_COMPENSABLE ? MIGRATION_UNDO : MIGRATION_EVENT;
}

static bool
is_under_way(const struct migrating *g, uint32_t token)
{
    const struct token *t = token_at(&g->s, token);

    return t->kind != TOKEN_JOIN && (t->kind != TOKEN_INCIDENT || g->s.x->inner[token] != BPMN_NONE || engine_is_body(&g->s, token));
}

/* The way that it came by matters where ways meet. */
static void
fit_flow(struct migrating *g, uint32_t token, struct fate *f)
{
    const struct token *t = token_at(&g->s, token);

    if (t->flow == BPMN_NONE) {
        return;
    }
    f->flow = g->m->flow[t->flow];
    if (f->flow != BPMN_NONE && g->m->to->flow[f->flow].to != f->element) {
        f->flow = BPMN_NONE;
    }
    if (f->flow == BPMN_NONE && (t->kind == TOKEN_JOIN || (t->kind == TOKEN_INCIDENT && bpmn_is_gateway(element_of(&g->s, token)->kind)))) {
        migration_refuse(g, MIGRATION_FLOW, token, g->s.x->in[token], t->element, f->element);
    }
}

static void
fit_standing(struct migrating *g, uint32_t token, struct fate *f)
{
    const struct token *t = token_at(&g->s, token);
    uint32_t in = g->s.x->in[token], x = t->element, y = g->m->element[x];

    if (y == BPMN_NONE) {
        migration_refuse(g, MIGRATION_UNMAPPED, token, in, x, y);
        return;
    }
    f->element = y;
    if (g->scope[in].place != BPMN_NONE && g->m->to->element[y].scope != g->scope[in].place) {
        migration_refuse(g, MIGRATION_NESTING, token, in, x, y);
    }
    fit_flow(g, token, f);
    f->event = t->event == BPMN_NONE ? BPMN_NONE : alike_event_of(g->m, x, t->event, y);
    if (t->event != BPMN_NONE && f->event == BPMN_NONE) {
        migration_refuse(g, MIGRATION_EVENT, token, in, x, y);
    } else if (!fit_kind(g, token, f)) {
        migration_refuse(g, reason_of(t->kind), token, in, x, y);
    }
    if (is_under_way(g, token) && !alike_repeated(g->m, x, y)) {
        migration_refuse(g, MIGRATION_REPEATED, token, in, x, y);
    }
}

/* --- tokens that listen --------------------------------------------------------------------------------------------- */

/* Whether the counterpart listens where this one does. */
static bool
listens_there(const struct migrating *g, uint32_t token, uint32_t y)
{
    const struct migration *m = g->m;
    const struct bpmn_element *to = &m->to->element[y];
    uint32_t host = engine_token_row(&g->s, token_at(&g->s, token)->host);

    if (host == BPMN_NONE) {
        return m->to->scope[to->scope].parent == g->scope[g->s.x->in[token]].place && to->kind == BPMN_START &&
               m->to->scope[to->scope].element != BPMN_NONE && m->to->element[m->to->scope[to->scope].element].is_event_sub;
    }
    uint32_t at = m->element[token_at(&g->s, host)->element], flow = token_at(&g->s, token)->flow;
    if (to->kind == BPMN_BOUNDARY) {
        return to->attached == at;
    }
    return flow == BPMN_NONE ? y == at : m->flow[flow] != BPMN_NONE && m->to->flow[m->flow[flow]].from == at && m->to->flow[m->flow[flow]].to == y;
}

static bool
same_all(const struct migration *m, uint32_t x, uint32_t y)
{
    const struct bpmn_run e = m->from->element[x].events, f = m->to->element[y].events;
    bool is_same = e.count == f.count && m->from->element[x].needs_all == m->to->element[y].needs_all;

    for (uint32_t n = 0; is_same && n < e.count; n++) {
        is_same = alike_event(m->from, e.first + n, m->to, f.first + n);
    }
    return is_same;
}

static bool
is_same_listener(const struct migrating *g, const struct token *t, struct fate *f)
{
    const struct migration *m = g->m;

    if (t->event == BPMN_NONE) {
        return str_eq(message_of(m->from, t->element), message_of(m->to, f->element)) && alike_key(m->from, t->element, m->to, f->element);
    }
    f->event = alike_event_of(m, t->element, t->event, f->element);
    return f->event != BPMN_NONE && alike_event(m->from, t->event, m->to, f->event) && alike_key(m->from, t->element, m->to, f->element);
}

static void
fit_listener(struct migrating *g, uint32_t token, struct fate *f)
{
    const struct token *t = token_at(&g->s, token);
    uint32_t y = g->m->element[t->element];

    if (y == BPMN_NONE || !listens_there(g, token, y)) {
        f->is_gone = true;
        return;
    }
    f->element = y;
    if ((g->m->from->element[t->element].needs_all || g->m->to->element[y].needs_all) && !same_all(g->m, t->element, y)) {
        migration_refuse(g, MIGRATION_LISTENER, token, g->s.x->in[token], t->element, y);
    }
    f->flow = t->flow != BPMN_NONE ? g->m->flow[t->flow] : BPMN_NONE;
    f->is_gone = !is_same_listener(g, t, f);
}

static void
fit_token(struct migrating *g, uint32_t token)
{
    const struct token *t = token_at(&g->s, token);
    struct fate *f = &g->token[token];

    *f = (struct fate){.is_of = g->scope[g->s.x->in[token]].is_of, .element = t->element, .flow = t->flow, .event = t->event, .name = t->name, .data = t->data};
    if (!f->is_of) {
        return;
    }
    f->element = f->flow = f->event = BPMN_NONE;
    f->is_named = true;
    if (t->listens && t->kind != TOKEN_COMPENSABLE) {
        fit_listener(g, token, f);
    } else {
        fit_standing(g, token, f);
    }
}

static void
fit_leases(struct migrating *g)
{
    for (size_t n = 0; n < g->c->leases; n++) {
        uint32_t token = engine_token_row(&g->s, g->c->leased[n]);
        if (token != BPMN_NONE) {
            migration_refuse(g, MIGRATION_LEASED, token, g->s.x->in[token], g->token[token].is_of ? token_at(&g->s, token)->element : BPMN_NONE, BPMN_NONE);
        }
    }
}

void
migration_fit(struct migrating *g)
{
    for (uint32_t n = 0; n < g->s.i->scopes; n++) {
        fit_scope(g, n);
    }
    for (uint32_t n = 0; n < g->s.i->tokens; n++) {
        fit_token(g, n);
    }
    fit_leases(g);
    if (g->refusals == 0) {
        migration_fit_joins(g);
    }
}
