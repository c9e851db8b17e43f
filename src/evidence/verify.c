/*
 * From the signed root down.  The last tile of each level together have the root that the log signed, so when
 * that fits, every hash in them is as good as signed; each of those is the hash of a full tile of the level
 * below, and so on down to the hashes of the entries.  So whatever disagrees with what is above it is the
 * one that lies, and only one branch of tiles is in memory: a log of any size needs about 100 KB.
 *
 * Cost: each file is read once, two hashes an entry.  Only when something is wrong does verify_blame.c look for
 * the exact byte.
 */
#include "evidence/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "evidence/leaf.h"
#include "evidence/verify_int.h"

/* Room for the largest file that a source gives, twice: a wrong one is read again to tell its length. */
enum { ROOM = 40 << 20 };

#define HOUR_US INT64_C(3600000000)

/* --- findings ------------------------------------------------------------------------------------ */

static enum rc note_finding(struct verifier *v, const char *file, uint64_t offset, struct err *err,
                            const char *why, va_list args) PRINTF(5, 0);

static enum rc
note_finding(struct verifier *v, const char *file, uint64_t offset, struct err *err,
             const char *why, va_list args)
{
    if (!v->finding.made) {
        v->finding.made = true;
        v->finding.offset = offset;
        (void)snprintf(v->finding.file, sizeof(v->finding.file), "%s", file);
        (void)vsnprintf(v->finding.why, sizeof(v->finding.why), why, args);
    }
    return err_set(err, RC_CORRUPT, "%s, byte %llu: %s", v->finding.file,
                   (unsigned long long)v->finding.offset, v->finding.why);
}

enum rc
verify_found(struct verifier *v, const char *file, uint64_t offset, struct err *err,
             const char *why, ...)
{
    va_list args;
    enum rc rc;

    va_start(args, why);
    rc = note_finding(v, file, offset, err, why, args);
    va_end(args);
    return rc;
}

/* The path of a tile as text; it always fits. */
static void
name_of(struct verifier *v, int level, uint64_t index, int width, char out[TILES_PATH_MAX])
{
    struct str path = STR("a tile");
    struct err ignored;
    struct buf b;

    buf_init(&b, v->arena, TILES_PATH_MAX - 1);
    tiles_put_path(&b, level, index, width);
    (void)!buf_finish(&b, &path, &ignored);
    (void)snprintf(out, TILES_PATH_MAX, "%.*s", STR_ARG(path));
}

enum rc
verify_found_tile(struct verifier *v, const struct verify_row *row, uint64_t offset,
                  struct err *err, const char *why, ...)
{
    char name[TILES_PATH_MAX];
    va_list args;
    enum rc rc;

    name_of(v, row->level, row->index, row->found, name);
    va_start(args, why);
    rc = note_finding(v, name, offset, err, why, args);
    va_end(args);
    return rc;
}

/* --- reading ------------------------------------------------------------------------------------- */

/* A tile of a wrong length: where it should have ended, or where it did. */
static enum rc
found_length(struct verifier *v, struct arena *a, const struct verify_row *row, struct err *err)
{
    const struct tile_source *source = &v->request->source;
    size_t expected = (size_t)row->found * HASH_BYTES;
    char name[TILES_PATH_MAX];
    struct str bytes = STR("");
    enum rc rc;

    name_of(v, row->level, row->index, row->found, name);
    if ((rc = source->fetch(source->ctx, a, str_of(name), &bytes, err)) != RC_OK) {
        return rc;
    }
    return verify_found_tile(v, row, bytes.len < expected ? bytes.len : expected, err,
                             "the file has %zu bytes, not %zu", bytes.len, expected);
}

enum rc
verify_read(struct verifier *v, struct arena *a, struct verify_row *row, struct err *err)
{
    enum rc rc = tiles_fetch(&v->request->source, a, row->level, row->index, row->width,
                             &row->bytes, &row->found, err);

    if (rc == RC_NOT_FOUND) {
        return verify_found_tile(v, row, 0, err, "the file is missing");
    }
    if (rc == RC_LIMIT) {
        return verify_found_tile(v, row, 0, err, "the file is far too large");
    }
    return rc == RC_CORRUPT ? found_length(v, a, row, err) : rc;
}

struct hash
verify_hash_at(const struct verify_row *row, int i)
{
    struct hash h;

    CHECK(i >= 0 && ((size_t)i + 1) * HASH_BYTES <= row->bytes.len);
    memcpy(h.bytes, row->bytes.ptr + (size_t)i * HASH_BYTES, HASH_BYTES);
    return h;
}

