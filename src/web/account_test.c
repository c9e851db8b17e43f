/*
 * Signing in and out over a socket, with the house's own handlers.
 */
#include "web/handlers.h"
#include "web/test_desk.h"

const struct route route_table[] = {
    {"GET", "/sign-in", ROLE_PUBLIC, NULL, 0, 0, account_sign_in_page, "sign-in", ""},
    {"POST", "/sign-in", ROLE_PUBLIC, NULL, ROUTE_FORM | ROUTE_NO_CSRF, 4096, account_sign_in,
     "sign-in", ""},
    {"GET", "/sign-in/demo", ROLE_PUBLIC, NULL, 0, 0, account_sign_in_demo, "sign-in", ""},
    {"POST", "/sign-in/demo", ROLE_PUBLIC, NULL, ROUTE_FORM | ROUTE_NO_CSRF, 4096,
     account_sign_in_demo, "sign-in", ""},
    {"POST", "/sign-out", ROLE_PUBLIC, NULL, ROUTE_FORM, 4096, account_sign_out, NULL, ""},
    {"POST", "/sign-out/everywhere", ROLE_PUBLIC, NULL, ROUTE_FORM, 4096, account_sign_out_all,
     NULL, ""},
    {"GET", "/session", ROLE_PUBLIC, NULL, 0, 0, account_session, NULL, ""},
    /* first pages: the first of each role that is a page and needs nothing to be filled in */
    {"GET", "/cases/{case_no}", ROLE_CITIZEN, NULL, 0, 0, account_session, "message", ""},
    {"GET", "/cases.json", ROLE_CITIZEN, NULL, 0, 0, account_session, NULL, ""},
    {"GET", "/cases", ROLE_CITIZEN, NULL, 0, 0, account_session, "message", ""},
    {"GET", "/readers", ROLE_CITIZEN, NULL, 0, 0, account_session, "message", ""},
    {"POST", "/queue", ROLE_OFFICER, NULL, ROUTE_FORM, 4096, account_session, "message", ""},
    {"GET", "/queue", ROLE_OFFICER, NULL, 0, 0, account_session, "message", ""},
    {"GET", "/lookout", ROLE_SUPERVISOR, NULL, 0, 0, account_session, "message", ""},
    {"GET", "/engine", ROLE_OPERATOR, NULL, 0, 0, account_session, "message", ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define PROGRAM "Accept: application/json\r\n"
#define BROWSER "Accept: text/html\r\n"

struct making {
    struct desk *desk;
    struct str stored;
};

/* The citizen's account gets a password. */
static enum rc
password_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct making *m = ctx;
    struct house *h = &m->desk->house;
    struct str subject, account;
    enum rc rc = subject_put(tx, h->vault, h->arena, SUBJECT_PERSON, STR("990102199003070011"),
                             STR("沈知遥"), STR(""), clock_now_us(&clock_system), &subject, err);

    return rc != RC_OK ? rc
                       : account_put(tx, h->vault, h->arena, STR("shen"), m->stored, subject,
                                     STR(""), clock_now_us(&clock_system), &account, err);
}

static struct desk *
with_password(void **state)
{
    struct desk *d = *state;
    struct making m = {.desk = d};
    struct err err;

    assert_int_equal(password_hash(d->house.arena, STR("电池 horse"), &password_cost_test,
                                   &m.stored, &err), RC_OK);
    assert_int_equal(store_write(&d->db, password_tx, &m, &err), RC_OK);
    return d;
}

/* What the answer's cookie holds; "" if it sets none. */
static struct str
cookie_of(const struct reply *r)
{
    struct str rest = str_from(r->head, str_find(r->head, STR("Set-Cookie: zt=")));
    struct str value = STR("");

    rest = str_from(rest, sizeof("Set-Cookie: zt=") - 1);
    return str_next(&rest, ';', &value) ? value : STR("");
}

static struct str
with_cookie(struct desk *d, const char *fields, struct str token)
{
    return str_fmt(d->house.arena, "%sCookie: zt=%.*s\r\n", fields, STR_ARG(token));
}

static void
name_and_password_open_a_session(void **state)
{
    struct desk *d = with_password(state);
    struct reply r = desk_ask(d, "POST /sign-in", STR(PROGRAM FORM),
                              STR("login=Shen&password=%E7%94%B5%E6%B1%A0+horse"));
    struct str token = cookie_of(&r);

    assert_int_equal(r.status, 200);
    assert_int_equal(token.len, 43);
    assert_true(str_has(r.body, str_fmt(d->house.arena, "\"token\":\"%.*s\"", STR_ARG(token))));
    assert_true(str_has(r.body, STR("\"role\":\"citizen\"")));
    r = desk_ask(d, "GET /session", with_cookie(d, PROGRAM, token), STR(""));
    assert_true(str_has(r.body, STR("\"signed_in\":true")) && str_has(r.body, STR("沈知遥")));
    /* A browser is led on; its page never holds the token. */
    r = desk_ask(d, "POST /sign-in", STR(BROWSER FORM),
                 STR("login=shen&password=%E7%94%B5%E6%B1%A0+horse&next=/cases/1?a=b"));
    assert_int_equal(r.status, 303);
    assert_true(reply_has(&r, "\r\nLocation: /cases/1?a=b\r\n"));
    assert_int_equal(r.body.len, 0);
}

static void
a_wrong_password_is_told_beside_the_name_and_kept_nowhere(void **state)
{
    struct desk *d = with_password(state);
    struct reply r = desk_ask(d, "POST /sign-in", STR(BROWSER FORM),
                              STR("login=<shen>&password=secret-guess&next=//else.invalid"));

    assert_int_equal(r.status, 401);
    assert_true(str_has(r.body, STR("&lt;shen&gt;")));
    assert_false(str_has(r.body, STR("secret-guess")) || str_has(r.body, STR("else.invalid")));
    assert_int_equal(cookie_of(&r).len, 0);
    r = desk_ask(d, "POST /sign-in", STR(PROGRAM FORM), STR("login=shen&password=secret-guess"));
    assert_int_equal(r.status, 401);
    assert_true(str_eq(r.type, STR("wrong-password")));
    /* No name, no password, an array of them: wrong as any other. */
    static const char *const bodies[] = {"", "login=shen", "password=x",
                                         "login=shen&login=shen&password=x&password=x"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        r = desk_ask(d, "POST /sign-in", STR(PROGRAM FORM), str_of(bodies[i]));
        assert_true(r.status == 401 || r.status == 429);
    }
}

static void
too_many_tries_lock_and_say_when_to_come_again(void **state)
{
    struct desk *d = with_password(state);
    struct reply r;

    for (int i = 0; i < 5; i++) {
        assert_int_equal(desk_ask(d, "POST /sign-in", STR(PROGRAM FORM),
                                  STR("login=shen&password=x")).status, 401);
    }
    r = desk_ask(d, "POST /sign-in", STR(PROGRAM FORM),
                 STR("login=shen&password=%E7%94%B5%E6%B1%A0+horse"));
    assert_int_equal(r.status, 429);
    assert_true(str_eq(r.type, STR("locked")) && reply_has(&r, "\r\nRetry-After: "));
    assert_int_equal(cookie_of(&r).len, 0);
}

static void
one_click_is_for_a_demo_only_and_by_link_with_its_key_only(void **state)
{
    struct desk *d = *state;
    static const char *const lines[] = {"GET /sign-in/demo?account=login1&key=right",
                                        "POST /sign-in/demo"};

    for (size_t i = 0; i < 2; i++) { /* a real node */
        struct reply r = desk_ask(d, lines[i], STR(PROGRAM FORM),
                                  i == 1 ? STR("account=login1&key=right") : STR(""));
        assert_int_equal(r.status, 404);
        assert_int_equal(cookie_of(&r).len, 0);
    }
    d->web.is_demo = true;
    d->web.demo_key = STR("right");
    assert_int_equal(desk_ask(d, lines[0], STR(PROGRAM), STR("")).status, 200);
    assert_int_equal(desk_ask(d, "GET /sign-in/demo?account=login1", STR(PROGRAM), STR("")).status,
                     404);
    assert_int_equal(desk_ask(d, "GET /sign-in/demo?account=login1&key=wrong", STR(PROGRAM),
                              STR("")).status, 404);
    assert_int_equal(desk_ask(d, "GET /sign-in/demo?account=nobody&key=right", STR(PROGRAM),
                              STR("")).status, 404);
    assert_int_equal(desk_ask(d, lines[1], STR(PROGRAM FORM), STR("account=login1")).status, 200);
}

static void
signing_out_needs_the_token_and_ends_one_session_or_all(void **state)
{
    struct desk *d = *state;
    struct str cookie = with_cookie(d, PROGRAM FORM, d->token[CITIZEN]);
    struct str body = str_fmt(d->house.arena, "csrf=%.*s", STR_ARG(d->csrf[CITIZEN]));
    struct str session = with_cookie(d, PROGRAM, d->token[CITIZEN]);
    struct reply r = desk_ask(d, "POST /sign-out", cookie, STR(""));

    assert_int_equal(r.status, 403);
    assert_true(str_has(desk_ask(d, "GET /session", session, STR("")).body,
                        STR("\"signed_in\":true")));
    r = desk_ask(d, "POST /sign-out", cookie, body);
    assert_int_equal(r.status, 200);
    assert_true(reply_has(&r, "Set-Cookie: zt=; Path=/; Max-Age=0;"));
    assert_true(str_has(desk_ask(d, "GET /session", session, STR("")).body,
                        STR("\"signed_in\":false")));
    /* Twice is no mistake, and nobody's sign-out none either. */
    assert_int_equal(desk_ask(d, "POST /sign-out", cookie, body).status, 200);
    assert_int_equal(desk_ask(d, "POST /sign-out/everywhere", STR(PROGRAM FORM), STR("")).status,
                     200);
    session = with_cookie(d, PROGRAM, d->token[NEIGHBOUR]);
    assert_true(str_has(desk_ask(d, "GET /session", session, STR("")).body,
                        STR("\"signed_in\":true")));
}

static void
everyone_is_led_to_a_page_that_they_may_open(void **state)
{
    static const struct {
        const char *body, *location;
    } cases[] = {
        {"account=login1", "/cases"},
        {"account=login3", "/queue"},
        {"account=login4", "/"}, /* a steward: the table has no page for that role */
        {"account=login5", "/lookout"},
        {"account=login6", "/engine"},
        {"account=login7", "/"}, /* a program */
        {"account=login3&next=/log", "/log"},
        {"account=login1&next=/cases/7%3Fa=b%23c", "/cases/7?a=b#c"},
        {"account=login3&next=/cases/7%3Fa=b",
         "/queue"}, /* where they came from is for somebody else */
        {"account=login1&next=/queue", "/cases"},
        {"account=login1&next=//else.invalid", "/cases"},
        {"account=login1&next=/%5Celse.invalid", "/cases"},
        {"account=login1&next=https://else.invalid", "/cases"},
        {"account=login1&next=/sign-in?next=/", "/cases"},
        {"account=login1&next=%2F%0d%0aX:1", "/cases"},
    };
    struct desk *d = *state;

    d->web.is_demo = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply r = desk_ask(d, "POST /sign-in/demo", STR(BROWSER FORM),
                                  str_of(cases[i].body));
        struct str line = str_fmt(d->house.arena, "\r\nLocation: %s\r\n", cases[i].location);
        if (r.status != 303 || !str_has(r.head, line)) {
            fail_msg("%s: %.*s", cases[i].body, STR_ARG(r.head));
        }
    }
}

