/*
 * The rule desk over a socket: which pages may run scripts, and what a form has to bring.
 */
#include <pthread.h>
#include <unistd.h>

#include "base/asset.h"
#include "process/test_rules.h"
#include "rule/zone.h"
#include "web/rules_int.h"
#include "web/test_desk.h"

const struct route route_table[] = {
    {"GET", "/rules/{key}", ROLE_PUBLIC, NULL, 0, 0, rules_rule, "rule", ""},
    {"GET", "/rules/{key}/edit", ROLE_OFFICER, NULL, 0, 0, rules_edit, "rule-edit", ""},
    {"POST", "/rules/{key}/edit", ROLE_OFFICER, NULL, ROUTE_STREAM, 4096, rules_save, "rule-edit", ""},
    {"POST", "/api/rules/eval", ROLE_OFFICER, NULL, ROUTE_STREAM, 1 << 20, rules_door_eval, NULL, ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define EDIT "/rules/" RULES_KEY "/edit"

/* --- help ------------------------------------------------------------------------------------------ */

static enum rc
powers_tx(struct tx *tx, void *ctx, struct err *err)
{
    return org_put(tx, house_json(ctx, rules_land), err);
}

static enum rc
rule_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct desk *d = ctx;
    struct rules_laying l = {&d->house, rules_given, RULES_MODEL("10"), RULES_CASES, clock_now_us(&clock_system)};
    struct str officer = str_fmt(d->house.arena, "{\"id\":\"o-%d\",\"org\":\"" DESK_ORG "\",\"name\":\"n\",\"roles\":[\"officer\"],"
                                                 "\"powers\":[\"P1\"]}",
                                 OFFICER);
    enum rc rc = officer_put(tx, d->orgs, house_json(&d->house, str_c(d->house.arena, officer)), err);

    return rc != RC_OK ? rc : rules_install_tx(tx, &l, err);
}

/* A desk whose officer lays down the rule of process/test_rules.h. */
static struct desk *
with_rule(void **state)
{
    struct desk *d = *state;
    const struct rulings_config config = {.vault = d->house.vault, .zones_folder = ZONE_FOLDER, .threads = 1};
    struct err err;

    rules_clear(&d->house);
    assert_int_equal(store_write(&d->db, powers_tx, &d->house, &err), RC_OK);
    org_table_free(d->orgs);
    assert_int_equal(org_load(&d->db, &d->orgs, &err), RC_OK);
    d->web.orgs = d->orgs;
    if (store_write(&d->db, rule_tx, d, &err) != RC_OK || rulings_new(&config, &d->web.rulings, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return d;
}

static int
close_desk(void **state)
{
    struct desk *d = *state;
    struct rulings *rulings = d->web.rulings;
    int rc;

    rules_clear(&d->house);
    rc = desk_close(state); /* nobody asks any more */
    rulings_free(rulings);
    return rc;
}

static struct str
browser(struct desk *d, enum who who, const char *more)
{
    return str_fmt(d->house.arena, "Accept: text/html\r\nCookie: zt=%.*s\r\n%s", STR_ARG(d->token[who]), more);
}

/* Between two marks; "" if they are not there. */
static struct str
between(struct str text, const char *from, const char *to)
{
    size_t at = str_find(text, str_of(from));
    struct str rest = str_from(text, at + strlen(from));

    return at == text.len ? STR("") : str_sub(rest, 0, str_find(rest, str_of(to)));
}

static int64_t
revision(struct desk *d)
{
    struct reply r = desk_ask(d, "GET " EDIT, as(d, OFFICER), STR(""));

    assert_int_equal(r.status, 200);
    return json_int_or(house_json(&d->house, str_c(d->house.arena, r.body)), "revision", -1);
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void
scripts_run_where_the_designer_is_and_nowhere_else(void **state)
{
    bool has_designer = asset_find(STR("npm/node_modules/dmn-js/dist/dmn-modeler.production.min.js")) != NULL;
    struct desk *d = with_rule(state);
    struct reply rule = desk_ask(d, "GET /rules/" RULES_KEY, STR("Accept: text/html\r\n"), STR(""));
    struct reply first = desk_ask(d, "GET " EDIT, browser(d, OFFICER, ""), STR(""));
    struct reply second = desk_ask(d, "GET " EDIT, browser(d, OFFICER, ""), STR(""));
    struct str nonce = between(first.head, "'nonce-", "'");

    assert_true(rule.status == 200 && first.status == 200);
    assert_false(str_has(rule.head, STR("script-src")) || str_has(rule.body, STR("<script")));
    assert_true(str_has(rule.head, STR("default-src 'none'; style-src 'self'; ")));
    assert_int_equal(str_has(first.head, STR("script-src 'self'; ")), has_designer);
    assert_int_equal(str_has(first.body, STR("<script")), has_designer);
    assert_int_equal(nonce.len > 0, has_designer);
    assert_false(str_has(first.head, STR("unsafe")));
    if (has_designer) {
        assert_true(str_eq(between(first.body, "nonce=\"", "\""), nonce));
        assert_false(str_eq(between(second.head, "'nonce-", "'"), nonce)); /* a new one each time */
    }
}

static void
what_a_rule_says_is_escaped(void **state)
{
    struct desk *d = with_rule(state);
    struct reply r = desk_ask(d, "GET /rules/" RULES_KEY, STR("Accept: text/html\r\n"), STR(""));

    assert_true(str_has(r.body, STR("小&lt;店&gt;")));
    assert_false(str_has(r.body, STR("小<店>")));
}

#define PART(name, value) "--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_PART(text) "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.dmn\"\r\n\r\n" text "\r\n"

static void
a_form_brings_its_token_and_a_file_takes_the_place_of_the_text(void **state)
{
    static const char *const types[] = {"Content-Type: application/x-www-form-urlencoded\r\n",
                                        "Content-Type: multipart/form-data; boundary=b\r\n"};
    static const char *const bodies[] = {"revision=0&base=1&xml=%3Cx%2F%3E",
                                         PART("revision", "0") PART("base", "1") PART("xml", "<x/>") "--b--\r\n"};
    struct desk *d = with_rule(state);
    struct reply r;

    for (size_t i = 0; i < 2; i++) {
        r = desk_ask(d, "POST " EDIT, browser(d, OFFICER, types[i]), str_of(bodies[i]));
        assert_int_equal(r.status, 403);
        assert_int_equal(revision(d), 0);
    }
    struct str body = str_fmt(d->house.arena, PART("csrf", "%.*s") PART("revision", "0") PART("base", "1") PART("xml", "<x/>")
                                                  FILE_PART("<from-a-file/>") "--b--\r\n",
                              STR_ARG(d->csrf[OFFICER]));
    r = desk_ask(d, "POST " EDIT, browser(d, OFFICER, types[1]), body);
    assert_int_equal(r.status, 303);
    assert_true(str_has(r.head, STR("Location: " EDIT "#found\r\n")));
    r = desk_ask(d, "GET " EDIT, as(d, OFFICER), STR(""));
    assert_true(str_has(r.body, STR("\"xml\":\"<from-a-file/>\"")));
    assert_int_equal(revision(d), 1);
}

static void
more_than_the_route_takes_is_refused_in_either_form(void **state)
{
    static const char *const types[] = {"Content-Type: application/json\r\n", "Content-Type: multipart/form-data; boundary=b\r\n"};
    struct desk *d = with_rule(state);
    struct buf b;
    struct str body;
    struct err err;

    buf_init(&b, d->house.arena, 8192);
    for (int i = 0; i < 5000; i++) {
        buf_put_char(&b, ' ');
    }
    assert_int_equal(buf_finish(&b, &body, &err), RC_OK);
    for (size_t i = 0; i < 2; i++) {
        struct reply r = desk_ask(d, "POST " EDIT, browser(d, OFFICER, types[i]), body);
        assert_int_equal(r.status, 413);
    }
}

/* --- how much is held at one time ---------------------------------------------------------------------- */

#define EVAL "POST /api/rules/eval HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n"

static struct str
by_token(struct desk *d, enum who who)
{
    return who == NOBODY ? STR("Accept: application/json\r\n")
                         : str_fmt(d->house.arena, "Accept: application/json\r\nAuthorization: Bearer %.*s\r\n", STR_ARG(d->token[who]));
}

/* The desk with such a budget, until the end of the test. */
static struct budget *
with_budget(struct desk *d, size_t bytes, int wait_ms)
{
    const struct budget_policy policy = {.bytes = bytes, .line = 1, .wait_ms = wait_ms};

    return d->web.rule_bodies = budget_new(&policy);
}

/* The loop has gone on to another request: what the one before had is given back. */
static void
is_given_back(struct desk *d, struct budget *b)
{
    (void)desk_ask(d, "GET /nowhere", STR(""), STR(""));
    assert_int_equal(budget_held(b), 0);
}

static void
close_budget(struct desk *d)
{
    is_given_back(d, d->web.rule_bodies);
    budget_free(d->web.rule_bodies);
    d->web.rule_bodies = NULL;
}

static void
a_share_is_given_back_however_a_request_ends(void **state)
{
    static const struct {
        enum who who;
        const char *type, *body;
        int status;
    } cases[] = {
        {OFFICER, "application/json", "{\"feel\":\"1 + 1\"}", 200},
        {OFFICER, "application/json", "{\"feel\":\"\"}", 400},
        {OFFICER, "application/json", "{\"feel\"", 400},
        {OFFICER, "text/plain", "1 + 1", 415},
        {OFFICER, "multipart/form-data; boundary=b", "--b\r\n", 400},
        {CITIZEN, "application/json", "{\"feel\":\"1 + 1\"}", 403},
        {NOBODY, "application/json", "{\"feel\":\"1 + 1\"}", 401},
    };
    struct desk *d = with_rule(state);
    struct budget *b = with_budget(d, 100, 0);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str fields = str_fmt(d->house.arena, "%.*sContent-Type: %s\r\n", STR_ARG(by_token(d, cases[i].who)), cases[i].type);
        struct reply r = desk_ask(d, "POST /api/rules/eval", fields, str_of(cases[i].body));
        if (r.status != cases[i].status) {
            fail_msg("%zu: %d %.*s", i, r.status, STR_ARG(r.body));
        }
        is_given_back(d, b);
    }
    close_budget(d);
}

static void
whoever_finds_no_room_is_told_to_come_again_and_nothing_is_lost(void **state)
{
    struct desk *d = with_rule(state);
    struct budget *b = with_budget(d, 100, 0);
    struct budget_share other = {.of = NULL};
    struct str fields = str_fmt(d->house.arena, "%.*sContent-Type: application/json\r\n", STR_ARG(by_token(d, OFFICER)));
    struct str draft = STR("{\"revision\":0,\"base\":1,\"xml\":\"<x/>\"}");
    struct reply r;

    assert_int_equal(budget_take(b, &other, 90), BUDGET_TAKEN);
    for (int i = 0; i < 2; i++) {
        r = desk_ask(d, i == 0 ? "POST " EDIT : "POST /api/rules/eval", fields, draft);
        assert_int_equal(r.status, 429);
        assert_true(str_eq(r.type, STR("rules-busy")) && str_has(r.head, STR("\r\nRetry-After: ")));
        assert_true(str_has(r.body, json_str(d->web.words_zh, "problem_rules_busy_kept")));
        assert_int_equal(budget_held(b), 90);
    }
    assert_int_equal(revision(d), 0);
    budget_give(&other);
    assert_int_equal(desk_ask(d, "POST " EDIT, fields, draft).status, 200);
    assert_int_equal(revision(d), 1);
    close_budget(d);
}

struct holder {
    struct budget *budget;
    struct budget_share share;
};

/* Gives its share back once somebody stands in line behind it. */
static void *
give_when_awaited(void *ctx)
{
    struct holder *h = ctx;

    for (int i = 0; i < 10000 && budget_waiting(h->budget) == 0; i++) {
        (void)usleep(1000);
    }
    budget_give(&h->share);
    return NULL;
}

static void
whoever_waits_goes_on_when_there_is_room(void **state)
{
    struct desk *d = with_rule(state);
    struct holder h = {.budget = with_budget(d, 100, 60000)};
    struct str fields = str_fmt(d->house.arena, "%.*sContent-Type: application/json\r\n", STR_ARG(by_token(d, OFFICER)));
    pthread_t thread;

    assert_int_equal(budget_take(h.budget, &h.share, 100), BUDGET_TAKEN);
    assert_int_equal(pthread_create(&thread, NULL, give_when_awaited, &h), 0);
    struct reply r = desk_ask(d, "POST /api/rules/eval", fields, STR("{\"feel\":\"1 + 1\"}"));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(r.status, 200);
    close_budget(d);
}

/* One chunk: an expression, and that many blanks. */
static struct str
chunked(struct desk *d, size_t len)
{
    struct arena *a = d->house.arena;
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, a, 1 << 20);
    buf_put_fmt(&b, EVAL "%.*sContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n{\"feel\":\"1\"",
                STR_ARG(by_token(d, OFFICER)), len + 12);
    for (size_t i = 0; i < len; i++) {
        buf_put_char(&b, ' ');
    }
    buf_put(&b, STR("}\r\n0\r\n\r\n"));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

static void
a_body_of_unknown_length_takes_its_share_as_it_comes(void **state)
{
    struct desk *d = with_rule(state);
    struct budget *b = with_budget(d, 100000, 0);
    struct budget_share other = {.of = NULL};
    static const struct {
        size_t others, len;
        const char *status;
    } cases[] = {
        {0, 10, "HTTP/1.1 200"},      {1000, 60000, "HTTP/1.1 200"}, {1000, 90000, "HTTP/1.1 429"},
        {0, 300000, "HTTP/1.1 200"}, {50000, 10, "HTTP/1.1 429"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].others > 0) {
            assert_int_equal(budget_take(b, &other, cases[i].others), BUDGET_TAKEN);
        }
        (void)ask(d->host.port, chunked(d, cases[i].len), d->answer, sizeof(d->answer));
        if (strncmp(d->answer, cases[i].status, strlen(cases[i].status)) != 0) {
            fail_msg("%zu: %.300s", i, d->answer);
        }
        budget_give(&other);
        is_given_back(d, b);
    }
    close_budget(d);
}

#define RULE_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, close_desk)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_TEST(scripts_run_where_the_designer_is_and_nowhere_else),
        RULE_TEST(what_a_rule_says_is_escaped),
        RULE_TEST(a_form_brings_its_token_and_a_file_takes_the_place_of_the_text),
        RULE_TEST(more_than_the_route_takes_is_refused_in_either_form),
        RULE_TEST(a_share_is_given_back_however_a_request_ends),
        RULE_TEST(whoever_finds_no_room_is_told_to_come_again_and_nothing_is_lost),
        RULE_TEST(whoever_waits_goes_on_when_there_is_room),
        RULE_TEST(a_body_of_unknown_length_takes_its_share_as_it_comes),
    };

    return HOUSE_RUN(tests, "rules");
}
