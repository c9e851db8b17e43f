#include "evidence/test_suite.h"

enum { ROOM = 64 << 20 };

#define EXAMPLE_KEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define EXAMPLE_TEXT "This is an example message.\n"
#define EXAMPLE_LINE                                                                               \
    "\xE2\x80\x94 example.com/foo "                                                                \
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM" \
    "=\n"

static void
the_example_of_the_specification_is_right(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key key;
    struct signed_note note;

    (void)state;
    assert_ok(note_key_parse(a, STR(EXAMPLE_KEY), &key, err));
    assert_int_equal(key.id, 0x530d903a);
    assert_int_equal(key.type, NOTE_ED25519);
    assert_true(str_eq(note_key_text(a, &key), STR(EXAMPLE_KEY)));
    assert_ok(note_parse(a, STR(EXAMPLE_TEXT "\n" EXAMPLE_LINE), &note, err));
    assert_true(str_eq(note.text, STR(EXAMPLE_TEXT)));
    assert_ok(note_verify(a, &note, &key, 1, err));
    assert_rc(note_verify(a, &note, NULL, 0, err), RC_INVALID);
    arena_free(a);
}

static void
a_signature_of_a_stranger_is_ignored_and_a_wrong_one_of_a_known_key_refuses_all(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key keys[2];
    struct signed_note note;

    (void)state;
    assert_ok(note_key_parse(a, STR(EXAMPLE_KEY), &keys[0], err));
    keys[1] = golden_key(a);
    assert_ok(note_parse(a,
                         STR(EXAMPLE_TEXT "\n"
                                          "\xE2\x80\x94 stranger AAAAAAAA\n" EXAMPLE_LINE
                                          "\xE2\x80\x94 example.com/foo AAAAAAAAAAAA\n"),
                         &note, err));
    assert_int_equal(note.count, 3);
    assert_ok(note_verify(a, &note, keys, 2, err));
    /* The same name and id as the known key, and another signature. */
    assert_ok(note_parse(a,
                         STR(EXAMPLE_TEXT "\n" EXAMPLE_LINE
                                          "\xE2\x80\x94 example.com/foo Uw2QOgAAAAAA\n"),
                         &note, err));
    assert_rc(note_verify(a, &note, keys, 2, err), RC_INVALID);
    assert_ok(note_parse(a, STR("This is an exampl message.\n\n" EXAMPLE_LINE), &note, err));
    assert_rc(note_verify(a, &note, keys, 2, err), RC_INVALID);
    arena_free(a);
}

static void
a_note_of_the_wrong_shape_is_refused(void **state)
{
    static const struct {
        struct str bytes;
        const char *why;
    } cases[] = {
        {STR_INIT(""), "nothing"},
        {STR_INIT("text\n"), "no signatures"},
        {STR_INIT("text\n\n"), "an empty signature part"},
        {STR_INIT("text\n\n\xE2\x80\x94 a AAAAAAAA"), "no last line feed"},
        {STR_INIT("text\n\n\xE2\x80\x94 a AAAAAAAA\n\n"), "an empty line after"},
        {STR_INIT("text\n\n- a AAAAAAAA\n"), "an ASCII dash"},
        {STR_INIT("text\n\n\xE2\x80\x94  AAAAAAAA\n"), "no name"},
        {STR_INIT("text\n\n\xE2\x80\x94 a AAAAAAAA \n"), "a blank after"},
        {STR_INIT("text\n\n\xE2\x80\x94 a b AAAAAAAA\n"), "a name with a blank"},
        {STR_INIT("text\n\n\xE2\x80\x94 a\xE3\x80\x80" "b AAAAAAAA\n"), "a wide blank"},
        {STR_INIT("text\n\n\xE2\x80\x94 a+b AAAAAAAA\n"), "a name with a plus"},
        {STR_INIT("text\n\n\xE2\x80\x94 a\n"), "no signature"},
        {STR_INIT("text\n\n\xE2\x80\x94 a AAAAAA==\n"), "only a key id"},
        {STR_INIT("text\n\n\xE2\x80\x94 a AAAAAAA\n"), "short base64"},
        {STR_INIT("text\n\n\xE2\x80\x94 a AAAAAAB=\n"), "stray bits"},
        {STR_INIT("text\r\n\n\xE2\x80\x94 a AAAAAAAA\n"), "a carriage return"},
        {STR_INIT("te\0xt\n\n\xE2\x80\x94 a AAAAAAAA\n"), "a NUL"},
        {STR_INIT("te\xFFxt\n\n\xE2\x80\x94 a AAAAAAAA\n"), "no UTF-8"},
    };
    struct arena *a = arena_new(ROOM);
    struct signed_note note = {.count = 77};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err;
        if (note_parse(a, cases[i].bytes, &note, &err) != RC_INVALID) {
            fail_msg("accepted: %s", cases[i].why);
        }
    }
    assert_int_equal(note.count, 77);
    assert_ok(note_parse(a, STR("a\n\nb\n\n\xE2\x80\x94 a AAAAAAAA\n"), &note, err));
    assert_true(str_eq(note.text, STR("a\n\nb\n"))); /* the last empty line is the cut */
    arena_free(a);
}

