/*
 * deadline - a statutory or promised limit in working days, with pauses (行政许可法 32, 42, 45, 82; 民法典 201, 203).
 *
 * Pure arithmetic over a calendar; rows hold the struct's members.  The day of the start does not count; days on which the clock
 * stands still do not count; the version of the calendar that a due date was computed with is kept beside it.  Days go forward
 * only: where a wrong clock gives an earlier day than before, no day is counted twice and none is given back.
 */
#ifndef PROCESS_DEADLINE_H
#define PROCESS_DEADLINE_H

#include "base/calendar.h"

struct deadline {
    int32_t start_day;   /* day of acceptance */
    int promised_days;
    int statutory_days;
    int used_days;       /* working days used before the present run began */
    int32_t run_day;     /* day since which it has been running, or was paused */
    bool paused;
    int32_t stopped_day; /* decided on; 0 while under way */
};

enum deadline_colour { DEADLINE_GREEN, DEADLINE_YELLOW, DEADLINE_RED, DEADLINE_PAUSED, DEADLINE_DONE };

void deadline_start(struct deadline *d, int32_t today, int promised_days, int statutory_days);
void deadline_pause(struct deadline *d, const struct calendar *c, int32_t today);
void deadline_resume(struct deadline *d, int32_t today);
void deadline_stop(struct deadline *d, const struct calendar *c, int32_t today);
int deadline_used(const struct deadline *d, const struct calendar *c, int32_t today);
/* Working days left of the promise; negative when over. */
int deadline_left(const struct deadline *d, const struct calendar *c, int32_t today);
/*
 * Last day of the promise (statutory: of the law), if it ran on from today; of a stopped clock, if it had run on from there.
 * Once over, that day lies in the past and does not move: so keep the date that this gave before.  When asked all the same
 * it is exact if the days ran out in the run that the last pause or stop ended.
 */
int32_t deadline_due(const struct deadline *d, const struct calendar *c, int32_t today,
                     bool statutory, bool *provisional);
/* warn_days: yellow at so many days left or fewer (configuration of the item). */
enum deadline_colour deadline_colour(const struct deadline *d, const struct calendar *c,
                                     int32_t today, int warn_days);
const char *deadline_colour_name(enum deadline_colour colour); /* "green" … */

#endif
