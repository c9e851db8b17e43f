/*
 * Running the words of a node on a value.  Errors are written down as they are met, except below what
 * only asks (not, if, anyOf, oneOf, contains): there the first one ends it.
 *
 * What counts as looked at, for unevaluated…, are bits of the children of one value.  They are kept only where
 * some schema on the way asks for them; a branch that fails takes back its own.
 *
 * Only what is wrong needs this walk, so near the root each child is asked quickly first.  Not further down: a
 * mistake at the bottom would be asked for again at every level.
 */
#include <string.h>

#include "rule/schema_run_int.h"

enum { ASKED_DEPTH_MAX = 6 };

bool
schema_run_stop(struct schema_run *run, enum rc rc)
{
    run->rc = rc;
    return false;
}

bool
schema_too_many_steps(struct schema_run *run)
{
    return run->rc != RC_OK
               ? false
               : schema_run_stop(run, err_set(run->err, RC_LIMIT, "schema: more than %d steps for one document",
                                              SCHEMA_STEPS_MAX));
}

/* --- what was looked at ---------------------------------------------------------------------------- */

static bool
seen_push(struct schema_run *run, const struct json *value, struct schema_seen *out)
{
    size_t words = ((size_t)value->count + 63) / 64;

    if (run->bits_len + words > run->bits_cap) {
        size_t cap = (run->bits_len + words) * 2 + 16;
        uint64_t *more = arena_grow(run->arena, run->bits, run->bits_cap * sizeof(*more),
                                    cap * sizeof(*more));
        if (more == NULL) {
            return schema_run_stop(run, err_set(run->err, RC_LIMIT, "schema: past the arena's limit"));
        }
        run->bits = more;
        run->bits_cap = cap;
    }
    if (words > 0) {
        memset(run->bits + run->bits_len, 0, words * sizeof(*run->bits));
    }
    *out = (struct schema_seen){true, run->bits_len, words};
    run->bits_len += words;
    return true;
}

static void
seen_pop(struct schema_run *run, const struct schema_seen *seen, const struct schema_seen *into,
         bool holds)
{
    for (size_t i = 0; holds && into->is_wanted && i < seen->words; i++) {
        run->bits[into->at + i] |= run->bits[seen->at + i];
    }
    run->bits_len = seen->at;
}

void
schema_see(struct schema_run *run, const struct schema_at *at, size_t index)
{
    if (at->seen.is_wanted) {
        run->bits[at->seen.at + index / 64] |= UINT64_C(1) << index % 64;
    }
}

bool
schema_seen_has(const struct schema_run *run, const struct schema_at *at, size_t index)
{
    return (run->bits[at->seen.at + index / 64] >> index % 64 & 1) != 0;
}

/* --- applying schemas ------------------------------------------------------------------------------ */

/* Not inline: a child that was asked quickly needs none of this. */
__attribute__((noinline)) static bool
run_below(struct schema_run *run, const struct schema_node *node, const struct schema_at *at, const struct json *child,
          size_t index)
{
    struct schema_place place = {at->place, child->key, node->piece, index, at->value->kind == JSON_OBJECT};
    struct schema_at below = {.value = child, .place = &place, .scope = at->scope};

    return schema_run_node(run, node, &below);
}

bool
schema_run_child(struct schema_run *run, const struct schema_node *node,
                 const struct schema_at *at, const struct json *child, size_t index)
{
    bool is_asked = run->is_hasty && run->quiet == 0 && run->depth <= ASKED_DEPTH_MAX &&
                    schema_wrong_last(run, node, child) == NULL;

    return (is_asked && schema_quick_holds(run, node, child)) || run_below(run, node, at, child, index);
}

/* Whether it holds, without a word about why not; what it looked at counts if so. */
static bool
asks(struct schema_run *run, const struct schema_node *node, const struct schema_at *at)
{
    struct schema_at branch = *at;

    if (run->is_hasty && !at->seen.is_wanted) {
        unsigned wrong_count = run->wrong_count;
        bool is_right = schema_quick_holds(run, node, at->value);
        run->wrong_count = wrong_count;
        return is_right;
    }
    if (at->seen.is_wanted && !seen_push(run, at->value, &branch.seen)) {
        return false;
    }
    run->quiet++;
    bool holds = schema_run_node(run, node, &branch);
    run->quiet--;
    if (at->seen.is_wanted) {
        seen_pop(run, &branch.seen, &at->seen, holds);
    }
    return holds;
}

