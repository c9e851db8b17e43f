/*
 * wire - private to net: one connected socket, plain or TLS, read and written by one task at a time.
 *
 * Every function with a task may wait.  Each wait is bounded by deadline_us and, from its beginning, by
 * idle_ms; the owner sets both.  The fd is watched (see loop_watch), so a read that came short
 * is not repeated before something has happened: a request costs one read and one write.
 */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include <openssl/ssl.h>
#include <sys/uio.h>

#include "base/str.h"
#include "net/task.h"
#include "net/tls.h"

enum { WIRE_FINGERPRINT_BYTES = 32 };

struct wire {
    struct loop *loop;
    SSL *ssl; /* NULL if plain */
    SSL_SESSION *session; /* newest ticket, for a client to take */
    int64_t deadline_us; /* 0 = never */
    int idle_ms;         /* 0 = no bound */
    int fd;              /* -1 when closed */
    int streak;          /* operations since the task waited last */
    bool is_drained;     /* nothing to read until the loop says so */
    bool has_sipped;     /* TLS has read the socket once in this call */
    bool has_fingerprint;
    bool is_broken; /* TLS failed: no more records, not even a goodbye */
    unsigned char fingerprint[WIRE_FINGERPRINT_BYTES];
};

/* Takes fd: connected or connecting, non-blocking.  On failure fd is closed. */
MUST_USE enum rc wire_open(struct wire *w, struct loop *loop, int fd, struct err *err);

/*
 * Handshake.  host: for a client, the name to ask for, or "" (addresses are not asked for).  session: to resume, or
 * NULL.  RC_PEER: the other side does not speak TLS 1.3 or lacks a certificate.
 */
MUST_USE enum rc wire_accept_tls(struct wire *w, struct task *t, const struct tls *tls,
                                 struct err *err);
MUST_USE enum rc wire_connect_tls(struct wire *w, struct task *t, const struct tls *tls,
                                  struct str host, SSL_SESSION *session, struct err *err);

/* Until reading may give something.  Does not read, so needs no buffer. */
MUST_USE enum rc wire_wait(struct wire *w, struct task *t, struct err *err);
/* At least one byte, or *len 0 at the end.  RC_TIMEOUT, RC_IO, RC_PEER (not TLS). */
MUST_USE enum rc wire_read(struct wire *w, struct task *t, char *buffer, size_t size, size_t *len,
                           struct err *err);
/* All of it.  Changes part[]. */
MUST_USE enum rc wire_write(struct wire *w, struct task *t, struct iovec *part, int count,
                            struct err *err);

/* Nothing has come and nothing lies here: a connection that may be kept. */
bool wire_is_quiet(const struct wire *w);

/*
 * End it after an answer that the peer may not have read, while it may still be sending: say goodbye, then read and
 * drop for a while, so that the kernel does not reset the connection under the answer.
 */
void wire_linger(struct wire *w, struct task *t);
void wire_close(struct wire *w); /* at once; nothing for a closed one */

#endif
