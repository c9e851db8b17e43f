/* test_bpmn - for tests: small process models in few words. */
#ifndef PROCESS_TEST_BPMN_H
#define PROCESS_TEST_BPMN_H

#include <string.h>

#include "process/bpmn_int.h"

#define OPEN "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:gov='" BPMN_GOV "' id='model' name='m'>\n"
#define BESIDE "<message id='M' name='order'/><signal id='S' name='stop'/><error id='E' name='bad' errorCode='e1'/>" \
               "<escalation id='L' name='late' escalationCode='l1'/>"
#define PROCESS(inside) BESIDE "<process id='p' isExecutable='true'>\n" inside "\n</process>"
#define CLOSE "</definitions>"
#define MODEL(inside) OPEN PROCESS(inside) CLOSE
#define START "<startEvent id='s'/>"
#define END "<endEvent id='e'/>"
#define FLOW(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define WHEN(id, from, to, feel) \
    "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'><conditionExpression>" feel "</conditionExpression></sequenceFlow>"
/* s → a → e, where a is what is tried. */
#define AROUND(a) MODEL(START FLOW("f1", "s", "a") "\n" a "\n" FLOW("f2", "a", "e") END)

static inline const struct bpmn_finding *
bpmn_find(const struct bpmn_report *report, enum bpmn_rule rule)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->finding[i].rule == rule) {
            return &report->finding[i];
        }
    }
    return NULL;
}

static inline enum rc
bpmn_try(struct arena *a, const char *xml, const struct bpmn **m, struct bpmn_report *report)
{
    struct err err;

    return bpmn_read(a, str_of(xml), NULL, m, report, &err);
}

/* The element of that id; the test ends if there is none. */
static inline const struct bpmn_element *
bpmn_named(const struct bpmn *m, const char *id)
{
    uint32_t i = bpmn_find_element(m, str_of(id));

    CHECK(i != BPMN_NONE);
    return &m->element[i];
}

#endif
