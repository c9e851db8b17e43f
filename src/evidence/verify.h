/*
 * verify - check a whole log without asking anyone: `zhengtong verify --log DIR|URL [--act ID]`.
 *
 * Checked: the checkpoint's signature; every entry against the level-0 hashes; every tile against the level
 * below; the root; shape and order of every leaf; consistency with older checkpoints given.
 * On failure the report names the first wrong byte: file and offset.  Where an entry and its hash disagree,
 * the higher tiles decide which one lies.
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
    int64_t act; /* index of one act whose inclusion is to be proved, or -1 */
};

/*
 * report: {"ok","origin","size","root","acts_by_kind":{…},"act":{…}} or {"ok":false,"file","offset","why"}.
 * RC_OK: all right; RC_CORRUPT: the log is wrong, see report; others: it could not be read.
 */
MUST_USE enum rc verify_log(struct arena *a, const struct verify_request *request,
                            struct json **report, struct err *err);

#endif
