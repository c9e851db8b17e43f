/*
 * What goes back: by Accept, with the fields that protect it, and never what a handler or a
 * visitor slipped in.
 */
#include "web/answer.h"
#include "web/test_desk.h"

static enum rc
document(struct page *p, struct err *err)
{
    (void)err;
    json_set_text(p->arena, p->document, "title", page_query(p, "title"));
    json_set_text(p->arena, p->document, "what", page_query(p, "title"));
    return RC_OK;
}

static enum rc
go(struct page *p, struct err *err)
{
    (void)err;
    p->location = page_query(p, "to");
    return RC_OK;
}

static enum rc
cookie(struct page *p, struct err *err)
{
    (void)err;
    page_set_cookie(p, "theme", page_query(p, "value"), 60);
    return RC_OK;
}

static enum rc
fail_as(struct page *p, struct err *err)
{
    struct str type = page_query(p, "type");

    page_set_session(p, STR("half-made"), 60);
    p->location = STR("/elsewhere");
    if (str_eq(type, STR("busy"))) {
        return err_problem(err, RC_BUSY, "locked", "SELECT password FROM account: secret");
    }
    if (str_eq(type, STR("corrupt"))) {
        return err_set(err, RC_CORRUPT, "row 17 of /data/city.db: secret");
    }
    if (str_eq(type, STR("full"))) {
        return err_set(err, RC_FULL, "no space left on /dev/sda1: secret");
    }
    return err_problem(err, RC_PEER, "never-heard-of", "secret");
}

static enum rc
huge(struct page *p, struct err *err)
{
    struct json *list = json_array(p->arena);

    (void)err;
    for (int i = 0; i < 1000000; i++) {
        json_push(list, json_text(p->arena, STR("0123456789")));
    }
    json_set(p->arena, p->document, "list", list);
    return RC_OK;
}

/* Leaves that much of the request's memory, on a page that runs scripts. */
static enum rc
fill(struct page *p, struct err *err)
{
    int64_t left;

    (void)err;
    p->nonce = STR("0123456789abcdef");
    assert_true(str_to_int(page_query(p, "left"), &left));
    for (size_t step = arena_left(p->arena); step > 0; step /= 2) {
        while (arena_left(p->arena) >= (size_t)left + step && arena_alloc(p->arena, step, 1) != NULL) {
        }
    }
    return RC_OK;
}

const struct route route_table[] = {
    {"GET", "/document", ROLE_PUBLIC, NULL, 0, 0, document, NULL, ""},
    {"GET", "/page", ROLE_PUBLIC, NULL, 0, 0, document, "message", ""},
    {"GET", "/go", ROLE_PUBLIC, NULL, 0, 0, go, "message", ""},
    {"GET", "/cookie", ROLE_PUBLIC, NULL, 0, 0, cookie, "message", ""},
    {"GET", "/fail", ROLE_PUBLIC, NULL, 0, 0, fail_as, "message", ""},
    {"GET", "/huge", ROLE_PUBLIC, NULL, 0, 0, huge, NULL, ""},
    {"GET", "/fill", ROLE_PUBLIC, NULL, 0, 0, fill, "message", ""},
    {"GET", "/cases/{case_no}", ROLE_CITIZEN, NULL, 0, 0, document, "message", ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

static const char browser[] = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
static const char program[] = "Accept: application/json\r\n";

static struct reply
get(struct desk *d, const char *path, const char *fields)
{
    return desk_ask(d, str_c(d->house.arena, str_fmt(d->house.arena, "GET %s", path)),
                    str_of(fields), STR(""));
}

static void
one_address_answers_html_or_json(void **state)
{
    static const struct {
        const char *path, *accept, *type;
    } cases[] = {
        {"/page?title=x", browser, "text/html; charset=utf-8"},
        {"/page?title=x", "", "text/html; charset=utf-8"},
        {"/page?title=x", program, "application/json"},
        {"/document?title=x", browser, "application/json"},
        {"/nowhere", browser, "text/html; charset=utf-8"},
        {"/nowhere", program, "application/problem+json"},
        {"/fail?type=busy", program, "application/problem+json"},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply r = get(d, cases[i].path, cases[i].accept);
        struct str type = str_fmt(d->house.arena, "\r\nContent-Type: %s\r\n", cases[i].type);
        if (!str_has(r.head, type) || !reply_has(&r, "\r\nVary: Accept, Cookie\r\n")) {
            fail_msg("%s: %.*s", cases[i].path, STR_ARG(r.head));
        }
    }
}

static void
every_answer_carries_the_fields_that_protect_it(void **state)
{
    static const char *const paths[] = {"/page?title=x", "/document?title=x", "/go?to=/x",
                                        "/nowhere", "/fail?type=corrupt", "/cases/1"};
    static const char *const fields[] = {
        "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: same-origin\r\n",
        "Cache-Control: no-store\r\n",         "frame-ancestors 'none'",
        "default-src 'none'",                  "form-action 'self'",
        "base-uri 'none'"};
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        for (int json = 0; json < 2; json++) {
            struct reply r = get(d, paths[i], json == 1 ? program : browser);
            for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
                if (!reply_has(&r, fields[k])) {
                    fail_msg("%s lacks %s: %.*s", paths[i], fields[k], STR_ARG(r.head));
                }
            }
            assert_false(reply_has(&r, "unsafe-inline") || reply_has(&r, "unsafe-eval"));
            assert_false(reply_has(&r, "script-src"));
        }
    }
}