static void
sixty_four_signatures_are_taken_and_one_more_is_too_many(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct signed_note note;
    struct buf b;

    (void)state;
    buf_init(&b, a, 4096);
    buf_put(&b, STR("text\n\n"));
    for (int i = 0; i < NOTE_SIGNATURES_MAX; i++) {
        buf_put_fmt(&b, "\xE2\x80\x94 key%d AAAAAAAA\n", i);
    }
    assert_ok(note_parse(a, (struct str){b.ptr, b.len}, &note, err));
    assert_int_equal(note.count, NOTE_SIGNATURES_MAX);
    buf_put(&b, STR("\xE2\x80\x94 one-more AAAAAAAA\n"));
    assert_rc(note_parse(a, (struct str){b.ptr, b.len}, &note, err), RC_LIMIT);
    arena_free(a);
}

static void
a_key_of_the_wrong_shape_is_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT(""),
        STR_INIT("example.com/foo"),
        STR_INIT("example.com/foo+530d903a"),
        STR_INIT("example.com/foo+530d903a+"),
        /* another id, another name, another byte in the key */
        STR_INIT("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        STR_INIT("example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        STR_INIT("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2l"),
        STR_INIT("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        STR_INIT("example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        STR_INIT("example.com/foo+530d903a+CekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
        STR_INIT("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2"),
        STR_INIT("example.com/foo+530d90+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"),
    };
    struct arena *a = arena_new(ROOM);
    struct note_key key;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_rc(note_key_parse(a, cases[i], &key, err), RC_INVALID);
    }
    assert_rc(note_key_new(a, STR("x"), NOTE_SM2, STR("short"), &key, err), RC_INVALID);
    arena_free(a);
}

static void
an_sm2_key_signs_a_line_of_its_own_type(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct sig_secret secret;
    unsigned char public[SIG_PUBLIC_MAX], signature[SIG_BYTES];
    struct note_key key, back;
    struct signed_note note;
    struct str text = {NULL, 0};
    struct buf b;
    size_t len;

    (void)state;
    sig_new(SIG_SM2, &secret);
    len = sig_public_of(&secret, public);
    assert_ok(note_key_new(a, STR("node.example/log"), NOTE_SM2,
                           (struct str){(const char *)public, len}, &key, err));
    assert_ok(note_key_parse(a, note_key_text(a, &key), &back, err));
    assert_int_equal(back.id, key.id);
    assert_int_equal(back.type, NOTE_SM2);
    buf_init(&b, a, 1024);
    buf_put(&b, STR("text\n\n"));
    sig_sign(&secret, STR("text\n"), signature);
    note_put_signature(&b, &key, (struct str){(const char *)signature, sizeof(signature)});
    assert_ok(buf_finish(&b, &text, err));
    assert_ok(note_parse(a, text, &note, err));
    assert_ok(note_verify(a, &note, &back, 1, err));
    arena_free(a);
}

/* --- checkpoints --------------------------------------------------------------------------------- */

#define ROOT_LINE "fw7HciyvSO/Y8D+Z1XRXP3pHqOl81IAgW5hI0ARuH+Y=\n"

