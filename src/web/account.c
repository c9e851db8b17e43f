/*
 * Signing in and out, and the account of whoever is signed in.
 */
#include "base/asset.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "web/handlers.h"

enum { SESSIONS_SHOWN = 50 };

/* Where to go after signing in: a path of our own that is not sign-in itself. */
static struct str
next_of(struct page *p, struct str next)
{
    bool is_local = next.len > 0 && next.ptr[0] == '/' &&
                    (next.len == 1 || (next.ptr[1] != '/' && next.ptr[1] != '\\'));

    for (size_t i = 0; i < next.len; i++) {
        is_local = is_local && (unsigned char)next.ptr[i] > ' ' && next.ptr[i] != '\\';
    }
    (void)p;
    return is_local && !str_starts(next, STR("/sign-in")) ? next : STR("");
}

static enum rc
put_demo_people(struct page *p, struct err *err)
{
    struct json *people, *demo = json_object(p->arena), *list = json_array(p->arena);
    enum rc rc;

    if (!p->web->is_demo) {
        return RC_OK;
    }
    if ((rc = asset_json(p->arena, "demo/people.json", &people, err)) != RC_OK) {
        return rc;
    }
    const struct json *given = json_get(people, "people");
    for (const struct json *g = given != NULL ? given->first : NULL; g != NULL; g = g->next) {
        struct str node = json_str(g, "node");
        if (node.len == 0 ? !p->web->is_portal : !str_eq(node, p->web->node)) {
            continue; /* they sign in at another node */
        }
        struct json *entry = json_object(p->arena);
        json_set_text(p->arena, entry, "account", json_str(g, "login"));
        json_set_text(p->arena, entry, "name", json_str(g, "name"));
        json_set_text(p->arena, entry, "who", item_word(g, "who", p->lang));
        json_set_text(p->arena, entry, "note", item_word(g, "note", p->lang));
        json_push(list, entry);
    }
    json_set(p->arena, demo, "people", list);
    json_set(p->arena, p->document, "demo", demo);
    return RC_OK;
}

enum rc
account_sign_in_page(struct page *p, struct err *err)
{
    json_set_text(p->arena, p->document, "login", STR(""));
    json_set_text(p->arena, p->document, "next", next_of(p, page_query(p, "next")));
    if (page_query(p, "next").len > 0) {
        json_set_text(p->arena, p->document, "why", page_word(p, "sign_in_why"));
    }
    return put_demo_people(p, err);
}

static enum rc
let_in(struct page *p, struct str token, struct err *err)
{
    struct str next = next_of(p, page_input(p, "next"));
    enum rc rc;

    if ((rc = session_find(&p->db, p->web->vault, p->arena, &p->web->sessions, token, p->now_us,
                           &p->who, err)) != RC_OK) {
        return rc;
    }
    page_set_session(p, token, p->web->sessions.life_s);
    p->location = next.len > 0 && landing_is_open(p, next) ? next : landing_url(p);
    if (p->wants_json) {
        json_set_text(p->arena, p->document, "token", token);
        json_set_text(p->arena, p->document, "csrf", p->who.csrf);
        json_set_text(p->arena, p->document, "name", p->who.name);
        json_set_text(p->arena, p->document, "role", str_of(role_name(p->who.role)));
    }
    return RC_OK;
}

struct matching {
    struct str stored;
    struct str password;
    bool matches;
};

static void
match(void *ctx)
{
    struct matching *m = ctx;

    m->matches = password_matches(m->stored, m->password);
}

enum rc
account_sign_in(struct page *p, struct err *err)
{
    struct str login = page_input(p, "login"), token;
    struct matching m = {.password = json_str(p->input, "password")};
    struct sign_in found;
    enum rc rc;

    if ((rc = sign_in_look(&p->db, p->web->vault, p->arena, &p->web->sessions, login,
                           page_peer(p), p->now_us, &found, err)) != RC_OK) {
        return rc;
    }
    m.stored = found.stored;
    if ((rc = task_work(p->call->task, match, &m, err)) != RC_OK) {
        return rc;
    }
    rc = sign_in_settle(&p->db, p->arena, &p->web->sessions, &found, m.matches, page_peer(p),
                        p->now_us, &token, err);
    if (rc == RC_ANONYMOUS && !p->wants_json) {
        words_error(p, "login",
                    page_either(p, STR("登录名或密码不对，请再试一次"),
                                STR("Sign-in name or password is wrong; please try again")));
        json_set_text(p->arena, p->document, "login", login);
        json_set_text(p->arena, p->document, "next", next_of(p, page_input(p, "next")));
        p->status = 401;
        return put_demo_people(p, err);
    }
    return rc != RC_OK ? rc : let_in(p, token, err);
}

