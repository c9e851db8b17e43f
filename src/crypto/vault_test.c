#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/encode.h"
#include "crypto/vault.h"

#define INDEX_ "\"index\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\""
#define KEY_1_ "{\"number\":1,\"key\":\"gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8=\"}"
#define KEY_2_ "{\"number\":2,\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}"

static enum rc
opened(struct arena *a, const char *text, struct vault **out, struct err *err)
{
    struct json *document = NULL;

    assert_int_equal(json_parse(a, str_of(text), JSON_UNIQUE, &document, err), RC_OK);
    return vault_open_keys(document, out, err);
}

static struct vault *
vault_of(struct arena *a, const char *text)
{
    struct vault *v = NULL;
    struct err err;

    assert_int_equal(opened(a, text, &v, &err), RC_OK);
    return v;
}

static struct str
sealed_by(const struct vault *v, struct arena *a, const char *place, struct str plain)
{
    struct str out = {NULL, 0};
    struct err err;

    assert_int_equal(vault_seal(v, a, str_of(place), plain, &out, &err), RC_OK);
    return out;
}

static enum rc
open_rc(const struct vault *v, struct arena *a, const char *place, struct str sealed)
{
    struct str out = STR("untouched");
    struct err err;
    enum rc rc = vault_open(v, a, str_of(place), sealed, &out, &err);

    assert_int_equal(str_eq(out, STR("untouched")), rc != RC_OK);
    return rc;
}

static void
what_is_sealed_opens_in_its_place(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct vault *v = vault_of(a, "{" INDEX_ ",\"keys\":[" KEY_1_ "]}");
    static const struct str plains[] = {
        STR_INIT(""), STR_INIT("x"), STR_INIT("11010519491231002X"), STR_INIT("姓名\0nul"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++) {
        struct str out;
        struct err err;
        struct str sealed = sealed_by(v, a, "person.id_number.7", plains[i]);
        assert_int_equal(sealed.len, plains[i].len + VAULT_OVERHEAD_BYTES);
        assert_true(plains[i].len < 4 || !str_has(sealed, plains[i]));
        assert_int_equal(vault_open(v, a, STR("person.id_number.7"), sealed, &out, &err), RC_OK);
        assert_true(str_eq(out, plains[i]));
        assert_false(str_eq(sealed, sealed_by(v, a, "person.id_number.7", plains[i])));
    }
    vault_free(v);
    arena_free(a);
}

/*
 * The construction itself, checked against the library's call with our layout taken apart by
 * hand.
 */
static void
the_layout_is_the_documented_one(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct vault *v = vault_of(a, "{" INDEX_ ",\"keys\":[" KEY_1_ "," KEY_2_ "]}");
    struct str sealed = sealed_by(v, a, "place", STR("plain"));
    const unsigned char *p = (const unsigned char *)sealed.ptr;
    unsigned char key[32], out[5];

    (void)state;
    assert_memory_equal(p, "\x01\0\0\0\x02", 5);
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (unsigned char)i;
    }
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(
                         out, NULL, NULL, p + 29, sealed.len - 29, (const unsigned char *)"place",
                         5, p + 5, key),
                     0);
    assert_memory_equal(out, "plain", 5);
    vault_free(v);
    arena_free(a);
}

/* A place that found no room on its arena: sealed under "", the value would never open again. */
static void
nothing_is_sealed_for_nowhere(void **state)
{
    struct arena *a = arena_new(1 << 20), *full = arena_new(1);
    struct vault *v = vault_of(a, "{" INDEX_ ",\"keys\":[" KEY_1_ "]}");
    struct str nowhere = str_fmt(full, "draft.content/%d", 1), out = STR("untouched");
    struct str sealed = sealed_by(v, a, "", STR("x"));
    struct err err;

    (void)state;
    assert_int_equal(vault_seal(v, a, nowhere, STR("x"), &out, &err), RC_LIMIT);
    assert_int_equal(vault_open(v, a, nowhere, sealed, &out, &err), RC_LIMIT);
    assert_true(str_eq(out, STR("untouched")));
    assert_int_equal(open_rc(v, a, "", sealed), RC_OK);
    vault_free(v);
    arena_free(full);
    arena_free(a);
}

