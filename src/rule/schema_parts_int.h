/*
 * schema_parts_int - what schema computes with and what knows no schema: schema_number.c, schema_uri.c, schema_format.c.
 */
#ifndef RULE_SCHEMA_PARTS_INT_H
#define RULE_SCHEMA_PARTS_INT_H

#include <string.h>

#include "rule/schema.h"

/* The release build fills what is on the stack with zeros, which takes longer than to check a short document. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define WITHOUT_ZEROS __attribute__((uninitialized))
#endif
#endif
#ifndef WITHOUT_ZEROS
#define WITHOUT_ZEROS
#endif

struct schema_format; /* a row of the table in schema_format.c */

uint64_t schema_hash(struct str s);

int schema_number_cmp(struct str a, struct str b); /* <0, 0, >0 */
bool schema_number_is_whole(struct str number);
size_t schema_number_digits(struct str number); /* significant ones */
bool schema_number_is_multiple(struct str number, struct str divisor);
uint64_t schema_number_hash(struct str number); /* equal numbers, equal hashes */

/* A number of a schema, looked at beforehand: units / 10^places where is_small. */
struct schema_bound {
    struct str text;
    int64_t units;
    unsigned places;
    bool is_small;
};

struct schema_bound schema_bound_of(struct str number);
int schema_bound_cmp(struct str number, const struct schema_bound *bound); /* number before it: <0 */
bool schema_bound_divides(const struct schema_bound *divisor, struct str number);

/* reference against base (RFC 3986 §5.2); the fragment stays.  *out is on the arena. */
MUST_USE enum rc schema_uri_resolve(struct arena *a, struct str base, struct str reference,
                                    struct str *out, struct err *err);
bool schema_uri_is_absolute(struct str uri);

const struct schema_format *schema_format_find(struct str name);
bool schema_format_is(const struct schema_format *f, struct arena *work, struct str text,
                      int32_t today, enum rc *rc, struct err *err);
struct str schema_format_zh(const struct schema_format *f);
struct str schema_format_en(const struct schema_format *f);

/* count > 0 bytes, up to 8 of them; the middle may be in both halves. */
static inline uint64_t
schema_bytes(const char *p, size_t count)
{
    uint64_t wide = 0;
    uint32_t low, high;

    if (count >= sizeof(wide)) {
        memcpy(&wide, p, sizeof(wide));
        return wide;
    }
    if (count >= sizeof(low)) {
        memcpy(&low, p, sizeof(low));
        memcpy(&high, p + count - sizeof(high), sizeof(high));
        return (uint64_t)high << 32 | low;
    }
    return (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[count / 2] << 8 |
           (uint64_t)(unsigned char)p[count - 1] << 16;
}

/* str_eq, inline because every member of a document is compared, and short names are most of them. */
static inline bool
schema_is_name(struct str a, struct str b)
{
    if (a.len != b.len || a.len > 16) {
        return a.len == b.len && str_eq(a, b);
    }
    return a.len == 0 || (schema_bytes(a.ptr, a.len) == schema_bytes(b.ptr, a.len) &&
                          (a.len <= 8 || schema_bytes(a.ptr + a.len - 8, 8) == schema_bytes(b.ptr + a.len - 8, 8)));
}

#endif
