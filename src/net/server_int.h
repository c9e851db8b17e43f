/*
 * server_int - what server.c (listening, connections, heads) and server_io.c (bodies, answers) share.
 */
#ifndef NET_SERVER_INT_H
#define NET_SERVER_INT_H

#include <netinet/in.h>
#include <stdatomic.h>

#include "net/server.h"
#include "net/wire.h"

enum {
    BUFFER_BYTES = 4096,      /* of a usual head, in or out */
    BUFFER_TAIL_BYTES = 1024, /* room behind a head for the body to come through */
    DRAIN_BYTES = 65536,      /* of an unread body, to save the connection */
    BODY_BYTES_PER_S = 1024,  /* slower than any line, as long as somebody is at its other end */
    ARENAS_KEPT = 64,
    BUFFERS_KEPT = 256
};

struct peer {
    struct peer *next; /* in its slot */
    unsigned char key[8];
    int connections;
};

struct connection {
    struct server *server;
    struct wire wire;
    struct task *task;
    struct connection *next;
    struct connection *previous;
    struct peer *peer;
    char peer_text[INET6_ADDRSTRLEN];
    char *in; /* NULL while idle */
    size_t in_size;
    size_t in_start; /* unread bytes */
    size_t in_end;
    int requests;
    bool is_idle; /* server_stop may end its wait */
    bool closes;  /* after this answer */
    bool lingers; /* the peer may be sending still */
};

struct server {
    struct server_config config;
    struct loop *loop;
    struct task *acceptor; /* NULL when it has ended */
    struct connection *connections;
    atomic_int count;
    int refusing; /* connections that are told 503 */
    bool is_stopping;
    char *buffers; /* free ones, linked through their first bytes */
    int buffer_count;
    struct arena *arena[ARENAS_KEPT];
    int arena_count;
    struct peer **peers; /* hash table of chains */
    size_t peer_slots;   /* a power of two */
    uint64_t peer_seed;
    int64_t date_until_us; /* monotonic */
    char date[HTTP_DATE_BYTES];
};

enum answer_state { ANSWER_NONE, ANSWER_BEGUN, ANSWER_ENDED, ANSWER_BROKEN };

/* One request under way; lives on the stack of the connection's task. */
struct exchange_io {
    struct connection *connection;
    const struct http_head *head;

    bool body_ended;
    bool body_failed;
    bool owes_continue; /* the client waits for 100 before it sends */
    int64_t body_left;  /* HTTP_BODY_LENGTH */
    int64_t patience_us; /* how much longer the body may let us wait; it earns more as it comes */
    struct http_chunks chunks;

    enum answer_state answer;
    bool has_body;    /* false for HEAD, 204, 304: pieces are dropped */
    bool is_chunked;
    int64_t answer_left; /* of a given length; -1 if none was given */
    char *pending;       /* head not yet sent, in a buffer of the server or on the arena */
    size_t pending_len;
    bool pending_is_buffer;
};

char *server_take_buffer(struct server *s);
void server_give_buffer(struct server *s, char *buffer);
const char *server_date(struct server *s); /* HTTP_DATE_BYTES */

/* server_io.c */
void exchange_begin(struct exchange_io *io, struct connection *c, const struct http_head *head);
/* Finish what the handler left: a missing answer, an unread body.  Sets closes and lingers. */
void exchange_end(struct http_call *call);
/* The problem document of a failure; returns its length. */
size_t problem_write(char *out, size_t size, const char *type, int status);

#endif
