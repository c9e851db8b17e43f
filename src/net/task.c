/*
 * A task is a fiber whose entry runs one function after the other: when one has ended, the stack
 * rests in the loop's pool, newest on top, because its pages are warm.  Beyond POOL_WARM_MAX
 * resting stacks give their pages back and keep only addresses.
 *
 * Every wait is the same: note who waits for what, switch to the loop, and look afterwards who woke us.
 */
#include "net/task.h"

#include "net/loop_int.h"

enum { POOL_WARM_MAX = 64 };

void
task_make_ready(struct task *t)
{
    struct loop *loop = t->loop;

    t->next = NULL;
    if (loop->ready_last != NULL) {
        loop->ready_last->next = t;
    } else {
        loop->ready_first = t;
    }
    loop->ready_last = t;
}

void
task_switch_out(struct task *t, enum task_state state)
{
    CHECK(t->state == TASK_RUNNING);
    t->state = state;
    fiber_switch(&t->fiber, &t->loop->main, state == TASK_POOLED);
}

/* The first frame of every stack.  It has no variables that a sanitizer would keep elsewhere. */
static void
task_entry(void *object)
{
    struct task *t = object;

    fiber_entered(&t->fiber);
    for (;;) {
        t->fn(t, t->ctx);
        task_switch_out(t, TASK_POOLED);
    }
}

static void
task_retire(struct task *t)
{
    struct loop *loop = t->loop;

    timer_remove(loop, t);
    if (t->live_previous != NULL) {
        t->live_previous->live_next = t->live_next;
    } else {
        loop->live = t->live_next;
    }
    if (t->live_next != NULL) {
        t->live_next->live_previous = t->live_previous;
    }
    if (loop->pooled >= POOL_WARM_MAX) {
        fiber_trim(&t->fiber);
    }
    t->next = loop->pool;
    loop->pool = t;
    loop->pooled++;
    loop->tasks--;
}

void
task_run(struct task *t)
{
    CHECK(t->state == TASK_READY || t->state == TASK_FRESH);
    t->state = TASK_RUNNING;
    fiber_switch(&t->loop->main, &t->fiber, false);
    if (t->state == TASK_POOLED) {
        task_retire(t);
    } else if (t->trims) {
        t->trims = false;
        fiber_trim(&t->fiber);
    }
}

enum rc
task_start(struct loop *loop, void (*fn)(struct task *t, void *ctx), void *ctx, struct err *err)
{
    struct task *t = loop->pool;

    if (loop->tasks >= loop->tasks_max) {
        return err_set(err, RC_BUSY, "the loop has its most tasks, %d", loop->tasks_max);
    }
    if (t != NULL) {
        loop->pool = t->next;
        loop->pooled--;
    } else {
        t = fiber_new(loop->stack_bytes, sizeof(*t), task_entry);
        if (t == NULL) {
            return err_set(err, RC_BUSY, "no memory for one more stack");
        }
        t->loop = loop;
    }
    t->fn = fn;
    t->ctx = ctx;
    t->state = TASK_FRESH;
    t->wait_fd = -1;
    t->resumes = 0;
    t->trims = false;
    t->live_previous = NULL;
    t->live_next = loop->live;
    if (loop->live != NULL) {
        loop->live->live_previous = t;
    }
    loop->live = t;
    loop->tasks++;
    task_make_ready(t);
    return RC_OK;
}

struct loop *
task_loop(const struct task *t)
{
    return t->loop;
}

/* Ends the wait that t is in. */
void
task_wake(struct task *t, enum rc why)
{
    CHECK(t->state == TASK_WAITING || t->state == TASK_SUSPENDED);
    if (t->wait_fd >= 0) {
        struct watch *w = loop_watch_of(t->loop, t->wait_fd);
        w->reader = w->reader == t ? NULL : w->reader;
        w->writer = w->writer == t ? NULL : w->writer;
        t->wait_fd = -1;
    }
    t->woken_by = why;
    t->state = TASK_READY;
    task_make_ready(t);
}

