/*
 * sig_openssl - what sig.c has OpenSSL do.  Private to crypto.
 *
 * Nothing here leaves an entry in OpenSSL's error queue of the thread: the next TLS call would
 * take it for its own.
 */
#ifndef CRYPTO_SIG_OPENSSL_H
#define CRYPTO_SIG_OPENSSL_H

#include <openssl/evp.h>

#include "crypto/sig.h"

bool sm2_secret_is_valid(const unsigned char secret[32]);
void sm2_public_of(const unsigned char secret[32], unsigned char out[65]);
/* The pair as OpenSSL holds it; EVP_PKEY_free it. */
EVP_PKEY *sm2_pair(const unsigned char secret[32], const unsigned char public_key[65]);
void sm2_sign(EVP_PKEY *pair, struct str message, unsigned char out[SIG_BYTES]);

bool sm2_verify(struct str key, struct str message, struct str signature);
bool p256_verify(struct str key, struct str message, struct str signature);
bool rsa_verify(struct str key, bool pss, struct str message, struct str signature);

#endif
