#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rule/analysis_int.h"

enum { INPUTS_MOST = 4, PIECES_MOST = 5, ROWS_MOST = 24, GAPS_MOST = 700, TRIALS = 400, PLENTY = 1 << 30 };

/* --- spaces by chance, the same ones each time ------------------------------------------------------------------------------ */

struct chance {
    uint64_t state;
};

static size_t
below(struct chance *c, size_t most)
{
    c->state = c->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(c->state >> 33) % most;
}

struct trial {
    struct arena *arena;
    struct space *space;
    size_t *pieces;
    bool *is_line;
    size_t inputs, rows, cells;
    uint64_t *all, *rules;
};

static struct trial
make_trial(struct chance *c)
{
    struct trial t = {.arena = arena_new(1 << 24), .inputs = 1 + below(c, INPUTS_MOST), .rows = below(c, ROWS_MOST), .cells = 1};
    size_t wide = below(c, 10);

    t.pieces = arena_alloc(t.arena, INPUTS_MOST, sizeof(*t.pieces));
    t.is_line = arena_alloc(t.arena, INPUTS_MOST, sizeof(*t.is_line));
    assert_true(t.pieces != NULL && t.is_line != NULL);
    for (size_t i = 0; i < t.inputs; i++) {
        t.pieces[i] = 1 + below(c, PIECES_MOST);
        t.is_line[i] = below(c, 2) == 0;
        t.cells *= t.pieces[i];
    }
    t.space = space_new(t.arena, t.inputs, t.pieces, t.is_line, ROWS_MOST + GAPS_MOST, PLENTY);
    assert_non_null(t.space);
    t.all = space_box_new(t.space);
    t.rules = space_rows_new(t.space);
    space_fill(t.space, t.all);
    for (size_t row = 0; row < t.rows; row++) {
        space_set(t.rules, row);
        for (size_t i = 0; i < t.inputs; i++) {
            bool is_wide = below(c, 10) < wide;
            size_t sure = below(c, t.pieces[i]);
            for (size_t p = 0; p < t.pieces[i]; p++) {
                if (is_wide || p == sure || below(c, 3) == 0) {
                    space_add(t.space, row, i, p);
                }
            }
        }
    }
    return t;
}

/* Cells are numbered; the first side counts fastest. */
static bool
box_has_cell(const struct trial *t, const uint64_t *box, size_t number)
{
    for (size_t i = 0; i < t->inputs; i++) {
        if (!space_has(t->space, box, i, number % t->pieces[i])) {
            return false;
        }
        number /= t->pieces[i];
    }
    return true;
}

static bool
some_row_has(const struct trial *t, size_t from, size_t to, size_t cell)
{
    for (size_t row = from; row < to; row++) {
        if (box_has_cell(t, space_box(t->space, row), cell)) {
            return true;
        }
    }
    return false;
}

static void
holes_are_all_that_no_row_has_and_nothing_else(void **state)
{
    struct chance c = {20261128};
    size_t found_most = 0;

    (void)state;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct trial t = make_trial(&c);
        uint64_t *hole = space_box_new(t.space), *taken = space_rows_new(t.space);
        size_t found = 0;
        memcpy(taken, t.rules, t.space->row_words * sizeof(*taken));
        while (space_hole(t.space, t.all, taken, hole)) {
            assert_true(found < GAPS_MOST);
            space_widen(t.space, t.rules, hole);
            space_add_box(t.space, ROWS_MOST + found, hole);
            space_set(taken, ROWS_MOST + found++);
        }
        assert_false(t.space->is_cut);
        for (size_t cell = 0; cell < t.cells; cell++) {
            assert_true(some_row_has(&t, 0, t.rows, cell) != some_row_has(&t, ROWS_MOST, ROWS_MOST + found, cell));
        }
        found_most = found > found_most ? found : found_most;
        arena_free(t.arena);
    }
    assert_true(found_most > 5);
}

