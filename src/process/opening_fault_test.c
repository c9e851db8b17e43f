/*
 * A program in which cases begin by themselves is killed at any call by which it writes, or in the midst of beginning one; another opens the same store and
 * goes on: each message, each signal and each day has begun one case, not less and not more.
 *
 * This program starts itself as a child on a disk that kills (tests/faults/shim.c), with ZT_FAULT_CHILD as the store.
 */
#include "process/test_opening.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DAYS = 4, TRIED = 6 };

static const char keys_text[] = "{\"index\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\",\"keys\":[{\"number\":1,"
                                "\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}";

/* The house is asked when the turn of a timer, a signal or a message is taken and its case is not there yet. */
static enum rc
killing_house(struct tx *tx, struct arena *a, const struct opening *o, struct opening_case *out, void *ctx, struct err *err)
{
    static int calls;
    const char *at = getenv("ZT_FAULT_HOUSE");

    if (at != NULL && ++calls == atoi(at)) {
        (void)kill(getpid(), SIGKILL);
    }
    return hall_open_case(tx, a, o, out, ctx, err);
}

static void
equip(struct hall *h)
{
    struct json *keys;
    struct err err;

    h->house.arena = arena_new(HOUSE_ARENA);
    CHECK(json_parse(h->house.arena, str_of(keys_text), JSON_UNIQUE, &keys, &err) == RC_OK);
    CHECK(vault_open_keys(keys, &h->house.vault, &err) == RC_OK);
    hall_equip(h, killing_house);
}

static void
unequip(struct hall *h)
{
    hall_unequip(h);
    vault_free(h->house.vault);
    arena_free(h->house.arena);
}

/* What the disk refuses is said once more. */
static void
say(struct hall *h, int day, bool is_signal)
{
    const char *id = str_c(h->house.arena, str_fmt(h->house.arena, "id-%d", day));
    const struct runtime_message m = is_signal ? hall_message(h, id, "stop", "") : hall_message(h, id, "order", id);
    struct runtime_delivery out;
    struct err err;
    enum rc rc = RC_IO;

    for (int n = 0; n < TRIED && rc != RC_OK; n++) {
        rc = is_signal ? runtime_signal(h->r, &h->house.fixture.db, h->house.arena, &m, &out, &err)
                       : runtime_message(h->r, &h->house.fixture.db, h->house.arena, &m, &out, &err);
    }
    CHECK(rc == RC_OK);
}

/* Each day an order, a warning, and what is due. */
static void
live(struct hall *h)
{
    for (int day = 0; day < DAYS; day++) {
        h->now_us = HALL_NOON_US + day * HALL_DAY_US;
        say(h, day, false);
        say(h, day, true);
        (void)hall_turns(h);
    }
}

static int
child(const char *where)
{
    const struct store_config config = {.where = where, .readers = 1, .queue_max = 100, .busy_ms = 1000};
    struct hall h = {.now_us = HALL_NOON_US};
    struct err err;

    if (store_open(&config, &h.house.fixture.db.store, &err) != RC_OK) {
        return 3;
    }
    equip(&h);
    live(&h);
    unequip(&h);
    store_close(h.house.fixture.db.store);
    return 0;
}

/* fault: of the shim, or "house:N".  True: the child met none. */
static bool
run_child(const struct fixture *f, const char *fault)
{
    bool is_house = str_starts(str_of(fault), STR("house:"));
    char vars[5][600];
    char *argv[] = {(char[]){"fault"}, NULL};
    char *environment[] = {vars[0], vars[1], vars[2], vars[3], is_house ? vars[4] : NULL, NULL};
    int status = -1;
    pid_t pid;

    (void)snprintf(vars[0], sizeof(vars[0]), "LD_PRELOAD=build/faults/shim.so");
    (void)snprintf(vars[1], sizeof(vars[1]), "ZT_FAULT=%s", is_house ? "count" : fault);
    (void)snprintf(vars[2], sizeof(vars[2]), "ZT_FAULT_CHILD=%s", f->where);
    (void)snprintf(vars[3], sizeof(vars[3]), "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
    (void)snprintf(vars[4], sizeof(vars[4]), "ZT_FAULT_HOUSE=%s", is_house ? fault + strlen("house:") : "0");
    assert_true((pid = fork()) >= 0);
    if (pid == 0) {
        (void)execve("/proc/self/exe", argv, environment);
        _exit(6);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3 /* the store did not open */) {
        fail_msg("%s: the child ended with %d", fault, WEXITSTATUS(status));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
dies_and_goes_on(enum fixture_kind kind, const char *fault)
{
    static const char *const begun[] = {"order-%", "warn-%", "daily-%"};
    static const int64_t expected[] = {DAYS, DAYS, DAYS - 1}; /* the first day is half over when it is laid down */
    struct hall h = {.now_us = HALL_NOON_US};
    struct err err;

    fixture_new(&h.house.fixture, kind);
    h.house.arena = arena_new(HOUSE_ARENA);
    assert_int_equal(store_write(&h.house.fixture.db, rules_land_tx, &h.house, &err), RC_OK);
    hall_lay_down(&h, "order-x", MODEL(ORDERED STAYS));
    hall_lay_down(&h, "warn-x", MODEL(WARNED STAYS));
    hall_lay_down(&h, "daily-x", MODEL(TIMED(DAILY) STAYS));
    arena_free(h.house.arena);
    fixture_close(&h.house.fixture);
    bool ended = run_child(&h.house.fixture, fault);
    fixture_open(&h.house.fixture);
    equip(&h);
    live(&h);
    for (size_t n = 0; n < 3; n++) {
        struct str sql = str_fmt(h.house.arena, "SELECT COUNT(*) FROM process_instance WHERE model LIKE '%s'", begun[n]);
        int64_t count = hall_count(&h, str_c(h.house.arena, sql));
        if (count != expected[n]) {
            fail_msg("%s: %s %lld times", fault, begun[n], (long long)count);
        }
    }
    unequip(&h);
    fixture_remove(&h.house.fixture);
    return ended;
}

struct walk {
    const char *kind;
    int first, step, last;
};

static void
walk(enum fixture_kind store, const struct walk *w)
{
    bool ended = false;
    int met = 0;

    assert_true(dies_and_goes_on(store, "none"));
    for (int n = w->first; n < w->last && !ended; n += w->step) {
        char fault[32];
        (void)snprintf(fault, sizeof(fault), "%s:%d", w->kind, n);
        ended = dies_and_goes_on(store, fault);
        met += !ended;
    }
    assert_true(met > 3);
}

static void
killed_at_any_write_each_case_has_begun_once(void **state)
{
    (void)state;
    walk(FIXTURE_SQLITE, &(struct walk){"kill", 1, 23, 2000});
}

static void
killed_while_one_begins_it_begins_once(void **state)
{
    (void)state;
    walk(FIXTURE_SQLITE, &(struct walk){"house", 1, 1, 100});
    if (fixture_has_postgres()) {
        walk(FIXTURE_POSTGRES, &(struct walk){"house", 1, 2, 100});
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_write_each_case_has_begun_once),
        cmocka_unit_test(killed_while_one_begins_it_begins_once),
    };
    const char *where = getenv("ZT_FAULT_CHILD");

    return where != NULL ? child(where) : cmocka_run_group_tests(tests, NULL, NULL);
}
