/*
 * test_oracle - for tests: what BPMN 2.0.2 (chapter 13) allows to happen, slow and plain, to hold the engine against.
 *
 * A state is a small tree of scopes with tokens in them.  Wherever several things may happen next, all of them are tried, and every
 * state in which nothing moves any more is one that an engine may come to.  States are compared as texts in which what lies
 * side by side is sorted, so that it does not matter in which order tokens came to be.  Nothing is shared with the engine but
 * the model that was read.
 */
#ifndef PROCESS_TEST_ORACLE_H
#define PROCESS_TEST_ORACLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/bpmn_int.h"

enum { ORACLE_TOKENS = 20, ORACLE_SCOPES = 14, ORACLE_STATES = 1500, ORACLE_VARIABLES = 3, ORACLE_LISTENERS = 8 };

enum oracle_stand { STAND_NONE, STAND_MOVING, STAND_WAITS, STAND_EVENTS, STAND_JOIN, STAND_INNER };
enum oracle_kind { ORACLE_PROCESS, ORACLE_SUB, ORACLE_EVENT_SUB, ORACLE_MULTI, ORACLE_INSTANCE, ORACLE_CALL };
#define ORACLE_ITSELF (1u << 31)

struct oracle_token {
    enum oracle_stand stand;
    int scope;
    uint32_t element, flow;
    uint32_t used; /* which of its boundaries have fired and do not again */
    uint32_t hit;  /* which of its listeners, or ORACLE_ITSELF, have yet to hear the signal that was thrown */
};
struct oracle_scope {
    bool is_there, was_interrupted;
    enum oracle_kind kind;
    int parent, host;  /* -1: none */
    uint32_t place;    /* of the model; of MULTI and INSTANCE: none */
    uint32_t element;
    uint32_t used;     /* which of its event sub-processes began and do not again */
    uint32_t hit;      /* as of tokens */
    int total, done, begun;
};
struct oracle {
    const struct bpmn *m;
    enum { ORACLE_RUNS, ORACLE_ENDED, ORACLE_FAILED } over;
    bool is_too_large;
    bool variable[ORACLE_VARIABLES]; /* a, b, c */
    struct oracle_token token[ORACLE_TOKENS];
    struct oracle_scope scope[ORACLE_SCOPES];
};

/* --- a state as text ------------------------------------------------------------------------------------------ */

/* Whose place in the text is shown by a star: a token, or what listens on it (at: an element); or what listens in a scope. */
struct oracle_mark {
    int token, scope; /* -1 */
    uint32_t at;      /* BPMN_NONE: the token itself */
};
static const struct oracle_mark oracle_no_mark = {-1, -1, BPMN_NONE};

static inline int
oracle_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "(a,b,c)", sorted; the arena ends no sooner than the test. */
static inline const char *
oracle_list(struct arena *a, const char **item, size_t count)
{
    struct buf b;
    struct err err;
    struct str text;

    qsort(item, count, sizeof(*item), oracle_order);
    buf_init(&b, a, 1 << 16);
    buf_put(&b, STR("("));
    for (size_t i = 0; i < count; i++) {
        buf_put_fmt(&b, "%s%s", i > 0 ? "," : "", item[i]);
    }
    buf_put_fmt(&b, ")%c", '\0');
    CHECK(buf_finish(&b, &text, &err) == RC_OK);
    return text.ptr;
}

static inline const char *
oracle_id(struct arena *a, struct str id)
{
    struct str s = str_fmt(a, "%.*s%c", STR_ARG(id), '\0');

    CHECK(s.ptr != NULL);
    return s.ptr;
}

static inline const char *
oracle_text(struct arena *a, const char *head, const char *one, const char *two)
{
    struct str s = str_fmt(a, "%s%s%s%c", head, one, two, '\0');

    CHECK(s.ptr != NULL);
    return s.ptr;
}

static inline const char *
oracle_number(struct arena *a, uint32_t n)
{
    struct str s = str_fmt(a, "%u%c", n, '\0');

    CHECK(s.ptr != NULL);
    return s.ptr;
}

