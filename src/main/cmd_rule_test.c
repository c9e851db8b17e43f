#include "main/test_command.h"

enum { ROOM = 16 << 20 };

struct place {
    struct arena *arena;
    const char *folder;
};

#define DMN "xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" "
#define CASES "<testCases xmlns=\"http://www.omg.org/spec/DMN/20160719/testcase\" xmlns:xsi=" \
              "\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">"
/* A case of fee.dmn: an area and the fee for it. */
#define CASE(id, area, fee)                                                                                            \
    "<testCase id=\"" id "\"><inputNode name=\"area\"><value xsi:type=\"xsd:decimal\">" area                           \
    "</value></inputNode><resultNode name=\"Fee\" type=\"decision\"><expected><value xsi:type=\"xsd:decimal\">" fee \
    "</value></expected></resultNode></testCase>"

/* A table of areas below 10 and above another bound. */
#define TABLE(name, above)                                                                                             \
    "<definitions " DMN "name=\"" name "\" namespace=\"urn:" name "\"><inputData id=\"area\" name=\"area\"><variable "   \
    "name=\"area\" typeRef=\"number\"/></inputData><decision id=\"rate\" name=\"Rate\"><variable name=\"Rate\" "         \
    "typeRef=\"number\"/><informationRequirement><requiredInput href=\"#area\"/></informationRequirement>"             \
    "<decisionTable hitPolicy=\"UNIQUE\"><input><inputExpression typeRef=\"number\"><text>area</text>"                 \
    "</inputExpression></input><output/><rule><inputEntry><text>&lt; 10</text></inputEntry><outputEntry><text>1"       \
    "</text></outputEntry></rule><rule><inputEntry><text>&gt; " above "</text></inputEntry><outputEntry><text>2"       \
    "</text></outputEntry></rule></decisionTable></decision></definitions>"

static const struct {
    const char *name, *content;
} files[] = {
    {"gap.dmn", TABLE("gap", "10")},
    {"overlap.dmn", TABLE("overlap", "5")},
    {"fee.dmn",
     "<definitions " DMN "name=\"fees\" namespace=\"urn:fees\"><import name=\"lib\" namespace=\"urn:lib\" "
     "importType=\"https://www.omg.org/spec/DMN/20230324/MODEL/\"/><inputData id=\"area\" name=\"area\"><variable name=\"area\" "
     "typeRef=\"number\"/></inputData>\n<decision id=\"Fee\" name=\"Fee\"><variable name=\"Fee\" typeRef=\"number\"/>"
     "<informationRequirement><requiredInput href=\"#area\"/></informationRequirement><knowledgeRequirement>"
     "<requiredKnowledge href=\"urn:lib#rate\"/></knowledgeRequirement>\n<literalExpression><text>lib.rate(area)</text>"
     "</literalExpression></decision><decision name=\"Twice\"><variable name=\"Twice\"/><informationRequirement>"
     "<requiredDecision href=\"#Fee\"/></informationRequirement><literalExpression><text>Fee * 2</text></literalExpression>"
     "</decision></definitions>"},
    {"lib.dmn", "<definitions " DMN "name=\"lib\" namespace=\"urn:lib\"><businessKnowledgeModel id=\"rate\" name=\"rate\"><variable "
                "name=\"rate\"/><encapsulatedLogic><formalParameter name=\"m2\" typeRef=\"number\"/><literalExpression><text>"
                "if m2 &gt; 100 then 50 else 20</text></literalExpression></encapsulatedLogic></businessKnowledgeModel></definitions>"},
    {"broken.dmn", "<definitions " DMN "name=\"broken\" namespace=\"urn:broken\">\n<decision name=\"Half\"><variable name=\"Half\"/>"
                   "\n  <literalExpression><text>1 +</text></literalExpression></decision></definitions>"},
    {"area.json", "{\"area\":126.5}"},
    {"none-given.json", "{}"},
    {"cases/fee-cases.xml", CASES "<modelName>fee.dmn</modelName>" CASE("001", "100", "20") CASE("002", "100.01", "50") "</testCases>"},
    {"wrong/fee-cases.xml", CASES "<modelName>fee.dmn</modelName>" CASE("001", "100", "20") CASE("002", "100", "21") "</testCases>"},
    {"wrong/broken.xml", CASES "<modelName>broken.dmn</modelName>" CASE("001", "1", "1") "</testCases>"},
    {"wrong/other.xml", "<project/>"},
    {"facts.json", "{\"first name\":\"张\",\"age\":61,\"goods\":[{\"unit price\":3.5,\"n\":2},{\"unit price\":1,\"n\":1}]}"},
    {"list.json", "[1,2]"},
    {"broken.json", "{\"a\":}"},
    {"form.json", "{\"required\":[\"name\"],\"properties\":{\"name\":{\"title\":\"姓名\",\"type\":\"string\"},"
                  "\"born\":{\"format\":\"date\"},\"home\":{\"$ref\":\"address.json\"}}}"},
    {"address.json", "{\"$id\":\"address.json\",\"type\":\"string\"}"},
    {"good.json", "{\"name\":\"张\",\"born\":\"1964-02-29\",\"home\":\"云溪\"}"},
    {"bad.json", "{\"born\":\"29.2.1964\",\"home\":1}"},
    {"lost.json", "{\"$ref\":\"nowhere.json\"}"},
};

