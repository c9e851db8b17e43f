#include "net/client.h"

#include <stdatomic.h>

#include "net/test_support.h"

/*
 * A test of the client is a task on a loop of the test's own thread.  Its peer is our server in another thread, or
 * a script: a thread that accepts connections and says exactly what the test wants.
 */
struct bench {
    struct loop *loop;
    struct client *client;
    struct arena *arena;
    struct origin origin;
    int64_t now_us;
    void (*test)(struct task *t, struct bench *b);
    void *ctx;
};

static struct client_config
usual_config(void)
{
    struct client_config config = {.limits = http_limits_usual,
                                   .connect_ms = 20000,
                                   .idle_per_origin_max = 4,
                                   .per_origin_max = 8,
                                   .idle_ms = 30000};

    config.limits.head_bytes = 8192;
    config.limits.body_bytes = 300000;
    return config;
}

static void
bench_task(struct task *t, void *ctx)
{
    struct bench *b = ctx;

    b->test(t, b);
    loop_stop(b->loop);
}

static void
bench_run(int port, const struct client_config *config, void (*test)(struct task *, struct bench *),
          void *ctx)
{
    const struct loop_config loop_config = {
        .clock = &clock_system, .tasks_max = 256, .work_threads = 1};
    struct bench b = {.test = test, .ctx = ctx, .arena = arena_new(1 << 20)};
    struct err err;

    b.origin = (struct origin){.host = STR("127.0.0.1"), .port = port};
    assert_int_equal(loop_new(&loop_config, &b.loop, &err), RC_OK);
    assert_int_equal(client_new(b.loop, config, &b.client, &err), RC_OK);
    assert_int_equal(task_start(b.loop, bench_task, &b, &err), RC_OK);
    loop_run(b.loop);
    loop_free(b.loop);
    client_free(b.client);
    arena_free(b.arena);
}

static int64_t
in_a_minute(struct task *t)
{
    return loop_now_us(task_loop(t)) + 60 * INT64_C(1000000);
}

/* --- our server as the peer --- */

struct seen {
    atomic_int calls;
    atomic_int wrong;
};

static void
handle_large(struct http_call *c, int64_t length)
{
    static const char text[10000] = "x";
    struct err err;
    enum rc rc = http_answer_begin(c, 200, NULL, length, &err);

    for (int i = 0; i < 100 && rc == RC_OK; i++) {
        rc = http_answer_piece(c, (struct str){text, sizeof(text)}, &err);
    }
    if (rc == RC_OK) {
        (void)!http_answer_end(c, &err);
    }
}

static void
handle(struct http_call *c, void *ctx)
{
    struct seen *seen = ctx;
    struct str path = c->head->path;
    struct str body;
    struct err err;

    atomic_fetch_add(&seen->calls, 1);
    if (str_eq(path, STR("/large"))) {
        handle_large(c, 1000000);
        return;
    }
    if (str_eq(path, STR("/large-chunked"))) {
        handle_large(c, -1);
        return;
    }
    if (str_eq(path, STR("/refuse"))) {
        (void)!http_answer(c, 413, NULL, STR("no"), &err);
        return;
    }
    if (str_eq(path, STR("/slow"))) {
        (void)!task_sleep(c->task, loop_now_us(task_loop(c->task)) + 20000, &err);
    }
    if (str_eq(path, STR("/head"))) {
        struct http_fields fields = {.count = 0};
        assert_true(http_add(&fields, STR("X-Host"), http_get(&c->head->fields, "host")));
        assert_true(http_add(&fields, STR("X-Query"), c->head->query));
        assert_true(http_add(&fields, STR("X-Sent"), http_get(&c->head->fields, "x-sent")));
        (void)!http_answer(c, 200, &fields, STR("fields"), &err);
        return;
    }
    if (http_body(c, 300000, &body, &err) != RC_OK ||
        http_answer(c, 200, NULL, body, &err) != RC_OK) {
        atomic_fetch_add(&seen->wrong, 1);
    }
}

static void
host_echo(struct host *h, struct seen *seen)
{
    host_start(h, (struct server_config){.handler = handle, .ctx = seen, .limits = http_limits_usual});
}

static enum rc
call(struct task *t, struct bench *b, struct str method, struct str target, struct str body,
     struct http_in *in, struct err *err)
{
    struct http_out out = {.method = method, .target = target, .body = body};

