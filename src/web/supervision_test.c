/*
 * Oversight over a socket: the public's table and the supervisor's desk, with rows put straight into the store.
 */
#include "base/asset.h"
#include "process/bpmn.h"
#include "service/oversight.h"
#include "web/handlers.h"
#include "web/test_desk.h"

const struct route route_table[] = {
    {"GET", "/oversight", ROLE_PUBLIC, NULL, 0, 0, oversight_page, "oversight", ""},
    {"GET", "/supervision", ROLE_SUPERVISOR, NULL, 0, 0, supervision_page, "supervision", ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define BROWSER "Accept: text/html\r\n"

/* --- help ------------------------------------------------------------------------------------------ */

static struct json *
city_json(struct desk *d, const char *path)
{
    struct json *document = NULL;
    struct err err;

    assert_int_equal(asset_json(d->house.arena, path, &document, &err), RC_OK);
    return document;
}

static int32_t
today(void)
{
    return instant_day(clock_now_us(&clock_system), CLOCK_OFFSET_CHINA_MINUTES);
}

/* The database of PostgreSQL is that of all these tests. */
static void
clear(struct desk *d)
{
    static const char *const tables[] = {"sub_case", "case_file", "item", "sub_case_tally", "clock"};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        fixture_sql(&d->house.fixture, str_c(d->house.arena, str_fmt(d->house.arena, "DELETE FROM %s", tables[i])));
    }
    item_table_free((struct item_table *)(uintptr_t)d->web.items);
    d->web.items = NULL;
}

/* What keeps time at this desk; nothing runs on models here. */
struct hands {
    struct almanac *almanac;
    struct timelimits *limits;
    struct conduct *conduct;
};
static struct hands hands;

static const struct bpmn *
no_model(void *ctx, struct str key, int64_t version)
{
    (void)ctx, (void)key, (void)version;
    return NULL;
}

static enum rc
no_models(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    (void)ctx, (void)db, (void)version;
    return err_set(err, RC_NOT_FOUND, "no process %.*s", STR_ARG(key));
}

static enum rc
put_calendar_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct desk *d = ctx;
    bool is_new;

    return almanac_put(tx, d->house.arena, city_json(d, "demo/calendar/cn.json"), 1, &is_new, err);
}

static void
keep_time(struct desk *d)
{
    struct conduct_config config = {.vault = d->house.vault, .orgs = d->orgs, .models = {.find = no_model, .load = no_models},
                                    .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES};
    struct err err;

    assert_int_equal(store_write(&d->db, put_calendar_tx, d, &err), RC_OK);
    assert_int_equal(timelimits_load(d->house.arena, city_json(d, "demo/clocks.json"), &hands.limits, &err), RC_OK);
    assert_int_equal(almanac_open(&d->db, NULL, &hands.almanac, &err), RC_OK);
    config.keeper = (struct timekeeper){hands.limits, hands.almanac, CLOCK_OFFSET_CHINA_MINUTES};
    assert_int_equal(conduct_open(&config, &hands.conduct, &err), RC_OK);
    d->web.conduct = hands.conduct;
}

static int
open_desk(void **state)
{
    int failed = desk_open(state);

    if (failed == 0) {
        keep_time(*state);
    }
    return failed;
}

static int
close_desk(void **state)
{
    struct desk *d = *state;

    clear(d);
    conduct_close(hands.conduct);
    almanac_close(hands.almanac);
    return desk_close(state);
}

