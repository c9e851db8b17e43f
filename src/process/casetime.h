/*
 * casetime - what process models say of clocks, done: gov:on moves the clocks of a case with its command, and what time brings comes back as COMMAND_CLOCK.
 *
 * casetime_hook is a runtime_hook: for each element that a command entered, left or cancelled, or at which it asked for or brought a supplement, it does what its gov:on say, in the transaction of the
 * command; what starts because silence counts as acceptance starts on the day of receipt, and when an instance has ended no clock of it runs on.
 * casetime_turn is for a sweeper: each clock to which something has to be told is told in a transaction with the command that its process hears it by
 * ("warn", "over" …), so both happen or neither.  A clock's limit refuses a pause that the law does not know; then the command is refused too.
 */
#ifndef PROCESS_CASETIME_H
#define PROCESS_CASETIME_H

#include "process/runtime.h"
#include "process/timekeeper.h"

/* Document of a clock that was stopped by a plan (process/migration.h): this and the plan's hash. */
#define CASETIME_MIGRATION "migration:"

struct casetime_about { /* of a clock that is to be moved: what neither the model nor the table of limits says */
    struct str org;      /* whose it is where the model names nobody */
    struct str part;     /* of which part of the case it is; "": of all of it */
    struct str region;   /* by whose calendar; "": the land's */
    bool is_promise;     /* so much was promised; else the law's own */
    int64_t value;
    enum timelimit_unit unit;
    int32_t before_day;  /* of what counts back: from which day */
    struct str document; /* in which the applicant is told of a pause; "": the command, as "process:<instance>:<revision>" */
};

struct casetime {
    struct timekeeper keeper;
    struct run *run; /* for FEEL; the engine's own may be taken, the writer thread alone uses it */
    int32_t offset_seconds;
    void *ctx; /* of all that follows; each may be NULL */
    /* scope: from where in the instance it is moved. */
    void (*about)(void *ctx, const struct runtime_event *event, int64_t scope, const struct gov_clock *clock, struct casetime_about *out);
    /* For acts, in the same transaction: a clock was moved; something was told. */
    enum rc (*moved)(struct tx *tx, struct arena *a, const struct watch_change *change, const struct runtime_event *event, void *ctx,
                     struct err *err);
    enum rc (*told)(struct tx *tx, struct arena *a, const struct watch_told *told, int64_t now_us, void *ctx, struct err *err);
};

/* ctx: the struct casetime. */
enum rc casetime_hook(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err);

/*
 * A page of clocks, each a write of its own.  *after is the caller's, zeroed before a round; *more: go on.  A process hears what one of
 * its tokens listens to; one that is suspended hears it when it goes on again.  What went wrong with one clock does not stop the others: *failed counts
 * them, err has the last.
 */
enum { CASETIME_PAGE = 100 };
MUST_USE enum rc casetime_turn(const struct casetime *c, struct runtime *r, const struct db *db, int64_t now_us, struct watch_next *after,
                               bool *more, int *failed, struct err *err);

#endif
