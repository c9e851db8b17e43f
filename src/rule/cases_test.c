/* Test cases of a model: read, run, and told apart when they fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/cases.h"

#define MODEL                                                                                \
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:m' name='m'>"                  \
    "<inputData id='x' name='x'/><decision id='Same' name='Same'><informationRequirement><requiredInput href='#x'/>" \
    "</informationRequirement><literalExpression><text>x</text></literalExpression></decision>"                      \
    "<decision id='One' name='One'><literalExpression><text>1</text></literalExpression></decision>"                 \
    "<decision id='Endless' name='Endless'><literalExpression><text>count(for i in 1..1000000, j in 1..1000000 return i)</text>"     \
    "</literalExpression></decision><decisionService id='S' name='S'><outputDecision href='#Same'/>"                 \
    "<outputDecision href='#One'/><inputData href='#x'/></decisionService><businessKnowledgeModel id='K' name='K'>"  \
    "<encapsulatedLogic><formalParameter name='a'/><literalExpression><text>a + 1</text></literalExpression></encapsulatedLogic>"    \
    "</businessKnowledgeModel></definitions>"
#define HEAD                                                                                 \
    "<testCases xmlns='http://www.omg.org/spec/DMN/20160719/testcase' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>"        \
    "<modelName>m.dmn</modelName>\n"
#define TAIL "</testCases>"
#define VALUE(type, text) "<value xsi:type='xsd:" type "'>" text "</value>"
#define NIL "<value xsi:nil='true'/>"
#define CASE(attributes, inside) "<testCase " attributes ">" inside "</testCase>\n"
#define GIVEN(name, value) "<inputNode name='" name "'>" value "</inputNode>"
#define EXPECTED(name, value) "<resultNode name='" name "'><expected>" value "</expected></resultNode>"
#define SAME(given, expected) HEAD CASE("id='1'", GIVEN("x", given) EXPECTED("Same", expected)) TAIL

struct fixture {
    struct arena *arena;
    struct run *run;
    const struct dmn *model;
};

static int
set_up(void **state)
{
    static struct fixture f;
    struct dmn_fault fault;
    struct err err;

    f.arena = arena_new(1 << 26);
    f.run = run_new(&RUN_LIMITS_USUAL, NULL);
    assert_int_equal(dmn_read(f.arena, STR(MODEL), NULL, NULL, NULL, &f.model, &fault, &err), RC_OK);
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

static const struct cases *
cases_of(struct fixture *f, const char *xml)
{
    const struct cases *cases = NULL;
    struct err err;

    if (cases_read(f->arena, str_of(xml), NULL, &cases, &err) != RC_OK) {
        fail_msg("%s: %s", xml, err.text);
    }
    return cases;
}

static const struct case_result *
results_of(struct fixture *f, const struct cases *cases, size_t index)
{
    const struct case_result *result = NULL;
    struct err err;

    assert_int_equal(cases_run(f->arena, f->run, f->model, cases, index, 0, 0, &result, &err), RC_OK);
    return result;
}

static void
values_agree_when_they_are_the_same(void **state)
{
    static const struct {
        const char *xml;
        bool agrees;
    } cases[] = {
        {SAME(VALUE("decimal", "1.00000000999"), VALUE("double", "1")), true},
        {SAME(VALUE("decimal", "1.00000002"), VALUE("decimal", "1")), false},
        {SAME(VALUE("decimal", "1"), VALUE("string", "1")), false},
        {SAME("<value>a b </value>", VALUE("string", "a b ")), true},
        {SAME("<value>a</value>", VALUE("string", "A")), false},
        {SAME(VALUE("boolean", "true"), VALUE("boolean", "1")), true},
        {SAME(VALUE("date", "2026-11-28"), VALUE("date", "2026-11-28")), true},
        {SAME(VALUE("time", "10:00:00+08:00"), VALUE("time", "02:00:00Z")), true},
        {SAME(VALUE("dateTime", "2026-11-28T10:00:00"), VALUE("dateTime", "2026-11-28T10:00:01")), false},
        {SAME(VALUE("duration", "P1D"), VALUE("duration", "PT24H")), true},
        {SAME(VALUE("duration", "P1Y"), VALUE("duration", "P12M")), true},
        {SAME(NIL, NIL), true},
        {SAME(NIL, VALUE("boolean", "false")), false},
        {SAME("", NIL), true},
        {SAME("<list><item>" VALUE("decimal", "1") "</item><item>" NIL "</item></list>",
              "<list><item>" VALUE("decimal", "1") "</item><item>" NIL "</item></list>"), true},
        {SAME("<list><item>" VALUE("decimal", "1") "</item></list>", "<list/>"), false},
        {SAME("<list><item>" VALUE("decimal", "1") "</item></list>", "<list><item>" VALUE("decimal", "2") "</item></list>"), false},
        {SAME("<list xsi:nil='true'/>", NIL), true},
        {SAME("<component name='a'>" NIL "</component><component name='b'><value>1</value></component>",
              "<component name='b'><value>1</value></component><component name='a'>" NIL "</component>"), true},
        {SAME("<component name='a'>" NIL "</component>", "<component name='b'>" NIL "</component>"), false},
        {SAME("<component name='a'>" NIL "</component>",
              "<component name='a'>" NIL "</component><component name='b'>" NIL "</component>"), false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (results_of(f, cases_of(f, cases[i].xml), 0)->is_passed != cases[i].agrees) {
            fail_msg("%s", cases[i].xml);
        }
    }
}

static void
decisions_services_and_knowledge_are_asked(void **state)
{
    struct fixture *f = *state;
    const struct cases *cases = cases_of(
        f, HEAD CASE("id='a'", "<description>two at once</description>" GIVEN("x", VALUE("decimal", "7"))
                               EXPECTED("Same", VALUE("decimal", "7")) EXPECTED("One", VALUE("decimal", "1")))
               CASE("id='b' type='decisionService' invocableName='S'", GIVEN("x", VALUE("decimal", "8"))
                    EXPECTED("Same", VALUE("decimal", "8")) EXPECTED("One", VALUE("decimal", "1")))
               CASE("id='c' type='bkm' invocableName='K'", GIVEN("a", VALUE("decimal", "8")) EXPECTED("K", VALUE("decimal", "9")))
               CASE("id='d'", "<resultNode name='Same' errorResult='true'><expected/></resultNode>") TAIL);

    assert_true(str_eq(cases_model(cases), STR("m.dmn")));
    assert_int_equal(cases_count(cases), 4);
    assert_int_equal(cases_at(cases, 0).results, 2);
    assert_true(str_eq(cases_at(cases, 0).description, STR("two at once")));
    for (size_t i = 0; i < 4; i++) {
        const struct case_result *result = results_of(f, cases, i);
        for (size_t j = 0; j < cases_at(cases, i).results; j++) {
            assert_true(result[j].is_passed);
        }
    }
}

static void
what_fails_says_what_came_or_why_nothing_did(void **state)
{
    struct fixture *f = *state;
    const struct cases *cases = cases_of(f, HEAD CASE("id='a'", GIVEN("x", "<value>a</value>") EXPECTED("Same", VALUE("decimal", "7"))
                                                      EXPECTED("Nobody", NIL) EXPECTED("Endless", NIL)) TAIL);
    const struct case_result *result = results_of(f, cases, 0);

    assert_false(result[0].is_passed || result[1].is_passed || result[2].is_passed);
    assert_true(str_eq(result[0].expected, STR("7")) && str_eq(result[0].got, STR("\"a\"")) && result[0].error.len == 0);
    assert_true(result[1].got.len == 0 && str_eq(result[1].error, STR("no decision Nobody")));
    assert_true(result[2].got.len == 0 && result[2].error.len > 0);
}

static void
what_are_no_test_cases_is_refused(void **state)
{
    static const char *const wrong[] = {
        "<testCases>",
        "<other/>",
        SAME(VALUE("decimal", "one"), NIL),
        SAME(VALUE("boolean", "yes"), NIL),
        SAME(VALUE("date", "2026-02-30"), NIL),
        SAME(VALUE("duration", "1 day"), NIL),
        SAME(VALUE("other", "1"), NIL),
        HEAD CASE("type='other'", "") TAIL,
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct cases *cases;
        struct err err;
        assert_int_equal(cases_read(f->arena, str_of(wrong[i]), NULL, &cases, &err), RC_INVALID);
    }
}

static void
cases_that_do_not_fit_are_a_limit(void **state)
{
    static const char xml[] = SAME("<list><item>" VALUE("date", "2026-11-28") "</item></list>", "<component name='a'>" NIL "</component>");
    struct fixture *f = *state;
    size_t good = 0, n = 1;

    for (; good < 10 && n < 200; n++) {
        struct arena *a = arena_new(1 << 20);
        const struct cases *cases;
        const struct case_result *result;
        struct err err;
        arena_fail_at(a, n);
        enum rc rc = cases_read(a, str_of(xml), NULL, &cases, &err);
        rc = rc == RC_OK ? cases_run(a, f->run, f->model, cases, 0, 0, 0, &result, &err) : rc;
        good += rc == RC_OK;
        assert_true(rc == RC_OK || (rc == RC_LIMIT && good == 0));
        arena_free(a);
    }
    assert_int_equal(good, 10);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(values_agree_when_they_are_the_same),
        TEST(decisions_services_and_knowledge_are_asked),
        TEST(what_fails_says_what_came_or_why_nothing_did),
        TEST(what_are_no_test_cases_is_refused),
        TEST(cases_that_do_not_fit_are_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
