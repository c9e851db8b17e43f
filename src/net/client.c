/*
 * A pool for each origin: links that wait for work, a count of those under way, and a queue of tasks for when there may be no more.
 * A link that waited too long, or on which something has come, is not used again.  A link that the peer closed just as a request went out
 * looks like a request without answer: then, and only if no byte of an answer came, a request that may be repeated goes out once more
 * on a fresh link.
 */
#include "net/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/wire.h"

enum { HOST_MAX = 255, PORT_MAX_TEXT = 8, TUNNEL_HEAD = 1024 };

struct link {
    struct wire wire;
    struct link *next; /* in the pool */
    int64_t since_us;  /* idle since */
};

struct waiter {
    struct waiter *next;
    struct task *task;
    bool is_served; /* a place was handed over */
};

struct pool {
    struct pool *next;
    char host[HOST_MAX + 1];
    int port;
    bool is_tls;
    unsigned char fingerprint[WIRE_FINGERPRINT_BYTES];
    bool has_fingerprint;
    struct link *idle; /* newest first */
    int idle_count;
    int active; /* links under way */
    struct waiter *first;
    struct waiter *last;
};

struct client {
    struct loop *loop;
    struct client_config config;
    struct pool *pools;
};

struct client_stream {
    struct client *client;
    struct task *task;
    struct pool *pool;
    struct link *link;
    struct http_head head;
    char *buffer; /* head, then what came behind it */
    size_t size;
    size_t start;
    size_t end;
    int64_t left; /* HTTP_BODY_LENGTH */
    struct http_chunks chunks;
    bool is_ended;
    bool is_broken;
};

/* --- pools --------------------------------------------------------------------------------------------------- */

static bool
pool_fits(const struct pool *p, const struct origin *o)
{
    return p->port == o->port && p->is_tls == o->is_tls && str_eq(str_of(p->host), o->host) &&
           p->has_fingerprint == (o->fingerprint.len > 0) &&
           (!p->has_fingerprint ||
            memcmp(p->fingerprint, o->fingerprint.ptr, sizeof(p->fingerprint)) == 0);
}

static enum rc
pool_of(struct client *c, const struct origin *o, struct pool **out, struct err *err)
{
    struct pool *p;

    for (p = c->pools; p != NULL; p = p->next) {
        if (pool_fits(p, o)) {
            *out = p;
            return RC_OK;
        }
    }
    if (o->host.len == 0 || o->host.len > HOST_MAX ||
        (o->fingerprint.len != 0 && o->fingerprint.len != WIRE_FINGERPRINT_BYTES)) {
        return err_set(err, RC_INVALID, "not an origin that can be called");
    }
    p = mem_new(1, sizeof(*p));
    memcpy(p->host, o->host.ptr, o->host.len);
    p->port = o->port;
    p->is_tls = o->is_tls;
    if (o->fingerprint.len > 0) {
        p->has_fingerprint = true;
        memcpy(p->fingerprint, o->fingerprint.ptr, sizeof(p->fingerprint));
    }
    p->next = c->pools;
    c->pools = p;
    *out = p;
    return RC_OK;
}

static void
link_free(struct link *l)
{
    wire_close(&l->wire);
    mem_free(l);
}

/* A place among the links under way; waits in order when all are taken. */
static enum rc
pool_enter(struct client *c, struct pool *p, struct task *t, int64_t deadline_us, struct err *err)
{
    struct waiter w = {.task = t};

    if (p->active < c->config.per_origin_max && p->first == NULL) {
        p->active++;
        return RC_OK;
    }
    if (p->last != NULL) {
        p->last->next = &w;
    } else {
        p->first = &w;
    }
    p->last = &w;
    enum rc rc = task_suspend_until(t, deadline_us, err);
    if (w.is_served) {
        if (rc != RC_OK) {
            task_suspend(t); /* time was up as well: take the wake-up that came with the place */
        }
        return RC_OK;
    }
    struct waiter *before = NULL;
    for (struct waiter *e = p->first; e != &w; e = e->next) {
        before = e;
    }
    if (before == NULL) {
        p->first = w.next;
    } else {
        before->next = w.next;
    }
    if (p->last == &w) {
        p->last = before;
    }
    return rc != RC_OK ? rc : err_set(err, RC_TIMEOUT, "no connection became free");
}

