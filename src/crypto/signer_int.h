/*
 * signer_int - what the parts of the signer share.  Private to crypto and its tests.
 *
 * signer.c is the wire and the worker's side of it, signer_keys.c the key file, signer_process.c
 * the process, signer_cell.c the walls around it.
 */
#ifndef CRYPTO_SIGNER_INT_H
#define CRYPTO_SIGNER_INT_H

#include "crypto/signer.h"

enum signer_kind { SIGNER_SIGN = 1, SIGNER_PUBLIC = 2 };
enum signer_status { SIGNER_GOOD = 0, SIGNER_NO_KEY = 1, SIGNER_OTHER_START = 2 };

enum {
    SIGNER_HEAD_BYTES = 6, /* of a request: kind, length of the name, length of the message (4) */
    SIGNER_FRAME_MAX = SIGNER_HEAD_BYTES + SIGNER_NAME_MAX + SIGNER_MESSAGE_MAX,
    SIGNER_PUBLIC_ANSWER_BYTES = 2 + SIG_PUBLIC_MAX, /* status, algorithm, key and zeros */
    SIGNER_ANSWER_MAX = SIGNER_PUBLIC_ANSWER_BYTES
};

struct signer_frame {
    enum signer_kind kind;
    struct str name;
    struct str message; /* both point into the bytes that were parsed */
    size_t bytes;       /* of the whole frame */
};

/* The first frame of bytes.  MORE: what is there can still become one; BAD: it cannot. */
enum signer_parse { SIGNER_PARSE_WHOLE, SIGNER_PARSE_MORE, SIGNER_PARSE_BAD };
enum signer_parse signer_frame_parse(struct str bytes, struct signer_frame *out);

struct signer_entry {
    char name[SIGNER_NAME_MAX];
    size_t name_len;
    char must_start[SIGNER_MUST_START_MAX];
    size_t must_start_len;
    struct sig_secret secret; /* wiped when key is made */
    struct sig_key *key;      /* NULL before */
};

struct signer_keys {
    size_t count;
    struct signer_entry entries[SIGNER_KEYS_MAX];
};

/* In locked pages; signer_keys_free wipes them and accepts NULL.  RC_INVALID. */
MUST_USE enum rc signer_keys_read(struct str text, struct signer_keys **out, struct err *err);
/* Make each key ready, sign and check once with it, wipe the seeds. */
void signer_keys_prepare(struct signer_keys *keys);
void signer_keys_free(struct signer_keys *keys);
bool signer_keys_have(const struct signer_keys *keys, enum sig_algorithm algorithm);

/* The answer to one frame: how many bytes of out were written. */
size_t signer_answer(const struct signer_keys *keys, const struct signer_frame *frame,
                     unsigned char out[SIGNER_ANSWER_MAX]);

/*
 * Answer on these sockets until all are closed by the other side.  Everything is allocated
 * before ready().
 */
void signer_serve(const struct signer_keys *keys, const int *fds, size_t count,
                  void (*ready)(void *context), void *context);

/*
 * The walls, in this order.  leave: only these descriptors and standard error stay open.
 * shut_in: from there on only the system calls listed in signer_cell.c.  False: errno says why.
 */
bool signer_cell_leave(const int *fds, size_t count, pid_t parent);
bool signer_cell_shut_in(bool with_openssl);

#endif
