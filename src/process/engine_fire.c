/* Events that happen: who waited goes on, what is interrupted ends, what only listens is armed again. */
#include "process/engine_int.h"

static void
go_on(struct stepping *s, uint32_t token, const struct json *values)
{
    uint32_t in = s->x->in[token];

    if (bpmn_is_activity(element_of(s, token)->kind)) { /* a task that receives */
        engine_body_done(s, token, values);
    } else if (engine_outputs(s, token, in, in, values)) {
        engine_leave(s, token);
    } else {
        engine_drop_guests(s, token);
        engine_stuck(s, token, "leave");
    }
}

/* --- all at once ------------------------------------------------------------------------------------ */

static bool
listens_beside(const struct stepping *s, uint32_t other, uint32_t token)
{
    const struct token *a = token_at(s, other), *b = token_at(s, token);

    return other != token && a->listens && a->element == b->element && a->host == b->host;
}

/* Of an element that needs all its events: one of them has not happened. */
static bool
misses_others(const struct stepping *s, uint32_t token)
{
    uint32_t at = s->x->tokens[s->x->in[token]].first;

    while (at != BPMN_NONE && !listens_beside(s, at, token)) {
        at = s->x->beside[at].after;
    }
    return at != BPMN_NONE;
}

/* --- one of several --------------------------------------------------------------------------------- */

/* The first event wins; the others no longer listen. */
static void
fire_alternative(struct stepping *s, uint32_t token, uint32_t host, const struct json *values)
{
    bool is_gateway = element_of(s, host)->kind == BPMN_EVENT_BASED;

    engine_token_host(s, token, 0);
    engine_token_listens(s, token, false);
    engine_drop_guests(s, host);
    if (is_gateway) {
        engine_say(s, MOVE_LEFT, host, STR(""));
        engine_say_flow(s, host, token_at(s, token)->flow);
        engine_say(s, MOVE_ENTERED, token, STR(""));
    }
    engine_token_gone(s, host);
    go_on(s, token, values);
}

/* --- again ------------------------------------------------------------------------------------------ */

/* What did not interrupt may happen once more: a cycle until its last turn, a time and a clock never. */
static void
listen_again(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    struct token *t = token_at(s, token);
    uint32_t scope = s->x->in[token], element = t->element, host = engine_token_row(s, t->host);

    if (m->element[element].needs_all) {
        engine_token_gone(s, token);
        engine_listen_all(s, scope, element, host);
    } else if (t->kind == TOKEN_CLOCK || (t->kind == TOKEN_TIMER && !engine_next_turn(s, token, &m->timer[m->event[t->event].timer]))) {
        if (s->fault != NULL) {
            engine_stuck(s, token, "arm");
        } else {
            engine_token_gone(s, token);
        }
    }
}

/* --- beside an activity ----------------------------------------------------------------------------- */

static void
interrupt(struct stepping *s, uint32_t host)
{
    uint32_t waiting = element_of(s, host)->is_compensation ? engine_token_row(s, token_at(s, host)->host) : BPMN_NONE;

    engine_cancel_token(s, host);
    if (waiting != BPMN_NONE) { /* it was undoing something, and that is over too */
        engine_compensated(s, waiting);
    }
}

/* What the instances of a repeated activity throw by themselves when they are done tells of it, and ends nothing: the others go on
 * (the discriminator of the workflow patterns is drawn so). */
static bool
interrupts(const struct stepping *s, uint32_t token, uint32_t host)
{
    const struct token *t = token_at(s, token);
    bool is_error = t->event != BPMN_NONE && model_of(s, token)->event[t->event].trigger == BPMN_FAILURE;

    return element_of(s, token)->is_interrupting && (is_error || s->thrower == 0 || s->thrower != token_at(s, host)->id);
}

static void
fire_boundary(struct stepping *s, uint32_t token, uint32_t host, const struct json *values)
{
    uint32_t scope = s->x->in[token], element = token_at(s, token)->element;
    bool is_end = interrupts(s, token, host);
    uint32_t next = engine_token_add(s, TOKEN_MOVING, scope, element, 0, false);

    if (next == BPMN_NONE) {
        return;
    }
    if (is_end) {
        interrupt(s, host);
    } else {
        listen_again(s, token);
    }
    if (s->rc == RC_OK && !engine_outputs(s, next, scope, scope, values)) {
        engine_stuck(s, next, "leave");
    } else if (s->rc == RC_OK) {
        engine_move_to(s, next, element, BPMN_NONE);
    }
}

