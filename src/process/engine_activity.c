/* Activities: what each kind begins, what waits, and what it gives when it is done. */
#include "process/engine_int.h"
#include "process/gov.h"

/* --- what it is made of ---------------------------------------------------------------------------- */

static void
run_script(struct stepping *s, uint32_t token, const struct json *inputs)
{
    const struct bpmn_element *n = element_of(s, token);
    struct json *values = NULL, *j;
    struct value v;

    if (n->script == BPMN_NONE) {
        engine_body_done(s, token, NULL);
        return;
    }
    if (!engine_value(s, s->x->in[token], n->script, inputs, &v) || (j = engine_json(s, v)) == NULL) {
        engine_stuck(s, token, "enter");
        return;
    }
    if (n->result.len > 0) {
        values = json_object(s->i->arena);
        json_set_key(s->i->arena, values, n->result, j);
        if (values == NULL || values->lost) {
            (void)engine_full(s);
            return;
        }
    } else if (j->kind == JSON_OBJECT) { /* several at once, by name */
        values = j;
    }
    engine_body_done(s, token, values);
}

static void
wait_for(struct stepping *s, uint32_t token, enum token_kind kind, struct str name, const struct json *inputs)
{
    struct token *t = token_at(s, token);

    t->name = name;
    t->data = inputs;
    engine_wait(s, token, kind);
    engine_listen_boundaries(s, token);
}

static void
wait_for_job(struct stepping *s, uint32_t token, const char *otherwise, const struct json *inputs)
{
    struct str type = gov_element(model_of(s, token), token_at(s, token)->element)->job;

    wait_for(s, token, TOKEN_JOB, type.len > 0 ? type : otherwise != NULL ? str_of(otherwise) : element_of(s, token)->id, inputs);
}

static void
send(struct stepping *s, uint32_t token, const struct json *inputs)
{
    if (gov_element(model_of(s, token), token_at(s, token)->element)->job.len > 0) {
        wait_for_job(s, token, NULL, inputs);
    } else if (engine_send(s, token, element_of(s, token)->global)) {
        engine_body_done(s, token, NULL);
    } else {
        engine_stuck(s, token, "enter");
    }
}

static void
receive(struct stepping *s, uint32_t token)
{
    if (!engine_wait_message(s, token, element_of(s, token)->global)) {
        engine_stuck(s, token, "enter");
        return;
    }
    engine_say(s, MOVE_WAITS, token, token_at(s, token)->name);
    engine_listen_boundaries(s, token);
}

/* --- what runs inside ------------------------------------------------------------------------------ */

static bool
is_too_deep(struct stepping *s, uint32_t token)
{
    if (s->x->depth[s->x->in[token]] >= ENGINE_DEPTH_MAX) {
        (void)engine_fault(s, "too-deep", "processes call one another too deeply");
        engine_stuck(s, token, "enter");
        return true;
    }
    return false;
}

static void
run_inside(struct stepping *s, uint32_t token, enum scope_kind kind, uint32_t binding, uint32_t place, const struct json *inputs)
{
    uint32_t element = token_at(s, token)->element, scope = engine_scope_add(s, kind, s->x->in[token], token);

    if (scope == BPMN_NONE) {
        return;
    }
    struct scope *row = scope_at(s, scope);
    row->binding = binding;
    row->place = place;
    row->element = element;
    token_at(s, token)->kind = TOKEN_INNER;
    engine_token_changed(s, token);
    for (const struct json *child = kind == SCOPE_CALL && inputs != NULL ? inputs->first : NULL; child != NULL; child = child->next) {
        if (!engine_set_here(s, scope, child->key, json_copy(s->i->arena, child))) {
            engine_cancel_scope(s, scope);
            engine_stuck(s, token, "enter");
            return;
        }
    }
    engine_listen_boundaries(s, token);
    if (!engine_begin_scope(s, scope, BPMN_NONE)) {
        engine_cancel_scope(s, scope);
        engine_drop_guests(s, token);
        engine_stuck(s, token, "enter");
    }
}

/* Of the same model, if it stands there; else by the key that it is called by. */
static const struct binding *
find_called(const struct stepping *s, uint32_t token)
{
    const struct bpmn_element *n = element_of(s, token);
    const struct bpmn *m = model_of(s, token);

    for (size_t b = 0; b < s->i->bindings; b++) {
        const struct binding *binding = &s->i->binding[b];
        if (n->called_process != BPMN_NONE ? binding->model == m && binding->process == n->called_process
                                           : str_eq(binding->key, n->called)) {
            return binding;
        }
    }
    return NULL;
}

