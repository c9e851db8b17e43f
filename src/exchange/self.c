/*
 * A resource of the node that asks: nothing travels and nothing is signed, but it is the same question.  The
 * grant is asked, the use counted and both acts written, in one transaction.
 */
#include "evidence/act.h"
#include "exchange/gate.h"
#include "exchange/problem.h"
#include "exchange/traffic.h"

struct self {
    struct gate *gate;
    struct task *task;
    struct arena *arena;
    struct db db;
    const struct question *question;
    struct str key; /* folded */
    struct permit permit;
    struct json *record; /* NULL: there is none */
    struct deviations deviations;
    int64_t now_us;
    struct str refusal; /* "": released */
    struct answer answer;
};

static enum rc
add_source_act(struct tx *tx, struct self *s, enum act_kind kind, struct str outcome,
               struct err *err)
{
    const struct question *q = s->question;
    const struct resource *r = s->permit.entry != NULL ? s->permit.entry->resource : NULL;
    struct json *detail = gate_detail(s->arena, &q->purpose, q->fields);
    struct str actor = str_fmt(s->arena, "node:%.*s", STR_ARG(s->gate->config.node));
    struct act_ref ref;
    enum rc rc;

    if (actor.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for an act");
    }
    json_set_text(s->arena, detail, "consumer", s->gate->config.node);
    if (kind == ACT_READ) {
        json_set_text(s->arena, detail, "grant", s->permit.grant->id);
        json_set_int(s->arena, detail, "count", s->record != NULL ? 1 : 0);
        gate_put_rows(s->arena, detail, &s->permit);
    } else {
        json_set_text(s->arena, detail, "type", outcome);
    }
    const struct act act = {.kind = kind,
                            .at_us = s->now_us,
                            .actor = actor,
                            .org = r != NULL ? r->owner : STR(""),
                            .case_no = q->purpose.case_no,
                            .subject = q->subject,
                            .resource = q->resource,
                            .detail = detail};
    if ((rc = json_whole(detail, err)) != RC_OK ||
        (rc = traffic_add(tx, s->arena, &act, TRAFFIC_GAVE, outcome, 1, &ref, err)) != RC_OK) {
        return rc;
    }
    s->answer.source_act = ref.index;
    return kind == ACT_READ ? gate_keep_rows(s->gate, tx, s->arena, &s->permit, q->subject, ref.index, s->now_us, err) : RC_OK;
}

static enum rc
write_both(struct tx *tx, void *ctx, struct err *err)
{
    struct self *s = ctx;
    const struct gate_config *c = &s->gate->config;
    bool released = s->refusal.len == 0;
    enum rc rc;

    if (released && (rc = grant_count(tx, s->permit.entry->resource, s->permit.grant, s->now_us,
                                      c->offset_minutes, err)) != RC_OK) {
        return rc;
    }
    if (released && (rc = standard_count(tx, s->question->resource, &s->deviations, s->now_us, err)) != RC_OK) {
        return rc;
    }
    struct str outcome = s->refusal;
    if (released) {
        outcome = s->record != NULL ? STR("answered") : STR("record-missing");
    }
    if ((rc = add_source_act(tx, s, released ? ACT_READ : ACT_REFUSE, outcome, err)) != RC_OK) {
        return rc;
    }
    const struct ask_record record = {.question = s->question,
                                      .fields = s->question->fields,
                                      .provider = c->node,
                                      .outcome = outcome,
                                      .source_act = s->answer.source_act};
    return gate_add_ask(tx, s->arena, &record, s->now_us, &s->answer.act, err);
}

static enum rc
permit(struct self *s, struct err *err)
{
    const struct question *q = s->question;
    const struct permit_request r = {.code = q->resource,
                                     .consumer = s->gate->config.node,
                                     .key_kind = q->key_kind,
                                     .purpose = &q->purpose,
                                     .fields = q->fields,
                                     .now_us = s->now_us};

    gate_release(s->permit.entry);
    s->permit.entry = NULL;
    return gate_permit(s->gate, &s->db, s->arena, &r, &s->permit, err);
}

static enum rc
fetch(struct self *s, struct err *err)
{
    const struct question *q = s->question;
    int timeout_ms = q->timeout_ms > 0 ? q->timeout_ms : s->gate->config.upstream_ms;
    enum rc rc = gate_fetch(s->gate, s->task, s->arena, &s->permit, q->fields, s->key, s->now_us,
                            timeout_ms, &s->record, &s->answer.updated_us, &s->deviations, err);

    if (rc == RC_NOT_FOUND && str_eq(str_of(err->type), STR("record-missing"))) {
        s->record = NULL;
        return RC_OK;
    }
    return rc;
}

static enum rc
release(struct self *s, struct err *err)
{
    const struct question *q = s->question;
    enum rc rc;

    if ((rc = gate_fold_key(s->arena, q->key_kind, q->key, &s->key, err)) != RC_OK ||
        (rc = permit(s, err)) != RC_OK || (rc = fetch(s, err)) != RC_OK) {
        return rc;
    }
    for (int tries = 1;; tries++) {
        if ((rc = store_write(&s->db, write_both, s, err)) == RC_OK) {
            return RC_OK;
        }
        if (!gate_permit_is_old(s->gate, &s->permit, s->now_us, err) || tries == GATE_TRIES_MAX ||
            (rc = permit(s, err)) != RC_OK || (rc = fetch(s, err)) != RC_OK) {
            return rc;
        }
    }
}

static void
refuse(struct self *s, enum rc rc, const struct err *why)
{
    struct log *log = s->gate->config.log;
    struct err err;

    s->refusal = str_of(problem_of(rc, why)->type);
    enum rc written = store_write(&s->db, write_both, s, &err);
    if (written != RC_OK && log != NULL) {
        log_failure(log, "refusal-not-recorded", written, &err);
    }
}

enum rc
gate_ask_self(struct gate *g, struct task *t, struct arena *a, const struct question *q,
              int64_t now_us, struct answer *out, struct err *err)
{
    struct self *s = arena_alloc(a, 1, sizeof(*s));
    enum rc rc;

    if (s == NULL) {
        return err_set(err, RC_LIMIT, "no room for a question");
    }
    *s = (struct self){.gate = g,
                       .task = t,
                       .arena = a,
                       .db = gate_db(g, t),
                       .question = q,
                       .now_us = now_us,
                       .refusal = STR("")};
    if ((rc = release(s, err)) != RC_OK) {
        refuse(s, rc, err);
    } else if (s->record == NULL) {
        rc = err_problem(err, RC_NOT_FOUND, "record-missing", "no such record");
    } else {
        s->answer.record = s->record;
        s->answer.source_node = g->config.node;
        s->answer.resource = q->resource;
        s->answer.obtained_us = now_us;
        *out = s->answer;
    }
    gate_release(s->permit.entry);
    return rc;
}
