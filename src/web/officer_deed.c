/*
 * What officers do with a sub-case: accept it, decide it.
 */
#include "web/officer_int.h"

enum rc
officer_accept(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct case_move move = {.sub_case = p->param[0], .on = STR("accept")};
    enum rc rc =
        case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err);

    if (rc == RC_OK) {
        p->location = str_fmt(p->arena, "/desk/%.*s", STR_ARG(p->param[0]));
    }
    return rc;
}

/* Nothing of what was written is lost: the desk comes back with it and the sentence that is missing. */
static enum rc
show_again(struct page *p, const char *field, struct str message, struct err *err)
{
    struct officer_desk d;
    enum rc rc = officer_open(p, &d, err);

    if (rc == RC_OK) {
        p->status = 422;
        officer_show(p, &d);
        words_error(p, field, message);
    }
    return rc;
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
    enum rc rc;

    if (move.on.len == 0 && !p->wants_json) {
        return show_again(p, "result",
                               page_either(p, STR("请选一个决定"), STR("Please choose a decision")),
                               err);
    }
    rc = case_step(&work, &p->db, p->arena, &move, &p->who, p->now_us, p->acts, err);
    if (rc == RC_INVALID && !p->wants_json && str_eq(str_of(err->type), STR("reason-missing"))) {
        return show_again(p, "reason",
                               page_either(p, STR("请写明理由，申请人会原样看到"),
                                           STR("Please give the reason; the applicant reads it")),
                               err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    p->location = STR("/desk");
    return RC_OK;
}
