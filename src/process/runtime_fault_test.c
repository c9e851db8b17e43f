/*
 * A program that runs processes is killed at any call by which it writes; another opens the same store, is told all commands again
 * under the same keys, and everything stands as if nothing had happened: nothing lost that was acknowledged, nothing there twice.
 *
 * This program starts itself as a child on a disk that kills (tests/faults/shim.c), with ZT_FAULT_CHILD as the store.
 */
#include "process/test_runtime.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TELL_FD = 3, SAYINGS = 12, CASES = 4 };

static const char keys_text[] = "{\"index\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\",\"keys\":[{\"number\":1,"
                                "\"key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}";

/* What is told, in this order; each under its own key, but for turns, which are told by the clock. */
static const struct saying {
    const char *start;   /* model: begins a case */
    int which;           /* the case that was begun so many starts before, from 0 */
    const char *command; /* NULL: a message; "": a turn */
} sayings[SAYINGS] = {
    {"approval", 0, "{'command':'start','variables':{'approved':true,'owner':'张三'}}"},
    {NULL, 0, "{'command':'complete','token':2,'attempt':-1}"},
    {"catch", 1, "{'command':'start'}"},
    {NULL, 0, "{'command':'complete','token':4,'attempt':-1,'variables':{'note':'齐'}}"},
    {"wait", 2, "{'command':'start'}"},
    {NULL, 0, NULL},
    {NULL, 0, "{'command':'complete','token':3,'attempt':-1}"},
    {NULL, 0, ""},
    {"throw", 3, "{'command':'start'}"},
    {NULL, 0, "{'command':'set','variables':{'fee':100}}"},
    {NULL, 0, ""},
    {NULL, 0, "{'command':'complete','token':6,'attempt':-1}"},
};

static void
add_models(struct works *w)
{
    works_add(w, "approval", 1, WORKS_APPROVAL);
    works_add(w, "catch", 1, AROUND("<intermediateCatchEvent id='a'><messageEventDefinition messageRef='M'/></intermediateCatchEvent>"));
    works_add(w, "throw", 1, AROUND("<intermediateThrowEvent id='a'><messageEventDefinition messageRef='M'/></intermediateThrowEvent>"));
    works_add(w, "wait", 1, AROUND("<intermediateCatchEvent id='a'><timerEventDefinition><timeDuration>PT3S</timeDuration>"
                                   "</timerEventDefinition></intermediateCatchEvent>"));
}

static enum rc
send_message(struct works *w, struct err *err)
{
    const struct runtime_message m = {.id = STR("m1"), .name = STR("order"), .key = STR("case-7"), .ttl_us = 0, .actor = STR("peer"),
                                      .now_us = w->now_us};
    struct runtime_delivery out;

    return runtime_message(w->r, &w->house.fixture.db, w->house.arena, &m, &out, err);
}

/* Turns until there is nothing more to do. */
static enum rc
turn(struct works *w, struct err *err)
{
    struct arena *a = arena_new(8 << 20);
    int64_t next_us = 0;
    enum rc rc = RC_OK;

    while (rc == RC_OK && next_us <= w->now_us) {
        rc = runtime_turn(w->r, &w->house.fixture.db, a, w->now_us, &next_us, err);
    }
    arena_free(a);
    return rc;
}

static enum rc
say(struct works *w, int n, int64_t cases[CASES], bool repeated[SAYINGS], struct err *err)
{
    const struct saying *s = &sayings[n];
    struct runtime_result out = {.instance = 0};
    char key[16];
    enum rc rc;

    (void)snprintf(key, sizeof(key), "k%d", n);
    w->now_us = WORKS_NOW_US + n * SECOND_US;
    if (s->command == NULL) {
        return send_message(w, err);
    }
    if (s->command[0] == '\0') {
        return turn(w, err);
    }
    rc = s->start != NULL ? works_try_start(w, s->start, s->command, key, &out, err)
                          : works_try(w, cases[s->which], s->command, key, &out, err);
    repeated[n] = out.is_repeated;
    if (s->start != NULL) {
        cases[s->which] = out.instance;
    }
    return rc;
}

/* All of it, and what the disk refuses once more under the same key; told(n) after each that was acknowledged. */
static void
say_all(struct works *w, int64_t cases[CASES], bool repeated[SAYINGS], void (*told)(int n))
{
    struct err err;

    for (int n = 0; n < SAYINGS; n++) {
        enum rc rc = say(w, n, cases, repeated, &err);
        for (int again = 0; again < 5 && (rc == RC_IO || rc == RC_FULL); again++) {
            rc = say(w, n, cases, repeated, &err);
        }
        if (rc != RC_OK) {
            (void)fprintf(stderr, "%d: %s\n", n, err.text);
            exit(4);
        }
        if (told != NULL) {
            told(n);
        }
    }
}

