/*
 * Files that go along with what is handed over: fetched when they are opened, by whom that was agreed with and while it lasts, and kept only if they are what was announced.
 */
#include "exchange/test_handover.h"

#include "process/test_bpmn.h"

static enum fixture_kind kind;

#define GOV(inside) "<extensionElements>" inside "</extensionElements>"
#define ASKING                                                                                                            \
    MODEL(START FLOW("f1", "s", "there") "<callActivity id='there' calledElement='decide'>"                               \
          GOV("<gov:handover node='haichuan' process='decide'/><gov:output name='decision' value='=decision'/>") "</callActivity>" \
          "<boundaryEvent id='late' attachedToRef='there'><signalEventDefinition signalRef='S'/></boundaryEvent>"        \
          FLOW("f4", "late", "e") FLOW("f2", "there", "e") END)
#define DECIDING MODEL(START FLOW("f1", "s", "look") "<userTask id='look'/>" FLOW("f2", "look", "e") END)

static const char agreement[] =
    "{'id':'a-1','sender':'yunxi','receiver':'haichuan','process':'decide','item':'subsidy','basis':'国办发〔2020〕35号','mode':'counter',"
    "'takes':['materials'],'gives':['decision'],'from':'2026-01-01T00:00:00+08:00','until':'2126-01-01T00:00:00+08:00','state':'in-use'}";

static void
furnish(struct post *p)
{
    office_add(&p->ours, "ask", "p", STR(ASKING));
    office_add(&p->theirs, "decide", "p", STR(DECIDING));
    post_agree(p, agreement);
}

/* Taken by the other office; how it is called there. */
static const char *
begin(struct post *p, const char *case_no)
{
    int64_t ours = post_start(&p->ours, "ask", case_no, "{'item':'subsidy'}");
    const char *name = str_c(p->arena, str_fmt(p->arena, "yunxi:%lld:%lld:0", (long long)ours, (long long)post_token(&p->ours, ours, "there").id));

    post_turns(p);
    return name;
}

static int64_t
there(const struct post *p)
{
    return post_int(&p->theirs, "SELECT MAX(instance) FROM handover WHERE side = 'taken'");
}

