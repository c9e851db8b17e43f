/* Commands: what they ask of an instance is checked before anything is changed, then everything moves until nothing moves. */
#include <string.h>

#include "process/engine_int.h"
#include "process/gov.h"

#define BIT(kind) (1U << TOKEN_##kind)
#define ANY_TOKEN (~0U)

/* --- what happened -------------------------------------------------------------------------------- */

bool
engine_full(struct stepping *s)
{
    s->rc = RC_LIMIT;
    return false;
}

bool
engine_fault(struct stepping *s, const char *code, const char *why)
{
    s->fault = code;
    s->why = str_of(why);
    return false;
}

struct str
engine_kept(struct stepping *s, struct str text)
{
    struct str copy = STR("");
    struct err err;

    if (str_copy(s->i->arena, text, &copy, &err) != RC_OK) {
        (void)engine_full(s);
    }
    return copy;
}

static struct move *
more_moves(struct stepping *s)
{
    if (s->moves == s->move_room) {
        size_t room = s->move_room > 0 ? s->move_room * 2 : 16;
        struct move *grown = arena_grow(s->i->arena, s->move, s->move_room * sizeof(*grown), room * sizeof(*grown));
        if (grown == NULL) {
            (void)engine_full(s);
            return NULL;
        }
        s->move = grown;
        s->move_room = room;
    }
    return &s->move[s->moves++];
}

static void
say(struct stepping *s, enum move_kind kind, uint32_t token, uint32_t flow, struct str detail)
{
    struct move *m = more_moves(s);
    const struct token *t = token_at(s, token);
    const struct scope *in = scope_at(s, s->x->in[token]);

    if (m != NULL) {
        *m = (struct move){.kind = kind, .binding = in->binding, .element = t->element, .flow = flow, .token = t->id, .scope = t->scope,
                           .is_instance = in->kind == SCOPE_INSTANCE && in->element == t->element, .detail = detail};
    }
}

void
engine_say(struct stepping *s, enum move_kind kind, uint32_t token, struct str detail)
{
    say(s, kind, token, BPMN_NONE, detail);
}

void
engine_say_flow(struct stepping *s, uint32_t token, uint32_t flow)
{
    say(s, MOVE_TAKEN, token, flow, STR(""));
}

void
engine_say_element(struct stepping *s, enum move_kind kind, uint32_t scope, uint32_t element, struct str detail)
{
    struct move *m = more_moves(s);

    if (m != NULL) {
        *m = (struct move){.kind = kind, .binding = scope_at(s, scope)->binding, .element = element, .flow = BPMN_NONE,
                           .scope = scope_at(s, scope)->id, .detail = detail};
    }
}

void
engine_say_process(struct stepping *s, enum move_kind kind, struct str detail)
{
    struct move *m = more_moves(s);

    if (m != NULL) {
        *m = (struct move){.kind = kind, .element = BPMN_NONE, .flow = BPMN_NONE, .scope = 1, .detail = detail};
    }
}

struct effect *
engine_effect(struct stepping *s, enum effect_kind kind, uint32_t token)
{
    if (s->effects == s->effect_room) {
        size_t room = s->effect_room > 0 ? s->effect_room * 2 : 4;
        struct effect *grown = arena_grow(s->i->arena, s->effect, s->effect_room * sizeof(*grown), room * sizeof(*grown));
        if (grown == NULL) {
            (void)engine_full(s);
            return NULL;
        }
        s->effect = grown;
        s->effect_room = room;
    }
    struct effect *e = &s->effect[s->effects++];
    *e = (struct effect){.kind = kind, .name = STR(""), .key = STR(""), .binding = scope_at(s, s->x->in[token])->binding,
                         .element = token_at(s, token)->element, .token = token_at(s, token)->id};
    return e;
}

