/*
 * TLS between our own two ends, and against a peer that OpenSSL plays with other settings or other manners.
 */
#include "net/tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/encode.h"
#include "crypto/cert.h"
#include "net/client.h"
#include "net/test_support.h"

#define TWENTY_YEARS_US (INT64_C(20) * 366 * 86400 * 1000000)

/* A node's key and certificate. */
struct identity {
    struct str key;
    struct str cert;
    struct hash fingerprint;
    const char *hex; /* of the fingerprint, as the handler says it */
};

/* A server that asks for certificates and says whom it sees; somebody it knows and somebody else. */
struct town {
    struct arena *arena;
    struct identity server;
    struct identity city;
    struct identity other;
    struct tls *tls;
    struct host host;
    atomic_int calls;
};

static struct identity
identity_of(struct arena *a, const char *name, int64_t now_us)
{
    struct identity i;
    struct err err;

    assert_int_equal(cert_new(a, str_of(name), now_us, &i.key, &i.cert, &err), RC_OK);
    assert_int_equal(cert_fingerprint(i.cert, &i.fingerprint, &err), RC_OK);
    i.hex = str_c(a, hex_of(a, hash_str(&i.fingerprint)));
    assert_non_null(i.hex);
    return i;
}

/* "who": the fingerprint; anything else: the body back. */
static void
say_who(struct http_call *c, void *ctx)
{
    struct town *town = ctx;
    struct str text;
    struct err err;

    atomic_fetch_add(&town->calls, 1);
    if (str_eq(c->head->path, STR("/who"))) {
        text = hex_of(c->arena, c->peer_fingerprint);
    } else if (http_body(c, 1 << 20, &text, &err) != RC_OK) {
        return;
    }
    (void)!http_answer(c, 200, NULL, text, &err);
}

static struct tls *
server_tls(const struct identity *i, bool asks)
{
    struct tls *tls = NULL;
    struct err err;

    assert_int_equal(tls_new_server(i->key, i->cert, asks, &tls, &err), RC_OK);
    return tls;
}

static void
town_open(struct town *town)
{
    int64_t now_us = clock_now_us(&clock_system);
    struct server_config config = {.limits = http_limits_usual,
                                   .arena_bytes = 4 << 20,
                                   .handler = say_who,
                                   .ctx = town};

    *town = (struct town){.arena = arena_new(16 << 20)};
    town->server = identity_of(town->arena, "prov.zt.invalid", now_us);
    town->city = identity_of(town->arena, "city.zt.invalid", now_us);
    town->other = identity_of(town->arena, "other.zt.invalid", now_us);
    town->tls = server_tls(&town->server, true);
    config.tls = town->tls;
    host_start(&town->host, config);
}

static void
town_close(struct town *town)
{
    host_stop(&town->host);
    tls_free(town->tls);
    arena_free(town->arena);
}

/* --- our client --- */

struct calling {
    struct loop *loop;
    struct client *client;
    struct arena *arena;
    struct origin origin;
    struct http_out out;
    struct http_in in;
    int times;
    enum rc rc; /* of the last */
    struct err err;
};

static void
call(struct task *t, void *ctx)
{
    struct calling *c = ctx;

    for (int i = 0; i < c->times; i++) {
        c->rc = client_call(c->client, t, c->arena, &c->origin, &c->out,
                            loop_now_us(c->loop) + INT64_C(60000000), &c->in, &c->err);
    }
    loop_stop(c->loop);
}

/* As `who` (NULL: without a certificate), to that port, expecting that fingerprint (NULL: any). */
static enum rc
call_as(struct town *town, const struct identity *who, int port, const struct hash *expected,
        struct calling *c)
{
    const struct loop_config loop_config = {.clock = &clock_system, .tasks_max = 8};
    struct client_config config = {.limits = http_limits_usual,
                                   .connect_ms = 20000,
                                   .idle_per_origin_max = 1,
                                   .per_origin_max = 1,
                                   .idle_ms = 20000};
    struct tls *tls = NULL;
    struct err err;

