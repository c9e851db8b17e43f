/*
 * Analysis of a table of 200 rules and 10 inputs beside the reading of the same table, which whoever analyses it has to do anyway:
 * one run, rounds in turn, processor time, medians.
 *
 * The first table was made by cutting the space again and again, so it has no gap and no overlap, and that has to be proved; in the
 * second one rule is missing and one is too wide; in the third the first rule that matches counts; in the fourth entries are by chance,
 * and there are more gaps and overlaps than anybody reads.
 */
#include "base/bench.h"
#include "rule/analysis.h"

enum { ROUNDS = 11, RULES = 200, INPUTS = 10, MOST = 100, ARENA_BYTES = 1 << 26 };

struct chance {
    uint64_t state;
};

static int
below(struct chance *c, int most)
{
    c->state = c->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((c->state >> 33) % (uint64_t)most);
}

struct box { /* from low, below high */
    int low[INPUTS], high[INPUTS];
};

static struct box
everything(void)
{
    struct box b;

    for (int i = 0; i < INPUTS; i++) {
        b.low[i] = 0;
        b.high[i] = MOST;
    }
    return b;
}

/* One box cut in two, until there are as many as rules. */
static void
make_tree(struct box *rule)
{
    struct chance c = {1};
    int count = 1;

    rule[0] = everything();
    while (count < RULES) {
        struct box *b = &rule[below(&c, count)];
        int side = below(&c, INPUTS);
        if (b->high[side] - b->low[side] > 1) {
            int at = b->low[side] + 1 + below(&c, b->high[side] - b->low[side] - 1);
            rule[count] = *b;
            rule[count++].low[side] = at;
            b->high[side] = at;
        }
    }
}

static void
make_faulty(struct box *rule)
{
    make_tree(rule);
    rule[17] = rule[18];
    rule[40].high[2] = MOST;
    rule[40].low[3] = 0;
}

/* Most entries say nothing; the last rule takes what is left. */
static void
make_ranges(struct box *rule)
{
    struct chance c = {2};

    for (int i = 0; i < RULES; i++) {
        rule[i] = everything();
        for (int k = 0; i + 1 < RULES && k < INPUTS; k++) {
            if (below(&c, 3) == 0) {
                rule[i].low[k] = below(&c, MOST - 10);
                rule[i].high[k] = rule[i].low[k] + 10 + below(&c, MOST - 9 - rule[i].low[k]);
            }
        }
    }
}

static void
put_rule(struct buf *b, const struct box *rule, int number)
{
    buf_put(b, STR("<rule>"));
    for (int i = 0; i < INPUTS; i++) {
        if (rule->low[i] == 0 && rule->high[i] == MOST) {
            buf_put(b, STR("<inputEntry><text>-</text></inputEntry>"));
        } else {
            buf_put_fmt(b, "<inputEntry><text>[%d..%d)</text></inputEntry>", rule->low[i], rule->high[i]);
        }
    }
    buf_put_fmt(b, "<outputEntry><text>%d</text></outputEntry></rule>\n", number);
}

static struct str
table_xml(struct arena *a, const char *policy, const struct box *rule)
{
    struct buf b;
    struct str xml;
    struct err err;

    buf_init(&b, a, 1 << 20);
    buf_put(&b, STR("<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:m' name='m'>\n"));
    for (int i = 0; i < INPUTS; i++) {
        buf_put_fmt(&b, "<inputData id='i%d' name='i%d'><variable name='i%d' typeRef='number'/></inputData>\n", i, i, i);
    }
    buf_put(&b, STR("<decision id='d' name='d'><variable name='d'/>\n"));
    for (int i = 0; i < INPUTS; i++) {
        buf_put_fmt(&b, "<informationRequirement><requiredInput href='#i%d'/></informationRequirement>\n", i);
    }
    buf_put_fmt(&b, "<decisionTable hitPolicy='%s'>\n", policy);
    for (int i = 0; i < INPUTS; i++) {
        buf_put_fmt(&b, "<input><inputExpression typeRef='number'><text>i%d</text></inputExpression>"
                        "<inputValues><text>[0..%d)</text></inputValues></input>\n", i, MOST);
    }
    buf_put(&b, STR("<output typeRef='number'/>\n"));
    for (int i = 0; i < RULES; i++) {
        put_rule(&b, &rule[i], i);
    }
    buf_put(&b, STR("</decisionTable></decision></definitions>\n"));
    bench_need(buf_finish(&b, &xml, &err), &err);
    return xml;
}

struct bench {
    struct arena *keep, *work;
    struct run *run;
    struct str xml;
    const struct dmn *model;
    size_t findings, cut;
};

static double
read_once(struct bench *b)
{
    const struct dmn *m;
    struct err err;
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    bench_need(dmn_read(b->work, b->xml, NULL, NULL, NULL, &m, NULL, &err), &err);
    double ms = (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6;
    arena_reset(b->work);
    return ms;
}

static double
analyse_once(struct bench *b)
{
    const struct finding *finding;
    struct err err;
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    run_begin(b->run, 0, 0);
    bench_need(analysis_of(b->work, b->run, b->model, &finding, &b->findings, &err), &err);
    double ms = (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e6;
    b->cut = 0;
    for (size_t i = 0; i < b->findings; i++) {
        b->cut += finding[i].kind == FINDING_CUT;
    }
    arena_reset(b->work);
    return ms;
}

static void
measure(const char *name, const char *policy, void (*make)(struct box *rule), bool is_whole)
{
    static struct box rule[RULES];
    double reading[ROUNDS], analysis[ROUNDS];
    struct bench b = {.keep = arena_new(ARENA_BYTES), .work = arena_new(ARENA_BYTES), .run = run_new(&RUN_LIMITS_USUAL, NULL)};
    struct err err;

    make(rule);
    b.xml = table_xml(b.keep, policy, rule);
    bench_need(dmn_read(b.keep, b.xml, NULL, NULL, NULL, &b.model, NULL, &err), &err);
    for (int i = 0; i < ROUNDS; i++) {
        reading[i] = read_once(&b);
        analysis[i] = analyse_once(&b);
    }
    CHECK(!is_whole || b.cut == 0);
    double peer_ms = bench_median(reading, ROUNDS), ms = bench_median(analysis, ROUNDS);
    bench_row(name, ms, "ms", "reading the same table", peer_ms, peer_ms / ms);
    run_free(b.run);
    arena_free(b.work);
    arena_free(b.keep);
}

int
main(void)
{
    measure("analysis, 200 rules of 10 inputs without a fault", "UNIQUE", make_tree, true);
    measure("analysis, the same with faults", "UNIQUE", make_faulty, true);
    measure("analysis, 200 rules of which the first counts", "FIRST", make_ranges, true);
    measure("analysis, 200 rules by chance, all of which may overlap", "UNIQUE", make_ranges, false);
    bench_end();
    return 0;
}
