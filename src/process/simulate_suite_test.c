/*
 * Every case of betsy's suite is run, and leaves the trace that the suite says.
 *
 * Traces are compared as multisets, as the suite has it, which lists them in no order of the flow; and where a sequence of flows leads
 * from one script to another and not back, the first one came first.
 *
 * Script tasks become user tasks whose form is the word of the script, so that the test does what the word says; nothing else of the
 * models is changed but what test_betsy.h puts into FEEL.  simulate_doubtful.txt has the cases that leave another trace, with the
 * reason: what stands in it and matches is a failure, too.  WORDY=1 shows each case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/gov_int.h"
#include "process/simulate.h"
#include "process/test_betsy.h"
#include "rule/run.h"

enum { SECOND = 1000000, TOKENS_MAX = 64, CASE_BYTES = 256 << 20, COLUMNS = 9 };
enum column { FILE_NAME, PROCESS, NUMBER, TEST, INTEGER, PARALLEL_FIRST, WAIT, EXPECTED, REMARK };

struct suite {
    const char *folder;
    struct str doubtful;
    struct run *run;
    struct arena *arena; /* of one case */
    unsigned cases, passed, listed, failed;
    bool is_wordy;
};
/* What a case leaves. */
struct trace {
    struct arena *arena;
    struct str token[TOKENS_MAX];
    uint32_t element[TOKENS_MAX], instance[TOKENS_MAX]; /* where and in which it was left */
    size_t tokens;
    bool has_marker;
    int64_t began_us[2], ended_us[2];
};

static void
leave(struct trace *t, struct str token)
{
    assert_true(t->tokens < TOKENS_MAX);
    t->element[t->tokens] = BPMN_NONE;
    t->token[t->tokens++] = token;
}

static void
leave_at(struct trace *t, struct str token, const struct simulate_work *w)
{
    leave(t, token);
    t->element[t->tokens - 1] = w->element;
    t->instance[t->tokens - 1] = w->instance;
}

/* --- what scripts do --------------------------------------------------------------------------------------- */

static struct str
script_of(const struct simulate_work *w)
{
    return gov_element(w->m, w->element)->form;
}

static int64_t
takes(void *ctx, const struct simulate_work *w)
{
    struct trace *t = ctx;
    struct str script = script_of(w);
    bool is_timed = str_starts(script, STR("CREATE_TIMESTAMP_LOG_"));

    if (is_timed) {
        t->began_us[str_ends(script, STR("2"))] = w->now_us;
    }
    return is_timed || str_eq(script, STR("WAIT_TEN_SECONDS")) ? (int64_t)10 * SECOND : 0;
}

static void
work(void *ctx, const struct simulate_work *w, struct simulate_deed *out)
{
    struct trace *t = ctx;
    struct str script = script_of(w);
    struct json *set = json_object(t->arena);
    int64_t number = 0;

    out->variables = set;
    if (str_starts(script, STR("SCRIPT_"))) {
        leave_at(t, script, w);
    } else if (str_eq(script, STR("CREATE_MARKER_FILE"))) {
        t->has_marker = true;
    } else if (str_starts(script, STR("CREATE_TIMESTAMP_LOG_"))) {
        t->ended_us[str_ends(script, STR("2"))] = w->now_us;
    } else if (str_starts(script, STR("INCREMENT_INTEGER_VARIABLE"))) {
        assert_true(json_as_int(instance_variable(w->i, w->token->scope, STR("integerVariable")), &number));
        json_set_int(t->arena, set, "integerVariable", number + 1);
        if (str_ends(script, STR("_AND_LOG"))) {
            leave_at(t, STR("INCREMENT_correct"), w);
        }
    } else if (str_eq(script, STR("SET_STRING_DATA"))) {
        json_set_text(t->arena, set, "data", STR("String"));
        json_set_text(t->arena, set, "Data Output", STR("String")); /* what the task gives to the data object */
    } else if (str_eq(script, STR("LOG_DATA"))) {
        const struct json *data = instance_variable(w->i, w->token->scope, STR("data"));
        leave(t, json_is(data, JSON_STRING) && str_eq(data->text, STR("String")) ? STR("DATA_correct") : STR("DATA_wrong"));
    } else if (str_eq(script, STR("THROW_ERROR"))) {
        out->how = SIMULATE_FAILS;
        out->outcome = STR("ERR_CODE");
    } else {
        assert_true(str_eq(script, STR("CREATE_LOG_FILE")) || str_eq(script, STR("WAIT_TEN_SECONDS")));
    }
}

