/*
 * One thing that a case asks of its applicant: to sign, to confirm, to choose, to fill in a little; one page, one question.
 */
#include "web/forms_int.h"

struct asked {
    struct json *found;      /* the case's document */
    const struct json *task; /* of its "to_do" */
};

/* Of the person's own case; what is over is told in plain words, as it may have been done in another window. */
static enum rc
open_task(struct page *p, struct asked *a, struct err *err)
{
    struct casework work = page_casework(p);
    enum rc rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang, &a->found, err);

    if (rc != RC_OK) {
        return rc;
    }
    const struct json *list = json_get(a->found, "to_do");
    for (const struct json *t = list != NULL ? list->first : NULL; t != NULL; t = t->next) {
        if (str_eq(json_str(t, "task"), p->param[1]) && !json_true(t, "is_supply")) {
            a->task = t;
            return RC_OK;
        }
    }
    return err_problem(err, RC_CONFLICT, "done-meanwhile", "nothing of that name waits for the applicant");
}

/* A task without outcomes has one button that says so. */
static void
put_outcomes(struct page *p, const struct json *task)
{
    const struct json *outcomes = json_get(task, "outcomes");
    struct json *list = json_array(p->arena);
    bool takes_reason = false, needs_reason = false;

    for (const struct json *o = outcomes != NULL ? outcomes->first : NULL; o != NULL; o = o->next) {
        struct json *one = json_object(p->arena);
        json_set_text(p->arena, one, "code", json_str(o, "code"));
        json_set_text(p->arena, one, "title", json_str(o, "title"));
        json_set_bool(p->arena, one, "is_first", o == outcomes->first);
        json_push(list, one);
        takes_reason = takes_reason || json_true(o, "takes_reason");
        needs_reason = needs_reason || json_true(o, "needs_reason");
    }
    if (list != NULL && list->count == 0) {
        struct json *one = json_object(p->arena);
        json_set_text(p->arena, one, "code", STR(""));
        json_set_text(p->arena, one, "title", page_word(p, "task_done"));
        json_set_bool(p->arena, one, "is_first", true);
        json_push(list, one);
    }
    json_set(p->arena, p->document, "outcomes", list);
    json_set_bool(p->arena, p->document, "takes_reason", takes_reason);
    json_set_bool(p->arena, p->document, "may_leave_reason", !needs_reason);
}

static enum rc
show_task(struct page *p, const struct asked *a, struct err *err)
{
    struct str url = json_str(a->found, "url"), until = json_str(a->task, "until");
    enum rc rc;

    words_back(p, url, json_str(a->found, "name"));
    json_set_text(p->arena, p->document, "task", json_str(a->task, "task"));
    json_set_text(p->arena, p->document, "item_name", json_str(a->found, "name"));
    json_set_text(p->arena, p->document, "name", json_str(a->task, "name"));
    json_set_text(p->arena, p->document, "text", json_str(a->task, "text"));
    json_set_text(p->arena, p->document, "until_text", until.len > 0 ? words_day_of(p, until) : STR(""));
    json_set_text(p->arena, p->document, "action_url", str_fmt(p->arena, "%.*s/tasks/%.*s", STR_ARG(url), STR_ARG(p->param[1])));
    json_set_text(p->arena, p->document, "application_url", str_fmt(p->arena, "%.*s/application", STR_ARG(url)));
    json_set_text(p->arena, p->document, "help_code", json_str(a->found, "query_code"));
    json_set_text(p->arena, p->document, "reason", page_input(p, "reason"));
    json_set_text(p->arena, p->document, "reason_error", words_error_at(p, "reason"));
    put_outcomes(p, a->task);
    rc = form_put(p, a->task, p->document, err);
    return rc != RC_OK ? rc : json_whole(p->document, err);
}

enum rc
citizen_task_page(struct page *p, struct err *err)
{
    struct asked a = {.task = NULL};
    enum rc rc = open_task(p, &a, err);

    return rc != RC_OK ? rc : show_task(p, &a, err);
}

/* What is missing or wrong, all at once. */
static enum rc
look_over(struct page *p, const struct asked *a, const struct case_move *move, struct json **out, struct err *err)
{
    const struct json *outcome = form_outcome(a->task, move->on), *outcomes = json_get(a->task, "outcomes");
    struct json *errors = json_array(p->arena), *wrong = NULL, *e;
    enum rc rc = form_wrong(p, a->task, move->data, &wrong, err);

    for (const struct json *w = rc == RC_OK && wrong != NULL ? wrong->first : NULL; w != NULL; w = w->next) {
        json_push(errors, json_copy(p->arena, w));
    }
    bool is_unchosen = move->on.len == 0 && outcomes != NULL && outcomes->count > 0;
    bool lacks_reason = json_true(outcome, "needs_reason") && move->reason.len == 0;
    if (is_unchosen || lacks_reason) {
        e = json_object(p->arena);
        json_set_text(p->arena, e, "field", is_unchosen ? STR("result") : STR("reason"));
        json_set_text(p->arena, e, "message", is_unchosen ? page_word(p, "task_error_result") : page_word(p, "task_error_reason"));
        json_push(errors, e);
    }
    *out = errors;
    return rc != RC_OK ? rc : json_whole(errors, err);
}

enum rc
citizen_task(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct task_id id = form_task_id(p->param[1]);
    struct case_move move = {.on = page_input(p, "result"), .reason = page_input(p, "reason"), .instance = id.instance, .token = id.token};
    struct json *data, *errors;
    struct asked a = {.task = NULL};
    enum rc rc;

    if ((rc = open_task(p, &a, err)) != RC_OK || (rc = form_sent(p, a.task, &data, err)) != RC_OK) {
        return rc;
    }
    if (form_wants_row(p)) {
        p->status = 422;
        return show_task(p, &a, err);
    }
    move.sub_case = json_str(a.task, "sub_case");
    move.data = json_true(form_outcome(a.task, move.on), "without_form") ? NULL : data;
    if ((rc = look_over(p, &a, &move, &errors, err)) != RC_OK) {
        return rc;
    }
    if (errors->count > 0) {
        p->status = 422;
        words_errors(p, errors);
        return show_task(p, &a, err);
    }
    if ((rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err)) == RC_OK) {
        p->location = json_str(a.found, "url");
    }
    return rc;
}
