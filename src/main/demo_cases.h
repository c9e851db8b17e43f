/*
 * demo_cases - what is under way when a new city opens: people apply, and officers do some of their tasks, over HTTP like anybody
 * (demo/cases.json), so that a visitor finds cases at many places of their procedures.
 */
#ifndef MAIN_DEMO_CASES_H
#define MAIN_DEMO_CASES_H

#include "main/demo_setup.h"

/* The nodes have to serve. */
MUST_USE enum rc demo_cases_open(struct arena *a, const struct demo *d, struct err *err);

#endif
