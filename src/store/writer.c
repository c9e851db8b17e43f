/*
 * Group commit.
 *
 * A caller puts a job that lives on its own stack onto a list with one compare-and-swap, and sleeps.  The writer
 * thread takes the whole list, runs each job inside one transaction, keeps taking what arrives meanwhile (up to the
 * driver's most, or GROUP_STATEMENTS), commits once, and wakes the callers.  The group so grows with the load
 * by itself: one caller alone pays one fsync, a thousand share it.  Nothing is allocated for a write.
 *
 * A job has a savepoint only if there is something in the group that its failure must not touch.
 *
 * When the group itself fails: a full disk or an input/output error is everybody's answer, after the driver
 * has made sure that nothing of the group can come back (settle).  Anything else (a deferred foreign key, a
 * serialization failure) is one job's fault, so each is run again alone and gets its own answer.
 *
 * While the disk is full store_write answers at once; every PROBE_US one real write goes through and
 * finds out whether there is room again.
 */
#include "store/writer.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"

enum { GROUP_STATEMENTS = 4096, PROBE_US = 100000, REPAIR_US = 250000 };

struct job {
    struct job *next;
    tx_fn fn;
    void *ctx;
    struct err *err;
    const struct store_wait *wait;
    enum rc rc;
    sem_t done; /* only where there is no hook */
};

struct undo {
    void (*fn)(void *ctx);
    void *ctx;
};

struct writer {
    struct writer_config config;
    const struct driver *driver;
    struct conn *conn;
    pthread_t thread;

    /* Shared with callers. */
    _Atomic(struct job *) arrived; /* newest first */
    atomic_size_t queued;
    atomic_int_fast64_t full_until_us; /* 0: not full */
    atomic_bool alive;
    atomic_uint_fast64_t writes;
    atomic_uint_fast64_t groups;
    atomic_uint_fast64_t undone;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool stopping;
    bool nudged;
    void (*on_commit)(void *ctx, int writes);
    void *on_commit_ctx;

    /* The writer thread's own. */
    struct job *waiting; /* taken, oldest first */
    int statements;      /* run for this group */
    struct undo *undo;
    size_t undo_count;
    size_t undo_max;
};

struct tx {
    struct writer *writer;
    int64_t changes;
    enum rc failed;
    bool others; /* earlier jobs of this group have changed something */
    bool guarded;
    bool posted; /* statements may be under way of which nothing is known yet */
};

/* --- inside a job ---------------------------------------------------------------------------- */

static enum rc
tx_guard(struct tx *tx, const struct stmt *stmt, struct err *err)
{
    const struct driver *d = tx->writer->driver;
    enum rc rc;

    if (!tx->others || tx->guarded || (!stmt->writes && !d->guard_reads)) {
        return RC_OK;
    }
    rc = d->control(tx->writer->conn, CONTROL_SAVEPOINT, err);
    tx->guarded = rc == RC_OK;
    return rc;
}

/* Rows may be of a statement that has failed on the way: *statement_failed tells whose rc it is. */
static enum rc
run_rows(struct tx *tx, const struct stmt *stmt, struct values values, row_fn rows, void *ctx,
         bool *statement_failed, struct err *err)
{
    const struct driver *d = tx->writer->driver;
    struct row row;
    bool more;
    enum rc rc = d->start(tx->writer->conn, stmt, values, NULL, &row, err);

    tx->writer->statements++;
    *statement_failed = rc != RC_OK;
    if (rc != RC_OK) {
        return rc;
    }
    for (;;) {
        rc = d->step(&row, &more, err);
        if (rc != RC_OK) {
            *statement_failed = true;
            break;
        }
        if (!more) {
            break;
        }
        if (rows != NULL && (rc = rows(&row, ctx, err)) != RC_OK) {
            break;
        }
    }
    if (stmt->writes && rc == RC_OK) {
        tx->changes = d->changes(tx->writer->conn);
    }
    d->finish(&row);
    return rc;
}

enum rc
tx_run(struct tx *tx, const struct stmt *stmt, struct values values, row_fn rows, void *ctx,
       struct err *err)
{
    bool statement_failed = true;
    enum rc rc;

