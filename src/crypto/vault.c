/*
 * A sealed value is: format 1 | key number, 4 bytes, big end first | nonce 24 | ciphertext |
 * tag 16.
 *
 * The nonce is random: 24 bytes are enough for that for ever, so no counter has to survive
 * anything.  The first two parts need no protection of their own: another format is refused,
 * and another number chooses a key under which the tag is wrong.  The place is not stored; the
 * caller knows where it found the value, and a value found elsewhere does not open.
 *
 * The keys live in pages that are locked, fenced and left out of core dumps (sodium_malloc).
 */
#include "crypto/vault.h"

#include <sodium.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/secrets.h"

enum {
    FORMAT = 1,
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    HEAD_BYTES = 1 + 4 + NONCE_BYTES,
    KEYS_MOST = 256
};

_Static_assert(HEAD_BYTES + TAG_BYTES == VAULT_OVERHEAD_BYTES, "the header promises this");

struct vault_key {
    uint32_t number;
    unsigned char key[KEY_BYTES];
};

struct vault {
    unsigned char index[HASH_BYTES];
    size_t count; /* the last one seals */
    struct vault_key keys[];
};

static const struct vault_key *
key_by_number(const struct vault *v, uint32_t number)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->keys[i].number == number) {
            return &v->keys[i];
        }
    }
    return NULL;
}

/* Into v, which has room for all of them. */
static enum rc
read_keys(struct arena *a, const struct json *document, struct vault *v, struct err *err)
{
    enum rc rc = secrets_read(a, document, "index", v->index, sizeof(v->index), err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *k = json_get(document, "keys")->first; k != NULL; k = k->next) {
        int64_t number = json_int_or(k, "number", 0);
        if (number < 1 || number > UINT32_MAX || key_by_number(v, (uint32_t)number) != NULL) {
            return err_set(err, RC_INVALID, "a vault key needs a number of its own from 1 up");
        }
        struct vault_key *into = &v->keys[v->count];
        rc = secrets_read(a, k, "key", into->key, sizeof(into->key), err);
        if (rc != RC_OK) {
            return rc;
        }
        into->number = (uint32_t)number;
        v->count++;
    }
    return RC_OK;
}

/* sodium_malloc lets an object end right at its fence, so only a rounded size begins aligned. */
static struct vault *
vault_alloc(size_t count)
{
    const size_t unit = _Alignof(struct vault);
    size_t size = sizeof(struct vault) + count * sizeof(struct vault_key);

    CHECK(sodium_init() >= 0);
    struct vault *v = sodium_malloc((size + unit - 1) / unit * unit);
    CHECK(v != NULL);
    v->count = 0;
    return v;
}

enum rc
vault_open_keys(const struct json *keys, struct vault **out, struct err *err)
{
    const struct json *list = json_get(keys, "keys");

    if (!json_is(list, JSON_ARRAY) || list->count == 0 || list->count > KEYS_MOST) {
        return err_set(err, RC_INVALID, "a vault has 1 to %d keys", KEYS_MOST);
    }
    struct vault *v = vault_alloc(list->count);
    struct arena *a = arena_new(65536); /* each key is decoded there, and wiped */
    enum rc rc = read_keys(a, keys, v, err);
    arena_free(a);
    if (rc != RC_OK) {
        vault_free(v);
        return rc;
    }
    *out = v;
    return RC_OK;
}

struct json *
vault_new_keys(struct arena *a)
{
    struct json *document = json_object(a);
    struct json *list = json_array(a);
    struct json *key = json_object(a);

    secrets_write_new(a, document, "index", HASH_BYTES);
    json_set_int(a, key, "number", 1);
    secrets_write_new(a, key, "key", KEY_BYTES);
    json_push(list, key);
    json_set(a, document, "keys", list);
    return document;
}

void
vault_free(struct vault *v)
{
    sodium_free(v); /* wipes */
}

enum rc
vault_seal(const struct vault *v, struct arena *a, struct str place, struct str plain,
           struct str *out, struct err *err)
{
    const struct vault_key *key = &v->keys[v->count - 1];
    unsigned char *sealed =
        plain.len < SIZE_MAX / 2 ? arena_alloc(a, plain.len + VAULT_OVERHEAD_BYTES, 1) : NULL;
    unsigned long long len = 0;

    if (place.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for the place of a sealed value");
    }
    if (sealed == NULL) {
        return err_set(err, RC_LIMIT, "no room to seal %zu bytes", plain.len);
    }
    sealed[0] = FORMAT;
    sealed[1] = (unsigned char)(key->number >> 24);
    sealed[2] = (unsigned char)(key->number >> 16 & 0xff);
    sealed[3] = (unsigned char)(key->number >> 8 & 0xff);
    sealed[4] = (unsigned char)(key->number & 0xff);
    unsigned char *nonce = sealed + 5;
    random_fill(nonce, NONCE_BYTES);
    CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
              sealed + HEAD_BYTES, &len, (const unsigned char *)plain.ptr, plain.len,
              (const unsigned char *)place.ptr, place.len, NULL, nonce, key->key)
          == 0);
    CHECK(len == plain.len + TAG_BYTES);
    *out = (struct str){(const char *)sealed, plain.len + VAULT_OVERHEAD_BYTES};
    return RC_OK;
}

enum rc
vault_open(const struct vault *v, struct arena *a, struct str place, struct str sealed,
           struct str *out, struct err *err)
{
    const unsigned char *in = (const unsigned char *)sealed.ptr;

    if (place.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for the place of a sealed value");
    }
    if (sealed.len < VAULT_OVERHEAD_BYTES || in[0] != FORMAT) {
        return err_set(err, RC_CORRUPT, "%.*s: not a sealed value", STR_ARG(place));
    }
    uint32_t number =
        (uint32_t)in[1] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 8 | in[4];
    const struct vault_key *key = key_by_number(v, number);
    if (key == NULL) {
        return err_set(err, RC_CORRUPT, "%.*s: sealed under key %lu, which is not here",
                       STR_ARG(place), (unsigned long)number);
    }
    size_t plain_len = sealed.len - VAULT_OVERHEAD_BYTES;
    unsigned char *plain = arena_alloc(a, plain_len + 1, 1);
    if (plain == NULL) {
        return err_set(err, RC_LIMIT, "no room to open %zu bytes", plain_len);
    }
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, in + HEAD_BYTES, plain_len + TAG_BYTES,
            (const unsigned char *)place.ptr, place.len, in + 5, key->key)
        != 0) {
        return err_set(err, RC_CORRUPT, "%.*s: a sealed value was changed or moved",
                       STR_ARG(place));
    }
    *out = (struct str){(const char *)plain, plain_len};
    return RC_OK;
}

struct hash
vault_index(const struct vault *v, struct str kind, struct str value)
{
    CHECK(kind.len < 256);

    /* The length in front keeps ("ab", "c") apart from ("a", "bc"). */
    char kind_len = (char)kind.len;
    struct hash_stream *s =
        hash_open_hmac_sha256((struct str){(const char *)v->index, sizeof(v->index)});
    hash_add(s, (struct str){&kind_len, 1});
    hash_add(s, kind);
    hash_add(s, value);
    return hash_close(s);
}