    assert_int_equal(tls_new_client(who != NULL ? who->key : STR(""), who != NULL ? who->cert : STR(""),
                                    &tls, &err),
                     RC_OK);
    config.tls = tls;
    c->arena = town->arena;
    c->origin = (struct origin){.host = STR("127.0.0.1"),
                                .port = port,
                                .is_tls = true,
                                .fingerprint = expected != NULL ? hash_str(expected) : STR("")};
    c->times = c->times > 0 ? c->times : 1;
    if (c->out.method.len == 0) {
        c->out = (struct http_out){.method = STR("GET"), .target = STR("/who")};
    }
    assert_int_equal(loop_new(&loop_config, &c->loop, &err), RC_OK);
    assert_int_equal(client_new(c->loop, &config, &c->client, &err), RC_OK);
    assert_int_equal(task_start(c->loop, call, c, &err), RC_OK);
    loop_run(c->loop);
    client_free(c->client);
    loop_free(c->loop);
    tls_free(tls);
    return c->rc;
}

/* --- a peer of OpenSSL's --- */

/* What the test wants different about it. */
struct manners {
    const struct identity *who;
    int version; /* 0: any */
    const char *protocol; /* ALPN, with its length in front; NULL: does not say */
    SSL_SESSION *session;
};

struct peer {
    SSL_CTX *ctx;
    SSL *ssl;
    int fd;
};

static SSL_CTX *
peer_ctx(const struct identity *who, bool is_server)
{
    SSL_CTX *ctx = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    BIO *key, *cert;

    assert_non_null(ctx);
    if (who != NULL) {
        key = BIO_new_mem_buf(who->key.ptr, (int)who->key.len);
        cert = BIO_new_mem_buf(who->cert.ptr, (int)who->cert.len);
        EVP_PKEY *k = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
        X509 *x = PEM_read_bio_X509(cert, NULL, NULL, NULL);
        assert_int_equal(SSL_CTX_use_certificate(ctx, x), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(ctx, k), 1);
        X509_free(x);
        EVP_PKEY_free(k);
        BIO_free(key);
        BIO_free(cert);
    }
    return ctx;
}

/* Dials and shakes hands: SSL_connect's answer. */
static int
peer_open(struct peer *p, int port, struct manners m)
{
    p->ctx = peer_ctx(m.who, false);
    if (m.version != 0) {
        assert_int_equal(SSL_CTX_set_max_proto_version(p->ctx, m.version), 1);
    }
    p->ssl = SSL_new(p->ctx);
    assert_non_null(p->ssl);
    if (m.protocol != NULL) {
        assert_int_equal(SSL_set_alpn_protos(p->ssl, (const unsigned char *)m.protocol,
                                             (unsigned)strlen(m.protocol)),
                         0);
    }
    if (m.session != NULL) {
        assert_int_equal(SSL_set_session(p->ssl, m.session), 1);
    }
    p->fd = dial(port);
    assert_int_equal(SSL_set_fd(p->ssl, p->fd), 1);
    return SSL_connect(p->ssl);
}

static void
peer_close(struct peer *p)
{
    SSL_free(p->ssl);
    SSL_CTX_free(p->ctx);
    (void)close(p->fd);
    ERR_clear_error();
}

/* Asks who it is taken for; the whole answer, or what came before the end. */
static const char *
peer_ask(struct peer *p, char *out, size_t size)
{
    static const char question[] = "GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    size_t len = 0;
    int n = SSL_write(p->ssl, question, sizeof(question) - 1);

    while (n > 0 && (n = SSL_read(p->ssl, out + len, (int)(size - 1 - len))) > 0) {
        len += (size_t)n;
    }
    out[len] = '\0';
    return out;
}

static bool
is_taken_for(struct peer *p, const struct identity *who)
{
    char text[2000];

    return strstr(peer_ask(p, text, sizeof(text)), who->hex) != NULL;
}

/* --- who is who --- */

static void
both_ends_learn_who_the_other_is(void **state)
{
    struct town town;
    struct calling c = {.times = 3};

    (void)state;
    town_open(&town);
    assert_int_equal(call_as(&town, &town.city, town.host.port, &town.server.fingerprint, &c), RC_OK);
    assert_true(str_eq(c.in.body, str_of(town.city.hex)));
    assert_int_equal(town.calls, 3);
    town_close(&town);
}

/* Whoever it is, nothing has been asked of it. */
static void
another_certificate_than_expected_is_noticed_before_a_word_is_said(void **state)
{
    struct town town;
    struct calling c = {.times = 3};

    (void)state;
    town_open(&town);
    assert_int_equal(call_as(&town, &town.city, town.host.port, &town.other.fingerprint, &c), RC_PEER);
    assert_int_equal(town.calls, 0);
    town_close(&town);
}

