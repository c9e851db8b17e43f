/* test_chance - for tests: models with something of everything, and commands drawn at random from what the tokens take, and now and then from what they do not. */
#ifndef PROCESS_TEST_CHANCE_H
#define PROCESS_TEST_CHANCE_H

#include "process/test_story.h"

#define USER(id) "<userTask id='" id "'/>"
#define SUB(id, more, inside) "<subProcess id='" id "' " more ">" inside "</subProcess>"
#define SIGNAL "<signalEventDefinition signalRef='S'/>"
#define UNDO(on, by) \
    "<boundaryEvent id='" on "x' attachedToRef='" on "'><compensateEventDefinition/></boundaryEvent><userTask id='" by "' isForCompensation='true'/>" \
    "<association id='" on "y' associationDirection='One' sourceRef='" on "x' targetRef='" by "'/>"
#define BOUNDARY(id, on, cancels, what) "<boundaryEvent id='" id "' attachedToRef='" on "' cancelActivity='" cancels "'>" what "</boundaryEvent>"

static const char *const chance_models[] = {
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

enum { CHANCE_MODELS = sizeof(chance_models) / sizeof(chance_models[0]) };

/* --- chance ---------------------------------------------------------------------------------------- */

static uint64_t seed;

static inline uint32_t
draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* --- commands ------------------------------------------------------------------------------------------ */

static inline enum command_kind
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

static inline struct command
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

#endif
