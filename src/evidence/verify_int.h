/*
 * verify_int - what the walk (verify.c) and the search for the liar (verify_blame.c) share.
 */
#ifndef EVIDENCE_VERIFY_INT_H
#define EVIDENCE_VERIFY_INT_H

#include "evidence/verify.h"

enum { VERIFY_ENTRIES = -1 }; /* level of the bundles */

struct verify_finding {
    bool made;
    char file[TILES_PATH_MAX];
    uint64_t offset;
    char why[160];
};

/* A tile as it was read: only the hashes that the tree has, and the width of the name that answered. */
struct verify_row {
    int level;
    uint64_t index;
    int width;
    int found;
    struct str bytes;
};

struct verifier {
    const struct verify_request *request;
    struct arena *arena;                        /* the caller's: checkpoint and report */
    struct arena *row_arena[TILES_LEVELS];      /* the tile of each level that is being looked at */
    struct arena *edge_arena;                   /* the last tile of each level */
    struct arena *bundle_arena;                 /* the bundle that is being looked at */
    struct verify_row edge[TILES_LEVELS];       /* width 0: that level has no part */
    struct checkpoint checkpoint;
    struct verify_finding finding;
    uint64_t by_kind[256];
    uint32_t last_hour;
    uint64_t out_of_order;
};

/* Notes the finding, once, and is RC_CORRUPT. */
enum rc verify_found(struct verifier *v, const char *file, uint64_t offset, struct err *err,
                     const char *why, ...) PRINTF(5, 6);
enum rc verify_found_tile(struct verifier *v, const struct verify_row *row, uint64_t offset,
                          struct err *err, const char *why, ...) PRINTF(5, 6);

/* row->level, index and width are set; fills the rest.  A missing or short file is a finding. */
MUST_USE enum rc verify_read(struct verifier *v, struct arena *a, struct verify_row *row,
                             struct err *err);
struct hash verify_row_hash(const struct verify_row *row); /* of a full one */
struct hash verify_edge_root(const struct verifier *v);
struct hash verify_hash_at(const struct verify_row *row, int i);

/* The search: each notes a finding and returns RC_CORRUPT, or another rc if it could not read on. */
enum rc verify_blame_checkpoint(struct verifier *v, struct str bytes, const struct err *why,
                                struct err *err);
enum rc verify_blame_edge(struct verifier *v, struct err *err);
enum rc verify_blame_row(struct verifier *v, const struct verify_row *row,
                         const struct hash *expected, struct err *err);
enum rc verify_blame_entry(struct verifier *v, const struct verify_row *bundle, size_t offset,
                           uint64_t number, const struct hash *expected, struct err *err);

#endif