/* --- one case ---------------------------------------------------------------------------------------------- */

static struct str
model_of(struct arena *a, const char *path)
{
    static const struct {
        const char *from, *to;
    } words[] = {
        {"bpmn2:scriptTask", "bpmn2:userTask"},
        {"bpmn2:globalScriptTask", "bpmn2:globalUserTask"},
        {"<bpmn2:script>", "<bpmn2:extensionElements><gov:form xmlns:gov=\"" BPMN_GOV "\" key=\""},
        {"</bpmn2:script>", "\"/></bpmn2:extensionElements>"},
    };
    struct str text = betsy_model(a, path);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        text = betsy_replace(a, text, str_of(words[i].from), str_of(words[i].to));
    }
    return text;
}

static void
run_model(const struct suite *s, const struct bpmn *m, const struct str column[COLUMNS], struct trace *t)
{
    struct engine engine = {.run = s->run};
    struct simulate_hooks hooks = {.ctx = t, .takes = takes, .work = work};
    struct simulate_config config = {.engine = &engine, .arena = s->arena, .models = 1, .model = &m, .hooks = &hooks, .start_us = SECOND};
    struct simulation *sim;
    struct json *variables = json_object(s->arena);
    int64_t number, wait_ms, began_us = config.start_us;
    struct err err;

    assert_true(str_to_int(column[INTEGER], &number) && str_to_int(column[WAIT], &wait_ms));
    json_set_int(s->arena, variables, "integerVariable", number);
    if (!str_eq(column[TEST], STR("-"))) {
        json_set_text(s->arena, variables, "test", column[TEST]);
    }
    assert_int_equal(simulate_new(&config, &sim, &err), RC_OK);
    if (str_eq(column[PARALLEL_FIRST], STR("yes"))) {
        assert_int_equal(simulate_start(sim, STR("ParallelProcess"), STR(""), variables, &err), RC_OK);
        assert_int_equal(simulate_run(sim, began_us, &err), RC_OK);
    }
    size_t before = simulate_state(sim).instances;
    if (simulate_start(sim, column[PROCESS], STR(""), variables, &err) != RC_OK) {
        leave(t, STR("ERROR_runtime"));
        return;
    }
    assert_int_equal(simulate_run(sim, began_us + wait_ms * 1000, &err), RC_OK);
    const struct instance *i = simulate_instance(sim, before);
    bool has_incident = false;
    for (size_t k = 0; k < i->tokens; k++) {
        has_incident = has_incident || i->token[k].kind == TOKEN_INCIDENT;
    }
    if (i->state == INSTANCE_FAILED) {
        leave(t, STR("ERROR_thrownErrorEvent"));
    } else if (has_incident || simulate_state(sim).is_cut) {
        leave(t, STR("ERROR_runtime"));
    }
    if (s->is_wordy) {
        struct str trace = simulate_trace(sim);
        print_message("%.*s", STR_ARG(trace));
    }
}

/* --- the order of the flow ----------------------------------------------------------------------------------- */

struct walk {
    const struct bpmn *m;
    uint8_t *seen;
    uint32_t *queue, count;
};

static void
go(void *ctx, uint32_t element)
{
    struct walk *w = ctx;

    if (!w->seen[element]) {
        w->seen[element] = 1;
        w->queue[w->count++] = element;
    }
}

