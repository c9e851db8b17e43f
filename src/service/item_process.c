#include "service/item_process.h"

#include "process/bpmn_int.h"
#include "process/gov.h"
#include "service/casework_int.h"

struct checking {
    const struct item_process_world *w;
    const struct json *item;
    struct str key;
    const struct bpmn *m;
};

static bool
lists(const struct json *list, struct str name)
{
    for (const struct json *e = json_is(list, JSON_ARRAY) ? list->first : NULL; e != NULL; e = e->next) {
        if (json_is(e, JSON_STRING) && str_eq(e->text, name)) {
            return true;
        }
    }
    return false;
}

static bool
is_brought(const struct checking *c, struct str name)
{
    for (uint32_t n = 0; n < c->m->elements; n++) {
        struct str job = gov_element(c->m, n)->job;
        if (job.len > 0 && lists(json_get_key(c->w->brings, job), name)) {
            return true;
        }
    }
    return false;
}

static enum rc
check_needs(const struct checking *c, struct err *err)
{
    const struct json *told = json_path(c->item, "process.variables");
    struct need needs[NEEDS_MAX];
    size_t count = 0;
    enum rc rc = needs_of(c->m, c->w->forms, needs, &count, err);

    for (size_t i = 0; i < count && rc == RC_OK; i++) {
        struct str name = needs[i].name;
        if (!case_gives(name) && json_get_key(told, name) == NULL && !is_brought(c, name)) {
            rc = err_set(err, RC_INVALID, "item %.*s: its process %.*s reads %.*s in line %u (%.*s), and nothing gives it",
                         STR_ARG(json_str(c->item, "code")), STR_ARG(c->key), STR_ARG(name), needs[i].line,
                         STR_ARG(str_sub(needs[i].text, 0, 60)));
        }
    }
    return rc;
}

static enum rc
check_forms(const struct checking *c, struct err *err)
{
    for (uint32_t n = 0; n < c->m->elements; n++) {
        struct str form = gov_element(c->m, n)->form;
        if (form.len > 0 && task_form_find(c->w->forms, form) == NULL) {
            return err_set(err, RC_INVALID, "item %.*s: its process %.*s asks for the form %.*s at %.*s, which is not there",
                           STR_ARG(json_str(c->item, "code")), STR_ARG(c->key), STR_ARG(form), STR_ARG(c->m->element[n].id));
        }
    }
    return RC_OK;
}

enum rc
item_process_check(const struct item_process_world *w, const struct json *item, struct err *err)
{
    struct checking c = {.w = w, .item = item, .key = json_str(json_get(item, "process"), "key")};
    struct err why;
    enum rc rc;

    if (json_get(item, "form") == NULL) {
        return RC_OK;
    }
    if ((rc = w->find(w->ctx, c.key, &c.m, &why)) != RC_OK) {
        return err_set(err, rc == RC_NOT_FOUND ? RC_INVALID : rc, "item %.*s: its process %.*s cannot be had: %s", STR_ARG(json_str(item, "code")),
                       STR_ARG(c.key), why.text);
    }
    rc = check_forms(&c, err);
    return rc != RC_OK ? rc : check_needs(&c, err);
}
