/*
 * trail - the way of one case through its process, for the picture of it: what is done, which ways were taken, where it stands and what has stopped.
 *
 * It is read from the history, which is chained and complete, and from the tokens as they stand; names of persons are in neither.
 */
#ifndef PROCESS_TRAIL_H
#define PROCESS_TRAIL_H

#include "process/bpmn_picture.h"
#include "process/runtime_view.h"

enum { TRAIL_LINES_MAX = 5000 }; /* of history; what came later is not told */

struct trail {
    int64_t instance, version;
    struct str key;               /* of the process */
    enum instance_state state;
    int64_t started_us, ended_us; /* 0: it has not ended */
    size_t marks;
    const struct bpmn_mark *mark; /* for bpmn_picture of that version */
    struct json *steps;           /* [{"element","what","at_us","detail"}] in order: reached, left, taken back, stopped */
    bool is_cut;
};
/* RC_NOT_FOUND "no-such-instance". */
MUST_USE enum rc trail_of(struct runtime *r, const struct db *db, struct arena *a, int64_t instance, struct trail *out, struct err *err);

#endif
