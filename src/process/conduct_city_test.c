/* The city's own processes in the hands of its offices: side by side, one refused while the others go on, and where nobody says anything. */
#include "process/test_conduct.h"

static const char *const keys[] = {"restaurant", "department-approval", "promise-approval", "supervision", "hearing", "testing", "expert-review"};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
static const char *const jobs[] = {"exchange.check",     "notice.send",      "certificate.issue",  "certificate.deliver",
                                   "supervision.push",   "certificate.flag", "supervision.result"};

static const char variables[] =
    "{'case_no':'case-7','item':'restaurant','region':'990100','channel':'online','applicant':{'id':'p-1','kind':'company'},'form':{},"
    "'lead_org':'" MARKET "','parts':[{'id':'1','item':'food','org':'" MARKET "','power':'XK-0131','certificate':true,'promised_days':9},"
    "{'id':'2','item':'sign','org':'" FIRE "','power':'XK-0307','certificate':true},"
    "{'id':'3','item':'fire','org':'" FIRE "','power':'XK-0308'}],"
    "'part':{'id':'1','item':'food','org':'" MARKET "','power':'XK-0131','promised_days':9}}";

static enum rc
do_nothing(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    (void)work, (void)db, (void)a, (void)ctx, (void)err;
    return RC_OK;
}

struct beginning {
    struct city *city;
    size_t first; /* of keys */
    struct conduct_result out;
};

static enum rc
begin_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct beginning *b = ctx;
    struct city *t = b->city;
    struct modelbook_bound bound[KEYS];
    const struct conduct_case what = {STR("case-7"), city_json(t, variables), STR("person:p-1"), t->now_us};
    struct conduct_plan plan = {bound, 0};

    for (size_t n = b->first; n < KEYS; n++) {
        bound[plan.bounds++] = (struct modelbook_bound){str_of(keys[n]), 1, str_of(keys[n])};
    }
    return conduct_start(t->c, tx, t->house.arena, &plan, &what, &b->out, err);
}

