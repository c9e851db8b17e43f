#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/password.h"

static struct str
hashed(struct arena *a, struct str password, const struct password_cost *cost)
{
    struct str out = {NULL, 0};
    struct err err;

    assert_int_equal(password_hash(a, password, cost, &out, &err), RC_OK);
    return out;
}

static void
only_the_password_itself_matches(void **state)
{
    struct arena *a = arena_new(1 << 16);
    static const struct str passwords[] = {
        STR_INIT(""), STR_INIT("a"), STR_INIT("正确的马电池订书钉"), STR_INIT("with\0nul"),
        STR_INIT("with"),
    };
    enum { COUNT = sizeof(passwords) / sizeof(passwords[0]) };

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        struct str stored = hashed(a, passwords[i], &password_cost_test);
        assert_true(stored.len <= 128);
        assert_true(str_starts(stored, STR("$argon2id$v=19$")));
        for (size_t k = 0; k < COUNT; k++) {
            assert_int_equal(password_matches(stored, passwords[k]), i == k);
        }
        assert_false(str_eq(stored, hashed(a, passwords[i], &password_cost_test)));
    }
    assert_true(password_matches(hashed(a, (struct str){NULL, 0}, &password_cost_test), STR("")));
    arena_free(a);
}

/* Made by the reference program: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32. */
static void
a_text_made_elsewhere_is_understood(void **state)
{
    struct str stored = STR("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
                            "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");

    (void)state;
    assert_true(password_matches(stored, STR("password")));
    assert_false(password_matches(stored, STR("differentpassword")));
}

static void
a_damaged_text_matches_nothing(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct str good = hashed(a, STR("pw"), &password_cost_test);
    char long_text[300];

    (void)state;
    for (size_t len = 0; len < good.len; len++) {
        assert_false(password_matches(str_sub(good, 0, len), STR("pw")));
    }
    memset(long_text, 'x', sizeof(long_text));
    memcpy(long_text, good.ptr, good.len);
    assert_false(password_matches((struct str){long_text, sizeof(long_text)}, STR("pw")));
    assert_false(password_matches(STR("$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA"), STR("pw")));
    assert_false(password_matches(STR("pw"), STR("pw")));
    arena_free(a);
}

static void
a_text_is_weak_if_it_was_cheaper_than_the_wanted_cost(void **state)
{
    static const struct {
        const char *stored;
        uint64_t operations;
        size_t memory_bytes;
        bool weak;
    } cases[] = {
        {"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", 2, 19456 * 1024, false},
        {"$argon2id$v=19$m=19457,t=3,p=1$c2FsdA$aGFzaA", 2, 19456 * 1024, false},
        {"$argon2id$v=19$m=19455,t=2,p=1$c2FsdA$aGFzaA", 2, 19456 * 1024, true},
        {"$argon2id$v=19$m=19456,t=1,p=1$c2FsdA$aGFzaA", 2, 19456 * 1024, true},
        {"$argon2i$v=19$m=99999,t=9,p=1$c2FsdA$aGFzaA", 2, 19456 * 1024, true},
        {"$argon2id$v=19$t=9,m=99999,p=1$c2FsdA$aGFzaA", 2, 19456 * 1024, true},
        {"$argon2id$v=19$m=x,t=2,p=1$c2FsdA$aGFzaA", 2, 8192, true},
        {"$argon2id$v=19$m=-1,t=-1,p=1$c2FsdA$aGFzaA", 2, 8192, true},
        {"$argon2id$v=19$", 1, 8192, true},
        {"", 1, 8192, true},
    };
    struct arena *a = arena_new(1 << 16);
    struct str made = hashed(a, STR("pw"), &password_cost_test);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct password_cost cost = {cases[i].operations, cases[i].memory_bytes};
        if (password_is_weak(str_of(cases[i].stored), &cost) != cases[i].weak) {
            fail_msg("%s", cases[i].stored);
        }
    }
    assert_false(password_is_weak(made, &password_cost_test));
    assert_true(password_is_weak(made, &password_cost_usual));
    arena_free(a);
}

static rlim_t
mapped_bytes(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    assert_non_null(in);
    assert_int_equal(fscanf(in, "%lu", &pages), 1);
    (void)fclose(in);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/*
 * The soft limit on address space leaves room for small things, and none for the 64 MiB asked
 * for.
 */
static void
without_memory_there_is_no_hash(void **state)
{
    static const struct password_cost large = {.operations = 1, .memory_bytes = 64 << 20};
    struct arena *a = arena_new(64);
    struct rlimit usual, tight;
    struct str out = STR("untouched");
    struct err err;

    (void)state;
    assert_int_equal(password_hash(a, STR("pw"), &password_cost_test, &out, &err), RC_LIMIT);
    assert_int_equal(getrlimit(RLIMIT_AS, &usual), 0);
    tight = usual;
    tight.rlim_cur = mapped_bytes() + (16 << 20);
    assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
    enum rc rc = password_hash(a, STR("pw"), &large, &out, &err);
    assert_int_equal(setrlimit(RLIMIT_AS, &usual), 0);
    assert_int_equal(rc, RC_LIMIT);
    assert_true(str_eq(out, STR("untouched")));
    arena_free(a);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_password_itself_matches),
        cmocka_unit_test(a_text_made_elsewhere_is_understood),
        cmocka_unit_test(a_damaged_text_matches_nothing),
        cmocka_unit_test(a_text_is_weak_if_it_was_cheaper_than_the_wanted_cost),
        cmocka_unit_test(without_memory_there_is_no_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
