/*
 * proof - what a citizen takes home: C2SP tlog-proof text, and the receipt that carries it.
 *
 * A receipt is JSON: {"leaf_index","leaf","body","opening","proof"}; leaf and opening base64, body the committed
 * text, proof the tlog-proof (index, inclusion path, checkpoint).  Nothing else is needed to check it but the
 * log's public key.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>              optional; not covered by any signature, and not read here
 *     index <decimal>
 *     <base64 hash>               of the path, leaf side first; one a line
 *     (empty line)
 *     <checkpoint, a whole signed note>
 */
#ifndef EVIDENCE_PROOF_H
#define EVIDENCE_PROOF_H

#include "base/json.h"
#include "evidence/note.h"
#include "evidence/tiles.h"

/*
 * From the newest checkpoint that the source serves.  RC_NOT_FOUND: not covered yet; RC_CORRUPT: the tiles are not
 * those of the checkpoint.  Its signatures are passed on as they are; who takes the proof checks them.
 */
MUST_USE enum rc proof_make(struct arena *a, const struct tile_source *source, int64_t index,
                            struct str *out, struct err *err);
/* Checks signature and path; leaf is the 40 bytes.  RC_INVALID says what is wrong.  index, checkpoint may be NULL. */
MUST_USE enum rc proof_check(struct arena *a, struct str proof, struct str leaf,
                             const struct note_key *keys, size_t count, int64_t *index,
                             struct checkpoint *checkpoint, struct err *err);
/* A whole receipt: body and opening against the leaf, leaf against the proof.  checkpoint may be NULL. */
MUST_USE enum rc receipt_check(struct arena *a, const struct json *receipt,
                               const struct note_key *keys, size_t count,
                               struct checkpoint *checkpoint, struct err *err);

#endif
