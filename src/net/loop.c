/*
 * One turn: run what other threads posted, run the tasks that are ready, run the each-turn calls, then
 * wait in epoll_wait until the next timer.  Everything that becomes ready in one wait runs before
 * the next, so answers and signatures gather and go out together.
 *
 * Descriptors are of two kinds.  A watched one is registered once, edge-triggered, for both directions; what
 * happens while nobody waits is remembered in `ready`.  Any other is armed one-shot at each wait, which
 * costs an epoll_ctl and needs no care.  Event data carry the fd and its generation, so an event
 * that was fetched before the fd was closed and used again is dropped.
 *
 * A poster writes to the eventfd only if the loop sleeps, and the first of many does it for all.  The eventfd is
 * edge-triggered and never read: each write is a new edge.
 */
#include "net/loop.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/loop_int.h"

enum { EVENTS_PER_TURN = 256, RUNS_PER_TURN = 1024, STACK_BYTES_USUAL = 65536 };

static const uint64_t event_of_eventfd = UINT64_MAX;

void
calls_add(struct calls *c, void (*fn)(void *ctx), void *ctx)
{
    if (c->count == c->room) {
        size_t room = c->room == 0 ? 16 : c->room * 2;
        struct call *more = mem_new(room, sizeof(*more));
        if (c->count > 0) {
            memcpy(more, c->call, c->count * sizeof(*more));
        }
        mem_free(c->call);
        c->call = more;
        c->room = room;
    }
    c->call[c->count++] = (struct call){fn, ctx};
}

static enum rc
open_fds(struct loop *loop, struct err *err)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = event_of_eventfd};

    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll_fd < 0 || loop->event_fd < 0 ||
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->event_fd, &e) != 0) {
        return err_set(err, RC_IO, "epoll: %s", strerror(errno));
    }
    return RC_OK;
}

enum rc
loop_new(const struct loop_config *config, struct loop **out, struct err *err)
{
    struct loop *loop = mem_new(1, sizeof(*loop));
    enum rc rc;

    CHECK(config->clock != NULL && config->tasks_max > 0 && config->work_threads >= 0);
    loop->clock = config->clock;
    loop->now_us = clock_monotonic_us(config->clock);
    loop->tasks_max = config->tasks_max;
    loop->stack_bytes = config->stack_bytes == 0 ? STACK_BYTES_USUAL : config->stack_bytes;
    loop->epoll_fd = -1;
    loop->event_fd = -1;
    CHECK(pthread_mutex_init(&loop->lock, NULL) == 0);
    rc = open_fds(loop, err);
    if (rc == RC_OK && config->work_threads > 0) {
        rc = work_new(loop, config->work_threads, &loop->work, err);
    }
    if (rc != RC_OK) {
        loop_free(loop);
        return rc;
    }
    *out = loop;
    return RC_OK;
}

static void
drop_tasks(struct loop *loop)
{
    while (loop->live != NULL) {
        struct task *t = loop->live;
        CHECK(t->state == TASK_FRESH); /* anything else would lose what its stack holds */
        loop->live = t->live_next;
        fiber_free(&t->fiber);
    }
    while (loop->pool != NULL) {
        struct task *t = loop->pool;
        loop->pool = t->next;
        fiber_free(&t->fiber);
    }
}

void
loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    work_free(loop->work);
    drop_tasks(loop);
    if (loop->epoll_fd >= 0) {
        (void)close(loop->epoll_fd);
    }
    if (loop->event_fd >= 0) {
        (void)close(loop->event_fd);
    }
    CHECK(pthread_mutex_destroy(&loop->lock) == 0);
    mem_free(loop->timer);
    mem_free(loop->watch);
    mem_free(loop->turn.call);
    mem_free(loop->posted.call);
    mem_free(loop->running.call);
    mem_free(loop);
}

bool
loop_is_ending(const struct loop *loop)
{
    return loop->is_ending || atomic_load_explicit(&loop->stop, memory_order_relaxed);
}

int64_t
loop_now_us(const struct loop *loop)
{
    return loop->now_us;
}

const struct clock *
loop_clock(const struct loop *loop)
{
    return loop->clock;
}

