#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/fixture.h"
#include "store/postgres.h"

/* What only a server can do to us: end connections, answer late, belong to somebody else. */

enum { ROW_ADD, ROW_COUNT, ROW_SLEEP, ROW_NUMBER, ROW_ONE };

static const struct stmt stmts[] = {
    [ROW_ADD] = {"ROW_ADD", "", "INSERT INTO entry (id) VALUES ($1)", ROW_ADD, 1, true},
    [ROW_COUNT] = {"ROW_COUNT", "", "SELECT COUNT(*) FROM entry", ROW_COUNT, 0, false},
    [ROW_SLEEP] = {"ROW_SLEEP", "", "SELECT COUNT(*) FROM pg_sleep($1::bigint)", ROW_SLEEP, 1, false},
    [ROW_NUMBER] = {"ROW_NUMBER", "", "SELECT CAST($1 AS NUMERIC)", ROW_NUMBER, 1, false},
    [ROW_ONE] = {"ROW_ONE", "", "SELECT id FROM entry WHERE id = $1", ROW_ONE, 1, false},
};
static const struct stmt *const table[] = {&stmts[ROW_ADD], &stmts[ROW_COUNT], &stmts[ROW_SLEEP],
                                           &stmts[ROW_NUMBER], &stmts[ROW_ONE]};
static const struct migration migrations[] = {
    {1, "0001-entry.sql", "", "CREATE TABLE entry (id BIGINT PRIMARY KEY NOT NULL);"},
};

static int
make_fixture(void **state)
{
    struct fixture *f = mem_new(1, sizeof(*f));

    fixture_make(f, FIXTURE_POSTGRES);
    f->config.stmts = table;
    f->config.stmt_count = 5;
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

static const char end_all[] = "SELECT COUNT(pg_terminate_backend(pid, 9000)) FROM pg_stat_activity "
                              "WHERE datname = current_database() AND pid <> pg_backend_pid()";

static enum rc
add_row(struct tx *tx, void *ctx, struct err *err)
{
    return tx_run(tx, &stmts[ROW_ADD], VALUES(V_INT(*(const int64_t *)ctx)), NULL, NULL, err);
}

static enum rc
write_row(const struct fixture *f, int64_t id, struct err *err)
{
    return store_write(&f->db, add_row, &id, err);
}

static int64_t
count_rows(const struct fixture *f)
{
    struct err err;
    int64_t count = -1;

    if (store_read_int(&f->db, &stmts[ROW_COUNT], NO_VALUES, &count, &err) != RC_OK) {
        fail_msg("count: %s", err.text);
    }
    return count;
}

/* --- values and locks ------------------------------------------------------------------------ */

static void
whole_numbers_come_out_of_numeric(void **state)
{
    static const int64_t cases[] = {0,     1,         -1,         9999,          10000,    -10000,
                                    10001, 100000000, 1234567890, 1000000000000, INT64_MAX, INT64_MIN};
    const struct fixture *f = *state;
    struct err err;
    int64_t got;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            store_read_int(&f->db, &stmts[ROW_NUMBER], VALUES(V_INT(cases[i])), &got, &err), RC_OK);
        assert_int_equal(got, cases[i]);
    }
}

static void
a_value_of_the_wrong_kind_is_refused_with_its_number(void **state)
{
    const struct fixture *f = *state;
    struct err err;
    int64_t got;

    assert_int_equal(store_read_int(&f->db, &stmts[ROW_ONE], VALUES(V_TEXT(STR("1"))), &got, &err),
                     RC_INVALID);
    assert_non_null(strstr(err.text, "ROW_ONE: ?1"));
}

/* By a connection of the driver's own, so that only the session's setting can refuse. */
static void
a_reading_connection_cannot_write(void **state)
{
    const struct fixture *f = *state;
    struct conn *c = NULL;
    struct err err;

    assert_int_equal(driver_postgres.open(&f->config, false, &c, &err), RC_OK);
    assert_int_equal(driver_postgres.script(c, "INSERT INTO entry (id) VALUES (1)", &err), RC_DENIED);
    assert_int_equal(driver_postgres.script(c, "DROP TABLE entry", &err), RC_DENIED);
    driver_postgres.close(c);
    assert_int_equal(count_rows(f), 0);
}

static void
a_reading_connection_starts_no_other_processes(void **state)
{
    struct fixture *f = *state;
    PGconn *pg;
    PGresult *r;
    struct err err;

    assert_int_equal(postgres_connect(f->where, false, &pg, &err), RC_OK);
    r = PQexec(pg, "SELECT current_setting('max_parallel_workers_per_gather'), current_setting('jit')");
    assert_string_equal(PQgetvalue(r, 0, 0), "0");
    assert_string_equal(PQgetvalue(r, 0, 1), "off");
    PQclear(r);
    PQfinish(pg);
}

