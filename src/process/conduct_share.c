/* With others: signers, opinions, another organisation, another officer; and who stands in for whom. */
#include "base/clock.h"
#include "process/conduct_deed_int.h"
#include "process/conduct_sql.h"

/* --- signers ---------------------------------------------------------------------------------------------------------------------------- */

static enum rc
signers_changed(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    struct json *detail = deed_detail(d);

    (void)event;
    json_set_text(d->a, detail, "did", str_of(deed_name(d->deed->kind)));
    return deed_act(d, ACT_SIGNER, d->power.len > 0 ? d->power : d->work.model, detail, err);
}

/* Whoever leads the case, under a power of the leading organisation, or who does the task itself. */
static enum rc
may_change_signers(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    const struct officer *o = &deed->who->officer;
    const struct power *p = power_by_code(d->c->config.orgs, deed->power);
    bool leads = deed->who->role == ROLE_OFFICER && deed->absent.len == 0 && d->work.lead.len > 0 && str_eq(o->org, d->work.lead) &&
                 !str_eq(o->org, d->work.org);

    if (!leads) {
        d->power = d->work.power;
        return deed_may(d, d->power, err);
    }
    d->power = deed->power;
    if (!officer_has_role(o, ROLE_OFFICER)) {
        return err_problem(err, RC_DENIED, "role-missing", "this is for an officer");
    }
    return p != NULL && str_eq(p->org, o->org) && officer_has_power(o, deed->power)
               ? RC_OK
               : err_problem(err, RC_DENIED, "power-missing", "%.*s may not use %.*s", STR_ARG(o->id), STR_ARG(str_sub(deed->power, 0, 60)));
}

/* The one thing that an instance has of its own; if it names an organisation and a power, they belong together. */
static enum rc
check_signer(const struct doing_deed *d, struct err *err)
{
    const struct bpmn_element *e = &d->model->element[bpmn_find_element(d->model, d->work.element)];
    const struct json *data = d->deed->data, *item = json_is(data, JSON_OBJECT) && data->count == 1 ? data->first : NULL;
    struct str own = e->loop != BPMN_NONE ? d->model->loop[e->loop].item : STR("");

    if (own.len == 0 || d->work.multi == 0) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "this task is not signed by several");
    }
    if (item == NULL || !str_eq(item->key, own)) {
        return err_problem(err, RC_INVALID, "field-not-allowed", "a signer is said by %.*s alone", STR_ARG(own));
    }
    struct str org = json_str(item, "org"), power = json_str(item, "power");
    const struct power *p = power_by_code(d->c->config.orgs, power);
    bool is_known = org_by_uscc(d->c->config.orgs, org) != NULL && (power.len == 0 || (p != NULL && str_eq(p->org, org)));
    return is_known ? RC_OK : err_problem(err, RC_INVALID, "field-not-allowed", "a signer is an organisation with a power of its own");
}

enum rc
deed_add_signer(struct doing_deed *d, struct err *err)
{
    const struct command k = {.kind = COMMAND_ADD_SIGNER, .token = d->deed->token, .variables = d->deed->data, .reason = d->deed->reason};
    enum rc rc;

    if ((rc = may_change_signers(d, err)) != RC_OK || (rc = check_signer(d, err)) != RC_OK) {
        return rc;
    }
    return deed_command(d, &k, signers_changed, NULL, err);
}

enum rc
deed_drop_signer(struct doing_deed *d, struct err *err)
{
    const struct command k = {.kind = COMMAND_DROP_SIGNER, .token = d->deed->token, .reason = d->deed->reason};
    enum rc rc;

    if ((rc = may_change_signers(d, err)) != RC_OK || (rc = deed_needs_reason(d->deed, err)) != RC_OK) {
        return rc;
    }
    return deed_command(d, &k, signers_changed, NULL, err);
}

/* --- opinions ----------------------------------------------------------------------------------------------------------------------------- */

enum rc
deed_add_beside(struct doing_deed *d, const char *kind, struct str org, struct str power, struct json *detail, int64_t *serial, struct err *err)
{
    struct work w = d->work;
    enum rc rc;

    if ((rc = tx_int(d->tx, &WORK_NEXT_SERIAL, VALUES(V_INT(w.instance), V_INT(w.token)), &w.serial, err)) != RC_OK) {
        return rc;
    }
    w.kind = str_of(kind);
    w.org = org;
    w.power = power;
    w.role = STR("officer");
    w.region = w.assignee = STR("");
    w.asked_by = d->doer.officer->id;
    w.state = STR("open");
    w.since_us = d->deed->now_us;
    w.expires_us = 0;
    w.detail = detail;
    *serial = w.serial;
    return work_put(d->c, d->tx, d->a, &w, err);
}

