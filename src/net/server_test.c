#include "net/server.h"

#include <sched.h>
#include <stdatomic.h>

#include "net/test_support.h"

#define HOST "Host: test\r\n"

/* What the handlers saw, for the test's thread to look at. */
struct seen {
    atomic_int calls;
    atomic_int failures;
    atomic_int last_rc;
    atomic_llong bytes;
};

static void
note_failure(struct seen *seen, enum rc rc)
{
    atomic_store(&seen->last_rc, (int)rc);
    atomic_fetch_add(&seen->failures, 1);
}

static void
answer_text(struct http_call *c, int status, struct str text, struct seen *seen)
{
    struct http_fields fields = {.count = 0};
    struct err err;

    assert_true(http_add(&fields, STR("Content-Type"), STR("text/plain")));
    enum rc rc = http_answer(c, status, &fields, text, &err);
    if (rc != RC_OK) {
        note_failure(seen, rc);
    }
}

static void
handle_echo(struct http_call *c, struct seen *seen)
{
    struct str body;
    struct err err;
    struct err other;
    enum rc rc = http_body(c, 200000, &body, &err);

    if (rc == RC_OK) {
        answer_text(c, 200, body, seen);
        return;
    }
    note_failure(seen, rc);
    (void)!http_answer_failure(c, rc, &err, &other);
}

/* Piece by piece, and the pieces go back at once. */
static void
handle_pipe(struct http_call *c, struct seen *seen)
{
    char piece[8192];
    size_t len = 1;
    struct err err;
    enum rc rc = http_answer_begin(c, 200, NULL, -1, &err);

    while (rc == RC_OK && len > 0) {
        rc = http_body_piece(c, piece, sizeof(piece), &len, &err);
        if (rc == RC_OK) {
            atomic_fetch_add(&seen->bytes, (long long)len);
            rc = http_answer_piece(c, (struct str){piece, len}, &err);
        }
    }
    if (rc == RC_OK) {
        rc = http_answer_end(c, &err);
    }
    if (rc != RC_OK) {
        note_failure(seen, rc);
    }
}

/* More than anybody reads. */
static void
handle_flood(struct http_call *c, struct seen *seen)
{
    static const char zeros[65536];
    struct err err;
    enum rc rc = http_answer_begin(c, 200, NULL, (int64_t)1 << 40, &err);

    while (rc == RC_OK) {
        rc = http_answer_piece(c, (struct str){zeros, sizeof(zeros)}, &err);
    }
    note_failure(seen, rc);
}

static void
handle_fields(struct http_call *c, struct seen *seen)
{
    static const struct http_field bad[] = {
        {STR_INIT("X"), STR_INIT("a\r\nSet-Cookie: b")}, {STR_INIT("X"), STR_INIT("a\nb")},
        {STR_INIT("X"), STR_INIT("a\0b")},               {STR_INIT("X Y"), STR_INIT("a")},
        {STR_INIT("X:"), STR_INIT("a")},                 {STR_INIT(""), STR_INIT("a")},
        {STR_INIT("content-length"), STR_INIT("1")},     {STR_INIT("Transfer-Encoding"), STR_INIT("gzip")},
        {STR_INIT("DATE"), STR_INIT("today")},           {STR_INIT("connection"), STR_INIT("x")},
    };
    struct err err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct http_fields fields = {.field = {bad[i]}, .count = 1};
        if (http_answer(c, 200, &fields, STR("x"), &err) != RC_INVALID) {
            note_failure(seen, RC_INVALID);
        }
    }
    assert_false(http_is_answered(c));
    answer_text(c, 200, STR("all refused"), seen);
}

/* A head that passes every buffer. */
static void
handle_many_fields(struct http_call *c, struct seen *seen)
{
    static const char value[1000] = {0};
    char *text = arena_alloc(c->arena, sizeof(value), 1);
    struct http_fields fields = {.count = 0};
    struct err err;

    memset(text, 'v', sizeof(value));
    for (int i = 0; i < 20; i++) {
        assert_true(http_add(&fields, STR("X-Long"), (struct str){text, sizeof(value)}));
    }
    enum rc rc = http_answer(c, 200, &fields, STR("after"), &err);
    if (rc != RC_OK) {
        note_failure(seen, rc);
    }
}

