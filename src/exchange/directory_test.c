#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/clock.h"
#include "exchange/directory.h"

enum { NOW_S = 1795400000 }; /* 2026-11-23 */

static const int64_t now_us = (int64_t)NOW_S * 1000000;

struct authority {
    struct arena *arena;
    struct sig_secret secret;
    struct str key;
};

static struct authority
authority_new(void)
{
    struct authority w = {.arena = arena_new(1 << 22)};
    unsigned char *public = arena_alloc(w.arena, SIG_PUBLIC_MAX, 1);

    assert_non_null(public);
    sig_new(SIG_ED25519, &w.secret);
    w.key = (struct str){(const char *)public, sig_public_of(&w.secret, public)};
    return w;
}

static struct json *
node_new(struct arena *a, const char *name, int number)
{
    struct json *n = json_object(a);
    char bytes[32] = {0};

    bytes[0] = (char)number;
    json_set_text(a, n, "name", str_of(name));
    json_set_text(a, n, "title_zh", STR("云溪市"));
    json_set_text(a, n, "title_en", STR("Yunxi"));
    json_set_text(a, n, "host", STR("127.0.0.1"));
    json_set_int(a, n, "port", 8443 + number);
    json_set_text(a, n, "public_key", base64_of(a, (struct str){bytes, 32}));
    json_set_text(a, n, "tls_fingerprint", hex_of(a, (struct str){bytes, 32}));
    json_set_text(a, n, "log_origin", STR("city.zt.invalid/log"));
    json_set_text(a, n, "log_key", STR("city+00000000+AA=="));
    return n;
}

static struct json *
directory_new(struct arena *a, int version)
{
    struct json *d = json_object(a), *nodes = json_array(a);

    json_set_int(a, d, "version", version);
    json_set_text(a, d, "issued", instant_text(a, now_us - 1000000, 480));
    json_set_text(a, d, "expires", instant_text(a, now_us + 86400000000, 480));
    json_push(nodes, node_new(a, "yunxi", 1));
    json_push(nodes, node_new(a, "prov", 2));
    json_push(nodes, node_new(a, "zr", 3));
    json_set(a, d, "nodes", nodes);
    return d;
}

static struct str
signed_text(struct authority *w, const struct json *d)
{
    struct str text;
    struct err err;

    assert_int_equal(directory_sign(w->arena, d, &w->secret, &text, &err), RC_OK);
    return text;
}

static void
a_signed_directory_is_loaded_and_answers_by_name_and_certificate(void **state)
{
    struct authority w = authority_new();
    struct str text = signed_text(&w, directory_new(w.arena, 7));
    struct directory *d;
    struct err err;

    (void)state;
    assert_int_equal(directory_load(text, w.key, now_us, NULL, &d, &err), RC_OK);
    assert_int_equal(directory_version(d), 7);
    assert_int_equal(directory_count(d), 3);
    assert_int_equal(directory_expires_us(d), now_us + 86400000000);
    const struct peer *p = directory_by_name(d, STR("zr"));
    assert_non_null(p);
    assert_int_equal(p->port, 8446);
    assert_true(str_eq(p->authority, STR("127.0.0.1:8446")));
    assert_ptr_equal(directory_by_fingerprint(d, p->fingerprint), p);
    assert_null(directory_by_name(d, STR("z")));
    assert_null(directory_by_name(d, STR("")));
    assert_null(directory_by_fingerprint(d, STR("")));
    assert_true(str_eq(directory_at(d, 0)->name, STR("prov")));
    directory_free(d);
    arena_free(w.arena);
}

/* Every byte of the text is turned once: none of the results is accepted as something else. */
static void
no_altered_byte_goes_unnoticed(void **state)
{
    struct authority w = authority_new();
    struct str text = signed_text(&w, directory_new(w.arena, 7));
    char *copy = arena_alloc(w.arena, text.len, 1);
    struct directory *d;
    struct err err;

    (void)state;
    assert_non_null(copy);
    for (size_t i = 0; i < text.len; i += 3) {
        for (size_t k = 0; k < text.len; k++) {
            copy[k] = text.ptr[k];
        }
        copy[i] = (char)(copy[i] ^ 1);
        assert_int_equal(directory_load((struct str){copy, text.len}, w.key, now_us, NULL, &d, &err),
                         RC_INVALID);
    }
    arena_free(w.arena);
}