static int64_t
begin(struct city *t, size_t first)
{
    struct beginning b = {.city = t, .first = first};
    struct err err;

    for (size_t n = 0; n < KEYS; n++) {
        struct str path = str_fmt(t->models, "demo/processes/%s.bpmn", keys[n]);
        t->model[t->count++] = (struct city_model){keys[n], str_c(t->models, asset_text(asset_find(path))), NULL};
        if (city_load(t, NULL, str_of(keys[n]), 1, &err) != RC_OK) {
            fail_msg("%s: %s", keys[n], err.text);
        }
    }
    for (size_t n = 0; n < sizeof(jobs) / sizeof(jobs[0]); n++) {
        assert_int_equal(conduct_add_worker(t->c, str_of(jobs[n]), do_nothing, NULL, &err), RC_OK);
    }
    if (store_write(&t->house.fixture.db, begin_tx, &b, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return b.out.instance;
}

static void
work(struct city *t)
{
    struct arena *a = arena_new(32 << 20);
    bool more;
    int failed = 0;

    while (city_int(t, "SELECT COUNT(*) FROM process_token WHERE kind = 'job'") > 0) { /* one brings another */
        struct err err;
        if (conduct_work(t->c, &t->house.fixture.db, a, STR("node"), t->now_us, &more, &failed, &err) != RC_OK || failed > 0) {
            fail_msg("%s", err.text);
        }
    }
    arena_free(a);
}

/* What is said at an element of a part ("": of any). */
struct answer {
    const char *element, *part, *outcome;
};

static const struct answer *
answer_to(const struct answer *answers, size_t count, const struct work *w)
{
    for (size_t n = 0; n < count; n++) {
        if (str_eq(w->element, str_of(answers[n].element)) && (answers[n].part[0] == '\0' || str_eq(w->part, str_of(answers[n].part)))) {
            return &answers[n];
        }
    }
    fail_msg("nobody knows what to say at %.*s of part %.*s, %.*s %.*s", STR_ARG(w->element), STR_ARG(w->part), STR_ARG(w->org), STR_ARG(w->power));
    return NULL;
}

/* By whoever of the office may: of two, the one who has not done what a second person has to look at. */
static void
answer(struct city *t, const struct work *w, const struct answer *what)
{
    const char *const of_market[] = {"m1", "m2"}, *const of_fire[] = {"f1", "f2"};
    const char *const *who = str_eq(w->org, STR(MARKET)) ? of_market : of_fire;
    const struct conduct_deed set = {.instance = w->instance, .token = w->token, .outcome = str_of(what->outcome), .reason = STR("理由")};
    struct conduct_deed quiet = set;
    struct err err;
    enum rc rc = RC_DENIED;

    quiet.reason = STR("");
    for (size_t n = 0; n < 2 && rc == RC_DENIED; n++) {
        rc = city_try(t, who[n], "", DEED_COMPLETE, &set, &err);
    }
    rc = rc == RC_INVALID ? city_try(t, who[0], "", DEED_COMPLETE, &quiet, &err) : rc;
    if (rc != RC_OK) {
        fail_msg("%.*s: %s (%s)", STR_ARG(w->element), err.text, err.type);
    }
}

/* Until nobody has anything to do. */
static void
go_on(struct city *t, const struct answer *answers, size_t count)
{
    struct work *rows = arena_alloc(t->house.arena, WORK_OF_CASE_MAX, sizeof(*rows));
    size_t open = 1;

    for (int n = 0; open > 0; n++) {
        struct err err;
        assert_true(n < 100);
        work(t);
        assert_int_equal(city_turn(t), 0);
        assert_int_equal(work_rows(t->c, &t->house.fixture.db, NULL, t->house.arena, STR("case-7"), STR(""), rows, &open, &err), RC_OK);
        if (open > 0) {
            answer(t, &rows[0], answer_to(answers, count, &rows[0]));
        }
    }
}

static bool
was_told(const struct city *t, const char *what)
{
    return str_has(str_of(t->told), str_of(what));
}

static void
one_part_is_refused_while_the_others_are_granted(void **state)
{
    const struct answer answers[] = {{"accept", "", "accept"}, {"visit", "", "fit"},         {"examine", "", "support"}, {"decide", "2", "refuse"},
                                     {"decide", "", "grant"},  {"decide_on_promise", "3", "grant"},       {"claim", "", "claim"},     {"first_check", "", "in_order"},
                                     {"check_again", "", "in_order"}};
    struct city *t = *state;

    int64_t id = begin(t, 0);
    go_on(t, answers, sizeof(answers) / sizeof(answers[0]));
    assert_true(was_told(t, "mark:1:granted ") && was_told(t, "mark:2:refused ") && was_told(t, "mark:1:accepted "));
    assert_true(was_told(t, "decided:1:grant ") && was_told(t, "decided:2:refuse ") && was_told(t, "decided:3:grant "));
    assert_true(was_told(t, ":completed "));
    assert_int_equal(city_acts(t, ACT_DECIDE), 3);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state <> 'stopped'"), 0);
    /* What was promised for the part is the part's own. */
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE name = 'promised' AND value = 9 AND scope > 1 AND part = '1' AND org = '" MARKET "'"), 1);
    struct err err;
    assert_int_equal(runtime_history_check(&t->house.fixture.db, t->house.arena, id, &err), RC_OK);
}

static void
where_nobody_says_anything_for_five_days_it_is_accepted(void **state)
{
    struct city *t = *state;

    (void)begin(t, 1);
    city_days(t, 8);
    assert_int_equal(city_turn(t), 0);
    assert_int_equal(city_acts(t, ACT_DEEMED), 1);
    work(t);
    assert_non_null(city_row(t, "examine"));
    assert_true(was_told(t, "mark:1:accepted "));
    assert_int_equal(city_turn(t), 0);
    assert_int_equal(city_acts(t, ACT_DEEMED), 1);
}

static void
what_was_asked_for_in_time_is_no_silence_and_does_not_count(void **state)
{
    struct city *t = *state;

    (void)begin(t, 1);
    city_days(t, 1);
    CITY_DO(t, "m1", "accept", SUPPLEMENT, .reason = STR("缺件"), .fields = city_json(t, "[{'field':'lease','what':'租赁合同'}]"));
    city_days(t, 10);
    assert_int_equal(city_turn(t), 0);
    assert_non_null(city_row(t, "accept"));
    CITY_DO(t, "p-1", "accept", SUPPLY, .data = city_json(t, "{'lease':'合同'}"));
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE name = 'acceptance' AND state = 'running'"), 1);
    CITY_DO(t, "m1", "accept", COMPLETE, .outcome = STR("accept"));
    assert_int_equal(city_acts(t, ACT_DEEMED), 0);
}

static void
a_hearing_stops_the_clocks_of_its_part_alone(void **state)
{
    struct city *t = *state;

    (void)begin(t, 1);
    CITY_DO(t, "m1", "accept", COMPLETE, .outcome = STR("accept"));
    CITY_DO(t, "m1", "examine", COMPLETE, .outcome = STR("hear"), .reason = STR("涉及重大利益"));
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state = 'paused' AND reasons = 'hearing'"), 2);
    assert_int_equal(city_acts(t, ACT_CLOCK), 2);
}

static void
late_is_red_and_an_act(void **state)
{
    struct city *t = *state;

    (void)begin(t, 1);
    CITY_DO(t, "m1", "accept", COMPLETE, .outcome = STR("accept"));
    city_days(t, 60);
    assert_int_equal(city_turn(t), 0);
    assert_int_equal(city_acts(t, ACT_OVERDUE), 2); /* what was promised, and what the law says */
    assert_int_equal(city_turn(t), 0);
    assert_int_equal(city_acts(t, ACT_OVERDUE), 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(one_part_is_refused_while_the_others_are_granted),
        CITY_TEST(where_nobody_says_anything_for_five_days_it_is_accepted),
        CITY_TEST(what_was_asked_for_in_time_is_no_silence_and_does_not_count),
        CITY_TEST(a_hearing_stops_the_clocks_of_its_part_alone),
        CITY_TEST(late_is_red_and_an_act),
    };

    return HOUSE_RUN(tests, "conduct_city");
}
