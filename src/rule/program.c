/*
 * From a tree to a program in one walk forwards: children stand before their parents, so when a node is made ready its children
 * are, and if all of them are constants the node is run at once and becomes one.  Before that a walk backwards tells
 * each node in whose frame it stands.
 */
#include "rule/program.h"

#include "rule/eval_int.h"
#include "rule/program_compile_int.h"

#include <string.h>

enum { FOLDED_TEXT_MAX = 200 }; /* bytes of a text that is put together with another one while compiling */

/* --- what grows -------------------------------------------------------------------------------- */

void
compiler_no_room(struct compiler *c)
{
    if (c->rc == RC_OK) {
        c->rc = err_set(c->err, RC_LIMIT, "the program of an expression does not fit");
    }
}

/* The first of count new ones, zeroed; NULL past the limit. */
void *
compiler_add(struct compiler *c, struct growing *g, uint32_t count)
{
    if (count > g->room - g->count) {
        uint32_t room = g->count + count > g->room * 2 ? g->count + count : g->room * 2;
        void *at = arena_alloc(c->arena, room, g->size_bytes);
        if (at == NULL) {
            compiler_no_room(c);
            return NULL;
        }
        if (g->count > 0) {
            memcpy(at, g->at, g->count * g->size_bytes);
        }
        g->at = at;
        g->room = room;
    }
    g->count += count;
    return (char *)g->at + (g->count - count) * g->size_bytes;
}

/* Arrays move while they grow. */
static void
settle(struct compiler *c)
{
    struct program *p = c->program;

    p->op = c->op.at;
    p->part = c->part.at;
    p->constant = c->constant.at;
    p->type = c->type.at;
    p->function = c->function.at;
    p->call = c->call.at;
    p->cell = c->cell.at;
}

static uint32_t
add_constant(struct compiler *c, struct value v)
{
    struct value *slot = compiler_add(c, &c->constant, 1);

    if (slot == NULL) {
        return 0;
    }
    *slot = v;
    return c->constant.count - 1;
}

void
compiler_make_constant(struct compiler *c, uint32_t node, struct value v)
{
    uint32_t slot = add_constant(c, v);
    struct op *o = compiler_op(c, node);

    *o = (struct op){.kind = OP_CONSTANT, .slot = slot, .at = o->at};
}

/* --- frames ------------------------------------------------------------------------------------ */

static bool
opens_frame(const struct feel_node *n, uint32_t index_of_child)
{
    switch (n->kind) {
    default: return false;
    case NODE_FILTER:
    case NODE_IN: return index_of_child == 1;
    case NODE_FUNCTION: return index_of_child == n->count - 1;
    case NODE_FOR:
    case NODE_SOME:
    case NODE_EVERY:
    case NODE_CONTEXT: return true;
    }
}

static void
find_openers(struct compiler *c)
{
    const struct feel_node *nodes = c->tree->node;

    for (uint32_t i = c->tree->root; i > 0; i--) {
        uint32_t index = 0;
        for (uint32_t child = nodes[i].first; child != 0; child = nodes[child].next) {
            c->opener[child] = opens_frame(&nodes[i], index++) ? i : c->opener[i];
        }
    }
}

/* Who opened the frame that stands depth outwards of node; 0: the caller brings it.  Functions on the way there reach out. */
static uint32_t
reach_opener(struct compiler *c, uint32_t node, uint32_t depth)
{
    uint32_t opener = c->opener[node];

    while (depth > 0 && opener != 0) {
        c->mark[opener] |= c->tree->node[opener].kind == NODE_FUNCTION ? OP_REACHES : 0;
        opener = c->opener[opener];
        depth--;
    }
    return depth == 0 ? opener : 0;
}

static void
note_use(struct compiler *c, uint32_t node, uint32_t depth, uint32_t slot)
{
    uint32_t opener = reach_opener(c, node, depth);

    if (opener != 0) {
        const struct feel_node *n = &c->tree->node[opener];
        bool is_partial = n->kind == NODE_FOR && slot == n->count - 1;
        c->mark[opener] |= (uint8_t)(OP_USED | (is_partial ? OP_PARTIAL : 0));
    }
}

