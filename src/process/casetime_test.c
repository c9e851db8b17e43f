/*
 * Clocks moved by the elements of processes, and processes that hear what time brings, each in one transaction.
 */
#include "base/asset.h"
#include "base/clock.h"
#include "process/casetime.h"
#include "process/test_runtime.h"

#define ON(at, clock, what) "<gov:on at='" at "' clock='" clock "' do='" what "'/>"
#define TASK(id, inside) "<userTask id='" id "'>" GOV(inside) "</userTask>"
/* Accepting has five days, or silence accepts; deciding has twenty, and stands still for whatever basis says. */
#define PERMIT(basis)                                                                                                                   \
    MODEL(GOV("<gov:clock id='acceptance' rule='permit.supplement-notice' kind='statutory'/>"                                           \
              "<gov:clock id='law' rule='permit.decide' kind='statutory' org='=office'/>"                                               \
              "<gov:clock id='promise' rule='permit.decide' kind='promised'/>")                                                         \
          START FLOW("f1", "s", "accept")                                                                                               \
          TASK("accept", ON("enter", "acceptance", "start") ON("leave", "acceptance", "stop") ON("cancel", "acceptance", "stop"))       \
          "<boundaryEvent id='silence' attachedToRef='accept'><timerEventDefinition id='t1' gov:clock='acceptance' gov:when='over'/>"   \
          "</boundaryEvent>" FLOW("f2", "silence", "decide") FLOW("f3", "accept", "decide")                                             \
          TASK("decide", ON("enter", "law", "start") ON("enter", "promise", "start"))                                                   \
          "<boundaryEvent id='late' attachedToRef='decide' cancelActivity='false'><timerEventDefinition id='t2' gov:clock='promise' "   \
          "gov:when='warn'/></boundaryEvent>" FLOW("f4", "late", "urge") "<userTask id='urge'/>" FLOW("f5", "urge", "e2")               \
          "<endEvent id='e2'/>" FLOW("f6", "decide", "hear")                                                                            \
          TASK("hear", "<gov:on at='enter' clock='law' do='pause' basis='" basis "'/><gov:on at='leave' clock='law' do='resume'/>")     \
          FLOW("f7", "hear", "sign") TASK("sign", ON("leave", "law", "stop") ON("leave", "promise", "stop")) FLOW("f8", "sign", "e") END)

/* Asking for what is missing ends the five days, and stands the twenty still. */
#define SUPPLEMENTS                                                                                                                   \
    MODEL(GOV("<gov:clock id='acceptance' rule='permit.supplement-notice' kind='statutory'/>"                                         \
              "<gov:clock id='law' rule='permit.decide' kind='statutory'/>")                                                          \
          "<startEvent id='s'>" GOV(ON("enter", "acceptance", "start")) "</startEvent>" FLOW("f1", "s", "accept")                     \
          TASK("accept", ON("supplement", "acceptance", "stop") "<gov:supplement fields='*' within='P15D'/>") FLOW("f2", "accept", "decide") \
          TASK("decide", ON("enter", "acceptance", "stop") ON("enter", "law", "start") ON("leave", "law", "stop")                     \
               "<gov:on at='supplement' clock='law' do='pause' basis='supplement'/>"                                                  \
               "<gov:on at='supply' clock='law' do='resume' basis='supplement'/><gov:supplement fields='*' within='P15D'/>")          \
          FLOW("f3", "decide", "e") END)

struct town {
    struct works *works; /* first */
    struct region_table *regions;
    struct almanac *almanac;
    struct casetime casetime;
    int moved, told;
    const char *refused; /* name of a clock whose telling cannot be written */
};

static void
about(void *ctx, const struct runtime_event *event, int64_t scope, const struct gov_clock *clock, struct casetime_about *out)
{
    (void)ctx, (void)event, (void)scope, (void)clock;
    *out = (struct casetime_about){.org = STR(""), .part = STR(""), .region = STR("990100"), .is_promise = true, .value = 10, .unit = UNIT_WORKING_DAY, .document = STR("")};
}

static enum rc
moved(struct tx *tx, struct arena *a, const struct watch_change *change, const struct runtime_event *event, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)change, (void)event, (void)err;
    ((struct town *)ctx)->moved++;
    return RC_OK;
}

static enum rc
told(struct tx *tx, struct arena *a, const struct watch_told *what, int64_t now_us, void *ctx, struct err *err)
{
    struct town *t = ctx;

    (void)tx, (void)a, (void)now_us;
    if (t->refused != NULL && str_eq(what->watch.name, str_of(t->refused))) {
        return err_set(err, RC_DENIED, "the act cannot be written");
    }
    t->told++;
    return RC_OK;
}

