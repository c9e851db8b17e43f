#include "crypto/sig.h"

#include <sodium.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/sig_openssl.h"

/* libsodium's secret key is the seed and the public key, which the signature hashes in. */
struct sig_key {
    enum sig_algorithm algorithm;
    unsigned char ed25519[crypto_sign_SECRETKEYBYTES];
    unsigned char public_key[SIG_PUBLIC_MAX];
    EVP_PKEY *pair; /* SM2, else NULL */
};

static const struct {
    enum sig_algorithm algorithm;
    const char *name;
} names[] = {
    {SIG_ED25519, "ed25519"},
    {SIG_SM2, "sm2-sm3"},
    {SIG_ECDSA_P256_SHA256, "ecdsa-p256-sha256"},
    {SIG_RSA_PSS_SHA512, "rsa-pss-sha512"},
    {SIG_RSA_V1_5_SHA256, "rsa-v1_5-sha256"},
    {SIG_HMAC_SHA256, "hmac-sha256"},
};

const char *
sig_name(enum sig_algorithm algorithm)
{
    CHECK((size_t)algorithm < sizeof(names) / sizeof(names[0]));
    CHECK(names[algorithm].algorithm == algorithm);
    return names[algorithm].name;
}

bool
sig_by_name(struct str name, enum sig_algorithm *out)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq(name, str_of(names[i].name))) {
            *out = names[i].algorithm;
            return true;
        }
    }
    return false;
}

bool
sig_secret_is_valid(const struct sig_secret *secret)
{
    return secret->algorithm == SIG_ED25519
           || (secret->algorithm == SIG_SM2 && sm2_secret_is_valid(secret->seed));
}

void
sig_new(enum sig_algorithm algorithm, struct sig_secret *out)
{
    CHECK(algorithm == SIG_ED25519 || algorithm == SIG_SM2);

    out->algorithm = algorithm;
    do { /* for SM2 the first draw is too large once in 2^32 */
        random_fill(out->seed, sizeof(out->seed));
    } while (!sig_secret_is_valid(out));
}

static size_t
public_bytes(enum sig_algorithm algorithm)
{
    return algorithm == SIG_ED25519 ? crypto_sign_PUBLICKEYBYTES : 65;
}

static void
key_init(struct sig_key *k, const struct sig_secret *secret)
{
    CHECK(sig_secret_is_valid(secret));
    CHECK(sodium_init() >= 0);

    memset(k, 0, sizeof(*k));
    k->algorithm = secret->algorithm;
    if (secret->algorithm == SIG_ED25519) {
        CHECK(crypto_sign_seed_keypair(k->public_key, k->ed25519, secret->seed) == 0);
    } else {
        sm2_public_of(secret->seed, k->public_key);
        k->pair = sm2_pair(secret->seed, k->public_key);
    }
}

static void
key_clear(struct sig_key *k)
{
    EVP_PKEY_free(k->pair); /* wipes its number */
    secret_wipe(k, sizeof(*k));
}

struct sig_key *
sig_key_new(const struct sig_secret *secret)
{
    CHECK(sodium_init() >= 0);

    struct sig_key *k = sodium_malloc(sizeof(*k));
    CHECK(k != NULL);
    key_init(k, secret);
    return k;
}

size_t
sig_key_public(const struct sig_key *k, unsigned char out[SIG_PUBLIC_MAX])
{
    size_t len = public_bytes(k->algorithm);

    memcpy(out, k->public_key, len);
    return len;
}

void
sig_key_sign(const struct sig_key *k, struct str message, unsigned char out[SIG_BYTES])
{
    if (k->algorithm == SIG_SM2) {
        sm2_sign(k->pair, message, out);
        return;
    }
    CHECK(crypto_sign_detached(out, NULL, (const unsigned char *)message.ptr, message.len,
                               k->ed25519)
          == 0);
}

void
sig_key_free(struct sig_key *k)
{
    if (k != NULL) {
        key_clear(k);
        sodium_free(k);
    }
}

size_t
sig_public_of(const struct sig_secret *secret, unsigned char out[SIG_PUBLIC_MAX])
{
    struct sig_key k;

    key_init(&k, secret);
    size_t len = sig_key_public(&k, out);
    key_clear(&k);
    return len;
}

void
sig_sign(const struct sig_secret *secret, struct str message, unsigned char out[SIG_BYTES])
{
    struct sig_key k;

    key_init(&k, secret);
    sig_key_sign(&k, message, out);
    key_clear(&k);
}

static bool
ed25519_verify(struct str key, struct str message, struct str signature)
{
    CHECK(sodium_init() >= 0);

    return key.len == crypto_sign_PUBLICKEYBYTES && signature.len == crypto_sign_BYTES
           && crypto_sign_verify_detached((const unsigned char *)signature.ptr,
                                          (const unsigned char *)message.ptr, message.len,
                                          (const unsigned char *)key.ptr)
                  == 0;
}

static bool
hmac_verify(struct str key, struct str message, struct str signature)
{
    if (key.len == 0 || signature.len != HASH_BYTES) {
        return false;
    }

    struct hash want = hash_hmac_sha256(key, message);
    struct hash got;
    memcpy(got.bytes, signature.ptr, sizeof(got.bytes));
    bool good = hash_eq(&want, &got);
    secret_wipe(&want, sizeof(want)); /* a valid tag of a message that somebody else chose */
    return good;
}

bool
sig_verify(const struct sig_public *key, struct str message, struct str signature)
{
    switch (key->algorithm) {
    case SIG_ED25519: return ed25519_verify(key->key, message, signature);
    case SIG_SM2: return sm2_verify(key->key, message, signature);
    case SIG_ECDSA_P256_SHA256: return p256_verify(key->key, message, signature);
    case SIG_RSA_PSS_SHA512: return rsa_verify(key->key, true, message, signature);
    case SIG_RSA_V1_5_SHA256: return rsa_verify(key->key, false, message, signature);
    case SIG_HMAC_SHA256: return hmac_verify(key->key, message, signature);
    }
    return false;
}
