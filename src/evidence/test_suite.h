/*
 * test_suite - what the tests of this folder share: official vectors, and the golden log of the tlog suite.
 */
#ifndef EVIDENCE_TEST_SUITE_H
#define EVIDENCE_TEST_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "evidence/note.h"
#include "evidence/tree.h"

#define SHARED static __attribute__((unused))

#define assert_ok(call)                                                                      \
    do {                                                                                     \
        struct err assert_err = {.text = ""};                                                \
        struct err *err = &assert_err;                                                       \
        enum rc assert_rc = (call);                                                          \
        if (assert_rc != RC_OK) {                                                            \
            fail_msg("%s: %s: %s", #call, rc_name(assert_rc), assert_err.text);              \
        }                                                                                    \
    } while (0)

#define assert_rc(call, code)                                                                \
    do {                                                                                     \
        struct err assert_err = {.text = ""};                                                \
        struct err *err = &assert_err;                                                       \
        enum rc assert_got = (call);                                                         \
        if (assert_got != (code)) {                                                          \
            fail_msg("%s: %s: %s", #call, rc_name(assert_got), assert_err.text);             \
        }                                                                                    \
    } while (0)

/* Folder of a suite; skips the test, or under CI fails it, if it is not there. */
SHARED const char *
suite_folder(struct arena *a, const char *name)
{
    const char *root = getenv("SUITES"), *ci = getenv("CI");
    struct str path = str_fmt(a, "%s/%s", root != NULL ? root : "../shared/suites", name);
    struct stat st;

    if (stat(path.ptr, &st) == 0) {
        return str_c(a, path);
    }
    if (ci != NULL && strcmp(ci, "true") == 0) {
        fail_msg("the suite %s is missing", path.ptr);
    }
    print_message("skipped: the suite %s is not here\n", path.ptr);
    return NULL;
}

SHARED const struct json *
read_json(struct arena *a, const char *path)
{
    struct json *root = NULL;
    struct str text;

    assert_ok(file_read(a, path, 16 << 20, &text, err));
    assert_ok(json_parse(a, text, JSON_ANY, &root, err));
    return root;
}

SHARED struct hash
hash_from(struct str bytes)
{
    struct hash h;

    assert_int_equal(bytes.len, HASH_BYTES);
    memcpy(h.bytes, bytes.ptr, HASH_BYTES);
    return h;
}

SHARED struct hash
hash_from_hex(struct arena *a, struct str hex)
{
    struct str bytes;

    assert_ok(hex_decode(a, hex, &bytes, err));
    return hash_from(bytes);
}

SHARED void
assert_hash(const struct hash *got, const struct hash *want)
{
    assert_memory_equal(got->bytes, want->bytes, HASH_BYTES);
}

/* Every level of a whole tree in memory: the plainest thing that a tree_read_fn can read. */
struct whole_tree {
    struct hash *leaf;
    uint64_t size;
};

SHARED enum rc
whole_tree_read(void *ctx, int level, uint64_t index, struct hash *out, struct err *unused)
{
    const struct whole_tree *t = ctx;
    struct hash left, right;

    (void)unused;
    assert_true(((index + 1) << level) <= t->size);
    if (level == 0) {
        *out = t->leaf[index];
        return RC_OK;
    }
    assert_ok(whole_tree_read(ctx, level - 1, index * 2, &left, err));
    assert_ok(whole_tree_read(ctx, level - 1, index * 2 + 1, &right, err));
    *out = tree_node_hash(&left, &right);
    return RC_OK;
}

/* MTH as RFC 6962 §2.1 writes it down, to hold everything else against. */
SHARED struct hash
plain_root(const struct hash *leaf, uint64_t size)
{
    uint64_t k = 1;
    struct hash left, right;

    if (size == 0) {
        return tree_empty_root();
    }
    if (size == 1) {
        return leaf[0];
    }
    while (k * 2 < size) {
        k *= 2;
    }
    left = plain_root(leaf, k);
    right = plain_root(leaf + k, size - k);
    return tree_node_hash(&left, &right);
}

/* entry-0, entry-1, …: the leaves of the golden log. */
SHARED struct str
golden_entry(struct arena *a, int i)
{
    return str_fmt(a, "entry-%d", i);
}

SHARED struct whole_tree
golden_tree(struct arena *a, uint64_t size)
{
    struct whole_tree t = {.leaf = arena_alloc(a, size + 1, sizeof(struct hash)), .size = size};

    for (uint64_t i = 0; i < size; i++) {
        t.leaf[i] = tree_leaf_hash(golden_entry(a, (int)i));
    }
    return t;
}

/* A key of the tests: the seed 00 01 02 … of the golden log. */
SHARED struct sig_secret
golden_secret(void)
{
    struct sig_secret secret = {.algorithm = SIG_ED25519};

    for (size_t i = 0; i < sizeof(secret.seed); i++) {
        secret.seed[i] = (unsigned char)i;
    }
    return secret;
}

SHARED struct note_key
golden_key(struct arena *a)
{
    struct sig_secret secret = golden_secret();
    unsigned char public[SIG_PUBLIC_MAX];
    struct note_key key;
    size_t len = sig_public_of(&secret, public);

    assert_ok(note_key_new(a, STR("evidence.example/log1"), NOTE_ED25519,
                           (struct str){(const char *)public, len}, &key, err));
    return key;
}

SHARED struct str
golden_checkpoint(struct arena *a, uint64_t size, const struct hash *root)
{
    struct sig_secret secret = golden_secret();
    struct note_key key = golden_key(a);
    struct checkpoint c = {.origin = key.name, .size = size, .root = *root};
    unsigned char signature[SIG_BYTES];
    struct str text = {NULL, 0};
    struct buf b;

    buf_init(&b, a, 4096);
    checkpoint_put(&b, &c);
    sig_sign(&secret, (struct str){b.ptr, b.len}, signature);
    buf_put_char(&b, '\n');
    note_put_signature(&b, &key, (struct str){(const char *)signature, sizeof(signature)});
    assert_ok(buf_finish(&b, &text, err));
    return text;
}

#endif
