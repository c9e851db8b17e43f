#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "main/command.h"

enum { WORDS_MAX = 8, SAID_MAX = 4096 };

struct given {
    const char *dir;
    const char *name;
    bool json;
};

/*
 * options_read over these words behind "zhengtong test"; what it wrote to standard error goes to
 * said.
 */
static bool
read_words(const char *const words[WORDS_MAX], struct given *g, char said[SAID_MAX])
{
    const struct option_spec specs[] = {
        {"--dir", &g->dir, NULL}, {"--name", &g->name, NULL}, {"--json", NULL, &g->json}};
    char *argv[WORDS_MAX + 1] = {(char *)(uintptr_t) "test"};
    int ends[2], kept, argc = 1;
    ssize_t len;
    bool good;

    while (words[argc - 1] != NULL) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
        argc++;
    }
    *g = (struct given){NULL, NULL, false};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    kept = dup(STDERR_FILENO);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    (void)close(ends[1]);
    good = options_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]));
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    (void)close(kept);
    len = read(ends[0], said, SAID_MAX - 1);
    assert_true(len >= 0);
    said[len] = '\0';
    (void)close(ends[0]);
    return good;
}

static void
options_are_taken_in_any_order(void **state)
{
    struct given g;
    char said[SAID_MAX];

    (void)state;
    assert_true(read_words((const char *const[WORDS_MAX]){NULL}, &g, said));
    assert_true(g.dir == NULL && g.name == NULL && !g.json);
    assert_true(read_words((const char *const[WORDS_MAX]){"--json", "--name", "a", "--dir", "/x"},
                           &g, said));
    assert_string_equal(g.dir, "/x");
    assert_string_equal(g.name, "a");
    assert_true(g.json);
    assert_string_equal(said, "");
    /* The last one counts; a value may look like an option or be empty. */
    assert_true(read_words((const char *const[WORDS_MAX]){"--dir", "/x", "--dir", "--json",
                                                          "--name", ""}, &g, said));
    assert_string_equal(g.dir, "--json");
    assert_string_equal(g.name, "");
    assert_false(g.json);
}

static void
what_is_no_option_is_told_in_a_sentence(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        const char *says;
    } cases[] = {
        {{"--folder", "/x"}, "zhengtong test: --folder is not an option here (try --help)\n"},
        {{"/x"}, "zhengtong test: /x is not an option here (try --help)\n"},
        {{"--dir"}, "zhengtong test: --dir needs a value\n"},
        {{"--json", "--name"}, "zhengtong test: --name needs a value\n"},
        {{"--di", "/x"}, "zhengtong test: --di is not an option here (try --help)\n"},
        {{"--dir=/x"}, "zhengtong test: --dir=/x is not an option here (try --help)\n"},
        {{""}, "zhengtong test:  is not an option here (try --help)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct given g;
        char said[SAID_MAX];
        assert_false(read_words(cases[i].words, &g, said));
        assert_string_equal(said, cases[i].says);
    }
}

static void
every_command_explains_itself_and_refuses_what_it_does_not_know(void **state)
{
    static int (*const commands[])(int argc, char **argv) = {
        cmd_serve, cmd_demo, cmd_verify, cmd_backup, cmd_restore, cmd_key, cmd_check_config};
    char *help[] = {(char *)(uintptr_t) "command", (char *)(uintptr_t) "--help", NULL};
    char *wrong[] = {(char *)(uintptr_t) "command", (char *)(uintptr_t) "--no-such-thing",
                     (char *)(uintptr_t) "x", NULL};
    char *none[] = {(char *)(uintptr_t) "command", NULL};
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), sink = open("/dev/null",
            O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_true(out >= 0 && err >= 0 && sink >= 0);
    (void)fflush(NULL);
    (void)dup2(sink, STDOUT_FILENO);
    (void)dup2(sink, STDERR_FILENO);
    int statuses[3][sizeof(commands) / sizeof(commands[0])];
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        statuses[0][i] = commands[i](2, help);
        statuses[1][i] = commands[i](3, wrong);
        statuses[2][i] = commands[i] == cmd_demo ? 64 : commands[i](1,
                                                                    none); /* demo alone starts a city */
    }
    (void)fflush(NULL);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(err, STDERR_FILENO);
    (void)close(out);
    (void)close(err);
    (void)close(sink);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        assert_int_equal(statuses[0][i], 0);
        assert_int_equal(statuses[1][i], 64);
        assert_int_equal(statuses[2][i], 64);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_taken_in_any_order),
        cmocka_unit_test(what_is_no_option_is_told_in_a_sentence),
        cmocka_unit_test(every_command_explains_itself_and_refuses_what_it_does_not_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
