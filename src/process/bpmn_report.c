/* What was found wrong, with its place, and as JSON. */
#include <string.h>

#include "process/bpmn_read_int.h"

static const struct {
    enum bpmn_severity severity;
    const char *word, *en, *zh;
} rules[] = {
#define X(name, severity, word, en, zh) [BPMN_RULE_##name] = {BPMN_##severity, word, en, zh},
    BPMN_RULE_TABLE(X)
#undef X
};

const char *
bpmn_rule_name(enum bpmn_rule rule)
{
    return rules[rule].word;
}

const char *
bpmn_severity_name(enum bpmn_severity severity)
{
    static const char *const names[] = {"error", "unsound", "warning"};

    return names[severity];
}

/* A word of a model may be as long as the model. */
static struct str
cut(struct str word)
{
    size_t len = word.len < 160 ? word.len : 160;

    while (len > 0 && len < word.len && ((unsigned char)word.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    return str_sub(word, 0, len);
}

/* {0} and {1} put in; a sentence that does not fit in memory any more is said without them. */
static struct str
sentence(struct bpmn_reader *r, const char *format, struct str first, struct str second)
{
    struct str rest = str_of(format), out;
    struct err err;
    struct buf b;

    if (!str_has(rest, STR("{"))) {
        return rest;
    }
    if (str_eq(rest, STR("{0}"))) { /* whole sentences */
        return first;
    }
    buf_init(&b, r->arena, 1000);
    while (rest.len > 0) {
        size_t at = str_find_byte(rest, '{');
        buf_put(&b, str_sub(rest, 0, at));
        if (at < rest.len) {
            buf_put(&b, cut(rest.ptr[at + 1] == '0' ? first : second));
            at += 3;
        }
        rest = str_from(rest, at);
    }
    return buf_finish(&b, &out, &err) == RC_OK ? out : str_of(format);
}

/* Of the element around that has an id: what a person finds in the drawing. */
static const struct xml *
named_around(const struct xml *e)
{
    while (e != NULL && (!xml_has(e, "id") || str_eq(e->name_space, STR(BPMN_GOV)))) {
        e = e->parent;
    }
    return e;
}

static struct bpmn_finding *
find(struct bpmn_reader *r, enum bpmn_rule rule, const struct xml *e)
{
    const struct xml *named = named_around(e);
    struct bpmn_finding *f = NULL;

    r->report->errors += rules[rule].severity == BPMN_ERROR;
    r->report->unsound += rules[rule].severity == BPMN_UNSOUND;
    if (r->findings.count < BPMN_FINDINGS_MAX) {
        f = bpmn_add(r, &r->findings, sizeof(*f), NULL);
    }
    if (f == NULL) {
        return NULL;
    }
    *f = (struct bpmn_finding){.rule = rule, .severity = rules[rule].severity, .tag = STR(""), .id = STR("")};
    if (e != NULL) {
        f->line = e->line;
        f->column = e->column;
    }
    if (named != NULL) {
        f->tag = named->name;
        f->id = xml_attribute(named, "id");
    }
    return f;
}

void
bpmn_say(struct bpmn_reader *r, enum bpmn_rule rule, const struct xml *e, struct str first, struct str second)
{
    struct bpmn_finding *f = find(r, rule, e);

    if (f != NULL) {
        f->en = sentence(r, rules[rule].en, first, second);
        f->zh = sentence(r, rules[rule].zh, first, second);
    }
}

void
bpmn_say_both(struct bpmn_reader *r, enum bpmn_rule rule, const struct xml *e, struct str en, struct str zh)
{
    struct bpmn_finding *f = find(r, rule, e);

    if (f != NULL) {
        f->en = sentence(r, rules[rule].en, en, STR(""));
        f->zh = sentence(r, rules[rule].zh, zh, STR(""));
    }
}

void
bpmn_say_element(struct bpmn_reader *r, enum bpmn_rule rule, uint32_t element, struct str first, struct str second)
{
    bpmn_say(r, rule, bpmn_xml_at(&r->element_xml, element), first, second);
}

void
bpmn_say_flow(struct bpmn_reader *r, enum bpmn_rule rule, uint32_t flow, struct str first, struct str second)
{
    bpmn_say(r, rule, bpmn_xml_at(&r->flow_xml, flow), first, second);
}

/* --- memory ------------------------------------------------------------------------------------- */

bool
bpmn_full(struct bpmn_reader *r)
{
    return bpmn_too_many(r, NULL, STR("the model does not fit in memory"), STR("模型超出内存限制"));
}

/* The last finding, whatever else was said: room for one is there from the beginning, and where there is no more the last one
 * goes. */
bool
bpmn_too_many(struct bpmn_reader *r, const struct xml *e, struct str en, struct str zh)
{
    if (r->rc == RC_OK) {
        r->rc = RC_LIMIT;
        r->report->errors++;
        r->findings.count += r->findings.count < r->findings.room;
        if (r->findings.count > 0) {
            *BPMN_AT(r->findings, bpmn_finding, r->findings.count - 1) =
                (struct bpmn_finding){.rule = BPMN_RULE_LIMIT, .severity = BPMN_ERROR, .line = e != NULL ? e->line : 0,
                                      .column = e != NULL ? e->column : 0, .tag = STR(""), .id = STR(""), .en = en, .zh = zh};
        }
    }
    return false;
}

void *
bpmn_room(struct bpmn_reader *r, size_t count, size_t size)
{
    void *room = r->rc == RC_OK ? arena_alloc(r->arena, count > 0 ? count : 1, size) : NULL;

    if (room == NULL) {
        (void)bpmn_full(r);
    }
    return room;
}

void *
bpmn_add(struct bpmn_reader *r, struct bpmn_list *list, size_t size, uint32_t *index)
{
    if (list->count == list->room) {
        uint32_t room = list->room == 0 ? 16 : list->room * 2;
        void *more = r->rc == RC_OK ? arena_grow(r->arena, list->item, list->room * size, room * size) : NULL;
        if (more == NULL) {
            (void)bpmn_full(r);
            return NULL;
        }
        list->item = more;
        list->room = room;
    }
    if (index != NULL) {
        *index = list->count;
    }
    return (char *)list->item + size * list->count++;
}

/* --- for programs ------------------------------------------------------------------------------- */

struct json *
bpmn_report_json(struct arena *a, const struct bpmn_report *report)
{
    struct json *out = json_object(a), *findings = json_array(a);

    json_set_int(a, out, "errors", (int64_t)report->errors);
    json_set_int(a, out, "unsound", (int64_t)report->unsound);
    for (size_t i = 0; i < report->count; i++) {
        const struct bpmn_finding *f = &report->finding[i];
        struct json *one = json_object(a);
        json_set_text(a, one, "rule", str_of(bpmn_rule_name(f->rule)));
        json_set_text(a, one, "severity", str_of(bpmn_severity_name(f->severity)));
        json_set_int(a, one, "line", f->line);
        json_set_int(a, one, "column", f->column);
        json_set_text(a, one, "tag", f->tag);
        json_set_text(a, one, "id", f->id);
        json_set_text(a, one, "zh", f->zh);
        json_set_text(a, one, "en", f->en);
        json_push(findings, one);
    }
    json_set(a, out, "findings", findings);
    return out;
}
