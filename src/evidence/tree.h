/*
 * tree - the Merkle tree of RFC 6962 §2.1 (= RFC 9162 §2.1) over SHA-256: pure functions.
 *
 * Leaf hash SHA256(0x00 || leaf), node hash SHA256(0x01 || left || right).  Proofs are arrays of hashes,
 * leaf side first.  Verification follows RFC 9162 §2.1.3.2 and §2.1.4.2 plus the edge rules of the
 * reference implementations: a consistency proof from size 0 is always refused.
 */
#ifndef EVIDENCE_TREE_H
#define EVIDENCE_TREE_H

#include "crypto/hash.h"

/* No tree is larger: index and size then fit every integer that others use for them. */
#define TREE_SIZE_MAX ((uint64_t)INT64_MAX)
enum { TREE_PROOF_MAX = 65 };

struct tree_proof {
    struct hash hash[TREE_PROOF_MAX];
    size_t count;
};

struct hash tree_leaf_hash(struct str leaf);
struct hash tree_node_hash(const struct hash *left, const struct hash *right);
struct hash tree_empty_root(void);

/* A growing tree that remembers only its right edge: 64 hashes at most.  All zero: the empty tree. */
struct tree_edge {
    uint64_t size;
    struct hash hash[64]; /* of the complete subtrees, largest first */
    size_t count;
};
void tree_edge_add(struct tree_edge *e, const struct hash *leaf_hash);
/* Add a complete subtree of 2^level leaves; size must be a multiple of that. */
void tree_edge_add_subtree(struct tree_edge *e, int level, const struct hash *hash);
struct hash tree_edge_root(const struct tree_edge *e);

/* Hash of the complete subtree of 2^level leaves that starts at index * 2^level. */
typedef enum rc (*tree_read_fn)(void *ctx, int level, uint64_t index, struct hash *out,
                                struct err *err);
MUST_USE enum rc tree_root(uint64_t size, tree_read_fn read, void *ctx, struct hash *out,
                           struct err *err);
/* RC_INVALID: index is not below size. */
MUST_USE enum rc tree_prove_inclusion(uint64_t index, uint64_t size, tree_read_fn read, void *ctx,
                                      struct tree_proof *out, struct err *err);
/* RC_INVALID: older is 0 or above newer.  older = newer has the empty proof. */
MUST_USE enum rc tree_prove_consistency(uint64_t older, uint64_t newer, tree_read_fn read,
                                        void *ctx, struct tree_proof *out, struct err *err);

bool tree_check_inclusion(uint64_t index, uint64_t size, const struct hash *leaf_hash,
                          const struct hash *proof, size_t count, const struct hash *root);
bool tree_check_consistency(uint64_t older, uint64_t newer, const struct hash *proof, size_t count,
                            const struct hash *older_root, const struct hash *newer_root);

/*
 * The same for the subtree of leaves start..end-1, as cosigners of single batches use it (IETF draft Merkle Tree
 * Certificates §4): start must be a multiple of the smallest power of two that is not below end - start.  The
 * empty subtree is consistent with every tree.
 */
bool tree_check_subtree_inclusion(uint64_t index, uint64_t start, uint64_t end,
                                  const struct hash *leaf_hash, const struct hash *proof,
                                  size_t count, const struct hash *root);
bool tree_check_subtree_consistency(uint64_t start, uint64_t end, uint64_t size,
                                    const struct hash *proof, size_t count,
                                    const struct hash *subtree_root, const struct hash *root);

#endif
