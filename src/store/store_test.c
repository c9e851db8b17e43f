#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/fixture.h"

/* A small schema of the tests' own. */
enum { NOTE_ADD, NOTE_GET, NOTE_COUNT, NOTE_ALL, NOTE_DROP, NOTE_SET, LATE_ADD, KIDS_OF, KID_ADD, NOTE_SUM };

static const struct stmt stmts[] = {
    [NOTE_ADD] = {"NOTE_ADD", "INSERT INTO note (id, body, bytes) VALUES (?1, ?2, ?3)",
                  "INSERT INTO note (id, body, bytes) VALUES ($1, $2, $3)", NOTE_ADD, 3, true},
    [NOTE_GET] = {"NOTE_GET", "SELECT id, body, bytes FROM note WHERE id = ?1",
                  "SELECT id, body, bytes FROM note WHERE id = $1", NOTE_GET, 1, false},
    [NOTE_COUNT] = {"NOTE_COUNT", "SELECT COUNT(*) FROM note", "SELECT COUNT(*) FROM note",
                    NOTE_COUNT, 0, false},
    [NOTE_ALL] = {"NOTE_ALL", "SELECT id FROM note ORDER BY id", "SELECT id FROM note ORDER BY id",
                  NOTE_ALL, 0, false},
    [NOTE_DROP] = {"NOTE_DROP", "DELETE FROM note WHERE id >= ?1 RETURNING id",
                   "DELETE FROM note WHERE id >= $1 RETURNING id", NOTE_DROP, 1, true},
    [NOTE_SET] = {"NOTE_SET", "UPDATE note SET body = ?2 WHERE id = ?1",
                  "UPDATE note SET body = $2 WHERE id = $1", NOTE_SET, 2, true},
    [LATE_ADD] = {"LATE_ADD", "INSERT INTO late (id, note) VALUES (?1, ?2)",
                  "INSERT INTO late (id, note) VALUES ($1, $2)", LATE_ADD, 2, true},
    [KIDS_OF] = {"KIDS_OF", "SELECT id FROM kid WHERE parent = ?1 ORDER BY id",
                 "SELECT id FROM kid WHERE parent = $1 ORDER BY id", KIDS_OF, 1, false},
    [KID_ADD] = {"KID_ADD", "INSERT INTO kid (id, parent) VALUES (?1, ?2)",
                 "INSERT INTO kid (id, parent) VALUES ($1, $2)", KID_ADD, 2, true},
    [NOTE_SUM] = {"NOTE_SUM", "SELECT SUM(id) FROM note", "SELECT SUM(id) FROM note", NOTE_SUM, 0,
                  false},
};

static const struct stmt *const table[] = {
    &stmts[NOTE_ADD], &stmts[NOTE_GET], &stmts[NOTE_COUNT], &stmts[NOTE_ALL], &stmts[NOTE_DROP],
    &stmts[NOTE_SET], &stmts[LATE_ADD], &stmts[KIDS_OF],    &stmts[KID_ADD],  &stmts[NOTE_SUM]};
enum { TABLE_COUNT = sizeof(table) / sizeof(table[0]) };

static const struct migration migrations[] = {
    {1, "0001-note.sql",
     "CREATE TABLE note (id INTEGER PRIMARY KEY NOT NULL, body TEXT UNIQUE, bytes BLOB) STRICT;",
     "CREATE TABLE note (id BIGINT PRIMARY KEY NOT NULL, body TEXT UNIQUE, bytes BYTEA);"},
    {2, "0002-late.sql",
     "CREATE TABLE late (id INTEGER PRIMARY KEY NOT NULL, note INTEGER NOT NULL REFERENCES note (id) "
     "DEFERRABLE INITIALLY DEFERRED) STRICT;"
     "CREATE TABLE kid (id INTEGER PRIMARY KEY NOT NULL, parent INTEGER NOT NULL) STRICT;",
     "CREATE TABLE late (id BIGINT PRIMARY KEY NOT NULL, note BIGINT NOT NULL REFERENCES note (id) "
     "DEFERRABLE INITIALLY DEFERRED);"
     "CREATE TABLE kid (id BIGINT PRIMARY KEY NOT NULL, parent BIGINT NOT NULL);"},
};

