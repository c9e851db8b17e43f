/*
 * chore - the work that processes ask programs for (gov:job) and that the house does itself, each in the finishing transaction of its job.
 *
 *     notice.send, notice.publish              somebody is told in writing
 *     exchange.check                           registers are asked about a case, and facts made of what they say
 *     certificate.issue                        the certificate of a part is signed and issued
 *     certificate.revoke, .flag, .deliver      it becomes void, gets a mark that everyone sees, or is handed over with the others of its case
 *     payment.order, tax.order                 an amount above nothing is ordered; with payment.stop, tax.refund, registry.update, rating.open
 *     supervision.push, .result, oversight.urge  another office is told
 *     offer.create                             the applicant is offered something else
 *     experts.draw                             some of a list, by a lot that nobody chooses and anyone checks
 *     school.place, housing.queue              a place by rank, a number on a waiting list
 *     handover.pack, .archive                  what there is of a case, by digests, signed
 *
 * Each leaves a record (service/errand.h) with an act; what it says is data (demo/notices.json):
 *
 *     {"notices":{"refused":{"to":"applicant","zh":{"title":"…","text":["…{reason}",…]},"en":{…}},…},
 *      "errands":{"payment.order":{…the same…},…}}
 *
 * A sentence is left out if something that it names is not known.  "refused/elder-card" and "refused/elder-card.tell_refused" come before "refused",
 * where a process or one element of it has its own words.  Known are the inputs of the job, the process's own variables that are texts or numbers,
 * and case_no, item, part, org, result, results, reason, terms, remedy, day, days (that it is
 * shown to everyone).
 *
 * What is asked of registers, and what is made of it, is data too (demo/checks.json):
 *
 *     {"checks":{"elder-card":{"questions":[{"as":"person","resource":"ga/household","key":"applicant","kind":"person","fields":["birth_date"]}],
 *      "facts":"{found: person != null, birth_date: person.birth_date}"},…}}
 *
 * A purpose "death@haichuan" is what the node haichuan asks for "death".  key: "applicant", "=990100" (itself), "field.x" of the form, "input.x" of the
 * job, or a member of an earlier record, "company.uscc"; where that is empty nobody is asked, and there is no record.  facts is FEEL over the records by
 * their names (null: none), field (what was filled in) and day.  The purpose is the case, its item and the item's exchange_basis, unless the check has an
 * "item" and a "basis" of its own.
 *
 * What is drawn from and placed in (demo/lists.json): {"experts":{"draw":3,"list":[{"id","name","org"}]},"school.place":{"gather_seconds","wishes":[fields],
 * "else":field,"places":{"wenlan":{"room","zh","en"}}},"housing.queue":{"by":field}}.
 */
#ifndef SERVICE_CHORE_H
#define SERVICE_CHORE_H

#include "crypto/sig.h"
#include "exchange/exchange.h"
#include "service/casework.h"
#include "service/proactive.h"

struct chores;

struct chore_config {
    const struct casework *work; /* with its conduct; these must live as long */
    const struct json *texts;    /* demo/notices.json */
    const struct json *checks;   /* demo/checks.json */
    const struct json *lists;    /* demo/lists.json */
    const struct proactive *proactive; /* NULL: nothing is offered here */
    struct str node;             /* this one */
    struct str key_id;           /* of the key "seal" */
    void *ctx;
    /* Signs with that key; waits.  Any thread that does work may call it. */
    enum rc (*sign)(void *ctx, struct str bytes, unsigned char out[SIG_BYTES], struct err *err);
    /* Asks another node, or this one: as gate_ask says. */
    enum rc (*ask)(void *ctx, struct arena *a, const struct question *q, struct answer *out, struct err *err);
};
/* The config is copied.  RC_INVALID names what is wrong in a document. */
MUST_USE enum rc chores_open(const struct chore_config *config, struct chores **out, struct err *err);
/* Before work begins: every type that is listed above. */
MUST_USE enum rc chores_register(struct chores *c, struct conduct *conduct, struct err *err);
/*
 * In the transaction in which a program outside says that a job of that type is done: the record that the applicant reads, if there are words for it
 * (they name nothing, since the case is not read here).
 */
MUST_USE enum rc chores_note_outside(struct chores *c, struct tx *tx, struct arena *a, const struct runtime_event *event, struct str type,
                                     struct err *err);
void chores_close(struct chores *c); /* nothing may be at work; accepts NULL */

#endif
