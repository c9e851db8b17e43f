/*
 * Messages and signals between instances.
 *
 * A message is a row from the moment it arrives: whoever listens takes it in the same transaction; otherwise it waits, and the command
 * by which somebody begins to listen puts a line into the outbox.  So either order comes to the same, and each message is taken
 * once.  What a process throws goes through the outbox as well: an instance is never changed by the command of another.
 *
 * A signal is for all who listened when it was thrown, one transaction for a few of them at a time; the outbox remembers how far it has come.
 */
#include "process/message_int.h"
#include "process/opening.h"
#include "process/runtime_int.h"
#include "process/runtime_sql.h"

enum { WAITING_AT_ONCE = 100, LISTENERS_TRIED = 8, OUTBOX_AT_ONCE = 20 };
#define SIGNAL_ID "signal:"
static const int64_t pause_us = 60000000; /* before what failed is tried again */

static struct str
message_place(struct arena *a, struct str id)
{
    return str_fmt(a, "process_message.content/%.*s", STR_ARG(id));
}

static struct str
outbox_place(struct arena *a, struct str id)
{
    return str_fmt(a, "process_outbox.content/%.*s", STR_ARG(id));
}

/* Variables as they are sealed: none is null. */
static enum rc
seal_variables(const struct runtime *r, struct arena *a, struct str place, const struct json *variables, struct param *out,
               struct err *err)
{
    const struct json none = {.kind = JSON_NULL};

    return runtime_seal(r, a, place, variables != NULL ? variables : &none, out, err);
}

static enum rc
unseal_variables(const struct runtime *r, struct arena *a, struct str place, struct str sealed, const struct json **out,
                 struct err *err)
{
    struct json *j = NULL;
    enum rc rc = runtime_unseal(r, a, place, sealed, &j, err);

    if (rc == RC_OK) {
        *out = json_is(j, JSON_NULL) ? NULL : j;
    }
    return rc;
}

/* --- into the outbox ------------------------------------------------------------------------------------------ */

static enum rc
throw_one(struct doing *d, size_t n, struct err *err)
{
    const struct effect *e = &d->o.effect[n];
    const struct instance *i = &d->l.i;
    struct str id = str_fmt(d->a, "%lld.%lld.%zu", (long long)i->id, (long long)i->revision, n);
    struct param content;
    enum rc rc = seal_variables(d->r, d->a, outbox_place(d->a, id), e->variables, &content, err);

    return rc != RC_OK ? rc
                       : tx_post(d->tx, &PROCESS_OUTBOX_ADD,
                                 VALUES(V_TEXT(id), V_TEXT(e->kind == EFFECT_SIGNAL ? STR("signal") : STR("message")), V_TEXT(e->name),
                                        V_TEXT(e->key), content, V_INT(i->id), V_INT(d->q->now_us)),
                                 err);
}

struct ids {
    struct arena *a;
    size_t count;
    struct str id[WAITING_AT_ONCE];
};

static enum rc
id_row(const struct row *row, void *ctx, struct err *err)
{
    struct ids *ids = ctx;

    CHECK(ids->count < WAITING_AT_ONCE);
    return row_copy_text(row, 0, ids->a, &ids->id[ids->count++], err);
}

/* Messages that came before anybody listened.  The line names the message; one that is there already will do. */
static enum rc
call_waiting(struct doing *d, struct str name, struct str key, size_t most, struct err *err)
{
    struct ids ids = {.a = d->a};
    enum rc rc = tx_run(d->tx, &PROCESS_MESSAGES_WAITING,
                        VALUES(V_TEXT(name), V_TEXT(key), V_INT(d->q->now_us),
                               V_INT((int64_t)(most < WAITING_AT_ONCE ? most : WAITING_AT_ONCE))),
                        id_row, &ids, err);

    for (size_t n = 0; rc == RC_OK && n < ids.count; n++) {
        struct str id = str_fmt(d->a, "m:%.*s", STR_ARG(ids.id[n]));
        struct param content;
        due_at(&d->due_us, d->q->now_us);
        rc = seal_variables(d->r, d->a, outbox_place(d->a, id), NULL, &content, err);
        rc = rc != RC_OK ? rc
                         : tx_post(d->tx, &PROCESS_OUTBOX_ADD,
                                   VALUES(V_TEXT(id), V_TEXT(STR("message")), V_TEXT(name), V_TEXT(key), content, V_INT(0),
                                          V_INT(d->q->now_us)),
                                   err);
    }
    return rc;
}

