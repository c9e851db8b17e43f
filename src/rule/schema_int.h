/*
 * schema_int - what the files of schema share: the compiled form, and the parts that know no schema.
 *
 * schema_compile.c finds documents, resources and nodes and follows references; schema_words.c makes
 * the words of a node; schema_check.c runs them, schema_object.c those of objects and
 * arrays; schema_message.c says what is wrong; schema_number.c, schema_uri.c, schema_format.c compute.
 */
#ifndef RULE_SCHEMA_INT_H
#define RULE_SCHEMA_INT_H

#include "rule/regex.h"
#include "rule/schema.h"

/* In the order in which a node's words run; what is left over comes last. */
enum schema_op {
    OP_TYPE,
    OP_ENUM,
    OP_CONST,
    OP_MULTIPLE_OF,
    OP_MAXIMUM,
    OP_EXCLUSIVE_MAXIMUM,
    OP_MINIMUM,
    OP_EXCLUSIVE_MINIMUM,
    OP_MAX_LENGTH,
    OP_MIN_LENGTH,
    OP_PATTERN,
    OP_FORMAT,
    OP_MAX_ITEMS,
    OP_MIN_ITEMS,
    OP_UNIQUE_ITEMS,
    OP_MAX_PROPERTIES,
    OP_MIN_PROPERTIES,
    OP_REQUIRED,
    OP_DEPENDENT_REQUIRED,
    OP_REF,
    OP_DYNAMIC_REF,
    OP_ALL_OF,
    OP_ANY_OF,
    OP_ONE_OF,
    OP_NOT,
    OP_IF,
    OP_DEPENDENT_SCHEMAS,
    OP_MEMBERS, /* properties, patternProperties and additionalProperties in one walk */
    OP_PROPERTY_NAMES,
    OP_ITEMS, /* prefixItems and items */
    OP_CONTAINS,
    OP_UNEVALUATED_ITEMS,
    OP_UNEVALUATED_PROPERTIES
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

struct schema_format; /* a row of the table in schema_format.c */
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
};

struct schema_contains {
    const struct schema_node *node;
    uint64_t least, most;
    bool has_least, has_most;
};

struct schema_word {
    enum schema_op op;
    const char *keyword;
    union {
        unsigned types;
        const struct json *value;   /* enum, const, bounds, multipleOf */
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
        struct schema_names names;       /* required */
        struct schema_table *table;      /* dependent… */
        struct schema_members *members;
        struct schema_contains *contains;
    } is;
};

struct schema_anchor {
    struct str name;
    struct schema_node *node;
    bool is_dynamic;
    struct schema_anchor *next;
};

/* A schema with a URI of its own: the root of a document, or below it what has $id. */
struct schema_resource {
    struct str uri; /* without fragment */
    struct schema_node *root;
    struct schema_anchor *anchors;
    unsigned vocabularies;
    bool is_main; /* in the document that was compiled */
    struct schema_resource *next;
};

struct schema_node {
    const struct json *json;
    struct schema_resource *resource;
    const struct schema_node *parent; /* and where below it, for paths */
    const char *keyword;              /* NULL: key is a pointer by itself */
    struct str key;
    bool is_keyed; /* key counts: a name or an index below the keyword */
    bool is_never; /* the schema false */
    unsigned char colour; /* of the search for loops */
    struct schema_word *words;
    size_t words_count;
    struct str title;
    struct schema_node *next; /* in the order in which they were found */
};

struct schema {
    const struct schema_node *root;
};

/* --- schema_compile.c, for schema_words.c --------------------------------------------------------- */

enum schema_vocabulary {
    VOCABULARY_CORE = 1,
    VOCABULARY_APPLICATOR = 2,
    VOCABULARY_UNEVALUATED = 4,
    VOCABULARY_VALIDATION = 8,
    VOCABULARY_FORMAT = 16,
    VOCABULARY_FORMAT_ASSERTION = 32
};

struct schema_compiler {
    struct arena *arena;
    const struct schema_options *options;
    struct schema_resource *resources;
    struct schema_node *first, *last;
    size_t nodes_count;
    const struct schema_node **by_json; /* open addressing, a power of two */
    size_t by_json_count;
    struct err *err;
};

