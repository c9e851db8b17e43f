/*
 * Draft → case: one write that gives the number, seals what was handed in, opens a sub-case for each part that applies, and writes
 * the act.  The draft remembers its case, so whatever repeats a submission gets the same number.
 */
#include "base/encode.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "service/casework.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"
#include "service/draft_sql.h"
#include "service/material.h"

enum { SERIAL_MAX = 9999, QUERY_TRIES = 20 };

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
    struct case_share share[ITEM_PARTS_MAX]; /* part by part, asked before the write */
    struct case_limits limits[ITEM_PARTS_MAX], whole;
    struct conduct_plan plan; /* its process, as it holds today */
    int64_t due_us;
    struct case_fee fee;
    struct act_ref ref;
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
    enum rc rc;

    if (prefix.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a case number");
    }
    if ((rc = tx_int(tx, &CASE_SERIAL_NEXT, VALUES(V_TEXT(prefix)), &serial, err)) != RC_OK) {
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
        if (code.ptr == NULL) {
            return err_set(err, RC_LIMIT, "no room for a query code");
        }
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
    const struct case_share *share = s->share;
    const struct case_limits *limits = s->limits;
    enum rc rc = RC_OK;

    for (const struct json *p = parts != NULL ? parts->first : NULL; p != NULL && rc == RC_OK;
         p = p->next, share++, limits++) {
        bool applies = share->is_handled;
        struct str state = applies ? STR("submitted") : STR("waived"); /* until its process says otherwise */
        struct str id =
            str_fmt(s->arena, "%.*s-%.*s", STR_ARG(s->case_no), STR_ARG(json_str(p, "id")));
        if (id.ptr == NULL) {
            return err_set(err, RC_LIMIT, "no room for a sub-case");
        }
        rc = tx_run(tx, &SUB_CASE_ADD,
                    VALUES(V_TEXT(id), V_TEXT(s->case_no), V_TEXT(json_str(p, "id")),
                           V_TEXT(json_str(p, "org")), V_TEXT(state),
                           V_TEXT(case_state_view(s->work->states, state)), V_INT(limits->statutory_days)),
                    NULL, NULL, err);
        if (rc == RC_OK) {
            rc = counsel_keep(s->work->counsel, tx, s->arena, &share->answer, s->case_no, s->draft->subject, s->ref.index,
                              s->now_us, err);
        }
    }
    return rc;
}

