#include "service/prefill.h"

#include "base/idcode.h"
#include "service/form_int.h"

enum { ROUND_MAX = FORM_PREFILLS_MAX }; /* form_load holds sections to that */

/* One question of this round: several fields may share its answer, or its failure. */
struct asked {
    struct str resource;
    struct str key;
    enum rc rc;
    struct answer answer;
    struct err err;
};

struct round {
    const struct prefill *prefill;
    struct arena *arena;
    struct json *values;
    struct json *prefilled;
    struct asked asked[ROUND_MAX];
    size_t count;
};

static struct str
typed_or_fetched(const struct json *values, struct str field)
{
    const struct json *v = json_get_key(values, field);

    return json_is(v, JSON_OBJECT) ? json_str(v, "value")
           : json_is(v, JSON_STRING) ? v->text
                                     : STR("");
}

/* "subject.identifier" is the applicant's own; "field.x" an earlier value. */
static enum rc
key_of(struct round *r, const struct json *wish, struct str *out, struct err *err)
{
    struct str from = json_str(wish, "key_from");
    struct subject subject;
    enum rc rc;

    if (str_starts(from, STR("field."))) {
        *out = typed_or_fetched(r->values, str_from(from, 6));
        return RC_OK;
    }
    rc = subject_by_id(r->prefill->db, r->prefill->vault, r->arena, r->prefill->subject, &subject,
                       err);
    if (rc == RC_OK) {
        *out = subject.identifier;
    }
    return rc;
}

/* The members that this form wants of one resource: no more is asked for. */
static struct json *
members_of(struct round *r, struct str resource)
{
    const struct form *f = r->prefill->item->form;
    struct json *list = json_array(r->arena);

    for (size_t i = 0; i < f->field_count; i++) {
        const struct json *wish = json_get(f->fields[i].document, "prefill");
        bool is_new = f->fields[i].type == FIELD_PREFILL &&
                      str_eq(json_str(wish, "resource"), resource);
        for (const struct json *m = list != NULL ? list->first : NULL; m != NULL && is_new;
             m = m->next) {
            is_new = !str_eq(m->text, json_str(wish, "member"));
        }
        if (is_new) {
            json_push(list, json_text(r->arena, json_str(wish, "member")));
        }
    }
    return list;
}

/* A node that was silent once in this round is not waited for again. */
static const struct asked *
silent_before(const struct round *r, struct str node_prefix)
{
    for (size_t i = 0; i < r->count; i++) {
        enum rc rc = r->asked[i].rc;
        bool same_node = str_starts(r->asked[i].resource, node_prefix);
        if (same_node && (rc == RC_TIMEOUT || rc == RC_IO)) {
            return &r->asked[i];
        }
    }
    return NULL;
}

static struct asked *
ask(struct round *r, const struct json *wish, struct str key)
{
    const struct prefill *p = r->prefill;
    struct str resource = json_str(wish, "resource");
    struct str node = str_sub(resource, 0, str_find_byte(resource, '/') + 1);
    const struct asked *silent = silent_before(r, node);
    struct asked *a;

    for (size_t i = 0; i < r->count; i++) {
        if (str_eq(r->asked[i].resource, resource) && str_eq(r->asked[i].key, key)) {
            return &r->asked[i];
        }
    }
    CHECK(r->count < ROUND_MAX);
    a = &r->asked[r->count++];
    *a = (struct asked){.resource = resource, .key = key};
    if (silent != NULL) {
        a->rc = silent->rc;
        a->err = silent->err;
        return a;
    }
    struct question q = {
        .resource = resource,
        .key_kind = json_str(wish, "key_kind"),
        .key = key,
        .fields = members_of(r, resource),
        .purpose = {.case_no = str_fmt(r->arena, "draft:%.*s", STR_ARG(p->draft->id)),
                    .item = p->item->code,
                    .basis = json_str(p->item->document, "exchange_basis"),
                    .actor = STR("system"),
                    .urgent = p->is_urgent},
        .subject = p->subject,
        .timeout_ms = p->timeout_ms,
    };
    /* Room that we lack is not a question that the source failed to answer. */
    if (q.purpose.case_no.ptr == NULL) {
        a->rc = err_set(&a->err, RC_LIMIT, "no room for a question");
    } else if ((a->rc = json_whole(q.fields, &a->err)) == RC_OK) {
        a->rc = gate_ask(p->gate, p->task, r->arena, &q, &a->answer, &a->err);
    }
    return a;
}

