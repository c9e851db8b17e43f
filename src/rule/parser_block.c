/*
 * if, for, some, every and function: what a keyword opens and what goes on as far as it can.
 */
#include "rule/parser_int.h"

uint32_t
parse_if(struct parser *p, size_t at)
{
    struct children list = {0, 0, 0, 0};

    parser_append(p, &list, parse_expression(p));
    if (!parser_expect(p, TOKEN_THEN, FAULT_THEN)) {
        return 0;
    }
    parser_append(p, &list, parse_expression(p));
    if (!parser_expect(p, TOKEN_ELSE, FAULT_ELSE)) {
        return 0;
    }
    parser_append(p, &list, parse_expression(p));
    return parser_adopt(p, parser_add(p, NODE_IF, at, STR("")), &list);
}

static const struct feel_type *
element_of(const struct feel_type *type)
{
    return type != NULL && type->kind == FEEL_LIST ? type->element : NULL;
}

/* name in list, or name in low..high. */
static uint32_t
parse_iterator(struct parser *p, struct scope_frame *f)
{
    struct children list = {0, 0, 0, 0};
    const struct feel_type *type = NULL;
    struct token name;

    if (!parser_check(p, lexer_new_name(&p->lexer, p->at, true, &name, p->err))) {
        return 0;
    }
    if (name.kind != TOKEN_NAME) {
        return parser_fail(p, FAULT_NAME, name.at);
    }
    parser_take_token(p, &name);
    if (!parser_expect(p, TOKEN_IN, FAULT_IN)) {
        return 0;
    }
    uint32_t from = parse_expression(p);
    parser_append(p, &list, from);
    if (parser_accept(p, LEX_OPERATOR, TOKEN_DOTS)) {
        parser_append(p, &list, parse_expression(p));
    } else {
        type = element_of(parser_type_of(p, from));
    }
    uint32_t iterator = parser_adopt(p, parser_add(p, NODE_ITERATOR, name.at, name.text), &list);
    if (iterator != 0 && !parser_check(p, scope_add(p->arena, f, name.text, type, p->err))) {
        return 0;
    }
    p->has_token = false;
    return iterator;
}

/* Iterators see those before them; the result sees partial as well, unless an iterator is called so. */
uint32_t
parse_for(struct parser *p, enum feel_kind kind, size_t at)
{
    struct children list = {0, 0, 0, 0};
    struct scope_frame frame = {.outer = NULL};
    bool is_for = kind == NODE_FOR, has_partial = false;

    parser_open(p, &frame);
    do {
        parser_append(p, &list, parse_iterator(p, &frame));
    } while (parser_accept(p, LEX_OPERATOR, TOKEN_COMMA));
    if (parser_expect(p, is_for ? TOKEN_RETURN : TOKEN_SATISFIES, is_for ? FAULT_RETURN : FAULT_SATISFIES)) {
        for (size_t i = 0; i < frame.count; i++) {
            has_partial = has_partial || str_eq(frame.name[i].name, STR("partial"));
        }
        if (!is_for || parser_check(p, scope_add(p->arena, &frame, has_partial ? STR("") : STR("partial"),
                                                 NULL, p->err))) {
            parser_append(p, &list, parse_expression(p));
        }
    }
    parser_close(p);
    return parser_adopt(p, parser_add(p, kind, at, STR("")), &list);
}

static uint32_t
parse_parameter(struct parser *p, struct scope_frame *f)
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
    if (parser_accept(p, LEX_OPERATOR, TOKEN_COLON)) {
        parser_append(p, &list, parse_type(p));
    }
    if (!parser_check(p, scope_add(p->arena, f, name.text, NULL, p->err))) {
        return 0;
    }
    return parser_adopt(p, parser_add(p, NODE_PARAMETER, name.at, name.text), &list);
}

uint32_t
parse_function(struct parser *p, size_t at)
{
    struct children list = {0, 0, 0, 0};
    struct scope_frame frame = {.outer = NULL};

    if (!parser_expect(p, TOKEN_OPEN, FAULT_OPEN)) {
        return 0;
    }
    if (!parser_accept(p, LEX_OPERATOR, TOKEN_CLOSE)) {
        do {
            parser_append(p, &list, parse_parameter(p, &frame));
        } while (parser_accept(p, LEX_OPERATOR, TOKEN_COMMA));
        if (!parser_expect(p, TOKEN_CLOSE, FAULT_ARGUMENT_END)) {
            return 0;
        }
    }
    parser_open(p, &frame);
    bool is_external = parser_word(p, STR("external"));
    parser_append(p, &list, parse_expression(p));
    parser_close(p);
    uint32_t node = parser_adopt(p, parser_add(p, NODE_FUNCTION, at, STR("")), &list);
    if (node != 0 && is_external) {
        p->node[node].flags = FEEL_EXTERNAL;
    }
    return node;
}
