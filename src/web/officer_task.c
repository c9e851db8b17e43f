/*
 * The task that is open on an officer's desk: its form, the outcomes that its model offers, who has signed how where several sign, and, where it cannot be
 * done by whoever looks, why not and by whom it can.
 */
#include "process/conduct_deed.h"
#include "web/officer_int.h"

enum { COLLEAGUES_SHOWN = 5, ACTS_LOOKED_AT = 200 };

/* --- which task ---------------------------------------------------------------------------------------------------------- */

const struct json *
officer_find_task(const struct officer_desk *d, struct str id)
{
    const struct json *tasks = json_get(d->choices, "tasks");

    for (const struct json *t = tasks != NULL ? tasks->first : NULL; t != NULL; t = t->next) {
        if (str_eq(json_str(t, "task"), id)) {
            return t;
        }
    }
    return NULL;
}

static bool
is_state(const struct json *task, const char *state)
{
    return str_eq(json_str(task, "state"), str_of(state));
}

static bool
is_task(const struct json *task)
{
    return str_eq(json_str(task, "kind"), STR("task"));
}

static struct str
state_words(const struct page *p, const struct json *task)
{
    if (str_eq(json_str(task, "role"), STR("citizen")) || is_state(task, "asked")) {
        return page_word(p, "task_state_asked");
    }
    return is_state(task, "suspended") ? page_word(p, "task_state_suspended") : page_word(p, "task_state_open");
}

static struct str
kind_words(const struct page *p, const struct json *task)
{
    struct str kind = json_str(task, "kind"), name = json_str(task, "name");

    return str_eq(kind, STR("consult"))  ? str_fmt(p->arena, "%.*s%.*s", STR_ARG(page_word(p, "task_consult")), STR_ARG(name))
           : str_eq(kind, STR("extend")) ? str_fmt(p->arena, "%.*s%.*s", STR_ARG(page_word(p, "task_extend")), STR_ARG(name))
                                         : name;
}

/* Who has taken it; "": nobody. */
static struct str
assignee_words(struct page *p, const struct json *task)
{
    struct str id = json_str(task, "assignee");
    struct officer officer;
    struct err ignored;

    return id.len > 0 && officer_by_id(&p->db, p->arena, id, &officer, &ignored) == RC_OK ? officer.name : id;
}

/* All that is open here, so that nobody has to guess who else is at work. */
static void
put_list(struct page *p, const struct officer_desk *d)
{
    const struct json *tasks = json_get(d->choices, "tasks");
    struct json *list = json_array(p->arena);

    for (const struct json *t = tasks != NULL ? tasks->first : NULL; t != NULL; t = t->next) {
        struct json *one = json_object(p->arena);
        json_set_text(p->arena, one, "task", json_str(t, "task"));
        json_set_text(p->arena, one, "name", kind_words(p, t));
        json_set_text(p->arena, one, "org_name", str_eq(json_str(t, "role"), STR("citizen")) ? json_str(d->found, "applicant") : json_str(t, "org_name"));
        json_set_text(p->arena, one, "state_text", state_words(p, t));
        json_set_text(p->arena, one, "assignee", assignee_words(p, t));
        json_set_bool(p->arena, one, "is_current", t == d->task);
        json_set_text(p->arena, one, "url", str_fmt(p->arena, "/desk/%.*s?task=%.*s", STR_ARG(p->param[0]), STR_ARG(json_str(t, "task"))));
        json_push(list, one);
    }
    json_set_bool(p->arena, p->document, "has_tasks", list != NULL && list->count > 1);
    json_set(p->arena, p->document, "tasks", list);
}

/* --- who else ---------------------------------------------------------------------------------------------------------------- */

static void
push_name(struct page *p, struct json *list, const struct json *officer)
{
    if (list->count < COLLEAGUES_SHOWN && !str_eq(json_str(officer, "officer"), p->who.officer.id)) {
        json_push(list, json_text(p->arena, json_str(officer, "name")));
    }
}