/* --- what comes of it ------------------------------------------------------------------------------------ */

/* A text that was made for this; where there was no room for it the document is lost, and says so. */
static void
set_made(struct arena *a, struct json *object, const char *key, struct str made)
{
    json_set(a, object, key, made.ptr == NULL ? NULL : json_text(a, made));
}

static struct json *
source_of(struct round *r, const struct asked *asked)
{
    struct arena *a = r->arena;
    struct json *s = json_object(a);
    struct resource *resource;
    struct err ignored;
    int offset = r->prefill->offset_minutes;

    json_set_text(a, s, "node", asked->answer.source_node);
    json_set_text(a, s, "resource", asked->resource);
    if (catalogue_get(r->prefill->db, a, asked->resource, &resource, &ignored) == RC_OK) {
        json_set_text(a, s, "org_zh", resource->owner_zh);
        json_set_text(a, s, "org_en", resource->owner_en);
    }
    set_made(a, s, "obtained", instant_text(a, asked->answer.obtained_us, offset));
    set_made(a, s, "updated", instant_text(a, asked->answer.updated_us, offset));
    json_set_int(a, s, "act", asked->answer.act);
    json_set_int(a, s, "source_act", asked->answer.source_act);
    return s;
}

static void
keep_fetched(struct round *r, const struct field *field, const struct asked *asked)
{
    struct arena *a = r->arena;
    const struct json *wish = json_get(field->document, "prefill");
    const struct json *member = json_get_key(asked->answer.record, json_str(wish, "member"));
    struct json *value = json_object(a), *note = json_object(a);
    struct str text = member != NULL ? member->text : STR("");

    json_set_text(a, value, "value", text);
    if (json_get(wish, "show_masked") != NULL) {
        set_made(a, value, "shown", idcode_mask(a, text, 4, 4));
    }
    json_set(a, value, "source", source_of(r, asked));
    json_set_key(a, r->values, field->id, value);
    json_set_text(a, note, "field", field->id);
    json_set_text(a, note, "value", text);
    json_set_text(a, note, "source_node", asked->answer.source_node);
    json_set_text(a, note, "resource", asked->resource);
    json_set_int(a, note, "act", asked->answer.act);
    json_set_int(a, note, "source_act", asked->answer.source_act);
    json_push(r->prefilled, note);
}

/* Why a value has not come, in words that say what to do, behind the name of the source; the last two are for all other types. */
static const struct {
    const char *type;
    const char *zh;
    const char *en;
} reasons[] = {
    {"quota-exhausted", "今天的查询次数用完了，明天 0:00 再开放。您可以先自己填，或者明天再来取；填过的都在",
     "has used up today's queries and opens again at 0:00 tomorrow. Fill it in now, or come back tomorrow; "
     "nothing is lost"},
    {"outside-hours", "这个时间不开放查询，{opens} 开放。您可以先自己填，或者开放后再来取；填过的都在",
     "is closed at this hour and opens at {opens}. Fill it in now, or come back when it is open; nothing is "
     "lost"},
    {"record-missing", "没有查到您的记录，请先自己填，承办人会请对方核对",
     "has no such record; please fill it in, the officer asks them to check"},
    {"value-missing", "的登记里没有这一项，不是您的问题。知道就请自己填，不知道就空着，承办人会核实",
     "does not hold this value, which is not your fault. Fill it in if you know it; the officer checks"},
    {"earlier-missing", "要凭上面的登记才查得到，登记里没有。请自己填，承办人会核实",
     "is asked by a value above that no register holds. Please fill it in; the officer checks"},
    {"needs-earlier", "要先有上面的信息才能查，请先自己填",
     "can be asked once the above is known; please fill it in"},
    {"source-wrong", "的答复没法核实，没有采用，请先自己填，我们再核对",
     "gave an answer that cannot be verified; please fill it in, we check again"},
    {"answer-invalid", "的答复没法核实，没有采用，请先自己填，我们再核对",
     "gave an answer that cannot be verified; please fill it in, we check again"},
    {"clock-apart", "的时钟和我们对不上，请先自己填，校准后我们再核对",
     "has a clock that disagrees with ours; please fill it in, we check when they are set"},
    {"signature-expired", "说我们的时钟不准，请先自己填，校准后我们再核对",
     "finds our clock wrong; please fill it in, we check when it is set"},
    {"storage-full", "存储已满，暂时不能登记查询，请先自己填，恢复后我们再核对",
     "has no room to record a query; please fill it in, we check when it has"},
    {"refused", "没有同意这次查询，请先自己填", "did not agree to this query; please fill it in"},
    {"silent", "没有回应，请先自己填，恢复后我们再核对",
     "does not answer; please fill it in, we check when it is back"},
};

