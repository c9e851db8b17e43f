/*
 * archiving - closed cases of a node whose time is over: which law of retention counts, where archives lie, and who signs for them.
 *
 * How long they stay comes with the binary (demo/retention.json); DATA/retention.json wins.  Archives lie in DATA/archive.
 */
#ifndef MAIN_ARCHIVING_H
#define MAIN_ARCHIVING_H

#include "process/archive.h"
#include "web/web.h"

struct archiving;

/* RC_INVALID: the document is wrong. */
MUST_USE enum rc archiving_open(const struct web *web, const char *data, struct archiving **out, struct err *err);
/* As archive_turn. */
MUST_USE enum rc archiving_turn(struct archiving *v, struct arena *a, bool *more, struct err *err);
void archiving_close(struct archiving *v); /* accepts NULL */

#endif
