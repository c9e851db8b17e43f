/* What each element says: flags, scripts, loops, data, events; and the conditions of flows. */
#include "process/bpmn_read_int.h"

/* --- loops --------------------------------------------------------------------------------------- */

static bool
read_standard_loop(struct bpmn_reader *r, const struct xml *e, struct bpmn_loop *out)
{
    const struct xml *condition = xml_child(e, "loopCondition");

    out->kind = BPMN_LOOP;
    out->tests_before = bpmn_flag(r, e, "testBefore", false);
    out->maximum = bpmn_number(r, e, "loopMaximum", 0, BPMN_NONE);
    if (condition == NULL && !xml_has(e, "loopMaximum")) {
        bpmn_say(r, BPMN_RULE_LOOP, e, STR(""), STR(""));
    }
    return condition == NULL || bpmn_read_text(r, condition, &out->condition);
}

static bool
read_behaviour(struct bpmn_reader *r, const struct xml *e, struct bpmn_loop *out)
{
    struct str value = str_trim(xml_attribute(e, "behavior"));

    if (value.len == 0 || str_eq(value, STR("All"))) {
        out->behaviour = BPMN_ALL;
        return true;
    }
    if (str_eq(value, STR("One"))) {
        out->behaviour = BPMN_ONE;
        return bpmn_read_thrown(r, e, "oneBehaviorEventRef", &out->event);
    }
    if (str_eq(value, STR("None"))) {
        out->behaviour = BPMN_EACH;
        return bpmn_read_thrown(r, e, "noneBehaviorEventRef", &out->event);
    }
    bpmn_say(r, BPMN_RULE_UNSUPPORTED, e, value, STR(""));
    return true;
}

/* The list that instances are made of, and the one that gathers what they give. */
static bool
read_lists(struct bpmn_reader *r, const struct xml *e, struct bpmn_loop *out)
{
    const struct xml *from = xml_child(e, "loopDataInputRef"), *to = xml_child(e, "loopDataOutputRef");
    uint32_t data = from != NULL ? bpmn_refer(r, from, from->text, IDENT_DATA) : BPMN_NONE;

    out->output = to != NULL ? bpmn_refer(r, to, to->text, IDENT_DATA) : BPMN_NONE;
    out->item = xml_attribute(xml_child(e, "inputDataItem"), "name");
    out->output_item = xml_attribute(xml_child(e, "outputDataItem"), "name");
    return data == BPMN_NONE || bpmn_read_name(r, from, BPMN_AT(r->data, bpmn_data, data)->name, &out->collection);
}

/* -1 instances cannot be, whatever the case; FEEL that gives a number is asked then. */
static void
check_cardinality(struct bpmn_reader *r, const struct xml *e)
{
    struct str text = str_trim(e->text);
    int64_t number;

    if (str_to_int(text, &number) && number < 0) {
        bpmn_say(r, BPMN_RULE_VALUE, e, text, STR(""));
    }
}

static bool
read_multi(struct bpmn_reader *r, const struct xml *e, struct bpmn_loop *out)
{
    const struct xml *cardinality = xml_child(e, "loopCardinality"), *complete = xml_child(e, "completionCondition");

    out->kind = bpmn_flag(r, e, "isSequential", false) ? BPMN_MULTI_SEQUENTIAL : BPMN_MULTI_PARALLEL;
    if ((cardinality == NULL) == (xml_child(e, "loopDataInputRef") == NULL)) {
        bpmn_say(r, BPMN_RULE_MULTI, e, STR(""), STR(""));
    }
    if (xml_child(e, "complexBehaviorDefinition") != NULL) {
        bpmn_say(r, BPMN_RULE_UNSUPPORTED, xml_child(e, "complexBehaviorDefinition"), STR("complexBehaviorDefinition"), STR(""));
    }
    if (cardinality != NULL) {
        check_cardinality(r, cardinality);
    }
    return (cardinality == NULL || bpmn_read_text(r, cardinality, &out->cardinality)) &&
           (complete == NULL || bpmn_read_text(r, complete, &out->condition)) && read_lists(r, e, out) && read_behaviour(r, e, out);
}

