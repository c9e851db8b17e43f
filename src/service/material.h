/*
 * material - files that support a case: outside the database, sealed, type told by content.
 *
 * <folder>/ab/cd/<name>.  Drafts and cases know a file by its SHA-256; its name on the disk is the vault's keyed hash of that.  A bare SHA-256
 * would let whoever takes the disk ask "is this known document here?"; the keyed hash still keeps equal content once.  What the
 * disk does tell is how large a file is and when it came.
 *
 * A sealed file is: its key and its length, sealed by the vault for this name (85 bytes) | head of the stream (24) | chunks of 64 KiB, each with its check
 * (17), the last one marked as the last (crypto/stream.h).  So both ways take constant memory, and a file that was changed, cut,
 * reordered, lengthened or put under another name is RC_CORRUPT; a cut one before its first byte is handed out.
 *
 * Written under a temporary name as it streams in, fsynced, renamed.  Rows (material_hold) say who needs a file; they are written
 * afterwards, in the transaction of the draft, so a crash leaves at most a file without a row, which the sweeper removes (docs/why/0011).
 */
#ifndef SERVICE_MATERIAL_H
#define SERVICE_MATERIAL_H

#include "base/json.h"
#include "crypto/vault.h"
#include "store/store.h"

enum {
    MATERIAL_CHUNK_BYTES = 65536,
    MATERIAL_GRACE_S = 86400, /* what nobody needs stays so long: its request may still be under way */
    MATERIAL_SLICES = 256
};

/* Where they are, and what opens them. */
struct materials {
    const char *folder;
    const struct vault *vault;
};

/* --- writing: open, write …, close or cancel --------------------------------------------------- */

struct material_sink;

/* most_bytes: of this file; now_us: when it came.  RC_FULL on a full disk. */
MUST_USE enum rc material_open(const struct materials *m, int64_t now_us, int64_t most_bytes,
                               struct material_sink **out, struct err *err);
/* RC_LIMIT, type "too-large", with the limit in the text. */
MUST_USE enum rc material_write(struct material_sink *s, struct str piece, struct err *err);
/*
 * Checks the content's type against allowed (array of media types; magic numbers, not names): RC_TYPE.  Durable on
 * RC_OK.  The sink is gone either way.
 */
MUST_USE enum rc material_close(struct material_sink *s, struct arena *a,
                                const struct json *allowed, struct str *sha256_hex,
                                struct str *media_type, int64_t *bytes, struct err *err);
void material_cancel(struct material_sink *s); /* leaves nothing; accepts NULL */

/* "image/jpeg", "image/png", "application/pdf", or "" for anything else; needs the first 16 bytes. */
struct str material_type(struct str head);

/* --- reading ------------------------------------------------------------------------------------- */

struct material;

/* RC_NOT_FOUND also if sha256_hex is not 64 small hex digits; RC_CORRUPT if it was cut, or its head changed. */
MUST_USE enum rc material_read(const struct materials *m, struct str sha256_hex,
                               struct material **out, int64_t *bytes, struct err *err);
/* The next chunk, which lives until the next call; "" after the last.  RC_CORRUPT. */
MUST_USE enum rc material_next(struct material *f, struct str *piece, struct err *err);
void material_done(struct material *f); /* accepts NULL */

/* --- who needs them ------------------------------------------------------------------------------- */

/* Inside a write: from now on holder needs the files that values name (arrays of {"sha256"}), and no others. */
MUST_USE enum rc material_hold(struct tx *tx, const struct vault *vault, struct str holder,
                               const struct json *values, struct err *err);
/* The same write that removes expired drafts: what they held is let go. */
MUST_USE enum rc material_let_go_expired(struct tx *tx, int64_t now_us, struct err *err);
/*
 * Removes what nobody needs and what a crash left, once it is older than the grace: everything of that kind in one
 * slice of the folder (0 … MATERIAL_SLICES - 1), so that a turn stays short.  Does nothing while a backup is being made.
 */
MUST_USE enum rc material_sweep(const struct materials *m, const struct db *db, int slice,
                                int64_t now_us, int64_t *removed, struct err *err);

/*
 * How many files there are and how large, as stored.  Looks on, folder by folder, until it has seen `enough`: names are spread evenly, so
 * the rest is reckoned from those, and *is_exact is false.  Reads the disk: for a work thread.
 */
struct material_figures;
MUST_USE enum rc material_weigh(const struct materials *m, int64_t enough,
                                struct material_figures *out, bool *is_exact, struct err *err);

/* --- backup ------------------------------------------------------------------------------------------ */

struct material_figures {
    int64_t files;
    int64_t bytes; /* as stored */
};
struct backup_figures;

/*
 * store_backup to path, and the files that it names, checked, to <path>.materials/: sealed as they are, so the copy is of use only with the
 * vault's keys.  An older backup there is replaced when all of it is whole.  RC_CORRUPT: a file that is needed is
 * missing or damaged.  Blocks, as store_backup does.
 */
MUST_USE enum rc material_back_up(const struct materials *m, struct store *s, const char *path,
                                  int64_t now_us, struct backup_figures *rows,
                                  struct material_figures *files, struct err *err);
/* The way back: the files first, each checked, and then store_restore. */
MUST_USE enum rc material_bring_back(const struct materials *m, const struct store_config *config,
                                     const char *path, int64_t now_us,
                                     struct backup_figures *rows, struct material_figures *files,
                                     struct err *err);

#endif
