/*
 * Both nodes are killed after each write, and in the midst of any: started again on what is in their stores, they go on, and nothing is lost or there twice.
 *
 * A life of the nodes is a child of this program, which itself has no threads; keys and addresses are made once, stores lie in a folder of the test's own.
 */
#include "exchange/test_handover.h"

#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/test_bpmn.h"

enum { LIVES_MAX = 60 };

#define GOV(inside) "<extensionElements>" inside "</extensionElements>"
#define ASKING                                                                                                                      \
    MODEL(START FLOW("f1", "s", "there") "<callActivity id='there' calledElement='decide'>"                                         \
          GOV("<gov:handover node='haichuan' process='decide'/><gov:input name='reason' value='=reason'/>"                          \
              "<gov:output name='decision' value='=decision'/>") "</callActivity>" FLOW("f2", "there", "tell") "<userTask id='tell'/>" \
          FLOW("f3", "tell", "e") END)
#define DECIDING \
    MODEL(START FLOW("f1", "s", "look") "<userTask id='look'>" GOV("<gov:state at='enter' value='looking' zh='看' en='Look'/>") "</userTask>" \
          FLOW("f2", "look", "e") END)

static const char agreement[] =
    "{'id':'a-1','sender':'yunxi','receiver':'haichuan','process':'decide','item':'*','basis':'国办发〔2020〕35号','mode':'online',"
    "'takes':['reason','materials'],'gives':['decision'],'from':'2026-01-01T00:00:00+08:00','until':'2126-01-01T00:00:00+08:00','state':'in-use'}";

/* When this life ends: after so many writes that are durable, or in the midst of so many commands; 0: by itself. */
static struct {
    int writes, commands, lives;
} death;

static void
on_commit(void *ctx, int writes)
{
    (void)ctx, (void)writes;
    if (death.writes > 0 && --death.writes == 0) {
        (void)kill(getpid(), SIGKILL);
    }
}

static enum rc
on_command(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    (void)tx, (void)a, (void)event, (void)ctx, (void)err;
    if (death.commands > 0 && --death.commands == 0) {
        (void)kill(getpid(), SIGKILL);
    }
    return RC_OK;
}

static void
furnish(struct post *p)
{
    office_add(&p->ours, "ask", "p", STR(ASKING));
    office_add(&p->theirs, "decide", "p", STR(DECIDING));
    post_agree(p, agreement);
    p->ours.before = p->theirs.before = on_command;
    store_on_commit(p->ours.node->fixture.db.store, on_commit, NULL);
    store_on_commit(p->theirs.node->fixture.db.store, on_commit, NULL);
    post_later(p, death.lives * INT64_C(7200000000)); /* whatever was to be tried again is due */
}

/* Does what is not done yet. */
static void
play(struct post *p)
{
    static const char processes[] = "SELECT (SELECT COUNT(*) FROM process_instance) + (SELECT COUNT(*) FROM process_closed)";
    int64_t ours, theirs;

    if (post_int(&p->ours, processes) == 0) {
        (void)post_start(&p->ours, "ask", "C-1", "{'reason':'搬家'}");
    }
    post_turns(p);
    ours = post_int(&p->ours, "SELECT MIN(id) FROM process_instance");
    theirs = post_int(&p->theirs, "SELECT MAX(instance) FROM handover");
    if (theirs > 0 && post_token(&p->theirs, theirs, "look").id != 0) {
        const char *name = str_c(p->arena, str_fmt(p->arena, "yunxi:%lld:%lld:0", (long long)ours, (long long)post_token(&p->ours, ours, "there").id));
        EXPECT(p, post_fetch(&p->theirs, name).len == 0);
        post_complete(&p->theirs, theirs, "look", "{'decision':'grant'}");
        post_turns(p);
    }
    EXPECT(p, post_token(&p->ours, ours, "tell").id != 0 && str_eq(post_text(&p->ours, ours, "decision"), STR("grant")));
    EXPECT(p, post_int(&p->ours, processes) == 1 && post_int(&p->theirs, processes) == 1);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover WHERE state = 'done'") == 1);
    EXPECT(p, post_int(&p->theirs, "SELECT COUNT(*) FROM handover WHERE state = 'done'") == 1);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM handover_message WHERE state = 'done'") == 4);
    EXPECT(p, post_int(&p->theirs, "SELECT COUNT(*) FROM handover_message WHERE state = 'done'") == 4);
    EXPECT(p, post_int(&p->ours, "SELECT COUNT(*) FROM act WHERE kind = 24") == 1);
    EXPECT(p, post_int(&p->theirs, "SELECT COUNT(*) FROM act WHERE kind = 52") == 1 && post_int(&p->ours, "SELECT COUNT(*) FROM act WHERE kind = 51") >= 1);
    EXPECT(p, json_get(post_view(&p->ours, "C-1"), "milestones")->count == 1 && json_get(post_view(&p->ours, "C-1"), "times")->count == 3);
    death.writes = death.commands = 0;
}

