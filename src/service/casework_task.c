/* Tasks of a case as pages meet them: what may be done with a part, what waits for the applicant, who has had to do with it. */
#include "evidence/act.h"
#include "service/casework.h"
#include "service/casework_clock_int.h"
#include "service/casework_task_int.h"
#include "service/casework_sql.h"

struct str
case_no_of(struct str sub_case)
{
    return str_sub(sub_case, 0, str_find_byte(sub_case, '-'));
}

struct str
case_part_of(struct str sub_case)
{
    struct str part = str_from(sub_case, str_find_byte(sub_case, '-') + 1);

    return str_eq(part, STR("0")) ? STR("") : part;
}

enum rc
case_tasks(const struct casework *w, const struct db *db, struct arena *a, struct str case_no, struct str part, const struct identity *who,
           int64_t now_us, struct json **out, struct err *err)
{
    struct json *all = NULL, *list = json_array(a);
    enum rc rc = work_of_case(w->conduct, db, a, case_no, part, who, now_us, &all, err);

    for (const struct json *t = rc == RC_OK ? all->first : NULL; t != NULL; t = t->next) {
        if (str_eq(json_str(t, "part"), part)) {
            json_push(list, json_copy(a, t));
        }
    }
    *out = list;
    return rc != RC_OK ? rc : json_whole(list, err);
}

enum rc
case_has_worked(const struct db *db, struct str case_no, struct str org, bool *out, struct err *err)
{
    int64_t n = 0;
    enum rc rc = store_read_int(db, &CASE_TASKS_OF_ORG, VALUES(V_TEXT(case_no), V_TEXT(org)), &n, err);

    if (rc == RC_OK && n == 0) {
        rc = store_read_int(db, &CASE_DEEDS_OF_ORG,
                            VALUES(V_TEXT(case_no), V_TEXT(org), V_INT(ACT_ACCEPT), V_INT(ACT_SUPPLEMENT), V_INT(ACT_DECIDE), V_INT(ACT_STEP),
                                   V_INT(ACT_RETURN), V_INT(ACT_TRANSFER), V_INT(ACT_OPINION), V_INT(ACT_SIGN), V_INT(ACT_CLOSE)),
                            &n, err);
    }
    *out = n > 0;
    return rc;
}

/* --- what can be done now ------------------------------------------------------------------------------------ */

static bool
is_word(const struct json *d, const char *name, const char *word)
{
    return str_eq(json_str(d, name), str_of(word));
}

static bool
has_code(const struct json *outcomes, struct str code)
{
    for (const struct json *o = outcomes != NULL ? outcomes->first : NULL; o != NULL; o = o->next) {
        if (str_eq(json_str(o, "code"), code)) {
            return true;
        }
    }
    return false;
}

/* Each that there is, and whether whoever asks may choose it. */
static void
put_outcomes(struct arena *a, const struct json *task, struct str lang, struct json *list)
{
    const struct json *outcomes = json_get(task, "choices");

    for (const struct json *o = outcomes != NULL ? outcomes->first : NULL; o != NULL; o = o->next) {
        struct json *one = json_object(a);
        json_set_text(a, one, "code", json_str(o, "code"));
        json_set_text(a, one, "title", json_str(o, str_eq(lang, STR("en")) ? "en" : "zh"));
        json_set_text(a, one, "act", json_str(o, "act"));
        json_set_text(a, one, "power", json_str(o, "power"));
        json_set_bool(a, one, "is_decision", is_word(o, "act", "decide"));
        json_set_bool(a, one, "may", has_code(json_get(task, "outcomes"), json_str(o, "code")));
        json_set_bool(a, one, "needs_reason", is_word(o, "reason", "required"));
        json_set_bool(a, one, "without_form", json_true(o, "without_form"));
        json_set_bool(a, one, "takes_reason", !is_word(o, "reason", "none"));
        json_push(list, one);
    }
}

struct str
case_task_id(struct arena *a, const struct json *t)
{
    int64_t serial = json_int_or(t, "serial", 0);
    struct str task = str_fmt(a, "%lld.%lld", (long long)json_int_or(t, "instance", 0), (long long)json_int_or(t, "token", 0));

    return serial == 0 ? task : str_fmt(a, "%.*s.%lld", STR_ARG(task), (long long)serial);
}