    CHECK(stmt->params == values.count);
    if (tx->failed != RC_OK) {
        return err_set(err, tx->failed, "%s after a statement that failed", stmt->name);
    }
    rc = tx_guard(tx, stmt, err);
    if (rc == RC_OK) {
        rc = run_rows(tx, stmt, values, rows, ctx, &statement_failed, err);
    }
    if (statement_failed) {
        tx->failed = rc;
    }
    return rc;
}

enum rc
tx_post(struct tx *tx, const struct stmt *stmt, struct values values, struct err *err)
{
    const struct driver *d = tx->writer->driver;
    enum rc rc;

    CHECK(stmt->params == values.count && stmt->writes);
    if (d->post == NULL) {
        return tx_run(tx, stmt, values, NULL, NULL, err);
    }
    if (tx->failed != RC_OK) {
        return err_set(err, tx->failed, "%s after a statement that failed", stmt->name);
    }
    if ((rc = tx_guard(tx, stmt, err)) == RC_OK) {
        rc = d->post(tx->writer->conn, stmt, values, err);
    }
    tx->writer->statements++;
    tx->posted = true;
    tx->failed = rc;
    return rc;
}

/* What was posted has come to be, or its failure. */
static enum rc
settle_posted(struct tx *tx, struct err *err)
{
    bool posted = tx->posted;

    tx->posted = false;
    return posted ? tx->writer->driver->flush(tx->writer->conn, err) : RC_OK;
}

enum rc
tx_int(struct tx *tx, const struct stmt *stmt, struct values values, int64_t *out, struct err *err)
{
    struct one_int one = {0};
    enum rc rc = tx_run(tx, stmt, values, one_int_take, &one, err);

    if (rc == RC_OK && !one.found) {
        return err_set(err, RC_NOT_FOUND, "%s found nothing", stmt->name);
    }
    if (rc == RC_OK) {
        *out = one.value;
    }
    return rc;
}

int64_t
tx_changes(const struct tx *tx)
{
    return tx->changes;
}

void
tx_on_undo(struct tx *tx, void (*fn)(void *ctx), void *ctx)
{
    struct writer *w = tx->writer;

    if (w->undo_count == w->undo_max) {
        size_t max = w->undo_max == 0 ? 64 : w->undo_max * 2;
        struct undo *more = mem_new(max, sizeof(*more));
        for (size_t i = 0; i < w->undo_count; i++) {
            more[i] = w->undo[i];
        }
        mem_free(w->undo);
        w->undo = more;
        w->undo_max = max;
    }
    w->undo[w->undo_count++] = (struct undo){fn, ctx};
}

static void
undo_to(struct writer *w, size_t count)
{
    while (w->undo_count > count) {
        struct undo *u = &w->undo[--w->undo_count];
        u->fn(u->ctx);
    }
}

/* --- the group ------------------------------------------------------------------------------- */

static struct job *
next_job(struct writer *w)
{
    struct job *job;

    if (w->waiting == NULL) {
        struct job *newest = atomic_exchange(&w->arrived, NULL);
        while (newest != NULL) {
            struct job *older = newest->next;
            newest->next = w->waiting;
            w->waiting = newest;
            newest = older;
        }
    }
    job = w->waiting;
    if (job != NULL) {
        w->waiting = job->next;
        job->next = NULL;
    }
    return job;
}

/* The job is the caller's again from the moment it wakes. */
static void
answer(struct writer *w, struct job *job)
{
    if (job->rc != RC_OK) {
        (void)atomic_fetch_add(&w->undone, 1);
    }
    (void)atomic_fetch_sub(&w->queued, 1);
    if (job->wait->resume != NULL) {
        job->wait->resume(job->wait->ctx);
    } else {
        CHECK(sem_post(&job->done) == 0);
    }
}

static void
answer_all(struct writer *w, struct job *first)
{
    while (first != NULL) {
        struct job *next = first->next;
        answer(w, first);
        first = next;
    }
}

struct group {
    struct job *first;
    struct job **end;
    int count;
    int kept;    /* of them, jobs that stand so far */
    bool shared; /* it failed for a reason that would meet each of them */
    enum rc rc;
    struct err err; /* why the group as a whole failed */
};