enum rc
deed_consult(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    struct json *ask = json_object(d->a), *detail = deed_detail(d);
    int64_t serial;
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = deed_needs_reason(deed, err)) != RC_OK) {
        return rc;
    }
    if (d->doer.officer == NULL || org_by_uscc(d->c->config.orgs, deed->to) == NULL || str_eq(deed->to, d->work.org)) {
        return err_problem(err, RC_INVALID, "no-such-organisation", "an opinion is asked of another organisation");
    }
    json_set_text(d->a, ask, "question", deed->reason);
    json_set_text(d->a, ask, "org", d->work.org);
    json_set_text(d->a, detail, "to", deed->to);
    if ((rc = deed_add_beside(d, "consult", deed->to, STR(""), ask, &serial, err)) != RC_OK) {
        return rc;
    }
    json_set_int(d->a, detail, "serial", serial);
    rc = deed_act(d, ACT_CONSULT, d->power.len > 0 ? d->power : d->work.model, detail, err);
    return rc != RC_OK ? rc : deed_aside(d, err);
}

static enum rc
opinion_given(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    struct json *detail = deed_detail(d);
    enum rc rc = tx_run(d->tx, &WORK_DROP_ONE, VALUES(V_INT(d->work.instance), V_INT(d->work.token), V_INT(d->work.serial)), NULL, NULL, err);

    (void)event;
    json_set_int(d->a, detail, "serial", d->work.serial);
    return rc != RC_OK ? rc : deed_act(d, ACT_OPINION, d->work.model, detail, err);
}

/* Question and answer stay with the case, as a variable of the process that asked: opinion_<token>_<number>. */
enum rc
deed_opinion(struct doing_deed *d, struct err *err)
{
    struct json *variables = json_object(d->a), *both = json_object(d->a);
    const struct command k = {.kind = COMMAND_SET, .scope = d->work.around, .variables = variables};
    struct str name = str_fmt(d->a, "opinion_%lld_%lld", (long long)d->work.token, (long long)d->work.serial);
    enum rc rc;

    d->power = STR("");
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = deed_needs_reason(d->deed, err)) != RC_OK) {
        return rc;
    }
    json_set_text(d->a, both, "org", d->work.org);
    json_set_text(d->a, both, "question", json_str(d->work.detail, "question"));
    json_set_text(d->a, both, "answer", d->deed->reason);
    json_set_text(d->a, both, "by", d->deed->who->actor);
    json_set_int(d->a, both, "at_us", d->deed->now_us);
    json_set_key(d->a, variables, name, both);
    return deed_command(d, &k, opinion_given, NULL, err);
}

/* --- another organisation -------------------------------------------------------------------------------------------------------------------- */

static enum rc
transferred(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    struct json *detail = deed_detail(d);
    enum rc rc = RC_OK;

    (void)event;
    json_set_text(d->a, detail, "from", d->work.org);
    json_set_text(d->a, detail, "to", d->deed->to);
    json_set_text(d->a, detail, "to_power", d->deed->power);
    if (d->ready->part != NULL) {
        rc = tx_run(d->tx, &WORK_CLOCKS_MOVE,
                    VALUES(V_INT(d->work.instance), V_INT(d->ready->part_scope), V_TEXT(d->work.org), V_TEXT(d->deed->to)), NULL, NULL, err);
    }
    return rc != RC_OK ? rc : deed_act(d, ACT_TRANSFER, d->power.len > 0 ? d->power : d->work.model, detail, err);
}

/* A part goes with all that is still to come of it; a task that is of no part goes alone. */
enum rc
deed_transfer(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    const struct power *p = power_by_code(d->c->config.orgs, deed->power);
    const struct json *was = d->ready->part;
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = deed_needs_reason(deed, err)) != RC_OK) {
        return rc;
    }
    if (d->doer.officer == NULL || org_by_uscc(d->c->config.orgs, deed->to) == NULL || str_eq(deed->to, d->work.org) || p == NULL ||
        !str_eq(p->org, deed->to)) {
        return err_problem(err, RC_INVALID, "no-such-organisation", "a case goes to another organisation, under one of its powers");
    }
    if (was != NULL && str_eq(json_str(was, "org"), d->work.org)) {
        struct json *variables = json_object(d->a), *part = json_copy(d->a, was);
        const struct command k = {.kind = COMMAND_SET, .scope = d->ready->part_scope, .variables = variables, .reason = deed->reason};
        json_set_text(d->a, part, "org", deed->to);
        json_set_text(d->a, part, "power", deed->power);
        json_set(d->a, variables, "part", part);
        return deed_command(d, &k, transferred, NULL, err);
    }
    rc = tx_run(d->tx, &WORK_MOVE, VALUES(V_INT(d->work.instance), V_INT(d->work.token), V_TEXT(deed->to), V_TEXT(deed->power)), NULL, NULL,
                err);
    if (rc == RC_OK && (rc = transferred(d, NULL, err)) == RC_OK) {
        rc = deed_aside(d, err);
    }
    return rc;
}

