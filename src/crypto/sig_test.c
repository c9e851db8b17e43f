#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/encode.h"
#include "crypto/hash.h"
#include "crypto/sig.h"

static struct str
unhex(struct arena *a, const char *hex)
{
    struct str out = {NULL, 0};
    struct err err;

    assert_int_equal(hex_decode(a, str_of(hex), &out, &err), RC_OK);
    return out;
}

static struct str
bytes(const unsigned char *p, size_t len)
{
    return (struct str){(const char *)p, len};
}

/* A copy with one bit turned. */
static struct str
turned(struct arena *a, struct str s, size_t bit)
{
    char *p = arena_alloc(a, s.len, 1);

    assert_non_null(p);
    memcpy(p, s.ptr, s.len);
    p[bit / 8] = (char)(p[bit / 8] ^ (1 << bit % 8));
    return (struct str){p, s.len};
}

static void
an_algorithm_has_one_name(void **state)
{
    static const struct {
        enum sig_algorithm algorithm;
        const char *name;
    } cases[] = {
        {SIG_ED25519, "ed25519"},
        {SIG_SM2, "sm2-sm3"},
        {SIG_ECDSA_P256_SHA256, "ecdsa-p256-sha256"},
        {SIG_RSA_PSS_SHA512, "rsa-pss-sha512"},
        {SIG_RSA_V1_5_SHA256, "rsa-v1_5-sha256"},
        {SIG_HMAC_SHA256, "hmac-sha256"},
    };
    enum sig_algorithm algorithm;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(sig_name(cases[i].algorithm), cases[i].name);
        assert_true(sig_by_name(str_of(cases[i].name), &algorithm));
        assert_int_equal(algorithm, cases[i].algorithm);
    }
    algorithm = SIG_SM2;
    assert_false(sig_by_name(STR("Ed25519"), &algorithm));
    assert_false(sig_by_name(STR(""), &algorithm));
    assert_false(sig_by_name(STR("none"), &algorithm));
    assert_int_equal(algorithm, SIG_SM2);
}

/* RFC 8032 §7.1: tests 1, 2, 3 and SHA(abc). */
static void
ed25519_gives_the_signatures_of_rfc_8032(void **state)
{
    static const struct {
        const char *seed, *public_key, *message, *signature;
    } cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
         "46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
         "d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
         "6594a7c15e9716ed28dc027beceea1ec40a"},
        {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
         "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
         "bbd454d4423643ce80e2a9ac94fa54ca49f",
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e"
         "0303dca179c138ac17ad9bef1177331a704"},
    };
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sig_secret secret = {.algorithm = SIG_ED25519};
        unsigned char public_key[SIG_PUBLIC_MAX], out[SIG_BYTES];
        struct str message = unhex(a, cases[i].message);
        memcpy(secret.seed, unhex(a, cases[i].seed).ptr, 32);
        assert_int_equal(sig_public_of(&secret, public_key), 32);
        assert_memory_equal(public_key, unhex(a, cases[i].public_key).ptr, 32);
        sig_sign(&secret, message, out);
        assert_memory_equal(out, unhex(a, cases[i].signature).ptr, SIG_BYTES);
        struct sig_public key = {SIG_ED25519, bytes(public_key, 32)};
        assert_true(sig_verify(&key, message, bytes(out, SIG_BYTES)));
    }
    arena_free(a);
}

static void
a_ready_key_signs_like_its_secret(void **state)
{
    static const enum sig_algorithm algorithms[] = {SIG_ED25519, SIG_SM2};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct sig_secret secret;
        unsigned char one[SIG_PUBLIC_MAX] = {0}, two[SIG_PUBLIC_MAX] = {0};
        unsigned char out[SIG_BYTES], again[SIG_BYTES];
        sig_new(algorithms[i], &secret);
        struct sig_key *k = sig_key_new(&secret);
        size_t len = sig_key_public(k, one);
        assert_int_equal(len, algorithms[i] == SIG_SM2 ? 65 : 32);
        assert_int_equal(sig_public_of(&secret, two), len);
        assert_memory_equal(one, two, sizeof(one));
        sig_key_sign(k, STR("message"), out);
        sig_sign(&secret, STR("message"), again);
        /* Ed25519 is a function of key and message; SM2 draws a number each time. */
        assert_int_equal(memcmp(out, again, SIG_BYTES) == 0, algorithms[i] == SIG_ED25519);
        struct sig_public key = {algorithms[i], bytes(one, len)};
        assert_true(sig_verify(&key, STR("message"), bytes(out, SIG_BYTES)));
        assert_true(sig_verify(&key, STR("message"), bytes(again, SIG_BYTES)));
        assert_false(sig_verify(&key, STR("messagf"), bytes(out, SIG_BYTES)));
        sig_key_free(k);
    }
    sig_key_free(NULL);
}

