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

struct question {
    const char *xml, *inputs, *answer;
};

static void
try_all(struct fixture *f, const struct question *q, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *got = decided(f, q[i].xml, q[i].inputs);
        if (!str_eq(str_of(got), str_of(q[i].answer))) {
            fail_msg("%s\nwith %s is %s, not %s", q[i].xml, q[i].inputs, got, q[i].answer);
        }
        arena_reset(f->arena);
    }
}
#define TRY_ALL(state, questions) try_all(*(state), questions, sizeof(questions) / sizeof((questions)[0]))

static bool
has_note(const struct fixture *f, enum note_kind kind)
{
    const struct note *note;
    size_t count = run_notes(f->run, &note);

    for (size_t i = 0; i < count; i++) {
        if (note[i].kind == kind) {
            return true;
        }
    }
    return false;
}

/* --- boxed expressions ------------------------------------------------------------------------------ */

#define BOXED(inside) HEAD INPUT("n", "number") INPUT("l", "Any") DECISION("D", NEEDS("n") NEEDS("l") inside) TAIL
#define ENTRY(name, inside) "<contextEntry><variable name='" name "'/>" inside "</contextEntry>"
#define RESULT(inside) "<contextEntry>" inside "</contextEntry>"

static void
every_boxed_expression_has_the_value_of_its_parts(void **state)
{
    static const struct question questions[] = {
        {BOXED(LITERAL("n + 1")), "{\"n\": 2}", "3"},
        {BOXED(LITERAL("")), "{}", "null"},
        {BOXED(""), "{}", "null"},
        {BOXED("<context>" ENTRY("a b", LITERAL("n")) ENTRY("c", LITERAL("a b * 2")) "</context>"), "{\"n\": 2}",
         "{\"a b\": 2, c: 4}"},
        {BOXED("<context>" ENTRY("a", LITERAL("n")) RESULT(LITERAL("a * 3")) "</context>"), "{\"n\": 2}", "6"},
        {BOXED("<context>" ENTRY("a", "<context>" ENTRY("x y", LITERAL("n")) "</context>") RESULT(LITERAL("a.x y + 1"))
               "</context>"), "{\"n\": 2}", "3"},
        {BOXED("<context><contextEntry><variable name='a' typeRef='string'/>" LITERAL("n") "</contextEntry></context>"),
         "{\"n\": 2}", "{a: null}"},
        {BOXED("<relation><column name='a'/><column name='b c'/><row>" LITERAL("1") LITERAL("n") "</row><row>" LITERAL("3")
               LITERAL("4") "</row></relation>"), "{\"n\": 2}", "[{a: 1, \"b c\": 2}, {a: 3, \"b c\": 4}]"},
        {BOXED("<relation><column name='a'/></relation>"), "{}", "[]"},
        {BOXED("<list>" LITERAL("n") LITERAL("n + 1") "</list>"), "{\"n\": 2}", "[2, 3]"},
        {BOXED("<list typeRef='string'>" LITERAL("n") "</list>"), "{\"n\": 2}", "null"},
        {BOXED("<conditional><if>" LITERAL("n &gt; 1") "</if><then>" LITERAL("1") "</then><else>" LITERAL("2")
               "</else></conditional>"), "{\"n\": 2}", "1"},
        {BOXED("<conditional><if>" LITERAL("n &gt; 1") "</if><then>" LITERAL("1") "</then><else>" LITERAL("2")
               "</else></conditional>"), "{}", "2"},
        {BOXED("<conditional><if>" LITERAL("n") "</if><then>" LITERAL("1") "</then><else>" LITERAL("2")
               "</else></conditional>"), "{\"n\": 2}", "null"},
        {BOXED("<for iteratorVariable='i'><in>" LITERAL("l") "</in><return>" LITERAL("i * n + count(partial)")
               "</return></for>"), "{\"n\": 2, \"l\": [1, 2]}", "[2, 5]"},
        {BOXED("<for iteratorVariable='i'><in>" LITERAL("l") "</in><return>" LITERAL("i") "</return></for>"), "{}", "null"},
        {BOXED("<some iteratorVariable='i'><in>" LITERAL("l") "</in><satisfies>" LITERAL("i = 2") "</satisfies></some>"),
         "{\"l\": [1, 2]}", "true"},
        {BOXED("<every iteratorVariable='i'><in>" LITERAL("l") "</in><satisfies>" LITERAL("i = 2") "</satisfies></every>"),
         "{\"l\": [1, 2]}", "false"},
        {BOXED("<every iteratorVariable='i'><in>" LITERAL("l") "</in><satisfies>" LITERAL("i") "</satisfies></every>"),
         "{\"l\": [true, 2]}", "null"},
        {BOXED("<filter><in>" LITERAL("l") "</in><match>" LITERAL("a &gt; n // those above") "</match></filter>"),
         "{\"n\": 1, \"l\": [{\"a\": 1}, {\"a\": 2}]}", "[{a: 2}]"},
        {BOXED("<filter><in><list>" LITERAL("4") LITERAL("5") "</list></in><match>" LITERAL("item = 5") "</match></filter>"),
         "{}", "[5]"},
    };

    TRY_ALL(state, questions);
}

#define FUNCTION(parameters, body) "<functionDefinition>" parameters body "</functionDefinition>"
#define PARAMETER(name, type) "<formalParameter name='" name "' typeRef='" type "'/>"
#define BINDING(name, text) "<binding><parameter name='" name "'/>" LITERAL(text) "</binding>"
#define KNOWLEDGE(name, inside)                                                              \
    "<businessKnowledgeModel id='" name "' name='" name "'><variable name='" name "'/>"      \
    "<encapsulatedLogic>" inside "</encapsulatedLogic></businessKnowledgeModel>\n"
