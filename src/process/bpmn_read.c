/* A process model from XML to what can be run (how: bpmn_read_int.h). */
#include <stdlib.h>
#include <string.h>

#include "process/bpmn_read_int.h"

static const struct xml_limits limits = {.bytes = BPMN_BYTES_MAX, .depth = BPMN_DEPTH_MAX, .elements = BPMN_XML_MAX,
                                         .attributes = 64, .also = STR_INIT(BPMN_GOV)};

/* --- small things ------------------------------------------------------------------------------- */

bool
bpmn_is_ours(const struct bpmn_reader *r, const struct xml *e)
{
    return str_eq(e->name_space, r->document.root->name_space);
}

struct str
bpmn_plain(struct str name)
{
    size_t at = str_find_byte(name, ':');

    return at < name.len ? str_from(name, at + 1) : name;
}

bool
bpmn_flag(struct bpmn_reader *r, const struct xml *e, const char *name, bool otherwise)
{
    struct str value = str_trim(xml_attribute(e, name));

    if (value.len == 0) {
        return otherwise;
    }
    bool is_true = str_eq(value, STR("true")) || str_eq(value, STR("1"));
    if (!is_true && !str_eq(value, STR("false")) && !str_eq(value, STR("0"))) {
        bpmn_say(r, BPMN_RULE_VALUE, e, value, STR(""));
    }
    return is_true;
}

uint32_t
bpmn_number(struct bpmn_reader *r, const struct xml *e, const char *name, uint32_t least, uint32_t otherwise)
{
    struct str value = str_trim(xml_attribute(e, name));
    int64_t number;

    if (value.len == 0) {
        return otherwise;
    }
    if (!str_to_int(value, &number) || number < least || number > 1000000) {
        bpmn_say(r, BPMN_RULE_VALUE, e, value, STR(""));
        return otherwise;
    }
    return (uint32_t)number;
}

/* --- ids ---------------------------------------------------------------------------------------- */

static int
compare_idents(const void *a, const void *b)
{
    const struct ident *x = a, *y = b;
    int order = str_cmp(x->id, y->id);

    return order != 0 ? order : (x->e->line > y->e->line) - (x->e->line < y->e->line);
}

const struct xml *
bpmn_after(const struct xml *e)
{
    if (e->first != NULL) {
        return e->first;
    }
    while (e != NULL && e->next == NULL) {
        e = e->parent;
    }
    return e != NULL ? e->next : NULL;
}

static bool
read_ids(struct bpmn_reader *r)
{
    for (const struct xml *e = r->document.root; e != NULL; e = bpmn_after(e)) {
        if (bpmn_is_ours(r, e) && xml_attribute(e, "id").len > 0) {
            struct ident *ident = bpmn_add(r, &r->ids, sizeof(*ident), NULL);
            if (ident == NULL) {
                return false;
            }
            *ident = (struct ident){.id = xml_attribute(e, "id"), .e = e, .index = BPMN_NONE};
        }
    }
    if (r->ids.count > 0) {
        qsort(r->ids.item, r->ids.count, sizeof(struct ident), compare_idents);
    }
    for (uint32_t i = 1; i < r->ids.count; i++) {
        struct ident *ident = BPMN_AT(r->ids, ident, i);
        if (str_eq(ident->id, ident[-1].id)) {
            bpmn_say(r, BPMN_RULE_TWICE, ident->e, ident->id, STR(""));
        }
    }
    return true;
}

