/*
 * The steward's desk: what went to other nodes and came from them, and what this node grants to others.  Both are views: of acts and their
 * tally (exchange/traffic.h), and of grants.  No personal value stands on them; but a row names a case, so looking is an act.
 */
#include "data/grant.h"
#include "data/standard.h"
#include "exchange/problem.h"
#include "exchange/traffic.h"
#include "web/handlers.h"

enum { ROWS = 50, DAYS = 30, BAR_WIDTH = 200, CATALOGUE_PIECE = 200 };

static const char *const way_names[TRAFFIC_WAYS] = {"asked", "gave"};

static void
put_tabs(struct page *p, const char *here)
{
    const struct {
        const char *url;
        struct str title;
    } tabs[] = {{"/exchange", page_word(p, "exchange_title")},
                {"/grants", page_word(p, "grants_title")},
                {"/catalogue", page_word(p, "catalogue_title")}};
    struct json *list = json_array(p->arena);

    for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++) {
        struct json *tab = json_object(p->arena);
        json_set_text(p->arena, tab, "url", str_of(tabs[i].url));
        json_set_text(p->arena, tab, "title", tabs[i].title);
        json_set_bool(p->arena, tab, "is_current", str_eq(str_of(tabs[i].url), str_of(here)));
        json_push(list, tab);
    }
    json_set(p->arena, p->document, "tabs", list);
}

/* The whole catalogue; a federation has hundreds of resources, not millions. */
enum rc
steward_catalogue(struct page *p, struct json **out, struct err *err)
{
    struct json *all = json_array(p->arena), *piece;
    struct str after = STR("");
    enum rc rc;

    do {
        if ((rc = catalogue_list(&p->db, p->arena, after, CATALOGUE_PIECE, &piece, err)) != RC_OK) {
            return rc;
        }
        for (const struct json *r = piece->first; r != NULL; r = r->next) {
            json_push(all, json_copy(p->arena, r));
            after = json_str(r, "code");
        }
    } while (piece->count == CATALOGUE_PIECE);
    if ((rc = json_whole(all, err)) == RC_OK) {
        *out = all;
    }
    return rc;
}

const struct json *
steward_resource(const struct json *catalogue, struct str code)
{
    for (const struct json *r = catalogue->first; r != NULL; r = r->next) {
        if (str_eq(json_str(r, "code"), code)) {
            return r;
        }
    }
    return NULL;
}

/* "resource", "title", "owner", "node", "node_name": of one that is no longer in the catalogue only its code. */
static void
put_resource(struct page *p, struct json *d, const struct json *catalogue, struct str code)
{
    const struct json *r = steward_resource(catalogue, code);
    struct str title = code.len == 0 ? page_word(p, "exchange_no_resource") : code;

    json_set_text(p->arena, d, "resource", code);
    json_set_text(p->arena, d, "title",
                  r == NULL ? title : item_word(r, "title", p->lang));
    if (r != NULL) {
        json_set_text(p->arena, d, "owner", item_word(r, "owner", p->lang));
        json_set_text(p->arena, d, "node", json_str(r, "node"));
        json_set_text(p->arena, d, "node_name", words_node(p, json_str(r, "node")));
    }
}

static struct str
item_name(struct page *p, struct str code)
{
    const struct item *item = item_by_code(p->web->items, code);

    if (str_eq(code, STR("*"))) {
        return page_word(p, "grants_any_item");
    }
    return item != NULL ? item_word(item->document, "name", p->lang) : code;
}

/* --- totals --------------------------------------------------------------------------------------------- */

/* Of one way, over all resources or of one. */
struct sum {
    int64_t all;
    int64_t of[TRAFFIC_RESULTS];
};

static void
add_to(struct sum *sum, const struct traffic_total *t, enum traffic_way way)
{
    for (int r = 0; r < TRAFFIC_RESULTS; r++) {
        sum->of[r] += t->times[way][r];
        sum->all += t->times[way][r];
    }
}

