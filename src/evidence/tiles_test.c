#include "evidence/test_log.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evidence/tiles.h"

enum { ROOM = 64 << 20 };

/* --- the death of a process ---------------------------------------------------------------------- */

/*
 * These stand before the C library's, so the test can stop a child before its Nth change of the disk.  A write is
 * torn in the middle first.
 */
static int changes_left = -1; /* -1: live for ever */
static int writes_left = -1;  /* -1: the disk is never full */

static bool
dies_now(void)
{
    return changes_left >= 0 && changes_left-- == 0;
}

int rename(const char *from, const char *to);
int
rename(const char *from, const char *to)
{
    if (dies_now()) {
        _exit(9);
    }
    return (int)syscall(SYS_rename, from, to);
}

int mkdir(const char *path, mode_t mode);
int
mkdir(const char *path, mode_t mode)
{
    if (dies_now()) {
        _exit(9);
    }
    return (int)syscall(SYS_mkdir, path, mode);
}

int fsync(int fd);
int
fsync(int fd)
{
    (void)fd;
    if (dies_now()) {
        _exit(9);
    }
    return 0; /* the disk itself is not what is tested here */
}

ssize_t write(int fd, const void *bytes, size_t len);
ssize_t
write(int fd, const void *bytes, size_t len)
{
    if (dies_now()) {
        (void)syscall(SYS_write, fd, bytes, len / 2);
        _exit(9);
    }
    if (writes_left >= 0 && writes_left-- == 0) {
        writes_left = 0;
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_write, fd, bytes, len);
}

int unlinkat(int fd, const char *path, int flags);
int
unlinkat(int fd, const char *path, int flags)
{
    if (dies_now()) {
        _exit(9);
    }
    return (int)syscall(SYS_unlinkat, fd, path, flags);
}

/* --- the golden log ------------------------------------------------------------------------------ */

/* Adds entry-<from> … entry-<to - 1>; a call takes leaves of one length. */
static enum rc
add_entries(struct tiles *t, int from, int to, struct err *err)
{
    struct arena *a = arena_new(1 << 20);
    enum rc rc = RC_OK;

    while (rc == RC_OK && from < to) {
        size_t len = golden_entry(a, from).len;
        struct buf b;
        buf_init(&b, a, 1 << 20);
        while (from < to && golden_entry(a, from).len == len) {
            buf_put(&b, golden_entry(a, from++));
        }
        rc = tiles_add(t, (struct str){b.ptr, b.len}, len, err);
    }
    arena_free(a);
    return rc;
}

static enum rc
open_empty(const char *folder, struct tiles **out, struct err *err)
{
    struct hash empty = tree_empty_root();

    return tiles_open(folder, 0, &empty, out, err);
}

/* --- paths --------------------------------------------------------------------------------------- */

static void
paths_are_those_of_the_specification(void **state)
{
    static const struct {
        const char *path;
        uint64_t index;
        int level, width;
    } good[] = {
        {"tile/0/000", 0, 0, 256},
        {"tile/0/x001/234.p/7", 1234, 0, 7},
        {"tile/0/x001/x234/067", 1234067, 0, 256},
        {"tile/entries/999", 999, -1, 256},
        {"tile/entries/x001/000.p/255", 1000, -1, 255},
        {"tile/63/000.p/1", 0, 63, 1},
        {"tile/1/x009/x007/x199/x254/x740/991", 9007199254740991, 1, 256},
    };
    static const char *const bad[] = {"",
                                      "tile",
                                      "tile/",
                                      "tile/0",
                                      "tile/0/",
                                      "tile/0/00",
                                      "tile/0/0000",
                                      "tile/00/000",
                                      "tile/64/000",
                                      "tile/-1/000",
                                      "tile/0/x000/001",
                                      "tile/0/x001",
                                      "tile/0/x001/",
                                      "tile/0/001/002",
                                      "tile/0/000.p",
                                      "tile/0/000.p/",
                                      "tile/0/000.p/0",
                                      "tile/0/000.p/07",
                                      "tile/0/000.p/256",
                                      "tile/0/000.p/7/",
                                      "tile/0/000.p/7/8",
                                      "tile/0/000.q/7",
                                      "tile/0/0-1",
                                      "tile/0/x0-1/001",
                                      "tile/0//000",
                                      "tile/0/../checkpoint",
                                      "/tile/0/000",
                                      "tile/entries",
                                      "tile/data/000",
                                      "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
                                      "checkpoint"};
    struct arena *a = arena_new(ROOM);
    int level = 5, width = 5;
    uint64_t index = 5;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_rc(tiles_parse_path(str_of(bad[i]), &level, &index, &width, err), RC_NOT_FOUND);
    }
    assert_int_equal(level + width + (int)index, 15);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct buf b;
        buf_init(&b, a, TILES_PATH_MAX);
        tiles_put_path(&b, good[i].level, good[i].index, good[i].width);
        assert_true(str_eq((struct str){b.ptr, b.len}, str_of(good[i].path)));
        assert_ok(tiles_parse_path(str_of(good[i].path), &level, &index, &width, err));
        assert_int_equal(level, good[i].level);
        assert_int_equal(width, good[i].width);
        assert_true(index == good[i].index);
    }
    arena_free(a);
}

