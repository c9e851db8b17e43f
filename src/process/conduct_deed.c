/*
 * What persons do: the row of the task says who may, the command is carried out, and its act is written, in one transaction.
 *
 * Before it (conduct_ready) is read what a transaction cannot read: models, the officer who is away, the officer to whom something goes.  What was read so
 * and may have changed since is asked again by the command itself, whose token is gone, or by the row.
 */
#include "base/clock.h"
#include "process/conduct_deed_int.h"
#include "process/conduct_sql.h"
#include "process/runtime_view.h"

static const char *const names[] = {
#define X(kind, text) text,
    DEED_TABLE(X)
#undef X
};

const char *
deed_name(enum deed_kind kind)
{
    return names[kind];
}

/* --- before the transaction ------------------------------------------------------------------------------------------------------- */

struct loads {
    struct arena *a;
    struct str id;
};

static enum rc
first_of_load(const struct row *row, void *ctx, struct err *err)
{
    struct loads *l = ctx;

    return l->id.len > 0 ? RC_OK : row_copy_text(row, 0, l->a, &l->id, err);
}

/* Who has least to do of those who may and are there. */
static enum rc
choose(const struct conduct *c, const struct db *db, struct arena *a, const struct conduct_deed *deed, int32_t today, struct str *out,
       struct err *err)
{
    struct loads l = {a, STR("")};
    struct str day = day_text(a, today);
    struct work w;
    enum rc rc = work_find(c, db, a, deed->instance, deed->token, deed->serial, &w, err);

    if (rc == RC_OK) {
        rc = store_read(db, &WORK_LOAD, VALUES(V_TEXT(w.org), V_INT(1u << ROLE_OFFICER), V_TEXT(w.power), V_TEXT(day), V_INT(today)),
                        first_of_load, &l, err);
    }

    *out = l.id;
    return rc == RC_OK && l.id.len == 0 ? err_problem(err, RC_NOT_FOUND, "nobody-there", "nobody is there to whom it could go") : rc;
}

static enum rc
ready_to(const struct conduct *c, const struct db *db, struct arena *a, const struct conduct_deed *deed, struct conduct_ready *out,
         struct err *err)
{
    int32_t today = instant_day(deed->now_us, c->config.offset_minutes);
    struct str to = deed->to;
    enum rc rc = to.len == 0 ? choose(c, db, a, deed, today, &to, err) : RC_OK;

    return rc != RC_OK ? rc : officer_on_day(db, a, to, today, &out->to, err);
}

/* The part that a task is of, and where that is said. */
static void
find_part(const struct instance *i, const struct conduct_deed *deed, struct conduct_ready *out)
{
    const struct token *t = instance_token(i, deed->token);

    for (const struct scope *s = t != NULL ? instance_scope(i, t->scope) : NULL; s != NULL && out->part == NULL;
         s = s->kind == SCOPE_CALL ? NULL : instance_scope(i, s->parent)) {
        out->part = json_get(s->variables, "part");
        out->part_scope = s->id;
    }
}

static void
find_listener(const struct instance *i, const struct conduct_deed *deed, struct conduct_ready *out)
{
    for (size_t n = 0; n < i->tokens; n++) {
        const struct token *t = &i->token[n];
        bool is_meant = deed->token != 0 ? t->id == deed->token : t->scope == 1;
        if (t->kind == TOKEN_MESSAGE && t->listens && is_meant && str_eq(t->name, STR("withdraw"))) {
            out->listener = t->id;
        }
    }
}

static enum rc
ready_instance(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_deed *deed, struct conduct_ready *out,
               struct err *err)
{
    struct instance i;
    enum rc rc = runtime_instance(c->runtime, db, a, deed->instance, &i, err);

    if (rc == RC_OK) {
        find_part(&i, deed, out);
        find_listener(&i, deed, out);
        out->applicant = json_str(conduct_variable(&i, 1, STR("applicant")), "id");
    }
    return rc;
}

enum rc
conduct_ready(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_deed *deed, struct conduct_ready *out,
              struct err *err)
{
    const struct command nothing = {.kind = COMMAND_COMPLETE};
    const struct runtime_request q = {.instance = deed->instance, .command = &nothing};
    enum rc rc;

    *out = (struct conduct_ready){.applicant = STR("")};
    if ((rc = runtime_warm(c->runtime, db, a, &q, err)) != RC_OK) {
        return rc;
    }
    if (deed->absent.len > 0) {
        rc = officer_on_day(db, a, deed->absent, instant_day(deed->now_us, c->config.offset_minutes), &out->absent, err);
        rc = rc == RC_NOT_FOUND ? err_problem(err, RC_DENIED, "not-away", "there is no such officer") : rc;
    }
    if (rc == RC_OK && deed->kind == DEED_ASSIGN) {
        rc = ready_to(c, db, a, deed, out, err);
    }
    return rc == RC_OK && (deed->kind == DEED_TRANSFER || deed->kind == DEED_WITHDRAW) ? ready_instance(c, db, a, deed, out, err) : rc;
}

