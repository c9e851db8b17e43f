/* The rules of the standard that a drawing has to keep (BPMN 2.0.2, chapters 10 and 13). */
#include "process/bpmn_read_int.h"

#define NOTHING STR(""), STR("")

struct checker {
    struct bpmn_reader *r;
    const struct bpmn *m;
};

static uint32_t
nth_out(const struct checker *c, const struct bpmn_element *n, uint32_t i)
{
    return c->m->out[n->out.first + i];
}

static const struct bpmn_event *
event_of(const struct checker *c, const struct bpmn_element *n, uint32_t i)
{
    return &c->m->event[n->events.first + i];
}

static bool
has_trigger(const struct checker *c, const struct bpmn_element *n, enum bpmn_trigger trigger)
{
    for (uint32_t i = 0; i < n->events.count; i++) {
        if (event_of(c, n, i)->trigger == trigger) {
            return true;
        }
    }
    return false;
}

static bool
is_in_event_sub(const struct checker *c, const struct bpmn_element *n)
{
    uint32_t around = c->m->scope[n->scope].element;

    return around != BPMN_NONE && c->m->element[around].is_event_sub;
}

/* --- flows ---------------------------------------------------------------------------------------- */

static void
check_flow(const struct checker *c, uint32_t i)
{
    const struct bpmn_flow *f = &c->m->flow[i];
    const struct bpmn_element *from = &c->m->element[f->from], *to = &c->m->element[f->to];

    if (from->scope != to->scope || from->scope != f->scope) {
        bpmn_say_flow(c->r, BPMN_RULE_CROSSING, i, NOTHING);
    }
    if (f->condition == BPMN_NONE) {
        return;
    }
    if (from->kind == BPMN_PARALLEL || from->fallback == i) {
        bpmn_say_flow(c->r, BPMN_RULE_CONDITION_IGNORED, i, NOTHING);
    } else if (!bpmn_is_activity(from->kind) && from->kind != BPMN_EXCLUSIVE && from->kind != BPMN_INCLUSIVE &&
               from->kind != BPMN_EVENT_BASED) { /* of which another rule speaks */
        bpmn_say_flow(c->r, BPMN_RULE_CONDITION_SOURCE, i, NOTHING);
    }
}

/* What begins and ends by itself: a start, what stands on a boundary, a link's target, an event sub-process, compensation. */
static bool
begins_by_itself(const struct checker *c, const struct bpmn_element *n)
{
    return n->kind == BPMN_START || n->kind == BPMN_BOUNDARY || n->is_event_sub || n->is_compensation ||
           (n->kind == BPMN_CATCH && has_trigger(c, n, BPMN_LINK));
}

static bool
ends_by_itself(const struct checker *c, const struct bpmn_element *n)
{
    return n->kind == BPMN_END || n->is_event_sub || n->is_compensation || (n->kind == BPMN_THROW && has_trigger(c, n, BPMN_LINK)) ||
           (n->kind == BPMN_BOUNDARY && has_trigger(c, n, BPMN_COMPENSATION));
}

static void
check_ends(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];
    const struct bpmn_scope *s = &c->m->scope[n->scope];

    if (n->in.count == 0 && s->has_start && !begins_by_itself(c, n)) {
        bpmn_say_element(c->r, BPMN_RULE_NO_INCOMING, i, NOTHING);
    }
    if (n->out.count == 0 && s->has_end && !ends_by_itself(c, n)) {
        bpmn_say_element(c->r, BPMN_RULE_NO_OUTGOING, i, NOTHING);
    }
    if (n->fallback != BPMN_NONE && c->m->flow[n->fallback].from != i) {
        bpmn_say_element(c->r, BPMN_RULE_DEFAULT, i, c->m->flow[n->fallback].id, STR(""));
    }
    if (n->is_event_sub && n->in.count + n->out.count > 0) {
        bpmn_say_element(c->r, BPMN_RULE_EVENT_FLOW, i, NOTHING);
    }
    if (n->is_compensation && n->in.count + n->out.count > 0) {
        bpmn_say_element(c->r, BPMN_RULE_HANDLER_FLOW, i, NOTHING);
    }
}

/* --- events --------------------------------------------------------------------------------------- */

#define BIT(trigger) (1U << BPMN_##trigger)
#define OUTSIDE (BIT(MESSAGE) | BIT(SIGNAL) | BIT(TIMER) | BIT(CONDITION))