#define ASKS_TWICE(inside)                                                                   \
    HEAD INPUT("n", "number") KNOWLEDGE("twice it", PARAMETER("x y", "number") LITERAL("x y * 2"))           \
    DECISION("D", NEEDS("n") NEEDS_KNOWLEDGE("twice it") inside) TAIL
#define INVOKES(called, bindings) "<invocation>" LITERAL(called) bindings "</invocation>"
#define FILTER(in, match) "<filter><in>" in "</in><match>" match "</match></filter>"
#define IF(if, then, else) "<conditional><if>" if "</if><then>" then "</then><else>" else "</else></conditional>"
#define SOME(in, satisfies) "<some iteratorVariable='i'><in>" in "</in><satisfies>" satisfies "</satisfies></some>"
#define EVERY(in, satisfies) "<every iteratorVariable='i'><in>" in "</in><satisfies>" satisfies "</satisfies></every>"
#define FOR(in, gives) "<for iteratorVariable='i'><in>" in "</in><return>" gives "</return></for>"
#define OF(a, b) "{\"n\": 2, \"l\": [{\"a\": " a "}, {\"a\": " b "}]}"
#define TEST_OF(input, rules)                                                                                              \
    "<decisionTable hitPolicy='FIRST'><input><inputExpression><text>" input "</text></inputExpression></input><output/>" rules \
    "</decisionTable>"
#define CELL(test, gives) "<rule><inputEntry><text>" test "</text></inputEntry><outputEntry><text>" gives "</text></outputEntry></rule>"

static void
a_filter_asks_any_boxed_expression_of_each_item(void **state)
{
    static const struct question questions[] = {
        {BOXED(FILTER(LITERAL("l"), "<context>" ENTRY("twice a", LITERAL("a * 2")) RESULT(LITERAL("twice a &gt; n")) "</context>")),
         OF("1", "3"), "[{a: 3}]"},
        {BOXED(FILTER(LITERAL("l"), "<context>" ENTRY("a", LITERAL("5")) RESULT(LITERAL("item.a = n and a = 5")) "</context>")),
         OF("2", "3"), "[{a: 2}]"},
        {BOXED(FILTER(LITERAL("l"), IF(LITERAL("a &gt; n"), LITERAL("true"), LITERAL("a = 1")))), OF("1", "2"), "[{a: 1}]"},
        {BOXED(FILTER(LITERAL("l"), TEST_OF("a", CELL("&gt; n", "true") CELL("-", "item.a = 1")))), OF("2", "3"), "[{a: 3}]"},
        {BOXED(FILTER(LITERAL("l"), TEST_OF("n", CELL("a", "true")))), OF("2", "3"), "[{a: 2}]"},
        {BOXED(FILTER(LITERAL("l"), SOME(LITERAL("[1, a]"), LITERAL("i = n")))), OF("2", "3"), "[{a: 2}]"},
        {BOXED(FILTER(LITERAL("l"), EVERY(LITERAL("[a]"), "<conditional><if>" LITERAL("i = n") "</if><then>" LITERAL("true")
                                                          "</then><else>" LITERAL("false") "</else></conditional>"))),
         OF("2", "3"), "[{a: 2}]"},
        {BOXED(FILTER(LITERAL("l"), FOR(LITERAL("[a]"), LITERAL("true")))), OF("2", "3"), "[]"},
        {BOXED(FILTER(LITERAL("l"), "<list>" LITERAL("true") "</list>")), OF("2", "3"), "[]"},
        {BOXED(FILTER(LITERAL("l"), FUNCTION("", LITERAL("true")))), OF("2", "3"), "[]"},
        {BOXED(FILTER(LITERAL("l"), INVOKES("function(x) x = a", BINDING("x", "n")))), OF("2", "3"), "[{a: 2}]"},
        {BOXED(FILTER(LITERAL("l"), "<invocation>" FUNCTION(PARAMETER("x", "number"), LITERAL("x = a")) BINDING("x", "n")
                                    "</invocation>")), OF("2", "3"), "[{a: 2}]"},
        {ASKS_TWICE(FILTER("<list>" LITERAL("{k: n}") LITERAL("{k: 0}") "</list>",
                           "<context>" ENTRY("made", INVOKES("twice it", BINDING("x y", "k"))) RESULT(LITERAL("made &gt; 4"))
                           "</context>")), "{\"n\": 4}", "[{k: 4}]"},
        {BOXED(FILTER(LITERAL("l"), FILTER(LITERAL("[1, 2, 3]"), LITERAL("item = a")))), OF("2", "3"), "[]"},
        {BOXED(FILTER(LITERAL("l"), IF(FILTER(LITERAL("[{b: 2}]"), LITERAL("b = a")), LITERAL("true"), LITERAL("false")))),
         OF("2", "3"), "[]"},
        {BOXED(FILTER(LITERAL("l"), "<context>" ENTRY("same", FILTER(LITERAL("[{b: 2}]"), LITERAL("b = a")))
                                    RESULT(LITERAL("count(same) = 1")) "</context>")), OF("2", "3"), "[{a: 2}]"},
        {BOXED(FILTER(LITERAL("l"), "<context>" ENTRY("same", FILTER(LITERAL("[{a: 2, b: 2}]"), LITERAL("b = a")))
                                    RESULT(LITERAL("count(same) = 1")) "</context>")), OF("7", "8"), "[{a: 7}, {a: 8}]"},
        {BOXED(FOR(FILTER(LITERAL("l"), IF(LITERAL("a &gt; n"), LITERAL("true"), LITERAL("false"))),
                   "<context>" ENTRY("found", LITERAL("i.a")) "</context>")), OF("2", "3"), "[{found: 3}]"},
        {BOXED(FILTER(LITERAL("l"), IF(LITERAL("true"), LITERAL("n"), LITERAL("0")))), OF("7", "8"), "{a: 8}"},
        {BOXED(FILTER(LITERAL("l"), IF(LITERAL("true"), LITERAL("-n"), LITERAL("0")))), OF("7", "8"), "{a: 7}"},
        {BOXED(FILTER(LITERAL("l"), IF(LITERAL("true"), LITERAL("n + 1"), LITERAL("0")))), OF("7", "8"), "null"},
    };

    TRY_ALL(state, questions);
}

