#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/signer_int.h"

enum { SOCKETS = 3, LONG_MS = 60000 };

struct running {
    struct arena *arena;
    int fds[SOCKETS];
    pid_t pid;
};

/* "node" signs anything, "exchange" what begins with "@, "guomi" is an SM2 key. */
static struct str
key_file(struct arena *a, bool with_sm2)
{
    static const char *const names[] = {"node"};
    struct json *document = signer_new_keys(a, names, 1);
    struct str text = {NULL, 0};
    struct err err;

    signer_add_key(a, document, "exchange", SIG_ED25519, STR("\"@"));
    if (with_sm2) {
        signer_add_key(a, document, "guomi", SIG_SM2, (struct str){NULL, 0});
    }
    assert_int_equal(json_whole(document, &err), RC_OK);
    assert_int_equal(json_print(a, document, &text, &err), RC_OK);
    return text;
}

static void
start(struct running *r, bool with_sm2)
{
    struct err err = {.text = ""};

    r->arena = arena_new(32 << 20);
    enum rc rc = signer_start(key_file(r->arena, with_sm2), SOCKETS, r->fds, &r->pid, &err);
    if (rc != RC_OK) {
        fail_msg("%s", err.text);
    }
}

/* Close all sockets; the status that the signer then ends with. */
static int
stop(struct running *r)
{
    int status = -1;

    for (size_t i = 0; i < SOCKETS; i++) {
        if (r->fds[i] >= 0) {
            (void)close(r->fds[i]);
        }
    }
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    arena_free(r->arena);
    return status;
}

static void
assert_ends_well(struct running *r)
{
    int status = stop(r);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* One number of a line of /proc/PID/status. */
static long
status_of(pid_t pid, const char *name)
{
    char path[64], line[256];
    long value = -1;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    while (fgets(line, sizeof(line), in) != NULL) {
        struct str s = str_of(line);
        if (str_starts(s, str_of(name)) && s.ptr[strlen(name)] == ':') {
            assert_int_equal(sscanf(line + strlen(name) + 1, "%ld", &value), 1);
        }
    }
    (void)fclose(in);
    return value;
}

/* Until it lies in its poll: it sleeps nowhere else. */
static void
wait_until_asleep(pid_t pid)
{
    char path[64], line[512], state = '?';

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    while (state != 'S') {
        FILE *in = fopen(path, "r");
        assert_non_null(in);
        assert_non_null(fgets(line, sizeof(line), in));
        (void)fclose(in);
        const char *name_end = strrchr(line, ')');
        assert_non_null(name_end);
        assert_int_equal(sscanf(name_end + 1, " %c", &state), 1);
    }
}

static void
what_the_signer_signs_verifies_under_the_key_it_names(void **state)
{
    struct running r;
    struct err err;
    static const struct {
        struct str name;
        enum sig_algorithm algorithm;
        struct str message;
    } cases[] = {
        {STR_INIT("node"), SIG_ED25519, STR_INIT("hello")},
        {STR_INIT("node"), SIG_ED25519, {NULL, 0}},
        {STR_INIT("exchange"), SIG_ED25519, STR_INIT("\"@method\": POST")},
        {STR_INIT("exchange"), SIG_ED25519, STR_INIT("\"@")},
        {STR_INIT("guomi"), SIG_SM2, STR_INIT("政通")},
    };

    (void)state;
    start(&r, true);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char out[SIG_BYTES];
        struct sig_public key;
        int fd = r.fds[i % SOCKETS];
        assert_int_equal(signer_public(fd, r.arena, cases[i].name, &key, &err), RC_OK);
        assert_int_equal(key.algorithm, cases[i].algorithm);
        assert_int_equal(key.key.len, key.algorithm == SIG_SM2 ? 65 : 32);
        assert_int_equal(signer_sign(fd, cases[i].name, cases[i].message, out, &err), RC_OK);
        assert_true(sig_verify(&key, cases[i].message, (struct str){(char *)out, sizeof(out)}));
        assert_false(sig_verify(&key, STR("another"), (struct str){(char *)out, sizeof(out)}));
    }
    assert_ends_well(&r);
}

