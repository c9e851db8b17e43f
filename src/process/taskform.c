#include "process/taskform.h"

#include "base/asset.h"
#include "base/file.h"

enum { FORM_BYTES_MAX = 1 << 20 };

static enum rc
read_form(struct arena *a, const struct asset *asset, struct str name, const char *folder, struct json **out, struct err *err)
{
    const char *path = folder != NULL ? str_c(a, str_fmt(a, "%s/%.*s", folder, STR_ARG(name))) : NULL;
    struct str text = STR("");
    enum rc rc = path != NULL ? file_read(a, path, FORM_BYTES_MAX, &text, err) : RC_NOT_FOUND;

    if (rc == RC_NOT_FOUND) {
        text = asset_text(asset);
        rc = RC_OK;
    }
    return rc != RC_OK ? rc : json_parse(a, text, JSON_UNIQUE, out, err);
}

static enum rc
add_form(struct task_forms *t, struct arena *a, struct str key, const struct json *document, struct err *err)
{
    static const struct schema_options options = {.assert_formats = true};
    struct task_form *f = &t->form[t->count];
    struct err why;
    enum rc rc;

    if (t->count == TASK_FORMS_MAX) {
        return err_set(err, RC_LIMIT, "more than %d forms of tasks", TASK_FORMS_MAX);
    }
    *f = (struct task_form){.key = key, .document = document};
    rc = schema_compile(a, STR(""), document, &options, &f->schema, &why);
    t->count++;
    return rc == RC_OK ? rc : err_set(err, rc, "the form %.*s of tasks: %s", STR_ARG(key), why.text);
}

enum rc
task_forms_load(struct arena *a, const char *assets, const char *folder, struct task_forms **out, struct err *err)
{
    struct task_forms *t = arena_alloc(a, 1, sizeof(*t));
    const struct str prefix = str_of(assets), suffix = STR(".json");
    enum rc rc = RC_OK;

    if (t == NULL) {
        return err_set(err, RC_LIMIT, "no room for the forms of tasks");
    }
    t->count = 0;
    for (size_t i = 0; i < asset_table_count && rc == RC_OK; i++) {
        const struct str path = str_of(asset_table[i].path);
        struct json *document;
        if (!str_starts(path, prefix) || !str_ends(path, suffix)) {
            continue;
        }
        struct str name = str_from(path, prefix.len);
        if ((rc = read_form(a, &asset_table[i], name, folder, &document, err)) == RC_OK) {
            rc = add_form(t, a, str_sub(name, 0, name.len - suffix.len), document, err);
        }
    }
    *out = t;
    return rc;
}

const struct task_form *
task_form_find(const struct task_forms *t, struct str key)
{
    for (size_t i = 0; t != NULL && i < t->count; i++) {
        if (str_eq(t->form[i].key, key)) {
            return &t->form[i];
        }
    }
    return NULL;
}

enum rc
task_form_check(const struct task_form *form, struct arena *a, const struct json *data, int32_t today, struct json **out, struct err *err)
{
    struct schema_result *result = arena_alloc(a, 1, sizeof(*result));
    struct json *list = json_array(a);
    enum rc rc;

    if (result == NULL) {
        return err_set(err, RC_LIMIT, "no room to check the form of a task");
    }
    if ((rc = schema_check(form->schema, a, data != NULL ? data : json_object(a), today, result, err)) != RC_OK) {
        return rc;
    }
    for (size_t i = 0; !result->is_valid && i < result->count; i++) {
        const struct schema_error *e = &result->errors[i];
        struct json *one = json_object(a);
        json_set_text(a, one, "field", e->missing.len > 0 ? str_fmt(a, "%.*s/%.*s", STR_ARG(e->path), STR_ARG(e->missing)) : e->path);
        json_set_text(a, one, "zh", e->zh);
        json_set_text(a, one, "en", e->en);
        json_push(list, one);
    }
    *out = list;
    return json_whole(list, err);
}
