/*
 * The pages that anyone may open: search, guide, catalogue, certificates.
 */
#include "base/encode.h"
#include "service/certificate.h"
#include "service/form_schema.h"
#include "web/handlers.h"
#include "web/input.h"

enum { SEARCH_MAX = 50, CATALOGUE_PAGE = 50 };

/* --- search and guide -------------------------------------------------------------------------------------- */

enum rc
public_search(struct page *p, struct err *err)
{
    struct str query = page_query(p, "q");
    enum rc rc = item_search(p->web->items, p->arena, str_sub(query, 0, 256), p->lang, SEARCH_MAX,
                             &p->document, err);

    if (rc != RC_OK) {
        return rc;
    }
    struct json *results = json_path(p->document, "results") != NULL
                               ? p->document->last
                               : NULL; /* item_search puts them last */
    for (struct json *r = results != NULL ? results->first : NULL; r != NULL; r = r->next) {
        json_set_text(p->arena, r, "org", words_org(p, json_str(r, "org")));
    }
    struct json *suggestions = json_array(p->arena);
    if (json_int_or(p->document, "count", 0) == 0) {
        struct json *popular = item_popular(p->web->items, p->arena, p->lang);
        int left = 3;
        for (struct json *r = popular != NULL ? popular->first : NULL; r != NULL && left > 0;
             r = r->next, left--) {
            struct json *s = json_object(p->arena);
            json_set_text(p->arena, s, "text", json_str(r, "name"));
            json_set_text(p->arena, s, "url", json_str(r, "url"));
            json_push(suggestions, s);
        }
    }
    json_set(p->arena, p->document, "suggestions", suggestions);
    return RC_OK;
}

enum rc
public_items(struct page *p, struct err *err)
{
    (void)err;
    json_set(p->arena, p->document, "items", item_popular(p->web->items, p->arena, p->lang));
    return RC_OK;
}

/* Lists of {title_*, text_*, source} as the guide shows them, under the names that the template has. */
static struct json *
copy_list(struct page *p, const struct json *from, const char *title, const char *text)
{
    struct json *list = json_array(p->arena);

    for (const struct json *e = from != NULL ? from->first : NULL; e != NULL; e = e->next) {
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, title, item_word(e, "title", p->lang));
        json_set_text(p->arena, entry, text, item_word(e, "text", p->lang));
        if (json_str(e, "source").len > 0) {
            json_set_text(p->arena, entry, "source", json_str(e, "source"));
        }
        if (json_str(e, "item").len > 0) {
            json_set_text(p->arena, entry, "url",
                          str_fmt(p->arena, "/items/%.*s", STR_ARG(json_str(e, "item"))));
        }
        json_push(list, entry);
    }
    return list;
}

static void
put_counted(struct page *p, const char *name, struct json *list)
{
    struct json *d = json_object(p->arena);

    json_set_int(p->arena, d, "count", list != NULL ? list->count : 0);
    json_set(p->arena, d, "list", list);
    json_set(p->arena, p->document, name, d);
}

static void
put_fetched(struct page *p, const struct json *item)
{
    const struct json *fetched = json_get(item, "fetched");
    struct json *list = json_array(p->arena);

    for (const struct json *f = fetched != NULL ? fetched->first : NULL; f != NULL; f = f->next) {
        struct json *entry = json_object(p->arena);
        struct owner owner;
        struct err ignored;
        json_set_text(p->arena, entry, "name", item_word(f, "title", p->lang));
        if (catalogue_owner(&p->db, p->arena, json_str(f, "resource"), &owner, &ignored) == RC_OK) {
            json_set_text(p->arena, entry, "org", page_either(p, owner.name_zh, owner.name_en));
        }
        json_push(list, entry);
    }
    put_counted(p, "fetch", list);
}

