/*
 * dmn_int - what a model is once it has been read: shared by reading, evaluation, explanation and analysis.
 *
 * All of it lies on the arena that it was read into, and is never changed afterwards.
 */
#ifndef RULE_DMN_INT_H
#define RULE_DMN_INT_H

#include "rule/dmn.h"
#include "rule/function.h"

/* One FEEL text with what was made of it. */
struct dmn_text {
    struct str text;
    uint32_t line;
    const struct program *program; /* NULL: there is no text */
};

enum hit_policy { HIT_UNIQUE, HIT_FIRST, HIT_PRIORITY, HIT_ANY, HIT_COLLECT, HIT_RULE_ORDER, HIT_OUTPUT_ORDER };
enum aggregation { AGGREGATE_LIST, AGGREGATE_COUNT, AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX };

struct dmn_input {
    struct str id, label; /* label: what the drawer calls it, or else the expression's text */
    struct dmn_text expression;
    const struct type *type; /* of the expression; NULL: any */
    struct dmn_text values;  /* unary tests: what may come in */
};
struct dmn_output {
    struct str id, label, name;
    const struct type *type;
    struct dmn_text values;     /* unary tests; in order of priority */
    const struct list *ordered; /* the same as values, if they are constants; else NULL */
    struct dmn_text fallback;   /* default output */
};
struct dmn_rule {
    struct str id, description;
    uint32_t line;
    const struct dmn_text *input;  /* unary tests, as many as the table has inputs */
    const struct dmn_text *output; /* as many as it has outputs */
    const struct str *annotation;  /* as many as it has annotations; "" where nothing is said */
};
/* The cells of an input as whole numbers (true is 1): rule i takes from low[i] to high[i]. */
struct dmn_column {
    enum value_kind kind; /* of the values that can be asked this way: numbers or booleans */
    const int64_t *low, *high;
    const uint64_t *any; /* a bit for each rule whose cell takes everything */
};
enum { DMN_BLOCK = 64 }; /* rules that are asked at once */
struct dmn_table {
    struct str id, name; /* name: of the decision or knowledge that it stands in */
    uint32_t line;
    enum hit_policy hit_policy;
    enum aggregation aggregation;
    size_t inputs, outputs, annotations, rules;
    const struct dmn_input *input;
    const struct dmn_output *output;
    const struct str *annotation; /* their names */
    const struct dmn_rule *rule;
    size_t columns; /* of the first inputs; their cells are known as whole numbers */
    const struct dmn_column *column;
};

enum dmn_kind {
    DMN_LITERAL,
    DMN_TABLE,
    DMN_CONTEXT,
    DMN_RELATION,
    DMN_LIST,
    DMN_INVOCATION,
    DMN_FUNCTION,
    DMN_CONDITIONAL,
    DMN_FOR,
    DMN_SOME,
    DMN_EVERY,
    DMN_FILTER
};
struct dmn_expression;
struct dmn_entry {
    struct str name; /* "" : the result of a context */
    const struct type *type;
    const struct dmn_expression *value;
};
struct dmn_expression {
    enum dmn_kind kind;
    uint32_t line;
    struct str id, label;
    const struct type *type; /* what its value has to be; NULL: any */
    struct dmn_text literal;
    const struct dmn_table *table;
    /*
     * context: entries.  list: entries without names.  relation: rows one after another, entries a row: columns.  invocation: what
     * is called, and bindings.  function: parameters (in function) and the body.  conditional: if, then, else.
     * for, some, every: what is gone through, and then what is asked of each.  filter: list and condition.
     */
    size_t entries, columns;
    const struct dmn_entry *entry;
    const struct dmn_expression *called;
    struct str iterator; /* name of the variable of for, some, every */
    const struct function *function; /* parameters and result of DMN_FUNCTION */
};

struct dmn_item { /* input data, decision, knowledge, service */
    struct dmn_node_info info;
    struct str called; /* by who asks the whole model: "Fee", and for imported ones "lib.Fee" if two of them are called Fee */
    uint32_t index;    /* among all items of the whole model, imported ones too */
    uint32_t line;
    const struct dmn *model; /* its own; imported ones are others */
    size_t needs;
    const struct dmn_item *const *need; /* in the order of the slots of its scope */
    const struct str *need_name;         /* as it is called there: "Fee", "lib.Fee" */
    const struct value *slot; /* the slots, with what is called already in them and the rest null */
    struct frame frame;       /* of these: all that knowledge needs */
    const struct dmn_expression *expression; /* NULL: none was drawn; of knowledge: its DMN_FUNCTION */
    const struct function *function;         /* of knowledge and services: what FEEL calls; NULL if there is nothing to call */
    const struct dmn_decision *plan;         /* of decisions and services */
    /* service */
    size_t outputs, parameters;
    const struct dmn_item *const *output;
    const struct dmn_item *const *parameter; /* input data, then input decisions, as FEEL calls it by position */
};
/* What has to be known and done for one decision or service, what is needed first. */
struct dmn_decision {
    const struct dmn_item *item;
    const struct dmn *whole;
    size_t inputs, decisions;
    size_t frame_values; /* room for the frames of all its decisions */
    const struct dmn_item *const *input;
    const struct dmn_item *const *decision; /* a decision is its own last one */
};
struct dmn {
    struct str name, name_space;
    size_t items; /* its own, in the order written */
    const struct dmn_item *const *item;
    size_t all; /* of the whole model: with those of imported models, by index */
    const struct dmn_item *const *any;
    const struct dmn_item *const *sorted; /* the same, by how they are called */
    struct type_scope types;
    size_t slips;
    struct dmn_slip *slip;
};

/* kinds: bits of enum dmn_node_kind; as called from outside.  NULL: none. */
const struct dmn_item *dmn_find_item(const struct dmn *m, struct str name, unsigned kinds);

#endif
