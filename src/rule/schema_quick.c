/*
 * Whether a value holds, and nothing about why not: most documents do, so they are asked this first and need
 * no places, no record of what was looked at and no memory.  What this walk does not know how to ask (what
 * is left over after several schemas) it hands to the walk of schema_check.c, one value at a time.
 *
 * The members of a document mostly come in the order in which its schema names them.  So each is first
 * compared with the name behind the last one that was found, and looked up only if it is another.
 */
#include "rule/schema_run_int.h"

static bool holds(struct schema_run *run, const struct schema_node *node, const struct json *value);

/* Never inline, as it is rare.  False. */
__attribute__((noinline)) static bool
found_wrong(struct schema_run *run, const struct schema_node *node, const struct json *value, size_t word)
{
    if (run->rc == RC_OK && run->names == 0) {
        run->wrong[run->wrong_count++ % SCHEMA_WRONG_MAX] =
            (struct schema_wrong){node, value, run->open, word, run->is_left_over || node->is_alone};
    }
    run->open = NULL;
    run->is_left_over = false;
    return false;
}

/* --- objects --------------------------------------------------------------------------------------- */

static bool
has_all(struct schema_run *run, const struct schema_names *names, const struct json *value)
{
    if (!schema_run_step(run, names->count * (1 + (size_t)value->count / 8))) {
        return false;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (json_get_key(value, names->list[i]) == NULL) {
            return false;
        }
    }
    return true;
}

__attribute__((noinline)) static bool
dependents_hold(struct schema_run *run, const struct schema_table *table, const struct json *value)
{
    for (const struct json *m = value->first; m != NULL; m = m->next) {
        const struct schema_member *found = schema_table_get(table, m->key);
        bool is_right = found == NULL || (found->node != NULL ? holds(run, found->node, value)
                                                              : has_all(run, &found->names, value));
        if (!is_right) {
            return false;
        }
    }
    return true;
}

static bool
patterns_hold(struct schema_run *run, const struct schema_members *all, const struct json *member,
              bool *is_known)
{
    for (size_t i = 0; i < all->patterns_count; i++) {
        bool is_found = schema_run_find(run, all->patterns[i].regex, member->key);
        if (run->rc != RC_OK || (is_found && !holds(run, all->patterns[i].node, member))) {
            return false;
        }
        *is_known = *is_known || is_found;
    }
    return true;
}

static bool
members_hold(struct schema_run *run, const struct schema_members *all, const struct json *value)
{
    const struct schema_node *others = all->others != NULL ? all->others : all->leftover;
    const struct schema_member *list = all->named.list;
    uint64_t there = 0;
    size_t next = 0;

    if (!schema_run_step(run, (size_t)value->count * (1 + all->patterns_count))) {
        return false;
    }
    for (const struct json *m = value->first; m != NULL; m = m->next) {
        bool is_next = next < all->named.count && schema_is_name(list[next].name, m->key);
        const struct schema_member *named = is_next ? &list[next] : schema_table_get(&all->named, m->key);
        bool is_known = named != NULL;
        if (is_known) {
            size_t at = (size_t)(named - list);
            next = at + 1;
            there |= at < 64 ? UINT64_C(1) << at : 0;
            if (!holds(run, named->node, m)) {
                run->open = m;
                return false;
            }
        }
        if (all->patterns_count > 0 && !patterns_hold(run, all, m, &is_known)) {
            return false;
        }
        if (!is_known && others != NULL && !holds(run, others, m)) {
            run->open = m;
            run->is_left_over = all->others == NULL;
            return false;
        }
    }
    return (there & all->required) == all->required;
}

/* Not inline, and so for what is rare below: what they have on the stack would stand there once for each level. */
__attribute__((noinline)) static bool
names_hold(struct schema_run *run, const struct schema_node *node, const struct json *value)
{
    bool is_right = true;

    run->names++;
    for (const struct json *m = value->first; m != NULL && is_right; m = m->next) {
        struct json name = {.kind = JSON_STRING, .text = m->key, .key = m->key};
        is_right = holds(run, node, &name);
    }
    run->names--;
    return is_right;
}

static bool
object_holds(struct schema_run *run, const struct schema_word *w, const struct json *value)
{
    if (w->op == OP_MEMBERS) {
        return members_hold(run, w->is.members, value);
    }
    if (w->op == OP_REQUIRED) {
        return w->is.required.is_counted || has_all(run, &w->is.required.names, value);
    }
    if (w->op == OP_PROPERTY_NAMES) {
        return names_hold(run, w->is.node, value);
    }
    /* Left-over members were folded into the word of members, or the node is alone. */
    return w->op == OP_UNEVALUATED_PROPERTIES || dependents_hold(run, w->is.table, value);
}

/* --- arrays ---------------------------------------------------------------------------------------- */

static bool
items_hold(struct schema_run *run, const struct schema_word *w, const struct json *value)
{
    const struct schema_nodes *prefix = &w->is.items.prefix;
    size_t index = 0;

    for (const struct json *m = value->first; m != NULL; m = m->next, index++) {
        const struct schema_node *node = index < prefix->count ? prefix->list[index] : w->is.items.rest;
        if (node == NULL) {
            return true;
        }
        if (!holds(run, node, m)) {
            run->open = m;
            return false;
        }
    }
    return true;
}

