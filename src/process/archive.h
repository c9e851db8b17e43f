/*
 * archive - closed cases whose time in the store is over: a month of them at a time, into a file that anybody can check, and then out of the store.
 *
 * How many years a kind of process stays is a document (demo/retention.json), counted from the first of January after a case has ended; a month goes when
 * all its closed cases may.  The file has the rows as they are stored, sealed as they were, with the chain of each case's history.  Its hash stands in an act,
 * and the act's receipt in the manifest beside it: so the node's log signs it, and acts stay in the log.  Only when that is so do rows leave, a few in a
 * transaction; whoever is killed goes on where the rows say.  A case that is opened again meanwhile stays, and goes with a later number of its month.
 */
#ifndef PROCESS_ARCHIVE_H
#define PROCESS_ARCHIVE_H

#include "base/json.h"
#include "evidence/note.h"
#include "store/store.h"

struct archive_terms;
/* {"default":{"years","basis"},"processes":[{"process","years","basis"}]}; lies on the arena.  RC_INVALID. */
MUST_USE enum rc archive_terms_load(struct arena *a, const struct json *document, struct archive_terms **out, struct err *err);

struct archive_config {
    const struct archive_terms *terms;
    const char *folder; /* made if it is not there */
    struct str node;
    int offset_minutes;
    /* The receipt of an act (evidence/proof.h).  RC_NOT_FOUND: the log has not signed it yet. */
    enum rc (*receipt)(void *ctx, const struct db *db, struct arena *a, int64_t act, struct json **out, struct err *err);
    void *ctx;
};
struct archives;
struct archives *archives_new(const struct archive_config *config); /* the config is copied */
void archives_free(struct archives *s); /* accepts NULL */

/*
 * A piece of that work; *more: come again at once.  RC_CORRUPT: the file is not what was written: nothing more leaves the store.  One thread at a time; it
 * resets the arena.
 */
MUST_USE enum rc archive_turn(struct archives *s, const struct db *db, struct arena *a, int64_t now_us, bool *more, struct err *err);

struct archive_found {
    int64_t month, number, cases, lines;
    bool is_signed; /* the receipt was checked with the key */
};
/*
 * Reads a file back by its manifest: its hash, every chain, how many there are, and with a key the receipt of the act that names it.  RC_CORRUPT: says
 * what is wrong; RC_INVALID: the receipt is not right; RC_NOT_FOUND.
 */
MUST_USE enum rc archive_check(struct arena *a, const char *manifest, const struct note_key *key, struct archive_found *out, struct err *err);

#endif
