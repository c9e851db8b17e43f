/* Cases run in memory: time jumps, scripts say how work is done, instances hear one another, and the same input gives the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "process/simulate.h"
#include "process/test_bpmn.h"

#define HOUR_US (INT64_C(3600) * 1000000)
#define MONDAY_US (INT64_C(1767574800) * 1000000) /* 2026-01-05T09:00:00+08:00 */
#define EXT(inside) "<extensionElements>" inside "</extensionElements>"
#define USER(id, inside) "<userTask id='" id "'>" EXT("<gov:assignment org='=org'/>" inside) "</userTask>"
#define OUTCOME(code) "<gov:outcome code='" code "' zh='结果' en='Outcome'/>"
#define JOB(id, type) "<serviceTask id='" id "'>" EXT("<gov:job type='" type "'/>") "</serviceTask>"
#define CATCH(id, inside) "<intermediateCatchEvent id='" id "'>" inside "</intermediateCatchEvent>"
#define THROW(id, inside) "<intermediateThrowEvent id='" id "'>" inside "</intermediateThrowEvent>"
#define AFTER(period) "<timerEventDefinition><timeDuration>" period "</timeDuration></timerEventDefinition>"

struct trial {
    struct arena *arena;
    struct engine engine;
    struct simulation *s;
};

/* Runs a model with a script until nothing is due. */
static struct trial
try_hooks(const char *xml, const char *script, const char *variables, const struct simulate_hooks *hooks)
{
    struct trial t = {.arena = arena_new(64 << 20)};
    struct simulate_config config = {.engine = &t.engine, .arena = t.arena, .models = 1, .hooks = hooks, .start_us = MONDAY_US};
    struct json *said = NULL, *given = NULL;
    struct bpmn_report report;
    const struct bpmn *m;
    struct err err;

    t.engine = (struct engine){.run = run_new(&RUN_LIMITS_USUAL, NULL), .offset_seconds = 8 * 3600};
    if (bpmn_try(t.arena, xml, &m, &report) != RC_OK) {
        fail_msg("%s: %.*s", xml, STR_ARG(report.finding[0].en));
    }
    assert_int_equal(json_parse(t.arena, str_of(script), JSON_ANY, &said, &err), RC_OK);
    assert_int_equal(json_parse(t.arena, str_of(variables), JSON_ANY, &given, &err), RC_OK);
    config.model = &m;
    config.script = said;
    enum rc rc = simulate_new(&config, &t.s, &err);
    rc = rc == RC_OK ? simulate_start(t.s, STR(""), STR("C-1"), given, &err) : rc;
    rc = rc == RC_OK ? simulate_run(t.s, INT64_MAX, &err) : rc;
    if (rc != RC_OK) {
        fail_msg("%s", err.text);
    }
    return t;
}

static struct trial
try_it(const char *xml, const char *script)
{
    return try_hooks(xml, script, "{}", NULL);
}

static void
leave(struct trial *t)
{
    run_free(t->engine.run);
    arena_free(t->arena);
}

/* These lines, in this order, perhaps with others between. */
static void
expect_lines(const struct trial *t, const char *const *lines)
{
    struct str rest = simulate_trace(t->s), line;
    size_t found = 0;

    while (lines[found] != NULL && str_next(&rest, '\n', &line)) {
        found += str_eq(line, str_of(lines[found]));
    }
    if (lines[found] != NULL) {
        struct str trace = simulate_trace(t->s);
        fail_msg("there is no \"%s\" in its place in\n%.*s", lines[found], STR_ARG(trace));
    }
}
#define EXPECT_LINES(t, ...) expect_lines(t, (const char *const[]){__VA_ARGS__, NULL})

static bool
says(const struct trial *t, const char *part)
{
    return str_has(simulate_trace(t->s), str_of(part));
}

/* --- time ------------------------------------------------------------------------------------------------- */

