/*
 * tiles - a log on disk as C2SP tlog-tiles v0.1.0 lays it out, so any file server can publish it.
 *
 *     <folder>/checkpoint                       signed note, replaced atomically
 *     <folder>/log.vkey                         the log's verifier key; ours, not of the specification
 *     <folder>/tile/<L>/<N>[.p/<W>]             256 hashes, or W
 *     <folder>/tile/entries/<N>[.p/<W>]         (uint16 length, leaf)*
 *
 * Order of writing: entries, hash tiles (each fsynced under its final name), then the checkpoint.  A name is never
 * given other bytes: a grown tile gets a new name, and once it is full the names of its parts go.  After a
 * crash the tail behind the last checkpoint may be there or not, and is written again with the same bytes.
 */
#ifndef EVIDENCE_TILES_H
#define EVIDENCE_TILES_H

#include "evidence/tree.h"

enum { TILE_WIDTH = 256, TILES_LEVELS = 8, TILES_LEAF_MAX = 256, TILES_PATH_MAX = 64 };

struct tiles;

/*
 * Opens or makes the folder; reads the right edge of a tree of size leaves and checks it against root.
 * RC_CORRUPT: a tile is missing or is not of that root.
 */
MUST_USE enum rc tiles_open(const char *folder, uint64_t size, const struct hash *root,
                            struct tiles **out, struct err *err);
void tiles_close(struct tiles *t); /* accepts NULL */
uint64_t tiles_size(const struct tiles *t);
struct hash tiles_root(const struct tiles *t);

/*
 * Add leaves after the last, durable on return.  All of leaf_bytes each (at most TILES_LEAF_MAX), back to back.
 * On failure nothing is added, though some of the new files may be there.  RC_FULL; RC_CORRUPT: a file of that
 * name is there with other bytes, so the folder once held another log.
 */
MUST_USE enum rc tiles_add(struct tiles *t, struct str leaves, size_t leaf_bytes, struct err *err);

/* "tile/0/x001/234.p/7" for level 0, index 1234, width 7; level -1: entries.  width 256: full. */
void tiles_put_path(struct buf *out, int level, uint64_t index, int width);
/* The other way, for serving; strict.  RC_NOT_FOUND if it is not such a path. */
MUST_USE enum rc tiles_parse_path(struct str path, int *level, uint64_t *index, int *width,
                                  struct err *err);

/* Where tiles come from: a folder, or a server.  fetch puts the bytes of path on the arena; RC_NOT_FOUND. */
struct tile_source {
    enum rc (*fetch)(void *ctx, struct arena *a, struct str path, struct str *out,
                     struct err *err);
    void *ctx;
};
/* folder must outlive it.  Answers the four kinds of name above and no other. */
struct tile_source tiles_folder_source(const char *folder);

/* How many hashes of a level's tile a tree of size leaves fills: 0..256.  Level -1 as level 0. */
int tiles_width(uint64_t size, int level, uint64_t index);
/*
 * A tile that must hold at least width hashes, or for level -1 entries: under its own name, or where that is
 * gone (RC_NOT_FOUND) as the front of the full tile.  found: the width of the name that answered.
 * RC_CORRUPT: not a whole tile of that width; then *found is set too.
 */
MUST_USE enum rc tiles_fetch(const struct tile_source *source, struct arena *a, int level,
                             uint64_t index, int width, struct str *out, int *found,
                             struct err *err);
/* Cut one entry off *bundle.  False: *bundle does not begin with a whole one. */
bool tiles_next_entry(struct str *bundle, struct str *entry);

/* A tree_read_fn over a source for a tree of size leaves; ctx is a struct tile_reader. */
struct tile_reader {
    struct tile_source source;
    struct arena *arena; /* fetched tiles stay here */
    uint64_t size;
    struct tile_kept *kept; /* NULL at first; private */
};
enum rc tiles_read_hash(void *ctx, int level, uint64_t index, struct hash *out, struct err *err);

#endif
