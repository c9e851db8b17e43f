/*
 * A guide: a few questions on a page, and below them the services that the answers need.  Answers stand in the address, so the page works
 * without scripts, and going back changes one answer.
 */
#include "service/guide.h"
#include "web/handlers.h"

static struct json *
answers_of(const struct page *p)
{
    struct json *input = json_object(p->arena);

    for (const struct json *q = p->query != NULL ? p->query->first : NULL; q != NULL; q = q->next) {
        json_set_key(p->arena, input, q->key, json_copy(p->arena, q));
    }
    return input;
}

/* Programs ask by the answers alone; a browser that has just come has none. */
static bool
is_asked(const struct page *p, const struct json *section)
{
    const struct json *fields = json_get(section, "fields");

    for (const struct json *f = fields != NULL ? fields->first : NULL; f != NULL; f = f->next) {
        if (json_get_key(p->query, json_str(f, "id")) != NULL) {
            return true;
        }
    }
    return page_query(p, "ask").len > 0;
}

static void
name_offices(struct page *p, struct json *answer)
{
    const struct json *list = json_get(answer, "list");

    for (struct json *e = list != NULL ? list->first : NULL; e != NULL; e = e->next) {
        json_set_text(p->arena, e, "org_name", words_org(p, json_str(e, "org")));
    }
}

static enum rc
answer_questions(struct page *p, const struct guide *guide, struct json *values, struct json **errors, struct err *err)
{
    const struct guide_asking asking = {.guide = guide,
                                        .counsel = p->web->counsel,
                                        .items = p->web->items,
                                        .db = &p->db,
                                        .now_us = p->now_us,
                                        .day = p->today,
                                        .lang = p->lang};
    struct json *answer;
    enum rc rc;

    if ((rc = form_take(guide->form, p->arena, 0, answers_of(p), p->today, p->lang, values, errors, err)) != RC_OK) {
        return rc;
    }
    if ((*errors)->count > 0) {
        return RC_OK;
    }
    if ((rc = guide_answer(&asking, p->arena, values, &answer, err)) != RC_OK) {
        return rc;
    }
    name_offices(p, answer);
    json_set(p->arena, p->document, "answer", answer);
    return RC_OK;
}

enum rc
guide_page(struct page *p, struct err *err)
{
    const struct guide *guide = p->web->guides != NULL ? guide_by_key(p->web->guides, p->param[0]) : NULL;
    struct json *values = json_object(p->arena), *errors = NULL, *section;
    enum rc rc;

    if (guide == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-guide", "no guide %.*s", STR_ARG(p->param[0]));
    }
    if ((rc = form_section_document(guide->form, p->arena, 0, values, NULL, p->lang, &section, err)) != RC_OK) {
        return rc;
    }
    if (is_asked(p, section) && ((rc = answer_questions(p, guide, values, &errors, err)) != RC_OK ||
                                 (rc = form_section_document(guide->form, p->arena, 0, values, errors, p->lang, &section,
                                                             err)) != RC_OK)) {
        return rc;
    }
    words_back(p, STR("/"), page_word(p, "to_home"));
    words_errors(p, errors);
    json_set_text(p->arena, p->document, "key", guide->key);
    json_set_text(p->arena, p->document, "title", item_word(guide->document, "title", p->lang));
    json_set_text(p->arena, p->document, "summary", item_word(guide->document, "summary", p->lang));
    json_set_text(p->arena, p->document, "ask_url", str_fmt(p->arena, "/guides/%.*s", STR_ARG(guide->key)));
    json_set(p->arena, p->document, "section", section);
    return RC_OK;
}