static unsigned
allowed_triggers(const struct checker *c, const struct bpmn_element *n)
{
    static const unsigned allowed[BPMN_KINDS] = {
        [BPMN_START] = OUTSIDE | BIT(FAILURE) | BIT(ESCALATION) | BIT(COMPENSATION),
        [BPMN_END] = BIT(MESSAGE) | BIT(SIGNAL) | BIT(FAILURE) | BIT(ESCALATION) | BIT(COMPENSATION) | BIT(TERMINATE),
        [BPMN_CATCH] = OUTSIDE | BIT(LINK),
        [BPMN_THROW] = BIT(MESSAGE) | BIT(SIGNAL) | BIT(ESCALATION) | BIT(COMPENSATION) | BIT(LINK),
        [BPMN_BOUNDARY] = OUTSIDE | BIT(FAILURE) | BIT(ESCALATION) | BIT(COMPENSATION),
    };
    bool is_outermost = n->kind == BPMN_START && c->m->scope[n->scope].element == BPMN_NONE;

    return is_outermost ? OUTSIDE : allowed[n->kind];
}

/* An error or an escalation that is thrown has a code, or nobody could tell it from another. */
static void
check_thrown(const struct checker *c, uint32_t i, const struct bpmn_event *e)
{
    if ((e->trigger == BPMN_FAILURE || e->trigger == BPMN_ESCALATION) &&
        (e->global == BPMN_NONE || c->m->global[e->global].code.len == 0)) {
        bpmn_say_element(c->r, BPMN_RULE_CODE, i, str_of(bpmn_trigger_tag(e->trigger)), STR(""));
    }
}

static void
check_triggers(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];
    unsigned allowed = allowed_triggers(c, n);
    bool is_outermost = n->kind == BPMN_START && c->m->scope[n->scope].element == BPMN_NONE;
    bool is_nested = n->kind == BPMN_START && !is_outermost && !is_in_event_sub(c, n);

    if (is_nested && n->events.count > 0) {
        bpmn_say_element(c->r, BPMN_RULE_NESTED_START, i, NOTHING);
        return;
    }
    for (uint32_t j = 0; j < n->events.count; j++) {
        const struct bpmn_event *e = event_of(c, n, j);
        if ((allowed & (1U << e->trigger)) == 0) {
            bpmn_say_element(c->r, BPMN_RULE_TRIGGER, i, str_of(bpmn_trigger_tag(e->trigger)), STR(""));
        } else if (n->kind == BPMN_END || n->kind == BPMN_THROW) {
            check_thrown(c, i, e);
        } else if (is_outermost && (e->trigger == BPMN_CONDITION || (e->timer != BPMN_NONE && c->m->timer[e->timer].text != BPMN_NONE))) {
            bpmn_say_element(c->r, BPMN_RULE_BEGINS_NEVER, i, NOTHING);
        }
        bool must_interrupt = e->trigger == BPMN_FAILURE || (e->trigger == BPMN_COMPENSATION && n->kind == BPMN_START);
        if ((n->kind == BPMN_BOUNDARY || n->kind == BPMN_START) && !n->is_interrupting && must_interrupt) {
            bpmn_say_element(c->r, BPMN_RULE_INTERRUPTING, i, str_of(bpmn_trigger_tag(e->trigger)), STR(""));
        }
    }
    if (n->events.count == 0 && (n->kind == BPMN_CATCH || n->kind == BPMN_BOUNDARY || is_in_event_sub(c, n)) && n->kind != BPMN_END &&
        n->kind != BPMN_THROW) {
        bpmn_say_element(c->r, BPMN_RULE_NO_TRIGGER, i, NOTHING);
    }
}

static void
check_boundary(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i], *on = &c->m->element[n->attached];
    bool compensates = has_trigger(c, n, BPMN_COMPENSATION);

    if (!bpmn_is_activity(on->kind) || on->is_event_sub || on->scope != n->scope) {
        bpmn_say_element(c->r, BPMN_RULE_ATTACHED, i, NOTHING);
    }
    if (n->in.count > 0) {
        bpmn_say_element(c->r, BPMN_RULE_BOUNDARY_INCOMING, i, NOTHING);
    }
    if (compensates && (n->handler == BPMN_NONE || !c->m->element[n->handler].is_compensation ||
                        c->m->element[n->handler].scope != n->scope)) {
        bpmn_say_element(c->r, BPMN_RULE_HANDLER, i, NOTHING);
    }
    if (compensates ? n->out.count > 0 : n->out.count == 0 && !c->m->scope[n->scope].has_end) {
        bpmn_say_element(c->r, compensates ? BPMN_RULE_HANDLER_FLOW : BPMN_RULE_NO_OUTGOING, i, NOTHING);
    }
}

