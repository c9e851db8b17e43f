/*
 * secrets - keys out of JSON documents.  Private to crypto.
 */
#ifndef CRYPTO_SECRETS_H
#define CRYPTO_SECRETS_H

#include "base/json.h"

/*
 * Exactly len bytes from the base64 text of a member into out.  The decoded copy on the arena is
 * wiped; the text itself is the caller's.  RC_INVALID, without the text in the message; RC_LIMIT.
 */
MUST_USE enum rc secrets_read(struct arena *a, const struct json *object, const char *name,
                              void *out, size_t len, struct err *err);
/* len bytes, given or random, as a base64 member; a failure shows in json_whole of the root. */
void secrets_write(struct arena *a, struct json *object, const char *name, const void *bytes,
                   size_t len);
void secrets_write_new(struct arena *a, struct json *object, const char *name, size_t len);

#endif
