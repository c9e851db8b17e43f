/*
 * The bytes once as a directory from outside, and once as the signed content of a good one, so that the shape is
 * reached too.  What loads must answer for every peer that it lists.
 */
#include "exchange/directory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(struct directory *d)
{
    for (size_t i = 0; i < directory_count(d); i++) {
        const struct peer *p = directory_at(d, i);
        CHECK(directory_by_name(d, p->name) == p);
        CHECK(directory_by_fingerprint(d, p->fingerprint) == p);
    }
    directory_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sig_secret secret = {.algorithm = SIG_ED25519, .seed = {7}};
    struct str text = {(const char *)data, size}, whole;
    unsigned char public[SIG_PUBLIC_MAX];
    struct str key = {(const char *)public, sig_public_of(&secret, public)};
    struct arena *a = arena_new(1 << 22);
    struct directory *d;
    struct json *j;
    struct err err;

    if (directory_load(text, key, 0, NULL, &d, &err) == RC_OK) {
        look(d);
    }
    if (json_parse(a, text, JSON_UNIQUE, &j, &err) == RC_OK &&
        directory_sign(a, j, &secret, &whole, &err) == RC_OK &&
        directory_load(whole, key, 0, NULL, &d, &err) == RC_OK) {
        look(d);
    }
    arena_free(a);
    return 0;
}
