/*
 * What would leave a case without anybody to go on: tasks that name nobody, outcomes that nothing asks for, a way back that is none.
 *
 * Ways are followed forward without asking conditions, so they are more than really occur.
 */
#include <string.h>

#include "process/gov_int.h"

#define NOTHING STR(""), STR("")

/* --- ways on ----------------------------------------------------------------------------------------- */

static bool
is_link(const struct bpmn *m, const struct bpmn_element *n)
{
    return n->events.count > 0 && m->event[n->events.first].trigger == BPMN_LINK;
}

bool
gov_begins(const struct bpmn *m, uint32_t element)
{
    const struct bpmn_element *n = &m->element[element];

    if (n->is_compensation || n->is_event_sub) {
        return false;
    }
    return m->scope[n->scope].has_start ? n->kind == BPMN_START
                                        : n->in.count == 0 && n->kind != BPMN_BOUNDARY && !(n->kind == BPMN_CATCH && is_link(m, n));
}

bool
gov_is_last(const struct bpmn *m, uint32_t element)
{
    const struct bpmn_element *n = &m->element[element];

    return n->out.count == 0 && !n->is_compensation && !n->is_event_sub && !(n->kind == BPMN_THROW && is_link(m, n));
}

void
gov_each_begin(const struct bpmn *m, uint32_t scope, gov_visit *visit, void *ctx)
{
    struct bpmn_run run = m->scope[scope].elements;

    for (uint32_t i = run.first; i < run.first + run.count; i++) {
        if (gov_begins(m, i)) {
            visit(ctx, i);
        }
    }
}

void
gov_each_next(const struct bpmn *m, uint32_t element, gov_visit *visit, void *ctx)
{
    const struct bpmn_element *n = &m->element[element];

    if (n->kind == BPMN_THROW && is_link(m, n)) {
        visit(ctx, m->event[n->events.first].target);
        return;
    }
    while (n->out.count == 0 && m->scope[n->scope].element != BPMN_NONE) {
        n = &m->element[m->scope[n->scope].element];
    }
    for (uint32_t i = 0; i < n->out.count; i++) {
        visit(ctx, m->flow[m->out[n->out.first + i]].to);
    }
}

void
gov_each_way(const struct bpmn *m, uint32_t element, gov_visit *visit, void *ctx)
{
    const struct bpmn_element *n = &m->element[element];

    gov_each_next(m, element, visit, ctx);
    for (uint32_t i = 0; i < n->boundaries.count; i++) {
        visit(ctx, m->boundary[n->boundaries.first + i]);
    }
    if (n->inside != BPMN_NONE) {
        gov_each_begin(m, n->inside, visit, ctx);
    }
    if (n->handler != BPMN_NONE) {
        visit(ctx, n->handler);
    }
}

struct walk {
    struct bpmn_reader *r;
    const struct bpmn *m;
    uint8_t *seen, *seen_scope;
    uint32_t *queue, count;
};

static void
go(void *ctx, uint32_t element)
{
    struct walk *w = ctx;

    if (!w->seen[element]) {
        w->seen[element] = 1;
        w->queue[w->count++] = element;
    }
}

/* An event sub-process may begin wherever a case stands in the scope around it. */
static void
go_beside(struct walk *w, uint32_t scope)
{
    struct bpmn_run run = w->m->scope[scope].elements;

    if (w->seen_scope[scope]) {
        return;
    }
    w->seen_scope[scope] = 1;
    for (uint32_t i = run.first; i < run.first + run.count; i++) {
        if (w->m->element[i].is_event_sub) {
            go(w, i);
        }
    }
}

static void
forget(struct walk *w)
{
    memset(w->seen, 0, w->m->elements);
    memset(w->seen_scope, 0, w->m->scopes);
    w->count = 0;
}

/* --- the way back -------------------------------------------------------------------------------------- */

static bool
is_around(const struct bpmn *m, uint32_t outer, uint32_t scope)
{
    while (scope != outer && scope != BPMN_NONE) {
        scope = m->scope[scope].parent;
    }
    return scope == outer;
}

/* As the engine has it: to what is entered on a way, in this scope or one around it. */
bool
gov_goes_back(const struct bpmn *m, uint32_t from, uint32_t to)
{
    const struct bpmn_element *n = &m->element[to];

    return to != from && n->kind != BPMN_START && n->kind != BPMN_BOUNDARY && !n->is_event_sub && !n->is_compensation &&
           is_around(m, n->scope, m->element[from].scope);
}

static bool
leads_to(struct walk *w, uint32_t from, uint32_t to)
{
    forget(w);
    gov_each_way(w->m, from, go, w);
    while (w->count > 0 && !w->seen[to]) {
        uint32_t at = w->queue[--w->count];
        gov_each_way(w->m, at, go, w);
        go_beside(w, w->m->element[at].scope);
    }
    return w->seen[to];
}

static void
check_returns(struct walk *w, uint32_t element)
{
    const struct gov_element *g = gov_element(w->m, element);

    for (size_t i = 0; i < g->returns; i++) {
        uint32_t to = g->returns_to[i];
        if (!gov_goes_back(w->m, element, to) || !leads_to(w, to, element)) {
            bpmn_say_element(w->r, BPMN_RULE_RETURN_TARGET, element, w->m->element[to].id, STR(""));
        }
    }
}

/* --- outcomes ------------------------------------------------------------------------------------------ */

static bool
asks_for(const struct bpmn *m, const struct gov_asked *t, uint32_t text)
{
    struct bpmn_run names = text != BPMN_NONE ? m->text[text].names : (struct bpmn_run){0, 0};

    for (uint32_t i = 0; i < names.count; i++) {
        struct str name = m->variable[m->use[names.first + i]];
        if (str_eq(name, t->variable) || (t->list.len > 0 && str_eq(name, t->list))) {
            return true;
        }
    }
    return false;
}

