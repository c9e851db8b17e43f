#include "net/bell.h"

#include <pthread.h>

#include "base/mem.h"

struct bell {
    pthread_mutex_t lock;
    struct task *task; /* waits, and has not been resumed */
    bool is_rung;
};

struct bell *
bell_new(void)
{
    struct bell *b = mem_new(1, sizeof(*b));

    CHECK(pthread_mutex_init(&b->lock, NULL) == 0);
    return b;
}

void
bell_free(struct bell *b)
{
    if (b != NULL) {
        CHECK(b->task == NULL);
        (void)pthread_mutex_destroy(&b->lock);
        mem_free(b);
    }
}

void
bell_ring(struct bell *b)
{
    (void)pthread_mutex_lock(&b->lock);
    b->is_rung = true;
    if (b->task != NULL) {
        task_resume(b->task);
        b->task = NULL;
    }
    (void)pthread_mutex_unlock(&b->lock);
}

/* True: it has been rung, and there is nothing to wait for. */
static bool
sit_down(struct bell *b, struct task *t)
{
    (void)pthread_mutex_lock(&b->lock);
    CHECK(b->task == NULL);
    bool is_rung = b->is_rung;
    b->is_rung = false;
    b->task = is_rung ? NULL : t;
    (void)pthread_mutex_unlock(&b->lock);
    return is_rung;
}

/* True: it was rung meanwhile, so the task has been resumed. */
static bool
stand_up(struct bell *b)
{
    (void)pthread_mutex_lock(&b->lock);
    bool is_resumed = b->task == NULL;
    b->task = NULL;
    b->is_rung = is_resumed ? false : b->is_rung;
    (void)pthread_mutex_unlock(&b->lock);
    return is_resumed;
}

enum rc
bell_wait(struct bell *b, struct task *t, int64_t deadline_us, struct err *err)
{
    if (sit_down(b, t)) {
        return RC_OK;
    }
    enum rc rc = task_suspend_until(t, deadline_us, err);
    if (stand_up(b) && rc != RC_OK) {
        task_suspend(t); /* rung in the same turn in which time was up: that wake-up is not to disturb the next wait */
        rc = RC_OK;
    }
    return rc;
}