struct setting {
    struct post *post;
    char folder[64];
    char where[OFFICES][96];
};

/* Until it ends by itself or is killed; true: by itself, and all was well. */
static bool
live(struct setting *s)
{
    struct post *p = s->post;
    pid_t pid = fork();
    int status = -1;

    CHECK(pid >= 0);
    if (pid == 0) {
        CHECK(setenv("ZT_SCRATCH", s->folder, 1) == 0); /* what a killed one leaves behind */
        post_live(p, furnish, play, FIXTURE_SQLITE);
        _exit(p->failed > 0 ? 1 : 0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    if (!WIFEXITED(status) && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) {
        fail_msg("a life ended with status %d", status);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        fail_msg("after %d lives something was lost, or there twice", death.lives);
    }
    death.lives++;
    return WIFEXITED(status);
}

static void
set_up(struct setting *s)
{
    const char *scratch = getenv("ZT_SCRATCH");

    (void)snprintf(s->folder, sizeof(s->folder), "%s/zt-handover-XXXXXX", scratch != NULL ? scratch : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    s->post = post_prepare();
    for (size_t n = 0; n < OFFICES; n++) {
        (void)snprintf(s->where[n], sizeof(s->where[n]), "%s/%zu.db", s->folder, n);
        s->post->stage.node[n].where = s->where[n];
        s->post->stage.node[n].vault_keys = vault_new_keys(s->post->stage.arena);
    }
    death.lives = death.writes = death.commands = 0;
}

static int
remove_one(const char *path, const struct stat *what, int type, struct FTW *place)
{
    (void)what, (void)type, (void)place;
    return remove(path);
}

static void
clear_up(struct setting *s)
{
    post_clear(s->post);
    assert_int_equal(nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void
killed_after_each_write_they_go_on_as_if_nothing_had_happened(void **state)
{
    struct setting s;

    (void)state;
    set_up(&s);
    do {
        death.writes = 1 + death.lives % 3; /* a message that is sent again is a write at the other node: with one a life, it would never be answered */
        assert_true(death.lives < LIVES_MAX);
    } while (!live(&s));
    assert_true(death.lives > 8);
    clear_up(&s);
}

static void
killed_in_the_midst_of_a_command_none_of_it_is_there(void **state)
{
    (void)state;
    for (int n = 1; n <= 4; n++) { /* the case begins; the other's begins; it is completed; the call is */
        struct setting s;
        set_up(&s);
        death.commands = n;
        assert_false(live(&s));
        death.commands = 0;
        assert_true(live(&s));
        clear_up(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_after_each_write_they_go_on_as_if_nothing_had_happened),
        cmocka_unit_test(killed_in_the_midst_of_a_command_none_of_it_is_there),
    };

    return cmocka_run_group_tests_name("handover under faults", tests, NULL, NULL);
}
