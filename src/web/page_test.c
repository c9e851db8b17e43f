/*
 * The walk of a request, each layer tried with all before it passed, over a real socket.
 */
#include <stdatomic.h>

#include "web/page_int.h"
#include "web/test_desk.h"

static atomic_int runs; /* how often a handler ran */

static enum rc
probe(struct page *p, struct err *err)
{
    (void)err;
    atomic_fetch_add(&runs, 1);
    json_set_text(p->arena, p->document, "role", str_of(role_name(p->who.role)));
    json_set_text(p->arena, p->document, "peer", page_peer(p));
    json_set_text(p->arena, p->document, "lang", p->lang);
    json_set(p->arena, p->document, "input", json_copy(p->arena, p->input));
    return RC_OK;
}

/* Each time another number, so that a repeated answer can be told from a second one. */
static enum rc
make(struct page *p, struct err *err)
{
    (void)err;
    json_set_int(p->arena, p->document, "number", atomic_fetch_add(&runs, 1));
    p->status = str_eq(page_input(p, "wish"), STR("incomplete")) ? 422 : 201;
    p->location = p->status == 201 ? STR("/made") : STR("");
    return RC_OK;
}

static enum rc
deny(struct page *p, struct err *err)
{
    (void)p;
    return err_problem(err, RC_DENIED, "not-yours", "it is somebody else's");
}

static enum rc
enter(struct page *p, struct err *err)
{
    (void)err;
    page_set_session(p, STR("token"), 60);
    p->location = STR("/open");
    return RC_OK;
}

enum { SMALL = 64 };

