#include "web/answer.h"

#include <stdio.h>

#include "base/encode.h"
#include "crypto/random.h"
#include "web/handlers.h"

enum { HTML_MAX = 4 << 20, PROBLEM_ARENA = 2 << 20, POLICY_BYTES = 400, REFERENCE_BYTES = 6 };

/* Nothing but our own files: no inline script or style anywhere, no frame around us, no foreign form target. */
#define POLICY(script, style)                                                                \
    "default-src 'none'; " script "style-src 'self'" style "; img-src 'self' data:; font-src 'self'; " \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

static const struct http_field security_fields[] = {
    {STR_INIT("X-Content-Type-Options"), STR_INIT("nosniff")},
    {STR_INIT("Referrer-Policy"), STR_INIT("same-origin")},
    {STR_INIT("Cache-Control"), STR_INIT("no-store")},
    {STR_INIT("Vary"), STR_INIT("Accept, Cookie")},
};

/* The fields of an answer, with room for what is written for it alone: a request whose memory is full is answered, too. */
struct lines {
    struct http_fields fields;
    char policy[POLICY_BYTES];
};

/* No page has scripts, but where the designer is: then our own files, and the styles that carry this answer's nonce. */
static struct str
policy_of(const struct page *p, char room[POLICY_BYTES])
{
    int len;

    if (p->nonce.len == 0) {
        return STR(POLICY("", ""));
    }
    len = snprintf(room, POLICY_BYTES, POLICY("script-src 'self'; ", " 'nonce-%.*s'"), STR_ARG(p->nonce));
    CHECK(len > 0 && len < POLICY_BYTES);
    return (struct str){room, (size_t)len};
}

static void
put_fields(const struct page *p, struct lines *l, struct str type, int status)
{
    struct http_fields *f = &l->fields;
    bool room;

    f->count = 0;
    room = http_add(f, STR("Content-Type"), type) && http_add(f, STR("Content-Security-Policy"), policy_of(p, l->policy));
    for (size_t i = 0; i < sizeof(security_fields) / sizeof(security_fields[0]); i++) {
        room = room && http_add(f, security_fields[i].name, security_fields[i].value);
    }
    for (size_t i = 0; i < p->cookie_count; i++) {
        room = room && http_add(f, STR("Set-Cookie"), p->cookie[i]);
    }
    if (p->allow.len > 0) {
        room = room && http_add(f, STR("Allow"), p->allow);
    }
    if (status == 429 || status == 503) {
        room = room && http_add(f, STR("Retry-After"), STR("5"));
    }
    CHECK(room);
}

/* If the answer cannot be sent the connection is gone, and so is whoever asked. */
static void
send(struct page *p, int status, const struct http_fields *fields, struct str body)
{
    struct err ignored;

    (void)!http_answer(p->call, status, fields, body, &ignored);
}

/* --- the outer frame ------------------------------------------------------------------------------ */

static void
put_user(struct page *p, struct json *frame)
{
    struct json *user = json_object(p->arena);
    const struct org *org = org_by_uscc(p->web->orgs, p->who.officer.org);
    bool is_officer = p->who.role != ROLE_PUBLIC && p->who.role != ROLE_CITIZEN;

    if (p->who.account.len == 0) {
        return;
    }
    json_set_text(p->arena, user, "name", p->who.name);
    json_set_text(p->arena, user, "org",
                  org == NULL ? STR("") : page_either(p, org->short_zh, org->name_en));
    json_set(p->arena, frame, "user", user);
    json_set_text(p->arena, frame, "csrf", p->who.csrf);
    json_set_bool(p->arena, frame, "is_desk", is_officer);
    json_set(p->arena, frame, "desks", landing_desks(p));
}

static void
put_site(struct page *p, struct json *frame)
{
    static const char *const members[] = {"hall", "hall_address", "hall_hours", "agency"};
    const struct json *given = json_get(p->web->city, "site");
    struct json *site = json_object(p->arena);

    json_set_text(p->arena, site, "place", page_either(p, p->web->title_zh, p->web->title_en));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_set_text(p->arena, site, members[i],
                      item_word(given, members[i], p->lang));
    }
    json_set_bool(p->arena, site, "is_demo", p->web->is_demo);
    json_set(p->arena, frame, "site", site);
}

