/* running_int - what the door for programs and the operator's pages of running processes share. */
#ifndef WEB_RUNNING_INT_H
#define WEB_RUNNING_INT_H

#include "process/mandate.h"
#include "process/runtime_view.h"
#include "web/handlers.h"

/* RC_NOT_FOUND where no processes run. */
MUST_USE enum rc running_open(const struct page *p, struct runtime **out, struct err *err);
/* The power of whoever asks that covers it; RC_DENIED "power-missing".  of "": whether there is anything that they may. */
MUST_USE enum rc running_power(const struct page *p, enum mandate_kind kind, struct str of, struct str *out, struct err *err);
/* A whole number above 0 of the address. */
MUST_USE enum rc running_number(const struct page *p, int index, int64_t *out, struct err *err);
/* The applicant of a case, for acts: the variable applicant {id}; "". */
struct str running_subject(const struct json *variables);

/* work_door.c */
enum rc work_lease(struct page *p, struct err *err);
enum rc work_heartbeat(struct page *p, struct err *err);
enum rc work_complete(struct page *p, struct err *err);
enum rc work_fail(struct page *p, struct err *err);
enum rc work_message(struct page *p, struct err *err);
enum rc work_signal(struct page *p, struct err *err);
enum rc work_instance(struct page *p, struct err *err);
enum rc work_history(struct page *p, struct err *err);
/* incidents.c */
enum rc incidents_list(struct page *p, struct err *err);
enum rc incidents_many(struct page *p, struct err *err);
enum rc incidents_show(struct page *p, struct err *err);
enum rc incidents_do(struct page *p, struct err *err);
enum rc incidents_messages(struct page *p, struct err *err);
enum rc incidents_settle(struct page *p, struct err *err);

#endif
