/* With the task itself: done, something asked of the applicant, supplied, sent back. */
#include "base/clock.h"
#include "process/conduct_deed_int.h"
#include "process/conduct_sql.h"

/* --- done --------------------------------------------------------------------------------------------------------------------------- */

enum rc
deed_tell_decision(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    const struct conduct_house *h = &d->c->config.house;
    const struct work *w = &d->work;
    const struct conduct_decision decision = {
        .at = {.instance = w->instance, .scope = w->around, .case_no = w->case_no, .part = w->part, .org = w->org, .process = w->model,
               .element = w->element, .actor = event->actor, .now_us = event->now_us},
        .outcome = d->outcome->code,
        .zh = d->outcome->zh,
        .en = d->outcome->en,
        .reason = d->deed->reason,
        .power = d->power,
        .officer = d->doer.officer != NULL ? d->doer.officer->id : STR(""),
        .act = d->act,
    };

    return h->decided != NULL ? h->decided(d->tx, d->a, &decision, h->ctx, err) : RC_OK;
}

static enum act_kind
kind_of(const struct doing_deed *d)
{
    struct str word = d->outcome != NULL && d->outcome->act.len > 0 ? d->outcome->act : d->gov->act != NULL ? d->gov->act->kind : STR("");
    enum act_kind kind = conduct_act_kind(word);

    return kind == ACT_STEP && d->gov->countersign != NULL ? ACT_SIGN : kind;
}

enum rc
deed_completed(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    struct json *detail = deed_detail(d);
    enum rc rc;

    if (d->outcome != NULL) {
        json_set_text(d->a, detail, "outcome", d->outcome->code);
        json_set_text(d->a, detail, "outcome_zh", d->outcome->zh);
        json_set_text(d->a, detail, "outcome_en", d->outcome->en);
        json_set_text(d->a, detail, "step", d->outcome->act);
    }
    if ((rc = conduct_note_signed(d->tx, d->model, &d->work, d->deed, err)) != RC_OK ||
        (rc = deed_act(d, kind_of(d), d->power.len > 0 ? d->power : d->work.model, detail, err)) != RC_OK) {
        return rc;
    }
    return d->outcome != NULL && str_eq(d->outcome->act, STR("decide")) ? deed_tell_decision(d, event, err) : RC_OK;
}

static enum rc
check_outcome(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    bool has_reason = str_trim(deed->reason).len > 0;

    d->outcome = deed->outcome.len > 0 ? gov_find_outcome(d->gov, deed->outcome) : NULL;
    if ((d->outcome == NULL) != (d->gov->outcomes == 0) || (d->outcome == NULL && deed->outcome.len > 0)) {
        return err_problem(err, RC_INVALID, "no-such-outcome", "%.*s is no outcome of %.*s", STR_ARG(str_sub(deed->outcome, 0, 60)),
                           STR_ARG(d->work.element));
    }
    if (d->outcome != NULL && d->outcome->reason == GOV_REASON_REQUIRED && !has_reason) {
        return deed_needs_reason(deed, err);
    }
    if (d->outcome != NULL && d->outcome->reason == GOV_REASON_NONE && has_reason) {
        return err_problem(err, RC_INVALID, "reason-unwanted", "no reason is given with %.*s", STR_ARG(deed->outcome));
    }
    return RC_OK;
}

/* What a form of a task brings are variables; none of them says who may act, or what was decided. */
static enum rc
check_data(const struct bpmn *m, const struct json *data, struct err *err)
{
    if (data != NULL && !json_is(data, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, "data of a task are no object");
    }
    for (const struct json *v = data != NULL ? data->first : NULL; v != NULL; v = v->next) {
        if (!conduct_is_free(m, v->key)) {
            return err_problem(err, RC_INVALID, "field-not-allowed", "%.*s is not set by who does a task", STR_ARG(str_sub(v->key, 0, 60)));
        }
    }
    return RC_OK;
}

static bool
says_something(const struct json *data)
{
    return data != NULL && data->count > 0;
}

/* A form asks for its data whatever the outcome is, but for one that the model takes out of it: with that nothing is said. */
static enum rc
check_form(const struct doing_deed *d, struct err *err)
{
    const struct conduct_config *config = &d->c->config;
    const struct task_form *form = task_form_find(config->forms, d->gov->form);
    struct json *faults;
    enum rc rc;

    if (d->gov->form.len == 0 || config->forms == NULL) {
        return RC_OK;
    }
    if (d->outcome != NULL && d->outcome->without_form) {
        return says_something(d->deed->data) ? err_problem(err, RC_INVALID, "field-not-allowed", "with that outcome nothing is filled in") : RC_OK;
    }
    if (form == NULL) {
        return err_problem(err, RC_CONFLICT, "form-unknown", "there is no form %.*s", STR_ARG(d->gov->form));
    }
    rc = task_form_check(form, d->a, d->deed->data, instant_day(d->deed->now_us, config->offset_minutes), &faults, err);
    if (rc == RC_OK && faults->count > 0) {
        return err_problem(err, RC_INVALID, "form-invalid", "%.*s: %.*s", STR_ARG(json_str(faults->first, "field")),
                           STR_ARG(json_str(faults->first, "en")));
    }
    return rc;
}

