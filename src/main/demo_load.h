/*
 * demo_load - fill a node's store with what it holds: organisations and items everywhere, people at the province, shops at the registers,
 * accounts at the portal.  What is there already is left as it is.
 */
#ifndef MAIN_DEMO_LOAD_H
#define MAIN_DEMO_LOAD_H

#include "main/demo_setup.h"

MUST_USE enum rc demo_load(const struct demo *d, int node, void (*says)(const char *what),
                           struct err *err);

#endif
