#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/mem.h"
#include "service/material_int.h"
#include "store/fixture.h"

enum { CHUNK = MATERIAL_CHUNK_BYTES, HEAD = 85 + 24, EXTRA = 17, MB = 1 << 20 };

struct house {
    struct fixture fixture; /* only for its folder */
    struct arena *arena;
    struct vault *vault;
    struct materials materials;
    struct json *any; /* types allowed */
    char path[MATERIAL_PATH_BYTES];
};

static int
open_house(void **state)
{
    struct house *h = mem_new(1, sizeof(*h));
    struct err err;

    fixture_make(&h->fixture, FIXTURE_SQLITE);
    h->arena = arena_new(256 * MB);
    assert_int_equal(vault_open_keys(vault_new_keys(h->arena), &h->vault, &err), RC_OK);
    h->materials = (struct materials){h->fixture.folder, h->vault};
    assert_int_equal(json_parse(h->arena, STR("[\"application/pdf\",\"image/png\",\"\"]"), JSON_ANY,
                                &h->any, &err),
                     RC_OK);
    *state = h;
    return 0;
}

static int
close_house(void **state)
{
    struct house *h = *state;

    fixture_remove(&h->fixture);
    vault_free(h->vault);
    arena_free(h->arena);
    mem_free(h);
    return 0;
}

/* --- help ------------------------------------------------------------------------------------------ */

/* A PDF to whoever looks at its first bytes; every other byte tells where it stands. */
static struct str
content(struct house *h, size_t len)
{
    char *p = arena_alloc(h->arena, len + 1, 1);

    assert_non_null(p);
    for (size_t i = 0; i < len; i++) {
        p[i] = (char)(i * 7 + i / 251);
    }
    memcpy(p, "%PDF-", len < 5 ? len : 5);
    return (struct str){p, len};
}

static enum rc
put(struct house *h, struct str bytes, struct str *sha256, struct err *err)
{
    struct material_sink *s;
    struct str type;
    int64_t size;
    enum rc rc = material_open(&h->materials, 1000000, 64 * MB, &s, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((rc = material_write(s, bytes, err)) != RC_OK) {
        material_cancel(s);
        return rc;
    }
    rc = material_close(s, h->arena, h->any, sha256, &type, &size, err);
    assert_true(rc != RC_OK || size == (int64_t)bytes.len);
    return rc;
}

/* The same, and h->path is where it lies. */
static struct str
must_put(struct house *h, struct str bytes)
{
    char name[MATERIAL_NAME_BYTES];
    struct str sha256;
    struct err err;

    assert_int_equal(put(h, bytes, &sha256, &err), RC_OK);
    assert_true(material_name(h->vault, sha256, name));
    material_path(h->materials.folder, name, true, h->path);
    return sha256;
}

/* Everything that comes out before the end or the first error. */
static enum rc
get(struct house *h, struct str sha256, struct str *out, struct err *err)
{
    struct str piece = STR("-");
    struct material *f;
    struct buf b;
    int64_t bytes;
    enum rc rc = material_read(&h->materials, sha256, &f, &bytes, err);

    *out = STR("");
    if (rc != RC_OK) {
        return rc;
    }
    buf_init(&b, h->arena, 64 * MB);
    while (piece.len > 0 && (rc = material_next(f, &piece, err)) == RC_OK) {
        buf_put(&b, piece);
    }
    material_done(f);
    struct err full;
    assert_int_equal(buf_finish(&b, out, &full), RC_OK);
    assert_true(rc != RC_OK || (int64_t)out->len == bytes);
    return rc;
}

static struct str
on_disk(struct house *h)
{
    struct str all;
    struct err err;

    assert_int_equal(file_read(h->arena, h->path, 64 * MB, &all, &err), RC_OK);
    return all;
}

static void
overwrite(struct house *h, struct str all)
{
    int fd = open(h->path, O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, all.ptr, all.len), (ssize_t)all.len);
    assert_int_equal(close(fd), 0);
}

