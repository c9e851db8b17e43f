/* Whether two things of two versions of a model say the same. */
#include "process/gov.h"
#include "process/migration_int.h"

bool
alike_text(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y)
{
    return x == BPMN_NONE || y == BPMN_NONE ? x == y : str_eq(a->text[x].text, b->text[y].text);
}

static bool
same_date(const struct temporal *a, const struct temporal *b)
{
    struct duration between;

    return a->kind == b->kind && a->place == b->place && temporal_subtract(a, b, &between) && between.second == 0 && between.nanosecond == 0;
}

bool
alike_timer(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y)
{
    if (x == BPMN_NONE || y == BPMN_NONE) {
        return x == y;
    }
    const struct bpmn_timer *t = &a->timer[x], *u = &b->timer[y];
    return t->kind == u->kind && alike_text(a, t->text, b, u->text) && t->repeats == u->repeats && t->has_date == u->has_date &&
           t->is_months == u->is_months && t->months == u->months && t->duration.second == u->duration.second &&
           t->duration.nanosecond == u->duration.nanosecond && (!t->has_date || same_date(&t->date, &u->date));
}

static struct str
global_name(const struct bpmn *m, uint32_t global)
{
    return global != BPMN_NONE ? m->global[global].name : STR("");
}

static bool
same_code(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y)
{
    return x == BPMN_NONE || y == BPMN_NONE ? x == y : str_eq(a->global[x].code, b->global[y].code);
}

bool
alike_wait(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y)
{
    const struct bpmn_event *e = &a->event[x], *f = &b->event[y];

    if (e->trigger != f->trigger) {
        return false;
    }
    switch (e->trigger) {
    case BPMN_MESSAGE:
    case BPMN_SIGNAL:
        return str_eq(global_name(a, e->global), global_name(b, f->global));
    case BPMN_FAILURE:
    case BPMN_ESCALATION:
        return same_code(a, e->global, b, f->global);
    case BPMN_TIMER:
        return str_eq(e->clock, f->clock) && str_eq(e->when, f->when);
    case BPMN_CONDITION:
    case BPMN_LINK:
    case BPMN_COMPENSATION:
    case BPMN_TERMINATE:
    case BPMN_TRIGGERS:
        return true;
    }
    return false;
}

bool
alike_event(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y)
{
    const struct bpmn_event *e = &a->event[x], *f = &b->event[y];

    return alike_wait(a, x, b, y) && alike_text(a, e->condition, b, f->condition) && alike_timer(a, e->timer, b, f->timer);
}

bool
alike_key(const struct bpmn *a, uint32_t x, const struct bpmn *b, uint32_t y)
{
    return str_eq(gov_element(a, x)->message_key.written, gov_element(b, y)->message_key.written);
}

uint32_t
alike_event_of(const struct migration *m, uint32_t x, uint32_t k, uint32_t y)
{
    const struct bpmn_run f = m->from->element[x].events, t = m->to->element[y].events;
    uint32_t beside = t.first + (k - f.first), found = BPMN_NONE;

    if (k - f.first < t.count && alike_event(m->from, k, m->to, beside)) {
        return beside;
    }
    for (uint32_t n = t.first; n < t.first + t.count && found == BPMN_NONE; n++) {
        found = alike_event(m->from, k, m->to, n) ? n : BPMN_NONE;
    }
    return found == BPMN_NONE && k - f.first < t.count && alike_wait(m->from, k, m->to, beside) ? beside : found;
}

/* --- repeated activities ------------------------------------------------------------------------------------ */

static bool
same_names(const struct bpmn_loop *l, const struct bpmn_loop *k)
{
    return str_eq(l->item, k->item) && str_eq(l->output_item, k->output_item);
}

static bool
same_output(const struct migration *m, uint32_t x, uint32_t y)
{
    return x == BPMN_NONE || y == BPMN_NONE ? x == y : str_eq(m->from->item[x].name, m->to->item[y].name);
}

static bool
same_loop(const struct migration *m, uint32_t x, uint32_t y)
{
    if (x == BPMN_NONE || y == BPMN_NONE) {
        return x == y;
    }
    const struct bpmn_loop *l = &m->from->loop[x], *k = &m->to->loop[y];
    return l->kind == k->kind && alike_text(m->from, l->condition, m->to, k->condition) &&
           alike_text(m->from, l->cardinality, m->to, k->cardinality) && alike_text(m->from, l->collection, m->to, k->collection) &&
           same_names(l, k) && same_output(m, l->output, k->output) && l->maximum == k->maximum && l->tests_before == k->tests_before &&
           l->behaviour == k->behaviour && (l->event == BPMN_NONE) == (k->event == BPMN_NONE) &&
           (l->event == BPMN_NONE || alike_event(m->from, l->event, m->to, k->event));
}

static bool
same_signing(const struct migration *m, uint32_t x, uint32_t y)
{
    const struct gov_countersign *a = gov_element(m->from, x)->countersign, *b = gov_element(m->to, y)->countersign;

    return a == NULL || b == NULL ? a == b : a->rule == b->rule && str_eq(a->pass, b->pass);
}

static bool
same_flows(const struct migration *m, uint32_t x)
{
    const struct bpmn_run *out = &m->from->element[x].out;

    for (uint32_t n = 0; n < out->count; n++) {
        uint32_t f = m->from->out[out->first + n], t = m->flow[f];
        if (t == BPMN_NONE || m->to->flow[t].from != m->element[x] ||
            !alike_text(m->from, m->from->flow[f].condition, m->to, m->to->flow[t].condition)) {
            return false;
        }
    }
    return out->count == m->to->element[m->element[x]].out.count;
}

static bool
same_element(const struct migration *m, uint32_t x, uint32_t y)
{
    const struct bpmn_element *e = &m->from->element[x], *f = &m->to->element[y];

    return e->kind == f->kind && same_loop(m, e->loop, f->loop) && same_signing(m, x, y) && str_eq(e->result, f->result) &&
           alike_text(m->from, e->script, m->to, f->script);
}

/* Models are nested BPMN_DEPTH_MAX deep at most. */
static bool
same_inside(const struct migration *m, uint32_t x, uint32_t y)
{
    if (x == BPMN_NONE || y == BPMN_NONE) {
        return x == y;
    }
    const struct bpmn_run run = m->from->scope[x].elements;
    for (uint32_t n = run.first; n < run.first + run.count; n++) {
        uint32_t to = m->element[n];
        if (to == BPMN_NONE || m->to->element[to].scope != y || !same_element(m, n, to) || !same_flows(m, n) ||
            !same_inside(m, m->from->element[n].inside, m->to->element[to].inside)) {
            return false;
        }
    }
    return run.count == m->to->scope[y].elements.count;
}

bool
alike_repeated(const struct migration *m, uint32_t x, uint32_t y)
{
    const struct bpmn_element *e = &m->from->element[x], *f = &m->to->element[y];

    return (e->loop == BPMN_NONE && f->loop == BPMN_NONE) || (same_element(m, x, y) && same_inside(m, e->inside, f->inside));
}
