/*
 * schema_parts_int - what schema computes with and what knows no schema: schema_number.c, schema_uri.c, schema_format.c.
 */
#ifndef RULE_SCHEMA_PARTS_INT_H
#define RULE_SCHEMA_PARTS_INT_H

#include "rule/schema.h"

struct schema_format; /* a row of the table in schema_format.c */

uint64_t schema_hash(struct str s);

int schema_number_cmp(struct str a, struct str b); /* <0, 0, >0 */
bool schema_number_is_whole(struct str number);
size_t schema_number_digits(struct str number); /* significant ones */
bool schema_number_is_multiple(struct str number, struct str divisor);
uint64_t schema_number_hash(struct str number); /* equal numbers, equal hashes */

/* reference against base (RFC 3986 §5.2); the fragment stays.  *out is on the arena. */
MUST_USE enum rc schema_uri_resolve(struct arena *a, struct str base, struct str reference,
                                    struct str *out, struct err *err);
bool schema_uri_is_absolute(struct str uri);

const struct schema_format *schema_format_find(struct str name);
bool schema_format_is(const struct schema_format *f, struct arena *work, struct str text,
                      int32_t today, enum rc *rc, struct err *err);
struct str schema_format_zh(const struct schema_format *f);
struct str schema_format_en(const struct schema_format *f);

#endif
