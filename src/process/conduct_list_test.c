/* Queues and what each may do there; signing together; withdrawals that a model hears; tasks of parts, places and persons. */
#include <sqlite3.h>

#include "process/conduct_sql.h"
#include "process/test_conduct.h"

/* Signed by all offices at once, of which one is enough to say no. */
#define SIGNED                                                                                                                       \
    MODEL("<dataObject id='D' name='parts' isCollection='true'/>" START FLOW("f1", "s", "sign")                                       \
          "<userTask id='sign' gov:result='signed'>"                                                                                 \
          CITY_GOV(CITY_ASSIGNED CITY_OUTCOME("agree", "sign", "optional") CITY_OUTCOME("object", "sign", "required")                 \
                   "<gov:countersign rule='one-veto' pass='agree'/>")                                                                \
          "<multiInstanceLoopCharacteristics><loopDataInputRef>D</loopDataInputRef><inputDataItem id='one' name='part'/>"             \
          "</multiInstanceLoopCharacteristics></userTask>" FLOW("f2", "sign", "ok") "<exclusiveGateway id='ok' default='no'/>"         \
          WHEN("yes", "ok", "after", "signed = \"agree\"") FLOW("no", "ok", "out") "<endEvent id='out'/><userTask id='after'/>"       \
          FLOW("f3", "after", "e") END)
#define PARTS(more)                                                                                                                  \
    "{'applicant':{'id':'p-1'},'lead_org':'" MARKET "','parts':[{'id':'1','org':'" MARKET "','power':'XK-0131'}," more                 \
    "{'id':'2','org':'" FIRE "','power':'XK-0307'}]}"
#define HEARS                                                                                                                        \
    OPEN BESIDE "<message id='W' name='withdraw'/><process id='p' isExecutable='true'>" START FLOW("f1", "s", "a")                     \
    "<userTask id='a'/>" FLOW("f2", "a", "e") END                                                                                     \
    "<subProcess id='w' triggeredByEvent='true'><startEvent id='ws'><messageEventDefinition messageRef='W'/></startEvent>"             \
    FLOW("w1", "ws", "note") "<scriptTask id='note' gov:result='decision'>"                                                           \
    CITY_GOV("<gov:act kind='withdraw' zh='申请人撤回申请' en='Withdrawn'/>") "<script>=\"withdraw\"</script></scriptTask>"             \
    FLOW("w2", "note", "we") "<endEvent id='we'>" CITY_GOV("<gov:state at='enter' value='withdrawn' zh='已撤回' en='Withdrawn'/>")      \
    "</endEvent></subProcess></process>" CLOSE
/* Without a part in sight: whose it is is found among the parts. */
#define DIRECT                                                                                                                       \
    MODEL(START FLOW("f1", "s", "fire") "<userTask id='fire' gov:result='d'>"                                                          \
          CITY_GOV("<gov:assignment org='=parts[item.id = \"2\"][1].org' role='officer' power='=parts[item.id = \"2\"][1].power' "     \
                   "region='=place'/>" CITY_OUTCOME("grant", "decide", "optional"))                                                   \
          "</userTask>" FLOW("f2", "fire", "mine") "<userTask id='mine' gov:result='m'>"                                               \
          CITY_GOV("<gov:assignment role='citizen'/>" CITY_OUTCOME("yes", "consent", "none")) "</userTask>" FLOW("f3", "mine", "e") END)

#define REASON .reason = STR("理由")

static int64_t
token_of(struct city *t, const char *org)
{
    return city_int(t, str_c(t->house.arena, str_fmt(t->house.arena, "SELECT MAX(token) FROM worklist WHERE org = '%s' AND serial = 0", org)));
}

static enum rc
sign(struct city *t, const char *who, enum deed_kind kind, int64_t token, const char *outcome, const char *data, const char *power,
     struct err *err)
{
    const struct conduct_deed set = {.instance = city_int(t, "SELECT MAX(instance) FROM worklist"), .token = token,
                                     .outcome = str_of(outcome), REASON, .data = data != NULL ? city_json(t, data) : NULL,
                                     .power = str_of(power)};

    return city_try(t, who, "", kind, &set, err);
}

