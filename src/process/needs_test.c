/* What a process has to be given, of small models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "process/needs.h"
#include "process/test_bpmn.h"

#define GOV(inside) "<extensionElements>" inside "</extensionElements>"
#define STEP(inside) AROUND(inside)

static const struct {
    const char *xml, *needs; /* in any order, with blanks between */
} cases[] = {
    {STEP("<scriptTask id='a' gov:result='x' scriptFormat='feel'><script>=1 + 1</script></scriptTask>"), ""},
    {STEP("<scriptTask id='a' gov:result='x' scriptFormat='feel'><script>=y + z</script></scriptTask>"), "y z"},
    {STEP("<scriptTask id='a' gov:result='x' scriptFormat='feel'><script>=if x = null then 1 else x + 1</script></scriptTask>"), ""},
    {STEP("<userTask id='a' name='a'>" GOV("<gov:assignment org='=lead' role='officer' power='=p.power' region='=place'/>") "</userTask>"), "lead p place"},
    {STEP("<callActivity id='a' calledElement='q'>" GOV("<gov:input name='part' value='=part'/><gov:output name='said' value='=decision'/>") "</callActivity>"),
     "part"},
    {STEP("<serviceTask id='a'>" GOV("<gov:job type='exchange.check'/><gov:input name='as' value='=\"facts\"'/><gov:input name='for' value='=facts'/>")
          "</serviceTask>"), ""},
    {STEP("<serviceTask id='a'>" GOV("<gov:job type='other'/><gov:input name='by' value='=facts'/>") "</serviceTask>"), "facts"},
    {MODEL(START FLOW("f1", "s", "g") "<exclusiveGateway id='g' default='f3'/>" WHEN("f2", "g", "e", "=wanted = true") FLOW("f3", "g", "e") END), "wanted"},
};

static bool
is_named(const char *list, struct str name)
{
    struct str rest = str_of(list), one;

    while (str_next(&rest, ' ', &one)) {
        if (str_eq(one, name)) {
            return true;
        }
    }
    return false;
}

static size_t
words(const char *list)
{
    struct str rest = str_of(list), one;
    size_t n = 0;

    while (str_next(&rest, ' ', &one)) {
        n += one.len > 0;
    }
    return n;
}

static void
what_is_read_and_never_written_has_to_be_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(8 << 20);
        struct need needs[NEEDS_MAX];
        struct bpmn_report report;
        const struct bpmn *m;
        size_t count;
        struct err err;
        if (bpmn_try(a, cases[i].xml, &m, &report) != RC_OK) {
            fail_msg("case %zu: %.*s", i, STR_ARG(report.finding[0].en));
        }
        assert_int_equal(needs_of(m, NULL, needs, &count, &err), RC_OK);
        for (size_t n = 0; n < count; n++) {
            if (!is_named(cases[i].needs, needs[n].name)) {
                fail_msg("case %zu: %.*s", i, STR_ARG(needs[n].name));
            }
            assert_true(needs[n].text.len > 0 && needs[n].line > 0);
        }
        assert_int_equal(count, words(cases[i].needs));
        arena_free(a);
    }
}

static void
what_a_form_asks_for_is_given_by_it(void **state)
{
    static const char xml[] = MODEL(START FLOW("f1", "s", "a") "<userTask id='a' name='a'>" GOV("<gov:form key='childcare-account'/>") "</userTask>"
                                    FLOW("f2", "a", "g") "<exclusiveGateway id='g' default='f4'/>" WHEN("f3", "g", "e", "=account = \"bank\"")
                                    FLOW("f4", "g", "e") END);
    struct arena *a = arena_new(8 << 20);
    struct need needs[NEEDS_MAX];
    struct task_forms *forms;
    struct bpmn_report report;
    const struct bpmn *m;
    size_t count;
    struct err err;

    (void)state;
    assert_int_equal(bpmn_try(a, xml, &m, &report), RC_OK);
    assert_int_equal(needs_of(m, NULL, needs, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(task_forms_load(a, "demo/forms/", NULL, &forms, &err), RC_OK);
    assert_int_equal(needs_of(m, forms, needs, &count, &err), RC_OK);
    assert_int_equal(count, 0);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_read_and_never_written_has_to_be_given),
                                       cmocka_unit_test(what_a_form_asks_for_is_given_by_it)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
