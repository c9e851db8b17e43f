#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/fixture.h"
#include "store/sqlite.h"

/* Locks, limits and files of the SQLite driver; what both databases do is in store_test.c. */

enum { PAIR_ADD, PAIR_GET, PAIR_COUNT, PAIR_FILL };

static const struct stmt stmts[] = {
    [PAIR_ADD] = {"PAIR_ADD", "INSERT INTO pair (a, b) VALUES (?1, ?2)",
                  "INSERT INTO pair (a, b) VALUES ($1, $2)", PAIR_ADD, 2, true},
    [PAIR_GET] = {"PAIR_GET", "SELECT b FROM pair WHERE a = ?1", "SELECT b FROM pair WHERE a = $1",
                  PAIR_GET, 1, false},
    [PAIR_COUNT] = {"PAIR_COUNT", "SELECT COUNT(*) FROM pair", "SELECT COUNT(*) FROM pair",
                    PAIR_COUNT, 0, false},
    [PAIR_FILL] = {"PAIR_FILL",
                   "INSERT INTO pair (a, b) WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 "
                   "FROM n WHERE i < ?2) SELECT i, hex(zeroblob(500)) FROM n",
                   "", PAIR_FILL, 2, true},
};
static const struct stmt *const table[] = {&stmts[PAIR_ADD], &stmts[PAIR_GET], &stmts[PAIR_COUNT],
                                           &stmts[PAIR_FILL]};
static const struct migration migrations[] = {
    {1, "0001-pair.sql",
     "CREATE TABLE pair (a INTEGER PRIMARY KEY NOT NULL, b TEXT NOT NULL) STRICT;"
     "CREATE INDEX pair_length ON pair (length(b));",
     "CREATE TABLE pair (a BIGINT PRIMARY KEY NOT NULL, b TEXT NOT NULL);"},
};

static int
make_fixture(void **state)
{
    struct fixture *f = mem_new(1, sizeof(*f));

    fixture_make(f, FIXTURE_SQLITE);
    f->config.stmts = table;
    f->config.stmt_count = 4;
    f->config.migrations = migrations;
    f->config.migration_count = 1;
    *state = f;
    return 0;
}

static int
open_fixture(void **state)
{
    (void)make_fixture(state);
    fixture_open(*state);
    return 0;
}

static int
remove_fixture(void **state)
{
    fixture_remove(*state);
    mem_free(*state);
    return 0;
}

static enum rc
no_row(const struct row *row, void *ctx, struct err *err)
{
    (void)row, (void)ctx, (void)err;
    return RC_OK;
}

struct range {
    int64_t from, to;
};

static enum rc
fill(struct tx *tx, void *ctx, struct err *err)
{
    const struct range *r = ctx;

    return tx_run(tx, &stmts[PAIR_FILL], VALUES(V_INT(r->from), V_INT(r->to)), NULL, NULL, err);
}

/* --- the three locks, each by itself --------------------------------------------------------- */

static void
the_first_lock_a_statement_that_writes_is_not_for_reading(void **state)
{
    const struct fixture *f = *state;
    struct err err;

    assert_int_equal(store_read(&f->db, &stmts[PAIR_ADD], VALUES(V_INT(1), V_TEXT(STR("b"))),
                                no_row, NULL, &err),
                     RC_DENIED);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM pair"), 0);
}

/* The authorizer taken off, so that only the way in which the file was opened can refuse. */
static void
the_second_lock_the_connection_is_read_only(void **state)
{
    const struct fixture *f = *state;
    struct conn *c = NULL;
    sqlite3 *db;
    struct err err;

    assert_int_equal(driver_sqlite.open(&f->config, false, &c, &err), RC_OK);
    db = sqlite_handle(c);
    assert_int_equal(sqlite3_set_authorizer(db, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO pair (a, b) VALUES (1, 'x')", NULL, NULL, NULL),
                     SQLITE_READONLY);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE pair", NULL, NULL, NULL), SQLITE_READONLY);
    assert_int_equal(sqlite3_db_readonly(db, "main"), 1);
    driver_sqlite.close(c);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM pair"), 0);
}

/* The same authorizer on a connection that may write: nothing but reading can be prepared. */
static void
the_third_lock_the_authorizer_refuses_all_but_reading(void **state)
{
    static const char *const refused[] = {
        "INSERT INTO pair (a, b) VALUES (1, 'x')",
        "UPDATE pair SET b = 'x'",
        "DELETE FROM pair",
        "WITH n (i) AS (SELECT 1) INSERT INTO pair (a, b) SELECT i, 'x' FROM n",
        "CREATE TABLE other (a INTEGER)",
        "CREATE TEMP TABLE other (a INTEGER)",
        "CREATE VIEW v AS SELECT 1",
        "DROP TABLE pair",
        "ALTER TABLE pair ADD COLUMN c TEXT",
        "PRAGMA user_version = 3",
        "PRAGMA writable_schema = 1",
        "ATTACH ':memory:' AS other",
        "VACUUM INTO '/tmp/never'",
        "REINDEX",
        "ANALYZE",
        "BEGIN IMMEDIATE",
        "SAVEPOINT s",
        "SELECT load_extension('x')",
    };
    static const char *const allowed[] = {
        "SELECT a, upper(b) FROM pair WHERE a IN (SELECT 1 UNION SELECT 2) ORDER BY b LIMIT 3",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
        "SELECT COUNT(*), json_extract('{\"a\":1}', '$.a') FROM pair",
    };
    const struct fixture *f = *state;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(f->where, &db), SQLITE_OK);
    assert_int_equal(sqlite3_set_authorizer(db, sqlite_reading_only, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        int code = sqlite3_exec(db, refused[i], NULL, NULL, NULL);
        if (code != SQLITE_AUTH && strstr(sqlite3_errmsg(db), "not authorized") == NULL) {
            fail_msg("was not refused: %s (%s)", refused[i], sqlite3_errmsg(db));
        }
    }
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        if (sqlite3_exec(db, allowed[i], NULL, NULL, NULL) != SQLITE_OK) {
            fail_msg("was refused: %s (%s)", allowed[i], sqlite3_errmsg(db));
        }
    }
    (void)sqlite3_close(db);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM pair"), 0);
}

