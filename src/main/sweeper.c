#include "main/sweeper.h"

#include <pthread.h>
#include <time.h>

#include "base/mem.h"
#include "main/archiving.h"
#include "process/conduct.h"
#include "process/migration_run.h"
#include "web/idempotency.h"

enum { TURN_S = 60, KEEP_ANSWERS_DAYS = 7, ROUND_ARENA = 16 << 20 };

struct sweeper {
    const struct web *web;
    struct timekeeping *timekeeping;
    struct archiving *archiving;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_ending;
    int64_t edition; /* of the calendars that queues are in order by */
};

static bool
is_ending(struct sweeper *s)
{
    (void)pthread_mutex_lock(&s->lock);
    bool is_ending = s->is_ending;
    (void)pthread_mutex_unlock(&s->lock);
    return is_ending;
}

static void
sweep_once(struct sweeper *s)
{
    const struct web *w = s->web;
    struct db db = {.store = w->store};
    int64_t now_us = clock_now_us(w->clock);
    int64_t old_us = now_us - (int64_t)KEEP_ANSWERS_DAYS * 86400 * 1000000;
    int64_t count;
    struct err err;
    enum rc rc;

    if ((rc = draft_expire(&db, now_us, &count, &err)) != RC_OK) {
        log_failure(w->log, "sweep_drafts", rc, &err);
    }
    if ((rc = ruling_expire(&db, now_us - (int64_t)w->rule_keep_days * 86400 * 1000000, &err)) != RC_OK) {
        log_failure(w->log, "sweep_rulings", rc, &err);
    }
    if ((rc = idempotency_expire(&db, old_us, &err)) != RC_OK) {
        log_failure(w->log, "sweep_answers", rc, &err);
    }
    if ((rc = session_expire(&db, &w->sessions, now_us, &err)) != RC_OK) {
        log_failure(w->log, "sweep_sessions", rc, &err);
    }
    /* One slice a turn, told by the clock, so that a node that is started again every hour gets round too. */
    int slice = (int)((uint64_t)now_us / ((uint64_t)TURN_S * 1000000) % MATERIAL_SLICES);
    if ((rc = material_sweep(&w->materials, &db, slice, now_us, &count, &err)) != RC_OK) {
        log_failure(w->log, "sweep_materials", rc, &err);
    }
    if (slice == 0 && (rc = migration_expire(&db, &err)) != RC_OK) { /* looks through all copies */
        log_failure(w->log, "sweep_migrations", rc, &err);
    }
}

/* A batch a time, so that the end of the node does not wait for the end of the night. */
static void
look_for_people(struct sweeper *s, struct arena *a)
{
    struct db db = {.store = s->web->store};
    bool more = s->web->proactive != NULL;

    while (more && !is_ending(s)) {
        struct err err;
        enum rc rc = proactive_turn(s->web->proactive, &db, a, clock_now_us(s->web->clock), &more, &err);
        if (rc != RC_OK) {
            log_failure(s->web->log, "sweep_proactive", rc, &err);
        }
        arena_reset(a);
    }
}

/* The same of clocks under a new calendar, so that users' writes come between. */
static void
keep_time(struct sweeper *s, struct arena *a)
{
    struct db db = {.store = s->web->store};
    bool more = true;

    while (more && !is_ending(s)) {
        struct err err;
        enum rc rc = timekeeping_turn(s->timekeeping, &db, a, clock_now_us(s->web->clock), &more, &err);
        if (rc != RC_OK) {
            log_failure(s->web->log, "sweep_clocks", rc, &err);
            more = false;
        }
        arena_reset(a);
    }
}

/* Once clocks are counted under a newer calendar, queues go by what is due then. */
static void
sort_queues(struct sweeper *s, struct arena *a)
{
    struct db db = {.store = s->web->store};
    int64_t edition = almanac_edition(s->web->keeper->almanac), after = 0;
    bool more = edition != s->edition;

    while (more && !is_ending(s)) {
        struct err err;
        enum rc rc = conduct_sort(&db, a, &after, &more, &err);
        if (rc != RC_OK) {
            log_failure(s->web->log, "sweep_queues", rc, &err);
            return;
        }
        arena_reset(a);
    }
    s->edition = edition;
}

/* Closed cases whose time is over: some at a time. */
static void
move_out(struct sweeper *s, struct arena *a)
{
    bool more = true;

    while (more && !is_ending(s)) {
        struct err err;
        enum rc rc = archiving_turn(s->archiving, a, &more, &err);
        if (rc != RC_OK) {
            log_failure(s->web->log, "sweep_archive", rc, &err);
            more = false;
        }
        arena_reset(a);
    }
}

static void *
sweeper_run(void *ctx)
{
    struct sweeper *s = ctx;
    struct arena *a = arena_new(ROUND_ARENA);

    (void)pthread_mutex_lock(&s->lock);
    while (!s->is_ending) {
        (void)pthread_mutex_unlock(&s->lock);
        sweep_once(s);
        keep_time(s, a);
        sort_queues(s, a);
        look_for_people(s, a);
        move_out(s, a);
        (void)pthread_mutex_lock(&s->lock);
        if (!s->is_ending) {
            struct timespec until;
            (void)clock_gettime(CLOCK_REALTIME, &until);
            until.tv_sec += TURN_S;
            (void)pthread_cond_timedwait(&s->wake, &s->lock, &until);
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
    arena_free(a);
    return NULL;
}

enum rc
sweeper_start(const struct web *web, struct timekeeping *timekeeping, const char *data, struct sweeper **out, struct err *err)
{
    struct sweeper *s = mem_new(1, sizeof(*s));
    enum rc rc = archiving_open(web, data, &s->archiving, err);

    if (rc != RC_OK) {
        mem_free(s);
        return rc;
    }

    s->web = web;
    s->timekeeping = timekeeping;
    s->edition = almanac_edition(web->keeper->almanac);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->wake, NULL);
    if (pthread_create(&s->thread, NULL, sweeper_run, s) != 0) {
        archiving_close(s->archiving);
        mem_free(s);
        return err_set(err, RC_IO, "no thread for the sweeper");
    }
    *out = s;
    return RC_OK;
}

void
sweeper_stop(struct sweeper *s)
{
    if (s == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&s->lock);
    s->is_ending = true;
    (void)pthread_cond_signal(&s->wake);
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
    archiving_close(s->archiving);
    (void)pthread_cond_destroy(&s->wake);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s);
}