enum rc
tell_others(struct doing *d, struct err *err)
{
    const struct instance *i = &d->l.i;
    bool wakes = i->state == INSTANCE_RUNNING && d->l.state == INSTANCE_SUSPENDED;
    size_t listening = 0;
    enum rc rc = RC_OK;

    for (size_t n = 0; rc == RC_OK && n < d->o.effects; n++) {
        due_at(&d->due_us, d->q->now_us);
        rc = throw_one(d, n, err);
    }
    for (size_t n = 0; n < i->tokens; n++) {
        listening += i->token[n].kind == TOKEN_MESSAGE;
    }
    for (size_t n = 0; rc == RC_OK && n < i->tokens; n++) {
        const struct token *t = &i->token[n];
        bool begins = t->change == ROW_NEW || t->change == ROW_CHANGED || (wakes && t->change == ROW_KEPT);
        if (t->kind == TOKEN_MESSAGE && begins) {
            rc = call_waiting(d, t->name, t->key, listening, err);
        }
    }
    return rc;
}

/* --- to whoever listens --------------------------------------------------------------------------------------- */

struct parcel {
    struct runtime *r;
    struct arena *a;
    struct str id, name, key;
    const struct json *variables;
    int64_t at_us, ttl_us;
    struct str actor;
    int64_t now_us;
    bool is_known;
    struct str outbox; /* line that is done with it; "" */
    struct hash request;
    struct param content;
    struct str stored_request;
    int64_t expires_us, instance, due_us;
    runtime_witness witness; /* or NULL */
    void *witness_ctx;
    struct opening_ready *ready; /* which processes it may begin; or NULL */
    bool begins_nothing; /* what it began was refused: it waits as others do */
    struct target failed; /* the listener at which the transaction failed, or whose model is not in memory; instance 0: none */
};

struct listeners {
    size_t count;
    struct target target[LISTENERS_TRIED];
};

static enum rc
listener_row(const struct row *row, void *ctx, struct err *err)
{
    struct listeners *l = ctx;

    (void)err;
    l->target[l->count++] = (struct target){.instance = row_int(row, 0), .token = row_int(row, 1), .attempt = row_int(row, 2)};
    return RC_OK;
}

/* One who cannot take it: either it is gone, or something is wrong with its instance, and then that is an incident there. */
static enum rc
pass_over(struct tx *tx, struct parcel *p, struct target *t, enum rc rc, struct err *err)
{
    const struct batch b = {.r = p->r, .kind = COMMAND_MESSAGE, .actor = p->actor, .now_us = p->now_us};

    if (rc == RC_NOT_FOUND || rc == RC_CONFLICT) {
        return RC_OK;
    }
    target_give_up(t, err);
    return target_spoil(tx, p->a, &b, t, err);
}

static enum rc
give_to(struct tx *tx, struct parcel *p, struct target *t, struct err *err)
{
    const struct command c = {.kind = COMMAND_MESSAGE, .token = t->token, .attempt = t->attempt, .name = p->name, .key = p->key,
                              .variables = p->variables};
    const struct runtime_request q = {.instance = t->instance, .command = &c, .actor = p->actor, .now_us = p->now_us};
    struct runtime_result done;
    bool is_clean = true;
    enum rc rc = command_tx(p->r, tx, p->a, &q, &done, &is_clean, err);

    if (rc == RC_OK) {
        p->instance = t->instance;
        p->due_us = done.due_us;
        return tx_run(tx, &PROCESS_MESSAGE_TAKEN, VALUES(V_TEXT(p->id), V_INT(t->instance)), NULL, NULL, err);
    }
    if (is_clean && !rc_is_passing(rc)) {
        return pass_over(tx, p, t, rc, err);
    }
    p->failed = *t;
    return rc;
}

