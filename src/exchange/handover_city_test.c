/*
 * The three ways of 跨省通办 between 云岚省 and 海川省, with the city's own processes and limits: 异地代收代办 of the two disability subsidies, pushed in three working days,
 * decided in ten, told in three; 全程网办 of care in another province; 多地联办 of one case that two other places look into at a time.
 */
#include "exchange/test_handover.h"

#include "base/asset.h"
#include "process/casetime.h"
#include "process/test_bpmn.h"
#include "process/timekeeper_view.h"

static enum fixture_kind kind;

#define GOV(inside) "<extensionElements>" inside "</extensionElements>"

/* Clocks of one node. */
struct clockwork {
    struct office *office;
    struct region_table *regions;
    struct almanac *almanac;
    struct timelimits *limits;
    struct casetime casetime;
    bool is_open;
};
static struct clockwork clockworks[2];

static const char land[] =
    "{'levels':[{'code':'province','rank':1,'digits':6,'stem':2,'name_zh':'省'}],"
    "'regions':[{'code':'990000','parent':'','level':'province','name_zh':'云岚省'},{'code':'980000','parent':'','level':'province','name_zh':'海川省'}]}";

static enum rc
clockwork_hook(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    return casetime_hook(tx, a, event, &((struct clockwork *)ctx)->casetime, err);
}

static enum rc
clockwork_moved(struct tx *tx, struct arena *a, const struct watch_change *change, const struct runtime_event *event, void *ctx, struct err *err)
{
    return handover_moved(tx, a, change, event, ((struct clockwork *)ctx)->office->h, err);
}

static enum rc
land_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct post *p = ctx;
    struct json *calendar;
    bool is_new;
    enum rc rc;

    if ((rc = region_put(tx, post_json(p, land), err)) != RC_OK || (rc = asset_json(p->arena, "demo/calendar/cn.json", &calendar, err)) != RC_OK) {
        return rc;
    }
    return almanac_put(tx, p->arena, calendar, 1, &is_new, err);
}

static void
need(enum rc rc, const struct err *err)
{
    if (rc != RC_OK) {
        check_failed(err->file, err->line, err->text);
    }
}

static void
open_clockwork(struct clockwork *c, struct office *o)
{
    struct post *p = o->post;
    const struct db *db = &o->node->fixture.db;
    struct json *document;
    struct err err;

    need(store_write(db, land_tx, p, &err), &err);
    need(asset_json(p->arena, "demo/clocks.json", &document, &err), &err);
    need(timelimits_load(p->arena, document, &c->limits, &err), &err);
    need(region_load(db, &c->regions, &err), &err);
    need(almanac_open(db, c->regions, &c->almanac, &err), &err);
    c->office = o;
    c->casetime = (struct casetime){.keeper = {c->limits, c->almanac, 480}, .run = o->run, .offset_seconds = 8 * 3600, .ctx = c,
                                    .moved = clockwork_moved};
    c->is_open = true;
    o->h->config.keeper = &c->casetime.keeper;
    o->before = clockwork_hook;
    o->more = c;
}

static void
close_clockworks(void)
{
    for (size_t n = 0; n < 2; n++) {
        if (clockworks[n].is_open) {
            almanac_close(clockworks[n].almanac);
            region_table_free(clockworks[n].regions);
        }
        clockworks[n].is_open = false;
    }
}

static struct str
model(struct post *p, const char *key)
{
    const struct asset *found = asset_find(str_fmt(p->arena, "demo/processes/%s.bpmn", key));

    CHECK(found != NULL);
    return asset_text(found);
}

