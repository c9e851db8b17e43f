/*
 * What officers do with a sub-case: accept it, decide it.
 */
#include "service/certificate.h"
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

static bool
is_grant(struct str on)
{
    return str_eq(on, STR("grant")) || str_eq(on, STR("grant_with_terms"));
}

/* The certificate is signed before the decision is written, so that both become durable together. */
static enum rc
sign_certificate(struct page *p, struct case_move *move, unsigned char signature[SIG_BYTES],
                 struct err *err)
{
    struct casework work = page_casework(p);
    struct json *content;
    struct str bytes;
    enum rc rc = case_certificate(&work, &p->db, p->arena, move->sub_case, p->now_us, &content, err);

    if (rc != RC_OK || content == NULL) {
        return rc;
    }
    if ((rc = certificate_bytes(p->arena, content, &bytes, err)) != RC_OK ||
        (rc = signing_sign(p->loop->signing, p->call->task, STR("seal"), bytes, signature, err)) !=
            RC_OK) {
        return rc;
    }
    move->certificate = content;
    move->signature = (struct str){(const char *)signature, SIG_BYTES};
    move->key_id = p->web->seal_key_id;
    return RC_OK;
}

enum rc
officer_decide(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    unsigned char signature[SIG_BYTES];
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
    if (is_grant(move.on) && (rc = sign_certificate(p, &move, signature, err)) != RC_OK) {
        return rc;
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
    if (move.certificate != NULL) {
        json_set_text(p->arena, p->document, "certificate", json_str(move.certificate, "id"));
    }
    p->location = STR("/desk");
    return RC_OK;
}
