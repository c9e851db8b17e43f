/* Scopes: begun, ended when nothing keeps them, and taken down with all that is in them. */
#include "process/engine_int.h"

/* --- beginning ------------------------------------------------------------------------------------ */

static uint32_t
plain_start(const struct bpmn *m, uint32_t place)
{
    const struct bpmn_run *run = &m->scope[place].elements;

    for (uint32_t k = run->first; k < run->first + run->count; k++) {
        if (m->element[k].kind == BPMN_START && m->element[k].events.count == 0) {
            return k;
        }
    }
    return BPMN_NONE;
}

/* Of a scope without start events: wherever nothing leads in. */
static bool
begins_there(const struct bpmn *m, uint32_t element)
{
    const struct bpmn_element *n = &m->element[element];
    bool is_target = n->kind == BPMN_CATCH && n->events.count > 0 && m->event[n->events.first].trigger == BPMN_LINK;

    return n->in.count == 0 && n->kind != BPMN_BOUNDARY && !n->is_event_sub && !n->is_compensation && !is_target;
}

bool
engine_can_begin(const struct bpmn *m, uint32_t place)
{
    return !m->scope[place].has_start || plain_start(m, place) != BPMN_NONE;
}

static void
put_token(struct stepping *s, uint32_t scope, uint32_t element)
{
    uint32_t token = engine_token_add(s, TOKEN_MOVING, scope, element, 0, false);

    if (token != BPMN_NONE) {
        engine_move_to(s, token, element, BPMN_NONE);
    }
}

bool
engine_begin_scope(struct stepping *s, uint32_t scope, uint32_t start)
{
    const struct bpmn *m = model_in(s, scope);
    uint32_t place = scope_at(s, scope)->place;
    const struct bpmn_run run = m->scope[place].elements;

    if (!engine_declare(s, scope)) {
        return false;
    }
    engine_listen_starts(s, scope);
    if (start == BPMN_NONE) {
        start = plain_start(m, place);
    }
    if (start != BPMN_NONE) {
        put_token(s, scope, start);
    }
    for (uint32_t k = run.first; start == BPMN_NONE && !m->scope[place].has_start && k < run.first + run.count; k++) {
        if (begins_there(m, k)) {
            put_token(s, scope, k);
        }
    }
    engine_check_alive(s, scope);
    return true;
}

/* --- cancelling ----------------------------------------------------------------------------------- */

void
engine_drop_guests(struct stepping *s, uint32_t token)
{
    for (uint32_t at = s->x->guests[token].first, next; at != BPMN_NONE; at = next) {
        next = s->x->guest[at].after;
        if (token_at(s, at)->listens) {
            engine_token_gone(s, at);
        }
    }
}

void
engine_cancel_token(struct stepping *s, uint32_t token)
{
    if (token_is_gone(s, token)) {
        return;
    }
    if (s->x->inner[token] != BPMN_NONE) {
        engine_cancel_scope(s, s->x->inner[token]);
    }
    while (s->x->guests[token].first != BPMN_NONE) {
        engine_cancel_token(s, s->x->guests[token].first);
    }
    if (!token_at(s, token)->listens) {
        engine_say(s, MOVE_CANCELLED, token, STR(""));
    }
    engine_token_gone(s, token);
}

static bool
may_stay(const struct stepping *s, uint32_t token)
{
    return token_at(s, token)->kind == TOKEN_COMPENSABLE;
}

void
engine_cancel_inside(struct stepping *s, uint32_t scope, bool all)
{
    for (uint32_t at = s->x->tokens[scope].first, next; at != BPMN_NONE; at = next) {
        next = s->x->beside[at].after;
        if (!all && may_stay(s, at)) {
            continue;
        }
        engine_cancel_token(s, at);
        if (next != BPMN_NONE && token_is_gone(s, next)) { /* went with it */
            next = s->x->tokens[scope].first;
        }
    }
    for (uint32_t at = s->x->children[scope].first, next; at != BPMN_NONE; at = next) {
        next = s->x->sibling[at].after;
        if (all || !scope_at(s, at)->ended) {
            engine_cancel_scope(s, at);
        }
    }
}

void
engine_cancel_scope(struct stepping *s, uint32_t scope)
{
    if (!scope_is_gone(s, scope)) {
        engine_cancel_inside(s, scope, true);
        engine_scope_gone(s, scope);
    }
}

/* --- ending --------------------------------------------------------------------------------------- */

bool
engine_keeps(const struct stepping *s, uint32_t scope)
{
    const struct bpmn *m = model_in(s, scope);
    const struct scope *row = scope_at(s, scope);
    const struct bpmn_run *run = row->kind == SCOPE_SUB ? &m->scope[row->place].elements : NULL;

    for (uint32_t at = s->x->tokens[scope].first; at != BPMN_NONE; at = s->x->beside[at].after) {
        if (may_stay(s, at)) {
            return true;
        }
    }
    for (uint32_t at = s->x->children[scope].first; at != BPMN_NONE; at = s->x->sibling[at].after) {
        if (scope_at(s, at)->ended) {
            return true;
        }
    }
    for (uint32_t k = 0; run != NULL && k < run->count; k++) {
        if (engine_undoes(m, run->first + k) != BPMN_NONE) {
            return true;
        }
    }
    return false;
}

void
engine_end_instance(struct stepping *s, enum instance_state state, struct str detail)
{
    static const enum move_kind kinds[INSTANCE_STATES] = {
        [INSTANCE_COMPLETED] = MOVE_ENDED, [INSTANCE_FAILED] = MOVE_FAILED, [INSTANCE_CANCELLED] = MOVE_CANCELLED};
    uint32_t root = engine_scope_row(s, 1);

    engine_cancel_inside(s, root, true);
    engine_scope_ended(s, root);
    s->i->state = state;
    s->i->ended_us = s->now_us;
    engine_say_process(s, kinds[state], detail);
}

/* The token around waited for it; what a call gives is written where it was called. */
static void
end_inner(struct stepping *s, uint32_t scope)
{
    uint32_t token = engine_token_row(s, scope_at(s, scope)->token);
    bool is_call = scope_at(s, scope)->kind == SCOPE_CALL;

    CHECK(token != BPMN_NONE);
    if (is_call && !engine_outputs(s, token, scope, s->x->in[token], NULL)) {
        engine_cancel_scope(s, scope);
        engine_drop_guests(s, token);
        engine_stuck(s, token, "leave");
        return;
    }
    if (engine_keeps(s, scope)) {
        engine_cancel_inside(s, scope, false);
        engine_scope_ended(s, scope);
    } else {
        engine_cancel_scope(s, scope);
    }
    engine_activity_done(s, token);
}

void
engine_end_scope(struct stepping *s, uint32_t scope)
{
    uint32_t waiting = engine_token_row(s, scope_at(s, scope)->token);

    switch (scope_at(s, scope)->kind) {
    case SCOPE_PROCESS:
        engine_end_instance(s, INSTANCE_COMPLETED, STR(""));
        break;
    case SCOPE_SUB:
    case SCOPE_CALL:
        end_inner(s, scope);
        break;
    case SCOPE_EVENT_SUB:
        engine_say_element(s, MOVE_LEFT, s->x->up[scope], scope_at(s, scope)->element, STR(""));
        engine_cancel_scope(s, scope);
        if (waiting != BPMN_NONE) { /* it undid something */
            engine_compensated(s, waiting);
        }
        break;
    case SCOPE_INSTANCE:
        engine_instance_done(s, scope);
        break;
    case SCOPE_MULTI: /* counts its instances itself */
    case SCOPE_KINDS:
        break;
    }
}
