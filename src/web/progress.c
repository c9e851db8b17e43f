/*
 * How far a case is, for whoever has its query code.  Codes are short enough to be said by telephone, so guessing them is made slow: wrong
 * ones are counted for each address and for all together.
 */
#include "web/handlers.h"
#include "web/throttle.h"

static void
complain(struct page *p, int status, struct str words)
{
    p->status = status;
    words_error(p, "code", words);
}

enum rc
public_progress(struct page *p, struct err *err)
{
    struct casework work = page_casework(p);
    struct str code = page_query(p, "code");
    struct json *found;
    enum rc rc;

    json_set_text(p->arena, p->document, "query_code", code);
    json_set_bool(p->arena, p->document, "is_found", false);
    if (code.len == 0) {
        return RC_OK;
    }
    if (!throttle_enter(p->web->guesses, page_peer(p), p->now_us)) {
        complain(p, 429, page_word(p, "progress_too_many"));
        return RC_OK;
    }
    rc = case_progress(&work, &p->db, p->arena, code, p->now_us, p->lang, &found, err);
    if (rc == RC_NOT_FOUND || rc == RC_INVALID) {
        complain(p, 404, page_word(p, "progress_unknown"));
        return RC_OK;
    }
    if (rc == RC_OK) {
        throttle_forgive(p->web->guesses, page_peer(p), p->now_us);
        json_set_bool(p->arena, found, "is_found", true);
        p->document = found;
    }
    return rc;
}