static void
put_parts(struct page *p, const struct json *item)
{
    const struct json *parts = json_get(item, "parts");
    struct json *list = json_array(p->arena);

    for (const struct json *e = parts != NULL ? parts->first : NULL; e != NULL; e = e->next) {
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, "org_name", words_org(p, json_str(e, "org")));
        json_set_text(p->arena, entry, "name", item_word(e, "name", p->lang));
        json_set_int(p->arena, entry, "days", json_int_or(e, "promised_days", 0));
        json_set_text(p->arena, entry, "note", item_word(e, "waived", p->lang));
        json_push(list, entry);
    }
    json_set_int(p->arena, p->document, "org_count", list != NULL ? list->count : 0);
    json_set(p->arena, p->document, "parts", list);
}

static enum rc
put_apply(struct page *p, const struct item *item, struct err *err)
{
    struct json *apply = json_object(p->arena), *drafts;
    enum rc rc;

    if (item->form == NULL) {
        json_set_text(p->arena, p->document, "apply_elsewhere",
                      page_either(p, STR("这一项先在窗口办理，或打 12345。"),
                                  STR("This one is handled at the counter, or call 12345.")));
        return RC_OK;
    }
    json_set_text(p->arena, apply, "url",
                  str_fmt(p->arena, "/items/%.*s/apply", STR_ARG(item->code)));
    json_set_text(p->arena, apply, "schema_url",
                  str_fmt(p->arena, "/items/%.*s/schema.json", STR_ARG(item->code)));
    json_set_int(p->arena, apply, "minutes", json_int_or(item->document, "minutes", 10));
    if (p->who.role == ROLE_CITIZEN) {
        if ((rc = draft_list(&p->db, p->arena, p->who.subject, p->now_us, &drafts, err)) !=
            RC_OK) {
            return rc;
        }
        for (const struct json *d = drafts->first; d != NULL; d = d->next) {
            if (str_eq(json_str(d, "item"), item->code)) {
                struct json *draft = json_object(p->arena);
                json_set_text(p->arena, draft, "saved_text",
                              words_moment_of(p, json_str(d, "saved")));
                json_set_text(p->arena, draft, "expires_text",
                              words_day_of(p, json_str(d, "expires")));
                json_set(p->arena, apply, "draft", draft);
                break;
            }
        }
    }
    json_set(p->arena, p->document, "apply", apply);
    return RC_OK;
}

enum rc
public_item(struct page *p, struct err *err)
{
    const struct item *item = item_by_code(p->web->items, p->param[0]);
    struct json *fit = json_object(p->arena);
    const struct json *d;

    if (item == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-item", "no item %.*s", STR_ARG(p->param[0]));
    }
    d = item->document;
    words_back(p, STR("/"), page_word(p, "to_home"));
    json_set_text(p->arena, p->document, "code", item->code);
    json_set_text(p->arena, p->document, "implementation_code",
                  json_str(d, "implementation_code"));
    json_set_text(p->arena, p->document, "name", item_word(d, "name", p->lang));
    json_set_text(p->arena, p->document, "summary", item_word(d, "summary", p->lang));
    json_set_bool(p->arena, p->document, "is_bundle", str_eq(json_str(d, "kind"), STR("bundle")));
    json_set_text(p->arena, p->document, "lead_org", words_org(p, json_str(d, "lead_org")));
    json_set_int(p->arena, p->document, "promised_days", json_int_or(d, "promised_days", 0));
    json_set_int(p->arena, p->document, "statutory_days", json_int_or(d, "statutory_days", 0));
    json_set_int(p->arena, p->document, "visits", json_int_or(d, "visits", 0));
    json_set_int(p->arena, p->document, "site_visits", json_int_or(d, "site_visits", 0));
    json_set_bool(p->arena, p->document, "is_online", json_true(d, "is_online"));
    put_counted(p, "bring", copy_list(p, json_get(d, "materials"), "name", "hint"));
    put_fetched(p, d);
    json_set_text(p->arena, fit, "text", item_word(d, "fits", p->lang));
    json_set(p->arena, fit, "others", copy_list(p, json_get(d, "fits_not"), "title", "text"));
    json_set(p->arena, p->document, "fit", fit);
    json_set(p->arena, p->document, "steps", copy_list(p, json_get(d, "how"), "title", "note"));
    json_set(p->arena, p->document, "places", copy_list(p, json_get(d, "places"), "title", "text"));
    json_set(p->arena, p->document, "basis", copy_list(p, json_get(d, "basis"), "title", "text"));
    json_set(p->arena, p->document, "faq",
             copy_list(p, json_get(d, "faq"), "question", "answer"));
    put_parts(p, d);
    if (json_str(d, "guide").len > 0) {
        json_set_text(p->arena, p->document, "guide_url", str_fmt(p->arena, "/guides/%.*s", STR_ARG(json_str(d, "guide"))));
    }
    json_set_int(p->arena, p->document, "version", item->version);
    enum rc rc = fees_put(p, item, NULL, err);
    return rc != RC_OK ? rc : put_apply(p, item, err);
}

