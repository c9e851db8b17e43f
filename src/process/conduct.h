/*
 * conduct - running processes as people meet them: who may do what with which task, what it leaves as an act, what it does to clocks.
 *
 * It owns the runtime of a store.  After every command it keeps the worklist (one row for each open task), moves the clocks of the case
 * (process/casetime.h), and tells the house what the case has come to, all in the transaction of the command.  One case is one process
 * instance with business key case_no; what runs for a part of it is told by the variable `part` {id, org, power, region, promised_days} seen
 * from there; where there is none, the one of `parts` with the task's organisation and power.  The applicant is the variable `applicant` {id}.
 *
 * Deeds of persons: process/conduct_deed.h.  Work of programs: process/conduct_job.h.  Nothing here waits for anything but the store.
 */
#ifndef PROCESS_CONDUCT_H
#define PROCESS_CONDUCT_H

#include "evidence/act.h"
#include "identity/org.h"
#include "process/casetime.h"
#include "process/counsel.h"
#include "process/modelbook.h"
#include "process/opening.h"
#include "process/runtime_job.h"
#include "process/taskform.h"

struct conduct;

/* Where models come from: a modelbook (conduct_models_of), or whatever a test has. */
struct conduct_models {
    void *ctx;
    const struct bpmn *(*find)(void *ctx, struct str key, int64_t version);
    enum rc (*load)(void *ctx, const struct db *db, struct str key, int64_t version, struct err *err);
    enum rc (*bind)(void *ctx, const struct db *db, struct arena *a, struct str key, int32_t day, const struct modelbook_bound **out,
                    size_t *count, struct err *err);
    /* As modelbook_bind_version; NULL: no rulebook stands behind them, and no case begins by itself. */
    enum rc (*bind_version)(void *ctx, const struct db *db, struct arena *a, struct str key, int64_t version, int32_t day,
                            const struct modelbook_bound **out, size_t *count, struct err *err);
};
struct conduct_models conduct_models_of(struct modelbook *b);

/* Where in a case something happened. */
struct conduct_place {
    int64_t instance, scope;
    struct str case_no, part; /* part: its id, "" for the case as a whole */
    struct str org;           /* of the part, or "" */
    struct str process, element;
    struct str actor;
    int64_t now_us;
};
struct conduct_mark { /* gov:state */
    struct conduct_place at;
    struct str value, zh, en;
};
struct conduct_decision { /* an outcome with act="decide", by a person or because nothing was supplied in time */
    struct conduct_place at;
    struct str outcome, zh, en;
    struct str reason, power, officer; /* officer: id of whoever decided, also for an absent one; "" */
    int64_t act;
};
struct conduct_end {
    struct conduct_place at;
    enum instance_state state;
    const struct json *variables; /* of the process: "decision" … */
};
/* What the house is told, in the transaction; anything but RC_OK undoes it all.  It may run again if the group is repeated.  Each may be NULL. */
struct conduct_house {
    void *ctx;
    enum rc (*mark)(struct tx *tx, struct arena *a, const struct conduct_mark *mark, void *ctx, struct err *err);
    enum rc (*decided)(struct tx *tx, struct arena *a, const struct conduct_decision *decision, void *ctx, struct err *err);
    /* A clock of the case was; told before the marks of the same command. */
    enum rc (*moved)(struct tx *tx, struct arena *a, const struct watch_change *change, const struct conduct_place *at, void *ctx, struct err *err);
    enum rc (*told)(struct tx *tx, struct arena *a, const struct watch_told *told, int64_t now_us, void *ctx, struct err *err);
    enum rc (*ended)(struct tx *tx, struct arena *a, const struct conduct_end *end, void *ctx, struct err *err);
    /* An ended case runs again from there, before the marks of that. */
    enum rc (*reopened)(struct tx *tx, struct arena *a, const struct conduct_place *at, void *ctx, struct err *err);
    opening_house open; /* a case that nobody has applied for: which number it has, and what it begins with; NULL: there are none */
};

