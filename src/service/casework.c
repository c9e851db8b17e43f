/*
 * Steps of sub-cases: what a person chose becomes a deed of the part's process (process/conduct_deed.h), and what it leaves besides, what was
 * asked, decided and issued, is written in the same transaction.
 */
#include "service/casework.h"

#include "base/utf8.h"
#include "evidence/act.h"
#include "process/runtime_view.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"
#include "service/certificate.h"
#include "service/material.h"

enum { REASON_MAX = 1000, WARM_TRIES = 3 };

/* --- one step ---------------------------------------------------------------------------------------------- */

struct doing {
    const struct casework *work;
    struct arena *arena;
    const struct case_move *asked;
    const struct identity *who;
    int64_t now_us;
    struct str at; /* now, as documents say it */
    struct json *acts;
    struct case_row file;
    struct item item; /* the version the case began with; read before the write */
    const struct json *part;
    struct sub_case sub;
    const struct json *task;    /* of the worklist; NULL: the applicant withdraws */
    const struct json *outcome; /* of that task; NULL: something is asked or supplied */
    struct case_limits limits;  /* of an acceptance */
    struct conduct_deed deed;
    struct conduct_ready ready;
    struct conduct_result result;
};

static bool
is_on(const struct doing *m, const char *what)
{
    return str_eq(m->asked->on, str_of(what));
}

static bool
is_grant(const struct doing *m)
{
    return is_on(m, "grant") || is_on(m, "grant_with_terms");
}

static bool
is_decision(const struct doing *m)
{
    return str_eq(json_str(m->outcome, "act"), STR("decide"));
}

static bool
is_acceptance(const struct doing *m)
{
    return str_eq(json_str(m->outcome, "act"), STR("accept"));
}

static bool
is_citizen(const struct doing *m)
{
    return m->who->role == ROLE_CITIZEN;
}

/* Who may: the sub-case's own organisation; the case's own applicant. */
static enum rc
check_who(const struct doing *m, struct err *err)
{
    if (!is_citizen(m) && !str_eq(m->who->officer.org, m->sub.org)) {
        return err_problem(err, RC_DENIED, "other-organisation",
                           "the sub-case belongs to another organisation");
    }
    if (is_citizen(m) && !str_eq(m->who->subject, m->file.subject)) {
        return err_set(err, RC_NOT_FOUND, "no such case of this person");
    }
    return RC_OK;
}

static enum rc
not_possible(struct err *err)
{
    return err_problem(err, RC_CONFLICT, "step-not-possible", "the case is not where that can be done");
}

static enum rc
not_theirs(struct err *err)
{
    return err_set(err, RC_DENIED, "somebody else takes that step");
}

static enum rc
check_power(const struct doing *m, struct err *err)
{
    if (!str_eq(m->asked->power, json_str(m->part, "power")) ||
        !officer_has_power(&m->who->officer, m->asked->power)) {
        return err_problem(err, RC_DENIED, "power-missing",
                           "the officer does not hold the power that decides this");
    }
    return RC_OK;
}

static bool
needs_reason(const struct doing *m)
{
    return is_on(m, "ask_supplement") || str_eq(json_str(m->outcome, "reason"), STR("required"));
}

/* Exactly the fields of the form, each with what is wrong; nothing else may be asked for. */
static enum rc
check_asked_fields(const struct doing *m, struct err *err)
{
    const struct json *fields = m->asked->fields;

    if (!json_is(fields, JSON_ARRAY) || fields->count == 0) {
        return err_problem(err, RC_INVALID, "fields-missing", "a supplement names exact fields");
    }
    for (const struct json *f = fields->first; f != NULL; f = f->next) {
        if (form_field(m->item.form, json_str(f, "field")) == NULL ||
            json_str(f, "what").len == 0) {
            return err_problem(err, RC_INVALID, "fields-missing",
                               "%.*s is no field of the form, or nothing is said of it",
                               STR_ARG(json_str(f, "field")));
        }
    }
    return RC_OK;
}