static void
time_jumps_to_the_next_timer(void **state)
{
    struct trial t = try_it(AROUND(CATCH("a", AFTER("P30D"))), "[]");

    (void)state;
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 p started", "2026-01-05T09:00:00+08:00 s entered", "2026-01-05T09:00:00+08:00 f1 taken",
                 "2026-02-04T09:00:00+08:00 a left", "2026-02-04T09:00:00+08:00 e entered", "2026-02-04T09:00:00+08:00 p ended");
    assert_true(simulate_state(t.s).is_whole);
    assert_int_equal(simulate_state(t.s).now_us, MONDAY_US + 30 * 24 * HOUR_US);
    assert_int_equal(simulate_state(t.s).steps, 2);
    leave(&t);
}

static void
work_takes_no_time_unless_the_script_says_so(void **state)
{
    static const char *const xml = AROUND(USER("a", OUTCOME("yes") OUTCOME("no")) "<boundaryEvent id='b' attachedToRef='a'>" AFTER("P10D")
                                          "</boundaryEvent>" FLOW("f3", "b", "e"));
    struct trial t = try_it(xml, "[]");

    (void)state;
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 a done yes", "2026-01-05T09:00:00+08:00 p ended");
    leave(&t);
    t = try_it(xml, "[{\"element\":\"a\",\"after\":\"P2DT1H\",\"outcome\":\"no\"}]");
    EXPECT_LINES(&t, "2026-01-07T10:00:00+08:00 a done no", "2026-01-07T10:00:00+08:00 p ended");
    leave(&t);
    t = try_it(xml, "[{\"element\":\"a\",\"after\":\"never\"}]");
    EXPECT_LINES(&t, "2026-01-15T09:00:00+08:00 a cancelled", "2026-01-15T09:00:00+08:00 f3 taken");
    assert_false(says(&t, "a done"));
    leave(&t);
}

static void
the_same_input_gives_the_same_bytes(void **state)
{
    static const char *const xml = MODEL(START FLOW("f1", "s", "g") "<parallelGateway id='g'/>" FLOW("f2", "g", "a") FLOW("f3", "g", "b")
                                         USER("a", "") USER("b", "") FLOW("f4", "a", "j") FLOW("f5", "b", "j") "<parallelGateway id='j'/>"
                                         FLOW("f6", "j", "e") END);
    struct trial first = try_it(xml, "[{\"element\":\"b\",\"after\":\"PT1H\"}]");
    struct trial second = try_it(xml, "[{\"element\":\"b\",\"after\":\"PT1H\"}]");

    (void)state;
    assert_true(simulate_trace(first.s).len > 100 && str_eq(simulate_trace(first.s), simulate_trace(second.s)));
    leave(&first);
    leave(&second);
}

/* --- work ------------------------------------------------------------------------------------------------- */

static void
the_script_says_how_work_is_done_and_the_nth_time_otherwise(void **state)
{
    struct trial t = try_it(MODEL(START FLOW("f1", "s", "x") "<exclusiveGateway id='x'/>" FLOW("f2", "x", "a") USER("a", OUTCOME("no") OUTCOME("yes"))
                                  FLOW("f3", "a", "y") "<exclusiveGateway id='y' default='f4'/>" FLOW("f4", "y", "x")
                                  WHEN("f5", "y", "e", "outcome = \"yes\" and n = 3") END),
                            "[{\"element\":\"a\",\"outcome\":\"no\"},{\"element\":\"a\",\"nth\":3,\"outcome\":\"yes\",\"variables\":{\"n\":3}}]");

    (void)state;
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 a done no", "2026-01-05T09:00:00+08:00 f4 taken", "2026-01-05T09:00:00+08:00 a done no",
                 "2026-01-05T09:00:00+08:00 a done yes", "2026-01-05T09:00:00+08:00 f5 taken", "2026-01-05T09:00:00+08:00 p ended");
    leave(&t);
}

