/* Elements that are entered and left, and which flows are taken from there. */
#include "process/engine_int.h"

/* --- choosing ------------------------------------------------------------------------------------- */

static bool
no_way(struct stepping *s)
{
    return engine_fault(s, "no-way", "no condition holds, and there is no default flow");
}

static bool
holds(struct stepping *s, uint32_t scope, const struct bpmn_flow *f, bool *out)
{
    *out = true;
    return f->condition == BPMN_NONE || engine_true(s, scope, f->condition, out);
}

static bool
choose_one(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_element *n = element_of(s, token);
    bool is_true = false;

    for (uint32_t k = 0; k < n->out.count; k++) {
        uint32_t flow = m->out[n->out.first + k];
        if (flow == n->fallback) {
            continue;
        }
        if (!holds(s, s->x->in[token], &m->flow[flow], &is_true)) {
            return false;
        }
        if (is_true) {
            return rows_push(s, &s->x->chosen, flow);
        }
    }
    return n->out.count == 0 || (n->fallback != BPMN_NONE ? rows_push(s, &s->x->chosen, n->fallback) : no_way(s));
}

/* The default flow of an activity stands for its conditions only: what has none is taken in any case. */
static bool
choose_many(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_element *n = element_of(s, token);
    bool is_gateway = n->kind == BPMN_INCLUSIVE, any = false, is_true = false;

    for (uint32_t k = 0; k < n->out.count; k++) {
        uint32_t flow = m->out[n->out.first + k];
        if (flow == n->fallback) {
            continue;
        }
        if (!holds(s, s->x->in[token], &m->flow[flow], &is_true)) {
            return false;
        }
        any = any || (is_true && (is_gateway || m->flow[flow].condition != BPMN_NONE));
        if (is_true && !rows_push(s, &s->x->chosen, flow)) {
            return false;
        }
    }
    if (!any && n->fallback != BPMN_NONE) {
        return rows_push(s, &s->x->chosen, n->fallback);
    }
    return n->out.count == 0 || s->x->chosen.count > 0 || no_way(s);
}

static bool
choose_all(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_element *n = element_of(s, token);

    for (uint32_t k = 0; k < n->out.count; k++) {
        if (!rows_push(s, &s->x->chosen, m->out[n->out.first + k])) {
            return false;
        }
    }
    return true;
}

static bool
choose(struct stepping *s, uint32_t token)
{
    enum bpmn_kind kind = element_of(s, token)->kind;

    s->x->chosen.count = 0;
    return kind == BPMN_EXCLUSIVE                                 ? choose_one(s, token)
           : kind == BPMN_INCLUSIVE || bpmn_is_activity(kind) ? choose_many(s, token)
                                                                  : choose_all(s, token);
}

/* --- leaving -------------------------------------------------------------------------------------- */

/* The row of a token that only passed goes on; one that waited was known to others by its id, which ends here. */
static void
take(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    uint32_t scope = s->x->in[token], copies = element_of(s, token)->ends_with, element = token_at(s, token)->element;
    bool goes_on = token_at(s, token)->kind == TOKEN_MOVING;

    for (size_t k = 0; k < s->x->chosen.count; k++) { /* all are said where the token stood */
        engine_say_flow(s, token, s->x->chosen.row[k]);
    }
    for (size_t k = 0; k < s->x->chosen.count && s->rc == RC_OK; k++) {
        uint32_t flow = s->x->chosen.row[k];
        for (uint32_t copy = 0; copy < copies && s->rc == RC_OK; copy++) {
            uint32_t next = goes_on ? token : engine_token_add(s, TOKEN_MOVING, scope, element, 0, false);
            goes_on = false;
            if (next != BPMN_NONE) {
                engine_move_to(s, next, m->flow[flow].to, flow);
            }
        }
    }
}

bool
engine_is_body(const struct stepping *s, uint32_t token)
{
    const struct scope *in = scope_at(s, s->x->in[token]);

    return in->kind == SCOPE_INSTANCE && in->element == token_at(s, token)->element;
}

void
engine_leave(struct stepping *s, uint32_t token)
{
    bool passes = token_at(s, token)->kind == TOKEN_MOVING && !engine_is_body(s, token);

    if (!engine_is_body(s, token) && !choose(s, token)) {
        engine_drop_guests(s, token);
        engine_stuck(s, token, "leave");
        return;
    }
    engine_say(s, MOVE_LEFT, token, STR(""));
    engine_drop_guests(s, token);
    if (!engine_is_body(s, token)) {
        passes = passes && s->x->chosen.count > 0;
        take(s, token);
    }
    if (!passes) {
        engine_token_gone(s, token);
    }
}

/* --- entering ------------------------------------------------------------------------------------- */

static bool
has_link(const struct bpmn *m, const struct bpmn_element *n)
{
    return n->events.count > 0 && m->event[n->events.first].trigger == BPMN_LINK;
}

static void
enter_kind(struct stepping *s, uint32_t token, const struct bpmn_element *n)
{
    switch ((unsigned)n->kind) {
    case BPMN_EXCLUSIVE:
    case BPMN_START:
    case BPMN_BOUNDARY:
        engine_leave(s, token);
        break;
    case BPMN_PARALLEL:
    case BPMN_INCLUSIVE:
        engine_join(s, token);
        break;
    case BPMN_EVENT_BASED:
        engine_event_gateway(s, token);
        break;
    case BPMN_CATCH:
        if (has_link(model_of(s, token), n)) {
            engine_leave(s, token);
        } else {
            engine_catch(s, token);
        }
        break;
    case BPMN_THROW:
    case BPMN_END:
        engine_throw(s, token, 0);
        break;
    default:
        engine_enter_activity(s, token);
        break;
    }
}

/* What needs more tokens than this one says so itself once it has them. */
static bool
gathers(const struct stepping *s, uint32_t token, const struct bpmn_element *n)
{
    return ((n->kind == BPMN_PARALLEL || n->kind == BPMN_INCLUSIVE) && n->in.count > 1) || (n->starts_with > 1 && !engine_is_body(s, token));
}

void
engine_enter(struct stepping *s, uint32_t token)
{
    const struct bpmn_element *n = element_of(s, token);
    uint32_t most = s->e->moves_max > 0 ? s->e->moves_max : ENGINE_MOVES_MAX;
    bool is_again = s->again == token;

    s->again = is_again ? BPMN_NONE : s->again;
    if (!engine_is_body(s, token) && s->moved++ >= most) {
        (void)engine_fault(s, "too-long", "it goes round without coming to where something is waited for");
        engine_stuck(s, token, "come");
        return;
    }
    if (s->live >= ENGINE_TOKENS_MAX && n->kind != BPMN_END) {
        (void)engine_fault(s, "too-many", "too many tokens are under way in this case");
        engine_stuck(s, token, "come");
        return;
    }
    engine_touch(s, s->x->in[token]);
    if (!is_again && !gathers(s, token, n)) {
        engine_say(s, MOVE_ENTERED, token, STR(""));
    }
    enter_kind(s, token, n);
}

void
engine_wait(struct stepping *s, uint32_t token, enum token_kind kind)
{
    token_at(s, token)->kind = kind;
    engine_token_changed(s, token);
    if (kind == TOKEN_JOIN && !engine_stand_in_line(s, token)) {
        return;
    }
    engine_say(s, MOVE_WAITS, token, token_at(s, token)->name);
}
