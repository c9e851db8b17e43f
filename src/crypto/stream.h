/*
 * stream - long content sealed chunk by chunk under a key of its own, both ways in constant memory.
 *
 * libsodium's secretstream (XChaCha20-Poly1305): every chunk carries its own check, which depends on all chunks before it, and the
 * last one says that it is the last.  So a changed, missing, doubled or moved chunk does not open, and an end that was cut off shows.
 */
#ifndef CRYPTO_STREAM_H
#define CRYPTO_STREAM_H

#include "base/str.h"

enum { STREAM_KEY_BYTES = 32, STREAM_HEAD_BYTES = 24, STREAM_CHUNK_EXTRA = 17 };

struct stream;

/* head is filled in, and goes in front of the first chunk. */
struct stream *stream_open_seal(const unsigned char key[STREAM_KEY_BYTES],
                                unsigned char head[STREAM_HEAD_BYTES]);
/* RC_CORRUPT: no such head. */
MUST_USE enum rc stream_open_read(const unsigned char key[STREAM_KEY_BYTES],
                                  const unsigned char head[STREAM_HEAD_BYTES], struct stream **out,
                                  struct err *err);
void stream_close(struct stream *s); /* wipes; accepts NULL */

/* out has room for plain.len + STREAM_CHUNK_EXTRA, which is what it gets.  Nothing may follow the last chunk. */
void stream_seal(struct stream *s, struct str plain, bool is_last, unsigned char *out);
/* out has room for sealed.len - STREAM_CHUNK_EXTRA.  RC_CORRUPT: not the chunk that comes next, or not as it was sealed. */
MUST_USE enum rc stream_read(struct stream *s, struct str sealed, unsigned char *out,
                             bool *is_last, struct err *err);

#endif