static int
entries(struct house *h)
{
    DIR *d = opendir(h->materials.folder);
    int count = -2; /* . and .. */

    while (readdir(d) != NULL) {
        count++;
    }
    (void)closedir(d);
    return count;
}

/* --- sealed and back ---------------------------------------------------------------------------------- */

static void
what_was_put_in_comes_out(void **state)
{
    static const size_t sizes[] = {0,         1,     4,         5,         15,        16,
                                   17,        1000,  CHUNK - 1, CHUNK,     CHUNK + 1, 2 * CHUNK - 1,
                                   2 * CHUNK, 200000};
    struct house *h = *state;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct str in = content(h, sizes[i]), out;
        struct str sha256 = must_put(h, in);
        struct hash digest = hash_sha256(in);
        struct stat st;
        struct err err;
        size_t chunks = sizes[i] == 0 ? 1 : (sizes[i] + CHUNK - 1) / CHUNK;
        assert_true(str_eq(sha256, hex_of(h->arena, hash_str(&digest))));
        assert_int_equal(get(h, sha256, &out, &err), RC_OK);
        assert_true(str_eq(out, in));
        assert_int_equal(stat(h->path, &st), 0);
        assert_int_equal(st.st_size, HEAD + sizes[i] + chunks * EXTRA);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(st.st_mtim.tv_sec, 1);
    }
}

static void
pieces_of_any_size_make_the_same_file(void **state)
{
    static const size_t pieces[] = {1, 777, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK};
    struct house *h = *state;
    struct str in = content(h, 2 * CHUNK + 3), first = must_put(h, in);
    struct err err;

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct material_sink *s;
        struct str sha256, type, rest = in, out;
        int64_t size;
        assert_int_equal(material_open(&h->materials, 1, MB, &s, &err), RC_OK);
        while (rest.len > 0) {
            assert_int_equal(material_write(s, str_sub(rest, 0, pieces[i]), &err), RC_OK);
            rest = str_from(rest, pieces[i]);
        }
        assert_int_equal(material_close(s, h->arena, h->any, &sha256, &type, &size, &err), RC_OK);
        assert_true(str_eq(sha256, first));
        assert_true(str_eq(type, STR("application/pdf")));
        assert_int_equal(get(h, sha256, &out, &err), RC_OK);
        assert_true(str_eq(out, in));
    }
}

static void
twenty_megabytes_go_both_ways_without_being_held(void **state)
{
    struct house *h = *state;
    struct str piece = content(h, 9973), sha256, type;
    struct arena *small = arena_new(256); /* all that closing may take */
    struct material_sink *s;
    struct material *f;
    int64_t size, seen = 0;
    struct err err;

    assert_int_equal(material_open(&h->materials, 1, 20 * MB, &s, &err), RC_OK);
    for (int64_t left = 20 * MB; left > 0; left -= (int64_t)piece.len) {
        struct str part = str_sub(piece, 0, (size_t)left);
        assert_int_equal(material_write(s, part, &err), RC_OK);
    }
    assert_int_equal(material_close(s, small, h->any, &sha256, &type, &size, &err), RC_OK);
    assert_int_equal(size, 20 * MB);
    assert_int_equal(material_read(&h->materials, sha256, &f, &size, &err), RC_OK);
    assert_int_equal(size, 20 * MB);
    for (;;) {
        struct str got;
        assert_int_equal(material_next(f, &got, &err), RC_OK);
        if (got.len == 0) {
            break;
        }
        assert_true(got.len <= CHUNK);
        for (size_t i = 0; i < got.len; i += 509) {
            assert_int_equal(got.ptr[i], piece.ptr[((size_t)seen + i) % piece.len]);
        }
        seen += (int64_t)got.len;
    }
    assert_int_equal(seen, 20 * MB);
    material_done(f);
    arena_free(small);
}