/* The first who takes it; p->instance stays 0 if nobody does. */
static enum rc
correlate(struct tx *tx, struct parcel *p, struct err *err)
{
    struct listeners all = {.count = 0};
    enum rc rc = tx_run(tx, &PROCESS_LISTENERS, VALUES(V_TEXT(p->name), V_TEXT(p->key), V_INT(LISTENERS_TRIED)), listener_row, &all,
                        err);

    for (size_t n = 0; rc == RC_OK && n < all.count && p->instance == 0; n++) {
        rc = give_to(tx, p, &all.target[n], err);
    }
    return rc;
}

static struct opening
opening_of(const struct parcel *p)
{
    return (struct opening){.kind = OPENING_MESSAGE, .name = p->name, .key = p->key, .id = p->id, .variables = p->variables, .actor = p->actor,
                            .at_us = p->now_us, .now_us = p->now_us};
}

/* To whoever waits for it; else it may begin a case. */
static enum rc
correlate_or_begin(struct tx *tx, struct parcel *p, struct err *err)
{
    struct opening said = opening_of(p);
    enum rc rc = correlate(tx, p, err);

    if (rc != RC_OK || p->instance != 0 || p->r->openings == NULL || p->begins_nothing) {
        return rc;
    }
    rc = opening_message_tx(p->r->openings, tx, p->a, &said, p->ready, &p->instance, &p->due_us, err);
    return rc != RC_OK || p->instance == 0 ? rc
                                           : tx_run(tx, &PROCESS_MESSAGE_TAKEN, VALUES(V_TEXT(p->id), V_INT(p->instance)), NULL, NULL, err);
}

static enum rc
known_row(const struct row *row, void *ctx, struct err *err)
{
    struct parcel *p = ctx;
    enum rc rc;

    p->is_known = true;
    p->expires_us = row_int(row, 5);
    p->instance = row_int(row, 6);
    if ((rc = row_copy_text(row, 0, p->a, &p->name, err)) != RC_OK || (rc = row_copy_text(row, 1, p->a, &p->key, err)) != RC_OK ||
        (rc = str_copy(p->a, row_blob(row, 2), &p->stored_request, err)) != RC_OK) {
        return rc;
    }
    return unseal_variables(p->r, p->a, message_place(p->a, p->id), row_blob(row, 3), &p->variables, err);
}

static enum rc
post(struct tx *tx, struct parcel *p, struct err *err)
{
    int64_t expires_us = p->at_us + p->ttl_us, keep_us = p->now_us + p->r->config.message_keep_us;
    enum rc rc = tx_run(tx, &PROCESS_MESSAGE_ADD,
                        VALUES(V_TEXT(p->id), V_TEXT(p->name), V_TEXT(p->key), V_BLOB(hash_str(&p->request)), p->content,
                               V_INT(p->at_us), V_INT(expires_us), V_INT(keep_us > expires_us ? keep_us : expires_us)),
                        NULL, NULL, err);

    if (rc != RC_OK || tx_changes(tx) == 1) {
        return rc != RC_OK ? rc : correlate_or_begin(tx, p, err);
    }
    return tx_run(tx, &PROCESS_MESSAGE_BY_ID, VALUES(V_TEXT(p->id)), known_row, p, err);
}

/* Its content sealed for the row of the message, and what makes two of them the same. */
static enum rc
pack(struct parcel *p, struct err *err)
{
    struct json *whole = json_array(p->a);
    struct str text;
    enum rc rc;

    json_push(whole, json_text(p->a, p->name));
    json_push(whole, json_text(p->a, p->key));
    json_push(whole, p->variables != NULL ? json_copy(p->a, p->variables) : json_null(p->a));
    if ((rc = json_print(p->a, whole, &text, err)) != RC_OK) {
        return rc;
    }
    p->request = hash_sha256(text);
    return seal_variables(p->r, p->a, message_place(p->a, p->id), p->variables, &p->content, err);
}

/* As often as models of listeners, and of what it may begin, have to be read first. */
static enum rc
write_warm(const struct db *db, tx_fn fn, struct parcel *p, struct err *err)
{
    enum rc rc = store_write(db, fn, p, err);

    for (int n = 0; n < LISTENERS_TRIED && (runtime_is_cold(rc, err) || opening_is_cold(rc, err)); n++) {
        struct opening said = opening_of(p);
        rc = opening_is_cold(rc, err) ? opening_get_ready(p->r->openings, db, p->a, &said, &p->ready, err)
                                      : runtime_warm_instance(p->r, db, p->a, p->failed.instance, err);
        rc = rc == RC_OK ? store_write(db, fn, p, err) : rc;
    }
    return rc;
}

