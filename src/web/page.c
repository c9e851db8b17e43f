/*
 * The walk of a request: find the route, find out who asks, check role and origin, read the body, check its token, honour
 * the idempotency key, run the handler, answer.  Each check has its own function and its own problem type, and the
 * handler runs only when all have passed: there is no page that can forget one.
 */
#include "base/encode.h"
#include "evidence/proof.h"
#include "exchange/handover.h"
#include "web/answer.h"
#include "web/idempotency.h"
#include "web/input.h"
#include "web/page_int.h"
#include "web/route.h"

enum { CLAIM_WAIT_US = 30000, CLAIM_TRIES = 300, ADDRESS_MAX = 45 };

/* --- waiting as a task -------------------------------------------------------------------------- */

static void
wait_suspend(void *ctx)
{
    task_suspend(ctx);
}

static void
wait_resume(void *ctx)
{
    task_resume(ctx);
}

static bool
wait_fd(void *ctx, int fd, int events, int timeout_ms)
{
    struct err err;
    struct task *t = ctx;
    int64_t until_us = loop_now_us(task_loop(t)) + (int64_t)timeout_ms * 1000;

    return task_wait_fd(t, fd, events, until_us, &err) == RC_OK;
}

static void
page_init(struct page *p, struct http_call *call, const struct web *web)
{
    *p = (struct page){.call = call,
                       .arena = call->arena,
                       .web = web,
                       .loop = call->loop_state,
                       .now_us = clock_now_us(web->clock),
                       .lang = STR("zh"),
                       .theme = STR(""),
                       .status = 200};
    p->today = instant_day(p->now_us, web->offset_minutes);
    p->wait = (struct store_wait){call->task, wait_suspend, wait_resume, wait_fd};
    p->db = (struct db){web->store, p->wait};
    p->document = json_object(p->arena);
    p->acts = json_array(p->arena);
    p->query = p->input = json_object(p->arena);
}

/* --- who asks, and in which language -------------------------------------------------------------- */

static void
choose_language_and_theme(struct page *p)
{
    struct str lang = input_cookie(&p->call->head->fields, STR("lang"));
    struct str theme = input_cookie(&p->call->head->fields, STR("theme"));
    struct str wish = json_str(p->query, "lang");

    if (wish.len > 0) {
        lang = wish;
    }
    p->lang = str_eq(lang, STR("en")) ? STR("en") : STR("zh");
    if (str_eq(theme, STR("elder"))) {
        p->theme = STR("elder");
    } else if (str_eq(theme, STR("contrast"))) {
        p->theme = STR("contrast");
    }
}

/* Behind TLS a name that browsers take from this very host only, so that no neighbour can plant a session. */
static const char *
session_cookie(const struct web *web)
{
    return web->behind_tls ? "__Host-zt" : "zt";
}

/* The session's token: a cookie, or for programs "Authorization: Bearer". */
static struct str
session_token(const struct page *p, bool *by_cookie)
{
    struct str bearer = http_get(&p->call->head->fields, "authorization");

    *by_cookie = false;
    if (str_starts(bearer, STR("Bearer "))) {
        return str_trim(str_from(bearer, 7));
    }
    *by_cookie = true;
    return input_cookie(&p->call->head->fields, str_of(session_cookie(p->web)));
}

static enum rc
find_who(struct page *p, struct err *err)
{
    struct str token = session_token(p, &p->by_cookie);
    enum rc rc;

    if (token.len == 0) {
        return RC_OK;
    }
    rc = session_find(&p->db, p->web->vault, p->arena, &p->web->sessions, token, p->now_us,
                      &p->who, err);
    if (rc == RC_ANONYMOUS) {
        p->who = (struct identity){.role = ROLE_PUBLIC};
        return RC_OK; /* an old cookie is no reason to refuse the home page */
    }
    return rc;
}