static void
put_sum(struct page *p, struct json *d, const struct sum *sum)
{
    int64_t nothing = sum->of[TRAFFIC_FAILED] + sum->of[TRAFFIC_SILENT];

    json_set_int(p->arena, d, "count", sum->all);
    json_set_text(p->arena, d, "count_text", words_number(p->arena, sum->all));
    for (int r = 0; r < TRAFFIC_RESULTS; r++) {
        json_set_int(p->arena, d, traffic_result_name((enum traffic_result)r), sum->of[r]);
    }
    json_set_int(p->arena, d, "nothing", nothing);
}

/* A bar from zero; what is there at all is seen, however short. */
static int64_t
width_of(int64_t part, int64_t most)
{
    int64_t width = most > 0 ? part * BAR_WIDTH / most : 0;

    return part > 0 && width == 0 ? 1 : width;
}

static struct json *
total_document(struct page *p, const struct json *catalogue, const struct traffic_total *t,
               enum traffic_way way, int64_t most)
{
    struct json *d = json_object(p->arena), *bar = json_object(p->arena);
    struct sum sum = {0};
    int64_t last_us = 0;

    add_to(&sum, t, way);
    put_resource(p, d, catalogue, t->resource);
    put_sum(p, d, &sum);
    for (int r = 0; r < TRAFFIC_RESULTS; r++) {
        last_us = t->last_us[way][r] > last_us ? t->last_us[way][r] : last_us;
    }
    json_set_text(p->arena, d, "last", instant_text(p->arena, last_us, p->web->offset_minutes));
    json_set_text(p->arena, d, "last_text", words_moment(p, last_us));
    int64_t good = width_of(sum.of[TRAFFIC_ANSWERED], most);
    json_set_int(p->arena, bar, "good", good);
    json_set_int(p->arena, bar, "bad", width_of(sum.all - sum.of[TRAFFIC_ANSWERED], most));
    json_set(p->arena, d, "bar", bar);
    return d;
}

/* {"count",…,"most_text","resources":[…]} under the name of the way. */
static void
put_way(struct page *p, const struct json *catalogue, const struct traffic_total *first,
        enum traffic_way way)
{
    struct json *d = json_object(p->arena), *list = json_array(p->arena);
    struct sum whole = {0};
    int64_t most = 0;

    for (const struct traffic_total *t = first; t != NULL; t = t->next) {
        struct sum one = {0};
        add_to(&one, t, way);
        add_to(&whole, t, way);
        most = one.all > most ? one.all : most;
    }
    for (const struct traffic_total *t = first; t != NULL; t = t->next) {
        struct sum one = {0};
        add_to(&one, t, way);
        if (one.all > 0) {
            json_push(list, total_document(p, catalogue, t, way, most));
        }
    }
    put_sum(p, d, &whole);
    json_set_text(p->arena, d, "most_text", words_number(p->arena, most));
    json_set(p->arena, d, "resources", list);
    json_set(p->arena, p->document, way_names[way], d);
}

/* --- records that are not as their standard says ---------------------------------------------------------- */

static struct str
deviation_word(const struct page *p, struct str keyword)
{
    if (str_eq(keyword, STR("required")) || str_eq(keyword, STR("minLength"))) {
        return page_word(p, "standard_missing");
    }
    return str_eq(keyword, STR("type")) ? page_word(p, "standard_kind") : page_word(p, "standard_form");
}

static void
put_deviations(struct page *p, const struct json *catalogue, const struct json *totals)
{
    struct json *list = json_array(p->arena);

    for (const struct json *t = totals->first; t != NULL; t = t->next) {
        const struct json *r = steward_resource(catalogue, json_str(t, "resource"));
        const struct json *elements = json_get(r, "elements");
        struct json *d = json_object(p->arena);
        struct str element = json_str(t, "element"), title = page_word(p, "standard_whole");
        for (const struct json *e = elements != NULL ? elements->first : NULL; e != NULL; e = e->next) {
            if (str_eq(json_str(e, "name"), element)) {
                title = item_word(e, "title", p->lang);
            }
        }
        put_resource(p, d, catalogue, json_str(t, "resource"));
        json_set_text(p->arena, d, "element", element);
        json_set_text(p->arena, d, "element_title", title);
        json_set_text(p->arena, d, "keyword", json_str(t, "keyword"));
        json_set_text(p->arena, d, "wrong", deviation_word(p, json_str(t, "keyword")));
        json_set_int(p->arena, d, "times", json_int_or(t, "times", 0));
        json_set_text(p->arena, d, "last",
                      instant_text(p->arena, json_int_or(t, "last", 0), p->web->offset_minutes));
        json_set_text(p->arena, d, "last_text", words_moment(p, json_int_or(t, "last", 0)));
        json_push(list, d);
    }
    json_set_int(p->arena, p->document, "deviation_count", totals->count);
    json_set(p->arena, p->document, "deviations", list);
}

