/* Work that programs do: done once with what they write, tried again, given up, asked of rules. */
#include "process/test_conduct.h"

#define JOB(type, retries) CITY_GOV("<gov:job type='" type "' retries='" retries "'/><gov:input name='fee' value='=fee'/>")
#define MADE                                                                                                                          \
    MODEL(START FLOW("f1", "s", "make") "<serviceTask id='make'>" JOB("card.make", "2") "</serviceTask>"                               \
          "<boundaryEvent id='bad' attachedToRef='make'><errorEventDefinition errorRef='E'/></boundaryEvent>" FLOW("f3", "bad", "e2")   \
          "<endEvent id='e2'/>" FLOW("f2", "make", "e") "<endEvent id='e'/>")
#define RULED                                                                                                                         \
    MODEL(START FLOW("f1", "s", "ask") "<businessRuleTask id='ask' gov:result='yearly'>"                                                \
          CITY_GOV("<gov:rule key='=which' decision='年补贴'/><gov:input name='孩子' value='=children'/>") "</businessRuleTask>"          \
          FLOW("f2", "ask", "see") "<userTask id='see'/>" FLOW("f3", "see", "e") END)

struct maker {
    struct city *city;
    int times;              /* how often it was asked */
    enum rc rc[4];          /* what it comes to each time */
    const char *fails_with;
    bool finish_fails;
    int finished;
    struct str rule, given; /* of a rule that was asked */
};

static enum rc
finish(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct maker *m = ctx;
    const struct act act = {.kind = ACT_ISSUE, .at_us = event->now_us, .actor = event->actor, .org = STR(""), .case_no = STR("case-7"),
                            .subject = STR(""), .resource = STR("")};
    enum rc rc = conduct_act(m->city->c, tx, a, &act, NULL, err);

    m->finished++;
    return rc == RC_OK && m->finish_fails ? err_set(err, RC_FULL, "the certificate cannot be written") : rc;
}

static enum rc
make(struct conduct_work *work, const struct db *db, struct arena *a, void *ctx, struct err *err)
{
    struct maker *m = ctx;
    enum rc rc = m->rc[m->times++];

    (void)db;
    assert_true(json_int_or(work->job.data, "fee", 0) == 7);
    if (rc != RC_OK) {
        return err_set(err, rc, "the press stands still");
    }
    work->fails_with = str_of(m->fails_with);
    work->variables = json_object(a);
    work->finish = finish;
    work->finish_ctx = m;
    return RC_OK;
}

