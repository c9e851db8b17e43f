/*
 * The server against the raw parts, in turns, on loopback, in one process with a thread for each:
 *
 *     small answers    kept connections, 128 bytes each, against an epoll loop that sends the same bytes unread
 *     TLS 1.3          connection, full handshake with certificates on both sides, one small answer, end; against OpenSSL
 *                      on a blocking socket that does the same
 *     100 MB each way  http_body_piece and http_answer_piece against recv and send with buffers of the same size
 *
 * The figures are processor time of the thread that serves, system calls counted; the rate by the clock stands beside
 * them.  What the process grew by while 100 MB went through it is its peak less what was resident before.
 */
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bench.h"
#include "base/clock.h"
#include "crypto/cert.h"
#include "net/server.h"
#include "net/wheel.h"

enum {
    ROUNDS = 5,
    CONNECTIONS = 32,
    SMALL_COUNT = 20000,
    SMALL_BYTES = 128,
    HANDSHAKES = 300,
    STREAM_BYTES = 100 << 20,
    PIECE_BYTES = 1 << 16,
    PAGE_KIB = 4, /* less cannot be seen */
    ANSWER_MAX = 4096,
    EVENTS_MAX = 64,
    ARENA_BYTES = 1 << 20
};

/* One side of a comparison: a listening socket and the thread that serves it. */
struct side {
    pthread_t thread;
    int fd;
    int port;
};

struct bench {
    struct side ours, ours_tls;
    struct side epoll, openssl, stream;
    struct loop *loop;
    struct server *server, *tls_server;
    struct tls *tls;
    struct str key, cert; /* PEM, of both sides of TLS */
    SSL_CTX *client_ctx, *server_ctx;
    char answer[ANSWER_MAX]; /* what the raw sides send: our own answer, byte for byte */
    size_t answer_len;
    int wake[2]; /* closing it ends the epoll loop */
};

static char small_body[SMALL_BYTES];
static char pieces[4][PIECE_BYTES]; /* a buffer for each who reads or writes at the same time */

static const struct str small_request = STR_INIT("GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

/* --- our server ------------------------------------------------------------------------------ */

static enum rc
take_all(struct http_call *call, struct err *err)
{
    size_t len;
    int64_t total = 0;
    enum rc rc;

    do {
        rc = http_body_piece(call, pieces[0], PIECE_BYTES, &len, err);
        total += (int64_t)len;
    } while (rc == RC_OK && len > 0);
    CHECK(rc != RC_OK || total == STREAM_BYTES);
    return rc;
}

static enum rc
give_all(struct http_call *call, struct err *err)
{
    const struct http_fields none = {.count = 0};
    enum rc rc = http_answer_begin(call, 200, &none, STREAM_BYTES, err);

    for (int64_t given = 0; rc == RC_OK && given < STREAM_BYTES; given += PIECE_BYTES) {
        rc = http_answer_piece(call, (struct str){pieces[0], PIECE_BYTES}, err);
    }
    return rc != RC_OK ? rc : http_answer_end(call, err);
}

static void
handle(struct http_call *call, void *ctx)
{
    struct http_fields fields = {.count = 0};
    struct err err;
    enum rc rc = RC_OK;

    (void)ctx;
    if (str_eq(call->head->path, STR("/give"))) {
        bench_need(give_all(call, &err), &err);
        return;
    }
    if (str_eq(call->head->path, STR("/take"))) {
        rc = take_all(call, &err);
    }
    CHECK(http_add(&fields, STR("Content-Type"), STR("text/plain")));
    if (rc == RC_OK) {
        rc = http_answer(call, 200, &fields, (struct str){small_body, SMALL_BYTES}, &err);
    }
    bench_need(rc, &err);
}

static void *
run_loop(void *ctx)
{
    loop_run(ctx);
    return NULL;
}

static void
listen_on(struct side *s)
{
    struct err err;

    bench_need(net_listen("127.0.0.1", 0, &s->fd, &s->port, &err), &err);
}

/* Both our servers on one loop; only one of them is asked at a time. */
static void
start_ours(struct bench *b)
{
    const struct loop_config loop = {.clock = &clock_system, .tasks_max = 200};
    struct server_config config = {
        .limits = http_limits_usual, .arena_bytes = ARENA_BYTES, .handler = handle, .ctx = b};
    struct err err;

    listen_on(&b->ours);
    listen_on(&b->ours_tls);
    config.limits.requests_per_connection_max = 0;
    config.listen_fd = b->ours.fd;
    bench_need(loop_new(&loop, &b->loop, &err), &err);
    bench_need(server_start(b->loop, &config, &b->server, &err), &err);
    bench_need(tls_new_server(b->key, b->cert, true, &b->tls, &err), &err);
    config.listen_fd = b->ours_tls.fd;
    config.tls = b->tls;
    bench_need(server_start(b->loop, &config, &b->tls_server, &err), &err);
    CHECK(pthread_create(&b->ours.thread, NULL, run_loop, b->loop) == 0);
    b->ours_tls.thread = b->ours.thread;
}

/* --- the raw sides ---------------------------------------------------------------------------- */

static bool
say_all(int fd, const char *bytes, size_t len)
{
    ssize_t n = 0;

    for (size_t done = 0; done < len && n >= 0; done += (size_t)n) {
        n = send(fd, bytes + done, len - done, MSG_NOSIGNAL);
    }
    return n >= 0;
}

/* The small requests come whole; what they say does not matter. */
static void *
run_epoll(void *ctx)
{
    struct bench *b = ctx;
    struct epoll_event events[EVENTS_MAX], want = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC), fd;

    want.data.fd = b->epoll.fd;
    CHECK(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, b->epoll.fd, &want) == 0);
    want.data.fd = b->wake[0];
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, b->wake[0], &want) == 0);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            char request[ANSWER_MAX];
            fd = events[i].data.fd;
            if (fd == b->wake[0]) {
                (void)close(epoll);
                return NULL;
            }
            if (fd == b->epoll.fd) {
                want.data.fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
                CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, want.data.fd, &want) == 0);
            } else if (recv(fd, request, sizeof(request), 0) <= 0) {
                (void)close(fd);
            } else {
                CHECK(say_all(fd, b->answer, b->answer_len));
            }
        }
    }
}

