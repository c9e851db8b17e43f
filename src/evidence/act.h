/*
 * act - one official act: one row, written in the transaction of the change that it describes, and one leaf.
 *
 * The row keeps what the act was about; the leaf (see leaf.h) is its public side.  The body is the act as canonical
 * JSON (RFC 8785): {"actor","at_us","case_no","detail","kind","org","resource","subject"}, without those that are
 * empty.  Once an opening is erased the row keeps kind, time and organisation, and the leaf stays in the log.
 */
#ifndef EVIDENCE_ACT_H
#define EVIDENCE_ACT_H

#include "base/json.h"
#include "evidence/leaf.h"
#include "store/store.h"

struct act {
    enum act_kind kind;
    int64_t at_us;
    struct str actor;    /* "officer:…", "person:<id>", "node:<name>", "system" */
    struct str org;      /* USCC of the organisation that acts, or "" */
    struct str case_no;  /* or "" */
    struct str subject;  /* internal id of the person or company whom it concerns, or "" */
    struct str resource; /* catalogue code, power code, item code: what it is about, or "" */
    const struct json *detail; /* object, or NULL; never whole personal values */
    int outcome;         /* above 0: a number to find it by (act_of_outcome); stands in the row alone */
};

struct act_ref {
    int64_t index; /* leaf index, from 0, without a gap */
    unsigned char leaf[LEAF_BYTES];
};

/*
 * Inside store_write.  Indexes are given in the order of commits; one undone leaves no gap.  RC_LIMIT: the body would
 * pass ACT_BODY_MAX; RC_INVALID: detail is no object, or holds a number that has no canonical form.
 */
MUST_USE enum rc act_add(struct tx *tx, struct arena *a, const struct act *act,
                         struct act_ref *out, struct err *err);

/*
 * Inside store_write: forget what the act was about, for the day when the law wants it gone.  RC_NOT_FOUND.  That it
 * may be done, and that it was done (an act of its own), is the caller's business.
 */
MUST_USE enum rc act_erase(struct tx *tx, int64_t index, struct err *err);

/*
 * One act as JSON for people and programs: {"index","kind","kind_zh","kind_en","at","actor","org","case_no","subject",
 * "resource","detail","body","opening","leaf"}; body is the committed text, opening and leaf base64.  Texts may
 * be empty, detail is {} if there was none; an erased one has "erased":true and neither body nor opening.
 */
MUST_USE enum rc act_by_index(const struct db *db, struct arena *a, int64_t index,
                              struct json **out, struct err *err);
/* Arrays of such (without body and opening), newest first; before < 0: from the newest. */
MUST_USE enum rc act_of_case(const struct db *db, struct arena *a, struct str case_no,
                             int64_t before, int limit, struct json **out, struct err *err);
MUST_USE enum rc act_of_subject(const struct db *db, struct arena *a, struct str subject,
                                int64_t before, int limit, struct json **out, struct err *err);

/* Of one outcome, and of one resource unless that is "". */
MUST_USE enum rc act_of_outcome(const struct db *db, struct arena *a, int outcome,
                                struct str resource, int64_t before, int limit,
                                struct json **out, struct err *err);

/* Of those of a subject, the ones that let somebody see the subject's data: asking for it, giving it, looking at a case, offering what it shows
 * to be due. */
MUST_USE enum rc act_reads_of(const struct db *db, struct arena *a, struct str subject,
                              int64_t since_us, int64_t before, int limit, struct json **out,
                              struct err *err);
enum { ACT_READS_COUNTED = 10000 };
struct act_reads {
    int64_t count;    /* up to ACT_READS_COUNTED, then it means "at least" */
    int64_t officers; /* different ones */
    int64_t systems;
    int64_t matters;  /* cases and drafts */
};
MUST_USE enum rc act_reads_sum(const struct db *db, struct str subject, int64_t since_us,
                               struct act_reads *out, struct err *err);

MUST_USE enum rc act_latest(const struct db *db, struct arena *a, int64_t before, int limit,
                            struct json **out, struct err *err);
/* How many acts are durable. */
MUST_USE enum rc act_count(const struct db *db, int64_t *out, struct err *err);
/* Leaves from..from+count or as many as there are, back to back, on the arena: for the publisher. */
MUST_USE enum rc act_leaves(const struct db *db, struct arena *a, int64_t from, int64_t count,
                            struct str *out, struct err *err);

#endif
