/*
 * proactive - services look for people (服务找人): each night a rule goes over a registry that this node holds, and whoever it says is
 * entitled and known here finds an offer on their page, with the reason, to accept or to decline.
 *
 * Benefits are a document (demo/benefits.json):
 *
 *     {"benefits":[{"key","item","title_*","basis","source":{"resource","fields":["id_number",…]},
 *       "checks":[{"as":"death","resource","fields"}], "rule": binding whose outputs are {"entitled","monthly","reason_*"}}],"at":"02:00"}
 *
 * Beside them "led_to" has what a case leads to (job offer.create): {"key","item","title_*","basis","source","reason_*"}, without a rule.
 *
 * The rule's paths begin with record, with the "as" of a check, or are day.  Of each registry only what a grant to this very node allows
 * for this item is seen (data/grant.h), row by row; the checks are asked of those alone whom the source makes candidates.  "id_number"
 * finds the person here; nobody else gets to know.
 *
 * A run has one act, before the first record is opened; an offer has one, and so has an answer.  Whoever declined is not asked
 * again.  A run goes on where it stood, also after the power failed.
 */
#ifndef SERVICE_PROACTIVE_H
#define SERVICE_PROACTIVE_H

#include "crypto/vault.h"
#include "identity/session.h"
#include "process/counsel.h"
#include "service/draft.h"

struct proactive {
    const struct vault *vault;
    const struct counsel *counsel;
    const struct json *benefits; /* the document; NULL: none */
    struct str node;             /* this one: consumer of its own registries */
    int offset_minutes;
};

enum { PROACTIVE_BATCH = 200 };

/* RC_INVALID names what is wrong in the document. */
MUST_USE enum rc proactive_check(const struct json *benefits, struct err *err);

/*
 * One batch of the first benefit that still has something to look through today; *more: there is more.  Nothing before the hour "at".
 * For a thread that has nothing to suspend.
 */
MUST_USE enum rc proactive_turn(const struct proactive *p, const struct db *db, struct arena *a, int64_t now_us, bool *more,
                                struct err *err);

/* The person's open offers: [{"id","benefit","item","title_*","reason_*","monthly","made","act"}]. */
MUST_USE enum rc proactive_offers(const struct proactive *p, const struct db *db, struct arena *a, struct str subject,
                                  struct json **out, struct err *err);
/* RC_NOT_FOUND: no such offer of theirs; RC_CONFLICT, type "offer-settled": it was answered already. */
MUST_USE enum rc proactive_decline(const struct proactive *p, const struct db *db, struct arena *a, struct str id,
                                   const struct identity *who, int64_t now_us, struct json *acts, struct err *err);
/* Opens the draft of its item; the same again, while it is not decided, gives that draft. */
MUST_USE enum rc proactive_accept(const struct proactive *p, const struct db *db, struct arena *a, struct str id,
                                  const struct identity *who, const struct item_table *items, int keep_days, int64_t now_us,
                                  struct draft *draft, struct json *acts, struct err *err);
/* Inside the write of a decision: what came of the offer that led to this case, if one did. */
MUST_USE enum rc proactive_decided(struct tx *tx, struct str case_no, bool is_granted, int64_t now_us, struct err *err);

/*
 * For stewards: [{"key","title_*","item","basis","resource","fields":[…],"run":{"day","started","ended" or "","looked","hidden","dropped",
 * "found","unreachable","offered","act"} or missing,"offers":{"open","accepted","declined","granted","wrong"},"precision_percent" of what was
 * decided, missing while nothing was}].  wrong: offered, and refused when it was decided.
 */
MUST_USE enum rc proactive_report(const struct proactive *p, const struct db *db, struct arena *a, struct json **out,
                                  struct err *err);

#endif
