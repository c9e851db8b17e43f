/*
 * Types after "instance of" and of parameters (rules 53 and 54), and what is known of a value's type.
 */
#include "rule/parser_int.h"

static uint32_t
parse_member_type(struct parser *p)
{
    struct children list = {0, 0, 0, 0};
    struct token name;

    if (!parser_check(p, lexer_new_name(&p->lexer, p->at, false, &name, p->err))) {
        return 0;
    }
    if (name.kind != TOKEN_NAME) {
        return parser_fail(p, FAULT_NAME, name.at);
    }
    parser_take_token(p, &name);
    if (!parser_expect(p, TOKEN_COLON, FAULT_COLON)) {
        return 0;
    }
    parser_append(p, &list, parse_type(p));
    return parser_adopt(p, parser_add(p, NODE_TYPE_MEMBER, name.at, name.text), &list);
}

/* What stands between < and >, separated by commas. */
static bool
parse_parts(struct parser *p, uint32_t (*part)(struct parser *p), bool may_be_none, struct children *list)
{
    if (!parser_expect(p, TOKEN_LESS, FAULT_TYPE_OPEN)) {
        return false;
    }
    if (may_be_none && parser_accept(p, LEX_OPERATOR, TOKEN_GREATER)) {
        return true;
    }
    do {
        parser_append(p, list, part(p));
    } while (parser_accept(p, LEX_OPERATOR, TOKEN_COMMA));
    /* >= cannot be read as one sign here: x instance of list<t>=y. */
    size_t at = lexer_skip(p->lexer.text, p->at);
    if (p->rc == RC_OK && at < p->lexer.text.len && p->lexer.text.ptr[at] == '>') {
        p->at = at + 1;
        p->has_token = false;
        return true;
    }
    (void)parser_peek(p, LEX_OPERATOR);
    (void)parser_fail(p, FAULT_TYPE_END, at);
    return false;
}

static uint32_t
parse_type_inside(struct parser *p, const struct token *name, enum feel_kind kind)
{
    struct children list = {0, 0, 0, 0};
    bool is_context = kind == NODE_TYPE_CONTEXT, is_function = kind == NODE_TYPE_FUNCTION;

    if (!parse_parts(p, is_context ? parse_member_type : parse_type, is_function, &list)) {
        return 0;
    }
    if (is_function) {
        size_t at = lexer_skip(p->lexer.text, p->at);
        if (!str_starts(str_from(p->lexer.text, at), STR("->"))) {
            return parser_fail(p, FAULT_ARROW, at);
        }
        p->at = at + 2;
        p->has_token = false;
        parser_append(p, &list, parse_type(p));
    } else if (!is_context && list.count > 1) {
        return parser_fail(p, FAULT_TYPE_END, p->node[list.last].at);
    }
    return parser_adopt(p, parser_add(p, kind, name->at, STR("")), &list);
}

uint32_t
parse_type(struct parser *p)
{
    static const struct {
        struct str name;
        enum feel_kind kind;
    } table[] = {
        {STR_INIT("list"), NODE_TYPE_LIST}, {STR_INIT("range"), NODE_TYPE_RANGE},
        {STR_INIT("context"), NODE_TYPE_CONTEXT}, {STR_INIT("function"), NODE_TYPE_FUNCTION},
    };
    struct token name;
    uint32_t node = 0;

    if (!parser_check(p, lexer_type(&p->lexer, p->at, &p->scope, &name, p->err)) || !parser_enter(p)) {
        return 0;
    }
    if (name.kind != TOKEN_NAME) {
        return parser_fail(p, FAULT_TYPE, name.at);
    }
    parser_take_token(p, &name);
    enum feel_kind kind = NODE_TYPE;
    size_t after = lexer_skip(p->lexer.text, p->at);
    bool is_open = after < p->lexer.text.len && p->lexer.text.ptr[after] == '<' &&
                   !str_starts(str_from(p->lexer.text, after), STR("<="));
    for (size_t i = 0; is_open && i < sizeof(table) / sizeof(table[0]); i++) {
        kind = str_eq(table[i].name, name.text) ? table[i].kind : kind;
    }
    if (kind != NODE_TYPE) {
        node = parse_type_inside(p, &name, kind);
    } else {
        node = parser_add(p, NODE_TYPE, name.at, name.text);
        p->ends = ENDS_TYPE;
        p->ends_at = p->at;
        p->ends_name = name.text;
    }
    p->depth--;
    return node;
}

/* Names and what is reached from them; the rest is unknown, and members are then read up to a keyword. */
const struct feel_type *
parser_type_of(const struct parser *p, uint32_t node)
{
    const struct feel_node *n;
    const struct feel_type *type;
    struct scope_found found;

    if (node == 0 || p->rc != RC_OK) {
        return NULL;
    }
    n = &p->node[node];
    switch (n->kind) {
    default: /* the rest are values of their own */
        return NULL;
    case NODE_NAME:
        scope_longest(&p->scope, n->text, &found);
        return found.kind == SCOPE_SLOT && found.len == n->text.len ? found.type : NULL;
    case NODE_PATH:
        type = parser_type_of(p, n->first);
        scope_member(type, n->text, &found, p->scope.work);
        return found.kind == SCOPE_MEMBER && found.len == n->text.len ? found.type : NULL;
    case NODE_FILTER:
        return parser_type_of(p, n->first);
    case NODE_CALL:
        type = parser_type_of(p, n->first);
        return type != NULL && type->kind == FEEL_FUNCTION ? type->element : NULL;
    }
}
