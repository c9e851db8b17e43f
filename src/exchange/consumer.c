/*
 * The walk of one question at the node that asks:
 *
 *     catalogue → peer → body and purpose → signature → one call over the kept connection → signature of the answer,
 *     bound to this question → write: act with the provider's signature → the record
 *
 * Whatever comes of it, an act says so; only then does the caller learn anything.
 */
#include "base/utf8.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "exchange/gate.h"
#include "exchange/problem.h"
#include "exchange/traffic.h"

enum { SALT_BYTES = 16, TARGET_MAX = 512, RESOURCE_AGE_US = 1000000, PROBLEM_TYPE_MAX = 64 };

/* One question on its way; lives on the caller's arena. */
struct asking {
    struct gate *gate;
    struct task *task;
    struct arena *arena;
    struct db db;
    const struct question *question;
    struct peer peer;
    struct str body;
    struct envelope asked;
    struct envelope answered;
    struct ask_record record;
    int64_t now_us;
    struct answer answer;
};

/* --- the act --- */

static void
put_envelope(struct arena *a, struct json *detail, const char *key, const struct envelope *e)
{
    struct json *j = json_object(a);

    if (e == NULL) {
        return;
    }
    if (!e->message.is_request) {
        json_set_int(a, j, "status", e->message.status);
    }
    json_set_text(a, j, "digest", e->digest);
    json_set_int(a, j, "created", e->params.created);
    if (e->params.nonce.len > 0) {
        json_set_text(a, j, "nonce", e->params.nonce);
    }
    json_set_text(a, j, "signature", e->signature);
    json_set(a, detail, key, j);
}

enum rc
gate_add_ask(struct tx *tx, struct arena *a, const struct ask_record *r, int64_t now_us,
             int64_t *index, struct err *err)
{
    const struct question *q = r->question;
    struct json *detail = gate_detail(a, &q->purpose, r->fields);
    struct act_ref ref;
    enum rc rc;

    json_set_text(a, detail, "provider", r->provider);
    json_set_text(a, detail, "outcome", r->outcome);
    if (r->source_act >= 0) {
        json_set_int(a, detail, "source_act", r->source_act);
    }
    put_envelope(a, detail, "question", r->asked);
    put_envelope(a, detail, "answer", r->answer);
    const struct act act = {.kind = ACT_ASK,
                            .at_us = now_us,
                            .actor = q->purpose.actor,
                            .case_no = q->purpose.case_no,
                            .subject = q->subject,
                            .resource = q->resource,
                            .detail = detail};
    if ((rc = json_whole(detail, err)) != RC_OK ||
        (rc = traffic_add(tx, a, &act, TRAFFIC_ASKED, r->outcome, 1, &ref, err)) != RC_OK) {
        return rc;
    }
    *index = ref.index;
    return RC_OK;
}

static enum rc
write_ask(struct tx *tx, void *ctx, struct err *err)
{
    struct asking *s = ctx;

    return gate_add_ask(tx, s->arena, &s->record, s->now_us, &s->answer.act, err);
}

/* --- the question --- */

static bool
purpose_is_whole(const struct purpose *p)
{
    return p->case_no.len > 0 && p->item.len > 0 && p->basis.len > 0 && p->actor.len > 0 &&
           utf8_is_plain(p->case_no) && utf8_is_plain(p->item) && utf8_is_plain(p->basis) &&
           utf8_is_plain(p->actor);
}

static enum rc
make_body(struct asking *s, struct err *err)
{
    const struct question *q = s->question;
    struct json *root = json_object(s->arena), *key = json_object(s->arena);
    struct str salt = random_token(s->arena, SALT_BYTES);

    if (salt.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a question");
    }
    json_set_text(s->arena, key, "kind", q->key_kind);
    json_set_text(s->arena, key, "value", q->key);
    json_set(s->arena, root, "key", key);
    json_set(s->arena, root, "fields", json_copy(s->arena, q->fields));
    json_set_text(s->arena, root, "salt", salt);
    return json_print(s->arena, root, &s->body, err);
}

static enum rc
make_question(struct asking *s, struct err *err)
{
    struct str purpose, target;
    struct buf b;
    enum rc rc;

    buf_init(&b, s->arena, TARGET_MAX);
    buf_put(&b, STR("/exchange/"));
    buf_put(&b, s->question->resource); /* its characters stand for themselves in a path */
    if ((rc = buf_finish(&b, &target, err)) != RC_OK ||
        (rc = purpose_put(s->arena, &s->question->purpose, &purpose, err)) != RC_OK ||
        (rc = make_body(s, err)) != RC_OK ||
        (rc = envelope_ask(s->arena, &s->asked, s->gate->config.node, s->peer.authority, target,
                           purpose, s->body, s->now_us / 1000000, err)) != RC_OK ||
        (rc = gate_sign(s->gate, s->task, s->arena, &s->asked, err)) != RC_OK) {
        return rc;
    }
    s->record.asked = &s->asked;
    return RC_OK;
}

