/*
 * What undoes: completed activities are undone one after another, the last one first.
 *
 * A COMPENSABLE token stands for an activity that was completed.  It has a handler on its boundary, or it holds a scope that ended
 * and stays because something in it may be undone.  Who throws is a COMPENSATION token that waits; what it has to undo gets it as
 * host.  A scope that is undone is undone in the same way: its COMPENSABLE becomes the COMPENSATION token that waits for what is inside.
 */
#include "process/engine_int.h"

static uint32_t
handler_of(const struct bpmn *m, uint32_t element)
{
    const struct bpmn_run *run = &m->element[element].boundaries;

    for (uint32_t k = run->first; k < run->first + run->count; k++) {
        const struct bpmn_element *n = &m->element[m->boundary[k]];
        if (n->handler != BPMN_NONE && n->events.count > 0 && m->event[n->events.first].trigger == BPMN_COMPENSATION) {
            return n->handler;
        }
    }
    return BPMN_NONE;
}

uint32_t
engine_undoes(const struct bpmn *m, uint32_t element)
{
    const struct bpmn_run *run = m->element[element].is_event_sub ? &m->scope[m->element[element].inside].elements : NULL;

    for (uint32_t k = 0; run != NULL && k < run->count; k++) {
        const struct bpmn_element *n = &m->element[run->first + k];
        if (n->kind == BPMN_START && n->events.count > 0 && m->event[n->events.first].trigger == BPMN_COMPENSATION) {
            return run->first + k;
        }
    }
    return BPMN_NONE;
}

static uint32_t
undoing_start(const struct stepping *s, uint32_t scope)
{
    const struct bpmn *m = model_in(s, scope);
    const struct bpmn_run *run = scope_at(s, scope)->kind == SCOPE_SUB ? &m->scope[scope_at(s, scope)->place].elements : NULL;
    uint32_t found = BPMN_NONE;

    for (uint32_t k = 0; run != NULL && found == BPMN_NONE && k < run->count; k++) {
        found = engine_undoes(m, run->first + k);
    }
    return found;
}

/* --- what may be undone -------------------------------------------------------------------------------- */

void
engine_compensable(struct stepping *s, uint32_t token)
{
    uint32_t element = token_at(s, token)->element, inner = s->x->inner[token];
    bool repeats = element_of(s, token)->loop != BPMN_NONE && !engine_is_body(s, token);
    uint32_t handler = repeats ? BPMN_NONE : handler_of(model_of(s, token), element); /* each instance has its own */

    if (handler != BPMN_NONE && inner != BPMN_NONE) { /* it stands for all that is inside */
        engine_cancel_scope(s, inner);
        inner = BPMN_NONE;
    }
    if (handler == BPMN_NONE && inner == BPMN_NONE) {
        return;
    }
    uint32_t kept = engine_token_add(s, TOKEN_COMPENSABLE, s->x->in[token], element, 0, true);
    if (kept != BPMN_NONE && inner != BPMN_NONE) {
        scope_at(s, inner)->token = token_at(s, kept)->id;
        engine_scope_changed(s, inner);
        s->x->inner[token] = BPMN_NONE;
        s->x->inner[kept] = inner;
    }
}

/* Its turn comes in the queue, so that thousands of scopes undone one after another take no stack. */
void
engine_compensated(struct stepping *s, uint32_t waiting)
{
    (void)rows_push(s, &s->x->queue, waiting);
}

/* --- asking for it --------------------------------------------------------------------------------------- */

static void
ask(struct stepping *s, uint32_t scope, uint32_t target)
{
    for (uint32_t at = s->x->tokens[scope].first; at != BPMN_NONE; at = s->x->beside[at].after) {
        const struct token *t = token_at(s, at);
        if (t->kind == TOKEN_COMPENSABLE && t->host == 0 && (target == BPMN_NONE || t->element == target) && !rows_push(s, &s->x->asked, at)) {
            return;
        }
    }
}

/* In the order in which they were completed: last_guest relies on it.  (After loading they hang so in any case.) */
static void
take_asked(struct stepping *s, uint32_t waiting)
{
    struct rows *asked = &s->x->asked;

    rows_sort(asked);
    for (size_t k = 0; k < asked->count; k++) {
        engine_token_host(s, asked->row[k], token_at(s, waiting)->id);
    }
    asked->count = 0;
}