static void
handle_who(struct http_call *c, struct seen *seen)
{
    struct str text = str_fmt(c->arena, "%.*s|%.*s|%.*s|%.*s|%zu|%s", STR_ARG(c->head->method),
                              STR_ARG(c->head->path), STR_ARG(c->head->query), STR_ARG(c->peer),
                              c->peer_fingerprint.len, c->is_tls ? "tls" : "plain");

    answer_text(c, 200, text, seen);
}

static void
handle(struct http_call *c, void *ctx)
{
    struct seen *seen = ctx;
    struct str path = c->head->path;
    struct err err;

    atomic_fetch_add(&seen->calls, 1);
    if (str_eq(path, STR("/echo"))) {
        handle_echo(c, seen);
    } else if (str_eq(path, STR("/pipe"))) {
        handle_pipe(c, seen);
    } else if (str_eq(path, STR("/flood"))) {
        handle_flood(c, seen);
    } else if (str_eq(path, STR("/fields"))) {
        handle_fields(c, seen);
    } else if (str_eq(path, STR("/many-fields"))) {
        handle_many_fields(c, seen);
    } else if (str_eq(path, STR("/who"))) {
        handle_who(c, seen);
    } else if (str_eq(path, STR("/nothing"))) {
        return;
    } else if (str_eq(path, STR("/half"))) {
        (void)!http_answer_begin(c, 200, NULL, -1, &err);
        (void)!http_answer_piece(c, STR("half"), &err);
    } else if (str_eq(path, STR("/wait"))) {
        if (task_sleep(c->task, loop_now_us(task_loop(c->task)) + 30000, &err) == RC_OK) {
            answer_text(c, 200, STR("waited"), seen);
        }
    } else if (str_eq(path, STR("/empty"))) {
        (void)!http_answer(c, 204, NULL, STR(""), &err);
    } else if (str_eq(path, STR("/missing"))) {
        (void)!http_answer_failure(c, err_set(&err, RC_NOT_FOUND, "secret"), &err, &err);
    } else {
        answer_text(c, 200, STR("hello"), seen);
    }
}

static struct server_config
config_with(struct seen *seen)
{
    return (struct server_config){.handler = handle, .ctx = seen, .limits = http_limits_usual};
}

/* --- plain service --- */