static void
a_changed_or_moved_value_does_not_open(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct vault *v = vault_of(a, "{" INDEX_ ",\"keys\":[" KEY_1_ "," KEY_2_ "]}");
    struct str sealed = sealed_by(v, a, "person.name.1", STR("王小明"));
    char copy[64];

    (void)state;
    assert_int_equal(open_rc(v, a, "person.name.1", sealed), RC_OK);
    assert_int_equal(open_rc(v, a, "person.name.2", sealed), RC_CORRUPT);
    assert_int_equal(open_rc(v, a, "", sealed), RC_CORRUPT);
    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        memcpy(copy, sealed.ptr, sealed.len);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(open_rc(v, a, "person.name.1", (struct str){copy, sealed.len}),
                         RC_CORRUPT);
    }
    for (size_t len = 0; len < sealed.len; len++) {
        assert_int_equal(open_rc(v, a, "person.name.1", str_sub(sealed, 0, len)), RC_CORRUPT);
    }
    assert_int_equal(open_rc(v, a, "person.name.1", (struct str){NULL, 0}), RC_CORRUPT);
    vault_free(v);
    arena_free(a);
}

static void
keys_rotate_and_old_values_open(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct vault *before = vault_of(a, "{" INDEX_ ",\"keys\":[" KEY_1_ "]}");
    struct vault *after = vault_of(a, "{" INDEX_ ",\"keys\":[" KEY_1_ "," KEY_2_ "]}");
    struct str old = sealed_by(before, a, "p", STR("v"));
    struct str new = sealed_by(after, a, "p", STR("v"));

    (void)state;
    assert_int_equal(old.ptr[4], 1);
    assert_int_equal(new.ptr[4], 2);
    assert_int_equal(open_rc(after, a, "p", old), RC_OK);
    assert_int_equal(open_rc(after, a, "p", new), RC_OK);
    assert_int_equal(open_rc(before, a, "p", new), RC_CORRUPT);
    vault_free(before);
    vault_free(after);
    arena_free(a);
}

static void
an_index_keeps_kinds_values_and_vaults_apart(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct vault *v = vault_of(a, "{" INDEX_ ",\"keys\":[" KEY_1_ "]}");
    struct json *fresh = vault_new_keys(a);
    struct vault *other = NULL;
    struct err err;

    (void)state;
    assert_int_equal(vault_open_keys(fresh, &other, &err), RC_OK);
    const struct {
        const struct vault *v;
        struct str kind, value;
    } cases[] = {
        {v, STR("person"), STR("11010519491231002X")},
        {v, STR("company"), STR("11010519491231002X")},
        {v, STR("person"), STR("110105194912310020")},
        {v, STR("person1"), STR("1010519491231002X")},
        {v, STR(""), STR("")},
        {other, STR("person"), STR("11010519491231002X")},
    };
    enum { COUNT = sizeof(cases) / sizeof(cases[0]) };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = 0; k < COUNT; k++) {
            struct hash one = vault_index(cases[i].v, cases[i].kind, cases[i].value);
            struct hash two = vault_index(cases[k].v, cases[k].kind, cases[k].value);
            assert_int_equal(hash_eq(&one, &two), i == k);
        }
    }
    /* And for ever the same, or nobody would be found again. */
    struct hash got = vault_index(v, STR("person"), STR("x"));
    char joined[] = "\6personx";
    char key[32];
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (char)i;
    }
    struct hash want = hash_hmac_sha256((struct str){key, sizeof(key)}, str_of(joined));
    assert_true(hash_eq(&got, &want));
    vault_free(v);
    vault_free(other);
    arena_free(a);
}

