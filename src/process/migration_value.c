/*
 * The plan's variables.  All of them are calculated over the case as it was, before anything is changed, and only then set; so two of them may change places.
 */
#include "process/gov.h"
#include "process/migration_int.h"

#define SUPPLEMENTS STR("supplements") /* which tasks have asked for one, by the id of their element */

enum { NAMES_MAX = 10000 };

/* --- calculating ----------------------------------------------------------------------------------------------- */

/* Names that the scope sees, with their values, the inner ones before those that they hide. */
struct sight {
    struct feel_name *name;
    struct value *slot;
    size_t count, room;
};

static bool
sees(const struct sight *v, struct str name)
{
    for (size_t n = 0; n < v->count; n++) {
        if (str_eq(v->name[n].name, name)) {
            return true;
        }
    }
    return false;
}

static bool
see_all(struct migrating *g, struct sight *v, const struct json *variables)
{
    struct err err;

    for (const struct json *j = variables->first; j != NULL; j = j->next) {
        if (j->key.len == 0 || v->count == v->room || sees(v, j->key)) {
            continue;
        }
        enum rc rc = value_of_json(run_arena(g->s.e->run), j, &v->slot[v->count], &err);
        if (rc != RC_OK && rc != RC_INVALID) {
            return false;
        }
        if (rc == RC_INVALID) { /* a number that no FEEL can have */
            v->slot[v->count] = value_null();
        }
        v->name[v->count++].name = j->key;
    }
    return true;
}

static size_t
names_around(const struct migrating *g, uint32_t scope)
{
    size_t count = 0;

    for (uint32_t at = scope; at != BPMN_NONE; at = scope_at(&g->s, at)->kind == SCOPE_CALL ? BPMN_NONE : g->s.x->up[at]) {
        count += scope_at(&g->s, at)->variables->count;
    }
    return count < NAMES_MAX ? count : NAMES_MAX;
}

/* What a scope sees differs from case to case, so the text is read with the names of this one. */
static bool
value_of(struct migrating *g, uint32_t scope, struct str feel, struct value *out)
{
    struct run *run = g->s.e->run;
    struct sight v = {.room = names_around(g, scope)};
    const struct program *program;
    struct feel_fault fault;
    struct err err;

    run_begin(run, g->s.now_us, g->s.e->offset_seconds);
    v.name = arena_alloc(run_arena(run), v.room + 1, sizeof(*v.name));
    v.slot = arena_alloc(run_arena(run), v.room + 1, sizeof(*v.slot));
    if (v.name == NULL || v.slot == NULL) {
        return false;
    }
    for (uint32_t at = scope; at != BPMN_NONE; at = scope_at(&g->s, at)->kind == SCOPE_CALL ? BPMN_NONE : g->s.x->up[at]) {
        if (!see_all(g, &v, scope_at(&g->s, at)->variables)) {
            return false;
        }
    }
    const struct feel_scope names = {.count = v.count, .name = v.name};
    return program_read(run_arena(run), feel, &names, NULL, g->m->zones, &program, &fault, &err) == RC_OK &&
           program_run(run, program, &(struct frame){.slot = v.slot}, out, &err) == RC_OK;
}

static bool
is_meant(const struct migrating *g, uint32_t scope, struct str name)
{
    const struct scope *row = scope_at(&g->s, scope);
    const struct binding *b = &g->s.i->binding[row->binding];

    if (row->ended || !g->scope[scope].is_of || row->kind == SCOPE_MULTI || row->kind == SCOPE_INSTANCE) {
        return false;
    }
    if (name.len == 0) {
        return row->kind == SCOPE_PROCESS;
    }
    return row->kind == SCOPE_SUB || row->kind == SCOPE_EVENT_SUB ? str_eq(g->m->from->element[row->element].id, name)
                                                                 : str_eq(b->model->process[b->process].info.id, name);
}