/* The switch that is in use is left out. */
static void
put_switch(struct page *p, struct json *frame)
{
    struct json *s = json_object(p->arena);
    struct buf back;
    struct str to = STR("");
    struct err ignored;

    buf_init(&back, p->arena, 4096);
    buf_put(&back, STR("&back="));
    buf_put_url(&back, p->call->head->path);
    (void)!buf_finish(&back, &to, &ignored);
    json_set_text(p->arena, s, "language_url",
                  str_fmt(p->arena, "/preferences?lang=%s%.*s",
                          str_eq(p->lang, STR("en")) ? "zh" : "en", STR_ARG(to)));
    if (!str_eq(p->theme, STR("elder"))) {
        json_set_text(p->arena, s, "elder_url",
                      str_fmt(p->arena, "/preferences?theme=elder&back=%%2F"));
    }
    if (!str_eq(p->theme, STR("contrast"))) {
        json_set_text(p->arena, s, "contrast_url",
                      str_fmt(p->arena, "/preferences?theme=contrast%.*s", STR_ARG(to)));
    }
    if (p->theme.len > 0) {
        json_set_text(p->arena, s, "plain_url",
                      str_fmt(p->arena, "/preferences?theme=plain%.*s", STR_ARG(to)));
    }
    json_set(p->arena, frame, "switch", s);
}

static void
put_nav(struct page *p, struct json *frame)
{
    static const struct {
        const char *starts;
        const char *entry;
    } places[] = {{"/cases", "mine"},     {"/readers", "mine"}, {"/certificates", "mine"},
                  {"/log", "open"},       {"/log", "trail"},    {"/oversight", "open"},
                  {"/catalogue", "data"}, {"/rules", "rules"},  {"/rules", "open"},
                  {"/processes", "processes"}, {"/processes", "open"},
                  {"/items", "serve"},    {"/apply", "serve"},  {"/search", "serve"}};
    struct json *nav = json_object(p->arena);
    struct str path = p->call->head->path;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (str_starts(path, str_of(places[i].starts))) {
            json_set_bool(p->arena, nav, places[i].entry, true);
        }
    }
    if (str_eq(path, STR("/"))) {
        json_set_bool(p->arena, nav, "serve", true);
    }
    json_set(p->arena, frame, "nav", nav);
}

