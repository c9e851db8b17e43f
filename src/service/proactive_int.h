/* proactive_int - what is shared by proactive.c (looking) and proactive_offer.c (offers). */
#ifndef SERVICE_PROACTIVE_INT_H
#define SERVICE_PROACTIVE_INT_H

#include "service/proactive.h"

/* What will be offered to whom. */
struct proactive_candidate {
    struct str subject;
    const struct json *named; /* of the rule's result */
    struct counsel_answer answer;
};
/* Inside a write: an offer with its act, unless there was one before; *made says which. */
MUST_USE enum rc proactive_offer(struct tx *tx, const struct proactive *p, struct arena *a, const struct json *benefit,
                                 const struct proactive_candidate *c, int64_t now_us, bool *made, struct err *err);
const struct json *proactive_benefit(const struct proactive *p, struct str key);

#endif