static enum fixture_kind kind;

static void
use_tables(struct fixture *f)
{
    f->config.stmts = table;
    f->config.stmt_count = TABLE_COUNT;
    f->config.migrations = migrations;
    f->config.migration_count = 2;
}

static int
open_fixture(void **state)
{
    struct fixture *f = mem_new(1, sizeof(*f));

    fixture_make(f, kind);
    use_tables(f);
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

/* --- small writes ---------------------------------------------------------------------------- */

struct note {
    int64_t id;
    const char *body;
};

static enum rc
add_note(struct tx *tx, void *ctx, struct err *err)
{
    const struct note *n = ctx;

    return tx_run(tx, &stmts[NOTE_ADD],
                  VALUES(V_INT(n->id), n->body == NULL ? V_NULL : V_TEXT(str_of(n->body)), V_NULL),
                  NULL, NULL, err);
}

static enum rc
write_note(const struct db *db, int64_t id, const char *body, struct err *err)
{
    struct note n = {id, body};

    return store_write(db, add_note, &n, err);
}

static int64_t
count_notes(const struct db *db)
{
    struct err err;
    int64_t count = -1;

    assert_int_equal(store_read_int(db, &stmts[NOTE_COUNT], NO_VALUES, &count, &err), RC_OK);
    return count;
}

/* --- values ---------------------------------------------------------------------------------- */

struct values_case {
    struct param id, body, bytes;
};

static enum rc
add_values(struct tx *tx, void *ctx, struct err *err)
{
    const struct values_case *c = ctx;

    return tx_run(tx, &stmts[NOTE_ADD], VALUES(c->id, c->body, c->bytes), NULL, NULL, err);
}

static enum rc
same_values(const struct row *row, void *ctx, struct err *err)
{
    const struct values_case *c = ctx;

    (void)err;
    assert_int_equal(row_int(row, 0), c->id.integer);
    assert_int_equal(row_is_null(row, 1), c->body.kind == PARAM_NULL);
    assert_int_equal(row_is_null(row, 2), c->bytes.kind == PARAM_NULL);
    assert_true(str_eq(row_text(row, 1), c->body.bytes));
    assert_true(str_eq(row_blob(row, 2), c->bytes.bytes));
    return RC_OK;
}

static void
every_kind_of_value_comes_back_as_it_was(void **state)
{
    const struct fixture *f = *state;
    struct values_case cases[] = {
        {V_INT(0), V_NULL, V_NULL},
        {V_INT(1), V_TEXT(STR("")), V_BLOB(STR(""))},
        {V_INT(INT64_MAX), V_TEXT(STR("餐饮服务 'x' \\ \"")), V_BLOB(STR("\0\x01\xFF\0"))},
        {V_INT(INT64_MIN), V_TEXT(STR("\xF0\xA0\x80\x80")), V_NULL},
    };
    struct err err;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(store_write(&f->db, add_values, &cases[i], &err), RC_OK);
        assert_int_equal(store_read(&f->db, &stmts[NOTE_GET], VALUES(cases[i].id), same_values,
                                    &cases[i], &err),
                         RC_OK);
    }
    assert_int_equal(count_notes(&f->db), sizeof(cases) / sizeof(cases[0]));
}

static void
a_text_with_nul_is_refused_on_both_databases(void **state)
{
    const struct fixture *f = *state;
    struct values_case c = {V_INT(1), V_TEXT(STR("a\0b")), V_NULL};
    struct err err;

    assert_int_equal(store_write(&f->db, add_values, &c, &err), RC_INVALID);
    assert_int_equal(count_notes(&f->db), 0);
}

