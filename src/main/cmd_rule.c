/*
 * rule - what law says in a form that is calculated, from the command line: FEEL, decision models, JSON Schema.
 *
 * Results are JSON on standard output, so that another program can go on with them; what people should know, why
 * something became null and where a text is wrong, are sentences on standard error.
 */
#include "main/cmd_rule_int.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "rule/syntax.h"

/* Large enough for any model; a person waits for it, and can end it. */
enum { STACK_BYTES = 512 << 20, STACK_LEFT = 1 << 20 };
static const struct run_limits limits = {
    .memory_bytes = 1 << 30, .steps = UINT64_C(100000000000), .stack_bytes = STACK_BYTES - STACK_LEFT};

static const struct rule_part parts[] = {
    {"eval", rule_eval, "the value of a FEEL expression: eval --feel EXPRESSION [--context FILE]"},
    {"dmn", rule_dmn, "what a decision model decides: dmn MODEL [--input FILE]"},
    {"test", rule_test, "models before the cases written for them: test FOLDER"},
    {"check", rule_check, "what is wrong with models and their tables: check MODEL..."},
    {"schema", rule_schema, "whether documents are as a JSON Schema says: schema SCHEMA FILE..."},
};

/* --- what they share ------------------------------------------------------------------------------- */

enum rc
rule_read(struct rule_desk *d, const char *path, struct str *out, struct err *err)
{
    return file_read(d->arena, path, RULE_FILE_MAX, out, err);
}

enum rc
rule_read_json(struct rule_desk *d, const char *path, const struct json **out, struct err *err)
{
    struct json *tree;
    struct str text;
    struct err why;
    enum rc rc = rule_read(d, path, &text, err);

    if (rc == RC_OK && (rc = json_parse(d->arena, text, JSON_UNIQUE, &tree, &why)) != RC_OK) {
        return err_set(err, rc, "%.100s: %.120s", path, why.text);
    }
    if (rc == RC_OK) {
        *out = tree;
    }
    return rc;
}

void
rule_begin(struct rule_desk *d)
{
    run_begin(d->run, clock_now_us(&clock_system), CLOCK_OFFSET_CHINA_MINUTES * 60);
}

void
rule_say_notes(const struct rule_desk *d)
{
    const struct note *note;
    size_t count = run_notes(d->run, &note);

    for (; count > 0; count--, note++) {
        struct err ignored;
        struct str text;
        struct buf b;
        buf_init(&b, d->arena, 4096);
        if (note->text.len > 0) {
            struct feel_place place = feel_place(note->text, note->at);
            buf_put_fmt(&b, d->is_chinese ? "第 %u 行第 %u 个字符：" : "line %u, character %u: ", place.line,
                        place.column);
        }
        note_say(&b, note, d->is_chinese);
        if (buf_finish(&b, &text, &ignored) == RC_OK) {
            (void)fprintf(stderr, "%s%.*s\n", d->is_chinese ? "说明：" : "note: ", STR_ARG(text));
        }
    }
}

enum rc
rule_put_value(struct rule_desk *d, struct value v, struct err *err)
{
    struct str text;
    struct buf b;

    buf_init(&b, d->arena, RULE_ARENA_BYTES);
    value_put_json(&b, v);
    enum rc rc = buf_finish(&b, &text, err);
    if (rc == RC_OK) {
        (void)printf("%.*s\n", STR_ARG(text));
    }
    return rc;
}

/* --- the command ----------------------------------------------------------------------------------- */

struct asked {
    int (*run)(struct rule_desk *d, int argc, char **argv);
    int argc;
    char **argv;
    int status;
};

static bool
wants_chinese(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *says = NULL;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && (says == NULL || *says == '\0'); i++) {
        says = getenv(names[i]);
    }
    return says != NULL && strncmp(says, "zh", 2) == 0;
}

static void *
run_part(void *ctx)
{
    struct asked *asked = ctx;
    struct zones *zones = zones_new(ZONE_FOLDER);
    struct rule_desk desk = {.arena = arena_new(RULE_ARENA_BYTES),
                             .zones = zones,
                             .run = run_new(&limits, zones),
                             .is_chinese = wants_chinese()};

    asked->status = asked->run(&desk, asked->argc, asked->argv);
    run_free(desk.run);
    zones_free(zones);
    arena_free(desk.arena);
    return NULL;
}

static int
at_a_desk(int (*run)(struct rule_desk *d, int argc, char **argv), int argc, char **argv)
{
    struct asked asked = {.run = run, .argc = argc, .argv = argv};
    pthread_attr_t attr;
    pthread_t thread;

    CHECK(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
    if (pthread_create(&thread, &attr, run_part, &asked) != 0) {
        struct err err;
        return command_failed(argv[0], err_set(&err, RC_LIMIT, "no room for a stack of %d MiB", STACK_BYTES >> 20), &err);
    }
    CHECK(pthread_join(thread, NULL) == 0 && pthread_attr_destroy(&attr) == 0);
    return asked.status;
}

static int
usage(FILE *out, const char *command, const struct rule_part *parts_of, size_t count, const char *closing)
{
    (void)fprintf(out, "usage: zhengtong %s COMMAND [OPTION]...\n\n", command);
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(out, "  %-8s %s\n", parts_of[i].name, parts_of[i].says);
    }
    (void)fprintf(out, "\n%sEach command explains itself with --help.\n", closing);
    return out == stdout ? 0 : RULE_USAGE;
}

int
rule_parts_run(const char *command, const struct rule_part *parts_of, size_t count, const char *closing, int argc, char **argv)
{
    struct str name = argc > 1 ? str_of(argv[1]) : STR("");
    char title[32];

    if (str_eq(name, STR("--help")) || str_eq(name, STR("help"))) {
        return usage(stdout, command, parts_of, count, closing);
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq(name, str_of(parts_of[i].name))) {
            (void)snprintf(title, sizeof(title), "%s %s", command, parts_of[i].name);
            argv[1] = title;
            return at_a_desk(parts_of[i].run, argc - 1, argv + 1);
        }
    }
    return usage(stderr, command, parts_of, count, closing);
}

int
cmd_rule(int argc, char **argv)
{
    return rule_parts_run("rule", parts, sizeof(parts) / sizeof(parts[0]),
                          "Results are JSON on standard output; notes and faults, with their places, are sentences\n"
                          "on standard error, in Chinese where LANG is.  ",
                          argc, argv);
}
