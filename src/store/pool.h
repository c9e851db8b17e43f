/*
 * pool - the reading connections.  Private to src/store/.
 */
#ifndef STORE_POOL_H
#define STORE_POOL_H

#include "store/driver.h"

struct pool;
struct slot;

/* Takes the connections over; a driver with whole results never shares one with a nested read. */
struct pool *pool_new(const struct driver *driver, struct conn **conns, int count, int busy_ms);
void pool_free(struct pool *p); /* closes them; accepts NULL */

/*
 * A connection for this caller alone; a read inside a row of the same caller gets the connection of the
 * outer one.  RC_BUSY: none came free in time.  RC_IO: none is alive.
 */
MUST_USE enum rc pool_take(struct pool *p, const struct store_wait *wait, struct slot **out,
                           struct err *err);
struct conn *slot_conn(struct slot *slot);
void pool_give(struct pool *p, struct slot *slot);

/* fn(ctx) when a caller finds every connection dead: it shall see to it that pool_repair is called. */
void pool_on_death(struct pool *p, void (*fn)(void *ctx), void *ctx);
/* Reconnects dead ones.  False while some are still dead. */
bool pool_repair(struct pool *p);
bool pool_is_whole(struct pool *p);

#endif
