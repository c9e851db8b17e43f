/*
 * Words about the children of objects and arrays.
 */
#include <stdlib.h>

#include "rule/schema_run_int.h"

enum { HASH_DEPTH_MAX = JSON_DEPTH_MAX, PAIRS_MAX = 8 };

/* After a failure the walk goes on only where errors are written down and more of them fit. */
static bool
goes_on(const struct schema_run *run, bool holds)
{
    return run->rc == RC_OK && (holds || (run->quiet == 0 && !run->result->is_cut));
}

/* --- objects --------------------------------------------------------------------------------------- */

/* Looked for from next on, then before it: members mostly come in the order in which they are asked for. */
static const struct json *
member_from(const struct json *object, const struct json *next, struct str name)
{
    for (const struct json *m = next; m != NULL; m = m->next) {
        if (schema_is_name(m->key, name)) {
            return m;
        }
    }
    for (const struct json *m = object->first; m != next; m = m->next) {
        if (schema_is_name(m->key, name)) {
            return m;
        }
    }
    return NULL;
}

static bool
run_required(struct schema_run *run, const struct schema_word *w, const struct schema_names *names,
             const struct schema_at *at)
{
    const struct json *next = at->value->first;
    bool holds = true;

    if (!schema_run_step(run, names->count * (1 + (size_t)at->value->count / 8))) {
        return false;
    }
    for (size_t i = 0; i < names->count && goes_on(run, holds); i++) {
        const struct json *found = member_from(at->value, next, names->list[i]);
        next = found != NULL ? found->next : next;
        if (found == NULL) {
            holds = schema_fail(run, w, at, names->list[i]);
        }
    }
    return holds;
}

static bool
run_dependent(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    bool holds = true;

    for (const struct json *m = at->value->first; m != NULL && goes_on(run, holds); m = m->next) {
        const struct schema_member *found = schema_table_get(w->is.table, m->key);
        if (found != NULL) {
            holds = (found->node != NULL ? schema_run_node(run, found->node, at)
                                         : run_required(run, w, &found->names, at)) &&
                    holds;
        }
    }
    return holds;
}

/* One member before all that is said about it.  next: the named one that mostly comes next, see schema_quick.c. */
static bool
run_member(struct schema_run *run, const struct schema_members *all, const struct schema_at *at,
           const struct json *member, size_t index, size_t *next)
{
    const struct schema_member *list = all->named.list;
    bool is_next = *next < all->named.count && schema_is_name(list[*next].name, member->key);
    const struct schema_member *named = is_next ? &list[*next] : schema_table_get(&all->named, member->key);
    bool is_known = named != NULL;
    bool holds = named == NULL || schema_run_child(run, named->node, at, member, index);

    *next = named == NULL ? *next : (size_t)(named - list) + 1;

    for (size_t i = 0; i < all->patterns_count && goes_on(run, holds); i++) {
        bool found = schema_run_find(run, all->patterns[i].regex, member->key);
        if (run->rc != RC_OK) {
            return false;
        }
        if (found) {
            is_known = true;
            holds = schema_run_child(run, all->patterns[i].node, at, member, index) && holds;
        }
    }
    if (!is_known && all->others != NULL) {
        is_known = true;
        holds = schema_run_child(run, all->others, at, member, index);
    }
    if (is_known) {
        schema_see(run, at, index);
    }
    return holds;
}

static bool
run_members(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    const struct schema_members *all = w->is.members;
    const struct json *open = at->open != NULL ? at->open : at->value->first;
    size_t index = 0;
    size_t next = 0;
    bool holds = true;

    if (!schema_run_step(run, (size_t)at->value->count * (1 + all->patterns_count))) {
        return false;
    }
    for (const struct json *m = open; m != NULL && goes_on(run, holds); m = m->next) {
        holds = run_member(run, all, at, m, index++, &next) && holds;
    }
    return holds;
}

/* A name is checked as the text that it is, at the place of its member. */
static bool
run_names(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    size_t index = 0;
    bool holds = true;

    run->names++;
    for (const struct json *m = at->value->first; m != NULL && goes_on(run, holds); m = m->next) {
        struct json name = {.kind = JSON_STRING, .text = m->key, .key = m->key};
        holds = schema_run_child(run, w->is.node, at, &name, index++) && holds;
    }
    run->names--;
    return holds;
}

/* unevaluatedProperties and unevaluatedItems. */
static bool
run_leftover(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    size_t index = 0;
    bool holds = true;

    for (const struct json *m = at->value->first; m != NULL && goes_on(run, holds); m = m->next) {
        if (!schema_seen_has(run, at, index)) {
            holds = schema_run_child(run, w->is.node, at, m, index) && holds;
            schema_see(run, at, index);
        }
        index++;
    }
    return holds;
}

bool
schema_run_object(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    if (w->op == OP_REQUIRED) {
        return run_required(run, w, &w->is.required.names, at);
    }
    if (w->op == OP_DEPENDENT_REQUIRED || w->op == OP_DEPENDENT_SCHEMAS) {
        return run_dependent(run, w, at);
    }
    if (w->op == OP_MEMBERS) {
        return run_members(run, w, at);
    }
    return w->op == OP_PROPERTY_NAMES ? run_names(run, w, at) : run_leftover(run, w, at);
}

