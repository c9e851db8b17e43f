/*
 * A program that does what a case asks for is killed at any call by which it writes, or its disk refuses one.  Another opens the same store and goes on: then
 * each job was done once, with one record, one act, one certificate, one place and one number, as if nothing had happened.
 *
 * This program starts itself as a child on a disk that fails (tests/faults/shim.c), with ZT_FAULT_CHILD as the store and ZT_FAULT_KEYS as its keys.
 */
#include "service/test_chore.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOB(id, type, inputs) "<serviceTask id='" id "'><extensionElements><gov:job type='" type "' retries='8'/>" inputs "</extensionElements></serviceTask>"
#define ALL                                                                                                                            \
    MODEL(START FLOW("f1", "s", "a") JOB("a", "exchange.check", INPUT("purpose", "=\"elder-card\"") INPUT("as", "=\"facts\""))              \
          FLOW("f2", "a", "b") JOB("b", "certificate.issue", INPUT("part", "=\"1\"")) FLOW("f3", "b", "c")                                  \
          JOB("c", "notice.send", INPUT("text", "=\"results\"")) FLOW("f4", "c", "d") JOB("d", "school.place", INPUT("rank", "=\"1\""))    \
          FLOW("f5", "d", "g") JOB("g", "housing.queue", "") FLOW("f6", "g", "h") JOB("h", "payment.order", INPUT("amount", "=5"))          \
          FLOW("f7", "h", "i") JOB("i", "certificate.flag", INPUT("part", "=\"1\"")) FLOW("f8", "i", "j")                                   \
          JOB("j", "offer.create", INPUT("benefit", "=\"childcare-subsidy\"")) FLOW("f9", "j", "e") END)
enum { JOBS = 8, DAYS_MOST = 60 };

/* Until all is done; a lease that a dead one holds, and a try that failed, come again on another day. */
static void
go_on(struct hands *h)
{
    for (int day = 0; day < DAYS_MOST && hands_int(h, "SELECT COUNT(*) FROM process_closed") == 0; day++) {
        struct arena *a = arena_new(64 << 20);
        int64_t next_us;
        int failed;
        struct err err;
        (void)!conduct_turn(h->office.conduct, &h->office.fixture.db, a, h->office.now_us, &next_us, &failed, &err);
        arena_free(a);
        (void)hands_try(h);
        office_days(&h->office, 1);
    }
    if (hands_int(h, "SELECT COUNT(*) FROM process_closed") != 1) {
        (void)fprintf(stderr, "not done: %s\n", h->err.text);
        exit(4);
    }
}

static void
equip(struct hands *h)
{
    office_model(&h->office, "p", ALL);
    h->registers = office_json(&h->office, "{\"ga/household\":{\"990102199003070011\":{\"birth_date\":\"1990-03-07\",\"region\":\"990102\"}}}");
    hands_furnish(h);
}

/* --- the child --------------------------------------------------------------------------------------------------- */

static int
child(const char *where)
{
    struct hands *h = mem_new(1, sizeof(*h));
    struct err err;

    h->office.arena = arena_new(512 << 20);
    (void)snprintf(h->office.fixture.where, sizeof(h->office.fixture.where), "%s", where);
    h->office.keys = office_json(&h->office, getenv("ZT_FAULT_KEYS"));
    CHECK(instant_parse(str_of(getenv("ZT_FAULT_NOW")), &h->office.now_us, &err) == RC_OK);
    office_return(&h->office);
    equip(h);
    go_on(h);
    chores_close(h->chores);
    office_leave(&h->office);
    return 0;
}

/* --- the parent ------------------------------------------------------------------------------------------------------ */

static int
run_child(struct hands *h, const char *fault)
{
    static char vars[6][2000];
    char *argv[] = {(char[]){"fault"}, NULL};
    char *environment[] = {vars[0], vars[1], vars[2], vars[3], vars[4], vars[5], NULL};
    struct str keys;
    struct err err;
    int status = -1;

    assert_int_equal(json_print(h->office.arena, h->office.keys, &keys, &err), RC_OK);
    (void)snprintf(vars[0], sizeof(vars[0]), "LD_PRELOAD=build/faults/shim.so");
    (void)snprintf(vars[1], sizeof(vars[1]), "ZT_FAULT=%s", fault);
    (void)snprintf(vars[2], sizeof(vars[2]), "ZT_FAULT_CHILD=%s", h->office.fixture.where);
    (void)snprintf(vars[3], sizeof(vars[3]), "ZT_FAULT_KEYS=%.*s", STR_ARG(keys));
    (void)snprintf(vars[4], sizeof(vars[4]), "ZT_FAULT_NOW=%.*s", STR_ARG(instant_text(h->office.arena, h->office.now_us, CLOCK_OFFSET_CHINA_MINUTES)));
    (void)snprintf(vars[5], sizeof(vars[5]), "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execve("/proc/self/exe", argv, environment);
        _exit(6);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static const char *const counts[] = {"SELECT COUNT(*) FROM errand",
                                     "SELECT COUNT(DISTINCT type) FROM errand",
                                     "SELECT COUNT(*) FROM certificate",
                                     "SELECT COUNT(*) FROM certificate WHERE status = 'flagged'",
                                     "SELECT COUNT(*) FROM placement",
                                     "SELECT COUNT(*) FROM proactive_offer",
                                     "SELECT COUNT(*) FROM process_closed",
                                     "SELECT COUNT(*) FROM process_token",
                                     "SELECT COUNT(*) FROM sub_case WHERE certificate <> ''",
                                     "SELECT COUNT(*) FROM act WHERE kind IN (8, 22, 47, 48, 49)",
                                     "SELECT MAX(leaf_index) + 1 - COUNT(*) FROM act"};
enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };

/* False: the child met no fault. */
static bool
after(const char *fault, int64_t stands[COUNTS])
{
    struct hands *h = mem_new(1, sizeof(*h));
    int status;

    hands_open(h, FIXTURE_SQLITE);
    (void)hands_case(h, ALL);
    chores_close(h->chores);
    h->chores = NULL;
    office_leave(&h->office);
    status = run_child(h, fault);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        fail_msg("%s: the child ended with %d", fault, WEXITSTATUS(status));
    }
    office_return(&h->office);
    equip(h);
    office_days(&h->office, DAYS_MOST); /* after whatever the child has come to */
    go_on(h);
    for (size_t n = 0; n < COUNTS; n++) {
        stands[n] = hands_int(h, counts[n]);
    }
    hands_close(h);
    mem_free(h);
    return !WIFEXITED(status);
}

static void
walk(const char *kind, int first, int step, int last)
{
    int64_t whole[COUNTS], stands[COUNTS];
    bool met = true;
    int faults = 0;

    assert_false(after("none", whole));
    assert_int_equal(whole[0], JOBS);
    assert_int_equal(whole[1], JOBS);
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
killed_at_any_write_each_job_is_done_once(void **state)
{
    (void)state;
    walk("kill", 3, 23, 2000);
}

static void
what_a_disk_refuses_once_is_done_again(void **state)
{
    (void)state;
    walk("io", 5, 31, 220);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_write_each_job_is_done_once),
        cmocka_unit_test(what_a_disk_refuses_once_is_done_again),
    };
    const char *where = getenv("ZT_FAULT_CHILD");

    return where != NULL ? child(where) : cmocka_run_group_tests_name("faults of chores", tests, NULL, NULL);
}
