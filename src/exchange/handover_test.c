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
    "{'id':'a-1','sender':'yunxi','receiver':'haichuan','process':'decide','item':'subsidy','basis':'国办发〔2020〕35号','mode':'counter',"
    "'takes':['part','reason','materials'],'gives':['decision','monthly'],'fields':['dead_id'],'from':'2026-01-01T00:00:00+08:00','until':'2126-01-01T00:00:00+08:00',"
    "'state':'in-use','sets':{'own':'海川民政'}}";
static const char begin_text[] = "{'home':'haichuan','item':'subsidy','part':{'name':'王小明'},'reason':'搬家','decision':'accept','secret':'only here'}";

static void
furnish(struct post *p)
{
    office_add(&p->ours, "ask", "p", STR(ASKING));
    office_add(&p->theirs, "decide", "p", STR(DECIDING));
    post_agree(p, agreement);
}

static void
furnish_all(struct post *p)
{
    furnish(p);
    office_add(&p->other, "decide", "p", STR(DECIDING));
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

    return str_c(p->arena, str_fmt(p->arena, "yunxi:%lld:%lld:0", (long long)ours, (long long)post_token(o, ours, "there").id));
}

/* --- the whole way ------------------------------------------------------------------------------------------------------- */

static const char *const seen_alike[] = {"milestones", "clocks", "sender_clocks", "materials", "times", "result", "mode", "basis"};

static void
play_whole(struct post *p)
{
    int64_t ours = begin(p, "C-1"), theirs;
    const char *taken = taken_case(p, ours);

    EXPECT(p, shows(&p->ours, "C-1", "state", "new") && shows(&p->ours, "C-1", "whose", "yunxi"));
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
    EXPECT(p, shows(&p->ours, "C-1", "whose", "yunxi") && shows(&p->theirs, taken, "whose", "yunxi"));
    EXPECT(p, json_get(post_view(&p->ours, "C-1"), "times")->count == 3);
    /* What the one has told and the other heard is the same. */
    for (size_t n = 0; n < sizeof(seen_alike) / sizeof(seen_alike[0]); n++) {
        EXPECT(p, json_equal(json_get(post_view(&p->ours, "C-1"), seen_alike[n]), json_get(post_view(&p->theirs, taken), seen_alike[n])));
    }
    EXPECT(p, json_get(post_view(&p->ours, "C-1"), "letters")->count == 4 && json_get(post_view(&p->theirs, taken), "letters")->count == 4);
    EXPECT(p, json_int_or(post_view(&p->ours, "C-1"), "waiting", -1) == 0 && json_int_or(post_view(&p->theirs, taken), "waiting", -1) == 0);
    /* offer; received, progress, result: each an act at both, and nothing that they said stays behind. */
    EXPECT(p, acts(&p->ours, ACT_HAND_OVER) == 1 && acts(&p->theirs, ACT_TAKE_OVER) == 1);
    EXPECT(p, acts(&p->ours, ACT_TAKE_OVER) == 3 && acts(&p->theirs, ACT_HAND_OVER) == 3);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message WHERE body IS NOT NULL") == 0);
    EXPECT(p, processes(&p->ours) == 1 && processes(&p->theirs) == 1);
    EXPECT(p, acts(&p->ours, ACT_REFUSE) == 0 && acts(&p->theirs, ACT_REFUSE) == 0);
}

/* --- nothing is lost --------------------------------------------------------------------------------------------------------- */

static void
play_away(struct post *p)
{
    const int64_t hour_us = INT64_C(3600000000);
    int64_t ours, also;
    int calls;

    p->theirs.is_away = true;
    ours = begin(p, "C-1");
    also = begin(p, "C-2");
    post_turns(p);
    EXPECT(p, p->theirs.calls == 1); /* one message asks for all that wait */
    EXPECT(p, shows(&p->ours, "C-1", "state", "offered") && shows(&p->ours, "C-1", "whose", "yunxi"));
    EXPECT(p, json_str(post_view(&p->ours, "C-1"), "away_since").len > 0 && shows(&p->ours, "C-2", "trouble", "answer-invalid"));
    post_turns(p);
    EXPECT(p, p->theirs.calls == 1); /* not before the pause is over */
    for (int days = 0; days < 9; days++) {
        post_later(p, 24 * hour_us);
        post_turns(p);
    }
    EXPECT(p, p->theirs.calls == 10 && processes(&p->theirs) == 0);
    EXPECT(p, post_token(&p->ours, ours, "there").kind == TOKEN_JOB && post_token(&p->ours, also, "there").kind == TOKEN_JOB);
    p->theirs.is_away = false;
    post_later(p, hour_us);
    post_turns(p);
    EXPECT(p, processes(&p->theirs) == 2 && shows(&p->ours, "C-1", "state", "received") && shows(&p->ours, "C-2", "state", "received"));
    EXPECT(p, shows(&p->ours, "C-1", "away_since", "") && shows(&p->ours, "C-1", "trouble", ""));
    /* Now the sender is away when the result comes; as soon as it is heard of, what waits for it goes. */
    p->ours.is_away = true;
    post_complete(&p->theirs, there(p), "look", "{'decision':'grant','monthly':1}");
    post_turns(p);
    calls = p->ours.calls;
    p->ours.is_away = false;
    post_turns(p);
    EXPECT(p, p->ours.calls == calls);
    (void)begin(p, "C-3");
    post_turns(p);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover WHERE state = 'done'") == 1 && processes(&p->theirs) == 3);
}