/* --- the latest ----------------------------------------------------------------------------------------- */

static struct str
result_word(const struct page *p, enum traffic_way way, enum traffic_result result)
{
    switch (result) {
    case TRAFFIC_ANSWERED:
        return way == TRAFFIC_ASKED ? page_word(p, "exchange_answered") : page_word(p, "exchange_gave");
    case TRAFFIC_REFUSED:
        return way == TRAFFIC_ASKED ? page_word(p, "exchange_refused")
                                    : page_word(p, "exchange_did_refuse");
    case TRAFFIC_FAILED: return page_word(p, "exchange_failed");
    case TRAFFIC_SILENT: return page_word(p, "exchange_silent");
    case TRAFFIC_RESULTS: break;
    }
    return STR("");
}

/* "answered", or the type of a problem, from the act's detail as consumer.c and provider.c write it. */
static struct str
outcome_of(const struct json *act, enum traffic_way way)
{
    const struct json *detail = json_get(act, "detail");

    if (way == TRAFFIC_ASKED) {
        return json_str(detail, "outcome");
    }
    if (str_eq(json_str(act, "kind"), STR("refuse"))) {
        return json_str(detail, "type");
    }
    return json_int_or(detail, "count", 1) == 0 ? STR("record-missing") : STR("answered");
}

static void
put_outcome(struct page *p, struct json *d, const struct json *act, enum traffic_way way)
{
    struct str outcome = outcome_of(act, way);
    enum traffic_result result = traffic_result_of(outcome);
    const struct problem *why = problem_by_type(outcome);

    if (json_true(act, "erased")) {
        json_set_text(p->arena, d, "outcome_text", page_word(p, "exchange_erased"));
        json_set_bool(p->arena, d, "is_nothing", true);
        return;
    }
    json_set_text(p->arena, d, "outcome", outcome);
    json_set_text(p->arena, d, "outcome_text", result_word(p, way, result));
    json_set_bool(p->arena, d, "is_answered", result == TRAFFIC_ANSWERED);
    json_set_bool(p->arena, d, "is_refused", result == TRAFFIC_REFUSED);
    json_set_bool(p->arena, d, "is_nothing",
                  result == TRAFFIC_FAILED || result == TRAFFIC_SILENT);
    json_set_text(p->arena, d, "why",
                  why == NULL ? STR("") : page_either(p, str_of(why->title_zh), str_of(why->title_en)));
}

/* For whom and by which law: inside the signature of the question. */
static void
put_purpose(struct page *p, struct json *d, const struct json *act)
{
    const struct json *detail = json_get(act, "detail");
    struct str case_no = json_str(act, "case_no"), item = json_str(detail, "item");

    json_set_text(p->arena, d, "case_no", case_no);
    json_set_text(p->arena, d, "case_text",
                  str_starts(case_no, STR("draft:")) ? page_word(p, "exchange_draft") : case_no);
    json_set_text(p->arena, d, "item", item);
    json_set_text(p->arena, d, "item_name", item.len > 0 ? item_name(p, item) : STR(""));
    json_set_text(p->arena, d, "basis", json_str(detail, "basis"));
    json_set_text(p->arena, d, "fields_text", words_fields(p, json_get(detail, "fields")));
}

