/* What processes ask of the house: done once, with a record and an act, in the words that are data. */
#include "service/test_chore.h"

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

#define TELLS(text, more) ASKS("notice.send", INPUT("text", "=\"" text "\"") more)

static bool
says(const struct json *one, const char *member, const char *what)
{
    return str_has(json_str(one, member), str_of(what));
}

/* --- notices -------------------------------------------------------------------------------------------------- */

static void
the_applicant_reads_what_they_were_told_in_both_languages(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, TELLS("deemed_accepted", INPUT("part", "=\"1\"")));

    assert_int_equal(hands_work(h), 0);
    const struct json *zh = json_get(hands_seen(h, no, &h->office.applicant, "zh"), "notices");
    const struct json *en = json_get(hands_seen(h, no, &h->office.applicant, "en"), "notices");
    assert_int_equal(zh->count, 1);
    assert_true(says(zh->first, "title", "食品经营许可：视为受理"));
    assert_true(says(zh->first, "text", "云溪市市场监督管理局没有在期限内答复"));
    assert_true(says(zh->first, "text", "2026-06-01"));
    assert_true(says(zh->first, "part_name", "食品经营许可"));
    assert_true(says(en->first, "title", "Food business licence: accepted by silence"));
    assert_true(says(en->first, "text", "Yunxi Market Regulation did not say in time"));
    assert_null(json_get(zh->first, "data")); /* for officers */
    assert_int_equal(hands_acts(h, ACT_NOTICE), 1);
}

static void
a_sentence_about_what_is_not_known_is_left_out(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, TELLS("refused", INPUT("part", "=\"1\"")));

    assert_int_equal(hands_work(h), 0);
    const struct json *one = json_get(hands_seen(h, no, &h->office.applicant, "zh"), "notices")->first;
    assert_true(says(one, "text", "没有批准您的“食品经营许可”。"));
    assert_false(says(one, "text", "理由"));
    assert_false(says(one, "text", "{"));
}

static void
a_reason_that_looks_like_a_name_or_like_markup_is_said_as_it_stands(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, TELLS("hearing_invitation", INPUT("hearing_day", "=\"2026-07-01\"") "<gov:input name='hearing_place' value='=\"&lt;b&gt;{case_no}&lt;/b&gt;\"'/>"));

    assert_int_equal(hands_work(h), 0);
    const struct json *one = json_get(hands_seen(h, no, &h->office.applicant, "zh"), "notices")->first;
    assert_true(says(one, "text", "<b>{case_no}</b>"));
}

static void
a_process_and_an_element_may_have_words_of_their_own(void **state)
{
    struct hands *h = *state;
    static const char texts[] =
        "{\"errands\":{},\"notices\":{"
        "\"x\":{\"to\":\"applicant\",\"zh\":{\"title\":\"t\",\"text\":[\"一般\"]},\"en\":{\"title\":\"t\",\"text\":[\"usual\"]}},"
        "\"x/p\":{\"to\":\"applicant\",\"zh\":{\"title\":\"t\",\"text\":[\"流程的\"]},\"en\":{\"title\":\"t\",\"text\":[\"process\"]}},"
        "\"x/p.do\":{\"to\":\"applicant\",\"zh\":{\"title\":\"t\",\"text\":[\"这一步的\"]},\"en\":{\"title\":\"t\",\"text\":[\"element\"]}}}}";
    struct str no;

    hands_register(h, office_json(&h->office, texts), office_json(&h->office, "{\"checks\":{}}"));
    no = hands_case(h, TELLS("x", ""));
    assert_int_equal(hands_work(h), 0);
    assert_true(says(json_get(hands_seen(h, no, &h->office.applicant, "zh"), "notices")->first, "text", "这一步的"));
}

static void
what_is_for_officers_is_not_shown_to_the_applicant(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, TELLS("countersign_reminder", ""));

    assert_int_equal(hands_work(h), 0);
    assert_int_equal(json_get(hands_seen(h, no, &h->office.applicant, "zh"), "notices")->count, 0);
    assert_int_equal(json_get(hands_seen(h, no, &h->office.market, "zh"), "notices")->count, 1);
}