static inline bool
oracle_is_repeated_in(const struct oracle *o, const struct oracle_token *t)
{
    const struct oracle_scope *s = &o->scope[t->scope];

    return s->kind == ORACLE_INSTANCE && s->element == t->element;
}

/* What comes from outside, or for all; errors and escalations are found by whoever throws them. */
static inline bool
oracle_listens(const struct oracle *o, uint32_t element)
{
    enum bpmn_trigger trigger = o->m->event[o->m->element[element].events.first].trigger;

    return trigger == BPMN_MESSAGE || trigger == BPMN_TIMER || trigger == BPMN_SIGNAL;
}

/* What listens at an activity or event gateway where a token stands; how many. */
static inline size_t
oracle_listeners(const struct oracle *o, const struct oracle_token *t, uint32_t *out)
{
    const struct bpmn_element *e = &o->m->element[t->element];
    size_t n = 0;

    for (uint32_t k = 0; t->stand == STAND_EVENTS && k < e->out.count; k++) {
        out[n++] = o->m->flow[o->m->out[e->out.first + k]].to;
    }
    for (uint32_t k = 0; (t->stand == STAND_WAITS || t->stand == STAND_INNER) && !oracle_is_repeated_in(o, t) && k < e->boundaries.count; k++) {
        uint32_t b = o->m->boundary[e->boundaries.first + k];
        if (oracle_listens(o, b) && (t->used >> k & 1) == 0) {
            out[n++] = b;
        }
    }
    return n;
}

/* The start events of the event sub-processes of a scope that something may still begin. */
static inline size_t
oracle_starts(const struct oracle *o, int scope, uint32_t *out)
{
    const struct oracle_scope *s = &o->scope[scope];
    const struct bpmn_scope *place;
    size_t n = 0;

    if (s->kind == ORACLE_MULTI || s->kind == ORACLE_INSTANCE || s->was_interrupted) {
        return 0;
    }
    place = &o->m->scope[s->place];
    for (uint32_t k = 0; k < place->elements.count; k++) {
        const struct bpmn_element *e = &o->m->element[place->elements.first + k];
        uint32_t start = e->is_event_sub ? o->m->scope[e->inside].elements.first : 0;
        for (; e->is_event_sub && o->m->element[start].kind != BPMN_START; start++) {
        }
        if (e->is_event_sub && oracle_listens(o, start) && (s->used >> k & 1) == 0) {
            out[n++] = start;
        }
    }
    return n;
}

static inline const char *oracle_scope_text(const struct oracle *o, struct arena *a, int scope, const struct oracle_mark *mark);

static inline const char *
oracle_ids(const struct oracle *o, struct arena *a, const uint32_t *element, size_t count, uint32_t marked)
{
    const char *item[ORACLE_LISTENERS + 1];

    for (size_t i = 0; i < count; i++) {
        item[i] = oracle_text(a, oracle_id(a, o->m->element[element[i]].id), element[i] == marked ? "*" : "", "");
    }
    return oracle_list(a, item, count);
}

static inline const char *
oracle_token_text(const struct oracle *o, struct arena *a, int token, const struct oracle_mark *mark)
{
    static const char *const stand[] = {"", ">", "=", "?", "&", ":"};
    const struct oracle_token *t = &o->token[token];
    uint32_t listener[ORACLE_LISTENERS];
    size_t n = oracle_listeners(o, t, listener);
    const char *id = oracle_id(a, o->m->element[t->element].id);
    const char *flow = (t->stand == STAND_JOIN || t->stand == STAND_MOVING) && t->flow != BPMN_NONE ? oracle_id(a, o->m->flow[t->flow].id) : "";
    const char *inner = "";

    for (int s = 0; t->stand == STAND_INNER && s < ORACLE_SCOPES; s++) {
        if (o->scope[s].is_there && o->scope[s].host == token) {
            inner = oracle_scope_text(o, a, s, mark);
        }
    }
    id = t->hit != 0 ? oracle_text(a, id, "!", oracle_number(a, t->hit)) : id;
    id = oracle_text(a, id, stand[t->stand], token == mark->token && mark->at == BPMN_NONE ? "*" : "");
    return oracle_text(a, oracle_text(a, id, flow, oracle_ids(o, a, listener, n, token == mark->token ? mark->at : BPMN_NONE)), inner, "");
}

