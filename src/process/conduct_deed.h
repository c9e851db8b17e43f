/*
 * conduct_deed - what persons do to a running process: each under a named power, with one act in the transaction, or refused.
 *
 * Who may: the role, the organisation, the region and the power that the task asks for, as its assignment came to when it began; whoever has
 * claimed it, or stands in for them while they are away (conduct_absence), under the powers of the one who is away; never who did what the
 * task asks a second person for.  What is refused is RC_DENIED "other-organisation", "role-missing", "power-missing", "second-person",
 * "not-yours", "not-away"; RC_CONFLICT "done-meanwhile", "claimed-by-other", "only-once", "step-not-possible"; RC_INVALID "reason-missing",
 * "reason-unwanted", "no-such-outcome", "fields-missing", "field-not-allowed", "form-invalid", "basis-missing".  To write ACT_DENIED is the caller's.
 */
#ifndef PROCESS_CONDUCT_DEED_H
#define PROCESS_CONDUCT_DEED_H

#include "identity/session.h"
#include "process/conduct.h"

#define DEED_TABLE(X)                                                                                              \
    X(COMPLETE, "complete")     /* outcome, reason, data (variables of the form) */                                \
    X(SUPPLEMENT, "supplement") /* 补正: fields [{"field","what"}], reason */                                      \
    X(SUPPLY, "supply")         /* by the applicant: data */                                                       \
    X(RETURN, "return")         /* 驳回: element, reason */                                                        \
    X(ADD_SIGNER, "add_signer") /* 加签: data, what the new signer's instance has: {"part":{"org","power"}} */     \
    X(DROP_SIGNER, "drop_signer") /* 减签: reason */                                                               \
    X(CONSULT, "consult")       /* 征求意见: to (an organisation), reason is the question */                       \
    X(OPINION, "opinion")       /* the answer of who was asked (serial): reason */                                 \
    X(TRANSFER, "transfer")     /* 移送: to (an organisation), power (one of its own), reason */                   \
    X(CLAIM, "claim")           /* it is mine */                                                                   \
    X(RELEASE, "release")       /* nobody's again */                                                               \
    X(ASSIGN, "assign")         /* to an officer; "": to the one who has least to do */                            \
    X(SUSPEND, "suspend")       /* 中止: basis, reason */                                                          \
    X(RESUME, "resume")         /* 恢复: reason */                                                                 \
    X(WITHDRAW, "withdraw")     /* 撤回, by the applicant: instance; token: who listens, 0: whoever does for the whole case */                                    \
    X(REOPEN, "reopen")         /* after an appeal (复议): instance, element, basis is the number of the decision, power, reason */ \
    X(EXTEND, "extend")         /* asks to extend clock, once: clock, reason */                                    \
    X(APPROVE, "approve")       /* another one agrees to that (serial) */                                          \
    X(DECLINE, "decline")       /* or does not: reason */
enum deed_kind {
#define X(name, text) DEED_##name,
    DEED_TABLE(X)
#undef X
    DEEDS
};
const char *deed_name(enum deed_kind kind);

struct conduct_deed {
    enum deed_kind kind;
    int64_t instance, token, serial; /* the row of the worklist; serial 0: the task itself */
    struct str outcome, reason, basis, power;
    struct str element, to;
    int64_t clock;
    const struct json *fields;
    const struct json *data;   /* object or NULL: what whoever does it says */
    const struct json *facts;  /* likewise: what the house knows and sets with it, of COMPLETE: "promised_days" */
    struct str absent;         /* id of the officer for whom it is done, who is away; "" */
    const struct identity *who;
    int64_t now_us;
    /* The caller's own, after the act in the same transaction, or NULL.  Of what does not move the process the event has no instance. */
    runtime_hook then;
    void *then_ctx;
};
/* What has to be known before the transaction; models are in memory then. */
struct conduct_ready {
    struct officer absent, to; /* to: of ASSIGN */
    const struct json *part;   /* of TRANSFER: the variable as it was, NULL: none is seen from there */
    int64_t part_scope;        /* where it is */
    struct str applicant;      /* of WITHDRAW */
    int64_t listener;          /* token that hears of a withdrawal; 0 */
};
MUST_USE enum rc conduct_ready(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_deed *deed,
                               struct conduct_ready *out, struct err *err);
