/*
 * cert - X.509 certificates for TLS between nodes, by OpenSSL.
 *
 * Nodes trust certificates by the fingerprint in the signed directory, not by an authority, so
 * a node makes its own: P-256, ten years, subject and SAN given.
 */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "crypto/hash.h"

/*
 * PEM texts on the arena.  name: "city.zt.invalid"; also put 127.0.0.1 and localhost into the
 * SAN.
 */
MUST_USE enum rc cert_new(struct arena *a, struct str name, int64_t now_us, struct str *key_pem,
                          struct str *cert_pem, struct err *err);
/* SHA-256 over the DER form of the first certificate in pem. */
MUST_USE enum rc cert_fingerprint(struct str pem, struct hash *out, struct err *err);
/* The last moment at which the first certificate in pem is good.  RC_INVALID. */
MUST_USE enum rc cert_ends(struct str pem, int64_t *out_us, struct err *err);

#endif
