/*
 * answer - how a page's document, or its failure, goes back: HTML by template, JSON, or a problem document (RFC 9457).
 */
#ifndef WEB_ANSWER_H
#define WEB_ANSWER_H

#include "web/web.h"

/* The document: 200 (or p->status) as JSON or HTML; 303 for a browser when p->location is set. */
void answer_document(struct page *p);
/* A failure: the log gets err, the citizen a sentence from lang/ by problem type, with a reference; 507 says that reads go on. */
void answer_problem(struct page *p, enum rc rc, const struct err *err);
/* An answer kept by its idempotency key: the same status, place and document again. */
void answer_kept(struct page *p, int status, struct str location, struct str body);
/* JSON text of the document with acts, as answered and kept. */
MUST_USE enum rc answer_json(struct page *p, struct str *out, struct err *err);

/* What templates find below the document: words, language, theme, who is signed in. */
struct json *frame_of(struct page *p);

#endif
