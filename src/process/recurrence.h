/*
 * recurrence - when a timer of a model is due, and when again: pure.
 *
 * Times are numbered from 1.  A date or a duration has one; a cycle as many as it says, the first at its date, or one period after what it is
 * counted from.  Months are those of the calendar: each is counted from the beginning, so that the 31st comes back after a short month.
 */
#ifndef PROCESS_RECURRENCE_H
#define PROCESS_RECURRENCE_H

#include "process/bpmn_part_int.h"

struct recurrence {
    const struct bpmn_timer *timer; /* of which nothing is still to be calculated */
    int64_t from_us;                /* what a duration, and a cycle without a date, is counted from */
    int32_t offset_seconds;         /* where a time without a place is meant */
};

/* A moment; a date is its midnight.  false: it is none, or too far away. */
MUST_USE bool recurrence_instant(struct temporal t, int32_t offset_seconds, int64_t *out_us);
/* So many periods after a moment. */
MUST_USE bool recurrence_after(const struct bpmn_timer *timer, int64_t from_us, int64_t count, int32_t offset_seconds, int64_t *out_us);
/* false: there is no such time. */
MUST_USE bool recurrence_nth(const struct recurrence *r, int64_t n, int64_t *out_us);
/* How many of its times have come by that moment. */
int64_t recurrence_by(const struct recurrence *r, int64_t at_us);

#endif
