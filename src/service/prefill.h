/*
 * prefill - ask the registries for what the form shows already filled in (国务院令第 716 号第七条: never typed again).
 *
 * Each value is stored with where it came from: {"value","shown","source":{"node","resource","org_zh","org_en","obtained","updated","act","source_act"}}.
 * Where a source is silent, refuses or has no such value, the value says so and may be typed meanwhile: {"value" (typed),"waiting":true,
 * "problem":type,"problem_zh","problem_en","may_urge"}; the next round asks again.  What happened is said with the hour at which asking will
 * help again, if the catalogue tells; may_urge: closed now, but open to whoever says that it is urgent.
 */
#ifndef SERVICE_PREFILL_H
#define SERVICE_PREFILL_H

#include "exchange/exchange.h"
#include "identity/subject.h"
#include "service/draft.h"

struct prefill {
    struct gate *gate;
    struct task *task;
    const struct db *db;
    const struct vault *vault;
    const struct item *item;
    const struct draft *draft; /* its values are changed */
    struct str subject;        /* internal id of the applicant */
    int64_t now_us;
    int offset_minutes;
    int timeout_ms; /* for one source */
    bool is_urgent; /* the applicant says so: signed, and recorded on both sides */
};

/*
 * Ask for what the section needs and does not have yet (again: also for `retry`, a field's id, or ""); what depends on an earlier
 * answer comes after it.  prefilled: array to which {"field","value","source_node","resource","act","source_act"} is pushed for each new value.  RC_OK also when
 * sources are silent; else RC_IO, RC_LIMIT … of this node.
 */
MUST_USE enum rc prefill_section(const struct prefill *p, struct arena *a, size_t section,
                                 struct str retry, struct json *prefilled, struct err *err);
/* An applicant's word for a value that has not come: kept beside it, marked as typed. */
void prefill_typed(struct arena *a, struct json *values, struct str field, struct str text);
/* "This is not right": what the applicant says is right; "" takes the dispute back.  True if that changed something. */
bool prefill_dispute(struct arena *a, struct json *values, struct str field, struct str right);

#endif