struct case_found {
    struct arena *a;
    struct str no;
};

static enum rc
case_row(const struct row *row, void *ctx, struct err *err)
{
    struct case_found *f = ctx;

    return row_copy_text(row, 0, f->a, &f->no, err);
}

static enum rc
some_row(const struct row *row, void *ctx, struct err *err)
{
    (void)row, (void)err;
    *(bool *)ctx = true;
    return RC_OK;
}

/* It is about the case that took it; else its key, where that is the number of a case, says which it is about. */
static enum rc
bear_witness(struct tx *tx, struct parcel *p, struct err *err)
{
    struct case_found f = {p->a, STR("")};
    bool is_case = false;
    enum rc rc = RC_OK;

    if (p->witness == NULL || p->is_known) {
        return RC_OK;
    }
    if (p->instance > 0) {
        rc = tx_run(tx, &PROCESS_CASE_OF, VALUES(V_INT(p->instance)), case_row, &f, err);
    } else if (p->key.len > 0) {
        rc = tx_run(tx, &PROCESS_OF_KEY, VALUES(V_TEXT(p->key), V_INT(1)), some_row, &is_case, err);
        f.no = is_case ? p->key : f.no;
    }
    const struct runtime_told told = {.case_no = f.no, .instance = p->instance > 0 ? p->instance : 0};
    return rc != RC_OK ? rc : p->witness(tx, p->a, &told, p->witness_ctx, err);
}

static enum rc
message_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct parcel *p = ctx;

    p->instance = 0;
    p->is_known = false;
    p->due_us = INT64_MAX;
    p->failed = (struct target){.instance = 0};
    enum rc rc = post(tx, p, err);
    return rc != RC_OK ? rc : bear_witness(tx, p, err);
}

enum rc
runtime_message(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_message *m, struct runtime_delivery *out,
                struct err *err)
{
    struct parcel p = {.r = r, .a = a, .id = m->id, .name = m->name, .key = m->key, .variables = m->variables, .at_us = m->now_us,
                       .ttl_us = m->ttl_us, .actor = m->actor, .now_us = m->now_us, .witness = m->witness, .witness_ctx = m->witness_ctx};
    enum rc rc;

    if (m->id.len == 0 || m->id.len > RUNTIME_KEY_MAX || m->key.len > RUNTIME_KEY_MAX || str_starts(m->id, STR("m:")) ||
        str_starts(m->id, STR(SIGNAL_ID)) || m->ttl_us < 0) {
        return err_set(err, RC_INVALID, "a message has an id of its own and a key, each of up to %d bytes", RUNTIME_KEY_MAX);
    }
    if ((rc = engine_variables_check(m->variables, err)) != RC_OK || (rc = pack(&p, err)) != RC_OK || (rc = write_warm(db, message_tx, &p, err)) != RC_OK) {
        return rc;
    }
    if (p.is_known && !str_eq(p.stored_request, hash_str(&p.request))) {
        return err_problem(err, RC_CONFLICT, "key-used", "this id was used for another message");
    }
    runtime_nudge(r, p.due_us);
    *out = (struct runtime_delivery){p.is_known, p.instance};
    return RC_OK;
}

/* --- by hand ---------------------------------------------------------------------------------------------------- */

struct once_more {
    struct parcel p;
    const struct message_again *m;
};

