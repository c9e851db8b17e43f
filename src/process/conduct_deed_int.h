/* conduct_deed_int - one deed under way, and each kind of it. */
#ifndef PROCESS_CONDUCT_DEED_INT_H
#define PROCESS_CONDUCT_DEED_INT_H

#include "process/conduct_int.h"

struct doing_deed;
typedef enum rc (*deed_finish)(struct doing_deed *d, const struct runtime_event *event, struct err *err);
struct doing_deed {
    struct conduct *c;
    struct tx *tx;
    struct arena *a;
    const struct conduct_deed *deed;
    const struct conduct_ready *ready;
    struct conduct_result *out;
    struct work work; /* of none in WITHDRAW and REOPEN */
    const struct bpmn *model;
    const struct gov_element *gov;
    struct str case_no, subject;
    struct doer doer;
    const struct gov_outcome *outcome;
    struct str power; /* under which it is done */
    int64_t act;
    deed_finish last; /* after all that the command brings; or NULL */
};

/* What every act of a deed says. */
struct json *deed_detail(const struct doing_deed *d);
MUST_USE enum rc deed_act(struct doing_deed *d, enum act_kind kind, struct str resource, const struct json *detail, struct err *err);
/* The command; first, what the deed is, and last, after what follows from it; one of them writes the act, and either may be NULL.  Then the caller's own. */
MUST_USE enum rc deed_command(struct doing_deed *d, const struct command *command, deed_finish first, deed_finish last, struct err *err);
MUST_USE enum rc deed_aside(struct doing_deed *d, struct err *err);
MUST_USE enum rc deed_may(struct doing_deed *d, struct str power, struct err *err);
MUST_USE enum rc deed_needs_reason(const struct conduct_deed *deed, struct err *err);
/* An outcome of the case, told to the house. */
MUST_USE enum rc deed_tell_decision(struct doing_deed *d, const struct runtime_event *event, struct err *err);

/* One more row beside the task's own, asked by whoever does the deed. */
MUST_USE enum rc deed_add_beside(struct doing_deed *d, const char *kind, struct str org, struct str power, struct json *detail, int64_t *serial,
                                 struct err *err);
/* The act of a completed task, and what the house hears of it. */
MUST_USE enum rc deed_completed(struct doing_deed *d, const struct runtime_event *event, struct err *err);

/* conduct_work.c: with the task itself */
enum rc deed_complete(struct doing_deed *d, struct err *err);
enum rc deed_supplement(struct doing_deed *d, struct err *err);
enum rc deed_supply(struct doing_deed *d, struct err *err);
enum rc deed_return(struct doing_deed *d, struct err *err);
/* conduct_share.c: with others */
enum rc deed_add_signer(struct doing_deed *d, struct err *err);
enum rc deed_drop_signer(struct doing_deed *d, struct err *err);
enum rc deed_consult(struct doing_deed *d, struct err *err);
enum rc deed_opinion(struct doing_deed *d, struct err *err);
enum rc deed_transfer(struct doing_deed *d, struct err *err);
enum rc deed_claim(struct doing_deed *d, struct err *err);
enum rc deed_release(struct doing_deed *d, struct err *err);
enum rc deed_assign(struct doing_deed *d, struct err *err);
/* conduct_whole.c: with the whole case and its time */
enum rc deed_suspend(struct doing_deed *d, struct err *err);
enum rc deed_resume(struct doing_deed *d, struct err *err);
enum rc deed_withdraw(struct doing_deed *d, struct err *err);
enum rc deed_reopen(struct doing_deed *d, struct err *err);
enum rc deed_extend(struct doing_deed *d, struct err *err);
enum rc deed_approve(struct doing_deed *d, struct err *err);
enum rc deed_decline(struct doing_deed *d, struct err *err);

#endif
