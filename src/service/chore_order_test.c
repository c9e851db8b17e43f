/* What is ordered, passed on, drawn, placed and packed: one record each, with what it is about, for those who are to read it. */
#include "service/test_chore.h"

#include <stdlib.h>

#include "base/encode.h"
#include "crypto/hash.h"
#include "evidence/act.h"
#include "service/certificate.h"
#include "service/errand.h"

static enum fixture_kind kind;

static int
open_hands(void **state)
{
    struct hands *h = mem_new(1, sizeof(*h));

    hands_open(h, kind);
    *state = h;
    return 0;
}

static void
anew(void **state)
{
    (void)hands_take_down(state);
    (void)open_hands(state);
}

static bool
says(const struct json *one, const char *member, const char *what)
{
    return str_has(json_str(one, member), str_of(what));
}

/* The only errand of a case, as that person sees it; NULL: they see none. */
static const struct json *
errand_seen(struct hands *h, struct str no, const struct identity *who)
{
    const struct json *d = hands_seen(h, no, who, "zh");
    const struct json *errands = json_get(d, "errands"), *notices = json_get(d, "notices");

    assert_true(errands->count + notices->count <= 1);
    return errands->first != NULL ? errands->first : notices->first;
}

/* --- orders -------------------------------------------------------------------------------------------------------- */

static void
each_order_leaves_one_record_and_one_act_for_those_who_are_to_read_it(void **state)
{
    static const struct {
        const char *model, *title, *text;
        enum act_kind kind;
        bool is_for_applicant;
    } cases[] = {
        {ASKS("payment.order", INPUT("monthly", "=150")), "已下达发放", "每月 150 元", ACT_ERRAND, true},
        {ASKS("payment.order", INPUT("amount", "=41080.5")), "已下达发放", "一次 41080.5 元", ACT_ERRAND, true},
        {ASKS("payment.stop", ""), "已停发待遇", "自本月起", ACT_ERRAND, true},
        {ASKS("tax.order", INPUT("monthly", "=1680")), "已下达缴费单", "每月 1680 元", ACT_ERRAND, true},
        {ASKS("tax.refund", ""), "已办退税", "已下达退还", ACT_ERRAND, true},
        {ASKS("registry.update", INPUT("part", "=\"1\"")), "登记已更新", "云溪市市场监督管理局", ACT_ERRAND, true},
        {ASKS("supervision.push", INPUT("part", "={id: \"1\"}") INPUT("to", "=\"" OFFICE_FIRE "\"")), "食品经营许可：请纳入监管", "请认领", ACT_NOTICE, false},
        {ASKS("supervision.result", INPUT("part", "=\"1\"")), "监管检查结果", "公开一件", ACT_NOTICE, true},
        {ASKS("oversight.urge", INPUT("org", "=\"" OFFICE_MARKET "\"")), "督办单", "三个工作日", ACT_NOTICE, false},
        {ASKS("rating.open", ""), "差评整改", "回访", ACT_ERRAND, false},
        {ASKS("handover.archive", ""), "电子档案已归档", "条记录", ACT_ERRAND, false},
        {ASKS("handover.pack", INPUT("to", "=\"haichuan\"")), "已打包移交", "已签名", ACT_ERRAND, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hands *h = *state;
        struct str no = hands_case(h, cases[i].model);
        assert_int_equal(hands_work(h), 0);
        office_days(&h->office, 1);
        assert_int_equal(hands_work(h), 0);
        const struct json *seen = errand_seen(h, no, &h->office.market), *own = errand_seen(h, no, &h->office.applicant);
        if (!says(seen, "title", cases[i].title) || !says(seen, "text", cases[i].text)) {
            print_message("%s: %.*s: %.*s\n", cases[i].title, STR_ARG(json_str(seen, "title")), STR_ARG(json_str(seen, "text")));
        }
        assert_true(says(seen, "title", cases[i].title) && says(seen, "text", cases[i].text));
        assert_int_equal(own != NULL, cases[i].is_for_applicant);
        assert_int_equal(hands_acts(h, cases[i].kind), 1);
        assert_int_equal(hands_int(h, "SELECT COUNT(*) FROM errand"), 1);
        anew(state);
    }
}

static void
nothing_is_paid_that_was_not_worked_out(void **state)
{
    static const char *const models[] = {
        ASKS("payment.order", ""), ASKS("payment.order", INPUT("amount", "=0")), ASKS("payment.order", INPUT("amount", "=-5")),
        ASKS("payment.order", INPUT("amount", "=\"100\"")), ASKS("payment.order", INPUT("monthly", "=nothing_here")),
        ASKS("tax.order", INPUT("monthly", "=0"))};

    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        struct hands *h = *state;
        (void)hands_case(h, models[i]);
        assert_int_equal(hands_work(h), 1);
        assert_true(strstr(h->err.text, "no amount above nothing") != NULL);
        assert_int_equal(hands_incidents(h), 1);
        assert_int_equal(hands_int(h, "SELECT COUNT(*) FROM errand"), 0);
        anew(state);
    }
}

