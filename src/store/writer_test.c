/*
 * What is posted travels with the next statement on PostgreSQL, and is a statement like any other on SQLite: whether it came to be, and whose
 * failure it is, must be the same on both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "base/mem.h"
#include "store/fixture.h"

enum { NOTE_ADD, NOTE_COUNT, TABLE_COUNT };

static const struct stmt stmts[] = {
    [NOTE_ADD] = {"NOTE_ADD", "INSERT INTO note (id, body) VALUES (?1, ?2)", "INSERT INTO note (id, body) VALUES ($1, $2)", NOTE_ADD, 2, true},
    [NOTE_COUNT] = {"NOTE_COUNT", "SELECT COUNT(*) FROM note", "SELECT COUNT(*) FROM note", NOTE_COUNT, 0, false},
};
static const struct stmt *const table[] = {&stmts[NOTE_ADD], &stmts[NOTE_COUNT]};
static const struct migration migrations[] = {
    {1, "0001-note.sql", "CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, body TEXT) STRICT;",
     "CREATE TABLE note (id BIGINT PRIMARY KEY NOT NULL, body TEXT);"},
};

static enum fixture_kind kind;

static int
open_fixture(void **state)
{
    struct fixture *f = mem_new(1, sizeof(*f));

    fixture_make(f, kind);
    f->config.stmts = table;
    f->config.stmt_count = TABLE_COUNT;
    f->config.migrations = migrations;
    f->config.migration_count = 1;
    fixture_open(f);
    *state = f;
    return 0;
}

static int
remove_fixture(void **state)
{
    fixture_remove(*state);
    mem_free(*state);
    return 0;
}

/* Numbers from `from` on, posted; then perhaps a look, or a refusal of its own. */
struct posting {
    const struct db *db;
    int64_t from, count;
    size_t wait_for; /* until so many writes are queued, so that they form a group */
    bool looks, refuses;
    int64_t seen;
    pthread_t thread;
    enum rc rc;
    struct err err;
};

static enum rc
post_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct posting *p = ctx;
    enum rc rc = RC_OK;

    while (store_look(p->db->store).queued < p->wait_for) {
        (void)sched_yield();
    }
    for (int64_t n = 0; rc == RC_OK && n < p->count; n++) {
        rc = tx_post(tx, &stmts[NOTE_ADD], VALUES(V_INT(p->from + n), V_TEXT(STR("x"))), err);
    }
    if (rc == RC_OK && p->looks) {
        rc = tx_int(tx, &stmts[NOTE_COUNT], NO_VALUES, &p->seen, err);
    }
    return rc == RC_OK && p->refuses ? err_set(err, RC_DENIED, "changed my mind") : rc;
}

static enum rc
post(const struct fixture *f, struct posting *p)
{
    p->db = &f->db;
    p->rc = store_write(&f->db, post_tx, p, &p->err);
    return p->rc;
}

static int64_t
notes(const struct fixture *f)
{
    struct err err;
    int64_t count = -1;

    assert_int_equal(store_read_int(&f->db, &stmts[NOTE_COUNT], NO_VALUES, &count, &err), RC_OK);
    return count;
}

static void
what_is_posted_is_there_and_seen_by_what_comes_after_it(void **state)
{
    const struct fixture *f = *state;
    struct posting alone = {.from = 1, .count = 3}, looks = {.from = 10, .count = 2, .looks = true};

    assert_int_equal(post(f, &alone), RC_OK);
    assert_int_equal(notes(f), 3);
    assert_int_equal(post(f, &looks), RC_OK);
    assert_int_equal(looks.seen, 5);
}

static void
as_many_as_one_likes_are_posted(void **state)
{
    const struct fixture *f = *state;
    struct posting many = {.from = 1, .count = 500};

    assert_int_equal(post(f, &many), RC_OK);
    assert_int_equal(notes(f), 500);
}

static void
what_fails_undoes_its_write_wherever_that_is_noticed(void **state)
{
    const struct fixture *f = *state;
    struct posting first = {.from = 5, .count = 1};

    assert_int_equal(post(f, &first), RC_OK);
    for (int looks = 0; looks < 2; looks++) {
        struct posting clash = {.from = 3, .count = 40, .looks = looks == 1};
        assert_int_equal(post(f, &clash), RC_CONFLICT);
        assert_int_equal(notes(f), 1);
    }
    struct posting nul = {.from = 50, .count = 2};
    assert_int_equal(post(f, &nul), RC_OK);
    assert_int_equal(notes(f), 3);
}

static void
what_was_posted_before_a_refusal_is_undone(void **state)
{
    const struct fixture *f = *state;
    struct posting good = {.from = 1, .count = 2, .refuses = true}, bad = {.from = 1, .count = 3, .refuses = true};
    struct posting after = {.from = 1, .count = 1};

    assert_int_equal(post(f, &good), RC_DENIED);
    assert_int_equal(notes(f), 0);
    assert_int_equal(post(f, &after), RC_OK);
    assert_int_equal(post(f, &bad), kind == FIXTURE_POSTGRES ? RC_DENIED : RC_CONFLICT); /* it need not know yet */
    assert_int_equal(notes(f), 1);
}

static void *
post_from_thread(void *ctx)
{
    struct posting *p = ctx;

    p->rc = store_write(p->db, post_tx, p, &p->err);
    return NULL;
}

/* One group: some clash with the first, some change their mind, and none of that is the failure of the one after it. */
static void
in_a_group_each_answers_for_what_it_posted(void **state)
{
    const struct fixture *f = *state;
    struct posting p[9] = {{.from = 100, .count = 2, .wait_for = 9}};

    for (int n = 0; n < 9; n++) {
        p[n].db = &f->db;
        if (n > 0) {
            p[n] = (struct posting){.db = &f->db, .from = n % 3 == 1 ? 101 : n * 10, .count = 3, .refuses = n % 3 == 2};
        }
        assert_int_equal(pthread_create(&p[n].thread, NULL, post_from_thread, &p[n]), 0);
        while (n == 0 && store_look(f->db.store).queued < 1) {
            (void)sched_yield();
        }
    }
    for (int n = 0; n < 9; n++) {
        (void)pthread_join(p[n].thread, NULL);
        assert_int_equal(p[n].rc, n > 0 && n % 3 == 1 ? RC_CONFLICT : n % 3 == 2 ? RC_DENIED : RC_OK);
    }
    assert_int_equal(store_look(f->db.store).groups, 1);
    assert_int_equal(notes(f), 2 + 3 + 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, remove_fixture)

static int
run_all(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_posted_is_there_and_seen_by_what_comes_after_it),
        TEST(as_many_as_one_likes_are_posted),
        TEST(what_fails_undoes_its_write_wherever_that_is_noticed),
        TEST(what_was_posted_before_a_refusal_is_undone),
        TEST(in_a_group_each_answers_for_what_it_posted),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_all(FIXTURE_SQLITE, "posted on SQLite");

    return failed + (fixture_has_postgres() ? run_all(FIXTURE_POSTGRES, "posted on PostgreSQL") : 0);
}
