/* With the whole case: suspended and gone on with, withdrawn, opened again after an appeal; and more time for a clock, with another's consent. */
#include "process/conduct_deed_int.h"
#include "process/conduct_sql.h"
#include "process/timekeeper_int.h"
#include "process/timekeeper_view.h"

/* --- suspended --------------------------------------------------------------------------------------------------------------------------- */

static struct str
document_of(const struct doing_deed *d, const struct runtime_event *event)
{
    return str_fmt(d->a, "process:%lld:%lld", (long long)event->instance->id, (long long)event->instance->revision);
}

static enum rc
move_clock(struct doing_deed *d, const struct runtime_event *event, int64_t id, bool pauses, struct err *err)
{
    const struct timekeeper *k = &d->c->config.keeper;
    const struct watch_cause cause = {.reason = pauses ? d->deed->basis : d->work.basis, .document = document_of(d, event),
                                      .actor = event->actor};
    struct watch_change change;
    enum rc rc = pauses ? timekeeper_pause(d->tx, d->a, k, id, &cause, event->now_us, &change, err)
                        : timekeeper_resume(d->tx, d->a, k, id, &cause, event->now_us, &change, err);

    if (rc == RC_DENIED && str_eq(str_of(err->type), STR("no-pause"))) {
        return RC_OK; /* it runs on: the law lets it not stand still for that */
    }
    if (rc == RC_OK && change.did != WATCH_NOTHING) {
        rc = d->c->casetime.moved(d->tx, d->a, &change, event, d->c, err);
    }
    return rc;
}

/* Clocks that stand still for this basis; what is due is then in another order. */
static enum rc
move_clocks(struct doing_deed *d, const struct runtime_event *event, bool pauses, struct err *err)
{
    const struct watch_which which = {d->case_no, d->work.instance, 0, STR(""), STR("")};
    int64_t ids[WATCH_OPEN_MAX];
    size_t count = 0;
    enum rc rc = timekeeper_open(d->tx, &which, ids, &count, err);

    for (size_t n = 0; n < count && rc == RC_OK; n++) {
        rc = move_clock(d, event, ids[n], pauses, err);
    }
    return rc != RC_OK ? rc : tx_run(d->tx, &WORK_DUE, VALUES(V_INT(d->work.instance)), NULL, NULL, err);
}

static enum rc
suspended(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    bool pauses = d->deed->kind == DEED_SUSPEND;
    struct json *detail = deed_detail(d);
    enum rc rc = move_clocks(d, event, pauses, err);

    json_set_text(d->a, detail, "basis", pauses ? d->deed->basis : d->work.basis);
    return rc != RC_OK ? rc
                       : deed_act(d, pauses ? ACT_SUSPEND : ACT_RESUME, d->power.len > 0 ? d->power : d->work.model, detail, err);
}

enum rc
deed_suspend(struct doing_deed *d, struct err *err)
{
    const struct command k = {.kind = COMMAND_SUSPEND, .name = d->deed->basis, .reason = d->deed->reason};
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = deed_needs_reason(d->deed, err)) != RC_OK) {
        return rc;
    }
    if (d->doer.officer == NULL) {
        return err_problem(err, RC_DENIED, "role-missing", "a case is suspended by an officer");
    }
    if (str_trim(d->deed->basis).len == 0) {
        return err_problem(err, RC_INVALID, "basis-missing", "a case is suspended on a legal basis");
    }
    return deed_command(d, &k, suspended, NULL, err);
}

enum rc
deed_resume(struct doing_deed *d, struct err *err)
{
    const struct command k = {.kind = COMMAND_RESUME, .reason = d->deed->reason};
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = deed_needs_reason(d->deed, err)) != RC_OK) {
        return rc;
    }
    if (d->doer.officer == NULL) {
        return err_problem(err, RC_DENIED, "role-missing", "a case is gone on with by an officer");
    }
    return deed_command(d, &k, suspended, NULL, err);
}

/* --- withdrawn ------------------------------------------------------------------------------------------------------------------------------ */

/* Where the model says itself what a withdrawal leaves as an act, that is it. */
static enum rc
withdrawn(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    d->case_no = event->instance->business_key;
    d->subject = d->ready->applicant;
    for (const struct json *act = d->c->acts->first; act != NULL; act = act->next) {
        if (str_eq(json_str(act, "kind"), str_of(act_kind_name(ACT_WITHDRAW)))) {
            return RC_OK;
        }
    }
    return deed_act(d, ACT_WITHDRAW, event->instance->binding[0].key, deed_detail(d), err);
}

