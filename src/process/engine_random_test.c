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

#include "process/test_story.h"

enum { ROUNDS = 60, STEPS = 40 };

#define USER(id) "<userTask id='" id "'/>"
#define SUB(id, more, inside) "<subProcess id='" id "' " more ">" inside "</subProcess>"
#define SIGNAL "<signalEventDefinition signalRef='S'/>"
#define UNDO(on, by) \
    "<boundaryEvent id='" on "x' attachedToRef='" on "'><compensateEventDefinition/></boundaryEvent><userTask id='" by "' isForCompensation='true'/>" \
    "<association id='" on "y' associationDirection='One' sourceRef='" on "x' targetRef='" by "'/>"
#define BOUNDARY(id, on, cancels, what) "<boundaryEvent id='" id "' attachedToRef='" on "' cancelActivity='" cancels "'>" what "</boundaryEvent>"

static const char *const models[] = {
    /* Repeated sub-processes with joins, events beside them, and what undoes them. */
    MODEL(START FLOW("f1", "s", "a") SUB("a", "", "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
          "<startEvent id='i'/>" FLOW("k1", "i", "g") "<inclusiveGateway id='g' default='k3'/>" WHEN("k2", "g", "b", "k = 1") FLOW("k3", "g", "c") USER("b") UNDO("b", "ub")
          USER("c") UNDO("c", "uc") FLOW("k4", "b", "h") FLOW("k5", "c", "h") "<inclusiveGateway id='h'/>" FLOW("k6", "h", "o") "<endEvent id='o'/>")
          BOUNDARY("x", "a", "false", SIGNAL) FLOW("f2", "x", "d") USER("d") FLOW("f3", "d", "e") FLOW("f4", "a", "t")
          "<intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>" FLOW("f5", "t", "z") USER("z") FLOW("f6", "z", "e") END),
    /* Event sub-processes of both kinds, errors, escalations, timers, a loop back. */
    MODEL(START FLOW("f1", "s", "m") "<exclusiveGateway id='m'/>" FLOW("f2", "m", "a") SUB("a", "", "<startEvent id='i'/>" FLOW("k1", "i", "b") "<serviceTask id='b'/>"
          FLOW("k2", "b", "c") "<intermediateThrowEvent id='c'><escalationEventDefinition escalationRef='L'/></intermediateThrowEvent>" FLOW("k3", "c", "q") USER("q")
          FLOW("k4", "q", "o") "<endEvent id='o'/>" SUB("v", "triggeredByEvent='true'", "<startEvent id='vs' isInterrupting='false'>" SIGNAL "</startEvent>"
          FLOW("v1", "vs", "w") USER("w") FLOW("v2", "w", "ve") "<endEvent id='ve'><errorEventDefinition errorRef='E'/></endEvent>")
          SUB("u", "triggeredByEvent='true'", "<startEvent id='us'><messageEventDefinition messageRef='M'/></startEvent>" FLOW("u1", "us", "ua") USER("ua") FLOW("u2", "ua", "ue")
          "<endEvent id='ue'/>")) BOUNDARY("x", "a", "false", "<escalationEventDefinition escalationRef='L'/>") FLOW("x1", "x", "d") USER("d") FLOW("x2", "d", "e")
          BOUNDARY("y", "a", "true", "<errorEventDefinition/>") FLOW("y1", "y", "m")
          BOUNDARY("z", "a", "false", "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>") FLOW("z1", "z", "d") FLOW("f3", "a", "n")
          "<exclusiveGateway id='n' default='f5'/>" WHEN("f4", "n", "m", "k = 1") FLOW("f5", "n", "e") END),
    /* Calls, loops, an event gateway, conditions, a repeated call, terminate. */
    OPEN PROCESS(START FLOW("f1", "s", "g") "<parallelGateway id='g'/>" FLOW("f2", "g", "a") FLOW("f3", "g", "b") FLOW("f4", "g", "c")
          "<callActivity id='a' calledElement='q'><multiInstanceLoopCharacteristics isSequential='true'><loopCardinality>2</loopCardinality>"
          "</multiInstanceLoopCharacteristics></callActivity>" "<eventBasedGateway id='b'/>" FLOW("b1", "b", "b2") FLOW("b3", "b", "b4")
          "<intermediateCatchEvent id='b2'>" SIGNAL "</intermediateCatchEvent><intermediateCatchEvent id='b4'><timerEventDefinition><timeDuration>P1D</timeDuration>"
          "</timerEventDefinition></intermediateCatchEvent>" FLOW("b5", "b2", "j") FLOW("b6", "b4", "j") "<exclusiveGateway id='j'/>"
          "<userTask id='c'><standardLoopCharacteristics><loopCondition>k = 1</loopCondition></standardLoopCharacteristics></userTask>"
          BOUNDARY("x", "c", "true", "<conditionalEventDefinition><condition>k = 2</condition></conditionalEventDefinition>") FLOW("x1", "x", "j") FLOW("c1", "c", "j")
          FLOW("j1", "j", "p1") "<parallelGateway id='p1'/>" FLOW("a1", "a", "p1") FLOW("p2", "p1", "e") "<endEvent id='e'><terminateEventDefinition/></endEvent>")
    "<process id='q'><startEvent id='qs'/>" FLOW("q1", "qs", "qa") USER("qa") UNDO("qa", "qu") FLOW("q2", "qa", "qe")
    "<endEvent id='qe'><compensateEventDefinition/></endEvent></process>" CLOSE,
};

