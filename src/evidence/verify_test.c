#include "evidence/test_log.h"

#include "evidence/verify.h"

enum { ROOM = 64 << 20, PATHS_MAX = 32 };

/* --- a log in memory in which one byte can be changed -------------------------------------------- */

struct file {
    struct str path;
    struct str bytes;
};

struct memory_log {
    struct file file[PATHS_MAX];
    size_t count;
    size_t changed_file; /* PATHS_MAX: none */
    size_t changed_at;
    unsigned char change; /* xored into that byte */
    size_t cut;          /* of changed_file: bytes taken away at the end */
    bool gone;           /* changed_file is not there */
    enum rc fails;       /* what every fetch answers, if not RC_OK */
};

static enum rc
memory_fetch(void *ctx, struct arena *a, struct str path, struct str *out, struct err *err)
{
    const struct memory_log *log = ctx;

    if (log->fails != RC_OK) {
        return err_set(err, log->fails, "the source fails");
    }
    for (size_t i = 0; i < log->count; i++) {
        const struct file *f = &log->file[i];
        if (str_eq(f->path, path) && !(i == log->changed_file && log->gone)) {
            char *bytes = arena_alloc(a, f->bytes.len + 1, 1);
            if (bytes == NULL) {
                return err_set(err, RC_LIMIT, "full");
            }
            memcpy(bytes, f->bytes.ptr, f->bytes.len);
            if (i == log->changed_file && f->bytes.len > 0) {
                bytes[log->changed_at] = (char)(bytes[log->changed_at] ^ log->change);
            }
            *out = (struct str){bytes, f->bytes.len - (i == log->changed_file ? log->cut : 0)};
            return RC_OK;
        }
    }
    return err_set(err, RC_NOT_FOUND, "no such file");
}

/* The files that a checkpoint of size needs. */
static void
load(struct arena *a, struct memory_log *log, const char *folder, uint64_t size)
{
    log->count = 1;
    log->changed_file = PATHS_MAX;
    log->file[0] = (struct file){STR("checkpoint"), read_all(a, folder, "checkpoint")};
    for (int level = -1; level < TILES_LEVELS; level++) {
        int width = 1;
        for (uint64_t n = 0; (width = tiles_width(size, level, n)) > 0; n++) {
            struct str path = {NULL, 0};
            struct buf b;
            buf_init(&b, a, TILES_PATH_MAX);
            tiles_put_path(&b, level, n, width);
            assert_ok(buf_finish(&b, &path, err));
            assert_true(log->count < PATHS_MAX);
            log->file[log->count++] = (struct file){path, read_all(a, folder, str_c(a, path))};
        }
    }
}

static void
make_acts(struct arena *a, struct memory_log *log, int size)
{
    const char *folder = new_folder(a);

    grow_test_log(a, folder, size);
    load(a, log, folder, (uint64_t)size);
    remove_folder(folder);
}

static struct verify_request
request_of(struct memory_log *log, const struct note_key *key)
{
    return (struct verify_request){.source = {.fetch = memory_fetch, .ctx = log},
                                   .keys = key,
                                   .key_count = 1,
                                   .act = -1};
}

/* One byte is changed: verify must fail, and say so of that byte. */
static void
assert_named(struct memory_log *log, const struct verify_request *request)
{
    struct arena *a = arena_new(ROOM);
    const struct file *f = &log->file[log->changed_file];
    struct json *report = NULL;
    struct err err;
    enum rc rc = verify_log(a, request, &report, &err);

    if (rc != RC_CORRUPT || json_true(report, "ok") || !str_eq(json_str(report, "file"), f->path) ||
        json_int_or(report, "offset", -1) != (int64_t)log->changed_at) {
        fail_msg("changed byte %zu of %.*s by %02x, verify says %s \"%s\"", log->changed_at,
                 STR_ARG(f->path), log->change, rc_name(rc), rc == RC_OK ? "" : err.text);
    }
    arena_free(a);
}