static inline const char *
oracle_scope_text(const struct oracle *o, struct arena *a, int scope, const struct oracle_mark *mark)
{
    const struct oracle_scope *s = &o->scope[scope];
    const char *item[ORACLE_TOKENS + ORACLE_SCOPES];
    uint32_t start[ORACLE_LISTENERS];
    size_t n = 0, starts = oracle_starts(o, scope, start);
    char head[64];

    for (int t = 0; t < ORACLE_TOKENS; t++) {
        if (o->token[t].stand != STAND_NONE && o->token[t].scope == scope) {
            item[n++] = oracle_token_text(o, a, t, mark);
        }
    }
    for (int c = 0; c < ORACLE_SCOPES; c++) { /* event sub-processes and instances: nobody waits for them alone */
        if (o->scope[c].is_there && o->scope[c].parent == scope && o->scope[c].host < 0) {
            item[n++] = oracle_scope_text(o, a, c, mark);
        }
    }
    (void)snprintf(head, sizeof(head), s->hit != 0 ? "%d!%u" : "%d", (int)s->kind, s->hit);
    if (s->kind == ORACLE_MULTI) {
        (void)snprintf(head, sizeof(head), "%d[%d/%d]", (int)s->kind, s->done, s->total);
    }
    return oracle_text(a, oracle_text(a, head, oracle_ids(o, a, start, starts, scope == mark->scope ? mark->at : BPMN_NONE), ""),
                       oracle_list(a, item, n), "");
}

static inline const char *
oracle_state_text(const struct oracle *o, struct arena *a, const struct oracle_mark *mark)
{
    return o->over == ORACLE_FAILED ? "failed" : o->over == ORACLE_ENDED ? "ended" : oracle_scope_text(o, a, 0, mark);
}

/* --- changes ---------------------------------------------------------------------------------------------------- */

static inline int
oracle_put(struct oracle *o, int scope, uint32_t element, uint32_t flow)
{
    for (int t = 0; t < ORACLE_TOKENS; t++) {
        if (o->token[t].stand == STAND_NONE) {
            o->token[t] = (struct oracle_token){STAND_MOVING, scope, element, flow, 0, 0};
            return t;
        }
    }
    o->is_too_large = true;
    return 0;
}

static inline int
oracle_open(struct oracle *o, struct oracle_scope scope)
{
    for (int s = 0; s < ORACLE_SCOPES; s++) {
        if (!o->scope[s].is_there) {
            o->scope[s] = scope;
            o->scope[s].is_there = true;
            return s;
        }
    }
    o->is_too_large = true;
    return 0;
}

/* Everything in a scope, but not the scope. */
static inline void
oracle_empty(struct oracle *o, int scope)
{
    for (int t = 0; t < ORACLE_TOKENS; t++) {
        if (o->token[t].stand != STAND_NONE && o->token[t].scope == scope) {
            o->token[t].stand = STAND_NONE;
        }
    }
    for (int c = 0; c < ORACLE_SCOPES; c++) {
        if (c != scope && o->scope[c].is_there && o->scope[c].parent == scope) {
            oracle_empty(o, c);
            o->scope[c].is_there = false;
        }
    }
}

static inline void
oracle_drop(struct oracle *o, int token)
{
    for (int s = 0; s < ORACLE_SCOPES; s++) {
        if (o->scope[s].is_there && o->scope[s].host == token) {
            oracle_empty(o, s);
            o->scope[s].is_there = false;
        }
    }
    o->token[token].stand = STAND_NONE;
}

