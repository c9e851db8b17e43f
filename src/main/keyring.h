/*
 * keyring - the keys of a new node: signing keys, data keys, TLS key and certificate, each a file that only its owner can read.
 */
#ifndef MAIN_KEYRING_H
#define MAIN_KEYRING_H

#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/sig.h"

struct keyring {
    struct str node_public;  /* 32 bytes: signs exchanges */
    struct str log_public;   /* signs checkpoints */
    struct str seal_public;  /* signs certificates */
    struct hash fingerprint; /* of the TLS certificate */
};

/*
 * Makes <folder>/signing.json, vault.json, tls.key, tls.crt if signing.json is not there; reads the public halves in either case.
 * origin: of the log; the signer then signs only checkpoints of it with that key.
 */
MUST_USE enum rc keyring_make(struct arena *a, const char *folder, struct str name,
                              struct str origin, int64_t now_us, struct keyring *out,
                              struct err *err);

#endif
