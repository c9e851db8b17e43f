/*
 * The walk of one question at the node that holds the data:
 *
 *     certificate → fields, names, time, digest, signature (envelope) → purpose → question → grant (from memory)
 *     → record (registry or upstream) → masks → one write: nonce, use of the grant, act → signature → answer
 *
 * Nothing leaves before the write is durable.  Whatever fails on the way becomes a refusal: an act with the
 * type, and a problem document signed like an answer.  A nonce is kept with refusals too, once the signature holds, so
 * no question counts twice, whatever came of it.
 */
#include "base/encode.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "exchange/exchange_sql.h"
#include "exchange/gate.h"
#include "exchange/problem.h"
#include "exchange/traffic.h"

enum { PURGE_EVERY_WRITES = 16, PURGE_ROWS = 64, SALT_BYTES = 16, ANSWER_ROOM = 1024 };

/* One question being served; lives on the arena of its call. */
struct serving {
    struct gate *gate;
    struct http_call *call;
    struct arena *arena;
    struct db db;
    struct str resource;
    struct peer peer;
    struct envelope asked;
    bool is_heard;     /* all of it has come */
    bool is_authentic; /* the signature holds */
    struct purpose purpose;
    struct str key_kind;
    struct str key;
    const struct json *fields;
    struct permit permit;
    struct json *record; /* NULL: the source has none */
    struct deviations deviations;
    int64_t updated_us;
    int64_t now_us;
    bool purge;
    const char *refusal; /* type */
    int64_t act;         /* -1: none */
    struct str body;
};

/* --- acts --- */

