/*
 * client_int - what client_pool.c (links and who may use them) and client.c (requests, answers) share.
 */
#ifndef NET_CLIENT_INT_H
#define NET_CLIENT_INT_H

#include "net/client.h"
#include "net/connect.h"

enum { CLIENT_BUFFER_BYTES = 4096, CLIENT_TAIL_BYTES = 1024 };

struct link {
    struct wire wire;
    struct link *next; /* in the pool, newest first */
    int64_t since_us;  /* idle since */
    bool was_kept;     /* had a request before this one */
};

struct waiter;

struct pool {
    struct pool *next;
    char host[CONNECT_HOST_MAX + 1];
    int port;
    bool is_tls;
    bool has_fingerprint;
    unsigned char fingerprint[WIRE_FINGERPRINT_BYTES];
    SSL_SESSION *session; /* to resume with, or NULL */
    struct link *idle;
    int idle_count;
    int active; /* places taken */
    struct waiter *first;
    struct waiter *last;
};

struct client {
    struct loop *loop;
    struct client_config config;
    struct pool *pools;
    int pool_count;
    int idle_count;          /* of all pools */
    struct sweeper *sweeper; /* NULL while no link is idle */
    char *buffers;           /* free ones, linked through their first bytes */
    int buffer_count;
};

/* A place among the links to that origin; waits in order when all are taken.  Then pool_leave. */
MUST_USE enum rc pool_enter(struct client *c, const struct origin *origin, struct task *t,
                            int64_t deadline_us, struct pool **out, struct err *err);
void pool_leave(struct pool *p);

/* A kept link, unless is_fresh, or a new one. */
MUST_USE enum rc link_take(struct client *c, struct pool *p, struct task *t, bool is_fresh,
                           int64_t deadline_us, struct link **out, struct err *err);
void link_keep(struct client *c, struct pool *p, struct link *l);
void link_drop(struct pool *p, struct link *l); /* accepts NULL */

/* CLIENT_BUFFER_BYTES. */
char *client_take_buffer(struct client *c);
void client_give_buffer(struct client *c, char *buffer);

#endif
