/*
 * getaddrinfo(3) blocks, and nobody can stop it.  So it runs on a work thread on behalf of a task of its own, and
 * what it finds lies in an object that belongs to whoever leaves last: the caller, or, when the caller
 * has given up, that task.
 */
#include "net/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { ADDRESSES_MAX = 4 };

struct address {
    struct sockaddr_storage socket;
    socklen_t len;
};

struct lookup {
    char host[CONNECT_HOST_MAX + 1];
    struct address found[ADDRESSES_MAX];
    int count;
    struct task *waiter;
    bool is_done;
    bool is_abandoned;
};

/* An address as it is written, or this machine. */
static bool
read_literal(const char *host, struct lookup *l)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const char *text = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&l->found[0].socket, &v4, sizeof(v4));
        l->found[0].len = sizeof(v4);
    } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        memcpy(&l->found[0].socket, &v6, sizeof(v6));
        l->found[0].len = sizeof(v6);
    } else {
        return false;
    }
    l->count = 1;
    return true;
}

static void
look_up(void *ctx)
{
    struct lookup *l = ctx;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;

    if (getaddrinfo(l->host, NULL, &hints, &list) != 0) {
        return;
    }
    for (struct addrinfo *a = list; a != NULL && l->count < ADDRESSES_MAX; a = a->ai_next) {
        if ((a->ai_family == AF_INET || a->ai_family == AF_INET6) &&
            a->ai_addrlen <= sizeof(l->found[0].socket)) {
            memcpy(&l->found[l->count].socket, a->ai_addr, a->ai_addrlen);
            l->found[l->count++].len = a->ai_addrlen;
        }
    }
    freeaddrinfo(list);
}

static void
lookup_task(struct task *t, void *ctx)
{
    struct lookup *l = ctx;
    struct err ignored;

    (void)!task_work(t, look_up, l, &ignored); /* without a pool nothing is found */
    l->is_done = true;
    if (l->is_abandoned) {
        mem_free(l);
    } else {
        task_resume(l->waiter);
    }
}

/* The caller frees it.  NULL, and *rc says why. */
static struct lookup *
find(struct task *t, const char *host, int64_t deadline_us, enum rc *rc, struct err *err)
{
    struct lookup *l = mem_new(1, sizeof(*l));

    CHECK(strlen(host) <= CONNECT_HOST_MAX);
    if (read_literal(host, l)) {
        return l;
    }
    memcpy(l->host, host, strlen(host));
    l->waiter = t;
    *rc = task_start(task_loop(t), lookup_task, l, err);
    if (*rc != RC_OK) {
        mem_free(l);
        return NULL;
    }
    while (*rc == RC_OK && !l->is_done) {
        *rc = task_suspend_until(t, deadline_us, err);
    }
    if (!l->is_done) {
        l->is_abandoned = true;
        return NULL;
    }
    if (*rc != RC_OK) {
        task_suspend(t); /* time was up in the same turn: take the wake-up that came with the result */
    }
    if (l->count == 0) {
        *rc = err_set(err, RC_IO, "%s has no address", host);
        mem_free(l);
        return NULL;
    }
    return l;
}

static void
set_port(struct address *a, int port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (a->socket.ss_family == AF_INET) {
        memcpy(&v4, &a->socket, sizeof(v4));
        v4.sin_port = htons((uint16_t)port);
        memcpy(&a->socket, &v4, sizeof(v4));
    } else {
        memcpy(&v6, &a->socket, sizeof(v6));
        v6.sin6_port = htons((uint16_t)port);
        memcpy(&a->socket, &v6, sizeof(v6));
    }
}

static enum rc
try_address(struct wire *w, struct loop *loop, struct task *t, const struct address *a,
            int64_t deadline_us, struct err *err)
{
    const int on = 1;
    int failure = 0;
    socklen_t len = sizeof(failure);
    int fd = socket(a->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    enum rc rc;

    if (fd < 0) {
        return err_set(err, RC_IO, "no socket: %s", strerror(errno));
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* Connect first: a socket that is neither connecting nor connected counts as hung up. */
    if (connect(fd, (const struct sockaddr *)&a->socket, a->len) != 0 && errno != EINPROGRESS) {
        rc = err_set(err, RC_IO, "cannot connect: %s", strerror(errno));
        (void)close(fd);
        return rc;
    }
    rc = wire_open(w, loop, fd, err);
    if (rc != RC_OK) {
        return rc;
    }
    w->deadline_us = deadline_us;
    rc = task_wait_fd(t, fd, TASK_WRITE, deadline_us, err);
    if (rc == RC_OK && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0) {
        failure = errno;
    }
    if (failure != 0) {
        rc = err_set(err, RC_IO, "cannot connect: %s", strerror(failure));
    }
    if (rc != RC_OK) {
        wire_close(w);
    }
    return rc;
}

enum rc
connect_to(struct wire *w, struct loop *loop, struct task *t, const char *host, int port,
           int64_t deadline_us, struct err *err)
{
    enum rc rc = RC_IO;
    struct lookup *l = find(t, host, deadline_us, &rc, err);

    if (l == NULL) {
        return rc;
    }
    for (int i = 0; i < l->count; i++) {
        set_port(&l->found[i], port);
        rc = try_address(w, loop, t, &l->found[i], deadline_us, err);
        if (rc != RC_IO) {
            break;
        }
    }
    mem_free(l);
    return rc;
}
