/*
 * A call takes a place in its origin's pool, a link, and a buffer.  The buffer first holds the head of the request,
 * which goes out together with the body in one write, and then the head of the answer, which is
 * copied to the caller's arena once it is whole.  Bodies go from the socket to where they are wanted.
 *
 * A kept link that the peer closed just as the request went out looks like a request without an answer.  Only
 * then, and only if repeating does no harm, the request goes out once more, on a fresh link.
 */
#include "net/client.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "net/client_int.h"

enum { HEAD_EXTRA_BYTES = 512, SWITCHING_PROTOCOLS = 101 };

struct client_stream {
    struct client *client;
    struct task *task;
    struct pool *pool;
    struct link *link; /* NULL after a failure */
    char *in;          /* unread bytes of the answer at start..end */
    size_t in_size;
    size_t start;
    size_t end;
    enum http_body body;
    int64_t left; /* HTTP_BODY_LENGTH */
    struct http_chunks chunks;
    bool keep_alive;
    bool is_ended;
    bool is_broken; /* the link cannot be used again */
};

/* --- the request --- */

/* RFC 9110 §9.2.2, or what the peer has promised by taking the key. */
static bool
may_repeat(const struct http_out *q)
{
    static const struct str methods[] = {STR_INIT("GET"), STR_INIT("HEAD"),    STR_INIT("PUT"),
                                         STR_INIT("DELETE"), STR_INIT("OPTIONS"), STR_INIT("TRACE")};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (str_eq(q->method, methods[i])) {
            return true;
        }
    }
    return http_count(&q->fields, "idempotency-key") > 0;
}

static bool
is_ours(struct str name)
{
    return (name.len == 4 && str_eq_fold(name, STR("host"))) ||
           (name.len == 10 && str_eq_fold(name, STR("connection"))) ||
           (name.len == 14 && str_eq_fold(name, STR("content-length"))) ||
           (name.len == 17 && str_eq_fold(name, STR("transfer-encoding")));
}

/* Nothing in it may end the line that it stands in. */
static enum rc
check_request(const struct http_out *q, size_t *head_bytes, struct err *err)
{
    size_t size = HEAD_EXTRA_BYTES + q->method.len + q->target.len;

    if (!http_field_is_valid(q->method, STR("")) || q->target.len == 0) {
        return err_set(err, RC_INVALID, "a request needs a method and a target");
    }
    for (size_t i = 0; i < q->target.len; i++) {
        if (q->target.ptr[i] <= ' ' || q->target.ptr[i] >= 0x7f) {
            return err_set(err, RC_INVALID, "a target with a byte that must be encoded");
        }
    }
    for (size_t i = 0; i < q->fields.count; i++) {
        const struct http_field *f = &q->fields.field[i];
        if (!http_field_is_valid(f->name, f->value) || is_ours(f->name)) {
            return err_set(err, RC_INVALID, "a request cannot have the field %.*s",
                           f->name.len < 64 ? (int)f->name.len : 64, f->name.ptr);
        }
        size += f->name.len + f->value.len + 4;
    }
    *head_bytes = size;
    return RC_OK;
}

static char *
put(char *at, struct str s)
{
    if (s.len > 0) {
        memcpy(at, s.ptr, s.len);
    }
    return at + s.len;
}

static char *
put_host(char *at, const struct pool *p)
{
    bool is_usual = p->port == (p->is_tls ? 443 : 80);
    bool is_v6 = strchr(p->host, ':') != NULL;
    char port[16];

    at = put(at, STR("Host: "));
    at = put(at, is_v6 ? STR("[") : STR(""));
    at = put(at, str_of(p->host));
    at = put(at, is_v6 ? STR("]") : STR(""));
    (void)snprintf(port, sizeof(port), ":%d", p->port);
    at = put(at, is_usual ? STR("") : str_of(port));
    return put(at, STR("\r\n"));
}

static char *
put_head(char *at, const struct pool *p, const struct http_out *q)
{
    char line[64];

    at = put(at, q->method);
    at = put(at, STR(" "));
    at = put(at, q->target);
    at = put(at, STR(" HTTP/1.1\r\n"));
    at = put_host(at, p);
    for (size_t i = 0; i < q->fields.count; i++) {
        at = put(at, q->fields.field[i].name);
        at = put(at, STR(": "));
        at = put(at, q->fields.field[i].value);
        at = put(at, STR("\r\n"));
    }
    if (q->body.len > 0 || str_eq(q->method, STR("POST")) || str_eq(q->method, STR("PUT")) ||
        str_eq(q->method, STR("PATCH"))) {
        (void)snprintf(line, sizeof(line), "Content-Length: %zu\r\n", q->body.len);
        at = put(at, str_of(line));
    }
    return put(at, STR("\r\n"));
}