static void
offices_sign_together_and_nobody_signs_twice(void **state)
{
    struct city *t = *state;
    struct err err;

    (void)city_start(t, "signed", SIGNED, PARTS("{'id':'3','org':'" MARKET "','power':'XK-0131'},"));
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist WHERE part IN ('1', '2', '3')"), 3);
    assert_int_equal(sign(t, "m1", DEED_COMPLETE, token_of(t, MARKET), "agree", NULL, "", &err), RC_OK);
    assert_refused(sign(t, "m1", DEED_COMPLETE, token_of(t, MARKET), "agree", NULL, "", &refused_), RC_DENIED, "second-person");
    assert_int_equal(sign(t, "m2", DEED_COMPLETE, token_of(t, MARKET), "agree", NULL, "", &err), RC_OK);
    assert_refused(sign(t, "m2", DEED_COMPLETE, token_of(t, FIRE), "agree", NULL, "", &refused_), RC_DENIED, "other-organisation");
    assert_int_equal(sign(t, "f1", DEED_COMPLETE, token_of(t, FIRE), "agree", NULL, "", &err), RC_OK);
    assert_non_null(city_row(t, "after"));
    assert_int_equal(city_acts(t, ACT_SIGN), 3);
}

static void
signers_are_added_and_dropped_by_who_leads_under_a_power(void **state)
{
    static const char *const fire = "{'part':{'id':'9','org':'" FIRE "','power':'XK-0307'}}";
    struct city *t = *state;
    struct err err;

    (void)city_start(t, "signed", SIGNED, PARTS(""));
    int64_t token = token_of(t, FIRE);
    assert_refused(sign(t, "m1", DEED_ADD_SIGNER, token, "", fire, "XK-0132", &refused_), RC_DENIED, "power-missing");
    assert_refused(sign(t, "m1", DEED_ADD_SIGNER, token, "", fire, "XK-0307", &refused_), RC_DENIED, "power-missing");
    assert_refused(sign(t, "steward", DEED_ADD_SIGNER, token, "", fire, "XK-0131", &refused_), RC_DENIED, "role-missing");
    assert_refused(sign(t, "m1", DEED_ADD_SIGNER, token, "", "{'part':{'org':'" FIRE "','power':'XK-0131'}}", "XK-0131", &refused_),
                   RC_INVALID, "field-not-allowed");
    assert_refused(sign(t, "m1", DEED_ADD_SIGNER, token, "", "{'signed':'agree'}", "XK-0131", &refused_), RC_INVALID, "field-not-allowed");
    assert_int_equal(sign(t, "m1", DEED_ADD_SIGNER, token, "", fire, "XK-0131", &err), RC_OK);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist WHERE org = '" FIRE "'"), 2);
    assert_int_equal(sign(t, "m1", DEED_DROP_SIGNER, token_of(t, FIRE), "", NULL, "XK-0131", &err), RC_OK);
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist WHERE org = '" FIRE "'"), 1);
    assert_int_equal(city_acts(t, ACT_SIGNER), 2);
    assert_int_equal(sign(t, "f1", DEED_COMPLETE, token, "object", NULL, "", &err), RC_OK); /* one is enough */
    assert_int_equal(city_int(t, "SELECT COUNT(*) FROM worklist"), 0);
}

static void
a_withdrawal_takes_the_way_that_the_model_has_for_it_and_is_one_act(void **state)
{
    struct city *t = *state;

    int64_t id = city_start(t, "hears", HEARS, CITY_CASE);
    CITY_DO(t, "p-1", "", WITHDRAW, .instance = id);
    assert_int_equal(city_acts(t, ACT_WITHDRAW), 1);
    assert_string_equal(t->told, "mark:1:withdrawn ended:1:completed ");
}

static void
a_task_belongs_to_the_part_whose_office_and_power_it_has(void **state)
{
    struct city *t = *state;
    struct str vars = str_fmt(t->house.arena, "%s,'place':'990100'}", "{'applicant':{'id':'p-1'},'parts':[{'id':'2','org':'" FIRE
                                                                     "','power':'XK-0307'}]");

    (void)city_start(t, "direct", DIRECT, vars.ptr);
    assert_true(str_eq(city_row(t, "fire")->part, STR("2")));
    CITY_DO(t, "f1", "fire", COMPLETE, .outcome = STR("grant"));
    assert_string_equal(t->told, "decided:2:grant ");
    assert_refused(CITY_TRY(t, "f1", "mine", COMPLETE, .outcome = STR("yes")), RC_DENIED, "role-missing");
    assert_refused(CITY_TRY(t, "p-2", "mine", COMPLETE, .outcome = STR("yes")), RC_DENIED, "not-yours");
    CITY_DO(t, "p-1", "mine", COMPLETE, .outcome = STR("yes"));
}

static void
an_office_does_not_act_for_another_place(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "direct", DIRECT, "{'parts':[{'id':'2','org':'" FIRE "','power':'XK-0307'}],'place':'990200'}");
    assert_refused(CITY_TRY(t, "f1", "fire", COMPLETE, .outcome = STR("grant")), RC_DENIED, "other-organisation");
}