static void
a_tree_of_seventy_thousand_fills_the_tiles_that_the_specification_says(void **state)
{
    (void)state;
    assert_int_equal(tiles_width(70000, 0, 272), 256);
    assert_int_equal(tiles_width(70000, 0, 273), 112);
    assert_int_equal(tiles_width(70000, 0, 274), 0);
    assert_int_equal(tiles_width(70000, -1, 273), 112);
    assert_int_equal(tiles_width(70000, 1, 0), 256);
    assert_int_equal(tiles_width(70000, 1, 1), 17);
    assert_int_equal(tiles_width(70000, 2, 0), 1);
    assert_int_equal(tiles_width(70000, 3, 0), 0);
    assert_int_equal(tiles_width(256, 0, 0), 256);
    assert_int_equal(tiles_width(256, 1, 0), 1);
    assert_int_equal(tiles_width(UINT64_MAX, 8, 0), 0);
}

/* --- writing ------------------------------------------------------------------------------------- */

static const int golden_sizes[] = {1, 2, 255, 256, 257, 512, 600};
enum { GOLDEN_SIZES = sizeof(golden_sizes) / sizeof(golden_sizes[0]) };

/* The golden log, published at the sizes of the vectors. */
static void
write_golden(struct arena *a, const char *folder)
{
    struct tiles *t = NULL;
    int size = 0;

    assert_ok(open_empty(folder, &t, err));
    for (size_t i = 0; i < GOLDEN_SIZES; i++) {
        struct hash root;
        struct str note, path;
        assert_ok(add_entries(t, size, golden_sizes[i], err));
        size = golden_sizes[i];
        root = tiles_root(t);
        note = golden_checkpoint(a, (uint64_t)size, &root);
        path = str_fmt(a, "%s/checkpoint.%d", folder, size);
        assert_ok(file_replace(path.ptr, note, 0644, err));
        path = str_fmt(a, "%s/checkpoint", folder);
        assert_ok(file_replace(path.ptr, note, 0644, err));
    }
    tiles_close(t);
}

static void
the_golden_log_is_written_byte_for_byte(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *suite = suite_folder(a, "tlog"), *folder = new_folder(a);
    const struct json *v, *row;
    int files = 0;

    (void)state;
    write_golden(a, folder);
    v = suite != NULL ? read_json(a, str_fmt(a, "%s/vectors.json", suite).ptr) : NULL;
    for (row = v != NULL ? json_get(v, "files")->first : NULL; row != NULL; row = row->next) {
        struct str bytes = read_all(a, folder, str_c(a, row->key));
        struct hash got = hash_sha256(bytes), want = hash_from_hex(a, row->text);
        assert_hash(&got, &want);
        files++;
    }
    assert_true(v == NULL || files == 14);
    /* Parts go when their tile is full, and stay until then. */
    assert_false(is_there(a, folder, "tile/0/000.p"));
    assert_false(is_there(a, folder, "tile/entries/001.p"));
    assert_true(is_there(a, folder, "tile/0/002.p/88"));
    assert_true(is_there(a, folder, "tile/1/000.p/1"));
    remove_folder(folder);
    arena_free(a);
}

static void
a_log_opens_at_every_size_that_it_has_had(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct whole_tree tree = golden_tree(a, 600);

    (void)state;
    write_golden(a, folder);
    for (int size = 0; size <= 512; size += 32) {
        struct hash root = plain_root(tree.leaf, (uint64_t)size), got;
        struct tiles *t = NULL;
        assert_ok(tiles_open(folder, (uint64_t)size, &root, &t, err));
        assert_int_equal(tiles_size(t), size);
        got = tiles_root(t);
        assert_hash(&got, &root);
        tiles_close(t);
    }
    remove_folder(folder);
    arena_free(a);
}