static bool
read_loop(struct bpmn_reader *r, const struct xml *e, uint32_t *out)
{
    const struct xml *standard = xml_child(e, "standardLoopCharacteristics"), *multi = xml_child(e, "multiInstanceLoopCharacteristics");
    struct bpmn_loop loop = {.condition = BPMN_NONE, .cardinality = BPMN_NONE, .collection = BPMN_NONE, .output = BPMN_NONE,
                             .maximum = BPMN_NONE, .event = BPMN_NONE, .item = STR(""), .output_item = STR("")};

    if (standard == NULL && multi == NULL) {
        return true;
    }
    if (!(standard != NULL ? read_standard_loop(r, standard, &loop) : read_multi(r, multi, &loop))) {
        return false;
    }
    struct bpmn_loop *kept = bpmn_add(r, &r->loops, sizeof(*kept), out);
    if (kept == NULL) {
        return false;
    }
    *kept = loop;
    return true;
}

/* --- data of an element --------------------------------------------------------------------------- */

static bool
read_own_data(struct bpmn_reader *r, const struct xml *e, uint32_t scope)
{
    const struct xml *io = xml_child(e, "ioSpecification");
    bool is_scope = xml_is(e, "subProcess") || xml_is(e, "process"); /* whose properties were read with it */

    for (const struct xml *c = io != NULL ? io->first : NULL; c != NULL; c = c->next) {
        if ((xml_is(c, "dataInput") || xml_is(c, "dataOutput")) && !bpmn_read_data(r, c, scope)) {
            return false;
        }
    }
    for (const struct xml *c = e->first; c != NULL; c = c->next) { /* of events, which have no ioSpecification; of tasks */
        bool is_own = xml_is(c, "dataInput") || xml_is(c, "dataOutput") || (xml_is(c, "property") && !is_scope);
        if (is_own && !bpmn_read_data(r, c, scope)) {
            return false;
        }
    }
    return true;
}

static bool
add_mapping(struct bpmn_reader *r, const struct xml *e, bool is_output, struct bpmn_run *run)
{
    const struct xml *source = xml_child(e, "sourceRef"), *target = xml_child(e, "targetRef"), *how = xml_child(e, "transformation");
    uint32_t from = source != NULL ? bpmn_refer(r, source, source->text, IDENT_DATA) : BPMN_NONE, text = BPMN_NONE;
    uint32_t to = target != NULL ? bpmn_refer(r, target, target->text, IDENT_DATA) : BPMN_NONE;

    if (xml_child(e, "assignment") != NULL) {
        bpmn_say(r, BPMN_RULE_UNSUPPORTED, xml_child(e, "assignment"), STR("assignment"), STR(""));
    }
    if (target == NULL || (source == NULL && how == NULL)) {
        bpmn_say(r, BPMN_RULE_REFERENCE_MISSING, e, STR("sourceRef / targetRef"), STR(""));
        return true;
    }
    if (how != NULL ? !bpmn_read_text(r, how, &text)
                    : from != BPMN_NONE && !bpmn_read_name(r, source, BPMN_AT(r->data, bpmn_data, from)->name, &text)) {
        return false;
    }
    struct bpmn_mapping *m = bpmn_add(r, &r->mappings, sizeof(*m), NULL);
    if (m == NULL) {
        return false;
    }
    *m = (struct bpmn_mapping){is_output, text, to};
    run->count++;
    return true;
}

static bool
read_mappings(struct bpmn_reader *r, const struct xml *e, struct bpmn_run *out)
{
    *out = (struct bpmn_run){r->mappings.count, 0};
    for (const struct xml *c = e->first; c != NULL; c = c->next) {
        bool is_output = xml_is(c, "dataOutputAssociation");
        if ((is_output || xml_is(c, "dataInputAssociation")) && !add_mapping(r, c, is_output, out)) {
            return false;
        }
    }
    return true;
}

