/*
 * The keys and signatures of RFC 9421, Appendix B: each signature base with its signature must
 * be judged as the suite says, and where signing is a function it must give the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/sig.h"

/* NULL when the suite is not there, which is a failure only where CI=true. */
static const struct json *
suite_read(struct arena *a)
{
    const char *suites = getenv("SUITES");
    const char *ci = getenv("CI");
    char path[1024];
    struct str text = {NULL, 0};
    struct json *root = NULL;
    struct err err;

    (void)snprintf(path, sizeof(path), "%s/http-signatures/rfc9421-vectors.json",
                   suites != NULL ? suites : "../shared/suites");
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        print_message("signatures: the suite is not in %s, nothing was checked\n", path);
        assert_false(ci != NULL && strcmp(ci, "true") == 0);
        return NULL;
    }
    char *room = arena_alloc(a, 1 << 20, 1);
    assert_non_null(room);
    text = (struct str){room, fread(room, 1, 1 << 20, in)};
    (void)fclose(in);
    assert_int_equal(json_parse(a, text, JSON_UNIQUE, &root, &err), RC_OK);
    return root;
}

static const struct json *
key_by_id(const struct json *root, struct str id)
{
    for (const struct json *k = json_get(root, "keys")->first; k != NULL; k = k->next) {
        if (str_eq(json_str(k, "keyid"), id)) {
            return k;
        }
    }
    fail_msg("no key %.*s", STR_ARG(id));
    return NULL;
}

static struct str
base64_member(struct arena *a, const struct json *object, const char *name)
{
    struct str out = {NULL, 0};
    struct err err;

    assert_int_equal(base64_decode(a, json_str(object, name), &out, &err), RC_OK);
    return out;
}

static struct str
base64url_member(struct arena *a, const struct json *object, const char *name)
{
    struct str out = {NULL, 0};
    struct err err;

    assert_int_equal(base64url_decode(a, json_str(object, name), &out, &err), RC_OK);
    return out;
}

/* The bytes between the BEGIN and END lines. */
static struct str
der_of_pem(struct arena *a, struct str pem)
{
    struct str line, der = {NULL, 0};
    struct buf b;
    struct err err;

    buf_init(&b, a, 4096);
    while (str_next(&pem, '\n', &line)) {
        if (!str_starts(line, STR("-----"))) {
            buf_put(&b, line);
        }
    }
    assert_int_equal(buf_finish(&b, &line, &err), RC_OK);
    assert_int_equal(base64_decode(a, line, &der, &err), RC_OK);
    return der;
}

static struct sig_public
public_of(struct arena *a, const struct json *key, enum sig_algorithm algorithm)
{
    const struct json *jwk = json_get(key, "jwk");
    struct sig_public out = {algorithm, {NULL, 0}};
    struct buf point;
    struct err err;

    if (algorithm == SIG_HMAC_SHA256) {
        out.key = base64_member(a, key, "secret_base64");
    } else if (algorithm == SIG_ED25519) {
        out.key = base64url_member(a, jwk, "x");
    } else if (algorithm == SIG_ECDSA_P256_SHA256) {
        buf_init(&point, a, SIG_PUBLIC_MAX);
        buf_put_char(&point, 4);
        buf_put(&point, base64url_member(a, jwk, "x"));
        buf_put(&point, base64url_member(a, jwk, "y"));
        assert_int_equal(buf_finish(&point, &out.key, &err), RC_OK);
    } else {
        out.key = der_of_pem(a, json_str(key, "public_pem"));
    }
    return out;
}

static void
assert_signing_repeats(struct arena *a, const struct json *key, enum sig_algorithm algorithm,
                       struct str base, struct str signature)
{
    unsigned char out[SIG_BYTES];

    if (algorithm == SIG_HMAC_SHA256) {
        struct hash h = hash_hmac_sha256(base64_member(a, key, "secret_base64"), base);
        assert_true(str_eq(hash_str(&h), signature));
        return;
    }
    assert_int_equal(algorithm, SIG_ED25519);
    struct sig_secret secret = {.algorithm = algorithm};
    struct str seed = base64url_member(a, json_get(key, "jwk"), "d");
    assert_int_equal(seed.len, sizeof(secret.seed));
    memcpy(secret.seed, seed.ptr, seed.len);
    sig_sign(&secret, base, out);
    assert_int_equal(signature.len, SIG_BYTES);
    assert_memory_equal(out, signature.ptr, SIG_BYTES);
}

static void
every_case_is_judged_as_the_suite_says(void **state)
{
    struct arena *a = arena_new(8 << 20);
    const struct json *root = suite_read(a);
    int valid = 0, invalid = 0, repeated = 0;

    (void)state;
    if (root == NULL) {
        arena_free(a);
        return;
    }
    for (const struct json *c = json_get(root, "cases")->first; c != NULL; c = c->next) {
        enum sig_algorithm algorithm;
        const struct json *key = key_by_id(root, json_str(c, "keyid"));
        assert_true(sig_by_name(json_str(c, "algorithm"), &algorithm));
        struct sig_public public_key = public_of(a, key, algorithm);
        struct str base = json_str(c, "signature_base");
        struct str signature = base64_member(a, c, "signature_base64");
        bool want = json_true(c, "valid");

        if (sig_verify(&public_key, base, signature) != want) {
            fail_msg("%.*s with %.*s", STR_ARG(json_str(c, "label")),
                     STR_ARG(json_str(c, "algorithm")));
        }
        valid += want;
        invalid += !want;
        if (want && json_true(c, "deterministic")) {
            assert_signing_repeats(a, key, algorithm, base, signature);
            repeated++;
        }
        base.len--; /* and never without its last byte */
        assert_false(sig_verify(&public_key, base, signature));
    }
    print_message("signature suite: %d valid accepted, %d others refused, %d signed again, "
                  "0 failed\n",
                  valid, invalid, repeated);
    assert_true(valid > 0 && invalid > 0 && repeated > 0);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_judged_as_the_suite_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