enum {
    REASONS = sizeof(reasons) / sizeof(reasons[0]),
    OUTSIDE_HOURS = 1,
    REFUSED = REASONS - 2,
    SILENT = REASONS - 1
};

static size_t
reason_of(enum rc rc, const char *type)
{
    for (size_t i = 0; i < REFUSED; i++) {
        if (type != NULL && str_eq(str_of(type), str_of(reasons[i].type))) {
            return i;
        }
    }
    return rc == RC_DENIED || rc == RC_BUSY ? REFUSED : SILENT;
}

static struct str
reason_text(struct arena *a, size_t why, struct str owner, struct str opens, bool english)
{
    const char *says = english ? reasons[why].en : reasons[why].zh;
    struct str rest = str_of(says);
    size_t at = str_find(rest, STR("{opens}"));

    if (at < rest.len) { /* the hour of opening */
        rest = str_fmt(a, "%.*s%.*s%.*s", STR_ARG(str_sub(rest, 0, at)), STR_ARG(opens),
                       STR_ARG(str_from(rest, at + 7)));
    }
    return str_fmt(a, "%.*s%s%.*s", STR_ARG(owner), english ? " " : "", STR_ARG(rest));
}

static void
keep_missing(struct round *r, const struct field *field, enum rc rc, const char *type)
{
    struct arena *a = r->arena;
    const struct json *wish = json_get(field->document, "prefill");
    struct json *value = json_object(a);
    struct str typed = typed_or_fetched(r->values, field->id), opens = STR("");
    struct str owner_zh = STR("对方"), owner_en = STR("The source");
    size_t why = reason_of(rc, type);
    struct resource *resource;
    struct err ignored;

    if (catalogue_get(r->prefill->db, a, json_str(wish, "resource"), &resource, &ignored) ==
        RC_OK) {
        owner_zh = resource->owner_zh;
        owner_en = resource->owner_en;
        opens = json_str(resource->limits, "open");
        if (why == OUTSIDE_HOURS && json_true(resource->limits, "urgent")) {
            json_set_bool(a, value, "may_urge", true);
        }
    }
    if (typed.len > 0) {
        json_set_text(a, value, "value", typed);
    }
    json_set_bool(a, value, "waiting", true);
    json_set_text(a, value, "problem", str_of(type != NULL ? type : reasons[why].type));
    set_made(a, value, "problem_zh", reason_text(a, why, owner_zh, opens, false));
    set_made(a, value, "problem_en", reason_text(a, why, owner_en, opens, true));
    json_set_key(a, r->values, field->id, value);
}

/* What the record holds of the field; "" where it holds nothing. */
static struct str
member_text(const struct field *field, const struct asked *asked)
{
    const struct json *wish = json_get(field->document, "prefill");
    const struct json *member = json_get_key(asked->answer.record, json_str(wish, "member"));

    return json_is(member, JSON_STRING) || json_is(member, JSON_NUMBER) ? member->text : STR(""); /* a number as it is written */
}

static bool
is_wanted(const struct round *r, const struct field *field, struct str retry)
{
    const struct json *value = json_get_key(r->values, field->id);

    if (json_get(value, "source") != NULL) {
        return false;
    }
    /*
     * What did not come is asked for again when the applicant says so; what only lacked an earlier
     * answer, by itself, unless it has been typed meanwhile.
     */
    return value == NULL || str_eq(retry, field->id) || str_eq(retry, STR("*")) ||
           !json_true(value, "waiting") ||
           (str_eq(json_str(value, "problem"), STR("needs-earlier")) &&
            json_str(value, "value").len == 0);
}

