/*
 * verify - check a whole log without asking anyone: `zhengtong verify --log DIR|URL [--act ID]`.
 *
 * Checked: the checkpoint's signature; the root; every tile against the level above; every entry against the
 * level-0 hashes; the shape of every leaf; consistency with older checkpoints given.
 * On failure the report names the first wrong byte: file and offset.  Where an entry and its hash disagree,
 * the higher tiles decide which one lies.
 *
 * Read are the files that the checkpoint needs.  Parts of tiles that only older checkpoints needed are not looked
 * at; what they held is in the larger ones, which are.
 */
#ifndef EVIDENCE_VERIFY_H
#define EVIDENCE_VERIFY_H

#include "base/json.h"
#include "evidence/note.h"
#include "evidence/tiles.h"

struct verify_request {
    struct tile_source source;
    const struct note_key *keys;
    size_t key_count;
    const struct str *older; /* older checkpoints (whole notes) that must be consistent */
    size_t older_count;
    int64_t act;   /* index of one act whose inclusion is to be proved, or -1 */
    bool any_leaf; /* entries need not be acts: for logs of others */
};

/*
 * report: {"ok":true,"origin","size","root","acts_by_kind":{…},"out_of_order","older":[sizes],"act":{…}} or
 * {"ok":false,"file","offset","why"}.  out_of_order counts leaves of an earlier hour than the one before: a clock was
 * set back; that is told and is no fault of the log.  file is a path below the log's folder, or "older checkpoint N".
 * RC_OK: all right; RC_CORRUPT: the log is wrong, see report; RC_NOT_FOUND: it is right, but act is not in it
 * (and the report is made); others: it could not be read.
 */
MUST_USE enum rc verify_log(struct arena *a, const struct verify_request *request,
                            struct json **report, struct err *err);

#endif