/* Take a failed job's change away.  The whole transaction may be gone with it. */
static void
undo_job(struct writer *w, struct group *g, const struct tx *tx, const struct job *job)
{
    const struct driver *d = w->driver;
    enum rc rc = RC_OK;

    if (!d->in_transaction(w->conn)) {
        g->err = *job->err;
        g->rc = job->rc;
        return;
    }
    if (tx->guarded) {
        rc = d->control(w->conn, CONTROL_UNDO, &g->err);
    } else if (!tx->others) {
        rc = d->control(w->conn, CONTROL_ROLLBACK, &g->err);
        rc = rc == RC_OK ? d->control(w->conn, CONTROL_BEGIN, &g->err) : rc;
    }
    g->rc = rc;
}

static void
run_job(struct writer *w, struct group *g, struct job *job)
{
    struct tx tx = {.writer = w, .others = g->kept > 0};
    size_t undo_from = w->undo_count;
    struct err ignored;

    job->rc = job->fn(&tx, job->ctx, job->err);
    if (job->rc == RC_OK && tx.failed != RC_OK) {
        job->rc = err_set(job->err, tx.failed, "a statement of this write had failed");
    }
    if (job->rc == RC_OK) {
        job->rc = settle_posted(&tx, job->err);
    } else {
        (void)!settle_posted(&tx, &ignored); /* or it would be the next one's failure */
    }
    if (job->rc == RC_OK && tx.guarded) {
        job->rc = w->driver->control(w->conn, CONTROL_RELEASE, job->err);
    }
    if (job->rc == RC_OK) {
        g->kept++;
        return;
    }
    undo_to(w, undo_from);
    undo_job(w, g, &tx, job);
}

/* What is there and what arrives meanwhile, within limits. */
static void
run_jobs(struct writer *w, struct group *g, int most)
{
    struct job *job;

    w->statements = 0;
    while (g->rc == RC_OK && g->count < most && w->statements < GROUP_STATEMENTS &&
           (job = next_job(w)) != NULL) {
        *g->end = job;
        g->end = &job->next;
        g->count++;
        run_job(w, g, job);
    }
}

static void
note_outcome(struct writer *w, enum rc rc, int kept)
{
    atomic_store(&w->alive, rc != RC_IO);
    if (rc == RC_FULL) {
        atomic_store(&w->full_until_us, clock_monotonic_us(&clock_system) + PROBE_US);
    } else if (rc == RC_OK && kept > 0) {
        atomic_store(&w->full_until_us, 0);
    }
}

static void
note_failure(struct writer *w, const char *event, enum rc rc, const struct err *err)
{
    if (w->config.log != NULL) {
        log_failure(w->config.log, event, rc, err);
    }
}

/* End the transaction; on failure make certain what became of it. */
static enum rc
commit(struct writer *w, struct err *err)
{
    const struct driver *d = w->driver;
    struct err second;
    bool kept = false;
    enum rc rc = d->control(w->conn, CONTROL_COMMIT, err);

    if (rc == RC_OK) {
        return RC_OK;
    }
    if (d->in_transaction(w->conn)) {
        (void)d->control(w->conn, CONTROL_ROLLBACK, &second);
    }
    if (rc == RC_CONFLICT) {
        return rc; /* the database looked, and refused: nothing was written */
    }
    if (d->settle(w->conn, &kept, &second) != RC_OK) {
        note_failure(w, "store_unsettled", rc, err);
        return err_set(err, rc, "not known whether it was kept: %.150s", err->text);
    }
    return kept ? RC_OK : rc;
}

static void
tell_committed(struct writer *w, int kept)
{
    void (*fn)(void *ctx, int writes);
    void *ctx;

    if (kept == 0) {
        return;
    }
    (void)atomic_fetch_add(&w->writes, (uint_fast64_t)kept);
    (void)atomic_fetch_add(&w->groups, 1);
    (void)pthread_mutex_lock(&w->lock);
    fn = w->on_commit;
    ctx = w->on_commit_ctx;
    (void)pthread_mutex_unlock(&w->lock);
    if (fn != NULL) {
        fn(ctx, kept);
    }
}

/* Alone in its transaction, after a group could not be committed. */
static void
run_alone(struct writer *w, struct job *job)
{
    struct group g = {.rc = RC_OK};

    job->rc = w->driver->control(w->conn, CONTROL_BEGIN, job->err);
    if (job->rc != RC_OK) {
        return;
    }
    run_job(w, &g, job);
    if (job->rc == RC_OK) {
        job->rc = commit(w, job->err);
    } else if (w->driver->in_transaction(w->conn)) {
        (void)w->driver->control(w->conn, CONTROL_ROLLBACK, &g.err);
    }
    if (job->rc != RC_OK) {
        undo_to(w, 0);
    }
    w->undo_count = 0;
    note_outcome(w, job->rc, job->rc == RC_OK);
    tell_committed(w, job->rc == RC_OK);
}

