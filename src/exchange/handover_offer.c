/* What is new is offered: whom it goes to, what was agreed, and what goes along are found outside of any transaction; the row and its first message are one. */
#include "base/encode.h"
#include "crypto/box.h"
#include "exchange/gate.h"
#include "exchange/handover_int.h"
#include "exchange/handover_sql.h"

struct offering {
    struct handover_work *w;
    struct handover row;
    struct json *agreement, *offer;
    enum rc why; /* RC_OK, or why it cannot be offered */
    struct err reason;
};

/* Another try would be the same. */
static bool
is_final(enum rc rc)
{
    return rc == RC_INVALID || rc == RC_NOT_FOUND || rc == RC_DENIED;
}

static enum rc
check(struct offering *o, struct err *err)
{
    const struct handovers *h = o->w->h;
    const struct handover *row = &o->row;
    const struct handover_from in = {.db = &o->w->db};
    const struct handover_terms terms = {.sender = h->config.node, .receiver = row->peer, .process = row->process, .item = row->item,
                                         .basis = STR(""), .variables = json_get(row->content, "variables"), .now_us = o->w->now_us};

    if (directory_by_name(o->w->gate->config.directory, row->peer) == NULL) {
        return err_problem(err, RC_NOT_FOUND, "source-unknown", "no node is called \"%.*s\"", STR_ARG(row->peer));
    }
    return handover_find_agreement(&in, o->w->arena, &terms, &o->agreement, err);
}

/* Who applies is for the receiver alone, and only if that was agreed: also where messages lie, and whatever stands between the two, it is sealed. */
static enum rc
seal_applicant(struct offering *o, struct json *offer, struct err *err)
{
    struct arena *a = o->w->arena;
    const struct json *applicant = json_get(offer, "applicant");
    struct handover row = o->row;
    struct str box, plain, sealed;
    enum rc rc;

    if (applicant == NULL) {
        return RC_OK;
    }
    if (!handover_names(json_get(o->agreement, "takes"), STR("applicant"))) {
        json_set(a, offer, "applicant", json_null(a));
        return RC_OK;
    }
    row.basis = json_str(o->agreement, "basis");
    if ((rc = handover_box(o->w, &row, &box, err)) != RC_OK || (rc = json_print(a, applicant, &plain, err)) != RC_OK ||
        (rc = box_seal(a, box, plain, &sealed, err)) != RC_OK) {
        return rc;
    }
    struct str text = base64_of(a, sealed);
    json_set(a, offer, "applicant", text.ptr != NULL ? json_text(a, text) : NULL);
    return RC_OK;
}

static enum rc
gather(struct offering *o, struct err *err)
{
    struct arena *a = o->w->arena;
    const struct handover_config *c = &o->w->h->config;
    struct json *offer = json_object(a);
    enum rc rc;

    if ((rc = check(o, err)) != RC_OK) {
        return rc;
    }
    json_set_text(a, offer, "kind", STR("offer"));
    json_set_text(a, offer, "process", o->row.process);
    json_set_text(a, offer, "agreement", json_str(o->agreement, "id"));
    json_set_text(a, offer, "item", o->row.item);
    json_set_text(a, offer, "basis", json_str(o->agreement, "basis"));
    json_set_text(a, offer, "case_no", o->row.case_no);
    handover_put_instant(o->w->h, a, offer, "since", o->row.opened_us);
    json_set(a, offer, "variables", json_copy(a, json_get(o->row.content, "variables")));
    json_set(a, offer, "wants", json_copy(a, json_get(o->row.content, "wants")));
    json_set(a, offer, "fields", json_get(o->agreement, "fields") != NULL ? json_copy(a, json_get(o->agreement, "fields")) : json_array(a));
    if (c->gather != NULL && (rc = c->gather(c->ctx, &o->w->db, a, &o->row, offer, err)) != RC_OK) {
        return rc;
    }
    json_set(a, offer, "fields", json_null(a));
    if (!handover_names(json_get(o->agreement, "takes"), STR("materials"))) {
        json_set(a, offer, "materials", json_array(a));
    }
    o->offer = offer;
    return (rc = seal_applicant(o, offer, err)) != RC_OK ? rc : json_whole(offer, err);
}

static enum rc
refuse_tx(struct offering *o, struct tx *tx, struct err *err)
{
    struct arena *a = o->w->arena;
    struct str reason = str_fmt(a, "%s: %s", o->reason.type, o->reason.text);

    json_set_text(a, o->row.content, "trouble", reason);
    handover_end(&o->row, STR("refused"), o->w->now_us);
    return handover_stick(o->w->h, tx, a, &o->row, reason, o->w->now_us, err);
}

static enum rc
offer_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct offering *o = ctx;
    struct arena *a = o->w->arena;
    const struct handover_from in = {.tx = tx};
    struct handover_work *w = o->w;
    struct handover *row = &o->row;
    enum rc rc = handover_by_id(w->h, &in, a, row->id, row, err);

    if (rc != RC_OK || !str_eq(row->state, STR("new"))) {
        return rc; /* taken back meanwhile */
    }
    if (is_final(o->why)) {
        return (rc = refuse_tx(o, tx, err)) != RC_OK ? rc : handover_set(w->h, tx, a, row, err);
    }
    if (o->why != RC_OK) {
        json_set_text(a, row->content, "trouble", str_of(o->reason.text));
        row->next_us = handover_again_us(w->h, w->now_us, row->tries++);
        return handover_set(w->h, tx, a, row, err);
    }
    row->state = STR("offered");
    row->agreement = json_str(o->agreement, "id");
    row->basis = json_str(o->agreement, "basis");
    handover_keep_offer(a, row->content, o->agreement, o->offer);
    json_set_text(a, row->content, "trouble", STR(""));
    json_set(a, row->content, "variables", json_object(a)); /* what it was has been said, and is the process's own */
    return (rc = handover_say(w->h, tx, a, row, json_copy(a, o->offer), w->now_us, err)) != RC_OK ? rc
                                                                                                 : handover_set(w->h, tx, a, row, err);
}

static enum rc
offer_one(struct handover_work *w, int64_t id, struct err *err)
{
    const struct handover_from in = {.db = &w->db};
    struct offering *o = arena_alloc(w->arena, 1, sizeof(*o));
    enum rc rc;

    if (o == NULL) {
        return err_set(err, RC_LIMIT, "no room for an offer");
    }
    o->w = w;
    if ((rc = handover_by_id(w->h, &in, w->arena, id, &o->row, err)) != RC_OK) {
        return rc;
    }
    o->why = gather(o, &o->reason);
    rc = store_write(&w->db, offer_tx, o, err);
    if (handover_is_cold(rc, err) && (rc = handover_warm(w, o->row.instance, err)) == RC_OK) {
        rc = store_write(&w->db, offer_tx, o, err);
    }
    return rc;
}

enum rc
handover_offer_some(struct handover_work *w, struct err *err)
{
    int64_t ids[HANDOVER_BATCH];
    size_t count = 0;
    enum rc rc = handover_ids(&w->db, &HANDOVER_NEW, VALUES(V_TEXT(w->peer), V_INT(w->now_us), V_INT(HANDOVER_BATCH)), ids, HANDOVER_BATCH, &count, err);

    if (rc == RC_OK && count > 0 && (rc = handover_do_all(w, offer_one, ids, 1, err)) == RC_OK) { /* it may ask for the node's key */
        rc = handover_do_all(w, offer_one, ids + 1, count - 1, err);
    }
    w->more = w->more || count == HANDOVER_BATCH;
    return rc;
}