/* --- the child ------------------------------------------------------------------------------------------------ */

static void
tell(int n)
{
    char byte = (char)n;

    if (write(TELL_FD, &byte, 1) != 1) {
        _exit(5);
    }
}

/* The hook runs when some rows of a command have been written and others have not. */
static enum rc
killing_hook(struct tx *tx, struct arena *a, const struct runtime_event *e, void *ctx, struct err *err)
{
    static int calls;
    const char *at = getenv("ZT_FAULT_HOOK");

    (void)tx, (void)a, (void)e, (void)ctx, (void)err;
    if (at != NULL && ++calls == atoi(at)) {
        (void)kill(getpid(), SIGKILL);
    }
    return RC_OK;
}

static void
equip(struct works *w)
{
    struct runtime_config config;
    struct json *keys;
    struct err err;

    w->house.arena = arena_new(HOUSE_ARENA);
    CHECK(json_parse(w->house.arena, str_of(keys_text), JSON_UNIQUE, &keys, &err) == RC_OK);
    CHECK(vault_open_keys(keys, &w->house.vault, &err) == RC_OK);
    w->run = run_new(&RUN_LIMITS_USUAL, NULL);
    w->models = arena_new(16 << 20);
    w->business_key = "case-7";
    add_models(w);
    config = works_config(w);
    config.hook = killing_hook;
    CHECK(runtime_open(&config, &w->r, &err) == RC_OK);
}

static void
unequip(struct works *w)
{
    runtime_close(w->r);
    run_free(w->run);
    arena_free(w->models);
    vault_free(w->house.vault);
    arena_free(w->house.arena);
}

static int
child(const char *where)
{
    const struct store_config config = {.where = where, .readers = 1, .queue_max = 100, .busy_ms = 1000};
    struct works w = {.count = 0};
    int64_t cases[CASES] = {0};
    bool repeated[SAYINGS];
    struct err err;

    if (store_open(&config, &w.house.fixture.db.store, &err) != RC_OK) {
        return 3;
    }
    equip(&w);
    say_all(&w, cases, repeated, tell);
    unequip(&w);
    store_close(w.house.fixture.db.store);
    return 0;
}

/* --- the parent ------------------------------------------------------------------------------------------------- */

