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

#endif
