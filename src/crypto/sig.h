/*
 * sig - signatures behind one interface, so that an algorithm is a value and not a rewrite.
 *
 * Ed25519 by libsodium (RFC 8032); SM2 with SM3 (GB/T 32918, id 1234567812345678), ECDSA P-256,
 * RSA-PSS and HMAC by OpenSSL; the last three only so that messages of others can be checked
 * (RFC 9421 §3.3).  Names are those of the RFC 9421 registry, and "sm2-sm3" for SM2.
 * Encodings: Ed25519 public 32, secret 32 (seed), signature 64 bytes; SM2 and P-256 public 65
 * (04 || x || y), secret 32, signature r || s 64; RSA keys DER (SubjectPublicKeyInfo, PKCS 8).
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

struct sig_secret { /* SIG_ED25519 or SIG_SM2 */
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
/* Writes 32 (Ed25519) or 65 (SM2) bytes and returns how many. */
size_t sig_public_of(const struct sig_secret *secret, unsigned char out[SIG_PUBLIC_MAX]);
void sig_sign(const struct sig_secret *secret, struct str message, unsigned char out[SIG_BYTES]);
/* True only if the signature is right; a malformed key or signature is just false. */
bool sig_verify(const struct sig_public *key, struct str message, struct str signature);

#endif
