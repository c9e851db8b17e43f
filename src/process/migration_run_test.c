/* Plans proposed and consented to, tried on all open cases, and done to them one by one; and the way back. */
#include "process/test_migration.h"

#define DATA "{'command':'start','variables':{'fee':100,'owner':'张三'}}"

/* Cases in different places: receive; decide and print; print alone, decide waits at the join; the message. */
enum { PLACES = 4 };

static void
walk_to(struct moving_works *m, int64_t instance, int place)
{
    static const char *const ways[] = {"receive", "decide", "print"};

    for (int n = 0; n < place; n++) {
        (void)works_complete(&m->w, instance, ways[n]);
    }
}

static int64_t
started(struct moving_works *m, int place)
{
    int64_t instance = works_start(&m->w, "permit", DATA);

    walk_to(m, instance, place);
    return instance;
}

static struct err refused;

#define assert_kept_from(call, code, problem)                                                                    \
    do {                                                                                                        \
        enum rc rc_ = (call);                                                                                   \
        if (rc_ != (code) || !str_eq(str_of(refused.type), str_of(problem))) {                                   \
            fail_msg("%s, not %s", rc_ == RC_OK ? "done" : refused.type[0] != '\0' ? refused.type : refused.text, problem); \
        }                                                                                                       \
    } while (false)

/* --- two persons --------------------------------------------------------------------------------------------------- */

static void
a_plan_needs_two_persons_and_leaves_an_act_for_each(void **state)
{
    struct moving_works *m = *state;
    struct identity stranger = rules_officer("o-eve", "119901000000000355", "P1"), powerless = rules_officer("o-bob", RULES_ORG, "P2");
    int64_t number = 0, other = 0;
    struct migration_page p;
    struct err err;

    assert_kept_from(moving_propose(m, PERMIT_PLAN, &stranger, &other, &refused), RC_DENIED, "rule-of-others");
    assert_kept_from(moving_propose(m, PERMIT_PLAN, &powerless, &other, &refused), RC_DENIED, "power-missing");
    assert_int_equal(moving_propose(m, PERMIT_PLAN, &m->ann, &number, &err), RC_OK);
    p = moving_page(m, number, 0, 10);
    assert_kept_from(migration_move(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &refused), RC_CONFLICT, "not-consented");
    assert_kept_from(moving_settle(m, number, &m->ann, MIGRATION_CONSENTED, &refused), RC_DENIED, "same-person");
    assert_kept_from(moving_settle(m, number, &m->ben, MIGRATION_WITHDRAWN, &refused), RC_DENIED, "other-person");
    assert_kept_from(moving_settle(m, number, &powerless, MIGRATION_CONSENTED, &refused), RC_DENIED, "power-missing");
    assert_kept_from(moving_settle(m, number + 1, &m->ben, MIGRATION_CONSENTED, &refused), RC_NOT_FOUND, "no-such-migration");
    assert_int_equal(moving_settle(m, number, &m->ben, MIGRATION_CONSENTED, &err), RC_OK);
    assert_kept_from(moving_settle(m, number, &m->ben, MIGRATION_REJECTED, &refused), RC_CONFLICT, "migration-settled");
    assert_kept_from(migration_move(&m->office, &m->w.house.fixture.db, m->w.house.arena, &(struct migration_page){.number = number, .model = &m->model,
                   .who = &powerless, .most = 10}, &refused), RC_DENIED, "power-missing");
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM act WHERE resource = 'process:permit' AND kind IN (20, 16)"), 3);
}

static void
what_was_sent_back_or_withdrawn_moves_nothing(void **state)
{
    struct moving_works *m = *state;
    const enum migration_state verdicts[] = {MIGRATION_REJECTED, MIGRATION_WITHDRAWN};

    (void)started(m, 1);
    for (size_t n = 0; n < 2; n++) {
        int64_t number = 0;
        struct migration_page p;
        struct migration_row row;
        struct err err;
        assert_int_equal(moving_propose(m, PERMIT_PLAN, &m->ann, &number, &err), RC_OK);
        assert_int_equal(moving_settle(m, number, n == 0 ? &m->ben : &m->ann, verdicts[n], &err), RC_OK);
        assert_int_equal(migration_get(&m->w.house.fixture.db, m->w.house.arena, m->model.id, number, &row, &err), RC_OK);
        assert_true(row.state == verdicts[n]);
        p = moving_page(m, number, 0, 10);
        assert_kept_from(migration_move(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &refused), RC_CONFLICT, "not-consented");
    }
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM process_instance WHERE version = 1"), 1);
}

