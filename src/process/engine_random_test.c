/*
 * Whatever is asked of a case in whatever order, its rows hang together, and rows that were stored go on as those in memory do.
 * Commands are drawn at random from what the tokens take, and now and then from what they do not; the seed is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "process/test_chance.h"
#include "process/test_rows.h"

enum { ROUNDS = 60, STEPS = 40, MOVES_MOST = 60 };

static bool
one_step(struct trial *t, uint64_t from)
{
    struct arena *a = arena_new(8 << 20);
    struct instance other = rows_stored(&t->i, a);
    struct command c = any_command(t);
    struct outcome out;
    struct err err;
    struct str before = rows_text(a, &t->i);
    enum rc rc = engine_step(&t->e, &t->i, &c, t->now_us, &t->out, &err), same = engine_step(&t->e, &other, &c, t->now_us, &out, &err);
    struct str after = rows_text(a, &t->i), after_other = rows_text(a, &other);

    if (rc != same || after.ptr == NULL || !str_eq(after, after_other) || (rc != RC_OK && !str_eq(before, after))) {
        fail_msg("seed %llu, %s: %d %d\n%.*s\n%.*s", (unsigned long long)from, command_name(c.kind), rc, same, STR_ARG(after), STR_ARG(after_other));
    }
    assert_true(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_CONFLICT);
    if (rows_torn(&t->i) != 0) {
        fail_msg("seed %llu: row %lld: %.*s", (unsigned long long)from, (long long)rows_torn(&t->i), STR_ARG(trial_stands(t)));
    }
    arena_free(a);
    t->now_us += (int64_t)draw(100) * 60 * 1000000;
    return rc == RC_OK;
}

static void
rows_hang_together_whatever_is_asked(void **state)
{
    const char *given = getenv("SEED");
    unsigned steps = 0;
    int64_t first = 1;

    (void)state;
    if (given != NULL) {
        assert_true(str_to_int(str_of(given), &first));
    }
    for (size_t n = 0; n < CHANCE_MODELS; n++) {
        struct trial t;
        trial_open(&t, chance_models[n]);
        t.e.moves_max = MOVES_MOST; /* one model goes round by itself */
        const struct bpmn *m = t.i.binding[0].model;
        for (int round = 0; round < ROUNDS; round++) {
            struct trial fresh = t;
            uint64_t from = (uint64_t)first + (uint64_t)round;
            seed = from;
            fresh.a = arena_new(32 << 20);
            trial_begin(&fresh, m);
            for (int k = 0; k < STEPS; k++) {
                steps += one_step(&fresh, from);
            }
            arena_free(fresh.a);
        }
        trial_close(&t);
    }
    assert_true(steps > ROUNDS * STEPS); /* most of what is asked is done */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hang_together_whatever_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
