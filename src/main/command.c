#include "main/command.h"

#include <stdio.h>
#include <string.h>

static bool
option_take(int argc, char **argv, int *i, const struct option_spec *spec)
{
    if (spec->flag != NULL) {
        *spec->flag = true;
        return true;
    }
    if (*i + 1 >= argc) {
        (void)fprintf(stderr, "zhengtong %s: %s needs a value\n", argv[0], spec->name);
        return false;
    }
    *spec->value = argv[++*i];
    return true;
}

bool
options_and_words_read(int argc, char **argv, const struct option_spec *specs, size_t count,
                       struct option_words *words)
{
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        while (k < count && strcmp(argv[i], specs[k].name) != 0) {
            k++;
        }
        if (k == count && strncmp(argv[i], "--", 2) != 0 && words->count < words->max) {
            words->list[words->count++] = argv[i];
            continue;
        }
        if (k == count) {
            (void)fprintf(stderr, "zhengtong %s: %s is not an option here (try --help)\n", argv[0],
                          argv[i]);
            return false;
        }
        if (!option_take(argc, argv, &i, &specs[k])) {
            return false;
        }
    }
    return true;
}

bool
options_read(int argc, char **argv, const struct option_spec *specs, size_t count)
{
    struct option_words none = {.max = 0};

    return options_and_words_read(argc, argv, specs, count, &none);
}

int
command_failed(const char *command, enum rc rc, const struct err *err)
{
    (void)fprintf(stderr, "zhengtong %s: %s\n", command, err->text);
    return rc_exit(rc);
}