static const char *
at_home(struct post *p, const char *node)
{
    return str_c(p->arena, str_fmt(p->arena, "{'home':'%s','item':'subsidy','part':1,'reason':''}", node));
}

/* One node does not answer, another is not there, and for a third there is no end of work: it is served meanwhile. */
static void
play_slow(struct post *p)
{

    struct json *d = post_json(p, agreement);
    struct err err;
    int rounds = 0;

    for (size_t n = 0; n < 2; n++) {
        struct office *receiver = n == 0 ? &p->other : NULL;
        json_set_text(p->arena, d, "id", n == 0 ? STR("a-3") : STR("a-4"));
        json_set_text(p->arena, d, "receiver", n == 0 ? STR("third") : STR("gone"));
        EXPECT(p, post_try_agree(&p->ours, d, &err) == RC_OK && (receiver == NULL || post_try_agree(receiver, d, &err) == RC_OK));
    }
    p->ours.node->gate->config.upstream_ms = 600000; /* it would be waited for longer than this test lasts */
    p->theirs.holds = true;
    (void)begin(p, "C-1");
    (void)post_start(&p->ours, "ask", "C-2", at_home(p, "gone"));
    for (int n = 0; n < 20; n++) {
        (void)post_start(&p->ours, "ask", str_c(p->arena, str_fmt(p->arena, "D-%d", n)), at_home(p, "third"));
    }
    while (post_int(&p->ours, "SELECT COUNT(*) FROM handover WHERE state = 'received'") < 20 && rounds++ < 5000) {
        (void)post_begin_turn(&p->ours);
        (void)post_begin_turn(&p->other);
        (void)!task_sleep(p->task, loop_now_us(p->loop) + 1000, &err);
    }
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover WHERE state = 'received' AND peer = 'third'") == 20);
    EXPECT(p, processes(&p->other) == 20 && processes(&p->theirs) == 0);
    EXPECT(p, shows(&p->ours, "C-1", "state", "offered") && p->theirs.calls >= 1);
    EXPECT(p, shows(&p->ours, "C-2", "state", "offered"));
    p->theirs.holds = false;
    post_turns(p);
    post_later(p, INT64_C(3600000000));
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "received") && processes(&p->theirs) == 1);
    EXPECT(p, shows(&p->ours, "C-2", "state", "offered") && json_str(post_view(&p->ours, "C-2"), "away_since").len > 0);
    /* Side by side, and in their order within each. */
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message WHERE way = 'in'") == 42);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message a JOIN handover_message b ON b.handover = a.handover AND b.way = 'in' "
                                 "WHERE a.way = 'in' AND a.number < b.number AND a.id > b.id") == 0);
}

/* Each message comes twice, because the answer to the first did not arrive. */
static void
play_twice(struct post *p)
{
    int64_t ours = begin(p, "C-1");

    p->ours.loses_answers = p->theirs.loses_answers = true;
    for (int round = 0; round < 40; round++) {
        (void)post_turn(&p->ours);
        p->ours.node->shift_us = p->theirs.node->shift_us = round * INT64_C(7200000000);
        (void)post_turn(&p->theirs);
        p->ours.node->shift_us = p->theirs.node->shift_us = round * INT64_C(7200000000) + INT64_C(3600000000);
        if (round == 20) {
            EXPECT(p, shows(&p->ours, "C-1", "state", "received"));
            post_complete(&p->theirs, there(p), "look", "{'decision':'grant','monthly':1}");
        }
    }
    EXPECT(p, shows(&p->ours, "C-1", "state", "done") && post_token(&p->ours, ours, "tell").id != 0);
    EXPECT(p, processes(&p->theirs) == 1 && post_int(&p->theirs, "SELECT COUNT(*) FROM handover") == 1);
    EXPECT(p, p->theirs.calls == 2 && p->ours.calls == 6);
    EXPECT(p, json_get(post_view(&p->ours, "C-1"), "milestones")->count == 1);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message WHERE way = 'in'") == 3);
    EXPECT(p, acts(&p->ours, ACT_HAND_OVER) == 1 && acts(&p->theirs, ACT_HAND_OVER) == 3); /* sent once, as far as anybody knows */
}