static void
any_turned_bit_is_refused(void **state)
{
    static const enum sig_algorithm algorithms[] = {SIG_ED25519, SIG_SM2};
    struct arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t step = algorithms[i] == SIG_SM2 ? 7 : 1;
        struct sig_secret secret;
        unsigned char public_key[SIG_PUBLIC_MAX], out[SIG_BYTES];
        sig_new(algorithms[i], &secret);
        struct sig_public key = {algorithms[i], {NULL, 0}};
        key.key = bytes(public_key, sig_public_of(&secret, public_key));
        struct str message = STR("one act, one record, one proof");
        sig_sign(&secret, message, out);
        struct str signature = bytes(out, SIG_BYTES);
        for (size_t bit = 0; bit < 8 * SIG_BYTES; bit += step) {
            assert_false(sig_verify(&key, message, turned(a, signature, bit)));
        }
        for (size_t bit = 0; bit < 8 * message.len; bit += step) {
            assert_false(sig_verify(&key, turned(a, message, bit), signature));
        }
        for (size_t bit = 0; bit < 8 * key.key.len; bit += step) {
            struct sig_public other = {key.algorithm, turned(a, key.key, bit)};
            assert_false(sig_verify(&other, message, signature));
        }
        assert_false(sig_verify(&key, message, str_sub(signature, 0, SIG_BYTES - 1)));
        assert_false(sig_verify(&key, message, (struct str){NULL, 0}));
        struct sig_public none = {key.algorithm, {NULL, 0}};
        assert_false(sig_verify(&none, message, signature));
    }
    arena_free(a);
}

/* With such a key and R the equation holds for every message; with S + L for the same one twice. */
static void
ed25519_refuses_small_points_and_a_second_form(void **state)
{
    struct arena *a = arena_new(1 << 16);
    char identity[32] = {1}, signature[64] = {1};
    struct sig_public small = {SIG_ED25519, {identity, sizeof(identity)}};
    static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                            0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                            [31] = 0x10};
    struct sig_secret secret;
    unsigned char public_key[SIG_PUBLIC_MAX], out[SIG_BYTES];

    (void)state;
    assert_false(sig_verify(&small, STR("any"), (struct str){signature, sizeof(signature)}));

    sig_new(SIG_ED25519, &secret);
    struct sig_public key = {SIG_ED25519, bytes(public_key, sig_public_of(&secret, public_key))};
    sig_sign(&secret, STR("any"), out);
    assert_true(sig_verify(&key, STR("any"), bytes(out, SIG_BYTES)));
    unsigned int carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += out[32 + i] + (unsigned int)order[i];
        out[32 + i] = (unsigned char)(carry & 0xff);
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_false(sig_verify(&key, STR("any"), bytes(out, SIG_BYTES)));
    arena_free(a);
}

/*
 * GB/T 32918.5, annex A: the key, the identity, "message digest", and the signature printed
 * there.
 */
static void
sm2_agrees_with_the_standards_example(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct sig_secret secret = {.algorithm = SIG_SM2};
    unsigned char public_key[SIG_PUBLIC_MAX];
    struct str signature = unhex(
        a, "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
           "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");

    (void)state;
    memcpy(secret.seed,
           unhex(a, "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8").ptr, 32);
    assert_int_equal(sig_public_of(&secret, public_key), 65);
    assert_memory_equal(public_key,
                        unhex(a, "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
                                 "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13")
                            .ptr,
                        65);
    struct sig_public key = {SIG_SM2, bytes(public_key, 65)};
    assert_true(sig_verify(&key, STR("message digest"), signature));
    assert_false(sig_verify(&key, STR("message digesT"), signature));
    arena_free(a);
}