static void
a_disk_tells_neither_content_nor_digest(void **state)
{
    struct house *h = *state;
    struct str in = STR("%PDF- the floor plan of a small restaurant, with its two doors");
    struct str sha256 = must_put(h, in), all = on_disk(h);

    assert_false(str_has(all, STR("floor plan")));
    assert_false(str_has(all, STR("%PDF-")));
    assert_null(strstr(h->path, str_c(h->arena, str_sub(sha256, 0, 8))));
    assert_false(str_has(all, sha256));
}

static void
equal_content_is_kept_once_and_sealed_anew(void **state)
{
    struct house *h = *state;
    struct str in = content(h, 300), first, second;
    struct str sha256 = must_put(h, in);

    first = on_disk(h);
    assert_true(str_eq(must_put(h, in), sha256));
    second = on_disk(h);
    assert_int_equal(first.len, second.len);
    assert_false(str_eq(str_from(first, HEAD), str_from(second, HEAD)));
    assert_int_equal(entries(h), 1);
}

/* --- what somebody did to the disk -------------------------------------------------------------------- */

static void
every_flipped_byte_is_found_before_it_is_handed_out(void **state)
{
    struct house *h = *state;
    struct str in = content(h, CHUNK + 40), out;
    struct str sha256 = must_put(h, in), all = on_disk(h);
    char *bytes = arena_alloc(h->arena, all.len, 1);
    struct err err;

    memcpy(bytes, all.ptr, all.len);
    for (size_t at = 0; at < all.len; at += at < HEAD + 3 ? 1 : 331) {
        bytes[at] ^= 0x10;
        overwrite(h, (struct str){bytes, all.len});
        assert_int_equal(get(h, sha256, &out, &err), RC_CORRUPT);
        assert_int_equal(out.len, at < HEAD + CHUNK + EXTRA ? 0 : CHUNK);
        assert_true(str_eq(out, str_sub(in, 0, out.len)));
        bytes[at] ^= 0x10;
    }
    overwrite(h, all);
    assert_int_equal(get(h, sha256, &out, &err), RC_OK);
}

static void
a_file_that_was_cut_or_lengthened_gives_nothing(void **state)
{
    struct house *h = *state;
    struct str in = content(h, 2 * CHUNK + 10), out;
    struct str sha256 = must_put(h, in), all = on_disk(h);
    const size_t lengths[] = {0,
                              1,
                              84,
                              HEAD - 1,
                              HEAD,
                              HEAD + 5,
                              HEAD + CHUNK + EXTRA,
                              HEAD + 2 * (CHUNK + EXTRA),
                              all.len - 1};
    struct err err;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        overwrite(h, str_sub(all, 0, lengths[i]));
        assert_int_equal(get(h, sha256, &out, &err), RC_CORRUPT);
        assert_int_equal(out.len, 0);
    }
    overwrite(h, str_fmt(h->arena, "%.*s", 3, "abc"));
    assert_int_equal(get(h, sha256, &out, &err), RC_CORRUPT);
    char *longer = arena_alloc(h->arena, all.len + 1, 1);
    memcpy(longer, all.ptr, all.len);
    overwrite(h, (struct str){longer, all.len + 1});
    assert_int_equal(get(h, sha256, &out, &err), RC_CORRUPT);
    assert_int_equal(out.len, 0);
}

static void
chunks_that_were_swapped_or_taken_from_another_file_do_not_open(void **state)
{
    struct house *h = *state;
    struct str in = content(h, 3 * CHUNK), out;
    struct str sha256 = must_put(h, in), all = on_disk(h), again;
    char *bytes = arena_alloc(h->arena, all.len, 1);
    const size_t chunk = CHUNK + EXTRA;
    struct err err;

    memcpy(bytes, all.ptr, all.len);
    memcpy(bytes + HEAD, all.ptr + HEAD + chunk, chunk);
    memcpy(bytes + HEAD + chunk, all.ptr + HEAD, chunk);
    overwrite(h, (struct str){bytes, all.len});
    assert_int_equal(get(h, sha256, &out, &err), RC_CORRUPT);
    assert_int_equal(out.len, 0);

    /* The same content sealed again has other keys: its second chunk does not fit here. */
    assert_true(str_eq(must_put(h, in), sha256));
    again = on_disk(h);
    memcpy(bytes, all.ptr, all.len);
    memcpy(bytes + HEAD + chunk, again.ptr + HEAD + chunk, chunk);
    overwrite(h, (struct str){bytes, all.len});
    assert_int_equal(get(h, sha256, &out, &err), RC_CORRUPT);
    assert_int_equal(out.len, CHUNK);
}

