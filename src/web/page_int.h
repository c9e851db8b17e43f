/* page_int - the parts of a request's walk that others share with page.c. */
#ifndef WEB_PAGE_INT_H
#define WEB_PAGE_INT_H

#include "web/web.h"

/* Body up to the route's limit into p->input: urlencoded or a JSON object. */
MUST_USE enum rc page_read_input(struct page *p, struct str *body, struct err *err);
/* The same with a body that was read already. */
MUST_USE enum rc page_take_input(struct page *p, struct str body, struct err *err);
/* RC_DENIED, type "form-too-old", unless token (or the X-CSRF-Token field) is the session's. */
MUST_USE enum rc page_check_token(const struct page *p, struct str token, struct err *err);

/* Whether whoever asks has the role that the route is for. */
bool page_admits(const struct page *p, const struct route *r);

#endif
