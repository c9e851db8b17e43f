/*
 * Messages that wait for one node are sent, those of one hand-over in their order, and stop waiting when the other side's signed answer has come and its act is here.  A node
 * that does not answer is asked again after a pause that grows, by one message, however many wait for it; each try is signed anew, so a copy of an older one is worth nothing.
 */
#include "base/encode.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "exchange/gate.h"
#include "exchange/handover_int.h"
#include "exchange/handover_sql.h"
#include "exchange/problem.h"

enum { SALT_BYTES = 16 };

struct sending {
    struct handover_work *w;
    struct handover_message m;
    struct handover row;
    struct peer peer;
    struct purpose purpose;
    struct envelope asked, answered;
    int64_t peer_act;
    bool is_away;    /* not to be asked now */
    bool is_refused; /* signed: the other side does not want it */
    struct str trouble;
    struct str box; /* its key, base64 */
    struct json *reply;
};

static enum rc
ask(struct sending *s, struct http_in *in, struct err *err)
{
    struct handover_work *w = s->w;
    const struct origin origin = {.host = s->peer.host, .port = s->peer.port, .is_tls = true, .fingerprint = s->peer.fingerprint};
    struct http_out *out = arena_alloc(w->arena, 1, sizeof(*out));
    struct str purpose;
    enum rc rc;

    if (out == NULL) {
        return err_set(err, RC_LIMIT, "no room for a message");
    }
    if ((rc = purpose_put(w->arena, &s->purpose, &purpose, err)) != RC_OK ||
        (rc = envelope_ask(w->arena, &s->asked, w->h->config.node, s->peer.authority, STR("/handover"), purpose, s->m.body,
                           gate_now_us(w->gate) / 1000000, err)) != RC_OK ||
        (rc = gate_sign(w->gate, w->task, w->arena, &s->asked, err)) != RC_OK) {
        return rc;
    }
    *out = (struct http_out){.method = STR("POST"), .target = STR("/handover"), .fields = s->asked.fields, .body = s->m.body};
    if (!http_add(&out->fields, STR("Idempotency-Key"), s->asked.params.nonce)) {
        return err_set(err, RC_LIMIT, "no room for the fields of a message");
    }
    return client_call(w->gate->config.client, w->task, w->arena, &origin, out,
                       loop_now_us(task_loop(w->task)) + (int64_t)w->gate->config.upstream_ms * 1000, in, err);
}

/* RC_OK: it is kept there, or refused for good reasons that are signed. */
static enum rc
read_answer(struct sending *s, const struct http_in *in, struct err *err)
{
    struct handover_work *w = s->w;
    const struct envelope_clock clock = gate_clock(w->gate, gate_now_us(w->gate));
    struct json *j;
    enum rc rc;

    if ((rc = envelope_read_answer(w->arena, &s->answered, &in->head, in->body, &s->peer, &s->asked, &clock, err)) != RC_OK ||
        (rc = json_parse(w->arena, in->body, JSON_UNIQUE, &j, err)) != RC_OK) {
        return rc;
    }
    s->reply = j;
    s->peer_act = json_int_or(json_get(j, "act"), "index", -1);
    s->box = json_str(j, "box");
    if (in->head.status == 200) {
        return str_eq(json_str(j, "handover"), s->row.name) && json_int_or(j, "number", 0) == s->m.number
                   ? RC_OK
                   : err_problem(err, RC_PEER, "source-wrong", "the answer is to another message");
    }
    s->is_refused = true;
    s->trouble = json_str(j, "type");
    return RC_OK;
}

/* An offer that is refused once would be so again, unless the reason lies in the moment. */
static bool
is_final(const struct sending *s)
{
    static const char *const types[] = {"/problems/handover-not-agreed", "/problems/purpose-not-covered", "/problems/field-not-granted",
                                        "/problems/handover-differs",   "/problems/question-invalid"};

    for (size_t n = 0; n < sizeof(types) / sizeof(types[0]); n++) {
        if (str_eq(s->trouble, str_of(types[n]))) {
            return str_eq(s->m.kind, STR("offer"));
        }
    }
    return false;
}

