/*
 * Joins that would wait for ever: a case that went through a split of two before a third way was drawn never has a token on the third.
 *
 * In each scope of the case it is asked which flows into a parallel join have a token, or can still get one from where the tokens stand.  Some but not
 * all: it starves.  One that starves in the source too is not the plan's fault.
 */
#include <string.h>

#include "process/migration_int.h"

struct seen {
    const struct bpmn *m;
    uint8_t *mark;   /* by elements: a token is there or can come there */
    uint8_t *filled; /* by flows: a token waits at the join behind it */
    uint32_t *stack;
    uint32_t count;
};

static void
reach(struct seen *v, uint32_t element)
{
    if (v->mark[element] == 0) {
        v->mark[element] = 1;
        v->stack[v->count++] = element;
    }
}

static void
reach_all(struct seen *v)
{
    while (v->count > 0) {
        const struct bpmn_element *n = &v->m->element[v->stack[--v->count]];
        for (uint32_t k = 0; k < n->out.count; k++) {
            reach(v, v->m->flow[v->m->out[n->out.first + k]].to);
        }
        for (uint32_t k = 0; k < n->boundaries.count; k++) {
            reach(v, v->m->boundary[n->boundaries.first + k]);
        }
        if (n->kind == BPMN_THROW && n->events.count > 0 && v->m->event[n->events.first].trigger == BPMN_LINK) {
            reach(v, v->m->event[n->events.first].target);
        }
    }
}

static bool
starves(const struct seen *v, uint32_t join)
{
    const struct bpmn_run in = v->m->element[join].in;
    uint32_t some = 0;

    for (uint32_t k = 0; k < in.count; k++) {
        uint32_t flow = v->m->in[in.first + k];
        some += v->filled[flow] != 0 || v->mark[v->m->flow[flow].from] != 0;
    }
    return some > 0 && some < in.count;
}

static void
look(struct migrating *g, struct seen *v, uint32_t scope, bool is_new)
{
    memset(v->mark, 0, v->m->elements);
    memset(v->filled, 0, v->m->flows);
    for (uint32_t at = g->s.x->tokens[scope].first; at != BPMN_NONE; at = g->s.x->beside[at].after) {
        const struct token *t = token_at(&g->s, at);
        uint32_t element = is_new ? g->token[at].element : t->element, flow = is_new ? g->token[at].flow : t->flow;
        if (t->listens) {
            continue;
        }
        reach(v, element);
        if (t->kind == TOKEN_JOIN && flow != BPMN_NONE) {
            v->filled[flow] = 1;
        }
    }
    reach_all(v);
}

static bool
is_join(const struct bpmn *m, uint32_t element)
{
    return element != BPMN_NONE && m->element[element].kind == BPMN_PARALLEL && m->element[element].in.count > 1;
}

static void
fit_scope(struct migrating *g, struct seen *was, struct seen *is, uint32_t scope)
{
    const struct bpmn_run run = is->m->scope[g->scope[scope].place].elements;
    bool has_looked = false;

    for (uint32_t k = run.first; k < run.first + run.count; k++) {
        uint32_t before = g->m->origin[k];
        if (!is_join(is->m, k)) {
            continue;
        }
        if (!has_looked) {
            look(g, was, scope, false);
            look(g, is, scope, true);
            has_looked = true;
        }
        if (starves(is, k) && !(is_join(was->m, before) && starves(was, before))) {
            migration_refuse(g, MIGRATION_STARVES, BPMN_NONE, scope, before, k);
        }
    }
}

static bool
make_room(struct migrating *g, struct seen *v, const struct bpmn *m)
{
    struct arena *a = g->s.i->arena;

    *v = (struct seen){.m = m};
    v->mark = arena_alloc(a, (size_t)m->elements + 1, sizeof(*v->mark));
    v->filled = arena_alloc(a, (size_t)m->flows + 1, sizeof(*v->filled));
    v->stack = arena_alloc(a, (size_t)m->elements + 1, sizeof(*v->stack));
    return (v->mark != NULL && v->filled != NULL && v->stack != NULL) || engine_full(&g->s);
}

void
migration_fit_joins(struct migrating *g)
{
    struct seen was, is;

    if (!make_room(g, &was, g->m->from) || !make_room(g, &is, g->m->to)) {
        return;
    }
    for (uint32_t n = 0; n < g->s.i->scopes; n++) {
        enum scope_kind kind = scope_at(&g->s, n)->kind;
        if (g->scope[n].is_of && !scope_at(&g->s, n)->ended && kind != SCOPE_MULTI && kind != SCOPE_INSTANCE) {
            fit_scope(g, &was, &is, n);
        }
    }
}
