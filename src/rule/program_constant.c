/*
 * Tests told to whoever analyses tables, as long as they are constants and ranges of constants.
 */
#include "rule/program_int.h"

#include <string.h>

struct gathered {
    struct arena *arena;
    struct value *item;
    size_t count, room;
    bool is_plain; /* constants and ranges, and nothing else */
};

static bool
gather(struct gathered *g, const struct value *v)
{
    if (g->count == g->room) {
        size_t room = g->room == 0 ? 4 : g->room * 2;
        struct value *item = arena_alloc(g->arena, room, sizeof(*item));
        if (item == NULL) {
            g->is_plain = false;
            return false;
        }
        if (g->count > 0) {
            memcpy(item, g->item, g->count * sizeof(*item));
        }
        g->item = item;
        g->room = room;
    }
    g->item[g->count++] = *v;
    return true;
}

/* = 5 is 5; all but 5 is none of these. */
static bool
gather_range(struct gathered *g, const struct range *range)
{
    const struct value v = {.kind = VALUE_RANGE, .as.range = range};

    g->is_plain = g->is_plain && range->form != RANGE_ALL_BUT;
    return gather(g, range->form == RANGE_ONE ? &range->low : &v);
}

static bool
gather_constant(struct gathered *g, const struct value *v)
{
    bool is_good = true;

    if (v->kind == VALUE_RANGE) {
        return gather_range(g, v->as.range);
    }
    if (v->kind == VALUE_LIST) {
        for (size_t i = 0; i < v->as.list->count && is_good; i++) {
            const struct value *item = &v->as.list->item[i];
            is_good = item->kind == VALUE_RANGE ? gather_range(g, item->as.range) : gather(g, item);
        }
        return is_good;
    }
    g->is_plain = g->is_plain && v->kind != VALUE_FUNCTION;
    return gather(g, v);
}

bool
program_constants(struct arena *a, const struct program *p, bool *is_negated, const struct list **out)
{
    const struct op *o = &p->op[p->root];
    struct gathered g = {.arena = a, .is_plain = true};
    bool negated = (o->flags & OP_NOT) != 0;

    if (o->kind == OP_CELLS && o->b == 1 && p->cell[o->a].form == RANGE_ALL_BUT) {
        (void)gather(&g, &p->cell[o->a].low);
        negated = !negated;
    } else if (o->kind == OP_CELLS) {
        for (uint32_t i = 0; i < o->b && g.is_plain; i++) {
            (void)gather_range(&g, &p->cell[o->a + i]);
        }
    } else if (o->kind == OP_TESTS) {
        for (uint32_t i = 0; i < o->b && g.is_plain; i++) {
            const struct op *test = &p->op[p->part[o->a + i]];
            g.is_plain = test->kind == OP_CONSTANT && gather_constant(&g, &p->constant[test->slot]);
        }
    } else {
        g.is_plain = o->kind == OP_ANY;
        negated = true;
    }
    const struct list *list = g.is_plain ? list_of(a, g.item, g.count) : NULL;
    if (list == NULL) {
        return false;
    }
    *is_negated = negated;
    *out = list;
    return true;
}

const struct value *
program_constant(const struct program *p)
{
    const struct op *o = &p->op[p->root];

    return o->kind == OP_CONSTANT ? &p->constant[o->slot] : NULL;
}
