/* casework_step_int - one step under way: casework.c chooses and does it, casework_note.c writes what it leaves besides. */
#ifndef SERVICE_CASEWORK_STEP_INT_H
#define SERVICE_CASEWORK_STEP_INT_H

#include "service/casework_task_int.h"

struct doing {
    const struct casework *work;
    struct arena *arena;
    const struct case_move *asked;
    const struct identity *who;
    int64_t now_us;
    struct str at; /* now, as documents say it */
    struct json *acts;
    struct case_row file;
    struct item item;           /* the version the case began with; read before the write */
    struct str part;            /* its id; "": the case as a whole */
    const struct json *task;    /* of the worklist; NULL: the applicant withdraws */
    const struct json *outcome; /* of that task; NULL: it has none, or something is asked, supplied or sent back */
    struct case_limits limits;  /* of an acceptance */
    struct conduct_deed deed;
    struct conduct_ready ready;
    struct conduct_result result;
    /* All parts of the case, as they are; is_meant: the step is about it. */
    struct sub_case *subs;
    size_t count;
    bool is_meant[PARTS_MAX];
};

bool step_is_on(const struct doing *m, const char *what);
bool step_has_act(const struct doing *m, const char *act); /* of its outcome */
/* Parts as they are now, inside the write. */
MUST_USE enum rc step_read_parts(struct tx *tx, struct doing *m, struct err *err);
/* What was asked, answered and decided; act: that of an acceptance. */
MUST_USE enum rc step_note(struct tx *tx, struct doing *m, int64_t act, struct err *err);

#endif
