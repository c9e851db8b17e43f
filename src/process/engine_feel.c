/* Expressions over the variables of a scope, and the writing of variables. */
#include <string.h>

#include "process/engine_int.h"
#include "process/gov.h"

enum { NODE_BYTES = 4 /* quotes, colon, comma */ };

/* --- values --------------------------------------------------------------------------------------- */

static bool
of_repeated(const struct scope *scope, struct str name, struct value *out)
{
    const struct {
        struct str name;
        enum scope_kind kind;
        int64_t value;
    } known[] = {
        {STR("loopCounter"), SCOPE_INSTANCE, scope->counter},
        {STR("nrOfInstances"), SCOPE_MULTI, scope->total},
        {STR("nrOfActiveInstances"), SCOPE_MULTI, scope->active},
        {STR("nrOfCompletedInstances"), SCOPE_MULTI, scope->done},
    };

    for (size_t n = 0; n < sizeof(known) / sizeof(known[0]); n++) {
        if (scope->kind == known[n].kind && str_eq(name, known[n].name)) {
            *out = value_of_int(known[n].value);
            return true;
        }
    }
    return false;
}

static bool
of_json(struct stepping *s, const struct json *j, struct value *out)
{
    struct err err;
    enum rc rc = value_of_json(run_arena(s->e->run), j, out, &err);

    if (rc == RC_INVALID) { /* a number that no FEEL can have */
        *out = value_null();
        return true;
    }
    return rc == RC_OK || engine_fault(s, "feel-limit", "an expression takes more memory than is given to it");
}

/* The nearest one outwards; what is called sees nothing of who called.  Null if there is none. */
static bool
look_up(struct stepping *s, uint32_t scope, struct str name, const struct json *local, struct value *out)
{
    const struct json *found = json_get_key(local, name);

    *out = value_null();
    while (found == NULL && scope != BPMN_NONE) {
        const struct scope *row = scope_at(s, scope);
        found = json_get_key(row->variables, name);
        if (found == NULL && (row->kind == SCOPE_MULTI || row->kind == SCOPE_INSTANCE) && of_repeated(row, name, out)) {
            return true;
        }
        scope = row->kind == SCOPE_CALL ? BPMN_NONE : s->x->up[scope];
    }
    return found == NULL || of_json(s, found, out);
}

/* The text is of that model; the scope may be of one that is called. */
static bool
value_of_text(struct stepping *s, const struct bpmn *m, uint32_t scope, uint32_t text, const struct json *local, struct value *out)
{
    const struct bpmn_text *t = &m->text[text];
    struct run *run = s->e->run;
    struct err err;

    run_begin(run, s->now_us, s->e->offset_seconds);
    struct value *slot = arena_alloc(run_arena(run), (size_t)t->names.count + 1, sizeof(*slot));
    if (slot == NULL) {
        return engine_fault(s, "feel-limit", "an expression takes more memory than is given to it");
    }
    for (uint32_t n = 0; n < t->names.count; n++) {
        if (!look_up(s, scope, m->variable[m->use[t->names.first + n]], local, &slot[n])) {
            return false;
        }
    }
    if (program_run(run, t->program, &(struct frame){.slot = slot}, out, &err) != RC_OK) {
        return engine_fault(s, "feel-limit", "an expression takes more steps or memory than are given to it");
    }
    return true;
}

bool
engine_value(struct stepping *s, uint32_t scope, uint32_t text, const struct json *local, struct value *out)
{
    return value_of_text(s, model_in(s, scope), scope, text, local, out);
}

bool
engine_true(struct stepping *s, uint32_t scope, uint32_t text, bool *out)
{
    struct value v;

    if (!engine_value(s, scope, text, NULL, &v)) {
        return false;
    }
    *out = value_is_true(v);
    return true;
}

/* What is too large or too deep is found where there is room for it, so that it is told apart from a lack of memory. */
static const struct json *
written(struct stepping *s, struct value v)
{
    struct arena *a = run_arena(s->e->run);
    struct json *j = NULL;
    struct str text;
    struct err err;
    struct buf b;

    buf_init(&b, a, ENGINE_VARIABLES_MAX);
    value_put_json(&b, v);
    if (buf_finish(&b, &text, &err) != RC_OK || json_parse(a, text, JSON_ANY, &j, &err) != RC_OK) {
        (void)engine_fault(s, "too-large", "the value of an expression is too large");
        return NULL;
    }
    return j;
}

bool
engine_is_nested(const struct json *j, int most)
{
    bool is_deeper = most < 0;

    for (const struct json *child = j->first; child != NULL && !is_deeper; child = child->next) {
        is_deeper = engine_is_nested(child, most - 1);
    }
    return is_deeper;
}