struct hash
verify_row_hash(const struct verify_row *row)
{
    struct tree_edge joined = {.size = 0};

    CHECK(row->width == TILE_WIDTH);
    for (int i = 0; i < TILE_WIDTH; i++) {
        struct hash h = verify_hash_at(row, i);
        tree_edge_add(&joined, &h);
    }
    return joined.hash[0];
}

struct hash
verify_edge_root(const struct verifier *v)
{
    struct tree_edge joined = {.size = 0};

    for (int level = TILES_LEVELS - 1; level >= 0; level--) {
        for (int i = 0; i < v->edge[level].width; i++) {
            struct hash h = verify_hash_at(&v->edge[level], i);
            tree_edge_add_subtree(&joined, 8 * level, &h);
        }
    }
    CHECK(joined.size == v->checkpoint.size);
    return tree_edge_root(&joined);
}

/* --- the walk ------------------------------------------------------------------------------------ */

static enum rc
check_shape(struct verifier *v, const struct verify_row *bundle, size_t offset, struct str entry,
            struct err *err)
{
    enum act_kind kind;
    uint32_t hour;

    if (!act_leaf_read(entry, &kind, &hour)) {
        if (v->request->any_leaf) {
            return RC_OK;
        }
        return verify_found_tile(v, bundle, offset, err,
                                 "this entry is signed, but it is not the leaf of an act");
    }
    v->by_kind[kind]++;
    v->out_of_order += hour < v->last_hour ? 1 : 0;
    v->last_hour = hour;
    return RC_OK;
}

/* hashes: of level 0, known to be right. */
static enum rc
check_entries(struct verifier *v, const struct verify_row *hashes, struct err *err)
{
    struct verify_row bundle = {
        .level = VERIFY_ENTRIES, .index = hashes->index, .width = hashes->width};
    struct str rest, entry = STR("");
    enum rc rc;

    arena_reset(v->bundle_arena);
    if ((rc = verify_read(v, v->bundle_arena, &bundle, err)) != RC_OK) {
        return rc;
    }
    rest = bundle.bytes;
    for (int i = 0; i < hashes->width; i++) {
        size_t offset = bundle.bytes.len - rest.len;
        struct hash want = verify_hash_at(hashes, i), got;
        bool whole = tiles_next_entry(&rest, &entry);
        got = tree_leaf_hash(entry);
        if (!whole || !hash_eq(&got, &want)) {
            return verify_blame_entry(v, &bundle, offset,
                                      hashes->index * TILE_WIDTH + (uint64_t)i, &want, err);
        }
        if ((rc = check_shape(v, &bundle, offset, entry, err)) != RC_OK) {
            return rc;
        }
    }
    if (rest.len > 0 && bundle.found == bundle.width) {
        return verify_found_tile(v, &bundle, bundle.bytes.len - rest.len, err,
                                 "there are bytes after the last entry");
    }
    return RC_OK;
}

