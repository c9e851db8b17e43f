/*
 * The demo city's items, guide, benefits and grants beside its law: whatever asks a rule asks it rightly, and what items show of themselves is
 * what the rules say.
 */
#include "base/asset.h"
#include "identity/region.h"
#include "identity/test_house.h"
#include "process/ruling.h"
#include "rule/dmn.h"
#include "service/casework_int.h"
#include "service/guide.h"
#include "service/proactive.h"

struct city {
    struct house house;
    struct db db;
    struct rulings *rulings;
    struct item_table *items;
    struct casework work;
};

static const struct json *
document(struct city *c, const char *path)
{
    struct json *j = NULL;
    struct err err = {.text = ""};

    if (asset_json(c->house.arena, path, &j, &err) != RC_OK) {
        fail_msg("%s: %s", path, err.text);
    }
    return j;
}

static enum rc
settle_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct city *c = ctx;
    struct arena *a = c->house.arena;
    const struct json *rules = document(c, "demo/rules/rules.json");
    enum rc rc;

    if ((rc = region_put(tx, document(c, "demo/regions.json"), err)) != RC_OK ||
        (rc = org_put(tx, document(c, "demo/orgs.json"), err)) != RC_OK) {
        return rc;
    }
    for (const struct json *r = rules->first; r != NULL; r = r->next) {
        struct str xml = asset_text(asset_find(str_fmt(a, "demo/rules/%.*s", STR_ARG(json_str(r, "file")))));
        struct str cases = asset_text(asset_find(str_fmt(a, "demo/rules/%.*s", STR_ARG(json_str(r, "cases")))));
        if ((rc = rule_install(tx, a, r, xml, cases, 1, err)) != RC_OK) {
            return rc;
        }
    }
    for (size_t i = 0; i < asset_table_count; i++) {
        if (str_starts(str_of(asset_table[i].path), STR("demo/items/")) &&
            (rc = item_put(tx, a, document(c, asset_table[i].path), 1, err)) != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static int
open_city(void **state)
{
    struct city *c = mem_new(1, sizeof(*c));
    struct rulings_config config = {.offset_minutes = CLOCK_OFFSET_CHINA_MINUTES, .threads = 1};
    struct err err = {.text = ""};

    house_build(&c->house);
    c->db = c->house.fixture.db;
    config.vault = c->house.vault;
    if (store_write(&c->db, settle_tx, c, &err) != RC_OK || item_load(&c->db, &c->items, &err) != RC_OK ||
        rulings_new(&config, &c->rulings, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    c->work = (struct casework){.vault = c->house.vault,
                                .items = c->items,
                                .counsel = rulings_counsel(c->rulings),
                                .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES};
    *state = c;
    return 0;
}

static int
close_city(void **state)
{
    struct city *c = *state;

    rulings_free(c->rulings);
    item_table_free(c->items);
    house_take_down(&c->house);
    mem_free(c);
    return 0;
}

static int32_t
today(void)
{
    struct err err;
    int32_t day = 0;

    assert_int_equal(day_parse(STR("2026-11-23"), &day, &err), RC_OK);
    return day;
}

static struct case_ruling
ruling_on(struct city *c, const struct item *item, const char *values)
{
    return (struct case_ruling){
        .work = &c->work, .db = &c->db, .item = item, .values = house_json(&c->house, values), .now_us = 1, .day = today()};
}

/* --- items ------------------------------------------------------------------------------------------------- */

static void
days_and_fees_that_items_show_are_those_of_the_rules(void **state)
{
    struct city *c = *state;
    size_t asked = 0;
    struct err err;

    for (size_t i = 0; i < asset_table_count; i++) {
        if (!str_starts(str_of(asset_table[i].path), STR("demo/items/"))) {
            continue;
        }
        const struct item *item = item_by_code(c->items, json_str(document(c, asset_table[i].path), "code"));
        const struct case_ruling r = ruling_on(c, item, "{\"area\":\"86\"}");
        const struct json *parts = json_get(item->document, "parts");
        struct case_fee fee;
        assert_int_equal(case_fee(&r, c->house.arena, json_get(item->document, "fee"), &fee, &err), RC_OK);
        assert_int_equal(fee.cents, json_int_or(item->document, "fee_cents", 0));
        asked += fee.answer.version > 0;
        for (const struct json *p = json_get(item->document, "limits") != NULL ? parts->first : NULL; p != NULL; p = p->next) {
            struct case_limits limits;
            assert_int_equal(case_limits(&r, c->house.arena, p, &limits, &err), RC_OK);
            if (limits.answer.version == 0 || limits.promised_days != json_int_or(p, "promised_days", -1) ||
                limits.statutory_days != json_int_or(p, "statutory_days", -1)) {
                fail_msg("%s, part %.*s: %d and %d", asset_table[i].path, STR_ARG(json_str(p, "id")), limits.promised_days,
                         limits.statutory_days);
            }
            asked++;
        }
    }
    assert_true(asked >= 12);
}

static void
who_takes_part_is_as_the_item_says_to_the_square_metre(void **state)
{
    static const char *const areas[] = {"5", "86", "299", "299.99", "300", "20000"};
    struct city *c = *state;
    const struct item *item = item_by_code(c->items, STR("000131002003"));
    struct err err;

    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
        const struct case_ruling r = ruling_on(c, item, str_c(c->house.arena, str_fmt(c->house.arena, "{\"area\":\"%s\"}", areas[i])));
        for (const struct json *p = json_get(item->document, "parts")->first; p != NULL; p = p->next) {
            struct case_share share;
            assert_int_equal(case_takes_part(&r, c->house.arena, p, &share, &err), RC_OK);
            assert_true(share.answer.version > 0);
            assert_int_equal(share.is_handled, form_condition_holds(item->form, json_get(p, "applies_when"), r.values));
            if (!share.is_handled) {
                assert_true(str_eq(json_str(share.answer.result, "理由"), json_str(p, "waived_zh")));
            }
        }
    }
}

/* --- the guide ----------------------------------------------------------------------------------------------- */

static void
every_answer_of_the_guide_ends_in_services_that_there_are(void **state)
{
    static const char *const yes_no[] = {"yes", "no"}, *const trades[] = {"dine_in", "takeaway", "online"}, *const areas[] = {"299.9", "300"};
    struct city *c = *state;
    struct guide_table *guides = mem_new(1, sizeof(*guides));
    struct err err = {.text = ""};
    int together = 0, alone = 0;

    assert_int_equal(guide_add(guides, c->house.arena, document(c, "demo/guides/restaurant.json"), &err), RC_OK);
    const struct guide_asking asking = {.guide = guide_by_key(guides, STR("restaurant")),
                                        .counsel = c->work.counsel,
                                        .items = c->items,
                                        .db = &c->db,
                                        .now_us = 1,
                                        .day = today(),
                                        .lang = STR("zh")};
    for (int n = 0; n < 2 * 3 * 2 * 2 * 2 * 2; n++) {
        struct json *answer;
        struct str values = str_fmt(c->house.arena,
                                    "{\"licence\":\"%s\",\"trade\":\"%s\",\"area\":\"%s\",\"cooks\":\"%s\",\"alcohol\":\"%s\",\"sign\":\"%s\","
                                    "\"staff\":\"%d\"}",
                                    yes_no[n % 2], trades[n / 2 % 3], areas[n / 6 % 2], yes_no[n / 12 % 2], yes_no[n / 24 % 2],
                                    yes_no[n / 48 % 2], n % 3);
        if (guide_answer(&asking, c->house.arena, house_json(&c->house, str_c(c->house.arena, values)), &answer, &err) != RC_OK) {
            fail_msg("%.*s: %s", STR_ARG(values), err.text);
        }
        for (const struct json *e = json_get(answer, "list")->first; e != NULL; e = e->next) {
            assert_true(json_true(e, "is_found") && json_str(e, "reason").len > 0);
        }
        assert_true(json_get(answer, "together") == NULL || json_int_or(answer, "count", 0) >= 2);
        together += json_get(answer, "together") != NULL;
        alone += json_get(answer, "together") == NULL;
    }
    assert_true(together > 0 && alone > 0);
    mem_free(guides);
}

/* --- whatever asks a rule ----------------------------------------------------------------------------------------- */

static const struct dmn *
model_of(struct city *c, struct str key)
{
    const struct json *rules = document(c, "demo/rules/rules.json");
    const struct dmn *m = NULL;
    struct err err = {.text = ""};

    for (const struct json *r = rules->first; r != NULL; r = r->next) {
        if (str_eq(json_str(r, "key"), key)) {
            struct str xml = asset_text(asset_find(str_fmt(c->house.arena, "demo/rules/%.*s", STR_ARG(json_str(r, "file")))));
            assert_int_equal(dmn_read(c->house.arena, xml, NULL, NULL, NULL, &m, NULL, &err), RC_OK);
        }
    }
    return m;
}

/* Each input of the decision is bound, and each that is bound is one. */
static void
check_binding(struct city *c, const struct json *binding, size_t *count)
{
    const struct dmn *m = model_of(c, json_str(binding, "key"));
    const struct json *inputs = json_get(binding, "inputs");
    const struct str *name;
    size_t names = 0;
    struct err err = {.text = ""};

    (*count)++;
    if (m == NULL || dmn_inputs(c->house.arena, m, json_str(binding, "decision"), &name, &names, &err) != RC_OK) {
        fail_msg("%.*s has no decision %.*s", STR_ARG(json_str(binding, "key")), STR_ARG(json_str(binding, "decision")));
    }
    for (size_t i = 0; i < names; i++) {
        /* A rule of rows for one purpose need not be told what the others look at. */
        if (json_get_key(inputs, name[i]) == NULL && !str_eq(json_str(binding, "key"), STR("grant-rows"))) {
            fail_msg("%.*s is not told %.*s", STR_ARG(json_str(binding, "key")), STR_ARG(name[i]));
        }
    }
    for (const struct json *in = inputs->first; in != NULL; in = in->next) {
        bool is_one = false;
        for (size_t i = 0; i < names; i++) {
            is_one |= str_eq(in->key, name[i]);
        }
        if (!is_one) {
            fail_msg("%.*s is told %.*s, for which it does not ask", STR_ARG(json_str(binding, "key")), STR_ARG(in->key));
        }
    }
}

/* Every object with a key, a decision and inputs is a binding, wherever it stands. */
static void
walk(struct city *c, const struct json *j, size_t *count)
{
    if (json_is(j, JSON_OBJECT) && json_get(j, "decision") != NULL && json_get(j, "inputs") != NULL) {
        check_binding(c, j, count);
        return;
    }
    for (const struct json *m = json_is(j, JSON_OBJECT) || json_is(j, JSON_ARRAY) ? j->first : NULL; m != NULL; m = m->next) {
        walk(c, m, count);
    }
}

static void
whatever_asks_a_rule_tells_it_what_it_asks_for(void **state)
{
    struct city *c = *state;
    struct err err = {.text = ""};
    size_t count = 0;

    assert_int_equal(proactive_check(document(c, "demo/benefits.json"), &err), RC_OK);
    for (size_t i = 0; i < asset_table_count; i++) {
        struct str path = str_of(asset_table[i].path);
        if (str_starts(path, STR("demo/")) && str_ends(path, STR(".json"))) {
            walk(c, document(c, asset_table[i].path), &count);
        }
    }
    assert_true(count >= 30);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_city, close_city)
    const struct CMUnitTest tests[] = {
        TEST(days_and_fees_that_items_show_are_those_of_the_rules),
        TEST(who_takes_part_is_as_the_item_says_to_the_square_metre),
        TEST(every_answer_of_the_guide_ends_in_services_that_there_are),
        TEST(whatever_asks_a_rule_tells_it_what_it_asks_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
