/* test_models - for tests: small models that together have all that the engine does, for commands drawn at random. */
#ifndef PROCESS_TEST_MODELS_H
#define PROCESS_TEST_MODELS_H

#include "process/test_bpmn.h"

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
    /* Officers who sign together over a list, sent back, asked for more, a clock; a sequence that stops early. */
    MODEL("<extensionElements><gov:clock id='w' rule='r' kind='promised'/></extensionElements><dataObject id='L1' name='all'/><dataObject id='L2' name='given'/>"
          START FLOW("f1", "s", "b") "<userTask id='b'><extensionElements><gov:on at='leave' clock='w' do='start' basis='x'/></extensionElements></userTask>" FLOW("f2", "b", "a")
          "<userTask id='a'><extensionElements><gov:outcome code='yes' zh='同意' en='Yes'/><gov:outcome code='e1' zh='不' en='No'/><gov:supplement fields='*' within='P15D'/>"
          "<gov:return to='b'/><gov:countersign rule='majority' pass='yes'/></extensionElements><multiInstanceLoopCharacteristics><loopDataInputRef>L1</loopDataInputRef>"
          "<loopDataOutputRef>L2</loopDataOutputRef><inputDataItem name='one'/><outputDataItem name='k'/></multiInstanceLoopCharacteristics></userTask>"
          BOUNDARY("x", "a", "false", "<timerEventDefinition gov:clock='w' gov:when='warn'/>") FLOW("x1", "x", "d") FLOW("f3", "a", "d")
          "<userTask id='d'><multiInstanceLoopCharacteristics isSequential='true'><loopCardinality>k + 1</loopCardinality><completionCondition>k = 2</completionCondition>"
          "</multiInstanceLoopCharacteristics></userTask>" FLOW("f4", "d", "c") "<userTask id='c'><extensionElements><gov:return to='b'/><gov:on at='leave' clock='w' do='stop' basis='x'/>"
          "</extensionElements></userTask>" FLOW("f5", "c", "e") END),
    /* Loops of both kinds, what undoes a sub-process from within, links, a script and a sum that may fail. */
    MODEL(START FLOW("f1", "s", "a") SUB("a", "", "<standardLoopCharacteristics testBefore='true' loopMaximum='3'><loopCondition>k &lt; 2</loopCondition></standardLoopCharacteristics>"
          "<startEvent id='i'/>" FLOW("k1", "i", "b") USER("b") UNDO("b", "ub") FLOW("k2", "b", "o") "<endEvent id='o'/>" SUB("v", "triggeredByEvent='true'",
          "<startEvent id='vs'><compensateEventDefinition/></startEvent>" FLOW("v1", "vs", "vc") "<intermediateThrowEvent id='vc'><compensateEventDefinition/></intermediateThrowEvent>"
          FLOW("v2", "vc", "vu") USER("vu") FLOW("v3", "vu", "ve") "<endEvent id='ve'/>")) FLOW("f2", "a", "g")
          "<exclusiveGateway id='g'/>" WHEN("f3", "g", "t", "k = 1") WHEN("f4", "g", "l", "k = 2")
          "<intermediateThrowEvent id='t'><compensateEventDefinition activityRef='a'/></intermediateThrowEvent>" FLOW("f5", "t", "l")
          "<intermediateThrowEvent id='l'><linkEventDefinition name='on'/></intermediateThrowEvent><intermediateCatchEvent id='n'><linkEventDefinition name='on'/></intermediateCatchEvent>"
          FLOW("f6", "n", "q") "<scriptTask id='q' gov:result='z'><script>k + k</script></scriptTask>" FLOW("f7", "q", "r")
          "<receiveTask id='r' messageRef='M'><multiInstanceLoopCharacteristics><loopCardinality>z</loopCardinality></multiInstanceLoopCharacteristics></receiveTask>"
          FLOW("f8", "r", "w") "<intermediateCatchEvent id='w' parallelMultiple='true'>" SIGNAL "<messageEventDefinition messageRef='M'/></intermediateCatchEvent>" FLOW("f9", "w", "a2")
          "<userTask id='a2' completionQuantity='2'/>" FLOW("g1", "a2", "a3") "<userTask id='a3' startQuantity='2'/>" FLOW("g2", "a3", "e") END),
    /* Inclusive joins one after another with ways back, terminate within, a call that fails, what is thrown to all. */
    OPEN PROCESS(START FLOW("f1", "s", "m") "<exclusiveGateway id='m'/>" FLOW("f0", "m", "g") "<inclusiveGateway id='g' default='f4'/>" WHEN("f2", "g", "a", "k &gt; 0") WHEN("f3", "g", "b", "k &gt; 1")
          FLOW("f4", "g", "c") SUB("a", "", "<startEvent id='i'/>" FLOW("k1", "i", "pg") "<parallelGateway id='pg'/>" FLOW("k2", "pg", "x") FLOW("k3", "pg", "y") USER("x") USER("y")
          FLOW("k4", "x", "o") "<endEvent id='o'><terminateEventDefinition/></endEvent>" FLOW("k5", "y", "o2") "<endEvent id='o2'><errorEventDefinition errorRef='E'/></endEvent>")
          BOUNDARY("ax", "a", "true", "<errorEventDefinition errorRef='E'/>") FLOW("a1", "ax", "h") "<callActivity id='b' calledElement='q'><extensionElements><gov:input name='k' value='=k'/>"
          "<gov:output name='k' value='=k'/></extensionElements></callActivity>" BOUNDARY("bx", "b", "true", "<errorEventDefinition/>") FLOW("b1", "bx", "h") USER("c") FLOW("a2", "a", "h")
          FLOW("b2", "b", "h") FLOW("c2", "c", "h") "<inclusiveGateway id='h' default='f6'/>" WHEN("f5", "h", "m", "k = 1") FLOW("f6", "h", "d") WHEN("f7", "h", "d2", "k = 2") USER("d") USER("d2")
          FLOW("d1", "d", "j") FLOW("d3", "d2", "j") "<inclusiveGateway id='j'/>" FLOW("f8", "j", "e") "<endEvent id='e'>" SIGNAL "<messageEventDefinition messageRef='M'/></endEvent>")
    "<process id='q'><startEvent id='qs'/>" FLOW("q1", "qs", "qg") "<exclusiveGateway id='qg' default='q3'/>" WHEN("q2", "qg", "qa", "k = 1") FLOW("q3", "qg", "qe") "<callActivity id='qa' calledElement='q'>"
    "<extensionElements><gov:input name='k' value='=k - 1'/></extensionElements></callActivity>" FLOW("q4", "qa", "qb") USER("qb") FLOW("q5", "qb", "qe")
    "<endEvent id='qe'><errorEventDefinition errorRef='E'/></endEvent></process>" CLOSE,
    /* It goes round for ever, and makes more of itself each time. */
    MODEL(START FLOW("f1", "s", "m") "<exclusiveGateway id='m'/>" FLOW("f2", "m", "g") "<parallelGateway id='g'/>" FLOW("f3", "g", "m") FLOW("f4", "g", "a") USER("a") FLOW("f5", "a", "x")
          "<exclusiveGateway id='x'/>" WHEN("f6", "x", "e", "k = 0") WHEN("f7", "x", "m", "k = 1") END),
};

enum { CHANCE_MODELS = sizeof(chance_models) / sizeof(chance_models[0]) };

#endif