    return client_call(b->client, t, b->arena, &b->origin, &out, in_a_minute(t), in, err);
}

static void
talk_over_one_connection(struct task *t, struct bench *b)
{
    struct host *h = b->ctx;
    struct http_in in;
    struct err err;

    for (int i = 0; i < 20; i++) {
        assert_int_equal(call(t, b, STR("POST"), STR("/echo"), STR("hello"), &in, &err), RC_OK);
        assert_int_equal(in.head.status, 200);
        assert_true(str_eq(in.body, STR("hello")));
        assert_true(str_eq(http_get(&in.head.fields, "content-length"), STR("5")));
        assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_OK);
        assert_int_equal(in.body.len, 0);
        assert_int_equal(call(t, b, STR("HEAD"), STR("/head"), STR(""), &in, &err), RC_OK);
        assert_true(str_eq(http_get(&in.head.fields, "content-length"), STR("6")));
        assert_int_equal(in.body.len, 0);
        assert_int_equal(server_connections(h->server), 1);
        arena_reset(b->arena);
    }
}

static void
calls_follow_each_other_on_one_connection(void **state)
{
    const struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    host_echo(&h, &seen);
    bench_run(h.port, &config, talk_over_one_connection, &h);
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.calls), 60);
    assert_int_equal(atomic_load(&seen.wrong), 0);
}

static void
send_fields(struct task *t, struct bench *b)
{
    static char long_value[6000];
    struct http_out out = {.method = STR("GET"), .target = STR("/head?a=b%20c"), .body = STR("")};
    struct str port = str_fmt(b->arena, "localhost:%d", b->origin.port);
    struct http_in in;
    struct err err;

    memset(long_value, 'v', sizeof(long_value));
    b->origin.host = STR("localhost");
    assert_true(http_add(&out.fields, STR("X-Sent"), (struct str){long_value, sizeof(long_value)}));
    assert_int_equal(client_call(b->client, t, b->arena, &b->origin, &out, 0, &in, &err), RC_OK);
    assert_true(str_eq(http_get(&in.head.fields, "x-host"), port));
    assert_true(str_eq(http_get(&in.head.fields, "x-query"), STR("a=b%20c")));
    assert_int_equal(http_get(&in.head.fields, "x-sent").len, sizeof(long_value));
    assert_true(str_eq(in.body, STR("fields")));
}

static void
fields_and_host_arrive_as_they_were_given(void **state)
{
    const struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    host_echo(&h, &seen);
    bench_run(h.port, &config, send_fields, NULL);
    host_stop(&h);
}

static void
try_bad_requests(struct task *t, struct bench *b)
{
    static const struct {
        struct str method;
        struct str target;
        struct http_field field;
    } cases[] = {
        {STR_INIT("GET"), STR_INIT("/a b"), {STR_INIT("X"), STR_INIT("y")}},
        {STR_INIT("GET"), STR_INIT("/a\r\nX: y"), {STR_INIT("X"), STR_INIT("y")}},
        {STR_INIT("GET"), STR_INIT("/\346"), {STR_INIT("X"), STR_INIT("y")}},
        {STR_INIT("GET"), STR_INIT(""), {STR_INIT("X"), STR_INIT("y")}},
        {STR_INIT(""), STR_INIT("/"), {STR_INIT("X"), STR_INIT("y")}},
        {STR_INIT("GE T"), STR_INIT("/"), {STR_INIT("X"), STR_INIT("y")}},
        {STR_INIT("GET"), STR_INIT("/"), {STR_INIT("X"), STR_INIT("y\r\nHost: z")}},
        {STR_INIT("GET"), STR_INIT("/"), {STR_INIT("X"), STR_INIT("y\0z")}},
        {STR_INIT("GET"), STR_INIT("/"), {STR_INIT("X:"), STR_INIT("y")}},
        {STR_INIT("GET"), STR_INIT("/"), {STR_INIT("host"), STR_INIT("other")}},
        {STR_INIT("GET"), STR_INIT("/"), {STR_INIT("Content-Length"), STR_INIT("5")}},
        {STR_INIT("GET"), STR_INIT("/"), {STR_INIT("transfer-encoding"), STR_INIT("chunked")}},
    };
    struct http_in in;
    struct err err;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_out out = {.method = cases[i].method, .target = cases[i].target, .body = STR("")};
        assert_true(http_add(&out.fields, cases[i].field.name, cases[i].field.value));
        assert_int_equal(client_call(b->client, t, b->arena, &b->origin, &out, in_a_minute(t), &in, &err),
                         RC_INVALID);
    }
    /* And origins. */
    const struct origin good = b->origin;
    const struct origin origins[] = {
        {.host = STR(""), .port = good.port},
        {.host = STR("a\0b"), .port = good.port},
        {.host = good.host, .port = 0},
        {.host = good.host, .port = 65536},
        {.host = good.host, .port = good.port, .is_tls = true}, /* the client has no certificate */
        {.host = good.host, .port = good.port, .fingerprint = STR("short")},
    };
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        b->origin = origins[i];
        assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_INVALID);
    }
    b->origin = good; /* places that were taken meanwhile are free again */
    assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_OK);
}

