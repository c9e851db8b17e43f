/*
 * Hand-overs over a socket: who may see those of a number that is no case here, what the page says of one that waits, and that what the other node has told is escaped.
 */
#include "exchange/handover_int.h"
#include "exchange/stage.h"
#include "rule/run.h"
#include "service/casework.h"
#include "web/officer_int.h"
#include "web/test_desk.h"

const struct route route_table[] = {
    {"GET", "/cases/{case_no}/handovers", ROLE_PUBLIC, NULL, 0, 0, handovers_case, "handovers", ""},
    {"GET", "/cases/{case_no}/handovers/{number}/{material}", ROLE_OFFICER, NULL, 0, 0, handovers_material, NULL, ""},
    {"GET", "/api/cases/{case_no}/handovers", ROLE_PUBLIC, NULL, 0, 0, handovers_case, NULL, ""},
};
const size_t route_table_count = sizeof(route_table) / sizeof(route_table[0]);

#define CASE "YUNXI00000003"
#define PAGE "GET /cases/" CASE "/handovers"

static struct {
    struct stage stage;
    struct handovers *handovers;
    struct run *run;
} hands;

static enum rc
no_models(void *ctx, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out, size_t *count,
          struct err *err)
{
    (void)ctx, (void)db, (void)a, (void)day, (void)out, (void)count;
    return err_set(err, RC_NOT_FOUND, "no process %.*s", STR_ARG(key));
}

static int
open_desk(void **state)
{
    static const char *const names[] = {"yunxi", "haichuan"};
    int failed = desk_open(state);
    struct desk *d = *state;
    struct handover_config config = {.node = STR("haichuan"), .offset_seconds = 8 * 3600, .first_us = 1000000, .most_us = 60000000, .factor = 2,
                                     .bind = no_models};

    if (failed == 0) {
        stage_prepare(&hands.stage, names, 2, 2);
        hands.run = run_new(&RUN_LIMITS_USUAL, NULL);
        config.vault = d->house.vault;
        config.run = hands.run;
        hands.handovers = handover_open(&config);
        d->web.node = STR("haichuan");
        d->web.title_zh = STR("海川省");
        d->web.handovers = hands.handovers;
        d->web_loop.directory = hands.stage.directory;
    }
    return failed;
}

static int
close_desk(void **state)
{
    int failed = desk_close(state);

    handover_close(hands.handovers);
    run_free(hands.run);
    stage_free(&hands.stage);
    return failed;
}

struct laying {
    struct desk *desk;
    const char *content;
};

/* Taken from 云溪 and begun; what it has to tell waits, for 云溪 is away. */
static enum rc
lay_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct laying *l = ctx;
    struct arena *a = l->desk->house.arena;
    const struct handover_from in = {.tx = tx};
    int64_t now_us = clock_now_us(&clock_system);
    struct handover row = {.side = HANDOVER_TAKEN, .name = STR("yunxi:12:7:0"), .peer = STR("yunxi"), .agreement = STR("a"), .process = STR("decide"),
                           .item = STR("i"), .basis = STR("国办发〔2020〕35号"), .case_no = STR(CASE), .peer_case = STR("YL-<1>"),
                           .state = STR("under-way"), .is_ours = true, .content = house_json(&l->desk->house, l->content)};
    struct json *what = json_object(a);
    bool is_new;
    enum rc rc;

    json_set_text(a, what, "kind", STR("received"));
    json_set_text(a, what, "case_no", STR(CASE));
    if ((rc = handover_add(hands.handovers, tx, a, &row, now_us, &is_new, err)) != RC_OK ||
        (rc = handover_by_name(hands.handovers, &in, a, HANDOVER_TAKEN, row.name, &row, err)) != RC_OK ||
        (rc = handover_say(hands.handovers, tx, a, &row, what, now_us, err)) != RC_OK) {
        return rc;
    }
    return handover_set(hands.handovers, tx, a, &row, err);
}

static struct desk *
with_one(void **state)
{
    struct desk *d = *state;
    struct laying l = {d, "{\"mode\":\"counter\",\"milestones\":[{\"value\":\"x\",\"zh\":\"正在<看>\",\"en\":\"Looked at\",\"at\":\"2026-11-28T10:00:01+08:00\"}],"
                          "\"times\":[{\"node\":\"yunxi\",\"from\":\"2026-11-28T09:00:00+08:00\"},{\"node\":\"haichuan\",\"from\":\"2026-11-28T10:00:00+08:00\"}],"
                          "\"clocks\":[{\"clock\":\"decide_in\",\"did\":\"start\",\"due\":\"2026-12-16T00:00:00+08:00\"}],"
                          "\"materials\":[{\"id\":\"m.1\",\"sha256\":\"00\",\"bytes\":2048,\"name\":\"<证>.pdf\",\"kept\":false}]}"};
    struct err err;

    /* The house is tidied between tests, and these are not of the house. */
    fixture_sql(&d->house.fixture, "DELETE FROM handover_message");
    fixture_sql(&d->house.fixture, "DELETE FROM handover");
    assert_int_equal(store_write(&d->db, lay_tx, &l, &err), RC_OK);
    fixture_sql(&d->house.fixture, "UPDATE handover_peer SET tries = 3, since_us = 1795831200000000 WHERE name = 'yunxi'");
    return d;
}

