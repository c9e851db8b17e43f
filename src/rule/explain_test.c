#include <stdio.h>
#include <string.h>

#include "rule/explain.h"
#include "rule/plain_int.h"
#include "rule/test_table.h"

enum { ARENA_BYTES = 1 << 24 };

/* Where the inputs of these tests come from. */
static const struct explain_source sources[] = {
    {STR_INIT("年龄"), STR_INIT("人口库"), STR_INIT("the population register"), false},
    {STR_INIT("户籍"), STR_INIT("您填写的表单"), STR_INIT("what you wrote in the form"), false},
    {STR_INIT("生日"), STR_INIT("身份证"), STR_INIT("the identity card"), false},
    {STR_INIT("病史"), STR_INIT("医院"), STR_INIT("the hospital"), true},
    {STR_INIT("收入"), STR_INIT(""), STR_INIT(""), true},
};
enum { SOURCES = sizeof(sources) / sizeof(sources[0]) };

struct desk {
    struct arena *arena;
    struct zones *zones;
    struct run *run;
    const struct dmn *model;
    struct dmn_trace trace;
};

static void
open_desk(struct desk *d)
{
    struct run_limits limits = RUN_LIMITS_USUAL;

    limits.stack_bytes = 1 << 20;
    d->arena = arena_new(ARENA_BYTES);
    d->zones = zones_new(ZONE_FOLDER);
    d->run = run_new(&limits, d->zones);
    run_begin(d->run, INT64_C(1795824000000000), 8 * 3600); /* 2026-11-28 */
}

static void
close_desk(struct desk *d)
{
    run_free(d->run);
    zones_free(d->zones);
    arena_free(d->arena);
}

static void
decide(struct desk *d, const char *decision, const char *inputs)
{
    const struct context *context;
    struct json *j;
    struct value v;
    struct err err = {.text = ""};

    if (json_parse(d->arena, str_of(inputs), JSON_UNIQUE, &j, &err) != RC_OK ||
        dmn_inputs_of_json(d->run, d->model, j, &context, &err) != RC_OK ||
        dmn_decide(d->run, d->model, str_of(decision), context, &d->trace, &v, &err) != RC_OK) {
        fail_msg("%s: %s", inputs, err.text);
    }
}

