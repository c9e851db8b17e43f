/*
 * One column of a table as a row of pieces: each constant that an entry names, and what lies between two of them.
 *
 * What lies between is left out where nothing can: between one day and the next, above the last second of a day.  Numbers have
 * something between any two.  Strings that are only ever compared for being the same need no order: then there are
 * the ones that are named, and any other.  Null is a piece only where some entry names it.
 */
#include <stdlib.h>
#include <string.h>

#include "rule/analysis_int.h"

enum { DAY_SECONDS = 86400, SCALE_MOST = 40 };

/* Where an item lies among the positions of its kind, both ends included; from past to: nowhere. */
struct span {
    enum value_kind kind;
    size_t from, to;
};
struct cutting {
    struct arena *arena;
    struct axis *axis;
    struct value *cut[VALUE_KINDS];
    unsigned kinds;
    bool has_text_range; /* strings are compared by order */
    bool is_whole;       /* all numbers are integers */
    bool is_ordered;
    struct piece *piece;
    bool is_short;       /* of memory */
};

unsigned
axis_kinds(const struct type *type)
{
    static const unsigned all = 1u << VALUE_BOOLEAN | 1u << VALUE_NUMBER | 1u << VALUE_STRING | 1u << VALUE_DATE | 1u << VALUE_TIME |
                                1u << VALUE_DATE_TIME | 1u << VALUE_DAYS_DURATION | 1u << VALUE_MONTHS_DURATION;

    switch (type == NULL ? TYPE_ANY : type->kind) {
    case TYPE_ANY: return all;
    case TYPE_BOOLEAN: return 1u << VALUE_BOOLEAN;
    case TYPE_NUMBER: return 1u << VALUE_NUMBER;
    case TYPE_STRING: return 1u << VALUE_STRING;
    case TYPE_DATE: return 1u << VALUE_DATE;
    case TYPE_TIME: return 1u << VALUE_TIME;
    case TYPE_DATE_TIME: return 1u << VALUE_DATE_TIME;
    case TYPE_DAYS_DURATION: return 1u << VALUE_DAYS_DURATION;
    case TYPE_MONTHS_DURATION: return 1u << VALUE_MONTHS_DURATION;
    case TYPE_NULL:
    case TYPE_LIST:
    case TYPE_CONTEXT:
    case TYPE_RANGE:
    case TYPE_FUNCTION: break;
    }
    return 0;
}

static bool
is_plain(struct value v)
{
    return v.kind == VALUE_NULL || (v.kind < VALUE_LIST && v.kind != VALUE_KINDS);
}

/* The end of a range that says of which kind it is. */
static struct value
range_kind(const struct range *r)
{
    return r->low_end != RANGE_UNBOUNDED ? r->low : r->high;
}

/* A constant, or a range between two of one kind: what has a place on an axis. */
static bool
has_place(struct value item)
{
    if (item.kind != VALUE_RANGE) {
        return is_plain(item);
    }
    const struct range *r = item.as.range;
    struct value known = range_kind(r);
    return known.kind > VALUE_BOOLEAN && is_plain(known) && (r->high_end == RANGE_UNBOUNDED || r->high.kind == known.kind);
}

struct wanted
wanted_of(struct arena *a, const struct program *p)
{
    struct wanted w = {.is_any = false};
    const struct feel_tree *tree = p == NULL ? NULL : program_tree(p);

    if (tree == NULL || tree->node[tree->root].kind == NODE_ANY) {
        w.is_any = true;
        return w;
    }
    w.is_undecided = !program_constants(a, p, &w.is_negated, &w.list);
    for (size_t i = 0; !w.is_undecided && i < w.list->count; i++) {
        w.is_undecided = !has_place(w.list->item[i]);
    }
    return w;
}

/* --- order --------------------------------------------------------------------------------------------------------------- */