static bool
contains_holds(struct schema_run *run, const struct schema_contains *contains, const struct json *value)
{
    uint64_t count = 0;

    for (const struct json *m = value->first; m != NULL && run->rc == RC_OK; m = m->next) {
        count += holds(run, contains->node, m);
    }
    return run->rc == RC_OK && count >= contains->least && count <= contains->most;
}

static bool
array_holds(struct schema_run *run, const struct schema_word *w, const struct json *value)
{
    if (!schema_run_step(run, value->count)) {
        return false;
    }
    if (w->op == OP_ITEMS) {
        return items_hold(run, w, value);
    }
    return w->op == OP_CONTAINS ? contains_holds(run, w->is.contains, value)
                                : schema_is_unique(run, value);
}

/* --- schemas for the same value -------------------------------------------------------------------- */

/* allOf, anyOf, oneOf. */
static bool
nodes_hold(struct schema_run *run, const struct schema_word *w, const struct json *value)
{
    size_t count = 0;

    for (size_t i = 0; i < w->is.nodes.count && run->rc == RC_OK; i++) {
        bool is_one = holds(run, w->is.nodes.list[i], value);
        if (w->op == OP_ALL_OF && !is_one) {
            return false;
        }
        if (w->op == OP_ANY_OF && is_one) {
            return true;
        }
        count += is_one;
    }
    return run->rc == RC_OK && (w->op == OP_ALL_OF || (w->op == OP_ONE_OF && count == 1));
}

static bool
branch_holds(struct schema_run *run, const struct schema_word *w, const struct json *value)
{
    const struct schema_node *next = w->is.nodes.list[holds(run, w->is.nodes.list[0], value) ? 1 : 2];

    return run->rc == RC_OK && (next == NULL || holds(run, next, value));
}

static bool
word_holds(struct schema_run *run, const struct schema_word *w, const struct json *value)
{
    switch (w->op) {
    case OP_REF:
        return holds(run, w->is.node, value);
    case OP_DYNAMIC_REF:
        return holds(run, w->is.dynamic.node, value);
    case OP_ALL_OF:
    case OP_ANY_OF:
    case OP_ONE_OF:
        return nodes_hold(run, w, value);
    case OP_NOT:
        return !holds(run, w->is.node, value) && run->rc == RC_OK;
    case OP_IF:
        return branch_holds(run, w, value);
    case OP_REQUIRED:
    case OP_DEPENDENT_REQUIRED:
    case OP_DEPENDENT_SCHEMAS:
    case OP_MEMBERS:
    case OP_PROPERTY_NAMES:
    case OP_UNEVALUATED_PROPERTIES:
        return value->kind != JSON_OBJECT || object_holds(run, w, value);
    case OP_UNIQUE_ITEMS:
    case OP_ITEMS:
    case OP_CONTAINS:
        return value->kind != JSON_ARRAY || array_holds(run, w, value);
    case OP_TYPE:
        return schema_has_type(w->is.types, value);
    case OP_UNEVALUATED_ITEMS: /* of a node that is alone */
    case OP_ENUM:
    case OP_CONST:
    case OP_MULTIPLE_OF:
    case OP_MAXIMUM:
    case OP_EXCLUSIVE_MAXIMUM:
    case OP_MINIMUM:
    case OP_EXCLUSIVE_MINIMUM:
    case OP_MAX_LENGTH:
    case OP_MIN_LENGTH:
    case OP_PATTERN:
    case OP_FORMAT:
    case OP_MAX_ITEMS:
    case OP_MIN_ITEMS:
    case OP_MAX_PROPERTIES:
    case OP_MIN_PROPERTIES:
    default:
        return schema_plain_holds(run, w, value);
    }
}

/* The other walk, on this value alone; what it would say is not wanted. */
__attribute__((noinline)) static bool
holds_alone(struct schema_run *run, const struct schema_node *node, const struct json *value)
{
    struct schema_at at = {.value = value};

    run->quiet++;
    bool is_right = schema_run_node(run, node, &at);
    run->quiet--;
    return is_right;
}

static bool
holds(struct schema_run *run, const struct schema_node *node, const struct json *value)
{
    if (!schema_run_step(run, 1 + node->words_count) || node->is_never) {
        return false;
    }
    if (node->is_alone) {
        return holds_alone(run, node, value) || found_wrong(run, node, value, 0);
    }
    if (run->depth == SCHEMA_DEPTH_MAX) {
        return schema_run_stop(run, err_set(run->err, RC_LIMIT, "schema: more than %d schemas in one another",
                                            SCHEMA_DEPTH_MAX));
    }
    size_t i = 0;
    run->depth++;
    while (i < node->words_count && word_holds(run, &node->words[i], value)) {
        i++;
    }
    run->depth--;
    return i == node->words_count || found_wrong(run, node, value, i);
}

bool
schema_quick_holds(struct schema_run *run, const struct schema_node *node, const struct json *value)
{
    return holds(run, node, value);
}