static void
a_checkpoint_of_the_wrong_shape_is_refused(void **state)
{
    static const struct {
        struct str text;
        bool good;
    } cases[] = {
        {STR_INIT("o\n600\n" ROOT_LINE), true},
        {STR_INIT("o\n600\n" ROOT_LINE "extension\n"), true},
        {STR_INIT("o\n9223372036854775807\n" ROOT_LINE), true},
        {STR_INIT("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), true},
        {STR_INIT("o\n0\n" ROOT_LINE), false},
        {STR_INIT("o\n9223372036854775808\n" ROOT_LINE), false},
        {STR_INIT("o\n0600\n" ROOT_LINE), false},
        {STR_INIT("o\n-1\n" ROOT_LINE), false},
        {STR_INIT("o\n+1\n" ROOT_LINE), false},
        {STR_INIT("o\n\n" ROOT_LINE), false},
        {STR_INIT("\n600\n" ROOT_LINE), false},
        {STR_INIT("o\n600\n" ROOT_LINE "\n"), false},
        {STR_INIT("o\n600\n" ROOT_LINE "\nx\n"), false},
        {STR_INIT("o\n600\n"), false},
        {STR_INIT("o\n600\nAAAA\n"), false},
        {STR_INIT("o\n600\nfw7HciyvSO/Y8D+Z1XRXP3pHqOl81IAgW5hI0ARuH+Y\n"), false},
        {STR_INIT("o\n600\nfw7HciyvSO/Y8D+Z1XRXP3pHqOl81IAgW5hI0ARuH+Z=\n"), false},
        {STR_INIT("o\n600\nfw7HciyvSO/Y8D+Z1XRXP3pHqOl81IAgW5hI0ARuH+Y="), false},
        {STR_INIT(""), false},
    };
    struct arena *a = arena_new(ROOM);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct checkpoint c;
        struct err err;
        enum rc rc = checkpoint_parse(a, cases[i].text, &c, &err);
        if (rc != (cases[i].good ? RC_OK : RC_INVALID)) {
            fail_msg("case %zu", i);
        }
        if (cases[i].good) { /* and back, up to its extension lines */
            struct buf b;
            buf_init(&b, a, 4096);
            checkpoint_put(&b, &c);
            assert_true(str_starts(cases[i].text, (struct str){b.ptr, b.len}));
        }
    }
    arena_free(a);
}

static struct str
vector(const struct json *v, const char *key)
{
    struct str s = json_str(v, key);

    assert_int_not_equal(s.len, 0);
    return s;
}

/* What the witness of the vectors would put under text. */
static void
put_cosignature(struct buf *b, struct arena *a, const struct json *v, const struct note_key *key,
                struct str text)
{
    struct sig_secret secret = {.algorithm = SIG_ED25519};
    uint64_t time_s = (uint64_t)json_int_or(v, "cosig_timestamp", -1);
    char bytes[NOTE_COSIGNATURE_BYTES];
    struct str seed, message;
    struct buf m;

    assert_ok(hex_decode(a, vector(v, "witness_seed"), &seed, err));
    memcpy(secret.seed, seed.ptr, sizeof(secret.seed));
    buf_init(&m, a, 4096);
    note_put_cosigned(&m, time_s, text);
    assert_ok(buf_finish(&m, &message, err));
    for (int i = 0; i < 8; i++) {
        bytes[i] = (char)(time_s >> (56 - 8 * i));
    }
    sig_sign(&secret, message, (unsigned char *)bytes + 8);
    note_put_signature(b, key, (struct str){bytes, sizeof(bytes)});
}

static void
the_golden_checkpoint_is_made_and_checked_byte_for_byte(void **state)
{
    struct arena *a = arena_new(ROOM);
    const char *folder = suite_folder(a, "tlog");
    const struct json *v;
    struct note_key keys[2];
    struct hash root;
    struct signed_note note;
    struct checkpoint c;
    struct str want, made = {NULL, 0};
    struct buf b;

    (void)state;
    if (folder == NULL) {
        arena_free(a);
        return;
    }
    v = read_json(a, str_fmt(a, "%s/vectors.json", folder).ptr);
    want = vector(v, "checkpoint_600_cosigned");
    assert_ok(note_key_parse(a, vector(v, "log_vkey"), &keys[0], err));
    assert_ok(note_key_parse(a, vector(v, "witness_vkey"), &keys[1], err));
    root = hash_from_hex(a, json_str(json_get(v, "roots"), "600"));
    buf_init(&b, a, 4096);
    buf_put(&b, golden_checkpoint(a, 600, &root));
    assert_ok(checkpoint_open(a, (struct str){b.ptr, b.len}, keys, 1, &note, &c, err));
    put_cosignature(&b, a, v, &keys[1], note.text);
    assert_ok(buf_finish(&b, &made, err));
    assert_int_equal(made.len, want.len);
    assert_memory_equal(made.ptr, want.ptr, want.len);

    assert_ok(checkpoint_open(a, want, keys, 2, &note, &c, err));
    assert_int_equal(c.size, 600);
    assert_hash(&c.root, &root);
    /* A witness alone does not make a checkpoint, though the note is verified. */
    assert_ok(note_verify(a, &note, &keys[1], 1, err));
    assert_rc(checkpoint_open(a, want, &keys[1], 1, NULL, &c, err), RC_INVALID);
    arena_free(a);
}

/* The shape of a cosignature is checked before its signature. */
static void
a_cosignature_of_a_wrong_shape_is_wrong(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct note_key log = golden_key(a), witness;
    char bytes[NOTE_COSIGNATURE_BYTES] = {0};
    static const struct {
        size_t len;
        char first; /* of the time */
    } cases[] = {{NOTE_COSIGNATURE_BYTES - 1, 0}, {SIG_BYTES, 0}, {sizeof(bytes), 0}, {sizeof(bytes), -128}};

    (void)state;
    assert_ok(note_key_new(a, STR("witness"), NOTE_COSIGNATURE, log.key, &witness, err));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct signed_note note;
        struct buf b;
        bytes[0] = cases[i].first;
        buf_init(&b, a, 1024);
        buf_put(&b, STR("text\n\n"));
        note_put_signature(&b, &witness, (struct str){bytes, cases[i].len});
        assert_ok(note_parse(a, (struct str){b.ptr, b.len}, &note, err));
        assert_rc(note_verify(a, &note, &witness, 1, err), RC_INVALID);
    }
    arena_free(a);
}

