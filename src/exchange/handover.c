/* Rows of hand-overs, their messages, and what was agreed. */
#include "exchange/handover.h"

#include "base/mem.h"
#include "crypto/random.h"
#include "evidence/act.h"
#include "exchange/handover_int.h"
#include "exchange/handover_sql.h"
#include "exchange/http_signature.h"

enum { SALT_BYTES = 16, ID_MAX = 64, TEXT_MAX = 500, AGREEMENTS_MAX = 64 };

/* --- life ---------------------------------------------------------------------------------------------------- */

struct handovers *
handover_open(const struct handover_config *config)
{
    struct handovers *h = mem_new(1, sizeof(*h));

    CHECK(config->vault != NULL && config->run != NULL && config->bind != NULL && config->first_us > 0 && config->factor > 0);
    h->config = *config;
    return h;
}

void
handover_use_runtime(struct handovers *h, struct runtime *runtime)
{
    h->runtime = runtime;
}

void
handover_close(struct handovers *h)
{
    mem_free(h);
}

void
handover_wake(const struct handovers *h)
{
    if (h->config.wake != NULL) {
        h->config.wake(h->config.ctx);
    }
}

void
handover_log(const struct handovers *h, const char *event, enum rc rc, const struct err *err)
{
    if (h->config.log != NULL) {
        log_failure(h->config.log, event, rc, err);
    }
}

void
handover_put_instant(const struct handovers *h, struct arena *a, struct json *j, const char *key, int64_t at_us)
{
    struct str text = at_us > 0 ? instant_text(a, at_us, h->config.offset_seconds / 60) : STR("");

    json_set(a, j, key, text.ptr != NULL ? json_text(a, text) : NULL);
}

int64_t
handover_again_us(const struct handovers *h, int64_t now_us, int64_t tries)
{
    const struct handover_config *c = &h->config;
    int64_t us = c->first_us;

    for (int64_t n = 0; n < tries && us < c->most_us; n++) {
        us = us > c->most_us / c->factor ? c->most_us : us * c->factor;
    }
    return now_us + (us < c->most_us ? us : c->most_us);
}

/* Out of the vault's keys, so that it is kept and moved with them. */
struct hash
handover_seed(const struct handovers *h)
{
    return vault_index(h->config.vault, STR("box"), STR("handover"));
}

/* --- rows ------------------------------------------------------------------------------------------------------ */

static struct str
side_name(enum handover_side side)
{
    return side == HANDOVER_SENT ? STR("sent") : STR("taken");
}

static struct str
content_place(struct arena *a, const struct handover *row)
{
    return str_fmt(a, "handover.content/%.*s/%.*s", STR_ARG(side_name(row->side)), STR_ARG(row->name));
}

enum rc
handover_query(const struct handover_from *from, const struct stmt *stmt, struct values values, row_fn rows, void *ctx, struct err *err)
{
    return from->tx != NULL ? tx_run(from->tx, stmt, values, rows, ctx, err) : store_read(from->db, stmt, values, rows, ctx, err);
}

struct reading {
    const struct handovers *h;
    struct arena *a;
    struct handover *row;
    size_t count, most;
};

static enum rc
read_content(const struct reading *r, const struct row *from, struct handover *out, struct err *err)
{
    struct str sealed, plain;
    enum rc rc;

    if ((rc = str_copy(r->a, row_blob(from, 21), &sealed, err)) != RC_OK ||
        (rc = vault_open(r->h->config.vault, r->a, content_place(r->a, out), sealed, &plain, err)) != RC_OK) {
        return rc;
    }
    return json_parse(r->a, plain, JSON_ANY, &out->content, err);
}

