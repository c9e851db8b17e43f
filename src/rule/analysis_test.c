#include <stdio.h>
#include <string.h>

#include "rule/analysis_int.h"
#include "rule/test_table.h"

enum { ARENA_BYTES = 1 << 26, TRIALS = 400 };

struct desk {
    struct arena *arena;
    struct zones *zones;
    struct run *run;
    const struct dmn *model;
    const struct dmn_table *table;
    const struct finding *finding;
    size_t findings;
};

static void
open_desk(struct desk *d)
{
    struct run_limits limits = RUN_LIMITS_USUAL;

    d->arena = arena_new(ARENA_BYTES);
    d->zones = zones_new(ZONE_FOLDER);
    limits.stack_bytes = 1 << 20;
    d->run = run_new(&limits, d->zones);
    run_begin(d->run, 0, 0);
}

static void
close_desk(struct desk *d)
{
    run_free(d->run);
    zones_free(d->zones);
    arena_free(d->arena);
}

static void
look(struct desk *d, const char *text)
{
    struct err err = {.text = ""};

    d->model = table_model(d->arena, d->zones, text);
    d->table = table_of(d->model);
    if (analysis_of(d->arena, d->run, d->model, &d->finding, &d->findings, &err) != RC_OK) {
        fail_msg("%s: %s", text, err.text);
    }
}

