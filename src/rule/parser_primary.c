/*
 * What stands between operators: literals, names, brackets, lists, ranges, contexts; and what follows a value: paths, filters
 * and calls.
 */
#include "rule/parser_int.h"

static uint32_t
parse_literal(struct parser *p, enum feel_kind kind)
{
    uint32_t node = parser_add(p, kind, p->token.at,
                               kind >= NODE_NUMBER && kind <= NODE_AT ? p->token.text : STR(""));

    parser_take(p);
    return node;
}

static uint32_t
parse_name(struct parser *p)
{
    static const enum feel_kind kinds[] = {[SCOPE_NONE] = NODE_UNKNOWN, [SCOPE_SLOT] = NODE_NAME,
                                           [SCOPE_MEMBER] = NODE_MEMBER,
                                           [SCOPE_BUILTIN] = NODE_BUILTIN};
    const struct scope_found *f = &p->token.found;
    uint32_t node = parser_add(p, kinds[f->kind], p->token.at, p->token.text);

    if (node != 0) {
        p->node[node].depth = (uint16_t)f->depth;
        p->node[node].slot = (uint16_t)f->slot;
        p->node[node].flags = f->in_filter ? FEEL_ASK_FILTERS : 0;
        if (f->kind == SCOPE_NONE && scope_is_open(&p->scope)) {
            p->node[node].flags = FEEL_ASK_FILTERS;
        } else if (f->kind == SCOPE_NONE && p->unknown == 0) {
            p->unknown = node;
        }
    }
    parser_take(p);
    return node;
}

/* After the dots; low has been read and began at at. */
static uint32_t
parse_range(struct parser *p, uint32_t low, size_t at, bool open_low)
{
    bool before = p->range_end;

    p->range_end = true;
    uint32_t high = parse_expression(p);
    p->range_end = before;
    uint32_t node = parser_binary_node(p, NODE_RANGE, at, low, high);
    enum token_kind end = parser_peek(p, LEX_OPERATOR);
    if (end != TOKEN_CLOSE && end != TOKEN_CLOSE_SQUARE && end != TOKEN_OPEN_SQUARE) {
        return parser_fail(p, FAULT_RANGE_END, p->token.at);
    }
    if (node != 0) {
        p->node[node].flags = (uint8_t)((open_low ? FEEL_OPEN_LOW : 0) |
                                        (end == TOKEN_CLOSE_SQUARE ? 0 : FEEL_OPEN_HIGH));
        parser_take(p);
    }
    return node;
}

/* Whether a longer name than the last one read would begin if the bracket that follows it were not there. */
static bool
name_goes_on(struct parser *p)
{
    static const struct str parts[] = {STR_INIT("list"), STR_INIT("range"), STR_INIT("context"),
                                       STR_INIT("function")};

    if (p->ends_at != p->at || p->ends == ENDS_OTHERWISE) {
        return false;
    }
    if (p->ends == ENDS_MEMBER) {
        return scope_member_goes_on(p->ends_type, p->ends_name, &p->lexer.work);
    }
    if (p->ends == ENDS_NAME) {
        return scope_goes_on(&p->scope, p->ends_name);
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (str_eq(parts[i], p->ends_name)) { /* < after it would open its parts */
            return true;
        }
    }
    return scope_type_goes_on(&p->scope, p->ends_name);
}

static uint32_t
parse_brackets(struct parser *p, bool may_be_tests)
{
    struct children list = {0, 0, 0, 0};
    size_t at = p->token.at;
    bool before = p->range_end;

    parser_take(p);
    p->range_end = false;
    uint32_t node = parse_expression(p);
    if (parser_accept(p, LEX_OPERATOR, TOKEN_DOTS)) {
        p->range_end = before;
        return parse_range(p, node, at, true);
    }
    if (may_be_tests && parser_peek(p, LEX_OPERATOR) == TOKEN_COMMA && parse_tests(p, node, &list)) {
        node = parser_adopt(p, parser_add(p, NODE_TESTS, at, STR("")), &list);
    } else if (p->rc == RC_OK && name_goes_on(p)) {
        p->node[node].flags |= FEEL_BRACKETS;
    }
    p->range_end = before;
    if (!parser_expect(p, TOKEN_CLOSE, may_be_tests ? FAULT_ARGUMENT_END : FAULT_CLOSE)) {
        return 0;
    }
    return node;
}

