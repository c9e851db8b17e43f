#include "main/conductor.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"

enum { TURN_ARENA = 128 << 20, WORK_LOOK_S = 5, TURN_LOOK_S = 60, PAUSE_S = 1 /* after something went wrong */,
       SLOW_HANDS = 4, HANDS = SLOW_HANDS + 2 };
static const int64_t second_us = 1000000;

struct hand { /* a thread, and whether there is something for it */
    struct conductor *of;
    char owner[96];    /* of its leases */
    pthread_t thread;
    pthread_cond_t wake;
    bool is_running, is_woken, is_idle;
};

struct conductor {
    struct conductor_config config;
    struct conduct *conduct;
    pthread_mutex_t lock;
    bool is_ending;
    struct hand time, work, slow[SLOW_HANDS];
};

static struct hand *
hand_at(struct conductor *o, size_t n)
{
    return n == 0 ? &o->time : n == 1 ? &o->work : &o->slow[n - 2];
}

struct conductor *
conductor_new(const struct conductor_config *config)
{
    struct conductor *o = mem_new(1, sizeof(*o));

    o->config = *config;
    (void)pthread_mutex_init(&o->lock, NULL);
    for (size_t n = 0; n < HANDS; n++) {
        struct hand *h = hand_at(o, n);
        h->of = o;
        (void)pthread_cond_init(&h->wake, NULL);
        (void)snprintf(h->owner, sizeof(h->owner), n < 2 ? "%.*s" : "%.*s#%zu", STR_ARG(str_sub(config->owner, 0, 64)), n - 1);
    }
    return o;
}

static void
wake_hand(struct hand *h)
{
    h->is_woken = true;
    (void)pthread_cond_signal(&h->wake);
}

/* One that has nothing to do, of those that wait for others; it wakes the next if there is something. */
static void
wake_slow(struct conductor *o)
{
    size_t n = 0;

    while (n + 1 < SLOW_HANDS && (!o->slow[n].is_idle || o->slow[n].is_woken)) {
        n++;
    }
    wake_hand(&o->slow[n]);
}

void
conductor_wake(void *conductor)
{
    struct conductor *o = conductor;

    (void)pthread_mutex_lock(&o->lock);
    wake_hand(&o->time);
    wake_hand(&o->work);
    wake_slow(o);
    (void)pthread_mutex_unlock(&o->lock);
}

/* False: the end.  What woke it while it was at work counts. */
static bool
wait_for_more(struct hand *h, int64_t wait_us)
{
    struct conductor *o = h->of;
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(wait_us / second_us);
    until.tv_nsec += (long)(wait_us % second_us) * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&o->lock);
    h->is_idle = true;
    while (!o->is_ending && !h->is_woken && wait_us > 0 && pthread_cond_timedwait(&h->wake, &o->lock, &until) == 0) {
    }
    h->is_woken = h->is_idle = false;
    bool goes_on = !o->is_ending;
    (void)pthread_mutex_unlock(&o->lock);
    return goes_on;
}

/* After something went wrong there is a pause that nobody cuts short. */
static bool
pause_for(struct hand *h, int64_t wait_us, bool is_wrong)
{
    if (!is_wrong) {
        return wait_for_more(h, wait_us);
    }
    bool goes_on = wait_for_more(h, PAUSE_S * second_us);
    (void)pthread_mutex_lock(&h->of->lock);
    h->is_woken = true; /* and then it looks */
    (void)pthread_mutex_unlock(&h->of->lock);
    return goes_on;
}

static void
tell_log(const struct conductor *o, const char *event, enum rc rc, const struct err *err)
{
    if (o->config.log != NULL) {
        log_failure(o->config.log, event, rc, err);
    }
}

static void *
keep_time(void *ctx)
{
    struct hand *h = ctx;
    struct conductor *o = h->of;
    const struct db db = {.store = o->config.store};
    struct arena *a = arena_new(TURN_ARENA);
    bool goes_on = true;

    while (goes_on) {
        struct err err = {.text = ""};
        int64_t now_us = clock_now_us(o->config.clock), next_us = now_us + TURN_LOOK_S * second_us;
        int failed = 0;
        enum rc rc = conduct_turn(o->conduct, &db, a, now_us, &next_us, &failed, &err);
        if (rc != RC_OK || failed > 0) {
            tell_log(o, "processes_turn", rc != RC_OK ? rc : RC_INVALID, &err);
        }
        int64_t wait_us = next_us - clock_now_us(o->config.clock);
        (void)pthread_mutex_lock(&o->lock);
        wake_hand(&o->work); /* what time brings is often work */
        wake_slow(o);
        (void)pthread_mutex_unlock(&o->lock);
        goes_on = pause_for(h, wait_us > TURN_LOOK_S * second_us ? TURN_LOOK_S * second_us : wait_us, rc != RC_OK);
    }
    arena_free(a);
    return NULL;
}

