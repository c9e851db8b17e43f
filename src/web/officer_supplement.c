/*
 * The one supplement notice (补正): which fields, and what is missing in each.
 */
#include "web/officer_int.h"

/* What the model lets be asked: "*", names in a text, or a list. */
static bool
may_be_asked(const struct json *allowed, struct str field)
{
    struct str rest = json_is(allowed, JSON_STRING) ? allowed->text : STR(""), word, name;

    if (allowed == NULL || str_eq(rest, STR("*"))) {
        return true;
    }
    while (str_next(&rest, ' ', &word)) {
        while (str_next(&word, ',', &name)) {
            if (str_eq(name, field)) {
                return true;
            }
        }
    }
    for (const struct json *f = json_is(allowed, JSON_ARRAY) ? allowed->first : NULL; f != NULL; f = f->next) {
        if (json_is(f, JSON_STRING) && str_eq(f->text, field)) {
            return true;
        }
    }
    return false;
}

static void
show_supplement(struct page *p, const struct officer_desk *d, const struct json *errors)
{
    struct json *sections = json_array(p->arena);

    for (const struct json *s = d->sections->first; s != NULL; s = s->next) {
        struct json *section = json_object(p->arena), *fields = json_array(p->arena);
        const struct json *rows = json_get(s, "rows");
        for (const struct json *r = rows->first; r != NULL; r = r->next) {
            struct json *f = json_object(p->arena);
            struct str id = json_str(r, "field");
            const char *what = str_c(p->arena, str_fmt(p->arena, "what.%.*s", STR_ARG(id)));
            if (json_true(r, "is_fixed") || !may_be_asked(json_get(d->task, "fields"), id)) {
                continue; /* what a registry holds is not the applicant's to supply */
            }
            json_set_text(p->arena, f, "id", id);
            json_set_text(p->arena, f, "title", json_str(r, "title"));
            json_set_text(p->arena, f, "text", json_str(r, "text"));
            json_set_text(p->arena, f, "what", what != NULL ? page_input(p, what) : STR(""));
            json_set_bool(p->arena, f, "asked", what != NULL && page_input(p, what).len > 0);
            json_push(fields, f);
        }
        if (fields == NULL || fields->count == 0) {
            continue;
        }
        json_set_text(p->arena, section, "title", json_str(s, "title"));
        json_set(p->arena, section, "fields", fields);
        json_push(sections, section);
    }
    words_back(p, str_fmt(p->arena, "/desk/%.*s", STR_ARG(p->param[0])),
               json_str(d->found, "applicant"));
    json_set_text(p->arena, p->document, "id", p->param[0]);
    json_set_text(p->arena, p->document, "item_name", json_str(d->found, "name"));
    json_set_text(p->arena, p->document, "name", d->sub != NULL ? json_str(d->sub, "name") : page_word(p, "desk_whole"));
    json_set_text(p->arena, p->document, "task", json_str(d->task, "task"));
    json_set_text(p->arena, p->document, "tail", str_from(d->case_no, d->case_no.len - 4));
    json_set_text(p->arena, p->document, "applicant", json_str(d->found, "applicant"));
    json_set_text(p->arena, p->document, "action_url",
                  str_fmt(p->arena, "/desk/%.*s/supplement", STR_ARG(p->param[0])));
    json_set_text(p->arena, p->document, "basis",
                  page_either(p,
                              STR("《行政许可法》第三十二条：当场或者五日内一次告知需要补正的全部内容"),
                              STR("Administrative Licensing Law, article 32: told once, all of it")));
    json_set(p->arena, p->document, "sections", sections);
    words_errors(p, errors);
}

enum rc
officer_supplement_page(struct page *p, struct err *err)
{
    struct officer_desk d;
    enum rc rc = officer_open(p, &d, err);

    if (rc == RC_OK) {
        show_supplement(p, &d, NULL);
    }
    return rc;
}

/* From a browser: field=<id>…, what.<id>=…; from a program: fields: [{"field","what"}]. */
static struct json *
asked_fields(struct page *p)
{
    const struct json *chosen = json_get(p->input, "field");
    const struct json *given = json_get(p->input, "fields");
    struct json *list = json_array(p->arena);

    if (json_is(given, JSON_ARRAY)) {
        return json_copy(p->arena, given);
    }
    const struct json *c = json_is(chosen, JSON_ARRAY) ? chosen->first : chosen;
    for (; c != NULL; c = json_is(chosen, JSON_ARRAY) ? c->next : NULL) {
        struct json *f = json_object(p->arena);
        const char *what = str_c(p->arena, str_fmt(p->arena, "what.%.*s", STR_ARG(c->text)));
        json_set_text(p->arena, f, "field", c->text);
        json_set_text(p->arena, f, "what", what != NULL ? page_input(p, what) : STR(""));
        json_push(list, f);
    }
    return list;
}

static struct str
joined_reasons(struct page *p, const struct json *fields)
{
    struct str text = page_input(p, "reason");
    struct buf b;
    struct err ignored;

    if (text.len > 0) {
        return text;
    }
    buf_init(&b, p->arena, 4096);
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        buf_put(&b, f == fields->first ? STR("") : page_either(p, STR("；"), STR("; ")));
        buf_put(&b, json_str(f, "what"));
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

enum rc
officer_supplement(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *fields = asked_fields(p);
    struct case_move move = {.sub_case = p->param[0], .on = STR("ask_supplement"), .fields = fields};
    struct officer_desk d;
    enum rc rc;

    if (fields == NULL) {
        return err_set(err, RC_LIMIT, "no room for the fields");
    }
    move.instance = form_task_id(page_input(p, "task")).instance;
    move.token = form_task_id(page_input(p, "task")).token;
    move.reason = joined_reasons(p, fields);
    rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err);
    bool is_incomplete = rc == RC_INVALID && !p->wants_json;
    if (is_incomplete && (rc = officer_open(p, &d, err)) == RC_OK) {
        struct json *errors = json_array(p->arena), *e = json_object(p->arena);
        json_set_text(p->arena, e, "field",
                      fields->first != NULL ? json_str(fields->first, "field") : STR("main"));
        json_set_text(p->arena, e, "message",
                      page_either(p, STR("请选出要补的内容，并写明缺什么"),
                                  STR("Please choose what is missing and say what is wrong")));
        json_push(errors, e);
        p->status = 422;
        show_supplement(p, &d, errors);
        return RC_OK;
    }
    if (rc == RC_OK) {
        p->location = STR("/desk?view=waiting");
    }
    return rc;
}
