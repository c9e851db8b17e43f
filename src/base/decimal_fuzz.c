/* Whatever is read as a number is written again and read back as the same; and no work leads out of the numbers. */
#include "base/decimal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Shown at its text, so that a result that is infinite or no number at all is found. */
static void
written_and_read_again(struct arena *arena, struct decimal d)
{
    struct decimal again;
    struct str text = decimal_text(arena, d);

    CHECK(text.len > 0 && text.len <= DECIMAL_TEXT_MAX);
    CHECK(decimal_parse(text, &again));
    CHECK(decimal_compare(d, again) == 0 && decimal_compare(again, d) == 0);
    CHECK(!str_eq(text, STR("-0")));
    arena_reset(arena);
}

static void
calculate(struct arena *arena, struct decimal a, struct decimal b)
{
    bool (*const of_two[])(struct decimal, struct decimal, struct decimal *) = {
        decimal_add, decimal_subtract, decimal_multiply, decimal_divide, decimal_modulo, decimal_power,
    };
    bool (*const of_one[])(struct decimal, struct decimal *) = {decimal_sqrt, decimal_exp, decimal_log};
    struct decimal out;

    for (size_t i = 0; i < sizeof(of_two) / sizeof(of_two[0]); i++) {
        if (of_two[i](a, b, &out)) {
            written_and_read_again(arena, out);
        }
    }
    for (size_t i = 0; i < sizeof(of_one) / sizeof(of_one[0]); i++) {
        if (of_one[i](a, &out)) {
            written_and_read_again(arena, out);
        }
    }
}

/* Floor and ceiling enclose the number, and every way of rounding gives one of the two. */
static void
round_every_way(struct decimal d, int scale)
{
    struct decimal low, high, out;

    if (!decimal_round(d, scale, DECIMAL_FLOOR, &low) || !decimal_round(d, scale, DECIMAL_CEILING, &high)) {
        return;
    }
    CHECK(decimal_compare(low, d) <= 0 && decimal_compare(d, high) <= 0);
    for (int how = DECIMAL_HALF_EVEN; how <= DECIMAL_CEILING; how++) {
        CHECK(decimal_round(d, scale, (enum decimal_rounding)how, &out));
        CHECK(decimal_compare(out, low) == 0 || decimal_compare(out, high) == 0);
    }
}

/* Two numbers with a blank between them; the second is also a scale. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(16 * 1024);
    struct str rest = {(const char *)data, size}, first = {NULL, 0};
    struct decimal a, b;
    int64_t scale;

    if (str_next(&rest, ' ', &first) && decimal_parse(first, &a)) {
        written_and_read_again(arena, a);
        written_and_read_again(arena, decimal_negate(a));
        if (decimal_parse(rest, &b)) {
            calculate(arena, a, b);
            if (decimal_as_int(b, &scale) && scale >= -10000 && scale <= 10000) {
                round_every_way(a, (int)scale);
            }
        }
    }
    arena_free(arena);
    return 0;
}
