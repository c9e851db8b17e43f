/*
 * A program that moves cases is killed between any two of them and in the middle of one; another goes on where it was, and in the end each was moved once.
 *
 * This program starts itself as a child, with ZT_MIGRATION_CHILD as the store; on SQLite on a disk that kills (tests/faults/shim.c), on PostgreSQL
 * it is killed from outside when it has told of so many cases.
 */
#include "base/asset.h"
#include "process/casetime.h"
#include "process/test_migration.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TELL_FD = 3, CASES = 6 };

static const char keys_text[] = "{\"index\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\",\"keys\":[{\"number\":1,"
                                "\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}";

/* Whoever decides has a clock from when the case was received, which version 1 does not know. */
#define TIMED                                                                                                                         \
    PERMIT_NEW(GOV("<gov:clock id='promised' rule='permit.decide' kind='statutory'/>"), GOV("<gov:on at='leave' clock='promised' do='start'/>"), \
               GOV("<gov:on at='leave' clock='promised' do='stop'/><gov:on at='cancel' clock='promised' do='stop'/>"))
#define TIMED_PLAN                                                                                                                    \
    "{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":4,\"elements\":{\"decide\":\"rule\",\"late\":\"late2\"},\"basis\":\"条例第五条\"," \
    "\"variables\":[{\"name\":\"fee\",\"feel\":\"fee * 2\"}],\"starts\":{\"promised\":{\"left\":\"receive\"}}}"

static struct casetime casetime;
static struct region_table *regions;
static struct almanac *almanac;

static enum rc
act_and_clocks(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    enum rc rc = works_act(tx, a, event, ctx, err);

    return rc != RC_OK ? rc : casetime_hook(tx, a, event, &casetime, err);
}

/* Clocks are moved in the transaction of the case. */
static void
open_clocks(struct moving_works *m)
{
    struct timelimits *limits;
    struct json *document;
    struct err err;

    CHECK(asset_json(m->w.house.arena, "demo/clocks.json", &document, &err) == RC_OK &&
          timelimits_load(m->w.house.arena, document, &limits, &err) == RC_OK &&
          region_load(&m->w.house.fixture.db, &regions, &err) == RC_OK && almanac_open(&m->w.house.fixture.db, regions, &almanac, &err) == RC_OK);
    casetime = (struct casetime){.keeper = {limits, almanac, 8 * 60}, .run = m->w.run, .offset_seconds = 8 * 3600};
    m->w.r->config.hook = act_and_clocks;
}

static void
close_clocks(void)
{
    almanac_close(almanac);
    region_table_free(regions);
}

static enum rc
calendar_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct moving_works *m = ctx;
    struct json *calendar;
    bool is_new;
    enum rc rc = asset_json(m->w.house.arena, "demo/calendar/cn.json", &calendar, err);

    return rc != RC_OK ? rc : almanac_put(tx, m->w.house.arena, calendar, 1, &is_new, err);
}

/* On a store that is open. */
static void
equip(struct moving_works *m)
{
    struct runtime_config config;
    struct json *keys;
    struct err err;

    m->w.count = 0;
    m->w.house.arena = arena_new(HOUSE_ARENA);
    CHECK(json_parse(m->w.house.arena, str_of(keys_text), JSON_UNIQUE, &keys, &err) == RC_OK);
    CHECK(vault_open_keys(keys, &m->w.house.vault, &err) == RC_OK);
    m->w.run = run_new(&RUN_LIMITS_USUAL, NULL);
    m->w.models = arena_new(16 << 20);
    config = works_config(&m->w);
    CHECK(runtime_open(&config, &m->w.r, &err) == RC_OK);
    moving_equip(m);
    works_add(&m->w, "permit", 4, TIMED);
}

static void
unequip(struct moving_works *m)
{
    runtime_close(m->w.r);
    run_free(m->run);
    run_free(m->w.run);
    arena_free(m->w.models);
    vault_free(m->w.house.vault);
    arena_free(m->w.house.arena);
}

/* One case at a time, told of when it is durable; what the disk refuses is tried again. */
static void
move_all(struct moving_works *m, int fd)
{
    int64_t after = 0;
    struct err err;

    do {
        struct migration_page p = moving_page(m, 1, after, 1);
        enum rc rc = migration_move(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err);
        if (rc != RC_OK && rc != RC_IO && rc != RC_FULL) {
            (void)fprintf(stderr, "%s\n", err.text);
            _exit(4);
        }
        after = rc == RC_OK ? p.last : after;
        if (rc == RC_OK && fd >= 0 && p.moved > 0 && write(fd, "m", 1) != 1) {
            _exit(5);
        }
        if (rc == RC_OK && p.last == 0) {
            break;
        }
    } while (true);
}

static int
child(const char *where)
{
    const struct store_config config = {.where = where, .readers = 1, .queue_max = 100, .busy_ms = 1000};
    struct moving_works m = {.w.count = 0};
    struct err err;

    if (store_open(&config, &m.w.house.fixture.db.store, &err) != RC_OK) {
        return 3;
    }
    equip(&m);
    open_clocks(&m);
    moving_find_model(&m);
    move_all(&m, TELL_FD);
    close_clocks();
    unequip(&m);
    store_close(m.w.house.fixture.db.store);
    return 0;
}

/* --- the parent ------------------------------------------------------------------------------------------------------ */