/* Letters of the other node, as it might write them: the last comes first. */
static void
play_disorder(struct post *p)
{
    int64_t ours = begin(p, "C-1");
    struct token there_token = post_token(&p->ours, ours, "there");
    struct arena *a = p->arena;
    const char *name = str_c(a, str_fmt(a, "'handover':'yunxi:%lld:%lld:0','salt':'0123456789abcdef','at':'2026-11-28T10:00:00+08:00'",
                                        (long long)ours, (long long)there_token.id));
    const char *result = str_c(a, str_fmt(a, "{%s,'number':3,'kind':'result','outcome':'done','variables':{'decision':'grant','monthly':2}}", name));

    (void)post_turn(&p->ours);
    EXPECT(p, post_letter(&p->theirs, &p->ours, result).len == 0);
    EXPECT(p, post_letter(&p->theirs, &p->ours, str_c(a, str_fmt(a, "{%s,'number':2,'kind':'news of later versions'}", name))).len == 0);
    (void)post_turn(&p->ours);
    EXPECT(p, shows(&p->ours, "C-1", "state", "offered") && post_token(&p->ours, ours, "there").id != 0);
    EXPECT(p, str_eq(post_letter(&p->theirs, &p->ours, str_c(a, str_fmt(a, "{%s,'number':3,'kind':'result','outcome':'failed'}", name))),
                     STR("handover-differs")));
    EXPECT(p, str_eq(post_letter(&p->theirs, &p->ours, str_c(a, str_fmt(a, "{%s,'number':99,'kind':'progress'}", name))),
                     STR("handover-too-far")));
    EXPECT(p, post_letter(&p->theirs, &p->ours, str_c(a, str_fmt(a, "{%s,'number':1,'kind':'received','case_no':'H-1'}", name))).len == 0);
    while (post_turn(&p->ours)) {
    }
    EXPECT(p, shows(&p->ours, "C-1", "state", "done") && shows(&p->ours, "C-1", "peer_case", "H-1"));
    EXPECT(p, post_token(&p->ours, ours, "tell").id != 0 && str_eq(post_text(&p->ours, ours, "sum"), STR("4")));
    EXPECT(p, post_letter(&p->theirs, &p->ours, result).len == 0); /* again, and long done */
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message WHERE way = 'in'") == 3);
}

/* --- nobody else has a say -------------------------------------------------------------------------------------------------------- */

static void
play_forged(struct post *p)
{
    static const char *const offer =
        "{'handover':'%s','salt':'0123456789abcdef','number':1,'kind':'offer','process':'decide','agreement':'a-1','item':'subsidy',"
        "'basis':'国办发〔2020〕35号','case_no':'X','variables':{},'wants':[]}";
    int64_t ours = begin(p, "C-1");
    struct arena *a = p->arena;
    const char *result = str_c(a, str_fmt(a, "{'handover':'yunxi:%lld:%lld:0','salt':'0123456789abcdef','number':1,'kind':'result','outcome':'done'}",
                                          (long long)ours, (long long)post_token(&p->ours, ours, "there").id));
    const char *of_ours = str_c(a, str_fmt(a, "{'handover':'yunxi:77:1:0'%s", strchr(offer, ',')));
    const char *of_third = str_c(a, str_fmt(a, "{'handover':'third:77:1:0'%s", strchr(offer, ',')));
    struct letter *l;

    (void)post_turn(&p->ours);
    /* A member that was not asked; the one that was asked, but by a wrong key; and over a connection of somebody else. */
    EXPECT(p, str_eq(post_letter(&p->other, &p->ours, result), STR("handover-not-yours")));
    l = post_write(&p->theirs, &p->other, &p->ours, result, "subsidy", "国办发〔2020〕35号");
    EXPECT(p, str_eq(post_send(&p->theirs, &p->ours, l), STR("signature-invalid")));
    l = post_write(&p->theirs, &p->theirs, &p->ours, result, "subsidy", "国办发〔2020〕35号");
    EXPECT(p, str_eq(post_send(&p->other, &p->ours, l), STR("wrong-node")));
    /* Offers in the name of others, and without an agreement. */
    EXPECT(p, str_eq(post_letter(&p->other, &p->theirs, of_ours), STR("handover-not-yours")));
    EXPECT(p, str_eq(post_letter(&p->other, &p->theirs, of_third), STR("handover-not-agreed")));
    EXPECT(p, str_eq(post_letter(&p->other, &p->theirs, "{'handover':'third:1:1:0','salt':'0123456789abcdef','number':1,'kind':'withdraw'}"),
                     STR("handover-unknown")));
    /* The right node, for another purpose. */
    l = post_write(&p->theirs, &p->theirs, &p->ours, result, "other", "国办发〔2020〕35号");
    EXPECT(p, str_eq(post_send(&p->theirs, &p->ours, l), STR("purpose-not-covered")));
    l = post_write(&p->theirs, &p->theirs, &p->ours, result, "subsidy", "另一依据");
    EXPECT(p, str_eq(post_send(&p->theirs, &p->ours, l), STR("purpose-not-covered")));
    /* Not a word of it has come to anything, and each is in the log. */
    while (post_turn(&p->ours)) {
    }
    EXPECT(p, post_token(&p->ours, ours, "there").id != 0 && acts(&p->ours, ACT_REFUSE) == 5 && acts(&p->theirs, ACT_REFUSE) == 3);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message WHERE way = 'in'") == 0);
}