/* Each condition with each list, in a box and as FEEL. */
static void
a_boxed_filter_keeps_what_feels_own_keeps(void **state)
{
    static const char *const conditions[] = {
        "a > n", "item.a > n", "item > n", "n", "0", "-1", "1.5", "true", "false", "null", "\"x\"", "b", "a", "[n]", "item", "count(item) = 1",
        "(a)", "l[a > n] = []", "l[item.a = a][1] = item", "some i in l satisfies i.a = a", "n = a and item.a = n", "count = 5",
        "(function(x) x.a = a)(item)", "for i in [a] return i", "{a: n}.a = a", "{c: a}.c = n", "n in (a, 7)", "a in [1..n]", "item instance of number",
        "is defined(a)",
    };
    static const char *const lists[] = {
        "[]", "null", "7", "{\"a\": 2}", "[{\"a\": 1}, {\"a\": 2, \"n\": 1}, {\"a\": 3}]", "[1, 2, 3]", "[{\"b\": true}, {\"count\": 5}]",
        "[null, {\"a\": null}, \"x\"]", "[[1], [2, 3]]", "[true, false]",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
            const char *inputs = str_fmt(f->arena, "{\"n\": 2, \"l\": %s}", lists[k]).ptr;
            const char *own = str_fmt(f->arena, BOXED("<literalExpression><text><![CDATA[l[%s]\n]]></text></literalExpression>"), conditions[i]).ptr;
            const char *boxed = str_fmt(f->arena, BOXED(FILTER(LITERAL("l"), LITERAL("<![CDATA[%s]]>"))), conditions[i]).ptr;
            const char *in_context = str_fmt(
                f->arena, BOXED(FILTER(LITERAL("l"), "<context>" ENTRY("z", LITERAL("0")) RESULT(LITERAL("<![CDATA[%s]]>")) "</context>")),
                conditions[i]).ptr;
            const char *answer = decided(f, own, inputs);
            for (int in = 0; in < 2; in++) {
                const char *got = decided(f, in == 0 ? boxed : in_context, inputs);
                if (!str_eq(str_of(got), str_of(answer))) {
                    fail_msg("l[%s] of %s is %s, and boxed %s", conditions[i], inputs, answer, got);
                }
            }
            arena_reset(f->arena);
        }
    }
}

static void
members_of_a_typed_item_are_names_in_every_text_of_a_boxed_condition(void **state)
{
#define OF_TYPED(match)                                                                                                       \
    HEAD "<itemDefinition name='t' isCollection='true'><itemComponent name='a - b'><typeRef>number</typeRef></itemComponent>" \
    "</itemDefinition>" INPUT("x", "t") DECISION("D", NEEDS("x") FILTER(LITERAL("x"), match)) TAIL
#define TWO_OF_IT "{\"x\": [{\"a - b\": 4}, {\"a - b\": 5}]}"
    static const struct question questions[] = {
        {OF_TYPED("<context>" ENTRY("k", LITERAL("a - b + 1")) RESULT(LITERAL("k = 5")) "</context>"), TWO_OF_IT, "[{\"a - b\": 4}]"},
        {OF_TYPED(TEST_OF("a - b", CELL("5", "true"))), TWO_OF_IT, "[{\"a - b\": 5}]"},
        {OF_TYPED(TEST_OF("5", CELL("a - b", "true"))), TWO_OF_IT, "[{\"a - b\": 5}]"},
        {OF_TYPED(SOME(LITERAL("[4]"), LITERAL("i = a - b"))), TWO_OF_IT, "[{\"a - b\": 4}]"},
    };

    TRY_ALL(state, questions);
}