/* By sequence flows, into sub-processes and out of them; not by what stands on a boundary, which may come at any time. */
static bool
leads_to(struct arena *a, const struct bpmn *m, uint32_t from, uint32_t to)
{
    struct walk w = {.m = m, .seen = arena_alloc(a, m->elements, 1), .queue = arena_alloc(a, m->elements, sizeof(uint32_t))};

    gov_each_next(m, from, go, &w);
    while (w.count > 0) {
        uint32_t at = w.queue[--w.count];
        gov_each_next(m, at, go, &w);
        if (m->element[at].inside != BPMN_NONE) {
            gov_each_begin(m, m->element[at].inside, go, &w);
        }
    }
    return w.seen[to] != 0;
}

static bool
is_in_order(struct arena *a, const struct bpmn *m, const struct trace *t)
{
    for (size_t i = 0; i < t->tokens; i++) {
        for (size_t k = i + 1; k < t->tokens; k++) {
            uint32_t x = t->element[i], y = t->element[k];
            if (x != BPMN_NONE && y != BPMN_NONE && t->instance[i] == t->instance[k] && leads_to(a, m, y, x) && !leads_to(a, m, x, y)) {
                return false;
            }
        }
    }
    return true;
}

static bool
expects(struct str expected, struct str token)
{
    for (struct str part; str_next(&expected, ' ', &part);) {
        if (str_eq(part, token)) {
            return true;
        }
    }
    return false;
}