static void
furnish(struct post *p)
{
    static const char *const ours[] = {"disability-subsidies", "care-away", "disability-decision", "overdue"};
    static const char *const theirs[] = {"disability-decision", "care-notice", "overdue"};
    struct json *agreements;
    struct err err;

    open_clockwork(&clockworks[0], &p->ours);
    open_clockwork(&clockworks[1], &p->theirs);
    for (size_t n = 0; n < sizeof(ours) / sizeof(ours[0]); n++) {
        office_add(&p->ours, ours[n], ours[n], model(p, ours[n]));
    }
    for (size_t n = 0; n < sizeof(theirs) / sizeof(theirs[0]); n++) {
        office_add(&p->theirs, theirs[n], theirs[n], model(p, theirs[n]));
    }
    need(asset_json(p->arena, "demo/handovers.json", &agreements, &err), &err);
    for (const struct json *a = agreements->first; a != NULL; a = a->next) {
        need(post_try_agree(&p->ours, a, &err), &err);
        need(post_try_agree(&p->theirs, a, &err), &err);
    }
}

/* Both nodes' clocks show that moment, whenever the test runs. */
static void
at(struct post *p, const char *instant)
{
    int64_t us = 0;
    struct err err;

    need(instant_parse(str_of(instant), &us, &err), &err);
    p->ours.node->shift_us = p->theirs.node->shift_us = p->other.node->shift_us = us - clock_now_us(&clock_system);
}

/* Timers that are due by now, at a node. */
static void
ring(struct office *o)
{
    const struct db db = post_db(o);
    int64_t next_us = 0;
    struct err err;

    while (next_us <= post_now(o)) {
        arena_reset(o->post->turning);
        need(runtime_turn(o->r, &db, o->post->turning, post_now(o), &next_us, &err), &err);
    }
}

/* A clock of a case as its node shows it: "due" or "state". */
static struct str
clock_says(struct clockwork *c, const char *case_no, const char *name, const char *member)
{
    const struct db db = post_db(c->office);
    struct json *list = NULL;
    struct err err;

    need(timekeeper_view(&db, c->office->post->arena, &c->casetime.keeper, str_of(case_no), post_now(c->office), &list, &err), &err);
    for (const struct json *j = list->first; j != NULL; j = j->next) {
        if (str_starts(json_str(j, "name"), str_of(name))) {
            return json_str(j, member);
        }
    }
    return STR("");
}

static bool
is(struct str got, const char *wanted)
{
    if (!str_eq(got, str_of(wanted))) {
        print_message("\"%.*s\", not \"%s\"\n", STR_ARG(got), wanted);
    }
    return str_eq(got, str_of(wanted));
}

static int64_t
there(struct post *p)
{
    return post_int(&p->theirs, "SELECT COALESCE(MAX(instance), 0) FROM handover WHERE side = 'taken'");
}

/* --- 异地代收代办 ------------------------------------------------------------------------------------------------------------------ */

static const char subsidy[] =
    "{'decision':null,'case_no':'YL-1','item':'000508004001','region':'990102','channel':'counter','lead_org':'11990100000000086D',"
    "'applicant':{'id':'p-7','kind':'person'},'home_node':'haichuan','parts':[{'id':'1','item':'000508004001','org':'11990100000000086D',"
    "'power':'990100-JF-0509'},{'id':'2','item':'000508004001','org':'11990100000000086D','power':'990100-JF-0509'}]}";

/* Up to the packet that is pushed. */
static int64_t
receive_at_the_street(struct post *p)
{
    int64_t ours = post_start(&p->ours, "disability-subsidies", "YL-1", subsidy);

    post_complete(&p->ours, ours, "street", "{'decision':'accept'}");
    post_complete(&p->ours, ours, "pack", "{}");
    return ours;
}

