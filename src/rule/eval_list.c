/*
 * Lists and contexts: made, filtered and gone through.
 */
#include "rule/eval_int.h"

#include <string.h>

/* --- frames ------------------------------------------------------------------------------------ */

/* A frame with its slots: inside is the caller's, and is not used if a function may keep it.  NULL: a limit. */
static struct frame *
open_frame(struct run *r, const struct frame *outer, size_t count, bool is_kept, struct frame *inside,
           struct value **slot)
{
    struct frame *frame = is_kept ? arena_alloc(r->arena, 1, sizeof(*frame)) : inside;

    *slot = is_kept ? arena_alloc(r->arena, count, sizeof(**slot)) : run_slots(r, count);
    if (frame == NULL || *slot == NULL) {
        (void)run_full(r);
        return NULL;
    }
    *frame = (struct frame){outer, *slot};
    return frame;
}

/* --- lists and contexts ------------------------------------------------------------------------ */

static const struct value *
give_list(struct run *r, const struct value *item, size_t count, struct value *room)
{
    struct list *list = arena_alloc(r->arena, 1, sizeof(*list));

    if (list == NULL) {
        (void)run_full(r);
        return NULL;
    }
    *list = (struct list){count, item};
    *room = (struct value){.kind = VALUE_LIST, .as.list = list};
    return room;
}

const struct value *
eval_list(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct value *item = arena_alloc(r->arena, o->b, sizeof(*item));

    if (item == NULL) {
        (void)run_full(r);
        return NULL;
    }
    for (uint32_t i = 0; i < o->b; i++) {
        const struct value *v = eval_child(r, p, f, p->part[o->a + i], room);
        if (v == NULL) {
            return NULL;
        }
        item[i] = *v;
    }
    return give_list(r, item, o->b, room);
}

/* Entries see those before them: each is a slot as well. */
const struct value *
eval_context(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct frame inside, *frame;
    struct value *slot;
    size_t slots = r->slots;
    struct entry *entry = arena_alloc(r->arena, o->b, sizeof(*entry));
    struct context *context = entry == NULL ? NULL : arena_alloc(r->arena, 1, sizeof(*context));

    if (context == NULL) {
        (void)run_full(r);
        return NULL;
    }
    frame = open_frame(r, f, o->b, (o->flags & OP_KEPT) != 0, &inside, &slot);
    if (frame == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < o->b; i++) {
        const struct value *v = eval(r, p, frame, p->part[o->a + i], room);
        if (v == NULL) {
            return NULL;
        }
        entry[i].name = p->constant[o->slot + i].as.text;
        entry[i].value = *v;
        slot[i] = *v;
    }
    r->slots = slots;
    *context = (struct context){o->b, entry};
    *room = (struct value){.kind = VALUE_CONTEXT, .as.context = context};
    return room;
}

/* --- filters ----------------------------------------------------------------------------------- */

const struct value *
eval_at(const struct value *from, size_t count, const struct value *index, struct value *room)
{
    int64_t n;

    if (!decimal_as_int(index->as.number, &n) || n == 0 || n > (int64_t)count || n < -(int64_t)count) {
        return give_null(room);
    }
    return &from[n > 0 ? n - 1 : (int64_t)count + n];
}

struct filter {
    struct run *r;
    const struct program *p;
    const struct frame *outer;
    const struct op *o;
    const struct value *item;
    size_t count;
};

static const struct value nothing = {.kind = VALUE_NULL};

/* The condition for one item, whose frame nothing outlives.  NULL: a limit. */
static const struct value *
condition_of(const struct filter *l, const struct value *item, struct value *room)
{
    const struct frame frame = {l->outer, item};

    return eval_child(l->r, l->p, &frame, l->o->b, room);
}

/* A condition that does not look at the item is asked once. */
static const struct value *
once(const struct filter *l, struct value *room)
{
    const struct value *v = condition_of(l, l->count > 0 ? &l->item[0] : &nothing, room);

    if (v == NULL) {
        return NULL;
    }
    if (v->kind == VALUE_NUMBER) {
        struct value index = *v;
        return eval_at(l->item, l->count, &index, room);
    }
    if (v->kind != VALUE_BOOLEAN) {
        eval_note_kinds(l->r, l->p, l->o, "[]", v, NULL);
    }
    return give_list(l->r, l->item, value_is_true(*v) ? l->count : 0, room);
}

/* A name may still be an index, and then there is nothing at it; there is nothing wrong about a missing item. */
static const struct value *
without_items(const struct filter *l, struct value *room)
{
    size_t notes = l->r->notes;
    const struct value *v = condition_of(l, &nothing, room);

    l->r->notes = notes;
    if (v == NULL) {
        return NULL;
    }
    return v->kind == VALUE_NUMBER ? give_null(room) : give_list(l->r, NULL, 0, room);
}

