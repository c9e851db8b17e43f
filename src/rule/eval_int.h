/*
 * eval_int - shared by the files of the evaluator: eval.c walks, eval_operator.c calculates and compares, eval_in.c tests,
 * eval_path.c looks into values, eval_list.c makes and goes through lists and contexts, function.c calls.
 *
 * Whoever evaluates gives back where the value lies: in room, or in a frame or among the constants, where it stays for as long as
 * they do.  NULL: a limit of the run is passed.
 */
#ifndef RULE_EVAL_INT_H
#define RULE_EVAL_INT_H

#include <string.h>

#include "rule/program_int.h"

/* Everything that a node is evaluated in. */
#define EVAL_WHERE struct run *r, const struct program *p, const struct frame *f

const struct value *eval(EVAL_WHERE, uint32_t node, struct value *room);

const struct value *eval_compare(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_between(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_arithmetic(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_negate(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_range(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_test_value(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_in(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_path(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_filter(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_list(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_context(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_for(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_function(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_call(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_call_named(EVAL_WHERE, const struct op *o, struct value *room);
const struct value *eval_call_rows(EVAL_WHERE, const struct op *o, struct value *room);

/* call.c: with the rows that call_rows has found. */
bool call_by_position(struct run *r, const struct call_row *row, size_t rows, const struct value *argument, size_t count,
                      struct value *out);
bool call_by_name(struct run *r, const struct call_row *row, size_t rows, const struct entry *argument, size_t count,
                  struct value *out);

/* Whether input passes the test at node.  False: a limit. */
bool eval_test(EVAL_WHERE, uint32_t node, const struct value *input, enum tri *out);
bool eval_cells(struct run *r, const struct range *cell, uint32_t count, const struct value *input, enum tri *out);

/* eval_list.c: the item at index, from 1, or from the end below zero; null if there is none. */
const struct value *eval_at(const struct value *from, size_t count, const struct value *index, struct value *room);
/* What for goes through when it is given a range: whole numbers or days, up or down. */
struct eval_steps {
    int64_t from, to;
    bool are_days, are_none;
};
bool eval_steps_of(const struct range *range, struct eval_steps *out); /* false: it has no steps */
bool eval_step_value(struct run *r, bool are_days, int64_t step, struct value *out);

/* Why o is null here. */
void eval_note(struct run *r, const struct program *p, const struct op *o, enum note_kind kind, struct str first,
               struct str second);
/* "what" cannot be done with these kinds. */
void eval_note_kinds(struct run *r, const struct program *p, const struct op *o, const char *what, const struct value *a,
                     const struct value *b);

static inline enum tri
tri_of(const struct value *v)
{
    return v->kind != VALUE_BOOLEAN ? TRI_NULL : v->as.truth ? TRI_TRUE : TRI_FALSE;
}

/* Written part by part, for what is put together elsewhere and moved as a whole waits for its parts. */
static inline const struct value *
give_null(struct value *room)
{
    room->kind = VALUE_NULL;
    return room;
}

static inline const struct value *
give_bool(struct value *room, bool truth)
{
    room->kind = VALUE_BOOLEAN;
    room->as.truth = truth;
    return room;
}

static inline const struct value *
give_tri(struct value *room, enum tri t)
{
    return t == TRI_NULL ? give_null(room) : give_bool(room, t == TRI_TRUE);
}

static inline const struct value *
give_number(struct value *room, struct decimal n)
{
    room->kind = VALUE_NUMBER;
    room->as.number = n;
    return room;
}

static inline enum tri
tri_not(enum tri t)
{
    return t == TRI_NULL ? TRI_NULL : t == TRI_TRUE ? TRI_FALSE : TRI_TRUE;
}

/* context_find, with most names told apart by their length, and the same ones by where they lie. */
static inline const struct value *
eval_find(const struct context *c, struct str name)
{
    for (size_t i = 0; i < c->count; i++) {
        struct str other = c->entry[i].name;
        if (other.len == name.len && (other.ptr == name.ptr || name.len == 0 || memcmp(other.ptr, name.ptr, name.len) == 0)) {
            return &c->entry[i].value;
        }
    }
    return NULL;
}

/* A child that is a constant or stands in the innermost frame needs no visit. */
static inline const struct value *
eval_child(EVAL_WHERE, uint32_t node, struct value *room)
{
    const struct op *o = &p->op[node];

    if (o->kind == OP_CONSTANT) {
        return &p->constant[o->slot];
    }
    if (o->kind == OP_SLOT) {
        return &f->slot[o->slot];
    }
    return eval(r, p, f, node, room);
}

#endif
