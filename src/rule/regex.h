/*
 * regex - patterns of a named dialect, matched by PCRE2 within limits.
 *
 * A pattern is translated token by token into what PCRE2 understands under UTF, so nothing of
 * PCRE2 that the dialect lacks can be reached: what the dialect does not have is refused with the
 * byte where it stands.  Compiled once, a regex is immutable and may be used by many threads.
 *
 * REGEX_ECMA is ECMA-262 under the u flag: \d \w \b are of ASCII, \s of Unicode, $ is the end of the
 * text and not before a last line feed.  Not taken: lookbehind of open length, which PCRE2
 * lacks.
 *
 * REGEX_XPATH is that of XPath and XQuery (Functions and Operators 3.1, 5.6): \i \c, blocks, classes taken out of
 * classes, ^ and $ as there, no lookaround; its flags are s m i x q.
 *
 * A dialect is a row of a table in regex.c: its translator and options.
 */
#ifndef RULE_REGEX_H
#define RULE_REGEX_H

#include <stdbool.h>

#include "base/str.h"

enum regex_dialect { REGEX_ECMA, REGEX_XPATH };

enum { REGEX_PATTERN_MAX = 8192, /* bytes */
       REGEX_RESCAN_MAX = 32768  /* of a text that a pattern with a repetition is looked for in, unless it begins with ^ */ };

struct regex;

/*
 * RC_INVALID with the byte offset in err if it is no pattern of the dialect, RC_LIMIT if it is too
 * large or the arena is full.  The regex lives as long as the arena; pattern need not.
 */
MUST_USE enum rc regex_compile(struct arena *a, enum regex_dialect dialect, struct str pattern,
                               const struct regex **out, struct err *err);

/* With the dialect's flags, one letter each; of one that it does not have RC_INVALID.  ECMA has none here. */
MUST_USE enum rc regex_compile_flags(struct arena *a, enum regex_dialect dialect, struct str pattern,
                                     struct str flags, const struct regex **out, struct err *err);

/*
 * Whether it matches anywhere in text.  A pattern that takes too many steps on this text (the
 * catastrophic kind), or may take a time with the square of a long one, ends with RC_LIMIT; text that is no UTF-8 with RC_INVALID.
 */
MUST_USE enum rc regex_find(const struct regex *re, struct str text, bool *found,
                            struct err *err);

/* How many groups capture. */
size_t regex_groups(const struct regex *re);

struct regex_span {
    size_t start, end; /* bytes; start behind end: a group that took no part */
};
/*
 * The first match that begins at from or later: as regex_find, and with the bytes of the match and of its groups in count
 * spans.  The text is checked to be UTF-8 only where from is 0.
 */
MUST_USE enum rc regex_find_from(const struct regex *re, struct str text, size_t from,
                                 struct regex_span *span, size_t count, bool *found, struct err *err);

#endif
