/*
 * One task accepts; each connection is a task that reads a head, calls the handler, and begins again.
 *
 * What a connection holds while it waits for its next request: its struct (about 300 bytes), the top of its stack, and
 * under TLS what OpenSSL keeps.  The read buffer goes back to the server's pool after each
 * request, and after a second of quiet the used part of the stack goes back to the system.
 *
 * Limits: so many connections in all and so many of one address; who comes above hears 503 from a task of its own,
 * of which there are few, and beyond those is closed without a word.  A head has head_ms from its
 * first byte, whatever trickles in; it is parsed again only when a line has ended.
 */
#include "net/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/random.h"
#include "net/server_int.h"

enum {
    ACCEPTS_PER_TURN = 16,
    ACCEPT_PAUSE_MS = 100, /* when the process has no more descriptors */
    REFUSING_MAX = 64,
    QUIET_MS = 1000, /* then the stack is trimmed */
    REFUSAL_MS = 5000,
    LISTEN_BACKLOG = 4096,
    LONGEST_METHOD_BYTES = 24
};

/* --- pools --- */

char *
server_take_buffer(struct server *s)
{
    char *buffer = s->buffers;

    if (buffer == NULL) {
        return mem_new(BUFFER_BYTES, 1);
    }
    memcpy(&s->buffers, buffer, sizeof(s->buffers));
    s->buffer_count--;
    return buffer;
}

void
server_give_buffer(struct server *s, char *buffer)
{
    if (s->buffer_count >= BUFFERS_KEPT) {
        mem_free(buffer);
        return;
    }
    memcpy(buffer, &s->buffers, sizeof(s->buffers));
    s->buffers = buffer;
    s->buffer_count++;
}

static struct arena *
take_arena(struct server *s)
{
    return s->arena_count > 0 ? s->arena[--s->arena_count] : arena_new(s->config.arena_bytes);
}

static void
give_arena(struct server *s, struct arena *a)
{
    if (s->arena_count == ARENAS_KEPT) {
        arena_free(a);
        return;
    }
    arena_reset(a);
    s->arena[s->arena_count++] = a;
}

const char *
server_date(struct server *s)
{
    int64_t now_us = loop_now_us(s->loop);

    if (now_us >= s->date_until_us) {
        int64_t wall_us = clock_now_us(loop_clock(s->loop));
        http_date(s->date, wall_us);
        s->date_until_us = now_us + 1000000 - wall_us % 1000000;
    }
    return s->date;
}

/* --- peers --- */

/* Who an address belongs to: a whole IPv4 address, the network half of an IPv6 one. */
static void
peer_key(const struct sockaddr_storage *address, unsigned char key[8])
{
    memset(key, 0xff, 8); /* in front of an IPv4 address; in IPv6 these would be multicast */
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        memcpy(key + 4, &v4->sin_addr, 4);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            memcpy(key + 4, v6->sin6_addr.s6_addr + 12, 4);
        } else {
            memcpy(key, v6->sin6_addr.s6_addr, 8);
        }
    }
}

static void
peer_text(const struct sockaddr_storage *address, char out[INET6_ADDRSTRLEN])
{
    const void *raw = &((const struct sockaddr_in *)address)->sin_addr;

    out[0] = '\0';
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        if (!IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            (void)inet_ntop(AF_INET6, &v6->sin6_addr, out, INET6_ADDRSTRLEN);
            return;
        }
        raw = v6->sin6_addr.s6_addr + 12;
    }
    (void)inet_ntop(AF_INET, raw, out, INET6_ADDRSTRLEN);
}

static struct peer **
peer_slot(struct server *s, const unsigned char key[8])
{
    uint64_t hash;

    memcpy(&hash, key, sizeof(hash));
    hash = (hash ^ s->peer_seed) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 32;
    return &s->peers[hash & (s->peer_slots - 1)];
}

