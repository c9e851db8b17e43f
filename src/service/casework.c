/*
 * Steps of cases: what a person chose becomes a deed of the case's process (process/conduct_deed.h), and what it leaves besides, what was asked and
 * decided (casework_note.c), is written in the same transaction.
 */
#include "service/casework.h"

#include "base/utf8.h"
#include "process/runtime_view.h"
#include "service/casework_sql.h"
#include "service/casework_step_int.h"

enum { REASON_MAX = 1000, WARM_TRIES = 3 };

/* --- one step ---------------------------------------------------------------------------------------------- */

bool
step_is_on(const struct doing *m, const char *what)
{
    return str_eq(m->asked->on, str_of(what));
}

bool
step_has_act(const struct doing *m, const char *act)
{
    return str_eq(json_str(m->outcome, "act"), str_of(act));
}

static bool
is_citizen(const struct doing *m)
{
    return m->who->role == ROLE_CITIZEN;
}

static bool
is_done(const struct sub_case *s)
{
    return str_eq(s->view, STR("done"));
}

/* The part that is meant, as it was read; NULL: the case as a whole. */
static const struct sub_case *
own_part(const struct doing *m)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->part.len > 0 && str_eq(m->subs[i].part, m->part)) {
            return &m->subs[i];
        }
    }
    return NULL;
}

/* A step with the case as a whole is about each part that has no result yet. */
static void
mean_parts(struct doing *m)
{
    for (size_t i = 0; i < m->count; i++) {
        m->is_meant[i] = m->part.len > 0 ? str_eq(m->subs[i].part, m->part) : !is_done(&m->subs[i]);
    }
}

static enum rc
other_organisation(struct err *err)
{
    return err_problem(err, RC_DENIED, "other-organisation", "this is for another organisation");
}

static bool
has_some_part(const struct doing *m)
{
    for (size_t i = 0; i < m->count; i++) {
        if (str_eq(m->subs[i].org, m->who->officer.org)) {
            return true;
        }
    }
    return false;
}

