/*
 * Numbers as law writes them against the double of the processor, by the C library's own reading and writing: one
 * run, rounds in turn, processor time, medians.  It shows what exactness costs, not who is better.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bench.h"
#include "base/decimal.h"

enum { ROUNDS = 31, TIMES = 20000 };

static const char *const texts[] = {"1234.56", "0.0375", "600000", "98765432.10"};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

struct bench {
    struct arena *arena;
    struct decimal numbers[TEXTS];
    volatile double doubles[TEXTS];
    volatile double sink;
};

static void
read_ours(struct bench *b, int i)
{
    CHECK(decimal_parse(str_of(texts[i % TEXTS]), &b->numbers[i % TEXTS]));
}

static void
read_double(struct bench *b, int i)
{
    b->doubles[i % TEXTS] = strtod(texts[i % TEXTS], NULL);
}

static void
write_ours(struct bench *b, int i)
{
    CHECK(decimal_text(b->arena, b->numbers[i % TEXTS]).len > 0);
    arena_reset(b->arena);
}

static void
write_double(struct bench *b, int i)
{
    char text[40];

    CHECK(snprintf(text, sizeof(text), "%.15g", b->doubles[i % TEXTS]) > 0);
}

/* One instalment of a loan: a product, a quotient, a sum. */
static void
work_ours(struct bench *b, int i)
{
    struct decimal out;

    CHECK(decimal_multiply(b->numbers[i % TEXTS], b->numbers[1], &out));
    CHECK(decimal_divide(out, b->numbers[2], &out));
    CHECK(decimal_add(out, b->numbers[0], &out));
}

static void
work_double(struct bench *b, int i)
{
    b->sink = b->doubles[i % TEXTS] * b->doubles[1] / b->doubles[2] + b->doubles[0];
}

/* Nanoseconds of one. */
static double
one_round(struct bench *b, void (*work)(struct bench *b, int i))
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < TIMES; i++) {
        work(b, i);
    }
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / TIMES;
}

int
main(void)
{
    static const struct {
        const char *name, *peer;
        void (*ours)(struct bench *b, int i);
        void (*theirs)(struct bench *b, int i);
    } rows[] = {
        {"decimal read", "strtod", read_ours, read_double},
        {"decimal write", "snprintf of a double", write_ours, write_double},
        {"decimal product, quotient and sum", "the same of doubles", work_ours, work_double},
    };
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    double ours[ROWS][ROUNDS], theirs[ROWS][ROUNDS];
    struct bench b = {.arena = arena_new(DECIMAL_TEXT_MAX)};

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < ROWS; i++) {
            ours[i][round] = one_round(&b, rows[i].ours);
            theirs[i][round] = one_round(&b, rows[i].theirs);
        }
    }
    for (int i = 0; i < ROWS; i++) {
        double ns = bench_median(ours[i], ROUNDS), peer_ns = bench_median(theirs[i], ROUNDS);
        bench_row(rows[i].name, ns, "ns", rows[i].peer, peer_ns, peer_ns / ns);
    }
    bench_end();
    arena_free(b.arena);
    return 0;
}
