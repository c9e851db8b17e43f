/*
 * The document is checked from outside inwards: signature first, over the canonical form of what was parsed, then
 * shape, dates and version.  Two arrays of pointers, sorted by name and by fingerprint, answer every question by
 * halving; they also show what stands twice, as neighbours.
 */
#include "exchange/directory.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/mem.h"
#include "crypto/hash.h"

enum { KEY_BYTES = 32, PORT_MAX = 65535, TITLE_MAX = 200, HOST_MAX = 255, LOG_KEY_MAX = 512 };

struct directory {
    struct arena *arena;
    int64_t version;
    int64_t issued_us;
    int64_t expires_us;
    struct hash digest; /* of the canonical form */
    struct peer *peers;
    const struct peer **by_name;
    const struct peer **by_fingerprint;
    size_t count;
};

static bool
name_is_plain(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) {
            return false;
        }
    }
    return name.len > 0 && name.len <= PEER_NAME_MAX;
}

/* A host name or address as it may stand in Host; brackets and colons for IPv6. */
static bool
host_is_plain(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '[' ||
              c == ']' || c == ':')) {
            return false;
        }
    }
    return host.len > 0 && host.len <= HOST_MAX;
}

static enum rc
copy_text(struct arena *a, const struct json *node, const char *key, size_t most, struct str *out,
          struct err *err)
{
    const struct json *j = json_get(node, key);

    if (!json_is(j, JSON_STRING) || j->text.len > most) {
        return err_set(err, RC_INVALID, "node member %s is missing or too long", key);
    }
    return str_copy(a, j->text, out, err);
}

static enum rc
copy_bytes(enum rc decoded, struct str bytes, const char *key, struct str *out, struct err *err)
{
    if (decoded != RC_OK) {
        return decoded;
    }
    if (bytes.len != KEY_BYTES) {
        return err_set(err, RC_INVALID, "node member %s has %zu bytes", key, bytes.len);
    }
    *out = bytes;
    return RC_OK;
}

static enum rc
read_peer(struct directory *d, const struct json *node, struct peer *out, struct err *err)
{
    struct peer p = {.port = 0};
    struct str key = {NULL, 0}, fingerprint = {NULL, 0};
    int64_t port = 0;
    enum rc rc;

    if ((rc = copy_text(d->arena, node, "name", PEER_NAME_MAX, &p.name, err)) != RC_OK ||
        (rc = copy_text(d->arena, node, "title_zh", TITLE_MAX, &p.title_zh, err)) != RC_OK ||
        (rc = copy_text(d->arena, node, "title_en", TITLE_MAX, &p.title_en, err)) != RC_OK ||
        (rc = copy_text(d->arena, node, "host", HOST_MAX, &p.host, err)) != RC_OK ||
        (rc = copy_text(d->arena, node, "log_origin", TITLE_MAX, &p.log_origin, err)) != RC_OK ||
        (rc = copy_text(d->arena, node, "log_key", LOG_KEY_MAX, &p.log_key, err)) != RC_OK) {
        return rc;
    }
    if (!name_is_plain(p.name) || !host_is_plain(p.host) ||
        !json_as_int(json_get(node, "port"), &port) || port < 1 || port > PORT_MAX) {
        return err_set(err, RC_INVALID, "node %.*s has a bad name, host or port", STR_ARG(p.name));
    }
    p.port = (int)port;
    rc = base64_decode(d->arena, json_str(node, "public_key"), &key, err);
    if ((rc = copy_bytes(rc, key, "public_key", &p.public_key, err)) != RC_OK) {
        return rc;
    }
    rc = hex_decode(d->arena, json_str(node, "tls_fingerprint"), &fingerprint, err);
    if ((rc = copy_bytes(rc, fingerprint, "tls_fingerprint", &p.fingerprint, err)) != RC_OK) {
        return rc;
    }
    p.authority = str_fmt(d->arena, "%.*s:%d", STR_ARG(p.host), p.port);
    if (p.authority.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a directory");
    }
    *out = p;
    return RC_OK;
}

static int
compare_names(const void *a, const void *b)
{
    const struct peer *const *x = a, *const *y = b;

    return str_cmp((*x)->name, (*y)->name);
}

static int
compare_fingerprints(const void *a, const void *b)
{
    const struct peer *const *x = a, *const *y = b;

    return str_cmp((*x)->fingerprint, (*y)->fingerprint);
}

