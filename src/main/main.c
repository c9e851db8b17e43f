/*
 * zhengtong - one program: the command line is this table.
 */
#include <stdio.h>

#include "main/command.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *says;
};

static const struct command commands[] = {
    {"serve", cmd_serve, "run a node: serve --config FILE"},
    {"demo", cmd_demo, "make and run the demo city: demo [--dir DIR] [--story NAME] [--json]"},
    {"verify", cmd_verify, "check a log without asking anyone: verify --log DIR|URL [--act ID]"},
    {"backup", cmd_backup, "copy a node's store into one checked file: backup --config FILE --to FILE"},
    {"restore", cmd_restore, "check a copy and bring it back: restore --config FILE --from FILE"},
    {"key", cmd_key, "make the keys of a new node: key --dir DIR --name NAME"},
    {"rule", cmd_rule, "calculate what law says: rule eval|dmn|test|check|schema"},
    {"process", cmd_process, "check and try process models, try a migration: process check|run|migrate"},
    {"calendar", cmd_calendar, "look at working days: calendar check FILE | due --from DAY --limit KEY"},
    {"archive", cmd_archive, "check closed cases that have left a store: archive check MANIFEST [--key KEY]"},
    {"check-config", cmd_check_config, "say what a configuration means: check-config FILE"},
};

static int
usage(FILE *out)
{
    (void)fprintf(out, "usage: zhengtong COMMAND [OPTION]...\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        (void)fprintf(out, "  %-13s %s\n", commands[i].name, commands[i].says);
    }
    (void)fprintf(out, "\nEach command explains itself with --help.\n");
    return out == stdout ? 0 : 64;
}

int
main(int argc, char **argv)
{
    struct str name = argc > 1 ? str_of(argv[1]) : STR("");

    if (str_eq(name, STR("--help")) || str_eq(name, STR("help"))) {
        return usage(stdout);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (str_eq(name, str_of(commands[i].name))) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return usage(stderr);
}
