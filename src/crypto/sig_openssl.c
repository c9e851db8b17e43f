/*
 * SM2, P-256 and RSA by the EVP interface of OpenSSL 3.
 *
 * Outside, a signature on a curve is r || s, 32 bytes each, as RFC 9421 §3.3.4 has it; inside,
 * OpenSSL takes and gives DER, so both directions are translated here.  SM2 hashes the signer's
 * identity and key before the message; the identity is the one of GM/T 0009, and without it
 * OpenSSL computes something nobody else can check.
 *
 * SM2 in OpenSSL 3.0 is generic big-number code: about half a millisecond for a signature or a
 * check, twelve times P-256.  A public key is built anew for each check, which disappears
 * beside that.
 *
 * Calls that can only fail for want of memory or a broken library are CHECKed; those that fail
 * for what a stranger sent return false.
 */
#include "crypto/sig_openssl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/random.h"

enum { COORDINATE_BYTES = 32, POINT_BYTES = 65, RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 8192 };
enum { RSA_DER_MOST = 1200 }; /* 8192 bits, exponent and wrapping */

static const unsigned char sm2_id[] = "1234567812345678";
enum { SM2_ID_LEN = sizeof(sm2_id) - 1 };

/* n - 1 of GB/T 32918.5, n being the order of the base point. */
static const unsigned char sm2_order_less_1[32] = {
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0x72, 0x03, 0xdf, 0x6b, 0x21, 0xc6,
    0x05, 0x2b, 0x53, 0xbb, 0xf4, 0x09, 0x39, 0xd5, 0x41, 0x22,
};

bool
sm2_secret_is_valid(const unsigned char secret[32])
{
    /* n - 1 is left out too: the signature divides by 1 + d. */
    unsigned char any = 0;
    int below = 0;

    for (int i = 31; i >= 0; i--) { /* a borrow from the lowest byte up, without a branch */
        int difference = secret[i] - sm2_order_less_1[i] - below;
        below = difference < 0;
        any |= secret[i];
    }
    return any != 0 && below != 0;
}

void
sm2_public_of(const unsigned char secret[32], unsigned char out[65])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *d = BN_secure_new();
    CHECK(group != NULL && d != NULL && BN_bin2bn(secret, 32, d) != NULL);
    EC_POINT *point = EC_POINT_new(group);
    CHECK(point != NULL);

    BN_set_flags(d, BN_FLG_CONSTTIME);
    CHECK(EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1);
    CHECK(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, POINT_BYTES, NULL)
          == POINT_BYTES);
    EC_POINT_free(point);
    BN_clear_free(d);
    EC_GROUP_free(group);
}

/* secret may be NULL.  NULL if public_key is not a point of the curve. */
static EVP_PKEY *
curve_key(const char *type, const char *group, const unsigned char *public_key,
          const unsigned char *secret)
{
    EVP_PKEY *key = NULL;
    BIGNUM *d = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    CHECK(builder != NULL);
    CHECK(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1);
    CHECK(OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, public_key,
                                           POINT_BYTES)
          == 1);
    if (secret != NULL) {
        d = BN_secure_new();
        CHECK(d != NULL && BN_bin2bn(secret, 32, d) != NULL);
        CHECK(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1);
    }
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    CHECK(params != NULL && context != NULL && EVP_PKEY_fromdata_init(context) == 1);

    int selection = secret != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (EVP_PKEY_fromdata(context, &key, selection, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params); /* wipes what came from the secure heap */
    OSSL_PARAM_BLD_free(builder);
    BN_clear_free(d);
    return key;
}

EVP_PKEY *
sm2_pair(const unsigned char secret[32], const unsigned char public_key[65])
{
    EVP_PKEY *pair = curve_key("SM2", "SM2", public_key, secret);

    CHECK(pair != NULL);
    return pair;
}

/* The digest context with the identity set; the key context has to be freed after it. */
static EVP_MD_CTX *
sm2_context(EVP_PKEY *key, EVP_PKEY_CTX **key_context)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    *key_context = EVP_PKEY_CTX_new(key, NULL);
    CHECK(context != NULL && *key_context != NULL);
    CHECK(EVP_PKEY_CTX_set1_id(*key_context, sm2_id, SM2_ID_LEN) == 1);
    EVP_MD_CTX_set_pkey_ctx(context, *key_context);
    return context;
}