/* --- another officer --------------------------------------------------------------------------------------------------------------------------- */

static enum rc
give_to(struct doing_deed *d, struct str officer, enum act_kind kind, struct err *err)
{
    struct json *detail = deed_detail(d);
    enum rc rc = tx_run(d->tx, &WORK_ASSIGN, VALUES(V_INT(d->work.instance), V_INT(d->work.token), V_INT(d->work.serial), V_TEXT(officer)),
                        NULL, NULL, err);

    json_set_text(d->a, detail, "to", officer);
    if (rc == RC_OK && (rc = deed_act(d, kind, d->power.len > 0 ? d->power : d->work.model, detail, err)) == RC_OK) {
        rc = deed_aside(d, err);
    }
    return rc;
}

static enum rc
for_officers(const struct doing_deed *d, struct err *err)
{
    return d->doer.officer != NULL ? RC_OK : err_problem(err, RC_CONFLICT, "step-not-possible", "a task of the applicant is nobody else's");
}

enum rc
deed_claim(struct doing_deed *d, struct err *err)
{
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = for_officers(d, err)) != RC_OK ||
        (rc = conduct_may_second(d->tx, NULL, d->model, &d->work, d->deed, err)) != RC_OK) {
        return rc;
    }
    if (d->work.assignee.len > 0) {
        return err_problem(err, RC_CONFLICT, "only-once", "it was claimed before");
    }
    return give_to(d, d->doer.officer->id, ACT_CLAIM, err);
}

enum rc
deed_release(struct doing_deed *d, struct err *err)
{
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = for_officers(d, err)) != RC_OK) {
        return rc;
    }
    return give_to(d, STR(""), ACT_ASSIGN, err);
}

