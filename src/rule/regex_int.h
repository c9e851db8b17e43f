/*
 * regex_int - what the translators of dialects share with one another and with regex.c.
 */
#ifndef RULE_REGEX_INT_H
#define RULE_REGEX_INT_H

#include "rule/regex.h"

enum { REGEX_TEXT_MAX = 1 << 18 }; /* bytes of a translation */

/* Where a token of the pattern begins and where its translation does: PCRE2 counts in the latter. */
struct regex_place {
    size_t from;
    size_t to;
};

struct regex_translation {
    struct str text;
    bool any_case; /* letters match whatever their case */
    bool by_line;  /* ^ and $ are those of lines, too */
    struct regex_place *places;
    size_t count;
};

/* flags: only REGEX_XPATH has some. */
MUST_USE enum rc regex_from_ecma(struct arena *a, struct str pattern, struct str flags,
                                 struct regex_translation *out, struct err *err);
MUST_USE enum rc regex_from_xpath(struct arena *a, struct str pattern, struct str flags,
                                  struct regex_translation *out, struct err *err);

/*
 * A pattern of ECMA that PCRE2 took already, if it is one that can be matched without it; else NULL, as for a
 * full arena.  Matching takes time in proportion to the text.
 */
struct regex_plain;
const struct regex_plain *regex_plain_of(struct arena *a, struct str ecma);
bool regex_plain_matches(const struct regex_plain *re, struct str text);

/* --- reading a pattern token by token ---------------------------------------------------------- */

struct regex_reader {
    struct arena *arena;
    struct str pattern;
    size_t at;
    size_t groups;     /* that capture, in the whole pattern */
    size_t places_cap;
    struct buf out;
    struct regex_translation *t;
    struct err *err;
};

MUST_USE enum rc regex_wrong(struct regex_reader *r, size_t at, const char *why);
/* So that it means itself to PCRE2, in a class and outside. */
void regex_put_literal(struct regex_reader *r, uint32_t c);
/* A quantifier, if one stands here: * + ? {n} {n,} {n,m}, and ? behind it. */
MUST_USE enum rc regex_quantifier(struct regex_reader *r);
/* The next token begins here. */
MUST_USE enum rc regex_note_place(struct regex_reader *r);

/* The byte that far ahead, or NUL past the end: a NUL of the pattern is a literal like others. */
static inline char
regex_peek(const struct regex_reader *r, size_t ahead)
{
    return r->at + ahead < r->pattern.len ? r->pattern.ptr[r->at + ahead] : '\0';
}

static inline bool
regex_is_over(const struct regex_reader *r)
{
    return r->at >= r->pattern.len;
}

static inline bool
regex_take(struct regex_reader *r, struct str word)
{
    bool is_there = str_starts(str_from(r->pattern, r->at), word);

    r->at += is_there ? word.len : 0;
    return is_there;
}

static inline bool
regex_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool
regex_is_word(char c)
{
    return regex_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

#endif
