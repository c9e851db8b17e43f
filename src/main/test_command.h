/*
 * test_command - a command run in the process of its test, and what it wrote.
 */
#ifndef MAIN_TEST_COMMAND_H
#define MAIN_TEST_COMMAND_H

#include "evidence/test_log.h"

#include <fcntl.h>

#include "main/command.h"

struct answer {
    int status;
    struct str said;    /* standard output */
    struct str failure; /* standard error */
};

SHARED int
divert(const char *path, int fd)
{
    int kept = dup(fd), file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(kept >= 0 && file >= 0);
    assert_int_equal(dup2(file, fd), fd);
    (void)close(file);
    return kept;
}

/* Runs command under that name with up to eight more words; NULL ends them. */
SHARED struct answer
run_command(struct arena *a, int (*command)(int argc, char **argv), const char *name, const char *const words[9])
{
    const char *folder = new_folder(a);
    const char *out = str_fmt(a, "%s/out", folder).ptr, *failed = str_fmt(a, "%s/err", folder).ptr;
    char *argv[10] = {NULL};
    struct answer answer = {.status = -1};
    int argc = 0, kept_out, kept_failed;

    argv[argc++] = (char *)(uintptr_t)name;
    while (words[argc - 1] != NULL) {
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
        argc++;
    }
    (void)fflush(NULL);
    kept_out = divert(out, STDOUT_FILENO);
    kept_failed = divert(failed, STDERR_FILENO);
    answer.status = command(argc, argv);
    (void)fflush(NULL);
    (void)dup2(kept_out, STDOUT_FILENO);
    (void)dup2(kept_failed, STDERR_FILENO);
    (void)close(kept_out);
    (void)close(kept_failed);
    answer.said = read_all(a, folder, "out");
    answer.failure = read_all(a, folder, "err");
    remove_folder(folder);
    return answer;
}

SHARED void
assert_says(struct answer answer, int status, const char *part)
{
    if (answer.status != status || !str_has(answer.said, str_of(part))) {
        fail_msg("status %d, not %d, or no \"%s\" in: %.*s%.*s", answer.status, status, part,
                 STR_ARG(answer.said), STR_ARG(answer.failure));
    }
}

SHARED void
assert_fails(struct answer answer, int status, const char *part)
{
    if (answer.status != status || !str_has(answer.failure, str_of(part))) {
        fail_msg("status %d, not %d, or no \"%s\" in: %.*s%.*s", answer.status, status, part,
                 STR_ARG(answer.said), STR_ARG(answer.failure));
    }
}

/* A case: the words behind the command, of which those with an @ are in the folder, and what comes of them. */
struct tried {
    const char *words[8];
    int status;
    const char *said, *failure; /* what standard output and standard error have in them */
};

SHARED void
try_words(struct arena *a, const char *folder, int (*command)(int argc, char **argv), const char *name, const struct tried *cases,
          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct tried *c = &cases[i];
        const char *words[9] = {NULL};
        for (size_t k = 0; k < 8 && c->words[k] != NULL; k++) {
            bool is_there = c->words[k][0] == '@';
            words[k] = is_there ? str_fmt(a, "%s/%s", folder, c->words[k] + 1).ptr : c->words[k];
        }
        struct answer answer = run_command(a, command, name, words);
        assert_says(answer, c->status, c->said);
        assert_fails(answer, c->status, c->failure);
        assert_true(c->failure[0] != '\0' || answer.failure.len == 0);
    }
}

#endif
