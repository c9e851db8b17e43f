/*
 * note - C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0 and tlog-cosignature v1.0.1: a text that carries its
 * signatures, the text that a log signs, and what a witness adds to it.
 *
 * Parsing is strict: valid UTF-8, no control but LF, canonical base64, no leading zeros.
 * Verifying ignores signatures of unknown keys and refuses the whole note if one of a known key fails.
 */
#ifndef EVIDENCE_NOTE_H
#define EVIDENCE_NOTE_H

#include "crypto/hash.h"
#include "crypto/sig.h"

enum note_key_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04, NOTE_SM2 = 0xff };
enum { NOTE_SIGNATURES_MAX = 64, NOTE_BYTES_MAX = 1 << 20, NOTE_COSIGNATURE_BYTES = 72 };

/* A verifier key: who, and with what.  Views into the text that was parsed, or the arena. */
struct note_key {
    struct str name;
    uint32_t id;
    enum note_key_type type;
    struct str key; /* public: 32 bytes (Ed25519, also of cosignatures), 65 (SM2) */
};

/* id = first four bytes of SHA-256(name || 0x0A || type || key); for SM2 the type is 0xff and an identifier. */
MUST_USE enum rc note_key_new(struct arena *a, struct str name, enum note_key_type type,
                              struct str key, struct note_key *out, struct err *err);
/* "name+8 hex+base64(type || key)", and back.  A NULL ptr past the arena's limit. */
struct str note_key_text(struct arena *a, const struct note_key *k);
MUST_USE enum rc note_key_parse(struct arena *a, struct str vkey, struct note_key *out,
                                struct err *err);

struct note_signature {
    struct str name;
    uint32_t id;
    struct str bytes; /* without the key id */
};

struct signed_note {
    struct str text; /* with its last LF: what is signed */
    struct note_signature signature[NOTE_SIGNATURES_MAX];
    size_t count;
};

MUST_USE enum rc note_parse(struct arena *a, struct str bytes, struct signed_note *out, struct err *err);
/* RC_OK if at least one known signature is right and none is wrong; else RC_INVALID. */
MUST_USE enum rc note_verify(struct arena *a, const struct signed_note *n, const struct note_key *keys,
                             size_t count, struct err *err);
/* "— name base64(id || signature)\n" */
void note_put_signature(struct buf *out, const struct note_key *key, struct str signature);

/* What a witness signs over a checkpoint's text; its signature bytes are time (8, big-endian) and Ed25519 (64). */
void note_put_cosigned(struct buf *out, uint64_t time_s, struct str text);

struct checkpoint {
    struct str origin;
    uint64_t size;
    struct hash root;
};
void checkpoint_put(struct buf *out, const struct checkpoint *c);
MUST_USE enum rc checkpoint_parse(struct arena *a, struct str text, struct checkpoint *out,
                                  struct err *err);
/*
 * A whole signed checkpoint.  Besides the rules of note_verify the log itself must have signed: a key named like the
 * origin that is not a witness's.  note may be NULL.
 */
MUST_USE enum rc checkpoint_open(struct arena *a, struct str bytes, const struct note_key *keys,
                                 size_t count, struct signed_note *note, struct checkpoint *out,
                                 struct err *err);

#endif
