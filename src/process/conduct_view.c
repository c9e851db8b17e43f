/* What is open in a case, and what whoever looks may do with it. */
#include "base/mem.h"
#include "process/conduct_int.h"

struct viewing {
    struct conduct *c;
    const struct db *db;
    struct arena *a;
    struct conduct_deed deed; /* who, and when */
    const struct bpmn *m;
    const struct gov_element *g;
    const struct work *w;
    struct json *may;
};

static void
may_do(const struct viewing *v, enum deed_kind kind)
{
    json_push(v->may, json_text(v->a, str_of(deed_name(kind))));
}

static bool
may_under(const struct viewing *v, struct str power)
{
    static const struct conduct_ready nobody = {.listener = 0};
    struct doer doer;
    struct err ignored;

    return conduct_may(v->c, v->w, &v->deed, &nobody, power, &doer, &ignored) == RC_OK;
}

static const char *
reason_word(enum gov_reason reason)
{
    return reason == GOV_REASON_REQUIRED ? "required" : reason == GOV_REASON_NONE ? "none" : "optional";
}

static bool
is_for_silence(const struct viewing *v, const struct gov_outcome *o)
{
    return v->g->supplement != NULL && str_eq(o->code, v->g->supplement->expired) && o->reason == GOV_REASON_NONE;
}

static struct json *
outcome_json(const struct viewing *v, const struct gov_outcome *o)
{
    struct json *one = json_object(v->a);

    json_set_text(v->a, one, "code", o->code);
    json_set_text(v->a, one, "zh", o->zh);
    json_set_text(v->a, one, "en", o->en);
    json_set_text(v->a, one, "act", o->act);
    json_set_text(v->a, one, "reason", str_of(reason_word(o->reason)));
    json_set_text(v->a, one, "power", conduct_outcome_power(v->w, o));
    json_set_bool(v->a, one, "without_form", o->without_form);
    return one;
}

/* All that there are, whoever may choose them. */
static void
put_choices(const struct viewing *v, struct json *d)
{
    struct json *list = json_array(v->a);

    for (size_t n = 0; n < v->g->outcomes && v->w->serial == 0; n++) {
        if (!is_for_silence(v, &v->g->outcome[n])) {
            json_push(list, outcome_json(v, &v->g->outcome[n]));
        }
    }
    json_set(v->a, d, "choices", list);
    json_set_bool(v->a, d, "can_ask", v->g->supplement != NULL && v->w->serial == 0 && json_get(v->w->detail, "asked") == NULL);
}

/* Those that may be chosen under what whoever looks has. */
static void
put_outcomes(const struct viewing *v, struct json *d)
{
    struct json *list = json_array(v->a);

    for (size_t n = 0; n < v->g->outcomes; n++) {
        const struct gov_outcome *o = &v->g->outcome[n];
        if (!is_for_silence(v, o) && may_under(v, conduct_outcome_power(v->w, o))) {
            json_push(list, outcome_json(v, o));
        }
    }
    json_set(v->a, d, "outcomes", list);
    if (v->g->outcomes == 0 || (json_is(list, JSON_ARRAY) && list->count > 0)) {
        may_do(v, DEED_COMPLETE);
    }
}

static void
put_returns(const struct viewing *v, struct json *d)
{
    struct json *list = json_array(v->a);

    for (size_t n = 0; n < v->g->returns; n++) {
        uint32_t element = v->g->returns_to[n];
        struct json *one = json_object(v->a);
        json_set_text(v->a, one, "element", v->m->element[element].id);
        json_set_text(v->a, one, "zh", v->m->element[element].name);
        json_set_text(v->a, one, "en", conduct_english(v->m, element));
        json_push(list, one);
    }
    json_set(v->a, d, "returns", list);
    if (v->g->returns > 0) {
        may_do(v, DEED_RETURN);
    }
}

/* What beside the outcome an officer may do who may do the task. */
static void
put_beside(const struct viewing *v, struct json *d, bool is_mine)
{
    if (v->g->supplement != NULL && json_get(v->w->detail, "asked") == NULL) {
        const struct json *fields = json_get(v->w->detail, "fields");
        may_do(v, DEED_SUPPLEMENT);
        json_set(v->a, d, "fields", fields != NULL ? json_copy(v->a, fields) : json_text(v->a, v->g->supplement->fields.written));
    }
    put_returns(v, d);
    if (v->w->multi != 0 && v->g->countersign != NULL) {
        may_do(v, DEED_ADD_SIGNER);
        may_do(v, DEED_DROP_SIGNER);
    }
    static const enum deed_kind always[] = {DEED_CONSULT, DEED_TRANSFER, DEED_ASSIGN, DEED_SUSPEND, DEED_EXTEND};
    for (size_t n = 0; n < sizeof(always) / sizeof(always[0]); n++) {
        may_do(v, always[n]);
    }
    if (is_mine || !json_true(d, "is_barred")) {
        may_do(v, is_mine ? DEED_RELEASE : DEED_CLAIM);
    }
}

