#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "exchange/membership.h"
#include "store/fixture.h"

enum { NOW_S = 1795400000, DAY_S = 86400 }; /* 2026-11-23 */

static enum fixture_kind kind;
static int64_t now_us;

/* A node's store and file, and two authorities: the one it trusts and another. */
struct house {
    struct arena *arena;
    struct fixture fixture;
    char path[128];
    struct clock clock;
    struct sig_secret authority;
    struct sig_secret other;
    struct str key;
    struct membership *membership;
};

static struct str
key_of(struct arena *a, const struct sig_secret *secret)
{
    unsigned char *public = arena_alloc(a, SIG_PUBLIC_MAX, 1);

    assert_non_null(public);
    return (struct str){(const char *)public, sig_public_of(secret, public)};
}

static void
house_open(struct house *h)
{
    *h = (struct house){.arena = arena_new(1 << 22)};
    now_us = (int64_t)NOW_S * 1000000;
    h->clock = clock_standing(&now_us);
    fixture_new(&h->fixture, kind);
    (void)snprintf(h->path, sizeof(h->path), "%s/directory.json", h->fixture.folder);
    sig_new(SIG_ED25519, &h->authority);
    sig_new(SIG_ED25519, &h->other);
    h->key = key_of(h->arena, &h->authority);
}

static void
house_close(struct house *h)
{
    membership_close(h->membership);
    fixture_close(&h->fixture);
    fixture_remove(&h->fixture);
    arena_free(h->arena);
}

/* A directory of no nodes, valid for a day from issued_s on, in the file. */
static void
put(struct house *h, int version, int64_t issued_s, const struct sig_secret *by)
{
    struct json *d = json_object(h->arena);
    struct str text;
    struct err err;

    json_set_int(h->arena, d, "version", version);
    json_set_text(h->arena, d, "issued", instant_text(h->arena, issued_s * 1000000, 480));
    json_set_text(h->arena, d, "expires", instant_text(h->arena, (issued_s + DAY_S) * 1000000, 480));
    json_set(h->arena, d, "nodes", json_array(h->arena));
    assert_int_equal(directory_sign(h->arena, d, by, &text, &err), RC_OK);
    assert_int_equal(file_replace(h->path, text, 0600, &err), RC_OK);
}

static enum rc
open_with(struct house *h, struct str key, struct err *err)
{
    const struct membership_config config = {.path = h->path,
                                             .authority = key,
                                             .store = h->fixture.db.store,
                                             .clock = &h->clock};

    return membership_open(&config, &h->membership, err);
}

/* As after a restart of the node. */
static void
begin_again(struct house *h)
{
    struct err err;

    membership_close(h->membership);
    h->membership = NULL;
    assert_int_equal(open_with(h, h->key, &err), RC_OK);
}

static int64_t
version(const struct house *h)
{
    return directory_version(membership_directory(h->membership));
}

static void
a_newer_directory_is_taken_up_and_the_old_one_stays_readable(void **state)
{
    struct house h;
    struct err err;
    bool newer = true;

    (void)state;
    house_open(&h);
    put(&h, 7, NOW_S - 1, &h.authority);
    assert_int_equal(open_with(&h, h.key, &err), RC_OK);
    const struct directory *first = membership_directory(h.membership);
    assert_int_equal(membership_look(h.membership, &newer, &err), RC_OK);
    assert_false(newer); /* the same one */
    assert_ptr_equal(membership_directory(h.membership), first);
    put(&h, 9, NOW_S - 1, &h.authority);
    assert_int_equal(membership_look(h.membership, &newer, &err), RC_OK);
    assert_true(newer);
    assert_int_equal(version(&h), 9);
    assert_int_equal(directory_version(first), 7); /* a task may still hold it */
    begin_again(&h);
    assert_int_equal(version(&h), 9);
    house_close(&h);
}

/* What lies in the file while 8 is held, and what it is refused with. */
static const struct wrong {
    const char *says;
    int version;
    int issued_s; /* from now */
    bool by_other;
    const char *instead; /* of a directory */
    enum rc rc;
    const char *type;
} wrongs[] = {
    {"older", 7, -1, false, NULL, RC_CONFLICT, NULL},
    {"another of the same version", 8, -2, false, NULL, RC_CONFLICT, NULL},
    {"signed by somebody else", 9, -1, true, NULL, RC_INVALID, NULL},
    {"expired", 9, -DAY_S, false, NULL, RC_INVALID, "directory-expired"},
    {"of tomorrow", 9, DAY_S, false, NULL, RC_INVALID, "directory-early"},
    {"no JSON", 0, 0, false, "{", RC_INVALID, NULL},
    {"unsigned", 0, 0, false, "{\"directory\":{\"version\":9,\"nodes\":[]}}", RC_INVALID, NULL},
    {"empty", 0, 0, false, "", RC_INVALID, NULL},
};
enum { WRONGS = sizeof(wrongs) / sizeof(wrongs[0]) };

