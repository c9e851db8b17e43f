/* What cannot be a model says so, with its place, in two languages; and what older versions of DMN wrote is read, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rule/dmn_int.h"

#define XMLNS "https://www.omg.org/spec/DMN/20230324/MODEL/"
#define OPEN "<definitions xmlns='" XMLNS "' namespace='urn:m' name='m'>\n"
#define CLOSE "</definitions>"
#define LITERAL(text) "<literalExpression><text>" text "</text></literalExpression>"
#define DECISION(name, inside) "<decision id='" name "' name='" name "'>" inside "</decision>\n"
#define NEEDS(name) "<informationRequirement><requiredDecision href='#" name "'/></informationRequirement>"
#define TABLE(inside) DECISION("D", "<decisionTable>" inside "</decisionTable>")
#define COLUMN "<input><inputExpression><text>1</text></inputExpression></input><output/>\n"

/* What a model may import, by its namespace. */
struct library {
    const char *name_space, *xml;
};
static const struct library *library;

static bool
find_in_library(void *ctx, struct str name_space, struct str location, struct str *xml)
{
    (void)ctx;
    (void)location;
    for (const struct library *l = library; l != NULL && l->name_space != NULL; l++) {
        if (str_eq(str_of(l->name_space), name_space)) {
            *xml = str_of(l->xml);
            return true;
        }
    }
    return false;
}

static enum rc
read_it(struct arena *a, const char *xml, const struct dmn **m, struct dmn_fault *fault)
{
    struct err err;

    return dmn_read(a, str_of(xml), find_in_library, NULL, NULL, m, fault, &err);
}

struct wrong {
    const char *xml;
    uint32_t line;
    const char *element, *en, *zh;
};

static void
try_wrong(const struct wrong *w, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *a = arena_new(1 << 24);
        struct dmn_fault fault;
        const struct dmn *m;
        if (read_it(a, w[i].xml, &m, &fault) != RC_INVALID) {
            fail_msg("%s is read", w[i].xml);
        }
        if (fault.line != w[i].line || strcmp(fault.element, w[i].element) != 0 || strcmp(fault.en, w[i].en) != 0 ||
            strcmp(fault.zh, w[i].zh) != 0) {
            fail_msg("%s\nline %u, element %s\n%s\n%s", w[i].xml, fault.line, fault.element, fault.en, fault.zh);
        }
        arena_free(a);
    }
}
#define TRY_WRONG(cases) try_wrong(cases, sizeof(cases) / sizeof((cases)[0]))

static void
what_is_no_model_is_refused(void **state)
{
    static const struct wrong cases[] = {
        {"", 1, "", "the XML is not well formed: no element found", "XML 格式不正确"},
        {OPEN "<decision>", 2, "", "the XML is not well formed: no element found", "XML 格式不正确"},
        {OPEN "<decision></input>", 2, "", "the XML is not well formed: mismatched tag", "XML 格式不正确"},
        {"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" OPEN CLOSE, 1, "", "a document type (DOCTYPE) is not taken",
         "不接受文档类型声明（DOCTYPE）"},
        {"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" OPEN CLOSE, 1, "", "a document type (DOCTYPE) is not taken",
         "不接受文档类型声明（DOCTYPE）"},
        {OPEN "&other;" CLOSE, 2, "", "the XML is not well formed: undefined entity", "XML 格式不正确"},
        {"<definitions/>", 1, "", "this is not a decision model (DMN)", "这不是决策模型（DMN）"},
        {"<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>", 1, "", "this is not a decision model (DMN)",
         "这不是决策模型（DMN）"},
        {"<decision xmlns='" XMLNS "'/>", 1, "decision ", "this is not a decision model (DMN)", "这不是决策模型（DMN）"},
    };

    (void)state;
    TRY_WRONG(cases);
}

