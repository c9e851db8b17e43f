/*
 * loop - one thread that waits for everything (epoll), and runs its tasks.
 *
 * A loop is made, given its first tasks, and run, all by one thread or with a hand-over in between.  Only
 * loop_stop, loop_post and task_resume may be called from other threads.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct loop;

struct loop_config {
    const struct clock *clock;
    int tasks_max;      /* coroutines alive at once */
    size_t stack_bytes; /* each; 0 for the usual 64 KiB */
    int work_threads;   /* 0 for none */
};

MUST_USE enum rc loop_new(const struct loop_config *config, struct loop **out, struct err *err);
void loop_run(struct loop *loop);  /* until loop_stop and the last task has ended */
void loop_stop(struct loop *loop); /* any thread, signal-safe; waits end with RC_IO */
/* After loop_run, or without it: then tasks that never began are dropped.  Accepts NULL. */
void loop_free(struct loop *loop);
bool loop_is_ending(const struct loop *loop);
int64_t loop_now_us(const struct loop *loop); /* monotonic, read once a turn */
const struct clock *loop_clock(const struct loop *loop);
/* fn(ctx) on the loop's thread, soon, in the order of the calls; from any thread. */
void loop_post(struct loop *loop, void (*fn)(void *ctx), void *ctx);
/* fn(ctx) at the end of each turn, before the loop waits: to send what the turn has gathered. */
void loop_each_turn(struct loop *loop, void (*fn)(void *ctx), void *ctx);
int loop_tasks(const struct loop *loop);

/*
 * Optional, for an fd that is waited for often: register it once, so that task_wait_fd costs no
 * system call.  Waiting is then for a change (edge-triggered): read or write until EAGAIN, or until a
 * read from a stream comes short, before each wait.  is_shared: several loops watch this listening
 * socket, and one of them is woken for each connection.  loop_unwatch before close.
 */
MUST_USE enum rc loop_watch(struct loop *loop, int fd, bool is_shared, struct err *err);
void loop_unwatch(struct loop *loop, int fd);
/* A watched fd that nobody waits for: has something come, or has the peer gone? */
bool loop_is_stirred(const struct loop *loop, int fd);

#endif
