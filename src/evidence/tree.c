/*
 * A tree of n leaves is a row of complete subtrees, one for each bit that is set in n, largest first;
 * its root joins them from the right.  Everything here uses that picture: the edge is the row, a
 * proof walks from the root towards a leaf and notes what it passes by, and only complete subtrees
 * are ever read, because those never change as the log grows.
 *
 * Costs: adding a leaf is two hashes on average; root and proofs are at most 64 nodes, each node of a proof
 * reads one complete subtree or joins at most 64.
 */
#include "evidence/tree.h"

#include <string.h>

struct hash
tree_leaf_hash(struct str leaf)
{
    return hash_sha256_node(0x00, leaf, STR(""));
}

struct hash
tree_node_hash(const struct hash *left, const struct hash *right)
{
    return hash_sha256_node(0x01, hash_str(left), hash_str(right));
}

struct hash
tree_empty_root(void)
{
    return hash_sha256(STR(""));
}

/* --- the edge ------------------------------------------------------------------------------------ */

void
tree_edge_add_subtree(struct tree_edge *e, int level, const struct hash *hash)
{
    struct hash joined = *hash;
    uint64_t size;

    CHECK(level >= 0 && level < 63);
    CHECK((e->size & (((uint64_t)1 << level) - 1)) == 0);
    CHECK(e->size <= TREE_SIZE_MAX - ((uint64_t)1 << level));
    /* Each bit set from level upwards is a neighbour of the same size that is waiting on the left. */
    for (size = e->size >> level; (size & 1) != 0; size >>= 1) {
        CHECK(e->count > 0);
        joined = tree_node_hash(&e->hash[--e->count], &joined);
    }
    e->hash[e->count++] = joined;
    e->size += (uint64_t)1 << level;
}

void
tree_edge_add(struct tree_edge *e, const struct hash *leaf_hash)
{
    tree_edge_add_subtree(e, 0, leaf_hash);
}

struct hash
tree_edge_root(const struct tree_edge *e)
{
    struct hash root;

    if (e->count == 0) {
        return tree_empty_root();
    }
    root = e->hash[e->count - 1];
    for (size_t i = e->count - 1; i-- > 0;) {
        root = tree_node_hash(&e->hash[i], &root);
    }
    return root;
}

/* --- making -------------------------------------------------------------------------------------- */

static int
highest_bit(uint64_t n)
{
    int bit = 0;

    CHECK(n > 0);
    while ((n >>= 1) != 0) {
        bit++;
    }
    return bit;
}

/* Largest power of two below n, as its exponent: where RFC 6962 splits a tree of n > 1 leaves. */
static int
split_level(uint64_t n)
{
    return highest_bit(n - 1);
}

/* MTH of the size leaves from start, which is a multiple of every power of two that is not above size. */
static enum rc
range_hash(uint64_t start, uint64_t size, tree_read_fn read, void *ctx, struct hash *out,
           struct err *err)
{
    struct hash row[64];
    size_t count = 0;

    while (size > 0) {
        int level = highest_bit(size);
        enum rc rc = read(ctx, level, start >> level, &row[count], err);
        if (rc != RC_OK) {
            return rc;
        }
        count++;
        start += (uint64_t)1 << level;
        size -= (uint64_t)1 << level;
    }
    CHECK(count > 0);
    *out = row[--count];
    while (count > 0) {
        *out = tree_node_hash(&row[--count], out);
    }
    return RC_OK;
}

enum rc
tree_root(uint64_t size, tree_read_fn read, void *ctx, struct hash *out, struct err *err)
{
    struct hash root;
    enum rc rc;

    if (size > TREE_SIZE_MAX) {
        return err_set(err, RC_INVALID, "a tree of %llu leaves is too large",
                       (unsigned long long)size);
    }
    if (size == 0) {
        *out = tree_empty_root();
        return RC_OK;
    }
    if ((rc = range_hash(0, size, read, ctx, &root, err)) == RC_OK) {
        *out = root;
    }
    return rc;
}

/* Both proofs are found from the root down, and told from the leaf up. */
static void
turn_round(struct tree_proof *p)
{
    for (size_t i = 0; i < p->count / 2; i++) {
        struct hash kept = p->hash[i];
        p->hash[i] = p->hash[p->count - 1 - i];
        p->hash[p->count - 1 - i] = kept;
    }
}

enum rc
tree_prove_inclusion(uint64_t index, uint64_t size, tree_read_fn read, void *ctx,
                     struct tree_proof *out, struct err *err)
{
    struct tree_proof proof = {.count = 0};
    uint64_t start = 0;

    if (size > TREE_SIZE_MAX || index >= size) {
        return err_set(err, RC_INVALID, "leaf %llu is not in a tree of %llu",
                       (unsigned long long)index, (unsigned long long)size);
    }
    while (size > 1) {
        uint64_t left = (uint64_t)1 << split_level(size);
        bool goes_left = index - start < left;
        enum rc rc = goes_left ? range_hash(start + left, size - left, read, ctx,
                                            &proof.hash[proof.count], err)
                               : range_hash(start, left, read, ctx, &proof.hash[proof.count], err);
        if (rc != RC_OK) {
            return rc;
        }
        proof.count++;
        start += goes_left ? 0 : left;
        size = goes_left ? left : size - left;
    }
    turn_round(&proof);
    *out = proof;
    return RC_OK;
}

