/*
 * Which outcomes a FEEL text asks for, found in its tree: = "yes", in ("yes", "no"), list contains(["yes"], outcome), the items of a
 * list by a filter or some and every.  A text that asks in another way may mean any: != "yes", not(…), the variable by itself.
 */
#include "process/gov_int.h"
#include "rule/builtin.h"

enum { ALIASES_MAX = 16 /* names of items, one within another; past them any code may be meant */ };

struct asking {
    struct gov_asked *to;
    const struct feel_tree *tree;
    struct str alias[ALIASES_MAX]; /* item, ? and iterators, while they stand for the variable */
    size_t aliases;
};

static void look(struct asking *k, uint32_t node);

static const struct feel_node *
at(const struct asking *k, uint32_t node)
{
    return &k->tree->node[node];
}

static uint32_t
child(const struct asking *k, uint32_t node, uint32_t nth)
{
    uint32_t found = at(k, node)->first;

    while (nth-- > 0 && found != 0) {
        found = at(k, found)->next;
    }
    return found;
}

/* The variable, an item of the list that gathers it, or some of them. */
static bool
means(const struct asking *k, uint32_t node)
{
    const struct feel_node *n = at(k, node);
    bool is_it = n->kind == NODE_NAME && (str_eq(n->text, k->to->variable) || (k->to->list.len > 0 && str_eq(n->text, k->to->list)));

    for (size_t i = 0; i < k->aliases && n->kind == NODE_NAME; i++) {
        is_it = is_it || str_eq(n->text, k->alias[i]);
    }
    return is_it || (n->kind == NODE_FILTER && means(k, n->first)) || (n->kind == NODE_NAMED && means(k, n->first));
}

static bool
mentions(const struct asking *k, uint32_t node)
{
    bool found = means(k, node);

    for (uint32_t c = at(k, node)->first; c != 0 && !found; c = at(k, c)->next) {
        found = mentions(k, c);
    }
    return found;
}

static void
ask_code(struct asking *k, struct str code)
{
    for (size_t i = 0; i < k->to->outcomes; i++) {
        k->to->code[i] = k->to->code[i] || str_eq(k->to->outcome[i].code, code);
    }
}

/* While it is looked into, that name stands for the variable. */
static void
look_as(struct asking *k, struct str name, uint32_t node)
{
    if (k->aliases == ALIASES_MAX) {
        k->to->all = true;
        return;
    }
    k->alias[k->aliases++] = name;
    if (mentions(k, node)) {
        look(k, node);
    } else { /* what it depends on is not told here */
        k->to->all = true;
    }
    k->aliases--;
}

/* What the variable has to be: one of these. */
static void
look_at_tests(struct asking *k, uint32_t node)
{
    const struct feel_node *n = at(k, node);

    switch ((unsigned)n->kind) {
    case NODE_STRING:
        ask_code(k, n->text);
        break;
    case NODE_NULL: /* nothing was said */
        break;
    case NODE_LIST:
    case NODE_TESTS:
    case NODE_NAMED:
    case NODE_TEST_EQUAL:
        k->to->all = k->to->all || (n->flags & FEEL_NOT) != 0;
        for (uint32_t c = n->first; c != 0; c = at(k, c)->next) {
            look_at_tests(k, c);
        }
        break;
    default:
        look_as(k, STR("?"), node);
        break;
    }
}

static void
look_at_children(struct asking *k, uint32_t node)
{
    for (uint32_t c = at(k, node)->first; c != 0; c = at(k, c)->next) {
        look(k, c);
    }
}

/* One of the two is the variable, and the other says which codes. */
static void
look_at_both(struct asking *k, uint32_t node, uint32_t one, uint32_t other)
{
    if (one != 0 && other != 0 && means(k, one) && !mentions(k, other)) {
        look_at_tests(k, other);
    } else if (one != 0 && other != 0 && means(k, other) && !mentions(k, one)) {
        look_at_tests(k, one);
    } else {
        look_at_children(k, node);
    }
}

static void
look_at_call(struct asking *k, uint32_t node)
{
    const struct feel_node *function = at(k, at(k, node)->first);
    bool compares = function->kind == NODE_BUILTIN && (function->slot == BUILTIN_LIST_CONTAINS || function->slot == BUILTIN_IS);

    if (compares) {
        look_at_both(k, node, child(k, node, 1), child(k, node, 2));
    } else if (function->kind == NODE_BUILTIN && function->slot == BUILTIN_NOT) {
        k->to->all = k->to->all || mentions(k, node);
    } else {
        look_at_children(k, node);
    }
}

/* for, some, every: iterators, and what is said of them. */
static void
look_at_items(struct asking *k, uint32_t node)
{
    size_t before = k->aliases;

    for (uint32_t c = at(k, node)->first; c != 0; c = at(k, c)->next) {
        const struct feel_node *n = at(k, c);
        if (n->kind != NODE_ITERATOR || !means(k, n->first)) {
            look(k, c);
        } else if (k->aliases < ALIASES_MAX) {
            k->alias[k->aliases++] = n->text;
        } else {
            k->to->all = true;
        }
    }
    k->aliases = before;
}

static void
look(struct asking *k, uint32_t node)
{
    const struct feel_node *n = at(k, node);

    switch ((unsigned)n->kind) {
    case NODE_NAME:
        k->to->all = k->to->all || means(k, node);
        break;
    case NODE_EQUAL:
    case NODE_IN:
        look_at_both(k, node, child(k, node, 0), child(k, node, 1));
        break;
    case NODE_CALL:
        look_at_call(k, node);
        break;
    case NODE_FILTER:
        if (means(k, n->first)) {
            look_as(k, STR("item"), child(k, node, 1));
        } else {
            look_at_children(k, node);
        }
        break;
    case NODE_FOR:
    case NODE_SOME:
    case NODE_EVERY:
        look_at_items(k, node);
        break;
    case NODE_UNEQUAL:
        k->to->all = k->to->all || mentions(k, node);
        break;
    case NODE_IF: /* what it does not ask for goes the other way */
        k->to->all = k->to->all || mentions(k, n->first);
        look_at_children(k, node);
        break;
    default:
        look_at_children(k, node);
        break;
    }
}

void
gov_ask(struct gov_asked *to, const struct program *program)
{
    struct asking k = {.to = to, .tree = program != NULL ? program_tree(program) : NULL};

    if (k.tree == NULL || !mentions(&k, k.tree->root)) { /* written in another way than it is called */
        to->all = true;
    } else {
        look(&k, k.tree->root);
    }
}