static void
without_a_certificate_nobody_is_served(void **state)
{
    struct town town;
    struct calling c = {.times = 1};
    struct peer p;
    char text[100];

    (void)state;
    town_open(&town);
    assert_int_equal(call_as(&town, NULL, town.host.port, NULL, &c), RC_PEER);
    /* TLS 1.3 lets the client finish first; the refusal is the first thing it reads. */
    (void)peer_open(&p, town.host.port, (struct manners){.who = NULL});
    assert_string_equal(peer_ask(&p, text, sizeof(text)), "");
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
    peer_close(&p);
    assert_int_equal(town.calls, 0);
    town_close(&town);
}

/* The directory says who is known and until when; TLS proves that the key is held, and tells which certificate. */
static void
a_certificate_of_any_age_or_maker_is_told_by_its_fingerprint(void **state)
{
    struct town town;

    (void)state;
    town_open(&town);
    int64_t now_us = clock_now_us(&clock_system);
    const struct identity ages[] = {
        identity_of(town.arena, "city.zt.invalid", now_us - TWENTY_YEARS_US),
        identity_of(town.arena, "city.zt.invalid", now_us + TWENTY_YEARS_US),
        town.other,
    };
    for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
        struct calling c = {.times = 1};
        assert_int_equal(call_as(&town, &ages[i], town.host.port, NULL, &c), RC_OK);
        assert_true(str_eq(c.in.body, str_of(ages[i].hex)));
        assert_false(str_eq(c.in.body, str_of(town.city.hex))); /* of the same name */
    }
    town_close(&town);
}

static void
a_certificate_without_its_key_or_no_pem_is_refused(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct identity one = identity_of(a, "one", 0), two = identity_of(a, "two", 0);
    const struct {
        struct str key;
        struct str cert;
    } wrong[] = {
        {one.key, two.cert}, {one.key, STR("")},        {STR(""), one.cert},
        {one.key, one.key},  {STR("no PEM"), one.cert}, {one.key, STR("no PEM")},
        /* A password is never asked for: nobody could type it. */
        {STR("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"),
         one.cert},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct tls *tls = NULL;
        struct err err;
        assert_int_equal(tls_new_server(wrong[i].key, wrong[i].cert, true, &tls, &err), RC_INVALID);
        if (wrong[i].cert.len > 0) {
            assert_int_equal(tls_new_client(wrong[i].key, wrong[i].cert, &tls, &err), RC_INVALID);
        }
        assert_null(tls);
    }
    arena_free(a);
}

/* --- versions and protocols --- */

static void
an_older_version_or_another_protocol_is_refused(void **state)
{
    static const struct {
        int version;
        const char *protocol;
        int reason; /* 0: it is served */
    } cases[] = {
        {TLS1_2_VERSION, NULL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION},
        {0, "\x02h2", SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL},
        {0, "\x02h2\x08http/1.1", 0},
        {TLS1_3_VERSION, NULL, 0},
    };
    struct town town;

    (void)state;
    town_open(&town);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct peer p;
        int answer = peer_open(&p, town.host.port,
                               (struct manners){&town.city, cases[i].version, cases[i].protocol, NULL});
        if (cases[i].reason == 0) {
            assert_int_equal(answer, 1);
            assert_true(is_taken_for(&p, &town.city));
        } else {
            assert_true(answer <= 0);
            assert_int_equal(ERR_GET_REASON(ERR_peek_error()), cases[i].reason);
        }
        peer_close(&p);
    }
    assert_int_equal(town.calls, 2);
    town_close(&town);
}

/* One connection of a server that speaks as the test says. */
struct old_server {
    const struct identity *who;
    int listen_fd;
    int port;
    int version;
    bool hangs_up; /* when it has heard the beginning */
    pthread_t thread;
};

