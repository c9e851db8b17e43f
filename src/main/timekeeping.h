/*
 * timekeeping - the law of clocks at a node: the table of limits, and the calendars, which may get newer while it runs.
 *
 * Both come with the binary (demo/clocks.json, demo/calendar); a file of the same name in the data folder wins, and further files of
 * DATA/calendar are taken too.  The folder is looked at again by timekeeping_turn: whoever publishes the next year puts a file there.
 */
#ifndef MAIN_TIMEKEEPING_H
#define MAIN_TIMEKEEPING_H

#include "base/log.h"
#include "process/timekeeper.h"

struct timekeeping;

struct timekeeping_config {
    const char *data;                   /* folder; must live as long */
    const struct region_table *regions; /* likewise */
    struct log *log;                    /* may be NULL */
    int offset_minutes;
};

/* RC_INVALID: a document is wrong, and err names it.  Other days than the store has of the same version are told to the log alone. */
MUST_USE enum rc timekeeping_open(const struct timekeeping_config *config, const struct db *db, int64_t now_us,
                                  struct timekeeping **out, struct err *err);
const struct timekeeper *timekeeping_keeper(const struct timekeeping *t);
/*
 * A newer calendar comes into force if there is one, and some clocks are counted anew; *more: there are more.  A file that is wrong is
 * told to the log once, and leaves what holds.  One thread at a time.
 */
MUST_USE enum rc timekeeping_turn(struct timekeeping *t, const struct db *db, struct arena *a, int64_t now_us, bool *more, struct err *err);
void timekeeping_close(struct timekeeping *t); /* accepts NULL */

#endif