/* The outermost resource on the way here that has the anchor; the search ends with the reference's own. */
static const struct schema_node *
dynamic_target(const struct schema_word *w, const struct schema_at *at)
{
    const struct schema_node *target = w->is.dynamic.node;

    if (w->is.dynamic.anchor.len == 0) {
        return target;
    }
    for (const struct schema_scope *s = at->scope; s != NULL; s = s->up) {
        for (const struct schema_anchor *a = s->resource->anchors; a != NULL; a = a->next) {
            if (a->is_dynamic && str_eq(a->name, w->is.dynamic.anchor)) {
                target = a->node;
            }
        }
    }
    return target;
}

static bool
run_all(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    bool holds = true;

    for (size_t i = 0; i < w->is.nodes.count && (holds || run->quiet == 0); i++) {
        holds = schema_run_node(run, w->is.nodes.list[i], at) && holds;
    }
    return holds;
}

/* anyOf and oneOf. */
static bool
run_some(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    size_t most = w->op == OP_ONE_OF ? 1 : w->is.nodes.count;
    size_t count = 0;
    bool is_enough = false;

    for (size_t i = 0; i < w->is.nodes.count && !is_enough; i++) {
        count += asks(run, w->is.nodes.list[i], at);
        is_enough = count > most || (w->op == OP_ANY_OF && count > 0 && !at->seen.is_wanted);
    }
    if (run->rc != RC_OK) {
        return false;
    }
    if (count > 0 && count <= most) {
        return true;
    }
    (void)schema_fail(run, w, at, count > most ? STR("2") : STR(""));
    if (count == 0 && !schema_is_choice(w)) {
        schema_say_closest(run, w, at);
    }
    return false;
}

static bool
run_if(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    const struct schema_node *next = w->is.nodes.list[asks(run, w->is.nodes.list[0], at) ? 1 : 2];

    return run->rc == RC_OK && (next == NULL || schema_run_node(run, next, at));
}

static bool
run_not(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    struct schema_at plain = *at;

    plain.seen.is_wanted = false;
    if (asks(run, w->is.node, &plain)) {
        return schema_fail(run, w, at, STR(""));
    }
    return run->rc == RC_OK;
}

/* --- one word --------------------------------------------------------------------------------------- */

__attribute__((noinline)) static bool
run_plain(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    return schema_plain_holds(run, w, at->value) ||
           (run->rc == RC_OK && schema_fail(run, w, at, STR("")));
}

static bool
run_word(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    switch (w->op) {
    case OP_REF:
        return schema_run_node(run, w->is.node, at);
    case OP_DYNAMIC_REF:
        return schema_run_node(run, dynamic_target(w, at), at);
    case OP_ALL_OF:
        return run_all(run, w, at);
    case OP_ANY_OF:
    case OP_ONE_OF:
        return run_some(run, w, at);
    case OP_NOT:
        return run_not(run, w, at);
    case OP_IF:
        return run_if(run, w, at);
    case OP_REQUIRED:
    case OP_DEPENDENT_REQUIRED:
    case OP_DEPENDENT_SCHEMAS:
    case OP_MEMBERS:
    case OP_PROPERTY_NAMES:
    case OP_UNEVALUATED_PROPERTIES:
        return at->value->kind != JSON_OBJECT || schema_run_object(run, w, at);
    case OP_UNIQUE_ITEMS:
    case OP_ITEMS:
    case OP_CONTAINS:
    case OP_UNEVALUATED_ITEMS:
        return at->value->kind != JSON_ARRAY || schema_run_array(run, w, at);
    case OP_TYPE:
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
        return run_plain(run, w, at);
    }
}

static bool
is_leftover(const struct schema_node *node, const struct json *value)
{
    /* They are the last words; of the two only one is about this kind of value. */
    for (size_t i = node->words_count; i > 0 && node->words[i - 1].op >= OP_UNEVALUATED_ITEMS; i--) {
        if (value->kind ==
            (node->words[i - 1].op == OP_UNEVALUATED_ITEMS ? JSON_ARRAY : JSON_OBJECT)) {
            return true;
        }
    }
    return false;
}

