/*
 * parser_int - shared by the files of the parser: parser.c has operators and the doors, parser_primary.c what stands between
 * them, parser_block.c for, if, function and their like, parser_type.c types.
 *
 * Each reader returns the node it made, or 0 once something went wrong; p->rc says what and nothing more is read.
 */
#ifndef RULE_PARSER_INT_H
#define RULE_PARSER_INT_H

#include "rule/lexer.h"
#include "rule/parser.h"

enum ends_with { ENDS_OTHERWISE, ENDS_NAME, ENDS_MEMBER, ENDS_TYPE };

struct parser {
    struct arena *arena;
    struct lexer lexer;
    struct scope scope;
    struct feel_node *node;
    uint32_t count, room;
    uint32_t depth; /* of readers inside one another */
    uint32_t unknown;
    size_t at; /* the next byte to read */
    struct token token; /* what is there, if has_token, read in mode */
    enum lex_mode mode;
    bool has_token;
    bool tests_may_follow; /* right after in: brackets may hold several tests */
    bool range_end;        /* in the upper end of a range, where [ may close it */
    /* What was read last, if it was a name: whether a longer one would begin where brackets are left out. */
    enum ends_with ends;
    size_t ends_at;
    struct str ends_name;
    const struct feel_type *ends_type;
    enum rc rc;
    struct feel_fault fault;
    struct err *err;
};

struct children {
    uint32_t first, last, count;
    uint16_t height;
};

uint32_t parse_expression(struct parser *p);
uint32_t parse_binary(struct parser *p, int level);
uint32_t parse_primary(struct parser *p); /* with calls, paths and filters */
uint32_t parse_if(struct parser *p, size_t at);
uint32_t parse_for(struct parser *p, enum feel_kind kind, size_t at);
uint32_t parse_function(struct parser *p, size_t at);
uint32_t parse_type(struct parser *p);
bool parse_tests(struct parser *p, uint32_t first, struct children *list); /* expressions and commas */

/* What is known of a node's value; NULL: nothing. */
const struct feel_type *parser_type_of(const struct parser *p, uint32_t node);

uint32_t parser_add(struct parser *p, enum feel_kind kind, size_t at, struct str text);
void parser_append(struct parser *p, struct children *list, uint32_t child);
uint32_t parser_adopt(struct parser *p, uint32_t parent, const struct children *list);
uint32_t parser_binary_node(struct parser *p, enum feel_kind kind, size_t at, uint32_t a, uint32_t b);

/* The token at p->at in this mode; TOKEN_END once something went wrong. */
enum token_kind parser_peek(struct parser *p, enum lex_mode mode);
void parser_take(struct parser *p); /* go past the token that was peeked at */
bool parser_accept(struct parser *p, enum lex_mode mode, enum token_kind kind);
bool parser_expect(struct parser *p, enum token_kind kind, enum fault_kind fault);
uint32_t parser_fail(struct parser *p, enum fault_kind fault, size_t at);
bool parser_word(struct parser *p, struct str word); /* take this very word, if it is there */
void parser_take_token(struct parser *p, const struct token *t); /* one read without peeking */
bool parser_check(struct parser *p, enum rc rc); /* of the lexer; false: failed */
bool parser_enter(struct parser *p); /* one deeper; false: too deep */
void parser_open(struct parser *p, struct scope_frame *f);
void parser_close(struct parser *p);

#endif