/* Returns how the wait ended: RC_OK, RC_TIMEOUT or RC_IO with err set. */
static enum rc
wait_until(struct task *t, int64_t deadline_us, struct err *err)
{
    CHECK(t->state == TASK_RUNNING);
    t->deadline_us = deadline_us;
    if (deadline_us != 0) {
        timer_set(t->loop, t, deadline_us);
    }
    task_switch_out(t, TASK_WAITING);
    if (t->woken_by == RC_TIMEOUT) {
        return err_set(err, RC_TIMEOUT, "waited in vain");
    }
    if (t->woken_by == RC_IO) {
        return err_set(err, RC_IO, "the wait was ended");
    }
    return RC_OK;
}

enum rc
task_wait_fd(struct task *t, int fd, int events, int64_t deadline_us, struct err *err)
{
    struct loop *loop = t->loop;
    struct watch *w = loop_watch_of(loop, fd);
    bool is_watched = w->kind == WATCH_EDGE;

    CHECK((events & (TASK_READ | TASK_WRITE)) != 0);
    if (loop->is_ending) {
        return err_set(err, RC_IO, "the loop is ending");
    }
    if (is_watched && ((w->ready | w->sticky) & events) != 0) {
        w->ready &= (unsigned char)~events;
        return RC_OK;
    }
    CHECK((events & TASK_READ) == 0 || w->reader == NULL);
    CHECK((events & TASK_WRITE) == 0 || w->writer == NULL);
    w->reader = (events & TASK_READ) != 0 ? t : w->reader;
    w->writer = (events & TASK_WRITE) != 0 ? t : w->writer;
    if (!is_watched) {
        enum rc rc = watch_arm(loop, fd, err);
        if (rc != RC_OK) {
            w->reader = w->reader == t ? NULL : w->reader;
            w->writer = w->writer == t ? NULL : w->writer;
            return rc;
        }
    }
    t->wait_fd = fd;
    return wait_until(t, deadline_us, err);
}

enum rc
task_sleep(struct task *t, int64_t until_us, struct err *err)
{
    enum rc rc;

    if (t->loop->is_ending) {
        return err_set(err, RC_IO, "the loop is ending");
    }
    t->takes_resume = false;
    rc = wait_until(t, until_us < 1 ? 1 : until_us, err);
    return rc == RC_TIMEOUT ? RC_OK : rc;
}

void
task_yield(struct task *t)
{
    CHECK(t->state == TASK_RUNNING);
    task_make_ready(t);
    task_switch_out(t, TASK_READY);
}

void
task_suspend(struct task *t)
{
    CHECK(t->state == TASK_RUNNING);
    if (t->resumes == 0) {
        t->takes_resume = true;
        task_switch_out(t, TASK_SUSPENDED);
        t->takes_resume = false;
    } else {
        t->resumes--;
    }
}

enum rc
task_suspend_until(struct task *t, int64_t deadline_us, struct err *err)
{
    if (t->resumes > 0) {
        t->resumes--;
        return RC_OK;
    }
    if (t->loop->is_ending) {
        return err_set(err, RC_IO, "the loop is ending");
    }
    t->takes_resume = true;
    enum rc rc = wait_until(t, deadline_us, err);
    t->takes_resume = false;
    return rc;
}

static void
resume_here(void *ctx)
{
    struct task *t = ctx;

    if (t->takes_resume && (t->state == TASK_WAITING || t->state == TASK_SUSPENDED)) {
        t->takes_resume = false;
        task_wake(t, RC_OK);
    } else {
        t->resumes++;
    }
}

void
task_resume(struct task *t)
{
    if (loop_is_here(t->loop)) {
        resume_here(t);
    } else {
        loop_post(t->loop, resume_here, t);
    }
}

bool
task_interrupt(struct task *t)
{
    if (t->state != TASK_WAITING) {
        return false;
    }
    task_wake(t, RC_IO);
    return true;
}

void
task_trim(struct task *t)
{
    t->trims = true;
}
