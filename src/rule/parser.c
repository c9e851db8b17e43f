#include "rule/parser.h"

#include <string.h>

#include "base/utf8.h"
#include "rule/parser_int.h"

enum { LEVEL_OR = 1, LEVEL_AND, LEVEL_COMPARE, LEVEL_ADD, LEVEL_MULTIPLY, LEVEL_POWER, LEVEL_NEGATE };

/* --- faults ------------------------------------------------------------------------------------ */

static void
say_stood(struct parser *p, size_t at)
{
    struct str rest = str_from(p->lexer.text, at);
    size_t count = 0, len = 0;

    /* To the end of the token, or of the word; never more than what a line can show. */
    size_t end = p->has_token && p->token.at == at ? p->token.end - at : 0;
    while (len < rest.len && count < 12) {
        struct str after = str_from(rest, len);
        uint32_t c = utf8_next(&after);
        size_t next = rest.len - after.len;
        if (count > 0 && (end > 0 ? next > end : !lexer_name_part(c))) {
            break;
        }
        if (c < ' ') {
            break;
        }
        len = next;
        count++;
    }
    memcpy(p->fault.stood, rest.ptr, len);
    p->fault.stood[len] = '\0';
}

uint32_t
parser_fail(struct parser *p, enum fault_kind fault, size_t at)
{
    struct str text = p->lexer.text;

    if (p->rc != RC_OK) {
        return 0;
    }
    p->rc = fault == FAULT_ROOM || fault == FAULT_DEEP || fault == FAULT_LONG || fault == FAULT_WORK ? RC_LIMIT : RC_INVALID;
    p->fault.kind = fault;
    p->fault.at = at;
    if (fault != FAULT_UTF8 && fault != FAULT_LONG) {
        p->fault.place = feel_place(text, at);
        say_stood(p, at);
    } else {
        p->fault.place = (struct feel_place){1, 1};
    }
    return 0;
}

bool
parser_check(struct parser *p, enum rc rc)
{
    if (rc == RC_INVALID) {
        p->has_token = false;
        (void)parser_fail(p, p->lexer.wrong, p->lexer.wrong_at);
    } else if (rc != RC_OK) {
        (void)parser_fail(p, FAULT_ROOM, p->at);
    }
    return p->rc == RC_OK;
}

/* --- tokens ------------------------------------------------------------------------------------ */

enum token_kind
parser_peek(struct parser *p, enum lex_mode mode)
{
    if (p->rc != RC_OK) {
        return TOKEN_END;
    }
    if (!p->has_token || p->mode != mode) {
        p->has_token = false;
        if (!parser_check(p, lexer_next(&p->lexer, p->at, mode, &p->scope, &p->token, p->err))) {
            return TOKEN_END;
        }
        p->has_token = true;
        p->mode = mode;
    }
    return p->token.kind;
}

void
parser_take_token(struct parser *p, const struct token *t)
{
    p->at = t->end;
    p->has_token = false;
}

void
parser_take(struct parser *p)
{
    bool is_word = p->mode == LEX_OPERAND && p->token.kind >= TOKEN_NULL && p->token.kind <= TOKEN_FALSE;

    parser_take_token(p, &p->token);
    if (p->token.kind == TOKEN_NAME || is_word) {
        p->ends = ENDS_NAME;
        p->ends_at = p->at;
        p->ends_name = p->token.text;
    }
}

bool
parser_accept(struct parser *p, enum lex_mode mode, enum token_kind kind)
{
    if (parser_peek(p, mode) != kind || p->rc != RC_OK) {
        return false;
    }
    parser_take(p);
    return true;
}

bool
parser_expect(struct parser *p, enum token_kind kind, enum fault_kind fault)
{
    if (!parser_accept(p, LEX_OPERATOR, kind)) {
        (void)parser_fail(p, fault, p->token.at);
        return false;
    }
    return true;
}

bool
parser_word(struct parser *p, struct str word)
{
    size_t at = lexer_skip(p->lexer.text, p->at);
    struct str after = str_from(p->lexer.text, at + word.len);

    if (!str_starts(str_from(p->lexer.text, at), word) ||
        (after.len > 0 && lexer_name_part(utf8_next(&after)))) {
        return false;
    }
    p->at = at + word.len;
    p->has_token = false;
    return true;
}

/* --- nodes and frames -------------------------------------------------------------------------- */

