/*
 * program_compile_int - a tree on its way to a program: program.c walks it and makes most nodes, program_type.c types and
 * functions.
 */
#ifndef RULE_PROGRAM_COMPILE_INT_H
#define RULE_PROGRAM_COMPILE_INT_H

#include "rule/program_int.h"

struct growing {
    void *at;
    uint32_t count, room;
    size_t size_bytes;
};

struct compiler {
    struct arena *arena;
    const struct feel_tree *tree;
    const struct type_scope *types;
    struct program *program;
    struct growing op, part, constant, type, function, call, cell;
    uint32_t *opener; /* of a node: that which opened its innermost frame, or 0 */
    uint8_t *mark;    /* flags of a node that its children have found out */
    struct run run;   /* for what never changes */
    enum rc rc;
    struct err *err;
};

void compiler_no_room(struct compiler *c);
/* The first of count new ones, zeroed; NULL past the limit. */
void *compiler_add(struct compiler *c, struct growing *g, uint32_t count);
void compiler_make_constant(struct compiler *c, uint32_t node, struct value v);
/* A function that is written at node may keep every frame around it, up to a test or condition, which gives but a boolean. */
void compiler_keep_frames(struct compiler *c, uint32_t node);
void compile_type(struct compiler *c, uint32_t node, const struct feel_node *n);
void compile_function(struct compiler *c, uint32_t node, const struct feel_node *n);

/* Arrays move while they grow, so what this gives is for the moment. */
static inline struct op *
compiler_op(struct compiler *c, uint32_t node)
{
    return (struct op *)c->op.at + node;
}

/* NULL: the node is none. */
static inline const struct value *
compiler_constant(struct compiler *c, uint32_t node)
{
    const struct op *o = compiler_op(c, node);

    return o->kind == OP_CONSTANT ? (const struct value *)c->constant.at + o->slot : NULL;
}

#endif