/* "gap: {\"年龄\":19}" and so on, a line each. */
static struct str
all_said(struct desk *d, bool is_chinese, bool with_samples)
{
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, d->arena, 1 << 20);
    for (size_t i = 0; i < d->findings; i++) {
        const struct finding *f = &d->finding[i];
        buf_put(&b, f->is_error ? STR("! ") : STR("- "));
        buf_put(&b, is_chinese ? f->zh : f->en);
        if (with_samples && f->sample.count > 0) {
            buf_put(&b, STR(" | "));
            value_put_json(&b, (struct value){.kind = VALUE_CONTEXT, .as.context = &f->sample});
        }
        buf_put(&b, STR("\n"));
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

static void
assert_same(const char *table, struct str is, const char *wanted)
{
    if (!str_eq(is, str_of(wanted))) {
        fail_msg("%s\nis:\n%.*s\nwanted:\n%s", table, STR_ARG(is), wanted);
    }
}

static const struct {
    const char *table, *zh, *en;
} cases[] = {
    {"U\n"
     "年龄:number => 额:Any\n"
     "<= 18 => 1\n"
     ">= 60 => 2",
     "- 没有规则适用于：“年龄”大于 18 且小于 60 | {\"年龄\":19}\n",
     "- No rule applies when \"年龄\" is above 18 and below 60 | {\"年龄\":19}\n"},
    {"U\n"
     "年龄:number => 额:Any\n"
     "<= 18 => 1\n"
     ">= 19 => 2",
     "- 没有规则适用于：“年龄”大于 18 且小于 19 | {\"年龄\":18.5}\n",
     "- No rule applies when \"年龄\" is above 18 and below 19 | {\"年龄\":18.5}\n"},
    {"U\n"
     "年龄:number => 额:Any default 0\n"
     "<= 18 => 1",
     "",
     ""},
    {"U\n"
     "年龄:number => 额:Any default 0\n"
     "<= 18 => 1\n"
     "> 18 => 年令 + 1",
     "! 规则 2（第 9 行）：没有叫“年令”的内容，它的值总是空\n",
     "! Rule 2, line 9: nothing is called 年令, so it is always null\n"},
    {"U\n"
     "日:date => 额:Any\n"
     "< @\"2026-01-01\" => 1\n"
     "(@\"2026-01-01\"..@\"2026-01-03\") => 2\n"
     "> @\"2026-01-03\" => 3",
     "- 没有规则适用于：“日”为 2026年1月1日 | {\"日\":\"2026-01-01\"}\n"
     "- 没有规则适用于：“日”为 2026年1月3日 | {\"日\":\"2026-01-03\"}\n",
     "- No rule applies when \"日\" is 1 January 2026 | {\"日\":\"2026-01-01\"}\n"
     "- No rule applies when \"日\" is 3 January 2026 | {\"日\":\"2026-01-03\"}\n"},
    {"U\n"
     "期:years and months duration => 额:Any\n"
     "< @\"P3M\" => 1\n"
     "> @\"P4M\" => 3",
     "- 没有规则适用于：“期”不短于 3个月 且不长于 4个月 | {\"期\":\"P3M\"}\n",
     "- No rule applies when \"期\" is at least 3 months and at most 4 months | {\"期\":\"P3M\"}\n"},
    {"U\n"
     "期:days and time duration => 额:Any\n"
     "< @\"P3D\" => 1\n"
     "> @\"P4D\" => 3",
     "- 没有规则适用于：“期”不短于 3天 且不长于 4天 | {\"期\":\"P3D\"}\n",
     "- No rule applies when \"期\" is at least 3 days and at most 4 days | {\"期\":\"P3D\"}\n"},
    {"U\n"
     "时:time => 额:Any\n"
     "< @\"09:00:00\" => 1\n"
     "> @\"17:00:00\" => 3",
     "- 没有规则适用于：“时”不早于 09:00 且不晚于 17:00 | {\"时\":\"09:00:00\"}\n",
     "- No rule applies when \"时\" is not before 09:00 and not after 17:00 | {\"时\":\"09:00:00\"}\n"},
    {"U\n"
     "时:date and time => 额:Any\n"
     "< @\"2026-01-01T09:00:00\" => 1\n"
     "> @\"2026-01-01T09:00:01\" => 3",
     "- 没有规则适用于：“时”不早于 2026年1月1日 09:00 且不晚于 2026年1月1日 09:00:01 | {\"时\":\"2026-01-01T09:00:00\"}\n",
     "- No rule applies when \"时\" is not before 1 January 2026, 09:00 and not after 1 January 2026, 09:00:01 | {\"时\":\"2026-01-01T09:00:00\"}\n"},
    {"U\n"
     "低保:boolean | 户籍:string in \"云城\",\"外地\" => 额:Any\n"
     "true | - => 1\n"
     "false | \"云城\" => 2",
     "- 没有规则适用于：“低保”为“否”，“户籍”为“外地” | {\"低保\":false,\"户籍\":\"外地\"}\n",
     "- No rule applies when \"低保\" is no, and \"户籍\" is \"外地\" | {\"低保\":false,\"户籍\":\"外地\"}\n"},
    {"U\n"
     "甲:number => 额:Any\n"
     "null => 1\n"
     "not(null) => 2",
     "",
     ""},
    {"U\n"
     "甲:number => 额:Any\n"
     "not(5) => 1\n"
     "not(null) => 1",
     "! 规则 1、2 同时适用于：“甲”小于 5 或大于 5 | {\"甲\":4}\n",
     "! Rules 1 and 2 apply at once when \"甲\" is below 5 or is above 5 | {\"甲\":4}\n"},
    {"F\n"
     "甲:number | 乙:number => 额:Any\n"
     "< 10 | - => 1\n"
     ">= 10 | - => 2\n"
     "5 | 5 => 3\n"
     "- | - => 4",
     "- 规则 3 永远用不上：前面的规则 1 已经包括了它 | {\"甲\":5,\"乙\":5}\n"
     "- 规则 4 永远用不上：前面的规则 1、2 已经包括了它 | {\"甲\":5,\"乙\":5}\n",
     "- Rule 3 is never used: rule 1 before it takes all of it | {\"甲\":5,\"乙\":5}\n"
     "- Rule 4 is never used: rules 1 and 2 before it take all of it | {\"甲\":5,\"乙\":5}\n"},
    {"F\n"
     "甲:number => 额:Any\n"
     "> 5 => 1\n"
     "[6..7] => 3\n"
     "- => 4\n"
     "- => 5",
     "- 规则 2 永远用不上：前面的规则 1 已经包括了它 | {\"甲\":6}\n"
     "- 规则 4 永远用不上：前面的规则 3 已经包括了它 | {\"甲\":5}\n",
     "- Rule 2 is never used: rule 1 before it takes all of it | {\"甲\":6}\n"
     "- Rule 4 is never used: rule 3 before it takes all of it | {\"甲\":5}\n"},
    {"P\n"
     "甲:number => 额:Any in \"高\",\"中\",\"低\"\n"
     "- => \"中\"\n"
     "> 5 => \"高\"\n"
     "> 8 => \"低\"\n"
     "> 9 => \"高\"",
     "- 规则 3 永远用不上：结论相同或更优先的规则 1 已经包括了它 | {\"甲\":9}\n"
     "- 规则 4 永远用不上：结论相同或更优先的规则 2 已经包括了它 | {\"甲\":10}\n",
     "- Rule 3 is never used: rule 1, of the same or a better priority, takes all of it | {\"甲\":9}\n"
     "- Rule 4 is never used: rule 2, of the same or a better priority, takes all of it | {\"甲\":10}\n"},
    {"A\n"
     "甲:number => 额:Any\n"
     "< 5 => 1\n"
     "< 3 => 1.0\n"
     "< 2 => 2\n"
     ">= 4 => 甲\n"
     ">= 5 => 甲 + 1",
     "! 规则 1、2、3 结论不同，却同时适用于：“甲”小于 2 | {\"甲\":1}\n"
     "- 规则 1、4 的结论可能不同，却同时适用于：“甲”不小于 4 且小于 5 | {\"甲\":4}\n"
     "- 规则 4、5 的结论可能不同，却同时适用于：“甲”不小于 5 | {\"甲\":5}\n",
     "! Rules 1, 2 and 3 say different things and apply at once when \"甲\" is below 2 | {\"甲\":1}\n"
     "- Rules 1 and 4 may say different things and apply at once when \"甲\" is at least 4 and below 5 | {\"甲\":4}\n"
     "- Rules 4 and 5 may say different things and apply at once when \"甲\" is at least 5 | {\"甲\":5}\n"},
    {"C+\n"
     "甲:number => 额:Any\n"
     "< 5 => 1\n"
     "< 3 => 1",
     "- 没有规则适用于：“甲”不小于 5 | {\"甲\":5}\n",
     "- No rule applies when \"甲\" is at least 5 | {\"甲\":5}\n"},
    {"C\n"
     "甲:number => 额:Any\n"
     "< 5 => 1\n"
     "< 3 => 1",
     "",
     ""},
    {"U\n"
     "甲 => 额:Any\n"
     "5 => 1\n"
     "\"a\" => 1\n"
     "甲 + 1 => 3\n"
     "> @\"2026-01-01\" => 4",
     "- 规则 3 的“甲”不只是常量和区间，没有参与空缺和重叠的检查\n",
     "- Rule 3: \"甲\" is more than constants and ranges, and was left out of gaps and overlaps\n"},
    {"U\n"
     "甲:number => 额:Any\n"
     "> 甲 + 1 => 1\n"
     "< 5 => 1\n"
     "[10..20] => 3",
     "- 规则 1 的“甲”不只是常量和区间，没有参与空缺和重叠的检查\n",
     "- Rule 1: \"甲\" is more than constants and ranges, and was left out of gaps and overlaps\n"},
    {"U\n"
     "甲:string => 额:Any\n"
     "< \"m\" => 1\n"
     "> \"p\" => 3",
     "- 没有规则适用于：“甲”不小于 “m” 且不大于 “p” | {\"甲\":\"m\"}\n",
     "- No rule applies when \"甲\" is at least \"m\" and at most \"p\" | {\"甲\":\"m\"}\n"},
    {"U\n"
     "甲:number => 额:Any\n"
     "- => 1\n"
     "- => 2\n"
     "- => 3",
     "! 规则 1、2、3 同时适用于任何输入\n",
     "! Rules 1, 2 and 3 apply at once to any input\n"},
    {"U\n"
     "甲:string in \"a\",\"b\" => 额:string in \"x\",\"y\"\n"
     "\"c\" => \"x\"\n"
     "not(\"c\") => \"z\"\n"
     "\"a\",\"b\" => 3",
     "! 规则 1 的“甲”：“c” 不在允许的取值之内\n"
     "! 规则 2 的“甲”：“c” 不在允许的取值之内\n"
     "! 规则 2 的“额”：“z” 不在允许的取值之内\n"
     "! 规则 3 的“额”：3 是数字，应为文字\n"
     "! 规则 2、3 同时适用于任何输入 | {\"甲\":\"a\"}\n",
     "! Rule 1, \"甲\": \"c\" is not among the allowed values\n"
     "! Rule 2, \"甲\": \"c\" is not among the allowed values\n"
     "! Rule 2, \"额\": \"z\" is not among the allowed values\n"
     "! Rule 3, \"额\": 3 is a number, text is expected\n"
     "! Rules 2 and 3 apply at once to any input | {\"甲\":\"a\"}\n"},
    {"U\n"
     "甲:number | 乙:number => 额:Any",
     "- 没有规则适用于任何输入\n",
     "- No rule applies to any input\n"},
    {"F\n"
     "时:date and time => 额:Any\n"
     "< @\"2026-01-01T09:00:00\" => 1\n"
     "> @\"2026-01-01T09:00:01Z\" => 3",
     "- “时”中有的时刻带时区、有的不带，分不出先后，规则 1、2 没有参与空缺和重叠的检查\n",
     "- Some times of \"时\" have a zone and some have none, so there is no order among them; rules 1 and 2 left out of gaps and overlaps\n"},
    {"U\n"
     "甲:number => 额:Any\n"
     "1.25 => 1\n"
     "1.5 => 2\n"
     "1.6 => 3\n"
     "> 1.6 => 4",
     "- 没有规则适用于：“甲”小于 1.25 | {\"甲\":1}\n"
     "- 没有规则适用于：“甲”大于 1.25 且小于 1.5 | {\"甲\":1.4}\n"
     "- 没有规则适用于：“甲”大于 1.5 且小于 1.6 | {\"甲\":1.55}\n",
     "- No rule applies when \"甲\" is below 1.25 | {\"甲\":1}\n"
     "- No rule applies when \"甲\" is above 1.25 and below 1.5 | {\"甲\":1.4}\n"
     "- No rule applies when \"甲\" is above 1.5 and below 1.6 | {\"甲\":1.55}\n"},
    {"U\n"
     "甲 => 额:Any\n"
     "null => 1",
     "- 没有规则适用于：“甲”不为空\n",
     "- No rule applies when \"甲\" is not empty\n"},
    {"U\n"
     "甲:number => 额:Any\n"
     "null => 1\n"
     "not(5) => 2",
     "- 没有规则适用于：“甲”为 5 | {\"甲\":5}\n"
     "! 规则 1、2 同时适用于：“甲”为空 | {\"甲\":null}\n",
     "- No rule applies when \"甲\" is 5 | {\"甲\":5}\n"
     "! Rules 1 and 2 apply at once when \"甲\" is empty | {\"甲\":null}\n"},
};

static void
what_is_wrong_is_said_in_a_sentence_with_an_input_that_shows_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct desk d;
        open_desk(&d);
        look(&d, cases[i].table);
        assert_same(cases[i].table, all_said(&d, true, true), cases[i].zh);
        assert_same(cases[i].table, all_said(&d, false, true), cases[i].en);
        close_desk(&d);
    }
}

