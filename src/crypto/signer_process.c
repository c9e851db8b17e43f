/*
 * The process itself: one poll over all sockets, and for each that has something to say up to
 * TURN_FRAMES signatures and one write.  A signature takes about forty microseconds, so a turn
 * is short enough that one busy loop does not make the others wait, and long enough that
 * reading, writing and polling disappear beside it.  While answers cannot be written, no more
 * requests are read from that socket: a loop that does not read its answers holds up itself and
 * nobody else.
 *
 * All memory is there before the walls close: a line (a socket with its two buffers) is mapped
 * whole and costs only the pages that are touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/signer_int.h"

enum {
    TURN_FRAMES = 16,
    IN_BYTES = 2 * 65536 + 4096, /* more than one whole frame and a good read behind it */
    OUT_BYTES = TURN_FRAMES * SIGNER_ANSWER_MAX,
    SECURE_HEAP_BYTES = 65536 /* for the numbers of SM2 keys: 64 keys and the work on one */
};

_Static_assert(IN_BYTES >= SIGNER_FRAME_MAX + 65536, "a frame always fits, however it lies");

struct line {
    int fd;      /* -1 when closed */
    bool hungry; /* no whole frame is in the buffer */
    bool ended;  /* nothing more is read: the other side is done, or sent nonsense */
    size_t in_start, in_end;
    size_t out_start, out_end;
    unsigned char in[IN_BYTES];
    unsigned char out[OUT_BYTES];
};

static void
line_close(struct line *l)
{
    (void)close(l->fd);
    l->fd = -1;
}

static void
line_fill(struct line *l)
{
    if (l->in_start > 0 && l->in_end > IN_BYTES - 65536) {
        memmove(l->in, l->in + l->in_start, l->in_end - l->in_start);
        l->in_end -= l->in_start;
        l->in_start = 0;
    }
    CHECK(l->in_end < IN_BYTES);
    ssize_t got = read(l->fd, l->in + l->in_end, IN_BYTES - l->in_end);
    if (got > 0) {
        l->in_end += (size_t)got;
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        l->ended = true;
    }
}

/* Up to one turn of answers, into an empty output buffer. */
static void
line_answer(const struct signer_keys *keys, struct line *l)
{
    CHECK(l->out_end == 0);
    l->hungry = false;
    for (int i = 0; i < TURN_FRAMES && !l->hungry; i++) {
        struct signer_frame frame;
        struct str bytes = {(const char *)l->in + l->in_start, l->in_end - l->in_start};
        switch (signer_frame_parse(bytes, &frame)) {
        case SIGNER_PARSE_WHOLE:
            l->out_end += signer_answer(keys, &frame, l->out + l->out_end);
            l->in_start += frame.bytes;
            break;
        case SIGNER_PARSE_BAD:
            l->ended = true;
            l->hungry = true;
            break;
        case SIGNER_PARSE_MORE: l->hungry = true; break;
        }
    }
    if (l->in_start == l->in_end) {
        l->in_start = l->in_end = 0;
    }
}

/* False if the other side is gone. */
static bool
line_flush(struct line *l)
{
    while (l->out_start < l->out_end) {
        ssize_t put = write(l->fd, l->out + l->out_start, l->out_end - l->out_start);
        if (put < 0 && errno == EAGAIN) {
            return true;
        }
        if (put < 0 && errno != EINTR) {
            return false;
        }
        l->out_start += put > 0 ? (size_t)put : 0;
    }
    l->out_start = l->out_end = 0;
    return true;
}

static void
line_turn(const struct signer_keys *keys, struct line *l, bool readable)
{
    if (!line_flush(l)) {
        line_close(l);
        return;
    }
    if (l->out_end > 0) {
        return;
    }
    if (l->hungry && !l->ended && readable) {
        line_fill(l);
    }
    line_answer(keys, l);
    if (!line_flush(l) || (l->ended && l->out_end == 0)) {
        line_close(l);
    }
}

/* What to wait for; false if there is work at hand without waiting. */
static bool
line_wish(const struct line *l, struct pollfd *wish)
{
    bool full = l->out_end > 0;
    bool reads = l->hungry && !full;

    /* A negative descriptor is passed over: a hang-up is noticed at the next read or write. */
    wish->fd = full || reads ? l->fd : -1;
    wish->events = full ? POLLOUT : POLLIN;
    wish->revents = 0;
    return l->fd < 0 || full || reads;
}