uint32_t
parser_add(struct parser *p, enum feel_kind kind, size_t at, struct str text)
{
    if (p->rc != RC_OK) {
        return 0;
    }
    if (p->lexer.work > FEEL_WORK_MAX) {
        return parser_fail(p, FAULT_WORK, at);
    }
    if (p->count == p->room) {
        uint32_t room = p->room == 0 ? 16 : p->room * 2;
        void *nodes = arena_grow(p->arena, p->node, p->room * sizeof(*p->node), room * sizeof(*p->node));
        if (nodes == NULL) {
            return parser_fail(p, FAULT_ROOM, at);
        }
        p->node = nodes;
        p->room = room;
        p->count = p->count == 0 ? 1 : p->count; /* node 0 is no node */
    }
    p->node[p->count] = (struct feel_node){
        .kind = (uint8_t)kind, .height = 1, .at = (uint32_t)at, .text = text};
    return p->count++;
}

void
parser_append(struct parser *p, struct children *list, uint32_t child)
{
    if (child == 0 || p->rc != RC_OK) {
        return;
    }
    if (list->first == 0) {
        list->first = child;
    } else {
        p->node[list->last].next = child;
    }
    list->last = child;
    list->count++;
    list->height = p->node[child].height > list->height ? p->node[child].height : list->height;
}

uint32_t
parser_adopt(struct parser *p, uint32_t parent, const struct children *list)
{
    if (p->rc != RC_OK) {
        return 0;
    }
    struct feel_node *n = &p->node[parent];
    if (list->height >= FEEL_HEIGHT_MAX) {
        return parser_fail(p, FAULT_DEEP, n->at);
    }
    n->first = list->first;
    n->count = list->count;
    n->height = (uint16_t)(list->height + 1);
    return parent;
}

uint32_t
parser_binary_node(struct parser *p, enum feel_kind kind, size_t at, uint32_t a, uint32_t b)
{
    struct children list = {0, 0, 0, 0};

    parser_append(p, &list, a);
    parser_append(p, &list, b);
    return parser_adopt(p, parser_add(p, kind, at, STR("")), &list);
}

bool
parser_enter(struct parser *p)
{
    if (p->depth >= FEEL_DEPTH_MAX) {
        (void)parser_fail(p, FAULT_DEEP, p->at);
        return false;
    }
    p->depth++;
    return p->rc == RC_OK;
}

void
parser_open(struct parser *p, struct scope_frame *f)
{
    f->outer = p->scope.frame;
    p->scope.frame = f;
    p->has_token = false; /* it may be another one with these names */
}

void
parser_close(struct parser *p)
{
    p->scope.frame = p->scope.frame->outer;
    p->has_token = false;
}

/* --- operators --------------------------------------------------------------------------------- */

/* Row of an operator, NULL if the token is none. */
static const struct operator {
    enum token_kind token;
    int level;
    enum feel_kind kind, test; /* between two values, and before one */
} operators[] = {
    {TOKEN_OR, LEVEL_OR, NODE_OR, NODE_NONE},
    {TOKEN_AND, LEVEL_AND, NODE_AND, NODE_NONE},
    {TOKEN_EQUAL, LEVEL_COMPARE, NODE_EQUAL, NODE_TEST_EQUAL},
    {TOKEN_UNEQUAL, LEVEL_COMPARE, NODE_UNEQUAL, NODE_TEST_UNEQUAL},
    {TOKEN_LESS, LEVEL_COMPARE, NODE_LESS, NODE_TEST_LESS},
    {TOKEN_LESS_EQUAL, LEVEL_COMPARE, NODE_LESS_EQUAL, NODE_TEST_LESS_EQUAL},
    {TOKEN_GREATER, LEVEL_COMPARE, NODE_GREATER, NODE_TEST_GREATER},
    {TOKEN_GREATER_EQUAL, LEVEL_COMPARE, NODE_GREATER_EQUAL, NODE_TEST_GREATER_EQUAL},
    {TOKEN_BETWEEN, LEVEL_COMPARE, NODE_BETWEEN, NODE_NONE},
    {TOKEN_IN, LEVEL_COMPARE, NODE_IN, NODE_NONE},
    {TOKEN_PLUS, LEVEL_ADD, NODE_ADD, NODE_NONE},
    {TOKEN_MINUS, LEVEL_ADD, NODE_SUBTRACT, NODE_NONE},
    {TOKEN_STAR, LEVEL_MULTIPLY, NODE_MULTIPLY, NODE_NONE},
    {TOKEN_SLASH, LEVEL_MULTIPLY, NODE_DIVIDE, NODE_NONE},
    {TOKEN_POWER, LEVEL_POWER, NODE_POWER, NODE_NONE},
};

static const struct operator *
operator_of(enum token_kind token)
{
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (operators[i].token == token) {
            return &operators[i];
        }
    }
    return NULL;
}

