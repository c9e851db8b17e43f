/*
 * One message as it comes: certificate → fields, names, time, digest, signature (envelope) → purpose → whose hand-over it is, what was agreed → one write: nonce, the
 * message, act → signature → answer.  What it asks for is done later (handover_apply.c): here it is only made sure that it is not lost, and counts once.
 */
#include "base/encode.h"
#include "crypto/box.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "exchange/exchange_sql.h"
#include "exchange/gate.h"
#include "exchange/handover_int.h"
#include "exchange/handover_sql.h"
#include "exchange/problem.h"

enum { SALT_BYTES = 16 };

struct taking {
    struct handovers *h;
    struct gate *gate;
    struct http_call *call;
    struct arena *arena;
    struct db db;
    int64_t now_us;
    struct peer peer;
    struct envelope asked;
    struct purpose purpose;
    struct str text;
    struct handover_letter letter;
    bool is_authentic;
    struct str piece; /* of a file that was asked for */
    int64_t bytes;    /* of all of it */
    const char *refusal;
    int64_t act; /* -1: none */
};

/* --- acts ------------------------------------------------------------------------------------------------------------ */

static enum rc
add_act(struct taking *k, struct tx *tx, enum act_kind kind, struct str case_no, struct str process, struct err *err)
{
    struct arena *a = k->arena;
    struct json *detail = gate_detail(a, &k->purpose, NULL);
    const struct act act = {.kind = kind, .at_us = k->now_us, .actor = str_fmt(a, "node:%.*s", STR_ARG(k->peer.name)), .case_no = case_no,
                            .resource = process, .detail = detail};
    struct act_ref ref;
    enum rc rc;

    if (act.actor.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for an act");
    }
    json_set_text(a, detail, "handover", k->letter.name);
    json_set_int(a, detail, "number", k->letter.number);
    json_set_text(a, detail, "message", k->letter.kind);
    if (k->letter.is_fetch) {
        json_set_text(a, detail, "material", json_str(k->letter.body, "material"));
    }
    json_set_text(a, detail, "from", k->peer.name);
    if (kind == ACT_REFUSE) {
        json_set_text(a, detail, "type", str_of(k->refusal));
    }
    json_set_text(a, detail, "digest", k->asked.digest);
    if (k->is_authentic) {
        json_set_int(a, detail, "created", k->asked.params.created);
        json_set_text(a, detail, "nonce", k->asked.params.nonce);
        json_set_text(a, detail, "signature", k->asked.signature);
    }
    if ((rc = json_whole(detail, err)) != RC_OK || (rc = act_add(tx, a, &act, &ref, err)) != RC_OK) {
        return rc;
    }
    k->act = ref.index;
    return RC_OK;
}

static enum rc
keep_nonce(struct taking *k, struct tx *tx, bool *is_fresh, struct err *err)
{
    int64_t until_s = k->asked.params.created + 2 * (int64_t)k->gate->config.clock_skew_s;
    enum rc rc = tx_run(tx, &NONCE_ADD, VALUES(V_TEXT(k->peer.name), V_TEXT(k->asked.params.nonce), V_INT(until_s)), NULL, NULL, err);

    if (rc == RC_OK) {
        *is_fresh = tx_changes(tx) > 0;
    }
    return rc;
}

/* --- what came ------------------------------------------------------------------------------------------------------- */

static enum rc
authenticate(struct taking *k, struct err *err)
{
    const struct gate_config *c = &k->gate->config;
    const struct envelope_clock clock = gate_clock(k->gate, k->now_us);
    const struct peer *own = directory_by_name(c->directory, c->node);
    const struct http_fields *fields = &k->call->head->fields;
    struct str authority;
    enum rc rc;

    if (own == NULL) {
        return err_set(err, RC_NOT_FOUND, "the directory does not name this node");
    }
    if ((rc = str_copy(k->arena, own->authority, &authority, err)) != RC_OK ||
        (rc = http_body(k->call, HANDOVER_BODY_MAX, &k->text, err)) != RC_OK ||
        (rc = envelope_read_ask(k->arena, &k->asked, k->call->head, k->text, &k->peer, authority, &clock, err)) != RC_OK) {
        return rc;
    }
    k->is_authentic = true;
    if (http_count(fields, "content-type") != 1 || !str_eq(http_get(fields, "content-type"), STR("application/json"))) {
        return err_set(err, RC_TYPE, "Content-Type is not application/json");
    }
    if (http_count(fields, "zhengtong-purpose") != 1) {
        return err_problem(err, RC_INVALID, "purpose-missing", "Zhengtong-Purpose must stand once");
    }
    rc = purpose_parse(k->arena, http_get(fields, "zhengtong-purpose"), &k->purpose, err);
    return rc != RC_OK ? rc : handover_letter_read(k->arena, k->text, &k->letter, err);
}