/* --- right logs ---------------------------------------------------------------------------------- */

static void
a_right_log_is_right_at_every_size(void **state)
{
    static const int sizes[] = {0, 1, 2, 255, 256, 257, 300, 512, 700};
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct memory_log log = {.count = 0};
        struct json *report = NULL;
        make_acts(a, &log, sizes[i]);
        struct verify_request request = request_of(&log, &key);
        assert_ok(verify_log(a, &request, &report, err));
        assert_true(json_true(report, "ok"));
        assert_int_equal(json_int_or(report, "size", -1), sizes[i]);
        assert_true(str_eq(json_str(report, "origin"), STR("evidence.example/log1")));
        assert_int_equal(json_int_or(report, "out_of_order", -1), 0);
        if (sizes[i] == 300) { /* kinds go round and round */
            const struct json *kinds = json_get(report, "acts_by_kind");
            assert_int_equal(json_int_or(kinds, "node", -1), (300 + ACT_KINDS - 1) / ACT_KINDS);
            assert_int_equal(json_int_or(kinds, "deemed_accepted", -1), (300 - (ACT_DEEMED - 1) + ACT_KINDS - 1) / ACT_KINDS);
            assert_int_equal(kinds->count, ACT_KINDS);
        }
    }
    arena_free(a);
}

static void
one_act_is_proved_and_one_beyond_the_end_is_not_there(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};
    struct test_act act = test_act(a, 258);
    struct json *report = NULL;

    (void)state;
    make_acts(a, &log, 300);
    struct verify_request request = request_of(&log, &key);
    request.act = 258;
    assert_ok(verify_log(a, &request, &report, err));
    const struct json *told = json_get(report, "act");
    assert_int_equal(json_int_or(told, "index", -1), 258);
    assert_true(str_eq(json_str(told, "leaf"),
                       base64_of(a, (struct str){(const char *)act.leaf, LEAF_BYTES})));
    assert_true(str_eq(json_str(told, "kind"), str_of(act_kind_name((enum act_kind)act.leaf[1]))));
    assert_true(json_get(told, "path")->count > 3);
    request.act = 300;
    report = NULL;
    assert_rc(verify_log(a, &request, &report, err), RC_NOT_FOUND);
    assert_true(json_true(report, "ok"));
    arena_free(a);
}

static void
a_clock_that_was_set_back_is_told_and_is_no_fault(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};
    struct hash empty = tree_empty_root();
    struct json *report = NULL;
    struct tiles *t = NULL;

    (void)state;
    assert_ok(tiles_open(folder, 0, &empty, &t, err));
    assert_ok(tiles_add(t, test_leaves(a, 200, 210), LEAF_BYTES, err));
    assert_ok(tiles_add(t, test_leaves(a, 0, 10), LEAF_BYTES, err));
    put_checkpoint(a, folder, t);
    tiles_close(t);
    load(a, &log, folder, 20);
    struct verify_request request = request_of(&log, &key);
    assert_ok(verify_log(a, &request, &report, err));
    assert_int_equal(json_int_or(report, "out_of_order", -1), 1);
    remove_folder(folder);
    arena_free(a);
}

/* --- wrong bytes --------------------------------------------------------------------------------- */

static void
each_changed_byte_of_a_small_log_is_named(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};
    size_t root, signature;

    (void)state;
    make_acts(a, &log, 20);
    struct verify_request request = request_of(&log, &key);
    /* Those of root and signature need up to half a second each to be found: some of them will do. */
    root = key.name.len + 4;
    signature = str_find(log.file[0].bytes, STR("\n\n")) + 2 + key.name.len + 11;
    for (log.changed_file = 0; log.changed_file < log.count; log.changed_file++) {
        size_t len = log.file[log.changed_file].bytes.len;
        for (size_t at = 0; at < len; at++) {
            log.changed_at = at;
            log.change = (unsigned char)(1 << at % 8);
            assert_named(&log, &request);
            if (log.changed_file == 0 && at > root && at < root + 35) {
                at += 7;
            } else if (log.changed_file == 0 && at > signature && at < len - 2) {
                at = at + 40 < len - 2 ? at + 40 : len - 3;
            }
        }
    }
    arena_free(a);
}

