/*
 * Steps of sub-cases.  Each is one write: read the row, ask the step table, move the clock, write row and acts.  The UPDATE names the
 * state that it saw, so even a mistake here could not move a sub-case twice.
 */
#include "service/casework.h"

#include "base/utf8.h"
#include "evidence/act.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"
#include "service/certificate.h"
#include "service/material.h"
#include "service/oversight.h"
#include "service/proactive.h"

enum { REASON_MAX = 1000 };

/* --- one step ---------------------------------------------------------------------------------------------- */

struct move {
    const struct casework *work;
    struct arena *arena;
    const struct case_move *asked;
    const struct identity *who;
    struct str role; /* "officer", "citizen", "system" */
    int64_t now_us;
    int32_t today;
    struct str at; /* now, as documents say it */
    struct json *acts;
    struct case_row file;
    struct item item; /* the version the case began with; read before the write */
    const struct json *part;
    struct sub_case sub;
    const struct step *step;
    struct case_limits limits; /* if the step may start the clock */
};

static bool
is_grant(const struct move *m)
{
    return str_eq(m->step->on, STR("grant")) || str_eq(m->step->on, STR("grant_with_terms"));
}

static bool
is_decision(const struct move *m)
{
    return str_eq(m->step->act, STR("decide"));
}

/* Who may: the sub-case's own organisation; the case's own applicant; the sweeper. */
static enum rc
check_who(const struct move *m, struct err *err)
{
    if (str_eq(m->role, STR("officer")) && !str_eq(m->who->officer.org, m->sub.org)) {
        return err_problem(err, RC_DENIED, "other-organisation",
                           "the sub-case belongs to another organisation");
    }
    if (str_eq(m->role, STR("citizen")) && !str_eq(m->who->subject, m->file.subject)) {
        return err_set(err, RC_NOT_FOUND, "no such case of this person");
    }
    return RC_OK;
}

static enum rc
check_power(const struct move *m, struct err *err)
{
    if (!str_eq(m->asked->power, json_str(m->part, "power")) ||
        !officer_has_power(&m->who->officer, m->asked->power)) {
        return err_problem(err, RC_DENIED, "power-missing",
                           "the officer does not hold the power that decides this");
    }
    return RC_OK;
}

static bool
needs_reason(const struct move *m)
{
    return str_eq(m->step->on, STR("ask_supplement")) || str_eq(m->step->on, STR("refuse")) ||
           str_eq(m->step->on, STR("reject"));
}

/* Exactly the fields of the form, each with what is wrong; nothing else may be asked for. */
static enum rc
check_asked_fields(const struct move *m, struct err *err)
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
check_supplied_fields(const struct move *m, struct err *err)
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
check_move(const struct move *m, struct err *err)
{
    enum rc rc;

    if (utf8_count(m->asked->reason) > REASON_MAX || !utf8_is_plain(m->asked->reason)) {
        return err_problem(err, RC_INVALID, "reason-missing", "the reason is too long or unclear");
    }
    if (needs_reason(m) && m->asked->reason.len == 0) {
        return err_problem(err, RC_INVALID, "reason-missing", "the applicant must be told why");
    }
    if (str_eq(m->step->on, STR("grant_with_terms")) && m->asked->terms.len == 0) {
        return err_problem(err, RC_INVALID, "reason-missing", "the terms are missing");
    }
    if (is_decision(m) && (rc = check_power(m, err)) != RC_OK) {
        return rc;
    }
    if (str_eq(m->step->on, STR("ask_supplement"))) {
        return check_asked_fields(m, err);
    }
    if (str_eq(m->step->on, STR("supply"))) {
        return check_supplied_fields(m, err);
    }
    return RC_OK;
}

/* Silence is acceptance from the day of receipt (行政许可法 32), not from the day it was noticed. */
static int32_t
clock_day(const struct move *m)
{
    return str_eq(m->asked->on, STR("deem")) ? instant_day(m->file.submitted_us, m->work->offset_minutes) : m->today;
}

