/*
 * Moving one case in memory: what each kind of wait becomes, that it goes on by the new model, and every reason for which a case stays where it is.
 *
 * A line of the table: the two models, the plan's own members, how the case comes to where it is, what comes of the move (where it stands then, or "!reason
 * element"), and how it goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/migration.h"
#include "process/test_story.h"

#define USER(id) "<userTask id='" id "'/>"
#define SERVICE(id, type) "<serviceTask id='" id "'><extensionElements><gov:job type='" type "'/></extensionElements></serviceTask>"
#define CATCH(id, what) "<intermediateCatchEvent id='" id "'>" what "</intermediateCatchEvent>"
#define BOUNDARY(id, on, cancels, what) "<boundaryEvent id='" id "' attachedToRef='" on "' cancelActivity='" cancels "'>" what "</boundaryEvent>"
#define SUB(id, inside) "<subProcess id='" id "'><startEvent id='" id "s'/>" inside "<endEvent id='" id "e'/></subProcess>"
#define IN_SUB(id, task) SUB(id, FLOW(id "1", id "s", task) USER(task) FLOW(id "2", task, id "e"))
#define AFTER(time) "<timerEventDefinition><timeDuration>" time "</timeDuration></timerEventDefinition>"
#define ORDER "<messageEventDefinition messageRef='M'/>"
#define STOP "<signalEventDefinition signalRef='S'/>"
#define IF(feel) "<conditionalEventDefinition><condition>" feel "</condition></conditionalEventDefinition>"
#define REPEAT(how) "<multiInstanceLoopCharacteristics " how "</multiInstanceLoopCharacteristics>"
#define THRICE REPEAT("><loopCardinality>3</loopCardinality>")
#define EVENT_SUB(id, cancels, what) "<subProcess id='" id "' triggeredByEvent='true'><startEvent id='" id "s' isInterrupting='" cancels "'>" what "</startEvent>" \
    FLOW(id "1", id "s", id "t") USER(id "t") FLOW(id "2", id "t", id "e") "<endEvent id='" id "e'/></subProcess>"
#define AROUND_B(b) MODEL(START FLOW("f1", "s", "b") b FLOW("f2", "b", "e") END)
#define SPLIT(rest) MODEL(START FLOW("f1", "s", "c") USER("c") FLOW("f2", "c", "g") "<parallelGateway id='g'/>" FLOW("f3", "g", "a") FLOW("f4", "g", "b") USER("a") USER("b") rest \
    FLOW("f5", "a", "j") FLOW("f6", "b", "j") "<parallelGateway id='j'/>" FLOW("f7", "j", "e") END)
#define TIMED_CYCLE "<timerEventDefinition><timeCycle>R5/PT1H</timeCycle></timerEventDefinition>"
#define UNDO(on, by) "<boundaryEvent id='" on "x' attachedToRef='" on "'><compensateEventDefinition/></boundaryEvent><userTask id='" by "' isForCompensation='true'/>" \
    "<association id='" on "y' associationDirection='One' sourceRef='" on "x' targetRef='" by "'/>"
#define TWO_TASKS(first, more) MODEL(START FLOW("f1", "s", "a") first FLOW("f2", "a", "b") USER("b") more FLOW("f3", "b", "e") END)
#define CALLING(called, rest) OPEN PROCESS(START FLOW("f1", "s", "a") "<callActivity id='a' calledElement='" called "'/>" FLOW("f2", "a", "e") END) rest CLOSE
#define CALLED(id, task) "<process id='" id "'><startEvent id='" id "s'/>" FLOW(id "1", id "s", task) USER(task) FLOW(id "2", task, id "e") "<endEvent id='" id "e'/></process>"

static const struct move_case {
    const char *from, *to, *plan, *before, *becomes, *after;
} moves[] = {
    /* Each kind of wait, moved and finished by the new model. */
    {AROUND(USER("a")), MODEL(START FLOW("f1", "s", "b") USER("b") FLOW("f2", "b", "c") USER("c") FLOW("f3", "c", "e") END), "'elements':{'a':'b'}", "start => a", "b",
     "done b => c\n done c => completed"},
    {AROUND(SERVICE("a", "issue")), AROUND_B(SERVICE("b", "issue")), "'elements':{'a':'b'}", "start => a/job", "b/job", "done b => completed"},
    {AROUND("<serviceTask id='a'/>"), AROUND_B("<serviceTask id='b'/>"), "'elements':{'a':'b'}", "start => a/job", "b/job", "done b => completed"},
    {AROUND("<receiveTask id='a' messageRef='M'/>"), AROUND_B("<receiveTask id='b' messageRef='M'/>"), "'elements':{'a':'b'}", "start => a/message", "b/message",
     "message b => completed"},
    {AROUND(CATCH("a", ORDER)), AROUND_B(CATCH("b", ORDER)), "'elements':{'a':'b'}", "start => a/message", "b/message", "message b => completed"},
    {AROUND(CATCH("a", STOP)), AROUND_B(CATCH("b", STOP)), "'elements':{'a':'b'}", "start => a/signal", "b/signal", "signal stop => completed"},
    {AROUND(CATCH("a", AFTER("PT5H"))), AROUND_B(CATCH("b", AFTER("PT9H"))), "'elements':{'a':'b'}", "start => a/timer", "b/timer", "due => completed"},
    {AROUND(CATCH("a", IF("k = 1"))), AROUND_B(CATCH("b", IF("k = 2"))), "'elements':{'a':'b'}", "start => a/condition", "b/condition", "set {\"k\":1} => b/condition\n set {\"k\":2} => completed"},
    {AROUND(CATCH("a", IF("k = 1"))), AROUND(CATCH("a", IF("k = 0"))), "", "start {\"k\":0} => a/condition", "completed", ""},
    {AROUND(IN_SUB("a", "u")), AROUND_B(IN_SUB("b", "v")), "'elements':{'a':'b','u':'v','as':'bs','ae':'be'}", "start => a/inner u", "b/inner v", "done v => completed"},
    {CALLING("q", CALLED("q", "u")), CALLING("q", CALLED("q", "v")), "'elements':{'u':'v'}", "start => a/inner u", "a/inner v", "done v => completed"},
    {AROUND("<userTask id='a'>" THRICE "</userTask>"), AROUND_B("<userTask id='b'>" THRICE "</userTask>"), "'elements':{'a':'b'}", "start => a/inner a a a\n done a => a/inner a a",
     "b/inner b b", "done b => b/inner b\n done b => completed"},
    {MODEL(START FLOW("f1", "s", "g") "<eventBasedGateway id='g'/>" FLOW("f2", "g", "a") FLOW("f3", "g", "b") CATCH("a", ORDER) CATCH("b", AFTER("PT5H")) FLOW("f4", "a", "e")
           FLOW("f5", "b", "e") END),
     MODEL(START FLOW("f1", "s", "h") "<eventBasedGateway id='h'/>" FLOW("f2", "h", "c") FLOW("f6", "h", "d") CATCH("c", ORDER) CATCH("d", STOP) FLOW("f4", "c", "u") USER("u")
           FLOW("f5", "d", "e") FLOW("f7", "u", "e") END),
     "'elements':{'g':'h','a':'c'}", "start => g/events ~a/message ~b/timer", "h/events ~c/message ~d/signal", "message c => u\n done u => completed"},
    {AROUND(USER("a")), AROUND(USER("a") BOUNDARY("x", "a", "true", "<errorEventDefinition errorRef='E'/>") FLOW("x1", "x", "e")), "", "start => a", "a ~x/catcher", "fail a e1 => completed"},
    /* What stands in an incident goes on by the mended model. */
    {MODEL(START FLOW("f1", "s", "g") "<exclusiveGateway id='g'/>" WHEN("f2", "g", "a", "k = 1") WHEN("f3", "g", "e", "k = 2") USER("a") FLOW("f4", "a", "e") END),
     MODEL(START FLOW("f1", "s", "g") "<exclusiveGateway id='g' default='f3'/>" WHEN("f2", "g", "a", "k = 1") FLOW("f3", "g", "b") USER("b") USER("a") FLOW("f4", "a", "e")
           FLOW("f5", "b", "e") END),
     "", "start => g/incident", "g/incident", "retry g => b\n done b => completed"},
    {AROUND("<userTask id='a'>" REPEAT("><loopCardinality>k</loopCardinality>") "</userTask>"), AROUND("<userTask id='a'>" THRICE "</userTask>"), "", "start => a/incident",
     "a/incident", "retry a => a/inner a a a"},
    {AROUND("<serviceTask id='a'/>"), AROUND_B("<serviceTask id='b'/>"), "'elements':{'a':'b'}", "start => a/job\n incident a => a/incident", "b/incident",
     "retry b => b/job\n done b => completed"},
    /* Joins: by the flow that each token came by. */
    {SPLIT(""), MODEL(START FLOW("f1", "s", "c") USER("c") FLOW("f2", "c", "g") "<parallelGateway id='g'/>" FLOW("f3", "g", "a2") FLOW("f4", "g", "b") USER("a2") USER("b") FLOW("x5", "a2", "j")
           FLOW("x6", "b", "j") "<parallelGateway id='j'/>" FLOW("f7", "j", "d") USER("d") FLOW("f8", "d", "e") END),
     "'elements':{'a':'a2'}", "start => c\n done c => a b\n done a => b j/join", "b j/join", "done b => d\n done d => completed"},
    {SPLIT(""), SPLIT(USER("d") FLOW("g1", "g", "d") FLOW("g2", "d", "j")), "", "start => c", "c", "done c => a b d"},
    {SPLIT(""), MODEL(START FLOW("f1", "s", "c") USER("c") FLOW("f2", "c", "a") USER("a") FLOW("f5", "a", "j") "<parallelGateway id='j'/>" FLOW("f7", "j", "d") USER("d")
           FLOW("f8", "d", "e") END),
     "'elements':{'b':null}", "start => c\n done c => a b\n done b => a j/join", "!flow-unmapped j", "done a => completed"},
    {SPLIT(""), MODEL(START FLOW("f1", "s", "c") USER("c") FLOW("f2", "c", "g") "<parallelGateway id='g'/>" FLOW("f3", "g", "a") FLOW("f4", "g", "b") USER("a") USER("b")
           FLOW("f5", "a", "j") FLOW("f6", "b", "e") "<parallelGateway id='j'/>" FLOW("f7", "j", "d") USER("d") FLOW("f8", "d", "e") END),
     "", "start => c\n done c => a b\n done a => b j/join", "b d", "done d => b\n done b => completed"},
    /* What is the same inside a step: listening stays, is dropped, is armed. */
    {AROUND(USER("a") BOUNDARY("x", "a", "false", AFTER("PT5H")) FLOW("x1", "x", "e")), AROUND_B(USER("b") BOUNDARY("y", "b", "false", AFTER("PT5H")) FLOW("x1", "y", "e")),
     "'elements':{'a':'b','x':'y'}", "start => a ~x/timer", "b ~y/timer", "due => b"},
    {AROUND(USER("a") BOUNDARY("x", "a", "false", AFTER("PT5H")) FLOW("x1", "x", "e")), AROUND(USER("a")), "", "start => a ~x/timer", "a", "done a => completed"},
    {AROUND(USER("a") BOUNDARY("x", "a", "false", AFTER("PT5H")) FLOW("x1", "x", "e")), AROUND(USER("a") BOUNDARY("x", "a", "false", ORDER) FLOW("x1", "x", "e")), "",
     "start => a ~x/timer", "a ~x/message", "message x => a ~x/message"},
    {AROUND(USER("a") BOUNDARY("x", "a", "false", AFTER("PT5H")) FLOW("x1", "x", "e")), AROUND(USER("a") BOUNDARY("x", "a", "false", AFTER("PT5H")) FLOW("x1", "x", "e")), "",
     "start => a ~x/timer\n due => a", "a", "done a => completed"},
    {AROUND(USER("a")), MODEL(START FLOW("f1", "s", "a") USER("a") FLOW("f2", "a", "e") END EVENT_SUB("v", "true", STOP)), "", "start => a", "a ~vs/signal", "signal stop => vt"},
    {MODEL(START FLOW("f1", "s", "a") USER("a") FLOW("f2", "a", "e") END EVENT_SUB("v", "true", STOP)),
     MODEL(START FLOW("f1", "s", "a") USER("a") FLOW("f2", "a", "e") END EVENT_SUB("w", "true", STOP) EVENT_SUB("u", "true", ORDER)),
     "'elements':{'v':'w','vs':'ws','vt':'wt','ve':'we'}", "start => ~vs/signal a\n signal stop => vt", "wt", "done wt => completed"},
    /* Compensation: what was completed can be undone by its counterpart. */
    {TWO_TASKS(USER("a"), UNDO("a", "u")), MODEL(START FLOW("f1", "s", "a2") USER("a2") FLOW("f2", "a2", "b") USER("b") UNDO("a2", "u2") FLOW("f3", "b", "t")
           "<intermediateThrowEvent id='t'><compensateEventDefinition/></intermediateThrowEvent>" FLOW("f4", "t", "e") END),
     "'elements':{'a':'a2','u':'u2'}", "start => a\n done a => ~a/compensable b", "~a2/compensable b", "done b => t/compensation u2\n done u2 => completed"},
    /* Variables. */
    {AROUND(USER("a")), AROUND(USER("a")), "'variables':[{'name':'n','feel':'k + 1'},{'name':'k','remove':true},{'name':'own name','feel':'if own name = null then 3 else 4'}]",
     "start {\"k\":1,\"own name\":0} => a | k=1", "a", "set {} => a | n=2 k=nothing"},
    {AROUND(USER("a")), AROUND(USER("a")), "'variables':[{'name':'x','feel':'y'},{'name':'y','feel':'x'}]", "start {\"x\":1,\"y\":2} => a", "a", "set {} => a | x=2 y=1"},
    {AROUND(IN_SUB("a", "u")), AROUND(IN_SUB("a", "u")), "'variables':[{'scope':'a','name':'k','feel':'k * 10'}]", "start {\"k\":1} => a/inner u", "a/inner u",
     "done u => completed | k=1"},
    /* Every reason for which a case stays where it is. */
    {AROUND(USER("a")), AROUND_B(USER("b")), "", "start => a", "!element-unmapped a", "done a => completed"},
    {AROUND(IN_SUB("a", "u")), AROUND_B(IN_SUB("b", "u")), "", "start => a/inner u", "!element-unmapped a, element-unmapped a", ""},
    {AROUND(USER("a")), AROUND_B(IN_SUB("b", "a")), "", "start => a", "!nesting-other a", "done a => completed"},
    {AROUND(CATCH("a", ORDER)), AROUND(CATCH("a", STOP)), "", "start => a/message", "!event-other a", "message a => completed"},
    {OPEN "<message id='N' name='other'/>" PROCESS(START FLOW("f1", "s", "a") CATCH("a", "<messageEventDefinition messageRef='N'/>") FLOW("f2", "a", "e") END) CLOSE,
     AROUND(CATCH("a", ORDER)), "", "start => a/message", "!event-other a", "message a => completed"},
    {OPEN "<message id='N' name='other'/>" PROCESS(START FLOW("f1", "s", "a") "<receiveTask id='a' messageRef='N'/>" FLOW("f2", "a", "e") END) CLOSE,
     AROUND("<receiveTask id='a' messageRef='M'/>"), "", "start => a/message", "!event-other a", "message a => completed"},
    {AROUND(SERVICE("a", "issue")), AROUND(SERVICE("a", "print")), "", "start => a/job", "!job-other a", "done a => completed"},
    {AROUND("<serviceTask id='a'/>"), AROUND_B(SERVICE("b", "print")), "'elements':{'a':'b'}", "start => a/job\n incident a => a/incident", "!job-other a", "retry a => a/job"},
    {SPLIT(""), SPLIT(USER("d") FLOW("g1", "g", "d") FLOW("g2", "d", "j")), "", "start => c\n done c => a b\n done a => b j/join", "!join-starves j", "done b => completed"},
    {AROUND("<userTask id='a'>" THRICE "</userTask>"), AROUND("<userTask id='a'>" REPEAT("><loopCardinality>2</loopCardinality>") "</userTask>"), "", "start => a/inner a a a",
     "!repeated-changed a, repeated-changed a, repeated-changed a, repeated-changed a", "done a => a/inner a a"},
    {AROUND("<userTask id='a'/>"), AROUND("<userTask id='a'>" THRICE "</userTask>"), "", "start => a", "!repeated-changed a", "done a => completed"},
    {AROUND("<subProcess id='a'>" THRICE "<startEvent id='i'/>" FLOW("k1", "i", "u") USER("u") FLOW("k2", "u", "o") "<endEvent id='o'/></subProcess>"),
     AROUND("<subProcess id='a'>" THRICE "<startEvent id='i'/>" FLOW("k1", "i", "u") USER("u") FLOW("k2", "u", "v") USER("v") FLOW("k3", "v", "o") "<endEvent id='o'/></subProcess>"), "",
     "start => a/inner a/inner a/inner a/inner u u u", "!repeated-changed a, repeated-changed a, repeated-changed a, repeated-changed a", ""},
    {CALLING("q", CALLED("q", "u") CALLED("r", "v")), CALLING("r", CALLED("q", "u") CALLED("r", "v")), "", "start => a/inner u", "!call-other a, process-gone -", "done u => completed"},
    {CALLING("q", CALLED("q", "u")), AROUND_B(USER("b")), "", "start => a/inner u", "!element-unmapped a, process-gone -, element-unmapped a, element-unmapped u", "done u => completed"},
    {TWO_TASKS(USER("a"), UNDO("a", "u")), TWO_TASKS(USER("a"), ""), "", "start => a\n done a => ~a/compensable b", "!undo-gone a", "done b => completed"},
    {AROUND("<intermediateCatchEvent id='a' parallelMultiple='true'>" ORDER STOP "</intermediateCatchEvent>"),
     AROUND("<intermediateCatchEvent id='a' parallelMultiple='true'>" ORDER AFTER("PT1H") "</intermediateCatchEvent>"), "", "start => a/events ~a/message ~a/signal",
     "!listener-changed a, listener-changed a", "message a => a/events ~a/signal"},
    {AROUND(USER("a")), AROUND(USER("a")), "'variables':[{'name':'n','feel':'count(for i in 1..100000, j in 1..100000 return i)'}]", "start => a", "!variable-failed -", "done a => completed"},
    {AROUND(USER("a")), AROUND(USER("a")), "", "start => a\n done a => completed", "!instance-over -", ""},
};

