/* The certificate of a part: made of the case, signed, and stored with the end of the job. */
#include "service/certificate.h"
#include "service/chore_int.h"
#include "service/chore_sql.h"

static enum rc
store_certificate(struct tx *tx, struct chore *k, struct err *err)
{
    const struct sub_case *sub = chore_sub(k);
    const struct case_issue issue = {.sub_case = sub != NULL ? sub->id : STR(""),
                                     .certificate = k->certificate,
                                     .signature = {(const char *)k->signature, SIG_BYTES},
                                     .key_id = k->c->config.key_id,
                                     .actor = STR("system"),
                                     .now_us = k->work->now_us};

    return case_issue_tx(k->c->config.work, tx, k->a, &issue, json_array(k->a), err);
}

static enum rc
make_certificate(struct chore *k, struct err *err)
{
    struct json *content = NULL;
    struct str bytes, id = str_fmt(k->a, "%.*s-%.*s", STR_ARG(k->file.case_no), STR_ARG(k->part));
    enum rc rc;

    if (id.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a certificate");
    }
    if ((rc = case_certificate(k->c->config.work, k->db, k->a, id, k->work->now_us, &content, err)) != RC_OK) {
        return rc;
    }
    if (content == NULL) {
        return err_problem(err, RC_INVALID, "nothing-to-issue", "part %.*s of this item issues no certificate", STR_ARG(k->part));
    }
    const struct sub_case *sub = chore_sub(k);
    struct str terms = sub != NULL && json_true(k->inputs, "terms") ? json_str(sub->decision, "terms") : STR("");
    if (terms.len > 0) {
        json_set_text(k->a, content, "terms", terms);
    }
    if ((rc = certificate_bytes(k->a, content, &bytes, err)) != RC_OK) {
        return rc;
    }
    k->certificate = content;
    return k->c->config.sign(k->c->config.ctx, bytes, k->signature, err);
}

/* --- what becomes of them later --------------------------------------------------------------------------------- */

enum { CERTIFICATES_MAX = 100 };

struct found {
    struct arena *arena;
    size_t count;
    struct str id[CERTIFICATES_MAX];
};

static enum rc
id_row(const struct row *row, void *ctx, struct err *err)
{
    struct found *f = ctx;

    return row_copy_text(row, 0, f->arena, &f->id[f->count++], err);
}

static struct json *
in_short(struct arena *a, const struct json *certificate)
{
    struct json *one = json_object(a);

    json_set_text(a, one, "id", json_str(certificate, "id"));
    json_set_text(a, one, "number", json_str(certificate, "number"));
    json_set_text(a, one, "type_zh", json_str(certificate, "type_zh"));
    json_set_text(a, one, "type_en", json_str(certificate, "type_en"));
    return one;
}

/* Of the words' type, of whoever the item's organisation issued it to; and of the business that the case names, if it names one. */
static bool
is_meant(const struct chore *k, const struct json *text, const struct json *values, const struct json *document)
{
    const struct json *c = json_get(document, "certificate"), *code = json_get_key(values, json_str(k->item.document, "holder_field"));
    struct str holder = json_is(code, JSON_OBJECT) ? json_str(code, "value") : json_is(code, JSON_STRING) ? code->text : STR("");

    return str_eq(json_str(c, "type"), json_str(text, "type")) && str_eq(json_str(c, "issuer"), json_str(k->item.document, "lead_org")) &&
           !str_eq(json_str(document, "status"), STR("withdrawn")) && (holder.len == 0 || str_eq(json_str(c, "holder_code"), holder));
}

/* Marked with the end of the job. */
static enum rc
mark_them(struct tx *tx, struct chore *k, struct err *err)
{
    const struct json *list = json_path(k->errand.what, "data.certificates");
    struct str reason = chore_text(k, "reason");
    enum rc rc = RC_OK;

    for (const struct json *c = list->first; c != NULL && rc == RC_OK; c = c->next) {
        rc = certificate_mark(tx, k->a, json_str(c, "id"), k->status, reason.len > 0 ? reason : k->work->job.element, k->errand.acts_for,
                              k->work->now_us, err);
    }
    return rc;
}

