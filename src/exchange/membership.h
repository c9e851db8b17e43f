/*
 * membership - the directory that a node goes by, over time.
 *
 * The file is how a directory arrives; what was taken from it stays in the store, so neither a newer file that is
 * wrong nor an older one put back, also while the node was down, changes whom the node knows.  A directory is never
 * altered and none is freed before membership_close (each is a few kilobytes, and they come once in weeks), so
 * a task may hold on to a peer for as long as it likes.
 */
#ifndef EXCHANGE_MEMBERSHIP_H
#define EXCHANGE_MEMBERSHIP_H

#include "base/log.h"
#include "exchange/directory.h"
#include "store/store.h"

struct membership;

struct membership_config {
    const char *path;     /* of the file */
    struct str authority; /* 32 bytes; must live as long */
    struct store *store;
    const struct clock *clock;
    struct log *log; /* may be NULL */
};

/*
 * The directory in the file or, where that is refused and the log says why, the one taken last.  With neither: what
 * file_read and directory_load say.
 */
MUST_USE enum rc membership_open(const struct membership_config *config, struct membership **out,
                                 struct err *err);
const struct directory *membership_directory(const struct membership *m); /* the newest */
/*
 * Look at the file again.  *newer: there is a newer directory, and it is kept.  Anything but RC_OK (RC_CONFLICT: older than
 * the one held, or another of the same version; RC_INVALID: not signed by the authority, expired, malformed;
 * RC_NOT_FOUND, RC_IO) leaves the one that is held.  The log tells either.  Waits; one thread at a time.
 */
MUST_USE enum rc membership_look(struct membership *m, bool *newer, struct err *err);
void membership_close(struct membership *m); /* accepts NULL */

#endif