static void
what_would_break_a_request_is_refused(void **state)
{
    struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    config.per_origin_max = 1;
    host_echo(&h, &seen);
    bench_run(h.port, &config, try_bad_requests, NULL);
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.calls), 1);
}

static void
fetch_large(struct task *t, struct bench *b)
{
    struct http_out out = {.method = STR("GET"), .target = STR("/large"), .body = STR("")};
    struct client_stream *s = NULL;
    struct http_head head;
    struct http_in in;
    char piece[3000];
    size_t len = 0;
    struct err err;

    for (int round = 0; round < 2; round++) {
        size_t total = 0;
        /* Past body_bytes as a whole, and as a stream without a limit. */
        assert_int_equal(call(t, b, STR("GET"), out.target, STR(""), &in, &err), RC_LIMIT);
        assert_int_equal(client_open(b->client, t, b->arena, &b->origin, &out, in_a_minute(t), &s, &head, &err),
                         RC_OK);
        do {
            assert_int_equal(client_piece(s, piece, sizeof(piece), &len, &err), RC_OK);
            total += len;
        } while (len > 0);
        assert_int_equal(total, 1000000);
        assert_int_equal(client_piece(s, piece, sizeof(piece), &len, &err), RC_OK);
        assert_int_equal(len, 0);
        client_close(s);
        /* Left in the middle: the connection is not used again, and the next call is good. */
        assert_int_equal(client_open(b->client, t, b->arena, &b->origin, &out, in_a_minute(t), &s, &head, &err),
                         RC_OK);
        assert_int_equal(client_piece(s, piece, sizeof(piece), &len, &err), RC_OK);
        client_close(s);
        assert_int_equal(call(t, b, STR("POST"), STR("/echo"), STR("good"), &in, &err), RC_OK);
        assert_true(str_eq(in.body, STR("good")));
        out.target = STR("/large-chunked");
    }
    arena_reset(b->arena);
    /* An arena too small for the body is a limit too. */
    struct arena *small = arena_new(16384);
    out.target = STR("/echo");
    out.method = STR("POST");
    out.body = (struct str){arena_alloc(b->arena, 20000, 1), 20000};
    assert_int_equal(client_call(b->client, t, small, &b->origin, &out, in_a_minute(t), &in, &err), RC_LIMIT);
    arena_free(small);
}

static void
large_answers_stream_or_meet_a_limit(void **state)
{
    const struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    host_echo(&h, &seen);
    bench_run(h.port, &config, fetch_large, NULL);
    host_stop(&h);
}

struct many {
    struct bench *bench;
    int *left;
    struct task *parent;
    struct task *child;
};

static void
one_of_many(struct task *t, void *ctx)
{
    struct many *m = ctx;
    struct arena *a = arena_new(65536);
    struct http_out out = {.method = STR("POST"), .target = STR("/slow"), .body = STR("x")};
    struct http_in in;
    struct err err;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(client_call(m->bench->client, t, a, &m->bench->origin, &out, in_a_minute(t), &in, &err),
                         RC_OK);
        assert_true(str_eq(in.body, STR("x")));
        arena_reset(a);
    }
    arena_free(a);
    if (--*m->left == 0) {
        task_resume(m->parent);
    }
}