/* --- acts and commands -------------------------------------------------------------------------------------------------------------- */

struct json *
deed_detail(const struct doing_deed *d)
{
    struct json *detail = json_object(d->a);
    const struct work *w = &d->work;

    json_set_int(d->a, detail, "instance", d->deed->instance);
    if (w->token != 0) {
        json_set_int(d->a, detail, "token", w->token);
        json_set_text(d->a, detail, "task", w->element);
        json_set_text(d->a, detail, "name_zh", w->name_zh);
        json_set_text(d->a, detail, "name_en", w->name_en);
    }
    if (w->part.ptr != NULL && w->part.len > 0) {
        json_set_text(d->a, detail, "part", w->part);
    }
    if (d->deed->absent.len > 0) {
        json_set_text(d->a, detail, "for", d->deed->absent);
    }
    return detail;
}

enum rc
deed_act(struct doing_deed *d, enum act_kind kind, struct str resource, const struct json *detail, struct err *err)
{
    const struct identity *who = d->deed->who;
    const struct act act = {.kind = kind,
                            .at_us = d->deed->now_us,
                            .actor = who->actor,
                            .org = who->role == ROLE_OFFICER ? who->officer.org : STR(""),
                            .case_no = d->case_no,
                            .subject = d->subject,
                            .resource = resource,
                            .detail = detail};

    return conduct_act(d->c, d->tx, d->a, &act, &d->act, err);
}

static enum rc
after_command(struct tx *tx, struct arena *a, const struct runtime_event *event, void *ctx, struct err *err)
{
    struct doing_deed *d = ctx;
    enum rc rc = d->last != NULL ? d->last(d, event, err) : RC_OK;

    (void)tx, (void)a;
    json_set(d->a, event->answer, "acts", json_copy(d->a, d->c->acts));
    return rc == RC_OK && d->deed->then != NULL ? d->deed->then(d->tx, d->a, event, d->deed->then_ctx, err) : rc;
}

static bool
is_type(const struct err *err, const char *type)
{
    return str_eq(str_of(err->type), str_of(type));
}

/* In the words of who did it. */
static enum rc
in_words(enum rc rc, struct err *err)
{
    if ((rc == RC_NOT_FOUND && is_type(err, "token-gone")) || (rc == RC_CONFLICT && is_type(err, "instance-over"))) {
        return err_problem(err, RC_CONFLICT, "done-meanwhile", "somebody else has done it, or it is over");
    }
    bool is_misplaced = is_type(err, "token-other") || is_type(err, "return-not-allowed") || is_type(err, "supplement-not-allowed") ||
                        is_type(err, "instance-suspended") || is_type(err, "element-gone");
    if ((rc == RC_CONFLICT || rc == RC_NOT_FOUND) && is_misplaced) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "this cannot be done as the case stands");
    }
    return rc;
}

enum rc
deed_command(struct doing_deed *d, const struct command *command, deed_finish first, deed_finish last, struct err *err)
{
    struct command k = *command;
    struct str *const texts[] = {&k.element, &k.name, &k.key, &k.outcome, &k.reason};
    struct runtime_result r;
    enum rc rc;

    for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
        *texts[n] = texts[n]->ptr == NULL ? STR("") : *texts[n];
    }
    k.attempt = -1;
    const struct runtime_request q = {.instance = d->deed->instance, .command = &k, .actor = d->deed->who->actor, .key = STR(""),
                                      .now_us = d->deed->now_us, .hook = after_command, .hook_ctx = d};
    d->last = last;
    d->c->write_deed = first;
    d->c->deed = first != NULL ? d : NULL;
    rc = runtime_do_tx(d->c->runtime, d->tx, d->a, &q, &r, err);
    d->c->deed = NULL;
    if (rc != RC_OK) {
        return in_words(rc, err);
    }
    *d->out = (struct conduct_result){.instance = r.instance, .due_us = r.due_us, .acts = d->c->acts, .answer = r.answer};
    return RC_OK;
}

/* What does not move the process: after its act. */
enum rc
deed_aside(struct doing_deed *d, struct err *err)
{
    const struct runtime_event event = {.actor = d->deed->who->actor, .now_us = d->deed->now_us};

    *d->out = (struct conduct_result){.instance = d->deed->instance, .due_us = INT64_MAX, .acts = d->c->acts};
    return d->deed->then != NULL ? d->deed->then(d->tx, d->a, &event, d->deed->then_ctx, err) : RC_OK;
}

/* --- the deed ------------------------------------------------------------------------------------------------------------------------ */

enum rc
deed_needs_reason(const struct conduct_deed *deed, struct err *err)
{
    return str_trim(deed->reason).len > 0 ? RC_OK : err_problem(err, RC_INVALID, "reason-missing", "a reason has to be given");
}

