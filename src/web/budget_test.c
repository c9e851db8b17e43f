#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/budget.h"

enum { BYTES = 100, LINE = 2 };

static struct budget *
new_budget(void)
{
    const struct budget_policy policy = {.bytes = BYTES, .line = LINE, .wait_ms = 7};

    return budget_new(&policy);
}

static void
shares_are_taken_while_there_is_room_and_given_back(void **state)
{
    struct budget *b = new_budget();
    struct budget_share one = {.of = NULL}, two = {.of = NULL}, three = {.of = NULL};

    (void)state;
    assert_int_equal(budget_wait_ms(b), 7);
    assert_int_equal(budget_take(b, &one, 60), BUDGET_TAKEN);
    assert_int_equal(budget_take(b, &two, 40), BUDGET_TAKEN);
    assert_int_equal(budget_held(b), 100);
    assert_int_equal(budget_take(b, &three, 1), BUDGET_WAITS);
    budget_give(&one);
    assert_int_equal(budget_held(b), 40);
    assert_int_equal(budget_take(b, &three, 1), BUDGET_TAKEN);
    budget_give(&two);
    budget_give(&two); /* nothing the second time */
    budget_give(&three);
    assert_int_equal(budget_held(b), 0);
    budget_free(b);
}

static void
whoever_waits_is_served_in_order_and_not_overtaken_by_less(void **state)
{
    struct budget *b = new_budget();
    struct budget_share holder = {.of = NULL}, large = {.of = NULL}, small = {.of = NULL};

    (void)state;
    assert_int_equal(budget_take(b, &holder, 50), BUDGET_TAKEN);
    assert_int_equal(budget_take(b, &large, 80), BUDGET_WAITS);
    assert_int_equal(budget_take(b, &small, 10), BUDGET_WAITS); /* it would fit */
    budget_give(&holder);
    assert_int_equal(budget_take(b, &small, 10), BUDGET_WAITS);
    assert_int_equal(budget_take(b, &large, 80), BUDGET_TAKEN);
    assert_int_equal(budget_take(b, &small, 10), BUDGET_TAKEN);
    budget_give(&large);
    budget_give(&small);
    budget_free(b);
}

static void
a_long_line_turns_away_and_whoever_gives_up_leaves_it_wherever_they_stand(void **state)
{
    struct budget *b = new_budget();

    (void)state;
    for (int leaver = 0; leaver < LINE; leaver++) {
        struct budget_share holder = {.of = NULL}, line[LINE] = {{.of = NULL}}, late = {.of = NULL};
        assert_int_equal(budget_take(b, &holder, BYTES), BUDGET_TAKEN);
        for (int i = 0; i < LINE; i++) {
            assert_int_equal(budget_take(b, &line[i], 1), BUDGET_WAITS);
        }
        assert_int_equal(budget_take(b, &late, 1), BUDGET_CROWDED);
        budget_give(&late); /* it has nothing */
        budget_give(&line[leaver]);
        assert_int_equal(budget_take(b, &late, 1), BUDGET_WAITS); /* there is a place again */
        budget_give(&holder);
        assert_int_equal(budget_take(b, &late, 1), BUDGET_WAITS); /* the other one is first */
        assert_int_equal(budget_take(b, &line[1 - leaver], 1), BUDGET_TAKEN);
        assert_int_equal(budget_take(b, &late, 1), BUDGET_TAKEN);
        budget_give(&line[1 - leaver]);
        budget_give(&late);
        assert_int_equal(budget_held(b), 0);
    }
    budget_free(b);
}

static void
what_is_larger_than_all_is_let_in_alone(void **state)
{
    struct budget *b = new_budget();
    struct budget_share huge = {.of = NULL}, other = {.of = NULL};

    (void)state;
    assert_int_equal(budget_take(b, &huge, 3 * BYTES), BUDGET_TAKEN);
    assert_int_equal(budget_take(b, &other, 1), BUDGET_WAITS);
    budget_give(&huge);
    assert_int_equal(budget_take(b, &other, 1), BUDGET_TAKEN);
    assert_int_equal(budget_take(b, &huge, 3 * BYTES), BUDGET_WAITS);
    budget_give(&other);
    assert_int_equal(budget_take(b, &huge, 3 * BYTES), BUDGET_TAKEN);
    budget_give(&huge);
    budget_free(b);
}

static void
a_share_grows_while_there_is_room_and_without_end_when_alone(void **state)
{
    struct budget *b = new_budget();
    struct budget_share one = {.of = NULL}, two = {.of = NULL};

    (void)state;
    assert_int_equal(budget_take(b, &one, 40), BUDGET_TAKEN);
    assert_int_equal(budget_take(b, &two, 40), BUDGET_TAKEN);
    assert_true(budget_grow(&one, 20));
    assert_false(budget_grow(&two, 1));
    assert_int_equal(budget_held(b), 100);
    budget_give(&two);
    assert_true(budget_grow(&one, 1000));
    assert_int_equal(budget_held(b), 1060);
    budget_give(&one);
    assert_int_equal(budget_held(b), 0);
    budget_free(b);
}

struct crowd {
    struct budget *budget;
    int too_much;
};

static void *
come_and_go(void *ctx)
{
    struct crowd *c = ctx;

    for (size_t i = 0; i < 2000; i++) {
        struct budget_share s = {.of = NULL};
        if (budget_take(c->budget, &s, 1 + i % 60) == BUDGET_TAKEN) {
            c->too_much += budget_held(c->budget) > BYTES;
            (void)budget_grow(&s, i % 7);
        }
        budget_give(&s);
    }
    return NULL;
}

static void
many_threads_never_hold_more_than_there_is_and_leave_nothing_behind(void **state)
{
    enum { THREADS = 4 };
    struct budget *b = new_budget();
    struct crowd crowd[THREADS];
    pthread_t thread[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        crowd[i] = (struct crowd){b, 0};
        assert_int_equal(pthread_create(&thread[i], NULL, come_and_go, &crowd[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(crowd[i].too_much, 0);
    }
    assert_int_equal(budget_held(b), 0);
    budget_free(b); /* and nobody stands in line */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_taken_while_there_is_room_and_given_back),
        cmocka_unit_test(whoever_waits_is_served_in_order_and_not_overtaken_by_less),
        cmocka_unit_test(a_long_line_turns_away_and_whoever_gives_up_leaves_it_wherever_they_stand),
        cmocka_unit_test(what_is_larger_than_all_is_let_in_alone),
        cmocka_unit_test(a_share_grows_while_there_is_room_and_without_end_when_alone),
        cmocka_unit_test(many_threads_never_hold_more_than_there_is_and_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
