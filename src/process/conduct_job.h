/*
 * conduct_job - work that programs do for processes: workers by type, each job under a lease, done in one transaction with what the worker
 * writes.
 *
 * A worker runs outside of any transaction, on the thread of conduct_work, and may take as long as its lease; whatever it writes for good it
 * writes in `finish`, in the transaction in which the process hears of it, so that both happen once.  (instance, token) is its key towards
 * others, the same at each try.  A type that nobody does becomes an incident.  "rule" is done here: the rule is asked outside the transaction,
 * and its explanation kept with the case.
 */
#ifndef PROCESS_CONDUCT_JOB_H
#define PROCESS_CONDUCT_JOB_H

#include "process/conduct.h"
#include "process/runtime_job.h"

struct conduct_work { /* one job */
    struct runtime_job job;
    int64_t now_us;
    /* What comes of it, for the worker to fill in. */
    const struct json *variables; /* for the process; or NULL */
    struct str fails_with;        /* code of a BPMN error that the process catches; "" */
    runtime_hook finish;          /* or NULL */
    void *finish_ctx;
};
/*
 * RC_OK: done, or fails_with.  RC_IO, RC_FULL, RC_BUSY, RC_TIMEOUT, RC_PEER: to be tried again after a while, as often as gov:job retries
 * says; anything else: another try would be the same, a person has to look.
 */
typedef enum rc (*conduct_worker)(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err);
/* Before work begins.  The same type twice: the later one does it. */
MUST_USE enum rc conduct_add_worker(struct conduct *c, struct str type, conduct_worker worker, void *ctx, struct err *err);
/* Likewise, of one that waits for others: done by conduct_work_slow alone, so that no other job waits behind it. */
MUST_USE enum rc conduct_add_slow_worker(struct conduct *c, struct str type, conduct_worker worker, void *ctx, struct err *err);
/* Likewise: which types, where no worker of here does them, wait for programs of others (process/runtime_job.h) and become no incidents. */
void conduct_leave(struct conduct *c, bool (*is_left)(void *ctx, struct str type), void *ctx);

/*
 * Some jobs of each type.  *more: there are others.  owner: who takes them, unique among those at work.  One thread at a time for an owner; it
 * resets the arena. *failed counts those that went wrong, err has the last.
 */
MUST_USE enum rc conduct_work(struct conduct *c, const struct db *db, struct arena *a, struct str owner, int64_t now_us, bool *more,
                              int *failed, struct err *err);
/* Whether there is a job now for whoever waits for others. */
MUST_USE enum rc conduct_slow_any(struct conduct *c, const struct db *db, int64_t now_us, bool *out, struct err *err);
/* One job of each such type; several owners at once.  *more: something was done. */
MUST_USE enum rc conduct_work_slow(struct conduct *c, const struct db *db, struct arena *a, struct str owner, int64_t now_us, bool *more,
                                   int *failed, struct err *err);

#endif