static enum rc
put_may(const struct viewing *v, struct json *d, struct err *err)
{
    const struct work *w = v->w;
    const struct identity *who = v->deed.who;
    bool is_open = str_eq(w->state, STR("open")), is_mine = w->assignee.len > 0 && str_eq(w->assignee, who->officer.id);
    bool is_applicant = who->role == ROLE_CITIZEN && w->subject.len > 0 && str_eq(who->subject, w->subject);
    bool is_second = str_eq(w->asked_by, who->officer.id);
    enum rc rc;

    if (str_eq(w->state, STR("asked")) && is_applicant && w->serial == 0) {
        may_do(v, DEED_SUPPLY);
    }
    if (!may_under(v, w->serial == 0 ? STR("") : w->power) || (w->assignee.len > 0 && !is_mine)) {
        return RC_OK;
    }
    if (str_eq(w->state, STR("suspended")) && who->role == ROLE_OFFICER && w->serial == 0 && may_under(v, w->power)) {
        may_do(v, DEED_RESUME);
    }
    if (!is_open) {
        return RC_OK;
    }
    if (w->serial > 0) {
        bool is_consult = str_eq(w->kind, STR("consult"));
        if (is_consult || !is_second) {
            may_do(v, is_consult ? DEED_OPINION : DEED_APPROVE);
        }
        if (!is_consult && !is_second) {
            may_do(v, DEED_DECLINE);
        }
        return RC_OK;
    }
    rc = conduct_may_second(NULL, v->db, v->m, w, &v->deed, err);
    if (rc == RC_OK) {
        put_outcomes(v, d);
    } else if (rc != RC_DENIED) {
        return rc;
    }
    json_set_bool(v->a, d, "is_barred", rc == RC_DENIED);
    if (who->role == ROLE_OFFICER && may_under(v, w->power)) {
        put_beside(v, d, is_mine);
    }
    return RC_OK;
}

static enum rc
find_model(const struct viewing *v, const struct bpmn **out, struct err *err)
{
    const struct conduct_models *m = &v->c->config.models;
    enum rc rc = RC_OK;

    *out = m->find(m->ctx, v->w->model, v->w->version);
    if (*out == NULL && (rc = m->load(m->ctx, v->db, v->w->model, v->w->version, err)) == RC_OK) {
        *out = m->find(m->ctx, v->w->model, v->w->version);
        CHECK(*out != NULL);
    }
    return rc;
}

/* Where several sign: that they do, and under which name the model tells them apart. */
static void
put_signed(const struct viewing *v, struct json *d)
{
    uint32_t loop = v->m->element[bpmn_find_element(v->m, v->w->element)].loop;
    bool is_one_of_several = v->w->serial == 0 && v->w->multi != 0 && v->g->countersign != NULL && loop != BPMN_NONE;

    json_set_bool(v->a, d, "is_countersign", is_one_of_several);
    json_set_text(v->a, d, "signer", is_one_of_several ? v->m->loop[loop].item : STR(""));
}

static enum rc
put_row(struct viewing *v, struct json *list, struct err *err)
{
    struct json *d = work_json(v->a, v->w);
    enum rc rc = find_model(v, &v->m, err);

    if (rc != RC_OK) {
        return rc;
    }
    if ((v->g = gov_element_by_id(v->m, v->w->element)) == NULL) {
        return err_set(err, RC_CORRUPT, "the element of a task is not in its model");
    }
    v->may = json_array(v->a);
    json_set_int(v->a, d, "clock", v->w->clock);
    json_set_text(v->a, d, "form", v->g->form);
    put_signed(v, d);
    put_choices(v, d);
    if (v->deed.who != NULL) {
        if (v->w->detail != NULL) {
            json_set(v->a, d, "detail", json_copy(v->a, v->w->detail));
        }
        rc = put_may(v, d, err);
    }
    json_set(v->a, d, "may", v->may);
    json_push(list, d);
    return rc;
}

enum rc
work_of_case(struct conduct *c, const struct db *db, struct arena *a, struct str case_no, struct str part, const struct identity *who,
             int64_t now_us, struct json **out, struct err *err)
{
    struct viewing v = {.c = c, .db = db, .a = a, .deed = {.kind = DEED_COMPLETE, .absent = STR(""), .who = who, .now_us = now_us}};
    struct work *rows = mem_new(WORK_OF_CASE_MAX, sizeof(*rows)); /* of which most cases need a few */
    struct json *list = json_array(a);
    size_t count = 0;
    enum rc rc = work_rows(c, db, NULL, a, case_no, part, rows, &count, err);

    for (size_t n = 0; n < count && rc == RC_OK; n++) {
        v.w = &rows[n];
        rc = put_row(&v, list, err);
    }
    mem_free(rows);
    if (rc == RC_OK && (rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}