static void
a_verdict_is_on_the_plan_that_was_looked_at(void **state)
{
    struct moving_works *m = *state;
    struct migration_settling s = {.verdict = MIGRATION_CONSENTED, .reason = STR(""), .sha256 = STR("0000"), .now_us = m->w.now_us};
    int64_t consented = -1;
    struct migration_row row;
    struct err err;

    assert_int_equal(moving_propose(m, PERMIT_PLAN, &m->ann, &s.number, &err), RC_OK);
    assert_kept_from(migration_settle(&m->w.house.fixture.db, m->w.house.arena, &m->model, &m->ben, &s, &refused), RC_CONFLICT, "migration-settled");
    assert_int_equal(migration_get(&m->w.house.fixture.db, m->w.house.arena, m->model.id, s.number, &row, &err), RC_OK);
    assert_int_equal(migration_consented(&m->w.house.fixture.db, m->model.id, row.sha256, &consented, &err), RC_OK);
    assert_int_equal(consented, 0);
    assert_int_equal(moving_settle(m, s.number, &m->ben, MIGRATION_CONSENTED, &err), RC_OK);
    assert_int_equal(migration_consented(&m->w.house.fixture.db, m->model.id, row.sha256, &consented, &err), RC_OK);
    assert_int_equal(consented, s.number);
}

static void
only_published_versions_of_this_process_can_be_planned_for(void **state)
{
    static const struct {
        const char *plan, *type;
        enum rc rc;
    } cases[] = {
        {"{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":3,\"basis\":\"x\"}", "plan-version", RC_INVALID},
        {"{\"source\":{\"key\":\"permit\",\"version\":3},\"target\":1,\"basis\":\"x\"}", "plan-version", RC_INVALID},
        {"{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":9,\"basis\":\"x\"}", "no-such-rule", RC_NOT_FOUND},
        {"{\"source\":{\"key\":\"other\",\"version\":1},\"target\":2,\"basis\":\"x\"}", "no-such-rule", RC_NOT_FOUND},
        {"{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":2,\"basis\":\"\"}", "plan-wrong", RC_INVALID},
    };
    struct moving_works *m = *state;

    for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        int64_t number = 0;
        assert_kept_from(moving_propose(m, cases[n].plan, &m->ann, &number, &refused), cases[n].rc, cases[n].type);
    }
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration"), 0);
}

/* --- trying --------------------------------------------------------------------------------------------------------- */

