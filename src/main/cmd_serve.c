#include <stdio.h>

#include "main/command.h"
#include "main/settings.h"
#include "main/supervise.h"

enum { SETTINGS_ARENA = 1 << 20 };

static int
help(void)
{
    (void)printf("usage: zhengtong serve --config FILE [--ready-fd N]\n\n"
                 "Runs a node: a parent that binds the ports, a signer that holds the keys, a worker\n"
                 "that serves.  SIGTERM or Ctrl-C ends all three in good order;\n"
                 "SIGHUP lets it look at the directory's file again and take up a newer one.\n"
                 "--ready-fd: write a byte there each time the node serves.\n");
    return 0;
}

int
cmd_serve(int argc, char **argv)
{
    const char *config = NULL, *ready = NULL;
    bool wants_help = false;
    const struct option_spec specs[] = {{"--config", &config, NULL},
                                        {"--ready-fd", &ready, NULL},
                                        {"--help", NULL, &wants_help}};
    struct arena *a;
    struct settings settings;
    struct err err;
    int64_t ready_fd = -1;
    enum rc rc;

    if (!options_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]))) {
        return 64;
    }
    if (wants_help) {
        return help();
    }
    if (config == NULL || (ready != NULL && !str_to_int(str_of(ready), &ready_fd))) {
        (void)fprintf(stderr, "zhengtong serve: --config FILE is needed (try --help)\n");
        return 64;
    }
    a = arena_new(SETTINGS_ARENA);
    if ((rc = settings_read(a, config, &settings, &err)) == RC_OK) {
        rc = supervise(&settings, (int)ready_fd, &err);
    }
    if (rc != RC_OK) {
        (void)command_failed("serve", rc, &err);
    }
    arena_free(a);
    return rc_exit(rc);
}

int
cmd_check_config(int argc, char **argv)
{
    struct arena *a;
    struct settings settings;
    struct str text;
    struct buf out;
    struct err err;
    enum rc rc;

    if (argc != 2 || str_eq(str_of(argv[1]), STR("--help"))) {
        (void)printf("usage: zhengtong check-config FILE\n\n"
                     "Says what the configuration means, with every key, its default and its meaning,\n"
                     "as JSON; exit status 0 if a node could start with it.\n");
        return argc == 2 ? 0 : 64;
    }
    a = arena_new(SETTINGS_ARENA * 4);
    if ((rc = settings_read(a, argv[1], &settings, &err)) == RC_OK) {
        buf_init(&out, a, SETTINGS_ARENA);
        json_write_pretty(&out, settings_document(a, &settings));
        if ((rc = buf_finish(&out, &text, &err)) == RC_OK) {
            (void)printf("%.*s\n", STR_ARG(text));
        }
    }
    if (rc != RC_OK) {
        (void)command_failed("check-config", rc, &err);
    }
    arena_free(a);
    return rc_exit(rc);
}
