/*
 * patterns_int - the patterns that a run has compiled, so that one that is asked again and again is compiled once.
 */
#ifndef RULE_PATTERNS_INT_H
#define RULE_PATTERNS_INT_H

#include "rule/regex.h"

struct patterns;
struct patterns *patterns_new(void);
void patterns_free(struct patterns *p); /* accepts NULL */

/*
 * The pattern of XPath with these flags; it may be used until the next is asked for.  *is_new: it had to be compiled.  RC_INVALID,
 * RC_LIMIT as regex_compile.
 */
MUST_USE enum rc patterns_get(struct patterns *p, struct str pattern, struct str flags, const struct regex **out, bool *is_new,
                              struct err *err);

#endif
