/*
 * vault - personal fields at rest: sealed so that a stolen disk says nothing, and findable
 * without being readable.
 *
 * Sealing is XChaCha20-Poly1305 under a data key; the place a value belongs to (table, column,
 * row) is the associated data, so a sealed value copied into another row does not open.  A
 * sealed value starts with a format byte and the number of its key, so keys rotate: old values
 * open, new ones use the newest key.  Looking up is by keyed hash (HMAC-SHA256) under another
 * key.
 */
#ifndef CRYPTO_VAULT_H
#define CRYPTO_VAULT_H

#include "base/json.h"
#include "crypto/hash.h"

struct vault;

enum { VAULT_OVERHEAD_BYTES = 45 }; /* format 1, key number 4, nonce 24, tag 16 */

/*
 * From {"index":"<base64 32>","keys":[{"number":1,"key":"<base64 32>"},…]}; the last key seals.
 * RC_INVALID: no such document.  The vault may be used by many threads at once.
 */
MUST_USE enum rc vault_open_keys(const struct json *keys, struct vault **out, struct err *err);
/* A fresh such document, for a new node; json_whole tells whether it fitted. */
struct json *vault_new_keys(struct arena *a);
void vault_free(struct vault *v); /* wipes; accepts NULL */

/* RC_LIMIT also if place has no ptr, as str_fmt gives past an arena's limit: nothing is sealed for nowhere. */
MUST_USE enum rc vault_seal(const struct vault *v, struct arena *a, struct str place,
                            struct str plain, struct str *out, struct err *err);
/* RC_CORRUPT if it was changed, moved, or sealed under a key that is not here.  RC_LIMIT. */
MUST_USE enum rc vault_open(const struct vault *v, struct arena *a, struct str place,
                            struct str sealed, struct str *out, struct err *err);
/* kind keeps a person's id and a company's code apart: "person", "company", "phone". */
struct hash vault_index(const struct vault *v, struct str kind, struct str value);

#endif
