#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rule/dmn_eval_int.h"

enum { ARENA_BYTES = 1 << 25, XML_MAX = 1 << 20, TABLES = 120, ASKS = 30 };

#define HEAD "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:m' name='m'>"
#define INPUT(name) "<inputData id='" name "' name='" name "'><variable name='" name "'/></inputData>"
#define NEEDS(name) "<informationRequirement><requiredInput href='#" name "'/></informationRequirement>"
#define ASKED(name) "<input><inputExpression><text>" name "</text></inputExpression></input>"

static const struct dmn *
model_of(struct arena *a, struct str xml)
{
    const struct dmn *m = NULL;
    struct dmn_fault fault;
    struct err err;

    if (dmn_read(a, xml, NULL, NULL, NULL, &m, &fault, &err) != RC_OK) {
        fail_msg("%s\n%.*s", err.text, STR_ARG(xml));
    }
    return m;
}

static void
put_rule(struct buf *b, const char *const cell[3], int output)
{
    buf_put(b, STR("<rule>"));
    for (int i = 0; i < 3; i++) {
        buf_put_fmt(b, "<inputEntry><text><![CDATA[%s]]></text></inputEntry>", cell[i]);
    }
    buf_put_fmt(b, "<outputEntry><text>%d</text></outputEntry></rule>", output);
}

static void
begin_table(struct buf *b, struct arena *a, const char *policy)
{
    buf_init(b, a, XML_MAX);
    buf_put(b, STR(HEAD INPUT("a") INPUT("b") INPUT("c") "<decision id='D' name='D'>" NEEDS("a") NEEDS("b") NEEDS("c")));
    buf_put_fmt(b, "<decisionTable hitPolicy='%s'>", policy);
    buf_put(b, STR(ASKED("a") ASKED("b") ASKED("c") "<output/>"));
}

static struct str
end_table(struct buf *b)
{
    struct str xml;
    struct err err;

    buf_put(b, STR("</decisionTable></decision></definitions>"));
    assert_int_equal(buf_finish(b, &xml, &err), RC_OK);
    return xml;
}

static size_t
columns_of(const struct dmn *m)
{
    return dmn_find_item(m, STR("D"), 1u << DMN_DECISION)->expression->table->columns;
}

static void
columns_are_known_where_all_their_cells_are_whole_numbers_or_all_are_booleans(void **state)
{
    static const struct {
        const char *cell[2][3];
        size_t columns;
    } cases[] = {
        {{{"> 1", "[1..5)", "true"}, {"7", "<= 2.5", "false"}}, 3},
        {{{"-", "", "true"}, {"", "-", "-"}}, 3},
        {{{"(-5..0.25]", "\"x\"", "true"}, {"7", "\"y\"", "false"}}, 1},
        {{{"true", "1", "1"}, {"1", "1", "1"}}, 0},
        {{{"1", "1, 2", "1"}, {"1", "1", "1"}}, 1},
        {{{"1", "not(1)", "1"}, {"1", "1", "1"}}, 1},
        {{{"1", "1", "!= 4"}, {"1", "1", "1"}}, 2},
        {{{"1", "1", "null"}, {"1", "1", "1"}}, 2},
        {{{"1", "1", "> a"}, {"1", "1", "1"}}, 2},
        {{{"1", "1", "> 9223372036854775807"}, {"1", "1", "1"}}, 2},
        {{{"1", "1", "< -9223372036854775808"}, {"1", "1", "1"}}, 2},
        {{{"1", "1", "1e30"}, {"1", "1", "1"}}, 2},
    };
    struct arena *a = arena_new(ARENA_BYTES);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf b;
        begin_table(&b, a, "COLLECT");
        put_rule(&b, cases[i].cell[0], 1);
        put_rule(&b, cases[i].cell[1], 2);
        size_t columns = columns_of(model_of(a, end_table(&b)));
        if (columns != cases[i].columns) {
            fail_msg("case %zu: %zu columns", i, columns);
        }
    }
    arena_free(a);
}

