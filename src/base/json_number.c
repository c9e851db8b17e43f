/*
 * Numbers as decimals, compared and converted without ever going through a double; and the
 * shortest text of a double, for the canonical form.
 *
 * The shortest text is found by printing with more and more digits until reading gives the
 * same double back.  All decimals of 15 digits survive that in a normal double, so one to three
 * attempts are enough there; only subnormals start at one digit.  Both directions are the C
 * library's, which rounds correctly; the decimal point is never given to nor read from it, so
 * the locale does not matter.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_int.h"

/* Past this an exponent is not added up; no number of that size means anything to us. */
#define POWER_MOST (INT64_C(1) << 56)

enum { PLAIN_POWER = 300 }; /* within this every double has its full precision */

static size_t
digits_at(struct str s, size_t from)
{
    size_t at = from;

    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9') {
        at++;
    }
    return at - from;
}

size_t
json_number_len(struct str text)
{
    size_t at = text.len > 0 && text.ptr[0] == '-' ? 1 : 0;
    size_t digits = digits_at(text, at);

    if (digits == 0 || (digits > 1 && text.ptr[at] == '0')) {
        return 0;
    }
    at += digits;
    if (at < text.len && text.ptr[at] == '.') {
        digits = digits_at(text, at + 1);
        if (digits == 0) {
            return 0;
        }
        at += 1 + digits;
    }
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-')) {
            at++;
        }
        digits = digits_at(text, at);
        at += digits;
    }
    return digits == 0 ? 0 : at;
}

/* The written exponent, held within POWER_MOST. */
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
    return negative ? -value : value;
}

struct json_decimal
json_decimal_of(struct str number)
{
    struct json_decimal d = {.negative = str_starts(number, STR("-"))};
    struct str digits = str_from(number, d.negative ? 1 : 0);
    size_t e = str_find_byte(digits, 'e');

    e = e < digits.len ? e : str_find_byte(digits, 'E');
    int64_t exponent = exponent_of(str_from(digits, e + 1));
    digits = str_sub(digits, 0, e);

    size_t point = str_find_byte(digits, '.');
    size_t seen = 0; /* significant digits so far, zeros at the end included */
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
    d.beyond = d.count > 0 && (exponent >= POWER_MOST || exponent <= -POWER_MOST);
    d.power = d.count > 0 && !d.beyond ? d.power + exponent : 0;
    return d;
}

/* The digit at *at, moving past it and past a point behind it. */
static char
next_digit(const char **at)
{
    if (**at == '.') {
        (*at)++;
    }
    return *(*at)++;
}

bool
json_decimal_equal(struct json_decimal a, struct json_decimal b)
{
    const char *at_a = a.first;
    const char *at_b = b.first;

    if (a.count == 0 && b.count == 0) {
        return true; /* -0 is 0 */
    }
    if (a.negative != b.negative || a.count != b.count || a.power != b.power || a.beyond ||
        b.beyond) {
        return false;
    }
    for (size_t i = 0; i < a.count; i++) {
        if (next_digit(&at_a) != next_digit(&at_b)) {
            return false;
        }
    }
    return true;
}

bool
json_as_int(const struct json *j, int64_t *out)
{
    if (!json_is(j, JSON_NUMBER)) {
        return false;
    }
    if (str_to_int(j->text, out)) {
        return true;
    }

    struct json_decimal d = json_decimal_of(j->text);
    int64_t value = 0;
    if (d.beyond || d.power > 18 || (d.count > 0 && d.power + 1 < (int64_t)d.count)) {
        return false; /* too large, or not whole */
    }
    for (int64_t i = 0; i <= d.power && d.count > 0; i++) {
        int digit = i < (int64_t)d.count ? next_digit(&d.first) - '0' : 0;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return false;
        }
    }
    if (!d.negative && value == INT64_MIN) {
        return false;
    }
    *out = d.negative ? value : -value;
    return true;
}

/* d.ddd times 10^power, digits without zeros at the end. */
struct shortest {
    char digits[JSON_DOUBLE_DIGITS + 1];
    int count;
    int power;
};

static double
read_double(const char *digits, int count, int64_t power)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%.*se%lld", count, digits,
                   (long long)(power - count + 1));
    return strtod(text, NULL);
}

/* value > 0 rounded to count digits. */
static void
print_digits(double value, int count, struct shortest *out)
{
    char text[64];
    const char *at = text;

    (void)snprintf(text, sizeof(text), "%.*e", count - 1, value);
    for (int i = 0; i < count; at++) {
        if (*at >= '0' && *at <= '9') { /* whatever the locale's point is */
            out->digits[i++] = *at;
        }
    }
    CHECK(*at == 'e');
    out->count = count;
    out->power = (int)strtol(at + 1, NULL, 10);
}

