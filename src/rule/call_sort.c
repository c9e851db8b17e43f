/*
 * Sorting.  Runs that are in order already are found as they stand and merged two by two, so what is sorted costs one pass, and
 * nothing costs more than count * log count calls of before, each a step of the run.
 */
#include <string.h>

#include "rule/call_int.h"

/* Items [from, middle) and [middle, to) of in become one in out. */
static bool
merge(struct run *r, const struct value *in, struct value *out, size_t from, size_t middle, size_t to, call_sort_before *fn,
      const void *ctx)
{
    size_t left = from, right = middle;

    while (left < middle && right < to) {
        bool before = false;
        if (!run_step(r, 1) || !fn(r, ctx, &in[right], &in[left], &before)) {
            return false;
        }
        *out++ = before ? in[right++] : in[left++];
    }
    memcpy(out, &in[left], (middle - left) * sizeof(*out)); /* only one of the two has any left */
    memcpy(out, &in[right], (to - right) * sizeof(*out));
    return true;
}

/* Where the run that begins at from ends. */
static bool
run_end(struct run *r, const struct value *item, size_t from, size_t count, call_sort_before *fn, const void *ctx, size_t *end)
{
    for (*end = from + 1; *end < count; ++*end) {
        bool before = false;
        if (!run_step(r, 1) || !fn(r, ctx, &item[*end], &item[*end - 1], &before)) {
            return false;
        }
        if (before) {
            break;
        }
    }
    return true;
}

/* end: where each run ends, after the last one.  Merges neighbours until one is left; *sorted is item or other. */
static bool
merge_all(struct run *r, struct value *item, struct value *other, size_t *end, size_t runs, call_sort_before *fn, const void *ctx,
          struct value **sorted)
{
    while (runs > 1) {
        size_t left = 0, from = 0;
        for (size_t i = 0; i < runs; i += 2) {
            size_t middle = end[i], to = i + 1 < runs ? end[i + 1] : middle;
            if (!merge(r, item, other + from, from, middle, to, fn, ctx)) {
                return false;
            }
            end[left++] = to;
            from = to;
        }
        struct value *swap = item;
        item = other;
        other = swap;
        runs = left;
    }
    *sorted = item;
    return true;
}

bool
call_sort(struct run *r, struct value *item, size_t count, call_sort_before *fn, const void *ctx)
{
    struct value *other, *sorted;
    size_t *end, runs = 0;

    if (count < 2) {
        return true;
    }
    other = arena_alloc(run_arena(r), count, sizeof(*other));
    end = arena_alloc(run_arena(r), count, sizeof(*end));
    if (other == NULL || end == NULL) {
        return run_full(r);
    }
    for (size_t from = 0; from < count; from = end[runs++]) {
        if (!run_end(r, item, from, count, fn, ctx, &end[runs])) {
            return false;
        }
    }
    if (!merge_all(r, item, other, end, runs, fn, ctx, &sorted)) {
        return false;
    }
    if (sorted != item) {
        memcpy(item, sorted, count * sizeof(*item));
    }
    return true;
}