struct conduct_config {
    const struct vault *vault;
    const struct org_table *orgs;
    const struct region_table *regions; /* may be NULL: regions are then what they are called */
    const struct counsel *counsel;      /* for business rules; may be NULL: those become incidents */
    const struct task_forms *forms;     /* that data of tasks have to fit; may be NULL: nothing is checked */
    struct conduct_models models;
    struct timekeeper keeper;
    struct conduct_house house;
    struct runtime_backoff backoff; /* of jobs, with the tries of those of which a model says nothing (runtime_backoff_read) */
    const char *zones_folder;
    int offset_minutes;
    void (*wake)(void *ctx); /* there is work: conduct_turn, conduct_work; any thread; may be NULL */
    void *wake_ctx;
    runtime_hook hook;       /* after all that is done here with a command, in its transaction; may be NULL */
    /* A clock was moved by a command, as struct casetime has it; may be NULL. */
    enum rc (*moved)(struct tx *tx, struct arena *a, const struct watch_change *change, const struct runtime_event *event, void *ctx,
                     struct err *err);
    void *hook_ctx;          /* of these two */
};
/* The config is copied; what it points to must live as long. */
MUST_USE enum rc conduct_open(const struct conduct_config *config, struct conduct **out, struct err *err);
void conduct_close(struct conduct *c); /* accepts NULL; nothing may be at work */
struct runtime *conduct_runtime(const struct conduct *c); /* for what only looks (process/runtime_view.h), and for messages */
const struct timekeeper *conduct_keeper(const struct conduct *c);
const struct task_forms *conduct_forms(const struct conduct *c); /* may be NULL */

/* --- starting ------------------------------------------------------------------------------------------------------------- */

struct conduct_plan { /* which versions a case of this day goes by */
    const struct modelbook_bound *bound;
    size_t bounds;
};
/* Before the transaction: reads the models.  RC_NOT_FOUND "no-rule-in-force". */
MUST_USE enum rc conduct_plan(const struct conduct *c, const struct db *db, struct arena *a, struct str key, int32_t day,
                              struct conduct_plan *out, struct err *err);
struct conduct_case {
    struct str case_no;
    const struct json *variables;
    struct str actor;
    int64_t now_us;
};
struct conduct_result {
    int64_t instance;
    int64_t due_us;           /* for conduct_nudge */
    const struct json *acts;  /* [{"kind","index"}] that were written */
    struct json *answer;      /* of the command; NULL if the process has not moved */
};
/* Inside store_write.  When it is durable, conduct_nudge. */
MUST_USE enum rc conduct_start(struct conduct *c, struct tx *tx, struct arena *a, const struct conduct_plan *plan,
                               const struct conduct_case *what, struct conduct_result *out, struct err *err);
void conduct_nudge(struct conduct *c, int64_t due_us);

/* --- time ----------------------------------------------------------------------------------------------------------------- */

/*
 * Some of what time asks for: timers, messages, leases; clocks that have something to tell; supplements that have not come.  *next_us: when to come
 * again, now_us if there is more.  What went wrong with one case holds up no other: *failed counts them, err has the last.  One thread at a
 * time; it resets the arena.
 */
MUST_USE enum rc conduct_turn(struct conduct *c, const struct db *db, struct arena *a, int64_t now_us, int64_t *next_us, int *failed,
                              struct err *err);
/* After clocks were counted anew: some more of the queues are put in the order of what is due.  *after: the caller's, 0 before a round. */
MUST_USE enum rc conduct_sort(const struct db *db, struct arena *a, int64_t *after, bool *more, struct err *err);

struct conduct_figures { /* as of the last minute */
    int64_t open, incidents, tasks, jobs, oldest_job_us; /* oldest_job_us: since when it could be done, 0: there is none */
};
/* Any thread, at once. */
struct conduct_figures conduct_figures(struct conduct *c);

#endif
