/* `zhengtong process` as it is called: models in files, findings and traces out. */
#include "main/test_command.h"

enum { ROOM = 16 << 20 };

struct place {
    struct arena *arena;
    const char *folder;
};

#define MODEL(inside) "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:gov=\"https://zhengtong.example/ns/gov\">\n" \
                      "<process id=\"p\" name=\"事项\" isExecutable=\"true\">\n" inside "</process></definitions>"
#define START "<startEvent id=\"s\"/>"
#define END "<endEvent id=\"e\"/>"
#define FLOW(id, from, to) "<sequenceFlow id=\"" id "\" sourceRef=\"" from "\" targetRef=\"" to "\"/>"

#define LIMITS(key) "{\"version\":\"t-1\",\"evidence\":{\"law\":{\"zh\":\"法\",\"en\":\"law\"}},\"owners\":{\"agency\":{\"zh\":\"部门\",\"en\":\"office\"}}," \
                    "\"approvers\":{},\"reasons\":{},\"warnings\":[],\"limits\":[{\"key\":\"" key "\",\"zh\":\"答复\",\"en\":\"Answer\",\"value\":3," \
                    "\"unit\":\"working_day\",\"owner\":\"agency\",\"silence\":\"red\",\"source\":\"法\",\"evidence\":\"law\",\"valid_from\":\"2020-01-01\"}]}"

static const struct {
    const char *name, *content;
} files[] = {
    {"good.bpmn", MODEL(START FLOW("f", "s", "e") END)},
    {"nobody.bpmn", MODEL(START FLOW("f", "s", "a") "\n  <userTask id=\"a\"/>" FLOW("g", "a", "e") END)},
    {"wrong.bpmn", MODEL(START FLOW("f", "s", "a") "\n<complexGateway id=\"a\"/>" FLOW("g", "a", "e") END)},
    {"broken.bpmn", "<definitions"},
    {"wait.bpmn", MODEL(START FLOW("f", "s", "a") "<userTask id=\"a\"><extensionElements><gov:assignment/><gov:outcome code=\"yes\" zh=\"是\" en=\"Yes\"/>"
                        "</extensionElements></userTask>" FLOW("g", "a", "b") "<intermediateCatchEvent id=\"b\"><timerEventDefinition><timeDuration>=limit"
                        "</timeDuration></timerEventDefinition></intermediateCatchEvent>" FLOW("h", "b", "e") END)},
    {"rule.bpmn", MODEL(START FLOW("f", "s", "a") "<businessRuleTask id=\"a\" gov:result=\"days\"><extensionElements><gov:rule key=\"term\"/>"
                        "<gov:input name=\"n\" value=\"=people\"/></extensionElements></businessRuleTask>" FLOW("g", "a", "b")
                        "<callActivity id=\"b\" calledElement=\"called\"/>" FLOW("h", "b", "e") END)},
    {"called.bpmn", "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"><process id=\"called\" isExecutable=\"true\">"
                    "<task id=\"inner\"/></process></definitions>"},
    {"law/term.dmn", "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"term\" namespace=\"urn:term\"><inputData id=\"n\" "
                     "name=\"n\"><variable name=\"n\" typeRef=\"number\"/></inputData><decision id=\"d\" name=\"D\"><variable name=\"D\"/>"
                     "<informationRequirement><requiredInput href=\"#n\"/></informationRequirement><literalExpression><text>n * 5</text>"
                     "</literalExpression></decision></definitions>"},
    {"clock.bpmn", MODEL("<extensionElements><gov:clock id=\"c\" rule=\"answer\" kind=\"statutory\"/></extensionElements>" START FLOW("f", "s", "a")
                         "<intermediateCatchEvent id=\"a\"><extensionElements><gov:on at=\"enter\" clock=\"c\" do=\"start\"/><gov:on at=\"leave\" "
                         "clock=\"c\" do=\"stop\"/></extensionElements><timerEventDefinition gov:clock=\"c\" gov:when=\"over\"/>"
                         "</intermediateCatchEvent>" FLOW("g", "a", "e") END)},
    {"clocks.json", "{\"limits\":\"limits.json\",\"calendar\":\"calendar.json\"}"},
    {"nowhere.json", "{\"limits\":\"limits.json\"}"},
    {"limits.json", LIMITS("answer")},
    {"others.json", LIMITS("other")},
    {"other-clocks.json", "{\"limits\":\"others.json\",\"calendar\":\"calendar.json\"}"},
    {"calendar.json", "{\"version\":\"t-1\",\"years\":[{\"year\":2026,\"holidays\":[\"2026-01-07\"],\"workdays\":[]}]}"},
    {"limit.json", "{\"limit\":\"P40D\",\"people\":4}"},
    {"list.json", "[1]"},
    {"slow.json", "[{\"element\":\"a\",\"after\":\"PT36H\"}]"},
    {"never.json", "[{\"element\":\"a\",\"after\":\"never\"}]"},
    {"fails.json", "[{\"element\":\"a\",\"fail\":\"e9\"}]"},
    {"wrong.json", "[{\"element\":\"a\",\"colour\":1}]"},
    {"stories.json", "{\"input\":{\"case_no\":\"K-1\",\"limit\":\"P40D\"},\"stories\":[{\"key\":\"usual\",\"messages\":[]},{\"key\":\"late\","
                     "\"from\":\"2027-01-01T00:00:00+08:00\",\"input\":{\"limit\":\"P2D\"},\"messages\":[{\"element\":\"a\",\"after\":\"PT36H\"}]}]}"},
};

