#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/fixture.h"

/*
 * This program starts itself again as a child on a failing disk (tests/faults/shim.c), with ZT_FAULT_CHILD as
 * the store.  The child tells through a pipe what was acknowledged and what was refused; then the store is
 * opened on a whole disk and must hold exactly what it said.
 */

enum { THREADS = 3, EACH = 3, IDS = THREADS * EACH, TELL_FD = 3 };

enum { LEFT_ADD, RIGHT_ADD, LEFT_COUNT };

static const struct stmt stmts[] = {
    [LEFT_ADD] = {"LEFT_ADD", "INSERT INTO left_side (id, body) VALUES (?1, hex(zeroblob(900)))", "",
                  LEFT_ADD, 1, true},
    [RIGHT_ADD] = {"RIGHT_ADD", "INSERT INTO right_side (id, body) VALUES (?1, hex(zeroblob(900)))",
                   "", RIGHT_ADD, 1, true},
    [LEFT_COUNT] = {"LEFT_COUNT", "SELECT COUNT(*) FROM left_side", "", LEFT_COUNT, 0, false},
};
static const struct stmt *const table[] = {&stmts[LEFT_ADD], &stmts[RIGHT_ADD], &stmts[LEFT_COUNT]};
static const struct migration migrations[] = {
    {1, "0001-sides.sql",
     "CREATE TABLE left_side (id INTEGER PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;"
     "CREATE TABLE right_side (id INTEGER PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT;",
     ""},
};

static struct store_config
config_of(const char *where)
{
    return (struct store_config){.where = where,
                                 .readers = 1,
                                 .queue_max = 100,
                                 .busy_ms = 1000,
                                 .stmts = table,
                                 .stmt_count = 3,
                                 .migrations = migrations,
                                 .migration_count = 1};
}

/* One change in two tables: both or neither. */
static enum rc
add_pair(struct tx *tx, void *ctx, struct err *err)
{
    struct values id = VALUES(V_INT(*(const int64_t *)ctx));
    enum rc rc = tx_run(tx, &stmts[LEFT_ADD], id, NULL, NULL, err);

    return rc == RC_OK ? tx_run(tx, &stmts[RIGHT_ADD], id, NULL, NULL, err) : rc;
}

/* --- the child: writing while the disk fails ------------------------------------------------- */

struct told {
    char id;
    char acknowledged;
};

struct writer_thread {
    pthread_t thread;
    struct db db;
    int64_t first;
    bool halt; /* at the first refusal, before anything else is written */
};

static void *
write_and_tell(void *ctx)
{
    struct writer_thread *w = ctx;
    struct err err;

    for (int64_t id = w->first; id < w->first + EACH; id++) {
        enum rc rc = store_write(&w->db, add_pair, &id, &err);
        struct told told = {(char)id, rc == RC_OK};
        if (rc != RC_OK && rc != RC_IO && rc != RC_FULL) {
            (void)fprintf(stderr, "child: %s: %s\n", rc_name(rc), err.text);
            _exit(4);
        }
        if (write(TELL_FD, &told, sizeof(told)) != sizeof(told)) {
            _exit(5);
        }
        if (rc != RC_OK && w->halt) {
            (void)kill(getpid(), SIGKILL);
        }
    }
    return NULL;
}

static int
child_writes(const char *where, bool halt)
{
    struct store_config config = config_of(where);
    struct writer_thread threads[THREADS];
    struct store *s = NULL;
    struct err err;

    if (store_open(&config, &s, &err) != RC_OK) {
        return 3;
    }
    for (int i = 0; i < THREADS; i++) {
        threads[i] = (struct writer_thread){.db = {.store = s}, .first = (int64_t)i * EACH, .halt = halt};
        (void)pthread_create(&threads[i].thread, NULL, write_and_tell, &threads[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i].thread, NULL);
    }
    store_close(s);
    return 0;
}

/* --- the child: a disk that is full and then is not ------------------------------------------ */

static bool
writes_again(const struct db *db, int64_t id)
{
    struct err err;

    for (int i = 0; i < 500; i++) { /* ten seconds at most */
        if (store_write(db, add_pair, &id, &err) == RC_OK) {
            return true;
        }
        (void)usleep(20000);
    }
    return false;
}