static void
one_integer_is_read_or_said_to_be_missing(void **state)
{
    const struct fixture *f = *state;
    struct err err;
    int64_t got = 77;

    assert_int_equal(store_read_int(&f->db, &stmts[NOTE_GET], VALUES(V_INT(5)), &got, &err),
                     RC_NOT_FOUND);
    assert_int_equal(got, 77);
    assert_int_equal(write_note(&f->db, 5, NULL, &err), RC_OK);
    assert_int_equal(write_note(&f->db, 6, NULL, &err), RC_OK);
    assert_int_equal(store_read_int(&f->db, &stmts[NOTE_GET], VALUES(V_INT(5)), &got, &err), RC_OK);
    assert_int_equal(got, 5);
    assert_int_equal(store_read_int(&f->db, &stmts[NOTE_ALL], NO_VALUES, &got, &err), RC_CORRUPT);
    /* A sum is not of the columns' type on PostgreSQL. */
    assert_int_equal(store_read_int(&f->db, &stmts[NOTE_SUM], NO_VALUES, &got, &err), RC_OK);
    assert_int_equal(got, 11);
}

/* --- rules and failures ---------------------------------------------------------------------- */

static void
a_broken_rule_is_a_conflict_and_leaves_nothing(void **state)
{
    const struct fixture *f = *state;
    struct err err;

    assert_int_equal(write_note(&f->db, 1, "one", &err), RC_OK);
    assert_int_equal(write_note(&f->db, 1, "other", &err), RC_CONFLICT);
    assert_int_equal(write_note(&f->db, 2, "one", &err), RC_CONFLICT);
    assert_int_equal(count_notes(&f->db), 1);
}

/* Writes two rows and then fails by itself. */
static enum rc
write_and_change_mind(struct tx *tx, void *ctx, struct err *err)
{
    struct note a = {10, "ten"}, b = {11, "eleven"};

    (void)ctx;
    if (add_note(tx, &a, err) != RC_OK || add_note(tx, &b, err) != RC_OK) {
        return RC_IO;
    }
    return err_set(err, RC_DENIED, "changed my mind");
}

static void
what_fn_refuses_is_undone(void **state)
{
    const struct fixture *f = *state;
    struct err err;

    assert_int_equal(store_write(&f->db, write_and_change_mind, NULL, &err), RC_DENIED);
    assert_string_equal(err.text, "changed my mind");
    assert_int_equal(count_notes(&f->db), 0);
}

/* Goes on after a statement that failed, as if nothing had happened. */
static enum rc
ignore_a_failure(struct tx *tx, void *ctx, struct err *err)
{
    struct note again = {1, "again"}, fresh = {2, "fresh"};
    struct err ignored;

    (void)ctx, (void)err;
    assert_int_equal(add_note(tx, &again, &ignored), RC_CONFLICT);
    assert_int_equal(add_note(tx, &fresh, &ignored), RC_CONFLICT);
    return RC_OK;
}

static void
a_failure_that_fn_swallows_is_still_the_answer(void **state)
{
    const struct fixture *f = *state;
    struct err err;

    assert_int_equal(write_note(&f->db, 1, "one", &err), RC_OK);
    assert_int_equal(store_write(&f->db, ignore_a_failure, NULL, &err), RC_CONFLICT);
    assert_int_equal(count_notes(&f->db), 1);
}

struct drop {
    int64_t from;
    int64_t sum; /* of the ids that came back */
    int64_t changes;
};

static enum rc
sum_ids(const struct row *row, void *ctx, struct err *err)
{
    (void)err;
    *(int64_t *)ctx += row_int(row, 0);
    return RC_OK;
}

static enum rc
drop_notes(struct tx *tx, void *ctx, struct err *err)
{
    struct drop *d = ctx;
    enum rc rc;

    d->sum = 0;
    rc = tx_run(tx, &stmts[NOTE_DROP], VALUES(V_INT(d->from)), sum_ids, &d->sum, err);
    d->changes = tx_changes(tx);
    return rc;
}