static void
call(struct stepping *s, uint32_t token, const struct json *inputs)
{
    const struct binding *b = find_called(s, token);

    if (gov_element(model_of(s, token), token_at(s, token)->element)->handover != NULL) {
        wait_for_job(s, token, "handover", inputs);
        return;
    }
    if (is_too_deep(s, token)) {
        return;
    }
    if (b == NULL || !engine_can_begin(b->model, b->model->process[b->process].scope)) {
        (void)engine_fault(s, "no-process", b == NULL ? "the process that is called is not bound to this case"
                                                      : "the process that is called only begins by an event");
        engine_stuck(s, token, "enter");
        return;
    }
    run_inside(s, token, SCOPE_CALL, (uint32_t)(b - s->i->binding), b->model->process[b->process].scope, inputs);
}

void
engine_begin_body(struct stepping *s, uint32_t token)
{
    const struct bpmn_element *n = element_of(s, token);
    const struct json *inputs = NULL;

    if (!engine_inputs(s, token, &inputs)) {
        engine_stuck(s, token, "enter");
        return;
    }
    switch ((unsigned)n->kind) {
    case BPMN_USER:
        wait_for(s, token, TOKEN_TASK, STR(""), inputs);
        break;
    case BPMN_SERVICE:
        wait_for_job(s, token, NULL, inputs);
        break;
    case BPMN_RULE:
        wait_for_job(s, token, "rule", inputs);
        break;
    case BPMN_SEND:
        send(s, token, inputs);
        break;
    case BPMN_RECEIVE:
        receive(s, token);
        break;
    case BPMN_SCRIPT:
        run_script(s, token, inputs);
        break;
    case BPMN_CALL:
        call(s, token, inputs);
        break;
    case BPMN_SUB:
        if (!is_too_deep(s, token)) {
            run_inside(s, token, SCOPE_SUB, scope_at(s, s->x->in[token])->binding, n->inside, NULL);
        }
        break;
    default: /* a task of no kind, or one done by hand: nobody is asked */
        engine_body_done(s, token, NULL);
        break;
    }
}

/* --- beginning ------------------------------------------------------------------------------------- */

/* True: there are as many as it needs, and the others are taken. */
static bool
has_enough(struct stepping *s, uint32_t token)
{
    uint32_t scope = s->x->in[token], element = token_at(s, token)->element, needed = element_of(s, token)->starts_with - 1;

    s->x->firing.count = 0;
    for (uint32_t at = s->x->tokens[scope].first; at != BPMN_NONE && s->x->firing.count < needed; at = s->x->beside[at].after) {
        if (token_at(s, at)->kind == TOKEN_JOIN && token_at(s, at)->element == element && !rows_push(s, &s->x->firing, at)) {
            return false;
        }
    }
    if (s->x->firing.count < needed) {
        engine_wait(s, token, TOKEN_JOIN);
        return false;
    }
    for (size_t k = 0; k < needed; k++) {
        engine_token_gone(s, s->x->firing.row[k]);
    }
    engine_say(s, MOVE_ENTERED, token, STR(""));
    return true;
}

void
engine_enter_activity(struct stepping *s, uint32_t token)
{
    const struct bpmn_element *n = element_of(s, token);

    if (engine_is_body(s, token)) {
        engine_begin_body(s, token);
    } else if (n->starts_with > 1 && !has_enough(s, token)) {
        return;
    } else if (n->loop != BPMN_NONE) {
        engine_enter_multi(s, token);
    } else {
        engine_begin_body(s, token);
    }
}

/* --- done ------------------------------------------------------------------------------------------ */

void
engine_body_done(struct stepping *s, uint32_t token, const struct json *values)
{
    uint32_t in = s->x->in[token];

    if (!engine_outputs(s, token, in, in, values)) {
        engine_drop_guests(s, token);
        engine_stuck(s, token, "leave");
        return;
    }
    engine_activity_done(s, token);
}

/* What was called to undo something is over when it is done, and goes on to nowhere. */
void
engine_activity_done(struct stepping *s, uint32_t token)
{
    uint32_t waiting = engine_token_row(s, token_at(s, token)->host);

    if (element_of(s, token)->is_compensation && !engine_is_body(s, token)) {
        engine_say(s, MOVE_LEFT, token, STR(""));
        engine_drop_guests(s, token);
        engine_token_gone(s, token);
        if (waiting != BPMN_NONE) {
            engine_compensated(s, waiting);
        }
        return;
    }
    engine_compensable(s, token);
    if (s->rc == RC_OK) {
        engine_leave(s, token);
    }
}