/* The applicant answers what was asked, all of it and nothing else. */
static enum rc
check_supplied_fields(const struct doing *m, struct err *err)
{
    const struct json *asked = json_get(m->sub.supplement, "asked");
    const struct json *given = m->asked->fields;

    if (!json_is(asked, JSON_ARRAY) || !json_is(given, JSON_OBJECT)) {
        return err_problem(err, RC_INVALID, "fields-missing", "nothing was supplied");
    }
    for (const struct json *f = asked->first; f != NULL; f = f->next) {
        const struct json *value = json_get_key(given, json_str(f, "field"));
        bool is_empty = value == NULL || (json_is(value, JSON_STRING) && value->text.len == 0) ||
                        (json_is(value, JSON_ARRAY) && value->count == 0);
        if (is_empty) {
            return err_problem(err, RC_INVALID, "fields-missing", "%.*s is still missing",
                               STR_ARG(json_str(f, "field")));
        }
    }
    if (given->count != asked->count) {
        return err_problem(err, RC_INVALID, "fields-missing", "only what was asked can be changed");
    }
    return RC_OK;
}

static enum rc
check_move(const struct doing *m, struct err *err)
{
    enum rc rc;

    if (utf8_count(m->asked->reason) > REASON_MAX || !utf8_is_plain(m->asked->reason)) {
        return err_problem(err, RC_INVALID, "reason-missing", "the reason is too long or unclear");
    }
    if (needs_reason(m) && m->asked->reason.len == 0) {
        return err_problem(err, RC_INVALID, "reason-missing", "the applicant must be told why");
    }
    if (is_on(m, "grant_with_terms") && m->asked->terms.len == 0) {
        return err_problem(err, RC_INVALID, "reason-missing", "the terms are missing");
    }
    if (is_decision(m) && (rc = check_power(m, err)) != RC_OK) {
        return rc;
    }
    if (is_on(m, "ask_supplement")) {
        return check_asked_fields(m, err);
    }
    if (is_on(m, "supply")) {
        return check_supplied_fields(m, err);
    }
    return RC_OK;
}

/* --- what it leaves ------------------------------------------------------------------------------------------- */

/* What is asked and what is answered stand in one document, of which nothing may be missing. */
static enum rc
note_supplement(struct doing *m, struct err *err)
{
    struct arena *a = m->arena;

    if (is_on(m, "ask_supplement")) {
        m->sub.supplement = json_object(a);
        json_set(a, m->sub.supplement, "asked", json_copy(a, m->asked->fields));
        json_set_text(a, m->sub.supplement, "reason", m->asked->reason);
        json_set_text(a, m->sub.supplement, "at", m->at);
        json_set_text(a, m->sub.supplement, "by", m->who->officer.name);
        m->sub.supplemented = true;
    } else if (is_on(m, "supply")) {
        json_set(a, m->sub.supplement, "answers", json_copy(a, m->asked->fields));
        json_set_text(a, m->sub.supplement, "answered_at", m->at);
    } else {
        return RC_OK;
    }
    return json_whole(m->sub.supplement, err);
}

static enum rc
note_decision(struct doing *m, struct err *err)
{
    struct arena *a = m->arena;
    struct json *d;

    if (!is_decision(m)) {
        return RC_OK;
    }
    m->sub.decision = d = json_object(a);
    json_set_text(a, d, "result", str_eq(m->sub.view, STR("done")) ? m->sub.state : m->asked->on);
    json_set_text(a, d, "reason", m->asked->reason);
    json_set_text(a, d, "terms", m->asked->terms);
    json_set_text(a, d, "power", m->asked->power);
    json_set_text(a, d, "by", m->who->officer.name);
    json_set_text(a, d, "title", m->who->officer.title);
    json_set_text(a, d, "at", m->at);
    return json_whole(d, err);
}

static enum rc
issue(struct tx *tx, struct doing *m, struct err *err)
{
    const struct json *certificate = m->asked->certificate;
    enum rc rc;

    if (!is_grant(m) || json_get(m->part, "certificate") == NULL) {
        return RC_OK;
    }
    if (certificate == NULL) {
        return err_set(err, RC_INVALID, "a grant of this part issues a certificate");
    }
    if (!str_eq(json_str(certificate, "case_no"), m->file.case_no) ||
        !str_eq(json_str(certificate, "power"), json_str(m->part, "power"))) {
        return err_set(err, RC_INVALID, "the certificate is of another case or part");
    }
    if ((rc = certificate_store(tx, m->work->vault, m->arena, certificate, m->asked->signature,
                                m->asked->key_id, m->file.subject, m->who->actor, m->now_us,
                                m->acts, err)) == RC_OK) {
        m->sub.certificate = json_str(certificate, "id");
    }
    return rc;
}

