/*
 * The answer to a supplement notice: the form's own fields, only those that were asked, with what is missing beside each.  All of them at
 * once or none: the notice is told once, so it is answered once.
 */
#include "web/handlers.h"
#include "web/upload.h"

struct supply {
    struct json *found; /* the case's document */
    const struct json *sub; /* what is to be done there */
    const struct json *asked; /* [{"field","what"}] */
    struct item item;         /* of the version that the case began with */
};

static enum rc
nothing_asked(struct err *err)
{
    return err_problem(err, RC_CONFLICT, "step-not-possible", "nothing is asked for here");
}

static enum rc
open_item(struct page *p, struct supply *s, struct err *err)
{
    struct str code = json_str(s->found, "item");
    int64_t version = json_int_or(s->found, "item_version", 0);
    const struct item *current = item_by_code(p->web->items, code);
    enum rc rc = RC_OK;

    if (current != NULL && current->version == version) {
        s->item = *current;
    } else {
        rc = item_by_version(&p->db, p->arena, code, version, &s->item, err);
    }
    return rc != RC_OK || s->item.form != NULL ? rc : nothing_asked(err);
}

/* "<case_no>-1" of the person's own case, or "<case_no>-0", with an open supplement. */
static enum rc
open_supply(struct page *p, struct supply *s, struct err *err)
{
    struct casework work = page_casework(p);
    struct str case_no = str_sub(p->param[0], 0, str_find_byte(p->param[0], '-'));
    enum rc rc = case_document(&work, &p->db, p->arena, case_no, &p->who, p->now_us, p->lang,
                               &s->found, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *to_do = json_get(s->found, "to_do");
    s->sub = NULL;
    for (const struct json *e = to_do != NULL ? to_do->first : NULL; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "sub_case"), p->param[0]) && json_get(e, "supplement") != NULL) {
            s->sub = e;
        }
    }
    if (s->sub == NULL) {
        return nothing_asked(err);
    }
    s->asked = json_get(json_get(s->sub, "supplement"), "asked");
    return open_item(p, s, err);
}

/* What is missing, and after it what the field says of itself: the limits of an upload are told before it. */
static struct str
hint_of(struct page *p, struct str what, struct str hint)
{
    return hint.len == 0 ? what
                         : str_fmt(p->arena,
                                   str_eq(p->lang, STR("en")) ? "%.*s (%.*s)" : "%.*s（%.*s）",
                                   STR_ARG(what), STR_ARG(hint));
}

static enum rc
put_fields(struct page *p, const struct supply *s, const struct json *values,
           const struct json *errors, struct json *section, struct err *err)
{
    struct json *fields = json_array(p->arena);
    bool has_upload = false;

    for (const struct json *f = s->asked->first; f != NULL; f = f->next) {
        struct str id = json_str(f, "field");
        struct json *shown = NULL;
        enum rc rc = form_field_document(s->item.form, p->arena, id, values, errors, p->lang,
                                         &shown, err);
        if (rc != RC_OK) {
            return rc;
        }
        json_set_text(p->arena, shown, "hint",
                      hint_of(p, json_str(f, "what"), json_str(shown, "hint")));
        has_upload =
            has_upload || json_get(form_field(s->item.form, id), "upload") != NULL;
        json_push(fields, shown);
    }
    json_set_bool(p->arena, section, "has_upload", has_upload);
    json_set(p->arena, section, "fields", fields);
    return RC_OK;
}