static enum rc
again_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct once_more *o = ctx;
    struct parcel *p = &o->p;
    int64_t until_us = o->m->now_us + o->m->ttl_us;
    enum rc rc;

    *p = (struct parcel){.r = p->r, .a = p->a, .id = o->m->id, .ready = p->ready, .actor = o->m->actor, .now_us = o->m->now_us, .due_us = INT64_MAX};
    if ((rc = tx_run(tx, &PROCESS_MESSAGE_BY_ID, VALUES(V_TEXT(p->id)), known_row, p, err)) != RC_OK) {
        return rc;
    }
    if (!p->is_known || p->instance != 0) {
        return err_problem(err, RC_NOT_FOUND, "no-such-message", "no message of this id waits for anybody");
    }
    p->key = o->m->key.len > 0 ? o->m->key : p->key;
    rc = tx_run(tx, &PROCESS_MESSAGE_AGAIN, VALUES(V_TEXT(p->id), V_TEXT(p->key), V_INT(until_us)), NULL, NULL, err);
    rc = rc != RC_OK ? rc : correlate_or_begin(tx, p, err);
    return rc != RC_OK ? rc : o->m->then(tx, p->name, p->instance, o->m->ctx, err);
}

enum rc
message_again(struct runtime *r, const struct db *db, struct arena *a, const struct message_again *m, struct runtime_delivery *out,
              struct err *err)
{
    struct once_more o = {.p = {.r = r, .a = a}, .m = m};
    enum rc rc;

    if (m->key.len > RUNTIME_KEY_MAX || m->ttl_us < 0) {
        return err_set(err, RC_INVALID, "a key has up to %d bytes", RUNTIME_KEY_MAX);
    }
    rc = store_write(db, again_tx, &o, err);
    for (int n = 0; n < LISTENERS_TRIED && runtime_is_cold(rc, err); n++) {
        if ((rc = runtime_warm_instance(r, db, a, o.p.failed.instance, err)) == RC_OK) {
            rc = store_write(db, again_tx, &o, err);
        }
    }
    if (rc == RC_OK) {
        runtime_nudge(r, o.p.due_us);
        *out = (struct runtime_delivery){false, o.p.instance};
    }
    return rc;
}

/* --- signals from outside ------------------------------------------------------------------------------------------ */

/* The row of the message remembers the id; the line of the outbox tells those who listen. */
static enum rc
signal_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct parcel *p = ctx;
    struct param content;
    enum rc rc;

    p->is_known = false;
    rc = tx_run(tx, &PROCESS_MESSAGE_ADD,
                VALUES(V_TEXT(p->id), V_TEXT(p->name), V_TEXT(STR("")), V_BLOB(hash_str(&p->request)), p->content, V_INT(p->at_us),
                       V_INT(p->at_us), V_INT(p->now_us + p->r->config.message_keep_us)),
                NULL, NULL, err);
    if (rc != RC_OK || tx_changes(tx) == 0) {
        return rc != RC_OK ? rc : tx_run(tx, &PROCESS_MESSAGE_BY_ID, VALUES(V_TEXT(p->id)), known_row, p, err);
    }
    if ((rc = tx_run(tx, &PROCESS_MESSAGE_TAKEN, VALUES(V_TEXT(p->id), V_INT(RUNTIME_NOBODY)), NULL, NULL, err)) != RC_OK ||
        (rc = seal_variables(p->r, p->a, outbox_place(p->a, p->id), p->variables, &content, err)) != RC_OK) {
        return rc;
    }
    rc = tx_run(tx, &PROCESS_OUTBOX_ADD,
                VALUES(V_TEXT(p->id), V_TEXT(STR("signal")), V_TEXT(p->name), V_TEXT(STR("")), content, V_INT(0), V_INT(p->at_us)), NULL,
                NULL, err);
    return rc != RC_OK ? rc : bear_witness(tx, p, err);
}

enum rc
runtime_signal(struct runtime *r, const struct db *db, struct arena *a, const struct runtime_message *m, struct runtime_delivery *out,
               struct err *err)
{
    struct parcel p = {.r = r, .a = a, .id = str_fmt(a, SIGNAL_ID "%.*s", STR_ARG(m->id)), .name = m->name, .key = STR(""),
                       .variables = m->variables, .at_us = m->now_us, .actor = m->actor, .now_us = m->now_us, .witness = m->witness,
                       .witness_ctx = m->witness_ctx};
    enum rc rc;

