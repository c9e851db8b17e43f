/* What registers are asked about a case, for which purpose, what is made of it, and what happens when they do not answer. */
#include "service/test_chore.h"

#include "process/runtime_view.h"
#include "service/errand.h"

static enum fixture_kind kind;

#define APPLICANT "990102199003070011"
#define TEXTS "{\"notices\":{},\"errands\":{\"exchange.check\":{\"to\":\"applicant\",\"zh\":{\"title\":\"t\",\"text\":[\"{count} 项\"]}," \
              "\"en\":{\"title\":\"t\",\"text\":[\"{count}\"]}}}}"
#define CHECKS                                                                                                                        \
    "{\"checks\":{\"shop\":{\"questions\":["                                                                                            \
    "{\"as\":\"person\",\"resource\":\"ga/household\",\"key\":\"applicant\",\"kind\":\"person\",\"fields\":[\"birth_date\"]},"            \
    "{\"as\":\"shop\",\"resource\":\"sj/name\",\"key\":\"field.shop_name\",\"kind\":\"company\",\"fields\":[\"owner\"]},"                 \
    "{\"as\":\"owner\",\"resource\":\"sj/owner\",\"key\":\"shop.owner\",\"kind\":\"company\",\"fields\":[\"good\"]}],"                    \
    "\"facts\":\"{found: person != null, born: person.birth_date, big: field.area > 100, good: owner.good, today: day}\"},"              \
    "\"else@yunxi\":{\"item\":\"i-9\",\"basis\":\"b-9\",\"questions\":[{\"as\":\"wage\",\"resource\":\"rs/wage-base\",\"key\":\"=990100\","  \
    "\"kind\":\"address\",\"fields\":[\"w\"]}],\"facts\":\"{w: wage.w}\"},"                                                               \
    "\"given\":{\"questions\":[{\"as\":\"owner\",\"resource\":\"sj/owner\",\"key\":\"input.code\",\"kind\":\"company\",\"fields\":[\"good\"]}],"  \
    "\"facts\":\"{good: owner.good}\"},"                                                                                                \
    "\"else\":{\"questions\":[],\"facts\":\"{w: 0}\"},\"wrong\":{\"questions\":[],\"facts\":\"7\"}}}"

static int
open_hands(void **state)
{
    struct hands *h = mem_new(1, sizeof(*h));

    hands_open(h, kind);
    hands_register(h, office_json(&h->office, TEXTS), office_json(&h->office, CHECKS));
    h->registers = office_json(&h->office, "{\"ga/household\":{\"" APPLICANT "\":{\"birth_date\":\"1990-03-07\"}},\"sj/name\":{\"半亩方塘\":{\"owner\":\"o-1\"}},"
                                           "\"sj/owner\":{\"o-1\":{\"good\":true}},\"rs/wage-base\":{\"990100\":{\"w\":7000}}}");
    *state = h;
    return 0;
}

#define CHECKED(purpose)                                                                                                              \
    MODEL(START FLOW("f1", "s", "do") "<serviceTask id='do'><extensionElements><gov:job type='exchange.check' retries='2'/>"            \
          INPUT("purpose", "=\"" purpose "\"") INPUT("as", "=\"facts\"") "</extensionElements></serviceTask>" FLOW("f2", "do", "wait")   \
          "<userTask id='wait'/>" FLOW("f3", "wait", "e") END)

/* What the process knows of it. */
static const char *
facts(struct hands *h)
{
    int64_t id = hands_int(h, "SELECT MAX(id) FROM process_instance");
    struct instance i;
    struct str text = STR("");
    struct err err;

    assert_int_equal(runtime_instance(conduct_runtime(h->office.conduct), &h->office.fixture.db, h->office.arena, id, &i, &err), RC_OK);
    const struct json *found = instance_variable(&i, 1, STR("facts"));
    assert_int_equal(found == NULL ? RC_OK : json_canonical(h->office.arena, found, &text, &err), RC_OK);
    return str_c(h->office.arena, text);
}

