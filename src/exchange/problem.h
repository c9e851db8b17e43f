/*
 * problem - every way in which an exchange can be refused or fail, told apart by a type (RFC 9457), with plain
 * words for whoever reads it: what happened and what to do.
 */
#ifndef EXCHANGE_PROBLEM_H
#define EXCHANGE_PROBLEM_H

#include "base/json.h"

struct problem {
    const char *type; /* kebab-case */
    int status;
    enum rc rc; /* what a caller of the gate gets */
    const char *title_zh;
    const char *title_en;
};

/* NULL if there is none of that type. */
const struct problem *problem_by_type(struct str type);
/* For any failure; a type that is not in the table becomes that of its rc, and at last "internal". */
const struct problem *problem_of(enum rc rc, const struct err *err);
/* {"type":"/problems/<type>","title","title_en","status"}; the caller may add members. */
struct json *problem_document(struct arena *a, const struct problem *p);

#endif
