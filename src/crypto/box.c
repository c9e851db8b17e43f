#include "crypto/box.h"

#include <sodium.h>

static void
keys_of(const unsigned char seed[BOX_KEY_BYTES], unsigned char public[BOX_KEY_BYTES], unsigned char secret[BOX_KEY_BYTES])
{
    CHECK(sodium_init() >= 0);
    CHECK(crypto_box_seed_keypair(public, secret, seed) == 0);
}

void
box_public(const unsigned char seed[BOX_KEY_BYTES], unsigned char out[BOX_KEY_BYTES])
{
    unsigned char secret[BOX_KEY_BYTES];

    keys_of(seed, out, secret);
    sodium_memzero(secret, sizeof(secret));
}

enum rc
box_seal(struct arena *a, struct str public_key, struct str plain, struct str *out, struct err *err)
{
    unsigned char *sealed = arena_alloc(a, 1, plain.len + BOX_OVERHEAD_BYTES);

    CHECK(sodium_init() >= 0);
    if (public_key.len != BOX_KEY_BYTES) {
        return err_set(err, RC_INVALID, "a key of %zu bytes", public_key.len);
    }
    if (sealed == NULL) {
        return err_set(err, RC_LIMIT, "no room for what is sealed");
    }
    if (crypto_box_seal(sealed, (const unsigned char *)plain.ptr, plain.len, (const unsigned char *)public_key.ptr) != 0) {
        return err_set(err, RC_INVALID, "that is no public key"); /* one that would give everybody the same secret */
    }
    *out = (struct str){(const char *)sealed, plain.len + BOX_OVERHEAD_BYTES};
    return RC_OK;
}

enum rc
box_open(struct arena *a, const unsigned char seed[BOX_KEY_BYTES], struct str sealed, struct str *out, struct err *err)
{
    unsigned char public[BOX_KEY_BYTES], secret[BOX_KEY_BYTES];
    unsigned char *plain;

    if (sealed.len < BOX_OVERHEAD_BYTES) {
        return err_set(err, RC_CORRUPT, "%zu bytes are no box", sealed.len);
    }
    if ((plain = arena_alloc(a, 1, sealed.len - BOX_OVERHEAD_BYTES + 1)) == NULL) {
        return err_set(err, RC_LIMIT, "no room for what was sealed");
    }
    keys_of(seed, public, secret);
    int failed = crypto_box_seal_open(plain, (const unsigned char *)sealed.ptr, sealed.len, public, secret);
    sodium_memzero(secret, sizeof(secret));
    if (failed != 0) {
        return err_set(err, RC_CORRUPT, "the box was changed, or is for somebody else");
    }
    *out = (struct str){(const char *)plain, sealed.len - BOX_OVERHEAD_BYTES};
    return RC_OK;
}
