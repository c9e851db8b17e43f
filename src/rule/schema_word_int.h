/*
 * schema_word_int - the words of a node: what one keyword, or some that work together, ask of a value.
 */
#ifndef RULE_SCHEMA_WORD_INT_H
#define RULE_SCHEMA_WORD_INT_H

#include "rule/regex.h"
#include "rule/schema.h"
#include "rule/schema_parts_int.h"

/*
 * In the order in which a node's words run; what is left over comes last.  MEMBERS is properties,
 * patternProperties and additionalProperties in one walk, ITEMS prefixItems and items.
 */
enum schema_op {
    OP_TYPE, OP_ENUM, OP_CONST, OP_MULTIPLE_OF, OP_MAXIMUM, OP_EXCLUSIVE_MAXIMUM, OP_MINIMUM,
    OP_EXCLUSIVE_MINIMUM, OP_MAX_LENGTH, OP_MIN_LENGTH, OP_PATTERN, OP_FORMAT, OP_MAX_ITEMS,
    OP_MIN_ITEMS, OP_UNIQUE_ITEMS, OP_MAX_PROPERTIES, OP_MIN_PROPERTIES, OP_REQUIRED,
    OP_DEPENDENT_REQUIRED, OP_REF, OP_DYNAMIC_REF, OP_ALL_OF, OP_ANY_OF, OP_ONE_OF, OP_NOT, OP_IF,
    OP_DEPENDENT_SCHEMAS, OP_MEMBERS, OP_PROPERTY_NAMES, OP_ITEMS, OP_CONTAINS,
    OP_UNEVALUATED_ITEMS, OP_UNEVALUATED_PROPERTIES
};

enum schema_type {
    TYPE_NULL = 1,
    TYPE_BOOLEAN = 2,
    TYPE_INTEGER = 4,
    TYPE_NUMBER = 8,
    TYPE_STRING = 16,
    TYPE_ARRAY = 32,
    TYPE_OBJECT = 64
};

struct schema_node;

struct schema_nodes {
    const struct schema_node **list;
    size_t count;
};

struct schema_names {
    struct str *list;
    size_t count;
};

/* A member of properties, dependentSchemas or dependentRequired. */
struct schema_member {
    struct str name;
    const struct schema_node *node;
    struct schema_names names;
};

/* By name: slots hold an index into list plus one; a power of two, at most half full. */
struct schema_table {
    struct schema_member *list;
    size_t count;
    uint32_t *slots;
    size_t slots_count;
};

struct schema_pattern {
    struct str text;
    const struct regex *regex;
    const struct schema_node *node;
};

struct schema_members {
    struct schema_table named;
    struct schema_pattern *patterns;
    size_t patterns_count;
    const struct schema_node *others; /* NULL: additionalProperties is not there */
    /* For schema_quick.c, when nothing else of the node looks at members: unevaluatedProperties, or NULL. */
    const struct schema_node *leftover;
    uint64_t required; /* a bit for each of the first 64 named that must be there */
};

struct schema_required {
    struct schema_names names;
    bool is_counted; /* all of them are in members.required of the same node */
};

struct schema_number {
    const struct json *value;
    struct schema_bound bound;
};

struct schema_contains {
    const struct schema_node *node;
    uint64_t least, most;
    bool has_least, has_most;
};

/* What a message is put together from, made when compiling. */
struct schema_said {
    struct str keyword;
    struct str place;  /* of the keyword, as in schema_error */
    struct str zh, en; /* the sentence, with the field where the schema knows it: its title, or the property's name */
    size_t zh_rest, en_rest; /* where in it begins what stands behind the field; 0: there is no field in it */
};

struct schema_word {
    enum schema_op op;
    const char *keyword;
    const struct schema_said *said; /* NULL: depends on the value, or is long; then it is made when something is wrong */
    union {
        unsigned types;
        const struct json *value;   /* enum, const */
        struct schema_number number; /* bounds, multipleOf */
        uint64_t count;             /* lengths */
        struct schema_nodes nodes;  /* allOf, anyOf, oneOf; if: itself, then, else (may be NULL) */
        const struct schema_node *node; /* $ref, not, propertyNames, unevaluated… */
        struct {
            const struct schema_node *node;
            struct str anchor; /* "" : no dynamic anchor there, an ordinary reference */
        } dynamic;
        struct {
            struct schema_nodes prefix;
            const struct schema_node *rest; /* may be NULL */
        } items;
        struct schema_pattern pattern;
        const struct schema_format *format;
        struct schema_required required;
        struct schema_table *table;      /* dependent… */
        struct schema_members *members;
        struct schema_contains *contains;
    } is;
};

const struct schema_member *schema_table_get(const struct schema_table *t, struct str name);

#endif