static void
each_reader_gets_the_names_in_their_script(void **state)
{
    static const char xml[] =
        "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:m' name='m'>"
        "<inputData id='a' name='年龄' label='Age'><variable name='年龄' typeRef='number'/></inputData>"
        "<decision id='d' name='津贴' label='Allowance'><variable name='津贴'/>"
        "<informationRequirement><requiredInput href='#a'/></informationRequirement><decisionTable>"
        "<input><inputExpression typeRef='number'><text>年龄</text></inputExpression></input><output typeRef='number'/>"
        "<rule><inputEntry><text>5</text></inputEntry><outputEntry><text>\"x\"</text></outputEntry></rule>"
        "</decisionTable></decision></definitions>";
    struct desk d;
    struct err err = {.text = ""};

    (void)state;
    open_desk(&d);
    assert_int_equal(dmn_read(d.arena, str_of(xml), NULL, NULL, NULL, &d.model, NULL, &err), RC_OK);
    assert_int_equal(analysis_of(d.arena, d.run, d.model, &d.finding, &d.findings, &err), RC_OK);
    assert_same("", all_said(&d, true, false),
                "! 规则 1 的“津贴”：“x” 是文字，应为数字\n- 没有规则适用于：“年龄”小于 5\n- 没有规则适用于：“年龄”大于 5\n");
    assert_same("", all_said(&d, false, false),
                "! Rule 1, \"Allowance\": \"x\" is text, a number is expected\n- No rule applies when \"Age\" is below 5\n"
                "- No rule applies when \"Age\" is above 5\n");
    close_desk(&d);
}

