/*
 * Changes to cases.  Each is one write: read the row, ask the step table, move the clock, write row and acts.  The UPDATE names the
 * state that it saw, so even a mistake here could not move a sub-case twice.
 */
#include "service/casework.h"

#include "base/encode.h"
#include "base/utf8.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"
#include "service/certificate.h"
#include "service/draft_sql.h"
#include "service/material.h"

enum { SERIAL_MAX = 9999, QUERY_TRIES = 20, REASON_MAX = 1000 };

static void
push_act(struct arena *a, struct json *acts, enum act_kind kind, int64_t index)
{
    struct json *entry = json_object(a);

    json_set_text(a, entry, "kind", str_of(act_kind_name(kind)));
    json_set_int(a, entry, "index", index);
    json_push(acts, entry);
}

static const struct json *
days_of(const struct json *item, const struct json *part, const char *member)
{
    const struct json *own = json_get(part, member);

    return own != NULL ? own : json_get(item, member);
}

static int
days(const struct json *item, const struct json *part, const char *member)
{
    int64_t value = 0;

    (void)json_as_int(days_of(item, part, member), &value);
    return (int)value;
}

/* --- submitting ----------------------------------------------------------------------------------------- */

struct submit {
    const struct casework *work;
    struct arena *arena;
    const struct draft *draft;
    const struct item *item;
    const struct identity *who;
    int64_t now_us;
    int32_t today;
    struct json *acts;
    struct str case_no;
    bool is_repeat;
};

struct text_out {
    struct arena *arena;
    struct str text;
};

static enum rc
text_row(const struct row *row, void *ctx, struct err *err)
{
    struct text_out *out = ctx;

    return row_copy_text(row, 0, out->arena, &out->text, err);
}

