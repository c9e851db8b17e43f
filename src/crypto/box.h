/*
 * box - sealed for one receiver: whoever has the public key can close it, only the secret seed opens it (X25519, XSalsa20-Poly1305, by libsodium).
 *
 * It says nothing of who closed it: a signature around it does.
 */
#ifndef CRYPTO_BOX_H
#define CRYPTO_BOX_H

#include "base/str.h"

enum { BOX_KEY_BYTES = 32, BOX_OVERHEAD_BYTES = 48 };

/* The public key of a seed of 32 secret bytes. */
void box_public(const unsigned char seed[BOX_KEY_BYTES], unsigned char out[BOX_KEY_BYTES]);
/* RC_INVALID: that is no public key; RC_LIMIT. */
MUST_USE enum rc box_seal(struct arena *a, struct str public_key, struct str plain, struct str *out, struct err *err);
/* RC_CORRUPT: it was changed, or is for somebody else.  RC_LIMIT. */
MUST_USE enum rc box_open(struct arena *a, const unsigned char seed[BOX_KEY_BYTES], struct str sealed, struct str *out, struct err *err);

#endif