static void
work_fails_with_a_code_or_is_given_up(void **state)
{
    static const char *const xml = AROUND(JOB("a", "t") "<boundaryEvent id='b' attachedToRef='a'><errorEventDefinition errorRef='E'/></boundaryEvent>"
                                          FLOW("f3", "b", "e"));
    struct trial t = try_it(xml, "[{\"element\":\"a\",\"fail\":\"e1\"}]");

    (void)state;
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 a fails e1", "2026-01-05T09:00:00+08:00 f3 taken");
    leave(&t);
    t = try_it(xml, "[{\"element\":\"a\",\"fail\":\"e2\"}]");
    assert_int_equal(simulate_instance(t.s, 0)->state, INSTANCE_FAILED);
    assert_false(simulate_state(t.s).is_whole);
    leave(&t);
    t = try_it(xml, "[{\"element\":\"a\",\"incident\":\"no answer\"}]");
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 a gives up no answer");
    struct json *standing = simulate_standing(t.arena, t.s);
    assert_int_equal(standing->count, 1);
    assert_true(str_eq(json_str(standing->first, "element"), STR("a")) && str_eq(json_str(standing->first, "kind"), STR("incident")));
    assert_false(simulate_state(t.s).is_whole);
    leave(&t);
}

static void
what_is_refused_is_not_tried_for_ever(void **state)
{
    struct trial t = try_it(AROUND(USER("a", "")), "[{\"element\":\"a\",\"incident\":\"no task gives up\"}]");

    (void)state;
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 p refused incident");
    assert_true(!simulate_state(t.s).is_cut && !simulate_state(t.s).is_whole);
    leave(&t);
}

static enum rc
answer_rule(void *ctx, struct arena *a, struct str key, struct str decision, const struct json *inputs, int64_t now_us,
            const struct json **out, struct err *err)
{
    unsigned *asked = ctx;

    (*asked)++;
    assert_true(str_eq(decision, STR("期限")) && json_int_or(inputs, "n", 0) == 4 && now_us == MONDAY_US);
    if (!str_eq(key, STR("deadlines"))) {
        return err_set(err, RC_NOT_FOUND, "no such rule");
    }
    *out = json_int(a, 20);
    return RC_OK;
}

#define RULE(id, key) "<businessRuleTask id='" id "' gov:result='days'>" EXT("<gov:rule key='" key "' decision='期限'/><gov:input name='n' value='=n + 1'/>") \
                      "</businessRuleTask>"

static void
rules_are_asked_of_whoever_answers_them(void **state)
{
    unsigned asked = 0;
    struct simulate_hooks hooks = {.ctx = &asked, .rule = answer_rule};
    struct trial t = try_hooks(AROUND(RULE("a", "deadlines")), "[]", "{\"n\":3}", &hooks);

    (void)state;
    assert_int_equal(asked, 1);
    assert_int_equal(json_int_or(simulate_instance(t.s, 0)->scope[0].variables, "days", 0), 20);
    leave(&t);
    t = try_hooks(AROUND(RULE("a", "=\"dead\" + \"lines\"")), "[]", "{\"n\":3}", &hooks);
    assert_int_equal(json_int_or(simulate_instance(t.s, 0)->scope[0].variables, "days", 0), 20);
    leave(&t);
    t = try_hooks(AROUND(RULE("a", "other")), "[]", "{\"n\":3}", &hooks);
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 a gives up no such rule");
    leave(&t);
    t = try_it(AROUND(RULE("a", "deadlines")), "[]");
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 a gives up nobody answers rules here");
    leave(&t);
}

/* --- from outside, and between instances --------------------------------------------------------------------- */

#define MESSAGE "<messageEventDefinition messageRef='M'/>"
#define SIGNAL "<signalEventDefinition signalRef='S'/>"

