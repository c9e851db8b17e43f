/*
 * What an evaluation may not do: use more steps, memory or stack than its run allows, or go on after an allocation failed; and
 * what it says about values that became null.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule/function.h"

static const struct feel_name names[] = {{STR_INIT("n"), NULL}, {STR_INIT("list"), NULL}};
static const struct feel_scope scope = {.count = 2, .name = names};

struct setting {
    struct arena *arena;
    struct run *run;
    struct value slot[2], item[3];
    struct list list;
    struct frame frame;
};

static void
begin(struct setting *s)
{
    s->arena = arena_new(1 << 24);
    s->run = run_new(&RUN_LIMITS_USUAL, NULL);
    for (int i = 0; i < 3; i++) {
        s->item[i] = value_of_int(i + 1);
    }
    s->list = (struct list){3, s->item};
    s->slot[0] = value_of_int(5);
    s->slot[1] = (struct value){.kind = VALUE_LIST, .as.list = &s->list};
    s->frame = (struct frame){NULL, s->slot};
    run_begin(s->run, 0, 0);
}

static void
end(struct setting *s)
{
    run_free(s->run);
    arena_free(s->arena);
}

static const struct program *
compiled(struct setting *s, const char *text, bool are_tests)
{
    const struct program *p = NULL;
    struct feel_tree tree;
    struct err err;
    enum rc rc = are_tests ? feel_parse_tests(s->arena, str_of(text), &scope, NULL, &tree, NULL, &err)
                           : feel_parse(s->arena, str_of(text), &scope, &tree, NULL, &err);

    if (rc != RC_OK || program_compile(s->arena, &tree, NULL, NULL, &p, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
    return p;
}

/* --- limits ------------------------------------------------------------------------------------ */

/* Nothing that grows without end comes further than the limits; whoever tries may try again. */
static void
what_never_ends_is_stopped_by_a_limit(void **state)
{
    static const char *const cases[] = {
        "for i in 1..1000000000000 return i",
        "for i in 1..100000, j in 1..100000 return 1",
        "some i in 1..1000000000000 satisfies i < 0",
        "every i in 1..1000000000000 satisfies i > 0",
        "for d in @\"-999999999-01-01\"..@\"999999999-12-31\" return d",
        "(function(f) f(f))(function(f) f(f))",
        "(function(f) 1 + f(f))(function(f) 1 + f(f))",
        "(function(f) [f(f)])(function(f) [f(f)])",
        "(function(f) {a: f(f)})(function(f) {a: f(f)})",
        "(function(f) for i in [1] return f(f))(function(f) for i in [1] return f(f))",
        "(function(f) [1][f(f)])(function(f) [1][f(f)])",
        "(function(f) 1 in f(f))(function(f) 1 in f(f))",
        "(function(f) f(g: f(f)))(function(g) g(g: g))",
        "(function(f, x) f(f, x + x))(function(f, x) f(f, x + x), \"ab\")",
        "(function(f, x) f(f, [x, x]))(function(f, x) f(f, [x, x]), 1)",
        "(for i in 1..50000 return [partial[-1]])[-1].a",
        "(for i in 1..100000 return [i])[item = (for j in 1..100000 return j)]",
        "for i in 1..50 return (for j in 1..100 return partial) = (for j in 1..100 return partial)",
    };
    struct setting s;
    struct value v = value_of_int(4711);
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct program *p = compiled(&s, cases[i], false);
        run_begin(s.run, 0, 0);
        if (program_run(s.run, p, &s.frame, &v, &err) != RC_LIMIT) {
            fail_msg("%s came to an end", cases[i]);
        }
        assert_true(v.kind == VALUE_NUMBER); /* untouched */
        assert_int_equal(program_run(s.run, p, &s.frame, &v, &err), RC_LIMIT);
        run_begin(s.run, 0, 0);
        assert_int_equal(program_run(s.run, compiled(&s, "n", false), &s.frame, &v, &err), RC_OK);
        v = value_of_int(4711);
    }
    end(&s);
}

/* What a call or a loop needs for its frame is given back, so that many in turn need no more than one. */
static void
many_small_frames_in_turn_fit(void **state)
{
    static const char *const cases[] = {
        "some i in 1..200000 satisfies (function(a, b, c) a)(i, i, i) < 0",
        "some i in 1..90000 satisfies (function(a, b, c) a)(c: i, a: i, b: i) < 0",
        "some i in 1..150000 satisfies (some j in i, k in i, l in i, m in i satisfies i < 0)",
        "some i in 1..150000 satisfies abs(i) < 0",
    };
    struct setting s;
    struct value v;
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct program *p = compiled(&s, cases[i], false);
        run_begin(s.run, 0, 0);
        if (program_run(s.run, p, &s.frame, &v, &err) != RC_OK) {
            fail_msg("%s: %s", cases[i], err.text);
        }
    }
    end(&s);
}

