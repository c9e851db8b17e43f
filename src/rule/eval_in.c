/*
 * Tests: what stands after in, and in the cells of decision tables (10.3.2.8, table 55).  A range holds a value, a list holds
 * it if one of its items does, a function says so, what asks ? is true or false by itself, and anything else is equal to it.
 */
#include "rule/eval_int.h"
#include "rule/program_cell_int.h"

/* --- against a range --------------------------------------------------------------------------- */

static bool
range_test(struct run *r, const struct range *range, const struct value *input, enum tri *out)
{
    int order;

    if (range->form != RANGE_BETWEEN) {
        if (!call_equal(r, input, &range->low, out)) {
            return false;
        }
        *out = range->form == RANGE_ONE ? *out : tri_not(*out);
        return true;
    }
    *out = TRI_TRUE;
    if (range->low_end != RANGE_UNBOUNDED) {
        if (!value_compare(*input, range->low, &order)) {
            *out = TRI_NULL;
        } else if (order < 0 || (order == 0 && range->low_end == RANGE_OPEN)) {
            *out = TRI_FALSE;
        }
    }
    if (range->high_end != RANGE_UNBOUNDED && *out != TRI_FALSE) {
        if (!value_compare(*input, range->high, &order)) {
            *out = TRI_NULL;
        } else if (order > 0 || (order == 0 && range->high_end == RANGE_OPEN)) {
            *out = TRI_FALSE;
        }
    }
    return true;
}

