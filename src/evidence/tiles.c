/*
 * The writer keeps what the last tile of each level holds, at most 8 x 255 hashes and 255 entries, so adding never
 * reads the disk.  It works on a copy of that edge and takes it over when every file is durable:
 * a full disk in the middle leaves the old edge, and the same leaves can be added again later.
 *
 * Each file costs an fsync of itself and of its folder.  One call writes, whatever the number of its leaves,
 * one part of a tile for the entries and for each level that changed, and two full files for each 256 leaves:
 * so a caller gathers leaves, and one call a commit or a call a second is the same work for many or few.
 *
 * Parts of a tile stay until the tile is full, because a reader of any checkpoint since may ask for them; then
 * the specification lets them go, and readers take the front of the full one.
 */
#include "evidence/tiles.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

enum {
    LENGTH_BYTES = 2,
    ENTRIES = -1, /* level of the bundles */
    BUNDLE_MAX = TILE_WIDTH * (LENGTH_BYTES + TILES_LEAF_MAX),
    FETCH_MAX = TILE_WIDTH * (LENGTH_BYTES + 65535),
    WORK_BYTES = 1 << 20,
};

struct edge {
    uint64_t size;
    struct hash hash[TILES_LEVELS][TILE_WIDTH]; /* of level l: (size >> 8l) & 255 are there */
    size_t bundle_len;
    char bundle[BUNDLE_MAX];
};

struct tiles {
    char *folder;
    struct edge *now;
    struct edge *next;   /* where a change is tried */
    struct arena *arena; /* for one file at a time */
};

/* --- paths --------------------------------------------------------------------------------------- */

void
tiles_put_path(struct buf *out, int level, uint64_t index, int width)
{
    uint64_t unit = 1;

    CHECK(level >= ENTRIES && level <= 63);
    CHECK(width >= 1 && width <= TILE_WIDTH);
    if (level == ENTRIES) {
        buf_put(out, STR("tile/entries/"));
    } else {
        buf_put_fmt(out, "tile/%d/", level);
    }
    while (index / unit >= 1000) {
        unit *= 1000;
    }
    for (; unit > 1; unit /= 1000) {
        buf_put_fmt(out, "x%03u/", (unsigned)(index / unit % 1000));
    }
    buf_put_fmt(out, "%03u", (unsigned)(index % 1000));
    if (width < TILE_WIDTH) {
        buf_put_fmt(out, ".p/%d", width);
    }
}

