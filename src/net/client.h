/*
 * client - requests out, over connections that are kept.
 *
 * One client a loop.  Idle connections wait in a pool for each origin (and fingerprint); TLS sessions are
 * resumed.  A request on a kept connection that the peer had closed meanwhile is repeated once on a fresh
 * one, if no byte of an answer had come and the method or an Idempotency-Key allows it.  There is no
 * redirect and no cookie.
 */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include "net/http.h"
#include "net/task.h"
#include "net/tls.h"

struct client;

struct client_config {
    const struct tls *tls; /* used for origins with is_tls */
    struct http_limits limits;
    int connect_ms;
    int idle_per_origin_max;
    int per_origin_max; /* connections under way; more wait */
    int idle_ms;        /* kept at most so long; less than the peer's own patience */
};

struct origin {
    struct str host; /* address or name; literal addresses do not block */
    int port;
    bool is_tls;
    struct str fingerprint; /* 32 bytes that the server's certificate must have; "" = do not ask */
};

struct http_out {
    struct str method;
    struct str target; /* "/path?query", encoded */
    struct http_fields fields; /* Host and Content-Length are added */
    struct str body;
};

struct http_in {
    struct http_head head; /* views into the arena */
    struct str body;
};

MUST_USE enum rc client_new(struct loop *loop, const struct client_config *config,
                            struct client **out, struct err *err);
/*
 * One request, whole body up to limits.body_bytes, on the arena.  deadline_us: monotonic, for all of it; 0: only
 * limits.body_idle_ms bounds each wait.  RC_TIMEOUT; RC_IO: no connection or it broke; RC_PEER: not HTTP, cut
 * short, wrong certificate; RC_LIMIT: answer too large, for limits or arena; RC_INVALID: a field,
 * target or origin that cannot be sent, or Host, Connection, Content-Length, Transfer-Encoding among the fields.
 */
MUST_USE enum rc client_call(struct client *c, struct task *t, struct arena *a,
                             const struct origin *origin, const struct http_out *request,
                             int64_t deadline_us, struct http_in *out, struct err *err);

/*
 * The same with an answer that streams, in constant memory and without limits.body_bytes: open, pieces until
 * *len is 0, close (always, and before the arena is reset).
 */
struct client_stream;
MUST_USE enum rc client_open(struct client *c, struct task *t, struct arena *a,
                             const struct origin *origin, const struct http_out *request,
                             int64_t deadline_us, struct client_stream **out,
                             struct http_head *head, struct err *err);
MUST_USE enum rc client_piece(struct client_stream *s, char *buffer, size_t size, size_t *len,
                              struct err *err);
void client_close(struct client_stream *s); /* before the end: the connection is not kept */

/* After loop_run has returned, or on the loop's thread with no call under way. */
void client_free(struct client *c);

#endif
