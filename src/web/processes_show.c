/*
 * Process models as pages show them: the picture and the same told in order, what was found and at which element, what differs from another version.
 * Elements are called what people call them; the words for their kinds stand in lang/.
 */
#include "web/rules_int.h"

/* Of a list that may not be there. */
static struct json *
first_of(const struct json *list)
{
    return list != NULL ? list->first : NULL;
}

/* A word made of two parts; what has no word is said as it is written. */
static struct str
word_of(const struct page *p, const char *prefix, struct str name)
{
    const char *key = str_c(p->arena, str_fmt(p->arena, "%s%.*s", prefix, STR_ARG(name)));
    struct str word = key != NULL && name.len > 0 ? page_word(p, key) : STR("");

    return str_eq(word, str_of(key)) ? name : word;
}

/* --- the picture ---------------------------------------------------------------------------------------- */

static void
put_goals(struct page *p, struct json *step)
{
    for (struct json *g = first_of(json_get(step, "to")); g != NULL; g = g->next) {
        struct str name = json_str(g, "name");
        json_set_text(p->arena, g, "title", name.len > 0 ? name : word_of(p, "bpmn_", json_str(g, "tag")));
    }
}

static void
put_words(struct page *p, struct json *e)
{
    json_set_text(p->arena, e, "tag_text", word_of(p, "bpmn_", json_str(e, "tag")));
    json_set_text(p->arena, e, "mark_text", word_of(p, "process_mark_", json_str(e, "mark")));
    if (json_int_or(e, "count", 0) > 0) {
        json_set_text(p->arena, e, "count_text", words_number(p->arena, json_int_or(e, "count", 0)));
    }
}

static void
put_steps(struct page *p, const struct json *steps)
{
    for (struct json *s = first_of(steps); s != NULL; s = s->next) {
        put_words(p, s);
        put_goals(p, s);
        json_set_text(p->arena, s, "trigger_text", word_of(p, "bpmn_", json_str(s, "trigger")));
        json_set_text(p->arena, s, "role_text", word_of(p, "process_role_", json_str(s, "role")));
        json_set_bool(p->arena, s, "is_inner", json_int_or(s, "depth", 0) > 0);
    }
}

static void
put_picture(struct page *p, const struct json *picture, struct json *d)
{
    struct json *copy = json_copy(p->arena, picture);

    for (struct json *i = first_of(json_get(copy, "items")); i != NULL; i = i->next) {
        put_words(p, i);
    }
    put_steps(p, json_get(copy, "steps"));
    json_set_bool(p->arena, copy, "can_be_shown", json_int_or(copy, "width", 0) > 0);
    json_set(p->arena, d, "picture", copy);
}

/* --- what was found --------------------------------------------------------------------------------------- */

/* What people call an element; its kind if it has no name. */
static struct str
name_of(const struct json *steps, struct str id)
{
    for (const struct json *s = first_of(steps); s != NULL && id.len > 0; s = s->next) {
        if (str_eq(json_str(s, "id"), id)) {
            return json_str(s, "name");
        }
    }
    return STR("");
}

static void
put_findings(struct page *p, const struct json *look, struct json *d)
{
    struct json *list = json_copy(p->arena, json_get(look, "findings"));
    int64_t errors = json_int_or(look, "errors", 0) + json_int_or(look, "unsound", 0);

    for (struct json *f = first_of(list); f != NULL; f = f->next) {
        bool stops = !str_eq(json_str(f, "severity"), STR("warning"));
        json_set_text(p->arena, f, "text", page_either(p, json_str(f, "zh"), json_str(f, "en")));
        json_set_text(p->arena, f, "result", stops ? STR("no") : STR("ask"));
        json_set_text(p->arena, f, "tag_text", word_of(p, "bpmn_", json_str(f, "tag")));
        json_set_text(p->arena, f, "name", name_of(json_path(look, "picture.steps"), json_str(f, "id")));
    }
    json_set(p->arena, d, "findings", list);
    json_set_int(p->arena, d, "finding_count", list != NULL ? list->count : 0);
    json_set_int(p->arena, d, "errors_found", errors);
    json_set_int(p->arena, d, "warnings_found", json_int_or(look, "warnings", 0));
    json_set_bool(p->arena, d, "was_examined", true);
}

