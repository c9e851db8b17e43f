/*
 * A handful of connections behind one mutex.  The lowest free one is taken, so that a node with little to
 * do keeps one warm cache instead of four cold ones.
 *
 * SQLite runs a read inside the caller, so a connection is held for some microseconds, and a row function may read
 * further: it then shares the connection (and so the snapshot) of the outer read, because waiting for
 * another one while holding one is how pools lock up.  "The same caller" is the coroutine, or the
 * thread where there is none.
 *
 * Who finds no connection stands in a queue, and a returned connection goes to its head.  A thread gives up by its
 * own timer.  A coroutine has no timer here: it is sent away at the first return or arrival after its time.
 * That is enough because every holder is bounded by the statement's own time limit.
 *
 * When every connection has died (the database was started again) callers wait in the same queue for the first
 * repaired one; once a repair has failed they are refused at once until one succeeds.
 */
#include "store/pool.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/mem.h"

struct slot {
    struct conn *conn;
    pthread_t thread;
    void *caller; /* NULL: the thread itself */
    int depth;    /* 0 = free */
    bool repairing;
};

struct waiter {
    struct waiter *next;
    const struct store_wait *wait;
    pthread_t thread;
    int64_t until_us;
    struct slot *slot; /* what it was given */
    bool done;
};

struct pool {
    const struct driver *driver;
    pthread_mutex_t lock;
    pthread_cond_t given; /* for waiting threads */
    struct waiter *first;
    bool away; /* the last repair failed, or nobody repairs */
    void (*on_death)(void *ctx);
    void *on_death_ctx;
    int64_t busy_us;
    int count;
    struct slot slots[];
};

struct pool *
pool_new(const struct driver *driver, struct conn **conns, int count, int busy_ms)
{
    pthread_condattr_t attributes;
    struct pool *p;

    CHECK(count > 0);
    p = mem_new(1, sizeof(*p) + (size_t)count * sizeof(p->slots[0]));
    p->driver = driver;
    p->away = true;
    p->busy_us = (int64_t)busy_ms * 1000;
    p->count = count;
    for (int i = 0; i < count; i++) {
        p->slots[i].conn = conns[i];
    }
    CHECK(pthread_mutex_init(&p->lock, NULL) == 0);
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&p->given, &attributes) == 0);
    CHECK(pthread_condattr_destroy(&attributes) == 0);
    return p;
}

