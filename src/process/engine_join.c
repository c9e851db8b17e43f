/* Joins: a parallel one has a token on each flow, an inclusive one all that can still come (BPMN 2.0.2, tables 13.1 and 13.3). */
#include "process/engine_int.h"

enum { TO_EMPTY = 1, TO_FILLED = 2 };

static bool
waits_at(const struct stepping *s, uint32_t token, uint32_t element)
{
    const struct token *t = token_at(s, token);

    return t->kind == TOKEN_JOIN && t->element == element;
}

static void
pass(struct stepping *s, uint32_t token)
{
    engine_say(s, MOVE_ENTERED, token, STR(""));
    engine_leave(s, token);
}

/* The oldest that waits there on that flow. */
static uint32_t
waiting_on(const struct stepping *s, uint32_t scope, uint32_t element, uint32_t flow)
{
    uint32_t at = s->x->tokens[scope].first;

    while (at != BPMN_NONE && !(waits_at(s, at, element) && token_at(s, at)->flow == flow)) {
        at = s->x->beside[at].after;
    }
    return at;
}

/* --- parallel ------------------------------------------------------------------------------------- */

static void
join_all(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_element *n = element_of(s, token);
    uint32_t scope = s->x->in[token], element = token_at(s, token)->element;

    s->x->firing.count = 0;
    for (uint32_t k = 0; k < n->in.count; k++) {
        uint32_t flow = m->in[n->in.first + k];
        uint32_t other = flow == token_at(s, token)->flow ? token : waiting_on(s, scope, element, flow);
        if (other == BPMN_NONE) {
            engine_wait(s, token, TOKEN_JOIN);
            return;
        }
        if (other != token && !rows_push(s, &s->x->firing, other)) {
            return;
        }
    }
    for (size_t k = 0; k < s->x->firing.count; k++) {
        engine_token_gone(s, s->x->firing.row[k]);
    }
    pass(s, token);
}

/* A token that a person put there came by no flow, and waits for none. */
void
engine_join(struct stepping *s, uint32_t token)
{
    const struct bpmn_element *n = element_of(s, token);

    if (n->in.count <= 1) {
        engine_leave(s, token);
    } else if (token_at(s, token)->flow == BPMN_NONE) {
        pass(s, token);
    } else if (n->kind == BPMN_PARALLEL) {
        join_all(s, token);
    } else {
        engine_wait(s, token, TOKEN_JOIN);
    }
}

/* --- inclusive ------------------------------------------------------------------------------------ */

void
engine_touch(struct stepping *s, uint32_t scope)
{
    if (!s->x->is_touched[scope] && rows_push(s, &s->x->touched, scope)) {
        s->x->is_touched[scope] = true;
    }
}

bool
engine_room_for_marks(struct stepping *s, const struct bpmn *m)
{
    if (s->x->marks < m->elements) {
        s->x->mark = arena_alloc(s->i->arena, m->elements, sizeof(*s->x->mark));
        s->x->stack = arena_alloc(s->i->arena, m->elements, sizeof(*s->x->stack));
        s->x->marks = m->elements;
        return (s->x->mark != NULL && s->x->stack != NULL) || engine_full(s);
    }
    return true;
}

struct back { /* going backwards from an inclusive join */
    struct instance_index *x;
    const struct bpmn *m;
    uint32_t gateway;
    uint8_t bit;
    uint32_t count; /* on the stack */
};

static void
reach(struct back *b, uint32_t element)
{
    if ((b->x->mark[element] & b->bit) == 0) {
        b->x->mark[element] |= b->bit;
        if (element != b->gateway) {
            b->x->stack[b->count++] = element;
        }
    }
}

