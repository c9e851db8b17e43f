/*
 * engine_bench - what a step costs where a case has very many tokens: near as much for each as where it has few, or it would be the square.
 *
 *     joining    tokens that all pass an inclusive join, one after the other, in one step
 *     completing tasks of a repeated activity, one step each
 *
 * For each token, of MANY beside FEW; a ratio of 1 says that the number does not matter.  With an argument it does each once, of so many
 * tokens, and prints nothing: to count instructions by.
 */
#include <stdlib.h>

#include "base/bench.h"
#include "process/engine.h"
#include "rule/run.h"

enum { ROUNDS = 5, FEW = 1000, MANY = 8000, ARENA_BYTES = 1 << 30 };

#define HEAD                                                                                                                            \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' id='m'><process id='p' isExecutable='true'><startEvent id='s'/>"
#define FLOW(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define TAIL "<endEvent id='e'/></process></definitions>"

static const char joining[] = HEAD FLOW("f1", "s", "g") "<parallelGateway id='g'/>" FLOW("f2", "g", "b") FLOW("f3", "g", "c")
    "<userTask id='b' completionQuantity='%d'/>" FLOW("f4", "b", "j") "<userTask id='c'/>" FLOW("f5", "c", "j") "<inclusiveGateway id='j'/>"
    FLOW("f6", "j", "z") "<userTask id='z'/>" FLOW("f7", "z", "e") TAIL;
static const char completing[] = HEAD FLOW("f1", "s", "a") "<userTask id='a'><multiInstanceLoopCharacteristics><loopCardinality>%d</loopCardinality>"
    "</multiInstanceLoopCharacteristics></userTask>" FLOW("f2", "a", "e") TAIL;

struct bench {
    struct arena *arena;
    struct engine engine;
    struct instance instance;
};

static void
begin(struct bench *b, const char *model, int count)
{
    struct binding *binding = arena_alloc(b->arena, 1, sizeof(*binding));
    struct bpmn_report report;
    struct buf text;
    struct str xml;
    struct err err;

    buf_init(&text, b->arena, 4096);
    for (struct str rest = str_of(model); rest.len > 0; rest = str_from(rest, 1)) {
        if (str_starts(rest, STR("%d"))) {
            buf_put_int(&text, count);
            rest = str_from(rest, 1);
        } else {
            buf_put_char(&text, rest.ptr[0]);
        }
    }
    bench_need(buf_finish(&text, &xml, &err), &err);
    *binding = (struct binding){.key = STR("p")};
    bench_need(bpmn_read(b->arena, xml, NULL, &binding->model, &report, &err), &err);
    b->instance = (struct instance){.id = 1, .bindings = 1, .binding = binding, .arena = b->arena};
    b->engine.moves_max = (uint32_t)count * 4;
}

static void
step(struct bench *b, enum command_kind kind, int64_t token)
{
    const struct command c = {.kind = kind, .token = token, .attempt = -1};
    struct outcome out;
    struct err err;

    bench_need(engine_step(&b->engine, &b->instance, &c, 1, &out, &err), &err);
    instance_settle(&b->instance);
}

static int64_t
first_task(const struct bench *b)
{
    for (size_t n = 0; n < b->instance.tokens; n++) {
        if (b->instance.token[n].kind == TOKEN_TASK) {
            return b->instance.token[n].id;
        }
    }
    return 0;
}

/* All but one of them stand before the join when the last one comes. */
static void
join(struct bench *b, int count)
{
    begin(b, joining, count);
    step(b, COMMAND_START, 0);
    step(b, COMMAND_COMPLETE, first_task(b));
    step(b, COMMAND_COMPLETE, first_task(b));
}

static void
complete(struct bench *b, int count)
{
    begin(b, completing, count);
    step(b, COMMAND_START, 0);
    for (int n = 0; n < count; n++) {
        step(b, COMMAND_COMPLETE, first_task(b));
    }
}

/* Nanoseconds for each token. */
static double
cost(struct bench *b, void (*work)(struct bench *b, int count), int count)
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    work(b, count);
    arena_reset(b->arena);
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / count;
}

static void
compare(struct bench *b, const char *name, const char *peer, void (*work)(struct bench *b, int count))
{
    double many[ROUNDS], few[ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        many[round] = cost(b, work, MANY);
        few[round] = cost(b, work, FEW);
    }
    double ns = bench_median(many, ROUNDS), peer_ns = bench_median(few, ROUNDS);
    bench_row(name, ns, "ns", peer, peer_ns, peer_ns / ns);
}

int
main(int argc, char **argv)
{
    struct bench b = {.arena = arena_new(ARENA_BYTES)};

    b.engine.run = run_new(&RUN_LIMITS_USUAL, NULL);
    if (argc == 3) {
        (argv[1][0] == 'j' ? join : complete)(&b, atoi(argv[2]));
    } else {
        compare(&b, "one of 8,000 tokens passes an inclusive join", "one of 1,000", join);
        compare(&b, "one of 8,000 repeated tasks is completed", "one of 1,000", complete);
        bench_end();
    }
    run_free(b.engine.run);
    arena_free(b.arena);
    return 0;
}