static void
play_replayed(struct post *p)
{
    int64_t ours = begin(p, "C-1");
    struct arena *a = p->arena;
    const char *body = str_c(a, str_fmt(a, "{'handover':'yunxi:%lld:%lld:0','salt':'0123456789abcdef','number':1,'kind':'received','case_no':'H'}",
                                        (long long)ours, (long long)post_token(&p->ours, ours, "there").id));
    struct letter *l;

    (void)post_turn(&p->ours);
    l = post_write(&p->theirs, &p->theirs, &p->ours, body, "subsidy", "国办发〔2020〕35号");
    EXPECT(p, post_send(&p->theirs, &p->ours, l).len == 0);
    EXPECT(p, str_eq(post_send(&p->theirs, &p->ours, l), STR("replayed")));
    l = post_write(&p->theirs, &p->theirs, &p->ours, body, "subsidy", "国办发〔2020〕35号");
    post_later(p, INT64_C(3600000000));
    EXPECT(p, str_eq(post_send(&p->theirs, &p->ours, l), STR("signature-expired")));
}

#define DIGEST "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define OFFERED "'handover':'haichuan:1:1:0','salt':'0123456789abcdef','number':1,'kind':'offer','process':'ask','variables':{},'wants':[]"

static void
play_malformed(struct post *p)
{
    static const char *const bodies[] = {
        "{'handover':'','salt':'0123456789abcdef','number':1,'kind':'received'}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':0,'kind':'received'}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':1.5,'kind':'received'}",
        "{'handover':'yunxi:1:1:0','salt':'short','number':1,'kind':'received'}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':1}",
        "{'handover':'haichuan:1:1:0','salt':'0123456789abcdef','number':2,'kind':'offer','process':'ask','variables':{},'wants':[]}",
        "{'handover':'haichuan:1:1:0','salt':'0123456789abcdef','number':1,'kind':'offer','process':'ask','variables':[],'wants':[]}",
        "{'handover':'haichuan:1:1:0','salt':'0123456789abcdef','number':1,'kind':'offer','process':'ask','variables':{}}",
        "{'handover':'haichuan:1:1:0','salt':'0123456789abcdef','number':1,'kind':'offer','process':'ask','variables':{},'wants':[1]}",
        "{" OFFERED ",'materials':[{'id':'m','bytes':4,'sha256':'9f86'}]}",
        "{" OFFERED ",'materials':[{'id':'m','bytes':-1,'sha256':'" DIGEST "'}]}",
        "{" OFFERED ",'materials':[{'id':'m','bytes':4,'sha256':'" DIGEST "'},{'id':'m','bytes':4,'sha256':'" DIGEST "'}]}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':1,'kind':'received'}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':2,'kind':'progress','at':'soon'}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':2,'kind':'progress','milestones':[{'zh':'到了'}]}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':2,'kind':'progress','clocks':[7]}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':2,'kind':'result'}",
        "{'handover':'yunxi:1:1:0','salt':'0123456789abcdef','number':2,'kind':'result','outcome':'done','variables':['decision']}",
        "[]",
    };

    for (size_t n = 0; n < sizeof(bodies) / sizeof(bodies[0]); n++) {
        EXPECT(p, str_eq(post_letter(&p->theirs, &p->ours, bodies[n]), STR("question-invalid")));
    }
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover") == 0);
}

/* The same agreement with one member changed, at one of the two nodes. */
static void
change_agreement(struct office *o, const char *member, const char *value)
{
    struct json *d = post_json(o->post, agreement);
    struct err err;

    json_set(o->post->arena, d, member, post_json(o->post, value));
    CHECK(post_try_agree(o, d, &err) == RC_OK);
}

/* What the other node tells counts as far as it can be true, and as far as it was agreed. */
static void
play_overdone(struct post *p)
{
    int64_t ours = begin(p, "C-1");
    struct arena *a = p->arena;
    const char *name = str_c(a, str_fmt(a, "'handover':'yunxi:%lld:%lld:0','salt':'0123456789abcdef'", (long long)ours,
                                        (long long)post_token(&p->ours, ours, "there").id));
    struct str year = str_sub(instant_text(a, post_now(&p->ours), 480), 0, 4);

    change_agreement(&p->ours, "gives", "['decision']");
    (void)post_turn(&p->ours);
    EXPECT(p, post_letter(&p->theirs, &p->ours, str_c(a, str_fmt(a, "{%s,'number':1,'kind':'received','case_no':'H-1','at':'2099-01-01T00:00:00Z'}", name))).len == 0);
    EXPECT(p, post_letter(&p->theirs, &p->ours, str_c(a, str_fmt(a, "{%s,'number':2,'kind':'received','case_no':'H-2'}", name))).len == 0);
    while (post_turn(&p->ours)) {
    }
    EXPECT(p, shows(&p->ours, "C-1", "peer_case", "H-1") && json_get(post_view(&p->ours, "C-1"), "times")->count == 2);
    EXPECT(p, str_starts(json_str(post_view(&p->ours, "C-1"), "whose_since"), year));
    EXPECT(p, post_letter(&p->theirs, &p->ours, str_c(a, str_fmt(a, "{%s,'number':3,'kind':'result','outcome':'done','at':'1999-01-01T00:00:00Z',"
                                                                 "'variables':{'decision':'grant','monthly':2,'part':'x'},'certificate':{}}", name))).len == 0);
    while (post_turn(&p->ours)) {
    }
    EXPECT(p, str_eq(post_text(&p->ours, ours, "decision"), STR("grant")) && post_text(&p->ours, ours, "sum").len == 0);
    EXPECT(p, str_starts(json_str(post_view(&p->ours, "C-1"), "whose_since"), year));
    EXPECT(p, json_get(json_get(post_view(&p->ours, "C-1"), "result"), "certificate") == NULL);
}

