/*
 * rows - rows of one kind in memory, sorted by the code that each begins with: what changes
 * seldom is read once and looked up often.
 */
#ifndef IDENTITY_ROWS_H
#define IDENTITY_ROWS_H

#include "store/store.h"

struct rows {
    struct arena *arena;
    size_t size_bytes; /* of one row, whose first member is a struct str */
    void *row;
    size_t count;
    size_t capacity;
};

/* Room for one more, zeroed; NULL past the arena's limit. */
MUST_USE void *rows_add(struct rows *r);
/*
 * Index of the first whose code is not before this one; count if there is none.  They must have
 * been added in the order of str_cmp.
 */
size_t rows_from(const struct rows *r, struct str code);
/* The one with this code, or NULL. */
const void *rows_find(const struct rows *r, struct str code);
/* The first count columns of a row of the store, as texts on the arena. */
MUST_USE enum rc rows_texts(const struct row *row, struct arena *a, struct str *const *out,
                            int count, struct err *err);

#endif
