#include "net/loop.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/task.h"

static struct loop *
new_loop(const struct clock *clock, int work_threads)
{
    const struct loop_config config = {
        .clock = clock, .tasks_max = 64, .work_threads = work_threads};
    struct loop *loop = NULL;
    struct err err;

    assert_int_equal(loop_new(&config, &loop, &err), RC_OK);
    return loop;
}

struct record {
    struct loop *loop;
    int seen[64];
    int count;
    int stop_at;
};

static void
note(struct record *r, int what)
{
    r->seen[r->count++] = what;
    if (r->count == r->stop_at) {
        loop_stop(r->loop);
    }
}

/* --- posting --- */

struct posting {
    struct loop *loop;
    pthread_t thread;
    long count; /* how many to post */
    long seen;  /* on the loop's thread only */
    long *total;
    long stop_at;
};

static void
count_post(void *ctx)
{
    struct posting *p = ctx;

    p->seen++;
    if (++*p->total == p->stop_at) {
        loop_stop(p->loop);
    }
}

static void *
post_many(void *ctx)
{
    struct posting *p = ctx;

    for (long i = 0; i < p->count; i++) {
        loop_post(p->loop, count_post, p);
    }
    return NULL;
}

static void
calls_posted_by_many_threads_all_run(void **state)
{
    enum { THREADS = 4, EACH = 5000 };
    struct loop *loop = new_loop(&clock_system, 0);
    struct posting p[THREADS];
    long total = 0;

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        p[i] = (struct posting){
            .loop = loop, .count = EACH, .total = &total, .stop_at = THREADS * EACH};
        assert_int_equal(pthread_create(&p[i].thread, NULL, post_many, &p[i]), 0);
    }
    loop_run(loop);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(p[i].thread, NULL), 0);
        assert_int_equal(p[i].seen, EACH);
    }
    loop_free(loop);
}

static void
post_first(void *ctx)
{
    note(ctx, 1);
}

static void
post_third(void *ctx)
{
    note(ctx, 3);
}

static void
post_second(void *ctx)
{
    struct record *r = ctx;

    note(r, 2);
    loop_post(r->loop, post_third, r); /* from inside: runs too, later */
}

static void
posted_calls_run_in_order_and_may_post_again(void **state)
{
    struct record r = {.stop_at = 3};

    (void)state;
    r.loop = new_loop(&clock_system, 0);
    loop_post(r.loop, post_first, &r);
    loop_post(r.loop, post_second, &r);
    loop_run(r.loop);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(r.seen[i], i + 1);
    }
    loop_free(r.loop);
}

/* --- the turn --- */

struct gathering {
    struct loop *loop;
    int gathered;
    int sent[16];
    int sends;
};

static void
gather(struct task *t, void *ctx)
{
    struct gathering *g = ctx;

    (void)t;
    g->gathered++;
}

static void
send_gathered(void *ctx)
{
    struct gathering *g = ctx;

    if (g->gathered > 0) {
        g->sent[g->sends++] = g->gathered;
        g->gathered = 0;
        loop_stop(g->loop);
    }
}

static void
a_turn_ends_after_all_that_was_ready(void **state)
{
    struct gathering g = {.gathered = 0};
    struct err err;

    (void)state;
    g.loop = new_loop(&clock_system, 0);
    loop_each_turn(g.loop, send_gathered, &g);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(task_start(g.loop, gather, &g, &err), RC_OK);
    }
    loop_run(g.loop);
    assert_int_equal(g.sends, 1);
    assert_int_equal(g.sent[0], 20);
    loop_free(g.loop);
}

/* --- time --- */

struct sleeper {
    struct record *record;
    int64_t until_us;
    int name;
};

static void
sleep_and_note(struct task *t, void *ctx)
{
    struct sleeper *s = ctx;
    struct err err;

    assert_int_equal(task_sleep(t, s->until_us, &err), RC_OK);
    note(s->record, s->name);
}

static void
sleepers_wake_in_the_order_of_their_times(void **state)
{
    enum { COUNT = 40 };
    struct record r = {.stop_at = COUNT};
    struct sleeper s[COUNT];
    struct err err;

    (void)state;
    r.loop = new_loop(&clock_system, 0);
    for (int i = 0; i < COUNT; i++) {
        int rank = i * 7 % COUNT; /* a permutation */
        s[i] = (struct sleeper){&r, loop_now_us(r.loop) + 1000 + rank * 300, rank};
        assert_int_equal(task_start(r.loop, sleep_and_note, &s[i], &err), RC_OK);
    }
    loop_run(r.loop);
    assert_int_equal(r.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(r.seen[i], i);
    }
    loop_free(r.loop);
}

