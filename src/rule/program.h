/*
 * program - a FEEL tree made ready to be run, once; and the running of it.
 *
 * Numbers, strings and @-literals are read, built-in functions and types are looked up, and what never changes is calculated when
 * it is compiled.  A program is immutable and may be run by many threads, each with a run of its own.
 */
#ifndef RULE_PROGRAM_H
#define RULE_PROGRAM_H

#include "rule/parser.h"
#include "rule/run.h"
#include "rule/type.h"

struct program;
/* Item definitions by name, for "instance of tLoan" and typed parameters. */
struct type_scope {
    size_t count;
    const struct type *const *type;
};
/* Values for the frames of the feel_scope that the text was read with, outermost last, slot by slot. */
struct frame {
    const struct frame *outer;
    const struct value *slot;
};

/* The program shares the bytes of the tree.  types and zones may be NULL.  RC_INVALID: a type that nobody knows. RC_LIMIT. */
MUST_USE enum rc program_compile(struct arena *a, const struct feel_tree *tree, const struct type_scope *types,
                                 struct zones *zones, const struct program **out, struct err *err);
/* Parse and compile. */
MUST_USE enum rc program_read(struct arena *a, struct str text, const struct feel_scope *scope, const struct type_scope *types,
                              struct zones *zones, const struct program **out, struct feel_fault *fault, struct err *err);

/*
 * frame may be NULL if the text had no scope.  RC_OK whatever the value is; RC_LIMIT when a limit of the run is passed, and *out
 * stays as it was.  What is in the frames and the program has to live as long as the value.
 */
MUST_USE enum rc program_run(struct run *r, const struct program *p, const struct frame *frame, struct value *out,
                             struct err *err);
/*
 * Of unary tests: whether input passes.  The frame of ? stands inside of frame and is made here.  Null counts as not passed, as
 * decision tables have it (8.3.3).
 */
MUST_USE enum rc program_test(struct run *r, const struct program *p, const struct frame *frame, struct value input,
                              bool *passes, struct err *err);

/* If the tests are a list of constants and ranges with constant ends, each of them as a value (a range or else a constant), for
 * whoever analyses tables: *is_negated for not(...) and != 5; "-" is not() of nothing.  False: they are more than that. */
MUST_USE bool program_constants(struct arena *a, const struct program *p, bool *is_negated, const struct list **out);
/* What it always gives, or NULL: it is more than a constant. */
const struct value *program_constant(const struct program *p);
/* The tree that it was made from, for whoever explains or analyses it. */
const struct feel_tree *program_tree(const struct program *p);

#endif
