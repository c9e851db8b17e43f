/*
 * Answers become facts, two decisions are asked, and their services are shown.
 */
#include "service/guide.h"

static bool
is_key(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return key.len > 0;
}

enum rc
guide_add(struct guide_table *t, struct arena *a, const struct json *document, struct err *err)
{
    const struct json *together = json_get(document, "together");
    struct str key = json_str(document, "key");
    struct form *form;
    enum rc rc;

    if (t->count == GUIDES_MAX) {
        return err_set(err, RC_LIMIT, "more than %d guides", GUIDES_MAX);
    }
    if (!is_key(key) || guide_by_key(t, key) != NULL || json_str(document, "title_zh").len == 0) {
        return err_set(err, RC_INVALID, "guide %.*s: its key, or a title", STR_ARG(key));
    }
    if ((rc = counsel_check(json_get(document, "needed"), err)) != RC_OK ||
        (together != NULL && (rc = counsel_check(together, err)) != RC_OK) ||
        (rc = form_load(a, json_get(document, "form"), &form, err)) != RC_OK) {
        return rc;
    }
    if (form_sections(form) != 1 || (together != NULL && json_str(document, "bundle").len == 0)) {
        return err_set(err, RC_INVALID, "guide %.*s: one section of questions, and a bundle if several go together",
                       STR_ARG(key));
    }
    t->guide[t->count++] = (struct guide){.key = key, .document = document, .form = form};
    return RC_OK;
}

const struct guide *
guide_by_key(const struct guide_table *t, struct str key)
{
    for (size_t i = 0; i < t->count; i++) {
        if (str_eq(t->guide[i].key, key)) {
            return &t->guide[i];
        }
    }
    return NULL;
}

static bool
is_listed(const struct json *list, struct str code)
{
    for (const struct json *e = list->first; e != NULL; e = e->next) {
        if (str_eq(json_str(e, "code"), code)) {
            return true;
        }
    }
    return false;
}

static struct json *
entry_of(const struct guide_asking *g, struct arena *a, const struct json *needed)
{
    struct str code = json_str(needed, "code");
    const struct item *item = item_by_code(g->items, code);
    struct json *e = json_object(a);

    json_set_text(a, e, "code", code);
    json_set_bool(a, e, "is_found", item != NULL);
    json_set_text(a, e, "name", item != NULL ? item_word(item->document, "name", g->lang) : code);
    json_set_text(a, e, "reason", item_word(needed, "reason", g->lang));
    if (item != NULL) {
        json_set_text(a, e, "org", json_str(item->document, "lead_org"));
        json_set_int(a, e, "days", json_int_or(item->document, "promised_days", 0));
        json_set_bool(a, e, "is_online", json_true(item->document, "is_online"));
        json_set_text(a, e, "url", str_fmt(a, "/items/%.*s", STR_ARG(code)));
    }
    return e;
}

/* A list of one may come as the one (FEEL makes no difference); none may come as null. */
static struct json *
list_of_needed(const struct guide_asking *g, struct arena *a, const struct json *result)
{
    const struct json *first = json_is(result, JSON_ARRAY) ? result->first : json_is(result, JSON_OBJECT) ? result : NULL;
    struct json *list = json_array(a);

    for (const struct json *n = first; n != NULL; n = json_is(result, JSON_ARRAY) ? n->next : NULL) {
        struct str code = json_str(n, "code");
        if (list != NULL && code.len > 0 && !is_listed(list, code)) {
            json_push(list, entry_of(g, a, n));
        }
    }
    return list;
}

static enum rc
put_together(const struct guide_asking *g, struct arena *a, const struct counsel_facts *facts, struct json *d, struct err *err)
{
    const struct json *together = json_get(g->guide->document, "together");
    const struct item *bundle = item_by_code(g->items, json_str(g->guide->document, "bundle"));
    struct json *shown = json_object(a);
    struct counsel_answer answer;
    enum rc rc;

    if (together == NULL || bundle == NULL) {
        return RC_OK;
    }
    if ((rc = counsel_ask(g->counsel, g->db, a, together, facts, &answer, err)) != RC_OK) {
        return rc;
    }
    if (json_is(answer.result, JSON_BOOL) && answer.result->truth) {
        json_set_text(a, shown, "name", item_word(bundle->document, "name", g->lang));
        json_set_text(a, shown, "url", str_fmt(a, "/items/%.*s", STR_ARG(bundle->code)));
        json_set(a, d, "together", shown);
    }
    return RC_OK;
}

enum rc
guide_answer(const struct guide_asking *g, struct arena *a, const struct json *values, struct json **out, struct err *err)
{
    struct json *known = json_object(a), *d = json_object(a), *list;
    struct counsel_facts facts = {.values = known,
                                .sources = form_fact_sources(g->guide->form, a, values),
                                .now_us = g->now_us,
                                .day = g->day};
    const struct json *needed = json_get(g->guide->document, "needed");
    struct counsel_answer answer;
    enum rc rc;

    json_set(a, known, "field", form_facts(g->guide->form, a, values));
    if ((rc = json_whole(known, err)) != RC_OK || (rc = json_whole(facts.sources, err)) != RC_OK ||
        (rc = counsel_ask(g->counsel, g->db, a, needed, &facts, &answer, err)) != RC_OK) {
        return rc;
    }
    list = list_of_needed(g, a, counsel_named(a, needed, answer.result));
    json_set_int(a, d, "count", list != NULL ? list->count : 0);
    json_set(a, d, "list", list);
    json_set_text(a, d, "why", json_str(answer.reasons, str_eq(g->lang, STR("en")) ? "en" : "zh"));
    json_set_text(a, d, "rule", answer.rule);
    json_set_int(a, d, "version", answer.version);
    if ((rc = put_together(g, a, &facts, d, err)) != RC_OK || (rc = json_whole(d, err)) != RC_OK) {
        return rc;
    }
    *out = d;
    return RC_OK;
}