/* The same for everybody, so that anyone between may keep it for a while; a new version of an item may take as long to be seen. */
enum rc
public_item_schema(struct page *p, struct err *err)
{
    const struct item *item = item_by_code(p->web->items, p->param[0]);
    struct str as = page_query(p, "as"), id, text;
    bool is_sent = str_eq(as, STR("sent"));
    struct http_fields fields = {.count = 0};
    struct json *schema;
    enum rc rc;

    if (item == NULL || item->form == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-item", "no item %.*s to apply for", STR_ARG(p->param[0]));
    }
    if (as.len > 0 && !is_sent && !str_eq(as, STR("kept"))) {
        return err_set(err, RC_INVALID, "as is kept or sent");
    }
    id = str_fmt(p->arena, "/items/%.*s/schema.json%s", STR_ARG(item->code), is_sent ? "?as=sent" : "");
    if ((rc = form_schema(item->form, p->arena, is_sent ? FORM_SCHEMA_SENT : FORM_SCHEMA_KEPT, id, item->document,
                          &schema, err)) != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, schema, "x-item-version", item->version);
    if ((rc = json_print(p->arena, schema, &text, err)) != RC_OK) {
        return rc;
    }
    CHECK(http_add(&fields, STR("Content-Type"), STR("application/schema+json; charset=utf-8")) &&
          http_add(&fields, STR("Cache-Control"), STR("public, max-age=3600")) &&
          http_add(&fields, STR("X-Content-Type-Options"), STR("nosniff")) &&
          http_add(&fields, STR("Access-Control-Allow-Origin"), STR("*")));
    return http_answer(p->call, 200, &fields, text, err);
}

/* --- catalogue ------------------------------------------------------------------------------------------------ */

static const char *
sharing_member(int64_t sharing)
{
    return sharing == SHARING_OPEN ? "is_open"
           : sharing == SHARING_CONDITIONAL ? "is_conditional"
                                            : "is_none";
}

static struct json *
resource_document(struct page *p, const struct json *r)
{
    struct json *d = json_object(p->arena), *sharing = json_object(p->arena);
    struct json *elements = json_array(p->arena);
    const struct json *given = json_get(r, "elements");
    const struct peer *peer = directory_by_name(p->loop->directory, json_str(r, "node"));

    json_set_text(p->arena, d, "code", json_str(r, "code"));
    json_set_text(p->arena, d, "title", item_word(r, "title", p->lang));
    json_set_text(p->arena, d, "owner", item_word(r, "owner", p->lang));
    json_set_text(p->arena, d, "node",
                  peer == NULL ? json_str(r, "node")
                               : page_either(p, peer->title_zh, peer->title_en));
    json_set_bool(p->arena, sharing, sharing_member(json_int_or(r, "sharing", SHARING_NONE)), true);
    json_set(p->arena, d, "sharing", sharing);
    json_set_text(p->arena, d, "basis", json_str(r, "basis"));
    json_set_text(p->arena, d, "key_text", page_word(p, "key_kind"));
    json_set_text(p->arena, d, "updated_text", words_day_of(p, json_str(r, "updated")));
    for (const struct json *e = given != NULL ? given->first : NULL; e != NULL; e = e->next) {
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, "title", item_word(e, "title", p->lang));
        json_set_text(p->arena, entry, "name", json_str(e, "name"));
        json_set_text(p->arena, entry, "type_text", json_str(e, "type"));
        json_set_int(p->arena, entry, "grade", json_int_or(e, "grade", 0));
        json_push(elements, entry);
    }
    json_set_int(p->arena, d, "element_count", elements != NULL ? elements->count : 0);
    json_set(p->arena, d, "elements", elements);
    return d;
}