/* Colleagues who could do it: those of the organisation with the power who are there today. */
static enum rc
put_colleagues(struct page *p, const struct json *task, struct str power, struct err *err)
{
    struct json *found, *list = json_array(p->arena);
    enum rc rc = work_load(p->web->conduct, &p->db, p->arena, json_str(task, "org"), power, p->today, &found, err);

    for (const struct json *o = rc == RC_OK && list != NULL ? found->first : NULL; o != NULL; o = o->next) {
        push_name(p, list, o);
    }
    json_set_bool(p->arena, p->document, "has_colleagues", list != NULL && list->count > 0);
    json_set(p->arena, p->document, "colleagues", list);
    return rc;
}

/* The first power that an outcome is under, else the task's own. */
static struct str
power_of(const struct json *task)
{
    const struct json *outcomes = json_get(task, "outcomes");

    for (const struct json *o = outcomes != NULL ? outcomes->first : NULL; o != NULL; o = o->next) {
        if (json_str(o, "power").len > 0) {
            return json_str(o, "power");
        }
    }
    return json_str(task, "power");
}

/* Why nothing can be done here by whoever looks; "": something can. */
static struct str
why_not(struct page *p, const struct json *task)
{
    struct str assignee = json_str(task, "assignee");
    bool is_theirs = str_eq(json_str(task, "org"), p->who.officer.org);

    if (str_eq(json_str(task, "role"), STR("citizen"))) {
        return page_word(p, "desk_why_applicant");
    }
    if (!is_theirs) {
        return str_fmt(p->arena, "%.*s%.*s", STR_ARG(page_word(p, "desk_why_org")), STR_ARG(json_str(task, "org_name")));
    }
    if (is_state(task, "asked")) {
        return page_word(p, "desk_why_asked");
    }
    if (is_state(task, "suspended")) {
        return page_word(p, "desk_why_suspended");
    }
    if (assignee.len > 0 && !str_eq(assignee, p->who.officer.id)) {
        return str_fmt(p->arena, "%.*s%.*s", STR_ARG(page_word(p, "desk_why_claimed")), STR_ARG(assignee_words(p, task)));
    }
    return json_true(task, "is_second_person_barred") ? page_word(p, "desk_why_second") : STR("");
}

/* --- who has signed ------------------------------------------------------------------------------------------------------------ */

static struct str
org_words(const struct page *p, struct str uscc)
{
    struct str name = words_org(p, uscc);

    return name.len > 0 ? name : uscc;
}

static void
push_signer(struct page *p, struct json *list, const struct json *act)
{
    const struct json *detail = json_get(act, "detail");
    struct json *one = json_object(p->arena);

    json_set_text(p->arena, one, "org_name", org_words(p, json_str(act, "org")));
    json_set_text(p->arena, one, "text", json_str(detail, str_eq(p->lang, STR("en")) ? "outcome_en" : "outcome_zh"));
    json_set_text(p->arena, one, "at_text", words_moment_of(p, json_str(act, "at")));
    json_set_text(p->arena, one, "proof_url", str_fmt(p->arena, "/receipts/%lld.json", (long long)json_int_or(act, "index", 0)));
    json_push(list, one);
}

/* Those of this very round: the task may have come up before. */
static bool
is_signature(const struct json *act, const struct json *task, int64_t since_us)
{
    const struct json *detail = json_get(act, "detail");
    struct task_id id = form_task_id(json_str(task, "task"));
    struct err ignored;
    int64_t at_us;

    return str_eq(json_str(detail, "task"), json_str(task, "element")) && json_int_or(detail, "instance", 0) == id.instance &&
           json_str(detail, "outcome_zh").len > 0 && instant_parse(json_str(act, "at"), &at_us, &ignored) == RC_OK && at_us >= since_us;
}