/* One click, in a demo only; over a link with the key that `zhengtong demo` prints, or from the demo's own sign-in page. */
enum rc
account_sign_in_demo(struct page *p, struct err *err)
{
    struct str login = page_input(p, "account"), key = page_input(p, "key"), token;
    struct sign_in found;
    struct hash given, expected = hash_sha256(p->web->demo_key);
    enum rc rc;

    if (login.len == 0) {
        login = page_query(p, "account");
        key = page_query(p, "key");
    }
    given = hash_sha256(key);
    bool by_link = str_eq(p->call->head->method, STR("GET"));
    if (!p->web->is_demo || (by_link && !hash_eq(&given, &expected))) {
        return err_set(err, RC_NOT_FOUND, "one-click sign-in is for the demo city");
    }
    if ((rc = sign_in_look(&p->db, p->web->vault, p->arena, &p->web->sessions, login,
                           page_peer(p), p->now_us, &found, err)) != RC_OK) {
        return rc;
    }
    if (found.account.len == 0) {
        return err_set(err, RC_NOT_FOUND, "no such person in the demo city");
    }
    if ((rc = session_open(&p->db, p->arena, &p->web->sessions, found.account, p->now_us, &token,
                           err)) != RC_OK) {
        return rc;
    }
    return let_in(p, token, err);
}

enum rc
account_sign_out(struct page *p, struct err *err)
{
    page_set_session(p, STR(""), 0);
    p->location = STR("/");
    return p->who.account.len == 0 ? RC_OK : session_close(&p->db, p->who.session, err);
}

enum rc
account_sign_out_all(struct page *p, struct err *err)
{
    page_set_session(p, STR(""), 0);
    p->location = STR("/");
    return p->who.account.len == 0 ? RC_OK : session_close_all(&p->db, p->who.account, err);
}

enum rc
account_session(struct page *p, struct err *err)
{
    (void)err;
    json_set_bool(p->arena, p->document, "signed_in", p->who.account.len > 0);
    json_set_text(p->arena, p->document, "role", str_of(role_name(p->who.role)));
    if (p->who.account.len > 0) {
        json_set_text(p->arena, p->document, "name", p->who.name);
        json_set_text(p->arena, p->document, "csrf", p->who.csrf);
        json_set_text(p->arena, p->document, "expires",
                      instant_text(p->arena, p->who.expires_us, p->web->offset_minutes));
    }
    return RC_OK;
}

/* --- my account ------------------------------------------------------------------------------------------ */

static struct str
role_word(const struct page *p, enum role role)
{
    switch (role) {
    case ROLE_CITIZEN: return page_word(p, "account_citizen");
    case ROLE_OFFICER: return page_word(p, "account_officer");
    case ROLE_STEWARD: return page_word(p, "account_steward");
    case ROLE_SUPERVISOR: return page_word(p, "account_supervisor");
    case ROLE_OPERATOR: return page_word(p, "account_operator");
    case ROLE_SYSTEM: return page_word(p, "account_system");
    case ROLE_PUBLIC: break;
    }
    return STR("");
}

static void
put_roles(struct page *p)
{
    struct json *list = json_array(p->arena);

    for (enum role role = ROLE_CITIZEN; role <= ROLE_SYSTEM; role++) {
        bool has = p->who.role == ROLE_CITIZEN ? role == ROLE_CITIZEN
                                               : officer_has_role(&p->who.officer, role);
        if (has) {
            struct json *d = json_object(p->arena);
            json_set_text(p->arena, d, "role", str_of(role_name(role)));
            json_set_text(p->arena, d, "text", role_word(p, role));
            json_push(list, d);
        }
    }
    json_set(p->arena, p->document, "roles", list);
}

