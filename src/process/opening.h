/*
 * opening - what begins processes by itself: a message, a signal or a time that a start event of a version in force waits for.
 *
 * Which version holds is the rulebook's word: rows are made of all published versions, those of days to come too, and made anew as soon as something was
 * settled there, so a version hands over to the next one at midnight of its day; a draft never begins anything.  Each message, each signal for each
 * model, and each time of a timer begins exactly one case, whoever is killed meanwhile: what remembers it is written in the same transaction.
 *
 * A message is for whoever waits for it; else, if a case of its key is open already, it waits for that one; else it begins a case.  Of the times that
 * passed while the node was not at work the last one counts, or as many as gov:missed of the timer says.  To whom a case belongs and which number it has says
 * the house; where there is no house for it nothing begins.
 */
#ifndef PROCESS_OPENING_H
#define PROCESS_OPENING_H

#include "process/modelbook.h"

struct runtime;
struct tx;
struct openings;

enum opening_kind { OPENING_MESSAGE, OPENING_SIGNAL, OPENING_TIMER };
const char *opening_kind_name(enum opening_kind kind); /* "timer" */

/* What happened, and the start event that it is for. */
struct opening {
    enum opening_kind kind;
    struct str model, element; /* key of the process; id of its start event */
    int64_t version;
    struct str org, power;     /* whose process it is, and under which power it was laid down */
    struct str name, key, id;  /* of the message or signal; key of a message alone */
    const struct json *variables; /* that it brought; or NULL */
    struct str actor;          /* who sent the message; else "system" */
    int64_t at_us;             /* the time for which it is; of what was sent, when */
    int64_t now_us;
};
/* What the house makes of it. */
struct opening_case {
    struct str case_no;
    const struct json *variables; /* those that the process begins with */
};
/* In the transaction.  Anything but RC_OK: no case is begun, and whoever sent the message is told so. */
typedef enum rc (*opening_house)(struct tx *tx, struct arena *a, const struct opening *o, struct opening_case *out, void *ctx, struct err *err);

struct openings_config {
    struct runtime *runtime; /* which asks back here (runtime_open_by) */
    void *ctx;               /* of models: as struct conduct_models has them (process/conduct.h) */
    const struct bpmn *(*find)(void *ctx, struct str key, int64_t version);
    enum rc (*load)(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err);
    enum rc (*bind)(void *ctx, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day,
                    const struct modelbook_bound **out, size_t *count, struct err *err);
    opening_house house; /* NULL: nothing begins by itself */
    void *house_ctx;
    int offset_minutes;
};
struct openings *openings_new(const struct openings_config *config);
void openings_free(struct openings *o); /* accepts NULL; before the runtime is closed, and nothing may be at work */

/*
 * What time asks for: rows are made anew if the rulebook has moved on, and a few of the timers that are due begin their cases.  *next_us is
 * put earlier if there is something to come; *more: now.  What went wrong with one holds up no other: *failed counts them, err has the last.
 */
MUST_USE enum rc openings_turn(struct openings *o, const struct db *db, struct arena *a, int64_t now_us, int64_t *next_us, bool *more, int *failed,
                               struct err *err);
/* Start events whose last case was not begun: [{"process","element","why","at_us"}]. */
MUST_USE enum rc openings_troubles(const struct db *db, struct arena *a, struct json **out, struct err *err);

/* --- for the runtime ------------------------------------------------------------------------------------------ */

struct opening_ready; /* what is known before the transaction: which start events, and what their processes call */
/*
 * Inside a transaction, of a message that nobody waited for: *instance is the case that it has begun; 0: none, and it waits.  RC_BUSY "openings-cold":
 * opening_get_ready, and once more.  *due_us: for runtime_nudge.
 */
MUST_USE enum rc opening_message_tx(struct openings *o, struct tx *tx, struct arena *a, const struct opening *said, const struct opening_ready *ready,
                                    int64_t *instance, int64_t *due_us, struct err *err);
MUST_USE enum rc opening_get_ready(struct openings *o, const struct db *db, struct arena *a, const struct opening *said, struct opening_ready **out,
                                   struct err *err);
bool opening_is_cold(enum rc rc, const struct err *err);
/* A signal that all who listened have been told: one case for each start event that waits for it, those that it has begun before left out. */
MUST_USE enum rc opening_signal(struct openings *o, const struct db *db, struct arena *a, const struct opening *said, struct err *err);
/* In a transaction: so many of what need not be remembered any more. */
MUST_USE enum rc opening_forget_tx(struct tx *tx, int64_t before_us, int most, struct err *err);

#endif
