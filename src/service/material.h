/*
 * material - files that support a case: outside the database, named by their SHA-256, type told by content.
 *
 * <data>/materials/ab/cd/<sha256>: written under a temporary name as it streams in, hashed on the way, fsynced, renamed.  The row is
 * written afterwards, in the transaction of the draft; a crash leaves at most a file without a row, which the sweeper removes.
 */
#ifndef SERVICE_MATERIAL_H
#define SERVICE_MATERIAL_H

#include "base/json.h"
#include "store/store.h"

struct material_sink;

/* most_bytes: of this file.  RC_FULL on a full disk. */
MUST_USE enum rc material_open(const char *folder, int64_t most_bytes, struct material_sink **out,
                               struct err *err);
/* RC_LIMIT, type "too-large", with the limit in the text. */
MUST_USE enum rc material_write(struct material_sink *s, struct str piece, struct err *err);
/* Checks the content's type against allowed (array of media types; magic numbers, not names): RC_TYPE.  Durable on RC_OK. */
MUST_USE enum rc material_close(struct material_sink *s, struct arena *a,
                                const struct json *allowed, struct str *sha256_hex,
                                struct str *media_type, int64_t *bytes, struct err *err);
void material_cancel(struct material_sink *s); /* leaves nothing; accepts NULL */

/* Open for reading: fd and size; checks that sha256_hex is 64 hex digits. */
MUST_USE enum rc material_read(const char *folder, struct str sha256_hex, int *fd, int64_t *bytes,
                               struct err *err);
/* "image/jpeg", "image/png", "application/pdf", or "" for anything else; needs the first 16 bytes. */
struct str material_type(struct str head);

#endif
