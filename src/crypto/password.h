/*
 * password - Argon2id (RFC 9106) by libsodium, with the parameters in the stored text.
 *
 * Slow on purpose (tens of milliseconds, memory as configured): call it on a work thread.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/str.h"

struct password_cost {
    uint64_t operations;
    size_t memory_bytes;
};

extern const struct password_cost password_cost_usual; /* 2 passes, 19 MiB (OWASP's floor) */
extern const struct password_cost password_cost_test;  /* the least the library allows */

/* Stored form, at most 128 characters, on the arena.  RC_LIMIT: the memory could not be had. */
MUST_USE enum rc password_hash(struct arena *a, struct str password,
                               const struct password_cost *cost, struct str *out, struct err *err);
bool password_matches(struct str stored, struct str password);
/* True if stored was made with less than cost: rehash at the next good sign-in. */
bool password_is_weak(struct str stored, const struct password_cost *cost);

#endif
