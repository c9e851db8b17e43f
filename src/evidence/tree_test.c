#include "evidence/test_suite.h"

#include <dirent.h>

enum { ROOM = 64 << 20 };

static void
the_hashes_of_rfc_6962_are_right(void **state)
{
    struct arena *a = arena_new(ROOM);
    static const struct {
        struct str leaf;
        struct str hex;
    } cases[] = {
        {STR_INIT(""),
         STR_INIT("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")},
        {STR_INIT("L123456"),
         STR_INIT("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56")},
    };
    struct hash want, got;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        want = hash_from_hex(a, cases[i].hex);
        got = tree_leaf_hash(cases[i].leaf);
        assert_hash(&got, &want);
    }
    want = hash_from_hex(
        a, STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    got = tree_empty_root();
    assert_hash(&got, &want);
    /* A node over texts that are no hashes, as the reference implementation tests it. */
    want = hash_from_hex(
        a, STR("aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"));
    got = hash_sha256_node(0x01, STR("N123"), STR("N456"));
    assert_hash(&got, &want);
    arena_free(a);
}

static void
the_classic_eight_leaves_give_their_roots(void **state)
{
    static const struct str leaves[] = {STR_INIT(""),
                                        STR_INIT("00"),
                                        STR_INIT("10"),
                                        STR_INIT("2021"),
                                        STR_INIT("3031"),
                                        STR_INIT("40414243"),
                                        STR_INIT("5051525354555657"),
                                        STR_INIT("606162636465666768696a6b6c6d6e6f")};
    static const struct str roots[] = {
        STR_INIT("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        STR_INIT("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        STR_INIT("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        STR_INIT("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        STR_INIT("4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        STR_INIT("76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        STR_INIT("ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        STR_INIT("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")};
    struct arena *a = arena_new(ROOM);
    struct tree_edge edge = {.size = 0};

    (void)state;
    for (size_t i = 0; i < 8; i++) {
        struct hash leaf, root, want = hash_from_hex(a, roots[i]);
        struct str bytes;
        assert_ok(hex_decode(a, leaves[i], &bytes, err));
        leaf = tree_leaf_hash(bytes);
        tree_edge_add(&edge, &leaf);
        root = tree_edge_root(&edge);
        assert_hash(&root, &want);
    }
    arena_free(a);
}

/* For all sizes up to 70 and a few around tile borders: edge, root, and every proof. */
static void
every_proof_of_a_small_tree_checks_and_no_other(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct whole_tree all = golden_tree(a, 70);

    (void)state;
    for (uint64_t size = 1; size <= 70; size++) {
        struct whole_tree t = {.leaf = all.leaf, .size = size};
        struct hash root, want = plain_root(all.leaf, size);
        struct tree_edge edge = {.size = 0};
        struct tree_proof p;

        for (uint64_t i = 0; i < size; i++) {
            tree_edge_add(&edge, &all.leaf[i]);
        }
        root = tree_edge_root(&edge);
        assert_hash(&root, &want);
        assert_ok(tree_root(size, whole_tree_read, &t, &root, err));
        assert_hash(&root, &want);
        for (uint64_t i = 0; i < size; i++) {
            assert_ok(tree_prove_inclusion(i, size, whole_tree_read, &t, &p, err));
            assert_true(tree_check_inclusion(i, size, &all.leaf[i], p.hash, p.count, &want));
            assert_false(
                tree_check_inclusion(i, size, &all.leaf[(i + 1) % 70], p.hash, p.count, &want));
            assert_false(tree_check_inclusion(i + 1, size, &all.leaf[i], p.hash, p.count, &want));
        }
        for (uint64_t older = 1; older <= size; older++) {
            struct hash older_root = plain_root(all.leaf, older);
            assert_ok(tree_prove_consistency(older, size, whole_tree_read, &t, &p, err));
            assert_true(
                tree_check_consistency(older, size, p.hash, p.count, &older_root, &want));
            assert_false(tree_check_consistency(older, size, p.hash, p.count, &older_root,
                                                &all.leaf[69]));
            assert_false(
                tree_check_consistency(older, size, p.hash, p.count, &all.leaf[69], &want));
        }
    }
    arena_free(a);
}

static void
subtrees_join_an_edge_where_they_fit(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct whole_tree t = golden_tree(a, 600);
    struct tree_edge edge = {.size = 0};
    struct hash node, root, want = plain_root(t.leaf, 600);

    (void)state;
    node = plain_root(t.leaf, 256);
    tree_edge_add_subtree(&edge, 8, &node);
    node = plain_root(t.leaf + 256, 256);
    tree_edge_add_subtree(&edge, 8, &node);
    node = plain_root(t.leaf + 512, 64);
    tree_edge_add_subtree(&edge, 6, &node);
    for (size_t i = 576; i < 600; i++) {
        tree_edge_add(&edge, &t.leaf[i]);
    }
    root = tree_edge_root(&edge);
    assert_int_equal(edge.size, 600);
    assert_hash(&root, &want);
    arena_free(a);
}

static void
proofs_that_cannot_be_are_refused(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct whole_tree t = golden_tree(a, 4);
    struct tree_proof p = {.count = 7};
    struct hash root = plain_root(t.leaf, 4);

    (void)state;
    assert_rc(tree_prove_inclusion(4, 4, whole_tree_read, &t, &p, err), RC_INVALID);
    assert_rc(tree_prove_inclusion(0, 0, whole_tree_read, &t, &p, err), RC_INVALID);
    assert_rc(tree_prove_inclusion(0, UINT64_MAX, whole_tree_read, &t, &p, err), RC_INVALID);
    assert_rc(tree_prove_consistency(0, 4, whole_tree_read, &t, &p, err), RC_INVALID);
    assert_rc(tree_prove_consistency(5, 4, whole_tree_read, &t, &p, err), RC_INVALID);
    assert_rc(tree_prove_consistency(1, UINT64_MAX, whole_tree_read, &t, &p, err), RC_INVALID);
    assert_int_equal(p.count, 7); /* untouched */
    assert_false(tree_check_inclusion(0, 0, &root, NULL, 0, &root));
    assert_false(tree_check_consistency(0, 0, NULL, 0, &root, &root));
    assert_false(tree_check_consistency(0, 4, NULL, 0, &root, &root));
    assert_true(tree_check_consistency(4, 4, NULL, 0, &root, &root));
    assert_false(tree_check_consistency(UINT64_MAX, UINT64_MAX, NULL, 0, &root, &root));
    arena_free(a);
}

/* Reads fail after a few: the failure must come through, and nothing else change. */
static enum rc
failing_read(void *ctx, int level, uint64_t index, struct hash *out, struct err *unused)
{
    int *left = ctx;

    (void)level;
    (void)index;
    if (--*left < 0) {
        return err_set(unused, RC_PEER, "gone");
    }
    *out = tree_empty_root();
    return RC_OK;
}

static void
a_read_that_fails_fails_the_proof(void **state)
{
    (void)state;
    for (int good = 0; good < 3; good++) {
        struct tree_proof p = {.count = 7};
        struct hash root;
        int left = good;
        assert_rc(tree_root(15, failing_read, &left, &root, err), RC_PEER);
        left = good;
        assert_rc(tree_prove_inclusion(0, 15, failing_read, &left, &p, err), RC_PEER);
        left = good;
        assert_rc(tree_prove_consistency(5, 15, failing_read, &left, &p, err), RC_PEER);
        assert_int_equal(p.count, 7);
    }
    struct tree_proof p = {.count = 7};
    struct hash root;
    int left = 3; /* all but the last: what is left of the older tree itself */
    assert_rc(tree_prove_consistency(3, 4, failing_read, &left, &p, err), RC_OK);
    left = 2;
    assert_rc(tree_prove_consistency(3, 4, failing_read, &left, &p, err), RC_PEER);
    assert_rc(tree_root(UINT64_MAX, failing_read, &left, &root, err), RC_INVALID);
}

/* --- golden vectors ------------------------------------------------------------------------------ */

static struct tree_proof
proof_of(struct arena *a, const struct json *array)
{
    struct tree_proof p = {.count = 0};

    for (const struct json *h = array->first; h != NULL; h = h->next) {
        assert_true(p.count < TREE_PROOF_MAX);
        p.hash[p.count++] = hash_from_hex(a, h->text);
    }
    return p;
}

static void
assert_proof(const struct tree_proof *got, const struct tree_proof *want)
{
    assert_int_equal(got->count, want->count);
    for (size_t i = 0; i < got->count; i++) {
        assert_hash(&got->hash[i], &want->hash[i]);
    }
}

static void
the_golden_log_has_its_roots_and_proofs(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = suite_folder(a, "tlog");
    struct whole_tree t = golden_tree(a, 600);
    const struct json *v, *row;
    int checked = 0;

    (void)state;
    if (folder == NULL) {
        arena_free(a);
        return;
    }
    v = read_json(a, str_fmt(a, "%s/vectors.json", folder).ptr);
    for (row = json_get(v, "roots")->first; row != NULL; row = row->next) {
        struct hash root, want = hash_from_hex(a, row->text);
        int64_t size;
        assert_true(str_to_int(row->key, &size));
        assert_ok(tree_root((uint64_t)size, whole_tree_read, &t, &root, err));
        assert_hash(&root, &want);
        checked++;
    }
    for (row = json_get(v, "inclusion")->first; row != NULL; row = row->next) {
        uint64_t index = (uint64_t)json_int_or(row, "index", -1);
        uint64_t size = (uint64_t)json_int_or(row, "size", -1);
        struct tree_proof got, want = proof_of(a, json_get(row, "proof"));
        assert_ok(tree_prove_inclusion(index, size, whole_tree_read, &t, &got, err));
        assert_proof(&got, &want);
        checked++;
    }
    for (row = json_get(v, "consistency")->first; row != NULL; row = row->next) {
        uint64_t older = (uint64_t)json_int_or(row, "old", -1);
        uint64_t newer = (uint64_t)json_int_or(row, "new", -1);
        struct tree_proof got, want = proof_of(a, json_get(row, "proof"));
        assert_ok(tree_prove_consistency(older, newer, whole_tree_read, &t, &got, err));
        assert_proof(&got, &want);
        checked++;
    }
    assert_in_range(checked, 30, 1000);
    arena_free(a);
}

/* --- probes of the reference implementation ------------------------------------------------------ */

struct probe {
    struct hash hash[2];
    struct hash proof[TREE_PROOF_MAX];
    size_t count;
};

/*
 * False if something is not 32 bytes: a caller of the checks has only struct hash to give.  Some probes of
 * consistency have texts ("don't care") for roots and only ask whether equal ones are taken as equal; there
 * their hash stands for them.
 */
static bool
take_hash(struct arena *a, struct str base64, bool any_text, struct hash *out)
{
    struct str bytes;
    struct err err;

    if (base64_decode(a, base64, &bytes, &err) != RC_OK) {
        return false;
    }
    if (bytes.len != HASH_BYTES) {
        *out = hash_sha256(bytes);
        return any_text;
    }
    memcpy(out->bytes, bytes.ptr, HASH_BYTES);
    return true;
}

static bool
take_probe(struct arena *a, const struct json *j, const char *first, const char *second,
           struct probe *out)
{
    const struct json *proof = json_get(j, "proof");
    bool any_text = strcmp(first, "root1") == 0;

    out->count = 0;
    if (!take_hash(a, json_str(j, first), any_text, &out->hash[0]) ||
        !take_hash(a, json_str(j, second), any_text, &out->hash[1])) {
        return false;
    }
    for (const struct json *p = json_is(proof, JSON_ARRAY) ? proof->first : NULL; p != NULL;
         p = p->next) {
        if (out->count == TREE_PROOF_MAX ||
            !take_hash(a, p->text, false, &out->proof[out->count++])) {
            return false;
        }
    }
    return true;
}

/* Sizes are unsigned 64-bit numbers, which json_as_int does not take above 2^63 - 1. */
static uint64_t
number(const struct json *j, const char *key)
{
    const struct json *n = json_get(j, key);
    uint64_t value = 0;

    assert_true(json_is(n, JSON_NUMBER));
    for (size_t i = 0; i < n->text.len; i++) {
        value = value * 10 + (uint64_t)(n->text.ptr[i] - '0');
    }
    return value;
}

static bool
accepts(struct arena *a, const char *kind, const struct json *j)
{
    struct probe p;

    if (strcmp(kind, "inclusion") == 0) {
        return take_probe(a, j, "leafHash", "root", &p) &&
               tree_check_inclusion(number(j, "leafIdx"), number(j, "treeSize"), &p.hash[0],
                                    p.proof, p.count, &p.hash[1]);
    }
    if (strcmp(kind, "consistency") == 0) {
        return take_probe(a, j, "root1", "root2", &p) &&
               tree_check_consistency(number(j, "size1"), number(j, "size2"), p.proof, p.count,
                                      &p.hash[0], &p.hash[1]);
    }
    if (strcmp(kind, "subtreeinclusion") == 0) {
        return take_probe(a, j, "leafHash", "root", &p) &&
               tree_check_subtree_inclusion(number(j, "leafIdx"), number(j, "start"),
                                            number(j, "end"), &p.hash[0], p.proof, p.count,
                                            &p.hash[1]);
    }
    return take_probe(a, j, "root1", "root2", &p) &&
           tree_check_subtree_consistency(number(j, "start"), number(j, "end"), number(j, "size"),
                                          p.proof, p.count, &p.hash[0], &p.hash[1]);
}

struct tally {
    int accepted;
    int refused;
    int wrong;
};

static void
probe_folder(struct arena *a, const char *kind, const char *path, struct tally *tally)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        struct str below = str_fmt(a, "%s/%s", path, entry->d_name);
        struct stat st;
        if (entry->d_name[0] == '.') {
            continue;
        }
        assert_int_equal(stat(below.ptr, &st), 0);
        if (S_ISDIR(st.st_mode)) {
            probe_folder(a, kind, below.ptr, tally);
        } else if (str_ends(below, STR(".json"))) {
            const struct json *j = read_json(a, below.ptr);
            bool accepted = accepts(a, kind, j);
            if (accepted == json_true(j, "wantErr")) {
                print_message("%s: %s\n", below.ptr, accepted ? "accepted" : "refused");
                tally->wrong++;
            }
            *(accepted ? &tally->accepted : &tally->refused) += 1;
        }
    }
    (void)closedir(dir);
}

static void
every_probe_of_the_reference_implementation_is_judged_rightly(void **state)
{
    static const struct {
        const char *kind;
        int accepted, refused; /* as the suite's own table has it */
    } rows[] = {{"inclusion", 6, 92},
                {"consistency", 6, 92},
                {"subtreeinclusion", 12, 192},
                {"subtreeconsistency", 12, 106}};
    struct arena *a = arena_new(ROOM);
    const char *folder = suite_folder(a, "merkle");

    (void)state;
    for (size_t i = 0; folder != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tally tally = {0, 0, 0};
        probe_folder(a, rows[i].kind, str_fmt(a, "%s/testdata/%s", folder, rows[i].kind).ptr,
                     &tally);
        print_message("merkle %s: %d accepted, %d refused, %d wrong\n", rows[i].kind,
                      tally.accepted, tally.refused, tally.wrong);
        assert_int_equal(tally.wrong, 0);
        assert_int_equal(tally.accepted, rows[i].accepted);
        assert_int_equal(tally.refused, rows[i].refused);
    }
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hashes_of_rfc_6962_are_right),
        cmocka_unit_test(the_classic_eight_leaves_give_their_roots),
        cmocka_unit_test(every_proof_of_a_small_tree_checks_and_no_other),
        cmocka_unit_test(subtrees_join_an_edge_where_they_fit),
        cmocka_unit_test(proofs_that_cannot_be_are_refused),
        cmocka_unit_test(a_read_that_fails_fails_the_proof),
        cmocka_unit_test(the_golden_log_has_its_roots_and_proofs),
        cmocka_unit_test(every_probe_of_the_reference_implementation_is_judged_rightly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