static struct json *
act_document(struct page *p, const struct json *catalogue, const struct json *act)
{
    struct arena *a = p->arena;
    struct json *d = json_object(a);
    const struct json *detail = json_get(act, "detail");
    enum traffic_way way =
        str_eq(json_str(act, "kind"), STR("ask")) ? TRAFFIC_ASKED : TRAFFIC_GAVE;
    struct str other = json_str(detail, way == TRAFFIC_ASKED ? "provider" : "consumer");
    int64_t index = json_int_or(act, "index", -1);
    bool is_stranger = str_eq(json_str(act, "actor"), STR("stranger"));

    json_set_int(a, d, "index", index);
    json_set_text(a, d, "at", json_str(act, "at"));
    json_set_text(a, d, "at_text", words_moment_of(p, json_str(act, "at")));
    json_set_text(a, d, "way", str_of(way_names[way]));
    json_set_text(a, d, "way_text", way == TRAFFIC_ASKED ? page_word(p, "exchange_way_asked")
                                                         : page_word(p, "exchange_way_gave"));
    json_set_bool(a, d, "is_erased", json_true(act, "erased"));
    put_resource(p, d, catalogue, json_str(act, "resource"));
    json_set_text(a, d, "other", other);
    json_set_text(a, d, "other_name",
                  is_stranger ? page_word(p, "exchange_stranger") : words_node(p, other));
    put_purpose(p, d, act);
    put_outcome(p, d, act, way);
    json_set_int(a, d, "times", is_stranger ? json_int_or(detail, "count", 1) : 1);
    json_set_text(a, d, "proof_url", str_fmt(a, "/receipts/%lld.json", (long long)index));
    return d;
}

static void
push_option(struct page *p, struct json *list, struct str value, struct str title, struct str chosen)
{
    struct json *o = json_object(p->arena);

    json_set_text(p->arena, o, "value", value);
    json_set_text(p->arena, o, "title", title);
    json_set_bool(p->arena, o, "chosen", str_eq(value, chosen));
    json_push(list, o);
}

static void
put_filter(struct page *p, const struct json *catalogue, const struct traffic_wish *w)
{
    struct json *filter = json_object(p->arena), *resources = json_array(p->arena);
    struct json *outcomes = json_array(p->arena), *ways = json_array(p->arena);
    struct str any = page_word(p, "exchange_any");
    struct str outcome = w->has_result ? str_of(traffic_result_name(w->result)) : STR("");
    struct str way = w->has_way ? str_of(way_names[w->way]) : STR("");

    push_option(p, resources, STR(""), any, w->resource);
    for (const struct json *r = catalogue->first; r != NULL; r = r->next) {
        push_option(p, resources, json_str(r, "code"), item_word(r, "title", p->lang),
                    w->resource);
    }
    push_option(p, outcomes, STR(""), any, outcome);
    for (int r = 0; r < TRAFFIC_RESULTS; r++) {
        push_option(p, outcomes, str_of(traffic_result_name((enum traffic_result)r)),
                    result_word(p, TRAFFIC_ASKED, (enum traffic_result)r), outcome);
    }
    push_option(p, ways, STR(""), any, way);
    push_option(p, ways, STR("asked"), page_word(p, "exchange_way_asked"), way);
    push_option(p, ways, STR("gave"), page_word(p, "exchange_way_gave"), way);
    json_set(p->arena, filter, "resources", resources);
    json_set(p->arena, filter, "outcomes", outcomes);
    json_set(p->arena, filter, "ways", ways);
    json_set(p->arena, p->document, "filter", filter);
}

/* The wish as the address says it; what it does not know is no wish. */
static struct traffic_wish
read_wish(struct page *p, const struct json *catalogue)
{
    struct traffic_wish w = {.resource = STR(""), .before = -1, .limit = ROWS};
    const struct json *r = steward_resource(catalogue, page_query(p, "resource"));
    struct str way = page_query(p, "way");

    if (r != NULL) {
        w.resource = json_str(r, "code");
    }
    w.has_result = traffic_result_by_name(page_query(p, "outcome"), &w.result);
    w.has_way = str_eq(way, STR("asked")) || str_eq(way, STR("gave"));
    w.way = str_eq(way, STR("gave")) ? TRAFFIC_GAVE : TRAFFIC_ASKED;
    if (!str_to_int(page_query(p, "before"), &w.before) || w.before < 0) {
        w.before = -1;
    }
    return w;
}