/* Tests that are constants: the first that is true, or else null if one is. */
bool
eval_cells(struct run *r, const struct range *cell, uint32_t count, const struct value *input, enum tri *out)
{
    enum tri t, all = TRI_FALSE;

    if (!run_count(r, count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct range *c = &cell[i];
        if (input->kind == VALUE_NUMBER && cell_has_numbers(c)) {
            t = cell_takes_number(c, input->as.number) ? TRI_TRUE : TRI_FALSE;
        } else if (input->kind == VALUE_STRING && c->form == RANGE_ONE && c->low.kind == VALUE_STRING) {
            t = input->as.text.len == c->low.as.text.len && str_eq(input->as.text, c->low.as.text) ? TRI_TRUE : TRI_FALSE;
        } else if (!range_test(r, c, input, &t)) {
            return false;
        }
        if (t == TRI_TRUE) {
            *out = t;
            return true;
        }
        all = t == TRI_NULL ? t : all;
    }
    *out = all;
    return true;
}

/* --- against any value ------------------------------------------------------------------------- */

/* One of them is enough; what cannot be compared is not it. */
static bool
list_test(struct run *r, const struct list *list, const struct value *input, enum tri *out)
{
    enum tri t;

    for (size_t i = 0; i < list->count; i++) {
        const struct value *item = &list->item[i];
        if (!call_equal(r, input, item, &t) ||
            (t != TRI_TRUE && item->kind == VALUE_RANGE && !range_test(r, item->as.range, input, &t))) {
            return false;
        }
        if (t == TRI_TRUE) {
            *out = TRI_TRUE;
            return true;
        }
    }
    if (input->kind == VALUE_LIST) {
        const struct value whole = {.kind = VALUE_LIST, .as.list = list};
        if (!call_equal(r, input, &whole, &t)) {
            return false;
        }
        *out = t == TRI_TRUE ? TRI_TRUE : TRI_FALSE;
        return true;
    }
    *out = TRI_FALSE;
    return true;
}

static bool
value_test(struct run *r, const struct value *test, bool asks_input, const struct value *input, enum tri *out)
{
    struct value said;

    if (asks_input && (test->kind == VALUE_BOOLEAN || test->kind == VALUE_NULL)) {
        *out = tri_of(test);
        return true;
    }
    switch (test->kind) {
    case VALUE_RANGE:
        if (input->kind == VALUE_RANGE) {
            return call_equal(r, input, test, out);
        }
        return range_test(r, test->as.range, input, out);
    case VALUE_LIST: return list_test(r, test->as.list, input, out);
    case VALUE_FUNCTION:
        if (!function_call(r, test->as.function, input, 1, &said)) {
            return false;
        }
        *out = tri_of(&said);
        return true;
    case VALUE_BOOLEAN:
        if (input->kind != VALUE_BOOLEAN && input->kind != VALUE_NULL) { /* it is about something else, and says so */
            *out = tri_of(test);
            return true;
        }
        return call_equal(r, input, test, out);
    case VALUE_NULL:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_DATE:
    case VALUE_TIME:
    case VALUE_DATE_TIME:
    case VALUE_DAYS_DURATION:
    case VALUE_MONTHS_DURATION:
    case VALUE_CONTEXT:
    case VALUE_KINDS: break;
    }
    return call_equal(r, input, test, out);
}

/* --- nodes ------------------------------------------------------------------------------------- */

static bool
tests(EVAL_WHERE, const struct op *o, const struct value *input, enum tri *out)
{
    enum tri t, all = TRI_FALSE;

    for (uint32_t i = 0; i < o->b && all != TRI_TRUE; i++) {
        if (!eval_test(r, p, f, p->part[o->a + i], input, &t)) {
            return false;
        }
        all = t == TRI_TRUE || all != TRI_NULL ? t : all;
    }
    *out = (o->flags & OP_NOT) != 0 ? tri_not(all) : all;
    return true;
}

/* < a, where a is no constant: no range is made of it. */
static bool
sign_test(EVAL_WHERE, const struct op *o, const struct value *input, enum tri *out)
{
    struct value room;
    const struct value *v = eval_child(r, p, f, o->a, &room);
    int order;

    if (v == NULL) {
        return false;
    }
    if (o->depth == NODE_TEST_EQUAL || o->depth == NODE_TEST_UNEQUAL) {
        if (!call_equal(r, input, v, out)) {
            return false;
        }
        *out = o->depth == NODE_TEST_EQUAL ? *out : tri_not(*out);
        return true;
    }
    if (!value_compare(*input, *v, &order)) {
        *out = TRI_NULL;
        return true;
    }
    bool is_true = o->depth == NODE_TEST_LESS         ? order < 0
                   : o->depth == NODE_TEST_LESS_EQUAL ? order <= 0
                   : o->depth == NODE_TEST_GREATER    ? order > 0
                                                      : order >= 0;
    *out = is_true ? TRI_TRUE : TRI_FALSE;
    return true;
}

/* > 5 and < 10 are two tests of one value. */
static bool
both_test(EVAL_WHERE, const struct op *o, const struct value *input, enum tri *out)
{
    enum tri decides = o->kind == OP_AND ? TRI_FALSE : TRI_TRUE, left, right;

    if (!eval_test(r, p, f, o->a, input, &left)) {
        return false;
    }
    if (left == decides) {
        *out = left;
        return true;
    }
    if (!eval_test(r, p, f, o->b, input, &right)) {
        return false;
    }
    *out = right == decides || right == TRI_NULL ? right : left;
    return true;
}

bool
eval_test(EVAL_WHERE, uint32_t node, const struct value *input, enum tri *out)
{
    const struct op *o = &p->op[node];
    struct value room;

    if (!run_node(r)) {
        return false;
    }
    switch (o->kind) {
    case OP_ANY: *out = TRI_TRUE; return true;
    case OP_CELLS:
        if (!eval_cells(r, p->cell + o->a, o->b, input, out)) {
            return false;
        }
        *out = (o->flags & OP_NOT) != 0 ? tri_not(*out) : *out;
        return true;
    case OP_TESTS: return tests(r, p, f, o, input, out);
    case OP_TEST: return sign_test(r, p, f, o, input, out);
    case OP_AND:
    case OP_OR:
        if ((o->flags & OP_SIGNS) != 0) {
            return both_test(r, p, f, o, input, out);
        }
        break;
    default: break;
    }
    const struct value *test = eval(r, p, f, node, &room);
    if (o->kind == OP_RANGE && test != NULL && test->kind == VALUE_NULL) { /* a range that is none holds nobody knows what */
        *out = TRI_NULL;
        return true;
    }
    return test != NULL && value_test(r, test, (o->flags & OP_ASKS_INPUT) != 0, input, out);
}

const struct value *
eval_in(EVAL_WHERE, const struct op *o, struct value *room)
{
    struct value input;
    const struct value *v = eval_child(r, p, f, o->a, &input);
    enum tri t;

    if (v == NULL) {
        return NULL;
    }
    const struct frame frame = {f, v}; /* nothing that is made in a test outlives it */
    if (!eval_test(r, p, &frame, o->b, v, &t)) {
        return NULL;
    }
    if (t == TRI_NULL) {
        eval_note_kinds(r, p, o, "in", v, NULL);
    }
    return give_tri(room, t);
}