static void
an_sm2_secret_lies_between_1_and_n_less_2(void **state)
{
    static const struct {
        const char *seed;
        bool valid;
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", false},
        {"0000000000000000000000000000000000000000000000000000000000000001", true},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121", true},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122", false},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123", false},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d53fff", true},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d64000", false},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
        {"ffffffff00000000000000000000000000000000000000000000000000000000", false},
    };
    struct arena *a = arena_new(1 << 16);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sig_secret secret = {.algorithm = SIG_SM2};
        memcpy(secret.seed, unhex(a, cases[i].seed).ptr, 32);
        assert_int_equal(sig_secret_is_valid(&secret), cases[i].valid);
        if (cases[i].valid) {
            unsigned char public_key[SIG_PUBLIC_MAX], out[SIG_BYTES];
            struct sig_public key = {SIG_SM2, bytes(public_key, 65)};
            assert_int_equal(sig_public_of(&secret, public_key), 65);
            sig_sign(&secret, STR("edge"), out);
            assert_true(sig_verify(&key, STR("edge"), bytes(out, SIG_BYTES)));
        }
        secret.algorithm = SIG_ED25519;
        assert_true(sig_secret_is_valid(&secret));
        secret.algorithm = SIG_HMAC_SHA256;
        assert_false(sig_secret_is_valid(&secret));
    }
    arena_free(a);
}

/* RFC 6979 A.2.5, SHA-256, message "sample". */
static void
p256_checks_the_signature_of_rfc_6979(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct sig_public key = {
        SIG_ECDSA_P256_SHA256,
        unhex(a, "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                 "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")};
    struct str signature = unhex(
        a, "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
           "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8");
    char zero[64] = {0};

    (void)state;
    assert_true(sig_verify(&key, STR("sample"), signature));
    assert_false(sig_verify(&key, STR("samplf"), signature));
    for (size_t bit = 0; bit < 512; bit += 5) {
        assert_false(sig_verify(&key, STR("sample"), turned(a, signature, bit)));
    }
    assert_false(sig_verify(&key, STR("sample"), (struct str){zero, sizeof(zero)}));
    /* The point at infinity, a compressed point, and a point beside the curve. */
    struct sig_public odd = {SIG_ECDSA_P256_SHA256, STR("\0")};
    assert_false(sig_verify(&odd, STR("sample"), signature));
    odd.key = unhex(a, "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6");
    assert_false(sig_verify(&odd, STR("sample"), signature));
    odd.key = turned(a, key.key, 300);
    assert_false(sig_verify(&odd, STR("sample"), signature));
    /* The same point, taken for another algorithm. */
    odd = (struct sig_public){SIG_SM2, key.key};
    assert_false(sig_verify(&odd, STR("sample"), signature));
    arena_free(a);
}

struct rsa_way {
    int padding; /* of OpenSSL */
    const EVP_MD *digest, *mgf1;
    int salt;
};

static struct str
rsa_signed(struct arena *a, EVP_PKEY *pair, const struct rsa_way *way, struct str message)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    size_t len = 1024;
    unsigned char *out = arena_alloc(a, len, 1);

    assert_int_equal(EVP_DigestSignInit(context, &key_context, way->digest, NULL, pair), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key_context, way->padding), 1);
    if (way->padding == RSA_PKCS1_PSS_PADDING) {
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, way->salt), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(key_context, way->mgf1), 1);
    }
    assert_int_equal(EVP_DigestSign(context, out, &len, (const unsigned char *)message.ptr,
                                    message.len),
                     1);
    EVP_MD_CTX_free(context);
    return bytes(out, len);
}

static struct str
spki_of(struct arena *a, EVP_PKEY *pair)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pair, &der);
    struct str out;
    struct err err;

    assert_true(len > 0);
    assert_int_equal(str_copy(a, bytes(der, (size_t)len), &out, &err), RC_OK);
    OPENSSL_free(der);
    return out;
}

