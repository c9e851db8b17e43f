/*
 * migration_run - a plan tried on all open cases of a version, and done: one case, one transaction.
 *
 * A trial run reads and changes nothing; it may be made beside a running node, on a store that is opened reading only.  Cases are moved in pages
 * along their numbers: whoever is interrupted goes on anywhere, because what was moved is no longer of the source version.  With each case go a line of its
 * history (command "migrate" under the plan's hash), an act, what came of it, and a copy of its rows as they were.  It goes back as long as
 * nothing was done with it since.
 */
#ifndef PROCESS_MIGRATION_RUN_H
#define PROCESS_MIGRATION_RUN_H

#include "process/migration_book.h"

enum { MIGRATION_PAGE_MAX = 500, MIGRATION_SAMPLES = 5, MIGRATION_TRIAL_AT_ONCE = 2000 /* cases that are tried before somebody has to ask to go on */ };

/*
 * {"key","source","target","sha256","open","can","cannot","busy" (changed all the time that they were looked at),"reasons":[{"reason","zh","en","element","count",
 * "samples":[numbers of cases]}] the most frequent first,"map" (migration_json)}.
 */
MUST_USE enum rc migration_trial(const struct migration_office *o, const struct db *db, struct arena *a, const struct migration_ready *ready,
                                 int64_t now_us, struct json **out, struct err *err);

/*
 * The same piece by piece, each a request of its own however many cases there are: what it has come to is kept at the node, one for each plan, and forgotten after some
 * days.  after: 0 begins anew; else what the answer before said, and whoever is behind the one that is kept is answered that.  The report is of all pieces so far, with "after" (0: whole) and
 * "more" besides.  most: of this piece.
 */
struct migration_piece {
    const struct migration_ready *ready;
    struct str model; /* rule_id of the plan's key */
    int64_t after, now_us;
    int most;
    struct json *report; /* out */
};
MUST_USE enum rc migration_trial_piece(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_piece *p, struct err *err);
/* What one has come to that does not fit into one piece; else it is tried anew, as cases move on: for a proposal. */
MUST_USE enum rc migration_trial_kept(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_piece *p, struct err *err);

/* A page of cases, the first behind `after`. */
struct migration_page {
    int64_t number;           /* of the migration */
    const struct rule_model *model;
    const struct identity *who;
    int64_t after, now_us;
    int most;                 /* up to MIGRATION_PAGE_MAX */
    int64_t last;             /* out: where to go on; 0: there is no more */
    int64_t moved, refused, back; /* out */
    struct json *cases;       /* out: [{"instance","state","reasons"}] */
};
/* RC_CONFLICT "not-consented"; of who may: RC_DENIED. */
MUST_USE enum rc migration_move(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_page *p, struct err *err);
/* Back again: those that were moved by it; one that cannot go back says "stays": "case-went-on", "job-leased", "clock-stopped", "instance-over". */
MUST_USE enum rc migration_back(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_page *p, struct err *err);
/* The same of one case, p->after is its number. */
MUST_USE enum rc migration_back_one(const struct migration_office *o, const struct db *db, struct arena *a, struct migration_page *p, struct err *err);

/* Forgets copies of rows that no way leads back to any more, some in each write: for a sweeper. */
MUST_USE enum rc migration_expire(const struct db *db, struct err *err);

/* {"moved","refused","back"} and the page of [{"instance","case_no","state","reasons","at_us","act"}] behind a number. */
MUST_USE enum rc migration_cases(const struct db *db, struct arena *a, int64_t number, int64_t after, int limit, struct json **out, struct err *err);
/* The number of the case that an instance belongs to; "" if it has none, or is not there. */
MUST_USE enum rc migration_case_key(const struct db *db, struct arena *a, int64_t instance, struct str *out, struct err *err);

#endif
