#include "evidence/test_log.h"

enum { ROOM = 64 << 20, SIZE = 300 };

static struct str
proof_of(struct arena *a, const char *folder, int64_t index)
{
    struct tile_source source = tiles_folder_source(folder);
    struct str proof = {NULL, 0};

    assert_ok(proof_make(a, &source, index, &proof, err));
    return proof;
}

static struct str
leaf_str(const struct test_act *act)
{
    return (struct str){(const char *)act->leaf, LEAF_BYTES};
}

static struct json *
receipt_of(struct arena *a, const char *folder, int i)
{
    struct test_act act = test_act(a, i);
    struct json *r = json_object(a);

    json_set_int(a, r, "leaf_index", i);
    json_set_text(a, r, "leaf", base64_of(a, leaf_str(&act)));
    json_set_text(a, r, "opening",
                  base64_of(a, (struct str){(const char *)act.opening, sizeof(act.opening)}));
    json_set_text(a, r, "body", act.body);
    json_set_text(a, r, "proof", proof_of(a, folder, i));
    return r;
}

static void
every_act_has_a_proof_and_a_receipt(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct note_key key = golden_key(a);

    (void)state;
    grow_test_log(a, folder, SIZE);
    for (int i = 0; i < SIZE; i++) {
        struct arena *work = arena_new(1 << 20);
        struct test_act act = test_act(work, i);
        struct checkpoint c = {.size = 0};
        int64_t index = -1;
        assert_ok(proof_check(work, proof_of(work, folder, i), leaf_str(&act), &key, 1, &index, &c,
                              err));
        assert_int_equal(index, i);
        assert_int_equal(c.size, SIZE);
        assert_ok(receipt_check(work, receipt_of(work, folder, i), &key, 1, NULL, err));
        arena_free(work);
    }
    remove_folder(folder);
    arena_free(a);
}

static void
a_proof_is_text_of_the_stated_form(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct test_act act = test_act(a, 2);
    struct note_key key = golden_key(a);
    struct str proof, want, extra;
    struct hash h[3];

    (void)state;
    grow_test_log(a, folder, 3);
    proof = proof_of(a, folder, 2);
    for (int i = 0; i < 3; i++) {
        struct test_act other = test_act(a, i);
        h[i] = tree_leaf_hash(leaf_str(&other));
    }
    h[0] = tree_node_hash(&h[0], &h[1]);
    want = str_fmt(a, "c2sp.org/tlog-proof@v1\nindex 2\n%s\n\n%.*s",
                   str_c(a, base64_of(a, hash_str(&h[0]))),
                   STR_ARG(read_all(a, folder, "checkpoint")));
    assert_true(str_eq(proof, want));
    /* Something else may ride along; it proves nothing and changes nothing. */
    extra = str_fmt(a, "c2sp.org/tlog-proof@v1\nextra AAAA\n%.*s", STR_ARG(str_from(proof, 23)));
    assert_ok(proof_check(a, extra, leaf_str(&act), &key, 1, NULL, NULL, err));
    remove_folder(folder);
    arena_free(a);
}

static void
an_act_that_is_not_covered_has_no_proof_yet(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct tile_source source = tiles_folder_source(folder);
    struct str proof;

    (void)state;
    assert_rc(proof_make(a, &source, 0, &proof, err), RC_NOT_FOUND); /* no checkpoint at all */
    grow_test_log(a, folder, SIZE);
    assert_rc(proof_make(a, &source, SIZE, &proof, err), RC_NOT_FOUND);
    assert_rc(proof_make(a, &source, -1, &proof, err), RC_NOT_FOUND);
    remove_folder(folder);
    arena_free(a);
}

static void
no_proof_is_made_of_damaged_tiles(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct tile_source source = tiles_folder_source(folder);
    struct str path, bytes, proof;
    char *bad;

    (void)state;
    grow_test_log(a, folder, SIZE);
    bytes = read_all(a, folder, "tile/0/000");
    bad = arena_alloc(a, bytes.len, 1);
    memcpy(bad, bytes.ptr, bytes.len);
    bad[7] ^= 1;
    path = str_fmt(a, "%s/tile/0/000", folder);
    assert_ok(file_replace(path.ptr, (struct str){bad, bytes.len}, 0644, err));
    assert_rc(proof_make(a, &source, 1, &proof, err), RC_CORRUPT);
    assert_ok(file_replace(path.ptr, str_sub(bytes, 0, 8191), 0644, err));
    assert_rc(proof_make(a, &source, 1, &proof, err), RC_CORRUPT);
    path = str_fmt(a, "%s/checkpoint", folder);
    assert_ok(file_replace(path.ptr, STR("nothing of the kind"), 0644, err));
    assert_rc(proof_make(a, &source, 1, &proof, err), RC_CORRUPT);
    remove_folder(folder);
    arena_free(a);
}

/* Flip each byte: only the stamp that nobody signs, the "extra" line, could change, and there is none here. */
static void
no_byte_of_a_proof_can_change(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct test_act act = test_act(a, 17);
    struct note_key key = golden_key(a);
    struct str proof;
    char *bytes;

    (void)state;
    grow_test_log(a, folder, SIZE);
    proof = proof_of(a, folder, 17);
    bytes = arena_alloc(a, proof.len, 1);
    memcpy(bytes, proof.ptr, proof.len);
    for (size_t i = 0; i < proof.len; i++) {
        struct arena *work = arena_new(1 << 20);
        bytes[i] ^= 1;
        assert_rc(proof_check(work, (struct str){bytes, proof.len}, leaf_str(&act), &key, 1, NULL,
                              NULL, err),
                  RC_INVALID);
        bytes[i] ^= 1;
        arena_free(work);
    }
    remove_folder(folder);
    arena_free(a);
}