static void
put(struct place *p, const char *name, const char *content)
{
    const char *path = str_fmt(p->arena, "%s/%s", p->folder, name).ptr;
    struct str folder = str_sub(str_of(path), 0, (size_t)(strrchr(path, '/') - path));

    assert_ok(file_make_folder(str_c(p->arena, folder), err));
    assert_ok(file_replace(path, str_of(content), 0600, err));
}

/* Cases stand beside their models, so those are in their folders, too. */
static void
put_beside(struct place *p, const char *folder)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (str_ends(str_of(files[i].name), STR(".dmn"))) {
            put(p, str_fmt(p->arena, "%s/%s", folder, files[i].name).ptr, files[i].content);
        }
    }
}

static int
make_place(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct place *p = arena_alloc(a, 1, sizeof(*p));

    *p = (struct place){.arena = a, .folder = new_folder(a)};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        put(p, files[i].name, files[i].content);
    }
    put_beside(p, "cases");
    put_beside(p, "wrong");
    (void)unsetenv("LC_ALL");
    (void)unsetenv("LC_MESSAGES");
    (void)setenv("LANG", "C.UTF-8", 1);
    *state = p;
    return 0;
}

static int
leave_place(void **state)
{
    struct place *p = *state;

    remove_folder(p->folder);
    arena_free(p->arena);
    return 0;
}

#define TRY(p, cases) try_words((p)->arena, (p)->folder, cmd_rule, "rule", cases, sizeof(cases) / sizeof(cases[0]))

static void
an_expression_has_a_value_in_json(void **state)
{
    static const struct tried cases[] = {
        {{"eval", "--feel", "1 + 2 * 3"}, 0, "7\n", ""},
        {{"eval", "--feel", "{a: \"x\", b: [1.5, date(\"2026-11-28\")]}"}, 0,
         "{\"a\":\"x\",\"b\":[1.5,\"2026-11-28\"]}\n", ""},
        {{"eval", "--context", "@facts.json", "--feel", "if age > 60 then first name else null"}, 0, "\"张\"\n", ""},
        {{"eval", "--context", "@facts.json", "--feel", "sum(for g in goods return g.unit price * g.n)"}, 0, "8", ""},
        {{"eval", "--feel", "1 / 0"}, 0, "null\n", "note: line 1, character 3: division by zero\n"},
        {{"eval", "--feel", "1 +\n * 2"}, 65, "", "rule eval: line 2, character 2: expected a value, found *"},
        {{"eval", "--feel", "count(for i in 1..100000 return for k in 1..100000 return i)"}, 70, "", "zhengtong rule eval: "},
        {{"eval", "--context", "@list.json", "--feel", "1"}, 65, "", "a context is a JSON object"},
        {{"eval", "--context", "@broken.json", "--feel", "1"}, 65, "", "broken.json: "},
        {{"eval", "--context", "@none.json", "--feel", "1"}, 66, "", "none.json"},
    };

    TRY((struct place *)*state, cases);
}

