/*
 * dmn_read_int - how a model is read: shared by the files dmn_read*.c.
 *
 * In turns: all documents are read, imported ones first; item definitions become types; inputs, decisions, knowledge and services
 * become items that know what they need; circles are looked for; and then the expressions are read, what is needed
 * before what needs it, so that every name is known when a text is parsed.
 */
#ifndef RULE_DMN_READ_INT_H
#define RULE_DMN_READ_INT_H

#include "rule/dmn_eval_int.h"
#include "rule/xml.h"

/* A type, and what the reader of texts knows of it. */
struct typed {
    const struct type *type;       /* NULL: any */
    const struct feel_type *shape; /* NULL: unknown */
};
enum read_state { READ_NOT, READ_BEGUN, READ_DONE };
struct definition {
    const struct xml *element;
    struct str name;
    struct type type;
    struct feel_type shape;
    enum read_state state;
};
/* Names, sorted, each with the thing of that name. */
struct index_entry {
    struct str name;
    void *what;
};
struct index {
    size_t count;
    struct index_entry *entry;
};
struct model;
struct import {
    struct str name, location;
    const struct model *model;
};
struct node { /* an item on its way */
    struct dmn_item item;
    const struct xml *element;
    struct model *model;
    const struct feel_type *shape; /* of its value, or of what it returns */
    struct feel_type function_shape;
    struct function function;
    struct dmn_decision plan;
    /* What has to be read before it: needs, and of a service what its decisions call. */
    size_t edges;
    struct node **edge;
    enum read_state state;
    uint32_t stamp;
};
struct model {
    struct dmn *out;
    struct xml_document document;
    struct model *parent; /* that imported it first; NULL for the root */
    struct str path;      /* "lib." */
    size_t imports, definitions, nodes;
    struct import *import;
    struct definition *definition;
    struct node *node;
    struct index by_name, by_id; /* definitions; nodes */
    struct feel_scope types; /* the outermost frame: no names, the types */
    enum read_state state;
};
/* A type with allowed values, which are read when all types are known. */
struct pending {
    struct pending *next;
    const struct xml *element;
    struct type *type;
    const struct feel_type *shape; /* of what they are asked of */
};
struct reader {
    struct arena *arena;
    struct zones *zones;
    dmn_find *find;
    void *ctx;
    enum rc rc;
    struct dmn_fault fault;
    struct err *err;
    const struct model *model; /* whose texts are read at present */
    struct model *models[DMN_IMPORTS_MAX + 1];
    size_t count, cells, planned, depth;
    uint64_t work;
    uint32_t stamp;
    struct pending *pending;
    struct node **all; /* of all models */
    size_t nodes;
    struct node **order; /* what is needed first */
};

/* --- dmn_read_text.c: faults, names, texts --- */
/* Keep the first fault; always false.  The sentences are formats with the same arguments. */
bool reader_fail(struct reader *r, const struct xml *e, const char *en, const char *zh, ...) PRINTF(3, 5) PRINTF(4, 5);
bool reader_limit(struct reader *r, const struct xml *e, const char *en, const char *zh, ...) PRINTF(3, 5) PRINTF(4, 5); /* the same, as RC_LIMIT */
bool reader_full(struct reader *r, const struct xml *e); /* the arena's limit */
void *reader_room(struct reader *r, const struct xml *e, size_t count, size_t size); /* NULL: failed */
/* The attribute as FEEL knows names: single blanks, none at the ends. */
MUST_USE bool reader_name(struct reader *r, const struct xml *e, struct str *out);
MUST_USE bool reader_normal(struct reader *r, const struct xml *e, struct str s, struct str *out);
MUST_USE bool reader_flag(const struct xml *e, const char *name); /* true or 1 */
/* Sort what is in it; the first name that stands twice (not empty ones) or NULL. */
const struct index_entry *index_sort(struct index *index);
void *index_find(const struct index *index, struct str name); /* NULL: none */
/* Read e's text (its own, or that of its child text) as FEEL: out has no program if it is blank. */
MUST_USE bool reader_expression(struct reader *r, const struct xml *e, const struct feel_scope *scope, struct dmn_text *out);
MUST_USE bool reader_tests(struct reader *r, const struct xml *e, const struct feel_scope *scope,
                           const struct feel_type *shape, struct dmn_text *out);
MUST_USE bool reader_parse(struct reader *r, const struct xml *e, struct str text, bool is_tests,
                           const struct feel_scope *scope, const struct feel_type *shape, const struct program **out);

/* --- dmn_read_type.c --- */
MUST_USE bool reader_types(struct reader *r, struct model *m);
/* What e's attribute (or child) of that name refers to. */
MUST_USE bool reader_type(struct reader *r, const struct model *m, const struct xml *e, const char *name, struct typed *out);

/* --- dmn_read_boxed.c, dmn_read_table.c --- */
const struct xml *reader_boxed(const struct xml *e); /* the first child that is an expression, or NULL */
/* name: of the decision or knowledge.  shape (may be NULL) becomes what is known of the value. */
MUST_USE bool reader_read(struct reader *r, const struct xml *e, struct str name, const struct feel_scope *scope,
                          const struct dmn_expression **out, const struct feel_type **shape);
MUST_USE bool reader_table(struct reader *r, const struct xml *e, struct str name, const struct feel_scope *scope,
                           const struct dmn_table **out, const struct feel_type **shape);
/* Formal parameters and body; the element is encapsulatedLogic or functionDefinition. */
MUST_USE bool reader_function(struct reader *r, const struct xml *e, struct str name, const struct feel_scope *scope,
                              const struct dmn_expression **out, const struct feel_type **result);

/* --- dmn_read_needs.c --- */
MUST_USE bool reader_needs(struct reader *r);
MUST_USE bool reader_order(struct reader *r);
MUST_USE bool reader_plans(struct reader *r);

#endif
