#include "service/intake.h"

#include "crypto/random.h"
#include "evidence/act.h"
#include "service/casework_int.h"
#include "service/casework_sql.h"

enum { CODE_TRIES = 20, FILES_MAX = 100 };

/* A code by which progress is asked for, that no other case has. */
static enum rc
free_code(struct tx *tx, struct arena *a, struct str *out, struct err *err)
{
    enum rc rc = RC_OK;

    for (int n = 0; n < CODE_TRIES && rc == RC_OK; n++) {
        uint64_t random;
        int64_t taken;
        random_fill(&random, sizeof(random));
        struct str code = str_fmt(a, "%012llu", (unsigned long long)(random % 1000000000000ULL));
        if (code.ptr == NULL) {
            return err_set(err, RC_LIMIT, "no room for a query code");
        }
        if ((rc = tx_int(tx, &CASE_QUERY_CODE_COUNT, VALUES(V_TEXT(code)), &taken, err)) == RC_OK && taken == 0) {
            *out = code;
            return RC_OK;
        }
    }
    return rc != RC_OK ? rc : err_set(err, RC_BUSY, "no free query code");
}

static enum rc
add_act(struct tx *tx, struct arena *a, const struct intake *i, struct act_ref *ref, struct err *err)
{
    struct json *detail = json_object(a);
    const struct act act = {.kind = ACT_TAKE_OVER, .at_us = i->now_us, .actor = i->actor, .case_no = i->case_no, .subject = i->subject,
                            .resource = i->item, .detail = detail};
    enum rc rc;

    json_set_text(a, detail, "handover", i->name);
    return (rc = json_whole(detail, err)) != RC_OK ? rc : act_add(tx, a, &act, ref, err);
}

static enum rc
add_parts(const struct casework *w, struct tx *tx, struct arena *a, const struct intake *i, struct err *err)
{
    const struct str state = STR("submitted"); /* until its process says otherwise */
    enum rc rc = RC_OK;

    for (const struct json *p = i->parts != NULL ? i->parts->first : NULL; p != NULL && rc == RC_OK; p = p->next) {
        struct str part = json_str(p, "id"), id = str_fmt(a, "%.*s-%.*s", STR_ARG(i->case_no), STR_ARG(part));
        if (id.ptr == NULL || part.len == 0 || json_str(p, "org").len == 0) {
            return err_set(err, id.ptr == NULL ? RC_LIMIT : RC_INVALID, "a part of what is taken has an id and an organisation");
        }
        rc = tx_run(tx, &SUB_CASE_ADD,
                    VALUES(V_TEXT(id), V_TEXT(i->case_no), V_TEXT(part), V_TEXT(json_str(p, "org")), V_TEXT(state),
                           V_TEXT(case_state_view(w->states, state)), V_INT(0)),
                    NULL, NULL, err);
    }
    return rc;
}

static enum rc
seal_content(const struct casework *w, struct arena *a, const struct intake *i, struct str *out, struct err *err)
{
    struct json *content = json_object(a);
    struct str text;
    enum rc rc;

    json_set_int(a, content, "fee_cents", 0);
    json_set(a, content, "values", json_is(i->values, JSON_OBJECT) ? json_copy(a, i->values) : json_object(a));
    return (rc = json_canonical(a, content, &text, err)) != RC_OK
               ? rc
               : vault_seal(w->vault, a, case_place(a, "content", i->case_no), text, out, err);
}

enum rc
intake_add(const struct casework *w, struct tx *tx, struct arena *a, const struct intake *i, bool *is_case, struct err *err)
{
    const struct item *item = item_by_code(w->items, i->item);
    struct str draft = str_fmt(a, "handover:%.*s", STR_ARG(i->name)), code, title, content;
    struct act_ref ref;
    enum rc rc;

    *is_case = item != NULL;
    if (item == NULL) {
        return RC_OK;
    }
    if (draft.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a case");
    }
    struct str named = i->title.len > 0 ? i->title : json_str(item->document, "name_zh");
    if ((rc = free_code(tx, a, &code, err)) != RC_OK ||
        (rc = vault_seal(w->vault, a, case_place(a, "title", i->case_no), named, &title, err)) != RC_OK ||
        (rc = seal_content(w, a, i, &content, err)) != RC_OK ||
        (rc = add_act(tx, a, i, &ref, err)) != RC_OK ||
        (rc = tx_run(tx, &CASE_ADD,
                     VALUES(V_TEXT(i->case_no), V_TEXT(code), V_TEXT(i->subject), V_TEXT(draft), V_TEXT(item->code), V_INT(item->version),
                            V_BLOB(title), V_BLOB(content), V_INT(i->now_us), V_INT(ref.index)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    return add_parts(w, tx, a, i, err);
}

/* --- files ----------------------------------------------------------------------------------------------------------------- */

static void
push_files(struct arena *a, struct json *out, const struct json *files)
{
    for (const struct json *f = files->first; f != NULL && out != NULL && out->count < FILES_MAX; f = f->next) {
        struct json *m = json_object(a);
        struct str id = str_fmt(a, "%.*s.%u", STR_ARG(files->key), (unsigned)out->count + 1);
        if (json_str(f, "sha256").len == 0) {
            continue;
        }
        json_set(a, m, "id", id.ptr != NULL ? json_text(a, id) : NULL);
        json_set_text(a, m, "sha256", json_str(f, "sha256"));
        json_set_int(a, m, "bytes", json_int_or(f, "bytes", 0));
        json_set_text(a, m, "name", json_str(f, "name"));
        json_set_text(a, m, "resource", files->key);
        json_push(out, m);
    }
}

/* What was filled in; NULL: the case was not submitted here. */
static enum rc
submitted_values(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, const struct json **out, struct err *err)
{
    struct json *content;
    struct case_row row;
    enum rc rc = case_read(w, db, a, case_no, &row, err);

    *out = NULL;
    if (rc == RC_NOT_FOUND) {
        return RC_OK;
    }
    if (rc == RC_OK && (rc = case_open_content(w, a, &row, &content, err)) == RC_OK) {
        *out = json_get(content, "values");
    }
    return rc;
}

enum rc
intake_files(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, struct json **out, struct err *err)
{
    struct json *list = json_array(a);
    const struct json *values;
    enum rc rc = submitted_values(w, db, a, case_no, &values, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *v = values != NULL ? values->first : NULL; v != NULL; v = v->next) {
        if (json_is(v, JSON_ARRAY)) {
            push_files(a, list, v);
        }
    }
    *out = list;
    return json_whole(list, err);
}

/* --- answers ------------------------------------------------------------------------------------------------------------------ */

enum rc
intake_answers(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, const struct json *names, struct json **out,
               struct err *err)
{
    struct json *answers = json_object(a);
    const struct json *values;
    enum rc rc = submitted_values(w, db, a, case_no, &values, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *n = values != NULL && json_is(names, JSON_ARRAY) ? names->first : NULL; n != NULL; n = n->next) {
        const struct json *value = json_get_key(values, n->text);
        if (json_is(value, JSON_ARRAY) && json_is(value->first, JSON_STRING)) { /* several choices; files are not answers */
            json_set_key(a, answers, n->text, json_copy(a, value));
            continue;
        }
        struct str text = json_is(value, JSON_OBJECT) ? json_str(value, "value") : json_is(value, JSON_STRING) ? value->text : STR("");
        if (text.len > 0) {
            json_set_key(a, answers, n->text, json_text(a, text));
        }
    }
    *out = answers;
    return json_whole(answers, err);
}
