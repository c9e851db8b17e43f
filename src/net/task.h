/*
 * task - a coroutine on its own small guarded stack, so that a handler reads top to bottom.
 *
 * A task belongs to one loop and runs only on that loop's thread.  It yields where it waits (task_wait_fd,
 * task_sleep, task_suspend) and nowhere else.  Stacks have a guard page below; overflow ends
 * the process instead of writing into a neighbour.  Stacks are kept and used again.
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

/* Until fd is ready, or deadline_us (monotonic; 0 = never) passes: RC_TIMEOUT; loop ending: RC_IO. */
MUST_USE enum rc task_wait_fd(struct task *t, int fd, int events, int64_t deadline_us,
                              struct err *err);
MUST_USE enum rc task_sleep(struct task *t, int64_t until_us, struct err *err);

/* suspend returns once for each resume; a resume that comes first is remembered.  resume: any thread. */
void task_suspend(struct task *t);
void task_resume(struct task *t);

/*
 * Run fn on a work thread of the loop's pool (slow CPU work: password hashes) and wait for it.
 * RC_BUSY if too many are waiting.
 */
MUST_USE enum rc task_work(struct task *t, void (*fn)(void *ctx), void *ctx, struct err *err);

#endif
