/*
 * node - the worker: everything that a node is made of, opened in order, served until it is told to stop.
 */
#ifndef MAIN_NODE_H
#define MAIN_NODE_H

#include "main/settings.h"

enum { NODE_LOOPS_MAX = 64 };

struct node_start {
    const struct settings *settings;
    int listen_fd;
    int exchange_fd;                    /* -1: none */
    int signer_fd[NODE_LOOPS_MAX + 1];  /* one a loop, and one for the publisher */
    int ready_fd;                       /* gets one byte when the node serves; -1: nobody asks */
    int stop_fd;                        /* a pipe: a byte: look at the directory again; its end: stop */
    struct log *log;
};

/* Returns when stop_fd says so, everything finished and closed. */
MUST_USE enum rc node_run(const struct node_start *start, struct err *err);

#endif