int
loop_tasks(const struct loop *loop)
{
    return loop->tasks;
}

bool
loop_is_here(const struct loop *loop)
{
    return atomic_load(&loop->has_thread) && pthread_equal(atomic_load(&loop->thread), pthread_self());
}

static void
write_eventfd(struct loop *loop)
{
    const uint64_t one = 1;
    int kept = errno; /* a signal handler may be the caller */

    /* EAGAIN means that the counter is full, which is awake enough. */
    (void)!write(loop->event_fd, &one, sizeof(one));
    errno = kept;
}

void
loop_stop(struct loop *loop)
{
    atomic_store(&loop->stop, true);
    write_eventfd(loop);
}

void
loop_post(struct loop *loop, void (*fn)(void *ctx), void *ctx)
{
    CHECK(pthread_mutex_lock(&loop->lock) == 0);
    calls_add(&loop->posted, fn, ctx);
    bool wakes = loop->is_sleeping;
    loop->is_sleeping = false;
    if (wakes) {
        write_eventfd(loop); /* under the lock: afterwards the loop may end and close it */
    }
    CHECK(pthread_mutex_unlock(&loop->lock) == 0);
}

void
loop_each_turn(struct loop *loop, void (*fn)(void *ctx), void *ctx)
{
    calls_add(&loop->turn, fn, ctx);
}

/* --- timers: a binary heap of tasks by timer_us --- */

static void
timer_place(struct loop *loop, size_t at, struct task *t)
{
    loop->timer[at] = t;
    t->timer_at = at;
}

static void
timer_up(struct loop *loop, size_t at, struct task *t)
{
    while (at > 1 && loop->timer[at / 2]->timer_us > t->timer_us) {
        timer_place(loop, at, loop->timer[at / 2]);
        at /= 2;
    }
    timer_place(loop, at, t);
}

static void
timer_down(struct loop *loop, size_t at, struct task *t)
{
    for (;;) {
        size_t child = at * 2;
        if (child > loop->timers) {
            break;
        }
        if (child < loop->timers && loop->timer[child + 1]->timer_us < loop->timer[child]->timer_us) {
            child++;
        }
        if (loop->timer[child]->timer_us >= t->timer_us) {
            break;
        }
        timer_place(loop, at, loop->timer[child]);
        at = child;
    }
    timer_place(loop, at, t);
}

void
timer_set(struct loop *loop, struct task *t, int64_t at_us)
{
    if (t->timer_at != 0) {
        if (at_us < t->timer_us) {
            t->timer_us = at_us;
            timer_up(loop, t->timer_at, t);
        }
        return;
    }
    if (loop->timers + 1 >= loop->timer_room) {
        size_t room = loop->timer_room == 0 ? 64 : loop->timer_room * 2;
        struct task **more = mem_new(room, sizeof(struct task *));
        if (loop->timers > 0) {
            memcpy(more, loop->timer, (loop->timers + 1) * sizeof(struct task *));
        }
        mem_free(loop->timer);
        loop->timer = more;
        loop->timer_room = room;
    }
    t->timer_us = at_us;
    timer_up(loop, ++loop->timers, t);
}

void
timer_remove(struct loop *loop, struct task *t)
{
    size_t at = t->timer_at;

    if (at == 0) {
        return;
    }
    CHECK(loop->timer[at] == t);
    struct task *last = loop->timer[loop->timers--];
    t->timer_at = 0;
    if (last != t) {
        timer_down(loop, at, last);
        timer_up(loop, last->timer_at, last);
    }
}

static void
run_timers(struct loop *loop)
{
    while (loop->timers > 0 && loop->timer[1]->timer_us <= loop->now_us) {
        struct task *t = loop->timer[1];
        timer_remove(loop, t);
        if (t->state != TASK_WAITING || t->deadline_us == 0) {
            continue; /* left over from a wait that ended early */
        }
        if (t->deadline_us > loop->now_us) {
            timer_set(loop, t, t->deadline_us);
        } else {
            task_wake(t, RC_TIMEOUT);
        }
    }
}

/* --- descriptors --- */