enum rc
deed_withdraw(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    bool is_heard = d->ready->listener != 0;
    const struct command k = {.kind = is_heard ? COMMAND_MESSAGE : COMMAND_CANCEL, .token = d->ready->listener, .reason = deed->reason};

    if (deed->who->role != ROLE_CITIZEN || d->ready->applicant.len == 0 || !str_eq(deed->who->subject, d->ready->applicant)) {
        return err_problem(err, RC_DENIED, "not-yours", "only the applicant withdraws a case");
    }
    if (deed->token != 0 && !is_heard) {
        return err_problem(err, RC_CONFLICT, "done-meanwhile", "nobody listens to a withdrawal there any more");
    }
    return deed_command(d, &k, NULL, withdrawn, err);
}

/* --- opened again --------------------------------------------------------------------------------------------------------------------------- */

static enum rc
tell_reopened(const struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    const struct conduct_house *h = &d->c->config.house;
    const struct work *w = &d->work;
    const struct conduct_place at = {.instance = w->instance, .scope = w->around, .case_no = w->case_no, .part = w->part, .org = w->org,
                                     .process = w->model, .element = w->element, .actor = event->actor, .now_us = event->now_us};

    return h->reopened != NULL ? h->reopened(d->tx, d->a, &at, h->ctx, err) : RC_OK;
}

/* The task at which it begins again is one that whoever opens it may do. */
static enum rc
reopened(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    const struct instance *i = event->instance;
    struct json *detail;
    enum rc rc = RC_OK;
    bool found = false;

    for (size_t n = 0; n < i->tokens && rc == RC_OK && !found; n++) {
        const struct token *t = &i->token[n];
        if (t->kind != TOKEN_TASK || t->change != ROW_NEW) {
            continue;
        }
        rc = work_get(d->c, d->tx, d->a, i->id, t->id, 0, &d->work, err);
        found = rc == RC_OK && str_eq(d->work.element, d->deed->element);
    }
    if (rc != RC_OK || !found) {
        return rc != RC_OK ? rc : err_problem(err, RC_CONFLICT, "step-not-possible", "a case is opened again at a task of an officer");
    }
    d->case_no = d->work.case_no;
    d->subject = d->work.subject;
    d->power = d->work.power.len > 0 ? d->work.power : d->deed->power;
    if (str_eq(d->work.role, STR("citizen"))) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "a case is opened again at a task of an officer");
    }
    if ((rc = deed_may(d, d->power, err)) != RC_OK) {
        return rc;
    }
    detail = deed_detail(d);
    json_set_text(d->a, detail, "decision", d->deed->basis);
    rc = deed_act(d, ACT_REOPEN, d->power.len > 0 ? d->power : d->work.model, detail, err);
    return rc != RC_OK ? rc : tell_reopened(d, event, err);
}

enum rc
deed_reopen(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    const struct command k = {.kind = COMMAND_REOPEN, .element = deed->element, .reason = deed->reason};
    enum rc rc;

    if (deed->who->role != ROLE_OFFICER) {
        return err_problem(err, RC_DENIED, "role-missing", "a case is opened again by an officer");
    }
    if ((rc = deed_needs_reason(deed, err)) != RC_OK) {
        return rc;
    }
    if (str_trim(deed->basis).len == 0) {
        return err_problem(err, RC_INVALID, "basis-missing", "a case is opened again on a decision that has a number");
    }
    return deed_command(d, &k, reopened, NULL, err);
}

/* --- more time -------------------------------------------------------------------------------------------------------------------------------- */

static enum rc
extension_act(struct doing_deed *d, const char *stage, int64_t clock, const struct watch_change *change, struct err *err)
{
    struct json *detail = deed_detail(d);
    enum rc rc;

    json_set_text(d->a, detail, "stage", str_of(stage));
    json_set_int(d->a, detail, "clock", clock);
    if (change != NULL) {
        json_set(d->a, detail, "change", watch_change_json(d->a, &d->c->config.keeper, change, d->deed->now_us));
    }
    rc = deed_act(d, ACT_EXTEND, d->power.len > 0 ? d->power : d->work.model, detail, err);
    return rc != RC_OK ? rc : deed_aside(d, err);
}

