/*
 * Many instances told something at once: timers that are due, a signal to all who listen.
 *
 * They share transactions of a few commands each, so that a thousand timers are not a thousand waits for the disk, and a user's write
 * waits for a few of them at most.  What is wrong with one must not spoil the others: what fails before it has written anything is
 * made an incident on the spot; if the transaction itself fails, each is tried alone.
 */
#include <stdio.h>

#include "process/runtime_int.h"
#include "process/runtime_sql.h"

bool
rc_is_passing(enum rc rc)
{
    return rc == RC_IO || rc == RC_FULL || rc == RC_TIMEOUT || rc == RC_BUSY;
}

/* --- incidents that the engine cannot make -------------------------------------------------------------------- */

static const char *
code_of(enum command_kind kind)
{
    switch ((int)kind) {
    case COMMAND_TIMER: return "timer-failed";
    case COMMAND_SIGNAL: return "signal-failed";
    case COMMAND_MESSAGE: return "message-failed";
    default: return "job-failed";
    }
}

struct head {
    bool is_found;
    struct loaded *l;
};

static enum rc
head_row(const struct row *row, void *ctx, struct err *err)
{
    struct head *h = ctx;
    struct str hash = row_blob(row, 2);

    if (hash.len != HASH_BYTES) {
        return err_set(err, RC_CORRUPT, "process %lld: its hash is none", (long long)h->l->i.id);
    }
    h->is_found = true;
    h->l->month = row_int(row, 0);
    h->l->i.revision = row_int(row, 1);
    for (size_t i = 0; i < HASH_BYTES; i++) {
        h->l->hash.bytes[i] = (unsigned char)hash.ptr[i];
    }
    return RC_OK;
}

enum rc
target_spoil(struct tx *tx, struct arena *a, const struct batch *b, const struct target *t, struct err *err)
{
    struct loaded l = {.i = {.id = t->instance, .arena = a}};
    struct head head = {.l = &l};
    struct json *cause = json_object(a);
    struct str place = runtime_place(a, "process_token.data", t->instance, t->token), command;
    struct param data;
    enum rc rc;

    json_set_text(a, cause, "reason", str_of(t->why));
    if ((rc = runtime_seal(b->r, a, place, cause, &data, err)) != RC_OK ||
        (rc = tx_run(tx, &PROCESS_TOKEN_SPOIL,
                     VALUES(V_INT(t->instance), V_INT(t->token), V_INT(t->attempt), V_TEXT(str_of(code_of(b->kind))), data,
                            V_INT(b->now_us)),
                     NULL, NULL, err)) != RC_OK ||
        tx_changes(tx) == 0) {
        return rc; /* it is not there any more, or was armed anew */
    }
    const struct command c = {.kind = b->kind, .token = t->token, .attempt = t->attempt};
    if ((rc = tx_run(tx, &PROCESS_HEAD, VALUES(V_INT(t->instance)), head_row, &head, err)) != RC_OK || !head.is_found) {
        return rc;
    }
    l.i.revision++;
    if ((rc = json_print(a, command_json(a, &c), &command, err)) != RC_OK ||
        (rc = history_add(b->r, tx, a, &l, b->now_us, b->actor, command, NULL, str_of(t->why), err)) != RC_OK) {
        return rc;
    }
    return tx_run(tx, &PROCESS_HEAD_SET, VALUES(V_INT(t->instance), V_INT(l.i.revision), V_BLOB(hash_str(&l.hash))), NULL, NULL, err);
}

/* --- the batch ---------------------------------------------------------------------------------------------- */

void
target_give_up(struct target *t, const struct err *err)
{
    t->is_hopeless = true;
    (void)snprintf(t->why, sizeof(t->why), "%s", err->text);
}

/* RC_OK also if nothing came of it but an incident. */
static enum rc
tell_one(struct tx *tx, const struct batch *b, struct target *t, struct err *err)
{
    const struct command c = {.kind = b->kind, .token = b->kind == COMMAND_SIGNAL ? 0 : t->token, .attempt = t->attempt,
                              .name = b->name, .variables = b->variables};
    const struct runtime_request q = {.instance = t->instance, .command = &c, .actor = b->actor, .now_us = b->now_us};
    struct runtime_result done;
    bool is_clean = true;
    enum rc rc;

    arena_reset(b->r->scratch);
    if (t->is_hopeless) {
        return target_spoil(tx, b->r->scratch, b, t, err);
    }
    rc = command_tx(b->r, tx, b->r->scratch, &q, &done, &is_clean, err);
    t->is_cold = runtime_is_cold(rc, err);
    if (rc == RC_OK || t->is_cold) {
        return RC_OK;
    }
    if (!is_clean || rc_is_passing(rc)) {
        return rc;
    }
    target_give_up(t, err);
    arena_reset(b->r->scratch);
    rc = target_spoil(tx, b->r->scratch, b, t, err);
    t->is_hopeless = false; /* if the transaction is repeated it may go well */
    return rc;
}

static enum rc
batch_tx(struct tx *tx, void *ctx, struct err *err)
{
    struct batch *b = ctx;
    bool is_cold = false;
    enum rc rc;

    for (size_t n = 0; n < b->count; n++) {
        if ((rc = tell_one(tx, b, &b->target[n], err)) != RC_OK) {
            return rc;
        }
        is_cold = is_cold || b->target[n].is_cold;
    }
    if (is_cold) {
        return err_problem(err, RC_BUSY, "model-cold", "models of some processes are not in memory");
    }
    return b->then != NULL ? b->then(tx, b, err) : RC_OK;
}

/* What can never be read will never be told anything. */
static enum rc
warm_all(const struct db *db, struct batch *b, struct err *err)
{
    for (size_t n = 0; n < b->count; n++) {
        struct target *t = &b->target[n];
        if (!t->is_cold) {
            continue;
        }
        arena_reset(b->r->scratch);
        enum rc rc = runtime_warm_instance(b->r, db, b->r->scratch, t->instance, err);
        if (rc != RC_OK && rc_is_passing(rc)) {
            return rc;
        }
        if (rc != RC_OK) {
            target_give_up(t, err);
        }
        t->is_cold = false;
    }
    return RC_OK;
}

static enum rc
try_batch(const struct db *db, struct batch *b, struct err *err)
{
    enum rc rc = store_write(db, batch_tx, b, err);

    for (int n = 0; n < RUNTIME_COLD_TRIES && runtime_is_cold(rc, err); n++) {
        if ((rc = warm_all(db, b, err)) == RC_OK) {
            rc = store_write(db, batch_tx, b, err);
        }
    }
    return rc;
}

enum rc
batch_run(const struct db *db, struct batch *b, struct err *err)
{
    enum rc rc;

    CHECK(b->count <= BATCH_AT_ONCE);
    if (b->count == 0 && b->then == NULL) {
        return RC_OK;
    }
    rc = try_batch(db, b, err);
    if (rc == RC_OK || rc_is_passing(rc)) {
        return rc;
    }
    for (size_t n = 0; n < b->count; n++) {
        struct batch one = *b;
        one.target = &b->target[n];
        one.count = 1;
        rc = try_batch(db, &one, err);
        if (rc != RC_OK && !rc_is_passing(rc)) {
            target_give_up(one.target, err);
            rc = try_batch(db, &one, err);
        }
        if (rc != RC_OK) {
            return rc;
        }
    }
    return rc;
}
