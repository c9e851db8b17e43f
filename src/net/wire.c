/*
 * Reads try first, unless the last one came short: then the socket was empty, and whatever comes
 * afterwards is an event.  (Urgent data can make a read short too early; such a peer waits for its own timeout.)
 * A task that always finds something to do yields now and then, so one fast peer cannot keep the loop.
 *
 * TLS: a record holds up to 16 KiB.  Small parts are gathered into one record, because each costs a
 * system call and two dozen bytes; what is larger goes out from where it lies.
 */
#include "net/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tls_int.h"

enum { IDLE_READS_MAX = 8, STREAK_MAX = 32, GATHER_BYTES = 4096, LINGER_MS = 2000, LINGER_BYTES = 256 << 10 };

enum rc
wire_open(struct wire *w, struct loop *loop, int fd, struct err *err)
{
    enum rc rc = loop_watch(loop, fd, false, err);

    if (rc != RC_OK) {
        (void)close(fd);
        return rc;
    }
    *w = (struct wire){.loop = loop, .fd = fd, .is_drained = true};
    return RC_OK;
}

static int64_t
wait_deadline(const struct wire *w)
{
    int64_t idle_us = 0;

    if (w->idle_ms > 0) {
        idle_us = loop_now_us(w->loop) + (int64_t)w->idle_ms * 1000;
    }
    if (idle_us == 0 || (w->deadline_us != 0 && w->deadline_us < idle_us)) {
        return w->deadline_us;
    }
    return idle_us;
}

static enum rc
wait_for(struct wire *w, struct task *t, int events, struct err *err)
{
    enum rc rc = task_wait_fd(t, w->fd, events, wait_deadline(w), err);

    w->streak = 0;
    if (rc == RC_OK && (events & TASK_READ) != 0) {
        w->is_drained = false;
    }
    return rc;
}

static void
count_streak(struct wire *w, struct task *t)
{
    if (++w->streak >= STREAK_MAX) {
        w->streak = 0;
        task_yield(t);
    }
}

/* --- the socket --- */

static ssize_t
receive(struct wire *w, char *buffer, size_t size)
{
    ssize_t n;

    do {
        n = recv(w->fd, buffer, size, 0);
    } while (n < 0 && errno == EINTR);
    /* An end or an error is not drained: asking again gives it again. */
    w->is_drained = (n > 0 && (size_t)n < size) || (n < 0 && errno == EAGAIN);
    return n;
}

static enum rc
read_plain(struct wire *w, struct task *t, char *buffer, size_t size, size_t *len, struct err *err)
{
    for (;;) {
        if (w->is_drained) {
            enum rc rc = wait_for(w, t, TASK_READ, err);
            if (rc != RC_OK) {
                return rc;
            }
        }
        ssize_t n = receive(w, buffer, size);
        if (n >= 0) {
            *len = (size_t)n;
            return RC_OK;
        }
        if (errno != EAGAIN) {
            return err_set(err, RC_IO, "read: %s", strerror(errno));
        }
    }
}

/* Step over what was written. */
static void
skip(struct iovec **part, int *count, size_t len)
{
    while (*count > 0 && len >= (*part)->iov_len) {
        len -= (*part)->iov_len;
        (*part)++;
        (*count)--;
    }
    if (*count > 0) {
        (*part)->iov_base = (char *)(*part)->iov_base + len;
        (*part)->iov_len -= len;
    }
}

static enum rc
write_plain(struct wire *w, struct task *t, struct iovec *part, int count, struct err *err)
{
    skip(&part, &count, 0); /* empty parts */
    while (count > 0) {
        const struct msghdr message = {.msg_iov = part, .msg_iovlen = (size_t)count};
        ssize_t n = sendmsg(w->fd, &message, MSG_NOSIGNAL);
        if (n >= 0) {
            skip(&part, &count, (size_t)n);
        } else if (errno == EAGAIN) {
            enum rc rc = wait_for(w, t, TASK_WRITE, err);
            if (rc != RC_OK) {
                return rc;
            }
        } else if (errno != EINTR) {
            return err_set(err, RC_IO, "write: %s", strerror(errno));
        }
    }
    return RC_OK;
}

/* --- TLS --- */