void
compiler_keep_frames(struct compiler *c, uint32_t node)
{
    for (uint32_t opener = c->opener[node]; opener != 0; opener = c->opener[opener]) {
        uint8_t kind = c->tree->node[opener].kind;
        if (kind != NODE_FOR && kind != NODE_CONTEXT && kind != NODE_FUNCTION) {
            return;
        }
        c->mark[opener] |= OP_KEPT;
    }
}

/* --- names ------------------------------------------------------------------------------------- */

/* What the name is if no filter's item has a member of it; a node of its own, behind those of the tree. */
static uint32_t
add_otherwise(struct compiler *c, const struct op *o)
{
    struct op *copy = compiler_add(c, &c->op, 1);

    if (copy == NULL) {
        return 0;
    }
    *copy = *o;
    return c->op.count - 1;
}

/* The item of the filter depth frames outwards is asked. */
static void
ask_at(struct compiler *c, uint32_t node, uint32_t depth)
{
    uint32_t *part = compiler_add(c, &c->part, 1);

    if (part != NULL) {
        *part = depth;
        note_use(c, node, depth, 0);
    }
}

static void
make_ask(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    struct op otherwise = *compiler_op(c, node);
    bool has_end = n->kind == NODE_NAME || n->kind == NODE_MEMBER;
    uint32_t first = c->part.count, depth = 0, last = has_end ? n->depth : UINT32_MAX;
    uint32_t name = add_constant(c, value_of_str(n->text));

    for (uint32_t opener = c->opener[node]; opener != 0; opener = c->opener[opener], depth++) {
        if (depth <= last && c->tree->node[opener].kind == NODE_FILTER) {
            ask_at(c, node, depth);
        }
    }
    for (uint32_t i = 0; i < c->tree->filters && depth + c->tree->filter[i] <= last; i++) {
        ask_at(c, node, depth + c->tree->filter[i]);
    }
    uint32_t a = add_otherwise(c, &otherwise);
    struct op *o = compiler_op(c, node);
    *o = (struct op){.kind = OP_ASK, .slot = name, .a = first, .b = c->part.count - first, .c = a, .at = o->at};
}

static void
compile_name(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    struct op *o = compiler_op(c, node);

    switch (n->kind) {
    default:
        o->kind = OP_UNKNOWN;
        o->slot = add_constant(c, value_of_str(n->text));
        break;
    case NODE_NAME:
        o->kind = n->depth == 0 ? OP_SLOT : OP_SLOT_OUT;
        o->depth = n->depth;
        o->slot = n->slot;
        note_use(c, node, n->depth, n->slot);
        c->mark[node] |= str_eq(n->text, STR("?")) ? OP_ASKS_INPUT : 0;
        break;
    case NODE_MEMBER:
        o->kind = OP_MEMBER;
        o->depth = n->depth;
        o->slot = add_constant(c, value_of_str(n->text));
        note_use(c, node, n->depth, 0);
        break;
    case NODE_BUILTIN:
        compiler_make_constant(c, node, (struct value){.kind = VALUE_FUNCTION, .as.function = function_builtin(n->slot)});
        break;
    }
    if ((n->flags & FEEL_ASK_FILTERS) != 0 && c->rc == RC_OK) {
        make_ask(c, node, n);
    }
}

/* --- literals ---------------------------------------------------------------------------------- */

/* A whole number is kept without a fraction of zeros: such are compared fastest. */
static struct value
plain_number(struct decimal d)
{
    int64_t n;

    return decimal_as_int(d, &n) ? value_of_int(n) : value_of_number(d);
}

static bool
make_temporal(struct compiler *c, const struct temporal *t, struct value *out)
{
    static const enum value_kind kinds[] = {
        [TEMPORAL_DATE] = VALUE_DATE, [TEMPORAL_TIME] = VALUE_TIME, [TEMPORAL_DATE_TIME] = VALUE_DATE_TIME};
    struct temporal *kept = arena_alloc(c->arena, 1, sizeof(*kept));

    if (kept == NULL) {
        compiler_no_room(c);
        return false;
    }
    *kept = *t;
    *out = (struct value){.kind = kinds[t->kind], .as.temporal = kept};
    return true;
}

