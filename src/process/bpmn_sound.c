/*
 * Whether a case could stand still: found by where tokens can be, scope by scope, not by trying.
 *
 * Which flows can have a token at the same time is the smallest relation with: what leaves a split together; and if x and y,
 * then what x brings forth and y.  A parallel join brings something forth beside y only if all that leads into it can stand
 * beside y.  The relation holds more pairs than really occur (conditions are not asked), so a join of which two flows are not in
 * it never fires.  One bit a pair: n flows cost n² / 8 bytes and about n² steps.
 */
#include <string.h>

#include "process/bpmn_read_int.h"

enum { SOUND_FLOWS_MAX = 1500 };
#define NOTHING STR(""), STR("")

struct sound {
    struct bpmn_reader *r;
    const struct bpmn *m;
    const struct bpmn_scope *scope;
    uint32_t *place;  /* of each flow among those of its scope */
    uint32_t *flow;   /* the other way round */
    uint32_t flows;
    uint8_t *seen;    /* elements that a token can come to */
    uint8_t *leaves;  /* elements from which an end can be come to */
    uint32_t *queue;  /* elements */
    uint64_t *pair;   /* a row of bits for each flow */
    size_t words;
    uint32_t *ahead;  /* pairs: x << 16 | y */
    size_t count, room;
};

/* --- what follows ---------------------------------------------------------------------------------- */

/* The i-th way on from an element: flows, a link's target, and of an activity what stands on its boundary. */
static bool
next_of(const struct sound *s, uint32_t element, uint32_t i, uint32_t *out)
{
    const struct bpmn_element *n = &s->m->element[element];

    if (i < n->out.count) {
        *out = s->m->flow[s->m->out[n->out.first + i]].to;
        return true;
    }
    i -= n->out.count;
    if (i < n->boundaries.count) {
        *out = s->m->boundary[n->boundaries.first + i];
        return true;
    }
    i -= n->boundaries.count;
    if (i < n->events.count) {
        const struct bpmn_event *e = &s->m->event[n->events.first + i];
        *out = e->trigger == BPMN_LINK && n->kind == BPMN_THROW ? e->target : element;
        return true;
    }
    return false;
}

/* Where a scope begins: at its start events, or else wherever nothing leads in. */
static bool
begins(const struct sound *s, const struct bpmn_element *n)
{
    if (n->is_compensation || n->is_event_sub) { /* begun by who throws */
        return true;
    }
    return s->scope->has_start ? n->kind == BPMN_START
                               : n->in.count == 0 && n->kind != BPMN_BOUNDARY &&
                                     !(n->kind == BPMN_CATCH && n->events.count > 0 &&
                                       s->m->event[n->events.first].trigger == BPMN_LINK);
}

static void
look_forward(struct sound *s)
{
    uint32_t count = 0, to, first = s->scope->elements.first;

    for (uint32_t i = first; i < first + s->scope->elements.count; i++) {
        if (begins(s, &s->m->element[i])) {
            s->seen[i] = 1;
            s->queue[count++] = i;
        }
    }
    while (count > 0) {
        uint32_t at = s->queue[--count];
        for (uint32_t i = 0; next_of(s, at, i, &to); i++) {
            if (!s->seen[to]) {
                s->seen[to] = 1;
                s->queue[count++] = to;
            }
        }
    }
    for (uint32_t i = first; i < first + s->scope->elements.count; i++) {
        if (!s->seen[i]) {
            bpmn_say_element(s->r, BPMN_RULE_DEAD, i, NOTHING);
        }
    }
}

static void
leave(struct sound *s, uint32_t element, uint32_t *count)
{
    if (!s->leaves[element]) {
        s->leaves[element] = 1;
        s->queue[(*count)++] = element;
    }
}

static bool
throws_to(const struct sound *s, const struct bpmn_element *n, uint32_t target)
{
    return n->kind == BPMN_THROW && n->events.count > 0 && s->m->event[n->events.first].trigger == BPMN_LINK &&
           s->m->event[n->events.first].target == target;
}

/* What leads to an element of which an end can be come to. */
static void
leave_before(struct sound *s, uint32_t element, uint32_t *count)
{
    const struct bpmn_element *n = &s->m->element[element];
    uint32_t first = s->scope->elements.first;

    for (uint32_t i = 0; i < n->in.count; i++) {
        leave(s, s->m->flow[s->m->in[n->in.first + i]].from, count);
    }
    if (n->kind == BPMN_BOUNDARY) {
        leave(s, n->attached, count);
    }
    for (uint32_t i = first; n->kind == BPMN_CATCH && n->in.count == 0 && i < first + s->scope->elements.count; i++) {
        if (throws_to(s, &s->m->element[i], element)) {
            leave(s, i, count);
        }
    }
}

