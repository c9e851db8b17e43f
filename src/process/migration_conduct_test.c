/* What people see of a case that was moved: its task under its new name and power, still whose it was; who did what before; and no clock that nothing would stop. */
#include "process/migration.h"
#include "process/runtime_int.h"
#include "process/test_conduct.h"

#define OUTCOME(code) .outcome = STR(code)
/* Examined and decided under other names, and without clocks. */
#define RULING(assigned)                                                                                                              \
    MODEL(START FLOW("f1", "s", "check") "<userTask id='check'/>" FLOW("f2", "check", "rule")                                          \
          "<userTask id='rule' name='裁定' gov:en='Rule'>" CITY_GOV(assigned "<gov:second-person after='check'/>") "</userTask>"        \
          FLOW("f3", "rule", "e") END)

struct moving {
    struct city *city;
    const struct migration *m;
    int64_t instance;
    bool is_back;
};

static enum rc
tell_back(struct tx *tx, struct moving *g, const struct instance *i, struct err *err)
{
    struct runtime *r = conduct_runtime(g->city->c);
    struct arena *a = g->city->house.arena;
    const struct outcome nothing = {.moves = 0};
    struct command command;
    enum rc rc = migration_command(a, g->m, NULL, true, &command, err);
    const struct runtime_event event = {i, &command, &nothing, STR("officer:o"), g->city->now_us, json_object(a)};

    return rc != RC_OK ? rc : r->config.hook(tx, a, &event, r->config.ctx, err);
}

/* Only what the move tells those who keep lists; its rows are written by process/migration_run.h. */
static enum rc
tell_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct moving *g = ctx;
    struct runtime *r = conduct_runtime(g->city->c);
    struct arena *a = g->city->house.arena;
    const struct source in = {.tx = tx};
    struct command command;
    struct migration_result result = {.refusals = 0};
    struct loaded l;
    enum rc rc = rows_load(r, &in, a, g->instance, STR(""), STR(""), &l, err);
    const struct migration_case c = {.i = &l.i, .bound = 1};

    if (rc != RC_OK || (rc = migration_command(a, g->m, NULL, false, &command, err)) != RC_OK || (rc = migration_apply(&r->config.engine, g->m, &c, g->city->now_us, &result, err)) != RC_OK) {
        return rc;
    }
    if (g->is_back) {
        return tell_back(tx, g, &l.i, err);
    }
    assert_int_equal(result.refusals, 0);
    if ((rc = migration_command(a, g->m, &result, false, &command, err)) != RC_OK) {
        return rc;
    }
    for (size_t n = 0; n < l.i.tokens; n++) {
        l.i.token[n].change = l.i.token[n].change == ROW_KEPT ? ROW_CHANGED : l.i.token[n].change;
    }
    const struct runtime_event event = {&l.i, &command, &result.outcome, STR("officer:o"), g->city->now_us, json_object(a)};
    return r->config.hook(tx, a, &event, r->config.ctx, err);
}

static struct moving
move_by(struct city *t, int64_t instance, const char *xml, const char *plan_text)
{
    struct arena *a = t->house.arena;
    const struct json *text = city_json(t, plan_text);
    struct binding *bound = arena_alloc(a, 1, sizeof(*bound));
    struct migration_plan *plan = arena_alloc(a, 1, sizeof(*plan));
    struct moving g = {.city = t, .instance = instance};
    struct bpmn_report report;
    struct err err;

    *bound = (struct binding){.key = STR("approval"), .version = 2};
    if (bpmn_read(t->models, str_of(xml), NULL, &bound->model, &report, &err) != RC_OK || migration_plan_read(a, text, plan, &err) != RC_OK ||
        migration_make(a, plan, city_find(t, STR("approval"), 1), bound, 1, NULL, &g.m, &err) != RC_OK ||
        store_write(&t->house.fixture.db, tell_tx, &g, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return g;
}

static void
move_to(struct city *t, int64_t instance, const char *xml)
{
    (void)move_by(t, instance, xml, "{'source':{'key':'approval','version':1},'target':2,'basis':'law','clocks':'stop','elements':{'examine':'check','decide':'rule'}}");
    const struct work *row = city_row(t, "rule");
    assert_true(row != NULL && row->version == 2 && str_eq(row->name_zh, STR("裁定")) && str_eq(row->name_en, STR("Rule")));
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM process_signed WHERE element = 'check'"), 1);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM process_signed WHERE element <> 'check' AND element <> 'accept'"), 0);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state <> 'stopped'"), 0);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock_log WHERE did = 'stop' AND basis = 'law' AND document LIKE 'migration:%'"), 2);
}