static void
changed_bytes_of_full_tiles_are_named(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};

    (void)state;
    make_acts(a, &log, 300);
    struct verify_request request = request_of(&log, &key);
    for (log.changed_file = 1; log.changed_file < log.count; log.changed_file++) {
        size_t len = log.file[log.changed_file].bytes.len;
        for (log.changed_at = 0; log.changed_at < len; log.changed_at += 37) {
            log.change = (unsigned char)(1 + (log.changed_at * 41) % 255);
            assert_named(&log, &request);
        }
    }
    arena_free(a);
}

static void
changed_bytes_of_entries_of_any_length_are_named(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};
    struct hash empty = tree_empty_root();
    struct tiles *t = NULL;
    struct json *report = NULL;

    (void)state;
    assert_ok(tiles_open(folder, 0, &empty, &t, err));
    for (int i = 0; i < 12; i++) {
        struct str entry = golden_entry(a, i);
        assert_ok(tiles_add(t, entry, entry.len, err));
    }
    put_checkpoint(a, folder, t);
    tiles_close(t);
    load(a, &log, folder, 12);
    remove_folder(folder);
    struct verify_request request = request_of(&log, &key);
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT); /* signed, but no acts */
    assert_true(str_eq(json_str(report, "file"), STR("tile/entries/000.p/12")));
    request.any_leaf = true;
    assert_ok(verify_log(a, &request, &report, err));
    for (log.changed_file = 1; log.changed_file < log.count; log.changed_file++) {
        size_t len = log.file[log.changed_file].bytes.len;
        for (log.changed_at = 0; log.changed_at < len; log.changed_at++) {
            log.change = (unsigned char)(0x80 >> log.changed_at % 8);
            assert_named(&log, &request);
        }
    }
    arena_free(a);
}

static void
a_file_that_is_missing_or_short_or_long_is_named(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};

    (void)state;
    make_acts(a, &log, 300);
    struct verify_request request = request_of(&log, &key);
    for (log.changed_file = 0; log.changed_file < log.count; log.changed_file++) {
        struct file *f = &log.file[log.changed_file];
        struct str whole = f->bytes;
        struct json *report = NULL;
        log.gone = true;
        log.changed_at = 0;
        assert_named(&log, &request);
        log.gone = false;
        for (log.cut = 1; log.cut < 40; log.cut += 19) {
            assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
            assert_true(str_eq(json_str(report, "file"), f->path));
        }
        log.cut = 0;
        f->bytes = str_fmt(a, "%0*d", (int)whole.len + 5, 0);
        memcpy((char *)(uintptr_t)f->bytes.ptr, whole.ptr, whole.len);
        assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
        assert_true(str_eq(json_str(report, "file"), f->path));
        assert_true(log.changed_file == 0 ||
                    json_int_or(report, "offset", -1) == (int64_t)whole.len);
        f->bytes = whole;
    }
    arena_free(a);
}

/* Somebody who rewrites an entry and its hash in one go is found at the higher tile, and not believed. */
static void
a_rewritten_entry_with_its_hash_is_found_from_above(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};
    struct json *report = NULL;
    struct str leaf;
    struct hash hash;
    char *entries, *hashes;

    (void)state;
    grow_test_log(a, folder, 300);
    load(a, &log, folder, 300);
    remove_folder(folder);
    struct verify_request request = request_of(&log, &key);
    for (size_t i = 1; i < log.count; i++) {
        if (str_eq(log.file[i].path, STR("tile/entries/000"))) {
            entries = (char *)(uintptr_t)log.file[i].bytes.ptr;
            entries[100 * 42 + 2 + 9] ^= 0x21;
            leaf = str_sub(log.file[i].bytes, 100 * 42 + 2, LEAF_BYTES);
            hash = tree_leaf_hash(leaf);
        }
    }
    for (size_t i = 1; i < log.count; i++) {
        if (str_eq(log.file[i].path, STR("tile/0/000"))) {
            hashes = (char *)(uintptr_t)log.file[i].bytes.ptr;
            memcpy(hashes + 100 * HASH_BYTES, hash.bytes, HASH_BYTES);
        }
    }
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("tile/0/000")));
    arena_free(a);
}

