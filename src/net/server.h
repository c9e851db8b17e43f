/*
 * server - connections in, one task each; requests to a handler, one after the other.
 *
 * The handler gets an arena that is reset after its answer, reads the body whole or as it
 * comes, and answers whole or in pieces; both ways run in constant memory.  If it returns without an
 * answer the server sends 500; if it returns in the middle of one the connection is cut, so
 * nobody takes a part for the whole.  A body left unread is drained up to a limit, or the connection is closed.
 *
 * What the server itself refuses (a malformed head, a limit, a timeout) is answered with a problem
 * document (RFC 9457) of type, title and status.  An idle connection keeps no buffer.
 */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "base/log.h"
#include "net/http.h"
#include "net/task.h"
#include "net/tls.h"

struct server;
struct exchange_io; /* private */

struct http_call {
    struct task *task;
    struct arena *arena;
    const struct http_head *head;
    struct str peer;             /* "127.0.0.1" */
    struct str peer_fingerprint; /* 32 bytes: SHA-256 of the client's certificate; "" if none */
    bool is_tls;
    void *loop_state;            /* what server_start was given */
    struct exchange_io *io;
};

typedef void (*http_handler)(struct http_call *call, void *ctx);

/*
 * Whole body, on the arena.  RC_LIMIT past limit_bytes, limits.body_bytes or the arena (413), RC_INVALID: bad chunks,
 * RC_TIMEOUT (408), RC_IO: the peer went.  After a failure the connection is closed behind the answer.
 */
MUST_USE enum rc http_body(struct http_call *c, size_t limit_bytes, struct str *out,
                           struct err *err);
/* Next piece into buffer; *len 0 at the end.  The caller counts, no limit applies. */
MUST_USE enum rc http_body_piece(struct http_call *c, char *buffer, size_t size, size_t *len,
                                 struct err *err);

/*
 * Whole answer.  Date, Content-Length and Connection are added.  HEAD and 204, 304 send no body.
 * RC_INVALID: a field that is not one, or one of those three or Transfer-Encoding (nothing is sent, so another answer may
 * follow); RC_IO, RC_TIMEOUT: the peer went or does not read.
 */
MUST_USE enum rc http_answer(struct http_call *c, int status, const struct http_fields *fields,
                             struct str body, struct err *err);
/* The failure as a problem document: type from err, status from rc; nothing of err's text. */
MUST_USE enum rc http_answer_failure(struct http_call *c, enum rc rc, const struct err *failure,
                                     struct err *err);
/*
 * In pieces: begin, piece…, end.  length < 0: chunked.  The head goes out with the first
 * piece, also with an empty one.  For HEAD, 204 and 304 pieces are dropped.
 */
MUST_USE enum rc http_answer_begin(struct http_call *c, int status,
                                   const struct http_fields *fields, int64_t length,
                                   struct err *err);
MUST_USE enum rc http_answer_piece(struct http_call *c, struct str piece, struct err *err);
MUST_USE enum rc http_answer_end(struct http_call *c, struct err *err);
bool http_is_answered(const struct http_call *c); /* begun, at least */

struct server_config {
    int listen_fd;             /* of net_listen; stays the caller's */
    const struct tls *tls;     /* NULL for plain */
    struct http_limits limits;
    size_t arena_bytes;        /* limit of a request's arena */
    http_handler handler;
    void *ctx;
    void *loop_state;
    struct log *log;           /* may be NULL */
};

/* Several servers, on several loops, may share listen_fd. */
MUST_USE enum rc server_start(struct loop *loop, const struct server_config *config,
                              struct server **out, struct err *err);
/* Any thread.  No new connections; idle ones end, busy ones finish their request and close. */
void server_stop(struct server *s); /* before the loop has ended */
int server_connections(const struct server *s); /* any thread */
/* After the loop has ended. */
void server_free(struct server *s);

/* Bind and listen.  port 0: any; *port_out says which.  RC_CONFLICT: in use. */
MUST_USE enum rc net_listen(const char *address, int port, int *fd_out, int *port_out,
                            struct err *err);

#endif
