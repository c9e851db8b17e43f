/*
 * The line to the signer, against a signer of the test's own (a thread at the other end of a socket pair, which "signs" by
 * giving the first bytes of the message back) and, where it matters, against the real one.
 */
#include "net/signing.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/signer_int.h"

enum {
    UNTOUCHED = 0xEE,
    TASKS_MAX = 2000,
    ASKERS_MAX = 1000,
    HEARD_MAX = SIGNER_FRAME_MAX * 2,
    KILLED_AT = 50, /* answers */
    CROWD = 100,    /* of the longest messages: more than a line gathers */
    SHIFT = 20,
    ROUNDS = 12
};

struct line;

/* A task that wants one signature, and what it got. */
struct asker {
    struct line *line;
    struct str key;
    struct str message;
    enum rc rc;
    struct err err;
    unsigned char out[SIG_BYTES];
    struct task *task; /* while it is under way */
    bool is_back;
};

/* Both ends.  The loop runs until all askers are back, or for as long as a test says. */
struct line {
    struct arena *arena;
    struct loop *loop;
    struct signing *signing;
    int there; /* the signer's end; -1: with the real one */
    pid_t pid; /* of the real one */
    struct sig_public public;
    pthread_t thread;
    struct asker *asker;
    int askers;
    int back;
    struct task *script; /* the loop does not end before it does; NULL: none */
    int wanted;          /* how many back the script waits for */
    int reads;           /* the fake: requests to take before it does what it does; 0: all */
    int piece_bytes;     /* the fake: of an answer to write at once */
    sem_t go;            /* the fake: may take as many again */
    char *heard;         /* the fake: what it has read and not yet signed */
    size_t heard_len;
};

static void
line_open_at(struct line *l, int here)
{
    const struct loop_config config = {.clock = &clock_system, .tasks_max = TASKS_MAX};
    struct err err;

    assert_int_equal(loop_new(&config, &l->loop, &err), RC_OK);
    assert_int_equal(signing_new(l->loop, here, &l->signing, &err), RC_OK);
    l->asker = arena_alloc(l->arena, ASKERS_MAX, sizeof(*l->asker));
    l->heard = arena_alloc(l->arena, HEARD_MAX, 1);
    assert_true(l->asker != NULL && l->heard != NULL);
}

static void
line_open(struct line *l)
{
    const struct timeval patience = {.tv_sec = 60};
    int ends[2];

    *l = (struct line){.arena = arena_new(256 << 20), .piece_bytes = SIGNER_ANSWER_BYTES};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
    l->there = ends[1];
    line_open_at(l, ends[0]);
}

/* "node" signs anything, "exchange" only what begins with "@. */
static void
line_open_to_real_signer(struct line *l)
{
    static const char *const names[] = {"node"};
    struct json *keys;
    struct str text;
    struct err err;
    int fd;

    *l = (struct line){.arena = arena_new(256 << 20), .there = -1};
    keys = signer_new_keys(l->arena, names, 1);
    signer_add_key(l->arena, keys, "exchange", SIG_ED25519, STR("\"@"));
    assert_int_equal(json_print(l->arena, keys, &text, &err), RC_OK);
    assert_int_equal(signer_start(text, 1, &fd, &l->pid, &err), RC_OK);
    assert_int_equal(signer_public(fd, l->arena, STR("node"), &l->public, &err), RC_OK);
    line_open_at(l, fd);
}

static void
line_close(struct line *l)
{
    signing_free(l->signing);
    loop_free(l->loop);
    if (l->there >= 0) {
        (void)close(l->there);
    }
    if (l->pid > 0) {
        assert_int_equal(waitpid(l->pid, NULL, 0), l->pid);
    }
    arena_free(l->arena);
}

static void
ask(struct task *t, void *ctx)
{
    struct asker *w = ctx;
    struct line *l = w->line;

    w->task = t;
    w->rc = signing_sign(l->signing, t, w->key, w->message, w->out, &w->err);
    w->is_back = true;
    l->back++;
    if (l->script != NULL && l->back == l->wanted) {
        task_resume(l->script);
    } else if (l->script == NULL && l->back == l->askers) {
        loop_stop(l->loop);
    }
}