/* --- one move ---------------------------------------------------------------------------------------------------- */

static const struct bpmn *
model_of_text(struct trial *t, const char *xml)
{
    struct bpmn_report report;
    const struct bpmn *m = NULL;
    struct err err;

    if (bpmn_read(t->a, str_of(xml), NULL, &m, &report, &err) != RC_OK) {
        fail_msg("%s\n%s", err.text, xml);
    }
    return m;
}

/* ' for ". */
static struct json *
plan_json(struct arena *a, const char *members)
{
    struct str text = str_fmt(a, "{'source':{'key':'p','version':1},'target':2,'basis':'law 3'%s%s}", members[0] != '\0' ? "," : "", members);
    struct json *j;
    struct err err;

    for (size_t i = 0; i < text.len; i++) {
        ((char *)(uintptr_t)text.ptr)[i] = text.ptr[i] == '\'' ? '"' : text.ptr[i];
    }
    if (json_parse(a, text, JSON_UNIQUE, &j, &err) != RC_OK) {
        fail_msg("%s: %s", members, err.text);
    }
    return j;
}

static enum rc
make(struct trial *t, const char *to, const char *members, const struct migration **out, struct err *err)
{
    struct migration_plan *plan = arena_alloc(t->a, 1, sizeof(*plan));
    struct binding *bound = arena_alloc(t->a, 1, sizeof(*bound));
    enum rc rc = migration_plan_read(t->a, plan_json(t->a, members), plan, err);

    *bound = (struct binding){.key = STR("p"), .version = 2, .model = model_of_text(t, to)};
    bound->process = bpmn_find_process(bound->model, STR("p"));
    return rc != RC_OK ? rc : migration_make(t->a, plan, t->i.binding[0].model, bound, 1, NULL, out, err);
}

