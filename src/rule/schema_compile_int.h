/*
 * schema_compile_int - compiling, between schema_compile.c and schema_words.c; and places as text.
 */
#ifndef RULE_SCHEMA_COMPILE_INT_H
#define RULE_SCHEMA_COMPILE_INT_H

#include "rule/schema_int.h"

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
/* schema_message.c: what will be said when words of this node and of those behind it do not hold. */
MUST_USE enum rc schema_prepare_messages(struct schema_compiler *c, struct schema_node *first);
void schema_put_place(struct buf *b, const struct schema_node *node, const char *keyword);
void schema_put_pointer(struct buf *b, struct str key); /* "/" and key, escaped */

#endif
