/*
 * A pool for each origin: idle links, a count of places taken, and a queue of tasks for when there are no
 * more.  A place that becomes free goes to the first in the queue, so nobody is overtaken.
 *
 * Idle links need no task.  They stay watched, so the loop knows when the peer hangs up or speaks out of turn; one
 * task for the whole client, alive while any link is idle, looks once a second for those and for links that
 * have waited too long.  Taking a link looks again, so a dead one is rarely used.
 */
#include <string.h>

#include "base/mem.h"
#include "net/client_int.h"

enum { POOLS_KEPT = 64, SWEEP_MS = 1000, BUFFERS_KEPT = 256 };

struct waiter {
    struct waiter *next;
    struct task *task;
    bool is_served; /* the place is its own */
};

struct sweeper {
    struct client *client; /* NULL: it was freed */
    struct task *task;     /* NULL: not yet begun */
};

/* --- buffers --- */

char *
client_take_buffer(struct client *c)
{
    char *buffer = c->buffers;

    if (buffer == NULL) {
        return mem_new(CLIENT_BUFFER_BYTES, 1);
    }
    memcpy(&c->buffers, buffer, sizeof(c->buffers));
    c->buffer_count--;
    return buffer;
}

void
client_give_buffer(struct client *c, char *buffer)
{
    if (c->buffer_count >= BUFFERS_KEPT) {
        mem_free(buffer);
        return;
    }
    memcpy(buffer, &c->buffers, sizeof(c->buffers));
    c->buffers = buffer;
    c->buffer_count++;
}

/* --- pools --- */

static bool
pool_fits(const struct pool *p, const struct origin *o)
{
    return p->port == o->port && p->is_tls == o->is_tls && str_eq(str_of(p->host), o->host) &&
           p->has_fingerprint == (o->fingerprint.len > 0) &&
           (!p->has_fingerprint ||
            memcmp(p->fingerprint, o->fingerprint.ptr, sizeof(p->fingerprint)) == 0);
}

static void
pool_free(struct pool *p)
{
    SSL_SESSION_free(p->session);
    mem_free(p);
}

/* Origins come and go; one that nobody uses is forgotten when there are many. */
static void
forget_unused(struct client *c)
{
    struct pool **at = &c->pools;

    while (*at != NULL && c->pool_count >= POOLS_KEPT) {
        struct pool *p = *at;
        if (p->active == 0 && p->idle == NULL && p->first == NULL) {
            *at = p->next;
            c->pool_count--;
            pool_free(p);
        } else {
            at = &p->next;
        }
    }
}

static bool
is_callable(const struct client *c, const struct origin *o)
{
    return o->host.len > 0 && o->host.len <= CONNECT_HOST_MAX &&
           memchr(o->host.ptr, '\0', o->host.len) == NULL && o->port >= 1 && o->port <= 65535 &&
           (o->fingerprint.len == 0 || o->fingerprint.len == WIRE_FINGERPRINT_BYTES) &&
           (!o->is_tls || c->config.tls != NULL);
}

/* NULL if that is no origin, or one for TLS and the client has none. */
static struct pool *
pool_of(struct client *c, const struct origin *o)
{
    struct pool *p = c->pools;

    if (!is_callable(c, o)) {
        return NULL;
    }
    while (p != NULL && !pool_fits(p, o)) {
        p = p->next;
    }
    if (p != NULL) {
        return p;
    }
    forget_unused(c);
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
    c->pool_count++;
    return p;
}

/* --- places --- */

static void
leave_queue(struct pool *p, struct waiter *w)
{
    struct waiter *before = NULL;

    for (struct waiter *at = p->first; at != w; at = at->next) {
        before = at;
    }
    if (before == NULL) {
        p->first = w->next;
    } else {
        before->next = w->next;
    }
    p->last = p->last == w ? before : p->last;
}

static enum rc
wait_for_place(struct pool *p, struct task *t, int64_t deadline_us, struct err *err)
{
    struct waiter *w = mem_new(1, sizeof(*w));
    enum rc rc = RC_OK;

    w->task = t;
    if (p->last != NULL) {
        p->last->next = w;
    } else {
        p->first = w;
    }
    p->last = w;
    while (rc == RC_OK && !w->is_served) {
        rc = task_suspend_until(t, deadline_us, err);
    }
    if (!w->is_served) {
        leave_queue(p, w);
    } else if (rc != RC_OK) {
        task_suspend(t); /* time was up in the same turn: take the wake-up that came with the place */
        rc = RC_OK;
    }
    mem_free(w);
    return rc;
}

enum rc
pool_enter(struct client *c, const struct origin *origin, struct task *t, int64_t deadline_us,
           struct pool **out, struct err *err)
{
    struct pool *p = pool_of(c, origin);

    if (p == NULL) {
        return err_set(err, RC_INVALID, "not an origin that this client can call");
    }
    if (p->active >= c->config.per_origin_max) {
        enum rc rc = wait_for_place(p, t, deadline_us, err);
        if (rc != RC_OK) {
            return rc;
        }
    } else {
        p->active++; /* free places never wait beside a queue */
    }
    *out = p;
    return RC_OK;
}

void
pool_leave(struct pool *p)
{
    struct waiter *w = p->first;

    if (w == NULL) {
        p->active--;
        return;
    }
    p->first = w->next;
    p->last = p->first == NULL ? NULL : p->last;
    w->is_served = true;
    task_resume(w->task);
}

/* --- links --- */