/* value > 0 and finite. */
static struct shortest
shortest_of(double value)
{
    struct shortest s = {.count = 0};
    int exponent;
    bool is_power_of_two = frexp(value, &exponent) == 0.5;

    for (int count = value < DBL_MIN ? 1 : DBL_DIG; count <= JSON_DOUBLE_DIGITS; count++) {
        print_digits(value, count, &s);
        if (read_double(s.digits, s.count, s.power) == value) {
            break;
        }
        /*
         * Below a power of two doubles lie closer than above it, so the nearest decimal may miss
         * while the next one up hits.  It never ends in 9 where that happens: all were tried.
         */
        if (is_power_of_two && s.digits[count - 1] != '9') {
            s.digits[count - 1]++;
            if (read_double(s.digits, s.count, s.power) == value) {
                break;
            }
        }
    }
    while (s.count > 1 && s.digits[s.count - 1] == '0') {
        s.count--;
    }
    return s;
}

static size_t
put(char *out, size_t at, const char *bytes, int count)
{
    memcpy(out + at, bytes, (size_t)count);
    return at + (size_t)count;
}

static size_t
put_zeros(char *out, size_t at, int count)
{
    memset(out + at, '0', (size_t)count);
    return at + (size_t)count;
}

/* ECMA-262 Number::toString: k digits with the point behind the nth. */
static size_t
shortest_text(char out[JSON_DOUBLE_TEXT], bool negative, const struct shortest *s)
{
    int k = s->count;
    int n = s->power + 1;
    size_t at = 0;

    if (negative) {
        out[at++] = '-';
    }
    if (k <= n && n <= 21) {
        at = put(out, at, s->digits, k);
        return put_zeros(out, at, n - k);
    }
    if (n > 0 && n <= 21) {
        at = put(out, at, s->digits, n);
        out[at++] = '.';
        return put(out, at, s->digits + n, k - n);
    }
    if (n > -6 && n <= 0) {
        at = put(out, at, "0.", 2);
        at = put_zeros(out, at, -n);
        return put(out, at, s->digits, k);
    }
    at = put(out, at, s->digits, 1);
    if (k > 1) {
        out[at++] = '.';
        at = put(out, at, s->digits + 1, k - 1);
    }
    return at + (size_t)snprintf(out + at, JSON_DOUBLE_TEXT - at, "e%+d", n - 1);
}

size_t
json_double_text(char out[JSON_DOUBLE_TEXT], double value)
{
    CHECK(isfinite(value));
    if (value == 0) {
        return put(out, 0, "0", 1); /* -0 too */
    }
    struct shortest s = shortest_of(fabs(value));
    return shortest_text(out, value < 0, &s);
}

/*
 * Whole numbers up to 2^53 are their own canonical text: each is a double, and no shorter text is the same one.
 * Moments in microseconds are among them, so every act has one.
 */
static bool
is_exact_whole(struct str number)
{
    static const struct str most = STR_INIT("9007199254740992");
    struct str digits = str_from(number, str_starts(number, STR("-")) ? 1 : 0);

    return digits.len > 0 && digits_at(digits, 0) == digits.len &&
           (digits.len < most.len || (digits.len == most.len && str_cmp(digits, most) <= 0)) &&
           !(digits.len < number.len && digits.ptr[0] == '0');
}

enum rc
json_canonical_number(struct buf *out, struct str number, struct err *err)
{
    char text[JSON_DOUBLE_TEXT];
    char digits[JSON_DOUBLE_DIGITS];

    if (is_exact_whole(number)) {
        buf_put(out, number);
        return RC_OK;
    }
    struct json_decimal d = json_decimal_of(number);
    if (d.count == 0) {
        buf_put_char(out, '0');
        return RC_OK;
    }
    if (d.beyond || d.count > JSON_DOUBLE_DIGITS) {
        return err_set(err, RC_INVALID, "JSON: a number of %zu bytes is more exact than a double",
                       number.len);
    }
    const char *from = d.first;
    for (size_t i = 0; i < d.count; i++) {
        digits[i] = next_digit(&from);
    }
    if (d.count <= DBL_DIG && d.power >= -PLAIN_POWER && d.power <= PLAIN_POWER) {
        /* No two such decimals are the same double, so this one is already its shortest text. */
        struct shortest same = {.count = (int)d.count, .power = (int)d.power};
        memcpy(same.digits, digits, d.count);
        buf_put(out, (struct str){text, shortest_text(text, d.negative, &same)});
        return RC_OK;
    }
    double value = read_double(digits, (int)d.count, d.power);
    if (!isfinite(value) || value == 0) {
        return err_set(err, RC_INVALID, "JSON: a number of %zu bytes is outside of a double",
                       number.len);
    }

    struct shortest s = shortest_of(value);
    bool is_whole = d.power + 1 >= (int64_t)d.count;
    if (is_whole && ((size_t)s.count != d.count || s.power != d.power ||
                     memcmp(s.digits, digits, d.count) != 0)) {
        return err_set(err, RC_INVALID, "JSON: the whole number %.*s changes as a double",
                       number.len > 40 ? 40 : (int)number.len, number.ptr);
    }
    buf_put(out, (struct str){text, shortest_text(text, d.negative, &s)});
    return RC_OK;
}