static void
reach_links(struct back *b, const struct bpmn_element *target, uint32_t element)
{
    const struct bpmn_run *beside = &b->m->scope[target->scope].elements;

    for (uint32_t k = beside->first; k < beside->first + beside->count; k++) {
        const struct bpmn_element *n = &b->m->element[k];
        if (n->kind == BPMN_THROW && n->events.count > 0 && b->m->event[n->events.first].trigger == BPMN_LINK &&
            b->m->event[n->events.first].target == element) {
            reach(b, k);
        }
    }
}

static void
go_back(struct back *b)
{
    while (b->count > 0) {
        uint32_t element = b->x->stack[--b->count];
        const struct bpmn_element *n = &b->m->element[element];
        for (uint32_t k = 0; k < n->in.count; k++) {
            reach(b, b->m->flow[b->m->in[n->in.first + k]].from);
        }
        if (n->kind == BPMN_BOUNDARY) {
            reach(b, n->attached);
        } else if (n->kind == BPMN_CATCH && n->in.count == 0) {
            reach_links(b, n, element);
        }
    }
}

/* From where the join's flows that have a token, and those that have none, can be come to without passing it. */
static void
mark_ways(struct stepping *s, uint32_t scope, uint32_t gateway)
{
    const struct bpmn *m = model_in(s, scope);
    const struct bpmn_element *n = &m->element[gateway];
    const struct bpmn_run *beside = &m->scope[n->scope].elements;

    for (uint32_t k = beside->first; k < beside->first + beside->count; k++) {
        s->x->mark[k] = 0;
    }
    for (uint32_t k = 0; k < n->in.count; k++) {
        uint32_t flow = m->in[n->in.first + k];
        struct back b = {s->x, m, gateway, waiting_on(s, scope, gateway, flow) != BPMN_NONE ? TO_FILLED : TO_EMPTY, 0};
        reach(&b, m->flow[flow].from);
        go_back(&b);
    }
}

static bool
is_complete(struct stepping *s, uint32_t scope, uint32_t gateway)
{
    if (!engine_room_for_marks(s, model_in(s, scope))) {
        return false;
    }
    mark_ways(s, scope, gateway);
    for (uint32_t at = s->x->tokens[scope].first; at != BPMN_NONE; at = s->x->beside[at].after) {
        const struct token *t = token_at(s, at);
        if (!t->listens && t->host == 0 && t->element != gateway && s->x->mark[t->element] == TO_EMPTY) {
            return false;
        }
    }
    return true;
}

static void
join_some(struct stepping *s, uint32_t scope, uint32_t gateway)
{
    const struct bpmn *m = model_in(s, scope);
    const struct bpmn_element *n = &m->element[gateway];
    uint32_t first = BPMN_NONE;

    for (uint32_t k = 0; k < n->in.count; k++) {
        uint32_t token = waiting_on(s, scope, gateway, m->in[n->in.first + k]);
        if (token == BPMN_NONE) {
            continue;
        }
        if (first == BPMN_NONE) {
            first = token;
            token_at(s, token)->kind = TOKEN_MOVING;
            engine_token_changed(s, token);
        } else {
            engine_token_gone(s, token);
        }
    }
    pass(s, first);
}

/* One scope, one join: what it sets free moves first. */
void
engine_look_at_joins(struct stepping *s)
{
    uint32_t scope = s->x->touched.row[--s->x->touched.count];

    s->x->is_touched[scope] = false;
    if (scope_is_gone(s, scope)) {
        return;
    }
    const struct bpmn *m = model_in(s, scope);
    uint32_t before = BPMN_NONE;
    for (uint32_t at = s->x->tokens[scope].first; at != BPMN_NONE && s->rc == RC_OK; at = s->x->beside[at].after) {
        uint32_t element = token_at(s, at)->element;
        if (token_at(s, at)->kind == TOKEN_JOIN && m->element[element].kind == BPMN_INCLUSIVE && element != before) {
            before = element;
            if (is_complete(s, scope, element) && s->rc == RC_OK) {
                join_some(s, scope, element);
                engine_touch(s, scope);
                return;
            }
        }
    }
}
