/*
 * bpmn_rule - what can be wrong with a process model: the rules of BPMN 2.0.2 that a reader holds, and what would let a case stop.
 *
 * ERROR: the model is refused.  UNSOUND: it can be read, but a case would stand still or never come to an end; who publishes
 * refuses.  WARNING: probably not what was meant.  {0} is a word of the model.
 */
#ifndef PROCESS_BPMN_RULE_H
#define PROCESS_BPMN_RULE_H

#define BPMN_RULE_TABLE(X)                                                                                                              \
    X(XML, ERROR, "xml", "{0}", "{0}")                                                                                                  \
    X(LIMIT, ERROR, "limit", "{0}", "{0}")                                                                                              \
    X(NO_BPMN, ERROR, "not-bpmn", "this is not a process model (BPMN 2.0)", "这不是流程模型（BPMN 2.0）")                               \
    X(NO_PROCESS, ERROR, "no-process", "there is no process in it", "其中没有流程")                                                     \
    X(UNSUPPORTED, ERROR, "unsupported", "{0} is not supported", "不支持 {0}")                                                          \
    X(NO_ID, ERROR, "no-id", "it has no id", "它没有 id")                                                                               \
    X(TWICE, ERROR, "id-twice", "two elements have the id {0}", "有两个元素的 id 都是 {0}")                                             \
    X(REFERENCE, ERROR, "reference", "there is no {0} of the kind that is asked for here", "没有此处要求的 {0}")                        \
    X(REFERENCE_MISSING, ERROR, "reference-missing", "{0} is missing", "缺少 {0}")                                                      \
    X(VALUE, ERROR, "value", "{0} cannot stand here", "此处不能写 {0}")                                                                 \
    X(LANGUAGE, ERROR, "language", "the expression is written in {0}, not in FEEL", "表达式用的是 {0}，不是 FEEL")                      \
    X(FEEL, ERROR, "feel", "FEEL: {0}", "FEEL：{0}")                                                                                    \
    X(NO_EXPRESSION, ERROR, "no-expression", "an expression is missing", "缺少表达式")                                                  \
    X(TIMER, ERROR, "timer", "{0} is no date and time, duration or cycle as ISO 8601 writes it", "{0} 不是 ISO 8601 的日期时间、时长或周期") \
    X(TIMER_ONE, ERROR, "timer-one", "a timer needs one of timeDate, timeDuration, timeCycle, or a clock of the case", "定时器要有且只有 timeDate、timeDuration、timeCycle 或办件时钟之一") \
    X(EMPTY, ERROR, "empty", "there is nothing in it", "其中没有任何内容")                                                              \
    X(LISTED, ERROR, "flow-listed", "it lists the flow {0}, which does not touch it there", "它列出了流 {0}，但该流并不在此相连")       \
    X(CROSSING, ERROR, "flow-crosses", "a sequence flow does not leave its process or sub-process", "顺序流不能越出所在的流程或子流程") \
    X(START_INCOMING, ERROR, "start-incoming", "nothing leads into a start event", "开始事件不能有流入")                                \
    X(END_OUTGOING, ERROR, "end-outgoing", "nothing leads out of an end event", "结束事件不能有流出")                                   \
    X(BOUNDARY_INCOMING, ERROR, "boundary-incoming", "nothing leads into a boundary event", "边界事件不能有流入")                       \
    X(NO_INCOMING, ERROR, "no-incoming", "nothing leads here, though there is a start event", "有开始事件，但没有流通到这里")           \
    X(NO_OUTGOING, ERROR, "no-outgoing", "nothing leads on from here, though there is an end event", "有结束事件，但这里没有后续")      \
    X(START_AND_END, ERROR, "start-and-end", "a start event and an end event need one another", "开始事件和结束事件要么都有，要么都没有") \
    X(TRIGGER, ERROR, "trigger", "{0} cannot stand at this event", "此事件不能是 {0}")                                                  \
    X(NO_TRIGGER, ERROR, "no-trigger", "this event needs a trigger", "此事件需要触发条件")                                              \
    X(NESTED_START, ERROR, "sub-process-start", "an embedded sub-process starts without a trigger", "嵌入子流程的开始事件不能有触发条件") \
    X(EVENT_START, ERROR, "event-sub-process-start", "an event sub-process has exactly one start event", "事件子流程有且只有一个开始事件") \
    X(EVENT_FLOW, ERROR, "event-sub-process-flow", "no sequence flow touches an event sub-process", "事件子流程不能有顺序流相连")       \
    X(INTERRUPTING, ERROR, "must-interrupt", "{0} always interrupts", "{0} 必须是中断的")                                               \
    X(ATTACHED, ERROR, "attached", "a boundary event stands on an activity beside it", "边界事件要附在同一层的活动上")                  \
    X(HANDLER, ERROR, "compensation-handler", "compensation leads by an association to one activity that is for compensation", "补偿要用关联指向一个补偿活动") \
    X(HANDLER_FLOW, ERROR, "compensation-flow", "no sequence flow touches what is for compensation", "补偿用的活动和事件不能有顺序流相连") \
    X(DIRECTION, ERROR, "gateway-direction", "the gateway is not {0}", "网关的方向不是 {0}")                                            \
    X(EVENT_GATEWAY, ERROR, "event-gateway-two", "an event gateway has two ways on or more, without conditions", "事件网关要有两条以上不带条件的出路") \
    X(EVENT_TARGET, ERROR, "event-gateway-target", "an event gateway leads to catching events or receive tasks that nothing else leads to", "事件网关只能通到捕获事件或接收任务，且没有别的流通到它们") \
    X(EVENT_MIXED, ERROR, "event-gateway-mixed", "message events and receive tasks do not stand after one event gateway", "同一事件网关之后不能既有消息事件又有接收任务") \
    X(DEFAULT, ERROR, "default-flow", "the default flow {0} does not begin here", "默认流 {0} 不从这里开始")                            \
    X(CONDITION_SOURCE, ERROR, "condition-source", "a flow with a condition begins at an activity, an exclusive or an inclusive gateway", "带条件的流要从活动、排他网关或包容网关开始") \
    X(LINK, ERROR, "link", "link {0} has one target beside it", "链接 {0} 在同一层要有且只有一个目标")                                  \
    X(LINK_FLOW, ERROR, "link-flow", "nothing leads on from a link, and nothing into its target", "链接之后、链接目标之前不能有顺序流") \
    X(CODE, ERROR, "code", "what is thrown has a code: {0}", "抛出的 {0} 要有代码")                                                     \
    X(MULTI, ERROR, "multi-instance", "a multi-instance needs one of loopCardinality and loopDataInputRef", "多实例要有 loopCardinality 或 loopDataInputRef 之一") \
    X(LOOP, ERROR, "loop", "a loop needs a condition or a maximum", "循环要有条件或最大次数")                                           \
    X(LANES, ERROR, "lanes", "{0} stands in two lanes", "{0} 在两个泳道里")                                                             \
    X(MESSAGE_FLOW, ERROR, "message-flow", "a message flow leads from one pool to another", "消息流要从一个池通到另一个池")             \
    X(GOV_UNKNOWN, ERROR, "gov-unknown", "gov: has no {0} here", "gov: 在此处没有 {0}")                                                 \
    X(GOV_VALUE, ERROR, "gov-value", "{0} cannot be {1}", "{0} 不能是 {1}")                                                             \
    X(GOV_TWICE, ERROR, "gov-twice", "{0} stands here twice", "此处有两个 {0}")                                                         \
    X(GOV_CLOCK, ERROR, "gov-clock", "no clock {0} is declared in this process", "本流程没有声明时钟 {0}")                              \
    X(GOV_COUNTERSIGN, ERROR, "gov-countersign", "signing together needs a user task with parallel instances", "会签要用并行多实例的用户任务") \
    X(RETURN_TARGET, ERROR, "return-target", "this task cannot be sent back to {0}", "此任务不能退回到 {0}")                               \
    X(CLOCK_NEVER_RUNS, UNSOUND, "clock-never-runs", "clock {0} never runs when a case is here", "办件到这里时，时钟 {0} 不会在走")     \
    X(CLOCK_NEVER_STOPS, UNSOUND, "clock-never-stops", "on some way to here nothing stops clock {0}", "有的路径到这里，时钟 {0} 一直没有停") \
    X(OUTCOME_UNHANDLED, UNSOUND, "outcome-unhandled", "nothing after it handles the outcome {0}", "其后没有处理结果 {0}")              \
    X(OUTCOME_POWER, UNSOUND, "outcome-power", "the outcome {0} decides, and no power is named", "结果 {0} 作出决定，却没有写明职权")  \
    X(NO_ASSIGNMENT, UNSOUND, "no-assignment", "it does not say who may do it (gov:assignment)", "没有写明由谁办理（gov:assignment）")  \
    X(NO_JOB, UNSOUND, "no-job", "it does not say what work it is (gov:job)", "没有写明是什么工作（gov:job）")                          \
    X(NO_RULE, UNSOUND, "no-rule", "it does not say which rule is asked (gov:rule)", "没有写明依据哪条规则（gov:rule）")                \
    X(DEAD, UNSOUND, "dead", "no case ever comes here", "任何办件都到不了这里")                                                         \
    X(NO_WAY_OUT, UNSOUND, "no-way-out", "from here no case ever comes to an end", "从这里开始，办件永远不会结束")                      \
    X(DEADLOCK, UNSOUND, "deadlock", "this join never gets a token on {0} and {1} together", "此汇合处永远等不到 {0} 和 {1} 同时到达")  \
    X(MANY_TOKENS, WARNING, "many-tokens", "this runs once for each token: {0} and {1} may come at the same time", "{0} 和 {1} 可能同时到达，这里会按令牌各执行一次") \
    X(NO_DEFAULT, WARNING, "no-default", "there is no default flow, and perhaps no condition holds", "没有默认流，可能没有条件成立")    \
    X(NO_CONDITION, WARNING, "no-condition", "flow {0} has no condition: nothing after it is ever chosen", "流 {0} 没有条件，其后的流永远不会被选") \
    X(CONDITION_IGNORED, WARNING, "condition-ignored", "the condition is not asked here", "此处的条件不起作用")                         \
    X(BEGINS_NEVER, WARNING, "begins-never", "before there is a case nothing can be calculated: by this event none begins", "办件还没有时什么也算不出：此事件不会启动办件") \
    X(UNHANDLED, WARNING, "unhandled", "nothing around it catches {0}", "外层没有捕获 {0}")                                             \
    X(NOT_EXECUTABLE, WARNING, "not-executable", "no process is marked executable", "没有标为可执行的流程")                             \
    X(TOO_LARGE, WARNING, "too-large", "too large to be looked through for deadlocks", "太大，没有查死锁")

enum bpmn_severity { BPMN_ERROR, BPMN_UNSOUND, BPMN_WARNING };
enum bpmn_rule {
#define X(name, severity, word, en, zh) BPMN_RULE_##name,
    BPMN_RULE_TABLE(X)
#undef X
    BPMN_RULES /* how many */
};

#endif
