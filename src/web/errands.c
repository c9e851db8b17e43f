/*
 * What programs of the node did for cases: told, ordered, recorded (service/errand.h), for the applicant and the officers of a case, for the
 * organisation that it was meant for, and, where it is shown to everyone, for everyone.
 */
#include "service/errand.h"
#include "web/handlers.h"

static struct errand_wish
wish_of(const struct page *p)
{
    return (struct errand_wish){.lang = p->lang, .is_officer = p->who.role != ROLE_CITIZEN && p->who.role != ROLE_PUBLIC,
                                .offset_minutes = p->web->offset_minutes};
}

static void
put_rows(struct page *p, const struct json *found)
{
    struct json *rows = json_array(p->arena);

    for (const struct json *e = found->first; e != NULL; e = e->next) {
        struct json *row = json_copy(p->arena, e);
        struct str until = json_str(e, "until"), case_no = json_str(e, "case_no");
        json_set_text(p->arena, row, "at_text", words_moment_of(p, json_str(e, "at")));
        if (until.len > 0) {
            json_set_text(p->arena, row, "until_text", words_moment_of(p, until));
        }
        if (case_no.len > 0) {
            json_set_text(p->arena, row, "case_url", str_fmt(p->arena, "/cases/%.*s", STR_ARG(case_no)));
        }
        json_push(rows, row);
    }
    json_set_int(p->arena, p->document, "count", (int64_t)found->count);
    json_set(p->arena, p->document, "rows", rows);
}

/* Whoever may see the case: casework_view says who that is. */
enum rc
errands_case(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *d;
    enum rc rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "case_no", json_str(d, "case_no"));
    json_set(p->arena, p->document, "notices", json_copy(p->arena, json_get(d, "notices")));
    json_set(p->arena, p->document, "errands", json_copy(p->arena, json_get(d, "errands")));
    return RC_OK;
}

enum rc
errands_given(struct page *p, struct err *err)
{
    const struct errand_wish wish = wish_of(p);
    struct json *found;
    enum rc rc = errand_of_org(&p->db, p->web->vault, p->arena, p->who.officer.org, &wish, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    words_back(p, STR("/desk"), page_either(p, STR("待办"), STR("Queue")));
    json_set_text(p->arena, p->document, "title", page_either(p, STR("交给我们的"), STR("Given to us")));
    json_set_text(p->arena, p->document, "lead",
                  page_either(p, STR("流程自动推送、督办给本部门的，每条都有凭证。"),
                              STR("What procedures have passed on to this office, or urged it to do; each with its receipt.")));
    put_rows(p, found);
    return RC_OK;
}

enum rc
errands_shown(struct page *p, struct err *err)
{
    const struct errand_wish wish = {.lang = p->lang, .offset_minutes = p->web->offset_minutes};
    struct json *found;
    enum rc rc = errand_shown(&p->db, p->web->vault, p->arena, p->now_us, &wish, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    words_back(p, STR("/"), page_either(p, STR("首页"), STR("Home")));
    json_set_text(p->arena, p->document, "title", page_either(p, STR("公示"), STR("Shown to everyone")));
    json_set_text(p->arena, p->document, "lead",
                  page_either(p, STR("正在公示的事项。有异议请在公示期内向办理部门提出。"),
                              STR("What is shown to everyone now. Object to the office in charge before it ends.")));
    put_rows(p, found);
    return RC_OK;
}
