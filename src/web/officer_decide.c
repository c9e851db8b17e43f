/*
 * A task is completed: accepted, or with one of its outcomes, its form and a reason; or sent back to where it came from.
 */
#include "web/officer_int.h"

/* The task that a form or a program names; zeroes: whichever can be done so. */
static void
put_task(const struct page *p, struct case_move *move)
{
    struct task_id id = form_task_id(page_input(p, "task"));

    move->instance = id.instance;
    move->token = id.token;
}

static void
stay(struct page *p)
{
    p->location = str_fmt(p->arena, "/desk/%.*s", STR_ARG(p->param[0]));
}

enum rc
officer_accept(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct str result = page_input(p, "result");
    struct case_move move = {.sub_case = p->param[0], .on = result.len > 0 ? result : STR("accept")};
    enum rc rc;

    put_task(p, &move);
    if ((rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err)) == RC_OK) {
        stay(p);
    }
    return rc;
}

static bool
is_type(const struct err *err, const char *type)
{
    return str_eq(str_of(err->type), str_of(type));
}

static void
complain(struct page *p, struct json *errors, const char *field, struct str message)
{
    struct json *e = json_object(p->arena);

    json_set_text(p->arena, e, "field", str_of(field));
    json_set_text(p->arena, e, "message", message);
    json_push(errors, e);
}

/* All that a person has left out or written wrong is told at once; programs are told by the step itself. */
static enum rc
look_over(struct page *p, const struct officer_desk *d, const struct case_move *move, const struct json **out, struct err *err)
{
    const struct json *outcome = form_outcome(d->task, move->on), *outcomes = json_get(d->task, "outcomes");
    struct json *errors = json_array(p->arena), *wrong;
    enum rc rc = form_wrong(p, d->task, move->data, &wrong, err);

    for (const struct json *e = rc == RC_OK && wrong != NULL ? wrong->first : NULL; e != NULL; e = e->next) {
        json_push(errors, json_copy(p->arena, e));
    }
    if (!p->wants_json && move->on.len == 0 && outcomes != NULL && outcomes->count > 0) {
        complain(p, errors, "result", page_word(p, "desk_error_result"));
    }
    if (!p->wants_json && json_true(outcome, "needs_reason") && move->reason.len == 0) {
        complain(p, errors, "reason", page_word(p, "desk_error_reason"));
    }
    if (!p->wants_json && str_eq(move->on, STR("grant_with_terms")) && move->terms.len == 0) {
        complain(p, errors, "terms", page_word(p, "desk_error_terms"));
    }
    *out = errors;
    return rc != RC_OK ? rc : json_whole(errors, err);
}

/* Where each outcome has a power of its own the page has named it beside the outcome. */
static void
put_power(const struct officer_desk *d, struct case_move *move)
{
    if (move->power.len == 0) {
        move->power = json_str(form_outcome(d->task, move->on), "power");
    }
}

static enum rc
tell_errors(struct page *p, const struct json *errors, struct err *err)
{
    if (!p->wants_json) {
        return officer_show_again(p, errors, err);
    }
    p->status = 422;
    words_errors(p, errors);
    return RC_OK;
}

enum rc
officer_decide(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct case_move move = {.sub_case = p->param[0],
                             .on = page_input(p, "result"),
                             .reason = page_input(p, "reason"),
                             .terms = page_input(p, "terms"),
                             .power = page_input(p, "power")};
    const struct json *errors;
    struct officer_desk d;
    struct json *data;
    enum rc rc;

    put_task(p, &move);
    if (form_wants_row(p)) { /* one more line in a list of the form, or one less: nothing is done yet */
        return officer_show_again(p, NULL, err);
    }
    if ((rc = officer_open(p, &d, err)) != RC_OK || (rc = form_sent(p, d.task, &data, err)) != RC_OK) {
        return rc;
    }
    move.data = json_true(form_outcome(d.task, move.on), "without_form") ? NULL : data;
    if ((rc = look_over(p, &d, &move, &errors, err)) != RC_OK) {
        return rc;
    }
    if (errors->count > 0) {
        return tell_errors(p, errors, err);
    }
    if (!p->wants_json) {
        put_power(&d, &move);
    }
    rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err);
    if (rc == RC_INVALID && !p->wants_json && is_type(err, "reason-unwanted")) {
        return officer_show_error(p, "reason", page_word(p, "desk_error_no_reason"), err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    p->location = STR("/desk");
    return RC_OK;
}

/* --- sent back ------------------------------------------------------------------------------------------------------- */

enum rc
officer_return(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct str element = page_input(p, "return.element"), reason = page_input(p, "return.reason");
    struct case_move move = {.sub_case = p->param[0], .on = STR("return")};
    struct json *errors = json_array(p->arena);
    enum rc rc;

    move.element = element.len > 0 ? element : page_input(p, "element");
    move.reason = reason.len > 0 ? reason : page_input(p, "reason");
    put_task(p, &move);
    if (move.element.len == 0) {
        complain(p, errors, "return.element", page_word(p, "desk_error_element"));
    }
    if (move.reason.len == 0) {
        complain(p, errors, "return.reason", page_word(p, "desk_error_reason"));
    }
    if (!p->wants_json && errors != NULL && errors->count > 0) {
        return officer_show_again(p, errors, err);
    }
    if ((rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err)) == RC_OK) {
        p->location = STR("/desk");
    }
    return rc;
}
