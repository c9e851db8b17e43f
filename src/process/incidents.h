/*
 * incidents - what stands still, for whoever runs the node: which tokens cannot go on and why, and how much of what waits.
 */
#ifndef PROCESS_INCIDENTS_H
#define PROCESS_INCIDENTS_H

#include "process/runtime_view.h"

struct incidents_wish {
    struct str process, code; /* "": any; process: of the case as a whole */
    int64_t instance, token;  /* after those; 0: from the start */
    size_t most;
};
/* As runtime_incidents, with "at", "why", "tries" of what is said of the cause, and "to": where somebody has proposed to move it, or "". */
MUST_USE enum rc incidents_page(struct runtime *r, const struct db *db, struct arena *a, const struct incidents_wish *wish, struct json **out,
                                struct err *err);

struct incident {
    int64_t instance, token, version, since_us;
    struct str case_no, process, element, code, why, at;
    struct str job;              /* type of the work that failed, or "" */
    int64_t tries;               /* how often the work was tried; 0: it was none */
    int64_t resolved;            /* how often persons have let this case go on after an incident */
    /* What it stands in, which may be a process that is called. */
    struct str model;
    int64_t model_version, scope;
    const struct json *visible;  /* variables as they are seen from there, what is nearer over what is further out */
    const struct json *goals;    /* ["id",…]: where it could be moved to */
    const struct json *inputs;   /* of the work, or NULL */
    /* Somebody's proposal to move it; to "": none. */
    struct str to, proposer, reason;
    int64_t proposed_us;
};
/* RC_NOT_FOUND "no-such-incident". */
MUST_USE enum rc incident_get(struct runtime *r, const struct db *db, struct arena *a, int64_t instance, int64_t token, struct incident *out,
                              struct err *err);

/* Counted up to INCIDENTS_COUNTED, then it means "at least". */
enum { INCIDENTS_COUNTED = 100000, INCIDENTS_KINDS = 50 };
struct incidents_figures {
    int64_t incidents, jobs, oldest_job_us, timers, oldest_timer_us, untaken, oldest_untaken_us; /* timers: overdue for more than a minute */
    const struct json *causes; /* [{"process","code","count","since_us"}], the most frequent first */
    const struct json *types;  /* of jobs that could be done and nobody has: [{"type","count","since_us"}] */
};
MUST_USE enum rc incidents_count(const struct db *db, struct arena *a, int64_t now_us, struct incidents_figures *out, struct err *err);

#endif
