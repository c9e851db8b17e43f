/*
 * oversight - who decides in time: what each organisation has open, how its decisions kept their promise, which clocks are red.
 *
 * Decisions are counted in the transaction of their step, by day and organisation, so that a year of a million of them is a sum of a
 * few hundred rows.  What is open is counted by index and only so far as a person would: up to 1,000.
 */
#ifndef SERVICE_OVERSIGHT_H
#define SERVICE_OVERSIGHT_H

#include "service/casework.h"

enum { OVERSIGHT_MOST = 1000, OVERSIGHT_SOON_DAYS = 2, OVERSIGHT_MONTH_DAYS = 30, OVERSIGHT_YEAR_DAYS = 365 };

struct tally {
    int64_t decided;   /* granted, refused, not accepted */
    int64_t timed;     /* of those: a clock ran, so that there is a promise to have kept */
    int64_t late;      /* of the timed: after more working days than were promised */
    int64_t used_days; /* working days of the timed, summed; of natural days, hours and months those that lie in them */
    int64_t deemed;    /* acceptances by silence; no decisions */
};

/* In the transaction of the step.  Counted for the organisation and for all together. */
MUST_USE enum rc oversight_count(struct tx *tx, struct str org, int32_t day,
                                 const struct tally *one, struct err *err);
/* From day to day, both with; org "": all together. */
MUST_USE enum rc oversight_sum(const struct db *db, struct str org, int32_t from, int32_t until,
                               struct tally *out, struct err *err);
/* The share of the timed that were not late, in tenths of a percent, never rounded up; -1 if none was timed. */
int oversight_on_time(const struct tally *t);

/*
 * {"soon_days","orgs":[{"org","name","open","waiting","soon","overdue","month":{…},"year":{…}}],"all":{the same but for org and name}};
 * month and year: {"decided","timed","in_time","late","on_time":"98.6","mean_days":"3.2","deemed"} of the last 30 and 365 days, "on_time" and
 * "mean_days" only where something was timed.  Counts of what is open stop at 1,001: more than 1,000.  Organisations without any of it are left out.
 */
MUST_USE enum rc oversight_document(const struct casework *w, const struct db *db,
                                    struct arena *a, int64_t now_us, struct str lang,
                                    struct json **out, struct err *err);
/*
 * Red is public: every clock that is over and not stopped, whole cases' and joint ones too, each once, with the office whose it is; the first that was over
 * comes first; after: cursor or "".  {"rows":[{"org","org_name","item_name","name" (of its part, or ""),"is_whole","limit","kind","state_text","due","clock"}],"next"}: no applicant,
 * no values.  is_named: also "case_no", "tail", "url", "officer", for those who may look into any case.
 */
MUST_USE enum rc oversight_late(const struct casework *w, const struct db *db, struct arena *a, struct str after, int limit, bool is_named,
                                int64_t now_us, struct str lang, struct json **out, struct err *err);

#endif
