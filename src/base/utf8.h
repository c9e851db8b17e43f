/*
 * utf8 - text checked once at the edge (RFC 3629: no overlongs, no surrogates, up to U+10FFFF).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

bool utf8_is_valid(struct str s);
/* One code point from the front of *rest, which moves on; s must be valid and not empty. */
uint32_t utf8_next(struct str *rest);
/* Not a surrogate, at most U+10FFFF. utf8_write returns how many of the four bytes it wrote. */
void buf_put_utf8(struct buf *b, uint32_t code_point);
size_t utf8_write(char out[4], uint32_t code_point);
/* s as it is, but U+FFFD for each byte that is part of no character.  s may be anything. */
void buf_put_repaired(struct buf *b, struct str s);
size_t utf8_count(struct str s); /* code points */
/* Valid, and no control (C0, DEL, C1) but tab and line feed, no U+FEFF, no bidirectional
 * control.  s may be anything. */
bool utf8_is_plain(struct str s);

/* By Unicode, whatever the language: "ß" becomes "SS".  s must be valid; RC_LIMIT past the arena's limit. */
MUST_USE enum rc utf8_upper(struct arena *a, struct str s, struct str *out, struct err *err);
MUST_USE enum rc utf8_lower(struct arena *a, struct str s, struct str *out, struct err *err);

/*
 * Forgiving input: full-width ASCII (U+FF01..5E, U+3000) becomes ASCII, zero-width characters
 * go, ASCII letters become upper case when upper is set; blanks, tabs and hyphens (dashes, minus
 * signs) go when tight is set.  s must be valid; RC_LIMIT past the arena's limit.
 */
MUST_USE enum rc utf8_fold(struct arena *a, struct str s, bool upper, bool tight, struct str *out,
                           struct err *err);

#endif
