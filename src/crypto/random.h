/*
 * random - bytes that nobody can guess, from the kernel.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "base/str.h"

void random_fill(void *out, size_t len);
/* count random bytes as base64url text on the arena (22 characters for 16); NULL ptr past its limit. */
struct str random_token(struct arena *a, size_t count);
/* Wipe, so that the compiler cannot leave it out. */
void secret_wipe(void *secret, size_t len);

#endif
