/*
 * JSON Schema beside ajv: the same schemas and documents, compiled once, all mistakes collected; and beside parsing the same
 * document, which a form is anyway.  One run, rounds in turn, processor time, medians.
 *
 * "of a tree" begins with the document as each language holds it when it was parsed, "of text" with its bytes.
 */
#include "base/bench.h"
#include "rule/schema.h"

enum { ROUNDS = 15, TIMES = 10000, WARM_TIMES = 20000, TODAY = 20780 };

static const char case_schema[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\",\"required\":[\"case_no\","
    "\"item\",\"applicant\",\"fee_cents\",\"received_at\"],\"additionalProperties\":false,\"properties\":{\"case_no\":"
    "{\"type\":\"string\",\"pattern\":\"^[0-9A-Z]{43,46}$\"},\"item\":{\"type\":\"object\",\"required\":[\"code\","
    "\"name\"],\"properties\":{\"code\":{\"type\":\"string\",\"minLength\":11},\"name\":{\"type\":\"string\","
    "\"minLength\":1,\"maxLength\":100},\"basis\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
    "\"uniqueItems\":true}}},\"applicant\":{\"type\":\"object\",\"required\":[\"name\",\"uscc\",\"address\"],"
    "\"properties\":{\"name\":{\"type\":\"string\",\"maxLength\":100},\"uscc\":{\"type\":\"string\",\"maxLength\":18,"
    "\"pattern\":\"^[0-9A-Z]+$\"},\"address\":{\"$ref\":\"#/$defs/address\"},\"phone\":{\"format\":\"mobile\"}}},"
    "\"prefilled\":{\"type\":\"array\",\"maxItems\":50,\"items\":{\"type\":\"object\",\"required\":[\"field\","
    "\"source\",\"act\"],\"properties\":{\"field\":{\"type\":\"string\"},\"source\":{\"enum\":[\"market\","
    "\"resources\",\"province\"]},\"act\":{\"type\":\"integer\",\"minimum\":1}},\"additionalProperties\":false}},"
    "\"fee_cents\":{\"type\":\"integer\",\"minimum\":0,\"multipleOf\":1},\"urgent\":{\"type\":\"boolean\"},"
    "\"supplement\":{\"type\":[\"null\",\"object\"]},\"clocks\":{\"type\":\"array\",\"items\":{\"properties\":{"
    "\"kind\":{\"enum\":[\"statutory\",\"promised\"]},\"days\":{\"type\":\"integer\"},\"due\":{\"format\":\"date\"}}}},"
    "\"received_at\":{\"type\":\"string\",\"format\":\"date-time\"},\"note\":{\"type\":\"string\","
    "\"maxLength\":500}},\"if\":{\"properties\":{\"urgent\":{\"const\":true}}},\"then\":{\"required\":[\"note\"]},"
    "\"$defs\":{\"address\":{\"type\":\"object\",\"properties\":{\"region\":{\"format\":\"region-code\"},\"text\":{"
    "\"type\":\"string\"},\"area_m2\":{\"type\":\"number\",\"exclusiveMinimum\":0,\"multipleOf\":0.01}},"
    "\"unevaluatedProperties\":false}}}";

static const char case_valid[] =
    "{\"case_no\":\"33032720261123000000000000000000000000000001\",\"item\":{\"code\":\"33010900200\",\"name\":"
    "\"食品经营许可（新办）\",\"basis\":[\"食品安全法\",\"食品经营许可和备案管理办法\"]},\"applicant\":{\"name\":"
    "\"云溪市好味来餐饮有限公司\",\"uscc\":\"91330327MA0000000X\",\"address\":{\"region\":\"330327\",\"text\":"
    "\"云溪市河滨街道春风路 18 号 1 层\",\"area_m2\":126.50},\"phone\":\"13800000000\"},\"prefilled\":[{\"field\":"
    "\"licence\",\"source\":\"market\",\"act\":1044},{\"field\":\"premises\",\"source\":\"resources\",\"act\":1045},"
    "{\"field\":\"identity\",\"source\":\"province\",\"act\":1046}],\"fee_cents\":0,\"urgent\":true,\"supplement\":"
    "null,\"clocks\":[{\"kind\":\"statutory\",\"days\":20,\"due\":\"2026-12-21\"},{\"kind\":\"promised\",\"days\":5,"
    "\"due\":\"2026-11-30\"}],\"received_at\":\"2026-11-23T09:40:00+08:00\",\"note\":\"申请人说：请尽快\"}";

/* The same with five things wrong. */
static const char case_wrong[] =
    "{\"case_no\":\"33032720261123000000000000000000000000000001\",\"item\":{\"code\":\"33010900200\",\"name\":"
    "\"食品经营许可（新办）\",\"basis\":[\"食品安全法\",\"食品经营许可和备案管理办法\"]},\"applicant\":{\"name\":"
    "\"云溪市好味来餐饮有限公司\",\"uscc\":\"91330327MA0000000X\",\"address\":{\"region\":\"330327\",\"text\":"
    "\"云溪市河滨街道春风路 18 号 1 层\",\"area_m2\":126.505},\"phone\":\"1380000000\"},\"prefilled\":[{\"field\":"
    "\"licence\",\"source\":\"markets\",\"act\":0},{\"field\":\"premises\",\"source\":\"resources\",\"act\":1045},"
    "{\"field\":\"identity\",\"source\":\"province\",\"act\":1046}],\"fee_cents\":0,\"urgent\":true,\"supplement\":"
    "null,\"clocks\":[{\"kind\":\"statutory\",\"days\":20,\"due\":\"2026-12-32\"},{\"kind\":\"promised\",\"days\":5,"
    "\"due\":\"2026-11-30\"}],\"received_at\":\"2026-11-23T09:40:00+08:00\",\"note\":\"申请人说：请尽快\"}";

static const char person_schema[] =
    "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\",\"required\":[\"name\","
    "\"gender\",\"birth\",\"phone\",\"region\",\"address\"],\"additionalProperties\":false,\"properties\":{\"name\":"
    "{\"type\":\"string\",\"minLength\":2,\"maxLength\":50},\"gender\":{\"enum\":[\"男\",\"女\"]},\"birth\":"
    "{\"type\":\"string\",\"format\":\"date\"},\"phone\":{\"type\":\"string\",\"pattern\":\"^1[3-9]\\\\d{9}$\"},"
    "\"region\":{\"type\":\"string\",\"pattern\":\"^\\\\d{6}$\"},\"address\":{\"type\":\"string\",\"maxLength\":200},"
    "\"email\":{\"type\":\"string\",\"format\":\"email\"},\"household\":{\"type\":\"integer\",\"minimum\":1,"
    "\"maximum\":30},\"income\":{\"type\":\"number\",\"minimum\":0,\"multipleOf\":0.01},\"consent\":{\"const\":true},"
    "\"channels\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":3,\"items\":{\"enum\":[\"sms\",\"letter\",\"app\"]}},"
    "\"note\":{\"type\":\"string\",\"maxLength\":500}}}";

static const char person_valid[] =
    "{\"name\":\"欧阳明月\",\"gender\":\"女\",\"birth\":\"1988-02-29\",\"phone\":\"13800000000\",\"region\":"
    "\"990327\",\"address\":\"云溪市河滨街道春风路 18 号 3 幢 2 单元 401 室\",\"email\":\"mingyue@example.cn\","
    "\"household\":3,\"income\":4820.5,\"consent\":true,\"channels\":[\"sms\",\"app\"],\"note\":\"工作日白天联系\"}";

struct bench {
    struct arena *keep, *work;
    struct bench_peer *peer;
    const char *text;
    const struct schema *schema;
    const struct json *document;
    struct schema_result result; /* here, because this build fills what is on the stack with zeros, and it is large */
    struct err err;
};

/* What is measured, here and over there. */
enum what { CHECK_TREE, READ, CHECK_TEXT, WHATS };
static const char *const what_names[WHATS] = {"check", "read", "read-and-check"};

static const struct json *
parse(struct bench *b, struct arena *a, const char *text)
{
    struct json *tree;

    bench_need(json_parse(a, str_of(text), JSON_UNIQUE, &tree, &b->err), &b->err);
    return tree;
}

/* How many things are wrong with it. */
static size_t
check(struct bench *b, const struct json *document)
{
    bench_need(schema_check(b->schema, b->work, document, TODAY, &b->result, &b->err), &b->err);
    return b->result.count;
}

/* Microseconds of one. */
static double
one_round(struct bench *b, enum what what)
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < TIMES; i++) {
        const struct json *document = what == CHECK_TREE ? b->document : parse(b, b->work, b->text);
        if (what != READ) {
            (void)check(b, document);
        }
        arena_reset(b->work);
    }
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e3 / TIMES;
}