/* --- what was agreed ---------------------------------------------------------------------------------------------------------------- */

static void
expect_stuck(struct post *p, int64_t instance, const char *case_no, const char *why)
{
    struct token t = post_token(&p->ours, instance, "there");

    EXPECT(p, t.kind == TOKEN_INCIDENT && str_has(json_str(post_view(&p->ours, case_no), "trouble"), str_of(why)));
    EXPECT(p, shows(&p->ours, case_no, "state", "refused"));
}

static const struct {
    const char *member, *value, *why;
} uncovered[] = {
    {"basis", "'另一依据'", "purpose-not-covered"}, {"item", "'other'", "purpose-not-covered"},
    {"takes", "['part']", "field-not-granted"},     {"state", "'suspended'", "handover-not-agreed"},
    {"sender", "'third'", "handover-not-agreed"},   {"until", "'2026-02-01T00:00:00+08:00'", "handover-not-agreed"},
};

static void
play_uncovered(struct post *p)
{
    for (size_t n = 0; n < sizeof(uncovered) / sizeof(uncovered[0]); n++) {
        const char *case_no = str_c(p->arena, str_fmt(p->arena, "C-%zu", n));
        int64_t ours = begin(p, case_no);
        change_agreement(&p->theirs, uncovered[n].member, uncovered[n].value);
        post_turns(p);
        expect_stuck(p, ours, case_no, uncovered[n].why);
        change_agreement(&p->theirs, "state", "'in-use'");
    }
    EXPECT(p, processes(&p->theirs) == 0 && acts(&p->ours, ACT_HAND_OVER) == 6);
}

/* A person has it begun again when that is mended: another hand-over of the same job. */
static void
play_again(struct post *p)
{
    int64_t ours = begin(p, "C-1");

    change_agreement(&p->ours, "takes", "['part']");
    post_turns(p);
    expect_stuck(p, ours, "C-1", "field-not-granted");
    EXPECT(p, p->theirs.calls == 0); /* it has not left the house */
    change_agreement(&p->ours, "state", "'in-use'");
    post_do(&p->ours, ours, str_c(p->arena, str_fmt(p->arena, "{'command':'retry','token':%lld,'attempt':-1}",
                                                    (long long)post_token(&p->ours, ours, "there").id)));
    post_turns(p);
    EXPECT(p, processes(&p->theirs) == 1 && post_int(&p->ours, "SELECT COUNT(*) FROM handover WHERE state = 'received'") == 1);
    post_complete(&p->theirs, there(p), "look", "{'decision':'refuse'}");
    post_turns(p);
    EXPECT(p, str_eq(post_text(&p->ours, ours, "decision"), STR("refuse")) && post_token(&p->ours, ours, "tell").id != 0);
}

static void
play_nowhere(struct post *p)
{
    int64_t nobody = post_start(&p->ours, "ask", "C-1", "{'home':'nobody','item':'subsidy','part':1,'reason':''}");
    int64_t untold = post_start(&p->ours, "ask", "C-2", "{'item':'subsidy','part':1,'reason':''}");
    int64_t unready;

    post_turns(p);
    expect_stuck(p, nobody, "C-1", "source-unknown");
    expect_stuck(p, untold, "C-2", "source-unknown");
    p->theirs.has_no_model = true;
    unready = begin(p, "C-3");
    post_turns(p);
    EXPECT(p, post_token(&p->ours, unready, "there").kind == TOKEN_INCIDENT && shows(&p->ours, "C-3", "state", "refused"));
    EXPECT(p, str_eq(json_str(json_get(post_view(&p->ours, "C-3"), "result"), "reason"), STR("no-rule-in-force")));
    EXPECT(p, post_int(&p->theirs, "SELECT COUNT(*) FROM handover WHERE state = 'refused'") == 1);
}

static void
play_gathering(struct post *p)
{
    int64_t ours, never;

    p->ours.gathering = RC_BUSY;
    ours = begin(p, "C-1");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "new") && shows(&p->ours, "C-1", "trouble", "what goes along cannot be found"));
    p->ours.gathering = RC_OK;
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "new"));
    post_later(p, INT64_C(3600000000));
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "received") && post_token(&p->ours, ours, "there").kind == TOKEN_JOB);
    p->ours.gathering = RC_NOT_FOUND;
    never = begin(p, "C-2");
    post_turns(p);
    expect_stuck(p, never, "C-2", "cannot be found");
}

