/*
 * census - how many cases wait where, how long and with whom: counted over all open tokens and the worklist, by model, version and element.
 *
 * Counting a million tokens takes a second or two, so it is done by the way: on a thread of rulings, at most so often that it takes a twentieth of the
 * time, and kept in memory meanwhile.  Who looks while others count sees what was counted before, and when.  No row is written, so that
 * counting costs those who work nothing.
 */
#ifndef PROCESS_CENSUS_H
#define PROCESS_CENSUS_H

#include "process/bpmn_picture.h"
#include "process/ruling.h"

struct census;

struct census *census_new(struct rulings *rulings);
void census_free(struct census *c); /* nobody may be looking; accepts NULL */

struct census_row {
    int64_t version;
    struct str element;
    struct str kind;    /* of the tokens: "task", "job", "incident" … (process/instance.h) */
    int64_t count;
    int64_t oldest_us;  /* since when the one waits that waits longest */
    int64_t average_us; /* how long they have waited up to now */
};
struct census_work { /* tasks of persons, those of processes that others call, too */
    int64_t version;
    struct str element, org; /* org: whose task it is, "" an applicant's */
    int64_t count, oldest_us;
    int64_t late;            /* past the clock that runs for it */
};
struct census_view {
    int64_t at_us; /* when it was counted */
    int64_t open;  /* instances that run */
    size_t rows, works;
    const struct census_row *row;   /* by version, the newest first; within one those with the most waiting first */
    const struct census_work *work; /* likewise */
};
/* Of one process; on the arena. */
MUST_USE enum rc census_of(struct census *c, const struct db *db, struct arena *a, struct str key, int64_t now_us, struct census_view *out,
                           struct err *err);
/*
 * Marks for the picture of a version: with the number that wait, and as CALM, BUSY or CROWDED by the part that the waiting there is of all waiting (count times
 * average); what has stopped as FAILED, where a task is late as OVERDUE.
 */
MUST_USE enum rc census_marks(struct arena *a, const struct census_view *view, int64_t version, struct bpmn_mark **out, size_t *count,
                              struct err *err);

#endif
