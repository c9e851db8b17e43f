/*
 * publisher - the thread that turns durable acts into a published log.
 *
 * Woken after each commit (at most every interval_ms): reads new leaves, adds them to the tiles, has the signer
 * sign a checkpoint, replaces the file `checkpoint`.  It refuses to sign anything that does not
 * extend the last checkpoint on disk.  The rows are the truth; the tiles can be made again.
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
    struct log *log;
};

/* Checks the folder against the store first: RC_CORRUPT if rows are missing that a checkpoint covers. */
MUST_USE enum rc publisher_start(const struct publisher_config *config, struct publisher **out,
                                 struct err *err);
/* After the last commits: publishes what there is. */
void publisher_stop(struct publisher *p);
void publisher_nudge(struct publisher *p); /* any thread; for store_on_commit */

struct note_key publisher_key(const struct publisher *p); /* the log's verifier key */
uint64_t publisher_size(const struct publisher *p);       /* of the last checkpoint; any thread */

/*
 * Wait until the checkpoint covers index, through the caller's hook.  RC_TIMEOUT.
 */
MUST_USE enum rc publisher_wait(struct publisher *p, const struct store_wait *wait, int64_t index,
                                int timeout_ms, struct err *err);

#endif