const struct route route_table[] = {
    {"GET", "/open", ROLE_PUBLIC, NULL, 0, 0, probe, NULL, ""},
    {"GET", "/citizen", ROLE_CITIZEN, NULL, 0, 0, probe, NULL, ""},
    {"GET", "/officer", ROLE_OFFICER, NULL, 0, 0, probe, NULL, ""},
    {"GET", "/steward", ROLE_STEWARD, NULL, 0, 0, probe, NULL, ""},
    {"GET", "/supervisor", ROLE_SUPERVISOR, NULL, 0, 0, probe, NULL, ""},
    {"GET", "/operator", ROLE_OPERATOR, NULL, 0, 0, probe, NULL, ""},
    {"GET", "/system", ROLE_SYSTEM, NULL, 0, 0, probe, NULL, ""},
    {"POST", "/change", ROLE_CITIZEN, NULL, ROUTE_FORM, SMALL, probe, NULL, ""},
    {"POST", "/make", ROLE_CITIZEN, NULL, ROUTE_FORM | ROUTE_CREATES, 1024, make, NULL, ""},
    {"POST", "/enter", ROLE_PUBLIC, NULL, ROUTE_FORM | ROUTE_NO_CSRF, SMALL, enter, NULL, ""},
    {"GET", "/denied", ROLE_PUBLIC, NULL, 0, 0, deny, NULL, ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

/* A form of this person with the right token and one more field. */
static struct str
form_of(struct desk *d, enum who who, const char *more)
{
    return str_fmt(d->house.arena, "csrf=%.*s&%s", STR_ARG(d->csrf[who]), more);
}

static struct str
join(struct desk *d, struct str first, const char *second)
{
    return str_fmt(d->house.arena, "%.*s%s", STR_ARG(first), second);
}

static struct reply
post(struct desk *d, const char *path, enum who who, const char *more_fields, struct str body)
{
    struct str fields = join(d, as(d, who), FORM);

    return desk_ask(d, str_c(d->house.arena, str_fmt(d->house.arena, "POST %s", path)),
                    join(d, fields, more_fields), body);
}

/*
 * Every request but the last has two faults, one in each of two layers that follow one another:
 * the answer names the earlier layer.  So the order is as it should be, and each layer stops what
 * the ones before it let through.
 */
static void
each_layer_stops_what_those_before_it_let_through(void **state)
{
    struct desk *d = *state;
    struct str good = form_of(d, CITIZEN, "a=1");
    struct str large = form_of(d, CITIZEN,
                               "a=1111111111111111111111111111111111111111111111111111111111111111");
    static const char foreign[] = "Origin: https://else.invalid\r\n";
    const struct {
        const char *path, *fields;
        enum who who;
        struct str body;
        int status;
        const char *type;
    } cases[] = {
        {"/nowhere", foreign, NOBODY, good, 404, "not-found"},
        {"/open", foreign, NOBODY, good, 405, "method"},
        {"/change?a=%ff", foreign, NOBODY, good, 400, "invalid"},
        {"/change", foreign, NOBODY, good, 401, "sign-in"},
        {"/change", foreign, OFFICER, good, 403, "other-role"},
        {"/change", foreign, CITIZEN, large, 403, "cross-site"},
        {"/change", "", CITIZEN, large, 413, "limit"},
        {"/change", "", CITIZEN, STR("csrf=wrong&a=1"), 403, "form-too-old"},
        {"/make", "Idempotency-Key: k\r\n", CITIZEN, STR("csrf=wrong"), 403, "form-too-old"},
        {"/change", "", CITIZEN, good, 200, ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int before = atomic_load(&runs);
        struct reply r = post(d, cases[i].path, cases[i].who, cases[i].fields, cases[i].body);
        if (r.status != cases[i].status || !str_eq(r.type, str_of(cases[i].type))) {
            fail_msg("case %zu, %s: %d %.*s", i, cases[i].path, r.status, STR_ARG(r.type));
        }
        if ((atomic_load(&runs) - before) != (r.status == 200)) {
            fail_msg("case %zu, %s: the handler ran %d times", i, cases[i].path,
                     atomic_load(&runs) - before);
        }
    }
}

static void
a_role_opens_its_own_doors_and_no_other(void **state)
{
    static const char *const paths[WHO_COUNT] = {
        [CITIZEN] = "/citizen",       [NEIGHBOUR] = "/citizen", [OFFICER] = "/officer",
        [STEWARD] = "/steward",       [SUPERVISOR] = "/supervisor",
        [OPERATOR] = "/operator", [SYSTEM] = "/system"};
    struct desk *d = *state;

    for (int door = CITIZEN; door < WHO_COUNT; door++) {
        const char *line = str_c(d->house.arena, str_fmt(d->house.arena, "GET %s", paths[door]));
        for (int who = NOBODY; who < WHO_COUNT; who++) {
            struct reply r = desk_ask(d, line, as(d, (enum who)who), STR(""));
            bool same = paths[who] != NULL && str_eq(str_of(paths[who]), str_of(paths[door]));
            const char *type = same ? "" : who == NOBODY ? "sign-in" : "other-role";
            if (!str_eq(r.type, str_of(type))) {
                fail_msg("%s for %d: %d %.*s", paths[door], who, r.status, STR_ARG(r.type));
            }
        }
    }
}

static void
a_form_of_another_site_stops_whatever_it_brings(void **state)
{
    static const struct {
        const char *fields;
        bool passes;
    } cases[] = {
        {"", true},
        {"Origin: http://desk\r\n", true},
        {"Origin: https://DESK\r\n", true},
        {"Sec-Fetch-Site: same-origin\r\n", true},
        {"Sec-Fetch-Site: none\r\n", true},
        {"Origin: null\r\n", false},
        {"Origin: https://else.invalid\r\n", false},
        {"Origin: https://desk.else.invalid\r\n", false},
        {"Origin: https://else.invalid/desk\r\n", false},
        {"Origin: https://desk:8443\r\n", false},
        {"Origin: desk\r\n", false},
        {"Origin: http://desk\r\nSec-Fetch-Site: cross-site\r\n", false},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply r = post(d, "/change", CITIZEN, cases[i].fields, form_of(d, CITIZEN, "a=1"));
        if (!str_eq(r.type, cases[i].passes ? STR("") : STR("cross-site"))) {
            fail_msg("%s%d %.*s", cases[i].fields, r.status, STR_ARG(r.type));
        }
        /* Nor can another site sign a visitor in, as somebody else. */
        r = post(d, "/enter", NOBODY, cases[i].fields, STR("login=a"));
        if (!str_eq(r.type, cases[i].passes ? STR("") : STR("cross-site")) ||
            reply_has(&r, "Set-Cookie") != cases[i].passes) {
            fail_msg("sign-in, %s%d %.*s", cases[i].fields, r.status, STR_ARG(r.type));
        }
    }
}

static void
only_the_session_s_own_token_lets_a_form_in(void **state)
{
    struct desk *d = *state;
    struct arena *a = d->house.arena;
    const char *field = str_c(a, str_fmt(a, "X-CSRF-Token: %.*s\r\n", STR_ARG(d->csrf[CITIZEN])));
    const struct {
        const char *fields;
        struct str body;
        bool passes;
    } cases[] = {
        {"", form_of(d, CITIZEN, ""), true},
        {field, STR("a=1"), true},
        {"", STR("a=1"), false},
        {"", STR("csrf="), false},
        {"", form_of(d, NEIGHBOUR, ""), false},
        {"", str_fmt(a, "csrf=%.*s", STR_ARG(d->token[CITIZEN])), false},
        {field, STR("csrf=wrong"), false}, /* the form's own field counts first */
        {"", str_fmt(a, "%.*scsrf=x", STR_ARG(form_of(d, CITIZEN, ""))), false}, /* two of them */
        {"X-CSRF-Token: x\r\n", STR(""), false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply r = post(d, "/change", CITIZEN, cases[i].fields, cases[i].body);
        if (!str_eq(r.type, cases[i].passes ? STR("") : STR("form-too-old"))) {
            fail_msg("case %zu: %d %.*s", i, r.status, STR_ARG(r.type));
        }
    }
}

static void
a_program_s_token_needs_no_form_token_but_must_be_one(void **state)
{
    struct desk *d = *state;
    struct arena *a = d->house.arena;
    struct str bearer = str_fmt(a, "Accept: application/json\r\n" FORM
                                   "Origin: https://else.invalid\r\nAuthorization: Bearer %.*s\r\n",
                                STR_ARG(d->token[CITIZEN]));
    struct str guess = STR("Accept: application/json\r\n" FORM "Authorization: Bearer guess\r\n");
    struct str both = str_fmt(a, "%.*sCookie: zt=%.*s\r\n", STR_ARG(guess),
                              STR_ARG(d->token[CITIZEN]));
    struct str basic = str_fmt(a,
                               "Accept: application/json\r\n" FORM "Authorization: Basic %.*s\r\n",
                               STR_ARG(d->token[CITIZEN]));
    struct reply r = desk_ask(d, "POST /change", bearer, STR("a=1"));

    assert_int_equal(r.status, 200);
    r = desk_ask(d, "POST /change", guess, STR("a=1"));
    assert_int_equal(r.status, 401);
    /*
     * A wrong bearer is not saved by the cookie beside it, nor may it take the place of the
     * form's token.
     */
    r = desk_ask(d, "POST /change", both, STR("a=1"));
    assert_int_equal(r.status, 401);
    r = desk_ask(d, "POST /change", basic, STR("a=1"));
    assert_int_equal(r.status, 401);
}

static void
a_body_is_what_its_type_says_and_nothing_else(void **state)
{
    static const struct {
        const char *type, *body;
        int status;
    } cases[] = {
        {"application/json", "{\"a\":\"1\"}", 200},
        {"Application/JSON; charset=utf-8", "{\"a\":\"1\"}", 200},
        {"application/x-www-form-urlencoded", "a=1", 200},
        {"application/x-www-form-urlencoded", "", 200},
        {"text/plain", "{\"a\":\"1\"}", 415},
        {"text/plain", "a=1", 415},
        {"", "a=1", 415},
        {"multipart/form-data; boundary=x", "a=1", 415},
        {"application/json", "a=1", 400},
        {"application/json", "[]", 400},
        {"application/json", "\"a\"", 400},
        {"application/json", "{\"a\":1,\"a\":2}", 400},
        {"application/json", "{\"a\":\"\xE4\"}", 400},
        {"application/x-www-form-urlencoded", "a=%zz", 400},
        {"application/x-www-form-urlencoded", "a=%e4", 400},
    };
    struct desk *d = *state;
    struct arena *a = d->house.arena;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str fields = str_fmt(a,
                                    "Accept: application/json\r\nAuthorization: Bearer %.*s\r\n%s%s\r\n",
                                    STR_ARG(d->token[CITIZEN]),
                                    cases[i].type[0] != '\0' ? "Content-Type: " : "X: ", cases[i].type);
        struct reply r = desk_ask(d, "POST /change", fields, str_of(cases[i].body));
        if (r.status != cases[i].status) {
            fail_msg("%s %s: %d", cases[i].type, cases[i].body, r.status);
        }
        if (r.status == 200 && cases[i].body[0] != '\0') {
            assert_true(str_has(r.body, STR("\"input\":{\"a\":\"1\"}")));
        }
    }
}

static struct reply
make_with(struct desk *d, enum who who, const char *key, const char *wish)
{
    return post(d, "/make", who, key, form_of(d, who, wish));
}

static void
the_same_key_gives_the_same_answer_to_the_same_person(void **state)
{
    struct desk *d = *state;
    struct reply first = make_with(d, CITIZEN, "Idempotency-Key: one\r\n", "wish=a"), again;
    int before = atomic_load(&runs);

    assert_int_equal(first.status, 201);
    again = make_with(d, CITIZEN, "Idempotency-Key: one\r\n", "wish=a");
    assert_int_equal(again.status, 201);
    assert_true(str_eq(first.body, again.body) && reply_has(&again, "Location: /made\r\n"));
    assert_int_equal(atomic_load(&runs), before);
    /* Other content: refused.  Another key, or none: made anew. */
    again = make_with(d, CITIZEN, "Idempotency-Key: one\r\n", "wish=b");
    assert_int_equal(again.status, 409);
    assert_true(str_eq(again.type, STR("idempotency-other-content")));
    assert_int_equal(make_with(d, CITIZEN, "Idempotency-Key: two\r\n", "wish=a").status, 201);
    assert_int_equal(make_with(d, CITIZEN, "", "wish=a").status, 201);
    assert_int_equal(atomic_load(&runs), before + 2);
    /* As a field of the form it is the same key. */
    again = make_with(d, CITIZEN, "", "wish=a&idempotency_key=three");
    assert_true(str_eq(again.body, make_with(d, CITIZEN, "", "wish=a&idempotency_key=three").body));
    assert_int_equal(atomic_load(&runs), before + 3);
}

static void
somebody_else_s_key_opens_nothing_of_theirs(void **state)
{
    struct desk *d = *state;
    struct reply mine = make_with(d, CITIZEN, "Idempotency-Key: one\r\n", "wish=a");
    struct reply theirs = make_with(d, NEIGHBOUR, "Idempotency-Key: one\r\n", "wish=b");

    assert_int_equal(theirs.status, 201);
    assert_false(str_eq(mine.body, theirs.body));
    /* And the layers before still hold: a kept answer is for the signed in, with their token. */
    assert_int_equal(make_with(d, NOBODY, "Idempotency-Key: one\r\n", "wish=a").status, 401);
    assert_true(str_eq(post(d, "/make", CITIZEN, "Idempotency-Key: one\r\n", STR("wish=a")).type,
                       STR("form-too-old")));
}

static void
what_was_not_made_frees_its_key(void **state)
{
    struct desk *d = *state;

    assert_int_equal(make_with(d, CITIZEN, "Idempotency-Key: one\r\n", "wish=incomplete").status,
                     422);
    assert_int_equal(make_with(d, CITIZEN, "Idempotency-Key: one\r\n", "wish=a").status, 201);
}

static void
a_key_that_is_no_key_is_refused(void **state)
{
    struct desk *d = *state;
    struct buf b;
    struct str longest;
    struct err err;

    buf_init(&b, d->house.arena, 4096);
    buf_put(&b, STR("Idempotency-Key: "));
    for (int i = 0; i <= IDEMPOTENCY_KEY_MAX; i++) {
        buf_put_char(&b, 'k');
    }
    buf_put(&b, STR("\r\n"));
    assert_int_equal(buf_finish(&b, &longest, &err), RC_OK);
    assert_int_equal(make_with(d, CITIZEN, str_c(d->house.arena, longest), "a=1").status, 400);
    assert_int_equal(make_with(d, CITIZEN, "Idempotency-Key: \xE4\xB8\r\n", "a=1").status, 400);
    assert_int_equal(make_with(d, CITIZEN, "", "idempotency_key=%E2%80%AE").status, 400);
}

static int64_t
acts(struct desk *d)
{
    return fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM act");
}

static void
a_refusal_of_somebody_signed_in_is_an_act_and_of_nobody_none(void **state)
{
    struct desk *d = *state;
    struct json *act;
    int64_t before = acts(d);
    struct err err;

    assert_int_equal(desk_ask(d, "GET /denied", as(d, NOBODY), STR("")).status, 403);
    assert_int_equal(desk_ask(d, "GET /officer", as(d, NOBODY), STR("")).status, 401);
    assert_int_equal(acts(d), before);
    assert_int_equal(desk_ask(d, "GET /denied", as(d, CITIZEN), STR("")).status, 403);
    assert_int_equal(desk_ask(d, "GET /officer", as(d, SUPERVISOR), STR("")).status, 403);
    assert_int_equal(post(d, "/change", CITIZEN, "", STR("a=1")).status, 403);
    assert_int_equal(acts(d), before + 3);
    assert_int_equal(act_by_index(&d->db, d->house.arena, before + 1, &act, &err), RC_OK);
    assert_true(str_eq(json_str(act, "kind"), STR("denied")));
    assert_true(str_eq(json_str(act, "org"), STR(DESK_ORG)));
    assert_true(str_eq(json_str(json_get(act, "detail"), "type"), STR("other-role")));
    assert_true(str_eq(json_str(json_get(act, "detail"), "route"), STR("/officer")));
}

static void
a_method_that_is_not_there_is_answered_with_those_that_are(void **state)
{
    struct desk *d = *state;
    struct reply r = desk_ask(d, "DELETE /open", as(d, NOBODY), STR(""));

    assert_int_equal(r.status, 405);
    assert_true(reply_has(&r, "\r\nAllow: GET\r\n"));
    r = desk_ask(d, "HEAD /open", as(d, NOBODY), STR(""));
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body.len, 0);
}

/* --- cookies and proxies ---------------------------------------------------------------------- */

static void
a_planted_cookie_signs_nobody_in(void **state)
{
    static const char *const cookies[] = {
        "zt=", "zt=guess", "zt=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "zt=' OR '1'='1", "ZT=x",
        "zt=\xE4\xB8", "zt=%00", "zt=\"\"", ";;;", "zt"};
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
        struct str fields = str_fmt(d->house.arena, "Accept: application/json\r\nCookie: %s\r\n",
                                    cookies[i]);
        if (desk_ask(d, "GET /citizen", fields, STR("")).status != 401 ||
            desk_ask(d, "GET /open", fields, STR("")).status != 200) {
            fail_msg("%s", cookies[i]);
        }
    }
}

static void
behind_tls_the_cookie_is_bound_to_this_host_and_to_tls(void **state)
{
    struct desk *d = *state;
    struct str host = str_fmt(d->house.arena,
                              "Accept: application/json\r\nCookie: __Host-zt=%.*s\r\n",
                              STR_ARG(d->token[CITIZEN]));
    struct reply r = post(d, "/enter", NOBODY, "", STR("login=a"));

    assert_true(reply_has(&r,
                          "Set-Cookie: zt=token; Path=/; Max-Age=60; HttpOnly; SameSite=Lax\r\n"));
    assert_int_equal(desk_ask(d, "GET /citizen", as(d, CITIZEN), STR("")).status, 200);
    assert_int_equal(desk_ask(d, "GET /citizen", host, STR("")).status, 401);
    d->web.behind_tls = true;
    r = post(d, "/enter", NOBODY, "", STR("login=a"));
    assert_true(reply_has(&r,
                          "Set-Cookie: __Host-zt=token; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure\r\n"));
    /* A neighbouring host can plant "zt", but not "__Host-zt". */
    assert_int_equal(desk_ask(d, "GET /citizen", as(d, CITIZEN), STR("")).status, 401);
    assert_int_equal(desk_ask(d, "GET /citizen", host, STR("")).status, 200);
}

static void
behind_tls_the_proxy_says_who_asks_and_nobody_else(void **state)
{
    static const struct {
        const char *fields, *peer;
    } cases[] = {
        {"", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 2001:DB8::7\r\n", "2001:DB8::7"},
        {"X-Forwarded-For: somebody\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7'--\r\n", "127.0.0.1"},
        {"X-Forwarded-For: 203.0.113.7,\r\n", "203.0.113.7"},
        {"X-Forwarded-For: 1111111111111111111111111111111111111111111111\r\n", "127.0.0.1"},
        {"X-Forwarded-For:\r\n", "127.0.0.1"},
    };
    struct desk *d = *state;

    for (int behind = 0; behind < 2; behind++) {
        d->web.behind_tls = behind == 1;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct str fields = str_fmt(d->house.arena, "Accept: application/json\r\n%s",
                                        cases[i].fields);
            struct reply r = desk_ask(d, "GET /open", fields, STR(""));
            struct str peer = str_fmt(d->house.arena, "\"peer\":\"%s\"",
                                      behind == 1 ? cases[i].peer : "127.0.0.1");
            if (!str_has(r.body, peer)) {
                fail_msg("%s%.*s", cases[i].fields, STR_ARG(r.body));
            }
        }
    }
}

static void
language_comes_from_the_address_before_the_cookie(void **state)
{
    static const struct {
        const char *line, *cookie, *lang;
    } cases[] = {
        {"GET /open", "", "zh"},
        {"GET /open", "lang=en", "en"},
        {"GET /open?lang=zh", "lang=en", "zh"},
        {"GET /open?lang=en", "", "en"},
        {"GET /open", "lang=../../etc", "zh"},
        {"GET /open?lang=%3Cscript%3E", "", "zh"},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str fields = str_fmt(d->house.arena, "Accept: application/json\r\nCookie: %s\r\n",
                                    cases[i].cookie);
        struct reply r = desk_ask(d, cases[i].line, fields, STR(""));
        struct str lang = str_fmt(d->house.arena, "\"lang\":\"%s\"", cases[i].lang);
        assert_true(str_has(r.body, lang));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(each_layer_stops_what_those_before_it_let_through),
        DESK_TEST(a_role_opens_its_own_doors_and_no_other),
        DESK_TEST(a_form_of_another_site_stops_whatever_it_brings),
        DESK_TEST(only_the_session_s_own_token_lets_a_form_in),
        DESK_TEST(a_program_s_token_needs_no_form_token_but_must_be_one),
        DESK_TEST(a_body_is_what_its_type_says_and_nothing_else),
        DESK_TEST(the_same_key_gives_the_same_answer_to_the_same_person),
        DESK_TEST(somebody_else_s_key_opens_nothing_of_theirs),
        DESK_TEST(what_was_not_made_frees_its_key),
        DESK_TEST(a_key_that_is_no_key_is_refused),
        DESK_TEST(a_refusal_of_somebody_signed_in_is_an_act_and_of_nobody_none),
        DESK_TEST(a_method_that_is_not_there_is_answered_with_those_that_are),
        DESK_TEST(a_planted_cookie_signs_nobody_in),
        DESK_TEST(behind_tls_the_cookie_is_bound_to_this_host_and_to_tls),
        DESK_TEST(behind_tls_the_proxy_says_who_asks_and_nobody_else),
        DESK_TEST(language_comes_from_the_address_before_the_cookie),
    };

    return HOUSE_RUN(tests, "page");
}