/* Each item is asked; a condition that is a number for the first is an index. */
static const struct value *
each_item(const struct filter *l, struct value *room)
{
    struct value *kept = arena_alloc(l->r->arena, l->count, sizeof(*kept));
    size_t count = 0;

    if (l->count == 0) {
        return without_items(l, room);
    }
    if (kept == NULL) {
        (void)run_full(l->r);
        return NULL;
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct value *v = run_count(l->r, 1) ? condition_of(l, &l->item[i], room) : NULL;
        if (v == NULL) {
            return NULL;
        }
        if (i == 0 && v->kind == VALUE_NUMBER) {
            struct value index = *v;
            return eval_at(l->item, l->count, &index, room);
        }
        if (value_is_true(*v)) {
            kept[count++] = l->item[i];
        }
    }
    return give_list(l->r, kept, count, room);
}

const struct value *
eval_filter(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct value alone;
    const struct value *v = eval_child(r, p, f, o->a, &alone);
    struct filter l = {r, p, f, o, NULL, 0};

    if (v == NULL) {
        return NULL;
    }
    if (v->kind == VALUE_LIST) {
        l.item = v->as.list->item;
        l.count = v->as.list->count;
    } else { /* as a list of itself, which may outlive what it lies in */
        const struct list *list = list_of(r->arena, v, v->kind == VALUE_NULL ? 0 : 1);
        if (list == NULL) {
            (void)run_full(r);
            return NULL;
        }
        l.item = list->item;
        l.count = list->count;
    }
    return (o->flags & OP_USED) != 0 ? each_item(&l, room) : once(&l, room);
}

/* --- for, some, every -------------------------------------------------------------------------- */

struct loop {
    struct run *r;
    const struct program *p;
    const struct op *o;
    const struct frame *outer;
    struct frame *frame;
    struct value *slot; /* of the iterators, and of for: partial */
    uint32_t iterators;
    struct value *result;
    size_t count, room;
    enum tri all;  /* of some and every */
    bool is_over;  /* decided already */
    bool is_wrong; /* something is null that had to be a list */
};

static bool loop_over(struct loop *l, uint32_t at);

/* Results move to where there is more room; those that partial has shown stay as they were. */
static bool
add_result(struct loop *l, const struct value *v)
{
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 8 : l->room * 2;
        struct value *result = arena_alloc(l->r->arena, room, sizeof(*result));
        if (result == NULL) {
            return run_full(l->r);
        }
        if (l->count > 0) {
            memcpy(result, l->result, l->count * sizeof(*result));
        }
        l->result = result;
        l->room = room;
    }
    l->result[l->count++] = *v;
    return true;
}

static bool
show_partial(struct loop *l)
{
    return give_list(l->r, l->result, l->count, &l->slot[l->iterators]) != NULL;
}

/* A function that keeps the frame keeps this turn's. */
static bool
next_turn(struct loop *l)
{
    size_t count = l->iterators + 1;
    const struct value *before = l->slot;

    if ((l->o->flags & OP_KEPT) == 0) {
        return true;
    }
    struct frame *frame = open_frame(l->r, l->outer, count, true, NULL, &l->slot);
    if (frame == NULL) {
        return false;
    }
    memcpy(l->slot, before, count * sizeof(*before));
    l->frame = frame;
    return true;
}

/* What the loop does once every iterator stands somewhere. */
static bool
visit(struct loop *l)
{
    struct value room;

    if ((l->o->flags & OP_PARTIAL) != 0 && !show_partial(l)) {
        return false;
    }
    const struct value *v = eval_child(l->r, l->p, l->frame, l->p->part[l->o->a + l->o->b - 1], &room);
    if (v == NULL) {
        return false;
    }
    if (l->o->kind == OP_FOR) {
        return add_result(l, v);
    }
    enum tri decides = l->o->kind == OP_SOME ? TRI_TRUE : TRI_FALSE, t = tri_of(v);
    if (t == decides || l->all != TRI_NULL) {
        l->all = t;
    }
    l->is_over = t == decides;
    return true;
}

/* The iterator stands at v: on to the next, or to the result. */
static bool
stand_at(struct loop *l, uint32_t at, const struct value *v)
{
    if (!run_count(l->r, 1) || !next_turn(l)) {
        return false;
    }
    l->slot[at] = *v;
    return at + 1 < l->iterators ? loop_over(l, at + 1) : visit(l);
}

static bool
over_list(struct loop *l, uint32_t at, const struct list *list)
{
    for (size_t i = 0; i < list->count && !l->is_over; i++) {
        if (!stand_at(l, at, &list->item[i])) {
            return false;
        }
    }
    return true;
}

