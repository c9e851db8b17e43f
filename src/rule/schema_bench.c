/*
 * Checking the document of a form against parsing the same document: one run, rounds in turn, processor time, medians.
 * A form is parsed anyway, so the ratio says how little the check adds.
 */
#include "base/bench.h"
#include "rule/schema.h"

enum { ROUNDS = 31, TIMES = 400, TODAY = 20780 };

static const char schema_text[] =
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

static const char document_text[] =
    "{\"case_no\":\"33032720261123000000000000000000000000000001\",\"item\":{\"code\":\"33010900200\",\"name\":"
    "\"食品经营许可（新办）\",\"basis\":[\"食品安全法\",\"食品经营许可和备案管理办法\"]},\"applicant\":{\"name\":"
    "\"云溪市好味来餐饮有限公司\",\"uscc\":\"91330327MA0000000X\",\"address\":{\"region\":\"330327\",\"text\":"
    "\"云溪市河滨街道春风路 18 号 1 层\",\"area_m2\":126.50},\"phone\":\"13800000000\"},\"prefilled\":[{\"field\":"
    "\"licence\",\"source\":\"market\",\"act\":1044},{\"field\":\"premises\",\"source\":\"resources\",\"act\":1045},"
    "{\"field\":\"identity\",\"source\":\"province\",\"act\":1046}],\"fee_cents\":0,\"urgent\":true,\"supplement\":"
    "null,\"clocks\":[{\"kind\":\"statutory\",\"days\":20,\"due\":\"2026-12-21\"},{\"kind\":\"promised\",\"days\":5,"
    "\"due\":\"2026-11-30\"}],\"received_at\":\"2026-11-23T09:40:00+08:00\",\"note\":\"申请人说：请尽快\"}";

struct bench {
    struct arena *work;
    const struct schema *schema;
    const struct json *document;
};

static void
parse(struct bench *b)
{
    struct json *tree;
    struct err err;

    CHECK(json_parse(b->work, str_of(document_text), JSON_UNIQUE, &tree, &err) == RC_OK);
    arena_reset(b->work);
}

static void
check(struct bench *b)
{
    struct schema_result result;
    struct err err;

    CHECK(schema_check(b->schema, b->work, b->document, TODAY, &result, &err) == RC_OK && result.is_valid);
    arena_reset(b->work);
}

/* Microseconds of one. */
static double
one_round(struct bench *b, void (*work)(struct bench *b))
{
    int64_t start = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < TIMES; i++) {
        work(b);
    }
    return (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / 1e3 / TIMES;
}

int
main(void)
{
    static const struct schema_options options = {.assert_formats = true};
    struct arena *keep = arena_new(1 << 22);
    struct bench b = {.work = arena_new(1 << 20)};
    double checks[ROUNDS], parses[ROUNDS];
    struct json *root, *document;
    struct err err;

    bench_need(json_parse(keep, str_of(schema_text), JSON_UNIQUE, &root, &err), &err);
    bench_need(json_parse(keep, str_of(document_text), JSON_UNIQUE, &document, &err), &err);
    bench_need(schema_compile(keep, STR(""), root, &options, &b.schema, &err), &err);
    b.document = document;
    for (int round = 0; round < ROUNDS; round++) {
        checks[round] = one_round(&b, check);
        parses[round] = one_round(&b, parse);
    }
    double check_us = bench_median(checks, ROUNDS);
    double parse_us = bench_median(parses, ROUNDS);
    bench_row("schema check of a form, 1 KiB", check_us, "us", "json parse of the same", parse_us,
              parse_us / check_us);
    bench_row("schema checks a second and core", 1e6 / check_us, "1/s", "json parses", 1e6 / parse_us,
              parse_us / check_us);
    bench_end();
    arena_free(b.work);
    arena_free(keep);
    return 0;
}