static void
a_note_of_more_than_a_mebibyte_is_too_large(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct signed_note note;

    (void)state;
    assert_rc(note_parse(a, str_fmt(a, "%0*d\n\n\xE2\x80\x94 a AAAAAAAA\n", NOTE_BYTES_MAX, 0), &note,
                         err),
              RC_LIMIT);
    arena_free(a);
}

static void
no_byte_of_a_checkpoint_can_change(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct hash root = tree_leaf_hash(STR("x"));
    struct str good = golden_checkpoint(a, 1, &root);
    struct note_key key = golden_key(a);
    struct checkpoint c;

    (void)state;
    assert_ok(checkpoint_open(a, good, &key, 1, NULL, &c, err));
    for (size_t i = 0; i < good.len; i++) {
        struct arena *scratch = arena_new(1 << 20);
        struct str bad = {NULL, 0};
        struct buf b;
        buf_init(&b, scratch, good.len);
        buf_put(&b, good);
        b.ptr[i] = (char)(b.ptr[i] ^ 1);
        bad = (struct str){b.ptr, b.len};
        assert_rc(checkpoint_open(scratch, bad, &key, 1, NULL, &c, err), RC_INVALID);
        arena_free(scratch);
    }
    arena_free(a);
}

/* Walk the arena limit up: every failure must be RC_LIMIT. */
static void
a_full_arena_is_only_ever_a_limit(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct hash root = tree_leaf_hash(STR("x"));
    struct str good = golden_checkpoint(a, 1, &root), vkey;
    struct note_key known = golden_key(a);
    enum rc rc = RC_LIMIT;
    size_t limit_bytes;

    (void)state;
    vkey = note_key_text(a, &known);
    for (limit_bytes = 1; rc == RC_LIMIT && limit_bytes < 10000; limit_bytes++) {
        struct arena *small = arena_new(limit_bytes);
        struct note_key key;
        struct checkpoint c;
        struct err err;
        rc = note_key_parse(small, vkey, &key, &err);
        if (rc == RC_OK) {
            rc = checkpoint_open(small, good, &key, 1, NULL, &c, &err);
        }
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        arena_free(small);
    }
    assert_int_equal(rc, RC_OK);
    assert_in_range(limit_bytes, 100, 9999);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_specification_is_right),
        cmocka_unit_test(
            a_signature_of_a_stranger_is_ignored_and_a_wrong_one_of_a_known_key_refuses_all),
        cmocka_unit_test(a_note_of_the_wrong_shape_is_refused),
        cmocka_unit_test(sixty_four_signatures_are_taken_and_one_more_is_too_many),
        cmocka_unit_test(a_key_of_the_wrong_shape_is_refused),
        cmocka_unit_test(an_sm2_key_signs_a_line_of_its_own_type),
        cmocka_unit_test(a_checkpoint_of_the_wrong_shape_is_refused),
        cmocka_unit_test(the_golden_checkpoint_is_made_and_checked_byte_for_byte),
        cmocka_unit_test(a_cosignature_of_a_wrong_shape_is_wrong),
        cmocka_unit_test(a_note_of_more_than_a_mebibyte_is_too_large),
        cmocka_unit_test(no_byte_of_a_checkpoint_can_change),
        cmocka_unit_test(a_full_arena_is_only_ever_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
