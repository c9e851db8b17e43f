/*
 * The page of docs/first-page.md: how many acts stand in the log.
 */
#include "evidence/act.h"
#include "web/handlers.h"

enum rc
about_page(struct page *p, struct err *err)
{
    int64_t acts;
    enum rc rc = act_count(&p->db, &acts, err);

    if (rc != RC_OK) {
        return rc;
    }
    json_set_int(p->arena, p->document, "acts", acts);
    return RC_OK;
}
