/*
 * Equality and order, and finding what is in a value.
 *
 * Values nest as deep as memory allows and may share parts, so that a small value can be an enormous tree ([x, x] of [y, y] of
 * ...).  Whoever walks one therefore counts: what is nested deeper than VALUE_DEPTH_MAX, or takes more comparisons than WORK_MOST,
 * cannot be compared.  A part that both sides share is equal without looking into it.
 */
#include "rule/value.h"

#include <string.h>

enum { WORK_MOST = 4000000, HASH_PARTS = 256, HASH_BYTES = 256 };

struct walk {
    bool by_is; /* as is() tells apart, not as = does */
    int depth;
    uint64_t work;
};

static enum tri same_or_equal(struct walk *w, const struct value *a, const struct value *b);

static enum tri
tri_of(bool truth)
{
    return truth ? TRI_TRUE : TRI_FALSE;
}

/* Three-valued and. */
static enum tri
tri_and(enum tri a, enum tri b)
{
    if (a == TRI_FALSE || b == TRI_FALSE) {
        return TRI_FALSE;
    }
    return a == TRI_NULL ? a : b;
}

const struct list *
list_of(struct arena *a, const struct value *item, size_t count)
{
    struct list *l = arena_alloc(a, 1, sizeof(*l));
    struct value *copy = arena_alloc(a, count > 0 ? count : 1, sizeof(*copy));

    if (l == NULL || copy == NULL) {
        return NULL;
    }
    if (count > 0) {
        memcpy(copy, item, count * sizeof(*copy));
    }
    *l = (struct list){count, copy};
    return l;
}

const struct value *
context_find(const struct context *c, struct str name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (str_eq(c->entry[i].name, name)) {
            return &c->entry[i].value;
        }
    }
    return NULL;
}

/* --- equality -------------------------------------------------------------------------------- */

static enum tri
lists_equal(struct walk *w, const struct list *a, const struct list *b)
{
    enum tri all = tri_of(a->count == b->count);

    for (size_t i = 0; i < a->count && all != TRI_FALSE && a != b && w->work < WORK_MOST; i++) {
        all = tri_and(all, same_or_equal(w, &a->item[i], &b->item[i]));
    }
    return all;
}

/* In any order; most have the same, and then nothing is searched. */
static enum tri
contexts_equal(struct walk *w, const struct context *a, const struct context *b)
{
    enum tri all = tri_of(a->count == b->count);

    for (size_t i = 0; i < a->count && all != TRI_FALSE && a != b && w->work < WORK_MOST; i++) {
        const struct entry *e = &a->entry[i];
        const struct value *other = &b->entry[i].value;
        if (!str_eq(e->name, b->entry[i].name)) {
            w->work += b->count;
            other = context_find(b, e->name);
        }
        all = other == NULL ? TRI_FALSE : tri_and(all, same_or_equal(w, &e->value, other));
    }
    return all;
}

static enum tri
ranges_equal(struct walk *w, const struct range *a, const struct range *b)
{
    if (a == b) {
        return TRI_TRUE;
    }
    if (a->form != b->form || a->low_end != b->low_end || a->high_end != b->high_end) {
        return TRI_FALSE;
    }
    return tri_and(same_or_equal(w, &a->low, &b->low), same_or_equal(w, &a->high, &b->high));
}

static enum tri
temporals_equal(const struct walk *w, const struct temporal *a, const struct temporal *b)
{
    int order;

    if (w->by_is) {
        return tri_of(temporal_same(a, b));
    }
    return a == b ? TRI_TRUE : temporal_compare(a, b, &order) ? tri_of(order == 0) : TRI_NULL;
}

static enum tri
kind_equal(struct walk *w, const struct value *a, const struct value *b)
{
    switch (a->kind) {
    case VALUE_NULL:
        return TRI_TRUE;
    case VALUE_BOOLEAN:
        return tri_of(a->as.truth == b->as.truth);
    case VALUE_NUMBER:
        return tri_of(decimal_compare(a->as.number, b->as.number) == 0);
    case VALUE_STRING:
        return tri_of(str_eq(a->as.text, b->as.text));
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
        return temporals_equal(w, a->as.temporal, b->as.temporal);
    case VALUE_DAYS_DURATION:
        return tri_of(duration_compare(a->as.duration, b->as.duration) == 0);
    case VALUE_MONTHS_DURATION:
        return tri_of(a->as.months == b->as.months);
    case VALUE_LIST:
        return lists_equal(w, a->as.list, b->as.list);
    case VALUE_CONTEXT:
        return contexts_equal(w, a->as.context, b->as.context);
    case VALUE_RANGE:
        return ranges_equal(w, a->as.range, b->as.range);
    case VALUE_FUNCTION:
        return tri_of(a->as.function == b->as.function);
    case VALUE_KINDS:
        break;
    }
    CHECK(a->kind < VALUE_KINDS);
    return TRI_NULL;
}

static enum tri
same_or_equal(struct walk *w, const struct value *a, const struct value *b)
{
    if (a->kind != b->kind) {
        bool has_null = a->kind == VALUE_NULL || b->kind == VALUE_NULL;
        return has_null || w->by_is ? TRI_FALSE : TRI_NULL;
    }
    if (w->depth == VALUE_DEPTH_MAX || w->work >= WORK_MOST) {
        return TRI_NULL;
    }
    w->work++;
    w->depth++;
    enum tri equal = kind_equal(w, a, b);
    w->depth--;
    return equal;
}

enum tri
value_equal_counted(struct value a, struct value b, uint64_t *work)
{
    struct walk w = {.by_is = false};
    enum tri equal = same_or_equal(&w, &a, &b);

    *work += w.work;
    return w.work < WORK_MOST ? equal : TRI_NULL;
}

