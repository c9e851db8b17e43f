/*
 * test_log - a log of acts in a folder of its own, the same bytes each time, for the tests of this folder.
 */
#ifndef EVIDENCE_TEST_LOG_H
#define EVIDENCE_TEST_LOG_H

#include "evidence/test_suite.h"

#include <ftw.h>
#include <unistd.h>

#include "evidence/leaf.h"
#include "evidence/proof.h"
#include "evidence/tiles.h"

SHARED const char *
new_folder(struct arena *a)
{
    struct str name = str_fmt(a, "/tmp/zt-tiles-XXXXXX");
    char *path = arena_alloc(a, name.len + 1, 1);

    memcpy(path, name.ptr, name.len);
    assert_non_null(mkdtemp(path));
    return path;
}

SHARED int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

SHARED void
remove_folder(const char *path)
{
    assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

SHARED struct str
read_all(struct arena *a, const char *folder, const char *name)
{
    struct str path = str_fmt(a, "%s/%s", folder, name), bytes = {NULL, 0};

    assert_ok(file_read(a, path.ptr, 16 << 20, &bytes, err));
    return bytes;
}

SHARED bool
is_there(struct arena *a, const char *folder, const char *name)
{
    struct stat st;

    return stat(str_fmt(a, "%s/%s", folder, name).ptr, &st) == 0;
}


/* Act i of a test log: its body, opening and leaf are made of its number. */
struct test_act {
    struct str body;
    unsigned char opening[ACT_OPENING_BYTES];
    unsigned char leaf[LEAF_BYTES];
};

/* Kinds go round and round, in the order of their numbers. */
SHARED enum act_kind
test_kind(int i)
{
    static const enum act_kind kinds[] = {
#define X(name, number, text, zh, en) name,
        ACT_TABLE(X)
#undef X
    };

    return kinds[i % ACT_KINDS];
}

SHARED struct test_act
test_act(struct arena *a, int i)
{
    enum act_kind kind = test_kind(i);
    int64_t at_us = INT64_C(1764000000000000) + i * INT64_C(60000000);
    struct test_act act;

    act.body = str_fmt(a, "{\"actor\":\"system\",\"at_us\":%lld,\"kind\":\"%s\"}", (long long)at_us,
                       act_kind_name(kind));
    memset(act.opening, 'x', sizeof(act.opening));
    memcpy(act.opening, &i, sizeof(i));
    act_leaf(kind, at_us, act.body, act.opening, act.leaf);
    return act;
}

SHARED struct str
test_leaves(struct arena *a, int from, int to)
{
    struct buf b;

    buf_init(&b, a, (size_t)(to - from) * LEAF_BYTES);
    for (int i = from; i < to; i++) {
        struct test_act act = test_act(a, i);
        buf_put(&b, (struct str){(const char *)act.leaf, LEAF_BYTES});
    }
    return (struct str){b.ptr, b.len};
}

SHARED void
put_checkpoint(struct arena *a, const char *folder, const struct tiles *t)
{
    struct hash root = tiles_root(t);
    struct str note = golden_checkpoint(a, tiles_size(t), &root);

    assert_ok(file_replace(str_fmt(a, "%s/checkpoint", folder).ptr, note, 0644, err));
}

/* Grows the log in folder, which may be empty, to size acts; it is signed with the golden key. */
SHARED void
grow_test_log(struct arena *a, const char *folder, int size)
{
    struct checkpoint c = {.size = 0, .root = tree_empty_root()};
    struct note_key key = golden_key(a);
    struct tiles *t = NULL;

    if (is_there(a, folder, "checkpoint")) {
        assert_ok(checkpoint_open(a, read_all(a, folder, "checkpoint"), &key, 1, NULL, &c, err));
    }
    assert_ok(tiles_open(folder, c.size, &c.root, &t, err));
    assert_ok(tiles_add(t, test_leaves(a, (int)c.size, size), LEAF_BYTES, err));
    put_checkpoint(a, folder, t);
    tiles_close(t);
}

#endif