bool
page_admits(const struct page *p, const struct route *r)
{
    switch (r->role) {
    case ROLE_PUBLIC: return true;
    case ROLE_CITIZEN: return p->who.role == ROLE_CITIZEN;
    case ROLE_SYSTEM:
        return p->who.role == ROLE_SYSTEM ||
               ((r->flags & ROUTE_OFFICERS) != 0 && p->who.role != ROLE_PUBLIC && p->who.role != ROLE_CITIZEN);
    case ROLE_OFFICER:
    case ROLE_STEWARD:
    case ROLE_SUPERVISOR:
    case ROLE_OPERATOR:
        return p->who.role != ROLE_PUBLIC && p->who.role != ROLE_CITIZEN &&
               officer_has_role(&p->who.officer, r->role);
    }
    return false;
}

static enum rc
check_role(struct page *p, struct err *err)
{
    if (page_admits(p, p->route)) {
        return RC_OK;
    }
    if (p->who.account.len == 0) {
        return err_set(err, RC_ANONYMOUS, "%s needs a sign-in", p->route->path);
    }
    return err_problem(err, RC_DENIED, "other-role", "%s is for the role %s", p->route->path,
                       role_name(p->route->role));
}

/* --- what may change something ---------------------------------------------------------------------- */

static bool
is_change(const struct page *p)
{
    struct str method = p->call->head->method;

    return !str_eq(method, STR("GET")) && !str_eq(method, STR("HEAD"));
}

/* A browser says where a form came from; another site's form stops here, whatever token it brings. */
static enum rc
check_origin(const struct page *p, struct err *err)
{
    struct str origin = http_get(&p->call->head->fields, "origin");
    struct str host = http_get(&p->call->head->fields, "host");
    struct str site = http_get(&p->call->head->fields, "sec-fetch-site");

    if (str_eq(site, STR("cross-site"))) {
        return err_problem(err, RC_DENIED, "cross-site", "a form of another site");
    }
    if (origin.len == 0) {
        return RC_OK;
    }
    size_t slashes = str_find(origin, STR("://"));
    if (slashes == origin.len || !str_eq_fold(str_from(origin, slashes + 3), host)) {
        return err_problem(err, RC_DENIED, "cross-site", "a form of another origin");
    }
    return RC_OK;
}

enum rc
page_check_token(const struct page *p, struct str token, struct err *err)
{
    if (token.len == 0) {
        token = http_get(&p->call->head->fields, "x-csrf-token");
    }
    if (!p->by_cookie || p->who.account.len == 0 || session_csrf_matches(&p->who, token)) {
        return RC_OK;
    }
    return err_problem(err, RC_DENIED, "form-too-old", "the form's token does not fit the session");
}

enum rc
page_read_input(struct page *p, struct str *body, struct err *err)
{
    enum rc rc = http_body(p->call, p->route->body_bytes, body, err);

    return rc != RC_OK ? rc : page_take_input(p, *body, err);
}

enum rc
page_take_input(struct page *p, struct str body, struct err *err)
{
    struct str type;
    struct json *input;
    enum rc rc;

    if (body.len == 0) {
        return RC_OK;
    }
    type = input_media_type(p->arena, http_get(&p->call->head->fields, "content-type"));
    if (str_eq(type, STR("application/x-www-form-urlencoded"))) {
        rc = input_form(p->arena, body, &input, err);
    } else if (str_eq(type, STR("application/json"))) {
        rc = json_parse(p->arena, body, JSON_UNIQUE, &input, err);
        if (rc == RC_OK && !json_is(input, JSON_OBJECT)) {
            return err_set(err, RC_INVALID, "the body must be a JSON object");
        }
    } else {
        return err_set(err, RC_TYPE, "bodies are forms or JSON here");
    }
    if (rc == RC_OK) {
        p->input = input;
    }
    return rc;
}

/* --- refusing ------------------------------------------------------------------------------------------- */

