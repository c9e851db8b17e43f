#include "rule/print.h"

#include "rule/lexer.h"

enum { /* how tightly a node holds together; lower needs brackets inside of higher */
    TIGHT_NOT, TIGHT_OR, TIGHT_AND, TIGHT_COMPARE, TIGHT_ADD, TIGHT_MULTIPLY, TIGHT_POWER, TIGHT_NEGATE,
    TIGHT_INSTANCE, TIGHT_AFTER, TIGHT_WHOLE
};

static const struct {
    int tight; /* 0 here is TIGHT_WHOLE, see tight_of */
    const char *sign;
} table[NODE_ANY + 1] = {
    [NODE_OR] = {TIGHT_OR, " or "},
    [NODE_AND] = {TIGHT_AND, " and "},
    [NODE_EQUAL] = {TIGHT_COMPARE, " = "},
    [NODE_UNEQUAL] = {TIGHT_COMPARE, " != "},
    [NODE_LESS] = {TIGHT_COMPARE, " < "},
    [NODE_LESS_EQUAL] = {TIGHT_COMPARE, " <= "},
    [NODE_GREATER] = {TIGHT_COMPARE, " > "},
    [NODE_GREATER_EQUAL] = {TIGHT_COMPARE, " >= "},
    [NODE_BETWEEN] = {TIGHT_COMPARE, NULL},
    [NODE_IN] = {TIGHT_COMPARE, NULL},
    [NODE_TEST_EQUAL] = {TIGHT_COMPARE, "= "},
    [NODE_TEST_UNEQUAL] = {TIGHT_COMPARE, "!= "},
    [NODE_TEST_LESS] = {TIGHT_COMPARE, "< "},
    [NODE_TEST_LESS_EQUAL] = {TIGHT_COMPARE, "<= "},
    [NODE_TEST_GREATER] = {TIGHT_COMPARE, "> "},
    [NODE_TEST_GREATER_EQUAL] = {TIGHT_COMPARE, ">= "},
    [NODE_ADD] = {TIGHT_ADD, " + "},
    [NODE_SUBTRACT] = {TIGHT_ADD, " - "},
    [NODE_MULTIPLY] = {TIGHT_MULTIPLY, " * "},
    [NODE_DIVIDE] = {TIGHT_MULTIPLY, " / "},
    [NODE_POWER] = {TIGHT_POWER, " ** "},
    [NODE_NEGATE] = {TIGHT_NEGATE, "-"},
    [NODE_INSTANCE] = {TIGHT_INSTANCE, NULL},
    [NODE_PATH] = {TIGHT_AFTER, NULL},
    [NODE_FILTER] = {TIGHT_AFTER, NULL},
    [NODE_CALL] = {TIGHT_AFTER, NULL},
};

struct printer {
    const struct feel_tree *tree;
    struct buf out;
};

static void print(struct printer *p, uint32_t node, int least);

static const struct feel_node *
node_at(const struct printer *p, uint32_t node)
{
    return &p->tree->node[node];
}

static void
put(struct printer *p, const char *text)
{
    buf_put(&p->out, str_of(text));
}

static bool
is_test(const struct feel_node *n)
{
    return n->kind >= NODE_TEST_EQUAL && n->kind <= NODE_TEST_GREATER_EQUAL;
}

static int
tight_of(const struct feel_node *n)
{
    switch (n->kind) {
    case NODE_IF:
    case NODE_FOR:
    case NODE_SOME:
    case NODE_EVERY:
    case NODE_FUNCTION:
        return TIGHT_NOT;
    default:
        return table[n->kind].tight != 0 ? table[n->kind].tight : TIGHT_WHOLE;
    }
}

static void
print_quoted(struct printer *p, struct str s)
{
    put(p, "\"");
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '"':
            put(p, "\\\"");
            break;
        case '\\':
            put(p, "\\\\");
            break;
        case '\n':
            put(p, "\\n");
            break;
        case '\r':
            put(p, "\\r");
            break;
        case '\t':
            put(p, "\\t");
            break;
        default:
            buf_put_char(&p->out, s.ptr[i]);
        }
    }
    put(p, "\"");
}

/* Children from there, with commas between. */
static void
print_list(struct printer *p, uint32_t child, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        put(p, i > 0 ? ", " : "");
        print(p, child, TIGHT_NOT);
        child = node_at(p, child)->next;
    }
}