/* The place goes to whoever waits first. */
static void
pool_leave(struct pool *p)
{
    struct waiter *w = p->first;

    if (w == NULL) {
        p->active--;
        return;
    }
    p->first = w->next;
    if (p->first == NULL) {
        p->last = NULL;
    }
    w->is_served = true;
    task_resume(w->task);
}

static struct link *
pool_take(struct client *c, struct pool *p)
{
    int64_t oldest_us = loop_now_us(c->loop) - (int64_t)c->config.idle_ms * 1000;

    while (p->idle != NULL) {
        struct link *l = p->idle;
        p->idle = l->next;
        p->idle_count--;
        if (l->since_us >= oldest_us && wire_is_quiet(&l->wire)) {
            return l;
        }
        link_free(l);
    }
    return NULL;
}

static void
pool_keep(struct client *c, struct pool *p, struct link *l)
{
    if (p->idle_count >= c->config.idle_per_origin_max || loop_is_ending(c->loop)) {
        link_free(l);
        return;
    }
    l->since_us = loop_now_us(c->loop);
    l->next = p->idle;
    p->idle = l;
    p->idle_count++;
}

/* --- connecting ------------------------------------------------------------------------------------------------ */

struct resolving {
    const char *host;
    struct sockaddr_storage address;
    socklen_t len;
    bool is_found;
};

static bool
literal(const char *host, struct resolving *r)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool is_local = strcmp(host, "localhost") == 0;

    if (inet_pton(AF_INET, is_local ? "127.0.0.1" : host, &v4.sin_addr) == 1) {
        memcpy(&r->address, &v4, sizeof(v4));
        r->len = sizeof(v4);
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        memcpy(&r->address, &v6, sizeof(v6));
        r->len = sizeof(v6);
        return true;
    }
    return false;
}

static void
resolve(void *ctx)
{
    struct resolving *r = ctx;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;

    if (getaddrinfo(r->host, NULL, &hints, &found) == 0 && found != NULL) {
        memcpy(&r->address, found->ai_addr, found->ai_addrlen);
        r->len = found->ai_addrlen;
        r->is_found = true;
    }
    if (found != NULL) {
        freeaddrinfo(found);
    }
}

/* Literal addresses at once; names on a work thread, because the resolver may wait. */
static enum rc
find_address(struct task *t, const struct pool *p, struct resolving *r, struct err *err)
{
    enum rc rc;

    *r = (struct resolving){.host = p->host};
    if (!literal(p->host, r)) {
        if ((rc = task_work(t, resolve, r, err)) != RC_OK) {
            return rc;
        }
        if (!r->is_found) {
            return err_set(err, RC_IO, "%s has no address", p->host);
        }
    }
    in_port_t port = htons((in_port_t)p->port);
    if (r->address.ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)(void *)&r->address)->sin6_port = port;
    } else {
        ((struct sockaddr_in *)(void *)&r->address)->sin_port = port;
    }
    return RC_OK;
}

static enum rc
finish_connect(struct wire *w, struct task *t, int64_t deadline_us, struct err *err)
{
    int failure = 0;
    socklen_t len = sizeof(failure);
    enum rc rc = task_wait_fd(t, w->fd, TASK_WRITE, deadline_us, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0 || failure != 0) {
        return err_set(err, RC_IO, "cannot connect: %s", strerror(failure));
    }
    return RC_OK;
}

static enum rc
secure(struct client *c, struct pool *p, struct wire *w, struct task *t, struct err *err)
{
    enum rc rc;

    if (!p->is_tls) {
        return RC_OK;
    }
    if (c->config.tls == NULL) {
        return err_set(err, RC_INVALID, "this client has no certificate for TLS");
    }
    if ((rc = wire_connect_tls(w, t, c->config.tls, str_of(p->host), NULL, err)) != RC_OK) {
        return rc;
    }
    bool fits = w->has_fingerprint &&
                memcmp(w->fingerprint, p->fingerprint, sizeof(p->fingerprint)) == 0;
    return p->has_fingerprint && !fits
               ? err_set(err, RC_PEER, "%s:%d shows another certificate", p->host, p->port)
               : RC_OK;
}

static enum rc
dial(struct client *c, struct pool *p, struct task *t, int64_t deadline_us, struct link **out,
     struct err *err)
{
    int64_t connect_us = loop_now_us(c->loop) + (int64_t)c->config.connect_ms * 1000;
    struct resolving address;
    struct link *l;
    int fd, one = 1;
    enum rc rc = find_address(t, p, &address, err);