static void
group_failed(struct writer *w, struct group *g)
{
    bool everybody = g->shared || g->rc == RC_FULL || g->rc == RC_IO;

    undo_to(w, 0);
    for (struct job *job = g->first; job != NULL; job = job->next) {
        if (job->rc != RC_OK) {
            continue; /* it has its own answer */
        }
        if (everybody) {
            *job->err = g->err;
            job->rc = g->rc;
        } else {
            run_alone(w, job);
        }
    }
    if (everybody) {
        note_failure(w, "store_group_undone", g->rc, &g->err);
    }
}

/* No transaction could begin: all who wait get that answer. */
static void
take_all(struct writer *w, struct group *g)
{
    struct job *job;

    g->shared = true;
    while ((job = next_job(w)) != NULL) {
        job->rc = RC_OK;
        *g->end = job;
        g->end = &job->next;
    }
}

static void
run_group(struct writer *w)
{
    const struct driver *d = w->driver;
    struct group g = {.rc = RC_OK};
    struct err second;

    g.end = &g.first;
    g.rc = d->control(w->conn, CONTROL_BEGIN, &g.err);
    if (g.rc == RC_OK) {
        run_jobs(w, &g, d->group_max);
    } else {
        take_all(w, &g);
    }
    if (g.rc == RC_OK) {
        g.rc = commit(w, &g.err);
        g.shared = g.kept == 1; /* the fault is the only one's own */
    } else if (d->in_transaction(w->conn)) {
        (void)d->control(w->conn, CONTROL_ROLLBACK, &second);
    }
    note_outcome(w, g.rc, g.kept);
    if (g.rc == RC_OK) {
        w->undo_count = 0;
        tell_committed(w, g.kept);
    } else {
        group_failed(w, &g);
    }
    answer_all(w, g.first);
}

/* --- the thread ------------------------------------------------------------------------------ */

static struct timespec
later(int64_t us)
{
    int64_t at = clock_monotonic_us(&clock_system) + us;

    return (struct timespec){(time_t)(at / 1000000), (long)(at % 1000000 * 1000)};
}

/* Sleep until there is work.  False when there is none and none will come. */
static bool
wait_for_work(struct writer *w, bool broken)
{
    struct timespec until = later(REPAIR_US);
    bool go_on;

    (void)pthread_mutex_lock(&w->lock);
    while (atomic_load(&w->arrived) == NULL && !w->stopping && !w->nudged) {
        if (!broken) {
            (void)pthread_cond_wait(&w->wake, &w->lock);
        } else if (pthread_cond_timedwait(&w->wake, &w->lock, &until) != 0) {
            break;
        }
    }
    w->nudged = false;
    go_on = !w->stopping || atomic_load(&w->arrived) != NULL;
    (void)pthread_mutex_unlock(&w->lock);
    return go_on;
}

/* Bring dead connections back, at most every REPAIR_US.  True while some are dead. */
static bool
repair(struct writer *w, int64_t *next_us)
{
    const struct driver *d = w->driver;
    int64_t now = clock_monotonic_us(&clock_system);
    struct err err;
    bool broken = !d->alive(w->conn) || !pool_is_whole(w->config.pool);

    if (!broken || now < *next_us) {
        return broken;
    }
    broken = false;
    if (!d->alive(w->conn) && d->repair(w->conn, &err) != RC_OK) {
        note_failure(w, "store_away", RC_IO, &err);
        broken = true;
    }
    broken = !pool_repair(w->config.pool) || broken;
    *next_us = clock_monotonic_us(&clock_system) + REPAIR_US;
    if (!broken && w->config.log != NULL) {
        log_event(w->config.log, LOG_INFO, "store_back", NULL);
    }
    atomic_store(&w->alive, d->alive(w->conn));
    return broken;
}

static void *
writer_main(void *ctx)
{
    struct writer *w = ctx;
    int64_t next_repair_us = 0;
    bool broken = false;

    while (wait_for_work(w, broken)) {
        broken = repair(w, &next_repair_us);
        while (w->waiting != NULL || atomic_load(&w->arrived) != NULL) {
            run_group(w);
            w->driver->rest(w->conn, w->waiting == NULL && atomic_load(&w->arrived) == NULL);
        }
        broken = broken || !w->driver->alive(w->conn);
    }
    return NULL;
}