/* --- who applies ------------------------------------------------------------------------------------------------------------------- */

static struct str
applicant_there(struct post *p)
{
    struct instance i = post_instance(&p->theirs, there(p));

    return json_str(instance_variable(&i, 1, STR("applicant")), "name");
}

static struct str
about_there(struct post *p, const char *answer)
{
    struct instance i = post_instance(&p->theirs, there(p));

    return json_str(json_get(instance_variable(&i, 1, STR("applicant")), "about"), answer);
}

static void
play_applicant(struct post *p)
{
    int64_t late;

    p->ours.applicant = "{'kind':'person','name':'王小明','identifier':'990102199001010011','about':{'dead_id':'D-1','else':'x'}}";
    (void)begin(p, "C-1");
    post_turns(p);
    EXPECT(p, applicant_there(p).len == 0 && p->theirs.calls == 1); /* it was not agreed, so it has not left */
    change_agreement(&p->ours, "takes", "['part','reason','materials','applicant']");
    (void)begin(p, "C-2");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-2", "state", "refused") && str_has(json_str(post_view(&p->ours, "C-2"), "trouble"), STR("field-not-granted")));
    change_agreement(&p->theirs, "takes", "['part','reason','materials','applicant']");
    (void)begin(p, "C-3");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-3", "state", "received") && str_eq(applicant_there(p), STR("王小明")));
    EXPECT(p, str_eq(about_there(p, "dead_id"), STR("D-1")) && about_there(p, "else").len == 0); /* of their answers what was agreed */
    /* Sealed for a key that they do not have any more: refused, and by then theirs is known. */
    fixture_sql(&p->ours.node->fixture, "UPDATE handover_peer SET box = 'aWFtYWtleXRoYXRub2JvZHloYXNiZWNhdXNlaXRpc3Q='");
    late = begin(p, "C-4");
    post_turns(p);
    EXPECT(p, str_eq(json_str(json_get(post_view(&p->ours, "C-4"), "result"), "reason"), STR("applicant-unreadable")));
    post_do(&p->ours, late, str_c(p->arena, str_fmt(p->arena, "{'command':'retry','token':%lld,'attempt':-1}",
                                                    (long long)post_token(&p->ours, late, "there").id)));
    post_turns(p);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover WHERE state = 'received'") == 3 && str_eq(applicant_there(p), STR("王小明")));
}

/* The first thing that is said to a node asks for its key. */
static void
play_greeting(struct post *p)
{
    p->ours.applicant = "{'kind':'person','name':'王小明'}";
    change_agreement(&p->ours, "takes", "['part','reason','materials','applicant']");
    change_agreement(&p->theirs, "takes", "['part','reason','materials','applicant']");
    p->theirs.is_away = true;
    (void)begin(p, "C-1");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "new") && p->theirs.calls == 1);
    EXPECT(p, json_str(post_view(&p->ours, "C-1"), "away_since").len > 0); /* it waits, though nothing has been said yet */
    p->theirs.is_away = false;
    post_later(p, INT64_C(3600000000));
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "received") && p->theirs.calls == 3 && str_eq(applicant_there(p), STR("王小明")));
    EXPECT(p, post_int(&p->theirs, "SELECT COUNT(*) FROM handover") == 1);
}

/* --- ends -------------------------------------------------------------------------------------------------------------------------- */

static void
play_error(struct post *p)
{
    int64_t ours = begin(p, "C-1"), cancelled;

    post_turns(p);
    post_complete(&p->theirs, there(p), "look", "{'decision':'broken'}");
    post_turns(p);
    EXPECT(p, post_token(&p->ours, ours, "mend").id != 0 && shows(&p->ours, "C-1", "state", "failed"));
    EXPECT(p, str_eq(json_str(json_get(post_view(&p->ours, "C-1"), "result"), "code"), STR("e1")));
    /* That they end it themselves is nothing that the model knows: a person looks. */
    cancelled = begin(p, "C-2");
    post_turns(p);
    post_do(&p->theirs, there(p), "{'command':'cancel','reason':'twice'}");
    post_turns(p);
    EXPECT(p, post_token(&p->ours, cancelled, "there").kind == TOKEN_INCIDENT && shows(&p->ours, "C-2", "state", "cancelled"));
}

static void
play_withdrawn(struct post *p)
{
    int64_t ours = begin(p, "C-1"), at_once, whole;

    post_turns(p);
    post_do(&p->ours, ours, "{'command':'signal','name':'stop'}");
    EXPECT(p, shows(&p->ours, "C-1", "state", "withdrawing") && post_token(&p->ours, ours, "mend").id != 0);
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "withdrawn") && post_is(&p->theirs, there(p), INSTANCE_CANCELLED));
    EXPECT(p, post_int(&p->theirs, "SELECT COUNT(*) FROM handover WHERE state = 'withdrawn'") == 1);
    /* Before anything was said: nothing is. */
    at_once = begin(p, "C-2");
    post_do(&p->ours, at_once, "{'command':'signal','name':'stop'}");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-2", "state", "withdrawn") && processes(&p->theirs) == 1);
    /* With the case as a whole. */
    whole = begin(p, "C-3");
    post_turns(p);
    post_do(&p->ours, whole, "{'command':'cancel','reason':'withdrawn by the applicant'}");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-3", "state", "withdrawn") && post_is(&p->theirs, there(p), INSTANCE_CANCELLED));
}