enum rc
tree_prove_consistency(uint64_t older, uint64_t newer, tree_read_fn read, void *ctx,
                       struct tree_proof *out, struct err *err)
{
    struct tree_proof proof = {.count = 0};
    uint64_t start = 0, rest = older, size = newer;
    bool known = true; /* whether the older root itself is still the whole of what is left */
    enum rc rc;

    if (newer > TREE_SIZE_MAX || older == 0 || older > newer) {
        return err_set(err, RC_INVALID, "no proof leads from size %llu to %llu",
                       (unsigned long long)older, (unsigned long long)newer);
    }
    while (rest < size) {
        uint64_t left = (uint64_t)1 << split_level(size);
        bool goes_left = rest <= left;
        rc = goes_left ? range_hash(start + left, size - left, read, ctx,
                                    &proof.hash[proof.count], err)
                       : range_hash(start, left, read, ctx, &proof.hash[proof.count], err);
        if (rc != RC_OK) {
            return rc;
        }
        proof.count++;
        if (goes_left) {
            size = left;
        } else {
            start += left;
            rest -= left;
            size -= left;
            known = false;
        }
    }
    if (!known) {
        if ((rc = range_hash(start, size, read, ctx, &proof.hash[proof.count], err)) != RC_OK) {
            return rc;
        }
        proof.count++;
    }
    turn_round(&proof);
    *out = proof;
    return RC_OK;
}

/* --- checking ------------------------------------------------------------------------------------ */

bool
tree_check_inclusion(uint64_t index, uint64_t size, const struct hash *leaf_hash,
                     const struct hash *proof, size_t count, const struct hash *root)
{
    struct hash r = *leaf_hash;
    uint64_t fn = index, sn = size - 1;

    if (index >= size) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) != 0 || fn == sn) {
            r = tree_node_hash(&proof[i], &r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = tree_node_hash(&r, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&r, root);
}

static bool
is_subtree(uint64_t start, uint64_t end)
{
    uint64_t size, width = 1;

    if (start >= end || end > TREE_SIZE_MAX) {
        return false;
    }
    size = end - start;
    while (width < size) {
        width <<= 1;
    }
    return (start & (width - 1)) == 0;
}

bool
tree_check_subtree_inclusion(uint64_t index, uint64_t start, uint64_t end,
                             const struct hash *leaf_hash, const struct hash *proof, size_t count,
                             const struct hash *root)
{
    return is_subtree(start, end) && index >= start &&
           tree_check_inclusion(index - start, end - start, leaf_hash, proof, count, root);
}

/*
 * fn, sn and tn are the first and last leaf of the subtree and the last of the tree, all raised one level
 * a turn.  Two hashes are built from the same proof: fr stops at the subtree, sr goes on to the root.
 */
bool
tree_check_subtree_consistency(uint64_t start, uint64_t end, uint64_t size,
                               const struct hash *proof, size_t count,
                               const struct hash *subtree_root, const struct hash *root)
{
    uint64_t fn = start, sn = end - 1, tn = size - 1;
    struct hash fr = *subtree_root, sr;
    size_t i = 0;

    if (end > size || size > TREE_SIZE_MAX) {
        return false;
    }
    if (start == end) { /* nothing is in every tree, and has only one hash */
        sr = tree_empty_root();
        return count == 0 && hash_eq(subtree_root, &sr);
    }
    if (!is_subtree(start, end)) {
        return false;
    }
    while (fn != sn && (sn == tn || (sn & 1) != 0)) {
        fn >>= 1;
        sn >>= 1;
        tn >>= 1;
    }
    if (fn != sn) { /* the subtree is not one node of the tree: the proof brings its last complete part */
        if (count == 0) {
            return false;
        }
        fr = proof[i++];
    }
    for (sr = fr; i < count; i++) {
        if (tn == 0) {
            return false;
        }
        if ((sn & 1) != 0 || sn == tn) {
            if (fn < sn) {
                fr = tree_node_hash(&proof[i], &fr);
            }
            sr = tree_node_hash(&proof[i], &sr);
            while ((sn & 1) == 0 && sn != 0) {
                fn >>= 1;
                sn >>= 1;
                tn >>= 1;
            }
        } else {
            sr = tree_node_hash(&sr, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
        tn >>= 1;
    }
    return tn == 0 && hash_eq(&fr, subtree_root) && hash_eq(&sr, root);
}

bool
tree_check_consistency(uint64_t older, uint64_t newer, const struct hash *proof, size_t count,
                       const struct hash *older_root, const struct hash *newer_root)
{
    return older > 0 &&
           tree_check_subtree_consistency(0, older, newer, proof, count, older_root, newer_root);
}