#define EXPECT(condition)                                                                    \
    do {                                                                                     \
        if (!(condition)) {                                                                  \
            (void)fprintf(stderr, "child, line %d: %s\n", __LINE__, #condition);             \
            return 1;                                                                        \
        }                                                                                    \
    } while (0)

static int
child_fills(const char *where, void (*fill)(bool full))
{
    struct store_config config = config_of(where);
    struct db db = {.store = NULL};
    int64_t id = 1, count = 0;
    struct err err;
    enum rc rc = RC_OK;

    EXPECT(store_open(&config, &db.store, &err) == RC_OK);
    EXPECT(store_write(&db, add_pair, &id, &err) == RC_OK);
    fill(true);
    while (rc == RC_OK) {
        id++;
        rc = store_write(&db, add_pair, &id, &err);
        EXPECT(id < 1000);
    }
    EXPECT(rc == RC_FULL);
    EXPECT(store_look(db.store).full);
    /* At once, and again and again: reads go on all the while. */
    for (int i = 0; i < 50; i++) {
        EXPECT(store_write(&db, add_pair, &id, &err) == RC_FULL);
        EXPECT(store_read_int(&db, &stmts[LEFT_COUNT], NO_VALUES, &count, &err) == RC_OK);
        EXPECT(count == id - 1);
    }
    fill(false);
    EXPECT(writes_again(&db, id));
    EXPECT(!store_look(db.store).full);
    EXPECT(store_read_int(&db, &stmts[LEFT_COUNT], NO_VALUES, &count, &err) == RC_OK);
    EXPECT(count == id);
    store_close(db.store);
    return 0;
}

static void
fill_by_switch(bool full)
{
    const char *path = getenv("ZT_FAULT_SWITCH");

    if (full) {
        (void)close(open(path, O_CREAT | O_WRONLY, 0600));
    } else {
        (void)unlink(path);
    }
}

static void
fill_by_limit(bool full)
{
    struct rlimit limit;

    (void)getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = full ? 100000 : limit.rlim_max;
    (void)setrlimit(RLIMIT_FSIZE, &limit);
}

static int
child(const char *where)
{
    const char *task = getenv("ZT_FAULT_TASK");

    if (strcmp(task, "switch") == 0) {
        return child_fills(where, fill_by_switch);
    }
    if (strcmp(task, "limit") == 0) {
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        (void)sigaction(SIGXFSZ, &ignore, NULL);
        return child_fills(where, fill_by_limit);
    }
    return child_writes(where, strcmp(task, "halt") == 0);
}

/* --- the parent ------------------------------------------------------------------------------ */

struct outcome {
    int status; /* of waitpid */
    bool acknowledged[IDS];
    bool refused[IDS];
};

static struct outcome
run_child(const struct fixture *f, const char *task, const char *fault)
{
    char vars[6][600];
    char *argv[] = {(char[]){"fault"}, NULL};
    char *environment[8] = {vars[0], vars[1], vars[2], vars[3], vars[4], vars[5], NULL};
    struct outcome out = {.status = -1};
    struct told told;
    int ends[2];
    pid_t pid;

    (void)snprintf(vars[0], sizeof(vars[0]), "LD_PRELOAD=build/faults/shim.so");
    (void)snprintf(vars[1], sizeof(vars[1]), "ZT_FAULT=%s", fault);
    (void)snprintf(vars[2], sizeof(vars[2]), "ZT_FAULT_CHILD=%s", f->where);
    (void)snprintf(vars[3], sizeof(vars[3]), "ZT_FAULT_TASK=%s", task);
    (void)snprintf(vars[4], sizeof(vars[4]), "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
    (void)snprintf(vars[5], sizeof(vars[5]), "ZT_FAULT_SWITCH=%s/%s", f->folder,
                   strcmp(task, "switch") == 0 ? "full" : "");
    if (strcmp(task, "switch") != 0) {
        environment[5] = NULL;
    }
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], TELL_FD);
        (void)execve("/proc/self/exe", argv, environment);
        _exit(6);
    }
    (void)close(ends[1]);
    while (read(ends[0], &told, sizeof(told)) == sizeof(told)) {
        assert_in_range(told.id, 0, IDS - 1);
        (told.acknowledged ? out.acknowledged : out.refused)[(int)told.id] = true;
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &out.status, 0), pid);
    return out;
}

