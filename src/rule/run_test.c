#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/run.h"

static const struct run_limits small = {.memory_bytes = 1 << 12, .steps = 100, .stack_bytes = 32 << 10};

static void
assert_said(const struct run *r, size_t i, bool is_chinese, const char *want)
{
    char room[256];
    struct buf b = {.ptr = room, .cap = sizeof(room), .limit_bytes = sizeof(room)};
    const struct note *note;

    assert_true(i < run_notes(r, &note));
    note_say(&b, &note[i], is_chinese);
    assert_int_equal(b.len, str_of(want).len);
    assert_memory_equal(b.ptr, want, b.len);
}

static void
a_run_that_has_passed_a_limit_stays_so_until_the_next_begins(void **state)
{
    struct run *r = run_new(&small, NULL);
    struct err err;

    (void)state;
    run_begin(r, 0, 0);
    assert_true(run_step(r, 60));
    assert_int_equal(run_rc(r, &err), RC_OK);
    assert_false(run_step(r, 60));
    assert_false(run_step(r, 0));
    assert_false(run_enter(r));
    assert_int_equal(run_rc(r, &err), RC_LIMIT);
    assert_string_equal(err.text, "the evaluation takes more than 100 steps");
    assert_false(run_full(r));
    assert_int_equal(run_rc(r, &err), RC_LIMIT);
    assert_string_equal(err.text, "the evaluation takes more than 100 steps");
    run_begin(r, 0, 0);
    assert_true(run_step(r, 60));
    assert_int_equal(run_rc(r, &err), RC_OK);
    run_free(r);
}

static void
a_full_arena_is_a_limit_of_the_run(void **state)
{
    struct run *r = run_new(&small, NULL);
    struct err err;

    (void)state;
    run_begin(r, 0, 0);
    assert_null(arena_alloc(run_arena(r), 1 << 12, 2));
    assert_false(run_full(r));
    assert_int_equal(run_rc(r, &err), RC_LIMIT);
    assert_string_equal(err.text, "the values of the evaluation need more than 4096 bytes");
    run_free(r);
}

/* The limit is a part of the stack that every thread has. */
__attribute__((noinline)) static bool
goes_down(struct run *r, unsigned depth)
{
    volatile char room[256];

    room[0] = (char)depth;
    return run_enter(r) && (depth == 0 || goes_down(r, depth - 1)) && room[0] == (char)depth;
}

static void
who_calls_himself_is_told_before_the_stack_is_used_up(void **state)
{
    struct run *r = run_new(&small, NULL);
    struct err err;

    (void)state;
    run_begin(r, 0, 0);
    assert_true(goes_down(r, 10));
    assert_int_equal(run_rc(r, &err), RC_OK);
    assert_false(goes_down(r, 1000000));
    assert_int_equal(run_rc(r, &err), RC_LIMIT);
    assert_string_equal(err.text, "the evaluation calls itself too deeply");
    run_free(r);
}

static void
now_is_the_moment_that_the_run_was_begun_with(void **state)
{
    struct run *r = run_new(&small, NULL);

    (void)state;
    run_begin(r, INT64_C(1764288000000000), 8 * 3600);
    struct temporal now = run_now(r);
    assert_int_equal(now.date.year, 2025);
    assert_int_equal(now.date.month, 11);
    assert_int_equal(now.date.day, 28);
    assert_int_equal(now.second, 8 * 3600);
    assert_int_equal(now.offset, 8 * 3600);
    run_free(r);
}

static void
evaluations_that_follow_one_another_share_what_is_allowed_to_them(void **state)
{
    struct run *r = run_new(&small, NULL);
    struct err err;

    (void)state;
    run_begin(r, 0, 0);
    assert_true(run_step(r, small.steps)); /* before, and not counted */
    run_allow(r, small.steps + 10);
    run_begin(r, 0, 0);
    assert_true(run_step(r, small.steps));
    assert_false(run_is_spent(r));
    run_begin(r, 0, 0);
    assert_true(run_step(r, 10));
    assert_true(run_is_spent(r));
    assert_false(run_step(r, 1));
    assert_int_equal(run_rc(r, &err), RC_LIMIT);
    run_begin(r, 0, 0);
    assert_false(run_step(r, 1));
    assert_true(run_is_spent(r));
    run_allow(r, RUN_ANY_STEPS);
    run_begin(r, 0, 0);
    assert_true(run_step(r, small.steps));
    assert_false(run_is_spent(r));
    run_free(r);
}

static void
notes_are_said_in_two_languages_and_know_their_place(void **state)
{
    struct run *r = run_new(&small, NULL);
    const struct note *note;

    (void)state;
    run_begin(r, 0, 0);
    run_place(r, STR("1 + \"a\""), 2);
    run_note(r, NOTE_KINDS, STR("+"), STR("number, string"));
    run_place(r, STR("f(年龄)"), 1);
    run_note(r, NOTE_UNKNOWN_NAME, STR("年龄"), STR(""));
    run_note(r, NOTE_DIVISION, STR(""), STR(""));
    assert_int_equal(run_notes(r, &note), 3);
    assert_int_equal(note[0].at, 2);
    assert_int_equal(note[1].at, 1);
    assert_true(str_eq(note[1].text, STR("f(年龄)")));
    assert_said(r, 0, false, "+ cannot be done with number, string");
    assert_said(r, 0, true, "+ 不能用于 number, string");
    assert_said(r, 1, false, "nothing is called 年龄");
    assert_said(r, 2, true, "除数为零");
    run_begin(r, 0, 0);
    assert_int_equal(run_notes(r, &note), 0);
    run_free(r);
}

static void
only_the_first_notes_are_kept_and_long_words_are_cut_between_characters(void **state)
{
    struct run *r = run_new(&small, NULL);
    const struct note *note;

    (void)state;
    run_begin(r, 0, 0);
    for (int i = 0; i < NOTES_KEPT + 3; i++) {
        run_note(r, NOTE_NO_FUNCTION,
                 STR("一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"), STR(""));
    }
    assert_int_equal(run_notes(r, &note), NOTES_KEPT);
    assert_string_equal(note[0].word[0], "一二三四五六七八九十一二三四五六七八九十一");
    run_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_has_passed_a_limit_stays_so_until_the_next_begins),
        cmocka_unit_test(a_full_arena_is_a_limit_of_the_run),
        cmocka_unit_test(who_calls_himself_is_told_before_the_stack_is_used_up),
        cmocka_unit_test(now_is_the_moment_that_the_run_was_begun_with),
        cmocka_unit_test(evaluations_that_follow_one_another_share_what_is_allowed_to_them),
        cmocka_unit_test(notes_are_said_in_two_languages_and_know_their_place),
        cmocka_unit_test(only_the_first_notes_are_kept_and_long_words_are_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