static void
put_wrong(struct house *h, const struct wrong *w)
{
    struct err err;

    if (w->instead != NULL) {
        assert_int_equal(file_replace(h->path, str_of(w->instead), 0600, &err), RC_OK);
    } else {
        put(h, w->version, NOW_S + w->issued_s, w->by_other ? &h->other : &h->authority);
    }
}

static void
what_is_refused_leaves_the_one_that_is_held_also_after_a_restart(void **state)
{
    struct house h;
    struct err err;
    bool newer;

    (void)state;
    house_open(&h);
    put(&h, 8, NOW_S - 1, &h.authority);
    assert_int_equal(open_with(&h, h.key, &err), RC_OK);
    for (size_t i = 0; i < WRONGS; i++) {
        put_wrong(&h, &wrongs[i]);
        enum rc rc = membership_look(h.membership, &newer, &err);
        if (rc != wrongs[i].rc || (wrongs[i].type != NULL && !str_eq(str_of(wrongs[i].type), str_of(err.type)))) {
            fail_msg("%s gave %s, %s", wrongs[i].says, rc_name(rc), err.text);
        }
        assert_int_equal(version(&h), 8);
        begin_again(&h);
        if (version(&h) != 8) {
            fail_msg("%s was taken at the start", wrongs[i].says);
        }
    }
    assert_int_equal(remove(h.path), 0);
    assert_int_equal(membership_look(h.membership, &newer, &err), RC_NOT_FOUND);
    begin_again(&h);
    assert_int_equal(version(&h), 8);
    house_close(&h);
}

static void
with_nothing_held_the_file_must_be_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < WRONGS; i++) {
        struct house h;
        struct err err;
        if (wrongs[i].rc == RC_CONFLICT) {
            continue; /* wrong only beside another one */
        }
        house_open(&h);
        put_wrong(&h, &wrongs[i]);
        assert_int_equal(open_with(&h, h.key, &err), wrongs[i].rc);
        put(&h, 1, NOW_S - 1, &h.authority); /* and a refused one has left nothing behind */
        assert_int_equal(open_with(&h, h.key, &err), RC_OK);
        assert_int_equal(version(&h), 1);
        house_close(&h);
    }
}

static void
a_directory_that_runs_out_goes_on_until_there_is_another(void **state)
{
    struct house h;
    struct err err;
    bool newer;

    (void)state;
    house_open(&h);
    put(&h, 3, NOW_S - 1, &h.authority);
    assert_int_equal(open_with(&h, h.key, &err), RC_OK);
    now_us += (int64_t)2 * DAY_S * 1000000;
    begin_again(&h);
    assert_int_equal(version(&h), 3);
    put(&h, 4, NOW_S + DAY_S + 1, &h.authority);
    assert_int_equal(membership_look(h.membership, &newer, &err), RC_OK);
    assert_true(newer);
    assert_int_equal(version(&h), 4);
    house_close(&h);
}

static void
with_another_authority_the_count_begins_anew(void **state)
{
    struct house h;
    struct err err;

    (void)state;
    house_open(&h);
    put(&h, 8, NOW_S - 1, &h.authority);
    assert_int_equal(open_with(&h, h.key, &err), RC_OK);
    membership_close(h.membership);
    h.membership = NULL;
    put(&h, 1, NOW_S - 1, &h.other);
    assert_int_equal(open_with(&h, h.key, &err), RC_OK); /* still the one that is trusted */
    assert_int_equal(version(&h), 8);
    membership_close(h.membership);
    h.membership = NULL;
    assert_int_equal(open_with(&h, key_of(h.arena, &h.other), &err), RC_OK);
    assert_int_equal(version(&h), 1);
    house_close(&h);
}

/* It would be forgotten at the next start, and an older one taken. */
static void
a_directory_that_cannot_be_kept_is_not_taken_up(void **state)
{
    struct house h;
    struct err err;
    bool newer = false;

    (void)state;
    house_open(&h);
    put(&h, 8, NOW_S - 1, &h.authority);
    assert_int_equal(open_with(&h, h.key, &err), RC_OK);
    fixture_sql(&h.fixture, "ALTER TABLE node_fact RENAME TO node_fact_away");
    put(&h, 9, NOW_S - 1, &h.authority);
    assert_true(membership_look(h.membership, &newer, &err) != RC_OK);
    assert_false(newer);
    assert_int_equal(version(&h), 8);
    fixture_sql(&h.fixture, "ALTER TABLE node_fact_away RENAME TO node_fact");
    assert_int_equal(membership_look(h.membership, &newer, &err), RC_OK);
    assert_true(newer);
    house_close(&h);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newer_directory_is_taken_up_and_the_old_one_stays_readable),
        cmocka_unit_test(what_is_refused_leaves_the_one_that_is_held_also_after_a_restart),
        cmocka_unit_test(with_nothing_held_the_file_must_be_right),
        cmocka_unit_test(a_directory_that_runs_out_goes_on_until_there_is_another),
        cmocka_unit_test(with_another_authority_the_count_begins_anew),
        cmocka_unit_test(a_directory_that_cannot_be_kept_is_not_taken_up),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "membership on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "membership on PostgreSQL");
    }
    return failed;
}
