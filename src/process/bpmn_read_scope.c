/* Scopes with their elements and flows, and which element each flow touches. */
#include "process/bpmn_read_int.h"

static bool
kind_of(const struct xml *e, enum bpmn_kind *kind)
{
    static const char *const global_tasks[] = {
        [BPMN_TASK] = "globalTask",     [BPMN_USER] = "globalUserTask",           [BPMN_SCRIPT] = "globalScriptTask",
        [BPMN_MANUAL] = "globalManualTask", [BPMN_RULE] = "globalBusinessRuleTask",
    };

    for (size_t i = 0; i < BPMN_KINDS; i++) {
        bool is_global = i < sizeof(global_tasks) / sizeof(global_tasks[0]) && global_tasks[i] != NULL && xml_is(e, global_tasks[i]);
        if (is_global || xml_is(e, bpmn_tag((enum bpmn_kind)i))) {
            *kind = (enum bpmn_kind)i;
            return true;
        }
    }
    return false;
}

static void
know(struct bpmn_reader *r, const struct xml *e, enum ident_kind kind, uint32_t index)
{
    struct ident *ident = bpmn_ident(r, xml_attribute(e, "id"));

    if (xml_attribute(e, "id").len == 0) {
        bpmn_say(r, BPMN_RULE_NO_ID, e, STR(""), STR(""));
    } else if (ident->index == BPMN_NONE) {
        ident->kind = kind;
        ident->index = index;
    }
}

static bool
open_sub_process(struct bpmn_reader *r, const struct xml *e, uint32_t element, uint32_t scope)
{
    uint32_t index;
    struct bpmn_scope *s = bpmn_add(r, &r->scopes, sizeof(*s), &index);
    const struct xml **at = bpmn_add(r, &r->scope_xml, sizeof(struct xml *), NULL);

    if (s == NULL || at == NULL) {
        return false;
    }
    *s = (struct bpmn_scope){.process = BPMN_AT(r->scopes, bpmn_scope, scope)->process, .parent = scope, .element = element};
    *at = e;
    BPMN_AT(r->elements, bpmn_element, element)->inside = index;
    return true;
}

static bool
add_element(struct bpmn_reader *r, const struct xml *e, enum bpmn_kind kind, uint32_t scope)
{
    uint32_t index;
    struct bpmn_element *n = bpmn_add(r, &r->elements, sizeof(*n), &index);
    const struct xml **at = bpmn_add(r, &r->element_xml, sizeof(struct xml *), NULL);

    if (n == NULL || at == NULL) {
        return false;
    }
    if (r->elements.count > BPMN_ELEMENTS_MAX) {
        return bpmn_too_many(r, e, STR("there are too many elements"), STR("元素太多"));
    }
    *n = (struct bpmn_element){.kind = kind, .id = xml_attribute(e, "id"), .name = xml_attribute(e, "name"), .line = e->line,
                               .column = e->column, .scope = scope, .inside = BPMN_NONE, .fallback = BPMN_NONE, .attached = BPMN_NONE,
                               .handler = BPMN_NONE, .loop = BPMN_NONE, .lane = BPMN_NONE, .script = BPMN_NONE, .global = BPMN_NONE,
                               .called_process = BPMN_NONE, .starts_with = 1, .ends_with = 1};
    *at = e;
    struct bpmn_scope *s = BPMN_AT(r->scopes, bpmn_scope, scope);
    s->elements.count++;
    s->has_start = s->has_start || kind == BPMN_START;
    s->has_end = s->has_end || kind == BPMN_END;
    BPMN_AT(r->processes, bpmn_own, s->process)->info.elements++;
    if (e != bpmn_xml_at(&r->scope_xml, scope)) { /* a task called from outside is known as what is called */
        know(r, e, IDENT_ELEMENT, index);
    }
    return kind != BPMN_SUB || open_sub_process(r, e, index, scope);
}