static void
a_get_is_answered_with_the_fields_that_belong(void **state)
{
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    ask(h.port, STR("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), out, sizeof(out));
    assert_starts(out, "HTTP/1.1 200 OK\r\nDate: ");
    assert_has(out, " GMT\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    ask(h.port, STR("GET /who?a=b HTTP/1.0\r\n\r\n"), out, sizeof(out));
    assert_has(out, "\r\n\r\nGET|/who|a=b|127.0.0.1|0|plain");
    ask(h.port, STR("HEAD / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), out, sizeof(out));
    assert_has(out, "Content-Length: 5\r\nConnection: close\r\n\r\n");
    assert_null(strstr(out, "hello"));
    ask(h.port, STR("GET /empty HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), out, sizeof(out));
    assert_starts(out, "HTTP/1.1 204 No Content\r\n");
    assert_null(strstr(out, "Content-Length"));
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.failures), 0);
}

static void
requests_follow_each_other_on_one_connection(void **state)
{
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    int fd = dial(h.port);
    for (int i = 0; i < 5; i++) {
        say(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nabcd"));
        hear_until(fd, out, sizeof(out), "\r\n\r\nabcd");
        assert_null(strstr(out, "Connection"));
        say(fd, STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
        hear_until(fd, out, sizeof(out), "\r\n\r\nhello");
    }
    assert_int_equal(server_connections(h.server), 1);
    (void)close(fd);
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.calls), 10);
}

static void
pipelined_requests_are_answered_in_order(void **state)
{
    enum { COUNT = 200 };
    static char text[COUNT * 80];
    static char out[COUNT * 256];
    struct seen seen = {0};
    struct host h;
    size_t len = 0;

    (void)state;
    host_start(&h, config_with(&seen));
    for (int i = 0; i < COUNT; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4\r\n%s\r\n%04d",
                                i == COUNT - 1 ? "Connection: close\r\n" : "", i);
    }
    ask(h.port, (struct str){text, len}, out, sizeof(out));
    const char *at = out;
    for (int i = 0; i < COUNT; i++) {
        char expected[16];
        (void)snprintf(expected, sizeof(expected), "\r\n\r\n%04d", i);
        at = strstr(at, expected);
        assert_non_null(at);
        at += 8;
    }
    assert_string_equal(at, "");
    host_stop(&h);
}

static void
a_head_may_come_byte_by_byte(void **state)
{
    struct str text = STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n"
                          "Connection: close\r\n\r\nabc");
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    int fd = dial(h.port);
    for (size_t i = 0; i < text.len; i++) {
        say(fd, str_sub(text, i, 1));
        (void)sched_yield();
    }
    hear_all(fd, out, sizeof(out));
    assert_has(out, "\r\n\r\nabc");
    (void)close(fd);
    host_stop(&h);
}

static void
heads_larger_than_a_buffer_are_read(void **state)
{
    static char text[16000];
    static char out[64000];
    struct seen seen = {0};
    struct host h;

    (void)state;
    host_start(&h, config_with(&seen));
    /* Around the size of the small buffer every length must do, with both kinds of body. */
    for (int size = 3900; size < 4200; size += 7) {
        int len = snprintf(text, sizeof(text),
                           "POST /echo HTTP/1.1\r\n" HOST "X: %0*d\r\nContent-Length: 3\r\n"
                           "Connection: close\r\n\r\nabc",
                           size, 0);
        ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
        assert_has(out, "\r\n\r\nabc");
        len = snprintf(text, sizeof(text),
                       "POST /echo HTTP/1.1\r\n" HOST "X: %0*d\r\nTransfer-Encoding: chunked\r\n"
                       "Connection: close\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
                       size, 0);
        ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
        assert_has(out, "\r\n\r\nabcdefg");
    }
    int len = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST "X: %0*d\r\nConnection: close\r\n\r\n",
                       15000, 0);
    ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
    assert_has(out, "\r\n\r\nhello");
    ask(h.port, STR("GET /many-fields HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), out,
        sizeof(out));
    assert_starts(out, "HTTP/1.1 200 OK\r\n");
    assert_has(out, "\r\n\r\nafter");
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.failures), 0);
}

static void
fields_that_would_break_the_answer_are_refused(void **state)
{
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    ask(h.port, STR("GET /fields HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), out, sizeof(out));
    assert_has(out, "\r\n\r\nall refused");
    assert_null(strstr(out, "Set-Cookie"));
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.failures), 0);
}

/* --- bodies --- */

static void
chunked_bodies_come_whole_and_go_back_in_chunks(void **state)
{
    struct str head = STR("POST /pipe HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    struct str chunks[] = {STR_INIT("5\r\nhello\r\n"), STR_INIT("1;x=y\r\n \r\n"),
                           STR_INIT("5\r\nworld\r\n0\r\nX: y\r\n\r\n")};
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    int fd = dial(h.port);
    say(fd, head);
    say(fd, chunks[0]);
    hear_until(fd, out, sizeof(out), "5\r\nhello\r\n"); /* before the rest is sent */
    assert_has(out, "Transfer-Encoding: chunked\r\n");
    say(fd, chunks[1]);
    say(fd, chunks[2]);
    hear_until(fd, out, sizeof(out), "\r\n0\r\n\r\n");
    /* What followed the last chunk is the next request. */
    say(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
    hear_all(fd, out, sizeof(out));
    assert_has(out, "\r\n\r\nabcHTTP/1.1 200 OK");
    assert_has(out, "\r\n\r\nhello");
    (void)close(fd);

    /* HTTP/1.0 knows no chunks: the end of the connection is the end. */
    ask(h.port, STR("POST /pipe HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc"), out, sizeof(out));
    assert_null(strstr(out, "chunked"));
    assert_has(out, "\r\n\r\nabc");
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.failures), 0);
}

static void
a_body_past_its_limit_gets_413(void **state)
{
    static char text[300000];
    static char out[8192];
    struct seen seen = {0};
    struct server_config config = config_with(&seen);
    struct host h;
    int len;

    (void)state;
    config.limits.body_bytes = 1000;
    host_start(&h, config);
    len = snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n"
                   "Connection: close\r\n\r\n%01000d", 0);
    ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
    assert_starts(out, "HTTP/1.1 200 OK");
    len = snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n"
                   "\r\n%01001d", 0);
    ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
    assert_starts(out, "HTTP/1.1 413 Content Too Large");
    assert_has(out, "Connection: close");
    assert_has(out, "application/problem+json");
    assert_has(out, "\r\n\r\n{\"type\":\"/problems/limit\",\"title\":\"Content Too Large\",\"status\":413}");
    /* The same without a length: it is noticed on the way. */
    len = snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
                   "\r\n3e9\r\n%01001d\r\n0\r\n\r\n", 0);
    ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
    assert_starts(out, "HTTP/1.1 413 Content Too Large");
    /* A client that sends a lot more than that still hears the answer. */
    len = snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n"
                   "\r\n%0200000d", 0);
    ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
    assert_starts(out, "HTTP/1.1 413 Content Too Large");
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.last_rc), RC_LIMIT);
}

