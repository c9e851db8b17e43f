/* test_oracle_step - for tests: what the oracle's states (process/test_oracle.h) may come to, and what is done to them. */
#ifndef PROCESS_TEST_ORACLE_STEP_H
#define PROCESS_TEST_ORACLE_STEP_H

#include "process/test_oracle.h"

/* --- what may happen next ----------------------------------------------------------------------------------------- */

/* Whether a way leads from an element to one of those flows into the join, not through it. */
static inline bool
oracle_reaches(const struct bpmn *m, uint32_t element, uint32_t join, const bool *flow, bool *seen)
{
    const struct bpmn_element *e = &m->element[element];

    if (seen[element] || element == join) {
        return false;
    }
    seen[element] = true;
    for (uint32_t k = 0; k < e->out.count; k++) {
        uint32_t f = m->out[e->out.first + k];
        if (m->flow[f].to == join ? flow[f] : oracle_reaches(m, m->flow[f].to, join, flow, seen)) {
            return true;
        }
    }
    for (uint32_t k = 0; k < e->boundaries.count; k++) {
        if (oracle_reaches(m, m->boundary[e->boundaries.first + k], join, flow, seen)) {
            return true;
        }
    }
    return false;
}

/* Table 13.3: nobody upstream can still come to an empty flow without being able to come to a filled one. */
static inline bool
oracle_inclusive(const struct oracle *o, int scope, uint32_t join, const bool *filled)
{
    bool empty[256] = {false};

    CHECK(o->m->flows <= 256 && o->m->elements <= 256);
    for (uint32_t f = 0; f < o->m->flows; f++) {
        empty[f] = o->m->flow[f].to == join && !filled[f];
    }
    for (int t = 0; t < ORACLE_TOKENS; t++) {
        const struct oracle_token *other = &o->token[t];
        bool seen[256] = {false}, seen_too[256] = {false};
        if (other->stand == STAND_NONE || other->scope != scope || other->element == join) {
            continue;
        }
        if (oracle_reaches(o->m, other->element, join, empty, seen) && !oracle_reaches(o->m, other->element, join, filled, seen_too)) {
            return false;
        }
    }
    return true;
}

/* The join of a token that stands there may go on: then one token of each filled flow is taken. */
static inline bool
oracle_join(struct oracle *o, int token)
{
    uint32_t join = o->token[token].element;
    int scope = o->token[token].scope;
    const struct bpmn_element *e = &o->m->element[join];
    bool filled[256] = {false};
    uint32_t n = 0;

    for (int t = 0; t < ORACLE_TOKENS; t++) {
        const struct oracle_token *other = &o->token[t];
        if (other->stand == STAND_NONE || other->scope != scope || other->element != join) {
            continue;
        }
        if (other->stand == STAND_MOVING) {
            return false; /* it is just coming */
        }
        n += !filled[other->flow];
        filled[other->flow] = true;
    }
    if (e->kind == BPMN_PARALLEL ? n < e->in.count : !oracle_inclusive(o, scope, join, filled)) {
        return false;
    }
    for (int t = 0; t < ORACLE_TOKENS; t++) {
        struct oracle_token *other = &o->token[t];
        if (other->stand == STAND_JOIN && other->scope == scope && other->element == join && filled[other->flow]) {
            filled[other->flow] = false;
            other->stand = STAND_NONE;
        }
    }
    CHECK(oracle_out(o, scope, join, e->kind == BPMN_INCLUSIVE, false) || o->is_too_large);
    return true;
}

static inline bool
oracle_is_empty(const struct oracle *o, int scope)
{
    for (int t = 0; t < ORACLE_TOKENS; t++) {
        if (o->token[t].stand != STAND_NONE && o->token[t].scope == scope) {
            return false;
        }
    }
    for (int c = 1; c < ORACLE_SCOPES; c++) {
        if (o->scope[c].is_there && o->scope[c].parent == scope) {
            return false;
        }
    }
    return true;
}