static void
a_directory_of_another_authority_is_refused(void **state)
{
    struct authority w = authority_new(), other = authority_new();
    struct str text = signed_text(&other, directory_new(other.arena, 7));
    struct directory *d;
    struct err err;

    (void)state;
    assert_int_equal(directory_load(text, w.key, now_us, NULL, &d, &err), RC_INVALID);
    arena_free(w.arena);
    arena_free(other.arena);
}

static void
an_expired_directory_is_told_apart(void **state)
{
    struct authority w = authority_new();
    struct str text = signed_text(&w, directory_new(w.arena, 7));
    struct directory *d;
    struct err err;

    (void)state;
    assert_int_equal(directory_load(text, w.key, now_us + 86400000000, NULL, &d, &err), RC_INVALID);
    assert_string_equal(err.type, "directory-expired");
    assert_int_equal(directory_load(text, w.key, now_us + 86399999999, NULL, &d, &err), RC_OK);
    directory_free(d);
    arena_free(w.arena);
}

static void
a_directory_is_not_valid_before_its_time(void **state)
{
    struct authority w = authority_new();
    struct str text = signed_text(&w, directory_new(w.arena, 7));
    struct directory *d;
    struct err err;

    (void)state;
    assert_int_equal(directory_load(text, w.key, now_us - 1000001, NULL, &d, &err), RC_INVALID);
    assert_string_equal(err.type, "directory-early");
    assert_int_equal(directory_load(text, w.key, now_us - 1000000, NULL, &d, &err), RC_OK);
    directory_free(d);
    assert_int_equal(directory_recall(text, w.key, &d, &err), RC_OK); /* no clock asked */
    directory_free(d);
    arena_free(w.arena);
}

static void
an_older_or_second_directory_never_replaces_the_one_held(void **state)
{
    struct authority w = authority_new();
    struct json *second = directory_new(w.arena, 7);
    struct directory *held, *d;
    struct err err;

    (void)state;
    assert_int_equal(
        directory_load(signed_text(&w, directory_new(w.arena, 7)), w.key, now_us, NULL, &held, &err),
        RC_OK);
    assert_int_equal(
        directory_load(signed_text(&w, directory_new(w.arena, 6)), w.key, now_us, held, &d, &err),
        RC_CONFLICT);
    json_push(second->last, node_new(w.arena, "more", 4));
    assert_int_equal(directory_load(signed_text(&w, second), w.key, now_us, held, &d, &err),
                     RC_CONFLICT);
    assert_int_equal(
        directory_load(signed_text(&w, directory_new(w.arena, 7)), w.key, now_us, held, &d, &err),
        RC_OK);
    directory_free(d);
    assert_int_equal(
        directory_load(signed_text(&w, directory_new(w.arena, 8)), w.key, now_us, held, &d, &err),
        RC_OK);
    directory_free(d);
    directory_free(held);
    arena_free(w.arena);
}

/* Well signed, and still wrong. */
static void
a_wrong_shape_is_refused_even_with_a_good_signature(void **state)
{
    static const struct {
        const char *member;
        const char *value;
    } wrong[] = {
        {"name", "prov"},         {"name", "Yunxi"},
        {"name", ""},             {"name", "a/b"},
        {"host", ""},             {"host", "a b"},
        {"host", "a\r\nb"},       {"public_key", "AAAA"},
        {"public_key", "!"},      {"tls_fingerprint", "zz"},
        {"tls_fingerprint", "00"},
        {"tls_fingerprint", "0200000000000000000000000000000000000000000000000000000000000000"},
    };
    struct authority w = authority_new();
    struct directory *d;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct json *j = directory_new(w.arena, 7);
        struct json *node = j->last->first;
        for (struct json *m = node->first; m != NULL; m = m->next) {
            if (str_eq(m->key, str_of(wrong[i].member))) {
                m->text = str_of(wrong[i].value);
            }
        }
        enum rc rc = directory_load(signed_text(&w, j), w.key, now_us, NULL, &d, &err);
        if (rc != RC_INVALID) {
            fail_msg("%s %s gave %s", wrong[i].member, wrong[i].value, rc_name(rc));
        }
    }
    arena_free(w.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_directory_is_loaded_and_answers_by_name_and_certificate),
        cmocka_unit_test(no_altered_byte_goes_unnoticed),
        cmocka_unit_test(a_directory_of_another_authority_is_refused),
        cmocka_unit_test(an_expired_directory_is_told_apart),
        cmocka_unit_test(a_directory_is_not_valid_before_its_time),
        cmocka_unit_test(an_older_or_second_directory_never_replaces_the_one_held),
        cmocka_unit_test(a_wrong_shape_is_refused_even_with_a_good_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