static void
findings_become_json(void **state)
{
    struct desk d;
    struct buf b;
    struct err err;

    (void)state;
    open_desk(&d);
    look(&d, "U\n年龄:number=>额:Any\n<= 18 => 1\n18 => 2");
    buf_init(&b, d.arena, 1 << 16);
    assert_int_equal(analysis_json(d.arena, d.finding, d.findings, &b, &err), RC_OK);
    assert_same("", (struct str){b.ptr, b.len},
                "[{\"kind\":\"gap\",\"error\":false,\"table\":\"津贴\",\"rules\":[],\"column\":0,\"sample\":{\"年龄\":19},"
                "\"zh\":\"没有规则适用于：“年龄”大于 18\",\"en\":\"No rule applies when \\\"年龄\\\" is above 18\"},"
                "{\"kind\":\"overlap\",\"error\":true,\"table\":\"津贴\",\"rules\":[1,2],\"column\":0,\"sample\":{\"年龄\":18},"
                "\"zh\":\"规则 1、2 同时适用于：“年龄”为 18\",\"en\":\"Rules 1 and 2 apply at once when \\\"年龄\\\" is 18\"}]");
    for (size_t limit = 1; limit < b.len; limit += 7) {
        struct buf small;
        buf_init(&small, d.arena, limit);
        assert_int_equal(analysis_json(d.arena, d.finding, d.findings, &small, &err), RC_LIMIT);
    }
    close_desk(&d);
}

