/*
 * idempotency - the same key twice gives the first answer again (draft-ietf-httpapi-idempotency-key-header).
 *
 * A key belongs to an account.  The first request with it claims the row; when its answer is known it is kept with it.  A second one
 * with the same content gets that answer; with other content it is refused; while the first is still at work it is told to come
 * again.  A claim without answer (the process died) is free again after claim_s.
 */
#ifndef WEB_IDEMPOTENCY_H
#define WEB_IDEMPOTENCY_H

#include "crypto/vault.h"
#include "store/store.h"

struct kept_answer {
    bool is_kept; /* an earlier request has answered */
    int status;
    struct str location;
    struct str body; /* JSON of the document, opened */
};

enum { IDEMPOTENCY_KEY_MAX = 128 };

/* RC_CONFLICT: type "idempotency-other-content" or "in-progress".  digest: of method, path and body. */
MUST_USE enum rc idempotency_claim(const struct db *db, const struct vault *vault,
                                   struct arena *a, struct str account, struct str key,
                                   struct str digest, int64_t now_us, int claim_s,
                                   struct kept_answer *out, struct err *err);
MUST_USE enum rc idempotency_keep(const struct db *db, const struct vault *vault, struct arena *a,
                                  struct str account, struct str key, int status,
                                  struct str location, struct str body, struct err *err);
/* The handler failed: the key may be used again. */
void idempotency_release(const struct db *db, struct str account, struct str key);
/* Forgets what is older. */
MUST_USE enum rc idempotency_expire(const struct db *db, int64_t older_than_us, struct err *err);

#endif
