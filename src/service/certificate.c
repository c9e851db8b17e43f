#include "service/certificate.h"

#include "base/clock.h"
#include "base/encode.h"
#include "evidence/act.h"
#include "service/certificate_sql.h"

static struct str
place_of(struct arena *a, struct str id)
{
    return str_fmt(a, "certificate.content/%.*s", STR_ARG(id));
}

enum rc
certificate_bytes(struct arena *a, const struct json *content, struct str *out, struct err *err)
{
    return json_canonical(a, content, out, err);
}

/* --- storing ----------------------------------------------------------------------------------------- */

/* Without its signature a certificate would be broken for ever, so that is looked at here. */
static enum rc
signed_document(struct arena *a, const struct json *content, struct str signature,
                struct str key_id, struct json **out, struct err *err)
{
    struct json *document = json_object(a), *s = json_object(a);
    struct str value = base64_of(a, signature);

    if (value.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a signature");
    }
    json_set_text(a, s, "key_id", key_id);
    json_set_text(a, s, "algorithm", STR("ed25519"));
    json_set_text(a, s, "value", value);
    json_set(a, document, "certificate", json_copy(a, content));
    json_set(a, document, "signature", s);
    *out = document;
    return json_whole(document, err);
}

static enum rc
issue_act(struct tx *tx, struct arena *a, const struct json *content, struct str text,
          struct str subject, struct str actor, int64_t now_us, struct act_ref *ref,
          struct err *err)
{
    struct hash digest = hash_sha256(text);
    struct str hex = hex_of(a, hash_str(&digest));
    struct json *detail = json_object(a);
    struct act act = {.kind = ACT_ISSUE,
                      .at_us = now_us,
                      .actor = actor,
                      .org = json_str(content, "issuer"),
                      .case_no = json_str(content, "case_no"),
                      .subject = subject,
                      .resource = json_str(content, "id"),
                      .detail = detail};

    if (hex.ptr == NULL || detail == NULL) {
        return err_set(err, RC_LIMIT, "no room for what an act says");
    }
    json_set_text(a, detail, "certificate_sha256", hex);
    json_set_text(a, detail, "number", json_str(content, "number"));
    return act_add(tx, a, &act, ref, err);
}

enum rc
certificate_store(struct tx *tx, const struct vault *vault, struct arena *a,
                  const struct json *content, struct str signature, struct str key_id,
                  struct str subject, struct str actor, int64_t now_us, struct json *acts,
                  struct err *err)
{
    struct str id = json_str(content, "id"), text, whole, sealed;
    struct json *document = NULL, *entry;
    struct act_ref ref;
    int32_t until;
    enum rc rc;

