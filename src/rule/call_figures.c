/*
 * Figures of lists (DMN 1.5, 10.3.4.4): of a list, or of all arguments.  Of no items, and of items that they are not made for, they are
 * null; only mode() of an empty list is an empty list.
 */
#include <string.h>

#include "rule/call_int.h"

static const struct list *
list_in(const struct value *argument)
{
    return argument[0].as.list;
}

static bool
too_large(struct run *r, const char *name)
{
    run_note(r, NOTE_RANGE, str_of(name), STR(""));
    return true;
}

/* --- min, max ------------------------------------------------------------------------------------ */

/* sign 1: the greatest.  Of equals the first. */
static bool
extreme(struct run *r, const char *name, const struct list *l, int sign, struct value *out)
{
    struct value best = l->count > 0 ? l->item[0] : value_null();
    int order;

    if (!run_step(r, l->count)) {
        return false;
    }
    if (!value_compare(best, best, &order)) { /* none, or one of a kind that has no order */
        return call_refused(r, name, best);
    }
    for (size_t i = 1; i < l->count; i++) {
        if (!value_compare(l->item[i], best, &order)) {
            return call_refused(r, name, l->item[i]);
        }
        best = (order > 0) - (order < 0) == sign ? l->item[i] : best;
    }
    *out = best;
    return true;
}

static bool
min(struct run *r, const struct value *argument, struct value *out)
{
    return extreme(r, "min", list_in(argument), -1, out);
}

static bool
max(struct run *r, const struct value *argument, struct value *out)
{
    return extreme(r, "max", list_in(argument), 1, out);
}

/* --- of numbers ---------------------------------------------------------------------------------- */

/* *is_refused, with a note: there are fewer items than that, or one is no number. */
static bool
numbers(struct run *r, const char *name, const struct list *l, size_t least, bool *is_refused)
{
    struct value whole = {.kind = VALUE_LIST, .as.list = l};

    *is_refused = true;
    if (l->count < least) {
        return call_refused(r, name, whole);
    }
    for (size_t i = 0; i < l->count; i++) {
        if (l->item[i].kind != VALUE_NUMBER) {
            return call_refused(r, name, l->item[i]);
        }
    }
    *is_refused = false;
    return run_step(r, l->count);
}

typedef bool combine_fn(struct decimal a, struct decimal b, struct decimal *out);

static bool
combine(const struct list *l, combine_fn *fn, struct decimal *out)
{
    *out = l->item[0].as.number;
    for (size_t i = 1; i < l->count; i++) {
        if (!fn(*out, l->item[i].as.number, out)) {
            return false;
        }
    }
    return true;
}

static bool
combined(struct run *r, const char *name, const struct list *l, combine_fn *fn, struct value *out)
{
    struct decimal d;
    bool is_refused;

    if (!numbers(r, name, l, 1, &is_refused) || is_refused) {
        return is_refused;
    }
    if (!combine(l, fn, &d)) {
        return too_large(r, name);
    }
    *out = value_of_number(d);
    return true;
}

static bool
sum(struct run *r, const struct value *argument, struct value *out)
{
    return combined(r, "sum", list_in(argument), decimal_add, out);
}

static bool
product(struct run *r, const struct value *argument, struct value *out)
{
    return combined(r, "product", list_in(argument), decimal_multiply, out);
}

static bool
mean_of(const struct list *l, struct decimal *out)
{
    struct decimal d;

    return combine(l, decimal_add, &d) && decimal_divide(d, decimal_of((int64_t)l->count), out);
}

static bool
mean(struct run *r, const struct value *argument, struct value *out)
{
    struct decimal d;
    bool is_refused;

    if (!numbers(r, "mean", list_in(argument), 1, &is_refused) || is_refused) {
        return is_refused;
    }
    if (!mean_of(list_in(argument), &d)) {
        return too_large(r, "mean");
    }
    *out = value_of_number(d);
    return true;
}