static void *
map_zeroed(size_t count, size_t size)
{
    void *p = mmap(NULL, count * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    return p;
}

void
signer_serve(const struct signer_keys *keys, const int *fds, size_t count,
             void (*ready)(void *context), void *context)
{
    CHECK(count > 0 && count <= SIGNER_SOCKETS_MAX);

    struct line *lines = map_zeroed(count, sizeof(*lines));
    struct pollfd *wishes = map_zeroed(count, sizeof(*wishes));
    size_t open = count;

    for (size_t i = 0; i < count; i++) {
        lines[i].fd = fds[i];
        lines[i].hungry = true;
    }
    ready(context);
    while (open > 0) {
        int timeout_ms = -1;
        for (size_t i = 0; i < count; i++) {
            if (!line_wish(&lines[i], &wishes[i])) {
                timeout_ms = 0;
            }
        }
        CHECK(poll(wishes, count, timeout_ms) >= 0 || errno == EINTR || errno == EAGAIN);
        for (size_t i = 0; i < count; i++) {
            bool waited = wishes[i].fd >= 0;
            if (lines[i].fd < 0 || (waited && wishes[i].revents == 0)) {
                continue;
            }
            line_turn(keys, &lines[i], waited);
            open -= lines[i].fd < 0;
        }
    }
}

struct birth {
    bool with_openssl;
    int ready_fd;
};

static _Noreturn void
give_up(const char *what)
{
    (void)dprintf(STDERR_FILENO, "signer: %s: %s\n", what, strerror(errno));
    _exit(rc_exit(RC_IO));
}

static void
close_the_door(void *context)
{
    const struct birth *b = context;

    if (!signer_cell_shut_in(b->with_openssl)) {
        give_up("cannot shut itself in with seccomp");
    }
    CHECK(write(b->ready_fd, "", 1) == 1);
}

static _Noreturn void
be_signer(struct signer_keys *keys, const int *fds, size_t count, pid_t parent)
{
    struct birth birth = {signer_keys_have(keys, SIG_SM2), fds[0]};

    if (!signer_cell_leave(fds, count, parent)) {
        give_up("cannot leave what it inherited");
    }
    /*
     * Where memory may not be locked the keys still work; the secure heap then is an ordinary
     * one.
     */
    if (birth.with_openssl && CRYPTO_secure_malloc_init(SECURE_HEAP_BYTES, 32) == 0) {
        give_up("no heap for secrets");
    }
    signer_keys_prepare(keys);
    for (size_t i = 0; i < count; i++) {
        if (fcntl(fds[i], F_SETFL, O_NONBLOCK) != 0) {
            give_up("cannot set a socket up");
        }
    }
    signer_serve(keys, fds, count, close_the_door, &birth);
    _exit(0);
}

static void
close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)close(fds[i]);
    }
}

/* Our ends and theirs; none stays open on failure. */
static enum rc
make_sockets(size_t count, int *ours, int *theirs, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            enum rc rc = err_set(err, RC_IO, "no sockets for the signer: %s", strerror(errno));
            close_all(ours, i);
            close_all(theirs, i);
            return rc;
        }
        ours[i] = pair[0];
        theirs[i] = pair[1];
    }
    return RC_OK;
}

static bool
wait_until_ready(int fd)
{
    char byte = 1;
    ssize_t got;

    do {
        got = read(fd, &byte, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1 && byte == 0;
}

enum rc
signer_start(struct str keys_text, size_t socket_count, int *fds, pid_t *pid, struct err *err)
{
    int ours[SIGNER_SOCKETS_MAX], theirs[SIGNER_SOCKETS_MAX];
    struct signer_keys *keys = NULL;
    pid_t parent = getpid();

    CHECK(socket_count > 0 && socket_count <= SIGNER_SOCKETS_MAX);
    enum rc rc = signer_keys_read(keys_text, &keys, err);
    if (rc == RC_OK) {
        rc = make_sockets(socket_count, ours, theirs, err);
    }
    if (rc != RC_OK) {
        signer_keys_free(keys);
        return rc;
    }
    pid_t child = fork();
    if (child == 0) {
        be_signer(keys, theirs, socket_count, parent);
    }
    int fork_errno = errno;
    signer_keys_free(keys);
    close_all(theirs, socket_count);
    if (child > 0 && wait_until_ready(ours[0])) {
        memcpy(fds, ours, socket_count * sizeof(*fds));
        *pid = child;
        return RC_OK;
    }
    close_all(ours, socket_count);
    if (child < 0) {
        return err_set(err, RC_IO, "no process for the signer: %s", strerror(fork_errno));
    }
    (void)waitpid(child, NULL, 0);
    return err_set(err, RC_IO, "the signer could not begin; it said why on standard error");
}