/* A session of one officer with these roles, as the line of a cookie. */
struct hiring {
    struct desk *desk;
    const char *roles;
    struct str account;
};

static enum rc
hire_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct hiring *h = ctx;
    struct house *house = &h->desk->house;
    struct str text = str_fmt(house->arena,
                              "{\"id\":\"o-many\",\"org\":\"" DESK_ORG
                              "\",\"name\":\"闻人既明\",\"roles\":[%s]}",
                              h->roles);
    enum rc rc = officer_put(tx, h->desk->orgs, house_json(house, str_c(house->arena, text)), err);

    return rc != RC_OK ? rc
                       : account_put(tx, house->vault, house->arena, STR("many"), STR("-"), STR(""),
                                     STR("o-many"), clock_now_us(&clock_system), &h->account, err);
}

static struct str
hired(struct desk *d, const char *roles)
{
    struct hiring h = {.desk = d, .roles = roles};
    struct str token;
    struct err err;

    assert_int_equal(store_write(&d->db, hire_tx, &h, &err), RC_OK);
    assert_int_equal(session_open(&d->db, d->house.arena, &d->web.sessions, h.account,
                                  clock_now_us(&clock_system), &token, &err),
                     RC_OK);
    return with_cookie(d, BROWSER, token);
}

static void
the_head_shows_the_desks_that_one_may_open_and_no_others(void **state)
{
    static const char *const desks[] = {"/queue", "/lookout", "/engine"};
    static const struct {
        const char *roles;
        bool shown[3];
    } cases[] = {
        {"\"officer\"", {true, false, false}},
        {"\"supervisor\"", {false, true, false}},
        {"\"operator\",\"supervisor\"", {false, true, true}},
        {"\"operator\",\"supervisor\",\"officer\",\"steward\"", {true, true, true}},
        {"\"steward\"", {false, false, false}},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply r = desk_ask(d, "GET /sign-in", hired(d, cases[i].roles), STR(""));
        assert_int_equal(r.status, 200);
        for (size_t k = 0; k < 3; k++) {
            struct str link = str_fmt(d->house.arena, "<li><a href=\"%s\">", desks[k]);
            if (str_has(r.body, link) != cases[i].shown[k]) {
                fail_msg("%s: %s", cases[i].roles, desks[k]);
            }
        }
        assert_true(str_has(r.body, STR("<a href=\"/account\"><svg")));
    }
}

static void
the_desk_at_which_one_sits_is_the_current_one(void **state)
{
    struct desk *d = *state;
    struct str as_both = hired(d, "\"operator\",\"supervisor\"");
    struct reply r = desk_ask(d, "GET /lookout", as_both, STR(""));

    assert_true(str_has(r.body, STR("<a href=\"/lookout\" aria-current=\"page\">")));
    assert_true(str_has(r.body, STR("<a href=\"/engine\">")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(name_and_password_open_a_session),
        DESK_TEST(a_wrong_password_is_told_beside_the_name_and_kept_nowhere),
        DESK_TEST(too_many_tries_lock_and_say_when_to_come_again),
        DESK_TEST(one_click_is_for_a_demo_only_and_by_link_with_its_key_only),
        DESK_TEST(signing_out_needs_the_token_and_ends_one_session_or_all),
        DESK_TEST(everyone_is_led_to_a_page_that_they_may_open),
        DESK_TEST(the_head_shows_the_desks_that_one_may_open_and_no_others),
        DESK_TEST(the_desk_at_which_one_sits_is_the_current_one),
    };

    return HOUSE_RUN(tests, "account");
}