static void
a_log_that_is_not_of_its_root_does_not_open(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct whole_tree tree = golden_tree(a, 600);
    struct hash root = plain_root(tree.leaf, 600), other = plain_root(tree.leaf, 599);
    struct tiles *t = NULL;
    static const char *const parts[] = {"tile/0/002.p/88", "tile/1/000.p/2",
                                        "tile/entries/002.p/88"};

    (void)state;
    write_golden(a, folder);
    assert_rc(tiles_open(folder, 600, &other, &t, err), RC_CORRUPT);
    assert_rc(tiles_open(folder, 599, &other, &t, err), RC_CORRUPT); /* its part is not there */
    for (size_t i = 0; i < 3; i++) {
        struct str path = str_fmt(a, "%s/%s", folder, parts[i]);
        struct str bytes = read_all(a, folder, parts[i]);
        for (size_t at = 0; at < bytes.len; at += bytes.len / 7) {
            char *bad = arena_alloc(a, bytes.len, 1);
            memcpy(bad, bytes.ptr, bytes.len);
            bad[at] = (char)(bad[at] ^ 0x10);
            assert_ok(file_replace(path.ptr, (struct str){bad, bytes.len}, 0644, err));
            assert_rc(tiles_open(folder, 600, &root, &t, err), RC_CORRUPT);
        }
        assert_ok(file_replace(path.ptr, str_sub(bytes, 0, bytes.len - 1), 0644, err));
        assert_rc(tiles_open(folder, 600, &root, &t, err), RC_CORRUPT);
        assert_ok(file_replace(path.ptr, bytes, 0644, err));
    }
    assert_null(t);
    assert_ok(tiles_open(folder, 600, &root, &t, err));
    tiles_close(t);
    remove_folder(folder);
    arena_free(a);
}

static void
a_name_is_never_given_other_bytes(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct hash before, after;
    struct tiles *t = NULL;
    char others[290 * 9];

    (void)state;
    for (size_t i = 0; i < 290; i++) {
        memcpy(others + i * 9, "other-000", 9);
    }
    assert_ok(open_empty(folder, &t, err));
    assert_ok(add_entries(t, 0, 300, err));
    tiles_close(t);
    /* As if the last checkpoint were of size 0: other leaves are refused, and none of them is added … */
    assert_ok(open_empty(folder, &t, err));
    assert_ok(add_entries(t, 0, 10, err));
    before = tiles_root(t);
    assert_rc(tiles_add(t, (struct str){others, sizeof(others)}, 9, err), RC_CORRUPT);
    assert_int_equal(tiles_size(t), 10);
    after = tiles_root(t);
    assert_hash(&after, &before);
    /* … and the same leaves again are taken. */
    assert_ok(add_entries(t, 10, 300, err));
    assert_int_equal(tiles_size(t), 300);
    tiles_close(t);
    remove_folder(folder);
    arena_free(a);
}

/* --- crashes ------------------------------------------------------------------------------------- */

/* What a publisher does: go on from the checkpoint, in steps, each with its own. */
static void
publish(struct arena *a, const char *folder)
{
    static const int steps[] = {40, 90, 100, 240, 300, 520, 600};
    struct str path = str_fmt(a, "%s/checkpoint", folder);
    struct checkpoint c = {.size = 0, .root = tree_empty_root()};
    struct note_key key = golden_key(a);
    struct tiles *t = NULL;
    struct str note;

    if (is_there(a, folder, "checkpoint")) {
        assert_ok(file_read(a, path.ptr, 4096, &note, err));
        assert_ok(checkpoint_open(a, note, &key, 1, NULL, &c, err));
    }
    assert_ok(tiles_open(folder, c.size, &c.root, &t, err));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if ((uint64_t)steps[i] > tiles_size(t)) {
            assert_ok(add_entries(t, (int)tiles_size(t), steps[i], err));
            put_checkpoint(a, folder, t);
        }
    }
    tiles_close(t);
}

static void
assert_same_log(struct arena *a, const char *got, const char *want)
{
    static const char *const names[] = {"checkpoint",    "tile/0/000",       "tile/0/001",
                                        "tile/0/002.p/88", "tile/1/000.p/2",   "tile/entries/000",
                                        "tile/entries/001", "tile/entries/002.p/88"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(str_eq(read_all(a, got, names[i]), read_all(a, want, names[i])));
    }
}

/* Every file that the last checkpoint needs must be whole, whatever else lies about. */
static void
assert_covered(struct arena *a, const char *folder)
{
    struct note_key key = golden_key(a);
    struct checkpoint c;
    struct tile_reader r = {.source = tiles_folder_source(folder), .arena = a};
    struct hash root;
    struct str note;

    if (!is_there(a, folder, "checkpoint")) {
        return; /* died before the first */
    }
    note = read_all(a, folder, "checkpoint");
    assert_ok(checkpoint_open(a, note, &key, 1, NULL, &c, err));
    r.size = c.size;
    assert_ok(tree_root(c.size, tiles_read_hash, &r, &root, err));
    assert_hash(&root, &c.root);
}