/* --- statements that do not fit -------------------------------------------------------------- */

static void
a_statement_that_does_not_fit_stops_the_start_with_its_name(void **state)
{
    static const struct {
        struct stmt stmt;
        enum rc rc;
        const char *text;
    } cases[] = {
        {{"TYPO", "SELEC 1", "", 0, 0, false}, RC_INVALID, "TYPO: near \"SELEC\""},
        {{"NO_TABLE", "SELECT a FROM nowhere", "", 0, 0, false}, RC_INVALID, "NO_TABLE: no such table"},
        {{"NO_COLUMN", "UPDATE pair SET c = 1", "", 0, 0, true}, RC_INVALID, "NO_COLUMN: no such column"},
        {{"TWO", "SELECT 1; SELECT 2", "", 0, 0, false}, RC_INVALID, "TWO: not exactly one"},
        {{"NONE", " ", "", 0, 0, false}, RC_INVALID, "NONE: not exactly one"},
        {{"PARAMS", "SELECT ?1, ?3", "", 0, 2, false}, RC_INVALID, "PARAMS: its parameters"},
        {{"QUOTES", "SELECT \"b\" || \"text\" FROM pair", "", 0, 0, false}, RC_INVALID, "no such column"},
        {{"LIAR", "DELETE FROM pair", "", 0, 0, false}, RC_INVALID, "LIAR writes"},
    };
    struct fixture *f = *state;
    struct err err;

    f->config.stmt_count = 1;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct stmt *const one[] = {&cases[i].stmt};
        f->config.stmts = one;
        assert_int_equal(store_open(&f->config, &f->db.store, &err), cases[i].rc);
        if (strstr(err.text, cases[i].text) == NULL) {
            fail_msg("case %zu says: %s", i, err.text);
        }
        assert_null(f->db.store);
    }
}

/* A statement that lies about writing passes no reading connection either. */
static void
a_reading_connection_does_not_even_prepare_a_write(void **state)
{
    static const struct stmt liar = {"LIAR", "DELETE FROM pair", "", 0, 0, false};
    static const struct stmt *const one[] = {&liar};
    struct fixture *f = *state;
    struct conn *c = NULL;
    struct err err;

    f->config.stmts = one;
    f->config.stmt_count = 1;
    assert_int_equal(driver_sqlite.open(&f->config, false, &c, &err), RC_OK);
    assert_int_equal(driver_sqlite.prepare(c, &err), RC_INVALID);
    assert_non_null(strstr(err.text, "not authorized"));
    driver_sqlite.close(c);
}

/* --- files ----------------------------------------------------------------------------------- */

static void
the_files_are_for_their_owner_alone(void **state)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-lock"};
    const struct fixture *f = *state;
    char path[600];
    struct stat st;

    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof(path), "%s%s", f->where, endings[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void
the_writer_is_durable_and_careful(void **state)
{
    static const struct {
        const char *sql;
        int64_t value;
    } cases[] = {
        {"PRAGMA synchronous", 2},    {"PRAGMA foreign_keys", 1},       {"PRAGMA trusted_schema", 0},
        {"PRAGMA temp_store", 2},     {"PRAGMA wal_autocheckpoint", 0}, {"PRAGMA cell_size_check", 1},
        {"SELECT 'a' LIKE 'A'", 0},
    };
    struct fixture *f = *state;
    struct conn *c = NULL;
    struct err err;

    fixture_close(f);
    assert_int_equal(driver_sqlite.open(&f->config, true, &c, &err), RC_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct one_int one = {0};
        assert_int_equal(driver_sqlite.query(c, cases[i].sql, NO_VALUES, one_int_take, &one, &err),
                         RC_OK);
        assert_int_equal(one.value, cases[i].value);
    }
    /* Defensive: the schema cannot be written as a table. */
    (void)sqlite3_exec(sqlite_handle(c), "PRAGMA writable_schema = ON", NULL, NULL, NULL);
    assert_int_equal(driver_sqlite.script(c, "DELETE FROM sqlite_schema", &err), RC_INVALID);
    driver_sqlite.close(c);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"),
                     1);
}