static void
an_arena_too_small_for_the_body_gets_413(void **state)
{
    static char text[20000];
    struct seen seen = {0};
    struct server_config config = config_with(&seen);
    struct host h;
    char out[8192];

    (void)state;
    config.arena_bytes = 8192;
    host_start(&h, config);
    for (int chunked = 0; chunked < 2; chunked++) {
        int len = snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\n" HOST "%s\r\n\r\n%s%09000d%s",
                           chunked ? "Transfer-Encoding: chunked" : "Content-Length: 9000",
                           chunked ? "2328\r\n" : "", 0, chunked ? "\r\n0\r\n\r\n" : "");
        ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
        assert_starts(out, "HTTP/1.1 413 ");
    }
    host_stop(&h);
}

static void
bad_chunks_get_400_and_an_end(void **state)
{
    static const struct str bodies[] = {
        STR_INIT("5\nhello\r\n0\r\n\r\n"), STR_INIT("zz\r\n"), STR_INIT("5\r\nhelloX0\r\n\r\n"),
        STR_INIT("ffffffffffffffffff\r\n"), STR_INIT("-1\r\n"),
    };
    struct seen seen = {0};
    struct host h;
    char text[256];
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        int len = snprintf(text, sizeof(text),
                           "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%.*s",
                           STR_ARG(bodies[i]));
        ask(h.port, (struct str){text, (size_t)len}, out, sizeof(out));
        assert_starts(out, "HTTP/1.1 400 Bad Request");
        assert_has(out, "Connection: close");
        assert_int_equal(atomic_load(&seen.last_rc), RC_INVALID);
    }
    host_stop(&h);
}

static void
an_unread_body_is_drained_or_ends_the_connection(void **state)
{
    static char text[100000];
    struct seen seen = {0};
    struct host h;
    char out[4096];
    int len;

    (void)state;
    host_start(&h, config_with(&seen));
    int fd = dial(h.port);
    len = snprintf(text, sizeof(text), "POST /ignore HTTP/1.1\r\n" HOST "Content-Length: 30000\r\n\r\n%030000d", 0);
    say(fd, (struct str){text, (size_t)len});
    hear_until(fd, out, sizeof(out), "\r\n\r\nhello");
    assert_null(strstr(out, "Connection: close"));
    len = snprintf(text, sizeof(text), "POST /ignore HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                   "7530\r\n%030000d\r\n0\r\n\r\n", 0);
    say(fd, (struct str){text, (size_t)len});
    hear_until(fd, out, sizeof(out), "\r\n\r\nhello");
    len = snprintf(text, sizeof(text), "POST /ignore HTTP/1.1\r\n" HOST "Content-Length: 90000\r\n\r\n%090000d", 0);
    say(fd, (struct str){text, (size_t)len});
    hear_all(fd, out, sizeof(out));
    assert_has(out, "Connection: close\r\n\r\nhello");
    (void)close(fd);
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.calls), 3);
}

