#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"

static bool
is_zero(const unsigned char *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Sizes around every edge: alignment, first chunk, last chunk, blocks of their own. */
static const size_t sizes[] = {0,    1,    15,    16,    17,    100,   4080,  4096,
                               4097, 9000, 16383, 16384, 16385, 70000, 200000};

static void
memory_is_zeroed_aligned_and_apart(void **state)
{
    enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), ROUNDS = 4 };
    unsigned char *given[SIZES * ROUNDS];
    struct arena *a = arena_new(1 << 22);

    (void)state;
    for (int reset = 0; reset < 3; reset++) {
        for (size_t i = 0; i < SIZES * ROUNDS; i++) {
            given[i] = arena_alloc(a, sizes[i % SIZES], 1);
            assert_non_null(given[i]);
            assert_int_equal((uintptr_t)given[i] % 16, 0);
            assert_true(is_zero(given[i], sizes[i % SIZES]));
            memset(given[i], (int)i + 1, sizes[i % SIZES]);
        }
        for (size_t i = 0; i < SIZES * ROUNDS; i++) {
            for (size_t k = 0; k < sizes[i % SIZES]; k++) {
                assert_int_equal(given[i][k], (i + 1) & 0xFF);
            }
        }
        arena_reset(a); /* what was filled must be zero again */
    }
    arena_free(a);
}

static void
the_limit_holds_to_the_byte(void **state)
{
    (void)state;
    for (size_t limit = 1; limit < 200; limit++) {
        struct arena *a = arena_new(limit);
        size_t taken = 0;
        while (arena_alloc(a, 1, 16) != NULL) {
            taken += 16;
        }
        assert_int_equal(taken, limit / 16 * 16);
        assert_int_equal(arena_left(a), limit - taken);
        arena_reset(a);
        assert_int_equal(arena_left(a), limit);
        assert_null(arena_alloc(a, limit + 1, 1));
        assert_null(arena_alloc(a, SIZE_MAX, 1));
        assert_null(arena_alloc(a, SIZE_MAX / 2 + 1, 2)); /* the product is 0 */
        assert_null(arena_alloc(a, SIZE_MAX - 14, 1));    /* rounds up to 0 */
        assert_int_equal(arena_left(a), limit);
        arena_free(a);
    }
}

/* One block that grows beside others of every size keeps its bytes. */
static void
what_grows_keeps_its_bytes_and_gains_zeros(void **state)
{
    (void)state;
    for (size_t beside = 0; beside < 3; beside++) {
        for (size_t step = 1; step < 40000; step = step * 3 + 1) {
            struct arena *a = arena_new(1 << 24);
            unsigned char *p = NULL;
            size_t len = 0;
            for (int round = 0; round < 12; round++) {
                size_t more = step + (size_t)round;
                p = arena_grow(a, p, len, len + more);
                assert_non_null(p);
                assert_int_equal((uintptr_t)p % 16, 0);
                assert_true(is_zero(p + len, more));
                for (size_t i = len; i < len + more; i++) {
                    p[i] = (unsigned char)(i % 251 + 1);
                }
                len += more;
                for (size_t i = 0; i < len; i++) {
                    assert_int_equal(p[i], i % 251 + 1);
                }
                if (beside > 0) { /* so that p is not the newest, small or large */
                    unsigned char *other = arena_alloc(a, beside == 1 ? 16 : 20000, 1);
                    assert_non_null(other);
                    memset(other, 0xFF, 16);
                }
            }
            arena_free(a);
        }
    }
}

static void
the_newest_and_the_large_grow_in_place_of_their_share(void **state)
{
    struct arena *a = arena_new(100000);
    char *p = arena_alloc(a, 100, 1);

    (void)state;
    assert_ptr_equal(arena_grow(a, p, 100, 1000), p);
    assert_int_equal(arena_left(a), 100000 - 1008);
    p = arena_grow(a, p, 1000, 40000); /* a copy: the old share is not given back */
    assert_int_equal(arena_left(a), 100000 - 1008 - 40000);
    p = arena_grow(a, p, 40000, 90000); /* but a large block only counts what is new */
    assert_non_null(p);
    assert_int_equal(arena_left(a), 100000 - 1008 - 90000);
    arena_free(a);
}