static bool
add_flow(struct bpmn_reader *r, const struct xml *e, uint32_t scope)
{
    uint32_t index;
    struct bpmn_flow *f = bpmn_add(r, &r->flows, sizeof(*f), &index);
    const struct xml **at = bpmn_add(r, &r->flow_xml, sizeof(struct xml *), NULL);

    if (f == NULL || at == NULL) {
        return false;
    }
    if (r->flows.count > BPMN_FLOWS_MAX) {
        return bpmn_too_many(r, e, STR("there are too many flows"), STR("流太多"));
    }
    *f = (struct bpmn_flow){.id = xml_attribute(e, "id"), .name = xml_attribute(e, "name"), .line = e->line, .column = e->column,
                            .from = BPMN_NONE, .to = BPMN_NONE, .scope = scope, .condition = BPMN_NONE};
    *at = e;
    know(r, e, IDENT_FLOW, index);
    return true;
}

/* What a process or an activity may hold beside elements and flows, and is read elsewhere or says nothing to who runs it. */
static bool
is_known_inside(const struct xml *e)
{
    static const char *const names[] = {"documentation", "extensionElements", "laneSet", "association", "textAnnotation", "group",
                                        "incoming", "outgoing", "standardLoopCharacteristics", "multiInstanceLoopCharacteristics",
                                        "dataInputAssociation", "dataOutputAssociation", "ioSpecification", "auditing", "monitoring",
                                        "dataObjectReference", "dataStoreReference", "script"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (xml_is(e, names[i])) {
            return true;
        }
    }
    return false;
}

static bool
read_inside(struct bpmn_reader *r, const struct xml *e, uint32_t scope)
{
    enum bpmn_kind kind;

    if (kind_of(e, &kind)) {
        return add_element(r, e, kind, scope);
    }
    if (xml_is(e, "sequenceFlow")) {
        return add_flow(r, e, scope);
    }
    if (xml_is(e, "dataObject") || xml_is(e, "property")) {
        return bpmn_read_data(r, e, scope);
    }
    if (!is_known_inside(e)) {
        bpmn_refuse(r, e);
    }
    return true;
}

static bool
read_scope(struct bpmn_reader *r, uint32_t scope)
{
    const struct xml *at = bpmn_xml_at(&r->scope_xml, scope);
    enum bpmn_kind kind;

    BPMN_AT(r->scopes, bpmn_scope, scope)->elements.first = r->elements.count;
    if (BPMN_AT(r->scopes, bpmn_scope, scope)->element == BPMN_NONE && kind_of(at, &kind)) { /* a global task */
        return add_element(r, at, kind, scope);
    }
    for (const struct xml *e = at->first; e != NULL; e = e->next) {
        if (bpmn_is_ours(r, e) && !read_inside(r, e, scope)) {
            return false;
        }
    }
    if (BPMN_AT(r->scopes, bpmn_scope, scope)->elements.count == 0) {
        bpmn_say(r, BPMN_RULE_EMPTY, at, STR(""), STR(""));
    }
    return true;
}

bool
bpmn_read_scopes(struct bpmn_reader *r)
{
    for (uint32_t i = 0; i < r->scopes.count; i++) { /* grows while it is read */
        if (!read_scope(r, i)) {
            return false;
        }
    }
    return true;
}

/* --- wires --------------------------------------------------------------------------------------- */

static void
tie(struct bpmn_reader *r, uint32_t flow)
{
    const struct xml *e = bpmn_xml_at(&r->flow_xml, flow);
    struct bpmn_flow *f = BPMN_AT(r->flows, bpmn_flow, flow);

    f->from = bpmn_refer(r, e, xml_attribute(e, "sourceRef"), IDENT_ELEMENT);
    f->to = bpmn_refer(r, e, xml_attribute(e, "targetRef"), IDENT_ELEMENT);
    if (str_trim(xml_attribute(e, "sourceRef")).len == 0 || str_trim(xml_attribute(e, "targetRef")).len == 0) {
        bpmn_say(r, BPMN_RULE_REFERENCE_MISSING, e, STR("sourceRef / targetRef"), STR(""));
    }
}

/* Room for the runs of all elements, which lie one behind another. */
static uint32_t *
lay(struct bpmn_reader *r, struct bpmn_run *(*run)(struct bpmn_element *))
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < r->elements.count; i++) {
        struct bpmn_run *one = run(BPMN_AT(r->elements, bpmn_element, i));
        one->first = total;
        total += one->count;
        one->count = 0;
    }
    return bpmn_room(r, total, sizeof(uint32_t));
}

