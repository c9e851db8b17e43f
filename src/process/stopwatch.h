/*
 * stopwatch - how much of a time limit is used up: start, pause, resume, extend, stop.  Pure arithmetic over a calendar; rows hold the struct's members.
 *
 * Moments are days; of a limit in hours they are microseconds.  The day of the start does not count (民法典 201), nor does a day that
 * began while the clock stood: the day of a pause counts, that of a resume does not.  A month ends on the day of the same number, or on the month's last (202).
 * Where the last day is no working day the next one is the last, of natural days and months too (203); hours just run, and what is counted back from
 * a day is not moved.  The clock is over once its last day has ended; that does not change any more, but by an extension or by another calendar.
 *
 * Moments go forward only: an earlier one than before is taken as the latest that there was, so that no day is counted twice and none is given back.
 */
#ifndef PROCESS_STOPWATCH_H
#define PROCESS_STOPWATCH_H

#include "base/calendar.h"
#include "process/timelimit.h"

enum stopwatch_state { STOPWATCH_RUNNING, STOPWATCH_PAUSED, STOPWATCH_STOPPED };
const char *stopwatch_state_name(enum stopwatch_state state); /* "running" */
bool stopwatch_state_by_name(struct str name, enum stopwatch_state *out);

struct stopwatch_terms {
    enum timelimit_unit unit;
    int64_t value;
    bool counts_before; /* back from before_day; natural days */
    int32_t before_day;
};

struct stopwatch {
    struct stopwatch_terms terms;
    int64_t extra;   /* by extension, in the unit */
    int64_t start;
    int64_t used;    /* before the present run: days, or microseconds */
    int64_t anchor;  /* since when it runs, or stood still */
    int64_t due;     /* the last moment; of one that stands: as it was before */
    int64_t stopped; /* when, of one that is */
    enum stopwatch_state state;
    bool over;        /* found to be so when it was last moved: ask stopwatch_is_over */
    bool provisional; /* the due day hangs on a year that the calendar does not cover */
};

int64_t stopwatch_moment(enum timelimit_unit unit, int64_t instant_us, int offset_minutes);
/* When a moment begins, and when it has passed as the last one. */
int64_t stopwatch_begin_us(enum timelimit_unit unit, int64_t moment, int offset_minutes);
int64_t stopwatch_end_us(enum timelimit_unit unit, int64_t moment, int offset_minutes);

void stopwatch_start(struct stopwatch *w, const struct stopwatch_terms *terms, const struct calendar *c, int64_t moment);
void stopwatch_pause(struct stopwatch *w, const struct calendar *c, int64_t moment);
void stopwatch_resume(struct stopwatch *w, const struct calendar *c, int64_t moment);
/* by: units.  Of one that is over too; whether that is allowed, and how often, the caller knows. */
void stopwatch_extend(struct stopwatch *w, const struct calendar *c, int64_t by);
void stopwatch_stop(struct stopwatch *w, const struct calendar *c, int64_t moment);

/* All that there is to be used up, in days or microseconds. */
int64_t stopwatch_total(const struct stopwatch *w);
int64_t stopwatch_used(const struct stopwatch *w, const struct calendar *c, int64_t moment);
/* Until the last moment, negative once over; of one that stands what it will have then, of one that is stopped what it had. */
int64_t stopwatch_left(const struct stopwatch *w, const struct calendar *c, int64_t moment);
bool stopwatch_is_over(const struct stopwatch *w, int64_t moment);
/* The last moment if one that stands ran on from this one; else due. */
int64_t stopwatch_due_from(const struct stopwatch *w, const struct calendar *c, int64_t moment, bool *provisional);

/* How much has to be used up for a warning, as stopwatch_used counts; 0: never. */
int64_t stopwatch_threshold(const struct stopwatch *w, const struct timelimit_warning *warning);
/* The first moment at which so much is used up, if it runs on as it does. */
int64_t stopwatch_reach(const struct stopwatch *w, const struct calendar *c, int64_t threshold);

/* What a clock went through, to be gone through again under another calendar. */
enum stopwatch_event_kind { STOPWATCH_PAUSE, STOPWATCH_RESUME, STOPWATCH_EXTEND };
struct stopwatch_event {
    enum stopwatch_event_kind kind;
    int64_t moment;
    int64_t by; /* EXTEND */
};
void stopwatch_replay(struct stopwatch *w, const struct stopwatch_terms *terms, const struct calendar *c, int64_t start,
                      const struct stopwatch_event *event, size_t count);

#endif
