/*
 * Files that go along with what is handed over: the offer names them, an officer at the receiver opens one, and only then it is fetched, piece by piece, each asked for and
 * answered under the agreement as it stands at that moment.  What comes is kept only if it is, byte for byte, what was announced.
 *
 * An end in between (a node stops, a piece does not come) leaves nothing but a file that nobody needs, which the sweeper of files removes; the next try begins anew.
 */
#include "base/encode.h"
#include "evidence/act.h"
#include "exchange/gate.h"
#include "exchange/handover_int.h"
#include "exchange/problem.h"

enum { PIECE_ARENA = 4 << 20 };

enum rc
handover_may_fetch(const struct handover_from *from, struct arena *a, const struct handover *row, struct str id, int64_t now_us,
                   const struct json **out, struct err *err)
{
    bool is_sent = row->side == HANDOVER_SENT;
    struct json *agreement;
    enum rc rc;

    if (row->closed_us != 0 || str_eq(row->state, STR("withdrawing"))) {
        return err_problem(err, RC_CONFLICT, "handover-over", "%.*s is %.*s", STR_ARG(row->name), STR_ARG(row->state));
    }
    if ((rc = handover_agreement(from, a, row->agreement, &agreement, err)) != RC_OK) {
        return rc;
    }
    const struct handover_terms terms = {.sender = is_sent ? json_str(agreement, "sender") : row->peer,
                                         .receiver = is_sent ? row->peer : json_str(agreement, "receiver"), .process = row->process,
                                         .item = row->item, .basis = row->basis, .now_us = now_us};
    if ((rc = handover_agreed(agreement, &terms, err)) != RC_OK) {
        return rc;
    }
    if (!handover_names(json_get(agreement, "takes"), STR("materials"))) {
        return err_problem(err, RC_DENIED, "field-not-granted", "materials are not handed over by the agreement");
    }
    if ((*out = handover_material(row->content, id)) == NULL) {
        return err_problem(err, RC_NOT_FOUND, "material-missing", "%.*s has no such material", STR_ARG(row->name));
    }
    return RC_OK;
}

static struct str
holder_of(struct arena *a, const struct handover *row)
{
    return str_fmt(a, "handover:%lld", (long long)row->id);
}

enum rc
handover_let_go(const struct handovers *h, struct tx *tx, struct arena *a, struct handover *row, struct err *err)
{
    struct str holder = holder_of(a, row);

    handover_keep_materials(a, row->content, json_get(row->content, "materials"), NULL, false);
    if (holder.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for the name of a hand-over");
    }
    return h->config.files.hold != NULL ? h->config.files.hold(h->config.ctx, tx, holder, NULL, err) : RC_OK;
}

/* --- fetching ----------------------------------------------------------------------------------------------------------- */

struct fetching {
    struct handover_work work;
    struct handover row;
    const struct json *material;
    struct str id, sha256, actor;
    int64_t bytes;
    struct handover_reply first; /* digest and signature of the first answer, on the caller's arena */
    struct str outcome;
    bool is_over; /* it ended while the file came */
};

static enum rc
differs(const char *what, struct err *err)
{
    return err_problem(err, RC_PEER, "material-differs", "the file %s", what);
}

/* The digest and the signature of the first answer stand for all of them. */
static enum rc
keep_reply(struct fetching *f, const struct handover_reply *r, struct err *err)
{
    enum rc rc = str_copy(f->work.arena, r->digest, &f->first.digest, err);

    f->first.act = r->act;
    return rc != RC_OK ? rc : str_copy(f->work.arena, r->signature, &f->first.signature, err);
}

