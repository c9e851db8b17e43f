/*
 * Clocks that nothing stops, and clocks that are stopped and never ran: found by what each way does to a clock, not by trying.
 *
 * For each clock and element: the set of what the clock may be when a case comes there.  RUNS counts a paused one, too.  Where ways
 * run side by side and another one is going to stop the clock, it is ELSEWHERE: that way answers for it.  Where they join, what one
 * of them did counts for all, STOPPED before RUNS before ELSEWHERE before UNTOUCHED.  Sets only grow, so it comes to an end.  What is
 * sent back (gov:return) is a way like others, followed when all the others have been.
 */
#include <string.h>

#include "process/gov_int.h"

enum { UNTOUCHED = 1, ELSEWHERE = 2, RUNS = 4, STOPPED = 8, STOPS_MAX = 64 };

struct clocks {
    struct bpmn_reader *r;
    const struct bpmn *m;
    uint32_t clock;
    uint8_t *in;    /* elements: when they are entered */
    uint8_t *flow;  /* flows: when they are taken */
    uint8_t *seen;  /* scopes: wherever a case stands in them */
    uint8_t *exit;  /* scopes: when they end */
    uint8_t *onward; /* elements: as in, before anything is sent back */
    bool goes_back;
    uint64_t *stop; /* elements: which of the first elements that stop the clock can be come to from there, one bit each */
    uint32_t *queue, first, count;
    uint8_t *is_queued;
    /* edges, the wrong way round */
    uint32_t edges, *edge, *edge_first, *fill;
};

/* --- sets --------------------------------------------------------------------------------------------- */

static uint8_t
larger(uint8_t a, uint8_t b)
{
    uint8_t out = 0;

    for (unsigned x = UNTOUCHED; x <= STOPPED; x *= 2) {
        for (unsigned y = UNTOUCHED; y <= STOPPED; y *= 2) {
            out = (uint8_t)(out | ((a & x) != 0 && (b & y) != 0 ? (x > y ? x : y) : 0));
        }
    }
    return out;
}

static uint8_t
elsewhere(uint8_t set)
{
    return (set & RUNS) != 0 ? (uint8_t)((set & ~RUNS) | ELSEWHERE) : set;
}

/* What the element does to the clock then.  says: tells of what it does to a clock that never runs. */
static uint8_t
act(const struct clocks *c, uint32_t element, enum gov_at at, uint8_t set, bool says)
{
    const struct gov_element *g = gov_element(c->m, element);

    for (size_t i = 0; i < g->ons && set != 0; i++) {
        const struct gov_on *on = &g->on[i];
        if (on->clock != c->clock || on->at != at) {
            continue;
        }
        if (says && on->what != GOV_START && (set & (RUNS | ELSEWHERE)) == 0) {
            bpmn_say_element(c->r, BPMN_RULE_CLOCK_NEVER_RUNS, element, gov_clock(c->m, c->clock)->id, STR(""));
        }
        if (on->what == GOV_START || on->what == GOV_STOP) {
            set = on->what == GOV_START ? RUNS : STOPPED;
        }
    }
    return set;
}

/* While the element waits a supplement may be asked, or not. */
static uint8_t
entered(const struct clocks *c, uint32_t element, bool says)
{
    uint8_t set = act(c, element, GOV_ENTER, c->in[element], says);

    return (uint8_t)(set | act(c, element, GOV_SUPPLY, act(c, element, GOV_SUPPLEMENT, set, says), says));
}

/* --- growing ------------------------------------------------------------------------------------------- */

static void
look_again(struct clocks *c, uint32_t element)
{
    if (!c->is_queued[element]) {
        c->is_queued[element] = 1;
        c->queue[(c->first + c->count++) % c->m->elements] = element;
    }
}

static void
enter(struct clocks *c, uint32_t element, uint8_t set)
{
    if ((c->in[element] | set) != c->in[element]) {
        c->in[element] = (uint8_t)(c->in[element] | set);
        look_again(c, element);
    }
}

static bool
joins(const struct bpmn_element *n)
{
    return n->in.count > 1 && (n->kind == BPMN_PARALLEL || n->kind == BPMN_INCLUSIVE || n->starts_with > 1);
}

static void
take(struct clocks *c, uint32_t flow, uint8_t set)
{
    const struct bpmn_element *to = &c->m->element[c->m->flow[flow].to];
    bool may_lack = to->kind == BPMN_INCLUSIVE; /* a way that was not chosen */
    uint8_t joined = UNTOUCHED;

    if (set == 0) {
        return;
    }
    c->flow[flow] = (uint8_t)(c->flow[flow] | set);
    if (!joins(to)) {
        enter(c, c->m->flow[flow].to, set);
        return;
    }
    for (uint32_t i = 0; i < to->in.count; i++) {
        uint8_t one = c->flow[c->m->in[to->in.first + i]];
        uint8_t both = larger(joined, one);
        joined = may_lack ? (uint8_t)(both | joined) : both;
    }
    enter(c, c->m->flow[flow].to, joined);
}

