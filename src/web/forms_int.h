/* forms_int - a task (case_choices, "to_do" of case_document) and its form, as the pages of officers and citizens share them. */
#ifndef WEB_FORMS_INT_H
#define WEB_FORMS_INT_H

#include "web/handlers.h"

struct task_id { /* "<instance>.<token>", of what was asked beside a task "<instance>.<token>.<serial>" */
    int64_t instance, token, serial;
};
/* Zeroes of a text that is none. */
struct task_id form_task_id(struct str text);
/* What was sent of the form, from a browser or a program ("data"); NULL: the task has none. */
MUST_USE enum rc form_sent(struct page *p, const struct json *task, struct json **out, struct err *err);
/* What is wrong with that, as pages say it; NULL: nothing is. */
MUST_USE enum rc form_wrong(struct page *p, const struct json *task, const struct json *data, struct json **out, struct err *err);
/* "form" into a document: its fields with what was sent, and with the "errors" of the page at them. */
MUST_USE enum rc form_put(struct page *p, const struct json *task, struct json *into, struct err *err);
/* Whether only one more line in a list of the form is wanted, or one less: nothing is done yet. */
bool form_wants_row(const struct page *p);

/* Of those that a task (case_choices) offers whoever asks; NULL: it is not among them. */
const struct json *form_outcome(const struct json *task, struct str code);

#endif