/* A number of the path: digits only, and no leading zero when shortest is asked for. */
static bool
path_number(struct str s, bool shortest, uint64_t most, uint64_t *out)
{
    int64_t value;

    if (s.len == 0 || s.ptr[0] == '-' || (shortest && s.len > 1 && s.ptr[0] == '0') ||
        !str_to_int(s, &value) || (uint64_t)value > most) {
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

/* "x001/x234/067": the groups before the last open with x, and the first of them is not zero. */
static bool
path_index(struct str *rest, struct str *last, uint64_t *out)
{
    uint64_t index = 0, group;
    struct str part;
    int groups = 0;

    while (str_next(rest, '/', &part)) {
        bool more = str_starts(part, STR("x"));
        struct str digits = more ? str_from(part, 1) : str_sub(part, 0, 3);
        if (digits.len != 3 || !path_number(digits, false, 999, &group) ||
            (more && groups == 0 && group == 0) || index > TREE_SIZE_MAX / 1000 - 1) {
            return false;
        }
        index = index * 1000 + group;
        groups++;
        if (!more) {
            *last = str_from(part, 3);
            *out = index;
            return true;
        }
    }
    return false;
}

enum rc
tiles_parse_path(struct str path, int *level, uint64_t *index, int *width, struct err *err)
{
    struct str rest = str_from(path, 5), part, tail = STR("");
    uint64_t l = 0, n = 0, w = TILE_WIDTH;
    bool entries, good;

    good = str_starts(path, STR("tile/")) && !str_ends(path, STR("/")) &&
           str_next(&rest, '/', &part);
    entries = good && str_eq(part, STR("entries"));
    good = good && (entries || path_number(part, true, 63, &l)) && path_index(&rest, &tail, &n);
    if (good && str_eq(tail, STR(".p"))) {
        good = path_number(rest, true, TILE_WIDTH - 1, &w) && w > 0;
    } else {
        good = good && tail.len == 0 && rest.len == 0;
    }
    if (!good) {
        return err_set(err, RC_NOT_FOUND, "no tile has such a path");
    }
    *level = entries ? ENTRIES : (int)l;
    *index = n;
    *width = (int)w;
    return RC_OK;
}

/* --- reading ------------------------------------------------------------------------------------- */

static enum rc
folder_fetch(void *ctx, struct arena *a, struct str path, struct str *out, struct err *err)
{
    const char *folder = ctx;
    int level, width;
    uint64_t index;
    struct str name;

    if (!str_eq(path, STR("checkpoint")) && !str_eq(path, STR("log.vkey"))) {
        enum rc rc = tiles_parse_path(path, &level, &index, &width, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    name = str_fmt(a, "%s/%.*s", folder, STR_ARG(path));
    if (name.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a path");
    }
    return file_read(a, name.ptr, FETCH_MAX, out, err);
}

struct tile_source
tiles_folder_source(const char *folder)
{
    /* The context of a source is not const, but this one only looks. */
    return (struct tile_source){.fetch = folder_fetch, .ctx = (void *)(uintptr_t)folder};
}

int
tiles_width(uint64_t size, int level, uint64_t index)
{
    uint64_t there = level <= 0 ? size : level >= TILES_LEVELS ? 0 : size >> (8 * level);

    if (index > there / TILE_WIDTH) {
        return 0;
    }
    return index < there / TILE_WIDTH ? TILE_WIDTH : (int)(there % TILE_WIDTH);
}

enum rc
tiles_fetch(const struct tile_source *source, struct arena *a, int level, uint64_t index,
            int width, struct str *out, int *found, struct err *err)
{
    struct str path, bytes = STR("");
    int named = width;
    struct buf b;
    enum rc rc;

    do {
        buf_init(&b, a, TILES_PATH_MAX);
        tiles_put_path(&b, level, index, named);
        if ((rc = buf_finish(&b, &path, err)) != RC_OK) {
            return rc;
        }
        *found = named;
        rc = source->fetch(source->ctx, a, path, &bytes, err);
        named = TILE_WIDTH;
    } while (rc == RC_NOT_FOUND && *found < TILE_WIDTH);
    if (rc == RC_NOT_FOUND) {
        *found = width;
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (level != ENTRIES) {
        if (bytes.len != (size_t)*found * HASH_BYTES) {
            return err_set(err, RC_CORRUPT, "%.*s has %zu bytes, not %d", STR_ARG(path),
                           bytes.len, *found * HASH_BYTES);
        }
        bytes.len = (size_t)width * HASH_BYTES;
    }
    *out = bytes;
    return RC_OK;
}

bool
tiles_next_entry(struct str *bundle, struct str *entry)
{
    const unsigned char *p = (const unsigned char *)bundle->ptr;
    size_t len;

    if (bundle->len < LENGTH_BYTES) {
        return false;
    }
    len = (size_t)p[0] << 8 | p[1];
    if (len > bundle->len - LENGTH_BYTES) {
        return false;
    }
    *entry = str_sub(*bundle, LENGTH_BYTES, len);
    *bundle = str_from(*bundle, LENGTH_BYTES + len);
    return true;
}

struct tile_kept {
    struct tile_kept *next;
    int level;
    uint64_t index;
    struct str bytes;
};

static enum rc
keep_tile(struct tile_reader *r, int level, uint64_t index, struct str *out, struct err *err)
{
    struct tile_kept *k;
    int found, width = tiles_width(r->size, level, index);
    enum rc rc;

    for (k = r->kept; k != NULL; k = k->next) {
        if (k->level == level && k->index == index) {
            *out = k->bytes;
            return RC_OK;
        }
    }
    CHECK(width > 0); /* tree.c reads complete subtrees only */
    if ((k = arena_alloc(r->arena, 1, sizeof(*k))) == NULL) {
        return err_set(err, RC_LIMIT, "no room for a tile");
    }
    *k = (struct tile_kept){.next = r->kept, .level = level, .index = index};
    rc = tiles_fetch(&r->source, r->arena, level, index, width, &k->bytes, &found, err);
    if (rc != RC_OK) {
        return rc;
    }
    r->kept = k;
    *out = k->bytes;
    return RC_OK;
}

enum rc
tiles_read_hash(void *ctx, int level, uint64_t index, struct hash *out, struct err *err)
{
    struct tile_reader *r = ctx;
    int row = level / 8, below = level % 8; /* a tile holds every eighth level */
    uint64_t first = index << below;
    struct tree_edge edge = {.size = 0};
    struct str tile = STR("");
    enum rc rc;

    CHECK(level >= 0 && level < 8 * TILES_LEVELS);
    if ((rc = keep_tile(r, row, first / TILE_WIDTH, &tile, err)) != RC_OK) {
        return rc;
    }
    CHECK((first % TILE_WIDTH + ((size_t)1 << below)) * HASH_BYTES <= tile.len);
    for (size_t i = 0; i < (size_t)1 << below; i++) {
        struct hash h;
        memcpy(h.bytes, tile.ptr + (first % TILE_WIDTH + i) * HASH_BYTES, HASH_BYTES);
        tree_edge_add(&edge, &h);
    }
    *out = edge.hash[0];
    return RC_OK;
}

/* --- opening ------------------------------------------------------------------------------------- */

static struct hash
edge_root(const struct edge *e)
{
    struct tree_edge joined = {.size = 0};

    for (int level = TILES_LEVELS - 1; level >= 0; level--) {
        for (size_t i = 0; i < ((e->size >> (8 * level)) & 255); i++) {
            tree_edge_add_subtree(&joined, 8 * level, &e->hash[level][i]);
        }
    }
    CHECK(joined.size == e->size);
    return tree_edge_root(&joined);
}

static enum rc
load_row(struct tiles *t, const struct tile_source *source, int level, struct err *err)
{
    struct edge *e = t->now;
    uint64_t there = e->size >> (8 * level), count = there % TILE_WIDTH;
    struct str bytes;
    int found;
    enum rc rc;

    if (count == 0) {
        return RC_OK;
    }
    rc = tiles_fetch(source, t->arena, level, there / TILE_WIDTH, (int)count, &bytes, &found, err);
    if (rc == RC_OK) {
        memcpy(e->hash[level], bytes.ptr, bytes.len);
    }
    arena_reset(t->arena);
    return rc;
}

static enum rc
load_bundle(struct tiles *t, const struct tile_source *source, struct err *err)
{
    struct edge *e = t->now;
    int count = (int)(e->size % TILE_WIDTH), found;
    struct str bundle, rest, entry;
    enum rc rc;

    if (count == 0) {
        return RC_OK;
    }
    rc = tiles_fetch(source, t->arena, ENTRIES, e->size / TILE_WIDTH, count, &bundle, &found, err);
    if (rc != RC_OK) {
        return rc;
    }
    rest = bundle;
    for (int i = 0; i < count; i++) {
        struct hash h;
        if (!tiles_next_entry(&rest, &entry)) {
            return err_set(err, RC_CORRUPT, "the last bundle of entries has fewer than %d", count);
        }
        h = tree_leaf_hash(entry);
        if (!hash_eq(&h, &e->hash[0][i])) {
            return err_set(err, RC_CORRUPT, "entry %d of the last bundle is not what was signed",
                           i);
        }
    }
    e->bundle_len = bundle.len - rest.len;
    if (e->bundle_len > sizeof(e->bundle)) {
        return err_set(err, RC_CORRUPT, "the last bundle of entries has %zu bytes", bundle.len);
    }
    memcpy(e->bundle, bundle.ptr, e->bundle_len);
    arena_reset(t->arena);
    return RC_OK;
}

static enum rc
load_edge(struct tiles *t, const struct hash *root, struct err *err)
{
    struct tile_source source = tiles_folder_source(t->folder);
    struct hash got;
    enum rc rc = RC_OK;

    for (int level = 0; rc == RC_OK && level < TILES_LEVELS; level++) {
        rc = load_row(t, &source, level, err);
    }
    if (rc == RC_OK) {
        rc = load_bundle(t, &source, err);
    }
    if (rc == RC_NOT_FOUND) {
        return err_set(err, RC_CORRUPT, "%s lacks a tile of the last %llu leaves", t->folder,
                       (unsigned long long)t->now->size);
    }
    if (rc != RC_OK) {
        return rc;
    }
    got = edge_root(t->now);
    if (!hash_eq(&got, root)) {
        return err_set(err, RC_CORRUPT, "the tiles of %s do not have the root of their checkpoint",
                       t->folder);
    }
    return RC_OK;
}

enum rc
tiles_open(const char *folder, uint64_t size, const struct hash *root, struct tiles **out,
           struct err *err)
{
    struct tiles *t;
    size_t len = strlen(folder);
    enum rc rc;

    if (size > TREE_SIZE_MAX) {
        return err_set(err, RC_INVALID, "a log of %llu leaves", (unsigned long long)size);
    }
    if ((rc = file_make_folder(folder, err)) != RC_OK) {
        return rc;
    }
    t = mem_new(1, sizeof(*t));
    t->folder = mem_new(len + 1, 1);
    memcpy(t->folder, folder, len);
    t->now = mem_new(1, sizeof(*t->now));
    t->next = mem_new(1, sizeof(*t->next));
    t->arena = arena_new(WORK_BYTES + FETCH_MAX);
    t->now->size = size;
    if ((rc = load_edge(t, root, err)) != RC_OK) {
        tiles_close(t);
        return rc;
    }
    arena_reset(t->arena);
    *out = t;
    return RC_OK;
}

void
tiles_close(struct tiles *t)
{
    if (t == NULL) {
        return;
    }
    mem_free(t->folder);
    mem_free(t->now);
    mem_free(t->next);
    arena_free(t->arena);
    mem_free(t);
}

uint64_t
tiles_size(const struct tiles *t)
{
    return t->now->size;
}

struct hash
tiles_root(const struct tiles *t)
{
    return edge_root(t->now);
}

/* --- writing ------------------------------------------------------------------------------------- */

/* The path of a tile as a C text on t's arena. */
static enum rc
full_path(struct tiles *t, int level, uint64_t index, int width, const char **out,
          struct err *err)
{
    size_t len = strlen(t->folder);
    struct str path;
    struct buf b;
    enum rc rc;

    buf_init(&b, t->arena, len + 1 + TILES_PATH_MAX + 1);
    buf_put(&b, (struct str){t->folder, len});
    buf_put_char(&b, '/');
    tiles_put_path(&b, level, index, width);
    buf_put_char(&b, '\0');
    if ((rc = buf_finish(&b, &path, err)) == RC_OK) {
        *out = path.ptr;
    }
    return rc;
}

/*
 * The folders on the way to path, below the log's own.  A file server with another user must get through, so they
 * are not private; and a new name is durable only when the folder that holds it is.
 */
static enum rc
make_folders(struct tiles *t, const char *path, struct err *err)
{
    size_t from = strlen(t->folder) + 1, len = strlen(path);
    char part[4096];

    if (len >= sizeof(part)) {
        return err_set(err, RC_INVALID, "a path of %zu bytes", len);
    }
    memcpy(part, path, len + 1);
    for (size_t i = from, above = from - 1; i < len; i++) {
        enum rc rc;
        if (part[i] != '/') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0755) != 0) {
            if (errno != EEXIST) {
                return file_failure(errno, part, err);
            }
        } else {
            part[above] = '\0';
            rc = file_sync_folder(part, err);
            part[above] = '/';
            if (rc != RC_OK) {
                return rc;
            }
        }
        part[i] = '/';
        above = i;
    }
    return RC_OK;
}

static enum rc
write_new(struct tiles *t, const char *path, struct str content, struct err *err)
{
    enum rc rc = file_replace(path, content, 0644, err);

    if (rc == RC_NOT_FOUND && (rc = make_folders(t, path, err)) == RC_OK) {
        rc = file_replace(path, content, 0644, err);
    }
    return rc;
}

/* What is there already was left by a crash before the checkpoint: the same bytes, or it is not this log. */
static enum rc
accept_old(const char *path, struct str old, struct str content, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char folder[4096];

    if (!str_eq(old, content)) {
        return err_set(err, RC_CORRUPT,
                       "%s holds other acts than the database; one of the two was replaced", path);
    }
    CHECK(slash != NULL && (size_t)(slash - path) < sizeof(folder));
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    return file_sync_folder(folder, err); /* it may have been renamed and not yet synced */
}

static enum rc
put_file(struct tiles *t, int level, uint64_t index, int width, struct str content,
         struct err *err)
{
    const char *path = NULL;
    struct str old;
    enum rc rc;

    if ((rc = full_path(t, level, index, width, &path, err)) != RC_OK) {
        return rc;
    }
    rc = file_read(t->arena, path, FETCH_MAX, &old, err);
    if (rc == RC_NOT_FOUND) {
        rc = write_new(t, path, content, err);
    } else if (rc == RC_OK) {
        rc = accept_old(path, old, content, err);
    }
    arena_reset(t->arena);
    return rc;
}

static struct str
row_bytes(const struct edge *e, int level, size_t count)
{
    return (struct str){(const char *)e->hash[level], count * HASH_BYTES};
}

/* Place a hash as number (size >> 8 level) of its level; a row that it fills is written and hashed upwards. */
static enum rc
add_hash(struct tiles *t, int level, uint64_t number, const struct hash *hash, struct err *err)
{
    struct edge *e = t->next;
    struct tree_edge joined = {.size = 0};
    enum rc rc;

    CHECK(level < TILES_LEVELS);
    e->hash[level][number % TILE_WIDTH] = *hash;
    if (number % TILE_WIDTH != TILE_WIDTH - 1) {
        return RC_OK;
    }
    rc = put_file(t, level, number / TILE_WIDTH, TILE_WIDTH, row_bytes(e, level, TILE_WIDTH), err);
    if (rc != RC_OK) {
        return rc;
    }
    for (size_t i = 0; i < TILE_WIDTH; i++) {
        tree_edge_add(&joined, &e->hash[level][i]);
    }
    return add_hash(t, level + 1, number / TILE_WIDTH, &joined.hash[0], err);
}

static enum rc
add_leaf(struct tiles *t, struct str leaf, struct err *err)
{
    struct edge *e = t->next;
    struct hash hash = tree_leaf_hash(leaf);
    enum rc rc = RC_OK;

    CHECK(e->bundle_len + LENGTH_BYTES + leaf.len <= sizeof(e->bundle));
    e->bundle[e->bundle_len++] = (char)(leaf.len >> 8);
    e->bundle[e->bundle_len++] = (char)(leaf.len & 255);
    memcpy(e->bundle + e->bundle_len, leaf.ptr, leaf.len);
    e->bundle_len += leaf.len;
    if (e->size % TILE_WIDTH == TILE_WIDTH - 1) {
        rc = put_file(t, ENTRIES, e->size / TILE_WIDTH, TILE_WIDTH,
                      (struct str){e->bundle, e->bundle_len}, err);
        e->bundle_len = 0;
    }
    if (rc == RC_OK) {
        rc = add_hash(t, 0, e->size, &hash, err);
    }
    e->size++;
    return rc;
}

static enum rc
put_parts(struct tiles *t, struct err *err)
{
    const struct edge *e = t->next;
    int width = (int)(e->size % TILE_WIDTH);
    enum rc rc = RC_OK;

    if (width > 0) {
        rc = put_file(t, ENTRIES, e->size / TILE_WIDTH, width,
                      (struct str){e->bundle, e->bundle_len}, err);
    }
    for (int level = 0; rc == RC_OK && level < TILES_LEVELS; level++) {
        uint64_t there = e->size >> (8 * level);
        width = (int)(there % TILE_WIDTH);
        if (width > 0 && there != t->now->size >> (8 * level)) {
            rc = put_file(t, level, there / TILE_WIDTH, width, row_bytes(e, level, (size_t)width),
                          err);
        }
    }
    return rc;
}

/* Best effort: a part that stays does no harm but takes room. */
static void
remove_parts(struct tiles *t, int level, uint64_t index)
{
    const char *path = NULL;
    char folder[4096];
    struct dirent *entry;
    struct err err;
    DIR *dir;
    int len;

    if (full_path(t, level, index, TILE_WIDTH, &path, &err) != RC_OK) {
        return;
    }
    len = snprintf(folder, sizeof(folder), "%s.p", path);
    arena_reset(t->arena);
    if (len < 0 || (size_t)len >= sizeof(folder) || (dir = opendir(folder)) == NULL) {
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            (void)unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    (void)closedir(dir);
    (void)rmdir(folder);
}

static void
remove_old_parts(struct tiles *t, uint64_t older, uint64_t newer)
{
    for (int level = ENTRIES; level < TILES_LEVELS; level++) {
        int shift = level == ENTRIES ? 0 : 8 * level;
        uint64_t index = (older >> shift) / TILE_WIDTH;
        if ((older >> shift) % TILE_WIDTH != 0 && index < (newer >> shift) / TILE_WIDTH) {
            remove_parts(t, level, index);
        }
    }
}

enum rc
tiles_add(struct tiles *t, struct str leaves, size_t leaf_bytes, struct err *err)
{
    struct edge *kept = t->now;
    enum rc rc = RC_OK;

    CHECK(leaf_bytes > 0 && leaf_bytes <= TILES_LEAF_MAX && leaves.len % leaf_bytes == 0);
    CHECK(leaves.len / leaf_bytes <= TREE_SIZE_MAX - t->now->size);
    memcpy(t->next, t->now, sizeof(*t->next));
    for (size_t at = 0; rc == RC_OK && at < leaves.len; at += leaf_bytes) {
        rc = add_leaf(t, str_sub(leaves, at, leaf_bytes), err);
    }
    if (rc == RC_OK) {
        rc = put_parts(t, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    t->now = t->next;
    t->next = kept;
    remove_old_parts(t, kept->size, t->now->size);
    return RC_OK;
}
