/*
 * cmd_rule_int - between the files of `zhengtong rule`: cmd_rule.c has what they share, cmd_rule_model.c reads models from files.
 */
#ifndef MAIN_CMD_RULE_INT_H
#define MAIN_CMD_RULE_INT_H

#include "main/command.h"
#include "rule/dmn.h"
#include "rule/zone.h"

enum { RULE_USAGE = 64, RULE_FILE_MAX = 64 << 20, RULE_ARENA_BYTES = 1 << 30 };

/* What all of them work with.  They run on a thread of their own with a large stack: what they read may be deep. */
struct rule_desk {
    struct arena *arena;
    struct zones *zones;
    struct run *run;
    bool is_chinese; /* of the words for people: as the environment says, LC_ALL, LC_MESSAGES, LANG */
};

/* A command made of parts: "rule" of "eval", "dmn" …; closing: what its usage says in the end. */
struct rule_part {
    const char *name;
    int (*run)(struct rule_desk *d, int argc, char **argv);
    const char *says;
};
/* Finds the part that argv[1] names and runs it with a desk and such a stack; its exit status. */
int rule_parts_run(const char *command, const struct rule_part *parts, size_t count, const char *closing, int argc, char **argv);
/* A file on the desk's arena; what is wrong with it names it. */
MUST_USE enum rc rule_read(struct rule_desk *d, const char *path, struct str *out, struct err *err);
MUST_USE enum rc rule_read_json(struct rule_desk *d, const char *path, const struct json **out, struct err *err);
/* A fresh run at this moment. */
void rule_begin(struct rule_desk *d);
/* What the run noted, a line each on standard error: "note: line 1, character 5: division by zero". */
void rule_say_notes(const struct rule_desk *d);
/* The value as JSON and a line feed on standard output. */
MUST_USE enum rc rule_put_value(struct rule_desk *d, struct value v, struct err *err);

/* A model from a file, and what it imports from its folder.  fault says more than err, if its sentences are not "". */
MUST_USE enum rc rule_model(struct rule_desk *d, const char *path, const struct dmn **out, struct dmn_fault *fault,
                            struct err *err);
/* "zhengtong rule dmn: fee.dmn:12:5: decision Fee, rule 3: ..." and the exit status of rc. */
int rule_model_failed(const struct rule_desk *d, const char *command, const char *path, enum rc rc,
                      const struct dmn_fault *fault, const struct err *err);
struct str rule_folder_of(struct str path); /* with its slash; "./" */

/* Each is one word behind "rule"; argv[0] is "rule eval", as messages name it. */
int rule_eval(struct rule_desk *d, int argc, char **argv);
int rule_dmn(struct rule_desk *d, int argc, char **argv);
int rule_test(struct rule_desk *d, int argc, char **argv);
int rule_check(struct rule_desk *d, int argc, char **argv);
int rule_schema(struct rule_desk *d, int argc, char **argv);

#endif