static void
messages_signals_and_commands_come_when_the_script_says(void **state)
{
    struct trial t = try_it(AROUND(CATCH("a", MESSAGE)), "[{\"at\":\"P1D\",\"message\":\"order\",\"key\":\"C-1\",\"variables\":{\"paid\":true}}]");

    (void)state;
    EXPECT_LINES(&t, "2026-01-06T09:00:00+08:00 a left", "2026-01-06T09:00:00+08:00 p ended");
    leave(&t);
    t = try_it(AROUND(CATCH("a", MESSAGE)), "[{\"at\":\"P1D\",\"message\":\"order\",\"key\":\"C-2\"}]");
    assert_int_equal(simulate_state(t.s).messages, 1);
    assert_false(simulate_state(t.s).is_whole);
    leave(&t);
    t = try_it(AROUND(CATCH("a", SIGNAL)), "[{\"at\":\"2026-03-01T00:00:00+08:00\",\"signal\":\"stop\"}]");
    EXPECT_LINES(&t, "2026-03-01T00:00:00+08:00 a left");
    leave(&t);
    t = try_it(AROUND(CATCH("a", AFTER("P3D"))), "[{\"at\":\"P1D\",\"command\":\"suspend\"},{\"at\":\"P9D\",\"command\":\"resume\"}]");
    EXPECT_LINES(&t, "2026-01-06T09:00:00+08:00 p suspended", "2026-01-14T09:00:00+08:00 p resumed", "2026-01-14T09:00:00+08:00 a left");
    leave(&t);
    t = try_it(AROUND(CATCH("a", AFTER("P3D"))), "[{\"at\":\"P1D\",\"command\":\"return\",\"task\":\"a\",\"element\":\"s\"},"
                                                 "{\"at\":\"P1D\",\"command\":\"retry\",\"task\":\"nowhere\"}]");
    EXPECT_LINES(&t, "2026-01-06T09:00:00+08:00 p refused return", "2026-01-06T09:00:00+08:00 nowhere refused retry");
    leave(&t);
}

static void
instances_hear_one_another(void **state)
{
    struct trial t = try_it(OPEN PROCESS(START FLOW("f1", "s", "a") THROW("a", MESSAGE) FLOW("f2", "a", "b") THROW("b", SIGNAL) FLOW("f3", "b", "e") END)
                            "<process id='q'><startEvent id='qs'>" MESSAGE "</startEvent>" FLOW("q1", "qs", "qc") CATCH("qc", SIGNAL)
                            FLOW("q2", "qc", "qe") "<endEvent id='qe'/></process>"
                            "<process id='r'><startEvent id='rs'>" SIGNAL "</startEvent>" FLOW("r1", "rs", "re") "<endEvent id='re'/></process>" CLOSE,
                            "[{\"at\":\"P1D\",\"signal\":\"stop\"}]");

    (void)state;
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 p ended", "2026-01-05T09:00:00+08:00 rs#2 entered", "2026-01-05T09:00:00+08:00 qs#3 entered",
                 "2026-01-06T09:00:00+08:00 qc#3 left", "2026-01-06T09:00:00+08:00 rs#4 entered");
    assert_int_equal(simulate_state(t.s).instances, 4);
    assert_true(simulate_state(t.s).is_whole);
    leave(&t);
}

static void
an_instance_does_not_hear_its_own_signal_twice(void **state)
{
    struct trial t = try_it(MODEL(START FLOW("f1", "s", "g") "<parallelGateway id='g'/>" FLOW("f2", "g", "a") CATCH("a", SIGNAL) FLOW("f3", "a", "b")
                                  CATCH("b", SIGNAL) FLOW("f4", "b", "e") FLOW("f5", "g", "c") THROW("c", SIGNAL) FLOW("f6", "c", "e") END), "[]");

    (void)state;
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 a left");
    assert_false(says(&t, "b left"));
    leave(&t);
}

/* --- clocks and states ----------------------------------------------------------------------------------------- */

struct dial { /* a clock that is over so long after it started */
    int64_t due_us;
    bool is_told;
    unsigned starts, stops;
};

static enum rc
move_dial(void *ctx, uint32_t instance, int64_t scope, const struct gov_clock *c, enum gov_do what, struct str basis, int64_t now_us,
          struct err *err)
{
    struct dial *d = ctx;

    (void)err;
    assert_true(instance == 1 && scope == 1 && str_eq(c->rule, STR("permit.decide")) && str_eq(basis, STR("法")));
    d->starts += what == GOV_START;
    d->stops += what == GOV_STOP;
    d->due_us = what == GOV_START ? now_us + 5 * HOUR_US : INT64_MAX;
    return RC_OK;
}