struct thread_work {
    enum rc rc;
    struct setting *setting;
    const struct program *program;
};

enum { THREADS = 4, TURNS = 200 };

/* Of one program by many, each with a run of his own. */
static void *
runs_it_often(void *ctx)
{
    struct thread_work *w = ctx;
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
    struct value v;
    struct err err;

    for (int i = 0; i < TURNS && w->rc == RC_OK; i++) {
        run_begin(r, 0, 0);
        w->rc = program_run(r, w->program, &w->setting->frame, &v, &err);
        w->rc = w->rc == RC_OK && v.kind == VALUE_LIST && v.as.list->count == 6 ? RC_OK : RC_LIMIT;
    }
    run_free(r);
    return NULL;
}

static void
a_program_is_run_by_many_threads_at_once(void **state)
{
    struct setting s;
    struct thread_work w[THREADS];
    pthread_t thread[THREADS];

    (void)state;
    begin(&s);
    const struct program *p = compiled(&s, "for i in list, f in [function(x) x + i, abs] return f(n) + \"a\"", false);
    for (int i = 0; i < THREADS; i++) {
        w[i] = (struct thread_work){RC_OK, &s, p};
        assert_int_equal(pthread_create(&thread[i], NULL, runs_it_often, &w[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(w[i].rc, RC_OK);
    }
    end(&s);
}

/* A value that holds itself twice over is 2^60 items to whoever walks it, in a few hundred bytes. */
static void
values_that_double_are_not_walked_to_their_end(void **state)
{
    static const char *const cases[] = {
        "(for i in 0..60 return if i = 0 then [1] else [partial[-1], partial[-1]])[-1]"
        " = (for i in 0..60 return if i = 0 then [1] else [partial[-1], partial[-1]])[-1]",
        "(for i in 0..60 return if i = 0 then [1] else [partial[-1], partial[-1]])[-1]"
        " in [(for i in 0..60 return if i = 0 then [1] else [partial[-1], partial[-1]])[-1]]",
        "(for i in 0..60 return if i = 0 then [{a: 1}] else [partial[-1], partial[-1]])[-1].a",
        "(for i in 0..60 return if i = 0 then [1] else [partial[-1], partial[-1]])[-1] instance of list<list<number>>",
    };
    struct setting s;
    struct value v = value_null();
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct program *p = compiled(&s, cases[i], false);
        run_begin(s.run, 0, 0);
        enum rc rc = program_run(s.run, p, &s.frame, &v, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
    }
    end(&s);
}

static void *
on_thread(void *ctx)
{
    struct thread_work *w = ctx;
    struct value v;
    struct err err;

    run_begin(w->setting->run, 0, 0);
    w->rc = program_run(w->setting->run, w->program, &w->setting->frame, &v, &err);
    return NULL;
}

/* A coroutine has as little: the run counts from where it was begun. */
static void
endless_recursion_ends_within_a_stack_of_its_own(void **state)
{
    struct setting s;
    struct thread_work w;
    pthread_attr_t attr;
    pthread_t thread;

    (void)state;
    begin(&s);
    w = (struct thread_work){RC_OK, &s, compiled(&s, "(function(f) [1 + f(f)])(function(f) [1 + f(f)])", false)};
    assert_int_equal(pthread_attr_init(&attr), 0);
    assert_int_equal(pthread_attr_setstacksize(&attr, 256 << 10), 0);
    assert_int_equal(pthread_create(&thread, &attr, on_thread, &w), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(w.rc, RC_LIMIT);
    (void)pthread_attr_destroy(&attr);
    end(&s);
}

/* The deepest expression that can be read is compiled and run, or refused, but never breaks anything. */
static void
the_deepest_expression_is_run_or_refused(void **state)
{
    struct setting s;
    struct value v;
    struct err err;

    (void)state;
    for (int deep = 1; deep < 120; deep++) {
        const struct program *p = NULL;
        struct buf b;
        struct str text;
        begin(&s);
        buf_init(&b, s.arena, FEEL_TEXT_MAX);
        for (int i = 0; i < deep; i++) {
            buf_put(&b, STR("[n + (if n > 1 then "));
        }
        buf_put(&b, STR("n"));
        for (int i = 0; i < deep; i++) {
            buf_put(&b, STR(" else 2)][1]"));
        }
        assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
        enum rc rc = program_read(s.arena, text, &scope, NULL, NULL, &p, NULL, &err);
        assert_true(rc == RC_OK || rc == RC_LIMIT);
        rc = p == NULL ? rc : program_run(s.run, p, &s.frame, &v, &err);
        assert_true(rc == RC_LIMIT || (rc == RC_OK && v.kind == VALUE_NUMBER));
        assert_true(rc == RC_OK || deep > 5);
        end(&s);
    }
}

/* What stands between the first text and the last is not kept. */
static void
a_long_sum_of_texts_is_compiled_in_little_room(void **state)
{
    struct setting s;
    struct buf b;
    struct str text;
    struct value v;
    struct err err;

    (void)state;
    begin(&s);
    buf_init(&b, s.arena, FEEL_TEXT_MAX);
    buf_put(&b, STR("\"\""));
    for (int i = 0; i < 150; i++) {
        buf_put_fmt(&b, " + \"%0100d\"", i);
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    size_t left = arena_left(s.arena);
    const struct program *p = compiled(&s, str_c(s.arena, text), false);
    assert_true(left - arena_left(s.arena) < (size_t)300 << 10);
    assert_int_equal(program_run(s.run, p, &s.frame, &v, &err), RC_OK);
    assert_int_equal(v.as.text.len, 150 * 100);
    end(&s);
}

/* --- allocations ------------------------------------------------------------------------------- */

static const char *const fragile[] = {
    "{a: n, b: [a, 2], c: function(x) x + a}.c(1)", "for i in 1..20, j in [1, 2] return function() i + partial[1]",
    "list[item > 1][1] + (for i in list return i)[-1]", "\"a\" + \"b\" + string(n)", "@\"2026-11-28\" + @\"P1D\"",
    "n in [1..n]", "(< n)", "[{a: 1}].a", "[{a: [1]}, {b: 2}].a", "5[item = 5]", "(function(a: number, b) a)(b: 1, a: n)",
    "any(n, true)", "list instance of list<context<a: number, b: function<number> -> list<string>>>",
    "for d in @\"2026-11-28\"..@\"2026-12-01\" return d.day", "n in (function(x) x > 4, 7)", "(n in (function() n))",
    "some i in list satisfies (function() i)() = 2", "[1, 2][(function() item)() = 2]", "abs(list[1])", "any([true])",
};

static void
every_allocation_of_an_evaluation_may_fail(void **state)
{
    struct setting s;
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(fragile) / sizeof(fragile[0]); i++) {
        const struct program *p = compiled(&s, fragile[i], false);
        struct value v;
        run_begin(s.run, 0, 0);
        assert_int_equal(program_run(s.run, p, &s.frame, &v, &err), RC_OK);
        struct str want = value_text(s.arena, v, true);
        enum rc rc = RC_LIMIT;
        for (size_t n = 1; rc == RC_LIMIT && n < 1000; n++) {
            run_begin(s.run, 0, 0);
            arena_fail_at(run_arena(s.run), n);
            rc = program_run(s.run, p, &s.frame, &v, &err);
        }
        arena_fail_at(run_arena(s.run), 0);
        assert_int_equal(rc, RC_OK);
        assert_true(str_eq(value_text(s.arena, v, true), want));
    }
    end(&s);
}

static void
every_allocation_of_compiling_may_fail(void **state)
{
    struct setting s;
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(fragile) / sizeof(fragile[0]); i++) {
        struct value v;
        run_begin(s.run, 0, 0);
        assert_int_equal(program_run(s.run, compiled(&s, fragile[i], false), &s.frame, &v, &err), RC_OK);
        struct str want = value_text(s.arena, v, true);
        for (size_t n = 1; n < 200; n++) { /* what fails in folding is only not folded, so the first success says nothing */
            struct arena *a = arena_new(1 << 20);
            const struct program *p = NULL;
            arena_fail_at(a, n);
            enum rc rc = program_read(a, str_of(fragile[i]), &scope, NULL, NULL, &p, NULL, &err);
            assert_true(rc == RC_OK || rc == RC_LIMIT);
            assert_true((rc == RC_OK) == (p != NULL));
            if (rc == RC_OK) {
                run_begin(s.run, 0, 0);
                assert_int_equal(program_run(s.run, p, &s.frame, &v, &err), RC_OK);
                assert_true(str_eq(value_text(s.arena, v, true), want));
            }
            arena_free(a);
        }
    }
    end(&s);
}

static void
every_allocation_of_a_test_may_fail(void **state)
{
    static const char *const cases[] = {"function(x) x > 4", "[1..n]", "[n, 7]", "n + 0, \"a\" + \"b\"", "? in [1..n]"};
    struct setting s;
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct program *p = compiled(&s, cases[i], true);
        enum rc rc = RC_LIMIT;
        for (size_t n = 1; rc == RC_LIMIT && n < 1000; n++) {
            bool passes = n % 2 == 0, before = passes;
            run_begin(s.run, 0, 0);
            arena_fail_at(run_arena(s.run), n);
            rc = program_test(s.run, p, &s.frame, value_of_int(5), &passes, &err);
            assert_true(passes == (rc == RC_OK ? true : before));
        }
        arena_fail_at(run_arena(s.run), 0);
        assert_int_equal(rc, RC_OK);
    }
    end(&s);
}

/* --- notes ------------------------------------------------------------------------------------- */

static void
what_became_null_is_noted_with_its_place(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        const char *says; /* NULL: nothing */
    } cases[] = {
        {"1 + n", 0, NULL}, {"[][item > 1]", 0, NULL}, {"n in (1, n)", 0, NULL},
        {"n + \"a\"", 2, "+ cannot be done with number, string"}, {"1 + \"a\"", 2, "+ cannot be done with number, string"},
        {"n < null", 2, "< cannot be done with number, null"}, {"n = \"5\"", 2, "= cannot be done with number, string"},
        {"n between 1 and \"a\"", 2, "between cannot be done with number, string"}, {"-list", 0, "- cannot be done with list"},
        {"n / 0", 2, "division by zero"}, {"10 ** 6144 * n * 10", 15, "the result of * is too large"},
        {"[n, who].x", 4, "nothing is called who"}, {"{a: n}.b", 6, "there is no b in it"},
        {"null.b", 4, "there is no b in it"},
        {"n(1)", 1, "number is no function"}, {"(function(a) a)(n, n)", 15, "function() does not take 2 arguments"},
        {"(function(a) a)(b: n)", 15, "function() has no parameter b"}, {"not(n)", 3, "not: negand = number"},
        {"not(x: n)", 3, "not has no parameter x"}, {"not(true, n)", 3, "not does not take 2 arguments"},
        {"(function(a: number) a)(\"x\")", 23, "\"x\" is not of type number"},
        {"@\"today\"", 0, "today is no date, time or duration"},
        {"for i in null return i", 4, "for cannot be done with null"}, {"{a: 1, a: n}", 0, "a stands twice in the context"},
        {"(function(x) external {java: {}})(1)", 33,
         "function() external is a function outside of this model, which is not called"},
        {"[1..\"a\"]", 0, ".. cannot be done with number, string"}, {"list[\"a\"]", 4, "[] cannot be done with string"},
        {"n in [1..null]", 2, "in cannot be done with number"},
    };
    struct setting s;
    struct err err;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct note *note;
        struct value v;
        char room[200];
        struct buf b = {.ptr = room, .cap = sizeof(room), .limit_bytes = sizeof(room)};
        run_begin(s.run, 0, 0);
        assert_int_equal(program_run(s.run, compiled(&s, cases[i].text, false), &s.frame, &v, &err), RC_OK);
        size_t count = run_notes(s.run, &note);
        if (cases[i].says == NULL) {
            assert_int_equal(count, 0);
            continue;
        }
        if (count == 0) {
            fail_msg("%s: no note", cases[i].text);
        }
        note_say(&b, &note[count - 1], false);
        if (!str_eq((struct str){b.ptr, b.len}, str_of(cases[i].says)) || note[count - 1].at != cases[i].at) {
            fail_msg("%s: %zu %.*s", cases[i].text, note[count - 1].at, (int)b.len, b.ptr);
        }
        assert_true(str_eq(note[count - 1].text, str_of(cases[i].text)));
    }
    end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_never_ends_is_stopped_by_a_limit),
        cmocka_unit_test(many_small_frames_in_turn_fit),
        cmocka_unit_test(a_program_is_run_by_many_threads_at_once),
        cmocka_unit_test(values_that_double_are_not_walked_to_their_end),
        cmocka_unit_test(endless_recursion_ends_within_a_stack_of_its_own),
        cmocka_unit_test(the_deepest_expression_is_run_or_refused),
        cmocka_unit_test(a_long_sum_of_texts_is_compiled_in_little_room),
        cmocka_unit_test(every_allocation_of_an_evaluation_may_fail),
        cmocka_unit_test(every_allocation_of_compiling_may_fail),
        cmocka_unit_test(every_allocation_of_a_test_may_fail),
        cmocka_unit_test(what_became_null_is_noted_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