    if (rc != RC_OK) {
        return rc;
    }
    fd = socket(address.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return err_set(err, RC_IO, "no socket: %s", strerror(errno));
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (connect(fd, (struct sockaddr *)(void *)&address.address, address.len) != 0 &&
        errno != EINPROGRESS) {
        rc = err_set(err, RC_IO, "cannot connect to %s:%d: %s", p->host, p->port, strerror(errno));
        (void)close(fd);
        return rc;
    }
    l = mem_new(1, sizeof(*l));
    if ((rc = wire_open(&l->wire, c->loop, fd, err)) != RC_OK) {
        mem_free(l);
        return rc;
    }
    if (deadline_us > 0 && deadline_us < connect_us) {
        connect_us = deadline_us;
    }
    l->wire.deadline_us = connect_us;
    if ((rc = finish_connect(&l->wire, t, connect_us, err)) != RC_OK ||
        (rc = secure(c, p, &l->wire, t, err)) != RC_OK) {
        link_free(l);
        return rc;
    }
    *out = l;
    return RC_OK;
}

/* --- a request ---------------------------------------------------------------------------------------------------- */

static bool
may_repeat(const struct http_out *q)
{
    return str_eq(q->method, STR("GET")) || str_eq(q->method, STR("HEAD")) ||
           str_eq(q->method, STR("PUT")) || str_eq(q->method, STR("DELETE")) ||
           http_count(&q->fields, "idempotency-key") > 0;
}

static void
put_host(struct buf *b, const struct origin *o)
{
    bool is_usual = o->port == (o->is_tls ? 443 : 80);
    bool is_v6 = str_find_byte(o->host, ':') < o->host.len;

    buf_put_fmt(b, is_v6 ? "Host: [%.*s]" : "Host: %.*s", STR_ARG(o->host));
    if (!is_usual) {
        buf_put_fmt(b, ":%d", o->port);
    }
    buf_put(b, STR("\r\n"));
}

static enum rc
send_request(struct client_stream *s, struct arena *a, const struct origin *o,
             const struct http_out *q, struct err *err)
{
    bool has_length = q->body.len > 0 || str_eq(q->method, STR("POST")) ||
                      str_eq(q->method, STR("PUT"));
    struct iovec part[2];
    struct buf b;
    struct str head;
    enum rc rc;

    buf_init(&b, a, s->client->config.limits.head_bytes + TUNNEL_HEAD);
    buf_put(&b, q->method);
    buf_put_char(&b, ' ');
    buf_put(&b, q->target);
    buf_put(&b, STR(" HTTP/1.1\r\n"));
    put_host(&b, o);
    if (has_length) {
        buf_put_fmt(&b, "Content-Length: %zu\r\n", q->body.len);
    }
    for (size_t i = 0; i < q->fields.count; i++) {
        buf_put(&b, q->fields.field[i].name);
        buf_put(&b, STR(": "));
        buf_put(&b, q->fields.field[i].value);
        buf_put(&b, STR("\r\n"));
    }
    buf_put(&b, STR("\r\n"));
    if ((rc = buf_finish(&b, &head, err)) != RC_OK) {
        return rc;
    }
    part[0] = (struct iovec){(void *)(uintptr_t)head.ptr, head.len};
    part[1] = (struct iovec){(void *)(uintptr_t)q->body.ptr, q->body.len};
    return wire_write(&s->link->wire, s->task, part, q->body.len > 0 ? 2 : 1, err);
}

/* The head of the answer; 1xx are passed over.  *came: at least one byte did. */
static enum rc
read_head(struct client_stream *s, struct str method, bool *came, struct err *err)
{
    const struct http_limits *limits = &s->client->config.limits;
    size_t used, len;
    enum rc rc;

    for (;;) {
        struct str bytes = {s->buffer + s->start, s->end - s->start};
        rc = bytes.len == 0
                 ? RC_TIMEOUT
                 : http_parse_response(bytes, method, limits, &s->head, &used, err);
        if (rc == RC_OK) {
            s->start += used;
            if (s->head.status >= 200) {
                return RC_OK;
            }
            continue;
        }
        if (rc != RC_TIMEOUT) {
            return err_set(err, RC_PEER, "the answer is not HTTP");
        }
        if (s->end == s->size) {
            return err_set(err, RC_PEER, "the answer's head is too long");
        }
        if ((rc = wire_read(&s->link->wire, s->task, s->buffer + s->end, s->size - s->end, &len,
                            err)) != RC_OK) {
            return rc;
        }
        if (len == 0) {
            return err_set(err, RC_IO, "the connection ended before the answer");
        }
        *came = true;
        s->end += len;
    }
}

static enum rc
try_once(struct client_stream *s, struct arena *a, const struct origin *o,
         const struct http_out *q, bool *came, struct err *err)
{
    enum rc rc;

    *came = false;
    s->start = s->end = 0;
    if ((rc = send_request(s, a, o, q, err)) != RC_OK) {
        return rc;
    }
    return read_head(s, q->method, came, err);
}

static enum rc
begin(struct client_stream *s, struct arena *a, const struct origin *o, const struct http_out *q,
      int64_t deadline_us, struct err *err)
{
    struct client *c = s->client;
    bool came = false;
    enum rc rc;

    s->link = pool_take(c, s->pool);
    bool was_kept = s->link != NULL;
    if (!was_kept && (rc = dial(c, s->pool, s->task, deadline_us, &s->link, err)) != RC_OK) {
        return rc;
    }
    s->link->wire.deadline_us = deadline_us;
    s->link->wire.idle_ms = c->config.limits.body_idle_ms;
    rc = try_once(s, a, o, q, &came, err);
    if (rc == RC_IO && was_kept && !came && may_repeat(q)) {
        link_free(s->link);
        s->link = NULL;
        if ((rc = dial(c, s->pool, s->task, deadline_us, &s->link, err)) != RC_OK) {
            return rc;
        }
        s->link->wire.deadline_us = deadline_us;
        s->link->wire.idle_ms = c->config.limits.body_idle_ms;
        rc = try_once(s, a, o, q, &came, err);
    }
    return rc;
}

enum rc
client_open(struct client *c, struct task *t, struct arena *a, const struct origin *origin,
            const struct http_out *request, int64_t deadline_us, struct client_stream **out,
            struct http_head *head, struct err *err)
{
    struct client_stream *s = arena_alloc(a, 1, sizeof(*s));
    enum rc rc;