static void
a_message_may_be_as_long_as_stated_and_not_longer(void **state)
{
    struct running r;
    struct sig_public key;
    struct err err;
    unsigned char out[SIG_BYTES];

    (void)state;
    start(&r, false);
    char *text = arena_alloc(r.arena, SIGNER_MESSAGE_MAX + 1, 1);
    assert_non_null(text);
    struct str message = {text, SIGNER_MESSAGE_MAX};
    assert_int_equal(signer_public(r.fds[0], r.arena, STR("node"), &key, &err), RC_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(signer_sign(r.fds[0], STR("node"), message, out, &err), RC_OK);
        assert_true(sig_verify(&key, message, (struct str){(char *)out, sizeof(out)}));
    }
    message.len++;
    assert_int_equal(signer_sign(r.fds[0], STR("node"), message, out, &err), RC_LIMIT);
    assert_int_equal(signer_sign(r.fds[0], STR("node"), STR("still"), out, &err), RC_OK);
    assert_ends_well(&r);
}

static void
an_unknown_key_or_a_message_of_another_kind_is_refused(void **state)
{
    struct running r;
    struct err err;
    struct sig_public key = {SIG_HMAC_SHA256, {NULL, 0}};
    unsigned char out[SIG_BYTES] = {7};
    static const struct {
        struct str name, message;
        enum rc rc;
    } cases[] = {
        {STR_INIT("nobody"), STR_INIT("m"), RC_NOT_FOUND},
        {STR_INIT("nod"), STR_INIT("m"), RC_NOT_FOUND},
        {STR_INIT("node\0"), STR_INIT("m"), RC_NOT_FOUND},
        {STR_INIT(""), STR_INIT("m"), RC_NOT_FOUND},
        {STR_INIT("a name of more than thirty-two bytes"), STR_INIT("m"), RC_NOT_FOUND},
        {STR_INIT("exchange"), STR_INIT("city.zt.invalid/log\n7\n"), RC_DENIED},
        {STR_INIT("exchange"), STR_INIT("\""), RC_DENIED},
        {STR_INIT("exchange"), STR_INIT(" \"@"), RC_DENIED},
        {STR_INIT("exchange"), {NULL, 0}, RC_DENIED},
    };

    (void)state;
    start(&r, false);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum rc rc = signer_sign(r.fds[1], cases[i].name, cases[i].message, out, &err);
        assert_int_equal(rc, cases[i].rc);
        assert_int_equal(out[0], 7);
    }
    assert_int_equal(signer_public(r.fds[1], r.arena, STR("nobody"), &key, &err), RC_NOT_FOUND);
    assert_int_equal(key.algorithm, SIG_HMAC_SHA256);
    assert_int_equal(signer_sign(r.fds[1], STR("node"), STR("m"), out, &err), RC_OK);
    assert_ends_well(&r);
}

/* Write and read at once, as a loop does, or the two sides would wait for each other. */
static struct str
exchanged(struct running *r, int fd, struct str requests, size_t answer_bytes)
{
    char *answers = arena_alloc(r->arena, answer_bytes, 1);
    size_t put = 0, got = 0;

    assert_non_null(answers);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    while (got < answer_bytes) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        p.events = (short)(put < requests.len ? POLLIN | POLLOUT : POLLIN);
        assert_int_equal(poll(&p, 1, LONG_MS), 1);
        if ((p.revents & POLLOUT) != 0) {
            ssize_t n = send(fd, requests.ptr + put, requests.len - put, MSG_NOSIGNAL);
            assert_true(n > 0 || errno == EAGAIN);
            put += n > 0 ? (size_t)n : 0;
        }
        if ((p.revents & POLLIN) != 0) {
            ssize_t n = read(fd, answers + got, answer_bytes - got);
            assert_true(n > 0 || (n < 0 && errno == EAGAIN));
            got += n > 0 ? (size_t)n : 0;
        }
    }
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    return (struct str){answers, answer_bytes};
}