static enum rc
add_act(struct sending *s, struct tx *tx, struct err *err)
{
    struct arena *a = s->w->arena;
    struct json *detail = gate_detail(a, &s->purpose, NULL);
    const struct act act = {.kind = ACT_HAND_OVER, .at_us = s->w->now_us, .actor = s->purpose.actor, .case_no = s->row.case_no,
                            .resource = s->row.process, .detail = detail};
    struct act_ref ref;
    enum rc rc;

    json_set_text(a, detail, "handover", s->row.name);
    json_set_int(a, detail, "number", s->m.number);
    json_set_text(a, detail, "message", s->m.kind);
    json_set_text(a, detail, "to", s->row.peer);
    json_set_text(a, detail, "outcome", s->is_refused ? s->trouble : STR("kept"));
    json_set_int(a, detail, "peer_act", s->peer_act);
    json_set_text(a, detail, "digest", s->asked.digest);
    json_set_int(a, detail, "created", s->asked.params.created);
    json_set_text(a, detail, "nonce", s->asked.params.nonce);
    json_set_text(a, detail, "signature", s->asked.signature);
    json_set_text(a, detail, "answer_digest", s->answered.digest);
    json_set_text(a, detail, "answer_signature", s->answered.signature);
    return (rc = json_whole(detail, err)) != RC_OK ? rc : act_add(tx, a, &act, &ref, err);
}

static enum rc
refuse(struct sending *s, struct tx *tx, struct err *err)
{
    const struct handover_from in = {.tx = tx};
    struct handover_work *w = s->w;
    enum rc rc = handover_by_id(w->h, &in, w->arena, s->row.id, &s->row, err);

    if (rc != RC_OK || s->row.closed_us != 0) {
        return rc;
    }
    bool is_back = str_eq(s->row.state, STR("withdrawing")); /* what was never taken need not be given back */
    json_set_text(w->arena, s->row.content, "trouble", s->trouble);
    handover_end(&s->row, is_back ? STR("withdrawn") : STR("refused"), w->now_us);
    return is_back ? handover_set(w->h, tx, w->arena, &s->row, err) : handover_stick(w->h, tx, w->arena, &s->row, s->trouble, w->now_us, err);
}

enum rc
handover_note_here(struct tx *tx, struct str peer, struct err *err)
{
    enum rc rc = tx_run(tx, &HANDOVER_PEER_HERE, VALUES(V_TEXT(peer)), NULL, NULL, err);

    return rc != RC_OK || tx_changes(tx) == 0 ? rc : tx_run(tx, &HANDOVER_NEW_WAKE, VALUES(V_TEXT(peer)), NULL, NULL, err);
}

static enum rc
keep_box(const struct sending *s, struct tx *tx, struct err *err)
{
    return s->box.len == 0 ? RC_OK : tx_run(tx, &HANDOVER_PEER_BOX_SET, VALUES(V_TEXT(s->row.peer), V_TEXT(s->box)), NULL, NULL, err);
}

static enum rc
sent_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct sending *s = ctx;
    bool is_final_refusal = s->is_refused && is_final(s);
    enum rc rc;

    if ((rc = keep_box(s, tx, err)) != RC_OK || (rc = handover_note_here(tx, s->row.peer, err)) != RC_OK) {
        return rc;
    }
    if (s->is_refused && !is_final_refusal) {
        return tx_run(tx, &HANDOVER_MESSAGE_LATER,
                      VALUES(V_INT(s->m.id), V_INT(handover_again_us(s->w->h, s->w->now_us, s->m.tries)), V_TEXT(s->trouble)), NULL, NULL, err);
    }
    if ((rc = tx_run(tx, &HANDOVER_MESSAGE_END,
                     VALUES(V_INT(s->m.id), V_TEXT(s->is_refused ? STR("refused") : STR("done")), V_INT(s->w->now_us), V_TEXT(s->trouble)),
                     NULL, NULL, err)) != RC_OK ||
        tx_changes(tx) == 0 || (rc = add_act(s, tx, err)) != RC_OK) {
        return rc;
    }
    return is_final_refusal ? refuse(s, tx, err) : RC_OK;
}

/* Where s->row's messages go, and what for. */
static enum rc
address(struct sending *s, struct err *err)
{
    struct handover_work *w = s->w;
    const struct peer *peer;

    if ((peer = directory_by_name(w->gate->config.directory, s->row.peer)) == NULL) {
        return err_problem(err, RC_PEER, "source-unknown", "%.*s is not in the directory", STR_ARG(s->row.peer));
    }
    s->purpose = (struct purpose){.case_no = s->row.case_no.len > 0 ? s->row.case_no : s->row.name,
                                  .item = s->row.item.len > 0 ? s->row.item : STR("-"),
                                  .basis = s->row.basis,
                                  .actor = str_fmt(w->arena, "process:%.*s", STR_ARG(s->row.process))};
    return s->purpose.actor.ptr == NULL ? err_set(err, RC_LIMIT, "no room for a message") : gate_copy_peer(w->arena, peer, &s->peer, err);
}

