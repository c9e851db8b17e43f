#include "main/test_command.h"

enum { ROOM = 16 << 20 };

struct place {
    struct arena *arena;
    const char *folder;
};

static const struct {
    const char *name, *content;
} files[] = {
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

static int
make_place(void **state)
{
    struct arena *a = arena_new(ROOM);
    struct place *p = arena_alloc(a, 1, sizeof(*p));

    *p = (struct place){.arena = a, .folder = new_folder(a)};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *path = str_fmt(a, "%s/%s", p->folder, files[i].name).ptr;
        assert_ok(file_replace(path, str_of(files[i].content), 0600, err));
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

/* A case: the words behind "rule", of which those that end in .json are files of the place, and what comes of them. */
struct tried {
    const char *words[6];
    int status;
    const char *said, *failure; /* what standard output and standard error have in them */
};

static void
try_all(struct place *p, const struct tried *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct tried *c = &cases[i];
        const char *words[9] = {NULL};
        for (size_t k = 0; k < 6 && c->words[k] != NULL; k++) {
            bool is_file = str_ends(str_of(c->words[k]), STR(".json"));
            words[k] = is_file ? str_fmt(p->arena, "%s/%s", p->folder, c->words[k]).ptr : c->words[k];
        }
        struct answer answer = run_command(p->arena, cmd_rule, "rule", words);
        assert_says(answer, c->status, c->said);
        assert_fails(answer, c->status, c->failure);
        assert_true(c->failure[0] != '\0' || answer.failure.len == 0);
    }
}

#define TRY(p, cases) try_all(p, cases, sizeof(cases) / sizeof(cases[0]))

static void
an_expression_has_a_value_in_json(void **state)
{
    static const struct tried cases[] = {
        {{"eval", "--feel", "1 + 2 * 3"}, 0, "7\n", ""},
        {{"eval", "--feel", "{a: \"x\", b: [1.5, date(\"2026-11-28\")]}"}, 0,
         "{\"a\":\"x\",\"b\":[1.5,\"2026-11-28\"]}\n", ""},
        {{"eval", "--context", "facts.json", "--feel", "if age > 60 then first name else null"}, 0, "\"张\"\n", ""},
        {{"eval", "--context", "facts.json", "--feel", "sum(for g in goods return g.unit price * g.n)"}, 0, "8", ""},
        {{"eval", "--feel", "1 / 0"}, 0, "null\n", "note: line 1, character 3: division by zero\n"},
        {{"eval", "--feel", "1 +\n * 2"}, 65, "", "rule eval: line 2, character 2: expected a value, found *"},
        {{"eval", "--feel", "count(for i in 1..100000 return for k in 1..100000 return i)"}, 70, "", "zhengtong rule eval: "},
        {{"eval", "--context", "list.json", "--feel", "1"}, 65, "", "a context is a JSON object"},
        {{"eval", "--context", "broken.json", "--feel", "1"}, 65, "", "broken.json: "},
        {{"eval", "--context", "none.json", "--feel", "1"}, 66, "", "none.json"},
    };

    TRY(*state, cases);
}

static void
what_people_read_is_in_the_language_of_the_environment(void **state)
{
    static const struct tried cases[] = {
        {{"eval", "--feel", "1 / 0"}, 0, "null\n", "说明：第 1 行第 3 个字符：除数为零\n"},
        {{"eval", "--feel", "1 + * 2"}, 65, "", "看到的是 *"},
    };

    (void)setenv("LANG", "zh_CN.UTF-8", 1);
    TRY(*state, cases);
    (void)setenv("LC_ALL", "C", 1);
    TRY(*state, ((const struct tried[]){{{"eval", "--feel", "1 / 0"}, 0, "null\n", "note: line 1"}}));
}

static void
documents_are_checked_with_the_schemas_beside_theirs(void **state)
{
    static const struct tried cases[] = {
        {{"schema", "form.json", "good.json"}, 0, "\"valid\":true,\"errors\":[]}]\n", ""},
        {{"schema", "form.json", "good.json", "bad.json"}, 65,
         "\"valid\":false,\"errors\":[{\"path\":\"\",\"missing\":\"name\",\"schema_path\":\"#/required\",\"zh\":\"“姓名”没有填写，请补充。\"", ""},
        {{"schema", "form.json", "bad.json"}, 65, "{\"path\":\"/home\",\"schema_path\":\"file:///schema/address.json#/type\"", ""},
        {{"schema", "form.json", "bad.json"}, 65, "\"path\":\"/born\"", ""},
        {{"schema", "lost.json", "good.json"}, 65, "", "rule schema: schema: refers to a document that is not here, at #/$ref"},
        {{"schema", "form.json", "none.json"}, 66, "", "none.json"},
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
every_word_explains_itself(void **state)
{
    static const struct tried cases[] = {
        {{"--help"}, 0, "usage: zhengtong rule COMMAND", ""},
        {{"eval", "--help"}, 0, "usage: zhengtong rule eval", ""},
        {{"schema", "--help"}, 0, "usage: zhengtong rule schema", ""},
        {{NULL}, 64, "", "usage: zhengtong rule COMMAND"},
        {{"guess"}, 64, "", "usage: zhengtong rule COMMAND"},
        {{"eval"}, 64, "", "usage: zhengtong rule eval"},
        {{"eval", "--feel", "1", "2"}, 64, "", "zhengtong rule eval: 2 is not an option here"},
        {{"schema", "form.json"}, 64, "", "usage: zhengtong rule schema"},
        {{"schema", "--nonsense", "form.json"}, 64, "", "rule schema: --nonsense is not an option here"},
    };

    TRY(*state, cases);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_expression_has_a_value_in_json, make_place, leave_place),
        cmocka_unit_test_setup_teardown(what_people_read_is_in_the_language_of_the_environment, make_place, leave_place),
        cmocka_unit_test_setup_teardown(documents_are_checked_with_the_schemas_beside_theirs, make_place, leave_place),
        cmocka_unit_test_setup_teardown(every_word_explains_itself, make_place, leave_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