static int
make_place(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct place *p = arena_alloc(a, 1, sizeof(*p));

    *p = (struct place){.arena = a, .folder = new_folder(a)};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct str name = str_of(files[i].name);
        if (str_find_byte(name, '/') < name.len) {
            assert_ok(file_make_folder(str_fmt(a, "%s/%.*s", p->folder, STR_ARG(str_sub(name, 0, str_find_byte(name, '/')))).ptr, err));
        }
        assert_ok(file_replace(str_fmt(a, "%s/%s", p->folder, files[i].name).ptr, str_of(files[i].content), 0600, err));
    }
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

static void
try_all(void **state, const struct tried *cases, size_t count)
{
    const struct place *p = *state;

    try_words(p->arena, p->folder, cmd_process, "process", cases, count);
}
#define TRY(state, cases) try_all(state, cases, sizeof(cases) / sizeof((cases)[0]))

static void
what_is_wrong_with_a_model_is_found_before_a_case_runs_by_it(void **state)
{
    static const struct tried cases[] = {
        {{"check", "@good.bpmn"}, 0, "good.bpmn\",\"processes\":[{\"id\":\"p\",\"name\":\"事项\",\"executable\":true,\"elements\":2}],\"errors\":0,"
                                     "\"unsound\":0,\"findings\":[]}]\n", ""},
        {{"check", "@nobody.bpmn"}, 65, "\"errors\":0,\"unsound\":1,\"findings\":[{\"rule\":\"no-assignment\",\"severity\":\"unsound\",\"line\":4,"
                                        "\"column\":3,\"tag\":\"userTask\",\"id\":\"a\"", "nobody.bpmn:4:3: unsound: userTask a: it does not say who "},
        {{"check", "@good.bpmn", "@wrong.bpmn"}, 65, "\"rule\":\"unsupported\"", "wrong.bpmn:4:1: error: complexGateway a: "},
        {{"check", "@wrong.bpmn", "@good.bpmn"}, 65, "good.bpmn\",\"processes\":[{", "error"},
        {{"check", "@broken.bpmn"}, 65, "\"rule\":\"xml\"", "broken.bpmn:1:"},
        {{"check", "@none.bpmn"}, 66, "", "none.bpmn"},
    };
    static const struct tried in_chinese[] = {
        {{"check", "@nobody.bpmn"}, 65, "\"en\":\"it does not say", "nobody.bpmn:4:3: 不可发布: userTask a: 没有写明由谁办理"},
    };

    TRY(state, cases);
    (void)setenv("LANG", "zh_CN.UTF-8", 1);
    TRY(state, in_chinese);
}

#define AT(text) "2026-01-05T09:00:00+08:00 " text "\n"

