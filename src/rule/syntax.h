/*
 * syntax - what a FEEL text is once it has been read: names in scope, and a tree (DMN 1.5, 10.3.1).
 *
 * All nodes of one text lie side by side in one array and know one another by index: half the size of pointers, one block to
 * keep or to compare, and whoever evaluates walks memory forwards, since a child always stands before its parent.  Node 0 is no
 * node.  Names are resolved when the text is read: a name is the slot of a frame, so nothing is looked up by text at run time
 * but members of contexts.
 */
#ifndef RULE_SYNTAX_H
#define RULE_SYNTAX_H

#include "base/str.h"

enum {
    FEEL_TEXT_MAX = 65535, /* bytes of one text */
    FEEL_DEPTH_MAX = 100,  /* brackets and other expressions inside one another */
    FEEL_HEIGHT_MAX = 500, /* nodes above one another: a + b + c is two */
    FEEL_SLOT_MAX = 65535,    /* names of one frame */
    FEEL_WORK_MAX = 50000000  /* bytes of names compared to read one text: about half a second */
};

/* What is known of a value before there is one: enough to find members whose names hold spaces and operators. */
enum feel_type_kind { FEEL_UNKNOWN, FEEL_SIMPLE, FEEL_LIST, FEEL_CONTEXT, FEEL_FUNCTION };
struct feel_name;
struct feel_type {
    enum feel_type_kind kind;
    size_t count; /* members of a context */
    const struct feel_name *member;
    const struct feel_type *element; /* of a list; what a function returns; NULL: unknown */
};
struct feel_name {
    struct str name; /* as DMN writes it: "Monthly Income", "Pre-bureau risk category" */
    const struct feel_type *type; /* NULL: unknown */
};
/* A frame of values that the caller brings; its slots are in the order of its names.  Types are the names of item definitions. */
struct feel_scope {
    const struct feel_scope *outer; /* NULL: the outermost */
    size_t count;
    const struct feel_name *name;
    size_t type_count;
    const struct feel_name *type;
    bool is_filter; /* its only name is the item of a filter; the members of what is in that slot are names as well */
};

/* Children in the order written, unless said otherwise.  "frame" opens a frame of slots for the children named. */
enum feel_kind {
    NODE_NONE,
    NODE_NULL,
    NODE_TRUE,
    NODE_FALSE,
    NODE_NUMBER,  /* text as written: 1, .5, 1.2e3 */
    NODE_STRING,  /* text with its escapes resolved */
    NODE_AT,      /* @"text" */
    NODE_NAME,    /* depth frames outwards, slot; see FEEL_ASK_FILTERS */
    NODE_MEMBER,  /* a name that is a member of a filter's item; depth is the filter's */
    NODE_BUILTIN, /* slot: the row of rule/builtin.h */
    NODE_UNKNOWN, /* a name that no frame knows: null, unless a filter's item has a member of it */
    NODE_OR,
    NODE_AND,
    NODE_EQUAL,
    NODE_UNEQUAL,
    NODE_LESS,
    NODE_LESS_EQUAL,
    NODE_GREATER,
    NODE_GREATER_EQUAL,
    NODE_BETWEEN, /* value, low, high */
    NODE_IN,      /* value, test (frame of ?, its only slot) */
    NODE_ADD,
    NODE_SUBTRACT,
    NODE_MULTIPLY,
    NODE_DIVIDE,
    NODE_POWER, /* left associative, as all of FEEL's binary operators */
    NODE_NEGATE,
    NODE_INSTANCE,             /* value, type */
    NODE_PATH,                 /* value; text is the member */
    NODE_FILTER,               /* list, condition (frame of item) */
    NODE_CALL,                 /* function, arguments */
    NODE_NAMED,                /* an argument by name: text, value */
    NODE_LIST,
    NODE_CONTEXT,              /* entries (frame: an entry is a slot for those after it) */
    NODE_ENTRY,                /* text is the key; value */
    NODE_RANGE,                /* low, high; FEEL_OPEN_LOW, FEEL_OPEN_HIGH */
    NODE_TEST_EQUAL,           /* = 5 and so on: a range, or all but a value */
    NODE_TEST_UNEQUAL, NODE_TEST_LESS, NODE_TEST_LESS_EQUAL, NODE_TEST_GREATER, NODE_TEST_GREATER_EQUAL,
    NODE_IF,                   /* condition, then, else */
    NODE_FOR,                  /* iterators, result (frame: iterators, then partial) */
    NODE_SOME,                 /* iterators, condition (frame: iterators) */
    NODE_EVERY,
    NODE_ITERATOR,             /* text is the name; a list, or two ends of a range */
    NODE_FUNCTION,             /* parameters, body (frame: parameters); FEEL_EXTERNAL */
    NODE_PARAMETER,            /* text is the name; its type, if given */
    NODE_TYPE,                 /* text is the name */
    NODE_TYPE_LIST,            /* element */
    NODE_TYPE_RANGE,           /* element */
    NODE_TYPE_CONTEXT,         /* NODE_TYPE_MEMBER */
    NODE_TYPE_MEMBER,          /* text is the name; its type */
    NODE_TYPE_FUNCTION,        /* parameter types, result type */
    NODE_TESTS,                /* unary tests, or what stands in brackets after in; FEEL_NOT */
    NODE_ANY                   /* the unary test - */
};

enum feel_flag {
    FEEL_OPEN_LOW = 1,
    FEEL_OPEN_HIGH = 2,
    FEEL_EXTERNAL = 4,
    FEEL_NOT = 8,
    /* The brackets around it are needed although no operator asks for them: a longer name would begin there without. */
    FEEL_BRACKETS = 16,
    /*
     * Of a name inside of filters: the filters' items are asked first, the innermost first, up to the frame of the slot (that
     * one too), whether they have a member of this name.
     */
    FEEL_ASK_FILTERS = 32
};

struct feel_node {
    uint8_t kind;
    uint8_t flags;
    uint16_t depth;
    uint16_t slot;
    uint16_t height; /* 1 without children */
    uint32_t first;  /* child */
    uint32_t next;   /* sibling */
    uint32_t count;  /* children */
    uint32_t at;     /* byte where it stands in the text */
    struct str text;
};

struct feel_tree {
    struct str text; /* the caller's */
    const struct feel_node *node;
    uint32_t count;
    uint32_t root;
    uint32_t unknown; /* the first NODE_UNKNOWN outside of filters: perhaps a slip of the pen; 0: none */
    uint64_t work;    /* bytes of names that were compared to read it */
    const struct feel_type *type; /* what is known of its value; NULL: nothing */
    /* Of the scopes that the caller brought those that are filters: how many frames outwards of the root, innermost first. */
    uint32_t filters;
    const uint32_t *filter;
};

struct feel_place {
    uint32_t line, column; /* from 1; columns are code points */
};
struct feel_place feel_place(struct str text, size_t at);

/* The same but for where it stands and for brackets. */
bool feel_tree_equal(const struct feel_tree *a, const struct feel_tree *b);

#endif