static void
a_statement_that_does_not_fit_stops_the_start_with_its_name(void **state)
{
    static const struct {
        struct stmt stmt;
        const char *text;
    } cases[] = {
        {{"TYPO", "", "SELEC 1", 0, 0, false}, "TYPO: syntax error"},
        {{"NO_TABLE", "", "SELECT a FROM nowhere", 0, 0, false}, "NO_TABLE: relation"},
        {{"PARAMS", "", "SELECT $1::text, $3::text", 0, 2, false}, "PARAMS: "},
        {{"REAL", "", "SELECT 1.5::float8 AS half", 0, 0, false}, "REAL: column half"},
        {{"TWO", "", "SELECT 1; SELECT 2", 0, 0, false}, "TWO: cannot insert multiple"},
    };
    static const struct stmt fine = {"FINE", "", "SELECT 1", 1, 0, false};
    struct fixture *f = *state;
    struct err err;

    f->config.stmt_count = 2;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct stmt *const two[] = {&cases[i].stmt, &fine};
        f->config.stmts = two;
        assert_int_equal(store_open(&f->config, &f->db.store, &err), RC_INVALID);
        if (strstr(err.text, cases[i].text) == NULL) {
            fail_msg("case %zu says: %s", i, err.text);
        }
    }
}

static void
more_statements_than_are_prepared_at_once_are_all_there(void **state)
{
    enum { MANY = 173 };
    static struct stmt many[MANY];
    static const struct stmt *pointers[MANY];
    static char names[MANY][24], texts[MANY][40];
    struct fixture *f = *state;
    struct err err;

    for (uint16_t i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "MANY_%d", i);
        (void)snprintf(texts[i], sizeof(texts[i]), "SELECT %d", i);
        many[i] = (struct stmt){.name = names[i], .postgres = texts[i], .index = i};
        pointers[i] = &many[i];
    }
    f->config.stmts = pointers;
    f->config.stmt_count = MANY;
    fixture_open(f);
    for (int i = 0; i < MANY; i++) {
        int64_t got = -1;
        assert_int_equal(store_read_int(&f->db, &many[i], NO_VALUES, &got, &err), RC_OK);
        assert_int_equal(got, i);
    }
}

static void
a_database_that_does_not_sort_as_bytes_is_refused(void **state)
{
    struct fixture *f = *state, other;
    struct err err;
    char sql[200], where[600];

    fixture_make(&other, FIXTURE_POSTGRES);
    (void)snprintf(sql, sizeof(sql),
                   "CREATE DATABASE \"%s_icu\" TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu "
                   "ICU_LOCALE 'zh' LOCALE 'C'",
                   other.database);
    fixture_sql(&other, sql);
    (void)snprintf(where, sizeof(where), "%s dbname=%s_icu", other.where, other.database);
    f->config.where = where;
    assert_int_equal(store_open(&f->config, &f->db.store, &err), RC_INVALID);
    assert_string_equal(err.type, "database-kind");
    (void)snprintf(sql, sizeof(sql), "DROP DATABASE \"%s_icu\" WITH (FORCE)", other.database);
    fixture_sql(&other, sql);
    fixture_remove(&other);
}

