/* Models of our own: every boxed expression, every hit policy, every fault with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/dmn.h"

#define HEAD "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:m' name='m'>\n"
#define TAIL "</definitions>"
#define LITERAL(text) "<literalExpression><text>" text "</text></literalExpression>"
#define INPUT(name, type) "<inputData id='" name "' name='" name "'><variable name='" name "' typeRef='" type "'/></inputData>\n"
#define NEEDS(name) "<informationRequirement><requiredInput href='#" name "'/></informationRequirement>"
#define NEEDS_DECISION(name) "<informationRequirement><requiredDecision href='#" name "'/></informationRequirement>"
#define NEEDS_KNOWLEDGE(name) "<knowledgeRequirement><requiredKnowledge href='#" name "'/></knowledgeRequirement>"
#define DECISION(name, inside) "<decision id='" name "' name='" name "'>" inside "</decision>\n"

struct fixture {
    struct arena *arena;
    struct run *run;
};

static int
set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new(1 << 26);
    f.run = run_new(&RUN_LIMITS_USUAL, NULL);
    *state = &f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;

    run_free(f->run);
    arena_free(f->arena);
    return 0;
}

static const struct dmn *
model_of(struct fixture *f, const char *xml)
{
    const struct dmn *m = NULL;
    struct dmn_fault fault;
    struct err err;

    if (dmn_read(f->arena, str_of(xml), NULL, NULL, NULL, &m, &fault, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return m;
}

/* The decision's value as FEEL; inputs are JSON. */
static const char *
decided_with(struct fixture *f, const struct dmn *m, const char *decision, const char *inputs, struct dmn_trace *trace)
{
    const struct context *context;
    struct json *json;
    struct value v;
    struct err err;

    assert_int_equal(json_parse(f->arena, str_of(inputs), JSON_ANY, &json, &err), RC_OK);
    run_begin(f->run, 0, 0);
    assert_int_equal(dmn_inputs_of_json(f->run, m, json, &context, &err), RC_OK);
    if (dmn_decide(f->run, m, str_of(decision), context, trace, &v, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return str_c(f->arena, value_text(f->arena, v, true));
}

static const char *
decided(struct fixture *f, const char *xml, const char *inputs)
{
    return decided_with(f, model_of(f, xml), "D", inputs, NULL);
}

#define TABLE_HEAD(policy)                                                                   \
    HEAD INPUT("age", "number") "<decision id='D' name='D'>" NEEDS("age") "<decisionTable " policy ">"               \
    "<input label='the age'><inputExpression typeRef='number'><text>age</text></inputExpression></input>"
#define RULE(input, output)                                                                  \
    "<rule><inputEntry><text>" input "</text></inputEntry><outputEntry><text>" output "</text></outputEntry></rule>\n"
#define TABLE_TAIL "</decisionTable></decision>\n" TAIL

static void
a_table_says_which_rules_matched(void **state)
{
    struct fixture *f = *state;
    struct dmn_trace trace;
    const struct dmn *m = model_of(f, TABLE_HEAD("hitPolicy='FIRST'") "<output/>" RULE("&lt; 18", "\"child\"")
                                          RULE("&gt;= 80", "100 + age") RULE("-", "50") TABLE_TAIL);

    assert_string_equal(decided_with(f, m, "D", "{\"age\": 82}", &trace), "182");
    assert_int_equal(trace.count, 1);
    assert_int_equal(trace.step[0].hits, 2);
    assert_int_equal(trace.step[0].hit[0].rule, 2);
    assert_int_equal(trace.step[0].hit[1].rule, 3);
    assert_string_equal(decided_with(f, m, "D", "{\"age\": 3}", NULL), "\"child\"");
    assert_string_equal(decided_with(f, m, "D", "{}", NULL), "50");
}

static void
decisions_know_what_they_need_and_call_knowledge(void **state)
{
    assert_string_equal(
        decided(*state,
                HEAD INPUT("a b", "number")
                    DECISION("Half", NEEDS("a b") LITERAL("a b / 2"))
                    DECISION("D", NEEDS_DECISION("Half") NEEDS_KNOWLEDGE("twice it") LITERAL("twice it(Half) + 1"))
                    "<businessKnowledgeModel id='twice it' name='twice it'><encapsulatedLogic>"
                    "<formalParameter name='n' typeRef='number'/>" LITERAL("n * 2") "</encapsulatedLogic></businessKnowledgeModel>" TAIL,
                "{\"a b\": 7}"),
        "8");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_says_which_rules_matched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(decisions_know_what_they_need_and_call_knowledge, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