    if (m->id.len == 0 || m->id.len > RUNTIME_KEY_MAX || m->name.len == 0) {
        return err_set(err, RC_INVALID, "a signal has a name, and an id of its own of up to %d bytes", RUNTIME_KEY_MAX);
    }
    if ((rc = pack(&p, err)) != RC_OK || (rc = store_write(db, signal_tx, &p, err)) != RC_OK) {
        return rc;
    }
    if (p.is_known && !str_eq(p.stored_request, hash_str(&p.request))) {
        return err_problem(err, RC_CONFLICT, "key-used", "this id was used for another signal");
    }
    runtime_nudge(r, m->now_us);
    *out = (struct runtime_delivery){p.is_known, RUNTIME_NOBODY};
    return RC_OK;
}

/* --- out of the outbox ------------------------------------------------------------------------------------------ */

struct line {
    struct str id, kind, name, key, content;
    int64_t instance, at_us, cursor;
};

struct lines {
    struct arena *a;
    size_t count;
    struct line line[OUTBOX_AT_ONCE];
};

static enum rc
line_row(const struct row *row, void *ctx, struct err *err)
{
    struct lines *all = ctx;
    struct line *l = &all->line[all->count++];
    enum rc rc;

    l->instance = row_int(row, 5);
    l->at_us = row_int(row, 6);
    l->cursor = row_int(row, 7);
    if ((rc = row_copy_text(row, 0, all->a, &l->id, err)) != RC_OK || (rc = row_copy_text(row, 1, all->a, &l->kind, err)) != RC_OK ||
        (rc = row_copy_text(row, 2, all->a, &l->name, err)) != RC_OK || (rc = row_copy_text(row, 3, all->a, &l->key, err)) != RC_OK) {
        return rc;
    }
    return str_copy(all->a, row_blob(row, 4), &l->content, err);
}

static enum rc
drop_line(struct tx *tx, struct str id, struct err *err)
{
    return tx_run(tx, &PROCESS_OUTBOX_DROP, VALUES(V_TEXT(id)), NULL, NULL, err);
}

/* A message that a process threw. */
static enum rc
thrown_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct parcel *p = ctx;
    enum rc rc = message_tx(tx, p, err);

    return rc != RC_OK ? rc : drop_line(tx, p->outbox, err);
}

/* One that has waited, if it still does. */
static enum rc
waiting_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct parcel *p = ctx;
    enum rc rc;

    p->is_known = false;
    p->instance = 0;
    p->failed = (struct target){.instance = 0};
    rc = tx_run(tx, &PROCESS_MESSAGE_BY_ID, VALUES(V_TEXT(p->id)), known_row, p, err);
    if (rc == RC_OK && p->is_known && p->instance == 0 && p->expires_us > p->now_us) {
        rc = correlate(tx, p, err);
    }
    return rc != RC_OK ? rc : drop_line(tx, p->outbox, err);
}

/* If it fails with one who listens, that one is the incident, and the message is for the next. */
static enum rc
deliver(const struct db *db, tx_fn fn, struct parcel *p, struct err *err)
{
    struct batch b = {.r = p->r, .kind = COMMAND_MESSAGE, .actor = p->actor, .now_us = p->now_us, .target = &p->failed, .count = 1};
    enum rc rc = write_warm(db, fn, p, err);

    for (int n = 0; n < LISTENERS_TRIED && rc != RC_OK && !rc_is_passing(rc) && p->failed.instance != 0; n++) {
        target_give_up(&p->failed, err);
        if ((rc = batch_run(db, &b, err)) == RC_OK) {
            rc = write_warm(db, fn, p, err);
        }
    }
    return rc;
}

static enum rc
send_message(struct runtime *r, const struct db *db, struct arena *a, const struct line *l, int64_t now_us, struct err *err)
{
    struct parcel p = {.r = r, .a = a, .id = l->id, .name = l->name, .key = l->key, .at_us = l->at_us,
                       .ttl_us = r->config.message_ttl_us, .actor = STR("system"), .now_us = now_us, .outbox = l->id};
    enum rc rc;

    if (str_starts(l->id, STR("m:"))) {
        p.id = str_from(l->id, 2);
        return deliver(db, waiting_tx, &p, err);
    }
    if ((rc = unseal_variables(r, a, outbox_place(a, l->id), l->content, &p.variables, err)) != RC_OK || (rc = pack(&p, err)) != RC_OK) {
        return rc;
    }
    if ((rc = deliver(db, thrown_tx, &p, err)) != RC_OK && !rc_is_passing(rc)) { /* what it would have begun was refused */
        p.begins_nothing = true;
        rc = deliver(db, thrown_tx, &p, err);
    }
    return rc;
}