/* Who signs the same thing in this case, in which part ever: those who have not yet, and since when it can be signed. */
static enum rc
put_pending(struct page *p, const struct officer_desk *d, struct json *list, int64_t *since_us, struct err *err)
{
    struct json *all;
    enum rc rc = work_of_case(p->web->conduct, &p->db, p->arena, d->case_no, STR(""), NULL, p->now_us, &all, err);

    *since_us = INT64_MAX;
    for (const struct json *t = rc == RC_OK ? all->first : NULL; t != NULL; t = t->next) {
        bool is_same = str_eq(json_str(t, "element"), json_str(d->task, "element")) && is_task(t) &&
                       json_int_or(t, "instance", 0) == form_task_id(json_str(d->task, "task")).instance;
        if (!is_same) {
            continue;
        }
        struct json *one = json_object(p->arena);
        int64_t since = json_int_or(t, "since_us", INT64_MAX);
        *since_us = since < *since_us ? since : *since_us;
        json_set_text(p->arena, one, "org_name", org_words(p, json_str(t, "org")));
        json_set_text(p->arena, one, "text", page_word(p, "desk_not_signed"));
        json_set_bool(p->arena, one, "is_open", true);
        json_push(list, one);
    }
    return rc;
}

static enum rc
put_signers(struct page *p, const struct officer_desk *d, struct err *err)
{
    struct json *acts, *signed_by = json_array(p->arena), *open = json_array(p->arena);
    int64_t since_us;
    enum rc rc = put_pending(p, d, open, &since_us, err);

    if (rc != RC_OK || (rc = act_of_case(&p->db, p->arena, d->case_no, -1, ACTS_LOOKED_AT, &acts, err)) != RC_OK) {
        return rc;
    }
    for (const struct json *a = acts->first; a != NULL; a = a->next) {
        if (is_signature(a, d->task, since_us)) {
            push_signer(p, signed_by, a);
        }
    }
    for (const struct json *o = open != NULL ? open->first : NULL; o != NULL; o = o->next) {
        json_push(signed_by, json_copy(p->arena, o));
    }
    json_set_bool(p->arena, p->document, "has_signers", true);
    json_set(p->arena, p->document, "signers", signed_by);
    return json_whole(signed_by, err);
}

/* --- outcomes ----------------------------------------------------------------------------------------------------------------------- */

/* A first step without a reason and a form is a button of its own. */
static bool
is_acceptance(const struct json *task, const struct json *outcome)
{
    return str_eq(json_str(outcome, "act"), STR("accept")) && !json_true(outcome, "needs_reason") && !json_is(json_get(task, "form"), JSON_OBJECT);
}

static struct str
note_of(const struct page *p, const struct json *outcome)
{
    if (str_eq(json_str(outcome, "code"), STR("grant_with_terms"))) {
        return page_word(p, "desk_note_terms");
    }
    if (!json_true(outcome, "needs_reason")) {
        return STR("");
    }
    return json_true(outcome, "is_decision") ? page_word(p, "desk_note_refuse") : page_word(p, "desk_note_reason");
}

struct offered {
    struct json *choices;
    size_t count;
    struct str power; /* of all of them, if it is one */
    bool has_several_powers, has_decision, takes_reason, needs_reason, has_terms;
};

static void
push_outcome(struct page *p, struct offered *f, const struct json *o)
{
    struct str power = json_str(o, "power"), code = json_str(o, "code");
    struct json *c = json_object(p->arena);

    json_set_text(p->arena, c, "value", code);
    json_set_text(p->arena, c, "title", json_str(o, "title"));
    json_set_text(p->arena, c, "note", note_of(p, o));
    json_set_bool(p->arena, c, "chosen", str_eq(page_input(p, "result"), code));
    json_push(f->choices, c);
    f->has_several_powers = f->has_several_powers || (f->count > 0 && !str_eq(f->power, power));
    f->power = f->count == 0 ? power : f->power;
    f->has_decision = f->has_decision || json_true(o, "is_decision");
    f->takes_reason = f->takes_reason || json_true(o, "takes_reason");
    f->needs_reason = f->needs_reason || json_true(o, "needs_reason");
    f->has_terms = f->has_terms || str_eq(code, STR("grant_with_terms"));
    f->count++;
}