static void
decide_at_home(struct post *p, const char *outcome)
{
    int64_t theirs = there(p);

    for (struct token t = {.id = 1}; t.id != 0;) { /* what is asked of others, and of the rule */
        struct instance i = post_instance(&p->theirs, theirs);
        t.id = 0;
        for (size_t n = 0; n < i.tokens; n++) {
            t = i.token[n].kind == TOKEN_JOB ? i.token[n] : t;
        }
        if (t.id != 0) {
            post_do(&p->theirs, theirs, str_c(p->arena, str_fmt(p->arena, "{'command':'complete','token':%lld,'attempt':-1,'variables':{"
                                                                "'disability':{'region':'980102','died':null,'grade':2,'valid_until':'2030-01-01'},"
                                                                "'hardship':{'kind':'minimum','paid':false},'entitled':{'月标准':120}}}",
                                                                (long long)t.id)));
        }
    }
    post_complete(&p->theirs, theirs, "decide", outcome);
}

static void
play_counter(struct post *p)
{
    int64_t ours;
    const char *home;

    at(p, "2026-11-30T10:00:00+08:00"); /* a Monday */
    p->theirs.is_away = true;
    ours = receive_at_the_street(p);
    post_turns(p);
    /* 海川 is away: the time stays the sender's, and has three working days. */
    EXPECT(p, is(clock_says(&clockworks[0], "YL-1", "push", "due"), "2026-12-03"));
    EXPECT(p, is(json_str(post_view(&p->ours, "YL-1"), "whose"), "yunxi") && is(json_str(post_view(&p->ours, "YL-1"), "mode"), "counter"));
    at(p, "2026-12-02T15:00:00+08:00");
    p->theirs.is_away = false;
    post_turns(p);
    /* Received: the limit for pushing stops, that for deciding runs, and both sides say so. */
    home = str_c(p->arena, json_str(post_view(&p->ours, "YL-1"), "peer_case"));
    EXPECT(p, is(clock_says(&clockworks[0], "YL-1", "push", "state"), "stopped"));
    EXPECT(p, is(clock_says(&clockworks[1], home, "decide_in", "due"), "2026-12-16"));
    EXPECT(p, is(json_str(post_view(&p->ours, "YL-1"), "whose"), "haichuan") && is(json_str(post_view(&p->theirs, home), "whose"), "haichuan"));
    EXPECT(p, is(json_str(json_get(post_view(&p->ours, "YL-1"), "clocks")->first, "due"), "2026-12-17T00:00:00+08:00")); /* the end of that day */
    EXPECT(p, is(json_str(post_instance(&p->theirs, there(p)).scope[0].variables, "case_no"), home));
    EXPECT(p, is(json_str(json_get(post_instance(&p->theirs, there(p)).scope[0].variables, "part"), "org"), "11980000000000203X"));
    /* Twelve days after it was sent the street reminds them; it is still theirs. */
    at(p, "2026-12-12T12:00:00+08:00");
    ring(&p->ours);
    EXPECT(p, post_token(&p->ours, ours, "remind_there").id != 0 && post_token(&p->ours, ours, "decide_there").id != 0);
    at(p, "2026-12-14T11:00:00+08:00");
    decide_at_home(p, "{'decision':'grant'}");
    post_turns(p);
    /* Decided on the eighth of ten days; three are left for telling. */
    EXPECT(p, is(json_str(post_view(&p->ours, "YL-1"), "whose"), "yunxi") && is(json_str(post_view(&p->theirs, home), "whose"), "yunxi"));
    EXPECT(p, is(clock_says(&clockworks[1], home, "decide_in", "state"), "stopped"));
    EXPECT(p, is(clock_says(&clockworks[0], "YL-1", "tell", "due"), "2026-12-17"));
    EXPECT(p, str_eq(post_text(&p->ours, ours, "decision"), STR("grant")) && str_eq(post_text(&p->ours, ours, "monthly"), STR("120")));
    EXPECT(p, is(json_str(post_view(&p->ours, "YL-1"), "whose_since"), "2026-12-14T11:00:00+08:00") ||
                  str_starts(json_str(post_view(&p->ours, "YL-1"), "whose_since"), STR("2026-12-14T11:00:")));
    at(p, "2026-12-16T09:00:00+08:00");
    post_complete(&p->ours, ours, "remind_there", "{}");
    post_complete(&p->ours, ours, "tell_result", "{}");
    post_complete(&p->ours, ours, "pay", "{}");
    EXPECT(p, post_is(&p->ours, ours, INSTANCE_COMPLETED) && is(clock_says(&clockworks[0], "YL-1", "tell", "state"), "stopped"));
    EXPECT(p, json_get(post_view(&p->ours, "YL-1"), "times")->count == 3);
}

