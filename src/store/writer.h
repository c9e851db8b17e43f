/*
 * writer - the thread that writes, and the queue to it.  Private to src/store/.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/driver.h"
#include "store/pool.h"

struct writer;

struct writer_config {
    const struct driver *driver;
    struct conn *conn;     /* stays the caller's */
    struct pool *pool;     /* whose dead connections it repairs */
    size_t queue_max;
    struct log *log;
};

struct writer *writer_start(const struct writer_config *config);
void writer_stop(struct writer *w); /* after all that is queued; accepts NULL */

MUST_USE enum rc writer_run(struct writer *w, const struct store_wait *wait, tx_fn fn, void *ctx,
                            struct err *err);
void writer_on_commit(struct writer *w, void (*fn)(void *ctx, int writes), void *ctx);
struct store_figures writer_look(struct writer *w);
void writer_nudge(struct writer *w); /* a connection of the pool has died */

#endif