static int
compare_tokens(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* As multisets: what runs side by side has no order. */
static bool
is_as_expected(struct trace *t, struct str expected)
{
    struct str wanted[TOKENS_MAX], part;
    size_t count = 0;
    bool is_equal = true;

    while (!str_eq(expected, STR("-")) && str_next(&expected, ' ', &part)) {
        assert_true(count < TOKENS_MAX);
        wanted[count++] = part;
    }
    if (count != t->tokens) {
        return false;
    }
    qsort(wanted, count, sizeof(wanted[0]), compare_tokens);
    qsort(t->token, t->tokens, sizeof(t->token[0]), compare_tokens);
    for (size_t i = 0; i < count; i++) {
        is_equal = is_equal && str_eq(wanted[i], t->token[i]);
    }
    return is_equal;
}

/* What the suite asks for beside what scripts leave. */
static void
add_what_is_asked_for(struct trace *t, struct str expected, bool is_refused)
{
    bool overlap = t->began_us[0] < t->ended_us[1] && t->began_us[1] < t->ended_us[0];

    if (expects(expected, STR("MARKER_exists")) && t->has_marker) {
        leave(t, STR("MARKER_exists"));
    }
    if (expects(expected, STR("EXECUTION_parallel")) && overlap) {
        leave(t, STR("EXECUTION_parallel"));
    }
    if (expects(expected, STR("ERROR")) && (is_refused || (t->tokens > 0 && str_starts(t->token[t->tokens - 1], STR("ERROR_"))))) {
        t->tokens = 0;
        leave(t, STR("ERROR"));
    }
}

/* "group/name.bpmn 1 reason", "group/name.bpmn * reason" */
static bool
is_doubtful(const struct suite *s, struct str file, struct str number)
{
    struct str rest = s->doubtful, line, part[2];

    while (str_next(&rest, '\n', &line)) {
        if (str_next(&line, ' ', &part[0]) && str_next(&line, ' ', &part[1]) && str_eq(part[0], file) &&
            (str_eq(part[1], STR("*")) || str_eq(part[1], number))) {
            assert_true(line.len > 10); /* the reason */
            return true;
        }
    }
    return false;
}

static void
try_case(struct suite *s, const struct str column[COLUMNS])
{
    struct trace t = {.arena = s->arena};
    struct str file = str_from(column[FILE_NAME], sizeof("processes/") - 1);
    const char *path = str_fmt(s->arena, "%s/%.*s", s->folder, STR_ARG(column[FILE_NAME])).ptr;
    struct bpmn_report report;
    const struct bpmn *m;
    struct err err;
    bool is_refused = bpmn_read(s->arena, model_of(s->arena, path), NULL, &m, &report, &err) != RC_OK;

    bool is_ordered = true;

    if (!is_refused) {
        run_model(s, m, column, &t);
        is_ordered = is_in_order(s->arena, m, &t);
    }
    add_what_is_asked_for(&t, column[EXPECTED], is_refused);
    bool is_good = is_as_expected(&t, column[EXPECTED]) && is_ordered, is_listed = is_doubtful(s, file, column[NUMBER]);
    s->cases++;
    s->passed += is_good && !is_listed;
    s->listed += !is_good && is_listed;
    s->failed += is_good == is_listed;
    if (is_good == is_listed) {
        print_message("    %.*s %.*s %s:", STR_ARG(file), STR_ARG(column[NUMBER]),
                      is_good ? "matches, and stands in simulate_doubtful.txt" : "leaves another trace");
        for (size_t i = 0; i < t.tokens; i++) {
            print_message(" %.*s", STR_ARG(t.token[i]));
        }
        print_message("; expected %.*s; %s\n", STR_ARG(column[EXPECTED]), is_refused ? err.text : "");
    }
    arena_reset(s->arena);
}

/* --- all of them ------------------------------------------------------------------------------------------- */

static void
say_group(struct suite *s, struct str group, const struct suite *before)
{
    print_message("%-12.*s %4u cases %4u passed %4u listed %4u failed\n", STR_ARG(group), s->cases - before->cases,
                  s->passed - before->passed, s->listed - before->listed, s->failed - before->failed);
}

static void
try_all(struct suite *s, struct str table)
{
    struct suite before = *s;
    struct str line, group = STR(""), own;

    assert_true(str_next(&table, '\n', &line)); /* the names of the columns */
    while (str_next(&table, '\n', &line)) {
        struct str column[COLUMNS] = {{NULL, 0}}, rest;
        for (size_t i = 0; i < COLUMNS; i++) {
            assert_true(str_next(&line, '\t', &column[i]));
        }
        rest = str_from(column[FILE_NAME], sizeof("processes/") - 1);
        assert_true(str_next(&rest, '/', &own));
        if (!str_eq(group, own)) {
            if (group.len > 0) {
                say_group(s, group, &before);
            }
            before = *s;
            group = own;
        }
        try_case(s, column);
    }
    say_group(s, group, &before);
}

static void
every_case_of_the_suite_leaves_its_trace(void **state)
{
    const char *suites = getenv("SUITES"), *ci = getenv("CI");
    struct arena *kept = arena_new(4 << 20);
    struct suite s = {.arena = arena_new(CASE_BYTES), .run = run_new(&RUN_LIMITS_USUAL, NULL), .is_wordy = getenv("WORDY") != NULL};

    (void)state;
    s.folder = str_fmt(kept, "%s/bpmn-betsy", suites != NULL ? suites : "../shared/suites").ptr;
    s.doubtful = betsy_file(kept, "src/process/simulate_doubtful.txt");
    assert_non_null(s.doubtful.ptr);
    struct str table = betsy_file(kept, str_fmt(kept, "%s/cases.tsv", s.folder).ptr);
    if (table.ptr != NULL) {
        try_all(&s, table);
        print_message("%u cases: %u passed, %u listed with their reason, %u failed\n", s.cases, s.passed, s.listed, s.failed);
        assert_int_equal(s.failed, 0);
        assert_int_equal(s.cases, 157);
    } else {
        print_message("simulate: the suite is not in %s, nothing was run\n", s.folder);
        assert_false(ci != NULL && str_eq(str_of(ci), STR("true")));
    }
    run_free(s.run);
    arena_free(s.arena);
    arena_free(kept);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_suite_leaves_its_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