static struct str
url_of(struct page *p, const struct traffic_wish *w)
{
    return str_fmt(p->arena, "/exchange?resource=%.*s&outcome=%s&way=%s", STR_ARG(w->resource),
                   w->has_result ? traffic_result_name(w->result) : "",
                   w->has_way ? way_names[w->way] : "");
}

/* A row names a case, and a case is somebody's: who looked is on record. */
static enum rc
record_look(struct page *p, const struct traffic_wish *w, const struct json *acts, struct err *err)
{
    struct json *detail = json_object(p->arena);

    json_set_text(p->arena, detail, "page", STR("/exchange"));
    json_set_int(p->arena, detail, "rows", acts->count);
    json_set_int(p->arena, detail, "newest", json_int_or(acts->first, "index", -1));
    json_set_int(p->arena, detail, "oldest", json_int_or(acts->last, "index", -1));
    return page_act(p, ACT_VIEW, STR(""), STR(""), w->resource, detail, err);
}

enum rc
steward_exchange(struct page *p, struct err *err)
{
    struct json *catalogue, *acts, *deviations, *rows = json_array(p->arena);
    struct traffic_total *totals;
    enum rc rc;

    if ((rc = steward_catalogue(p, &catalogue, err)) != RC_OK ||
        (rc = traffic_totals(&p->db, p->arena, p->today - DAYS + 1, &totals, err)) != RC_OK ||
        (rc = standard_totals(&p->db, p->arena, p->today - DAYS + 1, &deviations, err)) != RC_OK) {
        return rc;
    }
    const struct traffic_wish wish = read_wish(p, catalogue);
    if ((rc = traffic_latest(&p->db, p->arena, &wish, &acts, err)) != RC_OK ||
        (acts->count > 0 && (rc = record_look(p, &wish, acts, err)) != RC_OK)) {
        return rc;
    }
    put_tabs(p, "/exchange");
    json_set_int(p->arena, p->document, "days", DAYS);
    put_way(p, catalogue, totals, TRAFFIC_ASKED);
    put_way(p, catalogue, totals, TRAFFIC_GAVE);
    put_deviations(p, catalogue, deviations);
    put_filter(p, catalogue, &wish);
    for (const struct json *act = acts->first; act != NULL; act = act->next) {
        json_push(rows, act_document(p, catalogue, act));
    }
    json_set_int(p->arena, p->document, "row_count", acts->count);
    json_set(p->arena, p->document, "rows", rows);
    if (acts->count == ROWS) {
        words_pager(p, str_fmt(p->arena, "%d", ROWS), url_of(p, &wish),
                    str_fmt(p->arena, "%.*s&before=%lld", STR_ARG(url_of(p, &wish)),
                            (long long)json_int_or(acts->last, "index", 0)));
    }
    return RC_OK;
}

/* --- grants ----------------------------------------------------------------------------------------------- */

/* "08:00–18:00" and how many a day, for all consumers together. */
static struct str
limits_words(struct page *p, const struct json *resource)
{
    const struct json *limits = json_get(resource, "limits");
    int64_t per_day = json_int_or(limits, "per_day", 0);
    struct str open = json_str(limits, "open"), text = STR("");
    struct err ignored;
    struct buf b;

    buf_init(&b, p->arena, 512);
    if (open.len > 0) {
        buf_put_fmt(&b, "%.*s–%.*s", STR_ARG(open), STR_ARG(json_str(limits, "close")));
        buf_put(&b, json_true(limits, "urgent") ? page_word(p, "grants_urgent_any_time") : STR(""));
    }
    if (per_day > 0) {
        buf_put(&b, open.len > 0 ? page_either(p, STR("；"), STR("; ")) : STR(""));
        buf_put(&b, page_word(p, "grants_all_together"));
        buf_put(&b, words_number(p->arena, per_day));
        buf_put(&b, page_word(p, "grants_a_day"));
    }
    return buf_finish(&b, &text, &ignored) == RC_OK ? text : STR("");
}