static void
expect_100_is_met_when_the_body_is_wanted(void **state)
{
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    int fd = dial(h.port);
    say(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
    hear_until(fd, out, sizeof(out), "\r\n\r\n");
    assert_string_equal(out, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, STR("abc"));
    hear_until(fd, out, sizeof(out), "\r\n\r\nabc");
    /* Not wanted: the answer says so, and the connection ends, since nobody knows what comes next. */
    say(fd, STR("POST /ignore HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
    hear_all(fd, out, sizeof(out));
    assert_starts(out, "HTTP/1.1 200 OK");
    assert_has(out, "Connection: close");
    (void)close(fd);
    /* Sent at once: no need to say 100. */
    ask(h.port, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-continue\r\n"
                    "Connection: close\r\n\r\nabc"), out, sizeof(out));
    assert_starts(out, "HTTP/1.1 200 OK");
    host_stop(&h);
}

struct pump {
    int fd;
    long long left;
};

static void *
pump_chunks(void *ctx)
{
    static char chunk[65536 + 7];
    struct pump *p = ctx;

    memcpy(chunk, "10000\r\n", 7);
    memset(chunk + 7, 'x', 65536);
    while (p->left > 0) {
        say(p->fd, (struct str){chunk, sizeof(chunk)});
        say(p->fd, STR("\r\n"));
        p->left -= 65536;
    }
    say(p->fd, STR("0\r\n\r\n"));
    return NULL;
}

static void
a_hundred_megabytes_pass_in_constant_memory(void **state)
{
    static char out[1 << 16];
    const long long total = 100LL << 20;
    struct seen seen = {0};
    struct server_config config = config_with(&seen);
    struct host h;
    long long heard = 0;
    ssize_t n;

    (void)state;
    config.arena_bytes = 65536;
    host_start(&h, config);
    long before_kib = resident_kib();
    struct pump p = {dial(h.port), total};
    pthread_t thread;
    say(p.fd, STR("POST /pipe HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n"
                  "Connection: close\r\n\r\n"));
    assert_int_equal(pthread_create(&thread, NULL, pump_chunks, &p), 0);
    while ((n = recv(p.fd, out, sizeof(out), 0)) > 0) {
        heard += n;
    }
    assert_int_equal(n, 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&seen.bytes), total);
    assert_true(heard > total);
    assert_true(resident_kib() - before_kib < 16 * 1024);
    (void)close(p.fd);
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.failures), 0);
}

/* --- what the server refuses by itself --- */

static void
malformed_heads_get_a_problem_and_an_end(void **state)
{
    static char long_target[10000];
    static char long_field[20000];
    const struct {
        struct str text;
        const char *start;
        const char *problem;
    } cases[] = {
        {STR("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request\r\n",
         "{\"type\":\"/problems/invalid\",\"title\":\"Bad Request\",\"status\":400}"},
        {STR("GET / HTTP/1.1\n"), "HTTP/1.1 400 ", "/invalid\""},
        {STR("\026\003\001\002\000\001\000\001"), "HTTP/1.1 400 ", "/invalid\""},
        {STR("GET / HTTP/2.0\r\n"), "HTTP/1.1 505 ", "/http-version\""},
        {STR("GET / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n"), "HTTP/1.1 417 ", "/expectation\""},
        {{long_target, sizeof(long_target)}, "HTTP/1.1 414 ", "/uri-too-long\""},
        {{long_field, sizeof(long_field)}, "HTTP/1.1 431 ", "/fields-too-large\""},
        /* The second of two requests that came together. */
        {STR("GET /empty HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\nX : y\r\n\r\n"),
         "HTTP/1.1 204 ", "/invalid\""},
    };
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    memset(long_target, 'a', sizeof(long_target));
    memcpy(long_target, "GET /", 5);
    memset(long_field, 'a', sizeof(long_field));
    memcpy(long_field, "GET / HTTP/1.1\r\nX: ", 19);
    host_start(&h, config_with(&seen));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ask(h.port, cases[i].text, out, sizeof(out));
        assert_starts(out, cases[i].start);
        assert_has(out, "Content-Type: application/problem+json\r\n");
        assert_has(out, "Connection: close\r\n\r\n{");
        assert_has(out, cases[i].problem);
    }
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.calls), 1);
}