enum tri
value_equal(struct value a, struct value b)
{
    uint64_t work = 0;

    return value_equal_counted(a, b, &work);
}

bool
value_same(struct value a, struct value b)
{
    struct walk w = {.by_is = true};

    return same_or_equal(&w, &a, &b) == TRI_TRUE && w.work < WORK_MOST;
}

/* --- order ----------------------------------------------------------------------------------- */

bool
value_compare(struct value a, struct value b, int *order)
{
    if (a.kind != b.kind) {
        return false;
    }
    switch (a.kind) {
    case VALUE_NUMBER:
        *order = decimal_compare(a.as.number, b.as.number);
        return true;
    case VALUE_STRING: /* bytes of UTF-8 are in the order of code points */
        *order = str_cmp(a.as.text, b.as.text);
        return true;
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
        return temporal_compare(a.as.temporal, b.as.temporal, order);
    case VALUE_DAYS_DURATION:
        *order = duration_compare(a.as.duration, b.as.duration);
        return true;
    case VALUE_MONTHS_DURATION:
        *order = (a.as.months > b.as.months) - (a.as.months < b.as.months);
        return true;
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    case VALUE_KINDS:
        break;
    }
    return false;
}

/* Whether v is on the right side of one end: above it (sign 1) or below it (sign -1). */
static enum tri
end_holds(enum range_end kind, struct value end, struct value v, int sign)
{
    int order;

    if (kind == RANGE_UNBOUNDED) {
        return TRI_TRUE;
    }
    if (!value_compare(v, end, &order)) {
        return TRI_NULL;
    }
    return tri_of(order == 0 ? kind == RANGE_CLOSED : (order > 0) == (sign > 0));
}

enum tri
range_has(const struct range *r, struct value v)
{
    if (r->form != RANGE_BETWEEN) {
        enum tri equal = value_equal(v, r->low);
        return r->form == RANGE_ONE || equal == TRI_NULL ? equal : tri_of(equal == TRI_FALSE);
    }
    if (v.kind == VALUE_NULL) {
        return TRI_NULL;
    }
    return tri_and(end_holds(r->low_end, r->low, v, 1), end_holds(r->high_end, r->high, v, -1));
}

/* --- hash ------------------------------------------------------------------------------------ */

static uint64_t
mix(uint64_t seed, uint64_t more)
{
    uint64_t h = (seed ^ seed >> 32 ^ more) * UINT64_C(0x9e3779b97f4a7c15);

    h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

static uint64_t
hash_bytes(uint64_t h, struct str s)
{
    for (size_t i = 0; i < s.len; i += sizeof(h)) {
        uint64_t word = 0;
        memcpy(&word, s.ptr + i, s.len - i < sizeof(word) ? s.len - i : sizeof(word));
        h = mix(h, word);
    }
    return h;
}

/* Of a long text both ends. */
static uint64_t
hash_text(struct str s)
{
    if (s.len <= 2 * HASH_BYTES) {
        return hash_bytes(s.len, s);
    }
    return hash_bytes(hash_bytes(s.len, str_sub(s, 0, HASH_BYTES)), str_from(s, s.len - HASH_BYTES));
}

/* Of the second on one scale, which is all that temporal_compare looks at; what has no offset has 0 there. */
static uint64_t
hash_temporal(const struct temporal *t)
{
    int64_t day = t->kind == TEMPORAL_TIME ? 0 : civil_day(t->date);

    return (uint64_t)(day * 86400 + t->second - t->offset);
}

/*
 * So that no value costs more than some HASH_PARTS parts, what holds others shares out among them how many may be looked at;
 * whatever order entries stand in, each has the same share.
 */
static uint64_t hash_of(struct value v, size_t parts);

/* Of a list that is too long both ends. */
static uint64_t
hash_list(const struct list *l, size_t parts)
{
    bool is_short = l->count <= parts;
    size_t share = parts / (l->count + 1), first = is_short ? l->count : parts / 2, last = is_short ? 0 : parts / 2;
    uint64_t h = l->count;

    for (size_t i = 0; i < first; i++) {
        h = mix(h, hash_of(l->item[i], share));
    }
    for (size_t i = l->count - last; i < l->count; i++) {
        h = mix(h, hash_of(l->item[i], share));
    }
    return h;
}

/* A sum, since the order of entries tells nothing; so either all of them or none. */
static uint64_t
hash_context(const struct context *c, size_t parts)
{
    size_t share = parts / (c->count + 1);
    uint64_t h = c->count;

    for (size_t i = 0; i < c->count && c->count <= parts; i++) {
        h += mix(hash_text(c->entry[i].name), hash_of(c->entry[i].value, share));
    }
    return h;
}

static uint64_t
hash_of(struct value v, size_t parts)
{
    switch (v.kind) {
    case VALUE_BOOLEAN:
        return v.as.truth;
    case VALUE_NUMBER:
        return decimal_hash(v.as.number);
    case VALUE_STRING:
        return hash_text(v.as.text);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
        return hash_temporal(v.as.temporal);
    case VALUE_DAYS_DURATION:
        return mix((uint64_t)v.as.duration.second, (uint64_t)v.as.duration.nanosecond);
    case VALUE_MONTHS_DURATION:
        return (uint64_t)v.as.months;
    case VALUE_LIST:
        return hash_list(v.as.list, parts);
    case VALUE_CONTEXT:
        return hash_context(v.as.context, parts);
    case VALUE_NULL:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    case VALUE_KINDS:
        break;
    }
    return 0;
}

uint64_t
value_hash(struct value v)
{
    return mix(v.kind, hash_of(v, HASH_PARTS));
}
