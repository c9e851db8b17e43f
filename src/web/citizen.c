/*
 * What a person sees of their own: cases, drafts, certificates, progress; and taking an application back.
 */
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
            (first == NULL ||
             json_int_or(clock, "left_days", 0) < json_int_or(first, "left_days", 0))) {
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
                  : str_eq(state, STR("waiting")) ? page_either(p, STR("等您补充"),
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

static enum rc
can_withdraw(struct page *p, const struct json *found, bool *out, struct err *err)
{
    const struct json *subs = json_get(found, "sub_cases");
    enum rc rc = RC_OK;

    *out = false;
    for (const struct json *s = subs != NULL ? subs->first : NULL; s != NULL && rc == RC_OK && !*out; s = s->next) {
        rc = case_can_withdraw(&p->db, json_str(s, "id"), out, err);
    }
    return rc;
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
    bool can = false;
    if (p->who.role == ROLE_CITIZEN && (rc = can_withdraw(p, p->document, &can, err)) != RC_OK) {
        return rc;
    }
    if (can) {
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

enum rc
citizen_withdraw(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *found;
    int done = 0;
    enum rc rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang,
                               &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (str_eq(p->call->head->method, STR("GET"))) { /* asked once more before it is done */
        json_set_text(p->arena, p->document, "title",
                      page_either(p, STR("要撤回这次申请吗？"), STR("Withdraw this application?")));
        json_set_text(p->arena, p->document, "what",
                      page_either(p, STR("撤回后各部门不再办理。以后可以重新申请。"),
                                  STR("Departments stop working on it. You can apply again.")));
        json_set_text(p->arena, p->document, "post_url",
                      str_fmt(p->arena, "%.*s/withdraw", STR_ARG(json_str(found, "url"))));
        words_back(p, json_str(found, "url"), json_str(found, "name"));
        return RC_OK;
    }
    const struct json *subs = json_get(found, "sub_cases");
    for (const struct json *s = subs->first; s != NULL; s = s->next) {
        struct case_move move = {.sub_case = json_str(s, "id"), .on = STR("withdraw")};
        struct json *acts = json_array(p->arena);
        rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, acts, err);
        if (rc != RC_OK && rc != RC_CONFLICT && rc != RC_DENIED) {
            return rc;
        }
        for (const struct json *a = acts->first; rc == RC_OK && a != NULL; a = a->next) {
            json_push(p->acts, json_copy(p->arena, a));
            done++;
        }
    }
    if (done == 0) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "nothing can be withdrawn");
    }
    p->location = json_str(found, "url");
    return RC_OK;
}
