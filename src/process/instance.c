/* Rows of a running process: names, finding, adding, settling, and the whole as JSON. */
#include <string.h>

#include "process/bpmn_int.h"
#include "process/gov.h"
#include "process/instance.h"

enum { ROOM_LEAST = 8 };

/* --- names ---------------------------------------------------------------------------------------- */

static const char *const state_names[] = {
#define X(name, word) word,
    INSTANCE_STATE_TABLE(X)
#undef X
};
static const char *const scope_names[] = {
#define X(name, word) word,
    SCOPE_KIND_TABLE(X)
#undef X
};
static const char *const token_names[] = {
#define X(name, word) word,
    TOKEN_KIND_TABLE(X)
#undef X
};

const char *
instance_state_name(enum instance_state state)
{
    return state_names[state];
}

const char *
scope_kind_name(enum scope_kind kind)
{
    return scope_names[kind];
}

const char *
token_kind_name(enum token_kind kind)
{
    return token_names[kind];
}

bool
instance_state_by_name(struct str name, enum instance_state *out)
{
    size_t i;

    if (!str_among(name, state_names, INSTANCE_STATES, &i)) {
        return false;
    }
    *out = (enum instance_state)i;
    return true;
}

bool
scope_kind_by_name(struct str name, enum scope_kind *out)
{
    size_t i;

    if (!str_among(name, scope_names, SCOPE_KINDS, &i)) {
        return false;
    }
    *out = (enum scope_kind)i;
    return true;
}

bool
token_kind_by_name(struct str name, enum token_kind *out)
{
    size_t i;

    if (!str_among(name, token_names, TOKEN_KINDS, &i)) {
        return false;
    }
    *out = (enum token_kind)i;
    return true;
}

/* --- finding -------------------------------------------------------------------------------------- */

static bool
is_gone(enum row_change change)
{
    return change == ROW_GONE || change == ROW_NEVER;
}

