#include "process/needs.h"

#include "process/bpmn_int.h"
#include "process/gov.h"

struct looking {
    const struct bpmn *m;
    const struct task_forms *forms;
};

/* --- what is written ----------------------------------------------------------------------------------------- */

static bool
form_gives(const struct task_form *form, struct str name)
{
    const struct json *properties = form != NULL ? json_get(form->document, "properties") : NULL;

    return json_get_key(properties, name) != NULL;
}

/* The value of an input "as": under that name a job leaves what it found. */
static bool
job_gives(const struct looking *l, const struct gov_element *g, struct str name)
{
    for (size_t n = 0; n < g->inputs; n++) {
        const struct gov_value *v = &g->input[n].value;
        struct str text = v->text != BPMN_NONE ? l->m->text[v->text].text : v->written;
        if (g->job.len > 0 && str_eq(g->input[n].name, STR("as")) && str_find(text, name) < text.len) {
            return true;
        }
    }
    return false;
}

static bool
loop_gives(const struct bpmn *m, const struct bpmn_element *e, struct str name)
{
    static const char *const counters[] = {"loopCounter", "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"};
    const struct bpmn_loop *l = e->loop != BPMN_NONE ? &m->loop[e->loop] : NULL;

    for (size_t n = 0; n < sizeof(counters) / sizeof(counters[0]); n++) {
        if (l != NULL && str_eq(name, str_of(counters[n]))) {
            return true;
        }
    }
    return l != NULL && (str_eq(l->item, name) || str_eq(l->output_item, name) || (l->output != BPMN_NONE && str_eq(m->item[l->output].name, name)));
}

static bool
element_gives(const struct looking *l, uint32_t element, struct str name)
{
    const struct bpmn_element *e = &l->m->element[element];
    const struct gov_element *g = gov_element(l->m, element);

    if (str_eq(e->result, name) || str_eq(g->result, name) || loop_gives(l->m, e, name) || form_gives(task_form_find(l->forms, g->form), name) ||
        job_gives(l, g, name)) {
        return true;
    }
    for (size_t n = 0; n < g->outputs; n++) {
        if (str_eq(g->output[n].name, name)) {
            return true;
        }
    }
    for (uint32_t n = 0; n < e->mappings.count; n++) {
        const struct bpmn_mapping *p = &l->m->mapping[e->mappings.first + n];
        if (p->is_output && str_eq(l->m->item[p->target].name, name)) {
            return true;
        }
    }
    return false;
}

static bool
is_written(const struct looking *l, struct str name)
{
    for (uint32_t n = 0; n < l->m->elements; n++) {
        if (element_gives(l, n, name)) {
            return true;
        }
    }
    return false;
}

/* --- what is read --------------------------------------------------------------------------------------------- */

static bool
names(const struct bpmn *m, uint32_t text, struct str name)
{
    for (uint32_t n = 0; text != BPMN_NONE && n < m->text[text].names.count; n++) {
        if (str_eq(m->variable[m->use[m->text[text].names.first + n]], name)) {
            return true;
        }
    }
    return false;
}

/* What is taken of a called process is read among that one's variables. */
static bool
is_output(const struct bpmn *m, uint32_t text)
{
    for (uint32_t n = 0; n < m->elements; n++) {
        const struct gov_element *g = gov_element(m, n);
        for (size_t k = 0; k < g->outputs; k++) {
            if (g->output[k].value.text == text) {
                return true;
            }
        }
    }
    return false;
}

static uint32_t
text_that_reads(const struct bpmn *m, struct str name)
{
    for (uint32_t n = 0; n < m->texts; n++) {
        if (names(m, n, name) && !is_output(m, n)) {
            return n;
        }
    }
    return BPMN_NONE;
}

enum rc
needs_of(const struct bpmn *m, const struct task_forms *forms, struct need out[static NEEDS_MAX], size_t *count, struct err *err)
{
    const struct looking l = {.m = m, .forms = forms};
    size_t n = 0;

    for (uint32_t v = 0; v < m->variables; v++) {
        uint32_t text = is_written(&l, m->variable[v]) ? BPMN_NONE : text_that_reads(m, m->variable[v]);
        if (text == BPMN_NONE) {
            continue;
        }
        if (n == NEEDS_MAX) {
            return err_set(err, RC_LIMIT, "a process needs more than %d variables", NEEDS_MAX);
        }
        out[n++] = (struct need){m->variable[v], m->text[text].text, m->text[text].line};
    }
    *count = n;
    return RC_OK;
}