void
sm2_sign(EVP_PKEY *pair, struct str message, unsigned char out[SIG_BYTES])
{
    EVP_PKEY_CTX *key_context;
    EVP_MD_CTX *context = sm2_context(pair, &key_context);
    unsigned char der[80];
    size_t der_len = sizeof(der);
    const unsigned char *at = der;

    CHECK(EVP_DigestSignInit(context, NULL, EVP_sm3(), NULL, pair) == 1);
    CHECK(EVP_DigestSign(context, der, &der_len, (const unsigned char *)message.ptr, message.len)
          == 1);

    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    CHECK(sig != NULL);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, COORDINATE_BYTES) == COORDINATE_BYTES);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + COORDINATE_BYTES, COORDINATE_BYTES)
          == COORDINATE_BYTES);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(context);
    EVP_PKEY_CTX_free(key_context);
}

/* r || s as DER, at most 72 bytes; returns the length. */
static size_t
der_of_raw(struct str raw, unsigned char out[80])
{
    const unsigned char *bytes = (const unsigned char *)raw.ptr;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, COORDINATE_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(bytes + COORDINATE_BYTES, COORDINATE_BYTES, NULL);

    CHECK(sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1);
    int len = i2d_ECDSA_SIG(sig, NULL);
    CHECK(len > 0 && len <= 80);
    len = i2d_ECDSA_SIG(sig, &out);
    ECDSA_SIG_free(sig);
    return (size_t)len;
}

static EVP_PKEY *
curve_public(const char *type, const char *group, struct str key, struct str signature)
{
    if (key.len != POINT_BYTES || key.ptr[0] != 0x04 || signature.len != SIG_BYTES) {
        return NULL;
    }
    return curve_key(type, group, (const unsigned char *)key.ptr, NULL);
}

static bool
check(EVP_MD_CTX *context, struct str message, const unsigned char *signature, size_t len)
{
    return EVP_DigestVerify(context, signature, len, (const unsigned char *)message.ptr,
                            message.len)
           == 1;
}

bool
sm2_verify(struct str key, struct str message, struct str signature)
{
    bool good = false;
    EVP_PKEY *public_key = curve_public("SM2", "SM2", key, signature);

    if (public_key != NULL) {
        unsigned char der[80];
        size_t der_len = der_of_raw(signature, der);
        EVP_PKEY_CTX *key_context;
        EVP_MD_CTX *context = sm2_context(public_key, &key_context);
        CHECK(EVP_DigestVerifyInit(context, NULL, EVP_sm3(), NULL, public_key) == 1);
        good = check(context, message, der, der_len);
        EVP_MD_CTX_free(context);
        EVP_PKEY_CTX_free(key_context);
    }
    EVP_PKEY_free(public_key);
    ERR_clear_error();
    return good;
}

bool
p256_verify(struct str key, struct str message, struct str signature)
{
    bool good = false;
    EVP_PKEY *public_key = curve_public("EC", "prime256v1", key, signature);

    if (public_key != NULL) {
        unsigned char der[80];
        size_t der_len = der_of_raw(signature, der);
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        CHECK(context != NULL);
        CHECK(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public_key) == 1);
        good = check(context, message, der, der_len);
        EVP_MD_CTX_free(context);
    }
    EVP_PKEY_free(public_key);
    ERR_clear_error();
    return good;
}

/*
 * NULL unless the whole of der is an RSA key of a size that is neither weak nor a way to keep
 * us busy.
 */
static EVP_PKEY *
rsa_public(struct str der)
{
    const unsigned char *at = (const unsigned char *)der.ptr;

    if (der.len == 0 || der.len > RSA_DER_MOST) {
        return NULL;
    }
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der.len);
    if (key == NULL) {
        return NULL;
    }
    int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "RSA") != 1 || bits < RSA_BITS_LEAST || bits > RSA_BITS_MOST
        || at != (const unsigned char *)der.ptr + der.len) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* RFC 9421 §3.3.1: MGF1 with the hash of the message and a salt of 64 bytes, no other. */
static bool
pss_is_set(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
           && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 64) == 1
           && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha512()) == 1;
}

bool
rsa_verify(struct str key, bool pss, struct str message, struct str signature)
{
    bool good = false;
    EVP_PKEY *public_key = rsa_public(key);

    if (public_key != NULL) {
        EVP_PKEY_CTX *key_context = NULL; /* belongs to context */
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        CHECK(context != NULL);
        /* An exponent or modulus that the library itself refuses makes these calls fail. */
        good = EVP_DigestVerifyInit(context, &key_context, pss ? EVP_sha512() : EVP_sha256(),
                                    NULL, public_key)
                   == 1
               && (!pss || pss_is_set(key_context))
               && check(context, message, (const unsigned char *)signature.ptr, signature.len);
        EVP_MD_CTX_free(context);
    }
    EVP_PKEY_free(public_key);
    ERR_clear_error();
    return good;
}