static enum rc
read_row(const struct row *from, void *ctx, struct err *err)
{
    struct reading *r = ctx;
    struct handover h = {.id = row_int(from, 0),
                         .side = str_eq(row_text(from, 1), STR("sent")) ? HANDOVER_SENT : HANDOVER_TAKEN,
                         .instance = row_int(from, 10),
                         .token = row_int(from, 11),
                         .is_ours = str_eq(row_text(from, 13), STR("ours")),
                         .whose_us = row_int(from, 14),
                         .given = row_int(from, 15),
                         .heard = row_int(from, 16),
                         .opened_us = row_int(from, 17),
                         .closed_us = row_int(from, 18),
                         .next_us = row_int(from, 19),
                         .tries = row_int(from, 20)};
    const struct {
        int column;
        struct str *to;
    } texts[] = {{2, &h.name},  {3, &h.peer},    {4, &h.agreement}, {5, &h.process}, {6, &h.item},
                 {7, &h.basis}, {8, &h.case_no}, {9, &h.peer_case}, {12, &h.state}};
    enum rc rc = RC_OK;

    for (size_t i = 0; rc == RC_OK && i < sizeof(texts) / sizeof(texts[0]); i++) {
        rc = row_copy_text(from, texts[i].column, r->a, texts[i].to, err);
    }
    if (rc != RC_OK || (rc = read_content(r, from, &h, err)) != RC_OK) {
        return rc;
    }
    CHECK(r->count < r->most);
    r->row[r->count++] = h;
    return RC_OK;
}

enum rc
handover_rows(const struct handovers *h, const struct handover_from *from, struct arena *a, const struct stmt *stmt, struct values values,
              size_t most, struct handover_list *out, struct err *err)
{
    struct reading r = {h, a, arena_alloc(a, most, sizeof(*r.row)), 0, most};
    enum rc rc;

    if (r.row == NULL) {
        return err_set(err, RC_LIMIT, "no room for hand-overs");
    }
    if ((rc = handover_query(from, stmt, values, read_row, &r, err)) == RC_OK) {
        *out = (struct handover_list){r.row, r.count};
    }
    return rc;
}

static enum rc
only_one(enum rc rc, const struct handover_list *list, struct handover *out, struct err *err)
{
    if (rc != RC_OK) {
        return rc;
    }
    if (list->count == 0) {
        return err_set(err, RC_NOT_FOUND, "there is no such hand-over");
    }
    *out = list->row[0];
    return RC_OK;
}

enum rc
handover_by_id(const struct handovers *h, const struct handover_from *from, struct arena *a, int64_t id, struct handover *out, struct err *err)
{
    struct handover_list list = {NULL, 0};
    enum rc rc = handover_rows(h, from, a, &HANDOVER_BY_ID, VALUES(V_INT(id)), 1, &list, err);

    return only_one(rc, &list, out, err);
}

enum rc
handover_by_name(const struct handovers *h, const struct handover_from *from, struct arena *a, enum handover_side side, struct str name,
                 struct handover *out, struct err *err)
{
    struct handover_list list = {NULL, 0};
    enum rc rc = handover_rows(h, from, a, &HANDOVER_BY_NAME, VALUES(V_TEXT(side_name(side)), V_TEXT(name)), 1, &list, err);

    return only_one(rc, &list, out, err);
}

static enum rc
seal_content(const struct handovers *h, struct arena *a, const struct handover *row, struct str *out, struct err *err)
{
    struct str text;
    enum rc rc = json_print(a, row->content, &text, err);

    return rc != RC_OK ? rc : vault_seal(h->config.vault, a, content_place(a, row), text, out, err);
}

static struct str
whose(const struct handover *row)
{
    return row->is_ours ? STR("ours") : STR("theirs");
}

