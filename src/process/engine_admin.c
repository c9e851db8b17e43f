/* What people do to a case beside its way: mending, sending back, signers, supplements, suspending, ending, reopening. */
#include <string.h>

#include "process/engine_int.h"
#include "process/gov.h"

#define SUPPLEMENTS STR("supplements") /* which task elements have asked: {"Review":true} */

/* --- where a token may be put ------------------------------------------------------------------------- */

struct way_back {
    uint32_t scope;   /* where the element is */
    uint32_t mover;   /* the token in that scope that leads to the one named, or BPMN_NONE */
    uint32_t beside;  /* the event sub-process in it that holds the one named, or BPMN_NONE */
    uint32_t element;
};

static bool
may_begin_at(const struct bpmn_element *n)
{
    return n->kind != BPMN_BOUNDARY && n->kind != BPMN_START && !n->is_event_sub && !n->is_compensation;
}

/* Outwards from the token, within its process; never into the middle of something repeated. */
static bool
find_way_back(const struct stepping *s, uint32_t token, struct way_back *out)
{
    const struct bpmn *m = model_of(s, token);

    *out = (struct way_back){s->x->in[token], token, BPMN_NONE, bpmn_find_element(m, s->c->element)};
    if (out->element == BPMN_NONE || !may_begin_at(&m->element[out->element])) {
        return false;
    }
    while (out->scope != BPMN_NONE) {
        const struct scope *row = scope_at(s, out->scope);
        if (runs_elements(row->kind) && !row->ended && row->place == m->element[out->element].scope && model_in(s, out->scope) == m) {
            return true;
        }
        if (row->kind == SCOPE_CALL) {
            return false;
        }
        out->beside = row->kind == SCOPE_EVENT_SUB ? out->scope : BPMN_NONE;
        out->mover = row->kind == SCOPE_EVENT_SUB ? BPMN_NONE
                     : row->token != 0            ? engine_token_row(s, row->token)
                                                  : out->mover; /* an instance: its MULTI has the token */
        out->scope = s->x->up[out->scope];
    }
    return false;
}

static bool
is_allowed(const struct gov_element *g, uint32_t element)
{
    for (size_t k = 0; k < g->returns; k++) {
        if (g->returns_to[k] == element) {
            return true;
        }
    }
    return false;
}

static enum rc
check_back(const struct stepping *s, uint32_t token, struct err *err)
{
    struct way_back way;
    bool is_return = s->c->kind == COMMAND_RETURN;

    if (!find_way_back(s, token, &way)) {
        return err_problem(err, RC_NOT_FOUND, "element-gone", "there is no %.*s around token %lld to go to",
                           STR_ARG(str_sub(s->c->element, 0, 60)), (long long)s->c->token);
    }
    if (is_return && !is_allowed(gov_element(model_of(s, token), token_at(s, token)->element), way.element)) {
        return err_problem(err, RC_CONFLICT, "return-not-allowed", "a task at %.*s is not sent back to %.*s",
                           STR_ARG(element_of(s, token)->id), STR_ARG(str_sub(s->c->element, 0, 60)));
    }
    if (token_at(s, token)->listens || token_at(s, token)->host != 0) {
        return err_problem(err, RC_CONFLICT, "token-other", "token %lld only listens", (long long)s->c->token);
    }
    return RC_OK;
}

/* --- what lies after an element ------------------------------------------------------------------------ */

static void
reach(struct stepping *s, uint32_t element, uint32_t *count)
{
    if (s->x->mark[element] == 0) {
        s->x->mark[element] = 1;
        s->x->stack[(*count)++] = element;
    }
}

static void
mark_after(struct stepping *s, const struct bpmn *m, uint32_t element)
{
    uint32_t count = 0;

    memset(s->x->mark, 0, m->elements);
    reach(s, element, &count);
    while (count > 0) {
        const struct bpmn_element *n = &m->element[s->x->stack[--count]];
        for (uint32_t k = 0; k < n->out.count; k++) {
            reach(s, m->flow[m->out[n->out.first + k]].to, &count);
        }
        for (uint32_t k = 0; k < n->boundaries.count; k++) {
            reach(s, m->boundary[n->boundaries.first + k], &count);
        }
        if (n->kind == BPMN_THROW && n->events.count > 0 && m->event[n->events.first].trigger == BPMN_LINK) {
            reach(s, m->event[n->events.first].target, &count);
        }
    }
}