/* Somebody signed in tried what is not theirs: that is an act too. */
static void
record_denial(struct page *p, const struct err *err)
{
    struct json *detail = json_object(p->arena);
    struct err ignored;

    json_set_text(p->arena, detail, "type", str_of(err->type));
    json_set_text(p->arena, detail, "method", p->call->head->method);
    json_set_text(p->arena, detail, "route", p->route != NULL ? str_of(p->route->path) : STR(""));
    (void)!page_act(p, ACT_DENIED, STR(""), STR(""), STR(""), detail, &ignored);
}

static void
refuse(struct page *p, enum rc rc, const struct err *err)
{
    if (rc == RC_DENIED && p->who.account.len > 0) {
        record_denial(p, err);
    }
    if (!http_is_answered(p->call)) {
        answer_problem(p, rc, err);
    }
}

/* --- the same request twice ---------------------------------------------------------------------------- */

static struct str
idempotency_key(const struct page *p)
{
    struct str key = http_get(&p->call->head->fields, "idempotency-key");

    return key.len > 0 ? key : json_str(p->input, "idempotency_key");
}

static struct str
request_digest(const struct page *p, struct str body)
{
    struct hash_stream *s = hash_open_sha256();
    hash_add(s, p->call->head->method);
    hash_add(s, STR(" "));
    hash_add(s, p->call->head->path);
    hash_add(s, STR("\n"));
    hash_add(s, body);
    struct hash h = hash_close(s);

    return base64url_of(p->arena, hash_str(&h));
}

/* A double click: wait for the first request's answer rather than bother anybody with it. */
static enum rc
claim_key(struct page *p, const struct keyed_request *request, struct kept_answer *kept,
          struct err *err)
{
    enum rc rc = RC_OK;

    for (int i = 0; i < CLAIM_TRIES; i++) {
        rc = idempotency_claim(p->web->idempotency, &p->db, p->web->vault, p->arena, request, kept,
                               err);
        if (rc != RC_CONFLICT || !str_eq(str_of(err->type), STR("in-progress"))) {
            return rc;
        }
        rc = task_sleep(p->call->task, loop_now_us(p->loop->loop) + CLAIM_WAIT_US, err);
        if (rc != RC_OK && rc != RC_TIMEOUT) {
            return rc;
        }
    }
    return err_problem(err, RC_CONFLICT, "in-progress", "the first request is still at work");
}

/* The change itself is durable; if its answer cannot be kept, a repeat finds that out from the change's own key. */
static void
keep_answer(struct page *p, const struct keyed_request *request)
{
    struct kept_answer answer = {.is_kept = true, .status = p->status, .location = p->location};
    struct err err;
    enum rc rc = answer_json(p, &answer.body, &err);

    if (rc != RC_OK) {
        idempotency_release(p->web->idempotency, request);
    } else {
        rc = idempotency_keep(p->web->idempotency, &p->db, p->web->vault, p->arena, request,
                              p->now_us, &answer, &err);
    }
    if (rc != RC_OK && p->web->log != NULL) {
        log_failure(p->web->log, "idempotency_keep", rc, &err);
    }
}

static void
run_once(struct page *p, struct str key, struct str body)
{
    const struct keyed_request request = {p->who.account, key, request_digest(p, body)};
    struct kept_answer kept = {.is_kept = false};
    struct err err;
    enum rc rc = claim_key(p, &request, &kept, &err);

    if (rc != RC_OK) {
        answer_problem(p, rc, &err);
        return;
    }
    if (kept.is_kept) {
        answer_kept(p, kept.status, kept.location, kept.body);
        return;
    }
    rc = p->route->handler(p, &err);
    if (rc == RC_OK && p->status < 400) {
        keep_answer(p, &request);
        answer_document(p);
        return;
    }
    /* Nothing was made: the same key is good once what is missing has been filled in. */
    idempotency_release(p->web->idempotency, &request);
    if (rc != RC_OK) {
        refuse(p, rc, &err);
    } else {
        answer_document(p);
    }
}

/* --- the walk --------------------------------------------------------------------------------------------- */