static void
look_back(struct sound *s)
{
    uint32_t first = s->scope->elements.first, end = first + s->scope->elements.count, count = 0;

    for (uint32_t i = first; i < end; i++) {
        const struct bpmn_element *n = &s->m->element[i];
        bool is_link = n->kind == BPMN_THROW && n->events.count > 0 && s->m->event[n->events.first].trigger == BPMN_LINK;
        if (n->out.count == 0 && !is_link) {
            leave(s, i, &count);
        }
    }
    while (count > 0) {
        uint32_t at = s->queue[--count];
        leave_before(s, at, &count);
    }
    for (uint32_t i = first; i < end; i++) {
        if (s->seen[i] && !s->leaves[i]) {
            bpmn_say_element(s->r, BPMN_RULE_NO_WAY_OUT, i, NOTHING);
        }
    }
}

/* --- what can be at the same time ------------------------------------------------------------------- */

static bool
together(const struct sound *s, uint32_t x, uint32_t y)
{
    return (s->pair[x * s->words + y / 64] >> (y % 64) & 1) != 0;
}

static bool
put(struct sound *s, uint32_t x, uint32_t y)
{
    if (together(s, x, y)) {
        return true;
    }
    s->pair[x * s->words + y / 64] |= UINT64_C(1) << (y % 64);
    s->pair[y * s->words + x / 64] |= UINT64_C(1) << (x % 64);
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 1024 : s->room * 2;
        uint32_t *more = arena_grow(s->r->arena, s->ahead, s->room * sizeof(*more), room * sizeof(*more));
        if (more == NULL) {
            return bpmn_full(s->r);
        }
        s->ahead = more;
        s->room = room;
    }
    s->ahead[s->count++] = x << 16 | y;
    return true;
}

/* Where the flows of an element begin that a token there brings forth; those of a boundary and behind a link, too. */
struct forth {
    uint32_t element; /* whose flows */
    bool is_beside;   /* a boundary that does not interrupt: beside all others */
};
static bool
forth_of(const struct sound *s, uint32_t element, uint32_t i, struct forth *out)
{
    const struct bpmn_element *n = &s->m->element[element];

    if (i == 0) {
        bool is_link = n->kind == BPMN_THROW && n->events.count > 0 && s->m->event[n->events.first].trigger == BPMN_LINK;
        *out = (struct forth){is_link ? s->m->event[n->events.first].target : element, false};
        return true;
    }
    if (i - 1 < n->boundaries.count) {
        uint32_t b = s->m->boundary[n->boundaries.first + i - 1];
        *out = (struct forth){b, !s->m->element[b].is_interrupting};
        return true;
    }
    return false;
}

static uint32_t
place_out(const struct sound *s, uint32_t element, uint32_t i)
{
    return s->place[s->m->out[s->m->element[element].out.first + i]];
}

/* All flows of a, each beside all of b. */
static bool
put_all(struct sound *s, uint32_t a, uint32_t b)
{
    for (uint32_t i = 0; i < s->m->element[a].out.count; i++) {
        for (uint32_t j = 0; j < s->m->element[b].out.count; j++) {
            if ((a != b || i != j) && !put(s, place_out(s, a, i), place_out(s, b, j))) {
                return false;
            }
        }
    }
    return true;
}

/* What one token there makes into several. */
static bool
split(struct sound *s, uint32_t element)
{
    const struct bpmn_element *n = &s->m->element[element];
    struct forth a, b;

    if (n->kind != BPMN_EXCLUSIVE && n->kind != BPMN_EVENT_BASED && !put_all(s, element, element)) {
        return false;
    }
    for (uint32_t i = 1; forth_of(s, element, i, &a); i++) {
        for (uint32_t j = 0; j < i && forth_of(s, element, j, &b); j++) {
            if ((a.is_beside || b.is_beside) && !put_all(s, a.element, b.element)) {
                return false;
            }
        }
        for (uint32_t j = 0; a.is_beside && j < s->m->element[a.element].out.count; j++) { /* it may happen again and again */
            if (!put(s, place_out(s, a.element, j), place_out(s, a.element, j))) {
                return false;
            }
        }
    }
    return true;
}

