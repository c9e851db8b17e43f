/*
 * idempotency - the same key twice gives the first answer again (draft-ietf-httpapi-idempotency-key-header).
 *
 * A key belongs to an account.  The first request with it claims it; when its answer is known it is kept with it.  A second one
 * with the same content gets that answer; with other content it is refused; while the first is still at work it is told to come
 * again.  Answers are in the store, claims in memory: a node has one worker, and when that has died nothing is at work any more,
 * so a key is free at once; and on a full disk there is nothing to take back.
 */
#ifndef WEB_IDEMPOTENCY_H
#define WEB_IDEMPOTENCY_H

#include "crypto/vault.h"
#include "store/store.h"

struct idempotency; /* the keys at work in this node; any thread */

struct idempotency *idempotency_new(void);
void idempotency_free(struct idempotency *i); /* accepts NULL; nothing may be at work */

struct keyed_request {
    struct str account;
    struct str key;
    struct str digest; /* of method, path and body */
};

struct kept_answer {
    bool is_kept; /* an earlier request has answered; nothing is claimed */
    int status;
    struct str location;
    struct str body; /* JSON of the document, opened */
};

enum { IDEMPOTENCY_KEY_MAX = 128 };

/* RC_CONFLICT: type "idempotency-other-content" or "in-progress"; RC_INVALID: no such key can be. */
MUST_USE enum rc idempotency_claim(struct idempotency *i, const struct db *db,
                                   const struct vault *vault, struct arena *a,
                                   const struct keyed_request *request, struct kept_answer *out,
                                   struct err *err);
/* The handler has answered: that is kept.  The claim ends, whatever becomes of it. */
MUST_USE enum rc idempotency_keep(struct idempotency *i, const struct db *db,
                                  const struct vault *vault, struct arena *a,
                                  const struct keyed_request *request, int64_t now_us,
                                  const struct kept_answer *answer, struct err *err);
/* The handler failed: the key may be used again. */
void idempotency_release(struct idempotency *i, const struct keyed_request *request);
/* Forgets what is older. */
MUST_USE enum rc idempotency_expire(const struct db *db, int64_t older_than_us, struct err *err);

#endif
