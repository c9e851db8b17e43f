#include "net/task.h"

#include <fenv.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *
new_loop(int tasks_max, int work_threads)
{
    const struct loop_config config = {
        .clock = &clock_system, .tasks_max = tasks_max, .work_threads = work_threads};
    struct loop *loop = NULL;
    struct err err;

    assert_int_equal(loop_new(&config, &loop, &err), RC_OK);
    return loop;
}

static void
start(struct loop *loop, void (*fn)(struct task *t, void *ctx), void *ctx)
{
    struct err err;

    assert_int_equal(task_start(loop, fn, ctx, &err), RC_OK);
}

/* --- stacks --- */

struct counting {
    int ran;
    int depth;
    long sum;
};

static long
deep(int depth)
{
    volatile char room[512];

    room[0] = (char)depth;
    room[511] = 1;
    return depth == 0 ? room[511] : deep(depth - 1) + room[511];
}

static void
use_the_stack(struct task *t, void *ctx)
{
    struct counting *c = ctx;

    task_trim(t);
    task_yield(t);
    c->sum += deep(c->depth);
    task_trim(t);
    task_yield(t);
    c->sum += deep(c->depth); /* the pages given back come again, empty */
    c->ran++;
}

struct spawning {
    struct loop *loop;
    struct counting counting;
    int rounds;
};

static void
spawn_rounds(struct task *t, void *ctx)
{
    struct spawning *s = ctx;
    struct err err;

    for (int i = 0; i < s->rounds; i++) {
        for (int k = 0; k < 200; k++) {
            start(s->loop, use_the_stack, &s->counting);
        }
        while (loop_tasks(s->loop) > 1) {
            assert_int_equal(task_sleep(t, loop_now_us(s->loop), &err), RC_OK);
        }
    }
    loop_stop(s->loop);
}

static void
stacks_are_used_again_and_again(void **state)
{
    struct spawning s = {.loop = new_loop(256, 0), .rounds = 20, .counting.depth = 40};

    (void)state;
    start(s.loop, spawn_rounds, &s);
    loop_run(s.loop);
    assert_int_equal(s.counting.ran, 4000);
    assert_int_equal(s.counting.sum, 4000L * 2 * 41);
    loop_free(s.loop);
}

static void
do_nothing(struct task *t, void *ctx)
{
    (void)t;
    (void)ctx;
}

static void
one_task_too_many_is_refused(void **state)
{
    struct loop *loop = new_loop(8, 0);
    struct err err;

    (void)state;
    for (int i = 0; i < 8; i++) {
        start(loop, do_nothing, NULL);
    }
    assert_int_equal(task_start(loop, do_nothing, NULL, &err), RC_BUSY);
    loop_stop(loop);
    loop_run(loop);
    assert_int_equal(task_start(loop, do_nothing, NULL, &err), RC_OK);
    loop_free(loop);
}

/* A child process, because the end of the process is what is looked for. */
static void
overflow(struct task *t, void *ctx)
{
    (void)t;
    (void)ctx;
    if (deep(1 << 20) > 0) {
        _exit(0);
    }
}

static void
an_overflowing_stack_ends_the_process(void **state)
{
    int status = 0;
    pid_t child;

    (void)state;
    (void)fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        struct loop *loop = new_loop(4, 0);

        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGSEGV, SIG_DFL); /* the sanitizer's handler would only report it */
        start(loop, overflow, NULL);
        loop_run(loop);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* --- what a switch keeps --- */

static void
round_up(struct task *t, void *ctx)
{
    (void)ctx;
    assert_int_equal(fesetround(FE_UPWARD), 0);
    for (int i = 0; i < 5; i++) {
        task_yield(t);
        assert_int_equal(fegetround(), FE_UPWARD);
    }
}

static void
round_down(struct task *t, void *ctx)
{
    (void)ctx;
    assert_int_equal(fesetround(FE_DOWNWARD), 0);
    for (int i = 0; i < 5; i++) {
        task_yield(t);
        assert_int_equal(fegetround(), FE_DOWNWARD);
    }
}

static void
rounding_belongs_to_a_task(void **state)
{
    struct loop *loop = new_loop(4, 0);

    (void)state;
    start(loop, round_up, NULL);
    start(loop, round_down, NULL);
    loop_stop(loop);
    loop_run(loop);
    assert_int_equal(fegetround(), FE_TONEAREST);
    loop_free(loop);
}