static struct str *
file_of(struct memory_log *log, const char *path)
{
    for (size_t i = 0; i < log->count; i++) {
        if (str_eq(log->file[i].path, str_of(path))) {
            return &log->file[i].bytes;
        }
    }
    fail_msg("no file %s", path);
    return NULL;
}

/* A whole other log under the signed checkpoint: everything agrees, but not with what was signed. */
static void
another_log_under_the_same_checkpoint_is_found(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0}, other = {.count = 0};
    struct json *report = NULL;
    const char *folder = new_folder(a);
    struct hash empty = tree_empty_root();
    struct tiles *t = NULL;

    (void)state;
    make_acts(a, &log, 300);
    assert_ok(tiles_open(folder, 0, &empty, &t, err));
    assert_ok(tiles_add(t, test_leaves(a, 1, 301), LEAF_BYTES, err));
    put_checkpoint(a, folder, t);
    tiles_close(t);
    load(a, &other, folder, 300);
    remove_folder(folder);
    *file_of(&other, "checkpoint") = *file_of(&log, "checkpoint");
    struct verify_request request = request_of(&other, &key);
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("tile/1/000.p/1")));
    /* With the right level 1 the wrong tile below it is named. */
    *file_of(&other, "tile/1/000.p/1") = *file_of(&log, "tile/1/000.p/1");
    *file_of(&other, "tile/0/001.p/44") = *file_of(&log, "tile/0/001.p/44");
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("tile/0/000")));
    arena_free(a);
}

static void
two_wrong_files_are_still_wrong(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};
    struct json *report = NULL;
    char *bytes;

    (void)state;
    make_acts(a, &log, 300);
    bytes = (char *)(uintptr_t)file_of(&log, "tile/0/000")->ptr;
    bytes[40 * HASH_BYTES + 3] ^= 1;
    bytes = (char *)(uintptr_t)file_of(&log, "tile/entries/000")->ptr;
    bytes[60 * 42 + 20] ^= 1;
    bytes[60 * 42 + 21] ^= 1;
    struct verify_request request = request_of(&log, &key);
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("tile/0/000")));
    assert_int_equal(json_int_or(report, "offset", -1), 40 * HASH_BYTES);
    /* And with that hash put right, the entry is named as a whole. */
    bytes = (char *)(uintptr_t)file_of(&log, "tile/0/000")->ptr;
    bytes[40 * HASH_BYTES + 3] ^= 1;
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("tile/entries/000")));
    assert_int_equal(json_int_or(report, "offset", -1), 60 * 42);
    /* A bundle that is gone does not hide the wrong hash. */
    bytes[40 * HASH_BYTES + 3] ^= 1;
    file_of(&log, "tile/entries/000")->len = 0;
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    arena_free(a);
}

/* --- other failures ------------------------------------------------------------------------------ */

static void
another_key_or_a_source_that_fails_is_not_a_right_log(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a), other;
    struct memory_log log = {.count = 0};
    struct json *report = NULL;

    (void)state;
    make_acts(a, &log, 3);
    assert_ok(note_key_new(a, STR("other.example"), NOTE_ED25519, key.key, &other, err));
    struct verify_request request = request_of(&log, &other);
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("checkpoint")));
    request.keys = &key;
    report = NULL;
    log.fails = RC_TIMEOUT;
    assert_rc(verify_log(a, &request, &report, err), RC_TIMEOUT);
    assert_null(report);
    arena_free(a);
}