static void
put_power(struct page *p, struct json *decide, const struct offered *f)
{
    const struct power *power = f->has_several_powers ? NULL : power_by_code(p->web->orgs, f->power);
    struct json *powers = json_array(p->arena), *one = json_object(p->arena);

    if (power == NULL) {
        return; /* none is needed, or each outcome has its own */
    }
    json_set_text(p->arena, one, "value", power->code);
    json_set_text(p->arena, one, "title",
                  str_fmt(p->arena, "%.*s（%.*s）", STR_ARG(page_either(p, power->name_zh, power->name_en)), STR_ARG(power->basis)));
    json_set_bool(p->arena, one, "chosen", true);
    json_push(powers, one);
    json_set_bool(p->arena, decide, "has_powers", true);
    json_set(p->arena, decide, "powers", powers);
}

static struct json *
decide_of(struct page *p, const struct json *task, const struct offered *f)
{
    struct json *decide = json_object(p->arena);

    json_set_text(p->arena, decide, "action_url", str_fmt(p->arena, "/desk/%.*s/decide", STR_ARG(p->param[0])));
    json_set_text(p->arena, decide, "task", json_str(task, "task"));
    if (f->count > 1) {
        json_set(p->arena, decide, "choices", f->choices);
        json_set_bool(p->arena, decide, "has_choices", true);
        json_set_text(p->arena, decide, "choice_error", words_error_at(p, "result"));
    } else if (f->count == 1) {
        json_set_text(p->arena, decide, "only", json_str(f->choices->first, "value"));
        json_set_text(p->arena, decide, "only_title", json_str(f->choices->first, "title"));
    }
    put_power(p, decide, f);
    json_set_bool(p->arena, decide, "has_decision", f->has_decision);
    json_set_bool(p->arena, decide, "takes_reason", f->takes_reason);
    json_set_bool(p->arena, decide, "may_leave_reason", !f->needs_reason);
    json_set_text(p->arena, decide, "reason", page_input(p, "reason"));
    json_set_text(p->arena, decide, "reason_error", words_error_at(p, "reason"));
    json_set_bool(p->arena, decide, "has_terms", f->has_terms);
    json_set_text(p->arena, decide, "terms", page_input(p, "terms"));
    json_set_text(p->arena, decide, "terms_error", words_error_at(p, "terms"));
    json_set_text(p->arena, decide, "consequences", f->has_decision ? page_word(p, "desk_consequences") : page_word(p, "desk_consequences_step"));
    return decide;
}

/* Each outcome that whoever looks may choose; of a task without any, that it is done. */
static enum rc
put_outcomes(struct page *p, const struct json *task, struct err *err)
{
    const struct json *outcomes = json_get(task, "outcomes");
    struct offered f = {.choices = json_array(p->arena)};
    bool has_accept = false;
    struct json *decide;
    enum rc rc;

    for (const struct json *o = outcomes != NULL ? outcomes->first : NULL; o != NULL; o = o->next) {
        if (!json_true(o, "may")) {
            continue;
        }
        if (is_acceptance(task, o) && !has_accept) {
            struct json *accept = json_object(p->arena);
            json_set_text(p->arena, accept, "action_url", str_fmt(p->arena, "/desk/%.*s/accept", STR_ARG(p->param[0])));
            json_set_text(p->arena, accept, "task", json_str(task, "task"));
            json_set_text(p->arena, accept, "result", json_str(o, "code"));
            json_set_text(p->arena, accept, "title", json_str(o, "title"));
            json_set_text(p->arena, accept, "text", str_eq(json_str(o, "code"), STR("accept")) ? page_word(p, "desk_accept_text") : STR(""));
            json_set(p->arena, p->document, "accept", accept);
            json_set_bool(p->arena, p->document, "has_accept", true);
            has_accept = true;
        } else {
            push_outcome(p, &f, o);
        }
    }
    if (f.count == 0 && (has_accept || (outcomes != NULL && outcomes->count > 0))) {
        return RC_OK;
    }
    decide = decide_of(p, task, &f);
    json_set(p->arena, p->document, "decide", decide);
    if ((rc = form_put(p, task, decide, err)) != RC_OK) {
        return rc;
    }
    return json_whole(decide, err);
}

