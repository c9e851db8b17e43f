/*
 * Expressions made at random from a seed that never changes: deep, valid, and mostly with a value.  Each is written twice, once
 * with constants and once with names that stand for them, so what is calculated when it is compiled has to be what is calculated
 * when it is run; and each is printed, read again and run again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "rule/parser.h"
#include "rule/print.h"
#include "rule/program.h"

enum { EXPRESSIONS = 4000, CONSTANTS = 24, LOCALS_MAX = 40 };

/* What an expression is meant to be; what it is may also be null. */
enum sort { SORT_NUMBER, SORT_BOOLEAN, SORT_STRING, SORT_LIST, SORT_DATE, SORT_DAYS, SORTS };

static const struct {
    enum sort sort;
    const char *text;
} constants[CONSTANTS] = {
    {SORT_NUMBER, "0"}, {SORT_NUMBER, "1"}, {SORT_NUMBER, "2.50"}, {SORT_NUMBER, "100"}, {SORT_NUMBER, "0.1"},
    {SORT_NUMBER, "null"}, {SORT_BOOLEAN, "true"}, {SORT_BOOLEAN, "false"}, {SORT_BOOLEAN, "null"}, {SORT_STRING, "\"\""},
    {SORT_STRING, "\"a\""}, {SORT_STRING, "\"中文\""}, {SORT_LIST, "[]"}, {SORT_LIST, "[1, 2, 3]"},
    {SORT_LIST, "[0, 2.5, null]"},
    {SORT_LIST, "[100]"}, {SORT_DATE, "@\"2026-11-28\""}, {SORT_DATE, "@\"2024-02-29\""}, {SORT_DATE, "null"},
    {SORT_DAYS, "@\"P1D\""}, {SORT_DAYS, "@\"-PT36H\""}, {SORT_DAYS, "@\"P400D\""}, {SORT_NUMBER, "7"}, {SORT_STRING, "\"b\""},
};

static struct feel_name names[CONSTANTS];
static const struct feel_scope scope = {.count = CONSTANTS, .name = names};

struct maker {
    uint64_t seed;
    struct buf *out;
    bool by_name;
    int locals;  /* names of iterators and parameters, all of them numbers: x0, x1 ... */
    int pending; /* those that are written but not seen yet */
};

static unsigned
pick(struct maker *m, unsigned below)
{
    m->seed ^= m->seed << 13;
    m->seed ^= m->seed >> 7;
    m->seed ^= m->seed << 17;
    return (unsigned)(m->seed >> 11) % below;
}

static void make(struct maker *m, enum sort sort, int depth);

static void
make_leaf(struct maker *m, enum sort sort)
{
    unsigned i = pick(m, CONSTANTS);

    if (sort == SORT_NUMBER && m->locals > 0 && pick(m, 2) == 0) {
        buf_put_fmt(m->out, "x%u", pick(m, (unsigned)m->locals));
        return;
    }
    while (constants[i].sort != sort) {
        i = (i + 1) % CONSTANTS;
    }
    if (m->by_name) {
        buf_put_fmt(m->out, "c%u", i);
    } else {
        buf_put(m->out, str_of(constants[i].text));
    }
}

/* A pattern: N B S L D T are expressions of a sort, V a new name, which is seen from ! on up to ~ or the end. */
static void
make_pattern(struct maker *m, const char *pattern, int depth)
{
    static const char sorts[] = "NBSLDT";
    int before = m->locals, pending = m->pending;

    m->pending = 0;
    for (const char *at = pattern; *at != '\0'; at++) {
        const char *found = NULL;
        for (const char *s = sorts; *s != '\0'; s++) {
            found = *s == *at ? s : found;
        }
        if (found != NULL) {
            make(m, (enum sort)(found - sorts), depth - 1);
        } else if (*at == 'V') {
            buf_put_fmt(m->out, "x%d", m->locals + m->pending++);
        } else if (*at == '!' && at[1] != '=') {
            m->locals += m->pending;
            m->pending = 0;
        } else if (*at == '~') {
            m->locals = before;
        } else {
            buf_put_char(m->out, *at);
        }
    }
    m->locals = before;
    m->pending = pending;
}