static void
call_from_many_tasks(struct task *t, struct bench *b)
{
    struct host *h = b->ctx;
    int left = 50;
    struct many m = {.bench = b, .left = &left, .parent = t};
    struct err err;

    for (int i = 0; i < 50; i++) {
        assert_int_equal(task_start(b->loop, one_of_many, &m, &err), RC_OK);
    }
    task_suspend(t);
    assert_true(server_connections(h->server) <= 5);
}

static void
many_tasks_share_a_few_connections(void **state)
{
    struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    config.per_origin_max = 5;
    host_echo(&h, &seen);
    bench_run(h.port, &config, call_from_many_tasks, &h);
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.calls), 150);
}

static void
hold_a_place(struct task *t, void *ctx)
{
    struct many *m = ctx;
    struct http_out out = {.method = STR("GET"), .target = STR("/large"), .body = STR("")};
    struct client_stream *s = NULL;
    struct http_head head;
    struct err err;

    assert_int_equal(client_open(m->bench->client, t, m->bench->arena, &m->bench->origin, &out,
                                 in_a_minute(t), &s, &head, &err),
                     RC_OK);
    m->child = t;
    task_resume(m->parent);
    task_suspend(t);
    client_close(s);
    task_resume(m->parent);
}

static void
wait_for_a_place(struct task *t, struct bench *b)
{
    struct many m = {.bench = b, .parent = t};
    struct http_out out = {.method = STR("GET"), .target = STR("/"), .body = STR("")};
    struct http_in in;
    struct err err;

    assert_int_equal(task_start(b->loop, hold_a_place, &m, &err), RC_OK);
    task_suspend(t);
    /* The only place is taken. */
    for (int i = 0; i < 3; i++) {
        int64_t until_us = loop_now_us(b->loop) + 3000;
        assert_int_equal(client_call(b->client, t, b->arena, &b->origin, &out, until_us, &in, &err),
                         RC_TIMEOUT);
    }
    task_resume(m.child);
    assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_OK);
    task_suspend(t);
}

static void
waiting_for_a_place_has_an_end(void **state)
{
    struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    config.per_origin_max = 1;
    host_echo(&h, &seen);
    bench_run(h.port, &config, wait_for_a_place, NULL);
    host_stop(&h);
}

/* --- scripts as the peer --- */

enum then { THEN_KEEP, THEN_CLOSE, THEN_RESET, THEN_WAIT };

struct line {
    struct str answer;
    enum then then;
};

/* Each request, on whatever connection it comes, is answered with the next line. */
struct script {
    const struct line *line;
    int lines;
    int listen_fd;
    int port;
    int requests;
    int connections;
    pthread_t thread;
};

/* A whole request.  False if there is none. */
static bool
hear_request(int fd)
{
    char text[16384];
    size_t len = 0;
    char *end;

    do {
        ssize_t n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (n <= 0) {
            return false;
        }
        len += (size_t)n;
        text[len] = '\0';
        end = strstr(text, "\r\n\r\n");
    } while (end == NULL);
    const char *length = strstr(text, "Content-Length: ");
    size_t body = length != NULL ? strtoul(length + 16, NULL, 10) : 0;
    for (size_t have = len - (size_t)(end + 4 - text); have < body;) {
        ssize_t n = recv(fd, text, sizeof(text), 0);
        if (n <= 0) {
            return false;
        }
        have += (size_t)n;
    }
    return true;
}

static void
end_connection(int fd, enum then then)
{
    const struct linger hard = {.l_onoff = 1, .l_linger = 0};
    char byte;

    if (then == THEN_RESET) {
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
    }
    if (then == THEN_WAIT) {
        (void)!recv(fd, &byte, 1, 0); /* until the client goes */
    }
    (void)close(fd);
}

static void *
play(void *ctx)
{
    struct script *s = ctx;

    while (s->requests < s->lines) {
        int fd = accept(s->listen_fd, NULL, NULL);
        if (fd < 0) {
            break; /* the test is over */
        }
        s->connections++;
        enum then then = THEN_KEEP;
        while (then == THEN_KEEP && s->requests < s->lines && hear_request(fd)) {
            const struct line *line = &s->line[s->requests++];
            say(fd, line->answer);
            then = line->then;
        }
        end_connection(fd, then);
    }
    return NULL;
}

static void
script_start(struct script *s, const struct line *line, int lines)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    *s = (struct script){.line = line, .lines = lines};
    s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s->listen_fd >= 0);
    assert_int_equal(bind(s->listen_fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(s->listen_fd, 16), 0);
    assert_int_equal(getsockname(s->listen_fd, (struct sockaddr *)&address, &len), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, play, s), 0);
}