static void
thousands_under_way_come_back_in_order(void **state)
{
    enum { COUNT = 3000 };
    struct running r;
    struct buf requests;
    struct str bytes;
    struct sig_public key;
    struct err err;
    char filler[400];

    (void)state;
    start(&r, false);
    memset(filler, 'x', sizeof(filler));
    buf_init(&requests, r.arena, 8 << 20);
    for (int i = 0; i < COUNT; i++) {
        char text[512];
        int len = snprintf(text, sizeof(text), "%d %.*s", i, i * 7 % 400, filler);
        struct str name = i % 10 == 3 ? STR("nobody") : STR("node");
        assert_true(signer_put_request(&requests, name, (struct str){text, (size_t)len}));
    }
    assert_int_equal(buf_finish(&requests, &bytes, &err), RC_OK);
    struct str answers = exchanged(&r, r.fds[2], bytes, (size_t)COUNT * SIGNER_ANSWER_BYTES);
    assert_int_equal(signer_public(r.fds[2], r.arena, STR("node"), &key, &err), RC_OK);
    for (int i = 0; i < COUNT; i++) {
        unsigned char out[SIG_BYTES];
        char text[512];
        struct str answer = str_sub(answers, (size_t)i * SIGNER_ANSWER_BYTES, SIGNER_ANSWER_BYTES);
        enum rc rc = signer_read_answer(answer, out, &err);
        assert_int_equal(rc, i % 10 == 3 ? RC_NOT_FOUND : RC_OK);
        if (rc == RC_OK && i % 5 == 0) {
            int len = snprintf(text, sizeof(text), "%d %.*s", i, i * 7 % 400, filler);
            assert_true(sig_verify(&key, (struct str){text, (size_t)len},
                                   (struct str){(char *)out, sizeof(out)}));
        }
    }
    assert_ends_well(&r);
}

static void
one_who_does_not_read_his_answers_holds_up_nobody_else(void **state)
{
    struct running r;
    struct buf requests;
    struct err err;
    unsigned char out[SIG_BYTES];

    (void)state;
    start(&r, false);
    buf_init(&requests, r.arena, 1 << 20);
    for (int i = 0; i < 64; i++) {
        assert_true(signer_put_request(&requests, STR("nobody"), STR("m")));
    }
    /* Until the socket takes no more, since the signer no longer reads it. */
    assert_int_equal(fcntl(r.fds[0], F_SETFL, O_NONBLOCK), 0);
    for (int quiet = 0; quiet < 20;) {
        struct pollfd p = {.fd = r.fds[0], .events = POLLOUT};
        if (send(r.fds[0], requests.ptr, requests.len, MSG_NOSIGNAL) < 0) {
            assert_int_equal(errno, EAGAIN);
            quiet = poll(&p, 1, 10) == 0 ? quiet + 1 : 0;
        }
    }
    assert_int_equal(signer_sign(r.fds[1], STR("node"), STR("m"), out, &err), RC_OK);
    assert_ends_well(&r);
}

static void
bytes_may_come_one_at_a_time(void **state)
{
    struct running r;
    struct buf request;
    struct err err;
    char answer[SIGNER_ANSWER_BYTES];
    unsigned char out[SIG_BYTES];

    (void)state;
    start(&r, false);
    buf_init(&request, r.arena, 4096);
    assert_true(signer_put_request(&request, STR("node"), STR("slowly")));
    for (size_t i = 0; i < request.len; i++) {
        assert_int_equal(send(r.fds[0], request.ptr + i, 1, MSG_NOSIGNAL), 1);
        assert_int_equal(signer_sign(r.fds[1], STR("node"), STR("between"), out, &err), RC_OK);
    }
    assert_int_equal(recv(r.fds[0], answer, sizeof(answer), MSG_WAITALL), sizeof(answer));
    assert_int_equal(signer_read_answer((struct str){answer, sizeof(answer)}, out, &err), RC_OK);
    assert_ends_well(&r);
}

