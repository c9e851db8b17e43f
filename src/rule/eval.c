/*
 * The walk.  What is small is done here, and everything else by a function of another file that is not inlined, so that the
 * stack of a deep expression holds little but return addresses.
 */
#include "rule/eval_int.h"

#include <string.h>

/* --- notes ------------------------------------------------------------------------------------- */

void
eval_note(struct run *r, const struct program *p, const struct op *o, enum note_kind kind, struct str first,
          struct str second)
{
    run_place(r, p->tree.text, o->at);
    run_note(r, kind, first, second);
}

void
eval_note_kinds(struct run *r, const struct program *p, const struct op *o, const char *what, const struct value *a,
                const struct value *b)
{
    char kinds[NOTE_WORD_MAX];
    struct buf text = {.ptr = kinds, .cap = sizeof(kinds), .limit_bytes = sizeof(kinds)};

    if (r->notes == NOTES_KEPT) {
        return;
    }
    buf_put(&text, value_kind_name(a->kind));
    if (b != NULL) {
        buf_put(&text, STR(", "));
        buf_put(&text, value_kind_name(b->kind));
    }
    eval_note(r, p, o, NOTE_KINDS, str_of(what), (struct str){kinds, text.len});
}

/* --- names ------------------------------------------------------------------------------------- */

static const struct frame *
frame_at(const struct frame *f, unsigned depth)
{
    while (depth > 0) {
        f = f->outer;
        depth--;
    }
    return f;
}

static const struct value null_value = {.kind = VALUE_NULL};

__attribute__((noinline)) static const struct value *
eval_member(const struct program *p, const struct frame *f, const struct op *o)
{
    const struct value *item = &frame_at(f, o->depth)->slot[0];
    const struct value *member =
        item->kind == VALUE_CONTEXT ? eval_find(item->as.context, p->constant[o->slot].as.text) : NULL;

    return member != NULL ? member : &null_value;
}

__attribute__((noinline)) static const struct value *
eval_ask(EVAL_WHERE, const struct op *o, struct value *room)
{
    for (uint32_t i = 0; i < o->b; i++) {
        const struct value *item = &frame_at(f, p->part[o->a + i])->slot[0];
        const struct value *member =
            item->kind == VALUE_CONTEXT ? eval_find(item->as.context, p->constant[o->slot].as.text) : NULL;
        if (member != NULL) {
            return member;
        }
    }
    return eval(r, p, f, o->c, room);
}

__attribute__((noinline)) static const struct value *
eval_nothing(struct run *r, const struct program *p, const struct op *o, enum note_kind kind)
{
    eval_note(r, p, o, kind, p->constant[o->slot].as.text, STR(""));
    return &null_value;
}

/* --- logic ------------------------------------------------------------------------------------- */

/* What decides is false for and, true for or; else null is stronger than the other. */
__attribute__((noinline)) static const struct value *
eval_logic(EVAL_WHERE, const struct op *o, struct value *room)
{
    enum tri decides = o->kind == OP_AND ? TRI_FALSE : TRI_TRUE;
    const struct value *v = eval_child(r, p, f, o->a, room);

    if (v == NULL) {
        return NULL;
    }
    enum tri left = tri_of(v);
    if (left == decides) {
        return give_tri(room, decides);
    }
    v = eval_child(r, p, f, o->b, room);
    if (v == NULL) {
        return NULL;
    }
    enum tri right = tri_of(v);
    return give_tri(room, right == decides || right == TRI_NULL ? right : left);
}

/* --- tests where a value is asked -------------------------------------------------------------- */

__attribute__((noinline)) static const struct value *
eval_tests(EVAL_WHERE, uint32_t node, struct value *room)
{
    enum tri t;

    return eval_test(r, p, f, node, f != NULL ? &f->slot[0] : &null_value, &t) ? give_tri(room, t) : NULL;
}

__attribute__((noinline)) static const struct value *
eval_instance(EVAL_WHERE, const struct op *o, struct value *room)
{
    const struct value *v = eval_child(r, p, f, o->a, room);
    const struct type *t = p->type[o->slot];

    if (v == NULL) {
        return NULL;
    }
    bool is;
    return !type_is(r, t, *v, &is) ? NULL : give_tri(room, is ? TRI_TRUE : TRI_FALSE);
}

/* --- the walk ---------------------------------------------------------------------------------- */

static const struct value *
eval_if(EVAL_WHERE, const struct op *o, struct value *room)
{
    const struct value *v = eval_child(r, p, f, o->a, room);

    return v == NULL ? NULL : eval_child(r, p, f, value_is_true(*v) ? o->b : o->c, room);
}