static struct str
refusals_text(struct trial *t, const struct migration_result *r)
{
    struct str text = STR("!"), element;

    for (size_t n = 0; n < r->refusals; n++) {
        element = r->refusal[n].element;
        text = str_fmt(t->a, "%.*s%s%s %.*s", STR_ARG(text), n > 0 ? ", " : "", migration_reason_name(r->refusal[n].reason),
                       STR_ARG(element.len > 0 ? element : STR("-")));
    }
    return text;
}

static struct str
shown(struct trial *t)
{
    struct str text = STR("");
    struct err err;

    assert_int_equal(json_canonical(t->a, instance_json(t->a, &t->i), &text, &err), RC_OK);
    return text;
}

static struct migration_result
move_it(struct trial *t, const struct migration *m)
{
    const struct migration_case c = {.i = &t->i, .bound = 1};
    struct migration_result r;
    struct str before = shown(t);
    struct err err;

    if (migration_apply(&t->e, m, &c, t->now_us, &r, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    if (r.refusals > 0) { /* then nothing was changed */
        assert_true(str_eq(before, shown(t)));
    }
    instance_settle(&t->i);
    return r;
}

static void
a_case_goes_on_by_the_new_model_or_stays_whole_in_the_old_one(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof(moves) / sizeof(moves[0]); n++) {
        const struct move_case *c = &moves[n];
        const struct migration *m;
        struct trial t;
        struct err err;
        trial_open(&t, c->from);
        trial_tell(&t, c->before);
        if (make(&t, c->to, c->plan, &m, &err) != RC_OK) {
            fail_msg("%zu: %s", n, err.text);
        }
        struct migration_result r = move_it(&t, m);
        struct str became = r.refusals > 0 ? refusals_text(&t, &r) : trial_stands(&t);
        if (!str_eq(became, str_of(c->becomes))) {
            fail_msg("%zu: %s\n%s\nbecame %.*s, not %s", n, c->from, c->to, STR_ARG(became), c->becomes);
        }
        trial_tell(&t, c->after);
        trial_close(&t);
    }
}

/* --- what stays ---------------------------------------------------------------------------------------------------- */

static void
what_is_the_same_is_due_when_it_was_and_what_is_not_is_armed_from_now(void **state)
{
    static const char *const from = AROUND(USER("a") BOUNDARY("x", "a", "false", TIMED_CYCLE) FLOW("x1", "x", "e") BOUNDARY("y", "a", "false", AFTER("PT8H")) FLOW("y1", "y", "e"));
    static const char *const to = AROUND(USER("a") BOUNDARY("x", "a", "false", TIMED_CYCLE) FLOW("x1", "x", "e") BOUNDARY("y", "a", "false", AFTER("PT9H")) FLOW("y1", "y", "e"));
    const struct migration *m;
    struct trial t;
    struct err err;

    (void)state;
    trial_open(&t, from);
    trial_tell(&t, "start => a ~x/timer ~y/timer\n due => a ~x/timer ~y/timer\n wait PT30M");
    const struct token was = *instance_token(&t.i, trial_next_timer(&t)->id);
    assert_int_equal(make(&t, to, "", &m, &err), RC_OK);
    (void)move_it(&t, m);
    const struct token *is = instance_token(&t.i, was.id);
    assert_true(is != NULL && is->due_us == was.due_us && is->turns == was.turns && is->attempt == was.attempt && is->anchor_us == was.anchor_us);
    const struct token *other = &t.i.token[t.i.tokens - 1];
    assert_true(other->kind == TOKEN_TIMER && other->due_us == t.now_us + INT64_C(9) * 3600 * 1000000);
    trial_close(&t);
}

static void
a_supplement_that_was_asked_is_not_asked_again_under_another_name(void **state)
{
    static const char *const from = AROUND("<userTask id='a'><extensionElements><gov:supplement fields='*' within='P5D'/></extensionElements></userTask>");
    static const char *const to = AROUND_B("<userTask id='b'><extensionElements><gov:supplement fields='*' within='P5D'/></extensionElements></userTask>");
    const struct migration *m;
    struct trial t;
    struct err err;

    (void)state;
    trial_open(&t, from);
    trial_tell(&t, "start => a\n supplement a => a\n supply a => a");
    assert_int_equal(make(&t, to, "'elements':{'a':'b'}", &m, &err), RC_OK);
    assert_int_equal(move_it(&t, m).refusals, 0);
    trial_tell(&t, "supplement b => !only-once");
    trial_close(&t);
}

static void
a_suspended_case_is_moved_and_stays_suspended(void **state)
{
    const struct migration *m;
    struct trial t;
    struct err err;

    (void)state;
    trial_open(&t, AROUND(USER("a")));
    trial_tell(&t, "start => a\n suspend => suspended a");
    assert_int_equal(make(&t, AROUND_B(USER("b")), "'elements':{'a':'b'}", &m, &err), RC_OK);
    assert_int_equal(move_it(&t, m).refusals, 0);
    trial_tell(&t, "resume => b\n done b => completed");
    trial_close(&t);
}

static void
a_case_whose_work_is_in_somebodys_hands_waits_for_it(void **state)
{
    const struct migration *m;
    struct migration_result r;
    struct trial t;
    struct err err;
    int64_t leased;

    (void)state;
    trial_open(&t, AROUND(SERVICE("a", "issue")));
    trial_tell(&t, "start => a/job");
    leased = t.i.token[0].id;
    assert_int_equal(make(&t, AROUND(SERVICE("a", "issue")), "", &m, &err), RC_OK);
    const struct migration_case c = {.i = &t.i, .bound = 1, .leased = &leased, .leases = 1};
    assert_int_equal(migration_apply(&t.e, m, &c, t.now_us, &r, &err), RC_OK);
    assert_true(str_eq(refusals_text(&t, &r), STR("!job-leased a")));
    trial_close(&t);
}

static void
a_case_of_another_version_is_not_moved(void **state)
{
    const struct migration *m;
    struct trial t;
    struct err err;

    (void)state;
    trial_open(&t, AROUND(USER("a")));
    trial_tell(&t, "start => a");
    assert_int_equal(make(&t, AROUND(USER("a")), "", &m, &err), RC_OK);
    assert_int_equal(move_it(&t, m).refusals, 0);
    struct migration_result r = move_it(&t, m); /* it is of the target now */
    assert_true(str_eq(refusals_text(&t, &r), STR("!other-source -")));
    trial_close(&t);
}

static void
history_says_where_each_token_stood(void **state)
{
    const struct migration *m;
    struct trial t;
    struct err err;

    (void)state;
    trial_open(&t, AROUND(USER("a")));
    trial_tell(&t, "start => a");
    assert_int_equal(make(&t, AROUND_B(USER("b")), "'elements':{'a':'b'}", &m, &err), RC_OK);
    struct migration_result r = move_it(&t, m);
    assert_int_equal(r.outcome.moves, 1);
    assert_true(r.outcome.move[0].kind == MOVE_MIGRATED && str_eq(r.outcome.move[0].detail, STR("a")));
    struct command c;
    assert_int_equal(migration_command(t.a, m, NULL, false, &c, &err), RC_OK);
    assert_true(c.kind == COMMAND_MIGRATE && c.name.len == 64 && str_eq(c.reason, STR("law 3")));
    struct str text;
    assert_int_equal(json_print(t.a, c.variables, &text, &err), RC_OK);
    assert_true(str_eq(text, STR("{\"clocks\":[],\"elements\":[[\"a\",\"b\"]]}")));
    assert_int_equal(engine_step(&t.e, &t.i, &c, t.now_us, &t.out, &err), RC_CONFLICT); /* never without a plan */
    trial_close(&t);
}

/* --- plans --------------------------------------------------------------------------------------------------------- */

#define C "<gov:clock id='c' rule='r' kind='promised'/>"
#define ONS(ons) "<extensionElements>" ons "</extensionElements>"
#define ON(at, what) "<gov:on at='" at "' clock='c' do='" what "'/>"
#define RUNS_AT_B ON("enter", "start") ON("leave", "stop")
#define TIMED(clock, ons) MODEL(ONS(clock) START FLOW("f1", "s", "a") USER("a") FLOW("f2", "a", "b") "<userTask id='b'>" ONS(ons) "</userTask>" FLOW("f3", "b", "d") USER("d") FLOW("f4", "d", "e") END)
/* A sub-process with a clock of its own. */
#define TIMED_SUB(clock, ons) AROUND("<subProcess id='a'>" ONS(clock) "<startEvent id='as'/>" FLOW("a1", "as", "u") "<userTask id='u'>" ONS(ons) "</userTask>" FLOW("a2", "u", "v") \
    USER("v") FLOW("a3", "v", "ae") "<endEvent id='ae'/></subProcess>")
