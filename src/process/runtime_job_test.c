/*
 * Jobs and their leases: one worker at a time, numbers that fence off who was too late, tries that become fewer.
 */
#include "process/test_runtime.h"

static const char *const print_xml = AROUND("<serviceTask id='a'>" GOV("<gov:job type='print'/><gov:input name='who' value='=owner'/>")
                                            "</serviceTask>");

static int64_t
with_job(struct works *w)
{
    if (w->count == 0) {
        works_add(w, "print", 1, print_xml);
    }
    return works_start(w, "print", "{'command':'start','variables':{'owner':'张三'}}");
}

/* How many jobs the owner gets, the first of them into *out. */
static size_t
lease(struct works *w, const char *owner, size_t most, struct runtime_job *out)
{
    const struct runtime_wish wish = {.type = STR("print"), .owner = str_of(owner), .lease_us = 60 * SECOND_US, .most = most,
                                      .now_us = w->now_us};
    struct runtime_job *jobs = NULL;
    size_t count = 0;
    struct err err;

    if (runtime_job_lease(w->r, &w->house.fixture.db, w->house.arena, &wish, &jobs, &count, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    if (count > 0) {
        *out = jobs[0];
    }
    return count;
}

static enum rc
complete(struct works *w, const struct runtime_job *j, struct err *err)
{
    const struct command c = {.kind = COMMAND_COMPLETE, .token = j->token, .attempt = j->attempt};
    const struct runtime_request q = {.instance = j->instance, .command = &c, .actor = STR("worker"), .now_us = w->now_us};
    struct runtime_result out;

    return runtime_do(w->r, &w->house.fixture.db, w->house.arena, &q, &out, err);
}

static enum rc
try_fail(struct works *w, const struct runtime_job *j, bool is_permanent, bool *is_incident, struct err *err)
{
    const struct runtime_failure f = {.reason = STR("no paper"), .is_permanent = is_permanent, .actor = STR("worker"), .now_us = w->now_us};

    return runtime_job_failed(w->r, &w->house.fixture.db, w->house.arena, j, &f, is_incident, err);
}

/* It must go well.  Whether there is an incident now. */
static bool
failed(struct works *w, const struct runtime_job *j, bool is_permanent)
{
    bool is_incident;
    struct err err;

    if (try_fail(w, j, is_permanent, &is_incident, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return is_incident;
}

static const struct json *
incidents(struct works *w)
{
    struct json *list = NULL;
    struct err err;

    if (runtime_incidents(w->r, &w->house.fixture.db, w->house.arena, 0, 0, 10, &list, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return list;
}

static void
a_job_is_given_to_one_worker_with_what_it_needs(void **state)
{
    struct works *w = *state;
    int64_t id = with_job(w);
    struct runtime_job j, none;
    struct err err;

    assert_int_equal(lease(w, "ann", 5, &j), 1);
    assert_int_equal(j.instance, id);
    assert_true(str_eq(json_str(j.data, "who"), STR("张三")));
    assert_true(str_eq(j.element, STR("a")) && str_eq(j.business_key, STR("case-7")) && str_eq(j.process, STR("print")));
    assert_int_equal(lease(w, "ben", 5, &none), 0);
    assert_int_equal(complete(w, &j, &err), RC_OK);
    assert_true(str_eq(works_state(w, id), STR("completed")));
    assert_refused(complete(w, &j, &refused_), RC_CONFLICT, "instance-over");
}

static void
jobs_are_given_in_the_order_in_which_they_became_ripe(void **state)
{
    struct works *w = *state;
    struct runtime_job j;
    int64_t first;

    w->now_us += 1000;
    first = with_job(w);
    w->now_us -= 500;
    (void)with_job(w);
    w->now_us += 1000;
    (void)with_job(w);
    assert_int_equal(lease(w, "ann", 1, &j), 1);
    assert_int_equal(j.instance, first + 1);
    assert_int_equal(lease(w, "ann", 9, &j), 2);
    assert_int_equal(j.instance, first);
}

static void
whoever_lost_a_lease_during_the_work_is_refused(void **state)
{
    struct works *w = *state;
    struct runtime_job late, j;
    struct err err;
    bool is_incident;

    (void)with_job(w);
    assert_int_equal(lease(w, "ann", 1, &late), 1);
    w->now_us += 61 * SECOND_US;
    works_turns(w);
    assert_refused(complete(w, &late, &refused_), RC_CONFLICT, "attempt-old");
    assert_refused(try_fail(w, &late, false, &is_incident, &refused_), RC_CONFLICT, "lease-lost");
    w->now_us += 60 * SECOND_US;
    assert_int_equal(lease(w, "ben", 1, &j), 1);
    assert_int_equal(j.tries, 1);
    assert_true(j.attempt > late.attempt);
    assert_refused(complete(w, &late, &refused_), RC_CONFLICT, "attempt-old");
    assert_int_equal(complete(w, &j, &err), RC_OK);
}

static void
a_worker_that_is_late_but_not_replaced_may_still_complete(void **state)
{
    struct works *w = *state;
    struct runtime_job j;
    struct err err;

    (void)with_job(w);
    assert_int_equal(lease(w, "ann", 1, &j), 1);
    w->now_us += 61 * SECOND_US;
    assert_int_equal(complete(w, &j, &err), RC_OK);
}

static void
whoever_says_that_he_is_at_work_keeps_the_lease(void **state)
{
    struct works *w = *state;
    const struct db *db = &w->house.fixture.db;
    struct runtime_job j;
    struct err err;

    (void)with_job(w);
    assert_int_equal(lease(w, "ann", 1, &j), 1);
    w->now_us += 50 * SECOND_US;
    assert_int_equal(runtime_job_extend(w->r, db, &j, STR("ann"), w->now_us + 60 * SECOND_US, w->now_us, &err), RC_OK);
    assert_refused(runtime_job_extend(w->r, db, &j, STR("ben"), w->now_us + 60 * SECOND_US, w->now_us, &refused_), RC_CONFLICT, "lease-lost");
    assert_int_equal(runtime_job_extend(w->r, db, &j, STR("ann"), w->now_us + 601 * SECOND_US, w->now_us, &err), RC_INVALID);
    w->now_us += 50 * SECOND_US;
    works_turns(w);
    assert_int_equal(complete(w, &j, &err), RC_OK);
}

/* Waits of 60 and 240 seconds, then a person is asked; who has mended the cause gives it its tries again. */
static void
what_fails_is_tried_later_and_later_and_then_is_an_incident(void **state)
{
    struct works *w = *state;
    int64_t id = with_job(w), token = works_token(w, id, "a").id;
    struct runtime_job j;

    for (int64_t wait_us = 60 * SECOND_US, n = 0; n < 2; n++, wait_us *= 4) {
        assert_int_equal(lease(w, "ann", 1, &j), 1);
        assert_int_equal(j.tries, n);
        assert_false(failed(w, &j, false));
        w->now_us += wait_us - 1;
        assert_int_equal(lease(w, "ann", 1, &j), 0);
        w->now_us += 1;
    }
    assert_int_equal(lease(w, "ann", 1, &j), 1);
    assert_true(failed(w, &j, false));
    assert_int_equal(incidents(w)->count, 1);
    assert_int_equal(json_int_or(incidents(w)->first, "token", 0), token);
    assert_int_equal(lease(w, "ann", 1, &j), 0);
    works_check_history(w, id);

    (void)works_do(w, id, str_fmt(w->house.arena, "{'command':'retry','token':%lld,'attempt':-1}", (long long)token).ptr);
    assert_int_equal(incidents(w)->count, 0);
    assert_int_equal(lease(w, "ann", 1, &j), 1);
    assert_int_equal(j.tries, 0);
}

static void
what_would_fail_again_is_an_incident_at_once(void **state)
{
    struct works *w = *state;
    struct runtime_job j;
    bool is_incident;

    (void)with_job(w);
    assert_int_equal(lease(w, "ann", 1, &j), 1);
    assert_true(failed(w, &j, true));
    assert_int_equal(incidents(w)->count, 1);
    assert_refused(try_fail(w, &j, true, &is_incident, &refused_), RC_CONFLICT, "lease-lost");
}

static void
a_lease_of_which_nothing_is_heard_counts_as_a_failure(void **state)
{
    struct works *w = *state;
    struct runtime_job j;

    (void)with_job(w);
    for (int n = 0; n < 3; n++) {
        assert_int_equal(lease(w, "ann", 1, &j), 1);
        assert_int_equal(j.tries, n);
        w->now_us += 60 * SECOND_US;
        works_turns(w);
        w->now_us += 3600 * SECOND_US;
    }
    assert_int_equal(incidents(w)->count, 1);
}

static void
a_worker_that_is_known_to_be_gone_holds_nothing_up(void **state)
{
    struct works *w = *state;
    struct runtime_job of_ann, of_ben, again;
    struct err err;

    (void)with_job(w);
    (void)with_job(w);
    assert_int_equal(lease(w, "ann", 1, &of_ann), 1);
    assert_int_equal(lease(w, "ben", 1, &of_ben), 1);
    assert_int_equal(runtime_job_end_leases(w->r, &w->house.fixture.db, STR("ann"), w->now_us, &err), RC_OK);
    works_turns(w); /* long before a lease ends by itself */
    assert_refused(complete(w, &of_ann, &refused_), RC_CONFLICT, "attempt-old");
    assert_int_equal(complete(w, &of_ben, &err), RC_OK);
    w->now_us += 3600 * SECOND_US;
    assert_int_equal(lease(w, "cleo", 5, &again), 1);
    assert_int_equal(again.instance, of_ann.instance);
    assert_int_equal(again.tries, 1);
}

static void
jobs_that_failed_together_are_not_tried_together(void **state)
{
    struct works *w = *state;
    struct runtime_job j;

    w->backoff.jitter_percent = 50;
    for (int n = 0; n < 10; n++) {
        (void)with_job(w);
    }
    for (int n = 0; n < 10; n++) {
        assert_int_equal(lease(w, "ann", 1, &j), 1);
        assert_false(failed(w, &j, false));
    }
    assert_int_equal(works_int(w, "SELECT COUNT(DISTINCT ripe_us) FROM process_token"), 10);
    assert_in_range(works_int(w, "SELECT MIN(ripe_us) FROM process_token") - w->now_us, 30 * SECOND_US, 60 * SECOND_US);
    assert_in_range(works_int(w, "SELECT MAX(ripe_us) FROM process_token") - w->now_us, 60 * SECOND_US, 90 * SECOND_US);
}

static void
who_is_suspended_has_no_work_and_loses_no_lease(void **state)
{
    struct works *w = *state;
    int64_t id = with_job(w);
    struct runtime_job j, none;
    struct err err;

    assert_int_equal(lease(w, "ann", 1, &j), 1);
    (void)works_do(w, id, "{'command':'suspend'}");
    w->now_us += 61 * SECOND_US;
    works_turns(w);
    assert_refused(complete(w, &j, &refused_), RC_CONFLICT, "instance-suspended");
    (void)works_do(w, id, "{'command':'resume'}");
    assert_int_equal(complete(w, &j, &err), RC_OK);

    id = with_job(w);
    (void)works_do(w, id, "{'command':'suspend'}");
    assert_int_equal(lease(w, "ann", 1, &none), 0);
    (void)works_do(w, id, "{'command':'resume'}");
    assert_int_equal(lease(w, "ann", 1, &none), 1);
}

/* A clock that is set back by a day would keep the lease for a day. */
static void
a_lease_from_a_clock_that_was_ahead_is_over(void **state)
{
    struct works *w = *state;
    struct runtime_job j;

    (void)with_job(w);
    assert_int_equal(lease(w, "ann", 1, &j), 1);
    w->now_us -= INT64_C(86400) * SECOND_US;
    works_turns(w);
    w->now_us += 61 * SECOND_US;
    assert_int_equal(lease(w, "ben", 1, &j), 1);
    assert_int_equal(j.tries, 1);
}

/* The rows of the instance cannot be read: then nothing is known of tries. */
static void
a_lost_lease_of_an_instance_that_cannot_be_read_is_an_incident(void **state)
{
    struct works *w = *state;
    int64_t id = with_job(w);
    struct runtime_job j;

    assert_int_equal(lease(w, "ann", 1, &j), 1);
    fixture_sql(&w->house.fixture, "UPDATE process_token SET flow = 'nowhere'");
    w->now_us += 61 * SECOND_US;
    works_turns(w);
    assert_int_equal(incidents(w)->count, 1);
    assert_true(str_eq(json_str(incidents(w)->first, "code"), STR("job-failed")));
    works_check_history(w, id);
}

static void
how_often_a_job_is_tried_is_read_from_data_and_from_its_model(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"tries\":8,\"first_seconds\":60,\"most_seconds\":21600,\"factor\":4}",
        "{\"tries\":0,\"first_seconds\":60,\"most_seconds\":21600,\"factor\":4,\"jitter_percent\":20}",
        "{\"tries\":8,\"first_seconds\":0,\"most_seconds\":21600,\"factor\":4,\"jitter_percent\":20}",
        "{\"tries\":8,\"first_seconds\":60,\"most_seconds\":59,\"factor\":4,\"jitter_percent\":20}",
        "{\"tries\":8,\"first_seconds\":60,\"most_seconds\":99999999,\"factor\":4,\"jitter_percent\":20}",
        "{\"tries\":8,\"first_seconds\":60,\"most_seconds\":21600,\"factor\":0,\"jitter_percent\":20}",
        "{\"tries\":8,\"first_seconds\":60,\"most_seconds\":21600,\"factor\":4,\"jitter_percent\":101}",
    };
    struct works *w = *state;
    const struct bpmn *m = NULL;
    struct bpmn_report report;
    struct runtime_backoff b = {.tries = 0}, untouched = b;
    struct err err;

    for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        assert_int_equal(runtime_backoff_read(house_json(&w->house, wrong[n]), &untouched, &err), RC_INVALID);
        assert_int_equal(untouched.tries, 0);
    }
    const char *right = "{\"tries\":8,\"first_seconds\":60,\"most_seconds\":21600,\"factor\":4,\"jitter_percent\":20}";
    assert_int_equal(runtime_backoff_read(house_json(&w->house, right), &b, &err), RC_OK);
    assert_true(b.tries == 8 && b.first_us == 60 * SECOND_US && b.most_us == 21600 * SECOND_US && b.factor == 4 && b.jitter_percent == 20);

    assert_int_equal(bpmn_try(w->models, MODEL(START FLOW("f1", "s", "a") "<serviceTask id='a'>" GOV("<gov:job type='t' retries='3'/>")
                                               "</serviceTask>" FLOW("f2", "a", "b") "<serviceTask id='b'>" GOV("<gov:job type='t'/>")
                                               "</serviceTask>" FLOW("f3", "b", "e") END),
                              &m, &report),
                     RC_OK);
    assert_int_equal(runtime_backoff_of(m, bpmn_find_element(m, STR("a")), &b).tries, 4); /* once, and three times again */
    assert_int_equal(runtime_backoff_of(m, bpmn_find_element(m, STR("b")), &b).tries, 8);
    assert_int_equal(runtime_backoff_of(m, bpmn_find_element(m, STR("a")), &b).factor, 4);
}

static void
a_wish_without_measure_is_refused(void **state)
{
    struct works *w = *state;
    const struct runtime_wish wrong[] = {
        {STR("print"), STR(""), SECOND_US, 1, w->now_us},          {STR("print"), STR("ann"), 0, 1, w->now_us},
        {STR("print"), STR("ann"), 601 * SECOND_US, 1, w->now_us}, {STR("print"), STR("ann"), SECOND_US, 0, w->now_us},
        {STR("print"), STR("ann"), SECOND_US, 101, w->now_us},
    };
    struct runtime_job *jobs;
    size_t count;
    struct err err;

    for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        assert_int_equal(runtime_job_lease(w->r, &w->house.fixture.db, w->house.arena, &wrong[n], &jobs, &count, &err), RC_INVALID);
    }
}

struct parking {
    int64_t instance, token;
};

static enum rc
park_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct parking *p = ctx;

    return runtime_job_park(tx, p->instance, p->token, err);
}

static void
a_parked_job_is_nobodys_until_it_is_told_how_it_ended(void **state)
{
    struct works *w = *state;
    struct parking p = {.instance = with_job(w)};
    struct runtime_job j = {.instance = p.instance};
    struct err err;

    p.token = j.token = works_token(w, p.instance, "a").id;
    assert_int_equal(store_write(&w->house.fixture.db, park_tx, &p, &err), RC_OK);
    w->now_us += INT64_C(1000) * 86400 * SECOND_US;
    assert_int_equal(lease(w, "worker", 1, &j), 0);
    works_turns(w);
    assert_int_equal(incidents(w)->count, 0);
    works_do(w, p.instance, "{'command':'suspend'}");
    works_do(w, p.instance, "{'command':'resume'}");
    assert_int_equal(lease(w, "worker", 1, &j), 0);
    assert_int_equal(complete(w, &j, &err), RC_OK);
    assert_true(str_eq(works_state(w, p.instance), STR("completed")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORKS_TEST(a_job_is_given_to_one_worker_with_what_it_needs),
        WORKS_TEST(jobs_are_given_in_the_order_in_which_they_became_ripe),
        WORKS_TEST(whoever_lost_a_lease_during_the_work_is_refused),
        WORKS_TEST(a_worker_that_is_late_but_not_replaced_may_still_complete),
        WORKS_TEST(whoever_says_that_he_is_at_work_keeps_the_lease),
        WORKS_TEST(what_fails_is_tried_later_and_later_and_then_is_an_incident),
        WORKS_TEST(what_would_fail_again_is_an_incident_at_once),
        WORKS_TEST(a_lease_of_which_nothing_is_heard_counts_as_a_failure),
        WORKS_TEST(a_worker_that_is_known_to_be_gone_holds_nothing_up),
        WORKS_TEST(jobs_that_failed_together_are_not_tried_together),
        WORKS_TEST(who_is_suspended_has_no_work_and_loses_no_lease),
        WORKS_TEST(a_lease_from_a_clock_that_was_ahead_is_over),
        WORKS_TEST(a_lost_lease_of_an_instance_that_cannot_be_read_is_an_incident),
        WORKS_TEST(how_often_a_job_is_tried_is_read_from_data_and_from_its_model),
        WORKS_TEST(a_wish_without_measure_is_refused),
        WORKS_TEST(a_parked_job_is_nobodys_until_it_is_told_how_it_ended),
    };

    return HOUSE_RUN(tests, "jobs");
}
