/*
 * simulate_clock - the clocks of cases for whoever tries processes in memory: counted by the table of limits and one calendar, as a node
 * counts them (process/timekeeper.h), and kept nowhere.
 */
#ifndef PROCESS_SIMULATE_CLOCK_H
#define PROCESS_SIMULATE_CLOCK_H

#include "base/calendar.h"
#include "process/simulate.h"
#include "process/timelimit.h"

struct simulate_clocks;

/* NULL: no memory. */
struct simulate_clocks *simulate_clocks_new(struct arena *a, const struct timelimits *limits, const struct calendar *calendar,
                                            int offset_minutes);
/*
 * Its part of the hooks.  A run ends with RC_NOT_FOUND "no-such-limit" where a clock starts whose rule is not in the table, and with
 * RC_DENIED "no-pause" where it is paused on a basis for which its limit does not stand still.
 */
void simulate_clocks_hook(struct simulate_clocks *c, struct simulate_hooks *hooks);

#endif
