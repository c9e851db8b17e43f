/*
 * random - bytes that nobody can guess, from the kernel; and the end of a secret.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "base/str.h"

void random_fill(void *out, size_t len);
/*
 * count random bytes as base64url text on the arena (22 characters for 16); NULL ptr past its
 * limit.
 */
struct str random_token(struct arena *a, size_t count);

/* Wipe, so that the compiler cannot leave it out.  secret may be NULL if len is 0. */
void secret_wipe(void *secret, size_t len);
/* The same for a view of bytes that are ours to write, such as a key file read onto an arena. */
void secret_wipe_str(struct str secret);

#endif