static void
a_write_returns_rows_and_counts_what_it_touched(void **state)
{
    const struct fixture *f = *state;
    struct drop d = {.from = 3};
    struct err err;

    for (int i = 1; i <= 5; i++) {
        assert_int_equal(write_note(&f->db, i, NULL, &err), RC_OK);
    }
    assert_int_equal(store_write(&f->db, drop_notes, &d, &err), RC_OK);
    assert_int_equal(d.sum, 12);
    assert_int_equal(d.changes, 3);
    assert_int_equal(store_write(&f->db, drop_notes, &d, &err), RC_OK);
    assert_int_equal(d.changes, 0);
}

/* Read, decide, write: nobody can come between. */
static enum rc
add_next(struct tx *tx, void *ctx, struct err *err)
{
    int64_t count;
    enum rc rc = tx_int(tx, &stmts[NOTE_COUNT], NO_VALUES, &count, err);

    (void)ctx;
    return rc != RC_OK ? rc
                       : tx_run(tx, &stmts[NOTE_ADD], VALUES(V_INT(count), V_NULL, V_NULL), NULL,
                                NULL, err);
}

/* --- reads inside reads ---------------------------------------------------------------------- */

struct tree {
    const struct db *db;
    struct tx *tx;
    int64_t seen;
    int depth;
};

static enum rc
walk_kids(const struct row *row, void *ctx, struct err *err)
{
    struct tree *t = ctx;
    struct values who = VALUES(V_INT(row_int(row, 0)));
    int64_t id = row_int(row, 0);
    enum rc rc;

    t->seen++;
    t->depth++;
    rc = t->tx != NULL ? tx_run(t->tx, &stmts[KIDS_OF], who, walk_kids, t, err)
                       : store_read(t->db, &stmts[KIDS_OF], who, walk_kids, t, err);
    assert_int_equal(row_int(row, 0), id); /* the outer row still stands */
    t->depth--;
    return rc;
}

static enum rc
plant_tree(struct tx *tx, void *ctx, struct err *err)
{
    enum rc rc = RC_OK;

    (void)ctx;
    for (int64_t id = 2; rc == RC_OK && id < 64; id++) {
        rc = tx_run(tx, &stmts[KID_ADD], VALUES(V_INT(id), V_INT(id / 2)), NULL, NULL, err);
    }
    return rc;
}

static enum rc
walk_in_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct tree *t = ctx;

    t->tx = tx;
    t->seen = 0;
    return tx_run(tx, &stmts[KIDS_OF], VALUES(V_INT(1)), walk_kids, t, err);
}

static void
a_row_may_run_the_same_statement_again(void **state)
{
    const struct fixture *f = *state;
    struct tree t = {.db = &f->db};
    struct err err;

    assert_int_equal(store_write(&f->db, plant_tree, NULL, &err), RC_OK);
    assert_int_equal(store_read(&f->db, &stmts[KIDS_OF], VALUES(V_INT(1)), walk_kids, &t, &err),
                     RC_OK);
    assert_int_equal(t.seen, 62);
    assert_int_equal(store_write(&f->db, walk_in_tx, &t, &err), RC_OK);
    assert_int_equal(t.seen, 62);
}

static enum rc
stop_at_three(const struct row *row, void *ctx, struct err *err)
{
    (*(int *)ctx)++;
    return row_int(row, 0) == 3 ? err_set(err, RC_LIMIT, "enough") : RC_OK;
}

static void
a_row_can_end_the_query(void **state)
{
    const struct fixture *f = *state;
    struct err err;

    for (int i = 1; i <= 9; i++) {
        assert_int_equal(write_note(&f->db, i, NULL, &err), RC_OK);
    }
    for (int round = 0; round < 10; round++) { /* more rounds than connections */
        int seen = 0;
        assert_int_equal(
            store_read(&f->db, &stmts[NOTE_ALL], NO_VALUES, stop_at_three, &seen, &err), RC_LIMIT);
        assert_int_equal(seen, 3);
        assert_string_equal(err.text, "enough");
    }
}

/* --- groups ---------------------------------------------------------------------------------- */

/* A write that keeps the writer thread until `until` others wait, so that they form one group. */
struct gate {
    const struct db *db;
    size_t until;
    int64_t id;
    atomic_bool open; /* or until this */
};

