/*
 * Numbers as decimals: d.ddd times ten to a power, digits left in the text where they are, so that
 * nothing is ever rounded however long it is.
 */
#include "rule/schema_parts_int.h"

/* Past this an exponent is not added up; no text is long enough to make up for it. */
#define POWER_MOST (INT64_C(1) << 56)

/* number = ±first… times 10^power with power that of the first digit; count 0 is zero. */
struct decimal {
    bool negative;
    const char *first;
    size_t count; /* without zeros at either end */
    int64_t power;
};

static int64_t
exponent_of(struct str text)
{
    bool negative = str_starts(text, STR("-"));
    int64_t value = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= '0' && value < POWER_MOST) {
            value = value * 10 + (text.ptr[i] - '0');
        }
    }
    value = value < POWER_MOST ? value : POWER_MOST;
    return negative ? -value : value;
}

static struct decimal
decimal_of(struct str number)
{
    struct decimal d = {.negative = str_starts(number, STR("-"))};
    struct str digits = str_from(number, d.negative ? 1 : 0);
    size_t e = str_find_byte(digits, 'e');

    e = e < digits.len ? e : str_find_byte(digits, 'E');
    int64_t exponent = exponent_of(str_from(digits, e + 1));
    digits = str_sub(digits, 0, e);
    size_t point = str_find_byte(digits, '.');
    size_t seen = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (i == point || (d.first == NULL && digits.ptr[i] == '0')) {
            continue;
        }
        if (d.first == NULL) {
            d.first = digits.ptr + i;
            d.power = (int64_t)point - (int64_t)i - (i < point ? 1 : 0);
        }
        seen++;
        d.count = digits.ptr[i] == '0' ? d.count : seen;
    }
    d.power = d.count > 0 ? d.power + exponent : 0;
    d.negative = d.negative && d.count > 0;
    return d;
}

/* The digit at *at, moving past it and past a point before it. */
static unsigned
next_digit(const char **at)
{
    if (**at == '.') {
        (*at)++;
    }
    return (unsigned)(*(*at)++ - '0');
}

static int
size_cmp(struct decimal a, struct decimal b)
{
    if (a.count == 0 || b.count == 0) {
        return (a.count > 0) - (b.count > 0);
    }
    if (a.power != b.power) {
        return a.power < b.power ? -1 : 1;
    }
    for (size_t i = 0; i < a.count && i < b.count; i++) {
        unsigned digit_a = next_digit(&a.first);
        unsigned digit_b = next_digit(&b.first);
        if (digit_a != digit_b) {
            return digit_a < digit_b ? -1 : 1;
        }
    }
    return (a.count > b.count) - (a.count < b.count);
}

int
schema_number_cmp(struct str a, struct str b)
{
    struct decimal x = decimal_of(a);
    struct decimal y = decimal_of(b);

    if (x.negative != y.negative) {
        return x.negative ? -1 : 1;
    }
    return x.negative ? -size_cmp(x, y) : size_cmp(x, y);
}

bool
schema_number_is_whole(struct str number)
{
    struct decimal d = decimal_of(number);

    return d.count == 0 || d.power + 1 >= (int64_t)d.count;
}

size_t
schema_number_digits(struct str number)
{
    return decimal_of(number).count;
}

uint64_t
schema_number_hash(struct str number)
{
    struct decimal d = decimal_of(number);
    uint64_t hash = (uint64_t)d.power * UINT64_C(0x9e3779b97f4a7c15) + (d.negative ? 1 : 0);

    for (size_t i = 0; i < d.count; i++) {
        hash = (hash ^ next_digit(&d.first)) * UINT64_C(0x100000001b3);
    }
    return hash;
}

__extension__ typedef unsigned __int128 wide;

/*
 * With V and D the digits as whole numbers, neither ending in 0, number / divisor is V times 10^k / D.
 * For k < 0 it is no whole number, because V does not end in 0.  For k above log2(D) all twos
 * and fives of D are there already, so more zeros change nothing.
 */
bool
schema_number_is_multiple(struct str number, struct str divisor)
{
    struct decimal v = decimal_of(number);
    struct decimal d = decimal_of(divisor);
    wide modulus = 0;
    wide rest = 0;

    CHECK(d.count > 0 && d.count <= SCHEMA_DIVISOR_DIGITS_MAX);
    int64_t zeros = (v.power - (int64_t)v.count) - (d.power - (int64_t)d.count);
    if (v.count == 0) {
        return true;
    }
    if (zeros < 0) {
        return false;
    }
    for (size_t i = 0; i < d.count; i++) {
        modulus = modulus * 10 + next_digit(&d.first);
    }
    for (size_t i = 0; i < v.count; i++) {
        rest = (rest * 10 + next_digit(&v.first)) % modulus;
    }
    for (int64_t i = 0; i < zeros && i < 4 * SCHEMA_DIVISOR_DIGITS_MAX; i++) {
        rest = rest * 10 % modulus;
    }
    return rest == 0;
}

/* --- short numbers ---------------------------------------------------------------------------------- */

enum { SMALL_MAX = 18 };

static const int64_t tens[SMALL_MAX + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
    1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000,
    100000000000000000, 1000000000000000000};

/*
 * Nearly every number of a form fits into 64 bits: those without an exponent, of up to 18 characters.
 * The others are left to what is exact for any.
 */
struct schema_bound
schema_bound_of(struct str number)
{
    struct schema_bound b = {.text = number};
    size_t i = number.len > 0 && number.ptr[0] == '-' ? 1 : 0;
    bool is_negative = i == 1;
    size_t point = number.len;

    if (number.len > SMALL_MAX) {
        return b;
    }
    for (; i < number.len; i++) {
        unsigned digit = (unsigned)number.ptr[i] - '0';
        if (digit <= 9) {
            b.units = b.units * 10 + (int64_t)digit;
        } else if (number.ptr[i] == '.') {
            point = i + 1;
        } else {
            return b;
        }
    }
    b.places = (unsigned)(number.len - point);
    b.units = is_negative ? -b.units : b.units;
    b.is_small = true;
    return b;
}

/* Both in units of the finer one; false where 64 bits are too few. */
static bool
align(struct str number, const struct schema_bound *bound, int64_t *a, int64_t *b)
{
    struct schema_bound n = schema_bound_of(number);

    if (!n.is_small || !bound->is_small) {
        return false;
    }
    *a = n.units;
    *b = bound->units;
    return n.places <= bound->places
               ? !__builtin_mul_overflow(*a, tens[bound->places - n.places], a)
               : !__builtin_mul_overflow(*b, tens[n.places - bound->places], b);
}

int
schema_bound_cmp(struct str number, const struct schema_bound *bound)
{
    int64_t a, b;

    return align(number, bound, &a, &b) ? (a > b) - (a < b) : schema_number_cmp(number, bound->text);
}

bool
schema_bound_divides(const struct schema_bound *divisor, struct str number)
{
    int64_t a, b;

    return align(number, divisor, &a, &b) ? b == 1 || a % b == 0
                                          : schema_number_is_multiple(number, divisor->text);
}