static enum rc
as_source_error(enum rc rc, struct err *err)
{
    switch ((int)rc) {
    case RC_TIMEOUT: err->type = "source-silent"; return rc;
    case RC_IO: err->type = "source-down"; return rc;
    case RC_BUSY: err->type = "too-many"; return rc;
    default: err->type = "source-wrong"; return RC_PEER;
    }
}

static enum rc
call_peer(struct asking *s, struct http_in *in, struct err *err)
{
    struct http_out *out = arena_alloc(s->arena, 1, sizeof(*out));
    const struct origin origin = {.host = s->peer.host,
                                  .port = s->peer.port,
                                  .is_tls = true,
                                  .fingerprint = s->peer.fingerprint};
    int timeout_ms = s->question->timeout_ms > 0 ? s->question->timeout_ms
                                                 : s->gate->config.upstream_ms;
    int64_t deadline_us = loop_now_us(task_loop(s->task)) + (int64_t)timeout_ms * 1000;

    if (out == NULL) {
        return err_set(err, RC_LIMIT, "no room for a question");
    }
    *out = (struct http_out){.method = STR("POST"),
                             .target = s->asked.message.target,
                             .fields = s->asked.fields,
                             .body = s->body};
    /*
     * A kept connection that the peer has just closed may be tried again on a fresh one: the nonce makes sure
     * that the question counts once, whichever of the two arrived.
     */
    if (!http_add(&out->fields, STR("Idempotency-Key"), s->asked.params.nonce)) {
        return err_set(err, RC_LIMIT, "no room for the fields of a question");
    }
    enum rc rc = client_call(s->gate->config.client, s->task, s->arena, &origin, out, deadline_us,
                             in, err);
    return rc == RC_OK ? RC_OK : as_source_error(rc, err);
}

/* --- the answer --- */

static enum rc
not_understood(const char *what, struct err *err)
{
    return err_problem(err, RC_PEER, "source-wrong", "the answer is signed, but %s", what);
}

/* Zhengtong-Act is covered by the signature: the number that goes into our act. */
static int64_t
act_header(const struct http_fields *fields)
{
    int64_t index;

    return http_count(fields, "zhengtong-act") == 1 &&
                   str_to_int(http_get(fields, "zhengtong-act"), &index) && index >= 0
               ? index
               : -1;
}

static enum rc
read_record(struct asking *s, const struct json *j, struct err *err)
{
    const struct json *record = json_get(j, "record"), *act = json_get(j, "act");
    enum rc rc;

    if (!json_is(record, JSON_OBJECT) || !str_eq(json_str(act, "node"), s->peer.name) ||
        s->record.source_act < 0 || json_int_or(act, "index", -1) != s->record.source_act) {
        return not_understood("is no record with its act", err);
    }
    if ((rc = instant_parse(json_str(j, "updated"), &s->answer.updated_us, err)) != RC_OK) {
        return not_understood("does not say when it was updated", err);
    }
    s->answer.record = record;
    return RC_OK;
}

/* What a source lacks (room, its own data whole) is no lack of ours. */
static enum rc
as_failure_of_a_peer(enum rc rc)
{
    return rc == RC_LIMIT || rc == RC_FULL || rc == RC_CORRUPT ? RC_PEER : rc;
}

/* The provider's refusal as our own failure: its type is one of the table, or it is not understood. */
static enum rc
read_refusal(const struct json *j, int status, struct err *err)
{
    struct str type = json_str(j, "type");

    if (str_starts(type, STR("/problems/"))) {
        type = str_from(type, STR("/problems/").len);
    }
    const struct problem *p = problem_by_type(type);
    if (p == NULL) {
        return not_understood("refuses with an unknown reason", err);
    }
    return err_set_at(err, as_failure_of_a_peer(p->rc), p->type, __FILE__, __LINE__,
                      "the source refused with %d", status);
}

/*
 * Before a source knows who asks it cannot sign for them: "unknown-node" comes unsigned.  It releases
 * nothing, and the certificate has shown that it is the source that speaks.
 */
static bool
is_unknown_node(struct asking *s, const struct http_in *in)
{
    struct json *j;
    struct err ignored;

    return in->head.status == 401 && http_count(&in->head.fields, "signature") == 0 &&
           json_parse(s->arena, in->body, JSON_UNIQUE, &j, &ignored) == RC_OK &&
           str_eq(json_str(j, "type"), STR("/problems/unknown-node"));
}

