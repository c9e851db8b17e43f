/*
 * demo_upstream - the old address system that the demo's land registry asks: a small HTTP service of its own process.
 */
#ifndef MAIN_DEMO_UPSTREAM_H
#define MAIN_DEMO_UPSTREAM_H

#include <sys/types.h>

#include "main/demo_city.h"

/* Forks; listens on 127.0.0.1:port (0: any, said in *port).  It ends with its parent, or by SIGTERM. */
MUST_USE enum rc demo_upstream_start(uint64_t seed, int *port, pid_t *pid, struct err *err);

#endif
