/*
 * Who leads where in a drawing, and the order in which a person would tell it.
 */
#include "process/bpmn_drawing_int.h"

#include <string.h>

static uint32_t *
column(const struct drawing *d, struct arena *a)
{
    uint32_t *list = arena_alloc(a, d->count + 1, sizeof(*list));

    for (uint32_t i = 0; list != NULL && i < d->count; i++) {
        list[i] = DRAWN_NONE;
    }
    return list;
}

/* Flows in the order written: they are taken from behind and put in front. */
enum rc
drawing_ways(const struct drawing *d, struct drawn_ways *out, struct err *err)
{
    struct arena *a = d->arena;
    uint32_t *from = column(d, a), *to = column(d, a), *attached = column(d, a), *first = column(d, a), *next = column(d, a);

    if (from == NULL || to == NULL || attached == NULL || first == NULL || next == NULL) {
        return err_set(err, RC_LIMIT, "no room for the ways of a drawing");
    }
    for (uint32_t i = d->count; i > 0; i--) {
        const struct drawn *e = &d->item[i - 1];
        uint32_t source = DRAWN_NONE;
        if (drawn_is_flow(e)) {
            source = from[i - 1] = drawing_find(d, xml_attribute(e->xml, "sourceRef"));
            to[i - 1] = drawing_find(d, xml_attribute(e->xml, "targetRef"));
            source = to[i - 1] == DRAWN_NONE ? DRAWN_NONE : source;
        } else if (drawn_is(e, "boundaryEvent")) {
            source = attached[i - 1] = drawing_find(d, drawing_local(xml_attribute(e->xml, "attachedToRef")));
        }
        if (source != DRAWN_NONE) {
            next[i - 1] = first[source];
            first[source] = i - 1;
        }
    }
    *out = (struct drawn_ways){from, to, attached, first, next};
    return RC_OK;
}

/* --- the order ------------------------------------------------------------------------------------------ */

enum { UNSEEN, OPEN, DONE, WALK_ARENA = 8 << 20 };
struct walk {
    const struct drawing *d;
    const struct drawn_ways *w;
    uint32_t scope;
    char *state, *goes_back; /* goes_back: of flows, found by the first of two walks */
    bool is_second;
    uint32_t *stack, *at; /* at: the flow that is looked at next */
    uint32_t *order;      /* filled from behind */
    size_t left;
};

static bool
is_here(const struct walk *k, uint32_t i)
{
    return k->d->item[i].parent == k->scope && drawn_is_step(&k->d->item[i]);
}

/* Depth first; who is finished last comes first. */
static void
walk_from(struct walk *k, uint32_t start)
{
    size_t depth = 0;

    if (k->state[start] != UNSEEN) {
        return;
    }
    k->stack[depth] = start;
    k->at[depth] = k->w->first[start];
    k->state[start] = OPEN;
    for (;;) {
        uint32_t flow = k->at[depth];
        if (flow == DRAWN_NONE) {
            k->state[k->stack[depth]] = DONE;
            k->order[--k->left] = k->stack[depth];
            if (depth == 0) {
                return;
            }
            depth--;
            continue;
        }
        k->at[depth] = k->w->next[flow];
        uint32_t goal = drawn_goal(k->w, flow);
        if (k->is_second && k->goes_back[flow] != 0) {
            continue;
        }
        if (is_here(k, goal) && k->state[goal] == OPEN) {
            k->goes_back[flow] = 1;
        }
        if (is_here(k, goal) && k->state[goal] == UNSEEN) {
            depth++;
            k->stack[depth] = goal;
            k->at[depth] = k->w->first[goal];
            k->state[goal] = OPEN;
        }
    }
}

/* The flows of one step in turned order, so that the first way is finished last and told first. */
static void
turn_flows(uint32_t *first, uint32_t *next, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t turned = DRAWN_NONE;
        for (uint32_t f = first[i], after; f != DRAWN_NONE; f = after) {
            after = next[f];
            next[f] = turned;
            turned = f;
        }
        first[i] = turned;
    }
}

/* What nothing leads to first; then what only loops lead to. */
static void
walk_all(struct walk *k, const char *has_way, bool from_behind)
{
    for (int round = 0; round < 2; round++) {
        for (uint32_t n = 0; n < k->d->count; n++) {
            uint32_t i = from_behind && round == 0 ? k->d->count - 1 - n : n;
            if (is_here(k, i) && (round == 1 || has_way[i] == 0)) {
                walk_from(k, i);
            }
        }
    }
}

/* The first walk, as written, finds the flows that go back; the second, without those, the order.  On memory of its own: there is one for each scope. */
static enum rc
order_in(const struct drawing *d, const struct drawn_ways *w, uint32_t scope, struct arena *a, struct walk *out, struct err *err)
{
    struct drawn_ways ways = *w;
    uint32_t *first = column(d, a), *next = column(d, a);
    char *has_way = arena_alloc(a, d->count + 1, 1);
    struct walk k = {.d = d, .w = &ways, .scope = scope, .state = arena_alloc(a, d->count + 1, 1), .stack = column(d, a), .at = column(d, a),
                     .goes_back = arena_alloc(a, d->count + 1, 1), .order = column(d, a), .left = d->count};

    if (first == NULL || next == NULL || k.order == NULL || has_way == NULL || k.state == NULL || k.stack == NULL || k.at == NULL ||
        k.goes_back == NULL) {
        return err_set(err, RC_LIMIT, "no room for the order of a drawing");
    }
    for (uint32_t i = 0; i < d->count; i++) {
        first[i] = w->first[i];
        next[i] = w->next[i];
        if (w->to[i] != DRAWN_NONE) {
            has_way[w->to[i]] = 1;
        }
        if (w->attached[i] != DRAWN_NONE) {
            has_way[i] = 1;
        }
    }
    walk_all(&k, has_way, false);
    memset(k.state, UNSEEN, d->count);
    turn_flows(first, next, d->count);
    ways.first = first;
    ways.next = next;
    k.is_second = true;
    k.left = d->count;
    walk_all(&k, has_way, true);
    *out = k;
    return RC_OK;
}

enum rc
drawing_order(const struct drawing *d, const struct drawn_ways *w, uint32_t scope, uint32_t **out, size_t *count, struct err *err)
{
    struct arena *work = arena_new(WALK_ARENA);
    struct walk k = {.left = 0};
    enum rc rc = order_in(d, w, scope, work, &k, err);
    size_t found = rc == RC_OK ? d->count - k.left : 0;
    uint32_t *list = rc == RC_OK ? arena_alloc(d->arena, found + 1, sizeof(*list)) : NULL;

    if (rc == RC_OK && list == NULL) {
        rc = err_set(err, RC_LIMIT, "no room for the order of a drawing");
    }
    for (size_t i = 0; rc == RC_OK && i < found; i++) {
        list[i] = k.order[k.left + i];
    }
    arena_free(work);
    if (rc == RC_OK) {
        *out = list;
        *count = found;
    }
    return rc;
}