/* References to data stand for the data; and the names of all data are what FEEL knows. */
static bool
settle_data(struct bpmn_reader *r)
{
    for (uint32_t i = 0; i < r->elements.count; i++) {
        if (!read_own_data(r, bpmn_xml_at(&r->element_xml, i), BPMN_AT(r->elements, bpmn_element, i)->scope)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->processes.count; i++) {
        if (!read_own_data(r, bpmn_xml_at(&r->process_xml, i), BPMN_AT(r->processes, bpmn_own, i)->scope)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->ids.count; i++) {
        struct ident *ident = BPMN_AT(r->ids, ident, i);
        bool is_object = xml_is(ident->e, "dataObjectReference");
        if (is_object || xml_is(ident->e, "dataStoreReference")) {
            struct str to = xml_attribute(ident->e, is_object ? "dataObjectRef" : "dataStoreRef");
            ident->index = bpmn_refer(r, ident->e, to, IDENT_DATA);
            ident->kind = IDENT_DATA;
        }
    }
    struct feel_name *names = bpmn_room(r, r->data.count, sizeof(*names));
    for (uint32_t i = 0; names != NULL && i < r->data.count; i++) {
        names[i].name = BPMN_AT(r->data, bpmn_data, i)->name;
    }
    r->names = (struct feel_scope){.count = r->data.count, .name = names};
    return names != NULL;
}

/* --- elements ------------------------------------------------------------------------------------- */

/* The activity that an association leads to from a compensation event on a boundary. */
static uint32_t
find_handler(struct bpmn_reader *r, uint32_t boundary)
{
    const struct bpmn_element *n = BPMN_AT(r->elements, bpmn_element, boundary);
    const struct xml *scope = bpmn_xml_at(&r->scope_xml, n->scope);

    for (const struct xml *c = xml_child(scope, "association"); c != NULL; c = xml_next(c, "association")) {
        if (str_eq(str_trim(xml_attribute(c, "sourceRef")), n->id)) {
            const struct ident *ident = bpmn_ident(r, str_trim(xml_attribute(c, "targetRef")));
            return ident != NULL && ident->kind == IDENT_ELEMENT ? ident->index : BPMN_NONE;
        }
    }
    return BPMN_NONE;
}

static void
read_called(struct bpmn_reader *r, const struct xml *e, struct bpmn_element *n)
{
    n->called = bpmn_plain(str_trim(xml_attribute(e, "calledElement")));
    const struct ident *ident = bpmn_ident(r, str_trim(xml_attribute(e, "calledElement")));
    if (n->called.len == 0) {
        bpmn_say(r, BPMN_RULE_REFERENCE_MISSING, e, STR("calledElement"), STR(""));
    } else if (ident != NULL && ident->kind == IDENT_PROCESS) {
        n->called_process = ident->index;
    } else if (ident != NULL) {
        bpmn_say(r, BPMN_RULE_REFERENCE, e, n->called, STR(""));
    }
}

static void
read_message(struct bpmn_reader *r, const struct xml *e, struct bpmn_element *n)
{
    struct str id = xml_attribute(e, "messageRef");

    n->global = bpmn_refer(r, e, id, IDENT_GLOBAL);
    if (str_trim(id).len == 0) {
        bpmn_say(r, BPMN_RULE_REFERENCE_MISSING, e, STR("messageRef"), STR(""));
    } else if (n->global != BPMN_NONE && BPMN_AT(r->globals, bpmn_global, n->global)->kind != BPMN_MESSAGE) {
        bpmn_say(r, BPMN_RULE_REFERENCE, e, id, STR(""));
    }
}

static void
refuse_flag(struct bpmn_reader *r, const struct xml *e, const char *name)
{
    if (bpmn_flag(r, e, name, false)) {
        bpmn_say(r, BPMN_RULE_UNSUPPORTED, e, str_of(name), STR(""));
    }
}

/* What would change how the element runs, and is not done here. */
static void
refuse_attributes(struct bpmn_reader *r, const struct xml *e, enum bpmn_kind kind)
{
    if (kind == BPMN_RECEIVE || kind == BPMN_EVENT_BASED) {
        refuse_flag(r, e, "instantiate");
    }
    if (str_eq(xml_attribute(e, "eventGatewayType"), STR("Parallel"))) {
        bpmn_say(r, BPMN_RULE_UNSUPPORTED, e, STR("eventGatewayType=\"Parallel\""), STR(""));
    }
}

static void
read_flags(struct bpmn_reader *r, const struct xml *e, struct bpmn_element *n)
{
    struct str fallback = str_trim(xml_attribute(e, "default"));

    n->is_event_sub = n->kind == BPMN_SUB && bpmn_flag(r, e, "triggeredByEvent", false);
    n->is_compensation = bpmn_is_activity(n->kind) && bpmn_flag(r, e, "isForCompensation", false);
    n->is_interrupting = bpmn_flag(r, e, n->kind == BPMN_BOUNDARY ? "cancelActivity" : "isInterrupting", true);
    n->needs_all = bpmn_flag(r, e, "parallelMultiple", false);
    n->starts_with = bpmn_number(r, e, "startQuantity", 1, 1);
    n->ends_with = bpmn_number(r, e, "completionQuantity", 1, 1);
    n->result = xml_attribute_of(e, STR(BPMN_GOV), "result");
    n->fallback = bpmn_refer(r, e, fallback, IDENT_FLOW);
    refuse_attributes(r, e, n->kind);
}

static bool
read_element(struct bpmn_reader *r, uint32_t index)
{
    const struct xml *e = bpmn_xml_at(&r->element_xml, index);
    struct bpmn_element *n = BPMN_AT(r->elements, bpmn_element, index);

    read_flags(r, e, n);
    if (n->kind == BPMN_CALL) {
        read_called(r, e, n);
    }
    if (n->kind == BPMN_SEND || n->kind == BPMN_RECEIVE) {
        read_message(r, e, n);
    }
    if (n->kind == BPMN_SCRIPT && xml_child(e, "script") == NULL) {
        bpmn_say(r, BPMN_RULE_NO_EXPRESSION, e, STR(""), STR(""));
    }
    if (n->kind == BPMN_BOUNDARY) {
        n->handler = find_handler(r, index);
    }
    return bpmn_read_extensions(r, e, &n->extensions) && (n->kind < BPMN_START || bpmn_read_events(r, e, &n->events)) &&
           (!bpmn_is_activity(n->kind) || read_loop(r, e, &n->loop)) && read_mappings(r, e, &n->mappings) &&
           (n->kind != BPMN_SCRIPT || xml_child(e, "script") == NULL || bpmn_read_text(r, xml_child(e, "script"), &n->script));
}

/* What may stand inside an element that is no sub-process; a sub-process was looked through as a scope. */
static void
refuse_inside(struct bpmn_reader *r, uint32_t index)
{
    static const char *const known[] = {"documentation", "extensionElements", "incoming", "outgoing", "standardLoopCharacteristics",
                                        "multiInstanceLoopCharacteristics", "dataInputAssociation", "dataOutputAssociation",
                                        "ioSpecification", "auditing", "monitoring", "property", "script", "dataInput", "dataOutput",
                                        "inputSet", "outputSet"};
    const struct xml *e = bpmn_xml_at(&r->element_xml, index);

    for (const struct xml *c = e->first; c != NULL; c = c->next) {
        bool is_known = !bpmn_is_ours(r, c) || bpmn_is_event_child(c);
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            is_known = is_known || xml_is(c, known[i]);
        }
        if (!is_known) {
            bpmn_refuse(r, c);
        }
    }
}

static bool
read_condition(struct bpmn_reader *r, uint32_t index)
{
    const struct xml *condition = xml_child(bpmn_xml_at(&r->flow_xml, index), "conditionExpression");
    uint32_t text = BPMN_NONE;

    if (condition != NULL && !bpmn_read_text(r, condition, &text)) {
        return false;
    }
    BPMN_AT(r->flows, bpmn_flow, index)->condition = text;
    return true;
}

bool
bpmn_read_elements(struct bpmn_reader *r)
{
    if (!settle_data(r)) {
        return false;
    }
    for (uint32_t i = 0; i < r->processes.count; i++) {
        struct bpmn_own *p = BPMN_AT(r->processes, bpmn_own, i);
        if (!p->is_global_task && !bpmn_read_extensions(r, bpmn_xml_at(&r->process_xml, i), &p->extensions)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->elements.count; i++) {
        if (BPMN_AT(r->elements, bpmn_element, i)->kind != BPMN_SUB) {
            refuse_inside(r, i);
        }
        if (!read_element(r, i)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->flows.count; i++) {
        if (!read_condition(r, i)) {
            return false;
        }
    }
    return true;
}