/* More live values than there are registers, of both kinds, must survive other tasks. */
static void
keep_values(struct task *t, void *ctx)
{
    struct counting *c = ctx;
    long whole[12];
    double real[12];

    for (int i = 0; i < 12; i++) {
        whole[i] = c->ran * 100 + i;
        real[i] = (double)c->ran + i / 16.0;
    }
    int mine = c->ran++;
    for (int k = 0; k < 10; k++) {
        task_yield(t);
        for (int i = 0; i < 12; i++) {
            assert_int_equal(whole[i], mine * 100 + i + k);
            assert_true(real[i] > (double)mine + i / 16.0 + k - 0.001);
            assert_true(real[i] < (double)mine + i / 16.0 + k + 0.001);
            whole[i]++;
            real[i] += 1.0;
        }
    }
    c->sum++;
}

static void
locals_survive_the_other_tasks(void **state)
{
    struct loop *loop = new_loop(32, 0);
    struct counting c = {0};

    (void)state;
    for (int i = 0; i < 30; i++) {
        start(loop, keep_values, &c);
    }
    loop_stop(loop);
    loop_run(loop);
    assert_int_equal(c.sum, 30);
    loop_free(loop);
}

/* --- suspend and resume --- */

struct pausing {
    struct loop *loop;
    struct task *task;
    int returned;
    enum rc rc[4];
    int64_t deadline_us;
};

static void
pause_three_times(struct task *t, void *ctx)
{
    struct pausing *p = ctx;

    p->task = t;
    for (int i = 0; i < 3; i++) {
        task_suspend(t);
        p->returned++;
    }
    loop_stop(p->loop);
}

static void
resume_early(struct task *t, void *ctx)
{
    struct pausing *p = ctx;
    struct err err;

    task_resume(p->task);
    task_resume(p->task);
    assert_int_equal(p->returned, 0);
    while (p->returned < 2) {
        assert_int_equal(task_sleep(t, loop_now_us(p->loop), &err), RC_OK);
    }
    assert_int_equal(task_sleep(t, loop_now_us(p->loop), &err), RC_OK);
    assert_int_equal(p->returned, 2); /* one suspend for each resume */
    task_resume(p->task);
}

static void
an_early_resume_is_remembered(void **state)
{
    struct pausing p = {.loop = new_loop(8, 0)};

    (void)state;
    start(p.loop, pause_three_times, &p);
    start(p.loop, resume_early, &p);
    loop_run(p.loop);
    assert_int_equal(p.returned, 3);
    loop_free(p.loop);
}

static void
pause_with_an_end(struct task *t, void *ctx)
{
    struct pausing *p = ctx;
    struct err err;

    p->task = t;
    p->rc[0] = task_suspend_until(t, loop_now_us(p->loop) + 1000, &err); /* nobody comes */
    p->rc[1] = task_suspend_until(t, 0, &err);
    p->rc[2] = task_suspend_until(t, 0, &err);
    p->rc[3] = task_sleep(t, INT64_MAX, &err);
    loop_stop(p->loop);
}

static void
end_the_pauses(struct task *t, void *ctx)
{
    struct pausing *p = ctx;
    struct err err;

    while (p->rc[0] == RC_OK) {
        assert_int_equal(task_sleep(t, loop_now_us(p->loop) + 500, &err), RC_OK);
    }
    task_resume(p->task);
    task_yield(t);
    assert_true(task_interrupt(p->task));
    assert_false(task_interrupt(p->task)); /* awake already */
    task_yield(t);
    assert_true(task_interrupt(p->task));
}

static void
a_pause_ends_by_time_resume_or_interruption(void **state)
{
    struct pausing p = {.loop = new_loop(8, 0)};

    (void)state;
    start(p.loop, pause_with_an_end, &p);
    start(p.loop, end_the_pauses, &p);
    loop_run(p.loop);
    assert_int_equal(p.rc[0], RC_TIMEOUT);
    assert_int_equal(p.rc[1], RC_OK);
    assert_int_equal(p.rc[2], RC_IO);
    assert_int_equal(p.rc[3], RC_IO);
    loop_free(p.loop);
}

struct resuming {
    struct task *task;
    struct loop *loop;
    int times;
    long got;
    pthread_t thread;
};

static void *
resume_from_outside(void *ctx)
{
    struct resuming *r = ctx;

    for (int i = 0; i < r->times; i++) {
        task_resume(r->task);
    }
    return NULL;
}

static void
count_resumes(struct task *t, void *ctx)
{
    struct resuming *r = ctx;

    r->task = t;
    assert_int_equal(pthread_create(&r->thread, NULL, resume_from_outside, r), 0);
    while (r->got < r->times) {
        task_suspend(t);
        r->got++;
    }
    assert_int_equal(pthread_join(r->thread, NULL), 0);
}

