/*
 * One socket, answers in the order of requests: so a queue of waiting tasks is all the bookkeeping there is.  Requests of one turn are
 * gathered in a buffer and written at the turn's end; a task of its own reads answers and wakes the first in the queue for each.
 */
#include "net/signing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

enum { GATHER_MAX = 4 << 20, READ_MAX = 128 * SIGNER_ANSWER_BYTES };

/* A task that waits for its signature; on that task's stack. */
struct waiting {
    struct waiting *next;
    struct task *task;
    unsigned char *out;
    enum rc rc;
    struct err *err;
};

struct signing {
    struct loop *loop;
    int fd;
    struct waiting *first;
    struct waiting *last;
    struct arena *arena;
    struct buf gathered;
    size_t sent;
    char partial[SIGNER_ANSWER_BYTES];
    size_t partial_len;
    bool is_broken;
};

static void
fail_all(struct signing *s)
{
    s->is_broken = true;
    while (s->first != NULL) {
        struct waiting *w = s->first;
        s->first = w->next;
        w->rc = err_set(w->err, RC_IO, "the signer is gone");
        task_resume(w->task);
    }
    s->last = NULL;
}

/* What a turn has gathered, in one write; what the socket does not take now goes out with the next turn. */
static void
flush(void *ctx)
{
    struct signing *s = ctx;

    while (!s->is_broken && s->sent < s->gathered.len) {
        ssize_t n = send(s->fd, s->gathered.ptr + s->sent, s->gathered.len - s->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n <= 0) {
            fail_all(s);
            return;
        }
        s->sent += (size_t)n;
    }
    if (s->gathered.len > 0) {
        arena_reset(s->arena);
        buf_init(&s->gathered, s->arena, GATHER_MAX);
        s->sent = 0;
    }
}

static void
take_answer(struct signing *s, struct str answer)
{
    struct waiting *w = s->first;

    CHECK(w != NULL); /* an answer that nobody asked for is a bug of the signer */
    s->first = w->next;
    if (s->first == NULL) {
        s->last = NULL;
    }
    w->rc = signer_read_answer(answer, w->out, w->err);
    task_resume(w->task);
}

static void
take_bytes(struct signing *s, struct str bytes)
{
    while (bytes.len > 0) {
        size_t need = SIGNER_ANSWER_BYTES - s->partial_len;
        size_t n = bytes.len < need ? bytes.len : need;
        memcpy(s->partial + s->partial_len, bytes.ptr, n);
        s->partial_len += n;
        bytes = str_from(bytes, n);
        if (s->partial_len == SIGNER_ANSWER_BYTES) {
            s->partial_len = 0;
            take_answer(s, (struct str){s->partial, SIGNER_ANSWER_BYTES});
        }
    }
}

static void
read_answers(struct task *t, void *ctx)
{
    struct signing *s = ctx;
    char bytes[READ_MAX];
    struct err err;

    while (!s->is_broken) {
        ssize_t n = recv(s->fd, bytes, sizeof(bytes), 0);
        if (n > 0) {
            take_bytes(s, (struct str){bytes, (size_t)n});
        } else if (n < 0 && errno == EAGAIN) {
            flush(s);
            if (task_wait_fd(t, s->fd, TASK_READ, 0, &err) != RC_OK) {
                break; /* the loop ends */
            }
        } else if (n == 0 || errno != EINTR) {
            break;
        }
    }
    fail_all(s);
}

enum rc
signing_new(struct loop *loop, int fd, struct signing **out, struct err *err)
{
    struct signing *s;
    int flags = fcntl(fd, F_GETFL);
    enum rc rc;

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return err_set(err, RC_IO, "the signer's socket cannot be made non-blocking");
    }
    s = mem_new(1, sizeof(*s));
    s->loop = loop;
    s->fd = fd;
    s->arena = arena_new(2 * GATHER_MAX);
    buf_init(&s->gathered, s->arena, GATHER_MAX);
    loop_each_turn(loop, flush, s);
    if ((rc = task_start(loop, read_answers, s, err)) != RC_OK) {
        arena_free(s->arena);
        mem_free(s);
        return rc;
    }
    *out = s;
    return RC_OK;
}

enum rc
signing_sign(struct signing *s, struct task *t, struct str key, struct str message,
             unsigned char out[SIG_BYTES], struct err *err)
{
    struct waiting w = {.task = t, .out = out, .err = err};

    if (s->is_broken) {
        return err_set(err, RC_IO, "the signer is gone");
    }
    if (message.len > SIGNER_MESSAGE_MAX) {
        return err_set(err, RC_LIMIT, "a message of more than %d bytes", SIGNER_MESSAGE_MAX);
    }
    if (!signer_put_request(&s->gathered, key, message)) {
        return err_set(err, RC_BUSY, "too much is waiting to be signed");
    }
    if (s->last != NULL) {
        s->last->next = &w;
    } else {
        s->first = &w;
    }
    s->last = &w;
    task_suspend(t);
    return w.rc;
}

void
signing_free(struct signing *s)
{
    if (s == NULL) {
        return;
    }
    (void)close(s->fd);
    arena_free(s->arena);
    mem_free(s);
}