static enum rc
hold_writer(struct tx *tx, void *ctx, struct err *err)
{
    const struct gate *g = ctx;
    struct note n = {g->id, NULL};

    while (store_look(g->db->store).queued < g->until && !atomic_load(&g->open)) {
        (void)sched_yield();
    }
    return add_note(tx, &n, err);
}

struct worker {
    pthread_t thread;
    const struct db *db;
    tx_fn fn;
    void *ctx;
    enum rc rc;
    struct err err;
};

static void *
work(void *ctx)
{
    struct worker *w = ctx;

    w->rc = store_write(w->db, w->fn, w->ctx, &w->err);
    return NULL;
}

static void
start_worker(struct worker *w, const struct db *db, tx_fn fn, void *ctx)
{
    *w = (struct worker){.db = db, .fn = fn, .ctx = ctx};
    assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
}

static void
await_queued(const struct db *db, size_t count)
{
    while (store_look(db->store).queued < count) {
        (void)sched_yield();
    }
}

static void
add_up(void *ctx, int writes)
{
    *(int *)ctx += writes;
}

/* The first write waits inside its transaction for the other seven: all eight share one commit. */
static void
what_waits_together_is_committed_together(void **state)
{
    const struct fixture *f = *state;
    struct gate gate = {.db = &f->db, .until = 8, .id = 100};
    struct note notes[7];
    struct worker workers[8];
    int told = 0;

    store_on_commit(f->db.store, add_up, &told);
    start_worker(&workers[0], &f->db, hold_writer, &gate);
    await_queued(&f->db, 1);
    for (int i = 0; i < 7; i++) {
        notes[i] = (struct note){i, NULL};
        start_worker(&workers[i + 1], &f->db, add_note, &notes[i]);
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].rc, RC_OK);
    }
    assert_int_equal(store_look(f->db.store).groups, 1);
    assert_int_equal(store_look(f->db.store).writes, 8);
    assert_int_equal(told, 8);
    assert_int_equal(count_notes(&f->db), 8);
}

static void
one_failed_write_in_a_group_leaves_the_others(void **state)
{
    const struct fixture *f = *state;
    struct gate gate = {.db = &f->db, .until = 8, .id = 100};
    struct note notes[7] = {{1, "a"}, {2, "b"}, {3, "a"}, {4, "c"}, {4, "d"}, {5, "e"}, {100, "f"}};
    struct worker workers[8];
    int failed = 0;

    start_worker(&workers[0], &f->db, hold_writer, &gate);
    await_queued(&f->db, 1);
    for (int i = 0; i < 7; i++) {
        start_worker(&workers[i + 1], &f->db, add_note, &notes[i]);
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_true(workers[i].rc == RC_OK || workers[i].rc == RC_CONFLICT);
        failed += workers[i].rc != RC_OK;
    }
    assert_int_equal(failed, 3); /* one of each pair of equals, whichever came second */
    assert_int_equal(count_notes(&f->db), 5);
    assert_int_equal(store_look(f->db.store).groups, 1);
    assert_int_equal(store_look(f->db.store).undone, 3);
}

struct late {
    int64_t id;
    int64_t note;
    int runs;
    char *trace; /* letters of what was undone, in order */
    char name;
};

static void
trace_undo(void *ctx)
{
    struct late *l = ctx;
    size_t n = strlen(l->trace);

    l->trace[n] = l->name;
    l->trace[n + 1] = '\0';
}

static enum rc
add_late(struct tx *tx, void *ctx, struct err *err)
{
    struct late *l = ctx;

    l->runs++;
    tx_on_undo(tx, trace_undo, l);
    return tx_run(tx, &stmts[LATE_ADD], VALUES(V_INT(l->id), V_INT(l->note)), NULL, NULL, err);
}

