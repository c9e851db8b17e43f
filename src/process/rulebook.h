/*
 * rulebook - law as it is laid down in models: of decisions (DMN) and of processes (BPMN), their drafts, versions, verdicts and cases.
 *
 * A draft is one officer's and may be saved again and again.  Proposing makes it a version, which is never edited: a second officer of
 * the same organisation, with the same power, publishes it or sends it back, and from the day that it names it holds.  On any day the
 * published version with the latest such day counts, of the same day the later number.  Nothing is published to begin in the past, or before
 * the version that it was made from: so what held on a past day cannot change.  Every proposal and verdict is an act under the model's power.
 *
 * This module keeps and hands out text, byte for byte; process/ruling.h and process/modelbook.h understand it.  Refusals: RC_DENIED, types "rule-of-others" and
 * "power-missing"; RC_NOT_FOUND, type "no-such-rule".
 */
#ifndef PROCESS_RULEBOOK_H
#define PROCESS_RULEBOOK_H

#include "evidence/act.h"
#include "identity/session.h"

enum { RULE_XML_MAX = 1 << 20, RULE_CASES_MAX = 1 << 20, RULE_WORDS_MAX = 2000, RULE_KEY_MAX = 64, RULE_DAYS_AHEAD_MAX = 3660 };

enum rule_kind { RULE_DMN, RULE_BPMN };
const char *rule_kind_name(enum rule_kind kind); /* "bpmn" */

struct rule_model {
    struct str id;    /* rule_id of its key */
    enum rule_kind kind;
    struct str org;   /* whose rules they are */
    struct str power; /* under which they are laid down */
    struct str name_zh, name_en;
};

/* A decision and a process may have the same key, "old-age-allowance", which is what people see.  NULL ptr past the arena's limit. */
struct str rule_id(struct arena *a, enum rule_kind kind, struct str key);
struct str rule_key(struct str id);

enum rule_state { RULE_PROPOSED, RULE_PUBLISHED, RULE_REJECTED, RULE_WITHDRAWN };
const char *rule_state_name(enum rule_state state); /* "proposed" */

struct rule_version {
    struct str model;
    int64_t number, base; /* base: the version that it was made from; 0 none */
    enum rule_state state;
    struct str xml, sha256;
    struct str author, basis, reason; /* author: an officer's id; "" what the node came with */
    int32_t holds_from;
    int64_t proposed_us, act;
    struct str settled_by, settled_reason; /* once it is no longer proposed */
    int64_t settled_us, settled_act;
    struct str found; /* what was said of it when it was proposed, as JSON; "" nobody asked */
};

/* --- reading; all texts on the arena -------------------------------------------------------------------------- */
MUST_USE enum rc rule_model_get(const struct db *db, struct arena *a, enum rule_kind kind, struct str key, struct rule_model *out,
                                struct err *err);
/* Array of {"key","org","power","name_zh","name_en","proposed" (how many wait),"in_force" (0 none),"holds_from"} behind the key `after`, on this day. */
MUST_USE enum rc rule_models(const struct db *db, struct arena *a, enum rule_kind kind, int32_t day, struct str after, int limit,
                             struct json **out, struct err *err);
MUST_USE enum rc rule_version_get(const struct db *db, struct arena *a, struct str model, int64_t number, struct rule_version *out,
                                  struct err *err);
/* Newest first, those before a number (0: all), without their XML and what was found. */
MUST_USE enum rc rule_versions(const struct db *db, struct arena *a, struct str model, int64_t before, int limit,
                               const struct rule_version **out, size_t *count, struct err *err);
/* Number and hash of the version that holds on the day.  RC_NOT_FOUND, type "no-rule-in-force". */
struct rule_held {
    int64_t number;
    struct str sha256;
};
MUST_USE enum rc rule_in_force(const struct db *db, struct arena *a, struct str model, int32_t day, struct rule_held *out,
                               struct err *err);
