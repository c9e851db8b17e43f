/*
 * demo_nodes - the processes of the demo city: each node as `zhengtong serve`, the old address system, and the workshop.
 */
#ifndef MAIN_DEMO_NODES_H
#define MAIN_DEMO_NODES_H

#include <sys/types.h>

#include "main/demo_setup.h"

struct demo_processes {
    pid_t node[DEMO_NODES];
    pid_t upstream;
    pid_t workshop;
};

/*
 * Returns when every node serves.  program: what they run, "/proc/self/exe" for this one.  logs: a folder for what they write
 * to standard error, or NULL to let it through.
 */
MUST_USE enum rc demo_nodes_start(const struct demo *d, const char *program, const char *logs,
                                  struct demo_processes *out, struct err *err);
/* The same for one node alone. */
MUST_USE enum rc demo_node_start(const struct demo_node *n, const char *program, const char *logs,
                                 pid_t *pid, struct err *err);
/* For a child that was just forked: it ends when that parent does, also if that was between the fork and here. */
void demo_end_with(pid_t parent);
/* SIGTERM to each by its pid, and waits for them. */
void demo_nodes_stop(struct demo_processes *p);

#endif