struct watch *
loop_watch_of(struct loop *loop, int fd)
{
    CHECK(fd >= 0);
    if ((size_t)fd >= loop->watches) {
        size_t count = loop->watches == 0 ? 64 : loop->watches;
        while (count <= (size_t)fd) {
            count *= 2;
        }
        struct watch *more = mem_new(count, sizeof(*more));
        if (loop->watches > 0) {
            memcpy(more, loop->watch, loop->watches * sizeof(*more));
        }
        mem_free(loop->watch);
        loop->watch = more;
        loop->watches = count;
    }
    return &loop->watch[fd];
}

static uint64_t
event_data(int fd, const struct watch *w)
{
    return (uint64_t)w->generation << 32 | (uint32_t)fd;
}

enum rc
loop_watch(struct loop *loop, int fd, bool is_shared, struct err *err)
{
    struct watch *w = loop_watch_of(loop, fd);
    struct epoll_event e = {.events = is_shared ? EPOLLIN | EPOLLET | EPOLLEXCLUSIVE
                                                : EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};

    CHECK(w->reader == NULL && w->writer == NULL);
    *w = (struct watch){.generation = w->generation + 1, .kind = WATCH_EDGE};
    e.data.u64 = event_data(fd, w);
    /* EEXIST: the fd of this number was closed without a word and epoll kept it for a duplicate. */
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0) {
        w->kind = WATCH_NONE;
        return err_set(err, RC_IO, "cannot watch descriptor: %s", strerror(errno));
    }
    return RC_OK;
}

void
loop_unwatch(struct loop *loop, int fd)
{
    struct watch *w = loop_watch_of(loop, fd);
    struct epoll_event unused = {0};

    CHECK(w->reader == NULL && w->writer == NULL);
    if (w->kind != WATCH_NONE) {
        /* close(2) alone would do, but not if a forked child holds the descriptor too. */
        (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, &unused);
    }
    *w = (struct watch){.generation = w->generation + 1};
}

bool
loop_is_stirred(const struct loop *loop, int fd)
{
    CHECK(fd >= 0 && (size_t)fd < loop->watches && loop->watch[fd].kind == WATCH_EDGE);
    return ((loop->watch[fd].ready | loop->watch[fd].sticky) & TASK_READ) != 0;
}

enum rc
watch_arm(struct loop *loop, int fd, struct err *err)
{
    struct watch *w = loop_watch_of(loop, fd);
    struct epoll_event e = {.events = EPOLLONESHOT};

    e.events |= w->reader != NULL ? EPOLLIN | EPOLLRDHUP : 0;
    e.events |= w->writer != NULL ? EPOLLOUT : 0;
    e.data.u64 = event_data(fd, w);
    if (w->kind == WATCH_ONE_SHOT) {
        if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &e) == 0) {
            return RC_OK;
        }
        /* Closed meanwhile and opened again under the same number. */
        w->generation++;
        e.data.u64 = event_data(fd, w);
    }
    w->kind = WATCH_ONE_SHOT;
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0) {
        w->kind = WATCH_NONE;
        return err_set(err, RC_IO, "cannot wait for descriptor: %s", strerror(errno));
    }
    return RC_OK;
}

static void
wake_waiters(struct loop *loop, struct watch *w, int bits)
{
    struct err ignored;

    if ((bits & TASK_READ) != 0 && w->reader != NULL) {
        w->ready &= (unsigned char)~TASK_READ;
        task_wake(w->reader, RC_OK);
    }
    if ((bits & TASK_WRITE) != 0 && w->writer != NULL) {
        w->ready &= (unsigned char)~TASK_WRITE;
        task_wake(w->writer, RC_OK);
    }
    /* One-shot is disarmed now; whoever waits for the other direction is asked for again. */
    if (w->kind == WATCH_ONE_SHOT && (w->reader != NULL || w->writer != NULL)) {
        struct task *left = w->reader != NULL ? w->reader : w->writer;
        if (watch_arm(loop, left->wait_fd, &ignored) != RC_OK) {
            task_wake(left, RC_OK); /* its own read or write will say what is wrong */
        }
    }
}

