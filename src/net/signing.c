/*
 * One socket, and answers in the order of requests: so a queue of waiting tasks is all the bookkeeping
 * there is.  Requests of one turn are gathered in a buffer and written at its end; a task of its own
 * reads the answers and wakes the first in the queue for each.  With many requests under way a
 * signature costs the loop a part of two system calls.
 *
 * The signer is trusted to keep the order, and nothing else is: when it goes, every waiting task hears RC_IO.
 */
#include "net/signing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

enum { GATHERED_MAX = 4 << 20, READ_BYTES = 128 * SIGNER_ANSWER_BYTES };

/* Of the task that waits, and freed by it. */
struct signature {
    struct signature *next;
    struct task *task;
    unsigned char *out;
    struct err *err;
    enum rc rc;
    bool is_done;
};

struct signing {
    struct loop *loop;
    int fd;
    struct signature *first; /* oldest; its answer comes next */
    struct signature **end;  /* where the next one is put */
    struct arena *arena;
    struct buf gathered;
    size_t sent; /* of gathered */
    char answer[SIGNER_ANSWER_BYTES];
    size_t answer_len; /* a part of the next answer */
    bool is_broken;
};

static struct signature *
pop(struct signing *s)
{
    struct signature *w = s->first;

    s->first = w->next;
    if (s->first == NULL) {
        s->end = &s->first;
    }
    w->is_done = true;
    return w;
}

static void
fail_all(struct signing *s)
{
    s->is_broken = true;
    while (s->first != NULL) {
        struct signature *w = pop(s);
        w->rc = err_set(w->err, RC_IO, "the signer is gone");
        task_resume(w->task);
    }
}

/*
 * Each turn.  What the socket does not take waits for one of the next: the signer reads, then answers, and both are
 * events that make a turn.
 */
static void
flush(void *ctx)
{
    struct signing *s = ctx;

    while (!s->is_broken && s->sent < s->gathered.len) {
        ssize_t n = send(s->fd, s->gathered.ptr + s->sent, s->gathered.len - s->sent, MSG_NOSIGNAL);
        if (n >= 0) {
            s->sent += (size_t)n;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            fail_all(s);
        }
    }
    if (s->sent > 0) {
        arena_reset(s->arena);
        buf_init(&s->gathered, s->arena, GATHERED_MAX);
        s->sent = 0;
    }
}

/* False if the signer says more than it was asked. */
static bool
take_bytes(struct signing *s, struct str bytes)
{
    while (bytes.len > 0) {
        size_t need = SIGNER_ANSWER_BYTES - s->answer_len;
        size_t take = bytes.len < need ? bytes.len : need;
        if (s->first == NULL) {
            return false;
        }
        memcpy(s->answer + s->answer_len, bytes.ptr, take);
        s->answer_len += take;
        bytes = str_from(bytes, take);
        if (s->answer_len == SIGNER_ANSWER_BYTES) {
            struct signature *w = pop(s);
            s->answer_len = 0;
            w->rc = signer_read_answer((struct str){s->answer, sizeof(s->answer)}, w->out, w->err);
            task_resume(w->task);
        }
    }
    return true;
}

static void
read_answers(struct task *t, void *ctx)
{
    struct signing *s = ctx;
    char bytes[READ_BYTES];
    bool goes_on = true;
    struct err ignored;

    while (goes_on && !s->is_broken) {
        ssize_t n = recv(s->fd, bytes, sizeof(bytes), 0);
        if (n > 0) {
            goes_on = take_bytes(s, (struct str){bytes, (size_t)n});
        }
        if (n < (ssize_t)sizeof(bytes) && goes_on) { /* there is no more, or there never will be */
            goes_on = (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))) &&
                      task_wait_fd(t, s->fd, TASK_READ, 0, &ignored) == RC_OK;
        }
    }
    fail_all(s);
    loop_unwatch(s->loop, s->fd);
}

enum rc
signing_new(struct loop *loop, int fd, struct signing **out, struct err *err)
{
    int flags = fcntl(fd, F_GETFL);
    enum rc rc;

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return err_set(err, RC_IO, "the signer's socket: %s", strerror(errno));
    }
    rc = loop_watch(loop, fd, false, err);
    if (rc != RC_OK) {
        return rc;
    }
    struct signing *s = mem_new(1, sizeof(*s));
    s->loop = loop;
    s->fd = fd;
    s->end = &s->first;
    s->arena = arena_new((size_t)2 * GATHERED_MAX);
    buf_init(&s->gathered, s->arena, GATHERED_MAX);
    rc = task_start(loop, read_answers, s, err);
    if (rc != RC_OK) {
        loop_unwatch(loop, fd);
        arena_free(s->arena);
        mem_free(s);
        return rc;
    }
    loop_each_turn(loop, flush, s);
    *out = s;
    return RC_OK;
}

/* A line that is never empty would fill its buffer with what has long been sent; a good part of it is worth moving the rest. */
static bool
gather(struct signing *s, struct str key, struct str message)
{
    if (signer_put_request(&s->gathered, key, message)) {
        return true;
    }
    s->gathered.failed = false; /* what is in it is whole */
    if (s->sent < GATHERED_MAX / 4) {
        return false;
    }
    s->gathered.len -= s->sent;
    memmove(s->gathered.ptr, s->gathered.ptr + s->sent, s->gathered.len);
    s->sent = 0;
    if (signer_put_request(&s->gathered, key, message)) {
        return true;
    }
    s->gathered.failed = false;
    return false;
}

enum rc
signing_sign(struct signing *s, struct task *t, struct str key, struct str message,
             unsigned char out[SIG_BYTES], struct err *err)
{
    if (s->is_broken) {
        return err_set(err, RC_IO, "the signer is gone");
    }
    if (message.len > SIGNER_MESSAGE_MAX) {
        return err_set(err, RC_LIMIT, "a message of more than %d bytes", SIGNER_MESSAGE_MAX);
    }
    if (key.len == 0 || key.len > SIGNER_NAME_MAX) {
        return err_set(err, RC_INVALID, "not the name of a key");
    }
    if (!gather(s, key, message)) {
        return err_set(err, RC_BUSY, "too much is waiting to be signed");
    }
    struct signature *w = mem_new(1, sizeof(*w));
    *w = (struct signature){.task = t, .out = out, .err = err};
    *s->end = w;
    s->end = &w->next;
    while (!w->is_done) {
        task_suspend(t);
    }
    enum rc rc = w->rc;
    mem_free(w);
    return rc;
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