/* Opens the store with nothing in the way and compares it with what was told. */
static void
check_store(struct fixture *f, const struct outcome *out, const char *fault)
{
    char sql[100];

    f->config = config_of(f->where);
    fixture_open(f);
    for (int id = 0; id < IDS; id++) {
        (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM left_side WHERE id = %d", id);
        int64_t left = fixture_int(f, sql);
        (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM right_side WHERE id = %d", id);
        if (fixture_int(f, sql) != left) {
            fail_msg("%s: write %d is there by half", fault, id);
        }
        if (out->acknowledged[id] && left != 1) {
            fail_msg("%s: write %d was acknowledged and is lost", fault, id);
        }
        if (out->refused[id] && left != 0) {
            fail_msg("%s: write %d was refused and is there", fault, id);
        }
    }
    assert_int_equal(fixture_int(f, "SELECT COUNT(*) FROM pragma_integrity_check "
                                    "WHERE integrity_check = 'ok'"),
                     1);
    fixture_close(f);
}

/* Fault at call 1, 2, 3 … until a run meets none.  Returns how many calls there were. */
static int
walk(const char *kind, int step)
{
    char fault[32];

    for (int n = 1;; n += step) {
        struct fixture f;
        struct outcome out;
        (void)snprintf(fault, sizeof(fault), "%s:%d", kind, n);
        fixture_make(&f, FIXTURE_SQLITE);
        out = run_child(&f, "write", fault);
        if (WIFEXITED(out.status) && WEXITSTATUS(out.status) > 3) {
            fail_msg("%s: the child ended with %d", fault, WEXITSTATUS(out.status));
        }
        check_store(&f, &out, fault);
        fixture_remove(&f);
        if (WIFEXITED(out.status) && WEXITSTATUS(out.status) == 0) {
            int told = 0;
            for (int id = 0; id < IDS; id++) {
                told += out.acknowledged[id];
            }
            if (told == IDS) {
                return n;
            }
        }
        assert_true(n < 2000);
    }
}

static void
a_process_killed_at_any_call_keeps_what_it_acknowledged(void **state)
{
    (void)state;
    assert_true(walk("kill", 1) > 30);
}

static void
half_a_write_is_no_write(void **state)
{
    (void)state;
    assert_true(walk("torn", 3) > 30);
}

/* The process ends right after it has said "refused": what stands in the WAL then must not come back. */
static void
what_was_refused_does_not_come_back_with_a_crash(void **state)
{
    char fault[32];

    (void)state;
    for (int n = 1; n < 100; n += 2) {
        struct fixture f;
        struct outcome out;
        (void)snprintf(fault, sizeof(fault), "io:%d", n);
        fixture_make(&f, FIXTURE_SQLITE);
        out = run_child(&f, "halt", fault);
        check_store(&f, &out, fault);
        fixture_remove(&f);
    }
}

static void
one_failing_call_is_told_and_leaves_nothing_behind(void **state)
{
    char fault[32];

    (void)state;
    for (int n = 1; n < 100; n += 5) {
        struct fixture f;
        struct outcome out;
        (void)snprintf(fault, sizeof(fault), "io:%d", n);
        fixture_make(&f, FIXTURE_SQLITE);
        out = run_child(&f, "write", fault);
        assert_true(WIFEXITED(out.status) && WEXITSTATUS(out.status) <= 3);
        check_store(&f, &out, fault);
        fixture_remove(&f);
    }
}

static void
disk_full_test(const char *task, const char *fault)
{
    struct fixture f;
    struct outcome out;

    fixture_make(&f, FIXTURE_SQLITE);
    out = run_child(&f, task, fault);
    assert_int_equal(out.status, 0);
    fixture_remove(&f);
}

static void
on_a_full_disk_writes_are_refused_reads_go_on_and_room_is_noticed(void **state)
{
    (void)state;
    disk_full_test("switch", "full:1");
}

static void
a_file_size_limit_is_a_full_disk(void **state)
{
    (void)state;
    disk_full_test("limit", "count");
}

/* A disk that fills up at any moment: what is refused is not there, what was acknowledged is. */
static void
a_disk_that_fills_up_at_any_call_loses_nothing(void **state)
{
    char fault[32];

    (void)state;
    for (int n = 1; n < 100; n += 7) {
        struct fixture f;
        struct outcome out;
        (void)snprintf(fault, sizeof(fault), "full:%d", n);
        fixture_make(&f, FIXTURE_SQLITE);
        out = run_child(&f, "write", fault);
        assert_true(WIFEXITED(out.status) && WEXITSTATUS(out.status) <= 3);
        check_store(&f, &out, fault);
        fixture_remove(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_killed_at_any_call_keeps_what_it_acknowledged),
        cmocka_unit_test(half_a_write_is_no_write),
        cmocka_unit_test(what_was_refused_does_not_come_back_with_a_crash),
        cmocka_unit_test(one_failing_call_is_told_and_leaves_nothing_behind),
        cmocka_unit_test(a_disk_that_fills_up_at_any_call_loses_nothing),
        cmocka_unit_test(on_a_full_disk_writes_are_refused_reads_go_on_and_room_is_noticed),
        cmocka_unit_test(a_file_size_limit_is_a_full_disk),
    };
    const char *where = getenv("ZT_FAULT_CHILD");

    return where != NULL ? child(where) : cmocka_run_group_tests(tests, NULL, NULL);
}