static uint32_t
parse_between(struct parser *p, uint32_t value, size_t at)
{
    struct children list = {0, 0, 0, 0};

    parser_append(p, &list, value);
    parser_append(p, &list, parse_binary(p, LEVEL_ADD));
    if (!parser_expect(p, TOKEN_AND, FAULT_AND)) {
        return 0;
    }
    parser_append(p, &list, parse_binary(p, LEVEL_ADD));
    return parser_adopt(p, parser_add(p, NODE_BETWEEN, at, STR("")), &list);
}

/* < 5 and its like, where a value might stand. */
static uint32_t
parse_test(struct parser *p)
{
    struct children list = {0, 0, 0, 0};
    const struct operator *o = operator_of(p->token.kind);
    size_t at = p->token.at;

    CHECK(o != NULL && o->test != NODE_NONE);
    parser_take(p);
    parser_append(p, &list, parse_binary(p, LEVEL_ADD));
    return parser_adopt(p, parser_add(p, o->test, at, STR("")), &list);
}

static bool
is_test(enum token_kind token)
{
    return token >= TOKEN_EQUAL && token <= TOKEN_GREATER_EQUAL;
}

static uint32_t
parse_in(struct parser *p, uint32_t value, size_t at)
{
    struct scope_frame frame = {.outer = NULL};
    uint32_t test;

    if (!parser_check(p, scope_add(p->arena, &frame, STR("?"), parser_type_of(p, value), p->err))) {
        return 0;
    }
    parser_open(p, &frame);
    if (is_test(parser_peek(p, LEX_OPERAND))) {
        test = parse_test(p);
    } else {
        p->tests_may_follow = true;
        test = parse_binary(p, LEVEL_ADD);
    }
    parser_close(p);
    return parser_binary_node(p, NODE_IN, at, value, test);
}

static uint32_t
parse_negate(struct parser *p)
{
    size_t at = p->token.at;
    struct children list = {0, 0, 0, 0};

    if (parser_peek(p, LEX_OPERAND) != TOKEN_MINUS) {
        uint32_t value = parse_primary(p);
        while (parser_peek(p, LEX_OPERATOR) == TOKEN_INSTANCE) {
            at = p->token.at;
            parser_take(p);
            if (!parser_word(p, STR("of"))) {
                return parser_fail(p, FAULT_OF, lexer_skip(p->lexer.text, p->at));
            }
            value = parser_binary_node(p, NODE_INSTANCE, at, value, parse_type(p));
        }
        return value;
    }
    at = p->token.at;
    p->tests_may_follow = false;
    parser_take(p);
    if (!parser_enter(p)) {
        return 0;
    }
    parser_append(p, &list, parse_negate(p));
    p->depth--;
    return parser_adopt(p, parser_add(p, NODE_NEGATE, at, STR("")), &list);
}

uint32_t
parse_binary(struct parser *p, int level)
{
    uint32_t left;
    int highest = LEVEL_NEGATE; /* after < 5 only and and or go on */

    if (level <= LEVEL_COMPARE && is_test(parser_peek(p, LEX_OPERAND))) {
        left = parse_test(p);
        highest = LEVEL_AND;
    } else {
        left = parse_negate(p);
    }
    while (p->rc == RC_OK && p->node[left].kind != NODE_TESTS) {
        const struct operator *o = operator_of(parser_peek(p, LEX_OPERATOR));
        if (o == NULL || o->level < level || o->level > highest) {
            break;
        }
        size_t at = p->token.at;
        parser_take(p);
        if (o->kind == NODE_BETWEEN) {
            left = parse_between(p, left, at);
        } else if (o->kind == NODE_IN) {
            left = parse_in(p, left, at);
        } else {
            left = parser_binary_node(p, o->kind, at, left, parse_binary(p, o->level + 1));
        }
    }
    return p->rc == RC_OK ? left : 0;
}

uint32_t
parse_expression(struct parser *p)
{
    if (!parser_enter(p)) {
        return 0;
    }
    uint32_t node = parse_binary(p, LEVEL_OR);
    p->depth--;
    return node;
}

bool
parse_tests(struct parser *p, uint32_t first, struct children *list)
{
    parser_append(p, list, first != 0 ? first : parse_expression(p));
    while (parser_accept(p, LEX_OPERATOR, TOKEN_COMMA)) {
        parser_append(p, list, parse_expression(p));
    }
    return p->rc == RC_OK;
}

/* --- doors ------------------------------------------------------------------------------------- */

static void
begin(struct parser *p, struct arena *a, struct str text, const struct feel_scope *scope, struct err *err)
{
    *p = (struct parser){.arena = a, .err = err};
    p->lexer.arena = a;
    p->lexer.text = text;
    p->scope.caller = scope;
    p->scope.work = &p->lexer.work;
    if (text.len > FEEL_TEXT_MAX) {
        (void)parser_fail(p, FAULT_LONG, 0);
    } else if (!utf8_is_valid(text)) {
        (void)parser_fail(p, FAULT_UTF8, 0);
    }
}