static void
a_file_under_another_name_or_key_does_not_open(void **state)
{
    struct house *h = *state;
    struct str a = must_put(h, content(h, 100)), out;
    struct str sealed = on_disk(h);
    struct str b = must_put(h, content(h, 101));
    struct vault *other;
    struct err err;

    overwrite(h, sealed);
    assert_int_equal(get(h, b, &out, &err), RC_CORRUPT);
    assert_int_equal(get(h, a, &out, &err), RC_OK);
    assert_int_equal(vault_open_keys(vault_new_keys(h->arena), &other, &err), RC_OK);
    struct vault *own = h->vault;
    h->materials.vault = other; /* does not even find it: names are keyed too */
    assert_int_equal(get(h, a, &out, &err), RC_NOT_FOUND);
    h->materials.vault = own;
    vault_free(other);
}

/* --- bad ways in ------------------------------------------------------------------------------------------ */

static void
only_sixty_four_small_hex_digits_name_a_file(void **state)
{
    static const char *const names[] = {
        "", "ab", "../../etc/passwd", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85/"};
    struct house *h = *state;
    struct material *f;
    int64_t bytes;
    struct err err;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(material_read(&h->materials, str_of(names[i]), &f, &bytes, &err),
                         RC_NOT_FOUND);
    }
    (void)must_put(h, content(h, 0)); /* the digest of nothing */
    assert_int_equal(material_read(&h->materials,
                                   STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852"
                                       "b855"),
                                   &f, &bytes, &err),
                     RC_OK);
    assert_int_equal(bytes, 0);
    material_done(f);
}

static void
what_is_too_large_of_a_wrong_type_or_cancelled_leaves_nothing(void **state)
{
    struct house *h = *state;
    int before = entries(h);
    struct material_sink *s;
    struct str sha256 = STR("untouched"), type;
    int64_t bytes;
    struct err err;

    assert_int_equal(material_open(&h->materials, 1, 10, &s, &err), RC_OK);
    assert_int_equal(material_write(s, STR("%PDF-12345"), &err), RC_OK);
    assert_int_equal(material_write(s, STR("6"), &err), RC_LIMIT);
    assert_string_equal(err.type, "too-large");
    material_cancel(s);
    assert_int_equal(entries(h), before);

    assert_int_equal(put(h, STR("\x7f"
                                "ELF and more"),
                         &sha256, &err),
                     RC_OK); /* "" is allowed here, which is what an unknown type is */
    h->any->count = 0;
    h->any->first = NULL;
    before = entries(h);
    assert_int_equal(material_open(&h->materials, 1, 100, &s, &err), RC_OK);
    assert_int_equal(material_write(s, STR("%PDF-1"), &err), RC_OK);
    sha256 = STR("untouched");
    assert_int_equal(material_close(s, h->arena, h->any, &sha256, &type, &bytes, &err), RC_TYPE);
    assert_string_equal(err.type, "wrong-type");
    assert_true(str_eq(sha256, STR("untouched")));
    assert_int_equal(entries(h), before);
    material_cancel(NULL);
    material_done(NULL);
}