/* False: the text is none of the four. */
static bool
read_at(struct compiler *c, struct str text, struct value *out)
{
    struct temporal t;
    struct duration d;
    int64_t months;

    if (duration_parse(text, &d)) {
        *out = (struct value){.kind = VALUE_DAYS_DURATION, .as.duration = d};
        return true;
    }
    if (months_parse(text, &months)) {
        *out = (struct value){.kind = VALUE_MONTHS_DURATION, .as.months = months};
        return true;
    }
    bool is_good = temporal_parse_date(text, &t) || temporal_parse_time(c->run.zones, text, &t) ||
                   temporal_parse_date_time(c->run.zones, text, &t);
    return is_good && make_temporal(c, &t, out);
}

static void
compile_literal(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    struct value v = value_null();
    struct decimal d;

    switch (n->kind) {
    default: break; /* null */
    case NODE_TRUE: v = value_of_bool(true); break;
    case NODE_FALSE: v = value_of_bool(false); break;
    case NODE_STRING: v = value_of_str(n->text); break;
    case NODE_NUMBER: v = decimal_parse(n->text, &d) ? plain_number(d) : v; break;
    case NODE_AT:
        if (!read_at(c, n->text, &v)) {
            uint32_t slot = add_constant(c, value_of_str(n->text));
            compiler_op(c, node)->kind = OP_LITERAL;
            compiler_op(c, node)->slot = slot;
            return;
        }
        break;
    }
    compiler_make_constant(c, node, v);
}

/* --- functions and calls ----------------------------------------------------------------------- */

/* The children from first on become parts of the node. */
static void
take_parts(struct compiler *c, uint32_t node, uint32_t first, uint32_t count)
{
    uint32_t *part = count == 0 ? NULL : compiler_add(c, &c->part, count);
    uint32_t *at = part;

    if (count > 0 && part == NULL) {
        return;
    }
    for (uint32_t child = first; child != 0; child = c->tree->node[child].next) {
        const struct feel_node *n = &c->tree->node[child];
        *at++ = n->kind == NODE_ENTRY || n->kind == NODE_NAMED ? n->first : child;
    }
    compiler_op(c, node)->a = c->part.count - count;
    compiler_op(c, node)->b = count;
}

/* Names of entries or arguments, side by side among the constants.  The slot of the first that stands twice, or 0. */
static uint32_t
take_names(struct compiler *c, uint32_t node, uint32_t first)
{
    const struct feel_node *nodes = c->tree->node;
    uint32_t slot = c->constant.count, twice = 0;

    for (uint32_t child = first; child != 0; child = nodes[child].next) {
        bool is_unique = true;
        for (uint32_t other = first; is_unique && other != child; other = nodes[other].next) {
            is_unique = !str_eq(nodes[other].text, nodes[child].text);
        }
        uint32_t at = add_constant(c, value_of_str(nodes[child].text));
        twice = is_unique || twice != 0 ? twice : at;
    }
    compiler_op(c, node)->slot = slot;
    return twice;
}

/* The built-in function that a node is, or is unless an item of a filter has a member of its name. */
static const struct function *
builtin_at(struct compiler *c, uint32_t node)
{
    const struct op *o = compiler_op(c, node);
    const struct value *v = compiler_constant(c, o->kind == OP_ASK ? o->c : node);
    bool is_builtin = v != NULL && v->kind == VALUE_FUNCTION && v->as.function->kind == FUNCTION_BUILTIN;

    return is_builtin ? v->as.function : NULL;
}

/* The first is none, so that a node without one has 0. */
static struct program_call *
add_call(struct compiler *c)
{
    bool has_none = c->call.count > 0 || compiler_add(c, &c->call, 1) != NULL;

    return has_none ? compiler_add(c, &c->call, 1) : NULL;
}

static void
compile_call(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    uint32_t first = c->tree->node[n->first].next;
    const struct function *f = builtin_at(c, n->first);
    bool is_named = first != 0 && c->tree->node[first].kind == NODE_NAMED;

    compiler_op(c, node)->c = n->first;
    compiler_op(c, node)->kind = is_named ? OP_CALL_NAMED : OP_CALL;
    take_parts(c, node, first, n->count - 1);
    if (is_named) {
        (void)take_names(c, node, first);
    } else if (f != NULL) {
        struct program_call *call = add_call(c);
        if (call != NULL) {
            call->builtin = f->builtin;
            call->row = call_rows(f->builtin, &call->rows);
            compiler_op(c, node)->kind = compiler_op(c, n->first)->kind == OP_ASK ? OP_CALL : OP_CALL_ROWS;
            compiler_op(c, node)->slot = c->call.count - 1;
        }
    }
}