static enum rc
sort_peers(struct directory *d, struct err *err)
{
    for (size_t i = 0; i < d->count; i++) {
        d->by_name[i] = d->by_fingerprint[i] = &d->peers[i];
    }
    qsort(d->by_name, d->count, sizeof(const struct peer *), compare_names);
    qsort(d->by_fingerprint, d->count, sizeof(const struct peer *), compare_fingerprints);
    for (size_t i = 1; i < d->count; i++) {
        if (str_eq(d->by_name[i - 1]->name, d->by_name[i]->name)) {
            return err_set(err, RC_INVALID, "node %.*s stands twice", STR_ARG(d->by_name[i]->name));
        }
        if (str_eq(d->by_fingerprint[i - 1]->fingerprint, d->by_fingerprint[i]->fingerprint)) {
            return err_set(err, RC_INVALID, "two nodes have one certificate: %.*s",
                           STR_ARG(d->by_fingerprint[i]->name));
        }
    }
    return RC_OK;
}

static enum rc
read_peers(struct directory *d, const struct json *nodes, struct err *err)
{
    enum rc rc;

    if (!json_is(nodes, JSON_ARRAY)) {
        return err_set(err, RC_INVALID, "directory has no array of nodes");
    }
    size_t room = nodes->count > 0 ? nodes->count : 1;
    d->peers = arena_alloc(d->arena, room, sizeof(*d->peers));
    d->by_name = arena_alloc(d->arena, room, sizeof(*d->by_name));
    d->by_fingerprint = arena_alloc(d->arena, room, sizeof(*d->by_fingerprint));
    if (d->peers == NULL || d->by_name == NULL || d->by_fingerprint == NULL) {
        return err_set(err, RC_LIMIT, "no room for a directory");
    }
    for (const struct json *n = nodes->first; n != NULL; n = n->next) {
        if ((rc = read_peer(d, n, &d->peers[d->count++], err)) != RC_OK) {
            return rc;
        }
    }
    return sort_peers(d, err);
}

static enum rc
read_dates(struct directory *d, const struct json *j, struct err *err)
{
    enum rc rc;

    if ((rc = instant_parse(json_str(j, "issued"), &d->issued_us, err)) != RC_OK ||
        (rc = instant_parse(json_str(j, "expires"), &d->expires_us, err)) != RC_OK) {
        return rc;
    }
    if (d->issued_us >= d->expires_us) {
        return err_set(err, RC_INVALID, "directory expires before it was issued");
    }
    return RC_OK;
}

static enum rc
check_dates(const struct directory *d, int64_t now_us, struct err *err)
{
    if (d->issued_us > now_us) {
        return err_problem(err, RC_INVALID, "directory-early", "directory is issued in the future");
    }
    if (d->expires_us <= now_us) {
        return err_problem(err, RC_INVALID, "directory-expired", "directory has expired");
    }
    return RC_OK;
}

static enum rc
check_version(const struct directory *d, const struct directory *held, struct err *err)
{
    if (held == NULL || d->version > held->version) {
        return RC_OK;
    }
    if (d->version < held->version) {
        return err_set(err, RC_CONFLICT, "directory %lld is older than %lld, which is held",
                       (long long)d->version, (long long)held->version);
    }
    if (!hash_eq(&d->digest, &held->digest)) {
        return err_set(err, RC_CONFLICT, "another directory %lld is held", (long long)d->version);
    }
    return RC_OK;
}

/* The signature, made by the one authority that this node trusts, over the canonical form. */
static enum rc
check_signature(struct directory *d, struct arena *a, const struct json *root,
                struct str authority_key, struct err *err)
{
    const struct json *signature = json_get(root, "signature");
    const struct sig_public key = {SIG_ED25519, authority_key};
    struct str canonical, named, value;
    enum rc rc;