static void *
serve_one(void *ctx)
{
    const struct old_server *o = ctx;
    int fd = accept4(o->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    char first[1];

    CHECK(fd >= 0);
    if (o->hangs_up) {
        CHECK(recv(fd, first, 1, 0) == 1);
    } else {
        SSL_CTX *ssl_ctx = peer_ctx(o->who, true);
        CHECK(SSL_CTX_set_max_proto_version(ssl_ctx, o->version) == 1);
        SSL *ssl = SSL_new(ssl_ctx);
        CHECK(ssl != NULL && SSL_set_fd(ssl, fd) == 1);
        (void)SSL_accept(ssl);
        SSL_free(ssl);
        SSL_CTX_free(ssl_ctx);
    }
    (void)close(fd);
    return NULL;
}

static enum rc
call_old_server(struct town *town, int version, bool hangs_up)
{
    struct old_server o = {.who = &town->server, .version = version, .hangs_up = hangs_up};
    struct calling c = {.times = 1};
    struct err err;

    assert_int_equal(net_listen("127.0.0.1", 0, &o.listen_fd, &o.port, &err), RC_OK);
    assert_int_equal(fcntl(o.listen_fd, F_SETFL, 0), 0); /* it waits */
    assert_int_equal(pthread_create(&o.thread, NULL, serve_one, &o), 0);
    enum rc rc = call_as(town, &town->city, o.port, &town->server.fingerprint, &c);
    assert_int_equal(pthread_join(o.thread, NULL), 0);
    (void)close(o.listen_fd);
    return rc;
}

static void
our_client_asks_no_server_of_an_older_version_and_notices_one_that_hangs_up(void **state)
{
    struct town town;

    (void)state;
    town_open(&town);
    assert_int_equal(call_old_server(&town, TLS1_2_VERSION, false), RC_PEER);
    assert_int_equal(call_old_server(&town, 0, true), RC_IO);
    town_close(&town);
}

/* --- tickets --- */

/* A copy: with the peer its own sessions end. */
static SSL_SESSION *
ticket_of(int port, const struct identity *who)
{
    struct peer p;
    char text[2000];

    assert_int_equal(peer_open(&p, port, (struct manners){.who = who}), 1);
    assert_has(peer_ask(&p, text, sizeof(text)), "200 OK");
    assert_false(SSL_session_reused(p.ssl));
    SSL_SESSION *session = SSL_SESSION_dup(SSL_get0_session(p.ssl));
    assert_true(session != NULL && SSL_SESSION_is_resumable(session));
    peer_close(&p);
    return session;
}

/* A ticket stands for the certificate that was shown when it was given, also in the hands of somebody with another one. */
static void
a_resumed_connection_is_still_that_of_the_first_certificate(void **state)
{
    struct town town;

    (void)state;
    town_open(&town);
    const struct identity *const holders[] = {&town.city, &town.other, NULL};
    for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++) {
        SSL_SESSION *session = ticket_of(town.host.port, &town.city);
        struct peer p;
        assert_int_equal(peer_open(&p, town.host.port, (struct manners){holders[i], 0, NULL, session}), 1);
        assert_true(SSL_session_reused(p.ssl));
        assert_true(is_taken_for(&p, &town.city));
        peer_close(&p);
        SSL_SESSION_free(session);
    }
    town_close(&town);
}

/* Of a server that asks for no certificate, as the same node might run beside: worth nothing at this one. */
static void
a_ticket_from_elsewhere_does_not_stand_for_a_certificate(void **state)
{
    struct town town;
    struct host open;
    struct server_config config = {.limits = http_limits_usual, .handler = say_who, .ctx = &town};
    struct peer p;
    char text[2000];

    (void)state;
    town_open(&town);
    struct tls *tls = server_tls(&town.server, false);
    config.tls = tls;
    host_start(&open, config);
    SSL_SESSION *session = ticket_of(open.port, NULL);
    int calls = town.calls;
    (void)peer_open(&p, town.host.port, (struct manners){NULL, 0, NULL, session});
    assert_false(SSL_session_reused(p.ssl));
    assert_string_equal(peer_ask(&p, text, sizeof(text)), "");
    assert_int_equal(town.calls, calls);
    peer_close(&p);
    SSL_SESSION_free(session);
    host_stop(&open);
    tls_free(tls);
    town_close(&town);
}

/* --- bad manners --- */

