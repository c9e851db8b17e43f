/*
 * Numbers by Intel's library, called by value with the rounding and the flags as arguments: nothing global, so any thread may
 * calculate.  Only this file sees its headers.
 *
 * Two things are done here because the library does not do them as wanted: reading (it takes "inf" and a plus sign, wants
 * NUL at the end and looks at the first 100 digits only) and the two roundings that IEEE 754 does not name.
 */
#include "base/decimal.h"

#include <string.h>

#define DECIMAL_CALL_BY_REFERENCE 0
#define DECIMAL_GLOBAL_ROUNDING 0
#define DECIMAL_GLOBAL_EXCEPTION_FLAGS 0
#include <bid_conf.h>
#include <bid_functions.h>

enum { EXPONENT_LEAST = -6176, EXPONENT_MOST = 6111, EXPONENT_BIAS = 6176 };
enum { EXPONENT_SHIFT = 49, EXPONENT_MASK = 0x3fff }; /* in the upper word, below the sign */

typedef BID_UINT128 bid;

static bid
bid_of(struct decimal d)
{
    bid x;

    x.w[0] = d.word[0];
    x.w[1] = d.word[1];
    return x;
}

static bid
bid_parts(uint64_t coefficient, int exponent)
{
    bid x;

    x.w[0] = coefficient;
    x.w[1] = (uint64_t)(exponent + EXPONENT_BIAS) << EXPONENT_SHIFT;
    return x;
}

/* Good for what the library made: it never spends the second form, whose coefficients would pass 34 digits. */
static int
exponent_of(bid x)
{
    return (int)(x.w[1] >> EXPONENT_SHIFT & EXPONENT_MASK) - EXPONENT_BIAS;
}

/* What a result has to pass to become a number of ours. */
static bool
take(bid x, struct decimal *out)
{
    if (!bid128_isFinite(x)) {
        return false;
    }
    if (bid128_isZero(x)) {
        x = bid_parts(0, 0);
    }
    *out = (struct decimal){{x.w[0], x.w[1]}};
    return true;
}

/* --- text ------------------------------------------------------------------------------------ */

/* 34 digits, one that decides between up and down, one for whether anything follows: enough to round once. */
enum { DIGITS_KEPT = DECIMAL_DIGITS + 2 };

