/* Joins: a parallel one has a token on each flow, an inclusive one all that can still come (BPMN 2.0.2, tables 13.1 and 13.3). */
#include "process/engine_int.h"

#include <string.h>

enum { TO_EMPTY = 1, TO_FILLED = 2 };

static void
pass(struct stepping *s, uint32_t token)
{
    engine_say(s, MOVE_ENTERED, token, STR(""));
    engine_leave(s, token);
}

/* --- lines ------------------------------------------------------------------------------------------ */

/* Where the line of that flow stands, or where there is room for it. */
static struct line *
find_line(const struct lines *l, uint32_t scope, uint32_t flow)
{
    uint64_t hash = ((uint64_t)scope << 32 | flow) * UINT64_C(0x9e3779b97f4a7c15);
    size_t k = (size_t)(hash >> 32) & (l->room - 1);

    while (l->line[k].flow != BPMN_NONE && (l->line[k].flow != flow || l->line[k].scope != scope)) {
        k = (k + 1) & (l->room - 1);
    }
    return &l->line[k];
}

static bool
more_lines(struct stepping *s)
{
    struct lines *l = &s->x->lines, before = *l;

    l->room = before.room > 0 ? before.room * 2 : 16;
    l->line = arena_alloc(s->i->arena, l->room, sizeof(*l->line));
    if (l->line == NULL) {
        *l = before;
        return engine_full(s);
    }
    for (size_t k = 0; k < l->room; k++) {
        l->line[k].flow = BPMN_NONE;
    }
    for (size_t k = 0; k < before.room; k++) {
        const struct line *line = &before.line[k];
        if (line->flow != BPMN_NONE) {
            *find_line(l, line->scope, line->flow) = *line;
        }
    }
    return true;
}

static bool
put_in_line(struct stepping *s, uint32_t token)
{
    struct lines *l = &s->x->lines;
    uint32_t scope = s->x->in[token], flow = token_at(s, token)->flow;

    if (flow == BPMN_NONE) { /* put there by a person: nobody looks for it */
        return true;
    }
    if ((l->used + 1) * 2 > l->room && !more_lines(s)) {
        return false;
    }
    struct line *line = find_line(l, scope, flow);
    l->used += line->flow == BPMN_NONE;
    line->scope = scope;
    line->flow = flow;
    if (!rows_push(s, &line->heap, token)) {
        return false;
    }
    uint32_t *row = line->heap.row;
    for (size_t k = line->heap.count - 1; k > 0 && row[(k - 1) / 2] > row[k]; k = (k - 1) / 2) {
        uint32_t up = row[(k - 1) / 2];
        row[(k - 1) / 2] = row[k];
        row[k] = up;
    }
    return true;
}

static void
take_first(struct rows *heap)
{
    uint32_t *row = heap->row, last = row[--heap->count];
    size_t k = 0, down;

    while ((down = 2 * k + 1) < heap->count) {
        down += down + 1 < heap->count && row[down + 1] < row[down];
        if (row[down] >= last) {
            break;
        }
        row[k] = row[down];
        k = down;
    }
    row[k] = last;
}

/* All that wait already.  Most steps come to no join, so this is done when one is asked. */
static bool
make_lines(struct stepping *s)
{
    struct lines *l = &s->x->lines;

    for (size_t k = 0; k < l->room; k++) { /* the arrays stay with their places */
        l->line[k].flow = BPMN_NONE;
        l->line[k].heap.count = 0;
    }
    l->used = 0;
    l->is_made = true;
    for (uint32_t n = 0; n < s->i->tokens; n++) {
        if (!token_is_gone(s, n) && token_at(s, n)->kind == TOKEN_JOIN && !put_in_line(s, n)) {
            return false;
        }
    }
    return l->room > 0 || more_lines(s);
}

bool
engine_stand_in_line(struct stepping *s, uint32_t token)
{
    return !s->x->lines.is_made || put_in_line(s, token);
}

/* The oldest that waits there on that flow; those that are gone since are dropped. */
static uint32_t
waiting_on(struct stepping *s, uint32_t scope, uint32_t flow)
{
    if (s->rc != RC_OK || (!s->x->lines.is_made && !make_lines(s))) {
        return BPMN_NONE;
    }
    struct rows *heap = &find_line(&s->x->lines, scope, flow)->heap;
    while (heap->count > 0) {
        const struct token *t = token_at(s, heap->row[0]);
        if (!row_is_gone(t->change) && t->kind == TOKEN_JOIN && t->flow == flow) {
            return heap->row[0];
        }
        take_first(heap);
    }
    return BPMN_NONE;
}