static void
what_is_shown_to_everyone_names_no_case_and_ends(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, ASKS("notice.publish", INPUT("days", "=10")));
    const struct errand_wish wish = {.lang = STR("zh"), .offset_minutes = CLOCK_OFFSET_CHINA_MINUTES};
    struct json *shown;
    struct err err;

    assert_int_equal(hands_work(h), 0);
    assert_int_equal(errand_shown(&h->office.fixture.db, h->office.vault, h->office.arena, h->office.now_us, &wish, &shown, &err), RC_OK);
    assert_int_equal(shown->count, 1);
    assert_true(says(shown->first, "text", "公示 10 天"));
    assert_true(says(shown->first, "until", "2026-06-11"));
    assert_null(json_get(shown->first, "case_no"));
    assert_false(says(shown->first, "text", str_c(h->office.arena, no)));
    office_days(&h->office, 10);
    assert_int_equal(errand_shown(&h->office.fixture.db, h->office.vault, h->office.arena, h->office.now_us, &wish, &shown, &err), RC_OK);
    assert_int_equal(shown->count, 0);
}

static void
a_text_that_is_not_there_is_an_incident(void **state)
{
    struct hands *h = *state;

    (void)hands_case(h, TELLS("no-such-text", ""));
    assert_int_equal(hands_work(h), 1);
    assert_true(strstr(h->err.text, "no-such-text") != NULL);
    assert_int_equal(hands_incidents(h), 1);
    assert_int_equal(hands_acts(h, ACT_NOTICE), 0);
    assert_int_equal(hands_int(h, "SELECT COUNT(*) FROM errand"), 0);
}

static void
texts_that_are_none_are_refused(void **state)
{
    struct hands *h = *state;
#define TEXT(to, title, text) "{\"errands\":{},\"notices\":{\"k\":{\"to\":\"" to "\",\"zh\":{\"title\":\"" title "\",\"text\":[" text "]}," \
                              "\"en\":{\"title\":\"t\",\"text\":[\"t\"]}}}}"
    static const struct {
        const char *document;
        enum rc rc;
    } cases[] = {
        {TEXT("applicant", "t", "\"{reason}，{day}\""), RC_OK},
        {TEXT("nobody", "t", "\"t\""), RC_INVALID},
        {TEXT("applicant", "", "\"t\""), RC_INVALID},
        {TEXT("applicant", "t", ""), RC_INVALID},
        {TEXT("applicant", "t", "7"), RC_INVALID},
        {TEXT("applicant", "t", "\"{reason\""), RC_INVALID},
        {TEXT("applicant", "t", "\"reason}\""), RC_INVALID},
        {TEXT("applicant", "t", "\"{}\""), RC_INVALID},
        {TEXT("applicant", "t", "\"{{a}}\""), RC_INVALID},
        {TEXT("everyone", "t", "\"{item} {org} {days}\""), RC_OK},
        {TEXT("everyone", "t", "\"{reason}\""), RC_INVALID}, /* may name a person */
        {TEXT("everyone", "{case_no}", "\"t\""), RC_INVALID},
        {"{\"notices\":{}}", RC_INVALID},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct chore_config config = {.work = &h->office.work, .texts = office_json(&h->office, cases[i].document),
                                            .checks = office_json(&h->office, "{\"checks\":{}}")};
        struct chores *c = NULL;
        struct err err;
        enum rc rc = chores_open(&config, &c, &err);
        if (rc != cases[i].rc) {
            print_message("%s\n", cases[i].document);
        }
        assert_int_equal(rc, cases[i].rc);
        chores_close(c);
    }
}

/* --- certificates ------------------------------------------------------------------------------------------------ */

#define ISSUES ASKS("certificate.issue", INPUT("part", "=\"1\""))