static int64_t
acts(const struct office *o, enum act_kind which)
{
    char sql[80];

    (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM act WHERE kind = %d", (int)which);
    return post_int(o, sql);
}

static bool
is_kept(struct post *p, const char *name)
{
    return json_true(json_get(post_view(&p->theirs, name), "materials")->first, "kept");
}

static bool
is(struct str got, const char *wanted)
{
    if (!str_eq(got, str_of(wanted))) {
        print_message("\"%.*s\", not \"%s\"\n", STR_ARG(got), wanted);
    }
    return str_eq(got, str_of(wanted));
}

static void
agree_on(struct office *o, const char *member, const char *value)
{
    struct json *d = post_json(o->post, agreement);
    struct err err;

    json_set(o->post->arena, d, member, post_json(o->post, value));
    CHECK(post_try_agree(o, d, &err) == RC_OK);
}

/* --- as it goes ---------------------------------------------------------------------------------------------------------- */

static void
play_opened(struct post *p)
{
    const char *name = begin(p, "C-1");
    int calls = p->ours.calls;

    EXPECT(p, !is_kept(p, name) && acts(&p->ours, ACT_GIVE_MATERIAL) == 0); /* nothing is fetched before somebody opens it */
    EXPECT(p, is(post_fetch(&p->theirs, name), ""));
    EXPECT(p, is_kept(p, name) && p->theirs.held == 1 && p->ours.calls == calls + 1);
    EXPECT(p, acts(&p->ours, ACT_GIVE_MATERIAL) == 1 && acts(&p->theirs, ACT_FETCH_MATERIAL) == 1);
    p->ours.is_away = true;
    EXPECT(p, is(post_fetch(&p->theirs, name), "") && p->ours.calls == calls + 1); /* it is here */
    p->ours.is_away = false;
    post_complete(&p->theirs, there(p), "look", "{'decision':'grant'}");
    EXPECT(p, p->theirs.held == -1 && !is_kept(p, name));
    EXPECT(p, is(post_fetch(&p->theirs, name), "handover-over"));
    EXPECT(p, acts(&p->ours, ACT_GIVE_MATERIAL) == 1 && acts(&p->theirs, ACT_FETCH_MATERIAL) == 1);
}

static void
play_large(struct post *p)
{
    size_t len = 2 * HANDOVER_PIECE_BYTES + 1;
    char *content = arena_alloc(p->arena, len, 1);
    const char *name;
    int calls;

    CHECK(content != NULL);
    for (size_t n = 0; n < len; n++) {
        content[n] = (char)(n * 31 % 251);
    }
    p->ours.file = (struct str){content, len};
    name = begin(p, "C-1");
    calls = p->ours.calls;
    EXPECT(p, is(post_fetch(&p->theirs, name), "") && p->ours.calls == calls + 3);
    EXPECT(p, p->theirs.incoming.len == len && acts(&p->ours, ACT_GIVE_MATERIAL) == 1);
    p->ours.file = STR("");
    name = begin(p, "C-2");
    EXPECT(p, is(post_fetch(&p->theirs, name), "") && is_kept(p, name));
    p->ours.file = STR("more than is taken");
    p->theirs.h->config.files.most_bytes = 17;
    name = begin(p, "C-3");
    EXPECT(p, is(post_fetch(&p->theirs, name), "limit") && !is_kept(p, name));
}

/* --- who may not --------------------------------------------------------------------------------------------------------------- */

static const char *
question(struct post *p, const char *name, const char *material, const char *from)
{
    return str_c(p->arena, str_fmt(p->arena, "{'handover':'%s','number':1,'kind':'fetch','material':'%s','from':%s,'salt':'0123456789abcdef'}", name,
                                   material, from));
}

static void
play_refused(struct post *p)
{
    const char *name = begin(p, "C-1"), *good = question(p, name, "m-1", "0");
    struct letter *l;

    EXPECT(p, is(post_letter(&p->theirs, &p->ours, good), ""));
    EXPECT(p, is(post_letter(&p->other, &p->ours, good), "handover-not-yours"));
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, question(p, "yunxi:99:1:0", "m-1", "0")), "handover-unknown"));
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, question(p, name, "m-2", "0")), "material-missing"));
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, question(p, name, "m-1", "5")), "material-missing"));
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, question(p, name, "m-1", "-1")), "question-invalid"));
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, question(p, name, "m-1", "'0'")), "question-invalid"));
    l = post_write(&p->theirs, &p->theirs, &p->ours, good, "other", "国办发〔2020〕35号");
    EXPECT(p, is(post_send(&p->theirs, &p->ours, l), "purpose-not-covered"));
    l = post_write(&p->theirs, &p->other, &p->ours, good, "subsidy", "国办发〔2020〕35号");
    EXPECT(p, is(post_send(&p->theirs, &p->ours, l), "signature-invalid"));
    l = post_write(&p->theirs, &p->theirs, &p->ours, good, "subsidy", "国办发〔2020〕35号");
    EXPECT(p, is(post_send(&p->theirs, &p->ours, l), "") && is(post_send(&p->theirs, &p->ours, l), "replayed"));
    /* What was taken from there gives nobody there anything. */
    EXPECT(p, is(post_letter(&p->ours, &p->theirs, good), "handover-unknown"));
    EXPECT(p, acts(&p->ours, ACT_GIVE_MATERIAL) == 2 && acts(&p->ours, ACT_REFUSE) == 9);
}

static void
play_over(struct post *p)
{
    const char *name = begin(p, "C-1"), *good = question(p, name, "m-1", "0");

    agree_on(&p->ours, "state", "'suspended'");
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, good), "handover-not-agreed") && is(post_fetch(&p->theirs, name), "handover-not-agreed"));
    agree_on(&p->ours, "takes", "[]");
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, good), "field-not-granted"));
    agree_on(&p->ours, "state", "'in-use'");
    agree_on(&p->theirs, "state", "'terminated'");
    EXPECT(p, is(post_fetch(&p->theirs, name), "handover-not-agreed")); /* this side keeps to it as well */
    agree_on(&p->theirs, "state", "'in-use'");
    post_do(&p->ours, post_int(&p->ours, "SELECT MAX(id) FROM process_instance"), "{'command':'signal','name':'stop'}");
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, good), "handover-over"));
    post_turns(p);
    EXPECT(p, is(post_letter(&p->theirs, &p->ours, good), "handover-over") && is(post_fetch(&p->theirs, name), "handover-over"));
    EXPECT(p, acts(&p->ours, ACT_GIVE_MATERIAL) == 0);
}