static struct json *
tried(struct moving_works *m, const char *plan)
{
    struct migration_ready ready;
    struct json *report = NULL;
    struct err err;

    if (migration_prepare(&m->office, &m->w.house.fixture.db, m->w.house.arena, house_json(&m->w.house, plan), STR(""), 0, &ready, &err) != RC_OK ||
        migration_trial(&m->office, &m->w.house.fixture.db, m->w.house.arena, &ready, m->w.now_us, &report, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return report;
}

static void
a_trial_run_says_how_many_cannot_be_moved_and_why_and_changes_nothing(void **state)
{
    struct moving_works *m = *state;
    int64_t cases[6];

    for (int n = 0; n < 6; n++) {
        cases[n] = started(m, n % PLACES);
    }
    works_complete(&m->w, cases[4], "receive");
    struct str before = moving_rows(m, cases[1]);
    struct json *report = tried(m, "{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":2,\"basis\":\"x\"}"); /* decide has no counterpart */
    assert_int_equal(json_int_or(report, "open", 0), 6);
    assert_int_equal(json_int_or(report, "can", 0), 3);
    assert_int_equal(json_int_or(report, "cannot", 0), 3);
    assert_int_equal(json_int_or(report, "busy", -1), 0);
    const struct json *first = json_get(report, "reasons")->first;
    assert_true(str_eq(json_str(first, "reason"), STR("element-unmapped")) && str_eq(json_str(first, "element"), STR("decide")));
    assert_int_equal(json_int_or(first, "count", 0), 3);
    assert_int_equal(json_get(first, "samples")->count, 3);
    assert_true(str_eq(json_str(first, "zh"), STR("办件停在新版本没有对应的环节")));
    assert_true(str_eq(before, moving_rows(m, cases[1])));
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_case"), 0);
    report = tried(m, PERMIT_PLAN);
    assert_int_equal(json_int_or(report, "can", 0), 6);
}

static void
a_trial_run_goes_over_more_cases_than_one_page(void **state)
{
    struct moving_works *m = *state;
    struct json *report;

    for (int n = 0; n < MIGRATION_PAGE_MAX + 3; n++) {
        (void)works_start(&m->w, "permit", "{'command':'start','variables':{'fee':1}}");
    }
    report = tried(m, PERMIT_PLAN);
    assert_int_equal(json_int_or(report, "open", 0), MIGRATION_PAGE_MAX + 3);
}

#define NO_DECIDE "{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":2,\"basis\":\"x\"}"

static struct json *
piece_of(struct moving_works *m, const char *plan, int64_t after, bool is_for_proposal)
{
    const struct db *db = &m->w.house.fixture.db;
    struct migration_ready ready;
    struct migration_piece p = {.ready = &ready, .model = m->model.id, .after = after, .now_us = m->w.now_us, .most = 2};
    struct err err;
    enum rc rc = migration_prepare(&m->office, db, m->w.house.arena, house_json(&m->w.house, plan), STR(""), 0, &ready, &err);

    rc = rc != RC_OK         ? rc
         : is_for_proposal ? migration_trial_kept(&m->office, db, m->w.house.arena, &p, &err)
                           : migration_trial_piece(&m->office, db, m->w.house.arena, &p, &err);
    if (rc != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_true(json_true(p.report, "more") == (json_int_or(p.report, "after", -1) > 0));
    return p.report;
}

static void
a_trial_run_goes_piece_by_piece_and_comes_to_the_same(void **state)
{
    struct moving_works *m = *state;
    struct json *report = NULL, *whole;
    int64_t after = 0;
    int pieces = 0;

    for (int n = 0; n < 7; n++) {
        (void)started(m, n % PLACES);
    }
    do {
        report = piece_of(m, NO_DECIDE, after, false);
        after = json_int_or(report, "after", 0);
        pieces++;
        assert_int_equal(json_int_or(report, "open", 0), pieces < 4 ? 2 * pieces : 7);
    } while (after > 0);
    assert_int_equal(pieces, 4);
    whole = tried(m, NO_DECIDE);
    assert_true(json_equal(json_get(whole, "reasons"), json_get(report, "reasons")) && json_equal(json_get(whole, "map"), json_get(report, "map")));
    assert_int_equal(json_int_or(whole, "can", -1), json_int_or(report, "can", -2));
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_trial"), 1);
}

static void
whoever_is_behind_is_told_how_far_a_trial_run_is_and_counts_nothing_twice(void **state)
{
    struct moving_works *m = *state;

    for (int n = 0; n < 5; n++) {
        (void)started(m, 0);
    }
    int64_t first = json_int_or(piece_of(m, PERMIT_PLAN, 0, false), "after", 0);
    int64_t second = json_int_or(piece_of(m, PERMIT_PLAN, first, false), "after", 0);
    struct json *late = piece_of(m, PERMIT_PLAN, first, false);
    assert_true(second > first && json_int_or(late, "after", 0) == second && json_int_or(late, "open", 0) == 4);
    struct json *kept = piece_of(m, PERMIT_PLAN, 0, true); /* more than one piece: what is kept, though it is not whole yet */
    assert_true(json_int_or(kept, "open", 0) == 4 && json_true(kept, "more"));
    assert_int_equal(json_int_or(piece_of(m, PERMIT_PLAN, second, false), "open", 0), 5);
    assert_int_equal(json_int_or(piece_of(m, PERMIT_PLAN, 0, false), "open", 0), 2); /* anew */
    m->w.now_us += 8 * 24 * 3600 * SECOND_US;
    (void)piece_of(m, NO_DECIDE, 0, false);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_trial"), 1); /* the one of the other plan is forgotten */
}

static void
of_a_trial_run_that_fits_into_a_piece_a_proposal_has_what_is_so_now(void **state)
{
    struct moving_works *m = *state;
    int64_t one = started(m, 0);

    assert_int_equal(json_int_or(piece_of(m, NO_DECIDE, 0, false), "can", 0), 1);
    walk_to(m, one, 1);
    assert_int_equal(json_int_or(piece_of(m, NO_DECIDE, 0, true), "cannot", 0), 1);
}

/* --- moving ---------------------------------------------------------------------------------------------------------- */

/* All that is left to be done by version 2 from each place. */
static void
finish(struct moving_works *m, int64_t instance)
{
    static const char *const rest[] = {"receive", "check", "rule", "print"};

    for (size_t n = 0; n < sizeof(rest) / sizeof(rest[0]); n++) {
        struct token t = works_token(&m->w, instance, rest[n]);
        if (t.id != 0) {
            (void)works_complete(&m->w, instance, rest[n]);
        }
    }
    struct str text = str_fmt(m->w.house.arena, "{'command':'message','token':%lld,'attempt':-1}", (long long)works_token(&m->w, instance, "wait").id);
    (void)works_do(&m->w, instance, text.ptr);
    (void)works_complete(&m->w, instance, "archive");
    assert_true(str_eq(works_state(&m->w, instance), STR("completed")));
    works_check_history(&m->w, instance);
}

static void
cases_are_moved_from_wherever_they_stand_and_end_by_the_new_version(void **state)
{
    struct moving_works *m = *state;
    int64_t cases[PLACES], number;

    for (int n = 0; n < PLACES; n++) {
        cases[n] = started(m, n);
    }
    number = moving_consented(m, PERMIT_PLAN);
    m->w.now_us += SECOND_US;
    struct migration_page p = moving_move(m, number);
    assert_true(p.moved == PLACES && p.refused == 0 && p.last == 0);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM process_instance WHERE model = 'permit' AND version = 2"), PLACES);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM act WHERE kind = 43 AND case_no = 'case-7'"), PLACES);
    for (int n = 0; n < PLACES; n++) {
        struct instance i;
        struct err err;
        assert_int_equal(runtime_instance(m->w.r, &m->w.house.fixture.db, m->w.house.arena, cases[n], &i, &err), RC_OK);
        int64_t fee = 0;
        assert_true(json_as_int(instance_variable(&i, 1, STR("fee")), &fee) && fee == 200);
        finish(m, cases[n]);
    }
    p = moving_move(m, number);
    assert_true(p.moved == 0 && p.refused == 0);
}

static void
what_a_case_waits_for_stays_as_it_was_and_what_is_new_is_heard(void **state)
{
    struct moving_works *m = *state;
    int64_t instance = started(m, 1), number = moving_consented(m, PERMIT_PLAN);
    struct token timer = works_token(&m->w, instance, "late"), task = works_token(&m->w, instance, "decide");

    m->w.now_us += 3600 * SECOND_US;
    (void)moving_move(m, number);
    struct token is = works_token(&m->w, instance, "late2");
    assert_true(is.id == timer.id && is.due_us == timer.due_us && is.attempt == timer.attempt);
    assert_true(works_token(&m->w, instance, "rule").id == task.id);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM process_token WHERE since_us >= 1795003600000000"), 1); /* the one that was armed */
    assert_true(works_token(&m->w, instance, "stop").kind == TOKEN_SIGNAL);
    (void)works_do(&m->w, instance, "{'command':'signal','name':'stop'}");
    assert_true(works_token(&m->w, instance, "rule").id == 0);
    m->w.now_us = timer.due_us + SECOND_US;
    works_turns(&m->w);
}

/* A sub-process and a called process under way at once; the other version calls one more, of another key, behind them. */
#define NEST(sub, task, called, rest)                                                                                                          \
    OPEN PROCESS(START FLOW("f1", "s", "g") "<parallelGateway id='g'/>" FLOW("f2", "g", sub) FLOW("f3", "g", "c")                                \
                 "<subProcess id='" sub "'><startEvent id='i'/>" FLOW("k1", "i", task) "<userTask id='" task "'/>" FLOW("k2", task, "o")         \
                 "<endEvent id='o'/></subProcess><callActivity id='c' calledElement='q'/>" FLOW("f4", sub, "j") FLOW("f5", "c", "j")             \
                 "<parallelGateway id='j'/>" rest END)                                                                                         \
    "<process id='q'><userTask id='" called "'/></process>" CLOSE

static enum rc
bind_two(void *ctx, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day, const struct modelbook_bound **out, size_t *count,
         struct err *err)
{
    static const struct modelbook_bound bound[] = {{STR_INIT("permit"), 2, STR_INIT("p")}, {STR_INIT("other"), 1, STR_INIT("p")}};

    (void)ctx, (void)db, (void)a, (void)day, (void)err;
    assert_true(version == 2 && str_eq(key, STR("permit")));
    *out = bound;
    *count = 2;
    return RC_OK;
}

static void
what_runs_inside_goes_along_and_what_is_called_for_the_first_time_is_known(void **state)
{
    struct moving_works *m = *state;
    int64_t instance, number;

    m->w.model[0].xml = NEST("a", "u", "x", FLOW("f6", "j", "e"));
    m->w.model[1].xml = NEST("b", "v", "y", FLOW("f6", "j", "d") "<callActivity id='d' calledElement='other'/>" FLOW("f7", "d", "e"));
    works_add(&m->w, "other", 1, AROUND("<userTask id='a'/>"));
    m->office.bind = bind_two;
    instance = works_start(&m->w, "permit", DATA);
    number = moving_consented(m, "{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":2,\"basis\":\"x\",\"elements\":{\"a\":\"b\",\"u\":\"v\",\"x\":\"y\"}}");
    struct str before = moving_rows(m, instance);
    assert_int_equal(moving_move(m, number).moved, 1);
    m->w.model[0].model = NULL; /* nothing asks for the old version any more */
    (void)works_complete(&m->w, instance, "v");
    struct migration_page p = moving_page(m, number, instance, 1);
    struct err err;
    assert_int_equal(migration_back_one(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_OK);
    assert_int_equal(p.refused, 1);
    (void)works_complete(&m->w, instance, "y");
    (void)works_complete(&m->w, instance, "a"); /* of the other process */
    assert_true(str_eq(works_state(&m->w, instance), STR("completed")));
    works_check_history(&m->w, instance);
    instance = works_start(&m->w, "permit", DATA);
    assert_int_equal(moving_move(m, number).moved, 1);
    p = moving_page(m, number, instance, 1);
    assert_int_equal(migration_back_one(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_OK);
    assert_int_equal(p.back, 1);
    struct str after = moving_rows(m, instance); /* but for its number, the same rows again */
    assert_true(str_eq(str_from(before, str_find(before, STR("\"next\""))), str_from(after, str_find(after, STR("\"next\"")))));
}

static void
work_in_somebodys_hands_is_waited_for(void **state)
{
    struct moving_works *m = *state;
    int64_t instance = started(m, 1), number = moving_consented(m, PERMIT_PLAN);
    struct runtime_job *job;
    struct migration_page p;
    size_t count = 0;
    struct err err;
    const struct runtime_wish lease = {.type = STR("print"), .owner = STR("w"), .lease_us = 60 * SECOND_US, .now_us = m->w.now_us, .most = 1};

    assert_int_equal(runtime_job_lease(m->w.r, &m->w.house.fixture.db, m->w.house.arena, &lease, &job, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    p = moving_move(m, number);
    assert_true(p.moved == 0 && p.refused == 1);
    assert_true(str_has(moving_text(m, p.cases), STR("\"reason\":\"job-leased\"")));
    struct json *all = NULL;
    assert_int_equal(migration_cases(&m->w.house.fixture.db, m->w.house.arena, number, 0, 10, &all, &err), RC_OK);
    assert_int_equal(json_int_or(all, "refused", 0), 1);
    m->w.now_us += 120 * SECOND_US;
    works_turns(&m->w); /* the lease is over */
    p = moving_move(m, number);
    assert_int_equal(p.moved, 1);
    assert_int_equal(works_int(&m->w, "SELECT tries FROM process_token WHERE kind = 'job'"), 1); /* how often it was tried stays */
    finish(m, instance);
}

static void
pages_go_on_where_the_last_one_ended(void **state)
{
    struct moving_works *m = *state;
    int64_t number, after = 0;
    int pages = 0, moved = 0;

    for (int n = 0; n < 5; n++) {
        (void)started(m, n % PLACES);
    }
    number = moving_consented(m, PERMIT_PLAN);
    do {
        struct migration_page p = moving_page(m, number, after, 2);
        struct err err;
        assert_int_equal(migration_move(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_OK);
        after = p.last;
        moved += (int)p.moved;
        pages++;
    } while (after > 0);
    assert_true(pages == 3 && moved == 5);
}

/* --- who keeps lists ---------------------------------------------------------------------------------------------------- */

struct heard {
    int events, changed, added, gone;
    bool refuses;
};
static struct heard heard;

static enum rc
hear(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)ctx;
    heard.events += event->command->kind == COMMAND_MIGRATE;
    for (size_t n = 0; n < event->instance->tokens; n++) {
        enum row_change change = event->instance->token[n].change;
        heard.changed += change == ROW_CHANGED;
        heard.added += change == ROW_NEW;
        heard.gone += change == ROW_GONE;
    }
    return heard.refuses ? err_set(err, RC_CONFLICT, "no") : RC_OK;
}

static void
who_keeps_lists_hears_of_it_in_the_same_transaction(void **state)
{
    struct moving_works *m = *state;
    int64_t instance = started(m, 1), number = moving_consented(m, PERMIT_PLAN);
    struct str before = moving_rows(m, instance);
    struct migration_page p = moving_page(m, number, 0, 10);
    struct err err;

    heard = (struct heard){.refuses = true};
    m->w.r->config.hook = hear;
    assert_int_equal(migration_move(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_CONFLICT);
    assert_true(str_eq(before, moving_rows(m, instance)));
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_kept"), 0);
    heard = (struct heard){.refuses = false};
    (void)moving_move(m, number);
    assert_true(heard.events == 1 && heard.changed == 3 && heard.added == 1 && heard.gone == 0);
    heard = (struct heard){.refuses = false};
    p = moving_page(m, number, 0, 10);
    assert_int_equal(migration_back(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_OK);
    assert_true(heard.events == 2 && heard.changed == 3 && heard.added == 0 && heard.gone == 1);
}

/* --- clocks that only the new version has ------------------------------------------------------------------------------------ */

/* As version 1, and the office that decides has a clock from when it was received. */
#define PERMIT_TIMED                                                                                                                  \
    MODEL(GOV("<gov:clock id='promised' rule='r' kind='promised'/>") START FLOW("f1", "s", "receive")                                  \
          "<userTask id='receive'>" GOV("<gov:on at='leave' clock='promised' do='start'/>") "</userTask>" FLOW("f2", "receive", "decide") \
          "<userTask id='decide'>" GOV("<gov:on at='leave' clock='promised' do='stop'/>") "</userTask>" FLOW("f3", "decide", "e") END)
#define TIMED_PLAN(starts)                                                                                                            \
    "{\"source\":{\"key\":\"permit\",\"version\":1},\"target\":4,\"basis\":\"条例第六条\",\"elements\":{\"print\":null},\"starts\":{\"promised\":" starts "}}"

static char starts_heard[1000];

static enum rc
hear_starts(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct str text = STR("");
    enum rc rc = RC_OK;

    (void)tx, (void)ctx;
    if (event->command->kind == COMMAND_MIGRATE && event->command->variables != NULL) {
        rc = json_print(a, event->command->variables, &text, err);
        (void)snprintf(starts_heard, sizeof(starts_heard), "%.*s", STR_ARG(text));
    }
    return rc;
}

static void
a_clock_starts_at_the_moment_that_the_history_of_the_case_names(void **state)
{
    struct moving_works *m = *state;
    struct arena *a = m->w.house.arena;
    int64_t one = works_start(&m->w, "permit", DATA), received_us;

    works_add(&m->w, "permit", 4, PERMIT_TIMED);
    moving_version(m, 4, PERMIT_TIMED);
    fixture_sql(&m->w.house.fixture, "INSERT INTO rule_verdict (model, number, verdict, officer, reason, at_us, act) SELECT model, 4, verdict, '', '', at_us, act "
                                     "FROM rule_verdict WHERE number = 1");
    m->w.now_us += 3600 * SECOND_US;
    received_us = m->w.now_us;
    (void)works_complete(&m->w, one, "receive"); /* print is work that nobody of version 4 does */
    fixture_sql(&m->w.house.fixture, "DELETE FROM process_token WHERE element = 'print'");
    m->w.now_us += 3600 * SECOND_US;
    assert_int_equal(json_int_or(tried(m, TIMED_PLAN("{\"left\":\"receive\"}")), "can", 0), 1);
    struct json *report = tried(m, TIMED_PLAN("{\"left\":\"decide\"}")); /* it has not */
    assert_true(str_eq(json_str(json_get(report, "reasons")->first, "reason"), STR("start-unknown")));
    int64_t number = moving_consented(m, TIMED_PLAN("{\"left\":\"receive\"}"));
    m->w.r->config.hook = hear_starts;
    struct migration_page p = moving_move(m, number);
    assert_int_equal(p.moved, 1);
    struct str starts = str_fmt(a, "\"starts\":[{\"clock\":\"promised\",\"scope\":1,\"at_us\":%lld}]", (long long)received_us);
    if (!str_has(str_of(starts_heard), starts)) {
        fail_msg("%s", starts_heard);
    }
    p = moving_page(m, number, 0, 10);
    struct err err;
    assert_int_equal(migration_back(&m->office, &m->w.house.fixture.db, a, &p, &err), RC_OK);
    assert_true(p.back == 1 && str_has(str_of(starts_heard), STR("{\"clocks\":[\"promised\"]")));
}

/* --- replay --------------------------------------------------------------------------------------------------------------- */

/* A fresh instance that is told all that the stored one was told; the move is made again where the history has it. */
static void
history_told_again_gives_the_same_rows(void **state)
{
    struct moving_works *m = *state;
    struct arena *a = m->w.house.arena;
    int64_t instance = started(m, 2), number = moving_consented(m, PERMIT_PLAN);
    struct engine engine = {.run = m->run, .offset_seconds = 8 * 3600};
    struct binding bound = {.key = STR("permit"), .version = 1, .model = m->w.model[0].model, .process = 0};
    struct instance i = {.id = instance, .business_key = STR("case-7"), .arena = a, .failed_code = STR(""), .bindings = 1, .binding = &bound};
    const struct migration_case c = {.i = &i, .bound = 1};
    struct migration_ready ready;
    struct migration_row row;
    struct json *lines, *plan;
    struct err err;
    int moves = 0;

    m->w.now_us += SECOND_US;
    (void)moving_move(m, number);
    (void)works_complete(&m->w, instance, "print");
    assert_int_equal(migration_get(&m->w.house.fixture.db, a, m->model.id, number, &row, &err), RC_OK);
    assert_int_equal(json_parse(a, row.plan, JSON_ANY, &plan, &err), RC_OK);
    assert_int_equal(migration_prepare(&m->office, &m->w.house.fixture.db, a, plan, row.models, 0, &ready, &err), RC_OK);
    assert_int_equal(runtime_history(m->w.r, &m->w.house.fixture.db, a, instance, 0, 1000, &lines, &err), RC_OK);
    for (const struct json *line = lines->first; line != NULL; line = line->next) {
        int64_t at_us = json_int_or(line, "at_us", 0);
        struct migration_result r;
        struct outcome out;
        struct command command;
        assert_int_equal(command_read(a, json_get(line, "command"), &command, &err), RC_OK);
        if (command.kind == COMMAND_MIGRATE) {
            assert_true(str_eq(command.name, row.sha256));
            assert_int_equal(migration_apply(&engine, ready.migration, &c, at_us, &r, &err), RC_OK);
            moves++;
        } else if (engine_step(&engine, &i, &command, at_us, &out, &err) != RC_OK) {
            fail_msg("%s", err.text);
        }
        instance_settle(&i);
    }
    assert_int_equal(moves, 1);
    i.revision = i.next = 0;
    assert_true(str_eq(moving_text(m, instance_json(a, &i)), moving_rows(m, instance)));
}

/* --- the way back ------------------------------------------------------------------------------------------------------------ */

static void
a_case_goes_back_to_the_rows_that_it_had_and_on_by_the_old_version(void **state)
{
    struct moving_works *m = *state;
    struct str before[PLACES];
    int64_t cases[PLACES], number;

    for (int n = 0; n < PLACES; n++) {
        cases[n] = started(m, n);
        before[n] = moving_rows(m, cases[n]);
    }
    number = moving_consented(m, PERMIT_PLAN);
    (void)moving_move(m, number);
    struct migration_page p = moving_page(m, number, 0, 100);
    struct err err;
    if (migration_back(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_true(p.back == PLACES && p.refused == 0);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_kept_token"), 0);
    for (int n = 0; n < PLACES; n++) {
        works_check_history(&m->w, cases[n]);
        struct str is = moving_rows(m, cases[n]);
        if (n == 0 || n == 3) { /* without jobs and timers, whose attempts go up */
            assert_true(str_eq(before[n], is));
        }
        assert_true(str_has(is, STR("\"version\":1")));
    }
    assert_true(works_token(&m->w, cases[1], "stop").id == 0);
    (void)works_complete(&m->w, cases[1], "decide");
    p = moving_move(m, number); /* and may be moved again */
    assert_int_equal(p.moved, PLACES);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM act WHERE kind = 43"), 3 * PLACES);
}

static void
a_case_that_went_on_does_not_go_back(void **state)
{
    struct moving_works *m = *state;
    int64_t went_on = started(m, 1), ended = started(m, 3), at_work = started(m, 1), free = started(m, 0), number = moving_consented(m, PERMIT_PLAN);
    const struct runtime_wish lease = {.type = STR("print"), .owner = STR("w"), .lease_us = 60 * SECOND_US, .now_us = m->w.now_us, .most = 2};
    struct runtime_job *job;
    struct migration_page p;
    size_t count = 0;
    struct err err;

    (void)moving_move(m, number);
    (void)works_complete(&m->w, went_on, "rule");
    finish(m, ended);
    assert_int_equal(runtime_job_lease(m->w.r, &m->w.house.fixture.db, m->w.house.arena, &lease, &job, &count, &err), RC_OK);
    p = moving_page(m, number, 0, 100);
    assert_int_equal(migration_back(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_OK);
    assert_true(p.back == 1 && p.refused == 3);
    struct str text = moving_text(m, p.cases);
    assert_true(str_has(text, STR("\"case-went-on\"")) && str_has(text, STR("\"instance-over\"")) && str_has(text, STR("\"job-leased\"")));
    p = moving_page(m, number, free, 1);
    assert_kept_from(migration_back_one(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &refused), RC_NOT_FOUND, "no-such-instance");
    p = moving_page(m, number, at_work, 1);
    assert_int_equal(migration_back_one(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_OK);
    assert_int_equal(p.refused, 1);
}

/* Whoever had the job in between cannot end it after the case went back. */
static void
a_lease_from_in_between_counts_for_nothing_after_the_way_back(void **state)
{
    struct moving_works *m = *state;
    int64_t instance = started(m, 1), number = moving_consented(m, PERMIT_PLAN);
    struct runtime_wish wish = {.type = STR("print"), .owner = STR("w"), .lease_us = 60 * SECOND_US, .now_us = m->w.now_us, .most = 1};
    struct migration_page p = moving_page(m, number, 0, 10);
    struct runtime_job *job;
    struct runtime_result out;
    size_t count = 0;
    struct err err;

    (void)moving_move(m, number);
    assert_int_equal(runtime_job_lease(m->w.r, &m->w.house.fixture.db, m->w.house.arena, &wish, &job, &count, &err), RC_OK);
    assert_int_equal(count, 1);
    struct str late = str_fmt(m->w.house.arena, "{'command':'complete','token':%lld,'attempt':%lld}", (long long)job[0].token, (long long)job[0].attempt);
    m->w.now_us += 120 * SECOND_US;
    works_turns(&m->w); /* the lease is over */
    assert_int_equal(migration_back(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_OK);
    assert_int_equal(p.back, 1);
    wish.owner = STR("v");
    wish.now_us = m->w.now_us += 3600 * SECOND_US;
    assert_int_equal(runtime_job_lease(m->w.r, &m->w.house.fixture.db, m->w.house.arena, &wish, &job, &count, &err), RC_OK);
    assert_int_equal(count, 1); /* somebody else has it now */
    assert_kept_from(works_try(&m->w, instance, late.ptr, "", &out, &refused), RC_CONFLICT, "attempt-old");
    (void)works_complete(&m->w, instance, "print");
}

static void
a_copy_is_forgotten_when_no_way_leads_back_to_it(void **state)
{
    struct moving_works *m = *state;
    int64_t went_on = started(m, 0), ended = started(m, 3), number;
    struct err err;

    for (int n = 0; n < 3; n++) {
        (void)started(m, 1);
    }
    number = moving_consented(m, PERMIT_PLAN);
    (void)moving_move(m, number);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_kept"), 5);
    assert_int_equal(migration_expire(&m->w.house.fixture.db, &err), RC_OK);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_kept"), 5);
    (void)works_complete(&m->w, went_on, "receive");
    finish(m, ended);
    assert_int_equal(migration_expire(&m->w.house.fixture.db, &err), RC_OK);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_kept"), 3);
    assert_int_equal(works_int(&m->w, "SELECT COUNT(DISTINCT instance) FROM migration_kept_token"), 3);
    struct migration_page p = moving_page(m, number, 0, 10);
    assert_int_equal(migration_back(&m->office, &m->w.house.fixture.db, m->w.house.arena, &p, &err), RC_OK);
    assert_int_equal(p.back, 3);
}

static void
what_names_persons_is_not_readable_in_what_is_kept(void **state)
{
    struct moving_works *m = *state;
    int64_t instance = started(m, 1), number = moving_consented(m, PERMIT_PLAN);

    (void)moving_move(m, number);
    (void)instance;
    assert_int_equal(works_int(&m->w, "SELECT COUNT(*) FROM migration_kept"), 1);
    assert_int_equal(works_int(&m->w, house_kind == FIXTURE_POSTGRES
                                          ? "SELECT COUNT(*) FROM migration_kept WHERE POSITION(CONVERT_TO('张三', 'UTF8') IN variables) > 0"
                                          : "SELECT COUNT(*) FROM migration_kept WHERE INSTR(variables, CAST('张三' AS BLOB)) > 0"), 0);
}

static void
plans_are_listed_with_what_became_of_them(void **state)
{
    struct moving_works *m = *state;
    int64_t first = moving_consented(m, PERMIT_PLAN), second = 0;
    struct json *list = NULL;
    struct err err;

    assert_int_equal(moving_propose(m, PERMIT_PLAN, &m->ann, &second, &err), RC_OK);
    assert_int_equal(migration_list(&m->w.house.fixture.db, m->w.house.arena, m->model.id, 0, 10, &list, &err), RC_OK);
    assert_int_equal(list->count, 2);
    assert_true(json_int_or(list->first, "number", 0) == second && str_eq(json_str(list->first, "state"), STR("proposed")));
    assert_true(json_int_or(list->last, "number", 0) == first && str_eq(json_str(list->last, "settled_by"), STR("o-ben")));
    assert_int_equal(migration_list(&m->w.house.fixture.db, m->w.house.arena, m->model.id, second, 10, &list, &err), RC_OK);
    assert_int_equal(list->count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        MOVING_TEST(a_plan_needs_two_persons_and_leaves_an_act_for_each),
        MOVING_TEST(what_was_sent_back_or_withdrawn_moves_nothing),
        MOVING_TEST(a_verdict_is_on_the_plan_that_was_looked_at),
        MOVING_TEST(only_published_versions_of_this_process_can_be_planned_for),
        MOVING_TEST(a_trial_run_says_how_many_cannot_be_moved_and_why_and_changes_nothing),
        MOVING_TEST(a_trial_run_goes_over_more_cases_than_one_page),
        MOVING_TEST(a_trial_run_goes_piece_by_piece_and_comes_to_the_same),
        MOVING_TEST(whoever_is_behind_is_told_how_far_a_trial_run_is_and_counts_nothing_twice),
        MOVING_TEST(of_a_trial_run_that_fits_into_a_piece_a_proposal_has_what_is_so_now),
        MOVING_TEST(cases_are_moved_from_wherever_they_stand_and_end_by_the_new_version),
        MOVING_TEST(what_a_case_waits_for_stays_as_it_was_and_what_is_new_is_heard),
        MOVING_TEST(what_runs_inside_goes_along_and_what_is_called_for_the_first_time_is_known),
        MOVING_TEST(work_in_somebodys_hands_is_waited_for),
        MOVING_TEST(pages_go_on_where_the_last_one_ended),
        MOVING_TEST(who_keeps_lists_hears_of_it_in_the_same_transaction),
        MOVING_TEST(a_clock_starts_at_the_moment_that_the_history_of_the_case_names),
        MOVING_TEST(history_told_again_gives_the_same_rows),
        MOVING_TEST(a_case_goes_back_to_the_rows_that_it_had_and_on_by_the_old_version),
        MOVING_TEST(a_case_that_went_on_does_not_go_back),
        MOVING_TEST(a_lease_from_in_between_counts_for_nothing_after_the_way_back),
        MOVING_TEST(a_copy_is_forgotten_when_no_way_leads_back_to_it),
        MOVING_TEST(what_names_persons_is_not_readable_in_what_is_kept),
        MOVING_TEST(plans_are_listed_with_what_became_of_them),
    };

    return HOUSE_RUN(tests, "moving cases");
}