static void
print_binary(struct printer *p, const struct feel_node *n)
{
    int tight = table[n->kind].tight;
    const struct feel_node *left = node_at(p, n->first);

    /* After < 5 no comparison goes on. */
    print(p, n->first, tight == TIGHT_COMPARE && is_test(left) ? TIGHT_WHOLE : tight);
    put(p, table[n->kind].sign);
    print(p, left->next, tight + 1);
}

static void
print_between_or_in(struct printer *p, const struct feel_node *n)
{
    const struct feel_node *left = node_at(p, n->first);
    uint32_t second = left->next;

    print(p, n->first, is_test(left) ? TIGHT_WHOLE : TIGHT_COMPARE);
    if (n->kind == NODE_BETWEEN) {
        put(p, " between ");
        print(p, second, TIGHT_ADD);
        put(p, " and ");
        print(p, node_at(p, second)->next, TIGHT_ADD);
        return;
    }
    put(p, " in ");
    if (node_at(p, second)->kind == NODE_TESTS) {
        put(p, "(");
        print_list(p, node_at(p, second)->first, node_at(p, second)->count);
        put(p, ")");
    } else {
        print(p, second, is_test(node_at(p, second)) ? TIGHT_COMPARE : TIGHT_ADD);
    }
}

/* Nothing in it that [ could be taken for the end of the range, or the end of the range for it. */
static bool
is_plain_end(const struct printer *p, uint32_t node)
{
    const struct feel_node *n = node_at(p, node);

    if (n->kind <= NODE_UNKNOWN) {
        return true;
    }
    if (n->kind == NODE_PATH || n->kind == NODE_CALL || n->kind == NODE_NEGATE) {
        return is_plain_end(p, n->first);
    }
    return n->kind >= NODE_ADD && n->kind <= NODE_POWER && is_plain_end(p, n->first) &&
           is_plain_end(p, node_at(p, n->first)->next);
}

static void
print_range(struct printer *p, const struct feel_node *n)
{
    uint32_t high = node_at(p, n->first)->next;

    put(p, n->flags & FEEL_OPEN_LOW ? "(" : "[");
    print(p, n->first, TIGHT_OR);
    put(p, "..");
    print(p, high, is_plain_end(p, high) ? TIGHT_ADD : TIGHT_WHOLE + 1);
    put(p, n->flags & FEEL_OPEN_HIGH ? ")" : "]");
}

static void
print_iterators(struct printer *p, const struct feel_node *n, const char *keyword, const char *then)
{
    uint32_t child = n->first;

    put(p, keyword);
    for (uint32_t i = 1; i < n->count; i++) {
        const struct feel_node *iterator = node_at(p, child);
        put(p, i > 1 ? ", " : "");
        buf_put(&p->out, iterator->text);
        put(p, " in ");
        print(p, iterator->first, TIGHT_OR);
        if (iterator->count == 2) {
            put(p, "..");
            print(p, node_at(p, iterator->first)->next, TIGHT_OR);
        }
        child = iterator->next;
    }
    put(p, then);
    print(p, child, TIGHT_NOT);
}

static void
print_function(struct printer *p, const struct feel_node *n)
{
    uint32_t child = n->first;

    put(p, "function(");
    print_list(p, child, n->count - 1);
    for (uint32_t i = 1; i < n->count; i++) {
        child = node_at(p, child)->next;
    }
    put(p, n->flags & FEEL_EXTERNAL ? ") external " : ") ");
    print(p, child, TIGHT_NOT);
}

static void
print_if(struct printer *p, const struct feel_node *n)
{
    uint32_t then = node_at(p, n->first)->next;

    put(p, "if ");
    print(p, n->first, TIGHT_NOT);
    put(p, " then ");
    print(p, then, TIGHT_NOT);
    put(p, " else ");
    print(p, node_at(p, then)->next, TIGHT_NOT);
}

/* text: value */
static void
print_named(struct printer *p, const struct feel_node *n)
{
    if (n->kind == NODE_ENTRY && !lexer_is_name(n->text)) {
        print_quoted(p, n->text);
    } else {
        buf_put(&p->out, n->text);
    }
    if (n->first != 0) {
        put(p, ": ");
        print(p, n->first, TIGHT_NOT);
    }
}

static void
print_type(struct printer *p, const struct feel_node *n)
{
    bool is_function = n->kind == NODE_TYPE_FUNCTION;

    put(p, n->kind == NODE_TYPE_LIST      ? "list<"
           : n->kind == NODE_TYPE_RANGE   ? "range<"
           : n->kind == NODE_TYPE_CONTEXT ? "context<"
                                          : "function<");
    print_list(p, n->first, is_function ? n->count - 1 : n->count);
    put(p, is_function ? ">->" : ">");
    if (is_function) {
        uint32_t result = n->first;
        while (node_at(p, result)->next != 0) {
            result = node_at(p, result)->next;
        }
        print(p, result, TIGHT_NOT);
    }
}

