/*
 * The front door: search, what is often done, what waits for the person who is signed in, and what the city lets be seen of itself.
 * Words that belong to one city (its service hall, quick searches, life's stages) are data: web->city, from city.json.
 */
#include "web/handlers.h"

enum { READS_DAYS = 30, WAITING_MAX = 20 };

static struct str
query_url(struct page *p, struct str query)
{
    struct str url = STR("/search");
    struct buf b;
    struct err ignored;

    buf_init(&b, p->arena, 1024);
    buf_put(&b, STR("/search?q="));
    buf_put_url(&b, query);
    return buf_finish(&b, &url, &ignored) == RC_OK ? url : STR("/search");
}

/* "5 天 · 不用跑": the answer under each name. */
static struct str
promise_words(struct page *p, const struct json *result)
{
    int64_t days = json_int_or(result, "days", 0);
    bool en = str_eq(p->lang, STR("en"));
    struct str when = days == 0 ? page_either(p, STR("马上办好"), STR("At once"))
                                : str_fmt(p->arena, !en ? "%lld 天" : days == 1 ? "%lld day" : "%lld days",
                                          (long long)days);

    return json_int_or(result, "visits", 0) == 0
               ? str_fmt(p->arena, "%.*s · %s", STR_ARG(when), en ? "no visit" : "不用跑")
               : when;
}

static void
put_popular(struct page *p)
{
    struct json *list = item_popular(p->web->items, p->arena, p->lang);

    for (struct json *r = list != NULL ? list->first : NULL; r != NULL; r = r->next) {
        json_set_text(p->arena, r, "note", promise_words(p, r));
    }
    json_set(p->arena, p->document, "popular", list);
}

static struct str
item_url(struct page *p, const struct json *named)
{
    const struct item *item = item_by_code(p->web->items, json_str(named, "item"));

    return item != NULL ? str_fmt(p->arena, "/items/%.*s", STR_ARG(item->code))
                        : query_url(p, json_str(named, "name_zh"));
}

static void
put_searches(struct page *p)
{
    struct json *words = json_array(p->arena);
    const struct json *searches =
        json_get(p->web->city, str_eq(p->lang, STR("en")) ? "searches_en" : "searches_zh");

    for (const struct json *s = searches != NULL ? searches->first : NULL; s != NULL;
         s = s->next) {
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, "text", s->text);
        json_set_text(p->arena, entry, "url", query_url(p, s->text));
        json_push(words, entry);
    }
    json_set(p->arena, p->document, "searches", words);
}

/* One line of life: its stages in order, each with what is done then. */
static void
put_line(struct page *p, const char *name)
{
    struct json *line = json_object(p->arena), *stages = json_array(p->arena);
    const struct json *given = json_get(p->web->city, name);

    for (const struct json *g = given != NULL ? given->first : NULL; g != NULL; g = g->next) {
        struct json *stage = json_object(p->arena), *items = json_array(p->arena);
        const struct json *wanted = json_get(g, "items");
        json_set_text(p->arena, stage, "name", item_word(g, "name", p->lang));
        for (const struct json *w = wanted != NULL ? wanted->first : NULL; w != NULL;
             w = w->next) {
            struct json *entry = json_object(p->arena);
            json_set_text(p->arena, entry, "name", item_word(w, "name", p->lang));
            json_set_text(p->arena, entry, "url", item_url(p, w));
            json_push(items, entry);
        }
        json_set(p->arena, stage, "items", items);
        json_push(stages, stage);
    }
    json_set(p->arena, line, "stages", stages);
    if (given != NULL) {
        json_set(p->arena, p->document, name, line);
    }
}

static void
push_waiting(struct page *p, struct json *list, struct str title, struct str url, struct str note,
             struct str aside, const struct json *clock)
{
    struct json *w = json_object(p->arena);

    json_set_text(p->arena, w, "title", title);
    json_set_text(p->arena, w, "url", url);
    json_set_text(p->arena, w, "note", note);
    if (clock != NULL) {
        json_set(p->arena, w, "clock", json_copy(p->arena, clock));
    } else {
        json_set_text(p->arena, w, "aside", aside);
    }
    json_push(list, w);
}