static bool
next_of_dial(void *ctx, struct simulate_tick *out)
{
    const struct dial *d = ctx;

    *out = (struct simulate_tick){d->due_us, 1, 1, STR("c"), STR("over")};
    return d->due_us != INT64_MAX && !d->is_told;
}

static void
tell_dial(void *ctx, const struct simulate_tick *tick)
{
    struct dial *d = ctx;

    assert_int_equal(tick->due_us, d->due_us);
    d->is_told = true;
}

/* Two of one name: of two calls under way at a time. */
struct pair {
    size_t started, over;
    int64_t scope[2], due_us;
};

static enum rc
move_pair(void *ctx, uint32_t instance, int64_t scope, const struct gov_clock *c, enum gov_do what, struct str basis, int64_t now_us,
          struct err *err)
{
    struct pair *p = ctx;

    (void)basis, (void)err;
    assert_true(instance == 1 && str_eq(c->id, STR("c")));
    if (what == GOV_START) {
        assert_true(p->started < 2);
        p->due_us = now_us + 5 * HOUR_US;
        p->scope[p->started++] = scope;
    }
    return RC_OK;
}

static bool
next_of_pair(void *ctx, struct simulate_tick *out)
{
    const struct pair *p = ctx;

    *out = (struct simulate_tick){p->due_us, 1, p->scope[1], STR("c"), STR("over")};
    return p->started == 2 && p->due_us != INT64_MAX;
}

static void
tell_pair(void *ctx, const struct simulate_tick *tick)
{
    (void)tick;
    ((struct pair *)ctx)->due_us = INT64_MAX;
}

static void
pair_over(void *ctx, uint32_t instance, int64_t scope, int64_t now_us)
{
    struct pair *p = ctx;

    assert_true(instance == 1 && now_us > 0);
    p->over += scope == p->scope[0] || scope == p->scope[1];
}

static void
each_call_has_clocks_of_its_own_which_end_with_it(void **state)
{
    struct pair pair = {.due_us = INT64_MAX};
    struct simulate_hooks hooks = {.clock_ctx = &pair, .clock = move_pair, .next_tick = next_of_pair, .tick_told = tell_pair, .clocks_over = pair_over};
    struct trial t = try_hooks(
        OPEN "<process id='p' isExecutable='true'>" START FLOW("f1", "s", "y") "<parallelGateway id='y'/>" FLOW("f2", "y", "k1") FLOW("f3", "y", "k2")
        "<callActivity id='k1' calledElement='q'/><callActivity id='k2' calledElement='q'/>" FLOW("f4", "k1", "j") FLOW("f5", "k2", "j")
        "<parallelGateway id='j'/>" FLOW("f6", "j", "e") END "</process><process id='q'>"
        EXT("<gov:clock id='c' rule='permit.decide' kind='department'/>") "<startEvent id='qs'>" EXT("<gov:on at='leave' clock='c' do='start'/>")
        "</startEvent>" FLOW("g1", "qs", "a") "<userTask id='a'>" EXT("<gov:assignment org='o'/>") "</userTask><boundaryEvent id='x' attachedToRef='a'>"
        "<timerEventDefinition gov:clock='c' gov:when='over'/></boundaryEvent>" FLOW("g2", "a", "qe") FLOW("g3", "x", "late")
        "<endEvent id='qe'>" EXT("<gov:on at='enter' clock='c' do='stop'/>") "</endEvent><endEvent id='late'>"
        EXT("<gov:on at='enter' clock='c' do='stop'/>") "</endEvent></process>" CLOSE,
        "[{\"element\":\"a\",\"after\":\"P1D\"}]", "{}", &hooks);

    (void)state;
    assert_true(pair.started == 2 && pair.scope[0] != pair.scope[1] && pair.scope[0] > 1 && pair.over >= 2);
    EXPECT_LINES(&t, "2026-01-05T14:00:00+08:00 late entered", "2026-01-06T09:00:00+08:00 qe entered");
    assert_true(simulate_state(t.s).is_whole);
    leave(&t);
}

