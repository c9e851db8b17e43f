#include "identity/rows.h"

enum { FIRST_CAPACITY = 64 };

void *
rows_add(struct rows *r)
{
    if (r->count == r->capacity) {
        size_t capacity = r->capacity == 0 ? FIRST_CAPACITY : r->capacity * 2;
        void *row = arena_grow(r->arena, r->row, r->capacity * r->size_bytes,
                               capacity * r->size_bytes);
        if (row == NULL) {
            return NULL;
        }
        r->row = row;
        r->capacity = capacity;
    }
    return (char *)r->row + r->size_bytes * r->count++;
}

static const struct str *
code_at(const struct rows *r, size_t index)
{
    return (const void *)((const char *)r->row + index * r->size_bytes);
}

size_t
rows_from(const struct rows *r, struct str code)
{
    size_t low = 0, high = r->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(*code_at(r, middle), code) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const void *
rows_find(const struct rows *r, struct str code)
{
    size_t at = rows_from(r, code);

    return at < r->count && str_eq(*code_at(r, at), code) ? code_at(r, at) : NULL;
}

enum rc
rows_texts(const struct row *row, struct arena *a, struct str *const *out, int count,
           struct err *err)
{
    enum rc rc = RC_OK;

    for (int i = 0; i < count && rc == RC_OK; i++) {
        rc = row_copy_text(row, i, a, out[i], err);
    }
    return rc;
}