static void
what_visitors_and_names_bring_stays_text(void **state)
{
    static const char attack[] = "/page?title=%3Cscript%3Ealert(1)%3C/script%3E%22%27%3E%3Cimg%20src=x%20onerror=alert(1)%3E";
    struct desk *d = *state;
    struct str fields = str_fmt(d->house.arena, "%sCookie: zt=%.*s\r\n", browser,
                                STR_ARG(d->token[CITIZEN]));
    struct reply r = get(d, attack, str_c(d->house.arena, fields));

    assert_int_equal(r.status, 200);
    assert_false(str_has(r.body, STR("<script")) || str_has(r.body, STR("<img")));
    assert_true(str_has(r.body, STR("&lt;script&gt;alert(1)")));
    assert_false(str_has(r.body, STR("沈<b>知遥"))); /* who is signed in is greeted by name */
    assert_true(str_has(r.body, STR("沈&lt;b&gt;知遥")));
    r = get(d, "/nowhere/%3Cscript%3E", browser);
    assert_false(str_has(r.body, STR("<script")));
    r = get(d, attack, program); /* JSON keeps it, and is not taken for a page */
    assert_true(reply_has(&r, "application/json\r\n") && reply_has(&r, "nosniff"));
}

/* A line end in a place where a field's value comes from outside never becomes a field. */
static void
no_line_end_gets_into_the_head(void **state)
{
    static const char *const paths[] = {
        "/go?to=/x%0d%0aSet-Cookie:%20zt=planted", "/go?to=/x%0aX-Planted:%201", "/go?to=/x%0dX-Planted:%201",
        "/cookie?value=a%0d%0aX-Planted:%201", "/cookie?value=a%0aX-Planted:1"};
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        for (int json = 0; json < 2; json++) {
            struct reply r = get(d, paths[i], json == 1 ? program : browser);
            if (r.status != 500 || reply_has(&r, "lanted")) {
                fail_msg("%s: %.*s", paths[i], STR_ARG(r.head));
            }
        }
    }
}

static void
a_change_sends_browsers_on_and_tells_programs(void **state)
{
    struct desk *d = *state;
    struct reply r = get(d, "/go?to=/cases/1", browser);

    assert_int_equal(r.status, 303);
    assert_true(reply_has(&r, "\r\nLocation: /cases/1\r\n"));
    r = get(d, "/go?to=/cases/1", program);
    assert_int_equal(r.status, 200);
    assert_true(reply_has(&r, "\r\nLocation: /cases/1\r\n"));
    assert_true(str_has(r.body, STR("\"location\":\"/cases/1\"")));
}