#define CLOCKED(clock) MODEL("<extensionElements>" clock "</extensionElements>" START FLOW("f1", "s", "a") USER("a") FLOW("f2", "a", "e") END)

static void
a_plan_that_does_not_fit_the_models_is_refused_before_any_case_is_looked_at(void **state)
{
    static const struct {
        const char *from, *to, *plan, *type;
    } cases[] = {
        {AROUND(USER("a")), AROUND_B(USER("b")), "'elements':{'z':'b'}", "plan-element"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'elements':{'a':'z'}", "plan-element"},
        {AROUND(USER("a")), AROUND_B("<serviceTask id='b'/>"), "'elements':{'a':'b'}", "plan-kind"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'flows':{'f1':'f2'}", "plan-flow"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'flows':{'f9':'f2'}", "plan-flow"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'variables':[{'name':'x','feel':'1','scope':'z'}]", "plan-scope"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'variables':[{'name':'x','feel':'1 +'}]", "plan-feel"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'variables':[{'name':'x'}]", "plan-wrong"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'variables':[{'name':'x','feel':'1','remove':true}]", "plan-wrong"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'variables':[{'feel':'1'}]", "plan-wrong"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'elements':['a']", "plan-wrong"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'elements':{'a':''}", "plan-wrong"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'clocks':'later'", "plan-wrong"},
        {AROUND(USER("a")), AROUND_B(USER("b")), "'else':1", "plan-wrong"},
        {AROUND(USER("a")), AROUND(USER("a")), "'starts':['c']", "plan-wrong"},
        {AROUND(USER("a")), AROUND(USER("a")), "'starts':{'c':'later'}", "plan-wrong"},
        {AROUND(USER("a")), AROUND(USER("a")), "'starts':{'c':{'entered':''}}", "plan-wrong"},
        {AROUND(USER("a")), AROUND(USER("a")), "'starts':{'c':{'entered':'a','left':'a'}}", "plan-wrong"},
        {AROUND(USER("a")), AROUND(USER("a")), "'starts':{'c':'move'}", "plan-start"}, /* there is no such clock */
        {CLOCKED(C), CLOCKED(C), "'starts':{'c':'move'}", "plan-start"},               /* both have it */
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "", "plan-start"},                        /* it is forgotten */
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "'starts':{'c':{'left':'z'}}", "plan-element"},
        {CLOCKED("<gov:clock id='c' rule='r' kind='promised'/>"), AROUND(USER("a")), "", "plan-clock"},
        {CLOCKED("<gov:clock id='c' rule='r' kind='promised'/>"), CLOCKED("<gov:clock id='c' rule='q' kind='promised'/>"), "'clocks':'keep'", "plan-clock"},
    };

    (void)state;
    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        const struct migration *m;
        struct trial t;
        struct err err = {.type = ""};
        trial_open(&t, cases[n].from);
        enum rc rc = make(&t, cases[n].to, cases[n].plan, &m, &err);
        if (rc != RC_INVALID || !str_eq(str_of(err.type), str_of(cases[n].type))) {
            fail_msg("%s: %s, not %s", cases[n].plan, rc == RC_OK ? "made" : err.type, cases[n].type);
        }
        trial_close(&t);
    }
}