/* --- parallel ------------------------------------------------------------------------------------- */

static void
join_all(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_element *n = element_of(s, token);
    uint32_t scope = s->x->in[token];

    s->x->firing.count = 0;
    for (uint32_t k = 0; k < n->in.count; k++) {
        uint32_t flow = m->in[n->in.first + k];
        uint32_t other = flow == token_at(s, token)->flow ? token : waiting_on(s, scope, flow);
        if (s->rc != RC_OK) {
            return;
        }
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
        s->x->standing = arena_alloc(s->i->arena, m->elements, sizeof(*s->x->standing));
        s->x->marks = m->elements;
        s->x->counted = BPMN_NONE;
        return (s->x->mark != NULL && s->x->stack != NULL && s->x->standing != NULL) || engine_full(s);
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
        struct back b = {s->x, m, gateway, waiting_on(s, scope, flow) != BPMN_NONE ? TO_FILLED : TO_EMPTY, 0};
        reach(&b, m->flow[flow].from);
        go_back(&b);
    }
}

/* Each token of the scope once; from then on changes are counted where they are made. */
static void
count_all(struct stepping *s, uint32_t scope)
{
    if (s->x->counted == scope) {
        return;
    }
    memset(s->x->standing, 0, s->x->marks * sizeof(*s->x->standing));
    s->x->counted = scope;
    for (uint32_t at = s->x->tokens[scope].first; at != BPMN_NONE; at = s->x->beside[at].after) {
        s->x->standing[token_at(s, at)->element] += engine_stands(s, at);
    }
}

static bool
is_complete(struct stepping *s, uint32_t scope, uint32_t gateway)
{
    const struct bpmn *m = model_in(s, scope);
    const struct bpmn_run *beside = &m->scope[m->element[gateway].scope].elements;

    mark_ways(s, scope, gateway);
    if (s->rc != RC_OK) {
        return false;
    }
    count_all(s, scope);
    for (uint32_t k = beside->first; k < beside->first + beside->count; k++) {
        if (k != gateway && s->x->mark[k] == TO_EMPTY && s->x->standing[k] > 0) {
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
        uint32_t token = waiting_on(s, scope, m->in[n->in.first + k]);
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

/* Into s->x->firing: of each inclusive join at which somebody waits in that scope the oldest token. */
static bool
find_waiting(struct stepping *s, uint32_t scope)
{
    const struct bpmn *m = model_in(s, scope);
    const struct bpmn_run *inside = &m->scope[scope_at(s, scope)->place].elements;

    s->x->firing.count = 0;
    for (uint32_t k = inside->first; k < inside->first + inside->count; k++) {
        const struct bpmn_element *n = &m->element[k];
        uint32_t oldest = BPMN_NONE;
        for (uint32_t f = 0; n->kind == BPMN_INCLUSIVE && n->in.count > 1 && f < n->in.count; f++) {
            uint32_t token = waiting_on(s, scope, m->in[n->in.first + f]);
            oldest = token < oldest ? token : oldest;
        }
        if (s->rc != RC_OK || (oldest != BPMN_NONE && !rows_push(s, &s->x->firing, oldest))) {
            return false;
        }
    }
    return true;
}

/* One scope, one join: what it sets free moves first.  Whoever has waited longest is looked at first. */
void
engine_look_at_joins(struct stepping *s)
{
    uint32_t scope = s->x->touched.row[--s->x->touched.count];
    struct rows *waiting = &s->x->firing;

    s->x->is_touched[scope] = false;
    if (scope_is_gone(s, scope) || !runs_elements(scope_at(s, scope)->kind) || !find_waiting(s, scope) || waiting->count == 0 ||
        !engine_room_for_marks(s, model_in(s, scope))) {
        return;
    }
    rows_sort(waiting);
    for (size_t k = 0; k < waiting->count && s->rc == RC_OK; k++) {
        uint32_t gateway = token_at(s, waiting->row[k])->element;
        if (is_complete(s, scope, gateway) && s->rc == RC_OK) {
            join_some(s, scope, gateway);
            engine_touch(s, scope);
            return;
        }
    }
}
