/*
 * scale_bench - what processes cost where a million of them are open and ten million timers wait.
 *
 *     throughput   approvals a second beside CASES open cases with ten timers each, against an empty store, in turns
 *     memory       of the process that does it (the bar is 300 MB)
 *     ready        after kill -9 in the midst of it: from opening the store until a task is completed (the bar is 5 s)
 *     completing   a task at 200 a second: the slowest of a hundred (the bar is 20 ms)
 *     a herd       the same while as many timers as there are cases are due within one second (the bar is 100 ms)
 *
 * Rows of open cases are copies, sealed anew, of one that the runtime itself made.  ZT_CASES: another number than a million.  Prints a JSON
 * list; the peer is the empty store or the bar.
 */
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>

#include "process/test_approval.h"
#include "process/runtime_int.h"

enum { ROUNDS = 5, ROUND_MS = 2000, PACED = 2000, PACED_PER_SECOND = 200, CALLERS = 32 };

static const int64_t DAY_US = INT64_C(86400) * 1000000;

/* --- many open cases --------------------------------------------------------------------------------------------- */

static int64_t
start_waiting(struct crowd *c, struct arena *a)
{
    struct command start = {.kind = COMMAND_START, .variables = c->opening};
    struct modelbook_bound bound = {STR("waiting"), 1, STR("p")};
    struct runtime_request q = {.business_key = STR("11990100000000027A3000131002003202611280002"), .bound = &bound, .bounds = 1, .command = &start,
                                .actor = STR("system"), .now_us = clock_now_us(&clock_system)};
    struct runtime_result out;
    struct err err;

    bench_need(runtime_do(c->runtime, &c->fixture->db, a, &q, &out, &err), &err);
    return out.instance;
}

static void
raw_run(sqlite3 *db, const char *sql)
{
    must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(db));
}

static sqlite3_stmt *
raw_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;

    must(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, sqlite3_errmsg(db));
    return s;
}

static void
raw_step(sqlite3 *db, sqlite3_stmt *s)
{
    must(sqlite3_step(s) == SQLITE_DONE, sqlite3_errmsg(db));
    (void)sqlite3_reset(s);
}

/* Copies of the case that is there, one microsecond apart, so that all first reminders are due within one second. */
static void
fill(struct crowd *c, const char *where, int64_t instance, int64_t cases)
{
    struct arena *a = arena_new(1 << 20);
    sqlite3 *db;
    sqlite3_stmt *number, *variables, *one, *tokens;
    struct param sealed;
    struct err err;

    must(sqlite3_open(where, &db) == SQLITE_OK, "raw store");
    raw_run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY");
    raw_run(db, "CREATE TEMP TABLE one AS SELECT * FROM process_instance; CREATE TEMP TABLE its AS SELECT * FROM process_token; BEGIN");
    number = raw_prepare(db, "UPDATE temp.its SET instance = ?1, due_us = due_us + 1, ripe_us = CASE WHEN ripe_us > 0 THEN ripe_us + 1 ELSE 0 END");
    variables = raw_prepare(db, "UPDATE temp.one SET id = ?1, variables = ?2");
    one = raw_prepare(db, "INSERT INTO process_instance SELECT * FROM temp.one");
    tokens = raw_prepare(db, "INSERT INTO process_token SELECT * FROM temp.its");
    for (int64_t n = 1; n < cases; n++) {
        int64_t id = instance + n;
        arena_reset(a);
        bench_need(runtime_seal(c->runtime, a, runtime_place(a, "process_instance.variables", id, 0), c->opening, &sealed, &err), &err);
        (void)sqlite3_bind_int64(number, 1, id);
        (void)sqlite3_bind_int64(variables, 1, id);
        (void)sqlite3_bind_blob(variables, 2, sealed.bytes.ptr, (int)sealed.bytes.len, SQLITE_STATIC);
        raw_step(db, number);
        raw_step(db, variables);
        raw_step(db, one);
        raw_step(db, tokens);
    }
    sqlite3_stmt *serial = raw_prepare(db, "UPDATE process_serial SET next = ?1");
    (void)sqlite3_bind_int64(serial, 1, instance + cases + 1000);
    raw_step(db, serial);
    raw_run(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    for (sqlite3_stmt *s; (s = sqlite3_next_stmt(db, NULL)) != NULL;) {
        (void)sqlite3_finalize(s);
    }
    must(sqlite3_close(db) == SQLITE_OK, "raw store");
    arena_free(a);
}

/* --- the process on the full store, which is killed in the end ---------------------------------------------------- */

struct child {
    pid_t pid;
    int asks, answers; /* pipes */
};

static void
be_child(struct fixture *f, const struct json *keys, int in, int out)
{
    struct crowd *c;
    char one;

    fixture_open(f);
    c = crowd_on(f, keys);
    while (read(in, &one, 1) == 1) {
        double rate = crowd_run(c, one == 'r' ? ROUND_MS : 3600 * 1000).per_second;
        must(write(out, &rate, sizeof(rate)) == sizeof(rate), "the parent is gone");
    }
    _exit(0);
}

static struct child
start_child(struct fixture *f, const struct json *keys)
{
    int in[2], out[2];
    struct child c;

    must(pipe(in) == 0 && pipe(out) == 0, "no pipe");
    c = (struct child){fork(), in[1], out[0]};
    if (c.pid == 0) {
        (void)close(in[1]);
        (void)close(out[0]);
        be_child(f, keys, in[0], out[1]);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    return c;
}

static double
child_round(const struct child *c)
{
    double rate;

    must(write(c->asks, "r", 1) == 1 && read(c->answers, &rate, sizeof(rate)) == sizeof(rate), "the child has died");
    return rate;
}

static double
child_megabytes(const struct child *c)
{
    char path[64], line[256];
    long kilobytes = 0;
    FILE *in;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)c->pid);
    must((in = fopen(path, "r")) != NULL, path);
    while (fgets(line, sizeof(line), in) != NULL) {
        (void)sscanf(line, "VmHWM: %ld", &kilobytes);
    }
    (void)fclose(in);
    return (double)kilobytes / 1024;
}

