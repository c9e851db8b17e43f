/* The certificate of a part: made of the case, signed, and stored with the end of the job. */
#include "service/certificate.h"
#include "service/chore_int.h"

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