/* What is left of a value under a rule of data/mask.h. */
static struct str
mask_words(struct page *p, const struct json *rule)
{
    const struct json *up_to = json_get(rule, "up_to");
    long long head = (long long)json_int_or(rule, "keep_head", 0);
    long long tail = (long long)json_int_or(rule, "keep_tail", 0);
    bool en = str_eq(p->lang, STR("en"));

    if (json_true(rule, "hide")) {
        return page_word(p, "grants_mask_hidden");
    }
    if (up_to != NULL && up_to->first != NULL) {
        return str_fmt(p->arena, en ? "only down to %.*s" : "只到%.*s", STR_ARG(up_to->first->text));
    }
    if (tail == 0) {
        return str_fmt(p->arena, en ? "only the first %lld characters" : "只给前 %lld 位", head);
    }
    return str_fmt(p->arena,
                   en ? "only the first %lld and last %lld characters" : "只给前 %lld 位和后 %lld 位",
                   head, tail);
}

static void
put_fields(struct page *p, struct json *d, const struct json *g, const struct json *resource)
{
    const struct json *fields = json_get(g, "fields"), *elements = json_get(resource, "elements");
    struct json *list = json_array(p->arena);

    for (const struct json *f = fields != NULL ? fields->first : NULL; f != NULL; f = f->next) {
        struct json *entry = json_object(p->arena);
        const struct json *mask = json_get_key(json_get(g, "masks"), f->text);
        struct str title = f->text;
        for (const struct json *e = elements != NULL ? elements->first : NULL; e != NULL;
             e = e->next) {
            if (str_eq(json_str(e, "name"), f->text)) {
                title = item_word(e, "title", p->lang);
            }
        }
        json_set_text(p->arena, entry, "name", f->text);
        json_set_text(p->arena, entry, "title", title);
        json_set_text(p->arena, entry, "mask_text",
                      mask == NULL ? STR("")
                                   : mask_words(p, json_get_key(json_get(g, "rules"), mask->text)));
        json_push(list, entry);
    }
    json_set(p->arena, d, "fields", list);
}

static bool
has_come(struct str moment, int64_t now_us)
{
    struct err ignored;
    int64_t at_us;

    return instant_parse(moment, &at_us, &ignored) == RC_OK && now_us >= at_us;
}

/* Whether it can be used now, and if not why, as gate would say it. */
static void
put_state(struct page *p, struct json *d, const struct json *g, int64_t used, int64_t per_day)
{
    struct str state = json_str(g, "state");
    bool is_current = has_come(json_str(g, "from"), p->now_us) &&
                      !has_come(json_str(g, "until"), p->now_us);
    bool is_in_force = str_eq(state, STR("in-use")) && is_current;
    struct str text = page_word(p, "grants_in_force");

    if (str_eq(state, STR("suspended"))) {
        text = page_word(p, "grants_suspended");
    } else if (str_eq(state, STR("terminated"))) {
        text = page_word(p, "grants_terminated");
    } else if (!has_come(json_str(g, "from"), p->now_us)) {
        text = page_word(p, "grants_early");
    } else if (!is_current) {
        text = page_word(p, "grants_expired");
    } else if (used >= per_day) {
        text = page_word(p, "grants_used_up");
    }
    json_set_text(p->arena, d, "state", state);
    json_set_bool(p->arena, d, "is_in_force", is_in_force);
    json_set_bool(p->arena, d, "is_used_up", is_in_force && used >= per_day);
    json_set_text(p->arena, d, "state_text", text);
}