static void
records_become_facts_one_after_the_other(void **state)
{
    struct hands *h = *state;
    struct str no = hands_case(h, CHECKED("shop"));

    assert_int_equal(hands_work(h), 0);
    assert_string_equal(facts(h), "{\"big\":false,\"born\":\"1990-03-07\",\"found\":true,\"good\":true,\"today\":\"2026-06-01\"}");
    assert_int_equal(h->asked, 3);
    assert_true(str_eq(h->last_case, no));
    assert_true(str_eq(h->last_item, STR(OFFICE_ITEM)));
    assert_true(str_eq(h->last_basis, STR("国务院令第716号第七条")));
    assert_true(str_eq(h->last_subject, h->office.applicant.subject));
    const struct json *told = json_get(hands_seen(h, no, &h->office.applicant, "zh"), "errands")->first;
    assert_true(str_eq(json_str(told, "text"), STR("3 项")));
    const struct json *asked = json_path(json_get(hands_seen(h, no, &h->office.market, "zh"), "errands")->first, "data.asked");
    assert_int_equal(asked->count, 3);
    assert_true(str_eq(json_str(asked->first, "resource"), STR("ga/household")));
    assert_null(json_get(asked->first, "birth_date")); /* what was read stands with the process alone */
}

static void
where_there_is_no_record_the_facts_say_so_and_nobody_is_asked_by_nothing(void **state)
{
    struct hands *h = *state;

    h->registers = office_json(&h->office, "{}");
    (void)hands_case(h, CHECKED("shop"));
    assert_int_equal(hands_work(h), 0);
    assert_string_equal(facts(h), "{\"big\":false,\"born\":null,\"found\":false,\"good\":null,\"today\":\"2026-06-01\"}");
    assert_int_equal(h->asked, 2); /* the owner's code would have come from the shop's record */
}

static void
a_node_may_ask_something_else_under_its_own_item_and_basis(void **state)
{
    struct hands *h = *state;

    (void)hands_case(h, CHECKED("else"));
    assert_int_equal(hands_work(h), 0);
    assert_string_equal(facts(h), "{\"w\":7000}");
    assert_true(str_eq(h->last_item, STR("i-9")));
    assert_true(str_eq(h->last_basis, STR("b-9")));
}

static void
what_the_job_was_given_may_be_asked_by(void **state)
{
    struct hands *h = *state;

    (void)hands_case(h, ASKS("exchange.check", INPUT("purpose", "=\"given\"") INPUT("as", "=\"facts\"") INPUT("code", "=\"o-1\"")));
    assert_int_equal(hands_work(h), 0);
    assert_int_equal(h->asked, 1);
    const struct json *asked = json_path(json_get(hands_seen(h, h->last_case, &h->office.market, "zh"), "errands")->first, "data.asked");
    assert_true(json_true(asked->first, "found"));
}