/* Of files about which nothing was agreed not even the names are told, and an offer that tells them is not taken. */
static void
play_unagreed(struct post *p)
{
    agree_on(&p->ours, "takes", "[]");
    EXPECT(p, json_get(post_view(&p->theirs, begin(p, "C-1")), "materials")->count == 0);
    agree_on(&p->ours, "state", "'in-use'");
    agree_on(&p->theirs, "takes", "[]");
    (void)begin(p, "C-2");
    EXPECT(p, is(json_str(post_view(&p->ours, "C-2"), "state"), "refused"));
    EXPECT(p, str_has(json_str(post_view(&p->ours, "C-2"), "trouble"), STR("field-not-granted")));
}

/* --- a sender that is broken, and one that lies ---------------------------------------------------------------------------------- */

static void
play_lies(struct post *p)
{
    const char *name = begin(p, "C-1");

    p->ours.file = STR("tent"); /* another one, as long */
    EXPECT(p, is(post_fetch(&p->theirs, name), "material-differs"));
    p->ours.file = STR("tes");
    EXPECT(p, is(post_fetch(&p->theirs, name), "material-differs"));
    p->ours.is_away = true;
    EXPECT(p, is(post_fetch(&p->theirs, name), "answer-invalid"));
    p->ours.is_away = false;
    p->theirs.node->gate->config.upstream_ms = 50;
    p->ours.holds = true;
    EXPECT(p, is(post_fetch(&p->theirs, name), "source-silent"));
    p->ours.holds = false;
    p->theirs.node->gate->config.upstream_ms = 20000;
    EXPECT(p, !is_kept(p, name) && p->theirs.held == 0 && acts(&p->theirs, ACT_FETCH_MATERIAL) == 4);
    p->ours.file = STR("test");
    EXPECT(p, is(post_fetch(&p->theirs, name), "") && is_kept(p, name));
    EXPECT(p, acts(&p->theirs, ACT_FETCH_MATERIAL) == 5);
}

/* What is said to be larger than it is ends where the pieces do. */
static void
play_longer(struct post *p)
{
    const char *name;

    p->ours.announced = office_digest(p->arena, STR("another"));
    name = begin(p, "C-1");
    EXPECT(p, is(post_fetch(&p->theirs, name), "material-differs"));
    p->ours.announced = STR("");
    fixture_sql(&p->ours.node->fixture, "UPDATE handover_peer SET tries = 0");
    name = begin(p, "C-2");
    p->ours.file = STR("");
    EXPECT(p, is(post_fetch(&p->theirs, name), "material-differs") && !is_kept(p, name));
}

#define PLAYED(name, play)                                      \
    static void name(void **state)                              \
    {                                                           \
        (void)state;                                            \
        assert_int_equal(post_run(furnish, play, kind), 0);     \
    }
PLAYED(a_file_is_fetched_when_it_is_opened_and_let_go_at_the_end, play_opened)
PLAYED(a_large_file_comes_in_pieces_and_one_too_large_not_at_all, play_large)
PLAYED(nobody_else_gets_a_file_and_no_other_file_is_given, play_refused)
PLAYED(without_the_agreement_or_after_the_end_nothing_is_given, play_over)
PLAYED(files_about_which_nothing_was_agreed_are_not_named, play_unagreed)
PLAYED(a_sender_that_lies_is_told_from_one_that_is_away, play_lies)
PLAYED(a_file_that_is_not_what_was_announced_is_not_kept, play_longer)

static int
run_on(enum fixture_kind which, const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_fetched_when_it_is_opened_and_let_go_at_the_end),
        cmocka_unit_test(a_large_file_comes_in_pieces_and_one_too_large_not_at_all),
        cmocka_unit_test(nobody_else_gets_a_file_and_no_other_file_is_given),
        cmocka_unit_test(without_the_agreement_or_after_the_end_nothing_is_given),
        cmocka_unit_test(files_about_which_nothing_was_agreed_are_not_named),
        cmocka_unit_test(a_sender_that_lies_is_told_from_one_that_is_away),
        cmocka_unit_test(a_file_that_is_not_what_was_announced_is_not_kept),
    };

    kind = which;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int
main(void)
{
    int failed = run_on(FIXTURE_SQLITE, "files on SQLite");

    if (fixture_has_postgres()) {
        failed += run_on(FIXTURE_POSTGRES, "files on PostgreSQL");
    }
    return failed;
}
