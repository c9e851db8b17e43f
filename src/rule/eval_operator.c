/*
 * Comparing and calculating (10.3.2.13, 10.3.2.6): numbers first, since they are most of what law compares; what the two kinds
 * cannot do together is null.
 */
#include "rule/eval_int.h"

#include <string.h>

static const char *
sign_of(unsigned kind)
{
    static const char *const signs[] = {[OP_EQUAL] = "=", [OP_UNEQUAL] = "!=", [OP_LESS] = "<", [OP_LESS_EQUAL] = "<=",
                                        [OP_GREATER] = ">", [OP_GREATER_EQUAL] = ">=", [OP_BETWEEN] = "between",
                                        [OP_IN] = "in", [OP_ADD] = "+", [OP_SUBTRACT] = "-", [OP_MULTIPLY] = "*",
                                        [OP_DIVIDE] = "/", [OP_POWER] = "**", [OP_NEGATE] = "-"};
    return signs[kind];
}

/* --- equality ---------------------------------------------------------------------------------- */

bool
call_equal(struct run *r, const struct value *a, const struct value *b, enum tri *out)
{
    if (a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER) {
        *out = decimal_compare(a->as.number, b->as.number) == 0 ? TRI_TRUE : TRI_FALSE;
        return run_count(r, 1);
    }
    if (a->kind == VALUE_STRING && b->kind == VALUE_STRING) {
        size_t len = a->as.text.len;
        bool is_equal = len == b->as.text.len && (len == 0 || memcmp(a->as.text.ptr, b->as.text.ptr, len) == 0);
        *out = is_equal ? TRI_TRUE : TRI_FALSE;
        return run_count(r, 1 + len / 64);
    }
    uint64_t work = 1;
    *out = value_equal_counted(*a, *b, &work);
    return run_count(r, work);
}

/* --- comparison -------------------------------------------------------------------------------- */

static inline bool
holds(unsigned kind, int order)
{
    switch (kind) {
    case OP_LESS: return order < 0;
    case OP_LESS_EQUAL: return order <= 0;
    case OP_GREATER: return order > 0;
    default: return order >= 0;
    }
}

static inline bool
order_of(const struct value *a, const struct value *b, int *order)
{
    if (a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER) {
        *order = decimal_compare(a->as.number, b->as.number);
        return true;
    }
    return value_compare(*a, *b, order);
}

__attribute__((noinline)) static const struct value *
not_comparable(struct run *r, const struct program *p, const struct op *o, const struct value *a, const struct value *b,
               struct value *room)
{
    eval_note_kinds(r, p, o, sign_of(o->kind), a, b);
    return give_null(room);
}

const struct value *
eval_compare(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct value other;
    const struct value *a = eval_child(r, p, f, o->a, room);
    const struct value *b = a == NULL ? NULL : eval_child(r, p, f, o->b, &other);
    int order;

    if (b == NULL) {
        return NULL;
    }
    if (o->kind <= OP_UNEQUAL) {
        enum tri t;
        if (!call_equal(r, a, b, &t)) {
            return NULL;
        }
        if (t == TRI_NULL) {
            return not_comparable(r, p, o, a, b, room);
        }
        return give_bool(room, (t == TRI_TRUE) == (o->kind == OP_EQUAL));
    }
    if (!order_of(a, b, &order)) {
        return not_comparable(r, p, o, a, b, room);
    }
    return give_bool(room, holds(o->kind, order));
}

/* low <= value and value <= high, with the and of three values. */
const struct value *
eval_between(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct value ends[2];
    const struct value *v = eval_child(r, p, f, o->a, room);
    const struct value *low = v == NULL ? NULL : eval_child(r, p, f, o->b, &ends[0]);
    const struct value *high = low == NULL ? NULL : eval_child(r, p, f, o->c, &ends[1]);
    int order;

    if (high == NULL) {
        return NULL;
    }
    enum tri over = !order_of(low, v, &order) ? TRI_NULL : order <= 0 ? TRI_TRUE : TRI_FALSE;
    enum tri under = !order_of(v, high, &order) ? TRI_NULL : order <= 0 ? TRI_TRUE : TRI_FALSE;
    if (over != TRI_FALSE && under != TRI_FALSE && (over == TRI_NULL || under == TRI_NULL)) {
        return not_comparable(r, p, o, v, over == TRI_NULL ? low : high, room);
    }
    return give_bool(room, over == TRI_TRUE && under == TRI_TRUE);
}