static int
work_all(struct city *t)
{
    struct arena *a = arena_new(32 << 20);
    bool more = true;
    int failed, all = 0;

    while (more) {
        struct err err;
        if (conduct_work(t->c, &t->house.fixture.db, a, STR("node"), t->now_us, &more, &failed, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
        all += failed;
    }
    arena_free(a);
    return all;
}

static struct maker
with_maker(struct city *t)
{
    return (struct maker){.city = t, .fails_with = ""};
}

static void
begin(struct city *t, struct maker *m)
{
    struct err err;

    assert_int_equal(conduct_add_worker(t->c, STR("card.make"), make, m, &err), RC_OK);
    (void)city_start(t, "made", MADE, "{'fee':7}");
}

static int64_t
incidents(struct city *t)
{
    return city_int(t, "SELECT COUNT(*) FROM process_token WHERE kind = 'incident'");
}

static void
a_job_is_done_once_with_what_its_worker_writes(void **state)
{
    struct city *t = *state;
    struct maker m = with_maker(t);

    begin(t, &m);
    assert_int_equal(work_all(t), 0);
    assert_int_equal(work_all(t), 0);
    assert_int_equal(m.times, 1);
    assert_int_equal(city_acts(t, ACT_ISSUE), 1);
    assert_string_equal(t->told, "ended::completed ");
}

static void
what_may_work_later_is_tried_again_as_often_as_the_model_says(void **state)
{
    struct city *t = *state;
    struct maker m = with_maker(t);

    m.rc[0] = m.rc[1] = m.rc[2] = RC_IO;
    begin(t, &m);
    assert_int_equal(work_all(t), 1);
    assert_int_equal(work_all(t), 0); /* not yet */
    assert_int_equal(m.times, 1);
    for (int n = 0; n < 4; n++) {
        city_days(t, 1);
        (void)work_all(t);
    }
    assert_int_equal(m.times, 3);
    assert_int_equal(incidents(t), 1);
}

static void
what_will_never_work_and_what_nobody_does_are_incidents_at_once(void **state)
{
    struct city *t = *state;
    struct maker m = with_maker(t);

    m.rc[0] = RC_DENIED;
    begin(t, &m);
    assert_int_equal(work_all(t), 1);
    assert_int_equal(incidents(t), 1);
    (void)city_start(t, "other", AROUND("<serviceTask id='a'>" JOB("unheard.of", "5") "</serviceTask>"), "{'fee':7}");
    assert_int_equal(work_all(t), 1);
    assert_int_equal(incidents(t), 2);
}

static bool
is_of_the_laboratory(void *ctx, struct str type)
{
    (void)ctx;
    return str_starts(type, STR("lab."));
}

static void
what_is_left_to_others_waits_for_them_unless_it_is_done_here(void **state)
{
    struct city *t = *state;
    struct maker m = with_maker(t);
    struct err err;

    conduct_leave(t->c, is_of_the_laboratory, NULL);
    (void)city_start(t, "left", AROUND("<serviceTask id='a'>" JOB("lab.blood", "5") "</serviceTask>"), "{'fee':7}");
    (void)city_start(t, "other", AROUND("<serviceTask id='a'>" JOB("unheard.of", "5") "</serviceTask>"), "{'fee':7}");
    assert_int_equal(work_all(t), 1);
    assert_int_equal(incidents(t), 1); /* of what is nobody's */
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM process_token WHERE kind = 'job' AND lease_us = 0"), 1);
    assert_int_equal(conduct_add_worker(t->c, STR("lab.blood"), make, &m, &err), RC_OK);
    assert_int_equal(work_all(t), 0);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM process_token WHERE kind = 'job'"), 0);
}

static void
an_error_that_the_process_catches_takes_its_way(void **state)
{
    struct city *t = *state;
    struct maker m = with_maker(t);

    m.fails_with = "e1";
    begin(t, &m);
    assert_int_equal(work_all(t), 0);
    assert_int_equal(incidents(t), 0);
    assert_string_equal(t->told, "ended::completed ");
}

static void
where_the_worker_cannot_write_nothing_has_happened(void **state)
{
    struct city *t = *state;
    struct maker m = with_maker(t);

    m.finish_fails = true;
    begin(t, &m);
    assert_int_equal(work_all(t), 1);
    assert_int_equal(city_acts(t, ACT_ISSUE), 0);
    assert_int_equal(incidents(t), 0);
    m.finish_fails = false;
    city_days(t, 1);
    assert_int_equal(work_all(t), 0);
    assert_int_equal(city_acts(t, ACT_ISSUE), 1);
    assert_int_equal(m.times, 2);
}

/* --- rules ------------------------------------------------------------------------------------------------------------------------- */

struct adviser {
    struct counsel counsel; /* first */
    struct city *city;
    int asked, kept;
};

static enum rc
advise(const struct counsel *c, const struct db *db, struct arena *a, const struct counsel_question *q, struct counsel_answer *out,
       struct err *err)
{
    struct adviser *d = (struct adviser *)(uintptr_t)c;

    (void)db;
    d->asked++;
    if (!str_eq(q->rule, STR("childcare"))) {
        return err_problem(err, RC_NOT_FOUND, "no-rule-in-force", "no rule %.*s", STR_ARG(q->rule));
    }
    assert_true(str_eq(q->decision, STR("年补贴")));
    assert_true(json_int_or(q->inputs, "孩子", 0) == 2);
    *out = (struct counsel_answer){.rule = q->rule, .decision = q->decision, .version = 1, .inputs = q->inputs, .result = json_int(a, 7200),
                                   .reasons = json_object(a)};
    return RC_OK;
}

static enum rc
keep(const struct counsel *c, struct tx *tx, struct arena *a, const struct counsel_answer *answer, struct str case_no, struct str subject,
     int64_t act, int64_t now_us, struct err *err)
{
    (void)tx, (void)a, (void)act, (void)now_us, (void)err;
    assert_true(str_eq(case_no, STR("case-7")) && str_eq(subject, STR("p-1")) && answer->version == 1);
    ((struct adviser *)(uintptr_t)c)->kept++;
    return RC_OK;
}

static void
a_rule_is_asked_and_its_explanation_kept_with_the_case(void **state)
{
    struct city *t = *state;
    struct adviser adviser = {.counsel = {advise, keep}, .city = t};
    struct instance i;
    struct err err;

    t->config.counsel = &adviser.counsel;
    conduct_close(t->c);
    assert_int_equal(conduct_open(&t->config, &t->c, &err), RC_OK);
    int64_t id = city_start(t, "ruled", RULED, "{'applicant':{'id':'p-1'},'which':'childcare','children':2}");
    assert_int_equal(work_all(t), 0);
    assert_int_equal(runtime_instance(conduct_runtime(t->c), &t->house.fixture.db, t->house.arena, id, &i, &err), RC_OK);
    assert_int_equal(json_int_or(i.scope[0].variables, "yearly", 0), 7200);
    assert_int_equal(adviser.asked, 1);
    assert_int_equal(adviser.kept, 1);
    (void)city_start(t, "ruled", RULED, "{'which':'no such','children':2}");
    assert_int_equal(work_all(t), 1);
    assert_int_equal(incidents(t), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(a_job_is_done_once_with_what_its_worker_writes),
        CITY_TEST(what_may_work_later_is_tried_again_as_often_as_the_model_says),
        CITY_TEST(what_will_never_work_and_what_nobody_does_are_incidents_at_once),
        CITY_TEST(what_is_left_to_others_waits_for_them_unless_it_is_done_here),
        CITY_TEST(an_error_that_the_process_catches_takes_its_way),
        CITY_TEST(where_the_worker_cannot_write_nothing_has_happened),
        CITY_TEST(a_rule_is_asked_and_its_explanation_kept_with_the_case),
    };

    return HOUSE_RUN(tests, "conduct_job");
}