static enum rc
admit(struct page *p, struct str *body, struct err *err)
{
    enum rc rc;

    rc = route_find(route_table, route_table_count, p->arena, p->call->head->method,
                    p->call->head->path, &p->route, p->param, &p->allow, err);
    struct err query_err;
    struct json *query;
    enum rc query_rc = input_form(p->arena, p->call->head->query, &query, &query_err);
    if (query_rc == RC_OK) {
        p->query = query;
    }
    choose_language_and_theme(p);
    p->wants_json = input_wants_json(http_get(&p->call->head->fields, "accept"));
    if (rc != RC_OK) {
        return rc;
    }
    if (query_rc != RC_OK) {
        *err = query_err;
        return query_rc;
    }
    p->template_name = p->route->template_name;
    if ((rc = find_who(p, err)) != RC_OK || (rc = check_role(p, err)) != RC_OK) {
        return rc;
    }
    bool is_browsers = is_change(p) && p->by_cookie; /* a program's token is no cookie that a browser adds */
    if ((is_browsers && (rc = check_origin(p, err)) != RC_OK) ||
        ((p->route->flags & ROUTE_FORM) != 0 && (rc = page_read_input(p, body, err)) != RC_OK)) {
        return rc;
    }
    if (!is_browsers || (p->route->flags & (ROUTE_NO_CSRF | ROUTE_STREAM)) != 0) {
        return RC_OK; /* the token of a streamed form is checked by page_read_form */
    }
    return page_check_token(p, json_str(p->input, "csrf"), err);
}

static void
walk(struct page *p)
{
    struct str body = STR(""), key;
    struct err err;
    enum rc rc;

    if ((rc = admit(p, &body, &err)) != RC_OK) {
        refuse(p, rc, &err);
        return;
    }
    key = (p->route->flags & ROUTE_CREATES) != 0 ? idempotency_key(p) : STR("");
    if (key.len > 0) {
        run_once(p, key, body);
        return;
    }
    if ((rc = p->route->handler(p, &err)) != RC_OK) {
        refuse(p, rc, &err);
        return;
    }
    if (!http_is_answered(p->call)) {
        answer_document(p);
    }
}

void
web_handle(struct http_call *call, void *ctx)
{
    struct page page;

    page_init(&page, call, ctx);
    walk(&page);
    budget_give(&page.share); /* however it ended */
}

void
web_handle_exchange(struct http_call *call)
{
    struct web_loop *loop = call->loop_state;
    struct str path = call->head->path;
    struct http_fields fields = {.count = 0};
    struct err ignored;

    if (str_starts(path, STR("/exchange/")) && str_eq(call->head->method, STR("POST"))) {
        gate_serve(loop->gate, call, str_from(path, 10));
        return;
    }
    if (str_eq(path, STR("/handover")) && str_eq(call->head->method, STR("POST")) && loop->web->handovers != NULL) {
        handover_serve(loop->web->handovers, loop->gate, call);
        return;
    }
    CHECK(http_add(&fields, STR("Content-Type"), STR("application/problem+json")));
    (void)!http_answer(call, 404, &fields,
                       STR("{\"type\":\"/problems/not-found\",\"title\":\"This port is for "
                           "POST /exchange/<resource> and POST /handover\",\"status\":404}"),
                       &ignored);
}

/* --- for handlers ------------------------------------------------------------------------------------------- */

struct str
page_input(const struct page *p, const char *name)
{
    return str_trim(json_str(p->input, name));
}

struct str
page_query(const struct page *p, const char *name)
{
    return str_trim(json_str(p->query, name));
}

struct str
page_word(const struct page *p, const char *key)
{
    const struct json *words =
        str_eq(p->lang, STR("en")) ? p->web->words_en : p->web->words_zh;
    const struct json *word = json_get(words, key);

    return json_is(word, JSON_STRING) ? word->text : str_of(key);
}

struct str
page_either(const struct page *p, struct str zh, struct str en)
{
    return str_eq(p->lang, STR("en")) ? en : zh;
}