static struct explanation
explained(struct desk *d, const struct explain_source *source, size_t count)
{
    struct explanation e = {.zh = {"", 0}};
    struct err err = {.text = ""};

    if (explain(d->arena, d->model, &d->trace, source, count, &e, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    return e;
}

static void
assert_same(const char *what, struct str is, const char *wanted)
{
    if (!str_eq(is, str_of(wanted))) {
        fail_msg("%s\nis:\n%.*s\nwanted:\n%s", what, STR_ARG(is), wanted);
    }
}

static const struct {
    const char *table, *inputs, *zh, *en;
} cases[] = {
    {"U\n"
     "年龄:number | 户籍:string => 高龄津贴:number\n"
     "[60..80) | \"云城\" => 50\n"
     ">= 80 | not(\"云城\") => 0\n"
     ">= 80 | \"云城\" => 100",
     "{\"年龄\":82,\"户籍\":\"云城\"}",
     "因为“年龄”是 82（来自人口库），“户籍”是“云城”（来自您填写的表单），第 3 条规则适用，所以“津贴”为 100。",
     "Because \"年龄\" is 82 (from the population register) and \"户籍\" is \"云城\" (from what you wrote in the form), rule 3 applies, so \"津贴\" is 100."},
    {"U\n"
     "年龄:number | 低保:boolean | 期满:date => 结果:string | 依据 | 说明 | Note\n"
     ">= 60 | true | < @\"2027-01-01\" => \"给予\" | 《高龄津贴办法》第三条。 | 去世次月起停发 | Stopped after the month of death",
     "{\"年龄\":61,\"低保\":true,\"期满\":\"2026-11-28\"}",
     "因为“年龄”是 61（来自人口库），“低保”为“是”，“期满”是 2026年11月28日，第 1 条规则适用，所以“津贴”为“给予”。依据：《高龄津贴办法》第三条。说明：去世次月起停发。",
     "Because \"年龄\" is 61 (from the population register), \"低保\" is yes and \"期满\" is 28 November 2026, rule 1 applies, so \"津贴\" is \"给予\". Basis: 《高龄津贴办法》第三条. Note: Stopped after the month of death."},
    {"U\n"
     "年龄:number => 结果:number\n"
     ">= 60 => 1",
     "{\"年龄\":5}",
     "因为“年龄”是 5（来自人口库），没有规则适用，所以“津贴”没有结果。",
     "Because \"年龄\" is 5 (from the population register), no rule applies, so \"津贴\" has no result."},
    {"U\n"
     "年龄:number => 结果:number default 0\n"
     ">= 60 => 1",
     "{}",
     "因为“年龄”为空（来自人口库），没有规则适用，取默认值，所以“津贴”为 0。",
     "Because \"年龄\" is empty (from the population register), no rule applies and the default is taken, so \"津贴\" is 0."},
    {"U\n"
     "年龄:number => 结果:number | \n"
     ">= 60 => 1 | 第一条\n"
     ">= 70 => 2 | 第二条",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，而只应有一条适用，所以“津贴”没有结果。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply at once where only one may, so \"津贴\" has no result."},
    {"F\n"
     "年龄:number => 结果:number | Basis\n"
     ">= 60 => 1 | Article 1.\n"
     ">= 70 => 2 | Article 2",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，取排在最前的一条，所以“津贴”为 1。依据：Article 1。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply and the first of them counts, so \"津贴\" is 1. Basis: Article 1."},
    {"P\n"
     "年龄:number => 结果:string in \"高\",\"低\" | 依据\n"
     ">= 60 => \"低\" | 第一条\n"
     ">= 70 => \"高\" | 第二条",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，取最优先的结论，所以“津贴”为“高”。依据：第二条。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply and what has the highest priority counts, so \"津贴\" is \"高\". Basis: 第二条."},
    {"P\n"
     "年龄:number => 等级:string in \"高\",\"低\" | 元:number | 依据\n"
     ">= 60 => \"低\" | 5 | 第一条\n"
     ">= 70 => \"高\" | 6 | 第二条",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，取最优先的结论，所以“津贴”为：“等级”为“高”，“元”为 6。依据：第二条。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply and what has the highest priority counts, so \"津贴\" is: \"等级\" is \"高\", \"元\" is 6. Basis: 第二条."},
    {"A\n"
     "年龄:number => 结果:number\n"
     ">= 60 => 1\n"
     ">= 70 => 1",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，结论一致，所以“津贴”为 1。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply and agree, so \"津贴\" is 1."},
    {"A\n"
     "年龄:number => 结果:number\n"
     ">= 60 => 1\n"
     ">= 70 => 2",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，而结论不一，所以“津贴”没有结果。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply and do not agree, so \"津贴\" has no result."},
    {"C+\n"
     "年龄:number => 结果:number | 依据\n"
     ">= 60 => 1 | 同一条\n"
     ">= 70 => 2 | 同一条\n"
     ">= 72 => 2 | 另一条",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2、3 条规则适用，相加，所以“津贴”为 5。依据：同一条；另一条。",
     "Because \"年龄\" is 75 (from the population register), rules 1, 2 and 3 apply and are added up, so \"津贴\" is 5. Basis: 同一条; 另一条."},
    {"C#\n"
     "年龄:number => 结果:number\n"
     ">= 60 => 1\n"
     ">= 70 => 2",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，计其条数，所以“津贴”为 2。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply and are counted, so \"津贴\" is 2."},
    {"C<\n"
     "年龄:number => 结果:number\n"
     ">= 60 => 1\n"
     ">= 70 => 2",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，取最小的，所以“津贴”为 1。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply and the smallest counts, so \"津贴\" is 1."},
    {"C>\n"
     "年龄:number => 结果:number\n"
     ">= 60 => 1\n"
     ">= 70 => 2",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，取最大的，所以“津贴”为 2。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply and the largest counts, so \"津贴\" is 2."},
    {"C\n"
     "年龄:number => 材料:string\n"
     ">= 60 => \"身份证\"\n"
     ">= 70 => \"照片\"",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2 条规则适用，所以“津贴”为“身份证”、“照片”。",
     "Because \"年龄\" is 75 (from the population register), rules 1 and 2 apply, so \"津贴\" is \"身份证\", \"照片\"."},
    {"R\n"
     "年龄:number => 材料:string\n"
     ">= 60 => \"身份证\"\n"
     ">= 70 => \"照片\"",
     "{\"年龄\":5}",
     "因为“年龄”是 5（来自人口库），没有规则适用，所以“津贴”为空。",
     "Because \"年龄\" is 5 (from the population register), no rule applies, so \"津贴\" is empty."},
    {"U\n"
     "几岁=years and months duration(生日, @\"2026-11-28\").years:number => 期限:years and months duration\n"
     ">= 60 => @\"P1Y3M\"",
     "{\"生日\":\"1944-01-02\"}",
     "因为“几岁”是 82（来自身份证），第 1 条规则适用，所以“津贴”为 1年3个月。",
     "Because \"几岁\" is 82 (from the identity card), rule 1 applies, so \"津贴\" is 1 year 3 months."},
    {"U\n"
     "病史:string | 收入:number => 结果:boolean\n"
     "\"重病\" | < 1000 => true",
     "{\"病史\":\"重病\",\"收入\":900}",
     "因为“病史”已核对（来自医院），“收入”已核对，第 1 条规则适用，所以“津贴”为“是”。",
     "Because \"病史\" has been checked (from the hospital) and \"收入\" has been checked, rule 1 applies, so \"津贴\" is yes."},
    {"C\n"
     "年龄:number => 材料:number\n"
     ">= 1 => 1\n"
     ">= 2 => 1\n"
     ">= 3 => 1\n"
     ">= 4 => 1\n"
     ">= 5 => 1\n"
     ">= 6 => 1\n"
     ">= 7 => 1\n"
     ">= 8 => 1\n"
     ">= 9 => 1\n"
     ">= 10 => 1\n"
     ">= 11 => 1\n"
     ">= 12 => 1\n"
     ">= 13 => 1\n"
     ">= 14 => 1",
     "{\"年龄\":75}",
     "因为“年龄”是 75（来自人口库），第 1、2、3、4、5、6、7、8、9、10 等 14 条规则适用，所以“津贴”为 1、1、1、1、1、1、1、1、1、1、1、1 等 14 项。",
     "Because \"年龄\" is 75 (from the population register), rules 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 4 more apply, so \"津贴\" is 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 and so on, 14 in all."},
};

static void
a_decision_is_said_with_its_inputs_their_sources_and_its_basis(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct desk d;
        open_desk(&d);
        d.model = table_model(d.arena, d.zones, cases[i].table);
        decide(&d, "津贴", cases[i].inputs);
        struct explanation e = explained(&d, sources, SOURCES);
        assert_same(cases[i].table, e.zh, cases[i].zh);
        assert_same(cases[i].table, e.en, cases[i].en);
        close_desk(&d);
    }
}

/* --- several steps ------------------------------------------------------------------------------------------------------- */

static const char two_steps[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:m' name='高龄津贴'>"
    "<inputData id='b' name='生日'><variable name='生日' typeRef='date'/></inputData>"
    "<decision id='age' name='周岁' label='周岁（满）'><variable name='周岁' typeRef='number'/>"
    "<informationRequirement><requiredInput href='#b'/></informationRequirement>"
    "<literalExpression><text>years and months duration(生日, date(now())).years</text></literalExpression></decision>"
    "<decision id='d' name='津贴'><variable name='津贴' typeRef='number'/>"
    "<informationRequirement><requiredDecision href='#age'/></informationRequirement>"
    "<decisionTable><input><inputExpression typeRef='number'><text>周岁</text></inputExpression></input><output typeRef='number'/>"
    "<annotation name='依据'/><rule id='r-1'><inputEntry><text>>= 80</text></inputEntry><outputEntry><text>100</text></outputEntry>"
    "<annotationEntry><text>第三条</text></annotationEntry></rule></decisionTable></decision></definitions>";

static void
decide_in_two_steps(struct desk *d)
{
    struct err err = {.text = ""};

    open_desk(d);
    if (dmn_read(d->arena, str_of(two_steps), NULL, NULL, d->zones, &d->model, NULL, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    decide(d, "津贴", "{\"生日\":\"1944-01-02\"}");
}

static void
each_step_is_a_sentence_and_the_last_decision_stands_last(void **state)
{
    struct desk d;

    (void)state;
    decide_in_two_steps(&d);
    struct explanation e = explained(&d, NULL, 0);
    assert_same("", e.zh, "“周岁（满）”计算得 82。因为“周岁（满）”是 82，第 1 条规则适用，所以“津贴”为 100。依据：第三条。");
    assert_same("", e.en,
                "\"周岁（满）\" is calculated as 82. Because \"周岁（满）\" is 82, rule 1 applies, so \"津贴\" is 100. Basis: 第三条.");
    close_desk(&d);
}

static struct str
as_json(struct desk *d, const struct explain_source *source, size_t count)
{
    struct buf b;
    struct str text;
    struct err err = {.text = ""};

    buf_init(&b, d->arena, 1 << 16);
    if (explain_json(d->arena, d->model, &d->trace, source, count, &b, &err) != RC_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

static const char two_scripts[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:m' name='m'>"
    "<inputData id='a' name='年龄' label='Age'><variable name='年龄' typeRef='number'/></inputData>"
    "<inputData id='b' name='Income' label='收入'><variable name='Income' typeRef='number'/></inputData>"
    "<decision id='d' name='津贴' label='Allowance'><variable name='津贴'/>"
    "<informationRequirement><requiredInput href='#a'/></informationRequirement>"
    "<informationRequirement><requiredInput href='#b'/></informationRequirement>"
    "<decisionTable><input><inputExpression typeRef='number'><text>年龄</text></inputExpression></input>"
    "<input><inputExpression typeRef='number'><text> Income </text></inputExpression></input>"
    "<input label='倍数'><inputExpression typeRef='number'><text>Income * 2</text></inputExpression></input>"
    "<output name='标准' label='元 Yuan' typeRef='number'/><output name='理由' typeRef='string'/><output name='Reason' typeRef='string'/>"
    "<rule><inputEntry><text>-</text></inputEntry><inputEntry><text>-</text></inputEntry><inputEntry><text>-</text></inputEntry>"
    "<outputEntry><text>100</text></outputEntry><outputEntry><text>\"年满\"</text></outputEntry>"
    "<outputEntry><text>\"Old enough\"</text></outputEntry></rule></decisionTable></decision></definitions>";

static void
of_names_and_texts_in_two_scripts_each_reader_gets_theirs(void **state)
{
    struct desk d;
    struct err err = {.text = ""};

    (void)state;
    open_desk(&d);
    assert_int_equal(dmn_read(d.arena, str_of(two_scripts), NULL, NULL, d.zones, &d.model, NULL, &err), RC_OK);
    decide(&d, "津贴", "{\"年龄\":82,\"Income\":5}");
    struct explanation e = explained(&d, NULL, 0);
    assert_same("", e.zh,
                "因为“年龄”是 82，“收入”是 5，“倍数”是 10，第 1 条规则适用，所以“津贴”为：“标准”为 100，“理由”为“年满”。");
    assert_same("", e.en,
                "Because \"Age\" is 82, \"Income\" is 5 and \"倍数\" is 10, rule 1 applies, so \"Allowance\" is: \"元 Yuan\" is 100, "
                "\"Reason\" is \"Old enough\".");
    close_desk(&d);
}

static void
what_is_hidden_is_said_to_be_checked_and_its_value_is_nowhere(void **state)
{
    static const struct explain_source hiding[] = {{STR_INIT("周岁"), STR_INIT("人口库"), STR_INIT("the register"), true},
                                                   {STR_INIT("津贴"), STR_INIT(""), STR_INIT(""), true}};
    struct desk d;

    (void)state;
    decide_in_two_steps(&d);
    struct explanation e = explained(&d, hiding, 2);
    assert_same("", e.zh, "“周岁（满）”已得出。因为“周岁（满）”已核对（来自人口库），第 1 条规则适用，所以“津贴”已得出。依据：第三条。");
    assert_same("", e.en,
                "\"周岁（满）\" has been worked out. Because \"周岁（满）\" has been checked (from the register), rule 1 applies, so "
                "\"津贴\" has been worked out. Basis: 第三条.");
    struct str json = as_json(&d, hiding, 2);
    assert_false(str_has(json, STR("82")) || str_has(json, STR("100")));
    close_desk(&d);
}

static void
an_explanation_becomes_json_that_an_act_can_keep(void **state)
{
    static const struct explain_source known[] = {{STR_INIT("周岁"), STR_INIT("人口库"), STR_INIT("the register"), false}};
    static const struct explain_source hiding[] = {{STR_INIT("周岁"), STR_INIT("人口库"), STR_INIT("the register"), true}};
    static const char rules[] = "\"rules\":[{\"rule\":1,\"id\":\"r-1\",\"annotation\":[{\"name\":\"依据\",\"text\":\"第三条\"}]}]";
    struct desk d;
    struct str words;

    (void)state;
    decide_in_two_steps(&d);
    struct str json = as_json(&d, known, 1);
    size_t at = str_find(json, STR(",\"zh\":\"“"));
    words = str_from(json, at);
    assert_same("", str_sub(json, 0, at),
                str_c(d.arena, str_fmt(d.arena,
                                       "{\"model\":\"高龄津贴\",\"namespace\":\"urn:m\",\"steps\":[{\"decision\":\"周岁\",\"result\":82},"
                                       "{\"decision\":\"津贴\",\"table\":\"津贴\",\"inputs\":[{\"name\":\"周岁\",\"value\":82,"
                                       "\"source\":{\"zh\":\"人口库\",\"en\":\"the register\"}}],%s,\"result\":100}]",
                                       rules)));
    assert_true(str_starts(words, STR(",\"zh\":\"“周岁（满）”计算得 82。")) && str_has(words, STR("\"en\":\"\\\"周岁（满）\\\" is")));
    json = as_json(&d, hiding, 1);
    assert_true(str_has(json, STR("{\"decision\":\"周岁\",\"hidden\":true}")));
    assert_true(str_has(json, STR("{\"name\":\"周岁\",\"hidden\":true,\"source\":{\"zh\":\"人口库\"")));
    close_desk(&d);
}

static void
of_a_long_explanation_the_first_steps_are_left_out(void **state)
{
    enum { STEPS = 2000 };
    struct desk d;
    struct dmn_step *step;

    (void)state;
    decide_in_two_steps(&d);
    step = arena_alloc(d.arena, STEPS, sizeof(*step));
    assert_non_null(step);
    for (size_t i = 0; i < STEPS; i++) {
        step[i] = d.trace.step[i == STEPS - 1];
    }
    d.trace = (struct dmn_trace){STEPS, STEPS, step};
    struct explanation e = explained(&d, NULL, 0);
    assert_true(str_starts(e.zh, STR("（前面 1")) && str_ends(e.zh, STR("所以“津贴”为 100。依据：第三条。")));
    assert_true(str_starts(e.en, STR("(The first 1")) && str_ends(e.en, STR("so \"津贴\" is 100. Basis: 第三条.")));
    assert_true(e.zh.len <= EXPLANATION_BYTES_MAX && e.zh.len > EXPLANATION_BYTES_MAX - 200);
    assert_true(e.en.len <= EXPLANATION_BYTES_MAX && e.en.len > EXPLANATION_BYTES_MAX - 200);
    close_desk(&d);
}

/* A hundred inputs, each with a long name and a list of lists of long texts. */
static void
the_longest_sentence_is_cut_and_does_not_fail(void **state)
{
    enum { INPUTS = 100, ITEMS = 20, BYTES = 3000 };
    static char text[BYTES + 1];
    struct desk d;
    struct value item[ITEMS], inner[ITEMS], input[INPUTS];
    struct list list = {ITEMS, inner}, outer = {ITEMS, item};
    struct dmn_input column[INPUTS] = {{.label = {text, BYTES}}};
    struct dmn_table table = {.inputs = INPUTS, .input = column};
    struct dmn_step step = {.name = {text, BYTES}, .table = &table, .input = input};

    (void)state;
    open_desk(&d);
    memset(text, 'm', BYTES);
    for (size_t i = 0; i < INPUTS; i++) {
        column[i].label = (struct str){text, BYTES};
        input[i] = (struct value){.kind = VALUE_LIST, .as.list = &outer};
    }
    for (size_t i = 0; i < ITEMS; i++) {
        item[i] = (struct value){.kind = VALUE_LIST, .as.list = &list};
        inner[i] = value_of_str((struct str){text, BYTES});
    }
    d.model = table_model(d.arena, d.zones, cases[0].table);
    d.trace = (struct dmn_trace){1, 1, &step};
    struct explanation e = explained(&d, NULL, 0);
    assert_true(str_starts(e.zh, STR("因为“mm")) && str_ends(e.zh, STR("…")));
    assert_true(e.zh.len <= EXPLANATION_BYTES_MAX && e.zh.len > EXPLANATION_BYTES_MAX / 2);
    close_desk(&d);
}

static void
with_little_memory_it_fails_cleanly(void **state)
{
    struct desk d;
    enum rc rc = RC_LIMIT;
    size_t failed = 0;

    (void)state;
    decide_in_two_steps(&d);
    for (size_t nth = 1; rc == RC_LIMIT; nth++) {
        struct arena *a = arena_new(1 << 20);
        struct explanation e = {.zh = {"unchanged", 9}};
        struct buf b;
        struct err err;
        arena_fail_at(a, nth);
        rc = explain(a, d.model, &d.trace, sources, SOURCES, &e, &err);
        assert_true((rc == RC_OK) == !str_eq(e.zh, STR("unchanged")));
        if (rc == RC_OK) {
            arena_fail_at(a, 0);
            buf_init(&b, a, 100);
            assert_int_equal(explain_json(a, d.model, &d.trace, sources, SOURCES, &b, &err), RC_LIMIT);
        }
        failed += rc == RC_LIMIT;
        arena_free(a);
    }
    assert_int_equal(rc, RC_OK);
    assert_true(failed > 3);
    close_desk(&d);
}

/* --- values in plain words ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *feel, *zh, *en;
} values[] = {
    {"1.50", " 1.5", " 1.5"},
    {"null", " 空值", " empty"},
    {"false", "“否”", " no"},
    {"\"甲\"", "“甲”", " \"甲\""},
    {"@\"2026-11-28\"", " 2026年11月28日", " 28 November 2026"},
    {"@\"09:05:00\"", " 09:05", " 09:05"},
    {"@\"09:05:07\"", " 09:05:07", " 09:05:07"},
    {"@\"2026-01-02T00:00:00+08:00\"", " 2026年1月2日 00:00（UTC+08:00）", " 2 January 2026, 00:00 (UTC+08:00)"},
    {"@\"2026-01-02T00:00:00-03:30\"", " 2026年1月2日 00:00（UTC-03:30）", " 2 January 2026, 00:00 (UTC-03:30)"},
    {"@\"2026-01-02T00:00:00Z\"", " 2026年1月2日 00:00（UTC）", " 2 January 2026, 00:00 (UTC)"},
    {"@\"2026-01-02T00:00:00@Asia/Shanghai\"", " 2026年1月2日 00:00（Asia/Shanghai）", " 2 January 2026, 00:00 (Asia/Shanghai)"},
    {"@\"P3M\"", " 3个月", " 3 months"},
    {"@\"P1Y\"", " 1年", " 1 year"},
    {"@\"P2Y1M\"", " 2年1个月", " 2 years 1 month"},
    {"@\"-P1Y\"", " 负1年", " minus 1 year"},
    {"@\"P0M\"", " 0个月", " 0 months"},
    {"@\"P1D\"", " 1天", " 1 day"},
    {"@\"P0D\"", " 0天", " 0 days"},
    {"@\"P2DT3H\"", " 2天3小时", " 2 days 3 hours"},
    {"@\"PT3H5S\"", " 3小时5秒", " 3 hours 5 seconds"},
    {"@\"-PT90M\"", " 负1小时30分钟", " minus 1 hour 30 minutes"},
    {"@\"PT0.5S\"", " PT0.5S", " PT0.5S"},
    {"[1, 2]", " 1、2", " 1, 2"},
    {"[\"a\", [1, 2]]", "“a”、（1、2）", " \"a\", (1, 2)"},
    {"[]", " 空列表", " an empty list"},
    {"{年: 1, 是: true, 内: {甲: \"乙\"}}", "“年”为 1，“是”为“是”，“内”为（“甲”为“乙”）", " \"年\" is 1, \"是\" is yes, \"内\" is (\"甲\" is \"乙\")"},
    {"{}", "没有内容", " nothing"},
    {"[1..5)", " 不小于 1 且小于 5", " at least 1 and below 5"},
    {"(> 2)", " 大于 2", " above 2"},
    {"(<= 2)", " 不大于 2", " at most 2"},
    {"function(x) x", " 一个函数", " a function"},
    {"[[[[[1]]]]]", " （（（…）））", " (((…)))"},
};

static void
values_are_said_in_plain_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct desk d;
        const struct program *p = NULL;
        struct value v = value_null();
        struct err err = {.text = ""};
        open_desk(&d);
        if (program_read(d.arena, str_of(values[i].feel), NULL, NULL, d.zones, &p, NULL, &err) != RC_OK ||
            program_run(d.run, p, NULL, &v, &err) != RC_OK) {
            fail_msg("%s: %s", values[i].feel, err.text);
        }
        for (int is_chinese = 0; is_chinese < 2; is_chinese++) {
            struct buf b;
            buf_init(&b, d.arena, 1 << 16);
            plain_put_after(&b, v, is_chinese == 1);
            assert_same(values[i].feel, (struct str){b.ptr, b.len}, is_chinese == 1 ? values[i].zh : values[i].en);
        }
        close_desk(&d);
    }
}

static void
what_is_long_is_cut_at_a_whole_character(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct buf b;

    (void)state;
    for (size_t most = 0; most <= 6; most++) {
        buf_init(&b, a, 100);
        plain_put_text(&b, STR("年龄"), most);
        assert_same("", (struct str){b.ptr, b.len}, most < 3 ? "…" : most < 6 ? "年…" : "年龄");
    }
    arena_free(a);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_is_said_with_its_inputs_their_sources_and_its_basis),
        cmocka_unit_test(each_step_is_a_sentence_and_the_last_decision_stands_last),
        cmocka_unit_test(of_names_and_texts_in_two_scripts_each_reader_gets_theirs),
        cmocka_unit_test(what_is_hidden_is_said_to_be_checked_and_its_value_is_nowhere),
        cmocka_unit_test(an_explanation_becomes_json_that_an_act_can_keep),
        cmocka_unit_test(of_a_long_explanation_the_first_steps_are_left_out),
        cmocka_unit_test(the_longest_sentence_is_cut_and_does_not_fail),
        cmocka_unit_test(with_little_memory_it_fails_cleanly),
        cmocka_unit_test(values_are_said_in_plain_words),
        cmocka_unit_test(what_is_long_is_cut_at_a_whole_character),
    };
    if (argc > 2) {
        struct desk d;
        open_desk(&d);
        d.model = table_model(d.arena, d.zones, argv[1]);
        decide(&d, "津贴", argv[2]);
        struct explanation e = explained(&d, sources, SOURCES);
        printf("%.*s\n%.*s\n", STR_ARG(e.zh), STR_ARG(e.en));
        close_desk(&d);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
