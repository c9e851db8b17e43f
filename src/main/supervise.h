/*
 * supervise - the parent: binds the ports, starts signer and worker, starts them again when they end.
 *
 * It reads the configuration and nothing from outside.  A worker that ends by itself is started again at once, with a short
 * rest when it happens often; when the signer ends, the worker goes with it, because it holds the other ends of its sockets.
 */
#ifndef MAIN_SUPERVISE_H
#define MAIN_SUPERVISE_H

#include "main/settings.h"

/* Runs until SIGTERM or SIGINT.  ready_fd: gets a byte each time the node serves, or -1. */
MUST_USE enum rc supervise(const struct settings *settings, int ready_fd, struct err *err);

#endif