/* The which-th thing that may happen next; false: not this one. */
static inline bool
oracle_happen(struct oracle *o, int which)
{
    if (o->over != ORACLE_RUNS) {
        return false;
    }
    if (which < ORACLE_TOKENS) {
        struct oracle_token *t = &o->token[which];
        if (t->stand == STAND_MOVING) {
            oracle_enter(o, which);
            return true;
        }
        return t->stand == STAND_JOIN && oracle_join(o, which);
    }
    int scope = which - ORACLE_TOKENS;
    struct oracle_scope *s = &o->scope[scope];
    if (!s->is_there || s->kind == ORACLE_MULTI || s->kind == ORACLE_INSTANCE || !oracle_is_empty(o, scope)) {
        return false;
    }
    if (s->kind == ORACLE_PROCESS) {
        o->over = ORACLE_ENDED;
        return true;
    }
    s->is_there = false;
    if (s->kind == ORACLE_SUB || s->kind == ORACLE_CALL) {
        oracle_leave(o, s->host);
    }
    return true;
}

/* What is marked happens: a task is completed, an event comes. */
static inline void
oracle_fire(struct oracle *o, const struct oracle_mark *mark)
{
    if (mark->scope >= 0) {
        oracle_begin_event(o, mark->scope, mark->at);
        return;
    }
    struct oracle_token *t = &o->token[mark->token];
    if (mark->at == BPMN_NONE) {
        oracle_leave(o, mark->token);
        return;
    }
    const struct bpmn_element *at = &o->m->element[mark->at];
    int scope = t->scope;
    if (t->stand == STAND_EVENTS || at->is_interrupting) {
        oracle_drop(o, mark->token);
    } else if (o->m->event[at->events.first].trigger == BPMN_TIMER) {
        const struct bpmn_element *e = &o->m->element[t->element];
        for (uint32_t k = 0; k < e->boundaries.count; k++) {
            t->used |= o->m->boundary[e->boundaries.first + k] == mark->at ? 1u << k : 0;
        }
    }
    oracle_leave(o, oracle_put(o, scope, mark->at, BPMN_NONE));
}

/* Whether somebody has yet to hear a signal. */
static inline bool
oracle_is_hit(const struct oracle *o)
{
    bool is_hit = false;

    for (int t = 0; t < ORACLE_TOKENS; t++) {
        is_hit = is_hit || (o->token[t].stand != STAND_NONE && o->token[t].hit != 0);
    }
    for (int s = 0; s < ORACLE_SCOPES; s++) {
        is_hit = is_hit || (o->scope[s].is_there && o->scope[s].hit != 0);
    }
    return is_hit;
}

/* The one at that place hears it; false: there is none. */
static inline bool
oracle_hear(struct oracle *o, int which, int listener)
{
    bool is_token = which < ORACLE_TOKENS;
    int scope = which - ORACLE_TOKENS;
    bool is_there = is_token ? o->token[which].stand != STAND_NONE : o->scope[scope].is_there;
    uint32_t *hit = is_token ? &o->token[which].hit : &o->scope[scope].hit, bit = listener == ORACLE_LISTENERS ? ORACLE_ITSELF : 1u << listener;
    uint32_t at[ORACLE_LISTENERS];

    if (!is_there || (*hit & bit) == 0) {
        return false;
    }
    *hit &= ~bit;
    size_t n = is_token ? oracle_listeners(o, &o->token[which], at) : oracle_starts(o, scope, at);
    if (bit == ORACLE_ITSELF || (size_t)listener < n) { /* else it was taken down meanwhile */
        oracle_fire(o, &(struct oracle_mark){is_token ? which : -1, is_token ? -1 : scope, bit == ORACLE_ITSELF ? BPMN_NONE : at[listener]});
    }
    return true;
}

struct oracle_set {
    struct arena *arena;
    size_t count, seen, settled;
    struct oracle *state;  /* ORACLE_STATES of them */
    const char **text;
    uint32_t *calm;        /* those in which nothing moves */
};

static inline bool
oracle_add(struct oracle_set *set, const struct oracle *o)
{
    const char *text;

    if (o->is_too_large) {
        return false;
    }
    text = oracle_state_text(o, set->arena, &oracle_no_mark);
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->text[i], text) == 0) {
            return true;
        }
    }
    if (set->count == ORACLE_STATES) {
        return false;
    }
    set->text[set->count] = text;
    set->state[set->count++] = *o;
    return true;
}