/* One that waits at a join has done what lies before it: that is where it stands. */
static bool
is_after(const struct stepping *s, uint32_t token)
{
    const struct token *t = token_at(s, token);
    bool waits = t->kind == TOKEN_JOIN && t->flow != BPMN_NONE;

    return !t->listens && t->host == 0 && s->x->mark[waits ? model_of(s, token)->flow[t->flow].from : t->element] != 0;
}

/* What came out of the element that is gone back to is done once more, so it is taken down. */
static void
cancel_after(struct stepping *s, uint32_t scope, uint32_t element)
{
    if (!engine_room_for_marks(s, model_in(s, scope))) {
        return;
    }
    mark_after(s, model_in(s, scope), element);
    for (uint32_t at = s->x->tokens[scope].first, next; at != BPMN_NONE; at = next) {
        next = s->x->beside[at].after;
        if (is_after(s, at)) {
            engine_cancel_token(s, at);
            if (next != BPMN_NONE && token_is_gone(s, next)) {
                next = s->x->tokens[scope].first;
            }
        }
    }
}

static void
go_back(struct stepping *s, uint32_t token)
{
    struct way_back way;

    engine_say(s, MOVE_RETURNED, token, engine_kept(s, s->c->reason));
    if (!find_way_back(s, token, &way)) {
        return;
    }
    if (way.mover != BPMN_NONE) {
        engine_cancel_token(s, way.mover);
    } else {
        engine_cancel_scope(s, way.beside);
    }
    if (s->c->kind == COMMAND_RETURN) {
        cancel_after(s, way.scope, way.element);
    }
    uint32_t next = engine_token_add(s, TOKEN_MOVING, way.scope, way.element, 0, false);
    if (next != BPMN_NONE) {
        engine_move_to(s, next, way.element, BPMN_NONE);
    }
}

/* --- mending -------------------------------------------------------------------------------------------- */

static void
give_up_job(struct stepping *s, uint32_t token)
{
    (void)engine_fault(s, "job-failed", "the work could not be done");
    s->why = s->c->reason.len > 0 ? s->c->reason : s->why;
    engine_stuck(s, token, "wait");
}

/* What somebody has mended is what the work is given then. */
static void
wait_again(struct stepping *s, uint32_t token, const struct json *was)
{
    struct token *t = token_at(s, token);
    const struct json *inputs = NULL;
    enum token_kind kind;

    if (!token_kind_by_name(json_str(was, "kind"), &kind)) {
        kind = TOKEN_JOB;
    }
    t->name = json_str(was, "name");
    t->data = json_get(was, "data");
    t->due_us = 0;
    t->attempt++;
    if (kind == TOKEN_JOB && s->c->variables != NULL) {
        t->kind = kind;
        if (!engine_inputs(s, token, &inputs)) {
            engine_stuck(s, token, "wait");
            return;
        }
        token_at(s, token)->data = inputs;
    }
    engine_wait(s, token, kind);
}

static void
arm_again(struct stepping *s, uint32_t token)
{
    uint32_t event = token_at(s, token)->event;

    token_at(s, token)->data = NULL;
    if (event != BPMN_NONE) {
        engine_arm_or_stick(s, token, event);
    } else if (!engine_wait_message(s, token, element_of(s, token)->global)) {
        engine_stuck(s, token, "arm");
    }
}

static void
retry(struct stepping *s, uint32_t token)
{
    const struct json *was = token_at(s, token)->data;
    struct str at = json_str(was, "at");

    if (!engine_set_all(s, s->x->in[token], s->c->variables)) {
        (void)engine_full(s);
        return;
    }
    engine_say(s, MOVE_RESOLVED, token, engine_kept(s, s->c->reason));
    engine_token_changed(s, token);
    if (str_eq(at, STR("wait"))) {
        wait_again(s, token, was);
        return;
    }
    token_at(s, token)->name = STR("");
    if (str_eq(at, STR("arm"))) {
        arm_again(s, token);
        return;
    }
    token_at(s, token)->data = NULL;
    token_at(s, token)->kind = TOKEN_MOVING;
    if (str_eq(at, STR("leave"))) {
        engine_leave(s, token);
    } else if (str_eq(at, STR("throw"))) {
        engine_throw(s, token, token_at(s, token)->event - element_of(s, token)->events.first);
    } else {
        s->again = str_eq(at, STR("enter")) ? token : BPMN_NONE;
        engine_move_to(s, token, token_at(s, token)->element, token_at(s, token)->flow);
    }
}

/* --- signers --------------------------------------------------------------------------------------------- */