static void
what_people_read_is_in_the_language_of_the_environment(void **state)
{
    static const struct tried cases[] = {
        {{"eval", "--feel", "1 / 0"}, 0, "null\n", "说明：第 1 行第 3 个字符：除数为零\n"},
        {{"eval", "--feel", "1 + * 2"}, 65, "", "看到的是 *"},
    };

    (void)setenv("LANG", "zh_CN.UTF-8", 1);
    TRY((struct place *)*state, cases);
    (void)setenv("LC_ALL", "C", 1);
    TRY((struct place *)*state, ((const struct tried[]){{{"eval", "--feel", "1 / 0"}, 0, "null\n", "note: line 1"}}));
}

static void
documents_are_checked_with_the_schemas_beside_theirs(void **state)
{
    static const struct tried cases[] = {
        {{"schema", "@form.json", "@good.json"}, 0, "\"valid\":true,\"errors\":[]}]\n", ""},
        {{"schema", "@form.json", "@good.json", "@bad.json"}, 65,
         "\"valid\":false,\"errors\":[{\"path\":\"\",\"missing\":\"name\",\"schema_path\":\"#/required\",\"zh\":\"“姓名”没有填写，请补充。\"", ""},
        {{"schema", "@form.json", "@bad.json"}, 65, "{\"path\":\"/home\",\"schema_path\":\"file:///schema/address.json#/type\"", ""},
        {{"schema", "@form.json", "@bad.json"}, 65, "\"path\":\"/born\"", ""},
        {{"schema", "@lost.json", "@good.json"}, 65, "", "rule schema: schema: refers to a document that is not here, at #/$ref"},
        {{"schema", "@form.json", "@none.json"}, 66, "", "none.json"},
    };
    struct place *p = *state;
    const char *words[9] = {"schema", "--no-formats", str_fmt(p->arena, "%s/form.json", p->folder).ptr,
                            str_fmt(p->arena, "%s/bad.json", p->folder).ptr};

    TRY(p, cases);
    struct answer answer = run_command(p->arena, cmd_rule, "rule", words);
    assert_says(answer, 65, "/home");
    assert_false(str_has(answer.said, STR("/born")));
}

static void
a_model_decides_with_what_lies_beside_it(void **state)
{
    static const struct tried cases[] = {
        {{"dmn", "@fee.dmn", "--input", "@area.json"}, 0, "{\"Fee\":50,\"Twice\":100}\n", ""},
        {{"dmn", "--decision", "Fee", "--input", "@area.json", "@fee.dmn"}, 0, "50\n", ""},
        {{"dmn", "@fee.dmn", "--input", "@none-given.json", "--decision", "Fee"}, 0, "20\n", "note: line 1, character "},
        {{"dmn", "@gap.dmn", "--input", "@area.json", "--decision", "Rate", "--explain"}, 0,
         "{\"result\":2,\"explanation\":{\"model\":\"gap\",\"namespace\":\"urn:gap\",\"steps\":[{\"decision\":\"Rate\"", ""},
        {{"dmn", "@gap.dmn", "--input", "@area.json", "--decision", "Rate", "--explain"}, 0, "\"rules\":[{\"rule\":2,", ""},
        {{"dmn", "@gap.dmn", "--input", "@area.json", "--explain"}, 0, "\"explanation\":{\"Rate\":{\"model\":", ""},
        {{"dmn", "@fee.dmn", "--decision", "Tax"}, 66, "", "rule dmn: no decision Tax"},
        {{"dmn", "@fee.dmn", "--input", "@list.json"}, 65, "", "inputs are an object"},
        {{"dmn", "@broken.dmn"}, 65, "", "/broken.dmn:3:"},
        {{"dmn", "@broken.dmn"}, 65, "", "decision Half: "},
        {{"dmn", "@none.dmn"}, 66, "", "none.dmn"},
    };

    TRY((struct place *)*state, cases);
}

static void
cases_say_whether_a_model_answers_as_written_down(void **state)
{
    static const struct tried cases[] = {
        {{"test", "@cases"}, 0, "    2 passed     0 failed  ", ""},
        {{"test", "@cases/fee-cases.xml"}, 0, "/cases/fee-cases.xml\n2 passed, 0 failed\n", ""},
        {{"test", "--failed", "@cases"}, 0, "2 passed, 0 failed\n", ""},
        {{"test", "@wrong"}, 65, "    002 Fee: expected 21, got 20\n", ""},
        {{"test", "@wrong"}, 65, "/wrong/broken.dmn:3:", ""},
        {{"test", "@"}, 65, "3 passed, 2 failed\n", ""},
        {{"test", "@list.json"}, 66, "0 passed, 0 failed\n", ""},
        {{"test", "@none"}, 66, "", "none: No such file or directory"},
    };
    struct place *p = *state;

    TRY(p, cases);
    struct answer answer = run_command(p->arena, cmd_rule, "rule",
                                       (const char *const[9]){"test", "--failed", str_fmt(p->arena, "%s/cases", p->folder).ptr});
    assert_true(str_starts(answer.said, STR("2 passed")));
}