static void
play_taken_back(struct post *p)
{
    int64_t ours;

    at(p, "2026-11-30T10:00:00+08:00");
    ours = receive_at_the_street(p);
    post_turns(p);
    EXPECT(p, there(p) != 0);
    post_do(&p->ours, ours, str_c(p->arena, str_fmt(p->arena, "{'command':'message','token':%lld,'attempt':-1}",
                                                    (long long)post_token_at(&p->ours, ours, "withdraw_asked", true).id)));
    post_turns(p);
    EXPECT(p, post_is(&p->ours, ours, INSTANCE_COMPLETED) && str_eq(post_text(&p->ours, ours, "decision"), STR("withdraw")));
    EXPECT(p, post_is(&p->theirs, there(p), INSTANCE_CANCELLED) && is(json_str(post_view(&p->ours, "YL-1"), "state"), "withdrawn"));
    EXPECT(p, is(clock_says(&clockworks[1], str_c(p->arena, json_str(post_view(&p->ours, "YL-1"), "peer_case")), "decide_in", "state"), "stopped"));
}

/* --- 全程网办 ------------------------------------------------------------------------------------------------------------------------ */

static void
play_online(struct post *p)
{
    int64_t ours;

    at(p, "2026-11-30T10:00:00+08:00");
    ours = post_start(&p->ours, "care-away", "YB-1",
                      "{'decision':null,'case_no':'YB-1','item':'000803001001','region':'990102','channel':'online','lead_org':'11990100000000051X',"
                      "'applicant':{'id':'p-7','kind':'person'},'away':'980100','until':'2027-05-30',"
                      "'parts':[{'id':'1','item':'000803001001','org':'11990100000000051X','power':'p'}]}");
    post_complete(&p->ours, ours, "check_insured", "{'facts':{'insured':true,'permit':true},'insured':{'insured':true},'permit':{'valid':true}}");
    post_complete(&p->ours, ours, "record", "{}");
    post_turns(p);
    EXPECT(p, is(json_str(post_view(&p->ours, "YB-1"), "trouble"), "") && is(json_str(post_view(&p->ours, "YB-1"), "mode"), "online") && is(json_str(post_view(&p->ours, "YB-1"), "state"), "received"));
    EXPECT(p, str_eq(post_text(&p->theirs, there(p), "away"), STR("980100")));
    post_complete(&p->theirs, there(p), "list", "{}");
    post_turns(p);
    /* Recorded the same morning, without a visit to either place. */
    EXPECT(p, post_is(&p->ours, ours, INSTANCE_COMPLETED) && str_eq(post_text(&p->ours, ours, "decision"), STR("grant")));
    EXPECT(p, is(clock_says(&clockworks[0], "YB-1", "promised", "state"), "stopped"));
}

/* --- 多地联办 ------------------------------------------------------------------------------------------------------------------------ */

/* One place accepts, the others look into it side by side; one of them cannot, and the rest goes on. */
#define JOINT                                                                                                                        \
    MODEL("<dataObject id='D' name='places' isCollection='true'/>" START FLOW("f1", "s", "look")                                     \
          "<callActivity id='look' calledElement='check'>"                                                                          \
          GOV("<gov:handover node='=if place = places[loopCounter] then place else null' process='check'/><gov:input name='what' value='=what'/>"                                  \
              "<gov:output name='found' value='=found'/>")                                                                          \
          "<multiInstanceLoopCharacteristics><loopDataInputRef>D</loopDataInputRef><inputDataItem name='place'/>"        \
          "</multiInstanceLoopCharacteristics></callActivity>" FLOW("f2", "look", "decide") "<userTask id='decide'/>" FLOW("f3", "decide", "e") END)
