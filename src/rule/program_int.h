/*
 * program_int - what a program is: a node for each node of the tree, at the same place, and what the nodes point at.
 *
 * A node is 24 bytes.  Whatever can be known before there are values is known: constants are values, names are distances to a
 * frame and slots, frames know whether a function can keep them, and tests against constants are cells that are compared
 * without a node being visited.
 */
#ifndef RULE_PROGRAM_INT_H
#define RULE_PROGRAM_INT_H

#include "rule/call_int.h"
#include "rule/run_int.h"

enum op_kind {
    OP_NULL,
    OP_CONSTANT, /* slot: of constant */
    OP_SLOT,     /* of the innermost frame */
    OP_SLOT_OUT, /* depth frames outwards */
    OP_MEMBER,   /* of the item at depth; slot: its name among the constants */
    OP_ASK,      /* part: depths of the filters to ask, innermost first; c: the node that counts if none has it */
    OP_UNKNOWN,
    OP_LITERAL,  /* @"..." that is none: null with a note */
    OP_OR,
    OP_AND,
    OP_EQUAL,
    OP_UNEQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_BETWEEN,
    OP_IN,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_POWER,
    OP_NEGATE,
    OP_INSTANCE, /* slot: of type */
    OP_PATH,     /* slot: the name among the constants; depth: enum property */
    OP_FILTER,
    OP_CALL,       /* c: the function; part: arguments; slot: of call, if it is most likely that, or 0 */
    OP_CALL_NAMED, /* c and part the same; slot: the first of the names among the constants */
    OP_CALL_ROWS,  /* slot: of call, a built-in function by position; part: arguments */
    OP_LIST,       /* part: items */
    OP_CONTEXT,    /* part: values; slot: the first of the names among the constants */
    OP_TWICE,      /* a context with a name twice, slot among the constants: null */
    OP_RANGE,
    OP_TEST,       /* < a; depth: the enum feel_kind */
    OP_IF,
    OP_FOR,        /* part: the iterators' nodes and then the result */
    OP_SOME,
    OP_EVERY,
    OP_ITERATOR,   /* a, or a..b */
    OP_FUNCTION,   /* slot: of function */
    OP_TESTS,      /* part: tests */
    OP_CELLS,      /* a: the first of cell; b: how many */
    OP_ANY
};

enum op_flag {
    OP_KEPT = 1,     /* a function may keep its frame: that lies on the arena */
    OP_USED = 2,     /* something looks into its frame */
    OP_PARTIAL = 4,  /* the result of for looks at partial */
    OP_REACHES = 4,  /* something in a function looks outside of it */
    OP_NOT = 8,
    OP_OPEN_LOW = 16, /* of a range */
    OP_SIGNS = 16,    /* of and, or: one side is a test like > 5 */
    OP_OPEN_HIGH = 32,
    OP_ASKS_INPUT = 64, /* ? stands in it */
    OP_KEPT_ARGUMENTS = 128 /* of the body of a function: OP_KEPT of its parameters */
};

struct op {
    uint8_t kind, flags;
    uint16_t depth;
    uint32_t slot;
    uint32_t a, b; /* children; part: a is the first of part, b how many */
    uint32_t c;    /* a third child, or the function of a call */
    uint32_t at;
};

/* A built-in function as it is called by position. */
struct program_call {
    enum builtin builtin;
    const struct call_row *row;
    size_t rows;
};

struct program {
    struct feel_tree tree;
    const struct op *op;
    uint32_t root;
    const uint32_t *part;
    const struct value *constant;
    const struct type *const *type;
    const struct function *function;
    const struct program_call *call;
    const struct range *cell; /* tests against constants; = 5 is both ends of the form RANGE_ONE */
};

/* What .name means of a value that is no context. */
#define PROPERTY_TABLE(X)                                                                    \
    X(YEAR, "year") X(MONTH, "month") X(DAY, "day") X(WEEKDAY, "weekday") X(HOUR, "hour")    \
    X(MINUTE, "minute") X(SECOND, "second") X(TIME_OFFSET, "time offset")                    \
    X(TIMEZONE, "timezone") X(YEARS, "years") X(MONTHS, "months") X(DAYS, "days")            \
    X(HOURS, "hours") X(MINUTES, "minutes") X(SECONDS, "seconds") X(START, "start")          \
    X(END, "end") X(START_INCLUDED, "start included") X(END_INCLUDED, "end included")
enum property {
    PROPERTY_NONE,
#define X(name, text) PROPERTY_##name,
    PROPERTY_TABLE(X)
#undef X
};

/*
 * eval.c: program_run and program_test for who evaluates already.  False: why is known to the run.  The value is made where out
 * is, which therefore may not lie in the frame, and holds anything when there is none.
 */
bool program_value(struct run *r, const struct program *p, const struct frame *frame, struct value *out);
bool program_passes(struct run *r, const struct program *p, const struct frame *frame, const struct value *input,
                    bool *passes);

enum property property_of(struct str name); /* program.c */
/* call.c: the rows of a built-in function. */
const struct call_row *call_rows(enum builtin b, size_t *count);
/* function.c: what a function outside of the model gives. */
function_host function_external;

#endif
