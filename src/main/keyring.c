#include "main/keyring.h"

#include <string.h>

#include "base/encode.h"
#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/random.h"
#include "crypto/signer.h"
#include "crypto/vault.h"

enum { FILE_MAX = 65536, KEY_MODE = 0600, PUBLIC_MODE = 0644 };

static const char *
path_of(struct arena *a, const char *folder, const char *name)
{
    return str_c(a, str_fmt(a, "%s/%s", folder, name));
}

static enum rc
write_json(struct arena *a, const char *path, const struct json *document, struct err *err)
{
    struct str text;
    enum rc rc;

    if ((rc = json_whole(document, err)) != RC_OK ||
        (rc = json_print(a, document, &text, err)) != RC_OK) {
        return rc;
    }
    return file_replace(path, text, KEY_MODE, err);
}

/* The signing keys come last: they are the sign that the others are there. */
static enum rc
make_all(struct arena *a, const char *folder, struct str name, struct str origin, int64_t now_us,
         struct err *err)
{
    struct json *keys = json_object(a);
    struct str key_pem, cert_pem;
    enum rc rc;

    json_set(a, keys, "keys", json_array(a));
    /* Each key signs one kind of message: RFC 9421 bases, checkpoints of this log, JSON objects. */
    signer_add_key(a, keys, "node", SIG_ED25519, STR("\"@"));
    signer_add_key(a, keys, "log", SIG_ED25519, str_fmt(a, "%.*s\n", STR_ARG(origin)));
    signer_add_key(a, keys, "seal", SIG_ED25519, STR("{"));
    if ((rc = file_make_folder(folder, err)) != RC_OK ||
        (rc = cert_new(a, name, now_us, &key_pem, &cert_pem, err)) != RC_OK ||
        (rc = file_replace(path_of(a, folder, "tls.key"), key_pem, KEY_MODE, err)) != RC_OK ||
        (rc = file_replace(path_of(a, folder, "tls.crt"), cert_pem, PUBLIC_MODE, err)) != RC_OK ||
        (rc = write_json(a, path_of(a, folder, "vault.json"), vault_new_keys(a), err)) != RC_OK) {
        return rc;
    }
    return write_json(a, path_of(a, folder, "signing.json"), keys, err);
}

static enum rc
public_of(struct arena *a, const struct json *keys, const char *name, struct str *out,
          struct err *err)
{
    const struct json *list = json_get(keys, "keys");

    for (const struct json *k = list != NULL ? list->first : NULL; k != NULL; k = k->next) {
        struct sig_secret secret = {.algorithm = SIG_ED25519};
        unsigned char key[SIG_PUBLIC_MAX];
        struct str seed;
        enum rc rc;
        if (!str_eq(json_str(k, "name"), str_of(name))) {
            continue;
        }
        if ((rc = base64_decode(a, json_str(k, "seed"), &seed, err)) != RC_OK) {
            return rc;
        }
        if (seed.len != SIG_SECRET_MAX) {
            return err_set(err, RC_INVALID, "key %s has no seed of %d bytes", name, SIG_SECRET_MAX);
        }
        memcpy(secret.seed, seed.ptr, SIG_SECRET_MAX);
        size_t len = sig_public_of(&secret, key);
        secret_wipe(&secret, sizeof(secret));
        return str_copy(a, (struct str){(const char *)key, len}, out, err);
    }
    return err_set(err, RC_NOT_FOUND, "the key file has no key %s", name);
}

enum rc
keyring_make(struct arena *a, const char *folder, struct str name, struct str origin,
             int64_t now_us, struct keyring *out, struct err *err)
{
    struct keyring k;
    struct json *keys;
    struct str text, pem;
    enum rc rc = file_read(a, path_of(a, folder, "signing.json"), FILE_MAX, &text, err);

    if (rc == RC_NOT_FOUND && (rc = make_all(a, folder, name, origin, now_us, err)) == RC_OK) {
        rc = file_read(a, path_of(a, folder, "signing.json"), FILE_MAX, &text, err);
    }
    if (rc != RC_OK || (rc = json_parse(a, text, JSON_UNIQUE, &keys, err)) != RC_OK ||
        (rc = public_of(a, keys, "node", &k.node_public, err)) != RC_OK ||
        (rc = public_of(a, keys, "log", &k.log_public, err)) != RC_OK ||
        (rc = public_of(a, keys, "seal", &k.seal_public, err)) != RC_OK ||
        (rc = file_read(a, path_of(a, folder, "tls.crt"), FILE_MAX, &pem, err)) != RC_OK ||
        (rc = cert_fingerprint(pem, &k.fingerprint, err)) != RC_OK) {
        return rc;
    }
    *out = k;
    return RC_OK;
}
