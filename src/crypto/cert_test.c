#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/cert.h"

static const int64_t now_us = INT64_C(1795000000) * 1000000;

struct made {
    struct str key_pem, cert_pem;
    EVP_PKEY *key;
    X509 *cert;
};

static void
made_open(struct arena *a, struct str name, struct made *m)
{
    struct err err;

    assert_int_equal(cert_new(a, name, now_us, &m->key_pem, &m->cert_pem, &err), RC_OK);
    BIO *key_in = BIO_new_mem_buf(m->key_pem.ptr, (int)m->key_pem.len);
    BIO *cert_in = BIO_new_mem_buf(m->cert_pem.ptr, (int)m->cert_pem.len);
    m->key = PEM_read_bio_PrivateKey(key_in, NULL, NULL, NULL);
    m->cert = PEM_read_bio_X509(cert_in, NULL, NULL, NULL);
    BIO_free(key_in);
    BIO_free(cert_in);
    assert_non_null(m->key);
    assert_non_null(m->cert);
}

static void
made_close(struct made *m)
{
    X509_free(m->cert);
    EVP_PKEY_free(m->key);
}

static void
a_certificate_is_signed_by_its_own_p256_key(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct made m;

    (void)state;
    made_open(a, STR("city.zt.invalid"), &m);
    assert_int_equal(X509_get_version(m.cert), X509_VERSION_3);
    assert_int_equal(X509_check_private_key(m.cert, m.key), 1);
    assert_int_equal(X509_verify(m.cert, m.key), 1);
    assert_int_equal(EVP_PKEY_get_bits(m.key), 256);
    assert_int_equal(EVP_PKEY_is_a(m.key, "EC"), 1);
    assert_true(str_starts(m.key_pem, STR("-----BEGIN PRIVATE KEY-----\n")));
    assert_int_equal(X509_self_signed(m.cert, 1), 1);
    made_close(&m);
    arena_free(a);
}