/* --- keeping it ------------------------------------------------------------------------------------------------------ */

/* Who is offered what for which purpose, against the agreement that it names, as it stands here. */
static enum rc
begin_row(struct taking *k, struct tx *tx, struct handover *row, struct err *err)
{
    const struct handover_from in = {.tx = tx};
    struct str prefix = str_fmt(k->arena, "%.*s:", STR_ARG(k->peer.name)), item = json_str(k->letter.body, "item");
    const struct handover_terms terms = {.sender = k->peer.name, .receiver = k->gate->config.node, .process = json_str(k->letter.body, "process"),
                                         .item = item, .basis = k->purpose.basis, .variables = json_get(k->letter.body, "variables"),
                                         .now_us = k->now_us};
    struct json *agreement, *content = json_object(k->arena);
    bool is_new;
    enum rc rc;

    if (prefix.ptr == NULL || !str_starts(k->letter.name, prefix)) {
        return err_problem(err, RC_DENIED, "handover-not-yours", "%.*s is another node's", STR_ARG(k->letter.name));
    }
    if (!str_eq(item.len > 0 ? item : STR("-"), k->purpose.item) || !str_eq(json_str(k->letter.body, "basis"), k->purpose.basis)) {
        return err_problem(err, RC_DENIED, "purpose-not-covered", "the offer is for another purpose than its message");
    }
    if ((rc = handover_agreement(&in, k->arena, json_str(k->letter.body, "agreement"), &agreement, err)) != RC_OK ||
        (rc = handover_agreed(agreement, &terms, err)) != RC_OK) {
        return rc;
    }
    if (json_is(json_get(k->letter.body, "applicant"), JSON_STRING) && !handover_names(json_get(agreement, "takes"), STR("applicant"))) {
        return err_problem(err, RC_DENIED, "field-not-granted", "who applies is not handed over by the agreement");
    }
    if (json_get(k->letter.body, "materials") != NULL && json_get(k->letter.body, "materials")->count > 0 &&
        !handover_names(json_get(agreement, "takes"), STR("materials"))) {
        return err_problem(err, RC_DENIED, "field-not-granted", "materials are not handed over by the agreement");
    }
    *row = (struct handover){.side = HANDOVER_TAKEN, .name = k->letter.name, .peer = k->peer.name, .agreement = json_str(agreement, "id"),
                             .process = terms.process, .item = item, .basis = terms.basis, .case_no = STR(""),
                             .peer_case = json_str(k->letter.body, "case_no"), .state = STR("offered"), .is_ours = false, .content = content};
    handover_keep_offer(k->arena, content, agreement, k->letter.body);
    if ((rc = handover_add(k->h, tx, k->arena, row, k->now_us, &is_new, err)) != RC_OK) {
        return rc;
    }
    return handover_by_name(k->h, &in, k->arena, HANDOVER_TAKEN, k->letter.name, row, err);
}

/* Only the node that it was handed to, or came from, has a say in it, and for the same purpose. */
static enum rc
is_party(const struct taking *k, const struct handover *row, struct err *err)
{
    struct str item = row->item.len > 0 ? row->item : STR("-");

    if (!str_eq(row->peer, k->peer.name)) {
        return err_problem(err, RC_DENIED, "handover-not-yours", "%.*s is between others", STR_ARG(k->letter.name));
    }
    if (!str_eq(row->basis, k->purpose.basis) || !str_eq(item, k->purpose.item)) {
        return err_problem(err, RC_DENIED, "purpose-not-covered", "%.*s is for another item or basis", STR_ARG(k->letter.name));
    }
    return RC_OK;
}

/* The row that it is about; an offer begins one. */
static enum rc
find_row(struct taking *k, struct tx *tx, struct handover *row, struct err *err)
{
    const struct handover_from in = {.tx = tx};
    enum rc rc = handover_by_name(k->h, &in, k->arena, k->letter.side, k->letter.name, row, err);

    if (rc == RC_NOT_FOUND) {
        return str_eq(k->letter.kind, STR("offer")) ? begin_row(k, tx, row, err)
                                             : err_problem(err, RC_CONFLICT, "handover-unknown", "%.*s has not come here", STR_ARG(k->letter.name));
    }
    if (rc != RC_OK) {
        return rc;
    }
    return is_party(k, row, err);
}

struct digest {
    struct arena *a;
    struct str text;
};

static enum rc
digest_row(const struct row *row, void *ctx, struct err *err)
{
    struct digest *d = ctx;

    return row_copy_text(row, 0, d->a, &d->text, err);
}