/* What the organisation has to do elsewhere in the case, with another part or with the whole of it. */
static enum rc
put_elsewhere(struct page *p, const struct officer_desk *d, struct err *err)
{
    struct json *all, *list = json_array(p->arena);
    enum rc rc = work_of_case(p->web->conduct, &p->db, p->arena, d->case_no, STR(""), NULL, p->now_us, &all, err);

    for (const struct json *t = rc == RC_OK ? all->first : NULL; t != NULL; t = t->next) {
        struct str part = json_str(t, "part");
        if (!str_eq(json_str(t, "role"), STR("officer")) || !str_eq(json_str(t, "org"), p->who.officer.org)) {
            continue;
        }
        struct json *one = json_object(p->arena);
        json_set_text(p->arena, one, "name", json_str(t, str_eq(p->lang, STR("en")) ? "name_en" : "name_zh"));
        json_set_text(p->arena, one, "url", str_fmt(p->arena, "/desk/%.*s-%.*s", STR_ARG(d->case_no), STR_ARG(part.len > 0 ? part : STR("0"))));
        json_push(list, one);
    }
    json_set_bool(p->arena, p->document, "has_elsewhere", list != NULL && list->count > 0);
    json_set(p->arena, p->document, "elsewhere", list);
    return rc;
}

static bool
may(const struct json *task, const char *what)
{
    const struct json *list = json_get(task, "may");

    for (const struct json *m = list != NULL ? list->first : NULL; m != NULL; m = m->next) {
        if (str_eq(m->text, str_of(what))) {
            return true;
        }
    }
    return false;
}

static void
put_head(struct page *p, const struct json *task)
{
    struct json *d = json_object(p->arena);

    json_set_text(p->arena, d, "task", json_str(task, "task"));
    json_set_text(p->arena, d, "element", json_str(task, "element"));
    json_set_text(p->arena, d, "name", kind_words(p, task));
    json_set_text(p->arena, d, "org_name", json_str(task, "org_name"));
    json_set_text(p->arena, d, "state_text", state_words(p, task));
    json_set_text(p->arena, d, "assignee", assignee_words(p, task));
    json_set_bool(p->arena, d, "is_mine", str_eq(json_str(task, "assignee"), p->who.officer.id) && p->who.officer.id.len > 0);
    json_set_text(p->arena, d, "question", json_str(task, "question"));
    json_set(p->arena, p->document, "task", d);
}

enum rc
officer_put_tasks(struct page *p, const struct officer_desk *d, struct err *err)
{
    const struct json *t = d->task;
    struct str why;
    enum rc rc = RC_OK;

    put_list(p, d);
    if ((t == NULL || !str_eq(json_str(t, "org"), p->who.officer.org)) && (rc = put_elsewhere(p, d, err)) != RC_OK) {
        return rc;
    }
    if (t == NULL) {
        json_set_text(p->arena, p->document, "why_not", page_word(p, "desk_why_nothing"));
        return RC_OK;
    }
    put_head(p, t);
    if (json_true(t, "is_countersign") && (rc = put_signers(p, d, err)) != RC_OK) {
        return rc;
    }
    if (json_true(t, "can_ask") && str_eq(json_str(t, "org"), p->who.officer.org)) {
        json_set_text(p->arena, p->document, "supplement_url",
                      str_fmt(p->arena, "/desk/%.*s/supplement?task=%.*s", STR_ARG(p->param[0]), STR_ARG(json_str(t, "task"))));
    }
    why = why_not(p, t);
    if (why.len == 0 && is_task(t) && !may(t, "complete")) {
        why = page_word(p, "desk_why_power");
    }
    json_set_text(p->arena, p->document, "why_not", why);
    if (why.len > 0) {
        bool can_be_asked = str_eq(json_str(t, "org"), p->who.officer.org) && is_state(t, "open");
        return can_be_asked ? put_colleagues(p, t, power_of(t), err) : RC_OK;
    }
    return is_task(t) ? put_outcomes(p, t, err) : RC_OK;
}