/* Its peer with one connection more, or NULL if it has its most. */
static struct peer *
peer_enter(struct server *s, const unsigned char key[8])
{
    struct peer **slot = peer_slot(s, key);
    struct peer *p = *slot;

    while (p != NULL && memcmp(p->key, key, sizeof(p->key)) != 0) {
        p = p->next;
    }
    if (p == NULL) {
        p = mem_new(1, sizeof(*p));
        memcpy(p->key, key, sizeof(p->key));
        p->next = *slot;
        *slot = p;
    }
    if (p->connections >= s->config.limits.connections_per_peer_max) {
        return NULL;
    }
    p->connections++;
    return p;
}

static void
peer_leave(struct server *s, struct peer *p)
{
    if (--p->connections > 0) {
        return;
    }
    struct peer **at = peer_slot(s, p->key);
    while (*at != p) {
        at = &(*at)->next;
    }
    *at = p->next;
    mem_free(p);
}

/* --- heads --- */

static void
drop_buffer(struct connection *c)
{
    if (c->in != NULL && c->in_size == BUFFER_BYTES) {
        server_give_buffer(c->server, c->in);
    } else {
        mem_free(c->in);
    }
    c->in = NULL;
    c->in_size = c->in_start = c->in_end = 0;
}

/* The unread bytes at the front of a buffer that holds the largest head and some of a body. */
static void
make_room(struct connection *c)
{
    size_t unread = c->in_end - c->in_start;
    size_t large = c->server->config.limits.head_bytes + BUFFER_TAIL_BYTES;

    if (c->in_start == 0 && c->in_size < large) {
        char *more = mem_new(large, 1);
        memcpy(more, c->in, unread);
        drop_buffer(c);
        c->in = more;
        c->in_size = large;
    } else {
        memmove(c->in, c->in + c->in_start, unread);
    }
    c->in_start = 0;
    c->in_end = unread;
}

/* Until there is something of a next request.  RC_IO, RC_TIMEOUT: there will be none. */
static enum rc
await_request(struct connection *c, struct task *t, struct err *err)
{
    const struct http_limits *limits = &c->server->config.limits;
    int quiet_ms = limits->idle_ms < QUIET_MS ? limits->idle_ms : QUIET_MS;
    enum rc rc;

    if (c->in_end > c->in_start) {
        return RC_OK; /* it came with the one before */
    }
    if (c->server->is_stopping) {
        return err_set(err, RC_IO, "the server is stopping");
    }
    drop_buffer(c);
    c->is_idle = true;
    c->wire.deadline_us = 0;
    c->wire.idle_ms = quiet_ms;
    rc = wire_wait(&c->wire, t, err);
    if (rc == RC_TIMEOUT && limits->idle_ms > quiet_ms) {
        task_trim(t);
        c->wire.idle_ms = limits->idle_ms - quiet_ms;
        rc = wire_wait(&c->wire, t, err);
    }
    c->is_idle = false;
    return rc;
}

/* Can a verdict be other than before?  Only a line's end, or the end of the room for one, changes it. */
static bool
is_worth_parsing(const struct connection *c, size_t new_bytes)
{
    const struct http_limits *limits = &c->server->config.limits;
    size_t now = c->in_end - c->in_start;
    size_t before = now - new_bytes;
    size_t line = limits->target_bytes + LONGEST_METHOD_BYTES;

    return before == 0 || memchr(c->in + c->in_end - new_bytes, '\n', new_bytes) != NULL ||
           now >= limits->head_bytes || (before <= line && now > line);
}

static enum rc
more_of_head(struct connection *c, struct task *t, bool *worth_parsing, struct err *err)
{
    size_t len = 0;
    enum rc rc;

    if (c->in == NULL) {
        c->in = server_take_buffer(c->server);
        c->in_size = BUFFER_BYTES;
    } else if (c->in_end == c->in_size) {
        make_room(c);
    }
    rc = wire_read(&c->wire, t, c->in + c->in_end, c->in_size - c->in_end, &len, err);
    if (rc == RC_OK && len == 0) {
        rc = err_set(err, RC_IO, "the peer has closed");
    }
    if (rc == RC_OK) {
        c->in_end += len;
        *worth_parsing = is_worth_parsing(c, len);
    }
    return rc;
}

