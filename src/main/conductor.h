/*
 * conductor - threads that keep running processes going: one does what time asks for, one does the work that programs do for them, and a few do what
 * of it waits for others, one job each.
 *
 * They do some at a time, so that users' writes come between; they are woken when there is something to do, and look by themselves now and then.  What is
 * begun is finished before they end.  A lease that was under way when the program was killed ends when it starts again.
 */
#ifndef MAIN_CONDUCTOR_H
#define MAIN_CONDUCTOR_H

#include "base/log.h"
#include "process/conduct_job.h"

struct conductor;

struct conductor_config {
    struct store *store;
    const struct clock *clock;
    struct str owner; /* of the leases: the node */
    struct log *log;  /* may be NULL */
};

/* Not at work yet: to be given to conduct_open as whom to wake. */
struct conductor *conductor_new(const struct conductor_config *config);
void conductor_wake(void *conductor); /* any thread */
MUST_USE enum rc conductor_start(struct conductor *o, struct conduct *conduct, struct err *err);
void conductor_stop(struct conductor *o);
void conductor_free(struct conductor *o); /* stopped; accepts NULL */

#endif