static inline bool
oracle_holds(const struct oracle *o, uint32_t text)
{
    struct str t = o->m->text[text].text;

    for (int v = 0; v < ORACLE_VARIABLES; v++) {
        char plain[] = {(char)('a' + v), '\0'}, negated[] = {'n', 'o', 't', '(', (char)('a' + v), ')', '\0'};
        if (str_eq(t, str_of(plain))) {
            return o->variable[v];
        }
        if (str_eq(t, str_of(negated))) {
            return !o->variable[v];
        }
    }
    CHECK(false); /* the generator writes no other */
}

/* Which flows a token takes on its way out.  only_one: an exclusive gateway.  False: none. */
static inline bool
oracle_out(struct oracle *o, int scope, uint32_t element, bool asks, bool only_one)
{
    const struct bpmn_element *e = &o->m->element[element];
    bool some_condition = false, some = false;

    for (uint32_t k = 0; k < e->out.count && !(only_one && some); k++) {
        uint32_t f = o->m->out[e->out.first + k];
        bool has = asks && o->m->flow[f].condition != BPMN_NONE && f != e->fallback;
        if (f == e->fallback || (has && !oracle_holds(o, o->m->flow[f].condition)) || (only_one && !has)) {
            continue;
        }
        some_condition = some_condition || has;
        (void)oracle_put(o, scope, o->m->flow[f].to, f);
        some = true;
    }
    if (e->fallback != BPMN_NONE && !some_condition) {
        (void)oracle_put(o, scope, o->m->flow[e->fallback].to, e->fallback);
        some = true;
    }
    return some;
}

static inline void
oracle_begin_instance(struct oracle *o, int multi)
{
    struct oracle_scope *s = &o->scope[multi];
    int one;

    s->begun++;
    one = oracle_open(o, (struct oracle_scope){.kind = ORACLE_INSTANCE, .parent = multi, .host = -1, .element = s->element});
    (void)oracle_put(o, one, s->element, BPMN_NONE);
}

/* A loop counts as it goes; what it has done is all that there is so far. */
static inline bool
oracle_again(const struct oracle *o, const struct bpmn_loop *loop, struct oracle_scope *s)
{
    s->total = s->done;
    return (loop->maximum == BPMN_NONE || (uint32_t)s->done < loop->maximum) && (loop->condition == BPMN_NONE || oracle_holds(o, loop->condition));
}

/* The activity or event is over: its token goes on, or the instance it is ends. */
static inline void
oracle_leave(struct oracle *o, int token)
{
    struct oracle_token t = o->token[token];
    int scope = t.scope;

    if (o->is_too_large) {
        return;
    }
    if (oracle_is_repeated_in(o, &t)) {
        int multi = o->scope[scope].parent;
        struct oracle_scope *s = &o->scope[multi];
        const struct bpmn_loop *loop = &o->m->loop[o->m->element[t.element].loop];
        oracle_empty(o, scope);
        o->scope[scope].is_there = false;
        s->done++;
        if (loop->kind == BPMN_LOOP && oracle_again(o, loop, s)) {
            oracle_begin_instance(o, multi);
        } else if (s->done == s->total || loop->kind == BPMN_LOOP || (loop->condition != BPMN_NONE && oracle_holds(o, loop->condition))) {
            int host = s->host;
            oracle_empty(o, multi);
            s->is_there = false;
            oracle_leave(o, host);
        } else if (loop->kind == BPMN_MULTI_SEQUENTIAL) {
            oracle_begin_instance(o, multi);
        }
        return;
    }
    oracle_drop(o, token);
    (void)oracle_out(o, scope, t.element, true, false);
}

static inline void oracle_throw(struct oracle *o, int token, int scope, enum bpmn_trigger trigger, struct str code);

static inline void
oracle_enter_scope(struct oracle *o, int token, enum oracle_kind kind, uint32_t place)
{
    const struct bpmn_scope *p = &o->m->scope[place];
    int inner;

    o->token[token].stand = STAND_INNER;
    inner = oracle_open(o, (struct oracle_scope){.kind = kind, .parent = o->token[token].scope, .host = token, .place = place,
                                                 .element = o->token[token].element});
    for (uint32_t k = 0; k < p->elements.count; k++) {
        if (o->m->element[p->elements.first + k].kind == BPMN_START) {
            (void)oracle_put(o, inner, p->elements.first + k, BPMN_NONE);
        }
    }
}