static void
clocks_of_the_case_move_with_it_and_are_heard(void **state)
{
    struct dial dial = {.due_us = INT64_MAX};
    struct simulate_hooks hooks = {.clock_ctx = &dial, .clock = move_dial, .next_tick = next_of_dial, .tick_told = tell_dial};
    struct trial t = try_hooks(
        MODEL(EXT("<gov:clock id='c' rule='permit.decide' kind='statutory'/>") "<startEvent id='s'>"
              EXT("<gov:on at='leave' clock='c' do='start' basis='法'/><gov:state at='leave' value='accepted' zh='正在办' en='On'/>") "</startEvent>"
              FLOW("f1", "s", "a") CATCH("a", "<timerEventDefinition gov:clock='c' gov:when='over'/>") FLOW("f2", "a", "e")
              "<endEvent id='e'>" EXT("<gov:on at='enter' clock='c' do='stop' basis='法'/>") "</endEvent>"),
        "[]", "{}", &hooks);

    (void)state;
    EXPECT_LINES(&t, "2026-01-05T09:00:00+08:00 s left", "2026-01-05T09:00:00+08:00 c clock start 法", "2026-01-05T09:00:00+08:00 s state accepted",
                 "2026-01-05T14:00:00+08:00 c clock over", "2026-01-05T14:00:00+08:00 a left", "2026-01-05T14:00:00+08:00 c clock stop 法");
    assert_true(dial.starts == 1 && dial.stops == 1 && simulate_state(t.s).is_whole);
    leave(&t);
}

static void
a_repeated_activity_moves_its_clocks_once(void **state)
{
    struct trial t = try_it(MODEL(EXT("<gov:clock id='c' rule='r' kind='joint'/>") START FLOW("f1", "s", "a")
                                  "<userTask id='a'>" EXT("<gov:assignment/><gov:on at='enter' clock='c' do='start'/><gov:on at='leave' clock='c' do='stop'/>")
                                  "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
                                  FLOW("f2", "a", "e") END), "[]");
    struct str rest = simulate_trace(t.s), line;
    unsigned starts = 0, stops = 0, done = 0;

    (void)state;
    while (str_next(&rest, '\n', &line)) {
        starts += str_ends(line, STR(" c clock start"));
        stops += str_ends(line, STR(" c clock stop"));
        done += str_ends(line, STR(" a done"));
    }
    assert_true(starts == 1 && stops == 1 && done == 3);
    leave(&t);
}

/* --- limits and slips ------------------------------------------------------------------------------------------ */

static void
what_never_ends_is_cut(void **state)
{
    struct arena *a = arena_new(256 << 20);
    struct engine engine = {.run = run_new(&RUN_LIMITS_USUAL, NULL)};
    struct simulate_config config = {.engine = &engine, .arena = a, .models = 1, .steps_max = 50};
    struct simulation *s;
    struct bpmn_report report;
    const struct bpmn *m;
    struct err err;

    (void)state;
    assert_int_equal(bpmn_try(a, MODEL(START FLOW("f1", "s", "x") "<exclusiveGateway id='x'/>" FLOW("f2", "x", "a") CATCH("a", AFTER("P1D"))
                                       FLOW("f3", "a", "y") "<exclusiveGateway id='y' default='f4'/>" FLOW("f4", "y", "x")
                                       WHEN("f5", "y", "e", "false") END), &m, &report), RC_OK);
    config.model = &m;
    assert_int_equal(simulate_new(&config, &s, &err), RC_OK);
    assert_int_equal(simulate_start(s, STR("p"), STR(""), NULL, &err), RC_OK);
    assert_int_equal(simulate_run(s, INT64_MAX, &err), RC_OK);
    assert_true(simulate_state(s).is_cut && simulate_state(s).steps == 50 && !simulate_state(s).is_whole);
    assert_int_equal(simulate_start(s, STR("nobody"), STR(""), NULL, &err), RC_NOT_FOUND);
    run_free(engine.run);
    arena_free(a);
}