/* All states that from may come to.  False: too many to be looked at. */
static inline bool
oracle_settle(struct oracle_set *set, const struct oracle *from)
{
    set->count = set->settled = 0;
    if (!oracle_add(set, from)) {
        return false;
    }
    for (size_t i = 0; i < set->count; i++) {
        bool is_calm = true, is_hit = oracle_is_hit(&set->state[i]);
        for (int which = 0; which < (ORACLE_TOKENS + ORACLE_SCOPES) * (is_hit ? ORACLE_LISTENERS + 1 : 1); which++) {
            struct oracle next = set->state[i];
            if (is_hit ? oracle_hear(&next, which / (ORACLE_LISTENERS + 1), which % (ORACLE_LISTENERS + 1)) : oracle_happen(&next, which)) {
                is_calm = false;
                if (!oracle_add(set, &next)) {
                    return false;
                }
            }
        }
        if (is_calm) {
            set->calm[set->settled++] = (uint32_t)i;
        }
    }
    return true;
}

/* --- commands ------------------------------------------------------------------------------------------------------ */

static inline struct oracle
oracle_start(const struct bpmn *m)
{
    struct oracle o = {.m = m};
    const struct bpmn_scope *place = &m->scope[m->process[0].scope];

    o.scope[0] = (struct oracle_scope){.is_there = true, .kind = ORACLE_PROCESS, .parent = -1, .host = -1, .place = m->process[0].scope,
                                       .element = BPMN_NONE};
    for (uint32_t k = 0; k < place->elements.count; k++) {
        if (m->element[place->elements.first + k].kind == BPMN_START) {
            (void)oracle_put(&o, 0, place->elements.first + k, BPMN_NONE);
        }
    }
    return o;
}

/* Whether a way leads from one element to another, or it is the same. */
static inline bool
oracle_leads(const struct bpmn *m, uint32_t from, uint32_t to, bool *seen)
{
    const struct bpmn_element *e = &m->element[from];
    bool found = from == to;

    if (seen[from]) {
        return false;
    }
    seen[from] = true;
    for (uint32_t k = 0; k < e->out.count && !found; k++) {
        found = oracle_leads(m, m->flow[m->out[e->out.first + k]].to, to, seen);
    }
    for (uint32_t k = 0; k < e->boundaries.count && !found; k++) {
        found = oracle_leads(m, m->boundary[e->boundaries.first + k], to, seen);
    }
    return found;
}

/* 驳回 to an element of the same scope: what lies after it is taken down, and it begins anew.  Who waits at a join stands where it came from. */
static inline void
oracle_send_back(struct oracle *o, int token, uint32_t element)
{
    while (oracle_is_repeated_in(o, &o->token[token])) {
        token = o->scope[o->scope[o->token[token].scope].parent].host;
    }
    int scope = o->token[token].scope;
    oracle_drop(o, token);
    for (int t = 0; t < ORACLE_TOKENS; t++) {
        const struct oracle_token *other = &o->token[t];
        uint32_t at = other->stand == STAND_JOIN ? o->m->flow[other->flow].from : other->element;
        bool seen[256] = {false};
        if (other->stand != STAND_NONE && other->scope == scope && oracle_leads(o->m, element, at, seen)) {
            oracle_drop(o, t);
        }
    }
    (void)oracle_put(o, scope, element, BPMN_NONE);
}

/* The mark with which this state has that text.  False: there is none. */
static inline bool
oracle_find(const struct oracle *o, struct arena *a, const char *text, struct oracle_mark *out)
{
    uint32_t at[ORACLE_LISTENERS];

    for (int t = 0; t < ORACLE_TOKENS; t++) {
        size_t n = o->token[t].stand == STAND_NONE ? 0 : oracle_listeners(o, &o->token[t], at);
        at[n] = BPMN_NONE;
        for (size_t k = 0; o->token[t].stand != STAND_NONE && k <= n; k++) {
            *out = (struct oracle_mark){t, -1, at[k]};
            if (strcmp(oracle_state_text(o, a, out), text) == 0) {
                return true;
            }
        }
    }
    for (int s = 0; s < ORACLE_SCOPES; s++) {
        size_t n = o->scope[s].is_there ? oracle_starts(o, s, at) : 0;
        for (size_t k = 0; k < n; k++) {
            *out = (struct oracle_mark){-1, s, at[k]};
            if (strcmp(oracle_state_text(o, a, out), text) == 0) {
                return true;
            }
        }
    }
    return false;
}

#endif