static enum rc
send_request(struct client_stream *s, struct arena *a, const struct http_out *q, size_t head_bytes,
             struct err *err)
{
    char *head = head_bytes <= s->in_size ? s->in : arena_alloc(a, head_bytes, 1);

    if (head == NULL) {
        return err_set(err, RC_LIMIT, "no room for a head of %zu bytes", head_bytes);
    }
    size_t len = (size_t)(put_head(head, s->pool, q) - head);
    CHECK(len <= head_bytes);
    /* The kernel only reads what an iovec of a write points to. */
    struct iovec part[] = {{head, len}, {(void *)(uintptr_t)q->body.ptr, q->body.len}};
    return wire_write(&s->link->wire, s->task, part, 2, err);
}

/* --- the head of the answer --- */

static void
drop_buffer(struct client_stream *s)
{
    if (s->in != NULL && s->in_size == CLIENT_BUFFER_BYTES) {
        client_give_buffer(s->client, s->in);
    } else {
        mem_free(s->in);
    }
    s->in = NULL;
}

static void
grow_buffer(struct client_stream *s, size_t size)
{
    char *more = mem_new(size, 1);

    memcpy(more, s->in + s->start, s->end - s->start);
    s->end -= s->start;
    s->start = 0;
    drop_buffer(s);
    s->in = more;
    s->in_size = size;
}

static void
move_view(struct str *view, const char *from, char *to)
{
    if (view->ptr != NULL) {
        view->ptr = to + (view->ptr - from);
    }
}

/* The buffer is needed for what follows, so what the head's views show moves to the arena. */
static enum rc
keep_head(struct client_stream *s, struct arena *a, size_t used, struct http_head *head,
          struct err *err)
{
    const char *from = s->in + s->start;
    char *to = arena_alloc(a, used, 1);

    if (to == NULL) {
        return err_set(err, RC_LIMIT, "no room for the answer's head");
    }
    memcpy(to, from, used);
    move_view(&head->reason, from, to);
    for (size_t i = 0; i < head->fields.count; i++) {
        move_view(&head->fields.field[i].name, from, to);
        move_view(&head->fields.field[i].value, from, to);
    }
    s->start += used;
    return RC_OK;
}

static enum rc
more_bytes(struct client_stream *s, struct err *err)
{
    size_t large = s->client->config.limits.head_bytes + CLIENT_TAIL_BYTES;
    size_t len = 0;

    if (s->start == s->end) {
        s->start = s->end = 0;
    }
    if (s->end == s->in_size) {
        grow_buffer(s, large);
    }
    enum rc rc = wire_read(&s->link->wire, s->task, s->in + s->end, s->in_size - s->end, &len, err);
    if (rc == RC_OK && len == 0) {
        return err_set(err, RC_IO, "the connection ended before the answer");
    }
    s->end += rc == RC_OK ? len : 0;
    return rc;
}

/* Interim answers (1xx) are passed over.  *came: at least one byte did. */
static enum rc
read_head(struct client_stream *s, struct arena *a, struct str method, struct http_head *head,
          bool *came, struct err *err)
{
    const struct http_limits *limits = &s->client->config.limits;
    size_t interim_bytes = 0;
    size_t used = 0;
    enum rc rc;

    s->start = s->end = 0;
    for (;;) {
        struct str bytes = {s->in + s->start, s->end - s->start};
        rc = http_parse_response(bytes, method, limits, head, &used, err);
        if (rc == RC_OK && head->status >= 200) {
            return keep_head(s, a, used, head, err);
        }
        if (rc == RC_OK) {
            s->start += used;
            interim_bytes += used;
            if (head->status == SWITCHING_PROTOCOLS || interim_bytes > limits->head_bytes) {
                return err_set(err, RC_PEER, "an answer that nobody asked for");
            }
            continue;
        }
        if (rc == RC_INVALID) {
            struct err why = *err;
            return err_set(err, RC_PEER, "the answer is not HTTP: %s", why.text);
        }
        if (rc != RC_TIMEOUT) {
            return rc;
        }
        rc = more_bytes(s, err);
        if (rc != RC_OK) {
            return rc;
        }
        *came = true;
    }
}

