/*
 * Whatever is read as a process model can be walked: every index leads somewhere or says that it does not, elements lie in their
 * scopes, flows are known on both sides, and each text runs within limits.  What cannot be read says why in two languages.
 */
#include "process/bpmn_int.h"
#include "process/gov.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct run_limits few = {.memory_bytes = 1 << 20, .steps = 20000, .stack_bytes = 160 << 10};

static void
check_index(uint32_t index, uint32_t count)
{
    CHECK(index == BPMN_NONE || index < count);
}

static void
check_run(struct bpmn_run run, uint32_t count)
{
    CHECK(run.count == 0 || (run.first < count && run.count <= count - run.first));
}

static void
check_element(const struct bpmn *m, uint32_t i)
{
    const struct bpmn_element *n = &m->element[i];
    const struct bpmn_run *around = &m->scope[n->scope].elements;

    CHECK(n->scope < m->scopes && i >= around->first && i - around->first < around->count);
    CHECK((n->kind == BPMN_SUB) == (n->inside != BPMN_NONE));
    CHECK(n->inside == BPMN_NONE || m->scope[n->inside].element == i);
    CHECK((n->kind == BPMN_BOUNDARY) == (n->attached != BPMN_NONE));
    check_run(n->events, m->events);
    check_run(n->mappings, m->mappings);
    check_run(n->extensions, m->extensions);
    check_index(n->attached, m->elements);
    check_index(n->handler, m->elements);
    check_index(n->fallback, m->flows);
    check_index(n->loop, m->loops);
    check_index(n->lane, m->lanes);
    check_index(n->script, m->texts);
    check_index(n->global, m->globals);
    check_index(n->called_process, m->processes);
    for (uint32_t j = 0; j < n->in.count; j++) {
        CHECK(m->flow[m->in[n->in.first + j]].to == i);
    }
    for (uint32_t j = 0; j < n->out.count; j++) {
        CHECK(m->flow[m->out[n->out.first + j]].from == i);
    }
    for (uint32_t j = 0; j < n->boundaries.count; j++) {
        CHECK(m->element[m->boundary[n->boundaries.first + j]].attached == i);
    }
}

static void
check_parts(const struct bpmn *m)
{
    for (uint32_t i = 0; i < m->flows; i++) {
        const struct bpmn_flow *f = &m->flow[i];
        CHECK(m->element[f->from].scope == f->scope && m->element[f->to].scope == f->scope);
        check_index(f->condition, m->texts);
    }
    for (uint32_t i = 0; i < m->events; i++) {
        const struct bpmn_event *e = &m->event[i];
        check_index(e->global, m->globals);
        check_index(e->target, m->elements);
        CHECK(e->trigger != BPMN_TIMER || (e->clock.len > 0 ? e->timer == BPMN_NONE : e->timer < m->timers));
        CHECK(e->trigger != BPMN_CONDITION || e->condition < m->texts);
    }
    for (uint32_t i = 0; i < m->mappings; i++) {
        CHECK(m->mapping[i].text < m->texts && m->mapping[i].target < m->data);
    }
    for (uint32_t i = 0; i < m->extensions; i++) {
        CHECK(m->extension[i].parent == BPMN_NONE || m->extension[i].parent < i);
        check_run(m->extension[i].attributes, m->attributes);
    }
}

static void
check_value(const struct bpmn *m, struct gov_value v)
{
    check_index(v.text, m->texts);
    CHECK(v.text == BPMN_NONE || str_starts(v.written, STR("=")));
}

/* What the extensions say leads somewhere, too. */
static void
check_gov(const struct bpmn *m, uint32_t i)
{
    const struct gov_element *g = gov_element(m, i);

    for (size_t j = 0; j < g->ons; j++) {
        CHECK(g->on[j].clock < gov_clocks(m) && gov_clock(m, g->on[j].clock)->process == m->scope[m->element[i].scope].process);
    }
    for (size_t j = 0; j < g->returns; j++) {
        CHECK(g->returns_to[j] < m->elements);
    }
    for (size_t j = 0; j < g->inputs; j++) {
        check_value(m, g->input[j].value);
    }
    for (size_t j = 0; j < g->outcomes; j++) {
        CHECK(gov_find_outcome(g, g->outcome[j].code) == &g->outcome[j]);
    }
    check_index(g->second_person, m->elements);
    check_value(m, g->message_key);
    CHECK(m->element[i].kind != BPMN_USER || g->result.len > 0);
}

static void
run_texts(const struct bpmn *m)
{
    struct run *r = run_new(&few, NULL);

    for (uint32_t i = 0; i < m->texts; i++) {
        const struct bpmn_text *t = &m->text[i];
        struct value out;
        struct err err;
        run_begin(r, 0, 0);
        struct value *slots = arena_alloc(run_arena(r), t->names.count + 1, sizeof(*slots));
        struct frame frame = {.slot = slots};
        for (uint32_t j = 0; j < t->names.count; j++) {
            CHECK(m->use[t->names.first + j] < m->variables);
        }
        if (slots != NULL) {
            enum rc rc = program_run(r, t->program, &frame, &out, &err);
            CHECK(rc == RC_OK || rc == RC_LIMIT);
        }
    }
    run_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(64 << 20);
    struct bpmn_report report;
    const struct bpmn *m;
    struct err err;
    enum rc rc = bpmn_read(a, (struct str){(const char *)data, size}, NULL, &m, &report, &err);

    CHECK(rc == RC_OK || rc == RC_INVALID || rc == RC_LIMIT);
    CHECK((rc == RC_OK) == (report.errors == 0));
    for (size_t i = 0; i < report.count; i++) {
        CHECK(report.finding[i].en.len > 0 && report.finding[i].zh.len > 0);
    }
    if (rc == RC_OK) {
        for (uint32_t i = 0; i < m->elements; i++) {
            check_element(m, i);
            check_gov(m, i);
        }
        check_parts(m);
        run_texts(m);
    }
    struct json *j = bpmn_report_json(a, &report);
    rc = json_whole(j, &err);
    CHECK(rc == RC_OK || rc == RC_LIMIT);
    arena_free(a);
    return 0;
}