/* Which clocks are started for a case, and from when: its scope and how many minutes before the move. */
static void
a_clock_that_only_the_new_version_has_is_started_where_it_would_run_by_now(void **state)
{
    static const struct {
        const char *from, *to, *starts, *before, *expected;
    } cases[] = {
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "'move'", "start => a", ""},
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "'move'", "start => a\n done a => b", "c@1 0"},
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "'move'", "start => a\n done a => b\n done b => d", ""},
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "'begin'", "start => a\n done a => b\n wait PT1H", "c@1 60"},
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "null", "start => a\n done a => b", ""},
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "{'entered':'b'}", "start => a\n done a => b", "c@1 7"},
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "{'left':'b'}", "start => a\n done a => b", "c@1 9"},
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "{'entered':'d'}", "start => a\n done a => b", "!start-unknown -"},
        {TIMED("", ""), TIMED(C, RUNS_AT_B), "{'entered':'d'}", "start => a", ""}, /* nobody asks where it does not run */
        {TIMED("", ""), TIMED(C, ON("supplement", "start") ON("leave", "stop") "<gov:supplement fields='*' within='P5D'/>"), "'move'", "start => a\n done a => b", "c@1 0"}, /* it may run */
        {TIMED_SUB("", ""), TIMED_SUB(C, RUNS_AT_B), "'move'", "start => a/inner u", "c@3 0"},
        {TIMED_SUB("", ""), TIMED_SUB(C, RUNS_AT_B), "'move'", "start => a/inner u\n done u => a/inner v", ""},
    };

    (void)state;
    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        const struct migration *m;
        struct migration_result r;
        struct trial t;
        struct err err;
        trial_open(&t, cases[n].from);
        trial_tell(&t, cases[n].before);
        struct migration_moment moment = {.element = STR("b"), .at_us = {[GOV_ENTER] = t.now_us - INT64_C(7) * 60 * 1000000,
                                                                         [GOV_LEAVE] = t.now_us - INT64_C(9) * 60 * 1000000},
                                          .order = {[GOV_ENTER] = 2, [GOV_LEAVE] = 1}};
        bool has_past = cases[n].starts[0] == '{', was_there = has_past && str_has(str_of(cases[n].before), STR("=> b"));
        const struct migration_case c = {.i = &t.i, .bound = 1, .moment = has_past ? &moment : NULL, .moments = was_there};
        if (make(&t, cases[n].to, str_c(t.a, str_fmt(t.a, "'starts':{'c':%s}", cases[n].starts)), &m, &err) != RC_OK ||
            migration_apply(&t.e, m, &c, t.now_us, &r, &err) != RC_OK) {
            fail_msg("%zu: %s", n, err.text);
        }
        struct str text = r.refusals > 0 ? refusals_text(&t, &r) : STR("");
        for (size_t k = 0; r.refusals == 0 && k < r.starts; k++) {
            text = str_fmt(t.a, "%.*s%.*s@%lld %lld", STR_ARG(text), STR_ARG(r.start[k].clock), (long long)r.start[k].scope,
                           (long long)((t.now_us - r.start[k].at_us) / 60000000));
        }
        if (!str_eq(text, str_of(cases[n].expected))) {
            fail_msg("%zu: %.*s, not %s", n, STR_ARG(text), cases[n].expected);
        }
        assert_true(migration_looks_back(m) == !str_eq(str_of(cases[n].starts), STR("null")));
        trial_close(&t);
    }
}

