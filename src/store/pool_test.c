/* A connection is one caller's at a time, also in the moment in which it goes from one to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "store/pool.h"

enum { CALLERS = 4, TURNS = 5000 };

struct conn {
    atomic_int inside;
};

static bool
is_alive(struct conn *c)
{
    (void)c;
    return true;
}

static void
close_it(struct conn *c)
{
    (void)c;
}

static const struct driver driver = {.alive = is_alive, .close = close_it};

struct caller {
    pthread_t thread;
    struct pool *pool;
    int failed, shared; /* how often it got none, or one that somebody else had, too */
};

static void *
take_and_give(void *ctx)
{
    static const struct store_wait block;
    struct caller *c = ctx;

    for (int i = 0; i < TURNS; i++) {
        struct slot *slot;
        struct err err;
        if (pool_take(c->pool, &block, &slot, &err) != RC_OK) {
            c->failed++;
            continue;
        }
        struct conn *conn = slot_conn(slot);
        c->shared += atomic_fetch_add(&conn->inside, 1) != 0;
        (void)sched_yield(); /* others come to stand in line */
        (void)atomic_fetch_sub(&conn->inside, 1);
        pool_give(c->pool, slot);
    }
    return NULL;
}

static void
a_connection_that_was_passed_on_is_not_its_giver_s_any_more(void **state)
{
    struct conn conn = {0};
    struct conn *conns[] = {&conn};
    struct pool *p = pool_new(&driver, conns, 1, 60000);
    struct caller caller[CALLERS];

    (void)state;
    for (int i = 0; i < CALLERS; i++) {
        caller[i] = (struct caller){.pool = p};
        assert_int_equal(pthread_create(&caller[i].thread, NULL, take_and_give, &caller[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(caller[i].thread, NULL), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        assert_int_equal(caller[i].shared, 0);
        assert_int_equal(caller[i].failed, 0);
    }
    pool_free(p);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(a_connection_that_was_passed_on_is_not_its_giver_s_any_more)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