/* The nearest instance around a token, or the repeated activity whose instances run inside of it. */
static uint32_t
instance_around(const struct stepping *s, uint32_t token)
{
    uint32_t scope = s->x->in[token];

    while (scope != BPMN_NONE && scope_at(s, scope)->kind != SCOPE_INSTANCE) {
        scope = s->x->up[scope];
    }
    return scope;
}

static uint32_t
multi_of(const struct stepping *s, uint32_t token)
{
    uint32_t inner = s->x->inner[token], scope = instance_around(s, token);

    return inner != BPMN_NONE && scope_at(s, inner)->kind == SCOPE_MULTI ? inner : scope != BPMN_NONE ? s->x->up[scope] : BPMN_NONE;
}

static enum rc
check_signer(const struct stepping *s, uint32_t token, struct err *err)
{
    uint32_t multi = s->c->kind == COMMAND_ADD_SIGNER    ? multi_of(s, token)
                     : instance_around(s, token) != BPMN_NONE ? s->x->up[instance_around(s, token)]
                                                              : BPMN_NONE;
    const struct bpmn *m = multi != BPMN_NONE ? model_in(s, multi) : NULL;

    if (m == NULL || scope_at(s, multi)->ended ||
        m->loop[m->element[scope_at(s, multi)->element].loop].kind != BPMN_MULTI_PARALLEL) {
        return err_problem(err, RC_CONFLICT, "token-other", "token %lld is not in an activity that runs side by side",
                           (long long)s->c->token);
    }
    if (s->c->kind == COMMAND_ADD_SIGNER && scope_at(s, multi)->total >= ENGINE_INSTANCES_MAX) {
        return err_set(err, RC_INVALID, "there are too many instances of the activity already");
    }
    return RC_OK;
}

/* --- supplements ------------------------------------------------------------------------------------------ */

static uint32_t
process_around(const struct stepping *s, uint32_t token)
{
    uint32_t scope = s->x->in[token];

    while (scope_at(s, scope)->kind != SCOPE_PROCESS && scope_at(s, scope)->kind != SCOPE_CALL) {
        scope = s->x->up[scope];
    }
    return scope;
}

static enum rc
check_supplement(const struct stepping *s, uint32_t token, struct err *err)
{
    const struct bpmn_element *n = element_of(s, token);
    const struct json *asked = json_get_key(scope_at(s, process_around(s, token))->variables, SUPPLEMENTS);
    const struct json *open = json_get(token_at(s, token)->data, "supplement");

    if (s->c->kind == COMMAND_SUPPLY) {
        return json_get(open, "asked") != NULL && json_get(open, "answer") == NULL
                   ? RC_OK
                   : err_problem(err, RC_CONFLICT, "token-other", "nothing is asked at token %lld", (long long)s->c->token);
    }
    if (gov_element(model_of(s, token), token_at(s, token)->element)->supplement == NULL) {
        return err_problem(err, RC_CONFLICT, "supplement-not-allowed", "nothing may be asked at %.*s", STR_ARG(n->id));
    }
    if (json_get_key(asked, n->id) != NULL) {
        return err_problem(err, RC_CONFLICT, "only-once", "it was asked at %.*s before", STR_ARG(n->id));
    }
    return RC_OK;
}

static void
put_supplement(struct stepping *s, uint32_t token, struct json *supplement)
{
    struct arena *a = s->i->arena;
    const struct json *before = token_at(s, token)->data;
    struct json *data = json_is(before, JSON_OBJECT) ? json_copy(a, before) : json_object(a);

    json_set(a, data, "supplement", supplement);
    if (data == NULL || data->lost) {
        (void)engine_full(s);
        return;
    }
    token_at(s, token)->data = data;
    engine_token_changed(s, token);
}

static void
ask_supplement(struct stepping *s, uint32_t token)
{
    struct arena *a = s->i->arena;
    uint32_t process = process_around(s, token);
    const struct json *before = json_get_key(scope_at(s, process)->variables, SUPPLEMENTS);
    struct json *asked = json_is(before, JSON_OBJECT) ? json_copy(a, before) : json_object(a), *supplement = json_object(a);

    json_set(a, supplement, "asked", s->c->variables != NULL ? json_copy(a, s->c->variables) : json_object(a));
    json_set_key(a, asked, element_of(s, token)->id, json_bool(a, true));
    if (supplement == NULL || supplement->lost || asked == NULL || asked->lost || !engine_set_here(s, process, SUPPLEMENTS, asked)) {
        (void)engine_full(s);
        return;
    }
    put_supplement(s, token, supplement);
    engine_say(s, MOVE_SUPPLEMENT, token, engine_kept(s, s->c->reason));
}