static enum rc
say_certificates(struct chore *k, const struct json *text, struct json *list, struct err *err)
{
    struct json *data = json_object(k->a);
    struct str zh = STR(""), en = STR("");

    for (const struct json *c = list->first; c != NULL; c = c->next) {
        zh = str_fmt(k->a, "%.*s%s%.*s %.*s", STR_ARG(zh), zh.len > 0 ? "、" : "", STR_ARG(json_str(c, "type_zh")), STR_ARG(json_str(c, "number")));
        en = str_fmt(k->a, "%.*s%s%.*s %.*s", STR_ARG(en), en.len > 0 ? ", " : "", STR_ARG(json_str(c, "type_en")), STR_ARG(json_str(c, "number")));
    }
    json_set(k->a, data, "certificates", list);
    json_set_text(k->a, data, "list_zh", zh);
    json_set_text(k->a, data, "list_en", en);
    json_set_int(k->a, data, "count", (int64_t)list->count);
    k->errand.name = k->work->job.element;
    return chore_say(k, text, data, err);
}

static enum rc
words_of(struct chore *k, const struct json **out, struct err *err)
{
    *out = chore_find_text(k, "errands", str_of(k->type->name));
    return k->has_case && *out != NULL ? RC_OK
                                       : err_problem(err, RC_NOT_FOUND, "no-such-case", "there is no case of this house, or no words for %s", k->type->name);
}

/* What a holder gives back, or what an end makes void: of the type that the words name.  One that was never issued here is said to be void as well. */
enum rc
chore_certificate_revoke(struct chore *k, struct err *err)
{
    const struct casework *w = k->c->config.work;
    const struct json *text;
    struct json *list = json_array(k->a), *held, *content;
    enum rc rc;

    if ((rc = words_of(k, &text, err)) != RC_OK || (rc = case_open_content(w, k->a, &k->file, &content, err)) != RC_OK ||
        (rc = certificate_list(k->db, w->vault, k->a, k->file.subject, CERTIFICATES_MAX, &held, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *c = held->first; c != NULL; c = c->next) {
        if (is_meant(k, text, json_get(content, "values"), c)) {
            json_push(list, in_short(k->a, json_get(c, "certificate")));
        }
    }
    k->status = STR("withdrawn");
    k->also = mark_them;
    return say_certificates(k, text, list, err);
}

/* The case's own certificates: of one part, or all of them. */
static enum rc
own_certificates(const struct chore *k, struct json **out, struct err *err)
{
    const struct casework *w = k->c->config.work;
    struct found f = {.arena = k->a};
    const struct sub_case *sub = chore_sub(k);
    struct json *document;
    enum rc rc = store_read(k->db, &CHORE_CERTIFICATES_OF_CASE, VALUES(V_TEXT(k->file.case_no), V_INT(CERTIFICATES_MAX)), id_row, &f, err);

    *out = json_array(k->a);
    for (size_t i = 0; i < f.count && rc == RC_OK; i++) {
        if (sub != NULL && !str_eq(sub->certificate, f.id[i])) {
            continue;
        }
        rc = certificate_get(k->db, w->vault, k->a, f.id[i], &document, err);
        if (rc == RC_OK) {
            json_push(*out, in_short(k->a, json_get(document, "certificate")));
        }
    }
    return rc;
}

enum rc
chore_certificate_flag(struct chore *k, struct err *err)
{
    const struct json *text;
    struct json *list;
    enum rc rc;

    if ((rc = words_of(k, &text, err)) != RC_OK || (rc = own_certificates(k, &list, err)) != RC_OK) {
        return rc;
    }
    k->status = STR("flagged");
    k->also = mark_them;
    return say_certificates(k, text, list, err);
}

enum rc
chore_certificate_deliver(struct chore *k, struct err *err)
{
    const struct json *text;
    struct json *list;
    enum rc rc;

    if ((rc = words_of(k, &text, err)) != RC_OK || (rc = own_certificates(k, &list, err)) != RC_OK) {
        return rc;
    }
    return say_certificates(k, text, list, err);
}

/* --- issuing -------------------------------------------------------------------------------------------------------- */

enum rc
chore_certificate_issue(struct chore *k, struct err *err)
{
    const struct json *text = chore_find_text(k, "errands", STR("certificate.issue"));
    struct json *data = json_object(k->a);
    enum rc rc;

    if (!k->has_case || text == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-case", "there is no case of this house to issue a certificate for, or there are no words for it");
    }
    if ((rc = make_certificate(k, err)) != RC_OK) {
        return rc;
    }
    json_set_text(k->a, data, "certificate", json_str(k->certificate, "id"));
    json_set_text(k->a, data, "title_zh", json_str(k->certificate, "type_zh"));
    json_set_text(k->a, data, "title_en", json_str(k->certificate, "type_en"));
    json_set_text(k->a, data, "number", json_str(k->certificate, "number"));
    json_set_text(k->a, data, "until", json_str(k->certificate, "valid_until"));
    k->errand.name = json_str(k->certificate, "type");
    k->also = store_certificate;
    return chore_say(k, text, data, err);
}