static void
make(struct maker *m, enum sort sort, int depth)
{
    static const char *const patterns[SORTS][14] = {
        [SORT_NUMBER] = {"(N + N)", "(N - N)", "(N * N)", "(N / N)", "-(N)", "(if B then N else N)", "(L)[N]", "(L)[-1]",
                         "(function(V, V) !N~)(N, N)", "{a: N, b: N}.b", "(T).days", "(D).day", "((T) / T)", "(N ** 2)"},
        [SORT_BOOLEAN] = {"(N < N)", "(N >= N)", "(N = N)", "(B and B)", "(B or B)", "(N in [N..N])", "(N in (N, > N, (N..N)))",
                          "(N between N and N)", "(S != S)", "(some V in L satisfies !B)", "(every V in L, !V in L satisfies !B)",
                          "(D <= D)", "(L = L)", "(N in (? > N and ? < N, L))"},
        [SORT_STRING] = {"(S + S)", "(if B then S else S)", "(S + S + S)", "{s: S}.s", "[S, S][1]", "(if (S < S) then S else S)",
                         "(function(V) !S~)(N)", "[S][item = S][1]", "{f: function(V) !S~, r: f(N)}.r", "(S + S)", "[S, S][-1]",
                         "(if S in (S, S) then S else S)", "(S + S)", "(S)[1]"},
        [SORT_LIST] = {"[N, N, N]", "(for V in L return !N)", "(for V in 0..3 return !N)", "(L)[item > N]", "(L)[B]",
                       "(for V in L, !V in [N] return !N)", "[{a: N}, {a: N}].a", "[{x: N, y: N}, {x: N}][x > N].x",
                       "(if B then L else L)", "(for V in 1..4 return !if B then N else partial[-1])", "{l: L, m: l[item != N]}.m",
                       "(for f in (for V in L return !function() N) return f())",
                       "(for d in @\"2026-01-30\"..@\"2026-02-02\" return d.day)",
                       "[N, N][item in (N, < N)]"},
        [SORT_DATE] = {"(D + T)", "(D - T)", "(T + D)", "(if B then D else D)", "(D + @\"P1M\")", "(D - @\"P1Y1M\")", "[D, D][1]",
                       "{d: D}.d", "(D + T)", "(D - T)", "(if D < D then D else D)", "(D + T)", "(D + T)", "(D + @\"P13M\")"},
        [SORT_DAYS] = {"(T + T)", "(T - T)", "(T * N)", "(N * T)", "(T / N)", "(D - D)", "-(T)", "(if B then T else T)", "(D - D)",
                       "[T, T][1]", "(T + T)", "(T - T)", "(if T > T then T else T)", "{t: T}.t"},
    };

    if (depth <= 0 || pick(m, 12) == 0) {
        make_leaf(m, sort);
    } else {
        make_pattern(m, patterns[sort][pick(m, 14)], depth);
    }
}

/* --- running ----------------------------------------------------------------------------------- */

struct setting {
    struct arena *arena, *kept;
    struct run *run;
    struct value slot[CONSTANTS];
    struct frame frame;
};

static enum rc
text_of(struct setting *s, struct str text, bool are_tests, struct feel_tree *tree, struct str *out)
{
    static const struct value input = {.kind = VALUE_NUMBER, .as.number = {{2, DECIMAL_WHOLE}}};
    const struct program *p = NULL;
    struct value v;
    struct err err;
    bool passes = false;
    enum rc rc = are_tests ? feel_parse_tests(s->arena, text, &scope, NULL, tree, NULL, &err)
                           : feel_parse(s->arena, text, &scope, tree, NULL, &err);

    if (rc != RC_OK || program_compile(s->arena, tree, NULL, NULL, &p, &err) != RC_OK) {
        fail_msg("%.*s: %s", STR_ARG(text), err.text);
    }
    run_begin(s->run, 0, 0);
    if (are_tests) {
        rc = program_test(s->run, p, &s->frame, input, &passes, &err);
        *out = passes ? STR("passes") : STR("fails");
        return rc;
    }
    rc = program_run(s->run, p, &s->frame, &v, &err);
    *out = rc == RC_OK ? value_text(s->arena, v, true) : STR("");
    return rc;
}

