/* Waiting for events: at catching events, beside activities, and at the starts of event sub-processes. */
#include "process/engine_int.h"
#include "process/gov.h"

/* --- one row, one event ---------------------------------------------------------------------------- */

static bool
message_key(struct stepping *s, uint32_t token, struct str *out)
{
    const struct gov_value *key = &gov_element(model_of(s, token), token_at(s, token)->element)->message_key;
    struct value v;
    struct err err;

    if (key->text == BPMN_NONE) {
        *out = key->written.len > 0 ? key->written : s->i->business_key;
        return true;
    }
    if (!engine_value(s, s->x->in[token], key->text, NULL, &v)) {
        return false;
    }
    struct str text = v.kind == VALUE_STRING ? v.as.text : value_text(run_arena(s->e->run), v, false);
    if (v.kind == VALUE_NULL || text.ptr == NULL) {
        return engine_fault(s, "no-key", "the key by which a message finds its case is null");
    }
    return str_copy(s->i->arena, text, out, &err) == RC_OK || engine_full(s);
}

bool
engine_wait_message(struct stepping *s, uint32_t token, uint32_t global)
{
    struct str key;

    if (!message_key(s, token, &key)) {
        return false;
    }
    struct token *t = token_at(s, token);
    t->kind = TOKEN_MESSAGE;
    t->name = global != BPMN_NONE ? model_of(s, token)->global[global].name : STR("");
    t->key = key;
    engine_token_changed(s, token);
    return true;
}

bool
engine_send(struct stepping *s, uint32_t token, uint32_t global)
{
    const struct json *inputs = NULL;
    struct str key;

    if (!message_key(s, token, &key) || !engine_inputs(s, token, &inputs)) {
        return false;
    }
    struct effect *e = engine_effect(s, EFFECT_MESSAGE, token);
    if (e == NULL) {
        return false;
    }
    e->name = global != BPMN_NONE ? model_of(s, token)->global[global].name : STR("");
    e->key = key;
    e->variables = inputs;
    engine_say(s, MOVE_THROWN, token, e->name);
    return true;
}

/* It is asked as soon as something has changed, and coming here counts as that. */
static bool
arm_condition(struct stepping *s, uint32_t token)
{
    struct token *t = token_at(s, token);

    t->data = json_bool(s->i->arena, false);
    t->kind = TOKEN_CONDITION;
    s->is_changed = true;
    return t->data != NULL ? rows_push(s, &s->x->conditions, token) : engine_full(s);
}

static bool
arm_signal(struct stepping *s, uint32_t token, struct str name)
{
    struct token *t = token_at(s, token);

    t->kind = TOKEN_SIGNAL;
    t->name = name;
    return rows_push(s, &s->x->signals, token);
}

static bool
arm_time(struct stepping *s, uint32_t token, const struct bpmn_event *e)
{
    struct token *t = token_at(s, token);

    if (e->clock.len > 0) {
        t->kind = TOKEN_CLOCK;
        t->name = e->clock;
        t->key = e->when;
        return true;
    }
    return engine_set_timer(s, token, &model_of(s, token)->timer[e->timer]);
}

bool
engine_arm(struct stepping *s, uint32_t token, uint32_t event)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_event *e = &m->event[event];
    struct token *t = token_at(s, token);

    t->event = event;
    engine_token_changed(s, token);
    switch (e->trigger) {
    case BPMN_MESSAGE:
        return engine_wait_message(s, token, e->global);
    case BPMN_SIGNAL:
        return arm_signal(s, token, m->global[e->global].name);
    case BPMN_TIMER:
        return arm_time(s, token, e);
    case BPMN_CONDITION:
        return arm_condition(s, token);
    case BPMN_FAILURE:
    case BPMN_ESCALATION:
    case BPMN_COMPENSATION:
    case BPMN_LINK:
    case BPMN_TERMINATE:
    case BPMN_TRIGGERS:
        t->kind = TOKEN_CATCHER;
        t->name = e->global != BPMN_NONE ? m->global[e->global].code : STR("");
        return true;
    }
    return true;
}