/* Ways that are taken together, whatever the case. */
static bool
parts(const struct bpmn *m, const struct bpmn_element *n)
{
    bool is_choice = n->kind == BPMN_EXCLUSIVE || n->kind == BPMN_INCLUSIVE || n->kind == BPMN_EVENT_BASED;

    for (uint32_t i = 0; i < n->out.count && n->kind != BPMN_PARALLEL; i++) {
        is_choice = is_choice || m->flow[m->out[n->out.first + i]].condition != BPMN_NONE;
    }
    return n->out.count > 1 && !is_choice;
}

static void
leave(struct clocks *c, uint32_t element, uint8_t set)
{
    const struct bpmn_element *n = &c->m->element[element];

    for (uint32_t i = 0; i < n->out.count; i++) {
        uint32_t flow = c->m->out[n->out.first + i];
        uint64_t others = 0;
        for (uint32_t j = 0; j < n->out.count && parts(c->m, n); j++) {
            others |= j != i ? c->stop[c->m->flow[c->m->out[n->out.first + j]].to] : 0;
        }
        take(c, flow, (others & ~c->stop[c->m->flow[flow].to]) != 0 ? elsewhere(set) : set);
    }
}

static bool
has_trigger(const struct bpmn *m, const struct bpmn_element *n, enum bpmn_trigger trigger)
{
    return n->events.count > 0 && m->event[n->events.first].trigger == trigger;
}

/* The scope that ends where this element, the last one, is left; BPMN_NONE: only a way beside the others does. */
static uint32_t
scope_ended(const struct bpmn *m, uint32_t element)
{
    uint32_t scope = m->element[element].scope, around;

    while ((around = m->scope[scope].element) != BPMN_NONE && m->element[around].is_event_sub) {
        struct bpmn_run run = m->scope[scope].elements;
        bool interrupts = false;
        for (uint32_t i = run.first; i < run.first + run.count; i++) {
            interrupts = interrupts || (m->element[i].kind == BPMN_START && m->element[i].is_interrupting);
        }
        if (!interrupts) {
            return BPMN_NONE;
        }
        scope = m->scope[scope].parent;
    }
    return scope;
}

static void
end(struct clocks *c, uint32_t element, uint8_t set)
{
    const struct bpmn_element *n = &c->m->element[element];
    uint32_t scope = scope_ended(c->m, element);

    if (has_trigger(c->m, n, BPMN_TERMINATE)) {
        set = (set & ELSEWHERE) != 0 ? (uint8_t)(set | RUNS) : set; /* the other way does not come to it any more */
    }
    if (scope == BPMN_NONE || (n->kind == BPMN_END && has_trigger(c->m, n, BPMN_FAILURE)) ||
        (c->exit[scope] | set) == c->exit[scope]) {
        return;
    }
    c->exit[scope] = (uint8_t)(c->exit[scope] | set);
    if (c->m->scope[scope].element != BPMN_NONE) {
        look_again(c, c->m->scope[scope].element);
    }
}

/* A case may stand here: what stands on the boundary or begins beside may break in. */
static void
stand(struct clocks *c, uint32_t scope, uint8_t set)
{
    struct bpmn_run run = c->m->scope[scope].elements;

    if ((c->seen[scope] | set) == c->seen[scope]) {
        return;
    }
    c->seen[scope] = (uint8_t)(c->seen[scope] | set);
    if (c->m->scope[scope].element != BPMN_NONE) {
        look_again(c, c->m->scope[scope].element);
    }
    for (uint32_t i = run.first; i < run.first + run.count; i++) {
        if (c->m->element[i].is_event_sub) {
            look_again(c, i);
        }
    }
}

struct entering {
    struct clocks *c;
    uint8_t set;
};

static void
enter_begin(void *ctx, uint32_t element)
{
    const struct entering *e = ctx;
    bool interrupts = e->c->m->element[element].is_interrupting;

    enter(e->c, element, interrupts ? e->set : elsewhere(e->set));
}

/*
 * A task that sends its case back is cancelled, and what is around it too as far as the target; the token begins there anew.  What another
 * way was going to do is done by it still if the target lies on this one; before they parted the other way is taken down.
 */
