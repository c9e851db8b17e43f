/*
 * A program in which people work on a case is killed at any call by which it writes, or its disk refuses one.  Another opens the same store and goes on with
 * what has left no act: then everything stands as if nothing had happened, for an act is never there without what it tells of, nor the other way round.
 *
 * This program starts itself as a child on a disk that fails (tests/faults/shim.c), with ZT_FAULT_CHILD as the store.
 */
#include "process/test_conduct.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TELL_FD = 3 };

static const char keys_text[] = "{\"index\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\",\"keys\":[{\"number\":1,"
                                "\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}";

/* In this order; each leaves one act of its kind. */
static const struct step {
    const char *who, *element;
    enum deed_kind kind;
    enum act_kind act;
    int64_t serial;
    const char *outcome, *to, *power, *fields, *data, *basis;
} steps[] = {
    {"m1", "accept", DEED_CLAIM, ACT_CLAIM, 0, "", "", "", NULL, NULL, ""},
    {"m1", "accept", DEED_SUPPLEMENT, ACT_SUPPLEMENT, 0, "", "", "", "[{'field':'address','what':'门牌'}]", NULL, ""},
    {"p-1", "accept", DEED_SUPPLY, ACT_SUPPLIED, 0, "", "", "", NULL, "{'address':'1'}", ""},
    {"m1", "accept", DEED_CONSULT, ACT_CONSULT, 0, "", FIRE, "", NULL, NULL, ""},
    {"f1", "accept", DEED_OPINION, ACT_OPINION, 1, "", "", "", NULL, NULL, ""},
    {"m1", "accept", DEED_COMPLETE, ACT_ACCEPT, 0, "accept", "", "", NULL, NULL, ""},
    {"m1", "examine", DEED_SUSPEND, ACT_SUSPEND, 0, "", "", "", NULL, NULL, "hearing"},
    {"m1", "examine", DEED_RESUME, ACT_RESUME, 0, "", "", "", NULL, NULL, ""},
    {"m1", "examine", DEED_TRANSFER, ACT_TRANSFER, 0, "", FIRE, "XK-0307", NULL, NULL, ""},
    {"f1", "examine", DEED_COMPLETE, ACT_STEP, 0, "oppose", "", "", NULL, NULL, ""},
    {"f2", "decide", DEED_COMPLETE, ACT_DECIDE, 0, "refuse", "", "", NULL, NULL, ""},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static enum rc
do_step(struct city *t, size_t n, struct err *err)
{
    const struct step *s = &steps[n];
    const struct conduct_deed set = {.serial = s->serial, .outcome = str_of(s->outcome), .to = str_of(s->to), .power = str_of(s->power),
                                     .basis = str_of(s->basis), .reason = STR("理由"),
                                     .fields = s->fields != NULL ? city_json(t, s->fields) : NULL,
                                     .data = s->data != NULL ? city_json(t, s->data) : NULL};

    return city_try(t, s->who, s->element, s->kind, &set, err);
}

static bool
is_done(struct city *t, size_t n)
{
    return city_acts(t, steps[n].act) > 0;
}

static void
begin(struct city *t)
{
    struct city_starting s = {.city = t, .key = "approval", .variables = CITY_CASE, .case_no = "case-7"};
    struct err err;
    enum rc rc = RC_IO;

    t->model[t->count++] = (struct city_model){"approval", CITY_APPROVAL, NULL};
    CHECK(city_load(t, NULL, STR("approval"), 1, &err) == RC_OK);
    for (int again = 0; again < 5 && rc == RC_IO && city_int(t, "SELECT COUNT(*) FROM process_history") == 0; again++) {
        rc = store_write(&t->house.fixture.db, city_start_tx, &s, &err);
    }
}

/* What is not done yet, and what the disk refuses once more; told(n) after each. */
static void
go_on(struct city *t, void (*told)(size_t n))
{
    struct err err;

    begin(t);
    for (size_t n = 0; n < STEPS; n++) {
        enum rc rc = RC_IO;
        for (int again = 0; again < 5 && (rc == RC_IO || rc == RC_FULL) && !is_done(t, n); again++) {
            rc = do_step(t, n, &err);
        }
        if (!is_done(t, n)) {
            (void)fprintf(stderr, "%zu: %s (%s)\n", n, err.text, err.type);
            exit(4);
        }
        if (told != NULL) {
            told(n);
        }
    }
}

/* --- the city on a store of a path ------------------------------------------------------------------------------------------ */

static void
equip(struct city *t)
{
    const struct db *db = &t->house.fixture.db;
    struct json *keys;
    struct err err;

    t->house.arena = arena_new(256 << 20);
    CHECK(json_parse(t->house.arena, str_of(keys_text), JSON_UNIQUE, &keys, &err) == RC_OK);
    CHECK(vault_open_keys(keys, &t->house.vault, &err) == RC_OK);
    CHECK(region_load(db, &t->regions, &err) == RC_OK && org_load(db, &t->orgs, &err) == RC_OK);
    CHECK(almanac_open(db, t->regions, &t->almanac, &err) == RC_OK);
    t->models = arena_new(16 << 20);
    t->now_us = day_start_us(20514, CITY_OFFSET) + 43200 * SECOND_US;
    city_conduct(t);
}

static void
unequip(struct city *t)
{
    conduct_close(t->c);
    almanac_close(t->almanac);
    org_table_free(t->orgs);
    region_table_free(t->regions);
    arena_free(t->models);
    vault_free(t->house.vault);
    arena_free(t->house.arena);
}

static void
found(struct city *t)
{
    struct err err;

    t->house.arena = arena_new(16 << 20);
    assert_int_equal(store_write(&t->house.fixture.db, city_land_tx, t, &err), RC_OK);
    assert_int_equal(org_load(&t->house.fixture.db, &t->orgs, &err), RC_OK);
    assert_int_equal(store_write(&t->house.fixture.db, city_officers_tx, t, &err), RC_OK);
    org_table_free(t->orgs);
    arena_free(t->house.arena);
}

/* --- the child ---------------------------------------------------------------------------------------------------------------- */

static void
tell(size_t n)
{
    char byte = (char)n;

    if (write(TELL_FD, &byte, 1) != 1) {
        _exit(5);
    }
}

static int
child(const char *where)
{
    const struct store_config config = {.where = where, .readers = 1, .queue_max = 100, .busy_ms = 1000};
    struct city *t = mem_new(1, sizeof(*t));
    struct err err;

    (void)snprintf(t->house.fixture.where, sizeof(t->house.fixture.where), "%s", where);
    if (store_open(&config, &t->house.fixture.db.store, &err) != RC_OK) {
        return 3;
    }
    equip(t);
    go_on(t, tell);
    unequip(t);
    store_close(t->house.fixture.db.store);
    mem_free(t);
    return 0;
}

/* --- the parent ----------------------------------------------------------------------------------------------------------------- */

static int
run_child(const struct fixture *f, const char *fault, bool told[STEPS])
{
    char vars[4][600], byte;
    char *argv[] = {(char[]){"fault"}, NULL};
    char *environment[] = {vars[0], vars[1], vars[2], vars[3], NULL};
    int ends[2], status = -1;
    pid_t pid;

    (void)snprintf(vars[0], sizeof(vars[0]), "LD_PRELOAD=build/faults/shim.so");
    (void)snprintf(vars[1], sizeof(vars[1]), "ZT_FAULT=%s", fault);
    (void)snprintf(vars[2], sizeof(vars[2]), "ZT_FAULT_CHILD=%s", f->where);
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
    while (read(ends[0], &byte, 1) == 1) {
        assert_in_range(byte, 0, STEPS - 1);
        told[(int)byte] = true;
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static const char *const counts[] = {"SELECT COUNT(*) FROM act", "SELECT COUNT(*) FROM process_history", "SELECT COUNT(*) FROM process_closed",
                                     "SELECT COUNT(*) FROM process_token", "SELECT COUNT(*) FROM worklist",
                                     "SELECT COUNT(*) FROM process_signed", "SELECT COUNT(*) FROM clock_log",
                                     "SELECT COUNT(*) FROM clock WHERE state = 'stopped' AND over = 0",
                                     "SELECT MAX(leaf_index) + 1 - COUNT(*) FROM act"};
enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

/* False: the child met no fault. */
static bool
after(const char *fault, int64_t stands[COUNTS])
{
    struct city *t = mem_new(1, sizeof(*t));
    bool told[STEPS] = {false};
    int status;

    fixture_new(&t->house.fixture, FIXTURE_SQLITE);
    found(t);
    fixture_close(&t->house.fixture);
    status = run_child(&t->house.fixture, fault, told);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3) {
        fail_msg("%s: the child ended with %d", fault, WEXITSTATUS(status));
    }
    fixture_open(&t->house.fixture);
    equip(t);
    for (size_t n = 0; n < STEPS; n++) {
        if (told[n] && !is_done(t, n)) {
            fail_msg("%s: step %zu was told and is lost", fault, n);
        }
    }
    /* What is open and who has to do it are one. */
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM process_token p WHERE p.kind = 'task' AND NOT EXISTS (SELECT 1 FROM worklist w "
                                 "WHERE w.instance = p.instance AND w.token = p.id AND w.serial = 0)"), 0);
    go_on(t, NULL);
    for (size_t n = 0; n < COUNTS; n++) {
        stands[n] = city_int(t, counts[n]);
    }
    unequip(t);
    fixture_remove(&t->house.fixture);
    mem_free(t);
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
walk(const char *kind, int first, int step, int last)
{
    int64_t whole[COUNTS], stands[COUNTS];
    bool met = true;
    int faults = 0;

    assert_false(after("none", whole));
    assert_int_equal(whole[0], STEPS + 8 /* clocks that stood still and ran again */ + 1 /* the calendar */);
    for (int n = first; n < last && met; n += step) {
        char fault[32];
        (void)snprintf(fault, sizeof(fault), "%s:%d", kind, n);
        met = after(fault, stands) || kind[0] == 'i'; /* what was refused once does not end it */
        faults += met ? 1 : 0;
        for (size_t k = 0; k < COUNTS; k++) {
            if (stands[k] != whole[k]) {
                fail_msg("%s: %s is %lld, not %lld", fault, counts[k], (long long)stands[k], (long long)whole[k]);
            }
        }
    }
    assert_true(faults > 5);
}

static void
killed_at_any_write_no_act_is_without_what_it_tells_of(void **state)
{
    (void)state;
    walk("kill", 2, 29, 2000);
}

static void
half_a_write_is_no_deed(void **state)
{
    (void)state;
    walk("torn", 3, 31, 220);
}

static void
what_a_disk_refuses_once_is_done_again(void **state)
{
    (void)state;
    walk("io", 7, 31, 220);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_write_no_act_is_without_what_it_tells_of),
        cmocka_unit_test(half_a_write_is_no_deed),
        cmocka_unit_test(what_a_disk_refuses_once_is_done_again),
    };
    const char *where = getenv("ZT_FAULT_CHILD");

    return where != NULL ? child(where) : cmocka_run_group_tests_name("faults of deeds", tests, NULL, NULL);
}
