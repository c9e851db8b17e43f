/*
 * Limits of numbers as patterns: a number is kept as a text of digits, so that nothing is rounded, and JSON Schema compares only numbers.
 * The pattern of a limit says what form_number_compare would: how many digits stand before the point, then digit by digit.
 */
#include "service/form_int.h"

enum { PATTERN_MAX = 4096 };

/* The limit without zeros that end its fraction; how many of its digits are whole. */
struct digits {
    char digit[32];
    size_t count, whole;
};

static struct digits
digits_of(struct str bound)
{
    struct digits d = {.count = 0, .whole = str_find_byte(bound, '.')};

    CHECK(form_number_is_plain(bound) && bound.len < sizeof(d.digit));
    for (size_t i = 0; i < bound.len; i++) {
        if (bound.ptr[i] != '.') {
            d.digit[d.count++] = bound.ptr[i];
        }
    }
    d.whole = d.whole < bound.len ? d.whole : bound.len;
    while (d.count > d.whole && d.digit[d.count - 1] == '0') {
        d.count--;
    }
    return d;
}

/* The first count digits of the limit, with the point where it stands between two of them. */
static void
put_digits(struct buf *b, const struct digits *d, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i == d->whole) {
            buf_put(b, STR("\\."));
        }
        buf_put_char(b, d->digit[i]);
    }
}

/* Any digits that may follow behind the first `at`: the rest of the whole ones, and a fraction. */
static void
put_rest(struct buf *b, const struct digits *d, size_t at)
{
    if (at >= d->whole) {
        buf_put(b, at == d->whole ? STR("(\\.[0-9]+)?") : STR("[0-9]*"));
        return;
    }
    buf_put(b, STR("[0-9]{"));
    buf_put_int(b, (int64_t)(d->whole - at));
    buf_put(b, STR("}(\\.[0-9]+)?"));
}

/* Alternatives in which the digit at `at` is the first that differs, and lies between two others. */
static void
put_differing(struct buf *b, const struct digits *d, size_t at, char least, char most)
{
    if (least > most) {
        return;
    }
    put_digits(b, d, at);
    if (at == d->whole) {
        buf_put(b, STR("\\."));
    }
    buf_put_char(b, '[');
    buf_put_char(b, least);
    buf_put_char(b, '-');
    buf_put_char(b, most);
    buf_put_char(b, ']');
    put_rest(b, d, at + 1);
    buf_put_char(b, '|');
}

static void
put_more(struct buf *b, const struct digits *d)
{
    for (size_t i = 0; i < d->count; i++) {
        put_differing(b, d, i, (char)(d->digit[i] + 1), '9');
    }
    buf_put(b, STR("[1-9][0-9]{"));
    buf_put_int(b, (int64_t)d->whole);
    buf_put(b, STR(",}(\\.[0-9]+)?|"));
}

static void
put_less(struct buf *b, const struct digits *d)
{
    for (size_t i = 0; i < d->count; i++) {
        put_differing(b, d, i, i == 0 && d->whole > 1 ? '1' : '0', (char)(d->digit[i] - 1));
    }
    if (d->whole > 1) { /* fewer whole digits */
        buf_put(b, STR("(0|[1-9][0-9]{0,"));
        buf_put_int(b, (int64_t)d->whole - 2);
        buf_put(b, STR("})(\\.[0-9]+)?|"));
    }
    for (size_t i = d->whole; i < d->count; i++) { /* its own first digits, and none behind them */
        put_digits(b, d, i);
        buf_put_char(b, '|');
    }
}

/* The limit's own digits, and behind them zeros, or where more is right anything. */
static void
put_same(struct buf *b, const struct digits *d, bool may_be_more)
{
    put_digits(b, d, d->count);
    if (may_be_more) {
        put_rest(b, d, d->count);
    } else {
        buf_put(b, d->count == d->whole ? STR("(\\.0+)?") : STR("0*"));
    }
    buf_put_char(b, '|');
}

struct str
form_number_pattern(struct arena *a, enum form_limit limit, struct str bound)
{
    struct digits d = digits_of(bound);
    struct str text;
    struct err ignored;
    struct buf b;

    buf_init(&b, a, PATTERN_MAX);
    buf_put(&b, STR("^("));
    if (limit == FORM_AT_LEAST) {
        put_more(&b, &d);
    } else {
        put_less(&b, &d);
    }
    if (limit != FORM_LESS_THAN) {
        put_same(&b, &d, limit == FORM_AT_LEAST);
    }
    buf_put(&b, STR("[^\\s\\S])$")); /* takes nothing: the end of the list, and all of it below zero */
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : (struct str){NULL, 0};
}