/* A connection after the other until the socket is shut down. */
static void *
run_openssl(void *ctx)
{
    struct bench *b = ctx;
    int fd;

    while ((fd = accept4(b->openssl.fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        char request[ANSWER_MAX];
        SSL *ssl = SSL_new(b->server_ctx);
        CHECK(ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1);
        CHECK(SSL_read(ssl, request, sizeof(request)) > 0);
        CHECK(SSL_write(ssl, b->answer, (int)b->answer_len) == (int)b->answer_len);
        (void)SSL_shutdown(ssl);
        SSL_free(ssl);
        (void)close(fd);
    }
    return NULL;
}

static bool
hear_all(int fd, char *buffer, int64_t bytes)
{
    ssize_t n = 1;

    for (; bytes > 0 && n > 0; bytes -= n) {
        n = recv(fd, buffer, bytes < PIECE_BYTES ? (size_t)bytes : PIECE_BYTES, 0);
    }
    return n > 0;
}

/* The first byte says which way. */
static void *
run_stream(void *ctx)
{
    struct bench *b = ctx;
    int fd;

    while ((fd = accept4(b->stream.fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        char way;
        CHECK(recv(fd, &way, 1, 0) == 1);
        if (way == 't') {
            CHECK(hear_all(fd, pieces[1], STREAM_BYTES) && say_all(fd, &way, 1));
        }
        for (int64_t given = 0; way == 'g' && given < STREAM_BYTES; given += PIECE_BYTES) {
            CHECK(say_all(fd, pieces[1], PIECE_BYTES));
        }
        (void)close(fd);
    }
    return NULL;
}

static void
start_raw(struct side *s, void *(*run)(void *ctx), struct bench *b)
{
    listen_on(s);
    CHECK(fcntl(s->fd, F_SETFL, 0) == 0); /* these wait in accept */
    CHECK(pthread_create(&s->thread, NULL, run, b) == 0);
}

/* --- what is asked of them ----------------------------------------------------------------------- */

struct figure {
    double cpu[ROUNDS];  /* seconds of the serving thread, of one */
    double wall[ROUNDS]; /* seconds, of one */
};

struct meter {
    clockid_t id;
    int64_t cpu_ns;
    int64_t wall_ns;
};

static struct meter
start_meter(const struct side *s)
{
    struct meter m;

    CHECK(pthread_getcpuclockid(s->thread, &m.id) == 0);
    m.cpu_ns = bench_clock_ns(m.id);
    m.wall_ns = bench_clock_ns(CLOCK_MONOTONIC);
    return m;
}

static void
read_meter(const struct meter *m, struct figure *f, int round, int count)
{
    f->cpu[round] = (double)(bench_clock_ns(m->id) - m->cpu_ns) / 1e9 / count;
    f->wall[round] = (double)(bench_clock_ns(CLOCK_MONOTONIC) - m->wall_ns) / 1e9 / count;
}

static void
ask_small(struct side *s, struct wheel *w, struct figure *f, int round)
{
    struct meter m = start_meter(s);

    wheel_turn(w, &small_request, 1, SMALL_COUNT, 200);
    read_meter(&m, f, round, SMALL_COUNT);
}

static void
shake_hands(struct bench *b, struct side *s, struct figure *f, int round)
{
    static const char request[] = "GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    struct meter m = start_meter(s);

    for (int i = 0; i < HANDSHAKES; i++) {
        char answer[ANSWER_MAX];
        SSL *ssl = SSL_new(b->client_ctx);
        int fd = wheel_dial(s->port, 0);
        CHECK(ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1);
        CHECK(SSL_write(ssl, request, sizeof(request) - 1) == sizeof(request) - 1);
        CHECK(SSL_read(ssl, answer, sizeof(answer)) > SMALL_BYTES);
        while (SSL_read(ssl, answer, sizeof(answer)) > 0) {
            /* nothing more comes: until the other side ends */
        }
        SSL_free(ssl);
        (void)close(fd);
    }
    read_meter(&m, f, round, HANDSHAKES);
}

static void
say_text(int fd, const char *text)
{
    CHECK(say_all(fd, text, strlen(text)));
}

static void
send_stream(struct side *s, const char *before, struct figure *f, int round)
{
    struct meter m = start_meter(s);
    int fd = wheel_dial(s->port, 0);

    say_text(fd, before);
    for (int64_t sent = 0; sent < STREAM_BYTES; sent += PIECE_BYTES) {
        CHECK(say_all(fd, pieces[2], PIECE_BYTES));
    }
    CHECK(recv(fd, pieces[2], PIECE_BYTES, 0) > 0);
    read_meter(&m, f, round, 1);
    (void)close(fd);
}

static void
fetch_stream(struct side *s, const char *before, struct figure *f, int round)
{
    struct meter m = start_meter(s);
    int fd = wheel_dial(s->port, 0);

    say_text(fd, before);
    CHECK(hear_all(fd, pieces[2], STREAM_BYTES));
    read_meter(&m, f, round, 1);
    (void)close(fd);
}

/* --- figures ---------------------------------------------------------------------------------------- */

static void
report(const char *what, const char *peer, struct figure *ours, struct figure *raw, double units,
       const char *rate, const char *cost)
{
    double cpu = bench_median(ours->cpu, ROUNDS), raw_cpu = bench_median(raw->cpu, ROUNDS);
    double wall = bench_median(ours->wall, ROUNDS), raw_wall = bench_median(raw->wall, ROUNDS);
    char name[120];

    (void)snprintf(name, sizeof(name), "%s, processor time", what);
    bench_row(name, cpu * 1e6 / units, cost, peer, raw_cpu * 1e6 / units, raw_cpu / cpu);
    (void)snprintf(name, sizeof(name), "%s, by the clock", what);
    bench_row(name, units / wall, rate, peer, units / raw_wall, raw_wall / wall);
}

static void
bench_small(struct bench *b)
{
    struct figure ours, raw;
    struct wheel w, v;

    wheel_open(&w, b->ours.port, CONNECTIONS);
    wheel_turn(&w, &small_request, 1, CONNECTIONS, 200);
    CHECK(w.answer_bytes <= ANSWER_MAX);
    memcpy(b->answer, w.buffer, w.answer_bytes);
    b->answer_len = w.answer_bytes;
    wheel_open(&v, b->epoll.port, CONNECTIONS);
    for (int round = 0; round < ROUNDS; round++) {
        ask_small(&b->ours, &w, &ours, round);
        ask_small(&b->epoll, &v, &raw, round);
    }
    wheel_close(&w);
    wheel_close(&v);
    report("small answers on kept connections", "epoll, the same bytes", &ours, &raw, 1, "1/s", "us");
}

static void
bench_handshakes(struct bench *b)
{
    struct figure ours, raw;

    for (int round = 0; round < ROUNDS; round++) {
        shake_hands(b, &b->ours_tls, &ours, round);
        shake_hands(b, &b->openssl, &raw, round);
    }
    report("TLS 1.3 connections, mutual", "OpenSSL, blocking", &ours, &raw, 1, "1/s", "us");
}

static int64_t
resident_kib(const char *which)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[200];
    int64_t kib = -1;

    CHECK(f != NULL);
    while (kib < 0 && fgets(line, sizeof(line), f) != NULL) {
        struct str text = str_of(line), number = str_from(text, strlen(which));
        if (str_starts(text, str_of(which))) {
            number = str_trim(number);
            CHECK(str_to_int(str_sub(number, 0, str_find_byte(number, ' ')), &kib));
        }
    }
    (void)fclose(f);
    return kib;
}

/* From here on the peak is what is resident now. */
static int64_t
forget_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    CHECK(fd >= 0 && write(fd, "5", 1) == 1);
    (void)close(fd);
    return resident_kib("VmRSS:");
}

static void
bench_streams(struct bench *b)
{
    static const char take[] = "POST /take HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 104857600\r\n\r\n";
    static const char give[] = "GET /give HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    struct figure in, in_raw, out, out_raw;
    const double mb = STREAM_BYTES / 1e6;
    int64_t before = 0, peak = 0;

    for (int round = 0; round < ROUNDS; round++) {
        if (round == 1) { /* buffers are there, stacks touched: what grows now grows with the body */
            before = forget_peak();
        }
        send_stream(&b->ours, take, &in, round);
        fetch_stream(&b->ours, give, &out, round);
        if (round > 0) {
            peak = resident_kib("VmHWM:");
        }
        send_stream(&b->stream, "t", &in_raw, round);
        fetch_stream(&b->stream, "g", &out_raw, round);
    }
    report("100 MB in", "recv, the same buffer", &in, &in_raw, mb, "MB/s", "us/MB");
    report("100 MB out", "send, the same buffer", &out, &out_raw, mb, "MB/s", "us/MB");
    double growth = peak - before < PAGE_KIB ? PAGE_KIB : (double)(peak - before);
    bench_row("most that 100 MB each way made the process grow", growth, "KiB", "one body",
              STREAM_BYTES / 1024.0, STREAM_BYTES / 1024.0 / growth);
}

/* --- setting ----------------------------------------------------------------------------------------- */

static int
any_certificate(int good, X509_STORE_CTX *store)
{
    (void)good;
    (void)store;
    return 1;
}

/* What our own contexts ask for, and nothing else: TLS 1.3, a certificate on both sides, one ticket. */
static SSL_CTX *
new_context(const struct bench *b, const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    BIO *key = BIO_new_mem_buf(b->key.ptr, (int)b->key.len);
    BIO *cert = BIO_new_mem_buf(b->cert.ptr, (int)b->cert.len);
    EVP_PKEY *private = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    X509 *x509 = PEM_read_bio_X509(cert, NULL, NULL, NULL);

    CHECK(ctx != NULL && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1);
    CHECK(SSL_CTX_use_certificate(ctx, x509) == 1 && SSL_CTX_use_PrivateKey(ctx, private) == 1);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_certificate);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    CHECK(SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"bench", 5) == 1);
    CHECK(SSL_CTX_set_num_tickets(ctx, 1) == 1);
    X509_free(x509);
    EVP_PKEY_free(private);
    BIO_free(cert);
    BIO_free(key);
    return ctx;
}