static void
a_type_is_told_by_its_first_bytes(void **state)
{
    static const struct {
        struct str head;
        struct str type;
    } cases[] = {
        {STR_INIT("\xff\xd8\xff\xe0"), STR_INIT("image/jpeg")},
        {STR_INIT("\x89PNG\r\n\x1a\n\0\0"), STR_INIT("image/png")},
        {STR_INIT("%PDF-1.7"), STR_INIT("application/pdf")},
        {STR_INIT("\x89PNG\r\n"), STR_INIT("")},
        {STR_INIT("%PDF"), STR_INIT("")},
        {STR_INIT(" %PDF-1.7"), STR_INIT("")},
        {STR_INIT("<html>"), STR_INIT("")},
        {STR_INIT(""), STR_INIT("")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(str_eq(material_type(cases[i].head), cases[i].type));
    }
}

static void
running_out_of_room_leaves_no_file_behind(void **state)
{
    struct house *h = *state;
    int before = entries(h);
    enum rc rc = RC_LIMIT;
    size_t limit;

    for (limit = 1; rc == RC_LIMIT && limit < 1000; limit++) {
        struct arena *a = arena_new(limit);
        struct material_sink *s;
        struct str sha256, type;
        int64_t bytes;
        struct err err;
        assert_int_equal(material_open(&h->materials, 1, 100, &s, &err), RC_OK);
        assert_int_equal(material_write(s, STR("%PDF-1"), &err), RC_OK);
        rc = material_close(s, a, h->any, &sha256, &type, &bytes, &err);
        assert_int_equal(entries(h), before + (rc == RC_OK));
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(limit > 2);
}

/* A file may not grow past the limit: the same answer as that of a full disk. */
static void
a_full_disk_is_said_and_leaves_nothing(void **state)
{
    struct house *h = *state;
    struct rlimit before, small;
    struct material_sink *s;
    struct str in = content(h, 3 * CHUNK), sha256, type;
    int64_t bytes;
    int there = entries(h);
    struct err err;

    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t room = 0; room <= HEAD + CHUNK + EXTRA; room += HEAD + CHUNK + EXTRA) {
        small = before;
        small.rlim_cur = room;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        enum rc rc = material_open(&h->materials, 1, MB, &s, &err);
        if (rc == RC_OK && (rc = material_write(s, in, &err)) != RC_OK) {
            material_cancel(s);
        } else if (rc == RC_OK) {
            rc = material_close(s, h->arena, h->any, &sha256, &type, &bytes, &err);
        }
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(rc, RC_FULL);
        assert_int_equal(entries(h), there);
    }
    struct str out, kept = must_put(h, in);
    assert_int_equal(get(h, kept, &out, &err), RC_OK);
}

static void
a_folder_that_cannot_be_used_is_said(void **state)
{
    struct house *h = *state;
    struct material_sink *s;
    char longer[MATERIAL_PATH_BYTES];
    struct err err;

    h->materials.folder = "/nonexistent/materials";
    assert_int_equal(material_open(&h->materials, 1, 100, &s, &err), RC_NOT_FOUND);
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    h->materials.folder = longer;
    assert_int_equal(material_open(&h->materials, 1, 100, &s, &err), RC_INVALID);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_house, close_house)
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_in_comes_out),
        TEST(pieces_of_any_size_make_the_same_file),
        TEST(twenty_megabytes_go_both_ways_without_being_held),
        TEST(a_disk_tells_neither_content_nor_digest),
        TEST(equal_content_is_kept_once_and_sealed_anew),
        TEST(every_flipped_byte_is_found_before_it_is_handed_out),
        TEST(a_file_that_was_cut_or_lengthened_gives_nothing),
        TEST(chunks_that_were_swapped_or_taken_from_another_file_do_not_open),
        TEST(a_file_under_another_name_or_key_does_not_open),
        TEST(only_sixty_four_small_hex_digits_name_a_file),
        TEST(what_is_too_large_of_a_wrong_type_or_cancelled_leaves_nothing),
        TEST(a_type_is_told_by_its_first_bytes),
        TEST(running_out_of_room_leaves_no_file_behind),
        TEST(a_full_disk_is_said_and_leaves_nothing),
        TEST(a_folder_that_cannot_be_used_is_said),
    };
#undef TEST

    return cmocka_run_group_tests_name("material", tests, NULL, NULL);
}