/* fault: of the shim, or "hook:N". */
static int
run_child(const struct fixture *f, const char *fault, bool acknowledged[SAYINGS])
{
    bool is_hook = str_starts(str_of(fault), STR("hook:"));
    char vars[5][600], told;
    char *argv[] = {(char[]){"fault"}, NULL};
    char *environment[] = {vars[0], vars[1], vars[2], vars[3], is_hook ? vars[4] : NULL, NULL};
    int ends[2], status = -1;
    pid_t pid;

    (void)snprintf(vars[0], sizeof(vars[0]), "LD_PRELOAD=build/faults/shim.so");
    (void)snprintf(vars[1], sizeof(vars[1]), "ZT_FAULT=%s", is_hook ? "count" : fault);
    (void)snprintf(vars[2], sizeof(vars[2]), "ZT_FAULT_CHILD=%s", f->where);
    (void)snprintf(vars[3], sizeof(vars[3]), "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
    (void)snprintf(vars[4], sizeof(vars[4]), "ZT_FAULT_HOOK=%s", is_hook ? fault + strlen("hook:") : "0");
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(ends[1], TELL_FD);
        (void)execve("/proc/self/exe", argv, environment);
        _exit(6);
    }
    (void)close(ends[1]);
    while (read(ends[0], &told, 1) == 1) {
        assert_in_range(told, 0, SAYINGS - 1);
        acknowledged[(int)told] = true;
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* All cases as they stand, without the numbers that a second start gives anew. */
static struct str
standing(struct works *w, const int64_t cases[CASES])
{
    struct arena *a = w->house.arena;
    struct json *all = json_array(a);
    struct instance i;
    struct str text;
    struct err err;

    for (int n = 0; n < CASES; n++) {
        assert_int_equal(runtime_instance(w->r, &w->house.fixture.db, a, cases[n], &i, &err), RC_OK);
        works_check_history(w, cases[n]);
        i.id = n;
        json_push(all, instance_json(a, &i));
    }
    assert_int_equal(json_print(a, all, &text, &err), RC_OK);
    return text;
}

/* How it stands after one fault, and all told once more; *ended: the child met no fault. */
static struct str
after(enum fixture_kind kind, const char *fault, struct arena *keep, bool *ended)
{
    static const char *const counts[] = {"SELECT COUNT(*) FROM process_history", "SELECT COUNT(*) FROM process_command",
                                         "SELECT COUNT(*) FROM process_message", "SELECT COUNT(*) FROM process_closed"};
    static const int64_t expected[] = {11, 9, 2, 4};
    struct works w = {.count = 0};
    bool acknowledged[SAYINGS] = {false}, repeated[SAYINGS] = {false};
    int64_t cases[CASES] = {0};
    struct str out;
    struct err err;
    int status;

    fixture_new(&w.house.fixture, kind);
    fixture_close(&w.house.fixture);
    status = run_child(&w.house.fixture, fault, acknowledged);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3 /* the store did not open */) {
        fail_msg("%s: the child ended with %d", fault, WEXITSTATUS(status));
    }
    *ended = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    fixture_open(&w.house.fixture);
    equip(&w);
    say_all(&w, cases, repeated, NULL);
    for (int n = 0; n < SAYINGS; n++) {
        bool has_key = sayings[n].command != NULL && sayings[n].command[0] != '\0';
        if (has_key && acknowledged[n] && !repeated[n]) {
            fail_msg("%s: %d was acknowledged and is lost", fault, n);
        }
    }
    assert_int_equal(str_copy(keep, standing(&w, cases), &out, &err), RC_OK);
    for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        if (works_int(&w, counts[n]) != expected[n]) {
            fail_msg("%s: %s is %lld", fault, counts[n], (long long)works_int(&w, counts[n]));
        }
    }
    unequip(&w);
    fixture_remove(&w.house.fixture);
    return out;
}

struct walk {
    const char *kind;
    int first, step, last;
};

/* With one fault at call `first`, then `step` calls later, and so on, until a child meets none or to the last. */
static void
walk(enum fixture_kind store, const struct walk *w)
{
    struct arena *keep = arena_new(8 << 20);
    bool ended = false;
    struct str whole = after(store, "none", keep, &ended);
    int n, met = 0;

    assert_true(ended);
    for (n = w->first, ended = false; n < w->last && !ended; n += w->step) {
        char fault[32];
        (void)snprintf(fault, sizeof(fault), "%s:%d", w->kind, n);
        struct str stands = after(store, fault, keep, &ended);
        if (!str_eq(stands, whole)) {
            fail_msg("%s:\n%.*s\nnot\n%.*s", fault, STR_ARG(stands), STR_ARG(whole));
        }
        ended = ended && !str_eq(str_of(w->kind), STR("io")); /* which does not end it */
        met += !ended;
    }
    assert_true(met > 3);
    arena_free(keep);
}

static void
killed_at_any_write_all_cases_stand_as_if_nothing_had_happened(void **state)
{
    (void)state;
    walk(FIXTURE_SQLITE, &(struct walk){"kill", 1, 7, 2000});
}

static void
half_a_write_is_no_command(void **state)
{
    (void)state;
    walk(FIXTURE_SQLITE, &(struct walk){"torn", 3, 17, 150});
}

/* The whole group is undone in memory too: numbers that were taken, what is promised. */
static void
what_a_disk_refuses_once_is_said_again_and_stands_once(void **state)
{
    (void)state;
    walk(FIXTURE_SQLITE, &(struct walk){"io", 10, 23, 150});
}

static void
killed_in_the_midst_of_a_command_none_of_it_is_there(void **state)
{
    (void)state;
    walk(FIXTURE_SQLITE, &(struct walk){"hook", 1, 1, 100});
    if (fixture_has_postgres()) {
        walk(FIXTURE_POSTGRES, &(struct walk){"hook", 1, 2, 100});
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_write_all_cases_stand_as_if_nothing_had_happened),
        cmocka_unit_test(half_a_write_is_no_command),
        cmocka_unit_test(killed_in_the_midst_of_a_command_none_of_it_is_there),
        cmocka_unit_test(what_a_disk_refuses_once_is_said_again_and_stands_once),
    };
    const char *where = getenv("ZT_FAULT_CHILD");

    return where != NULL ? child(where) : cmocka_run_group_tests(tests, NULL, NULL);
}
