/*
 * A task's form on a page: what a person or a program sent of it, what is wrong with that, and its fields with both.
 */
#include "process/taskform.h"
#include "service/schema_form.h"
#include "web/forms_int.h"

struct task_id
form_task_id(struct str text)
{
    struct task_id id = {0};
    int64_t *const to[] = {&id.instance, &id.token, &id.serial};
    struct str part;
    size_t n = 0;

    while (n < 3 && str_next(&text, '.', &part)) {
        if (!str_to_int(part, to[n++])) {
            return (struct task_id){0};
        }
    }
    return n < 2 || text.len > 0 ? (struct task_id){0} : id;
}

enum rc
form_sent(struct page *p, const struct json *task, struct json **out, struct err *err)
{
    const struct json *form = json_get(task, "form"), *given = json_get(p->input, "data");

    *out = NULL;
    if (!json_is(form, JSON_OBJECT)) {
        return RC_OK;
    }
    if (json_is(given, JSON_OBJECT)) {
        *out = json_copy(p->arena, given);
        return json_whole(*out, err);
    }
    return schema_form_read(form, p->arena, p->input, p->web->offset_minutes, page_input(p, "remove"), out, err);
}

enum rc
form_wrong(struct page *p, const struct json *task, const struct json *data, struct json **out, struct err *err)
{
    const struct task_form *form = task_form_find(conduct_forms(p->web->conduct), json_str(task, "form_key"));
    struct json *faults, *errors;
    enum rc rc;

    *out = NULL;
    if (form == NULL || data == NULL) {
        return RC_OK;
    }
    if ((rc = task_form_check(form, p->arena, data, p->today, &faults, err)) != RC_OK ||
        (rc = schema_form_errors(form->document, p->arena, faults, p->lang, &errors, err)) != RC_OK) {
        return rc;
    }
    *out = errors->count > 0 ? errors : NULL;
    return RC_OK;
}

enum rc
form_put(struct page *p, const struct json *task, struct json *into, struct err *err)
{
    const struct json *form = json_get(task, "form");
    struct json *fields, *shown = json_object(p->arena), *data;
    enum rc rc;

    if (!json_is(form, JSON_OBJECT)) {
        return RC_OK;
    }
    if ((rc = form_sent(p, task, &data, err)) != RC_OK ||
        (rc = schema_form_fields(form, p->arena, data, json_path(p->document, "errors.list"), p->web->offset_minutes, page_input(p, "add"), p->lang,
                                 &fields, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, shown, "title", schema_form_title(form, p->lang));
    json_set_text(p->arena, shown, "hint", schema_form_hint(form, p->lang));
    json_set_text(p->arena, shown, "error", words_error_at(p, "data"));
    json_set(p->arena, shown, "fields", fields);
    json_set(p->arena, into, "form", shown);
    return RC_OK;
}

bool
form_wants_row(const struct page *p)
{
    return page_input(p, "add").len > 0 || page_input(p, "remove").len > 0;
}

const struct json *
form_outcome(const struct json *task, struct str code)
{
    const struct json *outcomes = json_get(task, "outcomes");

    for (const struct json *o = outcomes != NULL ? outcomes->first : NULL; o != NULL; o = o->next) {
        if (str_eq(json_str(o, "code"), code)) {
            return o;
        }
    }
    return NULL;
}