static void
a_part_gets_its_certificate_signed_and_once(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, ISSUES);
    struct json *list, *checked;
    struct err err;

    h->signs_fail = 1;
    assert_int_equal(hands_work(h), 1); /* the signer was gone: tried again */
    assert_int_equal(hands_acts(h, ACT_ISSUE), 0);
    office_days(&h->office, 1);
    assert_int_equal(hands_work(h), 0);
    office_days(&h->office, 1);
    assert_int_equal(hands_work(h), 0);
    assert_int_equal(hands_acts(h, ACT_ISSUE), 1);
    assert_int_equal(hands_acts(h, ACT_ERRAND), 1);
    assert_int_equal(certificate_list(&h->office.fixture.db, h->office.vault, h->office.arena, h->office.applicant.subject, 9, &list, &err), RC_OK);
    assert_int_equal(list->count, 1);
    assert_int_equal(certificate_check(&h->office.fixture.db, h->office.vault, h->office.arena, list->first, &h->key, h->office.now_us, &checked, &err),
                     RC_OK);
    assert_true(str_eq(json_str(checked, "verdict"), STR("good")));
    assert_true(says(office_sub(&h->office, no, "1", &h->office.applicant), "certificate_url", "1.2.156.3005.2."));
    const struct json *told = json_get(hands_seen(h, no, &h->office.applicant, "zh"), "errands")->first;
    assert_true(says(told, "title", "食品经营许可证已发"));
    assert_true(says(told, "text", "有效期至 2031-06-01"));
}

static void
a_part_that_issues_nothing_is_an_incident(void **state)
{
    struct hands *h = *state;

    (void)hands_case(h, ASKS("certificate.issue", INPUT("part", "=\"2\"")));
    assert_int_equal(hands_work(h), 1);
    assert_true(strstr(h->err.text, "issues no certificate") != NULL);
    assert_int_equal(hands_incidents(h), 1);
}

/* --- dying ---------------------------------------------------------------------------------------------------------- */

static void
whoever_dies_before_the_end_leaves_nothing_and_the_next_writes_once(void **state)
{
    struct hands *h = *state;
    struct arena *a = arena_new(64 << 20);
    const struct runtime_wish wish = {.type = STR("notice.send"), .owner = STR("dead"), .lease_us = INT64_C(60000000), .most = 5,
                                      .now_us = h->office.now_us};
    struct runtime_job *jobs;
    size_t count;
    struct err err;

    (void)hands_case(h, TELLS("overdue", ""));
    assert_int_equal(runtime_job_lease(conduct_runtime(h->office.conduct), &h->office.fixture.db, a, &wish, &jobs, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(hands_work(h), 0); /* the dead one has it */
    assert_int_equal(hands_acts(h, ACT_NOTICE), 0);
    office_days(&h->office, 1);
    office_turn(&h->office); /* its lease has ended, and the next one does it */
    office_days(&h->office, 1);
    office_turn(&h->office);
    assert_int_equal(hands_acts(h, ACT_NOTICE), 1);
    assert_int_equal(hands_int(h, "SELECT COUNT(*) FROM errand"), 1);
    arena_free(a);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    static const struct CMUnitTest tests[] = {
#define TEST_OF(test) cmocka_unit_test_setup_teardown(test, open_hands, hands_take_down)
        TEST_OF(the_applicant_reads_what_they_were_told_in_both_languages),
        TEST_OF(a_sentence_about_what_is_not_known_is_left_out),
        TEST_OF(a_reason_that_looks_like_a_name_or_like_markup_is_said_as_it_stands),
        TEST_OF(a_process_and_an_element_may_have_words_of_their_own),
        TEST_OF(what_is_for_officers_is_not_shown_to_the_applicant),
        TEST_OF(what_is_shown_to_everyone_names_no_case_and_ends),
        TEST_OF(a_text_that_is_not_there_is_an_incident),
        TEST_OF(texts_that_are_none_are_refused),
        TEST_OF(a_part_gets_its_certificate_signed_and_once),
        TEST_OF(a_part_that_issues_nothing_is_an_incident),
        TEST_OF(whoever_dies_before_the_end_leaves_nothing_and_the_next_writes_once),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "chores on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "chores on PostgreSQL");
    }
    return failed;
}