void
pool_free(struct pool *p)
{
    if (p == NULL) {
        return;
    }
    CHECK(p->first == NULL);
    for (int i = 0; i < p->count; i++) {
        CHECK(p->slots[i].depth == 0);
        p->driver->close(p->slots[i].conn);
    }
    (void)pthread_cond_destroy(&p->given);
    (void)pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

struct conn *
slot_conn(struct slot *slot)
{
    return slot->conn;
}

static bool
is_usable(const struct pool *p, const struct slot *slot)
{
    return !slot->repairing && p->driver->alive(slot->conn);
}

/* The slot that this caller holds already, or else a free one. */
static struct slot *
find_slot(struct pool *p, const struct store_wait *wait, bool *any_alive)
{
    void *caller = wait->suspend != NULL ? wait->ctx : NULL;
    struct slot *free_one = NULL;

    *any_alive = false;
    for (int i = 0; i < p->count; i++) {
        struct slot *slot = &p->slots[i];
        if (slot->depth > 0) {
            *any_alive = *any_alive || !slot->repairing;
            if (!p->driver->whole_results && slot->caller == caller &&
                (caller != NULL || pthread_equal(slot->thread, pthread_self()))) {
                return slot;
            }
        } else if (free_one == NULL && is_usable(p, slot)) {
            *any_alive = true;
            free_one = slot;
        }
    }
    return free_one;
}

static void
hold(struct slot *slot, const struct store_wait *wait)
{
    if (slot->depth++ == 0) {
        slot->thread = pthread_self();
        slot->caller = wait->suspend != NULL ? wait->ctx : NULL;
    }
}

/* Takes w out of the queue and lets it go on, with or without a slot. */
static void
dismiss(struct pool *p, struct waiter *w, struct slot *slot)
{
    struct waiter **link = &p->first;

    while (*link != w) {
        CHECK(*link != NULL);
        link = &(*link)->next;
    }
    *link = w->next;
    w->slot = slot;
    w->done = true;
    if (slot != NULL) {
        slot->depth = 1;
        slot->thread = w->thread; /* from now on, not when it wakes: else the giver would still find its own name here, and share it */
        slot->caller = w->wait->suspend != NULL ? w->wait->ctx : NULL;
    }
    if (w->wait->resume != NULL) {
        w->wait->resume(w->wait->ctx);
    } else {
        (void)pthread_cond_broadcast(&p->given);
    }
}

static void
dismiss_late(struct pool *p)
{
    struct waiter *next;
    int64_t now = clock_monotonic_us(&clock_system);

    for (struct waiter *w = p->first; w != NULL; w = next) {
        next = w->next;
        if (w->until_us <= now) {
            dismiss(p, w, NULL);
        }
    }
}

/* In the queue, under the lock.  A coroutine's w is on its own stack, which stays while it is suspended. */
static void
queue_up(struct pool *p, struct waiter *w)
{
    struct waiter **link = &p->first;
    struct timespec until;

    dismiss_late(p);
    while (*link != NULL) {
        link = &(*link)->next;
    }
    *link = w;
    if (w->wait->suspend != NULL) {
        (void)pthread_mutex_unlock(&p->lock);
        w->wait->suspend(w->wait->ctx);
        (void)pthread_mutex_lock(&p->lock);
        CHECK(w->done);
        return;
    }
    until.tv_sec = (time_t)(w->until_us / 1000000);
    until.tv_nsec = (long)(w->until_us % 1000000 * 1000);
    while (!w->done) {
        if (pthread_cond_timedwait(&p->given, &p->lock, &until) == ETIMEDOUT && !w->done) {
            dismiss(p, w, NULL);
        }
    }
}

enum rc
pool_take(struct pool *p, const struct store_wait *wait, struct slot **out, struct err *err)
{
    bool any_alive;
    struct slot *slot;

    (void)pthread_mutex_lock(&p->lock);
    slot = find_slot(p, wait, &any_alive);
    if (slot != NULL) {
        hold(slot, wait);
    } else if (any_alive || !p->away) {
        if (!any_alive) {
            p->on_death(p->on_death_ctx);
        }
        any_alive = true;
        struct waiter w = {.wait = wait,
                           .thread = pthread_self(),
                           .until_us = clock_monotonic_us(&clock_system) + p->busy_us};
        queue_up(p, &w);
        slot = w.slot;
        any_alive = !p->away;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (slot == NULL) {
        return any_alive ? err_set(err, RC_BUSY, "no reading connection came free in time")
                         : err_set(err, RC_IO, "the database cannot be reached");
    }
    *out = slot;
    return RC_OK;
}

void
pool_on_death(struct pool *p, void (*fn)(void *ctx), void *ctx)
{
    (void)pthread_mutex_lock(&p->lock);
    p->on_death = fn;
    p->on_death_ctx = ctx;
    p->away = false;
    (void)pthread_mutex_unlock(&p->lock);
}

/* Under the lock: the slot is free, and whoever waits for one may have it. */
static void
pass_on(struct pool *p, struct slot *slot)
{
    if (p->first == NULL) {
        return;
    }
    dismiss_late(p);
    if (p->first != NULL && is_usable(p, slot)) {
        dismiss(p, p->first, slot);
    }
}

void
pool_give(struct pool *p, struct slot *slot)
{
    (void)pthread_mutex_lock(&p->lock);
    CHECK(slot->depth > 0);
    if (--slot->depth == 0) {
        pass_on(p, slot);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

bool
pool_is_whole(struct pool *p)
{
    bool whole = true;

    (void)pthread_mutex_lock(&p->lock);
    for (int i = 0; i < p->count; i++) {
        whole = whole && (p->slots[i].depth > 0 || is_usable(p, &p->slots[i]));
    }
    (void)pthread_mutex_unlock(&p->lock);
    return whole;
}

/* Dead, free, and from now on in our hands. */
static bool
take_dead(struct pool *p, struct slot *slot)
{
    bool mine;

    (void)pthread_mutex_lock(&p->lock);
    mine = slot->depth == 0 && !p->driver->alive(slot->conn);
    if (mine) {
        slot->depth = 1;
        slot->caller = p; /* no caller has this */
        slot->repairing = true;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return mine;
}

/* Under the lock. */
static bool
any_left(struct pool *p)
{
    bool any = false;

    for (int i = 0; i < p->count; i++) {
        any = any || p->slots[i].depth > 0 || is_usable(p, &p->slots[i]);
    }
    return any;
}

static void
put_back(struct pool *p, struct slot *slot)
{
    (void)pthread_mutex_lock(&p->lock);
    slot->repairing = false;
    slot->depth = 0;
    pass_on(p, slot);
    p->away = !any_left(p);
    while (p->away && p->first != NULL) {
        dismiss(p, p->first, NULL);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

/*
 * The lock is not held while a connection is made: others go on with the living ones.  The first that
 * cannot be made ends the round, so that a dead network costs one timeout and not one for each.
 */
bool
pool_repair(struct pool *p)
{
    bool whole = true;
    struct err err;

    for (int i = 0; whole && i < p->count; i++) {
        struct slot *slot = &p->slots[i];
        if (take_dead(p, slot)) {
            whole = p->driver->repair(slot->conn, &err) == RC_OK;
            put_back(p, slot);
        }
    }
    return whole;
}