static void
a_source_that_is_silent_is_asked_again_later(void **state)
{
    static const struct {
        enum rc rc;
        const char *problem;
    } cases[] = {{RC_TIMEOUT, "source-silent"}, {RC_IO, "source-down"}, {RC_BUSY, "quota-exhausted"}, {RC_PEER, "answer-invalid"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hands *h = *state;
        h->asks_fail = cases[i].rc;
        h->problem = cases[i].problem;
        (void)hands_case(h, CHECKED("shop"));
        assert_int_equal(hands_work(h), 1);
        assert_string_equal(facts(h), "");
        assert_int_equal(hands_incidents(h), 0);
        h->asks_fail = RC_OK;
        office_days(&h->office, 1);
        assert_int_equal(hands_work(h), 0);
        assert_true(strstr(facts(h), "1990-03-07") != NULL);
        if (i + 1 < sizeof(cases) / sizeof(cases[0])) {
            (void)hands_take_down(state);
            (void)open_hands(state);
        }
    }
}

static void
a_refusal_is_an_incident_with_its_reason(void **state)
{
    static const struct {
        enum rc rc;
        const char *problem;
    } cases[] = {{RC_DENIED, "purpose-not-covered"}, {RC_NOT_FOUND, "resource-unknown"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hands *h = *state;
        h->asks_fail = cases[i].rc;
        h->problem = cases[i].problem;
        (void)hands_case(h, CHECKED("shop"));
        assert_int_equal(hands_work(h), 1);
        assert_true(strstr(h->err.text, cases[i].problem) != NULL);
        assert_int_equal(hands_incidents(h), 1);
        assert_int_equal(hands_int(h, "SELECT COUNT(*) FROM errand"), 0);
        (void)hands_take_down(state);
        (void)open_hands(state);
    }
}

static void
what_cannot_be_asked_is_an_incident(void **state)
{
    static const struct {
        const char *model, *why;
    } cases[] = {
        {CHECKED("nothing-of-the-kind"), "nobody has written down"},
        {CHECKED("wrong"), "gives no facts"},
        {MODEL(START FLOW("f1", "s", "do") "<serviceTask id='do'><extensionElements><gov:job type='exchange.check'/></extensionElements></serviceTask>" FLOW("f2", "do", "e") END),
         "nobody has written down"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hands *h = *state;
        (void)hands_case(h, cases[i].model);
        assert_int_equal(hands_work(h), 1);
        assert_true(strstr(h->err.text, cases[i].why) != NULL);
        assert_int_equal(hands_incidents(h), 1);
        (void)hands_take_down(state);
        (void)open_hands(state);
    }
}

static void
what_runs_for_another_node_is_asked_about_as_well(void **state)
{
    struct hands *h = *state;
    const char *variables = str_c(h->office.arena, str_fmt(h->office.arena, "{\"applicant\":{\"id\":\"%.*s\",\"kind\":\"person\"},\"item\":\"i-7\"}",
                                                           STR_ARG(h->office.applicant.subject)));

    hands_begin(h, CHECKED("shop"), "yunlan-7", variables);
    assert_int_equal(hands_work(h), 0);
    assert_true(strstr(facts(h), "1990-03-07") != NULL);
    assert_true(str_eq(h->last_case, STR("yunlan-7")));
    assert_true(str_eq(h->last_item, STR("i-7")));
    assert_int_equal(hands_int(h, "SELECT COUNT(*) FROM errand WHERE case_no = 'yunlan-7'"), 1);
}

static void
an_applicant_who_is_gone_is_not_asked_about(void **state)
{
    struct hands *h = *state;

    hands_begin(h, CHECKED("shop"), "yunlan-7", "{\"applicant\":{\"id\":\"p-gone\",\"kind\":\"person\"}}");
    assert_int_equal(hands_work(h), 1);
    assert_true(strstr(h->err.text, "does not know the applicant") != NULL);
    assert_int_equal(h->asked, 0);
    assert_int_equal(hands_incidents(h), 1);
}

static void
checks_that_are_none_are_refused(void **state)
{
    struct hands *h = *state;
#define QUESTION(as, key) "{\"as\":\"" as "\",\"resource\":\"r\",\"key\":\"" key "\",\"kind\":\"person\",\"fields\":[\"f\"]}"
#define CHECK_OF(questions, facts) "{\"checks\":{\"c\":{\"questions\":[" questions "],\"facts\":\"" facts "\"}}}"
#define FOUR QUESTION("a", "applicant") "," QUESTION("b", "applicant") "," QUESTION("c", "applicant") "," QUESTION("d", "applicant")
    static const struct {
        const char *document;
        enum rc rc;
    } cases[] = {
        {CHECK_OF(QUESTION("a", "applicant"), "{x: a.f}"), RC_OK},
        {CHECK_OF(FOUR "," FOUR, "{x: a.f}"), RC_OK},
        {CHECK_OF(FOUR "," FOUR "," QUESTION("e", "applicant"), "{x: a.f}"), RC_INVALID},
        {CHECK_OF(QUESTION("", "applicant"), "{x: 1}"), RC_INVALID},
        {CHECK_OF(QUESTION("a", ""), "{x: 1}"), RC_INVALID},
        {CHECK_OF(QUESTION("a", "applicant"), "{x: "), RC_INVALID},
        {CHECK_OF(QUESTION("a", "applicant"), ""), RC_INVALID},
        {"{\"checks\":{\"c\":{\"facts\":\"{}\"}}}", RC_INVALID},
        {"{\"checks\":[]}", RC_INVALID},
        {"{}", RC_INVALID},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct chore_config config = {.work = &h->office.work, .texts = office_json(&h->office, TEXTS),
                                            .checks = office_json(&h->office, cases[i].document)};
        struct chores *c = NULL;
        struct err err;
        enum rc rc = chores_open(&config, &c, &err);
        if (rc != cases[i].rc) {
            print_message("%s\n", cases[i].document);
        }
        assert_int_equal(rc, cases[i].rc);
        chores_close(rc == RC_OK ? c : NULL);
    }
}

/* Whoever mends what was wrong has the job tried again. */
static void
retry(struct hands *h, struct arena *a)
{
    const struct command k = {.kind = COMMAND_RETRY, .attempt = -1,
                              .token = hands_int(h, "SELECT MAX(id) FROM process_token WHERE kind = 'incident'")};
    const struct runtime_request q = {.instance = hands_int(h, "SELECT MAX(id) FROM process_instance"), .command = &k, .actor = STR("officer:o"),
                                      .now_us = h->office.now_us};
    struct runtime_result out;
    struct err err;

    assert_int_equal(runtime_do(conduct_runtime(h->office.conduct), &h->office.fixture.db, a, &q, &out, &err), RC_OK);
}

static void
running_out_of_room_anywhere_writes_nothing_and_can_be_tried_again(void **state)
{
    struct hands *h = *state;
    int64_t done = 0, failures = 0;

    (void)hands_case(h, CHECKED("shop"));
    for (size_t n = 1; done == 0 && n < 20000; n += 5) {
        struct arena *a = arena_new(64 << 20);
        bool more;
        int failed = 0;
        arena_fail_at(a, n);
        (void)!conduct_work_slow(h->office.conduct, &h->office.fixture.db, a, STR("slow"), h->office.now_us, &more, &failed, &h->err);
        arena_fail_at(a, 0);
        done = hands_int(h, "SELECT COUNT(*) FROM errand");
        assert_true(done == 0 || strlen(facts(h)) > 0);
        if (hands_incidents(h) > 0) {
            failures++;
            retry(h, a);
        } else if (done == 0) {
            office_days(&h->office, 1); /* the lease that nobody gave back ends */
            office_turn(&h->office);
            office_days(&h->office, 1);
        }
        arena_free(a);
    }
    assert_int_equal(done, 1);
    assert_true(failures > 10);
}

/* --- what the city asks ------------------------------------------------------------------------------------------------------ */

static bool
has_all(const struct json *names, const struct json *wanted)
{
    for (const struct json *w = wanted->first; w != NULL; w = w->next) {
        const struct json *n = names->first;
        while (n != NULL && !str_eq(json_is(n, JSON_OBJECT) ? json_str(n, "name") : n->text, w->text)) {
            n = n->next;
        }
        if (n == NULL) {
            return false;
        }
    }
    return true;
}

static bool
is_granted(const struct json *grants, const struct json *q, const char *consumer, struct str item, struct str basis)
{
    for (const struct json *g = grants->first; g != NULL; g = g->next) {
        if (str_eq(json_str(g, "resource"), json_str(q, "resource")) && str_eq(json_str(g, "consumer"), str_of(consumer)) &&
            str_eq(json_str(g, "item"), item) && str_eq(json_str(g, "basis"), basis) && !json_true(g, "used_up") &&
            has_all(json_get(g, "fields"), json_get(q, "fields"))) {
            return true;
        }
    }
    return false;
}

static const struct json *
named(const struct json *list, const char *member, struct str value)
{
    const struct json *one = list->first;

    while (one != NULL && !str_eq(json_str(one, member), value)) {
        one = one->next;
    }
    return one;
}

/* Every question is of a resource that the catalogue has, for elements that it has, under a grant for the purpose of the item. */
static void
check_questions(struct hands *h, const struct json *check, const char *consumer, struct str item, struct str basis)
{
    const struct json *resources = json_get(hands_document(h, "demo/catalogue.json"), "resources"), *grants = json_get(hands_document(h, "demo/grants.json"), "grants");

    for (const struct json *q = json_get(check, "questions")->first; q != NULL; q = q->next) {
        const struct json *r = named(resources, "code", json_str(q, "resource"));
        bool is_there = r != NULL && str_eq(json_str(r, "key_kind"), json_str(q, "kind")) && has_all(json_get(r, "elements"), json_get(q, "fields"));
        if (!is_there || !is_granted(grants, q, consumer, item, basis)) {
            print_message("%.*s for %.*s: %.*s\n", STR_ARG(check->key), STR_ARG(item), STR_ARG(json_str(q, "resource")));
        }
        assert_true(is_there && is_granted(grants, q, consumer, item, basis));
    }
}

/* Whose own model asks for that check. */
static bool
asks_for(struct hands *h, const struct json *item, struct str purpose)
{
    struct str key = json_str(json_get(item, "process"), "key");
    const struct asset *model = asset_find(str_fmt(h->office.arena, "demo/processes/%.*s.bpmn", STR_ARG(key)));

    return model != NULL && str_has(asset_text(model), str_fmt(h->office.arena, "name=\"purpose\" value='=\"%.*s\"'", STR_ARG(purpose)));
}

static void
whatever_the_city_asks_is_granted_to_it(void **state)
{
    struct hands *h = *state;
    int asked = 0;

    for (const struct json *check = json_get(hands_document(h, "demo/checks.json"), "checks")->first; check != NULL; check = check->next) {
        if (json_str(check, "item").len > 0) {
            check_questions(h, check, "haichuan", json_str(check, "item"), json_str(check, "basis"));
            continue;
        }
        for (size_t i = 0; i < asset_table_count; i++) {
            const char *path = asset_table[i].path;
            const struct json *item = str_starts(str_of(path), STR("demo/items/")) ? hands_document(h, path) : NULL;
            if (item != NULL && asks_for(h, item, check->key)) {
                check_questions(h, check, "yunxi", json_str(item, "code"), json_str(item, "exchange_basis"));
                asked++;
            }
        }
    }
    assert_true(asked >= 25);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    static const struct CMUnitTest tests[] = {
#define TEST_OF(test) cmocka_unit_test_setup_teardown(test, open_hands, hands_take_down)
        TEST_OF(records_become_facts_one_after_the_other),
        TEST_OF(where_there_is_no_record_the_facts_say_so_and_nobody_is_asked_by_nothing),
        TEST_OF(a_node_may_ask_something_else_under_its_own_item_and_basis),
        TEST_OF(what_the_job_was_given_may_be_asked_by),
        TEST_OF(a_source_that_is_silent_is_asked_again_later),
        TEST_OF(a_refusal_is_an_incident_with_its_reason),
        TEST_OF(what_cannot_be_asked_is_an_incident),
        TEST_OF(what_runs_for_another_node_is_asked_about_as_well),
        TEST_OF(an_applicant_who_is_gone_is_not_asked_about),
        TEST_OF(checks_that_are_none_are_refused),
        TEST_OF(whatever_the_city_asks_is_granted_to_it),
        TEST_OF(running_out_of_room_anywhere_writes_nothing_and_can_be_tried_again),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "checks on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "checks on PostgreSQL");
    }
    return failed;
}