void
engine_arm_or_stick(struct stepping *s, uint32_t token, uint32_t event)
{
    if (!engine_arm(s, token, event)) {
        engine_stuck(s, token, "arm");
    }
}

uint32_t
engine_listen(struct stepping *s, uint32_t scope, uint32_t element, uint32_t host, uint32_t event)
{
    int64_t id = host != BPMN_NONE ? token_at(s, host)->id : 0;
    uint32_t token = engine_token_add(s, TOKEN_CATCHER, scope, element, id, true);

    if (token != BPMN_NONE && event != BPMN_NONE) {
        engine_arm_or_stick(s, token, event);
    }
    return token;
}

/* --- where ----------------------------------------------------------------------------------------- */

/* One for each of the element's events. */
void
engine_listen_all(struct stepping *s, uint32_t scope, uint32_t element, uint32_t host)
{
    const struct bpmn *m = model_in(s, scope);
    const struct bpmn_run run = m->element[element].events;

    for (uint32_t k = run.first; k < run.first + run.count && s->rc == RC_OK; k++) {
        if (m->event[k].trigger != BPMN_COMPENSATION) { /* which is found by what was completed */
            (void)engine_listen(s, scope, element, host, k);
        }
    }
}

void
engine_listen_boundaries(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_run run = element_of(s, token)->boundaries;

    if (engine_is_body(s, token)) {
        return; /* they stand around all instances */
    }
    for (uint32_t k = run.first; k < run.first + run.count && s->rc == RC_OK; k++) {
        engine_listen_all(s, s->x->in[token], m->boundary[k], token);
    }
}

uint32_t
engine_start_inside(const struct bpmn *m, uint32_t place)
{
    const struct bpmn_run *run = &m->scope[place].elements;
    uint32_t k = run->first;

    while (m->element[k].kind != BPMN_START) { /* a rule of models: there is one */
        k++;
    }
    return k;
}

void
engine_listen_starts(struct stepping *s, uint32_t scope)
{
    const struct bpmn *m = model_in(s, scope);
    const struct bpmn_run run = m->scope[scope_at(s, scope)->place].elements;

    for (uint32_t k = run.first; k < run.first + run.count && s->rc == RC_OK; k++) {
        if (m->element[k].is_event_sub) {
            engine_listen_all(s, scope, engine_start_inside(m, m->element[k].inside), BPMN_NONE);
        }
    }
}

void
engine_catch(struct stepping *s, uint32_t token)
{
    const struct bpmn_run run = element_of(s, token)->events;

    if (run.count == 1) {
        if (!engine_arm(s, token, run.first)) {
            engine_stuck(s, token, "enter");
        } else {
            engine_say(s, MOVE_WAITS, token, token_at(s, token)->name);
        }
        return;
    }
    engine_wait(s, token, TOKEN_EVENTS);
    engine_listen_all(s, s->x->in[token], token_at(s, token)->element, token);
}

void
engine_listen_after(struct stepping *s, uint32_t token, uint32_t flow)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_element *to = &m->element[m->flow[flow].to];
    uint32_t count = to->kind == BPMN_RECEIVE ? 1 : to->events.count;

    for (uint32_t k = 0; k < count && s->rc == RC_OK; k++) {
        uint32_t other =
            engine_listen(s, s->x->in[token], m->flow[flow].to, token, to->kind == BPMN_RECEIVE ? BPMN_NONE : to->events.first + k);
        if (other == BPMN_NONE) {
            return;
        }
        token_at(s, other)->flow = flow;
        if (to->kind == BPMN_RECEIVE && !engine_wait_message(s, other, to->global)) {
            engine_stuck(s, other, "arm");
        }
    }
}

void
engine_event_gateway(struct stepping *s, uint32_t token)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_run run = element_of(s, token)->out;

    engine_wait(s, token, TOKEN_EVENTS);
    for (uint32_t k = run.first; k < run.first + run.count && s->rc == RC_OK; k++) {
        engine_listen_after(s, token, m->out[k]);
    }
}
