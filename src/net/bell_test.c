#include "net/bell.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct listening {
    struct loop *loop;
    struct bell *bell;
    struct task *task;
    pthread_t thread;
    bool is_let_go; /* what the task waits for beside the bell has come */
    int rings, heard;
    enum rc rc[3];
};

/* A listener runs as a task, until all that it plays is over. */
static void
play(void (*fn)(struct task *t, void *ctx), struct listening *l)
{
    const struct loop_config config = {.clock = &clock_system, .tasks_max = 8};
    struct err err;

    assert_int_equal(loop_new(&config, &l->loop, &err), RC_OK);
    l->bell = bell_new();
    assert_int_equal(task_start(l->loop, fn, l, &err), RC_OK);
    loop_run(l->loop);
    bell_free(l->bell);
    loop_free(l->loop);
}

static void *
ring_and_let_go(void *ctx)
{
    struct listening *l = ctx;

    for (int n = 0; n < l->rings; n++) {
        bell_ring(l->bell);
    }
    __atomic_store_n(&l->is_let_go, true, __ATOMIC_SEQ_CST);
    task_resume(l->task);
    return NULL;
}

static void
wait_for_something_else(struct task *t, void *ctx)
{
    struct listening *l = ctx;
    struct err err;

    l->task = t;
    for (int n = 0; n < 200; n++) {
        l->is_let_go = false;
        assert_int_equal(pthread_create(&l->thread, NULL, ring_and_let_go, l), 0);
        task_suspend(t);
        assert_true(__atomic_load_n(&l->is_let_go, __ATOMIC_SEQ_CST));
        assert_int_equal(pthread_join(l->thread, NULL), 0);
        assert_int_equal(bell_wait(l->bell, t, 0, &err), RC_OK);
        l->heard++;
        assert_int_equal(bell_wait(l->bell, t, 1, &err), RC_TIMEOUT); /* often is once */
    }
    loop_stop(l->loop);
}

static void
a_ring_ends_no_other_wait_and_is_heard_at_the_next(void **state)
{
    struct listening l = {.rings = 3};

    (void)state;
    play(wait_for_something_else, &l);
    assert_int_equal(l.heard, 200);
}

static void *
ring_often(void *ctx)
{
    struct listening *l = ctx;

    while (!__atomic_load_n(&l->is_let_go, __ATOMIC_SEQ_CST)) {
        bell_ring(l->bell);
    }
    return NULL;
}

/* Time is up at the same moment at which it rings, again and again: no wake-up may be left over for what the task waits for afterwards. */
static void
wait_as_time_runs_out(struct task *t, void *ctx)
{
    struct listening *l = ctx;
    struct err err;

    l->task = t;
    assert_int_equal(pthread_create(&l->thread, NULL, ring_often, l), 0);
    for (int n = 0; n < 3000; n++) {
        enum rc rc = bell_wait(l->bell, t, loop_now_us(l->loop) + n % 3, &err);
        assert_true(rc == RC_OK || rc == RC_TIMEOUT);
        l->heard += rc == RC_OK ? 1 : 0;
    }
    __atomic_store_n(&l->is_let_go, true, __ATOMIC_SEQ_CST);
    assert_int_equal(pthread_join(l->thread, NULL), 0);
    l->rc[0] = task_suspend_until(t, loop_now_us(l->loop) + 1000, &err);
    loop_stop(l->loop);
}

static void
a_ring_as_time_runs_out_leaves_nothing_behind(void **state)
{
    struct listening l = {.heard = 0};

    (void)state;
    play(wait_as_time_runs_out, &l);
    assert_true(l.heard > 0);
    assert_int_equal(l.rc[0], RC_TIMEOUT);
}

static void
wait_for_the_end(struct task *t, void *ctx)
{
    struct listening *l = ctx;
    struct err err;

    loop_stop(l->loop);
    l->rc[0] = bell_wait(l->bell, t, 0, &err);
    bell_ring(l->bell);
    l->rc[1] = bell_wait(l->bell, t, 0, &err);
    l->rc[2] = bell_wait(l->bell, t, 0, &err);
}

static void
the_end_of_the_loop_ends_the_wait(void **state)
{
    struct listening l = {.heard = 0};

    (void)state;
    play(wait_for_the_end, &l);
    assert_int_equal(l.rc[0], RC_IO);
    assert_int_equal(l.rc[1], RC_OK);
    assert_int_equal(l.rc[2], RC_IO);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_ends_no_other_wait_and_is_heard_at_the_next),
        cmocka_unit_test(a_ring_as_time_runs_out_leaves_nothing_behind),
        cmocka_unit_test(the_end_of_the_loop_ends_the_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