/* A desk with a calendar, the states, one service, and `count` parts of it whose promises end on following days from first_day on: those that have ended are red. */
static struct desk *
with_parts(void **state, int count, int32_t first_day)
{
    struct desk *d = *state;
    struct arena *a = d->house.arena;
    const char *blob = house_kind == FIXTURE_POSTGRES ? "BYTEA" : "BLOB";
    struct case_states *states;
    struct item_table *items;
    struct err err;

    assert_int_equal(case_states_load(a, city_json(d, "demo/states.json"), &states, &err), RC_OK);
    d->web.states = states;
    clear(d);
    fixture_sql(&d->house.fixture,
                "INSERT INTO item (code, version, since_us, document) VALUES ('restaurant', 1, 0, "
                "'{\"code\":\"restaurant\",\"name_zh\":\"开办餐饮店\",\"name_en\":\"Open a restaurant\",\"parts\":["
                "{\"id\":\"1\",\"name_zh\":\"食品<许可>\",\"name_en\":\"Licence\"}]}')");
    fixture_sql(&d->house.fixture,
                str_c(a, str_fmt(a,
                                 "INSERT INTO case_file (case_no, query_code, subject, draft, item, item_version, "
                                 "title, content, submitted_us, act) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL "
                                 "SELECT i + 1 FROM n WHERE i < %d) SELECT 'c' || CAST(10000 + i AS TEXT), "
                                 "'q' || CAST(i AS TEXT), 's', 'd' || CAST(i AS TEXT), 'restaurant', 1, "
                                 "CAST('applicant' AS %s), CAST('values' AS %s), 0, 0 FROM n",
                                 count - 1, blob, blob)));
    fixture_sql(&d->house.fixture,
                str_c(a, str_fmt(a,
                                 "INSERT INTO sub_case (id, case_no, part, org, state, view, officer, statutory_days, clock) "
                                 "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                                 "SELECT 'c' || CAST(10000 + i AS TEXT) || '-1', 'c' || CAST(10000 + i AS TEXT), '1', "
                                 "'" DESK_ORG "', 'accepted', 'open', 'o-%d', 20, 1 + i FROM n",
                                 count - 1, OFFICER)));
    fixture_sql(&d->house.fixture,
                str_c(a, str_fmt(a,
                                 "INSERT INTO clock (id, case_no, instance, name, kind, org, region, rule, rule_day, silence, unit, value, counts_before, "
                                 "before_day, extra, started, used, anchor, due, stopped, state, over, provisional, reasons, told, over_us, due_us, next_us, "
                                 "calendar, edition, entries, scope, part) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                                 "SELECT 1 + i, 'c' || CAST(10000 + i AS TEXT), 0, 'promised', 'promised', '" DESK_ORG "', '', 'permit.decide', %d, 'red', "
                                 "'working_day', 5, 0, 0, 0, %d + i, 0, %d + i, %d + i, 0, 'running', 0, 0, '', 0, "
                                 "CASE WHEN %d + i < %d THEN (%d + i + 1) * 86400000000 - 28800000000 ELSE 0 END, "
                                 "(%d + i + 1) * 86400000000 - 28800000000, 0, 'v', 1, 1, 0, '1' FROM n",
                                 count - 1, (int)first_day - 7, (int)first_day - 7, (int)first_day - 7, (int)first_day, (int)first_day, (int)today(),
                                 (int)first_day, (int)first_day)));
    assert_int_equal(item_load(&d->db, &items, &err), RC_OK);
    d->web.items = items;
    return d;
}

static struct json *
document_of(struct desk *d, const struct reply *r)
{
    assert_int_equal(r->status, 200);
    return house_json(&d->house, str_c(d->house.arena, r->body));
}

static const struct json *
late_of(struct desk *d, struct str path, struct str *after)
{
    struct str line = str_fmt(d->house.arena, "GET %.*s", STR_ARG(path));
    struct reply r = desk_ask(d, str_c(d->house.arena, line), as(d, SUPERVISOR), STR(""));
    const struct json *document = document_of(d, &r);

    *after = json_str(document, "next");
    return json_get(document, "late");
}

/* When what ended on a day was over. */
static long long
over_us(int32_t day)
{
    return (day + 1LL) * 86400000000 - 28800000000;
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void
the_public_sees_what_is_late_and_only_a_supervisor_of_which_case(void **state)
{
    static const enum who others[] = {CITIZEN, OFFICER, STEWARD, OPERATOR, SYSTEM};
    struct desk *d = with_parts(state, 3, today() - 40);

    assert_int_equal(desk_ask(d, "GET /oversight", as(d, NOBODY), STR("")).status, 200);
    assert_int_equal(desk_ask(d, "GET /supervision", as(d, NOBODY), STR("")).status, 401);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct reply r = desk_ask(d, "GET /supervision", as(d, others[i]), STR(""));
        assert_int_equal(r.status, 403);
        assert_true(str_eq(r.type, STR("other-role")));
    }
    struct reply open = desk_ask(d, "GET /oversight", as(d, NOBODY), STR(""));
    struct reply page = desk_ask(d, "GET /oversight", STR(BROWSER), STR(""));
    assert_true(str_has(open.body, STR("\"overdue\":3")) && str_has(page.body, STR("市场监管局")));
    const struct json *late = json_get(document_of(d, &open), "late");
    assert_int_equal(late->count, 3);
    assert_true(str_eq(json_str(late->first, "limit"), STR("作出许可决定")) && str_has(page.body, STR("开办餐饮店 · 食品&lt;许可&gt;")));
    static const char *const inside[] = {"c10000", "o-3", "云舒", "applicant", "/cases/c"};
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        assert_false(str_has(open.body, str_of(inside[i])));
        assert_false(str_has(page.body, str_of(inside[i])));
    }
}

static void
what_is_late_is_paged_to_its_end_and_each_clock_comes_once(void **state)
{
    static const char *const paths[] = {"/supervision", "/oversight"};
    struct desk *d = with_parts(state, 45, today() - 100);

    for (size_t i = 0; i < 2; i++) {
        struct str path = str_of(paths[i]), after;
        int seen = 0;
        for (int page = 0; page < 3; page++) {
            const struct json *list = late_of(d, path, &after);
            assert_int_equal(list->count, page < 2 ? 20 : 5);
            for (const struct json *l = list->first; l != NULL; l = l->next, seen++) {
                struct str url = i == 0 ? str_fmt(d->house.arena, "/cases/c%d", 10000 + seen) : STR("");
                assert_true(str_eq(json_str(l, "url"), url));
                assert_true(str_eq(json_path(l, "clock.colour")->text, STR("red")));
            }
            assert_int_equal(after.len > 0, page < 2);
            path = str_fmt(d->house.arena, "%s?after=%.*s", paths[i], STR_ARG(after));
        }
        assert_int_equal(seen, 45);
    }
}

