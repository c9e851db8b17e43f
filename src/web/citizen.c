/*
 * What a person sees of their own: cases, drafts, certificates, progress; and taking an application back.
 */
#include "process/runtime_view.h"
#include "service/certificate.h"
#include "web/handlers.h"

enum { CASES_PAGE = 20, CERTIFICATES_MAX = 50 };

/* --- my cases -------------------------------------------------------------------------------------------- */

/* The clock that is nearest to its end stands for the case. */
static const struct json *
first_clock(const struct json *subs)
{
    const struct json *first = NULL;

    for (const struct json *s = subs != NULL ? subs->first : NULL; s != NULL; s = s->next) {
        const struct json *clock = json_get(s, "clock");
        if (clock != NULL && !json_true(s, "is_done") &&
            (first == NULL || str_cmp(json_str(clock, "due"), json_str(first, "due")) < 0)) {
            first = clock;
        }
    }
    return first;
}

static void
finish_case_row(struct page *p, struct json *c)
{
    const struct json *clock = first_clock(json_get(c, "sub_cases"));
    const struct json *notice = json_get(c, "notice");
    struct str state = json_str(c, "state");

    if (clock != NULL) {
        json_set(p->arena, c, "clock", json_copy(p->arena, clock));
    }
    if (notice != NULL) {
        json_set_text(p->arena, c, "need", json_str(notice, "title"));
    }
    json_set_text(p->arena, c, "state_text",
                  str_eq(state, STR("done"))      ? page_either(p, STR("已办结"), STR("Closed"))
                  : str_eq(state, STR("waiting")) ? page_either(p, STR("等您办"),
                                                                STR("Waiting for you"))
                                                  : page_either(p, STR("办理中"), STR("At work")));
}

static enum rc
put_drafts(struct page *p, struct err *err)
{
    struct json *drafts, *list = json_array(p->arena);
    enum rc rc = draft_list(&p->db, p->arena, p->who.subject, p->now_us, &drafts, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *d = drafts->first; d != NULL; d = d->next) {
        const struct item *item = item_by_code(p->web->items, json_str(d, "item"));
        struct json *entry = json_object(p->arena);
        if (item == NULL) {
            continue;
        }
        json_set_text(p->arena, entry, "id", json_str(d, "id"));
        json_set_text(p->arena, entry, "name",
                      item_word(item->document, "name", p->lang));
        json_set_text(p->arena, entry, "step_text",
                      str_fmt(p->arena, "%.*s %.*s",
                              STR_ARG(page_either(p, STR("上次存在"), STR("Saved"))),
                              STR_ARG(words_moment_of(p, json_str(d, "saved")))));
        json_set_text(p->arena, entry, "expires_text", words_day_of(p, json_str(d, "expires")));
        json_set_text(p->arena, entry, "url", json_str(d, "url"));
        json_push(list, entry);
    }
    json_set(p->arena, p->document, "drafts", list);
    return RC_OK;
}

static enum rc
put_certificates(struct page *p, struct err *err)
{
    struct json *found, *list = json_array(p->arena);
    enum rc rc = certificate_list(&p->db, p->web->vault, p->arena, p->who.subject,
                                  CERTIFICATES_MAX, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *c = found->first; c != NULL; c = c->next) {
        const struct json *content = json_get(c, "certificate");
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, "type", item_word(content, "type", p->lang));
        json_set_text(p->arena, entry, "number", json_str(content, "number"));
        json_set_text(p->arena, entry, "valid_text",
                      str_fmt(p->arena, "%.*s %.*s",
                              STR_ARG(page_either(p, STR("有效到"), STR("Valid until"))),
                              STR_ARG(words_day_of(p, json_str(content, "valid_until")))));
        json_set_text(p->arena, entry, "url",
                      str_fmt(p->arena, "/certificates/%.*s", STR_ARG(json_str(content, "id"))));
        json_push(list, entry);
    }
    json_set(p->arena, p->document, "certificates", list);
    return RC_OK;
}