/* A deferred foreign key shows only at commit, when the whole group stands. */
static void
a_write_that_spoils_the_commit_is_the_only_one_to_fail(void **state)
{
    const struct fixture *f = *state;
    struct gate gate = {.db = &f->db, .until = 4, .id = 100};
    char trace[32] = "";
    struct late lates[3] = {{1, 100, 0, trace, 'a'}, {2, 999, 0, trace, 'b'}, {3, 100, 0, trace, 'c'}};
    struct worker workers[4];

    start_worker(&workers[0], &f->db, hold_writer, &gate);
    for (size_t i = 0; i < 3; i++) {
        await_queued(&f->db, i + 1);
        start_worker(&workers[i + 1], &f->db, add_late, &lates[i]);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    }
    assert_int_equal(workers[0].rc, RC_OK);
    assert_int_equal(workers[1].rc, RC_OK);
    assert_int_equal(workers[2].rc, RC_CONFLICT);
    assert_int_equal(workers[3].rc, RC_OK);
    assert_int_equal(lates[0].runs, 2);
    assert_int_equal(lates[2].runs, 2);
    /* The group newest first, then b alone. */
    assert_string_equal(trace, "cbab");
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM late"), 2);
}

static enum rc
undo_twice_and_fail(struct tx *tx, void *ctx, struct err *err)
{
    struct late *l = ctx;

    tx_on_undo(tx, trace_undo, &l[0]);
    tx_on_undo(tx, trace_undo, &l[1]);
    return err_set(err, RC_INVALID, "no");
}

static enum rc
undo_registered(struct tx *tx, void *ctx, struct err *err)
{
    (void)err;
    tx_on_undo(tx, trace_undo, ctx);
    return RC_OK;
}

static void
memory_is_undone_newest_first_and_only_on_failure(void **state)
{
    const struct fixture *f = *state;
    char trace[32] = "";
    struct late lates[2] = {{.trace = trace, .name = 'a'}, {.trace = trace, .name = 'b'}};
    struct err err;

    assert_int_equal(store_write(&f->db, undo_registered, &lates[0], &err), RC_OK);
    assert_string_equal(trace, "");
    assert_int_equal(store_write(&f->db, undo_twice_and_fail, lates, &err), RC_INVALID);
    assert_string_equal(trace, "ba");
}

static void
more_writes_than_the_queue_holds_are_busy(void **state)
{
    struct fixture *f = *state;
    struct gate gate = {.db = &f->db, .until = SIZE_MAX, .id = 100};
    struct note notes[2] = {{1, NULL}, {2, NULL}};
    struct worker workers[3];
    struct err err;

    fixture_close(f);
    f->config.queue_max = 3;
    fixture_open(f);
    start_worker(&workers[0], &f->db, hold_writer, &gate);
    await_queued(&f->db, 1); /* or a note could be written before the writer is held */
    start_worker(&workers[1], &f->db, add_note, &notes[0]);
    start_worker(&workers[2], &f->db, add_note, &notes[1]);
    await_queued(&f->db, 3);
    assert_int_equal(write_note(&f->db, 3, NULL, &err), RC_BUSY);
    atomic_store(&gate.open, true);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].rc, RC_OK);
    }
    assert_int_equal(write_note(&f->db, 3, NULL, &err), RC_OK);
    assert_int_equal(count_notes(&f->db), 4);
}

/* --- waiting through hooks ------------------------------------------------------------------- */

/* A caller like a coroutine: resume may come before suspend. */
struct hook {
    sem_t resumed;
    atomic_int suspends;
    atomic_int resumes;
    bool late; /* suspend only after resume has come */
};

static void
hook_suspend(void *ctx)
{
    struct hook *h = ctx;

    (void)atomic_fetch_add(&h->suspends, 1);
    while (h->late && atomic_load(&h->resumes) < atomic_load(&h->suspends)) {
        (void)sched_yield();
    }
    assert_int_equal(sem_wait(&h->resumed), 0);
}

static void
hook_resume(void *ctx)
{
    struct hook *h = ctx;

    (void)atomic_fetch_add(&h->resumes, 1);
    (void)sem_post(&h->resumed);
}

