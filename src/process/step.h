/*
 * step - which move a sub-case may make: a table that is data (demo/steps.json), checked when it is loaded.
 *
 *     {"from":"submitted","on":"accept","role":"officer","to":"accepted","clock":"start","act":"accept","once":false}
 *
 * Pure: no clock and no database.  The caller applies the outcome in one transaction with the act.
 */
#ifndef PROCESS_STEP_H
#define PROCESS_STEP_H

#include "base/json.h"

enum step_clock { STEP_CLOCK_NONE, STEP_CLOCK_START, STEP_CLOCK_PAUSE, STEP_CLOCK_RESUME, STEP_CLOCK_STOP };

struct step {
    struct str from;
    struct str on;   /* "accept", "ask_supplement", "supply", "grant", "refuse", "withdraw", "deem" */
    struct str role; /* "officer", "citizen", "system" */
    struct str to;
    struct str act;  /* name of the act kind (evidence/leaf.h) */
    enum step_clock clock;
    bool once;  /* at most once in a sub-case's life (补正 is told once) */
    bool ends;  /* no step leads on */
};

struct step_table;

/*
 * The first row's "from" is where every sub-case begins.  RC_INVALID also for a step that nothing leads to, an act that there is
 * not, and a move of the clock that does not fit where the step begins.  Copied to the arena.
 */
MUST_USE enum rc step_table_load(struct arena *a, const struct json *rows, struct step_table **out,
                                 struct err *err);
/* RC_CONFLICT, type "step-not-possible"; RC_DENIED: other role; RC_CONFLICT, type "only-once" if done_before. */
MUST_USE enum rc step_find(const struct step_table *t, struct str from, struct str on,
                           struct str role, bool done_before, const struct step **out,
                           struct err *err);
/* Steps that role may take from here, in the table's order; returns how many. */
size_t step_choices(const struct step_table *t, struct str from, struct str role,
                    const struct step **out, size_t most);
/*
 * What a state is called, and on which desk it lies ("open": officers act, "waiting": the applicant does, "done"): from the
 * document's "states".  The text is zh if the language has none.
 */
struct str step_state_text(const struct step_table *t, struct str state, struct str lang);
struct str step_state_view(const struct step_table *t, struct str state);

/* Whether a step of that name starts the clock, from wherever it is taken. */
bool step_may_start(const struct step_table *t, struct str on);
/* "submitted": where every sub-case begins. */
struct str step_first(const struct step_table *t);

#endif
