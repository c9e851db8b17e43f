/*
 * bench_fibers - for benches: many callers of a store on one thread, as coroutines, as small as they can be.
 *
 * This is how a node's requests call it, without a socket; net/task is no part of it, because store and net do not know each other.
 */
#ifndef STORE_BENCH_FIBERS_H
#define STORE_BENCH_FIBERS_H

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

#include "base/mem.h"
#include "store/store.h"

struct fibers;
struct fiber {
    struct fibers *all;
    struct fiber *next;
    struct db db;
    ucontext_t context;
    char *stack;
    int which;
    bool ended;
};

struct fibers {
    void (*work)(void *ctx, int which, const struct db *db);
    void *ctx;
    ucontext_t main;
    pthread_mutex_t lock;
    pthread_cond_t some;
    struct fiber *ready; /* newest first */
    int left;
};

static void
fiber_resume(void *ctx)
{
    struct fiber *f = ctx;
    struct fibers *all = f->all;

    (void)pthread_mutex_lock(&all->lock);
    f->next = all->ready;
    all->ready = f;
    if (f->next == NULL) {
        (void)pthread_cond_signal(&all->some);
    }
    (void)pthread_mutex_unlock(&all->lock);
}

static void
fiber_suspend(void *ctx)
{
    struct fiber *f = ctx;

    if (swapcontext(&f->context, &f->all->main) != 0) {
        abort();
    }
}

static void
fiber_main(unsigned high, unsigned low)
{
    struct fiber *f = (struct fiber *)((uintptr_t)high << 32 | low); /* makecontext passes int */

    f->all->work(f->all->ctx, f->which, &f->db);
    f->ended = true;
    (void)swapcontext(&f->context, &f->all->main);
}

static void
fiber_start(struct fibers *all, struct fiber *f, struct store *store, size_t stack_bytes)
{
    f->all = all;
    f->db = (struct db){store, {.ctx = f, .suspend = fiber_suspend, .resume = fiber_resume}};
    f->stack = mem_new(stack_bytes, 1);
    if (getcontext(&f->context) != 0) {
        abort();
    }
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = stack_bytes;
    makecontext(&f->context, (void (*)(void))fiber_main, 2, (unsigned)((uintptr_t)f >> 32), (unsigned)(uintptr_t)f);
    f->next = all->ready;
    all->ready = f;
    all->left++;
}

/* Runs so many of work(ctx, 0…count-1, its way into the store) side by side, until each has returned. */
static inline void
fibers_run(struct store *store, int count, size_t stack_bytes, void (*work)(void *ctx, int which, const struct db *db), void *ctx)
{
    struct fibers all = {.work = work, .ctx = ctx};
    struct fiber *fiber = mem_new((size_t)count, sizeof(*fiber));

    (void)pthread_mutex_init(&all.lock, NULL);
    (void)pthread_cond_init(&all.some, NULL);
    for (int i = 0; i < count; i++) {
        fiber[i].which = i;
        fiber_start(&all, &fiber[i], store, stack_bytes);
    }
    while (all.left > 0) {
        struct fiber *list, *next;
        (void)pthread_mutex_lock(&all.lock);
        while (all.ready == NULL) {
            (void)pthread_cond_wait(&all.some, &all.lock);
        }
        list = all.ready;
        all.ready = NULL;
        (void)pthread_mutex_unlock(&all.lock);
        for (; list != NULL; list = next) {
            next = list->next;
            if (swapcontext(&all.main, &list->context) != 0) {
                abort();
            }
            all.left -= list->ended;
        }
    }
    for (int i = 0; i < count; i++) {
        mem_free(fiber[i].stack);
    }
    mem_free(fiber);
    (void)pthread_cond_destroy(&all.some);
    (void)pthread_mutex_destroy(&all.lock);
}

#endif
