/*
 * Cases that nobody has applied for, which a message, a signal or a time begins (process/opening.h): they belong to the organisation that has laid the
 * process down, and their numbers are counted by its code and the day.  Whoever the case is about stands in what began it, as `applicant`.
 */
#include "service/casework_int.h"
#include "service/casework_sql.h"

enum { SERIAL_MAX = 9999 };

/* Organisation 18 + YZ + yyyymmdd + serial 4: 依职权. */
static enum rc
next_number(struct tx *tx, struct arena *a, const struct casework *w, const struct opening *o, struct str *out, struct err *err)
{
    struct date d = day_to_date(instant_day(o->now_us, w->offset_minutes));
    struct str prefix = str_fmt(a, "%.*sYZ%04d%02d%02d", STR_ARG(o->org), d.year, d.month, d.day);
    int64_t serial;
    enum rc rc = tx_int(tx, &CASE_SERIAL_NEXT, VALUES(V_TEXT(prefix)), &serial, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (serial > SERIAL_MAX) {
        return err_problem(err, RC_BUSY, "day-full", "more than %d cases have begun by themselves today", SERIAL_MAX);
    }
    *out = str_fmt(a, "%.*s%04lld", STR_ARG(prefix), (long long)serial);
    return out->ptr != NULL ? RC_OK : err_set(err, RC_LIMIT, "no room for a case number");
}

/* By what it was begun, for the model to look at. */
static struct json *
cause(struct arena *a, const struct casework *w, const struct opening *o)
{
    struct json *d = json_object(a);

    json_set_text(a, d, "by", str_of(opening_kind_name(o->kind)));
    json_set_text(a, d, "name", o->name);
    json_set_text(a, d, "key", o->key);
    json_set_text(a, d, "at", instant_text(a, o->at_us, w->offset_minutes));
    return d;
}

/* What it says of itself is the house's word, whatever came with the message. */
enum rc
case_open(struct tx *tx, struct arena *a, const struct opening *o, struct opening_case *out, void *ctx, struct err *err)
{
    static const char *const ours[] = {"case_no", "lead_org", "region", "channel", "begun_by", "parts", "decision"};
    const struct casework *w = ctx;
    const struct org *org = org_by_uscc(w->orgs, o->org);
    struct json *v = json_object(a);
    size_t which;
    enum rc rc = next_number(tx, a, w, o, &out->case_no, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_text(a, v, "case_no", out->case_no);
    json_set_text(a, v, "lead_org", o->org);
    json_set_text(a, v, "region", org != NULL ? org->region : STR(""));
    json_set_text(a, v, "channel", STR("office"));
    json_set(a, v, "begun_by", cause(a, w, o));
    json_set(a, v, "parts", json_array(a));
    json_set(a, v, "decision", json_null(a));
    for (const struct json *given = o->variables != NULL ? o->variables->first : NULL; given != NULL; given = given->next) {
        if (!str_among(given->key, ours, sizeof(ours) / sizeof(ours[0]), &which)) {
            json_set_key(a, v, given->key, json_copy(a, given));
        }
    }
    out->variables = v;
    return json_whole(v, err);
}
