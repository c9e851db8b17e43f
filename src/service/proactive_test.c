/*
 * Services that look for people.  A town with registers of its own, and a stand-in for its rules: entitled is whoever the register
 * calls old, has not died and is not paid; seen is whoever lives in 9901.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/grant.h"
#include "data/registry.h"
#include "evidence/act.h"
#include "service/office.h"
#include "service/proactive.h"

static enum fixture_kind kind;

#define APPLICANT "990102199003070011"
#define NEIGHBOUR "990103198805210022"
#define OWNER OFFICE_MARKET

struct town {
    struct office office;
    struct counsel counsel;
    struct proactive p;
    int asked, kept;
    bool is_silent; /* no rule is in force */
};

static const char benefits[] =
    "{\"at\":\"02:00\",\"benefits\":[{\"key\":\"elder\",\"item\":\"" OFFICE_ITEM "\",\"title_zh\":\"高龄津贴\","
    "\"title_en\":\"Old-age allowance\","
    "\"basis\":\"津贴办法\",\"source\":{\"resource\":\"mz/elder\",\"fields\":[\"id_number\",\"old\"]},"
    "\"checks\":[{\"as\":\"death\",\"resource\":\"wj/death\",\"fields\":[\"died\"]},"
    "{\"as\":\"paid\",\"resource\":\"mz/paid\",\"fields\":[\"elder\"]}],"
    "\"rule\":{\"key\":\"elder-allowance\",\"decision\":\"高龄津贴\",\"inputs\":{\"老\":\"record.old\",\"地\":\"record.region\","
    "\"亡\":\"death.died\","
    "\"领\":{\"from\":\"paid.elder\",\"else\":false}},"
    "\"outputs\":{\"entitled\":\"符合\",\"monthly\":\"月\",\"reason_zh\":\"理由\",\"reason_en\":\"Reason\"}}}]}";

static struct town *
town_of(const struct counsel *c)
{
    return (struct town *)((uintptr_t)c - offsetof(struct town, counsel));
}

static enum rc
stand_in(const struct counsel *c, const struct db *db, struct arena *a, const struct counsel_question *q, struct counsel_answer *out,
         struct err *err)
{
    struct json *result = json_object(a);
    struct town *t = town_of(c);

    (void)db;
    if (t->is_silent) {
        return err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "the stand-in has no rules");
    }
    *out = (struct counsel_answer){.rule = q->rule, .decision = q->decision, .version = 2, .result = result};
    if (str_eq(q->rule, STR("grant-rows"))) {
        json_set_bool(a, result, "可见", str_starts(json_str(q->inputs, "地"), STR("9901")));
        return RC_OK;
    }
    t->asked++;
    assert_true(json_is(json_get(q->inputs, "地"), JSON_NULL)); /* not among the fields of the benefit */
    bool entitled = json_true(q->inputs, "老") && json_is(json_get(q->inputs, "亡"), JSON_NULL) && !json_true(q->inputs, "领");
    json_set_bool(a, result, "符合", entitled);
    json_set_int(a, result, "月", entitled ? 50 : 0);
    json_set_text(a, result, "理由", STR("年满 80 周岁"));
    json_set_text(a, result, "Reason", STR("Eighty"));
    return RC_OK;
}

static enum rc
keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer, struct str case_no, struct str subject,
     int64_t act, int64_t now_us, struct err *err)
{
    (void)tx, (void)a, (void)answer, (void)case_no, (void)now_us, (void)err;
    assert_true(subject.len > 0 && act >= 0);
    town_of(c)->kept++;
    return RC_OK;
}

/* --- a town with registers --------------------------------------------------------------------------------- */

static const char *const resources[][2] = {{"mz/elder", "old"}, {"wj/death", "died"}, {"mz/paid", "elder"}};

