/* A case that leads to another: the applicant finds an offer on their page. */
#include "service/chore_int.h"
#include "service/proactive_int.h"

static enum rc
make_offer(struct tx *tx, struct chore *k, struct err *err)
{
    const struct proactive *p = k->c->config.proactive;
    const struct json *benefit = proactive_benefit(p, chore_text(k, "benefit"));
    const struct proactive_candidate candidate = {.subject = k->file.subject, .named = benefit};
    bool made = false; /* also where there was one before: then it stands */

    return proactive_offer(tx, p, k->a, benefit, &candidate, k->work->now_us, &made, err);
}

enum rc
chore_offer(struct chore *k, struct err *err)
{
    const struct proactive *p = k->c->config.proactive;
    const struct json *benefit = p != NULL ? proactive_benefit(p, chore_text(k, "benefit")) : NULL;

    if (benefit == NULL || !k->has_case) {
        return err_problem(err, RC_NOT_FOUND, "no-such-benefit", "nothing is known here of the benefit %.*s, or of the case",
                           STR_ARG(str_sub(chore_text(k, "benefit"), 0, 60)));
    }
    k->also = make_offer;
    return chore_order(k, err);
}
