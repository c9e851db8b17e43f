/*
 * sweeper - the thread that does what time asks for: drafts that expire, files that nobody needs,
 * sessions that have ended, answers that may be forgotten, calendars that come into force, closed cases that leave the store.
 */
#ifndef MAIN_SWEEPER_H
#define MAIN_SWEEPER_H

#include "main/timekeeping.h"
#include "web/web.h"

struct sweeper;

MUST_USE enum rc sweeper_start(const struct web *web, struct timekeeping *timekeeping, const char *data, struct sweeper **out, struct err *err);
void sweeper_stop(struct sweeper *s); /* accepts NULL */

#endif