/* --- tests ------------------------------------------------------------------------------------- */

static bool
is_cell(const struct value *v)
{
    return v != NULL && v->kind != VALUE_LIST && v->kind != VALUE_CONTEXT && v->kind != VALUE_FUNCTION;
}

/* Constants and ranges of constants are compared without visiting nodes. */
static void
compile_tests(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    bool are_cells = true;

    for (uint32_t child = n->first; child != 0; child = c->tree->node[child].next) {
        are_cells = are_cells && is_cell(compiler_constant(c, child));
    }
    compiler_op(c, node)->flags |= (n->flags & FEEL_NOT) != 0 ? OP_NOT : 0;
    if (!are_cells) {
        compiler_op(c, node)->kind = OP_TESTS;
        take_parts(c, node, n->first, n->count);
        return;
    }
    struct range *cell = compiler_add(c, &c->cell, n->count);
    if (cell == NULL) {
        return;
    }
    for (uint32_t child = n->first; child != 0; child = c->tree->node[child].next) {
        const struct value *v = compiler_constant(c, child);
        CHECK(v != NULL);
        *cell++ = v->kind == VALUE_RANGE ? *v->as.range : (struct range){.form = RANGE_ONE, .low = *v, .high = *v};
    }
    compiler_op(c, node)->kind = OP_CELLS;
    compiler_op(c, node)->a = c->cell.count - n->count;
    compiler_op(c, node)->b = n->count;
}

/* --- nodes ------------------------------------------------------------------------------------- */

static enum op_kind
plain_kind(enum feel_kind kind)
{
    static const uint8_t kinds[] = {
        [NODE_OR] = OP_OR, [NODE_AND] = OP_AND, [NODE_EQUAL] = OP_EQUAL, [NODE_UNEQUAL] = OP_UNEQUAL,
        [NODE_LESS] = OP_LESS, [NODE_LESS_EQUAL] = OP_LESS_EQUAL, [NODE_GREATER] = OP_GREATER,
        [NODE_GREATER_EQUAL] = OP_GREATER_EQUAL, [NODE_BETWEEN] = OP_BETWEEN, [NODE_IN] = OP_IN,
        [NODE_ADD] = OP_ADD, [NODE_SUBTRACT] = OP_SUBTRACT, [NODE_MULTIPLY] = OP_MULTIPLY,
        [NODE_DIVIDE] = OP_DIVIDE, [NODE_POWER] = OP_POWER, [NODE_NEGATE] = OP_NEGATE,
        [NODE_FILTER] = OP_FILTER, [NODE_RANGE] = OP_RANGE, [NODE_IF] = OP_IF, [NODE_ITERATOR] = OP_ITERATOR,
        [NODE_ANY] = OP_ANY,
    };
    return kind < sizeof(kinds) ? kinds[kind] : OP_NULL;
}

enum property
property_of(struct str name)
{
    static const struct str names[] = {
        STR_INIT(""),
#define X(id, text) [PROPERTY_##id] = STR_INIT(text),
        PROPERTY_TABLE(X)
#undef X
    };

    for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(names[i], name)) {
            return (enum property)i;
        }
    }
    return PROPERTY_NONE;
}

/* Up to three children, where the node keeps them itself. */
static void
take_children(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    const struct feel_node *nodes = c->tree->node;
    struct op *o = compiler_op(c, node);

    o->a = n->first;
    o->b = o->a == 0 ? 0 : nodes[o->a].next;
    o->c = o->b == 0 ? 0 : nodes[o->b].next;
}

/* Whether a side of and, or is a test of a value that is not named. */
static bool
is_sign(struct compiler *c, uint32_t node)
{
    const struct op *o = compiler_op(c, node);
    const struct value *v = compiler_constant(c, node);

    return o->kind == OP_TEST || (v != NULL && v->kind == VALUE_RANGE) ||
           ((o->kind == OP_AND || o->kind == OP_OR) && (o->flags & OP_SIGNS) != 0);
}