static void
only_one_node_writes_to_a_database(void **state)
{
    struct fixture *f = *state;
    struct fixture other = *f;
    struct err err;
    int64_t count;

    assert_int_equal(write_row(f, 1, &err), RC_OK);
    assert_int_equal(store_open(&other.config, &other.db.store, &err), RC_CONFLICT);
    assert_string_equal(err.type, "store-in-use");
    other.config.reading_only = true;
    assert_int_equal(store_open(&other.config, &other.db.store, &err), RC_OK);
    assert_int_equal(store_read_int(&other.db, &stmts[ROW_COUNT], NO_VALUES, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(write_row(&other, 2, &err), RC_DENIED);
    fixture_close(&other);
}

static void
a_server_that_is_not_there_is_said_so(void **state)
{
    struct store_config config = {.where = "postgres:host=127.0.0.1 port=1 dbname=x user=x",
                                  .readers = 1,
                                  .queue_max = 1,
                                  .stmts = table,
                                  .migrations = migrations};
    struct store *s = NULL;
    struct err err;

    (void)state;
    assert_int_equal(store_open(&config, &s, &err), RC_IO);
    assert_non_null(strstr(err.text, "PostgreSQL"));
}

/* --- connections that end -------------------------------------------------------------------- */

static void
idle_connections_that_ended_are_made_again_unnoticed(void **state)
{
    const struct fixture *f = *state;
    struct err err;

    assert_int_equal(write_row(f, 1, &err), RC_OK);
    for (int64_t round = 2; round < 5; round++) {
        fixture_sql(f, end_all);
        assert_int_equal(count_rows(f), round - 1);
        assert_int_equal(write_row(f, round, &err), RC_OK);
        assert_int_equal(count_rows(f), round);
    }
    assert_true(store_look(f->db.store).alive);
}

struct cut {
    const struct fixture *f;
    bool done;
};

/* The connection ends between two statements of one write. */
static enum rc
cut_in_the_middle(struct tx *tx, void *ctx, struct err *err)
{
    struct cut *cut = ctx;
    int64_t first = 10, second = 11;
    enum rc rc = add_row(tx, &first, err);

    if (rc == RC_OK && !cut->done) {
        cut->done = true;
        fixture_sql(cut->f, end_all);
    }
    return rc == RC_OK ? add_row(tx, &second, err) : rc;
}

static void
a_connection_that_ends_in_the_middle_undoes_the_write(void **state)
{
    const struct fixture *f = *state;
    struct cut cut = {.f = f};
    struct err err;

    assert_int_equal(store_write(&f->db, cut_in_the_middle, &cut, &err), RC_IO);
    assert_true(cut.done);
    assert_int_equal(count_rows(f), 0);
    /* And the node goes on: the next write finds a new connection. */
    assert_int_equal(store_write(&f->db, cut_in_the_middle, &cut, &err), RC_OK);
    assert_int_equal(count_rows(f), 2);
}

/*
 * A trigger that ends its own session as the transaction commits: the answer to COMMIT is lost.  Deferred to the
 * commit it runs before it, so the transaction is gone; settle must find that out.
 */
static void
a_commit_without_an_answer_is_asked_about_and_was_not_kept(void **state)
{
    const struct fixture *f = *state;
    struct err err;

    fixture_sql(f, "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                   "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
                   "CREATE CONSTRAINT TRIGGER cut_late AFTER INSERT ON entry DEFERRABLE INITIALLY "
                   "DEFERRED FOR EACH ROW WHEN (NEW.id = 66) EXECUTE FUNCTION cut();");
    assert_int_equal(write_row(f, 66, &err), RC_IO);
    assert_int_equal(count_rows(f), 0);
    assert_int_equal(write_row(f, 67, &err), RC_OK);
}

/* The driver by hand: the commit happens, and the connection is lost before we hear of it. */
static void
a_commit_without_an_answer_is_asked_about_and_was_kept(void **state)
{
    struct fixture *f = *state;
    const struct driver *d = &driver_postgres;
    struct conn *c = NULL;
    struct row row;
    struct err err;
    bool kept = false;

    fixture_close(f);
    assert_int_equal(d->open(&f->config, true, &c, &err), RC_OK);
    assert_int_equal(d->prepare(c, &err), RC_OK);
    for (int64_t id = 1; id <= 2; id++) {
        assert_int_equal(d->control(c, CONTROL_BEGIN, &err), RC_OK);
        assert_int_equal(d->start(c, &stmts[ROW_ADD], VALUES(V_INT(id)), NULL, &row, &err), RC_OK);
        d->finish(&row);
        if (id == 1) {
            assert_int_equal(d->control(c, CONTROL_COMMIT, &err), RC_OK);
        }
        fixture_sql(f, end_all);
        assert_int_equal(d->control(c, CONTROL_COMMIT, &err), RC_IO);
        assert_false(d->in_transaction(c));
        assert_int_equal(d->settle(c, &kept, &err), RC_OK);
        assert_int_equal(kept, id == 1); /* the second was never committed */
        assert_true(d->alive(c));
    }
    d->close(c);
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM entry"), 1);
}

/* --- waiting --------------------------------------------------------------------------------- */

struct hook {
    sem_t resumed;
    atomic_int fd_waits;
};

static void
hook_suspend(void *ctx)
{
    struct hook *h = ctx;

    assert_int_equal(sem_wait(&h->resumed), 0);
}

static void
hook_resume(void *ctx)
{
    struct hook *h = ctx;

    (void)sem_post(&h->resumed);
}

static bool
hook_wait_fd(void *ctx, int fd, int events, int timeout_ms)
{
    struct hook *h = ctx;
    struct pollfd p = {.fd = fd, .events = (short)((events & 1 ? POLLIN : 0) | (events & 2 ? POLLOUT : 0))};

    (void)atomic_fetch_add(&h->fd_waits, 1);
    return poll(&p, 1, timeout_ms) > 0;
}

struct sleeper {
    pthread_t thread;
    struct db db;
    struct hook hook;
    int64_t seconds;
    enum rc rc;
    struct err err;
};

static void *
sleep_in_database(void *ctx)
{
    struct sleeper *s = ctx;
    int64_t got;

    s->rc = store_read_int(&s->db, &stmts[ROW_SLEEP], VALUES(V_INT(s->seconds)), &got, &s->err);
    return NULL;
}

static void
start_sleeper(struct sleeper *s, const struct fixture *f, int64_t seconds)
{
    *s = (struct sleeper){.db = f->db, .seconds = seconds};
    assert_int_equal(sem_init(&s->hook.resumed, 0, 0), 0);
    s->db.wait = (struct store_wait){&s->hook, hook_suspend, hook_resume, hook_wait_fd};
    assert_int_equal(pthread_create(&s->thread, NULL, sleep_in_database, s), 0);
}

/* Two connections, five readers: three stand in the queue, all through their hooks. */
static void
readers_wait_through_their_hooks_for_answers_and_connections(void **state)
{
    const struct fixture *f = *state;
    struct sleeper sleepers[5];

    for (int i = 0; i < 5; i++) {
        start_sleeper(&sleepers[i], f, i == 0);
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(pthread_join(sleepers[i].thread, NULL), 0);
        assert_int_equal(sleepers[i].rc, RC_OK);
        assert_true(atomic_load(&sleepers[i].hook.fd_waits) > 0);
    }
}

static void
a_reader_that_found_no_connection_in_time_is_busy(void **state)
{
    struct fixture *f = *state;
    struct sleeper first, second;
    struct err err;
    int64_t got;

    fixture_close(f);
    f->config.readers = 1;
    f->config.busy_ms = 50;
    fixture_open(f);
    start_sleeper(&first, f, 2);
    while (atomic_load(&first.hook.fd_waits) == 0) {
        (void)sched_yield();
    }
    /* A thread has its own timer; a caller with hooks is sent away by the next event, here the first one's end. */
    assert_int_equal(store_read_int(&f->db, &stmts[ROW_COUNT], NO_VALUES, &got, &err), RC_BUSY);
    start_sleeper(&second, f, 0);
    assert_int_equal(pthread_join(first.thread, NULL), 0);
    assert_int_equal(pthread_join(second.thread, NULL), 0);
    assert_int_equal(first.rc, RC_OK);
    assert_int_equal(second.rc, RC_BUSY);
    assert_int_equal(count_rows(f), 0);
}

static bool
never_ready(void *ctx, int fd, int events, int timeout_ms)
{
    (void)ctx, (void)fd, (void)events, (void)timeout_ms;
    return false;
}

/* The connection is in the middle of an answer, so it cannot be used again; another one is made. */
static void
a_server_that_is_silent_is_a_timeout_and_costs_one_connection(void **state)
{
    const struct fixture *f = *state;
    struct hook hook = {.fd_waits = 0};
    struct db db = f->db;
    struct err err;
    int64_t got;

    assert_int_equal(sem_init(&hook.resumed, 0, 0), 0);
    db.wait = (struct store_wait){&hook, hook_suspend, hook_resume, never_ready};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(store_read_int(&db, &stmts[ROW_SLEEP], VALUES(V_INT(1)), &got, &err), RC_TIMEOUT);
        assert_int_equal(count_rows(f), 0);
    }
}

int
main(void)
{
#define CLOSED(name) cmocka_unit_test_setup_teardown(name, make_fixture, remove_fixture)
#define OPEN(name) cmocka_unit_test_setup_teardown(name, open_fixture, remove_fixture)
    const struct CMUnitTest tests[] = {
        OPEN(whole_numbers_come_out_of_numeric),
        OPEN(a_value_of_the_wrong_kind_is_refused_with_its_number),
        OPEN(a_reading_connection_cannot_write),
        OPEN(a_reading_connection_starts_no_other_processes),
        CLOSED(a_statement_that_does_not_fit_stops_the_start_with_its_name),
        CLOSED(more_statements_than_are_prepared_at_once_are_all_there),
        CLOSED(a_database_that_does_not_sort_as_bytes_is_refused),
        OPEN(only_one_node_writes_to_a_database),
        OPEN(idle_connections_that_ended_are_made_again_unnoticed),
        OPEN(a_connection_that_ends_in_the_middle_undoes_the_write),
        OPEN(a_commit_without_an_answer_is_asked_about_and_was_not_kept),
        OPEN(a_commit_without_an_answer_is_asked_about_and_was_kept),
        OPEN(readers_wait_through_their_hooks_for_answers_and_connections),
        OPEN(a_reader_that_found_no_connection_in_time_is_busy),
        OPEN(a_server_that_is_silent_is_a_timeout_and_costs_one_connection),
    };
#undef CLOSED
#undef OPEN
    const struct CMUnitTest without[] = {cmocka_unit_test(a_server_that_is_not_there_is_said_so)};
    int failed = cmocka_run_group_tests_name("without a server", without, NULL, NULL);

    if (fixture_has_postgres()) {
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed;
}
