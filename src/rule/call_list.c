/*
 * Functions of lists (DMN 1.5, 10.3.4.4).  Positions count from 1, from the end if they are negative; one that is not in the list
 * makes null.
 *
 * Each walks its lists once and counts an item as a step.  distinct values and union find what they have seen by a hash, so they do
 * so too unless many items have one hash; then each comparison counts.
 */
#include <string.h>

#include "rule/call_int.h"

bool
call_whole(struct value number, int64_t *out)
{
    struct decimal whole;

    return decimal_round(number.as.number, 0, DECIMAL_DOWN, &whole) && decimal_as_int(whole, out);
}

/* A list that is being filled.  Its room is asked for at once, since no function makes more than it is given. */
struct filling {
    struct list *list;
    struct value *item;
};

static bool
fill_begin(struct run *r, size_t most, struct filling *f)
{
    f->list = arena_alloc(run_arena(r), 1, sizeof(*f->list));
    f->item = arena_alloc(run_arena(r), most > 0 ? most : 1, sizeof(*f->item));
    if (f->list == NULL || f->item == NULL) {
        return run_full(r);
    }
    f->list->item = f->item;
    return run_step(r, most);
}

static void
fill(struct filling *f, struct value v)
{
    f->item[f->list->count++] = v;
}

static void
fill_from(struct filling *f, const struct value *item, size_t count)
{
    if (count > 0) {
        memcpy(f->item + f->list->count, item, count * sizeof(*item));
        f->list->count += count;
    }
}

static bool
fill_end(const struct filling *f, struct value *out)
{
    *out = (struct value){.kind = VALUE_LIST, .as.list = f->list};
    return true;
}

/* *at counts from 0; false if it is not in the list. */
static bool
position_in(const struct list *l, struct value position, size_t *at)
{
    int64_t n;

    if (!call_whole(position, &n) || n == 0 || (n > 0 ? (uint64_t)n : -(uint64_t)n) > l->count) {
        return false;
    }
    *at = n > 0 ? (size_t)n - 1 : l->count - (size_t)-n;
    return true;
}

/* --- finding ------------------------------------------------------------------------------------- */

static bool
count_items(struct run *r, const struct value *argument, struct value *out)
{
    *out = value_of_int((int64_t)argument[0].as.list->count);
    return run_step(r, 1);
}

static bool
list_contains(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    enum tri equal = TRI_FALSE;

    for (size_t i = 0; i < l->count && equal != TRI_TRUE; i++) {
        if (!call_equal(r, &l->item[i], &argument[1], &equal) || !run_step(r, 1)) {
            return false;
        }
    }
    *out = value_of_bool(equal == TRI_TRUE);
    return true;
}

static bool
index_of(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    struct filling f;

    if (!fill_begin(r, l->count, &f)) {
        return false;
    }
    for (size_t i = 0; i < l->count; i++) {
        enum tri equal;
        if (!call_equal(r, &l->item[i], &argument[1], &equal)) {
            return false;
        }
        if (equal == TRI_TRUE) {
            fill(&f, value_of_int((int64_t)i + 1));
        }
    }
    return fill_end(&f, out);
}

/* --- parts --------------------------------------------------------------------------------------- */

/* A length that goes past the end ends there. */
static bool
sublist(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    int64_t length = INT64_MAX;
    struct filling f;
    size_t at;

    if (!position_in(l, argument[1], &at)) {
        return call_refused(r, "sublist", argument[1]);
    }
    if (argument[2].kind != VALUE_NULL && (!call_whole(argument[2], &length) || length < 0)) {
        return call_refused(r, "sublist", argument[2]);
    }
    size_t count = (uint64_t)length < l->count - at ? (size_t)length : l->count - at;
    if (!fill_begin(r, count, &f)) {
        return false;
    }
    fill_from(&f, l->item + at, count);
    return fill_end(&f, out);
}

static bool
remove_item(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    struct filling f;
    size_t at;

    if (!position_in(l, argument[1], &at)) {
        return call_refused(r, "remove", argument[1]);
    }
    if (!fill_begin(r, l->count, &f)) {
        return false;
    }
    fill_from(&f, l->item, at);
    fill_from(&f, l->item + at + 1, l->count - at - 1);
    return fill_end(&f, out);
}

static bool
insert_before(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    struct filling f;
    size_t at;

    if (!position_in(l, argument[1], &at)) {
        return call_refused(r, "insert before", argument[1]);
    }
    if (!fill_begin(r, l->count + 1, &f)) {
        return false;
    }
    fill_from(&f, l->item, at);
    fill(&f, argument[2]);
    fill_from(&f, l->item + at, l->count - at);
    return fill_end(&f, out);
}

static bool
replace_at(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    struct filling f;
    size_t at;

    if (!position_in(l, argument[1], &at)) {
        return call_refused(r, "list replace", argument[1]);
    }
    if (!fill_begin(r, l->count, &f)) {
        return false;
    }
    fill_from(&f, l->item, l->count);
    f.item[at] = argument[2];
    return fill_end(&f, out);
}