static void
references_lead_somewhere_and_not_in_circles(void **state)
{
    static const struct wrong cases[] = {
        {OPEN DECISION("A", NEEDS("B")) CLOSE, 2, "decision A", "what is required here is not in the model: #B",
         "模型中没有这里要求的内容：#B"},
        {OPEN DECISION("A", "<knowledgeRequirement><requiredKnowledge href='#A'/></knowledgeRequirement>") CLOSE, 2, "decision A",
         "A is not of the kind that is required here", "A 不是此处要求的种类"},
        {OPEN DECISION("A", NEEDS("A")) CLOSE, 2, "decision A", "it needs itself: A → A", "循环依赖：A → A"},
        {OPEN DECISION("X", NEEDS("A")) DECISION("A", NEEDS("B")) DECISION("B", NEEDS("C")) DECISION("C", NEEDS("A")) CLOSE, 3,
         "decision A", "it needs itself: A → B → C → A", "循环依赖：A → B → C → A"},
        {OPEN "<decisionService id='S' name='S'><outputDecision href='#A'/></decisionService>\n"
         DECISION("A", "<knowledgeRequirement><requiredKnowledge href='#S'/></knowledgeRequirement>") CLOSE, 2, "service S",
         "it needs itself: S → S", "循环依赖：S → S"},
        {OPEN "\n<decisionService id='S' name='S'><outputDecision href='#S'/></decisionService>" CLOSE, 3, "service S",
         "S is not of the kind that is required here", "S 不是此处要求的种类"},
        {OPEN DECISION("A", "") DECISION("A", "") CLOSE, 3, "decision A", "two elements have the id A", "有两个元素的 id 都是 A"},
        {OPEN "<decision name='A'/>\n<inputData name='A'/>" CLOSE, 3, "input A", "two elements are called A", "有两个元素都叫 A"},
        {OPEN "<decision/>" CLOSE, 2, "decision ", "it has no name", "它没有名称"},
    };

    (void)state;
    TRY_WRONG(cases);
}

#define ITEM(name, inside) "<itemDefinition name='" name "'>" inside "</itemDefinition>\n"
#define REF(type) "<typeRef>" type "</typeRef>"

static void
types_are_known_and_not_their_own_base(void **state)
{
    static const struct wrong cases[] = {
        {OPEN "<inputData name='A'>\n<variable name='A' typeRef='tAge'/></inputData>" CLOSE, 3, "input A",
         "there is no type tAge", "没有名为 tAge 的类型"},
        {OPEN ITEM("t", REF("tt")) CLOSE, 2, "type t", "there is no type tt", "没有名为 tt 的类型"},
        {OPEN ITEM("t", REF("t")) CLOSE, 2, "type t", "the type t is defined by itself", "类型 t 是用它自己定义的"},
        {OPEN ITEM("a", REF("b")) ITEM("b", REF("a")) CLOSE, 2, "type a", "the type a is defined by itself",
         "类型 a 是用它自己定义的"},
        {OPEN ITEM("a", REF("number")) ITEM("a", REF("string")) CLOSE, 3, "type a", "two types are called a", "有两个类型都叫 a"},
        {OPEN ITEM("", REF("number")) CLOSE, 2, "type ", "the type has no name", "类型没有名称"},
        {OPEN ITEM("a", REF("number") "<allowedValues>\n<text>[1..</text></allowedValues>") CLOSE, 2, "type a",
         "FEEL: line 1, character 5: expected a value, found the end", "FEEL：第 5 个字附近：此处应为 一个值，看到的是 结尾"},
    };

    (void)state;
    TRY_WRONG(cases);
}

static void
texts_of_feel_say_where_they_are_wrong(void **state)
{
    static const struct wrong cases[] = {
        {OPEN DECISION("A", "\n" LITERAL("1 +")) CLOSE, 3, "decision A",
         "FEEL: line 1, character 4: expected a value, found the end", "FEEL：第 4 个字附近：此处应为 一个值，看到的是 结尾"},
        {OPEN DECISION("A", "\n" LITERAL("1 +\n\n  * 2")) CLOSE, 5, "decision A",
         "FEEL: line 3, character 3: expected a value, found *", "FEEL：第 3 行第 3 个字附近：此处应为 一个值，看到的是 *"},
        {OPEN TABLE(COLUMN "<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>\n"
                    "<rule><inputEntry><text>)</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>") CLOSE, 4,
         "decision D, rule 2", "FEEL: line 1, character 1: expected a value, found )",
         "FEEL：第 1 个字附近：此处应为 一个值，看到的是 )"},
        {OPEN DECISION("A", LITERAL("1 instance of tNobody")) CLOSE, 2, "decision A", "no type is called tNobody",
         "类型无法识别：no type is called tNobody"},
        {OPEN DECISION("A", "<literalExpression expressionLanguage='http://www.w3.org/TR/xpath'><text>1</text></literalExpression>")
         CLOSE, 2, "decision A", "the expression is written in http://www.w3.org/TR/xpath, not in FEEL",
         "表达式用的是 http://www.w3.org/TR/xpath，不是 FEEL"},
        {OPEN DECISION("A", LITERAL("function(a) external {java: {class: \"C\", method signature: \"m()\"}}")) CLOSE, 2,
         "decision A", "a function outside of this model (Java, PMML) is not called here", "不调用模型之外的函数（Java、PMML）"},
        {OPEN "<businessKnowledgeModel name='K'><encapsulatedLogic kind='PMML'>" LITERAL("1") "</encapsulatedLogic>"
         "</businessKnowledgeModel>" CLOSE, 2, "knowledge K", "a function outside of this model (PMML) is not called here",
         "不调用模型之外的函数（PMML）"},
    };

    (void)state;
    TRY_WRONG(cases);
}