/* From when until when, as far as it is bounded, and whether that is now. */
static void
put_validity(struct page *p, struct json *d, struct str from, struct str until)
{
    struct str today = day_text(p->arena, p->today);
    bool is_early = from.len > 0 && str_cmp(today, from) < 0;
    bool is_over = until.len > 0 && str_cmp(today, until) > 0;

    json_set_text(p->arena, d, "from", from);
    json_set_text(p->arena, d, "until", until);
    json_set_text(p->arena, d, "from_text", words_day_of(p, from));
    json_set_text(p->arena, d, "until_text", words_day_of(p, until));
    json_set_bool(p->arena, d, "is_valid", !is_early && !is_over);
    json_set_text(p->arena, d, "state_text",
                  is_early  ? page_word(p, "account_power_early")
                  : is_over ? page_word(p, "account_power_over")
                            : page_word(p, "account_power_valid"));
}

static enum rc
put_powers(struct page *p, struct err *err)
{
    struct json *given, *list = json_array(p->arena);
    enum rc rc = officer_powers(&p->db, p->arena, p->who.officer.id, &given, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *g = given->first; g != NULL; g = g->next) {
        const struct power *power = power_by_code(p->web->orgs, json_str(g, "code"));
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "code", json_str(g, "code"));
        json_set_text(p->arena, d, "title",
                      power == NULL ? json_str(g, "code")
                                    : page_either(p, power->name_zh, power->name_en));
        json_set_text(p->arena, d, "basis", power == NULL ? STR("") : power->basis);
        put_validity(p, d, json_str(g, "from"), json_str(g, "until"));
        json_push(list, d);
    }
    json_set_int(p->arena, p->document, "power_count", given->count);
    json_set(p->arena, p->document, "powers", list);
    return RC_OK;
}

/* A session is named by nothing: what could be used to find it stays in the store. */
static enum rc
put_sessions(struct page *p, struct err *err)
{
    struct json *found, *list = json_array(p->arena);
    enum rc rc = session_list(&p->db, p->arena, &p->web->sessions, p->who.account, p->now_us,
                              SESSIONS_SHOWN, &found, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *s = found->first; s != NULL; s = s->next) {
        int64_t created_us = json_int_or(s, "created_us", 0), seen_us = json_int_or(s, "seen_us", 0);
        struct json *d = json_object(p->arena);
        json_set_text(p->arena, d, "since", instant_text(p->arena, created_us, p->web->offset_minutes));
        json_set_text(p->arena, d, "since_text", words_moment(p, created_us));
        json_set_text(p->arena, d, "seen", instant_text(p->arena, seen_us, p->web->offset_minutes));
        json_set_text(p->arena, d, "seen_text", words_moment(p, seen_us));
        json_set_bool(p->arena, d, "is_this", str_eq(json_str(s, "session"), p->who.session));
        json_push(list, d);
    }
    json_set_int(p->arena, p->document, "session_count", found->count);
    json_set_bool(p->arena, p->document, "has_others", found->count > 1);
    json_set(p->arena, p->document, "sessions", list);
    return RC_OK;
}

enum rc
account_page(struct page *p, struct err *err)
{
    const struct org *org = org_by_uscc(p->web->orgs, p->who.officer.org);
    enum rc rc;

    if (p->who.account.len == 0) {
        return err_set(err, RC_ANONYMOUS, "an account is shown to whom it belongs");
    }
    bool is_officer = p->who.role != ROLE_CITIZEN;
    json_set_text(p->arena, p->document, "name", p->who.name);
    json_set_bool(p->arena, p->document, "is_officer", is_officer);
    json_set_text(p->arena, p->document, "org",
                  org == NULL ? STR("") : page_either(p, org->name_zh, org->name_en));
    json_set_text(p->arena, p->document, "post", p->who.officer.title);
    json_set_text(p->arena, p->document, "home_url", landing_url(p));
    json_set_text(p->arena, p->document, "ends",
                  instant_text(p->arena, p->who.expires_us, p->web->offset_minutes));
    json_set_text(p->arena, p->document, "ends_text", words_moment(p, p->who.expires_us));
    put_roles(p);
    if (is_officer && (rc = put_powers(p, err)) != RC_OK) {
        return rc;
    }
    return put_sessions(p, err);
}