static void
parts_of_boxed_loops_and_choices_may_be_any_boxed_expression(void **state)
{
    static const struct question questions[] = {
        {BOXED(FOR("<relation><column name='a'/><row>" LITERAL("1") "</row><row>" LITERAL("n") "</row></relation>",
                   TEST_OF("i.a", CELL("1", "\"one\"") CELL("-", "\"more\"")))), OF("1", "2"), "[\"one\", \"more\"]"},
        {BOXED(FOR(LITERAL("[1..3]"), "<list>" LITERAL("i") "</list>")), OF("1", "2"), "[[1], [2], [3]]"},
        {BOXED(FOR(LITERAL("[n..0)"), LITERAL("i"))), OF("1", "2"), "[2, 1]"},
        {BOXED(FOR(LITERAL("(1..2)"), LITERAL("i"))), OF("1", "2"), "[]"},
        {BOXED(FOR(LITERAL("[@\"2026-01-31\"..@\"2026-02-01\"]"), LITERAL("i.day"))), OF("1", "2"), "[31, 1]"},
        {BOXED(FOR(LITERAL("[\"a\"..\"b\"]"), LITERAL("i"))), OF("1", "2"), "null"},
        {BOXED(SOME(LITERAL("[1..3]"), LITERAL("i = n"))), OF("1", "2"), "true"},
        {BOXED(EVERY("<list>" LITERAL("n") LITERAL("2") "</list>",
                     "<context>" ENTRY("k", LITERAL("i")) RESULT(LITERAL("k = 2")) "</context>")), OF("1", "2"), "true"},
        {BOXED(SOME(FILTER(LITERAL("l"), LITERAL("a &gt; 1")), INVOKES("function(x) x.a = n", BINDING("x", "i")))), OF("1", "2"), "true"},
        {BOXED(IF(SOME(LITERAL("l"), LITERAL("i.a = n")), "<context>" ENTRY("k", LITERAL("n")) "</context>", "<list/>")), OF("1", "2"),
         "{k: 2}"},
        {BOXED(IF("<context>" RESULT(LITERAL("n = 1")) "</context>", LITERAL("1"), "<invocation>" FUNCTION("", LITERAL("n")) "</invocation>")),
         OF("1", "2"), "2"},
    };
    struct fixture *f = *state;

    TRY_ALL(state, questions);
    assert_string_equal(decided(f, BOXED(FOR(LITERAL("null"), LITERAL("i"))), "{}"), "null");
    assert_true(has_note(f, NOTE_KINDS));
    assert_string_equal(decided(f, BOXED(FILTER(LITERAL("[]"), LITERAL("item.a.b &gt; 1"))), "{}"), "[]");
    assert_false(has_note(f, NOTE_KINDS) || has_note(f, NOTE_NO_MEMBER));
}


static void
functions_are_called_by_position_by_name_and_by_binding(void **state)
{
    static const struct question questions[] = {
        {ASKS_TWICE(LITERAL("twice it(n)")), "{\"n\": 4}", "8"},
        {ASKS_TWICE(LITERAL("twice it(x y: n)")), "{\"n\": 4}", "8"},
        {ASKS_TWICE(INVOKES("twice it", BINDING("x y", "n"))), "{\"n\": 4}", "8"},
        {ASKS_TWICE(INVOKES("twice it", BINDING("other", "n"))), "{\"n\": 4}", "null"},
        {ASKS_TWICE(INVOKES("n", BINDING("x y", "n"))), "{\"n\": 4}", "null"},
        {ASKS_TWICE(LITERAL("twice it(\"a\")")), "{\"n\": 4}", "null"},
        {ASKS_TWICE(LITERAL("for i in [1, n] return twice it(i)")), "{\"n\": 4}", "[2, 8]"},
        /* A boxed function sees what stands before it, and its parameters; it may be kept and called elsewhere. */
        {BOXED("<context>" ENTRY("k", LITERAL("n")) ENTRY("f", FUNCTION(PARAMETER("a", "number"), LITERAL("a + k")))
               RESULT(LITERAL("f(1) + f(a: 2)")) "</context>"), "{\"n\": 10}", "23"},
        {BOXED("<context>" ENTRY("f", FUNCTION(PARAMETER("a", "number"), FUNCTION(PARAMETER("b", "number"), LITERAL("a - b"))))
               RESULT(LITERAL("f(n)(1)")) "</context>"), "{\"n\": 10}", "9"},
        {BOXED("<context>" ENTRY("f", "<functionDefinition typeRef='number'>" PARAMETER("a", "number") LITERAL("a")
               "</functionDefinition>") RESULT(LITERAL("f")) "</context>"), "{}", "null"},
        {HEAD KNOWLEDGE("f", FUNCTION(PARAMETER("a", "number"), LITERAL("a * 3")))
         DECISION("D", NEEDS_KNOWLEDGE("f") LITERAL("f()(2)")) TAIL, "{}", "6"},
        {HEAD "<businessKnowledgeModel id='f' name='f'/>" DECISION("D", NEEDS_KNOWLEDGE("f") LITERAL("f")) TAIL, "{}", "null"},
    };

    TRY_ALL(state, questions);
}

/* --- decision tables ---------------------------------------------------------------------------------- */

#define TABLE_HEAD(policy)                                                                   \
    HEAD INPUT("age", "number") "<decision id='D' name='D'>" NEEDS("age") "<decisionTable " policy ">"               \
    "<input label='the age'><inputExpression typeRef='number'><text>age</text></inputExpression></input>"
#define RULE(input, output)                                                                  \
    "<rule><inputEntry><text>" input "</text></inputEntry><outputEntry><text>" output "</text></outputEntry></rule>\n"
#define RULE_TWO(input, first, second)                                                       \
    "<rule><inputEntry><text>" input "</text></inputEntry><outputEntry><text>" first         \
    "</text></outputEntry><outputEntry><text>" second "</text></outputEntry></rule>\n"