static void
names_that_nothing_knows_are_kept_with_their_place(void **state)
{
    static const struct dmn_slip wanted[] = {
        {STR_INIT("aeg"), STR_INIT("t"), 2, 0}, {STR_INIT("aeg"), STR_INIT("A"), 4, 0}, {STR_INIT("nobody"), STR_INIT("D"), 7, 2}};
    struct arena *a = arena_new(1 << 24);
    struct dmn_fault fault;
    const struct dmn_slip *slip;
    const struct dmn *m;

    (void)state;
    assert_int_equal(read_it(a, OPEN ITEM("t", REF("number") "<allowedValues><text>&gt; aeg</text></allowedValues>")
                                    DECISION("A", LITERAL("1 +\n  aeg + other")) TABLE(COLUMN
                                        "<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>[{a: 1}][a = 1]</text>"
                                        "</outputEntry></rule>\n<rule><inputEntry><text>-</text></inputEntry><outputEntry>"
                                        "<text>nobody(1)</text></outputEntry></rule>") CLOSE, &m, &fault), RC_OK);
    assert_int_equal(dmn_slips(m, &slip), 3);
    for (size_t i = 0; i < 3; i++) {
        if (!str_eq(slip[i].name, wanted[i].name) || !str_eq(slip[i].item, wanted[i].item) || slip[i].line != wanted[i].line ||
            slip[i].rule != wanted[i].rule) {
            fail_msg("%.*s of %.*s, line %u, rule %u", STR_ARG(slip[i].name), STR_ARG(slip[i].item), slip[i].line, slip[i].rule);
        }
    }
    arena_free(a);
}

static void
boxed_expressions_are_whole(void **state)
{
    static const struct wrong cases[] = {
        {OPEN DECISION("A", "<conditional><if>" LITERAL("1") "</if><then/></conditional>") CLOSE, 2, "decision A",
         "an expression is missing here", "此处缺少表达式"},
        {OPEN DECISION("A", "<for><in>" LITERAL("1") "</in><return>" LITERAL("1") "</return></for>") CLOSE, 2, "decision A",
         "the iterator has no name", "循环变量没有名称"},
        {OPEN DECISION("A", "<for iteratorVariable='i'><return>" LITERAL("1") "</return></for>") CLOSE, 2, "decision A",
         "an expression is missing here", "此处缺少表达式"},
        {OPEN DECISION("A", "<context><contextEntry>" LITERAL("1") "</contextEntry><contextEntry>" LITERAL("1")
                       "</contextEntry></context>") CLOSE, 2, "decision A",
         "only the last entry of a context may have no name", "上下文中只有最后一项可以没有名称"},
        {OPEN DECISION("A", "<relation><column name='a'/><row/></relation>") CLOSE, 2, "decision A",
         "the row does not have a cell for each column", "该行的单元格数与列数不符"},
        {OPEN DECISION("A", "<invocation>" LITERAL("f") "<binding/></invocation>") CLOSE, 2, "decision A",
         "the binding has no parameter", "该绑定没有参数"},
        {OPEN DECISION("A", "<filter><in>" LITERAL("1") "</in><match/></filter>") CLOSE, 2, "decision A",
         "an expression is missing here", "此处缺少表达式"},
        {OPEN DECISION("A", "<filter><match>" LITERAL("1") "</match></filter>") CLOSE, 2, "decision A",
         "an expression is missing here", "此处缺少表达式"},
        {OPEN TABLE(COLUMN "<rule><inputEntry><text>1</text></inputEntry></rule>") CLOSE, 3, "decision D, rule 1",
         "the rule does not have an entry for each column", "该规则的条目数与列数不符"},
        {OPEN TABLE("") CLOSE, 2, "decision D", "the table has no output", "决策表没有输出列"},
        {OPEN TABLE("<input/><output/>") CLOSE, 2, "decision D", "the input has no expression", "该输入列没有表达式"},
        {OPEN TABLE("<output name='a'/><output/>") CLOSE, 2, "decision D", "one of several outputs has no name",
         "有多个输出列时，每列都要有名称"},
        {OPEN DECISION("D", "<decisionTable hitPolicy='BEST'><output/></decisionTable>") CLOSE, 2, "decision D",
         "there is no hit policy or aggregation BEST", "没有 BEST 这种命中策略或汇总方式"},
        {OPEN DECISION("D", "<decisionTable hitPolicy='COLLECT' aggregation='SUM'><output name='a'/><output name='b'/>"
                       "</decisionTable>") CLOSE, 2, "decision D", "only one output can be added up or compared",
         "只有一个输出列时才能求和或比较"},
    };

    (void)state;
    TRY_WRONG(cases);
}

