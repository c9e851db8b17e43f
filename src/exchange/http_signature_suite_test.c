/*
 * The cases of RFC 9421, Appendix B: the base is the one printed there, the outcome is the one said there, and where
 * signing is deterministic our signature has the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "exchange/http_signature.h"

struct suite {
    struct arena *arena;
    const struct json *root;
};

/* False if the suites are not here, which is told, and is a failure only where CI says that they must be. */
static bool
suite_load(struct suite *s)
{
    const char *folder = getenv("SUITES");
    const char *ci = getenv("CI");
    struct json *root;
    struct str text;
    struct err err;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/http-signatures/rfc9421-vectors.json",
                   folder != NULL ? folder : "../shared/suites");
    s->arena = arena_new(1 << 24);
    enum rc rc = file_read(s->arena, path, 1 << 20, &text, &err);
    if (rc == RC_NOT_FOUND) {
        print_message("no suite at %s: nothing was checked\n", path);
        assert_false(ci != NULL && str_eq(str_of(ci), STR("true")));
        return false;
    }
    assert_int_equal(rc, RC_OK);
    assert_int_equal(json_parse(s->arena, text, JSON_UNIQUE, &root, &err), RC_OK);
    s->root = root;
    return true;
}

static const struct json *
key_named(const struct suite *s, struct str keyid)
{
    for (const struct json *k = json_get(s->root, "keys")->first; k != NULL; k = k->next) {
        if (str_eq(json_str(k, "keyid"), keyid)) {
            return k;
        }
    }
    fail_msg("no key %.*s", STR_ARG(keyid));
    return NULL;
}

static struct str
decoded(struct arena *a, struct str base64, bool url)
{
    struct str out = {NULL, 0};
    struct err err;

    assert_int_equal(url ? base64url_decode(a, base64, &out, &err)
                         : base64_decode(a, base64, &out, &err),
                     RC_OK);
    return out;
}

/* The base64 between the lines of a PEM text. */
static struct str
pem_body(struct arena *a, struct str pem)
{
    struct str rest = pem, line, out;
    struct err err;
    struct buf b;

    buf_init(&b, a, pem.len);
    while (str_next(&rest, '\n', &line)) {
        if (!str_starts(line, STR("-----"))) {
            buf_put(&b, line);
        }
    }
    assert_int_equal(buf_finish(&b, &out, &err), RC_OK);
    return decoded(a, out, false);
}

static struct sig_public
public_of(const struct suite *s, const struct json *c)
{
    const struct json *key = key_named(s, json_str(c, "keyid"));
    const struct json *jwk = json_get(key, "jwk");
    struct sig_public out;
    struct buf b;

    assert_true(sig_by_name(json_str(c, "algorithm"), &out.algorithm));
    switch (out.algorithm) {
    case SIG_ED25519: out.key = decoded(s->arena, json_str(jwk, "x"), true); break;
    case SIG_HMAC_SHA256: out.key = decoded(s->arena, json_str(key, "secret_base64"), false); break;
    case SIG_ECDSA_P256_SHA256:
        buf_init(&b, s->arena, SIG_PUBLIC_MAX);
        buf_put_char(&b, 4);
        buf_put(&b, decoded(s->arena, json_str(jwk, "x"), true));
        buf_put(&b, decoded(s->arena, json_str(jwk, "y"), true));
        out.key = (struct str){b.ptr, b.len};
        break;
    case SIG_RSA_PSS_SHA512:
    case SIG_RSA_V1_5_SHA256: out.key = pem_body(s->arena, json_str(key, "public_pem")); break;
    case SIG_SM2: fail_msg("no such case"); break;
    }
    return out;
}

static struct signed_message
message_of(const struct suite *s, const struct json *c)
{
    const struct json *m = json_get_key(json_get(s->root, "messages"), json_str(c, "message"));
    struct http_fields *fields = arena_alloc(s->arena, 1, sizeof(*fields));
    struct signed_message out = {.fields = fields, .scheme = STR("https")};

    assert_non_null(m);
    assert_non_null(fields);
    for (const struct json *f = json_get(m, "fields")->first; f != NULL; f = f->next) {
        fields->field[fields->count].name = f->first->text;
        fields->field[fields->count++].value = f->last->text;
        if (str_eq_fold(f->first->text, STR("host"))) {
            out.authority = f->last->text;
        }
    }
    out.is_request = str_eq(json_str(m, "kind"), STR("request"));
    out.method = json_str(m, "method");
    out.target = json_str(m, "target");
    out.status = (int)json_int_or(m, "status", 0);
    return out;
}

static void
sign_again(const struct suite *s, const struct json *c, struct str base, struct str signature)
{
    const struct json *key = key_named(s, json_str(c, "keyid"));

    if (str_eq(json_str(c, "algorithm"), STR("ed25519"))) {
        struct sig_secret secret = {.algorithm = SIG_ED25519};
        struct str seed = decoded(s->arena, json_str(json_get(key, "jwk"), "d"), true);
        unsigned char made[SIG_BYTES];
        assert_int_equal(seed.len, 32);
        for (size_t i = 0; i < seed.len; i++) {
            secret.seed[i] = (unsigned char)seed.ptr[i];
        }
        sig_sign(&secret, base, made);
        assert_int_equal(signature.len, SIG_BYTES);
        assert_memory_equal(made, signature.ptr, SIG_BYTES);
        return;
    }
    assert_true(str_eq(json_str(c, "algorithm"), STR("hmac-sha256")));
    struct hash h = hash_hmac_sha256(decoded(s->arena, json_str(key, "secret_base64"), false), base);
    assert_true(str_eq(hash_str(&h), signature));
}

static void
judge(const struct suite *s, const struct json *c)
{
    struct signed_message m = message_of(s, c);
    struct sig_public key = public_of(s, c);
    bool valid = json_true(c, "valid");
    struct signature_params p;
    struct str base, signature;
    struct err err;

    print_message("case %.*s\n", STR_ARG(json_str(c, "id")));
    assert_int_equal(signature_input_parse(s->arena, json_str(c, "signature_input"),
                                           json_str(c, "label"), &p, &err),
                     RC_OK);
    assert_int_equal(signature_value_parse(s->arena, json_str(c, "signature"), json_str(c, "label"),
                                           &signature, &err),
                     RC_OK);
    assert_true(str_eq(signature, decoded(s->arena, json_str(c, "signature_base64"), false)));
    assert_int_equal(signature_base(s->arena, &m, &p, &base, &err), RC_OK);
    assert_true(str_eq(base, json_str(c, "signature_base")));
    assert_int_equal(sig_verify(&key, base, signature), valid);
    if (valid && json_true(c, "deterministic")) {
        sign_again(s, c, base, signature);
    }

    struct str input, value;
    assert_int_equal(signature_fields(s->arena, json_str(c, "label"), &p, signature, &input, &value,
                                      &err),
                     RC_OK);
    assert_true(str_eq(input, json_str(c, "signature_input")));
    assert_true(str_eq(value, json_str(c, "signature")));
}

static void
every_case_of_the_rfc_has_its_base_and_its_outcome(void **state)
{
    struct suite s;
    size_t count = 0;

    (void)state;
    if (suite_load(&s)) {
        for (const struct json *c = json_get(s.root, "cases")->first; c != NULL; c = c->next) {
            judge(&s, c);
            count++;
        }
        assert_int_equal(count, 13);
    }
    arena_free(s.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_rfc_has_its_base_and_its_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