/* A list, or a range closed below. */
static uint32_t
parse_square(struct parser *p)
{
    struct children list = {0, 0, 0, 0};
    size_t at = p->token.at;
    bool before = p->range_end;

    parser_take(p);
    p->range_end = false;
    if (!parser_accept(p, LEX_OPERATOR, TOKEN_CLOSE_SQUARE)) {
        uint32_t first = parse_expression(p);
        if (parser_accept(p, LEX_OPERATOR, TOKEN_DOTS)) {
            p->range_end = before;
            return parse_range(p, first, at, false);
        }
        if (!parse_tests(p, first, &list) || !parser_expect(p, TOKEN_CLOSE_SQUARE, FAULT_LIST_END)) {
            return 0;
        }
    }
    p->range_end = before;
    return parser_adopt(p, parser_add(p, NODE_LIST, at, STR("")), &list);
}

static uint32_t
parse_entry(struct parser *p, struct scope_frame *f)
{
    struct children list = {0, 0, 0, 0};
    struct token key;

    if (parser_peek(p, LEX_OPERAND) == TOKEN_STRING) {
        key = p->token;
    } else if (!parser_check(p, lexer_new_name(&p->lexer, p->at, false, &key, p->err))) {
        return 0;
    }
    if (key.kind != TOKEN_NAME && key.kind != TOKEN_STRING) {
        return parser_fail(p, FAULT_NAME, key.at);
    }
    parser_take_token(p, &key);
    if (!parser_expect(p, TOKEN_COLON, FAULT_COLON)) {
        return 0;
    }
    uint32_t value = parse_expression(p);
    parser_append(p, &list, value);
    struct str name = lexer_is_name(key.text) ? key.text : STR("");
    if (p->rc != RC_OK ||
        !parser_check(p, scope_add(p->arena, f, name, parser_type_of(p, value), p->err))) {
        return 0;
    }
    return parser_adopt(p, parser_add(p, NODE_ENTRY, key.at, key.text), &list);
}

static uint32_t
parse_context(struct parser *p)
{
    struct children list = {0, 0, 0, 0};
    struct scope_frame frame = {.outer = NULL};
    size_t at = p->token.at;
    bool before = p->range_end;

    parser_take(p);
    p->range_end = false;
    if (!parser_accept(p, LEX_OPERATOR, TOKEN_CLOSE_BRACE)) {
        parser_open(p, &frame);
        do {
            parser_append(p, &list, parse_entry(p, &frame));
        } while (parser_accept(p, LEX_OPERATOR, TOKEN_COMMA));
        parser_close(p);
        (void)parser_expect(p, TOKEN_CLOSE_BRACE, FAULT_ENTRY_END);
    }
    p->range_end = before;
    return parser_adopt(p, parser_add(p, NODE_CONTEXT, at, STR("")), &list);
}

static uint32_t
parse_path(struct parser *p, uint32_t value)
{
    struct children list = {0, 0, 0, 0};
    const struct feel_type *type = parser_type_of(p, value);
    struct token member;
    size_t at = p->token.at;

    parser_take(p);
    if (!parser_check(p, lexer_member(&p->lexer, p->at, type, &member, p->err))) {
        return 0;
    }
    if (member.kind != TOKEN_NAME) {
        return parser_fail(p, FAULT_MEMBER, member.at);
    }
    parser_take_token(p, &member);
    p->ends = ENDS_MEMBER;
    p->ends_at = p->at;
    p->ends_name = member.text;
    p->ends_type = type;
    parser_append(p, &list, value);
    return parser_adopt(p, parser_add(p, NODE_PATH, at, member.text), &list);
}

static uint32_t
parse_filter(struct parser *p, uint32_t value, size_t at)
{
    const struct feel_type *type = parser_type_of(p, value);
    const struct feel_type *item = type != NULL && type->kind == FEEL_LIST ? type->element : type;
    struct scope_frame frame = {.is_filter = true};
    bool before = p->range_end;

    if (!parser_check(p, scope_add(p->arena, &frame, STR("item"), item, p->err))) {
        return 0;
    }
    parser_open(p, &frame);
    p->range_end = false;
    uint32_t condition = parse_expression(p);
    p->range_end = before;
    parser_close(p);
    if (!parser_expect(p, TOKEN_CLOSE_SQUARE, FAULT_FILTER_END)) {
        return 0;
    }
    return parser_binary_node(p, NODE_FILTER, at, value, condition);
}

static uint32_t
parse_argument(struct parser *p)
{
    struct children list = {0, 0, 0, 0};
    struct token name;

    if (!parser_check(p, lexer_new_name(&p->lexer, p->at, false, &name, p->err))) {
        return 0;
    }
    size_t colon = lexer_skip(p->lexer.text, name.end);
    if (name.kind != TOKEN_NAME || colon == p->lexer.text.len || p->lexer.text.ptr[colon] != ':') {
        return parse_expression(p);
    }
    p->at = colon + 1;
    p->has_token = false;
    parser_append(p, &list, parse_expression(p));
    return parser_adopt(p, parser_add(p, NODE_NAMED, name.at, name.text), &list);
}