/* A token on x goes on while one stays on y. */
static bool
move(struct sound *s, uint32_t x, uint32_t y)
{
    uint32_t element = s->m->flow[s->flow[x]].to;
    const struct bpmn_element *n = &s->m->element[element];
    struct forth f;

    for (uint32_t i = 0; n->kind == BPMN_PARALLEL && i < n->in.count; i++) {
        uint32_t other = s->place[s->m->in[n->in.first + i]];
        if (other != x && !together(s, other, y)) {
            return true;
        }
    }
    for (uint32_t i = 0; forth_of(s, element, i, &f); i++) {
        for (uint32_t j = 0; j < s->m->element[f.element].out.count; j++) {
            if (!put(s, place_out(s, f.element, j), y)) {
                return false;
            }
        }
    }
    return true;
}

/* --- what comes of it ------------------------------------------------------------------------------- */

static void
judge(struct sound *s, uint32_t element)
{
    const struct bpmn_element *n = &s->m->element[element];

    for (uint32_t i = 0; i < n->in.count; i++) {
        for (uint32_t j = i + 1; j < n->in.count; j++) {
            uint32_t a = s->m->in[n->in.first + i], b = s->m->in[n->in.first + j];
            bool both = together(s, s->place[a], s->place[b]);
            if (n->kind == BPMN_PARALLEL ? !both : both) {
                bpmn_say_element(s->r, n->kind == BPMN_PARALLEL ? BPMN_RULE_DEADLOCK : BPMN_RULE_MANY_TOKENS, element, s->m->flow[a].id,
                                 s->m->flow[b].id);
                return;
            }
        }
    }
}

/* Several starts are several ways to begin; without any, all that nothing leads into begins at once. */
static bool
begin_pairs(struct sound *s)
{
    uint32_t first = s->scope->elements.first, end = first + s->scope->elements.count;

    for (uint32_t i = first; i < end; i++) {
        for (uint32_t j = first; !s->scope->has_start && begins(s, &s->m->element[i]) && j < i; j++) {
            if (begins(s, &s->m->element[j]) && !put_all(s, i, j)) {
                return false;
            }
        }
        if (!split(s, i)) {
            return false;
        }
    }
    return true;
}

static bool
look_together(struct sound *s)
{
    uint32_t first = s->scope->elements.first, end = first + s->scope->elements.count;

    s->words = (s->flows + 63) / 64;
    s->pair = bpmn_room(s->r, s->flows * s->words, sizeof(*s->pair));
    s->count = 0;
    if (s->pair == NULL || !begin_pairs(s)) {
        return false;
    }
    while (s->count > 0) {
        uint32_t both = s->ahead[--s->count], x = both >> 16, y = both & 0xffff;
        if (!move(s, x, y) || !move(s, y, x)) {
            return false;
        }
    }
    for (uint32_t i = first; i < end; i++) {
        const struct bpmn_element *n = &s->m->element[i];
        if (n->kind != BPMN_INCLUSIVE && n->kind != BPMN_END && n->in.count > 1 && s->seen[i] && n->starts_with == 1) {
            judge(s, i);
        }
    }
    return true;
}

static bool
look_at_scope(struct sound *s, uint32_t scope)
{
    s->scope = &s->m->scope[scope];
    s->flows = 0;
    for (uint32_t i = s->scope->elements.first; i < s->scope->elements.first + s->scope->elements.count; i++) {
        const struct bpmn_element *n = &s->m->element[i];
        for (uint32_t j = 0; j < n->out.count; j++) {
            uint32_t flow = s->m->out[n->out.first + j];
            s->place[flow] = s->flows;
            s->flow[s->flows++] = flow;
        }
    }
    look_forward(s);
    look_back(s);
    if (s->flows > SOUND_FLOWS_MAX) {
        bpmn_say(s->r, BPMN_RULE_TOO_LARGE, bpmn_xml_at(&s->r->scope_xml, scope), NOTHING);
        return true;
    }
    return look_together(s);
}

bool
bpmn_check_soundness(struct bpmn_reader *r)
{
    struct sound s = {.r = r, .m = &r->made};

    s.place = bpmn_room(r, s.m->flows, sizeof(*s.place));
    s.flow = bpmn_room(r, s.m->flows, sizeof(*s.flow));
    s.seen = bpmn_room(r, s.m->elements, 1);
    s.leaves = bpmn_room(r, s.m->elements, 1);
    s.queue = bpmn_room(r, s.m->elements, sizeof(*s.queue));
    if (s.queue == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < s.m->scopes; i++) {
        if (!look_at_scope(&s, i)) {
            return false;
        }
    }
    return true;
}
