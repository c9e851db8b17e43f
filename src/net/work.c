/*
 * A few threads and one queue for each loop.  A piece of work lies on the stack of the task that waits for
 * it, so nothing is allocated.  Work that has begun is never given up: its task
 * waits for it even when the loop is ending, because the work may write to that stack.
 */
#include <signal.h>
#include <string.h>

#include "base/mem.h"
#include "net/loop_int.h"

enum { WORK_WAITING_MAX = 1024 };

struct work {
    struct work *next;
    struct task *task;
    void (*fn)(void *ctx);
    void *ctx;
};

struct work_pool {
    struct loop *loop;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct work *first;
    struct work *last;
    int waiting;
    bool quits;
    int threads;
    pthread_t thread[];
};

static void
work_done(void *ctx)
{
    struct work *w = ctx;

    task_wake(w->task, RC_OK);
}

static void *
work_thread(void *ctx)
{
    struct work_pool *p = ctx;

    CHECK(pthread_mutex_lock(&p->lock) == 0);
    for (;;) {
        while (p->first == NULL && !p->quits) {
            CHECK(pthread_cond_wait(&p->more, &p->lock) == 0);
        }
        if (p->first == NULL) {
            break;
        }
        struct work *w = p->first;
        p->first = w->next;
        p->last = p->first == NULL ? NULL : p->last;
        p->waiting--;
        CHECK(pthread_mutex_unlock(&p->lock) == 0);
        w->fn(w->ctx);
        loop_post(p->loop, work_done, w);
        CHECK(pthread_mutex_lock(&p->lock) == 0);
    }
    CHECK(pthread_mutex_unlock(&p->lock) == 0);
    return NULL;
}

enum rc
work_new(struct loop *loop, int threads, struct work_pool **out, struct err *err)
{
    struct work_pool *p = mem_new(1, sizeof(*p) + (size_t)threads * sizeof(p->thread[0]));
    sigset_t all;
    sigset_t old;
    int failure = 0;

    p->loop = loop;
    CHECK(pthread_mutex_init(&p->lock, NULL) == 0);
    CHECK(pthread_cond_init(&p->more, NULL) == 0);
    /* Signals are for the threads that wait for them. */
    (void)sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &old) == 0);
    while (p->threads < threads && failure == 0) {
        failure = pthread_create(&p->thread[p->threads], NULL, work_thread, p);
        p->threads += failure == 0 ? 1 : 0;
    }
    CHECK(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
    if (failure != 0) {
        work_free(p);
        return err_set(err, RC_IO, "cannot start a thread: %s", strerror(failure));
    }
    *out = p;
    return RC_OK;
}

void
work_free(struct work_pool *p)
{
    if (p == NULL) {
        return;
    }
    CHECK(pthread_mutex_lock(&p->lock) == 0);
    p->quits = true;
    CHECK(pthread_cond_broadcast(&p->more) == 0);
    CHECK(pthread_mutex_unlock(&p->lock) == 0);
    for (int i = 0; i < p->threads; i++) {
        CHECK(pthread_join(p->thread[i], NULL) == 0);
    }
    CHECK(pthread_cond_destroy(&p->more) == 0);
    CHECK(pthread_mutex_destroy(&p->lock) == 0);
    mem_free(p);
}

enum rc
task_work(struct task *t, void (*fn)(void *ctx), void *ctx, struct err *err)
{
    struct work_pool *p = t->loop->work;
    struct work w = {.task = t, .fn = fn, .ctx = ctx};

    if (p == NULL) {
        return err_set(err, RC_BUSY, "the loop has no work threads");
    }
    CHECK(pthread_mutex_lock(&p->lock) == 0);
    bool is_full = p->waiting >= WORK_WAITING_MAX;
    if (!is_full) {
        if (p->last != NULL) {
            p->last->next = &w;
        } else {
            p->first = &w;
        }
        p->last = &w;
        p->waiting++;
        CHECK(pthread_cond_signal(&p->more) == 0);
    }
    CHECK(pthread_mutex_unlock(&p->lock) == 0);
    if (is_full) {
        return err_set(err, RC_BUSY, "%d pieces of work are waiting", WORK_WAITING_MAX);
    }
    task_switch_out(t, TASK_SUSPENDED);
    return RC_OK;
}