static void
a_problem_tells_nothing_of_the_inside_and_sets_nothing(void **state)
{
    static const struct {
        const char *type, *problem;
        int status;
    } cases[] = {
        {"busy", "locked", 429},
        {"corrupt", "internal", 500},
        {"full", "storage-full", 507},
        {"other", "never-heard-of", 502},
    };
    struct desk *d = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = str_c(d->house.arena, str_fmt(d->house.arena, "/fail?type=%s",
                                                         cases[i].type));
        struct reply json = get(d, path, program), html = get(d, path, browser);
        struct json *j;
        struct err err;
        assert_int_equal(json.status, cases[i].status);
        assert_int_equal(html.status, cases[i].status);
        assert_true(str_eq(json.type, str_of(cases[i].problem)));
        assert_int_equal(json_parse(d->house.arena, json.body, JSON_UNIQUE, &j, &err), RC_OK);
        assert_true(json_str(j, "title").len > 0 && json_str(j, "detail").len > 0);
        assert_true(json_str(j, "reference").len >= 8);
        assert_int_equal(json_int_or(j, "status", 0), cases[i].status);
        assert_false(str_has(json.body, STR("secret")) || str_has(html.body, STR("secret")));
        assert_false(reply_has(&json, "Set-Cookie") || reply_has(&html, "Set-Cookie"));
        assert_false(reply_has(&json, "Location") || reply_has(&html, "Location"));
        assert_int_equal(reply_has(&json, "\r\nRetry-After: "), cases[i].status == 429);
    }
}

static void
problems_speak_the_visitor_s_language(void **state)
{
    struct desk *d = *state;
    const struct json *const words[] = {d->web.words_zh, d->web.words_en};
    static const char *const paths[] = {"/fail?type=full&lang=zh", "/fail?type=full&lang=en"};

    for (size_t i = 0; i < 2; i++) {
        struct str title = json_str(words[i], "problem_storage_full_title");
        assert_true(title.len > 0);
        assert_true(str_has(get(d, paths[i], program).body, title));
        assert_true(str_has(get(d, paths[i], browser).body, title));
        assert_false(str_has(get(d, paths[1 - i], program).body, title));
    }
}

/* Signing in leads back to where one was, also with a question; to an address of our own only. */
static void
who_must_sign_in_first_is_led_there_and_back(void **state)
{
    struct desk *d = *state;
    struct reply r = get(d, "/cases/1?a=b&c=%2F", browser);

    assert_int_equal(r.status, 303);
    assert_true(reply_has(&r, "\r\nLocation: /sign-in?next=%2Fcases%2F1%3Fa%3Db%26c%3D%252F\r\n"));
    r = get(d, "/cases/1", program);
    assert_int_equal(r.status, 401);
}

static void
an_answer_that_grew_too_large_is_said_to_be_so_in_full(void **state)
{
    struct desk *d = *state;
    struct str title = json_str(d->web.words_en, "problem_answer_too_large_title");
    struct reply r = get(d, "/huge?lang=en", program);

    assert_true(r.status == 413 && str_eq(r.type, STR("answer-too-large")) && title.len > 0);
    assert_true(str_has(r.body, title));
    assert_false(str_has(r.body, STR("0123456789")));
}

/* However little is left of a request's memory, it ends in the answer or in a refusal that has its words. */
static void
a_request_without_memory_is_told_so_in_either_form(void **state)
{
    struct desk *d = *state;
    struct str title = json_str(d->web.words_en, "problem_answer_too_large_title");
    int told = 0, answered = 0;

    for (size_t left = 0; left < 1 << 20; left = left * 3 / 2 + 16) {
        struct str path = str_fmt(d->house.arena, "/fill?lang=en&left=%zu", left);
        for (int i = 0; i < 2; i++) {
            struct reply r = get(d, str_c(d->house.arena, path), i == 0 ? program : browser);
            if (r.status != 200 && (r.status != 413 || !str_has(r.body, title) || !reply_has(&r, "script-src 'self'"))) {
                fail_msg("%zu bytes: %.*s", left, STR_ARG(r.head));
            }
            told += r.status == 413;
            answered += r.status == 200;
        }
    }
    assert_true(told > 10 && answered > 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(one_address_answers_html_or_json),
        DESK_TEST(every_answer_carries_the_fields_that_protect_it),
        DESK_TEST(what_visitors_and_names_bring_stays_text),
        DESK_TEST(no_line_end_gets_into_the_head),
        DESK_TEST(a_change_sends_browsers_on_and_tells_programs),
        DESK_TEST(a_problem_tells_nothing_of_the_inside_and_sets_nothing),
        DESK_TEST(problems_speak_the_visitor_s_language),
        DESK_TEST(who_must_sign_in_first_is_led_there_and_back),
        DESK_TEST(an_answer_that_grew_too_large_is_said_to_be_so_in_full),
        DESK_TEST(a_request_without_memory_is_told_so_in_either_form),
    };

    house_kind = FIXTURE_SQLITE; /* nothing here asks the store for more than a session */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