    if ((rc = signed_document(a, content, signature, key_id, &document, err)) != RC_OK ||
        (rc = certificate_bytes(a, content, &text, err)) != RC_OK ||
        (rc = day_parse(json_str(content, "valid_until"), &until, err)) != RC_OK ||
        (rc = issue_act(tx, a, content, text, subject, actor, now_us, &ref, err)) != RC_OK) {
        return rc;
    }
    json_set_int(a, document, "act", ref.index);
    if ((rc = json_whole(document, err)) != RC_OK ||
        (rc = json_print(a, document, &whole, err)) != RC_OK ||
        (rc = vault_seal(vault, a, place_of(a, id), whole, &sealed, err)) != RC_OK ||
        (rc = tx_run(tx, &CERTIFICATE_ADD,
                     VALUES(V_TEXT(id), V_TEXT(json_str(content, "number")),
                            V_TEXT(json_str(content, "case_no")), V_TEXT(subject), V_BLOB(sealed),
                            V_INT(now_us),
                            V_INT(day_start_us(until + 1, CLOCK_OFFSET_CHINA_MINUTES)),
                            V_INT(ref.index)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    entry = json_object(a);
    json_set_text(a, entry, "kind", STR("issue"));
    json_set_int(a, entry, "index", ref.index);
    json_push(acts, entry);
    return RC_OK;
}

/* --- standing ------------------------------------------------------------------------------------------ */

struct standing {
    struct arena *arena;
    bool is_there;
    struct str case_no, subject, status;
};

static enum rc
standing_row(const struct row *row, void *ctx, struct err *err)
{
    struct standing *s = ctx;
    enum rc rc;

    s->is_there = true;
    if ((rc = row_copy_text(row, 0, s->arena, &s->case_no, err)) != RC_OK || (rc = row_copy_text(row, 1, s->arena, &s->subject, err)) != RC_OK) {
        return rc;
    }
    return row_copy_text(row, 2, s->arena, &s->status, err);
}

enum rc
certificate_mark(struct tx *tx, struct arena *a, struct str id, struct str status, struct str reason, struct str org, int64_t now_us,
                 struct err *err)
{
    struct standing s = {.arena = a};
    struct json *detail = json_object(a);
    struct act_ref ref;
    enum rc rc = tx_run(tx, &CERTIFICATE_WHOSE, VALUES(V_TEXT(id)), standing_row, &s, err);

    if (rc != RC_OK || (s.is_there && str_eq(s.status, status))) {
        return rc;
    }
    if (!s.is_there) {
        return err_problem(err, RC_NOT_FOUND, "no-such-certificate", "no such certificate");
    }
    if (str_eq(s.status, STR("withdrawn"))) {
        return err_problem(err, RC_CONFLICT, "certificate-withdrawn", "the certificate has been withdrawn");
    }
    const struct act act = {.kind = ACT_STATUS, .at_us = now_us, .actor = STR("system"), .org = org, .case_no = s.case_no, .subject = s.subject,
                            .resource = id, .detail = detail};
    json_set_text(a, detail, "status", status);
    json_set_text(a, detail, "reason", reason);
    if ((rc = json_whole(detail, err)) != RC_OK || (rc = act_add(tx, a, &act, &ref, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &CERTIFICATE_MARK, VALUES(V_TEXT(id), V_TEXT(status)), NULL, NULL, err);
}

/* --- reading ------------------------------------------------------------------------------------------- */

struct found {
    const struct vault *vault;
    struct arena *arena;
    struct json *list;
};

static enum rc
certificate_row(const struct row *row, void *ctx, struct err *err)
{
    struct found *f = ctx;
    struct str id, whole;
    struct json *document;
    enum rc rc;

    if ((rc = row_copy_text(row, 0, f->arena, &id, err)) != RC_OK ||
        (rc = vault_open(f->vault, f->arena, place_of(f->arena, id), row_blob(row, 1), &whole,
                         err)) != RC_OK ||
        (rc = json_parse(f->arena, whole, JSON_UNIQUE, &document, err)) != RC_OK) {
        return rc;
    }
    json_set_text(f->arena, document, "status", row_text(row, 2));
    json_push(f->list, document);
    return RC_OK;
}

enum rc
certificate_get(const struct db *db, const struct vault *vault, struct arena *a, struct str id,
                struct json **out, struct err *err)
{
    struct found f = {vault, a, json_array(a)};
    enum rc rc = store_read(db, &CERTIFICATE_BY_ID, VALUES(V_TEXT(id)), certificate_row, &f, err);

    if (rc == RC_OK && (rc = json_whole(f.list, err)) == RC_OK) {
        if (f.list->first == NULL) {
            return err_problem(err, RC_NOT_FOUND, "no-such-certificate", "no such certificate");
        }
        *out = f.list->first;
    }
    return rc;
}

enum rc
certificate_list(const struct db *db, const struct vault *vault, struct arena *a,
                 struct str subject, int limit, struct json **out, struct err *err)
{
    struct found f = {vault, a, json_array(a)};
    enum rc rc = store_read(db, &CERTIFICATE_LIST, VALUES(V_TEXT(subject), V_INT(limit)),
                            certificate_row, &f, err);

    if (rc == RC_OK && (rc = json_whole(f.list, err)) == RC_OK) {
        *out = f.list;
    }
    return rc;
}

/* --- checking -------------------------------------------------------------------------------------------- */

static void
note(struct arena *a, struct json *checks, bool ok, const char *zh, const char *en)
{
    struct json *c = json_object(a);

    json_set_bool(a, c, "ok", ok);
    json_set_text(a, c, "text_zh", str_of(zh));
    json_set_text(a, c, "text_en", str_of(en));
    json_push(checks, c);
}

/* RC_LIMIT only: what could not be looked at is not called broken. */
static enum rc
signature_holds(struct arena *a, const struct json *document, const struct sig_public *key,
                bool *holds, struct err *err)
{
    struct str text, signature;
    enum rc rc;

    *holds = false;
    if ((rc = certificate_bytes(a, json_get(document, "certificate"), &text, err)) == RC_OK &&
        (rc = base64_decode(a, json_str(json_get(document, "signature"), "value"), &signature,
                            err)) == RC_OK) {
        *holds = sig_verify(key, text, signature);
    }
    return rc == RC_LIMIT ? rc : RC_OK;
}

enum rc
certificate_check(const struct db *db, const struct vault *vault, struct arena *a,
                  const struct json *document, const struct sig_public *key, int64_t now_us,
                  struct json **out, struct err *err)
{
    const struct json *content = json_get(document, "certificate");
    struct json *d = json_object(a), *checks = json_array(a), *stored = NULL;
    const char *verdict = "good";
    struct err missing;
    int32_t until = 0;
    enum rc rc;

    rc = certificate_get(db, vault, a, json_str(content, "id"), &stored, &missing);
    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        *err = missing;
        return rc;
    }
    if (stored == NULL) {
        verdict = "unknown";
        note(a, checks, false, "我们的记录里没有这个编号", "We have no record of this number");
    } else {
        bool holds;
        if ((rc = signature_holds(a, document, key, &holds, err)) != RC_OK) {
            return rc;
        }
        note(a, checks, true, "编号确实存在", "The number exists");
        note(a, checks, holds, holds ? "签名与公布的公钥相符，内容没有改动" : "签名不符：内容和出具时不一样",
             holds ? "The signature fits the published key: nothing was changed"
                   : "The signature does not fit: the content was changed");
        bool flagged = str_eq(json_str(stored, "status"), STR("flagged"));
        bool valid = flagged || str_eq(json_str(stored, "status"), STR("valid"));
        struct err ignored;
        bool in_time = day_parse(json_str(content, "valid_until"), &until, &ignored) == RC_OK &&
                       instant_day(now_us, CLOCK_OFFSET_CHINA_MINUTES) <= until;
        note(a, checks, valid, valid ? "没有被撤销" : "已被撤销",
             valid ? "It has not been withdrawn" : "It has been withdrawn");
        if (flagged) {
            note(a, checks, false, "监管部门有标记：在标记取消前不能延续", "The supervisor has flagged it: it cannot be renewed until that is lifted");
        }
        note(a, checks, in_time, in_time ? "在有效期内" : "已过有效期",
             in_time ? "It is in force" : "It has run out");
        verdict = !holds ? "broken" : !valid ? "withdrawn" : !in_time ? "expired" : "good";
    }
    json_set_text(a, d, "verdict", str_of(verdict));
    json_set_key(a, d, str_fmt(a, "is_%s", verdict), json_bool(a, true));
    json_set(a, d, "checks", checks);
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}
