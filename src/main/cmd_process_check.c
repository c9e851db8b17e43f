/*
 * process check - what is wrong with process models before a case runs by them.
 */
#include <stdio.h>

#include "main/cmd_process_int.h"

enum { MODELS_MAX = 4096, TEXT_MAX = 64 << 20 };

static const char help[] =
    "usage: zhengtong process check MODEL...\n\n"
    "Reads process models (BPMN 2.0, XML) and looks for what the standard forbids, what is not\n"
    "supported, and where a case would stand still: joins that wait for ever, ways without an end,\n"
    "outcomes that nobody handles, clocks that never stop, tasks that name nobody.  The answer is a JSON\n"
    "list with one entry a model; the same in sentences goes to standard error.\n\n"
    "  MODEL   a model, a file\n"
    "  --help  this text\n\n"
    "Status: 0 nothing that forbids publishing; 65 a model that cannot be read, or is unsound; 66 there\n"
    "is no such file; 70 it is too large.\n";

static struct json *
processes_json(struct arena *a, const struct bpmn *m)
{
    struct json *list = json_array(a);

    for (size_t i = 0; m != NULL && i < bpmn_processes(m); i++) {
        struct bpmn_process_info info = bpmn_process(m, i);
        struct json *one = json_object(a);
        json_set_text(a, one, "id", info.id);
        json_set_text(a, one, "name", info.name);
        json_set_bool(a, one, "executable", info.is_executable);
        json_set_int(a, one, "elements", (int64_t)info.elements);
        json_push(list, one);
    }
    return list;
}

/* One entry of the list.  What the report tells is an answer, too: RC_OK. */
static enum rc
check_model(struct rule_desk *d, const char *path, struct json *list, bool *is_right, struct err *err)
{
    const struct bpmn *m = NULL;
    struct bpmn_report report;
    enum rc rc = process_model(d, path, &m, &report, err);

    if (rc != RC_OK && report.count == 0) {
        return rc;
    }
    process_say(d, path, &report);
    const struct json *found = bpmn_report_json(d->arena, &report);
    struct json *one = json_object(d->arena);
    json_set_text(d->arena, one, "file", str_of(path));
    json_set(d->arena, one, "processes", processes_json(d->arena, m));
    json_set_int(d->arena, one, "errors", (int64_t)report.errors);
    json_set_int(d->arena, one, "unsound", (int64_t)report.unsound);
    json_set(d->arena, one, "findings", json_copy(d->arena, json_get(found, "findings")));
    json_push(list, one);
    *is_right = *is_right && rc == RC_OK && report.unsound == 0;
    return rc == RC_INVALID ? RC_OK : rc;
}

int
process_check(struct rule_desk *d, int argc, char **argv)
{
    bool is_help = false, is_right = true;
    const struct option_spec specs[] = {{"--help", NULL, &is_help}};
    struct option_words words = {.list = arena_alloc(d->arena, MODELS_MAX, sizeof(*words.list)), .max = MODELS_MAX};
    struct json *list = json_array(d->arena);
    struct str text;
    struct err err;
    enum rc rc = RC_OK;

    CHECK(words.list != NULL);
    if (!options_and_words_read(argc, argv, specs, sizeof(specs) / sizeof(specs[0]), &words)) {
        return RULE_USAGE;
    }
    if (is_help || words.count == 0) {
        (void)fputs(help, is_help ? stdout : stderr);
        return is_help ? 0 : RULE_USAGE;
    }
    for (size_t i = 0; i < words.count && rc == RC_OK; i++) {
        rc = check_model(d, words.list[i], list, &is_right, &err);
    }
    rc = rc == RC_OK ? json_print(d->arena, list, &text, &err) : rc;
    if (rc != RC_OK) {
        return command_failed(argv[0], rc, &err);
    }
    (void)printf("%.*s\n", STR_ARG(text));
    return is_right ? 0 : rc_exit(RC_INVALID);
}
