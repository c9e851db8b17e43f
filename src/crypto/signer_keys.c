/*
 * The key file, from text to keys that are ready.  The text is copied, parsed, and both the copy
 * and what the parser took out of it are wiped: the process that reads it also forks the
 * worker, which strangers' bytes reach, and what it leaves lying about the worker inherits.
 */
#include <sodium.h>
#include <string.h>

#include "crypto/random.h"
#include "crypto/secrets.h"
#include "crypto/signer_int.h"

enum { PARSE_ARENA_BYTES = 8 * SIGNER_KEY_FILE_MAX };

struct json *
signer_new_keys(struct arena *a, const char *const *names, size_t count)
{
    struct json *document = json_object(a);

    json_set(a, document, "keys", json_array(a));
    for (size_t i = 0; i < count; i++) {
        signer_add_key(a, document, names[i], SIG_ED25519, (struct str){NULL, 0});
    }
    return document;
}

/* The array again, to add to: json_get only lets one look. */
static struct json *
list_of(struct json *document)
{
    for (struct json *child = document != NULL ? document->first : NULL; child != NULL;
         child = child->next) {
        if (str_eq(child->key, STR("keys"))) {
            return child;
        }
    }
    return NULL;
}

void
signer_add_key(struct arena *a, struct json *document, const char *name,
               enum sig_algorithm algorithm, struct str must_start)
{
    struct json *key = json_object(a);
    struct sig_secret secret;

    sig_new(algorithm, &secret);
    json_set_text(a, key, "name", str_of(name));
    json_set_text(a, key, "algorithm", str_of(sig_name(algorithm)));
    secrets_write(a, key, "seed", secret.seed, sizeof(secret.seed));
    if (must_start.len > 0) {
        json_set_text(a, key, "must_start", must_start);
    }
    secret_wipe(&secret, sizeof(secret));
    json_push(list_of(document), key);
}

static const struct signer_entry *
entry_by_name(const struct signer_keys *keys, struct str name)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct signer_entry *e = &keys->entries[i];
        if (str_eq((struct str){e->name, e->name_len}, name)) {
            return e;
        }
    }
    return NULL;
}

static enum rc
read_entry(struct arena *a, const struct json *from, struct signer_keys *keys, struct err *err)
{
    struct str name = json_str(from, "name");
    struct str must_start = json_str(from, "must_start");
    struct signer_entry *e = &keys->entries[keys->count];

    if (name.len == 0 || name.len > sizeof(e->name) || entry_by_name(keys, name) != NULL) {
        return err_set(err, RC_INVALID, "key %zu needs a name of its own, at most %d bytes",
                       keys->count + 1, SIGNER_NAME_MAX);
    }
    const struct json *start = json_get(from, "must_start");
    if ((start != NULL && !json_is(start, JSON_STRING)) || must_start.len > sizeof(e->must_start)) {
        return err_set(err, RC_INVALID, "key %.*s: must_start is a text of at most %d bytes",
                       STR_ARG(name), SIGNER_MUST_START_MAX);
    }
    enum rc rc = secrets_read(a, from, "seed", e->secret.seed, sizeof(e->secret.seed), err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!sig_by_name(json_str(from, "algorithm"), &e->secret.algorithm)
        || !sig_secret_is_valid(&e->secret)) {
        return err_set(err, RC_INVALID, "key %.*s: not an ed25519 or sm2-sm3 key", STR_ARG(name));
    }
    memcpy(e->name, name.ptr, name.len);
    e->name_len = name.len;
    if (must_start.len > 0) {
        memcpy(e->must_start, must_start.ptr, must_start.len);
    }
    e->must_start_len = must_start.len;
    keys->count++;
    return RC_OK;
}

static enum rc
read_entries(struct arena *a, const struct json *document, struct signer_keys *keys,
             struct err *err)
{
    const struct json *list = json_get(document, "keys");