static void
a_browser_gets_links_to_the_cases_and_to_the_next_page(void **state)
{
    int32_t first = today() - 60;
    struct desk *d = with_parts(state, 21, first);
    struct str fields = str_fmt(d->house.arena, BROWSER "Cookie: zt=%.*s\r\n", STR_ARG(d->token[SUPERVISOR]));
    struct reply r = desk_ask(d, "GET /supervision", fields, STR(""));

    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("<a href=\"/cases/c10000\">")));
    assert_true(str_has(r.body, STR("欧阳&lt;云舒&gt;")) && str_has(r.body, STR("食品&lt;许可&gt;")));
    assert_false(str_has(r.body, STR("c10020")) || str_has(r.body, STR("applicant")));
    struct str next = str_fmt(d->house.arena, "href=\"/supervision?after=%lld.20#late\"", over_us(first + 19));
    assert_true(str_has(r.body, next));
    r = desk_ask(d, str_c(d->house.arena, str_fmt(d->house.arena, "GET /supervision?after=%lld.20", over_us(first + 19))),
                 fields, STR(""));
    assert_true(str_has(r.body, STR("<a href=\"/cases/c10020\">")) && str_has(r.body, STR("href=\"/supervision#late\"")));
    /* In the other language too. */
    r = desk_ask(d, "GET /supervision?lang=en", fields, STR(""));
    assert_true(str_has(r.body, STR("Open a restaurant · Licence")));
}

static void
with_nothing_late_the_desk_says_so(void **state)
{
    struct desk *d = with_parts(state, 2, today() + 20);
    struct str fields = str_fmt(d->house.arena, BROWSER "Cookie: zt=%.*s\r\n", STR_ARG(d->token[SUPERVISOR]));
    struct reply r = desk_ask(d, "GET /supervision", fields, STR(""));

    assert_int_equal(r.status, 200);
    assert_true(str_has(r.body, STR("现在没有超期的")));
    assert_false(str_has(r.body, STR("class=\"pager\"")));
}

static void
more_than_a_thousand_are_not_counted_to_the_last(void **state)
{
    static const struct {
        int parts;
        const char *text;
    } cases[] = {{OVERSIGHT_MOST, "1,000"}, {OVERSIGHT_MOST + 5, "1,000+"}};

    for (size_t i = 0; i < 2; i++) {
        struct desk *d = with_parts(state, cases[i].parts, today() + 20);
        struct reply r = desk_ask(d, "GET /oversight", as(d, NOBODY), STR(""));
        assert_true(str_eq(json_str(json_get(document_of(d, &r), "orgs")->first, "open_text"), str_of(cases[i].text)));
    }
}

static void
the_worst_stand_first_among_the_bars(void **state)
{
    static const char *const order[] = {"org-c", "org-b", "org-d", "org-a"};
    struct desk *d = with_parts(state, 1, today() + 20);

    /* Late of timed: a none, b and d a tenth, and b of more, c half; e had no clock.  Organisations are those that have parts. */
    fixture_sql(&d->house.fixture,
                "INSERT INTO sub_case (id, case_no, part, org, state, view) VALUES "
                "('a', 'c10000', '2', 'org-a', 'granted', 'done'), ('b', 'c10000', '3', 'org-b', 'granted', 'done'), "
                "('c', 'c10000', '4', 'org-c', 'granted', 'done'), ('d', 'c10000', '5', 'org-d', 'granted', 'done'), "
                "('e', 'c10000', '6', 'org-e', 'granted', 'done')");
    fixture_sql(&d->house.fixture,
                str_c(d->house.arena,
                      str_fmt(d->house.arena,
                              "INSERT INTO sub_case_tally (org, day, decided, timed, late, used_days, deemed) VALUES "
                              "('org-a', %d, 5, 5, 0, 9, 0), ('org-b', %d, 100, 100, 10, 300, 0), ('org-c', %d, 2, 2, 1, 9, 0), "
                              "('org-d', %d, 10, 10, 1, 30, 0), ('org-e', %d, 3, 0, 0, 0, 1)",
                              (int)today(), (int)today(), (int)today() - 200, (int)today() - 1, (int)today())));
    struct reply r = desk_ask(d, "GET /oversight", as(d, NOBODY), STR(""));
    const struct json *bar = json_get(document_of(d, &r), "bars")->first;
    for (size_t i = 0; i < 4; i++, bar = bar->next) {
        assert_non_null(bar);
        assert_true(str_eq(json_str(bar, "name"), str_of(order[i])));
    }
    assert_null(bar); /* org-e decided nothing that had a clock */
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(the_public_sees_what_is_late_and_only_a_supervisor_of_which_case),
        TEST(what_is_late_is_paged_to_its_end_and_each_clock_comes_once),
        TEST(a_browser_gets_links_to_the_cases_and_to_the_next_page),
        TEST(with_nothing_late_the_desk_says_so),
        TEST(more_than_a_thousand_are_not_counted_to_the_last),
        TEST(the_worst_stand_first_among_the_bars),
    };
#undef TEST

    return HOUSE_RUN(tests, "supervision");
}
