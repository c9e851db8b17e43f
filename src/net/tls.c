/*
 * A context with what both directions share: TLS 1.3 only, sessions in tickets (the server keeps no
 * state), no verification by authorities.  A client's certificate travels inside its ticket, so a resumed
 * connection has the same fingerprint as the first.
 *
 * OpenSSL reads and writes through a BIO of our own: it knows when the socket is drained and saves the call that would
 * say EAGAIN, and it never raises SIGPIPE.  Key files never prompt for a password.
 */
#include "net/tls.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "net/tls_int.h"
#include "net/wire.h"

struct tls {
    SSL_CTX *ctx;
    BIO_METHOD *bio;
    bool is_server;
};

/* --- the BIO --- */

static int
bio_read(BIO *bio, char *buffer, int size)
{
    bool retry = false;
    int n;

    BIO_clear_retry_flags(bio);
    n = wire_bio_read(BIO_get_data(bio), buffer, size, &retry);
    if (retry) {
        BIO_set_retry_read(bio);
    }
    if (n == 0) {
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    }
    return n;
}

static int
bio_write(BIO *bio, const char *bytes, int size)
{
    bool retry = false;
    int n;

    BIO_clear_retry_flags(bio);
    n = wire_bio_write(BIO_get_data(bio), bytes, size, &retry);
    if (retry) {
        BIO_set_retry_write(bio);
    }
    return n;
}

static long
bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH: return 1; /* nothing is held back */
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default: return 0;
    }
}

static BIO_METHOD *
new_bio_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire");

    CHECK(m != NULL && BIO_meth_set_read(m, bio_read) == 1 && BIO_meth_set_write(m, bio_write) == 1 &&
          BIO_meth_set_ctrl(m, bio_ctrl) == 1);
    return m;
}

/* --- the context --- */

/* Trust is by fingerprint, and the caller knows the fingerprints. */
static int
accept_any_certificate(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static int
no_password(char *buffer, int size, int writing, void *ctx)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1;
}

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct wire *w = SSL_get_app_data(ssl);

    SSL_SESSION_free(w->session);
    w->session = session;
    return 1; /* it is ours now */
}

/* HTTP/1.1 and nothing else, if the peer asks at all (RFC 7301). */
static const unsigned char alpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                const unsigned char *offered, unsigned offered_len, void *ctx)
{
    unsigned char *chosen = NULL;

    (void)ssl;
    (void)ctx;
    if (SSL_select_next_proto(&chosen, out_len, alpn, sizeof(alpn), offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum rc
failure(const char *what, struct err *err)
{
    unsigned long code = ERR_get_error();
    const char *reason = ERR_reason_error_string(code);

    ERR_clear_error();
    return err_set(err, RC_INVALID, "%s: %s", what, reason != NULL ? reason : "unknown");
}

static BIO *
bio_of(struct str text)
{
    CHECK(text.len <= INT_MAX);
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    CHECK(bio != NULL);
    return bio;
}

static enum rc
use_certificates(SSL_CTX *ctx, struct str cert_pem, struct err *err)
{
    BIO *bio = bio_of(cert_pem);
    X509 *cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    bool is_good = cert != NULL && SSL_CTX_use_certificate(ctx, cert) == 1;

    X509_free(cert);
    while (is_good && (cert = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL) {
        is_good = SSL_CTX_add0_chain_cert(ctx, cert) == 1;
        if (!is_good) {
            X509_free(cert);
        }
    }
    BIO_free(bio);
    if (!is_good) {
        return failure("cannot use the certificate", err);
    }
    ERR_clear_error(); /* the reader says "no more" by an error */
    return RC_OK;
}

static enum rc
use_key(SSL_CTX *ctx, struct str key_pem, struct err *err)
{
    BIO *bio = bio_of(key_pem);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    bool is_good = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
                   SSL_CTX_check_private_key(ctx) == 1;

    EVP_PKEY_free(key);
    BIO_free(bio);
    return is_good ? RC_OK : failure("cannot use the key", err);
}

static struct tls *
new_tls(bool is_server)
{
    struct tls *t = mem_new(1, sizeof(*t));

    t->is_server = is_server;
    t->ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    CHECK(t->ctx != NULL);
    t->bio = new_bio_method();
    CHECK(SSL_CTX_set_min_proto_version(t->ctx, TLS1_3_VERSION) == 1);
    (void)SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(t->ctx, 1);
    SSL_CTX_set_cert_verify_callback(t->ctx, accept_any_certificate, NULL);
    return t;
}

enum rc
tls_new_server(struct str key_pem, struct str cert_pem, bool ask_peer, struct tls **out,
               struct err *err)
{
    static const unsigned char context[] = "zhengtong";
    struct tls *t = new_tls(true);
    enum rc rc;

    (void)SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
    CHECK(SSL_CTX_set_session_id_context(t->ctx, context, sizeof(context) - 1) == 1);
    CHECK(SSL_CTX_set_num_tickets(t->ctx, 1) == 1);
    SSL_CTX_set_alpn_select_cb(t->ctx, choose_protocol, NULL);
    SSL_CTX_set_verify(t->ctx,
                       ask_peer ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                                : SSL_VERIFY_NONE,
                       NULL);
    rc = use_certificates(t->ctx, cert_pem, err);
    if (rc == RC_OK) {
        rc = use_key(t->ctx, key_pem, err);
    }
    if (rc != RC_OK) {
        tls_free(t);
        return rc;
    }
    *out = t;
    return RC_OK;
}

enum rc
tls_new_client(struct str key_pem, struct str cert_pem, struct tls **out, struct err *err)
{
    struct tls *t = new_tls(false);
    enum rc rc = RC_OK;

    (void)SSL_CTX_set_session_cache_mode(t->ctx,
                                         SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(t->ctx, keep_session);
    CHECK(SSL_CTX_set_alpn_protos(t->ctx, alpn, sizeof(alpn)) == 0);
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
    if (cert_pem.len > 0) {
        rc = use_certificates(t->ctx, cert_pem, err);
        if (rc == RC_OK) {
            rc = use_key(t->ctx, key_pem, err);
        }
    }
    if (rc != RC_OK) {
        tls_free(t);
        return rc;
    }
    *out = t;
    return RC_OK;
}

void
tls_free(struct tls *t)
{
    if (t == NULL) {
        return;
    }
    SSL_CTX_free(t->ctx);
    BIO_meth_free(t->bio);
    mem_free(t);
}

bool
tls_is_server(const struct tls *t)
{
    return t->is_server;
}

enum rc
tls_attach(const struct tls *t, struct wire *w, SSL **out, struct err *err)
{
    SSL *ssl = SSL_new(t->ctx);
    BIO *bio = BIO_new(t->bio);

    if (ssl == NULL || bio == NULL) {
        SSL_free(ssl);
        (void)BIO_free(bio);
        ERR_clear_error();
        return err_set(err, RC_IO, "cannot begin TLS");
    }
    BIO_set_data(bio, w);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    CHECK(SSL_set_app_data(ssl, w) == 1);
    if (t->is_server) {
        SSL_set_accept_state(ssl);
    } else {
        SSL_set_connect_state(ssl);
    }
    *out = ssl;
    return RC_OK;
}
