/*
 * registry - records that a node holds itself: sealed, found by keyed hash of their key.
 */
#ifndef DATA_REGISTRY_H
#define DATA_REGISTRY_H

#include "base/json.h"
#include "crypto/vault.h"
#include "store/store.h"

/* key: identifier, folded.  body: object.  Replaces. */
MUST_USE enum rc registry_put(struct tx *tx, const struct vault *vault, struct arena *a,
                              struct str resource, struct str key, const struct json *body,
                              int64_t now_us, struct err *err);
/* RC_NOT_FOUND.  *updated_us: when it was last changed. */
MUST_USE enum rc registry_get(const struct db *db, const struct vault *vault, struct arena *a,
                              struct str resource, struct str key, struct json **out,
                              int64_t *updated_us, struct err *err);
MUST_USE enum rc registry_count(const struct db *db, struct str resource, int64_t *out,
                                struct err *err);
/*
 * Records one after the other, in the order of the hashes of their keys: as many as `most` behind `after` ("" begins).  Opened on a;
 * which they are is in records[].key_hash.  Fewer than most: it is the end.
 */
struct record {
    struct str key_hash;
    struct json *body;
};
MUST_USE enum rc registry_batch(const struct db *db, const struct vault *vault, struct arena *a, struct str resource,
                                struct str after, struct record *records, size_t most, size_t *count, struct err *err);

#endif