/* Somebody who may, and for whom it is still to be had. */
enum rc
deed_may(struct doing_deed *d, struct str power, struct err *err)
{
    const struct work *w = &d->work;
    enum rc rc = conduct_may(d->c, w, d->deed, d->ready, power, &d->doer, err);

    if (rc == RC_OK) {
        rc = conduct_may_stand_in(d->c, d->tx, d->deed, d->ready, err);
    }
    if (rc == RC_OK && d->doer.officer != NULL && w->assignee.len > 0 && !str_eq(w->assignee, d->doer.officer->id)) {
        return err_problem(err, RC_CONFLICT, "claimed-by-other", "%.*s has claimed it", STR_ARG(w->assignee));
    }
    return rc;
}

static enum rc
find_work(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    const struct conduct_models *m = &d->c->config.models;
    enum rc rc;

    if ((rc = work_get(d->c, d->tx, d->a, deed->instance, deed->token, deed->serial, &d->work, err)) != RC_OK) {
        return rc;
    }
    d->case_no = d->work.case_no;
    d->subject = d->work.subject;
    d->model = m->find(m->ctx, d->work.model, d->work.version);
    if (d->model == NULL) {
        return err_problem(err, RC_BUSY, "model-cold", "the model of the task is not in memory");
    }
    d->gov = gov_element_by_id(d->model, d->work.element);
    if (d->gov == NULL) {
        return err_set(err, RC_CORRUPT, "the element of a task is not in its model");
    }
    bool is_task = str_eq(d->work.kind, STR("task"));
    bool for_task = deed->kind != DEED_OPINION && deed->kind != DEED_APPROVE && deed->kind != DEED_DECLINE;
    bool fits = deed->kind == DEED_OPINION ? str_eq(d->work.kind, STR("consult")) : for_task ? is_task : str_eq(d->work.kind, STR("extend"));
    bool may_claim = (deed->kind == DEED_CLAIM || deed->kind == DEED_RELEASE || deed->kind == DEED_ASSIGN);
    return fits || may_claim ? RC_OK : err_problem(err, RC_CONFLICT, "step-not-possible", "this is not done with such a row");
}

static enum rc
do_deed(struct doing_deed *d, struct err *err)
{
    static enum rc (*const deeds[DEEDS])(struct doing_deed *d, struct err *err) = {
        [DEED_COMPLETE] = deed_complete,   [DEED_SUPPLEMENT] = deed_supplement, [DEED_SUPPLY] = deed_supply,
        [DEED_RETURN] = deed_return,       [DEED_ADD_SIGNER] = deed_add_signer, [DEED_DROP_SIGNER] = deed_drop_signer,
        [DEED_CONSULT] = deed_consult,     [DEED_OPINION] = deed_opinion,       [DEED_TRANSFER] = deed_transfer,
        [DEED_CLAIM] = deed_claim,         [DEED_RELEASE] = deed_release,       [DEED_ASSIGN] = deed_assign,
        [DEED_SUSPEND] = deed_suspend,     [DEED_RESUME] = deed_resume,         [DEED_WITHDRAW] = deed_withdraw,
        [DEED_REOPEN] = deed_reopen,       [DEED_EXTEND] = deed_extend,         [DEED_APPROVE] = deed_approve,
        [DEED_DECLINE] = deed_decline,
    };

    return deeds[d->deed->kind](d, err);
}

enum rc
conduct_do_tx(struct conduct *c, struct tx *tx, struct arena *a, const struct conduct_deed *deed, const struct conduct_ready *ready,
              struct conduct_result *out, struct err *err)
{
    struct doing_deed d = {.c = c, .tx = tx, .a = a, .deed = deed, .ready = ready, .out = out, .case_no = STR(""), .subject = STR("")};
    enum rc rc = RC_OK;

    CHECK((int)deed->kind >= 0 && deed->kind < DEEDS);
    conduct_begin(c, a);
    if (deed->kind != DEED_WITHDRAW && deed->kind != DEED_REOPEN) {
        rc = find_work(&d, err);
    }
    return rc != RC_OK ? rc : do_deed(&d, err);
}

struct whole {
    struct conduct *c;
    struct arena *a;
    const struct conduct_deed *deed;
    struct conduct_ready ready;
    struct conduct_result *out;
};

static enum rc
whole_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct whole *w = ctx;

    return conduct_do_tx(w->c, tx, w->a, w->deed, &w->ready, w->out, err);
}

enum rc
conduct_do(struct conduct *c, const struct db *db, struct arena *a, const struct conduct_deed *deed, struct conduct_result *out,
           struct err *err)
{
    struct whole w = {.c = c, .a = a, .deed = deed, .out = out};
    enum rc rc = RC_BUSY;
    bool is_cold = true;

    for (int n = 0; n < CONDUCT_COLD_TRIES && is_cold; n++) {
        if ((rc = conduct_ready(c, db, a, deed, &w.ready, err)) != RC_OK) {
            return in_words(rc, err);
        }
        rc = store_write(db, whole_tx, &w, err);
        is_cold = rc == RC_BUSY && is_type(err, "model-cold");
    }
    if (rc == RC_OK) {
        conduct_nudge(c, out->due_us);
    }
    return rc;
}