/* In a script: until so many are back. */
static void
wait_for(struct line *l, int back)
{
    l->wanted = back;
    if (l->back < back) {
        task_suspend(l->script);
    }
}

/* The end of a script: the loop ends with the last asker. */
static void
leave(struct line *l)
{
    wait_for(l, l->askers);
    l->script = NULL;
    loop_stop(l->loop);
}

struct scripted {
    struct line *line;
    void (*fn)(struct line *l);
};

static void
run_script(struct task *t, void *ctx)
{
    const struct scripted *s = ctx;

    s->line->script = t;
    s->fn(s->line);
    leave(s->line);
}

/* Runs the loop with a task beside the askers. */
static void
play(struct line *l, void (*fn)(struct line *l))
{
    struct scripted s = {l, fn};
    struct err err;

    assert_int_equal(task_start(l->loop, run_script, &s, &err), RC_OK);
    loop_run(l->loop);
}

static struct asker *
add(struct line *l, struct str key, struct str message)
{
    struct asker *w = &l->asker[l->askers++];
    struct err err;

    CHECK(l->askers <= ASKERS_MAX && message.ptr != NULL);
    *w = (struct asker){.line = l, .key = key, .message = message};
    memset(w->out, UNTOUCHED, sizeof(w->out));
    assert_int_equal(task_start(l->loop, ask, w, &err), RC_OK);
    return w;
}

/* The number at the beginning, and filled up to so many bytes. */
static struct str
message_of(struct line *l, int number, size_t len)
{
    char *text = arena_alloc(l->arena, len + 16, 1);

    assert_non_null(text);
    memset(text, 'a' + number % 26, len + 16);
    (void)snprintf(text, 16, "message %07d", number);
    text[15] = '.';
    return (struct str){text, len < 16 ? 16 : len};
}

static bool
is_untouched(const struct asker *w)
{
    for (size_t i = 0; i < sizeof(w->out); i++) {
        if (w->out[i] != UNTOUCHED) {
            return false;
        }
    }
    return true;
}

static bool
is_own(const struct asker *w)
{
    size_t len = w->message.len < SIG_BYTES ? w->message.len : SIG_BYTES;

    return w->rc == RC_OK && memcmp(w->out, w->message.ptr, len) == 0;
}

/* --- the signer of the test's own --- */

static void
write_all(int fd, const unsigned char *bytes, size_t len, size_t piece)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len < piece ? len : piece, MSG_NOSIGNAL);
        if (n <= 0) {
            return; /* the line was closed */
        }
        bytes += n;
        len -= (size_t)n;
    }
}

static void
sign_as_fake(const struct line *l, const struct signer_frame *f)
{
    unsigned char answer[SIGNER_ANSWER_BYTES] = {SIGNER_GOOD};
    size_t len = f->message.len < SIG_BYTES ? f->message.len : SIG_BYTES;

    if (len > 0) {
        memcpy(answer + 2, f->message.ptr, len);
    }
    write_all(l->there, answer, sizeof(answer), (size_t)l->piece_bytes);
}

/* Takes requests and answers each at once, `reads` of them or (0) until the line is closed. */
static void *
answer_in_turn(void *ctx)
{
    struct line *l = ctx;
    int done = 0;
    ssize_t n = 1;

    while ((l->reads == 0 || done < l->reads) && n > 0) {
        struct signer_frame f;
        enum signer_parse parse = signer_frame_parse((struct str){l->heard, l->heard_len}, &f);
        CHECK(parse != SIGNER_PARSE_BAD);
        if (parse == SIGNER_PARSE_WHOLE) {
            sign_as_fake(l, &f);
            l->heard_len -= f.bytes;
            memmove(l->heard, l->heard + f.bytes, l->heard_len);
            done++;
        } else if ((n = recv(l->there, l->heard + l->heard_len, HEARD_MAX - l->heard_len, 0)) > 0) {
            l->heard_len += (size_t)n;
        }
    }
    return NULL;
}

static void
start_fake(struct line *l, void *(*fn)(void *ctx))
{
    assert_int_equal(pthread_create(&l->thread, NULL, fn, l), 0);
}

