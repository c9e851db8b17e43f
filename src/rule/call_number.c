/*
 * Functions of numbers (DMN 1.5, 10.3.4.5), and number() itself (10.3.4.1).
 */
#include "rule/call_int.h"

/* What leaves the range of numbers, or was none to begin with. */
static bool
put_number(struct run *r, const char *name, bool is_there, struct decimal d, struct value *out)
{
    if (is_there) {
        *out = value_of_number(d);
    } else {
        run_note(r, NOTE_RANGE, str_of(name), STR(""));
    }
    return true;
}

/* --- rounding ------------------------------------------------------------------------------------ */

/* A broken scale counts as far as it is whole: decimal(1/3, 2.5) is 0.33. */
static bool
rounded(struct run *r, const char *name, struct value n, struct value scale, enum decimal_rounding how, struct value *out)
{
    struct decimal whole, d = n.as.number;
    int64_t digits;

    if (!decimal_round(scale.as.number, 0, DECIMAL_DOWN, &whole) || !decimal_as_int(whole, &digits) ||
        digits < DECIMAL_SCALE_LEAST || digits > DECIMAL_SCALE_MOST) {
        return call_refused(r, name, scale);
    }
    return put_number(r, name, decimal_round(d, (int)digits, how, &d), d, out);
}

/* Each can be asked for whole numbers, or to a scale. */
#define ROUNDS(function, name, how)                                                  \
    static bool function(struct run *r, const struct value *argument, struct value *out) \
    {                                                                                \
        return rounded(r, name, argument[0], value_of_int(0), how, out);             \
    }                                                                                \
    static bool function##_to(struct run *r, const struct value *argument, struct value *out) \
    {                                                                                \
        return rounded(r, name, argument[0], argument[1], how, out);                 \
    }
ROUNDS(floor_number, "floor", DECIMAL_FLOOR)
ROUNDS(ceiling, "ceiling", DECIMAL_CEILING)
ROUNDS(round_up, "round up", DECIMAL_UP)
ROUNDS(round_down, "round down", DECIMAL_DOWN)
ROUNDS(round_half_up, "round half up", DECIMAL_HALF_UP)
ROUNDS(round_half_down, "round half down", DECIMAL_HALF_DOWN)
#undef ROUNDS

static bool
decimal_to(struct run *r, const struct value *argument, struct value *out)
{
    return rounded(r, "decimal", argument[0], argument[1], DECIMAL_HALF_EVEN, out);
}

/* --- calculating --------------------------------------------------------------------------------- */

static bool
absolute(struct run *r, const struct value *argument, struct value *out)
{
    struct value v = argument[0];

    (void)r;
    if (v.kind == VALUE_NUMBER) {
        v.as.number = decimal_abs(v.as.number);
    } else if (v.kind == VALUE_MONTHS_DURATION) {
        v.as.months = v.as.months < 0 ? -v.as.months : v.as.months;
    } else if (v.as.duration.second < 0) {
        v.as.duration = duration_negate(v.as.duration);
    }
    *out = v;
    return true;
}

static bool
modulo(struct run *r, const struct value *argument, struct value *out)
{
    struct decimal a = argument[0].as.number, b = argument[1].as.number, d = a;

    if (decimal_compare(b, decimal_of(0)) == 0) {
        run_note(r, NOTE_DIVISION, STR(""), STR(""));
        return true;
    }
    return put_number(r, "modulo", decimal_modulo(a, b, &d), d, out);
}

static bool
square_root(struct run *r, const struct value *argument, struct value *out)
{
    struct decimal d;

    if (!decimal_sqrt(argument[0].as.number, &d)) {
        return call_refused(r, "sqrt", argument[0]);
    }
    *out = value_of_number(d);
    return true;
}

static bool
logarithm(struct run *r, const struct value *argument, struct value *out)
{
    struct decimal d;

    if (!decimal_log(argument[0].as.number, &d)) {
        return call_refused(r, "log", argument[0]);
    }
    *out = value_of_number(d);
    return true;
}

static bool
exponential(struct run *r, const struct value *argument, struct value *out)
{
    struct decimal d = argument[0].as.number;

    return put_number(r, "exp", decimal_exp(d, &d), d, out);
}

/* A broken number is neither odd nor even. */
static bool
leaves(struct value n, int64_t rest)
{
    struct decimal d;

    return decimal_modulo(n.as.number, decimal_of(2), &d) && decimal_compare(d, decimal_of(rest)) == 0;
}

static bool
is_odd(struct run *r, const struct value *argument, struct value *out)
{
    (void)r;
    *out = value_of_bool(leaves(argument[0], 1));
    return true;
}

static bool
is_even(struct run *r, const struct value *argument, struct value *out)
{
    (void)r;
    *out = value_of_bool(leaves(argument[0], 0));
    return true;
}

/* --- number -------------------------------------------------------------------------------------- */

#define NOT_IN_TEXT '\xFF' /* no byte of UTF-8 */