/* Inside store_write.  RC_BUSY "model-cold": conduct_ready and once more.  When it is durable, conduct_nudge. */
MUST_USE enum rc conduct_do_tx(struct conduct *c, struct tx *tx, struct arena *a, const struct conduct_deed *deed,
                               const struct conduct_ready *ready, struct conduct_result *out, struct err *err);
/* All of it as a write of its own. */
MUST_USE enum rc conduct_do(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_deed *deed,
                            struct conduct_result *out, struct err *err);

/* --- the worklist ----------------------------------------------------------------------------------------------------------- */

struct work_after { /* where the last page ended */
    int64_t due_us, instance, token, serial;
};
enum { WORK_PAGE_MAX = 200 };
struct work_query {
    struct str org;       /* or, if "", */
    struct str assignee;  /* id of an officer */
    struct str state;     /* "open", "asked" (waits for the applicant), "suspended" */
    struct work_after after; /* zeroes: from the start */
    int limit;
};
/*
 * A page of a queue, by when it is due: [{"instance","token","serial","kind" ("task", "consult",
 * "extend"),"case_no","part","model","version","element","name_zh","name_en","org",
 * "role","power","region","assignee","assignee_name","since_us","due_us" (0: no clock runs),"state","expires_us","clock" (the id of the one that it
 * goes by: the first that is due, or that stands; 0: none)}].
 */
MUST_USE enum rc work_page(struct conduct *c, const struct db *db, struct arena *a, const struct work_query *q, struct json **out,
                           struct err *err);
/* How many there are in a queue, counted up to most. */
MUST_USE enum rc work_count(const struct db *db, struct str org, struct str state, int most, int64_t *out, struct err *err);
/*
 * All of a case, part "": of all parts; with what `who` (NULL: nobody) may do: "may":["complete","supplement",…],
 * "outcomes":[{"code","zh","en","act","reason","power","without_form"}], "returns": [{"element","zh","en"}], "fields" that may be asked for ("*" or a list),
 * "form" (its key), "detail" (what was asked, opened), "is_barred": a second person has to do it, "is_countersign" and "signer" (what the model calls each who signs).  "clock" as in a page.  Whoever looks: "choices" are all outcomes that there are, "can_ask": a supplement may be asked there.
 */
MUST_USE enum rc work_of_case(struct conduct *c, const struct db *db, struct arena *a, struct str case_no, struct str part,
                              const struct identity *who, int64_t now_us, struct json **out, struct err *err);
/* How many open tasks each officer of an organisation has claimed, the one with least first: [{"officer","name","open"}]; power "": any. */
MUST_USE enum rc work_load(struct conduct *c, const struct db *db, struct arena *a, struct str org, struct str power, int32_t day,
                           struct json **out, struct err *err);

/* --- absence ------------------------------------------------------------------------------------------------------------------ */

/* Inside store_write: from the first day up to and with the last another of the organisation stands in, with an act; from > until ends it. */
struct conduct_absence {
    struct str officer, stand_in;
    int32_t from_day, until_day;
    const struct identity *who; /* the officer, or another of the organisation */
    int64_t now_us;
};
MUST_USE enum rc conduct_absence(struct conduct *c, struct tx *tx, struct arena *a, const struct conduct_absence *absence, int64_t *act,
                                 struct err *err);
/* For whom an officer stands in on a day, and who for them: [{"officer","stand_in","from","until","by"}]. */
MUST_USE enum rc conduct_absences(const struct db *db, struct arena *a, struct str officer, int32_t day, struct json **out, struct err *err);

#endif
