/*
 * schema_int - what the files of schema share: the compiled form.
 *
 * schema_compile.c finds documents, resources and nodes and follows references; schema_words.c makes
 * the words of a node; schema_quick.c asks whether they hold, schema_check.c runs them one by one,
 * schema_object.c those of objects and arrays, schema_plain.c those of plain values for both;
 * schema_message.c says what is wrong, schema_closest.c which of
 * several alternatives was meant.  schema_parts_int.h has what knows no schema.
 */
#ifndef RULE_SCHEMA_INT_H
#define RULE_SCHEMA_INT_H

#include "rule/schema_word_int.h"

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
    bool is_alone; /* what is left over in it depends on what its other schemas looked at */
    unsigned char colour; /* of the search for loops */
    struct schema_word *words;
    size_t words_count;
    struct str title;    /* its own, or of what it refers to */
    struct str title_en; /* x-title-en, or the same */
    struct str piece; /* of a property: its part of a path, "/" and the name, escaped; else "" */
    const struct schema_said *said; /* of a schema that is false; or NULL */
    struct schema_node *next; /* in the order in which they were found */
};

struct schema {
    const struct schema_node *root;
    bool is_dynamic; /* a $dynamicRef in it depends on the way to it */
};

#endif