static void
growth_past_the_limit_leaves_all_as_it_was(void **state)
{
    struct arena *a = arena_new(50000);
    char *small = arena_alloc(a, 10, 1);
    char *large = arena_alloc(a, 20000, 1);

    (void)state;
    strcpy(small, "small");
    strcpy(large, "large");
    size_t left = arena_left(a);
    assert_null(arena_grow(a, small, 10, 40000));
    assert_null(arena_grow(a, small, 10, SIZE_MAX));
    assert_null(arena_grow(a, large, 20000, 50001));
    assert_null(arena_grow(a, large, 20000, 49999));
    assert_null(arena_grow(a, NULL, 0, 50001));
    arena_fail_at(a, 1);
    assert_null(arena_grow(a, small, 10, 100));
    assert_int_equal(arena_left(a), left);
    assert_string_equal(small, "small");
    assert_string_equal(large, "large");
    arena_free(a);
}

static void
the_nth_allocation_fails_once(void **state)
{
    (void)state;
    for (size_t n = 1; n < 10; n++) {
        struct arena *a = arena_new(4096);
        arena_fail_at(a, n);
        for (size_t i = 1; i < 12; i++) {
            assert_int_equal(arena_alloc(a, 1, 1) == NULL, i == n);
        }
        arena_fail_at(a, 1);
        arena_fail_at(a, 0);
        assert_non_null(arena_alloc(a, 1, 1));
        arena_free(a);
    }
}

struct trace {
    struct arena *arena;
    const unsigned char *memory; /* of the arena, still valid in deferred calls */
    char order[8];
    size_t len;
};

static void
note_b(void *ctx)
{
    struct trace *t = ctx;

    t->order[t->len++] = 'b';
    assert_int_equal(t->memory[0], 42);
}

static void
note_a(void *ctx)
{
    struct trace *t = ctx;

    t->order[t->len++] = 'a';
    assert_int_equal(t->memory[0], 42);
    arena_defer(t->arena, note_b, t); /* a deferred call may defer */
}

static void
deferred_calls_run_newest_first_before_memory_goes(void **state)
{
    struct trace t = {.arena = arena_new(64)};
    unsigned char *p = arena_alloc(t.arena, 64, 1);

    (void)state;
    p[0] = 42;
    t.memory = p;
    arena_defer(t.arena, note_b, &t); /* needs no share of the limit */
    arena_defer(t.arena, note_a, &t);
    arena_reset(t.arena);
    assert_string_equal(t.order, "abb");
    arena_reset(t.arena);
    assert_string_equal(t.order, "abb");
    p = arena_alloc(t.arena, 64, 1);
    p[0] = 42;
    t.memory = p;
    arena_defer(t.arena, note_b, &t);
    arena_free(t.arena);
    assert_string_equal(t.order, "abbb");
    arena_free(NULL);
}

static void
heap_memory_is_zeroed_and_grows(void **state)
{
    unsigned char *p = mem_new(3, 5);

    (void)state;
    assert_true(is_zero(p, 15));
    memset(p, 7, 15);
    p = mem_grow(p, 15, 4000);
    assert_int_equal(p[14], 7);
    assert_true(is_zero(p + 15, 3985));
    mem_free(p);
    p = mem_grow(NULL, 0, 8);
    assert_true(is_zero(p, 8));
    mem_free(p);
    mem_free(NULL);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(the_limit_holds_to_the_byte),
        cmocka_unit_test(what_grows_keeps_its_bytes_and_gains_zeros),
        cmocka_unit_test(the_newest_and_the_large_grow_in_place_of_their_share),
        cmocka_unit_test(growth_past_the_limit_leaves_all_as_it_was),
        cmocka_unit_test(the_nth_allocation_fails_once),
        cmocka_unit_test(deferred_calls_run_newest_first_before_memory_goes),
        cmocka_unit_test(heap_memory_is_zeroed_and_grows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