void
engine_stuck(struct stepping *s, uint32_t token, const char *at)
{
    struct arena *a = s->i->arena;
    struct json *data = s->rc == RC_OK ? json_object(a) : NULL;
    struct token *t = token_at(s, token);
    struct err err;

    if (s->rc != RC_OK) {
        return;
    }
    json_set_text(a, data, "at", str_of(at));
    json_set_text(a, data, "why", s->why);
    if (str_eq(str_of(at), STR("wait"))) { /* what it was, for when it is tried again */
        json_set_text(a, data, "kind", str_of(token_kind_name(t->kind)));
        json_set_text(a, data, "name", t->name);
        if (s->c->kind == COMMAND_INCIDENT && json_get(s->c->variables, "tries") != NULL) {
            json_set(a, data, "tries", json_copy(a, json_get(s->c->variables, "tries")));
        }
        if (t->data != NULL) {
            json_set(a, data, "data", json_copy(a, t->data));
        }
    }
    if (json_whole(data, &err) != RC_OK) {
        (void)engine_full(s);
        return;
    }
    t->kind = TOKEN_INCIDENT;
    t->name = str_of(s->fault);
    t->data = data;
    engine_token_changed(s, token);
    engine_say(s, MOVE_INCIDENT, token, t->name);
    s->fault = NULL;
}

/* --- the loop ------------------------------------------------------------------------------------- */

static void
next_ending(struct stepping *s, size_t *taken)
{
    uint32_t scope = s->x->endings.row[(*taken)++];

    if (*taken == s->x->endings.count) {
        *taken = s->x->endings.count = 0;
    }
    s->x->is_ending[scope] = false;
    if (!scope_is_gone(s, scope) && !scope_at(s, scope)->ended && s->x->alive[scope] == 0) {
        engine_end_scope(s, scope);
    }
}

static void
next_token(struct stepping *s, struct rows *queue, size_t *taken)
{
    uint32_t token = queue->row[(*taken)++];

    if (*taken == queue->count) {
        *taken = queue->count = 0;
    }
    if (token_is_gone(s, token)) {
        return;
    }
    if (token_at(s, token)->kind == TOKEN_MOVING) {
        engine_enter(s, token);
    } else if (token_at(s, token)->kind == TOKEN_COMPENSATION) {
        engine_undo_next(s, token);
    }
}

/* Conditions are asked as soon as a variable has changed, before anything moves on. */
void
engine_run(struct stepping *s)
{
    size_t ended = 0;

    while (s->rc == RC_OK) {
        if (s->is_changed && s->x->conditions.count > 0) {
            s->is_changed = false;
            engine_ask_conditions(s);
        } else if (s->x->endings.count > 0) {
            next_ending(s, &ended);
        } else if (s->x->queue.count > 0) {
            next_token(s, &s->x->queue, &s->taken);
        } else if (s->x->touched.count > 0) {
            engine_look_at_joins(s);
        } else if (s->x->later.count > 0) {
            next_token(s, &s->x->later, &s->taken_later);
        } else {
            break;
        }
    }
}

/* --- checks --------------------------------------------------------------------------------------- */

static enum rc
check_state(const struct instance *i, const struct command *c, struct err *err)
{
    bool is_over = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;

    if (c->kind == COMMAND_MIGRATE) {
        return err_problem(err, RC_CONFLICT, "token-other", "a process is moved to another version by a plan only");
    }
    if (c->kind == COMMAND_START) {
        return i->scopes == 0 ? RC_OK : err_problem(err, RC_CONFLICT, "only-once", "the process was started before");
    }
    if (c->kind == COMMAND_REOPEN) {
        return is_over ? RC_OK : err_problem(err, RC_CONFLICT, "token-other", "a process that runs is not reopened");
    }
    if (is_over || i->scopes == 0) {
        return err_problem(err, RC_CONFLICT, "instance-over", "the process is %s", instance_state_name(i->state));
    }
    if (c->kind == COMMAND_RESUME) {
        return i->state == INSTANCE_SUSPENDED ? RC_OK : err_problem(err, RC_CONFLICT, "token-other", "the process is not suspended");
    }
    if (i->state == INSTANCE_SUSPENDED && c->kind != COMMAND_CANCEL) {
        return err_problem(err, RC_CONFLICT, "instance-suspended", "the process is suspended");
    }
    return RC_OK;
}