static void
nonsense_ends_its_connection_and_nothing_else(void **state)
{
    static const struct str cases[] = {
        STR_INIT("\0"),                        /* no such kind */
        STR_INIT("\3"),                        /* no such kind */
        STR_INIT("GET / HTTP/1.1\r\n\r\n"),    /* another protocol */
        STR_INIT("\1\0"),                      /* no name */
        STR_INIT("\1\x21"),                    /* a name too long */
        STR_INIT("\1\4\0\1\0\1"),              /* a message too long */
        STR_INIT("\1\4\xff\xff\xff\xff"),      /* far too long */
        STR_INIT("\2\4\0\0\0\1nodex"),         /* a public key has no message */
    };
    struct str good = STR("\1\6\0\0\0\1nobodym");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct running r;
        struct err err;
        char answer[SIGNER_ANSWER_BYTES + 1];
        unsigned char out[SIG_BYTES];
        start(&r, false);
        /* What came before the nonsense is still answered. */
        assert_int_equal(send(r.fds[0], good.ptr, good.len, MSG_NOSIGNAL), good.len);
        assert_int_equal(send(r.fds[0], cases[i].ptr, cases[i].len, MSG_NOSIGNAL), cases[i].len);
        assert_int_equal(recv(r.fds[0], answer, sizeof(answer), MSG_WAITALL),
                         SIGNER_ANSWER_BYTES);
        assert_int_equal(signer_sign(r.fds[0], STR("node"), STR("m"), out, &err), RC_IO);
        assert_int_equal(signer_sign(r.fds[1], STR("node"), STR("m"), out, &err), RC_OK);
        assert_ends_well(&r);
    }
}

static void
send_whole(int fd, const struct buf *b)
{
    assert_int_equal(send(fd, b->ptr, b->len, MSG_NOSIGNAL), b->len);
}

/*
 * First it is found out how many whole turns of answers a socket holds that nobody reads.  One
 * turn more, of 8 answers and then nonsense, has to wait in the signer; it must not be lost by
 * the end.
 */
static void
answers_that_have_to_wait_are_written_before_the_end(void **state)
{
    enum { TURN = 16, PLENTY = 8000 };
    struct running r;
    struct buf many, few;
    char answers[4096];
    int held = 0;
    size_t got = 0;
    ssize_t n;

    (void)state;
    start(&r, false);
    buf_init(&many, r.arena, 1 << 20);
    for (int i = 0; i < PLENTY; i++) {
        assert_true(signer_put_request(&many, STR("x"), STR("")));
    }
    send_whole(r.fds[0], &many);
    wait_until_asleep(r.pid);
    assert_int_equal(ioctl(r.fds[0], FIONREAD, &held), 0);
    size_t count = (size_t)held / (TURN * SIGNER_ANSWER_BYTES) * TURN + 8;
    assert_true(count < PLENTY);

    buf_init(&few, r.arena, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        assert_true(signer_put_request(&few, STR("x"), STR("")));
    }
    buf_put_char(&few, '\0');
    send_whole(r.fds[1], &few);
    wait_until_asleep(r.pid);
    while ((n = read(r.fds[1], answers, sizeof(answers))) > 0) {
        got += (size_t)n;
    }
    assert_int_equal(n, 0);
    assert_int_equal(got, count * SIGNER_ANSWER_BYTES);
    assert_ends_well(&r);
}

static void
a_closed_half_is_answered_to_the_end(void **state)
{
    struct running r;
    struct buf requests;
    char answers[40 * SIGNER_ANSWER_BYTES + 1];

    (void)state;
    start(&r, false);
    buf_init(&requests, r.arena, 1 << 16);
    for (int i = 0; i < 40; i++) {
        assert_true(signer_put_request(&requests, STR("node"), STR("m")));
    }
    buf_put(&requests, STR("\1\4\0")); /* and the beginning of one more */
    assert_int_equal(send(r.fds[0], requests.ptr, requests.len, MSG_NOSIGNAL), requests.len);
    assert_int_equal(shutdown(r.fds[0], SHUT_WR), 0);
    assert_int_equal(recv(r.fds[0], answers, sizeof(answers), MSG_WAITALL), sizeof(answers) - 1);
    assert_ends_well(&r);
}