/*
 * A whole head; the bytes behind it are left unread.  RC_TIMEOUT is the sender's fault here: it
 * had begun.
 */
static enum rc
read_head(struct connection *c, struct task *t, struct http_head *head, struct err *err)
{
    const struct http_limits *limits = &c->server->config.limits;
    bool worth_parsing = c->in_end > c->in_start;
    size_t used = 0;
    enum rc rc;

    c->wire.deadline_us = loop_now_us(c->server->loop) + (int64_t)limits->head_ms * 1000;
    c->wire.idle_ms = 0;
    for (;;) {
        rc = RC_TIMEOUT;
        if (worth_parsing) {
            struct str bytes = {c->in + c->in_start, c->in_end - c->in_start};
            rc = http_parse_request(bytes, limits, head, &used, err);
        }
        if (rc == RC_OK && head->body == HTTP_BODY_CHUNKED &&
            c->in_size - c->in_start - used < BUFFER_TAIL_BYTES) {
            make_room(c); /* and parse once more, because the views have moved */
            continue;
        }
        if (rc != RC_TIMEOUT) {
            break;
        }
        rc = more_of_head(c, t, &worth_parsing, err);
        if (rc != RC_OK) {
            break;
        }
    }
    if (rc == RC_TIMEOUT) {
        return err_problem(err, RC_TIMEOUT, "request-timeout", "the head does not come");
    }
    if (rc == RC_OK) {
        c->in_start += used;
    }
    return rc;
}

/* --- answers outside of any request --- */

static void
send_refusal(struct connection *c, struct task *t, const char *type, int status)
{
    char text[512];
    char body[256];
    size_t body_len = problem_write(body, sizeof(body), type, status);
    struct err ignored;
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 %d %s\r\nDate: %.*s\r\nContent-Type: application/problem+json\r\n"
                       "Content-Length: %zu\r\nConnection: close\r\n\r\n%.*s",
                       status, http_reason(status), HTTP_DATE_BYTES, server_date(c->server),
                       body_len, (int)body_len, body);
    struct iovec part = {text, (size_t)len};

    CHECK(len > 0 && (size_t)len < sizeof(text));
    c->wire.deadline_us = loop_now_us(c->server->loop) + (int64_t)REFUSAL_MS * 1000;
    c->wire.idle_ms = 0;
    c->lingers = wire_write(&c->wire, t, &part, 1, &ignored) == RC_OK;
}

/* --- the connection --- */

static void
serve_one(struct connection *c, struct task *t, const struct http_head *head)
{
    struct server *s = c->server;
    struct exchange_io io;
    struct http_call call = {
        .task = t,
        .arena = take_arena(s),
        .head = head,
        .peer = str_of(c->peer_text),
        .is_tls = c->wire.ssl != NULL,
        .loop_state = s->config.loop_state,
        .io = &io,
    };

    if (c->wire.has_fingerprint) {
        call.peer_fingerprint =
            (struct str){(const char *)c->wire.fingerprint, sizeof(c->wire.fingerprint)};
    }
    c->requests++;
    c->wire.deadline_us = 0;
    c->wire.idle_ms = s->config.limits.body_idle_ms;
    exchange_begin(&io, c, head);
    s->config.handler(&call, s->config.ctx);
    exchange_end(&call);
    give_arena(s, call.arena);
}

static void
serve_all(struct connection *c, struct task *t)
{
    struct http_head head;
    struct err err;

    while (!c->closes) {
        if (await_request(c, t, &err) != RC_OK) {
            return;
        }
        enum rc rc = read_head(c, t, &head, &err);
        if (rc == RC_OK) {
            serve_one(c, t, &head);
            continue;
        }
        c->closes = true;
        if (rc != RC_IO && rc != RC_PEER) { /* there is still somebody who can read */
            int status = rc == RC_TIMEOUT ? 408 : http_status_of(rc, &err);
            send_refusal(c, t, err.type, status);
        }
    }
}