static void
rsa_is_checked_in_exactly_the_two_registered_ways(void **state)
{
    struct arena *a = arena_new(1 << 20);
    EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    struct str spki = spki_of(a, pair);
    const struct {
        struct rsa_way way;
        bool pss, v1_5;
    } cases[] = {
        {{RSA_PKCS1_PSS_PADDING, EVP_sha512(), EVP_sha512(), 64}, true, false},
        {{RSA_PKCS1_PSS_PADDING, EVP_sha512(), EVP_sha512(), 32}, false, false},
        {{RSA_PKCS1_PSS_PADDING, EVP_sha512(), EVP_sha256(), 64}, false, false},
        {{RSA_PKCS1_PSS_PADDING, EVP_sha256(), EVP_sha256(), 64}, false, false},
        {{RSA_PKCS1_PADDING, EVP_sha256(), NULL, 0}, false, true},
        {{RSA_PKCS1_PADDING, EVP_sha512(), NULL, 0}, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sig_public pss = {SIG_RSA_PSS_SHA512, spki};
        struct sig_public v1_5 = {SIG_RSA_V1_5_SHA256, spki};
        struct str signature = rsa_signed(a, pair, &cases[i].way, STR("m"));
        assert_int_equal(sig_verify(&pss, STR("m"), signature), cases[i].pss);
        assert_int_equal(sig_verify(&v1_5, STR("m"), signature), cases[i].v1_5);
        assert_false(sig_verify(&pss, STR("n"), signature));
        assert_false(sig_verify(&v1_5, STR("n"), signature));
        assert_false(sig_verify(&v1_5, STR("m"), turned(a, signature, 1000)));
        assert_false(sig_verify(&pss, STR("m"), str_sub(signature, 0, 255)));
    }
    EVP_PKEY_free(pair);
    arena_free(a);
}

static void
an_rsa_key_of_odd_size_or_form_is_refused(void **state)
{
    struct arena *a = arena_new(1 << 20);
    const struct rsa_way way = {RSA_PKCS1_PADDING, EVP_sha256(), NULL, 0};
    EVP_PKEY *weak = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    EVP_PKEY *good = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    EVP_PKEY *curve = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    struct str signature = rsa_signed(a, good, &way, STR("m"));
    struct str spki = spki_of(a, good);
    struct sig_public key = {SIG_RSA_V1_5_SHA256, spki};
    struct buf trailing;
    struct err err;

    (void)state;
    assert_true(sig_verify(&key, STR("m"), signature));
    key.key = spki_of(a, weak);
    assert_false(sig_verify(&key, STR("m"), rsa_signed(a, weak, &way, STR("m"))));
    key.key = spki_of(a, curve);
    assert_false(sig_verify(&key, STR("m"), signature));
    for (size_t len = 0; len < spki.len; len += 3) {
        key.key = str_sub(spki, 0, len);
        assert_false(sig_verify(&key, STR("m"), signature));
    }
    buf_init(&trailing, a, 4096);
    buf_put(&trailing, spki);
    buf_put_char(&trailing, '\0');
    assert_int_equal(buf_finish(&trailing, &key.key, &err), RC_OK);
    assert_false(sig_verify(&key, STR("m"), signature));
    EVP_PKEY_free(weak);
    EVP_PKEY_free(good);
    EVP_PKEY_free(curve);
    arena_free(a);
}

static void
hmac_needs_the_whole_tag_and_a_key(void **state)
{
    struct arena *a = arena_new(1 << 16);
    struct sig_public key = {SIG_HMAC_SHA256, STR("Jefe")};
    struct str message = STR("what do ya want for nothing?");
    struct str tag = unhex(a, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

    (void)state;
    assert_true(sig_verify(&key, message, tag));
    for (size_t bit = 0; bit < 256; bit++) {
        assert_false(sig_verify(&key, message, turned(a, tag, bit)));
    }
    for (size_t len = 0; len < tag.len; len++) {
        assert_false(sig_verify(&key, message, str_sub(tag, 0, len)));
    }
    struct hash of_no_key = hash_hmac_sha256((struct str){NULL, 0}, message);
    key.key = (struct str){NULL, 0};
    assert_false(sig_verify(&key, message, hash_str(&of_no_key)));
    arena_free(a);
}

static void
a_refusal_leaves_nothing_for_the_next_tls_call(void **state)
{
    char junk[65] = {4, 1, 2, 3};
    static const enum sig_algorithm algorithms[] = {SIG_ED25519, SIG_SM2, SIG_ECDSA_P256_SHA256,
                                                    SIG_RSA_PSS_SHA512, SIG_RSA_V1_5_SHA256,
                                                    SIG_HMAC_SHA256};

    (void)state;
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
        struct sig_public key = {algorithms[i], {junk, sizeof(junk)}};
        assert_false(sig_verify(&key, STR("m"), (struct str){junk, SIG_BYTES}));
        assert_int_equal(ERR_peek_error(), 0);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_algorithm_has_one_name),
        cmocka_unit_test(ed25519_gives_the_signatures_of_rfc_8032),
        cmocka_unit_test(a_ready_key_signs_like_its_secret),
        cmocka_unit_test(any_turned_bit_is_refused),
        cmocka_unit_test(ed25519_refuses_small_points_and_a_second_form),
        cmocka_unit_test(sm2_agrees_with_the_standards_example),
        cmocka_unit_test(an_sm2_secret_lies_between_1_and_n_less_2),
        cmocka_unit_test(p256_checks_the_signature_of_rfc_6979),
        cmocka_unit_test(rsa_is_checked_in_exactly_the_two_registered_ways),
        cmocka_unit_test(an_rsa_key_of_odd_size_or_form_is_refused),
        cmocka_unit_test(hmac_needs_the_whole_tag_and_a_key),
        cmocka_unit_test(a_refusal_leaves_nothing_for_the_next_tls_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