struct writer *
writer_start(const struct writer_config *config)
{
    pthread_condattr_t attributes;
    struct writer *w = mem_new(1, sizeof(*w));

    w->config = *config;
    w->driver = config->driver;
    w->conn = config->conn;
    atomic_store(&w->alive, true);
    CHECK(pthread_mutex_init(&w->lock, NULL) == 0);
    CHECK(pthread_condattr_init(&attributes) == 0);
    CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&w->wake, &attributes) == 0);
    CHECK(pthread_condattr_destroy(&attributes) == 0);
    CHECK(pthread_create(&w->thread, NULL, writer_main, w) == 0);
    return w;
}

static void
signal_writer(struct writer *w, bool *flag)
{
    (void)pthread_mutex_lock(&w->lock);
    *flag = true;
    (void)pthread_cond_signal(&w->wake);
    (void)pthread_mutex_unlock(&w->lock);
}

void
writer_nudge(struct writer *w)
{
    signal_writer(w, &w->nudged);
}

void
writer_stop(struct writer *w)
{
    if (w == NULL) {
        return;
    }
    signal_writer(w, &w->stopping);
    CHECK(pthread_join(w->thread, NULL) == 0);
    CHECK(atomic_load(&w->queued) == 0);
    (void)pthread_cond_destroy(&w->wake);
    (void)pthread_mutex_destroy(&w->lock);
    mem_free(w->undo);
    mem_free(w);
}

/* --- callers --------------------------------------------------------------------------------- */

/* True if this write should find out whether there is room again. */
static bool
may_try(struct writer *w)
{
    int_fast64_t until = atomic_load(&w->full_until_us);
    int64_t now;

    if (until == 0) {
        return true;
    }
    now = clock_monotonic_us(&clock_system);
    return now >= until &&
           atomic_compare_exchange_strong(&w->full_until_us, &until, now + PROBE_US);
}

/* Only who finds the list empty needs to wake the writer: the others stand behind it. */
static void
push(struct writer *w, struct job *job)
{
    struct job *head = atomic_load_explicit(&w->arrived, memory_order_relaxed);

    do {
        job->next = head;
    } while (!atomic_compare_exchange_weak(&w->arrived, &head, job));
    if (head == NULL) {
        (void)pthread_mutex_lock(&w->lock);
        (void)pthread_cond_signal(&w->wake);
        (void)pthread_mutex_unlock(&w->lock);
    }
}

enum rc
writer_run(struct writer *w, const struct store_wait *wait, tx_fn fn, void *ctx, struct err *err)
{
    struct job job = {.fn = fn, .ctx = ctx, .err = err, .wait = wait};

    /* A write inside a write would wait for itself. */
    CHECK(!pthread_equal(pthread_self(), w->thread));
    if (!may_try(w)) {
        return err_set(err, RC_FULL, "the disk was full a moment ago");
    }
    if (atomic_fetch_add(&w->queued, 1) >= w->config.queue_max) {
        (void)atomic_fetch_sub(&w->queued, 1);
        return err_set(err, RC_BUSY, "%zu writes are waiting already", w->config.queue_max);
    }
    if (wait->suspend != NULL) {
        push(w, &job);
        wait->suspend(wait->ctx);
        return job.rc;
    }
    CHECK(sem_init(&job.done, 0, 0) == 0);
    push(w, &job);
    while (sem_wait(&job.done) != 0) {
        /* Interrupted by a signal. */
    }
    CHECK(sem_destroy(&job.done) == 0);
    return job.rc;
}

void
writer_on_commit(struct writer *w, void (*fn)(void *ctx, int writes), void *ctx)
{
    (void)pthread_mutex_lock(&w->lock);
    w->on_commit = fn;
    w->on_commit_ctx = ctx;
    (void)pthread_mutex_unlock(&w->lock);
}

struct store_figures
writer_look(struct writer *w)
{
    return (struct store_figures){.writes = atomic_load(&w->writes),
                                  .groups = atomic_load(&w->groups),
                                  .undone = atomic_load(&w->undone),
                                  .queued = atomic_load(&w->queued),
                                  .full = atomic_load(&w->full_until_us) != 0,
                                  .alive = atomic_load(&w->alive)};
}
