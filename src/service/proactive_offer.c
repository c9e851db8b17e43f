/*
 * Offers: made by a run, answered by the person, settled by a decision.
 */
#include "base/clock.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "service/proactive_int.h"
#include "service/proactive_sql.h"

enum { ID_BYTES = 12 };

const struct json *
proactive_benefit(const struct proactive *p, struct str key)
{
    static const char *const lists[] = {"benefits", "led_to"};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct json *list = json_get(p->benefits, lists[i]);
        for (const struct json *b = list != NULL ? list->first : NULL; b != NULL; b = b->next) {
            if (str_eq(json_str(b, "key"), key)) {
                return b;
            }
        }
    }
    return NULL;
}

static struct str
place(struct arena *a, struct str id)
{
    return str_fmt(a, "proactive_offer.content/%.*s", STR_ARG(id));
}

/* An offer tells what of the person was read, and where: they find it among those who read their data. */
static enum rc
add_act(struct tx *tx, struct arena *a, enum act_kind kind, struct str actor, const struct json *benefit, struct str subject,
        int64_t now_us, struct act_ref *ref, struct err *err)
{
    const struct json *source = json_get(benefit, "source");
    struct json *detail = json_object(a);
    struct act act = {.kind = kind, .at_us = now_us, .actor = actor, .subject = subject, .resource = json_str(benefit, "item"),
                      .detail = detail};
    enum rc rc;

    json_set_text(a, detail, "benefit", json_str(benefit, "key"));
    if (kind == ACT_OFFER) {
        act.resource = json_str(source, "resource");
        json_set_text(a, detail, "item", json_str(benefit, "item"));
        json_set_text(a, detail, "basis", json_str(benefit, "basis"));
        json_set(a, detail, "fields", json_copy(a, json_get(source, "fields")));
    }
    return (rc = json_whole(detail, err)) != RC_OK ? rc : act_add(tx, a, &act, ref, err);
}