static void
move_clock(struct move *m)
{
    const struct calendar *c = m->work->calendar;
    struct deadline *d = &m->sub.clock;
    bool provisional;

    switch (m->step->clock) {
    case STEP_CLOCK_START:
        deadline_start(d, clock_day(m), m->limits.promised_days, m->limits.statutory_days);
        m->sub.has_clock = true;
        break;
    case STEP_CLOCK_PAUSE: deadline_pause(d, c, m->today); break;
    case STEP_CLOCK_RESUME: deadline_resume(d, m->today); break;
    case STEP_CLOCK_STOP: deadline_stop(d, c, m->today); break;
    case STEP_CLOCK_NONE: break;
    }
    if (m->sub.has_clock && !d->paused) {
        m->sub.due_day = deadline_due(d, c, m->today, false, &provisional);
    }
    m->sub.calendar = calendar_version(c);
}

/* What is asked and what is answered stand in one document, of which nothing may be missing. */
static enum rc
note_supplement(struct move *m, struct err *err)
{
    struct arena *a = m->arena;

    if (str_eq(m->step->on, STR("ask_supplement"))) {
        m->sub.supplement = json_object(a);
        json_set(a, m->sub.supplement, "asked", json_copy(a, m->asked->fields));
        json_set_text(a, m->sub.supplement, "reason", m->asked->reason);
        json_set_text(a, m->sub.supplement, "at", m->at);
        json_set_text(a, m->sub.supplement, "by", m->who->officer.name);
        m->sub.supplemented = true;
    } else if (str_eq(m->step->on, STR("supply"))) {
        json_set(a, m->sub.supplement, "answers", json_copy(a, m->asked->fields));
        json_set_text(a, m->sub.supplement, "answered_at", m->at);
    } else {
        return RC_OK;
    }
    return json_whole(m->sub.supplement, err);
}

static enum rc
note_decision(struct move *m, struct err *err)
{
    struct arena *a = m->arena;
    struct json *d;

    if (!is_decision(m)) {
        return RC_OK;
    }
    m->sub.decision = d = json_object(a);
    json_set_text(a, d, "result", m->step->to);
    json_set_text(a, d, "reason", m->asked->reason);
    json_set_text(a, d, "terms", m->asked->terms);
    json_set_text(a, d, "power", m->asked->power);
    json_set_text(a, d, "by", m->who->officer.name);
    json_set_text(a, d, "title", m->who->officer.title);
    json_set_text(a, d, "at", m->at);
    m->sub.decided_us = m->now_us;
    return json_whole(d, err);
}

static enum rc
step_act(struct tx *tx, struct move *m, struct err *err)
{
    struct json *detail = json_object(m->arena);
    struct act_ref ref;
    struct act act = {.at_us = m->now_us,
                      .actor = m->who->actor,
                      .org = m->sub.org,
                      .case_no = m->sub.case_no,
                      .subject = m->file.subject,
                      .resource = is_decision(m) ? m->asked->power : json_str(m->part, "item"),
                      .detail = detail};
    enum rc rc;

    CHECK(act_kind_by_name(m->step->act, &act.kind));
    if (detail == NULL) {
        return err_set(err, RC_LIMIT, "no room for what an act says");
    }
    json_set_text(m->arena, detail, "sub_case", m->sub.id);
    json_set_text(m->arena, detail, "from", m->step->from);
    json_set_text(m->arena, detail, "to", m->step->to);
    if (m->asked->reason.len > 0) {
        json_set_text(m->arena, detail, "reason", m->asked->reason);
    }
    if (is_decision(m)) {
        const struct power *power = power_by_code(m->work->orgs, m->asked->power);
        json_set_text(m->arena, detail, "basis", power != NULL ? power->basis : STR(""));
    }
    if ((rc = act_add(tx, m->arena, &act, &ref, err)) != RC_OK) {
        return rc;
    }
    if (is_decision(m)) {
        m->sub.decision_act = ref.index;
    }
    if (m->step->clock == STEP_CLOCK_START &&
        (rc = counsel_keep(m->work->counsel, tx, m->arena, &m->limits.answer, m->file.case_no, m->file.subject, ref.index,
                           m->now_us, err)) != RC_OK) {
        return rc;
    }
    case_push_act(m->arena, m->acts, act.kind, ref.index);
    return RC_OK;
}