static void
a_box_is_covered_if_each_of_its_cells_is(void **state)
{
    struct chance c = {7};
    int covered = 0;

    (void)state;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct trial t = make_trial(&c);
        uint64_t *hole = space_box_new(t.space), *before = space_rows_new(t.space), *meets = space_rows_new(t.space);
        for (size_t row = 0; row < t.rows; row++) {
            const uint64_t *box = space_box(t.space, row);
            bool is_covered = true;
            for (size_t cell = 0; cell < t.cells; cell++) {
                is_covered = is_covered && (!box_has_cell(&t, box, cell) || some_row_has(&t, 0, row, cell));
            }
            assert_true(space_hole(t.space, box, before, hole) != is_covered);
            space_meets(t.space, box, before, meets);
            for (size_t other = 0; other < row; other++) {
                memcpy(hole, box, t.space->box_words * sizeof(*hole));
                assert_true(space_cross(t.space, hole, space_box(t.space, other)) == space_bit(meets, other));
            }
            covered += is_covered;
            space_set(before, row);
        }
        arena_free(t.arena);
    }
    assert_true(covered > 100);
}

static bool
meets_some(const struct trial *t, const uint64_t *box)
{
    for (size_t cell = 0; cell < t->cells; cell++) {
        if (box_has_cell(t, box, cell) && some_row_has(t, 0, t->rows, cell)) {
            return true;
        }
    }
    return false;
}

static bool
is_beside(const struct trial *t, const uint64_t *box, size_t input, size_t piece)
{
    return !t->is_line[input] || (piece > 0 && space_has(t->space, box, input, piece - 1)) ||
           (piece + 1 < t->pieces[input] && space_has(t->space, box, input, piece + 1));
}

static void
a_widened_box_meets_no_row_and_can_grow_nowhere(void **state)
{
    struct chance c = {11};
    int grown = 0;

    (void)state;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct trial t = make_trial(&c);
        uint64_t *hole = space_box_new(t.space), *larger = space_box_new(t.space);
        bool has_hole = space_hole(t.space, t.all, t.rules, hole);
        if (has_hole) {
            space_widen(t.space, t.rules, hole);
            assert_false(meets_some(&t, hole));
        }
        for (size_t i = 0; has_hole && i < t.inputs; i++) {
            for (size_t p = 0; p < t.pieces[i]; p++) {
                memcpy(larger, hole, t.space->box_words * sizeof(*larger));
                space_set(larger + t.space->offset[i], p);
                assert_true(space_has(t.space, hole, i, p) || !is_beside(&t, hole, i, p) || meets_some(&t, larger));
                grown += space_has(t.space, hole, i, p);
            }
        }
        arena_free(t.arena);
    }
    assert_true(grown > TRIALS);
}

static void
with_few_steps_or_little_memory_a_space_says_that_it_is_cut_and_never_lies(void **state)
{
    struct chance c = {3};
    int cut = 0, whole = 0;

    (void)state;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct trial t = make_trial(&c);
        uint64_t *hole = space_box_new(t.space);
        bool has_hole = space_hole(t.space, t.all, t.rules, hole);
        t.space->steps = below(&c, 400);
        bool found = space_hole(t.space, t.all, t.rules, hole);
        if (t.space->is_cut) {
            assert_false(found);
            cut++;
        } else {
            assert_true(found == has_hole);
            whole++;
        }
        arena_free(t.arena);
    }
    assert_true(cut > 20 && whole > 20);
    for (size_t limit = 16; limit < 40000; limit += 16) {
        static const size_t pieces[] = {3, 3};
        static const bool is_line[] = {true, false};
        struct arena *a = arena_new(limit);
        struct space *s = space_new(a, 2, pieces, is_line, 4, PLENTY);
        uint64_t *box = s == NULL ? NULL : space_box_new(s), *rows = s == NULL ? NULL : space_rows_new(s);
        if (box != NULL && rows != NULL) {
            assert_true(space_hole(s, box, rows, box) == !s->is_cut);
        }
        arena_free(a);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_are_all_that_no_row_has_and_nothing_else),
        cmocka_unit_test(a_box_is_covered_if_each_of_its_cells_is),
        cmocka_unit_test(a_widened_box_meets_no_row_and_can_grow_nowhere),
        cmocka_unit_test(with_few_steps_or_little_memory_a_space_says_that_it_is_cut_and_never_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
