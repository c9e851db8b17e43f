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

struct decimal decimal_of(int64_t n);
/*
 * -1.50, 2e3: JSON's number grammar, and FEEL's (.5, 007).  False: not a number, or past the range; more than 34 digits
 * are rounded once.
 */
MUST_USE bool decimal_parse(struct str text, struct decimal *out);
/* Shortest text without exponent: 0.5, -1200000; trailing zeros of a fraction go.  NULL ptr past the arena's limit. */
struct str decimal_text(struct arena *a, struct decimal d);

int decimal_compare(struct decimal a, struct decimal b); /* -1, 0, 1 */
uint64_t decimal_hash(struct decimal d); /* the same for numbers that are equal */
bool decimal_is_integer(struct decimal d);
/* False if it is not exactly an int64. */
MUST_USE bool decimal_as_int(struct decimal d, int64_t *out);

MUST_USE bool decimal_add(struct decimal a, struct decimal b, struct decimal *out);
MUST_USE bool decimal_subtract(struct decimal a, struct decimal b, struct decimal *out);
MUST_USE bool decimal_multiply(struct decimal a, struct decimal b, struct decimal *out);
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
/*
 * To scale digits after the point (negative: tens, hundreds).  A number with no more digits than that stays as it is.  False:
 * the scale is outside DECIMAL_SCALE_LEAST..MOST, or rounding up leaves the range.
 */
MUST_USE bool decimal_round(struct decimal d, int scale, enum decimal_rounding how, struct decimal *out);

#endif
