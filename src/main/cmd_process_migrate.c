/*
 * process migrate - a plan of migration tried on a node's open cases, beside the running node and without changing anything.
 *
 * Cases themselves are moved by the node alone, when somebody who may asks it to: it is the one writer of its store, and with each case go its
 * worklist, its clocks and its log.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "main/cmd_process_int.h"
#include "main/settings.h"
#include "process/migration_run.h"
#include "process/runtime.h"

enum { KEYS_MAX = 1 << 20 };

static const char help[] =
    "usage: zhengtong process migrate PLAN --config FILE [--dry-run]\n\n"
    "Tries a plan by which running cases would be moved to another version of their process, on all\n"
    "open cases of the node.  The report is JSON on standard output; the same in a table goes to\n"
    "standard error.  Nothing is changed, and the node may run meanwhile.\n\n"
    "  PLAN           the plan, a JSON file: source, target, elements, variables, clocks, basis\n"
    "  --config FILE  the configuration of the node\n"
    "  --dry-run      only try it.  Without it the report says whether the plan was consented to and\n"
    "                 under which number; one that was not is refused.  The node moves the cases\n"
    "                 (POST /api/processes/KEY/migrations/NUMBER/run)\n"
    "  --help         this text\n\n"
    "Status: 0 every open case can be moved; 75 some cannot, or nobody has consented; 65 the plan does\n"
    "not fit the two versions; 66 there is no such file, process or version; 74 the store could not be\n"
    "read.\n";

/* What the command opens, in that order. */
struct bench {
    struct rule_desk *d;
    struct settings settings;
    struct vault *vault;
    struct store *store;
    struct rulings *rulings;
    struct modelbook *book;
    struct runtime *runtime;
    struct db db;
};

/* --- opening ---------------------------------------------------------------------------------------------------------- */

static const struct bpmn *
find_model(void *ctx, struct str key, int64_t version)
{
    return modelbook_find(ctx, key, version);
}

static enum rc
load_model(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err)
{
    return modelbook_load(ctx, db, key, version, err);
}

static enum rc
bind_models(void *ctx, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day, const struct modelbook_bound **out,
            size_t *count, struct err *err)
{
    return modelbook_bind_version(ctx, db, a, key, version, day, out, count, err);
}

/* Nothing is done here that could fail and be tried again. */
static struct runtime_backoff
no_backoff(void *ctx, const struct bpmn *model, uint32_t element, struct str type)
{
    (void)ctx, (void)model, (void)element, (void)type;
    return (struct runtime_backoff){.tries = 1, .first_us = 1, .most_us = 1, .factor = 1};
}

static enum rc
open_store(struct bench *b, const char *config, struct err *err)
{
    struct store_config store = {.readers = 1, .busy_ms = 5000, .reading_only = true};
    struct json *keys;
    struct str text;
    enum rc rc;

    if ((rc = settings_read(b->d->arena, config, &b->settings, err)) != RC_OK ||
        (rc = file_read(b->d->arena, b->settings.vault_file, KEYS_MAX, &text, err)) != RC_OK ||
        (rc = json_parse(b->d->arena, text, JSON_UNIQUE, &keys, err)) != RC_OK || (rc = vault_open_keys(keys, &b->vault, err)) != RC_OK) {
        return rc;
    }
    store.where = b->settings.store;
    rc = store_open(&store, &b->store, err);
    b->db.store = b->store;
    return rc;
}

static enum rc
open_bench(struct bench *b, const char *config, struct err *err)
{
    enum rc rc = open_store(b, config, err);
    const struct rulings_config rulings = {.vault = b->vault, .zones_folder = ZONE_FOLDER, .offset_minutes = b->settings.offset_minutes, .threads = 1};

    if (rc != RC_OK || (rc = rulings_new(&rulings, &b->rulings, err)) != RC_OK || (rc = modelbook_open(b->rulings, &b->book, err)) != RC_OK) {
        return rc;
    }
    const struct runtime_config runtime = {
        .vault = b->vault,
        .engine = {.run = b->d->run, .zones = b->d->zones, .offset_seconds = b->settings.offset_minutes * 60},
        .ctx = b->book,
        .find = find_model,
        .load = load_model,
        .backoff = no_backoff,
        .lease_max_us = 1,
    };
    return runtime_open(&runtime, &b->runtime, err);
}

static void
close_bench(struct bench *b)
{
    runtime_close(b->runtime);
    modelbook_close(b->book);
    rulings_free(b->rulings);
    store_close(b->store);
    vault_free(b->vault);
}

/* --- the report for people ---------------------------------------------------------------------------------------------- */

static long long
number(const struct json *j, const char *name)
{
    return (long long)json_int_or(j, name, 0);
}