/* What waits for the person who is signed in: what they may be entitled to, supplements, then drafts. */
static enum rc
put_waiting(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *list = json_array(p->arena), *found, *drafts, *d = json_object(p->arena);
    enum rc rc;

    if (p->who.role != ROLE_CITIZEN) {
        return RC_OK;
    }
    if ((rc = case_list_of(&work, &p->db, p->arena, p->who.subject, STR(""), WAITING_MAX,
                           p->now_us, p->lang, &found, err)) != RC_OK ||
        (rc = draft_list(&p->db, p->arena, p->who.subject, p->now_us, &drafts, err)) != RC_OK ||
        (rc = offers_put(p, err)) != RC_OK) {
        return rc;
    }
    const struct json *offers = json_get(p->document, "offers");
    for (const struct json *o = offers != NULL ? offers->first : NULL; o != NULL; o = o->next) {
        push_waiting(p, list, str_fmt(p->arena, "%.*s%.*s", STR_ARG(page_word(p, "offer_maybe")), STR_ARG(json_str(o, "title"))),
                     STR("/cases"), json_str(o, "reason"), STR(""), NULL);
    }
    const struct json *cases = json_get(found, "cases");
    for (const struct json *c = cases->first; c != NULL; c = c->next) {
        const struct json *notice = json_get(c, "notice");
        if (notice != NULL) {
            push_waiting(p, list, json_str(notice, "title"), json_str(c, "url"),
                         str_fmt(p->arena, "%.*s · %.*s", STR_ARG(json_str(c, "name")),
                                 STR_ARG(json_str(notice, "told_text"))),
                         STR(""), json_get(notice, "clock"));
        }
    }
    for (const struct json *f = drafts->first; f != NULL; f = f->next) {
        const struct item *item = item_by_code(p->web->items, json_str(f, "item"));
        if (item != NULL) {
            push_waiting(p, list,
                         str_fmt(p->arena, "%.*s%.*s", STR_ARG(page_word(p, "draft_continue")),
                                 STR_ARG(item_word(item->document, "name", p->lang))),
                         json_str(f, "url"), STR(""),
                         str_fmt(p->arena, "%.*s %.*s",
                                 STR_ARG(page_either(p, STR("草稿留到"), STR("Kept until"))),
                                 STR_ARG(words_day_of(p, json_str(f, "expires")))),
                         NULL);
        }
    }
    json_set_int(p->arena, d, "count", list != NULL ? list->count : 0);
    json_set(p->arena, d, "list", list);
    if (list != NULL && list->count > 0) {
        json_set(p->arena, p->document, "waiting", d);
    }
    return RC_OK;
}

static enum rc
put_oversight(struct page *p, struct err *err)
{
    struct json *d = json_object(p->arena), *log = json_object(p->arena);
    struct json *reads = json_object(p->arena);
    int64_t since_us = p->now_us - (int64_t)READS_DAYS * 86400 * 1000000;
    struct act_reads sum;
    struct str sealed;
    enum rc rc = openlog_sealed(p, &sealed, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((rc = oversight_put_on_time(p, d, err)) != RC_OK) {
        return rc;
    }
    if (sealed.len > 0) {
        json_set_text(p->arena, log, "size_text",
                      words_number(p->arena, (int64_t)publisher_size(p->web->publisher)));
        json_set_text(p->arena, log, "at_text", sealed);
        json_set(p->arena, d, "log", log);
    }
    if (p->who.role == ROLE_CITIZEN) {
        if ((rc = act_reads_sum(&p->db, p->who.subject, since_us, &sum, err)) != RC_OK) {
            return rc;
        }
        json_set_int(p->arena, reads, "count", sum.count);
        json_set_int(p->arena, reads, "days", READS_DAYS);
        json_set(p->arena, d, "reads", reads);
    }
    if (d != NULL && d->count > 0) {
        json_set(p->arena, p->document, "oversight", d);
    }
    return RC_OK;
}

static void
elder_menu(struct page *p)
{
    const struct json *choices = json_get(p->web->city, "elder");
    struct json *menu = json_array(p->arena), *mine = json_object(p->arena);

    for (const struct json *c = choices != NULL ? choices->first : NULL; c != NULL; c = c->next) {
        struct json *m = json_object(p->arena);
        json_set_text(p->arena, m, "icon", json_str(c, "icon"));
        json_set_text(p->arena, m, "title", item_word(c, "name", p->lang));
        json_set_text(p->arena, m, "url", item_url(p, c));
        json_push(menu, m);
    }
    json_set_text(p->arena, mine, "icon", STR("doc"));
    json_set_text(p->arena, mine, "title", page_word(p, "elder_mine"));
    json_set_text(p->arena, mine, "url", STR("/cases"));
    json_push(menu, mine);
    if (p->who.role == ROLE_CITIZEN) {
        json_set_text(p->arena, p->document, "name", p->who.name);
    }
    json_set(p->arena, p->document, "menu", menu);
}

enum rc
public_home(struct page *p, struct err *err)
{
    enum rc rc;

    if (!p->web->is_portal) {
        p->location = STR("/log");
        return RC_OK;
    }
    if (str_eq(p->theme, STR("elder"))) {
        p->template_name = "elder";
        elder_menu(p);
        return RC_OK;
    }
    put_searches(p);
    put_popular(p);
    put_line(p, "life");
    put_line(p, "business");
    if ((rc = put_waiting(p, err)) != RC_OK) {
        return rc;
    }
    return put_oversight(p, err);
}