/* What a change has to begin from; 0: nothing is published. */
MUST_USE enum rc rule_last_published(const struct db *db, struct str model, int64_t *out, struct err *err);
/* The cases that count now; number 0 and "" if there are none. */
struct rule_cases {
    int64_t number, saved_us;
    struct str document, author;
};
MUST_USE enum rc rule_cases_get(const struct db *db, struct arena *a, struct str model, struct rule_cases *out, struct err *err);

/* --- who may ------------------------------------------------------------------------------------------------------ */
/* RC_OK, or RC_DENIED as above. */
MUST_USE enum rc rule_admits(const struct rule_model *m, const struct identity *who, struct err *err);
/* Whether one of their powers is one that models of this kind are laid down under. */
MUST_USE enum rc rule_is_desk(const struct db *db, const struct identity *who, enum rule_kind kind, bool *out, struct err *err);

/* --- changing ------------------------------------------------------------------------------------------------------ */
/*
 * Inside store_write, for what a node comes with: {"kind" ("dmn" if none),"key","owner","power","name_zh","name_en","basis","holds_from":"yyyy-mm-dd","found" (an
 * object, may be missing)}, its XML and cases.  Published as version 1 if the model is new; nothing happens if it is there.  RC_INVALID.
 */
MUST_USE enum rc rule_install(struct tx *tx, struct arena *a, const struct json *given, struct str xml, struct str cases,
                              int64_t now_us, struct err *err);

struct rule_draft {
    struct str model, officer;
    int64_t base, revision, saved_us;
    struct str xml;
};
/* The officer's draft, or as revision 0 the version to begin from. */
MUST_USE enum rc rule_draft_get(const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
                                struct rule_draft *out, struct err *err);
/* base, xml and the revision that was seen; revision and saved_us become those of what is kept.  RC_CONFLICT, type "other-tab". */
MUST_USE enum rc rule_draft_save(const struct db *db, const struct rule_model *m, const struct identity *who, int64_t now_us,
                                 struct rule_draft *draft, struct err *err);
MUST_USE enum rc rule_draft_drop(const struct db *db, const struct rule_model *m, const struct identity *who, struct err *err);
MUST_USE enum rc rule_cases_put(const struct db *db, const struct rule_model *m, const struct identity *who, struct str document,
                                int64_t seen, int64_t now_us, struct err *err);

/*
 * The draft of that revision becomes a version.  found: what was said of it when it was checked, in short (an object or NULL), kept in the act; report: the same
 * in full, kept with the version.  RC_CONFLICT: types
 * "other-tab" (the draft has moved on), "rule-moved-on" (another version was published meanwhile), "rule-waits" (another one
 * waits for its verdict); RC_INVALID: types "basis-missing", "reason-missing", "day-wrong" (before today, before the last version begins, too far); of
 * what is pinned those of pins_check.
 */
struct rule_proposal {
    int64_t revision;
    struct str basis, reason;
    int32_t holds_from, today;
    const struct json *found, *report;
    const struct pins *pins; /* pins.h; NULL: it imports nothing */
    int64_t now_us;
    int64_t number; /* out */
    struct act_ref act;
};
MUST_USE enum rc rule_propose(const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
                              struct rule_proposal *p, struct err *err);

/*
 * RULE_PUBLISHED and RULE_REJECTED need somebody else than the author (RC_DENIED, type "same-person"), RULE_WITHDRAWN the author.
 * sha256: of the text that was looked at.  RC_CONFLICT: types "rule-settled", "rule-moved-on", "day-passed" (it would begin in the past), those of pins_check.
 * RC_INVALID, type "reason-missing", where something is sent back.
 */
struct rule_settling {
    int64_t number;
    enum rule_state verdict;
    struct str sha256, reason;
    int32_t today;
    int64_t now_us;
    struct act_ref act; /* out */
};
MUST_USE enum rc rule_settle(const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
                             struct rule_settling *s, struct err *err);

#endif