static inline void
oracle_enter_activity(struct oracle *o, int token)
{
    struct oracle_token *t = &o->token[token];
    const struct bpmn_element *e = &o->m->element[t->element];

    if (e->loop != BPMN_NONE && !oracle_is_repeated_in(o, t)) {
        const struct bpmn_loop *loop = &o->m->loop[e->loop];
        if (loop->kind == BPMN_LOOP && loop->tests_before && loop->condition != BPMN_NONE && !oracle_holds(o, loop->condition)) {
            oracle_leave(o, token);
            return;
        }
        int total = loop->cardinality == BPMN_NONE ? 0 : o->m->text[loop->cardinality].text.ptr[0] - '0' /* the generator writes one digit */;
        t->stand = STAND_INNER;
        int multi = oracle_open(o, (struct oracle_scope){.kind = ORACLE_MULTI, .parent = t->scope, .host = token, .element = t->element,
                                                         .total = total});
        for (int n = 0; n < (loop->kind == BPMN_MULTI_PARALLEL ? total : 1); n++) {
            oracle_begin_instance(o, multi);
        }
        return;
    }
    if (e->kind == BPMN_SUB) {
        oracle_enter_scope(o, token, ORACLE_SUB, e->inside);
    } else if (e->kind == BPMN_CALL) {
        oracle_enter_scope(o, token, ORACLE_CALL, o->m->process[e->called_process].scope);
    } else if (e->kind == BPMN_USER) {
        t->stand = STAND_WAITS;
    } else {
        oracle_leave(o, token);
    }
}

/* Whoever listens will hear it, in whichever order; until all have, nothing else moves. */
static inline void
oracle_signal(struct oracle *o)
{
    uint32_t at[ORACLE_LISTENERS];

    for (int t = 0; t < ORACLE_TOKENS; t++) {
        struct oracle_token *one = &o->token[t];
        const struct bpmn_element *e = &o->m->element[one->element];
        if (one->stand == STAND_WAITS && e->kind == BPMN_CATCH && o->m->event[e->events.first].trigger == BPMN_SIGNAL) {
            one->hit |= ORACLE_ITSELF;
        }
        size_t n = one->stand != STAND_NONE ? oracle_listeners(o, one, at) : 0;
        for (size_t k = 0; k < n; k++) {
            one->hit |= o->m->event[o->m->element[at[k]].events.first].trigger == BPMN_SIGNAL ? 1u << k : 0;
        }
    }
    for (int s = 0; s < ORACLE_SCOPES; s++) {
        size_t n = o->scope[s].is_there ? oracle_starts(o, s, at) : 0;
        for (size_t k = 0; k < n; k++) {
            o->scope[s].hit |= o->m->event[o->m->element[at[k]].events.first].trigger == BPMN_SIGNAL ? 1u << k : 0;
        }
    }
}

static inline void
oracle_throw_event(struct oracle *o, int scope, const struct bpmn_event *event)
{
    if (event->trigger == BPMN_TERMINATE) {
        oracle_empty(o, scope);
    } else if (event->trigger == BPMN_SIGNAL) {
        oracle_signal(o);
    } else {
        oracle_throw(o, -1, scope, event->trigger, o->m->global[event->global].code);
    }
}

static inline void
oracle_end(struct oracle *o, int token)
{
    struct oracle_token t = o->token[token];
    const struct bpmn_element *e = &o->m->element[t.element];

    o->token[token].stand = STAND_NONE;
    if (e->events.count > 0) {
        oracle_throw_event(o, t.scope, &o->m->event[e->events.first]);
    }
}