/* --- arithmetic -------------------------------------------------------------------------------- */

enum done { DONE, CANNOT, TOO_LARGE, BY_ZERO, NO_ROOM };

/* What an operator makes of two kinds; CANNOT if it makes nothing of them. */
typedef enum done operate(struct run *r, unsigned kind, const struct value *a, const struct value *b,
                          struct value *out);

static enum done
numbers(struct run *r, unsigned kind, const struct value *a, const struct value *b, struct value *out)
{
    static const struct decimal zero = {{0, 0}};
    struct decimal x = a->as.number, y = b->as.number, n;
    bool is_good = false;

    (void)r;
    switch (kind) {
    case OP_ADD: is_good = decimal_add(x, y, &n); break;
    case OP_SUBTRACT: is_good = decimal_subtract(x, y, &n); break;
    case OP_MULTIPLY: is_good = decimal_multiply(x, y, &n); break;
    case OP_DIVIDE:
        if (decimal_compare(y, zero) == 0) {
            return BY_ZERO;
        }
        is_good = decimal_divide(x, y, &n);
        break;
    default: is_good = decimal_power(x, y, &n); break;
    }
    if (!is_good) {
        return TOO_LARGE;
    }
    (void)give_number(out, n);
    return DONE;
}

static enum done
strings(struct run *r, unsigned kind, const struct value *a, const struct value *b, struct value *out)
{
    struct str x = a->as.text, y = b->as.text;

    if (kind != OP_ADD) {
        return CANNOT;
    }
    if (x.len == 0 || y.len == 0) {
        *out = x.len == 0 ? *b : *a;
        return DONE;
    }
    char *text = run_count(r, (x.len + y.len) / 64) ? arena_alloc(r->arena, x.len + y.len, 1) : NULL;
    if (text == NULL) {
        return NO_ROOM;
    }
    memcpy(text, x.ptr, x.len);
    memcpy(text + x.len, y.ptr, y.len);
    *out = value_of_str((struct str){text, x.len + y.len});
    return DONE;
}

static enum done
give_temporal(struct run *r, enum value_kind kind, const struct temporal *t, struct value *out)
{
    struct temporal *kept = arena_alloc(r->arena, 1, sizeof(*kept));

    if (kept == NULL) {
        return NO_ROOM;
    }
    *kept = *t;
    *out = (struct value){.kind = kind, .as.temporal = kept};
    return DONE;
}

/* A date, time, or date and time, and how long from there. */
static enum done
moved(struct run *r, unsigned kind, const struct value *a, const struct value *b, struct value *out)
{
    struct temporal t;
    bool is_back = kind == OP_SUBTRACT, is_good;

    if (kind != OP_ADD && kind != OP_SUBTRACT) {
        return CANNOT;
    }
    if (b->kind == VALUE_MONTHS_DURATION) {
        if (a->kind == VALUE_TIME) {
            return CANNOT;
        }
        is_good = temporal_add_months(a->as.temporal, is_back ? -b->as.months : b->as.months, &t);
    } else {
        is_good = temporal_add(a->as.temporal, is_back ? duration_negate(b->as.duration) : b->as.duration, &t);
    }
    return is_good ? give_temporal(r, a->kind, &t, out) : TOO_LARGE;
}

static enum done
moments(struct run *r, unsigned kind, const struct value *a, const struct value *b, struct value *out)
{
    struct duration d;

    (void)r;
    if (kind != OP_SUBTRACT || !temporal_subtract(a->as.temporal, b->as.temporal, &d)) {
        return CANNOT;
    }
    *out = (struct value){.kind = VALUE_DAYS_DURATION, .as.duration = d};
    return DONE;
}

static enum done
give_duration(bool is_good, struct duration d, struct value *out)
{
    if (!is_good) {
        return TOO_LARGE;
    }
    *out = (struct value){.kind = VALUE_DAYS_DURATION, .as.duration = d};
    return DONE;
}

static enum done
give_months(bool is_good, int64_t months, struct value *out)
{
    if (!is_good) {
        return TOO_LARGE;
    }
    *out = (struct value){.kind = VALUE_MONTHS_DURATION, .as.months = months};
    return DONE;
}

