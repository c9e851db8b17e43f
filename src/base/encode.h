/*
 * encode - bytes as text and back: hex, base64 (RFC 4648 §4), base64url without padding (§5),
 * percent-encoding.  Decoders are strict: wrong length, stray bits, foreign characters are
 * refused, so base64 has one text for the same bytes.  Hex digits may be of either case.
 *
 * Decoders answer RC_INVALID with the offset, or RC_LIMIT; the bytes live on the arena.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include <stdbool.h>

#include "base/str.h"

void buf_put_hex(struct buf *b, struct str bytes); /* lower case */
void buf_put_base64(struct buf *b, struct str bytes);
void buf_put_base64url(struct buf *b, struct str bytes);

/* The same as a str on the arena; NULL ptr past the limit. */
struct str hex_of(struct arena *a, struct str bytes);
struct str base64_of(struct arena *a, struct str bytes);
struct str base64url_of(struct arena *a, struct str bytes);

MUST_USE enum rc hex_decode(struct arena *a, struct str text, struct str *out, struct err *err);
MUST_USE enum rc base64_decode(struct arena *a, struct str text, struct str *out, struct err *err);
MUST_USE enum rc base64url_decode(struct arena *a, struct str text, struct str *out,
                                  struct err *err);
/* %XX and, for form fields, '+' as a blank.  RC_INVALID on a bad escape or a NUL. */
MUST_USE enum rc percent_decode(struct arena *a, struct str text, bool plus_is_blank,
                                struct str *out, struct err *err);

#endif