#define TABLE_TAIL "</decisionTable></decision>\n" TAIL
#define VALUES(text) "<outputValues><text>" text "</text></outputValues>"
#define DEFAULT(text) "<defaultOutputEntry><text>" text "</text></defaultOutputEntry>"
#define RULES RULE("&gt;= 18", "\"adult\"") RULE("&gt;= 60", "\"old\"") RULE("&gt;= 80", "\"old\"")
#define NUMBERS RULE("&gt;= 18", "10") RULE("&gt;= 60", "30") RULE("&gt;= 80", "20")
#define RANKED "<output>" VALUES("\"old\", \"adult\"") "</output>"
#define TWO "<output name='a'>" VALUES("2, 1") "</output><output name='b c'>" VALUES("\"y\", \"x\"") "</output>"
#define TWO_RULES RULE_TWO("&gt; 0", "1", "\"x\"") RULE_TWO("&gt; 5", "2", "\"x\"") RULE_TWO("&gt; 9", "2", "\"y\"")

static void
every_hit_policy_chooses_as_it_says(void **state)
{
    static const struct question questions[] = {
        {TABLE_HEAD("") "<output/>" RULES TABLE_TAIL, "{\"age\": 20}", "\"adult\""},
        {TABLE_HEAD("hitPolicy='UNIQUE'") "<output/>" RULES TABLE_TAIL, "{\"age\": 70}", "null"},
        {TABLE_HEAD("hitPolicy='FIRST'") "<output/>" RULES TABLE_TAIL, "{\"age\": 70}", "\"adult\""},
        {TABLE_HEAD("hitPolicy='ANY'") "<output/>" RULES TABLE_TAIL, "{\"age\": 70}", "null"},
        {TABLE_HEAD("hitPolicy='ANY'") "<output/>" RULE("&gt; 1", "5") RULE("&gt; 2", "5.0") TABLE_TAIL, "{\"age\": 7}", "5"},
        {TABLE_HEAD("hitPolicy='PRIORITY'") RANKED RULES TABLE_TAIL, "{\"age\": 70}", "\"old\""},
        {TABLE_HEAD("hitPolicy='PRIORITY'") RANKED RULES TABLE_TAIL, "{\"age\": 20}", "\"adult\""},
        {TABLE_HEAD("hitPolicy='PRIORITY'") "<output>" VALUES("[50..60], [0..20]") "</output>" NUMBERS TABLE_TAIL, "{\"age\": 90}",
         "10"},
        {TABLE_HEAD("hitPolicy='PRIORITY'") TWO TWO_RULES TABLE_TAIL, "{\"age\": 10}", "{a: 2, \"b c\": \"y\"}"},
        {TABLE_HEAD("hitPolicy='OUTPUT ORDER'") RANKED RULES TABLE_TAIL, "{\"age\": 70}", "[\"old\", \"adult\"]"},
        {TABLE_HEAD("hitPolicy='OUTPUT ORDER'") TWO TWO_RULES TABLE_TAIL, "{\"age\": 10}",
         "[{a: 2, \"b c\": \"y\"}, {a: 2, \"b c\": \"x\"}, {a: 1, \"b c\": \"x\"}]"},
        {TABLE_HEAD("hitPolicy='RULE ORDER'") RANKED RULES TABLE_TAIL, "{\"age\": 70}", "[\"adult\", \"old\"]"},
        {TABLE_HEAD("hitPolicy='COLLECT'") "<output/>" NUMBERS TABLE_TAIL, "{\"age\": 90}", "[10, 30, 20]"},
        {TABLE_HEAD("hitPolicy='COLLECT' aggregation='SUM'") "<output/>" NUMBERS TABLE_TAIL, "{\"age\": 90}", "60"},
        {TABLE_HEAD("hitPolicy='COLLECT' aggregation='COUNT'") "<output/>" NUMBERS TABLE_TAIL, "{\"age\": 70}", "2"},
        {TABLE_HEAD("hitPolicy='COLLECT' aggregation='MIN'") "<output/>" NUMBERS TABLE_TAIL, "{\"age\": 90}", "10"},
        {TABLE_HEAD("hitPolicy='COLLECT' aggregation='MAX'") "<output/>" NUMBERS TABLE_TAIL, "{\"age\": 90}", "30"},
        {TABLE_HEAD("hitPolicy='COLLECT' aggregation='SUM'") "<output/>" RULES TABLE_TAIL, "{\"age\": 90}", "null"},
    };

    TRY_ALL(state, questions);
}

static void
without_a_match_the_default_counts_or_nothing_is_collected(void **state)
{
    static const struct question questions[] = {
        {TABLE_HEAD("") "<output/>" RULES TABLE_TAIL, "{\"age\": 1}", "null"},
        {TABLE_HEAD("") "<output>" DEFAULT("\"child of \" + string(age)") "</output>" RULES TABLE_TAIL, "{\"age\": 1}",
         "\"child of 1\""},
        {TABLE_HEAD("hitPolicy='COLLECT'") "<output/>" RULES TABLE_TAIL, "{\"age\": 1}", "[]"},
        {TABLE_HEAD("hitPolicy='COLLECT' aggregation='COUNT'") "<output/>" RULES TABLE_TAIL, "{\"age\": 1}", "0"},
        {TABLE_HEAD("hitPolicy='COLLECT' aggregation='SUM'") "<output/>" RULES TABLE_TAIL, "{\"age\": 1}", "null"},
        {TABLE_HEAD("") "<output name='a'>" DEFAULT("1") "</output><output name='b'/>" RULE_TWO("5", "2", "3") TABLE_TAIL,
         "{\"age\": 1}", "{a: 1, b: null}"},
    };

    TRY_ALL(state, questions);
}

#define CHECKED_INPUT                                                                        \
    "<input><inputExpression typeRef='string'><text>k</text></inputExpression>"              \
    "<inputValues><text>\"a\", \"b\"</text></inputValues></input><output/>"