static void
a_caller_with_hooks_is_resumed_once_for_each_write(void **state)
{
    const struct fixture *f = *state;
    struct hook hook = {.late = true};
    struct db db = f->db;
    struct err err;

    assert_int_equal(sem_init(&hook.resumed, 0, 0), 0);
    db.wait = (struct store_wait){.ctx = &hook, .suspend = hook_suspend, .resume = hook_resume};
    for (int i = 0; i < 50; i++) {
        hook.late = i % 2 == 0;
        assert_int_equal(write_note(&db, i, NULL, &err), RC_OK);
        assert_int_equal(write_note(&db, i, NULL, &err), RC_CONFLICT);
    }
    assert_int_equal(hook.suspends, 100);
    assert_int_equal(hook.resumes, 100);
    assert_int_equal(count_notes(&db), 50);
    (void)sem_destroy(&hook.resumed);
}

/* --- the pool -------------------------------------------------------------------------------- */

/* A reader that stands in its row until told to go on. */
struct stand {
    const struct db *db;
    atomic_bool inside;
    atomic_bool leave;
    pthread_t thread;
    enum rc rc;
};

static enum rc
stand_in_row(const struct row *row, void *ctx, struct err *err)
{
    struct stand *s = ctx;

    (void)row, (void)err;
    atomic_store(&s->inside, true);
    while (!atomic_load(&s->leave)) {
        (void)sched_yield();
    }
    return RC_OK;
}

static void *
stand_and_read(void *ctx)
{
    struct stand *s = ctx;
    struct err err;

    s->rc = store_read(s->db, &stmts[NOTE_GET], VALUES(V_INT(1)), stand_in_row, s, &err);
    return NULL;
}

static void
a_reader_waits_for_a_connection_and_then_gives_up(void **state)
{
    struct fixture *f = *state;
    struct stand s = {.db = &f->db};
    struct err err;
    int64_t count;

    fixture_close(f);
    f->config.readers = 1;
    f->config.busy_ms = 20;
    fixture_open(f);
    assert_int_equal(write_note(&f->db, 1, NULL, &err), RC_OK);
    assert_int_equal(pthread_create(&s.thread, NULL, stand_and_read, &s), 0);
    while (!atomic_load(&s.inside)) {
        (void)sched_yield();
    }
    assert_int_equal(store_read_int(&f->db, &stmts[NOTE_COUNT], NO_VALUES, &count, &err), RC_BUSY);
    assert_int_equal(write_note(&f->db, 2, NULL, &err), RC_OK); /* writing needs no reader */
    atomic_store(&s.leave, true);
    assert_int_equal(pthread_join(s.thread, NULL), 0);
    assert_int_equal(s.rc, RC_OK);
    assert_int_equal(count_notes(&f->db), 2);
}

/* --- many at once ---------------------------------------------------------------------------- */

enum { CROWD = 16, CROWD_WRITES = 40 };

struct member {
    pthread_t thread;
    const struct db *db;
    int64_t number;
    int wrong;
    char why[600]; /* the first thing that was */
};

static void
expect_rc(struct member *m, enum rc rc, enum rc wanted, const struct err *err)
{
    if (rc != wanted && m->wrong++ == 0) {
        (void)snprintf(m->why, sizeof(m->why), "rc %d, not %d: %s", (int)rc, (int)wanted,
                       rc == RC_OK ? "" : err->text);
    }
}

/* All are waited for before anything is judged: they look at what lies on this stack. */
static void
join_members(struct member *members, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(pthread_join(members[i].thread, NULL), 0);
    }
    for (int i = 0; i < count; i++) {
        assert_string_equal(members[i].why, "");
        assert_int_equal(members[i].wrong, 0);
    }
}

static enum rc
count_row(const struct row *row, void *ctx, struct err *err)
{
    (void)row, (void)err;
    (*(int *)ctx)++;
    return RC_OK;
}