/* --- limits --------------------------------------------------------------------------------------------------------------------- */

/* A table written by machine: so many columns, and so many rules of that pattern, where %d is the number of the rule. */
static void
look_at_many(struct desk *d, const char *policy, size_t columns, const char *type, size_t rules, const char *entry)
{
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, d->arena, 4 << 20);
    buf_put_fmt(&b, "%s\n", policy);
    for (size_t i = 0; i < columns; i++) {
        buf_put_fmt(&b, "%s列%zu:%s", i > 0 ? "|" : "", i, type);
    }
    buf_put(&b, STR("=>额:Any\n"));
    for (size_t i = 0; i < rules; i++) {
        for (size_t k = 0; k < columns; k++) {
            struct str rest = str_of(entry), part;
            buf_put(&b, k > 0 ? STR("|") : STR(""));
            for (bool is_first = true; str_next(&rest, '#', &part); is_first = false) {
                if (!is_first) {
                    buf_put_int(&b, (int64_t)i);
                }
                buf_put(&b, part);
            }
        }
        buf_put(&b, STR("=>1\n"));
    }
    buf_put_char(&b, '\0');
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    look(d, text.ptr);
}

static const struct {
    const char *policy;
    size_t columns;
    const char *type;
    size_t rules;
    const char *entry;
    size_t findings;
    const char *last;
} large[] = {
    {"U", 65, "number", 1, "5", 1, "规则表太大，没有查完"},
    {"U", 1, "number", 12000, "# ", 1, "规则表太大，没有查完"},
    {"U", 1, "number", 40, "# ", 21, "还有更多空缺没有列出"},
    {"U", 1, "number", 60, "[#..# + 1]", 2 + 21, "还有更多重叠没有列出"},
    {"F", 1, "string", 300, "# ", FINDINGS_MAX, "问题太多，其余的没有列出"},
    {"F", 1, "number", 150, "not(#) ", 148, "规则 150 永远用不上：前面的规则 1、2 已经包括了它"},
};

