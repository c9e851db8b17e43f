/* What triggers an event, or what it does. */
#include "process/bpmn_read_int.h"

static const struct {
    const char *tag, *reference;
    enum bpmn_trigger trigger;
} definitions[] = {
    {"messageEventDefinition", "messageRef", BPMN_MESSAGE},
    {"signalEventDefinition", "signalRef", BPMN_SIGNAL},
    {"errorEventDefinition", "errorRef", BPMN_FAILURE},
    {"escalationEventDefinition", "escalationRef", BPMN_ESCALATION},
    {"timerEventDefinition", NULL, BPMN_TIMER},
    {"conditionalEventDefinition", NULL, BPMN_CONDITION},
    {"linkEventDefinition", NULL, BPMN_LINK},
    {"compensateEventDefinition", NULL, BPMN_COMPENSATION},
    {"terminateEventDefinition", NULL, BPMN_TERMINATE},
};

static bool
find_definition(const struct xml *e, size_t *row)
{
    for (*row = 0; *row < sizeof(definitions) / sizeof(definitions[0]); (*row)++) {
        if (xml_is(e, definitions[*row].tag)) {
            return true;
        }
    }
    return false;
}

const char *
bpmn_trigger_tag(enum bpmn_trigger trigger)
{
    return definitions[trigger].tag;
}

static void
refer_global(struct bpmn_reader *r, const struct xml *e, size_t row, struct bpmn_event *out)
{
    struct str id = xml_attribute(e, definitions[row].reference);

    out->global = bpmn_refer(r, e, id, IDENT_GLOBAL);
    if (out->global != BPMN_NONE && BPMN_AT(r->globals, bpmn_global, out->global)->kind != out->trigger) {
        bpmn_say(r, BPMN_RULE_REFERENCE, e, id, STR(""));
        out->global = BPMN_NONE;
    }
    if (str_trim(id).len == 0 && row <= 1) { /* any error and any escalation may be caught, but no message or signal is any */
        bpmn_say(r, BPMN_RULE_REFERENCE_MISSING, e, str_of(definitions[row].reference), STR(""));
    }
}

/* A clock of the case stands for a time; which clocks there are is asked later. */
static bool
read_time(struct bpmn_reader *r, const struct xml *e, struct bpmn_event *out)
{
    static const char *const times[] = {"timeDate", "timeDuration", "timeCycle"};

    if (out->clock.len == 0) {
        return bpmn_read_timer(r, e, &out->timer);
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (xml_child(e, times[i]) != NULL) {
            bpmn_say(r, BPMN_RULE_TIMER_ONE, e, STR(""), STR(""));
            return true;
        }
    }
    return true;
}

/* Out is complete but for the target of a link, which may stand further on. */
static bool
read_definition(struct bpmn_reader *r, const struct xml *e, size_t row, struct bpmn_event *out)
{
    *out = (struct bpmn_event){.trigger = definitions[row].trigger, .line = e->line, .global = BPMN_NONE, .condition = BPMN_NONE,
                               .timer = BPMN_NONE, .clock = STR(""), .when = STR(""), .missed = STR(""), .target = BPMN_NONE, .link = STR("")};
    switch (out->trigger) {
    case BPMN_TIMER:
        out->clock = str_trim(xml_attribute_of(e, STR(BPMN_GOV), "clock"));
        out->when = str_trim(xml_attribute_of(e, STR(BPMN_GOV), "when"));
        out->missed = str_trim(xml_attribute_of(e, STR(BPMN_GOV), "missed"));
        return read_time(r, e, out);
    case BPMN_CONDITION:
        if (xml_child(e, "condition") == NULL) {
            bpmn_say(r, BPMN_RULE_NO_EXPRESSION, e, STR(""), STR(""));
            return true;
        }
        return bpmn_read_text(r, xml_child(e, "condition"), &out->condition);
    case BPMN_LINK:
        out->link = str_trim(xml_attribute(e, "name"));
        return true;
    case BPMN_COMPENSATION:
        out->target = bpmn_refer(r, e, xml_attribute(e, "activityRef"), IDENT_ELEMENT);
        out->waits = bpmn_flag(r, e, "waitForCompletion", true);
        return true;
    case BPMN_TERMINATE:
        return true;
    case BPMN_MESSAGE:
    case BPMN_SIGNAL:
    case BPMN_FAILURE:
    case BPMN_ESCALATION:
    case BPMN_TRIGGERS:
        refer_global(r, e, row, out);
        return true;
    }
    return true;
}

/* e is a definition, or a reference to one beside the processes. */
static bool
add_event(struct bpmn_reader *r, const struct xml *e, struct str reference, struct bpmn_run *run)
{
    struct bpmn_event event, *kept;
    size_t row;

    if (reference.len > 0) {
        const struct ident *ident = bpmn_ident(r, reference);
        if (ident == NULL || ident->e->parent != r->document.root || !find_definition(ident->e, &row)) {
            bpmn_say(r, BPMN_RULE_REFERENCE, e, reference, STR(""));
            return true;
        }
        e = ident->e;
    } else if (!find_definition(e, &row)) {
        return true;
    }
    if (!read_definition(r, e, row, &event) || (kept = bpmn_add(r, &r->events, sizeof(*kept), NULL)) == NULL) {
        return false;
    }
    *kept = event;
    run->count++;
    return true;
}

bool
bpmn_read_events(struct bpmn_reader *r, const struct xml *e, struct bpmn_run *out)
{
    *out = (struct bpmn_run){r->events.count, 0};
    for (const struct xml *c = e->first; c != NULL; c = c->next) {
        struct str reference = xml_is(c, "eventDefinitionRef") ? str_trim(c->text) : STR("");
        if (bpmn_is_ours(r, c) && !add_event(r, c, reference, out)) {
            return false;
        }
    }
    return true;
}

bool
bpmn_read_thrown(struct bpmn_reader *r, const struct xml *e, const char *name, uint32_t *out)
{
    struct str reference = str_trim(xml_attribute(e, name));
    struct bpmn_run run = {r->events.count, 0};

    *out = BPMN_NONE;
    if (reference.len == 0) {
        bpmn_say(r, BPMN_RULE_REFERENCE_MISSING, e, str_of(name), STR(""));
        return true;
    }
    if (!add_event(r, e, reference, &run)) {
        return false;
    }
    *out = run.count > 0 ? run.first : BPMN_NONE;
    return true;
}

bool
bpmn_is_event_child(const struct xml *e)
{
    size_t row;

    return find_definition(e, &row) || xml_is(e, "eventDefinitionRef");
}