/* Of the row's element: of one that stands in the source. */
static void
calculate_one(struct migrating *g, const struct migration_variable *v, uint32_t scope)
{
    struct given *given = &g->given[g->givens];
    struct value value;

    *given = (struct given){scope, v->name, NULL};
    if (!v->is_removed && (!value_of(g, scope, v->feel, &value) || (given->value = engine_json(&g->s, value)) == NULL)) {
        g->s.fault = NULL;
        migration_refuse(g, MIGRATION_VARIABLE, BPMN_NONE, scope, BPMN_NONE, BPMN_NONE);
        return;
    }
    g->givens++;
}

void
migration_calculate(struct migrating *g)
{
    const struct migration_plan *p = g->m->plan;
    size_t bytes = g->s.bytes;

    g->given = arena_alloc(g->s.i->arena, p->variables * g->s.i->scopes + 1, sizeof(*g->given));
    if (g->given == NULL) {
        (void)engine_full(&g->s);
        return;
    }
    for (size_t n = 0; n < p->variables; n++) {
        for (uint32_t scope = 0; scope < g->s.i->scopes && g->s.rc == RC_OK; scope++) {
            if (is_meant(g, scope, p->variable[n].scope)) {
                calculate_one(g, &p->variable[n], scope);
            }
        }
    }
    for (size_t n = 0; n < g->givens; n++) {
        bytes += engine_json_bytes(g->given[n].value) + g->given[n].name.len;
    }
    if (g->givens > 0 && bytes > ENGINE_VARIABLES_MAX) {
        migration_refuse(g, MIGRATION_TOO_LARGE, BPMN_NONE, BPMN_NONE, BPMN_NONE, BPMN_NONE);
    }
}

/* --- setting ------------------------------------------------------------------------------------------------------ */

static void
take_away(struct migrating *g, uint32_t scope, struct str name)
{
    struct scope *row = scope_at(&g->s, scope);
    struct json *rest = json_object(g->s.i->arena);
    struct err err;

    if (json_get_key(row->variables, name) == NULL) {
        return;
    }
    for (const struct json *j = row->variables->first; j != NULL; j = j->next) {
        if (!str_eq(j->key, name)) {
            json_set_key(g->s.i->arena, rest, j->key, json_copy(g->s.i->arena, j));
        }
    }
    if (json_whole(rest, &err) != RC_OK) {
        (void)engine_full(&g->s);
        return;
    }
    row->variables = rest;
    engine_scope_changed(&g->s, scope);
}

/* A task that has asked may not ask again because it is called otherwise now. */
static void
rename_supplements(struct migrating *g, uint32_t scope)
{
    const struct json *asked = json_get_key(scope_at(&g->s, scope)->variables, SUPPLEMENTS);
    struct arena *a = g->s.i->arena;
    struct json *renamed;

    if (!json_is(asked, JSON_OBJECT)) {
        return;
    }
    renamed = json_object(a);
    for (const struct json *j = asked->first; j != NULL; j = j->next) {
        uint32_t x = bpmn_find_element(g->m->from, j->key);
        bool is_mapped = x != BPMN_NONE && g->m->element[x] != BPMN_NONE;
        json_set_key(a, renamed, is_mapped ? g->m->to->element[g->m->element[x]].id : j->key, json_copy(a, j));
    }
    if (!json_equal(asked, renamed) && !engine_set_here(&g->s, scope, SUPPLEMENTS, renamed)) {
        (void)engine_full(&g->s);
    }
}

void
migration_set(struct migrating *g)
{
    for (uint32_t scope = 0; scope < g->s.i->scopes && g->s.rc == RC_OK; scope++) {
        enum scope_kind kind = scope_at(&g->s, scope)->kind;
        if (g->scope[scope].is_of && (kind == SCOPE_PROCESS || kind == SCOPE_CALL)) {
            rename_supplements(g, scope);
        }
    }
    for (size_t n = 0; n < g->givens && g->s.rc == RC_OK; n++) {
        const struct given *v = &g->given[n];
        if (v->value == NULL) {
            take_away(g, v->scope, v->name);
        } else if (!engine_set_here(&g->s, v->scope, v->name, v->value)) {
            (void)engine_full(&g->s); /* they were weighed */
        }
    }
}