#define CHECKED                                                                              \
    HEAD INPUT("k", "string") "<decision id='D' name='D'>" NEEDS("k") "<decisionTable>" CHECKED_INPUT                \
    RULE("\"a\"", "1") RULE("\"b\"", "2") RULE("null", "3") TABLE_TAIL

static void
what_may_not_come_into_a_table_gives_nothing(void **state)
{
    static const struct question questions[] = {
        {CHECKED, "{\"k\": \"a\"}", "1"},
        {CHECKED, "{\"k\": \"b\"}", "2"},
        {CHECKED, "{\"k\": \"c\"}", "null"},
        {CHECKED, "{}", "3"},
    };
    struct fixture *f = *state;

    TRY_ALL(state, questions);
    (void)decided(f, CHECKED, "{\"k\": \"c\"}");
    assert_true(has_note(f, NOTE_NOT_ALLOWED));
}

static void
a_table_without_a_result_says_why(void **state)
{
    struct fixture *f = *state;
    const struct note *note;

    (void)decided(f, TABLE_HEAD("") "<output/>" RULES TABLE_TAIL, "{\"age\": 1}");
    assert_true(has_note(f, NOTE_NO_RULE));
    (void)decided(f, TABLE_HEAD("") "<output/>" RULES TABLE_TAIL, "{\"age\": 99}");
    assert_int_equal(run_notes(f->run, &note), 1);
    assert_int_equal(note[0].kind, NOTE_MANY_RULES);
    assert_string_equal(note[0].word[1], "1, 2, 3");
}

/* --- the trace --------------------------------------------------------------------------------------- */

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
    assert_true(value_equal(trace.step[0].hit[0].output[0], value_of_int(182)) == TRI_TRUE);
    assert_int_equal(trace.step[0].hit[1].rule, 3);
    assert_true(value_equal(trace.step[0].input[0], value_of_int(82)) == TRI_TRUE);
    assert_string_equal(decided_with(f, m, "D", "{\"age\": 3}", NULL), "\"child\"");
    assert_string_equal(decided_with(f, m, "D", "{}", NULL), "50");
}

#define STEPS                                                                                \
    HEAD INPUT("age", "number") KNOWLEDGE("twice it", PARAMETER("x", "number") LITERAL("x * 2"))                     \
    DECISION("First", NEEDS("age") NEEDS_KNOWLEDGE("twice it") LITERAL("twice it(age)"))                             \
    DECISION("D", NEEDS_DECISION("First") "<context>" ENTRY("t", "<decisionTable><input><inputExpression><text>First"    \
    "</text></inputExpression></input><output/>" RULE("&gt; 5", "1") "</decisionTable>") RESULT(LITERAL("t + 1"))        \
    "</context>") TAIL

static void
steps_stand_in_the_order_in_which_they_ended(void **state)
{
    static const char *const names[] = {"twice it", "First", "D", "D"};
    struct fixture *f = *state;
    struct dmn_trace trace;

    assert_string_equal(decided_with(f, model_of(f, STEPS), "D", "{\"age\": 4}", &trace), "2");
    assert_int_equal(trace.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_eq(trace.step[i].name, str_of(names[i])));
        assert_int_equal(trace.step[i].table != NULL, i == 2);
    }
    assert_null(run_watch(f->run));
}

/* --- asking ------------------------------------------------------------------------------------------- */

#define CHAIN                                                                                \
    HEAD INPUT("a b", "number") INPUT("unused", "number") DECISION("Half", NEEDS("a b") LITERAL("a b / 2"))          \
    DECISION("D", NEEDS_DECISION("Half") NEEDS("a b") LITERAL("Half + a b")) TAIL

static void
a_decision_that_is_given_is_not_decided(void **state)
{
    static const struct question questions[] = {
        {CHAIN, "{\"a b\": 4}", "6"},
        {CHAIN, "{\"a b\": 4, \"Half\": 100}", "104"},
        {CHAIN, "{\"a b\": 4, \"D\": 1, \"nobody\": 1}", "6"},
        {CHAIN, "{\"a b\": \"four\"}", "null"},
    };
    struct fixture *f = *state;
    struct dmn_trace trace;

    TRY_ALL(state, questions);
    (void)decided_with(f, model_of(f, CHAIN), "D", "{\"a b\": 4, \"Half\": 100}", &trace);
    assert_int_equal(trace.count, 1);
}

