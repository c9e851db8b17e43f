/*
 * What rules say in a case: how long it may take, which departments take part, what it costs.  An item's document names the rule and
 * what it is told; where it names none, or none is in force, the document's own figures count.
 */
#include "base/decimal.h"
#include "service/casework_int.h"

enum { CENTS_OF_A_YUAN = 100 };

static const struct json *
own_or_all(const struct json *item, const struct json *part, const char *member)
{
    const struct json *own = json_get(part, member);

    return own != NULL ? own : json_get(item, member);
}

static int
days(const struct json *item, const struct json *part, const char *member)
{
    int64_t value = 0;

    (void)json_as_int(own_or_all(item, part, member), &value);
    return (int)value;
}

/* {"item","part","field","day","applicant"}, with where each came from. */
static enum rc
gather(const struct case_ruling *r, struct arena *a, const struct json *part, struct counsel_facts *out, struct err *err)
{
    struct json *known = json_object(a), *item = json_object(a), *facts = json_object(a);
    enum rc rc;

    json_set_text(a, item, "code", r->item->code);
    json_set(a, known, "item", item);
    if (part != NULL) {
        json_set_text(a, facts, "id", json_str(part, "id"));
        json_set_text(a, facts, "item", json_str(part, "item"));
        json_set_text(a, facts, "org", json_str(part, "org"));
        json_set(a, known, "part", facts);
    }
    json_set_text(a, known, "day", day_text(a, r->day));
    if (r->item->form != NULL && r->values != NULL) {
        json_set(a, known, "field", form_facts(r->item->form, a, r->values));
        out->sources = form_fact_sources(r->item->form, a, r->values);
        if ((rc = json_whole(out->sources, err)) != RC_OK) {
            return rc;
        }
    }
    out->values = known;
    out->now_us = r->now_us;
    out->day = r->day;
    return json_whole(known, err);
}

/* *named NULL: nobody said anything. */
static enum rc
ask(const struct case_ruling *r, struct arena *a, const struct json *binding, const struct json *part,
    struct counsel_answer *answer, struct json **named, struct err *err)
{
    struct counsel_facts facts = {.values = NULL};
    struct json *result;
    enum rc rc;

    *named = NULL;
    *answer = (struct counsel_answer){.version = 0};
    if (binding == NULL || r->work->counsel == NULL) {
        return RC_OK;
    }
    if ((rc = gather(r, a, part, &facts, err)) != RC_OK) {
        return rc;
    }
    rc = counsel_ask(r->work->counsel, r->db, a, binding, &facts, answer, err);
    if (rc == RC_NOT_FOUND) {
        *answer = (struct counsel_answer){.version = 0};
        return RC_OK;
    }
    result = rc == RC_OK ? counsel_named(a, binding, answer->result) : NULL;
    if (rc != RC_OK || (rc = json_whole(result, err)) != RC_OK) {
        return rc;
    }
    *named = result;
    return RC_OK;
}

void
case_own_limits(const struct item *item, const struct json *part, struct case_limits *out)
{
    *out = (struct case_limits){.promised_days = days(item->document, part, "promised_days"),
                                .statutory_days = days(item->document, part, "statutory_days")};
}

enum rc
case_limits(const struct case_ruling *r, struct arena *a, const struct json *part, struct case_limits *out, struct err *err)
{
    struct case_limits own;
    int64_t promised, statutory;
    struct json *said;
    enum rc rc;

    case_own_limits(r->item, part, &own);
    if ((rc = ask(r, a, own_or_all(r->item->document, part, "limits"), part, &own.answer, &said, err)) != RC_OK) {
        return rc;
    }
    if (json_as_int(json_get(said, "promised_days"), &promised) && json_as_int(json_get(said, "statutory_days"), &statutory) &&
        promised >= 0 && promised <= statutory && statutory <= CASE_DAYS_MAX) {
        own.promised_days = (int)promised;
        own.statutory_days = (int)statutory;
    } else {
        own.answer.version = 0;
    }
    *out = own;
    return RC_OK;
}

enum rc
case_takes_part(const struct case_ruling *r, struct arena *a, const struct json *part, struct case_share *out, struct err *err)
{
    struct case_share share = {.is_handled = form_condition_holds(r->item->form, json_get(part, "applies_when"), r->values)};
    const struct json *handled;
    struct json *said;
    enum rc rc = ask(r, a, own_or_all(r->item->document, part, "routing"), part, &share.answer, &said, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (json_is(handled = json_get(said, "handled"), JSON_BOOL)) {
        share.is_handled = handled->truth;
    } else {
        share.answer.version = 0;
    }
    *out = share;
    return RC_OK;
}

enum rc
case_fee(const struct case_ruling *r, struct arena *a, const struct json *binding, struct case_fee *out, struct err *err)
{
    struct case_fee fee = {.cents = json_int_or(r->item->document, "fee_cents", 0)};
    struct decimal yuan, cents;
    struct json *said;
    int64_t whole;
    enum rc rc = ask(r, a, binding, NULL, &fee.answer, &said, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (json_is(said, JSON_NUMBER) && decimal_parse(said->text, &yuan) &&
        decimal_multiply(yuan, decimal_of(CENTS_OF_A_YUAN), &cents) && decimal_as_int(cents, &whole) && whole >= 0) {
        fee.cents = whole;
    } else {
        fee.answer.version = 0;
    }
    *out = fee;
    return RC_OK;
}