/* Whether it can be extended at all is said at once, so that nobody is asked in vain. */
static enum rc
check_clock(struct doing_deed *d, struct err *err)
{
    struct watch w;
    enum rc rc = watch_get(d->tx, d->a, d->deed->clock, &w, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct timelimit *l = watch_limit(&d->c->config.keeper, &w);
    struct str scope = str_fmt(d->a, ",%lld,", (long long)w.scope);
    if (w.instance != d->work.instance || !str_has(d->work.path, scope) || (w.org.len > 0 && !str_eq(w.org, d->work.org))) {
        return err_problem(err, RC_DENIED, "other-organisation", "the clock is not one of this task");
    }
    if (w.time.state == STOPWATCH_STOPPED || l == NULL || l->extend_by == 0) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "this clock cannot be extended");
    }
    return w.time.extra > 0 ? err_problem(err, RC_CONFLICT, "only-once", "the clock was extended already") : RC_OK;
}

enum rc
deed_extend(struct doing_deed *d, struct err *err)
{
    struct json *ask = json_object(d->a);
    int64_t serial;
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = deed_needs_reason(d->deed, err)) != RC_OK) {
        return rc;
    }
    if (d->doer.officer == NULL) {
        return err_problem(err, RC_DENIED, "role-missing", "more time is asked for by an officer");
    }
    if ((rc = check_clock(d, err)) != RC_OK) {
        return rc;
    }
    json_set_int(d->a, ask, "clock", d->deed->clock);
    json_set_text(d->a, ask, "reason", d->deed->reason);
    rc = deed_add_beside(d, "extend", d->work.org, d->work.power, ask, &serial, err);
    return rc != RC_OK ? rc : extension_act(d, "asked", d->deed->clock, NULL, err);
}

/* Another one than who asked, also where somebody stands in. */
static enum rc
may_consent(struct doing_deed *d, struct err *err)
{
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK) {
        return rc;
    }
    bool is_same = str_eq(d->deed->who->officer.id, d->work.asked_by) || str_eq(d->doer.officer->id, d->work.asked_by);
    return is_same ? err_problem(err, RC_DENIED, "second-person", "somebody else consents to more time than who asks for it") : RC_OK;
}

static enum rc
drop_row(struct doing_deed *d, struct err *err)
{
    return tx_run(d->tx, &WORK_DROP_ONE, VALUES(V_INT(d->work.instance), V_INT(d->work.token), V_INT(d->work.serial)), NULL, NULL, err);
}

/* It moves what is due, as whatever else is done to a clock. */
static enum rc
tell_extension(const struct doing_deed *d, const struct watch_change *change, struct err *err)
{
    const struct conduct_house *h = &d->c->config.house;
    const struct work *w = &d->work;
    const struct conduct_place at = {.instance = w->instance, .scope = w->around, .case_no = w->case_no, .part = w->part, .org = w->org,
                                     .process = w->model, .element = w->element, .actor = d->deed->who->actor, .now_us = d->deed->now_us};

    return h->moved != NULL ? h->moved(d->tx, d->a, change, &at, h->ctx, err) : RC_OK;
}

enum rc
deed_approve(struct doing_deed *d, struct err *err)
{
    const struct timekeeper *k = &d->c->config.keeper;
    int64_t clock = json_int_or(d->work.detail, "clock", 0);
    struct watch_change change;
    struct watch w;
    enum rc rc;

    if ((rc = may_consent(d, err)) != RC_OK || (rc = watch_get(d->tx, d->a, clock, &w, err)) != RC_OK) {
        return rc;
    }
    const struct timelimit *l = watch_limit(k, &w);
    const struct watch_extension x = {.approver = l != NULL ? l->approver : STR(""), .words = json_str(d->work.detail, "reason"),
                                      .document = str_fmt(d->a, "process:%lld:extend:%lld", (long long)d->work.instance, (long long)clock),
                                      .actor = d->deed->who->actor};
    if ((rc = timekeeper_extend(d->tx, d->a, k, clock, &x, d->deed->now_us, &change, err)) != RC_OK || (rc = drop_row(d, err)) != RC_OK ||
        (rc = tx_run(d->tx, &WORK_DUE, VALUES(V_INT(d->work.instance)), NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    return (rc = tell_extension(d, &change, err)) != RC_OK ? rc : extension_act(d, "approved", clock, &change, err);
}

enum rc
deed_decline(struct doing_deed *d, struct err *err)
{
    enum rc rc;

    if ((rc = may_consent(d, err)) != RC_OK || (rc = deed_needs_reason(d->deed, err)) != RC_OK || (rc = drop_row(d, err)) != RC_OK) {
        return rc;
    }
    return extension_act(d, "declined", json_int_or(d->work.detail, "clock", 0), NULL, err);
}