static enum done
give_ratio(bool is_good, struct decimal n, struct value *out)
{
    if (!is_good) {
        return TOO_LARGE;
    }
    (void)give_number(out, n);
    return DONE;
}

static enum done
durations(struct run *r, unsigned kind, const struct value *a, const struct value *b, struct value *out)
{
    struct duration x = a->as.duration, y = b->as.duration, d = {0, 0};
    struct decimal n = {{0, 0}};
    bool is_good;

    (void)r;
    switch (kind) {
    case OP_ADD: is_good = duration_add(x, y, &d); break;
    case OP_SUBTRACT: is_good = duration_add(x, duration_negate(y), &d); break;
    case OP_DIVIDE:
        if (y.second == 0 && y.nanosecond == 0) {
            return BY_ZERO;
        }
        is_good = duration_ratio(x, y, &n);
        return give_ratio(is_good, n, out);
    default: return CANNOT;
    }
    return give_duration(is_good, d, out);
}

static enum done
months(struct run *r, unsigned kind, const struct value *a, const struct value *b, struct value *out)
{
    struct decimal n = {{0, 0}};
    int64_t sum = 0;
    bool is_good;

    (void)r;
    switch (kind) {
    case OP_ADD: is_good = months_add(a->as.months, b->as.months, &sum); break;
    case OP_SUBTRACT: is_good = months_add(a->as.months, -b->as.months, &sum); break;
    case OP_DIVIDE:
        if (b->as.months == 0) {
            return BY_ZERO;
        }
        is_good = decimal_divide(decimal_of(a->as.months), decimal_of(b->as.months), &n);
        return give_ratio(is_good, n, out);
    default: return CANNOT;
    }
    return give_months(is_good, sum, out);
}

/* A duration and a number. */
static enum done
scaled(struct run *r, unsigned kind, const struct value *a, const struct value *b, struct value *out)
{
    bool is_days = a->kind == VALUE_DAYS_DURATION, is_good;
    struct decimal n = b->as.number;
    struct duration d = {0, 0};
    int64_t count = 0;

    (void)r;
    if (kind == OP_MULTIPLY) {
        is_good = is_days ? duration_multiply(a->as.duration, n, &d) : months_multiply(a->as.months, n, &count);
    } else if (kind == OP_DIVIDE) {
        if (decimal_compare(n, (struct decimal){{0, 0}}) == 0) {
            return BY_ZERO;
        }
        is_good = is_days ? duration_divide(a->as.duration, n, &d) : months_divide(a->as.months, n, &count);
    } else {
        return CANNOT;
    }
    return is_days ? give_duration(is_good, d, out) : give_months(is_good, count, out);
}

static bool
is_duration(const struct value *v)
{
    return v->kind == VALUE_DAYS_DURATION || v->kind == VALUE_MONTHS_DURATION;
}

static bool
is_temporal(const struct value *v)
{
    return v->kind == VALUE_DATE || v->kind == VALUE_TIME || v->kind == VALUE_DATE_TIME;
}

static enum done
others(struct run *r, unsigned kind, const struct value *a, const struct value *b, struct value *out)
{
    if (a->kind == VALUE_STRING && b->kind == VALUE_STRING) {
        return strings(r, kind, a, b, out);
    }
    if (is_temporal(a)) {
        return is_duration(b) ? moved(r, kind, a, b, out) : is_temporal(b) ? moments(r, kind, a, b, out) : CANNOT;
    }
    if (!is_duration(a)) {
        bool may_turn = kind == OP_MULTIPLY && a->kind == VALUE_NUMBER && is_duration(b);
        return may_turn ? scaled(r, kind, b, a, out) : CANNOT;
    }
    if (b->kind == VALUE_NUMBER) {
        return scaled(r, kind, a, b, out);
    }
    if (is_temporal(b)) {
        return kind == OP_ADD ? moved(r, kind, b, a, out) : CANNOT;
    }
    if (a->kind != b->kind) {
        return CANNOT;
    }
    return a->kind == VALUE_DAYS_DURATION ? durations(r, kind, a, b, out) : months(r, kind, a, b, out);
}

