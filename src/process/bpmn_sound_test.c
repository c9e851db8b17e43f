/* Where a case would stand still is found, and where it would not nothing is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process/test_bpmn.h"

#define TASK(id) "<task id='" id "'/>"
#define AND(id) "<parallelGateway id='" id "'/>"
#define XOR(id, more) "<exclusiveGateway id='" id "' " more "/>"
#define OR(id) "<inclusiveGateway id='" id "' default='y'/>"
/* s → split → (a | b) → join → e */
#define DIAMOND(split, x, join) \
    MODEL(START FLOW("f", "s", "g1") split x FLOW("y", "g1", "b") TASK("a") TASK("b") FLOW("u", "a", "g2") FLOW("v", "b", "g2") join \
          FLOW("w", "g2", "e") END)

struct drawing {
    const char *xml;
    enum bpmn_rule rule; /* that is found, alone; BPMN_RULES: nothing */
    const char *id;
};

static void
what_stands_still_is_found(void **state)
{
    static const struct drawing cases[] = {
        {DIAMOND(AND("g1"), FLOW("x", "g1", "a"), AND("g2")), BPMN_RULES, ""},
        {DIAMOND(XOR("g1", "default='y'"), WHEN("x", "g1", "a", "k"), XOR("g2", "")), BPMN_RULES, ""},
        {DIAMOND(XOR("g1", "default='y'"), WHEN("x", "g1", "a", "k"), AND("g2")), BPMN_RULE_DEADLOCK, "g2"},
        {DIAMOND(AND("g1"), FLOW("x", "g1", "a"), XOR("g2", "")), BPMN_RULE_MANY_TOKENS, "g2"},
        {DIAMOND(AND("g1"), FLOW("x", "g1", "a"), "<inclusiveGateway id='g2'/>"), BPMN_RULES, ""},
        {DIAMOND(OR("g1"), WHEN("x", "g1", "a", "k"), "<inclusiveGateway id='g2'/>"), BPMN_RULES, ""},
        {DIAMOND(OR("g1"), WHEN("x", "g1", "a", "k"), XOR("g2", "")), BPMN_RULE_MANY_TOKENS, "g2"},
        {DIAMOND(TASK("g1"), FLOW("x", "g1", "a"), AND("g2")), BPMN_RULES, ""},
        /* A join that waits for what only comes after it. */
        {MODEL(START FLOW("f", "s", "j") AND("j") FLOW("g", "j", "x") XOR("x", "default='k'") FLOW("k", "x", "e")
               WHEN("h", "x", "j", "again") END), BPMN_RULE_DEADLOCK, "j"},
        /* Two joins that wait for one another. */
        {MODEL(START FLOW("f", "s", "g") AND("g") FLOW("p1", "g", "j") FLOW("p2", "g", "k") AND("j") AND("k") FLOW("r", "j", "k")
               FLOW("q", "k", "j") FLOW("w", "j", "e") END), BPMN_RULE_DEADLOCK, "j"},
        /* The same with a merge is a loop. */
        {MODEL(START FLOW("f", "s", "j") XOR("j", "") FLOW("g", "j", "x") XOR("x", "default='k'") FLOW("k", "x", "e")
               WHEN("h", "x", "j", "again") END), BPMN_RULES, ""},
        /* Without a way out. */
        {MODEL(START FLOW("f", "s", "j") XOR("j", "") FLOW("g", "j", "a") TASK("a") FLOW("h", "a", "j") FLOW("k", "s", "e") END),
         BPMN_RULE_NO_WAY_OUT, "j"},
        /* Two that only lead to one another. */
        {MODEL(START FLOW("f", "s", "e") END FLOW("g", "a", "b") FLOW("h", "b", "a") TASK("a") TASK("b") FLOW("k", "b", "e")),
         BPMN_RULE_DEAD, "a"},
        /* A boundary that interrupts takes the place of what follows; one that does not goes beside it. */
        {MODEL(START FLOW("f", "s", "a") TASK("a") "<boundaryEvent id='b' attachedToRef='a'><signalEventDefinition signalRef='S'/>"
               "</boundaryEvent>" FLOW("g", "b", "j") FLOW("h", "a", "j") XOR("j", "") FLOW("k", "j", "e") END), BPMN_RULES, ""},
        {MODEL(START FLOW("f", "s", "a") TASK("a") "<boundaryEvent id='b' attachedToRef='a'><signalEventDefinition signalRef='S'/>"
               "</boundaryEvent>" FLOW("g", "b", "j") FLOW("h", "a", "j") AND("j") FLOW("k", "j", "e") END), BPMN_RULE_DEADLOCK, "j"},
        {MODEL(START FLOW("f", "s", "a") TASK("a") "<boundaryEvent id='b' attachedToRef='a' cancelActivity='false'>"
               "<signalEventDefinition signalRef='S'/></boundaryEvent>" FLOW("g", "b", "j") FLOW("h", "a", "j") XOR("j", "")
               FLOW("k", "j", "e") END), BPMN_RULE_MANY_TOKENS, "j"},
        /* Links are ways like others. */
        {MODEL(START FLOW("f", "s", "t") "<intermediateThrowEvent id='t'><linkEventDefinition name='n'/></intermediateThrowEvent>"
               "<intermediateCatchEvent id='c'><linkEventDefinition name='n'/></intermediateCatchEvent>" FLOW("g", "c", "e") END),
         BPMN_RULES, ""},
        /* Without start events all begins at once. */
        {MODEL(TASK("a") TASK("b") FLOW("u", "a", "j") FLOW("v", "b", "j") AND("j")), BPMN_RULES, ""},
        {MODEL(TASK("a") TASK("b") FLOW("u", "a", "j") FLOW("v", "b", "j") TASK("j")), BPMN_RULE_MANY_TOKENS, "j"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(1 << 22);
        struct bpmn_report report;
        const struct bpmn *m;
        bool is_quiet = cases[i].rule == BPMN_RULES;
        if (bpmn_try(a, cases[i].xml, &m, &report) != RC_OK) {
            fail_msg("%zu: %.*s", i, STR_ARG(report.finding[0].en));
        }
        const struct bpmn_finding *f = is_quiet ? NULL : bpmn_find(&report, cases[i].rule);
        if (is_quiet ? report.count != 0 : f == NULL || !str_eq(f->id, str_of(cases[i].id))) {
            fail_msg("%zu: %s: %zu findings, %.*s %.*s", i, cases[i].xml, report.count,
                     report.count > 0 ? (int)report.finding[0].id.len : 0, report.count > 0 ? report.finding[0].id.ptr : "",
                     report.count > 0 ? (int)report.finding[0].en.len : 0, report.count > 0 ? report.finding[0].en.ptr : "");
        }
        arena_free(a);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_still_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