    if (!json_is(list, JSON_ARRAY) || list->count == 0 || list->count > SIGNER_KEYS_MAX) {
        return err_set(err, RC_INVALID, "a key file has 1 to %d keys", SIGNER_KEYS_MAX);
    }
    for (const struct json *k = list->first; k != NULL; k = k->next) {
        enum rc rc = read_entry(a, k, keys, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static void
wipe_texts(const struct json *j)
{
    for (const struct json *child = j != NULL ? j->first : NULL; child != NULL;
         child = child->next) {
        secret_wipe_str(child->text);
        wipe_texts(child);
    }
}

enum rc
signer_keys_read(struct str text, struct signer_keys **out, struct err *err)
{
    struct json *document = NULL;
    struct str copy;

    if (text.len > SIGNER_KEY_FILE_MAX) {
        return err_set(err, RC_INVALID, "a key file of %zu bytes", text.len);
    }
    CHECK(sodium_init() >= 0);
    struct signer_keys *keys = sodium_malloc(sizeof(*keys));
    CHECK(keys != NULL);
    memset(keys, 0, sizeof(*keys));
    struct arena *a = arena_new(PARSE_ARENA_BYTES);
    enum rc rc = str_copy(a, text, &copy, err);
    CHECK(rc == RC_OK);

    rc = json_parse(a, copy, JSON_UNIQUE, &document, err);
    if (rc == RC_OK) {
        rc = read_entries(a, document, keys, err);
    } else if (rc != RC_INVALID) {
        rc = err_set(err, RC_INVALID, "the key file is too large a tree");
    }
    wipe_texts(document);
    secret_wipe_str(copy);
    arena_free(a);
    if (rc != RC_OK) {
        signer_keys_free(keys);
        return rc;
    }
    *out = keys;
    return RC_OK;
}

/* A key whose own signature does not verify would poison everything that it signs. */
static void
try_once(const struct sig_key *key, enum sig_algorithm algorithm)
{
    static const struct str message = STR_INIT("zhengtong signer");
    unsigned char signature[SIG_BYTES];
    unsigned char public_key[SIG_PUBLIC_MAX];

    struct str bytes = {(const char *)public_key, sig_key_public(key, public_key)};
    struct sig_public half = {algorithm, bytes};
    sig_key_sign(key, message, signature);
    CHECK(sig_verify(&half, message, (struct str){(const char *)signature, sizeof(signature)}));
}

void
signer_keys_prepare(struct signer_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct signer_entry *e = &keys->entries[i];
        e->key = sig_key_new(&e->secret);
        secret_wipe(e->secret.seed, sizeof(e->secret.seed));
        try_once(e->key, e->secret.algorithm);
    }
}

void
signer_keys_free(struct signer_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < keys->count; i++) {
        sig_key_free(keys->entries[i].key);
    }
    sodium_free(keys); /* wipes */
}

bool
signer_keys_have(const struct signer_keys *keys, enum sig_algorithm algorithm)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->entries[i].secret.algorithm == algorithm) {
            return true;
        }
    }
    return false;
}

size_t
signer_answer(const struct signer_keys *keys, const struct signer_frame *frame,
              unsigned char out[SIGNER_ANSWER_MAX])
{
    const struct signer_entry *e = entry_by_name(keys, frame->name);
    size_t len =
        frame->kind == SIGNER_SIGN ? SIGNER_ANSWER_BYTES : SIGNER_PUBLIC_ANSWER_BYTES;

    memset(out, 0, len);
    if (e == NULL) {
        out[0] = SIGNER_NO_KEY;
    } else if (frame->kind == SIGNER_PUBLIC) {
        out[1] = (unsigned char)e->secret.algorithm;
        (void)sig_key_public(e->key, out + 2);
    } else if (!str_starts(frame->message, (struct str){e->must_start, e->must_start_len})) {
        out[0] = SIGNER_OTHER_START;
    } else {
        sig_key_sign(e->key, frame->message, out + 2);
    }
    return len;
}