/* Of the scope where it is thrown; of an event sub-process, of the scope around it too. */
static void
ask_outwards(struct stepping *s, uint32_t waiting, uint32_t scope, uint32_t target)
{
    bool goes_out = true;

    while (scope != BPMN_NONE && goes_out) {
        ask(s, scope, target);
        goes_out = scope_at(s, scope)->kind == SCOPE_EVENT_SUB;
        scope = s->x->up[scope];
    }
    take_asked(s, waiting);
}

bool
engine_compensate(struct stepping *s, uint32_t token, const struct bpmn_event *event)
{
    uint32_t waiting = token, event_index = token_at(s, token)->event;

    engine_say(s, MOVE_THROWN, token, STR("compensation"));
    if (!event->waits) {
        waiting = engine_token_add(s, TOKEN_COMPENSATION, s->x->in[token], token_at(s, token)->element, 0, false);
        if (waiting == BPMN_NONE) {
            return false;
        }
    }
    ask_outwards(s, waiting, s->x->in[token], event->target);
    if (s->x->guests[waiting].first == BPMN_NONE) { /* there is nothing to be undone */
        if (waiting != token) {
            engine_token_gone(s, waiting);
        }
        return false;
    }
    if (waiting == token) {
        engine_wait(s, token, TOKEN_COMPENSATION);
        token_at(s, token)->event = event_index;
    }
    engine_compensated(s, waiting);
    return event->waits;
}

/* --- doing it --------------------------------------------------------------------------------------------- */

static void
undo_inside(struct stepping *s, uint32_t token, uint32_t scope)
{
    uint32_t start = undoing_start(s, scope);

    token_at(s, token)->kind = TOKEN_COMPENSATION;
    engine_token_listens(s, token, false);
    if (start != BPMN_NONE) {
        (void)engine_begin_event_sub(s, scope, start, token);
        return;
    }
    ask(s, scope, BPMN_NONE);
    for (uint32_t at = s->x->children[scope].first; at != BPMN_NONE; at = s->x->sibling[at].after) {
        if (scope_at(s, at)->kind == SCOPE_INSTANCE) {
            ask(s, at, BPMN_NONE);
        }
    }
    take_asked(s, token);
    engine_compensated(s, token);
}

static void
undo(struct stepping *s, uint32_t token, uint32_t waiting)
{
    uint32_t in = s->x->in[token], inner = s->x->inner[token];

    engine_say(s, MOVE_COMPENSATED, token, STR(""));
    if (inner != BPMN_NONE) {
        undo_inside(s, token, inner);
        return;
    }
    uint32_t handler = handler_of(model_of(s, token), token_at(s, token)->element);
    uint32_t next = engine_token_add(s, TOKEN_MOVING, in, handler, token_at(s, waiting)->id, false);
    engine_token_gone(s, token);
    if (next != BPMN_NONE) {
        engine_move_to(s, next, handler, BPMN_NONE);
    }
}

/* The one that was completed last.  Behind it hangs at most what is undoing another. */
static uint32_t
last_guest(const struct stepping *s, uint32_t waiting)
{
    uint32_t at = s->x->guests[waiting].last;

    while (at != BPMN_NONE && token_at(s, at)->kind != TOKEN_COMPENSABLE) {
        at = s->x->guest[at].before;
    }
    return at;
}

static void
all_undone(struct stepping *s, uint32_t waiting)
{
    uint32_t around = engine_token_row(s, token_at(s, waiting)->host);
    const struct bpmn_element *n = element_of(s, waiting);

    if (around != BPMN_NONE) { /* a scope that was undone is gone with it */
        if (s->x->inner[waiting] != BPMN_NONE) {
            engine_cancel_scope(s, s->x->inner[waiting]);
        }
        engine_token_gone(s, waiting);
        engine_compensated(s, around);
    } else if (token_at(s, waiting)->event == BPMN_NONE) { /* nobody waited */
        engine_token_gone(s, waiting);
    } else {
        engine_throw(s, waiting, token_at(s, waiting)->event - n->events.first + 1);
    }
}

void
engine_undo_next(struct stepping *s, uint32_t waiting)
{
    uint32_t token = last_guest(s, waiting);

    if (token != BPMN_NONE) {
        undo(s, token, waiting);
    } else {
        all_undone(s, waiting);
    }
}
