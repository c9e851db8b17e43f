/*
 * Who lies, and where: called once, when something does not fit.
 *
 * A row of hashes that does not fit the hash above it is held against what its own children say: where a child
 * says otherwise and the child's word makes the row fit, the row lies there, to the byte.  An entry that does
 * not fit its hash is tried with every other value of every single byte; if one fits, that byte was changed.
 * The same is done with a checkpoint and its signature.  More than one changed byte cannot be
 * found so; then the finding is the entry, the hash or the file that is known to be wrong.
 */
#include <string.h>

#include "evidence/verify_int.h"

enum { LENGTH_BYTES = 2, SEARCH_MAX = 1024, SCRATCH_ROOM = 1 << 17, CHECKPOINT_SEARCH_MAX = 4096 };

/* --- rows ---------------------------------------------------------------------------------------- */

/* What the children of a row say its hashes are; where a child cannot be read, the row's own word. */
struct alternative {
    char bytes[TILE_WIDTH * HASH_BYTES];
    size_t first_other; /* offset of the first byte that differs from the row, or its length */
};

static void
hear_entries(struct verifier *v, const struct verify_row *row, struct alternative *out)
{
    struct verify_row bundle = {
        .level = VERIFY_ENTRIES, .index = row->index, .width = row->width};
    struct str rest, entry;
    struct err ignored;

    arena_reset(v->bundle_arena);
    if (tiles_fetch(&v->request->source, v->bundle_arena, bundle.level, bundle.index, bundle.width,
                    &bundle.bytes, &bundle.found, &ignored) != RC_OK) {
        return;
    }
    rest = bundle.bytes;
    for (int i = 0; i < row->width && tiles_next_entry(&rest, &entry); i++) {
        struct hash h = tree_leaf_hash(entry);
        memcpy(out->bytes + (size_t)i * HASH_BYTES, h.bytes, HASH_BYTES);
    }
}

static void
hear_tiles(struct verifier *v, const struct verify_row *row, struct alternative *out)
{
    struct arena *a = v->row_arena[row->level - 1];

    for (int i = 0; i < row->width; i++) {
        struct verify_row child = {.level = row->level - 1,
                                   .index = row->index * TILE_WIDTH + (uint64_t)i,
                                   .width = TILE_WIDTH};
        struct err ignored;
        struct hash h;
        arena_reset(a);
        if (tiles_fetch(&v->request->source, a, child.level, child.index, child.width,
                        &child.bytes, &child.found, &ignored) == RC_OK) {
            h = verify_row_hash(&child);
            memcpy(out->bytes + (size_t)i * HASH_BYTES, h.bytes, HASH_BYTES);
        }
    }
}

static void
hear_children(struct verifier *v, const struct verify_row *row, struct alternative *out)
{
    memcpy(out->bytes, row->bytes.ptr, row->bytes.len);
    if (row->level == 0) {
        hear_entries(v, row, out);
    } else {
        hear_tiles(v, row, out);
    }
    out->first_other = 0;
    while (out->first_other < row->bytes.len &&
           out->bytes[out->first_other] == row->bytes.ptr[out->first_other]) {
        out->first_other++;
    }
}

static enum rc
found_in_row(struct verifier *v, const struct verify_row *row, const struct alternative *said,
             bool proved, struct err *err)
{
    unsigned long long hash = (unsigned long long)row->index * TILE_WIDTH + said->first_other / HASH_BYTES;

    if (said->first_other == row->bytes.len) {
        return verify_found_tile(v, row, 0, err,
                                 "these hashes and all below them are not those that were signed");
    }
    if (proved) {
        return verify_found_tile(v, row, said->first_other, err,
                                 "hash %llu of level %d is not that of what it stands for", hash,
                                 row->level);
    }
    return verify_found_tile(v, row, said->first_other / HASH_BYTES * HASH_BYTES, err,
                             "hash %llu of level %d was not signed, and what is below it differs too",
                             hash, row->level);
}

enum rc
verify_blame_row(struct verifier *v, const struct verify_row *row, const struct hash *expected,
                 struct err *err)
{
    struct arena *scratch = arena_new(SCRATCH_ROOM);
    struct alternative *said = arena_alloc(scratch, 1, sizeof(*said));
    struct verify_row instead = *row;
    struct hash h;
    enum rc rc;

    CHECK(said != NULL);
    hear_children(v, row, said);
    instead.bytes = (struct str){said->bytes, row->bytes.len};
    h = verify_row_hash(&instead);
    rc = found_in_row(v, row, said, hash_eq(&h, expected), err);
    arena_free(scratch);
    return rc;
}

