/*
 * tiles - a log on disk as C2SP tlog-tiles v0.1.0 lays it out, so any file server can publish it.
 *
 *     <folder>/checkpoint                       signed note, replaced atomically
 *     <folder>/tile/<L>/<N>[.p/<W>]             256 hashes, or W
 *     <folder>/tile/entries/<N>[.p/<W>]         (uint16 length, leaf)*
 *
 * Order of writing: entries, hash tiles (each fsynced under its final name), then the checkpoint.  A full tile is
 * never written twice; a partial one gets a new name.  After a crash the tail behind the last checkpoint
 * may be there or not, and is written again with the same bytes.
 */
#ifndef EVIDENCE_TILES_H
#define EVIDENCE_TILES_H

#include "evidence/tree.h"

enum { TILE_WIDTH = 256 };

struct tiles;

/* Opens or makes the folder; reads the right edge of a tree of size leaves and checks it against root. */
MUST_USE enum rc tiles_open(const char *folder, uint64_t size, const struct hash *root,
                            struct tiles **out, struct err *err);
void tiles_close(struct tiles *t);
uint64_t tiles_size(const struct tiles *t);
struct hash tiles_root(const struct tiles *t);

/* Add leaves after the last, durable on return.  All of leaf_bytes each, back to back. */
MUST_USE enum rc tiles_add(struct tiles *t, struct str leaves, size_t leaf_bytes, struct err *err);

/* "tile/0/x001/234.p/7" for level 0, index 1234, width 7; level -1: entries.  width 256: full. */
void tiles_put_path(struct buf *out, int level, uint64_t index, int width);
/* The other way, for serving; strict.  RC_NOT_FOUND if it is not such a path. */
MUST_USE enum rc tiles_parse_path(struct str path, int *level, uint64_t *index, int *width,
                                  struct err *err);

/* Where tiles come from: a folder, or a server.  fetch puts the bytes of path on the arena. */
struct tile_source {
    enum rc (*fetch)(void *ctx, struct arena *a, struct str path, struct str *out,
                     struct err *err);
    void *ctx;
};
struct tile_source tiles_folder_source(const char *folder); /* folder must outlive it */

/* A tree_read_fn over a source for a tree of size leaves; ctx is a struct tile_reader. */
struct tile_reader {
    struct tile_source source;
    struct arena *arena; /* fetched tiles stay here */
    uint64_t size;
};
enum rc tiles_read_hash(void *ctx, int level, uint64_t index, struct hash *out, struct err *err);

#endif