struct json *
engine_json(struct stepping *s, struct value v)
{
    struct arena *a = s->i->arena;
    const struct json *from;
    struct json *j;

    if (v.kind == VALUE_NULL || v.kind == VALUE_BOOLEAN || v.kind == VALUE_STRING) {
        j = v.kind == VALUE_NULL ? json_null(a) : v.kind == VALUE_BOOLEAN ? json_bool(a, v.as.truth) : json_text(a, v.as.text);
    } else if ((from = written(s, v)) == NULL) {
        return NULL;
    } else if (engine_is_nested(from, ENGINE_NESTED_MAX)) {
        (void)engine_fault(s, "too-large", "a value is nested too deeply to be kept");
        return NULL;
    } else {
        j = json_copy(a, from);
    }
    if (j == NULL) {
        (void)engine_full(s);
    }
    return j;
}

/* --- variables ------------------------------------------------------------------------------------ */

size_t
engine_json_bytes(const struct json *j)
{
    size_t bytes = 0;

    if (j != NULL) {
        bytes = j->key.len + j->text.len + NODE_BYTES;
        for (const struct json *child = j->first; child != NULL; child = child->next) {
            bytes += engine_json_bytes(child);
        }
    }
    return bytes;
}

/* Lists that are gathered are weighed roughly, so what goes may be more than what came. */
void
engine_fewer_bytes(struct stepping *s, size_t bytes)
{
    s->bytes -= bytes < s->bytes ? bytes : s->bytes;
}

bool
engine_set_here(struct stepping *s, uint32_t scope, struct str name, struct json *value)
{
    struct scope *row = scope_at(s, scope);

    if (value == NULL) {
        return engine_full(s);
    }
    size_t more = engine_json_bytes(value) + name.len, less = engine_json_bytes(json_get_key(row->variables, name));
    if (s->bytes + more > ENGINE_VARIABLES_MAX + less) {
        return engine_fault(s, "too-large", "the variables of the case are too large");
    }
    json_set_key(s->i->arena, row->variables, name, value);
    if (row->variables->lost) {
        return engine_full(s);
    }
    s->bytes += more;
    engine_fewer_bytes(s, less);
    s->is_changed = true;
    engine_scope_changed(s, scope);
    return true;
}

bool
engine_set(struct stepping *s, uint32_t scope, struct str name, struct json *value)
{
    uint32_t innermost = BPMN_NONE;

    if (name.len == 0) { /* which only the engine has (engine_multi.c) */
        return value != NULL ? engine_fault(s, "no-name", "a variable has no name") : engine_full(s);
    }
    for (uint32_t at = scope; at != BPMN_NONE; at = s->x->up[at]) {
        const struct scope *row = scope_at(s, at);
        if (json_get_key(row->variables, name) != NULL) {
            return engine_set_here(s, at, name, value);
        }
        if (innermost == BPMN_NONE && row->kind != SCOPE_MULTI && row->kind != SCOPE_INSTANCE) {
            innermost = at;
        }
        if (row->kind == SCOPE_CALL) {
            break;
        }
    }
    return engine_set_here(s, innermost, name, value);
}

/* Copies: the values may be of the sender. */
bool
engine_set_all(struct stepping *s, uint32_t scope, const struct json *values)
{
    for (const struct json *child = values != NULL ? values->first : NULL; child != NULL; child = child->next) {
        if (!engine_set(s, scope, child->key, json_copy(s->i->arena, child))) {
            return false;
        }
    }
    return true;
}

/* Data of the model is there from the beginning, as null, so that an inner one of the same name hides an outer one. */
bool
engine_declare(struct stepping *s, uint32_t scope)
{
    const struct bpmn *m = model_in(s, scope);
    uint32_t place = scope_at(s, scope)->place;

    for (uint32_t n = 0; n < m->data; n++) {
        const struct bpmn_data *d = &m->item[n];
        bool is_here = d->scope == place && (d->kind == BPMN_OBJECT || d->kind == BPMN_PROPERTY);
        if (is_here && json_get_key(scope_at(s, scope)->variables, d->name) == NULL &&
            !engine_set_here(s, scope, d->name, json_null(s->i->arena))) {
            return false;
        }
    }
    return true;
}

/* --- what goes in and out ------------------------------------------------------------------------- */