/* A single not(x) that is an expression would be read as the negation of the tests. */
static void
print_tests(struct printer *p, const struct feel_node *n)
{
    const struct feel_node *only = node_at(p, n->first);
    bool is_call = n->count == 1 && only->kind == NODE_CALL &&
                   str_eq(node_at(p, only->first)->text, STR("not"));

    if (n->flags & FEEL_NOT) {
        put(p, "not(");
        print_list(p, n->first, n->count);
        put(p, ")");
    } else if (is_call) {
        print(p, n->first, TIGHT_WHOLE + 1);
    } else {
        print_list(p, n->first, n->count);
    }
}

/* What follows a value. */
static void
print_after(struct printer *p, const struct feel_node *n)
{
    uint32_t second = node_at(p, n->first)->next;

    print(p, n->first, n->kind == NODE_INSTANCE ? TIGHT_INSTANCE : TIGHT_AFTER);
    switch (n->kind) {
    case NODE_INSTANCE:
        put(p, " instance of ");
        print(p, second, TIGHT_NOT);
        break;
    case NODE_PATH:
        put(p, ".");
        buf_put(&p->out, n->text);
        break;
    case NODE_FILTER:
        put(p, "[");
        print(p, second, TIGHT_NOT);
        put(p, "]");
        break;
    default:
        put(p, "(");
        print_list(p, second, n->count - 1);
        put(p, ")");
    }
}

static void
print_bare(struct printer *p, const struct feel_node *n)
{
    switch (n->kind) {
    case NODE_NULL: put(p, "null"); break;
    case NODE_TRUE: put(p, "true"); break;
    case NODE_FALSE: put(p, "false"); break;
    case NODE_ANY: put(p, "-"); break;
    case NODE_AT: put(p, "@"); print_quoted(p, n->text); break;
    case NODE_STRING: print_quoted(p, n->text); break;
    case NODE_BETWEEN:
    case NODE_IN: print_between_or_in(p, n); break;
    case NODE_INSTANCE:
    case NODE_PATH:
    case NODE_FILTER:
    case NODE_CALL: print_after(p, n); break;
    case NODE_LIST: put(p, "["); print_list(p, n->first, n->count); put(p, "]"); break;
    case NODE_CONTEXT: put(p, "{"); print_list(p, n->first, n->count); put(p, "}"); break;
    case NODE_RANGE: print_range(p, n); break;
    case NODE_IF: print_if(p, n); break;
    case NODE_FOR: print_iterators(p, n, "for ", " return "); break;
    case NODE_SOME: print_iterators(p, n, "some ", " satisfies "); break;
    case NODE_EVERY: print_iterators(p, n, "every ", " satisfies "); break;
    case NODE_FUNCTION: print_function(p, n); break;
    case NODE_NAMED:
    case NODE_ENTRY:
    case NODE_TYPE_MEMBER:
    case NODE_PARAMETER: print_named(p, n); break;
    case NODE_TYPE_LIST:
    case NODE_TYPE_RANGE:
    case NODE_TYPE_CONTEXT:
    case NODE_TYPE_FUNCTION: print_type(p, n); break;
    case NODE_TESTS: print_tests(p, n); break;
    default:
        if (table[n->kind].sign == NULL) { /* a name, a number */
            buf_put(&p->out, n->text);
        } else if (n->count == 2) {
            print_binary(p, n);
        } else {
            put(p, table[n->kind].sign);
            print(p, n->first, n->kind == NODE_NEGATE ? TIGHT_NEGATE : TIGHT_ADD);
        }
    }
}

static void
print(struct printer *p, uint32_t node, int least)
{
    const struct feel_node *n = node_at(p, node);
    bool brackets = tight_of(n) < least || (n->flags & FEEL_BRACKETS) != 0;

    put(p, brackets ? "(" : "");
    print_bare(p, n);
    put(p, brackets ? ")" : "");
}

enum rc
feel_print(struct arena *a, const struct feel_tree *tree, struct str *out, struct err *err)
{
    struct printer p = {.tree = tree};

    buf_init(&p.out, a, arena_left(a));
    print(&p, tree->root, TIGHT_NOT);
    return buf_finish(&p.out, out, err);
}