static void
free_connection(struct connection *c)
{
    struct server *s = c->server;

    drop_buffer(c);
    if (c->peer != NULL) {
        peer_leave(s, c->peer);
        if (c->previous != NULL) {
            c->previous->next = c->next;
        } else {
            s->connections = c->next;
        }
        if (c->next != NULL) {
            c->next->previous = c->previous;
        }
        atomic_fetch_sub(&s->count, 1);
    }
    mem_free(c);
}

static void
end_connection(struct connection *c, struct task *t)
{
    if (c->lingers) {
        drop_buffer(c);
        wire_linger(&c->wire, t);
    } else {
        wire_close(&c->wire);
    }
    free_connection(c);
}

static void
connection_task(struct task *t, void *ctx)
{
    struct connection *c = ctx;
    enum rc rc = RC_OK;
    struct err err;

    c->task = t;
    if (c->server->config.tls != NULL) {
        c->wire.deadline_us = loop_now_us(c->server->loop) +
                              (int64_t)c->server->config.limits.head_ms * 1000;
        rc = wire_accept_tls(&c->wire, t, c->server->config.tls, &err);
    }
    if (rc == RC_OK) {
        serve_all(c, t);
    }
    end_connection(c, t);
}

/* --- accepting --- */

static void
refusal_task(struct task *t, void *ctx)
{
    struct connection *c = ctx;
    struct server *s = c->server;

    send_refusal(c, t, "unavailable", 503);
    end_connection(c, t);
    s->refusing--;
}

/* One too many.  Under TLS saying so would cost a handshake, which is what there is too much of. */
static void
refuse(struct server *s, int fd)
{
    struct connection *c;
    struct err ignored;

    if (s->config.tls != NULL || s->refusing >= REFUSING_MAX) {
        (void)close(fd);
        return;
    }
    c = mem_new(1, sizeof(*c));
    c->server = s;
    if (wire_open(&c->wire, s->loop, fd, &ignored) != RC_OK) {
        mem_free(c);
        return;
    }
    if (task_start(s->loop, refusal_task, c, &ignored) != RC_OK) {
        wire_close(&c->wire);
        mem_free(c);
        return;
    }
    s->refusing++;
}

static void
admit(struct server *s, int fd, const struct sockaddr_storage *address)
{
    unsigned char key[8];
    struct peer *peer = NULL;
    struct connection *c;
    struct err ignored;

    peer_key(address, key);
    if (atomic_load(&s->count) < s->config.limits.connections_max) {
        peer = peer_enter(s, key);
    }
    if (peer == NULL) {
        refuse(s, fd);
        return;
    }
    c = mem_new(1, sizeof(*c));
    c->server = s;
    c->peer = peer;
    peer_text(address, c->peer_text);
    c->next = s->connections;
    if (c->next != NULL) {
        c->next->previous = c;
    }
    s->connections = c;
    atomic_fetch_add(&s->count, 1);
    if (wire_open(&c->wire, s->loop, fd, &ignored) != RC_OK) {
        free_connection(c);
        return;
    }
    if (task_start(s->loop, connection_task, c, &ignored) != RC_OK) {
        wire_close(&c->wire);
        free_connection(c);
    }
}

/* After accept4 has failed.  RC_OK: try again. */
static enum rc
accept_failed(struct server *s, struct task *t, int error_number, struct err *err)
{
    switch (error_number) {
    case EAGAIN: return task_wait_fd(t, s->config.listen_fd, TASK_READ, 0, err);
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: {
        enum rc rc = err_set(err, RC_IO, "accept: %s", strerror(error_number));
        if (s->config.log != NULL) {
            log_failure(s->config.log, "accept", rc, err);
        }
        return task_sleep(t, loop_now_us(s->loop) + (int64_t)ACCEPT_PAUSE_MS * 1000, err);
    }
    case EBADF:
    case EINVAL:
    case ENOTSOCK: return err_set(err, RC_IO, "accept: %s", strerror(error_number));
    default: return RC_OK; /* that one connection has died already */
    }
}

