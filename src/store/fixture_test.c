#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/fixture.h"

static enum fixture_kind kind;

/* Everything that a migration can make, as one number that changes with any of it. */
static const char schema_sqlite[] =
    "SELECT COUNT(*) * 1000000 + SUM(length(name) + length(COALESCE(sql, ''))) FROM sqlite_master";
static const char schema_postgres[] =
    "SELECT ('x' || substr(md5(string_agg(what, '|' ORDER BY what COLLATE \"C\")), 1, 15))::bit(60)::bigint FROM ("
    "SELECT 'column ' || attrelid::regclass || ' ' || attname || ' ' || atttypid || ' ' || attnotnull AS what FROM pg_attribute "
    "WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) AND NOT attisdropped "
    "UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' "
    "UNION ALL SELECT 'rule ' || conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace "
    "UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
    "UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace) AS all_of_it";

static int64_t
schema(const struct fixture *f)
{
    return fixture_int(f, kind == FIXTURE_POSTGRES ? schema_postgres : schema_sqlite);
}

static void
a_copy_has_what_the_migrations_make(void **state)
{
    static const char *const same[] = {
        "SELECT COUNT(*) FROM store_migration",
        "SELECT SUM(checksum % 1000003) FROM store_migration",
        "SELECT COUNT(*) FROM store_mark",
    };
    struct fixture migrated, copy;

    (void)state;
    fixture_make(&migrated, kind);
    fixture_open(&migrated);
    fixture_new(&copy, kind);
    assert_true(fixture_int(&migrated, same[0]) == migration_table_count);
    assert_true(schema(&migrated) == schema(&copy));
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_true(fixture_int(&migrated, same[i]) == fixture_int(&copy, same[i]));
    }
    fixture_sql(&copy, "CREATE TABLE stray (id INTEGER)");
    assert_false(schema(&migrated) == schema(&copy));
    fixture_remove(&copy);
    fixture_remove(&migrated);
}

/* Rows and tables alike, of a test that is over and of one that runs at the same time. */
static void
what_one_store_is_given_no_other_sees(void **state)
{
    static const char rows[] = "SELECT COUNT(*) FROM store_mark WHERE number = 7";
    struct fixture before, beside, after;

    (void)state;
    fixture_new(&before, kind);
    fixture_new(&beside, kind);
    int64_t untouched = schema(&before);
    fixture_sql(&before, "INSERT INTO store_mark (number, times) VALUES (7, 7)");
    fixture_sql(&before, "CREATE TABLE stray (id INTEGER)");
    assert_true(fixture_int(&before, rows) == 1);
    assert_true(fixture_int(&beside, rows) == 0 && schema(&beside) == untouched);
    fixture_remove(&before);
    fixture_new(&after, kind);
    assert_true(fixture_int(&after, rows) == 0 && schema(&after) == untouched);
    fixture_remove(&after);
    fixture_remove(&beside);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_has_what_the_migrations_make),
        cmocka_unit_test(what_one_store_is_given_no_other_sees),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "fixture on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "fixture on PostgreSQL");
    }
    return failed;
}
