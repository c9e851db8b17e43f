/*
 * FEEL beside feelin: the same expressions over the same context, in turns, processor time, medians.
 *
 * A rule is read once and asked for every applicant, so "asked" is the program alone.  feelin has no program: it reads
 * the text each time, and stands beside "read and asked" as the same work and beside "asked" as what its users get.
 */
#include <math.h>
#include <stdlib.h>

#include "base/bench.h"
#include "rule/program.h"
#include "rule/zone.h"

enum { ROUNDS = 11, TIMES = 20000, PEER_TIMES = 500, ARENA_BYTES = 1 << 24, NAMES = 7 };

static const char context_text[] = "{\"age\":82,\"resident\":true,\"amount\":600000,\"rate\":0.0375,\"region\":\"990327\","
                                   "\"kind\":\"新办\",\"goods\":[{\"price\":3.5,\"count\":2},{\"price\":12,\"count\":1},"
                                   "{\"price\":0.8,\"count\":10},{\"price\":45,\"count\":1}]}";

static const struct {
    const char *name, *text;
} expressions[] = {
    {"feel: a condition", "if age >= 80 and resident then 100 else 0"},
    {"feel: a sum", "amount * rate / 12 + 20"},
    {"feel: text", "kind = \"新办\" and starts with(region, \"9903\")"},
    {"feel: one of", "(age in [60..79]) or (kind in (\"新办\", \"变更\"))"},
    {"feel: a list of four", "sum(for g in goods return g.price * g.count)"},
};

struct bench {
    struct arena *keep, *work;
    struct run *run;
    struct zones *zones;
    struct bench_peer *peer;
    struct feel_scope scope;
    struct frame frame;
    const struct program *program;
    const char *text;
    struct value value;
    struct err err;
};

static void
ask(struct bench *b, const struct program *program)
{
    run_begin(b->run, 0, 0);
    bench_need(program_run(b->run, program, &b->frame, &b->value, &b->err), &b->err);
}

static const struct program *
read_text(struct bench *b, struct arena *a)
{
    const struct program *program;

    bench_need(program_read(a, str_of(b->text), &b->scope, NULL, b->zones, &program, NULL, &b->err), &b->err);
    return program;
}

/* Microseconds of one. */
static double
one_round(struct bench *b, bool is_read, int times)
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < times; i++) {
        ask(b, is_read ? read_text(b, b->work) : b->program);
        if (is_read) {
            arena_reset(b->work);
        }
    }
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e3 / times;
}

/* Both mean the same by it, as far as a double of JavaScript goes. */
static void
compare(struct bench *b)
{
    double there = bench_peer_ask(b->peer, "expression %s", b->text);

    ask(b, b->program);
    double here = b->value.kind == VALUE_BOOLEAN ? b->value.as.truth
                                                 : strtod(str_c(b->keep, value_text(b->keep, b->value, false)), NULL);
    CHECK(fabs(here - there) < 1e-6);
}

static void
measure(struct bench *b, const char *name, const char *text)
{
    double asked[ROUNDS], read[ROUNDS], peer[ROUNDS];

    b->text = text;
    b->program = read_text(b, b->keep);
    compare(b);
    (void)bench_peer_ask(b->peer, "time %d", 4 * PEER_TIMES); /* its compiler warms up */
    (void)one_round(b, false, TIMES);
    for (int round = 0; round < ROUNDS; round++) {
        asked[round] = one_round(b, false, TIMES);
        peer[round] = bench_peer_ask(b->peer, "time %d", PEER_TIMES);
        read[round] = one_round(b, true, PEER_TIMES);
    }
    double peer_us = bench_median(peer, ROUNDS), asked_us = bench_median(asked, ROUNDS);
    double read_us = bench_median(read, ROUNDS);
    bench_row(str_fmt(b->keep, "%s, asked", name).ptr, 1e6 / asked_us, "1/s and core", "feelin", 1e6 / peer_us,
              peer_us / asked_us);
    bench_row(str_fmt(b->keep, "%s, read and asked", name).ptr, 1e6 / read_us, "1/s and core", "feelin", 1e6 / peer_us,
              peer_us / read_us);
}

static void
take_context(struct bench *b)
{
    struct feel_name *names = arena_alloc(b->keep, NAMES, sizeof(*names));
    struct value *slots = arena_alloc(b->keep, NAMES, sizeof(*slots));
    struct json *tree;
    struct value v;

    bench_need(json_parse(b->keep, str_of(context_text), JSON_UNIQUE, &tree, &b->err), &b->err);
    bench_need(value_of_json(b->keep, tree, &v, &b->err), &b->err);
    CHECK(names != NULL && slots != NULL && v.as.context->count == NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        names[i].name = v.as.context->entry[i].name;
        slots[i] = v.as.context->entry[i].value;
    }
    b->scope = (struct feel_scope){.count = NAMES, .name = names};
    b->frame = (struct frame){.slot = slots};
    (void)bench_peer_ask(b->peer, "context %s", context_text);
}

int
main(void)
{
    struct zones *zones = zones_new(ZONE_FOLDER);
    struct bench b = {.keep = arena_new(ARENA_BYTES),
                      .work = arena_new(ARENA_BYTES),
                      .run = run_new(&RUN_LIMITS_USUAL, zones),
                      .zones = zones,
                      .peer = bench_peer_start("feelin")};

    take_context(&b);
    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        measure(&b, expressions[i].name, expressions[i].text);
    }
    bench_end();
    bench_peer_end(b.peer);
    run_free(b.run);
    zones_free(zones);
    arena_free(b.work);
    arena_free(b.keep);
    return 0;
}