static void
compile_plain(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    struct op *o = compiler_op(c, node);

    o->kind = (uint8_t)plain_kind(n->kind);
    o->flags |= (uint8_t)(((n->flags & FEEL_OPEN_LOW) != 0 ? OP_OPEN_LOW : 0) |
                          ((n->flags & FEEL_OPEN_HIGH) != 0 ? OP_OPEN_HIGH : 0));
    take_children(c, node, n);
    if (n->kind >= NODE_TEST_EQUAL && n->kind <= NODE_TEST_GREATER_EQUAL) {
        o->kind = OP_TEST;
        o->depth = n->kind;
    } else if (n->kind == NODE_PATH) {
        o->kind = OP_PATH;
        o->depth = (uint16_t)property_of(n->text);
        uint32_t slot = add_constant(c, value_of_str(n->text));
        compiler_op(c, node)->slot = slot;
    } else if (n->kind == NODE_INSTANCE) {
        o->kind = OP_INSTANCE;
        o->slot = compiler_op(c, o->b)->slot;
    } else if (n->kind == NODE_AND || n->kind == NODE_OR) {
        o->flags |= is_sign(c, o->a) || is_sign(c, o->b) ? OP_SIGNS : 0;
    }
}

static void
compile_node(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    uint32_t twice;

    switch (n->kind) {
    case NODE_NULL:
    case NODE_TRUE:
    case NODE_FALSE:
    case NODE_NUMBER:
    case NODE_STRING:
    case NODE_AT: compile_literal(c, node, n); break;
    case NODE_NAME:
    case NODE_MEMBER:
    case NODE_BUILTIN:
    case NODE_UNKNOWN: compile_name(c, node, n); break;
    case NODE_TYPE:
    case NODE_TYPE_LIST:
    case NODE_TYPE_RANGE:
    case NODE_TYPE_CONTEXT:
    case NODE_TYPE_MEMBER:
    case NODE_TYPE_FUNCTION: compile_type(c, node, n); break;
    case NODE_FUNCTION: compile_function(c, node, n); break;
    case NODE_CALL: compile_call(c, node, n); break;
    case NODE_TESTS: compile_tests(c, node, n); break;
    case NODE_LIST:
    case NODE_FOR:
    case NODE_SOME:
    case NODE_EVERY:
        compiler_op(c, node)->kind = n->kind == NODE_LIST   ? OP_LIST
                               : n->kind == NODE_FOR  ? OP_FOR
                               : n->kind == NODE_SOME ? OP_SOME
                                                      : OP_EVERY;
        take_parts(c, node, n->first, n->count);
        break;
    case NODE_CONTEXT:
        compiler_op(c, node)->kind = OP_CONTEXT;
        take_parts(c, node, n->first, n->count);
        twice = take_names(c, node, n->first);
        if (twice != 0) {
            compiler_op(c, node)->kind = OP_TWICE;
            compiler_op(c, node)->slot = twice;
        }
        break;
    case NODE_ENTRY:
    case NODE_NAMED:
    case NODE_PARAMETER: break; /* their parents look into them */
    default: compile_plain(c, node, n); break;
    }
}

/* --- what never changes ------------------------------------------------------------------------ */

/* Functions that read a text and give the same for it always. */
static bool
is_reader(enum builtin b)
{
    return b == BUILTIN_DATE || b == BUILTIN_TIME || b == BUILTIN_DATE_AND_TIME || b == BUILTIN_DURATION ||
           b == BUILTIN_YEARS_AND_MONTHS_DURATION || b == BUILTIN_NUMBER;
}

/* A sum of many texts would keep every text between. */
static bool
is_long_text(struct compiler *c, uint32_t node)
{
    const struct value *v = compiler_constant(c, node);

    return v != NULL && v->kind == VALUE_STRING && v->as.text.len > FOLDED_TEXT_MAX;
}

static bool
may_fold(struct compiler *c, const struct op *o)
{
    switch (o->kind) {
    case OP_ADD: return !is_long_text(c, o->a) && !is_long_text(c, o->b);
    default: return o->kind >= OP_EQUAL && o->kind <= OP_NEGATE && o->kind != OP_IN;
    case OP_INSTANCE: return compiler_constant(c, o->a) != NULL;
    case OP_PATH:
    case OP_RANGE:
    case OP_TEST:
    case OP_LIST:
    case OP_CONTEXT: return true;
    case OP_CALL_ROWS: return is_reader(((const struct program_call *)c->call.at)[o->slot].builtin);
    }
}