bool
eval_step_value(struct run *r, bool are_days, int64_t step, struct value *out)
{
    struct temporal *day = are_days ? arena_alloc(r->arena, 1, sizeof(*day)) : NULL;

    if (are_days && day == NULL) {
        return run_full(r);
    }
    if (are_days) {
        day->kind = TEMPORAL_DATE;
        CHECK(civil_of_day(step, &day->date)); /* between two that are */
        *out = (struct value){.kind = VALUE_DATE, .as.temporal = day};
    } else {
        *out = value_of_int(step);
    }
    return true;
}

static bool
over_steps(struct loop *l, uint32_t at, const struct eval_steps *steps)
{
    int64_t step = steps->from <= steps->to ? 1 : -1;

    for (int64_t i = steps->from; !l->is_over; i += step) {
        struct value v;
        if (!eval_step_value(l->r, steps->are_days, i, &v) || !stand_at(l, at, &v)) {
            return false;
        }
        if (i == steps->to) {
            break;
        }
    }
    return true;
}

static bool
wrong(struct loop *l, const struct op *o, const struct value *a, const struct value *b)
{
    eval_note_kinds(l->r, l->p, o, l->o->kind == OP_FOR ? "for" : l->o->kind == OP_SOME ? "some" : "every", a, b);
    l->is_wrong = true;
    l->is_over = true;
    return true;
}

/* Ends that are open do not count themselves. */
bool
eval_steps_of(const struct range *range, struct eval_steps *out)
{
    bool are_days = range->low.kind == VALUE_DATE && range->high.kind == VALUE_DATE;
    int64_t from, to;

    if (are_days) {
        from = civil_day(range->low.as.temporal->date);
        to = civil_day(range->high.as.temporal->date);
    } else if (range->low.kind != VALUE_NUMBER || range->high.kind != VALUE_NUMBER || range->form == RANGE_ALL_BUT ||
               !decimal_as_int(range->low.as.number, &from) || !decimal_as_int(range->high.as.number, &to)) {
        return false;
    }
    *out = (struct eval_steps){from, to, are_days, false};
    bool is_up = from <= to;
    if (range->low_end == RANGE_OPEN || range->high_end == RANGE_OPEN) {
        int64_t first = range->low_end == RANGE_OPEN ? from + (is_up ? 1 : -1) : from;
        int64_t last = range->high_end == RANGE_OPEN ? to - (is_up ? 1 : -1) : to;
        *out = (struct eval_steps){first, last, are_days, from == to || (is_up ? first > last : first < last)};
    }
    return true;
}

static bool
over_ends(struct loop *l, uint32_t at, const struct op *o, const struct range *range)
{
    struct eval_steps steps;

    if (!eval_steps_of(range, &steps)) {
        return wrong(l, o, &range->low, &range->high);
    }
    return steps.are_none || over_steps(l, at, &steps);
}

static bool
loop_over(struct loop *l, uint32_t at)
{
    const struct op *o = &l->p->op[l->p->part[l->o->a + at]];
    struct range ends = {.low_end = RANGE_CLOSED, .high_end = RANGE_CLOSED};
    struct value room, other;

    if (!run_may_go_down(l->r)) {
        return false;
    }
    const struct value *v = eval_child(l->r, l->p, l->frame, o->a, &room);
    if (v == NULL) {
        return false;
    }
    if (o->b != 0) {
        const struct value *high = eval_child(l->r, l->p, l->frame, o->b, &other);
        if (high == NULL) {
            return false;
        }
        ends.low = *v;
        ends.high = *high;
        return over_ends(l, at, o, &ends);
    }
    if (v->kind == VALUE_LIST) {
        return over_list(l, at, v->as.list);
    }
    if (v->kind == VALUE_RANGE) {
        return over_ends(l, at, o, v->as.range);
    }
    if (v->kind == VALUE_NULL) {
        return wrong(l, o, v, NULL);
    }
    struct value alone = *v;
    return stand_at(l, at, &alone);
}

const struct value *
eval_for(EVAL_WHERE, const struct op *o, struct value *room)
{
    size_t slots = r->slots;
    struct frame inside;
    struct loop l = {.r = r, .p = p, .o = o, .outer = f, .iterators = o->b - 1,
                     .all = o->kind == OP_SOME ? TRI_FALSE : TRI_TRUE};

    l.frame = open_frame(r, f, o->b, (o->flags & OP_KEPT) != 0, &inside, &l.slot);
    if (l.frame == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < o->b; i++) {
        l.slot[i] = value_null();
    }
    bool is_good = loop_over(&l, 0);
    r->slots = slots;
    if (!is_good) {
        return NULL;
    }
    if (o->kind == OP_FOR && !l.is_wrong) {
        return give_list(r, l.result, l.count, room);
    }
    return give_tri(room, l.is_wrong ? TRI_NULL : l.all);
}
