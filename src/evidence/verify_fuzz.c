/*
 * A good log of 300 acts, in memory, and the input as changes to it: four bytes each, the file, the place (2) and what
 * is xored into it; a change of the place 0xffff cuts the file short.  Any change that is one must be found.  The
 * checkpoint stays as it is: looking for a wrong byte in it takes half a second.
 */
#include <stdint.h>
#include <string.h>

#include "evidence/leaf.h"
#include "evidence/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ACTS = 300, FILES_MAX = 8, ROOM = 4 << 20, CHANGE_BYTES = 4 };

struct memory_log {
    struct str path[FILES_MAX];
    struct str bytes[FILES_MAX];
    size_t count;
};

static enum rc
fetch(void *ctx, struct arena *a, struct str path, struct str *out, struct err *err)
{
    const struct memory_log *log = ctx;

    (void)a;
    for (size_t i = 0; i < log->count; i++) {
        if (str_eq(log->path[i], path)) {
            *out = log->bytes[i];
            return RC_OK;
        }
    }
    return err_set(err, RC_NOT_FOUND, "no such file");
}

static void
add_file(struct memory_log *log, const char *path, const char *bytes, size_t len)
{
    CHECK(log->count < FILES_MAX);
    log->path[log->count] = str_of(path);
    log->bytes[log->count++] = (struct str){bytes, len};
}

static struct note_key
sign(struct arena *a, struct memory_log *log, const struct hash *root)
{
    struct sig_secret secret = {.algorithm = SIG_ED25519};
    unsigned char public[SIG_PUBLIC_MAX], signature[SIG_BYTES];
    struct checkpoint c = {.origin = STR("log"), .size = ACTS, .root = *root};
    struct note_key key;
    struct err err;
    struct buf b;
    size_t len = sig_public_of(&secret, public);

    CHECK(note_key_new(a, c.origin, NOTE_ED25519, (struct str){(const char *)public, len}, &key,
                       &err) == RC_OK);
    buf_init(&b, a, 1024);
    checkpoint_put(&b, &c);
    sig_sign(&secret, (struct str){b.ptr, b.len}, signature);
    buf_put_char(&b, '\n');
    note_put_signature(&b, &key, (struct str){(const char *)signature, sizeof(signature)});
    add_file(log, "checkpoint", b.ptr, b.len);
    return key;
}

/* Entries, hashes and the one hash of level 1, each cut where its tile ends. */
static struct note_key
make_log(struct arena *a, struct memory_log *log, char **changeable)
{
    enum { ENTRY = 2 + LEAF_BYTES, HASHES = ACTS * ENTRY, TOP = HASHES + ACTS * HASH_BYTES };
    static const unsigned char opening[ACT_OPENING_BYTES] = "fuzz";
    char *bytes = arena_alloc(a, TOP + HASH_BYTES, 1);
    struct tree_edge edge = {.size = 0};
    struct hash h;

    CHECK(bytes != NULL);
    for (int i = 0; i < ACTS; i++) {
        char *entry = bytes + (ptrdiff_t)i * ENTRY;
        entry[1] = LEAF_BYTES;
        act_leaf(ACT_READ, 0, str_sub(STR("0123456789"), 0, (size_t)i % 10), opening,
                 (unsigned char *)entry + 2);
        h = tree_leaf_hash((struct str){entry + 2, LEAF_BYTES});
        memcpy(bytes + HASHES + (ptrdiff_t)i * HASH_BYTES, h.bytes, HASH_BYTES);
        tree_edge_add(&edge, &h);
    }
    memcpy(bytes + TOP, edge.hash[0].bytes, HASH_BYTES);
    add_file(log, "tile/entries/000", bytes, TILE_WIDTH * ENTRY);
    add_file(log, "tile/entries/001.p/44", bytes + TILE_WIDTH * ENTRY, 44 * ENTRY);
    add_file(log, "tile/0/000", bytes + HASHES, TILE_WIDTH * HASH_BYTES);
    add_file(log, "tile/0/001.p/44", bytes + HASHES + TILE_WIDTH * HASH_BYTES, 44 * HASH_BYTES);
    add_file(log, "tile/1/000.p/1", bytes + TOP, HASH_BYTES);
    *changeable = bytes;
    h = tree_edge_root(&edge);
    return sign(a, log, &h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(ROOM);
    struct memory_log log = {.count = 0}, was;
    char *bytes;
    struct note_key key = make_log(a, &log, &bytes);
    struct verify_request request = {
        .source = {.fetch = fetch, .ctx = &log}, .keys = &key, .key_count = 1, .act = -1};
    struct json *report = NULL;
    struct hash before[FILES_MAX];
    bool changed = false;
    struct err err;
    enum rc rc;

    was = log;
    for (size_t i = 0; i < was.count; i++) {
        before[i] = hash_sha256(was.bytes[i]);
    }
    for (size_t i = 0; i + CHANGE_BYTES <= size; i += CHANGE_BYTES) {
        struct str *file = &log.bytes[data[i] % (log.count - 1)];
        size_t place = (size_t)data[i + 1] << 8 | data[i + 2];
        if (place == 0xffff) {
            file->len -= data[i + 3] < file->len ? data[i + 3] : file->len;
        } else if (file->len > 0) {
            bytes[(file->ptr - bytes) + (ptrdiff_t)(place % file->len)] ^= (char)data[i + 3];
        }
    }
    for (size_t i = 0; i < was.count; i++) {
        struct hash after = hash_sha256(log.bytes[i]);
        changed = changed || !hash_eq(&after, &before[i]);
    }
    rc = verify_log(a, &request, &report, &err);
    CHECK(rc == (changed ? RC_CORRUPT : RC_OK));
    CHECK(json_true(report, "ok") == !changed);
    arena_free(a);
    return 0;
}