static void
a_proof_of_the_wrong_shape_is_refused(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct test_act act = test_act(a, 17);
    struct note_key key = golden_key(a);
    struct str proof, rest, bad[12];
    struct buf many;
    size_t count = 0;

    (void)state;
    grow_test_log(a, folder, SIZE);
    proof = proof_of(a, folder, 17);
    rest = str_from(proof, 23 + 9); /* what follows "index 17" */
    buf_init(&many, a, 1 << 16);
    buf_put(&many, STR("c2sp.org/tlog-proof@v1\nindex 17\n"));
    for (int i = 0; i < 66; i++) {
        buf_put(&many, str_sub(rest, 0, 45));
    }
    buf_put(&many, str_from(proof, str_find(proof, STR("\n\n")) + 1));
    bad[count++] = (struct str){many.ptr, many.len};
    bad[count++] = str_fmt(a, "c2sp.org/tlog-proof@v1\nextra A\nindex 17\n%.*s", STR_ARG(rest));
    bad[count++] = str_fmt(a, "c2sp.org/tlog-proof@v1\nextra AAAA\n\n%.*s", STR_ARG(rest));
    bad[count++] = str_fmt(a, "c2sp.org/tlog-proof@v1\nindex 017\n%.*s", STR_ARG(rest));
    bad[count++] = str_fmt(a, "c2sp.org/tlog-proof@v1\nindex -17\n%.*s", STR_ARG(rest));
    bad[count++] = str_fmt(a, "c2sp.org/tlog-proof@v1\nindex \n%.*s", STR_ARG(rest));
    bad[count++] = str_fmt(a, "c2sp.org/tlog-proof@v1\nindex 17\nAAAA\n%.*s", STR_ARG(rest));
    bad[count++] = str_fmt(a, "c2sp.org/tlog-proof@v2\nindex 17\n%.*s", STR_ARG(rest));
    bad[count++] = STR("c2sp.org/tlog-proof@v1\n\n");
    bad[count++] = str_sub(proof, 0, 60);
    for (size_t i = 0; i < count; i++) {
        assert_rc(proof_check(a, bad[i], leaf_str(&act), &key, 1, NULL, NULL, err), RC_INVALID);
    }
    assert_rc(proof_check(a, str_fmt(a, "%070000d", 0), leaf_str(&act), &key, 1, NULL, NULL, err),
              RC_LIMIT);
    assert_ok(proof_check(a, proof, leaf_str(&act), &key, 1, NULL, NULL, err));
    remove_folder(folder);
    arena_free(a);
}

static void
a_receipt_that_does_not_fit_together_is_refused(void **state)
{
    static const char *const members[] = {"leaf_index", "leaf", "opening", "body", "proof"};
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct note_key key = golden_key(a), stranger;

    (void)state;
    grow_test_log(a, folder, SIZE);
    /* One member of another act's receipt, or none, in each place. */
    for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
        for (int lost = 0; lost < 2; lost++) {
            struct json *mixed = json_object(a);
            const struct json *mine = receipt_of(a, folder, 5), *other = receipt_of(a, folder, 6);
            for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
                const struct json *from = k == m ? other : mine;
                if (k != m || lost == 0) {
                    json_set(a, mixed, members[k], json_copy(a, json_get(from, members[k])));
                }
            }
            assert_rc(receipt_check(a, mixed, &key, 1, NULL, err), RC_INVALID);
        }
    }
    assert_ok(note_key_new(a, STR("other.example"), NOTE_ED25519, key.key, &stranger, err));
    assert_rc(receipt_check(a, receipt_of(a, folder, 5), &stranger, 1, NULL, err), RC_INVALID);
    assert_rc(receipt_check(a, NULL, &key, 1, NULL, err), RC_INVALID);
    remove_folder(folder);
    arena_free(a);
}

static void
a_full_arena_is_only_ever_a_limit(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = new_folder(a);
    struct tile_source source = tiles_folder_source(folder);
    struct note_key key = golden_key(a);
    struct test_act act = test_act(a, 17);
    enum rc rc = RC_LIMIT;
    size_t limit_bytes;

    (void)state;
    grow_test_log(a, folder, SIZE);
    for (limit_bytes = 1; rc == RC_LIMIT && limit_bytes < 100000; limit_bytes += 61) {
        struct arena *small = arena_new(limit_bytes);
        struct str proof;
        struct err err;
        rc = proof_make(small, &source, 17, &proof, &err);
        if (rc == RC_OK) {
            rc = proof_check(small, proof, leaf_str(&act), &key, 1, NULL, NULL, &err);
        }
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(small);
    }
    assert_int_equal(rc, RC_OK);
    remove_folder(folder);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_act_has_a_proof_and_a_receipt),
        cmocka_unit_test(a_proof_is_text_of_the_stated_form),
        cmocka_unit_test(an_act_that_is_not_covered_has_no_proof_yet),
        cmocka_unit_test(no_proof_is_made_of_damaged_tiles),
        cmocka_unit_test(no_byte_of_a_proof_can_change),
        cmocka_unit_test(a_proof_of_the_wrong_shape_is_refused),
        cmocka_unit_test(a_receipt_that_does_not_fit_together_is_refused),
        cmocka_unit_test(a_full_arena_is_only_ever_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
