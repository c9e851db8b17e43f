/*
 * tls - TLS 1.3 on OpenSSL.  Between nodes both sides show a certificate, and trust is by
 * fingerprint: the caller decides after the handshake whether it knows the peer.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/str.h"

struct tls;

/* PEM texts.  ask_peer: a client must show a certificate (any; the fingerprint tells who). */
MUST_USE enum rc tls_new_server(struct str key_pem, struct str cert_pem, bool ask_peer,
                                struct tls **out, struct err *err);
MUST_USE enum rc tls_new_client(struct str key_pem, struct str cert_pem, struct tls **out,
                                struct err *err);
void tls_free(struct tls *t);

#endif