static void
what_is_too_large_is_said_to_be_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
        struct desk d;
        open_desk(&d);
        look_at_many(&d, large[i].policy, large[i].columns, large[i].type, large[i].rules, large[i].entry);
        if (d.findings != large[i].findings || !str_eq(d.finding[d.findings - 1].zh, str_of(large[i].last))) {
            fail_msg("%zu: %zu findings\n%.*s", i, d.findings, STR_ARG(all_said(&d, true, true)));
        }
        close_desk(&d);
    }
}

static void
with_little_memory_it_fails_cleanly(void **state)
{
    struct desk d;
    enum rc rc = RC_LIMIT;
    size_t failed = 0;

    (void)state;
    open_desk(&d);
    look(&d, cases[0].table);
    for (size_t nth = 1; rc == RC_LIMIT; nth++) {
        struct arena *a = arena_new(1 << 20);
        const struct finding *finding = NULL;
        size_t count = 99;
        struct err err;
        arena_fail_at(a, nth);
        rc = analysis_of(a, d.run, d.model, &finding, &count, &err);
        assert_true(rc == RC_LIMIT ? finding == NULL && count == 99 : count == d.findings);
        failed += rc == RC_LIMIT;
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(failed > 3);
    close_desk(&d);
}

/* --- by chance, beside trying every input ------------------------------------------------------------------------------------ */

struct chance {
    uint64_t state;
};

static size_t
below(struct chance *c, size_t most)
{
    c->state = c->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(c->state >> 33) % most;
}

enum { COLUMNS = 3, SORTS = 4, POINTS_MOST = 16, RULES_MOST = 8 };

/* Columns of a trial are some of these, in turn from any on.  The last has no type. */
static const char *const heads[SORTS] = {"甲:number", "乙:string", "丙:boolean", "丁"};

static const char *const entries[SORTS][14] = {
    {"-", "< 2", "[1..3]", "(1..3)", "not(2)", "1, 3", ">= 2", "not([2..3])", "> 3", "2", "null", "not(null)", "!= 2", "(2..2]"},
    {"-", "\"a\"", "\"b\"", "not(\"a\")", "\"a\", \"c\"", "not(\"a\", \"b\")", "\"c\"", "-", "not(\"c\")", "!= \"a\"",
     "\"a\", \"b\"", "-", "not(\"d\")", "\"b\", \"c\""},
    {"-", "true", "false", "true, false", "not(true)", "-", "-", "true", "false", "-", "-", "true", "false", "-"},
    {"-", "5", "\"a\"", "not(5)", "not(\"a\")", "not(5, \"a\")", "> 5", "not(> 5)", "5, \"a\"", "null", "not(null)", "<= 5", "-",
     "not(null, 5)"},
};
/* Every piece of any cut that the entries make has a point here.  Of a kind that no entry of the column names there is none. */
static const char *const points[SORTS][POINTS_MOST] = {
    {"0", "1", "1.5", "2", "2.5", "3", "4", "null"},
    {"\"a\"", "\"b\"", "\"c\"", "\"d\"", "\"e\""},
    {"true", "false"},
    {"4", "5", "6", "\"a\"", "\"b\"", "null"},
};

struct trial {
    struct desk d;
    size_t columns;
    struct value point[COLUMNS][POINTS_MOST];
    size_t points[COLUMNS];
    size_t output[RULES_MOST];
    char policy;
    size_t sort[COLUMNS]; /* of each column */
    bool names_null[COLUMNS], names_number[COLUMNS], names_text[COLUMNS];
};

/* Whether a value of that kind is an input of the column: one that has a type is never without its values. */
static bool
is_input(const struct trial *t, size_t column, enum value_kind kind)
{
    bool is_typed = t->sort[column] + 1 < SORTS;

    return kind == VALUE_NULL     ? t->names_null[column]
           : kind == VALUE_NUMBER ? is_typed || t->names_number[column] || !t->names_text[column]
           : kind == VALUE_STRING ? is_typed || t->names_text[column]
                                  : true;
}

static void
make_trial(struct trial *t, struct chance *c)
{
    struct buf b;
    struct str text;
    struct err err;
    size_t rules = 1 + below(c, 7);

    t->columns = 1 + below(c, COLUMNS);
    open_desk(&t->d);
    buf_init(&b, t->d.arena, 1 << 16);
    buf_put_fmt(&b, "%c\n", t->policy);
    for (size_t k = 0, from = below(c, SORTS); k < t->columns; k++) {
        t->sort[k] = (from + k) % SORTS;
        buf_put_fmt(&b, "%s%s", k > 0 ? "|" : "", heads[t->sort[k]]);
    }
    buf_put(&b, STR("=>额:number in 0, 1\n"));
    for (size_t i = 0; i < rules; i++) {
        for (size_t k = 0; k < t->columns; k++) {
            const char *entry = entries[t->sort[k]][below(c, 14)];
            t->names_null[k] |= strstr(entry, "null") != NULL;
            t->names_number[k] |= strpbrk(entry, "0123456789") != NULL;
            t->names_text[k] |= strchr(entry, '"') != NULL;
            buf_put_fmt(&b, "%s%s", k > 0 ? " | " : "", entry);
        }
        t->output[i] = below(c, 2);
        buf_put_fmt(&b, " => %zu\n", t->output[i]);
    }
    buf_put_char(&b, '\0');
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    look(&t->d, text.ptr);
    for (size_t k = 0; k < t->columns; k++) {
        const char *const *text_of = points[t->sort[k]];
        for (size_t i = 0; i < POINTS_MOST && text_of[i] != NULL; i++) {
            const struct program *p = NULL;
            struct value v;
            assert_int_equal(program_read(t->d.arena, str_of(text_of[i]), NULL, NULL, NULL, &p, NULL, &err), RC_OK);
            assert_int_equal(program_run(t->d.run, p, NULL, &v, &err), RC_OK);
            if (is_input(t, k, v.kind)) {
                t->point[k][t->points[k]++] = v;
            }
        }
    }
}

static bool
matches(struct trial *t, size_t rule, const struct value *input)
{
    bool all = true;

    for (size_t k = 0; all && k < t->columns; k++) {
        struct err err;
        const struct program *p = t->d.table->rule[rule].input[k].program;
        assert_int_equal(program_test(t->d.run, p, NULL, input[k], &all, &err), RC_OK);
    }
    return all;
}

/* The input of that number; false: there are no more. */
static bool
input_of(const struct trial *t, size_t number, struct value *input)
{
    for (size_t k = 0; k < t->columns; k++) {
        input[k] = t->point[k][number % t->points[k]];
        number /= t->points[k];
    }
    return number == 0;
}

/* What the sample says, and null for columns that it leaves out. */
static void
sample_of(const struct trial *t, const struct finding *f, struct value *input)
{
    for (size_t k = 0; k < t->columns; k++) {
        const struct value *v = context_find(&f->sample, t->d.table->input[k].label);
        input[k] = v != NULL ? *v : t->point[k][0];
    }
}

static bool
names(const struct finding *f, size_t rule)
{
    for (size_t i = 0; i < f->rules; i++) {
        if (f->rule[i] == rule + 1) {
            return true;
        }
    }
    return false;
}

static size_t
count_of(const struct trial *t, enum finding_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < t->d.findings; i++) {
        count += t->d.finding[i].kind == kind;
    }
    return count;
}