/* --- tasks completed at a pace -------------------------------------------------------------------------------------- */

struct pace {
    struct crowd *crowd;
    int64_t instance[PACED], task[PACED];
    double ms[PACED];
    int64_t began_ns;
    atomic_int next;
    atomic_bool over;
    int64_t fired; /* timers, by the herd's thread */
    double fired_per_second;
};

static void
prepare(struct pace *p)
{
    struct client c = {.crowd = p->crowd, .db = &p->crowd->fixture->db, .arena = arena_new(8 << 20)};

    for (int i = 0; i < PACED; i++) {
        struct command start = {.kind = COMMAND_START, .variables = p->crowd->opening};
        struct modelbook_bound bound = {STR("approval"), 1, STR("p")};
        struct runtime_request q = {.business_key = STR("1"), .bound = &bound, .bounds = 1, .command = &start};
        struct runtime_result out;
        do_command(&c, &q, &out);
        p->instance[i] = out.instance;
        p->task[i] = task_of(out.answer, "accept");
        arena_reset(c.arena);
    }
    arena_free(c.arena);
}

/* Each is due at its own moment, whether or not those before it are done: waiting in line counts. */
static void *
complete_at_pace(void *ctx)
{
    struct pace *p = ctx;
    struct client c = {.crowd = p->crowd, .db = &p->crowd->fixture->db, .arena = arena_new(8 << 20), .checked = mem_new(1, sizeof(struct schema_result))};
    int i;

    while ((i = atomic_fetch_add(&p->next, 1)) < PACED) {
        int64_t due = p->began_ns + (int64_t)i * (1000000000 / PACED_PER_SECOND);
        struct timespec at = {due / 1000000000, due % 1000000000};
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        complete(&c, p->instance[i], p->task[i]);
        p->ms[i] = (double)(bench_clock_ns(CLOCK_MONOTONIC) - due) / 1e6;
        arena_reset(c.arena);
    }
    mem_free(c.checked);
    arena_free(c.arena);
    return NULL;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* Milliseconds within which 99 of 100 were done. */
static double
run_pace(struct pace *p)
{
    pthread_t caller[CALLERS];

    p->next = 0;
    p->began_ns = bench_clock_ns(CLOCK_MONOTONIC) + 100000000;
    for (int i = 0; i < CALLERS; i++) {
        must(pthread_create(&caller[i], NULL, complete_at_pace, p) == 0, "no thread");
    }
    for (int i = 0; i < CALLERS; i++) {
        (void)pthread_join(caller[i], NULL);
    }
    atomic_store(&p->over, true);
    qsort(p->ms, PACED, sizeof(p->ms[0]), by_size);
    return p->ms[PACED * 99 / 100];
}

/* The thread of time, a day and a second later: as a node's, turn after turn while there is more. */
static void *
turn_time(void *ctx)
{
    struct pace *p = ctx;
    struct arena *a = arena_new(64 << 20);
    int64_t now = clock_now_us(&clock_system) + DAY_US + 1000000, next, began = bench_clock_ns(CLOCK_MONOTONIC);
    struct err err;

    while (!atomic_load(&p->over)) {
        bench_need(runtime_turn(p->crowd->runtime, &p->crowd->fixture->db, a, now, &next, &err), &err);
        must(next <= now, "there were not enough timers");
        p->fired += RUNTIME_TURN_BATCH;
    }
    p->fired_per_second = (double)p->fired / ((double)(bench_clock_ns(CLOCK_MONOTONIC) - began) / 1e9);
    arena_free(a);
    return NULL;
}

/* --- all of it -------------------------------------------------------------------------------------------------------- */

static void
beside_a_million(struct fixture *full, const struct json *keys, int64_t cases)
{
    struct arena *a = arena_new(8 << 20);
    struct fixture f;
    struct crowd *c;
    double ours[ROUNDS], theirs[ROUNDS], megabytes, seconds;
    struct child child = start_child(full, keys);
    char name[96];

    fixture_new(&f, FIXTURE_SQLITE);
    c = crowd_on(&f, keys);
    (void)crowd_run(c, ROUND_MS); /* both are warm */
    (void)child_round(&child);
    for (int r = 0; r < ROUNDS; r++) {
        theirs[r] = crowd_run(c, ROUND_MS).per_second;
        ours[r] = child_round(&child);
    }
    megabytes = child_megabytes(&child);
    crowd_free(c);
    fixture_remove(&f);
    (void)snprintf(name, sizeof(name), "approvals beside %lld open cases and %lld timers", (long long)cases, (long long)cases * 10);
    seconds = bench_median(theirs, ROUNDS);
    bench_row(name, bench_median(ours, ROUNDS), "instances/s", "an empty store", seconds, bench_median(ours, ROUNDS) / seconds);
    bench_row("memory of that process", megabytes, "MB", "the bar", 300, 300 / megabytes);

    must(write(child.asks, "k", 1) == 1, "the child has died");
    (void)sleep(2);
    must(kill(child.pid, SIGKILL) == 0 && waitpid(child.pid, NULL, 0) == child.pid, "kill");
    (void)close(child.asks);
    (void)close(child.answers);
    int64_t began = bench_clock_ns(CLOCK_MONOTONIC);
    fixture_open(full);
    c = crowd_on(full, keys);
    (void)start_waiting(c, a);
    seconds = (double)(bench_clock_ns(CLOCK_MONOTONIC) - began) / 1e9;
    bench_row("ready after kill -9", seconds, "s", "the bar", 5, 5 / seconds);
    crowd_free(c);
    arena_free(a);
}

static void
at_a_pace(struct fixture *full, const struct json *keys)
{
    struct pace *p = mem_new(1, sizeof(*p));
    pthread_t time;
    double ms;

    p->crowd = crowd_on(full, keys);
    prepare(p);
    ms = run_pace(p);
    bench_row("completing a task, 200 a second, 99 of 100 within", ms, "ms", "the bar", 20, 20 / ms);
    prepare(p);
    atomic_store(&p->over, false);
    must(pthread_create(&time, NULL, turn_time, p) == 0, "no thread");
    ms = run_pace(p);
    (void)pthread_join(time, NULL);
    bench_row("the same while a timer of every case is due", ms, "ms", "the bar", 100, 100 / ms);
    bench_row("timers fired meanwhile", p->fired_per_second, "timers/s", "tasks", PACED_PER_SECOND, p->fired_per_second / PACED_PER_SECOND);
    crowd_free(p->crowd);
    mem_free(p);
}

int
main(void)
{
    const char *wanted = getenv("ZT_CASES");
    int64_t cases = wanted != NULL ? atoll(wanted) : 1000000, instance;
    struct arena *a = arena_new(8 << 20);
    const struct json *keys = vault_new_keys(a);
    struct fixture full;
    struct crowd *c;

    must(cases > 1, "ZT_CASES");
    fixture_new(&full, FIXTURE_SQLITE);
    c = crowd_on(&full, keys);
    instance = start_waiting(c, a);
    fixture_close(&full);
    fill(c, full.where, instance, cases);
    crowd_free(c);
    beside_a_million(&full, keys, cases);
    at_a_pace(&full, keys);
    fixture_remove(&full);
    arena_free(a);
    bench_end();
    return 0;
}
