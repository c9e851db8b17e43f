/*
 * cases - what a decision model has to answer, written down as test cases, and whether it does.
 *
 * The format is that of the DMN conformance kit (testCases.xsd): inputs by name, and for each decision asked the value that is
 * expected.  Numbers are equal if they differ by less than 0.00000001; lists in length and order; contexts in names and
 * values; all else as FEEL has it.
 */
#ifndef RULE_CASES_H
#define RULE_CASES_H

#include "rule/dmn.h"

struct cases;
struct case_info {
    struct str id, description;
    size_t results; /* how many values are expected */
};
struct case_result {
    struct str node; /* what was asked */
    bool is_passed;
    struct str expected, got; /* as FEEL; got "" if there is no value */
    struct str error;         /* why there is no value, English; "" if there is one */
};

/* RC_INVALID: not such a document, a value that is none of its type; RC_LIMIT.  The line is in err.  zones may be NULL. */
MUST_USE enum rc cases_read(struct arena *a, struct str xml, struct zones *zones, const struct cases **out, struct err *err);
struct str cases_model(const struct cases *c); /* the name of the model's file; may be "" */
size_t cases_count(const struct cases *c);
struct case_info cases_at(const struct cases *c, size_t index);
/* One case, from run_begin on: as many results as cases_at says, on a.  RC_LIMIT past a's limit; whatever else is wrong is a result. */
MUST_USE enum rc cases_run(struct arena *a, struct run *r, const struct dmn *m, const struct cases *c, size_t index, int64_t now_us,
                           int32_t offset_seconds, const struct case_result **out, struct err *err);

#endif
