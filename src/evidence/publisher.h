/*
 * publisher - the thread that turns durable acts into a published log.
 *
 * Woken after each commit: at once when it was idle, at most every interval_ms under load.  It reads new leaves, adds
 * them to the tiles, has the signer sign a checkpoint, replaces the file `checkpoint`.  It refuses to sign
 * anything that does not extend the checkpoint on disk, which is the last that it signed: a signature that did
 * not reach the disk has never left this process.  The rows are the truth; the tiles can be made again.
 * What it cannot do (disk full, signer gone) it logs and tries again, and those who wait run into their timeout.
 */
#ifndef EVIDENCE_PUBLISHER_H
#define EVIDENCE_PUBLISHER_H

#include "evidence/note.h"
#include "evidence/tree.h"
#include "store/store.h"

struct publisher;

struct publisher_config {
    struct store *store;
    const char *folder;  /* of the log */
    struct str origin;   /* also the key's name */
    struct str key_name; /* in the signer: "log" */
    int signer_fd;       /* its own socket; stays the caller's */
    int interval_ms;
    struct log *log; /* may be NULL */
};

/*
 * Checks the folder against the store and the key first.  RC_CORRUPT: acts are missing that a checkpoint covers, or
 * they are others (the database was restored from a copy), or the checkpoint is of another key.  RC_CONFLICT:
 * another process publishes to this folder.  RC_INVALID: the key is not Ed25519, or origin is no name.
 */
MUST_USE enum rc publisher_start(const struct publisher_config *config, struct publisher **out,
                                 struct err *err);
/* After the last commits: publishes what there is.  Those who wait get RC_IO.  Accepts NULL. */
void publisher_stop(struct publisher *p);
void publisher_nudge(struct publisher *p); /* any thread; for store_on_commit */

struct note_key publisher_key(const struct publisher *p); /* the log's verifier key */
uint64_t publisher_size(const struct publisher *p);       /* of the last checkpoint; any thread */
size_t publisher_waiting(const struct publisher *p);      /* how many wait just now; any thread */

/*
 * Wait until the checkpoint covers index, through the caller's hook (NULL or all zero: block).  RC_TIMEOUT; RC_IO:
 * the publisher is stopping.
 */
MUST_USE enum rc publisher_wait(struct publisher *p, const struct store_wait *wait, int64_t index,
                                int timeout_ms, struct err *err);

#endif
