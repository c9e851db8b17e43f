/* casework_clock_int - clocks of cases as pages say them: what the timekeeper keeps (process/timekeeper.h), in few words and one language. */
#ifndef SERVICE_CASEWORK_CLOCK_INT_H
#define SERVICE_CASEWORK_CLOCK_INT_H

#include "process/timekeeper_view.h"
#include "service/casework_int.h"

/* Of one case: reads the clocks that its parts go by, and whose the time is of those without a result. */
MUST_USE enum rc case_read_clocks(const struct db *db, struct arena *a, struct sub_case *subs, size_t count, struct err *err);
struct str case_date_words(const struct case_view *v, struct str day);  /* "2026-11-23" → 11月23日 */
bool case_has_promise(const struct sub_case *s); /* its promise was started: it was accepted */
bool case_is_heard_of(const struct sub_case *s);  /* it runs until silence accepts it */
/* {"colour","text","left_days",…} of a clock, and of what the timekeeper says of one (process/timekeeper_view.h). */
MUST_USE enum rc case_watch_document(const struct case_view *v, const struct watch *w, struct json **out, struct err *err);
/* "clock" that a task goes by, and when it is "due". */
MUST_USE enum rc case_put_task_clock(const struct case_view *v, const struct json *task, struct json *d, struct err *err);
struct json *case_said_document(const struct case_view *v, const struct json *said);
/*
 * "clock" of a part, or, while it waits for its acceptance, "hear_by" and a "note" that says so.  Of one without a result also "whose" the time is: "office",
 * "applicant", "third_party", "elsewhere", and, but for the office's own, "time_text".
 */
void case_put_clock(const struct case_view *v, const struct sub_case *s, struct json *d);

#endif