struct casework
page_casework(const struct page *p)
{
    return (struct casework){.store = p->web->store,
                             .vault = p->web->vault,
                             .items = p->web->items,
                             .orgs = p->web->orgs,
                             .states = p->web->states,
                             .conduct = p->web->conduct,
                             .counsel = p->web->counsel,
                             .offset_minutes = p->web->offset_minutes};
}

void
page_set_cookie(struct page *p, const char *name, struct str value, int64_t max_age_s)
{
    CHECK(p->cookie_count < sizeof(p->cookie) / sizeof(p->cookie[0]));
    p->cookie[p->cookie_count++] =
        str_fmt(p->arena, "%s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", name,
                STR_ARG(value), (long long)max_age_s, p->web->behind_tls ? "; Secure" : "");
}

void
page_set_session(struct page *p, struct str token, int64_t max_age_s)
{
    page_set_cookie(p, session_cookie(p->web), token, max_age_s);
}

/* The proxy in front adds, as the last, the address that it saw; what stands before it is the client's own tale. */
struct str
page_peer(const struct page *p)
{
    const struct http_fields *f = &p->call->head->fields;
    struct str list = STR(""), last = STR("");

    for (size_t i = 0; p->web->behind_tls && i < f->count; i++) {
        if (str_eq_fold(f->field[i].name, STR("x-forwarded-for"))) {
            list = f->field[i].value;
        }
    }
    while (str_next(&list, ',', &last)) {
        /* to the last one */
    }
    last = str_trim(last);
    for (size_t i = 0; i < last.len; i++) {
        char c = last.ptr[i];
        bool fits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
                    c == '.' || c == ':';
        if (!fits || last.len > ADDRESS_MAX) {
            return p->call->peer;
        }
    }
    return last.len > 0 ? last : p->call->peer;
}

struct act_write {
    struct arena *arena;
    struct act act;
    struct act_ref ref;
};

static enum rc
act_write_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct act_write *w = ctx;

    return act_add(tx, w->arena, &w->act, &w->ref, err);
}

enum rc
page_act(struct page *p, enum act_kind kind, struct str case_no, struct str subject,
         struct str resource, const struct json *detail, struct err *err)
{
    struct act_write w = {.arena = p->arena,
                          .act = {.kind = kind,
                                  .at_us = p->now_us,
                                  .actor = p->who.actor,
                                  .org = p->who.officer.org,
                                  .case_no = case_no,
                                  .subject = subject,
                                  .resource = resource,
                                  .detail = detail}};
    enum rc rc = store_write(&p->db, act_write_tx, &w, err);

    if (rc == RC_OK) {
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, "kind", str_of(act_kind_name(kind)));
        json_set_int(p->arena, entry, "index", w.ref.index);
        json_push(p->acts, entry);
    }
    return rc;
}

enum rc
page_receipt(struct page *p, int64_t index, struct json **out, struct err *err)
{
    struct tile_source source;
    struct json *act, *receipt = json_object(p->arena);
    struct str proof;
    struct err waiting;
    enum rc rc;

    if ((rc = act_by_index(&p->db, p->arena, index, &act, err)) != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, receipt, "leaf_index", index);
    json_set_text(p->arena, receipt, "leaf", json_str(act, "leaf"));
    json_set_text(p->arena, receipt, "opening", json_str(act, "opening"));
    json_set_text(p->arena, receipt, "body", json_str(act, "body"));
    json_set_text(p->arena, receipt, "log_origin", p->web->origin);
    if (publisher_wait(p->web->publisher, &p->wait, index, p->web->receipt_ms, &waiting) ==
        RC_OK) {
        source = tiles_folder_source(str_c(p->arena, p->web->log_folder));
        if ((rc = proof_make(p->arena, &source, index, &proof, err)) != RC_OK) {
            return rc;
        }
        json_set_text(p->arena, receipt, "proof", proof);
    }
    if ((rc = json_whole(receipt, err)) == RC_OK) {
        *out = receipt;
    }
    return rc;
}
