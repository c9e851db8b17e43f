/*
 * The officer's desk: one sub-case with its evidence, what rules say of it, and what its process offers.
 */
#include "web/officer_int.h"

/* What the address asks for; else the first that is open of those that the officer's organisation has, else the first of those; else what waits for the applicant. */
static const struct json *
chosen_task(const struct page *p, const struct officer_desk *d)
{
    struct str wanted = page_input(p, "task").len > 0 ? page_input(p, "task") : page_query(p, "task");
    const struct json *tasks = json_get(d->choices, "tasks"), *first = NULL, *open = NULL, *applicant = NULL;
    const struct json *found = wanted.len > 0 ? officer_find_task(d, wanted) : NULL;

    for (const struct json *t = tasks != NULL ? tasks->first : NULL; t != NULL; t = t->next) {
        bool is_citizens = str_eq(json_str(t, "role"), STR("citizen"));
        bool is_own = !is_citizens && str_eq(json_str(t, "org"), p->who.officer.org);
        applicant = is_citizens && applicant == NULL ? t : applicant;
        first = is_own && first == NULL ? t : first;
        open = is_own && open == NULL && str_eq(json_str(t, "state"), STR("open")) ? t : open;
    }
    return found != NULL ? found : open != NULL ? open : first != NULL ? first : applicant;
}

static const struct json *
find_sub(const struct json *found, struct str id)
{
    const struct json *subs = json_get(found, "sub_cases");

    for (const struct json *s = subs != NULL ? subs->first : NULL; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "id"), id)) {
            return s;
        }
    }
    return NULL;
}

static bool
has_part(const struct json *found, struct str org)
{
    const struct json *subs = json_get(found, "sub_cases");

    for (const struct json *s = subs != NULL ? subs->first : NULL; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "org"), org)) {
            return true;
        }
    }
    return false;
}

static bool
has_task(const struct json *choices, struct str org)
{
    const struct json *tasks = json_get(choices, "tasks");

    for (const struct json *t = tasks != NULL ? tasks->first : NULL; t != NULL; t = t->next) {
        if (str_eq(json_str(t, "org"), org)) {
            return true;
        }
    }
    return false;
}

/* Whose part it is, who has something to do with it now, and who has no part in the case but had to do with it: case_document let nobody else in. */
static bool
is_theirs(const struct page *p, const struct officer_desk *d)
{
    struct str org = p->who.officer.org;

    return d->sub == NULL || str_eq(json_str(d->sub, "org"), org) || has_task(d->choices, org) || !has_part(d->found, org);
}

enum rc
officer_open(struct page *p, struct officer_desk *d, struct err *err)
{
    struct casework work = page_casework(p);
    struct str case_no = str_sub(p->param[0], 0, str_find_byte(p->param[0], '-'));
    enum rc rc;

    *d = (struct officer_desk){.case_no = case_no};
    if ((rc = case_document(&work, &p->db, p->arena, case_no, &p->who, p->now_us, p->lang,
                            &d->found, err)) != RC_OK ||
        (rc = case_application(&work, &p->db, p->arena, case_no, &p->who, p->lang, &d->sections,
                               err)) != RC_OK) {
        return rc;
    }
    d->sub = find_sub(d->found, p->param[0]);
    if (d->sub == NULL && !str_ends(p->param[0], STR("-0"))) {
        return err_problem(err, RC_NOT_FOUND, "no-such-case", "no such sub-case");
    }
    if ((rc = case_choices(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang, &d->choices, err)) != RC_OK) {
        return rc;
    }
    if (!is_theirs(p, d)) {
        return err_problem(err, RC_DENIED, "other-organisation", "the sub-case belongs to another organisation");
    }
    d->item = item_by_code(p->web->items, json_str(d->found, "item"));
    d->task = chosen_task(p, d);
    return RC_OK;
}

static void
push_evidence(struct page *p, struct json *list, const struct json *files, struct str text,
              struct str sub_case)
{
    for (const struct json *f = files != NULL ? files->first : NULL; f != NULL; f = f->next) {
        struct json *e = json_object(p->arena);
        struct str sha256 = json_str(f, "sha256").len > 0 ? json_str(f, "sha256")
                                                          : json_str(f, "file");
        struct str name = json_str(f, "name");
        bool is_pdf = str_ends(name, STR(".pdf")) || str_ends(name, STR(".PDF"));
        json_set_text(p->arena, e, "name", name);
        json_set_text(p->arena, e, "text", text);
        json_set_text(p->arena, e, "url",
                      str_fmt(p->arena, "/desk/%.*s/materials/%.*s", STR_ARG(sub_case),
                              STR_ARG(sha256)));
        json_set_bool(p->arena, e, "is_image", !is_pdf);
        json_set_text(p->arena, e, "alt", name);
        json_push(list, e);
    }
}

void
officer_put_evidence(struct page *p, const struct officer_desk *d)
{
    const struct json *answers = json_path(d->sub, "supplement.answers");
    struct json *list = json_array(p->arena), *changes = json_array(p->arena);

    for (const struct json *s = d->sections->first; s != NULL; s = s->next) {
        const struct json *rows = json_get(s, "rows");
        for (const struct json *r = rows->first; r != NULL; r = r->next) {
            const struct json *answer = json_get_key(answers, json_str(r, "field"));
            push_evidence(p, list, json_get(r, "files"), json_str(r, "title"), p->param[0]);
            if (answer == NULL) {
                continue;
            }
            struct json *c = json_object(p->arena);
            json_set_text(p->arena, c, "title", json_str(r, "title"));
            json_set_text(p->arena, c, "before", json_str(r, "text"));
            json_set_text(p->arena, c, "after",
                          json_is(answer, JSON_ARRAY) && answer->first != NULL
                              ? json_str(answer->first, "name")
                              : answer->text);
            json_push(changes, c);
            if (json_is(answer, JSON_ARRAY)) {
                push_evidence(p, list, answer, page_either(p, STR("补正"), STR("Supplied")),
                              p->param[0]);
            }
        }
    }
    json_set(p->arena, p->document, "evidence", list);
    if (changes != NULL && changes->count > 0) {
        json_set(p->arena, p->document, "changes", changes);
    }
}

