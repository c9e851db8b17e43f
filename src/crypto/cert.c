/*
 * What a certificate of ours says is little, because nothing is derived from it: a peer is
 * known by the fingerprint that the signed directory lists.  The names are there for the
 * libraries and browsers that insist on them.  A certificate begins an hour before it is made,
 * for peers whose clock is late.
 */
#include "crypto/cert.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "crypto/random.h"

enum { NAME_MAX_LEN = 253, COMMON_NAME_MAX = 64, PEM_MOST = 1 << 20, SERIAL_BYTES = 16 };

/*
 * Letters, digits, hyphens and dots, as in a host name; nothing that a name syntax could
 * stumble over.
 */
static bool
is_host_name(struct str name)
{
    char before = '.';

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !(c == '-' && before != '.') && !(c == '.' && before != '.')) {
            return false;
        }
        before = c;
    }
    return name.len > 0 && name.len <= NAME_MAX_LEN && before != '.';
}

static void
add_dns(GENERAL_NAMES *names, struct str name)
{
    GENERAL_NAME *entry = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();

    CHECK(entry != NULL && text != NULL);
    CHECK(ASN1_STRING_set(text, name.ptr, (int)name.len) == 1);
    GENERAL_NAME_set0_value(entry, GEN_DNS, text);
    CHECK(sk_GENERAL_NAME_push(names, entry) > 0);
}

static void
add_names(X509 *cert, struct str name)
{
    static const unsigned char loopback[4] = {127, 0, 0, 1};
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *entry = GENERAL_NAME_new();
    ASN1_OCTET_STRING *address = ASN1_OCTET_STRING_new();

    CHECK(names != NULL && entry != NULL && address != NULL);
    add_dns(names, name);
    if (!str_eq_fold(name, STR("localhost"))) {
        add_dns(names, STR("localhost"));
    }
    CHECK(ASN1_OCTET_STRING_set(address, loopback, sizeof(loopback)) == 1);
    GENERAL_NAME_set0_value(entry, GEN_IPADD, address);
    CHECK(sk_GENERAL_NAME_push(names, entry) > 0);
    CHECK(X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1);
    GENERAL_NAMES_free(names);
}

/* The texts are constants of this file: OpenSSL's little language is safe here. */
static void
add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    CHECK(extension != NULL && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void
set_serial(X509 *cert)
{
    unsigned char bytes[SERIAL_BYTES];

    random_fill(bytes, sizeof(bytes));
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and always 16 bytes */
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    CHECK(number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL);
    BN_free(number);
}

static void
set_validity(X509 *cert, int64_t now_us)
{
    time_t now = (time_t)(now_us / 1000000);
    const long ten_years_days = 3652;

    CHECK(X509_time_adj_ex(X509_getm_notBefore(cert), 0, -3600, &now) != NULL);
    CHECK(X509_time_adj_ex(X509_getm_notAfter(cert), (int)ten_years_days, 0, &now) != NULL);
}

static X509 *
make_cert(struct str name, int64_t now_us, EVP_PKEY *pair)
{
    X509 *cert = X509_new();
    struct str common = name.len <= COMMON_NAME_MAX ? name : STR("zhengtong");

    CHECK(cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1);
    set_serial(cert);
    set_validity(cert, now_us);
    X509_NAME *subject = X509_get_subject_name(cert);
    CHECK(X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC,
                                     (const unsigned char *)common.ptr, (int)common.len, -1, 0)
          == 1);
    CHECK(X509_set_issuer_name(cert, subject) == 1 && X509_set_pubkey(cert, pair) == 1);
    add_extension(cert, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(cert, NID_key_usage, "critical,digitalSignature");
    add_extension(cert, NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(cert, NID_subject_key_identifier, "hash");
    add_names(cert, name);
    CHECK(X509_sign(cert, pair, EVP_sha256()) > 0);
    return cert;
}

static enum rc
copy_bio(struct arena *a, BIO *from, struct str *out, struct err *err)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(from, &bytes);

    CHECK(len > 0);
    return str_copy(a, (struct str){bytes, (size_t)len}, out, err);
}

enum rc
cert_new(struct arena *a, struct str name, int64_t now_us, struct str *key_pem,
         struct str *cert_pem, struct err *err)
{
    struct str key_text = {NULL, 0}, cert_text = {NULL, 0};

    if (!is_host_name(name)) {
        return err_set(err, RC_INVALID, "no host name: %.*s", (int)(name.len < 80 ? name.len : 80),
                       name.len > 0 ? name.ptr : "");
    }
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    BIO *key_out = BIO_new(BIO_s_secmem()); /* wipes itself */
    BIO *cert_out = BIO_new(BIO_s_mem());
    CHECK(pair != NULL && key_out != NULL && cert_out != NULL);
    X509 *cert = make_cert(name, now_us, pair);
    CHECK(PEM_write_bio_PrivateKey(key_out, pair, NULL, NULL, 0, NULL, NULL) == 1);
    CHECK(PEM_write_bio_X509(cert_out, cert) == 1);

    enum rc rc = copy_bio(a, cert_out, &cert_text, err);
    if (rc == RC_OK) {
        rc = copy_bio(a, key_out, &key_text, err);
    }
    X509_free(cert);
    BIO_free(cert_out);
    BIO_free(key_out);
    EVP_PKEY_free(pair);
    ERR_clear_error();
    if (rc == RC_OK) {
        *key_pem = key_text;
        *cert_pem = cert_text;
    }
    return rc;
}

/* OpenSSL would ask the terminal. */
static int
no_passphrase(char *out, int size, int is_writing, void *context)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

/* The first certificate in pem; NULL if there is none. */
static X509 *
read_cert(struct str pem)
{
    if (pem.len == 0 || pem.len > PEM_MOST) {
        return NULL;
    }
    BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    CHECK(in != NULL);
    X509 *cert = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
    BIO_free(in);
    return cert;
}

enum rc
cert_fingerprint(struct str pem, struct hash *out, struct err *err)
{
    unsigned char *der = NULL;
    X509 *cert = read_cert(pem);
    int len = cert != NULL ? i2d_X509(cert, &der) : -1;

    if (len > 0) {
        *out = hash_sha256((struct str){(const char *)der, (size_t)len});
    }
    OPENSSL_free(der);
    X509_free(cert);
    ERR_clear_error();
    return len > 0 ? RC_OK : err_set(err, RC_INVALID, "no certificate in PEM form");
}

enum rc
cert_ends(struct str pem, int64_t *out_us, struct err *err)
{
    X509 *cert = read_cert(pem);
    struct tm tm = {0};
    bool told = cert != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) == 1;

    if (told) {
        const struct date d = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
        int64_t seconds = tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
        *out_us = ((int64_t)date_to_day(d) * 86400 + seconds) * 1000000;
    }
    X509_free(cert);
    ERR_clear_error();
    return told ? RC_OK : err_set(err, RC_INVALID, "no certificate in PEM form");
}