/* --- an event sub-process --------------------------------------------------------------------------- */

uint32_t
engine_begin_event_sub(struct stepping *s, uint32_t around, uint32_t start, uint32_t waiting)
{
    const struct bpmn *m = model_in(s, around);
    uint32_t place = m->element[start].scope, scope = engine_scope_add(s, SCOPE_EVENT_SUB, around, waiting);

    if (scope == BPMN_NONE) {
        return BPMN_NONE;
    }
    scope_at(s, scope)->place = place;
    scope_at(s, scope)->element = m->scope[place].element;
    engine_say_element(s, MOVE_ENTERED, around, m->scope[place].element, STR(""));
    if (!engine_begin_scope(s, scope, start)) {
        uint32_t token = engine_token_add(s, TOKEN_MOVING, scope, start, 0, false);
        if (token != BPMN_NONE) {
            engine_stuck(s, token, "enter");
        }
    }
    return scope;
}

static void
fire_start(struct stepping *s, uint32_t token, const struct json *values)
{
    uint32_t around = s->x->in[token], start = token_at(s, token)->element;

    if (element_of(s, token)->is_interrupting) {
        engine_cancel_inside(s, around, false);
    } else {
        listen_again(s, token);
    }
    uint32_t scope = engine_begin_event_sub(s, around, start, BPMN_NONE);
    if (scope != BPMN_NONE && s->rc == RC_OK && !engine_outputs(s, token, scope, scope, values)) {
        uint32_t first = s->x->tokens[scope].first; /* which has not moved yet */
        if (first != BPMN_NONE) {
            engine_stuck(s, first, "enter");
        }
    }
}

/* --- whatever it is --------------------------------------------------------------------------------- */

void
engine_fire(struct stepping *s, uint32_t token, const struct json *values)
{
    const struct token *t = token_at(s, token);
    uint32_t host = engine_token_row(s, t->host);

    engine_say(s, MOVE_CAUGHT, token, t->name);
    if (!t->listens) {
        go_on(s, token, values);
    } else if (element_of(s, token)->needs_all && misses_others(s, token)) {
        engine_token_gone(s, token);
    } else if (host != BPMN_NONE && token_at(s, host)->kind == TOKEN_EVENTS) {
        fire_alternative(s, token, host, values);
    } else if (host != BPMN_NONE) {
        fire_boundary(s, token, host, values);
    } else {
        fire_start(s, token, values);
    }
}

static bool
ask_condition(struct stepping *s, uint32_t token, bool *became_true)
{
    const struct token *t = token_at(s, token);
    bool is_true = false, was_true = t->data != NULL && t->data->truth;

    *became_true = false;
    if (!engine_true(s, s->x->in[token], model_of(s, token)->event[t->event].condition, &is_true)) {
        return false;
    }
    if (is_true != was_true) {
        struct json *now = json_bool(s->i->arena, is_true);
        if (now == NULL) {
            return engine_full(s);
        }
        token_at(s, token)->data = now;
        engine_token_changed(s, token);
    }
    *became_true = is_true && !was_true;
    return true;
}

/* A condition fires when it becomes true, not as long as it is. */
void
engine_ask_conditions(struct stepping *s)
{
    bool became_true;

    for (size_t k = 0, count = s->x->conditions.count; k < count && s->rc == RC_OK; k++) {
        uint32_t token = s->x->conditions.row[k];
        if (token_is_gone(s, token) || token_at(s, token)->kind != TOKEN_CONDITION) {
            continue;
        }
        if (!ask_condition(s, token, &became_true)) {
            engine_stuck(s, token, "arm");
        } else if (became_true) {
            engine_fire(s, token, NULL);
        }
    }
}

void
engine_signal(struct stepping *s, struct str name, const struct json *values)
{
    s->x->firing.count = 0;
    for (size_t k = 0; k < s->x->signals.count; k++) {
        uint32_t token = s->x->signals.row[k];
        bool is_meant = !token_is_gone(s, token) && token_at(s, token)->kind == TOKEN_SIGNAL && str_eq(token_at(s, token)->name, name);
        if (is_meant && !rows_push(s, &s->x->firing, token)) {
            return;
        }
    }
    for (size_t k = 0; k < s->x->firing.count && s->rc == RC_OK; k++) { /* one may have been ended by another */
        if (!token_is_gone(s, s->x->firing.row[k])) {
            engine_fire(s, s->x->firing.row[k], values);
        }
    }
}
