#include "process/census.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "process/census_sql.h"
#include "process/ruling_int.h"

enum { LEAST_WAIT_US = 5000000, TIMES_TAKEN = 20, COUNTED_ARENA = 64 << 20 };

struct counted {
    struct counted *next;
    struct str key;
    struct census_row row;
};
struct worked {
    struct worked *next;
    struct str key;
    struct census_work work;
};
struct running {
    struct running *next;
    struct str key;
    int64_t count;
};
/* One counting; replaced as a whole. */
struct tally {
    struct arena *arena;
    struct counted *first, *last;
    struct worked *first_work, *last_work;
    struct running *running;
    int64_t at_us;
};
struct census {
    struct rulings *rulings;
    pthread_mutex_t lock; /* of all that follows */
    struct tally *tally;  /* NULL: nothing was counted yet */
    int64_t wait_us;
    bool is_counting;
};

static void
tally_free(struct tally *t)
{
    if (t != NULL) {
        arena_free(t->arena);
        mem_free(t);
    }
}

struct census *
census_new(struct rulings *rulings)
{
    struct census *c = mem_new(1, sizeof(*c));

    c->rulings = rulings;
    CHECK(pthread_mutex_init(&c->lock, NULL) == 0);
    return c;
}

void
census_free(struct census *c)
{
    if (c != NULL) {
        tally_free(c->tally);
        CHECK(pthread_mutex_destroy(&c->lock) == 0);
        mem_free(c);
    }
}

/* --- counting ------------------------------------------------------------------------------------------------ */

static enum rc
token_row(const struct row *row, void *ctx, struct err *err)
{
    struct tally *t = ctx;
    struct counted *n = arena_alloc(t->arena, 1, sizeof(*n));
    enum rc rc;

    if (n == NULL) {
        return err_set(err, RC_LIMIT, "too many kinds of waiting to be counted");
    }
    if ((rc = row_copy_text(row, 0, t->arena, &n->key, err)) != RC_OK || (rc = row_copy_text(row, 2, t->arena, &n->row.element, err)) != RC_OK ||
        (rc = row_copy_text(row, 3, t->arena, &n->row.kind, err)) != RC_OK) {
        return rc;
    }
    n->row.version = row_int(row, 1);
    n->row.count = row_int(row, 4);
    n->row.oldest_us = row_int(row, 5);
    n->row.average_us = row_int(row, 6) / n->row.count * 1000000; /* since when, on the average */
    if (t->last == NULL) {
        t->first = n;
    } else {
        t->last->next = n;
    }
    t->last = n;
    return RC_OK;
}

static enum rc
work_row(const struct row *row, void *ctx, struct err *err)
{
    struct tally *t = ctx;
    struct worked *n = arena_alloc(t->arena, 1, sizeof(*n));
    enum rc rc;

    if (n == NULL) {
        return err_set(err, RC_LIMIT, "too many kinds of work to be counted");
    }
    if ((rc = row_copy_text(row, 0, t->arena, &n->key, err)) != RC_OK || (rc = row_copy_text(row, 2, t->arena, &n->work.element, err)) != RC_OK ||
        (rc = row_copy_text(row, 3, t->arena, &n->work.org, err)) != RC_OK) {
        return rc;
    }
    n->work.version = row_int(row, 1);
    n->work.count = row_int(row, 4);
    n->work.oldest_us = row_int(row, 5);
    n->work.late = row_int(row, 6);
    if (t->last_work == NULL) {
        t->first_work = n;
    } else {
        t->last_work->next = n;
    }
    t->last_work = n;
    return RC_OK;
}

static enum rc
instance_row(const struct row *row, void *ctx, struct err *err)
{
    struct tally *t = ctx;
    struct running *n = arena_alloc(t->arena, 1, sizeof(*n));

    if (n == NULL) {
        return err_set(err, RC_LIMIT, "too many processes to be counted");
    }
    n->count = row_int(row, 1);
    n->next = t->running;
    t->running = n;
    return row_copy_text(row, 0, t->arena, &n->key, err);
}