static struct str
name_of(const struct json *t, struct str lang)
{
    return json_str(t, str_eq(lang, STR("en")) ? "name_en" : "name_zh");
}

static void
put_form(const struct casework *w, struct arena *a, const struct json *t, struct json *d)
{
    const struct task_form *form = task_form_find(conduct_forms(w->conduct), json_str(t, "form"));

    json_set_text(a, d, "form_key", json_str(t, "form"));
    json_set(a, d, "form", form != NULL ? json_copy(a, form->document) : json_null(a));
}

static struct json *
returns_of(struct arena *a, const struct json *t, struct str lang)
{
    const struct json *returns = json_get(t, "returns");
    struct json *list = json_array(a);

    for (const struct json *r = returns != NULL ? returns->first : NULL; r != NULL; r = r->next) {
        struct json *one = json_object(a);
        json_set_text(a, one, "element", json_str(r, "element"));
        json_set_text(a, one, "title", json_str(r, str_eq(lang, STR("en")) ? "en" : "zh"));
        json_push(list, one);
    }
    return list;
}

/* When it is due as the worklist has it; "": no clock runs. */
static struct str
due_of(const struct casework *w, struct arena *a, const struct json *t)
{
    int64_t due_us = json_int_or(t, "due_us", 0);

    return due_us > 0 ? day_text(a, instant_day(due_us - 1, w->offset_minutes)) : STR("");
}

static struct json *
task_document(const struct casework *w, struct arena *a, const struct json *t, struct str lang)
{
    static const char *const same[] = {"kind", "part", "element", "state", "org", "role", "power", "assignee", "signer"};
    const struct org *org = org_by_uscc(w->orgs, json_str(t, "org"));
    struct json *d = json_object(a), *outcomes = json_array(a);

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        json_set_text(a, d, same[i], json_str(t, same[i]));
    }
    json_set_text(a, d, "task", case_task_id(a, t));
    json_set_text(a, d, "name", name_of(t, lang));
    json_set_text(a, d, "org_name", org == NULL ? json_str(t, "org") : str_eq(lang, STR("en")) ? org->name_en : org->short_zh);
    json_set(a, d, "may", json_copy(a, json_get(t, "may")));
    put_outcomes(a, t, lang, outcomes);
    json_set(a, d, "outcomes", outcomes);
    json_set(a, d, "returns", returns_of(a, t, lang));
    put_form(w, a, t, d);
    json_set_bool(a, d, "can_ask", is_word(t, "kind", "task") && is_word(t, "state", "open") && json_get(t, "fields") != NULL);
    json_set_bool(a, d, "is_second_person_barred", json_true(t, "is_barred"));
    json_set_bool(a, d, "is_countersign", json_true(t, "is_countersign"));
    json_set_text(a, d, "question", json_str(json_get(t, "detail"), is_word(t, "kind", "extend") ? "reason" : "question"));
    if (json_get(t, "fields") != NULL) {
        json_set(a, d, "fields", json_copy(a, json_get(t, "fields")));
    }
    return d;
}

enum rc
case_choices(const struct casework *w, const struct db *db, struct arena *a, struct str sub_case, const struct identity *who, int64_t now_us,
             struct str lang, struct json **out, struct err *err)
{
    struct json *tasks, *d = json_object(a), *outcomes = json_array(a), *list = json_array(a);
    const char *role = who->role == ROLE_CITIZEN ? "citizen" : "officer";
    const struct case_view v = {.work = w, .db = db, .arena = a, .lang = lang, .en = str_eq(lang, STR("en")), .now_us = now_us};
    bool can_ask = false, can_supply = false;
    enum rc rc = case_tasks(w, db, a, case_no_of(sub_case), case_part_of(sub_case), who, now_us, &tasks, err);