struct signalled {
    const struct line *line;
    struct target target[BATCH_AT_ONCE];
    size_t rows, count;
    int64_t last;
};

/* One command does for all tokens of an instance that listen. */
static enum rc
signalled_row(const struct row *row, void *ctx, struct err *err)
{
    struct signalled *s = ctx;
    int64_t instance = row_int(row, 0);

    (void)err;
    s->rows++;
    if (instance != s->last) {
        s->target[s->count++] = (struct target){.instance = instance, .token = row_int(row, 1), .attempt = row_int(row, 2)};
    }
    s->last = instance;
    return RC_OK;
}

/* How far the signal has come: to the last of those who were told. */
static enum rc
move_cursor(struct tx *tx, const struct batch *b, struct err *err)
{
    const struct signalled *s = b->ctx;

    if (b->count == 0) {
        return drop_line(tx, s->line->id, err);
    }
    return tx_run(tx, &PROCESS_OUTBOX_CURSOR, VALUES(V_TEXT(s->line->id), V_INT(b->target[b->count - 1].instance)), NULL, NULL, err);
}

/* Cases that it begins, when all who listened have been told. */
static enum rc
begin_by_signal(struct runtime *r, const struct db *db, struct arena *a, const struct line *l, const struct json *variables, int64_t now_us,
                struct err *err)
{
    const struct opening said = {.kind = OPENING_SIGNAL, .name = l->name, .key = STR(""), .id = l->id, .variables = variables,
                                 .actor = STR("system"), .at_us = l->at_us, .now_us = now_us};

    return r->openings == NULL ? RC_OK : opening_signal(r->openings, db, a, &said, err);
}

/* A few of those who listen; the line goes when there is nobody left. */
static enum rc
send_signal(struct runtime *r, const struct db *db, struct arena *a, const struct line *l, int64_t now_us, struct err *err)
{
    struct signalled s = {.line = l};
    struct batch b = {.r = r, .kind = COMMAND_SIGNAL, .name = l->name, .actor = STR("system"), .now_us = now_us, .then = move_cursor,
                      .ctx = &s};
    enum rc rc = unseal_variables(r, a, outbox_place(a, l->id), l->content, &b.variables, err);

    if (rc != RC_OK ||
        (rc = store_read(db, &PROCESS_SIGNAL_LISTENERS,
                         VALUES(V_TEXT(l->name), V_INT(l->cursor), V_INT(l->instance), V_INT(l->at_us), V_INT(BATCH_AT_ONCE)),
                         signalled_row, &s, err)) != RC_OK) {
        return rc;
    }
    if (s.count == 0 && (rc = begin_by_signal(r, db, a, l, b.variables, now_us, err)) != RC_OK) {
        return rc;
    }
    b.target = s.target;
    b.count = s.count;
    return batch_run(db, &b, err);
}

static enum rc
later_tx(struct tx *tx, void *ctx, struct err *err)
{
    const struct parcel *p = ctx;

    return tx_run(tx, &PROCESS_OUTBOX_LATER, VALUES(V_TEXT(p->outbox), V_INT(p->now_us + pause_us)), NULL, NULL, err);
}

enum rc
outbox_turn(struct runtime *r, const struct db *db, struct arena *a, int64_t now_us, bool *more, struct err *err)
{
    struct lines all = {.a = a};
    enum rc rc = store_read(db, &PROCESS_OUTBOX_NEXT, VALUES(V_INT(now_us), V_INT(OUTBOX_AT_ONCE)), line_row, &all, err);

    for (size_t n = 0; rc == RC_OK && n < all.count; n++) {
        const struct line *l = &all.line[n];
        rc = str_eq(l->kind, STR("signal")) ? send_signal(r, db, a, l, now_us, err) : send_message(r, db, a, l, now_us, err);
        if (rc != RC_OK && !rc_is_passing(rc)) {
            struct parcel p = {.outbox = l->id, .now_us = now_us};
            rc = store_write(db, later_tx, &p, err); /* the others go on */
        }
    }
    *more = all.count > 0;
    return rc;
}