/* Of a sample: by one less than there are. */
static bool
deviation(const struct list *l, struct decimal *out)
{
    struct decimal middle, squares = decimal_of(0), d;

    if (!mean_of(l, &middle)) {
        return false;
    }
    for (size_t i = 0; i < l->count; i++) {
        if (!decimal_subtract(l->item[i].as.number, middle, &d) || !decimal_multiply(d, d, &d) ||
            !decimal_add(squares, d, &squares)) {
            return false;
        }
    }
    return decimal_divide(squares, decimal_of((int64_t)l->count - 1), &d) && decimal_sqrt(d, out);
}

static bool
stddev(struct run *r, const struct value *argument, struct value *out)
{
    struct decimal d;
    bool is_refused;

    if (!numbers(r, "stddev", list_in(argument), 2, &is_refused) || is_refused) {
        return is_refused;
    }
    if (!deviation(list_in(argument), &d)) {
        return too_large(r, "stddev");
    }
    *out = value_of_number(d);
    return true;
}

/* --- of sorted numbers ----------------------------------------------------------------------------- */

static bool
is_less(struct run *r, const void *ctx, const struct value *b, const struct value *a, bool *before)
{
    (void)r;
    (void)ctx;
    *before = decimal_compare(b->as.number, a->as.number) < 0;
    return true;
}

static bool
sorted_copy(struct run *r, const struct list *l, struct value **out)
{
    *out = arena_alloc(run_arena(r), l->count, sizeof(**out));
    if (*out == NULL) {
        return run_full(r);
    }
    memcpy(*out, l->item, l->count * sizeof(**out));
    return call_sort(r, *out, l->count, is_less, NULL);
}

static bool
median(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = list_in(argument);
    struct value *sorted;
    struct decimal d;
    bool is_refused;

    if (!numbers(r, "median", l, 1, &is_refused) || is_refused) {
        return is_refused;
    }
    if (!sorted_copy(r, l, &sorted)) {
        return false;
    }
    if (l->count % 2 != 0) {
        *out = sorted[l->count / 2];
        return true;
    }
    if (!decimal_add(sorted[l->count / 2 - 1].as.number, sorted[l->count / 2].as.number, &d) ||
        !decimal_divide(d, decimal_of(2), &d)) {
        return too_large(r, "median");
    }
    *out = value_of_number(d);
    return true;
}

/* Those that stand most often, the least first.  They are moved to the front of the sorted ones. */
static size_t
most_frequent(struct value *sorted, size_t count)
{
    size_t kept = 0, most = 0;

    for (size_t from = 0, to; from < count; from = to) {
        struct value v = sorted[from];
        for (to = from; to < count && decimal_compare(sorted[to].as.number, v.as.number) == 0; to++) {
        }
        if (to - from > most) {
            most = to - from;
            kept = 0;
        }
        if (to - from == most) {
            sorted[kept++] = v;
        }
    }
    return kept;
}

static bool
mode(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = list_in(argument);
    struct list *modes = arena_alloc(run_arena(r), 1, sizeof(*modes));
    struct value *sorted;
    bool is_refused;

    if (!numbers(r, "mode", l, 0, &is_refused) || is_refused) {
        return is_refused;
    }
    if (modes == NULL) {
        return run_full(r);
    }
    if (l->count > 0) {
        if (!sorted_copy(r, l, &sorted)) {
            return false;
        }
        *modes = (struct list){most_frequent(sorted, l->count), sorted};
    }
    *out = (struct value){.kind = VALUE_LIST, .as.list = modes};
    return true;
}

/* Of a list, which may be empty, or else of all arguments. */
#define FIGURE(id, fn) {BUILTIN_##id, fn, false, {{"list", TAKES(LIST)}}}, {BUILTIN_##id, fn, true, {{"list", TAKES(LIST)}}}
const struct call_row call_figures_rows[] = {
    FIGURE(MIN, min),         FIGURE(MAX, max),       FIGURE(SUM, sum),   FIGURE(MEAN, mean),
    FIGURE(MEDIAN, median),   FIGURE(MODE, mode),     FIGURE(STDDEV, stddev), FIGURE(PRODUCT, product),
    {.call = NULL},
};