    if (s == NULL || (s->buffer = arena_alloc(a, c->config.limits.head_bytes, 1)) == NULL) {
        return err_set(err, RC_LIMIT, "no room for an answer");
    }
    s->client = c;
    s->task = t;
    s->size = c->config.limits.head_bytes;
    if ((rc = pool_of(c, origin, &s->pool, err)) != RC_OK ||
        (rc = pool_enter(c, s->pool, t, deadline_us, err)) != RC_OK) {
        return rc;
    }
    if ((rc = begin(s, a, origin, request, deadline_us, err)) != RC_OK) {
        if (s->link != NULL) {
            link_free(s->link);
        }
        pool_leave(s->pool);
        return rc;
    }
    s->left = s->head.body == HTTP_BODY_LENGTH ? s->head.length : 0;
    s->is_ended = s->head.body == HTTP_BODY_NONE ||
                  (s->head.body == HTTP_BODY_LENGTH && s->left == 0);
    *head = s->head;
    *out = s;
    return RC_OK;
}

/* --- its body ------------------------------------------------------------------------------------------------------- */

/* Bytes that came behind the head first, then the wire's. */
static enum rc
raw_read(struct client_stream *s, char *buffer, size_t size, size_t *len, struct err *err)
{
    if (s->start < s->end) {
        size_t n = s->end - s->start;
        n = n < size ? n : size;
        memcpy(buffer, s->buffer + s->start, n);
        s->start += n;
        *len = n;
        return RC_OK;
    }
    return wire_read(&s->link->wire, s->task, buffer, size, len, err);
}

static enum rc
length_piece(struct client_stream *s, char *buffer, size_t size, size_t *len, struct err *err)
{
    size_t want = (int64_t)size < s->left ? size : (size_t)s->left;
    enum rc rc = raw_read(s, buffer, want, len, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (*len == 0) {
        return err_set(err, RC_PEER, "the answer is shorter than it said");
    }
    s->left -= (int64_t)*len;
    s->is_ended = s->left == 0;
    return RC_OK;
}

static enum rc
chunked_piece(struct client_stream *s, char *buffer, size_t size, size_t *len, struct err *err)
{
    enum rc rc;

    for (;;) {
        size_t n, used, decoded;
        bool done;
        if ((rc = raw_read(s, buffer, size, &n, err)) != RC_OK) {
            return rc;
        }
        if (n == 0) {
            return err_set(err, RC_PEER, "the answer ends in the middle of a chunk");
        }
        if (http_dechunk(&s->chunks, buffer, n, &used, &decoded, &done, err) != RC_OK) {
            return err_set(err, RC_PEER, "the answer's chunks are wrong");
        }
        if (done) {
            s->is_ended = true;
            s->is_broken = s->is_broken || used < n; /* something behind the end: do not keep it */
        }
        if (decoded > 0 || done) {
            *len = decoded;
            return RC_OK;
        }
    }
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
    if (s->head.body == HTTP_BODY_LENGTH) {
        rc = length_piece(s, buffer, size, len, err);
    } else if (s->head.body == HTTP_BODY_CHUNKED) {
        rc = chunked_piece(s, buffer, size, len, err);
    } else {
        rc = raw_read(s, buffer, size, len, err);
        s->is_ended = rc == RC_OK && *len == 0;
        s->is_broken = true; /* it ends with the connection */
    }
    s->is_broken = s->is_broken || rc != RC_OK;
    return rc;
}

void
client_close(struct client_stream *s)
{
    bool can_be_kept = s->is_ended && !s->is_broken && s->head.keep_alive && s->start == s->end;

    if (can_be_kept) {
        pool_keep(s->client, s->pool, s->link);
    } else {
        link_free(s->link);
    }
    pool_leave(s->pool);
}

/* --- whole answers ---------------------------------------------------------------------------------------------------- */

static enum rc
read_whole(struct client_stream *s, struct arena *a, struct str *out, struct err *err)
{
    int64_t most = s->client->config.limits.body_bytes;
    size_t size = s->head.body == HTTP_BODY_LENGTH ? (size_t)s->head.length : 16384, len = 0;
    char *bytes;

    if (s->head.body == HTTP_BODY_LENGTH && s->head.length > most) {
        return err_set(err, RC_LIMIT, "the answer is larger than %lld bytes", (long long)most);
    }
    if (s->is_ended) {
        *out = STR("");
        return RC_OK;
    }
    if ((bytes = arena_alloc(a, size, 1)) == NULL) {
        return err_set(err, RC_LIMIT, "no room for an answer");
    }
    for (;;) {
        size_t n;
        enum rc rc;
        if (len == size) {
            if ((int64_t)size >= most || (bytes = arena_grow(a, bytes, size, size * 2)) == NULL) {
                return err_set(err, RC_LIMIT, "the answer is larger than %lld bytes",
                               (long long)most);
            }
            size *= 2;
        }
        if ((rc = client_piece(s, bytes + len, size - len, &n, err)) != RC_OK) {
            return rc;
        }
        len += n;
        if (s->is_ended) {
            *out = (struct str){bytes, len};
            return RC_OK;
        }
    }
}

enum rc
client_call(struct client *c, struct task *t, struct arena *a, const struct origin *origin,
            const struct http_out *request, int64_t deadline_us, struct http_in *out,
            struct err *err)
{
    struct client_stream *s;
    struct http_in in;
    enum rc rc = client_open(c, t, a, origin, request, deadline_us, &s, &in.head, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((rc = read_whole(s, a, &in.body, err)) == RC_OK) {
        *out = in;
    } else {
        s->is_broken = true;
    }
    client_close(s);
    return rc;
}

/* --- life ---------------------------------------------------------------------------------------------------------------- */

enum rc
client_new(struct loop *loop, const struct client_config *config, struct client **out,
           struct err *err)
{
    struct client *c;

    if (config->per_origin_max < 1 || config->connect_ms < 1) {
        return err_set(err, RC_INVALID, "a client needs at least one connection and some patience");
    }
    c = mem_new(1, sizeof(*c));
    c->loop = loop;
    c->config = *config;
    *out = c;
    return RC_OK;
}

void
client_free(struct client *c)
{
    if (c == NULL) {
        return;
    }
    while (c->pools != NULL) {
        struct pool *p = c->pools;
        c->pools = p->next;
        while (p->idle != NULL) {
            struct link *l = p->idle;
            p->idle = l->next;
            link_free(l);
        }
        mem_free(p);
    }
    mem_free(c);
}