static enum rc
registers_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct town *t = ctx;
    struct office *o = &t->office;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]) && rc == RC_OK; i++) {
        struct str resource = str_fmt(
            o->arena,
            "{\"code\":\"%s\",\"title_zh\":\"表\",\"title_en\":\"List\",\"owner\":\"" OWNER "\",\"owner_zh\":\"局\",\"owner_en\":\"Office\","
            "\"node\":\"yunxi\",\"sharing\":2,\"basis\":\"法\",\"key_kind\":\"person\",\"subject_kind\":\"person\",\"connector\":{\"kind\":"
            "\"registry\"},\"elements\":[{\"name\":\"id_number\",\"title_zh\":\"号\",\"title_en\":\"Id\",\"type\":\"id\",\"grade\":4},"
            "{\"name\":\"%s\",\"title_zh\":\"项\",\"title_en\":\"It\",\"type\":\"text\",\"grade\":3}]}",
            resources[i][0], resources[i][1]);
        struct str grant = str_fmt(
            o->arena,
            "{\"id\":\"g-%zu\",\"resource\":\"%s\",\"consumer\":\"yunxi\",\"item\":\"" OFFICE_ITEM "\",\"basis\":\"津贴办法\",\"fields\":"
            "[\"id_number\",\"%s\"],\"per_day\":3,\"from\":\"2026-01-01T00:00:00+08:00\",\"until\":\"2030-01-01T00:00:00+08:00\",\"state\":"
            "\"in-use\",\"by\":\"officer:o-x\"%s}",
            i, resources[i][0], resources[i][1],
            i == 0 ? ",\"rows\":{\"key\":\"grant-rows\",\"decision\":\"可见\",\"inputs\":{\"地\":\"record.region\"},\"outputs\":{\"seen\":\"可见\"}}"
                   : "");
        if ((rc = catalogue_put(tx, o->arena, office_json(o, str_c(o->arena, resource)), o->now_us, err)) == RC_OK) {
            rc = grant_put(tx, o->arena, office_json(o, str_c(o->arena, grant)), o->now_us, err);
        }
    }
    return rc;
}