static struct bpmn_run *
run_in(struct bpmn_element *n)
{
    return &n->in;
}

static struct bpmn_run *
run_out(struct bpmn_element *n)
{
    return &n->out;
}

static struct bpmn_run *
run_boundary(struct bpmn_element *n)
{
    return &n->boundaries;
}

static void
put(uint32_t *array, struct bpmn_run *run, uint32_t value)
{
    array[run->first + run->count++] = value;
}

/* Each flow that an element lists does touch it there.  What it does not list is taken from the flows all the same. */
static void
check_listed(struct bpmn_reader *r, uint32_t element)
{
    const struct xml *at = bpmn_xml_at(&r->element_xml, element);

    for (const struct xml *e = at->first; e != NULL; e = e->next) {
        bool is_in = xml_is(e, "incoming");
        if (!is_in && !xml_is(e, "outgoing")) {
            continue;
        }
        struct str id = str_trim(e->text);
        const struct ident *ident = bpmn_ident(r, id);
        const struct bpmn_flow *f =
            ident != NULL && ident->kind == IDENT_FLOW ? BPMN_AT(r->flows, bpmn_flow, ident->index) : NULL;
        if (f == NULL || (is_in ? f->to : f->from) != element) {
            bpmn_say(r, BPMN_RULE_LISTED, e, id, STR(""));
        }
    }
}

static bool
lay_flows(struct bpmn_reader *r)
{
    for (uint32_t i = 0; i < r->flows.count; i++) {
        const struct bpmn_flow *f = BPMN_AT(r->flows, bpmn_flow, i);
        if (f->from != BPMN_NONE && f->to != BPMN_NONE) {
            BPMN_AT(r->elements, bpmn_element, f->from)->out.count++;
            BPMN_AT(r->elements, bpmn_element, f->to)->in.count++;
        }
    }
    r->in = lay(r, run_in);
    r->out = lay(r, run_out);
    for (uint32_t i = 0; r->rc == RC_OK && i < r->flows.count; i++) {
        const struct bpmn_flow *f = BPMN_AT(r->flows, bpmn_flow, i);
        if (f->from != BPMN_NONE && f->to != BPMN_NONE) {
            put(r->out, &BPMN_AT(r->elements, bpmn_element, f->from)->out, i);
            put(r->in, &BPMN_AT(r->elements, bpmn_element, f->to)->in, i);
        }
    }
    return r->rc == RC_OK;
}

static bool
lay_boundaries(struct bpmn_reader *r)
{
    for (uint32_t i = 0; i < r->elements.count; i++) {
        struct bpmn_element *n = BPMN_AT(r->elements, bpmn_element, i);
        const struct xml *e = bpmn_xml_at(&r->element_xml, i);
        if (n->kind != BPMN_BOUNDARY) {
            continue;
        }
        n->attached = bpmn_refer(r, e, xml_attribute(e, "attachedToRef"), IDENT_ELEMENT);
        if (str_trim(xml_attribute(e, "attachedToRef")).len == 0) {
            bpmn_say(r, BPMN_RULE_ATTACHED, e, STR(""), STR(""));
        }
        if (n->attached != BPMN_NONE) {
            BPMN_AT(r->elements, bpmn_element, n->attached)->boundaries.count++;
        }
    }
    r->boundary = lay(r, run_boundary);
    for (uint32_t i = 0; r->rc == RC_OK && i < r->elements.count; i++) {
        uint32_t on = BPMN_AT(r->elements, bpmn_element, i)->attached;
        if (on != BPMN_NONE) {
            put(r->boundary, &BPMN_AT(r->elements, bpmn_element, on)->boundaries, i);
        }
    }
    return r->rc == RC_OK;
}

bool
bpmn_read_wires(struct bpmn_reader *r)
{
    for (uint32_t i = 0; i < r->flows.count; i++) {
        tie(r, i);
    }
    for (uint32_t i = 0; i < r->elements.count; i++) {
        check_listed(r, i);
    }
    return lay_flows(r) && lay_boundaries(r);
}