/* The loop's end of the line is closed first, so that a fake that waits for more ends. */
static void
close_with_fake(struct line *l)
{
    signing_free(l->signing);
    l->signing = NULL;
    assert_int_equal(pthread_join(l->thread, NULL), 0);
    line_close(l);
}

/* --- many at once --- */

static void
a_thousand_under_way_get_each_their_own(void **state)
{
    static const int pieces[] = {1, 7, SIGNER_ANSWER_BYTES - 1, SIGNER_ANSWER_BYTES};
    static const size_t lengths[] = {16, 400, 5000, SIGNER_MESSAGE_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct line l;
        line_open(&l);
        l.piece_bytes = pieces[i];
        for (int k = 0; k < ASKERS_MAX; k++) {
            /* Few long ones: together they are more than any socket takes at once. */
            add(&l, STR("node"), message_of(&l, k, lengths[k % 40 == 0 ? 3 : k % 3]));
        }
        start_fake(&l, answer_in_turn);
        loop_run(l.loop);
        for (int k = 0; k < ASKERS_MAX; k++) {
            assert_true(is_own(&l.asker[k]));
        }
        close_with_fake(&l);
    }
}

static void
what_the_real_signer_gives_verifies_and_refusals_stand_at_their_places(void **state)
{
    static const struct {
        const char *key;
        bool is_long;
        enum rc rc;
    } kinds[] = {
        {"node", false, RC_OK},      {"nobody", false, RC_NOT_FOUND}, {"exchange", false, RC_DENIED},
        {"node", true, RC_LIMIT},    {"", false, RC_INVALID},         {"node", false, RC_OK},
        {"123456789012345678901234567890123", false, RC_INVALID},
    };
    enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), TURNS = 40 };
    struct line l;

    (void)state;
    line_open_to_real_signer(&l);
    for (int i = 0; i < KINDS * TURNS; i++) {
        size_t len = kinds[i % KINDS].is_long ? SIGNER_MESSAGE_MAX + 1 : 300;
        add(&l, str_of(kinds[i % KINDS].key), message_of(&l, i, len));
    }
    loop_run(l.loop);
    for (int i = 0; i < KINDS * TURNS; i++) {
        const struct asker *w = &l.asker[i];
        assert_int_equal(w->rc, kinds[i % KINDS].rc);
        if (w->rc == RC_OK) {
            assert_true(sig_verify(&l.public, w->message, (struct str){(const char *)w->out, SIG_BYTES}));
        } else {
            assert_true(is_untouched(w));
        }
    }
    line_close(&l);
}

/* --- a signer that goes --- */

static void *
answer_some_and_go(void *ctx)
{
    struct line *l = ctx;
    const unsigned char half[SIGNER_ANSWER_BYTES / 2] = {SIGNER_GOOD};

    (void)answer_in_turn(l);
    write_all(l->there, half, sizeof(half), sizeof(half));
    assert_int_equal(shutdown(l->there, SHUT_RDWR), 0);
    return NULL;
}

static void
a_signer_that_goes_in_the_middle_of_an_answer_fails_the_rest_and_no_more(void **state)
{
    enum { COUNT = 50, ANSWERED = 17 };
    struct line l;

    (void)state;
    line_open(&l);
    l.reads = ANSWERED;
    for (int i = 0; i < COUNT; i++) {
        add(&l, STR("node"), message_of(&l, i, 300));
    }
    start_fake(&l, answer_some_and_go);
    loop_run(l.loop);
    for (int i = 0; i < COUNT; i++) {
        if (i < ANSWERED) {
            assert_true(is_own(&l.asker[i]));
        } else {
            assert_int_equal(l.asker[i].rc, RC_IO);
            assert_true(is_untouched(&l.asker[i])); /* half a signature is none */
        }
    }
    close_with_fake(&l);
}

