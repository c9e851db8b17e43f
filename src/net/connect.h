/*
 * connect - private to net: a TCP connection to a host by name or address, without stopping the loop.
 */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include "net/wire.h"

enum { CONNECT_HOST_MAX = 255 };

/*
 * Literal addresses and "localhost" need nothing; other names are looked up on a work thread, which may take longer
 * than deadline_us and is then left to itself.  Up to four addresses are tried in the order given.
 * RC_IO: no such name, nobody answers; RC_TIMEOUT.  On RC_OK w is open, with deadline_us set.
 */
MUST_USE enum rc connect_to(struct wire *w, struct loop *loop, struct task *t, const char *host,
                            int port, int64_t deadline_us, struct err *err);

#endif