/* 11月23日 周一 / Mon 23 Nov */
static struct str
date_words(const struct page *p)
{
    static const char *const weekdays_zh[] = {"日", "一", "二", "三", "四", "五", "六"};
    static const char *const weekdays_en[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months_en[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct date d = day_to_date(p->today);
    int weekday = day_weekday(p->today);

    if (str_eq(p->lang, STR("en"))) {
        return str_fmt(p->arena, "%s %d %s", weekdays_en[weekday], d.day, months_en[d.month - 1]);
    }
    return str_fmt(p->arena, "%d月%d日 周%s", d.month, d.day, weekdays_zh[weekday]);
}

struct json *
frame_of(struct page *p)
{
    struct arena *a = p->arena;
    struct json *frame = json_object(a);
    struct date d = day_to_date(p->today);
    int minute = instant_minute_of_day(p->now_us, p->web->offset_minutes);

    json_set_text(a, frame, "lang", str_eq(p->lang, STR("en")) ? STR("en") : STR("zh-Hans"));
    json_set_text(a, frame, "theme", p->theme);
    json_set_text(a, frame, "today", date_words(p));
    json_set_text(a, frame, "as_of", str_fmt(a, "%04d-%02d-%02d %02d:%02d", d.year, d.month,
                                             d.day, minute / 60, minute % 60));
    json_set_text(a, frame, "idempotency_key", random_token(a, 16));
    json_set_text(a, frame, "csrf", STR(""));
    json_set_bool(a, frame, "is_desk", false);
    put_site(p, frame);
    put_switch(p, frame);
    put_nav(p, frame);
    json_set_text(a, frame, "nonce", p->nonce);
    put_user(p, frame);
    return frame;
}

/* --- documents -------------------------------------------------------------------------------------- */

enum rc
answer_json(struct page *p, struct str *out, struct err *err)
{
    enum rc rc;

    if (p->acts != NULL && p->acts->count > 0 && json_get(p->document, "acts") == NULL) {
        json_set(p->arena, p->document, "acts", p->acts);
    }
    if (p->location.len > 0 && json_get(p->document, "location") == NULL) {
        json_set_text(p->arena, p->document, "location", p->location);
    }
    if ((rc = json_whole(p->document, err)) != RC_OK) {
        return rc;
    }
    return json_print(p->arena, p->document, out, err);
}

static void
send_json(struct page *p, int status, struct str body, bool is_problem)
{
    struct lines lines;

    put_fields(p, &lines, is_problem ? STR("application/problem+json") : STR("application/json"), status);
    if (p->location.len > 0) {
        CHECK(http_add(&lines.fields, STR("Location"), p->location));
    }
    send(p, status, &lines.fields, body);
}

/* A problem, or what a page has to say where it cannot be shown. */
static void
answer_as_json(struct page *p, int status, const struct json *document, bool is_problem)
{
    struct str body;
    struct err err;

    if (json_print(p->arena, document, &body, &err) != RC_OK) {
        body = STR("{\"type\":\"/problems/internal\",\"title\":\"The answer grew too large\","
                   "\"status\":500}");
        status = 500;
        is_problem = true;
    }
    send_json(p, status, body, is_problem);
}

/* How long an answer becomes is the doing of whoever asks; what they saved before is kept, and they are told so. */
static void
answer_too_large(struct page *p, const struct err *why)
{
    struct err err;
    enum rc rc = err_problem(&err, RC_LIMIT, "answer-too-large", "%s", why->text);

    answer_problem(p, rc, &err);
}

static void
answer_as_html(struct page *p, int status, const char *template_name, const struct json *document)
{
    const struct json *const frames[] = {document, frame_of(p)};
    const struct template_set *pages =
        str_eq(p->lang, STR("en")) ? p->web->pages_en : p->web->pages_zh;
    struct lines lines;
    struct buf out;
    struct str html;
    struct err err;
    enum rc rc;

    buf_init(&out, p->arena, HTML_MAX);
    rc = json_whole(frames[1], &err);
    if (rc == RC_OK) {
        rc = template_render(pages, str_of(template_name), frames, 2, &out, &err);
    }
    if (rc == RC_OK) {
        rc = buf_finish(&out, &html, &err);
    }
    if (rc == RC_LIMIT && status < 400) {
        answer_too_large(p, &err);
        return;
    }
    if (rc != RC_OK) {
        if (p->web->log != NULL) {
            log_failure(p->web->log, "render", rc, &err);
        }
        answer_as_json(p, status, document, status >= 400);
        return;
    }
    put_fields(p, &lines, STR("text/html; charset=utf-8"), status);
    send(p, status, &lines.fields, html);
}

static void
answer_redirect(struct page *p)
{
    struct lines lines;

    put_fields(p, &lines, STR("text/plain; charset=utf-8"), 303);
    CHECK(http_add(&lines.fields, STR("Location"), p->location));
    send(p, 303, &lines.fields, STR(""));
}

void
answer_document(struct page *p)
{
    struct str body;
    struct err err;
    enum rc rc;

    if (p->wants_json || p->template_name == NULL) {
        if (p->location.len > 0 && !p->wants_json && p->template_name == NULL) {
            answer_redirect(p);
            return;
        }
        if ((rc = answer_json(p, &body, &err)) == RC_LIMIT) {
            answer_too_large(p, &err);
        } else if (rc != RC_OK) {
            answer_problem(p, rc, &err);
        } else {
            send_json(p, p->status, body, false);
        }
        return;
    }
    if (p->location.len > 0) {
        answer_redirect(p);
        return;
    }
    answer_as_html(p, p->status, p->template_name, p->document);
}

void
answer_kept(struct page *p, int status, struct str location, struct str body)
{
    struct err err;
    enum rc rc = json_parse(p->arena, body, JSON_ANY, &p->document, &err);

    if (rc != RC_OK) {
        answer_problem(p, rc, &err);
        return;
    }
    p->status = status;
    p->location = location;
    p->acts = NULL;
    answer_document(p);
}

/* --- problems ---------------------------------------------------------------------------------------- */

/* "grant-expired", "title" → "problem_grant_expired_title" */
static const char *
problem_key(struct arena *a, const char *type, const char *part)
{
    struct buf key;
    struct str text;
    struct err ignored;

    buf_init(&key, a, 128);
    buf_put(&key, STR("problem_"));
    for (; *type != '\0'; type++) {
        buf_put_char(&key, *type == '-' ? '_' : *type);
    }
    buf_put_char(&key, '_');
    buf_put(&key, str_of(part));
    return buf_finish(&key, &text, &ignored) == RC_OK ? str_c(a, text) : NULL;
}

/* The words of this very type, else of the code, else of "internal". */
static struct str
problem_word(const struct page *p, const char *type, enum rc rc, const char *part)
{
    const char *const tries[] = {type, rc_type(rc), "internal"};

    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        const char *key = problem_key(p->arena, tries[i], part);
        if (key != NULL) {
            struct str word = page_word(p, key);
            if (!str_eq(word, str_of(key))) {
                return word;
            }
        }
    }
    return STR("");
}

static struct json *
problem_document(struct page *p, enum rc rc, const struct err *err, int status,
                 struct str reference)
{
    struct arena *a = p->arena;
    struct json *d = json_object(a);

    json_set_text(a, d, "type", str_fmt(a, "/problems/%s", err->type));
    json_set_text(a, d, "title", problem_word(p, err->type, rc, "title"));
    json_set_int(a, d, "status", status);
    json_set_text(a, d, "detail", problem_word(p, err->type, rc, "text"));
    json_set_text(a, d, "what", problem_word(p, err->type, rc, "text"));
    json_set_text(a, d, "kept", problem_word(p, err->type, rc, "kept"));
    struct json *advice = json_array(a), *actions = json_array(a), *home = json_object(a);
    json_push(advice, json_text(a, problem_word(p, err->type, rc, "next")));
    json_set(a, d, "advice", advice);
    json_set_text(a, home, "text", page_word(p, "to_home"));
    json_set_text(a, home, "url", STR("/"));
    json_set_bool(a, home, "is_main", true);
    json_push(actions, home);
    json_set(a, d, "actions", actions);
    json_set_text(a, d, "instance", p->call->head->path);
    json_set_text(a, d, "reference", reference);
    return d;
}

static void
tell_problem(struct page *p, enum rc rc, const struct err *err)
{
    struct str reference = random_token(p->arena, REFERENCE_BYTES);
    int status = http_status_of(rc, err);

    if (p->web->log != NULL && (status >= 500 || rc == RC_DENIED)) {
        log_failure(p->web->log, str_c(p->arena, reference), rc, err);
    }
    p->cookie_count = 0;
    p->location = STR("");
    if (rc == RC_ANONYMOUS && !p->wants_json && p->route != NULL) {
        struct buf next;
        buf_init(&next, p->arena, 4096);
        buf_put(&next, STR("/sign-in?next="));
        buf_put_url(&next, p->call->head->target);
        struct err ignored;
        if (buf_finish(&next, &p->location, &ignored) == RC_OK) {
            answer_redirect(p);
            return;
        }
    }
    struct json *document = problem_document(p, rc, err, status, reference);
    if (p->wants_json || (p->route != NULL && p->route->template_name == NULL)) {
        answer_as_json(p, status, document, true);
    } else {
        answer_as_html(p, status, "message", document);
    }
}

/* On memory of its own, as a full arena may be what is to be told of. */
void
answer_problem(struct page *p, enum rc rc, const struct err *err)
{
    struct arena *own = p->arena, *of_call = p->call->arena;

    p->arena = p->call->arena = arena_new(PROBLEM_ARENA);
    tell_problem(p, rc, err);
    arena_free(p->arena);
    p->arena = own;
    p->call->arena = of_call;
    p->location = STR(""); /* was on that memory */
}