/* Once under its number; the same one again changes nothing, another one under the same number is refused. */
static enum rc
keep_message(struct taking *k, struct tx *tx, const struct handover *row, struct err *err)
{
    struct digest before = {k->arena, STR("")};
    struct str sealed;
    enum rc rc;

    if ((rc = tx_run(tx, &HANDOVER_MESSAGE_DIGEST, VALUES(V_INT(row->id), V_TEXT(STR("in")), V_INT(k->letter.number)), digest_row, &before, err)) !=
        RC_OK) {
        return rc;
    }
    if (before.text.len > 0) {
        return str_eq(before.text, k->asked.digest)
                   ? RC_OK
                   : err_problem(err, RC_CONFLICT, "handover-differs", "message %lld came before, and said something else", (long long)k->letter.number);
    }
    if (k->letter.number > row->heard + HANDOVER_AHEAD_MAX) {
        return err_problem(err, RC_CONFLICT, "handover-too-far", "message %lld comes too early", (long long)k->letter.number);
    }
    if ((rc = vault_seal(k->h->config.vault, k->arena, handover_place(k->arena, row->id, "in", k->letter.number), k->text, &sealed, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &HANDOVER_MESSAGE_ADD,
                  VALUES(V_INT(row->id), V_TEXT(STR("in")), V_INT(k->letter.number), V_TEXT(k->letter.kind), V_TEXT(k->peer.name), V_TEXT(k->asked.digest),
                         V_BLOB(sealed), V_INT(k->now_us)),
                  NULL, NULL, err);
}

/* Looked up and read before the write that says it was given; whether it may be is asked again there. */
static enum rc
find_material(struct taking *k, const struct handover_from *from, const struct json **material, struct err *err)
{
    struct handover row;
    enum rc rc = handover_by_name(k->h, from, k->arena, HANDOVER_SENT, k->letter.name, &row, err);

    if (rc == RC_NOT_FOUND) {
        return err_problem(err, RC_CONFLICT, "handover-unknown", "%.*s was not sent from here", STR_ARG(k->letter.name));
    }
    if (rc != RC_OK || (rc = is_party(k, &row, err)) != RC_OK) {
        return rc;
    }
    return handover_may_fetch(from, k->arena, &row, json_str(k->letter.body, "material"), k->now_us, material, err);
}

static enum rc
read_material(struct taking *k, struct err *err)
{
    const struct handover_from in = {.db = &k->db};
    const struct handover_files *files = &k->h->config.files;
    int64_t from = json_int_or(k->letter.body, "from", 0);
    const struct json *material;
    enum rc rc;

    if (!k->letter.is_fetch) {
        return RC_OK;
    }
    if ((rc = find_material(k, &in, &material, err)) != RC_OK) {
        return rc;
    }
    k->bytes = json_int_or(material, "bytes", 0);
    if (files->read == NULL || from > k->bytes) {
        return err_problem(err, RC_NOT_FOUND, "material-missing", "there is no such piece");
    }
    rc = files->read(k->h->config.ctx, k->arena, json_str(material, "sha256"), from, HANDOVER_PIECE_BYTES, &k->piece, err);
    return rc == RC_NOT_FOUND ? err_problem(err, RC_NOT_FOUND, "material-missing", "the file is not here any more") : rc;
}

/* The first piece stands for the whole file. */
static enum rc
give_material(struct taking *k, struct tx *tx, struct err *err)
{
    const struct handover_from in = {.tx = tx};
    const struct json *material;
    struct handover row;
    enum rc rc = find_material(k, &in, &material, err);

    if (rc != RC_OK || json_int_or(k->letter.body, "from", 0) > 0) {
        return rc;
    }
    if ((rc = handover_by_name(k->h, &in, k->arena, HANDOVER_SENT, k->letter.name, &row, err)) != RC_OK) {
        return rc;
    }
    return add_act(k, tx, ACT_GIVE_MATERIAL, row.case_no, row.process, err);
}

static enum rc
keep_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct taking *k = ctx;
    struct handover row;
    bool is_fresh = false;
    enum rc rc;

    if ((rc = keep_nonce(k, tx, &is_fresh, err)) != RC_OK) {
        return rc;
    }
    if (!is_fresh) {
        return err_problem(err, RC_CONFLICT, "replayed", "this nonce was used");
    }
    if (k->letter.is_fetch) {
        return give_material(k, tx, err);
    }
    if (k->letter.is_greeting) {
        return add_act(k, tx, ACT_TAKE_OVER, STR(""), STR("handover"), err);
    }
    if ((rc = find_row(k, tx, &row, err)) != RC_OK || (rc = keep_message(k, tx, &row, err)) != RC_OK ||
        (rc = handover_note_here(tx, k->peer.name, err)) != RC_OK) {
        return rc;
    }
    return add_act(k, tx, ACT_TAKE_OVER, row.case_no.len > 0 ? row.case_no : row.peer_case, row.process, err);
}

static enum rc
refuse_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct taking *k = ctx;
    bool is_fresh = true;
    enum rc rc = k->is_authentic ? keep_nonce(k, tx, &is_fresh, err) : RC_OK;

    if (rc != RC_OK) {
        return rc;
    }
    k->refusal = is_fresh ? k->refusal : "replayed";
    return add_act(k, tx, ACT_REFUSE, STR(""), STR("handover"), err);
}

