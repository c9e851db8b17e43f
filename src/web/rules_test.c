/*
 * The rule desk over a socket: which pages may run scripts, and what a form has to bring.
 */
#include "base/asset.h"
#include "process/test_rules.h"
#include "rule/zone.h"
#include "web/rules_int.h"
#include "web/test_desk.h"

const struct route route_table[] = {
    {"GET", "/rules/{key}", ROLE_PUBLIC, NULL, 0, 0, rules_rule, "rule", ""},
    {"GET", "/rules/{key}/edit", ROLE_OFFICER, NULL, 0, 0, rules_edit, "rule-edit", ""},
    {"POST", "/rules/{key}/edit", ROLE_OFFICER, NULL, ROUTE_STREAM, 4096, rules_save, "rule-edit", ""},
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

#define RULE_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, close_desk)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_TEST(scripts_run_where_the_designer_is_and_nowhere_else),
        RULE_TEST(what_a_rule_says_is_escaped),
        RULE_TEST(a_form_brings_its_token_and_a_file_takes_the_place_of_the_text),
        RULE_TEST(more_than_the_route_takes_is_refused_in_either_form),
    };

    return HOUSE_RUN(tests, "rules");
}