static void
the_command_of_a_move_says_what_starts_and_that_of_the_way_back_stops_it(void **state)
{
    const struct migration *m;
    struct command c;
    struct trial t;
    struct str text;
    struct err err;

    (void)state;
    trial_open(&t, TIMED("", ""));
    trial_tell(&t, "start => a\n done a => b");
    assert_int_equal(make(&t, TIMED(C, RUNS_AT_B), "'starts':{'c':'move'}", &m, &err), RC_OK);
    struct migration_result r = move_it(&t, m);
    assert_int_equal(migration_command(t.a, m, &r, false, &c, &err), RC_OK);
    assert_int_equal(json_print(t.a, c.variables, &text, &err), RC_OK);
    assert_true(str_eq(text, str_fmt(t.a, "{\"clocks\":[],\"elements\":[],\"starts\":[{\"clock\":\"c\",\"scope\":1,\"at_us\":%lld}]}", (long long)t.now_us)));
    assert_int_equal(migration_command(t.a, m, NULL, true, &c, &err), RC_OK);
    assert_int_equal(json_print(t.a, c.variables, &text, &err), RC_OK);
    assert_true(str_eq(text, STR("{\"clocks\":[\"c\"],\"elements\":[]}")));
    trial_close(&t);
}

static void
a_plan_says_its_versions_and_its_basis(void **state)
{
    static const char *const texts[] = {
        "[]", "{}", "{\"source\":{\"key\":\"p\",\"version\":1},\"target\":2}", "{\"source\":{\"key\":\"p\",\"version\":1},\"target\":1,\"basis\":\"x\"}",
        "{\"source\":{\"key\":\"p\",\"version\":0},\"target\":1,\"basis\":\"x\"}", "{\"source\":{\"version\":1},\"target\":2,\"basis\":\"x\"}",
        "{\"source\":{\"key\":\"p\",\"version\":1,\"more\":1},\"target\":2,\"basis\":\"x\"}", "{\"source\":\"p\",\"target\":2,\"basis\":\"x\"}",
    };
    struct arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
        struct migration_plan plan;
        struct json *j;
        struct err err;
        assert_int_equal(json_parse(a, str_of(texts[n]), JSON_ANY, &j, &err), RC_OK);
        assert_int_equal(migration_plan_read(a, j, &plan, &err), RC_INVALID);
        assert_true(str_eq(str_of(err.type), STR("plan-wrong")));
    }
    arena_free(a);
}

