/*
 * regex_int - what the translators of dialects share with regex.c.
 */
#ifndef RULE_REGEX_INT_H
#define RULE_REGEX_INT_H

#include "rule/regex.h"

/* Where a token of the pattern begins and where its translation does: PCRE2 counts in the latter. */
struct regex_place {
    size_t from;
    size_t to;
};

struct regex_translation {
    struct str text;
    struct regex_place *places;
    size_t count;
};

MUST_USE enum rc regex_from_ecma(struct arena *a, struct str pattern,
                                 struct regex_translation *out, struct err *err);

/*
 * A pattern of ECMA that PCRE2 took already, if it is one that can be matched without it; else NULL, as for a
 * full arena.  Matching takes time in proportion to the text.
 */
struct regex_plain;
const struct regex_plain *regex_plain_of(struct arena *a, struct str ecma);
bool regex_plain_matches(const struct regex_plain *re, struct str text);

#endif
