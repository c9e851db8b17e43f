/*
 * What listens in the target and did not in the source.  An event of the source that is the same either listens still, or has happened, and what has happened
 * does not happen again because the case was moved; so only what had no counterpart is armed.
 */
#include "process/migration_int.h"

static bool
was_there(const struct migration *m, uint32_t x, uint32_t y, uint32_t event)
{
    const struct bpmn_run run = m->from->element[x].events;
    bool found = false;

    if (event == BPMN_NONE) {
        return alike_key(m->from, x, m->to, y) && m->from->element[x].global != BPMN_NONE && m->to->element[y].global != BPMN_NONE &&
               str_eq(m->from->global[m->from->element[x].global].name, m->to->global[m->to->element[y].global].name);
    }
    for (uint32_t k = run.first; k < run.first + run.count; k++) {
        found = found || alike_event(m->from, k, m->to, event);
    }
    return found && alike_key(m->from, x, m->to, y);
}

/* Each event of the element y of the target; x is its counterpart if that listened at the same place, else BPMN_NONE. */
static void
listen_new(struct migrating *g, uint32_t scope, uint32_t x, uint32_t y, uint32_t host)
{
    const struct bpmn *m = g->m->to;
    const struct bpmn_run run = m->element[y].events;

    for (uint32_t k = run.first; k < run.first + run.count && g->s.rc == RC_OK; k++) {
        if (m->event[k].trigger != BPMN_COMPENSATION && (x == BPMN_NONE || !was_there(g->m, x, y, k))) {
            (void)engine_listen(&g->s, scope, y, host, k);
        }
    }
}

/* --- beside activities ---------------------------------------------------------------------------------------------- */

static bool
has_boundaries(const struct migrating *g, uint32_t token)
{
    const struct token *t = token_at(&g->s, token);

    return bpmn_is_activity(element_of(&g->s, token)->kind) && !engine_is_body(&g->s, token) &&
           (t->kind == TOKEN_TASK || t->kind == TOKEN_JOB || t->kind == TOKEN_MESSAGE || t->kind == TOKEN_INNER ||
            (t->kind == TOKEN_INCIDENT && str_eq(json_str(t->data, "at"), STR("wait"))));
}

static void
listen_beside(struct migrating *g, uint32_t token, uint32_t before)
{
    const struct bpmn_run run = element_of(&g->s, token)->boundaries;

    for (uint32_t k = run.first; k < run.first + run.count && g->s.rc == RC_OK; k++) {
        uint32_t y = g->m->to->boundary[k], x = g->m->origin[y];
        bool is_same_place = x != BPMN_NONE && g->m->from->element[x].attached == before;
        listen_new(g, g->s.x->in[token], is_same_place ? x : BPMN_NONE, y, token);
    }
}

/* --- alternatives ------------------------------------------------------------------------------------------------------ */

static bool
had_alternative(const struct migration *m, uint32_t flow, uint32_t gateway, uint32_t y)
{
    uint32_t was = m->flow_origin[flow], x = m->origin[y];
    const struct bpmn_run run = m->to->element[y].events;
    bool has_all = was != BPMN_NONE && x != BPMN_NONE && m->from->flow[was].from == gateway && m->from->flow[was].to == x;

    for (uint32_t k = run.first; has_all && k < run.first + run.count; k++) {
        has_all = was_there(m, x, y, k);
    }
    return has_all && (run.count > 0 || was_there(m, x, y, BPMN_NONE));
}

/* Of one that has changed in part all are dropped: of an alternative one event is as good as another, and none has happened yet. */
static void
listen_alternatives(struct migrating *g, uint32_t token, uint32_t before)
{
    const struct bpmn *m = g->m->to;
    const struct bpmn_run out = element_of(&g->s, token)->out;
    uint32_t element = token_at(&g->s, token)->element;

    if (element_of(&g->s, token)->kind == BPMN_CATCH) {
        listen_new(g, g->s.x->in[token], before, element, token);
        return;
    }
    for (uint32_t k = out.first; k < out.first + out.count && g->s.rc == RC_OK; k++) {
        uint32_t flow = m->out[k], y = m->flow[flow].to;
        if (had_alternative(g->m, flow, before, y)) {
            continue;
        }
        for (uint32_t at = g->s.x->guests[token].first, next; at != BPMN_NONE; at = next) {
            next = g->s.x->guest[at].after;
            if (token_at(&g->s, at)->flow == flow) {
                engine_token_gone(&g->s, at);
            }
        }
        engine_listen_after(&g->s, token, flow);
    }
}

/* --- event sub-processes -------------------------------------------------------------------------------------------- */

/* One that interrupts has begun: the others beside it no longer listen. */
static bool
was_interrupted(const struct migrating *g, uint32_t scope)
{
    for (uint32_t at = g->s.x->children[scope].first; at != BPMN_NONE; at = g->s.x->sibling[at].after) {
        const struct scope *row = scope_at(&g->s, at);
        if (row->kind == SCOPE_EVENT_SUB && !row->ended && g->m->to->element[engine_start_inside(g->m->to, row->place)].is_interrupting) {
            return true;
        }
    }
    return false;
}

static void
listen_starts(struct migrating *g, uint32_t scope, uint32_t before)
{
    const struct bpmn *from = g->m->from, *to = g->m->to;
    const struct bpmn_run run = to->scope[scope_at(&g->s, scope)->place].elements;

    for (uint32_t k = run.first; k < run.first + run.count && g->s.rc == RC_OK; k++) {
        if (!to->element[k].is_event_sub) {
            continue;
        }
        uint32_t y = engine_start_inside(to, to->element[k].inside), x = g->m->origin[y];
        bool is_same_place = x != BPMN_NONE && from->scope[from->element[x].scope].parent == before;
        listen_new(g, scope, is_same_place ? x : BPMN_NONE, y, BPMN_NONE);
    }
}

/* Where rows stood before is in their fate. */
void
migration_listen(struct migrating *g)
{
    size_t scopes = g->s.i->scopes, tokens = g->s.i->tokens;

    for (uint32_t n = 0; n < tokens && g->s.rc == RC_OK; n++) {
        if (!g->token[n].is_of || token_is_gone(&g->s, n)) {
            continue;
        }
        if (token_at(&g->s, n)->kind == TOKEN_EVENTS) {
            listen_alternatives(g, n, g->token[n].element);
        } else if (!token_at(&g->s, n)->listens && has_boundaries(g, n)) {
            listen_beside(g, n, g->token[n].element);
        }
    }
    for (uint32_t n = 0; n < scopes && g->s.rc == RC_OK; n++) {
        enum scope_kind kind = scope_at(&g->s, n)->kind;
        bool runs = !scope_at(&g->s, n)->ended && kind != SCOPE_MULTI && kind != SCOPE_INSTANCE;
        if (g->scope[n].is_of && runs && !was_interrupted(g, n)) {
            listen_starts(g, n, g->scope[n].place);
        }
    }
}
