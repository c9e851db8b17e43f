/*
 * demo_workshop - where the demo city's cards are made and its letters posted: a program of its own beside the portal, which takes jobs at the door
 * for programs (POST /api/jobs/lease) as any other would, and says when they are done.
 *
 * It asks with long waits, one type of job at a time in each task, signs in again when it has to, and waits a while when nobody answers.
 */
#ifndef MAIN_DEMO_WORKSHOP_H
#define MAIN_DEMO_WORKSHOP_H

#include <sys/types.h>

#include "main/demo_setup.h"

/* Forks.  It ends with its parent, or by SIGTERM. */
MUST_USE enum rc demo_workshop_start(const struct demo *d, pid_t *pid, struct err *err);

#endif