static enum rc
seal_json(const struct move *m, const char *column, const struct json *value, struct param *out,
          struct err *err)
{
    struct str text, sealed;
    enum rc rc;

    if (value == NULL) {
        *out = V_NULL;
        return RC_OK;
    }
    if ((rc = json_whole(value, err)) != RC_OK ||
        (rc = json_print(m->arena, value, &text, err)) != RC_OK ||
        (rc = vault_seal(m->work->vault, m->arena, case_place(m->arena, column, m->sub.id), text,
                         &sealed, err)) != RC_OK) {
        return rc;
    }
    *out = V_BLOB(sealed);
    return RC_OK;
}

static enum rc
write_sub(struct tx *tx, struct move *m, struct err *err)
{
    const struct sub_case *s = &m->sub;
    const struct deadline *d = &s->clock;
    struct param supplement, decision;
    enum rc rc;

    if ((rc = seal_json(m, "supplement", s->supplement, &supplement, err)) != RC_OK ||
        (rc = seal_json(m, "decision", s->decision, &decision, err)) != RC_OK ||
        (rc = tx_run(
             tx, &SUB_CASE_UPDATE,
             VALUES(V_TEXT(s->id), V_TEXT(m->step->from), V_TEXT(m->step->to),
                    V_TEXT(step_state_view(m->work->steps, m->step->to)), V_TEXT(s->officer),
                    V_INT(s->has_clock), V_INT(d->start_day), V_INT(d->promised_days),
                    V_INT(d->statutory_days), V_INT(d->used_days), V_INT(d->run_day),
                    V_INT(d->paused), V_INT(d->stopped_day), V_INT(s->due_day),
                    V_TEXT(s->calendar), supplement, V_INT(s->supplemented), decision,
                    V_INT(s->decided_us), V_INT(s->decision_act), V_TEXT(s->certificate)),
             NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    CHECK(tx_changes(tx) == 1); /* one writer, and the row was read in this transaction */
    return RC_OK;
}

static enum rc
issue(struct tx *tx, struct move *m, struct err *err)
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

/* Counted with the step, so that a step that does not come to be counts for nothing. */
static enum rc
count_step(struct tx *tx, const struct move *m, struct err *err)
{
    const struct deadline *d = &m->sub.clock;
    bool is_timed = is_decision(m) && m->sub.has_clock;
    struct tally one = {.decided = is_decision(m),
                        .timed = is_timed,
                        .late = is_timed && d->used_days > d->promised_days,
                        .used_days = is_timed ? d->used_days : 0,
                        .deemed = str_eq(m->step->act, STR("deemed_accepted"))};

    return one.decided + one.deemed == 0
               ? RC_OK
               : oversight_count(tx, m->sub.org, m->today, &one, err);
}

static enum rc
step_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct move *m = ctx;
    struct sub_case_reading subs = {
        .work = m->work, .arena = m->arena, .rows = &m->sub, .most = 1};
    enum rc rc;

    m->acts->first = m->acts->last = NULL;
    m->acts->count = 0;
    if ((rc = tx_run(tx, &SUB_CASE_BY_ID, VALUES(V_TEXT(m->asked->sub_case)), sub_case_read_row,
                     &subs, err)) != RC_OK) {
        return rc;
    }
    if (subs.count == 0) {
        return err_set(err, RC_NOT_FOUND, "no such sub-case");
    }
    if ((rc = check_who(m, err)) != RC_OK ||
        (rc = step_find(m->work->steps, m->sub.state, m->asked->on, m->role,
                        m->sub.supplemented, &m->step, err)) != RC_OK ||
        (rc = check_move(m, err)) != RC_OK) {
        return rc;
    }
    if (m->who->officer.id.len > 0) {
        m->sub.officer = m->who->officer.id;
    }
    move_clock(m);
    if ((rc = note_supplement(m, err)) != RC_OK || (rc = note_decision(m, err)) != RC_OK) {
        return rc;
    }
    if (str_eq(m->step->on, STR("supply")) &&
        (rc = material_hold(tx, m->work->vault, m->sub.id, m->asked->fields, err)) != RC_OK) {
        return rc;
    }
    if ((rc = step_act(tx, m, err)) != RC_OK || (rc = count_step(tx, m, err)) != RC_OK ||
        (rc = issue(tx, m, err)) != RC_OK) {
        return rc;
    }
    if (is_decision(m) && (rc = proactive_decided(tx, m->file.case_no, is_grant(m), m->now_us, err)) != RC_OK) {
        return rc;
    }
    return write_sub(tx, m, err);
}

/* "<43>-1" → the case's number. */
static struct str
case_no_of(struct str sub_case)
{
    return str_sub(sub_case, 0, str_find_byte(sub_case, '-'));
}

/* Rules are asked before the write, which must not wait; by the law of the day from which the clock counts. */
static enum rc
read_limits(struct move *m, const struct db *db, struct err *err)
{
    struct case_ruling r = {.work = m->work, .db = db, .item = &m->item, .now_us = m->now_us, .day = clock_day(m)};
    struct json *content = NULL;
    enum rc rc = case_open_content(m->work, m->arena, &m->file, &content, err);

    if (rc != RC_OK) {
        return rc;
    }
    r.values = json_get(content, "values");
    return case_limits(&r, m->arena, m->part, &m->limits, err);
}

static enum rc
run_step(const struct casework *w, const struct db *db, struct arena *a,
         const struct case_move *move, const struct identity *who, struct str role,
         int64_t now_us, struct json *acts, struct err *err)
{
    struct move m = {.work = w,
                     .arena = a,
                     .asked = move,
                     .who = who,
                     .role = role,
                     .now_us = now_us,
                     .today = instant_day(now_us, w->offset_minutes),
                     .acts = acts};
    struct str part = str_from(move->sub_case, str_find_byte(move->sub_case, '-') + 1);
    enum rc rc;

    m.at = instant_text(a, now_us, w->offset_minutes);
    if (m.at.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a step");
    }
    if ((rc = case_read(w, db, a, case_no_of(move->sub_case), &m.file, err)) != RC_OK ||
        (rc = case_read_item(w, db, a, &m.file, &m.item, err)) != RC_OK) {
        return rc;
    }
    if ((m.part = case_part(m.item.document, part)) == NULL) {
        return err_set(err, RC_NOT_FOUND, "the case has no such part");
    }
    if (step_may_start(w->steps, move->on) && (rc = read_limits(&m, db, err)) != RC_OK) {
        return rc;
    }
    return store_write(db, step_tx, &m, err);
}

enum rc
case_step(const struct casework *w, const struct db *db, struct arena *a,
          const struct case_move *move, const struct identity *who, int64_t now_us,
          struct json *acts, struct err *err)
{
    struct str role = who->role == ROLE_CITIZEN ? STR("citizen") : STR("officer");

    return run_step(w, db, a, move, who, role, now_us, acts, err);
}

/* --- silence --------------------------------------------------------------------------------------------------- */

struct due_list {
    struct arena *arena;
    struct json *ids;
};

static enum rc
due_row(const struct row *row, void *ctx, struct err *err)
{
    struct due_list *l = ctx;

    (void)err;
    json_push(l->ids, json_text(l->arena, row_text(row, 0)));
    return RC_OK;
}

enum rc
case_deem(const struct casework *w, const struct db *db, struct arena *a, int64_t now_us,
          int64_t *count, struct err *err)
{
    static const struct identity sweeper = {.role = ROLE_SYSTEM, .actor = STR_INIT("system")};
    struct due_list due = {a, json_array(a)};
    int64_t done = 0;
    enum rc rc;

    rc = store_read(db, &SUB_CASES_TO_DEEM,
                    VALUES(V_TEXT(step_first(w->steps)),
                           V_INT(instant_day(now_us, w->offset_minutes))),
                    due_row, &due, err);
    if (rc != RC_OK || (rc = json_whole(due.ids, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *id = due.ids->first; id != NULL; id = id->next) {
        struct case_move move = {.sub_case = id->text, .on = STR("deem")};
        rc = run_step(w, db, a, &move, &sweeper, STR("system"), now_us, json_array(a), err);
        if (rc != RC_OK && rc != RC_CONFLICT) { /* an officer was quicker */
            return rc;
        }
        done += rc == RC_OK;
    }
    *count = done;
    return RC_OK;
}
