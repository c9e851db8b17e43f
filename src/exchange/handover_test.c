/*
 * Work handed over between nodes: nothing is lost while one of them is away, nothing counts twice, and nobody has a say in it but the two.
 */
#include "exchange/test_handover.h"

#include "process/test_bpmn.h"

static enum fixture_kind kind;

#define GOV(inside) "<extensionElements>" inside "</extensionElements>"
/* The call hands over a part and a reason, takes the decision, and is told apart from an error; it can be interrupted, and there is more to do afterwards. */
#define ASKING                                                                                                                     \
    MODEL(START FLOW("f1", "s", "there")                                                                                           \
          "<callActivity id='there' calledElement='decide'>" GOV("<gov:handover node='=home' process='decide'/>"                   \
          "<gov:input name='part' value='=part'/><gov:input name='reason' value='=reason'/>"                                       \
          "<gov:output name='decision' value='=decision'/><gov:output name='sum' value='=monthly * 2'/>") "</callActivity>"         \
          "<boundaryEvent id='wrong' attachedToRef='there'><errorEventDefinition errorRef='E'/></boundaryEvent>"                    \
          FLOW("f2", "wrong", "mend") "<userTask id='mend'/>" FLOW("f3", "mend", "e2") "<endEvent id='e2'/>"                        \
          "<boundaryEvent id='late' attachedToRef='there'><signalEventDefinition signalRef='S'/></boundaryEvent>"                   \
          FLOW("f4", "late", "mend") FLOW("f5", "there", "tell") "<userTask id='tell'/>" FLOW("f6", "tell", "e") END)
#define STATE(value) GOV("<gov:state at='enter' value='" value "' zh='到了' en='There'/>")
#define DECIDING                                                                                                                   \
    MODEL(START FLOW("f1", "s", "look") "<userTask id='look'>" STATE("looking") "</userTask>" FLOW("f2", "look", "good")            \
          "<exclusiveGateway id='good' default='yes'/>" WHEN("no", "good", "bad", "decision = \"broken\"") FLOW("yes", "good", "e") \
          "<endEvent id='bad'><errorEventDefinition errorRef='E'/></endEvent>" END)

static const char agreement[] =
    "{'id':'a-1','sender':'yunlan','receiver':'haichuan','process':'decide','item':'subsidy','basis':'国办发〔2020〕35号','mode':'counter',"
    "'takes':['part','reason'],'gives':['decision','monthly'],'from':'2026-01-01T00:00:00+08:00','until':'2126-01-01T00:00:00+08:00',"
    "'state':'in-use','sets':{'own':'海川民政'}}";
static const char begin_text[] = "{'home':'haichuan','item':'subsidy','part':{'name':'王小明'},'reason':'搬家','decision':'accept','secret':'only here'}";

static void
furnish(struct post *p)
{
    office_add(&p->ours, "ask", "p", STR(ASKING));
    office_add(&p->theirs, "decide", "p", STR(DECIDING));
    post_agree(p, agreement);
}

static int64_t
begin(struct post *p, const char *case_no)
{
    return post_start(&p->ours, "ask", case_no, begin_text);
}

/* The number of the process at the other node; 0: there is none. */
static int64_t
there(const struct post *p)
{
    return post_int(&p->theirs, "SELECT COALESCE(MAX(instance), 0) FROM handover WHERE side = 'taken'");
}

static int64_t
processes(const struct office *o)
{
    return post_int(o, "SELECT (SELECT COUNT(*) FROM process_instance) + (SELECT COUNT(*) FROM process_closed)");
}

