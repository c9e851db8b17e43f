/*
 * repair - what persons do about processes that cannot go on: each is one command, one act under a named power, in one transaction.
 *
 * A token is tried again, with variables mended; its case is ended; or it is moved to another element, which two persons do: one
 * proposes and says why, another looks again and does it.  A message that nobody took is delivered, under another key if its own was
 * wrong, or forgotten.  Which power covers it is found by the caller (process/mandate.h).
 */
#ifndef PROCESS_REPAIR_H
#define PROCESS_REPAIR_H

#include "identity/session.h"
#include "process/runtime.h"

#define REPAIR_TABLE(X)                                                                  \
    X(RETRY, "retry")     /* variables mend what was wrong; reason as one likes */        \
    X(CANCEL, "cancel")   /* the whole case; reason */                                    \
    X(PROPOSE, "propose") /* to move it to element; reason */                             \
    X(MOVE, "move")       /* what another has proposed */                                 \
    X(DECLINE, "decline") /* or not; one's own too; reason */                             \
    X(DELIVER, "deliver") /* message: to whoever listens for key, or its own */           \
    X(FORGET, "forget")   /* message; reason */
enum repair_kind {
#define X(name, word) REPAIR_##name,
    REPAIR_TABLE(X)
#undef X
    REPAIRS
};
const char *repair_name(enum repair_kind kind);
bool repair_by_name(struct str name, enum repair_kind *out);

enum { REPAIR_REASON_MAX = 2000 };

struct repair {
    enum repair_kind kind;
    int64_t instance, token;
    struct str message, key;      /* of DELIVER, FORGET */
    struct str element, reason;
    const struct json *variables; /* or NULL */
    const struct identity *who;
    struct str power;
    int64_t now_us;
};
struct repair_done {
    int64_t act;
    bool is_stuck;  /* tried or moved, something in the case still, or again, cannot go on */
    int64_t taken;  /* DELIVER: by which process; 0: it waits */
    struct str case_no;
};
/*
 * RC_NOT_FOUND "no-such-incident" (somebody else was there first), "no-such-message", "nothing-proposed"; RC_CONFLICT "proposed-already";
 * RC_DENIED "second-person": one's own proposal; RC_INVALID "reason-missing", or too long; what engine_step refuses.
 */
MUST_USE enum rc repair_do(struct runtime *r, const struct db *db, struct arena *a, const struct repair *what, struct repair_done *out,
                           struct err *err);
/* What the message is called for which a power is needed; it is never called anything else.  RC_NOT_FOUND "no-such-message". */
MUST_USE enum rc repair_message_name(const struct db *db, struct arena *a, struct str id, struct str *out, struct err *err);

#endif