static void
an_office_finds_what_it_was_given(void **state)
{
    struct hands *h = *state;
    const struct errand_wish wish = {.lang = STR("en"), .is_officer = true, .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES};
    struct str no = hands_case(h, ASKS("oversight.urge", INPUT("org", "=\"" OFFICE_MARKET "\"")));
    struct json *list;
    struct err err;

    assert_int_equal(hands_work(h), 0);
    assert_int_equal(errand_of_org(&h->office.fixture.db, h->office.vault, h->office.arena, STR(OFFICE_MARKET), &wish, &list, &err), RC_OK);
    assert_int_equal(list->count, 1);
    assert_true(says(list->first, "title", "a reminder from above"));
    assert_true(str_eq(json_str(list->first, "case_no"), no));
    assert_int_equal(errand_of_org(&h->office.fixture.db, h->office.vault, h->office.arena, STR(OFFICE_FIRE), &wish, &list, &err), RC_OK);
    assert_int_equal(list->count, 0);
    assert_int_equal(errand_of_org(&h->office.fixture.db, h->office.vault, h->office.arena, STR(""), &wish, &list, &err), RC_OK);
    assert_int_equal(list->count, 0);
}

static void
a_list_that_goes_along_is_signed_by_the_node(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, ASKS("handover.pack", INPUT("to", "=\"haichuan\""))), bytes, signature;
    struct err err;

    assert_int_equal(hands_work(h), 0);
    const struct json *data = json_get(errand_seen(h, no, &h->office.market), "data"), *manifest = json_get(data, "manifest");
    assert_int_equal(certificate_bytes(h->office.arena, manifest, &bytes, &err), RC_OK);
    assert_int_equal(base64_decode(h->office.arena, json_str(json_get(data, "signature"), "value"), &signature, &err), RC_OK);
    assert_true(sig_verify(&h->key, bytes, signature));
    assert_true(str_eq(json_str(manifest, "to"), STR("haichuan")));
    assert_true(str_eq(json_str(manifest, "item"), STR(OFFICE_ITEM)));
    assert_int_equal(json_str(manifest, "content_sha256").len, 64);
    assert_true(json_get(manifest, "acts")->count >= 1);
}

/* --- certificates ------------------------------------------------------------------------------------------------------ */

/* Part 1 has a certificate; then the second job is asked for. */
#define ISSUED_THEN(type, inputs)                                                                                                      \
    MODEL(START FLOW("f1", "s", "do") "<serviceTask id='do'><extensionElements><gov:job type='certificate.issue'/>" INPUT("part", "=\"1\"")  \
          "</extensionElements></serviceTask>" FLOW("f2", "do", "then") "<serviceTask id='then'><extensionElements><gov:job type='" type   \
          "'/>" inputs "</extensionElements></serviceTask>" FLOW("f3", "then", "e") END)