struct waiter {
    struct loop *loop;
    int fd;
    int64_t deadline_us;
    enum rc rc;
};

static void
wait_to_read(struct task *t, void *ctx)
{
    struct waiter *w = ctx;
    struct err err;

    w->rc = task_wait_fd(t, w->fd, TASK_READ, w->deadline_us, &err);
    loop_stop(w->loop);
}

static void
a_wait_ends_at_its_deadline(void **state)
{
    int pair[2];
    struct waiter w;
    struct err err;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    for (int watched = 0; watched < 2; watched++) {
        w = (struct waiter){.loop = new_loop(&clock_system, 0), .fd = pair[0]};
        w.deadline_us = loop_now_us(w.loop) + 3000;
        if (watched) {
            assert_int_equal(loop_watch(w.loop, pair[0], false, &err), RC_OK);
        }
        assert_int_equal(task_start(w.loop, wait_to_read, &w, &err), RC_OK);
        loop_run(w.loop);
        assert_int_equal(w.rc, RC_TIMEOUT);
        loop_free(w.loop);
    }
    (void)close(pair[0]);
    (void)close(pair[1]);
}

/* --- stopping --- */

static void
wait_for_ever(struct task *t, void *ctx)
{
    struct waiter *w = ctx;
    struct err err;

    w->rc = w->fd >= 0 ? task_wait_fd(t, w->fd, TASK_READ | TASK_WRITE, 0, &err)
                       : task_suspend_until(t, 0, &err);
    assert_true(loop_is_ending(task_loop(t)));
    /* Nor does a later wait begin. */
    assert_int_equal(task_sleep(t, INT64_MAX, &err), RC_IO);
    assert_int_equal(task_suspend_until(t, 0, &err), RC_IO);
}

static void *
run_loop(void *ctx)
{
    loop_run(ctx);
    return NULL;
}

static void
stopping_from_another_thread_ends_every_wait(void **state)
{
    int pipe_fds[2];
    struct loop *loop = new_loop(&clock_system, 0);
    struct waiter w[8];
    pthread_t thread;
    struct err err;

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    for (int i = 0; i < 8; i++) {
        w[i] = (struct waiter){.loop = loop, .fd = i == 0 ? pipe_fds[0] : -1, .rc = RC_OK};
        assert_int_equal(task_start(loop, wait_for_ever, &w[i], &err), RC_OK);
    }
    assert_int_equal(pthread_create(&thread, NULL, run_loop, loop), 0);
    loop_stop(loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(w[i].rc, RC_IO);
    }
    assert_int_equal(loop_tasks(loop), 0);
    loop_free(loop);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

static struct loop *loop_of_signal; /* a handler gets no argument */

static void
stop_on_signal(int number)
{
    (void)number;
    loop_stop(loop_of_signal);
}

static void
raise_it(struct task *t, void *ctx)
{
    (void)t;
    (void)ctx;
    assert_int_equal(raise(SIGUSR1), 0);
}

static void
a_signal_handler_may_stop_the_loop(void **state)
{
    struct sigaction action = {.sa_handler = stop_on_signal};
    struct sigaction old;
    struct err err;

    (void)state;
    loop_of_signal = new_loop(&clock_system, 0);
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    assert_int_equal(task_start(loop_of_signal, raise_it, NULL, &err), RC_OK);
    loop_run(loop_of_signal);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
    loop_free(loop_of_signal);
}

/* --- descriptors --- */

struct reading {
    struct loop *loop;
    int fd;
    int peer;
    bool watches;
    char got[64];
    size_t len;
};

static void
read_to_end(struct task *t, void *ctx)
{
    struct reading *r = ctx;
    struct err err;
    ssize_t n;

    if (r->watches) {
        assert_int_equal(loop_watch(r->loop, r->fd, false, &err), RC_OK);
    }
    do {
        assert_int_equal(task_wait_fd(t, r->fd, TASK_READ, 0, &err), RC_OK);
        while ((n = read(r->fd, r->got + r->len, sizeof(r->got) - r->len)) > 0) {
            r->len += (size_t)n;
        }
    } while (n < 0);
    if (r->watches) {
        /* The end stays: another wait returns at once. */
        assert_int_equal(task_wait_fd(t, r->fd, TASK_READ, 0, &err), RC_OK);
        assert_true(loop_is_stirred(r->loop, r->fd));
        loop_unwatch(r->loop, r->fd);
    }
    loop_stop(r->loop);
}

static void
write_in_parts(struct task *t, void *ctx)
{
    struct reading *r = ctx;
    struct err err;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(write(r->peer, "abc", 3), 3);
        assert_int_equal(task_sleep(t, loop_now_us(r->loop) + 1000, &err), RC_OK);
    }
    assert_int_equal(write(r->peer, "d", 1), 1);
    (void)close(r->peer); /* data and end at the same time */
}