/* Everything below a row whose own hashes are known to be right. */
static enum rc
check_below(struct verifier *v, const struct verify_row *row, struct err *err)
{
    int level = row->level - 1;

    if (row->level == 0) {
        return check_entries(v, row, err);
    }
    for (int i = 0; i < row->width; i++) {
        struct verify_row child = {.level = level,
                                   .index = row->index * TILE_WIDTH + (uint64_t)i,
                                   .width = TILE_WIDTH};
        struct hash want = verify_hash_at(row, i), got;
        enum rc rc;
        arena_reset(v->row_arena[level]);
        if ((rc = verify_read(v, v->row_arena[level], &child, err)) != RC_OK) {
            return rc;
        }
        got = verify_row_hash(&child);
        if (!hash_eq(&got, &want)) {
            return verify_blame_row(v, &child, &want, err);
        }
        if ((rc = check_below(v, &child, err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
check_tree(struct verifier *v, struct err *err)
{
    uint64_t size = v->checkpoint.size;
    struct hash root;
    enum rc rc;

    for (int level = TILES_LEVELS - 1; level >= 0; level--) {
        uint64_t there = size >> (8 * level);
        v->edge[level] = (struct verify_row){.level = level,
                                             .index = there / TILE_WIDTH,
                                             .width = (int)(there % TILE_WIDTH)};
        if (v->edge[level].width > 0 &&
            (rc = verify_read(v, v->edge_arena, &v->edge[level], err)) != RC_OK) {
            return rc;
        }
    }
    root = verify_edge_root(v);
    if (!hash_eq(&root, &v->checkpoint.root)) {
        return verify_blame_edge(v, err);
    }
    for (int level = TILES_LEVELS - 1; level >= 0; level--) {
        if (v->edge[level].width > 0 && (rc = check_below(v, &v->edge[level], err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static enum rc
check_checkpoint(struct verifier *v, struct err *err)
{
    const struct verify_request *q = v->request;
    struct str bytes = STR("");
    struct err why;
    enum rc rc = q->source.fetch(q->source.ctx, v->arena, STR("checkpoint"), &bytes, err);

    if (rc == RC_NOT_FOUND) {
        return verify_found(v, "checkpoint", 0, err, "the file is missing");
    }
    if (rc != RC_OK) {
        return rc;
    }
    rc = checkpoint_open(v->arena, bytes, q->keys, q->key_count, NULL, &v->checkpoint, &why);
    if (rc == RC_INVALID || (rc == RC_LIMIT && bytes.len > NOTE_BYTES_MAX)) {
        return verify_blame_checkpoint(v, bytes, &why, err);
    }
    return rc == RC_OK ? rc : err_set(err, rc, "%s", why.text);
}

/* --- older checkpoints and one act --------------------------------------------------------------- */

static enum rc
check_older(struct verifier *v, size_t i, uint64_t *size, struct err *err)
{
    const struct verify_request *q = v->request;
    struct tile_reader reader = {
        .source = q->source, .arena = v->edge_arena, .size = v->checkpoint.size};
    struct tree_proof proof = {.count = 0};
    struct checkpoint older;
    char name[TILES_PATH_MAX];
    struct err why;
    enum rc rc;

    (void)snprintf(name, sizeof(name), "older checkpoint %zu", i + 1);
    rc = checkpoint_open(v->arena, q->older[i], q->keys, q->key_count, NULL, &older, &why);
    if (rc == RC_INVALID) {
        return verify_found(v, name, 0, err, "%s", why.text);
    }
    if (rc != RC_OK) {
        return err_set(err, rc, "%s", why.text);
    }
    if (!str_eq(older.origin, v->checkpoint.origin)) {
        return verify_found(v, name, 0, err, "it is of another log");
    }
    if (older.size > v->checkpoint.size) {
        return verify_found(v, "checkpoint", v->checkpoint.origin.len + 1, err,
                            "the log was cut short: it once had %llu entries",
                            (unsigned long long)older.size);
    }
    *size = older.size;
    if (older.size == 0) {
        return RC_OK; /* everything extends the empty log */
    }
    rc = tree_prove_consistency(older.size, v->checkpoint.size, tiles_read_hash, &reader, &proof,
                                err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!tree_check_consistency(older.size, v->checkpoint.size, proof.hash, proof.count,
                                &older.root, &v->checkpoint.root)) {
        return verify_found(v, name, 0, err,
                            "the log was rewritten: its first %llu entries are not those signed here",
                            (unsigned long long)older.size);
    }
    return RC_OK;
}

static enum rc
report_older(struct verifier *v, struct json *report, struct err *err)
{
    struct json *sizes = json_array(v->arena);

    for (size_t i = 0; i < v->request->older_count; i++) {
        uint64_t size = 0;
        enum rc rc;
        arena_reset(v->edge_arena);
        if ((rc = check_older(v, i, &size, err)) != RC_OK) {
            return rc;
        }
        json_push(sizes, json_int(v->arena, (int64_t)size));
    }
    if (v->request->older_count > 0) {
        json_set(v->arena, report, "older", sizes);
    }
    return RC_OK;
}

/* The entry itself, from its bundle, which has been checked. */
static enum rc
read_entry(struct verifier *v, uint64_t index, struct str *out, struct err *err)
{
    struct verify_row bundle = {.level = VERIFY_ENTRIES,
                                .index = index / TILE_WIDTH,
                                .width = tiles_width(v->checkpoint.size, 0, index / TILE_WIDTH)};
    struct str rest;
    enum rc rc;

    arena_reset(v->bundle_arena);
    if ((rc = verify_read(v, v->bundle_arena, &bundle, err)) != RC_OK) {
        return rc;
    }
    rest = bundle.bytes;
    for (uint64_t i = 0; i <= index % TILE_WIDTH; i++) {
        if (!tiles_next_entry(&rest, out)) {
            return err_set(err, RC_PEER, "the log changed while it was being read");
        }
    }
    return RC_OK;
}

static enum rc
report_act(struct verifier *v, struct json *report, struct err *err)
{
    uint64_t index = (uint64_t)v->request->act, size = v->checkpoint.size;
    struct tile_reader reader = {
        .source = v->request->source, .arena = v->edge_arena, .size = size};
    struct json *act = json_object(v->arena), *path = json_array(v->arena);
    struct tree_proof proof = {.count = 0};
    struct str leaf = STR("");
    struct hash hash;
    enum act_kind kind;
    uint32_t hour;
    enum rc rc;

    arena_reset(v->edge_arena);
    if ((rc = read_entry(v, index, &leaf, err)) != RC_OK ||
        (rc = tree_prove_inclusion(index, size, tiles_read_hash, &reader, &proof, err)) != RC_OK) {
        return rc;
    }
    hash = tree_leaf_hash(leaf);
    if (!tree_check_inclusion(index, size, &hash, proof.hash, proof.count, &v->checkpoint.root)) {
        return err_set(err, RC_PEER, "the log changed while it was being read");
    }
    json_set_int(v->arena, act, "index", (int64_t)index);
    json_set_text(v->arena, act, "leaf", base64_of(v->arena, leaf));
    if (act_leaf_read(leaf, &kind, &hour)) {
        json_set_text(v->arena, act, "kind", str_of(act_kind_name(kind)));
        json_set_text(v->arena, act, "kind_zh", str_of(act_kind_zh(kind)));
        json_set_text(v->arena, act, "hour",
                      instant_text(v->arena, (int64_t)hour * HOUR_US,
                                   CLOCK_OFFSET_CHINA_MINUTES));
    }
    for (size_t i = 0; i < proof.count; i++) {
        json_push(path, json_text(v->arena, base64_of(v->arena, hash_str(&proof.hash[i]))));
    }
    json_set(v->arena, act, "path", path);
    json_set(v->arena, report, "act", act);
    return RC_OK;
}

/* --- the report ---------------------------------------------------------------------------------- */

static void
report_wrong(const struct verifier *v, struct json *report)
{
    json_set_bool(v->arena, report, "ok", false);
    json_set_text(v->arena, report, "file", str_of(v->finding.file));
    json_set_int(v->arena, report, "offset", (int64_t)v->finding.offset);
    json_set_text(v->arena, report, "why", str_of(v->finding.why));
}

static void
report_right(const struct verifier *v, struct json *report)
{
    struct json *kinds = json_object(v->arena);
    enum act_kind kind;

    json_set_bool(v->arena, report, "ok", true);
    json_set_text(v->arena, report, "origin", v->checkpoint.origin);
    json_set_int(v->arena, report, "size", (int64_t)v->checkpoint.size);
    json_set_text(v->arena, report, "root",
                  base64_of(v->arena, hash_str(&v->checkpoint.root)));
    for (int i = 0; i < 256; i++) {
        if (v->by_kind[i] > 0 && act_kind_by_number(i, &kind)) {
            json_set_int(v->arena, kinds, act_kind_name(kind), (int64_t)v->by_kind[i]);
        }
    }
    json_set(v->arena, report, "acts_by_kind", kinds);
    json_set_int(v->arena, report, "out_of_order", (int64_t)v->out_of_order);
}

static enum rc
check_all(struct verifier *v, struct json **report, struct err *err)
{
    struct json *wrong = json_object(v->arena), *right = json_object(v->arena);
    bool lacks_act = false;
    struct err ignored;
    enum rc rc;

    rc = check_checkpoint(v, err);
    if (rc == RC_OK) {
        rc = check_tree(v, err);
    }
    if (rc == RC_OK) {
        report_right(v, right);
        rc = report_older(v, right, err);
    }
    if (rc == RC_OK && v->request->act >= 0) {
        lacks_act = (uint64_t)v->request->act >= v->checkpoint.size;
        rc = lacks_act ? RC_OK : report_act(v, right, err);
    }
    if (rc == RC_OK && (rc = json_whole(right, err)) == RC_OK) {
        *report = right;
        return lacks_act ? err_set(err, RC_NOT_FOUND, "the log has %llu entries, and no entry %lld",
                                   (unsigned long long)v->checkpoint.size,
                                   (long long)v->request->act)
                         : RC_OK;
    }
    if (rc == RC_CORRUPT && v->finding.made) {
        report_wrong(v, wrong);
        if (json_whole(wrong, &ignored) != RC_OK) {
            return err_set(err, RC_LIMIT, "no room for the report");
        }
        *report = wrong;
    }
    return rc;
}

enum rc
verify_log(struct arena *a, const struct verify_request *request, struct json **report,
           struct err *err)
{
    struct verifier v = {.request = request, .arena = a};
    enum rc rc;

    for (int level = 0; level < TILES_LEVELS; level++) {
        v.row_arena[level] = arena_new(ROOM);
    }
    v.edge_arena = arena_new(ROOM);
    v.bundle_arena = arena_new(ROOM);
    rc = check_all(&v, report, err);
    for (int level = 0; level < TILES_LEVELS; level++) {
        arena_free(v.row_arena[level]);
    }
    arena_free(v.edge_arena);
    arena_free(v.bundle_arena);
    return rc;
}