/* The node of a subschema that was found before; never NULL for one. */
struct schema_node *schema_node_of(const struct schema_compiler *c, const struct json *json);
MUST_USE enum rc schema_find(struct schema_compiler *c, const struct schema_node *from,
                             const char *keyword, struct str reference, struct schema_node **out,
                             struct str *fragment);
MUST_USE enum rc schema_words_make(struct schema_compiler *c, struct schema_node *node);
/* RC_INVALID "schema: why, at #/…/keyword"; and RC_LIMIT. */
MUST_USE enum rc schema_wrong(struct schema_compiler *c, const struct schema_node *node,
                              const char *keyword, const char *why);
MUST_USE enum rc schema_full(struct schema_compiler *c);
void schema_put_place(struct buf *b, const struct schema_node *node, const char *keyword);
void schema_put_pointer(struct buf *b, struct str key); /* "/" and key, escaped */


/* --- the parts ---------------------------------------------------------------------------------------- */

uint64_t schema_hash(struct str s);
const struct schema_member *schema_table_get(const struct schema_table *t, struct str name);

int schema_number_cmp(struct str a, struct str b); /* <0, 0, >0 */
bool schema_number_is_whole(struct str number);
size_t schema_number_digits(struct str number); /* significant ones */
bool schema_number_is_multiple(struct str number, struct str divisor);
uint64_t schema_number_hash(struct str number); /* equal numbers, equal hashes */

/* reference against base (RFC 3986 §5.2); the fragment stays.  *out is on the arena. */
MUST_USE enum rc schema_uri_resolve(struct arena *a, struct str base, struct str reference,
                                    struct str *out, struct err *err);
bool schema_uri_is_absolute(struct str uri);

const struct schema_format *schema_format_find(struct str name);
bool schema_format_is(const struct schema_format *f, struct arena *work, struct str text,
                      int32_t today, enum rc *rc, struct err *err);
struct str schema_format_zh(const struct schema_format *f);
struct str schema_format_en(const struct schema_format *f);

/* --- checking ----------------------------------------------------------------------------------------- */

/* Where a value is; on the stack of the check, written out only when something is wrong. */
struct schema_place {
    const struct schema_place *up;
    struct str key;
    size_t index;
    bool is_member;
};

/* The resources entered, innermost first. */
struct schema_scope {
    const struct schema_scope *up;
    const struct schema_resource *resource;
};

/* Bits of the children of a value that some schema has looked at: an offset into run.bits, or none. */
struct schema_seen {
    bool is_wanted;
    size_t at;
    size_t words;
};

struct schema_run {
    struct arena *arena;
    struct schema_result *result;
    int32_t today;
    size_t steps;
    unsigned depth;
    unsigned quiet; /* over 0: inside something whose errors do not count */
    uint64_t *bits;
    size_t bits_len, bits_cap;
    enum rc rc;
    struct err *err;
};

/* One value before one schema, with all that a word needs. */
struct schema_at {
    const struct schema_node *node;
    const struct json *value;
    const struct schema_place *place;
    const struct schema_scope *scope;
    struct schema_seen seen;
};

/* False: it does not hold, or run->rc is not RC_OK any more. */
bool schema_run_node(struct schema_run *run, const struct schema_node *node,
                     const struct schema_at *at);
bool schema_run_child(struct schema_run *run, const struct schema_node *node,
                      const struct schema_at *at, const struct json *child, size_t index);
bool schema_run_object(struct schema_run *run, const struct schema_word *w,
                       const struct schema_at *at);
bool schema_run_array(struct schema_run *run, const struct schema_word *w,
                      const struct schema_at *at);
/* count steps more; false once there were too many. */
bool schema_run_step(struct schema_run *run, size_t count);
bool schema_run_stop(struct schema_run *run, enum rc rc); /* false */
void schema_see(struct schema_run *run, const struct schema_at *at, size_t index);
bool schema_seen_has(const struct schema_run *run, const struct schema_at *at, size_t index);
/* False always: w does not hold.  detail: the name or the number that the message needs. */
bool schema_fail(struct schema_run *run, const struct schema_word *w, const struct schema_at *at,
                 struct str detail);

#endif