/* Those items for which the function is true, given the item and the new one. */
static bool
replace_matching(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    struct filling f;

    if (!fill_begin(r, l->count, &f)) {
        return false;
    }
    for (size_t i = 0; i < l->count; i++) {
        struct value given[] = {l->item[i], argument[2]}, matches = value_null();
        if (!function_call(r, argument[1].as.function, given, 2, &matches)) {
            return false;
        }
        if (matches.kind != VALUE_BOOLEAN) {
            return call_refused(r, "list replace", matches);
        }
        fill(&f, matches.as.truth ? argument[2] : l->item[i]);
    }
    return fill_end(&f, out);
}

static bool
reverse(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *l = argument[0].as.list;
    struct filling f;

    if (!fill_begin(r, l->count, &f)) {
        return false;
    }
    for (size_t i = l->count; i > 0; i--) {
        fill(&f, l->item[i - 1]);
    }
    return fill_end(&f, out);
}

/* --- several lists ------------------------------------------------------------------------------- */

/* One value where a list is asked is a list of one; null is none. */
static struct list
as_list(const struct value *v)
{
    return v->kind == VALUE_LIST ? *v->as.list : (struct list){1, v};
}

/* The arguments gathered: a list and the items for its end. */
static bool
append(struct run *r, const struct value *argument, struct value *out)
{
    const struct list *all = argument[0].as.list;
    struct filling f;

    if (all->count == 0 || all->item[0].kind == VALUE_NULL) {
        return call_refused(r, "append", value_null());
    }
    struct list l = as_list(&all->item[0]);
    if (!fill_begin(r, l.count + all->count - 1, &f)) {
        return false;
    }
    fill_from(&f, l.item, l.count);
    fill_from(&f, all->item + 1, all->count - 1);
    return fill_end(&f, out);
}

static bool
append_one(struct run *r, const struct value *argument, struct value *out)
{
    struct list both = {2, argument};
    struct value gathered = {.kind = VALUE_LIST, .as.list = &both};

    return append(r, &gathered, out);
}

/* The items of all lists that were given.  False with is_refused: one was null. */
static bool
gather(struct run *r, const char *name, const struct list *all, struct filling *f, bool *is_refused)
{
    size_t count = 0;

    *is_refused = false;
    for (size_t i = 0; i < all->count; i++) {
        if (all->item[i].kind == VALUE_NULL) {
            *is_refused = true;
            return call_refused(r, name, all->item[i]);
        }
        count += as_list(&all->item[i]).count;
    }
    if (!fill_begin(r, count, f)) {
        return false;
    }
    for (size_t i = 0; i < all->count; i++) {
        struct list l = as_list(&all->item[i]);
        fill_from(f, l.item, l.count);
    }
    return true;
}

static bool
concatenate(struct run *r, const struct value *argument, struct value *out)
{
    struct filling f;
    bool is_refused;

    return gather(r, "concatenate", argument[0].as.list, &f, &is_refused) && (is_refused || fill_end(&f, out));
}

/* Items by their hash: an open table of places counted from 1, at least half of it empty. */
struct seen {
    size_t *place;
    uint64_t *hash; /* of the item at each place */
    size_t mask;
};

static bool
seen_begin(struct run *r, size_t count, struct seen *s)
{
    size_t slots = 8;

    while (slots < 2 * count) {
        slots *= 2;
    }
    s->mask = slots - 1;
    s->place = arena_alloc(run_arena(r), slots, sizeof(*s->place));
    s->hash = arena_alloc(run_arena(r), count > 0 ? count : 1, sizeof(*s->hash));
    return s->place != NULL && s->hash != NULL ? true : run_full(r);
}

/* Puts v into f unless it has an equal one. */
static bool
seen_fill(struct run *r, struct seen *s, struct filling *f, const struct value *v)
{
    uint64_t hash = value_hash(*v);
    size_t slot = hash & s->mask;

    for (; s->place[slot] != 0; slot = (slot + 1) & s->mask) {
        size_t at = s->place[slot] - 1;
        enum tri equal = TRI_FALSE;
        if (!run_step(r, 1) || (s->hash[at] == hash && !call_equal(r, &f->item[at], v, &equal))) {
            return false;
        }
        if (equal == TRI_TRUE) {
            return true;
        }
    }
    s->hash[f->list->count] = hash;
    fill(f, *v);
    s->place[slot] = f->list->count;
    return true;
}

/* The first of each, in their order. */
static bool
distinct(struct run *r, const struct value *item, size_t count, struct value *out)
{
    struct filling f;
    struct seen seen;

    if (!fill_begin(r, count, &f) || !seen_begin(r, count, &seen)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!seen_fill(r, &seen, &f, &item[i])) {
            return false;
        }
    }
    return fill_end(&f, out);
}

static bool
distinct_values(struct run *r, const struct value *argument, struct value *out)
{
    return distinct(r, argument[0].as.list->item, argument[0].as.list->count, out);
}

static bool
union_of(struct run *r, const struct value *argument, struct value *out)
{
    struct filling f;
    bool is_refused;

    return gather(r, "union", argument[0].as.list, &f, &is_refused) &&
           (is_refused || distinct(r, f.item, f.list->count, out));
}