/* What whoever does it says, and what the house knows. */
static enum rc
all_data(const struct doing_deed *d, const struct json **out, struct err *err)
{
    const struct json *facts = d->deed->facts;
    struct json *both;

    *out = d->deed->data != NULL ? d->deed->data : facts;
    if (d->deed->data == NULL || facts == NULL) {
        return RC_OK;
    }
    both = json_copy(d->a, d->deed->data);
    for (const struct json *f = facts->first; f != NULL; f = f->next) {
        json_set_key(d->a, both, f->key, json_copy(d->a, f));
    }
    *out = both;
    return json_whole(both, err);
}

enum rc
deed_complete(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    struct command k = {.kind = COMMAND_COMPLETE, .token = deed->token, .outcome = deed->outcome, .reason = deed->reason};
    enum rc rc;

    d->outcome = gov_find_outcome(d->gov, deed->outcome);
    d->power = conduct_outcome_power(&d->work, d->outcome);
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = check_outcome(d, err)) != RC_OK ||
        (rc = conduct_may_second(d->tx, NULL, d->model, &d->work, deed, err)) != RC_OK ||
        (rc = check_data(d->model, deed->data, err)) != RC_OK || (rc = check_form(d, err)) != RC_OK || (rc = all_data(d, &k.variables, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq(d->work.state, STR("open"))) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "the task waits for something else");
    }
    return deed_command(d, &k, deed_completed, NULL, err);
}

/* --- supplements --------------------------------------------------------------------------------------------------------------------- */

static bool
names_field(struct str list, struct str field)
{
    struct str part;

    for (size_t n = 0; n < 2; n++) { /* "a b" and "a, b" */
        struct str rest = list;
        while (str_next(&rest, n == 0 ? ' ' : ',', &part)) {
            if (str_eq(str_trim(part), field)) {
                return true;
            }
        }
    }
    return str_eq(list, STR("*"));
}

static bool
may_ask_for(const struct doing_deed *d, struct str field)
{
    const struct json *fields = json_get(d->work.detail, "fields");

    if (d->gov->supplement->fields.text == BPMN_NONE) {
        return names_field(d->gov->supplement->fields.written, field);
    }
    for (const struct json *f = json_is(fields, JSON_ARRAY) ? fields->first : NULL; f != NULL; f = f->next) {
        if (json_is(f, JSON_STRING) && str_eq(f->text, field)) {
            return true;
        }
    }
    return json_is(fields, JSON_STRING) && names_field(fields->text, field);
}

static enum rc
check_fields(const struct doing_deed *d, struct err *err)
{
    const struct json *fields = d->deed->fields;

    if (d->gov->supplement == NULL) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "nothing may be asked here");
    }
    if (!json_is(fields, JSON_ARRAY) || fields->count == 0) {
        return err_problem(err, RC_INVALID, "fields-missing", "it has to be said what is missing, all of it at once");
    }
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        if (json_str(f, "field").len == 0 || str_trim(json_str(f, "what")).len == 0) {
            return err_problem(err, RC_INVALID, "fields-missing", "of each it has to be said which field, and what is missing");
        }
        if (!may_ask_for(d, json_str(f, "field"))) {
            return err_problem(err, RC_INVALID, "field-not-allowed", "%.*s may not be asked for here",
                               STR_ARG(str_sub(json_str(f, "field"), 0, 60)));
        }
    }
    return RC_OK;
}