static void
a_handler_without_an_answer_gives_500_and_half_a_one_is_cut(void **state)
{
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    int fd = dial(h.port);
    say(fd, STR("GET /nothing HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(fd, out, sizeof(out), "\"status\":500}");
    assert_starts(out, "HTTP/1.1 500 Internal Server Error");
    say(fd, STR("GET /missing HTTP/1.1\r\n" HOST "\r\n")); /* the connection goes on */
    hear_until(fd, out, sizeof(out), "\"status\":404}");
    assert_has(out, "{\"type\":\"/problems/not-found\",\"title\":\"Not Found\",");
    assert_null(strstr(out, "secret"));
    say(fd, STR("GET /half HTTP/1.1\r\n" HOST "\r\n"));
    hear_all(fd, out, sizeof(out));
    assert_has(out, "4\r\nhalf\r\n");
    assert_null(strstr(out, "0\r\n\r\n"));
    (void)close(fd);
    host_stop(&h);
}

/* --- time --- */

static void
slow_and_silent_peers_are_let_go(void **state)
{
    struct seen seen = {0};
    struct server_config config = config_with(&seen);
    struct host h;
    char out[4096];

    (void)state;
    config.limits.idle_ms = 40;
    config.limits.head_ms = 40;
    config.limits.body_idle_ms = 40;
    host_start(&h, config);

    assert_int_equal(ask(h.port, STR(""), out, sizeof(out)), 0); /* never says anything */

    ask(h.port, STR("GET / HTTP/1.1\r\nHost: te"), out, sizeof(out)); /* stops in the head */
    assert_starts(out, "HTTP/1.1 408 Request Timeout");
    assert_has(out, "{\"type\":\"/problems/request-timeout\",");

    /* Trickles: each byte is in time, the head is not. */
    int fd = dial(h.port);
    say(fd, STR("GET / HTTP/1.1\r\nX: "));
    while (send(fd, "a", 1, MSG_NOSIGNAL) == 1 && recv(fd, out, 1, MSG_DONTWAIT) < 0) {
        (void)usleep(5000);
    }
    (void)close(fd);

    ask(h.port, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc"), out,
        sizeof(out)); /* stops in the body */
    assert_starts(out, "HTTP/1.1 408 Request Timeout");
    assert_int_equal(atomic_load(&seen.last_rc), RC_TIMEOUT);

    fd = dial(h.port); /* one request, then silence */
    say(fd, STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
    hear_all(fd, out, sizeof(out));
    assert_has(out, "\r\n\r\nhello");
    (void)close(fd);
    host_stop(&h);
}

/* Sends piece after piece, until there is an answer or there have been so many; how many there were. */
static int
trickle(int fd, struct str piece, int most, unsigned rest_us)
{
    char byte;
    int sent = 0;

    while (sent < most && send(fd, piece.ptr, piece.len, MSG_NOSIGNAL) == (ssize_t)piece.len &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0) {
        sent++;
        (void)usleep(rest_us);
    }
    return sent;
}

static void
a_body_that_trickles_is_let_go_although_each_byte_is_in_time(void **state)
{
    static const struct {
        struct str head;
        struct str piece;
    } rows[] = {
        {STR_INIT("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n"), STR_INIT("a")},
        {STR_INIT("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"),
         STR_INIT("1\r\na\r\n")},
    };
    struct seen seen = {0};
    struct server_config config = config_with(&seen);
    struct host h;
    char out[4096];

    (void)state;
    config.limits.body_idle_ms = 100;
    host_start(&h, config);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = dial(h.port);
        say(fd, rows[i].head);
        assert_in_range(trickle(fd, rows[i].piece, 2000, 10000), 0, 1999);
        hear_all(fd, out, sizeof(out));
        assert_starts(out, "HTTP/1.1 408 Request Timeout");
        assert_has(out, "{\"type\":\"/problems/request-timeout\",");
        (void)close(fd);
    }
    host_stop(&h);
}

/* Longer than the longest pause in all, but it goes on. */
static void
a_body_on_a_slow_line_is_waited_for(void **state)
{
    enum { PIECES = 60, PIECE = 100 };
    struct seen seen = {0};
    struct server_config config = config_with(&seen);
    struct host h;
    char piece[PIECE], out[PIECES * PIECE + 4096];

    (void)state;
    memset(piece, 'a', sizeof(piece));
    config.limits.body_idle_ms = 1000;
    host_start(&h, config);
    int fd = dial(h.port);
    say(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: 6000\r\n\r\n"));
    (void)trickle(fd, (struct str){piece, PIECE}, PIECES, 25000);
    hear_all(fd, out, sizeof(out));
    assert_starts(out, "HTTP/1.1 200 OK");
    (void)close(fd);
    host_stop(&h);
}

static void
a_peer_that_does_not_read_is_let_go(void **state)
{
    struct seen seen = {0};
    struct server_config config = config_with(&seen);
    struct host h;

    (void)state;
    config.limits.body_idle_ms = 40;
    host_start(&h, config);
    int fd = dial(h.port);
    say(fd, STR("GET /flood HTTP/1.1\r\n" HOST "\r\n"));
    while (atomic_load(&seen.failures) == 0) {
        (void)usleep(1000);
    }
    assert_int_equal(atomic_load(&seen.last_rc), RC_TIMEOUT);
    (void)close(fd);

    atomic_store(&seen.failures, 0);
    fd = dial(h.port); /* and one that goes away in the middle */
    say(fd, STR("GET /flood HTTP/1.1\r\n" HOST "\r\n"));
    (void)close(fd);
    while (atomic_load(&seen.failures) == 0) {
        (void)usleep(1000);
    }
    assert_int_equal(atomic_load(&seen.last_rc), RC_IO);
    host_stop(&h);
}

static void
a_peer_may_close_its_half_and_still_hear(void **state)
{
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    int fd = dial(h.port);
    say(fd, STR("GET /wait HTTP/1.1\r\n" HOST "\r\n"));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    hear_all(fd, out, sizeof(out));
    assert_has(out, "\r\n\r\nwaited");
    (void)close(fd);

    fd = dial(h.port); /* in the middle of a body it is a failure */
    say(fd, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc"));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    hear_all(fd, out, sizeof(out));
    assert_int_equal(atomic_load(&seen.last_rc), RC_IO);
    (void)close(fd);
    host_stop(&h);
}

/* --- numbers --- */

static void
requests_of_one_connection_are_counted(void **state)
{
    struct seen seen = {0};
    struct server_config config = config_with(&seen);
    struct host h;
    char out[4096];

    (void)state;
    config.limits.requests_per_connection_max = 3;
    host_start(&h, config);
    int fd = dial(h.port);
    for (int i = 0; i < 2; i++) {
        say(fd, STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
        hear_until(fd, out, sizeof(out), "\r\n\r\nhello");
        assert_null(strstr(out, "Connection: close"));
    }
    say(fd, STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
    hear_all(fd, out, sizeof(out));
    assert_has(out, "Connection: close\r\n\r\nhello");
    (void)close(fd);
    host_stop(&h);
}

static void
one_connection_too_many_hears_503(void **state)
{
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    for (int round = 0; round < 2; round++) {
        struct server_config config = config_with(&seen);
        int fd[4];
        config.limits.connections_max = round == 0 ? 4 : 100;
        config.limits.connections_per_peer_max = round == 0 ? 100 : 4;
        host_start(&h, config);
        for (int i = 0; i < 4; i++) {
            fd[i] = dial(h.port);
            say(fd[i], STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
            hear_until(fd[i], out, sizeof(out), "\r\n\r\nhello");
        }
        ask(h.port, STR("GET / HTTP/1.1\r\n" HOST "\r\n"), out, sizeof(out));
        assert_starts(out, "HTTP/1.1 503 Service Unavailable");
        assert_has(out, "\r\n\r\n{\"type\":\"/problems/unavailable\",");
        say(fd[0], STR("GET / HTTP/1.1\r\n" HOST "\r\n")); /* the others are served */
        hear_until(fd[0], out, sizeof(out), "\r\n\r\nhello");
        (void)close(fd[3]); /* and a place that is left can be taken */
        while (server_connections(h.server) == 4) {
            (void)usleep(1000);
        }
        fd[3] = dial(h.port);
        say(fd[3], STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
        hear_until(fd[3], out, sizeof(out), "\r\n\r\nhello");
        for (int i = 0; i < 4; i++) {
            (void)close(fd[i]);
        }
        host_stop(&h);
    }
}

static void
five_hundred_connections_are_served_at_once(void **state)
{
    enum { COUNT = 500 };
    static int fd[COUNT];
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    raise_descriptor_limit();
    host_start(&h, config_with(&seen));
    for (int i = 0; i < COUNT; i++) {
        fd[i] = dial(h.port);
        say(fd[i], STR("GET /wait HTTP/1.1\r\n" HOST "\r\n"));
    }
    for (int i = 0; i < COUNT; i++) {
        hear_until(fd[i], out, sizeof(out), "\r\n\r\nwaited");
    }
    assert_int_equal(server_connections(h.server), COUNT);
    for (int i = 0; i < COUNT; i++) {
        say(fd[i], STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
    }
    for (int i = 0; i < COUNT; i++) {
        hear_until(fd[i], out, sizeof(out), "\r\n\r\nhello");
        (void)close(fd[i]);
    }
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.calls), 2 * COUNT);
}

/* --- the end --- */

static void
stopping_lets_busy_connections_finish(void **state)
{
    struct seen seen = {0};
    struct host h;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen));
    int idle = dial(h.port);
    say(idle, STR("GET / HTTP/1.1\r\n" HOST "\r\n"));
    hear_until(idle, out, sizeof(out), "\r\n\r\nhello");
    int busy = dial(h.port);
    say(busy, STR("GET /wait HTTP/1.1\r\n" HOST "\r\n"));
    while (atomic_load(&seen.calls) < 2) {
        (void)usleep(1000);
    }
    server_stop(h.server);
    assert_int_equal(hear_all(idle, out, sizeof(out)), 0);
    hear_all(busy, out, sizeof(out));
    assert_has(out, "Connection: close\r\n\r\nwaited");
    while (server_connections(h.server) > 0) {
        (void)usleep(1000);
    }
    (void)close(idle);
    (void)close(busy);
    host_stop(&h);
}

static void
two_loops_share_one_listener(void **state)
{
    enum { COUNT = 64 };
    struct seen seen[2] = {{0}, {0}};
    struct host h;
    struct loop *other = NULL;
    struct server *server = NULL;
    const struct loop_config loop_config = {.clock = &clock_system, .tasks_max = 256};
    struct server_config config = config_with(&seen[1]);
    pthread_t thread;
    struct err err;
    char out[4096];

    (void)state;
    host_start(&h, config_with(&seen[0]));
    config.listen_fd = h.listen_fd;
    config.arena_bytes = 65536;
    assert_int_equal(loop_new(&loop_config, &other, &err), RC_OK);
    assert_int_equal(server_start(other, &config, &server, &err), RC_OK);
    assert_int_equal(pthread_create(&thread, NULL, host_run, other), 0);
    for (int i = 0; i < COUNT; i++) {
        ask(h.port, STR("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), out, sizeof(out));
        assert_has(out, "\r\n\r\nhello");
    }
    assert_int_equal(atomic_load(&seen[0].calls) + atomic_load(&seen[1].calls), COUNT);
    loop_stop(other);
    assert_int_equal(pthread_join(thread, NULL), 0);
    loop_free(other);
    server_free(server);
    /* With one gone the other goes on alone. */
    ask(h.port, STR("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), out, sizeof(out));
    assert_has(out, "\r\n\r\nhello");
    host_stop(&h);
}

static void
a_port_in_use_is_a_conflict(void **state)
{
    int fd = -1;
    int port = 0;
    int other = -1;
    struct err err;

    (void)state;
    assert_int_equal(net_listen("127.0.0.1", 0, &fd, &port, &err), RC_OK);
    assert_true(port > 0);
    assert_int_equal(net_listen("127.0.0.1", port, &other, NULL, &err), RC_CONFLICT);
    assert_int_equal(net_listen("localhost.example", 0, &other, NULL, &err), RC_INVALID);
    assert_int_equal(net_listen("127.0.0.1", 65536, &other, NULL, &err), RC_INVALID);
    assert_int_equal(other, -1);
    assert_int_equal(close(fd), 0);
    assert_int_equal(net_listen("::1", 0, &fd, &port, &err), RC_OK);
    assert_int_equal(close(fd), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_is_answered_with_the_fields_that_belong),
        cmocka_unit_test(requests_follow_each_other_on_one_connection),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_head_may_come_byte_by_byte),
        cmocka_unit_test(heads_larger_than_a_buffer_are_read),
        cmocka_unit_test(fields_that_would_break_the_answer_are_refused),
        cmocka_unit_test(chunked_bodies_come_whole_and_go_back_in_chunks),
        cmocka_unit_test(a_body_past_its_limit_gets_413),
        cmocka_unit_test(an_arena_too_small_for_the_body_gets_413),
        cmocka_unit_test(bad_chunks_get_400_and_an_end),
        cmocka_unit_test(an_unread_body_is_drained_or_ends_the_connection),
        cmocka_unit_test(expect_100_is_met_when_the_body_is_wanted),
        cmocka_unit_test(a_hundred_megabytes_pass_in_constant_memory),
        cmocka_unit_test(malformed_heads_get_a_problem_and_an_end),
        cmocka_unit_test(a_handler_without_an_answer_gives_500_and_half_a_one_is_cut),
        cmocka_unit_test(slow_and_silent_peers_are_let_go),
        cmocka_unit_test(a_body_that_trickles_is_let_go_although_each_byte_is_in_time),
        cmocka_unit_test(a_body_on_a_slow_line_is_waited_for),
        cmocka_unit_test(a_peer_that_does_not_read_is_let_go),
        cmocka_unit_test(a_peer_may_close_its_half_and_still_hear),
        cmocka_unit_test(requests_of_one_connection_are_counted),
        cmocka_unit_test(one_connection_too_many_hears_503),
        cmocka_unit_test(five_hundred_connections_are_served_at_once),
        cmocka_unit_test(stopping_lets_busy_connections_finish),
        cmocka_unit_test(two_loops_share_one_listener),
        cmocka_unit_test(a_port_in_use_is_a_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