static enum rc
law_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct works *w = ctx;
    struct json *document;
    bool is_new;
    enum rc rc = asset_json(w->house.arena, "demo/calendar/cn.json", &document, err);

    return rc != RC_OK ? rc : almanac_put(tx, w->house.arena, document, 1, &is_new, err);
}

static int
open_town(void **state)
{
    struct town *t = mem_new(1, sizeof(*t));
    struct json *document;
    struct timelimits *limits;
    struct err err;

    (void)works_open((void **)&t->works);
    struct works *w = t->works;
    if (house_kind == FIXTURE_POSTGRES) {
        fixture_sql(&w->house.fixture, "TRUNCATE calendar, clock_log, clock");
    }
    assert_int_equal(store_write(&w->house.fixture.db, law_tx, w, &err), RC_OK);
    assert_int_equal(asset_json(w->house.arena, "demo/clocks.json", &document, &err), RC_OK);
    assert_int_equal(timelimits_load(w->house.arena, document, &limits, &err), RC_OK);
    assert_int_equal(almanac_open(&w->house.fixture.db, NULL, &t->almanac, &err), RC_OK);
    t->casetime = (struct casetime){.keeper = {limits, t->almanac, 480}, .run = w->run, .offset_seconds = 8 * 3600, .ctx = t,
                                    .about = about, .moved = moved, .told = told};
    w->now_us = day_start_us(20513, 480) + 43200 * SECOND_US; /* 2026-03-01, a Sunday */
    *state = t;
    return 0;
}

static int
close_town(void **state)
{
    struct town *t = *state;

    almanac_close(t->almanac);
    (void)works_close((void **)&t->works);
    mem_free(t);
    return 0;
}

/* As the runtime's hook, whose context is of all of its functions. */
static struct town *hooked;

static enum rc
hook(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    (void)ctx;
    return casetime_hook(tx, a, event, &hooked->casetime, err);
}

/* A case that waits to be accepted. */
static int64_t
with_case(struct town *t, const char *model)
{
    struct works *w = t->works;
    struct runtime_config config = works_config(w);
    struct err err;

    hooked = t;
    config.hook = hook;
    runtime_close(w->r);
    assert_int_equal(runtime_open(&config, &w->r, &err), RC_OK);
    works_add(w, "p", 1, model);
    return works_start(w, "p", "{'command':'start','variables':{'office':'119901000000000355'}}");
}

static void
days_pass(struct town *t, int days)
{
    t->works->now_us += days * 86400 * SECOND_US;
}

static int
turn(struct town *t)
{
    struct watch_next after = {0, 0};
    bool more = true;
    int failed = 0, all = 0;

    while (more) {
        struct err err;
        assert_int_equal(casetime_turn(&t->casetime, t->works->r, &t->works->house.fixture.db, t->works->now_us, &after, &more, &failed, &err),
                         RC_OK);
        all += failed;
    }
    return all;
}

static int64_t
clocks(struct town *t, const char *where)
{
    return works_int(t->works, str_c(t->works->house.arena, str_fmt(t->works->house.arena, "SELECT COUNT(*) FROM clock WHERE %s", where)));
}

/* --- tests ------------------------------------------------------------------------------------------------------------- */

static void
clocks_go_with_the_elements_of_a_process(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, PERMIT("hearing"));

    assert_int_equal(clocks(t, "name = 'acceptance' AND state = 'running' AND case_no = 'case-7' AND region = '990100'"), 1);
    days_pass(t, 2);
    (void)works_complete(t->works, id, "accept");
    assert_int_equal(clocks(t, "name = 'acceptance' AND state = 'stopped' AND over = 0"), 1);
    assert_int_equal(clocks(t, "name = 'law' AND state = 'running' AND org = '119901000000000355' AND value = 20"), 1);
    assert_int_equal(clocks(t, "name = 'promise' AND state = 'running' AND org = '' AND value = 10 AND kind = 'promised'"), 1);
    days_pass(t, 3);
    (void)works_complete(t->works, id, "decide");
    assert_int_equal(clocks(t, "name = 'law' AND state = 'paused' AND used = 3 AND reasons = 'hearing'"), 1);
    assert_int_equal(clocks(t, "name = 'promise' AND state = 'running'"), 1);
    assert_int_equal(works_int(t->works, "SELECT COUNT(*) FROM clock_log WHERE did = 'pause' AND document = 'process:1:3'"), 1);
    days_pass(t, 30);
    (void)works_complete(t->works, id, "hear");
    assert_int_equal(clocks(t, "name = 'law' AND state = 'running' AND used = 3"), 1);
    (void)works_complete(t->works, id, "sign");
    assert_int_equal(clocks(t, "state <> 'stopped'"), 0);
    assert_true(str_eq(works_state(t->works, id), STR("completed")));
    assert_int_equal(t->moved, 8);
}