enum rc
public_catalogue(struct page *p, struct err *err)
{
    struct json *found, *list = json_array(p->arena), *classes = json_object(p->arena);
    int64_t counts[4] = {0};
    enum rc rc =
        catalogue_list(&p->db, p->arena, page_query(p, "after"), CATALOGUE_PAGE, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *r = found->first; r != NULL; r = r->next) {
        int64_t sharing = json_int_or(r, "sharing", SHARING_NONE);
        counts[sharing >= 1 && sharing <= 3 ? sharing : 3]++;
        json_push(list, resource_document(p, r));
    }
    json_set_int(p->arena, classes, "open", counts[SHARING_OPEN]);
    json_set_int(p->arena, classes, "conditional", counts[SHARING_CONDITIONAL]);
    json_set_int(p->arena, classes, "none", counts[SHARING_NONE]);
    json_set_int(p->arena, p->document, "count", found->count);
    json_set(p->arena, p->document, "classes", classes);
    json_set(p->arena, p->document, "resources", list);
    if (found->count == CATALOGUE_PAGE) {
        struct str last = json_str(found->last, "code");
        words_pager(p, str_fmt(p->arena, "%d", CATALOGUE_PAGE), STR("/catalogue"),
                    str_fmt(p->arena, "/catalogue?after=%.*s", STR_ARG(last)));
    }
    return RC_OK;
}

/* --- certificates ------------------------------------------------------------------------------------------------ */

static struct str
verdict_title(struct page *p, struct str verdict)
{
    static const char *const words[][3] = {
        {"good", "属实：是我们出具的，没有改动，现在有效", "True: issued by us, unchanged, in force"},
        {"broken", "被改过：请不要采信", "Changed: do not rely on it"},
        {"withdrawn", "已经撤销：请不要采信", "Withdrawn: do not rely on it"},
        {"expired", "已过有效期", "It has run out"},
        {"unknown", "没有查到：不能说真，也不能说假", "Not found: neither true nor false"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(verdict, str_of(words[i][0]))) {
            return page_either(p, str_of(words[i][1]), str_of(words[i][2]));
        }
    }
    return verdict;
}

static void
put_verdict(struct page *p, const struct json *checked)
{
    struct json *v = json_object(p->arena), *checks = json_array(p->arena);
    const struct json *given = json_get(checked, "checks");
    struct str verdict = json_str(checked, "verdict");

    json_set_text(p->arena, v, "verdict", verdict);
    json_set_bool(p->arena, v, "is_good", str_eq(verdict, STR("good")));
    json_set_bool(p->arena, v, "is_none", str_eq(verdict, STR("unknown")));
    json_set_bool(p->arena, v, "is_broken",
                  !str_eq(verdict, STR("good")) && !str_eq(verdict, STR("unknown")));
    json_set_text(p->arena, v, "text", verdict_title(p, verdict));
    for (const struct json *c = given != NULL ? given->first : NULL; c != NULL; c = c->next) {
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, "result", json_true(c, "ok") ? STR("yes") : STR("no"));
        json_set_bool(p->arena, entry, "is_yes", json_true(c, "ok"));
        json_set_bool(p->arena, entry, "is_no", !json_true(c, "ok"));
        json_set_text(p->arena, entry, "text", item_word(c, "text", p->lang));
        json_push(checks, entry);
    }
    json_set(p->arena, v, "checks", checks);
    json_set(p->arena, p->document, "verdict", v);
}