/* The officer supervises as well, as in a small province. */
static enum rc
promote_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct desk *d = ctx;
    struct str officer = str_fmt(d->house.arena, "{\"id\":\"o-%d\",\"org\":\"" DESK_ORG "\",\"name\":\"n\",\"roles\":[\"officer\",\"supervisor\"]}", OFFICER);

    return officer_put(tx, d->orgs, house_json(&d->house, str_c(d->house.arena, officer)), err);
}

static struct desk *
with_one_for_an_officer(void **state)
{
    struct desk *d = with_one(state);
    struct err err;

    assert_int_equal(store_write(&d->db, promote_tx, d, &err), RC_OK);
    return d;
}

static struct str
reading(struct desk *d, enum who who, const char *lang)
{
    return str_fmt(d->house.arena, "Accept: text/html\r\nCookie: zt=%.*s; lang=%s\r\n", STR_ARG(d->token[who]), lang);
}

static void
who_has_no_case_here_is_for_supervisors(void **state)
{
    struct desk *d = with_one(state);
    const enum who others[] = {NOBODY, CITIZEN, OFFICER, STEWARD, SYSTEM};

    for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++) {
        struct reply r = desk_ask(d, PAGE, as(d, others[n]), STR(""));
        assert_true(r.status == 404 || r.status == 403 || r.status == 401);
        r = desk_ask(d, "GET /api/cases/" CASE "/handovers", as(d, others[n]), STR(""));
        assert_true(r.status == 404 || r.status == 403 || r.status == 401);
    }
    assert_int_equal(fixture_int(&d->house.fixture, "SELECT COUNT(*) FROM act WHERE kind = 4"), 0);
    assert_int_equal(desk_ask(d, PAGE, as(d, SUPERVISOR), STR("")).status, 200);
}

static void
the_page_says_who_has_it_what_waits_and_since_when(void **state)
{
    static const char *const said[] = {"起联系不上", "有 1 条消息在等", "对方还没有答复", "异地代收代办", "way-receiver way-there", "way-back way-waits",
                                       "正在&lt;看&gt;", "YL-&lt;1&gt;", "&lt;证&gt;.pdf", "2 KB", "12月15日", "/cases/" CASE "/handovers/1/m.1", "decide_in"};
    struct desk *d = with_one_for_an_officer(state);
    struct reply r = desk_ask(d, PAGE, reading(d, OFFICER, "zh"), STR(""));

    assert_int_equal(r.status, 200);
    for (size_t n = 0; n < sizeof(said) / sizeof(said[0]); n++) {
        if (!str_has(r.body, str_of(said[n]))) {
            fail_msg("the page does not say %s", said[n]);
        }
    }
    assert_false(str_has(r.body, STR("<看>")));
}

static void
programs_are_told_all_that_there_is(void **state)
{
    struct desk *d = with_one(state);
    struct reply r = desk_ask(d, "GET /api/cases/" CASE "/handovers", as(d, SUPERVISOR), STR(""));
    struct json *j = house_json(&d->house, str_c(d->house.arena, r.body));
    const struct json *h = json_get(j, "handovers")->first;

    assert_int_equal(r.status, 200);
    assert_true(str_eq(json_str(h, "whose"), STR("haichuan")) && str_eq(json_str(h, "side"), STR("taken")));
    assert_int_equal(json_int_or(h, "waiting", 0), 1);
    assert_int_equal(json_get(h, "letters")->count, 1);
    assert_true(json_str(h, "away_since").len > 0);
}

static void
no_file_is_opened_that_is_not_of_a_hand_over(void **state)
{
    static const char *const wrong[] = {"GET /cases/" CASE "/handovers/2/m.1", "GET /cases/" CASE "/handovers/0/m.1", "GET /cases/" CASE "/handovers/x/m.1"};
    struct desk *d = with_one_for_an_officer(state);

    for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        assert_int_equal(desk_ask(d, wrong[n], as(d, OFFICER), STR("")).status, 404);
        assert_int_equal(desk_ask(d, wrong[n], as(d, CITIZEN), STR("")).status, 403);
    }
}

#define TRIED(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TRIED(who_has_no_case_here_is_for_supervisors),
        TRIED(the_page_says_who_has_it_what_waits_and_since_when),
        TRIED(programs_are_told_all_that_there_is),
        TRIED(no_file_is_opened_that_is_not_of_a_hand_over),
    };

    return HOUSE_RUN(tests, "pages of hand-overs");
}