/* --- answers -------------------------------------------------------------------------------------------------------------- */

static enum rc
answer(struct taking *k, int status, struct str type, struct json *j, struct err *err)
{
    struct envelope *e = arena_alloc(k->arena, 1, sizeof(*e));
    struct str act = k->act < 0 ? STR("?0") : str_fmt(k->arena, "%lld", (long long)k->act), salt = random_token(k->arena, SALT_BYTES), body, box;
    unsigned char public[BOX_KEY_BYTES];
    struct hash seed = handover_seed(k->h);
    enum rc rc;

    box_public(seed.bytes, public);
    box = base64_of(k->arena, (struct str){(const char *)public, BOX_KEY_BYTES});
    if (e == NULL || salt.ptr == NULL || box.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for an answer");
    }
    json_set_text(k->arena, j, "box", box);
    if (k->act >= 0) {
        json_set(k->arena, j, "act", gate_act_json(k->arena, k->gate->config.node, k->act));
    }
    json_set_text(k->arena, j, "salt", salt);
    if ((rc = json_print(k->arena, j, &body, err)) != RC_OK ||
        (rc = envelope_answer(k->arena, e, k->gate->config.node, status, type, act, body, gate_now_us(k->gate) / 1000000, &k->asked, err)) !=
            RC_OK ||
        (rc = gate_sign(k->gate, k->call->task, k->arena, e, err)) != RC_OK) {
        return rc;
    }
    return http_answer(k->call, status, &e->fields, body, err);
}

static void
refuse(struct taking *k, enum rc rc, const struct err *why)
{
    const struct problem *p = problem_of(rc, why);
    struct err err;

    k->act = -1;
    k->refusal = p->type;
    if (k->text.ptr != NULL || (rc != RC_IO && rc != RC_TIMEOUT)) {
        enum rc written = store_write(&k->db, refuse_tx, k, &err);
        p = written == RC_OK ? problem_by_type(str_of(k->refusal)) : problem_of(written, &err);
    }
    if (envelope_is_answerable(&k->asked) &&
        answer(k, p->status, STR("application/problem+json"), problem_document(k->arena, p), &err) == RC_OK) {
        return;
    }
    if (!http_is_answered(k->call)) {
        gate_answer_problem(k->call, p);
    }
}

static void
put_piece(const struct taking *k, struct json *j)
{
    struct str data = base64_of(k->arena, k->piece);

    json_set_text(k->arena, j, "material", json_str(k->letter.body, "material"));
    json_set_int(k->arena, j, "from", json_int_or(k->letter.body, "from", 0));
    json_set_int(k->arena, j, "bytes", k->bytes);
    json_set(k->arena, j, "data", data.ptr != NULL ? json_text(k->arena, data) : NULL);
}

static void
take(struct taking *k)
{
    struct json *j = json_object(k->arena);
    struct err err;
    enum rc rc;

    if ((rc = authenticate(k, &err)) != RC_OK || (rc = read_material(k, &err)) != RC_OK ||
        (rc = store_write(&k->db, keep_tx, k, &err)) != RC_OK) {
        refuse(k, rc, &err);
        return;
    }
    if (k->letter.is_fetch) {
        put_piece(k, j);
    } else {
        handover_wake(k->h);
    }
    json_set_text(k->arena, j, "handover", k->letter.name);
    json_set_int(k->arena, j, "number", k->letter.number);
    if ((rc = answer(k, 200, STR("application/json"), j, &err)) != RC_OK && !http_is_answered(k->call)) {
        gate_answer_problem(k->call, problem_of(rc, &err)); /* it is kept; the sender asks again and is told so */
    }
}

void
handover_serve(struct handovers *h, struct gate *g, struct http_call *call)
{
    const struct peer *from = directory_by_fingerprint(g->config.directory, call->peer_fingerprint);
    struct taking *k = arena_alloc(call->arena, 1, sizeof(*k));
    struct err err;

    if (k == NULL) {
        return; /* the server answers 500 for a handler that could not */
    }
    *k = (struct taking){.h = h, .gate = g, .call = call, .arena = call->arena, .db = gate_db(g, call->task), .now_us = gate_now_us(g), .act = -1};
    if (from != NULL && gate_copy_peer(k->arena, from, &k->peer, &err) == RC_OK) {
        take(k);
    } else {
        gate_serve_stranger(g, call);
    }
}
