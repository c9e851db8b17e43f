/*
 * hash - SHA-256 (FIPS 180-4), SM3 (GB/T 32905) and HMAC (RFC 2104), whole and in pieces.
 *
 * Nothing here can fail but for a broken library, which ends the process.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/str.h"

enum { HASH_BYTES = 32 };

struct hash {
    unsigned char bytes[HASH_BYTES];
};

struct hash hash_sha256(struct str data);
struct hash hash_sm3(struct str data);
struct hash hash_hmac_sha256(struct str key, struct str data);

/* SHA-256 of two pieces after a prefix byte: the node of a Merkle tree, without a copy. */
struct hash hash_sha256_node(unsigned char prefix, struct str left, struct str right);

/* In pieces.  open .. add .. close; close frees, and must be called once. */
struct hash_stream;
struct hash_stream *hash_open_sha256(void);
struct hash_stream *hash_open_hmac_sha256(struct str key);
void hash_add(struct hash_stream *s, struct str data);
struct hash hash_close(struct hash_stream *s);

bool hash_eq(const struct hash *a, const struct hash *b); /* in constant time */
struct str hash_str(const struct hash *h);                /* a view of the 32 bytes */

#endif
