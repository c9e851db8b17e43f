/* Looking at what the elements of BPMN_GOV say. */
#include "process/gov_int.h"

const char *const gov_at_names[] = {[GOV_ENTER] = "enter", [GOV_LEAVE] = "leave", [GOV_CANCEL] = "cancel",
                                    [GOV_SUPPLEMENT] = "supplement", [GOV_SUPPLY] = "supply", NULL};
const char *const gov_do_names[] = {[GOV_START] = "start", [GOV_PAUSE] = "pause", [GOV_RESUME] = "resume", [GOV_STOP] = "stop", NULL};
const char *const gov_clock_kinds[] = {
    [GOV_PROMISED] = "promised", [GOV_STATUTORY] = "statutory", [GOV_JOINT] = "joint", [GOV_DEPARTMENT] = "department", NULL};

const char *
gov_at_name(enum gov_at at)
{
    return gov_at_names[at];
}

const char *
gov_do_name(enum gov_do what)
{
    return gov_do_names[what];
}

const char *
gov_clock_kind_name(enum gov_clock_kind kind)
{
    return gov_clock_kinds[kind];
}

const struct gov_element *
gov_element(const struct bpmn *m, uint32_t element)
{
    return m->gov->element[element];
}

const struct gov_element *
gov_element_by_id(const struct bpmn *m, struct str id)
{
    uint32_t element = bpmn_find_element(m, id);

    return element != BPMN_NONE ? gov_element(m, element) : NULL;
}

size_t
gov_clocks(const struct bpmn *m)
{
    return m->gov->clocks;
}

const struct gov_clock *
gov_clock(const struct bpmn *m, size_t index)
{
    return &m->gov->clock[index];
}

uint32_t
gov_find_clock(const struct bpmn *m, uint32_t process, struct str id)
{
    for (uint32_t i = 0; i < m->gov->clocks; i++) {
        if (m->gov->clock[i].process == process && str_eq(m->gov->clock[i].id, id)) {
            return i;
        }
    }
    return BPMN_NONE;
}

const struct gov_outcome *
gov_find_outcome(const struct gov_element *g, struct str code)
{
    for (size_t i = 0; i < g->outcomes; i++) {
        if (str_eq(g->outcome[i].code, code)) {
            return &g->outcome[i];
        }
    }
    return NULL;
}