/* By anybody of the organisation who may do it themselves, to somebody who may; also what another holds. */
enum rc
deed_assign(struct doing_deed *d, struct err *err)
{
    const struct officer *to = &d->ready->to;
    enum rc rc;

    d->power = d->work.power;
    if ((rc = conduct_may(d->c, &d->work, d->deed, d->ready, d->power, &d->doer, err)) != RC_OK ||
        (rc = conduct_may_stand_in(d->c, d->tx, d->deed, d->ready, err)) != RC_OK || (rc = for_officers(d, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq(to->org, d->work.org) || !officer_has_role(to, ROLE_OFFICER)) {
        return err_problem(err, RC_DENIED, "other-organisation", "%.*s is not of this organisation", STR_ARG(to->id));
    }
    if (d->power.len > 0 && !officer_has_power(to, d->power)) {
        return err_problem(err, RC_DENIED, "power-missing", "%.*s may not use %.*s", STR_ARG(to->id), STR_ARG(d->power));
    }
    return give_to(d, to->id, ACT_ASSIGN, err);
}

/* --- who is away ---------------------------------------------------------------------------------------------------------------------------- */

struct text {
    struct arena *a;
    struct str text;
};

static enum rc
text_row(const struct row *row, void *ctx, struct err *err)
{
    struct text *t = ctx;

    return row_copy_text(row, 0, t->a, &t->text, err);
}

static enum rc
org_of(struct tx *tx, struct arena *a, struct str officer, struct str *out, struct err *err)
{
    struct text t = {a, STR("")};
    enum rc rc = tx_run(tx, &WORK_ORG_OF, VALUES(V_TEXT(officer)), text_row, &t, err);

    *out = t.text;
    return rc;
}

/* Nobody makes themselves the stand-in of somebody else; and whoever names one for another may do all that the other may. */
static enum rc
may_name(struct tx *tx, const struct conduct_absence *x, struct err *err)
{
    const struct officer *o = &x->who->officer;
    int64_t beyond = 0;
    enum rc rc = RC_OK;

    if (x->who->role != ROLE_OFFICER || !officer_has_role(o, ROLE_OFFICER)) {
        return err_problem(err, RC_DENIED, "role-missing", "this is for an officer");
    }
    if (!str_eq(o->id, x->officer)) {
        rc = tx_int(tx, &ABSENCE_BEYOND, VALUES(V_TEXT(x->officer), V_TEXT(o->id)), &beyond, err);
        beyond += str_eq(o->id, x->stand_in);
    }
    return rc == RC_OK && beyond > 0 ? err_problem(err, RC_DENIED, "power-missing", "%.*s may not name who stands in for %.*s",
                                                   STR_ARG(o->id), STR_ARG(x->officer))
                                     : rc;
}

enum rc
conduct_absence(struct conduct *c, struct tx *tx, struct arena *a, const struct conduct_absence *x, int64_t *act, struct err *err)
{
    const struct officer *o = &x->who->officer;
    struct json *detail = json_object(a);
    struct str org;
    enum rc rc;

    if (str_eq(x->officer, x->stand_in) || x->stand_in.len == 0) {
        return err_set(err, RC_INVALID, "somebody else has to stand in");
    }
    if ((rc = may_name(tx, x, err)) != RC_OK) {
        return rc;
    }
    const struct str both[] = {x->officer, x->stand_in};
    for (size_t n = 0; n < 2; n++) {
        if ((rc = org_of(tx, a, both[n], &org, err)) != RC_OK) {
            return rc;
        }
        if (!str_eq(org, o->org)) {
            return err_problem(err, RC_DENIED, "other-organisation", "%.*s is not of this organisation", STR_ARG(both[n]));
        }
    }
    json_set_text(a, detail, "officer", x->officer);
    json_set_text(a, detail, "stand_in", x->stand_in);
    json_set_text(a, detail, "from", day_text(a, x->from_day));
    json_set_text(a, detail, "until", day_text(a, x->until_day));
    const struct act what = {.kind = ACT_STAND_IN, .at_us = x->now_us, .actor = x->who->actor, .org = o->org, .case_no = STR(""),
                             .subject = STR(""), .resource = STR(""), .detail = detail};
    conduct_begin(c, a);
    if ((rc = conduct_act(c, tx, a, &what, act, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &ABSENCE_PUT,
                  VALUES(V_TEXT(x->officer), V_TEXT(x->stand_in), V_INT(x->from_day), V_INT(x->until_day), V_TEXT(o->id), V_INT(x->now_us),
                         V_INT(*act)),
                  NULL, NULL, err);
}

struct listing {
    struct arena *a;
    struct json *list;
};

static enum rc
absence_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct json *d = json_object(l->a);

    (void)err;
    json_set_text(l->a, d, "officer", row_text(row, 0));
    json_set_text(l->a, d, "stand_in", row_text(row, 1));
    json_set_text(l->a, d, "from", day_text(l->a, (int32_t)row_int(row, 2)));
    json_set_text(l->a, d, "until", day_text(l->a, (int32_t)row_int(row, 3)));
    json_set_text(l->a, d, "by", row_text(row, 4));
    json_push(l->list, d);
    return RC_OK;
}

enum rc
conduct_absences(const struct db *db, struct arena *a, struct str officer, int32_t day, struct json **out, struct err *err)
{
    struct listing l = {a, json_array(a)};
    enum rc rc = store_read(db, &ABSENCES, VALUES(V_TEXT(officer), V_INT(day)), absence_row, &l, err);

    if (rc == RC_OK && (rc = json_whole(l.list, err)) == RC_OK) {
        *out = l.list;
    }
    return rc;
}

static enum rc
load_row(const struct row *row, void *ctx, struct err *err)
{
    struct listing *l = ctx;
    struct json *d = json_object(l->a);

    (void)err;
    json_set_text(l->a, d, "officer", row_text(row, 0));
    json_set_text(l->a, d, "name", row_text(row, 1));
    json_set_int(l->a, d, "open", row_int(row, 2));
    json_push(l->list, d);
    return RC_OK;
}

enum rc
work_load(struct conduct *c, const struct db *db, struct arena *a, struct str org, struct str power, int32_t day, struct json **out,
          struct err *err)
{
    struct listing l = {a, json_array(a)};
    struct str text = day_text(a, day);
    enum rc rc;

    (void)c;
    rc = store_read(db, &WORK_LOAD, VALUES(V_TEXT(org), V_INT(1u << ROLE_OFFICER), V_TEXT(power), V_TEXT(text), V_INT(day)), load_row, &l, err);
    if (rc == RC_OK && (rc = json_whole(l.list, err)) == RC_OK) {
        *out = l.list;
    }
    return rc;
}