static enum rc
find(struct sending *s, int64_t id, struct err *err)
{
    struct handover_work *w = s->w;
    const struct handover_from in = {.db = &w->db};
    enum rc rc;

    if ((rc = handover_message_by_id(w->h, &in, w->arena, id, &s->m, err)) != RC_OK ||
        (rc = handover_by_id(w->h, &in, w->arena, s->m.handover, &s->row, err)) != RC_OK) {
        return rc;
    }
    return address(s, err);
}

/* Anything but RC_OK: the other node could not be asked. */
static enum rc
send_one(struct handover_work *w, int64_t id, struct err *err)
{
    struct sending *s = arena_alloc(w->arena, 1, sizeof(*s));
    struct http_in *in = arena_alloc(w->arena, 1, sizeof(*in));
    enum rc rc;

    if (s == NULL || in == NULL) {
        return err_set(err, RC_LIMIT, "no room for a message");
    }
    s->w = w;
    s->trouble = s->box = STR("");
    s->peer_act = -1;
    if ((rc = find(s, id, err)) != RC_OK || (rc = ask(s, in, err)) != RC_OK || (rc = read_answer(s, in, err)) != RC_OK) {
        return rc;
    }
    rc = store_write(&w->db, sent_tx, s, err);
    if (handover_is_cold(rc, err) && (rc = handover_warm(w, s->row.instance, err)) == RC_OK) {
        rc = store_write(&w->db, sent_tx, s, err);
    }
    return rc;
}

/* --- questions ------------------------------------------------------------------------------------------------------ */

static enum rc
as_failure(enum rc rc, struct err *err)
{
    switch ((int)rc) {
    case RC_TIMEOUT: err->type = "source-silent"; return rc;
    case RC_IO: err->type = "source-down"; return rc;
    case RC_BUSY: err->type = "too-many"; return rc;
    default: err->type = "source-wrong"; return RC_PEER;
    }
}

static enum rc
as_refusal(const struct sending *s, struct err *err)
{
    struct str type = str_starts(s->trouble, STR("/problems/")) ? str_from(s->trouble, STR("/problems/").len) : s->trouble;
    const struct problem *p = problem_by_type(type);

    return p == NULL ? err_problem(err, RC_PEER, "source-wrong", "it is refused with an unknown reason")
                     : err_set_at(err, p->rc == RC_LIMIT || p->rc == RC_FULL || p->rc == RC_CORRUPT ? RC_PEER : p->rc, p->type, __FILE__, __LINE__,
                                  "the other node refused");
}

enum rc
handover_question(struct handover_work *w, const struct handover *row, struct json *what, struct handover_reply *out, struct err *err)
{
    struct sending *s = arena_alloc(w->arena, 1, sizeof(*s));
    struct http_in *in = arena_alloc(w->arena, 1, sizeof(*in));
    struct str salt = random_token(w->arena, SALT_BYTES);
    enum rc rc;

    if (s == NULL || in == NULL || salt.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a question");
    }
    *s = (struct sending){.w = w, .row = *row, .trouble = STR(""), .box = STR(""), .peer_act = -1, .m = {.number = 1}};
    json_set_text(w->arena, what, "handover", row->name);
    json_set_int(w->arena, what, "number", s->m.number);
    json_set_text(w->arena, what, "salt", salt);
    if ((rc = json_print(w->arena, what, &s->m.body, err)) != RC_OK || (rc = address(s, err)) != RC_OK) {
        return rc;
    }
    if ((rc = ask(s, in, err)) != RC_OK) {
        return as_failure(rc, err);
    }
    if ((rc = read_answer(s, in, err)) != RC_OK) {
        return rc;
    }
    if (s->is_refused) {
        return as_refusal(s, err);
    }
    *out = (struct handover_reply){s->reply, s->peer_act, s->answered.digest, s->answered.signature};
    return RC_OK;
}

/* --- for its eyes only ---------------------------------------------------------------------------------------------- */