static bool
is_said_to_overlap(const struct trial *t, size_t a, size_t b)
{
    for (size_t i = 0; i < t->d.findings; i++) {
        if (t->d.finding[i].kind == FINDING_OVERLAP && names(&t->d.finding[i], a) && names(&t->d.finding[i], b)) {
            return true;
        }
    }
    return false;
}

static bool
is_said_to_be_unreachable(const struct trial *t, size_t rule)
{
    for (size_t i = 0; i < t->d.findings; i++) {
        if (t->d.finding[i].kind == FINDING_UNREACHABLE && t->d.finding[i].rule[0] == rule + 1) {
            return true;
        }
    }
    return false;
}

static void
check_samples(struct trial *t)
{
    struct value input[COLUMNS];

    for (size_t i = 0; i < t->d.findings; i++) {
        const struct finding *f = &t->d.finding[i];
        sample_of(t, f, input);
        for (size_t rule = 0; rule < t->d.table->rules; rule++) {
            if (f->kind == FINDING_GAP) {
                assert_false(matches(t, rule, input));
            } else if (f->kind == FINDING_OVERLAP && names(f, rule)) {
                assert_true(matches(t, rule, input));
            }
        }
    }
}

struct tried { /* what trying every input shows */
    bool has_gap;
    bool overlap[RULES_MOST][RULES_MOST];
    bool is_used[RULES_MOST]; /* for some input it matches and counts */
};