static void
older_checkpoints_must_be_of_the_same_log(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0}, shorter = {.count = 0};
    struct json *report = NULL;
    struct hash hash = tree_leaf_hash(STR("x")), empty = tree_empty_root();
    struct str older[4];

    (void)state;
    make_acts(a, &log, 300);
    for (size_t i = 0; i < 3; i++) {
        static const int sizes[] = {1, 256, 300};
        make_acts(a, &shorter, sizes[i]);
        older[i] = shorter.file[0].bytes;
    }
    older[3] = golden_checkpoint(a, 0, &empty);
    struct verify_request request = request_of(&log, &key);
    request.older = older;
    request.older_count = 4;
    assert_ok(verify_log(a, &request, &report, err));
    assert_int_equal(json_get(report, "older")->count, 4);
    older[1] = golden_checkpoint(a, 256, &hash); /* a fork, well signed */
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("older checkpoint 2")));
    older[1] = golden_checkpoint(a, 301, &hash); /* more than there is now */
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("checkpoint")));
    struct checkpoint other = {.origin = STR("evidence.example/log2"), .size = 1, .root = hash};
    struct sig_secret secret = golden_secret();
    unsigned char signature[SIG_BYTES];
    struct note_key keys[2] = {key};
    struct buf b;
    assert_ok(note_key_new(a, other.origin, NOTE_ED25519, key.key, &keys[1], err));
    buf_init(&b, a, 1024);
    checkpoint_put(&b, &other);
    sig_sign(&secret, (struct str){b.ptr, b.len}, signature);
    buf_put_char(&b, '\n');
    note_put_signature(&b, &keys[1], (struct str){(const char *)signature, sizeof(signature)});
    older[1] = (struct str){b.ptr, b.len};
    request.keys = keys;
    request.key_count = 2;
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_has(json_str(report, "why"), STR("another log")));
    older[1] = STR("nothing");
    assert_rc(verify_log(a, &request, &report, err), RC_CORRUPT);
    assert_true(str_eq(json_str(report, "file"), STR("older checkpoint 2")));
    arena_free(a);
}

static void
a_full_arena_is_only_ever_a_limit(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key = golden_key(a);
    struct memory_log log = {.count = 0};
    enum rc rc = RC_LIMIT;

    (void)state;
    make_acts(a, &log, 20);
    struct verify_request request = request_of(&log, &key);
    request.act = 3;
    for (size_t limit_bytes = 1; rc == RC_LIMIT && limit_bytes < 100000; limit_bytes += 31) {
        struct arena *small = arena_new(limit_bytes);
        struct json *report = NULL;
        struct err err;
        rc = verify_log(small, &request, &report, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(small);
    }
    assert_int_equal(rc, RC_OK);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_log_is_right_at_every_size),
        cmocka_unit_test(one_act_is_proved_and_one_beyond_the_end_is_not_there),
        cmocka_unit_test(a_clock_that_was_set_back_is_told_and_is_no_fault),
        cmocka_unit_test(each_changed_byte_of_a_small_log_is_named),
        cmocka_unit_test(changed_bytes_of_full_tiles_are_named),
        cmocka_unit_test(changed_bytes_of_entries_of_any_length_are_named),
        cmocka_unit_test(a_file_that_is_missing_or_short_or_long_is_named),
        cmocka_unit_test(a_rewritten_entry_with_its_hash_is_found_from_above),
        cmocka_unit_test(another_log_under_the_same_checkpoint_is_found),
        cmocka_unit_test(two_wrong_files_are_still_wrong),
        cmocka_unit_test(another_key_or_a_source_that_fails_is_not_a_right_log),
        cmocka_unit_test(older_checkpoints_must_be_of_the_same_log),
        cmocka_unit_test(a_full_arena_is_only_ever_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