static uint32_t
parse_call(struct parser *p, uint32_t function)
{
    struct children list = {0, 0, 0, 0};
    size_t at = p->token.at, named = 0;
    bool before = p->range_end;

    parser_take(p);
    p->range_end = false;
    parser_append(p, &list, function);
    if (!parser_accept(p, LEX_OPERATOR, TOKEN_CLOSE)) {
        do {
            uint32_t argument = parse_argument(p);
            parser_append(p, &list, argument);
            named += p->rc == RC_OK && p->node[argument].kind == NODE_NAMED;
        } while (parser_accept(p, LEX_OPERATOR, TOKEN_COMMA));
        if (!parser_expect(p, TOKEN_CLOSE, FAULT_ARGUMENT_END)) {
            return 0;
        }
        if (named > 0 && named != list.count - 1) {
            return parser_fail(p, FAULT_MIXED, at);
        }
    }
    p->range_end = before;
    return parser_adopt(p, parser_add(p, NODE_CALL, at, STR("")), &list);
}

/* [1..10[ ends a range, [1..list[2]] does not: there a value follows. */
static bool
is_filter_open(struct parser *p)
{
    struct token next;

    if (!p->range_end) {
        return true;
    }
    if (!parser_check(p, lexer_next(&p->lexer, p->token.end, LEX_OPERAND, &p->scope, &next, p->err))) {
        return false;
    }
    return (next.kind >= TOKEN_NAME && next.kind <= TOKEN_FUNCTION) || next.kind == TOKEN_MINUS ||
           next.kind == TOKEN_OPEN || next.kind == TOKEN_OPEN_SQUARE || next.kind == TOKEN_OPEN_BRACE;
}

static uint32_t
parse_after(struct parser *p, uint32_t value)
{
    while (p->rc == RC_OK && p->node[value].kind != NODE_TESTS) {
        enum token_kind kind = parser_peek(p, LEX_OPERATOR);
        if (kind == TOKEN_DOT) {
            value = parse_path(p, value);
        } else if (kind == TOKEN_OPEN) {
            value = parse_call(p, value);
        } else if (kind == TOKEN_OPEN_SQUARE && is_filter_open(p)) {
            size_t at = p->token.at;
            parser_take(p);
            value = parse_filter(p, value, at);
        } else {
            return value;
        }
    }
    return p->rc == RC_OK ? value : 0;
}

static uint32_t
parse_keyword(struct parser *p)
{
    enum token_kind kind = p->token.kind;
    size_t at = p->token.at;

    parser_take(p);
    if (kind == TOKEN_IF) {
        return parse_if(p, at);
    }
    if (kind == TOKEN_FUNCTION) {
        return parse_function(p, at);
    }
    return parse_for(p, kind == TOKEN_FOR ? NODE_FOR : kind == TOKEN_SOME ? NODE_SOME : NODE_EVERY, at);
}

uint32_t
parse_primary(struct parser *p)
{
    static const enum feel_kind literals[] = {
        [TOKEN_NUMBER] = NODE_NUMBER, [TOKEN_STRING] = NODE_STRING, [TOKEN_AT] = NODE_AT,
        [TOKEN_NULL] = NODE_NULL, [TOKEN_TRUE] = NODE_TRUE, [TOKEN_FALSE] = NODE_FALSE};
    enum token_kind kind = parser_peek(p, LEX_OPERAND);
    bool may_be_tests = p->tests_may_follow;
    uint32_t value;

    p->tests_may_follow = false;
    if (p->rc != RC_OK) {
        return 0;
    }
    if (kind == TOKEN_NAME) {
        value = parse_name(p);
    } else if (kind >= TOKEN_NUMBER && kind <= TOKEN_FALSE) {
        value = parse_literal(p, literals[kind]);
    } else if (kind >= TOKEN_IF && kind <= TOKEN_FUNCTION) {
        return parse_keyword(p);
    } else if (kind == TOKEN_OPEN) {
        value = parse_brackets(p, may_be_tests);
    } else if (kind == TOKEN_OPEN_SQUARE) {
        value = parse_square(p);
    } else if (kind == TOKEN_OPEN_BRACE) {
        value = parse_context(p);
    } else if (kind == TOKEN_CLOSE_SQUARE) {
        size_t at = p->token.at;
        parser_take(p);
        bool before = p->range_end;
        p->range_end = false;
        value = parse_expression(p);
        p->range_end = before;
        if (!parser_expect(p, TOKEN_DOTS, FAULT_DOTS)) {
            return 0;
        }
        value = parse_range(p, value, at, true);
    } else {
        return parser_fail(p, FAULT_VALUE, p->token.at);
    }
    return parse_after(p, value);
}