/* Whether the first of two rules that match goes before the other and hides it. */
static bool
hides(const struct trial *t, size_t a, size_t b)
{
    return t->policy == 'F' ? a < b : t->policy == 'P' && (t->output[a] < t->output[b] || (t->output[a] == t->output[b] && a < b));
}

static bool
may_not_overlap(const struct trial *t, size_t a, size_t b)
{
    return t->policy == 'U' || (t->policy == 'A' && t->output[a] != t->output[b]);
}

static void
try_all(struct trial *t, struct tried *out)
{
    struct value input[COLUMNS];

    memset(out, 0, sizeof(*out));
    for (size_t number = 0; input_of(t, number, input); number++) {
        bool here[RULES_MOST], any = false;
        for (size_t rule = 0; rule < t->d.table->rules; rule++) {
            here[rule] = matches(t, rule, input);
            any |= here[rule];
        }
        out->has_gap |= !any;
        for (size_t a = 0; a < t->d.table->rules; a++) {
            bool is_used = here[a];
            for (size_t b = 0; b < t->d.table->rules; b++) {
                is_used = is_used && (b == a || !here[b] || !hides(t, b, a));
                out->overlap[a][b] |= here[a] && here[b] && may_not_overlap(t, a, b);
            }
            out->is_used[a] |= is_used;
        }
    }
}

static void
what_is_found_is_what_trying_every_input_shows(void **state)
{
    struct chance c = {1128};
    size_t gaps = 0, overlaps = 0, unreachable = 0;

    (void)state;
    for (int i = 0; i < TRIALS; i++) {
        struct trial t = {.policy = "UFAP"[i % 4]};
        struct tried tried;
        make_trial(&t, &c);
        try_all(&t, &tried);
        assert_int_equal(count_of(&t, FINDING_CUT), 0);
        assert_true(tried.has_gap == (count_of(&t, FINDING_GAP) > 0));
        for (size_t a = 0; a < t.d.table->rules; a++) {
            assert_true(is_said_to_be_unreachable(&t, a) != tried.is_used[a]);
            for (size_t b = 0; b < a; b++) {
                /* Of several that share a point two may be named together that say the same. */
                assert_true(tried.overlap[a][b] ? is_said_to_overlap(&t, a, b) : t.policy == 'A' || !is_said_to_overlap(&t, a, b));
            }
        }
        check_samples(&t);
        gaps += tried.has_gap;
        overlaps += count_of(&t, FINDING_OVERLAP);
        unreachable += count_of(&t, FINDING_UNREACHABLE);
        close_desk(&t.d);
    }
    assert_true(gaps > 50 && gaps < TRIALS - 50 && overlaps > 100 && unreachable > 100);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said_in_a_sentence_with_an_input_that_shows_it),
        cmocka_unit_test(each_reader_gets_the_names_in_their_script),
        cmocka_unit_test(findings_become_json),
        cmocka_unit_test(what_is_too_large_is_said_to_be_cut),
        cmocka_unit_test(with_little_memory_it_fails_cleanly),
        cmocka_unit_test(what_is_found_is_what_trying_every_input_shows),
    };
    if (argc > 1) {
        struct desk d;
        open_desk(&d);
        look(&d, argv[1]);
        printf("%.*s%.*s", STR_ARG(all_said(&d, true, true)), STR_ARG(all_said(&d, false, true)));
        close_desk(&d);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
