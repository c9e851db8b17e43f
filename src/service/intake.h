/*
 * intake - what of a case goes to another node, and what a case is here that came from one (exchange/handover.h carries it).
 *
 * A case that was taken has a number of this node, whoever applies as a subject of this node, of its form the answers that came along, and a part for each that the agreement
 * says this node does.  It stands in queues and on desks like any other; its process tells of it as of any other.
 */
#ifndef SERVICE_INTAKE_H
#define SERVICE_INTAKE_H

#include "service/casework.h"

struct intake {
    struct str name;    /* of the hand-over: no two cases are of one */
    struct str case_no; /* upper case, no hyphens */
    struct str item, subject, title, actor;
    const struct json *parts; /* [{"id","org"}] */
    const struct json *values; /* answers that came along; NULL: none did */
    int64_t now_us;
};
/* Inside the transaction in which its process starts.  *is_case false: this node has no such item, and work on it is no case here. */
MUST_USE enum rc intake_add(const struct casework *w, struct tx *tx, struct arena *a, const struct intake *i, bool *is_case, struct err *err);

/* The files of a case, by reference: [{"id","sha256","bytes","name","resource"}]; none if there is no such case. */
MUST_USE enum rc intake_files(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, struct json **out, struct err *err);

/* Answers of its form by name, as texts or lists of texts; those that it has not are not there. */
MUST_USE enum rc intake_answers(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, const struct json *names,
                                struct json **out, struct err *err);

#endif
