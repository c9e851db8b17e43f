/*
 * tls_int - private to net: what wire.c needs of struct tls.
 */
#ifndef NET_TLS_INT_H
#define NET_TLS_INT_H

#include <openssl/ssl.h>

#include "net/tls.h"

struct wire;

/* A connection over w, which must outlive it.  RC_IO. */
MUST_USE enum rc tls_attach(const struct tls *t, struct wire *w, SSL **out, struct err *err);
bool tls_is_server(const struct tls *t);

/* What the BIO calls: like recv and send, -1 with *retry for "not now". */
int wire_bio_read(struct wire *w, char *buffer, int size, bool *retry);
int wire_bio_write(struct wire *w, const char *bytes, int size, bool *retry);

#endif