static void
resumes_from_other_threads_are_all_counted(void **state)
{
    struct loop *loop = new_loop(8, 0);
    struct resuming r[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        r[i] = (struct resuming){.loop = loop, .times = 3000};
        start(loop, count_resumes, &r[i]);
    }
    loop_stop(loop); /* a suspended task is waited for */
    loop_run(loop);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(r[i].got, 3000);
    }
    loop_free(loop);
}

/* --- work --- */

struct job {
    struct loop *loop;
    pthread_t loop_thread;
    bool was_elsewhere;
    long result;
    int *left;
};

static void
add_up(void *ctx)
{
    struct job *job = ctx;

    job->was_elsewhere = !pthread_equal(pthread_self(), job->loop_thread);
    for (long i = 0; i <= 1000; i++) {
        job->result += i;
    }
}

static void
have_it_worked(struct task *t, void *ctx)
{
    struct job *job = ctx;
    struct err err;

    job->loop_thread = pthread_self();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(task_work(t, add_up, job, &err), RC_OK);
    }
    if (--*job->left == 0) {
        loop_stop(job->loop);
    }
}

static void
work_runs_on_other_threads_and_comes_back(void **state)
{
    struct loop *loop = new_loop(64, 3);
    struct job job[40];
    int left = 40;

    (void)state;
    for (int i = 0; i < 40; i++) {
        job[i] = (struct job){.loop = loop, .left = &left};
        start(loop, have_it_worked, &job[i]);
    }
    loop_run(loop);
    for (int i = 0; i < 40; i++) {
        assert_true(job[i].was_elsewhere);
        assert_int_equal(job[i].result, 10 * 500500L);
    }
    loop_free(loop);
}

static void
ask_without_pool(struct task *t, void *ctx)
{
    struct job *job = ctx;
    struct err err;

    assert_int_equal(task_work(t, add_up, job, &err), RC_BUSY);
    assert_int_equal(job->result, 0);
}

static void
work_without_a_pool_is_refused(void **state)
{
    struct loop *loop = new_loop(4, 0);
    struct job job = {.loop = loop};

    (void)state;
    start(loop, ask_without_pool, &job);
    loop_stop(loop);
    loop_run(loop);
    loop_free(loop);
}

struct gate {
    sem_t shut;
    struct loop *loop;
    int refused;
    int worked;
};

static void
pass_the_gate(void *ctx)
{
    struct gate *g = ctx;

    assert_int_equal(sem_wait(&g->shut), 0);
    assert_int_equal(sem_post(&g->shut), 0);
}

static void
ask_at_the_gate(struct task *t, void *ctx)
{
    struct gate *g = ctx;
    struct err err;

    enum rc rc = task_work(t, pass_the_gate, g, &err);
    assert_true(rc == RC_OK || rc == RC_BUSY);
    g->worked += rc == RC_OK ? 1 : 0;
    g->refused += rc == RC_BUSY ? 1 : 0;
}

static void
open_the_gate(struct task *t, void *ctx)
{
    struct gate *g = ctx;

    task_yield(t); /* all the others have asked */
    assert_int_equal(sem_post(&g->shut), 0);
}

static void
too_much_waiting_work_is_refused(void **state)
{
    enum { ASKERS = 1200 };
    struct gate g = {.loop = new_loop(ASKERS + 1, 1)};

    (void)state;
    assert_int_equal(sem_init(&g.shut, 0, 0), 0);
    for (int i = 0; i < ASKERS; i++) {
        start(g.loop, ask_at_the_gate, &g);
    }
    start(g.loop, open_the_gate, &g);
    loop_stop(g.loop);
    loop_run(g.loop);
    /* One may be under way already, so there is room for it or not. */
    assert_true(g.refused == ASKERS - 1024 || g.refused == ASKERS - 1025);
    assert_int_equal(g.worked + g.refused, ASKERS);
    loop_free(g.loop);
    assert_int_equal(sem_destroy(&g.shut), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stacks_are_used_again_and_again),
        cmocka_unit_test(one_task_too_many_is_refused),
        cmocka_unit_test(an_overflowing_stack_ends_the_process),
        cmocka_unit_test(rounding_belongs_to_a_task),
        cmocka_unit_test(locals_survive_the_other_tasks),
        cmocka_unit_test(an_early_resume_is_remembered),
        cmocka_unit_test(a_pause_ends_by_time_resume_or_interruption),
        cmocka_unit_test(resumes_from_other_threads_are_all_counted),
        cmocka_unit_test(work_runs_on_other_threads_and_comes_back),
        cmocka_unit_test(work_without_a_pool_is_refused),
        cmocka_unit_test(too_much_waiting_work_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