static void
begin(struct setting *s)
{
    struct err err;

    s->arena = arena_new(1 << 24);
    s->kept = arena_new(1 << 20);
    s->run = run_new(&RUN_LIMITS_USUAL, NULL);
    for (int i = 0; i < CONSTANTS; i++) {
        const struct program *p = NULL;
        names[i].name = str_fmt(s->kept, "c%d", i);
        assert_int_equal(program_read(s->kept, str_of(constants[i].text), NULL, NULL, NULL, &p, NULL, &err), RC_OK);
        run_begin(s->run, 0, 0);
        assert_int_equal(program_run(s->run, p, NULL, &s->slot[i], &err), RC_OK); /* a constant, so it lies on kept */
    }
    s->frame = (struct frame){NULL, s->slot};
}

static void
end(struct setting *s)
{
    run_free(s->run);
    arena_free(s->kept);
    arena_free(s->arena);
}

/* How much comes out: an expression that is always null proves little. */
struct tally {
    unsigned values, nulls, limits, deep;
};

static void
try_one(struct setting *s, uint64_t seed, int depth, bool are_tests, struct tally *tally)
{
    static const char *const tests[] = {"N, > N, [N..N)", "not(N, <= N)", "? > N and B", "L, N", "(N..N], = N", "!= N"};
    struct buf written[2];
    struct str text[2], value[2], printed, same;
    struct feel_tree tree[2], again;
    enum rc rc[2];
    struct err err;

    for (int i = 0; i < 2; i++) {
        buf_init(&written[i], s->arena, 1 << 20);
        struct maker m = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1, &written[i], i == 1, 0, 0};
        if (are_tests) {
            make_pattern(&m, tests[seed % 6], depth);
        } else {
            make(&m, (enum sort)(seed % SORTS), depth);
        }
        assert_int_equal(buf_finish(&written[i], &text[i], &err), RC_OK);
        if (text[i].len > FEEL_TEXT_MAX) {
            return;
        }
        rc[i] = text_of(s, text[i], are_tests, &tree[i], &value[i]);
    }
    assert_int_equal(tree[0].unknown, 0);
    if (rc[0] == RC_LIMIT || rc[1] == RC_LIMIT) { /* what is folded may need less */
        tally->limits++;
        return;
    }
    if (!str_eq(value[0], value[1])) {
        fail_msg("%.*s\nis %.*s\n%.*s\nis %.*s", STR_ARG(text[0]), STR_ARG(value[0]), STR_ARG(text[1]), STR_ARG(value[1]));
    }
    assert_int_equal(feel_print(s->arena, &tree[0], &printed, &err), RC_OK);
    assert_int_equal(text_of(s, printed, are_tests, &again, &same), RC_OK);
    if (!str_eq(value[0], same)) {
        fail_msg("%.*s\nis %.*s\n%.*s\nis %.*s", STR_ARG(text[0]), STR_ARG(value[0]), STR_ARG(printed), STR_ARG(same));
    }
    *(str_eq(value[0], STR("null")) || str_eq(value[0], STR("fails")) ? &tally->nulls : &tally->values) += 1;
    tally->deep += tree[0].node[tree[0].root].height >= 12;
}

static void
constants_are_folded_to_what_names_would_give(void **state)
{
    struct tally tally = {0, 0, 0, 0};
    struct setting s;

    (void)state;
    begin(&s);
    for (unsigned i = 0; i < EXPRESSIONS; i++) {
        try_one(&s, i, 1 + (int)(i / SORTS % 6), false, &tally);
        arena_reset(s.arena);
    }
    end(&s);
    print_message("%u values, %u nulls, %u past a limit, %u deep\n", tally.values, tally.nulls, tally.limits, tally.deep);
    assert_true(tally.values > EXPRESSIONS / 2 && tally.deep > EXPRESSIONS / 10 && tally.limits < EXPRESSIONS / 10);
}

static void
cells_of_constants_let_pass_what_names_would_let_pass(void **state)
{
    struct tally tally = {0, 0, 0, 0};
    struct setting s;

    (void)state;
    begin(&s);
    for (unsigned i = 0; i < EXPRESSIONS; i++) {
        try_one(&s, i, (int)(i / 6 % 4) + 1, true, &tally);
        arena_reset(s.arena);
    }
    end(&s);
    assert_true(tally.values > EXPRESSIONS / 10 && tally.nulls > EXPRESSIONS / 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_are_folded_to_what_names_would_give),
        cmocka_unit_test(cells_of_constants_let_pass_what_names_would_let_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