/* --- chance ---------------------------------------------------------------------------------------- */

static uint64_t seed;

static uint32_t
draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* --- what holds of rows ------------------------------------------------------------------------------ */

static bool
holds_scope(const struct instance *i, const struct token *t)
{
    for (size_t n = 0; n < i->scopes; n++) {
        if (i->scope[n].token == t->id) {
            return true;
        }
    }
    return false;
}

static bool
token_is_whole(const struct instance *i, const struct token *t)
{
    const struct scope *in = instance_scope(i, t->scope);
    bool is_over = i->state != INSTANCE_RUNNING && i->state != INSTANCE_SUSPENDED;

    return in != NULL && !is_over && t->kind != TOKEN_MOVING && (t->host == 0 || instance_token(i, t->host) != NULL) &&
           (t->kind != TOKEN_INNER || holds_scope(i, t)) && (t->kind != TOKEN_EVENTS || !t->listens) &&
           (t->kind != TOKEN_COMPENSABLE || t->listens);
}

/* A scope that runs has something in it that keeps it. */
static bool
scope_is_whole(const struct instance *i, const struct scope *s)
{
    int64_t alive = 0, instances = 0;

    for (size_t n = 0; n < i->tokens; n++) {
        alive += i->token[n].scope == s->id && !i->token[n].listens;
    }
    for (size_t n = 0; n < i->scopes; n++) {
        alive += i->scope[n].parent == s->id && i->scope[n].kind == SCOPE_EVENT_SUB;
        instances += i->scope[n].parent == s->id && i->scope[n].kind == SCOPE_INSTANCE && !i->scope[n].ended;
    }
    bool has_parent = s->parent == 0 || instance_scope(i, s->parent) != NULL;
    bool has_token = s->token == 0 || instance_token(i, s->token) != NULL;
    bool is_counted = s->kind != SCOPE_MULTI || s->ended || instances == s->active;
    return has_parent && has_token && is_counted && (s->ended || s->kind == SCOPE_MULTI || alive > 0);
}

static void
check_rows(const struct trial *t, uint64_t from)
{
    const struct instance *i = &t->i;

    for (size_t n = 0; n < i->tokens; n++) {
        if (!token_is_whole(i, &i->token[n])) {
            fail_msg("seed %llu: token %lld: %.*s", (unsigned long long)from, (long long)i->token[n].id, STR_ARG(trial_stands(t)));
        }
    }
    for (size_t n = 0; n < i->scopes; n++) {
        if (!scope_is_whole(i, &i->scope[n])) {
            fail_msg("seed %llu: scope %lld: %.*s", (unsigned long long)from, (long long)i->scope[n].id, STR_ARG(trial_stands(t)));
        }
    }
}