void
link_drop(struct pool *p, struct link *l)
{
    if (l == NULL) {
        return;
    }
    if (l->wire.session != NULL && SSL_SESSION_is_resumable(l->wire.session)) {
        SSL_SESSION_free(p->session);
        p->session = l->wire.session; /* for the next handshake */
        l->wire.session = NULL;
    }
    wire_close(&l->wire);
    mem_free(l);
}

static struct link *
pop_idle(struct client *c, struct pool *p)
{
    struct link *l = p->idle;

    p->idle = l->next;
    p->idle_count--;
    c->idle_count--;
    return l;
}

static bool
is_worn(const struct client *c, const struct link *l)
{
    return !wire_is_quiet(&l->wire) ||
           loop_now_us(c->loop) - l->since_us >= (int64_t)c->config.idle_ms * 1000;
}

static void
sweep(struct client *c, bool all)
{
    for (struct pool *p = c->pools; p != NULL; p = p->next) {
        struct link **at = &p->idle;
        while (*at != NULL) {
            struct link *l = *at;
            if (!all && !is_worn(c, l)) {
                at = &l->next;
                continue;
            }
            *at = l->next;
            p->idle_count--;
            c->idle_count--;
            link_drop(p, l);
        }
    }
}

static void
sweep_task(struct task *t, void *ctx)
{
    struct sweeper *s = ctx;
    struct loop *loop = task_loop(t);
    struct err ignored;

    s->task = t;
    while (s->client != NULL && s->client->idle_count > 0) {
        int each_ms = s->client->config.idle_ms < SWEEP_MS ? s->client->config.idle_ms : SWEEP_MS;
        int64_t next_us = loop_now_us(loop) + (int64_t)each_ms * 1000;
        /* However the sleep ends: by time, by the end of the loop, or because the client goes. */
        (void)!task_sleep(t, next_us, &ignored);
        if (s->client != NULL) {
            sweep(s->client, loop_is_ending(loop));
        }
    }
    if (s->client != NULL) {
        s->client->sweeper = NULL;
    }
    mem_free(s);
}

static bool
has_sweeper(struct client *c)
{
    struct err ignored;

    if (c->sweeper != NULL) {
        return true;
    }
    struct sweeper *s = mem_new(1, sizeof(*s));
    s->client = c;
    if (task_start(c->loop, sweep_task, s, &ignored) != RC_OK) {
        mem_free(s);
        return false;
    }
    c->sweeper = s;
    return true;
}

void
link_keep(struct client *c, struct pool *p, struct link *l)
{
    if (p->idle_count >= c->config.idle_per_origin_max || loop_is_ending(c->loop) ||
        !has_sweeper(c)) {
        link_drop(p, l);
        return;
    }
    l->since_us = loop_now_us(c->loop);
    l->was_kept = true;
    l->next = p->idle;
    p->idle = l;
    p->idle_count++;
    c->idle_count++;
}

static enum rc
secure(struct client *c, struct pool *p, struct wire *w, struct task *t, struct err *err)
{
    enum rc rc = wire_connect_tls(w, t, c->config.tls, str_of(p->host), p->session, err);

    if (rc == RC_OK && p->has_fingerprint &&
        (!w->has_fingerprint ||
         memcmp(w->fingerprint, p->fingerprint, sizeof(p->fingerprint)) != 0)) {
        rc = err_problem(err, RC_PEER, "peer", "%s port %d shows another certificate", p->host,
                         p->port);
    }
    return rc;
}

static enum rc
dial(struct client *c, struct pool *p, struct task *t, int64_t deadline_us, struct link **out,
     struct err *err)
{
    int64_t until_us = loop_now_us(c->loop) + (int64_t)c->config.connect_ms * 1000;
    struct link *l = mem_new(1, sizeof(*l));
    enum rc rc;

    if (deadline_us != 0 && deadline_us < until_us) {
        until_us = deadline_us;
    }
    l->wire.fd = -1;
    rc = connect_to(&l->wire, c->loop, t, p->host, p->port, until_us, err);
    if (rc == RC_OK && p->is_tls) {
        rc = secure(c, p, &l->wire, t, err);
    }
    if (rc != RC_OK) {
        link_drop(p, l);
        return rc;
    }
    *out = l;
    return RC_OK;
}

enum rc
link_take(struct client *c, struct pool *p, struct task *t, bool is_fresh, int64_t deadline_us,
          struct link **out, struct err *err)
{
    while (!is_fresh && p->idle != NULL) {
        struct link *l = pop_idle(c, p);
        if (!is_worn(c, l)) {
            *out = l;
            return RC_OK;
        }
        link_drop(p, l);
    }
    return dial(c, p, t, deadline_us, out, err);
}

/* --- life --- */

enum rc
client_new(struct loop *loop, const struct client_config *config, struct client **out,
           struct err *err)
{
    struct client *c;

    if (config->per_origin_max < 1 || config->connect_ms < 1 || config->idle_ms < 1 ||
        config->limits.head_bytes < 64) {
        return err_set(err, RC_INVALID, "a client needs a connection, some patience, some room");
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
    if (c->sweeper != NULL) { /* so the loop still runs */
        sweep(c, true);
        c->sweeper->client = NULL;
        if (c->sweeper->task != NULL) {
            (void)task_interrupt(c->sweeper->task);
        }
    }
    while (c->pools != NULL) {
        struct pool *p = c->pools;
        CHECK(p->active == 0 && p->idle == NULL);
        c->pools = p->next;
        pool_free(p);
    }
    while (c->buffers != NULL) {
        mem_free(client_take_buffer(c));
    }
    mem_free(c);
}