struct counting {
    struct census *census;
    int64_t now_us;
    enum rc rc;
    struct err *err;
};

static void
count_job(struct runner *w, void *ctx)
{
    struct counting *job = ctx;
    struct census *c = job->census;
    struct tally *t = mem_new(1, sizeof(*t)), *old = t;
    int64_t begun_us = clock_monotonic_us(&clock_system);

    t->arena = arena_new(COUNTED_ARENA);
    t->at_us = job->now_us;
    job->rc = store_read(&w->db, &CENSUS_TOKENS, NO_VALUES, token_row, t, job->err);
    job->rc = job->rc == RC_OK ? store_read(&w->db, &CENSUS_WORK, VALUES(V_INT(job->now_us)), work_row, t, job->err) : job->rc;
    job->rc = job->rc == RC_OK ? store_read(&w->db, &CENSUS_INSTANCES, NO_VALUES, instance_row, t, job->err) : job->rc;
    int64_t wait_us = (clock_monotonic_us(&clock_system) - begun_us) * TIMES_TAKEN;
    CHECK(pthread_mutex_lock(&c->lock) == 0);
    if (job->rc == RC_OK) {
        old = c->tally;
        c->tally = t;
        c->wait_us = wait_us > LEAST_WAIT_US ? wait_us : LEAST_WAIT_US;
    }
    c->is_counting = false;
    CHECK(pthread_mutex_unlock(&c->lock) == 0);
    tally_free(old);
}

/* Whoever finds it out of date counts; others take what there is, unless there is nothing yet. */
static enum rc
renew(struct census *c, const struct db *db, int64_t now_us, struct err *err)
{
    struct counting job = {.census = c, .now_us = now_us, .err = err};
    bool has_any, counts;
    enum rc rc;

    CHECK(pthread_mutex_lock(&c->lock) == 0);
    has_any = c->tally != NULL;
    counts = !has_any || (!c->is_counting && (now_us - c->tally->at_us > c->wait_us || now_us < c->tally->at_us));
    c->is_counting = c->is_counting || counts;
    CHECK(pthread_mutex_unlock(&c->lock) == 0);
    if (!counts) {
        return RC_OK;
    }
    if ((rc = ruling_do(c->rulings, db, count_job, &job, err)) != RC_OK) {
        CHECK(pthread_mutex_lock(&c->lock) == 0);
        c->is_counting = false;
        CHECK(pthread_mutex_unlock(&c->lock) == 0);
        return has_any ? RC_OK : rc;
    }
    return has_any ? RC_OK : job.rc;
}

/* --- looking -------------------------------------------------------------------------------------------------- */