static void
what_stops_and_what_is_not_started_is_said_before(void **state)
{
    const struct migration *m;
    struct trial t;
    struct str text;
    struct err err;

    (void)state;
    trial_open(&t, CLOCKED("<gov:clock id='c' rule='r' kind='promised'/>"));
    assert_int_equal(make(&t, CLOCKED("<gov:clock id='d' rule='r' kind='promised'/>"), "'clocks':'stop','elements':{'a':null}", &m, &err), RC_OK);
    assert_int_equal(json_print(t.a, migration_json(t.a, m), &text, &err), RC_OK);
    assert_true(str_has(text, STR("\"clocks\":{\"stopped\":[\"c\"],\"started\":[],\"not_started\":[\"d\"]}")));
    assert_true(str_has(text, STR("\"gone\":[{\"id\":\"a\",\"kind\":\"userTask\"}]")));
    assert_true(str_has(text, STR("\"new\":[{\"id\":\"a\",\"kind\":\"userTask\"}]")));
    assert_true(str_has(text, STR("{\"from\":\"s\",\"to\":\"s\",\"kind\":\"startEvent\",\"how\":\"same\"}")));
    struct command c;
    assert_int_equal(migration_command(t.a, m, NULL, false, &c, &err), RC_OK);
    assert_int_equal(json_print(t.a, c.variables, &text, &err), RC_OK);
    assert_true(str_eq(text, STR("{\"clocks\":[\"c\"],\"elements\":[]}")));
    trial_close(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_goes_on_by_the_new_model_or_stays_whole_in_the_old_one),
        cmocka_unit_test(what_is_the_same_is_due_when_it_was_and_what_is_not_is_armed_from_now),
        cmocka_unit_test(a_supplement_that_was_asked_is_not_asked_again_under_another_name),
        cmocka_unit_test(a_suspended_case_is_moved_and_stays_suspended),
        cmocka_unit_test(a_case_whose_work_is_in_somebodys_hands_waits_for_it),
        cmocka_unit_test(a_case_of_another_version_is_not_moved),
        cmocka_unit_test(history_says_where_each_token_stood),
        cmocka_unit_test(a_plan_that_does_not_fit_the_models_is_refused_before_any_case_is_looked_at),
        cmocka_unit_test(a_plan_says_its_versions_and_its_basis),
        cmocka_unit_test(what_stops_and_what_is_not_started_is_said_before),
        cmocka_unit_test(a_clock_that_only_the_new_version_has_is_started_where_it_would_run_by_now),
        cmocka_unit_test(the_command_of_a_move_says_what_starts_and_that_of_the_way_back_stops_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