/* --- imports ------------------------------------------------------------------------------------------- */

#define MODEL(name, inside)                                                                  \
    "<definitions xmlns='" XMLNS "' namespace='urn:" name "' name='" name "'>\n" inside "</definitions>"
#define IMPORT(name, as) "<import name='" as "' namespace='urn:" name "' importType='" XMLNS "'/>\n"

static void
faults_of_imports_say_which_model(void **state)
{
    static const struct library books[] = {
        {"urn:circle", MODEL("circle", IMPORT("m", "back"))},
        {"urn:wrong", MODEL("wrong", DECISION("A", LITERAL("1 +")))},
        {"urn:other", MODEL("another", "")},
        {NULL, NULL},
    };
    static const struct wrong cases[] = {
        {OPEN IMPORT("nobody", "n") CLOSE, 2, "import n", "the imported model is not at hand: urn:nobody",
         "找不到导入的模型：urn:nobody"},
        {OPEN IMPORT("m", "n") CLOSE, 2, "import n", "models import one another in a circle: urn:m", "模型循环导入：urn:m"},
        {OPEN IMPORT("circle", "n") CLOSE, 2, "import back, model circle", "models import one another in a circle: urn:m",
         "模型循环导入：urn:m"},
        {OPEN IMPORT("wrong", "n") CLOSE, 2, "decision A, model wrong",
         "FEEL: line 1, character 4: expected a value, found the end", "FEEL：第 4 个字附近：此处应为 一个值，看到的是 结尾"},
        {OPEN IMPORT("other", "n") CLOSE, 2, "import n", "the imported model has another namespace than urn:other",
         "导入的模型的命名空间不是 urn:other"},
    };

    (void)state;
    library = books;
    TRY_WRONG(cases);
    library = NULL;
}

static const struct library shelf[] = {
    {"urn:base", MODEL("base", ITEM("tAge", REF("number") "<allowedValues><text>[0..150]</text></allowedValues>")
                           "<inputData id='age' name='age'><variable name='age' typeRef='tAge'/></inputData>\n"
                       DECISION("Fee", "<informationRequirement><requiredInput href='#age'/></informationRequirement>"
                                LITERAL("age * 2")))},
    {"urn:one", MODEL("one", IMPORT("base", "lib") "<decision id='D' name='One'><informationRequirement>"
                      "<requiredDecision href='urn:base#Fee'/></informationRequirement>" LITERAL("lib.Fee + 1") "</decision>")},
    {"urn:two", MODEL("two", IMPORT("base", "b") "<decision id='D' name='Two'><informationRequirement>"
                      "<requiredDecision href='urn:base#Fee'/></informationRequirement>" LITERAL("b.Fee + 2") "</decision>"
                      "<inputData id='x' name='x'/>")},
    {NULL, NULL},
};
#define BOTH                                                                                 \
    OPEN IMPORT("one", "lib one") IMPORT("two", "t") IMPORT("base", "base")                  \
    "<inputData id='x' name='x'><variable name='x' typeRef='base.tAge'/></inputData>"        \
    "<decision id='D' name='D'><informationRequirement><requiredDecision href='urn:one#D'/></informationRequirement>"    \
    "<informationRequirement><requiredDecision href='urn:two#D'/></informationRequirement>"  \
    "<informationRequirement><requiredInput href='#x'/></informationRequirement>"            \
    "<informationRequirement><requiredInput href='urn:two#x'/></informationRequirement>"     \
    LITERAL("[lib one.One, t.Two, x, t.x]") "</decision>" CLOSE