static enum rc
copy_rows(const struct tally *t, struct arena *a, struct str key, int64_t now_us, struct census_view *out, struct err *err)
{
    struct census_row *list;
    size_t count = 0;
    enum rc rc = RC_OK;

    for (const struct counted *n = t->first; n != NULL; n = n->next) {
        count += str_eq(n->key, key) ? 1 : 0;
    }
    if ((list = arena_alloc(a, count + 1, sizeof(*list))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a census");
    }
    out->row = list;
    for (const struct counted *n = t->first; n != NULL && rc == RC_OK; n = n->next) {
        if (str_eq(n->key, key)) {
            struct census_row *r = &list[out->rows++];
            *r = n->row;
            r->average_us = now_us > n->row.average_us ? now_us - n->row.average_us : 0;
            rc = str_copy(a, n->row.element, &r->element, err);
            rc = rc == RC_OK ? str_copy(a, n->row.kind, &r->kind, err) : rc;
        }
    }
    for (const struct running *n = t->running; n != NULL; n = n->next) {
        out->open += str_eq(n->key, key) ? n->count : 0;
    }
    return rc;
}

static enum rc
copy_work(const struct tally *t, struct arena *a, struct str key, struct census_view *out, struct err *err)
{
    struct census_work *list;
    size_t count = 0;
    enum rc rc = RC_OK;

    for (const struct worked *n = t->first_work; n != NULL; n = n->next) {
        count += str_eq(n->key, key) ? 1 : 0;
    }
    if ((list = arena_alloc(a, count + 1, sizeof(*list))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a census");
    }
    out->work = list;
    for (const struct worked *n = t->first_work; n != NULL && rc == RC_OK; n = n->next) {
        if (str_eq(n->key, key)) {
            struct census_work *k = &list[out->works++];
            *k = n->work;
            rc = str_copy(a, n->work.element, &k->element, err);
            rc = rc == RC_OK ? str_copy(a, n->work.org, &k->org, err) : rc;
        }
    }
    return rc;
}

enum rc
census_of(struct census *c, const struct db *db, struct arena *a, struct str key, int64_t now_us, struct census_view *out, struct err *err)
{
    struct census_view view = {.rows = 0};
    enum rc rc = renew(c, db, now_us, err);

    if (rc != RC_OK) {
        return rc;
    }
    CHECK(pthread_mutex_lock(&c->lock) == 0);
    view.at_us = c->tally->at_us;
    rc = copy_rows(c->tally, a, key, now_us, &view, err);
    rc = rc == RC_OK ? copy_work(c->tally, a, key, &view, err) : rc;
    CHECK(pthread_mutex_unlock(&c->lock) == 0);
    if (rc == RC_OK) {
        *out = view;
    }
    return rc;
}

/* Thirds and tenths: what stands out is to be seen, and of how much it is, the table beside says. */
static enum bpmn_mark_kind
heat(int64_t part_s, int64_t whole_s)
{
    if (part_s * 3 >= whole_s && part_s > 0) {
        return BPMN_MARK_CROWDED;
    }
    return part_s * 10 >= whole_s && part_s > 0 ? BPMN_MARK_BUSY : BPMN_MARK_CALM;
}

static int64_t
waiting_s(const struct census_row *r)
{
    return r->average_us / 1000000 * r->count;
}

/* Whether tokens tell of that element already: those of a process that another one calls are counted with that one. */
static bool
has_row(const struct census_view *view, int64_t version, struct str element)
{
    for (size_t i = 0; i < view->rows; i++) {
        if (view->row[i].version == version && str_eq(view->row[i].element, element)) {
            return true;
        }
    }
    return false;
}

enum rc
census_marks(struct arena *a, const struct census_view *view, int64_t version, struct bpmn_mark **out, size_t *count, struct err *err)
{
    struct bpmn_mark *list = arena_alloc(a, view->rows + view->works + 1, sizeof(*list));
    int64_t whole_s = 0;
    size_t filled = 0;

    if (list == NULL) {
        return err_set(err, RC_LIMIT, "no room for marks");
    }
    for (size_t i = 0; i < view->rows; i++) {
        whole_s += view->row[i].version == version ? waiting_s(&view->row[i]) : 0;
    }
    for (size_t i = 0; i < view->rows; i++) {
        const struct census_row *r = &view->row[i];
        if (r->version == version) {
            enum bpmn_mark_kind kind = str_eq(r->kind, STR("incident")) ? BPMN_MARK_FAILED : heat(waiting_s(r), whole_s);
            list[filled++] = (struct bpmn_mark){r->element, kind, r->count};
        }
    }
    for (size_t i = 0; i < view->works; i++) {
        const struct census_work *k = &view->work[i];
        bool is_told = has_row(view, version, k->element);
        if (k->version == version && (k->late > 0 || !is_told)) {
            list[filled++] = (struct bpmn_mark){k->element, k->late > 0 ? BPMN_MARK_OVERDUE : BPMN_MARK_CALM, is_told ? 0 : k->count};
        }
    }
    *out = list;
    *count = filled;
    return RC_OK;
}