/* How far outwards the caller's filters are, for whoever asks their items: what the caller brought is gone when that is wanted. */
static bool
keep_filters(struct parser *p, struct feel_tree *out)
{
    uint32_t depth = 0, *filter = NULL;

    for (const struct feel_scope *c = p->scope.caller; c != NULL; c = c->outer) {
        out->filters += c->is_filter;
    }
    if (out->filters > 0 && (filter = arena_alloc(p->arena, out->filters, sizeof(*filter))) == NULL) {
        return parser_check(p, err_set(p->err, RC_LIMIT, "the filters around a text do not fit"));
    }
    out->filter = filter;
    for (const struct scope_frame *f = p->scope.frame; f != NULL; f = f->outer) {
        depth++; /* that of ? */
    }
    for (const struct feel_scope *c = p->scope.caller; c != NULL; c = c->outer, depth++) {
        if (c->is_filter) {
            *filter++ = depth;
        }
    }
    return true;
}

static enum rc
finish(struct parser *p, uint32_t root, struct feel_tree *out, struct feel_fault *fault)
{
    struct feel_tree tree = {.text = p->lexer.text, .root = root};
    char room[ERR_TEXT_MAX];

    if (p->rc == RC_OK && parser_peek(p, LEX_OPERATOR) != TOKEN_END) {
        (void)parser_fail(p, FAULT_END, p->token.at);
    }
    tree.type = parser_type_of(p, root);
    if (p->rc == RC_OK) {
        (void)keep_filters(p, &tree);
    }
    if (p->rc != RC_OK) {
        struct buf b = {.ptr = room, .cap = sizeof(room), .limit_bytes = sizeof(room)};
        fault_say(&b, &p->fault, FAULT_EN);
        if (fault != NULL) {
            *fault = p->fault;
        }
        return err_set(p->err, p->rc, "%.*s", (int)b.len, room);
    }
    tree.node = p->node;
    tree.count = p->count;
    tree.unknown = p->unknown;
    tree.work = p->lexer.work;
    *out = tree;
    return RC_OK;
}

enum rc
feel_parse(struct arena *a, struct str text, const struct feel_scope *scope, struct feel_tree *out,
           struct feel_fault *fault, struct err *err)
{
    struct parser p;

    begin(&p, a, text, scope, err);
    uint32_t root = parse_expression(&p);
    return finish(&p, root, out, fault);
}

/* not(…) as a whole, or 0 and p as it was: not(a) and b is an expression. */
static uint32_t
parse_not(struct parser *p)
{
    const struct parser before = *p;
    struct children list = {0, 0, 0, 0};
    size_t at = lexer_skip(p->lexer.text, p->at);

    if (!parser_word(p, STR("not")) || !parser_accept(p, LEX_OPERATOR, TOKEN_OPEN) ||
        !parse_tests(p, 0, &list) || !parser_expect(p, TOKEN_CLOSE, FAULT_ARGUMENT_END) ||
        parser_peek(p, LEX_OPERATOR) != TOKEN_END) {
        struct feel_node *node = p->node;
        uint32_t room = p->room;
        uint64_t work = p->lexer.work;
        *p = before;
        p->lexer.work = work;
        p->node = node; /* it may have moved */
        p->room = room;
        p->count = before.count == 0 && room > 0 ? 1 : before.count;
        return 0;
    }
    uint32_t tests = parser_adopt(p, parser_add(p, NODE_TESTS, at, STR("")), &list);
    if (tests != 0) {
        p->node[tests].flags = FEEL_NOT;
    }
    return tests;
}

enum rc
feel_parse_tests(struct arena *a, struct str text, const struct feel_scope *scope,
                 const struct feel_type *type, struct feel_tree *out, struct feel_fault *fault,
                 struct err *err)
{
    struct scope_frame frame = {.outer = NULL};
    struct children list = {0, 0, 0, 0};
    struct parser p;
    uint32_t root = 0;

    begin(&p, a, text, scope, err);
    if (parser_check(&p, scope_add(a, &frame, STR("?"), type, err))) {
        parser_open(&p, &frame);
        size_t at = lexer_skip(text, 0), dash = at < text.len && text.ptr[at] == '-' ? at + 1 : 0;
        if (dash > 0 && lexer_skip(text, dash) == text.len) {
            root = parser_add(&p, NODE_ANY, at, STR(""));
            p.at = dash;
        } else {
            root = parse_not(&p);
            if (root == 0 && p.rc == RC_OK && parse_tests(&p, 0, &list)) {
                root = parser_adopt(&p, parser_add(&p, NODE_TESTS, at, STR("")), &list);
            }
        }
    }
    return finish(&p, root, out, fault);
}
