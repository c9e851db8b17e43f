/*
 * function - what can be called: FEEL's own, those written in FEEL, and those that a model brings (knowledge, decision services).
 */
#ifndef RULE_FUNCTION_H
#define RULE_FUNCTION_H

#include "rule/builtin.h"
#include "rule/program.h"

enum { FUNCTION_PARAMETERS_MAX = 64 };

enum function_kind { FUNCTION_BUILTIN, FUNCTION_WRITTEN, FUNCTION_HOST };
/* False: a limit of the run is passed.  Arguments are already of their parameters' types. */
typedef bool function_host(struct run *r, const void *ctx, const struct value *argument, struct value *out);
struct function {
    enum function_kind kind;
    struct str name; /* for notes; "" without */
    size_t count;    /* parameters, of written ones and hosts */
    const struct type_member *parameter;
    const struct type *result; /* NULL: any */
    enum builtin builtin;
    /* written: the body stands in the program at node and sees the frames around the place where it was written */
    const struct program *program;
    uint32_t node;
    const struct frame *frame;
    /* host */
    function_host *host;
    const void *ctx;
};

/* Call by position.  A wrong number of arguments is null with a note.  False: a limit is passed. */
MUST_USE bool function_call(struct run *r, const struct function *f, const struct value *argument, size_t count,
                            struct value *out);
/* By name, in any order. */
MUST_USE bool function_call_named(struct run *r, const struct function *f, const struct entry *argument, size_t count,
                                  struct value *out);
const struct function *function_builtin(enum builtin b);

#endif
