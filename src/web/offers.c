/*
 * What services that looked for people found: offers on the person's page, their answers, and for the steward how often they were right.
 */
#include "service/proactive.h"
#include "web/handlers.h"

static struct json *
shown(struct page *p, const struct json *offer)
{
    struct json *d = json_object(p->arena);
    struct str id = json_str(offer, "id");

    json_set_text(p->arena, d, "id", id);
    json_set_text(p->arena, d, "benefit", json_str(offer, "benefit"));
    json_set_text(p->arena, d, "item", json_str(offer, "item"));
    json_set_text(p->arena, d, "title", item_word(offer, "title", p->lang));
    json_set_text(p->arena, d, "reason", item_word(offer, "reason", p->lang));
    json_set_text(p->arena, d, "made", json_str(offer, "made"));
    json_set_text(p->arena, d, "made_text", words_moment_of(p, json_str(offer, "made")));
    json_set_int(p->arena, d, "act", json_int_or(offer, "act", -1));
    json_set_text(p->arena, d, "accept_url", str_fmt(p->arena, "/offers/%.*s/accept", STR_ARG(id)));
    json_set_text(p->arena, d, "decline_url", str_fmt(p->arena, "/offers/%.*s/decline", STR_ARG(id)));
    return d;
}

enum rc
offers_put(struct page *p, struct err *err)
{
    struct json *found, *list = json_array(p->arena);
    enum rc rc;

    if (p->web->proactive == NULL || p->who.subject.len == 0) {
        return RC_OK;
    }
    if ((rc = proactive_offers(p->web->proactive, &p->db, p->arena, p->who.subject, &found, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *o = found->first; o != NULL; o = o->next) {
        json_push(list, shown(p, o));
    }
    if (found->count > 0) {
        json_set(p->arena, p->document, "offers", list);
    }
    return RC_OK;
}

static enum rc
check_there(const struct page *p, struct err *err)
{
    return p->web->proactive != NULL ? RC_OK : err_problem(err, RC_NOT_FOUND, "no-such-offer", "nothing is offered here");
}

enum rc
offers_accept(struct page *p, struct err *err)
{
    struct draft draft;
    enum rc rc = check_there(p, err);

    if (rc != RC_OK || (rc = proactive_accept(p->web->proactive, &p->db, p->arena, p->param[0], &p->who, p->web->items,
                                              p->web->draft_keep_days, p->now_us, &draft, p->acts, err)) != RC_OK) {
        return rc;
    }
    json_set_text(p->arena, p->document, "draft", draft.id);
    p->location = str_fmt(p->arena, "/drafts/%.*s", STR_ARG(draft.id));
    return RC_OK;
}

enum rc
offers_decline(struct page *p, struct err *err)
{
    enum rc rc = check_there(p, err);

    if (rc != RC_OK ||
        (rc = proactive_decline(p->web->proactive, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->acts, err)) != RC_OK) {
        return rc;
    }
    p->location = STR("/cases");
    return RC_OK;
}

/* --- the steward's page ------------------------------------------------------------------------------------- */

/* As the catalogue calls them. */
static enum rc
name_fields(struct page *p, struct json *d, struct err *err)
{
    enum { NAMES_MAX = 2048 };
    const struct json *fields = json_get(d, "fields");
    struct resource *resource;
    struct str text;
    struct buf b;
    enum rc rc = catalogue_get(&p->db, p->arena, json_str(d, "resource"), &resource, err);

    if (rc != RC_OK) {
        return rc;
    }
    buf_init(&b, p->arena, NAMES_MAX);
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        const struct element *e = catalogue_element(resource, f->text);
        buf_put(&b, f == fields->first ? STR("") : page_either(p, STR("、"), STR(", ")));
        buf_put(&b, e == NULL ? f->text : page_either(p, e->title_zh, e->title_en));
    }
    if ((rc = buf_finish(&b, &text, err)) == RC_OK) {
        json_set_text(p->arena, d, "fields_text", text);
    }
    return rc;
}

static void
finish_benefit(struct page *p, struct json *d)
{
    const struct json *run = json_get(d, "run"), *offers = json_get(d, "offers");
    int64_t right = json_int_or(offers, "granted", 0), wrong = json_int_or(offers, "wrong", 0);

    json_set_text(p->arena, d, "title", item_word(d, "title", p->lang));
    json_set_int(p->arena, d, "right", right);
    json_set_int(p->arena, d, "wrong", wrong);
    json_set_int(p->arena, d, "decided", right + wrong);
    if (run != NULL) {
        json_set_text(p->arena, d, "run_text",
                      json_str(run, "ended").len > 0 ? words_moment_of(p, json_str(run, "ended"))
                                                     : page_either(p, STR("还在进行"), STR("under way")));
    }
}

enum rc
offers_report(struct page *p, struct err *err)
{
    struct json *list = json_array(p->arena);
    enum rc rc;

    if (p->web->proactive != NULL &&
        (rc = proactive_report(p->web->proactive, &p->db, p->arena, &list, err)) != RC_OK) {
        return rc;
    }
    for (struct json *b = list->first; b != NULL; b = b->next) {
        finish_benefit(p, b);
        if ((rc = name_fields(p, b, err)) != RC_OK) {
            return rc;
        }
    }
    json_set_int(p->arena, p->document, "count", list->count);
    json_set(p->arena, p->document, "benefits", list);
    return RC_OK;
}
