/* What a step leaves in the rows of its parts besides what its process tells: what was asked and answered, who decided. */
#include "service/casework_sql.h"
#include "service/casework_step_int.h"
#include "service/material.h"

/* --- supplements --------------------------------------------------------------------------------------------- */

/* What was asked before stays with what is asked now, so that no answer is lost. */
static struct json *
begin_supplement(const struct doing *m, const struct json *before)
{
    struct arena *a = m->arena;
    struct json *d = json_object(a);

    json_set(a, d, "asked", json_copy(a, m->asked->fields));
    json_set_text(a, d, "reason", m->asked->reason);
    json_set_text(a, d, "at", m->at);
    json_set_text(a, d, "by", m->who->officer.name);
    json_set_int(a, d, "instance", m->deed.instance);
    json_set_int(a, d, "token", m->deed.token);
    if (before != NULL) {
        json_set(a, d, "earlier", json_copy(a, before));
    }
    return d;
}

static enum rc
mark(struct tx *tx, const struct doing *m, const struct sub_case *s, struct str state, struct str zh, struct str en, struct err *err)
{
    struct str view = case_state_view(m->work->states, state);

    return tx_run(tx, &SUB_CASE_MARK, VALUES(V_TEXT(s->id), V_TEXT(state), V_TEXT(view), V_TEXT(zh), V_TEXT(en), V_INT(m->now_us)), NULL, NULL,
                  err);
}

/* Where the model says nothing of it, the part waits for its applicant all the same, and is afterwards where it was. */
static enum rc
note_asked(struct tx *tx, struct doing *m, struct sub_case *s, struct err *err)
{
    struct str waiting = case_state_asked(m->work->states);
    struct json *was = json_object(m->arena);
    enum rc rc;

    s->supplement = begin_supplement(m, s->supplement);
    s->supplemented = true;
    if ((rc = json_whole(s->supplement, err)) != RC_OK || !str_eq(s->view, STR("open"))) {
        return rc;
    }
    json_set_text(m->arena, was, "state", s->state);
    json_set_text(m->arena, was, "zh", s->state_zh);
    json_set_text(m->arena, was, "en", s->state_en);
    json_set(m->arena, s->supplement, "was", was);
    return mark(tx, m, s, waiting, STR(""), STR(""), err);
}

/* All that was ever answered, each under a name of its own: those are the files that are needed. */
static enum rc
gather(struct arena *a, const struct json *supplement, struct json *all, struct err *err)
{
    unsigned n = 0;

    for (const struct json *d = supplement; d != NULL; d = json_get(d, "earlier")) {
        const struct json *answers = json_get(d, "answers");
        for (const struct json *f = answers != NULL ? answers->first : NULL; f != NULL; f = f->next) {
            struct str name = str_fmt(a, "%u.%.*s", n++, STR_ARG(f->key));
            if (name.ptr == NULL) {
                return err_set(err, RC_LIMIT, "no room for what was answered");
            }
            json_set_key(a, all, name, json_copy(a, f));
        }
    }
    return json_whole(all, err);
}

static enum rc
note_supplied(struct tx *tx, struct doing *m, struct sub_case *s, struct err *err)
{
    struct arena *a = m->arena;
    const struct json *was = json_get(s->supplement, "was");
    struct json *all = json_object(a);
    enum rc rc;

    json_set(a, s->supplement, "answers", json_copy(a, m->asked->fields));
    json_set_text(a, s->supplement, "answered_at", m->at);
    if ((rc = json_whole(s->supplement, err)) != RC_OK) {
        return rc;
    }
    if ((rc = gather(a, s->supplement, all, err)) != RC_OK || (rc = material_hold(tx, m->work->vault, s->id, all, err)) != RC_OK) {
        return rc;
    }
    bool is_waiting = was != NULL && str_eq(s->state, case_state_asked(m->work->states));
    return is_waiting ? mark(tx, m, s, json_str(was, "state"), json_str(was, "zh"), json_str(was, "en"), err) : RC_OK;
}

/* --- decisions ------------------------------------------------------------------------------------------------- */

static enum rc
note_decision(struct doing *m, struct sub_case *s, struct err *err)
{
    struct arena *a = m->arena;
    struct str comes_to = case_state_decided(m->work->states, m->asked->on);
    struct json *d = json_object(a);

    json_set_text(a, d, "result", str_eq(s->view, STR("done")) ? s->state : comes_to.len > 0 ? comes_to : m->asked->on);
    json_set_text(a, d, "reason", m->asked->reason);
    json_set_text(a, d, "terms", m->asked->terms);
    json_set_text(a, d, "power", m->asked->power);
    json_set_text(a, d, "by", m->who->officer.name);
    json_set_text(a, d, "title", m->who->officer.title);
    json_set_text(a, d, "at", m->at);
    s->decision = d;
    return json_whole(d, err);
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static enum rc
write_sub(struct tx *tx, struct doing *m, const struct sub_case *s, struct err *err)
{
    struct param supplement, decision;
    int64_t statutory = step_has_act(m, "accept") ? m->limits.statutory_days : s->statutory_days;
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

enum rc
step_read_parts(struct tx *tx, struct doing *m, struct err *err)
{
    struct sub_case_reading r = {.work = m->work, .arena = m->arena, .rows = m->subs, .most = PARTS_MAX};
    enum rc rc = tx_run(tx, &SUB_CASES_OF, VALUES(V_TEXT(m->file.case_no)), sub_case_read_row, &r, err);

    m->count = r.count;
    return rc;
}

static enum rc
note_part(struct tx *tx, struct doing *m, struct sub_case *s, struct err *err)
{
    enum rc rc = RC_OK;

    if (m->who->officer.id.len > 0) {
        s->officer = m->who->officer.id;
    }
    if (step_is_on(m, "ask_supplement")) {
        rc = note_asked(tx, m, s, err);
    } else if (step_is_on(m, "supply")) {
        rc = note_supplied(tx, m, s, err);
    } else if (step_has_act(m, "decide")) {
        rc = note_decision(m, s, err);
    }
    return rc != RC_OK ? rc : write_sub(tx, m, s, err);
}

/* A part that has its result from what was decided of another, by the same act. */
static bool
is_decided_with(const struct doing *m, const struct sub_case *s)
{
    for (size_t i = 0; i < m->count && step_has_act(m, "decide"); i++) {
        if (m->is_meant[i] && s->decision != NULL && s->decision_act == m->subs[i].decision_act) {
            return true;
        }
    }
    return false;
}

static enum rc
note_shared(struct tx *tx, struct doing *m, struct sub_case *s, struct err *err)
{
    enum rc rc = note_decision(m, s, err);

    return rc != RC_OK ? rc : write_sub(tx, m, s, err);
}

enum rc
step_note(struct tx *tx, struct doing *m, int64_t act, struct err *err)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < m->count && rc == RC_OK; i++) {
        struct sub_case *s = &m->subs[i];
        rc = m->is_meant[i] ? note_part(tx, m, s, err) : is_decided_with(m, s) ? note_shared(tx, m, s, err) : RC_OK;
    }
    if (rc == RC_OK && step_has_act(m, "accept")) {
        rc = counsel_keep(m->work->counsel, tx, m->arena, &m->limits.answer, m->file.case_no, m->file.subject, act, m->now_us, err);
    }
    return rc;
}