/* Who may come near: an organisation with the part (of the case as a whole: with any), or that has or had to do with the case; the case's own applicant. */
static enum rc
check_who(const struct doing *m, const struct db *db, struct err *err)
{
    const struct sub_case *own = own_part(m);
    bool has_worked = own != NULL ? str_eq(m->who->officer.org, own->org) : has_some_part(m);
    enum rc rc;

    if (is_citizen(m)) {
        return str_eq(m->who->subject, m->file.subject) ? RC_OK : err_set(err, RC_NOT_FOUND, "no such case of this person");
    }
    rc = has_worked ? RC_OK : case_has_worked(db, m->file.case_no, m->who->officer.org, &has_worked, err);
    return rc == RC_OK && !has_worked ? other_organisation(err) : rc;
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

/* Whoever decides says under which power: that of the outcome, and they have to hold it. */
static enum rc
check_power(const struct doing *m, struct err *err)
{
    if (!str_eq(m->asked->power, json_str(m->outcome, "power")) || !officer_has_power(&m->who->officer, m->asked->power)) {
        return err_problem(err, RC_DENIED, "power-missing", "the officer does not hold the power that decides this");
    }
    return RC_OK;
}

static bool
needs_reason(const struct doing *m)
{
    return step_is_on(m, "ask_supplement") || step_is_on(m, "return") || str_eq(json_str(m->outcome, "reason"), STR("required"));
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
    const struct json *asked = json_get(json_get(m->task, "detail"), "asked");
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
    if (step_is_on(m, "grant_with_terms") && m->asked->terms.len == 0) {
        return err_problem(err, RC_INVALID, "reason-missing", "the terms are missing");
    }
    if (step_has_act(m, "decide") && !is_citizen(m) && (rc = check_power(m, err)) != RC_OK) {
        return rc;
    }
    if (step_is_on(m, "ask_supplement")) {
        return check_asked_fields(m, err);
    }
    if (step_is_on(m, "supply")) {
        return check_supplied_fields(m, err);
    }
    return RC_OK;
}

/* --- what it leaves ------------------------------------------------------------------------------------------- */

/* *acceptance: its act, among those of clocks and of what the model says beside it. */
static enum rc
keep_acts(struct doing *m, int64_t *acceptance, struct err *err)
{
    const struct json *acts = m->result.acts;

    *acceptance = -1;
    for (const struct json *a = acts != NULL ? acts->first : NULL; a != NULL; a = a->next) {
        bool is_it = str_eq(json_str(a, "kind"), str_of(act_kind_name(ACT_ACCEPT)));
        *acceptance = is_it ? json_int_or(a, "index", -1) : *acceptance;
        json_push(m->acts, json_copy(m->arena, a));
    }
    return json_whole(m->acts, err);
}

static enum rc
step_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct doing *m = ctx;
    int64_t act = -1;
    enum rc rc;

    m->acts->first = m->acts->last = NULL; /* this may run again */
    m->acts->count = 0;
    if ((rc = step_read_parts(tx, m, err)) != RC_OK) {
        return rc;
    }
    mean_parts(m);
    if ((rc = conduct_do_tx(m->work->conduct, tx, m->arena, &m->deed, &m->ready, &m->result, err)) != RC_OK ||
        (rc = keep_acts(m, &act, err)) != RC_OK || (rc = step_read_parts(tx, m, err)) != RC_OK) {
        return rc;
    }
    return step_note(tx, m, act, err);
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

static bool
is_named(const struct doing *m, const struct json *task)
{
    return m->asked->instance == json_int_or(task, "instance", 0) && m->asked->token == json_int_or(task, "token", 0);
}

static bool
was_asked(const struct json *task)
{
    return json_get(json_get(task, "detail"), "asked") != NULL;
}

/* A task that waits for the applicant can only be supplied; any other can be completed or sent back, or a supplement asked at it. */
static bool
is_possible(const struct doing *m, const struct json *task)
{
    const struct json *choices = json_get(task, "choices");
    bool waits = str_eq(json_str(task, "state"), STR("asked")), is_open = str_eq(json_str(task, "state"), STR("open"));

    if (!str_eq(json_str(task, "kind"), STR("task")) || (!waits && !is_open) || waits != step_is_on(m, "supply")) {
        return false;
    }
    if (step_is_on(m, "ask_supplement")) {
        return json_true(task, "can_ask") || was_asked(task);
    }
    if (m->asked->on.len == 0) {
        return m->asked->token != 0 && (choices == NULL || choices->count == 0);
    }
    return waits || step_is_on(m, "return") || outcome_of(task, m->asked->on) != NULL;
}

/* Nothing like that can be done; whoever has nothing to do with that part is told no more than that. */
static enum rc
no_task(const struct doing *m, const struct json *tasks, bool is_there, struct err *err)
{
    const struct sub_case *own = own_part(m);
    bool is_theirs = is_citizen(m) || own == NULL || str_eq(own->org, m->who->officer.org);

    for (const struct json *t = tasks->first; t != NULL; t = t->next) {
        is_theirs = is_theirs || str_eq(json_str(t, "org"), m->who->officer.org);
    }
    if (!is_theirs) {
        return other_organisation(err);
    }
    return m->asked->token != 0 && !is_there ? err_problem(err, RC_CONFLICT, "done-meanwhile", "somebody else has done it, or it is over")
                                             : not_possible(err);
}

/* Of several where it can be done the first that whoever asks may have, so that one office does not meet another's. */
static enum rc
find_task(struct doing *m, const struct db *db, struct err *err)
{
    struct json *tasks;
    bool is_there = false;
    enum rc rc = case_tasks(m->work, db, m->arena, m->file.case_no, m->part, m->who, m->now_us, &tasks, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *t = tasks->first; t != NULL; t = t->next) {
        bool is_own = is_citizen(m) || str_eq(json_str(t, "org"), m->who->officer.org);
        if (m->asked->token != 0 ? !is_named(m, t) : !is_possible(m, t)) {
            continue;
        }
        is_there = true;
        if (m->task == NULL || (is_own && !str_eq(json_str(m->task, "org"), m->who->officer.org))) {
            m->task = t;
        }
    }
    if (m->task == NULL || !is_possible(m, m->task)) {
        return no_task(m, tasks, is_there, err);
    }
    bool is_theirs = step_is_on(m, "supply") || str_eq(json_str(m->task, "role"), STR("citizen"));
    if (is_theirs != is_citizen(m)) {
        return not_theirs(err);
    }
    if (!is_theirs && !str_eq(json_str(m->task, "org"), m->who->officer.org)) {
        return other_organisation(err);
    }
    bool is_outcome = !step_is_on(m, "supply") && !step_is_on(m, "ask_supplement") && !step_is_on(m, "return");
    m->outcome = is_outcome ? outcome_of(m->task, m->asked->on) : NULL;
    return step_is_on(m, "ask_supplement") && was_asked(m->task) ? err_problem(err, RC_CONFLICT, "only-once", "a supplement is asked once") : RC_OK;
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

static enum deed_kind
kind_of(const struct doing *m)
{
    return step_is_on(m, "supply")           ? DEED_SUPPLY
           : step_is_on(m, "ask_supplement") ? DEED_SUPPLEMENT
           : step_is_on(m, "return")         ? DEED_RETURN
           : step_is_on(m, "withdraw")       ? DEED_WITHDRAW
                                             : DEED_COMPLETE;
}

static enum rc
fill_deed(struct doing *m, struct err *err)
{
    static const struct str none = STR_INIT("");
    enum deed_kind kind = kind_of(m);
    const struct json *data = kind == DEED_SUPPLY ? supplied_fields(m) : kind == DEED_COMPLETE ? m->asked->data : NULL;
    struct conduct_deed *d = &m->deed;

    *d = (struct conduct_deed){.kind = kind,
                               .instance = json_int_or(m->task, "instance", 0),
                               .token = json_int_or(m->task, "token", 0),
                               .serial = json_int_or(m->task, "serial", 0),
                               .outcome = m->outcome != NULL ? m->asked->on : none,
                               .reason = m->asked->reason,
                               .basis = none,
                               .power = m->asked->power,
                               .element = m->asked->element,
                               .to = none,
                               .absent = none,
                               .fields = kind == DEED_SUPPLEMENT ? m->asked->fields : NULL,
                               .data = data,
                               .who = m->who,
                               .now_us = m->now_us};
    return kind == DEED_SUPPLY || data != NULL ? json_whole(data, err) : RC_OK;
}

/* --- the whole ----------------------------------------------------------------------------------------------------- */

/* Accepted in the process of a bundle itself, it is all of it, and its own promise counts. */
static const struct json *
accepted_part(const struct doing *m)
{
    bool is_whole = m->count > 1 && str_eq(json_str(m->task, "model"), json_str(json_get(m->item.document, "process"), "key"));

    return is_whole ? NULL : case_part(m->item.document, m->part);
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
    if ((rc = case_limits(&r, m->arena, accepted_part(m), &m->limits, err)) != RC_OK) {
        return rc;
    }
    json_set_int(m->arena, facts, "promised_days", m->limits.promised_days);
    m->deed.facts = facts;
    return json_whole(facts, err);
}

static enum rc
prepare(struct doing *m, const struct db *db, struct err *err)
{
    enum rc rc;

    m->at = instant_text(m->arena, m->now_us, m->work->offset_minutes);
    m->subs = arena_alloc(m->arena, PARTS_MAX, sizeof(*m->subs));
    m->part = case_part_of(m->asked->sub_case);
    if (m->at.ptr == NULL || m->subs == NULL) {
        return err_set(err, RC_LIMIT, "no room for a step");
    }
    if ((rc = case_read(m->work, db, m->arena, case_no_of(m->asked->sub_case), &m->file, err)) != RC_OK ||
        (rc = case_read_item(m->work, db, m->arena, &m->file, &m->item, err)) != RC_OK ||
        (rc = case_read_subs(m->work, db, m->arena, m->file.case_no, m->subs, &m->count, err)) != RC_OK) {
        return rc;
    }
    bool is_whole = str_ends(m->asked->sub_case, STR("-0"));
    if (!is_whole && (own_part(m) == NULL || case_part(m->item.document, m->part) == NULL)) {
        return err_set(err, RC_NOT_FOUND, "the case has no such part");
    }
    mean_parts(m);
    return check_who(m, db, err);
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

static enum rc
withdraw(struct doing *m, const struct db *db, struct err *err)
{
    const struct sub_case *own = own_part(m);
    struct runtime_awaited found;
    enum rc rc;

    if (!is_citizen(m)) {
        return not_theirs(err);
    }
    if ((rc = find_listener(db, m->asked->sub_case, &found, err)) != RC_OK) {
        return rc;
    }
    if (found.instance == 0 || (own != NULL && is_done(own))) {
        return not_possible(err);
    }
    if ((rc = fill_deed(m, err)) != RC_OK) {
        return rc;
    }
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
    if (step_is_on(&m, "withdraw")) {
        return withdraw(&m, db, err);
    }
    if ((rc = find_task(&m, db, err)) != RC_OK || (rc = check_move(&m, err)) != RC_OK || (rc = fill_deed(&m, err)) != RC_OK) {
        return rc;
    }
    if (step_has_act(&m, "accept") && (rc = read_limits(&m, db, err)) != RC_OK) {
        return rc;
    }
    return write_step(&m, db, err);
}
