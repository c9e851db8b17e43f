#include "evidence/proof.h"

#include <string.h>

#include "base/encode.h"
#include "evidence/leaf.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"

/* Header of 65 hashes, and a checkpoint with as many cosignatures as a note may have. */
enum { PROOF_BYTES_MAX = 65536, HEADER_MAX = 64 + TREE_PROOF_MAX * 45 };

/* --- making -------------------------------------------------------------------------------------- */

static enum rc
read_checkpoint(struct arena *a, const struct tile_source *source, struct str *bytes,
                struct checkpoint *out, struct err *err)
{
    struct signed_note note;
    enum rc rc;

    if ((rc = source->fetch(source->ctx, a, STR("checkpoint"), bytes, err)) != RC_OK) {
        return rc;
    }
    rc = note_parse(a, *bytes, &note, err);
    if (rc == RC_OK) {
        rc = checkpoint_parse(a, note.text, out, err);
    }
    if (rc == RC_INVALID) { /* it is ours, so not the asker's mistake */
        return err_set(err, RC_CORRUPT, "the checkpoint of the log is not one");
    }
    return rc;
}

static void
put_proof(struct buf *out, uint64_t index, const struct tree_proof *path, struct str checkpoint)
{
    buf_put_fmt(out, FIRST_LINE "\nindex %llu\n", (unsigned long long)index);
    for (size_t i = 0; i < path->count; i++) {
        buf_put_base64(out, hash_str(&path->hash[i]));
        buf_put_char(out, '\n');
    }
    buf_put_char(out, '\n');
    buf_put(out, checkpoint);
}

enum rc
proof_make(struct arena *a, const struct tile_source *source, int64_t index, struct str *out,
           struct err *err)
{
    struct tile_reader reader = {.source = *source, .arena = a};
    struct tree_proof path = {.count = 0};
    struct checkpoint c;
    struct hash leaf;
    struct str bytes = STR("");
    struct buf b;
    enum rc rc;

    if ((rc = read_checkpoint(a, source, &bytes, &c, err)) != RC_OK) {
        return rc;
    }
    if (index < 0 || (uint64_t)index >= c.size) {
        return err_set(err, RC_NOT_FOUND, "entry %lld is not in the log yet; it has %llu",
                       (long long)index, (unsigned long long)c.size);
    }
    reader.size = c.size;
    rc = tree_prove_inclusion((uint64_t)index, c.size, tiles_read_hash, &reader, &path, err);
    if (rc == RC_OK) {
        rc = tiles_read_hash(&reader, 0, (uint64_t)index, &leaf, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (!tree_check_inclusion((uint64_t)index, c.size, &leaf, path.hash, path.count, &c.root)) {
        return err_set(err, RC_CORRUPT, "the tiles around entry %lld do not have the signed root",
                       (long long)index);
    }
    buf_init(&b, a, HEADER_MAX + bytes.len);
    put_proof(&b, (uint64_t)index, &path, bytes);
    return buf_finish(&b, out, err);
}

/* --- checking ------------------------------------------------------------------------------------ */

struct parts {
    int64_t index;
    struct tree_proof path;
    struct str checkpoint;
};

static enum rc
take_path(struct arena *a, struct str rest, struct parts *out, struct err *err)
{
    struct str line, raw;

    out->path.count = 0;
    while (str_next(&rest, '\n', &line)) {
        enum rc rc = base64_decode(a, line, &raw, err);
        if (rc != RC_OK) {
            return rc;
        }
        if (raw.len != HASH_BYTES || out->path.count == TREE_PROOF_MAX) {
            return err_set(err, RC_INVALID, "the path of a proof is at most %d hashes of 32 bytes",
                           TREE_PROOF_MAX);
        }
        memcpy(out->path.hash[out->path.count++].bytes, raw.ptr, HASH_BYTES);
    }
    return RC_OK;
}

static enum rc
parse_proof(struct arena *a, struct str proof, struct parts *out, struct err *err)
{
    size_t cut = str_find(proof, STR("\n\n"));
    struct str head = str_sub(proof, 0, cut), line, extra;
    enum rc rc;

    if (proof.len > PROOF_BYTES_MAX) {
        return err_set(err, RC_LIMIT, "a proof of %zu bytes", proof.len);
    }
    if (cut == proof.len || !str_next(&head, '\n', &line) || !str_eq(line, STR(FIRST_LINE)) ||
        !str_next(&head, '\n', &line)) {
        return err_set(err, RC_INVALID, "this is no proof in the form of " FIRST_LINE);
    }
    if (str_starts(line, STR("extra "))) {
        if ((rc = base64_decode(a, str_from(line, 6), &extra, err)) != RC_OK) {
            return rc;
        }
        if (!str_next(&head, '\n', &line)) {
            line = STR("");
        }
    }
    if (!str_starts(line, STR("index ")) || (line.len > 7 && line.ptr[6] == '0') ||
        !str_to_int(str_from(line, 6), &out->index) || line.ptr[6] == '-') {
        return err_set(err, RC_INVALID, "a proof says \"index\" and a number");
    }
    out->checkpoint = str_from(proof, cut + 2);
    return take_path(a, head, out, err);
}

enum rc
proof_check(struct arena *a, struct str proof, struct str leaf, const struct note_key *keys,
            size_t count, int64_t *index, struct checkpoint *checkpoint, struct err *err)
{
    struct parts parts;
    struct checkpoint c;
    struct hash hash = tree_leaf_hash(leaf);
    enum rc rc;

    if ((rc = parse_proof(a, proof, &parts, err)) != RC_OK ||
        (rc = checkpoint_open(a, parts.checkpoint, keys, count, NULL, &c, err)) != RC_OK) {
        return rc;
    }
    if (!tree_check_inclusion((uint64_t)parts.index, c.size, &hash, parts.path.hash,
                              parts.path.count, &c.root)) {
        return err_set(err, RC_INVALID,
                       "the path does not lead from entry %lld to the root that the log signed",
                       (long long)parts.index);
    }
    if (index != NULL) {
        *index = parts.index;
    }
    if (checkpoint != NULL) {
        *checkpoint = c;
    }
    return RC_OK;
}

enum rc
receipt_check(struct arena *a, const struct json *receipt, const struct note_key *keys,
              size_t count, struct checkpoint *checkpoint, struct err *err)
{
    struct str leaf, opening, body = json_str(receipt, "body");
    struct checkpoint c;
    int64_t stated, index = -1;
    enum rc rc;

    if (!json_as_int(json_get(receipt, "leaf_index"), &stated)) {
        return err_set(err, RC_INVALID, "a receipt has a leaf_index");
    }
    if ((rc = base64_decode(a, json_str(receipt, "leaf"), &leaf, err)) != RC_OK ||
        (rc = base64_decode(a, json_str(receipt, "opening"), &opening, err)) != RC_OK) {
        return rc;
    }
    if (!act_leaf_opens(leaf, body, opening)) {
        return err_set(err, RC_INVALID, "body and opening are not those of the leaf");
    }
    if ((rc = act_leaf_agrees(a, leaf, body, err)) != RC_OK ||
        (rc = proof_check(a, json_str(receipt, "proof"), leaf, keys, count, &index, &c, err)) !=
            RC_OK) {
        return rc;
    }
    if (index != stated) {
        return err_set(err, RC_INVALID, "the receipt says entry %lld, its proof entry %lld",
                       (long long)stated, (long long)index);
    }
    if (checkpoint != NULL) {
        *checkpoint = c;
    }
    return RC_OK;
}