static void
answer_supplement(struct stepping *s, uint32_t token)
{
    struct arena *a = s->i->arena;
    struct json *supplement = json_copy(a, json_get(token_at(s, token)->data, "supplement"));

    json_set(a, supplement, "answer", s->c->variables != NULL ? json_copy(a, s->c->variables) : json_object(a));
    if (supplement == NULL || supplement->lost || !engine_set_all(s, s->x->in[token], s->c->variables)) {
        (void)engine_full(s);
        return;
    }
    put_supplement(s, token, supplement);
    engine_say(s, MOVE_SUPPLIED, token, STR(""));
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

static enum rc
check_reopen(const struct stepping *s, struct err *err)
{
    const struct binding *b = &s->i->binding[0];
    uint32_t element = bpmn_find_element(b->model, s->c->element);

    if (element == BPMN_NONE || b->model->element[element].scope != b->model->process[b->process].scope ||
        !may_begin_at(&b->model->element[element])) {
        return err_problem(err, RC_NOT_FOUND, "element-gone", "there is no element %.*s to begin again at",
                           STR_ARG(str_sub(s->c->element, 0, 60)));
    }
    return RC_OK;
}

static void
reopen(struct stepping *s)
{
    uint32_t root = engine_scope_row(s, 1), element = bpmn_find_element(s->i->binding[0].model, s->c->element);

    s->i->state = INSTANCE_RUNNING;
    s->i->ended_us = 0;
    s->i->failed_code = STR("");
    scope_at(s, root)->ended = false;
    engine_scope_changed(s, root);
    engine_say_process(s, MOVE_REOPENED, engine_kept(s, s->c->reason));
    if (!engine_set_all(s, root, s->c->variables)) {
        (void)engine_full(s);
        return;
    }
    engine_listen_starts(s, root);
    uint32_t token = engine_token_add(s, TOKEN_MOVING, root, element, 0, false);
    if (token != BPMN_NONE) {
        engine_move_to(s, token, element, BPMN_NONE);
    }
}

enum rc
engine_check_admin(struct stepping *s, uint32_t token, struct err *err)
{
    switch ((unsigned)s->c->kind) {
    case COMMAND_RETURN:
    case COMMAND_MOVE:
        return check_back(s, token, err);
    case COMMAND_ADD_SIGNER:
    case COMMAND_DROP_SIGNER:
        return check_signer(s, token, err);
    case COMMAND_SUPPLEMENT:
    case COMMAND_SUPPLY:
        return check_supplement(s, token, err);
    case COMMAND_REOPEN:
        return check_reopen(s, err);
    default:
        return RC_OK;
    }
}

static void
change_signers(struct stepping *s, uint32_t token)
{
    if (s->c->kind == COMMAND_ADD_SIGNER) {
        engine_say(s, MOVE_SIGNER, token, STR("added"));
        engine_add_instance(s, multi_of(s, token), s->c->variables);
    } else {
        engine_say(s, MOVE_SIGNER, token, STR("dropped"));
        engine_drop_instance(s, instance_around(s, token));
    }
}

static void
do_to_whole(struct stepping *s)
{
    switch ((unsigned)s->c->kind) {
    case COMMAND_SUSPEND:
        s->i->state = INSTANCE_SUSPENDED;
        engine_say_process(s, MOVE_SUSPENDED, engine_kept(s, s->c->reason));
        break;
    case COMMAND_RESUME:
        s->i->state = INSTANCE_RUNNING;
        engine_say_process(s, MOVE_RESUMED, engine_kept(s, s->c->reason));
        break;
    case COMMAND_CANCEL:
        engine_end_instance(s, INSTANCE_CANCELLED, engine_kept(s, s->c->reason));
        break;
    default:
        reopen(s);
        break;
    }
}

void
engine_do_admin(struct stepping *s, uint32_t token)
{
    switch ((unsigned)s->c->kind) {
    case COMMAND_INCIDENT:
        give_up_job(s, token);
        break;
    case COMMAND_RETRY:
        retry(s, token);
        break;
    case COMMAND_RETURN:
    case COMMAND_MOVE:
        go_back(s, token);
        break;
    case COMMAND_ADD_SIGNER:
    case COMMAND_DROP_SIGNER:
        change_signers(s, token);
        break;
    case COMMAND_SUPPLEMENT:
        ask_supplement(s, token);
        break;
    case COMMAND_SUPPLY:
        answer_supplement(s, token);
        break;
    default:
        do_to_whole(s);
        break;
    }
}