static void
accept_task(struct task *t, void *ctx)
{
    struct server *s = ctx;
    enum rc rc = RC_OK;
    struct err err;

    s->acceptor = t;
    for (int streak = 1; rc == RC_OK && !s->is_stopping; streak++) {
        struct sockaddr_storage address = {0};
        socklen_t len = sizeof(address);
        int fd = accept4(s->config.listen_fd, (struct sockaddr *)&address, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(s, fd, &address);
            if (streak % ACCEPTS_PER_TURN == 0) {
                task_yield(t);
            }
        } else {
            rc = accept_failed(s, t, errno, &err);
        }
    }
    s->acceptor = NULL;
    loop_unwatch(s->loop, s->config.listen_fd);
}

enum rc
server_start(struct loop *loop, const struct server_config *config, struct server **out,
             struct err *err)
{
    struct server *s = mem_new(1, sizeof(*s));
    enum rc rc;

    CHECK(config->handler != NULL && config->arena_bytes > 0 && config->limits.head_bytes >= 64 &&
          config->limits.connections_max > 0 && config->limits.connections_per_peer_max > 0);
    s->config = *config;
    s->loop = loop;
    s->peer_slots = 64;
    while (s->peer_slots < (size_t)config->limits.connections_max && s->peer_slots < 65536) {
        s->peer_slots *= 2;
    }
    s->peers = mem_new(s->peer_slots, sizeof(struct peer *));
    random_fill(&s->peer_seed, sizeof(s->peer_seed));
    rc = loop_watch(loop, config->listen_fd, true, err);
    if (rc == RC_OK) {
        rc = task_start(loop, accept_task, s, err);
        if (rc != RC_OK) {
            loop_unwatch(loop, config->listen_fd);
        }
    }
    if (rc != RC_OK) {
        mem_free(s->peers);
        mem_free(s);
        return rc;
    }
    *out = s;
    return RC_OK;
}

static void
stop_here(void *ctx)
{
    struct server *s = ctx;

    s->is_stopping = true;
    if (s->acceptor != NULL) {
        (void)task_interrupt(s->acceptor);
    }
    for (struct connection *c = s->connections; c != NULL; c = c->next) {
        if (c->is_idle) {
            (void)task_interrupt(c->task);
        }
    }
}

void
server_stop(struct server *s)
{
    loop_post(s->loop, stop_here, s);
}

int
server_connections(const struct server *s)
{
    return atomic_load(&s->count);
}

void
server_free(struct server *s)
{
    if (s == NULL) {
        return;
    }
    CHECK(s->connections == NULL);
    while (s->buffers != NULL) {
        mem_free(server_take_buffer(s));
    }
    while (s->arena_count > 0) {
        arena_free(s->arena[--s->arena_count]);
    }
    mem_free(s->peers);
    mem_free(s);
}

/* --- listening --- */

static enum rc
listen_failed(int fd, const char *address, int port, struct err *err)
{
    int error_number = errno;

    if (fd >= 0) {
        (void)close(fd);
    }
    return err_set(err, error_number == EADDRINUSE ? RC_CONFLICT : RC_IO, "listen on %s port %d: %s",
                   address, port, strerror(error_number));
}

enum rc
net_listen(const char *address, int port, int *fd_out, int *port_out, struct err *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {.v6 = {0}};
    socklen_t len = sizeof(a.v4);
    const int on = 1;

    if (port < 0 || port > 65535) {
        return err_set(err, RC_INVALID, "there is no port %d", port);
    }
    if (inet_pton(AF_INET, address, &a.v4.sin_addr) == 1) {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons((uint16_t)port);
    } else if (inet_pton(AF_INET6, address, &a.v6.sin6_addr) == 1) {
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons((uint16_t)port);
        len = sizeof(a.v6);
    } else {
        return err_set(err, RC_INVALID, "%s is not an address to listen on", address);
    }
    int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Accepted connections inherit TCP_NODELAY: answers are written whole, nothing is gained by waiting. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
        bind(fd, &a.any, len) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        getsockname(fd, &a.any, &len) != 0) {
        return listen_failed(fd, address, port, err);
    }
    *fd_out = fd;
    if (port_out != NULL) {
        *port_out = ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
    }
    return RC_OK;
}