static void
it_answers_to_its_name_and_to_this_machine_only(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct made m;

    (void)state;
    made_open(a, STR("city.zt.invalid"), &m);
    assert_int_equal(X509_check_host(m.cert, "city.zt.invalid", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(m.cert, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(m.cert, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_host(m.cert, "zt.invalid", 0, 0, NULL), 0);
    assert_int_equal(X509_check_host(m.cert, "a.city.zt.invalid", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(m.cert, "127.0.0.2", 0), 0);
    assert_int_equal(X509_check_purpose(m.cert, X509_PURPOSE_SSL_SERVER, 0), 1);
    assert_int_equal(X509_check_purpose(m.cert, X509_PURPOSE_SSL_CLIENT, 0), 1);
    assert_int_equal(X509_check_purpose(m.cert, X509_PURPOSE_SSL_SERVER, 1), 0); /* no authority */
    made_close(&m);
    arena_free(a);
}

static void
it_is_good_from_an_hour_ago_for_ten_years(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct made m;
    const time_t now = (time_t)(now_us / 1000000);
    const time_t day = 86400;

    (void)state;
    made_open(a, STR("x"), &m);
    static const struct {
        long days;
        bool begun, ended;
    } cases[] = {{-1, false, false}, {0, true, false}, {3651, true, false}, {3653, true, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        time_t at = now + cases[i].days * day;
        assert_int_equal(X509_cmp_time(X509_get0_notBefore(m.cert), &at) < 0, cases[i].begun);
        assert_int_equal(X509_cmp_time(X509_get0_notAfter(m.cert), &at) < 0, cases[i].ended);
    }
    made_close(&m);
    arena_free(a);
}

static void
two_certificates_differ_in_key_and_serial(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct made one, two;
    struct hash first, second;
    struct err err;

    (void)state;
    made_open(a, STR("same.name"), &one);
    made_open(a, STR("same.name"), &two);
    assert_int_equal(EVP_PKEY_eq(one.key, two.key), 0);
    assert_int_not_equal(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(one.cert), X509_get0_serialNumber(two.cert)), 0);
    assert_int_equal(cert_fingerprint(one.cert_pem, &first, &err), RC_OK);
    assert_int_equal(cert_fingerprint(two.cert_pem, &second, &err), RC_OK);
    assert_false(hash_eq(&first, &second));
    made_close(&one);
    made_close(&two);
    arena_free(a);
}

static void
a_fingerprint_is_of_the_first_certificate_whatever_stands_around_it(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct made one, two;
    struct hash got;
    unsigned char want[EVP_MAX_MD_SIZE];
    unsigned int want_len = 0;
    struct err err;

    (void)state;
    made_open(a, STR("one"), &one);
    made_open(a, STR("two"), &two);
    assert_int_equal(X509_digest(one.cert, EVP_sha256(), want, &want_len), 1);
    assert_int_equal(want_len, HASH_BYTES);
    struct str both = str_fmt(a, "words before\n%.*s%.*s%.*s", STR_ARG(one.key_pem),
                              STR_ARG(one.cert_pem), STR_ARG(two.cert_pem));
    assert_int_equal(cert_fingerprint(both, &got, &err), RC_OK);
    assert_memory_equal(got.bytes, want, HASH_BYTES);
    assert_int_equal(cert_fingerprint(one.cert_pem, &got, &err), RC_OK);
    assert_memory_equal(got.bytes, want, HASH_BYTES);
    made_close(&one);
    made_close(&two);
    arena_free(a);
}

static void
what_is_no_certificate_has_no_fingerprint(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct made m;
    struct hash out = {{7}};
    struct err err;

    (void)state;
    made_open(a, STR("x"), &m);
    const struct str cases[] = {
        STR(""),
        STR("nothing"),
        m.key_pem,
        str_sub(m.cert_pem, 0, m.cert_pem.len / 2),
        STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        STR("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
            "00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END CERTIFICATE-----\n"),
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(cert_fingerprint(cases[i], &out, &err), RC_INVALID);
        assert_int_equal(out.bytes[0], 7);
        assert_int_equal(ERR_peek_error(), 0);
    }
    made_close(&m);
    arena_free(a);
}

static void
only_host_names_get_a_certificate(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct str key_pem = STR("untouched"), cert_pem = STR("untouched");
    char long_name[254];
    struct err err;

    (void)state;
    memset(long_name, 'a', sizeof(long_name));
    const struct str bad[] = {
        STR(""),      {NULL, 0},          STR("."),      STR("a..b"),
        STR("a."),    STR(".a"),          STR("-a"),     STR("a.-b"),
        STR("a b"),   STR("a,DNS:evil"),  STR("a\0b"),   STR("城市"),
        STR("*.a.b"), STR("a/../b"),      {long_name, sizeof(long_name)},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(cert_new(a, bad[i], now_us, &key_pem, &cert_pem, &err), RC_INVALID);
    }
    assert_true(str_eq(key_pem, STR("untouched")) && str_eq(cert_pem, STR("untouched")));
    struct made m; /* too long for a common name, good as an alternative name */
    made_open(a, (struct str){long_name, 100}, &m);
    assert_int_equal(X509_check_host(m.cert, long_name, 100, 0, NULL), 1);
    made_close(&m);
    arena_free(a);
}

static void
an_arena_past_its_limit_leaves_both_texts_alone(void **state)
{
    struct arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t n = 1; n <= 2; n++) {
        struct str key_pem = STR("untouched"), cert_pem = STR("untouched");
        struct err err;
        arena_fail_at(a, n);
        assert_int_equal(cert_new(a, STR("x"), now_us, &key_pem, &cert_pem, &err), RC_LIMIT);
        assert_true(str_eq(key_pem, STR("untouched")) && str_eq(cert_pem, STR("untouched")));
    }
    arena_free(a);
}

static void
a_certificate_says_when_it_ends(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct str key, pem;
    struct err err;
    int64_t ends_us = 0, day_us = INT64_C(86400000000);

    (void)state;
    assert_int_equal(cert_new(a, STR("city.zt.invalid"), now_us, &key, &pem, &err), RC_OK);
    assert_int_equal(cert_ends(pem, &ends_us, &err), RC_OK);
    assert_true(ends_us > now_us + 3640 * day_us && ends_us < now_us + 3660 * day_us);
    assert_int_equal(cert_ends(key, &ends_us, &err), RC_INVALID);
    assert_int_equal(cert_ends(STR(""), &ends_us, &err), RC_INVALID);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_says_when_it_ends),
        cmocka_unit_test(a_certificate_is_signed_by_its_own_p256_key),
        cmocka_unit_test(it_answers_to_its_name_and_to_this_machine_only),
        cmocka_unit_test(it_is_good_from_an_hour_ago_for_ten_years),
        cmocka_unit_test(two_certificates_differ_in_key_and_serial),
        cmocka_unit_test(a_fingerprint_is_of_the_first_certificate_whatever_stands_around_it),
        cmocka_unit_test(what_is_no_certificate_has_no_fingerprint),
        cmocka_unit_test(only_host_names_get_a_certificate),
        cmocka_unit_test(an_arena_past_its_limit_leaves_both_texts_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