static void
put_rules(struct page *p, const struct officer_desk *d)
{
    const struct json *checks = d->item != NULL ? json_get(d->item->document, "checks") : NULL;
    struct json *rules = json_array(p->arena);

    for (const struct json *c = checks != NULL ? checks->first : NULL; c != NULL; c = c->next) {
        bool holds = checks_hold(c, d->sections);
        struct json *r = json_object(p->arena);
        json_set_text(p->arena, r, "result", holds ? STR("yes") : STR("ask"));
        json_set_bool(p->arena, r, holds ? "is_yes" : "is_ask", true);
        json_set_text(p->arena, r, "text",
                      item_word(c, holds ? "yes" : "no", p->lang));
        json_push(rules, r);
    }
    json_set(p->arena, p->document, "rules", rules);
    json_set_text(p->arena, p->document, "rules_note",
                  page_either(p, STR("规则只列理由，不替您决定。"),
                              STR("Rules list reasons; they decide nothing for you.")));
}

static void
put_head(struct page *p, const struct officer_desk *d)
{
    const struct json *of = d->sub != NULL ? d->sub : d->found;
    struct str name = d->sub != NULL ? json_str(d->sub, "name") : page_word(p, "desk_whole");

    words_back(p, STR("/desk"), page_either(p, STR("待办"), STR("To do")));
    json_set_text(p->arena, p->document, "id", p->param[0]);
    json_set_text(p->arena, p->document, "case_no", d->case_no);
    json_set_text(p->arena, p->document, "item_name", json_str(d->found, "name"));
    json_set_text(p->arena, p->document, "name", name);
    json_set_text(p->arena, p->document, "tail", str_from(d->case_no, d->case_no.len - 4));
    json_set_text(p->arena, p->document, "applicant", json_str(d->found, "applicant"));
    json_set_text(p->arena, p->document, "state", json_str(of, "state"));
    json_set_text(p->arena, p->document, "state_text", d->sub != NULL ? json_str(d->sub, "state_text") : json_str(d->found, "summary"));
    json_set_text(p->arena, p->document, "power", json_str(d->sub, "power"));
    json_set_text(p->arena, p->document, "path_url", str_fmt(p->arena, "/cases/%.*s/path", STR_ARG(d->case_no)));
    const struct json *clock = json_get(d->task, "clock") != NULL ? json_get(d->task, "clock") : json_get(d->sub, "clock");
    if (clock != NULL) {
        json_set(p->arena, p->document, "clock", json_copy(p->arena, clock));
    }
}

static void
put_sections(struct page *p, const struct officer_desk *d)
{
    for (struct json *s = d->sections->first; s != NULL; s = s->next) {
        const struct json *rows = json_get(s, "rows");
        for (struct json *r = rows->first; r != NULL; r = r->next) {
            if (json_get(r, "disputed") != NULL) {
                json_set_text(p->arena, r, "warning",
                              str_fmt(p->arena, "%.*s%.*s",
                                      STR_ARG(page_either(p, STR("申请人说应为："),
                                                          STR("The applicant says: "))),
                                      STR_ARG(json_str(r, "disputed"))));
            }
        }
    }
    json_set(p->arena, p->document, "sections", d->sections);
    json_set(p->arena, p->document, "timeline",
             json_copy(p->arena, json_get(d->found, "timeline")));
}

enum rc
officer_show(struct page *p, const struct officer_desk *d, struct err *err)
{
    enum rc rc;

    put_head(p, d);
    put_sections(p, d);
    officer_put_evidence(p, d);
    put_rules(p, d);
    rc = officer_put_tasks(p, d, err);
    return rc != RC_OK ? rc : officer_put_deeds(p, d, err);
}

enum rc
officer_show_again(struct page *p, const struct json *errors, struct err *err)
{
    struct officer_desk d;
    enum rc rc = officer_open(p, &d, err);

    if (rc == RC_OK) {
        p->status = 422;
        words_errors(p, errors);
        rc = officer_show(p, &d, err);
    }
    return rc;
}

enum rc
officer_show_error(struct page *p, const char *field, struct str message, struct err *err)
{
    struct json *errors = json_array(p->arena), *e = json_object(p->arena);

    json_set_text(p->arena, e, "field", str_of(field));
    json_set_text(p->arena, e, "message", message);
    json_push(errors, e);
    return officer_show_again(p, errors, err);
}

/* Looking is an act: the applicant sees who looked. */
enum rc
officer_case(struct page *p, struct err *err)
{
    struct json *detail = json_object(p->arena);
    struct officer_desk d;
    enum rc rc = officer_open(p, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, detail, "sub_case", p->param[0]);
    if ((rc = page_act(p, ACT_VIEW, d.case_no, json_str(d.found, "subject"),
                       json_str(d.sub, "power"), detail, err)) != RC_OK) {
        return rc;
    }
    rc = officer_show(p, &d, err);
    return rc != RC_OK ? rc : handovers_put_url(p, d.case_no, err);
}