static enum rc
keep_nonce(struct tx *tx, const struct serving *s, bool *fresh, struct err *err)
{
    /* Twice the skew, so that a clock that is put back by as much opens no door. */
    int64_t until_s = s->asked.params.created + 2 * (int64_t)s->gate->config.clock_skew_s;
    enum rc rc;

    if (s->purge && (rc = tx_run(tx, &NONCE_PURGE, VALUES(V_INT(s->now_us / 1000000), V_INT(PURGE_ROWS)),
                                 NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    rc = tx_run(tx, &NONCE_ADD,
                VALUES(V_TEXT(s->peer.name), V_TEXT(s->asked.params.nonce), V_INT(until_s)), NULL,
                NULL, err);
    if (rc == RC_OK) {
        *fresh = tx_changes(tx) > 0;
    }
    return rc;
}

/* What it takes to build the question's signature base again, beside the resource. */
static void
put_asked(struct arena *a, struct json *detail, const struct serving *s)
{
    json_set_text(a, detail, "digest", s->asked.digest);
    if (s->is_authentic) {
        json_set_int(a, detail, "created", s->asked.params.created);
        json_set_text(a, detail, "nonce", s->asked.params.nonce);
        json_set_text(a, detail, "signature", s->asked.signature);
    }
}

/* Adds the act; what is not in detail comes from the resource, if it is known. */
static enum rc
add_act(struct tx *tx, struct serving *s, enum act_kind kind, struct str outcome,
        struct json *detail, struct err *err)
{
    const struct resource *r = s->permit.entry != NULL ? s->permit.entry->resource : NULL;
    struct act act = {.kind = kind,
                      .at_us = s->now_us,
                      .actor = str_fmt(s->arena, "node:%.*s", STR_ARG(s->peer.name)),
                      .case_no = s->purpose.case_no,
                      .detail = detail};
    struct act_ref ref;
    enum rc rc;

    if (r != NULL) {
        act.org = r->owner;
        act.resource = r->code;
    }
    bool about_somebody =
        r != NULL && r->subject_kind.len > 0 && str_eq(r->subject_kind, s->key_kind);
    if (about_somebody) {
        act.subject = gate_subject(s->gate->config.vault, s->arena, s->key_kind, s->key);
    }
    if (act.actor.ptr == NULL || (about_somebody && act.subject.len == 0)) {
        return err_set(err, RC_LIMIT, "no room for an act");
    }
    if ((rc = json_whole(detail, err)) != RC_OK ||
        (rc = traffic_add(tx, s->arena, &act, TRAFFIC_GAVE, outcome, 1, &ref, err)) != RC_OK) {
        return rc;
    }
    s->act = ref.index;
    return RC_OK;
}

static enum rc
write_read(struct tx *tx, void *ctx, struct err *err)
{
    struct serving *s = ctx;
    struct arena *a = s->arena;
    bool fresh = false;
    enum rc rc;

    if ((rc = keep_nonce(tx, s, &fresh, err)) != RC_OK) {
        return rc;
    }
    if (!fresh) {
        return err_problem(err, RC_CONFLICT, "replayed", "this nonce was used");
    }
    if ((rc = grant_count(tx, s->permit.entry->resource, s->permit.grant, s->now_us,
                          s->gate->config.offset_minutes, err)) != RC_OK ||
        (rc = standard_count(tx, s->permit.entry->resource->code, &s->deviations, s->now_us, err)) != RC_OK) {
        return rc;
    }
    struct json *detail = gate_detail(a, &s->purpose, s->fields);
    json_set_text(a, detail, "consumer", s->peer.name);
    json_set_text(a, detail, "grant", s->permit.grant->id);
    json_set_int(a, detail, "count", s->record != NULL ? 1 : 0);
    gate_put_rows(a, detail, &s->permit);
    put_asked(a, detail, s);
    struct str outcome = s->record != NULL ? STR("answered") : STR("record-missing");
    return (rc = add_act(tx, s, ACT_READ, outcome, detail, err)) != RC_OK
               ? rc
               : gate_keep_rows(s->gate, tx, a, &s->permit, STR(""), s->act, s->now_us, err);
}

static enum rc
write_refusal(struct tx *tx, void *ctx, struct err *err)
{
    struct serving *s = ctx;
    struct arena *a = s->arena;
    bool fresh = true;
    enum rc rc;

    if (s->is_authentic && (rc = keep_nonce(tx, s, &fresh, err)) != RC_OK) {
        return rc;
    }
    if (!fresh) {
        s->refusal = "replayed";
    }
    struct json *detail = gate_detail(a, &s->purpose, s->fields);
    json_set_text(a, detail, "consumer", s->peer.name);
    json_set_text(a, detail, "type", str_of(s->refusal));
    put_asked(a, detail, s);
    return add_act(tx, s, ACT_REFUSE, str_of(s->refusal), detail, err);
}

/* --- those whom the directory does not know --- */

struct strangers {
    struct arena *arena;
    int64_t now_us;
    int64_t count;
    struct str fingerprint; /* of the last one */
};

/* Text that was made on the arena: one that did not fit there is lost, not empty. */
static void
set_made(struct arena *a, struct json *j, const char *key, struct str text)
{
    json_set(a, j, key, text.ptr != NULL ? json_text(a, text) : NULL);
}

static enum rc
write_strangers(struct tx *tx, void *ctx, struct err *err)
{
    const struct strangers *s = ctx;
    struct json *detail = json_object(s->arena);
    struct act_ref ref;

    json_set_text(s->arena, detail, "type", STR("unknown-node"));
    json_set_int(s->arena, detail, "count", s->count);
    set_made(s->arena, detail, "fingerprint", hex_of(s->arena, s->fingerprint));
    const struct act act = {
        .kind = ACT_REFUSE, .at_us = s->now_us, .actor = STR("stranger"), .detail = detail};
    return traffic_add(tx, s->arena, &act, TRAFFIC_GAVE, STR("unknown-node"), s->count, &ref, err);
}

/*
 * Anyone can open a connection, so what a stranger can make us write is bounded: one act with a number in
 * EXCHANGE_STRANGERS_EVERY_S.  What is left over is written with whatever comes next.
 */
static void
record_strangers(struct serving *s)
{
    struct gate *g = s->gate;
    struct strangers w = {s->arena, s->now_us, g->strangers, s->call->peer_fingerprint};
    int64_t since_us = s->now_us - g->strangers_from_us; /* below 0: the clock was put back */
    struct err err;

    if (w.count == 0 ||
        (since_us >= 0 && since_us < (int64_t)EXCHANGE_STRANGERS_EVERY_S * 1000000)) {
        return;
    }
    g->strangers_from_us = s->now_us;
    g->strangers = 0;
    if (store_write(&s->db, write_strangers, &w, &err) != RC_OK) {
        g->strangers += w.count;
    }
}

/* --- the walk --- */

static enum rc
read_question(struct serving *s, struct str body, struct err *err)
{
    struct json *j;
    enum rc rc = json_parse(s->arena, body, JSON_UNIQUE, &j, err);

    if (rc != RC_OK) {
        err->type = rc == RC_INVALID ? "question-invalid" : err->type;
        return rc;
    }
    s->key_kind = json_str(json_get(j, "key"), "kind");
    s->key = json_str(json_get(j, "key"), "value");
    s->fields = json_get(j, "fields");
    if (json_str(j, "salt").len < SALT_BYTES) {
        return err_problem(err, RC_INVALID, "question-invalid", "the question has no salt");
    }
    if ((rc = gate_check_question(s->fields, s->key, err)) != RC_OK) {
        s->fields = NULL; /* nothing of a malformed list goes into the act */
        return rc;
    }
    return gate_fold_key(s->arena, s->key_kind, s->key, &s->key, err);
}

static enum rc
authenticate(struct serving *s, struct err *err)
{
    const struct gate_config *c = &s->gate->config;
    const struct envelope_clock clock = gate_clock(s->gate, s->now_us);
    const struct peer *own = directory_by_name(c->directory, c->node);
    const struct http_fields *fields = &s->call->head->fields;
    struct str body, authority;
    enum rc rc;

    if (own == NULL) {
        return err_set(err, RC_NOT_FOUND, "the directory does not name this node");
    }
    if ((rc = str_copy(s->arena, own->authority, &authority, err)) != RC_OK ||
        (rc = http_body(s->call, EXCHANGE_QUESTION_MAX, &body, err)) != RC_OK) {
        return rc;
    }
    s->is_heard = true;
    if ((rc = envelope_read_ask(s->arena, &s->asked, s->call->head, body, &s->peer, authority, &clock,
                                err)) != RC_OK) {
        return rc;
    }
    s->is_authentic = true;
    if (http_count(fields, "content-type") != 1 ||
        !str_eq(http_get(fields, "content-type"), STR("application/json"))) {
        return err_set(err, RC_TYPE, "Content-Type is not application/json");
    }
    if (http_count(fields, "zhengtong-purpose") != 1) {
        return err_problem(err, RC_INVALID, "purpose-missing", "Zhengtong-Purpose must stand once");
    }
    if ((rc = purpose_parse(s->arena, http_get(fields, "zhengtong-purpose"), &s->purpose, err)) !=
        RC_OK) {
        return rc;
    }
    return read_question(s, body, err);
}

static enum rc
permit(struct serving *s, struct err *err)
{
    const struct permit_request r = {.code = s->resource,
                                     .consumer = s->peer.name,
                                     .key_kind = s->key_kind,
                                     .purpose = &s->purpose,
                                     .fields = s->fields,
                                     .now_us = s->now_us};

    gate_release(s->permit.entry);
    s->permit.entry = NULL;
    return gate_permit(s->gate, &s->db, s->arena, &r, &s->permit, err);
}

/* A record that is not there is an answer too: it tells something, so it is counted and recorded as read. */
static enum rc
fetch(struct serving *s, struct err *err)
{
    enum rc rc = gate_fetch(s->gate, s->call->task, s->arena, &s->permit, s->fields, s->key,
                            s->now_us, s->gate->config.upstream_ms, &s->record, &s->updated_us,
                            &s->deviations, err);

    if (rc == RC_NOT_FOUND && str_eq(str_of(err->type), STR("record-missing"))) {
        s->record = NULL;
        return RC_OK;
    }
    return rc;
}

static enum rc
release(struct serving *s, struct err *err)
{
    enum rc rc;

    if ((rc = permit(s, err)) != RC_OK || (rc = fetch(s, err)) != RC_OK) {
        return rc;
    }
    s->purge = s->gate->writes++ % PURGE_EVERY_WRITES == 0;
    for (int tries = 1;; tries++) {
        if ((rc = store_write(&s->db, write_read, s, err)) == RC_OK) {
            return RC_OK;
        }
        /* What another grant allows may be less: it is fetched, judged and masked anew. */
        if (!gate_permit_is_old(s->gate, &s->permit, s->now_us, err) || tries == GATE_TRIES_MAX ||
            (rc = permit(s, err)) != RC_OK || (rc = fetch(s, err)) != RC_OK) {
            return rc;
        }
    }
}

/* --- answers --- */

static enum rc
make_body(struct serving *s, struct err *err)
{
    struct str salt = random_token(s->arena, SALT_BYTES);
    struct buf b;

    if (salt.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for an answer");
    }
    buf_init(&b, s->arena, EXCHANGE_ANSWER_MAX + ANSWER_ROOM);
    buf_put(&b, STR("{\"record\":"));
    json_write(&b, s->record);
    buf_put(&b, STR(",\"updated\":\""));
    buf_put_instant(&b, s->updated_us, s->gate->config.offset_minutes);
    buf_put(&b, STR("\",\"act\":"));
    json_write(&b, gate_act_json(s->arena, s->gate->config.node, s->act));
    buf_put_fmt(&b, ",\"salt\":\"%.*s\"}", STR_ARG(salt));
    return buf_finish(&b, &s->body, err);
}

static enum rc
make_problem(struct serving *s, const struct problem *p, struct err *err)
{
    struct json *j = problem_document(s->arena, p);

    if (s->act >= 0) {
        json_set(s->arena, j, "act", gate_act_json(s->arena, s->gate->config.node, s->act));
    }
    return json_print(s->arena, j, &s->body, err);
}

static void
answer_unsigned(struct serving *s, int status)
{
    struct http_fields fields = {.count = 0};
    struct err ignored;

    CHECK(http_add(&fields, STR("Content-Type"), STR("application/problem+json")));
    if (http_answer(s->call, status, &fields, s->body, &ignored) != RC_OK) {
        return; /* the other side has gone; there is nobody to tell */
    }
}

/* Status and s->body, signed so that it answers this question and no other. */
static enum rc
answer_signed(struct serving *s, int status, struct str content_type, struct err *err)
{
    const struct gate_config *c = &s->gate->config;
    struct envelope *e = arena_alloc(s->arena, 1, sizeof(*e));
    struct str act = s->act < 0 ? STR("?0") : str_fmt(s->arena, "%lld", (long long)s->act);
    enum rc rc;

    if (e == NULL) {
        return err_set(err, RC_LIMIT, "no room for an answer");
    }
    if ((rc = envelope_answer(s->arena, e, c->node, status, content_type, act, s->body,
                              gate_now_us(s->gate) / 1000000, &s->asked, err)) != RC_OK ||
        (rc = gate_sign(s->gate, s->call->task, s->arena, e, err)) != RC_OK) {
        return rc;
    }
    return http_answer(s->call, status, &e->fields, s->body, err);
}

/* The reason why nothing was released becomes an act; *p may change, when that cannot be. */
static void
record_refusal(struct serving *s, enum rc rc, const struct err *why, const struct problem **p)
{
    struct err err;

    s->refusal = (*p)->type;
    if (s->gate->config.log != NULL && (rc == RC_CORRUPT || rc == RC_IO || rc == RC_FULL)) {
        log_failure(s->gate->config.log, "exchange-refused", rc, why);
    }
    enum rc written = store_write(&s->db, write_refusal, s, &err);
    *p = written == RC_OK ? problem_by_type(str_of(s->refusal)) : problem_of(written, &err);
}

static void
refuse(struct serving *s, enum rc rc, const struct err *why)
{
    const struct problem *p = problem_of(rc, why);
    struct err err;

    s->act = -1;
    /* A question that broke off on its way was not asked: there is nothing to record. */
    if (s->is_heard || (rc != RC_IO && rc != RC_TIMEOUT)) {
        record_refusal(s, rc, why, &p);
    }
    if (make_problem(s, p, &err) != RC_OK) {
        s->body = STR("");
    }
    if (envelope_is_answerable(&s->asked) &&
        answer_signed(s, p->status, STR("application/problem+json"), &err) == RC_OK) {
        return;
    }
    if (!http_is_answered(s->call)) {
        answer_unsigned(s, p->status);
    }
}

/* After the act: whatever goes wrong now, the data stays here. */
static void
hand_over(struct serving *s)
{
    const struct problem *missing = problem_by_type(STR("record-missing"));
    struct err err;
    enum rc rc = s->record != NULL ? make_body(s, &err) : make_problem(s, missing, &err);

    if (rc == RC_OK) {
        rc = s->record != NULL
                 ? answer_signed(s, 200, STR("application/json"), &err)
                 : answer_signed(s, missing->status, STR("application/problem+json"), &err);
    }
    if (rc != RC_OK && !http_is_answered(s->call)) {
        const struct problem *p = problem_of(rc, &err);
        s->body = STR("");
        answer_unsigned(s, p->status);
    }
}

static void
serve_known(struct serving *s)
{
    struct err err;
    enum rc rc;

    record_strangers(s);
    if ((rc = authenticate(s, &err)) != RC_OK || (rc = release(s, &err)) != RC_OK) {
        refuse(s, rc, &err);
    } else {
        hand_over(s);
    }
    gate_release(s->permit.entry);
}

static void
serve_stranger(struct serving *s)
{
    const struct problem *p = problem_by_type(STR("unknown-node"));
    struct err err;

    s->gate->strangers++;
    record_strangers(s);
    if (make_problem(s, p, &err) != RC_OK) {
        s->body = STR("");
    }
    answer_unsigned(s, p->status);
}

/* NULL: no room; the server answers 500 for a handler that could not. */
static struct serving *
begin(struct gate *g, struct http_call *call, struct str resource)
{
    struct serving *s = arena_alloc(call->arena, 1, sizeof(*s));

    if (s != NULL) {
        *s = (struct serving){.gate = g,
                              .call = call,
                              .arena = call->arena,
                              .db = gate_db(g, call->task),
                              .resource = resource,
                              .now_us = gate_now_us(g),
                              .act = -1};
    }
    return s;
}

void
gate_serve_stranger(struct gate *g, struct http_call *call)
{
    struct serving *s = begin(g, call, STR(""));

    if (s != NULL) {
        serve_stranger(s);
    }
}

void
gate_answer_problem(struct http_call *call, const struct problem *p)
{
    struct serving s = {.call = call, .arena = call->arena, .act = -1};
    struct err err;

    if (make_problem(&s, p, &err) != RC_OK) {
        s.body = STR("");
    }
    answer_unsigned(&s, p->status);
}

void
gate_serve(struct gate *g, struct http_call *call, struct str resource)
{
    const struct peer *from = directory_by_fingerprint(g->config.directory, call->peer_fingerprint);
    struct serving *s = begin(g, call, resource);
    struct err err;

    if (s == NULL) {
        return;
    }
    if (from != NULL && gate_copy_peer(s->arena, from, &s->peer, &err) == RC_OK) {
        serve_known(s);
    } else {
        serve_stranger(s);
    }
}