/* The result and the withdrawal pass one another: the case here goes its way, and both sides come to rest. */
static void
play_crossing(struct post *p)
{
    int64_t ours = begin(p, "C-1");

    post_turns(p);
    post_do(&p->ours, ours, "{'command':'signal','name':'stop'}");
    post_complete(&p->theirs, there(p), "look", "{'decision':'grant','monthly':1}");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "withdrawn") && post_is(&p->theirs, there(p), INSTANCE_COMPLETED));
    EXPECT(p, post_token(&p->ours, ours, "mend").id != 0 && str_eq(post_text(&p->ours, ours, "decision"), STR("accept")));
    EXPECT(p, post_int(&p->theirs, "SELECT COUNT(*) FROM handover_message WHERE state = 'waiting'") == 0);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message WHERE state = 'waiting'") == 0);
}

/* A process that listens to a withdrawal ends in its own way, and takes its time. */
#define LISTENING                                                                                                                   \
    OPEN "<message id='W' name='withdraw'/><process id='p' isExecutable='true'>" START FLOW("f1", "s", "look") "<userTask id='look'/>" \
    FLOW("f2", "look", "e") END "<subProcess id='sub' triggeredByEvent='true'><startEvent id='asked'><messageEventDefinition messageRef='W'/>" \
    "</startEvent>" FLOW("g1", "asked", "tidy") "<userTask id='tidy'/>" FLOW("g2", "tidy", "over") "<endEvent id='over'/></subProcess>" \
    "</process>" CLOSE

static void
furnish_listening(struct post *p)
{
    office_add(&p->ours, "ask", "p", STR(ASKING));
    office_add(&p->theirs, "decide", "p", STR(LISTENING));
    post_agree(p, agreement);
}

static void
play_listening(struct post *p)
{
    int64_t ours = begin(p, "C-1");

    post_turns(p);
    post_do(&p->ours, ours, "{'command':'signal','name':'stop'}");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "withdrawing") && post_token(&p->theirs, there(p), "tidy").id != 0);
    post_complete(&p->theirs, there(p), "tidy", "{}");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "withdrawn") && post_is(&p->theirs, there(p), INSTANCE_COMPLETED));
}

static void
play_suspended(struct post *p)
{
    int64_t ours = begin(p, "C-1");
    const char *taken = taken_case(p, ours);

    post_turns(p);
    post_do(&p->theirs, there(p), "{'command':'suspend'}");
    post_turns(p);
    EXPECT(p, json_true(post_view(&p->ours, "C-1"), "suspended"));
    post_do(&p->theirs, there(p), "{'command':'resume'}");
    post_do(&p->ours, ours, "{'command':'suspend'}");
    post_complete(&p->theirs, there(p), "look", "{'decision':'grant','monthly':1}");
    post_turns(p);
    EXPECT(p, !json_true(post_view(&p->ours, "C-1"), "suspended"));
    EXPECT(p, shows(&p->theirs, taken, "state", "done") && shows(&p->ours, "C-1", "state", "received")); /* it has come, and waits */
    EXPECT(p, json_int_or(post_view(&p->ours, "C-1"), "waiting", -1) == 1);
    post_do(&p->ours, ours, "{'command':'resume'}");
    post_turns(p);
    EXPECT(p, shows(&p->ours, "C-1", "state", "done") && post_token(&p->ours, ours, "tell").id != 0);
}

/* Whatever memory is left for it, the view is whole or not there. */
static void
play_view_memory(struct post *p)
{
    const struct db db = post_db(&p->ours);
    enum rc rc = RC_LIMIT;
    struct json *list;
    struct err err;
    size_t n;

    (void)begin(p, "C-1");
    post_turns(p);
    for (n = 1; rc != RC_OK && n < 2000; n++) {
        struct arena *a = arena_new(1 << 20);
        arena_fail_at(a, n);
        rc = handover_view(p->ours.h, &db, a, STR("C-1"), &list, &err);
        EXPECT(p, rc == RC_LIMIT || (rc == RC_OK && list->count == 1 && json_get(list->first, "milestones")->count == 1));
        arena_free(a);
    }
    EXPECT(p, n > 50);
}