static void
a_fresh_document_makes_a_working_vault(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct json *document = vault_new_keys(a);
    struct str text, again;
    struct err err;

    (void)state;
    assert_int_equal(json_whole(document, &err), RC_OK);
    assert_int_equal(json_print(a, document, &text, &err), RC_OK);
    assert_int_equal(json_print(a, vault_new_keys(a), &again, &err), RC_OK);
    assert_false(str_eq(text, again));
    struct vault *v = vault_of(a, str_c(a, text));
    assert_int_equal(open_rc(v, a, "p", sealed_by(v, a, "p", STR("v"))), RC_OK);
    vault_free(v);
    arena_free(a);
}

static void
a_wrong_document_makes_no_vault(void **state)
{
    static const char *const cases[] = {
        "null",
        "{}",
        "{" INDEX_ "}",
        "{" INDEX_ ",\"keys\":[]}",
        "{" INDEX_ ",\"keys\":{}}",
        "{" INDEX_ ",\"keys\":[1]}",
        "{\"keys\":[" KEY_1_ "]}",
        "{\"index\":\"AAEC\",\"keys\":[" KEY_1_ "]}",
        "{\"index\":7,\"keys\":[" KEY_1_ "]}",
        "{" INDEX_ ",\"keys\":[" KEY_1_ "," KEY_1_ "]}",
        "{" INDEX_ ",\"keys\":[{\"number\":1}]}",
        "{" INDEX_ ",\"keys\":[{\"number\":1,\"key\":\"AAEC\"}]}",
        "{" INDEX_ ",\"keys\":[{\"number\":1,\"key\":\"*gGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8=\"}]}",
        "{" INDEX_ ",\"keys\":[{\"number\":0,\"key\":\"gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8=\"}]}",
        "{" INDEX_
        ",\"keys\":[{\"number\":4294967296,\"key\":\"gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8=\"}]}",
    };
    struct arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vault *v = NULL;
        struct err err;
        if (opened(a, cases[i], &v, &err) != RC_INVALID) {
            fail_msg("%s", cases[i]);
        }
        assert_null(v);
        assert_null(strstr(err.text, "gIGC")); /* a key is never in a message */
    }
    vault_free(NULL);
    arena_free(a);
}

static void
past_the_limit_of_an_arena_nothing_is_half_done(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct vault *v = vault_of(a, "{" INDEX_ ",\"keys\":[" KEY_1_ "]}");
    struct str sealed = sealed_by(v, a, "p", STR("v"));
    struct str out = STR("untouched");
    struct err err;

    (void)state;
    arena_fail_at(a, 1);
    assert_int_equal(open_rc(v, a, "p", sealed), RC_LIMIT);
    arena_fail_at(a, 1);
    assert_int_equal(vault_seal(v, a, STR("p"), STR("v"), &out, &err), RC_LIMIT);
    assert_int_equal(vault_seal(v, a, STR("p"), (struct str){"", SIZE_MAX}, &out, &err), RC_LIMIT);
    assert_true(str_eq(out, STR("untouched")));
    enum rc rc = RC_LIMIT;
    for (size_t n = 1; rc != RC_OK && n < 100; n++) {
        arena_fail_at(a, n);
        rc = json_whole(vault_new_keys(a), &err);
        arena_fail_at(a, 0);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        assert_true(n > 5 || rc == RC_LIMIT);
    }
    assert_int_equal(rc, RC_OK);
    vault_free(v);
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens_in_its_place),
        cmocka_unit_test(the_layout_is_the_documented_one),
        cmocka_unit_test(nothing_is_sealed_for_nowhere),
        cmocka_unit_test(a_changed_or_moved_value_does_not_open),
        cmocka_unit_test(keys_rotate_and_old_values_open),
        cmocka_unit_test(an_index_keeps_kinds_values_and_vaults_apart),
        cmocka_unit_test(a_fresh_document_makes_a_working_vault),
        cmocka_unit_test(a_wrong_document_makes_no_vault),
        cmocka_unit_test(past_the_limit_of_an_arena_nothing_is_half_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