struct reading {
    char digit[DIGITS_KEPT];
    int count;
    int64_t exponent; /* of the last digit kept */
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes the run of digits at *at; each moves the exponent by step beyond what is kept. */
static size_t
read_digits(struct str text, size_t *at, bool fraction, struct reading *r)
{
    size_t start = *at;

    for (; *at < text.len && is_digit(text.ptr[*at]); ++*at) {
        char c = text.ptr[*at];
        if (r->count < DIGITS_KEPT) {
            r->exponent -= fraction ? 1 : 0;
            if (r->count > 0 || c != '0') {
                r->digit[r->count++] = c;
            }
        } else {
            r->exponent += fraction ? 0 : 1;
            if (c != '0') {
                r->digit[DIGITS_KEPT - 1] = '1';
            }
        }
    }
    return *at - start;
}

/* E+03; no number has use for an exponent past a million million, with the digits that memory holds. */
static bool
read_exponent(struct str text, size_t *at, int64_t *exponent)
{
    static const int64_t most = INT64_C(1000000000000);
    bool down = false;
    int64_t value = 0;
    size_t start;

    if (*at < text.len && (text.ptr[*at] == '+' || text.ptr[*at] == '-')) {
        down = text.ptr[(*at)++] == '-';
    }
    start = *at;
    for (; *at < text.len && is_digit(text.ptr[*at]); ++*at) {
        value = value < most ? value * 10 + (text.ptr[*at] - '0') : value;
    }
    *exponent += down ? -value : value;
    return *at > start;
}

enum { DIGITS_SHORT = 19 }; /* what surely fits in 64 bits */

/* Short numbers are put together here, as the library would. */
static struct decimal
short_number(const struct reading *r, bool minus)
{
    uint64_t n = 0;

    for (int i = 0; i < r->count; i++) {
        n = n * 10 + (uint64_t)(r->digit[i] - '0');
    }
    return (struct decimal){{n, (uint64_t)(r->exponent + EXPONENT_BIAS) << EXPONENT_SHIFT | (minus ? DECIMAL_SIGN : 0)}};
}

/* The library reads exponents as an int and is asked only about those that can matter. */
static bool
from_reading(const struct reading *r, bool minus, struct decimal *out)
{
    char text[DIGITS_KEPT + 16];
    size_t len = 0;
    unsigned flags = 0;
    int64_t exponent = r->exponent;

    if (r->count == 0 || exponent < EXPONENT_LEAST - DIGITS_KEPT - 1) {
        *out = decimal_of(0);
        return true;
    }
    if (exponent > EXPONENT_MOST + DECIMAL_DIGITS) {
        return false;
    }
    if (r->count <= DIGITS_SHORT && exponent >= EXPONENT_LEAST && exponent <= EXPONENT_MOST) {
        *out = short_number(r, minus);
        return true;
    }
    text[len++] = minus ? '-' : '+';
    memcpy(text + len, r->digit, (size_t)r->count);
    len += (size_t)r->count;
    text[len++] = 'E';
    text[len++] = exponent < 0 ? '-' : '+';
    exponent = exponent < 0 ? -exponent : exponent;
    for (int64_t worth = 10000; worth > 0; worth /= 10) {
        text[len++] = (char)('0' + exponent / worth % 10);
    }
    text[len] = '\0';
    return take(bid128_from_string(text, BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool
decimal_parse(struct str text, struct decimal *out)
{
    struct reading r = {{0}, 0, 0};
    size_t at = 0, whole;
    bool minus = text.len > 0 && text.ptr[0] == '-';

    at += minus ? 1 : 0;
    whole = read_digits(text, &at, false, &r);
    if (at < text.len && text.ptr[at] == '.') {
        at++;
        if (read_digits(text, &at, true, &r) == 0) {
            return false;
        }
    } else if (whole == 0) {
        return false;
    }
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        if (!read_exponent(text, &at, &r.exponent)) {
            return false;
        }
    }
    return at == text.len && from_reading(&r, minus, out);
}

/* Digits without zeros at the end, and the exponent that makes up for those. */
static int
coefficient_of(bid x, char digits[DECIMAL_DIGITS], int *exponent)
{
    char text[64];
    unsigned flags = 0;
    int count = 0;

    if ((x.w[1] & DECIMAL_UPPER_DIGITS) == 0) {
        int at = DECIMAL_DIGITS;
        for (uint64_t rest = x.w[0]; rest > 0; rest /= 10) {
            text[--at] = (char)('0' + rest % 10);
        }
        count = DECIMAL_DIGITS - at;
        memcpy(digits, text + at, (size_t)count);
    } else {
        bid128_to_string(text, x, &flags); /* +1234E-2 */
        while (count < DECIMAL_DIGITS && is_digit(text[count + 1])) {
            digits[count] = text[count + 1];
            count++;
        }
    }
    *exponent = exponent_of(x);
    while (count > 1 && digits[count - 1] == '0') {
        count--;
        ++*exponent;
    }
    return count;
}

struct str
decimal_text(struct arena *a, struct decimal d)
{
    char digits[DECIMAL_DIGITS];
    bid x = bid_of(d);
    int exponent, count;

    if (bid128_isZero(x)) {
        return str_fmt(a, "0");
    }
    count = coefficient_of(x, digits, &exponent);

    int whole = count + exponent; /* digits before the point; zero or less if it begins with 0. */
    int minus = bid128_isSigned(x) ? 1 : 0;
    int len = minus + (whole <= 0 ? 2 - whole + count : exponent < 0 ? count + 1 : whole);
    char *text = arena_alloc(a, (size_t)len, 1);

    if (text == NULL) {
        return (struct str){NULL, 0};
    }
    memset(text, '0', (size_t)len);
    text[0] = minus ? '-' : '0';
    if (whole <= 0) {
        text[minus + 1] = '.';
        memcpy(text + len - count, digits, (size_t)count);
    } else if (exponent < 0) {
        memcpy(text + minus, digits, (size_t)whole);
        text[minus + whole] = '.';
        memcpy(text + minus + whole + 1, digits + whole, (size_t)(count - whole));
    } else {
        memcpy(text + minus, digits, (size_t)count);
    }
    return (struct str){text, (size_t)len};
}

/* --- what it is ------------------------------------------------------------------------------ */

/*
 * Both as whole numbers of the same small unit.  False: one has too many digits for that, or they are too far apart.
 */
static bool
align(struct decimal a, struct decimal b, int64_t *x, int64_t *y, uint64_t *unit)
{
    static const int64_t tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
    uint64_t p = a.word[1] & ~DECIMAL_SIGN, q = b.word[1] & ~DECIMAL_SIGN;
    uint64_t apart = (p > q ? p - q : q - p) >> EXPONENT_SHIFT;

    if (((p | q) & DECIMAL_UPPER_DIGITS) != 0 || apart >= sizeof(tens) / sizeof(tens[0]) ||
        (a.word[0] | b.word[0]) > INT64_MAX) {
        return false;
    }
    *x = (a.word[1] & DECIMAL_SIGN) != 0 ? -(int64_t)a.word[0] : (int64_t)a.word[0];
    *y = (b.word[1] & DECIMAL_SIGN) != 0 ? -(int64_t)b.word[0] : (int64_t)b.word[0];
    *unit = p < q ? p : q;
    return !__builtin_mul_overflow(*x, p > q ? tens[apart] : 1, x) && !__builtin_mul_overflow(*y, q > p ? tens[apart] : 1, y);
}

static struct decimal
of_units(int64_t n, uint64_t unit)
{
    struct decimal d = decimal_of(n);

    d.word[1] = n == 0 ? DECIMAL_WHOLE : (d.word[1] & DECIMAL_SIGN) | unit;
    return d;
}

int
decimal_compare_any(struct decimal a, struct decimal b)
{
    unsigned flags = 0;
    bid x = bid_of(a), y = bid_of(b);
    int64_t m, n;
    uint64_t unit;

    if (align(a, b, &m, &n, &unit)) {
        return (m > n) - (m < n);
    }
    if (bid128_quiet_equal(x, y, &flags)) {
        return 0;
    }
    return bid128_quiet_less(x, y, &flags) ? -1 : 1;
}

/* Through a double, which is the same for 1 and 1.00; that numbers beyond its 53 bits share one does no harm. */
uint64_t
decimal_hash(struct decimal d)
{
    unsigned flags = 0;
    double near = bid128_to_binary64(bid_of(d), BID_ROUNDING_TO_NEAREST, &flags);
    uint64_t bits;

    memcpy(&bits, &near, sizeof(bits));
    return bits * UINT64_C(0x9e3779b97f4a7c15);
}

bool
decimal_is_integer(struct decimal d)
{
    unsigned flags = 0;
    bid x = bid_of(d);

    return exponent_of(x) >= 0 || bid128_quiet_equal(x, bid128_round_integral_zero(x, &flags), &flags);
}

bool
decimal_as_int_any(struct decimal d, int64_t *out)
{
    unsigned flags = 0;
    int64_t n = bid128_to_int64_xint(bid_of(d), &flags);

    if (flags != 0) {
        return false;
    }
    *out = n;
    return true;
}

/* --- arithmetic ------------------------------------------------------------------------------ */

bool
decimal_add_any(struct decimal a, struct decimal b, struct decimal *out)
{
    unsigned flags = 0;
    int64_t m, n;
    uint64_t unit;

    if (align(a, b, &m, &n, &unit) && !__builtin_add_overflow(m, n, &m)) {
        *out = of_units(m, unit);
        return true;
    }
    return take(bid128_add(bid_of(a), bid_of(b), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool
decimal_subtract_any(struct decimal a, struct decimal b, struct decimal *out)
{
    unsigned flags = 0;
    int64_t m, n;
    uint64_t unit;

    if (align(a, b, &m, &n, &unit) && !__builtin_sub_overflow(m, n, &m)) {
        *out = of_units(m, unit);
        return true;
    }
    return take(bid128_sub(bid_of(a), bid_of(b), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool
decimal_multiply_any(struct decimal a, struct decimal b, struct decimal *out)
{
    unsigned flags = 0;

    return take(bid128_mul(bid_of(a), bid_of(b), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool
decimal_divide(struct decimal a, struct decimal b, struct decimal *out)
{
    unsigned flags = 0;

    return take(bid128_div(bid_of(a), bid_of(b), BID_ROUNDING_TO_NEAREST, &flags), out);
}

/* The remainder that the library gives is exact and has the sign of a; one addition brings it to that of b. */
bool
decimal_modulo(struct decimal a, struct decimal b, struct decimal *out)
{
    unsigned flags = 0;
    bid y = bid_of(b);
    bid left = bid128_fmod(bid_of(a), y, &flags);

    if (!bid128_isFinite(left)) {
        return false;
    }
    if (!bid128_isZero(left) && bid128_isSigned(left) != bid128_isSigned(y)) {
        left = bid128_add(left, y, BID_ROUNDING_TO_NEAREST, &flags);
    }
    return take(left, out);
}

bool
decimal_power(struct decimal a, struct decimal b, struct decimal *out)
{
    unsigned flags = 0;

    return take(bid128_pow(bid_of(a), bid_of(b), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool
decimal_sqrt(struct decimal a, struct decimal *out)
{
    unsigned flags = 0;

    return take(bid128_sqrt(bid_of(a), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool
decimal_exp(struct decimal a, struct decimal *out)
{
    unsigned flags = 0;

    return take(bid128_exp(bid_of(a), BID_ROUNDING_TO_NEAREST, &flags), out);
}

bool
decimal_log(struct decimal a, struct decimal *out)
{
    unsigned flags = 0;

    return take(bid128_log(bid_of(a), BID_ROUNDING_TO_NEAREST, &flags), out);
}

struct decimal
decimal_negate(struct decimal d)
{
    bool is_zero = d.word[0] == 0 && (d.word[1] & DECIMAL_UPPER_DIGITS) == 0;

    return is_zero ? decimal_of(0) : (struct decimal){{d.word[0], d.word[1] ^ DECIMAL_SIGN}};
}

struct decimal
decimal_abs(struct decimal d)
{
    return (struct decimal){{d.word[0], d.word[1] & ~DECIMAL_SIGN}};
}

/* --- rounding -------------------------------------------------------------------------------- */

/* What IEEE 754 calls it.  Away from zero is up or down by the sign; ties to zero are seen to by the caller. */
static unsigned
direction(enum decimal_rounding how, bool minus)
{
    switch (how) {
    case DECIMAL_HALF_EVEN: return BID_ROUNDING_TO_NEAREST;
    case DECIMAL_HALF_UP: return BID_ROUNDING_TIES_AWAY;
    case DECIMAL_HALF_DOWN:
    case DECIMAL_DOWN: return BID_ROUNDING_TO_ZERO;
    case DECIMAL_UP: return minus ? BID_ROUNDING_DOWN : BID_ROUNDING_UP;
    case DECIMAL_FLOOR: return BID_ROUNDING_DOWN;
    case DECIMAL_CEILING: return BID_ROUNDING_UP;
    }
    return BID_ROUNDING_TO_NEAREST;
}

/* Whether x lies past the middle between cut and what comes next away from zero.  The difference is exact: digits of x. */
static bool
past_half(bid x, bid cut, int exponent)
{
    unsigned flags = 0;
    bid rest = bid128_abs(bid128_sub(x, cut, BID_ROUNDING_TO_NEAREST, &flags));

    return bid128_quiet_greater(bid128_add(rest, rest, BID_ROUNDING_TO_NEAREST, &flags), bid_parts(1, exponent), &flags);
}

bool
decimal_round(struct decimal d, int scale, enum decimal_rounding how, struct decimal *out)
{
    unsigned flags = 0;
    bid x = bid_of(d);
    bool minus = bid128_isSigned(x);

    if (scale < DECIMAL_SCALE_LEAST || scale > DECIMAL_SCALE_MOST) {
        return false;
    }
    if (exponent_of(x) >= -scale) {
        *out = d;
        return true;
    }

    bid unit = bid_parts(1, -scale);
    bid rounded = bid128_quantize(x, unit, direction(how, minus), &flags);
    if (how == DECIMAL_HALF_DOWN && past_half(x, rounded, -scale)) {
        rounded = bid128_quantize(x, unit, direction(DECIMAL_UP, minus), &flags);
    }
    return take(rounded, out);
}