static void
what_is_wrong_with_a_model_is_found_before_it_decides(void **state)
{
    static const struct tried cases[] = {
        {{"check", "@fee.dmn", "@lib.dmn"}, 0, "\"name\":\"fees\",\"namespace\":\"urn:fees\",\"valid\":true,\"fault\":null,\"findings\":[]},\n {", ""},
        {{"check", "@gap.dmn"}, 0, "\"kind\":\"gap\",\"error\":false,\"table\":\"Rate\"", "gap.dmn: note: Rate: No rule applies when "},
        {{"check", "@fee.dmn", "@overlap.dmn"}, 65, "\"kind\":\"overlap\",\"error\":true", "overlap.dmn: error: Rate: Rules 1 and 2 "},
        {{"check", "@broken.dmn", "@fee.dmn"}, 65, "\"valid\":false,\"fault\":{\"line\":3,", "/broken.dmn:3:"},
        {{"check", "@broken.dmn", "@fee.dmn"}, 65, "\"name\":\"fees\"", "decision Half: "},
        {{"check", "@none.dmn"}, 66, "", "none.dmn"},
    };
    static const struct tried in_chinese[] = {
        {{"check", "@overlap.dmn"}, 65, "\"kind\":\"overlap\"", "overlap.dmn: 错误: Rate: 规则 1、2 "},
    };

    TRY((struct place *)*state, cases);
    (void)setenv("LANG", "zh_CN.UTF-8", 1);
    TRY((struct place *)*state, in_chinese);
}

static void
every_word_explains_itself(void **state)
{
    static const struct tried cases[] = {
        {{"--help"}, 0, "usage: zhengtong rule COMMAND", ""},
        {{"eval", "--help"}, 0, "usage: zhengtong rule eval", ""},
        {{"schema", "--help"}, 0, "usage: zhengtong rule schema", ""},
        {{"dmn", "--help"}, 0, "usage: zhengtong rule dmn", ""},
        {{"test", "--help"}, 0, "usage: zhengtong rule test", ""},
        {{"check", "--help"}, 0, "usage: zhengtong rule check", ""},
        {{"check"}, 64, "", "usage: zhengtong rule check"},
        {{"dmn"}, 64, "", "usage: zhengtong rule dmn"},
        {{"dmn", "@fee.dmn", "@fee.dmn"}, 64, "", "is not an option here"},
        {{"test"}, 64, "", "usage: zhengtong rule test"},
        {{NULL}, 64, "", "usage: zhengtong rule COMMAND"},
        {{"guess"}, 64, "", "usage: zhengtong rule COMMAND"},
        {{"eval"}, 64, "", "usage: zhengtong rule eval"},
        {{"eval", "--feel", "1", "2"}, 64, "", "zhengtong rule eval: 2 is not an option here"},
        {{"schema", "@form.json"}, 64, "", "usage: zhengtong rule schema"},
        {{"schema", "--nonsense", "@form.json"}, 64, "", "rule schema: --nonsense is not an option here"},
    };

    TRY((struct place *)*state, cases);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_expression_has_a_value_in_json, make_place, leave_place),
        cmocka_unit_test_setup_teardown(what_people_read_is_in_the_language_of_the_environment, make_place, leave_place),
        cmocka_unit_test_setup_teardown(documents_are_checked_with_the_schemas_beside_theirs, make_place, leave_place),
        cmocka_unit_test_setup_teardown(a_model_decides_with_what_lies_beside_it, make_place, leave_place),
        cmocka_unit_test_setup_teardown(cases_say_whether_a_model_answers_as_written_down, make_place, leave_place),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_model_is_found_before_it_decides, make_place, leave_place),
        cmocka_unit_test_setup_teardown(every_word_explains_itself, make_place, leave_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