/* --- a call --- */

/* One sending and the head that comes back.  *came as above. */
static enum rc
try_link(struct client_stream *s, struct arena *a, const struct http_out *q, size_t head_bytes,
         struct http_head *head, bool *came, struct err *err)
{
    struct err late;
    enum rc rc = send_request(s, a, q, head_bytes, err);

    if (rc == RC_OK) {
        return read_head(s, a, q->method, head, came, err);
    }
    if (rc != RC_IO) {
        return rc;
    }
    /* A peer that refuses a long body may have answered and closed before it had all. */
    s->is_broken = true;
    rc = read_head(s, a, q->method, head, came, &late);
    return rc == RC_OK ? RC_OK : RC_IO;
}

static enum rc
try_call(struct client_stream *s, struct arena *a, const struct http_out *q, bool is_fresh,
         int64_t deadline_us, struct http_head *head, bool *may_retry, struct err *err)
{
    const struct http_limits *limits = &s->client->config.limits;
    size_t head_bytes = 0;
    bool came = false;
    enum rc rc = check_request(q, &head_bytes, err);

    if (rc == RC_OK) {
        rc = link_take(s->client, s->pool, s->task, is_fresh, deadline_us, &s->link, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    /* The peer may think as long as the deadline allows; without one, no longer than a pause may be. */
    s->link->wire.deadline_us = deadline_us;
    s->link->wire.idle_ms = deadline_us == 0 ? limits->body_idle_ms : 0;
    rc = try_link(s, a, q, head_bytes, head, &came, err);
    s->link->wire.idle_ms = limits->body_idle_ms;
    if (rc != RC_OK) {
        *may_retry = rc == RC_IO && s->link->was_kept && !came && may_repeat(q);
        link_drop(s->pool, s->link);
        s->link = NULL;
    }
    return rc;
}

enum rc
client_open(struct client *c, struct task *t, struct arena *a, const struct origin *origin,
            const struct http_out *request, int64_t deadline_us, struct client_stream **out,
            struct http_head *head, struct err *err)
{
    struct client_stream *s = arena_alloc(a, 1, sizeof(*s));
    struct http_head answer;
    bool may_retry = false;
    enum rc rc;

    if (s == NULL) {
        return err_set(err, RC_LIMIT, "no room for a call");
    }
    s->client = c;
    s->task = t;
    rc = pool_enter(c, origin, t, deadline_us, &s->pool, err);
    if (rc != RC_OK) {
        return rc;
    }
    s->in = client_take_buffer(c);
    s->in_size = CLIENT_BUFFER_BYTES;
    rc = try_call(s, a, request, false, deadline_us, &answer, &may_retry, err);
    if (rc != RC_OK && may_retry) {
        s->is_broken = false;
        rc = try_call(s, a, request, true, deadline_us, &answer, &may_retry, err);
    }
    if (rc != RC_OK) {
        drop_buffer(s);
        pool_leave(s->pool);
        return rc;
    }
    s->body = answer.body;
    s->left = answer.length;
    s->keep_alive = answer.keep_alive;
    s->is_ended = s->body == HTTP_BODY_NONE || (s->body == HTTP_BODY_LENGTH && s->left == 0);
    *head = answer;
    *out = s;
    return RC_OK;
}

/* --- the body of the answer --- */

/* What came with the head first, then the wire's.  *len 0: the connection has ended. */
static enum rc
raw_read(struct client_stream *s, char *buffer, size_t size, size_t *len, struct err *err)
{
    size_t have = s->end - s->start;

    if (have == 0) {
        return wire_read(&s->link->wire, s->task, buffer, size, len, err);
    }
    have = have < size ? have : size;
    memcpy(buffer, s->in + s->start, have);
    s->start += have;
    *len = have;
    return RC_OK;
}

static enum rc
length_piece(struct client_stream *s, char *buffer, size_t size, size_t *len, struct err *err)
{
    size_t want = s->left < (int64_t)size ? (size_t)s->left : size;
    size_t have = 0;
    enum rc rc = raw_read(s, buffer, want, &have, err);

    if (rc == RC_OK && have == 0) {
        rc = err_set(err, RC_PEER, "the answer is shorter than it said");
    }
    if (rc == RC_OK) {
        s->left -= (int64_t)have;
        s->is_ended = s->left == 0;
        *len = have;
    }
    return rc;
}

static enum rc
chunked_piece(struct client_stream *s, char *buffer, size_t size, size_t *len, struct err *err)
{
    size_t decoded = 0;

    while (decoded == 0 && !s->is_ended) {
        size_t raw = 0;
        size_t used = 0;
        enum rc rc = raw_read(s, buffer, size, &raw, err);
        if (rc != RC_OK) {
            return rc;
        }
        if (raw == 0) {
            return err_set(err, RC_PEER, "the answer ends in the middle of its chunks");
        }
        rc = http_dechunk(&s->chunks, buffer, raw, &used, &decoded, &s->is_ended, err);
        if (rc != RC_OK) {
            return err_set(err, RC_PEER, "the answer's chunks are malformed");
        }
        s->is_broken = s->is_broken || used < raw; /* nothing was asked that could follow */
    }
    *len = decoded;
    return RC_OK;
}

enum rc
client_piece(struct client_stream *s, char *buffer, size_t size, size_t *len, struct err *err)
{
    enum rc rc;

    CHECK(size > 0);
    if (s->is_ended) {
        *len = 0;
        return RC_OK;
    }
    switch (s->body) {
    case HTTP_BODY_LENGTH: rc = length_piece(s, buffer, size, len, err); break;
    case HTTP_BODY_CHUNKED: rc = chunked_piece(s, buffer, size, len, err); break;
    case HTTP_BODY_NONE:
    case HTTP_BODY_CLOSE:
    default:
        s->is_broken = true; /* used up by this answer */
        rc = raw_read(s, buffer, size, len, err);
        s->is_ended = rc == RC_OK && *len == 0;
        break;
    }
    s->is_broken = s->is_broken || rc != RC_OK;
    return rc;
}

void
client_close(struct client_stream *s)
{
    bool can_be_kept = s->is_ended && !s->is_broken && s->keep_alive && s->start == s->end;

    drop_buffer(s);
    if (can_be_kept) {
        link_keep(s->client, s->pool, s->link);
    } else {
        link_drop(s->pool, s->link);
    }
    pool_leave(s->pool);
}

/* --- whole answers --- */

static enum rc
read_length(struct client_stream *s, struct arena *a, struct str *out, struct err *err)
{
    size_t total = (size_t)s->left;
    char *bytes = arena_alloc(a, total, 1);

    if (bytes == NULL) {
        return err_set(err, RC_LIMIT, "no room for an answer of %zu bytes", total);
    }
    for (size_t at = 0; at < total;) {
        size_t len = 0;
        enum rc rc = client_piece(s, bytes + at, total - at, &len, err);
        if (rc != RC_OK) {
            return rc;
        }
        at += len;
    }
    *out = (struct str){bytes, total};
    return RC_OK;
}

static enum rc
read_to_end(struct client_stream *s, struct arena *a, size_t limit_bytes, struct str *out,
            struct err *err)
{
    char piece[CLIENT_BUFFER_BYTES];
    size_t len = 1;
    struct buf b;

    buf_init(&b, a, limit_bytes);
    while (len > 0) {
        enum rc rc = client_piece(s, piece, sizeof(piece), &len, err);
        if (rc != RC_OK) {
            return rc;
        }
        buf_put(&b, (struct str){piece, len});
        if (b.failed) {
            return err_set(err, RC_LIMIT, "the answer passes %zu bytes", limit_bytes);
        }
    }
    return buf_finish(&b, out, err);
}

static enum rc
read_whole(struct client_stream *s, struct arena *a, struct str *out, struct err *err)
{
    int64_t most = s->client->config.limits.body_bytes;

    if (s->is_ended) {
        *out = STR("");
        return RC_OK;
    }
    if (s->body == HTTP_BODY_LENGTH && s->left > most) {
        return err_set(err, RC_LIMIT, "the answer passes %lld bytes", (long long)most);
    }
    return s->body == HTTP_BODY_LENGTH ? read_length(s, a, out, err)
                                       : read_to_end(s, a, (size_t)most, out, err);
}

enum rc
client_call(struct client *c, struct task *t, struct arena *a, const struct origin *origin,
            const struct http_out *request, int64_t deadline_us, struct http_in *out,
            struct err *err)
{
    struct client_stream *s = NULL;
    struct http_head head;
    struct str body;
    enum rc rc = client_open(c, t, a, origin, request, deadline_us, &s, &head, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = read_whole(s, a, &body, err);
    client_close(s);
    if (rc == RC_OK) {
        *out = (struct http_in){head, body};
    }
    return rc;
}
