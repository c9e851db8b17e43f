/*
 * process - process models from the command line, without a server: what is wrong with them, and what a case would do.
 *
 * As with `zhengtong rule`, results are JSON or lines on standard output, and what people should know is a sentence on standard error.
 */
#include <stdio.h>

#include "main/cmd_process_int.h"

static const struct rule_part parts[] = {
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

int
cmd_process(int argc, char **argv)
{
    return rule_parts_run("process", parts, sizeof(parts) / sizeof(parts[0]),
                          "Faults, with their places, are sentences on standard error, in Chinese where LANG is.\n", argc, argv);
}