enum rc
citizen_cases(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    enum rc rc = case_list_of(&work, &p->db, p->arena, p->who.subject, page_query(p, "after"),
                              CASES_PAGE, p->now_us, p->lang, &p->document, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct json *cases = p->document->first; /* case_list_of puts them first */
    for (struct json *c = cases->first; c != NULL; c = c->next) {
        finish_case_row(p, c);
    }
    struct str next = json_str(p->document, "next");
    if (next.len > 0) {
        words_pager(p, str_fmt(p->arena, "%d", CASES_PAGE), STR("/cases"),
                    str_fmt(p->arena, "/cases?after=%.*s", STR_ARG(next)));
    }
    json_set_text(p->arena, p->document, "name", p->who.name);
    if ((rc = put_drafts(p, err)) != RC_OK) {
        return rc;
    }
    return (rc = offers_put(p, err)) != RC_OK ? rc : put_certificates(p, err);
}

/* --- one case ------------------------------------------------------------------------------------------------ */

/* What can still be taken back: parts whose processes listen by themselves, and the case as a whole. */
struct withdrawable {
    struct json *parts; /* their documents, [{"value","title"}] */
    bool is_whole;
};

static enum rc
find_withdrawable(struct page *p, const struct json *found, struct withdrawable *out, struct err *err)
{
    const struct json *subs = json_get(found, "sub_cases");
    struct runtime_awaited listener;
    enum rc rc = runtime_awaits(&p->db, STR("withdraw"), json_str(found, "case_no"), &listener, err);

    *out = (struct withdrawable){.parts = json_array(p->arena), .is_whole = rc == RC_OK && listener.instance > 0};
    for (const struct json *s = subs != NULL ? subs->first : NULL; s != NULL && rc == RC_OK; s = s->next) {
        struct json *one = json_object(p->arena);
        struct str id = json_str(s, "id");
        rc = runtime_awaits(&p->db, STR("withdraw"), id, &listener, err);
        if (rc == RC_OK && listener.instance > 0 && !json_true(s, "is_done")) {
            json_set_text(p->arena, one, "value", str_from(id, str_find_byte(id, '-') + 1));
            json_set_text(p->arena, one, "title", json_str(s, "name"));
            json_set_text(p->arena, one, "note", json_str(s, "org_name"));
            json_push(out->parts, one);
        }
    }
    return rc != RC_OK ? rc : json_whole(out->parts, err);
}

static bool
can_withdraw(const struct withdrawable *w)
{
    return w->is_whole || w->parts->count > 0;
}

static struct str
part_name(const struct json *found, struct str sub_case)
{
    const struct json *subs = json_get(found, "sub_cases");

    for (const struct json *s = subs != NULL && subs->count > 1 ? subs->first : NULL; s != NULL; s = s->next) {
        if (str_eq(json_str(s, "id"), sub_case)) {
            return json_str(s, "name");
        }
    }
    return STR("");
}

/* What waits for the person: one next step that cannot be overlooked, and whatever else there is less loudly. */
static void
put_to_do(struct page *p)
{
    struct json *list = p->document->first;
    bool is_first = json_get(p->document, "notice") == NULL, has_tasks = false;

    while (list != NULL && !str_eq(list->key, STR("to_do"))) {
        list = list->next;
    }
    for (struct json *t = list != NULL ? list->first : NULL; t != NULL; t = t->next) {
        struct str until = json_str(t, "until");
        if (json_true(t, "is_supply")) {
            continue; /* the notice has it */
        }
        json_set_text(p->arena, t, "until_text", until.len > 0 ? words_day_of(p, until) : STR(""));
        json_set_text(p->arena, t, "part_name", part_name(p->document, json_str(t, "sub_case")));
        json_set_bool(p->arena, t, "is_first", is_first);
        is_first = false;
        has_tasks = true;
    }
    json_set_bool(p->arena, p->document, "has_tasks", has_tasks);
}

enum rc
citizen_case(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    enum rc rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang,
                               &p->document, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct str url = json_str(p->document, "url");
    words_back(p, STR("/cases"), page_word(p, "cases_title"));
    json_set_text(p->arena, p->document, "application_url",
                  str_fmt(p->arena, "%.*s/application", STR_ARG(url)));
    json_set_text(p->arena, p->document, "receipt_url",
                  str_fmt(p->arena, "/receipts/%lld.json",
                          (long long)json_int_or(p->document, "act", 0)));
    json_set_text(p->arena, p->document, "path_url", str_fmt(p->arena, "%.*s/path", STR_ARG(url)));
    put_to_do(p);
    struct withdrawable w = {.is_whole = false};
    if (p->who.role == ROLE_CITIZEN && (rc = find_withdrawable(p, p->document, &w, err)) != RC_OK) {
        return rc;
    }
    if (p->who.role == ROLE_CITIZEN && can_withdraw(&w)) {
        json_set_text(p->arena, p->document, "withdraw_url",
                      str_fmt(p->arena, "%.*s/withdraw", STR_ARG(url)));
    }
    if ((rc = reasons_put(p, json_str(p->document, "case_no"), err)) != RC_OK ||
        (rc = handovers_put_url(p, json_str(p->document, "case_no"), err)) != RC_OK) {
        return rc;
    }
    if (p->who.role != ROLE_CITIZEN) { /* an officer who looks leaves a trace */
        struct json *detail = json_object(p->arena);
        json_set_text(p->arena, detail, "why", STR("view"));
        return page_act(p, ACT_VIEW, json_str(p->document, "case_no"),
                        json_str(p->document, "subject"), STR(""), detail, err);
    }
    return RC_OK;
}

enum rc
citizen_application(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *sections, *found;
    enum rc rc;

    if ((rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang,
                            &found, err)) != RC_OK ||
        (rc = case_application(&work, &p->db, p->arena, p->param[0], &p->who, p->lang, &sections,
                               err)) != RC_OK) {
        return rc;
    }
    words_back(p, json_str(found, "url"), json_str(found, "name"));
    json_set_text(p->arena, p->document, "item_name", json_str(found, "name"));
    json_set_text(p->arena, p->document, "case_no", json_str(found, "case_no"));
    json_set_text(p->arena, p->document, "submitted_text", json_str(found, "submitted_text"));
    json_set(p->arena, p->document, "sections", sections);
    return RC_OK;
}