static void
a_model_tells_what_it_has_and_asks_for(void **state)
{
    struct fixture *f = *state;
    const struct dmn *m = model_of(f, CHAIN);
    const struct str *name;
    size_t count;
    struct err err;

    assert_true(str_eq(dmn_name(m), STR("m")) && str_eq(dmn_namespace(m), STR("urn:m")));
    assert_int_equal(dmn_count(m), 4);
    assert_int_equal(dmn_node(m, 0).kind, DMN_INPUT);
    assert_true(str_eq(dmn_node(m, 2).name, STR("Half")));
    assert_int_equal(dmn_inputs(f->arena, m, STR("D"), &name, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    assert_true(str_eq(name[0], STR("a b")));
    assert_int_equal(dmn_inputs(f->arena, m, STR("E"), &name, &count, &err), RC_NOT_FOUND);
    assert_null(dmn_find_decision(m, STR("a b")));
}

static void
slots_are_the_inputs_in_their_order(void **state)
{
    struct fixture *f = *state;
    const struct dmn_decision *d = dmn_find_decision(model_of(f, CHAIN), STR("D"));
    struct value input = value_of_int(8), out;
    struct err err;

    assert_non_null(d);
    for (int i = 0; i < 3; i++) {
        run_begin(f->run, 0, 0);
        assert_int_equal(dmn_decide_slots(f->run, d, &input, NULL, &out, &err), RC_OK);
        assert_true(value_equal(out, value_of_int(12)) == TRI_TRUE);
    }
}

#define SERVICE(inside) "<decisionService id='S' name='S'><variable name='S'/>" inside "</decisionService>\n"
#define SERVED(outputs)                                                                      \
    HEAD INPUT("n", "number") DECISION("Given", LITERAL("1")) DECISION("Inner", NEEDS_DECISION("Given") LITERAL("Given * 10"))   \
    DECISION("Out", NEEDS_DECISION("Inner") NEEDS("n") LITERAL("Inner + n"))                                         \
    SERVICE(outputs "<inputDecision href='#Given'/><inputData href='#n'/>")                                          \
    DECISION("D", NEEDS_KNOWLEDGE("S") LITERAL("S(5, 2)")) DECISION("E", NEEDS_KNOWLEDGE("S") LITERAL("S(Given: 3, n: 1)")) TAIL
#define OUT "<outputDecision href='#Out'/>"

static void
a_service_is_called_with_its_parameters_and_served(void **state)
{
    struct fixture *f = *state;
    const struct dmn *m = model_of(f, SERVED(OUT)), *two = model_of(f, SERVED(OUT "<outputDecision href='#Inner'/>"));
    struct entry entries[] = {{STR_INIT("n"), value_of_int(4)}, {STR_INIT("Given"), value_of_int(7)}};
    struct context inputs = {2, entries};
    struct value v;
    struct err err;

    assert_string_equal(decided_with(f, m, "D", "{}", NULL), "25");
    assert_string_equal(decided_with(f, m, "E", "{}", NULL), "31");
    assert_string_equal(decided_with(f, two, "D", "{}", NULL), "{Out: 25, Inner: 20}");
    run_begin(f->run, 0, 0);
    assert_int_equal(dmn_serve(f->run, m, STR("S"), &inputs, NULL, &v, &err), RC_OK);
    assert_true(value_equal(v, value_of_int(74)) == TRI_TRUE);
    assert_int_equal(dmn_serve(f->run, m, STR("D"), &inputs, NULL, &v, &err), RC_NOT_FOUND);
}

static void
knowledge_can_be_invoked_from_outside(void **state)
{
    struct fixture *f = *state;
    const struct dmn *m = model_of(f, ASKS_TWICE(LITERAL("1")));
    struct entry entry = {STR_INIT("x y"), value_of_int(4)};
    struct context arguments = {1, &entry};
    struct dmn_trace trace;
    struct value v;
    struct err err;

    run_begin(f->run, 0, 0);
    assert_int_equal(dmn_invoke(f->run, m, STR("twice it"), &arguments, &trace, &v, &err), RC_OK);
    assert_true(value_equal(v, value_of_int(8)) == TRI_TRUE);
    assert_int_equal(trace.count, 1);
    assert_int_equal(dmn_invoke(f->run, m, STR("twice it"), NULL, NULL, &v, &err), RC_OK);
    assert_int_equal(v.kind, VALUE_NULL);
    assert_int_equal(dmn_invoke(f->run, m, STR("D"), NULL, NULL, &v, &err), RC_NOT_FOUND);
}

/* --- types ----------------------------------------------------------------------------------------------- */

#define TYPED(type, text)                                                                    \
    HEAD "<itemDefinition name='tAge'><typeRef>number</typeRef><allowedValues><text>[0..150]</text></allowedValues>"             \
    "</itemDefinition><itemDefinition name='tOld'><typeRef>tAge</typeRef><typeConstraint><text>&gt;= 60</text>"                  \
    "</typeConstraint></itemDefinition><itemDefinition name='tAges' isCollection='true'><typeRef>tAge</typeRef>"                 \
    "</itemDefinition><itemDefinition name='tPair'><itemComponent name='a b'><typeRef>tAge</typeRef></itemComponent>"            \
    "<itemComponent name='more' isCollection='true'><typeRef>tPair</typeRef></itemComponent></itemDefinition>"                   \
    "<itemDefinition name='tColours' isCollection='true'><typeRef>string</typeRef><allowedValues>&quot;red&quot;,"               \
    " &quot;blue&quot;</allowedValues><typeConstraint><text>count(?) &lt; 3</text></typeConstraint></itemDefinition>"            \
    INPUT("x", "Any") "<decision id='D' name='D'><variable name='D' typeRef='" type "'/>" NEEDS("x") LITERAL(text) "</decision>" TAIL

static void
a_value_is_made_of_the_type_that_is_said(void **state)
{
    static const struct question questions[] = {
        {TYPED("tAge", "x"), "{\"x\": 150}", "150"},
        {TYPED("tAge", "x"), "{\"x\": 151}", "null"},
        {TYPED("feel:number", "x"), "{\"x\": 151}", "151"},
        {TYPED("tOld", "x"), "{\"x\": 60}", "60"},
        {TYPED("tOld", "x"), "{\"x\": 59}", "null"},
        {TYPED("tOld", "x"), "{\"x\": 151}", "null"},
        {TYPED("tAges", "x"), "{\"x\": [1, 2]}", "[1, 2]"},
        {TYPED("tAges", "x"), "{\"x\": [1, 200]}", "null"},
        {TYPED("tAges", "x"), "{\"x\": 5}", "[5]"},
        {TYPED("tPair", "x"), "{\"x\": {\"a b\": 1, \"more\": [{\"a b\": 2, \"more\": []}]}}",
         "{\"a b\": 1, more: [{\"a b\": 2, more: []}]}"},
        {TYPED("tPair", "x"), "{\"x\": {\"a b\": 1, \"more\": [{\"a b\": true, \"more\": []}]}}", "null"},
        {TYPED("tColours", "x"), "{\"x\": [\"red\", \"blue\"]}", "[\"red\", \"blue\"]"},
        {TYPED("tColours", "x"), "{\"x\": [\"red\", \"pink\"]}", "null"},
        {TYPED("tColours", "x"), "{\"x\": [\"red\", \"red\", \"red\"]}", "null"},
        {TYPED("", "x instance of tPair"), "{\"x\": {\"a b\": 1, \"more\": []}}", "true"},
    };

    TRY_ALL(state, questions);
}

static void
members_with_blanks_in_their_names_are_found_by_type(void **state)
{
    static const struct question questions[] = {
        {HEAD "<itemDefinition name='t'><itemComponent name='a - b'><typeRef>number</typeRef></itemComponent></itemDefinition>"
         INPUT("x", "t") DECISION("D", NEEDS("x") LITERAL("x.a - b + 1")) TAIL, "{\"x\": {\"a - b\": 4}}", "5"},
        {HEAD "<itemDefinition name='t' isCollection='true'><itemComponent name='a b'><typeRef>number</typeRef></itemComponent>"
         "</itemDefinition>" INPUT("x", "t") DECISION("D", NEEDS("x") "<filter><in>" LITERAL("x") "</in><match>"
         LITERAL("a b = 4") "</match></filter>") TAIL, "{\"x\": [{\"a b\": 4}, {\"a b\": 5}]}", "[{\"a b\": 4}]"},
    };

    TRY_ALL(state, questions);
}

/* --- limits ------------------------------------------------------------------------------------------------ */

static void
an_evaluation_ends_at_the_limits_of_its_run(void **state)
{
    static const struct run_limits few = {.memory_bytes = 1 << 20, .steps = 3000, .stack_bytes = 160 << 10};
    struct fixture *f = *state;
    const struct dmn *loop = model_of(f, BOXED(LITERAL("for i in 1..100000 return i")));
    struct run *r = run_new(&few, NULL);
    struct value v = value_of_int(7);
    struct err err;

    run_begin(r, 0, 0);
    assert_int_equal(dmn_decide(r, loop, STR("D"), NULL, NULL, &v, &err), RC_LIMIT);
    assert_true(value_equal(v, value_of_int(7)) == TRI_TRUE);
    assert_null(run_watch(r));
    run_free(r);
}

/* Every arena from one byte up, until it is enough: never anything but an answer or RC_LIMIT. */
static void
an_evaluation_needs_memory_and_says_when_there_is_none(void **state)
{
    struct fixture *f = *state;
    const struct dmn *models[] = {model_of(f, STEPS), model_of(f, SERVED(OUT)),
                                  model_of(f, TABLE_HEAD("hitPolicy='OUTPUT ORDER'") TWO TWO_RULES TABLE_TAIL),
                                  model_of(f, BOXED(FILTER(FOR(LITERAL("[@\"2026-01-30\"..@\"2026-02-02\"]"), LITERAL("{a: i}")),
                                                           "<context>" ENTRY("k", LITERAL("a.day")) RESULT(LITERAL("k &gt; 1"))
                                                           "</context>")))};
    struct entry entry = {STR_INIT("age"), value_of_int(9)};
    struct context inputs = {1, &entry};

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
        enum rc rc = RC_LIMIT;
        for (size_t n = 1; rc == RC_LIMIT && n < 500; n++) {
            struct dmn_trace trace;
            struct value v;
            struct err err;
            run_begin(r, 0, 0);
            arena_fail_at(run_arena(r), n);
            rc = dmn_decide(r, models[i], STR("D"), &inputs, &trace, &v, &err);
            assert_true(rc == RC_OK || rc == RC_LIMIT);
        }
        assert_int_equal(rc, RC_OK);
        run_free(r);
    }
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_boxed_expression_has_the_value_of_its_parts),
        TEST(a_filter_asks_any_boxed_expression_of_each_item),
        TEST(a_boxed_filter_keeps_what_feels_own_keeps),
        TEST(members_of_a_typed_item_are_names_in_every_text_of_a_boxed_condition),
        TEST(parts_of_boxed_loops_and_choices_may_be_any_boxed_expression),
        TEST(functions_are_called_by_position_by_name_and_by_binding),
        TEST(every_hit_policy_chooses_as_it_says),
        TEST(without_a_match_the_default_counts_or_nothing_is_collected),
        TEST(what_may_not_come_into_a_table_gives_nothing),
        TEST(a_table_without_a_result_says_why),
        TEST(a_table_says_which_rules_matched),
        TEST(steps_stand_in_the_order_in_which_they_ended),
        TEST(a_decision_that_is_given_is_not_decided),
        TEST(a_model_tells_what_it_has_and_asks_for),
        TEST(slots_are_the_inputs_in_their_order),
        TEST(a_service_is_called_with_its_parameters_and_served),
        TEST(knowledge_can_be_invoked_from_outside),
        TEST(a_value_is_made_of_the_type_that_is_said),
        TEST(members_with_blanks_in_their_names_are_found_by_type),
        TEST(an_evaluation_ends_at_the_limits_of_its_run),
        TEST(an_evaluation_needs_memory_and_says_when_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
