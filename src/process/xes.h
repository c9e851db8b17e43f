/*
 * xes - the history of a process as others' tools for process mining read it (XES, IEEE 1849-2016), written piece by piece.
 *
 * A trace is one case, named by the number of its process and not by that of the case; an event is what happened to one of its steps.  Persons do not
 * stand in it: an applicant is "applicant", a program "system", an officer the id under which acts name them.  Extensions: concept, time,
 * lifecycle (its standard model), org.  A gateway is no event.
 */
#ifndef PROCESS_XES_H
#define PROCESS_XES_H

#include "process/runtime_view.h"

struct xes_sink {
    void *ctx;
    enum rc (*put)(void *ctx, struct str bytes, struct err *err);
};
struct xes_wish {
    struct str key, title;     /* of the process */
    int64_t from_us, until_us; /* of the starts: from the first up to, and without, the second */
    int offset_minutes;        /* of the time zone in which moments are written */
    size_t traces_max;
};
/* All cases of a process, open and closed, oldest first.  *traces: how many.  Whatever the sink refuses ends it. */
MUST_USE enum rc xes_export(struct runtime *r, const struct db *db, const struct xes_wish *wish, const struct xes_sink *sink, size_t *traces,
                            struct err *err);

#endif