static const struct json *
checked(struct hands *h)
{
    struct json *list, *result;
    struct err err;

    assert_int_equal(certificate_list(&h->office.fixture.db, h->office.vault, h->office.arena, h->office.applicant.subject, 9, &list, &err), RC_OK);
    assert_int_equal(list->count, 1);
    assert_int_equal(certificate_check(&h->office.fixture.db, h->office.vault, h->office.arena, list->first, &h->key, h->office.now_us, &result, &err),
                     RC_OK);
    return result;
}

static bool
some_check_says(const struct json *result, const char *what)
{
    for (const struct json *c = json_get(result, "checks")->first; c != NULL; c = c->next) {
        if (says(c, "text_en", what)) {
            return true;
        }
    }
    return false;
}

static void
a_flag_is_seen_by_everyone_and_takes_nothing_away(void **state)
{
    struct hands *h = *state;

    (void)hands_case(h, ISSUED_THEN("certificate.flag", INPUT("part", "=\"1\"") INPUT("reason", "=\"not_rectified\"")));
    assert_int_equal(hands_work(h), 0);
    const struct json *result = checked(h);
    assert_true(str_eq(json_str(result, "verdict"), STR("good")));
    assert_true(some_check_says(result, "flagged"));
    assert_int_equal(hands_acts(h, ACT_STATUS), 1);
}

static void
whatever_is_delivered_is_listed_once(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, ISSUED_THEN("certificate.deliver", ""));

    assert_int_equal(hands_work(h), 0);
    const struct json *told = json_get(hands_seen(h, no, &h->office.applicant, "zh"), "errands");
    assert_int_equal(told->count, 2);
    assert_true(says(told->last, "text", "共 1 件：食品经营许可证"));
}

static void
one_that_is_revoked_is_void_for_everyone_and_one_that_is_not_there_leaves_its_record_too(void **state)
{
    static const char texts[] =
        "{\"notices\":{},\"errands\":{"
        "\"certificate.issue\":{\"to\":\"applicant\",\"zh\":{\"title\":\"t\",\"text\":[\"t\"]},\"en\":{\"title\":\"t\",\"text\":[\"t\"]}},"
        "\"certificate.revoke\":{\"to\":\"applicant\",\"type\":\"" OFFICE_MARKET "001\",\"zh\":{\"title\":\"void\",\"text\":[\"{list_zh}\",\"{count}\"]},"
        "\"en\":{\"title\":\"t\",\"text\":[\"t\"]}},"
        "\"certificate.revoke/p.do\":{\"to\":\"applicant\",\"type\":\"another\",\"zh\":{\"title\":\"t\",\"text\":[\"{list_zh}\",\"{count} 件\"]},"
        "\"en\":{\"title\":\"t\",\"text\":[\"t\"]}}}}";
    struct hands *h = *state;
    struct str no;

    hands_register(h, office_json(&h->office, texts), office_json(&h->office, "{\"checks\":{}}"));
    (void)hands_case(h, ISSUED_THEN("certificate.revoke", ""));
    assert_int_equal(hands_work(h), 0);
    assert_true(str_eq(json_str(checked(h), "verdict"), STR("withdrawn")));
    assert_int_equal(hands_acts(h, ACT_STATUS), 1);
    anew(state);
    h = *state;
    hands_register(h, office_json(&h->office, texts), office_json(&h->office, "{\"checks\":{}}"));
    no = hands_case(h, ASKS("certificate.revoke", ""));
    assert_int_equal(hands_work(h), 0);
    assert_true(says(errand_seen(h, no, &h->office.applicant), "text", "0 件"));
    assert_int_equal(hands_acts(h, ACT_STATUS), 0);
}

/* --- drawn by lot -------------------------------------------------------------------------------------------------------- */

