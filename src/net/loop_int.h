/*
 * loop_int - what loop.c, task.c and work.c share: the loop and its tasks from inside.
 */
#ifndef NET_LOOP_INT_H
#define NET_LOOP_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/fiber.h"
#include "net/task.h"

enum task_state {
    TASK_POOLED,   /* its stack waits for the next task_start */
    TASK_FRESH,    /* started, never ran */
    TASK_READY,    /* in the ready list */
    TASK_RUNNING,
    TASK_WAITING,  /* fd, sleep or suspend_until: loop_stop and task_interrupt end it */
    TASK_SUSPENDED /* only its resume, or its work, ends it */
};

struct task {
    struct fiber fiber; /* first: fiber_new makes both */
    struct loop *loop;
    void (*fn)(struct task *t, void *ctx);
    void *ctx;
    struct task *next; /* in the ready list or the pool */
    struct task *live_next;
    struct task *live_previous;
    enum task_state state;
    enum rc woken_by; /* how the wait ended */
    int wait_fd;      /* -1 if the wait is for no fd */
    int resumes;      /* not yet consumed */
    bool takes_resume;
    bool trims;
    int64_t deadline_us; /* of the wait; 0 = never */
    /*
     * Timers are lazy: a wait that ends early leaves its entry in the heap, and a later wait with a later
     * deadline keeps it.  So a connection that is always busy touches the heap once in a while.
     */
    int64_t timer_us; /* key in the heap, never later than deadline_us */
    size_t timer_at;  /* 1..; 0 = not in the heap */
};

enum { WATCH_NONE, WATCH_EDGE, WATCH_ONE_SHOT };

struct watch {
    struct task *reader;
    struct task *writer;
    uint32_t generation; /* tells a late event from one of the fd's present life */
    unsigned char kind;
    unsigned char ready;  /* came while nobody waited */
    unsigned char sticky; /* hung up: ready for ever */
    unsigned char armed;  /* one-shot: what epoll was asked for last */
};

struct call {
    void (*fn)(void *ctx);
    void *ctx;
};

struct calls {
    struct call *call;
    size_t count;
    size_t room;
};

struct work_pool;

struct loop {
    const struct clock *clock;
    int64_t now_us;
    int epoll_fd;
    int event_fd;
    size_t stack_bytes;
    int tasks_max;
    int tasks;
    bool is_ending;
    atomic_bool stop;
    _Atomic(pthread_t) thread;
    atomic_bool has_thread;

    struct fiber main;
    struct task *ready_first;
    struct task *ready_last;
    struct task *live;
    struct task *pool;
    int pooled;

    struct task **timer; /* heap from 1 */
    size_t timers;
    size_t timer_room;

    struct watch *watch; /* by fd */
    size_t watches;

    struct calls turn; /* each turn */

    pthread_mutex_t lock; /* of what follows */
    struct calls posted;
    bool is_sleeping; /* a poster must write to event_fd */

    struct calls running; /* posted, taken over; the loop's thread only */
    struct work_pool *work;
};

/* loop.c */
void calls_add(struct calls *c, void (*fn)(void *ctx), void *ctx);
bool loop_is_here(const struct loop *loop);
void timer_set(struct loop *loop, struct task *t, int64_t at_us);
void timer_remove(struct loop *loop, struct task *t);
struct watch *loop_watch_of(struct loop *loop, int fd);
/* Ask epoll for the waiters of a one-shot fd. */
MUST_USE enum rc watch_arm(struct loop *loop, int fd, struct err *err);

/* task.c */
void task_make_ready(struct task *t);
void task_wake(struct task *t, enum rc why);
void task_run(struct task *t);
void task_switch_out(struct task *t, enum task_state state);

/* work.c */
MUST_USE enum rc work_new(struct loop *loop, int threads, struct work_pool **out, struct err *err);
void work_free(struct work_pool *w); /* waits for the threads; accepts NULL */

#endif