static void
a_killed_signer_is_an_io_error_and_no_signal(void **state)
{
    struct running r;
    struct err err;
    struct sig_public key;
    unsigned char out[SIG_BYTES];

    (void)state;
    start(&r, false);
    assert_int_equal(signer_sign(r.fds[0], STR("node"), STR("m"), out, &err), RC_OK);
    assert_int_equal(kill(r.pid, SIGKILL), 0);
    for (size_t i = 0; i < SOCKETS; i++) { /* SIGPIPE would end this test */
        assert_int_equal(signer_sign(r.fds[i], STR("node"), STR("m"), out, &err), RC_IO);
        assert_int_equal(signer_public(r.fds[i], r.arena, STR("node"), &key, &err), RC_IO);
    }
    int status = stop(&r);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void
it_serves_until_its_last_socket_is_closed(void **state)
{
    struct running r;
    struct err err;
    unsigned char out[SIG_BYTES];

    (void)state;
    start(&r, false);
    for (size_t i = 0; i + 1 < SOCKETS; i++) {
        (void)close(r.fds[i]);
        r.fds[i] = -1;
        assert_int_equal(signer_sign(r.fds[SOCKETS - 1], STR("node"), STR("m"), out, &err), RC_OK);
    }
    assert_ends_well(&r);
}

static void
signals_to_the_whole_group_do_not_end_it(void **state)
{
    struct running r;
    int status;
    struct err err;
    unsigned char out[SIG_BYTES];

    (void)state;
    start(&r, false);
    assert_int_equal(kill(r.pid, SIGINT), 0);
    assert_int_equal(kill(r.pid, SIGTERM), 0);
    assert_int_equal(kill(r.pid, SIGHUP), 0);
    wait_until_asleep(r.pid);
    assert_int_equal(kill(r.pid, SIGSTOP), 0); /* Ctrl-Z and fg: the poll is restarted */
    assert_int_equal(waitpid(r.pid, &status, WUNTRACED), r.pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(kill(r.pid, SIGCONT), 0);
    assert_int_equal(signer_sign(r.fds[0], STR("node"), STR("m"), out, &err), RC_OK);
    assert_ends_well(&r);
}

static void
it_runs_filtered_without_new_rights_and_without_core(void **state)
{
    struct running r;
    struct rlimit core;

    (void)state;
    start(&r, true);
    assert_int_equal(status_of(r.pid, "Seccomp"), 2);
    assert_int_equal(status_of(r.pid, "NoNewPrivs"), 1);
#ifndef ZT_DEV /* sanitizers turn mlock off */
    assert_true(status_of(r.pid, "VmLck") > 0);
#endif
    assert_int_equal(prlimit(r.pid, RLIMIT_CORE, NULL, &core), 0);
    assert_int_equal(core.rlim_max, 0);
    assert_ends_well(&r);
}

/*
 * The kernel gives the files of a process that may not be looked into to root.  An ordinary user
 * has to start it to see the difference; making oneself one takes the mark, so it is set again.
 */
static void
nobody_may_look_into_it(void **state)
{
    int status = -1;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        struct running r;
        struct stat file;
        char path[64];
        if ((geteuid() == 0 && setuid(65534) != 0) || prctl(PR_SET_DUMPABLE, 1) != 0) {
            _exit(2);
        }
        start(&r, false);
        (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)r.pid);
        bool own_is_own = stat("/proc/self/status", &file) == 0 && file.st_uid != 0;
        _exit(own_is_own && stat(path, &file) == 0 && file.st_uid == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The end of a pipe that only the signer could still hold open: it must be closed there. */
static void
it_keeps_no_descriptor_of_its_parent(void **state)
{
    struct running r;
    int ends[2], high[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pipe(high), 0);
    int far = fcntl(high[1], F_DUPFD, 500);
    assert_true(far >= 500);
    start(&r, false);
    (void)close(ends[1]);
    (void)close(high[1]);
    (void)close(far);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    assert_int_equal(read(high[0], &byte, 1), 0);
    (void)close(ends[0]);
    (void)close(high[0]);
    assert_ends_well(&r);
}

/*
 * A parent that is killed takes its signer with it, though somebody else still holds the
 * sockets.
 */
static void
it_dies_with_its_parent(void **state)
{
    int ends[2];
    struct running r = {.arena = NULL};
    pid_t holder = 0;
    int status;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        start(&r, false);
        pid_t pids[2] = {r.pid, fork()};
        if (pids[1] != 0) {
            (void)!write(ends[1], pids, sizeof(pids));
        }
        for (;;) {
            (void)pause();
        }
    }
    pid_t pids[2];
    assert_int_equal(read(ends[0], pids, sizeof(pids)), sizeof(pids));
    r.pid = pids[0];
    holder = pids[1];
    assert_int_equal(status_of(r.pid, "Seccomp"), 2);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(waitpid(r.pid, &status, 0), r.pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void
a_wrong_key_file_starts_nothing(void **state)
{
#define SEED_ "\"seed\":\"gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8=\""
#define ZERO_ "\"seed\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""
    static const char *const cases[] = {
        "",
        "[]",
        "{\"keys\":[]}",
        "{\"keys\":[{}]}",
        "{\"keys\":[{\"name\":\"\",\"algorithm\":\"ed25519\"," SEED_ "}]}",
        "{\"keys\":[{\"name\":\"abcdefghijklmnopqrstuvwxyzabcdefg\",\"algorithm\":\"ed25519\"," SEED_
        "}]}",
        "{\"keys\":[{\"name\":\"a\",\"algorithm\":\"rsa\"," SEED_ "}]}",
        "{\"keys\":[{\"name\":\"a\",\"algorithm\":\"hmac-sha256\"," SEED_ "}]}",
        "{\"keys\":[{\"name\":\"a\",\"algorithm\":\"sm2-sm3\"," ZERO_ "}]}",
        "{\"keys\":[{\"name\":\"a\",\"algorithm\":\"ed25519\",\"seed\":\"gIGCg4SF\"}]}",
        "{\"keys\":[{\"name\":\"a\",\"algorithm\":\"ed25519\"}]}",
        "{\"keys\":[{\"name\":\"a\",\"algorithm\":\"ed25519\"," SEED_ ",\"must_start\":7}]}",
        "{\"keys\":[{\"name\":\"a\",\"algorithm\":\"ed25519\"," SEED_ "},"
        "{\"name\":\"a\",\"algorithm\":\"ed25519\"," SEED_ "}]}",
        "{\"keys\":[{\"name\":\"a\",\"name\":\"b\",\"algorithm\":\"ed25519\"," SEED_ "}]}",
        "{\"keys\":[{\"name\":\"a\",\"algorithm\":\"ed25519\"," SEED_ "}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fds[1] = {-7};
        pid_t pid = -7;
        struct err err;
        if (signer_start(str_of(cases[i]), 1, fds, &pid, &err) != RC_INVALID) {
            fail_msg("%s", cases[i]);
        }
        assert_int_equal(fds[0], -7);
        assert_int_equal(pid, -7);
        assert_null(strstr(err.text, "gIGC")); /* a key is never in a message */
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and no child is left over */
    assert_int_equal(errno, ECHILD);
}

static void
the_key_file_holds_as_many_keys_as_stated(void **state)
{
    (void)state;
    for (int count = SIGNER_KEYS_MAX; count <= SIGNER_KEYS_MAX + 1; count++) {
        struct arena *a = arena_new(1 << 20);
        struct json *document = signer_new_keys(a, NULL, 0);
        struct signer_keys *keys = NULL;
        struct str text;
        struct err err;
        for (int i = 0; i < count; i++) {
            signer_add_key(a, document, str_fmt(a, "key-%d", i).ptr, SIG_ED25519, STR("x"));
        }
        assert_int_equal(json_print(a, document, &text, &err), RC_OK);
        enum rc rc = signer_keys_read(text, &keys, &err);
        assert_int_equal(rc, count == SIGNER_KEYS_MAX ? RC_OK : RC_INVALID);
        signer_keys_free(keys);
        arena_free(a);
    }
}

static void
making_a_key_file_fails_cleanly_at_every_allocation(void **state)
{
    static const char *const names[] = {"node", "log"};
    struct arena *a = arena_new(1 << 20);
    enum rc rc = RC_LIMIT;
    struct err err;
    size_t failures = 0;

    (void)state;
    for (size_t n = 1; rc != RC_OK && n < 200; n++) {
        arena_fail_at(a, n);
        rc = json_whole(signer_new_keys(a, names, 2), &err);
        arena_fail_at(a, 0);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        failures += rc != RC_OK;
    }
    assert_int_equal(rc, RC_OK);
    assert_true(failures > 10);
    arena_free(a);
}

static void
a_request_that_does_not_fit_is_not_put(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct buf b;
    char *message = arena_alloc(a, SIGNER_MESSAGE_MAX + 1, 1);
    struct str name = STR("a name of exactly thirty-two by.");

    (void)state;
    assert_non_null(message);
    assert_int_equal(name.len, SIGNER_NAME_MAX);
    buf_init(&b, a, 1 << 19);
    assert_false(signer_put_request(&b, STR(""), STR("m")));
    assert_false(signer_put_request(&b, STR("a name of exactly thirty-three b."), STR("m")));
    assert_false(signer_put_request(&b, name, (struct str){message, SIGNER_MESSAGE_MAX + 1}));
    assert_int_equal(b.len, 0);
    assert_true(signer_put_request(&b, name, (struct str){message, SIGNER_MESSAGE_MAX}));
    assert_int_equal(b.len, SIGNER_FRAME_MAX);
    for (size_t limit = 1; limit < SIGNER_HEAD_BYTES + 6; limit++) {
        buf_init(&b, a, limit); /* never half a frame: the next one would be taken for its rest */
        assert_false(signer_put_request(&b, STR("node"), STR("mm")));
        assert_int_equal(b.len, 0);
    }
    arena_free(a);
}

static void
an_answer_with_an_unknown_status_is_an_io_error(void **state)
{
    char answer[SIGNER_ANSWER_BYTES] = {0};
    unsigned char out[SIG_BYTES] = {7};
    struct err err;

    (void)state;
    for (int status = 0; status < 256; status++) {
        answer[0] = (char)status;
        enum rc rc = signer_read_answer((struct str){answer, sizeof(answer)}, out, &err);
        assert_int_equal(rc, status == 0   ? RC_OK
                             : status == 1 ? RC_NOT_FOUND
                             : status == 2 ? RC_DENIED
                                           : RC_IO);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_signer_signs_verifies_under_the_key_it_names),
        cmocka_unit_test(a_message_may_be_as_long_as_stated_and_not_longer),
        cmocka_unit_test(an_unknown_key_or_a_message_of_another_kind_is_refused),
        cmocka_unit_test(thousands_under_way_come_back_in_order),
        cmocka_unit_test(one_who_does_not_read_his_answers_holds_up_nobody_else),
        cmocka_unit_test(bytes_may_come_one_at_a_time),
        cmocka_unit_test(nonsense_ends_its_connection_and_nothing_else),
        cmocka_unit_test(answers_that_have_to_wait_are_written_before_the_end),
        cmocka_unit_test(a_closed_half_is_answered_to_the_end),
        cmocka_unit_test(a_killed_signer_is_an_io_error_and_no_signal),
        cmocka_unit_test(it_serves_until_its_last_socket_is_closed),
        cmocka_unit_test(signals_to_the_whole_group_do_not_end_it),
        cmocka_unit_test(it_runs_filtered_without_new_rights_and_without_core),
        cmocka_unit_test(nobody_may_look_into_it),
        cmocka_unit_test(it_keeps_no_descriptor_of_its_parent),
        cmocka_unit_test(it_dies_with_its_parent),
        cmocka_unit_test(a_wrong_key_file_starts_nothing),
        cmocka_unit_test(the_key_file_holds_as_many_keys_as_stated),
        cmocka_unit_test(making_a_key_file_fails_cleanly_at_every_allocation),
        cmocka_unit_test(a_request_that_does_not_fit_is_not_put),
        cmocka_unit_test(an_answer_with_an_unknown_status_is_an_io_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
