/*
 * An item's own checks (data): they list reasons, for the officer's desk and, where two sources differ, for the applicant; they decide
 * nothing.  {"same":[fields]}, {"fetched":[fields]} or {"undisputed":true}, with words for yes and no, "told_title_*" and "told_*" for the applicant.
 */
#include "web/handlers.h"

static const struct json *
row_of(const struct json *sections, struct str field)
{
    for (const struct json *s = sections->first; s != NULL; s = s->next) {
        const struct json *rows = json_get(s, "rows");
        for (const struct json *r = rows->first; r != NULL; r = r->next) {
            if (str_eq(json_str(r, "field"), field)) {
                return r;
            }
        }
    }
    return NULL;
}

bool
checks_hold(const struct json *check, const struct json *sections)
{
    const struct json *same = json_get(check, "same"), *fetched = json_get(check, "fetched");

    if (same != NULL) {
        struct str first = json_str(row_of(sections, same->first->text), "text");
        for (const struct json *f = same->first; f != NULL; f = f->next) {
            if (!str_eq(json_str(row_of(sections, f->text), "text"), first)) {
                return false;
            }
        }
        return first.len > 0;
    }
    for (const struct json *f = fetched != NULL ? fetched->first : NULL; f != NULL; f = f->next) {
        if (!json_true(json_get(row_of(sections, f->text), "source"), "is_fetched")) {
            return false;
        }
    }
    if (json_true(check, "undisputed")) {
        for (const struct json *s = sections->first; s != NULL; s = s->next) {
            const struct json *rows = json_get(s, "rows");
            for (const struct json *r = rows->first; r != NULL; r = r->next) {
                if (json_get(r, "disputed") != NULL) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* Both are there, they differ, and the applicant has not said so yet. */
static bool
is_to_be_told(const struct json *check, const struct json *sections, const struct json *shown)
{
    const struct json *same = json_get(check, "same"), *fields = json_get(shown, "fields");

    if (json_get(check, "told_zh") == NULL || same == NULL || checks_hold(check, sections)) {
        return false;
    }
    for (const struct json *f = same->first; f != NULL; f = f->next) {
        const struct json *row = row_of(sections, f->text);
        bool is_here = false;
        for (const struct json *s = fields->first; s != NULL; s = s->next) {
            is_here = is_here || str_eq(json_str(s, "id"), f->text);
        }
        if (!is_here || json_str(row, "text").len == 0 || json_get(row, "disputed") != NULL) {
            return false;
        }
    }
    return true;
}

enum rc
checks_tell(struct page *p, const struct item *item, const struct json *values,
            const struct json *shown, struct err *err)
{
    const struct json *checks = json_get(item->document, "checks");
    struct json *sections;
    enum rc rc = form_summary(item->form, p->arena, values, p->lang, &sections, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *c = checks != NULL ? checks->first : NULL; c != NULL; c = c->next) {
        if (is_to_be_told(c, sections, shown)) {
            struct json *notice = json_object(p->arena);
            json_set_text(p->arena, notice, "title", item_word(c, "told_title", p->lang));
            json_set_text(p->arena, notice, "text", item_word(c, "told", p->lang));
            json_set(p->arena, p->document, "notice", notice);
            return RC_OK;
        }
    }
    return RC_OK;
}
