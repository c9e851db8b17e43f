/*
 * signer - the process that holds the private keys and can do nothing but sign.
 *
 * The parent forks it before it opens anything else; it makes its keys ready, then shuts itself
 * in with seccomp: read, write, poll and close on its sockets, and exit.  The worker, which
 * parses what strangers send, never has a private key in its memory, and the key file may say
 * how the messages of a key begin, so a worker that has been taken over cannot have a
 * checkpoint signed by the key for exchanges.
 *
 * One request is a frame, one answer is a frame, both little: see signer.c.  Many frames may be
 * under way on one socket and come back in order, so a loop sends what it has gathered with one
 * write.  A malformed frame is a bug in the worker and ends the connection.
 *
 * The signer ends when its last socket is closed by everybody who holds the other end, or when
 * the thread that started it ends.  It takes no notice of SIGINT, SIGTERM and SIGHUP, which
 * reach a whole group: what the worker still has to say while stopping has to be signed.
 */
#ifndef CRYPTO_SIGNER_H
#define CRYPTO_SIGNER_H

#include <sys/types.h>

#include "base/json.h"
#include "crypto/sig.h"

/* Keys have names: "node" signs exchanges, "log" signs checkpoints, "seal" signs certificates. */
enum {
    SIGNER_KEYS_MAX = 64,
    SIGNER_NAME_MAX = 32,
    SIGNER_MUST_START_MAX = 128,
    SIGNER_MESSAGE_MAX = 65536,
    SIGNER_SOCKETS_MAX = 256,
    SIGNER_KEY_FILE_MAX = 65536
};

/*
 * What a key file holds: {"keys":[{"name":"node","algorithm":"ed25519","seed":"<base64 32>",
 * "must_start":"\"@"},…]}; "must_start" is optional.  Here a fresh one, Ed25519, all keys
 * without must_start.
 */
struct json *signer_new_keys(struct arena *a, const char *const *names, size_t count);
/* One more fresh key into such a document.  must_start "" is none. */
void signer_add_key(struct arena *a, struct json *document, const char *name,
                    enum sig_algorithm algorithm, struct str must_start);

/*
 * Fork.  keys: the text of the key file, which the caller should wipe afterwards
 * (secret_wipe_str). sockets: socket_count connected stream sockets are made, one for each loop
 * or thread that will sign; the parent's ends go to fds (close-on-exec, blocking).  Returns
 * when the signer has shut itself in.  RC_INVALID: the key file; RC_IO: no process, no sockets,
 * or it could not shut itself in.
 */
MUST_USE enum rc signer_start(struct str keys, size_t socket_count, int *fds, pid_t *pid,
                              struct err *err);

/*
 * The public half, asked over a socket on which no request is under way; on the arena.  After
 * RC_IO here or below the socket is of no more use.
 */
MUST_USE enum rc signer_public(int fd, struct arena *a, struct str name, struct sig_public *out,
                               struct err *err);

/*
 * Blocking, for threads.  RC_NOT_FOUND: no such key; RC_DENIED: that key does not sign messages
 * that begin so; RC_LIMIT: longer than SIGNER_MESSAGE_MAX; RC_IO: the signer is gone.
 */
MUST_USE enum rc signer_sign(int fd, struct str name, struct str message,
                             unsigned char out[SIG_BYTES], struct err *err);

/*
 * For an event loop: frames to and from bytes.  Answers come in the order of the requests.
 * False, and nothing put (no answer will come), if the message is longer than
 * SIGNER_MESSAGE_MAX, the name empty or too long, or the whole frame past the limit of out.
 */
bool signer_put_request(struct buf *out, struct str name, struct str message);
enum { SIGNER_ANSWER_BYTES = 66 }; /* status, 1 reserved, signature */
/* answer: exactly SIGNER_ANSWER_BYTES.  RC_NOT_FOUND, RC_DENIED as above. */
MUST_USE enum rc signer_read_answer(struct str answer, unsigned char out[SIG_BYTES],
                                    struct err *err);

#endif
