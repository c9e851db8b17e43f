/*
 * migration_book - plans of migration as they are proposed and consented to, like versions of rules: by two persons, each with an act.
 *
 * An officer of the organisation whose process it is, with the power that it is laid down under, proposes a plan with a reason; another one consents to it
 * or sends it back.  What was proposed is never edited; what persons consent to is the plan's hash.  Until then no case is moved
 * (process/migration_run.h).  Refusals of persons are those of process/rulebook.h.
 */
#ifndef PROCESS_MIGRATION_BOOK_H
#define PROCESS_MIGRATION_BOOK_H

#include "process/migration.h"
#include "process/modelbook.h"

struct runtime;

enum migration_state { MIGRATION_PROPOSED, MIGRATION_CONSENTED, MIGRATION_REJECTED, MIGRATION_WITHDRAWN };
const char *migration_state_name(enum migration_state state); /* "consented" */

/* Who looks at plans and moves cases: one caller at a time. */
struct migration_office {
    struct runtime *runtime; /* whose models and vault are used; where cases are moved, the only one of the store */
    struct run *run;         /* of the caller's thread */
    struct zones *zones;     /* may be NULL */
    void *ctx;
    /* As modelbook_bind_version; NULL: nothing is called but what stands in the same model. */
    enum rc (*bind)(void *ctx, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day, const struct modelbook_bound **out,
                    size_t *count, struct err *err);
};

struct migration_row {
    int64_t number;
    struct str model;  /* rule_id of its key */
    int64_t source, target;
    enum migration_state state;
    struct str plan, sha256, models, author, reason, report;
    int64_t proposed_us, act;
    struct str settled_by, settled_reason; /* once it is no longer proposed */
    int64_t settled_us, settled_act;
};

/*
 * A plan over the models of its two versions, both published, as they are in memory afterwards.  models: as in a row, "": what the target calls means what holds on
 * the day.  On the arena.  Refusals of migration_plan_read and migration_make; RC_NOT_FOUND "no-such-rule"; RC_INVALID, type "plan-version": one is not published.
 */
struct migration_ready {
    struct migration_plan plan;
    const struct migration *migration;
    struct str sha256, models;
    const struct binding *bound;
    size_t bounds;
};
MUST_USE enum rc migration_prepare(const struct migration_office *o, const struct db *db, struct arena *a, const struct json *plan, struct str models,
                                   int32_t day, struct migration_ready *out, struct err *err);

/* migration_clocks_json of two versions, read if they are not in memory. */
MUST_USE enum rc migration_book_clocks(const struct migration_office *o, const struct db *db, struct arena *a, struct str key, int64_t source,
                                       int64_t target, struct json **out, struct err *err);

struct migration_proposal {
    const struct json *plan;
    struct str reason;
    const struct json *report; /* what a trial run said; may be NULL */
    int32_t day;
    int64_t now_us;
    int64_t number; /* out */
    struct act_ref act;
};
/* RC_INVALID, types "plan-other" (of another process), "reason-missing". */
MUST_USE enum rc migration_propose(const struct migration_office *o, const struct db *db, struct arena *a, const struct rule_model *m,
                                   const struct identity *who, struct migration_proposal *p, struct err *err);

struct migration_settling {
    int64_t number;
    struct str sha256; /* of the plan that was looked at */
    enum migration_state verdict;
    struct str reason;
    int64_t now_us;
    struct act_ref act; /* out */
};
/* To consent or reject needs another than the author (RC_DENIED "same-person"), to withdraw the author ("other-person").  RC_CONFLICT "migration-settled". */
MUST_USE enum rc migration_settle(const struct db *db, struct arena *a, const struct rule_model *m, const struct identity *who,
                                  struct migration_settling *s, struct err *err);

/* RC_NOT_FOUND "no-such-migration". */
MUST_USE enum rc migration_get(const struct db *db, struct arena *a, struct str model, int64_t number, struct migration_row *out, struct err *err);
/* The last plan of this hash that was consented to; 0: none was. */
MUST_USE enum rc migration_consented(const struct db *db, struct str model, struct str sha256, int64_t *out, struct err *err);
/* Newest first, those before a number (0: all), without plan, models and report; on the arena. */
MUST_USE enum rc migration_rows(const struct db *db, struct arena *a, struct str model, int64_t before, int limit, struct migration_row **out,
                                size_t *count, struct err *err);
/* The same as [{"number","source","target","state","sha256","author","reason","proposed_us","act",…}]. */
MUST_USE enum rc migration_list(const struct db *db, struct arena *a, struct str model, int64_t before, int limit, struct json **out, struct err *err);
/* One of them with its "plan" and the "report" of its trial run. */
struct json *migration_row_json(struct arena *a, const struct migration_row *row);

/* Inside store_write: an act about a migration, under the model's power. */
MUST_USE enum rc migration_act(struct tx *tx, struct arena *a, enum act_kind kind, const struct rule_model *m, struct str actor, struct str case_no,
                               int64_t now_us, struct json *detail, struct act_ref *out, struct err *err);

#endif