static int64_t
acts(const struct office *o, enum act_kind which)
{
    char sql[80];

    (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM act WHERE kind = %d", (int)which);
    return post_int(o, sql);
}

/* Whether a member of the view is that text. */
static bool
shows(struct office *o, const char *case_no, const char *member, const char *text)
{
    struct str got = json_str(post_view(o, case_no), member);

    if (!str_eq(got, str_of(text))) {
        print_message("%s is \"%.*s\"\n", member, STR_ARG(got));
    }
    return str_eq(got, str_of(text));
}

static const char *
taken_case(const struct post *p, int64_t ours)
{
    struct office *o = (struct office *)(uintptr_t)&p->ours;

    return str_c(p->arena, str_fmt(p->arena, "yunlan:%lld:%lld:0", (long long)ours, (long long)post_token(o, ours, "there").id));
}

/* --- the whole way ------------------------------------------------------------------------------------------------------- */

static void
play_whole(struct post *p)
{
    int64_t ours = begin(p, "C-1"), theirs;
    const char *taken = taken_case(p, ours);

    EXPECT(p, shows(&p->ours, "C-1", "state", "new") && shows(&p->ours, "C-1", "whose", "yunlan"));
    post_turns(p);
    theirs = there(p);
    EXPECT(p, theirs != 0 && post_token(&p->theirs, theirs, "look").id != 0);
    EXPECT(p, str_eq(post_text(&p->theirs, theirs, "reason"), STR("搬家")) && post_text(&p->theirs, theirs, "secret").len == 0);
    EXPECT(p, str_eq(post_text(&p->theirs, theirs, "own"), STR("海川民政")));
    EXPECT(p, shows(&p->ours, "C-1", "state", "received") && shows(&p->theirs, taken, "state", "under-way"));
    EXPECT(p, shows(&p->ours, "C-1", "whose", "haichuan") && shows(&p->theirs, taken, "whose", "haichuan"));
    EXPECT(p, str_eq(json_str(post_view(&p->ours, "C-1"), "whose_since"), json_str(post_view(&p->theirs, taken), "whose_since")));
    EXPECT(p, shows(&p->ours, "C-1", "peer_case", taken) && shows(&p->theirs, taken, "peer_case", "C-1"));
    EXPECT(p, str_eq(json_str(json_get(post_view(&p->ours, "C-1"), "milestones")->first, "value"), STR("looking")));
    EXPECT(p, str_eq(json_str(json_get(post_view(&p->theirs, taken), "materials")->first, "id"), STR("m-1")));
    post_complete(&p->theirs, theirs, "look", "{'decision':'grant','monthly':110,'inside':'stays'}");
    post_turns(p);
    EXPECT(p, post_token(&p->ours, ours, "tell").id != 0);
    EXPECT(p, str_eq(post_text(&p->ours, ours, "decision"), STR("grant")) && str_eq(post_text(&p->ours, ours, "sum"), STR("220")));
    EXPECT(p, post_text(&p->ours, ours, "inside").len == 0 && post_text(&p->ours, ours, "monthly").len == 0);
    EXPECT(p, shows(&p->ours, "C-1", "state", "done") && shows(&p->theirs, taken, "state", "done"));
    EXPECT(p, shows(&p->ours, "C-1", "whose", "yunlan") && shows(&p->theirs, taken, "whose", "yunlan"));
    EXPECT(p, json_get(post_view(&p->ours, "C-1"), "times")->count == 3);
    EXPECT(p, json_int_or(post_view(&p->ours, "C-1"), "waiting", -1) == 0 && json_int_or(post_view(&p->theirs, taken), "waiting", -1) == 0);
    /* offer; received, progress, result: each an act at both, and nothing that they said stays behind. */
    EXPECT(p, acts(&p->ours, ACT_HAND_OVER) == 1 && acts(&p->theirs, ACT_TAKE_OVER) == 1);
    EXPECT(p, acts(&p->ours, ACT_TAKE_OVER) == 3 && acts(&p->theirs, ACT_HAND_OVER) == 3);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message WHERE body IS NOT NULL") == 0);
    EXPECT(p, processes(&p->ours) == 1 && processes(&p->theirs) == 1);
    EXPECT(p, acts(&p->ours, ACT_REFUSE) == 0 && acts(&p->theirs, ACT_REFUSE) == 0);
}

static void
a_call_runs_at_another_node_and_both_show_the_same_of_it(void **state)
{
    (void)state;
    assert_int_equal(post_run(furnish, play_whole, kind), 0);
}

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_runs_at_another_node_and_both_show_the_same_of_it),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "handover on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "handover on PostgreSQL");
    }
    return failed;
}