static void
a_case_runs_to_its_end_in_a_moment(void **state)
{
    static const struct tried cases[] = {
        {{"run", "@wait.bpmn", "--input", "@limit.json", "--trace"}, 0, AT("p started") AT("s entered"), ""},
        {{"run", "@wait.bpmn", "--input", "@limit.json", "--trace"}, 0, AT("a done yes") AT("a left"), ""},
        {{"run", "@wait.bpmn", "--input", "@limit.json", "--trace"}, 0, "2026-02-14T09:00:00+08:00 p ended\n", ""},
        {{"run", "@wait.bpmn", "--input", "@limit.json", "--messages", "@slow.json", "--trace"}, 0, "2026-01-06T21:00:00+08:00 a done yes\n", ""},
        {{"run", "@wait.bpmn", "--input", "@limit.json", "--from", "2027-01-01T00:00:00+08:00", "--trace"}, 0, "2027-02-10T00:00:00+08:00 p ended", ""},
        {{"run", "@wait.bpmn", "--input", "@limit.json"}, 0, "{\"time\":\"2026-02-14T09:00:00+08:00\",\"steps\":3,\"instances\":[{", ""},
        {{"run", "@wait.bpmn", "--story", "@stories.json", "--named", "usual", "--trace"}, 0, "2026-02-14T09:00:00+08:00 p ended\n", ""},
        {{"run", "@wait.bpmn", "--story", "@stories.json", "--named", "usual"}, 0, "\"business_key\":\"K-1\"", ""},
        {{"run", "@wait.bpmn", "--story", "@stories.json", "--named", "late", "--trace"}, 0, "2027-01-02T12:00:00+08:00 a done yes\n", ""},
        {{"run", "@wait.bpmn", "--story", "@stories.json", "--named", "late", "--trace"}, 0, "2027-01-04T12:00:00+08:00 p ended\n", ""},
        {{"run", "@wait.bpmn", "--story", "@stories.json", "--named", "never", "--trace"}, 66, "", "tells no story never"},
        {{"run", "@wait.bpmn", "--story", "@limit.json", "--trace"}, 66, "", "tells no story"},
        {{"run", "@rule.bpmn", "--input", "@limit.json", "--rules", "@law"}, 0, "\"days\":20", ""},
        {{"run", "@rule.bpmn", "--input", "@limit.json", "--rules", "@law", "--trace"}, 0, AT("inner entered"), ""},
        {{"run", "@clock.bpmn", "--clock", "@clocks.json", "--trace"}, 0, AT("c clock start"), ""},
        {{"run", "@clock.bpmn", "--clock", "@clocks.json", "--trace"}, 0,
         "2026-01-10T00:00:00+08:00 c clock over\n2026-01-10T00:00:00+08:00 a caught c\n", ""},
    };

    TRY(state, cases);
}

static void
a_case_that_does_not_come_to_its_end_says_where_it_stands(void **state)
{
    static const struct tried cases[] = {
        {{"run", "@wait.bpmn", "--input", "@limit.json", "--messages", "@never.json"}, 65, "\"state\":\"running\"", "the case stands at a (task)"},
        {{"run", "@wait.bpmn", "--messages", "@fails.json"}, 65, "\"state\":\"failed\"", "the case failed: e9"},
        {{"run", "@wait.bpmn"}, 65, "", "the case stands at b (incident "},
        {{"run", "@rule.bpmn", "--input", "@limit.json", "--trace"}, 65, " a gives up ", "the case stands at a (incident "},
        {{"run", "@clock.bpmn", "--trace"}, 65, AT("c clock start"), "the case stands at a (clock c)"},
        {{"run", "@clock.bpmn", "--clock", "@other-clocks.json"}, 66, "", "clock c: there is no limit answer on that day"},
        {{"run", "@clock.bpmn", "--clock", "@nowhere.json"}, 65, "", "nowhere.json: it names a file of calendar"},
        {{"run", "@wrong.bpmn"}, 65, "", "wrong.bpmn:4:1: error: complexGateway a: "},
        {{"run", "@none.bpmn"}, 66, "", "none.bpmn"},
        {{"run", "@good.bpmn", "--process", "q"}, 66, "", "there is no process q"},
        {{"run", "@good.bpmn", "--input", "@list.json"}, 65, "", "variables are a JSON object"},
        {{"run", "@good.bpmn", "--messages", "@wrong.json"}, 65, "", "entry 1 of the script: colour is not known there"},
        {{"run", "@good.bpmn", "--from", "soon"}, 65, "", "process run: "},
    };
    static const struct tried in_chinese[] = {
        {{"run", "@wait.bpmn", "--input", "@limit.json", "--messages", "@never.json"}, 65, "", "办件停在 a（task）"},
    };

    TRY(state, cases);
    (void)setenv("LANG", "zh_CN.UTF-8", 1);
    TRY(state, in_chinese);
}

static void
every_word_explains_itself(void **state)
{
    static const struct tried cases[] = {
        {{"--help"}, 0, "usage: zhengtong process COMMAND", ""},
        {{"check", "--help"}, 0, "usage: zhengtong process check", ""},
        {{"run", "--help"}, 0, "usage: zhengtong process run", ""},
        {{"run"}, 64, "", "usage: zhengtong process run"},
        {{"run", "@good.bpmn", "@good.bpmn"}, 64, "", "is not an option here"},
        {{"check"}, 64, "", "usage: zhengtong process check"},
        {{"check", "--nonsense"}, 64, "", "process check: --nonsense is not an option here"},
        {{NULL}, 64, "", "usage: zhengtong process COMMAND"},
        {{"guess"}, 64, "", "usage: zhengtong process COMMAND"},
    };

    TRY(state, cases);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_model_is_found_before_a_case_runs_by_it, make_place, leave_place),
        cmocka_unit_test_setup_teardown(a_case_runs_to_its_end_in_a_moment, make_place, leave_place),
        cmocka_unit_test_setup_teardown(a_case_that_does_not_come_to_its_end_says_where_it_stands, make_place, leave_place),
        cmocka_unit_test_setup_teardown(every_word_explains_itself, make_place, leave_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