static void
check_event(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];

    check_triggers(c, i);
    if (n->kind == BPMN_START && n->in.count > 0) {
        bpmn_say_element(c->r, BPMN_RULE_START_INCOMING, i, NOTHING);
    }
    if (n->kind == BPMN_END && n->out.count > 0) {
        bpmn_say_element(c->r, BPMN_RULE_END_OUTGOING, i, NOTHING);
    }
    if (n->kind == BPMN_BOUNDARY) {
        check_boundary(c, i);
    }
}

/* --- links ---------------------------------------------------------------------------------------- */

/* The targets of a link in its scope; a throw's is kept. */
static void
check_link(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];
    const struct bpmn_run *beside = &c->m->scope[n->scope].elements;
    uint32_t targets = 0;

    if (!has_trigger(c, n, BPMN_LINK) || (n->kind != BPMN_THROW && n->kind != BPMN_CATCH)) {
        return;
    }
    struct bpmn_event *e = BPMN_AT(c->r->events, bpmn_event, n->events.first);
    for (uint32_t j = beside->first; j < beside->first + beside->count; j++) {
        const struct bpmn_element *other = &c->m->element[j];
        bool is_same = other->kind == BPMN_CATCH && other->events.count > 0 && event_of(c, other, 0)->trigger == BPMN_LINK &&
                       str_eq(event_of(c, other, 0)->link, e->link);
        targets += is_same;
        e->target = is_same && n->kind == BPMN_THROW ? j : e->target;
    }
    if (targets != 1 || e->link.len == 0 || n->events.count != 1) {
        bpmn_say_element(c->r, BPMN_RULE_LINK, i, e->link, STR(""));
    }
    if ((n->kind == BPMN_THROW ? n->out.count : n->in.count) > 0) {
        bpmn_say_element(c->r, BPMN_RULE_LINK_FLOW, i, NOTHING);
    }
}

/* --- gateways ------------------------------------------------------------------------------------- */

static void
check_direction(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];
    struct str direction = str_trim(xml_attribute(bpmn_xml_at(&c->r->element_xml, i), "gatewayDirection"));
    bool joins = n->in.count > 1, splits = n->out.count > 1;
    bool is_good = direction.len == 0 || str_eq(direction, STR("Unspecified")) || (str_eq(direction, STR("Converging")) && !splits) ||
                   (str_eq(direction, STR("Diverging")) && !joins) || (str_eq(direction, STR("Mixed")) && joins && splits);

    if (!is_good) {
        bpmn_say_element(c->r, BPMN_RULE_DIRECTION, i, direction, STR(""));
    }
}

static void
check_event_gateway(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];
    bool has_message = false, has_receive = false, is_good = n->out.count >= 2;

    for (uint32_t j = 0; j < n->out.count; j++) {
        const struct bpmn_flow *f = &c->m->flow[nth_out(c, n, j)];
        const struct bpmn_element *to = &c->m->element[f->to];
        bool is_target = (to->kind == BPMN_CATCH && !has_trigger(c, to, BPMN_LINK)) || (to->kind == BPMN_RECEIVE && to->boundaries.count == 0);
        is_good = is_good && f->condition == BPMN_NONE;
        has_receive = has_receive || to->kind == BPMN_RECEIVE;
        has_message = has_message || (to->kind == BPMN_CATCH && has_trigger(c, to, BPMN_MESSAGE));
        if (!is_target || to->in.count != 1) {
            bpmn_say_element(c->r, BPMN_RULE_EVENT_TARGET, f->to, NOTHING);
        }
    }
    if (!is_good) {
        bpmn_say_element(c->r, BPMN_RULE_EVENT_GATEWAY, i, NOTHING);
    }
    if (has_message && has_receive) {
        bpmn_say_element(c->r, BPMN_RULE_EVENT_MIXED, i, NOTHING);
    }
}

/* An exclusive gateway takes the first flow whose condition holds. */
static void
check_choice(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];
    bool always = n->fallback != BPMN_NONE;

    for (uint32_t j = 0; n->out.count > 1 && j < n->out.count; j++) {
        uint32_t flow = nth_out(c, n, j);
        if (c->m->flow[flow].condition == BPMN_NONE && flow != n->fallback) {
            always = true;
            if (n->kind == BPMN_EXCLUSIVE) {
                bpmn_say_flow(c->r, BPMN_RULE_NO_CONDITION, flow, c->m->flow[flow].id, STR(""));
            }
        }
    }
    if (!always && n->out.count > 1) {
        bpmn_say_element(c->r, BPMN_RULE_NO_DEFAULT, i, NOTHING);
    }
}

