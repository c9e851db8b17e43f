/*
 * process - process models from the command line, without a server: what is wrong with them, and what a case would do.
 *
 * As with `zhengtong rule`, results are JSON or lines on standard output, and what people should know is a sentence on standard error.
 */
#include <stdio.h>

#include "main/cmd_process_int.h"

static const struct part {
    const char *name;
    int (*run)(struct rule_desk *d, int argc, char **argv);
    const char *says;
} parts[] = {
    {"check", process_check, "what is wrong with process models: check MODEL..."},
    {"run", process_run, "what a case would do: run MODEL --input FILE [--messages FILE] [--clock FILE] --trace"},
    {"migrate", process_migrate, "running cases moved to another version: migrate PLAN --config FILE --dry-run"},
};

enum rc
process_model(struct rule_desk *d, const char *path, const struct bpmn **out, struct bpmn_report *report, struct err *err)
{
    struct str xml;
    enum rc rc = rule_read(d, path, &xml, err);

    *report = (struct bpmn_report){.count = 0};
    return rc == RC_OK ? bpmn_read(d->arena, xml, d->zones, out, report, err) : rc;
}

void
process_say(const struct rule_desk *d, const char *path, const struct bpmn_report *report)
{
    static const char *const severities[] = {[BPMN_ERROR] = "错误", [BPMN_UNSOUND] = "不可发布", [BPMN_WARNING] = "提示"};

    for (size_t i = 0; i < report->count; i++) {
        const struct bpmn_finding *f = &report->finding[i];
        const char *severity = d->is_chinese ? severities[f->severity] : bpmn_severity_name(f->severity);
        struct str says = d->is_chinese ? f->zh : f->en;
        (void)fprintf(stderr, "%s:%u:%u: %s: %.*s%s%.*s%s%.*s\n", path, f->line, f->column, severity, STR_ARG(f->tag),
                      f->id.len > 0 ? " " : "", STR_ARG(f->id), f->tag.len > 0 ? ": " : "", STR_ARG(says));
    }
}

static int
usage(FILE *out)
{
    (void)fprintf(out, "usage: zhengtong process COMMAND [OPTION]...\n\n");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        (void)fprintf(out, "  %-8s %s\n", parts[i].name, parts[i].says);
    }
    (void)fprintf(out, "\nFaults, with their places, are sentences on standard error, in Chinese where LANG is.\n"
                       "Each command explains itself with --help.\n");
    return out == stdout ? 0 : RULE_USAGE;
}

int
cmd_process(int argc, char **argv)
{
    struct str name = argc > 1 ? str_of(argv[1]) : STR("");
    char title[32];

    if (str_eq(name, STR("--help")) || str_eq(name, STR("help"))) {
        return usage(stdout);
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (str_eq(name, str_of(parts[i].name))) {
            (void)snprintf(title, sizeof(title), "process %s", parts[i].name);
            argv[1] = title;
            return rule_desk_run(parts[i].run, argc - 1, argv + 1);
        }
    }
    return usage(stderr);
}
