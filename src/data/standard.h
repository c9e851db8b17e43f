/*
 * standard - what the records of a resource look like (一数一源一标准), written as JSON Schema by its owner, and how often they do not.
 *
 * A record that deviates is handed out all the same: it is what the register says, and hiding it would let nobody mend it.  What
 * is wrong is counted by element and keyword, in the write of the question that showed it and without any value, so that the owner
 * sees where his register has to be put right.
 */
#ifndef DATA_STANDARD_H
#define DATA_STANDARD_H

#include "data/catalogue.h"
#include "rule/schema.h"

/* DEPTH: of the schema as a document, so that reading it fits on a coroutine's stack. */
enum { STANDARD_BYTES_MAX = 16384, STANDARD_DEPTH_MAX = 8, DEVIATIONS_MAX = 16 };

/*
 * The standard of a resource; *out is NULL if it has none, and lives as long as r and a.  RC_INVALID: no JSON Schema, one that is
 * too large or too deep, or one that speaks of something else than the elements of the resource.
 */
MUST_USE enum rc standard_read(struct arena *a, const struct resource *r, const struct schema **out, struct err *err);

struct deviation {
    struct str element; /* "": the record as a whole */
    struct str keyword; /* of JSON Schema: "required", "pattern" */
};
struct deviations {
    size_t count;
    struct deviation deviation[DEVIATIONS_MAX]; /* one for an element and keyword */
};
/* s may be NULL: nothing deviates.  RC_LIMIT: the record is too much to look through. */
MUST_USE enum rc standard_check(const struct schema *s, struct arena *a, const struct json *record, int32_t today,
                                struct deviations *out, struct err *err);

MUST_USE enum rc standard_count(struct tx *tx, struct str resource, const struct deviations *d, int64_t now_us,
                                struct err *err);
/* [{"resource","element","keyword","times","last" (microseconds)}] since a day, by resource and then the most frequent first. */
MUST_USE enum rc standard_totals(const struct db *db, struct arena *a, int32_t since, struct json **out, struct err *err);

#endif