static int
open_town(void **state)
{
    struct town *t = mem_new(1, sizeof(*t));
    struct err err = {.text = ""};

    office_open(&t->office, kind);
    t->counsel = (struct counsel){.ask = stand_in, .keep = keep};
    t->p = (struct proactive){.vault = t->office.vault,
                              .counsel = &t->counsel,
                              .benefits = office_json(&t->office, benefits),
                              .node = STR("yunxi"),
                              .offset_minutes = t->office.work.offset_minutes};
    assert_int_equal(proactive_check(t->p.benefits, &err), RC_OK);
    if (store_write(&t->office.fixture.db, registers_tx, t, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    *state = t;
    return 0;
}

static int
close_town(void **state)
{
    struct town *t = *state;

    office_close(&t->office);
    mem_free(t);
    return 0;
}

struct entry {
    struct town *town;
    const char *resource;
    struct str key, body;
};

static enum rc
entry_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct entry *e = ctx;
    struct office *o = &e->town->office;

    return registry_put(tx, o->vault, o->arena, str_of(e->resource), e->key, office_json(o, str_c(o->arena, e->body)), o->now_us, err);
}

static void
enter(struct town *t, const char *resource, struct str key, struct str body)
{
    struct entry e = {t, resource, key, body};
    struct err err;

    assert_int_equal(store_write(&t->office.fixture.db, entry_tx, &e, &err), RC_OK);
}

static void
enter_elder(struct town *t, const char *id, const char *region, bool old)
{
    enter(t, "mz/elder", str_of(id),
          str_fmt(t->office.arena, "{\"id_number\":\"%s\",\"region\":\"%s\",\"old\":%s,\"secret\":1}", id, region, old ? "true" : "false"));
}

/* Turns until there is no more; how many. */
static int
run_through(struct town *t)
{
    struct err err = {.text = ""};
    bool more = true;
    int turns = 0;

    for (; more; turns++) {
        struct arena *a = arena_new(32 << 20);
        assert_true(turns < 100);
        if (proactive_turn(&t->p, &t->office.fixture.db, a, t->office.now_us, &more, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
        arena_free(a);
    }
    return turns - 1;
}

static const struct json *
offers(struct town *t, const struct identity *who)
{
    struct json *list = NULL;
    struct err err;

    assert_int_equal(proactive_offers(&t->p, &t->office.fixture.db, t->office.arena, who->subject, &list, &err), RC_OK);
    return list;
}

static const struct json *
report(struct town *t)
{
    struct json *list = NULL;
    struct err err;

    assert_int_equal(proactive_report(&t->p, &t->office.fixture.db, t->office.arena, &list, &err), RC_OK);
    return list->first;
}

static int64_t
acts(struct town *t, enum act_kind which)
{
    return fixture_int(&t->office.fixture,
                       str_c(t->office.arena, str_fmt(t->office.arena, "SELECT COUNT(*) FROM act WHERE kind = %d", (int)which)));
}

static void
expect_run(struct town *t, const char *numbers)
{
    const struct json *run = json_get(report(t), "run"), *wanted = office_json(&t->office, numbers);

    for (const struct json *w = wanted->first; w != NULL; w = w->next) {
        if (!json_equal(json_get_key(run, w->key), w)) {
            struct str text;
            struct err err;
            assert_int_equal(json_print(t->office.arena, run, &text, &err), RC_OK);
            fail_msg("%.*s in %.*s", STR_ARG(w->key), STR_ARG(text));
        }
    }
}

/* --- looking ------------------------------------------------------------------------------------------------ */

static void
whoever_is_entitled_and_known_finds_an_offer_with_its_reason(void **state)
{
    struct town *t = *state;
    int64_t reads = acts(t, ACT_READ);

    enter_elder(t, APPLICANT, "990102", true);
    enter_elder(t, "990102193501010018", "990102", true);  /* has no account */
    enter_elder(t, "990102199901010015", "990102", false); /* is young */
    enter_elder(t, NEIGHBOUR, "980102", true);             /* lives elsewhere: not seen at all */
    assert_int_equal(run_through(t), 1);

    const struct json *mine = offers(t, &t->office.applicant);
    assert_int_equal(mine->count, 1);
    assert_true(str_eq(json_str(mine->first, "title_zh"), STR("高龄津贴")));
    assert_true(str_eq(json_str(mine->first, "reason_zh"), STR("年满 80 周岁")));
    assert_int_equal(json_int_or(mine->first, "monthly", 0), 50);
    assert_int_equal(offers(t, &t->office.neighbour)->count, 0);
    expect_run(t, "{\"looked\":4,\"hidden\":1,\"dropped\":0,\"found\":2,\"unreachable\":1,\"offered\":1}");
    assert_int_equal(acts(t, ACT_READ) - reads, 1);
    assert_int_equal(acts(t, ACT_OFFER), 1);
    assert_int_equal(t->kept, 1);
}

static void
the_dead_and_those_who_are_paid_are_left_out(void **state)
{
    struct town *t = *state;

    enter_elder(t, APPLICANT, "990102", true);
    enter_elder(t, NEIGHBOUR, "990102", true);
    enter(t, "wj/death", STR(APPLICANT), STR("{\"died\":\"2026-05-30\"}"));
    enter(t, "mz/paid", STR(NEIGHBOUR), STR("{\"elder\":true}"));
    (void)run_through(t);
    expect_run(t, "{\"looked\":2,\"dropped\":2,\"found\":0,\"offered\":0}");
    assert_int_equal(offers(t, &t->office.applicant)->count + offers(t, &t->office.neighbour)->count, 0);
    assert_int_equal(acts(t, ACT_OFFER), 0);
}

static void
a_run_is_once_a_day_from_its_hour_on(void **state)
{
    struct town *t = *state;

    enter_elder(t, APPLICANT, "990102", true);
    t->office.now_us -= (int64_t)9 * 3600 * 1000000; /* 01:00 */
    assert_int_equal(run_through(t), 0);
    assert_null(json_get(report(t), "run"));
    t->office.now_us += (int64_t)3600 * 1000000; /* 02:00 */
    assert_int_equal(run_through(t), 1);
    assert_int_equal(run_through(t), 0);
    office_days(&t->office, 1);
    assert_int_equal(run_through(t), 1);
    expect_run(t, "{\"looked\":1,\"found\":1,\"offered\":0}"); /* it stands already */
    assert_int_equal(offers(t, &t->office.applicant)->count, 1);
}

/* Batch by batch, each with an arena of its own; whatever fails in between is looked at again, once. */
static void
a_run_goes_on_where_it_stood(void **state)
{
    struct town *t = *state;
    struct err err;
    bool more = false;

    for (int i = 0; i < PROACTIVE_BATCH * 2 + 7; i++) {
        enter_elder(t, str_c(t->office.arena, str_fmt(t->office.arena, "9901021940%08d", i)), "990102", true);
    }
    enter_elder(t, APPLICANT, "990102", true);
    assert_int_equal(proactive_turn(&t->p, &t->office.fixture.db, t->office.arena, t->office.now_us, &more, &err), RC_OK);
    assert_true(more);
    expect_run(t, "{\"looked\":200,\"ended\":\"\"}");
    t->is_silent = true; /* the rules are gone for a while */
    assert_int_equal(proactive_turn(&t->p, &t->office.fixture.db, t->office.arena, t->office.now_us, &more, &err), RC_DENIED);
    assert_false(more);
    expect_run(t, "{\"looked\":200}");
    t->is_silent = false;
    int64_t reads = acts(t, ACT_READ);
    assert_int_equal(run_through(t), 2);
    expect_run(t, "{\"looked\":408,\"found\":408,\"unreachable\":407,\"offered\":1}");
    assert_int_equal(acts(t, ACT_READ), reads); /* the same run */
}

static enum rc
suspend_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct town *t = ctx;
    struct office *o = &t->office;
    struct json *list, *grant;
    enum rc rc = grant_list(&o->fixture.db, o->arena, STR("wj/death"), 0, &list, err);

    if (rc != RC_OK) {
        return rc;
    }
    grant = json_copy(o->arena, list->first);
    json_set_text(o->arena, grant, "state", STR("suspended"));
    return grant_put(tx, o->arena, grant, o->now_us, err);
}

static void
without_a_grant_nothing_is_looked_at(void **state)
{
    struct town *t = *state;
    int64_t reads = acts(t, ACT_READ);
    struct err err;
    bool more = true;

    enter_elder(t, APPLICANT, "990102", true);
    assert_int_equal(store_write(&t->office.fixture.db, suspend_tx, t, &err), RC_OK);
    assert_int_equal(proactive_turn(&t->p, &t->office.fixture.db, t->office.arena, t->office.now_us, &more, &err), RC_DENIED);
    assert_false(more);
    assert_string_equal(err.type, "grant-suspended");
    assert_int_equal(acts(t, ACT_READ), reads);
    assert_int_equal(t->asked, 0);
}

/* --- answering ------------------------------------------------------------------------------------------------- */

static struct str
offer_of(struct town *t)
{
    enter_elder(t, APPLICANT, "990102", true);
    (void)run_through(t);
    const struct json *mine = offers(t, &t->office.applicant);
    assert_int_equal(mine->count, 1);
    return json_str(mine->first, "id");
}

static enum rc
accept(struct town *t, struct str id, const struct identity *who, struct draft *draft, struct err *err)
{
    struct office *o = &t->office;

    return proactive_accept(&t->p, &o->fixture.db, o->arena, id, who, o->items, 30, o->now_us, draft, json_array(o->arena), err);
}

static enum rc
decline(struct town *t, struct str id, const struct identity *who, struct err *err)
{
    struct office *o = &t->office;

    return proactive_decline(&t->p, &o->fixture.db, o->arena, id, who, o->now_us, json_array(o->arena), err);
}

static void
whoever_declines_is_not_asked_again(void **state)
{
    struct town *t = *state;
    struct str id = offer_of(t);
    struct draft draft;
    struct err err;

    assert_int_equal(decline(t, id, &t->office.applicant, &err), RC_OK);
    assert_int_equal(offers(t, &t->office.applicant)->count, 0);
    assert_int_equal(acts(t, ACT_DECLINE), 1);
    assert_int_equal(decline(t, id, &t->office.applicant, &err), RC_CONFLICT);
    assert_string_equal(err.type, "offer-settled");
    assert_int_equal(accept(t, id, &t->office.applicant, &draft, &err), RC_CONFLICT);
    office_days(&t->office, 1);
    (void)run_through(t);
    assert_int_equal(offers(t, &t->office.applicant)->count, 0);
    assert_int_equal(json_int_or(json_get(report(t), "offers"), "declined", 0), 1);
}

static void
accepting_opens_one_draft_of_the_item(void **state)
{
    struct town *t = *state;
    struct str id = offer_of(t);
    struct draft first, second;
    struct err err;

    assert_int_equal(accept(t, id, &t->office.applicant, &first, &err), RC_OK);
    assert_true(str_eq(first.item, STR(OFFICE_ITEM)) && str_eq(first.subject, t->office.applicant.subject));
    assert_int_equal(accept(t, id, &t->office.applicant, &second, &err), RC_OK);
    assert_true(str_eq(first.id, second.id));
    assert_int_equal(acts(t, ACT_CLAIM), 1);
    assert_int_equal(offers(t, &t->office.applicant)->count, 0);
}

static void
an_offer_is_nobody_elses(void **state)
{
    struct town *t = *state;
    struct str id = offer_of(t);
    struct draft draft;
    struct err err;

    assert_int_equal(accept(t, id, &t->office.neighbour, &draft, &err), RC_NOT_FOUND);
    assert_int_equal(decline(t, id, &t->office.neighbour, &err), RC_NOT_FOUND);
    assert_int_equal(decline(t, STR("o-nothing"), &t->office.applicant, &err), RC_NOT_FOUND);
    assert_int_equal(offers(t, &t->office.applicant)->count, 1);
}

/* --- what came of it ----------------------------------------------------------------------------------------------- */

static void
decide(struct town *t, const char *on)
{
    struct office *o = &t->office;
    struct str id = offer_of(t), case_no;
    struct draft draft;
    struct err err = {.text = ""};

    assert_int_equal(accept(t, id, &o->applicant, &draft, &err), RC_OK);
    draft = office_draft(o, &o->applicant, "{\"area\":\"86\"}");
    if (case_submit(&o->work, &o->fixture.db, o->arena, &draft, &o->applicant, o->now_us, &case_no, json_array(o->arena), &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    struct case_move move = office_move(o, case_no, "1", "accept");
    assert_int_equal(office_step(o, &move, &o->market, &err), RC_OK);
    assert_int_equal(json_int_or(json_get(report(t), "offers"), "accepted", 0), 1);
    move = office_move(o, case_no, "1", on);
    move.reason = STR("查无此情");
    assert_int_equal(office_step(o, &move, &o->market, &err), RC_OK);
}

static void
an_offer_that_was_right_counts_for_it(void **state)
{
    struct town *t = *state;

    decide(t, "grant");
    assert_int_equal(json_int_or(json_get(report(t), "offers"), "granted", 0), 1);
    assert_int_equal(json_int_or(report(t), "precision_percent", -1), 100);
}

static void
an_offer_that_was_wrong_counts_against_it(void **state)
{
    struct town *t = *state;

    assert_null(json_get(report(t), "precision_percent"));
    decide(t, "refuse");
    assert_int_equal(json_int_or(json_get(report(t), "offers"), "wrong", 0), 1);
    assert_int_equal(json_int_or(report(t), "precision_percent", -1), 0);
}

/* --- the document ---------------------------------------------------------------------------------------------------- */

static void
a_document_that_names_too_little_is_refused(void **state)
{
    static const char *const spoiled[][2] = {
        {"\"at\":\"02:00\"", "\"at\":\"25:00\""},      {"\"at\":\"02:00\"", "\"at\":\"2am\""},
        {"\"key\":\"elder\"", "\"key\":\"\""},         {"\"basis\":\"津贴办法\"", "\"basis\":\"\""},
        {"\"as\":\"death\",", ""},                     {"\"decision\":\"高龄津贴\",", ""},
        {"[\"id_number\",\"old\"]", "[]"},             {"\"resource\":\"wj/death\"", "\"resource\":\"\""},
    };
    struct town *t = *state;
    struct str good = str_of(benefits);

    for (size_t i = 0; i < sizeof(spoiled) / sizeof(spoiled[0]); i++) {
        size_t at = str_find(good, str_of(spoiled[i][0]));
        struct err err;
        assert_true(at < good.len);
        struct str bad = str_fmt(t->office.arena, "%.*s%s%.*s", (int)at, good.ptr, spoiled[i][1],
                                 STR_ARG(str_from(good, at + str_of(spoiled[i][0]).len)));
        if (proactive_check(office_json(&t->office, str_c(t->office.arena, bad)), &err) != RC_INVALID) {
            fail_msg("%s", spoiled[i][1]);
        }
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_town, close_town)
    const struct CMUnitTest tests[] = {
        TEST(whoever_is_entitled_and_known_finds_an_offer_with_its_reason),
        TEST(the_dead_and_those_who_are_paid_are_left_out),
        TEST(a_run_is_once_a_day_from_its_hour_on),
        TEST(a_run_goes_on_where_it_stood),
        TEST(without_a_grant_nothing_is_looked_at),
        TEST(whoever_declines_is_not_asked_again),
        TEST(accepting_opens_one_draft_of_the_item),
        TEST(an_offer_is_nobody_elses),
        TEST(an_offer_that_was_right_counts_for_it),
        TEST(an_offer_that_was_wrong_counts_against_it),
        TEST(a_document_that_names_too_little_is_refused),
    };
    kind = FIXTURE_SQLITE;
    int failed = cmocka_run_group_tests_name("on SQLite", tests, NULL, NULL);
    kind = FIXTURE_POSTGRES;
    return fixture_has_postgres() ? failed + cmocka_run_group_tests_name("on PostgreSQL", tests, NULL, NULL) : failed;
}