static void
what_is_no_database_is_said_to_be_corrupt(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->where, "w");
    struct err err;

    assert_non_null(file);
    for (int i = 0; i < 500; i++) {
        (void)fputs("this is a letter, not a database\n", file);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(store_open(&f->config, &f->db.store, &err), RC_CORRUPT);
}

static void
a_folder_that_is_missing_is_said_with_its_path(void **state)
{
    struct fixture *f = *state;
    struct err err;

    f->config.where = "/nowhere/at/all.db";
    assert_int_equal(store_open(&f->config, &f->db.store, &err), RC_IO);
    assert_non_null(strstr(err.text, "/nowhere/at/all.db"));
}

/* Another process, because a lock on a file knows processes. */
static void
a_second_process_may_look_and_not_write(void **state)
{
    struct fixture *f = *state;
    struct err err;
    int status;
    pid_t child;

    assert_int_equal(store_write(&f->db, fill, &(struct range){1, 10}, &err), RC_OK);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fixture other = *f;
        int64_t count = 0;
        bool right = store_open(&other.config, &other.db.store, &err) == RC_CONFLICT &&
                     strcmp(err.type, "store-in-use") == 0;
        other.config.reading_only = true;
        right = right && store_open(&other.config, &other.db.store, &err) == RC_OK &&
                store_read_int(&other.db, &stmts[PAIR_COUNT], NO_VALUES, &count, &err) == RC_OK &&
                count == 10 &&
                store_write(&other.db, fill, &(struct range){11, 12}, &err) == RC_DENIED;
        _exit(right ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(store_write(&f->db, fill, &(struct range){11, 12}, &err), RC_OK);
}

/* --- the WAL --------------------------------------------------------------------------------- */

static off_t
wal_size(const struct fixture *f)
{
    char path[600];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%s-wal", f->where);
    return stat(path, &st) == 0 ? st.st_size : 0;
}

/* Far more is written than the WAL may hold; it starts again from its beginning whenever nobody reads. */
static void
the_wal_does_not_grow_with_what_is_written(void **state)
{
    const struct fixture *f = *state;
    struct err err;

    for (int64_t i = 0; i < 60; i++) {
        struct range r = {i * 1000, i * 1000 + 999}; /* about 1 MiB */
        assert_int_equal(store_write(&f->db, fill, &r, &err), RC_OK);
    }
    assert_true(wal_size(f) > 0);
    assert_true(wal_size(f) < (off_t)24 << 20);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM pair"), 60000);
}

static void
closing_folds_the_wal_into_the_file(void **state)
{
    struct fixture *f = *state;
    struct err err;

    assert_int_equal(store_write(&f->db, fill, &(struct range){1, 1000}, &err), RC_OK);
    assert_true(wal_size(f) > 0);
    fixture_close(f);
    assert_int_equal(wal_size(f), 0);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM pair"), 1000);
}

int
main(void)
{
#define CLOSED(name) cmocka_unit_test_setup_teardown(name, make_fixture, remove_fixture)
#define OPEN(name) cmocka_unit_test_setup_teardown(name, open_fixture, remove_fixture)
    const struct CMUnitTest tests[] = {
        OPEN(the_first_lock_a_statement_that_writes_is_not_for_reading),
        OPEN(the_second_lock_the_connection_is_read_only),
        OPEN(the_third_lock_the_authorizer_refuses_all_but_reading),
        CLOSED(a_statement_that_does_not_fit_stops_the_start_with_its_name),
        OPEN(a_reading_connection_does_not_even_prepare_a_write),
        OPEN(the_files_are_for_their_owner_alone),
        OPEN(the_writer_is_durable_and_careful),
        CLOSED(what_is_no_database_is_said_to_be_corrupt),
        CLOSED(a_folder_that_is_missing_is_said_with_its_path),
        OPEN(a_second_process_may_look_and_not_write),
        OPEN(the_wal_does_not_grow_with_what_is_written),
        OPEN(closing_folds_the_wal_into_the_file),
    };
#undef CLOSED
#undef OPEN

    return cmocka_run_group_tests(tests, NULL, NULL);
}