static enum rc
show_supply(struct page *p, const struct supply *s, const struct json *values,
            const struct json *errors, struct err *err)
{
    struct json *section = json_object(p->arena), *notice = json_object(p->arena);
    struct json *d = p->document;
    enum rc rc;

    json_set_text(p->arena, section, "id", STR("supplement"));
    json_set_text(p->arena, section, "title", page_word(p, "supply_title"));
    json_set_int(p->arena, section, "number", 1);
    json_set_int(p->arena, section, "count", 1);
    json_set_bool(p->arena, section, "has_prefill", false);
    if ((rc = put_fields(p, s, values, errors, section, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, notice, "title",
                  json_str(json_get(s->found, "notice"), "title"));
    json_set_text(p->arena, notice, "text", json_str(json_get(s->sub, "supplement"), "reason"));
    json_set_text(p->arena, d, "item_name", json_str(s->found, "name"));
    words_back(p, json_str(s->found, "url"), json_str(s->found, "name"));
    json_set(p->arena, d, "notice", notice);
    json_set(p->arena, d, "section", section);
    json_set_text(p->arena, d, "save_url",
                  str_fmt(p->arena, "/cases/%.*s/supply", STR_ARG(p->param[0])));
    json_set_text(p->arena, d, "later_url", json_str(s->found, "url"));
    json_set_int(p->arena, d, "revision", 1);
    json_set_text(p->arena, d, "help_code", json_str(s->found, "query_code"));
    words_errors(p, errors);
    return RC_OK;
}

enum rc
supply_page(struct page *p, struct err *err)
{
    struct supply s;
    enum rc rc = open_supply(p, &s, err);

    return rc != RC_OK ? rc : show_supply(p, &s, json_object(p->arena), NULL, err);
}

static bool
rule_of(void *ctx, struct str field, struct upload_rule *out)
{
    const struct supply *s = ctx;
    const struct json *upload = json_get(form_field(s->item.form, field), "upload");
    bool is_asked = false;

    for (const struct json *f = s->asked->first; f != NULL; f = f->next) {
        is_asked = is_asked || str_eq(json_str(f, "field"), field);
    }
    if (upload == NULL || !is_asked) {
        return false;
    }
    *out = (struct upload_rule){.most_bytes = json_int_or(upload, "most_bytes", 0),
                                .types = json_get(upload, "types")};
    return true;
}

/* The input without files that could not be kept: what was wrong with each is told at its field. */
static struct json *
usable_input(struct page *p, const struct supply *s, struct json *errors)
{
    struct json *input = json_copy(p->arena, p->input);

    for (const struct json *f = s->asked->first; f != NULL; f = f->next) {
        struct str id = json_str(f, "field");
        const struct json *rule = json_get(form_field(s->item.form, id), "upload");
        const struct json *given = json_get_key(p->input, id);
        struct json *kept = json_array(p->arena);
        if (rule == NULL || !json_is(given, JSON_ARRAY)) {
            continue;
        }
        for (const struct json *g = given->first; g != NULL; g = g->next) {
            if (json_str(g, "problem").len > 0) {
                words_file_problem(p, errors, id, rule, g);
            } else {
                json_push(kept, json_copy(p->arena, g));
            }
        }
        json_set_key(p->arena, input, id, kept);
    }
    return input;
}

enum rc
supply_send(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *file_errors = json_array(p->arena), *values, *errors;
    struct case_move move = {.sub_case = p->param[0], .on = STR("supply")};
    struct supply s;
    enum rc rc;

    if ((rc = open_supply(p, &s, err)) != RC_OK ||
        (rc = page_read_form(p, rule_of, &s, err)) != RC_OK) {
        return rc;
    }
    const struct json *input = usable_input(p, &s, file_errors);
    if ((rc = form_take_fields(s.item.form, p->arena, s.asked, input, p->today, p->lang, &values,
                               &errors, err)) != RC_OK) {
        return rc;
    }
    words_join_errors(p, file_errors, errors);
    if ((rc = json_whole(file_errors, err)) != RC_OK) {
        return rc;
    }
    if (file_errors->count > 0) {
        p->status = 422;
        return show_supply(p, &s, values, file_errors, err);
    }
    move.fields = values;
    rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err);
    if (rc == RC_OK) {
        p->location = json_str(s.found, "url");
    }
    return rc;
}
