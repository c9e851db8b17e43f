/*
 * bell - wakes one task where it waits to be woken, and nowhere else.
 *
 * task_resume ends whatever a task waits for with task_suspend: who resumes a task that may be waiting for a write just then takes that away from it.  A bell that is rung
 * while its task does something else is remembered instead, and heard when the task waits for it next.
 */
#ifndef NET_BELL_H
#define NET_BELL_H

#include "net/task.h"

struct bell;

struct bell *bell_new(void);
void bell_free(struct bell *b); /* nobody rings it or waits for it any more; accepts NULL */
void bell_ring(struct bell *b); /* from any thread; often is once */
/* Until it is rung, or has been since the last wait; deadline_us (monotonic; 0 = never) passes: RC_TIMEOUT; the loop is ending: RC_IO.  One task at a time. */
MUST_USE enum rc bell_wait(struct bell *b, struct task *t, int64_t deadline_us, struct err *err);

#endif
