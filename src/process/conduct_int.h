/* conduct_int - what the parts of conduct share: the state on the writer thread, rows of the worklist, values of the model in a scope. */
#ifndef PROCESS_CONDUCT_INT_H
#define PROCESS_CONDUCT_INT_H

#include <pthread.h>

#include "process/bpmn_int.h"
#include "process/conduct_deed.h"
#include "process/conduct_job.h"
#include "process/timekeeper_view.h"

enum { CONDUCT_WORKERS_MAX = 64, WORK_OF_CASE_MAX = 500, CONDUCT_COLD_TRIES = 8 };
#define WORK_NEVER INT64_MAX /* due_us where no clock runs */

struct conduct_type { /* of jobs */
    struct str type;
    conduct_worker worker;
    void *ctx;
    bool is_slow; /* waits for others */
};

struct doing_deed;

struct conduct {
    struct conduct_config config;
    struct zones *zones;
    struct run *run;  /* the writer thread's */
    struct run *jobs; /* of conduct_work */
    struct runtime *runtime;
    struct openings *openings; /* or NULL */
    struct casetime casetime;
    /* Of the command that is carried out, on the writer thread. */
    bool clocks_moved;
    struct json *acts;
    struct doing_deed *deed; /* that it is of, whose act comes before what follows from it; or NULL */
    enum rc (*write_deed)(struct doing_deed *d, const struct runtime_event *event, struct err *err);
    /* The turn's thread's. */
    struct watch_next after;
    int64_t figures_us;
    struct conduct_type type[CONDUCT_WORKERS_MAX];
    size_t types;
    bool (*is_left)(void *ctx, struct str type); /* to others; or NULL */
    void *left_ctx;
    pthread_mutex_t lock; /* of the figures */
    struct conduct_figures figures;
};

/* One row.  Texts live as long as the arena it was read into. */
struct work {
    int64_t instance, token, serial;
    struct str kind, case_no, part, subject, path;
    int64_t around, multi;
    struct str model;
    int64_t version;
    struct str element, name_zh, name_en, org, lead, role, region, power, assignee, asked_by, state;
    int64_t since_us, due_us, expires_us;
    struct str basis;
    struct json *detail; /* NULL: none */
    struct str assignee_name; /* of pages, as is */
    int64_t clock;            /* the one it goes by, 0: none */
};

/* --- values (conduct_value.c): only on the writer thread, with the run given --- */

struct conduct_seeing { /* from where */
    struct run *run;
    struct arena *arena;
    const struct instance *i;
    const struct bpmn *model;
    int64_t scope, now_us;
    int32_t offset_seconds;
};
const struct json *conduct_variable(const struct instance *i, int64_t scope, struct str name);
/* As it is written, or what FEEL makes of it; null stays null. */
MUST_USE enum rc conduct_value(const struct conduct_seeing *s, struct gov_value v, struct json **out, struct err *err);
/* A text; "" of anything else. */
MUST_USE enum rc conduct_text(const struct conduct_seeing *s, struct gov_value v, struct str *out, struct err *err);
/* The part that a scope belongs to; where none is seen, or one of another office, the one of `parts` with that organisation and power (both may be ""). NULL. */
const struct json *conduct_part(const struct instance *i, int64_t scope, struct str org, struct str power);
/* The English name of an element, or the other one. */
struct str conduct_english(const struct bpmn *m, uint32_t element);
/* When "P15D" from now is over: the end of the last day. 0: it is no duration. */
int64_t conduct_within(const struct conduct_seeing *s, struct gov_value within);
struct conduct_place conduct_place_of(const struct runtime_event *event, int64_t scope, const struct bpmn *m, uint32_t binding, uint32_t element);

/* --- the worklist (conduct_list.c) --- */

/* After each command: rows of tasks that came, went or changed. */
MUST_USE enum rc work_keep(struct conduct *c, struct tx *tx, struct arena *a, const struct runtime_event *event, struct err *err);
MUST_USE enum rc work_put(const struct conduct *c, struct tx *tx, struct arena *a, const struct work *w, struct err *err);
/* RC_CONFLICT "done-meanwhile". */
MUST_USE enum rc work_get(const struct conduct *c, struct tx *tx, struct arena *a, int64_t instance, int64_t token, int64_t serial,
                          struct work *out, struct err *err);
MUST_USE enum rc work_find(const struct conduct *c, const struct db *db, struct arena *a, int64_t instance, int64_t token, int64_t serial,
                           struct work *out, struct err *err);
MUST_USE enum rc work_seal(const struct conduct *c, struct arena *a, const struct work *w, struct param *out, struct err *err);
/* Of a case, or of an instance as it is inside a transaction. */
MUST_USE enum rc work_rows(const struct conduct *c, const struct db *db, struct tx *tx, struct arena *a, struct str case_no, struct str part,
                           struct work *out, size_t *count, struct err *err);

/* --- acts (conduct.c) --- */

/* Writes one and notes it among those of the command. */
MUST_USE enum rc conduct_act(struct conduct *c, struct tx *tx, struct arena *a, const struct act *act, int64_t *index, struct err *err);
/* ACT_STEP where the word is of no kind of its own. */
enum act_kind conduct_act_kind(struct str word);
/* What a command does before and beside the deed; begins a list of acts. */
void conduct_begin(struct conduct *c, struct arena *a);

/* --- who may (conduct_may.c) --- */

struct doer { /* who does it, and under whose powers */
    const struct officer *officer; /* whose powers count; NULL: the applicant */
    bool stands_in;
};
/* Without looking into the store: role, organisation, region, power, and whether another has claimed it. */
MUST_USE enum rc conduct_may(const struct conduct *c, const struct work *w, const struct conduct_deed *deed,
                             const struct conduct_ready *ready, struct str power, struct doer *out, struct err *err);
MUST_USE enum rc conduct_may_stand_in(const struct conduct *c, struct tx *tx, const struct conduct_deed *deed,
                                      const struct conduct_ready *ready, struct err *err);
/* Inside a transaction, or (tx NULL) as it is. */
MUST_USE enum rc conduct_may_second(struct tx *tx, const struct db *db, const struct bpmn *m, const struct work *w,
                                    const struct conduct_deed *deed, struct err *err);
MUST_USE enum rc conduct_note_signed(struct tx *tx, const struct bpmn *m, const struct work *w, const struct conduct_deed *deed,
                                     struct err *err);
/* Whether a person's data may set a variable of that name: none that says who may act, or what was decided. */
bool conduct_is_free(const struct bpmn *m, struct str name);
struct json *work_json(struct arena *a, const struct work *w);
struct str conduct_outcome_power(const struct work *w, const struct gov_outcome *o);

#endif
