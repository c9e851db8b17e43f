/* What stands beside the flow: data, lanes, pools and what they send one another. */
#include "process/bpmn_read_int.h"

/* --- data ---------------------------------------------------------------------------------------- */

static enum bpmn_data_kind
data_kind(const struct xml *e)
{
    return xml_is(e, "property")     ? BPMN_PROPERTY
           : xml_is(e, "dataInput")  ? BPMN_INPUT
           : xml_is(e, "dataOutput") ? BPMN_OUTPUT
           : xml_is(e, "dataStore")  ? BPMN_STORE
                                     : BPMN_OBJECT;
}

bool
bpmn_read_data(struct bpmn_reader *r, const struct xml *e, uint32_t scope)
{
    struct ident *ident = bpmn_ident(r, xml_attribute(e, "id"));
    uint32_t index;
    struct bpmn_data *d = bpmn_add(r, &r->data, sizeof(*d), &index);

    if (d == NULL) {
        return false;
    }
    *d = (struct bpmn_data){.kind = data_kind(e), .id = xml_attribute(e, "id"), .name = str_trim(xml_attribute(e, "name")),
                            .is_list = bpmn_flag(r, e, "isCollection", false), .scope = scope};
    if (d->name.len == 0) {
        d->name = d->id;
    }
    if (d->id.len == 0) {
        bpmn_say(r, BPMN_RULE_NO_ID, e, STR(""), STR(""));
    } else if (ident->index == BPMN_NONE) {
        ident->kind = IDENT_DATA;
        ident->index = index;
    }
    if (r->data.count > BPMN_NAMES_MAX) {
        return bpmn_too_many(r, e, STR("there are too many data objects"), STR("数据对象太多"));
    }
    return true;
}

/* --- lanes --------------------------------------------------------------------------------------- */

static bool
read_lane(struct bpmn_reader *r, const struct xml *e, uint32_t process, uint32_t parent, uint32_t *out)
{
    struct bpmn_lane *lane = bpmn_add(r, &r->lanes, sizeof(*lane), out);

    if (lane == NULL) {
        return false;
    }
    *lane = (struct bpmn_lane){xml_attribute(e, "id"), xml_attribute(e, "name"), process, parent};
    for (const struct xml *c = xml_child(e, "flowNodeRef"); c != NULL; c = xml_next(c, "flowNodeRef")) {
        uint32_t element = bpmn_refer(r, c, c->text, IDENT_ELEMENT);
        if (element == BPMN_NONE) {
            continue;
        }
        struct bpmn_element *n = BPMN_AT(r->elements, bpmn_element, element);
        if (n->lane != BPMN_NONE && n->lane != parent) { /* what stands in a lane stands in the lanes around it */
            bpmn_say(r, BPMN_RULE_LANES, c, n->id, STR(""));
        }
        n->lane = *out;
    }
    return true;
}

/* The lanes of one set and those inside of them, without calling itself. */
static bool
read_set(struct bpmn_reader *r, const struct xml *set, uint32_t process)
{
    const struct xml *e = xml_child(set, "lane");
    uint32_t around = BPMN_NONE, index;

    while (e != NULL) {
        const struct xml *inner = xml_child(xml_child(e, "childLaneSet"), "lane");
        if (!read_lane(r, e, process, around, &index)) {
            return false;
        }
        if (inner != NULL) {
            around = index;
            e = inner;
            continue;
        }
        while (e != NULL && xml_next(e, "lane") == NULL) {
            bool is_top = e->parent == set;
            e = is_top ? NULL : e->parent->parent;
            around = is_top ? BPMN_NONE : BPMN_AT(r->lanes, bpmn_lane, around)->parent;
        }
        e = e != NULL ? xml_next(e, "lane") : NULL;
    }
    return true;
}

bool
bpmn_read_lanes(struct bpmn_reader *r)
{
    for (uint32_t i = 0; i < r->scopes.count; i++) {
        uint32_t process = BPMN_AT(r->scopes, bpmn_scope, i)->process;
        const struct xml *set = xml_child(bpmn_xml_at(&r->scope_xml, i), "laneSet");
        for (; set != NULL; set = xml_next(set, "laneSet")) {
            if (!read_set(r, set, process)) {
                return false;
            }
        }
    }
    return true;
}