static bool
put_input(struct stepping *s, struct json **to, struct str name, struct json *value)
{
    if (value == NULL) {
        return false;
    }
    if (*to == NULL && (*to = json_object(s->i->arena)) == NULL) {
        return engine_full(s);
    }
    json_set_key(s->i->arena, *to, name, value);
    return !(*to)->lost || engine_full(s);
}

static bool
gov_inputs(struct stepping *s, uint32_t token, struct json **to)
{
    const struct gov_element *g = gov_element(model_of(s, token), token_at(s, token)->element);
    struct value v;

    for (size_t n = 0; n < g->inputs; n++) {
        const struct gov_value *value = &g->input[n].value;
        struct json *j;
        if (value->text == BPMN_NONE) {
            j = json_text(s->i->arena, value->written);
            if (j == NULL) {
                return engine_full(s);
            }
        } else if (!engine_value(s, s->x->in[token], value->text, NULL, &v)) {
            return false;
        } else {
            j = engine_json(s, v);
        }
        if (!put_input(s, to, g->input[n].name, j)) {
            return false;
        }
    }
    return true;
}

bool
engine_inputs(struct stepping *s, uint32_t token, const struct json **out)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_run run = element_of(s, token)->mappings;
    struct json *to = NULL;
    struct value v;

    for (uint32_t n = run.first; n < run.first + run.count; n++) {
        const struct bpmn_mapping *mapping = &m->mapping[n];
        if (!mapping->is_output && mapping->text != BPMN_NONE && mapping->target != BPMN_NONE &&
            (!engine_value(s, s->x->in[token], mapping->text, NULL, &v) ||
             !put_input(s, &to, m->item[mapping->target].name, engine_json(s, v)))) {
            return false;
        }
    }
    if (!gov_inputs(s, token, &to)) {
        return false;
    }
    *out = to;
    return true;
}

/* Whether mappings take it: an output of the element's own. */
static bool
is_mapped(const struct bpmn *m, const struct bpmn_run *run, struct str name)
{
    for (uint32_t n = run->first; n < run->first + run->count; n++) {
        const struct bpmn_mapping *mapping = &m->mapping[n];
        if (mapping->is_output && mapping->text != BPMN_NONE && str_eq(str_trim(m->text[mapping->text].text), name)) {
            return true;
        }
    }
    return false;
}

/* A mapping that gives null writes nothing: its source has not been given. */
static bool
put_output(struct stepping *s, uint32_t to, struct str name, struct value v)
{
    struct json *j;

    return v.kind == VALUE_NULL || ((j = engine_json(s, v)) != NULL && engine_set(s, to, name, j));
}

/* What a call says it takes from what it called. */
static bool
gov_outputs(struct stepping *s, uint32_t token, uint32_t from, uint32_t to, const struct json *values)
{
    const struct bpmn *m = model_of(s, token);
    const struct gov_element *g = gov_element(m, token_at(s, token)->element);
    struct value v;

    for (size_t n = 0; n < g->outputs; n++) {
        const struct gov_value *value = &g->output[n].value;
        if (value->text == BPMN_NONE) {
            v = value_of_str(value->written);
        } else if (!value_of_text(s, m, from, value->text, values, &v)) {
            return false;
        }
        if (!put_output(s, to, g->output[n].name, v)) {
            return false;
        }
    }
    return true;
}

/* Values that nothing takes go into the variable of their name; but of what a call gives only what it takes. */
static bool
put_others(struct stepping *s, uint32_t token, uint32_t to, const struct json *values)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_run run = element_of(s, token)->mappings;

    if (gov_element(m, token_at(s, token)->element)->outputs > 0) {
        return true;
    }
    for (const struct json *child = values != NULL ? values->first : NULL; child != NULL; child = child->next) {
        if (!is_mapped(m, &run, child->key) && !engine_set(s, to, child->key, json_copy(s->i->arena, child))) {
            return false;
        }
    }
    return true;
}

bool
engine_outputs(struct stepping *s, uint32_t token, uint32_t from, uint32_t to, const struct json *values)
{
    const struct bpmn *m = model_of(s, token);
    const struct bpmn_run run = element_of(s, token)->mappings;
    struct value v;

    if (!put_others(s, token, to, values)) {
        return false;
    }
    for (uint32_t n = run.first; n < run.first + run.count; n++) {
        const struct bpmn_mapping *mapping = &m->mapping[n];
        if (mapping->is_output && mapping->text != BPMN_NONE && mapping->target != BPMN_NONE &&
            (!value_of_text(s, m, from, mapping->text, values, &v) || !put_output(s, to, m->item[mapping->target].name, v))) {
            return false;
        }
    }
    return gov_outputs(s, token, from, to, values);
}
