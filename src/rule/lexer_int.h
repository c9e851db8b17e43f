/*
 * lexer_int - between lexer.c, which reads tokens, and name.c, which reads names.
 */
#ifndef RULE_LEXER_INT_H
#define RULE_LEXER_INT_H

#include "rule/lexer.h"

/* A keyword or a name begins at token->at. */
MUST_USE enum rc lexer_word(struct lexer *lx, enum lex_mode mode, const struct scope *s,
                            struct token *token, struct err *err);

#endif
