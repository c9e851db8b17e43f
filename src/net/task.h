/*
 * task - a coroutine on its own small guarded stack, so that a handler reads top to bottom.
 *
 * A task belongs to one loop and runs only on that loop's thread.  It yields where it waits (every function here
 * that takes a struct task and can wait says so) and nowhere else.  Stacks have a guard page below;
 * overflow ends the process instead of writing into a neighbour.  Stacks are kept and used again.
 */
#ifndef NET_TASK_H
#define NET_TASK_H

#include "base/err.h"
#include "net/loop.h"

struct task;

enum { TASK_READ = 1, TASK_WRITE = 2 };

/* Starts soon, on the loop's thread.  Call from that thread.  RC_BUSY: the loop has its most tasks. */
MUST_USE enum rc task_start(struct loop *loop, void (*fn)(struct task *t, void *ctx), void *ctx,
                            struct err *err);
struct loop *task_loop(const struct task *t);

/*
 * Until fd is ready, or deadline_us (monotonic; 0 = never) passes: RC_TIMEOUT; loop ending: RC_IO.
 * It may return early, so try the read or write and wait again.  One task may wait to read
 * and another to write.
 */
MUST_USE enum rc task_wait_fd(struct task *t, int fd, int events, int64_t deadline_us,
                              struct err *err);
MUST_USE enum rc task_sleep(struct task *t, int64_t until_us, struct err *err);
void task_yield(struct task *t); /* let the others run once */

/* suspend returns once for each resume; a resume that comes first is remembered.  resume: any thread. */
void task_suspend(struct task *t);
void task_resume(struct task *t);
/* The same with an end: RC_TIMEOUT at deadline_us (0 = never), RC_IO when the loop is ending. */
MUST_USE enum rc task_suspend_until(struct task *t, int64_t deadline_us, struct err *err);

/*
 * From the loop's thread: if t is in task_wait_fd, task_sleep or task_suspend_until, that ends with
 * RC_IO.  False, and nothing happens, if it is not.
 */
bool task_interrupt(struct task *t);

/*
 * Run fn on a work thread of the loop's pool (slow CPU work: password hashes) and wait for it, also
 * when the loop is ending.  RC_BUSY if too many are waiting or there is no pool.
 */
MUST_USE enum rc task_work(struct task *t, void (*fn)(void *ctx), void *ctx, struct err *err);

/*
 * Expect a long wait: once t waits next, the part of its stack that is not in use goes back to the
 * system.  Costs a system call and, later, page faults.
 */
void task_trim(struct task *t);

#endif
