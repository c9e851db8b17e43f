#include "crypto/stream.h"

#include <sodium.h>

#include "base/mem.h"
#include "crypto/random.h"

_Static_assert(STREAM_KEY_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES, "the key");
_Static_assert(STREAM_HEAD_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES, "the head");
_Static_assert(STREAM_CHUNK_EXTRA == crypto_secretstream_xchacha20poly1305_ABYTES, "a chunk");

struct stream {
    crypto_secretstream_xchacha20poly1305_state state;
    bool is_over;
};

static struct stream *
stream_new(void)
{
    CHECK(sodium_init() >= 0);
    return mem_new(1, sizeof(struct stream));
}

struct stream *
stream_open_seal(const unsigned char key[STREAM_KEY_BYTES], unsigned char head[STREAM_HEAD_BYTES])
{
    struct stream *s = stream_new();

    CHECK(crypto_secretstream_xchacha20poly1305_init_push(&s->state, head, key) == 0);
    return s;
}

enum rc
stream_open_read(const unsigned char key[STREAM_KEY_BYTES],
                 const unsigned char head[STREAM_HEAD_BYTES], struct stream **out, struct err *err)
{
    struct stream *s = stream_new();

    if (crypto_secretstream_xchacha20poly1305_init_pull(&s->state, head, key) != 0) {
        stream_close(s);
        return err_set(err, RC_CORRUPT, "not the head of a sealed stream");
    }
    *out = s;
    return RC_OK;
}

void
stream_close(struct stream *s)
{
    if (s != NULL) {
        secret_wipe(s, sizeof(*s));
        mem_free(s);
    }
}

void
stream_seal(struct stream *s, struct str plain, bool is_last, unsigned char *out)
{
    unsigned char tag = is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;

    CHECK(!s->is_over);
    CHECK(crypto_secretstream_xchacha20poly1305_push(&s->state, out, NULL,
                                                     (const unsigned char *)plain.ptr, plain.len,
                                                     NULL, 0, tag) == 0);
    s->is_over = is_last;
}

enum rc
stream_read(struct stream *s, struct str sealed, unsigned char *out, bool *is_last,
            struct err *err)
{
    unsigned char tag;

    if (s->is_over || sealed.len < STREAM_CHUNK_EXTRA ||
        crypto_secretstream_xchacha20poly1305_pull(&s->state, out, NULL, &tag,
                                                   (const unsigned char *)sealed.ptr, sealed.len,
                                                   NULL, 0) != 0) {
        return err_set(err, RC_CORRUPT, "a sealed chunk was changed, moved or added");
    }
    s->is_over = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    *is_last = s->is_over;
    return RC_OK;
}
