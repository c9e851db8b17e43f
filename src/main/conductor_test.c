/* Threads that keep processes going: what is begun is finished, what comes wakes them, and they end when they are told. */
#include "main/conductor.h"

#include <pthread.h>

#include "process/test_conduct.h"

#define MADE                                                                                                                          \
    AROUND("<serviceTask id='a'>" CITY_GOV("<gov:job type='card.make'/>") "</serviceTask>")
/* The timer lies in the past, so that it is due at once. */
#define TIMED                                                                                                                         \
    MODEL(START FLOW("f1", "s", "t") "<intermediateCatchEvent id='t'><timerEventDefinition><timeDate>2020-01-01T00:00:00Z</timeDate>"   \
          "</timerEventDefinition></intermediateCatchEvent>" FLOW("f2", "t", "a") "<serviceTask id='a'>"                              \
          CITY_GOV("<gov:job type='card.make'/>") "</serviceTask>" FLOW("f3", "a", "e") END)

struct press {
    pthread_mutex_t lock;
    pthread_cond_t made;
    int count;
};

static enum rc
print_card(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)event, (void)ctx, (void)err;
    return RC_OK;
}

static enum rc
make(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    struct press *p = ctx;

    (void)db, (void)a, (void)err;
    work->finish = print_card;
    (void)pthread_mutex_lock(&p->lock);
    p->count++;
    (void)pthread_cond_signal(&p->made);
    (void)pthread_mutex_unlock(&p->lock);
    return RC_OK;
}

static void
wait_for(struct press *p, int count)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->count < count) {
        (void)pthread_cond_wait(&p->made, &p->lock);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static void
open_press(struct city *t, struct conductor *o, struct press *p)
{
    struct err err;

    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->made, NULL);
    conduct_close(t->c);
    t->config.wake = conductor_wake;
    t->config.wake_ctx = o;
    t->config.house = (struct conduct_house){.ctx = NULL};
    assert_int_equal(conduct_open(&t->config, &t->c, &err), RC_OK);
}

static void
close_press(struct conductor *o, struct press *p)
{
    conductor_stop(o);
    conductor_free(o);
    (void)pthread_cond_destroy(&p->made);
    (void)pthread_mutex_destroy(&p->lock);
}

/* Done only when the other is at work as well. */
static enum rc
make_together(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    struct press *p = ctx;

    (void)db, (void)a, (void)err;
    work->finish = print_card;
    (void)pthread_mutex_lock(&p->lock);
    p->count++;
    (void)pthread_cond_broadcast(&p->made);
    (void)pthread_mutex_unlock(&p->lock);
    wait_for(p, 3);
    return RC_OK;
}

static void
those_that_wait_for_others_do_so_at_the_same_time(void **state)
{
    struct city *t = *state;
    const struct clock clock = clock_standing(&t->now_us);
    const struct conductor_config hands = {.store = t->house.fixture.db.store, .clock = &clock, .owner = STR("node")};
    struct conductor *o = conductor_new(&hands);
    struct press p = {.count = 0};
    struct err err;

    open_press(t, o, &p);
    assert_int_equal(conduct_add_slow_worker(t->c, STR("card.make"), make_together, &p, &err), RC_OK);
    (void)city_start(t, "made", MADE, "{}");
    assert_int_equal(conductor_start(o, t->c, &err), RC_OK);
    wait_for(&p, 1); /* one is at it, and waits */
    for (int n = 0; n < 2; n++) {
        (void)city_start(t, "made", MADE, "{}");
        conduct_nudge(t->c, t->last.due_us);
    }
    wait_for(&p, 3);
    close_press(o, &p);
}

static void
what_comes_is_done_without_being_asked_for_and_ends_when_told(void **state)
{
    struct city *t = *state;
    const struct clock clock = clock_standing(&t->now_us);
    const struct conductor_config hands = {.store = t->house.fixture.db.store, .clock = &clock, .owner = STR("node")};
    struct conductor *o = conductor_new(&hands);
    struct press p = {.count = 0};
    struct err err;

    open_press(t, o, &p);
    assert_int_equal(conduct_add_worker(t->c, STR("card.make"), make, &p, &err), RC_OK);
    (void)city_start(t, "made", MADE, "{}"); /* before they are at work */
    assert_int_equal(conductor_start(o, t->c, &err), RC_OK);
    wait_for(&p, 1);
    (void)city_start(t, "made", MADE, "{}");
    conduct_nudge(t->c, t->last.due_us);
    wait_for(&p, 2);
    (void)city_start(t, "timed", TIMED, "{}");
    conduct_nudge(t->c, t->last.due_us);
    wait_for(&p, 3);
    conductor_stop(o);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM process_instance"), 0);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM process_closed"), 3);
    close_press(o, &p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(what_comes_is_done_without_being_asked_for_and_ends_when_told),
        CITY_TEST(those_that_wait_for_others_do_so_at_the_same_time),
    };

    return HOUSE_RUN(tests, "conductor");
}