enum rc
proactive_offer(struct tx *tx, const struct proactive *p, struct arena *a, const struct json *benefit,
                const struct proactive_candidate *c, int64_t now_us, bool *made, struct err *err)
{
    struct str key = json_str(benefit, "key"), item = json_str(benefit, "item"), text, sealed;
    struct str id = str_fmt(a, "o-%.*s", STR_ARG(random_token(a, ID_BYTES)));
    struct act_ref ref;
    int64_t there = 0;
    enum rc rc;

    if (id.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for an offer");
    }
    if ((rc = tx_int(tx, &PROACTIVE_OFFER_THERE, VALUES(V_TEXT(key), V_TEXT(c->subject)), &there, err)) != RC_OK || there > 0) {
        return rc;
    }
    if ((rc = json_print(a, c->named, &text, err)) != RC_OK ||
        (rc = vault_seal(p->vault, a, place(a, id), text, &sealed, err)) != RC_OK ||
        (rc = add_act(tx, a, ACT_OFFER, STR("system"), benefit, c->subject, now_us, &ref, err)) != RC_OK ||
        (rc = tx_run(tx, &PROACTIVE_OFFER_ADD,
                     VALUES(V_TEXT(id), V_TEXT(key), V_TEXT(item), V_TEXT(c->subject), V_INT(now_us), V_INT(ref.index), V_BLOB(sealed)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    *made = true;
    return counsel_keep(p->counsel, tx, a, &c->answer, STR(""), c->subject, ref.index, now_us, err);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

struct offers {
    const struct proactive *p;
    struct arena *arena;
    struct json *list;
};

static enum rc
offer_row(const struct row *row, void *ctx, struct err *err)
{
    struct offers *o = ctx;
    struct arena *a = o->arena;
    struct json *d = json_object(a), *content;
    struct str id, plain;
    enum rc rc;

    if ((rc = row_copy_text(row, 0, a, &id, err)) != RC_OK ||
        (rc = vault_open(o->p->vault, a, place(a, id), row_blob(row, 7), &plain, err)) != RC_OK) {
        return rc;
    }
    if ((rc = json_parse(a, plain, JSON_ANY, &content, err)) != RC_OK) {
        return rc == RC_INVALID ? err_set(err, RC_CORRUPT, "a stored offer is not JSON") : rc;
    }
    const struct json *benefit = proactive_benefit(o->p, row_text(row, 1)), *monthly = json_get(content, "monthly");
    json_set_text(a, d, "id", id);
    json_set_text(a, d, "benefit", row_text(row, 1));
    json_set_text(a, d, "item", row_text(row, 2));
    json_set_text(a, d, "state", row_text(row, 3));
    json_set_text(a, d, "draft", row_text(row, 4));
    json_set_text(a, d, "title_zh", benefit != NULL ? json_str(benefit, "title_zh") : row_text(row, 1));
    json_set_text(a, d, "title_en", benefit != NULL ? json_str(benefit, "title_en") : row_text(row, 1));
    json_set_text(a, d, "reason_zh", json_str(content, "reason_zh"));
    json_set_text(a, d, "reason_en", json_str(content, "reason_en"));
    json_set(a, d, "monthly", monthly != NULL ? json_copy(a, monthly) : json_null(a));
    json_set_text(a, d, "made", instant_text(a, row_int(row, 5), o->p->offset_minutes));
    json_set_int(a, d, "act", row_int(row, 6));
    json_push(o->list, d);
    return RC_OK;
}

enum rc
proactive_offers(const struct proactive *p, const struct db *db, struct arena *a, struct str subject, struct json **out,
                 struct err *err)
{
    struct offers o = {.p = p, .arena = a, .list = json_array(a)};
    enum rc rc;

    if ((rc = store_read(db, &PROACTIVE_OFFERS_OF, VALUES(V_TEXT(subject), V_TEXT(STR("open"))), offer_row, &o, err)) != RC_OK ||
        (rc = json_whole(o.list, err)) != RC_OK) {
        return rc;
    }
    *out = o.list;
    return RC_OK;
}

/* --- answering ------------------------------------------------------------------------------------------------------ */

struct answering {
    const struct proactive *p;
    struct arena *arena;
    struct str id;
    const struct identity *who;
    const char *to; /* state */
    enum act_kind kind;
    struct str draft;
    int64_t now_us;
    struct json *acts;
    const struct json *found;
    const struct json *benefit; /* as it stands in the document today, or its key and item */
};

static enum rc
find_offer(struct answering *w, const struct db *db, struct err *err)
{
    struct offers o = {.p = w->p, .arena = w->arena, .list = json_array(w->arena)};
    enum rc rc;

    if ((rc = store_read(db, &PROACTIVE_OFFER, VALUES(V_TEXT(w->id), V_TEXT(w->who->subject)), offer_row, &o, err)) != RC_OK ||
        (rc = json_whole(o.list, err)) != RC_OK) {
        return rc;
    }
    if ((w->found = o.list->first) == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-offer", "no such offer of this person");
    }
    if ((w->benefit = proactive_benefit(w->p, json_str(w->found, "benefit"))) == NULL) {
        struct json *gone = json_object(w->arena);
        json_set_text(w->arena, gone, "key", json_str(w->found, "benefit"));
        json_set_text(w->arena, gone, "item", json_str(w->found, "item"));
        w->benefit = gone;
    }
    return json_whole(w->benefit, err);
}

static enum rc
settled(struct err *err)
{
    return err_problem(err, RC_CONFLICT, "offer-settled", "the offer was answered already");
}

static enum rc
answer_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct answering *w = ctx;
    struct act_ref ref;
    struct json *act;
    enum rc rc;

    w->acts->first = w->acts->last = NULL; /* this may run again */
    w->acts->count = 0;
    if ((rc = tx_run(tx, &PROACTIVE_OFFER_SETTLE,
                     VALUES(V_TEXT(w->id), V_TEXT(STR("open")), V_TEXT(str_of(w->to)), V_TEXT(w->draft), V_INT(w->now_us)), NULL,
                     NULL, err)) != RC_OK) {
        return rc;
    }
    if (tx_changes(tx) != 1) {
        return settled(err);
    }
    if ((rc = add_act(tx, w->arena, w->kind, w->who->actor, w->benefit, w->who->subject, w->now_us, &ref, err)) != RC_OK) {
        return rc;
    }
    act = json_object(w->arena);
    json_set_text(w->arena, act, "kind", str_of(act_kind_name(w->kind)));
    json_set_int(w->arena, act, "index", ref.index);
    json_push(w->acts, act);
    return json_whole(w->acts, err);
}

enum rc
proactive_decline(const struct proactive *p, const struct db *db, struct arena *a, struct str id, const struct identity *who,
                  int64_t now_us, struct json *acts, struct err *err)
{
    struct answering w = {.p = p, .arena = a, .id = id, .who = who, .to = "declined", .kind = ACT_DECLINE, .draft = STR(""),
                          .now_us = now_us, .acts = acts};
    enum rc rc = find_offer(&w, db, err);

    return rc != RC_OK ? rc : store_write(db, answer_tx, &w, err);
}

enum rc
proactive_accept(const struct proactive *p, const struct db *db, struct arena *a, struct str id, const struct identity *who,
                 const struct item_table *items, int keep_days, int64_t now_us, struct draft *draft, struct json *acts,
                 struct err *err)
{
    struct answering w = {.p = p, .arena = a, .id = id, .who = who, .to = "accepted", .kind = ACT_CLAIM, .now_us = now_us,
                          .acts = acts};
    enum rc rc = find_offer(&w, db, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (str_eq(json_str(w.found, "state"), STR("accepted"))) {
        return draft_get(db, p->vault, a, json_str(w.found, "draft"), who->subject, draft, err);
    }
    const struct item *item = item_by_code(items, json_str(w.found, "item"));
    if (!str_eq(json_str(w.found, "state"), STR("open"))) {
        return settled(err);
    }
    if (item == NULL || item->form == NULL) {
        return err_problem(err, RC_NOT_FOUND, "no-such-item", "no item to apply for");
    }
    if ((rc = draft_begin(db, p->vault, a, who->subject, item, now_us, keep_days, draft, err)) != RC_OK) {
        return rc;
    }
    w.draft = draft->id;
    return store_write(db, answer_tx, &w, err);
}

enum rc
proactive_decided(struct tx *tx, struct str case_no, bool is_granted, int64_t now_us, struct err *err)
{
    return tx_run(tx, &PROACTIVE_OFFER_DECIDED,
                  VALUES(V_TEXT(case_no), V_TEXT(is_granted ? STR("granted") : STR("wrong")), V_INT(now_us)), NULL, NULL, err);
}

/* --- for stewards ---------------------------------------------------------------------------------------------------- */

struct reporting {
    const struct proactive *p;
    struct arena *arena;
    struct json *into;
};

static enum rc
last_run_row(const struct row *row, void *ctx, struct err *err)
{
    static const char *const numbers[] = {"looked", "hidden", "dropped", "found", "unreachable", "offered", "act"};
    struct reporting *r = ctx;
    struct json *run = json_object(r->arena);

    (void)err;
    json_set_text(r->arena, run, "day", day_text(r->arena, (int32_t)row_int(row, 0)));
    json_set_text(r->arena, run, "started", instant_text(r->arena, row_int(row, 1), r->p->offset_minutes));
    json_set_text(r->arena, run, "ended",
                  row_int(row, 2) != 0 ? instant_text(r->arena, row_int(row, 2), r->p->offset_minutes) : STR(""));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        json_set_int(r->arena, run, numbers[i], row_int(row, (int)i + 3));
    }
    json_set(r->arena, r->into, "run", run);
    return RC_OK;
}

static enum rc
count_row(const struct row *row, void *ctx, struct err *err)
{
    struct reporting *r = ctx;
    struct str state;
    enum rc rc = row_copy_text(row, 0, r->arena, &state, err);

    if (rc == RC_OK) {
        json_set_key(r->arena, r->into, state, json_int(r->arena, row_int(row, 1)));
    }
    return rc;
}

static enum rc
report_one(const struct proactive *p, const struct db *db, struct arena *a, const struct json *benefit, struct json *d,
           struct err *err)
{
    static const char *const states[] = {"open", "accepted", "declined", "granted", "wrong"};
    static const char *const copied[] = {"key", "title_zh", "title_en", "item", "basis"};
    struct json *offers = json_object(a);
    const struct json *source = json_get(benefit, "source");
    struct reporting run = {p, a, d}, counts = {p, a, offers};
    struct str key = json_str(benefit, "key");
    enum rc rc;

    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        json_set_text(a, d, copied[i], json_str(benefit, copied[i]));
    }
    json_set_text(a, d, "resource", json_str(source, "resource"));
    json_set(a, d, "fields", json_copy(a, json_get(source, "fields")));
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        json_set_int(a, offers, states[i], 0);
    }
    if ((rc = store_read(db, &PROACTIVE_RUN_LAST, VALUES(V_TEXT(key)), last_run_row, &run, err)) != RC_OK ||
        (rc = store_read(db, &PROACTIVE_COUNTS, VALUES(V_TEXT(key)), count_row, &counts, err)) != RC_OK) {
        return rc;
    }
    int64_t good = json_int_or(offers, "granted", 0), wrong = json_int_or(offers, "wrong", 0);
    json_set(a, d, "offers", offers);
    if (good + wrong > 0) {
        json_set_int(a, d, "precision_percent", good * 100 / (good + wrong));
    }
    return RC_OK;
}

enum rc
proactive_report(const struct proactive *p, const struct db *db, struct arena *a, struct json **out, struct err *err)
{
    const struct json *given = json_get(p->benefits, "benefits");
    struct json *list = json_array(a);
    enum rc rc;

    for (const struct json *b = given != NULL ? given->first : NULL; b != NULL; b = b->next) {
        struct json *d = json_object(a);
        if ((rc = report_one(p, db, a, b, d, err)) != RC_OK) {
            return rc;
        }
        json_push(list, d);
    }
    if ((rc = json_whole(list, err)) == RC_OK) {
        *out = list;
    }
    return rc;
}