static void
go_back(struct clocks *c, uint32_t element, uint8_t set)
{
    const struct gov_element *g = gov_element(c->m, element);

    for (size_t i = 0; i < g->returns; i++) {
        uint32_t to = g->returns_to[i], scope = c->m->element[element].scope;
        uint8_t there = set;
        if (!gov_goes_back(c->m, element, to)) {
            continue;
        }
        for (; scope != c->m->element[to].scope; scope = c->m->scope[scope].parent) {
            there = act(c, c->m->scope[scope].element, GOV_CANCEL, there, false);
        }
        if ((there & ELSEWHERE) != 0 && (c->onward[to] & ELSEWHERE) == 0) {
            there = (uint8_t)((there & ~ELSEWHERE) | RUNS | STOPPED);
        }
        enter(c, to, there);
    }
}

static void
look(struct clocks *c, uint32_t element)
{
    const struct bpmn_element *n = &c->m->element[element];
    uint8_t set = n->is_event_sub ? c->seen[n->scope] : entered(c, element, false);
    uint8_t broken = act(c, element, GOV_CANCEL, set, false), left = set;

    if (n->inside != BPMN_NONE) {
        struct entering e = {c, set};
        gov_each_begin(c->m, n->inside, enter_begin, &e);
        broken = act(c, element, GOV_CANCEL, (uint8_t)(set | c->seen[n->inside]), false);
        left = c->exit[n->inside];
    }
    stand(c, n->scope, broken);
    for (uint32_t i = 0; i < n->boundaries.count; i++) {
        uint32_t boundary = c->m->boundary[n->boundaries.first + i];
        enter(c, boundary, c->m->element[boundary].is_interrupting ? broken : elsewhere(broken));
    }
    if (n->is_event_sub) {
        return;
    }
    if (c->goes_back) {
        go_back(c, element, broken);
    }
    left = act(c, element, GOV_LEAVE, left, false);
    if (n->kind == BPMN_THROW && has_trigger(c->m, n, BPMN_LINK)) {
        enter(c, c->m->event[n->events.first].target, left);
    } else if (gov_is_last(c->m, element)) {
        end(c, element, left);
    }
    leave(c, element, left);
}

/* --- where it can still be stopped ------------------------------------------------------------------------ */

static void
count_edge(void *ctx, uint32_t to)
{
    struct clocks *c = ctx;

    c->edges++;
    c->edge_first[to + 1]++;
}

struct filling {
    struct clocks *c;
    uint32_t from;
};

static void
fill_edge(void *ctx, uint32_t to)
{
    const struct filling *f = ctx;

    f->c->edge[f->c->edge_first[to] + f->c->fill[to]++] = f->from;
}

static bool
lay_edges(struct clocks *c)
{
    c->edge_first = bpmn_room(c->r, c->m->elements + 1, sizeof(uint32_t));
    c->fill = bpmn_room(c->r, c->m->elements, sizeof(uint32_t));
    for (uint32_t i = 0; c->edge_first != NULL && i < c->m->elements; i++) {
        gov_each_way(c->m, i, count_edge, c);
    }
    c->edge = bpmn_room(c->r, c->edges, sizeof(uint32_t));
    if (c->edge_first == NULL || c->fill == NULL || c->edge == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < c->m->elements; i++) {
        c->edge_first[i + 1] += c->edge_first[i];
    }
    for (uint32_t i = 0; i < c->m->elements; i++) {
        struct filling f = {c, i};
        gov_each_way(c->m, i, fill_edge, &f);
    }
    return true;
}

static bool
stops(const struct clocks *c, uint32_t element)
{
    const struct gov_element *g = gov_element(c->m, element);

    for (size_t i = 0; i < g->ons; i++) {
        if (g->on[i].clock == c->clock && g->on[i].what == GOV_STOP) {
            return true;
        }
    }
    return false;
}

/* Those past the first sixty-three share a bit. */
static void
look_back(struct clocks *c, uint32_t element, unsigned number)
{
    uint64_t bit = UINT64_C(1) << (number < STOPS_MAX ? number : STOPS_MAX - 1);
    uint32_t count = 0;

    c->stop[element] |= bit;
    c->queue[count++] = element;
    while (count > 0) {
        uint32_t at = c->queue[--count];
        for (uint32_t i = c->edge_first[at]; i < c->edge_first[at + 1]; i++) {
            if ((c->stop[c->edge[i]] & bit) == 0) {
                c->stop[c->edge[i]] |= bit;
                c->queue[count++] = c->edge[i];
            }
        }
    }
}

/* --- the whole --------------------------------------------------------------------------------------------- */

