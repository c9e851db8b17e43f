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

static const struct {
    const char *name, *content;
} files[] = {
    {"good.bpmn", MODEL(START FLOW("f", "s", "e") END)},
    {"nobody.bpmn", MODEL(START FLOW("f", "s", "a") "\n  <userTask id=\"a\"/>" FLOW("g", "a", "e") END)},
    {"wrong.bpmn", MODEL(START FLOW("f", "s", "a") "\n<complexGateway id=\"a\"/>" FLOW("g", "a", "e") END)},
    {"broken.bpmn", "<definitions"},
};

static int
make_place(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct place *p = arena_alloc(a, 1, sizeof(*p));

    *p = (struct place){.arena = a, .folder = new_folder(a)};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
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

static void
every_word_explains_itself(void **state)
{
    static const struct tried cases[] = {
        {{"--help"}, 0, "usage: zhengtong process COMMAND", ""},
        {{"check", "--help"}, 0, "usage: zhengtong process check", ""},
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
        cmocka_unit_test_setup_teardown(every_word_explains_itself, make_place, leave_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