/* --- agreements ------------------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *member, *value;
} wrong_agreements[] = {
    {"id", "''"},      {"sender", "7"},     {"receiver", "''"},    {"process", "null"}, {"item", "''"},       {"basis", "''"},
    {"mode", "'fax'"}, {"state", "'open'"}, {"takes", "'part'"},   {"gives", "[1]"},    {"from", "'monday'"}, {"until", "'2025-01-01T00:00:00+08:00'"},
    {"sets", "[]"},
};

static void
play_agreements(struct post *p)
{
    int64_t before = acts(&p->ours, ACT_GRANT);
    struct err err;

    for (size_t n = 0; n < sizeof(wrong_agreements) / sizeof(wrong_agreements[0]); n++) {
        struct json *d = post_json(p, agreement);
        json_set(p->arena, d, wrong_agreements[n].member, post_json(p, wrong_agreements[n].value));
        EXPECT(p, post_try_agree(&p->ours, d, &err) == RC_INVALID);
    }
    EXPECT(p, post_try_agree(&p->ours, post_json(p, agreement), &err) == RC_OK && acts(&p->ours, ACT_GRANT) == before);
    change_agreement(&p->ours, "state", "'suspended'");
    EXPECT(p, acts(&p->ours, ACT_GRANT) == before + 1);
}

#define PLAYED(name, furnishing, play)                                \
    static void name(void **state)                                    \
    {                                                                 \
        (void)state;                                                  \
        assert_int_equal(post_run(furnishing, play, kind), 0);        \
    }
PLAYED(a_call_runs_at_another_node_and_both_show_the_same_of_it, furnish, play_whole)
PLAYED(a_node_that_is_away_delays_and_loses_nothing, furnish, play_away)
PLAYED(a_node_that_is_slow_or_not_there_holds_up_nobody_else, furnish_all, play_slow)
PLAYED(a_message_that_comes_twice_counts_once, furnish, play_twice)
PLAYED(messages_are_carried_out_in_their_order, furnish, play_disorder)
PLAYED(nobody_but_the_two_nodes_has_a_say, furnish, play_forged)
PLAYED(a_copy_of_a_message_is_refused, furnish, play_replayed)
PLAYED(what_is_no_message_is_refused, furnish, play_malformed)
PLAYED(what_is_told_counts_as_far_as_it_can_be_true_and_was_agreed, furnish, play_overdone)
PLAYED(what_the_receiver_has_not_agreed_to_is_refused_and_a_person_looks, furnish, play_uncovered)
PLAYED(what_was_refused_can_be_begun_again, furnish, play_again)
PLAYED(a_node_or_process_that_is_not_there_makes_an_incident, furnish, play_nowhere)
PLAYED(what_goes_along_may_be_late_or_missing, furnish, play_gathering)
PLAYED(who_applies_is_told_to_the_receiver_alone_and_only_if_agreed, furnish, play_applicant)
PLAYED(a_node_is_asked_for_its_key_before_anybody_is_named, furnish, play_greeting)
PLAYED(an_error_of_the_process_there_fails_the_call_here, furnish, play_error)
PLAYED(what_nobody_waits_for_any_more_is_withdrawn, furnish, play_withdrawn)
PLAYED(a_result_and_a_withdrawal_may_cross, furnish, play_crossing)
PLAYED(a_process_that_listens_to_a_withdrawal_ends_in_its_own_way, furnish_listening, play_listening)
PLAYED(what_comes_for_a_suspended_case_waits, furnish, play_suspended)
PLAYED(the_view_is_whole_or_not_there_wherever_memory_ends, furnish, play_view_memory)
PLAYED(an_agreement_that_is_not_one_is_refused, furnish, play_agreements)

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_runs_at_another_node_and_both_show_the_same_of_it),
        cmocka_unit_test(a_node_that_is_away_delays_and_loses_nothing),
        cmocka_unit_test(a_node_that_is_slow_or_not_there_holds_up_nobody_else),
        cmocka_unit_test(a_message_that_comes_twice_counts_once),
        cmocka_unit_test(messages_are_carried_out_in_their_order),
        cmocka_unit_test(nobody_but_the_two_nodes_has_a_say),
        cmocka_unit_test(a_copy_of_a_message_is_refused),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(what_is_told_counts_as_far_as_it_can_be_true_and_was_agreed),
        cmocka_unit_test(what_the_receiver_has_not_agreed_to_is_refused_and_a_person_looks),
        cmocka_unit_test(what_was_refused_can_be_begun_again),
        cmocka_unit_test(a_node_or_process_that_is_not_there_makes_an_incident),
        cmocka_unit_test(what_goes_along_may_be_late_or_missing),
        cmocka_unit_test(who_applies_is_told_to_the_receiver_alone_and_only_if_agreed),
        cmocka_unit_test(a_node_is_asked_for_its_key_before_anybody_is_named),
        cmocka_unit_test(an_error_of_the_process_there_fails_the_call_here),
        cmocka_unit_test(what_nobody_waits_for_any_more_is_withdrawn),
        cmocka_unit_test(a_result_and_a_withdrawal_may_cross),
        cmocka_unit_test(a_process_that_listens_to_a_withdrawal_ends_in_its_own_way),
        cmocka_unit_test(what_comes_for_a_suspended_case_waits),
        cmocka_unit_test(the_view_is_whole_or_not_there_wherever_memory_ends),
        cmocka_unit_test(an_agreement_that_is_not_one_is_refused),
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