static void
test_text(struct walk *w, struct gov_asked *t, uint32_t text)
{
    if (asks_for(w->m, t, text)) {
        gov_ask(t, w->m->text[text].program);
    }
}

/* Where ways part: a condition that asks, and a way for whatever it did not ask for. */
static void
test_parting(struct walk *w, struct gov_asked *t, const struct bpmn_element *n)
{
    bool asks = false, has_other = false;

    for (uint32_t i = 0; i < n->out.count; i++) {
        uint32_t flow = w->m->out[n->out.first + i], condition = w->m->flow[flow].condition;
        asks = asks || asks_for(w->m, t, condition);
        has_other = has_other || flow == n->fallback || condition == BPMN_NONE;
        test_text(w, t, condition);
    }
    t->all = t->all || (asks && has_other);
}

static void
test_element(struct walk *w, struct gov_asked *t, uint32_t element)
{
    const struct bpmn_element *n = &w->m->element[element];
    const struct gov_element *own = gov_element(w->m, element);

    test_parting(w, t, n);
    test_text(w, t, n->script);
    for (size_t i = 0; i < own->inputs; i++) {
        test_text(w, t, own->input[i].value.text);
    }
    for (uint32_t i = 0; i < n->mappings.count; i++) {
        test_text(w, t, w->m->mapping[n->mappings.first + i].text);
    }
    for (uint32_t i = 0; i < n->events.count; i++) {
        test_text(w, t, w->m->event[n->events.first + i].condition);
    }
    if (n->loop != BPMN_NONE) {
        test_text(w, t, w->m->loop[n->loop].condition);
        test_text(w, t, w->m->loop[n->loop].collection);
    }
}

/* Once it is written anew, what comes after asks for something else; only where the writing was broken off the old one goes on. */
static void
go_on(struct walk *w, const struct gov_asked *t, uint32_t element)
{
    const struct bpmn_element *n = &w->m->element[element];

    go_beside(w, n->scope);
    if (!str_eq(gov_element(w->m, element)->result, t->variable)) {
        gov_each_way(w->m, element, go, w);
        return;
    }
    for (uint32_t i = 0; i < n->boundaries.count; i++) {
        go(w, w->m->boundary[n->boundaries.first + i]);
    }
}

static bool
check_outcomes(struct walk *w, uint32_t element)
{
    const struct gov_element *g = gov_element(w->m, element);
    const struct bpmn_element *n = &w->m->element[element];
    struct gov_asked t = {.variable = g->result, .list = STR(""), .outcomes = g->outcomes, .outcome = g->outcome,
                          .code = bpmn_room(w->r, g->outcomes, sizeof(bool))};

    if (t.code == NULL) {
        return false;
    }
    if (n->loop != BPMN_NONE) {
        uint32_t output = w->m->loop[n->loop].output;
        t.list = output != BPMN_NONE ? w->m->item[output].name : STR("");
        test_text(w, &t, w->m->loop[n->loop].condition);
    }
    forget(w);
    test_parting(w, &t, n);
    gov_each_next(w->m, element, go, w);
    while (w->count > 0 && !t.all) {
        uint32_t at = w->queue[--w->count];
        test_element(w, &t, at);
        go_on(w, &t, at);
    }
    for (size_t i = 0; i < g->outcomes; i++) {
        if (!t.all && !t.code[i]) {
            bpmn_say_element(w->r, BPMN_RULE_OUTCOME_UNHANDLED, element, g->outcome[i].code, STR(""));
        }
    }
    return true;
}

/* --- who and what ------------------------------------------------------------------------------------- */

static void
check_power(struct walk *w, uint32_t element)
{
    const struct gov_element *g = gov_element(w->m, element);

    for (size_t i = 0; i < g->outcomes; i++) {
        bool has_power = g->outcome[i].power.written.len > 0 || (g->assignment != NULL && g->assignment->power.written.len > 0);
        if (str_eq(g->outcome[i].act, STR("decide")) && !has_power) {
            bpmn_say_element(w->r, BPMN_RULE_OUTCOME_POWER, element, g->outcome[i].code, STR(""));
        }
    }
}

static void
check_work(struct walk *w, uint32_t element)
{
    const struct gov_element *g = gov_element(w->m, element);
    enum bpmn_kind kind = w->m->element[element].kind;

    if (kind == BPMN_USER && g->assignment == NULL) {
        bpmn_say_element(w->r, BPMN_RULE_NO_ASSIGNMENT, element, NOTHING);
    }
    if (kind == BPMN_SERVICE && g->job.len == 0) {
        bpmn_say_element(w->r, BPMN_RULE_NO_JOB, element, NOTHING);
    }
    if (kind == BPMN_RULE && g->rule.written.len == 0) {
        bpmn_say_element(w->r, BPMN_RULE_NO_RULE, element, NOTHING);
    }
}

bool
gov_check(struct bpmn_reader *r)
{
    const struct bpmn *m = &r->made;
    struct walk w = {.r = r, .m = m, .seen = bpmn_room(r, m->elements, 1), .seen_scope = bpmn_room(r, m->scopes, 1),
                     .queue = bpmn_room(r, m->elements, sizeof(uint32_t))};

    if (w.seen == NULL || w.seen_scope == NULL || w.queue == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < m->elements; i++) {
        check_work(&w, i);
        check_power(&w, i);
        check_returns(&w, i);
        if (gov_element(m, i)->outcomes > 1 && !check_outcomes(&w, i)) {
            return false;
        }
    }
    return true;
}