static enum rc
start_process(struct tx *tx, struct submit *s, struct err *err)
{
    const struct case_beginning b = {.work = s->work, .item = s->item, .case_no = s->case_no, .subject = s->draft->subject,
                                     .values = s->draft->values, .share = s->share, .limits = s->limits,
                                     .promised_days = s->whole.promised_days};
    struct conduct_case what = {.case_no = s->case_no, .actor = s->who->actor, .now_us = s->now_us};
    struct conduct_result result;
    struct json *variables;
    enum rc rc = case_variables(&b, s->arena, &variables, err);

    if (rc != RC_OK) {
        return rc;
    }
    what.variables = variables;
    if ((rc = conduct_start(s->work->conduct, tx, s->arena, &s->plan, &what, &result, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *act = result.acts != NULL ? result.acts->first : NULL; act != NULL; act = act->next) {
        json_push(s->acts, json_copy(s->arena, act));
    }
    s->due_us = result.due_us;
    return json_whole(s->acts, err);
}

/* The act names what was handed in by its digest; the values themselves stay sealed. */
static enum rc
submit_act(struct tx *tx, struct submit *s, struct str content, struct err *err)
{
    struct hash digest = hash_sha256(content);
    struct str hex = hex_of(s->arena, hash_str(&digest));
    struct json *detail = json_object(s->arena);
    struct act act = {.kind = ACT_SUBMIT,
                      .at_us = s->now_us,
                      .actor = s->who->actor,
                      .case_no = s->case_no,
                      .subject = s->draft->subject,
                      .resource = s->draft->item,
                      .detail = detail};

    json_set_int(s->arena, detail, "item_version", s->draft->item_version);
    json_set_text(s->arena, detail, "content_sha256", hex);
    enum rc rc = hex.ptr == NULL || detail == NULL
                     ? err_set(err, RC_LIMIT, "no room for what an act says")
                     : act_add(tx, s->arena, &act, &s->ref, err);
    if (rc == RC_OK) {
        case_push_act(s->arena, s->acts, ACT_SUBMIT, s->ref.index);
    }
    return rc;
}

static enum rc
add_case(struct tx *tx, struct submit *s, struct err *err)
{
    const struct vault *vault = s->work->vault;
    const struct json *name =
        json_get_key(s->draft->values, json_str(s->item->document, "title_field"));
    struct json *content = json_object(s->arena);
    struct str code, text, title, title_sealed, sealed;
    enum rc rc;

    title = json_is(name, JSON_OBJECT) ? json_str(name, "value")
            : json_is(name, JSON_STRING) ? name->text
                                         : json_str(s->item->document, "name_zh");
    json_set(s->arena, content, "values", json_copy(s->arena, s->draft->values));
    json_set_int(s->arena, content, "fee_cents", s->fee.cents);
    if ((rc = next_number(tx, s, err)) != RC_OK || (rc = query_code(tx, s, &code, err)) != RC_OK ||
        (rc = json_canonical(s->arena, content, &text, err)) != RC_OK ||
        (rc = vault_seal(vault, s->arena, case_place(s->arena, "content", s->case_no), text,
                         &sealed, err)) != RC_OK ||
        (rc = vault_seal(vault, s->arena, case_place(s->arena, "title", s->case_no), title,
                         &title_sealed, err)) != RC_OK ||
        (rc = submit_act(tx, s, text, err)) != RC_OK ||
        (rc = tx_run(tx, &CASE_ADD,
                     VALUES(V_TEXT(s->case_no), V_TEXT(code), V_TEXT(s->draft->subject),
                            V_TEXT(s->draft->id), V_TEXT(s->draft->item),
                            V_INT(s->draft->item_version), V_BLOB(title_sealed), V_BLOB(sealed),
                            V_INT(s->now_us), V_INT(s->ref.index)),
                     NULL, NULL, err)) != RC_OK ||
        (rc = counsel_keep(s->work->counsel, tx, s->arena, &s->fee.answer, s->case_no, s->draft->subject, s->ref.index,
                           s->now_us, err)) != RC_OK) {
        return rc;
    }
    return (rc = add_parts(tx, s, err)) != RC_OK ? rc : start_process(tx, s, err);
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

/* What was promised if nobody says anything: acceptance by silence counts from today.  A rule that cannot be asked now holds no submission up. */
static enum rc
limits_of_receipt(const struct case_ruling *r, const struct submit *s, const struct json *part, struct case_limits *out, struct err *err)
{
    enum rc rc = case_limits(r, s->arena, part, out, err);

    if (rc == RC_OK || rc == RC_LIMIT) {
        return rc;
    }
    case_own_limits(r->item, part, out);
    return RC_OK;
}

/* Which departments take part, and what it costs, by the rules of today; asked before the write, which must not wait. */
static enum rc
ask_rules(struct submit *s, const struct db *db, struct err *err)
{
    const struct case_ruling r = {.work = s->work,
                                  .db = db,
                                  .item = s->item,
                                  .values = s->draft->values,
                                  .now_us = s->now_us,
                                  .day = s->today};
    const struct json *parts = json_get(s->item->document, "parts");
    enum rc rc = case_fee(&r, s->arena, json_get(s->item->document, "fee"), &s->fee, err);
    size_t i = 0;

    case_own_limits(s->item, json_is(parts, JSON_ARRAY) && parts->count == 1 ? parts->first : NULL, &s->whole);
    for (const struct json *p = parts != NULL ? parts->first : NULL; p != NULL && rc == RC_OK; p = p->next) {
        CHECK(i < ITEM_PARTS_MAX); /* item_put sees to it */
        if ((rc = case_takes_part(&r, s->arena, p, &s->share[i], err)) == RC_OK) {
            rc = limits_of_receipt(&r, s, p, &s->limits[i], err);
        }
        i++;
    }
    return rc;
}

/* What to tell of an item without a process: it cannot be applied for. */
static enum rc
plan_process(struct submit *s, const struct db *db, struct err *err)
{
    struct str key = json_str(json_get(s->item->document, "process"), "key");

    return conduct_plan(s->work->conduct, db, s->arena, key, s->today, &s->plan, err);
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
                       .acts = acts,
                       .due_us = INT64_MAX};
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
    if ((rc = ask_rules(&s, db, err)) != RC_OK || (rc = plan_process(&s, db, err)) != RC_OK) {
        return rc;
    }
    if ((rc = store_write(db, submit_tx, &s, err)) == RC_OK) {
        *case_no = s.case_no;
        conduct_nudge(w->conduct, s.due_us);
    }
    return rc;
}
