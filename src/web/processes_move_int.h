/* processes_move_int - what the pages of plans share: two versions side by side, and what a trial run said. */
#ifndef WEB_PROCESSES_MOVE_INT_H
#define WEB_PROCESSES_MOVE_INT_H

#include "process/migration_desk.h"
#include "web/rules_int.h"

/* The process that the address names, for those who lay it down, with what stands above every page of it. */
MUST_USE enum rc moves_open(struct page *p, struct rule_model *m, struct migration_desk *desk, struct err *err);
/* "/processes/KEY/moves" and the rest. */
struct str moves_url(const struct page *p, const struct rule_model *m, const char *rest);

struct moves_pair { /* of two published versions; pictures and the same in order stand in the document as "before" and "after" */
    int64_t source, target;
    const struct json *from, *to; /* steps */
    const struct census_view *view; /* who waits where; NULL: it was not asked for */
};
/* RC_NOT_FOUND: one of them is not published.  "after" has what differs, too. */
MUST_USE enum rc moves_put_pair(struct page *p, const struct rule_model *m, bool wants_census, struct moves_pair *pair, struct err *err);
/* Of a step, what people call it; the id of what is not there. */
struct str moves_name(const struct json *steps, struct str id);
const struct json *moves_step(const struct json *steps, struct str id); /* NULL: it is not there */
/* "trial" from the report of a trial run: numbers, and why cases cannot be moved, with links to some of them. */
MUST_USE enum rc moves_put_trial(struct page *p, const struct moves_pair *pair, const struct json *report, struct err *err);

#endif
