/*
 * Cells of a decision table that are one number, range of numbers or boolean, as whole numbers: a whole number is above 0.5 just if
 * it is 1 or more.  So a column of them is asked without a branch for each cell, and what comes in at random is not guessed wrongly
 * rule after rule.  Values that are no whole numbers are not asked this way.
 */
#include "rule/dmn_eval_int.h"
#include "rule/program_cell_int.h"

/* The whole number at or below; false: past 64 bits. */
static bool
floor_of(struct decimal d, int64_t *out, bool *is_whole)
{
    struct decimal down;

    *is_whole = decimal_is_integer(d);
    return decimal_round(d, 0, DECIMAL_FLOOR, &down) && decimal_as_int(down, out) && *out > INT64_MIN && *out < INT64_MAX;
}

static bool
low_of(const struct range *cell, int64_t *out)
{
    bool is_whole;

    *out = INT64_MIN;
    if (cell->low_end == RANGE_UNBOUNDED) {
        return true;
    }
    if (!floor_of(cell->low.as.number, out, &is_whole)) {
        return false;
    }
    *out += !is_whole || cell->low_end == RANGE_OPEN;
    return true;
}

static bool
high_of(const struct range *cell, int64_t *out)
{
    bool is_whole;

    *out = INT64_MAX;
    if (cell->high_end == RANGE_UNBOUNDED) {
        return true;
    }
    if (!floor_of(cell->high.as.number, out, &is_whole)) {
        return false;
    }
    *out -= is_whole && cell->high_end == RANGE_OPEN;
    return true;
}

/* False: it is no such cell.  The kind of all is that of the first. */
static bool
take_cell(const struct program *p, enum value_kind *kind, int64_t *low, int64_t *high)
{
    const struct op *root = &p->op[p->root];

    if (root->kind != OP_CELLS || root->b != 1 || (root->flags & OP_NOT) != 0) {
        return false;
    }
    const struct range *cell = &p->cell[root->a];
    bool is_boolean = cell->form == RANGE_ONE && cell->low.kind == VALUE_BOOLEAN;
    enum value_kind own = is_boolean ? VALUE_BOOLEAN : VALUE_NUMBER;
    *kind = *kind == VALUE_NULL ? own : *kind;
    if (own != *kind) {
        return false;
    }
    if (is_boolean) {
        *low = *high = cell->low.as.truth;
        return true;
    }
    return cell->form != RANGE_ALL_BUT && cell_has_numbers(cell) && low_of(cell, low) && high_of(cell, high);
}

static bool
is_any(const struct program *p)
{
    return p == NULL || program_is_any(p);
}

enum made { MADE, NOT_MADE, NO_ROOM };

static enum made
make_column(struct arena *a, const struct dmn_table *t, size_t input, struct dmn_column *out)
{
    int64_t *low = arena_alloc(a, t->rules, sizeof(*low)), *high = arena_alloc(a, t->rules, sizeof(*high));
    uint64_t *any = arena_alloc(a, t->rules / DMN_BLOCK + 1, sizeof(*any));
    enum value_kind kind = VALUE_NULL;

    if (low == NULL || high == NULL || any == NULL) {
        return NO_ROOM;
    }
    for (size_t i = 0; i < t->rules; i++) {
        const struct program *cell = t->rule[i].input[input].program;
        if (is_any(cell)) {
            any[i / DMN_BLOCK] |= UINT64_C(1) << i % DMN_BLOCK;
        } else if (!take_cell(cell, &kind, &low[i], &high[i])) {
            return NOT_MADE;
        }
    }
    *out = (struct dmn_column){kind, low, high, any};
    return MADE;
}

bool
dmn_columns_make(struct arena *a, struct dmn_table *t)
{
    struct dmn_column *column = arena_alloc(a, t->inputs, sizeof(*column));
    enum made made = column == NULL ? NO_ROOM : MADE;

    t->column = column;
    while (made == MADE && t->columns < t->inputs) {
        made = make_column(a, t, t->columns, &column[t->columns]);
        t->columns += made == MADE;
    }
    return made != NO_ROOM;
}

bool
dmn_column_takes(const struct dmn_column *c, size_t first, size_t count, const struct value *v, uint64_t *takes)
{
    const int64_t *low = c->low + first, *high = c->high + first;
    uint64_t bits = 0;
    int64_t n;

    if (v->kind != c->kind) {
        return false;
    }
    if (v->kind == VALUE_BOOLEAN) {
        n = v->as.truth;
    } else if (!decimal_as_int(v->as.number, &n)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bits |= (uint64_t)((n >= low[i]) & (n <= high[i])) << i;
    }
    *takes = bits;
    return true;
}
