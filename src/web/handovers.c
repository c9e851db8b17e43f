/* Work of a case that was handed over to another node, or taken from one: for whoever may see the case; where there is no case here, for supervisors. */
#include "exchange/handover.h"
#include "web/handlers.h"

enum rc
handovers_case(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct json *found, *list = json_array(p->arena);
    enum rc rc = case_document(&work, &p->db, p->arena, p->param[0], &p->who, p->now_us, p->lang, &found, err);

    if (rc == RC_NOT_FOUND && p->who.role == ROLE_OFFICER && officer_has_role(&p->who.officer, ROLE_SUPERVISOR)) {
        rc = RC_OK;
    }
    if (rc == RC_OK && p->web->handovers != NULL) {
        rc = handover_view(p->web->handovers, &p->db, p->arena, p->param[0], &list, err);
    }
    json_set_text(p->arena, p->document, "case_no", p->param[0]);
    json_set(p->arena, p->document, "handovers", list);
    return rc;
}