/* The value above by which this one is asked: not there yet, or not to be had? */
static const char *
why_no_key(const struct round *r, const struct json *wish)
{
    struct str from = json_str(wish, "key_from");
    struct str problem = STR("");

    if (str_starts(from, STR("field."))) {
        problem = json_str(json_get_key(r->values, str_from(from, 6)), "problem");
    }
    return str_eq(problem, STR("value-missing")) || str_eq(problem, STR("record-missing")) ||
                   str_eq(problem, STR("earlier-missing"))
               ? "earlier-missing"
               : "needs-earlier";
}

/* What the portal knows of the person itself ("known":"subject.phone") is offered, and may be changed. */
static enum rc
offer_known(struct round *r, const struct field *field, struct err *err)
{
    struct subject subject;
    enum rc rc;

    if (!str_eq(json_str(field->document, "known"), STR("subject.phone")) ||
        json_get_key(r->values, field->id) != NULL) {
        return RC_OK;
    }
    rc = subject_by_id(r->prefill->db, r->prefill->vault, r->arena, r->prefill->subject, &subject,
                       err);
    if (rc == RC_OK && subject.phone.len > 0) {
        json_set_key(r->arena, r->values, field->id, json_text(r->arena, subject.phone));
    }
    return rc;
}

enum rc
prefill_section(const struct prefill *p, struct arena *a, size_t section, struct str retry,
                struct json *prefilled, struct err *err)
{
    const struct form *f = p->item->form;
    struct round *r = arena_alloc(a, 1, sizeof(*r));

    if (r == NULL) {
        return err_set(err, RC_LIMIT, "no room to ask for values");
    }
    *r = (struct round){
        .prefill = p, .arena = a, .values = p->draft->values, .prefilled = prefilled};
    for (size_t i = 0; i < f->field_count; i++) {
        const struct field *field = &f->fields[i];
        const struct json *wish = json_get(field->document, "prefill");
        struct str key;
        enum rc rc;
        if (field->section == section && (rc = offer_known(r, field, err)) != RC_OK) {
            return rc;
        }
        if (field->type != FIELD_PREFILL || field->section != section ||
            !is_wanted(r, field, retry)) {
            continue;
        }
        if ((rc = key_of(r, wish, &key, err)) != RC_OK) {
            return rc;
        }
        if (key.len == 0) {
            keep_missing(r, field, RC_NOT_FOUND, why_no_key(r, wish));
            continue;
        }
        const struct asked *asked = ask(r, wish, key);
        if (asked->rc == RC_OK && member_text(field, asked).len > 0) {
            keep_fetched(r, field, asked);
        } else if (asked->rc == RC_OK) {
            keep_missing(r, field, RC_NOT_FOUND, "value-missing");
        } else if (asked->rc == RC_LIMIT || asked->rc == RC_FULL || asked->rc == RC_CORRUPT) {
            *err = asked->err;
            return asked->rc;
        } else {
            keep_missing(r, field, asked->rc, asked->err.type);
        }
    }
    return json_whole(r->values, err);
}

void
prefill_typed(struct arena *a, struct json *values, struct str field, struct str text)
{
    const struct json *old = json_get_key(values, field);
    struct json *value;

    if (json_get(old, "source") != NULL) {
        return; /* what a registry holds is corrected by its owner, not here */
    }
    value = json_is(old, JSON_OBJECT) ? json_copy(a, old) : json_object(a);
    json_set_text(a, value, "value", str_trim(text));
    json_set_bool(a, value, "waiting", true);
    if (json_get(value, "problem") == NULL) {
        json_set_text(a, value, "problem", STR("silent"));
    }
    json_set_key(a, values, field, value);
}

bool
prefill_dispute(struct arena *a, struct json *values, struct str field, struct str right)
{
    const struct json *old = json_get_key(values, field);
    struct str said = json_str(json_get(old, "dispute"), "right");
    struct json *value = json_object(a), *dispute = json_object(a);

    if (json_get(old, "source") == NULL || str_eq(said, right)) {
        return false;
    }
    json_set(a, value, "value", json_copy(a, json_get(old, "value")));
    if (json_get(old, "shown") != NULL) {
        json_set(a, value, "shown", json_copy(a, json_get(old, "shown")));
    }
    json_set(a, value, "source", json_copy(a, json_get(old, "source")));
    if (right.len > 0) {
        json_set_text(a, dispute, "right", right);
        json_set(a, value, "dispute", dispute);
    }
    json_set_key(a, values, field, value);
    return right.len > 0;
}
