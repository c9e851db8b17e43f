/*
 * json_int - what the files of json share: the parser, the tree, the writer and the canonical form.
 */
#ifndef BASE_JSON_INT_H
#define BASE_JSON_INT_H

#include <string.h>

#include "base/json.h"

/*
 * Sets the high bit of each byte that is a quote, a backslash or below 0x20; others may be set
 * too, but only above one that is, so the lowest is exact.
 */
static inline uint64_t
json_special_bits(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t highs = ones << 7;
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');

    return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
            ((backslash - ones) & ~backslash)) &
           highs;
}

/* Eight bytes, the first one lowest. */
static inline uint64_t
json_load8(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline uint32_t
json_load4(const char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

/*
 * How many bytes at p come before the first quote, backslash or control: what a string may hold
 * as it is.  *bits collects them and some behind: if (*bits & JSON_HIGH_BITS) is 0, all were ASCII.
 * What is left over after whole words is read once more from its end, overlapping.
 */
#define JSON_HIGH_BITS UINT64_C(0x8080808080808080)

static inline size_t
json_plain_span(const char *p, size_t len, uint64_t *bits)
{
    size_t i = 0;
    uint64_t word, hit;

    for (; len - i >= 8; i += 8) {
        word = json_load8(p + i);
        *bits |= word;
        hit = json_special_bits(word);
        if (hit != 0) {
            return i + (size_t)__builtin_ctzll(hit) / 8;
        }
    }
    if (i > 0 && i < len) {
        word = json_load8(p + len - 8);
        *bits |= word;
        hit = json_special_bits(word);
        return hit == 0 ? len : len - 8 + (size_t)__builtin_ctzll(hit) / 8;
    }
    if (len - i >= 4) { /* four from the front and four from the end */
        word = json_load4(p) | (uint64_t)json_load4(p + len - 4) << 32;
        *bits |= word;
        hit = json_special_bits(word);
        if (hit == 0) {
            return len;
        }
        size_t at = (size_t)__builtin_ctzll(hit) / 8;
        return at < 4 ? at : len - 8 + at;
    }
    for (; i < len; i++) {
        unsigned char c = (unsigned char)p[i];
        *bits |= c;
        if (c < 0x20 || c == '"' || c == '\\') {
            break;
        }
    }
    return i;
}

/* Bytes of the number that text begins with; 0 if it begins with none. */
size_t json_number_len(struct str text);

/*
 * A JSON number as sign, significant digits and power of ten, with the text left where it is:
 * d.ddd times 10^power, where first is the first digit that is not 0 and count digits
 * follow without the zeros at the end.  count 0 is the value 0.
 */
struct json_decimal {
    bool negative;
    bool beyond; /* the exponent is past any that we count with; power means nothing */
    const char *first;
    size_t count;
    int64_t power;
};

struct json_decimal json_decimal_of(struct str number);
bool json_decimal_equal(struct json_decimal a, struct json_decimal b);

enum { JSON_DOUBLE_DIGITS = 17, JSON_DOUBLE_TEXT = 32 };

/* Finite value as ECMAScript's Number::toString, RFC 8785 §3.2.2.3; returns the length. */
size_t json_double_text(char out[JSON_DOUBLE_TEXT], double value);
/* The number as a double's text; RC_INVALID as json_canonical says. */
MUST_USE enum rc json_canonical_number(struct buf *out, struct str number, struct err *err);

/* RFC 8785 §3.2.3: by UTF-16 code units, computed on UTF-8. */
int json_name_cmp(struct str a, struct str b);
/* The members of an object by name; NULL past the arena's limit.  O(n log n) whatever the names. */
const struct json **json_sorted(struct arena *a, const struct json *object);

#endif
