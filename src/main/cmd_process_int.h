/* cmd_process_int - between the files of `zhengtong process`, which share the desk of `zhengtong rule`. */
#ifndef MAIN_CMD_PROCESS_INT_H
#define MAIN_CMD_PROCESS_INT_H

#include "main/cmd_rule_int.h"
#include "process/simulate.h"

/* A model from a file.  RC_INVALID: the report says why. */
MUST_USE enum rc process_model(struct rule_desk *d, const char *path, const struct bpmn **out, struct bpmn_report *report, struct err *err);
/* All of it in sentences on standard error: "case.bpmn:12:5: error: userTask Accept: ...". */
void process_say(const struct rule_desk *d, const char *path, const struct bpmn_report *report);

/* Each is one word behind "process"; argv[0] is "process check", as messages name it. */
int process_check(struct rule_desk *d, int argc, char **argv);
int process_run(struct rule_desk *d, int argc, char **argv);
int process_migrate(struct rule_desk *d, int argc, char **argv);

#endif