struct json *
processes_report(struct page *p)
{
    static const char *const members[] = {"rule", "severity", "tag", "id", "zh", "en"};
    struct json *d = json_object(p->arena), *list = json_array(p->arena);
    const struct json *findings = json_get(p->document, "findings");

    for (const struct json *f = first_of(findings); f != NULL; f = f->next) {
        struct json *one = json_object(p->arena);
        json_set_int(p->arena, one, "line", json_int_or(f, "line", 0));
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
            json_set_text(p->arena, one, members[i], json_str(f, members[i]));
        }
        json_push(list, one);
    }
    json_set_int(p->arena, d, "errors", json_int_or(p->document, "errors_found", 0));
    json_set_int(p->arena, d, "warnings", json_int_or(p->document, "warnings_found", 0));
    json_set(p->arena, d, "findings", list);
    return d;
}

enum rc
processes_put_report(struct page *p, const struct rule_version *v, struct err *err)
{
    struct json *kept;
    enum rc rc;

    if (v->found.len == 0) {
        return RC_OK;
    }
    if ((rc = json_parse(p->arena, v->found, JSON_ANY, &kept, err)) != RC_OK) {
        return rc;
    }
    put_findings(p, kept, p->document);
    return RC_OK;
}

/* --- what differs ------------------------------------------------------------------------------------------- */

static void
put_differences(struct page *p, const struct json *list)
{
    for (struct json *e = first_of(list); e != NULL; e = e->next) {
        struct str name = json_str(e, "name");
        const struct json *changes = json_get(e, "changes");
        json_set_text(p->arena, e, "tag_text", word_of(p, "bpmn_", json_str(e, "tag")));
        json_set_text(p->arena, e, "title", name.len > 0 ? name : json_str(e, "id"));
        for (struct json *c = first_of(changes); c != NULL; c = c->next) {
            json_set_text(p->arena, c, "what_text", word_of(p, "process_what_", json_str(c, "what")));
        }
    }
}

static void
put_comparison(struct page *p, const struct json *compared, struct json *d)
{
    static const char *const lists[] = {"added", "removed", "changed", "moved"};
    struct json *copy = json_copy(p->arena, compared);

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        put_differences(p, json_get(copy, lists[i]));
    }
    json_set_bool(p->arena, copy, "is_same", json_int_or(copy, "count", 0) == 0);
    json_set_bool(p->arena, copy, "has_moved", first_of(json_get(copy, "moved")) != NULL);
    json_set(p->arena, d, "compared", copy);
}

/* --- all of it ------------------------------------------------------------------------------------------------ */

enum rc
processes_look(struct page *p, const struct processes_wish *wish, struct json *d, struct err *err)
{
    const struct modelbook_wish w = {.xml = wish->xml, .base = wish->base, .mark = wish->mark, .marks = wish->marks,
                                     .wants_findings = wish->wants_findings, .wants_drawing = wish->wants_drawing,
                                     .is_english = str_eq(p->lang, STR("en"))};
    struct json *look;
    enum rc rc = modelbook_look(p->web->modelbook, &p->db, p->arena, &w, &look, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_bool(p->arena, d, "is_readable", json_true(look, "readable"));
    if (wish->wants_findings) {
        put_findings(p, look, d);
    }
    if (json_get(look, "compared") != NULL) {
        put_comparison(p, json_get(look, "compared"), d);
    }
    if (json_get(look, "picture") != NULL) {
        put_picture(p, json_get(look, "picture"), d);
    }
    if (wish->wants_drawing) {
        json_set_text(p->arena, d, "xml", json_str(look, "xml"));
    }
    return json_whole(d, err);
}