static void
what_two_imports_share_is_one_thing(void **state)
{
    struct arena *a = arena_new(1 << 24);
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
    struct entry entries[] = {{STR_INIT("age"), value_of_int(10)}, {STR_INIT("x"), value_of_int(7)}, {STR_INIT("t.x"), value_of_int(8)}};
    struct context inputs = {3, entries};
    struct dmn_fault fault;
    const struct dmn *m;
    const struct str *name;
    size_t count;
    struct value v;
    struct err err;

    (void)state;
    library = shelf;
    assert_int_equal(read_it(a, BOTH, &m, &fault), RC_OK);
    assert_int_equal(dmn_inputs(a, m, STR("D"), &name, &count, &err), RC_OK);
    assert_int_equal(count, 3);
    run_begin(r, 0, 0);
    assert_int_equal(dmn_decide(r, m, STR("D"), &inputs, NULL, &v, &err), RC_OK);
    assert_true(str_eq(value_text(a, v, true), STR("[21, 22, 7, 8]")));
    assert_int_equal(dmn_decide(r, m, STR("Fee"), &inputs, NULL, &v, &err), RC_OK);
    assert_true(value_equal(v, value_of_int(20)) == TRI_TRUE);
    assert_true(str_eq(dmn_find_item(m, STR("t.x"), 1u << DMN_INPUT)->model->name_space, STR("urn:two")));
    library = NULL;
    run_free(r);
    arena_free(a);
}

/* --- older versions -------------------------------------------------------------------------------------- */

#define OLD(version, inside)                                                                 \
    "<d:definitions xmlns:d='http://www.omg.org/spec/DMN/" version "' xmlns:feel='http://www.omg.org/spec/FEEL/20140401' "           \
    "xmlns:x='urn:x' namespace='urn:m' name='m' expressionLanguage='http://www.omg.org/spec/FEEL/20140401'>" inside "</d:definitions>"
#define OLD_MODEL(version)                                                                   \
    OLD(version, "<x:note><d:decision name='not this'/></x:note><d:extensionElements><x:y/></d:extensionElements>"                   \
        "<d:itemDefinition name='t'><d:typeRef>feel:string</d:typeRef><d:allowedValues>\"a\", \"b\"</d:allowedValues></d:itemDefinition>"   \
        "<d:inputData id='i' name='the\n  input'><d:variable name='the input' typeRef='t' x:typeRef='u'/></d:inputData>"              \
        "<d:decision id='d' name='D'><d:variable name='D' typeRef='feel:string'/><d:informationRequirement>"                         \
        "<d:requiredInput href='i'/></d:informationRequirement><d:literalExpression><d:text><![CDATA[if the input < \"b\" then "    \
        "\"A\" else \"B\"]]></d:text></d:literalExpression></d:decision>")

static void
older_versions_and_foreign_elements_are_read(void **state)
{
    static const char *const models[] = {OLD_MODEL("20151101/dmn.xsd"), OLD_MODEL("20180521/MODEL/"), OLD_MODEL("20191111/MODEL/"),
                                         OLD_MODEL("20211108/MODEL/")};
    static const struct {
        struct str input;
        const char *answer;
    } asked[] = {{STR_INIT("a"), "\"A\""}, {STR_INIT("b"), "\"B\""}, {STR_INIT("c"), "\"B\""}};
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
    struct arena *a = arena_new(1 << 24);

    (void)state;
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        const struct dmn *m;
        struct dmn_fault fault;
        assert_int_equal(read_it(a, models[i], &m, &fault), RC_OK);
        assert_int_equal(dmn_count(m), 2);
        for (size_t j = 0; j < 3; j++) {
            struct entry entry = {STR_INIT("the input"), value_of_str(asked[j].input)};
            struct context inputs = {1, &entry};
            struct value v;
            struct err err;
            run_begin(r, 0, 0);
            assert_int_equal(dmn_decide(r, m, STR("D"), &inputs, NULL, &v, &err), RC_OK);
            assert_true(str_eq(value_text(a, v, true), str_of(asked[j].answer)));
        }
    }
    arena_free(a);
    run_free(r);
}