/* Where the row of that id is, or would be.  Ids count up, so the last ones are asked for most. */
static size_t
scope_place(const struct instance *i, int64_t id)
{
    size_t low = 0, high = i->scopes;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (i->scope[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static size_t
token_place(const struct instance *i, int64_t id)
{
    size_t low = 0, high = i->tokens;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (i->token[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct scope *
instance_scope(const struct instance *i, int64_t id)
{
    size_t at = scope_place(i, id);

    return at < i->scopes && i->scope[at].id == id && !is_gone(i->scope[at].change) ? &i->scope[at] : NULL;
}

int64_t
instance_clock_scope(const struct instance *i, int64_t scope, const struct gov_clock *clock)
{
    for (size_t at = scope_place(i, scope); at < i->scopes && i->scope[at].id == scope; at = scope_place(i, scope)) {
        const struct scope *row = &i->scope[at];
        bool is_process = row->kind == SCOPE_PROCESS || row->kind == SCOPE_CALL;
        bool is_sub = row->kind == SCOPE_SUB || row->kind == SCOPE_EVENT_SUB;
        if (clock->element == BPMN_NONE ? is_process : is_sub && row->element == clock->element) {
            return row->id;
        }
        scope = is_process ? 0 : row->parent; /* nobody sees through a call */
    }
    return 0;
}

struct token *
instance_token(const struct instance *i, int64_t id)
{
    size_t at = token_place(i, id);

    return at < i->tokens && i->token[at].id == id && !is_gone(i->token[at].change) ? &i->token[at] : NULL;
}

static const struct json *
of_repeated(const struct instance *i, const struct scope *s, struct str name)
{
    static const char *const names[] = {"nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"};
    const int64_t values[] = {s->total, s->active, s->done};

    if (s->kind == SCOPE_INSTANCE && str_eq(name, STR("loopCounter"))) {
        return json_int(i->arena, s->counter);
    }
    for (size_t n = 0; s->kind == SCOPE_MULTI && n < sizeof(names) / sizeof(names[0]); n++) {
        if (str_eq(name, str_of(names[n]))) {
            return json_int(i->arena, values[n]);
        }
    }
    return NULL;
}

struct str
instance_element(const struct instance *i, const struct token *t)
{
    const struct scope *s = instance_scope(i, t->scope);

    return s != NULL && t->element != BPMN_NONE ? i->binding[s->binding].model->element[t->element].id : STR("");
}

const struct json *
instance_variable(const struct instance *i, int64_t scope, struct str name)
{
    const struct json *found = NULL;

    for (const struct scope *s = instance_scope(i, scope); found == NULL && s != NULL; s = instance_scope(i, s->parent)) {
        found = json_get_key(s->variables, name);
        if (found == NULL) {
            found = of_repeated(i, s, name);
        }
        if (s->kind == SCOPE_CALL) {
            break;
        }
    }
    return found;
}

/* --- adding --------------------------------------------------------------------------------------- */

static bool
make_room(struct arena *a, void **array, size_t count, size_t size, size_t *room)
{
    size_t more = *room > 0 ? *room * 2 : ROOM_LEAST;

    if (count < *room) {
        return true;
    }
    void *grown = arena_grow(a, *array, *room * size, more * size);
    if (grown == NULL) {
        return false;
    }
    *array = grown;
    *room = more;
    return true;
}

static bool
scope_room(struct instance *i)
{
    void *array = i->scope;
    bool is_there = make_room(i->arena, &array, i->scopes, sizeof(*i->scope), &i->scope_room);

    i->scope = array;
    return is_there;
}

static bool
token_room(struct instance *i)
{
    void *array = i->token;
    bool is_there = make_room(i->arena, &array, i->tokens, sizeof(*i->token), &i->token_room);

    i->token = array;
    return is_there;
}

static int64_t
next_id(struct instance *i)
{
    i->next = i->next > 0 ? i->next : 1;
    return i->next++;
}

struct scope *
instance_add_scope(struct instance *i)
{
    struct json *variables = json_object(i->arena);

    if (variables == NULL || !scope_room(i)) {
        return NULL;
    }
    struct scope *s = &i->scope[i->scopes++];
    *s = (struct scope){.id = next_id(i), .element = BPMN_NONE, .place = BPMN_NONE, .variables = variables, .change = ROW_NEW};
    return s;
}

struct token *
instance_add_token(struct instance *i)
{
    if (!token_room(i)) {
        return NULL;
    }
    struct token *t = &i->token[i->tokens++];
    *t = (struct token){.id = next_id(i), .element = BPMN_NONE, .flow = BPMN_NONE, .event = BPMN_NONE, .name = STR(""), .key = STR(""),
                        .change = ROW_NEW};
    return t;
}

enum rc
instance_load_scope(struct instance *i, const struct scope *row, struct err *err)
{
    struct json *variables = row->variables != NULL ? row->variables : json_object(i->arena);
    size_t at = scope_place(i, row->id);

    if (variables == NULL || !scope_room(i)) {
        return err_set(err, RC_LIMIT, "instance: no room for scope %lld", (long long)row->id);
    }
    memmove(i->scope + at + 1, i->scope + at, (i->scopes++ - at) * sizeof(*i->scope));
    i->scope[at] = *row;
    i->scope[at].variables = variables;
    i->scope[at].change = ROW_KEPT;
    return RC_OK;
}

enum rc
instance_load_token(struct instance *i, const struct token *row, struct err *err)
{
    size_t at = token_place(i, row->id);

    if (!token_room(i)) {
        return err_set(err, RC_LIMIT, "instance: no room for token %lld", (long long)row->id);
    }
    memmove(i->token + at + 1, i->token + at, (i->tokens++ - at) * sizeof(*i->token));
    i->token[at] = *row;
    i->token[at].change = ROW_KEPT;
    return RC_OK;
}

void
instance_settle(struct instance *i)
{
    size_t scopes = 0, tokens = 0;

    for (size_t n = 0; n < i->scopes; n++) {
        if (!is_gone(i->scope[n].change)) {
            if (scopes < n) {
                i->scope[scopes] = i->scope[n];
            }
            i->scope[scopes++].change = ROW_KEPT;
        }
    }
    for (size_t n = 0; n < i->tokens; n++) {
        if (!is_gone(i->token[n].change)) {
            if (tokens < n) {
                i->token[tokens] = i->token[n];
            }
            i->token[tokens++].change = ROW_KEPT;
        }
    }
    i->scopes = scopes;
    i->tokens = tokens;
}

/* --- as JSON -------------------------------------------------------------------------------------- */

static void
put_id(struct arena *a, struct json *to, const char *key, int64_t id)
{
    if (id != 0) {
        json_set_int(a, to, key, id);
    }
}

static void
put_text(struct arena *a, struct json *to, const char *key, struct str text)
{
    if (text.len > 0) {
        json_set_text(a, to, key, text);
    }
}

static struct json *
binding_json(struct arena *a, const struct binding *b)
{
    struct json *to = json_object(a);

    json_set_text(a, to, "key", b->key);
    json_set_int(a, to, "version", b->version);
    json_set_text(a, to, "process", b->model->process[b->process].info.id);
    return to;
}

static struct json *
scope_json(struct arena *a, const struct instance *i, const struct scope *s)
{
    struct json *to = json_object(a);

    json_set_int(a, to, "id", s->id);
    put_id(a, to, "parent", s->parent);
    put_id(a, to, "token", s->token);
    json_set_text(a, to, "kind", str_of(scope_kind_name(s->kind)));
    put_id(a, to, "binding", s->binding);
    if (s->element != BPMN_NONE) {
        uint32_t binding = s->kind == SCOPE_CALL ? instance_scope(i, s->parent)->binding : s->binding;
        json_set_text(a, to, "element", i->binding[binding].model->element[s->element].id);
    }
    put_id(a, to, "total", s->total);
    put_id(a, to, "active", s->active);
    put_id(a, to, "done", s->done);
    put_id(a, to, "next", s->next);
    put_id(a, to, "counter", s->counter);
    if (s->ended) {
        json_set_bool(a, to, "ended", true);
    }
    json_set(a, to, "variables", json_copy(a, s->variables));
    return to;
}

static struct json *
token_json(struct arena *a, const struct instance *i, const struct token *t)
{
    const struct bpmn *m = i->binding[instance_scope(i, t->scope)->binding].model;
    struct json *to = json_object(a);

    json_set_int(a, to, "id", t->id);
    json_set_int(a, to, "scope", t->scope);
    json_set_text(a, to, "kind", str_of(token_kind_name(t->kind)));
    json_set_text(a, to, "element", m->element[t->element].id);
    put_id(a, to, "host", t->host);
    if (t->listens) {
        json_set_bool(a, to, "listens", true);
    }
    if (t->flow != BPMN_NONE) {
        json_set_text(a, to, "flow", m->flow[t->flow].id);
    }
    if (t->event != BPMN_NONE) {
        json_set_int(a, to, "event", t->event - m->element[t->element].events.first);
    }
    put_text(a, to, "name", t->name);
    put_text(a, to, "key", t->key);
    put_id(a, to, "due_us", t->due_us);
    put_id(a, to, "anchor_us", t->anchor_us);
    put_id(a, to, "turns", t->turns);
    put_id(a, to, "attempt", t->attempt);
    if (t->data != NULL) {
        json_set(a, to, "data", json_copy(a, t->data));
    }
    return to;
}

struct json *
instance_json(struct arena *a, const struct instance *i)
{
    struct json *to = json_object(a), *bindings = json_array(a), *scopes = json_array(a), *tokens = json_array(a);
    struct err err;

    json_set_int(a, to, "id", i->id);
    json_set_text(a, to, "business_key", i->business_key);
    json_set_text(a, to, "state", str_of(instance_state_name(i->state)));
    json_set_int(a, to, "revision", i->revision);
    json_set_int(a, to, "next", i->next);
    put_id(a, to, "started_us", i->started_us);
    put_id(a, to, "ended_us", i->ended_us);
    put_text(a, to, "failed_code", i->failed_code);
    for (size_t n = 0; n < i->bindings; n++) {
        json_push(bindings, binding_json(a, &i->binding[n]));
    }
    for (size_t n = 0; n < i->scopes; n++) {
        if (!is_gone(i->scope[n].change)) {
            json_push(scopes, scope_json(a, i, &i->scope[n]));
        }
    }
    for (size_t n = 0; n < i->tokens; n++) {
        if (!is_gone(i->token[n].change)) {
            json_push(tokens, token_json(a, i, &i->token[n]));
        }
    }
    json_set(a, to, "bindings", bindings);
    json_set(a, to, "scopes", scopes);
    json_set(a, to, "tokens", tokens);
    return json_whole(to, &err) == RC_OK ? to : NULL;
}
