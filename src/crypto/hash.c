/*
 * SHA-256 goes through the low-level functions of OpenSSL, on purpose.  They run the same
 * assembler (SHA-NI where there is any) as the EVP layer above them, without its look-ups, heap
 * objects and locks: for the 65 bytes of a Merkle node EVP costs a fifth more with everything
 * fetched beforehand, and three times as much by EVP_Digest (sig_bench.c measures).  They also
 * need no object that would have to live somewhere, and a context that is a plain struct can be
 * copied, which is all that HMAC needs.  OpenSSL 3 calls them deprecated; the warning is
 * silenced for the three calls here and nowhere else.
 *
 * SM3 has no such door and is used by the page, not by the million: EVP serves.
 */
#include "crypto/hash.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/random.h"

enum { BLOCK_BYTES = 64 }; /* of SHA-256 */

struct hash_stream {
    SHA256_CTX inner;
    SHA256_CTX outer; /* begun with the outer key block, if keyed */
    bool keyed;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void
sha256_begin(SHA256_CTX *c)
{
    CHECK(SHA256_Init(c) == 1);
}

static void
sha256_add(SHA256_CTX *c, const void *data, size_t len)
{
    if (len > 0) {
        CHECK(SHA256_Update(c, data, len) == 1);
    }
}

static struct hash
sha256_end(SHA256_CTX *c)
{
    struct hash h;

    CHECK(SHA256_Final(h.bytes, c) == 1);
    return h;
}

#pragma GCC diagnostic pop

struct hash
hash_sha256(struct str data)
{
    SHA256_CTX c;

    sha256_begin(&c);
    sha256_add(&c, data.ptr, data.len);
    return sha256_end(&c);
}

struct hash
hash_sha256_node(unsigned char prefix, struct str left, struct str right)
{
    SHA256_CTX c;

    sha256_begin(&c);
    sha256_add(&c, &prefix, 1);
    sha256_add(&c, left.ptr, left.len);
    sha256_add(&c, right.ptr, right.len);
    return sha256_end(&c);
}

struct hash
hash_sm3(struct str data)
{
    struct hash h;
    unsigned int len = 0;

    CHECK(EVP_Digest(data.ptr, data.len, h.bytes, &len, EVP_sm3(), NULL) == 1);
    CHECK(len == HASH_BYTES);
    return h;
}

/* RFC 2104: both passes begin with the key, filled up to a block, under two different masks. */
static void
hmac_begin(SHA256_CTX *inner, SHA256_CTX *outer, struct str key)
{
    unsigned char block[BLOCK_BYTES] = {0};

    if (key.len > sizeof(block)) {
        struct hash h = hash_sha256(key);
        memcpy(block, h.bytes, sizeof(h.bytes));
        secret_wipe(&h, sizeof(h));
    } else if (key.len > 0) {
        memcpy(block, key.ptr, key.len);
    }
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= 0x36;
    }
    sha256_begin(inner);
    sha256_add(inner, block, sizeof(block));
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    sha256_begin(outer);
    sha256_add(outer, block, sizeof(block));
    secret_wipe(block, sizeof(block));
}

static struct hash
hmac_end(SHA256_CTX *inner, SHA256_CTX *outer)
{
    struct hash h = sha256_end(inner);

    sha256_add(outer, h.bytes, sizeof(h.bytes));
    return sha256_end(outer);
}

struct hash
hash_hmac_sha256(struct str key, struct str data)
{
    SHA256_CTX inner, outer;

    hmac_begin(&inner, &outer, key);
    sha256_add(&inner, data.ptr, data.len);
    struct hash h = hmac_end(&inner, &outer);
    /* What was hashed after the key would let its holder go on as if he had the key. */
    secret_wipe(&inner, sizeof(inner));
    secret_wipe(&outer, sizeof(outer));
    return h;
}

struct hash_stream *
hash_open_sha256(void)
{
    struct hash_stream *s = mem_new(1, sizeof(*s));

    sha256_begin(&s->inner);
    return s;
}

struct hash_stream *
hash_open_hmac_sha256(struct str key)
{
    struct hash_stream *s = mem_new(1, sizeof(*s));

    s->keyed = true;
    hmac_begin(&s->inner, &s->outer, key);
    return s;
}

void
hash_add(struct hash_stream *s, struct str data)
{
    sha256_add(&s->inner, data.ptr, data.len);
}

struct hash
hash_close(struct hash_stream *s)
{
    struct hash h = s->keyed ? hmac_end(&s->inner, &s->outer) : sha256_end(&s->inner);

    secret_wipe(s, sizeof(*s));
    mem_free(s);
    return h;
}

bool
hash_eq(const struct hash *a, const struct hash *b)
{
    return sodium_memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct str
hash_str(const struct hash *h)
{
    return (struct str){(const char *)h->bytes, sizeof(h->bytes)};
}