/* A case at its decision, which m2 has claimed. */
static int64_t
claimed(struct city *t)
{
    int64_t instance = city_start(t, "approval", CITY_APPROVAL, CITY_CASE);

    CITY_DO(t, "m1", "accept", COMPLETE, OUTCOME("accept"));
    CITY_DO(t, "m1", "examine", COMPLETE, OUTCOME("support"));
    CITY_DO(t, "m2", "decide", CLAIM, .serial = 0);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state <> 'stopped'"), 2);
    return instance;
}

static void
a_task_that_was_moved_is_still_whose_it_was(void **state)
{
    struct city *t = *state;

    move_to(t, claimed(t), RULING(CITY_ASSIGNED));
    assert_true(str_eq(city_row(t, "rule")->assignee, STR("m2")));
    assert_true(city_row(t, "decide") == NULL);
}

static void
under_another_power_it_is_nobodys(void **state)
{
    struct city *t = *state;

    move_to(t, claimed(t), RULING("<gov:assignment org='=part.org' role='officer' power='XK-0132'/>"));
    assert_true(str_eq(city_row(t, "rule")->assignee, STR("")) && str_eq(city_row(t, "rule")->power, STR("XK-0132")));
}

#define DECIDING(clock, on)                                                                                                           \
    MODEL(clock START FLOW("f1", "s", "decide") "<userTask id='decide'>" CITY_GOV(CITY_ASSIGNED on "<gov:outcome code='grant' zh='g' en='g'/>") "</userTask>" \
          FLOW("f2", "decide", "e") END)

/* Started with the case, though it was moved days later: what was used up by then counts.  On the way back it stops, with the plan as its basis. */
static void
a_clock_of_the_new_version_runs_from_the_moment_that_the_plan_names_and_stops_on_the_way_back(void **state)
{
    struct city *t = *state;
    int64_t begun_us = t->now_us, instance = city_start(t, "approval", DECIDING("", ""), CITY_CASE);
    struct err err;

    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock"), 0);
    t->now_us += INT64_C(3) * 24 * 3600 * 1000000;
    struct moving g = move_by(t, instance,
                              DECIDING(CITY_GOV("<gov:clock id='promised' rule='permit.decide' kind='promised' org='=part.org'/>"),
                                       "<gov:on at='enter' clock='promised' do='start'/><gov:on at='leave' clock='promised' do='stop'/>"),
                              "{'source':{'key':'approval','version':1},'target':2,'basis':'law','starts':{'promised':'begin'}}");
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE name = 'promised' AND state = 'running' AND org = '" MARKET "'"), 1);
    assert_int_equal(city_int(t, "SELECT started FROM clock"), instant_day(begun_us, CITY_OFFSET));
    g.is_back = true;
    if (store_write(&t->house.fixture.db, tell_tx, &g, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock WHERE state = 'stopped'"), 1);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM clock_log WHERE did = 'stop' AND basis = 'law' AND document LIKE 'migration:%'"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(a_task_that_was_moved_is_still_whose_it_was),
        CITY_TEST(under_another_power_it_is_nobodys),
        CITY_TEST(a_clock_of_the_new_version_runs_from_the_moment_that_the_plan_names_and_stops_on_the_way_back),
    };

    return HOUSE_RUN(tests, "people and cases that are moved");
}