static void
script_end(struct script *s)
{
    (void)shutdown(s->listen_fd, SHUT_RDWR); /* ends an accept that waits */
    assert_int_equal(pthread_join(s->thread, NULL), 0);
    (void)close(s->listen_fd);
}

#define OK_EMPTY STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
#define OK_BODY(text, length) STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" text)

/* One call of a method each, and the rc that it must have. */
struct expectation {
    struct str method;
    bool has_key;
    enum rc rc;
    struct str body;
};

struct play {
    const struct expectation *expectation;
    int count;
};

static void
call_as_expected(struct task *t, struct bench *b)
{
    struct play *p = b->ctx;

    for (int i = 0; i < p->count; i++) {
        const struct expectation *e = &p->expectation[i];
        struct http_out out = {.method = e->method, .target = STR("/"), .body = STR("")};
        struct http_in in = {.body = STR("untouched")};
        struct err err;

        if (e->has_key) {
            assert_true(http_add(&out.fields, STR("Idempotency-Key"), STR("k")));
        }
        enum rc rc = client_call(b->client, t, b->arena, &b->origin, &out, in_a_minute(t), &in, &err);
        if (rc != e->rc) {
            print_error("call %d: %s\n", i, rc == RC_OK ? "ok" : err.text);
        }
        assert_int_equal(rc, e->rc);
        assert_true(str_eq(in.body, rc == RC_OK ? e->body : STR("untouched")));
        arena_reset(b->arena);
    }
}

static void
run_script(const struct line *line, int lines, const struct expectation *expectation, int count,
           int requests, int connections)
{
    const struct client_config config = usual_config();
    struct play play_this = {expectation, count};
    struct script s;

    script_start(&s, line, lines);
    bench_run(s.port, &config, call_as_expected, &play_this);
    script_end(&s);
    assert_int_equal(s.requests, requests);
    assert_int_equal(s.connections, connections);
}