enum rc
engine_variables_check(const struct json *variables, struct err *err)
{
    if (variables == NULL) {
        return RC_OK;
    }
    if (variables->kind != JSON_OBJECT) {
        return err_set(err, RC_INVALID, "variables are no object");
    }
    if (json_whole(variables, err) != RC_OK || engine_is_nested(variables, ENGINE_NESTED_MAX + 1)) {
        return err_set(err, RC_INVALID, "variables are nested too deeply");
    }
    for (const struct json *child = variables->first; child != NULL; child = child->next) {
        if (child->key.len == 0) {
            return err_set(err, RC_INVALID, "a variable has no name");
        }
    }
    if (engine_json_bytes(variables) > ENGINE_VARIABLES_MAX) {
        return err_set(err, RC_INVALID, "the variables are too large");
    }
    return RC_OK;
}

static enum rc
check_variables(const struct stepping *s, const struct command *c, struct err *err)
{
    enum rc rc = engine_variables_check(c->variables, err);

    if (rc != RC_OK || c->variables == NULL) {
        return rc;
    }
    if (c->kind != COMMAND_SET && json_get(c->variables, "supplements") != NULL) { /* what may be asked once would be asked twice */
        return err_set(err, RC_INVALID, "which tasks have asked for a supplement is not said by whoever acts");
    }
    if (engine_json_bytes(c->variables) + s->bytes > ENGINE_VARIABLES_MAX) {
        return err_set(err, RC_INVALID, "the variables of the case would be too large");
    }
    return RC_OK;
}

/* Which tokens take a command that names one; 0: it names none. */
static unsigned
taken_by(enum command_kind kind)
{
    static const unsigned takes[COMMANDS] = {
        [COMMAND_COMPLETE] = BIT(TASK) | BIT(JOB), [COMMAND_FAIL] = BIT(TASK) | BIT(JOB), [COMMAND_INCIDENT] = BIT(JOB),
        [COMMAND_MESSAGE] = BIT(MESSAGE),          [COMMAND_TIMER] = BIT(TIMER),          [COMMAND_RETRY] = BIT(INCIDENT),
        [COMMAND_RETURN] = BIT(TASK),              [COMMAND_MOVE] = ANY_TOKEN,            [COMMAND_ADD_SIGNER] = ANY_TOKEN,
        [COMMAND_DROP_SIGNER] = BIT(TASK),         [COMMAND_SUPPLEMENT] = BIT(TASK),      [COMMAND_SUPPLY] = BIT(TASK),
    };

    return takes[kind];
}

static enum rc
check_token(const struct stepping *s, const struct command *c, uint32_t *token, struct err *err)
{
    unsigned takes = taken_by(c->kind);

    if (takes == 0) {
        return RC_OK;
    }
    *token = engine_token_row(s, c->token);
    if (*token == BPMN_NONE) {
        return err_problem(err, RC_NOT_FOUND, "token-gone", "token %lld is not there any more", (long long)c->token);
    }
    const struct token *t = token_at(s, *token);
    if ((takes & (1U << t->kind)) == 0) {
        return err_problem(err, RC_CONFLICT, "token-other", "token %lld is %s, which takes no %s", (long long)t->id,
                           token_kind_name(t->kind), command_name(c->kind));
    }
    if (c->attempt != -1 && c->attempt != t->attempt) {
        return err_problem(err, RC_CONFLICT, "attempt-old", "token %lld is at attempt %lld, not %lld", (long long)t->id,
                           (long long)t->attempt, (long long)c->attempt);
    }
    return RC_OK;
}

static enum rc
element_gone(const struct command *c, struct err *err)
{
    return err_problem(err, RC_NOT_FOUND, "element-gone", "there is no element %.*s to begin at", STR_ARG(str_sub(c->element, 0, 60)));
}

/* Where a process begins: a start event that is named, or the one that nothing triggers. */
static enum rc
check_start(const struct stepping *s, const struct command *c, uint32_t *start, struct err *err)
{
    const struct binding *b = &s->i->binding[0];
    const struct bpmn *m = b->model;
    uint32_t place = m->process[b->process].scope;

    *start = BPMN_NONE;
    if (c->element.len == 0) {
        return engine_can_begin(m, place) ? RC_OK : element_gone(c, err);
    }
    *start = bpmn_find_element(m, c->element);
    if (*start == BPMN_NONE || m->element[*start].kind != BPMN_START || m->element[*start].scope != place) {
        return element_gone(c, err);
    }
    return RC_OK;
}

