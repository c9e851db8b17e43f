/*
 * loop - one thread that waits for everything (epoll), and runs its tasks.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

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
void loop_free(struct loop *loop);
bool loop_is_ending(const struct loop *loop);
int64_t loop_now_us(const struct loop *loop); /* monotonic, read once a turn */
/* fn(ctx) on the loop's thread, soon; from any thread. */
void loop_post(struct loop *loop, void (*fn)(void *ctx), void *ctx);
/* fn(ctx) at the end of each turn, before the loop waits: to send what the turn has gathered. */
void loop_each_turn(struct loop *loop, void (*fn)(void *ctx), void *ctx);
int loop_tasks(const struct loop *loop);

#endif
