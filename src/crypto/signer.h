/*
 * signer - the process that holds the private keys and can do nothing but sign.
 *
 * The parent forks it before it opens anything else; it reads the key file, then shuts itself
 * in with seccomp: read, write, poll on its sockets, exit.  The worker, which parses what strangers send,
 * never has a private key in its memory.
 *
 * One request is a frame, one answer is a frame, both little: see signer.c.  Many frames may be
 * under way on one socket and come back in order, so a loop sends what it has gathered with one
 * write.  A malformed frame is a bug in the worker and ends the connection.
 */
#ifndef CRYPTO_SIGNER_H
#define CRYPTO_SIGNER_H

#include <sys/types.h>

#include "base/json.h"
#include "crypto/sig.h"

/* Keys have names: "node" signs exchanges, "log" signs checkpoints, "seal" signs certificates. */
enum { SIGNER_KEYS_MAX = 64, SIGNER_NAME_MAX = 32, SIGNER_MESSAGE_MAX = 65536 };

/* {"keys":[{"name":"node","algorithm":"ed25519","seed":"<base64 32>"},…]}: what a key file holds. */
struct json *signer_new_keys(struct arena *a, const char *const *names, size_t count);

/*
 * Fork.  keys: the text of the key file.  sockets: socket_count connected stream sockets are made, one
 * for each loop or thread that will sign; the parent's ends go to fds (close-on-exec, blocking).
 */
MUST_USE enum rc signer_start(struct str keys, size_t socket_count, int *fds, pid_t *pid,
                              struct err *err);

/* The public half, asked over a socket; on the arena. */
MUST_USE enum rc signer_public(int fd, struct arena *a, struct str name, struct sig_public *out,
                               struct err *err);

/* Blocking, for threads.  RC_NOT_FOUND: no such key; RC_IO: the signer is gone. */
MUST_USE enum rc signer_sign(int fd, struct str name, struct str message,
                             unsigned char out[SIG_BYTES], struct err *err);

/* For an event loop: frames to and from bytes.  Answers come in the order of the requests. */
void signer_put_request(struct buf *out, struct str name, struct str message);
enum { SIGNER_ANSWER_BYTES = 66 }; /* status, 1 reserved, signature */
/* answer: exactly SIGNER_ANSWER_BYTES. */
MUST_USE enum rc signer_read_answer(struct str answer, unsigned char out[SIG_BYTES],
                                    struct err *err);

#endif
