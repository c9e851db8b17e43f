/*
 * timekeeper - the clocks of cases as they are stored: several a case (promised, statutory, joint, of a department), each against a row of the table of limits.
 *
 * What moves a clock runs inside the caller's transaction and says what happened, so that the caller writes its act; what is so already (started twice,
 * stopped twice, paused twice for one reason) changes nothing and says so.  Every move is an entry of the clock's log, which is never edited; the
 * clock's row is what the log comes to under the calendar of its region.  A clock may stand for several reasons at a time, and runs again when the last is gone.
 *
 * What time brings is asked for: timekeeper_next names clocks to which something has to be told (half, four fifths, the last day, over: as the table of limits
 * says), timekeeper_tell does so exactly once, in the transaction of whatever follows from it.  Red is public; whose silence means acceptance or renewal is in
 * what was told.  When a calendar comes into force, timekeeper_recompute goes over the open clocks of its regions, some at a time.
 *
 * Refusals: RC_NOT_FOUND "no-such-clock", "no-such-limit"; RC_CONFLICT "clock-stopped", "clock-over", "only-once"; RC_DENIED "no-pause" (the limit does
 * not stand still for that reason), "no-extension", "not-approved" (another has to approve it); RC_INVALID "reason-missing", "not-told" (it has to be told in a
 * document), "extension-longer", "promise-longer", "day-missing".
 */
#ifndef PROCESS_TIMEKEEPER_H
#define PROCESS_TIMEKEEPER_H

#include "process/almanac.h"
#include "process/gov.h"
#include "process/stopwatch.h"

struct timekeeper { /* by value */
    const struct timelimits *limits;
    const struct almanac *almanac;
    int offset_minutes;
};

enum { TIMEKEEPER_PAGE_MAX = 500, TIMEKEEPER_BATCH = 200, WATCH_TOLD_MAX = 8, WATCH_OPEN_MAX = 200 };

struct watch { /* one clock */
    int64_t id;
    struct str case_no;
    int64_t instance, scope; /* the process that runs it, 0: none; which scope of it declares it */
    struct str name;  /* as the model calls it: "promised" */
    enum gov_clock_kind kind;
    struct str org, region; /* whose it is; by whose calendar */
    struct str part;        /* of the case, "": it is of the case as a whole */
    struct str rule;        /* key in the table of limits */
    int32_t rule_day;       /* of whose rows the one of this day holds */
    enum timelimit_silence silence;
    struct stopwatch time;
    struct str reasons;     /* keys for which it stands, with commas */
    int64_t told, over_us;  /* how much was used up when something was told; when it was told to be over, 0 */
    int64_t due_us, next_us;
    struct str calendar;    /* version */
    int64_t edition, entries;
};

enum watch_did { WATCH_NOTHING, WATCH_START, WATCH_PAUSE, WATCH_RESUME, WATCH_EXTEND, WATCH_STOP };
struct watch_change {
    enum watch_did did;
    struct watch watch; /* as it is now */
    struct str reason, basis, document, actor; /* of this change */
    int64_t amount;     /* units of an extension */
};

/* --- moving, inside store_write ----------------------------------------------------------------------------------------- */

struct watch_start {
    struct str case_no;
    int64_t instance, scope;
    struct str name, org, part, region, rule;
    enum gov_clock_kind kind;
    bool is_promise;          /* value and unit are promised; else the law's own */
    int64_t value;
    enum timelimit_unit unit;
    int32_t before_day;       /* of a limit that counts back */
    int64_t at_us;            /* when it started; 0: now.  Silence counts as acceptance from the day of receipt */
    struct str actor;
};
MUST_USE enum rc timekeeper_start(struct tx *tx, struct arena *a, const struct timekeeper *k, const struct watch_start *start,
                                  int64_t now_us, struct watch_change *out, struct err *err);

struct watch_cause {
    struct str reason;   /* key, or a basis that only one reason of the limit has */
    struct str document; /* in which the applicant was told: a notice, an act */
    int64_t told_us;     /* when; 0: now */
    struct str actor;
};
MUST_USE enum rc timekeeper_pause(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, const struct watch_cause *cause,
                                  int64_t now_us, struct watch_change *out, struct err *err);
/* cause->reason "": for whatever it stands. */
MUST_USE enum rc timekeeper_resume(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, const struct watch_cause *cause,
                                   int64_t now_us, struct watch_change *out, struct err *err);

struct watch_extension {
    int64_t by;          /* units; 0: as many as the law allows */
    struct str approver; /* code of the table: as what whoever approved it did so */
    struct str words;    /* why */
    struct str document; /* in which the reason was told */
    struct str actor;    /* who approved it */
};
MUST_USE enum rc timekeeper_extend(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id,
                                   const struct watch_extension *extension, int64_t now_us, struct watch_change *out, struct err *err);
MUST_USE enum rc timekeeper_stop(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, struct str actor, int64_t now_us,
                                 struct watch_change *out, struct err *err);
/* Because of something that is not in its process; reason: the legal basis, as its log has it. */
MUST_USE enum rc timekeeper_stop_for(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, const struct watch_cause *cause, int64_t now_us,
                                     struct watch_change *out, struct err *err);

struct watch_which {
    struct str case_no;
    int64_t instance, scope;
    struct str name, org;
};
/* Ids of those that are not stopped: of an instance, or where that is 0 of a case; scope 0, name, org "": any. */
MUST_USE enum rc timekeeper_open(struct tx *tx, const struct watch_which *which, int64_t out[WATCH_OPEN_MAX], size_t *count, struct err *err);
const char *watch_did_name(enum watch_did did); /* "start" */

/* One as it is. */
MUST_USE enum rc watch_get(struct tx *tx, struct arena *a, int64_t id, struct watch *out, struct err *err);

/* --- what time brings -------------------------------------------------------------------------------------------------------- */

struct watch_next {
    int64_t next_us, id;
};
/* Clocks to which something has to be told by now, the oldest first, behind `after` (zeroes: from the start).  At most TIMEKEEPER_PAGE_MAX. */
MUST_USE enum rc timekeeper_next(const struct db *db, struct arena *a, int64_t now_us, struct watch_next after, int limit,
                                 const struct watch_next **out, size_t *count, struct err *err);

struct watch_told {
    struct watch watch;
    size_t count;
    struct str key[WATCH_TOLD_MAX]; /* in their order: "half", "warn", "last", and "over" at the end */
    bool is_over;                   /* "over" is among them: watch.silence says what that means */
};
/* Inside store_write: everything that is due to this clock, marked as told.  count 0: nothing is, somebody was quicker. */
MUST_USE enum rc timekeeper_tell(struct tx *tx, struct arena *a, const struct timekeeper *k, int64_t id, int64_t now_us,
                                 struct watch_told *out, struct err *err);

/*
 * After a calendar came into force and almanac_refresh: some of the clocks that it may change.  *more: there are more.  RC_CORRUPT: the log of one
 * contradicts itself; it is passed over, all else was done, and *more holds.
 */
struct watch_round { /* the caller's, zeroed once */
    int64_t edition; /* of the almanac that all clocks were seen with */
    char region[32]; /* where to go on */
};
MUST_USE enum rc timekeeper_recompute(const struct db *db, struct arena *a, const struct timekeeper *k, int64_t now_us,
                                      struct watch_round *round, bool *more, struct err *err);

#endif