#define CHECKING MODEL(START FLOW("f1", "s", "check") "<userTask id='check'/>" FLOW("f2", "check", "e") END)

static void
agree_jointly(struct post *p, struct office *with)
{
    const char *text = str_c(p->arena, str_fmt(p->arena, "{'id':'joint-%.*s','sender':'yunxi','receiver':'%.*s','process':'check','item':'*',"
                                               "'basis':'国办发〔2020〕35号','mode':'joint','takes':['what'],'gives':['found'],"
                                               "'from':'2026-01-01T00:00:00+08:00','until':'2126-01-01T00:00:00+08:00','state':'in-use'}",
                                               STR_ARG(with->node->name), STR_ARG(with->node->name)));
    struct err err;

    need(post_try_agree(&p->ours, post_json(p, text), &err), &err);
    need(post_try_agree(with, post_json(p, text), &err), &err);
}

static void
furnish_joint(struct post *p)
{
    office_add(&p->ours, "joint", "p", STR(JOINT));
    office_add(&p->theirs, "check", "p", STR(CHECKING));
    office_add(&p->other, "check", "p", STR(CHECKING));
    agree_jointly(p, &p->theirs);
    agree_jointly(p, &p->other);
}

static void
play_joint(struct post *p)
{
    static const char taken[] = "SELECT MAX(instance) FROM handover WHERE side = 'taken'";
    int64_t ours = post_start(&p->ours, "joint", "LB-1", "{'places':['haichuan','third'],'what':'迁移'}");
    struct json *list = NULL;
    struct db db;
    struct err err;

    p->other.is_away = true;
    post_turns(p);
    post_complete(&p->theirs, post_int(&p->theirs, taken), "check", "{'found':'属实'}");
    post_turns(p);
    db = post_db(&p->ours);
    EXPECT(p, handover_view(p->ours.h, &db, p->arena, STR("LB-1"), &list, &err) == RC_OK && list->count == 2);
    EXPECT(p, is(json_str(list->first, "state"), "done") && is(json_str(list->last, "state"), "offered"));
    EXPECT(p, is(json_str(list->first, "mode"), "joint") && is(json_str(list->last, "whose"), "yunxi"));
    EXPECT(p, post_token(&p->ours, ours, "decide").id == 0);
    p->other.is_away = false;
    post_later(p, INT64_C(3600000000));
    post_turns(p);
    post_complete(&p->other, post_int(&p->other, taken), "check", "{'found':'有出入'}");
    post_turns(p);
    EXPECT(p, post_token(&p->ours, ours, "decide").id != 0);
}

#define PLAYED(name, furnishing, play)                         \
    static void name(void **state)                             \
    {                                                          \
        (void)state;                                           \
        int failed = post_run(furnishing, play, kind);         \
        close_clockworks();                                    \
        assert_int_equal(failed, 0);                           \
    }
PLAYED(received_here_and_decided_at_home_against_three_ten_and_three_days, furnish, play_counter)
PLAYED(what_the_applicant_withdraws_here_ends_at_home, furnish, play_taken_back)
PLAYED(done_online_the_other_province_takes_note_the_same_morning, furnish, play_online)
PLAYED(several_places_look_into_one_case_side_by_side, furnish_joint, play_joint)

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(received_here_and_decided_at_home_against_three_ten_and_three_days),
        cmocka_unit_test(what_the_applicant_withdraws_here_ends_at_home),
        cmocka_unit_test(done_online_the_other_province_takes_note_the_same_morning),
        cmocka_unit_test(several_places_look_into_one_case_side_by_side),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "provinces on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "provinces on PostgreSQL");
    }
    return failed;
}