static enum rc
read_answer(struct asking *s, const struct http_in *in, struct err *err)
{
    const struct envelope_clock clock = gate_clock(s->gate, gate_now_us(s->gate));
    struct json *j;
    enum rc rc;

    if (is_unknown_node(s, in)) {
        return err_problem(err, RC_DENIED, "unknown-node", "the source does not know this node");
    }
    if (in->body.len > EXCHANGE_ANSWER_MAX + TARGET_MAX) {
        return err_problem(err, RC_PEER, "source-wrong", "the answer passes the limit");
    }
    if ((rc = envelope_read_answer(s->arena, &s->answered, &in->head, in->body, &s->peer, &s->asked,
                                   &clock, err)) != RC_OK) {
        return rc;
    }
    s->record.answer = &s->answered;
    s->record.source_act = act_header(&in->head.fields);
    rc = json_parse(s->arena, in->body, JSON_UNIQUE, &j, err);
    if (rc != RC_OK) {
        return rc == RC_LIMIT ? rc : not_understood("is not JSON", err);
    }
    return in->head.status == 200 ? read_record(s, j, err) : read_refusal(j, in->head.status, err);
}

static enum rc
ask_peer(struct asking *s, struct err *err)
{
    struct http_in *in = arena_alloc(s->arena, 1, sizeof(*in));
    enum rc rc;

    if (in == NULL) {
        return err_set(err, RC_LIMIT, "no room for an answer");
    }
    if ((rc = make_question(s, err)) != RC_OK || (rc = call_peer(s, in, err)) != RC_OK) {
        return rc;
    }
    return read_answer(s, in, err);
}

/* Who serves it: this node itself is told by *is_self. */
static enum rc
find_source(struct asking *s, bool *is_self, struct err *err)
{
    const struct question *q = s->question;
    const struct peer *peer;
    struct gate_entry *e;
    enum rc rc;

    if ((rc = gate_check_question(q->fields, q->key, err)) != RC_OK) {
        return rc;
    }
    s->record.fields = q->fields;
    if (!purpose_is_whole(&q->purpose)) {
        return err_problem(err, RC_INVALID, "purpose-missing", "case, item, basis and actor");
    }
    if ((rc = gate_entry(s->gate, &s->db, q->resource, STR(""), RESOURCE_AGE_US, &e, err)) != RC_OK) {
        return rc;
    }
    *is_self = str_eq(e->resource->node, s->gate->config.node);
    rc = str_copy(s->arena, e->resource->node, &s->record.provider, err);
    gate_release(e);
    if (rc != RC_OK || *is_self) {
        return rc;
    }
    if ((peer = directory_by_name(s->gate->config.directory, s->record.provider)) == NULL) {
        return err_problem(err, RC_PEER, "source-unknown", "%.*s is not in the directory",
                           STR_ARG(s->record.provider));
    }
    return gate_copy_peer(s->arena, peer, &s->peer, err);
}

/*
 * Records what came of it.  A failure to record is told only where something would have been handed
 * on; otherwise the first reason is the one to tell.
 */
static enum rc
conclude(struct asking *s, enum rc rc, struct answer *out, struct err *err)
{
    struct log *log = s->gate->config.log;
    struct err second;

    s->record.outcome = rc == RC_OK ? STR("answered") : str_of(problem_of(rc, err)->type);
    enum rc written = store_write(&s->db, write_ask, s, &second);
    if (written != RC_OK && log != NULL) {
        log_failure(log, "ask-not-recorded", written, &second);
    }
    if (rc == RC_OK && written == RC_OK) {
        s->answer.source_node = s->peer.name;
        s->answer.resource = s->question->resource;
        s->answer.obtained_us = s->now_us;
        s->answer.source_act = s->record.source_act;
        *out = s->answer;
        return RC_OK;
    }
    if (rc == RC_OK) {
        *err = second;
        return written;
    }
    return rc;
}

enum rc
gate_ask(struct gate *g, struct task *t, struct arena *a, const struct question *q,
         struct answer *out, struct err *err)
{
    struct asking *s = arena_alloc(a, 1, sizeof(*s));
    bool is_self = false;

    if (s == NULL) {
        return err_set(err, RC_LIMIT, "no room for a question");
    }
    s->gate = g;
    s->task = t;
    s->arena = a;
    s->db = gate_db(g, t);
    s->question = q;
    s->now_us = gate_now_us(g);
    s->record = (struct ask_record){.question = q, .source_act = -1};
    enum rc rc = find_source(s, &is_self, err);
    if (rc == RC_OK && is_self) {
        return gate_ask_self(g, t, a, q, s->now_us, out, err);
    }
    return conclude(s, rc == RC_OK ? ask_peer(s, err) : rc, out, err);
}
