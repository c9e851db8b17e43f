/*
 * program_cell_int - what fills decision tables, without a call: tests against constants, and names and constants.
 */
#ifndef RULE_PROGRAM_CELL_INT_H
#define RULE_PROGRAM_CELL_INT_H

#include "rule/program_int.h"

/* The cell that takes everything: "-". */
static inline bool
program_is_any(const struct program *p)
{
    return p->op[p->root].kind == OP_ANY && (p->op[p->root].flags & OP_NOT) == 0;
}

/* program_value. */
static inline bool
program_gives(struct run *r, const struct program *p, const struct frame *frame, struct value *out)
{
    const struct op *root = &p->op[p->root];

    if (root->kind == OP_SLOT || root->kind == OP_CONSTANT) {
        *out = root->kind == OP_SLOT ? frame->slot[root->slot] : p->constant[root->slot];
        return true;
    }
    return program_value(r, p, frame, out);
}

/* Whether both ends of a cell are numbers, or none. */
static inline bool
cell_has_numbers(const struct range *cell)
{
    return (cell->low.kind == VALUE_NUMBER || cell->low_end == RANGE_UNBOUNDED) &&
           (cell->high.kind == VALUE_NUMBER || cell->high_end == RANGE_UNBOUNDED);
}

static inline bool
cell_takes_number(const struct range *cell, struct decimal n)
{
    int low = cell->low_end == RANGE_UNBOUNDED ? 1 : decimal_compare(n, cell->low.as.number);

    if (cell->form != RANGE_BETWEEN) {
        return (low == 0) == (cell->form == RANGE_ONE);
    }
    bool is_over = low > 0 || (low == 0 && cell->low_end == RANGE_CLOSED);
    if (!is_over || cell->high_end == RANGE_UNBOUNDED) {
        return is_over;
    }
    int high = decimal_compare(n, cell->high.as.number);
    return high < 0 || (high == 0 && cell->high_end == RANGE_CLOSED);
}

/*
 * Most cells of most tables hold one boolean, number, range of numbers or text: whether they take input is said here.  False: it is
 * more than that, and program_passes knows.
 */
static inline bool
program_is_simple(const struct program *p, const struct value *input, bool *passes)
{
    const struct op *root = &p->op[p->root];

    if (root->kind != OP_CELLS || root->b != 1 || (root->flags & OP_NOT) != 0) {
        return false;
    }
    const struct range *cell = &p->cell[root->a];
    if (input->kind == VALUE_NUMBER && cell_has_numbers(cell)) {
        *passes = cell_takes_number(cell, input->as.number);
        return true;
    }
    if (cell->form != RANGE_ONE || cell->low.kind != input->kind) {
        return false;
    }
    if (input->kind == VALUE_BOOLEAN) {
        *passes = input->as.truth == cell->low.as.truth;
        return true;
    }
    *passes = input->kind == VALUE_STRING && str_eq(input->as.text, cell->low.as.text);
    return input->kind == VALUE_STRING;
}

#endif
