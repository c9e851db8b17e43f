/*
 * directory - who the nodes are: name, address, keys, certificate; one document, signed.
 *
 * {"directory":{"version":7,"issued":"…","expires":"…","nodes":[{"name","title_zh","title_en","host","port","public_key" (base64, Ed25519),
 * "tls_fingerprint" (hex),"log_origin","log_key" (vkey),"resources":["…"]}]},
 *  "signature":{"key":"<base64>","value":"<base64>"}}: the signature is over the canonical form (RFC 8785) of the member "directory".
 * A directory that is older than the one held is refused, so nobody can bring back a removed key; so is another one
 * of the same version.  Names and certificates stand once each.
 */
#ifndef EXCHANGE_DIRECTORY_H
#define EXCHANGE_DIRECTORY_H

#include "base/json.h"
#include "crypto/sig.h"

enum { DIRECTORY_BYTES_MAX = 4 << 20, PEER_NAME_MAX = 64 };

struct directory;

struct peer {
    struct str name; /* [a-z0-9.-] */
    struct str title_zh;
    struct str title_en;
    struct str host;
    int port;
    struct str authority;   /* "host:port", as it stands in Host */
    struct str public_key;  /* 32 bytes */
    struct str fingerprint; /* 32 bytes */
    struct str log_origin;
    struct str log_key; /* vkey text */
};

/*
 * Copies what it needs; lives until directory_free.  authority_key: 32 bytes.  RC_INVALID: shape or signature, or
 * with type "directory-expired" or "directory-early" (issued in the future); RC_CONFLICT: older than, or different
 * from, `held` (may be NULL).
 */
MUST_USE enum rc directory_load(struct str text, struct str authority_key, int64_t now_us,
                                const struct directory *held, struct directory **out,
                                struct err *err);
/* One that was held before: its dates are not looked at, as those of a directory in use are not. */
MUST_USE enum rc directory_recall(struct str text, struct str authority_key,
                                  struct directory **out, struct err *err);
void directory_free(struct directory *d); /* accepts NULL */
const struct peer *directory_by_name(const struct directory *d, struct str name); /* NULL */
const struct peer *directory_by_fingerprint(const struct directory *d, struct str fingerprint);
int64_t directory_version(const struct directory *d);
/* A directory in use goes on past this moment: a node warns, and does not stop every exchange at once. */
int64_t directory_expires_us(const struct directory *d);
size_t directory_count(const struct directory *d);
const struct peer *directory_at(const struct directory *d, size_t index); /* by name */

/* For the authority (and the demo): sign the member "directory". */
MUST_USE enum rc directory_sign(struct arena *a, const struct json *directory,
                                const struct sig_secret *authority, struct str *out,
                                struct err *err);

#endif