/* A word about the value alone that is known not to hold needs no asking. */
static bool
run_open(struct schema_run *run, const struct schema_word *w, const struct schema_at *at)
{
    return w->op <= OP_MIN_PROPERTIES ? schema_fail(run, w, at, STR("")) : run_word(run, w, at);
}

/* wrong: what is known of them, or NULL. */
static bool
run_words(struct schema_run *run, const struct schema_node *node, const struct schema_at *at, const struct schema_wrong *wrong)
{
    size_t first_open = wrong != NULL ? wrong->first_open : SIZE_MAX;
    bool holds = true;

    for (size_t i = 0; i < node->words_count && run->rc == RC_OK; i++) {
        const struct schema_word *w = &node->words[i];
        if (wrong != NULL && i < first_open && !(w->op == OP_REQUIRED && w->is.required.is_counted)) {
            continue;
        }
        bool is_idle = run->quiet > 0 || run->result->is_cut || w->op >= OP_UNEVALUATED_ITEMS;
        if (!holds && is_idle) {
            break; /* what is left over is known only when all else holds */
        }
        holds = (i == first_open ? run_open(run, w, at) : run_word(run, w, at)) && holds;
    }
    return holds && run->rc == RC_OK;
}

bool
schema_run_node(struct schema_run *run, const struct schema_node *node, const struct schema_at *at)
{
    struct schema_scope scope = {at->scope, node->resource};
    struct schema_at here = {.node = node, .value = at->value, .place = at->place, .scope = at->scope};
    const struct schema_wrong *wrong = schema_wrong_last(run, node, at->value);
    bool is_known = wrong != NULL && !wrong->is_left_over;
    /* What a schema that does not hold looked at counts for nothing. */
    bool owns = !is_known && is_leftover(node, at->value);

    here.open = is_known ? wrong->open : NULL;
    if (!is_known) {
        here.seen = at->seen;
    }
    run->wrong_count -= wrong != NULL; /* next comes what was found out below it */
    if (at->scope == NULL || at->scope->resource != node->resource) {
        here.scope = &scope;
    }
    if (!schema_run_step(run, 1 + node->words_count)) {
        return false;
    }
    if (node->is_never) {
        return schema_fail(run, &schema_never, &here, STR(""));
    }
    if (run->depth == SCHEMA_DEPTH_MAX) {
        return schema_run_stop(run, err_set(run->err, RC_LIMIT, "schema: more than %d schemas in one another",
                                            SCHEMA_DEPTH_MAX));
    }
    if (owns && !seen_push(run, at->value, &here.seen)) {
        return false;
    }
    run->depth++;
    bool holds = run_words(run, node, &here, is_known ? wrong : NULL);
    run->depth--;
    if (owns) {
        seen_pop(run, &here.seen, &at->seen, holds);
    }
    return holds;
}

/* is_hasty: what holds is asked with schema_quick.c, first of all the whole. */
static enum rc
check(const struct schema *schema, struct arena *work, const struct json *document, int32_t today,
      bool is_hasty, struct schema_result *out, struct err *err)
{
    WITHOUT_ZEROS struct schema_wrong wrong[SCHEMA_WRONG_MAX]; /* only the last is looked at before it was written */
    struct schema_run run = {.arena = work,
                             .result = out,
                             .wrong = wrong,
                             .today = today,
                             .is_hasty = is_hasty,
                             .steps = SCHEMA_STEPS_MAX,
                             .rc = RC_OK,
                             .err = err};
    struct schema_at at = {.value = document};

    wrong[SCHEMA_WRONG_MAX - 1] = (struct schema_wrong){.node = NULL};
    out->is_cut = false;
    out->count = 0;
    out->is_valid = is_hasty && schema_quick_holds(&run, schema->root, document);
    if (!out->is_valid && run.rc == RC_OK) {
        run.steps = SCHEMA_STEPS_MAX;
        out->is_valid = schema_run_node(&run, schema->root, &at);
    }
    return run.rc;
}

enum rc
schema_check(const struct schema *schema, struct arena *work, const struct json *document,
             int32_t today, struct schema_result *out, struct err *err)
{
    return check(schema, work, document, today, !schema->is_dynamic, out, err);
}

enum rc
schema_check_slowly(const struct schema *schema, struct arena *work, const struct json *document,
                    int32_t today, struct schema_result *out, struct err *err)
{
    return check(schema, work, document, today, false, out, err);
}