static void
kill_and_ask_again(struct line *l)
{
    for (int i = 0; i < KILLED_AT * 4; i++) {
        add(l, STR("node"), message_of(l, i, 300));
    }
    wait_for(l, KILLED_AT);
    assert_int_equal(kill(l->pid, SIGKILL), 0);
    assert_int_equal(waitpid(l->pid, NULL, 0), l->pid);
    l->pid = 0;
    for (int i = 0; i < KILLED_AT; i++) {
        add(l, STR("node"), message_of(l, i, 300));
    }
}

static void
a_killed_signer_gives_no_wrong_signature_and_nobody_waits_for_it(void **state)
{
    struct line l;

    (void)state;
    line_open_to_real_signer(&l);
    play(&l, kill_and_ask_again);
    assert_int_equal(l.back, KILLED_AT * 5);
    for (int i = 0; i < l.askers; i++) {
        const struct asker *w = &l.asker[i];
        if (i < KILLED_AT || (i < KILLED_AT * 4 && w->rc == RC_OK)) {
            assert_int_equal(w->rc, RC_OK);
            assert_true(sig_verify(&l.public, w->message, (struct str){(const char *)w->out, SIG_BYTES}));
        } else {
            assert_int_equal(w->rc, RC_IO);
            assert_true(is_untouched(w));
        }
    }
    line_close(&l);
}

static void
an_answer_that_cannot_be_is_never_taken_for_a_signature(void **state)
{
    static const unsigned char wrong[] = {SIGNER_NO_KEY, SIGNER_OTHER_START, 3, 255};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong); i++) {
        const unsigned char answer[SIGNER_ANSWER_BYTES] = {wrong[i]};
        struct line l;
        line_open(&l);
        struct asker *w = add(&l, STR("node"), message_of(&l, 1, 300));
        write_all(l.there, answer, sizeof(answer), sizeof(answer));
        loop_run(l.loop);
        assert_true(w->rc != RC_OK && is_untouched(w));
        line_close(&l);
    }
}

static void
ask_one_after_another(struct line *l)
{
    add(l, STR("node"), message_of(l, 1, 300));
    wait_for(l, 1);
    add(l, STR("node"), message_of(l, 2, 300));
}

/* The second answer is nobody's; were it kept, the next request would get it. */
static void
a_signer_that_says_more_than_it_was_asked_is_not_heard_again(void **state)
{
    const unsigned char answers[2 * SIGNER_ANSWER_BYTES] = {SIGNER_GOOD};
    struct line l;

    (void)state;
    line_open(&l);
    write_all(l.there, answers, sizeof(answers), sizeof(answers));
    play(&l, ask_one_after_another);
    assert_int_equal(l.asker[1].rc, RC_IO);
    assert_true(is_untouched(&l.asker[1]));
    line_close(&l);
}

/* --- a line that is full --- */

static void
ask_for_too_much(struct line *l)
{
    int busy = 0;

    for (int i = 0; i < CROWD; i++) {
        add(l, STR("node"), message_of(l, i, SIGNER_MESSAGE_MAX));
    }
    for (int i = 0; i < CROWD; i++) {
        task_yield(l->script); /* all have asked, and the line has taken what it takes */
    }
    for (int i = 0; i < CROWD; i++) {
        busy += l->asker[i].is_back && l->asker[i].rc == RC_BUSY && is_untouched(&l->asker[i]);
    }
    assert_int_equal(busy, l->back);
    assert_in_range(busy, 1, CROWD - 30);
    start_fake(l, answer_in_turn);
    wait_for(l, CROWD);
    add(l, STR("node"), message_of(l, CROWD, SIGNER_MESSAGE_MAX)); /* and there is room again */
}

static void
what_does_not_fit_on_the_line_is_told_at_once_and_the_rest_is_signed(void **state)
{
    struct line l;

    (void)state;
    line_open(&l);
    play(&l, ask_for_too_much);
    for (int i = 0; i < l.askers; i++) {
        assert_true(is_own(&l.asker[i]) || (l.asker[i].rc == RC_BUSY && i < CROWD));
    }
    assert_true(is_own(&l.asker[CROWD]));
    close_with_fake(&l);
}

/* `reads` requests for each go. */
static void *
answer_when_told(void *ctx)
{
    struct line *l = ctx;

    for (int i = 0; i <= ROUNDS; i++) {
        while (sem_wait(&l->go) != 0) {
            /* interrupted */
        }
        (void)answer_in_turn(l);
    }
    return NULL;
}

