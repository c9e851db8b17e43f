/*
 * What an officer's grant would issue: the certificate's content, the same each time for the same case, part and day, so that it can
 * be signed before the decision is written and both become durable together.
 */
#include "base/idcode.h"
#include "service/casework.h"
#include "service/casework_int.h"
#include "service/casework_task_int.h"
#include "service/casework_sql.h"
#include "service/certificate.h"

enum { IMPLEMENTATION_CODE = 31 }; /* characters of a case number before its day */

static struct str
value_of(const struct json *values, struct str field)
{
    const struct json *v = json_get_key(values, field);

    return json_is(v, JSON_OBJECT) ? json_str(v, "value")
           : json_is(v, JSON_STRING) ? v->text
                                     : STR("");
}

static struct json *
certificate_content(struct arena *a, const struct json *wanted, const struct json *values)
{
    const struct json *fields = json_get(wanted, "fields");
    struct json *content = json_object(a);

    for (const struct json *f = fields != NULL ? fields->first : NULL; f != NULL; f = f->next) {
        const struct json *v = json_get_key(values, f->text);
        json_set_key(a, content, f->text,
                     json_is(v, JSON_ARRAY) ? json_copy(a, v)
                                            : json_text(a, value_of(values, f->text)));
    }
    return content;
}

/* 1.2.156.3005.2.<type 21>.<issuer 18>.<serial>.<version>.<check> (GB/T 36904). */
static struct str
certificate_id(struct arena *a, struct str type, struct str issuer, struct str serial)
{
    struct str joined =
        str_fmt(a, "%.*s%.*s%.*s001", STR_ARG(type), STR_ARG(issuer), STR_ARG(serial));

    return str_fmt(a, "1.2.156.3005.2.%.*s.%.*s.%.*s.001.%c", STR_ARG(type), STR_ARG(issuer),
                   STR_ARG(serial), idcode_certificate_check(joined));
}

static void
put_validity(const struct casework *w, struct arena *a, struct json *d, const struct json *wanted,
             int64_t now_us)
{
    int32_t today = instant_day(now_us, w->offset_minutes);
    struct date until = day_to_date(today);

    until.year += (int)json_int_or(wanted, "valid_years", 1);
    if (!date_is_valid(until)) {
        until.day = 28; /* from 29 February */
    }
    json_set_text(a, d, "issued", day_text(a, today));
    json_set_text(a, d, "valid_until", day_text(a, date_to_day(until) - 1));
}

enum rc
case_certificate(const struct casework *w, const struct db *db, struct arena *a,
                 struct str sub_case, int64_t now_us, struct json **out, struct err *err)
{
    struct str part_id = str_from(sub_case, str_find_byte(sub_case, '-') + 1);
    struct case_row file;
    struct item item;
    struct json *content, *d = json_object(a);
    enum rc rc;

    if ((rc = case_read(w, db, a, str_sub(sub_case, 0, str_find_byte(sub_case, '-')), &file, err)) != RC_OK ||
        (rc = case_read_item(w, db, a, &file, &item, err)) != RC_OK ||
        (rc = case_open_content(w, a, &file, &content, err)) != RC_OK) {
        return rc;
    }
    const struct json *part = case_part(item.document, part_id);
    const struct json *wanted = json_get(part, "certificate");
    const struct org *issuer = org_by_uscc(w->orgs, json_str(part, "org"));
    if (wanted == NULL || issuer == NULL) {
        *out = NULL;
        return RC_OK;
    }
    const struct json *values = json_get(content, "values");
    /* Item, yyyymmdd, serial of the case, part: two items that issue the same type on one day stay apart. */
    struct str day_serial = str_from(file.case_no, IMPLEMENTATION_CODE);
    struct str serial = str_fmt(a, "%.*s%.*s%.*s", STR_ARG(file.item), STR_ARG(day_serial),
                                STR_ARG(part_id));
    json_set_text(a, d, "id", certificate_id(a, json_str(wanted, "type"), issuer->uscc, serial));
    json_set_text(a, d, "number",
                  str_fmt(a, "%.*s%.*s%.*s%.*s", STR_ARG(json_str(wanted, "number_prefix")),
                          STR_ARG(issuer->region), STR_ARG(day_serial), STR_ARG(part_id)));
    json_set_text(a, d, "type", json_str(wanted, "type"));
    json_set_text(a, d, "type_zh", json_str(wanted, "type_zh"));
    json_set_text(a, d, "type_en", json_str(wanted, "type_en"));
    json_set_text(a, d, "holder", file.title);
    json_set_text(a, d, "holder_code", value_of(values, json_str(item.document, "holder_field")));
    json_set_text(a, d, "issuer", issuer->uscc);
    json_set_text(a, d, "issuer_zh", issuer->name_zh);
    json_set_text(a, d, "issuer_en", issuer->name_en);
    json_set_text(a, d, "case_no", file.case_no);
    json_set_text(a, d, "power", json_str(part, "power"));
    put_validity(w, a, d, wanted, now_us);
    json_set(a, d, "content", certificate_content(a, wanted, values));
    if ((rc = json_whole(d, err)) == RC_OK) {
        *out = d;
    }
    return rc;
}

enum rc
case_issue_tx(const struct casework *w, struct tx *tx, struct arena *a, const struct case_issue *issue, struct json *acts, struct err *err)
{
    const struct json *certificate = issue->certificate;
    struct str case_no = case_no_of(issue->sub_case), id = json_str(certificate, "id");
    struct sub_case sub;
    struct sub_case_reading subs = {.work = w, .arena = a, .rows = &sub, .most = 1};
    struct case_reading file = {.work = w, .arena = a};
    enum rc rc;

    if (!str_eq(json_str(certificate, "case_no"), case_no)) {
        return err_set(err, RC_INVALID, "the certificate is of another case");
    }
    if ((rc = tx_run(tx, &SUB_CASE_BY_ID, VALUES(V_TEXT(issue->sub_case)), sub_case_read_row, &subs, err)) != RC_OK ||
        (rc = tx_run(tx, &CASE_BY_NO, VALUES(V_TEXT(case_no)), case_read_row, &file, err)) != RC_OK) {
        return rc;
    }
    if (subs.count == 0 || !file.is_found) {
        return err_set(err, RC_NOT_FOUND, "no such sub-case");
    }
    if (str_eq(sub.certificate, id)) {
        return RC_OK;
    }
    rc = certificate_store(tx, w->vault, a, certificate, issue->signature, issue->key_id, file.row.subject, issue->actor, issue->now_us, acts, err);
    return rc != RC_OK ? rc : tx_run(tx, &SUB_CASE_ISSUED, VALUES(V_TEXT(issue->sub_case), V_TEXT(id)), NULL, NULL, err);
}