enum rc
handover_add(const struct handovers *h, struct tx *tx, struct arena *a, const struct handover *row, int64_t now_us, bool *is_new, struct err *err)
{
    struct str content;
    enum rc rc = seal_content(h, a, row, &content, err);

    if (rc != RC_OK || (rc = tx_run(tx, &HANDOVER_PEER_ADD, VALUES(V_TEXT(row->peer)), NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    rc = tx_run(tx, &HANDOVER_ADD,
                VALUES(V_TEXT(side_name(row->side)), V_TEXT(row->name), V_TEXT(row->peer), V_TEXT(row->agreement), V_TEXT(row->process),
                       V_TEXT(row->item), V_TEXT(row->basis), V_TEXT(row->case_no), V_TEXT(row->peer_case), V_INT(row->instance),
                       V_INT(row->token), V_TEXT(row->state), V_TEXT(whose(row)), V_INT(now_us), V_BLOB(content)),
                NULL, NULL, err);
    if (rc == RC_OK) {
        *is_new = tx_changes(tx) > 0;
    }
    return rc;
}

enum rc
handover_set(const struct handovers *h, struct tx *tx, struct arena *a, const struct handover *row, struct err *err)
{
    struct str content;
    enum rc rc = seal_content(h, a, row, &content, err);

    return rc != RC_OK ? rc
                       : tx_run(tx, &HANDOVER_SET,
                                VALUES(V_INT(row->id), V_TEXT(row->agreement), V_TEXT(row->basis), V_TEXT(row->case_no), V_TEXT(row->peer_case),
                                       V_INT(row->instance), V_TEXT(row->state), V_TEXT(whose(row)), V_INT(row->whose_us), V_INT(row->given),
                                       V_INT(row->heard), V_INT(row->closed_us), V_INT(row->next_us), V_INT(row->tries), V_BLOB(content)),
                                NULL, NULL, err);
}

struct json *
handover_array(struct arena *a, struct json *content, const char *key)
{
    struct json *list = (struct json *)(uintptr_t)json_get(content, key); /* the row is ours */

    if (!json_is(list, JSON_ARRAY)) {
        list = json_array(a);
        json_set(a, content, key, list);
    }
    return list;
}

void
handover_time(const struct handovers *h, struct arena *a, struct handover *row, bool is_ours, int64_t at_us)
{
    struct json *since = json_object(a);

    json_set_text(a, since, "node", is_ours ? h->config.node : row->peer);
    handover_put_instant(h, a, since, "from", at_us);
    json_push(handover_array(a, row->content, "times"), since);
    row->is_ours = is_ours;
    row->whose_us = at_us;
}

void
handover_end(struct handover *row, struct str state, int64_t now_us)
{
    row->state = state;
    row->closed_us = now_us;
}

/* --- messages ---------------------------------------------------------------------------------------------------- */

struct str
handover_place(struct arena *a, int64_t handover, const char *way, int64_t number)
{
    return str_fmt(a, "handover_message.body/%lld/%s/%lld", (long long)handover, way, (long long)number);
}

enum rc
handover_say(const struct handovers *h, struct tx *tx, struct arena *a, struct handover *row, struct json *what, int64_t now_us, struct err *err)
{
    struct str body, sealed, salt = random_token(a, SALT_BYTES);
    enum rc rc;

    if (salt.ptr == NULL) {
        return err_set(err, RC_LIMIT, "no room for a message");
    }
    row->given++;
    json_set_text(a, what, "handover", row->name);
    json_set_int(a, what, "number", row->given);
    handover_put_instant(h, a, what, "at", now_us);
    json_set_text(a, what, "salt", salt);
    if ((rc = json_print(a, what, &body, err)) != RC_OK) {
        return rc;
    }
    if (body.len > HANDOVER_BODY_MAX) {
        return err_set(err, RC_LIMIT, "a message of %zu bytes; at most %d are taken", body.len, HANDOVER_BODY_MAX);
    }
    if ((rc = vault_seal(h->config.vault, a, handover_place(a, row->id, "out", row->given), body, &sealed, err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &HANDOVER_MESSAGE_ADD,
                  VALUES(V_INT(row->id), V_TEXT(STR("out")), V_INT(row->given), V_TEXT(json_str(what, "kind")), V_TEXT(row->peer),
                         V_TEXT(content_digest(a, body)), V_BLOB(sealed), V_INT(now_us)),
                  NULL, NULL, err);
}

struct found_message {
    struct arena *a;
    struct handover_message m;
    struct str sealed;
    bool is_there;
};

static enum rc
read_message(const struct row *from, void *ctx, struct err *err)
{
    struct found_message *f = ctx;
    struct handover_message *m = &f->m;
    enum rc rc;

    *m = (struct handover_message){.id = row_int(from, 0),
                                   .handover = row_int(from, 1),
                                   .is_out = str_eq(row_text(from, 2), STR("out")),
                                   .number = row_int(from, 3),
                                   .tries = row_int(from, 9)};
    if ((rc = row_copy_text(from, 4, f->a, &m->kind, err)) != RC_OK || (rc = row_copy_text(from, 5, f->a, &m->peer, err)) != RC_OK ||
        (rc = row_copy_text(from, 6, f->a, &m->digest, err)) != RC_OK ||
        (rc = str_copy(f->a, row_blob(from, 7), &f->sealed, err)) != RC_OK || (rc = row_copy_text(from, 8, f->a, &m->state, err)) != RC_OK) {
        return rc;
    }
    f->is_there = true;
    return RC_OK;
}

enum rc
handover_message_by_id(const struct handovers *h, const struct handover_from *from, struct arena *a, int64_t id, struct handover_message *out,
                       struct err *err)
{
    struct found_message f = {.a = a, .is_there = false};
    enum rc rc = handover_query(from, &HANDOVER_MESSAGE_BY_ID, VALUES(V_INT(id)), read_message, &f, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (!f.is_there) {
        return err_set(err, RC_NOT_FOUND, "there is no such message");
    }
    f.m.body = STR("");
    if (f.sealed.len > 0 && (rc = vault_open(h->config.vault, a, handover_place(a, f.m.handover, f.m.is_out ? "out" : "in", f.m.number),
                                             f.sealed, &f.m.body, err)) != RC_OK) {
        return rc;
    }
    *out = f.m;
    return RC_OK;
}

struct ids {
    int64_t *to;
    size_t most, count;
};

static enum rc
id_row(const struct row *row, void *ctx, struct err *err)
{
    struct ids *ids = ctx;

    (void)err;
    CHECK(ids->count < ids->most);
    ids->to[ids->count++] = row_int(row, 0);
    return RC_OK;
}

enum rc
handover_ids(const struct db *db, const struct stmt *stmt, struct values values, int64_t *out, size_t most, size_t *count, struct err *err)
{
    struct ids ids = {out, most, 0};
    enum rc rc = store_read(db, stmt, values, id_row, &ids, err);

    if (rc == RC_OK) {
        *count = ids.count;
    }
    return rc;
}

/* --- what was agreed ------------------------------------------------------------------------------------------------ */

bool
handover_names(const struct json *list, struct str name)
{
    for (const struct json *n = json_is(list, JSON_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        if (str_eq(n->text, name)) {
            return true;
        }
    }
    return false;
}

static bool
is_list_of_names(const struct json *list)
{
    for (const struct json *n = json_is(list, JSON_ARRAY) ? list->first : NULL; n != NULL; n = n->next) {
        if (!json_is(n, JSON_STRING)) {
            return false;
        }
    }
    return json_is(list, JSON_ARRAY);
}

static enum rc
check_agreement(const struct json *d, struct err *err)
{
    static const char *const texts[] = {"id", "sender", "receiver", "process", "item", "basis", "mode", "state"};
    struct str state = json_str(d, "state"), mode = json_str(d, "mode");
    int64_t from_us, until_us;
    enum rc rc;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (json_str(d, texts[i]).len == 0 || json_str(d, texts[i]).len > TEXT_MAX) {
            return err_set(err, RC_INVALID, "agreement: %s is missing or too long", texts[i]);
        }
    }
    if ((rc = instant_parse(json_str(d, "from"), &from_us, err)) != RC_OK || (rc = instant_parse(json_str(d, "until"), &until_us, err)) != RC_OK) {
        return rc;
    }
    if (json_str(d, "id").len > ID_MAX || from_us >= until_us ||
        (!str_eq(state, STR("in-use")) && !str_eq(state, STR("suspended")) && !str_eq(state, STR("terminated"))) ||
        (!str_eq(mode, STR("online")) && !str_eq(mode, STR("counter")) && !str_eq(mode, STR("joint")))) {
        return err_set(err, RC_INVALID, "agreement: id, window, state or mode");
    }
    if (!is_list_of_names(json_get(d, "takes")) || !is_list_of_names(json_get(d, "gives")) ||
        (json_get(d, "fields") != NULL && !is_list_of_names(json_get(d, "fields"))) ||
        (json_get(d, "sets") != NULL && !json_is(json_get(d, "sets"), JSON_OBJECT))) {
        return err_set(err, RC_INVALID, "agreement: takes, gives, fields or sets");
    }
    return RC_OK;
}

struct documents {
    struct arena *a;
    struct json *found[AGREEMENTS_MAX];
    size_t count;
};

static enum rc
document_row(const struct row *row, void *ctx, struct err *err)
{
    struct documents *d = ctx;
    struct str text;
    enum rc rc;

    if (d->count == AGREEMENTS_MAX) {
        return RC_OK;
    }
    if ((rc = row_copy_text(row, 0, d->a, &text, err)) != RC_OK) {
        return rc;
    }
    rc = json_parse(d->a, text, JSON_UNIQUE, &d->found[d->count], err);
    d->count += rc == RC_OK ? 1 : 0;
    return rc;
}

enum rc
handover_agreement(const struct handover_from *from, struct arena *a, struct str id, struct json **out, struct err *err)
{
    struct documents d = {.a = a};
    enum rc rc = handover_query(from, &HANDOVER_AGREEMENT, VALUES(V_TEXT(id)), document_row, &d, err);

    if (rc != RC_OK) {
        return rc;
    }
    if (d.count == 0) {
        return err_problem(err, RC_DENIED, "handover-not-agreed", "there is no agreement %.*s", STR_ARG(id));
    }
    *out = d.found[0];
    return RC_OK;
}

enum rc
handover_agree(struct tx *tx, struct arena *a, const struct json *agreement, int64_t now_us, struct err *err)
{
    const struct handover_from in = {.tx = tx};
    struct documents before = {.a = a};
    struct json *detail = json_object(a);
    const struct act act = {.kind = ACT_GRANT, .at_us = now_us, .actor = STR("system"), .resource = json_str(agreement, "process"),
                            .detail = detail};
    struct act_ref ref;
    struct str text;
    enum rc rc;

    if ((rc = check_agreement(agreement, err)) != RC_OK ||
        (rc = handover_query(&in, &HANDOVER_AGREEMENT, VALUES(V_TEXT(json_str(agreement, "id"))), document_row, &before, err)) != RC_OK ||
        (before.count > 0 && json_equal(before.found[0], agreement)) || (rc = json_canonical(a, agreement, &text, err)) != RC_OK ||
        (rc = tx_run(tx, &HANDOVER_AGREEMENT_PUT,
                     VALUES(V_TEXT(json_str(agreement, "id")), V_TEXT(json_str(agreement, "sender")), V_TEXT(json_str(agreement, "receiver")),
                            V_TEXT(json_str(agreement, "process")), V_INT(now_us), V_TEXT(text)),
                     NULL, NULL, err)) != RC_OK) {
        return rc;
    }
    json_set(a, detail, "agreement", json_copy(a, agreement));
    return (rc = json_whole(detail, err)) != RC_OK ? rc : act_add(tx, a, &act, &ref, err);
}

static enum rc
not_agreed(const char *what, struct err *err)
{
    return err_problem(err, RC_DENIED, "handover-not-agreed", "the agreement %s", what);
}

enum rc
handover_agreed(const struct json *d, const struct handover_terms *t, struct err *err)
{
    struct str item = json_str(d, "item");
    int64_t from_us, until_us;
    enum rc rc;

    if (!str_eq(json_str(d, "sender"), t->sender) || !str_eq(json_str(d, "receiver"), t->receiver) ||
        !str_eq(json_str(d, "process"), t->process)) {
        return not_agreed("is between others, or of another process", err);
    }
    if ((rc = instant_parse(json_str(d, "from"), &from_us, err)) != RC_OK || (rc = instant_parse(json_str(d, "until"), &until_us, err)) != RC_OK) {
        return rc;
    }
    if (!str_eq(json_str(d, "state"), STR("in-use")) || t->now_us < from_us || t->now_us >= until_us) {
        return not_agreed("is not in use", err);
    }
    if ((!str_eq(item, STR("*")) && !str_eq(item, t->item)) || (t->basis.len > 0 && !str_eq(json_str(d, "basis"), t->basis))) {
        return err_problem(err, RC_DENIED, "purpose-not-covered", "the agreement is for another item or basis");
    }
    for (const struct json *v = json_is(t->variables, JSON_OBJECT) ? t->variables->first : NULL; v != NULL; v = v->next) {
        if (!handover_names(json_get(d, "takes"), v->key)) {
            return err_problem(err, RC_DENIED, "field-not-granted", "the agreement does not hand over %.*s", STR_ARG(v->key));
        }
    }
    return RC_OK;
}

enum rc
handover_find_agreement(const struct handover_from *from, struct arena *a, const struct handover_terms *terms, struct json **out, struct err *err)
{
    struct documents d = {.a = a};
    enum rc rc = handover_query(from, &HANDOVER_AGREEMENTS, VALUES(V_TEXT(terms->sender), V_TEXT(terms->receiver), V_TEXT(terms->process)),
                                document_row, &d, err);

    if (rc == RC_OK && d.count == 0) {
        return not_agreed("is missing", err);
    }
    for (size_t i = 0; rc == RC_OK && i < d.count; i++) {
        if ((rc = handover_agreed(d.found[i], terms, err)) == RC_OK) {
            *out = d.found[i];
            return RC_OK;
        }
        rc = rc == RC_DENIED && i + 1 < d.count ? RC_OK : rc;
    }
    return rc;
}
