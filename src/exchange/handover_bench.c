/*
 * Hand-overs there and back between two nodes on this machine, each with a store on the disk that waits for it: offered, taken, its process begun and ended, the result
 * given back.  Beside it, in turns, bare questions of the exchange between the same two nodes, as many at a time as a line has messages.
 *
 * The machine may be shared, so the ratio is one of processor time, signers counted; rates by the clock are printed beside it.
 */
#include "base/bench.h"
#include "exchange/test_handover.h"
#include "process/test_bpmn.h"

enum { ROUNDS = 3, HAND_OVERS = 200, QUESTIONS = 400, AT_A_TIME = 8, REST_US = 300 };

#define GOV(inside) "<extensionElements>" inside "</extensionElements>"
#define ASKING                                                                                                              \
    MODEL(START FLOW("f1", "s", "there") "<callActivity id='there' calledElement='decide'>"                                 \
          GOV("<gov:handover node='haichuan' process='decide'/><gov:input name='reason' value='=reason'/>"                  \
              "<gov:output name='decision' value='=decision'/>") "</callActivity>" FLOW("f2", "there", "e") END)
#define DECIDING MODEL(START FLOW("f1", "s", "e") END)

static const char agreement[] =
    "{'id':'a-1','sender':'yunxi','receiver':'haichuan','process':'decide','item':'*','basis':'国办发〔2020〕35号','mode':'online',"
    "'takes':['reason'],'gives':['decision'],'from':'2026-01-01T00:00:00+08:00','until':'2126-01-01T00:00:00+08:00','state':'in-use'}";

struct figure {
    double per_s[ROUNDS], cpu_us[ROUNDS];
};
static struct figure handed, asked;

static void
furnish(struct post *p)
{
    struct stage *s = &p->stage;

    office_add(&p->ours, "ask", "p", STR(ASKING));
    office_add(&p->theirs, "decide", "p", STR(DECIDING));
    post_agree(p, agreement);
    for (size_t n = 0; n < 2; n++) {
        stage_put_resource(&s->node[n], stage_person_resource(s, s->node[1].name, "{\"kind\":\"registry\"}", "null"));
    }
    stage_put_grant(&s->node[1], stage_person_grant(s, "g-1", s->node[0].name, 100000000, "in-use"));
    stage_put_record(&s->node[1], "yl/person", "A", "{\"name\":\"王小明\",\"id\":\"990102199001010011\",\"note\":\"x\"}");
}

static int64_t
cpu_ns(const struct post *p)
{
    return bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) + bench_process_ns(p->ours.node->signer) + bench_process_ns(p->theirs.node->signer);
}

struct meter {
    int64_t wall_ns, cpu_ns;
};

static struct meter
begin_measure(const struct post *p)
{
    return (struct meter){bench_clock_ns(CLOCK_MONOTONIC), cpu_ns(p)};
}

static void
end_measure(const struct post *p, const struct meter *m, int count, struct figure *f, int round)
{
    f->per_s[round] = count / ((double)(bench_clock_ns(CLOCK_MONOTONIC) - m->wall_ns) / 1e9);
    f->cpu_us[round] = (double)(cpu_ns(p) - m->cpu_ns) / 1e3 / count;
}

/* --- hand-overs ---------------------------------------------------------------------------------------------------------- */

static void
hand_over(struct post *p, int round)
{
    char sql[100];
    struct meter m;
    struct err err;

    for (int n = 0; n < HAND_OVERS; n++) {
        (void)post_start(&p->ours, "ask", str_c(p->arena, str_fmt(p->arena, "C-%d-%d", round, n)), "{'reason':'搬家'}");
    }
    (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM handover WHERE state = 'done'");
    m = begin_measure(p);
    while (post_int(&p->ours, sql) < (round + 1) * HAND_OVERS) {
        (void)post_begin_turn(&p->ours);
        (void)post_begin_turn(&p->theirs);
        (void)!task_sleep(p->task, loop_now_us(p->loop) + REST_US, &err);
    }
    end_measure(p, &m, HAND_OVERS, &handed, round);
}

/* --- questions --------------------------------------------------------------------------------------------------------------- */

struct questions {
    struct post *post;
    int left, at_work;
};

static void
ask_some(struct task *t, void *ctx)
{
    struct questions *q = ctx;
    struct arena *a = arena_new(4 << 20);
    struct json *fields;
    struct answer answer;
    struct err err;

    while (q->left-- > 0) {
        arena_reset(a);
        fields = json_array(a);
        json_push(fields, json_text(a, STR("name")));
        const struct question question = {.resource = STR("yl/person"), .key_kind = STR("person"), .key = STR("A"), .fields = fields,
                                          .purpose = {.case_no = STR("C-1"), .item = STR("restaurant"), .basis = STR("食品安全法 35"),
                                                      .actor = STR("system")}};
        bench_need(gate_ask(q->post->ours.node->gate, t, a, &question, &answer, &err), &err);
    }
    arena_free(a);
    if (--q->at_work == 0) {
        task_resume(q->post->task);
    }
}

static void
ask(struct post *p, int round)
{
    struct questions q = {p, QUESTIONS, AT_A_TIME};
    struct meter m = begin_measure(p);
    struct err err;

    for (int n = 0; n < AT_A_TIME; n++) {
        bench_need(task_start(p->loop, ask_some, &q, &err), &err);
    }
    task_suspend(p->task);
    end_measure(p, &m, QUESTIONS, &asked, round);
}

static void
play(struct post *p)
{
    for (int round = 0; round < ROUNDS; round++) {
        ask(p, round);
        hand_over(p, round);
    }
}

int
main(void)
{
    static const char *const stores[] = {"build/bench/handover-ours.db", "build/bench/handover-theirs.db", "build/bench/handover-third.db"};
    struct post *p = post_prepare();

    for (size_t n = 0; n < OFFICES; n++) {
        p->stage.node[n].where = stores[n];
    }
    post_live(p, furnish, play, FIXTURE_SQLITE);
    post_clear(p);
    double handed_s = bench_median(handed.per_s, ROUNDS), asked_s = bench_median(asked.per_s, ROUNDS);
    double handed_us = bench_median(handed.cpu_us, ROUNDS), asked_us = bench_median(asked.cpu_us, ROUNDS);
    bench_row("hand-overs there and back, durable at both nodes", handed_s, "1/s", "bare questions of the exchange", asked_s, handed_s / asked_s);
    bench_row("processor time of a hand-over, both nodes and signers", handed_us, "us", "a bare question", asked_us, asked_us / handed_us);
    bench_end();
    return 0;
}