static void
run_event(struct loop *loop, const struct epoll_event *e)
{
    uint32_t fd = (uint32_t)(e->data.u64 & 0xffffffffu);
    int bits = 0;

    if (e->data.u64 == event_of_eventfd) {
        return; /* its only purpose was to end the wait */
    }
    CHECK(fd < loop->watches);
    struct watch *w = &loop->watch[fd];
    if (w->generation != (uint32_t)(e->data.u64 >> 32) || w->kind == WATCH_NONE) {
        return;
    }
    if ((e->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        bits |= TASK_READ;
    }
    if ((e->events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
        bits |= TASK_WRITE;
    }
    if (w->kind == WATCH_EDGE) {
        /* The end of a stream may come together with data and makes no edge of its own afterwards. */
        if ((e->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
            w->sticky |= TASK_READ;
        }
        if ((e->events & (EPOLLHUP | EPOLLERR)) != 0) {
            w->sticky |= TASK_WRITE;
        }
        w->ready |= (unsigned char)bits;
    }
    wake_waiters(loop, w, bits);
}

/* --- the turn --- */

static void
run_posted(struct loop *loop)
{
    CHECK(pthread_mutex_lock(&loop->lock) == 0);
    struct calls taken = loop->posted;
    loop->posted = loop->running;
    loop->running = taken;
    loop->is_sleeping = false;
    CHECK(pthread_mutex_unlock(&loop->lock) == 0);

    for (size_t i = 0; i < loop->running.count; i++) {
        loop->running.call[i].fn(loop->running.call[i].ctx);
    }
    loop->running.count = 0;
}

static void
run_ready(struct loop *loop)
{
    /* Tasks that make each other ready run in this turn too, but not for ever. */
    for (int runs = 0; runs < RUNS_PER_TURN && loop->ready_first != NULL; runs++) {
        struct task *t = loop->ready_first;
        loop->ready_first = t->next;
        if (loop->ready_first == NULL) {
            loop->ready_last = NULL;
        }
        task_run(t);
    }
}

static void
begin_ending(struct loop *loop)
{
    loop->is_ending = true;
    for (struct task *t = loop->live; t != NULL; t = t->live_next) {
        if (t->state == TASK_WAITING) {
            task_wake(t, RC_IO);
        }
    }
}

/* True if another thread has posted meanwhile; otherwise the next poster writes to the eventfd. */
static bool
fall_asleep(struct loop *loop)
{
    CHECK(pthread_mutex_lock(&loop->lock) == 0);
    bool has_posts = loop->posted.count > 0;
    loop->is_sleeping = !has_posts;
    CHECK(pthread_mutex_unlock(&loop->lock) == 0);
    return has_posts;
}

static int
timeout_ms(const struct loop *loop)
{
    if (loop->ready_first != NULL) {
        return 0;
    }
    if (loop->timers == 0) {
        return -1;
    }
    int64_t left_us = loop->timer[1]->timer_us - loop->now_us;
    if (left_us <= 0) {
        return 0;
    }
    return left_us / 1000 >= INT_MAX ? INT_MAX : (int)((left_us + 999) / 1000);
}

static void
wait_for_events(struct loop *loop)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int wait_ms = timeout_ms(loop);

    if (wait_ms != 0 && fall_asleep(loop)) {
        wait_ms = 0;
    }
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, wait_ms);
    CHECK(count >= 0 || errno == EINTR);
    loop->now_us = clock_monotonic_us(loop->clock);
    for (int i = 0; i < count; i++) {
        run_event(loop, &events[i]);
    }
    run_timers(loop);
}

void
loop_run(struct loop *loop)
{
    atomic_store(&loop->thread, pthread_self());
    atomic_store(&loop->has_thread, true);
    fiber_of_thread(&loop->main);
    loop->now_us = clock_monotonic_us(loop->clock);
    for (;;) {
        if (!loop->is_ending && atomic_load(&loop->stop)) {
            begin_ending(loop);
        }
        run_posted(loop);
        run_ready(loop);
        for (size_t i = 0; i < loop->turn.count; i++) {
            loop->turn.call[i].fn(loop->turn.call[i].ctx);
        }
        if (loop->is_ending && loop->tasks == 0 && !fall_asleep(loop)) {
            break;
        }
        wait_for_events(loop);
    }
    atomic_store(&loop->has_thread, false);
}