struct number {
    struct hash lot;
    struct str id;
};

static int
by_lot(const void *a, const void *b)
{
    return memcmp(((const struct number *)a)->lot.bytes, ((const struct number *)b)->lot.bytes, sizeof(((const struct number *)a)->lot.bytes));
}

/* With the act, the log and the list alone. */
static void
whoever_has_the_act_the_leaf_and_the_list_draws_the_same(void **state)
{
    struct hands *h = *state;
    struct office *o = &h->office;
    const struct json *list = json_path(hands_document(h, "demo/lists.json"), "experts.list");
    struct number numbers[64];
    struct json *acts, *lot;
    struct str no = hands_case(h, ASKS("experts.draw", INPUT("part", "=\"1\""))), leaf;
    size_t count = 0;
    struct err err;

    assert_int_equal(hands_work(h), 0);
    assert_int_equal(act_of_case(&o->fixture.db, o->arena, no, -1, 50, &acts, &err), RC_OK);
    const struct json *draw = acts->first;
    while (draw != NULL && !str_eq(json_str(draw, "kind"), STR("draw"))) {
        draw = draw->next;
    }
    assert_non_null(draw);
    const struct json *detail = json_get(draw, "detail"), *drawn = json_get(detail, "drawn");
    assert_int_equal(act_by_index(&o->fixture.db, o->arena, json_int_or(detail, "lot_of_act", -1), &lot, &err), RC_OK);
    assert_int_equal(base64_decode(o->arena, json_str(lot, "leaf"), &leaf, &err), RC_OK);
    for (const struct json *e = list->first; e != NULL; e = e->next, count++) {
        struct str id = json_str(e, "id");
        char *both = arena_alloc(o->arena, leaf.len + id.len, 1);
        memcpy(both, leaf.ptr, leaf.len);
        memcpy(both + leaf.len, id.ptr, id.len);
        numbers[count] = (struct number){hash_sha256((struct str){both, leaf.len + id.len}), id};
    }
    qsort(numbers, count, sizeof(numbers[0]), by_lot);
    assert_int_equal(drawn->count, 3);
    size_t n = 0;
    for (const struct json *d = drawn->first; d != NULL; d = d->next, n++) {
        assert_true(str_eq(d->text, numbers[n].id));
    }
    assert_true(json_int_or(detail, "lot_of_act", -1) < json_int_or(draw, "index", -1));
}

/* --- places by rank -------------------------------------------------------------------------------------------------------- */

#define LISTS "{\"school.place\":{\"gather_seconds\":3,\"wishes\":[\"shop_name\"],\"places\":{\"半亩方塘\":{\"room\":2,\"zh\":\"甲校\",\"en\":\"A\"}}}," \
              "\"housing.queue\":{\"by\":\"shop_name\"}}"

static void
with_lists(struct hands *h)
{
    struct chore_config config = {.work = &h->office.work, .texts = hands_document(h, "demo/notices.json"), .checks = hands_document(h, "demo/checks.json"),
                                  .lists = office_json(&h->office, LISTS), .node = STR("yunxi"), .key_id = STR("k1"), .ctx = h, .sign = hands_sign};
    struct err err;

    chores_close(h->chores);
    assert_int_equal(chores_open(&config, &h->chores, &err), RC_OK);
    assert_int_equal(chores_register(h->chores, h->office.conduct, &err), RC_OK);
}

