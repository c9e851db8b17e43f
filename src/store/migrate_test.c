#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/fixture.h"

static const struct migration town = {1, "0001-town.sql",
                                      "CREATE TABLE town (id INTEGER PRIMARY KEY NOT NULL) STRICT;",
                                      "CREATE TABLE town (id BIGINT PRIMARY KEY NOT NULL);"};
static const struct migration seed = {20, "0020-seed.sql", "INSERT INTO town (id) VALUES (7), (8);",
                                      "INSERT INTO town (id) VALUES (7), (8);"};
static const struct migration seed_changed = {20, "0020-seed.sql", "INSERT INTO town (id) VALUES (9);",
                                              "INSERT INTO town (id) VALUES (9);"};
static const struct migration between = {3, "0003-between.sql", "INSERT INTO town (id) VALUES (3);",
                                         "INSERT INTO town (id) VALUES (3);"};
/* The second half fails, so the first must go too. */
static const struct migration broken = {21, "0021-broken.sql",
                                        "INSERT INTO town (id) VALUES (50); INSERT INTO gone (id) "
                                        "VALUES (1);",
                                        "INSERT INTO town (id) VALUES (50); INSERT INTO gone (id) "
                                        "VALUES (1);"};

static const struct stmt COUNT_TOWNS = {"COUNT_TOWNS", "SELECT COUNT(*) FROM town",
                                        "SELECT COUNT(*) FROM town", 0, 0, false};
static const struct stmt *const table[] = {&COUNT_TOWNS};

static enum fixture_kind kind;

static int
make_fixture(void **state)
{
    struct fixture *f = mem_new(1, sizeof(*f));

    fixture_make(f, kind);
    f->config.stmts = table;
    f->config.stmt_count = 1;
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

/* Opens with these migrations and closes again. */
static enum rc
open_with(struct fixture *f, const struct migration *m, int count, struct err *err)
{
    enum rc rc;

    f->config.migrations = m;
    f->config.migration_count = count;
    rc = store_open(&f->config, &f->db.store, err);
    fixture_close(f);
    return rc;
}

static void
each_migration_runs_once(void **state)
{
    struct fixture *f = *state;
    const struct migration two[] = {town, seed};
    struct err err;

    assert_int_equal(open_with(f, two, 1, &err), RC_OK);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM town"), 0);
    assert_int_equal(open_with(f, two, 2, &err), RC_OK);
    assert_int_equal(open_with(f, two, 2, &err), RC_OK);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM town"), 2);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM store_migration"), 2);
}

static void
a_lower_number_that_came_later_runs_too(void **state)
{
    struct fixture *f = *state;
    const struct migration before[] = {town, seed}, after[] = {town, between, seed};
    struct err err;

    assert_int_equal(open_with(f, before, 2, &err), RC_OK);
    assert_int_equal(open_with(f, after, 3, &err), RC_OK);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM town"), 3);
}

static void
a_store_of_a_newer_program_is_left_alone(void **state)
{
    struct fixture *f = *state;
    const struct migration two[] = {town, seed};
    struct err err;

    assert_int_equal(open_with(f, two, 2, &err), RC_OK);
    assert_int_equal(open_with(f, two, 1, &err), RC_CONFLICT);
    assert_string_equal(err.type, "store-newer");
    assert_non_null(strstr(err.text, "0020-seed.sql"));
}

static void
a_migration_edited_after_it_ran_is_noticed(void **state)
{
    struct fixture *f = *state;
    const struct migration before[] = {town, seed}, after[] = {town, seed_changed};
    struct err err;

    assert_int_equal(open_with(f, before, 2, &err), RC_OK);
    assert_int_equal(open_with(f, after, 2, &err), RC_CONFLICT);
    assert_string_equal(err.type, "migration-changed");
    assert_non_null(strstr(err.text, "0020-seed.sql"));
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM town"), 2);
}

static void
a_migration_that_fails_leaves_nothing_and_says_its_name(void **state)
{
    struct fixture *f = *state;
    const struct migration three[] = {town, seed, broken};
    struct err err;

    assert_int_equal(open_with(f, three, 3, &err), RC_INVALID);
    assert_non_null(strstr(err.text, "0021-broken.sql"));
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM town"), 2);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM store_migration"), 2);
    assert_int_equal(open_with(f, three, 2, &err), RC_OK);
}

static void
only_looking_runs_no_migration(void **state)
{
    struct fixture *f = *state;
    const struct migration two[] = {town, seed};
    struct err err;

    assert_int_equal(open_with(f, two, 1, &err), RC_OK);
    f->config.reading_only = true;
    assert_int_equal(open_with(f, two, 2, &err), RC_CONFLICT);
    assert_string_equal(err.type, "store-older");
    assert_int_equal(open_with(f, two, 1, &err), RC_OK);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM store_migration"), 1);
}

/* The program's own: every statement of every folder, after every migration. */
static void
the_programs_own_schema_and_statements_fit(void **state)
{
    struct fixture *f = *state;

    f->config.stmts = NULL;
    f->config.migrations = NULL;
    f->config.stmt_count = 0;
    fixture_open(f);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM store_migration"), migration_table_count);
    assert_true(stmt_table_count > 0);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_fixture, remove_fixture)
    const struct CMUnitTest tests[] = {
        TEST(each_migration_runs_once),
        TEST(a_lower_number_that_came_later_runs_too),
        TEST(a_store_of_a_newer_program_is_left_alone),
        TEST(a_migration_edited_after_it_ran_is_noticed),
        TEST(a_migration_that_fails_leaves_nothing_and_says_its_name),
        TEST(only_looking_runs_no_migration),
        TEST(the_programs_own_schema_and_statements_fit),
    };
#undef TEST

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "migrations on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "migrations on PostgreSQL");
    }
    return failed;
}
