#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "web/throttle.h"

enum { PER_PEER = 3, ALL = 10, WINDOW_S = 60, CROWD = 20000 };

static const int64_t second = 1000000, noon = INT64_C(1795838246000000);

static struct throttle *
usual(int all)
{
    const struct throttle_policy policy = {.per_peer = PER_PEER, .all = all, .window_s = WINDOW_S};

    return throttle_new(&policy);
}

static int
tries_of(struct throttle *t, const char *peer, int64_t now_us)
{
    int n = 0;

    while (n < 2 * CROWD && throttle_enter(t, str_of(peer), now_us)) {
        n++;
    }
    return n;
}

static void
one_address_has_its_tries_and_no_other_pays_for_them(void **state)
{
    struct throttle *t = usual(1000);

    (void)state;
    assert_int_equal(tries_of(t, "192.0.2.1", noon), PER_PEER);
    assert_int_equal(tries_of(t, "192.0.2.2", noon), PER_PEER);
    assert_false(throttle_enter(t, STR("192.0.2.1"), noon + 59 * second));
    throttle_free(t);
}

static void
the_door_opens_again_when_the_window_has_passed_and_when_the_clock_is_put_back(void **state)
{
    struct throttle *t = usual(1000);

    (void)state;
    assert_int_equal(tries_of(t, "192.0.2.1", noon), PER_PEER);
    assert_int_equal(tries_of(t, "192.0.2.1", noon + WINDOW_S * second), PER_PEER);
    assert_int_equal(tries_of(t, "192.0.2.1", noon - 3600 * second), PER_PEER);
    throttle_free(t);
}

static void
a_right_answer_costs_no_try(void **state)
{
    struct throttle *t = usual(1000);

    (void)state;
    for (int i = 0; i < 10 * PER_PEER; i++) {
        assert_true(throttle_enter(t, STR("192.0.2.1"), noon));
        throttle_forgive(t, STR("192.0.2.1"), noon);
    }
    assert_int_equal(tries_of(t, "192.0.2.1", noon), PER_PEER);
    throttle_free(t);
}

static void
all_addresses_together_have_an_end_too(void **state)
{
    struct throttle *t = usual(ALL);
    char peer[32];
    int n = 0;

    (void)state;
    for (int i = 0; i < CROWD; i++) {
        (void)snprintf(peer, sizeof(peer), "2001:db8::%x", (unsigned)i);
        n += throttle_enter(t, str_of(peer), noon);
    }
    assert_int_equal(n, ALL);
    throttle_free(t);
}

static void
a_crowd_does_not_wash_out_who_guesses_most(void **state)
{
    struct throttle *t = usual(10 * CROWD);
    char peer[32];

    (void)state;
    assert_int_equal(tries_of(t, "192.0.2.1", noon), PER_PEER);
    for (int i = 0; i < CROWD; i++) {
        (void)snprintf(peer, sizeof(peer), "2001:db8::%x", (unsigned)i);
        (void)throttle_enter(t, str_of(peer), noon);
    }
    assert_false(throttle_enter(t, STR("192.0.2.1"), noon));
    throttle_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_address_has_its_tries_and_no_other_pays_for_them),
        cmocka_unit_test(the_door_opens_again_when_the_window_has_passed_and_when_the_clock_is_put_back),
        cmocka_unit_test(a_right_answer_costs_no_try),
        cmocka_unit_test(all_addresses_together_have_an_end_too),
        cmocka_unit_test(a_crowd_does_not_wash_out_who_guesses_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