/* --- looking ----------------------------------------------------------------------------------------------------------------------------- */

static bool
lists(const struct json *list, const char *member, const char *text)
{
    for (const struct json *j = list != NULL ? list->first : NULL; j != NULL; j = j->next) {
        if (str_eq(member != NULL ? json_str(j, member) : j->text, str_of(text))) {
            return true;
        }
    }
    return false;
}

static const struct json *
look(struct city *t, const char *who)
{
    struct json *list;
    struct err err;

    if (work_of_case(t->c, &t->house.fixture.db, t->house.arena, STR("case-7"), STR(""), who != NULL ? city_who(t, who) : NULL, t->now_us, &list,
                     &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return list->first;
}

static void
each_sees_what_they_may_do(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    const struct json *one = look(t, "m1");
    assert_true(lists(json_get(one, "outcomes"), "code", "accept") && lists(json_get(one, "outcomes"), "code", "reject"));
    assert_false(lists(json_get(one, "outcomes"), "code", "lapse")); /* that is for silence */
    assert_true(lists(json_get(one, "may"), NULL, "complete") && lists(json_get(one, "may"), NULL, "supplement") &&
                lists(json_get(one, "may"), NULL, "claim") && !lists(json_get(one, "may"), NULL, "release"));
    assert_true(str_eq(json_str(one, "fields"), STR("address, licence")));
    assert_int_equal(json_get(look(t, "f1"), "may")->count, 0);
    assert_int_equal(json_get(look(t, "weak"), "may")->count, 0);
    assert_int_equal(json_get(look(t, "p-1"), "may")->count, 0);
    assert_int_equal(json_get(look(t, NULL), "may")->count, 0);
    CITY_DO(t, "m1", "accept", SUPPLEMENT, REASON, .fields = city_json(t, "[{'field':'address','what':'门牌'}]"));
    assert_true(lists(json_get(look(t, "p-1"), "may"), NULL, "supply"));
    assert_int_equal(json_get(look(t, "p-2"), "may")->count, 0);
    assert_true(lists(json_path(look(t, "p-1"), "detail.asked"), "what", "门牌"));
    assert_null(json_get(look(t, NULL), "detail"));
    CITY_DO(t, "p-1", "accept", SUPPLY, .data = city_json(t, "{'address':'1'}"));
    CITY_DO(t, "m1", "accept", COMPLETE, .outcome = STR("accept"));
    CITY_DO(t, "m1", "examine", COMPLETE, .outcome = STR("support"));
    assert_false(lists(json_get(look(t, "m1"), "may"), NULL, "complete")); /* a second person */
    one = look(t, "m2");
    assert_true(lists(json_get(one, "may"), NULL, "complete") && lists(json_get(one, "returns"), "element", "examine"));
    assert_true(lists(json_get(one, "outcomes"), "code", "special"));
    CITY_DO(t, "m2", "decide", SUSPEND, .basis = STR("hearing"), REASON);
    one = look(t, "m2");
    assert_int_equal(json_get(one, "may")->count, 1);
    assert_true(lists(json_get(one, "may"), NULL, "resume"));
}

/* Rows as a command writes them, in their thousands. */
static void
fill(struct city *t, int count)
{
    fixture_sql(&t->house.fixture,
                str_c(t->house.arena,
                      str_fmt(t->house.arena,
                              "INSERT INTO worklist SELECT 1000 + n.i, 1, 0, 'task', 'c-' || n.i, '', '', ',1,', 1, 0, 'approval', 1, 'accept', "
                              "'', '', '" MARKET "', '', 'officer', '', '', '', '', 'open', 0, 1000 + n.i %% 7, 0, '', NULL "
                              "FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) n",
                              count)));
}

static void
pages_go_on_where_they_ended_and_miss_nothing(void **state)
{
    struct city *t = *state;
    struct work_query q = {.org = STR(MARKET), .assignee = STR(""), .state = STR("open"), .limit = 10};
    int64_t seen = 0, last_due = 0;
    struct err err;

    fill(t, 95);
    for (int pages = 0; pages < 20; pages++) {
        struct json *page;
        assert_int_equal(work_page(t->c, &t->house.fixture.db, t->house.arena, &q, &page, &err), RC_OK);
        for (const struct json *j = page->first; j != NULL; j = j->next, seen++) {
            assert_true(json_int_or(j, "due_us", 0) >= last_due);
            last_due = json_int_or(j, "due_us", 0);
            q.after = (struct work_after){last_due, json_int_or(j, "instance", 0), json_int_or(j, "token", 0), json_int_or(j, "serial", 0)};
        }
    }
    assert_int_equal(seen, 95);
    q = (struct work_query){.org = STR(""), .assignee = STR("m1"), .state = STR("open"), .limit = 10};
    fixture_sql(&t->house.fixture, "UPDATE worklist SET assignee = 'm1' WHERE instance = 1007");
    struct json *mine;
    assert_int_equal(work_page(t->c, &t->house.fixture.db, t->house.arena, &q, &mine, &err), RC_OK);
    assert_int_equal(mine->count, 1);
    assert_true(str_eq(json_str(mine->first, "assignee_name"), STR("m1")));
}

/* SQLite's plan of a statement, its lines after one another. */
static void
plan_of(sqlite3 *db, const struct stmt *stmt, char out[1000])
{
    char sql[4000];
    sqlite3_stmt *plan;

    (void)snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", stmt->sqlite);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &plan, NULL), SQLITE_OK);
    out[0] = '\0';
    while (sqlite3_step(plan) == SQLITE_ROW) {
        size_t used = strlen(out);
        (void)snprintf(out + used, 1000 - used, "%s; ", (const char *)sqlite3_column_text(plan, 3));
    }
    (void)sqlite3_finalize(plan);
}

static void
what_is_asked_often_is_found_among_millions(void **state)
{
    static const struct {
        const struct stmt *stmt;
        const char *index;
    } often[] = {{&WORK_OF_ORG, "worklist_of_org"},   {&WORK_OF_ASSIGNEE, "worklist_of_assignee"}, {&WORK_OF_CASE, "worklist_of_case"},
                 {&WORK_GET, "PRIMARY KEY"},          {&WORK_DUE, "PRIMARY KEY"},                  {&WORK_EXPIRED, "worklist_expires"},
                 {&WORK_NEXT_EXPIRES, "worklist_expires"}, {&WORK_LOAD, "worklist_of_assignee"},   {&CONDUCT_JOB_TYPE, "process_job_ripe"},
                 {&SIGNED_BY, "PRIMARY KEY"},         {&WORK_INSTANCES, "PRIMARY KEY"}};
    struct city *t = *state;
    sqlite3 *db;
    char plan[1000];

    if (house_kind == FIXTURE_POSTGRES) {
        return; /* its plans go by what is in the tables */
    }
    assert_int_equal(sqlite3_open(t->house.fixture.where, &db), SQLITE_OK);
    for (size_t n = 0; n < sizeof(often) / sizeof(often[0]); n++) {
        plan_of(db, often[n].stmt, plan);
        if (strstr(plan, often[n].index) == NULL || strstr(plan, "SCAN worklist") != NULL) {
            fail_msg("%s: %s", often[n].stmt->name, plan);
        }
    }
    (void)sqlite3_close(db);
}

static void
queues_go_by_what_is_due_after_clocks_were_counted_anew(void **state)
{
    struct city *t = *state;
    int64_t after = 0;
    bool more = true;
    struct err err;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    fixture_sql(&t->house.fixture, "UPDATE clock SET due_us = 77");
    while (more) {
        assert_int_equal(conduct_sort(&t->house.fixture.db, t->house.arena, &after, &more, &err), RC_OK);
    }
    assert_int_equal(city_int(t, "SELECT due_us FROM worklist"), 77);
}

static void
figures_say_how_much_there_is(void **state)
{
    struct city *t = *state;

    (void)city_start(t, "approval", CITY_APPROVAL, CITY_CASE);
    assert_int_equal(conduct_figures(t->c).open, 0);
    assert_int_equal(city_turn(t), 0);
    struct conduct_figures f = conduct_figures(t->c);
    assert_int_equal(f.open, 1);
    assert_int_equal(f.tasks, 1);
    assert_int_equal(f.jobs + f.incidents + f.oldest_job_us, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CITY_TEST(offices_sign_together_and_nobody_signs_twice),
        CITY_TEST(signers_are_added_and_dropped_by_who_leads_under_a_power),
        CITY_TEST(a_withdrawal_takes_the_way_that_the_model_has_for_it_and_is_one_act),
        CITY_TEST(a_task_belongs_to_the_part_whose_office_and_power_it_has),
        CITY_TEST(an_office_does_not_act_for_another_place),
        CITY_TEST(each_sees_what_they_may_do),
        CITY_TEST(pages_go_on_where_they_ended_and_miss_nothing),
        CITY_TEST(what_is_asked_often_is_found_among_millions),
        CITY_TEST(queues_go_by_what_is_due_after_clocks_were_counted_anew),
        CITY_TEST(figures_say_how_much_there_is),
    };

    return HOUSE_RUN(tests, "conduct_list");
}
