/*
 * asset - files of pages/, lang/, static/ and demo/, inside the binary (tools/embed writes the table).
 */
#ifndef BASE_ASSET_H
#define BASE_ASSET_H

#include <stddef.h>

#include "base/json.h"

struct asset {
    const char *path; /* "pages/home.html" */
    const unsigned char *bytes;
    size_t len;
};

extern const struct asset asset_table[]; /* in the order of their paths */
extern const size_t asset_table_count;

/* NULL if there is none. */
const struct asset *asset_find(struct str path);
struct str asset_text(const struct asset *a); /* "" for NULL */
/* A document among them.  RC_NOT_FOUND: not in the binary; RC_INVALID; RC_LIMIT. */
MUST_USE enum rc asset_json(struct arena *a, const char *path, struct json **out, struct err *err);

#endif