static enum rc
asked(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    const struct token *t = instance_token(event->instance, d->deed->token);
    const struct conduct_seeing s = {.run = d->c->run, .arena = d->a, .i = event->instance, .model = d->model, .scope = t->scope,
                                     .now_us = event->now_us, .offset_seconds = d->c->config.offset_minutes * 60};
    struct json *detail = d->work.detail != NULL ? json_copy(d->a, d->work.detail) : json_object(d->a), *note = deed_detail(d);
    struct param sealed;
    enum rc rc;

    json_set(d->a, detail, "asked", json_copy(d->a, d->deed->fields));
    d->work.detail = detail;
    int64_t expires_us = conduct_within(&s, d->gov->supplement->within);
    if ((rc = work_seal(d->c, d->a, &d->work, &sealed, err)) != RC_OK ||
        (rc = tx_run(d->tx, &WORK_ASK, VALUES(V_INT(d->work.instance), V_INT(d->work.token), V_INT(expires_us), sealed), NULL, NULL,
                     err)) != RC_OK) {
        return rc;
    }
    json_set_text(d->a, note, "basis", d->gov->supplement->basis);
    json_set_int(d->a, note, "fields", (int64_t)d->deed->fields->count);
    return deed_act(d, ACT_SUPPLEMENT, d->power.len > 0 ? d->power : d->work.model, note, err);
}

enum rc
deed_supplement(struct doing_deed *d, struct err *err)
{
    struct json *variables = json_object(d->a);
    const struct command k = {.kind = COMMAND_SUPPLEMENT, .token = d->deed->token, .reason = d->deed->reason, .variables = variables};
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = check_fields(d, err)) != RC_OK) {
        return rc;
    }
    json_set(d->a, variables, "fields", json_copy(d->a, d->deed->fields));
    rc = json_whole(variables, err);
    return rc != RC_OK ? rc : deed_command(d, &k, asked, NULL, err);
}

static enum rc
supplied(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    (void)event;
    return deed_act(d, ACT_SUPPLIED, d->work.model, deed_detail(d), err);
}

static bool
was_asked(const struct json *asked, struct str field)
{
    for (const struct json *f = json_is(asked, JSON_ARRAY) ? asked->first : NULL; f != NULL; f = f->next) {
        if (str_eq(json_str(f, "field"), field)) {
            return true;
        }
    }
    return false;
}

/* All that was asked for, and nothing else. */
static enum rc
check_supplied(const struct json *asked, const struct json *data, struct err *err)
{
    for (const struct json *v = json_is(data, JSON_OBJECT) ? data->first : NULL; v != NULL; v = v->next) {
        if (!was_asked(asked, v->key)) {
            return err_problem(err, RC_INVALID, "field-not-allowed", "%.*s was not asked for", STR_ARG(str_sub(v->key, 0, 60)));
        }
    }
    for (const struct json *f = json_is(asked, JSON_ARRAY) ? asked->first : NULL; f != NULL; f = f->next) {
        if (json_get_key(data, json_str(f, "field")) == NULL) {
            return err_problem(err, RC_INVALID, "fields-missing", "%.*s is still missing", STR_ARG(str_sub(json_str(f, "field"), 0, 60)));
        }
    }
    return RC_OK;
}

/* Kept together in one variable, so that whatever the fields are called they change no other. */
enum rc
deed_supply(struct doing_deed *d, struct err *err)
{
    const struct conduct_deed *deed = d->deed;
    struct json *variables = json_object(d->a);
    const struct command k = {.kind = COMMAND_SUPPLY, .token = deed->token, .variables = variables};
    enum rc rc;

    if (deed->who->role != ROLE_CITIZEN || d->subject.len == 0 || !str_eq(deed->who->subject, d->subject)) {
        return err_problem(err, RC_DENIED, "not-yours", "only the applicant supplies what is missing");
    }
    if (!str_eq(d->work.state, STR("asked"))) {
        return err_problem(err, RC_CONFLICT, "step-not-possible", "nothing is asked for");
    }
    if ((rc = check_supplied(json_get(d->work.detail, "asked"), deed->data, err)) != RC_OK) {
        return rc;
    }
    json_set(d->a, variables, "supplied", json_copy(d->a, deed->data));
    rc = json_whole(variables, err);
    return rc != RC_OK ? rc : deed_command(d, &k, supplied, NULL, err);
}

/* --- sent back ------------------------------------------------------------------------------------------------------------------------- */

static enum rc
returned(struct doing_deed *d, const struct runtime_event *event, struct err *err)
{
    struct json *detail = deed_detail(d);

    (void)event;
    json_set_text(d->a, detail, "to", d->deed->element);
    return deed_act(d, ACT_RETURN, d->power.len > 0 ? d->power : d->work.model, detail, err);
}

enum rc
deed_return(struct doing_deed *d, struct err *err)
{
    const struct command k = {.kind = COMMAND_RETURN, .token = d->deed->token, .element = d->deed->element, .reason = d->deed->reason};
    enum rc rc;

    d->power = d->work.power;
    if ((rc = deed_may(d, d->power, err)) != RC_OK || (rc = deed_needs_reason(d->deed, err)) != RC_OK) {
        return rc;
    }
    return deed_command(d, &k, returned, NULL, err);
}
