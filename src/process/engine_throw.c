/* Events that are thrown: to others, to all that listen here, or outwards until somebody catches them. */
#include "process/engine_int.h"

/* --- outwards --------------------------------------------------------------------------------------- */

struct thrown {
    enum bpmn_trigger trigger;
    struct str code;
};

static bool
catches(const struct stepping *s, uint32_t token, const struct thrown *what, bool any)
{
    const struct token *t = token_at(s, token);

    return t->listens && t->kind == TOKEN_CATCHER && t->event != BPMN_NONE &&
           model_of(s, token)->event[t->event].trigger == what->trigger &&
           (any ? t->name.len == 0 : t->name.len > 0 && str_eq(t->name, what->code));
}

/* On the boundary of an activity; what names the code goes before what takes any. */
static uint32_t
beside_activity(const struct stepping *s, uint32_t host, const struct thrown *what)
{
    for (int any = 0; any < 2; any++) {
        for (uint32_t at = s->x->guests[host].first; at != BPMN_NONE; at = s->x->guest[at].after) {
            if (catches(s, at, what, any)) {
                return at;
            }
        }
    }
    return BPMN_NONE;
}

static uint32_t
inside_scope(const struct stepping *s, uint32_t scope, const struct thrown *what)
{
    for (int any = 0; any < 2; any++) {
        for (uint32_t at = s->x->tokens[scope].first; at != BPMN_NONE; at = s->x->beside[at].after) {
            if (token_at(s, at)->host == 0 && catches(s, at, what, any)) {
                return at;
            }
        }
    }
    return BPMN_NONE;
}

static uint32_t
find_catcher(const struct stepping *s, uint32_t scope, uint32_t token, const struct thrown *what)
{
    while (scope != BPMN_NONE) {
        uint32_t found = token != BPMN_NONE ? beside_activity(s, token, what) : BPMN_NONE;
        if (found == BPMN_NONE) {
            found = inside_scope(s, scope, what);
        }
        if (found != BPMN_NONE) {
            return found;
        }
        token = engine_token_row(s, scope_at(s, scope)->token);
        scope = s->x->up[scope];
    }
    return BPMN_NONE;
}

void
engine_fail(struct stepping *s, uint32_t scope, uint32_t token, struct str code)
{
    uint32_t found = find_catcher(s, scope, token, &(struct thrown){BPMN_FAILURE, code});

    if (found != BPMN_NONE) {
        engine_fire(s, found, NULL);
    } else {
        s->i->failed_code = code;
        engine_end_instance(s, INSTANCE_FAILED, code);
    }
}

static void
escalate(struct stepping *s, uint32_t scope, uint32_t token, struct str code)
{
    uint32_t found = find_catcher(s, scope, token, &(struct thrown){BPMN_ESCALATION, code});

    if (found != BPMN_NONE) {
        engine_fire(s, found, NULL);
    }
}

/* --- to all ----------------------------------------------------------------------------------------- */

static bool
broadcast(struct stepping *s, uint32_t token, struct str name)
{
    const struct json *inputs = NULL;

    if (!engine_inputs(s, token, &inputs)) {
        return false;
    }
    struct effect *e = engine_effect(s, EFFECT_SIGNAL, token);
    if (e == NULL) {
        return false;
    }
    e->name = name;
    e->variables = inputs;
    engine_say(s, MOVE_THROWN, token, name);
    engine_signal(s, name, inputs);
    return true;
}

/* --- at an event ------------------------------------------------------------------------------------ */

static struct str
code_of(const struct bpmn *m, const struct bpmn_event *e)
{
    return e->global != BPMN_NONE ? m->global[e->global].code : STR("");
}

/* host: an activity that throws by itself, whose boundary is asked first. */
static bool
throw_one(struct stepping *s, uint32_t token, uint32_t host, const struct bpmn_event *e)
{
    const struct bpmn *m = model_of(s, token);
    uint32_t in = s->x->in[token];

    switch ((unsigned)e->trigger) {
    case BPMN_MESSAGE:
        return engine_send(s, token, e->global);
    case BPMN_SIGNAL:
        return broadcast(s, token, m->global[e->global].name);
    case BPMN_ESCALATION:
        engine_say(s, MOVE_THROWN, token, code_of(m, e));
        escalate(s, in, host, code_of(m, e));
        return true;
    case BPMN_FAILURE:
        engine_say(s, MOVE_THROWN, token, code_of(m, e));
        engine_fail(s, in, host, code_of(m, e));
        return true;
    case BPMN_TERMINATE:
        engine_say(s, MOVE_LEFT, token, STR(""));
        engine_token_gone(s, token);
        engine_cancel_inside(s, in, false);
        return true;
    default:
        return true;
    }
}

void
engine_throw_event(struct stepping *s, uint32_t token, const struct bpmn_event *event)
{
    bool is_thrown;

    s->thrower = token_at(s, token)->id;
    is_thrown = throw_one(s, token, token, event);
    s->thrower = 0;
    if (!is_thrown) {
        engine_drop_guests(s, token);
        engine_stuck(s, token, "leave");
    }
}

void
engine_throw(struct stepping *s, uint32_t token, uint32_t from)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_element *n = element_of(s, token);

    for (uint32_t k = from; k < n->events.count && s->rc == RC_OK; k++) {
        const struct bpmn_event *e = &m->event[n->events.first + k];
        if (e->trigger == BPMN_LINK) {
            engine_say(s, MOVE_LEFT, token, STR(""));
            engine_move_to(s, token, e->target, BPMN_NONE);
            return;
        }
        token_at(s, token)->event = n->events.first + k;
        if (e->trigger == BPMN_COMPENSATION) {
            if (engine_compensate(s, token, e)) { /* and goes on from here when that is done */
                return;
            }
        } else if (!throw_one(s, token, BPMN_NONE, e)) {
            engine_stuck(s, token, "throw");
            return;
        }
        if (token_is_gone(s, token)) { /* by what it threw itself */
            return;
        }
    }
    if (s->rc == RC_OK && n->kind == BPMN_END) {
        engine_say(s, MOVE_LEFT, token, STR(""));
        engine_token_gone(s, token);
    } else if (s->rc == RC_OK) {
        engine_leave(s, token);
    }
}