/* The last tiles of all levels have a root together, so each is tried with its children's word. */
enum rc
verify_blame_edge(struct verifier *v, struct err *err)
{
    struct arena *scratch = arena_new(2 * TILES_LEVELS * sizeof(struct alternative));
    struct alternative *said = arena_alloc(scratch, TILES_LEVELS, sizeof(*said));
    int suspect = -1, top = 0;
    bool proved = false;
    enum rc rc;

    CHECK(said != NULL);
    for (int level = TILES_LEVELS - 1; level >= 0 && !proved; level--) {
        struct verify_row *row = &v->edge[level];
        struct str kept = row->bytes;
        struct hash root;
        if (row->width == 0) {
            continue;
        }
        top = top == 0 ? level : top;
        hear_children(v, row, &said[level]);
        if (said[level].first_other == row->bytes.len) {
            continue;
        }
        row->bytes = (struct str){said[level].bytes, kept.len};
        root = verify_edge_root(v);
        row->bytes = kept;
        proved = hash_eq(&root, &v->checkpoint.root);
        suspect = proved || suspect < 0 ? level : suspect;
    }
    if (suspect < 0) {
        suspect = top; /* everything agrees with everything but the signature */
    }
    rc = found_in_row(v, &v->edge[suspect], &said[suspect], proved, err);
    arena_free(scratch);
    return rc;
}

/* --- entries ------------------------------------------------------------------------------------- */

static bool
entry_fits(struct str bytes, const struct hash *expected)
{
    struct str entry;
    struct hash h;

    if (!tiles_next_entry(&bytes, &entry)) {
        return false;
    }
    h = tree_leaf_hash(entry);
    return hash_eq(&h, expected);
}

/* Which single byte of an entry with its length, if changed, makes it fit; len if none does. */
static size_t
changed_byte(char *bytes, size_t len, const struct hash *expected)
{
    struct str all = {bytes, len}, rest = all, entry = STR("");
    size_t last = tiles_next_entry(&rest, &entry) && entry.len <= SEARCH_MAX
                      ? LENGTH_BYTES + entry.len
                      : LENGTH_BYTES;

    for (size_t at = 0; at < last && at < len; at++) {
        for (int other = 1; other < 256; other++) {
            char kept = bytes[at];
            bool fits;
            bytes[at] = (char)(kept ^ other);
            fits = entry_fits(all, expected);
            bytes[at] = kept;
            if (fits) {
                return at;
            }
        }
    }
    return len;
}

enum rc
verify_blame_entry(struct verifier *v, const struct verify_row *bundle, size_t offset,
                   uint64_t number, const struct hash *expected, struct err *err)
{
    struct str from = str_sub(bundle->bytes, offset, LENGTH_BYTES + 65535);
    struct arena *scratch = arena_new(SCRATCH_ROOM);
    char *bytes = arena_alloc(scratch, from.len + 1, 1);
    size_t at;

    CHECK(bytes != NULL);
    if (from.len > 0) {
        memcpy(bytes, from.ptr, from.len);
    }
    at = changed_byte(bytes, from.len, expected);
    arena_free(scratch);
    if (at < from.len) {
        return verify_found_tile(v, bundle, offset + at, err,
                                 "this byte of entry %llu is not the one that was signed",
                                 (unsigned long long)number);
    }
    return verify_found_tile(v, bundle, offset, err, "entry %llu is not the one that was signed",
                             (unsigned long long)number);
}

/* --- the checkpoint ------------------------------------------------------------------------------ */

/*
 * A signature check takes a hundred microseconds, so most candidates must fall before it: those that are no
 * note, no checkpoint, or of an origin that is not asked about.
 */
static bool
checkpoint_fits(const struct verify_request *q, struct arena *scratch, struct str bytes)
{
    struct checkpoint c;
    struct signed_note note;
    struct err ignored;
    bool asked = false;

    arena_reset(scratch);
    if (note_parse(scratch, bytes, &note, &ignored) != RC_OK ||
        checkpoint_parse(scratch, note.text, &c, &ignored) != RC_OK) {
        return false;
    }
    for (size_t i = 0; i < q->key_count; i++) {
        asked = asked || str_eq(q->keys[i].name, c.origin);
    }
    return asked &&
           checkpoint_open(scratch, bytes, q->keys, q->key_count, NULL, &c, &ignored) == RC_OK;
}

enum rc
verify_blame_checkpoint(struct verifier *v, struct str bytes, const struct err *why,
                        struct err *err)
{
    struct arena *copy_arena = arena_new(SCRATCH_ROOM), *scratch = arena_new(SCRATCH_ROOM);
    size_t len = bytes.len <= CHECKPOINT_SEARCH_MAX ? bytes.len : 0;
    char *copy = arena_alloc(copy_arena, len + 1, 1);
    size_t found = bytes.len;

    CHECK(copy != NULL);
    if (len > 0) {
        memcpy(copy, bytes.ptr, len);
    }
    for (size_t at = 0; at < len && found == bytes.len; at++) {
        for (int other = 1; other < 256 && found == bytes.len; other++) {
            copy[at] = (char)(bytes.ptr[at] ^ other);
            if (checkpoint_fits(v->request, scratch, (struct str){copy, len})) {
                found = at;
            }
        }
        copy[at] = bytes.ptr[at];
    }
    arena_free(copy_arena);
    arena_free(scratch);
    if (found < bytes.len) {
        return verify_found(v, "checkpoint", found, err,
                            "this byte is not the one that was signed");
    }
    return verify_found(v, "checkpoint", 0, err, "%s", why->text);
}