const struct value *
eval_arithmetic(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct value other;
    const struct value *a = eval_child(r, p, f, o->a, room);
    const struct value *b = a == NULL ? NULL : eval_child(r, p, f, o->b, &other);

    if (b == NULL) {
        return NULL;
    }
    bool are_numbers = a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER;
    switch (are_numbers ? numbers(r, o->kind, a, b, room) : others(r, o->kind, a, b, room)) {
    case DONE: return room;
    case NO_ROOM: (void)run_full(r); return NULL;
    case CANNOT: eval_note_kinds(r, p, o, sign_of(o->kind), a, b); break;
    case TOO_LARGE: eval_note(r, p, o, NOTE_RANGE, str_of(sign_of(o->kind)), STR("")); break;
    case BY_ZERO: eval_note(r, p, o, NOTE_DIVISION, STR(""), STR("")); break;
    }
    return give_null(room);
}

const struct value *
eval_negate(EVAL_WHERE, const struct op *o, struct value *room)
{
    const struct value *v = eval_child(r, p, f, o->a, room);

    if (v == NULL) {
        return NULL;
    }
    struct value out = *v;
    switch (v->kind) {
    case VALUE_NUMBER: out.as.number = decimal_negate(v->as.number); break;
    case VALUE_DAYS_DURATION: out.as.duration = duration_negate(v->as.duration); break;
    case VALUE_MONTHS_DURATION: out.as.months = -v->as.months; break;
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_STRING:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    case VALUE_KINDS:
        eval_note_kinds(r, p, o, "-", v, NULL);
        out = value_null();
        break;
    }
    *room = out;
    return room;
}

/* --- ranges ------------------------------------------------------------------------------------ */

static const struct value *
give_range(struct run *r, const struct range *range, struct value *room)
{
    struct range *kept = arena_alloc(r->arena, 1, sizeof(*kept));

    if (kept == NULL) {
        (void)run_full(r);
        return NULL;
    }
    *kept = *range;
    *room = (struct value){.kind = VALUE_RANGE, .as.range = kept};
    return room;
}

/* An end that is closed cannot be null, and both ends have to be comparable unless one is. */
const struct value *
eval_range(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct value other;
    const struct value *low = eval_child(r, p, f, o->a, room);
    const struct value *high = low == NULL ? NULL : eval_child(r, p, f, o->b, &other);
    int order;

    if (high == NULL) {
        return NULL;
    }
    struct range range = {.low_end = (o->flags & OP_OPEN_LOW) != 0 ? RANGE_OPEN : RANGE_CLOSED,
                          .high_end = (o->flags & OP_OPEN_HIGH) != 0 ? RANGE_OPEN : RANGE_CLOSED,
                          .low = *low, .high = *high};
    bool has_null = low->kind == VALUE_NULL || high->kind == VALUE_NULL;
    bool is_wrong = has_null ? (low->kind == VALUE_NULL && (range.low_end == RANGE_CLOSED || high->kind == VALUE_NULL)) ||
                                   (high->kind == VALUE_NULL && range.high_end == RANGE_CLOSED)
                             : !value_compare(*low, *high, &order);
    if (is_wrong) {
        eval_note_kinds(r, p, o, "..", low, high);
        return give_null(room);
    }
    return give_range(r, &range, room);
}

/* < 5 and its like as a value. */
const struct value *
eval_test_value(EVAL_WHERE, const struct op *o, struct value *room)
{
    const struct value *v = eval_child(r, p, f, o->a, room);
    struct range range = {.form = RANGE_BETWEEN, .low_end = RANGE_UNBOUNDED, .high_end = RANGE_UNBOUNDED};

    if (v == NULL) {
        return NULL;
    }
    switch (o->depth) {
    case NODE_TEST_LESS:
    case NODE_TEST_LESS_EQUAL:
        range.high = *v;
        range.high_end = o->depth == NODE_TEST_LESS ? RANGE_OPEN : RANGE_CLOSED;
        break;
    case NODE_TEST_GREATER:
    case NODE_TEST_GREATER_EQUAL:
        range.low = *v;
        range.low_end = o->depth == NODE_TEST_GREATER ? RANGE_OPEN : RANGE_CLOSED;
        break;
    default:
        range = (struct range){.form = o->depth == NODE_TEST_EQUAL ? RANGE_ONE : RANGE_ALL_BUT, .low = *v, .high = *v};
        break;
    }
    return give_range(r, &range, room);
}