const struct value *
eval(EVAL_WHERE, uint32_t node, struct value *room)
{
    const struct op *o = &p->op[node];

    if (!run_node(r)) {
        return NULL;
    }
    switch ((enum op_kind)o->kind) {
    case OP_CONSTANT: return &p->constant[o->slot];
    case OP_SLOT: return &f->slot[o->slot];
    case OP_SLOT_OUT: return &frame_at(f, o->depth)->slot[o->slot];
    case OP_MEMBER: return eval_member(p, f, o);
    case OP_ASK: return eval_ask(r, p, f, o, room);
    case OP_UNKNOWN: return eval_nothing(r, p, o, NOTE_UNKNOWN_NAME);
    case OP_LITERAL: return eval_nothing(r, p, o, NOTE_LITERAL);
    case OP_TWICE: return eval_nothing(r, p, o, NOTE_TWICE);
    case OP_OR:
    case OP_AND: return eval_logic(r, p, f, o, room);
    case OP_EQUAL:
    case OP_UNEQUAL:
    case OP_LESS:
    case OP_LESS_EQUAL:
    case OP_GREATER:
    case OP_GREATER_EQUAL: return eval_compare(r, p, f, o, room);
    case OP_BETWEEN: return eval_between(r, p, f, o, room);
    case OP_IN: return eval_in(r, p, f, o, room);
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_MULTIPLY:
    case OP_DIVIDE:
    case OP_POWER: return eval_arithmetic(r, p, f, o, room);
    case OP_NEGATE: return eval_negate(r, p, f, o, room);
    case OP_INSTANCE: return eval_instance(r, p, f, o, room);
    case OP_PATH: return eval_path(r, p, f, o, room);
    case OP_FILTER: return eval_filter(r, p, f, o, room);
    case OP_CALL: return eval_call(r, p, f, o, room);
    case OP_CALL_NAMED: return eval_call_named(r, p, f, o, room);
    case OP_CALL_ROWS: return eval_call_rows(r, p, f, o, room);
    case OP_LIST: return eval_list(r, p, f, o, room);
    case OP_CONTEXT: return eval_context(r, p, f, o, room);
    case OP_RANGE: return eval_range(r, p, f, o, room);
    case OP_TEST: return eval_test_value(r, p, f, o, room);
    case OP_IF: return eval_if(r, p, f, o, room);
    case OP_FOR:
    case OP_SOME:
    case OP_EVERY: return eval_for(r, p, f, o, room);
    case OP_FUNCTION: return eval_function(r, p, f, o, room);
    case OP_TESTS:
    case OP_CELLS:
    case OP_ANY: return eval_tests(r, p, f, node, room);
    case OP_NULL:
    case OP_ITERATOR: break; /* parts of others, which are never asked for their value */
    }
    return &null_value;
}

/* --- doors ------------------------------------------------------------------------------------- */

bool
program_value(struct run *r, const struct program *p, const struct frame *frame, struct value *out)
{
    size_t slots = r->slots;
    const struct value *v = eval_child(r, p, frame, p->root, out);

    r->slots = slots;
    if (v != NULL && v != out) {
        *out = *v;
    }
    return v != NULL;
}

bool
program_passes(struct run *r, const struct program *p, const struct frame *frame, const struct value *input, bool *passes)
{
    const struct op *root = &p->op[p->root];
    enum tri t;
    bool is_good;

    if (root->kind == OP_CELLS) { /* most of all tables, which need no frame */
        is_good = eval_cells(r, p->cell + root->a, root->b, input, &t);
        t = (root->flags & OP_NOT) != 0 ? tri_not(t) : t;
    } else {
        const struct frame inner = {frame, input};
        size_t slots = r->slots;
        is_good = eval_test(r, p, &inner, p->root, input, &t);
        r->slots = slots;
    }
    *passes = is_good ? t == TRI_TRUE : *passes;
    return is_good;
}

enum rc
program_run(struct run *r, const struct program *p, const struct frame *frame, struct value *out, struct err *err)
{
    struct value made;

    if (!program_value(r, p, frame, &made)) {
        return run_rc(r, err);
    }
    *out = made;
    return RC_OK;
}

enum rc
program_test(struct run *r, const struct program *p, const struct frame *frame, struct value input, bool *passes,
             struct err *err)
{
    return program_passes(r, p, frame, &input, passes) ? RC_OK : run_rc(r, err);
}
