/* casework_task_int - open tasks of a case, and who has had to do with it: casework_task.c. */
#ifndef SERVICE_CASEWORK_TASK_INT_H
#define SERVICE_CASEWORK_TASK_INT_H

#include "service/casework_int.h"

/* "<43>-1" → the case's number; the part, "" of the case as a whole. */
struct str case_no_of(struct str sub_case);
struct str case_part_of(struct str sub_case);
/* "<instance>.<token>" of a row of the worklist; of what was asked beside a task "<instance>.<token>.<serial>". */
struct str case_task_id(struct arena *a, const struct json *task);
/* Open tasks of a part, "": of the case as a whole, with what who may do (process/conduct_deed.h). */
MUST_USE enum rc case_tasks(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, struct str part,
                            const struct identity *who, int64_t now_us, struct json **out, struct err *err);
/* Whether an organisation has a task of the case, or has had one. */
MUST_USE enum rc case_has_worked(const struct db *db, struct str case_no, struct str org, bool *out, struct err *err);
/* "to_do" of the case's applicant, after its parts. */
MUST_USE enum rc case_put_to_do(const struct case_view *v, struct json *d, struct str case_no, struct err *err);
#endif