/* A token comes to its element. */
static inline void
oracle_enter(struct oracle *o, int token)
{
    struct oracle_token *t = &o->token[token];
    const struct bpmn_element *e = &o->m->element[t->element];

    if (e->kind == BPMN_EXCLUSIVE) {
        struct oracle_token gone = *t;
        t->stand = STAND_NONE;
        CHECK(oracle_out(o, gone.scope, gone.element, true, true) || o->is_too_large); /* the generator gives every one a default */
    } else if (e->kind == BPMN_PARALLEL || e->kind == BPMN_INCLUSIVE) {
        t->stand = STAND_JOIN;
    } else if (e->kind == BPMN_EVENT_BASED) {
        t->stand = STAND_EVENTS;
    } else if (e->kind == BPMN_CATCH) {
        t->stand = STAND_WAITS;
    } else if (e->kind == BPMN_END) {
        oracle_end(o, token);
    } else if (e->kind == BPMN_THROW) { /* what comes after it has not moved yet */
        int scope = t->scope;
        oracle_leave(o, token);
        oracle_throw_event(o, scope, &o->m->event[e->events.first]);
    } else if (e->kind == BPMN_START) {
        oracle_leave(o, token);
    } else {
        oracle_enter_activity(o, token);
    }
}

/* An event sub-process begins in that scope. */
static inline void
oracle_begin_event(struct oracle *o, int scope, uint32_t start)
{
    const struct bpmn_element *s = &o->m->element[start];
    uint32_t sub = o->m->scope[s->scope].element;
    struct oracle_scope *around = &o->scope[scope];
    int inner;

    if (s->is_interrupting) {
        oracle_empty(o, scope);
        around->was_interrupted = true;
    } else if (o->m->event[s->events.first].trigger == BPMN_TIMER) {
        around->used |= 1u << (sub - o->m->scope[around->place].elements.first);
    }
    inner = oracle_open(o, (struct oracle_scope){.kind = ORACLE_EVENT_SUB, .parent = scope, .host = -1, .place = s->scope, .element = sub});
    int t = oracle_put(o, inner, start, BPMN_NONE);
    oracle_leave(o, t);
}

static inline bool
oracle_catches(const struct oracle *o, uint32_t element, enum bpmn_trigger trigger, struct str code)
{
    const struct bpmn_event *event = &o->m->event[o->m->element[element].events.first];

    return event->trigger == trigger && (event->global == BPMN_NONE || str_eq(o->m->global[event->global].code, code));
}

/* From a token (its own boundaries first), or from inside a scope. */
static inline void
oracle_throw(struct oracle *o, int token, int scope, enum bpmn_trigger trigger, struct str code)
{
    for (;;) {
        if (token >= 0 && !oracle_is_repeated_in(o, &o->token[token])) {
            const struct bpmn_element *e = &o->m->element[o->token[token].element];
            for (uint32_t k = 0; k < e->boundaries.count; k++) {
                uint32_t b = o->m->boundary[e->boundaries.first + k];
                if (oracle_catches(o, b, trigger, code)) {
                    scope = o->token[token].scope;
                    if (o->m->element[b].is_interrupting) {
                        oracle_drop(o, token);
                    }
                    oracle_leave(o, oracle_put(o, scope, b, BPMN_NONE));
                    return;
                }
            }
        }
        if (token >= 0) {
            scope = o->token[token].scope;
        }
        const struct oracle_scope *s = &o->scope[scope];
        const struct bpmn_scope *place = s->kind == ORACLE_MULTI || s->kind == ORACLE_INSTANCE ? NULL : &o->m->scope[s->place];
        for (uint32_t k = 0; place != NULL && !s->was_interrupted && k < place->elements.count; k++) {
            const struct bpmn_element *e = &o->m->element[place->elements.first + k];
            uint32_t start = e->is_event_sub ? o->m->scope[e->inside].elements.first : 0;
            for (; e->is_event_sub && o->m->element[start].kind != BPMN_START; start++) {
            }
            if (e->is_event_sub && oracle_catches(o, start, trigger, code)) {
                oracle_begin_event(o, scope, start);
                return;
            }
        }
        if (s->kind == ORACLE_PROCESS) {
            o->over = trigger == BPMN_FAILURE ? ORACLE_FAILED : o->over; /* an escalation that nobody catches is over */
            return;
        }
        token = s->host;
        scope = s->parent;
    }
}

#endif
