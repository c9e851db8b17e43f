#include <stdio.h>

#include "main/command.h"
#include "main/settings.h"
#include "store/backup.h"

enum { SETTINGS_ARENA = 1 << 20 };

static struct store_config
config_of(const struct settings *s)
{
    return (struct store_config){
        .where = s->store, .readers = 1, .queue_max = 16, .busy_ms = 5000};
}

static enum rc
back_up(const struct settings *s, const char *to, struct backup_figures *figures, struct err *err)
{
    struct store_config config = config_of(s);
    struct store *store;
    enum rc rc = store_open(&config, &store, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = store_backup(store, to, figures, err);
    store_close(store);
    return rc;
}

static enum rc
bring_back(const struct settings *s, const char *from, struct backup_figures *figures,
           struct err *err)
{
    struct store_config config = config_of(s);

    return store_restore(&config, from, figures, err);
}

typedef enum rc (*copy_fn)(const struct settings *s, const char *path,
                           struct backup_figures *figures, struct err *err);

static int
run(int argc, char **argv, const char *option, copy_fn copy, const char *help)
{
    const char *config = NULL, *path = NULL;
    bool wants_help = false;
    const struct option_spec specs[] = {
        {"--config", &config, NULL}, {option, &path, NULL}, {"--help", NULL, &wants_help}};
    struct backup_figures figures;
    struct settings settings;
    struct arena *a;
    struct err err;
    enum rc rc;

    if (!options_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]))) {
        return 64;
    }
    if (wants_help || config == NULL || path == NULL) {
        (void)printf("usage: zhengtong %s --config FILE %s FILE\n\n%s", argv[0], option, help);
        return wants_help ? 0 : 64;
    }
    a = arena_new(SETTINGS_ARENA);
    if ((rc = settings_read(a, config, &settings, &err)) == RC_OK &&
        (rc = copy(&settings, path, &figures, &err)) == RC_OK) {
        (void)printf("{\"tables\":%lld,\"rows\":%lld}\n", (long long)figures.tables,
                     (long long)figures.rows);
    }
    if (rc != RC_OK) {
        (void)command_failed(argv[0], rc, &err);
    }
    arena_free(a);
    return rc_exit(rc);
}

int
cmd_backup(int argc, char **argv)
{
    return run(argc, argv, "--to", back_up,
               "A whole, checked copy of a stopped node's store in one file, with a digest of every\n"
               "table.  A running node is copied by its operator: POST /operator/backup.\n");
}

int
cmd_restore(int argc, char **argv)
{
    return run(argc, argv, "--from", bring_back,
               "Checks a copy and brings it back into a node's empty store, of either kind; refuses to\n"
               "touch a store that holds data.\n");
}