static void
a_script_that_cannot_be_meant_is_refused(void **state)
{
    static const struct {
        const char *script, *says;
    } cases[] = {
        {"{}", "a script is a list"},
        {"[{}]", "entry 1 of the script: it has an \"element\""},
        {"[{\"element\":\"a\"},{\"element\":\"a\",\"colour\":1}]", "entry 2 of the script: colour is not known there"},
        {"[{\"element\":\"a\",\"after\":\"soon\"}]", "after is a duration"},
        {"[{\"element\":\"a\",\"after\":\"P1M\"}]", "after is a duration"},
        {"[{\"element\":\"a\",\"nth\":0}]", "nth is a number from 1"},
        {"[{\"element\":\"a\",\"variables\":[]}]", "variables are an object"},
        {"[{\"at\":\"soon\",\"signal\":\"s\"}]", "at is a date and time"},
        {"[{\"at\":\"P1D\",\"command\":\"dance\"}]", "there is no such command"},
        {"[{\"at\":\"P1D\",\"message\":\"m\",\"task\":\"a\"}]", "task is not known there"},
    };
    struct arena *a = arena_new(1 << 22);
    struct engine engine = {.run = NULL};
    struct bpmn_report report;
    const struct bpmn *m;
    struct err err;

    (void)state;
    assert_int_equal(bpmn_try(a, AROUND("<task id='a'/>"), &m, &report), RC_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *script;
        struct simulation *s;
        assert_int_equal(json_parse(a, str_of(cases[i].script), JSON_ANY, &script, &err), RC_OK);
        struct simulate_config config = {.engine = &engine, .arena = a, .models = 1, .model = &m, .script = script};
        if (simulate_new(&config, &s, &err) != RC_INVALID || !str_has(str_of(err.text), str_of(cases[i].says))) {
            fail_msg("%s: %s", cases[i].script, err.text);
        }
    }
    arena_free(a);
}

static void
processes_that_are_called_and_not_there_are_named(void **state)
{
    struct arena *a = arena_new(1 << 22);
    struct bpmn_report report;
    const struct bpmn *m;

    (void)state;
    assert_int_equal(bpmn_try(a, MODEL(START FLOW("f1", "s", "a") "<callActivity id='a' calledElement='p'/>" FLOW("f2", "a", "b")
                                       "<callActivity id='b' calledElement='other'/>" FLOW("f3", "b", "c")
                                       "<callActivity id='c' calledElement='third'/>" FLOW("f4", "c", "e") END), &m, &report), RC_OK);
    assert_true(str_eq(simulate_called(&m, 1, 0), STR("other")));
    assert_true(str_eq(simulate_called(&m, 1, 1), STR("third")));
    assert_int_equal(simulate_called(&m, 1, 2).len, 0);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_jumps_to_the_next_timer),
        cmocka_unit_test(work_takes_no_time_unless_the_script_says_so),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(the_script_says_how_work_is_done_and_the_nth_time_otherwise),
        cmocka_unit_test(work_fails_with_a_code_or_is_given_up),
        cmocka_unit_test(what_is_refused_is_not_tried_for_ever),
        cmocka_unit_test(rules_are_asked_of_whoever_answers_them),
        cmocka_unit_test(messages_signals_and_commands_come_when_the_script_says),
        cmocka_unit_test(instances_hear_one_another),
        cmocka_unit_test(an_instance_does_not_hear_its_own_signal_twice),
        cmocka_unit_test(clocks_of_the_case_move_with_it_and_are_heard),
        cmocka_unit_test(each_call_has_clocks_of_its_own_which_end_with_it),
        cmocka_unit_test(a_repeated_activity_moves_its_clocks_once),
        cmocka_unit_test(what_never_ends_is_cut),
        cmocka_unit_test(a_script_that_cannot_be_meant_is_refused),
        cmocka_unit_test(processes_that_are_called_and_not_there_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