static void
stop_all(struct bench *b)
{
    loop_stop(b->loop);
    CHECK(pthread_join(b->ours.thread, NULL) == 0);
    (void)close(b->wake[1]);
    (void)shutdown(b->openssl.fd, SHUT_RDWR);
    (void)shutdown(b->stream.fd, SHUT_RDWR);
    CHECK(pthread_join(b->epoll.thread, NULL) == 0);
    CHECK(pthread_join(b->openssl.thread, NULL) == 0);
    CHECK(pthread_join(b->stream.thread, NULL) == 0);
    loop_free(b->loop);
    server_free(b->server);
    server_free(b->tls_server);
    tls_free(b->tls);
    SSL_CTX_free(b->client_ctx);
    SSL_CTX_free(b->server_ctx);
}

int
main(void)
{
    struct arena *a = arena_new(ARENA_BYTES);
    struct bench b = {.answer_len = 0};
    struct err err;

    memset(small_body, 'x', sizeof(small_body));
    memset(pieces, 'x', sizeof(pieces));
    bench_need(cert_new(a, STR("bench"), clock_now_us(&clock_system), &b.key, &b.cert, &err), &err);
    b.client_ctx = new_context(&b, TLS_client_method());
    b.server_ctx = new_context(&b, TLS_server_method());
    CHECK(pipe2(b.wake, O_CLOEXEC) == 0);
    start_ours(&b);
    start_raw(&b.epoll, run_epoll, &b);
    start_raw(&b.openssl, run_openssl, &b);
    start_raw(&b.stream, run_stream, &b);
    bench_small(&b);
    bench_handshakes(&b);
    bench_streams(&b);
    bench_end();
    stop_all(&b);
    arena_free(a);
    return 0;
}