/* 实施编码 31 + yyyymmdd + serial 4. */
static enum rc
next_number(struct tx *tx, struct submit *s, struct err *err)
{
    struct date d = day_to_date(s->today);
    struct str prefix =
        str_fmt(s->arena, "%.*s%04d%02d%02d",
                STR_ARG(json_str(s->item->document, "implementation_code")), d.year, d.month, d.day);
    int64_t serial;
    enum rc rc = tx_int(tx, &CASE_SERIAL_NEXT, VALUES(V_TEXT(prefix)), &serial, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (serial > SERIAL_MAX) {
        return err_problem(err, RC_BUSY, "day-full", "this item has %d cases today already",
                           SERIAL_MAX);
    }
    s->case_no = str_fmt(s->arena, "%.*s%04lld", STR_ARG(prefix), (long long)serial);
    return s->case_no.ptr != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for a case number");
}

/* yymmdd and six digits that nobody can guess from another case: progress can be asked with it by telephone. */
static enum rc
query_code(struct tx *tx, struct submit *s, struct str *out, struct err *err)
{
    struct date d = day_to_date(s->today);
    enum rc rc = RC_OK;

    for (int i = 0; i < QUERY_TRIES; i++) {
        uint32_t random;
        int64_t taken;
        random_fill(&random, sizeof(random));
        struct str code = str_fmt(s->arena, "%02d%02d%02d%06u", d.year % 100, d.month, d.day,
                                  (unsigned)(random % 1000000));
        if ((rc = tx_int(tx, &CASE_QUERY_CODE_COUNT, VALUES(V_TEXT(code)), &taken, err)) != RC_OK) {
            return rc;
        }
        if (taken == 0) {
            *out = code;
            return RC_OK;
        }
    }
    return err_set(err, RC_BUSY, "no free query code today");
}

static enum rc
add_parts(struct tx *tx, struct submit *s, struct err *err)
{
    const struct json *document = s->item->document;
    const struct json *parts = json_get(document, "parts");
    int told_within = (int)json_int_or(document, "supplement_days", 0);
    bool provisional;
    int32_t due = calendar_add(s->work->calendar, s->today, told_within, &provisional);
    enum rc rc = RC_OK;

    for (const struct json *p = parts != NULL ? parts->first : NULL; p != NULL && rc == RC_OK;
         p = p->next) {
        bool applies =
            form_condition_holds(s->item->form, json_get(p, "applies_when"), s->draft->values);
        struct str state = applies ? step_first(s->work->steps) : STR("waived");
        struct str id =
            str_fmt(s->arena, "%.*s-%.*s", STR_ARG(s->case_no), STR_ARG(json_str(p, "id")));
        rc = tx_run(tx, &SUB_CASE_ADD,
                    VALUES(V_TEXT(id), V_TEXT(s->case_no), V_TEXT(json_str(p, "id")),
                           V_TEXT(json_str(p, "org")), V_TEXT(state),
                           V_TEXT(applies ? step_state_view(s->work->steps, state) : STR("done")),
                           V_INT(due), V_TEXT(calendar_version(s->work->calendar))),
                    NULL, NULL, err);
    }
    return rc;
}

/* The act names what was handed in by its digest; the values themselves stay sealed. */
static enum rc
submit_act(struct tx *tx, struct submit *s, struct str content, struct act_ref *ref,
           struct err *err)
{
    struct hash digest = hash_sha256(content);
    struct json *detail = json_object(s->arena);
    struct act act = {.kind = ACT_SUBMIT,
                      .at_us = s->now_us,
                      .actor = s->who->actor,
                      .case_no = s->case_no,
                      .subject = s->draft->subject,
                      .resource = s->draft->item,
                      .detail = detail};

    json_set_int(s->arena, detail, "item_version", s->draft->item_version);
    json_set_text(s->arena, detail, "content_sha256", hex_of(s->arena, hash_str(&digest)));
    enum rc rc = act_add(tx, s->arena, &act, ref, err);
    if (rc == RC_OK) {
        push_act(s->arena, s->acts, ACT_SUBMIT, ref->index);
    }
    return rc;
}

static enum rc
add_case(struct tx *tx, struct submit *s, struct err *err)
{
    const struct vault *vault = s->work->vault;
    const struct json *name = NULL;
    const char *title_field = str_c(s->arena, json_str(s->item->document, "title_field"));
    struct json *content = json_object(s->arena);
    struct act_ref ref;
    struct str code, text, title, title_sealed, sealed;
    enum rc rc;

    if (title_field != NULL && title_field[0] != '\0') {
        name = json_get(s->draft->values, title_field);
    }
    title = json_is(name, JSON_OBJECT) ? json_str(name, "value")
            : json_is(name, JSON_STRING) ? name->text
                                         : json_str(s->item->document, "name_zh");
    json_set(s->arena, content, "values", json_copy(s->arena, s->draft->values));
    if ((rc = next_number(tx, s, err)) != RC_OK || (rc = query_code(tx, s, &code, err)) != RC_OK ||
        (rc = json_canonical(s->arena, content, &text, err)) != RC_OK ||
        (rc = vault_seal(vault, s->arena, case_place(s->arena, "content", s->case_no), text,
                         &sealed, err)) != RC_OK ||
        (rc = vault_seal(vault, s->arena, case_place(s->arena, "title", s->case_no), title,
                         &title_sealed, err)) != RC_OK ||
        (rc = submit_act(tx, s, text, &ref, err)) != RC_OK ||
        (rc = tx_run(tx, &CASE_ADD,
                     VALUES(V_TEXT(s->case_no), V_TEXT(code), V_TEXT(s->draft->subject),
                            V_TEXT(s->draft->id), V_TEXT(s->draft->item),
                            V_INT(s->draft->item_version), V_BLOB(title_sealed), V_BLOB(sealed),
                            V_INT(s->now_us), V_INT(ref.index)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    return add_parts(tx, s, err);
}

static enum rc
submit_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct submit *s = ctx;
    struct text_out earlier = {.arena = s->arena};
    enum rc rc;

    s->is_repeat = false;
    s->acts->first = s->acts->last = NULL; /* this may run again */
    s->acts->count = 0;
    if ((rc = tx_run(tx, &DRAFT_CASE, VALUES(V_TEXT(s->draft->id)), text_row, &earlier, err)) !=
        RC_OK) {
        return rc;
    }
    if (earlier.text.len > 0) {
        s->case_no = earlier.text;
        s->is_repeat = true;
        return RC_OK;
    }
    if ((rc = add_case(tx, s, err)) != RC_OK ||
        (rc = tx_run(tx, &DRAFT_SUBMITTED,
                     VALUES(V_TEXT(s->draft->id), V_TEXT(s->case_no), V_INT(s->draft->revision)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    if (tx_changes(tx) != 1) {
        return err_problem(err, RC_CONFLICT, "other-tab",
                           "the draft was saved elsewhere since, or is gone");
    }
    /* The files go over from the draft to the case. */
    if ((rc = material_hold(tx, s->work->vault, s->draft->id, NULL, err)) != RC_OK) {
        return rc;
    }
    return material_hold(tx, s->work->vault, s->case_no, s->draft->values, err);
}

enum rc
case_submit(const struct casework *w, const struct db *db, struct arena *a,
            const struct draft *draft, const struct identity *who, int64_t now_us,
            struct str *case_no, struct json *acts, struct err *err)
{
    struct item item;
    struct json *errors;
    struct submit s = {.work = w,
                       .arena = a,
                       .draft = draft,
                       .item = &item,
                       .who = who,
                       .now_us = now_us,
                       .today = instant_day(now_us, w->offset_minutes),
                       .acts = acts};
    enum rc rc;

    if (draft->case_no.len > 0) {
        *case_no = draft->case_no;
        return RC_OK;
    }
    if ((rc = item_by_version(db, a, draft->item, draft->item_version, &item, err)) != RC_OK) {
        return rc;
    }
    if (item.form == NULL) {
        return err_set(err, RC_INVALID, "item %.*s cannot be applied for", STR_ARG(item.code));
    }
    if ((rc = form_check(item.form, a, form_sections(item.form), draft->values, s.today, STR("zh"),
                         &errors, err)) != RC_OK) {
        return rc;
    }
    if (errors->count > 0) {
        return err_problem(err, RC_INVALID, "form-incomplete", "%u answers are missing or wrong",
                           (unsigned)errors->count);
    }
    if ((rc = store_write(db, submit_tx, &s, err)) == RC_OK) {
        *case_no = s.case_no;
    }
    return rc;
}

/* --- one step ---------------------------------------------------------------------------------------------- */

struct move {
    const struct casework *work;
    struct arena *arena;
    const struct case_move *asked;
    const struct identity *who;
    struct str role; /* "officer", "citizen", "system" */
    int64_t now_us;
    int32_t today;
    struct json *acts;
    struct case_row file;
    struct item item; /* the version the case began with; read before the write */
    const struct json *part;
    struct sub_case sub;
    const struct step *step;
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

static void
move_clock(struct move *m)
{
    const struct calendar *c = m->work->calendar;
    struct deadline *d = &m->sub.clock;
    bool provisional;

    switch (m->step->clock) {
    case STEP_CLOCK_START:
        /* Silence is acceptance from the day of receipt (行政许可法 32), not from the day it was noticed. */
        deadline_start(d,
                       str_eq(m->step->on, STR("deem"))
                           ? instant_day(m->file.submitted_us, m->work->offset_minutes)
                           : m->today,
                       days(m->item.document, m->part, "promised_days"),
                       days(m->item.document, m->part, "statutory_days"));
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

static void
note_supplement(struct move *m)
{
    struct arena *a = m->arena;
    struct str at = instant_text(a, m->now_us, m->work->offset_minutes);

    if (str_eq(m->step->on, STR("ask_supplement"))) {
        m->sub.supplement = json_object(a);
        json_set(a, m->sub.supplement, "asked", json_copy(a, m->asked->fields));
        json_set_text(a, m->sub.supplement, "reason", m->asked->reason);
        json_set_text(a, m->sub.supplement, "at", at);
        json_set_text(a, m->sub.supplement, "by", m->who->officer.name);
        m->sub.supplemented = true;
    } else if (str_eq(m->step->on, STR("supply"))) {
        json_set(a, m->sub.supplement, "answers", json_copy(a, m->asked->fields));
        json_set_text(a, m->sub.supplement, "answered_at", at);
    }
}

static void
note_decision(struct move *m)
{
    struct arena *a = m->arena;
    struct json *d;

    if (!is_decision(m)) {
        return;
    }
    m->sub.decision = d = json_object(a);
    json_set_text(a, d, "result", m->step->to);
    json_set_text(a, d, "reason", m->asked->reason);
    json_set_text(a, d, "terms", m->asked->terms);
    json_set_text(a, d, "power", m->asked->power);
    json_set_text(a, d, "by", m->who->officer.name);
    json_set_text(a, d, "title", m->who->officer.title);
    json_set_text(a, d, "at", instant_text(a, m->now_us, m->work->offset_minutes));
    m->sub.decided_us = m->now_us;
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
    push_act(m->arena, m->acts, act.kind, ref.index);
    return RC_OK;
}

static enum rc
seal_json(const struct move *m, const char *column, const struct json *value, struct value *out,
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
    struct value supplement, decision;
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
    if ((rc = certificate_store(tx, m->work->vault, m->arena, certificate, m->asked->signature,
                                m->asked->key_id, m->file.subject, m->who->actor, m->now_us,
                                m->acts, err)) == RC_OK) {
        m->sub.certificate = json_str(certificate, "id");
    }
    return rc;
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
    note_supplement(m);
    note_decision(m);
    if (str_eq(m->step->on, STR("supply")) &&
        (rc = material_hold(tx, m->work->vault, m->sub.id, m->asked->fields, err)) != RC_OK) {
        return rc;
    }
    if ((rc = step_act(tx, m, err)) != RC_OK || (rc = issue(tx, m, err)) != RC_OK) {
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

    if ((rc = case_read(w, db, a, case_no_of(move->sub_case), &m.file, err)) != RC_OK ||
        (rc = case_read_item(w, db, a, &m.file, &m.item, err)) != RC_OK) {
        return rc;
    }
    if ((m.part = case_part(m.item.document, part)) == NULL) {
        return err_set(err, RC_NOT_FOUND, "the case has no such part");
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
