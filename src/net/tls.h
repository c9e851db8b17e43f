/*
 * tls - TLS 1.3 on OpenSSL.  Between nodes both sides show a certificate, and trust is by
 * fingerprint: the caller decides after the handshake whether it knows the peer.  No authority, name
 * or date is looked at here; that the peer holds the certificate's key is proved.
 *
 * One struct tls serves all loops of a process and may be used by them at the same time.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/str.h"

struct tls;

/*
 * PEM texts; certificates after the first in cert_pem are sent too.  ask_peer: a client must show a
 * certificate (any; the fingerprint tells who).  RC_INVALID: not PEM, or key and certificate differ.
 */
MUST_USE enum rc tls_new_server(struct str key_pem, struct str cert_pem, bool ask_peer,
                                struct tls **out, struct err *err);
/* "" for both: a client that shows no certificate. */
MUST_USE enum rc tls_new_client(struct str key_pem, struct str cert_pem, struct tls **out,
                                struct err *err);
void tls_free(struct tls *t); /* accepts NULL */

#endif