/* --- what is done --------------------------------------------------------------------------------- */

static bool
is_bound(const struct instance *i, const struct bpmn *m, uint32_t process)
{
    for (size_t b = 0; b < i->bindings; b++) {
        if (i->binding[b].model == m && i->binding[b].process == process) {
            return true;
        }
    }
    return false;
}

bool
engine_bind_called(struct instance *i)
{
    for (size_t b = 0; b < i->bindings; b++) {
        const struct bpmn *m = i->binding[b].model;
        for (uint32_t n = 0; n < m->elements; n++) {
            const struct bpmn_element *e = &m->element[n];
            if (e->kind != BPMN_CALL || e->called_process == BPMN_NONE || is_bound(i, m, e->called_process)) {
                continue;
            }
            struct binding *more = arena_alloc(i->arena, i->bindings + 1, sizeof(*more));
            if (more == NULL) {
                return false;
            }
            memcpy(more, i->binding, i->bindings * sizeof(*more));
            more[i->bindings++] = (struct binding){.key = e->called, .version = i->binding[b].version, .model = m, .process = e->called_process};
            i->binding = more;
        }
    }
    return true;
}

/* What the event that began it brought goes where the start event says. */
static void
map_start(struct stepping *s, uint32_t scope)
{
    uint32_t token = s->x->tokens[scope].last;

    if (token != BPMN_NONE && element_of(s, token)->mappings.count > 0 && !engine_outputs(s, token, scope, scope, s->c->variables)) {
        engine_stuck(s, token, "come");
    }
}

static void
do_start(struct stepping *s, uint32_t start)
{
    struct instance *i = s->i;

    if (!engine_bind_called(i)) {
        (void)engine_full(s);
        return;
    }
    i->state = INSTANCE_RUNNING;
    i->started_us = s->now_us;
    i->next = 1;
    uint32_t scope = engine_scope_add(s, SCOPE_PROCESS, BPMN_NONE, BPMN_NONE);
    if (scope == BPMN_NONE) {
        return;
    }
    scope_at(s, scope)->place = i->binding[0].model->process[i->binding[0].process].scope;
    engine_say_process(s, MOVE_STARTED, STR(""));
    for (const struct json *child = s->c->variables != NULL ? s->c->variables->first : NULL; child != NULL; child = child->next) {
        if (!engine_set_here(s, scope, child->key, json_copy(i->arena, child))) {
            return;
        }
    }
    if (engine_begin_scope(s, scope, start)) {
        map_start(s, scope);
    } else if (s->rc == RC_OK) {
        (void)engine_full(s); /* nothing but room is wanting here: the command's variables were weighed */
    }
}

static void
do_complete(struct stepping *s, uint32_t token)
{
    const struct bpmn_element *n = element_of(s, token);
    const struct json *values = s->c->variables;

    if (n->kind == BPMN_USER && s->c->outcome.len > 0) {
        struct json *both = values != NULL ? json_copy(s->i->arena, values) : json_object(s->i->arena);
        json_set_key(s->i->arena, both, n->result.len > 0 ? n->result : STR("outcome"), json_text(s->i->arena, s->c->outcome));
        if (both == NULL || both->lost) {
            (void)engine_full(s);
            return;
        }
        values = both;
    }
    engine_body_done(s, token, values);
}

static void
do_fail(struct stepping *s, uint32_t token)
{
    struct str code = engine_kept(s, s->c->outcome);

    engine_say(s, MOVE_THROWN, token, code);
    if (engine_set_all(s, s->x->in[token], s->c->variables)) {
        engine_fail(s, s->x->in[token], token, code);
    } else {
        engine_stuck(s, token, "wait");
    }
}

