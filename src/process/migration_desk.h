/*
 * migration_desk - plans of migration where pages and programs ask for them: on the threads of rulings, because a trial run takes a while and FEEL more stack
 * than a coroutine has.  The caller waits as its struct db says.
 */
#ifndef PROCESS_MIGRATION_DESK_H
#define PROCESS_MIGRATION_DESK_H

#include "process/migration_run.h"

struct migration_desk { /* by value */
    struct modelbook *book;
    struct runtime *runtime; /* the only one of the store */
};

/* migration_prepare and migration_trial_piece.  models: of a plan that was proposed, as in its row; else "". */
struct migration_wish { /* by value */
    const struct json *plan;
    struct str models;
    int32_t day;
    int64_t after, now_us;
};
MUST_USE enum rc migration_desk_try(const struct migration_desk *d, const struct db *db, struct arena *a, const struct migration_wish *w,
                                    struct json **out, struct err *err);
/* What cannot be read in the "variables" of a plan: migration_plan_faults. */
MUST_USE enum rc migration_desk_faults(const struct migration_desk *d, const struct db *db, struct arena *a, const struct json *variables,
                                       struct json **out, struct err *err);
/* migration_book_clocks. */
MUST_USE enum rc migration_desk_clocks(const struct migration_desk *d, const struct db *db, struct arena *a, struct str key, int64_t source,
                                       int64_t target, struct json **out, struct err *err);
/* migration_propose, with what a trial run says (migration_trial_kept), but for the map; it is not asked whether the cases can be moved. */
MUST_USE enum rc migration_desk_propose(const struct migration_desk *d, const struct db *db, struct arena *a, const struct rule_model *m,
                                        const struct identity *who, struct migration_proposal *p, struct err *err);
/* migration_move, migration_back, migration_back_one. */
enum migration_deed { MIGRATION_DO_MOVE, MIGRATION_DO_BACK, MIGRATION_DO_BACK_ONE };
MUST_USE enum rc migration_desk_page(const struct migration_desk *d, const struct db *db, struct arena *a, struct migration_page *p,
                                     enum migration_deed deed, struct err *err);

#endif