static bool
order_of(const struct value *a, const struct value *b, int *order)
{
    if (a->kind == VALUE_BOOLEAN || a->kind == VALUE_NULL) {
        *order = a->kind == VALUE_NULL ? 0 : a->as.truth - b->as.truth;
        return true;
    }
    return value_compare(*a, *b, order);
}

static int
by_order(const void *a, const void *b)
{
    int order = 0;

    return order_of(a, b, &order) ? order : 0;
}

/* Sorted, each once.  Where two have no order the sorting means nothing, and then neighbours show it, or the first and another. */
static bool
sort(struct value *cut, size_t *count)
{
    size_t kept = 0;
    int order;

    for (size_t i = 1; i < *count; i++) {
        if (!order_of(&cut[0], &cut[i], &order)) {
            return false;
        }
    }
    qsort(cut, *count, sizeof(*cut), by_order);
    for (size_t i = 0; i < *count; i++) {
        if (kept > 0 && !order_of(&cut[kept - 1], &cut[i], &order)) {
            return false;
        }
        if (kept == 0 || order < 0) {
            cut[kept++] = cut[i];
        }
    }
    *count = kept;
    return true;
}

/* The first cut that is not below v. */
static size_t
cut_at(const struct axis *axis, const struct value *v)
{
    size_t low = 0, high = axis->cuts[v->kind];
    int order;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order_of(&axis->cut[v->kind][middle], v, &order) && order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct span
span_of(const struct axis *axis, const struct value *item)
{
    if (item->kind != VALUE_RANGE) {
        size_t at = 2 * cut_at(axis, item) + 1;
        return (struct span){item->kind, at, at};
    }
    const struct range *r = item->as.range;
    enum value_kind kind = range_kind(r).kind;
    struct span s = {kind, 0, 2 * axis->cuts[kind]};
    if (r->low_end != RANGE_UNBOUNDED) {
        s.from = 2 * cut_at(axis, &r->low) + (r->low_end == RANGE_CLOSED ? 1 : 2);
    }
    if (r->high_end != RANGE_UNBOUNDED) {
        s.to = 2 * cut_at(axis, &r->high) + (r->high_end == RANGE_CLOSED ? 1 : 0);
    }
    return s;
}

bool
axis_is_empty_range(struct value item)
{
    int order;

    if (item.kind != VALUE_RANGE || item.as.range->low_end == RANGE_UNBOUNDED || item.as.range->high_end == RANGE_UNBOUNDED ||
        !value_compare(item.as.range->low, item.as.range->high, &order)) {
        return false;
    }
    return order > 0 || (order == 0 && (item.as.range->low_end == RANGE_OPEN || item.as.range->high_end == RANGE_OPEN));
}

/* The first piece that is not before that position; pieces stand by kind and position. */
static size_t
piece_at(const struct axis *axis, enum value_kind kind, size_t position)
{
    size_t low = 0, high = axis->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct piece *p = &axis->piece[middle];
        if (p->kind < kind || (p->kind == kind && p->position < position)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool
axis_has(const struct axis *axis, struct value item)
{
    struct span s = span_of(axis, &item);

    return s.from <= s.to && piece_at(axis, s.kind, s.from) < piece_at(axis, s.kind, s.to + 1);
}

/*
 * Whether asking a value of one kind for an item of another gives null, and not false (10.3.2.13): then not(...) does not let it pass
 * either.  Null beside a constant is unequal; beside a range it is nothing at all.
 */
static bool
gives_null(enum value_kind kind, unsigned constants, unsigned ranges)
{
    unsigned others = ~(1u << kind);

    return (ranges & others) != 0 || (kind != VALUE_NULL && (constants & others & ~(1u << VALUE_NULL)) != 0);
}

void
axis_mark(const struct axis *axis, const struct wanted *w, bool *passes)
{
    unsigned constants = 0, ranges = 0;
    int32_t inside = 0;

    if (w->is_any || w->is_undecided) {
        memset(passes, true, axis->count);
        return;
    }
    memset(axis->begins, 0, (axis->count + 1) * sizeof(*axis->begins));
    for (size_t i = 0; i < w->list->count; i++) {
        const struct value *item = &w->list->item[i];
        struct span s = span_of(axis, item);
        *(item->kind == VALUE_RANGE ? &ranges : &constants) |= 1u << s.kind;
        if (s.from <= s.to) {
            axis->begins[piece_at(axis, s.kind, s.from)]++;
            axis->begins[piece_at(axis, s.kind, s.to + 1)]--;
        }
    }
    for (size_t i = 0; i < axis->count; i++) {
        inside += axis->begins[i];
        passes[i] = w->is_negated ? inside == 0 && !gives_null(axis->piece[i].kind, constants, ranges) : inside > 0;
    }
}

/* --- something natural between two cuts ---------------------------------------------------------------------------------- */

static bool
is_between(const struct piece *p, struct value v)
{
    int order;

    return (p->low == NULL || (value_compare(*p->low, v, &order) && order < 0)) &&
           (p->high == NULL || (value_compare(v, *p->high, &order) && order < 0));
}

static bool
take(struct piece *p, struct value v)
{
    if (!is_between(p, v)) {
        return false;
    }
    p->sample = v;
    return true;
}

static bool
sample_number(struct piece *p, bool is_whole)
{
    struct decimal one = decimal_of(1), d, sum;

    if (p->low == NULL || p->high == NULL || is_whole) {
        struct decimal end = p->low != NULL ? p->low->as.number : p->high->as.number;
        bool is_made = decimal_round(end, 0, p->low != NULL ? DECIMAL_FLOOR : DECIMAL_CEILING, &d) &&
                       (p->low != NULL ? decimal_add(d, one, &d) : decimal_subtract(d, one, &d));
        if (is_made && take(p, value_of_number(d))) {
            return true;
        }
    }
    if (p->low == NULL || p->high == NULL || !decimal_add(p->low->as.number, p->high->as.number, &sum) ||
        !decimal_divide(sum, decimal_of(2), &sum)) {
        return false;
    }
    for (int scale = 0; scale < SCALE_MOST; scale++) {
        if (decimal_round(sum, scale, DECIMAL_HALF_EVEN, &d) && take(p, value_of_number(d))) {
            return true;
        }
    }
    return take(p, value_of_number(sum));
}

static bool
sample_temporal(struct cutting *c, struct piece *p)
{
    static const int64_t steps[] = {DAY_SECONDS, 3600, 60, 1};
    const struct value *end = p->low != NULL ? p->low : p->high;
    struct temporal *t = arena_alloc(c->arena, 1, sizeof(*t));

    c->is_short |= t == NULL;
    for (size_t i = 0; t != NULL && i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct duration step = {.second = p->low != NULL ? steps[i] : -steps[i]};
        struct value v = {.kind = p->kind, .as.temporal = t};
        if (temporal_add(end->as.temporal, step, t) && take(p, v)) {
            return true;
        }
    }
    return false;
}

static bool
sample_days(struct piece *p)
{
    static const struct duration steps[] = {{DAY_SECONDS, 0}, {3600, 0}, {60, 0}, {1, 0}, {0, 1000000}, {0, 1}};
    const struct value *end = p->low != NULL ? p->low : p->high;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct value v = {.kind = VALUE_DAYS_DURATION};
        struct duration step = p->low != NULL ? steps[i] : duration_negate(steps[i]);
        if (duration_add(end->as.duration, step, &v.as.duration) && take(p, v)) {
            return true;
        }
    }
    return false;
}

static bool
sample_text(struct cutting *c, struct piece *p)
{
    static const char *const endings[] = {"a", "0", " ", "\x01"};

    if (p->low == NULL) {
        return take(p, value_of_str(STR("")));
    }
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        struct str text = str_fmt(c->arena, "%.*s%s", STR_ARG(p->low->as.text), endings[i]);
        c->is_short |= text.ptr == NULL;
        if (!c->is_short && take(p, value_of_str(text))) {
            return true;
        }
    }
    return false;
}

/* False: nothing lies there. */
static bool
sample(struct cutting *c, struct piece *p)
{
    switch (p->kind) {
    case VALUE_NUMBER: return sample_number(p, c->is_whole);
    case VALUE_STRING: return sample_text(c, p);
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME: return sample_temporal(c, p);
    case VALUE_DAYS_DURATION: return sample_days(p);
    case VALUE_MONTHS_DURATION:
        return take(p, (struct value){.kind = p->kind, .as.months = p->low != NULL ? p->low->as.months + 1 : p->high->as.months - 1});
    case VALUE_NULL:
    case VALUE_BOOLEAN:
    case VALUE_LIST:
    case VALUE_CONTEXT:
    case VALUE_RANGE:
    case VALUE_FUNCTION:
    case VALUE_KINDS: break;
    }
    return false;
}

/* Clearly not a value that somebody wrote. */
static struct value
any_other(struct cutting *c)
{
    struct str text = STR("«其他/other»");
    struct value v = value_of_str(text);
    size_t at;

    for (;;) {
        at = cut_at(c->axis, &v);
        if (c->is_short || at == c->axis->cuts[VALUE_STRING] || !str_eq(c->cut[VALUE_STRING][at].as.text, v.as.text)) {
            return v;
        }
        v = value_of_str(str_fmt(c->arena, "«%.*s»", STR_ARG(v.as.text)));
        c->is_short = v.as.text.ptr == NULL;
    }
}

/* --- cutting ---------------------------------------------------------------------------------------------------------------- */

static void
add_cut(struct cutting *c, struct value v, bool is_of_bound)
{
    if ((c->kinds >> v.kind & 1) == 0 && (v.kind != VALUE_NULL || is_of_bound)) {
        return;
    }
    size_t at = c->axis->cuts[v.kind]++;
    if (c->cut[v.kind] != NULL) {
        c->cut[v.kind][at] = v;
        c->is_whole &= v.kind != VALUE_NUMBER || decimal_is_integer(v.as.number);
    }
}

static void
add_cuts(struct cutting *c, const struct wanted *w, bool is_of_bound)
{
    for (size_t i = 0; !w->is_any && !w->is_undecided && i < w->list->count; i++) {
        struct value item = w->list->item[i];
        if (item.kind != VALUE_RANGE) {
            add_cut(c, item, is_of_bound);
            continue;
        }
        const struct range *r = item.as.range;
        c->has_text_range |= range_kind(r).kind == VALUE_STRING;
        if (r->low_end != RANGE_UNBOUNDED) {
            add_cut(c, r->low, is_of_bound);
        }
        if (r->high_end != RANGE_UNBOUNDED) {
            add_cut(c, r->high, is_of_bound);
        }
    }
}

/* Once to count, once more to keep. */
static void
walk(struct cutting *c, const struct axis_source *from)
{
    memset(c->axis->cuts, 0, sizeof(c->axis->cuts));
    for (size_t i = 0; i < from->count; i++) {
        add_cuts(c, &from->entry[i], false);
    }
    for (size_t i = 0; i < from->bounds; i++) {
        add_cuts(c, &from->bound[i], true);
    }
}

static void
add_piece(struct cutting *c, struct piece p)
{
    bool is_there = p.shape != PIECE_BETWEEN || sample(c, &p);

    if (is_there && p.shape == PIECE_OTHER) {
        p.sample = any_other(c);
    }
    if (is_there) {
        c->axis->is_line |= p.shape == PIECE_BETWEEN;
        c->piece[c->axis->count++] = p;
    }
}

static void
add_pieces(struct cutting *c, enum value_kind kind)
{
    size_t count = c->axis->cuts[kind];
    const struct value *cut = c->cut[kind];
    bool has_order = kind != VALUE_NULL && kind != VALUE_BOOLEAN && (kind != VALUE_STRING || c->has_text_range);

    for (size_t i = 0; count > 0 && i <= count; i++) {
        if (has_order) {
            add_piece(c, (struct piece){.shape = PIECE_BETWEEN, .kind = kind, .position = 2 * i,
                                        .low = i > 0 ? &cut[i - 1] : NULL, .high = i < count ? &cut[i] : NULL});
        }
        if (i < count) {
            add_piece(c, (struct piece){.shape = PIECE_VALUE, .kind = kind, .position = 2 * i + 1, .low = &cut[i], .high = &cut[i],
                                        .sample = cut[i]});
        }
    }
    if (kind == VALUE_STRING && count > 0 && !has_order) {
        add_piece(c, (struct piece){.shape = PIECE_OTHER, .kind = kind, .position = SIZE_MAX});
    }
}

/* Without what may not come in.  Null stays, for an entry names it. */
static void
keep_within(struct cutting *c, const struct axis_source *from)
{
    bool *passes = arena_alloc(c->arena, c->axis->count + 1, sizeof(*passes));

    c->is_short |= passes == NULL;
    for (size_t i = 0; !c->is_short && i < from->bounds; i++) {
        size_t kept = 0;
        axis_mark(c->axis, &from->bound[i], passes);
        for (size_t k = 0; k < c->axis->count; k++) {
            if (passes[k] || c->piece[k].kind == VALUE_NULL) {
                c->piece[kept++] = c->piece[k];
            }
        }
        c->axis->count = kept;
    }
}

static void
cut(struct cutting *c, const struct axis_source *from)
{
    size_t count = 0;

    walk(c, from);
    for (unsigned k = 0; k < VALUE_KINDS; k++) {
        count += 2 * c->axis->cuts[k] + 4;
        c->cut[k] = arena_alloc(c->arena, c->axis->cuts[k] + 2, sizeof(*c->cut[k]));
        c->is_short |= c->cut[k] == NULL;
        c->axis->cut[k] = c->cut[k];
    }
    c->piece = arena_alloc(c->arena, count, sizeof(*c->piece));
    c->axis->begins = arena_alloc(c->arena, count + 1, sizeof(*c->axis->begins));
    c->is_short |= c->piece == NULL || c->axis->begins == NULL;
    if (c->is_short) {
        return;
    }
    walk(c, from);
    for (unsigned k = 0; k < VALUE_KINDS; k++) {
        c->is_ordered &= sort(c->cut[k], &c->axis->cuts[k]);
    }
    if (c->axis->cuts[VALUE_BOOLEAN] > 0) {
        c->axis->cuts[VALUE_BOOLEAN] = 2;
        c->cut[VALUE_BOOLEAN][0] = value_of_bool(false);
        c->cut[VALUE_BOOLEAN][1] = value_of_bool(true);
    }
    for (enum value_kind k = VALUE_NULL; c->is_ordered && k < VALUE_KINDS; k++) {
        add_pieces(c, k);
    }
    if (c->axis->count == 1 && c->piece[0].kind == VALUE_NULL) {
        c->piece[c->axis->count++] = (struct piece){.shape = PIECE_ALL, .kind = VALUE_KINDS}; /* whatever is not null */
    }
    c->axis->piece = c->piece;
    keep_within(c, from);
}

bool
axis_make(struct arena *a, const struct axis_source *from, struct axis *out, bool *is_ordered)
{
    struct axis axis = {.label = out->label};
    struct cutting c = {.arena = a, .axis = &axis, .kinds = axis_kinds(from->type), .is_whole = true, .is_ordered = true};

    cut(&c, from);
    if (c.is_short) {
        return false;
    }
    if (axis.count == 0 || !c.is_ordered) {
        c.piece[0] = (struct piece){.shape = PIECE_ALL, .kind = VALUE_KINDS};
        axis = (struct axis){.label = out->label, .count = 1, .piece = c.piece, .begins = axis.begins};
    }
    *is_ordered = c.is_ordered;
    *out = axis;
    return true;
}
