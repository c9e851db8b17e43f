/*
 * decimal - numbers as law writes them: decimal128 of IEEE 754-2008, 34 digits, ties to even.
 *
 * By Intel's decimal library (BID encoding); a value is 16 bytes and passed by value.  There are no infinities, no NaN and no
 * minus zero here: what would become one of the first two is false, and *out stays as it was.  What is too near to zero becomes
 * zero.  Two values that compare equal (1, 1.0, 1.00) are the same number everywhere.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/str.h"

struct decimal {
    uint64_t word[2]; /* all zero is the number 0, so zeroed memory holds one */
};

enum {
    DECIMAL_DIGITS = 34,
    DECIMAL_TEXT_MAX = 6200, /* -1e-6176 has 6179 characters */
    DECIMAL_SCALE_LEAST = -6111,
    DECIMAL_SCALE_MOST = 6176
};

static inline struct decimal decimal_of(int64_t n);
/*
 * -1.50, 2e3: JSON's number grammar, and FEEL's (.5, 007).  False: not a number, or past the range; more than 34 digits
 * are rounded once.
 */
MUST_USE bool decimal_parse(struct str text, struct decimal *out);
/* Shortest text without exponent: 0.5, -1200000; trailing zeros of a fraction go.  NULL ptr past the arena's limit. */
struct str decimal_text(struct arena *a, struct decimal d);

static inline int decimal_compare(struct decimal a, struct decimal b); /* -1, 0, 1 */
uint64_t decimal_hash(struct decimal d); /* the same for numbers that are equal */
bool decimal_is_integer(struct decimal d);
/* False if it is not exactly an int64. */
MUST_USE static inline bool decimal_as_int(struct decimal d, int64_t *out);

MUST_USE static inline bool decimal_add(struct decimal a, struct decimal b, struct decimal *out);
MUST_USE static inline bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out);
MUST_USE static inline bool decimal_multiply(struct decimal a, struct decimal b, struct decimal *out);
MUST_USE bool decimal_divide(struct decimal a, struct decimal b, struct decimal *out); /* false by zero */
/* a - b * floor(a / b), rounded once: the sign of b, as FEEL's modulo.  False by zero. */
MUST_USE bool decimal_modulo(struct decimal a, struct decimal b, struct decimal *out);
/*
 * The library computes powers, exponents and logarithms in 113 binary digits: exact where 34 digits hold the result, else the last
 * digit may be off by one or two.  All the rest is rounded correctly.  0 to the power of 0 is 1; false: zero to a negative power, a negative number to a
 * broken one.
 */
MUST_USE bool decimal_power(struct decimal a, struct decimal b, struct decimal *out);
MUST_USE bool decimal_sqrt(struct decimal a, struct decimal *out); /* false below zero */
MUST_USE bool decimal_exp(struct decimal a, struct decimal *out);
MUST_USE bool decimal_log(struct decimal a, struct decimal *out); /* natural; false unless above zero */
struct decimal decimal_negate(struct decimal d);
struct decimal decimal_abs(struct decimal d);

enum decimal_rounding {
    DECIMAL_HALF_EVEN,
    DECIMAL_HALF_UP,   /* ties away from zero */
    DECIMAL_HALF_DOWN, /* ties to zero */
    DECIMAL_UP,        /* away from zero */
    DECIMAL_DOWN,      /* to zero */
    DECIMAL_FLOOR,
    DECIMAL_CEILING
};
/* To scale digits after the point (negative: tens, hundreds).  A number with no more digits than that stays as it is.  False:
 * the scale is outside DECIMAL_SCALE_LEAST..MOST, or rounding up leaves the range. */
MUST_USE bool decimal_round(struct decimal d, int scale, enum decimal_rounding how, struct decimal *out);

/*
 * Most numbers of law are short and have as many decimals as those they meet: two such are compared and calculated in place.  The
 * upper word holds sign, exponent (from 0 for 10^-6176) and the digits that the lower has no room for.  These do the rest:
 */
bool decimal_as_int_any(struct decimal d, int64_t *out);
int decimal_compare_any(struct decimal a, struct decimal b);
bool decimal_add_any(struct decimal a, struct decimal b, struct decimal *out);
bool decimal_subtract_any(struct decimal a, struct decimal b, struct decimal *out);
bool decimal_multiply_any(struct decimal a, struct decimal b, struct decimal *out);

#define DECIMAL_SIGN UINT64_C(0x8000000000000000)
#define DECIMAL_UPPER_DIGITS UINT64_C(0x0001ffffffffffff)
#define DECIMAL_WHOLE UINT64_C(0x3040000000000000)         /* exponent 0 */
#define DECIMAL_EXPONENT_LAST UINT64_C(0x5ffe000000000000) /* 10^6111 */

static inline struct decimal
decimal_of(int64_t n)
{
    return n >= 0 ? (struct decimal){{(uint64_t)n, DECIMAL_WHOLE}}
                  : (struct decimal){{~(uint64_t)n + 1, DECIMAL_WHOLE | DECIMAL_SIGN}};
}

static inline bool
decimal_as_int(struct decimal d, int64_t *out)
{
    if (d.word[1] != DECIMAL_WHOLE || d.word[0] > INT64_MAX) {
        return decimal_as_int_any(d, out);
    }
    *out = (int64_t)d.word[0];
    return true;
}

static inline int
decimal_compare(struct decimal a, struct decimal b)
{
    if (a.word[1] != b.word[1]) {
        return decimal_compare_any(a, b);
    }
    if (a.word[0] == b.word[0]) {
        return 0;
    }
    return (a.word[0] < b.word[0]) == (a.word[1] < DECIMAL_SIGN) ? -1 : 1;
}

static inline bool
decimal_add(struct decimal a, struct decimal b, struct decimal *out)
{
    uint64_t sum;

    if (a.word[1] != b.word[1] || (a.word[1] & DECIMAL_UPPER_DIGITS) != 0 ||
        __builtin_add_overflow(a.word[0], b.word[0], &sum) || sum == 0) {
        return decimal_add_any(a, b, out);
    }
    *out = (struct decimal){{sum, a.word[1]}};
    return true;
}

static inline bool
decimal_subtract(struct decimal a, struct decimal b, struct decimal *out)
{
    if (a.word[1] != b.word[1] || (a.word[1] & DECIMAL_UPPER_DIGITS) != 0 || a.word[0] <= b.word[0]) {
        return decimal_subtract_any(a, b, out);
    }
    *out = (struct decimal){{a.word[0] - b.word[0], a.word[1]}};
    return true;
}

static inline bool
decimal_multiply(struct decimal a, struct decimal b, struct decimal *out)
{
    uint64_t x = a.word[1] & ~DECIMAL_SIGN, y = b.word[1] & ~DECIMAL_SIGN, product;

    if (((x | y) & DECIMAL_UPPER_DIGITS) != 0 || __builtin_mul_overflow(a.word[0], b.word[0], &product) ||
        product == 0 || x + y < DECIMAL_WHOLE || x + y - DECIMAL_WHOLE > DECIMAL_EXPONENT_LAST) {
        return decimal_multiply_any(a, b, out);
    }
    *out = (struct decimal){{product, (x + y - DECIMAL_WHOLE) | ((a.word[1] ^ b.word[1]) & DECIMAL_SIGN)}};
    return true;
}

#endif