static struct json *
grant_document(struct page *p, const struct json *catalogue, const struct json *g)
{
    struct arena *a = p->arena;
    struct json *d = json_object(a), *bar = json_object(a);
    struct str code = json_str(g, "resource");
    const struct json *resource = steward_resource(catalogue, code);
    int64_t per_day = json_int_or(g, "per_day", 0), used = json_int_or(g, "used_today", 0);

    json_set_text(a, d, "id", json_str(g, "id"));
    put_resource(p, d, catalogue, code);
    json_set_text(a, d, "consumer", json_str(g, "consumer"));
    json_set_text(a, d, "consumer_name", words_node(p, json_str(g, "consumer")));
    json_set_text(a, d, "item", json_str(g, "item"));
    json_set_text(a, d, "item_name", item_name(p, json_str(g, "item")));
    json_set_text(a, d, "basis", json_str(g, "basis"));
    put_fields(p, d, g, resource);
    if (json_get(g, "rows") != NULL) { /* some records only, as a rule says */
        struct json *rows = json_object(a);
        json_set_text(a, rows, "rule", json_str(json_get(g, "rows"), "key"));
        json_set_text(a, rows, "decision", json_str(json_get(g, "rows"), "decision"));
        json_set(a, d, "rows", rows);
    }
    json_set_int(a, d, "per_day", per_day);
    json_set_int(a, d, "used_today", used);
    json_set_text(a, d, "per_day_text", words_number(a, per_day));
    json_set_text(a, d, "used_text", words_number(a, used));
    json_set_int(a, bar, "used", width_of(used > per_day ? per_day : used, per_day));
    json_set(a, d, "bar", bar);
    json_set_text(a, d, "hours_text", limits_words(p, resource));
    json_set_text(a, d, "from", json_str(g, "from"));
    json_set_text(a, d, "until", json_str(g, "until"));
    json_set_text(a, d, "from_text", words_day_of(p, json_str(g, "from")));
    json_set_text(a, d, "until_text", words_day_of(p, json_str(g, "until")));
    put_state(p, d, g, used, per_day);
    return d;
}

/* The resources of the catalogue that this node serves, each with how many grants it has. */
static void
put_served(struct page *p, const struct json *catalogue, const struct json *grants)
{
    struct json *list = json_array(p->arena);

    for (const struct json *r = catalogue->first; r != NULL; r = r->next) {
        struct json *d;
        int64_t count = 0;
        if (!str_eq(json_str(r, "node"), p->web->node)) {
            continue;
        }
        for (const struct json *g = grants->first; g != NULL; g = g->next) {
            count += str_eq(json_str(g, "resource"), json_str(r, "code"));
        }
        d = json_object(p->arena);
        put_resource(p, d, catalogue, json_str(r, "code"));
        json_set_int(p->arena, d, "grant_count", count);
        json_set_text(p->arena, d, "basis", json_str(r, "basis"));
        json_set_text(p->arena, d, "limits_text", limits_words(p, r));
        json_push(list, d);
    }
    json_set_int(p->arena, p->document, "served_count", list != NULL ? list->count : 0);
    json_set(p->arena, p->document, "served", list);
}

/* The grants of others stand at others; what this node knows is what came of asking. */
static enum rc
put_received(struct page *p, const struct json *catalogue, struct err *err)
{
    struct json *list = json_array(p->arena);
    struct traffic_total *totals;
    enum rc rc = traffic_totals(&p->db, p->arena, p->today - DAYS + 1, &totals, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct traffic_total *t = totals; t != NULL; t = t->next) {
        struct sum sum = {0};
        add_to(&sum, t, TRAFFIC_ASKED);
        if (sum.all > 0) {
            json_push(list, total_document(p, catalogue, t, TRAFFIC_ASKED, sum.all));
        }
    }
    json_set_int(p->arena, p->document, "days", DAYS);
    json_set_int(p->arena, p->document, "received_count", list != NULL ? list->count : 0);
    json_set(p->arena, p->document, "received", list);
    return RC_OK;
}

enum rc
steward_grants(struct page *p, struct err *err)
{
    struct json *catalogue, *grants, *list = json_array(p->arena);
    enum rc rc;

    if ((rc = steward_catalogue(p, &catalogue, err)) != RC_OK ||
        (rc = grant_list(&p->db, p->arena, STR(""), p->today, &grants, err)) != RC_OK) {
        return rc;
    }
    put_tabs(p, "/grants");
    for (const struct json *g = grants->first; g != NULL; g = g->next) {
        json_push(list, grant_document(p, catalogue, g));
    }
    json_set_int(p->arena, p->document, "count", grants->count);
    json_set(p->arena, p->document, "grants", list);
    put_served(p, catalogue, grants);
    return put_received(p, catalogue, err);
}