static void
answers_that_are_not_http_are_the_peers_fault(void **state)
{
    static const struct str answers[] = {
        STR_INIT("SSH-2.0-OpenSSH\r\n"),
        STR_INIT("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
        STR_INIT("HTTP/2 200\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
        STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc"),
        STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"),
        STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc"),
        STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX0\r\n\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        STR_INIT("HTTP/1.1 200 OK\r\n X: folded\r\n\r\n"),
        STR_INIT("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    };
    static const struct expectation wrong = {STR_INIT("GET"), false, RC_PEER, STR_INIT("")};

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        const struct line line = {answers[i], THEN_CLOSE};
        run_script(&line, 1, &wrong, 1, 1, 1);
    }
}

static void
every_framing_is_understood(void **state)
{
    static const struct line lines[] = {
        {OK_BODY("abc", "3"), THEN_KEEP},
        {STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nT: x\r\n\r\n"), THEN_KEEP},
        {STR_INIT("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"), THEN_KEEP},
        {STR_INIT("HTTP/1.1 204 No Content\r\n\r\n"), THEN_KEEP},
        {STR_INIT("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"), THEN_KEEP},
        {STR_INIT("HTTP/1.1 200 OK\r\n\r\nuntil the end"), THEN_CLOSE},
        {STR_INIT("HTTP/1.0 200 OK\r\n\r\nuntil the end"), THEN_CLOSE},
        {STR_INIT("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"), THEN_WAIT},
        /* More than was asked: good, but nobody knows what the rest is for. */
        {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\n"), THEN_WAIT},
        {STR_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nrest"), THEN_WAIT},
        {OK_BODY("end", "3"), THEN_KEEP},
    };
    static const struct expectation expectations[] = {
        {STR_INIT("GET"), false, RC_OK, STR_INIT("abc")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("abc")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("abc")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("until the end")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("until the end")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("abc")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("abc")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("")},
        {STR_INIT("GET"), false, RC_OK, STR_INIT("end")},
    };

    (void)state;
    run_script(lines, 11, expectations, 11, 11, 6);
}

static void
a_request_is_repeated_once_where_that_does_no_harm(void **state)
{
    static const struct {
        struct line line[4];
        int lines;
        struct expectation expectation[2];
        int requests;
        int connections;
    } cases[] = {
        /* The kept connection dies under the second request; a fresh one serves it. */
        {{{OK_EMPTY, THEN_KEEP}, {STR_INIT(""), THEN_CLOSE}, {OK_BODY("b", "1"), THEN_CLOSE}}, 3,
         {{STR_INIT("GET"), false, RC_OK, STR_INIT("")}, {STR_INIT("GET"), false, RC_OK, STR_INIT("b")}},
         3, 2},
        {{{OK_EMPTY, THEN_KEEP}, {STR_INIT(""), THEN_RESET}, {OK_BODY("b", "1"), THEN_CLOSE}}, 3,
         {{STR_INIT("GET"), false, RC_OK, STR_INIT("")}, {STR_INIT("PUT"), false, RC_OK, STR_INIT("b")}},
         3, 2},
        {{{OK_EMPTY, THEN_KEEP}, {STR_INIT(""), THEN_CLOSE}, {OK_BODY("b", "1"), THEN_CLOSE}}, 3,
         {{STR_INIT("POST"), false, RC_OK, STR_INIT("")}, {STR_INIT("POST"), true, RC_OK, STR_INIT("b")}},
         3, 2},
        /* A POST may have had its effect. */
        {{{OK_EMPTY, THEN_KEEP}, {STR_INIT(""), THEN_CLOSE}, {OK_BODY("b", "1"), THEN_CLOSE}}, 3,
         {{STR_INIT("POST"), false, RC_OK, STR_INIT("")}, {STR_INIT("POST"), false, RC_IO, STR_INIT("")}},
         2, 1},
        /* Some of an answer had come. */
        {{{OK_EMPTY, THEN_KEEP}, {STR_INIT("HTTP/1.1 2"), THEN_CLOSE}, {OK_BODY("b", "1"), THEN_CLOSE}}, 3,
         {{STR_INIT("GET"), false, RC_OK, STR_INIT("")}, {STR_INIT("GET"), false, RC_IO, STR_INIT("")}},
         2, 1},
        /* Once is enough. */
        {{{OK_EMPTY, THEN_KEEP}, {STR_INIT(""), THEN_CLOSE}, {STR_INIT(""), THEN_CLOSE}, {OK_BODY("b", "1"), THEN_CLOSE}}, 4,
         {{STR_INIT("GET"), false, RC_OK, STR_INIT("")}, {STR_INIT("GET"), false, RC_IO, STR_INIT("")}},
         3, 2},
        /* A fresh connection that dies is not a kept one. */
        {{{STR_INIT(""), THEN_CLOSE}, {OK_BODY("b", "1"), THEN_KEEP}}, 2,
         {{STR_INIT("GET"), false, RC_IO, STR_INIT("")}, {STR_INIT("GET"), false, RC_OK, STR_INIT("b")}},
         2, 2},
        /* A reset in the middle of an answer. */
        {{{OK_EMPTY, THEN_KEEP}, {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), THEN_RESET}}, 2,
         {{STR_INIT("GET"), false, RC_OK, STR_INIT("")}, {STR_INIT("GET"), false, RC_IO, STR_INIT("")}},
         2, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_script(cases[i].line, cases[i].lines, cases[i].expectation, 2, cases[i].requests,
                   cases[i].connections);
    }
}

static void
heads_without_end_meet_a_limit(void **state)
{
    static char head[20000] = "HTTP/1.1 200 OK\r\nX: ";
    static char interim[30000];
    static const struct expectation limit = {STR_INIT("GET"), false, RC_LIMIT, STR_INIT("")};
    static const struct expectation peer = {STR_INIT("GET"), false, RC_PEER, STR_INIT("")};
    const struct line lines[] = {{{head, sizeof(head)}, THEN_WAIT},
                                 {{interim, sizeof(interim)}, THEN_WAIT}};

    (void)state;
    memset(head + strlen(head), 'a', sizeof(head) - strlen(head));
    for (size_t at = 0; at + 25 <= sizeof(interim); at += 25) {
        memcpy(interim + at, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    run_script(&lines[0], 1, &limit, 1, 1, 1);
    run_script(&lines[1], 1, &peer, 1, 1, 1);
}

static void
wait_for_silence(struct task *t, struct bench *b)
{
    struct http_out out = {.method = STR("GET"), .target = STR("/"), .body = STR("")};
    struct http_in in;
    struct err err;

    assert_int_equal(client_call(b->client, t, b->arena, &b->origin, &out,
                                 loop_now_us(b->loop) + 5000, &in, &err),
                     RC_TIMEOUT);
    assert_int_equal(client_call(b->client, t, b->arena, &b->origin, &out, 0, &in, &err), RC_TIMEOUT);
    /* With a part of the body it is the pause that counts, whatever the deadline. */
    assert_int_equal(client_call(b->client, t, b->arena, &b->origin, &out, in_a_minute(t), &in, &err),
                     RC_TIMEOUT);
}

static void
silence_has_an_end(void **state)
{
    static const struct line lines[] = {
        {STR_INIT(""), THEN_WAIT},
        {STR_INIT("HTTP/1.1 200 OK\r\n"), THEN_WAIT},
        {STR_INIT("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), THEN_WAIT},
    };
    struct client_config config = usual_config();
    struct script s;

    (void)state;
    config.limits.body_idle_ms = 10;
    script_start(&s, lines, 3);
    bench_run(s.port, &config, wait_for_silence, NULL);
    script_end(&s);
}

/* --- connecting --- */

static void
call_nobody(struct task *t, struct bench *b)
{
    struct http_in in;
    struct err err;

    assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_IO);
}

static void
call_in_vain(struct task *t, struct bench *b)
{
    struct http_in in;
    struct err err;

    assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_TIMEOUT);
}

static void
nobody_there_and_nobody_who_accepts(void **state)
{
    struct client_config config = usual_config();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int waiting[4];

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    bench_run(ntohs(address.sin_port), &config, call_nobody, NULL); /* bound, not listening */
    /* A queue that is full makes the kernel drop what knocks. */
    assert_int_equal(listen(fd, 0), 0);
    for (int i = 0; i < 4; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(waiting[i], (struct sockaddr *)&address, len);
    }
    config.connect_ms = 30;
    bench_run(ntohs(address.sin_port), &config, call_in_vain, NULL);
    for (int i = 0; i < 4; i++) {
        (void)close(waiting[i]);
    }
    (void)close(fd);
}

static void
call_by_name(struct task *t, struct bench *b)
{
    struct http_in in;
    struct err err;

    /* Not a literal that is known here, but the resolver reads it without asking anybody. */
    b->origin.host = STR("127.1");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call(t, b, STR("POST"), STR("/echo"), STR("named"), &in, &err), RC_OK);
        assert_true(str_eq(in.body, STR("named")));
    }
    b->origin.host = STR("not a name");
    assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_IO);
}

static void
names_are_looked_up_beside_the_loop(void **state)
{
    const struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    host_echo(&h, &seen);
    bench_run(h.port, &config, call_by_name, NULL);
    host_stop(&h);
    assert_int_equal(atomic_load(&seen.calls), 3);
}

static void
send_what_is_refused(struct task *t, struct bench *b)
{
    static char body[5 << 20];
    struct http_in in;
    struct err err;

    for (int i = 0; i < 3; i++) {
        enum rc rc = call(t, b, STR("POST"), STR("/refuse"), (struct str){body, sizeof(body)}, &in, &err);
        assert_int_equal(rc, RC_OK);
        assert_int_equal(in.head.status, 413);
        assert_true(str_eq(in.body, STR("no")));
    }
}

static void
an_answer_before_the_end_of_the_request_is_heard(void **state)
{
    const struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    host_echo(&h, &seen);
    bench_run(h.port, &config, send_what_is_refused, NULL);
    host_stop(&h);
}

/* --- the pool --- */

static void
keep_a_few(struct task *t, struct bench *b)
{
    struct host *h = b->ctx;
    struct err err;
    int left = 20;
    struct many m = {.bench = b, .left = &left, .parent = t};

    for (int i = 0; i < 20; i++) {
        assert_int_equal(task_start(b->loop, one_of_many, &m, &err), RC_OK);
    }
    task_suspend(t);
    /* Only so many are kept, */
    while (server_connections(h->server) > 2) {
        assert_int_equal(task_sleep(t, loop_now_us(b->loop) + 1000, &err), RC_OK);
    }
    /* and those not for long. */
    while (server_connections(h->server) > 0 || loop_tasks(b->loop) > 1) {
        assert_int_equal(task_sleep(t, loop_now_us(b->loop) + 1000, &err), RC_OK);
    }
    /* When the peer hangs up, the idle connection goes too. */
    struct http_in in;
    assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_OK);
}

static void
idle_connections_are_few_and_not_kept_for_long(void **state)
{
    struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    config.idle_per_origin_max = 2;
    config.per_origin_max = 10;
    config.idle_ms = 40;
    host_echo(&h, &seen);
    bench_run(h.port, &config, keep_a_few, &h);
    host_stop(&h);
}

static void
notice_the_end(struct task *t, struct bench *b)
{
    struct http_in in;
    struct err err;

    assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_OK);
    /* The peer closes; the sweeper sees it, drops the connection and ends. */
    while (loop_tasks(b->loop) > 1) {
        assert_int_equal(task_sleep(t, loop_now_us(b->loop) + 1000, &err), RC_OK);
    }
}

static void
a_peer_that_hangs_up_is_noticed(void **state)
{
    struct client_config config = usual_config();
    struct seen seen = {0};
    struct server_config server = {.handler = handle, .ctx = &seen, .limits = http_limits_usual};
    struct host h;

    (void)state;
    server.limits.idle_ms = 10;
    host_start(&h, server);
    bench_run(h.port, &config, notice_the_end, NULL);
    host_stop(&h);
}

static void
free_it_meanwhile(struct task *t, struct bench *b)
{
    struct client_config config = usual_config();
    struct client *other = NULL;
    struct http_out out = {.method = STR("GET"), .target = STR("/"), .body = STR("")};
    struct http_in in;
    struct err err;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(client_new(b->loop, &config, &other, &err), RC_OK);
        assert_int_equal(client_call(other, t, b->arena, &b->origin, &out, 0, &in, &err), RC_OK);
        if (i == 1) {
            task_yield(t); /* its sweeper has begun, or has not */
        }
        client_free(other);
    }
    while (loop_tasks(b->loop) > 1) {
        task_yield(t);
    }
}

static void
a_client_may_go_while_its_loop_runs(void **state)
{
    const struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    host_echo(&h, &seen);
    bench_run(h.port, &config, free_it_meanwhile, NULL);
    host_stop(&h);
}

static void
call_many_origins(struct task *t, struct bench *b)
{
    struct http_in in;
    struct err err;

    /* 127/8 is all this machine, so every address is an origin of its own. */
    for (int i = 1; i <= 200; i++) {
        b->origin.host = str_fmt(b->arena, "127.0.1.%d", i);
        assert_int_equal(call(t, b, STR("GET"), STR("/"), STR(""), &in, &err), RC_IO);
        arena_reset(b->arena);
    }
}

static void
origins_come_and_go(void **state)
{
    const struct client_config config = usual_config();
    struct seen seen = {0};
    struct host h;

    (void)state;
    host_echo(&h, &seen);
    bench_run(h.port, &config, call_many_origins, NULL); /* it listens on 127.0.0.1 only */
    host_stop(&h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_follow_each_other_on_one_connection),
        cmocka_unit_test(fields_and_host_arrive_as_they_were_given),
        cmocka_unit_test(what_would_break_a_request_is_refused),
        cmocka_unit_test(large_answers_stream_or_meet_a_limit),
        cmocka_unit_test(many_tasks_share_a_few_connections),
        cmocka_unit_test(waiting_for_a_place_has_an_end),
        cmocka_unit_test(answers_that_are_not_http_are_the_peers_fault),
        cmocka_unit_test(every_framing_is_understood),
        cmocka_unit_test(a_request_is_repeated_once_where_that_does_no_harm),
        cmocka_unit_test(heads_without_end_meet_a_limit),
        cmocka_unit_test(silence_has_an_end),
        cmocka_unit_test(nobody_there_and_nobody_who_accepts),
        cmocka_unit_test(names_are_looked_up_beside_the_loop),
        cmocka_unit_test(an_answer_before_the_end_of_the_request_is_heard),
        cmocka_unit_test(idle_connections_are_few_and_not_kept_for_long),
        cmocka_unit_test(a_peer_that_hangs_up_is_noticed),
        cmocka_unit_test(a_client_may_go_while_its_loop_runs),
        cmocka_unit_test(origins_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