/* --- arrays ---------------------------------------------------------------------------------------- */

static bool
run_items(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    const struct schema_nodes *prefix = &w->is.items.prefix;
    const struct json *open = at->open != NULL ? at->open : at->value->first;
    size_t index = 0;
    bool holds = true;

    for (const struct json *m = at->value->first; m != open; m = m->next) {
        index++;
    }
    for (const struct json *m = open; m != NULL && goes_on(run, holds); m = m->next) {
        const struct schema_node *node =
            index < prefix->count ? prefix->list[index] : w->is.items.rest;
        if (node == NULL) {
            break;
        }
        holds = schema_run_child(run, node, at, m, index) && holds;
        schema_see(run, at, index);
        index++;
    }
    return holds;
}

static bool
run_contains(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    const struct schema_contains *contains = w->is.contains;
    struct schema_word said = *w;
    uint64_t count = 0;
    size_t index = 0;

    run->quiet++;
    for (const struct json *m = at->value->first; m != NULL && run->rc == RC_OK; m = m->next) {
        if (schema_run_child(run, contains->node, at, m, index)) {
            count++;
            schema_see(run, at, index);
        }
        index++;
    }
    run->quiet--;
    if (run->rc != RC_OK) {
        return false;
    }
    if (count < contains->least) {
        said.keyword = contains->has_least ? "minContains" : "contains";
        return schema_fail(run, &said, at, STR("least"));
    }
    said.keyword = "maxContains";
    return count <= contains->most || schema_fail(run, &said, at, STR("most"));
}

struct hashed {
    uint64_t hash;
    const struct json *value;
};

/* Equal values have equal hashes: numbers as decimals, members in any order. */
static uint64_t
hash_of(const struct json *value, unsigned depth)
{
    uint64_t hash = (uint64_t)value->kind * UINT64_C(0x9e3779b97f4a7c15) + value->count;

    if (value->kind == JSON_NUMBER) {
        return hash ^ schema_number_hash(value->text);
    }
    if (value->kind == JSON_STRING) {
        return hash ^ schema_hash(value->text);
    }
    if (value->kind == JSON_BOOL) {
        return hash ^ value->truth;
    }
    for (const struct json *m = value->first; m != NULL && depth < HASH_DEPTH_MAX; m = m->next) {
        uint64_t child = hash_of(m, depth + 1) * UINT64_C(0xff51afd7ed558ccd);
        child ^= child >> 29;
        hash = value->kind == JSON_OBJECT ? hash + child * (schema_hash(m->key) | 1)
                                          : (hash ^ child) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static int
by_hash(const void *a, const void *b)
{
    const struct hashed *x = a;
    const struct hashed *y = b;

    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* A few are compared each with each; that needs neither hashes nor memory. */
static bool
is_unique_in_pairs(struct schema_run *run, const struct json *array)
{
    for (const struct json *one = array->first; one != NULL; one = one->next) {
        size_t cost = (size_t)one->count * one->count + 1;
        for (const struct json *other = one->next; other != NULL; other = other->next) {
            if (!schema_run_step(run, cost) || json_equal(one, other)) {
                return false;
            }
        }
    }
    return true;
}

bool
schema_is_unique(struct schema_run *run, const struct json *array)
{
    size_t filled = 0;

    if (array->count <= PAIRS_MAX) {
        return is_unique_in_pairs(run, array);
    }
    struct hashed *all = arena_alloc(run->arena, array->count, sizeof(*all));
    if (all == NULL) {
        return schema_run_stop(run, err_set(run->err, RC_LIMIT, "schema: past the arena's limit"));
    }
    if (!schema_run_step(run, array->count)) {
        return false;
    }
    for (const struct json *m = array->first; m != NULL; m = m->next) {
        all[filled++] = (struct hashed){hash_of(m, 0), m};
    }
    qsort(all, filled, sizeof(*all), by_hash);
    for (size_t i = 0; i < filled; i++) {
        for (size_t k = i + 1; k < filled && all[k].hash == all[i].hash; k++) {
            size_t cost = (size_t)all[i].value->count * all[i].value->count + 1;
            if (!schema_run_step(run, cost) || json_equal(all[i].value, all[k].value)) {
                return false;
            }
        }
    }
    return true;
}

static bool
run_unique(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    return schema_is_unique(run, at->value) || (run->rc == RC_OK && schema_fail(run, w, at, STR("")));
}

bool
schema_run_array(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    if (!schema_run_step(run, at->value->count)) {
        return false;
    }
    if (w->op == OP_ITEMS) {
        return run_items(run, w, at);
    }
    if (w->op == OP_CONTAINS) {
        return run_contains(run, w, at);
    }
    return w->op == OP_UNIQUE_ITEMS ? run_unique(run, w, at) : run_leftover(run, w, at);
}