/* --- pools --------------------------------------------------------------------------------------- */

static bool
read_pool(struct bpmn_reader *r, const struct xml *e)
{
    struct ident *ident = bpmn_ident(r, xml_attribute(e, "id"));
    uint32_t index;
    struct bpmn_pool *p = bpmn_add(r, &r->pools, sizeof(*p), &index);

    if (p == NULL) {
        return false;
    }
    *p = (struct bpmn_pool){xml_attribute(e, "id"), xml_attribute(e, "name"),
                            bpmn_refer(r, e, xml_attribute(e, "processRef"), IDENT_PROCESS)};
    if (ident != NULL && ident->index == BPMN_NONE) {
        ident->kind = IDENT_POOL;
        ident->index = index;
    }
    return true;
}

struct end { /* of a message flow */
    uint32_t element, pool, process;
};

static bool
find_end(struct bpmn_reader *r, const struct xml *e, const char *name, struct end *out)
{
    const struct ident *ident = bpmn_ident(r, str_trim(xml_attribute(e, name)));

    *out = (struct end){BPMN_NONE, BPMN_NONE, BPMN_NONE};
    if (ident != NULL && ident->kind == IDENT_ELEMENT) {
        out->element = ident->index;
        out->process = BPMN_AT(r->scopes, bpmn_scope, BPMN_AT(r->elements, bpmn_element, ident->index)->scope)->process;
    } else if (ident != NULL && ident->kind == IDENT_POOL) {
        out->pool = ident->index;
        out->process = BPMN_AT(r->pools, bpmn_pool, ident->index)->process;
    } else {
        bpmn_say(r, BPMN_RULE_REFERENCE, e, str_trim(xml_attribute(e, name)), STR(""));
        return false;
    }
    return true;
}

static bool
read_message_flow(struct bpmn_reader *r, const struct xml *e)
{
    struct end from, to;
    bool is_good = find_end(r, e, "sourceRef", &from);

    if (!find_end(r, e, "targetRef", &to) || !is_good) {
        return true;
    }
    if ((from.process == to.process && from.process != BPMN_NONE) || (from.pool == to.pool && from.pool != BPMN_NONE)) {
        bpmn_say(r, BPMN_RULE_MESSAGE_FLOW, e, STR(""), STR(""));
    }
    struct bpmn_message_flow *f = bpmn_add(r, &r->message_flows, sizeof(*f), NULL);
    if (f == NULL) {
        return false;
    }
    *f = (struct bpmn_message_flow){xml_attribute(e, "id"), xml_attribute(e, "name"), from.element, to.element};
    return true;
}

static bool
read_collaboration(struct bpmn_reader *r, const struct xml *top)
{
    static const char *const quiet[] = {"participant", "messageFlow", "documentation", "extensionElements", "textAnnotation",
                                        "association", "group", "participantAssociation"};

    for (const struct xml *e = xml_child(top, "participant"); e != NULL; e = xml_next(e, "participant")) {
        if (!read_pool(r, e)) {
            return false;
        }
    }
    for (const struct xml *e = xml_child(top, "messageFlow"); e != NULL; e = xml_next(e, "messageFlow")) {
        if (!read_message_flow(r, e)) {
            return false;
        }
    }
    for (const struct xml *e = top->first; e != NULL; e = e->next) {
        bool is_known = !bpmn_is_ours(r, e);
        for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++) {
            is_known = is_known || xml_is(e, quiet[i]);
        }
        if (!is_known) {
            bpmn_refuse(r, e);
        }
    }
    return true;
}

bool
bpmn_read_pools(struct bpmn_reader *r)
{
    for (const struct xml *e = xml_child(r->document.root, "collaboration"); e != NULL; e = xml_next(e, "collaboration")) {
        if (!read_collaboration(r, e)) {
            return false;
        }
    }
    return true;
}
