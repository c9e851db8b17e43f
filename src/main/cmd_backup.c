#include <stdio.h>

#include "base/file.h"
#include "main/command.h"
#include "main/settings.h"
#include "service/material.h"
#include "store/backup.h"

enum { SETTINGS_ARENA = 1 << 20 };

/* What a copy is made of: the store's rows, and the files beside them. */
struct figures {
    struct backup_figures rows;
    struct material_figures files;
};

static struct store_config
config_of(const struct settings *s)
{
    return (struct store_config){
        .where = s->store, .readers = 1, .queue_max = 16, .busy_ms = 5000};
}

static enum rc
back_up(const struct settings *s, const struct materials *m, const char *to, struct figures *out,
        struct err *err)
{
    struct store_config config = config_of(s);
    struct store *store;
    enum rc rc = store_open(&config, &store, err);

    if (rc != RC_OK) {
        return rc;
    }
    rc = material_back_up(m, store, to, clock_now_us(&clock_system), &out->rows, &out->files, err);
    store_close(store);
    return rc;
}

static enum rc
bring_back(const struct settings *s, const struct materials *m, const char *from,
           struct figures *out, struct err *err)
{
    struct store_config config = config_of(s);

    return material_bring_back(m, &config, from, clock_now_us(&clock_system), &out->rows,
                               &out->files, err);
}

typedef enum rc (*copy_fn)(const struct settings *s, const struct materials *m, const char *path,
                           struct figures *out, struct err *err);

/* The vault's keys open the materials, so that each is checked on its way. */
static enum rc
with_vault(struct arena *a, const struct settings *s, copy_fn copy, const char *path,
           struct figures *out, struct err *err)
{
    struct materials m = {.folder = str_c(a, str_fmt(a, "%s/materials", s->data))};
    struct vault *vault;
    struct json *keys;
    struct str text;
    enum rc rc;

    if ((rc = file_read(a, s->vault_file, SETTINGS_ARENA, &text, err)) != RC_OK ||
        (rc = json_parse(a, text, JSON_UNIQUE, &keys, err)) != RC_OK ||
        (rc = vault_open_keys(keys, &vault, err)) != RC_OK) {
        return rc;
    }
    m.vault = vault;
    rc = copy(s, &m, path, out, err);
    vault_free(vault);
    return rc;
}

static int
run(int argc, char **argv, const char *option, copy_fn copy, const char *help)
{
    const char *config = NULL, *path = NULL;
    bool wants_help = false;
    const struct option_spec specs[] = {
        {"--config", &config, NULL}, {option, &path, NULL}, {"--help", NULL, &wants_help}};
    struct figures figures;
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
        (rc = with_vault(a, &settings, copy, path, &figures, &err)) == RC_OK) {
        (void)printf("{\"tables\":%lld,\"rows\":%lld,\"materials\":%lld,\"material_bytes\":%lld}\n",
                     (long long)figures.rows.tables, (long long)figures.rows.rows,
                     (long long)figures.files.files, (long long)figures.files.bytes);
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
               "A whole, checked copy of a stopped node: its store in FILE, with a digest of every table,\n"
               "and the materials that it names in FILE.materials, sealed as they are.  The vault's keys\n"
               "are not in it: keep them elsewhere, nothing opens without them.  A running node is copied\n"
               "by its operator: POST /operator/backup.\n");
}

int
cmd_restore(int argc, char **argv)
{
    return run(argc, argv, "--from", bring_back,
               "Checks a copy, file by file, and brings it back into a node's empty store, of either kind;\n"
               "refuses to touch a store that holds data.  Needs the vault's keys.\n");
}