static void *
do_work(void *ctx)
{
    struct hand *h = ctx;
    struct conductor *o = h->of;
    const struct db db = {.store = o->config.store};
    struct arena *a = arena_new(TURN_ARENA);
    bool goes_on = true;

    while (goes_on) {
        struct err err = {.text = ""};
        bool more = false;
        int failed = 0;
        enum rc rc = conduct_work(o->conduct, &db, a, str_of(h->owner), clock_now_us(o->config.clock), &more, &failed, &err);
        if (rc != RC_OK || failed > 0) {
            tell_log(o, "processes_work", rc != RC_OK ? rc : RC_INVALID, &err);
        }
        goes_on = pause_for(h, more ? 0 : WORK_LOOK_S * second_us, rc != RC_OK);
    }
    arena_free(a);
    return NULL;
}

static enum rc
do_one_slow(struct hand *h, const struct db *db, struct arena *a, bool *more, int *failed, struct err *err)
{
    struct conductor *o = h->of;
    enum rc rc = conduct_slow_any(o->conduct, db, clock_now_us(o->config.clock), more, err);

    if (rc != RC_OK || !*more) {
        return rc;
    }
    (void)pthread_mutex_lock(&o->lock);
    wake_slow(o);
    (void)pthread_mutex_unlock(&o->lock);
    return conduct_work_slow(o->conduct, db, a, str_of(h->owner), clock_now_us(o->config.clock), more, failed, err);
}

static void *
wait_for_others(void *ctx)
{
    struct hand *h = ctx;
    const struct db db = {.store = h->of->config.store};
    struct arena *a = arena_new(TURN_ARENA);
    bool goes_on = true;

    while (goes_on) {
        struct err err = {.text = ""};
        bool more = false;
        int failed = 0;
        enum rc rc = do_one_slow(h, &db, a, &more, &failed, &err);
        if (rc != RC_OK || failed > 0) {
            tell_log(h->of, "processes_work", rc != RC_OK ? rc : RC_INVALID, &err);
        }
        goes_on = pause_for(h, more ? 0 : WORK_LOOK_S * second_us, rc != RC_OK);
    }
    arena_free(a);
    return NULL;
}

enum rc
conductor_start(struct conductor *o, struct conduct *conduct, struct err *err)
{
    const struct db db = {.store = o->config.store};

    o->conduct = conduct;
    for (size_t n = 1; n < HANDS; n++) { /* none is at work: whoever was called so was killed */
        enum rc rc = runtime_job_end_leases(conduct_runtime(conduct), &db, str_of(hand_at(o, n)->owner), clock_now_us(o->config.clock), err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    for (size_t n = 0; n < HANDS; n++) {
        struct hand *h = hand_at(o, n);
        h->is_running = pthread_create(&h->thread, NULL, n == 0 ? keep_time : n == 1 ? do_work : wait_for_others, h) == 0;
        if (!h->is_running) {
            return err_set(err, RC_IO, "no thread for running processes");
        }
    }
    return RC_OK;
}

void
conductor_stop(struct conductor *o)
{
    if (o == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&o->lock);
    o->is_ending = true;
    for (size_t n = 0; n < HANDS; n++) {
        (void)pthread_cond_signal(&hand_at(o, n)->wake);
    }
    (void)pthread_mutex_unlock(&o->lock);
    for (size_t n = 0; n < HANDS; n++) {
        struct hand *h = hand_at(o, n);
        if (h->is_running) {
            (void)pthread_join(h->thread, NULL);
            h->is_running = false;
        }
    }
}

void
conductor_free(struct conductor *o)
{
    if (o != NULL) {
        for (size_t n = 0; n < HANDS; n++) {
            (void)pthread_cond_destroy(&hand_at(o, n)->wake);
        }
        (void)pthread_mutex_destroy(&o->lock);
        mem_free(o);
    }
}