static void
say(const struct clocks *c)
{
    uint32_t process = gov_clock(c->m, c->clock)->process;

    for (uint32_t i = 0; i < c->m->elements; i++) {
        const struct bpmn_element *n = &c->m->element[i];
        if (c->m->scope[n->scope].process != process) {
            continue;
        }
        uint8_t set = entered(c, i, true);
        (void)act(c, i, GOV_CANCEL, n->inside != BPMN_NONE ? (uint8_t)(set | c->seen[n->inside]) : set, true);
        set = act(c, i, GOV_LEAVE, n->inside != BPMN_NONE ? c->exit[n->inside] : set, true);
        uint32_t scope = gov_is_last(c->m, i) ? scope_ended(c->m, i) : BPMN_NONE;
        bool is_way_end = gov_is_last(c->m, i) && (scope == BPMN_NONE || c->m->scope[scope].element == BPMN_NONE);
        bool is_cut = has_trigger(c->m, n, BPMN_TERMINATE) && (set & ELSEWHERE) != 0;
        if (is_way_end && ((set & RUNS) != 0 || is_cut)) {
            bpmn_say_element(c->r, BPMN_RULE_CLOCK_NEVER_STOPS, i, gov_clock(c->m, c->clock)->id, STR(""));
        }
    }
}

static void
grow(struct clocks *c)
{
    while (c->count > 0) {
        uint32_t element = c->queue[c->first];
        c->first = (c->first + 1) % c->m->elements;
        c->count--;
        c->is_queued[element] = 0;
        look(c, element);
    }
}

static void
follow_clock(struct clocks *c)
{
    unsigned number = 0;

    memset(c->in, 0, c->m->elements);
    memset(c->flow, 0, c->m->flows);
    memset(c->seen, 0, c->m->scopes);
    memset(c->exit, 0, c->m->scopes);
    memset(c->stop, 0, c->m->elements * sizeof(*c->stop));
    for (uint32_t i = 0; i < c->m->elements; i++) {
        if (stops(c, i)) {
            look_back(c, i, number++);
        }
    }
    c->first = c->count = 0;
    struct entering e = {c, UNTOUCHED};
    gov_each_begin(c->m, c->m->process[gov_clock(c->m, c->clock)->process].scope, enter_begin, &e);
    grow(c);
    memcpy(c->onward, c->in, c->m->elements);
    c->goes_back = true;
    for (uint32_t i = 0; i < c->m->elements; i++) {
        if (gov_element(c->m, i)->returns > 0 && c->in[i] != 0) {
            look_again(c, i);
        }
    }
    grow(c);
    c->goes_back = false;
}

static bool
make_room(struct clocks *c)
{
    struct bpmn_reader *r = c->r;
    const struct bpmn *m = c->m;

    c->in = bpmn_room(r, m->elements, 1);
    c->flow = bpmn_room(r, m->flows, 1);
    c->seen = bpmn_room(r, m->scopes, 1);
    c->exit = bpmn_room(r, m->scopes, 1);
    c->onward = bpmn_room(r, m->elements, 1);
    c->stop = bpmn_room(r, m->elements, sizeof(*c->stop));
    c->queue = bpmn_room(r, m->elements, sizeof(*c->queue));
    c->is_queued = bpmn_room(r, m->elements, 1);
    return r->rc == RC_OK && lay_edges(c);
}

bool
gov_check_clocks(struct bpmn_reader *r)
{
    const struct bpmn *m = &r->made;
    struct clocks c = {.r = r, .m = m};

    if (gov_clocks(m) == 0) {
        return true;
    }
    if (!make_room(&c)) {
        return false;
    }
    for (c.clock = 0; c.clock < gov_clocks(m); c.clock++) {
        follow_clock(&c);
        say(&c);
    }
    return true;
}

/* ELSEWHERE it runs, too: another way stops it. */
bool *
gov_clock_runs(struct arena *a, const struct bpmn *m, uint32_t clock)
{
    struct bpmn_reader r = {.arena = a}; /* for its room alone */
    struct clocks c = {.r = &r, .m = m, .clock = clock};
    bool *runs = arena_alloc(a, (size_t)m->elements + 1, sizeof(*runs));

    if (runs == NULL || !make_room(&c)) {
        return NULL;
    }
    follow_clock(&c);
    for (uint32_t i = 0; i < m->elements; i++) {
        uint8_t set = entered(&c, i, false);
        for (uint32_t k = 0; joins(&m->element[i]) && k < m->element[i].in.count; k++) {
            set = (uint8_t)(set | c.flow[m->in[m->element[i].in.first + k]]); /* who waits there came on one way */
        }
        runs[i] = (set & (RUNS | ELSEWHERE)) != 0;
    }
    return runs;
}