static enum rc
write_sub(struct tx *tx, struct doing *m, struct err *err)
{
    const struct sub_case *s = &m->sub;
    struct param supplement, decision;
    int64_t statutory = is_acceptance(m) ? m->limits.statutory_days : s->clock.statutory_days;
    enum rc rc;

    if ((rc = case_seal(m->work, m->arena, "supplement", s->id, s->supplement, &supplement, err)) != RC_OK ||
        (rc = case_seal(m->work, m->arena, "decision", s->id, s->decision, &decision, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &SUB_CASE_NOTE,
                  VALUES(V_TEXT(s->id), V_TEXT(s->officer), V_INT(statutory), supplement, V_INT(s->supplemented), decision,
                         V_TEXT(s->certificate)),
                  NULL, NULL, err);
}

/* The part's row as the process has left it. */
static enum rc
read_sub(struct tx *tx, struct doing *m, struct err *err)
{
    struct sub_case_reading subs = {.work = m->work, .arena = m->arena, .rows = &m->sub, .most = 1};
    enum rc rc = tx_run(tx, &SUB_CASE_BY_ID, VALUES(V_TEXT(m->asked->sub_case)), sub_case_read_row, &subs, err);

    return rc != RC_OK || subs.count == 1 ? rc : err_set(err, RC_NOT_FOUND, "no such sub-case");
}

/* *own: the act of the step itself, which comes after those of clocks. */
static enum rc
keep_acts(struct doing *m, int64_t *own, struct err *err)
{
    const struct json *acts = m->result.acts;

    *own = -1;
    for (const struct json *a = acts != NULL ? acts->first : NULL; a != NULL; a = a->next) {
        *own = json_int_or(a, "index", -1);
        json_push(m->acts, json_copy(m->arena, a));
    }
    return json_whole(m->acts, err);
}

static enum rc
note(struct tx *tx, struct doing *m, int64_t act, struct err *err)
{
    enum rc rc;

    if (is_on(m, "ask_supplement") && m->sub.supplemented) {
        return err_problem(err, RC_CONFLICT, "only-once", "a supplement is asked once");
    }
    if (m->who->officer.id.len > 0) {
        m->sub.officer = m->who->officer.id;
    }
    if ((rc = note_supplement(m, err)) != RC_OK || (rc = note_decision(m, err)) != RC_OK) {
        return rc;
    }
    if (is_on(m, "supply") && (rc = material_hold(tx, m->work->vault, m->sub.id, m->asked->fields, err)) != RC_OK) {
        return rc;
    }
    if (is_acceptance(m) && (rc = counsel_keep(m->work->counsel, tx, m->arena, &m->limits.answer, m->file.case_no, m->file.subject, act,
                                               m->now_us, err)) != RC_OK) {
        return rc;
    }
    return (rc = issue(tx, m, err)) != RC_OK ? rc : write_sub(tx, m, err);
}

static enum rc
step_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct doing *m = ctx;
    int64_t act = -1;
    enum rc rc;

    m->acts->first = m->acts->last = NULL; /* this may run again */
    m->acts->count = 0;
    if ((rc = conduct_do_tx(m->work->conduct, tx, m->arena, &m->deed, &m->ready, &m->result, err)) != RC_OK ||
        (rc = keep_acts(m, &act, err)) != RC_OK || (rc = read_sub(tx, m, err)) != RC_OK) {
        return rc;
    }
    return note(tx, m, act, err);
}

/* --- which task is meant ------------------------------------------------------------------------------------------ */

static const struct json *
outcome_of(const struct json *task, struct str code)
{
    const struct json *outcomes = json_get(task, "choices");

    for (const struct json *o = outcomes != NULL ? outcomes->first : NULL; o != NULL; o = o->next) {
        if (str_eq(json_str(o, "code"), code)) {
            return o;
        }
    }
    return NULL;
}

/* A task that waits for the applicant can only be supplied; any other can be completed, or a supplement asked at it. */
static bool
is_meant(struct doing *m, const struct json *task)
{
    bool waits = str_eq(json_str(task, "state"), STR("asked"));

    if (!str_eq(json_str(task, "kind"), STR("task")) || str_eq(json_str(task, "state"), STR("suspended")) || waits != is_on(m, "supply")) {
        return false;
    }
    m->outcome = waits || is_on(m, "ask_supplement") ? NULL : outcome_of(task, m->asked->on);
    return waits || m->outcome != NULL || (is_on(m, "ask_supplement") && (json_true(task, "can_ask") || m->sub.supplemented));
}

static enum rc
find_task(struct doing *m, const struct db *db, struct err *err)
{
    struct json *tasks;
    enum rc rc = work_of_case(m->work->conduct, db, m->arena, m->file.case_no, m->sub.part, m->who, m->now_us, &tasks, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *t = tasks->first; t != NULL && m->task == NULL; t = t->next) {
        m->task = is_meant(m, t) ? t : NULL;
    }
    if (m->task == NULL) {
        return not_possible(err);
    }
    bool is_theirs = is_on(m, "supply") || str_eq(json_str(m->task, "role"), STR("citizen"));
    if (is_theirs != is_citizen(m)) {
        return not_theirs(err);
    }
    return is_on(m, "ask_supplement") && m->sub.supplemented ? err_problem(err, RC_CONFLICT, "only-once", "a supplement is asked once") : RC_OK;
}

/* The process is told that each came; what it is lies with the case, sealed. */
static struct json *
supplied_fields(const struct doing *m)
{
    struct json *came = json_object(m->arena);

    for (const struct json *f = m->asked->fields->first; f != NULL; f = f->next) {
        json_set_key(m->arena, came, f->key, json_bool(m->arena, true));
    }
    return came;
}

static enum rc
fill_deed(struct doing *m, struct err *err)
{
    static const struct str none = STR_INIT("");
    struct json *came = is_on(m, "supply") ? supplied_fields(m) : NULL;
    struct conduct_deed *d = &m->deed;

    *d = (struct conduct_deed){.kind = m->outcome != NULL ? DEED_COMPLETE : is_on(m, "supply") ? DEED_SUPPLY : DEED_SUPPLEMENT,
                               .instance = json_int_or(m->task, "instance", 0),
                               .token = json_int_or(m->task, "token", 0),
                               .serial = json_int_or(m->task, "serial", 0),
                               .outcome = m->outcome != NULL ? m->asked->on : none,
                               .reason = m->asked->reason,
                               .basis = none,
                               .power = m->asked->power,
                               .element = none,
                               .to = none,
                               .absent = none,
                               .fields = is_on(m, "ask_supplement") ? m->asked->fields : NULL,
                               .data = came,
                               .who = m->who,
                               .now_us = m->now_us};
    return is_on(m, "supply") ? json_whole(came, err) : RC_OK;
}

/* --- the whole ----------------------------------------------------------------------------------------------------- */

/* "<43>-1" → the case's number. */
static struct str
case_no_of(struct str sub_case)
{
    return str_sub(sub_case, 0, str_find_byte(sub_case, '-'));
}

/* Rules are asked before the write, which must not wait; the promise goes with the acceptance. */
static enum rc
read_limits(struct doing *m, const struct db *db, struct err *err)
{
    struct case_ruling r = {.work = m->work, .db = db, .item = &m->item, .now_us = m->now_us,
                            .day = instant_day(m->now_us, m->work->offset_minutes)};
    struct json *content = NULL, *facts = json_object(m->arena);
    enum rc rc = case_open_content(m->work, m->arena, &m->file, &content, err);

    if (rc != RC_OK) {
        return rc;
    }
    r.values = json_get(content, "values");
    if ((rc = case_limits(&r, m->arena, m->part, &m->limits, err)) != RC_OK) {
        return rc;
    }
    json_set_int(m->arena, facts, "promised_days", m->limits.promised_days);
    m->deed.facts = facts;
    return json_whole(facts, err);
}

static enum rc
prepare(struct doing *m, const struct db *db, struct err *err)
{
    struct str part = str_from(m->asked->sub_case, str_find_byte(m->asked->sub_case, '-') + 1);
    struct sub_case_reading subs = {.work = m->work, .arena = m->arena, .rows = &m->sub, .most = 1};
    enum rc rc;

    m->at = instant_text(m->arena, m->now_us, m->work->offset_minutes);
    if (m->at.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a step");
    }
    if ((rc = case_read(m->work, db, m->arena, case_no_of(m->asked->sub_case), &m->file, err)) != RC_OK ||
        (rc = case_read_item(m->work, db, m->arena, &m->file, &m->item, err)) != RC_OK) {
        return rc;
    }
    if ((m->part = case_part(m->item.document, part)) == NULL) {
        return err_set(err, RC_NOT_FOUND, "the case has no such part");
    }
    if ((rc = store_read(db, &SUB_CASE_BY_ID, VALUES(V_TEXT(m->asked->sub_case)), sub_case_read_row, &subs, err)) != RC_OK) {
        return rc;
    }
    return subs.count == 1 ? check_who(m, err) : err_set(err, RC_NOT_FOUND, "no such sub-case");
}

static enum rc
write_step(struct doing *m, const struct db *db, struct err *err)
{
    enum rc rc = RC_BUSY;

    for (int tries = 0; tries < WARM_TRIES && rc == RC_BUSY; tries++) {
        if ((rc = conduct_ready(m->work->conduct, db, m->arena, &m->deed, &m->ready, err)) == RC_OK) {
            rc = store_write(db, step_tx, m, err);
        }
    }
    if (rc == RC_OK) {
        conduct_nudge(m->work->conduct, m->result.due_us);
    }
    return rc;
}

/* --- withdrawing --------------------------------------------------------------------------------------------------- */

/* The part by itself, where its process listens; else the case as a whole. */
static enum rc
find_listener(const struct db *db, struct str sub_case, struct runtime_awaited *out, struct err *err)
{
    enum rc rc = runtime_awaits(db, STR("withdraw"), sub_case, out, err);

    return rc != RC_OK || out->instance > 0 ? rc : runtime_awaits(db, STR("withdraw"), case_no_of(sub_case), out, err);
}

enum rc
case_can_withdraw(const struct db *db, struct str sub_case, bool *out, struct err *err)
{
    struct runtime_awaited found;
    enum rc rc = find_listener(db, sub_case, &found, err);

    *out = rc == RC_OK && found.instance > 0;
    return rc;
}

static enum rc
withdraw(struct doing *m, const struct db *db, struct err *err)
{
    struct runtime_awaited found;
    enum rc rc;

    if (!is_citizen(m)) {
        return not_theirs(err);
    }
    if ((rc = find_listener(db, m->sub.id, &found, err)) != RC_OK) {
        return rc;
    }
    if (found.instance == 0 || str_eq(m->sub.view, STR("done"))) {
        return not_possible(err);
    }
    if ((rc = fill_deed(m, err)) != RC_OK) {
        return rc;
    }
    m->deed.kind = DEED_WITHDRAW;
    m->deed.instance = found.instance;
    m->deed.token = found.token;
    return write_step(m, db, err);
}

enum rc
case_step(const struct casework *w, const struct db *db, struct arena *a,
          const struct case_move *move, const struct identity *who, int64_t now_us,
          struct json *acts, struct err *err)
{
    struct doing m = {.work = w, .arena = a, .asked = move, .who = who, .now_us = now_us, .acts = acts};
    enum rc rc = prepare(&m, db, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (is_on(&m, "withdraw")) {
        return withdraw(&m, db, err);
    }
    if ((rc = find_task(&m, db, err)) != RC_OK || (rc = check_move(&m, err)) != RC_OK || (rc = fill_deed(&m, err)) != RC_OK) {
        return rc;
    }
    if (is_acceptance(&m) && (rc = read_limits(&m, db, err)) != RC_OK) {
        return rc;
    }
    return write_step(&m, db, err);
}