/* Writes rows, reads each back at once, and meets a conflict at every fifth. */
static void *
be_member(void *ctx)
{
    struct member *m = ctx;
    struct err err;

    for (int64_t i = 0; i < CROWD_WRITES; i++) {
        struct note n = {m->number * CROWD_WRITES + i, NULL};
        int seen = 0;
        expect_rc(m, store_write(m->db, add_note, &n, &err), RC_OK, &err);
        expect_rc(m,
                  store_read(m->db, &stmts[NOTE_GET], VALUES(V_INT(n.id)), count_row, &seen, &err),
                  RC_OK, &err);
        m->wrong += seen != 1; /* what is acknowledged is there */
        if (i % 5 == 0) {
            expect_rc(m, store_write(m->db, add_note, &n, &err), RC_CONFLICT, &err);
        }
    }
    return NULL;
}

static void
sixteen_threads_write_and_read_at_once(void **state)
{
    struct fixture *f = *state;
    struct member members[CROWD];

    for (int i = 0; i < CROWD; i++) {
        members[i] = (struct member){.db = &f->db, .number = i};
        assert_int_equal(pthread_create(&members[i].thread, NULL, be_member, &members[i]), 0);
    }
    join_members(members, CROWD);
    assert_int_equal(count_notes(&f->db), CROWD * CROWD_WRITES);
    assert_int_equal(store_look(f->db.store).writes, CROWD * CROWD_WRITES);
    assert_true(store_look(f->db.store).groups < CROWD * CROWD_WRITES);
}

static void *
add_next_often(void *ctx)
{
    struct member *m = ctx;
    struct err err;

    for (int i = 0; i < CROWD_WRITES; i++) {
        expect_rc(m, store_write(m->db, add_next, NULL, &err), RC_OK, &err);
    }
    return NULL;
}

/* Each write counts the rows and adds the next number; a race would make two the same. */
static void
a_write_reads_and_writes_without_a_race(void **state)
{
    struct fixture *f = *state;
    struct member members[4];

    for (int i = 0; i < 4; i++) {
        members[i] = (struct member){.db = &f->db};
        assert_int_equal(pthread_create(&members[i].thread, NULL, add_next_often, &members[i]), 0);
    }
    join_members(members, 4);
    assert_int_equal(count_notes(&f->db), 4 * CROWD_WRITES);
}

static void
what_was_acknowledged_is_there_after_opening_again(void **state)
{
    struct fixture *f = *state;
    struct err err;

    assert_int_equal(write_note(&f->db, 7, "seven", &err), RC_OK);
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(count_notes(&f->db), 1);
}

static int
run_on(enum fixture_kind which, const char *name)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, remove_fixture)
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_value_comes_back_as_it_was),
        TEST(a_text_with_nul_is_refused_on_both_databases),
        TEST(one_integer_is_read_or_said_to_be_missing),
        TEST(a_broken_rule_is_a_conflict_and_leaves_nothing),
        TEST(what_fn_refuses_is_undone),
        TEST(a_failure_that_fn_swallows_is_still_the_answer),
        TEST(a_write_returns_rows_and_counts_what_it_touched),
        TEST(a_row_may_run_the_same_statement_again),
        TEST(a_row_can_end_the_query),
        TEST(what_waits_together_is_committed_together),
        TEST(one_failed_write_in_a_group_leaves_the_others),
        TEST(a_write_that_spoils_the_commit_is_the_only_one_to_fail),
        TEST(memory_is_undone_newest_first_and_only_on_failure),
        TEST(more_writes_than_the_queue_holds_are_busy),
        TEST(a_caller_with_hooks_is_resumed_once_for_each_write),
        TEST(sixteen_threads_write_and_read_at_once),
        TEST(a_write_reads_and_writes_without_a_race),
        TEST(what_was_acknowledged_is_there_after_opening_again),
    };
    /* PostgreSQL gives a connection back before the rows are looked at. */
    const struct CMUnitTest only_sqlite[] = {
        TEST(a_reader_waits_for_a_connection_and_then_gives_up),
    };
#undef TEST
    int failed;

    kind = which;
    failed = cmocka_run_group_tests_name(name, tests, NULL, NULL);
    if (which == FIXTURE_SQLITE) {
        failed += cmocka_run_group_tests_name(name, only_sqlite, NULL, NULL);
    }
    return failed;
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "store on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "store on PostgreSQL");
    }
    return failed;
}