/* In each round as many come as are signed, and half as many again always wait. */
static void
never_let_the_line_run_dry(struct line *l)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < (round == 0 ? 2 * SHIFT : SHIFT); i++) {
            add(l, STR("node"), message_of(l, l->askers, SIGNER_MESSAGE_MAX));
        }
        assert_int_equal(sem_post(&l->go), 0);
        wait_for(l, (round + 1) * SHIFT);
    }
    assert_int_equal(sem_post(&l->go), 0); /* the last of them */
}

static void
a_line_that_is_never_empty_goes_on_for_ever(void **state)
{
    struct line l;

    (void)state;
    line_open(&l);
    assert_int_equal(sem_init(&l.go, 0, 0), 0);
    l.reads = SHIFT;
    start_fake(&l, answer_when_told);
    play(&l, never_let_the_line_run_dry);
    for (int i = 0; i < l.askers; i++) {
        assert_true(is_own(&l.asker[i]));
    }
    close_with_fake(&l);
    assert_int_equal(sem_destroy(&l.go), 0);
}

/* --- ends --- */

static void
stop_while_they_wait(struct line *l)
{
    for (int i = 0; i < SHIFT; i++) {
        add(l, STR("node"), message_of(l, i, 300));
    }
    task_yield(l->script);
    loop_stop(l->loop);
}

static void
a_loop_that_ends_lets_nobody_wait_for_a_silent_signer(void **state)
{
    struct line l;

    (void)state;
    line_open(&l);
    play(&l, stop_while_they_wait);
    assert_int_equal(l.back, SHIFT);
    for (int i = 0; i < l.askers; i++) {
        assert_int_equal(l.asker[i].rc, RC_IO);
        assert_true(is_untouched(&l.asker[i]));
    }
    line_close(&l);
}

/* Its signature will come, and must find it: so this wait is not one that task_interrupt ends. */
static void
interrupt_and_then_sign(struct line *l)
{
    const struct asker *w = add(l, STR("node"), message_of(l, 1, 300));

    task_yield(l->script);
    assert_non_null(w->task);
    assert_false(task_interrupt(w->task));
    assert_int_equal(l->back, 0);
    start_fake(l, answer_in_turn);
}

static void
a_task_that_waits_for_its_signature_cannot_be_called_away(void **state)
{
    struct line l;

    (void)state;
    line_open(&l);
    play(&l, interrupt_and_then_sign);
    assert_true(is_own(&l.asker[0]));
    close_with_fake(&l);
}

static void
a_socket_that_is_none_is_refused(void **state)
{
    const struct loop_config config = {.clock = &clock_system, .tasks_max = 1};
    struct signing *signing = NULL;
    struct loop *loop;
    struct err err;

    (void)state;
    assert_int_equal(loop_new(&config, &loop, &err), RC_OK);
    assert_int_equal(signing_new(loop, -1, &signing, &err), RC_IO);
    assert_null(signing);
    signing_free(NULL);
    loop_free(loop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_under_way_get_each_their_own),
        cmocka_unit_test(what_the_real_signer_gives_verifies_and_refusals_stand_at_their_places),
        cmocka_unit_test(a_signer_that_goes_in_the_middle_of_an_answer_fails_the_rest_and_no_more),
        cmocka_unit_test(a_killed_signer_gives_no_wrong_signature_and_nobody_waits_for_it),
        cmocka_unit_test(an_answer_that_cannot_be_is_never_taken_for_a_signature),
        cmocka_unit_test(a_signer_that_says_more_than_it_was_asked_is_not_heard_again),
        cmocka_unit_test(what_does_not_fit_on_the_line_is_told_at_once_and_the_rest_is_signed),
        cmocka_unit_test(a_line_that_is_never_empty_goes_on_for_ever),
        cmocka_unit_test(a_loop_that_ends_lets_nobody_wait_for_a_silent_signer),
        cmocka_unit_test(a_task_that_waits_for_its_signature_cannot_be_called_away),
        cmocka_unit_test(a_socket_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
