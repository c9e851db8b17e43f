/*
 * proof - what a citizen takes home: C2SP tlog-proof text, and the receipt that carries it.
 *
 * A receipt is JSON: {"leaf_index","leaf","body","opening","proof"}; leaf and opening base64, body the committed
 * text, proof the tlog-proof (index, inclusion path, checkpoint).  Nothing else is needed to check it but the
 * log's public key.
 */
#ifndef EVIDENCE_PROOF_H
#define EVIDENCE_PROOF_H

#include "base/json.h"
#include "evidence/note.h"
#include "evidence/tiles.h"

/* From the newest checkpoint that the source serves.  RC_NOT_FOUND: not covered yet. */
MUST_USE enum rc proof_make(struct arena *a, const struct tile_source *source, int64_t index,
                            struct str *out, struct err *err);
/* Checks signature and path; leaf is the 40 bytes.  RC_INVALID says what is wrong. */
MUST_USE enum rc proof_check(struct arena *a, struct str proof, struct str leaf,
                             const struct note_key *keys, size_t count, int64_t *index,
                             struct checkpoint *checkpoint, struct err *err);
/* A whole receipt: leaf against body and opening, then the proof. */
MUST_USE enum rc receipt_check(struct arena *a, const struct json *receipt,
                               const struct note_key *keys, size_t count, struct err *err);

#endif