static void
a_process_that_dies_at_any_write_leaves_a_log_that_goes_on_with_the_same_bytes(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *want = new_folder(a);
    int deaths = 0;

    (void)state;
    publish(a, want);
    for (int life = 0;; life++) {
        struct arena *work = arena_new(ROOM);
        const char *folder = new_folder(work);
        int status = 0;
        pid_t child = fork();

        assert_int_not_equal(child, -1);
        if (child == 0) {
            changes_left = life;
            publish(work, folder);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_true(WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0);
        assert_covered(work, folder);
        publish(work, folder);
        assert_same_log(work, folder, want);
        remove_folder(folder);
        arena_free(work);
        if (WEXITSTATUS(status) == 0) {
            break;
        }
        deaths++;
    }
    print_message("died at each of %d changes of the disk\n", deaths);
    assert_in_range(deaths, 100, 10000);
    remove_folder(want);
    arena_free(a);
}

static void
a_full_disk_adds_nothing_and_later_everything(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *want = new_folder(a);
    enum rc rc = RC_FULL;
    int room = 0;

    (void)state;
    grow_test_log(a, want, 600);
    for (; rc == RC_FULL; room++) {
        struct arena *work = arena_new(ROOM);
        const char *folder = new_folder(work);
        struct str leaves = test_leaves(work, 0, 600);
        struct hash empty = tree_empty_root(), root;
        struct tiles *t = NULL;
        struct err full;
        assert_ok(open_empty(folder, &t, err));
        writes_left = room;
        rc = tiles_add(t, leaves, LEAF_BYTES, &full);
        writes_left = -1;
        assert_true(rc == RC_OK || rc == RC_FULL);
        root = tiles_root(t);
        if (rc == RC_FULL) {
            assert_int_equal(tiles_size(t), 0);
            assert_hash(&root, &empty);
            assert_ok(tiles_add(t, leaves, LEAF_BYTES, err));
        }
        put_checkpoint(work, folder, t);
        tiles_close(t);
        assert_same_log(work, folder, want);
        remove_folder(folder);
        arena_free(work);
    }
    assert_int_equal(room, 8); /* seven files, and one round without want */
    remove_folder(want);
    arena_free(a);
}

/* --- reading ------------------------------------------------------------------------------------- */

static void
proofs_read_from_the_folder_are_those_of_the_whole_tree(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct whole_tree tree = golden_tree(a, 600);
    static const uint64_t sizes[] = {1, 100, 255, 256, 257, 511, 512, 600};

    (void)state;
    write_golden(a, folder);
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct whole_tree part = {.leaf = tree.leaf, .size = sizes[s]};
        struct tile_reader r = {
            .source = tiles_folder_source(folder), .arena = a, .size = sizes[s]};
        for (uint64_t i = 0; i < sizes[s]; i += 23) {
            struct tree_proof got, want;
            assert_ok(tree_prove_inclusion(i, sizes[s], tiles_read_hash, &r, &got, err));
            assert_ok(tree_prove_inclusion(i, sizes[s], whole_tree_read, &part, &want, err));
            assert_int_equal(got.count, want.count);
            assert_memory_equal(got.hash, want.hash, got.count * sizeof(struct hash));
        }
    }
    remove_folder(folder);
    arena_free(a);
}

static void
a_source_answers_only_the_names_of_a_log(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct tile_source source = tiles_folder_source(folder);
    struct str bytes;

    (void)state;
    write_golden(a, folder);
    assert_ok(source.fetch(source.ctx, a, STR("checkpoint"), &bytes, err));
    assert_ok(source.fetch(source.ctx, a, STR("tile/0/000"), &bytes, err));
    assert_int_equal(bytes.len, 8192);
    assert_rc(source.fetch(source.ctx, a, STR("tile/0/003"), &bytes, err), RC_NOT_FOUND);
    assert_rc(source.fetch(source.ctx, a, STR("checkpoint.600"), &bytes, err), RC_NOT_FOUND);
    assert_rc(source.fetch(source.ctx, a, STR("../../etc/passwd"), &bytes, err), RC_NOT_FOUND);
    assert_rc(source.fetch(source.ctx, a, STR("tile/0/../../checkpoint"), &bytes, err),
              RC_NOT_FOUND);
    remove_folder(folder);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_those_of_the_specification),
        cmocka_unit_test(a_tree_of_seventy_thousand_fills_the_tiles_that_the_specification_says),
        cmocka_unit_test(the_golden_log_is_written_byte_for_byte),
        cmocka_unit_test(a_log_opens_at_every_size_that_it_has_had),
        cmocka_unit_test(a_log_that_is_not_of_its_root_does_not_open),
        cmocka_unit_test(a_name_is_never_given_other_bytes),
        cmocka_unit_test(
            a_process_that_dies_at_any_write_leaves_a_log_that_goes_on_with_the_same_bytes),
        cmocka_unit_test(a_full_disk_adds_nothing_and_later_everything),
        cmocka_unit_test(proofs_read_from_the_folder_are_those_of_the_whole_tree),
        cmocka_unit_test(a_source_answers_only_the_names_of_a_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