/* --- commands ------------------------------------------------------------------------------------------ */

static enum command_kind
command_for(enum token_kind kind)
{
    switch ((unsigned)kind) {
    case TOKEN_TASK:
    case TOKEN_JOB:
        return draw(5) > 0 ? COMMAND_COMPLETE : kind == TOKEN_JOB && draw(2) > 0 ? COMMAND_INCIDENT : draw(2) > 0 ? COMMAND_FAIL : COMMAND_MOVE;
    case TOKEN_MESSAGE:
        return COMMAND_MESSAGE;
    case TOKEN_TIMER:
        return COMMAND_TIMER;
    case TOKEN_INCIDENT:
        return COMMAND_RETRY;
    default:
        return draw(3) > 0 ? COMMAND_SIGNAL : draw(4) > 0 ? COMMAND_SET : (enum command_kind)draw(COMMANDS);
    }
}

static struct command
any_command(struct trial *t)
{
    static const char *const codes[] = {"e1", "e2", "", "yes"};
    struct command c = {.kind = draw(2) > 0 ? COMMAND_SIGNAL : COMMAND_SET, .attempt = -1, .element = STR(""), .name = STR("stop"), .key = STR(""),
                        .outcome = str_of(codes[draw(4)]), .reason = STR("r")};
    const struct bpmn *m = t->i.binding[0].model;

    if (t->i.tokens > 0) {
        const struct token *row = &t->i.token[draw((uint32_t)t->i.tokens)];
        c.kind = command_for(row->kind);
        c.token = row->id;
    } else {
        c.kind = t->i.scopes == 0 ? COMMAND_START : COMMAND_REOPEN;
    }
    c.element = c.kind == COMMAND_START ? STR("") : m->element[draw(m->elements)].id;
    c.variables = json_object(t->a);
    json_set_int(t->a, (struct json *)(uintptr_t)c.variables, "k", draw(3));
    return c;
}

/* The same instance as if it had been stored and loaded. */
static struct instance
stored(const struct trial *t, struct arena *a)
{
    struct instance i = t->i;
    struct err err;

    i.arena = a;
    i.scopes = i.tokens = i.scope_room = i.token_room = 0;
    i.scope = NULL;
    i.token = NULL;
    i.index = NULL;
    for (size_t n = t->i.scopes; n > 0; n--) {
        struct scope row = t->i.scope[n - 1];
        row.variables = json_copy(a, row.variables);
        assert_int_equal(instance_load_scope(&i, &row, &err), RC_OK);
    }
    for (size_t n = t->i.tokens; n > 0; n--) {
        assert_int_equal(instance_load_token(&i, &t->i.token[n - 1], &err), RC_OK);
    }
    return i;
}

static struct str
shown(struct arena *a, struct instance *i)
{
    struct str text = STR("");
    struct err err;

    instance_settle(i);
    assert_int_equal(json_canonical(a, instance_json(a, i), &text, &err), RC_OK);
    return text;
}

static bool
one_step(struct trial *t, uint64_t from)
{
    struct arena *a = arena_new(8 << 20);
    struct instance other = stored(t, a);
    struct command c = any_command(t);
    struct outcome out;
    struct err err;
    struct str before = shown(a, &t->i);
    enum rc rc = engine_step(&t->e, &t->i, &c, t->now_us, &t->out, &err), same = engine_step(&t->e, &other, &c, t->now_us, &out, &err);

    if (rc != same || !str_eq(shown(a, &t->i), shown(a, &other)) || (rc != RC_OK && !str_eq(before, shown(a, &t->i)))) {
        fail_msg("seed %llu, %s: %d %d\n%.*s\n%.*s", (unsigned long long)from, command_name(c.kind), rc, same, STR_ARG(shown(a, &t->i)),
                 STR_ARG(shown(a, &other)));
    }
    assert_true(rc == RC_OK || rc == RC_NOT_FOUND || rc == RC_CONFLICT);
    check_rows(t, from);
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
    for (size_t n = 0; n < sizeof(models) / sizeof(models[0]); n++) {
        struct trial t;
        trial_open(&t, models[n]);
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
