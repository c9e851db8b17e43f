/*
 * sig - signatures behind one interface, so that an algorithm is a value and not a rewrite.
 *
 * Ed25519 by libsodium (RFC 8032); SM2 with SM3 (GB/T 32918, id 1234567812345678), ECDSA P-256,
 * RSA and HMAC by OpenSSL; the last ones only so that messages of others can be checked (RFC
 * 9421 §3.3).  Names are those of the RFC 9421 registry, and "sm2-sm3" for SM2. Encodings:
 * Ed25519 public 32, secret 32 (seed), signature 64 bytes; SM2 and P-256 public 65 (04 || x ||
 * y), secret 32, signature r || s 64; RSA keys DER (SubjectPublicKeyInfo), 2048 to 8192 bits.
 * For HMAC the "public" key is the shared secret, of any length but 0.
 */
#ifndef CRYPTO_SIG_H
#define CRYPTO_SIG_H

#include "base/str.h"

enum sig_algorithm {
    SIG_ED25519,
    SIG_SM2,
    SIG_ECDSA_P256_SHA256,
    SIG_RSA_PSS_SHA512,
    SIG_RSA_V1_5_SHA256,
    SIG_HMAC_SHA256
};

enum { SIG_SECRET_MAX = 32, SIG_PUBLIC_MAX = 65, SIG_BYTES = 64 };

struct sig_secret { /* SIG_ED25519 or SIG_SM2; the owner wipes it */
    enum sig_algorithm algorithm;
    unsigned char seed[SIG_SECRET_MAX];
};

struct sig_public {
    enum sig_algorithm algorithm;
    struct str key;
};

const char *sig_name(enum sig_algorithm algorithm);
bool sig_by_name(struct str name, enum sig_algorithm *out);

void sig_new(enum sig_algorithm algorithm, struct sig_secret *out); /* Ed25519 or SM2 */
/*
 * False for another algorithm, and for an SM2 number outside 1 .. n - 2.  What follows needs
 * true.
 */
bool sig_secret_is_valid(const struct sig_secret *secret);
/* Writes 32 (Ed25519) or 65 (SM2) bytes and returns how many. */
size_t sig_public_of(const struct sig_secret *secret, unsigned char out[SIG_PUBLIC_MAX]);
void sig_sign(const struct sig_secret *secret, struct str message, unsigned char out[SIG_BYTES]);
/* True only if the signature is right; a malformed key or signature is just false. */
bool sig_verify(const struct sig_public *key, struct str message, struct str signature);

/*
 * A secret made ready for many signatures: sig_sign derives the public half each time, which
 * doubles its cost.  Lives in pages that are locked, left out of core dumps and fenced; one
 * thread at a time.
 */
struct sig_key;
struct sig_key *sig_key_new(const struct sig_secret *secret);
size_t sig_key_public(const struct sig_key *k, unsigned char out[SIG_PUBLIC_MAX]);
void sig_key_sign(const struct sig_key *k, struct str message, unsigned char out[SIG_BYTES]);
void sig_key_free(struct sig_key *k); /* wipes; accepts NULL */

#endif