    if ((rc = base64_decode(a, json_str(signature, "key"), &named, err)) != RC_OK ||
        (rc = base64_decode(a, json_str(signature, "value"), &value, err)) != RC_OK ||
        (rc = json_canonical(a, json_get(root, "directory"), &canonical, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq(named, authority_key)) {
        return err_set(err, RC_INVALID, "directory is signed by an unknown key");
    }
    if (!sig_verify(&key, canonical, value)) {
        return err_set(err, RC_INVALID, "directory does not fit its signature");
    }
    d->digest = hash_sha256(canonical);
    return RC_OK;
}

/* All of it but whether this is its time and its turn. */
static enum rc
read_all(struct directory *d, struct arena *a, struct str text, struct str authority_key,
         struct err *err)
{
    struct json *root;
    enum rc rc;

    if (text.len > DIRECTORY_BYTES_MAX) {
        return err_set(err, RC_LIMIT, "directory passes %d bytes", DIRECTORY_BYTES_MAX);
    }
    if ((rc = json_parse(a, text, JSON_UNIQUE, &root, err)) != RC_OK) {
        return rc;
    }
    const struct json *j = json_get(root, "directory");
    if (!json_is(j, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "not a directory");
    }
    if ((rc = check_signature(d, a, root, authority_key, err)) != RC_OK) {
        return rc;
    }
    if (!json_as_int(json_get(j, "version"), &d->version) || d->version < 1) {
        return err_set(err, RC_INVALID, "directory has no version");
    }
    if ((rc = read_dates(d, j, err)) != RC_OK) {
        return rc;
    }
    return read_peers(d, json_get(j, "nodes"), err);
}

enum rc
directory_recall(struct str text, struct str authority_key, struct directory **out,
                 struct err *err)
{
    struct directory *d = mem_new(1, sizeof(*d));
    struct arena *a = arena_new((size_t)DIRECTORY_BYTES_MAX * 16);

    CHECK(authority_key.len == KEY_BYTES);
    d->arena = arena_new((size_t)DIRECTORY_BYTES_MAX * 4);
    enum rc rc = read_all(d, a, text, authority_key, err);
    arena_free(a);
    if (rc != RC_OK) {
        directory_free(d);
        return rc;
    }
    *out = d;
    return RC_OK;
}

enum rc
directory_load(struct str text, struct str authority_key, int64_t now_us,
               const struct directory *held, struct directory **out, struct err *err)
{
    struct directory *d;
    enum rc rc = directory_recall(text, authority_key, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((rc = check_dates(d, now_us, err)) != RC_OK || (rc = check_version(d, held, err)) != RC_OK) {
        directory_free(d);
        return rc;
    }
    *out = d;
    return RC_OK;
}

void
directory_free(struct directory *d)
{
    if (d == NULL) {
        return;
    }
    arena_free(d->arena);
    mem_free(d);
}

/* In a sorted array: compare gives the order of the wanted value against a peer. */
static const struct peer *
find(const struct peer *const *sorted, size_t count, struct str wanted,
     struct str (*key_of)(const struct peer *p))
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(wanted, key_of(sorted[middle]));
        if (order == 0) {
            return sorted[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static struct str
name_of(const struct peer *p)
{
    return p->name;
}

static struct str
fingerprint_of(const struct peer *p)
{
    return p->fingerprint;
}

const struct peer *
directory_by_name(const struct directory *d, struct str name)
{
    return find(d->by_name, d->count, name, name_of);
}

const struct peer *
directory_by_fingerprint(const struct directory *d, struct str fingerprint)
{
    return find(d->by_fingerprint, d->count, fingerprint, fingerprint_of);
}

int64_t
directory_version(const struct directory *d)
{
    return d->version;
}

int64_t
directory_expires_us(const struct directory *d)
{
    return d->expires_us;
}

size_t
directory_count(const struct directory *d)
{
    return d->count;
}

const struct peer *
directory_at(const struct directory *d, size_t index)
{
    CHECK(index < d->count);
    return d->by_name[index];
}

enum rc
directory_sign(struct arena *a, const struct json *directory, const struct sig_secret *authority,
               struct str *out, struct err *err)
{
    unsigned char public[SIG_PUBLIC_MAX], value[SIG_BYTES];
    struct json *root = json_object(a), *signature = json_object(a);
    struct str canonical;
    enum rc rc;

    CHECK(authority->algorithm == SIG_ED25519);
    if ((rc = json_canonical(a, directory, &canonical, err)) != RC_OK) {
        return rc;
    }
    size_t public_len = sig_public_of(authority, public);
    sig_sign(authority, canonical, value);
    struct str key64 = base64_of(a, (struct str){(const char *)public, public_len});
    struct str value64 = base64_of(a, (struct str){(const char *)value, SIG_BYTES});
    if (key64.ptr == NULL || value64.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a directory");
    }
    json_set_text(a, signature, "key", key64);
    json_set_text(a, signature, "value", value64);
    json_set(a, root, "directory", json_copy(a, directory));
    json_set(a, root, "signature", signature);
    if ((rc = json_whole(root, err)) != RC_OK) {
        return rc;
    }
    return json_print(a, root, out, err);
}