static void
silence_lets_a_case_go_on_once(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, PERMIT("hearing"));

    days_pass(t, 5); /* Friday, the last day */
    assert_int_equal(turn(t), 0);
    assert_true(works_token(t->works, id, "accept").id != 0);
    days_pass(t, 1);
    assert_int_equal(turn(t), 0);
    assert_int_equal(works_token(t->works, id, "accept").id, 0);
    assert_true(works_token(t->works, id, "decide").id != 0);
    assert_int_equal(clocks(t, "name = 'acceptance' AND state = 'stopped' AND over = 1 AND over_us > 0"), 1);
    assert_int_equal(clocks(t, "name = 'law' AND started = 20513"), 1); /* accepted on the day of receipt */
    assert_int_equal(turn(t), 0); /* half of the promise is over by now, too */
    int told_then = t->told;
    int64_t revisions = works_int(t->works, "SELECT COUNT(*) FROM process_history");
    assert_int_equal(turn(t), 0);
    assert_int_equal(t->told, told_then);
    assert_int_equal(works_int(t->works, "SELECT COUNT(*) FROM process_history"), revisions);
    works_check_history(t->works, id);
}

/* Two offices side by side, each asked by a call, and each with its five days. */
#define OFFICE                                                                                                                       \
    "<process id='office' isExecutable='true'>" GOV("<gov:clock id='acceptance' rule='permit.supplement-notice' kind='statutory'/>")   \
    "<startEvent id='s1'/>" FLOW("g1", "s1", "look")                                                                                  \
    TASK("look", ON("enter", "acceptance", "start") ON("leave", "acceptance", "stop"))                                                \
    "<boundaryEvent id='unheard' attachedToRef='look'><timerEventDefinition id='t1' gov:clock='acceptance' gov:when='over'/>"          \
    "</boundaryEvent>" FLOW("g2", "unheard", "e1") FLOW("g3", "look", "e1") "<endEvent id='e1'/></process>"
#define TWO_OFFICES                                                                                                                  \
    "<process id='p' isExecutable='true'>" START FLOW("f1", "s", "one") "<callActivity id='one' calledElement='office'/>"             \
    FLOW("f2", "s", "later") "<userTask id='later'/>" FLOW("f3", "later", "two") "<callActivity id='two' calledElement='office'/>"     \
    FLOW("f4", "one", "e") FLOW("f5", "two", "e") "<endEvent id='e'/></process>" OFFICE

static void
each_of_two_offices_has_its_own_clock(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, OPEN TWO_OFFICES CLOSE);

    days_pass(t, 2);
    (void)works_complete(t->works, id, "later");
    assert_int_equal(clocks(t, "name = 'acceptance' AND state = 'running'"), 2);
    days_pass(t, 4);
    assert_int_equal(turn(t), 0);
    assert_int_equal(clocks(t, "state = 'stopped' AND over = 1"), 1);
    assert_int_equal(clocks(t, "state = 'running' AND over_us = 0"), 1);
    assert_true(works_token(t->works, id, "look").id != 0);
    days_pass(t, 6);
    assert_int_equal(turn(t), 0);
    assert_true(str_eq(works_state(t->works, id), STR("completed")));
}

static void
supply(struct town *t, int64_t id, const char *command, const char *element)
{
    struct str text = str_fmt(t->works->house.arena, "{'command':'%s','token':%lld,'attempt':-1}", command,
                              (long long)works_token(t->works, id, element).id);

    (void)works_do(t->works, id, text.ptr);
}