static void
say(const struct bench *b, const char *name, double us[2][WHATS])
{
    static const char *const froms[WHATS] = {"of a tree", "read alone", "of text"};

    for (enum what what = CHECK_TREE; what < WHATS; what++) {
        const char *row = str_fmt(b->keep, "%s, %s", name, froms[what]).ptr;
        bench_row(row, 1e6 / us[0][what], "1/s and core", what == READ ? "JSON.parse" : "ajv, all errors",
                  1e6 / us[1][what], us[1][what] / us[0][what]);
    }
    bench_row(str_fmt(b->keep, "%s, of a tree, beside reading it", name).ptr, us[0][CHECK_TREE], "us", "json parse",
              us[0][READ], us[0][READ] / us[0][CHECK_TREE]);
}

static void
measure(struct bench *b, const char *name, const char *schema, const char *text)
{
    static const struct schema_options options = {.assert_formats = true};
    double rounds[2][WHATS][ROUNDS], us[2][WHATS];

    b->text = text;
    b->document = parse(b, b->keep, text);
    bench_need(schema_compile(b->keep, STR(""), parse(b, b->keep, schema), &options, &b->schema, &b->err),
               &b->err);
    (void)bench_peer_ask(b->peer, "schema %s", schema);
    double mistakes = bench_peer_ask(b->peer, "document %s", text);
    CHECK((mistakes > 0) == (check(b, b->document) > 0));
    for (int round = -1; round < ROUNDS; round++) {
        for (enum what what = CHECK_TREE; what < WHATS; what++) {
            double here = one_round(b, what);
            double there = bench_peer_ask(b->peer, "time %s %d", what_names[what], round < 0 ? WARM_TIMES : TIMES);
            if (round >= 0) { /* the first is for compilers and caches to warm up */
                rounds[0][what][round] = here;
                rounds[1][what][round] = there;
            }
        }
    }
    for (enum what what = CHECK_TREE; what < WHATS; what++) {
        us[0][what] = bench_median(rounds[0][what], ROUNDS);
        us[1][what] = bench_median(rounds[1][what], ROUNDS);
    }
    say(b, name, us);
}

int
main(void)
{
    struct bench b = {
        .keep = arena_new(1 << 22), .work = arena_new(1 << 20), .peer = bench_peer_start("ajv")};

    measure(&b, "schema: a case, 1 KiB", case_schema, case_valid);
    measure(&b, "schema: a person, 350 bytes", person_schema, person_valid);
    measure(&b, "schema: a case with five mistakes", case_schema, case_wrong);
    bench_end();
    bench_peer_end(b.peer);
    arena_free(b.work);
    arena_free(b.keep);
    return 0;
}