/* --- flatten ------------------------------------------------------------------------------------- */

/* Lists that are being walked, outermost first: they may nest as deep as memory allows. */
struct walk {
    const struct list *list;
    size_t next;
};
struct walks {
    struct walk *walk;
    size_t count, room;
};

void *
call_longer(struct run *r, void *array, size_t *room, size_t size)
{
    size_t more = *room * 2 + 16;
    void *moved = arena_grow(run_arena(r), array, *room * size, more * size);

    if (moved == NULL) {
        (void)run_full(r);
        return NULL;
    }
    *room = more;
    return moved;
}

static bool
walk_into(struct run *r, struct walks *w, const struct list *l)
{
    if (w->count == w->room) {
        struct walk *more = call_longer(r, w->walk, &w->room, sizeof(*more));
        if (more == NULL) {
            return false;
        }
        w->walk = more;
    }
    w->walk[w->count++] = (struct walk){l, 0};
    return true;
}

static bool
flatten(struct run *r, const struct value *argument, struct value *out)
{
    struct list *flat = arena_alloc(run_arena(r), 1, sizeof(*flat));
    struct walks w = {.walk = NULL};
    struct value *item = NULL;
    size_t room = 0;

    if (flat == NULL) {
        return run_full(r);
    }
    if (!walk_into(r, &w, argument[0].as.list)) {
        return false;
    }
    while (w.count > 0) {
        struct walk *in = &w.walk[w.count - 1];
        const struct value *v = in->next < in->list->count ? &in->list->item[in->next++] : NULL;
        if (!run_step(r, 1)) {
            return false;
        }
        if (v == NULL) {
            w.count--;
        } else if (v->kind == VALUE_LIST) {
            if (!walk_into(r, &w, v->as.list)) {
                return false;
            }
        } else {
            if (flat->count == room && (item = call_longer(r, item, &room, sizeof(*item))) == NULL) {
                return false;
            }
            item[flat->count++] = *v;
        }
    }
    flat->item = item;
    *out = (struct value){.kind = VALUE_LIST, .as.list = flat};
    return true;
}

/* --- sort ---------------------------------------------------------------------------------------- */

struct sorting {
    const struct function *precedes;
    bool *is_refused;
};

/* A function that says neither true nor false is asked no more, and there is no sorted list. */
static bool
before(struct run *r, const void *ctx, const struct value *b, const struct value *a, bool *is_before)
{
    const struct sorting *s = ctx;
    struct value given[] = {*b, *a}, precedes = value_null();

    if (!function_call(r, s->precedes, given, 2, &precedes)) {
        return false;
    }
    if (precedes.kind != VALUE_BOOLEAN) {
        *s->is_refused = call_refused(r, "sort", precedes);
        return false;
    }
    *is_before = precedes.as.truth;
    return true;
}

static bool
sort(struct run *r, const struct value *argument, struct value *out)
{
    bool is_refused = false;
    struct sorting s = {argument[1].as.function, &is_refused};
    const struct list *l = argument[0].as.list;
    struct filling f;

    if (!fill_begin(r, l->count, &f)) {
        return false;
    }
    fill_from(&f, l->item, l->count);
    if (!call_sort(r, f.item, l->count, before, &s)) {
        return is_refused;
    }
    return fill_end(&f, out);
}

#define LIST {"list", TAKES(LIST)}
#define POSITION {"position", TAKES(NUMBER)}
#define NEW_ITEM {"newItem", TAKES_ANY}
const struct call_row call_list_rows[] = {
    {BUILTIN_LIST_CONTAINS, list_contains, false, {LIST, {"element", TAKES_ANY}}},
    {BUILTIN_LIST_REPLACE, replace_at, false, {LIST, POSITION, NEW_ITEM}},
    {BUILTIN_LIST_REPLACE, replace_matching, false, {LIST, {"match", TAKES(FUNCTION)}, NEW_ITEM}},
    {BUILTIN_COUNT, count_items, false, {LIST}},
    {BUILTIN_SUBLIST, sublist, false, {LIST, {"start position", TAKES(NUMBER)}, {"length", TAKES(NUMBER) | TAKES_OPTIONAL}}},
    {BUILTIN_APPEND, append_one, false, {LIST, {"item", TAKES_ANY}}},
    {BUILTIN_APPEND, append, true, {LIST}},
    {BUILTIN_CONCATENATE, concatenate, true, {LIST}},
    {BUILTIN_INSERT_BEFORE, insert_before, false, {LIST, POSITION, NEW_ITEM}},
    {BUILTIN_REMOVE, remove_item, false, {LIST, POSITION}},
    {BUILTIN_REVERSE, reverse, false, {LIST}},
    {BUILTIN_INDEX_OF, index_of, false, {LIST, {"match", TAKES_ANY}}},
    {BUILTIN_UNION, union_of, true, {LIST}},
    {BUILTIN_DISTINCT_VALUES, distinct_values, false, {LIST}},
    {BUILTIN_FLATTEN, flatten, false, {LIST}},
    {BUILTIN_SORT, sort, false, {LIST, {"precedes", TAKES(FUNCTION)}}},
    {.call = NULL},
};