static enum rc
next_piece(struct fetching *f, struct arena *a, int64_t from, struct str *piece, struct err *err)
{
    struct handover_work w = f->work;
    struct json *what = json_object(a);
    struct handover_reply reply;
    enum rc rc;

    w.arena = a;
    json_set_text(a, what, "kind", STR("fetch"));
    json_set_text(a, what, "material", f->id);
    json_set_int(a, what, "from", from);
    if ((rc = handover_question(&w, &f->row, what, &reply, err)) != RC_OK || (from == 0 && (rc = keep_reply(f, &reply, err)) != RC_OK)) {
        return rc;
    }
    if (!str_eq(json_str(reply.body, "material"), f->id) || json_int_or(reply.body, "from", -1) != from) {
        return err_problem(err, RC_PEER, "source-wrong", "the answer is to another question");
    }
    if ((rc = base64_decode(a, json_str(reply.body, "data"), piece, err)) != RC_OK) {
        return rc == RC_LIMIT ? rc : err_problem(err, RC_PEER, "source-wrong", "the piece cannot be read");
    }
    if (json_int_or(reply.body, "bytes", -1) != f->bytes || (int64_t)piece->len > f->bytes - from || (piece->len == 0 && from < f->bytes)) {
        return differs("is not as long as was announced", err);
    }
    return RC_OK;
}

static enum rc
fetch_all(struct fetching *f, void *sink, struct err *err)
{
    const struct handover_config *c = &f->work.h->config;
    struct arena *a = arena_new(PIECE_ARENA);
    int64_t from = 0;
    enum rc rc = RC_OK;

    do {
        struct str piece;
        arena_reset(a);
        if ((rc = next_piece(f, a, from, &piece, err)) == RC_OK && (rc = c->files.write(c->ctx, sink, piece, err)) == RC_OK) {
            from += (int64_t)piece.len;
        }
    } while (rc == RC_OK && from < f->bytes);
    arena_free(a);
    return rc;
}

static enum rc
fetch_file(struct fetching *f, struct err *err)
{
    const struct handover_config *c = &f->work.h->config;
    struct str sha256;
    int64_t bytes;
    void *sink;
    enum rc rc;

    if (f->bytes > c->files.most_bytes) {
        return err_problem(err, RC_LIMIT, "limit", "a file of %lld bytes; at most %lld are fetched", (long long)f->bytes,
                           (long long)c->files.most_bytes);
    }
    if ((rc = c->files.open(c->ctx, &sink, err)) != RC_OK) {
        return rc;
    }
    if ((rc = fetch_all(f, sink, err)) != RC_OK) {
        c->files.cancel(c->ctx, sink);
        return rc;
    }
    if ((rc = c->files.close(c->ctx, f->work.arena, sink, &sha256, &bytes, err)) != RC_OK) {
        return rc == RC_TYPE ? differs("is of no kind that is taken", err) : rc;
    }
    return str_eq(sha256, f->sha256) && bytes == f->bytes ? RC_OK : differs("has another content than was announced", err);
}

/* --- what came of it ---------------------------------------------------------------------------------------------------- */

static enum rc
add_act(const struct fetching *f, struct tx *tx, struct err *err)
{
    struct arena *a = f->work.arena;
    struct json *detail = json_object(a);
    const struct act act = {.kind = ACT_FETCH_MATERIAL, .at_us = f->work.now_us, .actor = f->actor, .case_no = f->row.case_no,
                            .resource = f->row.process, .detail = detail};
    struct act_ref ref;
    enum rc rc;

    json_set_text(a, detail, "handover", f->row.name);
    json_set_text(a, detail, "from", f->row.peer);
    json_set_text(a, detail, "material", f->id);
    json_set_text(a, detail, "sha256", f->sha256);
    json_set_text(a, detail, "outcome", f->outcome);
    if (f->first.signature.len > 0) {
        json_set_int(a, detail, "peer_act", f->first.act);
        json_set_text(a, detail, "answer_digest", f->first.digest);
        json_set_text(a, detail, "answer_signature", f->first.signature);
    }
    return (rc = json_whole(detail, err)) != RC_OK ? rc : act_add(tx, a, &act, &ref, err);
}