static void
put_certificate_rows(struct page *p, const struct json *content)
{
    const struct item *item = NULL;
    const struct json *values = json_get(content, "content");
    struct json *rows = json_array(p->arena);

    for (const struct json *v = values != NULL ? values->first : NULL; v != NULL; v = v->next) {
        struct json *row = json_object(p->arena);
        struct buf b;
        struct str text = json_is(v, JSON_STRING) ? v->text : STR("");
        struct err ignored;
        const char *key = str_c(p->arena, str_fmt(p->arena, "field_%.*s", STR_ARG(v->key)));
        buf_init(&b, p->arena, 1024);
        for (const struct json *e = json_is(v, JSON_ARRAY) ? v->first : NULL; e != NULL;
             e = e->next) {
            const char *choice =
                str_c(p->arena, str_fmt(p->arena, "choice_%.*s", STR_ARG(e->text)));
            buf_put(&b, e == v->first ? STR("") : STR("、"));
            buf_put(&b, choice != NULL ? page_word(p, choice) : e->text);
        }
        if (json_is(v, JSON_ARRAY) && buf_finish(&b, &text, &ignored) != RC_OK) {
            text = STR("");
        }
        json_set_text(p->arena, row, "title", key != NULL ? page_word(p, key) : v->key);
        json_set_text(p->arena, row, "text", text);
        json_push(rows, row);
    }
    (void)item;
    json_set(p->arena, p->document, "rows", rows);
}

enum rc
public_certificate(struct page *p, struct err *err)
{
    struct json *document, *checked;
    enum rc rc;

    if ((rc = certificate_get(&p->db, p->web->vault, p->arena, p->param[0], &document, err)) !=
            RC_OK ||
        (rc = certificate_check(&p->db, p->web->vault, p->arena, document, &p->web->seal_key,
                                p->now_us, &checked, err)) != RC_OK) {
        return rc;
    }
    const struct json *content = json_get(document, "certificate");
    json_set_text(p->arena, p->document, "id", json_str(content, "id"));
    json_set_text(p->arena, p->document, "type", item_word(content, "type", p->lang));
    json_set_text(p->arena, p->document, "number", json_str(content, "number"));
    json_set_text(p->arena, p->document, "holder", json_str(content, "holder"));
    json_set_text(p->arena, p->document, "issuer", item_word(content, "issuer", p->lang));
    json_set_text(p->arena, p->document, "issued_text",
                  words_day_of(p, json_str(content, "issued")));
    json_set_text(p->arena, p->document, "valid_text",
                  words_day_of(p, json_str(content, "valid_until")));
    json_set_text(p->arena, p->document, "log_index_text",
                  words_number(p->arena, json_int_or(document, "act", 0)));
    json_set_text(p->arena, p->document, "proof_url",
                  str_fmt(p->arena, "/log/%lld", (long long)json_int_or(document, "act", 0)));
    json_set_text(p->arena, p->document, "download_url",
                  str_fmt(p->arena, "/certificates/%.*s?as=json",
                          STR_ARG(json_str(content, "id"))));
    json_set(p->arena, p->document, "certificate", json_copy(p->arena, content));
    json_set(p->arena, p->document, "signature",
             json_copy(p->arena, json_get(document, "signature")));
    json_set_int(p->arena, p->document, "act", json_int_or(document, "act", -1));
    put_certificate_rows(p, content);
    put_verdict(p, checked);
    if (str_eq(page_query(p, "as"), STR("json"))) {
        p->wants_json = true;
    }
    return RC_OK;
}

/* --- language and theme --------------------------------------------------------------------- */

/* Only a path of our own; anything else goes home. */
static struct str
safe_path(struct str path)
{
    bool is_local = path.len > 0 && path.ptr[0] == '/' &&
                    (path.len == 1 || (path.ptr[1] != '/' && path.ptr[1] != '\\'));

    for (size_t i = 0; i < path.len; i++) {
        is_local = is_local && (unsigned char)path.ptr[i] > ' ' && path.ptr[i] != '\\';
    }
    return is_local ? path : STR("/");
}

enum rc
public_preferences(struct page *p, struct err *err)
{
    struct str lang = page_query(p, "lang"), theme = page_query(p, "theme");
    enum { YEAR_S = 31536000 };

    (void)err;
    if (str_eq(lang, STR("zh")) || str_eq(lang, STR("en"))) {
        page_set_cookie(p, "lang", lang, YEAR_S);
    }
    if (str_eq(theme, STR("elder")) || str_eq(theme, STR("contrast")) ||
        str_eq(theme, STR("plain"))) {
        page_set_cookie(p, "theme", theme, YEAR_S);
    }
    p->location = safe_path(page_query(p, "back"));
    return RC_OK;
}