/* --- withdrawing ------------------------------------------------------------------------------------------------- */

/* Where there is something to choose: each part that can be taken back by itself, and everything. */
static void
put_parts(struct page *p, const struct withdrawable *w)
{
    struct json *all = json_object(p->arena);

    if (w->parts->count + w->is_whole < 2) {
        return;
    }
    json_set_text(p->arena, all, "value", STR("all"));
    json_set_text(p->arena, all, "title", page_word(p, "withdraw_all"));
    json_set_text(p->arena, all, "note", page_word(p, "withdraw_all_note"));
    json_push(w->parts, all);
    json_set_bool(p->arena, p->document, "has_parts", true);
    json_set(p->arena, p->document, "parts", w->parts);
    json_set_text(p->arena, p->document, "error", words_error_at(p, "part"));
}

/* Asked once more before it is done, and said of what. */
static enum rc
ask_once_more(struct page *p, const struct json *found, const struct withdrawable *w, struct err *err)
{
    const struct json *only = !w->is_whole && w->parts->count == 1 ? w->parts->first : NULL;
    const struct json *subs = json_get(found, "sub_cases");
    bool is_part = only != NULL && subs != NULL && subs->count > 1;
    struct str name = is_part ? json_str(only, "title") : json_str(found, "name");

    put_parts(p, w);
    json_set_text(p->arena, p->document, "title",
                  str_fmt(p->arena, str_eq(p->lang, STR("en")) ? "Withdraw: %.*s?" : "要撤回“%.*s”吗？", STR_ARG(name)));
    json_set_text(p->arena, p->document, "what", is_part ? page_word(p, "withdraw_what_part") : page_word(p, "withdraw_what"));
    json_set_text(p->arena, p->document, "post_url", str_fmt(p->arena, "%.*s/withdraw", STR_ARG(json_str(found, "url"))));
    words_back(p, json_str(found, "url"), json_str(found, "name"));
    return json_whole(p->document, err);
}

static enum rc
withdraw_one(struct page *p, struct str case_no, struct str part, struct err *err)
{
    struct casework work = page_casework(p);
    struct str sub_case = str_fmt(p->arena, "%.*s-%.*s", STR_ARG(case_no), STR_ARG(part));
    struct case_move move = {.sub_case = sub_case, .on = STR("withdraw")};
    struct json *acts = json_array(p->arena);
    enum rc rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, acts, err);

    for (const struct json *a = acts != NULL ? acts->first : NULL; rc == RC_OK && a != NULL; a = a->next) {
        json_push(p->acts, json_copy(p->arena, a));
    }
    return rc;
}

/* One that was decided meanwhile holds up no other. */
static enum rc
withdraw_all(struct page *p, struct str case_no, const struct withdrawable *w, struct err *err)
{
    int done = 0;

    if (w->is_whole) {
        return withdraw_one(p, case_no, STR("0"), err);
    }
    for (const struct json *part = w->parts->first; part != NULL; part = part->next) {
        enum rc rc = withdraw_one(p, case_no, json_str(part, "value"), err);
        if (rc != RC_OK && rc != RC_CONFLICT && rc != RC_DENIED) {
            return rc;
        }
        done += rc == RC_OK;
    }
    return done > 0 ? RC_OK : err_problem(err, RC_CONFLICT, "step-not-possible", "nothing can be withdrawn");
}

static bool
is_listed(const struct withdrawable *w, struct str part)
{
    for (const struct json *one = w->parts->first; one != NULL; one = one->next) {
        if (str_eq(json_str(one, "value"), part)) {
            return true;
        }
    }
    return false;
}

enum rc
citizen_withdraw(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct str part = page_input(p, "part");
    struct withdrawable w;
    struct json *found;
    enum rc rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang,
                               &found, err);

    if (rc != RC_OK || (rc = find_withdrawable(p, found, &w, err)) != RC_OK) {
        return rc;
    }
    if (str_eq(p->call->head->method, STR("GET"))) {
        return ask_once_more(p, found, &w, err);
    }
    if (part.len == 0 && !p->wants_json && w.parts->count + w.is_whole > 1) {
        p->status = 422;
        words_error(p, "part", page_word(p, "withdraw_error"));
        return ask_once_more(p, found, &w, err);
    }
    if (part.len > 0 && !str_eq(part, STR("all")) && !is_listed(&w, part)) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "%.*s cannot be withdrawn by itself", STR_ARG(str_sub(part, 0, 20)));
    }
    struct str case_no = json_str(found, "case_no");
    rc = part.len == 0 || str_eq(part, STR("all")) ? withdraw_all(p, case_no, &w, err) : withdraw_one(p, case_no, part, err);
    if (rc == RC_OK) {
        p->location = json_str(found, "url");
    }
    return rc;
}