/* One case has as many clocks of a name as processes that declare it are under way in it. */
static bool
is_of_clock(const struct stepping *s, uint32_t token)
{
    const struct token *t = token_at(s, token);
    const struct bpmn *m = model_of(s, token);
    uint32_t clock = gov_find_clock(m, m->scope[m->element[t->element].scope].process, t->name);

    return t->kind == TOKEN_CLOCK && str_eq(t->name, s->c->name) && str_eq(t->key, s->c->key) &&
           (s->c->scope == 0 || (clock != BPMN_NONE && instance_clock_scope(s->i, t->scope, gov_clock(m, clock)) == s->c->scope));
}

static void
do_clock(struct stepping *s)
{
    for (uint32_t n = 0, count = (uint32_t)s->i->tokens; n < count && s->rc == RC_OK; n++) {
        if (!token_is_gone(s, n) && is_of_clock(s, n)) {
            engine_fire(s, n, s->c->variables);
        }
    }
}

static void
do_set(struct stepping *s, uint32_t scope)
{
    for (const struct json *child = s->c->variables != NULL ? s->c->variables->first : NULL; child != NULL; child = child->next) {
        struct json *value = json_copy(s->i->arena, child);
        struct str name = engine_kept(s, child->key);
        if (!engine_set_here(s, scope, child->key, value)) {
            (void)engine_full(s); /* nothing else is wanting: they were weighed */
            return;
        }
        engine_say_element(s, MOVE_SET, scope, BPMN_NONE, name);
    }
}

static void
do_command(struct stepping *s, uint32_t token, uint32_t scope, uint32_t start)
{
    const struct command *c = s->c;

    switch ((unsigned)c->kind) {
    case COMMAND_START:
        do_start(s, start);
        break;
    case COMMAND_COMPLETE:
        do_complete(s, token);
        break;
    case COMMAND_FAIL:
        do_fail(s, token);
        break;
    case COMMAND_MESSAGE:
    case COMMAND_TIMER:
        engine_fire(s, token, c->variables);
        break;
    case COMMAND_SIGNAL:
        engine_signal(s, c->name, c->variables);
        break;
    case COMMAND_CLOCK:
        do_clock(s);
        break;
    case COMMAND_SET:
        do_set(s, scope);
        break;
    default:
        engine_do_admin(s, token);
        break;
    }
}

static enum rc
check(struct stepping *s, uint32_t *token, uint32_t *scope, uint32_t *start, struct err *err)
{
    const struct command *c = s->c;
    enum rc rc = check_state(s->i, c, err);

    if (rc == RC_OK) {
        rc = check_variables(s, c, err);
    }
    if (rc == RC_OK) {
        rc = check_token(s, c, token, err);
    }
    if (rc == RC_OK && c->kind == COMMAND_START) {
        rc = check_start(s, c, start, err);
    }
    if (rc == RC_OK && c->kind == COMMAND_SET && (*scope = engine_scope_row(s, c->scope == 0 ? 1 : c->scope)) == BPMN_NONE) {
        rc = err_problem(err, RC_NOT_FOUND, "token-gone", "scope %lld is not there any more", (long long)c->scope);
    }
    return rc != RC_OK ? rc : engine_check_admin(s, *token, err);
}

enum rc
engine_step(struct engine *e, struct instance *i, const struct command *c, int64_t now_us, struct outcome *out, struct err *err)
{
    struct stepping s = {.e = e, .i = i, .c = c, .now_us = now_us, .again = BPMN_NONE};
    uint32_t token = BPMN_NONE, scope = BPMN_NONE, start = BPMN_NONE;

    if (engine_index(&s)) {
        enum rc rc = check(&s, &token, &scope, &start, err);
        if (rc != RC_OK) {
            return rc;
        }
        i->revision++;
        do_command(&s, token, scope, start);
        engine_run(&s);
    }
    if (s.rc != RC_OK) {
        return err_set(err, s.rc, s.rc == RC_LIMIT ? "a step of process %lld does not fit in memory" : "rows of process %lld are lost",
                       (long long)i->id);
    }
    *out = (struct outcome){.moves = s.moves, .effects = s.effects, .move = s.move, .effect = s.effect};
    return RC_OK;
}