static void
the_head_of_a_model_is_read_alone(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct dmn_head head;
    struct dmn_fault fault;
    struct err err;

    (void)state;
    assert_int_equal(dmn_head(a, STR(OPEN IMPORT("nobody", "n") CLOSE), &head, &fault, &err), RC_OK);
    assert_true(str_eq(head.name, STR("m")) && str_eq(head.name_space, STR("urn:m")));
    assert_int_equal(dmn_head(a, STR("<x/>"), &head, &fault, &err), RC_INVALID);
    assert_int_equal(fault.line, 1);
    arena_free(a);
}

/* --- limits ------------------------------------------------------------------------------------------------ */

static struct str
repeated(struct arena *a, const char *before, const char *part, size_t count, const char *after)
{
    struct buf b;
    struct str text;
    struct err err;

    buf_init(&b, a, 64 << 20);
    buf_put(&b, str_of(before));
    for (size_t i = 0; i < count; i++) {
        buf_put(&b, str_of(part));
    }
    buf_put(&b, str_of(after));
    assert_int_equal(buf_finish(&b, &text, &err), RC_OK);
    return text;
}

#define RULE "<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>"

static void
models_that_are_too_large_are_refused(void **state)
{
    static const struct {
        const char *before, *part;
        size_t count;
        const char *after, *en;
    } cases[] = {
        {OPEN, " ", DMN_BYTES_MAX, CLOSE, "the document is too long"},
        {OPEN, "<a>", DMN_DEPTH_MAX, CLOSE, "elements are nested too deeply"},
        {OPEN, "<a/>", DMN_ELEMENTS_MAX, CLOSE, "there are too many elements"},
        {OPEN "<decisionTable><input><x xmlns='urn:x'>", "<a/>", DMN_ELEMENTS_MAX, "</x></input></decisionTable>" CLOSE,
         "there are too many elements"},
        {OPEN DECISION("A", "") "<decision name='B'>", NEEDS("A"), DMN_NAMES_MAX + 1, "</decision>" CLOSE,
         "it needs more than 1000 others"},
        {OPEN "<decision name='B'><context>", "<contextEntry><variable name='a'/>" LITERAL("1") "</contextEntry>", DMN_NAMES_MAX + 1,
         "</context></decision>" CLOSE, "a context has more than 1000 entries"},
        {OPEN, "<itemDefinition name='t'/>", DMN_TYPES_MAX + 1, CLOSE, "there are more than 2000 types"},
        {OPEN "<itemDefinition name='t'>", "<itemComponent name='a'/>", DMN_NAMES_MAX + 1, "</itemDefinition>" CLOSE,
         "a type has more than 1000 members"},
        {OPEN "<businessKnowledgeModel name='K'><encapsulatedLogic>", "<formalParameter name='a'/>", FUNCTION_PARAMETERS_MAX + 1,
         LITERAL("1") "</encapsulatedLogic></businessKnowledgeModel>" CLOSE, "a function has more than 64 parameters"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_new(256 << 20);
        struct dmn_fault fault;
        const struct dmn *m;
        struct err err;
        struct str xml = repeated(a, cases[i].before, cases[i].part, cases[i].count, cases[i].after);
        assert_int_equal(dmn_read(a, xml, NULL, NULL, NULL, &m, &fault, &err), RC_LIMIT);
        assert_string_equal(fault.en, cases[i].en);
        assert_true(fault.zh[0] != '\0');
        arena_free(a);
    }
}

static void
too_many_cells_and_attributes_are_refused(void **state)
{
    struct arena *a = arena_new(512 << 20);
    struct dmn_fault fault;
    const struct dmn *m;
    struct err err;
    struct buf attributes;

    (void)state;
    /* Cells are counted before they are read, and many small ones fit into the other limits. */
    struct str xml = repeated(a, OPEN "<decision name='D'><decisionTable>" COLUMN, "<rule><inputEntry/><outputEntry/></rule>",
                              DMN_CELLS_MAX / 2 + 1, "</decisionTable></decision>" CLOSE);
    assert_int_equal(dmn_read(a, xml, NULL, NULL, NULL, &m, &fault, &err), RC_LIMIT);
    assert_string_equal(fault.en, "tables have more than 100000 cells");
    buf_init(&attributes, a, 4096);
    buf_put(&attributes, STR(OPEN "<decision"));
    for (int i = 0; i < 65; i++) {
        buf_put_fmt(&attributes, " a%d='1'", i);
    }
    buf_put(&attributes, STR("/>" CLOSE));
    assert_int_equal(buf_finish(&attributes, &xml, &err), RC_OK);
    assert_int_equal(dmn_read(a, xml, NULL, NULL, NULL, &m, &fault, &err), RC_LIMIT);
    assert_string_equal(fault.en, "an element has too many attributes");
    arena_free(a);
}

/* Names are looked for one by one, so many of them in many texts are much work. */
static void
reading_ends_however_many_names_and_types_there_are(void **state)
{
    enum { NAMES = 900, TEXTS = 40 };
    struct arena *a = arena_new(256 << 20);
    struct buf b;
    struct str xml;
    const struct dmn *m;
    struct dmn_fault fault;
    struct err err;

    (void)state;
    buf_init(&b, a, DMN_BYTES_MAX);
    buf_put(&b, STR(OPEN "<decision name='D'><context>"));
    for (int i = 0; i < NAMES; i++) {
        buf_put_fmt(&b, "<contextEntry><variable name='aaaaaaaaaaaaaaaa%d'/>" LITERAL("1") "</contextEntry>", i);
    }
    for (int i = 0; i < TEXTS; i++) {
        buf_put(&b, STR("<contextEntry><variable name='b'/><literalExpression><text>aaaaaaaaaaaaaaaa1"));
        for (int j = 0; j < 400; j++) {
            buf_put(&b, STR(" + aaaaaaaaaaaaaaaa2"));
        }
        buf_put(&b, STR("</text></literalExpression></contextEntry>"));
    }
    buf_put(&b, STR("</context></decision>" CLOSE));
    assert_int_equal(buf_finish(&b, &xml, &err), RC_OK);
    assert_int_equal(dmn_read(a, xml, NULL, NULL, NULL, &m, &fault, &err), RC_LIMIT);
    assert_string_equal(fault.en, "the model has too many names and texts");
    buf_init(&b, a, DMN_BYTES_MAX);
    buf_put(&b, STR(OPEN));
    for (int i = 0; i < DMN_TYPES_MAX - 1; i++) { /* each is the next one, which is read before it */
        buf_put_fmt(&b, ITEM("t%d", REF("t%d")), i, i + 1);
    }
    buf_put_fmt(&b, ITEM("t%d", "") CLOSE, DMN_TYPES_MAX - 1);
    assert_int_equal(buf_finish(&b, &xml, &err), RC_OK);
    assert_int_equal(dmn_read(a, xml, NULL, NULL, NULL, &m, &fault, &err), RC_LIMIT);
    assert_string_equal(fault.en, "types are derived from one another too often");
    arena_free(a);
}

/* A chain of decisions as long as fits: nothing that reads it calls itself as often. */
static void
long_chains_are_read_and_decided(void **state)
{
    enum { LINKS = 1200 };
    struct arena *a = arena_new(256 << 20);
    struct run *r = run_new(&RUN_LIMITS_USUAL, NULL);
    struct buf b;
    struct str xml;
    const struct dmn *m;
    struct dmn_fault fault;
    struct value v;
    struct err err;

    (void)state;
    buf_init(&b, a, DMN_BYTES_MAX);
    buf_put(&b, STR(OPEN DECISION("D0", LITERAL("1"))));
    for (int i = 1; i <= LINKS; i++) {
        buf_put_fmt(&b, DECISION("D%d", NEEDS("D%d") LITERAL("D%d + 1")), i, i, i - 1, i - 1);
    }
    buf_put(&b, STR(CLOSE));
    assert_int_equal(buf_finish(&b, &xml, &err), RC_OK);
    assert_int_equal(dmn_read(a, xml, NULL, NULL, NULL, &m, &fault, &err), RC_OK);
    run_begin(r, 0, 0);
    assert_int_equal(dmn_decide(r, m, STR("D1200"), NULL, NULL, &v, &err), RC_OK);
    assert_true(value_equal(v, value_of_int(LINKS + 1)) == TRI_TRUE);
    run_free(r);
    arena_free(a);
}

#define EVERYTHING                                                                           \
    OPEN IMPORT("one", "lib one") IMPORT("two", "t") ITEM("a", "<itemComponent name='b c'>" REF("string") "</itemComponent>")            \
    ITEM("f", "<functionItem outputTypeRef='number'><parameters name='p' typeRef='a'/></functionItem>")                                  \
    "<itemDefinition name='l' isCollection='true'>" REF("a") "<allowedValues><text>null</text></allowedValues></itemDefinition>"         \
    DECISION("D", "<informationRequirement><requiredDecision href='urn:one#D'/></informationRequirement><context><contextEntry>"         \
             "<variable name='x\ty'/><decisionTable hitPolicy='PRIORITY'><input><inputExpression><text>1</text></inputExpression></input>"    \
             "<output><outputValues><text>1, [2..3]</text></outputValues></output><annotation name='n'/>" RULE "</decisionTable>"         \
             "</contextEntry><contextEntry><variable name='i'/><invocation>" LITERAL("f") "<binding><parameter name='a'/>"               \
             LITERAL("1") "</binding></invocation></contextEntry><contextEntry><for iteratorVariable='i'><in>" LITERAL("x y") "</in>"    \
             "<return><relation><column name='a'/><row>" LITERAL("i") "</row></relation></return></for></contextEntry></context>")       \
    "<businessKnowledgeModel id='K' name='K'><encapsulatedLogic><formalParameter name='p' typeRef='l'/><filter><in>" LITERAL("p")        \
    "</in><match>" LITERAL("b c = 1") "</match></filter></encapsulatedLogic></businessKnowledgeModel>"                                   \
    "<decisionService id='S' name='S'><outputDecision href='#D'/></decisionService>" CLOSE

/* At every moment the arena may be full: that is RC_LIMIT and nothing else. */
static void
a_model_that_does_not_fit_is_refused_wherever_that_shows(void **state)
{
    struct dmn_fault fault;
    const struct dmn *m;
    size_t good = 0, n = 1;

    (void)state;
    library = shelf;
    for (; good < 20 && n < 5000; n++) { /* once it fits, it fits */
        struct arena *a = arena_new(1 << 24);
        arena_fail_at(a, n);
        enum rc rc = read_it(a, EVERYTHING, &m, &fault);
        good += rc == RC_OK;
        if (rc != RC_OK && (good > 0 || rc != RC_LIMIT || fault.en[0] == '\0' || fault.zh[0] == '\0')) {
            fail_msg("allocation %zu: %s", n, fault.en);
        }
        arena_free(a);
    }
    library = NULL;
    assert_int_equal(good, 20);
    assert_true(n > 300);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(references_lead_somewhere_and_not_in_circles),
        cmocka_unit_test(types_are_known_and_not_their_own_base),
        cmocka_unit_test(texts_of_feel_say_where_they_are_wrong),
        cmocka_unit_test(names_that_nothing_knows_are_kept_with_their_place),
        cmocka_unit_test(boxed_expressions_are_whole),
        cmocka_unit_test(faults_of_imports_say_which_model),
        cmocka_unit_test(what_two_imports_share_is_one_thing),
        cmocka_unit_test(older_versions_and_foreign_elements_are_read),
        cmocka_unit_test(the_head_of_a_model_is_read_alone),
        cmocka_unit_test(models_that_are_too_large_are_refused),
        cmocka_unit_test(too_many_cells_and_attributes_are_refused),
        cmocka_unit_test(reading_ends_however_many_names_and_types_there_are),
        cmocka_unit_test(long_chains_are_read_and_decided),
        cmocka_unit_test(a_model_that_does_not_fit_is_refused_wherever_that_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