static bool
is_one_of(struct value separator, const char *those)
{
    return separator.kind == VALUE_NULL ||
           (separator.as.text.len == 1 && str_find_byte(str_of(those), separator.as.text.ptr[0]) < str_of(those).len);
}

/* Without the grouping separators, and with a point where the fraction begins. */
static struct str
plain(struct str from, char grouping, char point, char *room)
{
    size_t len = 0;

    for (size_t i = 0; i < from.len; i++) {
        if (from.ptr[i] != grouping) {
            room[len++] = from.ptr[i] == point ? '.' : from.ptr[i];
        }
    }
    return (struct str){room, len};
}

/* Whether all of it could belong to a number: most of what is none is told by that, and needs no memory. */
static bool
has_only_parts(struct str from, char grouping, char point)
{
    for (size_t i = 0; i < from.len; i++) {
        char c = from.ptr[i];
        if (c != grouping && c != point && str_find_byte(STR("0123456789-+eE"), c) == STR("0123456789-+eE").len) {
            return false;
        }
    }
    return true;
}

/* number("1.234,5", ".", ","): without a grouping separator none is let through, and the point is a point. */
static bool
number_of_text(struct run *r, const struct value *argument, struct value *out)
{
    struct value grouping = argument[1], point = argument[2];
    struct str from = argument[0].as.text;
    struct decimal d;
    char group, dot, *room;

    if (!is_one_of(grouping, " ,.")) {
        return call_refused(r, "number", grouping);
    }
    if (!is_one_of(point, ".,") || (point.kind != VALUE_NULL && grouping.kind != VALUE_NULL && value_same(point, grouping))) {
        return call_refused(r, "number", point);
    }
    group = grouping.kind == VALUE_NULL ? NOT_IN_TEXT : grouping.as.text.ptr[0];
    dot = point.kind == VALUE_NULL ? '.' : point.as.text.ptr[0];
    if (!run_step(r, from.len / 64)) {
        return false;
    }
    if (!has_only_parts(from, group, dot)) {
        return call_refused(r, "number", argument[0]);
    }
    room = arena_alloc(run_arena(r), from.len + 1, 1);
    if (room == NULL) {
        return run_full(r);
    }
    if (!decimal_parse(plain(from, group, dot, room), &d)) {
        return call_refused(r, "number", argument[0]);
    }
    *out = value_of_number(d);
    return true;
}

/* --- rows ---------------------------------------------------------------------------------------- */

#define A_NUMBER(name) {{name, TAKES(NUMBER)}}
#define TO_SCALE {{"n", TAKES(NUMBER)}, {"scale", TAKES(NUMBER)}}
#define SEPARATOR (TAKES(STRING) | TAKES_OPTIONAL)

const struct call_row call_number_rows[] = {
    {BUILTIN_NUMBER, number_of_text, false,
     {{"from", TAKES(STRING)}, {"grouping separator", SEPARATOR}, {"decimal separator", SEPARATOR}}},
    {BUILTIN_DECIMAL, decimal_to, false, TO_SCALE},
    {BUILTIN_FLOOR, floor_number, false, A_NUMBER("n")},
    {BUILTIN_FLOOR, floor_number_to, false, TO_SCALE},
    {BUILTIN_CEILING, ceiling, false, A_NUMBER("n")},
    {BUILTIN_CEILING, ceiling_to, false, TO_SCALE},
    {BUILTIN_ROUND_UP, round_up, false, A_NUMBER("n")},
    {BUILTIN_ROUND_UP, round_up_to, false, TO_SCALE},
    {BUILTIN_ROUND_DOWN, round_down, false, A_NUMBER("n")},
    {BUILTIN_ROUND_DOWN, round_down_to, false, TO_SCALE},
    {BUILTIN_ROUND_HALF_UP, round_half_up, false, A_NUMBER("n")},
    {BUILTIN_ROUND_HALF_UP, round_half_up_to, false, TO_SCALE},
    {BUILTIN_ROUND_HALF_DOWN, round_half_down, false, A_NUMBER("n")},
    {BUILTIN_ROUND_HALF_DOWN, round_half_down_to, false, TO_SCALE},
    {BUILTIN_ABS, absolute, false, {{"n", TAKES(NUMBER) | TAKES(DAYS_DURATION) | TAKES(MONTHS_DURATION)}}},
    {BUILTIN_MODULO, modulo, false, {{"dividend", TAKES(NUMBER)}, {"divisor", TAKES(NUMBER)}}},
    {BUILTIN_SQRT, square_root, false, A_NUMBER("number")},
    {BUILTIN_LOG, logarithm, false, A_NUMBER("number")},
    {BUILTIN_EXP, exponential, false, A_NUMBER("number")},
    {BUILTIN_ODD, is_odd, false, A_NUMBER("number")},
    {BUILTIN_EVEN, is_even, false, A_NUMBER("number")},
    {.call = NULL},
};