int
wire_bio_read(struct wire *w, char *buffer, int size, bool *retry)
{
    if (w->is_drained || w->has_sipped) {
        *retry = true;
        return -1;
    }
    w->has_sipped = true;
    ssize_t n = receive(w, buffer, (size_t)size);
    *retry = n < 0 && errno == EAGAIN;
    return (int)n;
}

int
wire_bio_write(struct wire *w, const char *bytes, int size, bool *retry)
{
    ssize_t n;

    do {
        n = send(w->fd, bytes, (size_t)size, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    *retry = n < 0 && errno == EAGAIN;
    return (int)n;
}

/* After a call on w->ssl gave result: wait and return RC_OK to try again, or say what is wrong. */
static enum rc
tls_retry(struct wire *w, struct task *t, int result, struct err *err)
{
    int why = SSL_get_error(w->ssl, result);
    unsigned long code;

    if (why == SSL_ERROR_WANT_READ) {
        /* Bytes may have been taken in without being a whole record; only a drained socket waits. */
        return w->is_drained ? wait_for(w, t, TASK_READ, err) : RC_OK;
    }
    if (why == SSL_ERROR_WANT_WRITE) {
        return wait_for(w, t, TASK_WRITE, err);
    }
    w->is_broken = true;
    code = ERR_get_error();
    ERR_clear_error();
    if (why == SSL_ERROR_SSL && ERR_GET_REASON(code) != SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        const char *reason = ERR_reason_error_string(code);
        return err_set(err, RC_PEER, "TLS: %s", reason != NULL ? reason : "failed");
    }
    return err_set(err, RC_IO, "the connection broke");
}

static enum rc
handshake(struct wire *w, struct task *t, struct err *err)
{
    for (;;) {
        ERR_clear_error();
        w->has_sipped = false;
        int result = SSL_do_handshake(w->ssl);
        if (result == 1) {
            break;
        }
        enum rc rc = tls_retry(w, t, result, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    X509 *cert = SSL_get1_peer_certificate(w->ssl);
    if (cert != NULL) {
        unsigned len = 0;
        CHECK(X509_digest(cert, EVP_sha256(), w->fingerprint, &len) == 1 &&
              len == WIRE_FINGERPRINT_BYTES);
        w->has_fingerprint = true;
        X509_free(cert);
    }
    return RC_OK;
}

enum rc
wire_accept_tls(struct wire *w, struct task *t, const struct tls *tls, struct err *err)
{
    CHECK(tls_is_server(tls) && w->ssl == NULL);
    enum rc rc = tls_attach(tls, w, &w->ssl, err);

    return rc == RC_OK ? handshake(w, t, err) : rc;
}

/* Server names are for names only (RFC 6066 §3). */
static bool
is_address(const char *host)
{
    unsigned char room[16];

    return inet_pton(AF_INET, host, room) == 1 || inet_pton(AF_INET6, host, room) == 1;
}

enum rc
wire_connect_tls(struct wire *w, struct task *t, const struct tls *tls, struct str host,
                 SSL_SESSION *session, struct err *err)
{
    char name[256];
    enum rc rc;

    CHECK(!tls_is_server(tls) && w->ssl == NULL);
    rc = tls_attach(tls, w, &w->ssl, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (host.len > 0 && host.len < sizeof(name)) {
        memcpy(name, host.ptr, host.len);
        name[host.len] = '\0';
        if (!is_address(name) && SSL_set_tlsext_host_name(w->ssl, name) != 1) {
            ERR_clear_error();
            return err_set(err, RC_INVALID, "the host's name cannot be asked for");
        }
    }
    if (session != NULL && SSL_set_session(w->ssl, session) != 1) {
        ERR_clear_error(); /* then without */
    }
    return handshake(w, t, err);
}

/*
 * A record may be no data but a word between the two ends (a new key).  OpenSSL would take such words for as long as
 * there are any, so it reads the socket once a call, and a peer that fills it several times with nothing else is let go.
 */
static enum rc
read_tls(struct wire *w, struct task *t, char *buffer, size_t size, size_t *len, struct err *err)
{
    int idle = 0;

    while (idle < IDLE_READS_MAX) {
        ERR_clear_error();
        w->has_sipped = false;
        int n = SSL_read(w->ssl, buffer, size > INT_MAX ? INT_MAX : (int)size);
        if (n > 0) {
            *len = (size_t)n;
            return RC_OK;
        }
        if (SSL_get_error(w->ssl, n) == SSL_ERROR_ZERO_RETURN) {
            *len = 0;
            return RC_OK;
        }
        bool was_full = !w->is_drained;
        enum rc rc = tls_retry(w, t, n, err);
        if (rc != RC_OK) {
            return rc;
        }
        idle += was_full ? 1 : 0;
        count_streak(w, t);
    }
    w->is_broken = true;
    return err_set(err, RC_PEER, "TLS: records and records, and no data in them");
}

static enum rc
write_record(struct wire *w, struct task *t, const char *bytes, size_t len, struct err *err)
{
    while (len > 0) {
        ERR_clear_error();
        int n = SSL_write(w->ssl, bytes, len > INT_MAX ? INT_MAX : (int)len);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
            continue;
        }
        enum rc rc = tls_retry(w, t, n, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
write_tls(struct wire *w, struct task *t, struct iovec *part, int count, struct err *err)
{
    char gathered[GATHER_BYTES];
    enum rc rc = RC_OK;

    skip(&part, &count, 0);
    while (count > 0 && rc == RC_OK) {
        if (part->iov_len >= GATHER_BYTES || count == 1) {
            rc = write_record(w, t, part->iov_base, part->iov_len, err);
            skip(&part, &count, part->iov_len);
            continue;
        }
        size_t len = 0;
        while (count > 0 && len < GATHER_BYTES) {
            size_t room = GATHER_BYTES - len;
            size_t take = part->iov_len < room ? part->iov_len : room;
            memcpy(gathered + len, part->iov_base, take);
            len += take;
            skip(&part, &count, take);
        }
        rc = write_record(w, t, gathered, len, err);
    }
    return rc;
}

/* --- both --- */

enum rc
wire_wait(struct wire *w, struct task *t, struct err *err)
{
    if (!w->is_drained || (w->ssl != NULL && SSL_has_pending(w->ssl))) {
        return RC_OK;
    }
    return wait_for(w, t, TASK_READ, err);
}

enum rc
wire_read(struct wire *w, struct task *t, char *buffer, size_t size, size_t *len, struct err *err)
{
    CHECK(w->fd >= 0 && size > 0);
    count_streak(w, t);
    return w->ssl != NULL ? read_tls(w, t, buffer, size, len, err)
                          : read_plain(w, t, buffer, size, len, err);
}

enum rc
wire_write(struct wire *w, struct task *t, struct iovec *part, int count, struct err *err)
{
    CHECK(w->fd >= 0);
    count_streak(w, t);
    return w->ssl != NULL ? write_tls(w, t, part, count, err)
                          : write_plain(w, t, part, count, err);
}

bool
wire_is_quiet(const struct wire *w)
{
    return w->is_drained && !loop_is_stirred(w->loop, w->fd) &&
           (w->ssl == NULL || !SSL_has_pending(w->ssl));
}

static void
say_goodbye(struct wire *w)
{
    if (w->ssl != NULL && !w->is_broken) {
        ERR_clear_error();
        (void)SSL_shutdown(w->ssl); /* one record; if it does not fit, the peer sees a cut */
        ERR_clear_error();
    }
}

void
wire_linger(struct wire *w, struct task *t)
{
    char dropped[2048];
    size_t total = 0;
    struct err ignored;

    say_goodbye(w);
    (void)shutdown(w->fd, SHUT_WR);
    w->deadline_us = loop_now_us(w->loop) + (int64_t)LINGER_MS * 1000;
    w->is_drained = false;
    while (total < LINGER_BYTES) {
        size_t len = 0;
        count_streak(w, t);
        /* Below TLS on purpose: nobody wants to know what it says. */
        if (read_plain(w, t, dropped, sizeof(dropped), &len, &ignored) != RC_OK || len == 0) {
            break;
        }
        total += len;
    }
    wire_close(w);
}

void
wire_close(struct wire *w)
{
    if (w->fd < 0) {
        return;
    }
    say_goodbye(w);
    SSL_free(w->ssl);
    SSL_SESSION_free(w->session);
    w->ssl = NULL;
    w->session = NULL;
    loop_unwatch(w->loop, w->fd);
    (void)close(w->fd);
    w->fd = -1;
}