static struct ident *
find_ident(struct bpmn_reader *r, struct str id)
{
    uint32_t low = 0, high = r->ids.count;

    while (low < high) { /* the first one of that name */
        uint32_t middle = low + (high - low) / 2;
        if (str_cmp(BPMN_AT(r->ids, ident, middle)->id, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < r->ids.count && str_eq(BPMN_AT(r->ids, ident, low)->id, id) ? BPMN_AT(r->ids, ident, low) : NULL;
}

struct ident *
bpmn_ident(struct bpmn_reader *r, struct str id)
{
    struct ident *found = find_ident(r, id);

    return found != NULL ? found : find_ident(r, bpmn_plain(id));
}

uint32_t
bpmn_refer(struct bpmn_reader *r, const struct xml *e, struct str id, enum ident_kind kind)
{
    id = str_trim(id);
    if (id.len == 0) {
        return BPMN_NONE;
    }
    const struct ident *found = bpmn_ident(r, id);
    if (found != NULL && found->kind == IDENT_REFUSED) {
        return BPMN_NONE;
    }
    if (found == NULL || found->kind != kind || found->index == BPMN_NONE) {
        bpmn_say(r, BPMN_RULE_REFERENCE, e, id, STR(""));
        return BPMN_NONE;
    }
    return found->index;
}

void
bpmn_refuse(struct bpmn_reader *r, const struct xml *e)
{
    struct ident *ident = bpmn_ident(r, xml_attribute(e, "id"));

    bpmn_say(r, BPMN_RULE_UNSUPPORTED, e, e->name, STR(""));
    if (ident != NULL && ident->e == e) {
        ident->kind = IDENT_REFUSED;
    }
}

/* --- extensions ---------------------------------------------------------------------------------- */

static bool
add_attributes(struct bpmn_reader *r, const struct xml *e, struct str name_space, struct bpmn_run *run)
{
    *run = (struct bpmn_run){r->attributes.count, 0};
    for (size_t i = 0; i < e->attributes; i++) {
        if (str_eq(e->attribute[i].name_space, name_space)) {
            struct bpmn_attribute *a = bpmn_add(r, &r->attributes, sizeof(*a), NULL);
            if (a == NULL) {
                return false;
            }
            *a = (struct bpmn_attribute){e->attribute[i].name, e->attribute[i].value, BPMN_NONE};
            run->count++;
            uint32_t index = r->attributes.count - 1, text = BPMN_NONE;
            if (str_starts(a->value, STR("=")) && !bpmn_read_formula(r, e, a->value, &text)) {
                return false;
            }
            BPMN_AT(r->attributes, bpmn_attribute, index)->text = text;
        }
    }
    return true;
}

static bool
add_extension(struct bpmn_reader *r, const struct xml *e, struct str name, struct str name_space, uint32_t parent, struct bpmn_run *out)
{
    struct bpmn_extension x = {.name = name, .text = name.len > 0 ? str_trim(e->text) : STR(""), .line = e->line, .parent = parent};

    if (!add_attributes(r, e, name_space, &x.attributes)) {
        return false;
    }
    if (name.len == 0 && x.attributes.count == 0) {
        return true;
    }
    struct bpmn_extension *kept = bpmn_add(r, &r->extensions, sizeof(*kept), NULL);
    const struct xml **at = bpmn_add(r, &r->extension_xml, sizeof(struct xml *), NULL);
    if (kept == NULL || at == NULL) {
        return false;
    }
    *kept = x;
    *at = e;
    out->count++;
    return true;
}

/* In the order written, what is inside after what is around it. */
bool
bpmn_read_extensions(struct bpmn_reader *r, const struct xml *e, struct bpmn_run *out)
{
    const struct xml *top = xml_child(e, "extensionElements"), *x = top != NULL ? top->first : NULL;
    uint32_t around = BPMN_NONE;

    *out = (struct bpmn_run){r->extensions.count, 0};
    if (!add_extension(r, e, STR(""), STR(BPMN_GOV), BPMN_NONE, out)) {
        return false;
    }
    while (x != NULL) {
        if (!add_extension(r, x, x->name, STR(""), around, out)) {
            return false;
        }
        if (x->first != NULL) {
            around = r->extensions.count - 1;
            x = x->first;
            continue;
        }
        while (x->next == NULL && x->parent != top) {
            x = x->parent;
            around = BPMN_AT(r->extensions, bpmn_extension, around)->parent;
        }
        x = x->next;
    }
    return true;
}

/* --- beside the processes ------------------------------------------------------------------------- */

static const struct {
    const char *tag, *code;
    enum bpmn_trigger kind;
} globals[] = {
    {"message", "", BPMN_MESSAGE},
    {"signal", "", BPMN_SIGNAL},
    {"error", "errorCode", BPMN_FAILURE},
    {"escalation", "escalationCode", BPMN_ESCALATION},
};

static bool
read_global(struct bpmn_reader *r, const struct xml *e, size_t kind)
{
    struct ident *ident = bpmn_ident(r, xml_attribute(e, "id"));
    uint32_t index;
    struct bpmn_global *g = bpmn_add(r, &r->globals, sizeof(*g), &index);

    if (g == NULL) {
        return false;
    }
    *g = (struct bpmn_global){.kind = globals[kind].kind, .id = xml_attribute(e, "id"), .name = xml_attribute(e, "name"),
                              .code = xml_attribute(e, globals[kind].code)};
    if (g->name.len == 0) {
        g->name = g->id;
    }
    if (ident == NULL) {
        bpmn_say(r, BPMN_RULE_NO_ID, e, STR(""), STR(""));
        return true;
    }
    ident->kind = IDENT_GLOBAL;
    ident->index = index;
    return true;
}

static bool
is_one_of(const struct xml *e, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (xml_is(e, names[i])) {
            return true;
        }
    }
    return false;
}

/* What has nothing to say to who runs it, or is read where something refers to it. */
static bool
is_quiet(const struct xml *e)
{
    static const char *const names[] = {"itemDefinition", "interface", "category", "documentation", "extensionElements", "collaboration",
                                        "process", "messageEventDefinition", "timerEventDefinition", "signalEventDefinition",
                                        "errorEventDefinition", "escalationEventDefinition", "conditionalEventDefinition",
                                        "compensateEventDefinition", "terminateEventDefinition", "linkEventDefinition", "relationship",
                                        "endPoint", "resource"};

    return is_one_of(e, names, sizeof(names) / sizeof(names[0]));
}

static bool
is_global_task(const struct xml *e)
{
    static const char *const names[] = {"globalTask", "globalUserTask", "globalScriptTask", "globalManualTask", "globalBusinessRuleTask"};

    return is_one_of(e, names, sizeof(names) / sizeof(names[0]));
}

static bool
read_process(struct bpmn_reader *r, const struct xml *e)
{
    struct ident *ident = bpmn_ident(r, xml_attribute(e, "id"));
    uint32_t index, scope;
    struct bpmn_own *p = bpmn_add(r, &r->processes, sizeof(*p), &index);
    struct bpmn_scope *s = bpmn_add(r, &r->scopes, sizeof(*s), &scope);
    const struct xml **at = bpmn_add(r, &r->scope_xml, sizeof(struct xml *), NULL);
    const struct xml **own = bpmn_add(r, &r->process_xml, sizeof(struct xml *), NULL);

    if (p == NULL || s == NULL || at == NULL || own == NULL) {
        return false;
    }
    *p = (struct bpmn_own){.info = {.id = xml_attribute(e, "id"), .name = xml_attribute(e, "name")}, .scope = scope, .line = e->line,
                           .is_global_task = !xml_is(e, "process")};
    p->info.is_executable = !p->is_global_task && bpmn_flag(r, e, "isExecutable", false);
    *s = (struct bpmn_scope){.process = index, .parent = BPMN_NONE, .element = BPMN_NONE};
    *at = *own = e;
    if (ident == NULL) {
        bpmn_say(r, BPMN_RULE_NO_ID, e, STR(""), STR(""));
    } else {
        ident->kind = IDENT_PROCESS;
        ident->index = index;
    }
    return true;
}

static bool
read_root(struct bpmn_reader *r, const struct xml *e)
{
    for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
        if (xml_is(e, globals[i].tag)) {
            return read_global(r, e, i);
        }
    }
    if (xml_is(e, "process") || is_global_task(e)) {
        return read_process(r, e);
    }
    if (xml_is(e, "dataStore")) {
        return bpmn_read_data(r, e, BPMN_NONE);
    }
    if (xml_is(e, "extension") ? bpmn_flag(r, e, "mustUnderstand", false) : !is_quiet(e)) {
        bpmn_refuse(r, e);
    }
    return true;
}

static bool
read_roots(struct bpmn_reader *r)
{
    bool runs = false;

    for (const struct xml *e = r->document.root->first; e != NULL; e = e->next) {
        if (bpmn_is_ours(r, e) && !read_root(r, e)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < r->processes.count; i++) {
        runs = runs || BPMN_AT(r->processes, bpmn_own, i)->info.is_executable;
    }
    if (r->processes.count == 0) {
        bpmn_say(r, BPMN_RULE_NO_PROCESS, r->document.root, STR(""), STR(""));
    } else if (!runs) {
        bpmn_say(r, BPMN_RULE_NOT_EXECUTABLE, r->document.root, STR(""), STR(""));
    }
    return true;
}

/* --- the whole ----------------------------------------------------------------------------------- */

static bool
read_document(struct bpmn_reader *r, struct str xml)
{
    struct xml_fault fault;
    struct err err;
    enum rc rc = xml_read(r->arena, xml, &limits, &r->document, &fault, &err);

    if (rc == RC_OK) {
        const struct xml *root = r->document.root;
        if (!xml_is(root, "definitions") || !str_eq(root->name_space, STR("http://www.omg.org/spec/BPMN/20100524/MODEL"))) {
            bpmn_say(r, BPMN_RULE_NO_BPMN, root, STR(""), STR(""));
        }
        return r->report->errors == 0;
    }
    struct xml there = {.name = STR(""), .line = fault.line, .column = fault.column};
    struct str en = str_of(xml_fault_text(fault.kind, false)), zh = str_of(xml_fault_text(fault.kind, true));
    if (rc == RC_LIMIT) {
        return bpmn_too_many(r, &there, en, zh);
    }
    bpmn_say_both(r, BPMN_RULE_XML, &there, en, zh);
    return false;
}

static void
make(struct bpmn_reader *r)
{
    struct bpmn *m = &r->made;

    m->id = xml_attribute(r->document.root, "id");
    m->name = xml_attribute(r->document.root, "name");
#define TAKE(how_many, what, list) \
    m->how_many = r->list.count;       \
    m->what = r->list.item
    TAKE(processes, process, processes);
    TAKE(scopes, scope, scopes);
    TAKE(elements, element, elements);
    TAKE(flows, flow, flows);
    TAKE(events, event, events);
    TAKE(texts, text, texts);
    TAKE(timers, timer, timers);
    TAKE(loops, loop, loops);
    TAKE(globals, global, globals);
    TAKE(data, item, data);
    TAKE(mappings, mapping, mappings);
    TAKE(lanes, lane, lanes);
    TAKE(pools, pool, pools);
    TAKE(message_flows, message_flow, message_flows);
    TAKE(extensions, extension, extensions);
    TAKE(attributes, attribute, attributes);
    TAKE(variables, variable, variables);
#undef TAKE
    m->use = r->uses.item;
    m->in = r->in;
    m->out = r->out;
    m->boundary = r->boundary;
}

static bool
read_whole(struct bpmn_reader *r, struct str xml)
{
    if (!read_document(r, xml) || !read_ids(r) || !read_roots(r) || !bpmn_read_scopes(r) || !bpmn_read_wires(r) ||
        !bpmn_read_elements(r) || !bpmn_read_lanes(r) || !bpmn_read_pools(r)) {
        return false;
    }
    make(r);
    if (!gov_read(r)) {
        return false;
    }
    if (r->report->errors == 0) {
        bpmn_check_rules(r);
    }
    return r->report->errors != 0 || (bpmn_check_soundness(r) && gov_check(r) && gov_check_clocks(r));
}

static int
compare_findings(const void *a, const void *b)
{
    const struct bpmn_finding *x = a, *y = b;

    return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : (x->rule > y->rule) - (x->rule < y->rule);
}

enum rc
bpmn_read(struct arena *a, struct str xml, struct zones *zones, const struct bpmn **out, struct bpmn_report *report, struct err *err)
{
    struct bpmn_reader r = {.arena = a, .zones = zones, .report = report};
    struct bpmn *made = NULL;

    *report = (struct bpmn_report){.count = 0};
    if (bpmn_add(&r, &r.findings, sizeof(struct bpmn_finding), NULL) != NULL) { /* room to say that there is none */
        r.findings.count = 0;
    }
    if (r.rc == RC_OK && read_whole(&r, xml) && report->errors == 0) {
        made = bpmn_room(&r, 1, sizeof(*made));
    }
    report->count = r.findings.count;
    report->finding = r.findings.item;
    if (r.rc != RC_OK) {
        return err_set(err, r.rc, "a limit of process models is passed");
    }
    if (report->count > 1) {
        qsort(r.findings.item, report->count, sizeof(struct bpmn_finding), compare_findings);
    }
    if (made == NULL) {
        size_t i = 0;
        while (i + 1 < report->count && report->finding[i].severity != BPMN_ERROR) {
            i++;
        }
        const struct bpmn_finding *f = &report->finding[i];
        return err_set(err, RC_INVALID, "line %u, column %u, %.*s %.*s: %.*s", f->line, f->column, STR_ARG(f->tag), STR_ARG(f->id),
                       STR_ARG(f->en));
    }
    *made = r.made;
    *out = made;
    return RC_OK;
}

/* --- looking -------------------------------------------------------------------------------------- */

const char *
bpmn_tag(enum bpmn_kind kind)
{
    static const char *const tags[] = {
#define X(name, tag) tag,
        BPMN_KIND_TABLE(X)
#undef X
    };

    return tags[kind];
}

size_t
bpmn_processes(const struct bpmn *m)
{
    return m->processes;
}

struct bpmn_process_info
bpmn_process(const struct bpmn *m, size_t index)
{
    return m->process[index].info;
}

uint32_t
bpmn_find_process(const struct bpmn *m, struct str id)
{
    for (uint32_t i = 0; i < m->processes; i++) {
        if (str_eq(m->process[i].info.id, id)) {
            return i;
        }
    }
    return BPMN_NONE;
}

uint32_t
bpmn_find_element(const struct bpmn *m, struct str id)
{
    for (uint32_t i = 0; i < m->elements; i++) {
        if (str_eq(m->element[i].id, id)) {
            return i;
        }
    }
    return BPMN_NONE;
}