static void
places_go_by_rank_whoever_came_first(void **state)
{
    static const int ranks[] = {3, 1, 2}; /* as they came */
    struct hands *h = *state;
    struct str no[3];

    with_lists(h);
    office_model(&h->office, "p", ASKS("school.place", INPUT("rank", "=string(area)")));
    office_goes_by(&h->office, "p");
    for (size_t i = 0; i < 3; i++) {
        no[i] = office_case(&h->office, ranks[i]);
    }
    assert_int_equal(hands_work(h), 3); /* others may still come */
    assert_int_equal(hands_int(h, "SELECT COUNT(*) FROM errand"), 0);
    office_days(&h->office, 1);
    assert_int_equal(hands_work(h), 0);
    assert_true(says(errand_seen(h, no[0], &h->office.applicant), "title", "志愿学校已满"));
    assert_true(says(errand_seen(h, no[1], &h->office.applicant), "text", "录取到甲校，按第 1 顺序"));
    assert_true(says(errand_seen(h, no[2], &h->office.applicant), "text", "录取到甲校，按第 2 顺序"));
}

static void
numbers_on_a_waiting_list_have_no_gap(void **state)
{
    struct hands *h = *state;
    struct str first, second;

    with_lists(h);
    first = hands_case(h, ASKS("housing.queue", ""));
    assert_int_equal(hands_work(h), 0);
    second = office_case(&h->office, 80);
    assert_int_equal(hands_work(h), 0);
    assert_true(says(errand_seen(h, first, &h->office.applicant), "text", "第 1 号"));
    assert_true(says(errand_seen(h, second, &h->office.applicant), "text", "第 2 号"));
}

/* --- programs outside --------------------------------------------------------------------------------------------------------- */

static enum rc
note(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    return chores_note_outside(((struct hands *)ctx)->chores, tx, a, event, STR("card.make"), err);
}