static void
who_breaks_off_or_speaks_no_tls_is_let_go_and_the_next_is_served(void **state)
{
    static const struct str beginnings[] = {
        STR_INIT(""),
        STR_INIT("\x16"),
        STR_INIT("\x16\x03\x01\x02"),
        STR_INIT("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"),
        STR_INIT("GET /who HTTP/1.1\r\nHost: x\r\n\r\n"),
        STR_INIT("\x15\x03\x03\x00\x02\x02\x28"), /* an alert first */
        STR_INIT("\x17\x03\x03\x00\x03" "abc"),    /* data first */
    };
    struct town town;
    struct peer p;

    (void)state;
    town_open(&town);
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        char text[500];
        int fd = dial(town.host.port);
        say(fd, beginnings[i]);
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        (void)hear_all(fd, text, sizeof(text));
        assert_null(strstr(text, "HTTP"));
        (void)close(fd);
    }
    assert_int_equal(town.calls, 0);
    assert_int_equal(peer_open(&p, town.host.port, (struct manners){.who = &town.city}), 1);
    assert_true(is_taken_for(&p, &town.city));
    peer_close(&p);
    town_close(&town);
}

/* So many records that say nothing but "a new key from here on", as bytes for the wire. */
static struct str
new_keys(struct town *town, struct peer *p, int count)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    struct str kept;
    struct err err;

    assert_non_null(out);
    (void)BIO_up_ref(SSL_get_wbio(p->ssl));
    BIO *before = SSL_get_wbio(p->ssl);
    SSL_set0_wbio(p->ssl, out);
    for (int i = 0; i < count; i++) {
        assert_int_equal(SSL_key_update(p->ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(p->ssl), 1);
    }
    long len = BIO_get_mem_data(out, &bytes);
    assert_int_equal(str_copy(town->arena, (struct str){bytes, (size_t)len}, &kept, &err), RC_OK);
    SSL_set0_wbio(p->ssl, before);
    return kept;
}

static void
a_few_new_keys_are_taken_and_a_flood_of_them_ends_the_connection(void **state)
{
    struct town town;
    struct peer p;
    char text[4000];

    (void)state;
    town_open(&town);
    assert_int_equal(peer_open(&p, town.host.port, (struct manners){.who = &town.city}), 1);
    say(p.fd, new_keys(&town, &p, 100));
    assert_true(is_taken_for(&p, &town.city));
    peer_close(&p);
    assert_int_equal(peer_open(&p, town.host.port, (struct manners){.who = &town.city}), 1);
    struct str flood = new_keys(&town, &p, 40000);
    while (flood.len > 0) {
        ssize_t n = send(p.fd, flood.ptr, flood.len, MSG_NOSIGNAL);
        if (n <= 0) {
            break; /* that is what is wanted */
        }
        flood = str_from(flood, (size_t)n);
    }
    (void)hear_all(p.fd, text, sizeof(text)); /* to the end: it was let go */
    peer_close(&p);
    assert_int_equal(town.calls, 1);
    town_close(&town);
}

static void
large_bodies_pass_both_ways_as_they_are(void **state)
{
    enum { LEN = 900000 };
    struct town town;
    struct calling c = {.times = 2};

    (void)state;
    town_open(&town);
    char *body = arena_alloc(town.arena, LEN, 1);
    assert_non_null(body);
    for (int i = 0; i < LEN; i++) {
        body[i] = (char)(i * 7 + i / 251);
    }
    c.out = (struct http_out){
        .method = STR("POST"), .target = STR("/echo"), .body = (struct str){body, LEN}};
    assert_int_equal(call_as(&town, &town.city, town.host.port, &town.server.fingerprint, &c), RC_OK);
    assert_true(str_eq(c.in.body, c.out.body));
    town_close(&town);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_learn_who_the_other_is),
        cmocka_unit_test(another_certificate_than_expected_is_noticed_before_a_word_is_said),
        cmocka_unit_test(without_a_certificate_nobody_is_served),
        cmocka_unit_test(a_certificate_of_any_age_or_maker_is_told_by_its_fingerprint),
        cmocka_unit_test(a_certificate_without_its_key_or_no_pem_is_refused),
        cmocka_unit_test(an_older_version_or_another_protocol_is_refused),
        cmocka_unit_test(our_client_asks_no_server_of_an_older_version_and_notices_one_that_hangs_up),
        cmocka_unit_test(a_resumed_connection_is_still_that_of_the_first_certificate),
        cmocka_unit_test(a_ticket_from_elsewhere_does_not_stand_for_a_certificate),
        cmocka_unit_test(who_breaks_off_or_speaks_no_tls_is_let_go_and_the_next_is_served),
        cmocka_unit_test(a_few_new_keys_are_taken_and_a_flood_of_them_ends_the_connection),
        cmocka_unit_test(large_bodies_pass_both_ways_as_they_are),
    };
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes with write(2) */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