static uint64_t
any_number(uint64_t *seed)
{
    *seed ^= *seed << 13; /* Marsaglia's xorshift */
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

/* A table of count rules; with_last: and one that never matches, whose cells are not known as whole numbers. */
static const struct dmn *
any_table(struct arena *a, uint64_t seed, size_t count, const char *policy, bool with_last)
{
    static const char *const numbers[] = {
        "-", "", "-1", "0", "1", "2", "= 3", "> 1", ">= 1", "< 2", "<= 2", "> 0.5", ">= 0.5", "< 1.5", "<= 1.5", "< -0.5", "> -0.5",
        "[0..3]", "(0..3)", "[0.5..2.5]", "(1..2)", "]0..3]", "0.5", "[3..1]", "> -9000000000000000000", "<= 9000000000000000000",
    };
    static const char *const booleans[] = {"-", "true", "false", "true"};
    static const char *const last[] = {"not(1)", "\"never\"", "not(true)"};
    struct buf b;

    begin_table(&b, a, policy);
    for (size_t i = 0; i < count; i++) {
        const char *const cell[] = {numbers[any_number(&seed) % (sizeof(numbers) / sizeof(numbers[0]))],
                                    numbers[any_number(&seed) % (sizeof(numbers) / sizeof(numbers[0]))],
                                    booleans[any_number(&seed) % (sizeof(booleans) / sizeof(booleans[0]))]};
        put_rule(&b, cell, (int)i + 1);
    }
    if (with_last) {
        put_rule(&b, last, 0);
    }
    return model_of(a, end_table(&b));
}

static const char *
decided(struct arena *a, struct run *r, const struct dmn *m, const char *inputs, bool is_watched)
{
    const struct context *context;
    struct dmn_trace trace;
    struct json *json;
    struct value v;
    struct err err;

    assert_int_equal(json_parse(a, str_of(inputs), JSON_ANY, &json, &err), RC_OK);
    run_begin(r, 0, 0);
    assert_int_equal(dmn_inputs_of_json(r, m, json, &context, &err), RC_OK);
    assert_int_equal(dmn_decide(r, m, STR("D"), context, is_watched ? &trace : NULL, &v, &err), RC_OK);
    return str_c(a, value_text(a, v, true));
}

static void
a_table_that_is_asked_by_columns_answers_as_one_that_is_asked_rule_by_rule(void **state)
{
    static const char *const values[] = {"null", "-2", "-1", "-0.5", "0", "0.5", "1", "1.0", "1.5", "2", "3", "4", "1e19", "-1e19", "\"x\"", "true"};
    static const char *const truths[] = {"true", "false", "true", "false", "null", "1"};
    static const char *const policies[] = {"COLLECT", "UNIQUE", "ANY", "FIRST", "RULE ORDER"};
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
    uint64_t seed = 88172645463325252;

    (void)state;
    for (size_t i = 0; i < TABLES; i++) {
        struct arena *a = arena_new(ARENA_BYTES);
        size_t count = i < 70 ? i : any_number(&seed) % 140;
        const char *policy = policies[any_number(&seed) % (sizeof(policies) / sizeof(policies[0]))];
        const struct dmn *fast = any_table(a, seed, count, policy, false), *slow = any_table(a, seed, count, policy, true);
        assert_int_equal(columns_of(fast), 3);
        assert_int_equal(columns_of(slow), 0);
        for (size_t k = 0; k < ASKS; k++) {
            const char *inputs = str_fmt(a, "{\"a\": %s, \"b\": %s, \"c\": %s}", values[any_number(&seed) % (sizeof(values) / sizeof(values[0]))],
                                         values[any_number(&seed) % (sizeof(values) / sizeof(values[0]))],
                                         truths[any_number(&seed) % (sizeof(truths) / sizeof(truths[0]))]).ptr;
            const char *wanted = decided(a, r, slow, inputs, false);
            const char *got = decided(a, r, fast, inputs, false), *watched = decided(a, r, fast, inputs, true);
            if (!str_eq(str_of(got), str_of(wanted)) || !str_eq(str_of(watched), str_of(wanted))) {
                fail_msg("table %zu, %s, %s: %s and watched %s, not %s", i, policy, inputs, got, watched, wanted);
            }
        }
        arena_free(a);
    }
    run_free(r);
}

/* What an input would say is only said where a rule asks for it. */
static void
an_input_that_no_rule_asks_for_is_not_calculated(void **state)
{
    static const struct {
        const char *inputs;
        size_t notes;
    } cases[] = {{"{\"a\": 1}", 0}, {"{\"a\": 2}", 1}};
    struct arena *a = arena_new(ARENA_BYTES);
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
    const struct dmn *m = model_of(
        a, STR(HEAD INPUT("a") "<decision id='D' name='D'>" NEEDS("a") "<decisionTable hitPolicy='COLLECT'>" ASKED("a") ASKED("1 + \"x\"")
               "<output/><rule><inputEntry><text>1</text></inputEntry><inputEntry><text>-</text></inputEntry><outputEntry><text>1</text>"
               "</outputEntry></rule><rule><inputEntry><text>2</text></inputEntry><inputEntry><text>5</text></inputEntry><outputEntry>"
               "<text>2</text></outputEntry></rule></decisionTable></decision></definitions>"));

    (void)state;
    assert_int_equal(columns_of(m), 2);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct note *note;
        (void)decided(a, r, m, cases[i].inputs, false);
        assert_int_equal(run_notes(r, &note), cases[i].notes);
    }
    run_free(r);
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_known_where_all_their_cells_are_whole_numbers_or_all_are_booleans),
        cmocka_unit_test(a_table_that_is_asked_by_columns_answers_as_one_that_is_asked_rule_by_rule),
        cmocka_unit_test(an_input_that_no_rule_asks_for_is_not_calculated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
