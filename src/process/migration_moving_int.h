/* migration_moving_int - what trying and moving stored cases share. */
#ifndef PROCESS_MIGRATION_MOVING_INT_H
#define PROCESS_MIGRATION_MOVING_INT_H

#include "process/migration_run.h"
#include "process/runtime_int.h"

struct migration_numbers {
    int64_t id[MIGRATION_PAGE_MAX];
    size_t count;
};
/* The first column into the ctx, a struct migration_numbers. */
enum rc migration_number_row(const struct row *row, void *ctx, struct err *err);
/* Open cases of the plan's source behind a number. */
MUST_USE enum rc migration_open_cases(const struct db *db, const struct migration_plan *p, int64_t after, int most, struct migration_numbers *out,
                                      struct err *err);
/* As rows_load, with what of it is in somebody's hands and, if the plan looks back, when it came where; out stays as it was if it is not found open. */
MUST_USE enum rc migration_case_load(const struct runtime *r, const struct source *from, struct arena *a, int64_t id, bool looks_back, struct loaded *l,
                                     struct migration_case *out, struct err *err);

#endif
