/*
 * runtime_job - work that is done outside of a process: handed to a worker for a while, and taken back if nothing is heard.
 *
 * A lease has a number, `attempt`, which goes up each time: whatever comes under an older one is refused, so work that was given
 * to somebody else meanwhile counts once.  (instance, token) is the worker's own key towards others.  To complete a job, or to
 * fail it with an error that the process catches, is a command (COMPLETE, FAIL with that attempt); the rest is here.  A lease that ends
 * without a word counts as a failure.  After the last one allowed the job is an incident that a person resolves (RETRY).
 */
#ifndef PROCESS_RUNTIME_JOB_H
#define PROCESS_RUNTIME_JOB_H

#include "process/runtime.h"

enum { RUNTIME_JOBS_MAX = 100 /* in one lease */ };

struct runtime_wish {
    struct str type;
    struct str owner; /* who takes them */
    int64_t lease_us; /* for how long; no longer than lease_max_us of the config */
    size_t most;
    int64_t now_us;
};
struct runtime_job {
    int64_t instance, token, attempt, tries; /* tries: failures before this */
    struct str element, business_key, process;
    const struct json *data; /* inputs, or NULL */
};
/* Jobs of that type that are ripe, the longest waiting first; now the owner's. */
MUST_USE enum rc runtime_job_lease(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_wish *wish,
                                   struct runtime_job **out, size_t *count, struct err *err);
/* Still at work: the lease ends at until_us.  RC_CONFLICT "lease-lost". */
MUST_USE enum rc runtime_job_extend(struct runtime *r, const struct db *db, const struct runtime_job *job, struct str owner,
                                    int64_t until_us, int64_t now_us, struct err *err);

/* Whoever was called that is gone, and comes back to nothing: their leases end now, each as a failure. */
MUST_USE enum rc runtime_job_end_leases(struct runtime *r, const struct db *db, struct str owner, int64_t now_us, struct err *err);

/* Whether there is one of that type to be leased now. */
MUST_USE enum rc runtime_job_any(const struct db *db, struct str type, int64_t now_us, bool *out, struct err *err);
/* Who has a job; an attempt is one owner's for ever. */
struct runtime_held {
    bool is_there; /* the token; ids are not used again */
    bool is_job, is_leased;
    struct str type, owner;
    int64_t attempt;
};
MUST_USE enum rc runtime_job_held(const struct db *db, struct arena *a, int64_t instance, int64_t token, struct runtime_held *out,
                                  struct err *err);

/*
 * In the transaction of the command that made the job: it is nobody's to lease, and no lease of it ends, until a command completes or fails it,
 * however long that takes.  For work that somebody else tells the end of, as another node does (exchange/handover.h).
 */
MUST_USE enum rc runtime_job_park(struct tx *tx, int64_t instance, int64_t token, struct err *err);

struct runtime_failure {
    struct str reason;
    bool is_permanent; /* another try would be the same */
    struct str actor;
    int64_t now_us;
    runtime_witness witness; /* may be NULL */
    void *witness_ctx;
};
/*
 * The job was not done: tried again after a while, or an incident (*is_incident).  RC_CONFLICT "lease-lost".  A worker that says so
 * twice is told so the second time.
 */
MUST_USE enum rc runtime_job_failed(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_job *job,
                                    const struct runtime_failure *failure, bool *is_incident, struct err *err);

/* {"tries":8,"first_seconds":60,"most_seconds":21600,"factor":4,"jitter_percent":20}.  RC_INVALID: a number is missing or makes no sense. */
MUST_USE enum rc runtime_backoff_read(const struct json *j, struct runtime_backoff *out, struct err *err);
/* What is usual, with as many tries after the first as the model says of this job (gov:job retries). */
struct runtime_backoff runtime_backoff_of(const struct bpmn *model, uint32_t element, const struct runtime_backoff *usual);

#endif