/* Killed by its disk at the call that fault names, or from here when it has told of `most` cases.  How many it told of. */
static int
run_child(const struct fixture *f, const char *fault, int most, bool *ended)
{
    char vars[4][600], told;
    char *argv[] = {(char[]){"moving"}, NULL};
    char *environment[] = {vars[0], vars[1], vars[2], vars[3], NULL};
    int ends[2], status = -1, count = 0;
    pid_t pid;

    (void)snprintf(vars[0], sizeof(vars[0]), "LD_PRELOAD=%s", fault != NULL ? "build/faults/shim.so" : "");
    (void)snprintf(vars[1], sizeof(vars[1]), "ZT_FAULT=%s", fault != NULL ? fault : "none");
    (void)snprintf(vars[2], sizeof(vars[2]), "ZT_MIGRATION_CHILD=%s", f->where);
    (void)snprintf(vars[3], sizeof(vars[3]), "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], TELL_FD);
        (void)execve("/proc/self/exe", argv, environment);
        _exit(6);
    }
    (void)close(ends[1]);
    while (read(ends[0], &told, 1) == 1 && ++count != most) {
    }
    if (count == most) {
        assert_int_equal(kill(pid, SIGKILL), 0);
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3 /* the store did not open */) {
        fail_msg("%s: the child ended with %d", fault, WEXITSTATUS(status));
    }
    *ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return count;
}

/* A store with cases in different places, and a plan that two persons have agreed on. */
static void
prepare(struct moving_works *m)
{
    int64_t number;
    struct err err;

    equip(m);
    moving_lay_down(m);
    moving_version(m, 4, TIMED);
    fixture_sql(&m->w.house.fixture, "INSERT INTO rule_verdict (model, number, verdict, officer, reason, at_us, act) SELECT model, 4, verdict, '', '', at_us, act "
                                     "FROM rule_verdict WHERE number = 1");
    assert_int_equal(store_write(&m->w.house.fixture.db, calendar_tx, m, &err), RC_OK);
    moving_find_model(m);
    for (int n = 0; n < CASES; n++) {
        int64_t instance = works_start(&m->w, "permit", "{'command':'start','variables':{'fee':1}}");
        if (n % 2 == 1) {
            (void)works_complete(&m->w, instance, "receive");
        }
    }
    number = moving_consented(m, TIMED_PLAN);
    assert_int_equal(number, 1);
    unequip(m);
}

static void
check_all_moved_once(struct moving_works *m, const char *fault)
{
    static const struct {
        const char *sql;
        int64_t expected;
    } counts[] = {
        {"SELECT COUNT(*) FROM process_instance WHERE version = 4", CASES},
        {"SELECT COUNT(*) FROM clock WHERE name = 'promised' AND state = 'running'", CASES / 2},
        {"SELECT COUNT(*) FROM clock_log WHERE did = 'start'", CASES / 2},
        {"SELECT COUNT(*) FROM migration_case WHERE state = 'moved'", CASES},
        {"SELECT COUNT(*) FROM act WHERE kind = 43", CASES},
        {"SELECT COUNT(*) FROM migration_kept", CASES},
        {"SELECT COUNT(*) FROM process_history", CASES + CASES / 2 + CASES},
        {"SELECT COUNT(*) FROM process_token WHERE element IN ('decide', 'late')", 0},
        {"SELECT COUNT(*) FROM process_token WHERE element = 'stop'", CASES / 2},
    };

    for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        int64_t is = works_int(&m->w, counts[n].sql);
        if (is != counts[n].expected) {
            fail_msg("%s: %s is %lld", fault, counts[n].sql, (long long)is);
        }
    }
    for (int64_t instance = 1; instance <= CASES; instance++) {
        works_check_history(&m->w, instance);
    }
}

/* One child with its fault, then all that is left. */
static bool
after(enum fixture_kind kind, const char *fault, int most)
{
    struct moving_works m = {.w.count = 0};
    bool ended = false;

    fixture_new(&m.w.house.fixture, kind);
    prepare(&m);
    fixture_close(&m.w.house.fixture);
    int told = run_child(&m.w.house.fixture, fault, most, &ended);
    fixture_open(&m.w.house.fixture);
    equip(&m);
    open_clocks(&m);
    moving_find_model(&m);
    assert_true(works_int(&m.w, "SELECT COUNT(*) FROM migration_case") >= told); /* what was told is durable */
    move_all(&m, -1);
    check_all_moved_once(&m, fault != NULL ? fault : "killed");
    close_clocks();
    unequip(&m);
    fixture_remove(&m.w.house.fixture);
    return ended;
}

static void
killed_at_any_write_each_case_is_moved_once(void **state)
{
    bool ended = false;
    int met = 0;

    (void)state;
    for (int n = 1; n < 2000 && !ended; n += 11) {
        char fault[32];
        (void)snprintf(fault, sizeof(fault), "kill:%d", n);
        ended = after(FIXTURE_SQLITE, fault, -1);
        met += !ended;
    }
    assert_true(ended && met > 3);
}

static void
killed_between_two_cases_each_is_moved_once(void **state)
{
    (void)state;
    for (int most = 1; most < CASES; most += 2) {
        (void)after(FIXTURE_SQLITE, NULL, most);
        if (fixture_has_postgres()) {
            (void)after(FIXTURE_POSTGRES, NULL, most);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_write_each_case_is_moved_once),
        cmocka_unit_test(killed_between_two_cases_each_is_moved_once),
    };
    const char *where = getenv("ZT_MIGRATION_CHILD");

    return where != NULL ? child(where) : cmocka_run_group_tests(tests, NULL, NULL);
}