static void
a_reader_sees_every_byte_and_the_end(void **state)
{
    (void)state;
    for (int watches = 0; watches < 2; watches++) {
        struct reading r = {.loop = new_loop(&clock_system, 0), .watches = watches == 1};
        int pair[2];
        struct err err;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        r.fd = pair[0];
        r.peer = pair[1];
        assert_int_equal(task_start(r.loop, read_to_end, &r, &err), RC_OK);
        assert_int_equal(task_start(r.loop, write_in_parts, &r, &err), RC_OK);
        loop_run(r.loop);
        assert_int_equal(r.len, 10);
        assert_memory_equal(r.got, "abcabcabcd", 10);
        (void)close(r.fd);
        loop_free(r.loop);
    }
}

/* The same number for another file: what happened to the old one must not reach the new. */
static void
reuse_fd(struct task *t, void *ctx)
{
    struct reading *r = ctx;
    struct err err;
    int pair[2];

    for (int round = 0; round < 4; round++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        if (r->watches) {
            assert_int_equal(loop_watch(r->loop, pair[0], false, &err), RC_OK);
        }
        enum rc rc = task_wait_fd(t, pair[0], TASK_READ, loop_now_us(r->loop) + 2000, &err);
        assert_int_equal(rc, RC_TIMEOUT);
        (void)close(pair[1]); /* hangs up the other end, and nobody waits to hear it */
        if (r->watches) {
            loop_unwatch(r->loop, pair[0]);
        }
        (void)close(pair[0]);
    }
    loop_stop(r->loop);
}

static void
a_number_used_again_inherits_nothing(void **state)
{
    (void)state;
    for (int watches = 0; watches < 2; watches++) {
        struct reading r = {.loop = new_loop(&clock_system, 0), .watches = watches == 1};
        struct err err;

        assert_int_equal(task_start(r.loop, reuse_fd, &r, &err), RC_OK);
        loop_run(r.loop);
        loop_free(r.loop);
    }
}

static void
write_until_full(struct task *t, void *ctx)
{
    struct reading *r = ctx;
    struct err err;
    char zeros[4096] = {0};
    size_t left = (size_t)4 << 20;

    while (left > 0) {
        ssize_t n = write(r->peer, zeros, sizeof(zeros));
        if (n < 0) {
            assert_int_equal(task_wait_fd(t, r->peer, TASK_WRITE, 0, &err), RC_OK);
            continue;
        }
        left -= (size_t)n;
    }
    (void)close(r->peer);
}

static void
read_all(struct task *t, void *ctx)
{
    struct reading *r = ctx;
    struct err err;
    char bytes[8192];
    ssize_t n;

    while ((n = read(r->fd, bytes, sizeof(bytes))) != 0) {
        if (n < 0) {
            assert_int_equal(task_wait_fd(t, r->fd, TASK_READ, 0, &err), RC_OK);
            continue;
        }
        r->len += (size_t)n;
    }
    loop_stop(r->loop);
}

static void
writer_and_reader_take_turns(void **state)
{
    struct reading r = {.loop = new_loop(&clock_system, 0)};
    struct err err;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    r.fd = pair[0];
    r.peer = pair[1];
    assert_int_equal(task_start(r.loop, write_until_full, &r, &err), RC_OK);
    assert_int_equal(task_start(r.loop, read_all, &r, &err), RC_OK);
    loop_run(r.loop);
    assert_int_equal(r.len, (size_t)4 << 20);
    (void)close(r.fd);
    loop_free(r.loop);
}

static void
a_loop_that_never_ran_can_be_freed(void **state)
{
    struct loop *loop = new_loop(&clock_system, 2);
    struct err err;

    (void)state;
    assert_int_equal(task_start(loop, raise_it, NULL, &err), RC_OK);
    loop_free(loop);
    loop_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_posted_by_many_threads_all_run),
        cmocka_unit_test(posted_calls_run_in_order_and_may_post_again),
        cmocka_unit_test(a_turn_ends_after_all_that_was_ready),
        cmocka_unit_test(sleepers_wake_in_the_order_of_their_times),
        cmocka_unit_test(a_wait_ends_at_its_deadline),
        cmocka_unit_test(stopping_from_another_thread_ends_every_wait),
        cmocka_unit_test(a_signal_handler_may_stop_the_loop),
        cmocka_unit_test(a_reader_sees_every_byte_and_the_end),
        cmocka_unit_test(a_number_used_again_inherits_nothing),
        cmocka_unit_test(writer_and_reader_take_turns),
        cmocka_unit_test(a_loop_that_never_ran_can_be_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
