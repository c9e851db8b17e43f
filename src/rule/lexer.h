/*
 * lexer - the next word of a FEEL text.
 *
 * What it is depends on what the reader waits for (LEX_OPERAND: a value may begin; LEX_OPERATOR: one has ended) and on the names
 * in scope, so the reader says both.  "in" is a keyword after a value and may begin a name where a value begins.
 */
#ifndef RULE_LEXER_H
#define RULE_LEXER_H

#include "rule/fault.h"
#include "rule/scope.h"

enum lex_mode { LEX_OPERAND, LEX_OPERATOR };

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,    /* text is normalised: single blanks, none beside operator characters */
    TOKEN_NUMBER,  /* text as written */
    TOKEN_STRING,  /* text resolved */
    TOKEN_AT,
    TOKEN_NULL, TOKEN_TRUE, TOKEN_FALSE, TOKEN_IF, TOKEN_FOR, TOKEN_SOME, TOKEN_EVERY, TOKEN_FUNCTION,
    TOKEN_AND, TOKEN_OR, TOKEN_IN, TOKEN_BETWEEN, TOKEN_INSTANCE, TOKEN_THEN, TOKEN_ELSE, TOKEN_RETURN,
    TOKEN_SATISFIES,
    TOKEN_PLUS, TOKEN_MINUS, TOKEN_STAR, TOKEN_SLASH, TOKEN_POWER,
    TOKEN_EQUAL, TOKEN_UNEQUAL, TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_GREATER, TOKEN_GREATER_EQUAL,
    TOKEN_DOT, TOKEN_DOTS, TOKEN_COMMA, TOKEN_COLON, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_OPEN_SQUARE,
    TOKEN_CLOSE_SQUARE, TOKEN_OPEN_BRACE, TOKEN_CLOSE_BRACE,
    TOKEN_OTHER /* a word or a sign that has no place here */
};

struct token {
    enum token_kind kind;
    size_t at, end; /* bytes */
    struct str text;
    struct scope_found found; /* TOKEN_NAME */
};

struct lexer {
    struct arena *arena;
    struct str text; /* valid UTF-8 */
    uint64_t work;   /* bytes of names that were compared */
    enum fault_kind wrong; /* after RC_INVALID: what is wrong inside a token, and where */
    size_t wrong_at;
};

/* RC_INVALID: a string or comment without end, an escape that is none; RC_LIMIT: the arena. */
MUST_USE enum rc lexer_next(struct lexer *lx, size_t at, enum lex_mode mode, const struct scope *s,
                            struct token *token, struct err *err);
/*
 * A name that is new here: of an iterator (until the word "in"), or else of a parameter or an entry (until what no name holds).
 * TOKEN_OTHER if none begins.
 */
MUST_USE enum rc lexer_new_name(struct lexer *lx, size_t at, bool until_in, struct token *token,
                                struct err *err);
/* A member after a dot: the longest of type's, or else words up to a keyword. */
MUST_USE enum rc lexer_member(struct lexer *lx, size_t at, const struct feel_type *type,
                              struct token *token, struct err *err);
/* The name of a type, qualified perhaps. */
MUST_USE enum rc lexer_type(struct lexer *lx, size_t at, const struct scope *s, struct token *token,
                            struct err *err);

/* The first byte from there that is neither blank nor comment; an endless comment is one up to the end. */
size_t lexer_skip(struct str text, size_t at);
/* Whether these bytes could stand as a new name, already normalised. */
bool lexer_is_name(struct str s);
bool lexer_name_part(uint32_t c);
bool lexer_name_start(uint32_t c);
/* Bytes of the operator character that a name may hold, at the front of s; 0: none. */
size_t lexer_symbol(struct str s);

#endif