static void
check_gateway(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];

    check_direction(c, i);
    if (n->kind == BPMN_EVENT_BASED) {
        check_event_gateway(c, i);
    }
    if (n->kind == BPMN_EXCLUSIVE || n->kind == BPMN_INCLUSIVE) {
        check_choice(c, i);
    }
}

/* --- scopes --------------------------------------------------------------------------------------- */

static void
check_scope(const struct checker *c, uint32_t i)
{
    const struct bpmn_scope *s = &c->m->scope[i];
    const struct xml *e = bpmn_xml_at(&c->r->scope_xml, i);
    uint32_t starts = 0;

    for (uint32_t j = s->elements.first; j < s->elements.first + s->elements.count; j++) {
        starts += c->m->element[j].kind == BPMN_START;
    }
    if (s->element != BPMN_NONE && c->m->element[s->element].is_event_sub) {
        if (starts != 1) {
            bpmn_say(c->r, BPMN_RULE_EVENT_START, e, NOTHING);
        }
    } else if (s->has_start != s->has_end) {
        bpmn_say(c->r, BPMN_RULE_START_AND_END, e, NOTHING);
    }
}

/* --- what nobody catches -------------------------------------------------------------------------- */

static bool
catches(const struct checker *c, const struct bpmn_element *n, const struct bpmn_event *thrown)
{
    for (uint32_t i = 0; i < n->events.count; i++) {
        const struct bpmn_event *e = event_of(c, n, i);
        if (e->trigger == thrown->trigger && (e->global == BPMN_NONE || thrown->global == BPMN_NONE ||
                                              str_eq(c->m->global[e->global].code, c->m->global[thrown->global].code))) {
            return true;
        }
    }
    return false;
}

/* An event sub-process of that scope, or the boundary of the sub-process that the scope is. */
static bool
scope_catches(const struct checker *c, uint32_t scope, const struct bpmn_event *thrown)
{
    const struct bpmn_scope *s = &c->m->scope[scope];

    for (uint32_t i = s->elements.first; i < s->elements.first + s->elements.count; i++) {
        const struct bpmn_element *n = &c->m->element[i];
        const struct bpmn_run *inside = n->is_event_sub ? &c->m->scope[n->inside].elements : NULL;
        for (uint32_t j = 0; inside != NULL && j < inside->count; j++) {
            const struct bpmn_element *start = &c->m->element[inside->first + j];
            if (start->kind == BPMN_START && catches(c, start, thrown)) {
                return true;
            }
        }
    }
    for (uint32_t i = 0; s->element != BPMN_NONE && i < c->m->element[s->element].boundaries.count; i++) {
        if (catches(c, &c->m->element[c->m->boundary[c->m->element[s->element].boundaries.first + i]], thrown)) {
            return true;
        }
    }
    return false;
}

/* Whoever calls a process may catch what comes out of it; what is thrown further inside should be caught on the way. */
static void
check_outcomes(const struct checker *c, uint32_t i)
{
    const struct bpmn_element *n = &c->m->element[i];

    for (uint32_t j = 0; (n->kind == BPMN_END || n->kind == BPMN_THROW) && j < n->events.count; j++) {
        const struct bpmn_event *e = event_of(c, n, j);
        bool is_caught = e->trigger != BPMN_FAILURE && e->trigger != BPMN_ESCALATION;
        for (uint32_t scope = n->scope; !is_caught && scope != BPMN_NONE; scope = c->m->scope[scope].parent) {
            is_caught = scope_catches(c, scope, e);
        }
        if (!is_caught && c->m->scope[n->scope].parent != BPMN_NONE) {
            bpmn_say_element(c->r, BPMN_RULE_UNHANDLED, i, e->global != BPMN_NONE ? c->m->global[e->global].name : STR(""), STR(""));
        }
    }
}

void
bpmn_check_rules(struct bpmn_reader *r)
{
    const struct checker c = {r, &r->made};

    for (uint32_t i = 0; i < c.m->scopes; i++) {
        check_scope(&c, i);
    }
    for (uint32_t i = 0; i < c.m->flows; i++) {
        check_flow(&c, i);
    }
    for (uint32_t i = 0; i < c.m->elements; i++) {
        check_ends(&c, i);
        if (bpmn_is_gateway(c.m->element[i].kind)) {
            check_gateway(&c, i);
        }
        if (c.m->element[i].kind >= BPMN_START) {
            check_event(&c, i);
            check_link(&c, i);
        }
        check_outcomes(&c, i);
    }
}