static void
a_supplement_moves_clocks_when_it_is_asked_and_when_it_comes(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, SUPPLEMENTS);

    supply(t, id, "supplement", "accept");
    assert_int_equal(clocks(t, "name = 'acceptance' AND state = 'stopped' AND over = 0"), 1);
    supply(t, id, "supply", "accept");
    (void)works_complete(t->works, id, "accept");
    days_pass(t, 3);
    supply(t, id, "supplement", "decide");
    assert_int_equal(clocks(t, "name = 'law' AND state = 'paused' AND reasons = 'supplement' AND used = 3"), 1);
    days_pass(t, 10);
    supply(t, id, "supply", "decide");
    assert_int_equal(clocks(t, "name = 'law' AND state = 'running' AND used = 3"), 1);
    (void)works_complete(t->works, id, "decide");
    assert_int_equal(clocks(t, "state <> 'stopped'"), 0);
}

static void
a_warning_reaches_who_listens_to_it(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, PERMIT("hearing"));

    (void)works_complete(t->works, id, "accept");
    days_pass(t, 10); /* Wednesday: the eighth of ten days begins */
    assert_int_equal(turn(t), 0);
    assert_true(works_token(t->works, id, "urge").id != 0 && works_token(t->works, id, "decide").id != 0);
    assert_int_equal(t->told, 1); /* that half of it is over, too, and nobody listens to that */
    assert_int_equal(works_int(t->works, "SELECT COUNT(*) FROM process_history"), 3);
}

static void
a_process_that_is_suspended_hears_it_when_it_goes_on(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, PERMIT("hearing"));

    (void)works_do(t->works, id, "{'command':'suspend'}");
    days_pass(t, 10);
    assert_int_equal(turn(t), 0);
    assert_int_equal(clocks(t, "name = 'acceptance' AND over_us = 0 AND next_us > 0"), 1);
    (void)works_do(t->works, id, "{'command':'resume'}");
    assert_int_equal(turn(t), 0);
    assert_true(works_token(t->works, id, "decide").id != 0);
}

static void
what_the_law_does_not_stand_still_for_refuses_the_command(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, PERMIT("third_party_opinion"));

    (void)works_complete(t->works, id, "accept");
    struct str text = str_fmt(t->works->house.arena, "{'command':'complete','token':%lld,'attempt':-1}",
                              (long long)works_token(t->works, id, "decide").id);
    struct runtime_result out;
    assert_refused(works_try(t->works, id, text.ptr, "", &out, &refused_), RC_DENIED, "no-pause");
    assert_true(works_token(t->works, id, "decide").id != 0);
    assert_int_equal(clocks(t, "name = 'law' AND state = 'running'"), 1);
}

static void
no_clock_of_a_case_that_was_withdrawn_runs_on(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, PERMIT("hearing"));

    (void)works_complete(t->works, id, "accept");
    assert_int_equal(clocks(t, "state = 'running'"), 2);
    (void)works_do(t->works, id, "{'command':'cancel'}");
    assert_int_equal(clocks(t, "state = 'running'"), 0);
    days_pass(t, 100);
    assert_int_equal(turn(t), 0);
    assert_int_equal(t->told, 0);
}

static void
a_model_is_read_again_and_one_clock_that_fails_does_not_stop_the_others(void **state)
{
    struct town *t = *state;
    int64_t id = with_case(t, PERMIT("hearing"));

    t->works->business_key = "case-8";
    (void)works_start(t->works, "p", "{'command':'start','variables':{'office':'1'}}");
    fixture_sql(&t->works->house.fixture, "UPDATE clock SET name = 'broken' WHERE case_no = 'case-8'");
    t->refused = "broken";
    t->works->model[0].model = NULL;
    days_pass(t, 6);
    assert_int_equal(turn(t), 1);
    assert_true(works_token(t->works, id, "decide").id != 0);
    assert_int_equal(clocks(t, "name = 'broken' AND over_us = 0 AND next_us > 0"), 1);
}

#define TOWN_TEST(name) cmocka_unit_test_setup_teardown(name, open_town, close_town)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TOWN_TEST(clocks_go_with_the_elements_of_a_process),
        TOWN_TEST(silence_lets_a_case_go_on_once),
        TOWN_TEST(a_supplement_moves_clocks_when_it_is_asked_and_when_it_comes),
        TOWN_TEST(each_of_two_offices_has_its_own_clock),
        TOWN_TEST(a_warning_reaches_who_listens_to_it),
        TOWN_TEST(a_process_that_is_suspended_hears_it_when_it_goes_on),
        TOWN_TEST(what_the_law_does_not_stand_still_for_refuses_the_command),
        TOWN_TEST(no_clock_of_a_case_that_was_withdrawn_runs_on),
        TOWN_TEST(a_model_is_read_again_and_one_clock_that_fails_does_not_stop_the_others),
    };

    return HOUSE_RUN(tests, "casetime");
}