static void
say_reason(const struct rule_desk *d, const struct json *r)
{
    struct str says = json_str(r, d->is_chinese ? "zh" : "en"), element = json_str(r, "element");

    (void)fprintf(stderr, "  %6lld  %-24.*s %.*s (", number(r, "count"), STR_ARG(element), STR_ARG(says));
    for (const struct json *s = json_get(r, "samples")->first; s != NULL; s = s->next) {
        (void)fprintf(stderr, "%.*s%s", STR_ARG(s->text), s->next != NULL ? ", " : "");
    }
    (void)fprintf(stderr, "%s)\n", number(r, "count") > MIGRATION_SAMPLES ? ", …" : "");
}

static void
say_report(const struct rule_desk *d, const struct json *report)
{
    struct str key = json_str(report, "key");

    (void)fprintf(stderr,
                  d->is_chinese ? "%.*s 第 %lld 版改为第 %lld 版：在办 %lld 件，可以改 %lld 件，不能改 %lld 件，正在变动 %lld 件\n"
                                : "%.*s %lld to %lld: %lld open cases, %lld can be moved, %lld cannot, %lld were changing\n",
                  STR_ARG(key), number(report, "source"), number(report, "target"), number(report, "open"), number(report, "can"),
                  number(report, "cannot"), number(report, "busy"));
    for (const struct json *r = json_get(report, "reasons")->first; r != NULL; r = r->next) {
        say_reason(d, r);
    }
}

/* --- the command -------------------------------------------------------------------------------------------------------- */

/* Into the report: under which number it was consented to. */
static enum rc
check_consent(struct bench *b, const struct migration_ready *ready, struct json *report, bool is_dry, struct err *err)
{
    struct arena *a = b->d->arena;
    int64_t consented = 0;
    enum rc rc = migration_consented(&b->db, rule_id(a, RULE_BPMN, ready->plan.key), ready->sha256, &consented, err);

    json_set_int(a, report, "consented", consented);
    if (rc != RC_OK || is_dry) {
        return rc;
    }
    if (consented == 0) {
        return err_problem(err, RC_CONFLICT, "not-consented", "nobody has consented to this plan; propose it first, or give --dry-run");
    }
    (void)fprintf(stderr,
                  b->d->is_chinese ? "方案 %lld 已经第二人同意；由运行中的节点逐件改：POST /api/processes/%.*s/migrations/%lld/run\n"
                                   : "plan %lld was consented to; the running node moves its cases: POST /api/processes/%.*s/migrations/%lld/run\n",
                  (long long)consented, STR_ARG(ready->plan.key), (long long)consented);
    return RC_OK;
}

static enum rc
try_plan(struct bench *b, const struct json *plan, bool is_dry, struct json **report, struct err *err)
{
    struct arena *a = b->d->arena;
    int64_t now_us = clock_now_us(&clock_system) + (int64_t)b->settings.clock_shift_s * 1000000;
    const struct migration_office office = {.runtime = b->runtime, .run = b->d->run, .zones = b->d->zones, .ctx = b->book, .bind = bind_models};
    struct migration_ready ready;
    enum rc rc;

    if ((rc = migration_prepare(&office, &b->db, a, plan, STR(""), instant_day(now_us, b->settings.offset_minutes), &ready, err)) != RC_OK ||
        (rc = migration_trial(&office, &b->db, a, &ready, now_us, report, err)) != RC_OK) {
        return rc;
    }
    say_report(b->d, *report);
    return check_consent(b, &ready, *report, is_dry, err);
}

static enum rc
run(struct rule_desk *d, const char *path, const char *config, bool is_dry, struct json **report, struct err *err)
{
    struct bench b = {.d = d};
    const struct json *plan;
    enum rc rc = rule_read_json(d, path, &plan, err);

    if (rc == RC_OK && (rc = open_bench(&b, config, err)) == RC_OK) {
        rc = try_plan(&b, plan, is_dry, report, err);
    }
    close_bench(&b);
    return rc;
}

int
process_migrate(struct rule_desk *d, int argc, char **argv)
{
    const char *config = NULL, *list[1];
    bool is_help = false, is_dry = false;
    const struct option_spec specs[] = {{"--config", &config, NULL}, {"--dry-run", NULL, &is_dry}, {"--help", NULL, &is_help}};
    struct option_words words = {.list = list, .max = 1};
    struct json *report = NULL;
    struct str text;
    struct err err;

    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return RULE_USAGE;
    }
    if (is_help || words.count == 0 || config == NULL) {
        (void)fputs(help, is_help ? stdout : stderr);
        return is_help ? 0 : RULE_USAGE;
    }
    enum rc rc = run(d, words.list[0], config, is_dry, &report, &err);
    rc = rc == RC_OK ? json_print(d->arena, report, &text, &err) : rc;
    if (rc != RC_OK) {
        return command_failed(argv[0], rc, &err);
    }
    (void)printf("%.*s\n", STR_ARG(text));
    return json_int_or(report, "can", 0) == json_int_or(report, "open", 0) ? 0 : rc_exit(RC_CONFLICT);
}