/* All that are here, by name, as hold wants them. */
static struct json *
needed(struct arena *a, const struct json *content)
{
    const struct json *list = json_get(content, "materials");
    struct json *needed = json_object(a), *files = json_array(a);

    for (const struct json *m = list->first; m != NULL; m = m->next) {
        if (json_true(m, "kept")) {
            struct json *one = json_object(a);
            json_set_text(a, one, "sha256", json_str(m, "sha256"));
            json_push(files, one);
        }
    }
    json_set(a, needed, "materials", files);
    return needed;
}

static enum rc
fetched_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct fetching *f = ctx;
    const struct handover_from in = {.tx = tx};
    const struct handover_config *c = &f->work.h->config;
    struct arena *a = f->work.arena;
    struct str holder = holder_of(a, &f->row);
    enum rc rc = handover_by_id(f->work.h, &in, a, f->row.id, &f->row, err);

    if (rc != RC_OK || holder.ptr == NULL) {
        return rc != RC_OK ? rc : err_set(err, RC_LIMIT, "no room for the name of a hand-over");
    }
    f->is_over = f->row.closed_us != 0;
    if (f->is_over) {
        f->outcome = STR("handover-over");
        return add_act(f, tx, err);
    }
    handover_keep_materials(a, f->row.content, json_get(f->row.content, "materials"), f->material, true);
    if ((rc = json_whole(f->row.content, err)) != RC_OK || (rc = c->files.hold(c->ctx, tx, holder, needed(a, f->row.content), err)) != RC_OK ||
        (rc = handover_set(f->work.h, tx, a, &f->row, err)) != RC_OK) {
        return rc;
    }
    return add_act(f, tx, err);
}

static enum rc
failed_tx(struct tx *tx, void *ctx, struct err *err)
{
    return add_act(ctx, tx, err);
}

static enum rc
fetch(struct fetching *f, struct err *err)
{
    struct err second;
    enum rc rc = fetch_file(f, err);

    f->outcome = rc == RC_OK ? STR("kept") : str_of(problem_of(rc, err)->type);
    if (rc != RC_OK) {
        enum rc written = store_write(&f->work.db, failed_tx, f, &second);
        if (written != RC_OK) {
            handover_log(f->work.h, "handover_fetch_not_recorded", written, &second);
        }
        return rc;
    }
    if ((rc = store_write(&f->work.db, fetched_tx, f, err)) != RC_OK) {
        return rc;
    }
    return f->is_over ? err_problem(err, RC_CONFLICT, "handover-over", "%.*s has ended", STR_ARG(f->row.name)) : RC_OK;
}

enum rc
handover_fetch(struct handovers *h, struct gate *g, struct task *t, struct arena *a, struct str name, struct str id, struct str actor,
               struct str *sha256, struct err *err)
{
    struct fetching *f = arena_alloc(a, 1, sizeof(*f));
    enum rc rc;

    if (f == NULL) {
        return err_set(err, RC_LIMIT, "no room for a file");
    }
    f->work = (struct handover_work){.h = h, .gate = g, .task = t, .arena = a, .db = gate_db(g, t), .now_us = gate_now_us(g)};
    f->id = id;
    f->actor = actor;
    f->first.digest = f->first.signature = STR("");
    const struct handover_from in = {.db = &f->work.db};
    if ((rc = handover_by_name(h, &in, a, HANDOVER_TAKEN, name, &f->row, err)) != RC_OK ||
        (rc = handover_may_fetch(&in, a, &f->row, id, f->work.now_us, &f->material, err)) != RC_OK) {
        return rc;
    }
    if (h->config.files.open == NULL) {
        return err_problem(err, RC_NOT_FOUND, "material-missing", "this node keeps no files");
    }
    f->sha256 = json_str(f->material, "sha256");
    f->bytes = json_int_or(f->material, "bytes", 0);
    if (!json_true(f->material, "kept") && (rc = fetch(f, err)) != RC_OK) {
        return rc;
    }
    *sha256 = f->sha256;
    return RC_OK;
}
