/*
 * command - the command line: `zhengtong <name> …`, one row of the table in main.c each.
 *
 * A command returns an exit status from the one error table (rc_exit) and writes its own words: results to standard output, what went wrong
 * in one plain sentence to standard error.
 */
#ifndef MAIN_COMMAND_H
#define MAIN_COMMAND_H

#include "base/err.h"
#include "base/str.h"

int cmd_serve(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_check_config(int argc, char **argv);
int cmd_rule(int argc, char **argv);
int cmd_process(int argc, char **argv);
int cmd_calendar(int argc, char **argv);
int cmd_archive(int argc, char **argv);

/* One option: "--name value", or a flag without value.  Points into argv. */
struct option_spec {
    const char *name;   /* "--dir" */
    const char **value; /* where to put the value; NULL for a flag */
    bool *flag;         /* set when a flag is given; NULL for a value */
};
/* False, with a sentence on standard error, for anything that is not in the list. */
bool options_read(int argc, char **argv, const struct option_spec *specs, size_t count);

/* What stands among the options and does not begin with "--": the names of files, in order. */
struct option_words {
    const char **list; /* room for max of them */
    size_t count, max;
};
/* The same with such words. */
bool options_and_words_read(int argc, char **argv, const struct option_spec *specs, size_t count,
                            struct option_words *words);

/* "zhengtong serve: cannot read city.conf: no such file" and the exit status of rc. */
int command_failed(const char *command, enum rc rc, const struct err *err);

#endif