static enum rc
box_row(const struct row *row, void *ctx, struct err *err)
{
    struct sending *s = ctx;

    s->is_away = row_int(row, 1) > s->w->now_us;
    return row_copy_text(row, 0, s->w->arena, &s->box, err);
}

static enum rc
box_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct sending *s = ctx;
    enum rc rc = keep_box(s, tx, err);

    return rc != RC_OK ? rc : handover_note_here(tx, s->row.peer, err);
}

/* A question that asks for nothing: the answer to it, as to any other, has the key.  No failure of it is the offer's own. */
static enum rc
greet(struct sending *s, struct err *err)
{
    struct json *what = json_object(s->w->arena);
    struct handover_reply reply;
    enum rc rc;

    json_set_text(s->w->arena, what, "kind", STR("hello"));
    if ((rc = handover_question(s->w, &s->row, what, &reply, err)) != RC_OK) {
        return rc == RC_NOT_FOUND || rc == RC_INVALID || rc == RC_DENIED ? RC_PEER : rc;
    }
    s->box = json_str(reply.body, "box");
    return s->box.len > 0 ? store_write(&s->w->db, box_tx, s, err) : err_problem(err, RC_PEER, "source-wrong", "the answer has no key");
}

enum rc
handover_box(struct handover_work *w, const struct handover *row, struct str *out, struct err *err)
{
    struct sending *s = arena_alloc(w->arena, 1, sizeof(*s));
    enum rc rc;

    if (s == NULL) {
        return err_set(err, RC_LIMIT, "no room for a message");
    }
    *s = (struct sending){.w = w, .row = *row, .trouble = STR(""), .box = STR(""), .peer_act = -1};
    rc = store_read(&w->db, &HANDOVER_PEER_BOX, VALUES(V_TEXT(row->peer)), box_row, s, err);
    if (rc == RC_OK && s->box.len == 0 && s->is_away) {
        return err_problem(err, RC_BUSY, "source-down", "%.*s is away", STR_ARG(row->peer));
    }
    if (rc == RC_OK && s->box.len == 0 && (rc = greet(s, err)) != RC_OK) {
        handover_note_away(w, err);
    }
    return rc == RC_OK ? base64_decode(w->arena, s->box, out, err) : rc;
}

/* --- to one node ---------------------------------------------------------------------------------------------------- */

struct away {
    struct handover_work *work;
    struct str why;
};

static enum rc
tries_row(const struct row *row, void *ctx, struct err *err)
{
    (void)err;
    *(int64_t *)ctx = row_int(row, 0);
    return RC_OK;
}

static enum rc
away_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct away *away = ctx;
    const struct handover_work *w = away->work;
    int64_t tries = 0;
    enum rc rc = tx_run(tx, &HANDOVER_PEER, VALUES(V_TEXT(w->peer)), tries_row, &tries, err);

    return rc != RC_OK ? rc
                       : tx_run(tx, &HANDOVER_PEER_AWAY,
                                VALUES(V_TEXT(w->peer), V_INT(handover_again_us(w->h, w->now_us, tries)), V_TEXT(away->why), V_INT(w->now_us)), NULL,
                                NULL, err);
}

void
handover_note_away(struct handover_work *w, const struct err *why)
{
    struct away away = {w, str_of(why->type)};
    struct err err;
    enum rc rc = store_write(&w->db, away_tx, &away, &err);

    if (rc != RC_OK) {
        handover_log(w->h, "handover_not_noted", rc, &err);
    }
}

enum rc
handover_send_some(struct handover_work *w, struct err *err)
{
    int64_t ids[HANDOVER_BATCH];
    size_t count = 0;
    enum rc rc = handover_ids(&w->db, &HANDOVER_MESSAGES_OUT, VALUES(V_TEXT(w->peer), V_INT(w->now_us), V_INT(HANDOVER_BATCH)), ids,
                              HANDOVER_BATCH, &count, err);

    if (rc != RC_OK || count == 0) {
        return rc;
    }
    if ((rc = handover_do_all(w, send_one, ids, 1, err)) != RC_OK ||
        (rc = handover_do_all(w, send_one, ids + 1, count - 1, err)) != RC_OK) {
        handover_log(w->h, "handover_not_sent", rc, err);
        handover_note_away(w, err);
        return RC_OK;
    }
    w->more = true; /* the next of the same hand-overs */
    return RC_OK;
}