static void
fold(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    struct value room;

    if (!may_fold(c, compiler_op(c, node))) {
        return;
    }
    for (uint32_t child = n->first; child != 0; child = c->tree->node[child].next) {
        const struct feel_node *at = &c->tree->node[child];
        if ((n->kind != NODE_INSTANCE || child == n->first) &&
            compiler_constant(c, at->kind == NODE_ENTRY ? at->first : child) == NULL) {
            return;
        }
    }
    settle(c);
    run_begin(&c->run, 0, 0);
    const struct value *v = eval(&c->run, c->program, NULL, node, &room);
    if (v != NULL && c->run.notes == 0) { /* what has something to say says it each time */
        compiler_make_constant(c, node, v->kind == VALUE_NUMBER ? plain_number(v->as.number) : *v);
    } else if (v == NULL && c->run.passed == RUN_MEMORY) {
        compiler_no_room(c); /* whether something is a constant must not depend on what fits */
    }
}

static void
inherit_marks(struct compiler *c, uint32_t node, const struct feel_node *n)
{
    for (uint32_t child = n->first; child != 0; child = c->tree->node[child].next) {
        if (n->kind != NODE_IN || child == n->first) { /* that of another in is another ? */
            c->mark[node] |= c->mark[child] & OP_ASKS_INPUT;
        }
    }
}

static enum rc
compile_all(struct compiler *c)
{
    const struct feel_tree *tree = c->tree;

    find_openers(c);
    for (uint32_t i = 1; i <= tree->root && c->rc == RC_OK; i++) {
        const struct feel_node *n = &tree->node[i];
        compiler_op(c, i)->at = n->at;
        inherit_marks(c, i, n);
        compiler_op(c, i)->flags = c->mark[i];
        compile_node(c, i, n);
        compiler_op(c, i)->flags |= c->mark[i];
        if (c->rc == RC_OK) {
            fold(c, i, n);
        }
    }
    settle(c);
    return c->rc;
}

enum rc
program_compile(struct arena *a, const struct feel_tree *tree, const struct type_scope *types, struct zones *zones,
                const struct program **out, struct err *err)
{
    static const struct run_limits limits = {.memory_bytes = SIZE_MAX, .steps = 10000, .stack_bytes = 100 << 10};
    uint32_t count = tree->root + 1;
    struct program *p = arena_alloc(a, 1, sizeof(*p));
    struct compiler c = {.arena = a, .tree = tree, .types = types, .program = p, .err = err,
                         .op = {.size_bytes = sizeof(struct op)},
                         .part = {.size_bytes = sizeof(uint32_t)},
                         .constant = {.size_bytes = sizeof(struct value)},
                         .type = {.size_bytes = sizeof(struct type *)},
                         .function = {.size_bytes = sizeof(struct function)},
                         .call = {.size_bytes = sizeof(struct program_call)},
                         .cell = {.size_bytes = sizeof(struct range)},
                         .opener = arena_alloc(a, count, sizeof(uint32_t)),
                         .mark = arena_alloc(a, count, sizeof(uint8_t))};

    if (p == NULL || c.opener == NULL || c.mark == NULL || compiler_add(&c, &c.op, count) == NULL) {
        compiler_no_room(&c);
        return c.rc;
    }
    run_init(&c.run, a, &limits, zones);
    p->tree = *tree;
    p->root = tree->root;
    enum rc rc = compile_all(&c);
    if (rc == RC_OK) {
        *out = p;
    }
    return rc;
}

enum rc
program_read(struct arena *a, struct str text, const struct feel_scope *scope, const struct type_scope *types,
             struct zones *zones, const struct program **out, struct feel_fault *fault, struct err *err)
{
    struct feel_tree tree;
    enum rc rc = feel_parse(a, text, scope, &tree, fault, err);

    return rc != RC_OK ? rc : program_compile(a, &tree, types, zones, out, err);
}

const struct feel_tree *
program_tree(const struct program *p)
{
    return &p->tree;
}