static void
what_a_program_outside_has_made_is_told_as_well(void **state)
{
    struct hands *h = *state;
    struct office *o = &h->office;
    struct str no = hands_case(h, ASKS("card.make", ""));
    const struct runtime_wish wish = {.type = STR("card.make"), .owner = STR("officer:o-zuoye"), .lease_us = 60000000, .most = 1, .now_us = o->now_us};
    struct runtime_job *job;
    struct runtime_result out;
    size_t count;
    struct err err;

    assert_int_equal(runtime_job_lease(conduct_runtime(o->conduct), &o->fixture.db, o->arena, &wish, &job, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    const struct command k = {.kind = COMMAND_COMPLETE, .token = job->token, .attempt = job->attempt};
    const struct runtime_request q = {.instance = job->instance, .command = &k, .actor = STR("officer:o-zuoye"), .now_us = o->now_us,
                                      .hook = note, .hook_ctx = h};
    assert_int_equal(runtime_do(conduct_runtime(o->conduct), &o->fixture.db, o->arena, &q, &out, &err), RC_OK);
    const struct json *told = errand_seen(h, no, &o->applicant);
    assert_true(says(told, "title", "卡已制好"));
    assert_int_equal(hands_acts(h, ACT_ERRAND), 1);
}

/* --- offers ------------------------------------------------------------------------------------------------------------------ */

static void
what_a_case_leads_to_lies_on_the_applicants_page_once(void **state)
{
    struct hands *h = *state;
    struct json *offers;
    struct err err;

    (void)hands_case(h, ASKS("offer.create", INPUT("benefit", "=\"childcare-subsidy\"")));
    assert_int_equal(hands_work(h), 0);
    (void)office_case(&h->office, 80);
    assert_int_equal(hands_work(h), 0); /* a second case leads there as well, and finds it offered */
    assert_int_equal(proactive_offers(&h->proactive, &h->office.fixture.db, h->office.arena, h->office.applicant.subject, &offers, &err), RC_OK);
    assert_int_equal(offers->count, 1);
    assert_true(says(offers->first, "title_zh", "育儿补贴"));
    assert_true(says(offers->first, "reason_en", "comes next"));
    assert_int_equal(hands_acts(h, ACT_OFFER), 1);
    assert_int_equal(hands_acts(h, ACT_ERRAND), 2);
}

static void
a_benefit_that_nobody_knows_is_an_incident(void **state)
{
    struct hands *h = *state;

    (void)hands_case(h, ASKS("offer.create", INPUT("benefit", "=\"gold\"")));
    assert_int_equal(hands_work(h), 1);
    assert_int_equal(hands_incidents(h), 1);
    assert_int_equal(hands_acts(h, ACT_OFFER), 0);
}

/* --- the city's models ---------------------------------------------------------------------------------------------------------- */

static bool
is_for_programs_outside(struct str type)
{
    return str_eq(type, STR("card.make")) || str_eq(type, STR("post.send")) || str_starts(type, STR("lab."));
}

static struct str
between(struct str text, size_t at, const char *begins, const char *ends)
{
    struct str rest = str_from(text, at + strlen(begins));

    return str_sub(rest, 0, str_find(rest, str_of(ends)));
}

static const struct json *
words(const struct json *list, struct str key)
{
    for (const struct json *t = list->first; t != NULL; t = t->next) {
        if (str_eq(str_sub(t->key, 0, str_find_byte(t->key, '/')), key)) {
            return t;
        }
    }
    return NULL;
}

static void
every_job_of_the_citys_models_has_a_worker_and_words(void **state)
{
    struct hands *h = *state;
    const struct json *texts = hands_document(h, "demo/notices.json");
    int jobs = 0;

    for (size_t i = 0; i < asset_table_count; i++) {
        struct str text = str_ends(str_of(asset_table[i].path), STR(".bpmn")) ? asset_text(&asset_table[i]) : STR("");
        for (size_t at = str_find(text, STR("<gov:job type=\"")); at < text.len; at = str_find(text, STR("<gov:job type=\"")), jobs++) {
            struct str type = between(text, at, "<gov:job type=\"", "\"");
            text = str_from(text, at + 1);
            struct str inputs = str_sub(text, 0, str_find(text, STR("</extensionElements>")));
            size_t key_at = str_find(inputs, STR("name=\"text\" value='=\""));
            const struct json *found = key_at < inputs.len ? words(json_get(texts, "notices"), between(inputs, key_at, "name=\"text\" value='=\"", "\""))
                                       : str_eq(type, STR("notice.send"))    ? texts /* told by the decision */
                                       : str_eq(type, STR("notice.publish")) ? words(json_get(texts, "notices"), STR("published"))
                                                                             : words(json_get(texts, "errands"), type);
            if (found == NULL && !is_for_programs_outside(type)) {
                print_message("%s: %.*s\n", asset_table[i].path, STR_ARG(type));
            }
            assert_true(found != NULL || is_for_programs_outside(type));
        }
    }
    assert_true(jobs > 100);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    static const struct CMUnitTest tests[] = {
#define TEST_OF(test) cmocka_unit_test_setup_teardown(test, open_hands, hands_take_down)
        TEST_OF(each_order_leaves_one_record_and_one_act_for_those_who_are_to_read_it),
        TEST_OF(nothing_is_paid_that_was_not_worked_out),
        TEST_OF(an_office_finds_what_it_was_given),
        TEST_OF(a_list_that_goes_along_is_signed_by_the_node),
        TEST_OF(a_flag_is_seen_by_everyone_and_takes_nothing_away),
        TEST_OF(whatever_is_delivered_is_listed_once),
        TEST_OF(one_that_is_revoked_is_void_for_everyone_and_one_that_is_not_there_leaves_its_record_too),
        TEST_OF(whoever_has_the_act_the_leaf_and_the_list_draws_the_same),
        TEST_OF(places_go_by_rank_whoever_came_first),
        TEST_OF(numbers_on_a_waiting_list_have_no_gap),
        TEST_OF(what_a_program_outside_has_made_is_told_as_well),
        TEST_OF(what_a_case_leads_to_lies_on_the_applicants_page_once),
        TEST_OF(a_benefit_that_nobody_knows_is_an_incident),
        TEST_OF(every_job_of_the_citys_models_has_a_worker_and_words),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "orders on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "orders on PostgreSQL");
    }
    return failed;
}