    if (rc != RC_OK) {
        return rc;
    }
    for (const struct json *t = tasks->first; t != NULL; t = t->next) {
        struct json *one = task_document(w, a, t, lang);
        if ((rc = case_put_task_clock(&v, t, one, err)) != RC_OK) {
            return rc;
        }
        can_supply = can_supply || is_word(t, "state", "asked");
        if (is_word(t, "kind", "task") && is_word(t, "state", "open") && is_word(t, "role", role)) {
            can_ask = can_ask || json_get(t, "fields") != NULL; /* by whoever asks */
            put_outcomes(a, t, lang, outcomes);
        }
        json_push(list, one);
    }
    json_set(a, d, "tasks", list);
    json_set(a, d, "outcomes", outcomes);
    json_set_bool(a, d, "can_ask", can_ask && who->role != ROLE_CITIZEN);
    json_set_bool(a, d, "can_supply", can_supply && who->role == ROLE_CITIZEN);
    *out = d;
    return json_whole(d, err);
}

/* --- what waits for the applicant ------------------------------------------------------------------------------ */

/* The sub-case that a task is of, as addresses have it. */
static struct str
sub_case_of(struct arena *a, struct str case_no, const struct json *t)
{
    struct str part = json_str(t, "part");

    return str_fmt(a, "%.*s-%.*s", STR_ARG(case_no), STR_ARG(part.len > 0 ? part : STR("0")));
}

static struct json *
to_do_document(const struct case_view *v, struct str case_no, const struct json *t, bool is_supply)
{
    struct arena *a = v->arena;
    struct json *d = json_object(a), *outcomes = json_array(a);
    struct str task = case_task_id(a, t), sub_case = sub_case_of(a, case_no, t);
    int64_t expires_us = json_int_or(t, "expires_us", 0);

    json_set_text(a, d, "task", task);
    json_set_text(a, d, "sub_case", sub_case);
    json_set_text(a, d, "part", json_str(t, "part"));
    json_set_text(a, d, "element", json_str(t, "element"));
    json_set_text(a, d, "name", name_of(t, v->lang));
    json_set_bool(a, d, "is_supply", is_supply);
    json_set_text(a, d, "until", expires_us > 0 ? day_text(a, instant_day(expires_us - 1, v->work->offset_minutes)) : due_of(v->work, a, t));
    json_set_text(a, d, "url",
                  is_supply ? str_fmt(a, "/cases/%.*s/supply", STR_ARG(sub_case))
                            : str_fmt(a, "/cases/%.*s/tasks/%.*s", STR_ARG(case_no), STR_ARG(task)));
    if (!is_supply) {
        put_outcomes(a, t, v->lang, outcomes);
        put_form(v->work, a, t, d);
    }
    json_set(a, d, "outcomes", outcomes);
    return d;
}

/* What is asked at a task, as the part shows it to which it was told. */
static const struct json *
supplement_at(const struct json *d, const struct json *t)
{
    const struct json *subs = json_get(d, "sub_cases");

    for (const struct json *s = subs != NULL ? subs->first : NULL; s != NULL; s = s->next) {
        const struct json *supplement = json_get(s, "supplement");
        if (json_true(supplement, "is_open") && json_int_or(supplement, "token", 0) == json_int_or(t, "token", 0)) {
            return supplement;
        }
    }
    return NULL;
}

enum rc
case_put_to_do(const struct case_view *v, struct json *d, struct str case_no, struct err *err)
{
    struct json *list = json_array(v->arena);

    for (const struct json *t = v->tasks->first; t != NULL; t = t->next) {
        bool is_supply = is_word(t, "state", "asked"), is_open = is_word(t, "state", "open");
        const struct json *supplement = is_supply ? supplement_at(d, t) : NULL;
        if (!is_word(t, "kind", "task") || (!is_supply && !(is_open && is_word(t, "role", "citizen")))) {
            continue;
        }
        struct json *one = to_do_document(v, case_no, t, is_supply);
        json_set_text(v->arena, one, "text", json_str(supplement, "reason"));
        if (supplement != NULL) {
            json_set(v->arena, one, "supplement", json_copy(v->arena, supplement));
        }
        json_push(list, one);
    }
    json_set_bool(v->arena, d, "has_to_do", list != NULL && list->count > 0);
    json_set(v->arena, d, "to_do", list);
    return json_whole(list, err);
}
