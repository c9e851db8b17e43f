/*
 * schema - JSON Schema, draft 2020-12: compiled once, checked often.
 *
 * Compiling reads a schema and the documents that it refers to, which the caller hands in (nothing
 * is ever fetched), and leaves nodes of words on an arena.  A compiled schema is immutable: many
 * threads may check with it, each on an arena of its own.  It points into the JSON trees that it was
 * made from, which must live as long.
 *
 * Numbers are exact decimals, lengths are code points, patterns are regex.h's.  A keyword with a value of
 * the wrong shape, a reference that leads nowhere and one that only leads back to itself are
 * refused when compiling, with the place.  $schema may name draft 2020-12 or a metaschema among the others,
 * whose $vocabulary then says which keywords count.
 */
#ifndef RULE_SCHEMA_H
#define RULE_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

/*
 * DEPTH: schemas inside one another on the way to a value, references counted, so that a check
 * needs no more than some 45 KiB of stack and fits on a coroutine.  STEPS: keywords and members looked at in one check.
 */
enum {
    SCHEMA_NODES_MAX = 20000,
    SCHEMA_DEPTH_MAX = 64,
    SCHEMA_STEPS_MAX = 5000000,
    SCHEMA_ERRORS_MAX = 32,
    SCHEMA_DIVISOR_DIGITS_MAX = 36
};

struct schema;

struct schema_document {
    struct str uri; /* absolute; a $id at its root makes it known by that, too */
    const struct json *root;
};

struct schema_options {
    const struct schema_document *others;
    size_t others_count;
    bool assert_formats; /* else format only says what is meant, as the standard has it */
};

/* One thing that is wrong.  Texts live as long as the arena of the check and the schema. */
struct schema_error {
    struct str path;        /* of the value, a JSON Pointer; "" is the whole document */
    struct str schema_path; /* of the keyword: "#/properties/a/type", for another document its URI first */
    struct str keyword;
    struct str missing;     /* required: the name that is not there below path; else "" */
    struct str zh, en; /* what is wrong with which field, and how to mend it */
};

struct schema_result {
    bool is_valid;
    bool is_cut; /* there were more than fit */
    size_t count;
    struct schema_error errors[SCHEMA_ERRORS_MAX];
};

/*
 * uri may be "".  options may be NULL: no others.  RC_INVALID with the place of the mistake, or RC_LIMIT.
 * Compiling is for the start of a program and threads with a usual stack, not for a coroutine.
 * A format nobody knows is none; formats known are those of the standard and
 * person-id, uscc, region-code, mobile (base/idcode.h), and date-not-past: the day of the check or a later one.
 */
MUST_USE enum rc schema_compile(struct arena *a, struct str uri, const struct json *root,
                                const struct schema_options *options, const struct schema **out,
                                struct err *err);

/*
 * RC_OK whether or not the document is valid: out says.  RC_LIMIT: too deep, too many steps, a pattern
 * that takes too long, or the arena full; then nothing is known.  today: for births, see idcode_person,
 * and for date-not-past.
 */
MUST_USE enum rc schema_check(const struct schema *schema, struct arena *work,
                              const struct json *document, int32_t today,
                              struct schema_result *out, struct err *err);

/* Whether text is of that format; true if nobody knows it. */
MUST_USE enum rc schema_format_holds(struct arena *work, struct str format, struct str text,
                                     int32_t today, bool *holds, struct err *err);

#endif
